"""The kernels that follow from a formula: means, Gaussians and what is made of them, disks, lines of motion.

Sources: OpenCV's getGaussianKernel for `gaussian`, MATLAB's fspecial for the others.
"""

from __future__ import annotations

from math import cos, radians, sin
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GAUSSIAN_LINES = {
    1: (256,),
    3: (64, 128, 64),
    5: (16, 64, 96, 64, 16),
    7: (8, 28, 56, 72, 56, 28, 8),
    9: (4, 13, 30, 51, 60, 51, 30, 13, 4),
}
"""256 times OpenCV's lines of small Gaussians without a sigma."""


def box(size: int) -> NDArray[Any]:
    """Return a `size` x `size` kernel of the fraction 1/size², dtype object: the mean, exact for whole numbers."""
    from fractions import Fraction

    value = np.empty((), object)
    value[()] = Fraction(1, size * size)
    # One number in memory, which whatever works on numbers of Python's looks at once.
    return np.broadcast_to(value, (size, size))


def gaussian(size: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Return the `size` x `size` Gaussian with standard deviation `sigma` in cells; its values sum to 1.

    g(x, y) = exp(-(x² + y²) / 2·sigma²) / sum. Without `sigma`, sizes 1, 3, 5, 7 and 9 are OpenCV's fixed tables, and
    for others it is 0.3((size-1)/2 - 1) + 0.8 (OpenCV's rule).

    >>> gaussian(3).tolist()
    [[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]]
    """
    if sigma is None and size in _GAUSSIAN_LINES:
        line = np.array(_GAUSSIAN_LINES[size]) / 256
        return np.outer(line, line)
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 if sigma is None else sigma
    position = np.arange(size) - (size - 1) / 2
    line = np.exp(-(position**2) / (2 * sigma**2))
    line /= line.sum()
    return np.outer(line, line)


def laplacian_of_gaussian(size: int = 5, sigma: float = 0.5) -> NDArray[np.float64]:
    """Return the `size` x `size` Laplacian of a Gaussian, negative in the middle; its values sum to 0.

    h(x, y) = (x² + y² - 2·sigma²)/sigma⁴ · g(x, y) with g the normalized Gaussian; then the mean of h is
    subtracted, so that a constant input gives 0 (as MATLAB's fspecial("log") does).
    """
    position = np.arange(size) - (size - 1) / 2
    square = position[:, None] ** 2 + position[None, :] ** 2
    kernel: NDArray[np.float64] = (square - 2 * sigma**2) / sigma**4 * gaussian(size, sigma)
    kernel -= kernel.mean()
    return kernel


def difference_of_gaussians(size: int, narrow: float, wide: float | None = None) -> NDArray[np.float64]:
    """Return a narrow Gaussian less a wide one, 1.6 times as wide if not given; its values sum to 0.

    Source of 1.6: Marr and Hildreth, Theory of edge detection (1980).
    """
    return gaussian(size, narrow) - gaussian(size, 1.6 * narrow if wide is None else wide)


def unsharp(alpha: float = 0.2) -> NDArray[np.float64]:
    """Return MATLAB's 3x3 unsharp mask, the identity less a Laplacian of shape `alpha` from 0 to 1; it sums to 1.

    >>> unsharp(0).tolist()
    [[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]
    """
    corner, side = -alpha / (alpha + 1), (alpha - 1) / (alpha + 1)
    middle = (alpha + 5) / (alpha + 1)
    return np.array([[corner, side, corner], [side, middle, side], [corner, side, corner]]) + 0.0


def disk(radius: float) -> NDArray[np.float64]:
    """Return the mean over a disk: the share of each cell that the circle covers, divided by the sum.

    2·ceil(radius - 1/2) + 1 cells wide, as MATLAB's fspecial("disk").
    """
    reach = int(np.ceil(radius - 0.5))
    quarter = np.array([[_covered(x, y, radius) for x in range(reach + 1)] for y in range(reach + 1)])
    half = np.concatenate([quarter[:0:-1], quarter])
    kernel = np.concatenate([half[:, :0:-1], half], axis=1)
    whole: NDArray[np.float64] = kernel / kernel.sum()
    return whole


def _covered(column: int, row: int, radius: float) -> float:
    """Return how much of the cell around (column, row), both at least 0, lies in the circle around (0, 0)."""
    # A cell on an axis is as much covered on both sides of it: its half, twice.
    left, low = max(column - 0.5, 0.0), max(row - 0.5, 0.0)
    double = (2 if column == 0 else 1) * (2 if row == 0 else 1)
    right, high = column + 0.5, row + 0.5
    full = _reach(radius, high)
    end = min(right, _reach(radius, low))
    area = max(0.0, min(right, full) - left) * (high - low)
    start = max(left, min(full, end))
    if end > start:
        area += _under_arc(radius, end) - _under_arc(radius, start) - low * (end - start)
    return float(double * area)


def _reach(radius: float, height: float) -> float:
    return float(np.sqrt(max(0.0, radius**2 - height**2)))


def _under_arc(radius: float, x: float) -> float:
    """Return the area under the arc of a circle from 0 to x."""
    return float((x * _reach(radius, x) + radius**2 * np.arcsin(min(1.0, x / radius))) / 2)


def motion(length: float, degrees: float = 0) -> NDArray[np.float64]:
    """Return the mean over a line through the middle, `length` cells long, `degrees` counterclockwise from the right.

    A cell nearer to the line than 1 weighs 1 less its distance, as in MATLAB's fspecial("motion").

    >>> motion(3).round(6).tolist()
    [[0.333333, 0.333333, 0.333333]]
    """
    length, angle = max(1.0, length), radians(degrees % 180)
    half, epsilon = (length - 1) / 2, np.finfo(float).eps
    along, across = cos(angle), sin(angle)
    sign = 1 if along >= 0 else -1
    # Less than a cell's rounding error, so that lines of 0 and 90 degrees have no empty border.
    columns = int(half * along + sign - length * epsilon)
    rows = int(half * across + 1 - length * epsilon)
    x, y = np.meshgrid(np.arange(0, columns + sign, sign), np.arange(rows + 1))
    distance = y * along - x * across
    beyond = (np.hypot(x, y) >= half) & (np.abs(distance) <= 1)
    past_end = half - np.abs((x + distance * across) / along)
    distance = np.where(beyond, np.hypot(distance, past_end), distance)
    weight = np.maximum(1 + epsilon - np.abs(distance), 0)
    kernel = np.zeros((2 * rows + 1, 2 * abs(columns) + 1))
    kernel[: rows + 1, : abs(columns) + 1] = weight[::-1, ::-1]
    kernel[rows:, abs(columns) :] = weight
    kernel /= kernel.sum() + epsilon * length**2
    return kernel[::-1] if along > 0 else kernel


def compass(north: tuple[tuple[int, ...], ...]) -> NDArray[np.int64]:
    """Return a kernel for each of eight directions, counterclockwise from the north, (8, 3, 3).

    >>> compass(((5, 5, 5), (-3, 0, -3), (-3, -3, -3)))[1].tolist()
    [[5, 5, -3], [5, 0, -3], [-3, -3, -3]]
    """
    return np.stack([turned(np.array(north), eighth) for eighth in range(8)])


def turned(kernel: NDArray[Any], eighths: int) -> NDArray[Any]:
    """Turn a square kernel of odd size by eighths of a circle counterclockwise, ring by ring around the middle.

    >>> turned(np.array([[1, 2, 3], [8, 0, 4], [7, 6, 5]]), 1).tolist()
    [[2, 3, 4], [1, 0, 5], [8, 7, 6]]
    """
    size = kernel.shape[-1]
    result = kernel.copy()
    for ring in range(1, size // 2 + 1):
        cells = _ring(size // 2, ring)
        for index, place in enumerate(cells):
            source = cells[(index - eighths * ring) % len(cells)]
            result[..., place[0], place[1]] = kernel[..., source[0], source[1]]
    return result


def _ring(middle: int, ring: int) -> list[tuple[int, int]]:
    """List the cells of a square ring counterclockwise, from the upper right corner."""
    low, high = middle - ring, middle + ring
    top = [(low, column) for column in range(high, low, -1)]
    left = [(row, low) for row in range(low, high)]
    bottom = [(high, column) for column in range(low, high)]
    right = [(row, high) for row in range(high, low, -1)]
    return [*top, *left, *bottom, *right]
