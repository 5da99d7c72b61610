"""The axis of the batch: one sample is followed without it, and with all sizes known where a program moves it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from convcalc.errors import ConvcalcError, ShapeError
from convcalc.layers import Border, Flatten, Layer, Merge, Rearrangement, Slice, TensorShape, Unflatten, rank_of
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.source.known_sizes import Axes, tells_rank, with_axes
from convcalc.notation.source.values import Tensor
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

    Follow = Callable[[Follower], GraphBuilder]

WITH_BATCH = "the program moves the batch axis: sizes have it in front, a batch of 1 where the input has none"


def knows_batch(follower: Follower) -> bool:
    """Return whether the axis of the batch is one like the others: its size is known."""
    return follower.sizes.whole is not None or not follower.is_running


def batch_fault(follower: Follower, node: ast.AST, message: str) -> ConvcalcError:
    """Return the error for what is done to the batch while its size is not known, to be raised by the caller."""
    follower.moves_batch = True
    return follower.fault(node, message)


def touch_batch(follower: Follower, node: ast.AST, message: str) -> None:
    """Refuse what is done to the axis of the batch where its size could be known, so that it will be."""
    if not knows_batch(follower) and follower.sizes.begin is not None and follower.notation == "pytorch":
        raise batch_fault(follower, node, message)


def leaves_batch(follower: Follower, layer: Layer, tensor: Tensor) -> bool:
    """Return whether a layer takes all axes of a tensor away but that of the batch."""
    kind = getattr(layer, "kind", "")
    if kind not in ("squeeze", "reduce", "einsum") or knows_batch(follower):
        return False
    if isinstance(layer, Merge):
        return len(layer.equation.replace(" ", "").partition("->")[2]) == 1
    if not isinstance(layer, Rearrangement):
        return False
    sizes = follower.sizes.peek(tensor.index) or ()
    gone = len(layer.numbers) if kind == "squeeze" else 0 if layer.numbers[0] else len(layer.numbers) - 1
    gone = sizes.count(1) if layer.numbers == () else gone
    return gone > 0 and len(sizes) - gone == 1


def refuse_only_batch(follower: Follower, node: ast.AST, tensors: Sequence[Tensor]) -> None:
    """Refuse tensors of one number for each sample, as `touch_batch` does: one sample has no axis then."""
    if any(tensor.is_batch for tensor in tensors):
        touch_batch(follower, node, "the batch axis of this tensor is its only one")


def refuse_moved(follower: Follower, node: ast.AST, tensors: Sequence[Tensor]) -> None:
    """Refuse tensors whose first axis is not the batch, as `touch_batch` does."""
    for tensor in tensors:
        if tensor.before is not None and not knows_batch(follower):
            source, order = tensor.before
            sizes = follower.sizes.peek(source.index) or ()
            if len(sizes) != len(order) or sizes[order[0]] != 1:
                touch_batch(follower, node, "the batch axis of this tensor is not the first")


def attempt(follower: Follower, follow: Follow) -> GraphBuilder | ConvcalcError:
    """Return the network of a program, or the error that following it ends with."""
    try:
        return follow(follower)
    except ConvcalcError as error:
        return error


def with_batch(follower: Follower, follow: Follow) -> GraphBuilder | ConvcalcError | None:
    """Return the network of a program followed once more with its batch axis, or the error that this ends in.

    None where the sizes of its inputs are not known. A program that is not known to move the batch has to fit, and to
    return as many samples as it takes; else it is the error of what was followed farther than without the batch axis
    where no layer says how many axes there are, or None.
    """
    found: GraphBuilder | ConvcalcError | None = None
    farther: ConvcalcError | None = None
    most = len(follower.builder.entries)
    for shapes in _whole_inputs(follower):
        again = _whole_follower(follower, shapes)
        result = attempt(again, follow)
        fault = result if isinstance(result, ConvcalcError) else again.sizes.first_fault()
        if isinstance(result, GraphBuilder) and fault is None and (follower.moves_batch or _keeps_samples(again)):
            first = result.entries[0]
            first.notes = (*first.notes, WITH_BATCH)
            if shapes[0].sizes[:1] == (1,):
                note_other_reading(again, follow, result)
            return result
        found = result if found is None else found
        layers = [entry.layer for entry in again.builder.entries]
        if fault is not None and len(layers) > most and not tells_rank(layers):
            farther, most = fault, len(layers)
    return found if follower.moves_batch else farther


def note_other_reading(follower: Follower, follow: Follow, builder: GraphBuilder) -> None:
    """Note what comes out where the first size of the input is the batch, if no layer says that it is not.

    That is where the program runs on both and more than a batch of 1 differs: the sizes are those of one sample.
    """
    entries = builder.entries
    layers = [entry.layer for entry in entries]
    shapes = _sample_inputs(follower)
    if len(shapes) != 1 or shapes[0].batch or None in shapes[0].sizes or tells_rank(layers):
        return
    if len(shapes[0].sizes) < 2 or not any(map(_counts_axes, layers)):
        return
    (shape,) = shapes
    again = _whole_follower(follower, [TensorShape(shape.sizes, max(0, len(shape.sizes) - 2))])
    if isinstance(attempt(again, follow), ConvcalcError) or again.sizes.first_fault() is not None:
        return
    known = bool(follower.sizes.whole)
    own = [sizes if known or sizes is None else sizes[1:] for sizes in _outputs(follower)]
    other = _outputs(again)
    if None in other or other in (own, [(1, *(sizes or ())) for sizes in own]):
        return
    found = " and ".join(size_text(sizes or ()) for sizes in other)
    note = f"{shape} is read as one sample: with its first axis as the batch, {found} comes out"
    note += "; say so: `dims` 1" if len(shape.sizes) == 3 else ""
    entries[0].notes = (*entries[0].notes, note)


def _whole_follower(follower: Follower, shapes: list[TensorShape]) -> Follower:
    return type(follower)(follower.source, follower.notation, follower.sizes.begin, shapes)


def _sample_inputs(follower: Follower) -> list[TensorShape]:
    """Return the shapes of the inputs as they were read, without the batch of 1 that was put before them."""
    if follower.sizes.whole is None:
        return follower.sizes.decided or follower.sizes.by_layers() or []
    return [
        TensorShape(shape.sizes[1:], max(0, len(shape.sizes) - 2)) if shape.sizes[0] == 1 else shape
        for shape in follower.sizes.whole
    ]


def _counts_axes(layer: Layer) -> bool:
    """Return whether what a layer does to an axis may depend on which of them is the batch."""
    return isinstance(layer, Rearrangement | Merge | Slice | Flatten | Unflatten | Border)


def settled_with_batch(follower: Follower, follow: Follow) -> GraphBuilder | None:
    """Return the network of a program that fits with its batch axis and keeps its samples, None if it does not."""
    found = with_batch(follower, follow)
    return found if isinstance(found, GraphBuilder) else None


def _keeps_samples(follower: Follower) -> bool:
    """Return whether as many samples come out of a network as go in."""
    samples = (follower.sizes.peek(-1) or (None,))[0]
    return all(sizes is not None and sizes[:1] == (samples,) for sizes in _outputs(follower))


def _outputs(follower: Follower) -> list[Axes | None]:
    """Return the sizes of the tensors that no layer takes."""
    entries = follower.builder.entries
    taken = {place for entry in entries for place in entry.inputs or ()}
    return [follower.sizes.peek(index) for index in range(len(entries)) if index not in taken]


def _whole_inputs(follower: Follower) -> Iterator[list[TensorShape]]:
    """Yield the shapes that the inputs may have with their batch axis: as given, and with a batch of 1 before them.

    What comes first is how the sizes are read without it.
    """
    layers = [entry.layer for entry in follower.builder.entries]
    begin = follower.sizes.begin
    try:
        shapes = [] if begin is None else begin(layers, "chw")
    except ShapeError:
        try:
            shapes = [] if begin is None else begin([], "chw")
        except ShapeError:
            return
    if not shapes or any(None in shape.sizes for shape in shapes):
        return
    given = [shape.sizes for shape in shapes]
    single = [(1, *sizes) for sizes in given]
    has_batch = bool(with_axes(shapes[0], layers).batch)
    is_told = any(rank_of(layer) is not None for layer in layers)
    for several in (given, single) if has_batch else (single,) if is_told else (single, given):
        yield [TensorShape(sizes, max(0, len(sizes) - 2)) for sizes in several]
