"""A student who reads nothing but the statement of an exercise and answers it by plain loops and hand formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

import oracles

Step = Any  # a step of a statement: it has `text`, or `rows` and a `caption`


class Read:
    """A layer as its words say it."""

    def __init__(self, words: str) -> None:
        self.name = re.split(r" from | to | of | with |:|,", words.removeprefix("a ").strip())[0].strip()
        found = re.search(r"from (\d+) to (\d+)", words)
        self.inputs: int | None = int(found[1]) if found else None
        self.outputs: int | None = int(found[2]) if found else None
        if found is None and (found := re.search(r"to (\d+) (?:feature|channel)", words)):
            self.outputs = int(found[1])
        self.kernel = self._pair(r"(?:kernel|window) (\d+)x(\d+)", words, (0, 0))
        self.stride = self._pair(r"stride (\d+)(?:x(\d+))?", words, (1, 1))
        self.dilation = self._pair(r"dilation (\d+)(?:x(\d+))?", words, (1, 1))
        self.extra = self._pair(r"output padding (\d+)(?:x(\d+))?", words, (0, 0))
        self.padding = self._pair(r"(?<!output )padding (\d+)(?:x(\d+))?", words, (0, 0))
        self.same = "same padding" in words
        self.ceil = "ceil mode" in words
        self.counted = "padding not counted" not in words
        groups = re.search(r"(\d+) groups", words)
        self.groups = int(groups[1]) if groups else 1
        self.biases = "without biases" not in words

    @staticmethod
    def _pair(pattern: str, words: str, missing: tuple[int, int]) -> tuple[int, int]:
        found = re.search(pattern, words)
        if found is None:
            return missing
        return int(found[1]), int(found[found.lastindex or 1])

    def sides(self, axis: int, size: int) -> tuple[int, int]:
        """Return the padding of an axis of that many cells, before and after."""
        if not self.same:
            return self.padding[axis], self.padding[axis]
        windows = -(-size // self.stride[axis])
        total = max((windows - 1) * self.stride[axis] + self.kernel[axis] - size, 0)
        return total // 2, total - total // 2

    def starts(self, axis: int, size: int) -> list[int]:
        """List where the windows on an axis begin."""
        before, after = self.sides(axis, size)
        return oracles.legal_starts(
            size, self.kernel[axis], self.stride[axis], before, after, self.dilation[axis], self.ceil
        )

    def spread(self, axis: int, size: int) -> int:
        """Return the size of an axis over which every cell has been spread."""
        reached = {cell * self.stride[axis] + tap for cell in range(size) for tap in range(self.kernel[axis])}
        return max(reached) + 1 - 2 * self.padding[axis] + self.extra[axis]


def sentences(statement: Sequence[Step]) -> list[str]:
    """Return the sentences of a statement without their backquotes."""
    return [step.text.replace("`", "") for step in statement if hasattr(step, "text")]


def network_of(statement: Sequence[Step]) -> tuple[list[int] | None, list[Read], str]:
    """Return the size that goes in, the layers, and what is asked."""
    lines = sentences(statement)
    size = re.search(r"input of (\d+(?:x\d+)*)", lines[0])
    sizes = [int(number) for number in size[1].split("x")] if size else None
    if len(lines) == 1:
        first, asked = re.fullmatch(r"(.*?)\. ((?:What|How many) .*\?)", lines[0]).groups()  # type: ignore[union-attr] # it fits
        return sizes, [Read(first.rpartition("goes through ")[2] if size else first.lower())], asked
    return sizes, [Read(re.sub(r"^\(\d+\) ", "", line)) for line in lines[1:-1]], lines[-1]


def size_after(sizes: list[int], layer: Read) -> list[int]:
    """Return the size that comes out of a layer."""
    lead, spatial = sizes[:-2], sizes[-2:]
    match layer.name:
        case "ReLU" | "batch normalization":
            return sizes
        case "flatten":
            return [prod(sizes)]
        case "linear layer":
            return [*sizes[:-1], layer.outputs or 0]
        case "transposed convolution":
            spatial = [layer.spread(axis, size) for axis, size in enumerate(spatial)]
        case "convolution" | "maximum pooling" | "average pooling":
            spatial = [len(layer.starts(axis, size)) for axis, size in enumerate(spatial)]
        case _:
            raise AssertionError(layer.name)
    return [layer.outputs or lead[0], *spatial] if lead else spatial


def answer_size(statement: Sequence[Step]) -> list[int]:
    """Answer an exercise about sizes."""
    sizes, layers, _ = network_of(statement)
    assert sizes is not None
    for layer in layers:
        sizes = size_after(sizes, layer)
    return sizes


def answer_count(statement: Sequence[Step]) -> int:
    """Answer an exercise about counts."""
    sizes, layers, asked = network_of(statement)
    held = macs = 0
    for layer in layers:
        before = sizes
        sizes = None if sizes is None else size_after(sizes, layer)
        outputs = layer.outputs or 0
        if layer.name == "batch normalization":
            held += 2 * (before or [0])[0]
        if not outputs:
            continue
        inputs = layer.inputs or (before or [0])[0]
        window = prod(layer.kernel) if layer.kernel != (0, 0) else 1
        weights = window * (inputs // layer.groups) * outputs
        held += weights + outputs * layer.biases
        cells = before if layer.name.startswith("transposed") else sizes
        macs += weights * prod((cells or [0])[1:])
    if "parameters" in asked:
        return held
    return 2 * macs if "FLOPs" in asked else macs


def matrices(statement: Sequence[Step]) -> list[tuple[str, list[list[int]]]]:
    """Return the matrices of a statement, each after its caption."""
    return [
        (step.caption, [[int(cell) for cell in row] for row in step.rows])
        for step in statement
        if hasattr(step, "rows")
    ]


def answer_values(statement: Sequence[Step]) -> Any:
    """Answer an exercise about a convolution or a pooling, in nested lists (channel, row, column)."""
    words = sentences(statement)
    layer = Read(re.search(r"goes through (.*?)(?: \((?:the kernel|each)|\. What)", words[0])[1])  # type: ignore[index] # it fits
    found = matrices(statement)
    x = [rows for caption, rows in found if caption.startswith("input")]
    kernels = [rows for caption, rows in found if not caption.startswith("input")]
    if "pooling" in layer.name:
        kind = "max" if "maximum" in layer.name else "avg"
        if layer.name.startswith("global"):
            return [[[_pooled(kind, [cell for row in plane for cell in row])]] for plane in x]
        padding = [layer.sides(axis, size) for axis, size in enumerate((len(x[0]), len(x[0][0])))]
        options: dict[str, Any] = {"stride": layer.stride, "padding": padding, "ceil": layer.ceil}
        return oracles.pool_loops(x, kind, layer.kernel, count_include_pad=layer.counted, **options)
    if "turned by 180 degrees first" in words[0]:
        kernels = [[row[::-1] for row in kernel[::-1]] for kernel in kernels]
    outputs = layer.outputs or 1
    seen = len(kernels) // outputs
    weight = [kernels[number * seen : (number + 1) * seen] for number in range(outputs)]
    biases = next((line for line in words if line.startswith("Bias")), None)
    bias = None if biases is None else [int(number) for number in re.findall(r"-?\d+", biases)]
    padding = [layer.sides(axis, size) for axis, size in enumerate((len(x[0]), len(x[0][0])))]
    if layer.name == "transposed convolution":
        assert outputs == 1
        return oracles.transposed_loops(
            x, [[kernel] for kernel in kernels], stride=layer.stride, padding=padding, output_padding=layer.extra
        )
    return oracles.convolve_loops(
        x,
        weight,
        stride=layer.stride,
        padding=padding,
        dilation=layer.dilation,
        groups=layer.groups,
        bias=bias,
    )


def _pooled(kind: str, numbers: list[int]) -> Fraction:
    return Fraction(max(numbers)) if kind == "max" else Fraction(sum(numbers), len(numbers))
