"""Where the numbers of one tensor stand in a model file, by the tensor's name: `.safetensors` and `.onnx`."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from convcalc.errors import DataError
from convcalc.notation.files.weights import TensorPlace
from convcalc.text import close_names

ENDINGS = (".onnx", ".safetensors")


def split_name(source: str) -> tuple[str, str] | None:
    """Return the file and the tensor that a text names, None for any other text.

    >>> split_name("net.onnx:conv1.weight"), split_name("net.safetensors"), split_name("1 0; 0 1")
    (('net.onnx', 'conv1.weight'), None, None)
    """
    folded = source.lower()
    for ending in ENDINGS:
        at = folded.find(f"{ending}:")
        if at > 0:
            at += len(ending)
            return source[:at], source[at + 1 :]
    return None


def find_tensor(stream: BinaryIO, place: str, name: str) -> TensorPlace:
    """Find a tensor in a model file whose name ends as one of `ENDINGS`; no numbers but few whole ones are read.

    Raises DataError for a damaged file, and for a name that is not there with those that are near.
    """
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if place.lower().endswith(".onnx"):
        from convcalc.notation.files.onnx.initializers import initializers

        found = initializers(stream, size, place, name)
    else:
        from convcalc.notation.files.safetensors import tensor_places

        found = tensor_places(stream, size, place)
    if found.get(name) is None:
        raise _not_there(name, list(found), place)
    tensor = found[name]
    assert tensor is not None
    if tensor.file is not None:
        tensor = tensor.replace(file=_beside(place, tensor.file))
    return tensor


def _not_there(name: str, names: list[str], place: str) -> DataError:
    near = close_names(name, names, count=5, cutoff=0.4) or names[:5]
    listed = ", ".join(near) or "it holds none"
    message = f"there is no tensor {name[:60]!r} among the {len(names)} in this file"
    return DataError(message, place=place, hint=f"near it: {listed}")


def _beside(place: str, location: str) -> str:
    """Return the file that a model names for its numbers, which has to lie in the model's folder or below."""
    relative = PurePosixPath(location)
    if relative.is_absolute() or ".." in relative.parts or not relative.parts:
        raise DataError(f"its numbers are said to be in {location[:60]!r}, outside of its folder", place=place)
    return str(Path(place).parent / relative)
