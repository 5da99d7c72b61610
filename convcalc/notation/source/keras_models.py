"""Keras's models in a program: layers added in their order, or run on tensors."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import TensorShape
from convcalc.notation.keras.signatures import SIGNATURES as KERAS
from convcalc.notation.sizes import channels_first
from convcalc.notation.source.emission import elementwise, layer_entry, refuse_unknown
from convcalc.notation.source.values import KerasModel, Layer, Name, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_SIZES = ("input_shape", "batch_input_shape", "batch_shape", "shape")
_MERGES: dict[str, layers.MergeKind] = {
    "add": "add", "multiply": "multiply", "concatenate": "concatenate", "average": "add", "maximum": "add",
    "minimum": "add", "subtract": "add",
}  # fmt: skip
_PASSED_OVER = ("compile", "summary", "fit", "evaluate", "predict", "save", "build", "load_weights", "save_weights",
                "fit_generator", "get_weights", "to_json", "count_params")  # fmt: skip


class MergeLayer:
    """A layer that joins tensors: `Add()`, `Concatenate()`."""

    __slots__ = ("axis", "word")

    def __init__(self, word: str, axis: int) -> None:
        self.word = word
        self.axis = axis


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a layer, an input or a model of Keras's; NotImplemented for another name, or in a PyTorch program."""
    if follower.notation != "keras":
        return NotImplemented
    word = name.last
    model, _, asked = name.dotted.partition(".")
    if asked in ("add", *_PASSED_OVER) and model not in ("layers", "keras", "tf", *KERAS):
        # Lines from the middle of a program: the model that they add to was made before them.
        follower.top.names[model] = found = KerasModel([])
        follower.models.append(found)
        return model_method(follower, node, found, asked, arguments)
    if word in ("Input", "InputLayer"):
        sizes = arguments[0] if arguments else next((keywords[key] for key in _SIZES if key in keywords), None)
        batched = not arguments and "shape" not in keywords and "batch" in "".join(keywords)
        return take_input(follower, node, sizes, batched=batched)
    if word in ("Sequential", "Model", "Functional"):
        return _model(follower, node, word, arguments, keywords)
    if word.lower() in _MERGES and word not in KERAS:
        tensors = arguments[0] if arguments else keywords.get("inputs")
        merge = KerasModel([MergeLayer(word.lower(), keywords.get("axis", -1))])
        return merge if tensors is None else run(follower, node, merge, [tensors])
    if word in KERAS or word == "MultiHeadAttention":
        return Layer(follower.call_of(node, word, arguments, keywords), _default_name(follower, word))
    return NotImplemented


def _default_name(follower: Follower, word: str) -> str:
    """Return the name that Keras gives a layer: `conv2d` to the first `Conv2D`, `conv2d_1` to the next."""
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", word)).lower()
    follower.made_layers[name] = number = follower.made_layers.get(name, 0) + 1
    return name if number == 1 else f"{name}_{number - 1}"


def _model(
    follower: Follower, node: ast.Call, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> KerasModel:
    if word == "Sequential":
        given = arguments[0] if arguments else keywords.get("layers", [])
        model = KerasModel([])
        for layer in follower.items(node, given):
            add(follower, node, model, layer)
    else:
        outputs = keywords.get("outputs", keywords.get("output", arguments[1] if len(arguments) > 1 else None))
        many = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
        tensors = [each for each in many if isinstance(each, Tensor)]
        if len(tensors) < len(many):
            refuse_unknown(follower, node, many)
            raise follower.fault(node, "the outputs of this model are not known")
        model = KerasModel([], tensors)
    follower.models.append(model)
    return model


def take_input(follower: Follower, node: ast.AST, sizes: Any, *, batched: bool = False) -> Tensor:
    """Return one more input of the network; its sizes are written in the layout of the program."""
    count = follower.builder.inputs
    follower.builder.inputs += 1
    if isinstance(sizes, list | tuple):
        sample = tuple(sizes[1:] if batched else sizes)
        if sample and all(size is None or (type(size) is int and size > 0) for size in sample):
            first = sample if follower.builder.layout == "chw" else channels_first(sample, len(sample) - 1)
            follower.sizes.stated[-1 - count] = shape = TensorShape(first, len(first) - 1)
            if count == 0 and None not in first:
                follower.builder.input = shape.known_sizes
    return Tensor(-1 - count)


def take_sizes(follower: Follower) -> None:
    """State the sizes of several inputs where the program states those of all."""
    builder = follower.builder
    shapes = [follower.sizes.stated.get(-1 - number) for number in range(builder.inputs)]
    others = [shape for shape in shapes[1:] if shape is not None and None not in shape.sizes]
    if builder.input is None or len(others) < len(shapes) - 1:
        builder.input = None
    else:
        builder.others = tuple(others)


def take_size(follower: Follower, first: Layer) -> None:
    """Take the size of the input from the first layer of a `Sequential`, where Keras lets it stand."""
    for key, _, argument in first.call.keywords:
        sizes = argument.value.plain() if hasattr(argument.value, "plain") else argument.value
        if key in ("input_shape", "batch_input_shape") and isinstance(sizes, tuple):
            sample = sizes[1:] if key.startswith("batch") else sizes
            if all(type(size) is int and size > 0 for size in sample):
                is_first = follower.builder.layout == "chw"
                follower.builder.input = sample if is_first else channels_first(sample, len(sample) - 1)
        elif key == "input_dim" and type(sizes) is int and first.call.short_name != "Embedding":
            follower.builder.input = (sizes,)


def add(follower: Follower, node: ast.AST, model: KerasModel, layer: Any) -> None:
    """Add a layer to a model that runs its layers in their order."""
    if isinstance(layer, Tensor):
        return  # an Input among the layers
    if not isinstance(layer, Layer | KerasModel):
        raise follower.fault(node, "what is added here is not a layer")
    model.layers.append(layer)


def model_method(follower: Follower, node: ast.Call, model: KerasModel, name: str, arguments: list[Any]) -> Any:
    """Call a method of a model."""
    if name == "add" and len(arguments) == 1:
        add(follower, node, model, arguments[0])
        return None
    if name in _PASSED_OVER:
        return None
    raise follower.fault(node, f"{name} of a model is not followed")


def run(follower: Follower, node: ast.AST, model: KerasModel, arguments: list[Any]) -> Any:
    """Run a model, or a layer that joins, on tensors."""
    if model.outputs is not None:
        raise follower.fault(node, "a model that has been run already is not run again here")
    value = arguments[0] if arguments else None
    with follower.running.module(model.name):
        for layer in model.layers:
            if isinstance(layer, MergeLayer):
                value = _merged(follower, node, layer, value)
            else:
                value = follower.call(node, layer, [value], {})
    return value


def _merged(follower: Follower, node: ast.AST, layer: MergeLayer, tensors: Any) -> Tensor:
    found = [each for each in tensors if isinstance(each, Tensor)] if isinstance(tensors, list | tuple) else []
    if len(found) < 2 or len(found) < len(tensors):
        refuse_unknown(follower, node, tensors)
        raise follower.fault(node, f"{layer.word} takes a list of tensors")
    if layer.word == "concatenate" and layer.axis not in ((1,) if follower.builder.layout == "chw" else (-1, 3)):
        raise follower.fault(node, f"{layer.word} is read for the channels alone, not for axis {layer.axis}")
    if layer.word == "subtract" and len(found) != 2:
        raise follower.fault(node, f"subtract takes two tensors, not {len(found)}")
    made = layer_entry(follower, node, layers.Merge(_MERGES[layer.word]), *found)
    if layer.word in ("add", "multiply", "concatenate"):
        return made
    return elementwise(follower, node, made, layer.word.capitalize())
