"""Every call of the system may fail: some for each command here, all with `python -m tests.torture`."""

from __future__ import annotations

import errno

import pytest
import torture
from torture import COMMANDS, Command, Fault, Faults, Outcome, problems, run, tortured

CALLS = 3
"""Calls that fail in each command."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.words))
def test_a_call_that_fails_is_an_error_of_files_and_nothing_is_torn(command: Command) -> None:
    failed, found = tortured(command, CALLS)
    assert failed > 0
    assert found == []


def test_the_harness_counts_what_a_file_takes() -> None:
    counting = Faults()
    _, whole = run(torture.command("conv x.txt -k k.txt", "y.txt"), counting)
    assert whole.code == 0
    assert whole.files["y.txt"].startswith(b"11 15 8 ")
    assert (counting.counts["write"], counting.counts["fsync"], counting.counts["rename"]) == (1, 1, 1)
    assert counting.counts["open"] == counting.counts["close"] > 2


@pytest.mark.parametrize("kind", ["write", "fsync", "close", "rename"])
def test_the_last_call_of_every_kind_leaves_the_old_file(kind: str) -> None:
    asked = torture.command("conv x.txt -k k.txt", "y.txt")
    counting = Faults()
    run(asked, counting)
    _, found = run(asked, Faults(Fault(kind, counting.counts[kind], errno.EIO)))
    assert found.code == 4
    assert found.errors == b"convcalc: y.txt: cannot be written: Input/output error\n"
    assert found.files["y.txt"] == b"before"


WHOLE = Outcome(0, b"1 2\n3 4\n", b"", {"x": b"1", "y": b"new"})
BEFORE = {"x": b"1", "y": b"old"}


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (Outcome(4, b"", b"convcalc: y: cannot be written\nhint: no\n", BEFORE), None),
        (WHOLE, None),
        (Outcome(3, b"", b"convcalc: y: damaged\n", BEFORE), "the exit code is 3"),
        (Outcome(OSError("x"), b"", b"", BEFORE), "OSError got out"),
        (Outcome(4, b"", b"convcalc: y: no\n", {"x": b"1", "y": b"ol"}), "y is neither"),
        (Outcome(4, b"", b"convcalc: y: no\n", {"x": b"1"}), "y is neither"),
        (Outcome(4, b"", b"convcalc: y: no\n", {**BEFORE, ".y.part": b""}), ".y.part is left over"),
        (Outcome(0, b"1 2\n", b"", WHOLE.files), "the exit code is that of an answer, which is not whole"),
        (Outcome(0, WHOLE.out, b"", BEFORE), "the exit code is that of an answer, which is not whole"),
        (Outcome(4, b"1 5\n", b"convcalc: y: no\n", BEFORE), "something else was printed"),
        (Outcome(4, b"", b"", BEFORE), "the error is not one line"),
        (Outcome(4, b"", b"convcalc: a\nconvcalc: b\n", BEFORE), "the error is not one line"),
        (Outcome(4, b"", b"convcalc: a defect in convcalc\n", BEFORE), "not for a user"),
        (Outcome(4, b"", b"convcalc: " + b"a" * 300 + b"\n", BEFORE), "a line of 310 characters"),
    ],
)
def test_the_harness_finds_what_does_not_hold(found: Outcome, problem: str | None) -> None:
    said = list(problems(BEFORE, WHOLE, found, Faults()))
    assert (problem is None) == (said == [])
    assert problem is None or said[0].startswith(problem)


def test_the_harness_sees_an_error_about_something_else() -> None:
    found = Outcome(4, b"", b"convcalc: y: cannot be written: Input/output error\n", BEFORE)
    assert list(problems(BEFORE, WHOLE, found, Faults(Fault("write", 1, errno.EIO)))) == []
    (said,) = problems(BEFORE, WHOLE, found, Faults(Fault("read", 1, errno.EIO)))
    assert said.startswith("the error is not about read: ")
