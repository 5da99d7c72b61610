"""The numbers of one tensor of a model file, by its name: `net.onnx:conv1.weight`, `net.safetensors:conv1.weight`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.notation.files.tensor_places import find_tensor, split_name

if TYPE_CHECKING:
    from convcalc.matrix import Matrix


def read_tensor(source: str) -> Matrix | None:
    """Return the tensor that a text names, None for a text that names none.

    Of the file only its header and the bytes of that tensor are read. Raises FileError for a file that cannot be
    read, DataError for one that is damaged and for a name that is not in it.

    >>> read_tensor("1 0; 0 1") is None
    True
    """
    from convcalc.matrix import Matrix
    from convcalc.matrix.sources import exists, not_there, opened
    from convcalc.matrix.tensors import tensor_numbers, tensor_of

    named = split_name(source)
    if named is None or exists(source):
        return None
    path, name = named
    if not exists(path):
        raise not_there(path)
    with opened(path) as stream:
        place = find_tensor(stream, path, name)
    if place.numbers is not None:
        array = tensor_of(place.numbers, place.dtype, place.shape, path)
    else:
        array = tensor_numbers(place.file or path, place.offset, place.dtype, place.shape)
    return Matrix(array, origin=source, typed=True)
