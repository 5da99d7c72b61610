"""How long layers take to read: linear in their number, and beside Python's own parser on the same text.

    python tests/bench/layers.py

Prints a Markdown table of medians of interleaved rounds: microseconds a layer, the time divided by that of
`ast.parse` on the layers as one Python list, and the time a layer at the larger size divided by that at the smaller,
which is 1 where reading is linear. Under it, the wall time of `convcalc params` on 10 000 layers from a pipe.
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from convcalc.notation import parse_layers

SIZES = (1_000, 10_000)
ROUNDS = 7
BLOCK = ("Conv2d(64, 64, kernel_size=3, padding=1, bias=False)", "BatchNorm2d(64)", "ReLU(inplace=True)")


def repeated(count: int) -> list[str]:
    """Return layers as networks have them, few of them different."""
    return [BLOCK[index % len(BLOCK)] for index in range(count)]


def different(count: int) -> list[str]:
    """Return layers of which no two are equal."""
    return [f"Conv2d({index + 1}, {index + 2}, kernel_size=3, padding=1)" for index in range(count)]


def lines(layers: list[str]) -> str:
    """Write a layer a line."""
    return "\n".join(layers)


def sequential(layers: list[str]) -> str:
    """Write one expression."""
    return "nn.Sequential(\n" + ",\n".join(f"    nn.{layer}" for layer in layers) + ")"


def printed(layers: list[str]) -> str:
    """Write what `print(model)` shows."""
    return "Net(\n" + "\n".join(f"  ({index}): {layer}" for index, layer in enumerate(layers)) + "\n)"


def short(layers: list[str]) -> str:
    """Write the short notation."""
    return "\n".join(f"conv:{index % 64 + 1},k3,p1" for index in range(len(layers)))


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    print("| text | µs a layer | ÷ ast.parse | growth |\n| --- | ---: | ---: | ---: |")
    for name, form, layers in (
        ("lines, repeated", lines, repeated),
        ("lines, all different", lines, different),
        ("Sequential, all different", sequential, different),
        ("printed, repeated", printed, repeated),
        ("printed, all different", printed, different),
        ("short", short, repeated),
    ):
        texts = [form(layers(size)) for size in SIZES]
        peer = f"[{','.join(layers(SIZES[-1]))}]"
        work: list[Callable[[], object]] = [partial(parse_layers, text) for text in texts] + [
            partial(ast.parse, peer)
        ]
        rounds = [[seconds(one) for one in work] for _ in range(ROUNDS)]
        small, large, python = (statistics.median(column) for column in zip(*rounds, strict=True))
        growth = (large / SIZES[1]) / (small / SIZES[0])
        print(f"| {name} | {large / SIZES[1] * 1e6:.1f} | {large / python:.2f} | {growth:.2f} |", flush=True)
    text = lines(repeated(SIZES[-1])).encode()
    command = [sys.executable, "-m", "convcalc", "params", "-q", "-f", "-"]
    run = partial(subprocess.run, command, input=text, check=True, capture_output=True)
    times = [seconds(run) for _ in range(ROUNDS)]
    print(f"\n`convcalc params` on {SIZES[-1]} layers from a pipe: {statistics.median(times):.2f} s")


if __name__ == "__main__":
    main()
