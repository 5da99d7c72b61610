"""One limit on what is held in memory, refused before it is allocated; loops over padding and gaps cost nothing."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import oracles
import pytest
from conftest import Run

import convcalc
from convcalc.compute import held
from convcalc.errors import DataError, UsageError
from convcalc.geometry import Padding, Window
from convcalc.limits import MAX_ELEMENTS, check_elements, limited, max_elements

HUGE = 10**9


def test_the_limit_is_that_of_the_innermost_context() -> None:
    with limited(100), limited(None):
        assert max_elements() == 100
        with limited(10**12):
            check_elements(10**12, "the output")
        check_elements(100, "the output")
        with pytest.raises(DataError, match=r"^the output takes 101 elements in memory, at most 100 are allowed$"):
            check_elements(101, "the output")
    assert max_elements() == MAX_ELEMENTS == 2**27
    with pytest.raises(UsageError, match="at least 1, got 0"):
        limited(0)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("conv", "1 2; 3 4", "-k", "1", "-p", HUGE, "-s", HUGE), "0 1 0\n0 3 0\n"),
        (("conv", "1 2; 3 4", "-k", "1 2; 3 4", "-p", HUGE, "-s", HUGE), "0 0 0\n0 30 0\n0 0 0\n"),
        (("conv", "1 2 3", "-k", "1 10", "-s", 10**19), "21\n"),
        (("conv", "7", "-k", "5", "--transposed", "-s", HUGE), "35\n"),
        (("pool", "1 2; 3 4", "max", "-k", 2 * HUGE + 1, "-p", HUGE, "-s", HUGE), "4\n"),
        (("pool", "1 3; 5 7", "avg", "-k", HUGE, "-p", HUGE // 2, "-s", HUGE, "--no-count-pad"), "4\n"),
        (("pool", "1 2 3", "min", "-k", 10**30, "-p", 10**30 // 2, "-s", 10**30, "--dims", 1), "1\n"),
    ],
)
def test_padding_and_gaps_of_strides_cost_nothing(here: Run, arguments: tuple[object, ...], answer: str) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (0, answer), done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("conv", "1 2; 3 4", "-k", "1", "-p", 10**12),
        ("conv", "1 2; 3 4", "-k", "1 1; 1 1", "-p", "full", "-d", 10**7),
        ("conv", "1 2; 3 4", "-k", "1 1; 1 1", "-p", 10**6, "--boundary", "constant:1"),
        ("conv", "1 2; 3 4", "-k", "1", "--transposed", "-s", HUGE),
        ("pool", "1 2; 3 4", "max", "--adaptive", 10**30),
        ("pool", "1 2; 3 4", "max", "--adaptive", 10**5, "--indices"),
        ("pool", "1 2; 3 4", "avg", "-k", 10**5, "-p", 10**5 - 1, "-s", 1),
        ("conv", "1 2 3; 4 5 6", "-k", "1 1", "--max-elements", "11"),
        ("pool", "1 2 3; 4 5 6", "max", "-k", "1", "--max-elements", "11"),
    ],
)
def test_an_output_that_is_too_large_is_refused_before_it_is_made(here: Run, arguments: tuple[object, ...]) -> None:
    done = here(*arguments)
    first, hint, *rest = done.stderr.splitlines()
    assert (done.returncode, done.stdout, rest) == (3, "", []), done.stderr
    assert "elements in memory, at most" in first
    assert len(first) <= 300
    assert hint == "hint: raise the limit with --max-elements N"


def test_the_limit_counts_input_kernel_and_output(here: Run) -> None:
    # 6 cells, 2 of the kernel, 4 of the output, and the rows of a tile.
    assert here("conv", "1 2 3; 4 5 6", "-k", "1 1", "--max-elements", "18").stdout == "3 5\n9 11\n"
    with pytest.raises(DataError, match="at most 11 are allowed"):
        convcalc.convolve([[1, 2, 3], [4, 5, 6]], [[1, 1]], max_elements=11)
    with pytest.raises(DataError, match="at most 7 are allowed"):
        convcalc.pool([[1, 2, 3], [4, 5, 6]], "max", [1, 2], max_elements=7)
    with pytest.raises(DataError, match="at most 11 are allowed"):
        convcalc.gradients([[1, 2, 3], [4, 5, 6]], [[1, 1]], [[1, 1], [1, 1]], max_elements=11)


def cells(rng: random.Random, *sizes: int) -> Any:
    """Make whole numbers as nested lists."""
    return oracles.build(sizes, lambda _: rng.randint(-9, 9))


@pytest.mark.parametrize("seed", range(40))
def test_axes_that_are_mostly_padding_agree_with_plain_loops(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "WIDE", 0)
    monkeypatch.setattr("convcalc.compute.pooling.running.WIDE", 0)
    rng = random.Random(seed)
    sizes, kernel = (rng.randint(1, 3), rng.randint(1, 4)), (rng.randint(1, 2), rng.randint(1, 3))
    stride, dilation = (rng.randint(20, 60), rng.randint(1, 50)), (rng.randint(1, 25), rng.randint(1, 2))
    padding = [(rng.randint(30, 90), rng.randint(25, 90)), (rng.randint(20, 90), rng.randint(0, 60))]
    x, weight = cells(rng, *sizes), cells(rng, *kernel)
    for boundary in ("zeros", "replicate"):
        found = convcalc.convolve(x, weight, stride=stride, dilation=dilation, padding=padding, boundary=boundary)
        expected = oracles.convolve_loops(
            [[x]], [[weight]], stride=stride, dilation=dilation, padding=padding, boundary=boundary
        )
        assert found.tolist() == expected[0][0]


@pytest.mark.parametrize("kind", ["max", "min", "avg", "lp"])
@pytest.mark.parametrize("seed", range(10))
def test_windows_far_larger_than_the_input_agree_with_plain_loops(
    seed: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convcalc.compute.pooling.running.WIDE", 0)
    rng = random.Random(seed)
    sizes = (rng.randint(2, 3), rng.randint(1, 4))
    kernel, stride = (rng.randint(30, 60), rng.randint(40, 50)), (rng.randint(5, 20), rng.randint(10, 20))
    padding = [(k // 2, k // 2) for k in kernel]
    x = cells(rng, *sizes)
    counted: dict[str, Any] = {"count_padding": seed % 2 == 0} if kind == "avg" else {}
    found = convcalc.pool(x, kind, kernel, stride=stride, padding=padding, **counted)
    expected = oracles.pool_loops(
        [[x]], kind, kernel, stride=stride, padding=padding, count_include_pad=seed % 2 == 0
    )
    assert np.allclose(found, np.array(expected[0][0], float), rtol=1e-13)


@pytest.mark.parametrize("outputs", [(1, 1), (2, 7), (9, 3), (17, 16)])
@pytest.mark.parametrize("kind", ["max", "min", "avg"])
def test_adaptive_poolings_of_more_outputs_than_cells_agree_with_plain_loops(
    outputs: tuple[int, int], kind: str
) -> None:
    x = cells(random.Random(1), 3, 5)
    expected = oracles.adaptive_loops([[x]], kind, outputs)
    found = convcalc.pool(x, kind, adaptive=outputs)
    assert np.allclose(found, np.array(expected[0][0], float), rtol=1e-13)


def test_elements_met_are_those_with_a_real_cell() -> None:
    rng = random.Random(3)
    for _ in range(300):
        sides = Padding(rng.randint(0, 30), rng.randint(0, 30))
        window = Window(rng.randint(1, 40), rng.randint(1, 9), sides, rng.randint(1, 3))
        size = rng.randint(1, 4)
        if size + sides.total < window.extent:
            continue
        count = window.output(size)
        first = rng.randint(0, count - 1)
        met = {t for t in range(window.kernel) if window.cells_met(t, size, first, count)[0] != slice(0, 0)}
        assert met <= set(window.elements_met(size, first, count)), window


def test_a_kernel_of_one_number_is_looked_at_once() -> None:
    kernel = convcalc.convolve([[4]], "box:2", padding="full", exact=True)
    assert kernel.tolist() == [[1, 1], [1, 1]]
    large = convcalc.convolve([[7, 5], [11, 3]], "box:300", padding="full", exact=True)
    assert [cell * 90000 for cell in (large[0, 0], large[150, 150], large[-1, -1])] == [7, 26, 3]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("conv", "0.1 0.2", "-k", "sobel"), 2, "a magnitude is that of a plane, not of 1 spatial axis"),
        (("conv", "tensor(2.)", "-k", "[[1]]", "--like", "matlab"), 2, "the input is a number, which has no axes"),
        (("pool", "1 2; 3 4", "dilate", "-k", HUGE, "--explain"), 3, "a window of 1000000000 cells, written out"),
        (
            ("conv", "1 2; 3 4", "-k", "box:5", "-p", "full", "--explain", "--at", "2,2", "--max-elements", "1000"),
            3,
            "a window of 5x5 cells, written out",
        ),
    ],
)
def test_what_was_a_defect_or_had_no_end_is_refused(
    arguments: tuple[object, ...], code: int, message: str, here: Run
) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
