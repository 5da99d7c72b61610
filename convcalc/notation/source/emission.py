"""Layers of a program made and run: each run adds an entry to the graph, under the layer's name in the model."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.notation.call.tree import Argument, Call, Symbol
from convcalc.notation.call.tree import Sequence as Items
from convcalc.notation.entries import Entry
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.source import axis_checks, containers, filled, published_models, reparametrization
from convcalc.notation.source.batch import batch_fault, knows_batch, leaves_batch, refuse_moved, refuse_only_batch
from convcalc.notation.source.memory_order import note_order
from convcalc.notation.source.values import (
    MASKS,
    Container,
    Instance,
    KerasModel,
    Layer,
    Name,
    Parameter,
    Tensor,
    Unknown,
)
from convcalc.text import did_you_mean, fold, size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

ENCODERS = ("TransformerEncoderLayer", "TransformerEncoder")
TRANSFORMERS = (*ENCODERS, "TransformerDecoderLayer", "TransformerDecoder", "Transformer")


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
    if name.dotted.startswith(("torch.", "np.", "Variable", "autograd.", "nn.Transformer.")):
        made = filled.function(follower, node, word, arguments, keywords)
        if made is not NotImplemented:
            return made
    if word.endswith("Loss") and "nn" in name.dotted.split("."):
        return Unknown("a loss is not followed", *follower.span(node))
    if (word in PYTORCH or word in TRANSFORMERS) and name.dotted in (word, f"nn.{word}", f"torch.nn.{word}"):
        call = follower.call_of(node, f"nn.{word}" if "." in name.dotted else word, arguments, keywords)
        return Layer(call, text=published_models.call_text(node, call))
    return NotImplemented


def close_name(follower: Follower, name: Name) -> str | None:
    """Return a hint at the layer of PyTorch's that a name is close to, if one is."""
    return did_you_mean(name.last[:60], PYTORCH) if follower.notation == "pytorch" else None


def name_modules(value: Any, path: str, seen: set[int]) -> None:
    """Name every module in a model, by the first path that leads to it."""
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
            if value.layer is not None:
                value.layer.name = value.name
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
        forget_runs(follower, value.layer, seen)
        for name, each in value.attributes.items():
            if isinstance(each, Tensor):
                sizes = follower.sizes.axes(each.index) or ()
                known = tuple(size for size in sizes if size is not None)
                value.attributes[name] = kept = Parameter(known or None)
                layer = follower.builder.entries[each.index].layer if each.index >= 0 else None
                kept.is_mask = isinstance(layer, layers.Elementwise) and layer.name in MASKS
    for each in inside(value):
        forget_runs(follower, each, seen)


def refuse_unknown(follower: Follower, node: ast.AST, values: Any) -> None:
    """Refuse what was not followed, and names that neither the program nor a framework defines, as tensors."""
    for each in values if isinstance(values, list | tuple) else [values]:
        if isinstance(each, Unknown) and each.error is not None:
            raise each.error
        if isinstance(each, Name) and "." not in each.dotted:
            raise follower.fault(node, f"{each.dotted[:60]} is not defined")


def emit(follower: Follower, node: ast.AST, module: Layer, tensor: Tensor, *, part: str = "") -> Tensor:
    """Add the entries of a layer that runs on a tensor, or those of a `part` of it."""
    entries = follower.builder.entries
    refuse_moved(follower, node, [tensor])
    refuse_only_batch(follower, node, [tensor])
    if follower.notation == "pytorch":
        axis_checks.refuse_mode(follower, node, tensor, module.call)
    if module.places and not entries[module.places[0]].name:
        module.name = module.default_name  # it runs again: by their name its weights count once
        for place in module.places:
            entries[place].name = module.name
    with follower.running.module(module.name):
        for entry in entries_of(follower, module):
            if not entry.name.startswith(part):
                continue
            refuse_small_volume(follower, node, entry.layer, tensor)
            refuse_several_sequences(follower, node, entry.layer, tensor)
            text = module.text or fold(follower.source.text[entry.start : entry.end])
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
            given, tensor = tensor, Tensor(index)
            tensor.is_constant = given.is_constant
            note_order(tensor, entry.layer, [given])
    if module.places:
        module.result = module.result or tensor
        follower.modules_at[tensor.index] = module
    return tensor


def refuse_small_volume(follower: Follower, node: ast.AST, layer: layers.Layer, tensor: Tensor) -> None:
    """Refuse an average over three axes whose kernel is larger than the input: PyTorch does, whatever the padding."""
    if isinstance(layer, layers.Pooling) and layer.kind in ("avg", "lp") and len(layer.kernel) == 3:
        cells = (follower.sizes.peek(tensor.index) or ())[-3:]
        if follower.notation == "pytorch" and any(
            size is not None and size < kernel for size, kernel in zip(cells, layer.kernel, strict=False)
        ):
            message = f"the kernel {size_text(layer.kernel)} is larger than the input {size_text(cells)}"
            raise follower.fault(node, message, "PyTorch refuses it, whatever the padding")


def refuse_several_sequences(follower: Follower, node: ast.AST, layer: layers.Layer, tensor: Tensor) -> None:
    """Refuse more than one sequence for each sample, which PyTorch's recurrent layers do not take: it is a batch."""
    if not isinstance(layer, layers.Recurrent) or follower.notation != "pytorch" or knows_batch(follower):
        return
    if len(follower.sizes.peek(tensor.index) or ()) > 3:
        raise batch_fault(follower, node, "a recurrent layer takes one sequence for each sample")


def entries_of(follower: Follower, module: Layer) -> list[Entry]:
    """Return the layers that a call is, by the rules of its notation."""
    call = module.call
    if follower.notation == "keras":
        from convcalc.notation.keras.read import entries_of as keras_entries

        return keras_entries(follower.source, call)
    if call.short_name in TRANSFORMERS:
        from convcalc.notation.pytorch.transformers import entries_of as transformer_entries

        return transformer_entries(follower.source, call)
    from convcalc.notation.pytorch.read import layer_of

    entry = Entry(call.start, call.end, layer_of(follower.source, call))
    beside = None if module.made_from is None else reparametrization.entry_beside(module, entry)
    return [entry] if beside is None else [entry, beside]


def layer_entry(
    follower: Follower, node: ast.AST, layer: layers.Layer, *tensors: Tensor, module: Layer | None = None
) -> Tensor:
    """Add a layer that the program does, at the place of a node; `module` is the one that it makes, if it does."""
    span = follower.span(node)
    refuse_moved(follower, node, tensors)
    refuse_only_batch(follower, node, tensors)
    if isinstance(layer, layers.Merge) and layer.kind in ("add", "multiply", "matmul"):
        axis_checks.refuse_beside(follower, node, tensors)
    if follower.builder.layout == "hwc":
        layer = with_channels_last(follower, node, layer)
    text = published_models.text_of(node) or fold(follower.source.text[slice(*span)])
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    inputs = [tensor.index for tensor in tensors]
    name = follower.running.name if module is None else module.name
    index = follower.builder.add(layer, inputs, span, name=name, text=shown)
    if module is not None:
        module.places.append(index)
    made = Tensor(index)
    made.is_batch = leaves_batch(follower, layer, tensors[0])
    made.is_constant = all(tensor.is_constant for tensor in tensors)
    note_order(made, layer, tensors)
    return made


def with_channels_last(follower: Follower, node: ast.AST, layer: layers.Layer) -> layers.Layer:
    """Return a layer that moves or joins axes as Keras counts them."""
    match layer:
        case layers.Rearrangement() | layers.Merge(kind="matmul" | "einsum") | layers.Merge(stretch=True):
            return layer.replace(channels_last=True)
        case layers.Elementwise() | layers.Merge() | layers.Held() | layers.Flatten(start=1, end=-1):
            return layer
        case layers.Recurrent() | layers.Slice() | layers.Resize() | layers.PixelShuffle() | layers.GatedUnit(axis=1):
            return layer
    raise follower.fault(node, "this is not followed with channels last", "use a layer")


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


def call_of(
    follower: Follower, node: ast.Call, name: str, arguments: Sequence[Any], keywords: dict[str, Any]
) -> Call:
    """Return a call with values for its arguments, at the place of the node."""
    start, end = follower.span(node)
    positional = [Argument(as_argument(follower, node, value), (start, end)) for value in arguments]
    named = [
        (key, start, Argument(as_argument(follower, node, value), (start, end))) for key, value in keywords.items()
    ]
    return Call(name, positional, named, (start, follower.span(node.func)[1], end))
