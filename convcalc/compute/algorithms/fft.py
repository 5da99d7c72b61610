"""Convolution by FFT of overlapping tiles (overlap-save), where cells that may have lost digits are recomputed.

The cost hardly depends on the size of the kernel. Transforms are computed in float64, with a bound on their error: an
output cell is off by at most E = 21 u log2(n) |x| |w|, where u is the rounding unit, n the cells of a transform, |x|
and |w| the Euclidean norms of the tile and of the kernel (Percival, Rapid multiplication modulo the sum and
difference of highly composite numbers, theorem 5.1). A radix-2 step adds less than 7 u in each of the three
transforms. Lengths here have no prime factor above 5, and radix-3 and radix-5 steps add less than 7 u log2(3) and
7 u log2(5). In float32 such a bound would be useless.

Integers are rounded if E < 1/4, and are then exact. A float32 output must be within 1e-5 of the sum of its absolute
products, which is at least its own magnitude. Cells smaller than E / 1e-5 are checked: first against an FFT of the
absolute values, then, where that sum is small too, by computing them directly.
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
# A little less than the 1e-5 allowed, to leave room for the last rounding to float32.
ALLOWED = 9e-6
# The most multiply-accumulates to spend on recomputing single cells of a tile; beyond, the whole tile is recomputed.
RECOMPUTE_MACS = 1 << 21
# The longest transforms along height, width and a single axis: they should stay in cache, and leave tiles for several
# threads. Only long kernels have longer ones, up to KERNEL_LENGTHS times the kernel.
LONGEST = (320, 576, 4096)
KERNEL_LENGTHS = 4
# Odd factors of the lengths, beside powers of two: with more threes and fives an FFT is slower.
ODD = (1, 3, 5, 9, 15)
# NumPy calls of one tile: forward and inverse FFT and the check of errors.
CALLS = 30
# The most bytes of the transformed weights of a job.
SPECTRA_BYTES = 1 << 27


class Spectra:
    """Weights, their norms, which bound the errors, and their FFTs; sliced by groups as an array is.

    The FFT of the absolute weights is computed when a tile first needs it.
    """

    def __init__(self, weight: Array, norms: Array, transformed: Array) -> None:
        self.weight, self.norms, self.transformed = weight, norms, transformed
        self.absolute: Array | None = None

    def __getitem__(self, groups: slice) -> Spectra:
        return Spectra(self.weight[groups], self.norms[groups], self.transformed[groups])


def refuse(job: Job) -> str | None:
    """Return why this algorithm cannot do a job, or None if it can."""
    if job.rank > 2:
        return f"it needs one or two spatial axes, not {job.rank}"
    if job.dtype in ("object", "int64"):
        return f"{job.dtype} numbers do not survive an FFT"
    if job.dtype != "float32" and not job.whole:
        return f"it is not accurate to 1e-13 in {job.dtype}"
    if job.group_outputs * job.group_inputs > 16:
        return "it is for planes, not for many channels"
    if 8 * job.outputs * job.group_inputs * math.prod(_lengths(job)) > SPECTRA_BYTES:
        return "the spectra of all kernels would take too much memory"
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: forward FFTs, products, inverse FFTs with the check of errors."""
    counts = (1, *job.counts)[-2:]
    tiles = math.prod(-(-count // cells) for count, cells in zip(counts, _outputs_per_fft(job), strict=True))
    inputs, outputs = job.group_inputs, job.group_outputs
    per_tile = math.prod(_lengths(job)) * (inputs + 1.5 * outputs + inputs * outputs)
    together = min(job.split(rows(job), STEP)[1], max(job.batch, job.groups))
    return job.batch * job.groups * tiles * (per_tile / rates.transform + CALLS * rates.call / together)


def rows(job: Job) -> int:
    """Return how many output rows a tile should have: those of one FFT, or of several along a single axis."""
    height, width = _outputs_per_fft(job)
    return height if job.rank == 2 else 8 * width


def _height_and_width(windows: tuple[Window, ...]) -> tuple[Window, Window]:
    """Return the windows of two axes; a single axis is the width."""
    return (windows[0], windows[1]) if len(windows) == 2 else (Window(1), windows[0])


def _lengths(job: Job) -> tuple[int, int]:
    """Return the lengths of an FFT along height and width."""
    height, width = _height_and_width(job.windows)
    if job.rank == 1:
        return 1, _length(width, job.counts[0], LONGEST[2])
    return _length(height, job.counts[0], LONGEST[0]), _length(width, job.counts[1], LONGEST[1])


def _outputs_per_fft(job: Job) -> tuple[int, int]:
    """Return how many output cells along height and width one FFT gives."""
    height, width = (
        (length - window.extent) // window.stride + 1
        for length, window in zip(_lengths(job), _height_and_width(job.windows), strict=True)
    )
    return height, width


@lru_cache(maxsize=64)
def _length(window: Window, outputs: int, longest: int) -> int:
    """Return the FFT length along one axis that covers its outputs with the fewest cells."""
    longest = max(longest, KERNEL_LENGTHS * window.extent)
    powers = range(longest.bit_length())
    lengths = [odd << power for odd in ODD for power in powers if window.extent <= odd << power <= longest]

    def covering(length: int) -> tuple[int, int]:
        return -(-outputs // ((length - window.extent) // window.stride + 1)) * length, -length

    return min(lengths, key=covering)


def prepare(weight: Array, job: Job) -> Spectra:
    """Return the FFTs of the weight, spread out by its dilation."""
    plain = weight.reshape(
        job.groups, job.group_outputs, job.group_inputs, *(window.kernel for window in _height_and_width(job.windows))
    )
    return Spectra(plain, _norms(plain.astype(np.float64, copy=False)), _transformed(plain, job))


def _transformed(plain: Array, job: Job) -> Array:
    """Return the FFTs of weights, divided by what forward and inverse FFT multiply by."""
    height, width = _height_and_width(job.windows)
    spread = np.zeros((*plain.shape[:3], height.extent, width.extent))
    spread[..., :: height.dilation, :: width.dilation] = plain
    return np.asarray(np.fft.rfft2(spread, _lengths(job), norm="forward").conj())


def run(block: Array, weight: Spectra, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    if job.rank == 1:
        block, out = block[:, :, None], out[:, :, None]
    along, step = _height_and_width(job.windows)[1], _outputs_per_fft(job)[1]
    for column in range(0, out.shape[3], step):
        target = out[..., column : column + step]
        first = column * along.stride
        seen = block[..., first : first + (target.shape[3] - 1) * along.stride + along.extent]
        if not _run_part(seen, weight, job, target, scratch):
            piece = scratch.take("plain", target.shape, job.dtype)
            flat_job = (
                job if job.rank == 2 else job.replace(windows=_height_and_width(job.windows), sizes=(1, *job.sizes))
            )
            direct.run(seen, weight.weight, flat_job, piece, scratch)
            target[...] = piece


def _run_part(seen: Array, weight: Spectra, job: Job, out: Array, scratch: Scratch) -> bool:
    """Compute the cells of one FFT; return False where too many of them are unreliable."""
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
    unreliable = np.less(size, (error / ALLOWED).astype(out.dtype), out=scratch.take("unreliable", out.shape, bool))
    limit, count = max(16, RECOMPUTE_MACS // weight.weight[0, 0].size), np.count_nonzero(unreliable)
    if count > limit:
        if weight.absolute is None:
            weight.absolute = _transformed(np.abs(weight.weight), job)
        sums = _product(np.abs(cells, out=cells), weight.absolute, job, out.shape, scratch)
        unreliable &= sums < 2 * error / ALLOWED
        count = np.count_nonzero(unreliable)
        if count > limit:
            return False
    if count:
        _recompute(seen, weight.weight, job, out, unreliable)
    return True


def _product(cells: Array, transformed: Array, job: Job, shape: tuple[int, ...], scratch: Scratch) -> Array:
    """Multiply spectra and sum over the channels: (groups, O/groups, rows, columns).

    Along the width only rows with numbers in them are transformed, and only the rows of the output inversely.
    """
    (height, width), windows = _lengths(job), _height_and_width(job.windows)
    spectrum = scratch.take("spectrum", (*cells.shape[:2], height, width // 2 + 1), np.complex128)
    rows = cells.shape[2]
    np.fft.rfft(cells, axis=3, out=spectrum[:, :, :rows])
    spectrum[:, :, rows:] = 0
    total = _along_height(spectrum, transformed, scratch)
    down, along = ((count - 1) * window.stride + 1 for count, window in zip(shape[2:], windows, strict=True))
    rows_back = total[:, :, : down : windows[0].stride]
    back = scratch.take("back", (*shape[:3], width), np.float64)
    np.fft.irfft(rows_back, width, axis=3, norm="forward", out=back)
    return back[..., : along : windows[1].stride]


def _along_height(spectrum: Array, transformed: Array, scratch: Scratch) -> Array:
    """Transform along the height, multiply by the weights, sum over the channels, and transform inversely."""
    groups, channels, *lengths = spectrum.shape
    if lengths[0] > 1:
        np.fft.fft(spectrum, axis=2, out=spectrum)
    outputs = transformed.shape[1]
    # A single plane is multiplied in place, which spares the cache; several channels are needed for every output.
    in_place = channels == outputs == 1
    total = spectrum if in_place else scratch.take("total", (groups, outputs, *lengths), np.complex128)
    np.multiply(spectrum[:, None, 0], transformed[:, :, 0], out=total)
    for channel in range(1, channels):
        product = scratch.take("product", total.shape, np.complex128)
        total += np.multiply(spectrum[:, None, channel], transformed[:, :, channel], out=product)
    if lengths[0] > 1:
        np.fft.ifft(total, axis=2, norm="forward", out=total)
    return total


def _error(cells: Array, weight_norms: Array, job: Job) -> Array:
    """Return the bound of the error per output channel: (groups, O/groups, 1, 1)."""
    products = (weight_norms * _norms(cells)[:, None]).sum(axis=2)
    bound = 21 * UNIT * math.log2(max(2, math.prod(_lengths(job)))) * products
    return np.asarray(bound[..., None, None])


def _norms(cells: Array) -> Array:
    """Return the Euclidean norm of each channel: (..., channels, rows, columns) -> (..., channels)."""
    flat = cells.reshape(*cells.shape[:-2], -1)
    return np.asarray(np.sqrt(np.vecdot(flat, flat)))


def _recompute(seen: Array, weight: Array, job: Job, out: Array, unreliable: Array) -> None:
    """Compute the unreliable cells from the definition, as sums of products."""
    # np.nonzero finds them much faster along one axis than along four.
    group, output, row, column = places = np.unravel_index(np.flatnonzero(unreliable), unreliable.shape)
    view = windows_view(seen, job.replace(windows=_height_and_width(job.windows))).transpose(0, 4, 5, 1, 2, 3)
    flat = (len(row), weight[0, 0].size)
    windows = view[group, row, column].reshape(flat).astype(np.float64)
    out[places] = np.vecdot(windows, weight[group % len(weight), output].reshape(flat).astype(np.float64))
