"""Each size of a layer's output derived: its formula with the numbers put in, step by step to the floor."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from convcalc.explain.derivation import Derivation, factor
from convcalc.geometry import Window, axis_name
from convcalc.layers import (
    AdaptivePooling,
    Border,
    Convolution,
    Flatten,
    Fold,
    Linear,
    Permute,
    PixelShuffle,
    Pooling,
    Reshape,
    Resize,
    Unflatten,
    Unfold,
    Unpooling,
    blocks,
    transposed_windows,
    windows,
)
from convcalc.layers.windows import unpooling_windows
from convcalc.network.trace import Step


def shape_derivations(step: Step) -> tuple[Derivation, ...]:
    """Derive each size of a step's output.

    >>> from convcalc.network.trace import interpret, trace
    >>> layers = [Pooling("max", (3,), (2,), "valid", (1,))]
    >>> print(shape_derivations(trace(layers, interpret((8,), layers)).steps[0])[0])
    length
      out = floor((i - k) / s) + 1
          = floor((8 - 3) / 2) + 1
          = floor(5 / 2) + 1
          = floor(2.5) + 1
          = 2 + 1
          = 3
      1 cell at the end is in no window
    """
    layer, spatial = step.layer, step.input.spatial
    names = [axis_name(axis, len(spatial)) for axis in range(len(spatial))]
    lines: Iterable[tuple[str, ...]]
    match layer:
        case Convolution(transposed=True) | Unpooling():
            axes = transposed_windows(layer) if isinstance(layer, Convolution) else _plain(layer)
            lines = [_transposed_lines(*window, size) for window, size in zip(axes, spatial, strict=True)]
        case Convolution() | Pooling():
            named = layer.padding if isinstance(layer.padding, str) else None
            pairs = zip(windows(layer, spatial), spatial, strict=True)
            lines = [_window_lines(window, size, named) for window, size in pairs]
        case AdaptivePooling():
            lines = [_adaptive_lines(size, out) for size, out in zip(spatial, layer.outputs, strict=True)]
        case Border():
            lines = [_border_lines(size, *amounts) for size, amounts in zip(spatial, layer.amounts, strict=True)]
        case Resize():
            lines = _resize_lines(layer, spatial, step.output.spatial)
        case Linear():
            names, lines = (
                ["channels" if layer.on_channels else "last axis"],
                [(f"out_features = {layer.out_features}",)],
            )
        case _:
            return _rearranged(step)
    derived = [Derivation(name, each) for name, each in zip(names, lines, strict=True)]
    if isinstance(layer, Convolution) and step.output.channels is not None:
        derived.insert(0, Derivation("channels", (f"out_channels = {step.output.channels}",)))
    return tuple(derived)


def _plain(layer: Unpooling) -> tuple[tuple[Window, int], ...]:
    return tuple((window, 0) for window in unpooling_windows(layer))


def _rearranged(step: Step) -> tuple[Derivation, ...]:
    """Derive the shape after a layer that gives the numbers another order, or leaves the shape alone."""
    title = "features" if isinstance(step.layer, Flatten) and step.output.rank == 0 else "shape"
    return (Derivation(title, tuple(_rearranged_lines(step))),)


def _rearranged_lines(step: Step) -> list[str]:
    layer, channels, cells = step.layer, step.input.channels, step.output.spatial
    match layer:
        case Flatten() | Unflatten() | Reshape():
            before, after = step.input.sizes, step.output.sizes
            if before[:1] == after[:1] and step.input.batch:
                before, after = before[1:], after[1:]
            equal = [_product(before), *([_product(after)] if len(after) > 1 else []), str(prod(after))]
            return [" = ".join(equal)]
        case Permute():
            return [f"the axes of a sample, channels last, in the order {layer.axes}"]
        case Unfold():
            sizes = step.input.spatial
            counts = [window.output(size) for window, size in zip(blocks(layer), sizes, strict=True)]
            rows = f"rows = channels · kernel = {_product((channels or 1, *layer.kernel))} = {step.output.channels}"
            return [rows, f"columns = windows = {_product(counts)} = {cells[0]}"]
        case Fold():
            divided = f"channels = rows / kernel = {channels} / ({_product(layer.kernel)}) = {step.output.channels}"
            return [divided, f"out = {'x'.join(map(str, cells))}, as asked for"]
        case PixelShuffle():
            factor, sign, back = layer.factor, *(("·", "/") if layer.inverse else ("/", "·"))
            pairs = zip(step.input.spatial, cells, strict=True)
            divided = f"channels = in {sign} r² = {channels} {sign} {factor**2} = {step.output.channels}"
            return [divided, *(f"out = i {back} r = {size} {back} {factor} = {out}" for size, out in pairs)]
        case _ if step.output == step.input:
            return ["stays as it is"]
        case _:
            return [f"{step.input} becomes {step.output}"]


def _product(factors: Iterable[int]) -> str:
    return "·".join(map(str, factors))


def _border_lines(size: int, before: int, after: int) -> tuple[str, ...]:
    return (f"out = i + before + after = {size} + {factor(before)} + {factor(after)} = {size + before + after}",)


def _resize_lines(layer: Resize, spatial: tuple[int, ...], output: tuple[int, ...]) -> list[tuple[str, ...]]:
    if layer.size is not None:
        return [(f"out = {out}, as asked for",) for out in output]
    factors = layer.factor or (1,)
    factors = factors * len(spatial) if len(factors) == 1 else factors
    triples = zip(spatial, factors, output, strict=True)
    return [(f"out = floor(i · factor) = floor({size}·{factor}) = {out}",) for size, factor, out in triples]


def _window_lines(window: Window, size: int, named: str | None) -> tuple[str, ...]:
    lines = [*_extent_lines(window), *_padding_lines(window, size, named)]
    padding, extent = window.padding, window.extent
    if padding.before == padding.after:
        symbol, cells = ("i + 2p", f"{size} + 2·{padding.before}") if padding.total else ("i", str(size))
    else:
        symbol, cells = "i + pL + pR", f"{size} + {padding.before} + {padding.after}"
    kernel = "k" if window.dilation == 1 else "k_eff"
    room = size + padding.total - extent
    if window.ceil:
        symbol, cells = f"{symbol} - {kernel} + s - 1", f"{cells} - {extent} + {window.stride} - 1"
        room += window.stride - 1
    else:
        symbol, cells = f"{symbol} - {kernel}", f"{cells} - {extent}"
    steps = room // window.stride
    lines += [
        f"out = floor(({symbol}) / s) + 1",
        f"    = floor(({cells}) / {window.stride}) + 1",
        f"    = floor({room} / {window.stride}) + 1",
    ]
    if room % window.stride:
        lines.append(f"    = floor({_quotient(room, window.stride)}) + 1")
    lines += [f"    = {steps} + 1", f"    = {steps + 1}"]
    lines += _clipping_lines(window, size, steps + 1)
    if unused := window.unused(size):
        lines.append(f"{unused} {'cell' if unused == 1 else 'cells'} at the end {_is(unused)} in no window")
    return tuple(lines)


def _quotient(numerator: int, denominator: int) -> str:
    """Write a quotient that is not whole: in decimals where they end soon, else as a mixed number.

    >>> _quotient(223, 2), _quotient(10, 3)
    ('111.5', '3 1/3')
    """
    whole, rest = divmod(numerator, denominator)
    for digits in range(1, 5):
        if rest * 10**digits % denominator == 0:
            return f"{whole}.{rest * 10**digits // denominator:0{digits}}"
    return f"{whole} {rest}/{denominator}"


def _extent_lines(window: Window) -> list[str]:
    if window.dilation == 1:
        return []
    return [f"k_eff = d·(k - 1) + 1 = {window.dilation}·({window.kernel} - 1) + 1 = {window.extent}"]


def _padding_lines(window: Window, size: int, named: str | None) -> list[str]:
    padding = window.padding
    if named in ("same", "same-lower"):
        outputs = -(-size // window.stride)
        total = f"max(({outputs} - 1)·{window.stride} + {window.extent} - {size}, 0) = {padding.total}"
        return [
            f"same: ceil(i / s) = ceil({size} / {window.stride}) = {outputs} windows need padding of {total}",
            f"pL = {padding.before}, pR = {padding.after}",
        ]
    if named in ("full", "causal"):
        after = f"k_eff - 1 = {padding.after}" if named == "full" else "0"
        return [f"{named}: pL = k_eff - 1 = {padding.before}, pR = {after}"]
    return []


def _clipping_lines(window: Window, size: int, counted: int) -> list[str]:
    if window.output(size) == counted:
        return []
    start, limit = (counted - 1) * window.stride, size + window.padding.before
    return [
        f"the last window would start at {start}, past input and left padding ({limit}): it is dropped",
        f"out = {counted} - 1 = {window.output(size)}",
    ]


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _transposed_lines(window: Window, extra: int, size: int) -> tuple[str, ...]:
    padding = window.padding
    kernel = "k" if window.dilation == 1 else "k_eff"
    symbols, cells = f"(i - 1)·s + {kernel}", f"({size} - 1)·{window.stride} + {window.extent}"
    if padding.total and padding.before == padding.after:
        symbols, cells = f"{symbols} - 2p", f"{cells} - 2·{padding.before}"
    elif padding.total:
        symbols, cells = f"{symbols} - pL - pR", f"{cells} - {padding.before} - {padding.after}"
    if extra:
        symbols, cells = f"{symbols} + op", f"{cells} + {extra}"
    return (
        *_extent_lines(window),
        f"out = {symbols}",
        f"    = {cells}",
        f"    = {window.transposed_output(size, extra)}",
    )


def _adaptive_lines(size: int, outputs: int | None) -> tuple[str, ...]:
    if outputs is None:
        return (f"out = {size}, as it comes in",)
    return (
        f"out = {outputs}, as asked for",
        f"window a goes from floor(a·{size} / {outputs}) to ceil((a + 1)·{size} / {outputs})",
    )
