"""A matrix into a file, in the format of its ending."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.errors import FileError
from convcalc.matrix.writing.atomic import write_bytes
from convcalc.matrix.writing.formats import format_csv, format_json, format_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

OUTPUT_ENDINGS = (".npy", ".npz", ".txt", ".csv", ".tsv", ".json", ".png")
"""The endings that `write_matrix` knows."""


def write_matrix(array: NDArray[Any], path: str, *, precision: int | None = None) -> None:
    """Write `array` to `path` in the format of its ending (`OUTPUT_ENDINGS`); the file appears whole or not at all.

    Without `precision` every digit is kept. Errors: FileError for an unknown ending or a place that cannot be
    written, DataError for numbers that the format cannot hold.
    """
    write_bytes(path, _encoded(array, path, precision))


def _encoded(array: NDArray[Any], path: str, precision: int | None) -> bytes | Iterable[bytes | memoryview]:
    match Path(path).suffix.lower():
        case ".npy":
            from convcalc.matrix.npy import npy_chunks

            return npy_chunks(array)
        case ".npz":
            from convcalc.matrix.npy import npz_bytes

            return npz_bytes(data=array)
        case ".png":
            from convcalc.matrix.image import png_bytes

            return png_bytes(array)
        case ".txt":
            return format_plain(array, precision)
        case ".csv":
            return format_csv(array, precision)
        case ".tsv":
            return format_csv(array, precision, "\t")
        case ".json":
            return format_json(array)
        case ending:
            raise FileError(
                f"a matrix cannot be written with the ending {ending!r}"
                if ending
                else "the name has no ending that tells the format",
                place=path,
                hint=f"the endings are {' '.join(OUTPUT_ENDINGS)}",
            )
