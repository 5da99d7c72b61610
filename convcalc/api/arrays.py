"""Convolutions and poolings of arrays, and their gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from convcalc.api.arguments import (
    ConvolutionOptions,
    PoolingOptions,
    as_array,
    as_kernel,
    filter_of,
    pooling_of,
    ranked,
    warn,
    whole_numbers,
    with_wide_border,
)
from convcalc.errors import UsageError
from convcalc.limits import limited

if TYPE_CHECKING:
    from typing import Unpack

    from numpy.typing import ArrayLike, NDArray

    from convcalc.api.arguments import PerAxis, Sides
    from convcalc.layers import Layer


class Gradients(NamedTuple):
    """What a loss changes by per change of each number of the input x, the kernel w and the bias b."""

    x: NDArray[Any]
    w: NDArray[Any]
    b: NDArray[Any]


def convolve(
    x: ArrayLike,
    kernel: ArrayLike | str,
    *,
    stride: PerAxis = 1,
    padding: Sides = 0,
    dilation: PerAxis = 1,
    groups: int = 1,
    bias: ArrayLike | None = None,
    flip: bool = False,
    boundary: str = "zeros",
    constant: float | None = None,
    transposed: bool = False,
    output_padding: PerAxis | None = None,
    circular: int | None = None,
    dims: int | None = None,
    layout: str | None = None,
    like: str | None = None,
    exact: bool = False,
    algorithm: str | None = None,
    threads: int | None = None,
    max_elements: int | None = None,
) -> NDArray[Any]:
    """Convolve x with a kernel: the cross-correlation that deep-learning frameworks call convolution.

    With n spatial axes (`dims`; else 1 for a kernel of one axis, 3 for one of five, 2 for all others):

    | x                | kernel                       | result                                                |
    | ---------------- | ---------------------------- | ----------------------------------------------------- |
    | (*size)          | (*k)                         | (*out): one plane, one kernel                         |
    | (C, *size)       | (*k)                         | (C, *out): the same kernel on every channel by itself |
    | (*size)          | (O, *k)                      | (O, *out): a bank of kernels                          |
    | (C, *size)       | (C, *k)                      | (1, *out): one filter over all channels               |
    | ([N,] C, *size)  | (O, C/groups, *k)            | ([N,] O, *out): a framework's convolution             |

    `kernel` may be a name such as "sobel-x" or "gaussian:5". `stride` and `dilation` are one number or one per axis;
    `padding` a number, one per axis, (before, after) per axis, or "valid", "same", "same-lower", "full", "causal".
    `bias` is added to each output channel; `flip` turns the kernel by 180 degrees, as mathematicians do. `boundary`
    says what the padding holds: zeros, reflect, symmetric, replicate, circular, or constant with its `constant`, 0 by
    default. `like` does as a program's function: "matlab", "numpy", "scipy", "ndimage", "opencv", "pytorch", "keras";
    `padding` is then one of its names, and `boundary` "zeros" what it does by itself.
    `transposed` computes the transposed convolution, whose kernel of n+2 axes is (C, O/groups, *k), with
    `output_padding` at the end. Out is floor((i + padding before + after - (d(k-1)+1)) / s) + 1. `circular` is N for
    the circular convolution of mathematics along the last axis, y[n] = sum over k of x[k]·h[(n-k) modulo N]; what is
    longer than N is folded (time aliasing).
    With the `layout` "hwc" x and the result have their channels last, ([N,] *size, C), and so has the kernel:
    (*k, C/groups, O), transposed (*k, O/groups, C).

    dtypes: float64, float32 and float16 stay what they are; whole numbers and Fractions (object arrays) come out
    exact, as int64 or as Python's numbers where int64 is too small; quotients by a named kernel such as "box:3" are
    the nearest float64, or Fractions if `exact`. At most `max_elements` elements, 2**27 if not given, are held in
    memory at once: x, kernel, result and work; memory maps count where it is given. Raises ShapeError where sizes do
    not fit, DataError for numbers that cannot be computed with or more elements than allowed, UsageError for
    arguments that make no sense or do not apply.

    >>> import convcalc
    >>> convcalc.convolve([[1, 0, 1], [2, 1, 0], [0, 1, 1]], [[1, 0], [0, 1]])
    array([[2, 0],
           [3, 2]])
    >>> convcalc.convolve([5.0, 1.0, 0.0, 2.0], [1.0, 10.0], stride=2, padding=[(1, 0)])
    array([50.,  1.])
    """
    from convcalc.compute.threads import Options

    options = ConvolutionOptions(
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
        bias=bias,
        flip=flip,
        boundary=boundary,
        constant=constant,
        transposed=transposed,
        output_padding=output_padding,
        dims=dims,
        layout=layout,
        like=like,
        exact=exact,
    )
    with limited(max_elements):
        array = as_array(x)
        if circular is not None:
            array, kernel, options = _periodic(array, as_kernel(kernel), circular, options)
        array, options = with_wide_border(array, kernel, options)
        filters, notes = filter_of(array, kernel, options)
        warn(notes)
        return filters.on(array).compute(Options(algorithm, threads))


def _periodic(
    x: NDArray[Any], kernel: NDArray[Any], length: int, options: ConvolutionOptions
) -> tuple[NDArray[Any], NDArray[Any], ConvolutionOptions]:
    """Return what a circular convolution is made of: one period of x and kernel, and a circular border before it."""
    from convcalc.compute.nchw import usual_rank
    from convcalc.compute.sequences import circular_operands

    usual: dict[str, object] = {
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "boundary": "zeros",
        "transposed": False,
        "layout": None,
    }
    rank = options["dims"] or usual_rank(kernel.ndim, x.ndim)
    if rank != 1 or any(value != usual.get(name, value) for name, value in options.items()):
        raise UsageError("`circular` is for sequences: one spatial axis, and no other option of its window")
    x, kernel = circular_operands(x, kernel, length)
    options |= {"padding": [(kernel.shape[-1] - 1, 0)], "boundary": "circular", "flip": True}
    return x, kernel, options


def indices(
    x: ArrayLike, kernel: ArrayLike | str, origin: int | tuple[int, int] = 0, **options: Unpack[ConvolutionOptions]
) -> range:
    """Return the indices n at which the values of `convolve(x, kernel, **options)` stand, a convolution of sequences.

    The first value of x stands at the index `origin`, or that of x and of the kernel at both of a pair. Convolution
    (`flip`) is y[n] = sum over k of x[k]·h[n-k], cross-correlation y[n] = sum over k of x[n+k]·h[k], a transposed
    convolution y[n] = sum over k of x[k]·h[n - stride·k]. Errors are those of `convolve`, and ShapeError for more
    than one spatial axis.

    >>> import convcalc
    >>> convcalc.indices([1, 2, 3, 4], [1, -1], origin=-2, flip=True, padding="full")
    range(-2, 3)
    """
    from convcalc.compute.sequences import indices_of

    array = as_array(x)
    filters, _ = filter_of(array, kernel, options)
    first, *rest = whole_numbers(origin, "origin")
    if len(rest) > 1:
        raise UsageError(f"`origin` must be one index or two, got {origin!r}")
    if filters.layout != "chw":
        raise UsageError("the last axis holds channels, not a sequence", place="`layout`")
    return indices_of(filters.operation(array.shape), array.shape[-1], (first, rest[0] if rest else 0))


def gradients(
    x: ArrayLike,
    kernel: ArrayLike | str,
    dy: ArrayLike,
    *,
    max_elements: int | None = None,
    **options: Unpack[ConvolutionOptions],
) -> Gradients:
    """Return the backward pass of `convolve(x, kernel, **options)` for dy, the gradient of a loss by its result.

    `dy` has the shape of the result. The gradients `x`, `w` and `b` have the shapes of x, of the kernel and of the
    bias; without a bias `b` is that of one number per output channel. Numbers and errors are those of `convolve`,
    and ShapeError where dy does not fit.

    >>> import convcalc
    >>> found = convcalc.gradients([1, 2, 3, 4], [10, 1], [1, 0, 2])
    >>> found.x, found.w, found.b
    (array([10,  1, 20,  2]), array([ 7, 10]), array([3]))
    """
    from convcalc.compute.gradient import backward_pass

    with limited(max_elements):
        array = as_array(x)
        filters, notes = filter_of(array, kernel, options)
        warn(notes)
        backward = backward_pass(filters, array, as_array(dy))
        return Gradients(backward.of("x"), backward.of("w"), backward.of("b"))


def pool(
    x: ArrayLike,
    layer: str | Layer = "max",
    kernel: PerAxis | None = None,
    *,
    stride: PerAxis | None = None,
    padding: Sides | None = None,
    dilation: PerAxis | None = None,
    ceil: bool | None = None,
    count_padding: bool | None = None,
    divisor: int | None = None,
    norm: float | None = None,
    rank: int | None = None,
    adaptive: PerAxis | None = None,
    indices: bool = False,
    dims: int | None = None,
    layout: str | None = None,
    exact: bool = False,
    threads: int | None = None,
    max_elements: int | None = None,
) -> Any:
    """Pool the last axes of x, every other axis by itself: x (..., *size) gives (..., *out).

    `layer` is "max", "avg", "min" or "lp" with a `kernel`; a filter, "median", "rank" with the `rank` of a cell in
    ascending order from 1, "dilate" or "erode", with a window around every cell unless `stride` and `padding` say
    otherwise; or a whole layer, as text ("MaxPool2d(3, stride=2)") or from `parse`, and then the arguments that make
    a layer stay out. `stride` is the kernel if not given; `padding`, `stride` and `dilation` are written as for
    `convolve`. `ceil` keeps a last window that only partly fits. An average divides by `divisor`, else by the cells
    of input and padding under the window, or with `count_padding`
    False by the real ones; `norm` is the p of "lp", 2 if not given. `adaptive` is the output size wanted, and no
    window is given beside it. `dims` is the number of spatial axes, 2 if not given (1 for x of one axis). With
    `indices` ("max", "min") the result is a pair: values, and flat positions in the unpadded plane (int64). With the
    `layout` "hwc", which Keras's notation implies, the channels of x and the result are last: ([N,] *size, C).

    dtypes: maximum and minimum keep that of x; averages of whole numbers are the float64 nearest to the exact one, or
    if `exact` Fractions (int64 where all are whole), which those of Fractions always are. `max_elements` is as for
    `convolve`. Raises ShapeError where sizes do not fit or a window holds no real cell, DataError for more elements
    than allowed, UsageError for arguments that make no sense.

    >>> import convcalc
    >>> convcalc.pool([[1, 9, 2, 3], [4, 5, 6, 8]], "max", 2)
    array([[9, 8]])
    >>> convcalc.pool([1, 3, 3, 4, 5], "AvgPool1d(2, ceil_mode=True)")
    array([2. , 3.5, 5. ])
    """
    from convcalc.compute.layer import apply_pooling, pooling_notes
    from convcalc.compute.threads import Options
    from convcalc.model.operation import RANKED

    options = PoolingOptions(
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil=ceil,
        count_padding=count_padding,
        divisor=divisor,
        norm=norm,
        adaptive=adaptive,
        dims=dims,
        layout=layout,
        exact=exact,
    )
    with limited(max_elements):
        array = as_array(x)
        written = pooling_of(array, layer, kernel, options)
        if layer in RANKED or rank is not None:
            return ranked(array, layer, written, rank, exact)
        warn((*written.notes, *pooling_notes(written.layer, array, written.layout)))
        found, engine = written.layer, Options(threads=threads)
        values, positions = apply_pooling(
            found, array, indices=indices or found.indices, exact=exact, options=engine, layout=written.layout
        )
        return values if positions is None else (values, positions)


def pool_gradient(
    x: ArrayLike,
    dy: ArrayLike,
    layer: str | Layer = "max",
    kernel: PerAxis | None = None,
    *,
    max_elements: int | None = None,
    **options: Unpack[PoolingOptions],
) -> NDArray[Any]:
    """Return dX of `pool(x, layer, kernel, **options)` for dy, the gradient of a loss by its result.

    A maximum or minimum gives all of dy to the cell it chose, the first on a tie; an average an equal share to each
    real cell; a norm its derivative, which is taken as 0 where all cells are 0. Errors are those of `pool`, and
    ShapeError where dy does not have the shape of its result.

    >>> import convcalc
    >>> convcalc.pool_gradient([[1, 9, 2, 3], [4, 5, 6, 8]], [[10, 20]], "max", 2)
    array([[ 0, 10,  0,  0],
           [ 0,  0,  0, 20]])
    """
    from convcalc.compute.pooling.gradient import pooling_gradient

    with limited(max_elements):
        array = as_array(x)
        written = pooling_of(array, layer, kernel, options)
        warn(written.notes)
        exact = options.get("exact", False)
        return pooling_gradient(written.layer, array, as_array(dy), written.layout, exact)
