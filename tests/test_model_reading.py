"""Layers from texts, files and options, each with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import DataError, SpecError, UsageError
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Elementwise, Flatten, Normalization
from convcalc.model.files import read_file
from convcalc.model.reading import read, window_options
from convcalc.model.request import LayerRequest


@pytest.mark.parametrize(
    ("texts", "options", "same"),
    [
        ((), {"kernel": "3x5", "stride": "2"}, "conv:k3x5,s2"),
        ((), {"kernel": "3", "padding": "1:0", "out_channels": 8, "bias": False}, "conv:8,k3,p1:0,nobias"),
        (("conv",), {"kernel": "3", "dilation": "2", "groups": 4}, "conv:k3,d2,g4"),
        ((" maxpool ",), {"kernel": "3", "stride": "2", "ceil": True}, "maxpool:3,s2,ceil"),
        (("convT",), {"kernel": "4", "stride": "2", "output_padding": "1"}, "convT:k4,s2,op1"),
        (("MaxPool2d(3, 2)",), {"ceil": True}, "MaxPool2d(3, 2, ceil_mode=True)"),
        (("relu",), {}, "ReLU()"),
    ],
)
def test_options_make_and_finish_a_layer(texts: tuple[str, ...], options: dict[str, Any], same: str) -> None:
    assert read(LayerRequest(texts, options)).layers == read(LayerRequest((same,))).layers


def test_window_options_are_read_by_their_names() -> None:
    read = window_options({"kernel": "3x5", "padding": "0:1x2:3", "output_padding": "0", "groups": 2, "ceil": False})
    assert read.given() == ("kernel", "padding", "groups", "output_padding", "ceil")
    assert (read.kernel, read.padding) == ((3, 5), (Padding(0, 1), Padding(2, 3)))
    assert window_options({"padding": "same-lower"}).padding == "same-lower"
    for name, text, message in (("kernel", "0", "at least 1"), ("stride", "a", "not a whole number")):
        with pytest.raises(SpecError, match=message) as caught:
            window_options({name: text})
        assert caught.value.place == f"`{name}`"


def test_the_rank_is_that_of_layers_that_do_not_say_it() -> None:
    conv = read(LayerRequest(("conv:8,k3", "Conv2d(8, 8, 3)"), rank=1)).layers
    assert [len(layer.kernel) for layer in conv if isinstance(layer, Convolution)] == [1, 2]
    (pool,) = read(LayerRequest(("maxpool",), {"kernel": "2"}, rank=3)).layers
    assert getattr(pool, "kernel", None) == (2, 2, 2)


def test_texts_share_one_notation_with_built_layers_between_them() -> None:
    # ReLU and Flatten are in both notations; a Conv2D anywhere makes them Keras's.
    network = read(LayerRequest(("ReLU()", Flatten(), "Conv2D(4, 3)", Normalization(4, 2))))
    assert (network.notation, network.layout) == ("keras", "hwc")
    assert [type(layer) for layer in network.layers] == [Elementwise, Flatten, Convolution, Normalization]
    assert [node.text for node in network.nodes] == ["ReLU()", "Flatten", "Conv2D(4, 3)", "Normalization"]
    assert read(LayerRequest((Flatten(),))).notation == "short"


def test_a_file_is_one_text_with_places() -> None:
    network = read(LayerRequest(("# a net\nconv:8,k3\nrelu",), file="net.txt"))
    assert [(node.place, node.text) for node in network.nodes] == [("net.txt:2", "conv:8,k3"), ("net.txt:3", "relu")]
    assert read(LayerRequest(("relu",), file="-")).nodes[0].place == "standard input:1"
    # The bare name of a layer is not finished by options where it stands in a file.
    with pytest.raises(SpecError, match="conv") as caught:
        read(LayerRequest(("relu\nconv",), {"kernel": "3"}, "net.txt"))
    assert caught.value.place == "net.txt:2:1"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (LayerRequest(()), "no layer given"),
        (LayerRequest(("relu", "bn"), {"kernel": "3", "stride": "2"}), "`kernel`, `stride` cannot finish 2 layers"),
        (LayerRequest(("relu",), {"kernel": "3"}), "`kernel` does not belong to relu"),
        (LayerRequest(("",)), "there are no layers in this text"),
        (LayerRequest((Flatten(), "covn:3")), "covn"),
    ],
)
def test_what_cannot_be_read_is_refused(request_: LayerRequest, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(request_)


@pytest.mark.parametrize("name", ["net.onnx", "net.py", "net.json"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(DataError, match="the file is empty") as caught:
        read_file(str(tmp_path / name))
    assert caught.value.place == str(tmp_path / name)
