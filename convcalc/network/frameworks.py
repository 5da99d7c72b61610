"""One layer side by side, as PyTorch, TensorFlow and Keras, ONNX and JAX compute it: where each really pads.

The same name of a padding means other cells in other frameworks, and the same size may come out of other windows;
here each framework gets the setting of its own that comes nearest to the layer as it is written.
"""

from __future__ import annotations

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding, Window, same_padding
from convcalc.layers import Convolution, Layer, Pooling, TensorShape, output_shape, windows
from convcalc.value import Value


class Reading(Value):
    """A layer in one framework: the `setting` that says it, the windows that gives, and what there is to note.

    `windows` is None where the framework cannot compute it; `agrees` says that its values are those of the layer
    as written. `spatial` are the sizes it is read for.
    """

    framework: str
    setting: str
    windows: tuple[Window, ...] | None
    spatial: tuple[int, ...]
    note: str = ""
    agrees: bool = False

    @property
    def paddings(self) -> tuple[Padding, ...] | None:
        """Cells padded before and after each axis."""
        return None if self.windows is None else tuple(window.padding for window in self.windows)

    @property
    def outputs(self) -> tuple[int, ...] | None:
        """Sizes that come out."""
        if self.windows is None:
            return None
        return tuple(window.output(size) for window, size in zip(self.windows, self.spatial, strict=True))


def readings(layer: Layer, shape: TensorShape) -> tuple[Reading, ...]:
    """Read `layer` for an input of `shape` as each framework does.

    Raises UsageError for anything but a convolution or a pooling with windows.

    >>> conv = Convolution(3, 64, (7,), (2,), (Padding(3, 3),), (1,))
    >>> [(each.framework, each.paddings[0].before, each.agrees) for each in readings(conv, TensorShape((3, 224), 1))]
    [('PyTorch', 3, True), ('TensorFlow/Keras', 2, False), ('ONNX', 3, True), ('JAX', 3, True)]
    """
    if not isinstance(layer, Convolution | Pooling) or (isinstance(layer, Convolution) and layer.transposed):
        raise UsageError("only one convolution or pooling can be compared between frameworks", place="`frameworks`")
    output_shape(layer, shape)
    asked = windows(layer, shape.known_spatial)
    found = []
    for read in (_pytorch, _tensorflow, _onnx, _jax):
        reading = read(layer, asked, shape.known_spatial)
        agrees = _agrees(layer, asked, reading)
        note = reading.note or ("" if agrees or reading.windows is None else _why(layer, reading.framework))
        found.append(reading.replace(agrees=agrees, note=note))
    return tuple(found)


def _why(layer: Convolution | Pooling, framework: str) -> str:
    """Return what other than its windows keeps a reading from agreeing."""
    if isinstance(layer, Pooling):
        return "its averages have no divisor of one's own"
    mode, call = layer.padding_mode, {"TensorFlow/Keras": "tf.pad", "ONNX": "Pad", "JAX": "jnp.pad"}[framework]
    return f"it pads with zeros only: {call} in {mode} mode before, and no padding, agree where there is such a mode"


def _agrees(layer: Convolution | Pooling, asked: tuple[Window, ...], reading: Reading) -> bool:
    """Return whether a reading has the windows asked for, with the same in its padding and the same divisors."""
    if reading.windows is None:
        return False
    for window, other, size in zip(asked, reading.windows, reading.spatial, strict=True):
        if window.starts(size) != other.starts(size):
            return False
    padded = any(window.padding.total for window in asked)
    if isinstance(layer, Convolution):
        return reading.framework == "PyTorch" or not padded or layer.padding_mode == "zeros"
    if layer.kind != "avg" or reading.framework == "PyTorch":
        return True
    counted = reading.framework == "TensorFlow/Keras" and padded and layer.count_padding
    return not counted and layer.divisor is None


# ------------------------------------------------------------------------------------------------------ PyTorch


def _pytorch(layer: Convolution | Pooling, asked: tuple[Window, ...], spatial: tuple[int, ...]) -> Reading:
    reading = Reading("PyTorch", "", None, spatial)
    if isinstance(layer, Pooling):
        refused = _pytorch_refuses(layer)
        if refused:
            return reading.replace(note=refused)
    rest = _pytorch_rest(layer)
    if isinstance(layer, Convolution) and layer.padding == "same" and max(layer.stride) == 1:
        return reading.replace(setting=f'padding="same"{rest}', windows=asked)
    alike = [_alike(window, size) for window, size in zip(asked, spatial, strict=True)]
    pad_first = f"F.pad(x, {_torch_pads(asked)}{_filler(layer)}) before, and padding=0, agree"
    why = "PyTorch pads both sides alike"
    if isinstance(layer.padding, str) and layer.padding.startswith("same"):
        why = f'padding="{layer.padding}" with a stride is refused' if isinstance(layer, Convolution) else why
    found = tuple(window for window in alike if window is not None)
    if len(found) < len(alike) or not _within_half(layer, found):
        return reading.replace(note=f"{why}: {pad_first}")
    note = "" if found == asked else f"{why}: {pad_first}"
    cells = _one_or_each([window.padding.before for window in found])
    return reading.replace(setting=f"padding={cells}{rest}", windows=found, note=note)


def _pytorch_rest(layer: Convolution | Pooling) -> str:
    """Write the arguments besides the padding that decide about what stands in the windows."""
    if isinstance(layer, Convolution):
        return "" if layer.padding_mode == "zeros" else f', padding_mode="{layer.padding_mode}"'
    rest = ", ceil_mode=True" if layer.ceil else ""
    if layer.kind == "avg":
        rest += "" if layer.count_padding else ", count_include_pad=False"
        rest += "" if layer.divisor is None else f", divisor_override={layer.divisor}"
    return rest


def _pytorch_refuses(layer: Pooling) -> str:
    if layer.kind == "min":
        return "there is no min pooling: -max_pool(-x) agrees"
    if layer.kind == "avg" and max(layer.dilation) > 1:
        return "average pooling has no dilation"
    if layer.kind == "lp" and (
        max(layer.dilation) > 1 or layer.padding not in ("valid", (Padding(),) * len(layer.kernel))
    ):
        return "Lp pooling has neither dilation nor padding"
    return ""


def _within_half(layer: Convolution | Pooling, found: tuple[Window, ...]) -> bool:
    """Return whether a pooling pads at most half of its kernel, as PyTorch wants."""
    return isinstance(layer, Convolution) or all(window.padding.before <= window.kernel // 2 for window in found)


def _alike(window: Window, size: int) -> Window | None:
    """Find the window with the same padding on both sides that gives the same size, the window itself if it is it."""
    for cells in (window.padding.before, window.padding.after):
        other = window.replace(padding=Padding(cells, cells))
        starts = _starts((other,), (size,))
        if starts is not None and other.output(size) == window.output(size):
            return other
    return None


def _torch_pads(asked: tuple[Window, ...]) -> str:
    sides = [side for window in reversed(asked) for side in (window.padding.before, window.padding.after)]
    return f"({', '.join(map(str, sides))})"


def _filler(layer: Convolution | Pooling) -> str:
    return ', value=float("-inf")' if isinstance(layer, Pooling) and layer.kind == "max" else ""


# ------------------------------------------------------------------------------------------- TensorFlow and Keras


def _tensorflow(layer: Convolution | Pooling, asked: tuple[Window, ...], spatial: tuple[int, ...]) -> Reading:
    reading = Reading("TensorFlow/Keras", "", None, spatial)
    pads = [window.padding for window in asked]
    if isinstance(layer, Pooling):
        if layer.kind not in ("max", "avg"):
            return reading.replace(note=f"there is no {layer.kind} pooling")
        if max(layer.dilation) > 1:
            return reading.replace(note="pooling layers have no dilation")
    note = ""
    if isinstance(layer, Convolution) and max(layer.dilation) > 1 and max(layer.stride) > 1:
        note = "Keras's layers refuse a stride with a dilation, tf.nn.conv2d takes both"
    plain = tuple(window.replace(ceil=False) for window in asked)
    same = tuple(
        window.replace(padding=same_padding(size, window)) for window, size in zip(plain, spatial, strict=True)
    )
    counted = _counting_note(layer, pads)
    if layer.padding == "causal" and len(spatial) == 1:
        return reading.replace(setting='padding="causal"', windows=asked, note=note)
    if _starts(same, spatial) == _starts(asked, spatial) and layer.padding != "valid":
        return reading.replace(setting='padding="same"', windows=same, note=note or counted)
    if not any(pad.total for pad in pads) and _starts(plain, spatial) == _starts(asked, spatial):
        return reading.replace(setting='padding="valid"', windows=plain, note=note)
    if isinstance(layer, Pooling):
        fix = "its poolings know same and valid only"
        fix += ": tf.pad with -inf before, and valid, agree" if layer.kind == "max" else ""
        return _same_size(reading, same, asked, fix)
    border = f"ZeroPadding{len(spatial)}D({_one_or_each([(pad.before, pad.after) for pad in pads])})"
    fix = f'{border} before, and padding="valid", agree'
    nearest = _same_size(reading, same, asked, f"its layers know no numbers: {fix}")
    if nearest.windows is not None:
        return nearest
    return reading.replace(setting=f'{border}, padding="valid"', windows=asked, note=note)


def _counting_note(layer: Convolution | Pooling, pads: list[Padding]) -> str:
    if isinstance(layer, Pooling) and layer.kind == "avg" and layer.count_padding and any(pad.total for pad in pads):
        return "its averages never count padding: count_include_pad=False makes PyTorch agree"
    return ""


def _same_size(reading: Reading, same: tuple[Window, ...], asked: tuple[Window, ...], fix: str) -> Reading:
    """Take `same` where it gives the size asked for out of other windows."""
    sizes = list(zip(same, asked, reading.spatial, strict=True))
    if any(window.output(size) != other.output(size) for window, other, size in sizes):
        return reading.replace(note=fix)
    return reading.replace(setting='padding="same"', windows=same, note=fix)


# ----------------------------------------------------------------------------------------------------------- ONNX


def _onnx(layer: Convolution | Pooling, asked: tuple[Window, ...], spatial: tuple[int, ...]) -> Reading:
    reading = Reading("ONNX", "", None, spatial)
    if isinstance(layer, Pooling) and layer.kind == "min":
        return reading.replace(note="there is no min pooling: Neg, MaxPool and Neg agree")
    settings, note = [], ""
    name = {"same": "SAME_UPPER", "same-lower": "SAME_LOWER", "valid": "VALID"}.get(str(layer.padding))
    if name is not None and max(layer.dilation) > 1 and name != "VALID":
        what = "refuses" if isinstance(layer, Convolution) else "leaves the dilation out of"
        note = f"onnxruntime {what} auto_pad={name} here, so the numbers are written out"
        name = None
    if name is None:
        sides = [window.padding.before for window in asked] + [window.padding.after for window in asked]
        settings.append(f"pads={sides}")
    else:
        settings.append(f'auto_pad="{name}"')
    if isinstance(layer, Pooling) and layer.ceil:
        settings.append("ceil_mode=1")
    if isinstance(layer, Pooling) and layer.kind == "avg" and layer.count_padding:
        settings.append("count_include_pad=1")
    return reading.replace(setting=", ".join(settings), windows=asked, note=note)


# ------------------------------------------------------------------------------------------------------------ JAX


def _jax(layer: Convolution | Pooling, asked: tuple[Window, ...], spatial: tuple[int, ...]) -> Reading:
    reading = Reading("JAX", "", None, spatial)
    if isinstance(layer, Pooling) and layer.kind not in ("max", "min"):
        return reading.replace(note=f"jax.lax has no {layer.kind} pooling: reduce_window sums, the rest is by hand")
    name = {"same": "SAME", "same-lower": "SAME_LOWER", "valid": "VALID"}.get(str(layer.padding))
    plain = tuple(window.replace(ceil=False) for window in asked)
    note = ""
    if _starts(plain, spatial) != _starts(asked, spatial):
        # A window that partly fits lies on padding of its own length.
        name, note = None, "without a ceil_mode: the overhang is padding"
        plain = tuple(_overhung(window, size) for window, size in zip(asked, spatial, strict=True))
    pads = [(window.padding.before, window.padding.after) for window in plain]
    setting = f"padding={pads}" if name is None else f'padding="{name}"'
    return reading.replace(setting=setting, windows=plain, note=note)


def _overhung(window: Window, size: int) -> Window:
    """Write the overhang of a last window that partly fits as padding."""
    reach = window.starts(size)[-1] + window.extent - size
    return window.replace(padding=Padding(window.padding.before, max(reach, 0)), ceil=False)


def _starts(axes: tuple[Window, ...], spatial: tuple[int, ...]) -> list[range] | None:
    """Return where all windows stand, None where they do not fit at all."""
    try:
        return [window.starts(size) for window, size in zip(axes, spatial, strict=True)]
    except ShapeError:
        return None


def _one_or_each(values: list[int] | list[tuple[int, int]]) -> object:
    """Write equal values once: numbers as they are, pairs of equal numbers as one.

    >>> _one_or_each([3, 3]), _one_or_each([(2, 3), (0, 1)]), _one_or_each([(1, 1), (1, 1)])
    (3, ((2, 3), (0, 1)), 1)
    """
    if len(set(values)) > 1:
        return tuple(values)
    value = values[0]
    if isinstance(value, tuple):
        return value[0] if value[0] == value[1] else (tuple(values) if len(values) > 1 else value)
    return value
