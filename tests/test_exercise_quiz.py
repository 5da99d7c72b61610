"""The quiz: through a pipe, and at a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import Run

from convcalc.exercise.make import MAKERS, exercises
from convcalc.exercise.spelling import answer_text


@pytest.mark.parametrize("command", MAKERS)
def test_right_answers_in_a_pipe_score(here: Run, command: str) -> None:
    answers = [answer_text(each.answer) for each in exercises(command, 3, 7, 4)]
    done = here(command, "--quiz", "--seed", 7, "--difficulty", 4, stdin="\n".join(answers) + "\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nright\n") == 3
    assert done.stdout.endswith(
        f"\nScore: 3 of 3 right\nThe same questions again: convcalc {command} --quiz --difficulty 4 --seed 7\n"
    )


def test_each_line_of_a_pipe_answers_one_question(here: Run) -> None:
    made = exercises("shape", 5, 1, 2)
    assert [answer_text(each.answer) for each in made] == ["34x19", "21x21", "8x8", "3x6", "14x14"]
    done = here("shape", "--quiz", "--seed", 1, stdin="33x18\n\n8\nmany\n?\nq\n14x14\n")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "Sizes of convolutions and poolings, difficulty 2, seed 1.",
        "Write a size as 3x28x28.",
        "An empty line skips a question, ? shows its working, q ends the quiz.",
        "",
    ]
    assert "wrong: it is 34x19" in lines
    assert lines[lines.index("wrong: it is 34x19") + 1].startswith("  perhaps the +1 was forgotten")
    assert lines.count("right") == 1
    assert "'many' is not a size: write it as 64x112x112, or as 112" in lines
    assert lines[lines.index("    Answer") + 1] == "      14x14"
    assert lines[-2] == "Score: 1 of 5 right, 2 wrong, 2 skipped"


def test_the_end_of_the_input_and_a_closed_one_end_the_quiz(here: Run) -> None:
    done = here("params", "--quiz", "--seed", 1, stdin="")
    assert (done.returncode, done.stdout.splitlines()[-2]) == (0, "Score: 0 of 0 right")


def test_bytes_that_are_no_text_are_a_wrong_answer(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    done = here("shape", "--quiz", "--seed", 1, stdin=b"\xff\xfe\n21x21\n")
    assert (done.returncode, done.stdout.splitlines()[-2]) == (0, "Score: 1 of 2 right, 1 wrong")


def test_a_line_without_an_end_ends_the_quiz(here: Run) -> None:
    done = here("shape", "--quiz", "--seed", 1, stdin="0" * 70_000)
    assert (done.returncode, done.stderr) == (3, "convcalc: standard input: a line of more than 65536 characters\n")


def test_a_fresh_quiz_says_how_to_repeat_it(here: Run) -> None:
    first = here("pool", "--quiz", stdin="?\n").stdout
    seed = re.search(r"--seed (\d+)\n$", first)
    assert seed is not None
    assert here("pool", "--quiz", "--seed", seed[1], stdin="?\n").stdout == first


class Terminal:
    """A quiz at a terminal of 80 columns."""

    def __init__(self, end: int, process: subprocess.Popen[bytes]) -> None:
        self.end, self.process, self.seen = end, process, ""

    def until(self, text: str, typed: str = "") -> str:
        """Read until `text` has come, typing something as long as nothing comes, and give what came up to it."""
        limit = time.monotonic() + 60
        while text not in self.seen:
            assert time.monotonic() < limit, f"{text!r} did not come: {self.seen!r}"
            if select.select([self.end], [], [], 2)[0]:
                self.seen += os.read(self.end, 4096).decode().replace("\r\n", "\n")
            elif typed:
                self.type(typed)
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        """Type at the prompt."""
        os.write(self.end, text.encode())


@contextmanager
def terminal(*arguments: str) -> Iterator[Terminal]:
    """Start a command at a terminal of its own, so that Ctrl-C there reaches it."""
    end, tty = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80", "LINES": "40", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [
            *(sys.executable, "-c"),
            "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
            " os.execv(sys.executable, [sys.executable, '-m', 'convcalc', *sys.argv[1:]])",
            *arguments,
        ],
        stdin=tty,
        stdout=tty,
        stderr=tty,
        env=environment,
    )
    os.close(tty)
    try:
        yield Terminal(end, process)
    finally:
        process.kill()
        process.wait()
        os.close(end)


def test_at_a_terminal_there_is_another_try_and_help() -> None:
    made = exercises("shape", 3, 1, 2)
    with terminal("shape", "--quiz", "--seed", "1") as quiz:
        quiz.until("> ")
        quiz.type("33x18\n")
        shown = quiz.until("> ")
        assert "wrong\n  perhaps the +1 was forgotten" in shown
        assert answer_text(made[0].answer) not in shown
        quiz.type("?\n")
        shown = quiz.until("> ")
        assert "out = floor((i + 2p - k) / s) + 1\n\n? again shows all of the working.\n" in shown
        quiz.type("many\n")
        assert "'many' is not a size" in quiz.until("> ")
        quiz.type(answer_text(made[0].answer) + "\n")
        assert "right\n\n2.  An input of" in quiz.until("> ")
        quiz.type("?\n")
        quiz.until("> ")
        quiz.type("?\n")
        assert "    Answer\n      21x21\n" in quiz.until("> ")
        quiz.type(answer_text(made[2].answer) + "\n")
        quiz.until("> ")
        quiz.type("\x04")
        shown = quiz.until("seed 1\n")
        assert "Score: 1 of 3 right, 1 after another try, 1 skipped\n" in shown
        assert quiz.process.wait(60) == 0


def test_ctrl_c_ends_the_quiz_with_the_score() -> None:
    with terminal("conv", "--quiz", "--seed", "1") as quiz:
        quiz.until("> ")
        quiz.type("\n")
        quiz.until("> ")
        # Readline does not notice a signal between its prompt and its waiting for a key.
        shown = quiz.until("seed 1\n", typed="\x03")
        assert "Score: 0 of 1 right, 1 skipped\n" in shown
        assert "Traceback" not in shown
        assert quiz.process.wait(60) == 130
