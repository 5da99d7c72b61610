"""Layers of a program made and run: each run adds an entry to the graph, under the layer's name in the model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.notation.call.tree import Argument, Symbol
from convcalc.notation.call.tree import Sequence as Items
from convcalc.notation.entries import Entry
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.source import containers, keras_attention, reparametrization
from convcalc.notation.source.values import Container, Instance, KerasModel, Layer, Name, Parameter, Tensor, Unknown
from convcalc.text import did_you_mean, fold

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_ENCODERS = ("TransformerEncoderLayer", "TransformerEncoder")
_FILLED = ("zeros", "ones", "randn", "rand", "eye", "empty", "full", "Tensor", "FloatTensor", "tensor")


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a layer, a container or a parameter of PyTorch's; NotImplemented for a name that is none."""
    word = name.last
    if word in containers.KINDS:
        return Container(word, containers.children(follower, node, word, arguments))
    if word == "Parameter" and arguments:
        if isinstance(arguments[0], Parameter) and arguments[0].shape is not None:
            return Parameter(arguments[0].shape, learned=True)
        if isinstance(arguments[0], Tensor):
            sizes = follower.sizes.axes(arguments[0].index) or ()
            if None not in sizes:
                return Parameter(tuple(size for size in sizes if size is not None), learned=True)
        raise follower.fault(node, "the shape of this parameter is not known")
    if word in _FILLED and name.dotted.startswith("torch."):
        given = [keywords["size"]] if not arguments and "size" in keywords else arguments
        return Parameter(_shape(follower, node, given, word))
    if word == "arange" and arguments and all(type(each) is int for each in arguments):
        count = len(range(*arguments[:3]))
        return Parameter((count,) if count else None)
    if word.endswith("Loss") and "nn" in name.dotted.split("."):
        return Unknown("a loss is not followed", *follower.span(node))
    if (word in PYTORCH or word in _ENCODERS) and name.dotted in (word, f"nn.{word}", f"torch.nn.{word}"):
        return Layer(follower.call_of(node, f"nn.{word}" if "." in name.dotted else word, arguments, keywords))
    return NotImplemented


def _shape(follower: Follower, node: ast.AST, arguments: list[Any], word: str) -> tuple[int, ...] | None:
    """Return the sizes of what a program fills: they are the arguments, or the first of them; None if not known."""
    if word in ("tensor", "full", "FloatTensor"):
        if word != "full" or not arguments:
            return _nested(arguments[0]) if arguments else None
        arguments = arguments[:1]
    if word == "Tensor" and len(arguments) == 1 and isinstance(arguments[0], list | tuple):
        return _nested(arguments[0])
    sizes = list(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], list | tuple) else arguments
    if word == "eye":
        sizes = [*sizes, *sizes][:2]
    return tuple(sizes) if all(type(size) is int and size >= 0 for size in sizes) else None


def close_name(follower: Follower, name: Name) -> str | None:
    """Return a hint at the layer of PyTorch's that a name is close to, if one is."""
    return did_you_mean(name.last[:60], PYTORCH) if follower.notation == "pytorch" else None


def _nested(values: Any) -> tuple[int, ...] | None:
    """Return the sizes of numbers in lists, or of a number; None where they are not."""
    sizes: list[int] = []
    while isinstance(values, list | tuple) and values and len(sizes) < 8:
        sizes.append(len(values))
        values = values[0]
    return tuple(sizes) if isinstance(values, int | float) else None


def name_modules(value: Any, path: str, seen: set[int]) -> None:
    """Give every module in a model its name, the first way that leads to it."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Layer | Parameter | Container | Instance | KerasModel):
        value.name = value.name or path
    match value:
        case Container():
            for name, child in value.children.items():
                name_modules(child, f"{path}.{name}" if path else name, seen)
        case Instance():
            for name, child in value.attributes.items():
                name_modules(child, f"{path}.{name}" if path else name, seen)
        case list() | tuple():
            for index, child in enumerate(value):
                name_modules(child, f"{path}.{index}" if path else str(index), seen)


def inside(value: Any) -> list[Any]:
    """Return the modules and other values that a value holds."""
    match value:
        case Container():
            return list(value.children.values())
        case Instance():
            return list(value.attributes.values())
        case list() | tuple():
            return list(value)
        case _:
            return []


def forget_runs(follower: Follower, value: Any, seen: set[int]) -> None:
    """Forget that layers in a model ran on samples while it was made; what they made there is a constant."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Parameter):
        value.used = False
    if isinstance(value, Layer):
        value.places = []
    if isinstance(value, Instance):
        for name, each in value.attributes.items():
            if isinstance(each, Tensor):
                sizes = follower.sizes.axes(each.index) or ()
                known = tuple(size for size in sizes if size is not None)
                value.attributes[name] = Parameter(known or None)
    for each in inside(value):
        forget_runs(follower, each, seen)


def run(
    follower: Follower, node: ast.AST, module: Layer | Container, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Run a layer, or those of a `Sequential` in their order, on a tensor."""
    if isinstance(module, Container):
        if module.kind != "Sequential":
            raise follower.fault(node, f"a {module.kind} does not run its modules; forward has to say how they run")
        value: Any = arguments[0] if arguments else None
        if len(arguments) != 1:
            raise follower.fault(node, f"a Sequential runs on one tensor, not on {len(arguments)}")
        with follower.running.module(module.name):
            for child in module.children.values():
                value = follower.call(node, child, [value], {})
        return value
    kind = module.call.short_name
    if kind == "MultiHeadAttention":
        return keras_attention.run(follower, node, module, arguments, keywords)
    if kind == "MultiheadAttention":
        arguments = arguments or [keywords[name] for name in ("query", "key", "value") if name in keywords]
    if arguments and isinstance(arguments[0], Parameter):
        arguments = [follower.held(node, arguments[0]), *arguments[1:]]
    tensors = [each for each in arguments if isinstance(each, Tensor)]
    refuse_unknown(follower, node, arguments)
    if not tensors or (len(tensors) > 1 and kind not in ("MultiheadAttention", "LSTM", "GRU", "RNN")):
        raise follower.fault(node, f"{kind} runs on one tensor, not on {len(tensors)}")
    if kind == "MultiheadAttention" and len({each.index for each in tensors}) > 1:
        _check_attention(follower, node, tensors)
    axes = follower.sizes.peek(tensors[0].index) if kind in ("LSTM", "GRU", "RNN") else None
    if axes is not None and len(axes) > 3 and tensors[0].index >= 0 and follower.notation != "keras":
        raise follower.fault(node, f"{kind} takes steps of features, of a tensor of 3 axes, this one has {len(axes)}")
    made = emit(follower, module, tensors[0])
    if kind == "MultiheadAttention":
        return (made, None)
    if kind in ("LSTM", "GRU", "RNN") and follower.notation != "keras":
        return (made, _states(follower, node, made))
    return made


def _states(follower: Follower, node: ast.AST, made: Tensor) -> Any:
    """Return the state behind a recurrent layer's steps, for a LSTM two of them: layers x batch x features.

    Its sizes are those of the last step, for each direction of each layer. What of it is not needed falls away.
    """
    layer = follower.builder.entries[made.index].layer
    if not isinstance(layer, layers.Recurrent) or layer.cell or follower.sizes.peek(made.index) is None:
        return Unknown("the state of this layer is not followed", *follower.span(node))
    width, directions = layer.projection or layer.hidden, 1 + layer.bidirectional
    steps = [layers.Rearrangement("cut", (1, -1, 1 << 62, 1)), layers.Rearrangement("squeeze", (1,))]
    if layer.layers == 1:
        steps.append(layers.Rearrangement("view", (0, directions, width)))
    else:
        steps += [
            layers.Rearrangement("view", (0, 1, directions, width)),
            layers.Rearrangement("expand", (1, layer.layers, 1, 1)),
            layers.Rearrangement("view", (0, layer.layers * directions, width)),
        ]
    state = made
    for step in steps:
        state = layer_entry(follower, node, step, state)
    moved = layer_entry(follower, node, layers.Rearrangement("transpose", (1, 0, 2)), state)
    moved.before = (state, (1, 0, 2))
    if layer.kind != "lstm":
        return moved
    cells = Unknown("the cells of a LSTM with projections are not followed", *follower.span(node))
    return (moved, cells if layer.projection else moved)


def refuse_unknown(follower: Follower, node: ast.AST, values: Any) -> None:
    """Refuse what was not followed, and names that neither the program nor a framework defines, as tensors."""
    for each in values if isinstance(values, list | tuple) else [values]:
        if isinstance(each, Unknown) and each.error is not None:
            raise each.error
        if isinstance(each, Name) and "." not in each.dotted:
            raise follower.fault(node, f"{each.dotted[:60]} is not defined")


def _check_attention(follower: Follower, node: ast.AST, tensors: list[Tensor]) -> None:
    """Refuse attention to a tensor of other sizes, whose products are not those that are counted."""
    axes = {follower.sizes.axes(each.index) for each in tensors}
    (sizes, *others) = axes
    if others or sizes is None or None in sizes[1:]:
        fault = follower.fault(node, "attention is followed where queries, keys and values have the same sizes")
        if follower.sizes.begin is not None:
            raise fault
        follower.builder.objections += (fault,)


def emit(follower: Follower, module: Layer, tensor: Tensor) -> Tensor:
    """Add the entries of a layer that runs on a tensor."""
    entries = follower.builder.entries
    if module.places and not entries[module.places[0]].name:
        module.name = module.default_name  # it runs again: by their name its weights count once
        for place in module.places:
            entries[place].name = module.name
    with follower.running.module(module.name):
        for entry in entries_of(follower, module):
            text = fold(follower.source.text[entry.start : entry.end])
            index = follower.builder.add(
                entry.layer,
                [tensor.index],
                (entry.start, entry.end),
                name=".".join(part for part in (module.name, entry.name) if part),
                text=entry.text or text,
                notes=entry.notes,
                activation=entry.activation,
            )
            module.places.append(index)
            made = follower.builder.entries[index]
            made.channels_first = entry.channels_first
            if made.module and entry.name:
                made.module += f".{entry.name}"
            tensor = Tensor(index)
    return tensor


def entries_of(follower: Follower, module: Layer) -> list[Entry]:
    """Return the layers that a call is, by the rules of its notation."""
    call = module.call
    if follower.notation == "keras":
        from convcalc.notation.keras.read import entries_of as keras_entries

        return keras_entries(follower.source, call)
    if call.short_name in _ENCODERS:
        from convcalc.notation.pytorch.transformers import entries_of as transformer_entries

        return transformer_entries(follower.source, call)
    from convcalc.notation.pytorch.read import layer_of

    entry = Entry(call.start, call.end, layer_of(follower.source, call))
    beside = None if module.made_from is None else reparametrization.entry_beside(module, entry)
    return [entry] if beside is None else [entry, beside]


def layer_entry(follower: Follower, node: ast.AST, layer: layers.Layer, *tensors: Tensor) -> Tensor:
    """Add a layer that the program does not make but does, at the place of a node."""
    span = follower.span(node)
    if follower.builder.layout == "hwc" and not isinstance(layer, layers.Elementwise | layers.Merge | layers.Held):
        raise follower.fault(node, "what moves axes of a tensor is not followed with channels last", "use a layer")
    text = fold(follower.source.text[slice(*span)])
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    inputs = [tensor.index for tensor in tensors]
    index = follower.builder.add(layer, inputs, span, name=follower.running.name, text=shown)
    return Tensor(index)


def elementwise(follower: Follower, node: ast.AST, tensor: Tensor, name: str) -> Tensor:
    """Run a layer that leaves sizes alone, by its name in PyTorch or, where that has none, its own."""
    return layer_entry(follower, node, layers.Elementwise(name), tensor)


def as_argument(follower: Follower, node: ast.AST, value: Any) -> object:
    """Return a value as an argument of a call holds it."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list() | tuple() | range():
            start, end = follower.span(node)
            return Items([Argument(as_argument(follower, node, each), (start, end)) for each in value])
        case Name():
            return Symbol(value.dotted)
        case Layer():
            return value.call
        case Unknown():
            raise follower.fault(node, f"an argument is not known: {value.reason}")
        case _:
            raise follower.fault(node, "an argument of this layer is not known")
