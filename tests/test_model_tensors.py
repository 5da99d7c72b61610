"""Kernels and biases out of model files: every type and every way to keep numbers, written byte by byte here."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from protobuf import field, varint

import convcalc
from convcalc.errors import ConvcalcError, DataError, FileError
from convcalc.model.tensors import read_tensor

Run = Callable[..., Any]

SHAPE = (2, 1, 2, 3)
NUMBERS = [2, 1, 0, -2, -1, -3, -3, -3, -2, 2, 1, 3]


def tensor(name: str, kind: int, *fields: bytes, shape: tuple[int, ...] = SHAPE) -> bytes:
    return b"".join(field(1, size) for size in shape) + field(2, kind) + field(8, name.encode()) + b"".join(fields)


def entry(key: str, value: str) -> bytes:
    return field(13, field(1, key.encode()) + field(2, value.encode()))


def model(*tensors: bytes, nodes: bytes = b"") -> bytes:
    return field(1, 8) + field(7, nodes + b"".join(field(5, each) for each in tensors))


def packed(letter: str) -> bytes:
    return struct.pack(f"<{len(NUMBERS)}{letter}", *NUMBERS)


def upper_half(number: float) -> int:
    return int.from_bytes(struct.pack("<f", number)[2:], "little")


BFLOAT = struct.pack("<12H", *map(upper_half, NUMBERS))
HALF_BITS = [int.from_bytes(struct.pack("<e", number), "little") for number in NUMBERS]
TENSORS = {
    "floats": tensor("floats", 1, field(9, packed("f"))),
    "listed": tensor("listed", 1, field(4, packed("f"))),
    "doubles": tensor("doubles", 11, field(10, packed("d"))),
    "halves": tensor("halves", 10, field(9, packed("e"))),
    "listed halves": tensor("listed halves", 10, field(5, b"".join(map(varint, HALF_BITS)))),
    "bfloats": tensor("bfloats", 16, field(9, BFLOAT)),
    "listed bfloats": tensor("listed bfloats", 16, field(5, b"".join(varint(upper_half(n)) for n in NUMBERS))),
    "longs": tensor("longs", 7, field(7, b"".join(map(varint, NUMBERS)))),
    "bytes": tensor("bytes", 3, field(9, packed("b"))),
}
CONSTANT = field(
    1, field(2, b"made") + field(4, b"Constant") + field(5, field(5, tensor("", 6, field(9, packed("i")))))
)
DTYPES = {"doubles": "float64", "halves": "float16", "listed halves": "float16", "longs": "int64", "bytes": "int8"}
STORED = {"F32": "f", "F64": "d", "F16": "e", "I64": "q", "I32": "i", "I16": "h", "I8": "b"}


def safetensors(folder: Path) -> Path:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for kind, content in {**{kind: packed(letter) for kind, letter in STORED.items()}, "BF16": BFLOAT}.items():
        header[f"w.{kind}"] = {"dtype": kind, "shape": SHAPE, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path = folder / "net.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def onnx(folder: Path) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(model(*TENSORS.values(), nodes=CONSTANT))
    return path


@pytest.mark.parametrize("name", [*TENSORS, "made"])
def test_onnx_keeps_numbers_in_many_ways(name: str, tmp_path: Path) -> None:
    found = read_tensor(f"{onnx(tmp_path)}:{name}")
    assert found is not None
    assert found.array.tolist() == np.array(NUMBERS).reshape(SHAPE).tolist()
    assert str(found.array.dtype) == DTYPES.get(name, "int32" if name == "made" else "float32")


@pytest.mark.parametrize("kind", [*STORED, "BF16"])
def test_safetensors_of_every_type(kind: str, tmp_path: Path) -> None:
    found = read_tensor(f"{safetensors(tmp_path)}:w.{kind}")
    assert found is not None
    assert found.array.tolist() == np.array(NUMBERS).reshape(SHAPE).tolist()


def test_numbers_in_a_file_of_their_own_lie_in_the_folder_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(b"?" * 7 + packed("f"))
    outside = (entry("location", "data.bin"), entry("offset", "7"), entry("length", "48"))
    (tmp_path / "net.onnx").write_bytes(model(tensor("w", 1, *outside)))
    found = read_tensor(f"{tmp_path / 'net.onnx'}:w")
    assert found is not None
    assert found.array.ravel().tolist() == NUMBERS
    for location in ("/etc/passwd", "../data.bin", "a/../../data.bin"):
        (tmp_path / "bad.onnx").write_bytes(model(tensor("w", 1, entry("location", location))))
        with pytest.raises(DataError, match="outside of its folder"):
            read_tensor(f"{tmp_path / 'bad.onnx'}:w")


def test_a_wrong_name_lists_those_that_are_near(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no tensor 'float' among the 10 in this file") as caught:
        read_tensor(f"{onnx(tmp_path)}:float")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("near it: floats, ")
    with pytest.raises(FileError, match="no such file"):
        read_tensor(f"{tmp_path / 'nett.onnx'}:floats")


def test_a_tensor_that_the_file_ends_before_is_truncated(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(model(tensor("w", 1, field(9, packed("f")), shape=(2, 1, 2, 4000))))
    with pytest.raises(DataError, match="the file is truncated: the tensor takes 64000 bytes from byte"):
        read_tensor(f"{tmp_path / 'net.onnx'}:w")
    (tmp_path / "net.onnx").write_bytes(model(tensor("w", 8, field(9, packed("f")))))
    with pytest.raises(DataError, match="a tensor of type unknown is not read"):
        read_tensor(f"{tmp_path / 'net.onnx'}:w")


def test_commands_and_programs_take_a_kernel_from_a_file(here: Run, tmp_path: Path) -> None:
    kernel, rows = f"{onnx(tmp_path)}:floats", [[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3]]
    expected = [
        [
            [
                sum(NUMBERS[6 * out + 3 * i + j] * rows[y + i][x + j] for i in range(2) for j in range(3))
                for x in range(2)
            ]
            for y in range(2)
        ]
        for out in range(2)
    ]
    text = "; ".join(" ".join(map(str, row)) for row in rows)
    done = here("conv", text, "-k", kernel, "--json")
    assert json.loads(done.stdout)["data"] == expected
    assert convcalc.convolve(np.array(rows), kernel).tolist() == expected
    bias = tensor("b", 1, field(9, struct.pack("<2f", 10, -1)), shape=(2,))
    (tmp_path / "bias.onnx").write_bytes(model(bias))
    done = here("conv", text, "-k", kernel, "--bias", f"{tmp_path / 'bias.onnx'}:b", "--json")
    shifted = [
        [[value + shift for value in row] for row in part] for part, shift in zip(expected, (10, -1), strict=True)
    ]
    assert json.loads(done.stdout)["data"] == shifted
    done = here("conv", text, "-k", f"{tmp_path / 'net.onnx'}:flots")
    assert (done.returncode, done.stdout) == (3, "")
    assert "hint: near it: floats" in done.stderr


def test_mutated_files_end_in_numbers_or_an_error(tmp_path: Path) -> None:
    source, endings = random.Random(5), set()
    for path, name in ((onnx(tmp_path), "halves"), (safetensors(tmp_path), "w.F16")):
        whole = path.read_bytes()
        for _ in range(80):
            data = bytearray(whole)
            data[source.randrange(len(data))] = source.randrange(256)
            path.write_bytes(data[: source.choice([len(data), source.randrange(len(data))])])
            try:
                found = read_tensor(f"{path}:{name}")
            except ConvcalcError as error:
                endings.add(error.exit_code)
            else:
                endings.add(0 if found is not None else -1)
    assert endings == {0, 3}
