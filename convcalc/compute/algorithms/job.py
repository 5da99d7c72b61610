"""The sizes of one convolution, the tiles it is cut into, and the input block that each tile reads.

A tile is a run of output rows (positions of the first spatial axis) of some groups of a batch item. Its block is the
input it reads: rows with their halo, padded. Where tiles lie depends on the job alone, never on the number of threads
or on memory, so that a job has the same bits however it is run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from convcalc.compute.boundary import source_cells
from convcalc.compute.number_types import Array
from convcalc.geometry import Window
from convcalc.value import Value, cached_property

# Split large jobs into at least PARTS tiles, but keep each tile above LEAST_CELLS per channel and LEAST_MACS: below
# them scheduling costs more than a second thread saves.
PARTS = 8
LEAST_CELLS = 96
LEAST_MACS = 20_000_000
# Small groups share a tile until its blocks fill this many bytes of cache.
BLOCK_BYTES = 1 << 20


class Tile(Value):
    """Output rows `first` to `last` of groups `first_group` to `last_group`, counted over the whole batch."""

    first_group: int
    last_group: int
    first: int
    last: int

    @property
    def rows(self) -> int:
        """Number of output rows."""
        return self.last - self.first

    @property
    def groups(self) -> int:
        """Number of groups."""
        return self.last_group - self.first_group


class Job(Value):
    """The sizes of a convolution of x (N, C, *sizes) with weight (O, C/groups, *kernel), computed in `dtype`.

    `whole`: the numbers are integers and the result must be exact. `rank_one`: every kernel is a column times a row.
    `boundary`: what the padding holds, as in `boundary.extend` but without `constant`.
    """

    batch: int
    channels: int
    outputs: int
    groups: int
    sizes: tuple[int, ...]
    windows: tuple[Window, ...]
    dtype: str
    whole: bool = False
    rank_one: bool = False
    boundary: str = "zeros"

    @property
    def rank(self) -> int:
        """Number of spatial axes."""
        return len(self.sizes)

    @cached_property
    def kernel(self) -> tuple[int, ...]:
        """Kernel size per axis."""
        return tuple(window.kernel for window in self.windows)

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Output size per axis."""
        return tuple(window.output(size) for window, size in zip(self.windows, self.sizes, strict=True))

    @cached_property
    def inner_padded(self) -> tuple[int, ...]:
        """Sizes of the spatial axes after the first, with padding."""
        pairs = zip(self.windows[1:], self.sizes[1:], strict=True)
        return tuple(size + window.padding.total for window, size in pairs)

    @property
    def group_inputs(self) -> int:
        """Input channels of one group."""
        return self.channels // self.groups

    @property
    def group_outputs(self) -> int:
        """Output channels of one group."""
        return self.outputs // self.groups

    @property
    def itemsize(self) -> int:
        """Bytes of one number."""
        return np.dtype(self.dtype).itemsize

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates of the definition."""
        return self.batch * self.outputs * math.prod(self.counts) * self.group_inputs * math.prod(self.kernel)

    @property
    def rows(self) -> int:
        """Output rows of all groups and batch items, the unit of progress."""
        return self.batch * self.groups * self.counts[0]

    def rows_read(self, rows: int) -> int:
        """Return how many input rows `rows` output rows read: (rows - 1)s + k_eff."""
        return (rows - 1) * self.windows[0].stride + self.windows[0].extent

    def block_cells(self, rows: int, groups: int) -> int:
        """Return how many padded cells `rows` output rows of `groups` groups read."""
        return groups * self.group_inputs * self.rows_read(rows) * math.prod(self.inner_padded)

    def split(self, rows: int, step: int | None = 1) -> tuple[int, int]:
        """Return the rows (a multiple of `step`) and groups per tile, for an algorithm that prefers `rows` rows.

        Small jobs are cut finer, so that several threads have work, but not below what keeps a matrix product fast.
        Small groups share a tile, and so do small batch items of one group. Only sizes decide, never the machine.
        """
        inner = math.prod(self.counts[1:])
        all_rows = self.batch * self.counts[0]
        fewest = max(-(-LEAST_CELLS // inner), all_rows // PARTS, LEAST_MACS * all_rows // self.macs, 1)
        step = step or rows
        tiles = -(-self.counts[0] // min(rows, fewest))
        rows = min(-(-self.counts[0] // (tiles * step)) * step, self.counts[0])
        block = self.block_cells(rows, 1) * self.itemsize
        most = self.groups if self.groups > 1 else self.batch * -(-self.counts[0] // rows) // PARTS
        return rows, max(1, min(BLOCK_BYTES // block, most))

    def tile_count(self, rows: int, step: int | None = 1) -> int:
        """Return the number of tiles for an algorithm that prefers `rows` rows per tile."""
        rows, groups = self.split(rows, step)
        together, times = self._supply
        return times * -(-together // groups) * -(-self.counts[0] // rows)

    @property
    def _supply(self) -> tuple[int, int]:
        """How many groups may share a tile, and the number of such sets: tiles of groups stay in one batch item."""
        return (self.groups, self.batch) if self.groups > 1 else (self.batch, 1)

    def tiles(self, rows: int, groups: int) -> Iterator[Tile]:
        """Iterate over tiles of at most `rows` rows and `groups` groups, in reading order."""
        together, times = self._supply
        for start in range(0, together * times, together):
            for group in range(start, start + together, groups):
                for first in range(0, self.counts[0], rows):
                    last_group = min(group + groups, start + together)
                    yield Tile(group, last_group, first, min(first + rows, self.counts[0]))

    def weights(self, tile: Tile) -> slice:
        """Return which groups of the weight a tile needs; a single group serves the whole batch."""
        if self.groups == 1:
            return slice(0, 1)
        first = tile.first_group % self.groups
        return slice(first, first + tile.groups)

    def by_group(self, array: Array) -> Array:
        """View x (N, C, ...) or an output (N, O, ...) as (N · groups, channels per group, ...)."""
        return array.reshape(self.batch * self.groups, -1, *array.shape[2:])

    def block(self, x: Array, tile: Tile, scratch: Scratch, padded: bool = True) -> Array:
        """Return what a tile reads of x (N · groups, C/groups, *sizes): (groups, C/groups, rows, *inner), in `dtype`.

        Rows are padded, inner axes only if `padded`. Nothing is copied where nothing has to change.
        """
        window, size = self.windows[0], self.sizes[0]
        start = tile.first * window.stride - window.padding.before
        stop = start + self.rows_read(tile.rows)
        # A tile may lie entirely in the padding, where there is nothing to read.
        seen = x[tile.first_group : tile.last_group]
        cells = seen[:, :, max(start, 0) : max(0, min(stop, size))]
        shape = (*cells.shape[:2], stop - start, *(self.inner_padded if padded else self.sizes[1:]))
        if cells.shape == shape and cells.dtype == self.dtype:
            return cells
        block = scratch.take("block", shape, self.dtype)
        above = min(max(-start, 0), stop - start)
        inside = [slice(None), slice(None), slice(above, above + cells.shape[2])]
        for inner, inner_size in zip(self.windows[1:], self.sizes[1:], strict=True):
            first = inner.padding.before if padded else 0
            inside.append(slice(first, first + inner_size))
        block[tuple(inside)] = cells
        if self.boundary != "zeros":
            outside = np.r_[0 : inside[2].start, inside[2].stop : stop - start]
            copied = source_cells(outside + start, size, self.boundary)
            place: tuple[Any, ...] = (slice(None), slice(None), outside, *inside[3:])
            block[place] = seen[:, :, copied]
        self._fill_border(block, inside)
        return block

    def _fill_border(self, block: Array, inside: list[slice]) -> None:
        """Fill the padding around the real cells, axis by axis, with zeros or copies of cells in the block."""
        for axis, real in enumerate(inside):
            size = block.shape[axis]
            if axis < 2 or (real.start == 0 and real.stop == size):
                continue
            lead: tuple[Any, ...] = (slice(None),) * axis
            if self.boundary == "zeros":
                block[(*lead, slice(0, real.start))] = 0
                block[(*lead, slice(real.stop, None))] = 0
            elif axis > 2:
                cells = np.r_[0 : real.start, real.stop : size]
                copied = source_cells(cells - real.start, real.stop - real.start, self.boundary) + real.start
                block[(*lead, cells)] = block.take(copied, axis=axis)


class Scratch:
    """Memory that a thread reuses from tile to tile: touching new pages costs more than the arithmetic on them."""

    def __init__(self) -> None:
        self._buffers: dict[str, Array] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return an uninitialized array, valid until the same name is taken again."""
        if np.dtype(dtype).hasobject:
            return np.empty(shape, dtype)
        size = math.prod(shape) * np.dtype(dtype).itemsize
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        view: Array = buffer[:size].view(dtype).reshape(shape)
        return view
