"""Ask the hostile questions, each of a process of its own, and print what each takes beyond the start of its command.

    python -m tests.hostile [NAME]...

Names, or beginnings of them, choose among `hostile_questions`. Prints a Markdown table; the time is that of the
processor, so that a machine under load measures the same. Returns 1 where a question ends in anything but an answer
or one line and exit code 2, 3 or 4.
"""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

if __package__:
    # `python -m tests.hostile` finds this file in a folder that the tests themselves name without `tests.`.
    sys.path.insert(0, str(Path(__file__).parent))

from fuzz_questions import Question
from hostile_questions import BASE, QUESTIONS

LONGEST_LINE = 300
PACKAGE = Path(__file__).parent.parent / "convcalc"
# Installed packages are compiled; a checkout must be allowed to keep its compiled files too.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
MEASURED = """
import os, sys
_, status, used = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss << 10, file=open("used", "w"))
"""
"""Runs a command and writes what it took: a process counts the memory of the one that starts it as its own."""


class Outcome(NamedTuple):
    """How a process ended: exit code, seconds of the processor, bytes of memory, output, lines of errors."""

    code: int
    seconds: float
    bytes: int
    out: int
    errors: list[str]

    @property
    def is_kept(self) -> bool:
        """Whether the promise is kept."""
        first = [line for line in self.errors if line.startswith("convcalc: ") and ": note: " not in line[:17]]
        whole = not self.out and len(first) == 1 and len(first[0]) <= LONGEST_LINE
        return self.code in (0, 1) or (self.code in (2, 3, 4) and whole)


def ask(question: Question) -> Outcome:
    """Ask a question in a folder of its own."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        folder = Path(name)
        (folder / "standard input").write_bytes(question.stdin)
        for file, data in question.files:
            (folder / file).write_bytes(data)
        command = [sys.executable, "-m", "convcalc", *question.arguments]
        with (folder / "standard input").open("rb") as given:
            small = [sys.executable, "-S", "-c", MEASURED, *command]
            subprocess.run(small, cwd=folder, stdin=given, stdout=out, stderr=errors, env=ENVIRONMENT, check=True)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").splitlines()
        code, seconds, most = (folder / "used").read_text().split()
        return Outcome(int(code), float(seconds), int(most), os.fstat(out.fileno()).st_size, lines)


def main(names: list[str]) -> int:
    """Ask all, or those whose names begin with one of `names`."""
    compileall.compile_dir(PACKAGE, quiet=1)
    starts = {command: ask(Question(words)) for command, words in BASE.items()}
    print("| question | exit code | seconds | MB | first line |\n| --- | ---: | ---: | ---: | --- |")
    broken = 0
    for name, made in QUESTIONS.items():
        if names and not name.startswith(tuple(names)):
            continue
        try:
            question = made()
            found = ask(question)
        except (
            OSError,
            ValueError,
            subprocess.CalledProcessError,
        ) as error:  # an argument that the system does not take
            print(f"| {name} | | | | not asked: {error} |")
            continue
        start = starts[question.arguments[0]]
        seconds, more = max(0.0, found.seconds - start.seconds), max(0, found.bytes - start.bytes) / 2**20
        broken += not found.is_kept
        first = found.errors[0][:60].replace("|", "\\|") if found.errors and found.code else ""
        print(f"| {name} | {found.code} | {seconds:.2f} | {more:.0f} | {first} |", flush=True)
    print(f"\n{broken} broke the promise")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
