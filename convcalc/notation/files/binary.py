"""A file of bytes to the network in it: which format it is shows in its first bytes."""

from __future__ import annotations

import os
from typing import BinaryIO

from convcalc.errors import DataError
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.nodes import Network, Node

HEAD_BYTES = 16
"""As many bytes show the format."""


def read_binary(stream: BinaryIO, place: str) -> Network | None:
    """Read a model file from a stream that can be sought, None where its bytes are in no such format.

    Raises DataError for a file that is damaged, and SpecError for what is in it but is not read.
    """
    builder = _builder(stream, place)
    if builder is None:
        return None
    nodes = [
        Node(entry.layer, entry.text, "", (0, 0), place, entry.name, entry.notes, entry.activation, entry.inputs)
        for entry in builder.entries
    ]
    return Network(
        tuple(nodes),
        builder.input,
        notation=builder.notation,
        assumptions=builder.assumptions,
        objections=builder.objections,
    )


def _builder(stream: BinaryIO, place: str) -> GraphBuilder | None:
    head = stream.read(HEAD_BYTES)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        hint = "save it in Keras as model.keras, or write model.to_json() to a .json"
        raise DataError("HDF5 files are not read", place=place, hint=hint)
    if head.startswith(b"PK\x03\x04") or _is_pickle(head):
        from convcalc.notation.files.pickled import read_pickled

        return read_pickled(stream, place)
    if head[8:9] == b"{":
        from convcalc.notation.files.safetensors import is_safetensors, read_safetensors

        if is_safetensors(head):
            return read_safetensors(stream, size, place)
    return None


def _is_pickle(head: bytes) -> bool:
    from convcalc.notation.files.pickled import is_pickle

    return is_pickle(head)
