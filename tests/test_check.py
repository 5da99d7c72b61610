"""Claims judged: right ones, wrong ones, and where a matrix differs."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from strategies import huge_integers

import convcalc
from convcalc.check import judge, search
from convcalc.check.claimed_matrix import claimed_matrix
from convcalc.check.claims import read_counts, read_size
from convcalc.check.count_question import count_question
from convcalc.check.judge import MOST_CELLS
from convcalc.check.matrix_question import MatrixQuestion
from convcalc.check.mistakes.sizes import SIZE_MISTAKES
from convcalc.check.numbers import written_number
from convcalc.check.search import WrongAnswers
from convcalc.check.size_question import size_question
from convcalc.check.verdict import Verdict, WrongCell
from convcalc.errors import DataError, UsageError
from convcalc.layers import Linear, Pooling, TensorShape
from convcalc.matrix.text import parse_matrix
from convcalc.network.cost import network_cost
from convcalc.network.graph import chain

NAN, INF = float("nan"), float("inf")
IN_BLOCKS = "ans =\n\n  Columns 1 through 2\n\n   2.3333   4.0000\n\n  Column 3\n\n   {}\n"


def judge_shape(claim: tuple[int, ...], answer: TensorShape) -> Verdict:
    """Judge a claim about a network without layers, out of which its input comes."""
    return judge.judge_size([written_number(str(size)) for size in claim], size_question([], answer))


def judge_matrix(claim: np.ndarray[Any, Any], answer: np.ndarray[Any, Any], tolerance: float | None) -> Verdict:
    """Judge a claim about a pooling by windows of one cell, out of which its input comes."""
    question = MatrixQuestion(answer, Pooling("max", (1,), (1,), "valid", (1,)))
    return judge.judge_matrix(claimed_matrix(claim), question, answer, tolerance=tolerance)


@pytest.mark.parametrize(
    ("claim", "sizes", "rank", "right"),
    [
        ((64, 112, 56), (64, 112, 56), 2, True),
        ((112, 56), (64, 112, 56), 2, True),
        ((112, 56), (5, 64, 112, 56), 2, True),
        ((64, 112, 56), (5, 64, 112, 56), 2, True),
        ((5, 64, 112, 56), (5, 64, 112, 56), 2, True),
        ((112,), (64, 112, 112), 2, True),
        ((112,), (64, 112, 56), 2, False),
        ((56, 112), (64, 112, 56), 2, False),
        ((56,), (64, 112, 56), 2, False),
        ((64, 112, 56), (112, 56), 2, False),
        ((1, 64, 112, 56), (64, 112, 56), 2, True),
        ((3, 64, 112, 56), (64, 112, 56), 2, False),
        ((4,), (4,), 1, True),
        ((10,), (20, 10), 0, True),
        ((20,), (20, 10), 0, False),
    ],
)
def test_a_claimed_size_is_judged_by_what_it_says(
    claim: tuple[int, ...], sizes: tuple[int, ...], rank: int, right: bool
) -> None:
    verdict = judge_shape(claim, TensorShape(sizes, rank))
    assert verdict.right is right
    assert verdict.mistake == ("axes-swapped" if claim == (56, 112) else None)
    if not right:
        assert verdict.message.endswith(f", not {'x'.join(map(str, claim))}")


@pytest.mark.parametrize(
    ("claim", "network", "mistake", "cells"),
    [
        ("?x7x7", ("conv:8,k3",), None, (WrongCell((0,), None, 8),)),
        ("9x9x9", ("(conv:4,k3,p1 | conv:5,k3,p1)",), "", ()),
        ("9x7x7", ("(conv:4,k3,p1 | conv:5,k3,p1)",), "padding-forgotten", ()),
    ],
)
def test_a_claimed_size_of_a_network(
    claim: str, network: tuple[str, ...], mistake: str | None, cells: tuple[WrongCell, ...]
) -> None:
    verdict = convcalc.check_shape(claim, "3x9x9", *network)
    assert (verdict.right, verdict.mistake) == (mistake == "", mistake or None)
    assert verdict.cells[: len(cells)] == cells


def test_a_wrong_size_is_answered_at_the_length_of_the_claim() -> None:
    answer = TensorShape((5, 64, 112, 56), 2)
    assert judge_shape((111, 56), answer).message == "the size is 112x56, not 111x56"
    assert judge_shape((32, 112, 56), answer).message == "the size is 64x112x56, not 32x112x56"
    assert judge_shape((112, 56), answer).message == "the size is 5x64x112x56"


def test_counts_are_judged_to_the_last_digit() -> None:
    layers = [Linear(10**20, 10**20, bias=False)]
    asked = count_question(network_cost(layers), chain(layers), "params")
    right, wrong = (judge.judge_count([(read_counts(str(count))["params"], asked)]) for count in (10**40, 10**40 + 1))
    assert right.right
    assert not wrong.right
    assert wrong.message == f"the layers have {10**40} parameters, not {10**40 + 1}"


@pytest.mark.parametrize(
    ("claim", "answer", "tolerance", "right"),
    [
        ([[1, 2]], [[1, 2]], None, True),
        ([[1, 2]], [[1, 3]], None, False),
        ([[1, 2]], [[1, 3]], 1.0, True),
        ([[1, 2]], [[1, 3]], 0.5, False),
        ([[1.0, 2.0]], [[1, 2]], None, True),
        ([[0.333333]], [[1 / 3]], None, True),
        ([[0.33]], [[1 / 3]], None, False),
        ([[0.33]], [[1 / 3]], 0.01, True),
        ([[1.1]], [[1.0]], 0.1, True),
        ([[1.1000001]], [[1.0]], 0.1, False),
        ([[0.1 + 0.2]], [[0.3]], 0.0, False),
        ([[1e12 + 1]], [[1e12]], None, False),
        ([[NAN, INF, -INF]], [[NAN, INF, -INF]], None, True),
        ([[NAN]], [[1.0]], 100.0, False),
        ([[1.0]], [[NAN]], 100.0, False),
        ([[INF]], [[-INF]], 100.0, False),
        ([[True, False]], [[1, 0]], None, True),
    ],
)
def test_a_claimed_matrix_may_be_off_by_the_tolerance(
    claim: Any, answer: Any, tolerance: float | None, right: bool
) -> None:
    assert judge_matrix(np.array(claim), np.array(answer), tolerance).right is right


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("2.33 4", [7 / 3, 4.0], True),
        ("2.30 4", [7 / 3, 4.0], False),
        ("2.3 4", [7 / 3, 4.0], True),
        ("2.33 4", [7 / 3, 4.001], False),
        ("2.33 4.0", [7 / 3, 4.04], True),
        ("1.2e3 0", [1240.0, 0.0], True),
        ("1.2e3 0", [1260.0, 0.0], False),
        ("tensor([2.3333, 4.0000], device='cuda:0')", [7 / 3, 4.0], True),
        ("tensor([2.3300, 4.0000], dtype=torch.float64)", [7 / 3, 4.0], False),
        ("[2.33, 4.]", [7 / 3, 4.0], True),
        ("-0.00 nan", [0.004, NAN], True),
        ("-0.00 inf", [0.006, INF], False),
        ("0.12 1/3", [0.125, 1 / 3], True),
        ("3.8 2.8 2.6 2.7", [3.75, 2.75, 2.65, 2.65], True),
        ("3.7 2.75", [3.75, 2.75], False),
        ("2.7", [2.75], False),
        ("-3.7 -3.8", [-3.75, -3.75], True),
        ("3.7", [3.7499999999999996], True),
        ("1e1 2e1", [15, 15], False),
        ("2e1 2e1", [15, 25], True),
        ("0.13 1/3", [0.125, 1 / 3], True),
        (IN_BLOCKS.format("0.6667"), [7 / 3, 4.0, 2 / 3], True),
        (IN_BLOCKS.format("0.6668"), [7 / 3, 4.0, 2 / 3], False),
        ("ans =\n\n   1.0e+03 *\n\n   2.3333   0.0100\n", [7000 / 3, 10.04], True),
        ("ans =\n\n   1.0e+03 *\n\n   2.3334   0.0100\n", [7000 / 3, 10.0], False),
        ("        0    1\n0  2.3333  4.0\n1  0.6667  inf\n", [[7 / 3, 4.04], [2 / 3, INF]], True),
        ("        0    1\n0  2.3333  4.0\n1  0.6667  inf\n", [[7 / 3, 4.06], [2 / 3, INF]], False),
    ],
)
def test_a_number_claims_no_more_than_its_digits(text: str, answer: list[Any], right: bool) -> None:
    question = MatrixQuestion(np.array(answer), Pooling("max", (1,), (1,), "valid", (1,)))
    claim = claimed_matrix(parse_matrix(text, place="claim").array, text)
    assert judge.judge_matrix(claim, question, np.array(answer)).right is right


def test_numbers_that_are_stored_are_not_rough() -> None:
    assert not judge_matrix(np.array([0.5]), np.array([0.54]), None).right
    half = np.array([255.0, 100.0], np.float16)
    assert judge_matrix(half, half.astype(np.float64), None).right
    assert judge_matrix(np.array([0.1], np.float32), np.array([0.1]), None).right
    assert not judge_matrix(np.array([100.5], np.float16), np.array([100.0]), None).right


def test_a_decimal_comma_has_digits_too(here: Run) -> None:
    command = ["pool", "1 3 3 4 5 6 7", "avg", "-k", "3", "-s", "2", "--decimal", ","]
    assert here(*command, "--check", "2,33 4 6").returncode == 0
    assert here(*command, "--check", "2,34 4 6").returncode == 1


def exact(rows: list[list[Any]]) -> np.ndarray[Any, Any]:
    return np.array(rows, dtype=object)


@pytest.mark.parametrize(
    ("claim", "answer", "tolerance", "right"),
    [
        (exact([[10**400]]), exact([[10**400]]), None, True),
        (exact([[10**400 + 1]]), exact([[10**400]]), None, False),
        (exact([[10**400 + 1]]), exact([[10**400]]), 0.0, False),
        (exact([[10**400 + 1]]), exact([[10**400]]), 1.0, True),
        (np.array([[2**60 + 1]]), np.array([[2**60]]), 0.5, False),
        (np.array([[2**60 + 1]]), np.array([[2**60]]), None, False),
        (np.array([[1.5]]), exact([[10**400]]), None, False),
        (np.array([[1.5]]), exact([[Fraction(3, 2)]]), None, True),
        (np.array([[0.333333]]), exact([[Fraction(1, 3)]]), None, True),
        (np.array([[0.333333]]), exact([[Fraction(1, 3)]]), 0.0, False),
        (exact([[Fraction(1, 3)]]), exact([[Fraction(1, 3)]]), None, True),
        (exact([[Fraction(33, 100)]]), exact([[Fraction(1, 3)]]), None, False),
        (exact([[Fraction(33, 100)]]), exact([[Fraction(1, 3)]]), 0.01, True),
        (np.array([[NAN, INF]]), exact([[Fraction(1, 3), 10**400]]), 9.0, False),
        (np.array([[3]]), exact([[Fraction(3)]]), None, True),
    ],
)
def test_numbers_that_floats_do_not_hold_are_judged_exactly(
    claim: Any, answer: Any, tolerance: float | None, right: bool
) -> None:
    assert judge_matrix(claim, answer, tolerance).right is right


@given(huge_integers, huge_integers, st.none() | st.integers(0, 3))
def test_whole_numbers_are_judged_exactly(claim: int, answer: int, tolerance: int | None) -> None:
    verdict = judge_matrix(exact([[claim]]), exact([[answer]]), None if tolerance is None else float(tolerance))
    assert verdict.right is (abs(claim - answer) <= (tolerance or 0))


def test_differing_cells_are_named_in_order() -> None:
    answer = np.arange(24).reshape(2, 3, 4)
    claim = answer.copy()
    claim[0, 2, 1] = 99
    claim[1, 0, 3] = -1
    verdict = judge_matrix(claim, answer, None)
    assert verdict.cells == (WrongCell((0, 2, 1), 99, 9), WrongCell((1, 0, 3), -1, 15))
    assert verdict.score == (22, 24)
    assert verdict.message == "2 of 24 cells differ: (0, 2, 1) is 9, not 99"
    assert judge_matrix(answer, answer, None).message == "all 24 cells agree"
    assert judge_matrix(np.array([5]), np.array([4]), None).message == "1 of 1 cell differs: (0) is 4, not 5"
    assert judge_matrix(np.array([4]), np.array([4]), None).message == "the cell agrees"


def test_no_more_cells_are_listed_than_anyone_reads() -> None:
    answer = np.zeros((60, 50), dtype=int)
    verdict = judge_matrix(answer + 1, answer, None)
    assert len(verdict.cells) == MOST_CELLS
    assert verdict.score == (0, 3000)
    assert verdict.message.startswith("3000 of 3000 cells differ")


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        ((2, 3), (3, 2)), ((6,), (2, 3)), ((2, 2, 3), (2, 3)), ((), (2,)), ((1, 2), (2, 1)), ((3, 1), (1, 3)),
        ((3,), (3, 1)), ((2, 3), (2, 3, 1)), ((2, 1, 3), (2, 3)),
    ],
)  # fmt: skip
def test_another_shape_is_wrong_whatever_it_holds(claim: tuple[int, ...], answer: tuple[int, ...]) -> None:
    verdict = judge_matrix(np.zeros(claim), np.zeros(answer), 100.0)
    assert not verdict.right
    shapes = ["x".join(map(str, shape)) or "1" for shape in (answer, claim)]
    assert verdict.message.partition(";")[0] == f"the answer's shape is {shapes[0]}, not {shapes[1]}"


@pytest.mark.parametrize(
    ("claim", "answer"),
    [
        ((3,), (1, 3)), ((2, 3), (1, 1, 2, 3)), ((1, 1, 2, 3), (2, 3)), ((1, 3), (3,)), ((), (1, 1)), ((3, 1), (3,)),
        ((3,), (3, 1, 1)), ((3,), (1, 3, 1, 1)),
    ],
)  # fmt: skip
def test_axes_of_one_cell_may_be_written_or_left_out_where_programs_and_people_do(
    claim: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    assert judge_matrix(np.zeros(claim), np.zeros(answer), None).right


def test_a_tolerance_is_a_number() -> None:
    with pytest.raises(UsageError, match="tolerance must not be NaN"):
        judge_matrix(np.zeros(2), np.zeros(2), NAN)
    with pytest.raises(UsageError, match="tolerance must not be infinite"):
        judge_matrix(np.zeros(2), np.ones(2), INF)
    assert judge_matrix(exact([[1]]), exact([[10**300]]), 1e301).right


@pytest.mark.parametrize(("x", "cut_off"), [("1 2; 4 8", 1), ("1.5 2; 4 7.5", 1), ("0.1 0.3; 0.5 14.1", 0)])
def test_what_is_cut_off_halfway_is_wrong_where_the_answer_is_exact(here: Run, x: str, cut_off: int) -> None:
    command = ("pool", x, "avg", "-k", 2, "--check")
    assert [here(*command, claim).returncode for claim in ("3.8", "3.7")] == [0, cut_off]
    assert here(*command, "3.7").stdout.count("\n#   ") == cut_off


@pytest.mark.parametrize(("claim", "code"), [("8^2", 0), ("2^3", 3), ("3^2", 1), ("8²", 0)])
def test_a_power_is_a_size_unless_only_the_number_is_right(here: Run, claim: str, code: int) -> None:
    assert here("shape", 12, "-k", 5, "--check", claim).returncode == code


def test_programs_have_their_claims_judged_as_the_command_does() -> None:
    assert convcalc.check_shape((64, 112, 112), "3x224x224", "conv:64,k7,s2,p3").right
    assert convcalc.check_shape("7x7x8", "32x30x3", "Conv2D(8, 3, strides=2)", "MaxPooling2D(2)").right
    counts = convcalc.check_params("macs=118.0M, params=9408", "conv:64,k7,s2,p3", size="3x224x224")
    assert (counts.score, counts.mistake) == ((1, 2), "bias-forgotten")
    x, kernel = np.array([[1, 0, 1], [2, 1, 0], [0, 1, 1]]), np.array([[1, 2], [0, 3]])
    assert convcalc.check_convolve(np.array([[8, 2], [7, 6]]), x, kernel).mistake == "kernel-flipped"
    assert convcalc.check_convolve("4.25 2; 7 4", x, kernel, tolerance=0.5).right
    assert convcalc.check_pool("1.0; 0.67", [[1, 0, 2], [1, 0, 1]], "AvgPool2d((1, 3))").right


@pytest.mark.parametrize(
    "command",
    [
        ["shape", "9", "-k", "3"],
        ["params", "fc:10", "--input", "7"],
        ["conv", "1 2 3", "-k", "1"],
        ["pool", "1 2 3", "max", "-k", "2"],
    ],
)
def test_one_claim_is_checked_at_a_time(command: list[str], here: Run) -> None:
    done = here(*command, "--check", "7", "--check", "8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--check is given twice" in done.stderr
    assert here(*command, "--show-answer").returncode == 2
    unreadable = here(*command, "--check", "no idea")
    assert (unreadable.returncode, unreadable.stdout) == (3, "")


def test_numbers_of_a_verdict_have_the_precision_that_is_asked_for(here: Run) -> None:
    command = ["conv", "0.1 0.25 0.5", "-k", "0.3", "--check", "0.13 0.17 0.25"]
    assert "(0) is 0.03, not 0.13" in here(*command).stdout
    assert "(2): 0.250 is claimed, 0.150 is right" in here(*command, "--precision", "3").stdout
    assert "(0) is 3.0e-02, not 0.1\n" in here(*command, "--precision", "1").stdout


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        ("macs=10584", True),
        ("MACs: 10.6k", True),
        ("21.2 kFLOPs", True),
        ("10.6 kFLOPs", False),
        ("flops=21.2 kFLOPs, params=224, weights=216 biases=8", True),
        ("param_bytes=896; activation_bytes=1.568 kB", True),
        ("peak_bytes=2.5 KiB", True),
        ("training_bytes=4332, peak_bytes=2540", True),
        ("macs=0.0106 million", True),
        ("macs=10.5k", False),
        ("buffers=0", True),
    ],
)
def test_every_count_of_the_total_can_be_claimed(claim: str, right: bool, here: Run) -> None:
    done = here("params", "3x9x9", "conv:8,k3", "--check", claim)
    assert done.returncode == (0 if right else 1), done.stdout + done.stderr


OPEN = ("params", "3xNonex9", "conv:8,k3")
UNKNOWN = "Sequential((0): Conv2d(3, 8, kernel_size=(3, 3)) (1): Own(x=3))"


@pytest.mark.parametrize(
    ("claim", "code", "text"),
    [
        ("params=224", 0, "right: the layers have 224 parameters"),
        ("params=216", 1, "bias-forgotten: the biases were forgotten"),
        ("macs=5", 2, "--check: macs depends on a size that is open"),
        ("params=224, peak_bytes=5", 2, "--check: peak_bytes depends on a size that is open"),
        ("5 parsecs", 3, "--check: '5 parsecs' is not a count"),
    ],
)
def test_what_does_not_depend_on_an_open_size_is_judged(claim: str, code: int, text: str, here: Run) -> None:
    done = here(*OPEN, "--check", claim)
    assert (done.returncode, text in done.stdout + done.stderr) == (code, True)


def test_programs_have_their_counts_judged_as_the_command_does(here: Run) -> None:
    assert convcalc.check_params("peak_bytes=2540, training_bytes=4332", "conv:8,k3", size="3x9x9").right
    message = "the sum leaves out layers that are not known: 1: Own(x=3)"
    assert f"--check: {message}" in here("params", UNKNOWN, "--check", "224").stderr
    with pytest.raises(UsageError, match=re.escape(message)):
        convcalc.check_params(224, UNKNOWN)


def test_a_search_that_was_cut_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = size_question([Pooling("max", (3, 3), (2, 2), "valid", (1, 1))] * 2, TensorShape((40, 50), 2))
    whole, poor = WrongAnswers(asked, SIZE_MISTAKES), WrongAnswers(asked, SIZE_MISTAKES, budget=3 * asked.cost)
    assert [slips for slips, _ in poor.of(1)] == [slips for slips, _ in whole.of(1)][:3]
    assert (poor.complete, whole.complete) == (False, True)
    pairs = [slips for slips, _ in whole.of(2)]
    monkeypatch.setattr(search, "MOST_PAIRS", 4)
    cut = WrongAnswers(asked, SIZE_MISTAKES)
    assert [slips for slips, _ in cut.of(2)] == pairs[: len(list(cut.of(2)))]
    assert 0 < len(list(cut.of(2))) <= 4
    assert (whole.complete, cut.complete) == (True, False)


def test_counts_that_need_an_input_need_it(here: Run) -> None:
    done = here("params", "conv:8,k3,in=3", "--check", "macs=4")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        2,
        "convcalc: --check: no size of an input given, so macs is not known",
    )
    assert here("params", "conv:8,k3,in=3", "--check", "mac=4").returncode == 2
    assert here("params", "conv:8,k3,in=3", "--check", "cats=4").returncode == 3


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("64x112x112", ["64", "112", "112"]),
        ("(64, 13.5, 112)", ["64", "13.5", "112"]),
        ("torch.Size([1, 64])", ["1", "64"]),
        ("13.5 x 13.5", ["13.5", "13.5"]),
        ("64 112", ["64", "112"]),
        ("64×112", ["64", "112"]),
        ("27/2", ["27/2"]),
        ("-3", ["-3"]),
        ("TensorShape([64, 112])", ["64", "112"]),
        ("1e2", ["100"]),
        ("64x8²", ["64", "8", "8"]),
        ("13.5^2", ["13.5", "13.5"]),
        ("7**3", ["7", "7", "7"]),
        ("5³", ["5", "5", "5"]),
        ("8 x 8 = 64", ["8", "8"]),
        ("(3, 4, 5) = 60", ["3", "4", "5"]),
    ],
)
def test_a_claimed_size_is_read_in_every_form(text: str, sizes: list[str]) -> None:
    assert [str(number) for number in read_size(text)] == sizes


@pytest.mark.parametrize(
    "text",
    [
        "3-May",
        "Mar-05",
        "3. Okt 2026",
        "8x8=63",
        "8^4",
        "10**9",
        "10,,9",
        "8=",
        "=64",
        "",
        "many",
        "x",
        "12kg",
        "1/0",
        "nan",
        "()",
    ],
)
def test_what_is_not_a_size_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is not a size") as caught:
        read_size(text)
    assert ("which a spreadsheet made of it" in caught.value.message) == (text in ("3-May", "Mar-05", "3. Okt 2026"))


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("4 2 1; 7 9 1; 1 1 1; 3 3 3", "the answer's shape is 4x4, not 4x3"),
        ("8 2; 7 9", "the answer's shape is 4x4, not 2x2; its shape fits if the padding was forgotten"),
    ],
)
def test_both_shapes_are_said_where_they_differ(claim: str, message: str, here: Run) -> None:
    done = here("conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 2; 0 3", "-p", "1", "--check", claim, "--json")
    check = json.loads(done.stdout)["check"]
    assert (check["message"], check["score"], check["cells"]) == (message, 0.0, [])


def test_a_size_to_be_found_and_several_sizes_are_not_judged(here: Run) -> None:
    assert "? and --check cannot be combined" in here("shape", "5x?", "-k", "3", "--check", "3").stderr
    done = here("shape", "3x9x9", "conv:4,k3 =a conv:5,k3 from:a conv:6,k1", "--check", "6x7x7")
    assert (done.returncode, done.stderr) == (
        2,
        "convcalc: --check: the network has 2 outputs, only one can be judged\n",
    )


def test_the_right_numbers_in_another_shape_are_told_apart(here: Run) -> None:
    done = here("conv", "1 2; 3 4; 5 6", "-k", "1; 1", "--check", "4 6 8 10", "--json")
    assert json.loads(done.stdout)["check"]["message"] == "the answer's shape is 2x2, not 4; its numbers are right"


def test_only_what_is_asked_for_shows_the_answer(here: Run) -> None:
    command = ["conv", "1 2 3; 4 5 6; 7 8 9", "-k", "1 0; 0 2", "--check", "11 14; 20 22", "-F", "table"]
    assert "20 23" not in here(*command).stdout
    assert "20 23" not in here(*command, "--show-input").stdout
    assert "7 8 9" in here(*command, "--show-input").stdout
    assert "20 23" in here(*command, "--show-answer").stdout
    assert "--heatmap would show the answer, which --check hides" in here(*command, "--heatmap").stderr


def test_a_claim_about_an_infinite_kernel_is_judged(here: Run) -> None:
    done = here("conv", "1 -2 3", "-k", "inf", "--check", "inf -inf 7", "--json")
    check = json.loads(done.stdout)["check"]
    assert (done.returncode, check["cells"]) == (1, [{"at": [2], "claimed": 7, "right": "inf"}])


def test_numbers_near_the_end_of_floats_are_judged(here: Run) -> None:
    command = ["conv", "1e300 1e300 1.0", "-k", "1e8 1e8"]
    assert here(*command, "--check", "1e308 5").returncode == 1
    small = ["conv", "1e200 1.0 2.5 1.5", "-k", "1.0 1.0"]
    assert here(*small, "--check", "1e200 3.5 4").returncode == 0
    assert here(*small, "--check", "1e200 99 4").returncode == 1
    assert here(*command, "--check", "inf 1e308").returncode == 0
    assert here("conv", "nan 1.5 2", "-k", "2", "--check", "nan 3 4.5").returncode == 1
    assert here("conv", "inf 1.5 2", "-k", "2", "--check", "inf 3 4.5").returncode == 1


def test_numbers_that_no_answer_has_are_refused() -> None:
    """The claim is right but for what is not looked at: it must not be judged by a part of itself."""
    right = np.array([[3.5, 5.0], [8.0, 10.0]])
    x, kernel = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 10]]), np.array([[1, 0], [0, 0.5]])
    assert convcalc.check_convolve(right, x, kernel).right
    assert convcalc.check_convolve(right.astype(np.longdouble), x, kernel).right
    for claim in (right + 1j, right.astype("datetime64[s]"), right.astype(str)):
        with pytest.raises(DataError, match="cannot compute with numbers of dtype"):
            convcalc.check_convolve(claim, x, kernel)
        with pytest.raises(DataError, match="cannot compute with numbers of dtype"):
            convcalc.check_pool(claim, x, "max", 2, stride=1)


def test_weights_are_those_alone_or_all_parameters() -> None:
    verdicts = {claim: convcalc.check_params(claim, "Conv2d(3, 4, 3)") for claim in ("108 weights", "112 weights")}
    assert {claim: verdict.message for claim, verdict in verdicts.items()} == {
        "108 weights": "the layers have 108 weights",
        "112 weights": "the layers have 112 parameters",
    }
    wrong = [convcalc.check_params(claim, "Conv2d(3, 4, 3)") for claim in ("weights=112", "4 weights", "108")]
    assert not any(verdict.right for verdict in wrong)
