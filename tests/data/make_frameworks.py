"""Runs one layer in PyTorch, TensorFlow, ONNX Runtime and JAX and writes `frameworks.json`: where each one pads.

Run it as `python tests/data/make_frameworks.py` where `pip install torch==2.13.0 tensorflow-cpu==2.21.0
onnx==1.23.2 onnxruntime==1.31.1 jax==0.10.2` has been done.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
import onnx
import onnxruntime
import tensorflow
import torch
from case_file import plain_numbers, write_case_file
from onnx import TensorProto, helper

NOTES = [
    "one axis of one channel; the input is 1, 2 ... size and a convolution's kernel 1, 2 ... k, all in float32",
    "before is the padding the first window starts in; past is how far the last window reaches past the last real"
    " cell, negative where it leaves real cells unseen: both measured, by lighting one cell after the other",
    "padding is a name (same: the odd cell after, same-lower: before, valid) or numbers before and after",
    "null is a framework without such an option, refused one that has it and will not",
    "average pooling is each framework's default: PyTorch counts padding, TensorFlow and ONNX do not;"
    " onnxruntime-count is with count_include_pad=1",
    "onnxruntime leaves the dilation out of the SAME padding of its pools, against the words of the ONNX operators,"
    " and refuses a dilated convolution with it",
]


class Layer(NamedTuple):
    """One layer on one axis: conv, max or avg."""

    kind: str
    size: int
    kernel: int
    stride: int
    dilation: int
    padding: str | tuple[int, int]
    ceil: bool = False

    @property
    def extent(self) -> int:
        """Cells the dilated kernel spans."""
        return self.dilation * (self.kernel - 1) + 1


class MissingError(Exception):
    """The framework has no such option."""


Run = Callable[[Layer, np.ndarray], np.ndarray]  # a batch of inputs (n, size) to their outputs (n, outputs)

GRID = [
    (10, 3, 1, 1), (11, 4, 1, 1), (9, 3, 1, 2), (12, 4, 1, 3), (224, 7, 2, 1), (9, 3, 2, 1), (10, 3, 2, 1),
    (11, 4, 3, 1), (13, 2, 5, 1), (10, 1, 3, 1), (14, 5, 3, 1), (15, 3, 2, 2), (7, 2, 2, 1), (12, 5, 4, 1),
]  # fmt: skip

EXPLICIT: list[tuple[int, int, int, int, tuple[int, int]]] = [
    (224, 7, 2, 1, (3, 3)), (9, 4, 4, 1, (2, 2)), (11, 4, 3, 1, (0, 2)), (10, 3, 2, 1, (1, 0)), (12, 5, 4, 1, (2, 1)),
    (15, 3, 2, 2, (1, 1)), (8, 3, 5, 1, (0, 0)), (5, 2, 2, 1, (0, 0)), (5, 2, 2, 1, (1, 1)), (6, 3, 2, 1, (0, 0)),
    (32, 1, 2, 1, (0, 0)), (7, 3, 4, 1, (1, 1)), (9, 3, 4, 1, (0, 1)),
]  # fmt: skip


def layers() -> list[Layer]:
    """List the layers to run."""
    names = ["same", "same-lower", "valid"]
    found = [Layer(kind, *row, name) for kind in ("conv", "max", "avg") for row in GRID for name in names]
    for size, kernel, stride, dilation, pads in EXPLICIT:
        found.append(Layer("conv", size, kernel, stride, dilation, pads))
        for kind in ("max", "avg"):
            found += [Layer(kind, size, kernel, stride, dilation, pads, ceil) for ceil in (False, True)]
    return found


def main() -> None:
    """Write the file."""
    runs: dict[str, Run] = {
        "pytorch": in_pytorch,
        "tensorflow": in_tensorflow,
        "onnxruntime": lambda layer, x: in_onnxruntime(layer, x, counting=False),
        "onnxruntime-count": lambda layer, x: in_onnxruntime(layer, x, counting=True),
        "jax": in_jax,
    }
    cases = [
        {
            "kind": layer.kind,
            "size": layer.size,
            "kernel": layer.kernel,
            "stride": layer.stride,
            "dilation": layer.dilation,
            "padding": layer.padding if isinstance(layer.padding, str) else list(layer.padding),
            "ceil": layer.ceil,
            "answers": {name: answer(layer, run) for name, run in runs.items()},
        }
        for layer in layers()
    ]
    made_by = {module.__name__: module.__version__ for module in (torch, tensorflow, onnx, onnxruntime, jax)}
    write_case_file("frameworks.json", made_by | {"python": platform.python_version()}, NOTES, cases=cases)


def answer(layer: Layer, run: Run) -> dict[str, Any] | None:
    """Run one layer in one framework and measure where its windows stand."""
    ramp = np.arange(1, layer.size + 1, dtype=np.float32)[None]
    try:
        values = run(layer, ramp)[0]
        # Zeros are not below a lit cell for an average or a sum, and for a maximum they are.
        lit = run(layer, np.eye(layer.size, dtype=np.float32))
    except MissingError:
        return None
    except Exception as error:  # each framework has its own classes for it
        message = str(error).rpartition("Status Message: ")[2].strip()
        return {"refused": message.splitlines()[0]}
    first = first_cell(layer, lit)
    last = first + (len(values) - 1) * layer.stride
    return {
        "output": len(values),
        "before": -first,
        "past": last + layer.extent - layer.size,
        "values": plain_numbers([float(str(value)) for value in values]) if len(values) < 20 else None,
    }


def first_cell(layer: Layer, lit: np.ndarray) -> int:
    """Find where the first window starts from what each lit cell, a row of `lit`, does to the outputs."""
    for window in range(lit.shape[1]):
        cells = np.flatnonzero(lit[:, window])
        if len(cells) == layer.kernel:
            return int(cells[0]) - window * layer.stride
    raise SystemExit(f"no window of {layer} lies on the input")


def in_pytorch(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Run a layer in PyTorch, which pads both sides alike or, for a convolution, by name."""
    name = layer.padding
    if name == "same-lower" or (name == "same" and layer.kind != "conv"):
        raise MissingError
    if name == "valid":
        padding: Any = 0
    elif isinstance(name, tuple):
        if name[0] != name[1]:
            raise MissingError
        padding = name[0]
    else:
        padding = name
    if layer.kind == "avg" and layer.dilation > 1:
        raise MissingError
    batch = torch.from_numpy(x)[:, None]
    functional = torch.nn.functional
    if layer.kind == "conv":
        weight = torch.arange(1, layer.kernel + 1, dtype=torch.float32)[None, None]
        out = functional.conv1d(batch, weight, None, layer.stride, padding, layer.dilation)
    elif layer.kind == "max":
        out = functional.max_pool1d(batch, layer.kernel, layer.stride, padding, layer.dilation, layer.ceil)
    else:
        out = functional.avg_pool1d(batch, layer.kernel, layer.stride, padding, layer.ceil)
    return out[:, 0].numpy()


def in_tensorflow(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Run a layer in TensorFlow, which pads by name, and a convolution by numbers through another function."""
    if layer.ceil or layer.padding == "same-lower" or (layer.kind != "conv" and layer.dilation > 1):
        raise MissingError
    if isinstance(layer.padding, tuple):
        if layer.kind != "conv":
            raise MissingError
        padding: Any = [(0, 0), (0, 0), layer.padding, (0, 0)]
    else:
        padding = layer.padding.upper()
    batch = tensorflow.constant(x[:, None, :, None])
    if layer.kind == "conv":
        weight = np.arange(1, layer.kernel + 1, dtype=np.float32).reshape(1, -1, 1, 1)
        steps, dilations = [1, 1, layer.stride, 1], [1, 1, layer.dilation, 1]
        out = tensorflow.nn.conv2d(batch, weight, steps, padding, dilations=dilations)
    else:
        pool = tensorflow.nn.max_pool2d if layer.kind == "max" else tensorflow.nn.avg_pool2d
        out = pool(batch, (1, layer.kernel), (1, layer.stride), padding)
    return np.asarray(out)[:, 0, :, 0]


def in_onnxruntime(layer: Layer, x: np.ndarray, *, counting: bool) -> np.ndarray:
    """Run a layer in ONNX Runtime, which knows every option here."""
    if counting and layer.kind != "avg":
        raise MissingError
    attributes: dict[str, Any] = {
        "kernel_shape": [layer.kernel],
        "strides": [layer.stride],
        "dilations": [layer.dilation],
    }
    if isinstance(layer.padding, tuple):
        attributes["pads"] = list(layer.padding)
    else:
        names = {"same": "SAME_UPPER", "same-lower": "SAME_LOWER", "valid": "VALID"}
        attributes["auto_pad"] = names[layer.padding]
    if layer.kind != "conv":
        attributes["ceil_mode"] = int(layer.ceil)
    if layer.kind == "avg":
        attributes["count_include_pad"] = int(counting)
    weight = np.arange(1, layer.kernel + 1, dtype=np.float32)[None, None]
    given = [helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.flatten())]
    kind, inputs = {
        "conv": ("Conv", ["x", "w"]),
        "max": ("MaxPool", ["x"]),
        "avg": ("AveragePool", ["x"]),
    }[layer.kind]
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, ["y"], **attributes)],
        "one layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [len(x), 1, layer.size])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        given if layer.kind == "conv" else [],
    )
    opset = helper.make_opsetid("", 22)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x[:, None]})[0])[:, 0]


def in_jax(layer: Layer, x: np.ndarray) -> np.ndarray:
    """Run a layer in jax.lax, which has no average pooling and no ceil."""
    if layer.kind == "avg" or layer.ceil:
        raise MissingError
    padding: Any = [layer.padding]
    if isinstance(layer.padding, str):
        padding = layer.padding.upper().replace("-", "_")
    if layer.kind == "conv":
        weight = np.arange(1, layer.kernel + 1, dtype=np.float32)[None, None]
        steps, dilations = (layer.stride,), (layer.dilation,)
        out = jax.lax.conv_general_dilated(x[:, None], weight, steps, padding, rhs_dilation=dilations)
        return np.asarray(out)[:, 0]
    if isinstance(layer.padding, tuple):
        padding = [(0, 0), layer.padding]
    window, moves, spread = (1, layer.kernel), (1, layer.stride), (1, layer.dilation)
    out = jax.lax.reduce_window(x, -np.inf, jax.lax.max, window, moves, padding, window_dilation=spread)
    return np.asarray(out)


if __name__ == "__main__":
    main()
