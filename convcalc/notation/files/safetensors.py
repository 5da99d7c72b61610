"""`.safetensors`: the header alone, which has name, type and shape of every tensor.

A file is the length of its header in 8 bytes (little endian), the header in JSON, and the tensors' bytes, which are
not read. Names, types and offsets are those of the format's description.
"""

from __future__ import annotations

import json
from math import prod
from typing import Any, BinaryIO

from convcalc.errors import DataError
from convcalc.limits import check_values
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.files.weights import Tensor, TensorPlace, held_by_modules

LONGEST_HEADER = 1 << 25
DTYPES = {
    "F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2),
    "F8_E4M3": ("float8", 1), "F8_E5M2": ("float8", 1), "I64": ("int64", 8), "I32": ("int32", 4),
    "I16": ("int16", 2), "I8": ("int8", 1), "U64": ("uint64", 8), "U32": ("uint32", 4), "U16": ("uint16", 2),
    "U8": ("uint8", 1), "BOOL": ("bool", 1), "C64": ("complex64", 8),
}  # fmt: skip
"""For each type its name and its bytes per number."""


def is_safetensors(head: bytes) -> bool:
    """Return whether the first bytes of a file are the length of a header and its opening brace.

    >>> is_safetensors((4).to_bytes(8, "little") + b"{}  ")
    True
    """
    return len(head) > 8 and head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 1 << 40


def read_safetensors(stream: BinaryIO, size: int, place: str) -> GraphBuilder:
    """Read the header of a file of `size` bytes; DataError for one that is damaged, truncated, or too long."""
    entries, first = _header(stream, place)
    tensors = [_tensor(name, entry, size - first, place) for name, entry in entries.items()]
    return held_by_modules(tensors, place, "safetensors")


def tensor_places(stream: BinaryIO, size: int, place: str) -> dict[str, TensorPlace | None]:
    """Return where each tensor of a file of `size` bytes stands; errors as `read_safetensors`."""
    entries, first = _header(stream, place)
    found: dict[str, TensorPlace | None] = {}
    for name, entry in entries.items():
        tensor = _tensor(name, entry, size - first, place)
        found[name] = TensorPlace(tensor.shape, tensor.dtype, first + entry["data_offsets"][0])
    return found


def _header(stream: BinaryIO, place: str) -> tuple[dict[str, Any], int]:
    """Return what the header has of each tensor, and the offset of the first byte behind it."""
    length = int.from_bytes(stream.read(8), "little")
    if length > LONGEST_HEADER:
        raise DataError(f"a header of {length} bytes is too long, at most {LONGEST_HEADER} are read", place=place)
    header = stream.read(length)
    if len(header) < length:
        raise DataError(f"the file is truncated: {len(header)} of {length} bytes of its header", place=place)
    check_values(header, place)
    try:
        entries = json.loads(header)
    except (ValueError, RecursionError):
        raise DataError("the header is not JSON", place=place) from None
    if not isinstance(entries, dict):
        raise DataError("the header is not a JSON object", place=place)
    return {name: entry for name, entry in entries.items() if name != "__metadata__"}, 8 + length


def _tensor(name: str, entry: Any, room: int, place: str) -> Tensor:
    """Return a tensor of the header; its bytes have to be in the file, and as many as its shape and type need."""
    try:
        dtype, number_bytes = DTYPES[entry["dtype"]]
        shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, start, end))
    except (KeyError, TypeError, ValueError):
        whole = False
    if not whole or len(shape) > 64:
        raise DataError(f"the header has no readable type, shape and place for {name[:40]!r}", place=place)
    if end - start != prod(shape) * number_bytes:
        message = f"{name[:40]!r} has {end - start} bytes, its shape and type need {prod(shape) * number_bytes}"
        raise DataError(message, place=place)
    if end > room:
        raise DataError(f"the file is truncated: {name[:40]!r} ends {end - room} bytes behind it", place=place)
    return Tensor(name, shape, dtype)
