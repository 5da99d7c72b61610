"""What PyTorch does to tensors outside of modules: functions, methods, signs and slices."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import Rearrangement
from convcalc.notation.pytorch.functions import MODULES_OF
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.source.emission import elementwise, emit, layer_entry
from convcalc.notation.source.values import AxisSize, Layer, Name, Parameter, Scope, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_END = 1 << 62
_OF_TRAINING = (
    "training",
    "inplace",
    "_stacklevel",
    "dtype",
    "return_indices",
    "recompute_scale_factor",
    "antialias",
)
_UNARY = (
    *("abs", "exp", "log", "sqrt", "rsqrt", "sin", "cos", "neg", "sign", "clamp", "square", "erf", "round", "floor"),
    *("normalize", "clip", "pow", "cumsum", "roll", "flip", "clamp_", "masked_fill", "log1p", "reciprocal"),
)
_STAYS = ("contiguous", "clone", "detach", "to", "cuda", "cpu", "float", "half", "double", "type", "requires_grad_",
          "type_as", "bfloat16", "long", "int")  # fmt: skip
_REDUCTIONS = ("mean", "sum", "amax", "amin", "std", "var", "norm", "max", "min", "argmax", "prod", "logsumexp")
_JOINS = {
    **dict.fromkeys(("mul", "mul_", "multiply"), "multiply"),
    **dict.fromkeys(("add", "add_", "sub", "sub_", "subtract", "div", "div_", "maximum", "minimum"), "add"),
}
_PRODUCTS = ("matmul", "bmm", "mm", "__matmul__")


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call a function of `torch` or `torch.nn.functional`; NotImplemented for another name."""
    word = name.last
    keywords = dict(keywords)
    first = arguments[0] if arguments else keywords.pop("input", keywords.pop("tensors", None))
    if word in ("cat", "concat", "concatenate", "hstack") and isinstance(first, list | tuple):
        dim = arguments[1] if len(arguments) > 1 else keywords.get("dim", keywords.get("axis", 0))
        return concatenated(follower, node, list(first), dim)
    if isinstance(first, Tensor | Parameter):
        return method(follower, node, first, word, arguments[1:], keywords)
    if isinstance(name.dotted, str) and word in MODULES_OF and first is None:
        # A course's `F.avg_pool1d(kernel_size=3)`: the function's arguments without its tensor.
        return Layer(follower.call_of(node, MODULES_OF[word], arguments, keywords))
    return NotImplemented


def method(
    follower: Follower,
    node: ast.AST,
    tensor: Any,
    word: str,
    arguments: list[Any],
    keywords: dict[str, Any],
) -> Any:
    """Call a method of a tensor, or a function on it."""
    if isinstance(tensor, Parameter):
        tensor = held(follower, node, tensor)
    keywords = {key: value for key, value in keywords.items() if key not in _OF_TRAINING}
    if word in MODULES_OF:
        return module(follower, node, tensor, word, arguments, keywords)
    if word in _STAYS:
        return tensor
    if word in _UNARY:
        return elementwise(follower, node, tensor, word)
    if word in _JOINS or word in _PRODUCTS:
        other = arguments[0] if arguments else keywords.get("other")
        return joined(follower, node, tensor, other, "matmul" if word in _PRODUCTS else _JOINS[word], word)
    if word in ("size", "dim", "numel", "ndimension"):
        if word == "size":
            axis = arguments[0] if arguments else keywords.get("dim")
            return TensorSizes() if axis is None else AxisSize(axis)
        raise follower.fault(node, f"{word}() of a tensor is not known while a program is read")
    rule = _MOVES.get(word)
    if rule is not None:
        return rule(follower, node, tensor, arguments, keywords)
    if word in _REDUCTIONS:
        return reduced(follower, node, tensor, word, arguments, keywords)
    if word in ("chunk", "split", "tensor_split", "unbind"):
        return parts(follower, node, tensor, word, arguments, keywords)
    if word == "pad":
        return padded(follower, node, tensor, arguments, keywords)
    raise follower.fault(node, f"{word} of a tensor is not known")


def held(follower: Follower, node: ast.AST, parameter: Parameter) -> Tensor:
    """Return a parameter of a module as a tensor of the graph."""
    if not parameter.shape:
        raise follower.fault(node, "the shape of this parameter is not known")
    count = 1
    for size in parameter.shape:
        count *= size
    layer = layers.Held(0 if parameter.used else count, sizes=parameter.shape)
    parameter.used = True
    index = follower.builder.add(
        layer, [-1], follower.span(node), name=parameter.name, text=f"parameter {parameter.name}"
    )
    return Tensor(index)


def module(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Run the module that a function is."""
    assert isinstance(node, ast.Call)
    name = MODULES_OF[word]
    takes = [parameter[0] for parameter in PYTORCH[name][2]]
    for index, value in enumerate(arguments):
        if index < len(takes) and not (word in ("dropout", "dropout2d") and index):
            keywords[takes[index]] = value
    if "Dropout" in name or name in ("ReLU", "SiLU"):
        keywords = {key: value for key, value in keywords.items() if key in takes}
    return emit(follower, Layer(follower.call_of(node, name, [], keywords)), tensor)


def concatenated(follower: Follower, node: ast.AST, tensors: list[Any], dim: Any) -> Tensor:
    """Join tensors along an axis."""
    found = [held(follower, node, each) if isinstance(each, Parameter) else each for each in tensors]
    if not found or not all(isinstance(each, Tensor) for each in found) or type(dim) is not int:
        raise follower.fault(node, "what is concatenated here is not known")
    if len(found) == 1:
        return found[0]
    layer = layers.Merge("concatenate", stretch=dim not in (1, -3), axis=1 if dim == -3 else dim)
    return layer_entry(follower, node, layer, *found)


def arithmetic(follower: Follower, node: ast.BinOp, left: Any, right: Any) -> Any:
    """Join tensors by a sign, or a tensor and a number, which changes no size."""
    kinds = {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "add", ast.MatMult: "matmul"}
    kind = kinds.get(type(node.op))
    if isinstance(left, int | float) or isinstance(right, int | float | AxisSize):
        left, right = (right, left) if isinstance(left, int | float) else (left, right)
        kind = "power" if isinstance(node.op, ast.Pow) else kind
    if kind is None:
        raise follower.fault(node, "this sign between tensors is not followed")
    return joined(follower, node, left, right, kind, type(node.op).__name__)


def joined(follower: Follower, node: ast.AST, left: Any, right: Any, kind: str, word: str) -> Tensor:
    """Add, multiply or otherwise join two tensors; a number beside a tensor changes no size."""
    left, right = (held(follower, node, each) if isinstance(each, Parameter) else each for each in (left, right))
    if isinstance(left, Tensor) and isinstance(right, int | float | AxisSize):
        return elementwise(follower, node, left, word)
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        raise follower.fault(node, "what is joined here is not a tensor")
    if kind == "matmul":
        return layer_entry(follower, node, layers.Merge("matmul"), left, right)
    merge: layers.MergeKind = "multiply" if kind == "multiply" else "add"
    made = layer_entry(follower, node, layers.Merge(merge, stretch=True), left, right)
    plain = ("add", "add_", "Add", "mul", "mul_", "multiply", "Mult")
    return made if word in plain else elementwise(follower, node, made, word)


def _sizes(follower: Follower, node: ast.AST, arguments: list[Any], keywords: dict[str, Any]) -> tuple[int, ...]:
    """Return the sizes of a view: 0 where an axis keeps its own, -1 for the rest."""
    given = arguments or list(keywords.values())
    sizes = list(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given
    found = []
    for place, size in enumerate(sizes):
        if isinstance(size, AxisSize) and size.axis in (place, place - len(sizes)):
            found.append(0)
        elif type(size) is int and (size > 0 or size == -1):
            found.append(size)
        else:
            hint = "write the sizes as numbers" if isinstance(size, AxisSize) else None
            raise follower.fault(node, f"size {place + 1} of this view is not known", hint)
    return tuple(found)


def _view(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return layer_entry(f, node, Rearrangement("view", _sizes(f, node, arguments, keywords)), x)


def _flatten(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    start, end = (*arguments, *[None] * 2)[:2]
    start = keywords.get("start_dim", 0 if start is None else start)
    end = keywords.get("end_dim", -1 if end is None else end)
    return layer_entry(f, node, layers.Flatten(start, end), x)


def _permute(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    given = arguments or list(keywords.values())
    axes = given[0] if len(given) == 1 and isinstance(given[0], list | tuple) else given
    return layer_entry(f, node, Rearrangement("transpose", _axes(f, node, axes)), x)


def _transpose(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    one, other = _axes(f, node, arguments or list(keywords.values()))
    return layer_entry(f, node, Rearrangement("swap", (one, other)), x)


def _squeeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return layer_entry(f, node, Rearrangement("squeeze", _axes(f, node, arguments or list(keywords.values()))), x)


def _unsqueeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return layer_entry(f, node, Rearrangement("unsqueeze", _axes(f, node, arguments or list(keywords.values()))), x)


def _axes(follower: Follower, node: ast.AST, given: Any) -> tuple[int, ...]:
    axes = [axis for each in given for axis in (each if isinstance(each, list | tuple) else [each])]
    if not all(type(axis) is int for axis in axes):
        raise follower.fault(node, "these axes are not known")
    return tuple(axes)


_MOVES: dict[str, Callable[[Follower, ast.AST, Tensor, list[Any], dict[str, Any]], Tensor]] = {
    "view": _view, "reshape": _view, "flatten": _flatten, "permute": _permute, "transpose": _transpose,
    "swapaxes": _transpose, "squeeze": _squeeze, "unsqueeze": _unsqueeze,
}  # fmt: skip


def reduced(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Reduce axes to one cell each, or away."""
    axes = keywords.get("dim", keywords.get("axis", arguments[0] if arguments else ()))
    kept = keywords.get("keepdim", keywords.get("keepdims", arguments[1] if len(arguments) > 1 else False))
    if isinstance(axes, Tensor):
        return joined(follower, node, tensor, axes, "add", word)
    places = _axes(follower, node, [axes])
    made = layer_entry(follower, node, Rearrangement("reduce", (int(bool(kept)), *places)), tensor)
    return (made, made) if word in ("max", "min") and places else made


def parts(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> list[Tensor]:
    """Cut a tensor into parts along an axis."""
    axis = keywords.get("dim", arguments[1] if len(arguments) > 1 else 0)
    count = (
        arguments[0]
        if arguments
        else next((keywords[key] for key in ("chunks", "split_size_or_sections") if key in keywords), None)
    )
    if word in ("chunk", "tensor_split") and type(count) is int and 0 < count < 1000:
        return [layer_entry(follower, node, layers.Slice(axis, index, count), tensor) for index in range(count)]
    if word == "split" and isinstance(count, list | tuple) and all(type(size) is int for size in count):
        found, start = [], 0
        for size in count:
            found.append(layer_entry(follower, node, Rearrangement("cut", (axis, start, start + size, 1)), tensor))
            start += size
        return found
    raise follower.fault(node, f"how many parts this {word} makes is not known")


def padded(
    follower: Follower, node: ast.AST, tensor: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Put cells around the last axes; amounts stand last axis first."""
    amounts = arguments[0] if arguments else keywords.get("pad")
    modes: dict[str, layers.BorderMode] = {
        "constant": "constant",
        "reflect": "reflect",
        "replicate": "replicate",
        "circular": "circular",
    }
    mode = modes.get(arguments[1] if len(arguments) > 1 else keywords.get("mode", "constant"))
    if (
        not isinstance(amounts, list | tuple)
        or len(amounts) % 2
        or mode is None
        or not all(type(each) is int for each in amounts)
    ):
        raise follower.fault(node, "what this pads with is not known")
    pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)][::-1]
    return layer_entry(follower, node, layers.Border(tuple(pairs), mode), tensor)


def cut(follower: Follower, node: ast.Subscript, tensor: Tensor, scope: Scope) -> Tensor:
    """Return the part of a tensor between brackets: indices, slices, `...`, None."""
    keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    axis, gone = 0, []
    for place, key in enumerate(keys):
        if isinstance(key, ast.Constant) and key.value is Ellipsis:
            axis = place + 1 - len(keys)
            continue
        value = follower.key(key, scope)
        if isinstance(value, slice):
            ends = (value.start or 0, _END if value.stop is None else value.stop, value.step or 1)
            if not all(type(each) is int for each in ends):
                raise follower.fault(node, "where this is cut is not known")
            if ends != (0, _END, 1):
                tensor = layer_entry(follower, node, Rearrangement("cut", (axis, *ends)), tensor)
        elif type(value) is int:
            numbers = (axis, value, value + 1 or _END, 1)
            tensor = layer_entry(follower, node, Rearrangement("cut", numbers), tensor)
            gone.append(axis)
        else:
            raise follower.fault(node, "this index of a tensor is not followed")
        axis += 1
    return layer_entry(follower, node, Rearrangement("squeeze", tuple(gone)), tensor) if gone else tensor
