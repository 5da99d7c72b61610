"""One axis in whole numbers: where a sliding window stands, how many times it fits, what it leaves over.

The size formula lives here and nowhere else. This module knows no layers, no arrays and no text. Symbols used
throughout, all in cells of one axis: input size i, kernel k, stride s, dilation d, padding before pL and after pR,
extent k_eff = d(k-1)+1 (the cells a dilated kernel spans), output size o.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar, assert_never

from convcalc.errors import ShapeError
from convcalc.value import Value

NamedPadding = Literal["valid", "same", "same-lower", "full", "causal"]

_Rule = TypeVar("_Rule")
_Size = TypeVar("_Size", int, int | None)
_Answer = TypeVar("_Answer")

EXACT_IN_FLOAT64 = 2**53
"""Every whole number up to this one is exact in float64; beyond it only some are."""

AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def axis_name(axis: int, rank: int) -> str:
    """Name spatial axis `axis` (from 0) of `rank` axes.

    >>> axis_name(0, 2), axis_name(0, 1), axis_name(3, 4)
    ('height', 'length', 'axis 3')
    """
    names = AXIS_NAMES.get(rank)
    return names[axis] if names else f"axis {axis}"


class Padding(Value):
    """Cells added before and after one axis.

    >>> Padding(2, 3).total
    5
    """

    before: int = 0
    after: int = 0

    def check(self) -> None:
        """Refuse negative padding."""
        if self.before < 0 or self.after < 0:
            raise ShapeError(f"padding cannot be negative, got {min(self.before, self.after)}")

    @property
    def total(self) -> int:
        """Both sides together, pL + pR."""
        return self.before + self.after

    @property
    def widest(self) -> int:
        """The larger of both sides."""
        return max(self.before, self.after)


class Window(Value):
    """A window sliding along one axis: `kernel` taps, `dilation` cells apart, moving by `stride`.

    With `ceil` a last window that only partly fits is kept, if it starts inside the input or its left padding
    (PyTorch's and ONNX's `ceil_mode`).

    >>> Window(7, stride=2, padding=Padding(3, 3)).output(224)
    112
    """

    kernel: int
    stride: int = 1
    padding: Padding = Padding()
    dilation: int = 1
    ceil: bool = False

    def check(self) -> None:
        """Refuse a kernel, stride or dilation below 1."""
        for name in ("kernel", "stride", "dilation"):
            if getattr(self, name) < 1:
                raise ShapeError(f"{name} must be at least 1, got {getattr(self, name)}")

    @property
    def extent(self) -> int:
        """Cells the dilated kernel spans: k_eff = d(k-1) + 1.

        >>> Window(3, dilation=2).extent
        5
        """
        return self.dilation * (self.kernel - 1) + 1

    def output(self, size: int) -> int:
        """Count the windows on `size` cells: floor((i + pL + pR - k_eff) / s) + 1, the division taken down.

        With `ceil` the numerator has s - 1 added, and a last window starting past i + pL is taken away.
        Source: PyTorch's documentation of Conv2d and MaxPool2d; the ONNX operator MaxPool.

        Raises ShapeError where the padded input is smaller than the extent.

        >>> Window(2, stride=2).output(5), Window(2, stride=2, ceil=True).output(5)
        (2, 3)
        """
        padded = size + self.padding.total
        room = padded - self.extent
        if self.ceil:
            count = (room + self.stride - 1) // self.stride + 1
            if (count - 1) * self.stride >= size + self.padding.before:
                count -= 1
        else:
            count = room // self.stride + 1
        if size < 1 or count < 1:
            raise ShapeError(self._too_small(size, padded))
        return count

    def _too_small(self, size: int, padded: int) -> str:
        if size < 1:
            return f"a size must be at least 1, got {size}"
        input_text = f"padded input {padded} ({self.padding.before}+{size}+{self.padding.after})"
        if not self.padding.total:
            input_text = f"input {size}"
        kernel_text = f"kernel {self.kernel}"
        if self.dilation > 1:
            kernel_text = f"dilated kernel {self.extent} ({self.dilation}·({self.kernel}-1)+1)"
        return f"the {input_text} is smaller than the {kernel_text}"

    def starts(self, size: int) -> range:
        """Return the first cell of every window in coordinates of the unpadded input, so negative in the padding.

        >>> list(Window(3, stride=2, padding=Padding(1, 1)).starts(5))
        [-1, 1, 3]
        """
        first = -self.padding.before
        return range(first, first + self.output(size) * self.stride, self.stride)

    def cells_met(self, element: int, size: int, first: int, last: int) -> tuple[slice, slice]:
        """Return which of the windows `first` to `last` have a real cell at a kernel element, and those cells.

        Windows are counted from `first`.

        >>> Window(3, stride=2, padding=Padding(1, 1)).cells_met(0, 5, 0, 3)
        (slice(1, 3, None), slice(1, 4, 2))
        """
        offset = element * self.dilation - self.padding.before
        low = max(first, -(offset // self.stride))
        high = min(last, (size - 1 - offset) // self.stride + 1)
        if low >= high:
            return slice(0, 0), slice(0, 0)
        start = low * self.stride + offset
        return slice(low - first, high - first), slice(start, start + (high - low - 1) * self.stride + 1, self.stride)

    def elements_met(self, size: int, first: int, last: int) -> Sequence[int]:
        """Return the kernel elements at which any of the windows `first` to `last` has a real cell, or more of them.

        Of a kernel far larger than the input only those, which are few, so that a loop over them ends.

        >>> Window(10**9, padding=Padding(10**9, 0), stride=10**9).elements_met(2, 0, 1)
        []
        >>> Window(10**9, padding=Padding(10**9 - 1, 0), stride=10**9).elements_met(2, 0, 2)
        [0, 999999999]
        """
        if self.kernel <= (last - first) * size:
            return range(self.kernel)
        met: set[int] = set()
        for window in range(first, last):
            start = window * self.stride - self.padding.before
            met.update(
                range(max(0, -(start // self.dilation)), min(self.kernel, (size - 1 - start) // self.dilation + 1))
            )
        return sorted(met)

    def unused(self, size: int) -> int:
        """Count the real cells after the last window: the tail that no output cell sees.

        >>> Window(2, stride=2).unused(5), Window(2, stride=2).unused(4)
        (1, 0)
        """
        return max(0, size - max(0, self.starts(size)[-1] + self.extent))

    def first_empty(self, size: int) -> int | None:
        """Return the index of the first window without a real cell, or None where every window holds one.

        A window without a real cell has no maximum and no average.

        >>> Window(2, stride=2, padding=Padding(2, 2)).first_empty(4)
        0
        """
        # The count by itself: a range has no length beyond what an index of the machine holds.
        starts, count = self.starts(size), self.output(size)
        # Only windows that start before the input can miss it by dilation, and their phase repeats every d windows.
        before = starts[: min(count, -(starts[0] // self.stride), self.dilation)]
        for index, start in enumerate(before):
            taps_before = -(start // self.dilation)
            if taps_before >= self.kernel or start + taps_before * self.dilation >= size:
                return index
        past = -((starts[0] - size) // self.stride)
        return past if past < count else None

    def check_real_cells(self, size: int) -> None:
        """Refuse a window without a real cell, which has nothing to pool.

        >>> Window(2, stride=2, padding=Padding(1, 1)).check_real_cells(4)
        """
        empty = self.first_empty(size)
        if empty is not None:
            raise ShapeError(
                f"window {empty} starts at {self.starts(size)[empty]} and holds no real cell of the {size}"
                f" (padding {self.padding.before}+{self.padding.after}, kernel {self.kernel})",
                hint="less padding, so that every window reaches into the input",
            )

    def transposed_output(self, size: int, output_padding: int = 0) -> int:
        """Size out of a transposed convolution: (i-1)s - pL - pR + k_eff + op.

        Source: PyTorch's documentation of ConvTranspose2d. Raises ShapeError where nothing would be left.

        >>> Window(4, stride=2, padding=Padding(1, 1)).transposed_output(7)
        14
        """
        if size < 1:
            raise ShapeError(f"a size must be at least 1, got {size}")
        spread = (size - 1) * self.stride + self.extent + output_padding
        if spread <= self.padding.total:
            raise ShapeError(
                f"the spread-out input {spread} is not larger than the padding {self.padding.total} cut off"
            )
        return spread - self.padding.total


def each_axis(
    answer: Callable[[_Rule, _Size], _Answer], rules: Sequence[_Rule], sizes: Sequence[_Size]
) -> tuple[_Answer, ...]:
    """Apply the rule of each axis to its size; an error names the axis.

    >>> each_axis(Window.unused, [Window(2, stride=2), Window(3)], (5, 7))
    (1, 0)
    """
    answers = []
    for axis, (rule, size) in enumerate(zip(rules, sizes, strict=True)):
        try:
            answers.append(answer(rule, size))
        except ShapeError as error:
            raise ShapeError(f"{axis_name(axis, len(sizes))}: {error.message}", hint=error.hint) from None
    return tuple(answers)


def output_sizes(windows: Sequence[Window], sizes: Sequence[int]) -> tuple[int, ...]:
    """Count the windows on each axis; an error names the axis.

    >>> output_sizes([Window(3, stride=2), Window(2)], (7, 5))
    (3, 4)
    """
    return each_axis(Window.output, windows, sizes)


def check_real_cells(windows: Sequence[Window], sizes: Sequence[int]) -> None:
    """Refuse windows without a real cell, which have nothing to pool; `sizes` are those of the same axes.

    >>> check_real_cells([Window(2, stride=2, padding=Padding(1, 1))], [4])
    """
    output_sizes(windows, sizes)
    each_axis(Window.check_real_cells, windows, sizes)


def check_reach(mode: str, padding: int, size: int) -> None:
    """Refuse a border wider than the cells it is copied from: reflect needs p < i, circular and symmetric p <= i.

    Source: PyTorch's documentation of ReflectionPad1d and CircularPad1d. Other modes reach any distance.

    >>> check_reach("reflect", 2, 3)
    """
    if (mode == "reflect" and padding >= size) or (mode in ("circular", "symmetric") and padding > size):
        limit = "smaller than" if mode == "reflect" else "at most"
        raise ShapeError(
            f"{mode} padding {padding} must be {limit} the size {size}",
            hint="less padding, or replicate, which reaches any distance",
        )


def check_borders(windows: Sequence[Window], sizes: Sequence[int], mode: str) -> None:
    """Refuse padding that reaches further than its axis has cells to copy; an error names the axis.

    >>> check_borders([Window(3, padding=Padding(1, 2))], [3], "reflect")
    """
    each_axis(lambda window, size: check_reach(mode, window.padding.widest, size), windows, sizes)


def check_output_padding(extra: int, stride: int, dilation: int) -> None:
    """Refuse output padding that is not smaller than the stride or the dilation.

    Source: PyTorch's documentation of ConvTranspose2d.

    >>> check_output_padding(1, stride=2, dilation=1)
    """
    if not 0 <= extra < max(stride, dilation):
        raise ShapeError(
            f"output_padding {extra} must be smaller than the stride {stride} or the dilation {dilation}"
        )


def named_padding(name: NamedPadding, window: Window, size: int) -> Padding:
    """Return in numbers what a name of padding means for `window` on an axis of `size` cells.

    >>> named_padding("same", Window(7, stride=2), 224)
    Padding(before=2, after=3)
    """
    match name:
        case "valid":
            return Padding()
        case "same":
            return same_padding(size, window)
        case "same-lower":
            return same_padding(size, window, odd_cell="before")
        case "full":
            return full_padding(window)
        case "causal":
            return causal_padding(window)
        case _:
            assert_never(name)


def same_padding(size: int, window: Window, *, odd_cell: str = "after") -> Padding:
    """Pad so that o = ceil(i / s): a total of max((o-1)s + k_eff - i, 0), an odd cell `after` or `before`.

    `after` is TensorFlow's SAME and ONNX's SAME_UPPER, `before` SAME_LOWER. At stride 1 it is PyTorch's
    `padding="same"` too.

    >>> same_padding(224, Window(7, stride=2))
    Padding(before=2, after=3)
    """
    if size < 1:
        raise ShapeError(f"a size must be at least 1, got {size}")
    outputs = -(-size // window.stride)
    total = max((outputs - 1) * window.stride + window.extent - size, 0)
    small, large = total // 2, total - total // 2
    return Padding(small, large) if odd_cell == "after" else Padding(large, small)


def causal_padding(window: Window) -> Padding:
    """Pad d(k-1) before and nothing after, so that no output sees a later input (Keras's Conv1D).

    >>> causal_padding(Window(3, dilation=2))
    Padding(before=4, after=0)
    """
    return Padding(window.extent - 1, 0)


def full_padding(window: Window) -> Padding:
    """Pad k_eff - 1 on both sides: every overlap of kernel and input counts (`scipy.signal`'s `full`).

    >>> full_padding(Window(3))
    Padding(before=2, after=2)
    """
    return Padding(window.extent - 1, window.extent - 1)


def adaptive_windows(size: int, outputs: int) -> Sequence[tuple[int, int]]:
    """Return start and end of each window of an adaptive pooling.

    Windows may overlap and differ in width. Source: PyTorch's AdaptiveAvgPool2d.

    >>> adaptive_windows(5, 3)
    [(0, 2), (1, 4), (3, 5)]
    """
    if size < 1 or outputs < 1:
        raise ShapeError(f"a size must be at least 1, got {min(size, outputs)}")
    return [adaptive_window(size, outputs, index) for index in range(outputs)]


def adaptive_window(size: int, outputs: int, index: int) -> tuple[int, int]:
    """Return start and end of one window of an adaptive pooling: floor(a·i/o) to ceil((a+1)·i/o).

    >>> adaptive_window(10**20, 3, 2)
    (66666666666666666666, 100000000000000000000)
    """
    return index * size // outputs, -((-(index + 1) * size) // outputs)
