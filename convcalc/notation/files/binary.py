"""A file of bytes to the network in it: which format it is shows in its first bytes."""

from __future__ import annotations

import os
from typing import BinaryIO

from convcalc.errors import DataError, archive_errors, damaged_archive
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.nodes import Network

HEAD_BYTES = 16
"""As many bytes show the format."""

CONFIG = "config.json"
LONGEST_CONFIG = 1 << 25


def read_binary(stream: BinaryIO, place: str) -> Network | None:
    """Read a model file from a stream that can be sought, None where its bytes are in no such format.

    Raises DataError for a file that is damaged, and SpecError for what is in it but is not read.
    """
    builder = _builder(stream, place)
    return None if builder is None else builder.network()


def _builder(stream: BinaryIO, place: str) -> GraphBuilder | None:
    head = stream.read(HEAD_BYTES)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        hint = "save it in Keras as model.keras, or write model.to_json() to a .json"
        raise DataError("HDF5 files are not supported", place=place, hint=hint)
    if head.startswith(b"PK\x03\x04"):
        return _archived(stream, place)
    if _is_pickle(head):
        from convcalc.notation.files.pickled import read_pickled

        return read_pickled(stream, place)
    if head[8:9] == b"{":
        from convcalc.notation.files.safetensors import is_safetensors, read_safetensors

        if is_safetensors(head):
            return read_safetensors(stream, size, place)
    if head[:1] == b"\x08" and len(head) > 2:
        from convcalc.notation.files.onnx.read import read_onnx

        return read_onnx(stream, size, place)
    return None


def _archived(stream: BinaryIO, place: str) -> GraphBuilder:
    """Read an archive of Keras's or PyTorch's; the list of its files is gone through once."""
    from zipfile import ZipFile

    try:
        with ZipFile(stream) as archive:
            if CONFIG not in archive.namelist():
                from convcalc.notation.files.pickled import read_archive

                return read_archive(archive, place)
            if archive.getinfo(CONFIG).file_size > LONGEST_CONFIG:
                raise DataError(f"the {CONFIG} of this archive is too long", place=place)
            config = archive.read(CONFIG).decode()
    except archive_errors() as error:
        raise damaged_archive(error, place) from error
    from convcalc.notation.files.keras_config import read_keras_json

    return read_keras_json(config, place)


def _is_pickle(head: bytes) -> bool:
    from convcalc.notation.files.pickled import is_pickle

    return is_pickle(head)
