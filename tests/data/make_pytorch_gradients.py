"""Runs PyTorch's autograd on convolutions and poolings drawn at random and writes `pytorch_gradients.json`.

Run it as `python tests/data/make_pytorch_gradients.py` where `pip install torch==2.14.1` has been done.
"""

from __future__ import annotations

import math
import platform
import random
from collections.abc import Sequence
from typing import Any

import torch
from case_file import plain_numbers, write_case_file
from torch.nn import functional

NOTES = [
    "all in float64; inputs, kernels, biases and dy are whole numbers",
    "kind says what input and kernel mean: plane x kernel, one kernel on each channel, a bank of kernels, one filter"
    " over all channels, or the framework's own",
    "padding is (before, after) for each axis; boundary what it holds",
    "x is positive where the pooling is lp; where it is max or min there are ties, and the first cell wins",
]
CONVOLUTIONS, TRANSPOSED, POOLINGS = 170, 90, 140
MOST_NUMBERS = 220
KINDS = ("plane", "each", "bank", "filter", "framework")
BOUNDARIES = ("zeros", "zeros", "reflect", "replicate", "circular", "constant")


def main() -> None:
    """Write the file."""
    numbers = random.Random(12)
    convolutions = drawn(CONVOLUTIONS, lambda: convolution(numbers))
    transposed = drawn(TRANSPOSED, lambda: transposed_convolution(numbers))
    poolings = drawn(POOLINGS, lambda: pooling(numbers))
    made_by = {"torch": torch.__version__, "python": platform.python_version()}
    write_case_file("pytorch_gradients.json", made_by, NOTES, conv=convolutions + transposed, pool=poolings)


def drawn(count: int, draw: Any) -> list[dict[str, Any]]:
    """Draw until there are enough cases; a draw that is too large or that PyTorch refuses is None."""
    cases: list[dict[str, Any]] = []
    while len(cases) < count:
        case = draw()
        if case is not None:
            cases.append(case)
    return cases


def tensor(numbers: random.Random, shape: Sequence[int], low: int = -9) -> torch.Tensor:
    """Make a tensor of whole numbers that wants its gradient."""
    values = [numbers.randint(low, 9) for _ in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(tuple(shape)).requires_grad_()


def unequal(numbers: random.Random, low: int, high: int, rank: int) -> list[int]:
    """Draw sizes, no two the same where the range has as many."""
    pool = list(range(low, high + 1))
    return numbers.sample(pool, rank) if len(pool) >= rank else [numbers.randint(low, high) for _ in range(rank)]


def window(numbers: random.Random, rank: int) -> dict[str, Any]:
    """Draw size, kernel, stride, padding and dilation of each axis."""
    most = {1: 14, 2: 7, 3: 4}[rank]
    return {
        "sizes": unequal(numbers, 2, most, rank),
        "kernel": unequal(numbers, 1, 4 if rank < 3 else 3, rank),
        "stride": unequal(numbers, 1, 3, rank),
        "dilation": [numbers.choice([1, 1, 2, 3]) for _ in range(rank)],
        "padding": [[numbers.randint(0, 2), numbers.randint(0, 2)] for _ in range(rank)],
    }


def channels(numbers: random.Random, kind: str, *, transposed: bool = False) -> tuple[list[int], list[int], int]:
    """Draw the leading axes of input and kernel, and the groups."""
    match kind:
        case "plane":
            return [], [], 1
        case "each":
            return numbers.choice([[3], [2, 3]]), [], 1
        case "bank":
            return [], [numbers.randint(2, 4)], 1
        case "filter":
            count = numbers.randint(2, 4)
            return [count], [count], 1
        case _:
            groups = numbers.choice([1, 1, 2, 3])
            inputs, outputs = groups * numbers.randint(1, 2), groups * numbers.randint(1, 3)
            lead = [inputs, outputs // groups] if transposed else [outputs, inputs // groups]
            return numbers.choice([[inputs], [3, inputs]]), lead, groups


def convolution(numbers: random.Random) -> dict[str, Any] | None:
    """Run one convolution forwards and backwards."""
    rank, kind = numbers.randint(1, 3), numbers.choice(KINDS)
    axes, (lead, kernel_lead, groups) = window(numbers, rank), channels(numbers, kind)
    boundary, flip = numbers.choice(BOUNDARIES), numbers.random() < 0.25
    limits = {"reflect": -1, "circular": 0}
    if boundary in limits and any(
        max(pad) > size + limits[boundary] for pad, size in zip(axes["padding"], axes["sizes"], strict=True)
    ):
        return None
    x, kernel = tensor(numbers, [*lead, *axes["sizes"]]), tensor(numbers, [*kernel_lead, *axes["kernel"]])
    constant = numbers.randint(1, 5) if boundary == "constant" else None
    if x.numel() + kernel.numel() > MOST_NUMBERS or too_small(axes):
        return None
    stacked, weight, all_groups = framework(x, kernel, rank, kind, groups)
    sides = [side for pad in reversed(axes["padding"]) for side in pad]
    mode = "constant" if boundary in ("zeros", "constant") else boundary
    padded = functional.pad(stacked, sides, mode=mode, **({"value": constant or 0} if mode == "constant" else {}))
    if flip:
        weight = weight.flip(list(range(weight.ndim - rank, weight.ndim)))
    bias = bias_of(numbers, kind, lead, len(weight))
    operation = getattr(functional, f"conv{rank}d")
    output = operation(padded, weight, per_output(bias, len(weight)), axes["stride"], 0, axes["dilation"], all_groups)
    return recorded(numbers, "conv", kind, x, kernel, bias, output, rank, axes) | {
        "groups": groups,
        "boundary": boundary,
        "constant": constant,
        "flip": flip,
    }


def too_small(axes: dict[str, Any]) -> bool:
    """Return whether a window does not fit."""
    each = zip(axes["sizes"], axes["padding"], axes["kernel"], axes["dilation"], strict=True)
    return any(size + sum(pad) < d * (k - 1) + 1 for size, pad, k, d in each)


def framework(
    x: torch.Tensor, kernel: torch.Tensor, rank: int, kind: str, groups: int, *, transposed: bool = False
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return input and kernel with the axes of the framework."""
    sizes, taps = x.shape[x.ndim - rank :], kernel.shape[kernel.ndim - rank :]
    match kind:
        case "plane":
            return x.reshape(1, 1, *sizes), kernel.reshape(1, 1, *taps), 1
        case "each":
            count = x.shape[x.ndim - rank - 1]
            return x.reshape(-1, count, *sizes), kernel.expand(count, 1, *taps), count
        case "bank":
            weight = kernel.unsqueeze(0 if transposed else 1)
            return x.reshape(1, 1, *sizes), weight, 1
        case "filter":
            weight = kernel.unsqueeze(1 if transposed else 0)
            return x.unsqueeze(0), weight, 1
        case _:
            return (x if x.ndim == rank + 2 else x.unsqueeze(0)), kernel, groups


def bias_of(numbers: random.Random, kind: str, lead: list[int], outputs: int) -> torch.Tensor | None:
    """Draw no bias, one number, or one for each output channel."""
    wanted = numbers.choice(["none", "one", "each"])
    if wanted == "none":
        return None
    return tensor(numbers, [1 if wanted == "one" else outputs])


def per_output(bias: torch.Tensor | None, outputs: int) -> torch.Tensor | None:
    """Return a bias with one number for each output channel."""
    return None if bias is None else bias.expand(outputs)


def transposed_convolution(numbers: random.Random) -> dict[str, Any] | None:
    """Run one transposed convolution forwards and backwards; unequal padding is cut off afterwards."""
    rank, kind = numbers.randint(1, 3), numbers.choice(KINDS)
    axes, (lead, kernel_lead, groups) = window(numbers, rank), channels(numbers, kind, transposed=True)
    axes["sizes"] = [min(size, 5) for size in axes["sizes"]]
    pairs = zip(axes["stride"], axes["dilation"], strict=True)
    extra = [numbers.randint(0, max(stride, dilation) - 1) for stride, dilation in pairs]
    flip = numbers.random() < 0.25
    x, kernel = tensor(numbers, [*lead, *axes["sizes"]]), tensor(numbers, [*kernel_lead, *axes["kernel"]])
    if x.numel() + kernel.numel() > MOST_NUMBERS:
        return None
    stacked, weight, all_groups = framework(x, kernel, rank, kind, groups, transposed=True)
    if flip:
        weight = weight.flip(list(range(weight.ndim - rank, weight.ndim)))
    operation = getattr(functional, f"conv_transpose{rank}d")
    outputs = weight.shape[1] * all_groups
    bias = bias_of(numbers, kind, lead, outputs)
    output = operation(
        stacked, weight, per_output(bias, outputs), axes["stride"], 0, extra, all_groups, axes["dilation"]
    )
    place = []
    for size, (before, after) in zip(output.shape[2:], axes["padding"], strict=True):
        if size - before - after < 1:
            return None
        place.append(slice(before, size - after))
    output = output[(slice(None), slice(None), *place)]
    return recorded(numbers, "transposed", kind, x, kernel, bias, output, rank, axes) | {
        "groups": groups,
        "output_padding": extra,
        "flip": flip,
    }


def recorded(
    numbers: random.Random,
    op: str,
    kind: str,
    x: torch.Tensor,
    kernel: torch.Tensor,
    bias: torch.Tensor | None,
    output: torch.Tensor,
    rank: int,
    axes: dict[str, Any],
) -> dict[str, Any]:
    """Send a gradient back and record everything; the output has the axes that input and kernel gave it."""
    lead = x.shape[: x.ndim - rank]
    if kind in ("plane", "each"):
        shape = (*lead, *output.shape[2:])
    elif len(lead) == 2:
        shape = tuple(output.shape)
    else:
        shape = tuple(output.shape[1:])
    dy = tensor(numbers, shape).detach()
    output.reshape(shape).backward(dy)
    return {
        "op": op,
        "kind": kind,
        "dims": rank,
        "stride": axes["stride"],
        "padding": axes["padding"],
        "dilation": axes["dilation"],
        "x": listed(x),
        "kernel": listed(kernel),
        "bias": None if bias is None else listed(bias),
        "dy": listed(dy),
        "dx": listed(x.grad),
        "dw": listed(kernel.grad),
        "db": None if bias is None else listed(bias.grad),
    }


def listed(values: torch.Tensor | None) -> Any:
    """Return a tensor as nested lists for JSON."""
    assert values is not None
    return plain_numbers(values.tolist())


def pooling(numbers: random.Random) -> dict[str, Any] | None:
    """Run one pooling forwards and backwards."""
    rank, kind = numbers.randint(1, 3), numbers.choice(["max", "max", "min", "avg", "avg", "lp"])
    axes = window(numbers, rank)
    if kind == "lp" and rank == 3:
        return None
    lead = numbers.choice([[2], [3, 2]])
    x = tensor(numbers, [*lead, *axes["sizes"]], low=1 if kind == "lp" else -9)
    if x.numel() > MOST_NUMBERS:
        return None
    adaptive = kind != "lp" and kind != "min" and numbers.random() < 0.25
    options: dict[str, Any] = {}
    if adaptive:
        options["adaptive"] = [numbers.randint(1, size) for size in axes["sizes"]]
        output = getattr(functional, f"adaptive_{kind}_pool{rank}d")(x, options["adaptive"])
    else:
        options = pooling_options(numbers, kind, axes)
        try:
            output = pooled(kind, rank, x, options)
        except RuntimeError:
            return None
    if not torch.isfinite(output).all():
        return None  # a window without a real cell
    dy = tensor(numbers, output.shape).detach()
    output.backward(dy)
    return {"kind": kind, "dims": rank, **options, "x": listed(x), "dy": listed(dy), "dx": listed(x.grad)}


def pooling_options(numbers: random.Random, kind: str, axes: dict[str, Any]) -> dict[str, Any]:
    """Draw what a pooling of a kind takes in PyTorch: padding alike on both sides, at most half of the kernel."""
    options: dict[str, Any] = {"kernel": axes["kernel"], "stride": axes["stride"]}
    if kind != "lp":
        options["padding"] = [min(pad[0], k // 2) for pad, k in zip(axes["padding"], axes["kernel"], strict=True)]
        options["ceil"] = numbers.random() < 0.5
    if kind in ("max", "min"):
        options["dilation"] = axes["dilation"]
    if kind == "avg":
        options["count_padding"] = numbers.random() < 0.5
        options["divisor"] = numbers.choice([None, None, 3]) if len(axes["kernel"]) > 1 else None
    if kind == "lp":
        options["norm"] = numbers.choice([1, 2, 3])
    return options


def pooled(kind: str, rank: int, x: torch.Tensor, options: dict[str, Any]) -> torch.Tensor:
    """Pool by PyTorch; a minimum is the maximum of the negative."""
    kernel, stride = options["kernel"], options["stride"]
    output: torch.Tensor
    if kind in ("max", "min"):
        sign = 1 if kind == "max" else -1
        function = getattr(functional, f"max_pool{rank}d")
        output = sign * function(
            sign * x, kernel, stride, options["padding"], options["dilation"], ceil_mode=options["ceil"]
        )
    elif kind == "avg":
        arguments = {"ceil_mode": options["ceil"], "count_include_pad": options["count_padding"]}
        if options["divisor"] is not None:
            arguments["divisor_override"] = options["divisor"]
        output = getattr(functional, f"avg_pool{rank}d")(x, kernel, stride, options["padding"], **arguments)
    elif rank == 1:
        output = functional.lp_pool1d(x, options["norm"], kernel[0], stride[0])
    else:
        output = functional.lp_pool2d(x, options["norm"], kernel, stride)
    return output


if __name__ == "__main__":
    main()
