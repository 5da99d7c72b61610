"""Random questions by the thousand: none may end in a defect, a traceback, or take long or much memory.

    python -m tests.fuzz --runs 10000 [--kind KIND]... [--seed S]
    python -m tests.fuzz --kind matrices --seed 7 --only 123

The questions are those of `fuzz_questions`; each is asked in this process by `cli.main`, in a folder of its own, with
its time and the memory it adds watched. Another process asks the questions, so that one without an end can be ended.
Prints a Markdown table by kind; every question that breaks a promise is printed with the command that asks it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

if __package__:
    # `python -m tests.fuzz` finds this file in a folder that the tests themselves name without `tests.`.
    sys.path.insert(0, str(Path(__file__).parent))

from fuzz_questions import KINDS, Question
from streams import standard_streams

from convcalc import cli

LONGEST_SECONDS = 2.0
"""Of the processor, so that a busy machine breaks no promise; a question that only waits runs out of patience."""
MOST_BYTES = 300 << 20
LONGEST_LINE = 300
"""Characters in an error's first line."""
PATIENCE_SECONDS = 30.0
"""After which a question is held to have no end."""


class Outcome(NamedTuple):
    """How a question ended."""

    code: int
    seconds: float
    bytes: int
    faults: tuple[str, ...]


def ask(question: Question) -> Outcome:
    """Ask a question in an empty folder and return how it ended."""
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, data in question.files:
                Path(name).write_bytes(data)
            return _answered(question)
        finally:
            os.chdir(home)


def _answered(question: Question) -> Outcome:
    """Run the command line with files for its streams."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(question.stdin)
        given.seek(0)
        before = _peak(reset=True)
        with standard_streams(given, out, err):
            start = time.process_time()
            crash = ""
            try:
                code = cli.main(question.arguments)
            except BaseException as error:
                code, crash = 70, f"{type(error).__name__}: {error}"
            seconds = time.process_time() - start
        added = max(0, _peak() - before)
        out.seek(0)
        err.seek(0)
        faults = [f"raised {crash}"] if crash else []
        faults += _faults(code, out.read(), err.read().decode(errors="replace"))
    faults += [f"took {seconds:.1f} s"] if seconds > LONGEST_SECONDS else []
    faults += [f"took {added >> 20} MB"] if added > MOST_BYTES else []
    return Outcome(code, seconds, added, tuple(faults))


def _faults(code: int, answer: bytes, messages: str) -> Iterator[str]:
    """Yield what an exit code and the streams say against an answer."""
    if code not in (0, 1, 2, 3, 4):
        yield f"exit code {code}: {messages[-300:]}"
    if "Traceback" in messages or "Warning:" in messages:
        yield f"a traceback or a warning: {messages[-300:]}"
    if code >= 2:
        errors = [
            line
            for line in messages.splitlines()
            if line.startswith(("convcalc: ", '{"code": ')) and ": note: " not in line[:17]
        ]
        if not errors:
            yield f"exit code {code} without a message"
        elif len(errors[-1]) > LONGEST_LINE:
            yield f"a message of {len(errors[-1])} characters: {errors[-1][:80]}"
        if answer:
            yield f"exit code {code} behind an answer of {len(answer)} bytes"


def _peak(*, reset: bool = False) -> int:
    """Return the most memory that was resident since the last reset, in bytes; 0 where the system does not say."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def question_of(kind: str, seed: int, index: int) -> Question:
    """Return the question number `index` of a kind."""
    return KINDS[kind](random.Random(f"{kind} {seed} {index}"))


def _serve(pipe: Connection) -> None:
    """Ask what comes through a pipe, until its other end is closed, which is when the last answer was read."""
    with suppress(EOFError):
        while True:
            kind, seed, index = pipe.recv()
            pipe.send(ask(question_of(kind, seed, index)))


class _Asker:
    """A process that asks questions; a new one where a question had no end, or has ended it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._pipe, other = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def ask(self, kind: str, seed: int, index: int) -> Outcome:
        self._pipe.send((kind, seed, index))
        try:
            if self._pipe.poll(PATIENCE_SECONDS):
                outcome: Outcome = self._pipe.recv()
                return outcome
            fault = f"no end after {PATIENCE_SECONDS:.0f} s"
        except (EOFError, ConnectionError):
            fault = "ended the process"
        self._process.kill()
        self._process.join()
        self._start()
        return Outcome(70, PATIENCE_SECONDS, 0, (fault,))


def run(kinds: list[str], runs: int, seed: int) -> int:
    """Ask `runs` questions, shared among the kinds, print the table, and return how many broke a promise."""
    asker, broken = _Asker(), 0
    print("| kind | questions | answered | exit codes | median ms | slowest, s | most MB |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: |")
    for position, kind in enumerate(kinds):
        outcomes = []
        for index in range(runs // len(kinds) + (position < runs % len(kinds))):
            outcome = asker.ask(kind, seed, index)
            outcomes.append(outcome)
            if outcome.faults:
                broken += 1
                print(f"{kind} {index}: {'; '.join(outcome.faults)}", file=sys.stderr)
                print(f"  python -m tests.fuzz --kind {kind} --seed {seed} --only {index}", file=sys.stderr)
        print(_row(kind, outcomes), flush=True)
    print(f"\n{broken} of {runs} questions broke a promise")
    return broken


def _row(kind: str, outcomes: list[Outcome]) -> str:
    codes = Counter(outcome.code for outcome in outcomes)
    answered = (codes[0] + codes[1]) / max(1, len(outcomes))
    seconds = sorted(outcome.seconds for outcome in outcomes) or [0.0]
    most = max((outcome.bytes for outcome in outcomes), default=0)
    shown = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
    times = f"{seconds[len(seconds) // 2] * 1e3:.1f} | {seconds[-1]:.2f}"
    return f"| {kind} | {len(outcomes)} | {answered:.0%} | {shown} | {times} | {most / 2**20:.0f} |"


def _show(question: Question) -> None:
    """Print a question so that it can be asked by hand."""
    for name, data in question.files:
        print(f"{name}: {data!r}")
    if question.stdin:
        print(f"standard input: {question.stdin!r}")
    print("convcalc", shlex.join(question.arguments))


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Ask random questions.")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="show and ask one question")
    given = parser.parse_args()
    kinds = given.kind or list(KINDS)
    if given.only is None:
        return 1 if run(kinds, given.runs, given.seed) else 0
    question = question_of(kinds[0], given.seed, given.only)
    _show(question)
    outcome = ask(question)
    print(outcome)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
