"""The windows of a layer axis by axis, named padding resolved to numbers."""

from __future__ import annotations

from typing import assert_never

from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window, causal_padding, full_padding, same_padding
from convcalc.layers.families import Convolution, Fold, NamedPadding, Pooling, Unfold, Unpooling


def windows(layer: Convolution | Pooling, spatial: tuple[int, ...]) -> tuple[Window, ...]:
    """Give the window of each axis, named padding resolved to numbers for an input of `spatial` sizes.

    >>> windows(Pooling("max", (3,), (2,), "same", (1,)), (224,))[0].padding
    Padding(before=0, after=1)
    """
    ceil = isinstance(layer, Pooling) and layer.ceil
    axes = zip(layer.kernel, layer.stride, layer.dilation, strict=True)
    if not isinstance(layer.padding, str):
        return tuple(
            Window(kernel, stride, padding, dilation, ceil)
            for (kernel, stride, dilation), padding in zip(axes, layer.padding, strict=True)
        )
    plain = [Window(kernel, stride, Padding(), dilation, ceil) for kernel, stride, dilation in axes]
    if len(spatial) != len(plain):
        raise ShapeError(f"the layer works on {len(plain)} spatial axes, the input has {len(spatial)}")
    return tuple(
        window.replace(padding=_named_padding(layer.padding, window, size))
        for window, size in zip(plain, spatial, strict=True)
    )


def _named_padding(name: NamedPadding, window: Window, size: int) -> Padding:
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


def transposed_windows(layer: Convolution) -> tuple[tuple[Window, int], ...]:
    """Give window and output padding of each axis of a transposed convolution.

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
            case "same" if extra is None:
                cut = max(0, overlap)
                result.append((window.replace(padding=Padding(cut // 2, cut - cut // 2)), max(0, -overlap)))
            case "same":
                half = window.extent // 2
                result.append((window.replace(padding=Padding(half, half)), extra or 0))
            case str():
                raise ShapeError(
                    f"a transposed convolution has no padding {layer.padding!r}: a number, valid or same"
                )
            case paddings:
                result.append((window.replace(padding=paddings[axis]), extra or 0))
    return tuple(result)


def blocks(layer: Unfold | Fold) -> tuple[Window, ...]:
    """Give the window of each axis whose positions are the columns of an unfold.

    >>> blocks(Unfold((3,), (2,), (Padding(1, 1),), (2,)))[0].output(11)
    5
    """
    axes = zip(layer.kernel, layer.stride, layer.padding, layer.dilation, strict=True)
    return tuple(Window(*axis) for axis in axes)


def unpooling_windows(layer: Unpooling) -> tuple[tuple[Window, int], ...]:
    """Give the window of each axis and no output padding: an unpooling spreads as a transposed convolution does.

    >>> unpooling_windows(Unpooling((3,), (2,), (Padding(1, 1),)))[0][0].transposed_output(7)
    13
    """
    axes = zip(layer.kernel, layer.stride, layer.padding, strict=True)
    return tuple((Window(*axis), 0) for axis in axes)
