"""Python's own functions and methods as far as models use them."""

from __future__ import annotations

import ast
import math
import operator
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import containers, iterators, layer_attributes, layer_classes, modules, parameter_views
from convcalc.notation.source.limits import LONGEST, is_heavy, is_method, length, makes_too_much, too_long
from convcalc.notation.source.open_sizes import has_axis_size, settled
from convcalc.notation.source.records import parser_method
from convcalc.notation.source.values import (
    AxisSize,
    Class,
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Name,
    Parameter,
    Parent,
    Partial,
    Tensor,
    TensorSizes,
    Unknown,
)

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower
    from convcalc.notation.source.values import Method

PYTHON: dict[str, Any] = {
    "range": range, "len": len, "int": int, "float": float, "str": str, "bool": bool, "min": min,
    "max": max, "sum": sum, "abs": abs, "list": list, "tuple": tuple, "dict": dict, "round": round, "sorted": sorted,
    "reversed": lambda many: list(many)[::-1], "enumerate": lambda many, start=0: list(enumerate(many, start)),
    "zip": lambda *many: list(zip(*many, strict=False)), "any": any, "all": all,
    "set": lambda many=(): list(dict.fromkeys(many)),
    "math.floor": math.floor, "math.ceil": math.ceil, "math.sqrt": math.sqrt, "math.log2": math.log2,
    "math.log": math.log, "math.prod": math.prod, "np.prod": math.prod, "OrderedDict": dict,
    "collections.OrderedDict": dict, "np.ceil": math.ceil, "np.floor": math.floor, "np.sqrt": math.sqrt,
    "np.log2": math.log2, "np.log": math.log, "math.exp": math.exp, "np.exp": math.exp,
    "np.arange": lambda *ends: list(range(*ends)), "divmod": divmod, "pow": pow,
    "torch.cuda.is_available": lambda: False, "torch.cuda.device_count": lambda: 0,
    "torch.device": lambda kind="cpu", *_: kind,
    **{f"{module}{name}": rule for module in ("", "itertools.") for name, rule in {
        "chain": lambda *many: [each for one in many for each in one], "pairwise": lambda many: list(pairwise(many)),
        "chain.from_iterable": lambda many: [each for one in many for each in one],
        "repeat": lambda value, times: [value] * times, "islice": lambda many, *ends: list(many)[slice(*ends)],
        "product": lambda *many: list(product(*many)),
    }.items()},
    **{f"operator.{rule.__name__}": rule for rule in (operator.add, operator.mul, operator.sub, operator.floordiv)},
    "math.pow": math.pow, "iter": list, "slice": slice,
    "np.linspace": lambda low, high, num=50: [low + (high - low) * at / max(1, num - 1) for at in range(num)],
}  # fmt: skip
_REFLECTION = ("isinstance", "hasattr", "getattr", "setattr", "callable", "type", "object.__setattr__")
_NAMES = ("exec", "globals", "locals")
"""Functions by which any name may get another value."""
_IGNORED = ("print", "warnings.warn", "torch.manual_seed", "np.random.seed", "random.seed", "summary", "super")
_KINDS: dict[str, Any] = {
    "int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict, "bool": bool, "set": list,
    "OrderedDict": dict, "Mapping": dict, "Number": int | float, "Integral": int, "Real": int | float,
    **dict.fromkeys(("Iterable", "Sequence", "Collection", "Sized"), str | list | tuple | dict | range),
    "Callable": Function | Class | Partial | Layer | Instance,
}  # fmt: skip
_STAYS = ("to", "cuda", "cpu", "eval", "train", "float", "half", "double", "requires_grad_", "share_memory",
          "type", "bfloat16")  # fmt: skip
_OF_VALUES = ("astype", "numpy", "data", "detach", "clone", "contiguous", "float", "half", "double", "long",
              "type_as", "item")  # fmt: skip
_OF_MODULES = ("add_module", "register_module", "register_buffer", "register_parameter", "__setattr__")
_LOOKED_UP = ("get", "pop", "setdefault", "index", "count", "remove")
_OF_TRAINERS = ("save_hyperparameters", "log", "log_dict", "post_init", "init_weights")
_WITHOUT_MODEL = ("parameters", "named_parameters", "buffers", "named_buffers", "state_dict", "load_state_dict")
"""Methods that ask for every parameter: what programs do with them changes values of weights, and no size."""
_OUTSIDE = (
    "logging",
    "logger",
    "time",
    "os",
    "sys",
    "random",
    "warnings",
    "json",
    "wandb",
    "datetime",
    "tqdm",
    "Path",
)
"""Modules that have nothing to do with layers; what comes of them is not known."""
_CALLED = ("map", "filter", "reduce", "functools.reduce", "next", "eval", "checkpoint", "checkpoint_sequential")
"""Functions that call others of the program."""


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call one of Python's functions; NotImplemented for a name that is not one."""
    dotted = name.dotted
    if dotted in ("reduce", "repeat") and arguments and isinstance(arguments[0], Tensor | Parameter):
        return NotImplemented  # of einops
    if dotted == "sum" and len(arguments) == 1 and _are_tensors(arguments[0]):
        total = arguments[0][0]
        for each in arguments[0][1:]:
            total = follower.tensor_method(node, total, "add", [each], {})
        return total
    if dotted in (*_REFLECTION, *_NAMES):
        return _reflection(follower, node, dotted, arguments)
    if dotted in _CALLED or (name.last in _CALLED and name.last.startswith("checkpoint")):
        from convcalc.notation.source import higher_order

        return higher_order.function(follower, node, name.last, arguments)
    if dotted == "len" and len(arguments) == 1 and isinstance(arguments[0], Tensor):
        return follower.tensor_method(node, arguments[0], "size", [0], {})
    if dotted in PYTHON:
        for each in (*arguments, *keywords.values()):
            if isinstance(each, Unknown):
                raise follower.fault(node, f"an argument is not known: {each.reason}")
        given, arguments = arguments, [settled(follower, each) for each in arguments]
        if any(isinstance(each, AxisSize | TensorSizes) or has_axis_size(each) for each in arguments):
            return AxisSize()
        plain = [
            follower.items(node, each) if isinstance(each, Container | KerasModel | Instance) else each
            for each in arguments
        ]
        if dotted not in ("range", "len") and (
            too_long(plain) or is_heavy(plain) or (dotted == "sum" and _holds_lists(plain))
        ):
            raise follower.fault(node, "this is too long to be followed")
        if dotted in ("pow", "np.linspace", "np.arange") and any(length_of(each) > LONGEST for each in plain):
            raise follower.fault(node, "this number is too large to be followed")
        if dotted == "len" and plain and isinstance(plain[0], range):
            return length(plain[0])
        if any(isinstance(each, Tensor) or (dotted == "bool" and isinstance(each, Parameter)) for each in plain):
            raise follower.fault(node, "this depends on a tensor, which is not known while a program is read")
        try:
            value = PYTHON[dotted](*plain, **keywords)
        except (TypeError, ValueError, OverflowError) as error:
            raise follower.fault(node, f"this has no value: {error}"[:120]) from None
        return iterators.called(follower, node, dotted, given, value)
    if dotted.startswith(("nn.init.", "torch.nn.init.", "init.")):
        return arguments[0] if arguments else None
    if dotted in _IGNORED or dotted.startswith(("object.", "plt.")):
        return None
    if dotted.partition(".")[0] in _OUTSIDE and "." in dotted:
        return Unknown(f"what {dotted[:40]} returns is not known", *follower.span(node))
    return NotImplemented


def _are_tensors(values: Any) -> bool:
    return isinstance(values, list | tuple) and bool(values) and all(isinstance(each, Tensor) for each in values)


def length_of(value: Any) -> float:
    """Return how large a number is, 0 for what is not one."""
    return abs(value) if isinstance(value, int | float) else 0


def _holds_lists(values: list[Any]) -> bool:
    return any(isinstance(each, list | tuple) and any(length(item) for item in each) for each in values[:1])


def _of_parent(
    follower: Follower, node: ast.Call, parent: Parent, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method that a framework's class under that of the program has."""
    if isinstance(parent.instance, Instance):
        if (kind := containers.kind_of(parent.kind)) and name == "__init__":
            return containers.add_modules(follower, node, parent.instance, arguments)
        if kind == "Sequential" and name in ("forward", "__call__"):
            return containers.run_in_order(follower, node, parent.instance, arguments)
        value = layer_classes.of_parent(follower, node, parent.instance, name, arguments, keywords)
        if value is not NotImplemented:
            return value
        if name == "__setattr__" and len(arguments) == 2:
            from convcalc.notation.source.assignment import keep_attribute

            return keep_attribute(follower, node, parent.instance, str(arguments[0]), arguments[1])
        if name in _OF_MODULES:
            return _of_instance(follower, node, parent.instance, name, arguments, keywords)
        forward = parent.instance.kind.find("forward")
        if name == "__call__" and isinstance(forward, Function):
            return follower.apply(node, forward.of(parent.instance), arguments, keywords)
    if name not in ("__init__", "train", "eval", "__init_subclass__", "__post_init__", "build", "apply"):
        raise follower.fault(node, f"{name} of the framework's class is not followed")
    return None


def _reflection(follower: Follower, node: ast.Call, dotted: str, arguments: list[Any]) -> Any:
    if dotted in _NAMES:
        from convcalc.notation.source.assignment import change_not_followed

        raise change_not_followed(follower, node, f"names by {dotted}()")
    if dotted == "object.__setattr__":
        if not arguments or not isinstance(arguments[0], Layer):
            return None
        dotted = "setattr"
    if dotted in ("isinstance", "type") and arguments and isinstance(arguments[0], Unknown):
        raise follower.fault(node, f"an argument is not known: {arguments[0].reason}")
    if dotted == "isinstance" and len(arguments) == 2:
        kinds = arguments[1] if isinstance(arguments[1], tuple) else (arguments[1],)
        return any(is_a(arguments[0], kind) for kind in kinds)
    if dotted == "type" and len(arguments) == 1:
        return _type_of(arguments[0])
    if len(arguments) >= 2 and isinstance(arguments[1], str):
        owner, word = arguments[0], arguments[1]
        has = isinstance(owner, Name) or _has(follower, node, owner, word)
        if dotted == "hasattr" and not isinstance(owner, Name):
            return has
        if dotted == "setattr" and len(arguments) == 3:
            from convcalc.notation.source.assignment import set_attribute

            return set_attribute(follower, node, owner, word, arguments[2])
        if dotted == "getattr" and has:
            from convcalc.notation.source.expressions import attribute

            return attribute(follower, ast.copy_location(ast.Attribute(node, word), node), owner)
        if dotted == "getattr" and len(arguments) > 2:
            return arguments[2]
    raise follower.fault(node, f"this use of {dotted} is not followed")


def _has(follower: Follower, node: ast.Call, owner: Any, word: str) -> bool:
    """Return whether a value has an attribute."""
    if isinstance(owner, Instance):
        own = layer_classes.attribute(follower, node, owner, word)
        has = word in owner.attributes or owner.kind.has(word) or own is not NotImplemented
        if not has and owner.kind.has("__getattr__"):
            raise follower.fault(node, f"{owner.kind.name} has a __getattr__ of its own, which is not followed")
        return has
    if isinstance(owner, Class):
        return owner.has(word)
    if isinstance(owner, Container):
        return word in owner.children or word in owner.attributes
    if isinstance(owner, Layer):
        return layer_attributes.attribute(follower, node, owner, word) is not NotImplemented
    raise follower.fault(node, "whether this has such an attribute is not known")


def _type_of(value: Any) -> Any:
    if isinstance(value, Instance):
        return value.kind
    if isinstance(value, Layer):
        return Name(value.call.short_name)
    return Name(value.kind if isinstance(value, Container) else type(value).__name__)


def is_a(value: Any, kind: Any) -> bool:
    """Return whether a value is of a class of the program, of a framework, or of Python."""
    if isinstance(kind, Class):
        return isinstance(value, Instance) and kind in value.kind.order
    if not isinstance(kind, Name):
        return False
    if kind.last == "Module":
        return isinstance(value, Layer | Container | Instance)
    if isinstance(value, Layer):
        family = kind.last[1:].removesuffix("Nd") if kind.last.startswith("_") else ""
        return value.call.short_name.startswith(family) if family else value.call.short_name == kind.last
    if isinstance(value, Container):
        return value.kind == kind.last
    if isinstance(value, Instance):
        return kind.last == containers.kind_of(value.kind) or layer_classes.is_a(value, kind.last)
    if isinstance(value, Tensor | Parameter):
        return kind.last == ("Parameter" if isinstance(value, Parameter) and value.learned else "Tensor")
    return kind.last in _KINDS and isinstance(value, _KINDS[kind.last])


def method(follower: Follower, node: ast.Call, found: Method, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call a method of modules, lists, texts or models of Keras."""
    owner, name = found.owner, found.name
    if isinstance(owner, KerasModel):
        from convcalc.notation.source import keras_built, keras_models

        if name == "get_layer":
            given = dict(zip(("name", "index"), arguments, strict=False)) | keywords
            return keras_built.layer_called(follower, node, owner, given.get("name"), given.get("index"))
        return keras_models.model_method(follower, node, owner, name, arguments, keywords)
    if isinstance(owner, Instance | Container | Layer) and name in modules.TAKE_FUNCTIONS:
        return modules.given_function(follower, node, owner, name, arguments)
    if isinstance(owner, Instance | Container | Layer | Parameter) and name in _STAYS:
        return owner
    if isinstance(owner, Instance | Container | Layer) and name in _WITHOUT_MODEL:
        return iterators.Unseen()
    if isinstance(owner, Instance | Container | Layer) and name in ("modules", "named_modules"):
        pairs = modules.named_modules(owner)
        return pairs if name == "named_modules" else [each for _, each in pairs]
    if isinstance(owner, Instance | Container | Layer) and name in ("forward", "__call__"):
        return follower.call(node, owner, arguments, keywords)
    if isinstance(owner, Instance):
        return _of_instance(follower, node, owner, name, arguments, keywords)
    if isinstance(owner, Container):
        return containers.method(follower, node, owner, name, arguments)
    if isinstance(owner, Parameter) and name.endswith("_"):
        return parameter_views.changed_in_place(follower, node, owner, name)
    if isinstance(owner, Layer) and name in ("__setattr__", "register_parameter", *modules.CHANGE):
        raise follower.fault(node, f"a change by {name} is not followed")
    if isinstance(owner, Layer) or (isinstance(owner, Parameter) and name in _OF_VALUES):
        return owner  # values of weights are set, no size changes
    if isinstance(owner, Parameter):
        return _of_parameter(follower, node, found, arguments, keywords)
    if isinstance(owner, int | float) and name in ("item", "tolist"):
        return owner
    if isinstance(owner, Parent):
        return _of_parent(follower, node, owner, name, arguments, keywords)
    if isinstance(owner, list | dict | str) and is_method(owner, name):
        if makes_too_much(owner, name, arguments) or is_heavy(arguments):
            raise follower.fault(node, "this is too long to be followed")
        if name in _LOOKED_UP and arguments:
            follower.comparable(node, arguments[0])  # or it is an error
        try:
            value = getattr(owner, name)(*arguments, **keywords)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise follower.fault(node, f"this has no value: {error}"[:120]) from None
        return list(value) if isinstance(owner, dict) and name in ("keys", "values", "items") else value
    raise follower.fault(node, f"{name} is not known")


def _of_instance(
    follower: Follower, node: ast.Call, owner: Instance, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    if name in _OF_MODULES:
        word, value = [*arguments, *keywords.values()][:2]
        owner.attributes[str(word)] = value
        return None
    if name in ("__getattr__", "get_submodule") and len(arguments) == 1 and isinstance(arguments[0], str):
        return _inside(follower, node, owner, arguments[0])
    value = parser_method(follower, node, owner, name, arguments, keywords)
    if value is not NotImplemented:
        return value
    if name in _OF_TRAINERS:
        return None
    if owner.layer is not None and name == "_conv_forward" and arguments:
        return layer_classes.convolve(follower, node, owner.layer, arguments)
    if name == "add_weight" and follower.notation == "keras":
        from convcalc.notation.source.keras_own_layers import add_weight

        return add_weight(follower, node, arguments, keywords)
    if containers.kind_of(owner.kind):
        return containers.method_of_instance(follower, node, owner, name, arguments)
    if name in ("children", "named_children"):
        inside = {
            key: each for key, each in owner.attributes.items() if isinstance(each, Layer | Container | Instance)
        }
        return list(inside.values()) if name == "children" else list(inside.items())
    if name == "__init__":
        return None  # of a class that the program does not define
    raise follower.fault(node, f"{owner.kind.name} has no {name}")


def _inside(follower: Follower, node: ast.Call, owner: Any, path: str) -> Any:
    """Return what stands in a module under a path of names."""
    from convcalc.notation.source.expressions import attribute

    for word in path.split("."):
        owner = attribute(follower, ast.copy_location(ast.Attribute(node, word), node), owner)
    return owner


def _of_parameter(
    follower: Follower, node: ast.Call, found: Method, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method of a parameter: its sizes are known, anything else is done to it as to a tensor."""
    owner, name = found.owner, found.name
    if owner.shape is not None and name in ("size", "numel", "dim"):
        if name == "size" and arguments:
            axis, count = arguments[0], len(owner.shape)
            if type(axis) is not int or not -count <= axis < count:
                raise follower.fault(node, f"a tensor of {count} axes does not have axis {axis}"[:80])
            return owner.shape[axis]
        if name == "size":
            return owner.shape
        return math.prod(owner.shape) if name == "numel" else len(owner.shape)
    return parameter_views.method(follower, node, owner, name, arguments, keywords)
