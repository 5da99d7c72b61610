"""Named kernels: their exact values, and what a wrong name is told."""

from __future__ import annotations

from fractions import Fraction
from math import exp

import numpy as np
import pytest

from convcalc.errors import UsageError
from convcalc.matrix.kernels import KERNEL_NAMES, gaussian, named_kernel

WHOLE = [name for name in KERNEL_NAMES if ":" not in name]


def test_signs_and_values() -> None:
    kernels = {name: named_kernel(name) for name in WHOLE}
    assert all(
        kernel is not None and kernel.dtype == np.int64 and kernel.shape == (3, 3) for kernel in kernels.values()
    )
    values = {name: kernel.tolist() for name, kernel in kernels.items() if kernel is not None}
    assert values["sobel-x"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert values["identity"] == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    for name in ("sobel", "prewitt", "scharr"):
        assert values[f"{name}-y"] == [list(row) for row in zip(*values[f"{name}-x"], strict=True)]
        assert all(row[0] == -row[2] and row[1] == 0 for row in values[f"{name}-x"])
    sums = {name: sum(map(sum, rows)) for name, rows in values.items()}
    assert {name: total for name, total in sums.items() if total} == {"identity": 1, "sharpen": 1, "emboss": 1}


def test_box_is_an_exact_mean() -> None:
    kernel = named_kernel("box:3")
    assert kernel is not None
    assert kernel.tolist() == [[Fraction(1, 9)] * 3] * 3


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("sigma", [None, 0.5, 1.75])
def test_gaussian(size: int, sigma: float | None) -> None:
    kernel = named_kernel(f"gaussian:{size}" + (f":{sigma}" if sigma else ""))
    spread = sigma or 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    middle = (size - 1) / 2
    cells = [
        [exp(-((row - middle) ** 2 + (column - middle) ** 2) / (2 * spread**2)) for column in range(size)]
        for row in range(size)
    ]
    total = sum(map(sum, cells))
    assert kernel is not None
    np.testing.assert_allclose(kernel, np.array(cells) / total, rtol=1e-13)


def test_laplacian_of_gaussian() -> None:
    kernel = named_kernel("log:5:1.25")
    assert kernel is not None
    smooth = gaussian(5, 1.25)
    cells = [
        [(x * x + y * y - 2 * 1.25**2) / 1.25**4 * smooth[y + 2][x + 2] for x in range(-2, 3)] for y in range(-2, 3)
    ]
    mean = sum(map(sum, cells)) / 25
    np.testing.assert_allclose(kernel, [[cell - mean for cell in row] for row in cells], rtol=1e-12, atol=1e-15)
    assert abs(kernel.sum()) < 1e-14
    assert kernel[2, 2] == kernel.min() < 0


@pytest.mark.parametrize("text", ["1 0; 0 1", "kernel.txt", "-", "./sobel", "[[1]]", "5", "nan", "", "weights"])
def test_what_is_no_name(text: str) -> None:
    assert named_kernel(text) is None


def test_names_in_any_case() -> None:
    np.testing.assert_array_equal(named_kernel("Sobel_X"), named_kernel("sobel-x"))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sobel", "there is no kernel 'sobel'", "did you mean sobel-x or sobel-y?"),
        ("sobel-z", "there is no kernel", "sobel-"),
        ("gausian:5", "there is no kernel", "did you mean gaussian:N or gaussian:N:SIGMA?"),
        ("laplacien", "there is no kernel", "laplacian"),
        ("identity:3", "takes no size", "write identity"),
        ("box", "wrong number of values", "write box:N"),
        ("box:3:1", "wrong number of values", "write box:N"),
        ("log:5", "wrong number of values", "write log:N:SIGMA"),
        ("box:0", "from 1 to 4095, got '0'", None),
        ("box:3.5", "whole number", None),
        ("gaussian:-3", "whole number", None),
        ("gaussian:99999", "whole number", None),
        ("gaussian:3:0", "sigma must be a number above 0", None),
        ("gaussian:3:x", "sigma must be a number above 0", None),
        ("gaussian:3:nan", "sigma must be a number above 0", None),
        ("log:3:-1", "sigma must be a number above 0", None),
    ],
)
def test_refused(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        named_kernel(text)
    if hint is not None:
        assert hint in str(caught.value.hint)
