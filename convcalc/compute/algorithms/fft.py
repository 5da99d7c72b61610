"""Convolution by Fourier transforms of overlapping tiles, with every cell whose digits may be lost computed again.

The cost hardly depends on the kernel's size. The transforms are made in float64, and bounded: an output cell is wrong
by at most E = 21 u log2(n) |x| |w|, with u the rounding unit, n the cells of a transform, |x| and |w| the Euclidean
norms of the tile and of the kernel (Percival, Rapid multiplication modulo the sum and difference of highly composite
numbers, theorem 5.1). A step of two takes less than 7 u in each of the three transforms; the lengths here have no
prime factor above 5, and steps of 3 and 5 take less than 7 u log2(3) and 7 u log2(5). In float32 such a bound would
be of no use.

Whole numbers are rounded where E < 1/4, and then exact. A float32 output must be within 1e-5 of the sum of its
absolute products, which is at least its own size: cells smaller than E / 1e-5 are looked at again, first by
transforming the absolute values, then, where the sum is small too, by computing them plainly.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from convcalc.compute.algorithms import direct
from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.im2col import windows_view
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array
from convcalc.geometry import Window

SPREADS = True
PADDED = True
STEP = None

UNIT = 2.0**-53
# A little less than the 1e-5 allowed, for the last rounding to float32.
ALLOWED = 9e-6
# Cells of a tile that may be computed again plainly, as multiply-accumulates, before all of the tile is.
AGAIN = 1 << 21
# The longest transforms along height, width and a single axis: what is at work should stay in the cache, and several
# threads want tiles. Only for the sake of the kernel, which one must hold so many times, are they longer.
LONGEST = (320, 576, 4096)
ROOM = 4
# Odd factors of the lengths, beside powers of two: with more threes and fives a transform is slower.
ODD = (1, 3, 5, 9, 15)
# NumPy calls that one transform takes, there and back, with the look at its errors.
CALLS = 30
# Bytes that the transformed weights of a job may take.
SPECTRA_BYTES = 1 << 27


class Spectra:
    """Transformed weights and their norms, which bound the errors; sliced by groups as an array would be.

    The transform of the absolute weights is made where a tile first asks for it.
    """

    def __init__(self, weight: Array, norms: Array, transformed: Array) -> None:
        self.weight, self.norms, self.transformed = weight, norms, transformed
        self.absolute: Array | None = None

    def __getitem__(self, groups: slice) -> Spectra:
        return Spectra(self.weight[groups], self.norms[groups], self.transformed[groups])


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job."""
    if job.rank > 2:
        return f"it needs one or two spatial axes, not {job.rank}"
    if job.dtype in ("object", "int64"):
        return f"{job.dtype} numbers do not survive a transform"
    if job.dtype != "float32" and not job.whole:
        return f"it would not keep 1e-13 in {job.dtype}"
    if job.group_outputs * job.group_inputs > 16:
        return "it is for planes, not for many channels"
    if 8 * job.outputs * job.group_inputs * math.prod(_lengths(job)) > SPECTRA_BYTES:
        return "the spectra of so many kernels would fill the memory"
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: transforms there and, with a look at the errors, back, and products between."""
    counts = (1, *job.counts)[-2:]
    tiles = math.prod(-(-count // cells) for count, cells in zip(counts, _reached(job), strict=True))
    inputs, outputs = job.group_inputs, job.group_outputs
    a_tile = math.prod(_lengths(job)) * (inputs + 1.5 * outputs + inputs * outputs)
    together = min(job.split(rows(job), STEP)[1], max(job.batch, job.groups))
    return job.batch * job.groups * tiles * (a_tile / rates.transform + CALLS * rates.call / together)


def rows(job: Job) -> int:
    """Choose the output rows of one tile: what one transform holds, or several along a single axis."""
    reached = _reached(job)
    return reached[0] if job.rank == 2 else 8 * reached[1]


def _two(windows: tuple[Window, ...]) -> tuple[Window, Window]:
    """Give the windows of two axes; a single axis is the width."""
    return (windows[0], windows[1]) if len(windows) == 2 else (Window(1), windows[0])


def _lengths(job: Job) -> tuple[int, int]:
    """Choose the lengths of a transform along height and width."""
    height, width = _two(job.windows)
    if job.rank == 1:
        return 1, _length(width, job.counts[0], LONGEST[2])
    return _length(height, job.counts[0], LONGEST[0]), _length(width, job.counts[1], LONGEST[1])


def _reached(job: Job) -> tuple[int, int]:
    """Count the output cells along height and width that one transform gives."""
    height, width = (
        (length - window.extent) // window.stride + 1
        for length, window in zip(_lengths(job), _two(job.windows), strict=True)
    )
    return height, width


@lru_cache(maxsize=64)
def _length(window: Window, outputs: int, longest: int) -> int:
    """Choose the length of a transform along one axis, so that as few cells as possible cover its outputs."""
    longest = max(longest, ROOM * window.extent)
    powers = range(longest.bit_length())
    lengths = [odd << power for odd in ODD for power in powers if window.extent <= odd << power <= longest]

    def covering(length: int) -> tuple[int, int]:
        return -(-outputs // ((length - window.extent) // window.stride + 1)) * length, -length

    return min(lengths, key=covering)


def prepare(weight: Array, job: Job) -> Spectra:
    """Transform the weight, spread out by its dilation."""
    plain = weight.reshape(
        job.groups, job.group_outputs, job.group_inputs, *(window.kernel for window in _two(job.windows))
    )
    return Spectra(plain, _norms(plain.astype(np.float64, copy=False)), _transformed(plain, job))


def _transformed(plain: Array, job: Job) -> Array:
    """Transform weights, divided by what the transforms there and back multiply by."""
    height, width = _two(job.windows)
    spread = np.zeros((*plain.shape[:3], height.extent, width.extent))
    spread[..., :: height.dilation, :: width.dilation] = plain
    return np.asarray(np.fft.rfft2(spread, _lengths(job), norm="forward").conj())


def run(block: Array, weight: Spectra, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    if job.rank == 1:
        block, out = block[:, :, None], out[:, :, None]
    along, reached = _two(job.windows)[1], _reached(job)[1]
    for column in range(0, out.shape[3], reached):
        target = out[..., column : column + reached]
        first = column * along.stride
        seen = block[..., first : first + (target.shape[3] - 1) * along.stride + along.extent]
        if not _run_part(seen, weight, job, target, scratch):
            piece = scratch.take("plain", target.shape, job.dtype)
            flat_job = job if job.rank == 2 else job.replace(windows=_two(job.windows), sizes=(1, *job.sizes))
            direct.run(seen, weight.weight, flat_job, piece, scratch)
            target[...] = piece


def _run_part(seen: Array, weight: Spectra, job: Job, out: Array, scratch: Scratch) -> bool:
    """Compute one transform's cells; False where too many of them cannot be trusted."""
    cells = scratch.take("cells", (*seen.shape[:3], _lengths(job)[1]), np.float64)
    cells[..., : seen.shape[3]] = seen
    cells[..., seen.shape[3] :] = 0
    error = _error(cells, weight.norms, job)
    if not np.all(np.isfinite(error)):
        return False
    found = _product(cells, weight.transformed, job, out.shape, scratch)
    if job.whole:
        np.rint(found, out=out, casting="unsafe")
        return bool(np.all(error < 0.25))
    out[...] = found
    size = np.abs(out, out=scratch.take("size", out.shape, out.dtype))
    doubtful = np.less(size, (error / ALLOWED).astype(out.dtype), out=scratch.take("doubtful", out.shape, bool))
    limit, many = max(16, AGAIN // weight.weight[0, 0].size), np.count_nonzero(doubtful)
    if many > limit:
        if weight.absolute is None:
            weight.absolute = _transformed(np.abs(weight.weight), job)
        sums = _product(np.abs(cells, out=cells), weight.absolute, job, out.shape, scratch)
        doubtful &= sums < 2 * error / ALLOWED
        many = np.count_nonzero(doubtful)
        if many > limit:
            return False
    if many:
        _again(seen, weight.weight, job, out, doubtful)
    return True


def _product(cells: Array, transformed: Array, job: Job, shape: tuple[int, ...], scratch: Scratch) -> Array:
    """Transform, multiply, sum over the channels and transform back: cells (groups, O/groups, rows, columns).

    Only rows with something in them are transformed along the width, and only rows that are wanted back.
    """
    (height, width), windows = _lengths(job), _two(job.windows)
    spectrum = scratch.take("spectrum", (*cells.shape[:2], height, width // 2 + 1), np.complex128)
    rows = cells.shape[2]
    np.fft.rfft(cells, axis=3, out=spectrum[:, :, :rows])
    spectrum[:, :, rows:] = 0
    total = _along_height(spectrum, transformed, scratch)
    down, along = ((count - 1) * window.stride + 1 for count, window in zip(shape[2:], windows, strict=True))
    wanted = total[:, :, : down : windows[0].stride]
    back = scratch.take("back", (*shape[:3], width), np.float64)
    np.fft.irfft(wanted, width, axis=3, norm="forward", out=back)
    return back[..., : along : windows[1].stride]


def _along_height(spectrum: Array, transformed: Array, scratch: Scratch) -> Array:
    """Transform along the height, multiply by the weights, sum over the channels and transform back."""
    groups, channels, *lengths = spectrum.shape
    if lengths[0] > 1:
        np.fft.fft(spectrum, axis=2, out=spectrum)
    outputs = transformed.shape[1]
    # A plane is multiplied where it is, which spares the cache; channels are needed for every output.
    alone = channels == outputs == 1
    total = spectrum if alone else scratch.take("total", (groups, outputs, *lengths), np.complex128)
    np.multiply(spectrum[:, None, 0], transformed[:, :, 0], out=total)
    for channel in range(1, channels):
        product = scratch.take("product", total.shape, np.complex128)
        total += np.multiply(spectrum[:, None, channel], transformed[:, :, channel], out=product)
    if lengths[0] > 1:
        np.fft.ifft(total, axis=2, norm="forward", out=total)
    return total


def _error(cells: Array, weight_norms: Array, job: Job) -> Array:
    """Bound the error of every output channel: (groups, O/groups, 1, 1)."""
    products = (weight_norms * _norms(cells)[:, None]).sum(axis=2)
    bound = 21 * UNIT * math.log2(max(2, math.prod(_lengths(job)))) * products
    return np.asarray(bound[..., None, None])


def _norms(cells: Array) -> Array:
    """Give the Euclidean norm of each channel: (..., channels, rows, columns) -> (..., channels)."""
    flat = cells.reshape(*cells.shape[:-2], -1)
    return np.asarray(np.sqrt(np.vecdot(flat, flat)))


def _again(seen: Array, weight: Array, job: Job, out: Array, doubtful: Array) -> None:
    """Compute the doubtful cells as the plain sum of their products."""
    # np.nonzero finds them much faster along one axis than along four.
    group, output, row, column = places = np.unravel_index(np.flatnonzero(doubtful), doubtful.shape)
    view = windows_view(seen, job.replace(windows=_two(job.windows))).transpose(0, 4, 5, 1, 2, 3)
    flat = (len(row), weight[0, 0].size)
    windows = view[group, row, column].reshape(flat).astype(np.float64)
    out[places] = np.vecdot(windows, weight[group % len(weight), output].reshape(flat).astype(np.float64))
