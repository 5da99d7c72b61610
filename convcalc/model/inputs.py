"""The inputs of a network: their sizes as written, in its order, completed by those that it states."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.layers import TensorShape
from convcalc.model.request import LayerRequest
from convcalc.network.trace import interpret
from convcalc.notation import Network, channels_first, input_order, named_sizes, parse_size, too_few_inputs
from convcalc.text import size_text


def with_inputs(request: LayerRequest, size: str | None, layout: str | None = None) -> LayerRequest:
    """Let a request know its input, and the names that one of several parts gives them: `a=3x32x32 b=10`."""
    if size is None:
        return request
    return request.replace(inputs=tuple(named_sizes(size)), size=size, layout=layout)


def named_inputs(network: Network, size: str | None, layout: str | None = None) -> tuple[dict[str, str], str | None]:
    """Return the sizes of named inputs in the order of the network's, and what that assumes of their names.

    Those that are not named have the sizes that the network states.
    """
    named, names = {} if size is None else named_sizes(size), network.input_names
    if not named or not names or len(named) == len(names) == 1:
        return named, None
    stated = _stated(network, len(names))
    examples = _examples(stated, layout or network.layout)
    if set(named) < set(names) and all(shape is not None and None not in shape.sizes for shape in stated):
        named = {name: named.get(name, example) for name, example in zip(names, examples, strict=False)}
    places, assumption = input_order(names, list(named), sizes=examples)
    parts = list(named.items())
    return dict(parts[place] for place in places), assumption


def _stated(network: Network, count: int) -> tuple[TensorShape | None, ...]:
    """Return the shapes that a network states for its `count` inputs, or fixes; None for each where it does not."""
    fixed = () if network.input is None else (TensorShape(network.input, network.rank or 0), *network.others)
    found = network.stated or fixed
    return found if len(found) == count else (None,) * count


def _examples(stated: tuple[TensorShape | None, ...], layout: str) -> list[str]:
    """Return a size that each input may have, as it is written."""
    usual = TensorShape((3, 32, 32), 2)
    shapes = [usual if shape is None else shape for shape in stated]
    return [size_text(32 if cells is None else cells for cells in shape.laid_out(layout)) for shape in shapes]


def input_shapes(network: Network, size: str | None, rank: int | None, layout: str) -> list[TensorShape]:
    """Return the shape of each input of a network, of which there are several only where `size` names them.

    The first is read for the layers; each of the others has as many spatial axes as it has sizes behind its channels.

    >>> from convcalc.model.reading import read
    >>> network = read(LayerRequest(("relu", "cat:b"), inputs=("a", "b")))
    >>> [str(shape) for shape in input_shapes(network, "a=3x8x9 b=5x8x9", None, "chw")]
    ['3x8x9', '5x8x9']
    """
    named, _ = named_inputs(network, size, layout)
    rank = network.rank if rank is None else rank
    count = -min((place for places in network.inputs for place in places), default=-1)
    others_stated = () if named else network.others
    if count > max(1, len(named), 1 + len(others_stated)):
        names = network.input_names or [f"x{number}" for number in range(1, count + 1)]
        raise too_few_inputs(count, len(named), names[:3], _examples(_stated(network, count), layout))
    if not named:
        return [_shape(network, input_sizes(network, size, rank, layout), rank), *others_stated]
    used = {place for places in network.inputs for place in places}
    unused = [name for index, name in enumerate(named) if -1 - index not in used]
    if unused and not network.input_names:
        raise UsageError(f"no layer takes the input {unused[0]}", place="INPUT", hint=f"write from:{unused[0]}")
    # What a program of Keras's states of its inputs is not fixed.
    is_fixed = network.fixed and network.notation != "keras"
    if is_fixed and network.input is not None and len(network.others) == len(named) - 1:
        shapes = [TensorShape(network.input, network.rank or 0), *network.others]
        for (name, text), shape in zip(named.items(), shapes, strict=True):
            sizes = parse_size(text)
            if shape.sizes not in (sizes, (1, *sizes)):
                message = f"the file fixes its input {name} at {shape}, not {size_text(sizes)}"
                raise UsageError(message, place="INPUT", hint="export the model with open sizes")
        return shapes
    first, *others = named.values()
    shapes = [_shape(network, input_sizes(network, first, rank, layout), rank)]
    for text in others:
        sizes = parse_size(text)
        axes = len(sizes) - 1 - len(shapes[0].batch)
        shapes.append(TensorShape(sizes if layout == "chw" else channels_first(sizes, max(0, axes)), max(0, axes)))
    return shapes


def _shape(network: Network, sizes: tuple[int | None, ...], rank: int | None) -> TensorShape:
    return interpret(sizes, network.layers, rank, sample=network.notation == "keras")


def input_sizes(network: Network, size: str | None, rank: int | None, layout: str) -> tuple[int | None, ...]:
    """Read the size of the input, its channels first whatever the layout it is written in, or take the network's.

    >>> from convcalc.model.reading import read
    >>> input_sizes(read(LayerRequest(("Conv2D(8, 3)",))), "28x26x3", None, "hwc")
    (3, 28, 26)
    """
    if size is not None:
        sizes, order = parse_size(size), ""
        if layout != "chw":
            sizes, order = channels_first(sizes, _shape(network, sizes, rank).rank), ", channels first"
        if network.fixed and network.input == (1, *sizes):
            return network.input
        if network.fixed and network.input is not None and sizes[-len(network.input) :] != network.input:
            message = f"the file fixes its input at {size_text(network.input)}, not {size_text(sizes)}{order}"
            sample = network.input[1:]
            is_batch = sizes[1:] == sample and network.input[0] == 1
            hint = (
                f"the answer is for one sample: {size_text(sample)}"
                if is_batch
                else "export the model with open sizes"
            )
            raise UsageError(message, place="INPUT", hint=hint)
        return sizes
    if network.input is None:
        raise UsageError("no size of an input given", place="INPUT", hint="write it first, as 3x224x224")
    return network.input
