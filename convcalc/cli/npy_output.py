"""Large `.npy` files: results that go straight into their file and are never in memory as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.messages import print_notes
from convcalc.cli.output import noting_changes
from convcalc.cli.progress import meter

if TYPE_CHECKING:
    from convcalc.compute.threads import Progress

LARGE = 1 << 22
"""Bytes of input from which a result goes into its file without being held in memory."""


def is_large(path: str | None, x: Any) -> bool:
    """Return whether a result for x is worth going straight into the file `path`, and can.

    Windows renames no file that is mapped into memory.
    """
    from convcalc.matrix.writing.atomic import is_ordinary

    ends, maps = (path or "").lower().endswith(".npy"), os.name == "posix"
    return path is not None and ends and maps and x.nbytes >= LARGE and is_ordinary(path)


@contextmanager
def npy_output(
    path: str,
    dtype: str,
    shape: tuple[int, ...],
    *,
    x: Any,
    rows: int,
    memory: int,
    summed: Sequence[Any] = (),
) -> Iterator[tuple[Any, Progress]]:
    """Make an array in the new `.npy` file `path`, with whom to tell of the rows done; errors leave no file.

    `rows` rows are computed from x, and the pages of both arrays given back before they take `memory` bytes. Of
    infinity that sums of the arrays `summed` have brought about a note is printed.
    """
    from convcalc.cli.mapped_files import check_mapped_files, end_on_bus_errors
    from convcalc.compute.memmap import Releasing
    from convcalc.matrix.npy import new_npy
    from convcalc.matrix.writing.atomic import output_place

    end_on_bus_errors()
    with noting_changes(path), output_place(path) as place, meter(rows) as progress:
        out = new_npy(place, dtype, shape)
        yield out, Releasing(progress, rows=rows, memory=memory // 2, arrays=(x, out))
        if Path(path).exists():
            # What replaces a file has to be on the disk first; what is new is left to the system, as any other file.
            out.flush()
        if summed:
            from convcalc.compute.overflow import overflow_notes

            print_notes(*overflow_notes(out, summed))
        check_mapped_files()
