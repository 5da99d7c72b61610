"""How other programs' functions convolve, in options of ours: MATLAB, NumPy, SciPy, OpenCV, PyTorch, Keras.

Sources: the documentation of each function, and values that the programs gave (`tests/data/programs.json`). With i
cells and k kernel elements on an axis the padding (before, after) is

| output  | MATLAB, ndimage.convolve | SciPy, OpenCV, ndimage.correlate | NumPy                                    |
| ------- | ------------------------ | -------------------------------- | ---------------------------------------- |
| `full`  | k-1, k-1                 | k-1, k-1                         | k-1, k-1                                 |
| `same`  | ⌊(k-1)/2⌋, ⌊k/2⌋         | ⌊k/2⌋, ⌊(k-1)/2⌋                 | as SciPy, but max(i, k) numbers come out |
| `valid` | 0, 0                     | 0, 0                             | 0, 0                                     |

NumPy and SciPy let the longer of the two stay where it is, so that a kernel larger than the input gives k-i+1 numbers
in `valid`.
"""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import UsageError
from convcalc.text import did_you_mean, size_text
from convcalc.value import Value


class Program(Value):
    """A function of another program: whether it turns the kernel, what output sizes and borders it has.

    `modes` and `borders` are in our words, the first of each what it does where nothing is said; `ranks` are the
    numbers of spatial axes. A `framework` has strides, dilations and channels; `channels_last` says where those are.
    `call` is how it is written; in it {n} is the number of axes, {mode} and {border} what was chosen, in its words.
    """

    name: str
    call: str
    flip: bool
    modes: tuple[str, ...]
    borders: dict[str, str]
    ranks: tuple[int, ...] = (1, 2, 3)
    framework: bool = False
    channels_last: bool = False


_ZEROS = {"zeros": ""}
_SCIPY = {"zeros": "fill", "symmetric": "symm", "circular": "wrap"}
_NDIMAGE = {
    "symmetric": "reflect",
    "reflect": "mirror",
    "replicate": "nearest",
    "circular": "wrap",
    "zeros": "constant",
}
_OPENCV = {
    "reflect": "BORDER_REFLECT_101",
    "symmetric": "BORDER_REFLECT",
    "replicate": "BORDER_REPLICATE",
    "zeros": "BORDER_CONSTANT",
}
_IMFILTER = {"zeros": "0", "symmetric": "'symmetric'", "replicate": "'replicate'", "circular": "'circular'"}
_SIZES = ("full", "same", "valid")

PROGRAMS: dict[str, Program] = {
    program.name: program
    for program in (
        Program("matlab", "conv{n}(x, k, '{mode}')", True, _SIZES, _ZEROS),
        Program("numpy", "numpy.convolve(x, k, '{mode}')", True, _SIZES, _ZEROS, (1,)),
        Program("scipy", "scipy.signal.convolve{n}(x, k, '{mode}'{border})", True, _SIZES, _SCIPY),
        Program("ndimage", "scipy.ndimage.convolve(x, k, mode='{border}')", True, ("same",), _NDIMAGE),
        Program("opencv", "cv2.filter2D(x, cv2.CV_64F, k, borderType=cv2.{border})", False, ("same",), _OPENCV, (2,)),
        Program("pytorch", "F.conv{n}d(x, k, padding={mode})", False, ("valid", "same"), _ZEROS, framework=True),
        Program(
            "keras",
            "keras.ops.conv(x, k, padding='{mode}')",
            False,
            ("valid", "same"),
            _ZEROS,
            framework=True,
            channels_last=True,
        ),
    )
}
"""What `like` may be."""

OTHER_FUNCTIONS: tuple[Program, ...] = (
    Program("matlab imfilter", "imfilter(x, k, {border})", False, ("same",), _IMFILTER, (2, 3)),
    Program("ndimage correlate", "scipy.ndimage.correlate(x, k, mode='{border}')", False, ("same",), _NDIMAGE),
)
"""Functions of the same programs that people take for the same thing."""


CENTERED_LATE = ("numpy", "scipy", "opencv", "ndimage correlate")
"""Programs that take the later of the two middle elements of an even kernel, as it slides, for its center."""


class Convention(Value):
    """What a program's function does to one input and kernel, in parameters of ours, and how it is called there."""

    call: str
    flip: bool
    padding: tuple[tuple[int, int], ...] | str
    boundary: str
    layout: str | None = None

    @property
    def padding_text(self) -> str:
        """The padding as an option writes it.

        >>> Convention("", True, ((1, 2), (3, 3)), "zeros").padding_text
        '1:2x3'
        """
        if isinstance(self.padding, str):
            return self.padding
        sides = [str(before) if before == after else f"{before}:{after}" for before, after in self.padding]
        return sides[0] if len(set(sides)) == 1 else "x".join(sides)

    @property
    def options(self) -> tuple[str, ...]:
        """The parameters that differ from what is done without any, in backquotes as messages name them."""
        said = ["`flip`"] if self.flip else []
        if self.padding_text not in ("0", "valid"):
            said.append(f"`padding={self.padding_text}`")
        if self.boundary != "zeros":
            said.append(f"`boundary={self.boundary}`")
        if self.layout is not None:
            said.append(f"`layout={self.layout}`")
        return tuple(said)


def program(name: str) -> Program:
    """Return a program by its name.

    Raises UsageError for one that is not known.

    >>> program("numpy").modes
    ('full', 'same', 'valid')
    """
    if name not in PROGRAMS:
        hint = did_you_mean(name, PROGRAMS) or f"one of {', '.join(PROGRAMS)}"
        raise UsageError(f"there is no program {name[:40]!r} here", place="`like`", hint=hint)
    return PROGRAMS[name]


def convention(
    like: Program,
    x_shape: Sequence[int],
    kernel_shape: Sequence[int],
    rank: int,
    mode: str | None = None,
    boundary: str | None = None,
) -> Convention:
    """Return what a program does to an input and a kernel with `rank` spatial axes.

    `mode` and `boundary` are what is asked for, None for what the program does by itself. Raises UsageError for what
    its function does not have.

    >>> convention(program("matlab"), (7,), (4,), 1, "same").padding
    ((1, 2),)
    >>> convention(program("scipy"), (7,), (4,), 1).padding
    ((3, 3),)
    """
    if not rank:
        raise UsageError("the input is a number, which has no axes to convolve", place="`like`")
    function = _call(like, rank, like.modes[0], next(iter(like.borders))).partition("(")[0]
    if not like.framework and len(kernel_shape) > rank:
        raise UsageError(f"{function} takes one kernel, not {kernel_shape[0]} of them", place="`like`")
    if rank not in like.ranks:
        axes = " or ".join(map(str, like.ranks))
        message = (
            f"{function} takes kernels of {axes} {'axis' if axes == '1' else 'axes'}, not of {len(kernel_shape)}"
        )
        raise UsageError(message, place="`like`")
    if not like.framework and len(x_shape) != rank and not (like.name == "opencv" and len(x_shape) == 3):
        message = f"{function} takes an input of as many axes as the kernel, not {size_text(x_shape)}"
        raise UsageError(message, place="`like`", hint=f"{rank} axes")
    mode = _chosen(mode, like.modes, like.framework, function, "`padding`")
    boundary = _chosen(boundary, tuple(like.borders), False, function, "`boundary`")
    last = (like.channels_last and len(x_shape) > rank) or (like.name == "opencv" and len(x_shape) > rank)
    spatial = tuple(x_shape[len(x_shape) - rank - last : len(x_shape) - last])
    padding: tuple[tuple[int, int], ...] | str = mode
    if not like.framework:
        padding = _sides(like.name, mode, spatial, tuple(kernel_shape[-rank:]))
    call = _call(like, rank, mode, boundary)
    # Windows that stay inside see no border.
    return Convention(call, like.flip, padding, "zeros" if mode == "valid" else boundary, "hwc" if last else None)


def refuse_beside(like: Program, given: dict[str, bool]) -> None:
    """Refuse parameters that a program decides, or does not have; `given` says which are given, by their names.

    >>> refuse_beside(PROGRAMS["pytorch"], {"stride": True, "flip": False})
    """
    decided = ("flip", "transposed")
    for name, is_given in given.items():
        if is_given and (name in decided or not like.framework):
            what = "decides" if name == "flip" else "does not have"
            raise UsageError(f"{like.name} {what} `{name}`", place="`like`", hint=f"leave out `{name}` or `like`")


def _chosen(asked: str | None, known: Sequence[str], numbers: bool, function: str, place: str) -> str:
    if asked is None:
        return known[0]
    if asked not in known and not (numbers and asked[:1].isdigit()):
        raise UsageError(f"{function} does not have {asked[:40]}", place=place, hint=f"it has {', '.join(known)}")
    return asked


def _sides(name: str, mode: str, sizes: Sequence[int], kernel: Sequence[int]) -> tuple[tuple[int, int], ...]:
    # They swap where the kernel covers the input, as what moves inside the other.
    covers = tuple(kernel) != tuple(sizes) and all(k >= i for i, k in zip(sizes, kernel, strict=True))
    swapped = name in ("numpy", "scipy") and covers
    return tuple(_side(name, mode, i, k, swapped) for i, k in zip(sizes, kernel, strict=True))


def _side(name: str, mode: str, i: int, k: int, swapped: bool) -> tuple[int, int]:
    """Return the padding of one axis; `swapped` says that a kernel larger than the input takes its place."""
    if mode == "full":
        return k - 1, k - 1
    if mode == "valid":
        return (k - i, k - i) if swapped else (0, 0)
    if name == "numpy" and swapped:
        before = k - 1 - (i - 1) // 2
        return before, 2 * k - 1 - i - before
    return (k // 2, (k - 1) // 2) if name in CENTERED_LATE else ((k - 1) // 2, k // 2)


def _call(like: Program, rank: int, mode: str, boundary: str) -> str:
    """Return how the call is written, the kernel as k and the input as x."""
    border = like.borders[boundary]
    count = str(rank)
    if like.name == "matlab":
        count = {1: "", 2: "2", 3: "n"}[rank]
    if like.name == "scipy":
        count = "2d" if rank == 2 else ""
        border = f", boundary='{border}'" if rank == 2 and border != "fill" else ""
    if like.name == "pytorch":
        mode = {"valid": "0", "same": "'same'"}.get(mode, mode)
    return like.call.format(n=count, mode=mode, border=border)
