"""What PyTorch does to tensors outside of modules: functions, methods, signs and slices."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers.einsum import terms
from convcalc.notation.pytorch.functions import MODULES_OF
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.source import axis_checks, einops, parameter_views, published_models
from convcalc.notation.source.batch import batch_fault, knows_batch, touch_batch
from convcalc.notation.source.bordering import padded
from convcalc.notation.source.choosing import CHOICES
from convcalc.notation.source.emission import elementwise, emit, layer_entry, refuse_unknown
from convcalc.notation.source.functional import WEIGHTED, beside, weighted
from convcalc.notation.source.layer_calls import TAKES
from convcalc.notation.source.memory_order import kept, of_unknown_order, refuse_view
from convcalc.notation.source.moves import MOVES, parts, reduced
from convcalc.notation.source.open_sizes import axis_count, cell_count, has_open, of_open_size, settled, some_sizes
from convcalc.notation.source.unpooling import unpooled, with_indices
from convcalc.notation.source.values import COMPARISONS, AxisSize, Layer, Name, Parameter, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

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
    *(
        "normalize",
        "clip",
        "pow",
        "cumsum",
        "roll",
        "flip",
        "clamp_",
        "masked_fill",
        "tril",
        "triu",
        "log1p",
        "reciprocal",
        *(
            "argsort",
            "bool",
            "scatter",
            "scatter_",
            "scatter_add",
            "masked_scatter",
            "index_fill",
            "nan_to_num",
            "lerp",
        ),
        *(
            "softmin",
            "trunc",
            "ceil",
            "frac",
            "expm1",
            "tan",
            "acos",
            "asin",
            "atan",
            "sinh",
            "cosh",
            "isnan",
            "relu6_",
        ),
        *("cumprod", "logit", "rot180", "bernoulli_", "zero_", "fill_", "normal_", "uniform_", "masked_fill_"),
    ),
)
_STAYS = ("contiguous", "clone", "detach", "to", "cuda", "cpu", "float", "half", "double", "type", "requires_grad_",
          "type_as", "bfloat16", "long", "int", "byte", "short", "numpy")  # fmt: skip
_REDUCTIONS = (
    "mean",
    "sum",
    "amax",
    "amin",
    "std",
    "var",
    "norm",
    "max",
    "min",
    "argmax",
    "prod",
    "logsumexp",
    "argmin",
    "median",
    "mode",
    "kthvalue",
    "nanmean",
    "all",
    "any",
    "quantile",
    "var_mean",
    "std_mean",
)
_JOINS = {
    **dict.fromkeys(("mul", "mul_", "multiply"), "multiply"),
    **dict.fromkeys((*COMPARISONS, "logical_and", "logical_or", "fmod", "atan2", "normal"), "add"),
    **dict.fromkeys(("add", "add_", "sub", "sub_", "subtract", "div", "div_", "maximum", "minimum"), "add"),
}
_PARTS = ("chunk", "split", "tensor_split", "unbind")
_LIKE = ("randn_like", "rand_like", "zeros_like", "ones_like", "empty_like", "bernoulli")
_PRODUCTS = ("matmul", "bmm", "mm", "spmm", "__matmul__")


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call a function of `torch` or `torch.nn.functional`; NotImplemented for another name."""
    word = name.last
    keywords = dict(keywords)
    first = arguments[0] if arguments else keywords.pop("input", keywords.pop("tensors", None))
    if word in ("cat", "concat", "concatenate", "hstack") and isinstance(first, list | tuple):
        dim = arguments[1] if len(arguments) > 1 else keywords.get("dim", keywords.get("axis", 0))
        return concatenated(follower, node, list(first), dim)
    if word == "stack" and isinstance(first, list | tuple):
        dim = arguments[1] if len(arguments) > 1 else keywords.get("dim", 0)
        return concatenated(
            follower, node, [method(follower, node, each, "unsqueeze", [dim], {}) for each in first], dim
        )
    if word == "einsum" and isinstance(first, str):
        return summed(follower, node, first, arguments[1:])
    if word == "meshgrid":
        return meshed(follower, node, first if isinstance(first, list | tuple) else arguments)
    if word in einops.FUNCTIONS and "." not in name.dotted.removeprefix("einops."):
        pattern = arguments[1] if len(arguments) > 1 else keywords.pop("pattern", None)
        return einops.apply(follower, node, word, first, pattern, keywords)
    if isinstance(first, Tensor) and word in MODULES_OF:
        return module(follower, node, first, word, arguments[1:], keywords)
    if isinstance(first, Parameter) and word in parameter_views.RULES:
        return parameter_views.method(follower, node, first, word, arguments[1:], keywords)
    if isinstance(first, Tensor | Parameter):
        return method(follower, node, first, word, arguments[1:], keywords)
    if word in einops.LAYERS:
        return Layer(follower.call_of(node, word, arguments, keywords))
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
        if tensor.shape == () and (word in _UNARY or word in _STAYS or word in MODULES_OF):
            return tensor
        if word in (*_REDUCTIONS, *_PARTS) or word in MOVES or word in CHOICES:
            touch_batch(follower, node, f"{word[:60]} counts the axes of a parameter")  # which has no batch axis
        tensor = held(follower, node, tensor)
    keywords = {key: value for key, value in keywords.items() if key not in _OF_TRAINING}
    if word in WEIGHTED:
        return weighted(follower, node, tensor, word, arguments, keywords)
    if word in MODULES_OF and word not in MOVES:
        return module(follower, node, tensor, word, arguments, keywords)
    if word in _STAYS:
        return kept(tensor, word)
    if word in _UNARY:
        axis_checks.refuse_axis(follower, node, tensor, word, arguments, keywords)
        return elementwise(follower, node, tensor, word)
    if word in _JOINS or word in _PRODUCTS:
        other = arguments[0] if arguments else keywords.get("other")
        return joined(follower, node, tensor, other, "matmul" if word in _PRODUCTS else _JOINS[word], word)
    if word in ("size", "dim", "numel", "ndimension"):
        if word == "size":
            axis = arguments[0] if arguments else keywords.get("dim")
            return TensorSizes(tensor) if axis is None else some_sizes(follower, node, tensor, axis)
        return cell_count(follower, tensor) if word == "numel" else axis_count(follower, tensor)
    if word in CHOICES and word not in MOVES:
        return of_unknown_order(CHOICES[word](follower, node, tensor, arguments, keywords))
    if (rule := MOVES.get(word)) is not None:
        made = rule(follower, node, tensor, arguments, keywords)
        if word in ("view", "view_as"):
            refuse_view(follower, node, tensor, made)
        return made
    if word in _REDUCTIONS and arguments and isinstance(arguments[0], Tensor | Parameter):
        return joined(follower, node, tensor, arguments[0], "add", word)
    if word in _REDUCTIONS:
        return reduced(follower, node, tensor, word, arguments, keywords)
    if word in _PARTS:
        return parts(follower, node, tensor, word, arguments, keywords)
    if word == "pad":
        return of_unknown_order(padded(follower, node, tensor, arguments, keywords))
    if word in _LIKE:
        return elementwise(follower, node, tensor, word)
    raise follower.fault(node, f"{word} of a tensor is not known")


def held(follower: Follower, node: ast.AST, parameter: Parameter, other: Any = None) -> Tensor:
    """Return a parameter of a module as a tensor of the graph, or what a program fills as a sample for its layers.

    `other` is the tensor that it is joined with, the last axes of both in line.
    """
    if parameter.shape is None:
        touch_batch(follower, node, "the shape of this tensor is not known")
    if parameter.shape is None or 0 in parameter.shape:
        raise follower.fault(node, "the shape of this tensor is not known")
    if not follower.is_running:
        return Tensor(follower.sizes.add_sample(parameter.shape))
    shape = parameter.shape
    is_last = follower.builder.layout == "hwc"
    beside_axes = axis_checks.axes_beside(follower, other)
    if len(shape) > (1 if is_last else 2) and shape[0] == 1 and not knows_batch(follower):
        shape = shape[1:]  # the batch axis, which one sample does not have
    elif beside_axes[1:2] == (1,) and not is_last:
        shape = (*[1] * (len(beside_axes) - 1 - len(shape)), *shape)  # so that both begin with the same axis
    if is_last:
        shape = (*shape[-1:], *shape[:-1])
    whole = parameter.whole
    count = prod(whole.shape or ()) if whole.learned and not whole.used and whole.of is None else 0
    layer = layers.Held(count, sizes=shape, batched=knows_batch(follower))
    whole.used = True
    index = follower.builder.add(
        layer, [-1], follower.span(node), name=whole.name, text=f"parameter {whole.name}".rstrip()
    )
    made = Tensor(index)
    made.is_constant = True
    return made


def module(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Run the module that a function is."""
    assert isinstance(node, ast.Call)
    name = MODULES_OF[word]
    takes = [parameter[0] for parameter in PYTORCH[name][2]]
    keywords = {key: value for key, value in keywords.items() if key not in _OF_TRAINING or key in takes}
    if name.startswith("MaxPool"):
        takes[-2:] = takes[:-3:-1]  # the function takes `ceil_mode` before `return_indices`
    inputs: list[Any] = []
    if name.startswith("MaxUnpool"):
        of_sizes = (*arguments[1:], *[None] * 4)[3]
        inputs = [arguments[0] if arguments else keywords.pop("indices", None), keywords.pop("output_size", of_sizes)]
        arguments = arguments[1:4]
    for index, value in enumerate(arguments):
        if index < len(takes) and not (word in ("dropout", "dropout2d") and index):
            keywords[takes[index]] = value
    keywords = {key: settled(follower, value) for key, value in keywords.items()}
    if has_open(keywords):
        return of_open_size(follower, node, tensor)
    if "Dropout" in name or name in ("ReLU", "SiLU"):
        keywords = {key: value for key, value in keywords.items() if key in takes}
    call = follower.call_of(node, name, [], keywords)
    layer = Layer(call, text=published_models.text_of(node))
    count = len(follower.builder.entries)
    given = dict(zip(TAKES.get(name, ()), [tensor, *inputs], strict=False))
    made = unpooled(follower, node, layer, given) if inputs else emit(follower, node, layer, tensor)
    follower.builder.entries[count].name = follower.running.name
    return with_indices(follower, node, made)


def meshed(follower: Follower, node: ast.AST, given: Any) -> list[Parameter]:
    """Return the coordinates of a grid, one tensor of its sizes per axis."""
    sizes = [(len(each),) if isinstance(each, list) else getattr(each, "shape", None) for each in given]
    whole = tuple(shape[0] for shape in sizes if shape and len(shape) == 1)
    if len(whole) < len(sizes):
        raise follower.fault(node, "the axes of this grid are not known")
    return [Parameter(whole) for _ in sizes]


def concatenated(follower: Follower, node: ast.AST, tensors: list[Any], dim: Any) -> Tensor:
    """Join tensors along an axis."""
    found = [held(follower, node, each) if isinstance(each, Parameter) else each for each in tensors]
    refuse_unknown(follower, node, found)
    if not found or not all(isinstance(each, Tensor) for each in found) or type(dim) is not int:
        raise follower.fault(node, "what is concatenated here is not known")
    if len(found) == 1:
        return found[0]
    if follower.notation == "keras":
        from convcalc.notation.source.keras_models import merged

        return merged(follower, node, "Concatenate", found, dim)
    if dim == 0:
        touch_batch(follower, node, "samples are put behind each other along the batch")
    count = len(follower.sizes.peek(found[0].index) or ()) or 4
    over_channels = dim in (1, 1 - count) and not knows_batch(follower)
    layer = layers.Merge("concatenate", stretch=not over_channels, axis=1 if over_channels else dim)
    return layer_entry(follower, node, layer, *found)


def summed(follower: Follower, node: ast.AST, equation: str, tensors: list[Any]) -> Tensor:
    """Sum products over the labels of an equation; more than two tensors have products in an order not written."""
    tensors = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    refuse_unknown(follower, node, tensors)
    found = [held(follower, node, each) if isinstance(each, Parameter) else each for each in tensors]
    if not 1 <= len(found) <= 2 or not all(isinstance(each, Tensor) for each in found):
        raise follower.fault(node, "einsum is followed for one tensor or two")
    if knows_batch(follower):
        return layer_entry(follower, node, layers.Merge("einsum", equation=equation), *found)
    inputs, output = terms(equation, [len(term.replace(" ", "")) for term in equation.split("->")[0].split(",")])
    batch = {term[:1] for term in (*inputs, output)}
    if "." in equation or len(batch) > 1 or (len(inputs) == 2 and not {*inputs[1]} <= {*inputs[0], *output}):
        message = f"einsum of {equation[:60]!r} is not followed: its first label is not the batch"
        raise batch_fault(follower, node, message)
    return layer_entry(follower, node, layers.Merge("einsum", equation=equation), *found)


def arithmetic(follower: Follower, node: ast.BinOp, left: Any, right: Any) -> Any:
    """Join tensors by a sign, or a tensor and a number, which changes no size."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Parameter) and isinstance(other, int | float) and one.shape is not None:
            return one.seen_as(one.shape) if one.learned else Parameter(one.shape)
    kinds = dict.fromkeys((ast.BitAnd, ast.BitOr, ast.BitXor, ast.FloorDiv, ast.Mod), "add")
    kinds |= {ast.Add: "add", ast.Sub: "add", ast.Mult: "multiply", ast.Div: "add", ast.MatMult: "matmul"}
    kind = kinds.get(type(node.op))
    if isinstance(left, int | float) or isinstance(right, int | float | AxisSize):
        left, right = (right, left) if isinstance(left, int | float) else (left, right)
        kind = "power" if isinstance(node.op, ast.Pow) else kind
    if kind is None:
        raise follower.fault(node, "this sign between tensors is not followed")
    return joined(follower, node, left, right, kind, type(node.op).__name__)


def joined(follower: Follower, node: ast.AST, left: Any, right: Any, kind: str, word: str) -> Tensor:
    """Add, multiply or otherwise join two tensors; a number beside a tensor changes no size."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Parameter) and one.shape == () and isinstance(other, Tensor):
            return elementwise(follower, node, beside(follower, node, other, one), word)
    # A vector of features times a matrix: a matrix of its own, not one for each sample.
    vectors = isinstance(right, Parameter) and len(right.shape or ()) < 3 and word != "bmm"
    pairs = ((left, right), (right, left))
    left, right = (held(follower, node, *pair) if isinstance(pair[0], Parameter) else pair[0] for pair in pairs)
    if isinstance(left, Tensor) and isinstance(right, int | float | AxisSize):
        return elementwise(follower, node, left, word)
    if not isinstance(left, Tensor) or not isinstance(right, Tensor):
        refuse_unknown(follower, node, (left, right))
        raise follower.fault(node, "what is joined here is not a tensor")
    if kind == "matmul":
        axis_checks.refuse_product(follower, node, word, (left, right))
        return layer_entry(follower, node, layers.Merge("matmul", stretch=vectors), left, right)
    merge: layers.MergeKind = "multiply" if kind == "multiply" else "add"
    made = layer_entry(follower, node, layers.Merge(merge, stretch=True), left, right)
    plain = ("add", "add_", "Add", "mul", "mul_", "multiply", "Mult")
    return made if word in plain else elementwise(follower, node, made, word)
