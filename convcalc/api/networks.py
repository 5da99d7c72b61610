"""Sizes and counts of layers and networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, cast

from convcalc.api.arguments import warn
from convcalc.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from convcalc.api.arguments import PerAxis
    from convcalc.layers import Layer
    from convcalc.model.request import LayerRequest
    from convcalc.network.cost import NetworkCost


def shape(
    size: str | PerAxis | None,
    *layers: str | Layer | Path,
    dims: int | None = None,
    strict: bool = False,
    class_name: str | None = None,
) -> tuple[int, ...]:
    """Return the size that comes out of layers, of any notation, for an input size.

    `size` is "3x224x224", (3, 224, 224), 224 for a square, or None for that of an `Input` among the layers; `layers`
    are texts or what `parse` returns, one after the other, or one `pathlib.Path` of a file that holds them all.
    Keras's notation reads and returns sizes channels last. `dims` is the number of spatial axes where the notation
    does not say it. Raises SpecError for a text that cannot be read, ShapeError where a layer does not fit, with the
    layer's index as `layer` and its place as `place`; warns of what the answer rests on, as the command notes it.
    With `strict` an assumption about what the text does not show is a UsageError. `class_name` is the class of the
    model that is meant, of several in a program.

    >>> import convcalc
    >>> convcalc.shape("3x224x224", "Conv2d(3, 64, 7, stride=2, padding=3)", "MaxPool2d(3, 2)")
    (64, 55, 55)
    >>> convcalc.shape((28, 26, 1), "Conv2D(8, 3)")
    (26, 24, 8)
    """
    from convcalc.model.forward import forward

    passed = forward(requested(layers, dims, strict=strict, class_name=class_name), size_text(size))
    warn(passed.network.notes)
    # An input without open sizes leaves none open.
    return cast("tuple[int, ...]", passed.output)


def params(
    *layers: str | Layer | Path,
    size: str | PerAxis | None = None,
    dims: int | None = None,
    strict: bool = False,
    class_name: str | None = None,
) -> NetworkCost:
    """Count the parameters of layers and, with the `size` of an input, multiply-accumulates and output numbers.

    Layers, sizes, `dims`, `strict` and `class_name` are as for `shape`. The result's `total` holds the sums
    (`params`, `macs`, `flops`, `activations`; `parameters` has `weights`, `biases`, `buffers`), `costs` the same for
    each layer, and `layers` the layers completed by what comes in. What depends on an input is None without one.
    Raises what `shape` raises, and warns of layers that no sum can hold.

    >>> import convcalc
    >>> convcalc.params("Conv2d(3, 64, 7)").total.params
    9472
    >>> convcalc.params("conv:64,k7,s2,p3", "relu", size="3x224x224").total.macs
    118013952
    """
    from convcalc.model.count import count

    counted = count(requested(layers, dims, strict=strict, class_name=class_name), size_text(size))
    warn(counted.notes)
    return counted.cost


def parse(text: str | Path, *, dims: int | None = None) -> tuple[Layer, ...]:
    """Read layers in any notation: PyTorch's, Keras's, the short one, whole networks, what `print(model)` shows.

    A `pathlib.Path` is a file that holds them. `dims` is the number of spatial axes where the notation does not say
    it, 2 if not given. Every layer is a value of `convcalc.layers` with its numbers as fields. Raises SpecError, with
    the text, the `span` of the fault in it and a `hint`; UsageError for layers that branch, whose connections a tuple
    would not hold.

    >>> import convcalc
    >>> [layer] = convcalc.parse("conv:64,k7,s2,p3")
    >>> layer.out_channels, layer.kernel, layer.stride
    (64, (7, 7), (2, 2))
    >>> len(convcalc.parse("nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten())"))
    3
    """
    from convcalc.layers import Pooling
    from convcalc.model.operation import as_notated
    from convcalc.model.reading import read_chain

    network = read_chain(requested((text,), dims))
    warn(network.notes)
    return tuple(
        as_notated(layer, network.notation) if isinstance(layer, Pooling) else layer for layer in network.layers
    )


def size_text(size: str | PerAxis | None) -> str | None:
    """Return the size of an input as text, which the one reader of sizes takes; TypeError for what has no order."""
    if size is None or isinstance(size, str):
        return size
    if isinstance(size, bytes | Mapping | Set):
        raise TypeError(f"a size is a text, a whole number or several in their order, got {type(size).__name__}")
    return "x".join(map(str, size)) if isinstance(size, Iterable) else str(size)


def requested(
    layers: tuple[str | Layer | Path, ...], dims: int | None, *, strict: bool = False, class_name: str | None = None
) -> LayerRequest:
    """Ask for layers as given, or for those of a file.

    Raises TypeError for what is neither, and UsageError for a file beside other layers.
    """
    from pathlib import Path

    from convcalc.layers import Layer
    from convcalc.model.request import LayerRequest

    for layer in layers:
        if not isinstance(layer, str | Path | Layer):
            hint = "; give its items one by one, as *layers" if isinstance(layer, list | tuple) else ""
            raise TypeError(f"a layer is a text, a Path or what `parse` returns, got {type(layer).__name__}{hint}")
    if dims is not None and type(dims) is not int:
        raise TypeError(f"`dims` is a whole number, got {type(dims).__name__}")
    if dims is not None and dims < 1:
        raise UsageError(f"`dims` must be at least 1, got {dims}")
    written = tuple(layer for layer in layers if not isinstance(layer, Path))
    if len(written) == len(layers):
        return LayerRequest(written, rank=dims, strict=strict, class_name=class_name)
    if len(layers) > 1:
        raise UsageError("a file of layers cannot be combined with other layers")
    from convcalc.model.files import read_file

    path = str(layers[0])
    return LayerRequest((read_file(path),), file=path, rank=dims, strict=strict, class_name=class_name)
