"""A right answer is never called wrong, and a wrong one never right; published slips are pointed at."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import bracketed, convolve_loops, flatten, legal_starts, nested_from, pool_loops, shape_of

from convcalc.check.claimed_matrix import claimed_matrix
from convcalc.check.claims import read_counts, read_size
from convcalc.check.count_question import count_question
from convcalc.check.judge import judge_count, judge_matrix, judge_size
from convcalc.check.matrix_question import MatrixQuestion, filter_question, pooling_question
from convcalc.check.size_question import size_question
from convcalc.check.verdict import Verdict
from convcalc.compute.layer import Filter
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Pooling, TensorShape
from convcalc.matrix.text import parse_matrix
from convcalc.network.cost import network_cost
from convcalc.network.graph import chain

QUICK = settings(max_examples=60)
SMALL = st.integers(-9, 9)


def judged(question: MatrixQuestion, claim: str) -> Verdict:
    return judge_matrix(claimed_matrix(parse_matrix(claim, place="claim").array, claim), question)


def rounded(value: Fraction, decimals: int, more: int = 0) -> str:
    """Write a number with that many decimals, `more` units of the last of them too large."""
    units = round(value * 10**decimals) + more
    sign, whole = "-" if units < 0 else "", str(abs(units)).zfill(decimals + 1)
    return f"{sign}{whole[:-decimals]}.{whole[-decimals:]}" if decimals else sign + whole


windows = st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(0, 1), st.integers(1, 2))
"""Kernel, stride, padding and dilation of an axis."""


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[MatrixQuestion, Any]:
    """Draw a convolution of two channels, and its answer by plain loops."""
    axes = draw(st.tuples(windows, windows))
    kernel, stride, padding, dilation = zip(*axes, strict=True)
    sizes = [draw(st.integers(k * d + 1, k * d + 3)) for k, _, _, d in axes]
    outputs = draw(st.integers(1, 2))
    numbers = st.lists(
        SMALL, min_size=outputs * 2 * kernel[0] * kernel[1], max_size=outputs * 2 * kernel[0] * kernel[1]
    )
    weight = nested_from(draw(numbers), (outputs, 2, *kernel))
    cells = 2 * sizes[0] * sizes[1]
    x = nested_from(draw(st.lists(SMALL, min_size=cells, max_size=cells)), (2, *sizes))
    bias = draw(st.lists(SMALL, min_size=outputs, max_size=outputs))
    pads = [(p, p) for p in padding]
    right = convolve_loops(x, weight, stride=stride, padding=pads, dilation=dilation, bias=bias)
    import numpy as np

    layer = Convolution(2, outputs, kernel, stride, tuple(Padding(p, p) for p in padding), dilation)
    return filter_question(np.array(x), Filter(layer, np.array(weight), np.array(bias))), right


@settings(max_examples=20)
@given(convolutions(), st.data())
def test_a_convolution_is_judged_cell_by_cell(drawn: tuple[MatrixQuestion, Any], data: st.DataObject) -> None:
    question, right = drawn
    assert judged(question, bracketed(right)).right
    cells = flatten(right)
    place = data.draw(st.integers(0, len(cells) - 1))
    cells[place] += data.draw(st.integers(1, 40)) * data.draw(st.sampled_from([-1, 1]))
    verdict = judged(question, bracketed(nested_from(cells, shape_of(right))))
    assert (verdict.right, verdict.score) == (False, (len(cells) - 1, len(cells)))
    assert [cell.right for cell in verdict.cells] == [flatten(right)[place]]


@QUICK
@given(st.lists(st.integers(-99, 99), min_size=7, max_size=11), windows, st.integers(0, 6), st.data())
def test_an_average_is_judged_to_the_digits_given(
    x: list[int], window: tuple[int, int, int, int], decimals: int, data: st.DataObject
) -> None:
    import numpy as np

    kernel, stride, _, dilation = window
    right = flatten(pool_loops(x, "avg", (kernel,), stride=(stride,), dilation=(dilation,)))
    question = pooling_question(np.array(x), Pooling("avg", (kernel,), (stride,), "valid", (dilation,)))
    claim = [rounded(value, decimals) if decimals else str(value) for value in right]
    assert judged(question, " ".join(claim)).right
    place = data.draw(st.integers(0, len(right) - 1))
    off = data.draw(st.sampled_from([-3, -2, 2, 3]))
    claim[place] = rounded(right[place], decimals, off) if decimals else str(right[place] + off)
    verdict = judged(question, " ".join(claim))
    assert [cell.at for cell in verdict.cells] == [(place,)]


@QUICK
@given(st.tuples(windows, windows), st.tuples(st.integers(7, 20), st.integers(7, 20)), st.data())
def test_a_size_is_right_or_wrong(axes: Any, sizes: tuple[int, int], data: st.DataObject) -> None:
    kernel, stride, padding, dilation = zip(*axes, strict=True)
    layer = Convolution(3, 8, kernel, stride, tuple(Padding(p, p) for p in padding), dilation)
    question = size_question([layer], TensorShape((3, *sizes), 2))
    right = [len(legal_starts(size, k, s, p, p, d)) for size, (k, s, p, d) in zip(sizes, axes, strict=True)]
    for claim in ("x".join(map(str, right)), f"8x{right[0]}x{right[1]}", f"[8, {right[0]}.0, {right[1]}]"):
        assert judge_size(read_size(claim), question).right
    off = data.draw(st.sampled_from([-2.0, -1.0, 0.5, 1.0, 2.0]))
    assert not judge_size(read_size(f"{right[0] + off}x{right[1]}"), question).right
    assert not judge_size(read_size(f"9x{right[0]}x{right[1]}"), question).right


@QUICK
@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 7), st.booleans(), st.integers(1, 9999))
def test_a_count_is_right_or_wrong(inputs: int, outputs: int, kernel: int, bias: bool, off: int) -> None:
    layer = Convolution(inputs, outputs, (kernel, kernel), (1, 1), "valid", (1, 1), bias=bias)
    question = count_question(network_cost([layer]), chain([layer]), "params")
    right = inputs * outputs * kernel * kernel + outputs * bias

    def is_right(claim: str) -> bool:
        return judge_count([(read_counts(claim)["params"], question)]).right

    assert is_right(str(right))
    assert is_right(f"{right:,}")
    # Of fewer than 95 no digit is left.
    assert is_right(f"{rounded(Fraction(right, 1000), 1)}k") is (right >= 95)
    assert not is_right(str(right + off))
    assert not is_right(f"{rounded(Fraction(right, 1000), 2, 2)} k")


@pytest.mark.parametrize(
    ("command", "claim", "right", "mistake"),
    [
        (["shape", "12", "-k", "5"], "7", "8x8", "off-by-one"),
        (["shape", "28", "-k", "3", "-s", "2"], "13.5", "13x13", "not-rounded"),
        (["shape", "28", "-k", "3", "-s", "2"], "14", "13x13", "rounded-up"),
    ],
)
def test_published_sizes_come_out_wrong(command: list[str], claim: str, right: str, mistake: str, here: Run) -> None:
    done = here(*command, "--check", claim, "--json")
    check = json.loads(done.stdout)["check"]
    assert (done.returncode, check["verdict"], check["mistake"]) == (1, "wrong", mistake)
    assert check["message"] == f"the size is {right}, not {claim}"


def test_the_slip_of_a_textbook_is_pointed_at_with_its_sum(here: Run) -> None:
    command = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--check", "1 0; 3 2", "--explain"]
    done = here(*command, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert answer["check"]["mistake"] == "cell-slip"
    assert answer["check"]["cells"] == [{"at": [0, 0], "claimed": 1, "right": 2}]
    worked = json.dumps(answer["explanation"], ensure_ascii=False)
    assert "1·1" in worked
    assert "= 2" in worked
    assert here(*command).stdout.startswith("# wrong: 1 of 4 cells differs: (0, 0) is 2, not 1\n")
