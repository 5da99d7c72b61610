"""What a layer does to one axis, as a closed set of immutable rules.

Each rule has `output`, the size that comes out (it never falls as the size rises); `check_size`, which refuses sizes
that the layer does not take although something would come out; and `taps`, the input cells that each output cell
sees, from which the receptive field follows. Which layer has which rules stands in `layers.axes`; this module knows
no layers and no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Literal

from convcalc.errors import ShapeError
from convcalc.geometry import (
    EXACT_IN_FLOAT64,
    NamedPadding,
    Window,
    check_output_padding,
    check_reach,
    named_padding,
)
from convcalc.value import Value


class Taps(Value):
    """The input cells that each output cell sees on an axis without ends.

    Output cell a sees (a·stride + first + t·dilation) / spacing for each t < kernel, where that is a whole number.
    `spacing` is the input dilation that makes a convolution a transposed one; with a stride of 0 all output cells
    see the same.
    """

    kernel: int = 1
    stride: int = 1
    first: int = 0
    dilation: int = 1
    spacing: int = 1

    @property
    def extent(self) -> int:
        """Cells from the first tap to the last, both included: d(k-1) + 1.

        >>> Taps(3, dilation=2).extent
        5
        """
        return self.dilation * (self.kernel - 1) + 1


class Slide(Value):
    """A window that slides; `named` padding becomes numbers when the size is known.

    `mode` says what the cells of the padding are copied from; where it `pools`, each window needs a real cell.
    """

    window: Window
    named: NamedPadding | None = None
    mode: str = "zeros"
    pools: bool = False

    def at(self, size: int) -> Window:
        """Return the window on an axis of `size` cells, its padding in numbers.

        >>> Slide(Window(3, stride=2), "same").at(224).padding
        Padding(before=0, after=1)
        """
        if self.named is None:
            return self.window
        return self.window.replace(padding=named_padding(self.named, self.window, size))

    def output(self, size: int) -> int:
        """Count the windows."""
        return self.at(size).output(size)

    def check_size(self, size: int) -> None:
        """Refuse a border wider than its source, and a pooling's window without a real cell."""
        window = self.at(size)
        check_reach(self.mode, window.padding.widest, size)
        if self.pools:
            window.check_real_cells(size)

    def taps(self, size: int) -> Taps:
        """Cell a sees a·s - pL + t·d."""
        window = self.at(size)
        return Taps(window.kernel, window.stride, -window.padding.before, window.dilation, 1)


class Spread(Value):
    """A transposed window, with output padding."""

    window: Window
    output_padding: int = 0

    def output(self, size: int) -> int:
        """Return (i-1)s - pL - pR + k_eff + op."""
        return self.window.transposed_output(size, self.output_padding)

    def check_size(self, size: int) -> None:
        """Refuse output padding that is not smaller than a step, whatever the size."""
        check_output_padding(self.output_padding, self.window.stride, self.window.dilation)

    def taps(self, size: int) -> Taps:
        """Cell y sees (y + pL - t·d) / s: a window of stride 1 over cells that are s apart, padding k_eff-1-pL."""
        window = self.window
        return Taps(window.kernel, 1, window.padding.before + 1 - window.extent, window.dilation, window.stride)


class Shift(Value):
    """Cells put before and after the axis; a negative number cuts cells off."""

    before: int
    after: int
    mode: str = "constant"

    def output(self, size: int) -> int:
        """Return i + before + after."""
        out = size + self.before + self.after
        if out < 1:
            raise ShapeError(f"nothing is left of {size} cells when {size - out} are cut off")
        return out

    def check_size(self, size: int) -> None:
        """Refuse a border wider than its source."""
        check_reach(self.mode, max(self.before, self.after), size)

    def taps(self, size: int) -> Taps:
        """Cell a sees a - before."""
        return Taps(first=-self.before)


class Scale(Value):
    """Each cell becomes `factor` cells side by side; `inverse` makes one of each `factor` cells (pixel shuffle)."""

    factor: int
    inverse: bool = False

    def output(self, size: int) -> int:
        """Return i·r, or i/r for the inverse."""
        if self.inverse and size < self.factor:
            raise ShapeError(f"the downscale factor {self.factor} does not divide the size {size}")
        return size // self.factor if self.inverse else size * self.factor

    def check_size(self, size: int) -> None:
        """Refuse a size that the inverse does not divide."""
        if self.inverse and size % self.factor:
            raise ShapeError(f"the downscale factor {self.factor} does not divide the size {size}")

    def taps(self, size: int) -> Taps:
        """Cell y sees floor(y / r): the one whole number among (y - t) / r; for the inverse y·r to y·r + r - 1."""
        if self.inverse:
            return Taps(self.factor, self.factor)
        return Taps(self.factor, 1, 1 - self.factor, 1, self.factor)


class Halve(Value):
    """The halves of an axis combined cell by cell, as a gated linear unit does."""

    def output(self, size: int) -> int:
        """Return i/2."""
        if size < 2:
            raise ShapeError(f"{size} cells cannot be halved")
        return size // 2

    def check_size(self, size: int) -> None:
        """Refuse an odd size."""
        if size % 2:
            raise ShapeError(f"{size} cells cannot be halved")

    def taps(self, size: int) -> Taps:
        """Cell a sees a and a + i/2."""
        return Taps(2, dilation=size // 2)


class Rescale(Value):
    """Interpolation to `size`, or to floor(i·factor), which frameworks compute in float64."""

    size: int | None
    factor: float = 1
    mode: str = "nearest"

    def output(self, size: int) -> int:
        """Return the wanted size, or floor(i·factor).

        >>> Rescale(None, 2.5).output(5)
        12
        """
        if self.size is not None:
            return self.size
        if self.factor == int(self.factor):
            out = size * int(self.factor)
        elif size <= EXACT_IN_FLOAT64:
            # As frameworks do, in float64.
            out = floor(size * self.factor)
        else:
            numerator, denominator = self.factor.as_integer_ratio()
            out = size * numerator // denominator
        if out < 1:
            raise ShapeError(f"nothing is left of {size} cells at factor {self.factor}")
        return out

    def check_size(self, size: int) -> None:
        """Refuse a size that no float64 holds, where the factor is a fraction."""
        if self.size is None and size > EXACT_IN_FLOAT64 and self.factor != int(self.factor):
            raise ShapeError(f"{size} is too large for the fraction {self.factor}")

    def taps(self, size: int) -> Taps | None:
        """Cell y sees itself where the size stays, floor(y / r) in whole steps; None for weights of other modes."""
        out = self.output(size)
        if out == size:
            return Taps()
        if self.mode.startswith("nearest") and out % size == 0:
            return Scale(out // size).taps(size)
        return None


class Adaptive(Value):
    """A pooling to `outputs` cells, by windows from floor(a·i/o) to ceil((a+1)·i/o)."""

    outputs: int

    def output(self, size: int) -> int:
        """Return the wanted size."""
        return self.outputs

    def check_size(self, size: int) -> None:
        """Take every size."""

    def taps(self, size: int) -> Taps | None:
        """Cell a sees a window of i/o cells where that is a whole number; None where the windows are not alike."""
        if size % self.outputs == 0:
            return Taps(size // self.outputs, size // self.outputs)
        return Scale(self.outputs // size).taps(size) if self.outputs % size == 0 else None


class Whole(Value):
    """Every output cell sees the whole axis, which `inputs` says the size of (None: any)."""

    inputs: int | None
    outputs: int

    def output(self, size: int) -> int:
        """Return the number of features that come out."""
        return self.outputs

    def check_size(self, size: int) -> None:
        """Refuse another size than the layer's features."""
        if self.inputs not in (None, size):
            raise ShapeError(f"the layer takes {self.inputs} features, got {size}")

    def taps(self, size: int) -> Taps:
        """Each cell sees 0 to i - 1."""
        return Taps(size, stride=0)


class Keep(Value):
    """Each cell stays where it is; `inputs` is the one size that the layer takes (None: any)."""

    inputs: int | None = None

    def output(self, size: int) -> int:
        """Return the size as it is."""
        return size

    def check_size(self, size: int) -> None:
        """Refuse another size than the layer's own."""
        if self.inputs not in (None, size):
            raise ShapeError(f"the layer takes a size of {self.inputs}, got {size}")

    def taps(self, size: int) -> Taps:
        """Cell a sees itself."""
        return Taps()


AxisMap = Slide | Spread | Shift | Scale | Halve | Rescale | Adaptive | Whole | Keep

AxisMaps = Sequence[tuple[int | None, AxisMap]]
"""The axes that come out of a layer: for each the input axis it comes from (None: the channels), and how."""


def output_size(axis_map: AxisMap, size: int) -> int:
    """Return the size that comes out; raises ShapeError for one that is refused.

    >>> output_size(Scale(2, inverse=True), 6)
    3
    """
    axis_map.check_size(size)
    return axis_map.output(size)


def output_size_or_open(axis_map: AxisMap, size: int | None) -> int | None:
    """Return the size that comes out, None where it depends on a size that is open.

    >>> output_size_or_open(Keep(), None), output_size_or_open(Adaptive(7), None)
    (None, 7)
    """
    if size is not None:
        return output_size(axis_map, size)
    match axis_map:
        case Adaptive() | Whole():
            return axis_map.outputs
        case Rescale():
            return axis_map.size
        case _:
            return None


class ReceptiveField(Value):
    """What each output cell sees along one axis of the network's input.

    `size` is the receptive field in input cells, `stride` the distance of the fields of neighbouring cells and
    `padding` how many cells the first field starts before the input.
    """

    size: int = 1
    stride: int = 1
    padding: int = 0


SeenTaps = Taps | Literal["varies"] | None
"""The cells that each output cell sees, "varies" where they are not alike, None if undefined."""

_ITSELF = Taps()

Field = ReceptiveField | Literal["varies"] | None
"""A receptive field, "varies" where the fields of an axis are not of one size at one distance, None if undefined."""


def through(axis_map: AxisMap, field: Field, size: int | None) -> Field:
    """Look through one more layer: r + (k_eff-1)·S, S·s and P + pL·S, with S the stride so far.

    A transposed window of stride s moves the field on by a cell only every s cells, so that its fields vary; those
    of adaptive windows that are not alike do, too. Source: Araujo, Norris, Sim, Computing Receptive Fields of
    Convolutional Neural Networks (Distill, 2019).

    >>> field = through(Slide(Window(7, stride=2)), ReceptiveField(), 224)
    >>> through(Slide(Window(3, stride=2)), field, 109)
    ReceptiveField(size=11, stride=4, padding=0)
    """
    return seen_through(taps_or_open(axis_map, size), field)


def taps_or_open(axis_map: AxisMap, size: int | None) -> SeenTaps:
    """Return the cells that each output cell sees, "varies" where they are not alike, None if undefined.

    >>> taps_or_open(Scale(2), None), taps_or_open(Halve(), None)
    ('varies', None)
    """
    if isinstance(axis_map, Keep):
        return _ITSELF
    if size is None and isinstance(axis_map, Slide | Spread | Shift | Scale) and not _is_named(axis_map):
        size = 1  # its cells are as far apart on an axis of any size
    if size is None:
        return None
    taps = axis_map.taps(size)
    if taps is None:
        return "varies" if isinstance(axis_map, Adaptive) else None
    if taps.spacing > 1:
        return "varies"
    return _ITSELF if taps == _ITSELF else taps


def seen_through(taps: SeenTaps, field: Field) -> Field:
    """Look through the `taps_or_open` of a layer, as `through` does."""
    if not isinstance(taps, Taps) or not isinstance(field, ReceptiveField):
        return None if taps is None or field is None else "varies"
    if taps is _ITSELF:
        return field
    return ReceptiveField(
        field.size + (taps.extent - 1) * field.stride,
        field.stride * taps.stride,
        field.padding - taps.first * field.stride,
    )


def _is_named(axis_map: AxisMap) -> bool:
    """Whether the padding of an axis follows from its size."""
    return isinstance(axis_map, Slide) and axis_map.named not in (None, "valid")


def hull(one: Field, other: Field, size: int | None = None) -> Field:
    """Return the field of a cell that sees two cells of one axis: from the first cell seen to the last.

    Fields that move at different strides vary, unless one of them stands still over the whole input of `size` cells.

    >>> hull(ReceptiveField(3, 2, 1), ReceptiveField(1, 2, 0))
    ReceptiveField(size=3, stride=2, padding=1)
    """
    if one is other:
        return one
    if one is None or other is None:
        return None
    for field in (one, other):
        if field != "varies" and field.stride == 0 and size is not None and field.size - field.padding >= size:
            return field
    if one == "varies" or other == "varies" or one.stride != other.stride:
        return "varies"
    padding = max(one.padding, other.padding)
    end = max(one.size - one.padding, other.size - other.padding)
    return ReceptiveField(end + padding, one.stride, padding)
