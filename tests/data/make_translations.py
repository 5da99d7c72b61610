"""Translates layers, runs both sides on PyTorch and Keras, and writes `translations.json` if their numbers agree.

Run it as `KERAS_BACKEND=torch python tests/data/make_translations.py` where convcalc and `pip install torch==2.14.1
keras==3.15.1` have been installed. It stops at a translation whose results differ.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from case_file import write_case_file
from torch import nn
from translation_cases import KERAS, PYTORCH

from convcalc.errors import UsageError
from convcalc.layers import TensorShape, complete, output_shape
from convcalc.notation import parse_network
from convcalc.notation.translate import translate

NOTES = [
    "each layer with an input of these sizes (a batch, then channels), and the lines that convcalc writes for it in"
    " every notation; null stands for a refusal, whose message is beside it",
    "lines and layer were given the same weights and gave the same numbers: on small and on large inputs, and where"
    " nothing is random after a step of training, too, running means included",
    "the short notation was read again and compared in the framework that the layer is from",
]
SCALES = (0.03, 4.0)
RANDOM = ("Dropout", "Noise", "RReLU")


def main() -> None:
    """Write the file."""
    cases = [run_case("pytorch", text, shape) for text, shape in PYTORCH]
    cases += [run_case("keras", text, shape) for text, shape in KERAS]
    made_by = {"torch": torch.__version__, "keras": keras.__version__, "python": platform.python_version()}
    write_case_file("translations.json", made_by, NOTES, cases=cases)


def run_case(notation: str, text: str, sizes: list[int]) -> dict[str, Any]:
    """Translate one layer into every notation and compare the numbers."""
    case: dict[str, Any] = {"from": notation, "layer": text, "input": sizes}
    for target in ("pytorch", "keras", "short"):
        try:
            lines = translated(text, notation, target, sizes)
        except UsageError as error:
            case[target], case[f"{target}_refused"] = None, error.message
            continue
        case[target] = lines
        framework, again = target, lines
        if target == "short":
            framework = notation
            again = translated("\n".join(lines), "short", notation, sizes)
        difference = worst_difference((notation, [text]), (framework, again), sizes)
        if difference is not None:
            raise SystemExit(f"{text} on {sizes} is not {lines}: {difference}")
    return case


def translated(text: str, notation: str, target: str, sizes: Sequence[int]) -> list[str]:
    """Translate lines of a notation, layer by layer."""
    lines: list[str] = []
    shape = TensorShape(tuple(sizes), len(sizes) - 2)
    for node in parse_network(text, notation=None if notation == "short" else notation).nodes:
        layer = complete(node.layer, shape)
        lines += translate(layer if target == "pytorch" else node.layer, target, shape, node.activation)
        shape = output_shape(layer, shape)
    return lines


def built(framework: str, lines: Sequence[str], sizes: Sequence[int]) -> Any:
    """Make a model of lines, its weights still random."""
    if framework == "pytorch":
        modules = [eval(line, vars(nn) | {"nn": nn, "torch": torch}) for line in lines]
        model = nn.Sequential(*modules) if len(modules) > 1 else modules[0]
        with torch.no_grad():
            called(framework, model, sample(lines, sizes, 1.0))
        return model
    names = vars(keras.layers) | {"keras": keras, "layers": keras.layers}
    parts = [eval(line, names) for line in lines]
    model = keras.Sequential(parts)
    called(framework, model, sample(lines, sizes, 1.0))
    return model


def sample(lines: Sequence[str], sizes: Sequence[int], scale: float) -> np.ndarray[Any, Any]:
    """Make an input, channels first: indices for an embedding, else normal numbers."""
    generator = np.random.default_rng(7)
    if "Embedding" in lines[0]:
        return generator.integers(0, 7, size=sizes)
    return (generator.normal(size=sizes) * scale + 0.3 * scale).astype(np.float32)


def called(framework: str, model: Any, x: np.ndarray[Any, Any], training: bool = False) -> np.ndarray[Any, Any]:
    """Run a model on numbers with the channels first."""
    if framework == "pytorch":
        model.train(training)
        tensor = torch.from_numpy(x)
        with torch.no_grad():
            given = model(tensor, tensor, tensor) if isinstance(model, nn.MultiheadAttention) else model(tensor)
        given = given[0] if isinstance(given, tuple) else given
        return np.asarray(given.detach().numpy())
    given = model(np.moveaxis(x, 1, -1) if x.dtype == np.float32 else x, training=training)
    return np.moveaxis(np.asarray(given.detach().cpu().numpy()), -1, 1)


def parts_of(framework: str, model: Any) -> list[Any]:
    """Return the layers of a model one by one."""
    if framework == "keras":
        return list(model.layers)
    return list(model) if isinstance(model, nn.Sequential) else [model]


def fill(framework: str, model: Any) -> None:
    """Set random weights in a model, its variances small ones so that what is added to them counts."""
    generator = np.random.default_rng(3)
    weights = list(model.state_dict().items()) if framework == "pytorch" else [(w.path, w) for w in model.weights]
    for name, weight in weights:
        numbers = generator.normal(size=tuple(weight.shape)).astype(np.float32)
        if name.endswith(("running_var", "variance")):
            numbers = np.abs(numbers) * np.float32(0.01)
        if framework == "keras":
            weight.assign(numbers)
        elif weight.is_floating_point():
            weight.copy_(torch.from_numpy(numbers))


def weights_of(framework: str, layer: Any) -> Iterator[list[np.ndarray[Any, Any]]]:
    """Yield the weights of a layer as PyTorch keeps them, those of a separable convolution for each of its parts."""
    if framework == "pytorch":
        state = layer.state_dict()
        arrays = [tensor.numpy().copy() for name, tensor in state.items() if not name.endswith("num_batches_tracked")]
        if arrays:
            yield arrays
        return
    arrays = [np.asarray(array) for array in layer.get_weights()]
    kind = type(layer).__name__
    if kind.startswith("Separable"):
        yield [depthwise(arrays[0])]
        yield [kernel_first(arrays[1]), *arrays[2:]]
    elif kind.startswith("Depthwise"):
        yield [depthwise(arrays[0]), *arrays[1:]]
    elif arrays:
        yield [kernel_first(array) if array.ndim > 1 and kind != "Embedding" else array for array in arrays]


def depthwise(kernel: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn Keras's (k..., channels, multiplier) into PyTorch's (channels·multiplier, 1, k...)."""
    return np.moveaxis(kernel.reshape(*kernel.shape[:-2], -1), -1, 0)[:, None]


def kernel_first(kernel: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn Keras's (k..., in, out) into PyTorch's (out, in, k...); a transposed one's the same way."""
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def set_weights(framework: str, layer: Any, arrays: Iterator[list[np.ndarray[Any, Any]]]) -> None:
    """Fill a layer with the next arrays."""
    if framework == "pytorch":
        state = {n: t for n, t in layer.state_dict().items() if not n.endswith("num_batches_tracked")}
        if state:
            for tensor, array in zip(state.values(), next(arrays), strict=True):
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(array.reshape(tensor.shape))))
        return
    if not layer.get_weights():
        return
    shapes, found = [array.shape for array in layer.get_weights()], next(arrays)
    if type(layer).__name__.startswith("Separable"):
        found = [*found, *next(arrays)]
    turned = []
    for array, shape in zip(found, shapes, strict=True):
        if array.ndim > 1 and array.ndim == len(shape) and "Embedding" not in type(layer).__name__:
            array = np.moveaxis(array, (0, 1), (-1, -2))
        turned.append(array.reshape(shape))
    layer.set_weights(turned)


def worst_difference(
    source: tuple[str, Sequence[str]], target: tuple[str, Sequence[str]], sizes: Sequence[int]
) -> str | None:
    """Run both sides with the same weights, and say where their numbers differ."""
    models = [built(framework, lines, sizes) for framework, lines in (source, target)]
    frameworks = [source[0], target[0]]
    fill(frameworks[0], models[0])
    if frameworks == ["pytorch"] * 2 and len(source[1]) == len(target[1]):
        models[1].load_state_dict(models[0].state_dict())
    else:
        arrays = (each for layer in parts_of(frameworks[0], models[0]) for each in weights_of(frameworks[0], layer))
        for layer in parts_of(frameworks[1], models[1]):
            set_weights(frameworks[1], layer, arrays)
    random = any(word in line for word in RANDOM for line in (*source[1], *target[1]))
    if random:
        rates = [rates_of(framework, model) for framework, model in zip(frameworks, models, strict=True)]
        if rates[0] != rates[1]:
            return f"rates {rates[0]} and {rates[1]}"
    for training in (False,) if random else (False, True):
        for scale in SCALES:
            x = sample(source[1], sizes, scale)
            torch.manual_seed(5)
            ours = called(frameworks[0], models[0], x, training)
            torch.manual_seed(5)
            theirs = called(frameworks[1], models[1], x, training)
            if ours.shape != theirs.shape:
                return f"shapes {ours.shape} and {theirs.shape}"
            far = ~np.isclose(theirs, ours, rtol=1e-4, atol=2e-5 * scale, equal_nan=True)
            if far.any():
                return f"{far.sum()} of {far.size} numbers, training {training}, scale {scale}"
    means = [running_means(framework, model) for framework, model in zip(frameworks, models, strict=True)]
    if not all(np.allclose(ours, theirs, rtol=1e-4, atol=1e-5) for ours, theirs in zip(*means, strict=True)):
        return f"running means {means}"
    return None


def rates_of(framework: str, model: Any) -> list[Any]:
    """Return the numbers that random layers are made with."""
    names = ("p", "rate", "stddev", "lower", "upper", "dropout")
    values = [
        round(getattr(part, name), 9)
        for part in parts_of(framework, model)
        for name in names
        if isinstance(getattr(part, name, None), float)
    ]
    shapes = [getattr(part, "noise_shape", None) for part in parts_of(framework, model)]
    return [*values, *(tuple(shape) for shape in shapes if shape is not None and framework == "keras")]


def running_means(framework: str, model: Any) -> list[np.ndarray[Any, Any]]:
    """Return the running means, which a step of training has moved."""
    name = "running_mean" if framework == "pytorch" else "moving_mean"
    found = [getattr(part, name, None) for part in parts_of(framework, model)]
    return [
        np.asarray(torch.as_tensor(mean if framework == "pytorch" else mean.value).detach())
        for mean in found
        if mean is not None
    ]


if __name__ == "__main__":
    main()
