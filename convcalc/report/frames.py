"""A window that slides, frame by frame: what each output cell sees, its sum written out, the output so far.

Frames are made one at a time, when they are shown, and hold all there is; how much of it fits is for `render`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

from convcalc.explain.steps import Equation, Sentence, WriteNumber
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.explain import Derivation

Index = tuple[int, ...]


class Plane(Protocol):
    """A plane of numbers with its padding and the cells that a window holds; see `compute.seen`."""

    @property
    def title(self) -> str:
        """What it is."""

    @property
    def numbers(self) -> Any:
        """The numbers (H, W), padding and all."""

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """The (row, column) of the cells in the window."""

    @property
    def real(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The rows and columns, first and one past the last, that are no padding."""

    @property
    def fill(self) -> str | None:
        """What is written for padding without a number."""

    @property
    def end(self) -> tuple[int, int]:
        """The row and the column from which on nothing is counted."""


class Seen(Protocol):
    """What an output cell sees."""

    @property
    def inputs(self) -> Sequence[Plane]:
        """Planes of the input."""

    @property
    def kernels(self) -> Sequence[Plane]:
        """Planes of the kernel."""


class OutputPlane(Value):
    """The plane (H, W) of the output that is being filled: `done` cells in reading order, the last of them marked."""

    title: str
    numbers: Any
    done: int

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """The cell that has come last."""
        return (divmod(self.done - 1, self.numbers.shape[1]),)


class Frame(Value):
    """One output cell: its place, the planes it sees, its working, and the output with all cells up to it.

    `write` writes the numbers of planes.
    """

    number: int
    count: int
    at: Index
    inputs: tuple[Plane, ...]
    kernels: tuple[Plane, ...]
    output: OutputPlane
    steps: tuple[Equation | Sentence, ...]
    write: WriteNumber


class Frames(Value):
    """The frames of an `output` whose planes are its last two axes, in reading order.

    `seen` says what an output cell sees, `derive` how it comes about; both take its index in the output's own axes,
    which `own` makes of one in `output`. `write` writes numbers.
    """

    command: str
    output: Any
    own: Callable[[Index], Index]
    seen: Callable[[Index], Seen]
    derive: Callable[[Index], Derivation]
    write: WriteNumber = str

    @property
    def count(self) -> int:
        """The number of frames: one per cell of the output."""
        return prod(self.output.shape)

    def frame(self, number: int) -> Frame:
        """Return a frame, counted from 0."""
        shape = self.output.shape
        at, rest = [], number
        for size in reversed(shape):
            rest, index = divmod(rest, size)
            at.append(index)
        first: Index = tuple(reversed(at))
        own = self.own(first)
        plane = self.output[first[:-2]] if len(shape) > 1 else self.output.reshape(1, -1)
        done = number % prod(plane.shape) + 1
        title = "output" if prod(shape[:-2]) < 2 else f"output ({', '.join(map(str, first[:-2]))})"
        seen = self.seen(own)
        # The working also holds matrices, which stand beside it here.
        steps = tuple(step for step in self.derive(own).steps if isinstance(step, Equation | Sentence))
        output = OutputPlane(title, plane, done)
        return Frame(number, self.count, own, tuple(seen.inputs), tuple(seen.kernels), output, steps, self.write)
