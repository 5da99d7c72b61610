"""Functions that take their weights as arguments: `F.conv2d(x, self.weight, self.bias, padding=1)`."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.layers import Held, parameters
from convcalc.notation.source.batch import touch_batch
from convcalc.notation.source.emission import emit
from convcalc.notation.source.values import Layer, Parameter, Tensor
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_WINDOW = ("weight", "bias", "stride", "padding", "dilation", "groups")
_TRANSPOSED = ("weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
WEIGHTED: dict[str, tuple[str, tuple[str, ...]]] = {
    **{f"conv{rank}d": (f"Conv{rank}d", _WINDOW) for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": (f"ConvTranspose{rank}d", _TRANSPOSED) for rank in (1, 2, 3)},
    "linear": ("Linear", ("weight", "bias")),
    "layer_norm": ("LayerNorm", ("normalized_shape", "weight", "bias", "eps")),
}
"""Functions with the module that they are, and the names of their arguments behind the tensor."""


def weighted(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Run the module that a function is, with the weights that are its arguments; each counts once."""
    assert isinstance(node, ast.Call)
    module, names = WEIGHTED[word]
    given = dict(zip(names, arguments, strict=False)) | keywords
    weight, bias = given.pop("weight", None), given.pop("bias", None)
    if word == "layer_norm":
        own: dict[str, Any] = {"elementwise_affine": weight is not None}
    else:
        own = _sizes(follower, node, module, weight, given.get("groups", 1)) | {"bias": bias is not None}
    layer = Layer(follower.call_of(node, module, [], own | given))
    _check_bias(follower, node, word, bias, own)
    for each in (weight, bias):
        if isinstance(each, Parameter) and each.shape and prod(each.shape) != prod(each.whole.shape or ()):
            tensor = beside(follower, node, tensor, each)  # a part of it is used
    made = emit(follower, node, layer, tensor)
    entry = follower.builder.entries[made.index]
    computed = [each.index for each in (weight, bias) if isinstance(each, Tensor)]
    if computed:
        entry.inputs = (*(entry.inputs or ()), *computed)
    entry.name = weight.whole.name if isinstance(weight, Parameter) and not weight.whole.used else ""
    counts = parameters(entry.layer)
    held = (_held_elsewhere(follower, weight, counts.weights), _held_elsewhere(follower, bias, counts.biases), 0)
    if any(held):
        follower.builder.held_before[made.index] = held
    return made


def _sizes(follower: Follower, node: ast.AST, module: str, weight: Any, groups: Any) -> dict[str, Any]:
    """Return the arguments of a module that the shape of its weight states."""
    shape = _shape(follower, node, weight)
    axes = 2 if module == "Linear" else int(module[-2]) + 2
    if len(shape) != axes or type(groups) is not int:
        raise follower.fault(node, f"the weight of {module} has {axes} axes, not {len(shape)}")
    first, second, *kernel = shape
    if module == "Linear":
        return {"in_features": second, "out_features": first}
    into, out = (first, second * groups) if "Transpose" in module else (second * groups, first)
    return {"in_channels": into, "out_channels": out, "kernel_size": tuple(kernel)}


def _shape(follower: Follower, node: ast.AST, weight: Any) -> tuple[int, ...]:
    """Return the shape of a weight: of a parameter, of a view of it, or of what is computed."""
    shape: tuple[int | None, ...] | None = weight.shape if isinstance(weight, Parameter) else None
    if isinstance(weight, Tensor):
        touch_batch(follower, node, "a weight is computed here")
        shape = follower.sizes.peek(weight.index)
    known = tuple(size for size in shape or () if size is not None)
    if not known or len(known) < len(shape or ()):
        raise follower.fault(node, "the shape of this weight is not known")
    return known


def _check_bias(follower: Follower, node: ast.AST, word: str, bias: Any, own: dict[str, Any]) -> None:
    """Refuse a bias that does not have a number for each channel that comes out."""
    shape = bias.shape if isinstance(bias, Parameter) else None
    out = own.get("out_channels")
    if shape is not None and out is not None and shape != (out,):
        raise follower.fault(node, f"the bias of {word} has the sizes {size_text(shape)}, not {out}")


def _held_elsewhere(follower: Follower, value: Any, count: int) -> int:
    """Return how many numbers of a weight are not counted where it is used, and note that it is.

    They are none of a parameter that is used for the first time, and all of one that is not learned, that was used,
    or that a layer holds: it is counted with that layer.
    """
    if isinstance(value, Tensor) or (isinstance(value, Parameter) and not value.learned):
        follower.computed += count  # what is computed counts in what it is made from
        return count
    if not isinstance(value, Parameter):
        return 0
    whole = value.whole
    counted = whole.used or value.of is not None
    whole.used = True
    return count if counted else 0


def beside(follower: Follower, node: ast.AST, tensor: Tensor, parameter: Parameter) -> Tensor:
    """Return a tensor that a parameter is used on; the parameter counts there, all of it, if nowhere before."""
    whole = parameter.whole
    if not whole.learned or whole.used or whole.of is not None or whole.shape is None:
        return tensor
    whole.used = True
    text = f"parameter {whole.name}".rstrip()
    index = follower.builder.add(
        Held(prod(whole.shape)), [tensor.index], follower.span(node), name=whole.name, text=text
    )
    return Tensor(index)
