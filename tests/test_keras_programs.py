"""Keras's models three ways, as a program and as Keras saves them, beside Keras; and what Keras refuses."""

from __future__ import annotations

import io
import json
import lzma
import re
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


WAYS = [
    (name, way)
    for name, case in sorted(CASES.items())
    for way in (("program", "json", "keras") if "json" in case else ("program",))
]


@pytest.mark.parametrize(("name", "way"), WAYS)
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
    if not is_open and len(case["inputs"]) == 1:
        # The size that a model states is the one it has without being told.
        again = forward(request, "x".join(map(str, case["inputs"][0])))
        assert [again.trace.steps[index].output for index in again.trace.outputs] == [
            passed.trace.steps[index].output for index in passed.trace.outputs
        ]


@pytest.mark.parametrize("way", ["program", "json", "keras"])
def test_an_answer_for_other_sizes_than_a_model_states_says_so(way: str) -> None:
    case = CASES["dict outputs"]
    request = LayerRequest((archived(case["json"]) if way == "keras" else case[way],), file="model")
    assert forward(request, "24x20x3").network.assumptions == ()
    passed = forward(request, "40x20x3")
    assert passed.network.assumptions[-1].endswith("states the size 24x20x3 for its input; the answer is for 40x20x3")
    with pytest.raises(UsageError, match="states the size 24x20x3 for its input"):
        forward(request.replace(strict=True), "40x20x3")


@pytest.mark.parametrize(("call", "sizes"), DATA["refused"])
def test_what_keras_refuses_is_refused(call: str, sizes: list[int]) -> None:
    text = f"from keras.layers import *\nx = Input({tuple(sizes)})\nmodel = keras.Model(x, {call}(x))\n"
    with pytest.raises(UsageError, match=r"must|there is no|works|takes"):
        count(LayerRequest((text,), file="net.py"))


NOT_HERE = (
    (
        "applications.VGG16(include_top=False)",
        r"the layers of \S*VGG16 are not in this program",
        r"model\.to_json\(\)",
    ),
    ("models.load_model('m.h5')", r"load_model is in another file", r"-f model\.keras"),
    ("layers.RNN([keras.layers.LSTMCell(8)])", r"cells are read as the layers", r"RNN\(LSTMCell\(8\)\) is LSTM\(8\)"),
    ("layers.TextVectorization(99)", r"TextVectorization makes numbers of data", r"begin the model behind it"),
)


@pytest.mark.parametrize(("call", "message", "hint"), NOT_HERE)
@pytest.mark.parametrize("use", ["keras.Sequential([base, keras.layers.Dense(3)])", "keras.Model(x, base(x))"])
def test_what_a_program_has_by_its_name_alone_is_refused_with_a_way_out(
    call: str, message: str, hint: str, use: str
) -> None:
    text = f"import keras\nx = keras.Input((8, 6, 3))\nbase = keras.{call}\nmodel = {use}\n"
    with pytest.raises(UsageError, match=message) as caught:
        count(LayerRequest((text,), file="net.py"))
    assert re.search(hint, caught.value.hint or "")
    assert re.match(r"net\.py:[34]:", caught.value.place or "")


@pytest.mark.parametrize(
    ("kind", "module", "message"),
    [
        ("Lambda", "keras.layers", "the function of a Lambda is saved as code, which is never run"),
        ("Mine", None, "'Mine' is a class of a program's own"),
        ("pack>Mine", None, "'Mine' is a class of a program's own"),
        ("Densely", "keras.layers", "there is no layer 'Densely' in Keras's notation here"),
    ],
)
def test_a_saved_class_that_is_not_read_is_named(kind: str, module: str | None, message: str) -> None:
    layer = {"class_name": kind, "module": module, "config": {"name": "own"}}
    text = json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}})
    with pytest.raises(UsageError, match=message) as caught:
        count(LayerRequest((text,), file="model.json"))
    assert (caught.value.place or "").endswith("layer own")
    assert (caught.value.hint or "").endswith("Dense?" if kind == "Densely" else "-f net.py")


@pytest.mark.parametrize(
    ("kind", "config", "others"),
    [
        ("Add", {}, [{"class_name": "__tensor__", "config": {"value": [[1.0], [2.0]]}}]),
        ("Mean", {"axis": None}, []),
        ("Sum", {"axis": [0, 1]}, []),
        ("Reshape", {"newshape": [5, -1]}, []),
        ("Transpose", {"axes": [1, 0, 2]}, []),
        ("Cumsum", {"axis": None}, []),
        ("Argsort", {"axis": 1}, []),
    ],
)
def test_saved_functions_whose_sizes_are_not_known_are_refused(
    kind: str, config: dict[str, Any], others: list[Any]
) -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 7, 5], "name": "x"}, "inbound_nodes": []},
        {"class_name": kind, "module": "keras.src.ops.numpy", "config": {"name": "done"} | config,
         "inbound_nodes": [{"args": [tensor, *others]}]},
    ]  # fmt: skip
    whole = {"layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["done", 0, 0]]}
    with pytest.raises(UsageError, match=rf"{kind} of keras\.ops is not read with these arguments") as caught:
        count(LayerRequest((json.dumps({"class_name": "Functional", "config": whole}),), file="model.json"))
    assert (caught.value.place or "").endswith("layer done")


def test_asking_for_the_layout_takes_keras_default_and_says_so() -> None:
    text = """
if K.image_data_format() == 'channels_first':
    shape = (3, 9, 8)
else:
    shape = (9, 8, 3)
model = Sequential()
model.add(Conv2D(4, 3, input_shape=shape))
"""
    for written in (text, text.replace("== 'channels_first'", "!= 'channels_last'")):
        passed = forward(LayerRequest((written,), file="net.py"), None)
        assert passed.trace.steps[-1].output.laid_out(passed.layout) == (7, 6, 4)
        assert any("taken to be Keras's default, channels last" in each for each in passed.network.assumptions)
