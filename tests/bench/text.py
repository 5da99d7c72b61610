"""Text in and out: 10^6 numbers against NumPy's own reader and writer, as ratios in one run.

Runs are interleaved, medians of 7. Targets: reading decimals with all their digits at most 0.6 of `numpy.loadtxt`'s
time, whole numbers at most 1.2; writing at most 0.2 of `numpy.savetxt`'s; peak memory of reading at most 6 times
the matrix (where /proc tells it); the whole of `convcalc conv big.txt -k sobel-x > out.txt` at most 0.4 of a script
with `loadtxt`, `scipy.signal.correlate2d` and `savetxt` (left out where SciPy is not installed).

Numbers of few digits have no target: there `loadtxt` is quicker than JSON's numbers can be read and put in an array.

    python tests/bench/text.py
"""

from __future__ import annotations

import importlib.util
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcalc.matrix.text import parse_matrix
from convcalc.matrix.writing.formats import format_plain, plain_chunks

RUNS = 7
SHAPE = (1000, 1000)
MEMORY = """
import sys
import numpy, orjson
from convcalc.matrix.files import read_matrix
import convcalc.matrix.fast.lines
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
before = peak()
matrix = read_matrix(sys.argv[1])
print((peak() - before) * 1024 / matrix.array.nbytes)
"""
SCIPY = """
import sys
import numpy as np
from scipy.signal import correlate2d
matrix = np.loadtxt(sys.argv[1])
np.savetxt(sys.stdout, correlate2d(matrix, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "valid"))
"""

Row = tuple[str, float, str, float, float | None]


def medians(runs: dict[str, Callable[[], object]], count: int = RUNS) -> dict[str, float]:
    """Time callables in turns and give the median of each in seconds."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(count + 1):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def read_and_write(name: str, numbers: NDArray[Any], target: float | None, **form: str) -> list[Row]:
    """Compare reading and writing of one matrix with NumPy's."""
    text = format_plain(numbers)
    read = parse_matrix(text, place="bench").array
    assert read.astype(numbers.dtype).tobytes() == numbers.tobytes()
    times = medians(
        {
            "read": lambda: parse_matrix(text, place="bench"),
            "loadtxt": lambda: np.loadtxt(io.BytesIO(text), dtype=read.dtype),
            "write": lambda: io.BytesIO().writelines(plain_chunks(numbers)),
            "savetxt": lambda: np.savetxt(io.BytesIO(), numbers, **form),
        }
    )
    return [
        (f"read {name}", times["read"], "loadtxt", times["loadtxt"], target),
        (f"write {name}", times["write"], "savetxt", times["savetxt"], 0.2),
    ]


def whole_process(path: Path) -> list[Row]:
    """Compare `convcalc conv big.txt -k sobel-x` with a script of NumPy and SciPy."""
    if importlib.util.find_spec("scipy") is None:
        return []
    commands = {
        "convcalc": [sys.executable, "-m", "convcalc", "conv", str(path), "-k", "sobel-x"],
        "scipy": [sys.executable, "-c", SCIPY, str(path)],
    }

    def run(command: list[str]) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    times = medians({name: lambda command=command: run(command) for name, command in commands.items()}, 3)  # type: ignore[misc]
    return [("conv big.txt -k sobel-x > out.txt", times["convcalc"], "SciPy script", times["scipy"], 0.4)]


def main() -> None:
    """Measure and print Markdown tables."""
    random = np.random.default_rng(0)
    decimals = random.standard_normal(SHAPE)
    rows = read_and_write("decimals, all digits", decimals, 0.6)
    rows += read_and_write("decimals of float32", decimals.astype(np.float32), None)
    rows += read_and_write("float32, written in float64's digits", decimals.astype(np.float32).astype(float), 0.6)
    rows += read_and_write("whole numbers", random.integers(-999, 1000, SHAPE), 1.2, fmt="%d")
    memory = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.txt"
        for name, numbers in (("decimals", decimals), ("whole numbers", random.integers(-999, 1000, SHAPE))):
            path.write_bytes(format_plain(numbers))
            run = subprocess.run(
                [sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True
            )
            memory[name] = float(run.stdout)
        path.write_bytes(format_plain(decimals))
        rows += whole_process(path)
    print("| 10^6 numbers | ms | against | ms | ratio | target |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for name, taken, peer, peers, target in rows:
        print(f"| {name} | {taken * 1e3:.0f} | {peer} | {peers * 1e3:.0f} | {taken / peers:.2f} | {target or ''} |")
    print("\n| peak memory of reading | times the matrix | target |")
    print("| --- | ---: | ---: |")
    for name, times in memory.items():
        print(f"| {name} | {times:.1f} | 6 |")


if __name__ == "__main__":
    main()
