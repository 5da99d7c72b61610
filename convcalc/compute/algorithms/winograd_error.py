"""Which windows Winograd's algorithm can be trusted with: a bound on its rounding errors from the cells themselves.

An output y with kernel w over the n cells x of its window must be within a tolerance of A = sum |w| |x|. Two bounds
meet here, and both follow from the sums S1 = sum |x| and S2 = sum x^2 over the window.

How small can A be? For every t > 0, 1 <= |w| / t + max(0, 1 - |w| / t), so that S1 <= A / t + sqrt(Q(t) S2) with
Q(t) = sum max(0, 1 - |w| / t)^2 (Cauchy and Schwarz), and A >= t (S1 - sqrt(Q(t) S2)). That is S1 times a number that
depends on the weights and on how evenly the cells are filled, S1^2 / (n S2), alone.

How large is the error? Adding up the products of one sum of weights U and one sum of cells V, no intermediate result
is larger than the norms |U| |V| over the channels, and each is rounded by at most u of itself. Roundings are taken as
independent of each other, so their squares add up; three standard deviations of their sum must be allowed.
The squares of the V that one output needs are at most weighted squares of the cells in its own window.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array
from convcalc.value import Value

# What is allowed of the sum of absolute products, less what the bounds themselves are rounded by.
ALLOWED = {"float32": 9e-6, "float64": 9e-14}
# Three standard deviations of a rounding, each 0.42 of the most it can be: the sums that are rounded are taken to be
# as large as they can be, all of them at once, which leaves more room than further deviations would.
DEVIATIONS = 1.27
# Roundings before and after the products, as so many more of their size.
OTHERS = 16
# The t of the bound, as multiples of a mean weight.
THRESHOLDS = (0.6, 1.0, 1.5)
# Weights of some outputs that are looked at together, while they are in cache.
CHUNK = 1 << 17
# Cells of a window, and the parts of it in which alone it may be filled: all of it, and all but the first or the last
# row, the first or the last column, as where it reaches into padding.
TAPS = 9
_LINES = np.array([[1, 1, 1], [0, 1, 1], [1, 1, 0]])
PARTS = np.einsum("ai,bj->abij", _LINES, _LINES).reshape(-1, TAPS)
# Along one axis: which of four cells each of two outputs sees, which of the four sums it needs, and of which two
# cells a sum is made.
SEEN = np.array([[1, 1, 1, 0], [0, 1, 1, 1]])
NEEDED = np.array([[1, 0, 1, 1], [0, 1, 1, 1]])
PAIRS = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 1, 0], [0, 1, 1, 0]])
# Which of the 16 cells under 2x2 outputs each of them sees.
UNDER = np.einsum("ci,rj->crij", SEEN, SEEN).reshape(4, 16)


class Trust(Value):
    """What the weights of all output channels make of the errors, relative to a channel's mean weight.

    `squares` (4 outputs, 16 cells): the square of the error is at most the sum of these times the squared cells under
    2x2 outputs. `short` (THRESHOLDS, PARTS): Q(t) for windows that are filled in a part only. `enough` (4, 16): a
    window in which S1^2 is at least the sum of these times the squared cells is beyond doubt.
    """

    squares: Array
    short: Array
    enough: Array


class Dealt:
    """A tile's cells dealt into odd and even columns and rows, with zeros where the padding is.

    `cells` views them as (2 columns, 2 rows, groups, C/groups, pairs of rows + 1, pitch); behind each half of `flat`
    lies one cell more, for views that are shifted by one.
    """

    def __init__(self, block: Array, job: Job, scratch: Scratch) -> None:
        before = job.windows[1].padding.before if block.shape[3] == job.sizes[1] else 0
        self.lead = block.shape[:2]
        self.pairs = (block.shape[2] - 1) // 2, (job.counts[1] + 1) // 2
        self.pitch = self.pairs[1] + 1
        self.read = (self.pairs[0] + 1) * self.pitch
        half = (2, *self.lead, self.pairs[0] + 1, self.pitch)
        self.flat = scratch.take("dealt", (2, math.prod(half) + 1), job.dtype)
        self.flat[:, -1] = 0
        self.cells = self.flat[:, :-1].reshape(2, *half)
        for column in range(2):
            # Column 2j + c of the padded block is column 2j + c - before of this one.
            first = max(0, (before - column + 1) // 2)
            real = block[..., 2 * first + column - before :: 2][..., : self.pitch - first]
            for row in range(2):
                _fill(self.cells[column, row], real[:, :, row::2], first)


def _fill(target: Array, real: Array, first: int) -> None:
    """Copy rows and columns from the first row and column `first` on, and put zeros around them."""
    rows, last = real.shape[2], first + real.shape[3]
    target[:, :, :rows, first:last] = real
    target[:, :, :rows, :first] = 0
    target[:, :, :rows, last:] = 0
    target[:, :, rows:] = 0


def trust(weight: Array, sums: Array, depth: int) -> Trust:
    """Bound the errors of all output channels together.

    weight: (9, groups · O/groups, C/groups); sums: (4 columns, 4 rows, groups, O/groups, C/groups), of which products
    add up `depth` channels at a time.
    """
    taps, outputs, channels = weight.shape
    sums = sums.reshape(16, outputs, channels)
    step = max(1, CHUNK // (taps * channels))
    rounded, short = np.zeros(16, weight.dtype), np.zeros((len(THRESHOLDS), len(PARTS)))
    for first in range(0, outputs, step):
        some = slice(first, first + step)
        absolute = np.abs(weight[:, some])
        mean = (absolute @ np.full(channels, 1 / channels, weight.dtype)).mean(axis=0)
        # A channel whose weights are all zero has no error.
        absolute[:, mean == 0] = mean[mean == 0] = 1
        if not np.all(_square_in_range(mean)):
            rounded[:] = np.inf
            break
        np.maximum(rounded, np.max(_rounded(sums[:, some], depth) / mean**2, axis=1), out=rounded)
        np.maximum(short, _short(absolute, mean), out=short)
    rounding = (DEVIATIONS * np.finfo(weight.dtype).eps / 2) ** 2
    # (d0 - d2)^2 <= 2 d0^2 + 2 d2^2, along both axes.
    scaled = 4 * rounding * rounded.reshape(4, 4)
    squares = np.einsum("kl,ck,rl,ki,lj->crij", scaled, NEEDED, NEEDED, PAIRS, PAIRS).reshape(4, 16)
    enough = _enough(squares, short[:, 0], ALLOWED[weight.dtype.name])
    return Trust(squares.astype(weight.dtype), short, enough.astype(weight.dtype))


def _enough(squares: Array, short: Array, allowed: float) -> Array:
    """Turn the test of a window into one that is linear in its squared cells, and no less strict: (4, 16).

    An error E is allowed if E / (a t) + sqrt(Q(t) S2) <= S1, and so it is if for some number r > 0
    (1 + r) E^2 / (a t)^2 + (1 + 1 / r) Q(t) S2 <= S1^2. Both are the same where r is the second term over the first:
    those of a window with even squares are taken.
    """
    errors = math.sqrt(squares.sum(axis=1).max() / TAPS) / (allowed * np.array(THRESHOLDS))
    shares = np.sqrt(short)
    best = np.argmin(errors + shares)
    ratio = (shares[best] + 1e-9) / (errors[best] + 1e-9)
    scale = (1 + ratio) / (allowed * THRESHOLDS[best]) ** 2
    enough: Array = scale * squares + (1 + 1 / ratio) * short[best] * UNDER
    return enough


def _square_in_range(values: Array) -> Array:
    """Say which values have squares with all their digits, and room for sums of them."""
    limits = np.finfo(values.dtype)
    return np.asarray((values > math.sqrt(limits.tiny / limits.eps)) & (values < math.sqrt(limits.max * limits.eps)))


def _rounded(sums: Array, depth: int) -> Array:
    """Sum the squares of what is rounded, for sums of weights (16, outputs, C) and V of norm 1: (16, outputs)."""
    channels = sums.shape[2]
    products = -(-channels // depth)
    times = np.zeros((channels, products), sums.dtype)
    for number in range(products):
        part = times[number * depth : (number + 1) * depth, number]
        # The square of the first channel is in all of the sums to come, that of the last in one.
        part[:] = np.arange(len(part), 0, -1) + products * (OTHERS + products)
    worst: Array = np.max(np.square(sums) @ times, axis=2)
    return worst


def _short(absolute: Array, mean: Array) -> Array:
    """Give Q(t) for the t of THRESHOLDS and parts of the window, the largest of all outputs: (THRESHOLDS, PARTS).

    absolute: (9, outputs, C), mean: (outputs,).
    """
    short, smaller = np.empty((len(THRESHOLDS), len(PARTS))), np.empty_like(absolute)
    # NumPy compares with a row of zeros twice as fast as with one.
    zeros = np.zeros(absolute.shape[2], absolute.dtype)
    for number, threshold in enumerate(THRESHOLDS):
        limit = threshold * mean
        np.subtract(limit[:, None], absolute, out=smaller)
        np.maximum(smaller, zeros, out=smaller)
        short[number] = (PARTS @ (np.vecdot(smaller, smaller) / limit**2)).max(axis=1)
    return short


def least_products(first: Array, second: Array, short: Array) -> Array:
    """Bound A from below, relative to a mean weight: from S1 and S2 (n,) of windows, and Q(t) (THRESHOLDS, n)."""
    by_threshold = np.array(THRESHOLDS)[:, None] * (first - np.sqrt(short * second))
    least: Array = by_threshold.max(axis=0)
    return least


def doubtful(dealt: Dealt, trusted: Trust, counts: tuple[int, ...], scratch: Scratch) -> Array:
    """Say of which outputs the error may be too large: (2 columns, 2 rows, groups, *pairs), False beyond `counts`.

    A window of nothing but zeros is exact. Infinite cells, and those whose squares leave the range, are doubtful.
    Most windows are settled in few steps, and the others looked at closely: threads get in each other's way where
    steps are many and short.
    """
    absolute, squared = _over_channels(dealt, scratch)
    squared_cells = _under_pairs(squared)
    first = UNDER.astype(absolute.dtype) @ _under_pairs(absolute)
    square, limits = first * first, np.finfo(absolute.dtype)
    # S2 is at least a n-th of S1^2.
    least = TAPS * dealt.lead[1] * limits.tiny / limits.eps
    doubts = ~(square >= trusted.enough @ squared_cells + least) & (first != 0)
    if not square.max() <= limits.max * limits.eps:
        doubts |= ~(square <= limits.max * limits.eps)
    shaped: Array = doubts.reshape(2, 2, dealt.lead[0], *dealt.pairs)
    for column, row in np.ndindex(2, 2):
        shaped[column, row, :, (counts[0] - row + 1) // 2 :] = False
        shaped[column, row, :, :, (counts[1] - column + 1) // 2 :] = False
    output, pair = np.nonzero(doubts)
    if 0 < len(output) <= doubts.size // 2:
        cells = squared_cells[:, pair].T
        second, error = (np.vecdot(weights[output], cells) for weights in (UNDER, trusted.squares))
        part = _part(absolute[taps_of(np.nonzero(shaped))])
        allowed = ALLOWED[absolute.dtype.name] * least_products(first[output, pair], second, trusted.short[:, part])
        doubts[output, pair] = ~(_square_in_range(np.sqrt(second)) & (np.sqrt(error) <= allowed))
    return shaped


def _under_pairs(plane: Array) -> Array:
    """Copy from a dealt plane (2 columns, 2 rows, groups, pairs + 1, pitch) the 4x4 cells under every 2x2 outputs.

    Returns (16 = 4 columns x 4 rows, groups · pairs · pairs).
    """
    groups, rows, columns = plane.shape[2:]
    column, row, group, down, along = plane.strides
    shape = (2, 2, 2, 2, groups, rows - 1, columns - 1)
    cells = as_strided(plane, shape, (along, column, down, row, group, down, along), writeable=False)
    return cells.reshape(16, -1)


def taps_of(places: tuple[Array, ...]) -> tuple[Array, ...]:
    """Say where in dealt cells the 9 taps of some windows lie: windows at (column, row, group, *pair), each (n,)."""
    column, row, group, pair_row, pair_column = (place[:, None] for place in places)
    down, along = np.divmod(np.arange(TAPS), 3)
    down, along = row + down, column + along
    return along % 2, down % 2, group, pair_row + down // 2, pair_column + along // 2


def _part(cells: Array) -> Array:
    """Choose the smallest of PARTS outside of which the cells of windows (n, 9) are zero."""
    real = cells.reshape(-1, 3, 3) != 0
    rows, columns = real.any(axis=2), real.any(axis=1)
    down, along = (np.where(~lines[:, 0], 1, np.where(~lines[:, 2], 2, 0)) for lines in (rows, columns))
    return np.asarray(3 * down + along)


def _over_channels(dealt: Dealt, scratch: Scratch) -> tuple[Array, Array]:
    """Sum the absolute cells and their squares over the channels: (2 columns, 2 rows, groups, pairs + 1, pitch)."""
    # In memory that is next used for sums of the cells.
    cells = scratch.take("sums", dealt.flat.shape, dealt.flat.dtype)
    by_channel = cells[:, :-1].reshape(2, 2, *dealt.lead, dealt.read)
    ones = np.ones((1, dealt.lead[1]), cells.dtype)
    shape = (2, 2, dealt.lead[0], -1, dealt.pitch)
    np.abs(dealt.flat, out=cells)
    absolute = (ones @ by_channel).reshape(shape)
    np.multiply(cells, cells, out=cells)
    return absolute, (ones @ by_channel).reshape(shape)
