"""The search for what explains a claim: what is tried, in which order, how much of it, and once for all claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from convcalc.check import search, shape_claims
from convcalc.check.field_question import FieldQuestion
from convcalc.check.judge import wrong_answers
from convcalc.check.mistakes import Mistake
from convcalc.check.mistakes.fields import FIELD_MISTAKES
from convcalc.check.numbers import single_number
from convcalc.check.search import WrongAnswers, explanations
from convcalc.errors import ShapeError
from convcalc.layers import Convolution, TensorShape
from convcalc.network.graph import chain
from convcalc.network.trace import trace
from convcalc.value import Value


class Number(Value):
    """A question whose answer is a number; there is none for 13."""

    number: int
    slipped: tuple[int, ...] = ()
    cost: int = 2

    def answer(self) -> int:
        if self.number == 13:
            raise ShapeError("13")
        return self.number


def adding(*numbers: int) -> Callable[[Number], Iterator[Number]]:
    def wrong(question: Number) -> Iterator[Number]:
        for number in numbers:
            yield question.replace(number=question.number + number, slipped=(*question.slipped, number))

    return wrong


MISTAKES = (
    Mistake("a", "a was done", adding(1, 2)),
    Mistake("b", "b was done", adding(10, 20), combines=False),
    Mistake("a", "a was done otherwise", adding(100)),
    Mistake("c", "c was done", adding(1000, 12)),
)
SINGLE = [("a", 1), ("a", 2), ("b", 10), ("b", 20), ("a", 100), ("c", 1000), ("c", 12)]
PAIRS = [1001, 1002, 14, 1100, 112]
"""One of the first with one of the last, but for 1 + 12, which has no answer; two of one name are one mistake."""


def test_one_mistake_then_two_in_the_order_of_the_mistakes() -> None:
    wrong = WrongAnswers(Number(0), MISTAKES)
    assert [(slips[0].name, slips[0].layers[0]) for slips, _ in wrong.of(1)] == SINGLE
    assert [answer for _, answer in wrong.of(1)] == [number for _, number in SINGLE]
    pairs = list(wrong.of(2))
    assert [answer for _, answer in pairs] == PAIRS
    assert [[slip.layers for slip in slips] for slips, _ in pairs][2] == [(2,), (12,)]
    assert [slip.sentence for slip in pairs[0][0]] == ["a was done (in layer 2)", "c was done (in layer 1001)"]
    assert wrong.complete


@pytest.mark.parametrize("count", [1, 2])
def test_the_search_ends_where_nothing_is_left_to_spend(count: int) -> None:
    made: list[int] = []

    def endless(question: Number) -> Iterator[Number]:
        while True:
            made.append(question.number)
            yield question.replace(number=question.number + 1, slipped=(*question.slipped, 1))

    mistakes = (Mistake("a", "a was done", adding(1, 2)), Mistake("b", "b was done", endless))
    wrong = WrongAnswers(Number(0), mistakes[:count] if count == 2 else mistakes[1:], budget=50)
    assert sum(1 for each in (1, count) for _ in wrong.of(each)) > 0
    assert len(made) <= 26
    assert not wrong.complete


@pytest.mark.parametrize(("most", "found", "complete"), [(6, 5, True), (5, 4, False), (1, 1, False), (0, 0, False)])
def test_so_many_pairs_are_tried(most: int, found: int, complete: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_PAIRS", most)
    wrong = WrongAnswers(Number(0), MISTAKES)
    assert (len(list(wrong.of(2))), wrong.complete) == (found, complete)


@pytest.mark.parametrize(("budget", "found", "complete"), [(14, 7, True), (13, 6, False), (0, 0, False)])
def test_answers_are_computed_while_the_budget_lasts(budget: int, found: int, complete: bool) -> None:
    wrong = WrongAnswers(Number(0), MISTAKES, budget)
    assert (len(wrong.kept(1)), wrong.complete) == (found, complete)


def test_answers_are_kept_and_so_is_what_they_are_looked_up_by() -> None:
    wrong = WrongAnswers(Number(0), MISTAKES)
    assert wrong.kept(1) is wrong.kept(1)
    found = wrong.keyed(1, lambda answer: (answer, -answer))
    assert [answer for _, answer in found[-100]] == [100]
    assert wrong.keyed(1, lambda answer: (answer,)) is found
    assert list(wrong.keyed(2, lambda answer: (answer,))) == PAIRS


def test_explanations_are_few_and_of_different_names() -> None:
    wrong = WrongAnswers(Number(0), MISTAKES)
    assert [slips[0].layers for slips in explanations(wrong, lambda _: True, 1)] == [(1,), (10,), (1000,)]
    assert [slips[0].layers for slips in explanations(wrong, lambda answer: answer > 1, 1)] == [(2,), (10,), (1000,)]
    assert explanations(wrong, lambda _: True, 1, lambda wrong, count: ()) == ()
    many = WrongAnswers(Number(0), tuple(Mistake(name, name, adding(1)) for name in "abcdefg"))
    assert [slips[0].name for slips in explanations(many, lambda _: True, 1)] == [*"abcde"]


CLAIMS = "output=99, rf=99"


def test_wrong_answers_are_computed_once_for_all_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def counted(question: FieldQuestion) -> WrongAnswers:
        asked.append(question)
        # Of the fields nothing is tried.
        isolated = isinstance(question, FieldQuestion)
        return WrongAnswers(question, FIELD_MISTAKES, 0) if isolated else wrong_answers(question)

    monkeypatch.setattr(shape_claims, "wrong_answers", counted)
    graph = chain([Convolution(3, 8, (5, 5), (1, 1), "valid", (1, 1))])
    judge = shape_claims.shape_judge(graph, trace(graph, TensorShape((3, 20, 20), 2)))
    assert [judge(CLAIMS).searched, judge(CLAIMS).searched, judge("output=99").searched] == [False, False, True]
    assert len(asked) == 2


@pytest.mark.parametrize("text", ["2 2/2", "2 3/2", "1 0/0", "2 1/0"])
def test_a_mixed_number_has_a_part_of_one(text: str) -> None:
    assert single_number(text) == ()
