"""The layers of a text with their places, the network they form, and window options."""

from __future__ import annotations

from collections.abc import Callable

from convcalc.errors import ConvcalcError
from convcalc.geometry import Padding
from convcalc.layers import Layer, NamedPadding, TensorShape
from convcalc.value import Value


class Node(Value):
    """A layer and where it was written: `source` is its whole line of text and `span` its place in that line.

    `text` is the layer as written with runs of white space folded, `place` is `file:line` for text from a file and
    empty for the command line, `name` is the layer's name in a model (`features.0`), `notes` are remarks for
    the user, `activation` is what a layer of Keras's applies after itself. `inputs` are the indices of the
    nodes it takes its input from, -1, -2, ... for the inputs of the network; None stands for the node before it.
    `held_before` is how many of its weights, biases and buffers an earlier layer holds. `module` is the path of
    the modules that run it, with the layer itself, if it is one, as the last; `#2` stands behind the name of one that
    runs a second time. It is empty where the name says it.
    """

    layer: Layer
    text: str
    source: str
    span: tuple[int, int]
    place: str = ""
    name: str = ""
    notes: tuple[str, ...] = ()
    activation: Layer | None = None
    inputs: tuple[int, ...] | None = None
    held_before: tuple[int, int, int] = (0, 0, 0)
    module: str = ""

    @property
    def label(self) -> str:
        """The layer as written, its name in a model before it.

        >>> from convcalc.layers import Flatten
        >>> Node(Flatten(), "Flatten()", "", (0, 0), name="head.0").label
        'head.0: Flatten()'
        """
        return f"{self.name}: {self.text}" if self.name else self.text


class Network(Value):
    """A network as written: its layers, and what the text states of its input.

    `input` is the size that Keras's `Input` or `input_shape` gives, channels first; None where the text has none.
    `layout` is `hwc` for Keras's notation, whose sizes are written channels last, else `chw`; `notation` is
    `pytorch`, `keras` or `short`; `printed` that it is what PyTorch's `print(model)` shows, which is its modules in
    their order and not what `forward` does between them. `assumptions` are sentences on what the reading takes for
    granted; `objections` are errors that speak against the way the layers are connected, for whoever needs that way;
    `count_notes` are remarks on a count of what the layers hold.
    `others` are the sizes of its inputs behind the first, where the text states those of all; `stated` are the shapes
    that a model of Keras's states for its inputs, open sizes and all; `input_names` are what a file calls its inputs.
    `fixed` is whether the network takes no input of other sizes than `input`, but for a batch; `rank` is how many
    axes of the input are spatial, None where its layers say so; `shares_names` that equal layers of one name are one.
    `settle` reads it again for an input of known sizes, where sizes that it computes follow from those.
    """

    nodes: tuple[Node, ...]
    input: tuple[int, ...] | None = None
    layout: str = "chw"
    notation: str = "short"
    printed: bool = False
    assumptions: tuple[str, ...] = ()
    objections: tuple[ConvcalcError, ...] = ()
    count_notes: tuple[str, ...] = ()
    others: tuple[TensorShape, ...] = ()
    stated: tuple[TensorShape | None, ...] = ()
    input_names: tuple[str, ...] = ()
    fixed: bool = False
    rank: int | None = None
    shares_names: bool = False
    settle: Callable[[tuple[int, ...]], Network | None] | None = None

    @property
    def inputs(self) -> tuple[tuple[int, ...], ...]:
        """The indices of the nodes that each node takes its input from."""
        return tuple((at - 1,) if node.inputs is None else node.inputs for at, node in enumerate(self.nodes))

    @property
    def layers(self) -> list[Layer]:
        """The layers alone."""
        return [node.layer for node in self.nodes]

    def with_note(self, note: str) -> Network:
        """Return the network with one more remark on its first layer."""
        first, *others = self.nodes
        return self.replace(nodes=(first.replace(notes=(*first.notes, note)), *others))

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all layers, each once, and what the reading assumes."""
        return (*dict.fromkeys(note for node in self.nodes for note in node.notes), *self.assumptions)


class WindowOptions(Value):
    """Window options beside a layer; None where an option was not given.

    Each of `kernel`, `stride`, `dilation`, `output_padding` and `padding` in numbers holds one value for all
    spatial axes, or one per axis.
    """

    kernel: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    padding: tuple[Padding, ...] | NamedPadding | None = None
    dilation: tuple[int, ...] | None = None
    groups: int | None = None
    out_channels: int | None = None
    in_channels: int | None = None
    output_padding: tuple[int, ...] | None = None
    ceil: bool | None = None
    bias: bool | None = None
    count_padding: bool | None = None
    divisor: int | None = None
    norm: float | None = None
    padding_mode: str | None = None

    def given(self) -> tuple[str, ...]:
        """Return the names of the options that were given, in their order.

        >>> WindowOptions(kernel=(3,), ceil=True).given()
        ('kernel', 'ceil')
        """
        return tuple(name for name in type(self).__match_args__ if getattr(self, name) is not None)
