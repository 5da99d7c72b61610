"""A quiz: questions one after the other, each answer judged, the score at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from convcalc.cli.interrupts import Interrupted
from convcalc.cli.output import terminal_width, wants_color, write_out
from convcalc.cli.terminal import is_terminal
from convcalc.errors import DataError
from convcalc.exercise.judging import judge
from convcalc.exercise.make import stream
from convcalc.exercise.sheet import TITLES, key_entries
from convcalc.exercise.spelling import answer_text
from convcalc.render.sheet import numbered, solution_lines

if TYPE_CHECKING:
    from convcalc.check.verdict import Verdict
    from convcalc.exercise.exercise import Exercise

HOW_TO_ANSWER = {
    "shape": "Write a size as 3x28x28.",
    "params": "Write a count as 9472.",
    "conv": "Write a matrix row by row, as 1 0; 2 1, and channels with a bar between them: 1 0; 2 1 | 0 3; 1 1.",
    "pool": "Write a matrix row by row, as 1 0; 5/2 1, and channels with a bar between them: 1 0; 2 1 | 0 3; 1 1.",
}
WIDEST = 100
_COLORS = {"right": "\x1b[32m", "wrong": "\x1b[31m"}


def hold_quiz(command: str, seed: int, difficulty: int, color: str) -> int:
    """Ask questions until there is no answer any more, and return the exit code.

    At a terminal a wrong answer may be tried again; otherwise each line of standard input answers one question.
    """
    quiz = _Quiz(color)
    again = f"convcalc {command} --quiz --difficulty {difficulty} --seed {seed}"
    quiz.say(f"{TITLES[command]}, difficulty {difficulty}, seed {seed}.", HOW_TO_ANSWER[command])
    quiz.say("An empty line skips a question, ? shows its working, q ends the quiz.")
    try:
        for number, exercise in enumerate(stream(command, seed, difficulty), 1):
            quiz.say("", *numbered(number, exercise.statement, quiz.width))
            if not quiz.ask(exercise):
                break
    except Interrupted:
        quiz.say("", *quiz.score(again))
        raise
    quiz.say("", *quiz.score(again))
    return 0


class _Quiz:
    """The answers so far, and how they are read and commented on."""

    def __init__(self, color: str) -> None:
        self.interactive = is_terminal(sys.stdin) and is_terminal(sys.stdout)
        self.color = wants_color(color, dict(os.environ), is_terminal(sys.stdout))
        self.width = min(terminal_width(), WIDEST) if is_terminal(sys.stdout) else 80
        self.right = self.later = self.wrong = self.skipped = 0
        if self.interactive:
            import readline  # noqa: F401 # lets the line be edited

    def say(self, *lines: str) -> None:
        """Print lines."""
        write_out("".join(f"{line}\n" for line in lines))

    def ask(self, exercise: Exercise) -> bool:
        """Judge the answers to a question until it is done; return False where no further question is wanted."""
        tries = 0
        while True:
            text = self._read()
            if text is None or text.lower() in ("q", "quit", "exit"):
                self.wrong += bool(tries)
                return False
            if text in ("", "?"):
                self.wrong += bool(tries)
                self.skipped += not tries
                if text == "?":
                    self.say(*solution_lines(key_entries(exercise)[:-1], self.width))
                return True
            try:
                verdict = judge(exercise, text)
            except DataError as error:
                self.say(f"{error.message}: {error.hint}" if error.hint else error.message)
                if self.interactive:
                    continue
                self.wrong += 1
                return True
            if verdict.right:
                self.right += not tries
                self.later += bool(tries)
                self.say(self._colored("right"))
                return True
            tries += 1
            self.say(*self._comment(exercise, verdict))
            if not self.interactive:
                self.wrong += 1
                return True

    def _read(self) -> str | None:
        """Read an answer, None where there is no further one."""
        if sys.stdin is None:
            return None
        if self.interactive:
            try:
                return input("> ").strip()
            except EOFError:
                self.say("")
                return None
        line = sys.stdin.readline()
        return line.strip() if line else None

    def _comment(self, exercise: Exercise, verdict: Verdict) -> Iterator[str]:
        """Yield what there is to say about a wrong answer."""
        wrong = self._colored("wrong")
        good, parts = verdict.score
        count = f" ({good} of {parts} {'numbers' if parts > 1 else 'number'} right)" if good else ""
        yield f"{wrong}{count}" if self.interactive else f"{wrong}{count}: it is {answer_text(exercise.answer)}"
        for slips in verdict.explanations[:2]:
            yield f"  perhaps {', and '.join(slip.sentence for slip in slips)}"
        if self.interactive:
            yield "Try again; an empty line goes on, ? shows the working."

    def _colored(self, word: str) -> str:
        return f"{_COLORS[word]}{word}\x1b[0m" if self.color else word

    def score(self, again: str) -> Iterator[str]:
        """Yield the score, and how to be asked the same questions again."""
        asked = self.right + self.later + self.wrong + self.skipped
        more = [(self.later, "after another try"), (self.wrong, "wrong"), (self.skipped, "skipped")]
        details = "".join(f", {count} {what}" for count, what in more if count)
        yield f"Score: {self.right} of {asked} right{details}"
        yield f"The same questions again: {again}"
