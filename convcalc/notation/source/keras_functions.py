"""Functions of Keras's backend, of `keras.ops` and of TensorFlow on the tensors of a program."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.notation.keras.activations import ACTIVATIONS
from convcalc.notation.keras.training import NAMES
from convcalc.notation.source.emission import elementwise, layer_entry
from convcalc.notation.source.values import AxisSize, Name, Parameter, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

REDUCED = {
    **{f"reduce_{word}": word for word in ("mean", "sum", "prod", "std", "logsumexp", "all", "any")},
    **dict.fromkeys(("reduce_max", "max"), "amax"), **dict.fromkeys(("reduce_min", "min"), "amin"),
    **{word: word for word in ("mean", "sum", "prod", "std", "var", "logsumexp", "argmax", "argmin")},
}  # fmt: skip
KEPT = ("cast", "convert_to_tensor", "stop_gradient", "identity", "zeros_like", "ones_like", "copy")
UNARY = ("abs", "absolute", "exp", "log", "sqrt", "rsqrt", "square", "sin", "cos", "sign", "negative", "round",
          "clip", "clip_by_value", "l2_normalize", "normalize", "erf", "pow", "power", "cumsum", "log1p",
          "reciprocal", "floor", "flip", "roll")  # fmt: skip
_MOVED = {"expand_dims": "unsqueeze", "squeeze": "squeeze", "transpose": "permute", "permute_dimensions": "permute",
          "reshape": "reshape"}  # fmt: skip
_MOVES_BY = ("axis", "axes", "perm", "pattern", "shape", "newshape", "target_shape")
_RANDOM = ("normal", "uniform", "truncated_normal", "random_normal", "random_uniform")
_OF_TRAINING = ("initializers", "regularizers", "constraints", "optimizers", "losses", "metrics", "callbacks")
_OTHERS = (
    "SeedGenerator",
    *{name for names in NAMES.values() for name in names if name not in ("identity", "one", "zero")},
)


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call a function of Keras's or TensorFlow's; NotImplemented for another name, or in a PyTorch program."""
    if follower.notation != "keras":
        return NotImplemented
    word = name.last
    if word in ("image_data_format", "image_dim_ordering"):
        return _layout(follower, word)
    if word == "epsilon" and not arguments:
        return 1e-7
    modules = name.dotted.split(".")[:-1]
    if word in _RANDOM and modules[:1] != ["np"] and ("random" in modules or "shape" in keywords):
        return _random(follower, node, word, keywords.get("shape", arguments[0] if arguments else None))
    if word in _OTHERS or word.endswith("_initializer") or set(name.dotted.split(".")) & {*_OF_TRAINING}:
        return Name(word)  # what is for training alone
    first = arguments[0] if arguments else next((keywords[key] for key in ("x", "inputs") if key in keywords), None)
    if word in ("get", "deserialize") and "activations" in name.dotted:
        return Name(f"activations.{first}") if isinstance(first, str) else first
    if word in ("arange", "range") and "." in name.dotted:
        ends = [
            *arguments,
            *(keywords[key] for key in ("start", "stop", "limit", "step", "delta") if key in keywords),
        ]
        if ends and all(type(each) is int for each in ends):
            return Parameter((len(range(*ends)),))
    if isinstance(first, Tensor | Parameter):
        tensor = follower.held(node, first) if isinstance(first, Parameter) else first
        return _of_tensor(follower, node, word, tensor, arguments[1:], keywords)
    return NotImplemented


def _random(follower: Follower, node: ast.Call, word: str, shape: Any) -> Tensor | Parameter:
    """Return random numbers: as many as a tensor has, or of sizes of which the first is the batch's."""
    if isinstance(shape, TensorSizes):
        return elementwise(follower, node, shape.tensor, word)
    sizes = list(shape) if isinstance(shape, list | tuple) else []
    if sizes and isinstance(sizes[0], AxisSize) and sizes[0].is_batch:
        sizes[0] = 1
    if not sizes or not all(type(size) is int and size > 0 for size in sizes):
        raise follower.fault(node, "how many random numbers are made here is not known")
    return Parameter(tuple(sizes))


def _layout(follower: Follower, word: str) -> str:
    """Return the layout that Keras is set to: that of the program's layers or, as it comes, channels last."""
    last = follower.builder.layout == "hwc"
    note = f"{word}() is taken to be Keras's default, channels last"
    if last and note not in follower.builder.assumptions:
        follower.builder.assumptions += (note,)
    names = ("channels_first", "channels_last") if word == "image_data_format" else ("th", "tf")
    return names[last]


def _of_tensor(
    follower: Follower, node: ast.Call, word: str, tensor: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a function on a tensor."""
    if word in ACTIVATIONS:
        return layer_entry(follower, node, ACTIVATIONS[word], tensor)
    if word in ("shape", "int_shape"):
        return TensorSizes(tensor)
    if word in REDUCED:
        given = dict(zip(("axis", "keepdims"), arguments, strict=False)) | keywords
        axis, kept = given.get("axis"), int(bool(given.get("keepdims", given.get("keep_dims"))))
        axes = axis if isinstance(axis, list | tuple) else () if axis is None else (axis,)
        if not axes or not all(type(each) is int and each != 0 for each in axes):
            raise follower.fault(node, f"{word} over the samples, or over axes that are not known, is not followed")
        return layer_entry(follower, node, layers.Rearrangement("reduce", (kept, *axes)), tensor)
    if word in _MOVED:
        by = [keywords[key] for key in _MOVES_BY if key in keywords]
        return follower.tensor_method(node, tensor, _MOVED[word], [*arguments, *by], {})
    if word in KEPT:
        return tensor
    if word in UNARY:
        return elementwise(follower, node, tensor, word)
    if word == "extract_patches":
        size = arguments[0] if arguments else keywords.get("size")
        if type(size) is int and set(keywords) <= {"size"} and len(arguments) < 2:
            return layer_entry(follower, node, layers.PixelShuffle(size, inverse=True), tensor)
        raise follower.fault(node, "extract_patches is followed for square patches beside each other")
    if word in ("depth_to_space", "space_to_depth") and arguments and type(arguments[0]) is int:
        return layer_entry(follower, node, layers.PixelShuffle(arguments[0], inverse=word[0] == "s"), tensor)
    return NotImplemented
