"""Many answers to one question: each judged, and counted by what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from convcalc.check.verdict import Slip, Verdict
from convcalc.errors import DataError, FileError, UsageError
from convcalc.value import Value

Answer = TypeVar("Answer", bound=Hashable)

MOST_DIFFERENT = 10_000
"""Different answers in a table."""


class Graded(Value):
    """One answer judged, after the name of who gave it; one that cannot be read has a reason instead of a verdict."""

    name: str
    verdict: Verdict | None
    reason: str = ""

    @property
    def score(self) -> float:
        """The share of the answer that is right."""
        if self.verdict is None:
            return 0.0
        right, count = self.verdict.score
        return right / count if count else 1.0

    @property
    def message(self) -> str:
        """What was found, or why the answer cannot be read."""
        return self.reason if self.verdict is None else self.verdict.message

    @property
    def word(self) -> str:
        """`right`, `wrong` or `unreadable`."""
        return "unreadable" if self.verdict is None else "right" if self.verdict.right else "wrong"

    @property
    def slips(self) -> tuple[Slip, ...]:
        """What explains a wrong answer most simply."""
        return self.verdict.explanations[0] if self.verdict is not None and self.verdict.explanations else ()


class Tallied(Value):
    """How many answers show a mistake; its `name` is that of the mistake, or `right`, `unexplained`, `unreadable`."""

    name: str
    sentence: str
    count: int


def grade(
    answers: Iterable[tuple[str, Answer]], judge: Callable[[Answer], Verdict], place: str | None = None
) -> tuple[Graded, ...]:
    """Judge answers, each after the name of who gave it; equal ones are judged once.

    Raises DataError for too many different ones; `place` is where they are from.

    >>> def judge(answer: str) -> Verdict:
    ...     if not answer:
    ...         raise DataError("the answer is empty")
    ...     return Verdict(right=answer == "8", message="")
    >>> [graded.word for graded in grade([("Ada", "8"), ("Bob", ""), ("Eve", "7")], judge)]
    ['right', 'unreadable', 'wrong']
    """
    answers = list(answers)
    different = len({answer for _, answer in answers})
    if different > MOST_DIFFERENT:
        raise DataError(
            f"there are {different} different answers, at most {MOST_DIFFERENT} are judged at once",
            place=place,
            hint="grade a part of them at a time",
        )
    known: dict[Answer, tuple[Verdict | None, str]] = {}
    rows = []
    for name, answer in answers:
        if isinstance(answer, str) and not answer.strip():
            known[answer] = None, "the answer is empty"
        elif answer not in known:
            try:
                known[answer] = judge(answer), ""
            except (UsageError, DataError, FileError) as error:
                known[answer] = None, error.message
        rows.append(Graded(name, *known[answer]))
    return tuple(rows)


def tally(rows: Sequence[Graded]) -> tuple[Tallied, ...]:
    """Count the answers that are right, then those of each mistake, the commonest first, then all others.

    >>> wrong = Verdict(right=False, message="", explanations=((Slip("sign", "a sign was lost"),),))
    >>> [(each.name, each.count) for each in tally([Graded("Ada", wrong), Graded("Bob", None), Graded("Eve", wrong)])]
    [('sign', 2), ('unreadable', 1)]
    """
    sentences = {
        "right": "right",
        "unexplained": "wrong, and no known mistake gives that answer",
        "unreadable": "the answer cannot be read",
    }
    first, *last = sentences
    counts: dict[str, int] = {}
    for row in rows:
        for slip in row.slips:
            sentences.setdefault(slip.name, slip.general)
        names = [slip.name for slip in row.slips] or ["unexplained" if row.word == "wrong" else row.word]
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    mistakes = sorted((name for name in counts if name not in (first, *last)), key=lambda name: -counts[name])
    return tuple(Tallied(name, sentences[name], counts[name]) for name in (first, *mistakes, *last) if name in counts)
