"""Median, rank, dilation and erosion, cell by cell against plain Python."""

from __future__ import annotations

import json
import statistics
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from conftest import Run

import convcalc
from convcalc.compute.pooling.rank import rank_filter
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window

PLANE = [[5, 1, 9, 2, 7], [3, 8, 4, 6, 0], [2, 2, 7, 1, 9], [6, 5, 3, 8, 4]]


def looped(
    x: Any, kernel: tuple[int, int], choose: Any, stride: int = 1, before: tuple[int, int] | None = None
) -> Any:
    """Return what `choose` makes of the sorted cells of every window of a plane whose edges are repeated."""
    height, width = len(x), len(x[0])
    top, left = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2

    def cell(row: int, column: int) -> Any:
        return x[min(max(row, 0), height - 1)][min(max(column, 0), width - 1)]

    return [
        [
            choose(sorted(cell(r - top + i, c - left + j) for i, j in product(range(kernel[0]), range(kernel[1]))))
            for c in range(0, width, stride)
        ]
        for r in range(0, height, stride)
    ]


@pytest.mark.parametrize("kernel", [(3, 3), (1, 3), (5, 3), (2, 3), (2, 2)])
def test_a_median_is_that_of_the_cells_around(kernel: tuple[int, int], here: Run) -> None:
    wanted = looped(PLANE, kernel, statistics.median)
    found = convcalc.pool(PLANE, "median", kernel)
    assert found.tolist() == wanted
    assert found.dtype == (np.float64 if kernel[0] * kernel[1] % 2 == 0 else np.int64)
    size = "x".join(map(str, kernel))
    assert json.loads(here("pool", json.dumps(PLANE), "median", "-k", size, "--json").stdout)["data"] == wanted


@pytest.mark.parametrize("rank", [1, 2, 5, 9])
def test_a_rank_counts_from_the_smallest(rank: int, here: Run) -> None:
    wanted = looped(PLANE, (3, 3), lambda cells: cells[rank - 1])
    assert convcalc.pool(PLANE, "rank", 3, rank=rank).tolist() == wanted
    done = here("pool", json.dumps(PLANE), "rank", "-k", 3, "--rank", rank, "--json")
    assert json.loads(done.stdout)["data"] == wanted


@pytest.mark.parametrize(("name", "choose"), [("dilate", max), ("erode", min)])
def test_dilation_and_erosion(name: str, choose: Any, here: Run) -> None:
    for kernel in ((3, 3), (2, 3)):
        wanted = looped(PLANE, kernel, choose)
        assert convcalc.pool(PLANE, name, kernel).tolist() == wanted
        size = "x".join(map(str, kernel))
        assert json.loads(here("pool", json.dumps(PLANE), name, "-k", size, "--json").stdout)["data"] == wanted


def test_strides_and_padding_are_as_they_are_said(here: Run) -> None:
    assert convcalc.pool(PLANE, "median", 3, stride=2).tolist() == looped(PLANE, (3, 3), statistics.median, 2)
    valid = [row[1:-1] for row in looped(PLANE, (3, 3), statistics.median)[1:-1]]
    assert convcalc.pool(PLANE, "median", 3, padding=0).tolist() == valid
    done = here("pool", json.dumps(PLANE), "median", "-k", 3, "-p", 0, "--json")
    assert json.loads(done.stdout)["data"] == valid
    dilated = rank_filter(np.array([[1, 9, 2, 8, 3]]), [Window(1), Window(3, dilation=2)])
    assert dilated.tolist() == [[2]]


def test_every_channel_by_itself_in_either_layout() -> None:
    x = np.random.default_rng(6).integers(-9, 9, (2, 3, 4, 5))
    wanted = [[looped(plane.tolist(), (3, 3), statistics.median) for plane in sample] for sample in x]
    assert convcalc.pool(x, "median", 3).tolist() == wanted
    last = convcalc.pool(x.transpose(0, 2, 3, 1), "median", 3, layout="hwc")
    assert last.transpose(0, 3, 1, 2).tolist() == wanted


def test_halves_are_floats_for_programs_and_fractions_for_the_eye(here: Run) -> None:
    assert here("pool", "1 2 4 4", "median", "-k", 2, "-p", "valid").stdout == "1.5 3 4\n"
    assert here("pool", "1 2 4 4", "median", "-k", 2, "-p", "valid", "--exact").stdout == "1.5 3 4\n"
    odd = 2**60 + 1
    assert rank_filter(np.array([odd, 0]), [Window(2)], exact=True).tolist() == [Fraction(odd, 2)]
    assert rank_filter(np.array([odd, 0]), [Window(2)]).tolist() == [odd / 2]
    assert rank_filter(np.array([2**62, 2**62 + 2]), [Window(2)], exact=True).tolist() == [2**62 + 1]
    thirds = np.array([Fraction(1, 3), Fraction(2, 3), Fraction(5, 3)], object)
    assert rank_filter(thirds, [Window(2)]).tolist() == [Fraction(1, 2), Fraction(7, 6)]
    assert rank_filter(np.array([1.0, np.nan, 3.0, 4.0]), [Window(2)])[2] == 3.5
    assert np.isnan(rank_filter(np.array([1.0, np.nan, 3.0, 4.0]), [Window(2)], 1)[:2]).all()


def test_large_planes_are_sorted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(7).integers(-99, 99, (2, 23, 9))
    windows = [Window(3, 2, Padding(1, 1)), Window(3, 1, Padding(1, 1))]
    whole = rank_filter(x, windows)
    monkeypatch.setattr("convcalc.compute.pooling.rank.WORK_BYTES", 3000)
    assert rank_filter(x, windows).tolist() == whole.tolist()


def test_the_working_and_a_claim(here: Run) -> None:
    shown = here("pool", "1 9 2; 4 5 6; 7 0 1", "median", "-k", 3, "--at", "1,1").stdout
    assert "in ascending order: 0, 1, 1, 2, 4, 5, 6, 7, 9" in shown
    assert "median = 4" in shown
    assert here("pool", "1 2 4", "median", "-k", 3, "--check", "1 2 4").returncode == 0
    assert here("pool", "1 2 4", "median", "-k", 3, "--check", "1 2 3").returncode == 1
    assert here("pool", "1 2 4 4", "median", "-k", 2, "-p", 0, "--check", "3/2 3 4").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rank", "-k", 3), "rank needs --rank"),
        (("max", "-k", 3, "--rank", 2), "--rank has no effect without rank"),
        (("rank", "-k", 3, "--rank", 10), "9 cells has no rank 10"),
        (("median", "--global"), "--global does not belong to the filter median"),
        (("median", "-k", 3, "--ceil"), "--ceil does not belong"),
        (("median", "-k", 3, "--indices"), "--indices does not belong"),
        (("median", "-k", 3, "--plan"), "one way"),
        (("median", "-k", 3, "--grad", "1 2 3; 4 5 6; 7 8 9"), "no gradients"),
        (("median",), "median needs the size of its window"),
    ],
)
def test_what_filters_do_not_have(arguments: tuple[object, ...], message: str, here: Run) -> None:
    done = here("pool", "1 9 2; 4 5 6; 7 0 1", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_python_refuses_a_rank_without_its_filter() -> None:
    with pytest.raises(UsageError, match="goes with the filter rank"):
        convcalc.pool(PLANE, "max", 2, rank=3)
    with pytest.raises(UsageError, match="no output size"):
        convcalc.pool(PLANE, "median", 3, ceil=True)
