"""The numbers of a tensor that stand byte by byte in a file, little endian, whatever the file is."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcalc.errors import DataError, FileError
from convcalc.matrix.sources import exists, not_there

_PLAIN = (
    *("float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)
_BYTES = {
    **{name: np.dtype(name).newbyteorder("<") for name in _PLAIN},
    "bool": np.dtype("uint8"),
    "bfloat16": np.dtype("<u2"),
}
"""For each type that is read, how its numbers stand in a file; a bfloat16 is the upper half of a float32."""


def tensor_numbers(path: str, offset: int, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the numbers of a tensor from the file `path`; no other byte of it is read.

    Errors: DataError for a type that is not read and for a file that ends before the tensor, FileError.
    """
    kind = _known(dtype, path)
    count = prod(shape)
    if not exists(path):
        raise not_there(path)
    taken = count * kind.itemsize
    try:
        held = max(Path(path).stat().st_size - offset, 0)
        found = np.fromfile(path, kind, count, offset=offset) if taken <= held else None
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=path) from error
    if found is None:
        message = f"the file is truncated: the tensor takes {taken} bytes from byte {offset}, and it holds {held}"
        raise DataError(message, place=path)
    return typed(found, dtype).reshape(shape)


def tensor_of(numbers: tuple[int, ...], dtype: str, shape: tuple[int, ...], path: str) -> NDArray[Any]:
    """Return a tensor of whole numbers, which are the bits where the type is one of decimals.

    Errors: DataError for a type that is not read, and for numbers that do not fill the shape.
    """
    kind = _known(dtype, path)
    if prod(shape) != len(numbers):
        raise DataError(f"a tensor of {prod(shape)} numbers has {len(numbers)} of them in this file", place=path)
    bits = np.dtype("uint16") if dtype in ("float16", "bfloat16") else kind
    if kind.kind == "f" and dtype != "float16":
        raise DataError(f"a tensor of {dtype} has no numbers in this file", place=path)
    try:
        found = np.array(numbers, bits)
    except OverflowError:
        raise DataError(f"a tensor of {dtype} has numbers beyond its type", place=path) from None
    return typed(found.view(kind), dtype).reshape(shape)


def typed(found: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return numbers as they stand in a file in a type that computes.

    >>> typed(np.array([0x3FC0], "<u2"), "bfloat16")
    array([1.5], dtype=float32)
    """
    if dtype == "bfloat16":
        return (found.astype(np.uint32) << 16).view(np.float32)
    return found.astype(found.dtype.newbyteorder("="), copy=False)


def _known(dtype: str, path: str) -> np.dtype[Any]:
    if dtype not in _BYTES:
        raise DataError(f"a tensor of type {dtype} is not read", place=path, hint=f"types are {', '.join(_BYTES)}")
    return _BYTES[dtype]
