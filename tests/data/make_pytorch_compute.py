"""Runs PyTorch's convolutions and poolings on small numbers in float64 and writes `pytorch_compute.json`.

Run it as `python tests/data/make_pytorch_compute.py` where `pip install torch==2.13.0` has been done.
"""

from __future__ import annotations

import math
import platform
import random
from collections.abc import Sequence
from typing import Any

import torch
from case_file import plain_numbers, write_case_file
from pytorch_compute_cases import ADAPTIVE, CONVOLUTIONS, POOLS, SPECIAL_MAXIMA, TRANSPOSED
from torch import nn

NOTES = [
    "all in float64; the inputs are whole numbers, halves where `halves` was asked for; weights and biases likewise",
    "input is (channels, spatial...) or (batch, channels, spatial...)",
    "weight is (out, in/groups, spatial...), transposed (in, out/groups, spatial...)",
    "padding is one number an axis for both its sides, or `same`",
    "indices are flat positions in the unpadded plane; among several NaN PyTorch names the last, so no case has two",
    "lp with ceil: PyTorch averages over the clipped window and multiplies by the whole kernel, so a window that"
    " overhangs is scaled up; `overhangs` marks those cases",
]


def main() -> None:
    """Write the file."""
    numbers = random.Random(20)
    convolutions = [convolution(numbers, *row, transposed=False) for row in CONVOLUTIONS]
    transposed = [convolution(numbers, *row, transposed=True) for row in TRANSPOSED]
    pools = [pooling(numbers, *row) for row in POOLS]
    pools += [adaptive(numbers, *row) for row in ADAPTIVE]
    pools += [maximum_of(values, options) for values, options in SPECIAL_MAXIMA]
    made_by = {"torch": torch.__version__, "python": platform.python_version()}
    write_case_file("pytorch_compute.json", made_by, NOTES, conv=convolutions + transposed, pool=pools)


def draw(numbers: random.Random, shape: Sequence[int], step: float) -> torch.Tensor:
    """Make a tensor of multiples of `step` between -9 and 9."""
    most = int(9 / step)
    values = [numbers.randint(-most, most) * step for _ in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(tuple(shape))


def listed(tensor: torch.Tensor) -> Any:
    """Return a tensor as nested lists for JSON."""
    return plain_numbers(tensor.tolist())


def per_axis(value: Any, rank: int) -> list[int]:
    """Return an option as one number per axis."""
    return [value] * rank if isinstance(value, int) else list(value)


def convolution(
    numbers: random.Random,
    shape: list[int],
    out_channels: int,
    kernel: list[int],
    options: dict[str, Any],
    *,
    transposed: bool,
) -> dict[str, Any]:
    """Run one convolution with weights drawn at random."""
    rank = len(kernel)
    step = 0.5 if options.get("halves") else 1.0
    arguments = {name: value for name, value in options.items() if name != "halves"}
    family: Any = getattr(nn, f"Conv{'Transpose' if transposed else ''}{rank}d")
    module = family(shape[-rank - 1], out_channels, kernel, dtype=torch.float64, **arguments)
    with torch.no_grad():
        module.weight.copy_(draw(numbers, module.weight.shape, step))
        if module.bias is not None:
            module.bias.copy_(draw(numbers, module.bias.shape, step))
        x = draw(numbers, shape, step)
        output = module(x)
    padding = options.get("padding", 0)
    return {
        "op": "conv",
        "stride": list(module.stride),
        "padding": padding if isinstance(padding, str) else per_axis(padding, rank),
        "dilation": list(module.dilation),
        "groups": module.groups,
        "transposed": transposed,
        "output_padding": list(module.output_padding),
        "padding_mode": module.padding_mode,
        "input": listed(x),
        "weight": listed(module.weight),
        "bias": None if module.bias is None else listed(module.bias),
        "output": listed(output),
    }


def pooling(
    numbers: random.Random, kind: str, shape: list[int], kernel: list[int], options: dict[str, Any]
) -> dict[str, Any]:
    """Run one pooling on numbers drawn at random."""
    step = 0.5 if options.get("halves") else 1.0
    x = draw(numbers, shape, step)
    if kind == "lp":
        x = x.abs()
    return pooled(kind, x, kernel, options)


def pooled(kind: str, x: torch.Tensor, kernel: list[int], options: dict[str, Any]) -> dict[str, Any]:
    """Run one pooling of `x` and record it with every parameter spelled out."""
    rank = len(kernel)
    arguments = {name: value for name, value in options.items() if name not in ("halves", "norm")}
    indices = None
    if kind == "max":
        family: Any = getattr(nn, f"MaxPool{rank}d")
        output, indices = family(kernel, return_indices=True, **arguments)(x)
    elif kind == "avg":
        family = getattr(nn, f"AvgPool{rank}d")
        output = family(kernel, **arguments)(x)
    else:
        family = getattr(nn, f"LPPool{rank}d")
        # The one-axis layer takes no list: it multiplies by the kernel as it is.
        output = family(options["norm"], kernel if rank > 1 else kernel[0], **arguments)(x)
    record: dict[str, Any] = {
        "op": kind,
        "kernel": kernel,
        "stride": per_axis(options.get("stride", kernel), rank),
        "padding": per_axis(options.get("padding", 0), rank),
        "dilation": per_axis(options.get("dilation", 1), rank),
        "ceil": options.get("ceil_mode", False),
        "count_include_pad": options.get("count_include_pad", True),
        "divisor": options.get("divisor_override"),
        "norm": options.get("norm"),
        "output_size": None,
        "input": listed(x),
        "indices": None if indices is None else indices.tolist(),
        "output": listed(output),
    }
    if kind == "lp":
        record["overhangs"] = overhangs(x.shape[-rank:], record)
    return record


def overhangs(sizes: Sequence[int], record: dict[str, Any]) -> bool:
    """Return whether the last window of an unpadded pooling reaches past the input on some axis."""
    if not record["ceil"]:
        return False
    return any((i - k) % s for i, k, s in zip(sizes, record["kernel"], record["stride"], strict=True))


def adaptive(numbers: random.Random, kind: str, shape: list[int], output_size: list[int]) -> dict[str, Any]:
    """Run one adaptive pooling."""
    x = draw(numbers, shape, 1.0)
    family: Any = getattr(nn, f"Adaptive{kind.capitalize()}Pool{len(output_size)}d")
    indices = None
    if kind == "max":
        output, indices = family(output_size, return_indices=True)(x)
    else:
        output = family(output_size)(x)
    return {
        "op": f"adaptive-{kind}",
        "output_size": output_size,
        "input": listed(x),
        "indices": None if indices is None else indices.tolist(),
        "output": listed(output),
    }


def maximum_of(values: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    """Run one max pooling on the numbers given: infinities, NaN, ties."""
    arguments = {name: value for name, value in options.items() if name != "kernel"}
    return pooled("max", torch.tensor(values, dtype=torch.float64), options["kernel"], arguments)


if __name__ == "__main__":
    main()
