"""Fail every system call about a file, one at a time: afterwards the old file is whole, or the new one is.

    python -m tests.torture

fails the N-th open, read, map, write, fsync, close, rename and mkdir for every N in every command below, in this
process, and prints what does not hold: an exit code other than 4 or that of the whole answer, a file that is neither
what it was nor what it should be, anything left over, more or less than one line of error, one about something else.
"""

from __future__ import annotations

import argparse
import builtins
import errno
import io
import mmap
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from convcalc import cli
from convcalc.cli import mapped_files, npy_output, pipe
from convcalc.matrix import npy, sources
from convcalc.matrix.image import png_bytes
from convcalc.matrix.npy import npy_chunks, npz_bytes

ERRORS = {
    "open": (errno.EMFILE, errno.EACCES, errno.EIO),
    "read": (errno.EIO, errno.ESTALE),
    "map": (errno.ENOMEM, errno.ENODEV),
    "write": (errno.ENOSPC, errno.EIO, errno.EDQUOT),
    "fsync": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "close": (errno.EIO, errno.ENOSPC, errno.EDQUOT),
    "rename": (errno.EACCES, errno.EXDEV, errno.ENOSPC),
    "mkdir": (errno.EACCES, errno.ENOSPC, errno.EROFS),
}
"""The kinds of calls, and how each of them may fail."""
SAID = {
    "read": "read",
    "mkdir": "made",
    **dict.fromkeys(("write", "fsync", "rename"), "write written"),
    **dict.fromkeys(("open", "map", "close"), "read write written"),
}
"""The words of which an error has one, by the kind of the call that failed."""
LONGEST_LINE = 300


class Fault(NamedTuple):
    """The call that fails: the `number`-th (from 1) of its kind, with an `error` of the system."""

    kind: str
    number: int
    error: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number} {errno.errorcode[self.error]}"


class Command(NamedTuple):
    """A command line; what comes through a pipe into its standard input; the files it writes."""

    words: tuple[str, ...]
    stdin: bytes = b""
    writes: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What a run left: the exit code, or the exception that got out; its output; all files by name."""

    code: int | BaseException
    out: bytes
    errors: bytes
    files: dict[str, bytes]


def command(line: str, *writes: str, stdin: bytes = b"") -> Command:
    """Return a command whose words are separated by blanks, `_` standing for a blank in a word."""
    return Command((*(word.replace("_", " ") for word in line.split()), *_output(writes)), stdin, writes)


def _output(writes: tuple[str, ...]) -> tuple[str, ...]:
    return ("-o", writes[0]) if len(writes) == 1 else ()


ROWS = b"".join(b"%d %d %d\n" % (row, row * row % 7, -row) for row in range(60))
COMMANDS = (
    command("conv x.txt -k k.txt"),
    command("conv x.txt -k k.txt --bias b.txt", "y.txt"),
    command("conv x.npy -k k.txt -p 1", "y.npy"),
    command("conv x.npy -k k.txt -F npy"),
    command("conv xs.npz:a -k k.txt", "y.npz"),
    command("conv - -k k.txt", "y.csv", stdin=ROWS),
    command("conv - -k k.txt", stdin=ROWS),
    command("conv x.txt -k -", "y.json", stdin=b"1 2\n0 1\n"),
    command("conv x.png -k sobel-x", "y.png"),
    command("conv x.txt -k k.txt --explain", "y.md"),
    command("conv x.txt -k k.txt --explain", "y.tex"),
    command("conv x.txt -k k.txt --watch", "y.svg"),
    command("conv x.npy -k k.txt --plan"),
    command("conv x.txt -k k.txt --check claim.txt"),
    command("conv x.txt -k k.txt --check claim.txt", "y.npy"),
    command("conv x.txt -k k.txt --grad claim.txt", "y.npz"),
    command("conv x.txt -k k.txt --grade class.csv -F csv"),
    command("conv --inputs x*.npy -k k.txt -o y{stem}.npy", "yx.npy", "yx2.npy"),
    command("conv --inputs - -k k.txt", stdin=b"x.npy\nx2.npy\n"),
    command("conv table.csv --column b -k 1_2", "y.csv"),
    command("conv - --column b -k 1_2", "y.csv", stdin=b"a,b\n" + b"1,2\n" * 80),
    command("conv --sheet 2 --seed 7 -o sheet.md --key key.md", "sheet.md", "key.md"),
    command("conv --quiz --seed 7", stdin=b"1 2\nq\n"),
    command("pool x.npy max -k 2", "y.npy"),
    command("pool x.npy avg -k 2 -s 1 --grad claim.txt --of x", "y.txt"),
    command("params -f net.txt --input 3x8x8"),
    command("params -f net.txt --input 3x8x8", "y.json"),
    command("params -f m.safetensors", "y.csv"),
    command("params -f m.pt"),
    command("shape 3x8x8 -f -", "y.svg", stdin=b"conv:4,k3\nmaxpool:2\n"),
    command("shape 3x8x8 net.txt -F mermaid"),
    command("shape --help"),
    command("conv x.npy -k k.txt", "x.npy"),
    command("conv x.txt -k k.txt", "x.txt"),
    command("conv table.csv --column b -k 1_2", "table.csv"),
    command("conv x.txt -k k.txt", "y.npy"),
    command("conv x.npy -k x2.npy -p 9", "y.tsv"),
    command("conv x.txt -k k.txt", "y.svg"),
    command("conv x.pgm -k k.txt -F table"),
    command("conv x.txt -k k.txt --watch", "y.txt"),
    command("conv x.txt -k k.txt --watch"),
    command("conv x.txt -k k.txt --explain -F json"),
    command("conv x.txt -k k.txt --grade class.csv", "y.csv"),
    command("conv --inputs x*.npy -k k.txt -o new/{stem}.txt", "new/x.txt", "new/x2.txt"),
    command("conv --inputs x*.npy -k k.txt -F json"),
    command("conv --inputs table.csv --column b -k 1_2 -o new/{stem}.csv"),
    command("conv - --column b -k 1_2", stdin=b"a,b\n" + b"1,2\n" * 80),
    command("pool - max -k 2 -F npy", stdin=b"".join(npy_chunks(np.ones((9, 7))))),
    command("pool x.npy max -k 2 --indices", "y.json"),
    command("pool --sheet 2 --seed 7 -o sheet.tex --key key.tex", "sheet.tex", "key.tex"),
    command("shape --each each.txt"),
    command("params --each -", stdin=b"3x8x8 conv:4,k3\n3x9x9 fc:2\n"),
    command("shape -f net.cfg --explain", "y.tex"),
    command("shape 3x8x8 -f net.py", "y.csv"),
    command("params -f net.json", "y.md"),
    command("params -f net.keras -F csv"),
    command("help exercises"),
    command("conv --help-all"),
)


DATA = Path(__file__).parent / "data"
WEIGHTS, KERAS = DATA / "weights", DATA / "keras_files"


class Faults:
    """Counts the calls of every kind, and fails the one that is asked for."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.counts: Counter[str] = Counter()
        self.on_errors = False

    def call(self, kind: str, descriptor: int = -1) -> None:
        """Count a call; raise OSError in place of the one that is to fail."""
        self.counts[kind] += 1
        if self.fault is not None and self.fault[:2] == (kind, self.counts[kind]):
            self.on_errors = sys.stderr.fileno() == descriptor
            raise OSError(self.fault.error, os.strerror(self.fault.error))


def faulty_file(faults: Faults) -> type[io.FileIO]:
    """Return a class of files whose calls are counted."""

    class FaultyFile(io.FileIO):
        def __init__(self, file: Any, *arguments: Any, **options: Any) -> None:
            if not isinstance(file, int):
                faults.call("open")
            super().__init__(file, *arguments, **options)

        def readinto(self, buffer: Any, /) -> int | None:
            faults.call("read")
            return super().readinto(buffer)

        def readall(self) -> bytes:
            faults.call("read")
            return super().readall()

        def write(self, data: Any, /) -> int:
            faults.call("write", self.fileno())
            return super().write(data)

        def close(self) -> None:
            if not self.closed:
                super().close()
                faults.call("close")

    return FaultyFile


def faulty_open(kind: type[io.FileIO]) -> Callable[..., Any]:
    """Return what does the work of `open` with files of a class."""

    def opened(file: Any, mode: str = "r", buffering: int = -1, *text: Any, closefd: bool = True, **more: Any) -> Any:
        raw = kind(file, mode.replace("b", "").replace("t", ""), closefd=closefd)
        if buffering == 0:
            return raw
        reads = "r" in mode and "+" not in mode
        buffered = (
            io.BufferedRandom(raw) if "+" in mode else io.BufferedReader(raw) if reads else io.BufferedWriter(raw)
        )
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **more)

    return opened


def counted(faults: Faults, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of `os` whose calls are counted; a close takes place even where it fails, as Linux has it."""

    def call(*arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options) if kind == "close" else None
        faults.call(kind)
        return result if kind == "close" else function(*arguments, **options)

    return call


@contextmanager
def faulty_system(faults: Faults) -> Iterator[type[io.FileIO]]:
    """Put counted calls in the place of the system's, and small sizes in the place of large, for short runs."""
    kind = faulty_file(faults)
    FaultyMap = type("FaultyMap", (mmap.mmap,), {"__new__": _new_map(faults)})  # noqa: N806 a class
    calls = {
        "open": "open",
        "read": "read",
        "write": "write",
        "fsync": "fsync",
        "close": "close",
        "replace": "rename",
        "mkdir": "mkdir",
    }
    with ExitStack() as stack:
        for name, counted_as in {**calls, "rename": "rename", "posix_fallocate": "write"}.items():
            if hasattr(os, name):
                stack.enter_context(patch.object(os, name, counted(faults, counted_as, getattr(os, name))))
        for module in (builtins, io):
            stack.enter_context(patch.object(module, "open", faulty_open(kind)))
        stack.enter_context(patch.object(mmap, "mmap", FaultyMap))
        stack.enter_context(patch.object(sources, "_File", type("_File", (sources._File, kind), {})))
        stack.enter_context(patch.object(npy_output, "LARGE", 1))
        stack.enter_context(patch.object(npy, "_MAPPED_FROM", 1))
        stack.enter_context(patch.object(mapped_files, "MAPPED_FROM", 1))
        stack.enter_context(patch.object(mapped_files, "_guarded", {}))
        stack.enter_context(patch.object(pipe, "FIRST_READ_BYTES", 64))
        yield kind


def _new_map(faults: Faults) -> Callable[..., Any]:
    whole = mmap.mmap.__new__

    def new(kind: type[mmap.mmap], *arguments: Any, **options: Any) -> mmap.mmap:
        faults.call("map")
        return whole(kind, *arguments, **options)

    return new


def prepare(folder: Path, writes: tuple[str, ...]) -> None:
    """Write the inputs of all commands, and an old file in the place of each that is to be written."""
    x = np.arange(48.0).reshape(6, 8) % 11
    numbers = "\n".join(" ".join(map(str, row)) for row in x.astype(int).tolist())
    claim = "\n".join(" ".join(map(str, row)) for row in _correlated(x))
    files = {
        **dict.fromkeys(writes, b"before"),
        "x.npy": b"".join(npy_chunks(x)),
        "x2.npy": b"".join(npy_chunks(x.T)),
        "x.txt": numbers.encode(),
        "k.txt": b"1 2\n0 1\n",
        "b.txt": b"1\n",
        "claim.txt": claim.encode(),
        "class.csv": b'name,answer\nann,"1 2; 3 4"\nbob,x\n',
        "table.csv": b"a,b\n1,2\n3,4\n5,6\n",
        "net.txt": b"conv:4,k3 relu\nmaxpool:2\n",
        "xs.npz": npz_bytes(a=x, b=x),
        "x.png": png_bytes(x),
        "m.safetensors": (WEIGHTS / "state.safetensors").read_bytes(),
        "m.pt": (WEIGHTS / "state.pt").read_bytes(),
        "net.cfg": b"[net]\nheight=8\nwidth=8\nchannels=3\n[convolutional]\nfilters=4\nsize=3\n",
        "net.py": b"import torch.nn as nn\nmodel = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n",
        "net.json": (KERAS / "chain.json").read_bytes(),
        "net.keras": (KERAS / "sequence.keras").read_bytes(),
        "x.pgm": b"P5 8 6 255\n" + bytes(x.astype(np.uint8)),
        "each.txt": b"3x8x8 conv:4,k3\n# none\n8 maxpool:2\n",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def _correlated(x: Any) -> list[list[int]]:
    return (x[:-1, :-1] + 2 * x[:-1, 1:] + x[1:, 1:]).astype(int).tolist()  # type: ignore[no-any-return]


def run(asked: Command, faults: Faults) -> tuple[dict[str, bytes], Outcome]:
    """Run a command in a folder of its own; return the files before, and what the run left."""
    with tempfile.TemporaryDirectory() as name:
        folder, streams = Path(name) / "work", Path(name)
        folder.mkdir()
        prepare(folder, asked.writes)
        before = _files(folder)
        reading, writing = os.pipe()
        os.write(writing, asked.stdin)
        os.close(writing)
        out, errors = (os.open(streams / stream, os.O_RDWR | os.O_CREAT) for stream in ("out", "errors"))
        here = Path.cwd()
        os.chdir(folder)
        try:
            code = _answered(asked, faults, reading, out, errors)
        finally:
            os.chdir(here)
            for number in (reading, out, errors):
                os.close(number)
        return before, Outcome(
            code, (streams / "out").read_bytes(), (streams / "errors").read_bytes(), _files(folder)
        )


def _answered(asked: Command, faults: Faults, *numbers: int) -> int | BaseException:
    """Return the exit code of a command with faulty standard streams, or the exception that got out of it."""
    kind = faulty_file(faults)
    raws = [kind(number, mode, closefd=False) for number, mode in zip(numbers, "rww", strict=True)]
    texts: list[Any] = [
        io.TextIOWrapper(io.BufferedReader(raws[0]), "utf-8"),
        io.TextIOWrapper(io.BufferedWriter(raws[1]), "utf-8"),
        io.TextIOWrapper(io.BufferedWriter(raws[2]), "utf-8", "backslashreplace", line_buffering=True),
    ]
    try:
        with patch.multiple(sys, stdin=texts[0], stdout=texts[1], stderr=texts[2]), faulty_system(faults):
            code = cli.main(asked.words)
            texts[1].flush()
            return code
    except BaseException as error:
        return error
    finally:
        for raw in raws:
            # The buffers have nothing left; they would fail once more where a write failed.
            io.FileIO.close(raw)


def _files(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder and of those in it, by their names from there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def problems(before: dict[str, bytes], whole: Outcome, found: Outcome, faults: Faults) -> Iterator[str]:
    """Yield what is wrong with how a run ended in which a call failed, `whole` being the run in which none did."""
    answered = found.code == whole.code
    if isinstance(found.code, BaseException):
        yield f"{type(found.code).__name__} got out: {found.code}"
    elif not answered and found.code != 4:
        yield f"the exit code is {found.code}"
    if faults.on_errors and not answered:
        yield "diagnostics that could not be written changed the exit code"
    for name in sorted(found.files.keys() | before.keys()):
        if name not in before and name not in whole.files:
            yield f"{name} is left over"
        elif found.files.get(name) not in (before.get(name), whole.files.get(name)):
            yield f"{name} is neither the old file nor the new one"
    if answered and (found.out, found.files) != (whole.out, whole.files):
        yield "the exit code is that of an answer, which is not whole"
    if not set(found.out.splitlines()) <= {*whole.out.splitlines(), b""} and not whole.out.startswith(found.out):
        yield "something else was printed"
    lines = [line for line in found.errors.decode().splitlines() if not line.startswith("convcalc: note: ")]
    if not answered and not faults.on_errors and len([line for line in lines if not line.startswith("hint: ")]) != 1:
        yield f"the error is not one line: {lines}"
    said = "" if faults.fault is None or faults.on_errors else SAID[faults.fault.kind]
    if said and not answered and not any(word in line for word in said.split() for line in lines):
        yield f"the error is not about {said}: {lines}"
    yield from (f"a line of {len(line)} characters" for line in lines if len(line) > LONGEST_LINE)
    yield from (f"not for a user: {line}" for line in lines if "Traceback" in line or "defect" in line)


def tortured(asked: Command, most: int | None = None, seed: int = 0) -> tuple[int, list[str]]:
    """Fail every call of a command, or `most` chosen by a seed; return how many failed, and the problems found."""
    run(asked, Faults())  # imports and caches, once
    counting = Faults()
    before, whole = run(asked, counting)
    assert whole.code in (0, 1), whole.errors
    chance = random.Random(f"{seed} {asked.words}")
    faults = [
        Fault(kind, number, chance.choice(ERRORS[kind]))
        for kind in ERRORS
        for number in range(1, counting.counts[kind] + 1)
    ]
    if most is not None and len(faults) > most:
        faults = chance.sample(faults, most)
    found = []
    for fault in faults:
        failing = Faults(fault)
        outcome = run(asked, failing)[1]
        found += [f"{' '.join(asked.words)}: {fault}: {each}" for each in problems(before, whole, outcome, failing)]
    return len(faults), found


def main() -> int:
    """Torture every command, print what was found, and return 1 if that is anything."""
    parser = argparse.ArgumentParser(description="Fail every system call about a file, one at a time.")
    parser.add_argument("--most", type=int, help="calls per command, chosen by the seed (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    total, found = 0, []
    for each in COMMANDS:
        failed, wrong = tortured(each, asked.most, asked.seed)
        print(f"{failed:5} {' '.join(each.words)}", *wrong, sep="\n      ", flush=True)
        total += failed
        found += wrong
    print(f"{total} calls failed, {len(found)} problems")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
