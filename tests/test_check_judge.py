"""Verdicts on sizes and counts: the score, what is said, and whether everything known was tried."""

from __future__ import annotations

import numpy as np
import pytest

from convcalc.check.claimed_matrix import claimed_matrix
from convcalc.check.claims import read_count, read_counts, read_size
from convcalc.check.count_question import CountQuestion, count_question
from convcalc.check.grade import grade
from convcalc.check.judge import judge_count, judge_matrix, judge_size
from convcalc.check.matrix_question import filter_question
from convcalc.check.mistakes.counts import COUNT_MISTAKES
from convcalc.check.numbers import written_number
from convcalc.check.search import WrongAnswers
from convcalc.check.size_question import size_question
from convcalc.check.verdict import Verdict
from convcalc.compute.layer import Filter
from convcalc.errors import DataError, ShapeError
from convcalc.layers import Convolution, Linear, TensorShape
from convcalc.network.cost import network_cost
from convcalc.network.graph import chain

LAYERS = [Linear(10, 10), Linear(10, 90)]
"""110 and 990 parameters, 90 of the second are biases."""


def params() -> CountQuestion:
    return count_question(network_cost(LAYERS), chain(LAYERS), "params")


@pytest.mark.parametrize(
    ("claim", "sizes", "rank", "score", "message"),
    [
        ("64x112x56", (64, 112, 56), 2, (3, 3), "the size is 64x112x56"),
        ("32x112x56", (5, 64, 112, 56), 2, (2, 3), "the size is 64x112x56, not 32x112x56"),
        ("56", (64, 112, 56), 2, (1, 2), "the size is 112x56, not 56"),
        ("2x64x112x56", (64, 112, 56), 2, (0, 3), "the size is 64x112x56, not 2x64x112x56"),
        ("torch.Size([1, 64, 112, 56])", (64, 112, 56), 2, (3, 3), "the size is 64x112x56"),
        ("[-1, 64, 112, 56]", (64, 112, 56), 2, (3, 3), "the size is 64x112x56"),
        ("(None, 64, 112, 50)", (64, 112, 56), 2, (2, 3), "the size is 64x112x56, not 64x112x50"),
        ("1x1x64x112x56", (1, 64, 112, 56), 2, (0, 4), "the size is 1x64x112x56, not 1x1x64x112x56"),
        ("8x?x6", (8, 7, 6), 2, (2, 3), "the size is 8x7x6, not 8x?x6"),
        ("?", (8, 7, 7), 2, (0, 2), "the size is 7x7, not ?"),
        ("7", (20, 10), 0, (0, 1), "the size is 10, not 7"),
    ],
)
def test_sizes_are_scored_axis_by_axis(
    claim: str, sizes: tuple[int, ...], rank: int, score: tuple[int, int], message: str
) -> None:
    verdict = judge_size(read_size(claim), size_question([], TensorShape(sizes, rank)))
    assert (verdict.score, verdict.message) == (score, message)
    assert verdict.right is (score[0] == score[1])


@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_a_slip_is_found_for_every_way_to_write_a_size(layout: str) -> None:
    question = size_question([], TensorShape((3, 64, 112, 56), 2)).replace(layout=layout)
    whole = "3x64x56x112" if layout == "chw" else "3x56x112x64"
    written = [whole, whole[2:], "56x112"]
    found = [judge_size(read_size(claim), question).mistake for claim in written]
    assert found == ["axes-swapped"] * 3
    assert judge_size(read_size("112"), size_question([], TensorShape((64, 56, 56), 2))).mistake is None


def test_counts_are_said_with_their_digits_where_they_are_rough() -> None:
    messages = [judge_count([(read_count(claim), params())]).message for claim in ("1100", "1.1k", "1.10k", "1.2k")]
    assert messages == [
        "the layers have 1100 parameters",
        "the layers have 1100 parameters",
        "the layers have 1100 parameters",
        "the layers have 1100 parameters, not 1200",
    ]
    assert judge_count([(read_count("1e3"), params())]).message == (
        "the layers have 1100 parameters, right to the digits given"
    )


@pytest.mark.parametrize(
    ("count", "rough", "too_rough"),
    [
        (5790, ["5.8k", "5.79k", "6k", "6e3", "0.006M", "5790"], ["0M", "0.0M", "0e6", "0G", "1e4", "0.01M", "5k"]),
        (9472, ["9.5k", "9k", "9.47e3"], ["0M", "1e4", "0.01M", "0.0M", "10000"]),
        (9600, ["10k", "1e4", "0.01M"], ["1e5", "0.0M"]),
        (7720, ["8k", "7.7k"], ["1e4"]),
        (0, ["0", "0k", "0.0M"], ["1", "1e3", "0.1k"]),
    ],
)  # fmt: skip
def test_a_rounded_count_holds_a_digit_of_the_right_one(count: int, rough: list[str], too_rough: list[str]) -> None:
    question = params().replace(known=count)
    for claims, right in ((rough, True), (too_rough, False)):
        assert [judge_count([(read_count(claim), question)]).right for claim in claims] == [right] * len(claims)


@pytest.mark.parametrize(
    ("claim", "name", "value"),
    [
        ("9472", "params", 9472), ("9472 params", "params", 9472), ("9472 parameters", "params", 9472),
        ("9472 weights", "params", 9472), ("1.5 GMACs", "macs", 15 * 10**8), ("8 MFLOPs", "flops", 8 * 10**6),
        ("5 biases", "biases", 5), ("896 bytes", "param_bytes", 896), ("7B", "params", 7 * 10**9),
        ("2 kB", "param_bytes", 2000),
        ("7.5 B", "params", 75 * 10**8), ("peak_bytes=896 B", "peak_bytes", 896), ("macs=2 MMACs", "macs", 2 * 10**6),
        ("activation_bytes=2 KiB", "activation_bytes", 2048), ("weights=5 params", "weights", 5),
        ("6.9k MACs", "macs", 6900), ("2 million parameters", "params", 2 * 10**6), ("1 bias", "biases", 1),
    ],
)  # fmt: skip
def test_a_unit_says_what_is_counted(claim: str, name: str, value: int) -> None:
    assert {key: number.value for key, number in read_counts(claim).items()} == {name: value}


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("params=9472 macs", "params are claimed in macs: '9472 macs'"),
        ("macs=9472 flops", "macs are claimed in flops"),
        ("params=896 bytes", "params are claimed in bytes"),
        ("peak_bytes=896 params", "peak_bytes are claimed in params"),
        ("896 B", "'896 B' can be read both ways: as bytes, or as billions"),
    ],
)
def test_a_unit_of_something_else_is_refused(claim: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_counts(claim)


def test_a_long_claim_is_shortened_in_the_verdict() -> None:
    size = judge_size(read_size("8" + "x8" * 2000), size_question([], TensorShape((8, 8), 2)))
    count = judge_count([(read_count("9" * 3000), params())])
    assert size.message == f"the size is 8x8, not {'8x' * 15}…{'8x' * 14}8"
    assert count.message == f"the layers have 1100 parameters, not {'9' * 30}…{'9' * 29}"


def test_a_rough_count_is_not_explained_by_one_layer_of_several() -> None:
    """Without the biases of the second layer alone there are 1010."""
    exact, rough = (judge_count([(read_count(claim), params())]) for claim in ("1010", "1.01k"))
    assert [slip.name for slip in exact.explanations[0]] == ["bias-forgotten"]
    assert rough.explanations == ()
    assert [slip.name for slip in judge_count([(read_count("1.00k"), params())]).explanations[0]] == [
        "bias-forgotten"
    ]


def test_a_verdict_says_whether_everything_known_was_tried() -> None:
    unexplained, right = (read_count("777"), params()), (read_count("1100"), params())
    assert judge_count([unexplained]).searched
    assert judge_count([right]).searched
    for claims in ([unexplained], [unexplained, right], [right, unexplained]):
        tried_none = {"params": WrongAnswers(params(), COUNT_MISTAKES, budget=0)}
        assert not judge_count(claims, wrong=tried_none).searched
        assert judge_count(claims).score == (len(claims) - 1, len(claims))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9.5k", 9500), ("2M", 2 * 10**6), ("1.5G", 15 * 10**8), ("3B", 3 * 10**9), ("2T", 2 * 10**12),
        ("4KiB", 4096), ("3MiB", 3 * 1024**2), ("2 GiB", 2 * 1024**3), ("5MB", 5 * 10**6), ("2 million", 2 * 10**6),
        ("7 bytes", 7), ("1.5 GMACs", 15 * 10**8), ("12,345,678", 12345678), ("1 000", 1000), ("1'234", 1234),
    ],
)  # fmt: skip
def test_counts_in_their_units(text: str, value: int) -> None:
    assert read_count(text).value == value


@pytest.mark.parametrize("text", ["5 apples", "k", "", "1.2.3", "4 KiBi"])
def test_what_is_not_a_count_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not a count"):
        read_count(text)


@pytest.mark.parametrize(("claim", "plain"), [("13.5", 13.5), ("13", 13), ("27/2", 13.5), (f"{10**20}.5", 10**20)])
def test_a_wrong_number_is_listed_as_it_was_claimed(claim: str, plain: float) -> None:
    (cell,) = judge_size(read_size(claim), size_question([], TensorShape((7,), 0))).cells
    assert (cell.claimed, type(cell.claimed), cell.right) == (plain, type(plain), 7)


def test_numbers_of_another_shape_and_rough_ones_are_said_to_be_right() -> None:
    x, kernel = np.array([[0.25, 1.5, 3.0], [2.0, 0.125, 7.0]]), np.array([[1.0, 3.0]]) / 3
    question = filter_question(x, Filter(Convolution(None, None, (1, 2), (1, 1), "valid", (1, 1)), kernel))
    answer = question.answer()
    flat = judge_matrix(claimed_matrix(answer.reshape(-1)), question)
    assert flat.message == "the answer's shape is 2x2, not 4; its numbers are right"
    text = "\n".join(" ".join(f"{number:.2f}" for number in row) for row in answer.tolist())
    rough = claimed_matrix(np.array([[float(f"{number:.2f}") for number in row] for row in answer.tolist()]), text)
    assert judge_matrix(rough, question).message == "all 4 cells agree, right to the 2 decimals given"
    assert judge_matrix(rough, question, tolerance=0.01).message == "all 4 cells agree"
    assert not judge_matrix(rough, question, tolerance=1e-6).right


def test_equal_answers_are_judged_once_and_nothing_to_judge_is_all_right() -> None:
    judged: list[str] = []

    def verdict(answer: str) -> Verdict:
        judged.append(answer)
        return Verdict(right=answer == "8", message="", score=(0, 0) if answer == "8" else (1, 4))

    rows = grade([("Ada", "8"), ("Bob", "7"), ("Eve", "8"), ("Dan", "7")], verdict)
    assert judged == ["8", "7"]
    assert [row.score for row in rows] == [1.0, 0.25, 1.0, 0.25]


@pytest.mark.parametrize(
    ("text", "hint"), [("macz=5", "did you mean macs?"), ("apples=5", "one of params, weights, biases, buffers")]
)
def test_what_can_be_counted_is_named(text: str, hint: str) -> None:
    with pytest.raises(DataError, match="is not a count") as raised:
        read_counts(text)
    assert str(raised.value.hint).startswith(hint)


def test_a_long_text_is_shown_by_its_beginning() -> None:
    for read in (read_count, read_size):
        with pytest.raises(DataError) as raised:
            read("ab" * 30)
        assert raised.value.message.startswith(repr("ab" * 20) + " is not a ")
    assert read_count("123" + ",456" * 1100).value == int("123" + "456" * 1100)


@pytest.mark.parametrize("text", ["?x8=8", "? x 8 = 0", "8x8=63", "8x8=65"])
def test_a_product_is_that_of_sizes_that_are_known(text: str) -> None:
    with pytest.raises(DataError, match="the product is another"):
        read_size(text)


def test_a_size_left_open_cannot_be_judged() -> None:
    with pytest.raises(ShapeError, match="leaves one open"):
        size_question([Linear(4, 2)], TensorShape((None,), 0))


def test_a_matrix_of_several_parts_is_judged_as_a_whole() -> None:
    x = np.random.default_rng(3).integers(-9, 10, (420, 310)).astype(np.float32)
    layer = Convolution(None, None, (1, 2), (1, 1), "valid", (1, 1))
    question = filter_question(x, Filter(layer, np.array([[1, 2]], np.float32)))
    answer = question.answer()
    assert judge_matrix(claimed_matrix(answer), question).right
    claim = answer.copy()
    claim[(63, 410), (0, 7)] += 1
    verdict = judge_matrix(claimed_matrix(claim), question, answer)
    assert [cell.at for cell in verdict.cells] == [(63, 0), (410, 7)]
    assert (verdict.mistake, verdict.score) == ("cell-slip", (answer.size - 2, answer.size))
    assert judge_matrix(claimed_matrix(np.sort(answer, axis=None).reshape(answer.shape)), question).mistake == "order"
    assert judge_matrix(claimed_matrix(-answer), question, answer).mistake == "sign"
    verdict = judge_matrix(claimed_matrix(3 * answer + 1), question, answer)
    assert (verdict.explanations, len(verdict.cells)) == ((), 1000)


def test_what_is_cut_off_at_a_half_is_wrong_where_the_answer_is_sure() -> None:
    claim = claimed_matrix(np.array([3.7]), "3.7")
    answer = np.array([3.75])
    assert [bool(claim.differs(answer, slack=slack)[0]) for slack in (0.0, 1e-9)] == [True, False]
    exact = {
        "whole": np.array([[1, 2], [3, 4]], np.int8),
        "short": np.array([[1.25, 2], [3, 4]]),
        "long": np.array([[1.1, 2], [3, 4]]),
        "float32": np.array([[1.25, 2], [3, 4]], np.float32),
    }
    kernel = Filter(Convolution(None, None, (1, 1), (1, 1), "valid", (1, 1)), np.ones((1, 1), np.int8))
    found = {name: filter_question(x, kernel).is_exact for name, x in exact.items()}
    assert found == {"whole": True, "short": True, "long": False, "float32": False}
    counts = [read_count(text).agrees(750) for text in ("0.7k", "0.8k", "0.75k")]
    assert counts == [False, True, True]
    with pytest.raises(DataError) as caught:
        read_count("112 B")
    assert caught.value.hint == "write 112 bytes, or 112G"
    assert written_number("1" * 4000) is not None
    assert written_number("1" * 4001) is None
