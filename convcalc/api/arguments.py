"""From the arguments of functions for programs to arrays, layers and windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from convcalc.compute.layer import Filter
    from convcalc.layers import Layer
    from convcalc.model.operation import WrittenPooling
    from convcalc.notation import WindowOptions

    PerAxis = int | Sequence[int]
    Sides = int | str | Sequence[int | tuple[int, int]]


class ConvolutionOptions(TypedDict, total=False):
    """The arguments of `convolve` that say what is computed of x and kernel."""

    stride: PerAxis
    padding: Sides
    dilation: PerAxis
    groups: int
    bias: ArrayLike | None
    flip: bool
    boundary: str
    constant: float | None
    transposed: bool
    output_padding: PerAxis | None
    dims: int | None
    layout: str | None
    like: str | None
    exact: bool


class PoolingOptions(TypedDict, total=False):
    """The arguments of `pool` that change a kind of pooling."""

    stride: PerAxis | None
    padding: Sides | None
    dilation: PerAxis | None
    ceil: bool | None
    count_padding: bool | None
    divisor: int | None
    norm: float | None
    adaptive: PerAxis | None
    dims: int | None
    layout: str | None
    exact: bool


def filter_of(
    array: NDArray[Any], kernel: ArrayLike | str, given: ConvolutionOptions
) -> tuple[Filter, tuple[str, ...]]:
    """Make the convolution that arguments describe for an array, but for the array; and what is to be noted."""
    from convcalc.compute.channels_last import channels_last_notes, check_layout
    from convcalc.compute.layer import Filter
    from convcalc.compute.nchw import usual_rank
    from convcalc.matrix.kernels import is_magnitude
    from convcalc.model.operation import read_convolution

    refuse_unknown(given, ConvolutionOptions)
    if given.get("like") is not None:
        given = _as_program(array, as_kernel(kernel), given)
    weight, magnitude = as_kernel(kernel), isinstance(kernel, str) and is_magnitude(kernel)
    asked = given.get("layout")
    layout = check_layout(asked or "chw")
    rank = given.get("dims") or usual_rank(weight.ndim, array.ndim)
    last = layout == "hwc" and not magnitude
    if isinstance(kernel, str) and weight.ndim == 3 and last:
        # A bank that has a name has its kernels first, whatever the layout of data.
        weight = weight.transpose(1, 2, 0)
    if min(weight.ndim, array.ndim) < rank:
        raise ShapeError(f"{rank} spatial axes need x and kernel of as many, got {array.ndim} and {weight.ndim}")
    options = window_options(
        weight.shape[:rank] if last else weight.shape[weight.ndim - rank :],
        stride=given.get("stride", 1),
        padding=given.get("padding", 0),
        dilation=given.get("dilation", 1),
        output_padding=given.get("output_padding"),
    ).replace(groups=given.get("groups", 1))
    layer = read_convolution(None, options, rank=rank, transposed=given.get("transposed", False))
    bias = given.get("bias")
    filters = Filter(
        layer.layer,
        weight,
        None if bias is None else as_array(bias),
        given.get("boundary", "zeros"),
        given.get("constant"),
        given.get("flip", False),
        layout,
        # Fractions that somebody wrote stay fractions; those of a named kernel do not.
        given.get("exact", False) or not isinstance(kernel, str),
        magnitude,
    )
    return filters, () if asked else channels_last_notes(array.shape)


def with_wide_border(
    array: NDArray[Any], kernel: ArrayLike | str, given: ConvolutionOptions
) -> tuple[NDArray[Any], ConvolutionOptions]:
    """Return an array with the border of another program where that is wider than the array, and what is left."""
    from convcalc.compute.boundary import wide_border

    if given.get("like") is None:
        return array, given
    changed = _as_program(array, as_kernel(kernel), given)
    sides: Any = changed.get("padding")
    if not isinstance(sides, list):
        return array, given
    border = changed.get("boundary", "zeros")
    wide = wide_border(array, sides, border, channels_last=changed.get("layout") == "hwc")
    return (array, given) if wide is None else (wide, {**changed, "padding": 0, "boundary": "zeros"})


def _as_program(array: NDArray[Any], weight: NDArray[Any], given: ConvolutionOptions) -> ConvolutionOptions:
    """Return the arguments that make a convolution that of another program."""
    from convcalc.compute.nchw import usual_rank
    from convcalc.model.programs import convention, program, refuse_beside

    like = program(given.get("like") or "")
    others = {name: given.get(name) is not None for name in ("bias",)}
    others |= {name: given.get(name, 1) != 1 for name in ("groups", "stride", "dilation")}
    refuse_beside(like, others | {name: bool(given.get(name)) for name in ("flip", "transposed")})
    rank = given.get("dims") or usual_rank(weight.ndim, array.ndim)
    padding, boundary = given.get("padding"), given.get("boundary")
    numbers = bool(padding) and not isinstance(padding, str)
    mode = None if not padding else str(padding if isinstance(padding, int | str) else 1)
    zeros = boundary == "constant" and not given.get("constant")
    border = "zeros" if zeros else None if boundary == "zeros" else boundary
    found = convention(like, array.shape, weight.shape, rank, mode, border)
    sides: Any = padding if numbers else found.padding if isinstance(found.padding, str) else list(found.padding)
    changed: Any = {"padding": sides, "flip": found.flip, "boundary": found.boundary, "like": None}
    changed |= {"constant": None} if zeros else {}
    return {**given, **changed, "layout": given.get("layout") or found.layout}


def pooling_of(
    array: NDArray[Any], layer: str | Layer, kernel: PerAxis | None, given: PoolingOptions
) -> WrittenPooling:
    """Make the pooling that arguments describe for an array, with its layout and all that is to be noted."""
    from convcalc.compute.channels_last import channels_last_notes, check_layout
    from convcalc.model.operation import FILTERS, as_filter, read_pooling
    from convcalc.notation import is_bare

    refuse_unknown(given, PoolingOptions)
    options = window_options(
        None if kernel is None else whole_numbers(kernel, "kernel"),
        stride=given.get("stride"),
        padding=given.get("padding"),
        dilation=given.get("dilation"),
    ).replace(**{name: given.get(name) for name in ("ceil", "count_padding", "divisor", "norm")})
    if isinstance(layer, str) and layer in FILTERS:
        layer, options = FILTERS[layer], as_filter(options)
    if options.given() and not (isinstance(layer, str) and is_bare(layer)):
        named = ", ".join(f"`{name}`" for name in options.given())
        raise UsageError(f"{named} with a whole layer", hint="write all of it into the layer")
    adaptive = given.get("adaptive")
    outputs = None if adaptive is None else whole_numbers(adaptive, "adaptive")
    written = read_pooling(layer, options, outputs=outputs, rank=given.get("dims"), axes=array.ndim)
    asked = given.get("layout")
    if asked is not None:
        return written.replace(layout=check_layout(asked))
    more = channels_last_notes(array.shape) if written.layout == "chw" else ()
    return written.replace(notes=(*more, *written.notes))


def ranked(
    array: NDArray[Any], kind: str | Layer, written: WrittenPooling, rank: int | None, exact: bool
) -> NDArray[Any]:
    """Return the median filter of an array, or its rank filter, with the windows of a pooling."""
    from convcalc.compute.channels_last import channels_first, channels_last
    from convcalc.compute.pooling.rank import rank_filter
    from convcalc.layers import Pooling, windows

    if (kind == "rank") != (rank is not None):
        raise UsageError("`rank` goes with the filter rank", hint='as in pool(x, "rank", 3, rank=2)')
    layer = written.layer
    if not isinstance(layer, Pooling) or layer.ceil:
        raise UsageError("a filter has no output size and no ceil", hint="leave out `adaptive` and `ceil`")
    axes, last = len(layer.kernel), written.layout == "hwc"
    warn(written.notes)
    first = channels_first(array, axes) if last else array
    values = rank_filter(first, windows(layer, tuple(first.shape[first.ndim - axes :])), rank, exact)
    return channels_last(values, axes) if last else values


def refuse_unknown(given: Mapping[str, Any], known: type) -> None:
    """Refuse arguments that a function does not have."""
    for name in given.keys() - known.__annotations__.keys():
        raise TypeError(f"there is no argument {name!r}")


def as_array(values: ArrayLike) -> NDArray[Any]:
    """Make an array; rows that differ in length have no shape."""
    import numpy as np

    try:
        return np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"this cannot be converted to an array: {error}") from error


def as_kernel(kernel: ArrayLike | str) -> NDArray[Any]:
    """Make a kernel, of a name or an array."""
    if not isinstance(kernel, str):
        return as_array(kernel)
    from convcalc.matrix.kernels import named_kernel

    found = named_kernel(kernel)
    if found is None and ":" in kernel:
        from convcalc.model.tensors import read_tensor

        tensor = read_tensor(kernel)
        found = None if tensor is None else tensor.array
    if found is None:
        raise UsageError(f"there is no kernel {kernel!r}", hint="a name such as sobel-x, or an array")
    return found


def window_options(
    kernel: Sequence[int] | None,
    *,
    stride: PerAxis | None,
    padding: Sides | None,
    dilation: PerAxis | None,
    output_padding: PerAxis | None = None,
) -> WindowOptions:
    """Return window options from numbers for all axes or one per axis; padding may also be named."""
    from convcalc.notation import WindowOptions, parse_padding

    sides: Any = None
    if isinstance(padding, str):
        sides = parse_padding(padding)
    elif isinstance(padding, Sequence):
        sides = tuple(_sides(axis) for axis in padding if not isinstance(axis, str))
    elif padding is not None:
        sides = (_sides(padding),)
    return WindowOptions(
        kernel=None if kernel is None else tuple(kernel),
        stride=None if stride is None else whole_numbers(stride, "stride"),
        padding=sides,
        dilation=None if dilation is None else whole_numbers(dilation, "dilation"),
        output_padding=None if output_padding is None else whole_numbers(output_padding, "output_padding"),
    )


def _sides(padding: int | tuple[int, int]) -> Padding:
    """Return the padding of one axis from a number for both sides, or one for each."""
    sides = whole_numbers(padding, "padding")
    if len(sides) > 2:
        raise UsageError(f"padding {padding!r} of one axis", hint="a number, or (before, after)")
    return Padding(sides[0], sides[-1])


def whole_numbers(values: PerAxis, name: str) -> tuple[int, ...]:
    """Return whole numbers as a tuple, one where one was given."""
    from operator import index

    try:
        return tuple(map(index, values)) if isinstance(values, Sequence) else (index(values),)
    except TypeError:
        raise UsageError(f"{name} must be whole numbers, got {values!r}") from None


def warn(notes: Sequence[str]) -> None:
    """Warn the caller of a function of this module of what an answer rests on."""
    import warnings

    for note in notes:
        warnings.warn(note, stacklevel=3)
