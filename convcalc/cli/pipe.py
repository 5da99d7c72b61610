"""Text from a pipe to a pipe: rows leave as soon as the rows they see have come, and memory stays flat."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from convcalc.cli.matrix_arguments import read_array, reading
from convcalc.cli.output import write_file, write_out
from convcalc.cli.progress import meter
from convcalc.cli.terminal import is_terminal
from convcalc.cli.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows

FIRST_READ_BYTES = 1 << 20
"""Bytes that are waited for before rows are computed as they come."""
IDLE_SECONDS = 0.1
"""Seconds without a byte after which they are computed as they come, too."""
FIRST_READ_SECONDS = 1.0
"""Seconds after the first byte that a slow stream of bytes may take until then."""


def is_binary(source: str) -> bool:
    """Return whether an input is a file of NumPy's by its name; text has the same bits from a file as from a pipe.

    >>> is_binary("x.npy"), is_binary("-")
    (True, False)
    """
    return source.partition(":")[0].lower().endswith((".npy", ".npz"))


def read_input(source: str, wanted: Wanted, memory: int) -> Matrix | IncomingRows:
    """Read a matrix; or, from a pipe or a text file of more than `memory` bytes, rows that are read as they come.

    A pipe that ends within `FIRST_READ_BYTES` and without a pause of `IDLE_SECONDS` is read whole, so that nothing
    has been printed when an error is found in it; and so is all that does not begin as plain rows of numbers.
    """
    pipe = pipe_of(source, memory) if wanted.streams else None
    if pipe is None:
        return read_array(source, wanted.numbers)
    from convcalc.matrix.files import matrix_of_bytes
    from convcalc.matrix.row_stream import IncomingRows, begins_rows
    from convcalc.matrix.sources import STANDARD_INPUT, pipe_bytes

    options, place = reading(wanted.numbers), STANDARD_INPUT if source == "-" else source
    head, ended = read_start(pipe, place)
    begun = begins_rows(head, options)
    while begun is None and not ended and len(head) < FIRST_READ_BYTES:
        piece = pipe_bytes(pipe, FIRST_READ_BYTES, place)
        head, ended = head + piece, not piece
        begun = begins_rows(head, options)
    if ended:
        return matrix_of_bytes(head, place, options)
    rows = IncomingRows(head, lambda size: pipe_bytes(pipe, size, place), place, options)
    if begun:
        return rows
    # A file may be mapped into memory; what has come through a pipe cannot be had again.
    is_pipe = source == "-" or _is_pipe(os.fstat(pipe).st_mode)
    return rows.whole() if is_pipe else read_array(source, wanted.numbers)


def pipe_of(source: str, memory: int) -> int | None:
    """Open what `source` names if it is a pipe, a socket, or a text file of more than `memory` bytes; else None."""
    try:
        if source == "-":
            number = sys.stdin.fileno() if sys.stdin is not None else -1
            status = os.fstat(number)
        else:
            number = -1
            status = Path(source).stat()
        large = stat.S_ISREG(status.st_mode) and status.st_size > memory and not is_binary(source)
        if not large and not _is_pipe(status.st_mode):
            return None
        number = os.open(source, os.O_RDONLY) if number < 0 else number
    except (OSError, ValueError):
        # Whatever is wrong with it, the ordinary reader says so.
        return None
    if not large:
        _widen(number)
    return number


def _is_pipe(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _widen(pipe: int) -> None:
    """Let a pipe hold more than the usual 64 KiB where the system can: fewer, larger blocks are quicker to read."""
    try:
        from fcntl import F_SETPIPE_SZ, fcntl

        fcntl(pipe, F_SETPIPE_SZ, FIRST_READ_BYTES)
    except (ImportError, OSError):
        return


def read_start(pipe: int, place: str) -> tuple[bytes, bool]:
    """Return the first bytes of a pipe, as many as come before one of the limits above, and whether that is all."""
    from convcalc.matrix.sources import pipe_bytes

    pieces = [pipe_bytes(pipe, FIRST_READ_BYTES, place)]
    size, until = len(pieces[0]), monotonic() + FIRST_READ_SECONDS
    while pieces[-1] and size < FIRST_READ_BYTES and monotonic() < until and _has_more(pipe):
        pieces.append(pipe_bytes(pipe, FIRST_READ_BYTES, place))
        size += len(pieces[-1])
    return b"".join(pieces), not pieces[-1]


def _has_more(pipe: int) -> bool:
    """Return whether a pipe has more, or has ended, within `IDLE_SECONDS`; True where the system cannot tell."""
    from select import select

    try:
        return bool(select([pipe], [], [], IDLE_SECONDS)[0])
    except OSError:
        # Windows waits for sockets only; the next read waits for as long as it takes.
        return True


def stream(blocks: Iterable[Any], wanted: Wanted) -> int:
    """Print or write blocks of rows as they come, and return the exit code."""
    # Loaded before the output is made, and not while rows leave.
    import orjson  # noqa: F401

    from convcalc.compute.quotients import Quotients
    from convcalc.matrix.writing.digits import row_blocks

    path, separator, precision = wanted.output.output, wanted.separator or " ", wanted.shown.precision

    def texts(blocks: Iterable[Any]) -> Iterator[bytes]:
        for rows in blocks:
            quotients = isinstance(rows, Quotients)
            yield from row_blocks(rows.values if quotients else rows, separator, precision, quotients=quotients)

    if path is not None:
        write_file(path, texts(_counted(blocks)))
        return 0
    watched = blocks if is_terminal(sys.stdout) else _counted(blocks)
    for text in texts(watched):
        write_out(text)
    return 0


def _counted(blocks: Iterable[Any]) -> Iterator[Any]:
    """Show how many rows have gone through."""
    with meter(None) as progress:
        for rows in blocks:
            yield rows
            if progress is not None:
                progress(len(rows))
