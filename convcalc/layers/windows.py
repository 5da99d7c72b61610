"""The windows of a layer axis by axis."""

from __future__ import annotations

from convcalc.axis_maps import Slide
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers.families import Convolution, Fold, Pooling, Unfold, Unpooling


def slides(layer: Convolution | Pooling) -> tuple[Slide, ...]:
    """Return how the window of each axis slides, whatever the size.

    >>> slides(Pooling("max", (3,), (2,), "same", (1,)))[0].output(224)
    112
    """
    pools = isinstance(layer, Pooling)
    mode = "zeros" if isinstance(layer, Pooling) else layer.padding_mode
    ceil = isinstance(layer, Pooling) and layer.ceil
    named = layer.padding if isinstance(layer.padding, str) and layer.padding != "valid" else None
    paddings = (Padding(),) * len(layer.kernel) if isinstance(layer.padding, str) else layer.padding
    axes = zip(layer.kernel, layer.stride, paddings, layer.dilation, strict=True)
    return tuple(Slide(Window(*axis, ceil), named, mode, pools) for axis in axes)


def windows(layer: Convolution | Pooling, spatial: tuple[int, ...]) -> tuple[Window, ...]:
    """Return the window of each axis, named padding resolved to numbers for an input of `spatial` sizes.

    >>> windows(Pooling("max", (3,), (2,), "same", (1,)), (224,))[0].padding
    Padding(before=0, after=1)
    """
    axes = slides(layer)
    if not isinstance(layer.padding, str):
        return tuple(slide.window for slide in axes)
    if len(spatial) != len(axes):
        raise ShapeError(f"the layer works on {len(axes)} spatial axes, the input has {len(spatial)}")
    return tuple(slide.at(size) for slide, size in zip(axes, spatial, strict=True))


def transposed_windows(layer: Convolution) -> tuple[tuple[Window, int], ...]:
    """Return window and output padding of each axis of a transposed convolution.

    With padding in numbers they stand as written. With a name they follow Keras's Conv2DTranspose: `valid` gives
    (i-1)s + max(k_eff, s), or (i-1)s + k_eff + op; `same` gives i·s, or (i-1)s + k_eff%2 + op.

    >>> layer = Convolution(8, 4, (3,), (2,), "same", (1,), transposed=True)
    >>> [(window.padding.total, extra) for window, extra in transposed_windows(layer)]
    [(1, 0)]
    """
    extras = layer.output_padding or (None,) * len(layer.kernel)
    result = []
    for axis, (kernel, stride, dilation) in enumerate(zip(layer.kernel, layer.stride, layer.dilation, strict=True)):
        window, extra = Window(kernel, stride, Padding(), dilation), extras[axis]
        overlap = window.extent - stride
        match layer.padding:
            case "valid":
                result.append((window, max(0, -overlap) if extra is None else extra))
            case "same":
                # What the size is over that of the output is cut off, the odd cell at the end.
                over = overlap if extra is None else window.extent - window.extent % 2 - extra
                cut = max(0, over)
                result.append((window.replace(padding=Padding(cut // 2, cut - cut // 2)), max(0, -over)))
            case str():
                raise ShapeError(
                    f"padding {layer.padding!r} does not fit a transposed convolution: use numbers, valid or same"
                )
            case paddings:
                result.append((window.replace(padding=paddings[axis]), extra or 0))
    return tuple(result)


def blocks(layer: Unfold | Fold) -> tuple[Window, ...]:
    """Return the window of each axis whose positions are the columns of an unfold.

    >>> blocks(Unfold((3,), (2,), (Padding(1, 1),), (2,)))[0].output(11)
    5
    """
    axes = zip(layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
    return tuple(Window(*axis) for axis in axes)


def unpooling_windows(layer: Unpooling) -> tuple[Window, ...]:
    """Return the window of each axis, which spreads as that of a transposed convolution does.

    >>> unpooling_windows(Unpooling((3,), (2,), (Padding(1, 1),)))[0].transposed_output(7)
    13
    """
    return tuple(map(Window, layer.kernel, layer.stride, layer.padding))
