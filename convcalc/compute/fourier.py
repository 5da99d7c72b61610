"""Convolution by Fourier transforms of overlapping tiles, with every cell whose digits may be lost computed again.

The cost hardly depends on the kernel's size. The transforms are made in float64, and bounded: an output cell is wrong
by at most E = 21 u log2(n) |x| |w|, with u the rounding unit, n the cells of a transform, |x| the Euclidean norm of
the tile and |w| the sum of the absolute weights (Higham, Accuracy and Stability of Numerical Algorithms, ch. 24, for
three transforms). Whole numbers are rounded where E < 1/4, and then exact. A float32 output must be within 1e-5 of
the sum of its absolute products, which is at least its own size: cells smaller than E / 1e-5 are looked at again,
first by transforming the absolute values, then, where the sum is small too, by computing them plainly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from convcalc.compute import taps
from convcalc.compute.columns import windows_view
from convcalc.compute.exact import Array
from convcalc.compute.job import Job, Scratch
from convcalc.compute.rates import Rates
from convcalc.geometry import Window

__all__ = ["PADDED", "SPREADS", "STEP", "Spectra", "cost", "prepare", "refuse", "rows", "run"]

SPREADS = True
PADDED = True
STEP = None

UNIT = 2.0**-53
# A little less than the 1e-5 allowed, for the last rounding to float32.
ALLOWED = 9e-6
# Cells of a tile that may be computed again plainly, as multiply-accumulates, before all of the tile is.
AGAIN = 1 << 21
# Lengths of a transform, and how often one must hold the kernel so that not most of it is overlap.
LENGTHS = (512, 1024, 2048, 4096)
ROOM = 3
# NumPy calls that one transform takes, there and back, with the look at its errors.
CALLS = 50
# Bytes that the transformed weights of a job may take.
SPECTRA_BYTES = 1 << 27


class Spectra:
    """Transformed weights and what their errors are bounded by; sliced by groups as an array would be."""

    def __init__(self, weight: Array, transformed: Array | None = None, absolute: Array | None = None) -> None:
        self.weight, self.transformed, self.absolute = weight, transformed, absolute

    def __getitem__(self, groups: slice) -> Spectra:
        parts = (None if part is None else part[groups] for part in (self.transformed, self.absolute))
        return Spectra(self.weight[groups], *parts)


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
    """Estimate seconds on one core: transforms there and back, of absolute values too for some of the tiles."""
    height, width = _lengths(job)
    windows, counts = _two(job.windows), (1, *job.counts)[-2:]
    reached = [(length - w.extent) // w.stride + 1 for length, w in zip((height, width), windows, strict=True)]
    tiles = math.prod(max(1.0, count / cells) for count, cells in zip(counts, reached, strict=True))
    a_tile = height * width * (job.group_inputs + 1.5 * job.group_outputs)
    return job.batch * job.groups * tiles * (a_tile / rates.transform + CALLS * rates.call)


def rows(job: Job) -> int:
    """Choose the output rows of one tile: what one transform holds, or several along a single axis."""
    length = _lengths(job)[job.rank - 2 if job.rank == 2 else 1]
    reached = (length - job.windows[0].extent) // job.windows[0].stride + 1
    return reached if job.rank == 2 else 8 * reached


def _two(windows: tuple[Window, ...]) -> tuple[Window, Window]:
    """Give the windows of two axes; a single axis is the width."""
    return (windows[0], windows[1]) if len(windows) == 2 else (Window(1), windows[0])


def _lengths(job: Job) -> tuple[int, int]:
    """Choose the lengths of a transform along height and width."""
    height, width = _two(job.windows)
    if job.rank == 1:
        return 1, _length(width, job.counts[0], LENGTHS[-1])
    return _length(height, job.counts[0], LENGTHS[0]), _length(width, job.counts[1], LENGTHS[0])


def _length(window: Window, outputs: int, least: int) -> int:
    """Choose the length of a transform along one axis, so that transforms of about one size cover its outputs."""
    usual = max(least, next((length for length in LENGTHS if length >= ROOM * window.extent), ROOM * window.extent))
    reached = (usual - window.extent) // window.stride + 1
    each = -(-outputs // -(-outputs // reached))
    return _fast((each - 1) * window.stride + window.extent)


def _fast(size: int) -> int:
    """Give the next length that is a small multiple of a power of two."""
    power = 1 << max(3, (size - 1).bit_length() - 3)
    return -(-size // power) * power


def prepare(weight: Array, job: Job) -> Spectra:
    """Transform the weight, spread out by its dilation."""
    plain = weight.reshape(job.groups, job.group_outputs, job.group_inputs, *job.kernel)
    return Spectra(plain, _transformed(plain, job))


def _transformed(plain: Array, job: Job) -> Array:
    windows = _two(job.windows)
    spread = np.zeros((*plain.shape[:3], *(window.extent for window in windows)))
    spread[..., :: windows[0].dilation, :: windows[1].dilation] = plain.reshape(
        *plain.shape[:3], *(window.kernel for window in windows)
    )
    return np.asarray(np.fft.rfft2(spread, _lengths(job)).conj())


def run(block: Array, weight: Spectra, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    if job.rank == 1:
        block, out = block[:, :, None], out[:, :, None]
    along = _two(job.windows)[1]
    reached = (_lengths(job)[1] - along.extent) // along.stride + 1
    for column in range(0, out.shape[3], reached):
        target = out[..., column : column + reached]
        first = column * along.stride
        seen = block[..., first : first + (target.shape[3] - 1) * along.stride + along.extent]
        if not _run_part(seen, weight, job, target):
            piece = scratch.take("plain", target.shape, job.dtype)
            flat_job = job if job.rank == 2 else job.replace(windows=_two(job.windows), sizes=(1, *job.sizes))
            plain = weight.weight.reshape(*weight.weight.shape[:3], *(w.kernel for w in _two(job.windows)))
            taps.run(seen, plain, flat_job, piece, scratch)
            target[...] = piece


def _run_part(seen: Array, weight: Spectra, job: Job, out: Array) -> bool:
    """Compute one transform's cells; False where too many of them cannot be trusted."""
    assert weight.transformed is not None
    cells = seen.astype(np.float64)
    found = _product(cells, weight.transformed, job, out.shape)
    error = _error(cells, weight.weight, job)
    if not np.all(np.isfinite(error)):
        return False
    if job.whole:
        np.rint(found, out=out, casting="unsafe")
        return bool(np.all(error < 0.25))
    out[...] = found
    doubtful = np.abs(found, out=found) < error / ALLOWED
    limit = max(16, AGAIN // weight.weight[0, 0].size)
    if np.count_nonzero(doubtful) > limit:
        if weight.absolute is None:
            weight.absolute = _transformed(np.abs(weight.weight), job)
        doubtful &= _product(np.abs(cells), weight.absolute, job, out.shape) < 2 * error / ALLOWED
        if np.count_nonzero(doubtful) > limit:
            return False
    _again(cells, weight.weight, job, out, doubtful)
    return True


def _product(cells: Array, transformed: Array, job: Job, shape: tuple[int, ...]) -> Array:
    """Transform, multiply, sum over the channels and transform back: cells (groups, O/groups, rows, columns)."""
    lengths, windows = _lengths(job), _two(job.windows)
    spectrum = np.fft.rfft2(cells, lengths)
    total = spectrum[:, None, 0] * transformed[:, :, 0]
    for channel in range(1, cells.shape[1]):
        total += spectrum[:, None, channel] * transformed[:, :, channel]
    back = np.fft.irfft2(total, lengths)
    down, along = ((count - 1) * window.stride + 1 for count, window in zip(shape[2:], windows, strict=True))
    return np.asarray(back[:, :, : down : windows[0].stride, : along : windows[1].stride])


def _error(cells: Array, weight: Array, job: Job) -> Array:
    """Bound the error of every output channel: (groups, O/groups, 1, 1)."""
    flat = cells.reshape(*cells.shape[:2], -1)
    norms = np.sqrt(np.einsum("gcn,gcn->gc", flat, flat))
    sums = np.abs(weight, dtype=np.float64).reshape(*weight.shape[:3], -1).sum(axis=3)
    bound = 21 * UNIT * math.log2(max(2, math.prod(_lengths(job)))) * (sums * norms[:, None]).sum(axis=2)
    return np.asarray(bound[..., None, None])


def _again(cells: Array, weight: Array, job: Job, out: Array, doubtful: Array) -> None:
    """Compute the doubtful cells as the plain sum of their products."""
    view = windows_view(cells, job.replace(windows=_two(job.windows)))
    for group, output in _channels(doubtful):
        places = np.unravel_index(np.flatnonzero(doubtful[group, output]), doubtful.shape[2:])
        windows = view[group][..., *places]
        kernel = weight[group % len(weight), output].reshape(*view.shape[1:4])
        out[group, output][places] = np.einsum("chwn,chw->n", windows, kernel.astype(np.float64))


def _channels(doubtful: Array) -> Iterator[tuple[int, int]]:
    """Give the output channels in which a cell is doubtful."""
    for group, output in np.argwhere(doubtful.any(axis=(2, 3))):
        yield int(group), int(output)
