"""Random questions to `conv` and `pool`, each asked in several ways, against plain loops.

    python -m tests.differential --runs 2000 [--seed S]

A question is asked as text on the command line, through a pipe, and in `.npy` files, by every algorithm that can do
it, with one thread and with three, in little memory and in much. Whole numbers must be equal; of floats each cell may
differ from the loops by the promised share of its sum of absolute products.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if __package__:
    # `python -m tests.differential` finds this file in a folder that the tests themselves name without `tests.`.
    sys.path.insert(0, str(Path(__file__).parent))

from oracles import build, convolve_loops, pool_loops, shape_of, transposed_loops
from streams import standard_streams

from convcalc.cli import main as convcalc

ALGORITHMS = {
    "conv": ("direct", "im2col", "row-im2col", "toeplitz", "separable", "fft"),
    "pool": ("direct", "doubling"),
}
KINDS = ("whole", "float64", "float32")
SHARE = {"whole": 0.0, "float64": 1e-13, "float32": 1e-5}
BOUNDARIES = ("zeros", "zeros", "reflect", "symmetric", "replicate", "circular", "constant")


class Question(NamedTuple):
    """Options of one command, its operands as nested lists, and what plain loops say, with the largest errors."""

    command: str
    kind: str
    x: Any
    weight: Any
    options: tuple[str, ...]
    answer: Any
    scale: Any


def question(draw: random.Random) -> Question:
    """Draw a question that has an answer."""
    while True:
        found = _pooling(draw) if draw.random() < 0.35 else _convolution(draw)
        # Text of one column is a series for a window of one axis, and a note says so.
        if found is not None and shape_of(found.x)[-1:] != (1,):
            return found


def _numbers(draw: random.Random, kind: str, sizes: tuple[int, ...]) -> Any:
    if kind == "whole":
        return build(sizes, lambda _: draw.randint(-9, 9))
    # Eight binary digits behind the point: exact in float32, whatever way they are written.
    return build(sizes, lambda _: draw.randint(-(2**12), 2**12) / 256)


def _axes(draw: random.Random, rank: int) -> tuple[list[int], ...]:
    kernel, stride, dilation, before, after = (
        [draw.choice(choices) for _ in range(rank)]
        for choices in ((1, 2, 3, 3, 4), (1, 1, 2, 3, 11), (1, 1, 1, 2), (0, 0, 1, 2), (0, 0, 1, 2))
    )
    extent = [step * (size - 1) + 1 for size, step in zip(kernel, dilation, strict=True)]
    size = [
        max(1, length - low - high) + draw.randint(0, 5)
        for length, low, high in zip(extent, before, after, strict=True)
    ]
    return size, kernel, stride, dilation, before, after


def _window_options(stride: list[int], dilation: list[int], before: list[int], after: list[int]) -> list[str]:
    def joined(numbers: list[int]) -> str:
        return "x".join(map(str, numbers))

    padding = "x".join(f"{low}:{high}" for low, high in zip(before, after, strict=True))
    return ["-s", joined(stride), "-d", joined(dilation), "-p", padding, "--dims", str(len(stride))]


def _convolution(draw: random.Random) -> Question | None:
    rank = draw.choice((1, 2, 2, 2, 3))
    kind = draw.choice(KINDS)
    size, kernel, stride, dilation, before, after = _axes(draw, rank)
    loops: Callable[..., Any] = convolve_loops
    groups, transposed = draw.choice((1, 1, 2, 3)), draw.random() < 0.25
    channels, outputs = groups * draw.randint(1, 2), groups * draw.randint(1, 3)
    boundary = "zeros" if transposed else draw.choice(BOUNDARIES)
    if boundary in ("zeros", "replicate", "constant") and not transposed and draw.random() < 0.2:
        before, after = [draw.randint(3, 9) for _ in range(rank)], [draw.randint(0, 9) for _ in range(rank)]
    limit = {"reflect": 0, "symmetric": 1, "circular": 1}.get(boundary)
    widths = zip(before, after, size, strict=True)
    if limit is not None and any(max(low, high) >= length + limit for low, high, length in widths):
        return None
    options = [*_window_options(stride, dilation, before, after), "-g", str(groups)]
    x = _numbers(draw, kind, (*draw.choice(((), (), (2,))), channels, *size))
    pads = list(zip(before, after, strict=True))
    rules: dict[str, Any] = {"stride": stride, "padding": pads, "dilation": dilation, "groups": groups}
    beside: dict[str, Any] = {}
    if transposed:
        weight = _numbers(draw, kind, (channels, outputs // groups, *kernel))
        spread = zip(size, stride, kernel, dilation, pads, strict=True)
        if any((n - 1) * s + d * (k - 1) + 1 - low - high < 1 for n, s, k, d, (low, high) in spread):
            return None
        options.append("--transposed")
        loops = transposed_loops
    else:
        weight = _numbers(draw, kind, (outputs, channels // groups, *kernel))
        if rank == 2 and draw.random() < 0.5:
            column, row = ([draw.randint(1, 4) for _ in range(length)] for length in kernel)
            weight = build(shape_of(weight), lambda at: column[at[2]] * row[at[3]])
        rules["boundary"] = boundary
        if boundary == "constant":
            constant = draw.randint(-3, 3)
            boundary, beside = f"constant:{constant}", {"constant": constant}
        options += ["--boundary", boundary]
    answer = loops(x, weight, **rules, **beside)
    scale = loops(_absolute(x), _absolute(weight), **rules, **{name: abs(value) for name, value in beside.items()})
    return Question("conv", kind, x, weight, tuple(options), answer, scale)


def _pooling(draw: random.Random) -> Question | None:
    rank = draw.choice((1, 2, 2, 3))
    kind = draw.choice(KINDS)
    size, kernel, stride, dilation, before, after = _axes(draw, rank)
    extent = [step * (length - 1) + 1 for length, step in zip(kernel, dilation, strict=True)]
    # Every window must hold a real cell.
    if any(low >= each or high >= each for low, high, each in zip(before, after, extent, strict=True)):
        return None
    if any(step > 1 for step in dilation):
        before, after = [0] * rank, [0] * rank
        size = [max(length, each) for length, each in zip(size, extent, strict=True)]
    name, counted = draw.choice(("max", "min", "avg")), draw.random() < 0.5
    x = _numbers(draw, kind, (draw.randint(1, 3), *size))
    pads = list(zip(before, after, strict=True))
    rules: dict[str, Any] = {"stride": stride, "padding": pads, "dilation": dilation, "count_include_pad": counted}
    answer = pool_loops(x, name, kernel, **rules)
    options = [name, "-k", "x".join(map(str, kernel)), *_window_options(stride, dilation, before, after)]
    options += [] if counted or name != "avg" else ["--no-count-pad"]
    scale = pool_loops(_absolute(x), "avg" if name == "avg" else "max", kernel, **rules)
    return Question("pool", kind, x, None, tuple(options), answer, scale)


def _absolute(nested: Any) -> Any:
    return [_absolute(each) for each in nested] if isinstance(nested, list) else abs(nested)


def ways(asked: Question, folder: Path, draw: random.Random) -> Iterator[tuple[str, tuple[str, ...], bytes]]:
    """Yield names, arguments and standard input of ways to ask a question; every one writes `y.npy`."""
    dtype = np.dtype("int64" if asked.kind == "whole" else asked.kind)
    np.save(folder / "x.npy", np.array(asked.x, dtype))
    head: tuple[str, ...] = asked.options
    kernel: tuple[str, ...] = ()
    if asked.command == "conv":
        np.save(folder / "w.npy", np.array(asked.weight, dtype))
        kernel = ("-k", str(folder / "w.npy"))
    out = ("-o", str(folder / "y.npy"))
    if asked.kind != "float32":
        text = str(asked.x)
        written = ("-k", str(asked.weight)) if kernel else ()
        yield "text", (asked.command, text, *head, *written, *out), b""
        yield "pipe", (asked.command, "-", *head, *kernel, *out), text.encode()
    x = str(folder / "x.npy")
    for algorithm in ALGORITHMS[asked.command]:
        threads, memory = draw.choice(("1", "3")), draw.choice(("1MiB", "512MiB"))
        engine = ("--algorithm", algorithm, "--threads", threads, "--memory", memory)
        yield f"{algorithm}, {threads} threads, {memory}", (asked.command, x, *head, *kernel, *engine, *out), b""
    yield "npy", (asked.command, x, *head, *kernel, *out), b""


def faults(seed: str, folder: Path, counts: Counter[str]) -> Iterator[str]:
    """Ask the question of a seed in every way and yield where an answer differs from the loops."""
    draw = random.Random(seed)
    asked = question(draw)
    for name, arguments, stdin in ways(asked, folder, draw):
        (folder / "y.npy").unlink(missing_ok=True)
        code, message = _run(arguments, stdin)
        algorithm = name.partition(",")[0]
        if code == 2 and algorithm in ALGORITHMS[asked.command] and "cannot do this" in message:
            counts[f"{algorithm} not able"] += 1
            continue
        counts[algorithm] += 1
        fault = f"exit code {code}: {message[:200]}" if code else _difference(asked, np.load(folder / "y.npy"))
        if fault:
            yield f"seed {seed}, {name}: {fault}; {asked.command} {shape_of(asked.x)} {' '.join(asked.options)}"


def _run(arguments: tuple[str, ...], stdin: bytes) -> tuple[int, str]:
    """Run a command in this process; return its exit code and what it wrote to standard error."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        given.write(stdin)
        given.seek(0)
        with standard_streams(given, out, said):
            code = convcalc(arguments)
        said.seek(0)
        return code, said.read().decode()


def _difference(asked: Question, found: NDArray[Any]) -> str:
    """Return how an answer differs from the loops, "" where it does not."""
    wanted, scale = np.array(asked.answer, float), np.array(asked.scale, float)
    if found.reshape(-1).shape != wanted.reshape(-1).shape:
        return f"{found.shape} instead of {wanted.shape}"
    error = np.abs(found.astype(float).reshape(wanted.shape) - wanted)
    # Averages of whole numbers are the nearest float64 of what the loops have as a float.
    allowed = SHARE[asked.kind] * scale + (4e-16 * np.abs(wanted) if asked.command == "pool" else 0)
    if (error <= allowed).all():
        return ""
    at = np.unravel_index(np.argmax(error - allowed), error.shape)
    return f"{error[at]} from {wanted[at]} at {tuple(map(int, at))}, {allowed[at]} allowed"


def main() -> int:
    """Read the command line, ask, and print what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for index in range(given.runs):
            for fault in faults(f"{given.seed}.{index}", Path(folder), counts):
                broken += 1
                print(fault)
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    print(f"{broken} answers to {given.runs} questions differ")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
