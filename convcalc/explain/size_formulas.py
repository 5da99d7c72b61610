"""Each size of a layer's output derived: its formula with the numbers put in, step by step to the floor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import prod
from typing import assert_never

from convcalc import layers
from convcalc.axis_maps import (
    Adaptive,
    AxisMap,
    Halve,
    Keep,
    Rescale,
    Scale,
    Shift,
    Slide,
    Spread,
    Whole,
)
from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, Step, equations, factor
from convcalc.geometry import Window, axis_name
from convcalc.network.trace import Step as TracedStep
from convcalc.text import size_text


def shape_derivations(step: TracedStep) -> tuple[Derivation, ...]:
    """Derive each size of a step's output.

    >>> from convcalc.network.trace import interpret, trace
    >>> chain = [layers.Pooling("max", (3,), (2,), "valid", (1,))]
    >>> print(shape_derivations(trace(chain, interpret((8,), chain)).steps[0])[0])
    length
      i = 8 input size, k = 3 kernel, s = 2 stride, p = 0 padding each side, d = 1 dilation
      out = floor((i + 2p - k) / s) + 1
          = floor((8 + 2·0 - 3) / 2) + 1
          = floor(5 / 2) + 1
          = floor(2.5) + 1
          = 2 + 1
          = 3
      1 cell at the end is in no window
    """
    if isinstance(step.layer, layers.Linear):
        name = "channels" if step.layer.on_channels else "last axis"
        return (Derivation(name, equations("out_features", str(step.layer.out_features))),)
    moved = [axis_map for _, axis_map in step.axes or () if not isinstance(axis_map, Keep)]
    if step.axes is None or not moved:
        title = "features" if isinstance(step.layer, layers.Flatten) and step.output.rank == 0 else "shape"
        return (Derivation(title, _rearranged_steps(step)),)
    rank, sizes = step.input.rank, step.input.known_spatial or step.input.known_sizes[-1:]
    names = [axis_name(axis, rank) for axis in range(rank)] or ["features"]
    maps = [axis_map for _, axis_map in step.axes]
    return (*_channels(step), *_by_axis(names, maps, sizes))


def _by_axis(names: Sequence[str], maps: Sequence[AxisMap], sizes: Sequence[int]) -> Iterator[Derivation]:
    """Yield the derivation of each axis; axes of which the same is to be said are one."""
    alike: dict[tuple[tuple[Step, ...], int], list[str]] = {}
    for name, axis_map, size in zip(names, maps, sizes, strict=True):
        unused = axis_map.at(size).unused(size) if isinstance(axis_map, Slide) else 0
        alike.setdefault((_axis_steps(axis_map, size), unused), []).append(name)
    for (steps, unused), axes in alike.items():
        left_over = f"{listed([_cells(unused, name) for name in axes])} at the end"
        verb = "is" if unused == len(axes) == 1 else "are"
        rest = (Sentence(f"{left_over} {verb} in no window"),) if unused else ()
        yield Derivation(listed(axes), (*steps, *rest))


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence.

    >>> listed(["depth", "height", "width"])
    'depth, height and width'
    """
    return " and ".join(([", ".join(words[:-1])] if len(words) > 1 else []) + list(words[-1:]))


def _cells(count: int, axis: str) -> str:
    word = {"depth": "slice", "height": "row", "width": "column"}.get(axis, "cell")
    return f"{count} {word if count == 1 else f'{word}s'}"


def _channels(step: TracedStep) -> tuple[Derivation, ...]:
    match step.layer:
        case layers.Convolution() if step.output.channels is not None:
            return (Derivation("channels", equations("out_channels", str(step.output.channels))),)
        case layers.PixelShuffle(factor, inverse):
            before, after, sign = step.input.channels, step.output.channels, "·" if inverse else "/"
            right = f"in {sign} r^2 = {before} {sign} {factor**2} = {after}"
            return (Derivation("channels", equations("out", right)),)
        case _:
            return ()


def _axis_steps(axis_map: AxisMap, size: int) -> tuple[Step, ...]:
    """Put the numbers into the formula of one axis."""
    out = axis_map.output(size)
    match axis_map:
        case Slide():
            return _window_steps(axis_map.at(size), size, axis_map.named)
        case Spread():
            return _transposed_steps(axis_map.window, axis_map.output_padding, size)
        case Shift(before, after):
            return equations("out", f"i + before + after = {size} + {factor(before)} + {factor(after)} = {out}")
        case Scale(scale, inverse):
            sign = "/" if inverse else "·"
            return equations("out", f"i {sign} r = {size} {sign} {scale} = {out}")
        case Halve():
            return equations("out", f"i / 2 = {size} / 2 = {out}")
        case Rescale(size=None):
            return equations("out", f"floor(i · factor) = floor({size}·{axis_map.factor}) = {out}")
        case Adaptive():
            window = f"window a goes from `floor(a·{size} / {out})` to `ceil((a + 1)·{size} / {out})`"
            return Sentence(f"`out = {out}`, as asked for"), Sentence(window)
        case Rescale():
            return (Sentence(f"`out = {out}`, as asked for"),)
        case Whole():
            return equations("out_features", str(out))
        case Keep():
            return (Sentence(f"`out = {size}`, as it comes in"),)
        case _:
            assert_never(axis_map)


def _rearranged_steps(step: TracedStep) -> tuple[Step, ...]:
    layer, channels, cells = step.layer, step.input.channels, step.output.spatial
    match layer:
        case layers.Flatten() | layers.Unflatten() | layers.Reshape():
            before, after = step.input.known_sizes, step.output.known_sizes
            if before[:1] == after[:1] and step.input.batch:
                before, after = before[1:], after[1:]
            equal = [*([_product(after)] if len(after) > 1 else []), str(prod(after))]
            return equations(_product(before), " = ".join(equal))
        case layers.Permute():
            return (Sentence(f"the axes of a sample, channels last, in the order {layer.axes}"),)
        case layers.Unfold():
            sizes = step.input.known_spatial
            counts = [window.output(size) for window, size in zip(layers.blocks(layer), sizes, strict=True)]
            rows = f"channels · kernel = {_product((channels or 1, *layer.kernel))} = {step.output.channels}"
            columns = f"windows = {_product(counts)} = {cells[0]}"
            return (*equations("rows", rows), *equations("columns", columns))
        case layers.Fold():
            divided = f"rows / kernel = {channels} / ({_product(layer.kernel)}) = {step.output.channels}"
            return (*equations("channels", divided), Sentence(f"the output is {size_text(cells)}, as asked for"))
        case _ if step.output == step.input:
            return (Sentence("stays as it is"),)
        case _:
            return (Sentence(f"{step.input} becomes {step.output}"),)


def _product(factors: Iterable[int]) -> str:
    return "·".join(map(str, factors))


def _window_steps(window: Window, size: int, named: str | None) -> tuple[Step, ...]:
    padding, extent = window.padding, window.extent
    if padding.before == padding.after:
        symbol, cells = "i + 2p", f"{size} + 2·{padding.before}"
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
    kept = "a last window that fits only in part is kept: `s - 1` is added before the division"
    worked = equations(
        "out",
        f"floor(({symbol}) / s) + 1",
        f"floor(({cells}) / {window.stride}) + 1",
        f"floor({room} / {window.stride}) + 1",
        *([f"floor({_quotient(room, window.stride)}) + 1"] if room % window.stride else []),
        f"{steps} + 1",
        f"{steps + 1}",
    )
    return (
        _letters(window, size),
        *_extent_steps(window),
        *_padding_steps(window, size, named),
        *([Sentence(kept)] if window.ceil else []),
        *worked,
        *_clipping_steps(window, size, steps + 1),
    )


def _letters(window: Window, size: int, extra: int = 0) -> Sentence:
    """Return what the letters of the formula stand for, with their values."""
    padding = window.padding
    letters = [("i", size, "input size"), ("k", window.kernel, "kernel"), ("s", window.stride, "stride")]
    if padding.before == padding.after:
        letters.append(("p", padding.before, "padding each side"))
    else:
        letters += [("pL", padding.before, "padding before"), ("pR", padding.after, "padding after")]
    letters.append(("d", window.dilation, "dilation"))
    letters += [("op", extra, "output padding")] if extra else []
    return Sentence(", ".join(f"`{letter} = {value}` {word}" for letter, value, word in letters))


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


def _extent_steps(window: Window) -> tuple[Step, ...]:
    if window.dilation == 1:
        return ()
    worked = f"{window.dilation}·({window.kernel} - 1) + 1 = {window.extent}"
    return equations("k_eff", f"d·(k - 1) + 1 = {worked}")


def _padding_steps(window: Window, size: int, named: str | None) -> tuple[Step, ...]:
    padding = window.padding
    if named in ("same", "same-lower"):
        outputs = -(-size // window.stride)
        total = f"max(({outputs} - 1)·{window.stride} + {window.extent} - {size}, 0) = {padding.total}"
        return (
            Sentence(
                f"same: `ceil(i / s) = ceil({size} / {window.stride}) = {outputs}` windows need padding of `{total}`"
            ),
            *equations("pL", str(padding.before)),
            *equations("pR", str(padding.after)),
        )
    if named in ("full", "causal"):
        after = f"k_eff - 1 = {padding.after}" if named == "full" else "0"
        return (Sentence(f"{named}: `pL = k_eff - 1 = {padding.before}`, `pR = {after}`"),)
    return ()


def _clipping_steps(window: Window, size: int, counted: int) -> tuple[Step, ...]:
    if window.output(size) == counted:
        return ()
    start, limit = (counted - 1) * window.stride, size + window.padding.before
    return (
        Sentence(f"the last window would start at {start}, past input and left padding ({limit}): it is dropped"),
        Equation("out", "=", f"{counted} - 1 = {window.output(size)}"),
    )


def _transposed_steps(window: Window, extra: int, size: int) -> tuple[Step, ...]:
    padding = window.padding
    kernel = "k" if window.dilation == 1 else "k_eff"
    symbols, cells = f"(i - 1)·s + {kernel}", f"({size} - 1)·{window.stride} + {window.extent}"
    if padding.before == padding.after:
        symbols, cells = f"{symbols} - 2p", f"{cells} - 2·{padding.before}"
    else:
        symbols, cells = f"{symbols} - pL - pR", f"{cells} - {padding.before} - {padding.after}"
    if extra:
        symbols, cells = f"{symbols} + op", f"{cells} + {extra}"
    worked = equations("out", symbols, cells, str(window.transposed_output(size, extra)))
    return (_letters(window, size, extra), *_extent_steps(window), *worked)
