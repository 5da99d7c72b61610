"""Rows in, rows out: the bits of one piece, however the rows come, and no more memory than the window needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calls import correlate
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.compute.number_types import Array
from convcalc.compute.pooling.pool import pool
from convcalc.compute.streaming.row_window import RowStream
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window


def streamed(stream: RowStream, x: Array, pieces: list[int]) -> Array:
    """Push x in pieces of these numbers of rows, again and again, and join what comes out."""
    found, row, turn = [], 0, 0
    while row < len(x):
        found.append(stream.push(x[row : row + pieces[turn % len(pieces)]]))
        row, turn = row + pieces[turn % len(pieces)], turn + 1
    found.append(stream.finish())
    return np.concatenate([part for part in found if len(part)])


@settings(max_examples=50)
@given(
    height=st.integers(1, 90),
    window=st.tuples(st.integers(1, 7), st.integers(1, 5), st.integers(0, 6), st.integers(0, 6), st.integers(1, 3)),
    pieces=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    algorithm=st.sampled_from(["toeplitz", "direct"]),
)
def test_convolution_has_the_bits_of_one_piece(
    height: int, window: tuple[int, ...], pieces: list[int], algorithm: str
) -> None:
    kernel, stride, before, after, dilation = window
    rows, columns = Window(kernel, stride, Padding(before, after), dilation), Window(3, 2, Padding(1, 0))
    x = np.random.default_rng(height).standard_normal((height, 21))
    if height % 3 == 0:
        x[height // 2, 9], x[height // 4, 3] = np.nan, np.inf
    weight = np.random.default_rng(kernel).standard_normal((kernel, 3))
    options = Options(algorithm, threads=1)

    def compute(segment: Array, padding: Padding) -> Array:
        return correlate(segment, weight, [rows.replace(padding=padding), columns], options=options)

    if height + before + after < rows.extent:
        with pytest.raises(ShapeError, match="smaller than the"):
            streamed(RowStream(rows, compute), x, pieces)
        return
    expected = correlate(x, weight, [rows, columns], options=options)
    result = streamed(RowStream(rows, compute), x, pieces)
    assert np.array_equal(result, expected, equal_nan=True)


@pytest.mark.parametrize("kind", ["max", "avg", "lp"])
@pytest.mark.parametrize("rows", [Window(3, 2, Padding(1, 1), ceil=True), Window(2, 5), Window(40, 1, Padding(7, 0))])
def test_pooling(kind: str, rows: Window) -> None:
    x = np.random.default_rng(2).standard_normal((101, 14))
    columns = Window(2, 2)

    def compute(segment: Array, padding: Padding) -> Array:
        return pool(segment, [rows.replace(padding=padding), columns], kind, norm=4)

    expected = pool(x, [rows, columns], kind, norm=4)
    assert np.array_equal(streamed(RowStream(rows, compute), x, [1, 13]), expected)


def test_rows_leave_at_once_and_memory_stays_flat() -> None:
    window, longest = Window(3), 0

    def compute(segment: Array, padding: Padding) -> Array:
        nonlocal longest
        longest = max(longest, len(segment))
        return correlate(segment, np.ones((3, 1)), [window.replace(padding=padding), Window(1)])

    stream = RowStream(window, compute)
    counts = [len(stream.push(np.full((1, 4), row))) for row in range(500)]
    assert counts == [0, 0] + [1] * 498
    assert longest < 60


def test_rows_of_different_widths() -> None:
    stream = RowStream(Window(2), lambda rows, _padding: rows)
    stream.push(np.zeros((1, 4)))
    with pytest.raises(ShapeError, match="a row of 5 numbers after rows of 4"):
        stream.push(np.zeros((1, 5)))


def test_nothing_came() -> None:
    stream: Any = RowStream(Window(2), lambda rows, _padding: rows)
    with pytest.raises(ShapeError, match="a size must be at least 1"):
        stream.finish()
