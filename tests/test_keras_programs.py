"""Keras's models three ways, as a program and as Keras saves them, beside Keras; and what Keras refuses."""

from __future__ import annotations

import io
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import UsageError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import Network
from convcalc.notation.files.binary import read_binary

DATA = json.loads(lzma.decompress((Path(__file__).parent / "data" / "keras_programs.json.xz").read_bytes()))
CASES = DATA["cases"]


def archived(text: str) -> Any:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("config.json", text)
    stream.seek(0)
    return read_binary(stream, "m.keras")


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("way", ["program", "json", "keras"])
def test_sizes_and_counts_are_those_of_keras(name: str, way: str) -> None:
    case = CASES[name]
    content: str | Network = archived(case["json"]) if way == "keras" else case[way]
    request = LayerRequest((content,), file="model")
    is_open = any(None in sizes for sizes in case["inputs"])
    given = "x".join(str(size or 7) for size in case["inputs"][0]) if is_open else None
    passed = forward(request, given)
    found = [passed.trace.steps[index].output.laid_out(passed.layout) for index in passed.trace.outputs]
    assert all(
        wanted in (None, size)
        for sizes, right in zip(found, case["outputs"], strict=True)
        for size, wanted in zip(sizes, right, strict=True)
    )
    assert count(request, given).cost.total.params == case["params"]


@pytest.mark.parametrize(("call", "sizes"), DATA["refused"])
def test_what_keras_refuses_is_refused(call: str, sizes: list[int]) -> None:
    text = f"from keras.layers import *\nx = Input({tuple(sizes)})\nmodel = keras.Model(x, {call}(x))\n"
    with pytest.raises(UsageError, match=r"must|there is no|works|takes"):
        count(LayerRequest((text,), file="net.py"))
