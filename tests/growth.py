"""Whether any reader takes more than linear time: each is fed every mark and every pair of marks, repeated.

    python -m tests.growth [NAME]...

Names, or beginnings of them, choose among `READERS`. A repetition is read at a length and at four times that length;
what takes more than six times as long, and long enough to tell, is measured again and printed. Time is that of the
processor, the least of several runs. Returns 1 where something grows.
"""

from __future__ import annotations

import itertools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType

if __package__:
    # `python -m tests.growth` finds its neighbors in a folder that the tests themselves name without `tests.`.
    sys.path.insert(0, str(Path(__file__).parent))

from fuzz import ask
from fuzz_questions import Question

SHORT, LONG = 1500, 6000
"""Characters of the shorter and of the longer repetition."""
TOLD_SECONDS = 0.08
"""Below which nothing can be told."""
MOST_GROWTH = 6.0
PATIENCE_SECONDS = 4

X, K = "1 0 1; 2 1 0; 0 1 1", "1 0; 0 1"
MARKS = [
    *"1aeE.-+,;:|/*=#%\\'\"`~&<>()[]{}_ \n\t@!?^",
    "\u00d7",
    "\uff11",
    "\u0663",
    "\u202e",
    "...",
    "1 ",
    "1,",
    "1\n",
]
"""What is repeated, by itself and two by two."""


def typed(ending: str, *words: str, before: str | bytes = "", after: str = "") -> Callable[[str], Question]:
    """Return what asks about a file with a text in it."""
    name = f"x.{ending}"
    arguments = tuple(name if word == "FILE" else word for word in words)
    start = before.encode() if isinstance(before, str) else before

    def question(text: str) -> Question:
        return Question(arguments, files=((name, start + (text + after).encode()),))

    return question


def option(name: str, *words: str, before: str = "", after: str = "") -> Callable[[str], Question]:
    """Return what asks with a text as the value of an option, or as an argument for the option ``."""

    def question(text: str) -> Question:
        value = before + text.replace("\0", "") + after
        return Question((*words, f"{name}={value}") if name else (words[0], value, *words[1:]))

    return question


def piped(*words: str, before: str = "", after: str = "") -> Callable[[str], Question]:
    """Return what asks with a text on standard input."""
    return lambda text: Question(words, (before + text + after).encode())


CONV, POOL, SHAPE, PARAMS = (
    ("conv", X, "-k", K),
    ("pool", X, "max", "-k", "2"),
    ("shape", "3x32x32", "conv:8,k3"),
    ("params", "3x32x32", "conv:8,k3"),
)
PROGRAM = "import torch.nn as nn\nclass A(nn.Module):\n    def forward(self, x):\n        return "
READERS: dict[str, Callable[[str], Question]] = {
    "matrix": typed("txt", "conv", "FILE", "-k", "[[1]]"),
    "matrix, rows": typed("txt", "conv", "FILE", "-k", "[[1]]", before="1 2\n3 4\n"),
    "matrix, brackets": typed("txt", "conv", "FILE", "-k", "[[1]]", before="tensor([[1, 2],\n", after="]])"),
    "matrix, LaTeX": typed("txt", "conv", "FILE", "-k", "[[1]]", before=r"\begin{bmatrix}", after=r"\end{bmatrix}"),
    "matrix, CSV": typed("csv", "conv", "FILE", "-k", "[[1]]", before='a,"b"\n1,2\n'),
    "matrix, column": typed("csv", "conv", "FILE", "--column", "a", "-k", "[[1]]", before="a,b\n1,2\n"),
    "matrix, JSON": typed("json", "conv", "FILE", "-k", "[[1]]", before='{"data": [[', after="]]}"),
    "matrix, PGM": typed("pgm", "conv", "FILE", "-k", "[[1]]", before="P2\n"),
    "matrix, kernel": option("-k", "conv", X, before="box:"),
    "matrix, argument": option("", "conv", "-k", K, before="1 2; "),
    "npy header": typed("npy", "conv", "FILE", "-k", "[[1]]", before=b"\x93NUMPY\x02\0\0\x10\0\0{'descr': "),
    "short": typed("txt", "params", "-f", "FILE", before="conv:8,k3 "),
    "short, fields": typed("txt", "params", "-f", "FILE", before="conv:"),
    "short, group": typed("txt", "params", "-f", "FILE", before="(relu ", after=")"),
    "PyTorch's call": typed("txt", "params", "-f", "FILE", before="Conv2d(3, 8, ", after=")"),
    "Keras's call": typed("txt", "params", "-f", "FILE", before="Conv2D(8, ", after=", padding='same')"),
    "print": piped("params", "-f", "-", before="Net(\n  (a): Conv2d(3, 8, kernel_size=(3, 3))\n  (b): ", after="\n)"),
    "summary": piped("params", "-f", "-", before="Layer (type) Output Shape Param #\n====\nConv2d-1 [-1, 3] 8\n"),
    "program": typed("py", "params", "FILE", before=PROGRAM),
    "program, text": typed("py", "params", "FILE", before=PROGRAM + "f'", after="'"),
    "program, lines": typed("py", "params", "FILE", before="import torch.nn as nn\n"),
    "cfg": typed("cfg", "params", "FILE", before="[net]\nwidth=3\nheight=3\nchannels=3\n[convolutional]\nfilters="),
    "cfg, sections": typed("cfg", "params", "FILE", before="[net]\nwidth=3\n["),
    "prototxt": typed("prototxt", "params", "FILE", before='layer { type: "ReLU" '),
    "prototxt, text": typed("prototxt", "params", "FILE", before='layer { type: "'),
    "Keras's JSON": typed("json", "params", "FILE", before='{"class_name": "Sequential", "config": '),
    "onnx": typed("onnx", "params", "FILE", before=b"\x08\x08:\x80\x20"),
    "safetensors": typed("safetensors", "params", "FILE", before=b'\x10\x10\0\0\0\0\0\0{"a": '),
    "each": piped("shape", "--each", "-", before="3x32x32 conv:8,k3 "),
    "each, sizes": piped("shape", "--each", "-", "conv:8,k3"),
    "grade": typed("csv", *CONV, "--grade", "FILE", before="name,answer\nAnna,"),
    "check, matrix": option("--check", *CONV, before="1 2; "),
    "check, pool": option("--check", *POOL),
    "check, size": option("--check", *SHAPE, before="8x"),
    "check, number": option("--check", *PARAMS),
    "size": option("", "shape", "conv:8,k3", before="3x32"),
    "layer": option("", "shape", "224", before="conv:8,"),
    **{
        f"{words[0]} {name}": option(name, *words)
        for words, names in (
            (SHAPE, ("--kernel", "--stride", "--padding", "--dilation", "--want", "--region", "--depth")),
            (PARAMS, ("--input", "--field", "--depth")),
            (CONV, ("--bias", "--boundary", "--at", "--scale", "--tol", "--memory", "--grad", "--like", "--threads")),
            (POOL, ("--norm", "--adaptive", "--divisor", "--max-elements")),
        )
        for name in names
    },
}
"""What asks a question that one reader reads, by its name."""


class Endless(BaseException):
    """Raised in a question that takes longer than the patience for it."""


def seconds(question: Question, times: int) -> float:
    """Return the least time of the processor that a question takes."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Endless

    signal.signal(signal.SIGVTALRM, end)
    least = float(PATIENCE_SECONDS)
    for _ in range(times):
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_SECONDS)
        start = time.process_time()
        with suppress(Endless, OSError, ValueError):
            ask(question)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        least = min(least, time.process_time() - start)
    return least


def repetitions() -> Iterator[str]:
    """Yield every mark and every pair of marks."""
    yield from MARKS
    yield from ("".join(pair) for pair in itertools.permutations(MARKS, 2))


def growth(made: Callable[[str], Question], mark: str) -> tuple[float, float] | None:
    """Return what the short and the long repetition take, None where that does not grow faster than they do."""
    long = seconds(made(mark * (LONG // len(mark))), 1)
    if long < TOLD_SECONDS:
        return None
    found = [seconds(made(mark * (length // len(mark))), 2) for length in (SHORT, LONG, 4 * LONG)]
    # What every question takes is in all three.
    first, second = found[1] - found[0], found[2] - found[1]
    return (found[1], found[2]) if second > TOLD_SECONDS and second > MOST_GROWTH * max(first, 0.001) else None


def main(names: list[str]) -> int:
    """Feed all readers, or those whose names begin with one of `names`."""
    print("| reader | repeated | seconds | seconds, four times as long |\n| --- | --- | ---: | ---: |")
    grown = 0
    for name, made in READERS.items():
        if names and not name.startswith(tuple(names)):
            continue
        for mark in repetitions():
            found = growth(made, mark)
            if found is not None:
                grown += 1
                print(f"| {name} | {mark!r} | {found[0]:.2f} | {found[1]:.2f} |", flush=True)
    print(f"\n{grown} grow faster than what they read")
    return bool(grown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
