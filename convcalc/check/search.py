"""The wrong answers to a question, each with the slips that give it: computed once, when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, Self

from convcalc.check.mistakes import Mistake
from convcalc.check.nearness import Stacks
from convcalc.check.verdict import Slip
from convcalc.errors import ConvcalcError

BUDGET = 400_000_000
"""What all wrong answers to one question may cost together, in multiplications."""

MOST_PAIRS = 2000
"""Pairs of slips that are tried."""

MOST_EXPLANATIONS = 5


Made = tuple[tuple[Slip, ...], Any]
"""Slips, and the answer that they give together."""


class Question(Protocol):
    """A question that can be asked with other things in it than are right."""

    @property
    def slipped(self) -> tuple[int, ...]:
        """The indices of the layers in which slips were made, where they could have been made in others, too."""

    @property
    def cost(self) -> int:
        """What computing the answer costs."""

    def answer(self) -> Any:
        """Return the answer. Raises ConvcalcError where there is none."""

    def replace(self, **changes: Any) -> Self:
        """Return the question with other things in it."""


class WrongAnswers:
    """The answers that known mistakes give to a question, kept as they are computed.

    `budget` is what they may cost together, in the unit of the question's own cost.
    """

    def __init__(self, question: Question, mistakes: tuple[Mistake, ...], budget: int = BUDGET) -> None:
        self.question, self.mistakes, self.left = question, mistakes, budget
        self.complete = True
        self._kept: list[list[Made]] = [[], []]
        self._coming = [self._single(), self._pairs()]
        self._keyed: dict[int, Mapping[Hashable, Sequence[Made]]] = {}
        self._stacks: dict[int, Stacks] = {}
        self._firsts: list[tuple[int, Question]] = []

    def of(self, count: int) -> Iterator[Made]:
        """Yield the slips and the answer of every way to make `count` mistakes, 1 or 2, the simplest first."""
        kept, coming = self._kept[count - 1], self._coming[count - 1]
        place = 0
        while True:
            if place == len(kept):
                try:
                    kept.append(next(coming))
                except StopIteration:
                    return
            yield kept[place]
            place += 1

    def kept(self, count: int) -> Sequence[Made]:
        """Return the slips and the answers of every way to make `count` mistakes."""
        for _ in self.of(count):
            pass
        return self._kept[count - 1]

    def keyed(self, count: int, keys: Callable[[Any], Iterable[Hashable]]) -> Mapping[Hashable, Sequence[Made]]:
        """Return the answers of `count` mistakes by what a claim may be that agrees with them, all `keys` of each."""
        if count not in self._keyed:
            found: dict[Hashable, list[Made]] = {}
            for made in self.kept(count):
                for key in keys(made[1]):
                    found.setdefault(key, []).append(made)
            self._keyed[count] = found
        return self._keyed[count]

    def stacks(self, count: int) -> Stacks:
        """Return all answers of `count` mistakes, which are arrays, for a quick comparison."""
        if count not in self._stacks:
            self._stacks[count] = Stacks([answer for _, answer in self.kept(count)])
        return self._stacks[count]

    def _single(self) -> Iterator[Made]:
        for number, mistake in enumerate(self.mistakes):
            for wrong in _tried(mistake, self.question):
                self._firsts.append((number, wrong))
                answer = self._answer(wrong)
                if answer is not None:
                    yield (_slip(mistake, wrong, self.question),), answer
                elif self.left < 0:
                    return

    def _pairs(self) -> Iterator[Made]:
        for _ in self.of(1):
            pass
        tried = 0
        for number, first in self._firsts:
            if not self.mistakes[number].combines:
                continue
            for mistake in self.mistakes[number + 1 :]:
                if not mistake.combines or mistake.name == self.mistakes[number].name:
                    continue
                for wrong in _tried(mistake, first):
                    tried += 1
                    if tried > MOST_PAIRS:
                        self.complete = False
                        return
                    answer = self._answer(wrong)
                    if answer is not None:
                        slips = _slip(self.mistakes[number], first, self.question), _slip(mistake, wrong, first)
                        yield slips, answer
                    elif self.left < 0:
                        return

    def _answer(self, wrong: Question) -> Any | None:
        """Compute an answer; None where there is none, or no budget is left for it."""
        self.left -= wrong.cost
        if self.left < 0:
            self.complete = False
            return None
        try:
            return wrong.answer()
        except ConvcalcError:
            return None


Near = Callable[[WrongAnswers, int], Iterable[Made]]
"""A function that picks, from the answers of that many mistakes, those that a claim may agree with."""


def _tried(mistake: Mistake, question: Question) -> Iterator[Question]:
    """Yield the questions that a mistake makes of one, until the mistake cannot be made in it."""
    try:
        yield from mistake.wrong(question)
    except ConvcalcError:
        return


def _slip(mistake: Mistake, wrong: Question, before: Question) -> Slip:
    """Return a mistake as it was made, with the layer where that is one of several."""
    return Slip(mistake.name, mistake.sentence, wrong.slipped[len(before.slipped) :])


def explanations(
    wrong: WrongAnswers, agrees: Callable[[Any], bool], count: int, near: Near | None = None
) -> tuple[tuple[Slip, ...], ...]:
    """Return the ways to make `count` mistakes that give an answer with which a claim agrees, the simplest first.

    `near` names those among all answers that the claim may agree with, where there is a quick way to tell.
    """
    found: dict[tuple[str, ...], tuple[Slip, ...]] = {}
    for slips, answer in wrong.of(count) if near is None else near(wrong, count):
        names = tuple(slip.name for slip in slips)
        if names not in found and agrees(answer):
            found[names] = slips
            if len(found) == MOST_EXPLANATIONS:
                break
    return tuple(found.values())
