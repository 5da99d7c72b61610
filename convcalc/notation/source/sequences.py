"""Attention and recurrent layers of PyTorch on the tensors of a program, and what they return beside their output."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.notation.source import emission, open_sizes
from convcalc.notation.source.batch import knows_batch, touch_batch
from convcalc.notation.source.values import Layer, Parameter, Tensor, Unknown

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

RECURRENT = ("LSTM", "GRU", "RNN")
OF_KERAS = (*("LSTM", "GRU", "SimpleRNN", "Bidirectional", "CuDNNLSTM", "CuDNNGRU", "RNN"),
            *("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"))  # fmt: skip


def attend(follower: Follower, node: ast.AST, module: Layer, given: dict[str, Any]) -> Any:
    """Run attention on queries, keys and values; return its output and its weights, if any."""
    taken = [given.get(name) for name in ("query", "key", "value")]
    emission.refuse_unknown(follower, node, taken)
    held = [follower.held(node, each) if isinstance(each, Parameter) else each for each in taken]
    tensors = [each for each in held if isinstance(each, Tensor)]
    if len(tensors) < len(held):
        raise follower.fault(node, "attention runs on queries, keys and values: three tensors")
    swaps = _has_steps_first(follower, node, module, tensors[0])
    if swaps:
        moved = {each.index: _swapped(follower, node, each) for each in tensors}
        tensors = [moved[each.index] for each in tensors]
    queries, keys, _ = tensors
    made = emission.emit(follower, node, module, queries)
    entry = follower.builder.entries[made.index]
    layer = entry.layer
    assert isinstance(layer, layers.Attention)
    if len({each.index for each in tensors}) > 1:
        entry.inputs = tuple(each.index for each in tensors)
        entry.layer = layer.replace(key_positions=_key_positions(follower, node, layer, tensors))
    weights = None
    if given.get("need_weights", True):
        heads = 0 if given.get("average_attn_weights", True) else layer.heads or 0
        weights = emission.layer_entry(follower, node, layers.Merge("weights", axis=heads), made, keys)
    return (_swapped(follower, node, made) if swaps else made, weights)


def _key_positions(follower: Follower, node: ast.AST, layer: layers.Attention, tensors: list[Tensor]) -> int | None:
    """Return how many keys there are where those are not the queries; refuse values and features that do not fit."""
    queries, keys, values = (follower.sizes.axes(each.index) for each in tensors)
    if queries is None or keys is None or values is None or len(queries) < 2 or len(keys) < 2:
        fault = follower.fault(node, "attention is followed where queries, keys and values have the same sizes")
        if follower.sizes.begin is not None:
            raise fault
        follower.builder.objections += (fault,)
        return None
    if keys[-2] is None or queries[-2] is None:
        open_sizes.of_open_size(follower, node, tensors[1])
    wanted = (layer.key_features or layer.features, layer.value_features or layer.features)
    for found, features, name in zip((keys, values), wanted, ("keys", "values"), strict=True):
        if found[-1] not in (None, features):
            raise follower.fault(node, f"the layer takes {name} of {features} features, these have {found[-1]}")
    if None not in (keys[-2], values[-2]) and keys[-2] != values[-2]:
        raise follower.fault(node, f"attention takes as many keys as values, not {keys[-2]} and {values[-2]}")
    return keys[-2]


def _has_steps_first(follower: Follower, node: ast.AST, module: Layer, tensor: Tensor) -> bool:
    """Return whether the first of three axes is that of the positions, and the batch stands behind it."""
    axes = follower.sizes.peek(tensor.index)
    first = emission.entries_of(follower, module)[0].layer
    batch_first = bool(dict(getattr(first, "arguments", ())).get("batch_first"))
    if batch_first or axes is None or tensor.index < -1_000_000:
        return False
    if len(axes) > 3 or (len(axes) < 2 and knows_batch(follower)):
        message = "attention takes positions of features, of a tensor of 3 axes"
        touch_batch(follower, node, message)
        raise follower.fault(node, f"{message}, this one has {len(axes)}")
    return knows_batch(follower) and len(axes) == 3


def _swapped(follower: Follower, node: ast.AST, tensor: Tensor) -> Tensor:
    return emission.layer_entry(follower, node, layers.Rearrangement("swap", (0, 1)), tensor)


def transform(follower: Follower, node: ast.AST, module: Layer, given: dict[str, Any]) -> Tensor:
    """Run the layers of a transformer: an encoder on its source, a decoder on its target and what it attends to."""
    kind = module.call.short_name
    names = ("src",) if "Encoder" in kind else ("tgt", "memory") if "Decoder" in kind else ("src", "tgt")
    emission.refuse_unknown(follower, node, [given.get(name) for name in names])
    tensors = [follower.held(node, each) if isinstance(each, Parameter) else each for each in map(given.get, names)]
    known = [each for each in tensors if isinstance(each, Tensor)]
    if len(known) < len(names):
        raise follower.fault(node, f"{kind} runs on {' and '.join(names)}")
    swaps = _has_steps_first(follower, node, module, known[0])
    if swaps:
        known = [_swapped(follower, node, each) for each in known]
    if kind == "Transformer":
        source, target = known
        source = emission.emit(follower, node, module, source, part="encoder.")
        made = _decoded(follower, node, module, target, source, "decoder.")
    elif len(known) > 1:
        made = _decoded(follower, node, module, known[0], known[1], "")
    else:
        made = emission.emit(follower, node, module, known[0])
    return _swapped(follower, node, made) if swaps else made


def _decoded(follower: Follower, node: ast.AST, module: Layer, target: Tensor, memory: Tensor, part: str) -> Tensor:
    """Run the layers of a decoder, of which some take the memory for their keys and values."""
    entries = follower.builder.entries
    count = len(entries)
    made = emission.emit(follower, node, module, target, part=part)
    for entry in entries[count:]:
        if isinstance(entry.layer, layers.Attention) and entry.name.endswith("multihead_attn"):
            (before,) = entry.inputs or ()
            entry.inputs = (before, memory.index)
            tensors = [target, memory, memory]
            entry.layer = entry.layer.replace(key_positions=_key_positions(follower, node, entry.layer, tensors))
    return made


def recur(follower: Follower, node: ast.AST, module: Layer, given: dict[str, Any]) -> Any:
    """Run a recurrent layer, or a cell of one, on a tensor and states; return its output and its state."""
    tensor, state, kind = given.get("input"), given.get("hx"), module.call.short_name
    emission.refuse_unknown(follower, node, [tensor, state])
    tensor = follower.held(node, tensor) if isinstance(tensor, Parameter) else tensor
    if not isinstance(tensor, Tensor):
        raise follower.fault(node, f"{kind} runs on one tensor")
    axes = follower.sizes.peek(tensor.index)
    sure = tensor.index >= 0 or knows_batch(follower)
    if axes is not None and sure and len(axes) > (2 if kind.endswith("Cell") else 3):
        takes = "features, of a tensor of 2" if kind.endswith("Cell") else "steps of features, of a tensor of 3"
        raise follower.fault(node, f"{kind} takes {takes} axes, this one has {len(axes)}")
    made = emission.emit(follower, node, module, tensor)
    entry = follower.builder.entries[made.index]
    before = _begun(follower, node, kind, entry.layer, state)
    entry.inputs = (*(entry.inputs or ()), *(each.index for each in before if isinstance(each, Tensor)))
    if kind.endswith("Cell"):
        return (made, emission.elementwise(follower, node, made, "Identity")) if kind == "LSTMCell" else made
    return (made, _states(follower, node, made))


def _begun(follower: Follower, node: ast.AST, kind: str, layer: layers.Layer, state: Any) -> list[Any]:
    """Return the states that a recurrent layer begins in: two of a LSTM, one of another, of its sizes."""
    if state is None:
        return []
    given = list(state) if isinstance(state, list | tuple) else [state]
    count = 1 + kind.startswith("LSTM")
    if len(given) != count or isinstance(state, list | tuple) != (count > 1):
        raise follower.fault(node, f"{kind} begins in {'a pair of states' if count > 1 else 'one state'}")
    emission.refuse_unknown(follower, node, given)
    widths = [getattr(layer, "hidden", None)] * 2
    if getattr(layer, "projection", None):
        widths[0] = layer.projection  # type: ignore[union-attr]  # it has one
    for each, width in zip(given, widths, strict=False):
        sizes = follower.sizes.peek(each.index) if isinstance(each, Tensor) else getattr(each, "shape", None)
        if sizes and None not in (sizes[-1], width) and sizes[-1] != width:
            raise follower.fault(node, f"{kind} has states of {width} features, this one has {sizes[-1]}")
        if isinstance(layer, layers.Recurrent) and isinstance(each, Parameter) and len(sizes or ()) == 3:
            rows = layer.layers * (1 + layer.bidirectional)
            if sizes is not None and sizes[0] != rows:
                raise follower.fault(node, f"this {kind} has {rows} states for each sample, here are {sizes[0]}")
    return given


def _states(follower: Follower, node: ast.AST, made: Tensor) -> Any:
    """Return the state behind a recurrent layer's steps, for a LSTM two of them: layers x batch x features.

    Its sizes are those of the last step, for each direction of each layer. What of it is not needed falls away.
    """
    layer = follower.builder.entries[made.index].layer
    if (
        not isinstance(layer, layers.Recurrent)
        or layer.cell
        or (len(follower.sizes.peek(made.index) or ()) in (0, 2))
    ):
        return Unknown("the state of this layer is not followed", *follower.span(node))
    width, directions = layer.projection or layer.hidden, 1 + layer.bidirectional
    along = 0 if knows_batch(follower) and not dict(layer.arguments).get("batch_first") else 1
    steps = [layers.Rearrangement("cut", (along, -1, 1 << 62, 1)), layers.Rearrangement("squeeze", (along,))]
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
        state = emission.layer_entry(follower, node, step, state)
    moved = emission.layer_entry(follower, node, layers.Rearrangement("transpose", (1, 0, 2)), state)
    moved.before = None if knows_batch(follower) else (state, (1, 0, 2))
    if layer.kind != "lstm":
        return moved
    cell = emission.elementwise(follower, node, moved, "Identity") if knows_batch(follower) else Tensor(moved.index)
    cell.before = moved.before
    cells = Unknown("the cells of a LSTM with projections are not followed", *follower.span(node))
    return (moved, cells if layer.projection else cell)


def recur_as_keras(
    follower: Follower, node: ast.AST, module: Layer, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Run a recurrent layer of Keras's, which may begin in a state, and return its states, too, where it says so."""
    from convcalc.notation.keras.recurrent import states

    first, *begun = [*arguments, *(each for key, each in keywords.items() if key == "initial_state")]
    if isinstance(first, list | tuple):
        begun = [*first[1:], *begun]  # a sequence with its states in one list
        first = first[0] if first else None
    given = [each for many in begun for each in (many if isinstance(many, list | tuple) else [many])]
    emission.refuse_unknown(follower, node, [first, *given])
    tensors = [each for each in (first, *given) if isinstance(each, Tensor)]
    if not isinstance(first, Tensor) or len(tensors) != 1 + sum(each is not None for each in given):
        raise follower.fault(node, f"{module.call.short_name} runs on one tensor, and on states that are tensors")
    if len(tensors) > 1:
        first = emission.layer_entry(follower, node, layers.Merge("keep"), *tensors)
    entry = emission.entries_of(follower, module)[-1]
    made = emission.emit(follower, node, module, first)
    if not entry.states:
        return made

    def add(layer: layers.Layer, inputs: Sequence[int]) -> int:
        return emission.layer_entry(follower, node, layer, *map(Tensor, inputs)).index

    try:
        return [made, *map(Tensor, states(entry.layer, made.index, add))]
    except ShapeError as error:
        raise follower.fault(node, error.message) from None
