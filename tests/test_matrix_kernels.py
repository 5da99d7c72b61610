"""Named kernels: their exact values, and what a wrong name is told."""

from __future__ import annotations

import json
from fractions import Fraction
from math import atan2, cos, exp, hypot, pi, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcalc.errors import UsageError
from convcalc.matrix.kernel_formulas import gaussian, motion
from convcalc.matrix.kernels import KERNEL_NAMES, MAGNITUDES, changed, named_kernel

WHOLE = [name for name in KERNEL_NAMES if ":" not in name and name not in (*MAGNITUDES, "kirsch", "robinson")]
OPENCV = json.loads((Path(__file__).parent / "data" / "image_kernels.json").read_text(encoding="utf-8"))["opencv"]
OCTAVE = json.loads((Path(__file__).parent / "data" / "image_kernels.json").read_text(encoding="utf-8"))["octave"]


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
@pytest.mark.parametrize("sigma", [0.5, 1.75])
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
        ("sobel-z", "there is no kernel", "sobel-"),
        ("gausian:5", "there is no kernel", "did you mean gaussian:5?"),
        ("laplacien", "there is no kernel", "laplacian"),
        ("identity:3", "takes no size", "write identity"),
        ("box", "wrong number of values", "write box:N"),
        ("box:3:1", "wrong number of values", "write box:N"),
        ("log:5:1:2", "wrong number of values", "write log[:N[:SIGMA]]"),
        ("sobel:3", "takes no size", "write sobel"),
        ("kirch", "there is no kernel", "did you mean kirsch?"),
        ("disk", "wrong number of values", "write disk:RADIUS"),
        ("disk:0", "radius must be a number from 0.1 to 500", None),
        ("motion:5:400", "angle must be", None),
        ("dog:5", "wrong number of values", "write dog:N:SIGMA[:SIGMA]"),
        ("unsharp:2", "alpha must be a number from 0 to 1", None),
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


@pytest.mark.parametrize("case", OPENCV, ids=lambda case: case["name"])
def test_gaussians_are_those_of_opencv(case: dict[str, Any]) -> None:
    kernel = named_kernel(case["name"])
    assert kernel is not None
    np.testing.assert_allclose(kernel, np.outer(case["line"], case["line"]), rtol=1e-14)


@pytest.mark.parametrize("case", OCTAVE, ids=lambda case: case["name"])
def test_disks_and_masks_are_those_of_octave(case: dict[str, Any]) -> None:
    kernel = named_kernel(case["name"])
    assert kernel is not None
    assert kernel.shape == np.shape(case["kernel"])
    np.testing.assert_allclose(kernel, case["kernel"], rtol=1e-12, atol=1e-15)


def motion_cell(row: int, column: int, length: float, degrees: float) -> float:
    """Weigh a cell by its distance from a line segment, as fspecial's documentation describes it, unnormalized.

    Rows count upwards. Beyond an end of the segment the distance is the one from that end.
    """
    angle, half = degrees * pi / 180, (length - 1) / 2
    across = abs(row * cos(angle) - column * sin(angle))
    along = abs(column * cos(angle) + row * sin(angle))
    distance = hypot(across, along - half) if along > half else across
    return max(0.0, 1 - distance)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 9])
@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_motion_along_an_axis_is_the_mean_over_a_line(length: int, degrees: int) -> None:
    kernel = motion(length, degrees)
    line = np.array([motion_cell(0, place, length, 0) for place in range(-(length // 2), length // 2 + 1)])
    line = line[line > 1e-9] / line.sum()
    np.testing.assert_allclose(kernel.ravel(), line, atol=1e-14)
    assert kernel.shape == ((line.size, 1) if degrees == 90 else (1, line.size))


@pytest.mark.parametrize(("length", "degrees"), [(5, 45), (9, 45), (7, 135), (6, 45)])
def test_motion_on_a_diagonal_weighs_cells_by_their_distance(length: int, degrees: int) -> None:
    kernel = motion(length, degrees)
    height, width = (size // 2 for size in kernel.shape)
    cells = np.array(
        [
            [motion_cell(-row, column, length, degrees) for column in range(-width, width + 1)]
            for row in range(-height, height + 1)
        ]
    )
    inside = cells > 0
    found = kernel / kernel[height, width] * cells[height, width]
    np.testing.assert_allclose(found[inside & (found > 0)], cells[inside & (found > 0)], atol=0.25)
    # On the line itself, up to its ends, a cell counts whole.
    steps = int((length - 1) / 2 / 2**0.5)
    sign = -1 if degrees == 45 else 1
    diagonal = [kernel[height + sign * step, width + step] for step in range(-steps, steps + 1)]
    np.testing.assert_allclose(diagonal, diagonal[0])
    assert abs(kernel.sum() - 1) < 1e-12
    np.testing.assert_allclose(kernel, kernel[::-1, ::-1])


def test_motion_as_documented() -> None:
    # The corner of fspecial("motion", 5, 45) in MATLAB's answers: 0.0501, 0.0304; 0.1771 on the line.
    kernel = motion(5, 45)
    assert kernel.round(4)[:2, 2:].tolist() == [[0, 0.0501, 0.0304], [0.0519, 0.1771, 0.0501]]


def test_eight_directions() -> None:
    kirsch, robinson = named_kernel("kirsch"), named_kernel("robinson")
    assert kirsch is not None
    assert robinson is not None
    assert kirsch.shape == robinson.shape == (8, 3, 3)
    for bank in (kirsch, robinson):
        for eighth, kernel in enumerate(bank):
            assert kernel.sum() == 0
            rows, columns = np.mgrid[-1:2, -1:2]
            angle = atan2(-(rows * kernel).sum(), (columns * kernel).sum())
            assert abs((angle - (pi / 2 + eighth * pi / 4) + pi) % (2 * pi) - pi) < 1e-9
    assert np.abs(robinson[6]).tolist() == [[1, 0, 1], [2, 0, 2], [1, 0, 1]]


def test_a_difference_of_gaussians() -> None:
    kernel = named_kernel("dog:7:1")
    assert kernel is not None
    np.testing.assert_allclose(kernel, gaussian(7, 1) - gaussian(7, 1.6))
    assert abs(kernel.sum()) < 1e-14


def test_kernels_turn_and_are_normalized() -> None:
    kernel = np.array([[1, 2, 3], [8, 0, 4], [7, 6, 5]])
    assert changed(kernel, rotate=45).tolist() == [[2, 3, 4], [1, 0, 5], [8, 7, 6]]
    assert changed(kernel, rotate=90).tolist() == [[3, 4, 5], [2, 0, 6], [1, 8, 7]]
    assert changed(kernel, rotate=-90).tolist() == [[7, 8, 1], [6, 0, 2], [5, 4, 3]]
    assert changed(kernel, rotate=360).tolist() == kernel.tolist()
    large = np.arange(25).reshape(5, 5)
    assert changed(large, rotate=45)[0].tolist() == [2, 3, 4, 9, 14]
    once = large
    for _ in range(8):
        once = changed(once, rotate=45)
    assert once.tolist() == large.tolist()
    assert changed(kernel, normalize=True)[0].tolist() == [Fraction(1, 36), Fraction(1, 18), Fraction(1, 12)]
    assert changed(np.array([[0.5, 1.5]]), normalize=True).tolist() == [[0.25, 0.75]]


@pytest.mark.parametrize(
    ("kernel", "options", "message"),
    [
        ([[1, 2]], {"rotate": 45}, "1x2 does not turn by 45"),
        ([[1, 2], [3, 4]], {"rotate": 135}, "2x2 does not turn by 135"),
        ([[1, 2]], {"rotate": 30}, "multiples of 45"),
        ([1, 2], {"rotate": 90}, "one axis"),
        ([[1, -1]], {"normalize": True}, "sum to 0"),
        ([[0.1, 0.2, -0.3]], {"normalize": True}, "sum to 0"),
    ],
)
def test_kernels_that_cannot_be_changed_so(kernel: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        changed(np.array(kernel), **options)
