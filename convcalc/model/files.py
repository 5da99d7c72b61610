"""A file of layers by its name: its text, or the network that its bytes hold."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from convcalc.errors import DataError, UsageError
from convcalc.notation import Network

if TYPE_CHECKING:
    from typing import BinaryIO

_INSPECTED = 4096
"""Bytes among which those of a model that is not text have a zero."""

MODEL_ENDINGS = (".py", ".onnx", ".json", ".keras", ".cfg", ".prototxt", ".safetensors", ".pt", ".pth", ".txt")
"""How the name of a file ends that is taken for one where a layer may stand."""


_OF_LAYERS = frozenset("(:#\n")
"""Signs that layers have and names of files have not, or seldom."""


def is_model_file(text: str) -> bool:
    """Return whether a text where a layer may stand is the name of a model file.

    Raises UsageError for a text that ends as one and is neither a file that is there nor, by its signs, a layer.

    >>> is_model_file("conv:8,k3")
    False
    """
    if not text.lower().endswith(MODEL_ENDINGS):
        return False
    from convcalc.matrix.sources import exists, not_there

    if exists(text):
        return True
    if _OF_LAYERS.isdisjoint(text):
        raise UsageError("there is neither such a file nor such a layer", place=text, hint=not_there(text).hint)
    return False


def read_file(name: str) -> str | Network:
    """Return the text of a file, of standard input for `-`, or the network where it is a model's bytes.

    Weights are not read. Raises FileError for a file that cannot be read, DataError for one that is damaged, or a
    text that is too long.
    """
    from convcalc.matrix import sources
    from convcalc.notation.files.binary import read_binary

    if name == "-":
        data = sources.standard_input(sources.LONGEST_TEXT + 1)
        if not data:
            raise DataError("there is nothing in it", place=sources.STANDARD_INPUT)
        if len(data) > sources.LONGEST_TEXT and b"\0" in data[:_INSPECTED]:
            message = f"more than {sources.LONGEST_TEXT >> 20} MiB of a model are not read from a pipe"
            raise DataError(message, place=sources.STANDARD_INPUT, hint="give the file by its name")
        network = read_binary(io.BytesIO(data), sources.STANDARD_INPUT)
        return sources.text_of(data, sources.STANDARD_INPUT) if network is None else network
    if not sources.exists(name):
        raise sources.not_there(name)
    with sources.opened(name) as stream:
        if _has_end(stream):
            network = read_binary(stream, name)
            if network is not None:
                return network
            stream.seek(0)
        data = stream.read(sources.LONGEST_TEXT + 1)
        if not data:
            raise DataError("the file is empty", place=name)
        return sources.text_of(data, name)


def _has_end(stream: BinaryIO) -> bool:
    """Whether a stream can be sought to its end: a pipe cannot, nor many files below /proc."""
    try:
        stream.seek(0, io.SEEK_END)
        stream.seek(0)
    except (OSError, ValueError):
        return False
    return True
