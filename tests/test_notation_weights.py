"""Files of weights: names, shapes, types and counts as PyTorch has them; nothing is loaded; damage is an error."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import ConvcalcError, DataError, UsageError
from convcalc.model.count import count
from convcalc.model.files import is_model_file, read_file
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import Network
from convcalc.notation.files.binary import read_binary
from convcalc.notation.files.pickled import LONGEST_PICKLE, walked

FOLDER = Path(__file__).parent / "data" / "weights"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
STATES = ("state.pt", "old.pth", "checkpoint.pt", "state.safetensors")


def network(name: str) -> Network:
    found = read_file(str(FOLDER / name))
    assert isinstance(found, Network)
    return found


def listed(name: str) -> dict[str, list[Any]]:
    """Return the tensors that a file's rows list, as `expected.json` does."""
    found = {}
    for node in network(name).nodes:
        for text in node.text.split(", "):
            own, size, *dtype = text.split(" ")
            shape = [int(part) for part in size.split("x")]
            full = f"{node.name}.{own}" if node.name else own
            found[full] = [shape, f"torch.{dtype[0] if dtype else 'float32'}"]
    return found


@pytest.mark.parametrize("name", [*STATES, "whole.pt"])
def test_every_tensor_is_listed_with_its_shape_and_type(name: str) -> None:
    tensors = {key: value for key, value in EXPECTED["tensors"].items() if "num_batches" not in key}
    del tensors["tied.weight"]  # the same tensor as head.1.weight
    assert listed(name) == tensors


def test_a_whole_module_counts_as_pytorch_does() -> None:
    counted = count(LayerRequest((network("whole.pt"),), file="whole.pt"))
    assert counted.cost.total.params == EXPECTED["parameters"]
    assert counted.cost.total.parameters.buffers == EXPECTED["buffers"]
    assert counted.network.assumptions == ()
    assert "tied.weight is head.1.weight, counted once" in counted.notes


@pytest.mark.parametrize("name", STATES)
def test_a_state_says_what_it_takes_for_trained(name: str) -> None:
    counted = count(LayerRequest((network(name),), file=name))
    # The one buffer of decimals with a name of its own cannot be told from a parameter: six more of them.
    assert counted.cost.total.params == EXPECTED["parameters"] + 6
    assert "does not say what is trained" in counted.network.assumptions[0]


def test_what_is_not_of_the_model_is_left_out_with_a_note() -> None:
    assert "left out, for want of tensors of a model: epoch, optimizer" in network("checkpoint.pt").notes


def test_no_size_goes_through_weights() -> None:
    with pytest.raises(UsageError, match="holds tensors, not layers"):
        forward(LayerRequest((network("state.pt"),), file="state.pt"), "3x8x8")


def test_a_file_is_a_layer_where_it_ends_as_a_model_does_and_is_there(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"")
    assert is_model_file(str(FOLDER / "state.pt"))
    assert is_model_file(str(tmp_path / "net.pt"))
    with pytest.raises(UsageError, match="neither such a file nor such a layer"):
        is_model_file(str(tmp_path / "other.pt"))
    assert not is_model_file("Conv2d(3, 8, 3)  # the first of net.pt")
    (tmp_path / "net.dat").write_bytes(b"")
    assert not is_model_file(str(tmp_path / "net.dat"))


class Evil:
    """What a hostile file would have run."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("/tmp/never"),)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    evil = pickle.dumps({"a": [Evil()]}, protocol=2).replace(b"/tmp/never", str(victim).encode())
    with suppress(ConvcalcError):
        read_binary(io.BytesIO(evil * 4), "evil.pt")
    walked(io.BytesIO(pickle.dumps({"a": [Evil()]}, protocol=4)))
    assert not victim.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_of_plain_data_is_walked_to_that_data(protocol: int) -> None:
    data: dict[Any, Any] = {"a": [1, -2, 2.5, None, True], "b": {"c": ("x", 10**30)}, "d": [[], {}, ()], 3: [1, 1]}
    assert walked(io.BytesIO(pickle.dumps(data, protocol=protocol))) == data


@pytest.mark.parametrize(
    "code",
    [
        b"K\x01K\x020.",  # a number and one that is taken away again
        b"K\x05(0.",  # a mark that is
        b"K\x05(K\x01K\x021.",  # and one with what stands behind it
        b"K\x072\x86.",  # a number twice
        b"](K\x01K\x02eK\x03a.",
        b"}(K\x01K\x02uK\x03K\x04s.",
        b"(K\x01I5\nl.",
        b"(K\x01K\x02d.",
    ],
)
def test_opcodes_are_walked_as_python_runs_them(code: bytes) -> None:
    assert walked(io.BytesIO(code)) == pickle.loads(code)


@pytest.mark.parametrize(
    "code",
    [b"(K\x01K\x02iother\nThing\n.", b"(cother\nThing\nK\x01K\x02o.", b"cother\nThing\nK\x01K\x02\x86}\x92."],
)
def test_what_a_pickle_would_make_is_named_and_not_made(code: bytes) -> None:
    made = walked(io.BytesIO(code))
    assert (made.name, made.arguments) == ("other.Thing", (1, 2))


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 20, "HDF5 files are not supported"),
        (safetensors({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}), "'a' ends 8 bytes behind it"),
        (
            safetensors({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, b"12345678"),
            "has 8 bytes, .* 12",
        ),
        (
            safetensors({"a": {"dtype": "F99", "shape": [2], "data_offsets": [0, 8]}}),
            "no readable type, shape and place",
        ),
        (
            safetensors({"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}),
            "no readable type, shape and place",
        ),
        (safetensors({"a": 3}), "no readable type, shape and place"),
        (safetensors({}), "there are no tensors"),
        (safetensors(b"{nonsense"), "the header is not JSON"),
        (safetensors(b'{"a": ' + b"[" * 100_000), "the header is not JSON"),
        ((10**6).to_bytes(8, "little") + b'{"a": 1}', "the file is truncated"),
        ((1 << 30).to_bytes(8, "little") + b'{"a": 1}', "is too long"),
        (pickle.dumps({"a": 1}, protocol=2), "the pickle in this file is damaged"),
        (pickle.dumps({"a": 1}, protocol=2) * 4, "there are no tensors"),
        (b"PK\x03\x04" + b"\0" * 40, "the (archive|pickle in this file) is damaged"),
        (b"PK\x03\x04 cut off", "it is cut off, the list of its files at its end is missing"),
    ],
)
def test_a_damaged_file_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_binary(io.BytesIO(data), "model")
    assert caught.value.place == "model"


def test_an_archive_of_something_else_or_too_much_is_an_error() -> None:
    for name, content, message in [
        ("other.txt", b"hello", "no data.pkl"),
        ("a/data.pkl", b"\0" * (LONGEST_PICKLE + 1), "too large"),
    ]:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        stream.seek(0)
        with pytest.raises(DataError, match=message):
            read_binary(stream, "model.pt")


@pytest.mark.parametrize("name", [*STATES, "whole.pt"])
def test_mutated_files_end_in_an_answer_or_an_error(name: str) -> None:
    data, random_numbers = (FOLDER / name).read_bytes(), random.Random(11)
    for _ in range(100):
        changed = bytearray(data)
        for _ in range(random_numbers.choice([1, 3, 20])):
            changed[random_numbers.randrange(len(changed))] = random_numbers.randrange(256)
        cut = random_numbers.choice([len(changed), random_numbers.randrange(len(changed))])
        try:
            read_binary(io.BytesIO(bytes(changed[:cut])), "model")
        except ConvcalcError as error:
            ending = error.exit_code
        else:
            ending = 0
        assert ending in (0, 3)
