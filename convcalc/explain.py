"""Derivations as data: each formula with its numbers put in, step by step, as a teacher would write it down.

The numbers come from `geometry`, `layers` and `network`; nothing is computed a second time here but the steps shown
on the way, and every last line is the value those modules answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from convcalc.geometry import Window, axis_name
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    Border,
    Convolution,
    Flatten,
    Fold,
    Layer,
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
    unpooling_windows,
    weight_shape,
    windows,
)
from convcalc.network import Audit, Cost, Step
from convcalc.value import Value

__all__ = ["Derivation", "convolution_cell", "cost_derivations", "pooling_cell", "shape_derivations", "titled"]


class Derivation(Value):
    """What is derived, and the lines that derive it.

    >>> print(Derivation("height", ("out = 1 + 1", "    = 2")))
    height
      out = 1 + 1
          = 2
    """

    title: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *("  " + line for line in self.lines)])


def shape_derivations(step: Step) -> tuple[Derivation, ...]:
    """Derive each size of a step's output.

    >>> from convcalc.network import interpret, trace
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
            axes = unpooling_windows(layer) if isinstance(layer, Unpooling) else transposed_windows(layer)
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
    return (f"out = i + before + after = {size} + {_factor(before)} + {_factor(after)} = {size + before + after}",)


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


def cost_derivations(audit: Audit, index: int) -> tuple[Derivation, ...]:
    """Derive the counts of one layer of an audit; nothing for a layer that holds and multiplies nothing.

    >>> from convcalc.network import audit
    >>> print(cost_derivations(audit([Convolution(3, 64, (7, 7), (2, 2), "valid", (1, 1))]), 0)[0])
    parameters
      weights = kernel · in · out = 7·7·3·64 = 9408
      biases = out = 64
      params = (7·7·3 + 1)·64 = 9472
    """
    layer, cost = audit.layers[index], audit.costs[index]
    step = None if audit.trace is None else audit.trace.steps[index]
    match layer:
        case Convolution():
            lines = _convolution_lines(layer, cost, step)
        case Linear():
            lines = _linear_lines(layer, cost, step)
        case _ if cost.parameters.total or cost.parameters.buffers:
            lines = _other_lines(layer, cost)
        case _:
            return ()
    if cost.flops:
        lines.append(f"FLOPs = 2 · MACs = {cost.flops}")
    return (Derivation("parameters", tuple(lines)),)


def _convolution_lines(layer: Convolution, cost: Cost, step: Step | None) -> list[str]:
    counted, weight = cost.parameters, weight_shape(layer) or ()
    fan = "·".join(map(str, (*layer.kernel, weight[1])))
    inner, outer = ("out", "in") if layer.transposed else ("in", "out")
    inner = f"{inner}/groups" if layer.groups > 1 else inner
    lines = [f"weights = kernel · {inner} · {outer} = {fan}·{weight[0]} = {counted.weights}"]
    lines.append(_bias_line(layer.bias, counted.biases))
    if layer.bias and not layer.transposed:
        lines.append(f"params = ({fan} + 1)·{weight[0]} = {counted.total}")
    else:
        lines.append(f"params = {counted.weights} + {counted.biases} = {counted.total}")
    if step is not None and layer.transposed:
        cells = "·".join(map(str, (*step.input.batch, layer.in_channels, *step.input.spatial)))
        lines.append(f"MACs = inputs · kernel · {inner} = {cells}·{fan} = {cost.macs}")
    elif step is not None:
        cells = "·".join(map(str, step.output.sizes))
        lines.append(f"MACs = outputs · kernel · {inner} = {cells}·{fan} = {cost.macs}")
    return lines


def _linear_lines(layer: Linear, cost: Cost, step: Step | None) -> list[str]:
    counted = cost.parameters
    lines = [
        f"weights = in · out = {layer.in_features}·{layer.out_features} = {counted.weights}",
        _bias_line(layer.bias, counted.biases),
    ]
    if layer.bias:
        lines.append(f"params = ({layer.in_features} + 1)·{layer.out_features} = {counted.total}")
    else:
        lines.append(f"params = {counted.total}")
    if step is not None:
        cells = "·".join(map(str, step.output.sizes))
        lines.append(f"MACs = outputs · in = {cells}·{layer.in_features} = {cost.macs}")
    return lines


def _other_lines(layer: Layer, cost: Cost) -> list[str]:
    """Derive the counts of a layer that is neither a convolution nor linear."""
    counted, weight = cost.parameters, weight_shape(layer)
    if isinstance(layer, Attention):
        size, keys, values = layer.features, layer.key_features, layer.value_features
        parts = [f"{size}·{size} (queries)", f"{size}·{keys or size} (keys)", f"{size}·{values or size} (values)"]
        parts += [f"{size}·{size} (output)", *([f"2·{size} (added key and value)"] if layer.key_value_bias else [])]
        lines = [f"weights = {' + '.join(parts)} = {counted.weights}"]
    elif weight is not None and prod(weight) == counted.weights:
        lines = [f"weights = {'·'.join(map(str, weight))} = {counted.weights}"]
    else:
        lines = [f"weights = {counted.weights}"]
    lines += [f"biases = {counted.biases}", f"params = {counted.weights} + {counted.biases} = {counted.total}"]
    if counted.buffers:
        lines.append(f"buffers = running mean + running variance = {counted.buffers}")
    if cost.counted_buffers:
        lines.append(f"params, buffers counted as Keras does = {counted.total} + {counted.buffers} = {cost.params}")
    return lines


def _bias_line(bias: bool, count: int) -> str:
    return f"biases = out = {count}" if bias else "biases = 0, the layer has none"


Products = Sequence[tuple[object, object]]
"""Numbers of the input, each with the weight it is multiplied by."""


def convolution_cell(
    at: tuple[int, ...], channels: Iterable[tuple[str, Iterable[Products]]], bias: object | None, answer: object
) -> Derivation:
    """Write one output cell as its sum of products, a line for each row of the kernel.

    `at` is the cell's place in the output; `channels` gives the title of each input channel and its rows of products.

    >>> print(convolution_cell((1, 0), [("", [[(2, 1), (1, 0)], [(0, 0), (1, -1)]])], None, 1))
    cell (1, 0)
        2·1 + 1·0
      + 0·0 + 1·(-1)
      = 1
    """
    lines = []
    sign = " "
    for title, rows in channels:
        if title:
            lines.append(f"  {title}")
        for row in rows:
            lines.append(f"{sign} " + " + ".join(f"{_factor(number)}·{_factor(weight)}" for number, weight in row))
            sign = "+"
    if bias is not None:
        lines.append(f"+ {_factor(bias)} (bias)")
    return Derivation(_cell_title(at), (*lines, f"= {answer}"))


def pooling_cell(
    kind: str, at: tuple[int, ...], numbers: Sequence[object], divisor: object, norm: float, answer: object
) -> Derivation:
    """Write one output cell of a pooling as the maximum, mean or norm of the real cells of its window.

    >>> print(pooling_cell("avg", (1,), [3, 4], 2, 2.0, 3.5))
    cell (1)
      (3 + 4) / 2
      = 3.5
    """
    match kind:
        case "avg":
            text = f"({' + '.join(map(_factor, numbers))}) / {divisor}"
        case "lp":
            text = f"({' + '.join(f'{_factor(number)}^{norm:g}' for number in numbers)})^(1/{norm:g})"
        case _:
            text = f"{kind}({', '.join(map(str, numbers))})"
    return Derivation(_cell_title(at), (text, f"= {answer}"))


def _cell_title(at: tuple[int, ...]) -> str:
    return f"cell ({', '.join(map(str, at))})"


def _factor(number: object) -> str:
    text = str(number)
    return f"({text})" if text.startswith("-") or "/" in text else text


def titled(text: str, derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    """Put the name of a layer before the titles of its derivations.

    >>> titled("conv:k3", [Derivation("height", ())])[0].title
    'conv:k3, height'
    """
    return tuple(each.replace(title=f"{text}, {each.title}") for each in derivations)
