"""Keras's models in a program: layers added in their order, or run on tensors."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.notation.keras.joining import MERGES, PRODUCTS, merge_layer, multiply
from convcalc.notation.keras.signatures import SIGNATURES as KERAS
from convcalc.notation.sizes import channels_first
from convcalc.notation.source.emission import elementwise, layer_entry, refuse_unknown
from convcalc.notation.source.values import Class, Function, Instance, KerasModel, Layer, Name, Parameter, Tensor
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_SIZES = ("input_shape", "batch_input_shape", "batch_shape", "shape")
_MERGES = {name.lower(): name for name in (*MERGES, *PRODUCTS)}
LOWER_MERGES = tuple(name.lower() for name in (*MERGES, "Dot"))
_OWN_ARGUMENTS = {"Concatenate": ("axis",), "Dot": ("axes", "normalize"), "Attention": ("use_scale", "score_mode"),
                  "AdditiveAttention": ("use_scale",)}  # fmt: skip
_PASSED_OVER = ("compile", "summary", "fit", "evaluate", "predict", "save", "build", "load_weights", "save_weights",
                "fit_generator", "get_weights", "to_json", "count_params")  # fmt: skip


class MergeLayer:
    """A layer that joins tensors, `Add()`, `Concatenate()`, with the arguments it is made with."""

    __slots__ = ("arguments", "default_name", "name", "word")

    def __init__(self, word: str, arguments: dict[str, Any], default_name: str) -> None:
        self.word = word
        self.arguments = arguments
        self.name = ""
        self.default_name = default_name


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a layer, an input or a model of Keras's; NotImplemented for another name, or in a PyTorch program."""
    if follower.notation != "keras":
        return NotImplemented
    word = name.last
    model, _, asked = name.dotted.partition(".")
    if asked in ("add", *_PASSED_OVER) and model not in (
        "layers",
        "keras",
        "tf",
        "ops",
        "K",
        "backend",
        "np",
        *KERAS,
    ):
        # Lines from the middle of a program: the model that they add to was made before them.
        follower.top.names[model] = found = KerasModel([])
        follower.models.append(found)
        return model_method(follower, node, found, asked, arguments, keywords)
    if word in ("Input", "InputLayer"):
        sizes = arguments[0] if arguments else next((keywords[key] for key in _SIZES if key in keywords), None)
        batched = not arguments and "shape" not in keywords and "batch" in "".join(keywords)
        made = take_input(follower, node, sizes, batched=batched)
        follower.sizes.names[made.index] = str(keywords.get("name", ""))
        return made
    if word == "Lambda":
        function = arguments[0] if arguments else keywords.get("function")
        if not isinstance(function, Function):
            raise follower.fault(node, "the function of this Lambda is not in this text")
        return function
    if word in ("Sequential", "Model", "Functional"):
        return _model(follower, node, word, arguments, keywords)
    if word == "TimeDistributed" and arguments and isinstance(arguments[0], KerasModel | Function | Instance):
        return _at_each_step(follower, node, arguments[0], keywords)
    if word in MERGES or word in PRODUCTS or word in LOWER_MERGES:
        return _merge(follower, node, word, arguments, keywords)
    if word in KERAS or word in ("MultiHeadAttention", "EinsumDense"):
        own_name = str(keywords.get("name") or _default_name(follower, word))
        return Layer(follower.call_of(node, word, arguments, keywords), own_name)
    from convcalc.notation.keras.elsewhere import why_not_read

    why = why_not_read(name.dotted)
    if why is not None:
        raise follower.fault(node.func, *why)
    return NotImplemented


def _merge(follower: Follower, node: ast.Call, word: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a layer that joins tensors or, of a function in small letters, what it makes of them."""
    is_layer = word not in LOWER_MERGES
    if not is_layer and len(arguments) > 1 and isinstance(arguments[1], Tensor):
        arguments = [arguments[:2]]  # a function of tensors, `ops.add(x, y)`
    own = arguments if is_layer else arguments[1:]
    given = dict(zip(_OWN_ARGUMENTS.get(_MERGES[word.lower()], ()), own, strict=False)) | keywords
    name = _MERGES[word.lower()]
    layer = MergeLayer(name, given, str(keywords.get("name") or _default_name(follower, name)))
    model = KerasModel([layer])
    model.is_merge = True
    tensors = None if is_layer else arguments[0] if arguments else keywords.get("inputs")
    return model if tensors is None else run(follower, node, model, [tensors])


def _at_each_step(follower: Follower, node: ast.AST, inner: Any, keywords: dict[str, Any]) -> KerasModel:
    """Return a model that runs another one, or a layer of the program, on each step of a sequence."""
    model = KerasModel([inner])
    sizes = keywords.get("input_shape", keywords.get("batch_input_shape"))
    if sizes is not None:
        model.inputs = [take_input(follower, node, sizes, batched="input_shape" not in keywords)]
    model.steps = 1
    if isinstance(inner, KerasModel):
        inner.used = True
    return model


def _default_name(follower: Follower, word: str) -> str:
    """Return the name that Keras gives a layer: `conv2d` to the first `Conv2D`, `conv2d_1` to the next."""
    name = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", word)).lower()
    follower.made_layers[name] = number = follower.made_layers.get(name, 0) + 1
    return name if number == 1 else f"{name}_{number - 1}"


def name_of(module: Any) -> str:
    """Return the name of a layer, of one that joins or of a model, as Keras has it; empty for what has none."""
    if isinstance(module, KerasModel) and module.is_merge:
        (module,) = module.layers
    return str(getattr(module, "default_name", "") or getattr(module, "name", ""))


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
        given = keywords.get("inputs", keywords.get("input", arguments[0] if arguments else None))
        many, tensors = in_order(outputs), [each for each in in_order(outputs) if isinstance(each, Tensor)]
        if len(tensors) < len(many):
            refuse_unknown(follower, node, many)
            raise follower.fault(node, "the outputs of this model are not known")
        inputs = [each for each in in_order(given) if isinstance(each, Tensor)]
        if any(each.index >= 0 for each in inputs):
            raise follower.fault(node, "a model that begins inside another is not followed")
        model = KerasModel([], tensors, inputs)
        model.returns = outputs
    follower.models.append(model)
    return model


def in_order(values: Any) -> list[Any]:
    """Return values of a list, of one alone, or of a dict in the order of its names, as Keras takes them."""
    if isinstance(values, dict):
        return [each for _, value in sorted(values.items()) for each in in_order(value)]
    return [each for value in values for each in in_order(value)] if isinstance(values, list | tuple) else [values]


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


def take_inputs(follower: Follower, model: KerasModel) -> None:
    """Keep the inputs of a model that has been run, numbered in its order, with the sizes that the program states."""
    builder, stated = follower.builder, follower.sizes.stated
    needed = {place for entry in builder.entries for place in entry.inputs or () if place < 0}
    order = list(dict.fromkeys([each.index for each in model.inputs] or sorted(needed, reverse=True)))
    if not needed <= set(order):
        raise follower.source.fault("this model does not name all the inputs that its layers take", 0, 0)
    new = {old: -1 - place for place, old in enumerate(order)}
    for entry in builder.entries:
        entry.inputs = tuple(new.get(place, place) for place in entry.inputs or ())
    follower.sizes.stated = {new[old]: shape for old, shape in stated.items() if old in new}
    shapes = [follower.sizes.stated.get(-1 - place) for place in range(len(order))]
    builder.stated = tuple(shapes)
    known = [shape for shape in shapes if shape is not None and None not in shape.sizes]
    builder.inputs = len(order)
    names = [follower.sizes.names.get(old, "") for old in order]
    builder.input_names = tuple(names) if all(names) and len(set(names)) == len(names) else ()
    whole = len(known) == len(shapes)
    builder.input = known[0].known_sizes if whole and known else None
    builder.others = tuple(known[1:]) if whole else ()


def take_size(follower: Follower, model: KerasModel) -> None:
    """Take the size of the input of a `Sequential` from its `Input`, or from its first layer."""
    follower.builder.inputs = 1
    first = _first(model)
    shape = None
    if isinstance(first, KerasModel) and first.inputs:
        shape = follower.sizes.stated.get(first.inputs[0].index)
    follower.builder.input = None if shape is None or None in shape.sizes else shape.known_sizes
    sample = first_sizes(model)
    if sample is not None:
        is_first = follower.builder.layout == "chw"
        follower.builder.input = sample if is_first else channels_first(sample, len(sample) - 1)
        shape = TensorShape(follower.builder.input, len(sample) - 1)
    if shape is not None:
        follower.sizes.stated[follower.sizes.first_input] = shape
    follower.builder.stated = (shape,)


def _first(model: KerasModel) -> Any:
    """Return what runs first in a model: a layer, or a model that has an input of its own."""
    first: Any = model
    while isinstance(first, KerasModel) and first.layers and not (first.inputs or first.steps):
        first = first.layers[0]
    return first


def first_sizes(model: KerasModel) -> tuple[int, ...] | None:
    """Return the sizes of a sample that the first layer of a model states for its input, None where it does not."""
    first = _first(model)
    if not isinstance(first, Layer):
        return None
    found: tuple[int, ...] | None = None
    for key, _, argument in first.call.keywords:
        sizes = argument.value.plain() if hasattr(argument.value, "plain") else argument.value
        if key in ("input_shape", "batch_input_shape") and isinstance(sizes, tuple):
            sample = sizes[1:] if key.startswith("batch") else sizes
            found = sample if all(type(size) is int and size > 0 for size in sample) else found
        elif key == "input_dim" and type(sizes) is int and first.call.short_name != "Embedding":
            found = (sizes,)
    return found


def add(follower: Follower, node: ast.AST, model: KerasModel, layer: Any) -> None:
    """Add a layer to a model that runs its layers in their order."""
    if isinstance(layer, Tensor):
        if not model.layers:
            model.inputs = [layer]  # an Input among the layers
        return
    if not isinstance(layer, Layer | KerasModel | Function | Instance):
        refuse_unknown(follower, node, layer)
        raise follower.fault(node, "what is added here is not a layer")
    if isinstance(layer, KerasModel):
        layer.used = True
    model.layers.append(layer)
    model.outputs = None  # it may have been built without this layer


def model_method(
    follower: Follower, node: ast.Call, model: KerasModel, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method of a model."""
    if name == "build" and not model.inputs and first_sizes(model) is None:
        sizes = arguments[0] if arguments else keywords.get("input_shape")
        model.inputs = [take_input(follower, node, sizes, batched=True)] if isinstance(sizes, list | tuple) else []
        return None
    if name == "add" and len(arguments) == 1:
        add(follower, node, model, arguments[0])
        return None
    if name == "pop" and model.layers:
        model.outputs = None
        return model.layers.pop()
    if name in _PASSED_OVER:
        return None
    raise follower.fault(node, f"{name} of a model is not followed")


def run(follower: Follower, node: ast.AST, model: KerasModel, arguments: list[Any]) -> Any:
    """Run a model, or a layer that joins, on tensors."""
    model.used = True
    value = arguments[0] if arguments else None
    _refuse_other_sizes(follower, node, model, in_order(value))
    if model.outputs is not None:
        return _run_again(follower, node, model, in_order(value))
    follower.builder.steps += model.steps
    with follower.running.module(model.name):
        for layer in model.layers:
            if isinstance(layer, MergeLayer):
                value = _joined(follower, node, layer, value)
            else:
                value = follower.call(node, layer, [value], {})
    follower.builder.steps -= model.steps
    if model.is_merge and isinstance(value, Tensor):
        model.result = model.result or value
        follower.modules_at[value.index] = model
    return value


def _refuse_other_sizes(follower: Follower, node: ast.AST, model: KerasModel, tensors: list[Any]) -> None:
    """Refuse tensors of other sizes than a model states for its inputs, as Keras does."""
    layout, steps = follower.builder.layout, follower.builder.steps
    stated = [follower.sizes.stated.get(each.index) for each in model.inputs]
    taken = [None if shape is None else shape.laid_out(layout) for shape in stated] or [first_sizes(model)]
    for own, right, tensor in zip(model.inputs or tensors, taken, tensors, strict=False):
        if right is None or not isinstance(tensor, Tensor) or (model.inputs and tensor.index == own.index):
            continue
        sizes = follower.sizes.as_stated(tensor.index)
        if sizes is None and not model.layers:
            # In a class, layers in their order run on what comes in, whatever they were built for.
            sizes = follower.sizes.peek(tensor.index)
        found = (sizes or ())[1 + steps :]
        pairs = zip(found, right, strict=False)
        if len(found) == len(right) and any(None not in pair and pair[0] != pair[1] for pair in pairs):
            hint = "give its Input the size that comes in, or None where it may be any"
            raise follower.fault(node, f"this model takes {size_text(right)}, not {size_text(found)}", hint)


def _run_again(follower: Follower, node: ast.AST, model: KerasModel, tensors: list[Any]) -> Any:
    """Run the layers of a model that has been run already on other tensors; by their names they count once."""
    refuse_unknown(follower, node, tensors)
    if len(tensors) != len(model.inputs) or not all(isinstance(each, Tensor) for each in tensors):
        raise follower.fault(node, f"this model takes {len(model.inputs)} tensors, not {len(tensors)}")
    builder = follower.builder
    made = {old.index: new.index for old, new in zip(model.inputs, tensors, strict=True)}
    needed = sorted(builder.leading_to([each.index for each in model.outputs or ()]))
    if any(index < 0 and index not in made for index in needed):
        raise follower.fault(node, "this model does not name all the inputs that its layers take")
    model.name = model.name or _default_name(follower, "Functional")
    for place, index in enumerate(index for index in needed if index >= 0):
        follower.step(node)
        entry = builder.entries[index]
        entry.name = entry.name or f"{model.name}.{place}"
        made[index] = len(builder.entries)
        again = entry.moved(inputs=tuple(made[each] for each in entry.inputs or ()))
        again.layer = builder.at_steps(entry.layer)
        builder.entries.append(again)
    return _replaced(model.returns, made)


def _replaced(value: Any, made: dict[int, int]) -> Any:
    """Return what a model returns, of the tensors made this time."""
    if isinstance(value, dict):
        return {name: _replaced(each, made) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(each, made) for each in value]
    return Tensor(made[value.index])


def _joined(follower: Follower, node: ast.AST, layer: MergeLayer, tensors: Any) -> Tensor:
    """Run a layer that joins tensors on them."""
    given = list(tensors) if isinstance(tensors, list | tuple) else [tensors]
    found = [follower.held(node, each) if isinstance(each, Parameter) else each for each in given]
    if len(found) < 2 or not all(isinstance(each, Tensor) for each in found):
        refuse_unknown(follower, node, tensors)
        raise follower.fault(node, f"{layer.word.lower()} takes a list of tensors")
    if layer.word not in PRODUCTS:
        return merged(follower, node, layer.word, found, layer.arguments.get("axis", -1))
    name = layer.name or layer.default_name
    sizes = [follower.sizes.axes(each.index) for each in found]

    def add(made: layers.Layer, inputs: Sequence[int]) -> int:
        tensor = layer_entry(follower, node, made, *map(Tensor, inputs))
        follower.builder.entries[tensor.index].name = name
        return tensor.index

    try:
        return Tensor(multiply(layer.word, layer.arguments, [each.index for each in found], sizes, add))
    except ShapeError as error:
        raise follower.fault(node, error.message, error.hint) from None


def merged(follower: Follower, node: ast.AST, word: str, tensors: Sequence[Tensor], axis: Any = -1) -> Tensor:
    """Join tensors as a layer of Keras's does."""
    sizes = [follower.sizes.axes(each.index) for each in tensors]
    try:
        made = layer_entry(follower, node, merge_layer(word, axis, sizes, follower.builder.layout), *tensors)
    except ShapeError as error:
        raise follower.fault(node, error.message, error.hint) from None
    return made if word in ("Add", "Multiply", "Concatenate") else elementwise(follower, node, made, word)


def takes_own(follower: Follower, kind: Class) -> bool:
    """Return whether a class without an `__init__` is made as the class of Keras under it."""
    return follower.notation == "keras" and any(isinstance(base, Name) for base in kind.bases)
