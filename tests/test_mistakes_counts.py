"""What each mistake in a count gives, in every layer and in one alone, by hand."""

from __future__ import annotations

import pytest

from convcalc.check.count_question import CountQuestion, count_question
from convcalc.check.mistakes.counts import COUNT_MISTAKES, SIZES_COUNTED
from convcalc.check.search import WrongAnswers
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Flatten, Layer, Linear, Normalization
from convcalc.network.cost import network_cost
from convcalc.network.graph import chain

LAYERS = (
    Convolution(3, 8, (2, 3), (1, 1), "valid", (1, 1)),  # 8·3·6 weights and 8 biases
    Convolution(8, 8, (3, 3), (1, 1), "valid", (1, 1), groups=4, bias=False),  # 8·2·9 weights
    Flatten(),
    Linear(10, 4),  # 40 weights and 4 biases
)
TOTAL = 144 + 8 + 144 + 40 + 4

Slipped = tuple[str, tuple[int, ...], int]


def asked(counted: str) -> CountQuestion:
    return count_question(network_cost(LAYERS), chain(LAYERS), counted)


def given(question: CountQuestion, count: int = 1) -> set[Slipped]:
    """Return the names of slips, the layers in which they were made, and what they give."""
    wrong = WrongAnswers(question, COUNT_MISTAKES)
    return {
        ("+".join(slip.name for slip in slips), sum((slip.layers for slip in slips), ()), answer)
        for slips, answer in wrong.of(count)
    }


def test_what_mistakes_in_parameters_give() -> None:
    assert given(asked("params")) == {
        ("bias-forgotten", (), TOTAL - 12), ("bias-forgotten", (0,), TOTAL - 8), ("bias-forgotten", (3,), TOTAL - 4),
        ("buffers-counted", (), TOTAL),
        ("groups-ignored", (), TOTAL - 144 + 8 * 8 * 9),
        ("in-out-swapped", (), TOTAL - 5 + 6), ("in-out-swapped", (0,), TOTAL - 5),
        ("in-out-swapped", (3,), TOTAL + 6),
        ("bias-per-cell", (), TOTAL - 8 + 6 * 8),
        ("bias-per-cell", (), TOTAL - 12 + 144 + 40), ("bias-per-cell", (0,), TOTAL - 8 + 144),
        ("bias-per-cell", (3,), TOTAL - 4 + 40),
        ("bias-per-channel", (), TOTAL - 8 + 3 * 8),
        ("bias-per-channel", (), TOTAL - 12 + 3 + 10), ("bias-per-channel", (0,), TOTAL - 8 + 3),
        ("bias-per-channel", (3,), TOTAL - 4 + 10),
        ("bias-added", (), TOTAL + 8),
        ("bias-twice", (), TOTAL + 12), ("bias-twice", (0,), TOTAL + 8), ("bias-twice", (3,), TOTAL + 4),
        ("channels-forgotten", (), TOTAL - 144 + 8 * 6 - 144 + 8 * 9),
        ("channels-forgotten", (0,), TOTAL - 144 + 8 * 6), ("channels-forgotten", (1,), TOTAL - 144 + 8 * 9),
        ("filters-forgotten", (), TOTAL - 152 + 18 + 1 - 144 + 4 * 2 * 9),
        ("filters-forgotten", (0,), TOTAL - 152 + 18 + 1), ("filters-forgotten", (1,), TOTAL - 144 + 4 * 2 * 9),
        ("layer-forgotten", (0,), TOTAL - 152), ("layer-forgotten", (1,), TOTAL - 144),
        ("layer-forgotten", (2,), TOTAL), ("layer-forgotten", (3,), TOTAL - 44),
    }  # fmt: skip


def test_what_mistakes_in_weights_give() -> None:
    found = {name: answer for name, layers, answer in given(asked("weights")) if not layers}
    assert found["bias-forgotten"] == found["in-out-swapped"] == 144 + 144 + 40
    assert found["groups-ignored"] == 144 + 576 + 40
    assert "bias-per-cell" not in found


def test_running_statistics_are_added_once() -> None:
    layers = [Normalization(6)]
    question = count_question(network_cost(layers), chain(layers), "params")
    assert ("buffers-counted", (), 24) in given(question)
    assert not any("buffers-counted+buffers-counted" in name for name, *_ in given(question, 2))


@pytest.mark.parametrize(
    ("counted", "name", "answer"), [("flops", "macs-for-flops", 80), ("macs", "flops-for-macs", 160)]
)
def test_one_kind_of_operation_for_the_other(counted: str, name: str, answer: int) -> None:
    layers = [Linear(10, 8)]
    question = count_question(network_cost(layers, (10,)), chain(layers), counted)
    others = {"macs-for-flops", "flops-for-macs"} - {name}
    found = given(question)
    assert (name, (), answer) in found
    assert not others & {each for each, *_ in found}


def test_mistakes_in_sizes_are_made_alone() -> None:
    layers: list[Layer] = [Convolution(3, 8, (3, 3), (2, 2), "same", (1, 1)), Flatten(), Linear(None, 4)]
    question = count_question(network_cost(layers, (3, 9, 8)), chain(layers), "params")
    single = {name for name, *_ in given(question)}
    assert {"stride-ignored", "padding-forgotten"} <= single
    pairs = {part for name, *_ in given(question, 2) for part in name.split("+")}
    assert "bias-forgotten" in pairs
    assert not pairs & (set(SIZES_COUNTED) - {"channels-forgotten"})


def test_mistakes_that_cannot_be_made_are_not() -> None:
    for layer, expected in (
        (Linear(10, 4, bias=False), {("in-out-swapped", (), 40), ("bias-added", (), 44)}),
        (Linear(5, 5, bias=False), {("bias-added", (), 30)}),
        (Normalization(6), set()),
    ):
        question = count_question(network_cost([layer]), chain([layer]), "params")
        assert {each for each in given(question) if each[0] != "buffers-counted"} == expected


SLIDES = Convolution(3, 8, (2, 3), (1, 1), "valid", (1, 1))
SPREADS = Convolution(8, 4, (3, 2), (2, 3), (Padding(), Padding()), (1, 1), bias=False, transposed=True)
IN, MIDDLE, OUT = 2 * 9 * 11, 2 * 8 * 9, 2 * 17 * 26
"""Cells of two samples before, between and behind the two layers, a layer of 144 weights and one of 192."""
MACS = 144 * MIDDLE + 192 * MIDDLE
EQUAL = {("bias-forgotten", (), MACS), ("bias-added", (), MACS), ("in-out-swapped", (1,), MACS)}
"""Mistakes that change no multiplication."""
SWAPPED = {("in-out-swapped", layers, 8 * 8 * 6 * MIDDLE + 192 * MIDDLE) for layers in ((), (0,))}
"""Each of eight filters sees eight channels."""
FEWER = {
    ("channels-forgotten", (), MACS - 2 * 48 * MIDDLE),
    ("filters-forgotten", (), MACS - 7 * 18 * MIDDLE),
    ("batch-ignored", (), MACS // 2),
    ("layer-forgotten", (0,), 192 * MIDDLE),
    ("layer-forgotten", (1,), 144 * MIDDLE),
}


def counted_otherwise(counted: str, layers: tuple[Layer, ...], *shape: int) -> set[Slipped]:
    """Return what mistakes give that are not about sizes."""
    question = count_question(network_cost(layers, shape), chain(layers), counted)
    return {each for each in given(question) if each[0] not in {*SIZES_COUNTED} - {"channels-forgotten"}}


def test_what_mistakes_in_operations_give() -> None:
    assert counted_otherwise("macs", (SLIDES, SPREADS), 2, 3, 9, 11) == EQUAL | SWAPPED | FEWER | {
        ("flops-for-macs", (), 2 * MACS),
        ("params-for-macs", (), 144 + 192), ("params-for-macs", (), 144 + 192 + 8),
        ("bias-in-macs", (), MACS + 8 * MIDDLE),
        ("input-cells-counted", (), 144 * IN + 192 * MIDDLE),
        ("output-cells-counted", (), 144 * MIDDLE + 192 * OUT),
    }  # fmt: skip
    doubled = {(name, layers, 2 * count) for name, layers, count in EQUAL | SWAPPED | FEWER}
    more = {("macs-for-flops", (), MACS), ("bias-in-macs", (), 2 * MACS + 8 * MIDDLE)}
    assert counted_otherwise("flops", (SLIDES, SPREADS), 2, 3, 9, 11) == doubled | more


def test_a_batch_multiplies_parameters_but_not_the_bytes_of_activations() -> None:
    found = {
        counted: counted_otherwise(counted, (SLIDES,), 2, 3, 9, 11) for counted in ("params", "activation_bytes")
    }
    assert ("batch-ignored", (), 2 * 152) in found["params"]
    assert not [each for each in found["activation_bytes"] if each[0] == "batch-ignored"]
    single = counted_otherwise("macs", (SLIDES.replace(bias=False),), 1, 3, 9, 11)
    assert not {"batch-ignored", "bias-in-macs", "output-cells-counted"} & {name for name, *_ in single}


def test_biases_of_shared_weights_are_counted_once() -> None:
    layers = [Linear(10, 10), Linear(10, 10)]
    question = count_question(
        network_cost(layers, names=("one", "one")), chain(layers), "params", names=("one", "one")
    )
    assert question.answer() == 110
    twice = {answer for name, layers, answer in given(question) if name == "bias-twice" and not layers}
    assert twice == {120}
