"""Convolution with kernels of 3x3 as 16 products for every 2x2 outputs, instead of 36: Winograd's F(2x2, 3x3).

Sums and differences of neighbouring cells, and of neighbouring weights, are multiplied channel by channel; sums of
those products are the outputs (Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016). Along one
axis, with cells d0...d3 and weights g0...g2:

    m0 = (d0 - d2) g0                     y0 = m0 + m2 + m3
    m1 = (d1 - d3) (-g2)                  y1 = m1 + m2 - m3
    m2 = (d1 + d2) (g0 + g1 + g2) / 2
    m3 = (d2 - d1) (g0 - g1 + g2) / 2

and for two axes the same with rows of such sums in the place of cells. An output depends on no cell outside its own
window, but its digits are lost where the sums are large and its own products small: `winograd_error` tells the
windows with which that cannot happen. The others are computed as they are defined, one by one or the whole tile.

The passes before and after the products run over flat memory: cells lie dealt into odd and even rows and columns,
with one column more than there are pairs, whose results are thrown away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from convcalc.compute.algorithms import row_im2col
from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.winograd_error import Dealt, Trust, doubtful, taps_of, trust
from convcalc.compute.number_types import Array

SPREADS = False
PADDED = False
STEP = None

# Output cells of one channel in a tile, and the least number of tiles a plane is cut into for the sake of threads.
TILE_CELLS = 4800
PARTS = 4
# Channels of one product: the error grows with them, so that longer sums are added up from several.
DEPTH = 64
# With more channels, errors that do not cancel (of cells that are all alike) can grow past what is allowed.
MOST = 256
# What weights g0, g1, g2 are added up to.
SUMS = np.array([[1, 0, 0], [0, 0, -1], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5]])
# Windows of a tile that are computed one by one; where more are doubtful the whole tile is computed by rows.
FEW = 1 / 32


class Transformed:
    """Weights (groups, O/groups, C/groups, 9), their sums (4, 4, groups, O/groups, C/groups), and their errors."""

    def __init__(self, sums: Array, plain: Array, trusted: Trust, by_row: Callable[[], Array]) -> None:
        self.sums, self.plain, self.trusted, self.by_row = sums, plain, trusted, by_row

    def __getitem__(self, groups: slice) -> Transformed:
        return Transformed(self.sums[:, :, groups], self.plain[groups], self.trusted, lambda: self.by_row()[groups])


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job."""
    if job.kernel != (3, 3):
        return "it is for kernels of 3x3"
    if any((window.stride, window.dilation) != (1, 1) for window in job.windows):
        return "it needs stride 1 and dilation 1"
    if job.dtype not in ("float32", "float64") or job.whole:
        return "it rounds, and these numbers are exact"
    if job.group_inputs > MOST:
        return f"its errors add up over more than {MOST} channels"
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: 16 products for 36, and the passes before and after them."""
    cells = job.batch * math.prod(job.counts)
    products = 2 * job.macs / 2.25 / rates.product(job.dtype, job.group_outputs, min(DEPTH, job.group_inputs))
    passes = (44 * job.channels + 37 * job.outputs) * cells * job.itemsize / rates.stream
    weights = 90 * job.outputs * job.group_inputs * 9 * job.itemsize / rates.stream
    return products + passes + weights + 100 * rates.call * job.tile_count(rows(job), STEP)


def rows(job: Job) -> int:
    """Choose the output rows of one tile: an even number, all tiles about alike."""
    parts = max(PARTS, -(-math.prod(job.counts) // TILE_CELLS))
    return 2 * math.ceil(job.counts[0] / parts / 2)


def prepare(weight: Array, job: Job) -> Transformed:
    """Add up the weights along columns and rows, all sixteen sums of nine in one product."""
    plain = weight.reshape(job.groups, job.group_outputs, job.group_inputs, 9)
    by_tap = np.ascontiguousarray(plain.reshape(-1, 9).T)
    factors = np.einsum("cj,ri->crij", SUMS, SUMS).reshape(16, 9).astype(weight.dtype)
    sums = np.empty((16, by_tap.shape[1]), weight.dtype)
    multiply(factors, by_tap, sums, Scratch())
    by_group = sums.reshape(4, 4, *plain.shape[:3])
    trusted = trust(by_tap.reshape(9, -1, job.group_inputs), by_group, DEPTH)
    return Transformed(by_group, plain, trusted, cache(lambda: row_im2col.prepare(weight, job)))


def run(block: Array, weight: Transformed, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, columns) into out (groups, O/groups, rows, columns).

    The block's columns may come without their padding, which is then zeros, and saves a copy.
    """
    dealt = Dealt(block, job, scratch)
    doubts = doubtful(dealt, weight.trusted, out.shape[2:], scratch)
    count = np.count_nonzero(doubts)
    if count > FEW * doubts.size:
        row_im2col.run(block, weight.by_row(), job, out, scratch)
        return
    _multiply(dealt, weight.sums, out, scratch)
    if count:
        _compute_again(dealt, weight.plain, doubts, out, scratch)


def _multiply(dealt: Dealt, sums: Array, out: Array, scratch: Scratch) -> None:
    """Compute all outputs of a tile from its dealt cells."""
    (groups, channels), outputs = dealt.lead, out.shape[1]
    used = dealt.pairs[0] * dealt.pitch
    # The views of the last rows end a pitch behind the cells: what is read there is never used.
    columns = scratch.take("columns", (2 * groups * channels * dealt.read + dealt.pitch,), out.dtype)
    columns[-dealt.pitch :] = 0
    cells = scratch.take("sums", (4, groups, channels, dealt.read), out.dtype)
    products = scratch.take("products", (4, groups, outputs, used), out.dtype)
    totals = scratch.take("totals", (2, 2, groups, outputs, used), out.dtype)
    rows = scratch.take("rows", totals[0].shape, out.dtype)

    def compute(number: int, rows: Array) -> None:
        _add_columns(dealt, number, columns[: -dealt.pitch])
        _add_rows(columns, dealt.pitch, cells.reshape(4, -1))
        multiply(sums[number], cells[..., :used], products, scratch, DEPTH)
        _combine(products, rows)

    # Along the columns as along the rows: m2 and m3 are part of both outputs, m0 and m1 of one each.
    compute(2, totals[0])
    compute(3, rows)
    np.subtract(totals[0], rows, out=totals[1])
    np.add(totals[0], rows, out=totals[0])
    for column, total in enumerate(totals):
        compute(column, rows)
        np.add(total, rows, out=total)
        for row in range(2):
            target = out[:, :, row::2, column::2]
            half = total[row].reshape(groups, outputs, -1, dealt.pitch)
            target[...] = half[:, :, : target.shape[2], : target.shape[3]]


def _add_columns(dealt: Dealt, number: int, columns: Array) -> None:
    """Write d0 - d2, d1 - d3, d1 + d2 or d2 - d1 of neighbouring columns: d0 and d2 are even, d1 and d3 odd."""
    (d0, d1), (d2, d3) = dealt.flat[:, :-1], dealt.flat[:, 1:]
    if number == 2:
        np.add(d1, d2, out=columns)
        return
    left, right = {0: (d0, d2), 1: (d1, d3), 3: (d2, d1)}[number]
    np.subtract(left, right, out=columns)


def _add_rows(columns: Array, pitch: int, cells: Array) -> None:
    """Write the same four sums of neighbouring rows: even rows lie in the first half of `columns`, odd in the other.

    columns: sums of columns (2 · length) and a pitch more; cells: (4, length).
    """
    length = cells.shape[1]
    d1, d2 = columns[length : 2 * length], columns[pitch : pitch + length]
    np.subtract(columns[:-pitch], columns[pitch:], out=cells[:2].reshape(-1))
    np.add(d1, d2, out=cells[2])
    np.subtract(d2, d1, out=cells[3])


def _combine(products: Array, rows: Array) -> None:
    """Write m0 + m2 + m3 and m1 + m2 - m3 of the products (4, ...) along the rows."""
    np.add(products[2], products[3], out=rows[0])
    np.subtract(products[2], products[3], out=rows[1])
    np.add(rows, products[:2], out=rows)


def _compute_again(dealt: Dealt, weight: Array, doubts: Array, out: Array, scratch: Scratch) -> None:
    """Compute the doubtful outputs (2 columns, 2 rows, groups, *pairs) as the plain sums of their products.

    weight: (groups, O/groups, C/groups, 9).
    """
    places = np.nonzero(doubts)
    columns, rows, group, pair_row, pair_column = taps_of(places)
    windows = dealt.cells[columns, rows, group, :, pair_row, pair_column]
    group, rows, columns = places[2], 2 * places[3] + places[1], 2 * places[4] + places[0]
    for number in np.unique(group):
        here = np.flatnonzero(group == number)
        kernel = weight[number % len(weight)].transpose(2, 1, 0).reshape(-1, out.shape[1])
        found = np.empty((len(here), out.shape[1]), out.dtype)
        multiply(windows[here].reshape(len(here), -1), kernel, found, scratch)
        out[number][:, rows[here], columns[here]] = found.T
