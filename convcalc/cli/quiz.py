"""A quiz: questions one after the other, each answer judged, the score at the end."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from typing import TYPE_CHECKING

from convcalc.cli.interrupts import Interrupted
from convcalc.cli.messages import with_options
from convcalc.cli.output import wants_color, write_out
from convcalc.cli.terminal import is_terminal
from convcalc.errors import DataError
from convcalc.exercise.judging import judge
from convcalc.exercise.make import stream
from convcalc.exercise.sheet import TITLES, solution
from convcalc.exercise.spelling import answer_text
from convcalc.exercise.working import hint
from convcalc.explain import Sentence
from convcalc.explain.plain_text import text_lines
from convcalc.render.sheet import numbered, solution_lines
from convcalc.text import wrapped

if TYPE_CHECKING:
    from convcalc.check.verdict import Verdict
    from convcalc.exercise.exercise import Exercise
    from convcalc.explain import Derivation

HOW_TO_ANSWER = {
    "shape": "Write a size as 3x28x28.",
    "params": "Write a count as 9472.",
    "conv": "Write a matrix row by row, as 1 0; 2 1, and a bar between channels: 1 0; 2 1 | 0 3; 1 1.",
    "pool": "Write a matrix row by row, as 1 0; 5/2 1, and a bar between channels: 1 0; 2 1 | 0 3; 1 1.",
}
KEYS = "An empty line skips a question, ? shows its working, q ends the quiz."
ENDING = ("q", "quit", "exit")
MOST_EXPLANATIONS = 2
LONGEST_LINE = 1 << 16
"""Characters of an answer."""
_COLORS = {"right": "\x1b[32m", "wrong": "\x1b[31m"}


def hold_quiz(command: str, seed: int, difficulty: int, width: int, color: str) -> int:
    """Ask questions, `width` characters wide, until there is no answer any more, and return the exit code.

    At a terminal a wrong answer may be tried again; otherwise each line of standard input answers one question.
    """
    quiz = _Quiz(width, color)
    again = f"convcalc {command} --quiz --difficulty {difficulty} --seed {seed}"
    opening = (f"{TITLES[command]}, difficulty {difficulty}, seed {seed}.", HOW_TO_ANSWER[command], KEYS)
    quiz.say(*(part for line in opening for part in wrapped(line, max(20, width))))
    try:
        for number, exercise in enumerate(stream(command, seed, difficulty), 1):
            quiz.say("", *numbered(number, exercise.statement, quiz.width))
            if not quiz.ask(exercise):
                break
    except Interrupted:
        quiz.say("", "", *quiz.score(again))
        raise
    quiz.say("", *quiz.score(again))
    return 0


class _Quiz:
    """How the questions so far were answered, and how answers are read and commented on."""

    def __init__(self, width: int, color: str) -> None:
        terminal = is_terminal(sys.stdout)
        self.interactive = is_terminal(sys.stdin) and terminal
        self.color = wants_color(color, dict(os.environ), terminal)
        self.width = width
        self.outcomes: Counter[str] = Counter()
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        if self.interactive:
            import readline  # noqa: F401 # lets an answer be edited

    def say(self, *lines: str) -> None:
        """Print lines."""
        write_out("".join(f"{line}\n" for line in lines))

    def ask(self, exercise: Exercise) -> bool:
        """Judge the answers to a question until it is done; return False where no further question is wanted."""
        tries, hints = 0, [hint(exercise)] if self.interactive else []
        while True:
            try:
                text = self._read()
            except Interrupted:
                self.outcomes["wrong"] += bool(tries)
                raise
            if text is None or text.lower() in ENDING:
                self.outcomes["wrong"] += bool(tries)
                return False
            if text == "?" and hints:
                self._show(hints.pop())
                self.say("", "? again shows all of the working.")
                continue
            if text in ("", "?"):
                if text:
                    self._show(solution(exercise))
                self.outcomes["wrong" if tries else "skipped"] += 1
                return True
            right = self._judged(exercise, text)
            if right or not self.interactive:
                self.outcomes[("after another try" if tries else "right") if right else "wrong"] += 1
                return True
            tries += right is False

    def _read(self) -> str | None:
        """Read an answer, None where there is no further one."""
        if sys.stdin is None:
            return None
        if not self.interactive:
            from convcalc.matrix.sources import STANDARD_INPUT, read_errors

            with read_errors(STANDARD_INPUT):
                line = sys.stdin.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                raise DataError(f"a line of more than {LONGEST_LINE} characters", place=STANDARD_INPUT)
            return line.strip() if line else None
        try:
            return input("> ").strip()
        except EOFError:
            self.say("")
            return None

    def _judged(self, exercise: Exercise, text: str) -> bool | None:
        """Print whether an answer is right, and return it; None for what is not an answer."""
        try:
            verdict = judge(exercise, text)
        except DataError as error:
            self.say(with_options(f"{error.message}: {error.hint}" if error.hint else error.message))
            return None
        self.say(*([self._colored("right")] if verdict.right else self._comment(exercise, verdict)))
        return verdict.right

    def _comment(self, exercise: Exercise, verdict: Verdict) -> Iterator[str]:
        """Yield what there is to say about a wrong answer."""
        right, parts = verdict.score
        count = f" ({right} of {parts} numbers right)" if right else ""
        answer = "" if self.interactive else f": it is {answer_text(exercise.answer)}"
        yield f"{self._colored('wrong')}{count}{answer}"
        for slips in verdict.explanations[:MOST_EXPLANATIONS]:
            sentence = Sentence(f"perhaps {', and '.join(slip.sentence for slip in slips)}")
            yield from (f"  {line}" for line in text_lines([sentence], self.width - 2))
        if self.interactive:
            yield "Try again; an empty line goes on, ? helps."

    def _show(self, derivations: Iterable[Derivation]) -> None:
        self.say(*solution_lines(derivations, self.width))

    def _colored(self, word: str) -> str:
        return f"{_COLORS[word]}{word}\x1b[0m" if self.color else word

    def score(self, again: str) -> Iterator[str]:
        """Yield the score, and how to be asked the same questions again."""
        details = [f"{count} {outcome}" for outcome, count in self.outcomes.items() if count and outcome != "right"]
        score = f"{self.outcomes['right']} of {self.outcomes.total()} right"
        yield f"Score: {', '.join([score, *details])}"
        line = f"The same questions again: {again}"
        # A command to be copied has a line of its own.
        yield from [line] if len(line) <= self.width else (line.removesuffix(again).rstrip(), again)
