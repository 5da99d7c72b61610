"""Start-up of whole commands, as ratios against what every run needs: Typer, and Typer with NumPy.

Runs are interleaved, medians of 15. Targets: `shape` at most 1.10 of an empty Typer app with two commands, a 5x5
`conv` from text at most 1.15 of importing typer and numpy.

    python tests/bench/startup.py
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15
# Installed packages are compiled; a checkout must be allowed to keep its compiled files too.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
EMPTY_APP = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def first(name: str = "x") -> None:
    print(name)
@app.command()
def second(name: str = "x") -> None:
    print(name)
app()
"""
MATRIX = "1 2 0 3 1\n0 1 1 0 0\n1 2 1 0 0\n5 2 3 1 1\n2 1 0 1 1\n"


def seconds(command: list[str]) -> float:
    """Run a command and give the wall time it took."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def medians(commands: dict[str, list[str]]) -> dict[str, float]:
    """Time commands in turns and give the median of each."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(RUNS + 1):
        for name, command in commands.items():
            taken = seconds(command)
            if turn:  # the first turn fills the file cache
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure and print a Markdown table."""
    python = sys.executable
    with tempfile.TemporaryDirectory() as folder:
        app, matrix = Path(folder) / "app.py", Path(folder) / "matrix.txt"
        app.write_text(EMPTY_APP)
        matrix.write_text(MATRIX)
        times = medians(
            {
                "empty app": [python, str(app), "first"],
                "shape": [python, "-m", "convcalc", "shape", "224", "-k", "7", "-s", "2", "-p", "3"],
                "typer, numpy": [python, "-c", "import typer, numpy"],
                "conv": [python, "-m", "convcalc", "conv", str(matrix), "-k", "1 2 1; 0 1 0; 2 1 0"],
            }
        )
    print("| command | ms | against | ms | ratio | target |")
    print("| --- | ---: | --- | ---: | ---: | ---: |")
    for name, peer, target in (("shape", "empty app", 1.10), ("conv", "typer, numpy", 1.15)):
        ratio = times[name] / times[peer]
        print(f"| {name} | {times[name] * 1e3:.0f} | {peer} | {times[peer] * 1e3:.0f} | {ratio:.2f} | {target:.2f} |")


if __name__ == "__main__":
    main()
