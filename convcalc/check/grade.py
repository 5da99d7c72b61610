"""Many answers to one question: each judged, and counted by what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from convcalc.check.verdict import Slip, Verdict
from convcalc.errors import DataError, FileError, UsageError
from convcalc.value import Value

Answer = TypeVar("Answer", bound=Hashable)


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


def grade(answers: Iterable[tuple[str, Answer]], judge: Callable[[Answer], Verdict]) -> tuple[Graded, ...]:
    """Judge answers, each after the name of who gave it; equal ones are judged once.

    >>> def judge(answer: str) -> Verdict:
    ...     if not answer:
    ...         raise DataError("the answer is empty")
    ...     return Verdict(right=answer == "8", message="")
    >>> [graded.word for graded in grade([("Ada", "8"), ("Bob", ""), ("Eve", "7")], judge)]
    ['right', 'unreadable', 'wrong']
    """
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
    others = {
        "right": Tallied("right", "right", 0),
        "unexplained": Tallied("unexplained", "wrong, and no known mistake gives that answer", 0),
        "unreadable": Tallied("unreadable", "the answer cannot be read", 0),
    }
    mistakes: dict[str, Tallied] = {}
    for row in rows:
        for slip in row.slips:
            before = mistakes.get(slip.name, Tallied(slip.name, slip.general, 0))
            mistakes[slip.name] = before.replace(count=before.count + 1)
        if not row.slips:
            name = "unexplained" if row.word == "wrong" else row.word
            others[name] = others[name].replace(count=others[name].count + 1)
    ordered = sorted(mistakes.values(), key=lambda each: -each.count)
    return tuple(
        each for each in (others["right"], *ordered, others["unexplained"], others["unreadable"]) if each.count
    )
