"""A column of numbers is a series for a kernel or a window of one axis; elsewhere it stays a column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]
COLUMN = "1;2;4;8;16;32"
NOTE = "convcalc: note: a column of numbers is a series here: it was read lying down\n"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["conv", COLUMN, "-k", "1 1 1"], "7 14 28 56"),
        (["conv", COLUMN, "-k", "1 1 1", "-p", "1"], "3 7 14 28 56 48"),
        (["conv", COLUMN, "-k", "1 0 1", "-s", "2"], "5 20"),
        (["conv", COLUMN, "Conv1d(1, 1, 2)", "-k", "[[[1, 3]]]"], "7 14 28 56 112"),
        (["conv", COLUMN, "-k", "[[1, 1], [1, 0]]", "--dims", "1"], "3 6 12 24 48\n1 2 4 8 16"),
        (["pool", COLUMN, "MaxPool1d(3)"], "4 32"),
        (["pool", COLUMN, "max", "-k", "2"], "2 8 32"),
        (["pool", COLUMN, "min", "-k", "4", "-s", "1"], "1 2 4"),
    ],
)
def test_a_column_lies_down_for_one_axis(arguments: list[str], answer: str, here: Run) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (0, answer + "\n")
    assert done.stderr == NOTE


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["conv", COLUMN, "-k", "1;1;1"], "7\n14\n28\n56"),
        (["conv", COLUMN, "-k", "2"], "2\n4\n8\n16\n32\n64"),
        (["conv", COLUMN, "-k", "[[1], [1], [1], [1], [1], [1]]", "--dims", "1"], "63"),
        (["pool", COLUMN, "max", "-k", "3x1"], "4\n32"),
        (["pool", COLUMN, "MaxPooling1D(3)"], "4\n32"),
    ],
)
def test_a_column_that_fits_as_it_stands(arguments: list[str], answer: str, here: Run) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (0, answer + "\n")
    assert NOTE not in done.stderr


def test_a_column_through_a_pipe(here: Run) -> None:
    column = "".join(f"{number}\n" for number in range(400_000))
    done = here("conv", "-", "-k", "1 1", stdin=column)
    assert done.stdout == " ".join(str(2 * number + 1) for number in range(399_999)) + "\n"
    assert done.stderr == NOTE


def test_the_shape_of_a_saved_array_is_kept(here: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([[1], [2], [4]]))
    done = here("conv", tmp_path / "x.npy", "-k", "1 1 1", "-p", "1")
    assert done.stdout == "1\n2\n4\n"
