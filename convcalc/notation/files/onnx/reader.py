"""An ONNX graph to layers: values by name, constants through what only moves them, nodes by their operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from convcalc.errors import ConvcalcError, ShapeError, SpecError
from convcalc.layers import (
    Convolution,
    Elementwise,
    Held,
    Layer,
    Linear,
    Merge,
    Recurrent,
    TensorShape,
    Unknown,
    complete,
    merged,
    output_shape,
)
from convcalc.notation.files.graph_builder import GraphBuilder, layer_text
from convcalc.notation.files.onnx.folding import folded
from convcalc.notation.files.onnx.messages import GraphProto, NodeProto, Tensor
from convcalc.text import Source
from convcalc.value import Value


class Axis(Value):
    """The size of an axis of some tensor, where only the place of that axis is known."""

    index: int


class Sizes(Value):
    """Sizes as a graph computes them, at least one of them open: `Shape`, or parts of it with numbers between."""

    entries: tuple[int | Axis, ...]


Known = int | Tensor | Sizes
"""A value of the graph: a tensor of the network by its index, a constant, or sizes."""

_WEIGHTED = (Convolution, Linear, Recurrent)
"""Families whose constants are weights, whatever their names."""

Rule = Callable[["Reader", NodeProto], Sequence[Known] | None]
"""What an operator makes; None where it is used in a way that is not read."""


class Reader:
    """Reads nodes in their order; `values` has what each name stands for."""

    def __init__(self, graph: GraphProto, place: str, settled: tuple[int, ...] | None = None) -> None:
        self.graph, self.settled = graph, settled is not None
        self.builder = GraphBuilder(Source("", place), "onnx")
        self.values: dict[str, Known] = {**graph.constants}
        self.values |= {name: -1 - index for index, name in enumerate(graph.inputs)}
        self.holders: dict[str, tuple[int, int]] = {}  # of a constant its size, and the first layer that holds it
        self.axes: dict[int, int | None] = {-1: None}  # how many axes each tensor has, None where that is not known
        self.shapes: dict[int, TensorShape | None] = {-1: None}  # what each is for the input that the file states
        self.made: dict[tuple[int, tuple[TensorShape | None, ...]], TensorShape | None] = {}
        for index, sizes in enumerate(graph.inputs.values()):
            self.axes[-1 - index] = len(sizes) or None
            self.shapes[-1 - index] = _shape(sizes)
        if settled is not None:
            self.shapes[-1] = TensorShape(settled, max(0, len(settled) - 2))

    def run(self, rules: dict[str, Rule]) -> GraphBuilder:
        """Read every node."""
        for node in self.graph.nodes:
            if not node.outputs:
                raise self.fault(node, "the node makes nothing")
            rule = rules.get(node.operator) if node.domain in ("", "ai.onnx") else None
            try:
                made = self.folded(node)
                if made is None:
                    made = rule(self, node) if rule else None
            except (SpecError, ShapeError) as error:
                raise error if error.place else self.fault(node, error.message) from None
            if made is None:
                made = self.unknown(node)
            for name, value in zip(node.outputs, made, strict=False):
                if name and name in self.values:
                    raise self.fault(node, f"{name[:40]!r} is made a second time")
                self.values[name] = value
        missing = [name for name in self.graph.outputs if name not in self.values]
        if missing:
            raise SpecError(f"no node makes the output {missing[0][:40]!r}", place=self.builder.source.place)
        outputs = [out for name in self.graph.outputs if isinstance(out := self.values[name], int)]
        layers = {place: entry.layer for place, entry in enumerate(self.builder.entries)}
        kept = self.builder.keep_what_leads_to(outputs) if outputs else layers.keys()
        if not self.builder.entries:
            raise SpecError("there are no layers in this graph", place=self.builder.source.place)
        self.builder.count_notes = self.notes({place: layers[place] for place in kept})
        return self.builder

    def notes(self, layers: Mapping[int, Layer]) -> tuple[str, ...]:
        """Return what a count of the layers has to say of the constants in it, and of those that are not in it."""
        held = {name: size for name, (size, place) in self.holders.items() if place in layers}
        weights = {name for name, (_, place) in self.holders.items() if isinstance(layers.get(place), _WEIGHTED)}
        unnamed = {name: size for name, size in held.items() if name not in weights and self.is_unnamed(name)}
        constants = self.graph.constants.items()
        idle = {
            name: each.size for name, each in constants if not each.is_whole and each.size > 1 and name not in held
        }
        again = sum(map(sum, self.builder.held_before.values()))
        notes = [f"{again} numbers are constants that an earlier layer takes, too: they count once"] if again else []
        if unnamed:
            message = "numbers are constants that the export made, as masks, tables, or ones and zeros: they count"
            notes.append(f"{sum(unnamed.values())} {message} ({_first_of(unnamed)})")
        if idle:
            message = "numbers are constants that go into other constants or nowhere: they do not count"
            notes.append(f"{sum(idle.values())} {message} ({_first_of(idle)})")
        return tuple(notes)

    def is_unnamed(self, name: str) -> bool:
        """Return whether PyTorch's exporter made a name for a constant up: it marks those of the model, or counts."""
        if self.graph.marks:
            return name not in self.graph.marks
        before, _, number = name.rpartition("_")
        made_up = before in ("", "val") or before.startswith("onnx::") or before.endswith("_output")
        return made_up and number.isdecimal()

    def is_buffer(self, constant: Tensor) -> bool:
        """Return whether a constant is said to be a buffer, which is not trained."""
        return self.graph.marks.get(constant.origin) == "BUFFER"

    def folded(self, node: NodeProto) -> Sequence[Known] | None:
        """Return what a node makes of constants alone, None where it takes others or that is not known."""
        taken = [self.values.get(name) if name else None for name in node.inputs]
        constants = [value for value in taken if isinstance(value, Tensor)]
        if not constants or len(constants) < sum(map(bool, node.inputs)) or node.domain not in ("", "ai.onnx"):
            return None
        return folded(node, [value if isinstance(value, Tensor) else None for value in taken])

    def value(self, node: NodeProto, index: int) -> Known | None:
        """Return what a node takes, None where an optional input is not given."""
        if index >= len(node.inputs) or not node.inputs[index]:
            return None
        name = node.inputs[index]
        if name not in self.values:
            raise self.fault(node, f"nothing before it makes {name[:40]!r}")
        return self.values[name]

    def tensor(self, node: NodeProto, index: int = 0) -> int | None:
        """Return a tensor that a node takes, None for a constant."""
        value = self.value(node, index)
        return value if isinstance(value, int) else None

    def constant(self, node: NodeProto, index: int) -> Tensor | None:
        """Return a constant that a node takes."""
        value = self.value(node, index)
        return value if isinstance(value, Tensor) else None

    def whole(self, node: NodeProto, index: int, attribute: str = "") -> tuple[int, ...] | None:
        """Return the whole numbers of a constant input or, in older operators, of an attribute."""
        if attribute in node.attributes:
            return node.integers(attribute)
        constant = self.constant(node, index)
        return None if constant is None else constant.numbers

    def name(self, node: NodeProto) -> str:
        """Return the name of a node, or of what it makes."""
        return node.name or (node.outputs[0] if node.outputs else node.operator)

    def add(
        self,
        node: NodeProto,
        layer: Layer,
        inputs: Sequence[int],
        *constants: tuple[str, Tensor | None],
        text: str = "",
        axes: int | None = 0,
    ) -> int:
        """Add a layer and return the tensor it makes, with as many axes as its widest input if not told.

        `constants` are what it holds, each a `weight`, a `bias` or a `buffer`.
        """
        made = self.builder.add(layer, inputs, (0, 0), name=self.name(node), text=text)
        for kind, constant in constants:
            self.hold(made, kind, constant)
        shapes = tuple([self.shapes[place] for place in inputs])
        key = id(self.builder.entries[made].layer), shapes  # equal layers are one object
        if key not in self.made:
            self.made[key] = _output(layer, shapes)
        self.shapes[made] = self.made[key]
        widths = [self.axes[place] for place in inputs]
        widest = None if None in widths else max(width for width in widths if width is not None)
        self.axes[made] = widest if axes == 0 else axes
        return made

    def hold(self, entry: int, kind: str, constant: Tensor | None) -> None:
        """Note that a layer holds a constant; where an earlier one holds it, it is not counted again."""
        if constant is None or not constant.origin:
            return
        if constant.origin in self.holders:
            before = list(self.builder.held_before.get(entry, (0, 0, 0)))
            before[("weight", "bias", "buffer").index(kind)] += constant.size
            self.builder.held_before[entry] = (before[0], before[1], before[2])
        self.holders.setdefault(constant.origin, (constant.size, entry))

    def held(self, node: NodeProto, constant: Tensor, before: int) -> int:
        """Return the tensor that is a constant; unless it is whole or one number, its numbers are parameters."""
        origin = self.graph.constants.get(constant.origin, constant)
        counts = not constant.is_whole and origin.size > 1 and bool(constant.origin)
        size, buffer = origin.size if counts else 0, self.is_buffer(constant)
        weights, buffers = (0, size) if buffer else (size, 0)
        layer = Held(weights, buffers=buffers, sizes=constant.shape or (1,), batched=self.settled)
        text = f"constant {constant.origin}"[:60]
        held = (("buffer" if buffer else "weight", origin),) if counts else ()
        return self.add(node, layer, [before], *held, text=text, axes=len(constant.shape) or 1)

    def biased(self, tensor: int, constant: Tensor) -> bool:
        """Add a constant to a linear layer as its bias, where it is one."""
        entry = self.builder.entries[tensor] if tensor >= 0 else None
        layer = None if entry is None else entry.layer
        if entry is None or not isinstance(layer, Linear) or layer.bias or self.is_buffer(constant):
            return False
        if constant.shape != (layer.out_features,):
            return False
        entry.layer = layer.replace(bias=True)
        entry.text = layer_text(entry.layer)
        self.hold(tensor, "bias", constant)
        return True

    def sizes(self, tensor: int) -> tuple[int | Axis, ...] | None:
        """Return the sizes of a tensor, those that are open as their axis; None where their number is not known."""
        count, shape = self.axes[tensor], self.shapes[tensor]
        if count is None:
            return None
        known: tuple[int | None, ...] = (None,) * count
        if shape is not None and len(shape.sizes) in (count, count - 1):
            known = (*(None,) * (count - len(shape.sizes)), *shape.sizes)
        return tuple(Axis(place) if size is None else size for place, size in enumerate(known))

    def size(self, node: NodeProto, tensor: int, axis: int) -> int | None:
        """Return the size of one axis of a tensor, None where it is open; SpecError for an axis that is not there."""
        sizes = self.sizes(tensor)
        if sizes is None:
            return None
        if not -len(sizes) <= axis < len(sizes):
            raise SpecError(f"axis {axis} of {node.operator} is not among the {len(sizes)} of what it takes")
        size = sizes[axis]
        return size if isinstance(size, int) else None

    def unknown(self, node: NodeProto) -> list[Known]:
        """Stand for an operator that is not read: its parameters count, its sizes stop what comes after it."""
        tensors = [value for value in self.taken(node) if isinstance(value, int)] or [-1]
        before = tensors[0]
        if len(tensors) > 1:
            before = self.add(node, Merge("keep"), tensors, text=f"inputs of {node.operator}")
        for value in self.taken(node):
            if isinstance(value, Tensor) and not value.is_whole and value.size > 1:
                before = self.held(node, value, before)
        tensor = self.add(node, Unknown(node.operator), [before], text=node.operator, axes=None)
        return [tensor] * len(node.outputs)

    def taken(self, node: NodeProto) -> list[Known | None]:
        """Return everything that a node takes."""
        return [self.value(node, index) for index in range(len(node.inputs))]

    def elementwise(self, node: NodeProto, before: int, name: str = "") -> int:
        """Add a layer that leaves sizes alone."""
        return self.add(node, Elementwise(name or node.operator), [before], text=node.operator)

    def beside(self, node: NodeProto, tensor: int) -> int:
        """Return a tensor that a node makes of its first input, joined to the others that decide its values."""
        others = [
            self.held(node, value, tensor) if isinstance(value, Tensor) else value
            for value in self.taken(node)[1:]
            if isinstance(value, int) or (isinstance(value, Tensor) and not value.is_whole and value.size > 1)
        ]
        return self.add(node, Merge("keep"), [tensor, *others], text=node.operator) if others else tensor

    def fault(self, node: NodeProto, message: str) -> ConvcalcError:
        """Return an error of a node, to be raised by the caller."""
        return SpecError(message, place=f"{self.builder.source.place}: {node.operator} {self.name(node)[:60]}")


def _first_of(names: Mapping[str, object]) -> str:
    """Return the first of several names, and how many more there are."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{next(iter(names))[:40]}{more}"


def known_or_open(entries: Sequence[int | Axis], shape: tuple[int, ...] | None = None) -> Known:
    """Return sizes as a constant where every one is known.

    >>> known_or_open([3, 4]).numbers
    (3, 4)
    """
    whole = tuple(entry for entry in entries if isinstance(entry, int))
    if len(whole) < len(entries):
        return Sizes(tuple(entries))
    return Tensor((len(whole),) if shape is None else shape, "int64", whole)


def _shape(sizes: tuple[int | None, ...]) -> TensorShape | None:
    """Return the shape of an input of the graph; an open batch is left out."""
    batch = len(sizes) > 1 and sizes[0] is None
    return TensorShape(sizes[1:] if batch else sizes, max(0, len(sizes) - 2)) if sizes else None


def _output(layer: Layer, shapes: Sequence[TensorShape | None]) -> TensorShape | None:
    """Return what a layer makes of shapes, None where that is not known."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    try:
        return merged(layer, known) if isinstance(layer, Merge) else output_shape(complete(layer, known[0]), known[0])
    except ShapeError:
        return None  # said where the network is run
