"""For notebooks and programs: `convcalc.convolve`, `pool`, `shape`, `params` and `parse`.

The same layers, rules and engine as on the command line, for arrays that are there already. Errors are those of
`convcalc.errors`, all of them `ConvcalcError`s with a message, and a `hint` where there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from convcalc.layers import Layer
    from convcalc.network.cost import NetworkCost
    from convcalc.notation import WindowOptions

    PerAxis = int | Sequence[int]
    Sides = int | str | Sequence[int | tuple[int, int]]


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
    dims: int | None = None,
    layout: str | None = None,
    algorithm: str | None = None,
    threads: int | None = None,
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
    says what the padding holds: zeros, reflect, replicate, circular, or constant with its `constant`, 0 by default.
    `transposed` computes the transposed convolution, whose kernel of n+2 axes is (C, O/groups, *k), with
    `output_padding` at the end. Out is floor((i + padding before + after - (d(k-1)+1)) / s) + 1.
    With the `layout` "hwc" x and the result have their channels last, ([N,] *size, C), and so has the kernel:
    (*k, C/groups, O), transposed (*k, O/groups, C).

    dtypes: float64, float32 and float16 stay what they are; whole numbers and Fractions (object arrays) come out
    exact, as int64 or as Python's numbers where int64 is too small. Raises ShapeError where sizes do not fit,
    DataError for numbers that cannot be computed with, UsageError for arguments that make no sense or do not apply.

    >>> import convcalc
    >>> convcalc.convolve([[1, 0, 1], [2, 1, 0], [0, 1, 1]], [[1, 0], [0, 1]])
    array([[2, 0],
           [3, 2]])
    >>> convcalc.convolve([5.0, 1.0, 0.0, 2.0], [1.0, 10.0], stride=2, padding=[(1, 0)])
    array([50.,  1.])
    """
    from convcalc.compute.channels_last import channels_last_notes, check_layout
    from convcalc.compute.layer import Filter
    from convcalc.compute.nchw import usual_rank
    from convcalc.compute.threads import Options
    from convcalc.model.operation import read_convolution

    array, weight = _array(x), _kernel(kernel)
    if layout is None:
        _warn(channels_last_notes(array.shape))
    layout = check_layout(layout or "chw")
    rank = dims or usual_rank(weight.ndim, array.ndim)
    if min(weight.ndim, array.ndim) < rank:
        raise ShapeError(f"{rank} spatial axes need x and kernel of as many, got {array.ndim} and {weight.ndim}")
    options = _window(
        weight.shape[:rank] if layout == "hwc" else weight.shape[weight.ndim - rank :],
        stride=stride,
        padding=padding,
        dilation=dilation,
        output_padding=output_padding,
    ).replace(groups=groups)
    layer = read_convolution(None, options, rank=rank, transposed=transposed).layer
    filters = Filter(layer, weight, None if bias is None else _array(bias), boundary, constant, flip, layout)
    return filters.on(array).compute(Options(algorithm=algorithm, threads=threads))


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
    adaptive: PerAxis | None = None,
    indices: bool = False,
    dims: int | None = None,
    layout: str | None = None,
    threads: int | None = None,
) -> Any:
    """Pool the last axes of x, every other axis by itself: x (..., *size) gives (..., *out).

    `layer` is "max", "avg", "min" or "lp" with a `kernel`; or a whole layer, as text ("MaxPool2d(3, stride=2)") or
    from `parse`, and then the arguments that make a layer stay out. `stride` is the kernel if not given; `padding`,
    `stride` and `dilation` are written as for `convolve`. `ceil` keeps a last window that only partly fits. An
    average divides by `divisor`, else by the cells of input and padding under the window, or with `count_padding`
    False by the real ones; `norm` is the p of "lp", 2 if not given. `adaptive` is the output size wanted, and no
    window is given beside it. `dims` is the number of spatial axes, 2 if not given (1 for x of one axis). With
    `indices` ("max", "min") the result is a pair: values, and flat positions in the unpadded plane (int64). With the
    `layout` "hwc", which Keras's notation implies, the channels of x and the result are last: ([N,] *size, C).

    dtypes: maximum and minimum keep that of x; averages of whole numbers are exact: int64 or float64 where every one
    is exact in it, else Fractions. Raises ShapeError where sizes do not fit or a window holds no real cell,
    UsageError for arguments that make no sense.

    >>> import convcalc
    >>> convcalc.pool([[1, 9, 2, 3], [4, 5, 6, 8]], "max", 2)
    array([[9, 8]])
    >>> convcalc.pool([1, 3, 3, 4, 5], "AvgPool1d(2, ceil_mode=True)")
    array([2. , 3.5, 5. ])
    """
    from convcalc.compute.channels_last import channels_last_notes, check_layout
    from convcalc.compute.layer import apply_pooling
    from convcalc.compute.threads import Options
    from convcalc.model.operation import read_pooling
    from convcalc.notation import is_bare

    array = _array(x)
    options = _window(
        None if kernel is None else _numbers(kernel, "kernel"), stride=stride, padding=padding, dilation=dilation
    ).replace(ceil=ceil, count_padding=count_padding, divisor=divisor, norm=norm)
    if options.given() and not (isinstance(layer, str) and is_bare(layer)):
        given = ", ".join(f"`{name}`" for name in options.given())
        raise UsageError(f"{given} with a whole layer", hint="write all of it into the layer")
    outputs = None if adaptive is None else _numbers(adaptive, "adaptive")
    written = read_pooling(layer, options, outputs=outputs, rank=dims, axes=array.ndim)
    if layout is None and written.layout == "chw":
        _warn(channels_last_notes(array.shape))
    layout = written.layout if layout is None else check_layout(layout)
    _warn(written.notes)
    wanted, engine = indices or written.layer.indices, Options(threads=threads)
    values, positions = apply_pooling(written.layer, array, indices=wanted, options=engine, layout=layout)
    return values if positions is None else (values, positions)


def shape(
    size: str | PerAxis | None, *layers: str | Layer, dims: int | None = None, strict: bool = False
) -> tuple[int, ...]:
    """Return the size that comes out of layers, of any notation, for an input size.

    `size` is "3x224x224", (3, 224, 224), 224 for a square, or None for that of an `Input` among the layers; `layers`
    are texts or what `parse` returns, one after the other. Keras's notation reads and returns sizes channels last.
    `dims` is the number of spatial axes where the notation does not say it. Raises SpecError for a text that cannot
    be read, ShapeError where a layer does not fit, with the layer's index as `layer` and its place as `place`; warns
    of what the answer rests on, as the command notes it. With `strict` an assumption about what the text does not
    show is a UsageError.

    >>> import convcalc
    >>> convcalc.shape("3x224x224", "Conv2d(3, 64, 7, stride=2, padding=3)", "MaxPool2d(3, 2)")
    (64, 55, 55)
    >>> convcalc.shape((28, 26, 1), "Conv2D(8, 3)")
    (26, 24, 8)
    """
    from convcalc.model.forward import forward
    from convcalc.model.request import LayerRequest

    passed = forward(LayerRequest(layers, rank=dims, strict=strict), _size_text(size))
    _warn(passed.network.notes)
    # An input without open sizes leaves none open.
    return cast("tuple[int, ...]", passed.output)


def params(
    *layers: str | Layer, size: str | PerAxis | None = None, dims: int | None = None, strict: bool = False
) -> NetworkCost:
    """Count the parameters of layers and, with the `size` of an input, multiply-accumulates and output numbers.

    Layers, sizes, `dims` and `strict` are as for `shape`. The result's `total` holds the sums (`params`, `macs`,
    `flops`, `activations`; `parameters` has `weights`, `biases`, `buffers`), `costs` the same for each layer, and
    `layers` the layers completed by what comes in. What depends on an input is None without one. Raises what `shape`
    raises, and warns of layers that no sum can hold.

    >>> import convcalc
    >>> convcalc.params("Conv2d(3, 64, 7)").total.params
    9472
    >>> convcalc.params("conv:64,k7,s2,p3", "relu", size="3x224x224").total.macs
    118013952
    """
    from convcalc.model.count import count
    from convcalc.model.request import LayerRequest

    counted = count(LayerRequest(layers, rank=dims, strict=strict), _size_text(size))
    _warn(counted.notes)
    return counted.cost


def parse(text: str, *, dims: int | None = None) -> tuple[Layer, ...]:
    """Read layers in any notation: PyTorch's, Keras's, the short one, whole networks, what `print(model)` shows.

    `dims` is the number of spatial axes where the notation does not say it, 2 if not given. Every layer is a value
    of `convcalc.layers` with its numbers as fields. Raises SpecError, with the text, the `span` of the fault in it
    and a `hint`; UsageError for layers that branch, whose connections a tuple would not hold.

    >>> import convcalc
    >>> [layer] = convcalc.parse("conv:64,k7,s2,p3")
    >>> layer.out_channels, layer.kernel, layer.stride
    (64, (7, 7), (2, 2))
    >>> len(convcalc.parse("nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())"))
    3
    """
    from convcalc.model.reading import read_chain
    from convcalc.model.request import LayerRequest

    network = read_chain(LayerRequest((text,), rank=dims))
    _warn(network.notes)
    return tuple(network.layers)


def _size_text(size: str | PerAxis | None) -> str | None:
    """Return the size of an input as text, which the one reader of sizes takes."""
    if size is None or isinstance(size, str):
        return size
    return "x".join(map(str, size)) if isinstance(size, Iterable) else str(size)


def _warn(notes: Sequence[str]) -> None:
    """Warn the caller of a function of this module of what an answer rests on."""
    import warnings

    for note in notes:
        warnings.warn(note, stacklevel=3)


def _array(values: ArrayLike) -> NDArray[Any]:
    """Make an array; rows that differ in length have no shape."""
    import numpy as np

    try:
        return np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"no array can be made of this: {error}") from error


def _kernel(kernel: ArrayLike | str) -> NDArray[Any]:
    if not isinstance(kernel, str):
        return _array(kernel)
    from convcalc.matrix.kernels import named_kernel

    found = named_kernel(kernel)
    if found is None:
        raise UsageError(f"there is no kernel {kernel!r}", hint="a name such as sobel-x, or an array")
    return found


def _window(
    kernel: Sequence[int] | None,
    *,
    stride: PerAxis | None,
    padding: Sides | None,
    dilation: PerAxis | None,
    output_padding: PerAxis | None = None,
) -> WindowOptions:
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
        stride=None if stride is None else _numbers(stride, "stride"),
        padding=sides,
        dilation=None if dilation is None else _numbers(dilation, "dilation"),
        output_padding=None if output_padding is None else _numbers(output_padding, "output_padding"),
    )


def _sides(padding: int | tuple[int, int]) -> Padding:
    """Return the padding of one axis from a number for both sides, or one for each."""
    sides = _numbers(padding, "padding")
    if len(sides) > 2:
        raise UsageError(f"padding {padding!r} of one axis", hint="a number, or (before, after)")
    return Padding(sides[0], sides[-1])


def _numbers(values: PerAxis, name: str) -> tuple[int, ...]:
    """Return whole numbers as a tuple, one where one was given."""
    from operator import index

    try:
        return tuple(map(index, values)) if isinstance(values, Sequence) else (index(values),)
    except TypeError:
        raise UsageError(f"{name} must be whole numbers, got {values!r}") from None
