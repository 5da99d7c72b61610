"""The parameters and MACs of a layer derived from its sizes."""

from __future__ import annotations

from math import prod

from convcalc import layers
from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation
from convcalc.network.cost import Cost, NetworkCost
from convcalc.network.trace import Step

MOST_TERMS = 32
"""Layers up to which a sum over them is written out."""


def cost_derivations(counted: NetworkCost, index: int) -> tuple[Derivation, ...]:
    """Derive the counts of one layer of a network; empty for a layer without weights and products.

    >>> from convcalc.network.cost import network_cost
    >>> print(cost_derivations(network_cost([layers.Convolution(3, 64, (7, 7), (2, 2), "valid", (1, 1))]), 0)[0])
    parameters
      weights = kernel · in · out = 7·7·3·64 = 9408
      biases = out = 64
      params = (7·7·3 + 1)·64 = 9472
    """
    layer, held = counted.layers[index], counted.costs[index].parameters
    own = held if isinstance(layer, layers.Unknown) else layers.parameters(layer)
    cost = counted.costs[index].replace(parameters=own)
    step = None if counted.trace is None or cost.macs is None else counted.trace.steps[index]
    match layer:
        case layers.Convolution():
            lines = _convolution_lines(layer, cost, step)
        case layers.Linear():
            lines = _linear_lines(layer, cost, step)
        case _ if cost.parameters.total or cost.parameters.buffers:
            lines = _other_lines(layer, cost)
            if step is not None:
                lines += _sequence_lines(layer, cost, step)
        case _:
            return ()
    if own != held:
        lines.append(f"params in this sum = {own.total} - {own.total - held.total} of another layer = {held.total}")
    if cost.flops:
        lines.append(f"FLOPs = 2 · MACs = 2·{cost.macs} = {cost.flops}")
    return (Derivation("parameters", tuple(_equation(line) for line in lines)),)


def _equation(line: str) -> Equation:
    left, _, right = line.partition(" = ")
    return Equation(left, "=", right)


def _convolution_lines(layer: layers.Convolution, cost: Cost, step: Step | None) -> list[str]:
    counted, weight = cost.parameters, layers.weight_shape(layer) or ()
    factors = "·".join(map(str, (*layer.kernel, weight[1])))
    inner, outer = ("out", "in") if layer.transposed else ("in", "out")
    inner = f"{inner}/groups" if layer.groups > 1 else inner
    lines = [f"weights = kernel · {inner} · {outer} = {factors}·{weight[0]} = {counted.weights}"]
    lines.append(_bias_line(layer.bias, counted.biases))
    if layer.bias and not layer.transposed:
        lines.append(f"params = ({factors} + 1)·{weight[0]} = {counted.total}")
    else:
        lines.append(f"params = {counted.weights} + {counted.biases} = {counted.total}")
    if step is not None and layer.transposed:
        cells = "·".join(map(str, (*step.input.batch, layer.in_channels, *step.input.spatial)))
        lines.append(f"MACs = inputs · kernel · {inner} = {cells}·{factors} = {cost.macs}")
    elif step is not None:
        cells = "·".join(map(str, step.output.sizes))
        lines.append(f"MACs = outputs · kernel · {inner} = {cells}·{factors} = {cost.macs}")
    return lines


def _linear_lines(layer: layers.Linear, cost: Cost, step: Step | None) -> list[str]:
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


def _other_lines(layer: layers.Layer, cost: Cost) -> list[str]:
    """Derive the counts of a layer that is neither a convolution nor linear."""
    counted, weight = cost.parameters, layers.weight_shape(layer)
    if isinstance(layer, layers.Attention):
        size, keys, values = layer.features, layer.key_features, layer.value_features
        parts = [f"{size}·{size} (queries)", f"{size}·{keys or size} (keys)", f"{size}·{values or size} (values)"]
        parts += [f"{size}·{size} (output)", *([f"2·{size} (added key and value)"] if layer.key_value_bias else [])]
        lines = [f"weights = {' + '.join(parts)} = {counted.weights}"]
        lines.append(f"biases = 4 · features = 4·{size} = {counted.biases}" if layer.bias else _bias_line(False, 0))
    elif isinstance(layer, layers.Recurrent):
        lines = _recurrent_lines(layer, counted)
    else:
        numbers = "" if weight is None or prod(weight) != counted.weights else "·".join(map(str, weight))
        named = f"{'channels' if isinstance(layer, layers.Normalization) else 'features'} = " if weight else ""
        product = f"{numbers} = " if "·" in numbers else named
        lines = [f"weights = {product}{counted.weights}"]
        lines.append(f"biases = {product if counted.biases == counted.weights else ''}{counted.biases}")
    lines.append(f"params = {counted.weights} + {counted.biases} = {counted.total}")
    if counted.buffers:
        held = isinstance(layer, layers.Held)
        running = "" if held else f"running mean + running variance = 2·{counted.buffers // 2} = "
        lines.append(f"buffers = {running}{counted.buffers}")
    if cost.counted_buffers:
        lines.append(f"params, buffers counted as Keras does = {counted.total} + {counted.buffers} = {cost.params}")
    return lines


def _recurrent_lines(layer: layers.Recurrent, counted: layers.Parameters) -> list[str]:
    """Derive the weights and biases of a recurrent layer: the matrices of its gates for input and feedback."""
    gates, directions = {"rnn": 1, "gru": 3, "lstm": 4}[layer.kind], 2 if layer.bidirectional else 1
    fed_back = layer.projection or layer.hidden
    taken = " + ".join([str(layer.in_features), *[f"{directions}·{fed_back}"] * (layer.layers - 1)])
    each = f"{gates}·{layer.hidden}·({taken} + {layer.layers}·{fed_back})"
    symbols = "directions · gates · hidden · (inputs of its layers + layers · fed back)"
    if layer.projection:
        symbols += " + directions · layers · projection · hidden"
        each += f" + {directions}·{layer.layers}·{layer.projection}·{layer.hidden}"
    lines = [f"weights = {symbols} = {directions}·{each} = {counted.weights}"]
    if not layer.bias:
        return [*lines, _bias_line(False, 0)]
    factors = f"{layer.biases}·{gates}·{layer.hidden}·{directions}·{layer.layers}"
    return [*lines, f"biases = {layer.biases} · gates · hidden · directions · layers = {factors} = {counted.biases}"]


def total_derivation(counted: NetworkCost) -> Derivation | None:
    """Derive the sums over the layers of a network, None for one layer or where layers share parameters.

    >>> from convcalc.network.cost import network_cost
    >>> print(total_derivation(network_cost([layers.Linear(3, 2), layers.Linear(2, 5)])))
    total
      params = 8 + 15 = 23
    """
    counts: dict[str, list[int | None]] = {
        "params": [cost.params for cost in counted.costs],
        "MACs": [cost.macs for cost in counted.costs],
    }
    totals = {"params": counted.total.params, "MACs": counted.total.macs}
    steps = []
    for name, values in counts.items():
        terms = [value for value in values if value]
        if 1 < len(terms) <= MOST_TERMS and sum(terms) == totals[name]:
            steps.append(Equation(name, "=", f"{' + '.join(map(str, terms))} = {totals[name]}"))
    return Derivation("total", tuple(steps)) if steps else None


def _sequence_lines(layer: layers.Layer, cost: Cost, step: Step) -> list[str]:
    """Derive the MACs of a layer that goes along a sequence."""
    if isinstance(layer, layers.ConvLSTM | layers.TimeDistributed):
        return []
    on_channels = isinstance(layer, layers.Recurrent) and layer.on_channels
    shape = step.input
    sizes = (*shape.batch, *shape.spatial) if on_channels else shape.sizes[:-1]
    *batch, positions = layers.TensorShape(sizes or (1,), 0).known_sizes
    each = "".join(f"{size}·" for size in batch)
    count = (cost.macs or 0) // prod(batch)
    if isinstance(layer, layers.Recurrent):
        return [f"MACs = steps · weights = {each}{positions}·{count // positions} = {cost.macs}"]
    if isinstance(layer, layers.Attention):
        projections = count // positions - 2 * positions * layer.features
        return [
            "MACs = positions · projections + 2 · positions² · features"
            f" = {each}({positions}·{projections} + 2·{positions}²·{layer.features}) = {cost.macs}"
        ]
    return []


def _bias_line(bias: bool, count: int) -> str:
    return f"biases = out = {count}" if bias else "biases = 0, the layer has none"
