"""Random questions to convcalc by kind: from a grammar, so that most have an answer, and a part of them damaged.

A kind is a function that draws a `Question` from a `random.Random`. The same seed draws the same question.
"""

from __future__ import annotations

import base64
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pasted_texts import DECIMALS, EVERY
from printed_models import printed_ages, printed_models

from convcalc.cli.commands import COMMANDS, build

DATA = Path(__file__).parent / "data"
DAMAGED_SHARE = 0.3
"""Share of the questions that are damaged."""


class Question(NamedTuple):
    """A command line, what stands on standard input, and the files of its folder."""

    arguments: tuple[str, ...]
    stdin: bytes = b""
    files: tuple[tuple[str, bytes], ...] = ()


Draw = random.Random
SIZES = (
    "3x32x32",
    "224",
    "3x224x224",
    "1x28x28",
    "(3, 40, 24)",
    "[1, 3, 16, 20]",
    "3,9,11",
    "16x8x8",
    "5x7",
    "None,3,8,8",
)
SHORT = (
    "conv:8,k3,p1",
    "conv:4,k3",
    "conv:16,k1",
    "conv:8,k3x5,s2x1,p1x2",
    "dw:k3,p1",
    "convT:4,k4,s2,p1",
    "maxpool:2",
    "avgpool:3,s2,p1,ceil",
    "bn",
    "relu",
    "gap",
    "flatten",
    "fc:10",
    "id",
    "2*(conv:8,k3,p1 relu)",
    "dropout:0.5",
    "(conv:8,k3,p1 + conv:8,k1)",
    "(conv:4,k1 | conv:4,k3,p1)",
    "(id * gap conv:8,k1 hsigmoid)",
    "upsample:2",
)
PYTORCH = (
    "nn.Conv2d(3, 8, 3, padding=1)",
    "Conv2d(8, 8, kernel_size=(3, 3), stride=2)",
    "MaxPool2d(2)",
    "ReLU(inplace=True)",
    "BatchNorm2d(8)",
    "Flatten()",
    "AdaptiveAvgPool2d((1, 1))",
    "ConvTranspose2d(8, 4, 4, stride=2, padding=1)",
    "AvgPool2d(3, stride=2, ceil_mode=True)",
    "Upsample(scale_factor=2)",
    "Dropout(p=0.5)",
    "LazyLinear(10)",
)
KERAS = (
    'Conv2D(8, 3, padding="same")',
    "MaxPooling2D(2)",
    "Flatten()",
    "Dense(10)",
    "BatchNormalization()",
    "Conv2D(4, (3, 5), strides=2, activation='relu')",
    "DepthwiseConv2D(3)",
    "GlobalAveragePooling2D()",
    "Conv2DTranspose(4, 3, strides=2)",
    "AveragePooling2D()",
    "UpSampling2D(2)",
    "SeparableConv2D(8, 3)",
)
VALUES = (
    "3",
    "1",
    "2",
    "3x2",
    "0",
    "same",
    "full",
    "7",
    "?",
    "valid",
    "-1",
    "1:2x0:1",
    "auto",
    "x",
    "10**9",
    "1e3",
    "999999999",
)
WINDOWS = (
    ("-k", "3"),
    ("-s", "2"),
    ("-p", "1"),
    ("-d", "2"),
    ("--ceil",),
    ("-q",),
    ("--json",),
    ("-F", "csv"),
    ("--explain",),
)
KERNELS = ("1 0; 0 1", "box:2", "sobel-x", "laplacian", "[[1, 2, 1]]", "gaussian:3", "1/2 1/2", "1")
CFG = """[net]
width=24
height=32
channels=3
[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky
[maxpool]
size=2
stride=2
[convolutional]
filters=8
size=1
activation=linear
[shortcut]
from=-2
[upsample]
stride=2
[route]
layers=-1,0
"""
PROTOTXT = """name: "net"
input: "data"
input_dim: 1 input_dim: 3 input_dim: 24 input_dim: 32
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "f" type: "InnerProduct" bottom: "p" top: "f" inner_product_param { num_output: 10 } }
"""


def arguments(draw: Draw) -> Question:
    """Draw a command with options that it has, some with values that it has not."""
    command = draw.choice(list(COMMANDS))
    words = [command, *_base(command, draw)]
    for _ in range(draw.choice((0, 0, 1, 1, 2))):
        words += _option(command, words, draw)
    return Question(tuple(words), b"1 2 3\n4 5 6\n7 8 9\n" if "-" in words else b"")


def _base(command: str, draw: Draw) -> list[str]:
    """Return what makes a command answer."""
    if command == "conv":
        return [draw.choice(["1 0 1; 2 1 0; 0 1 1", "-", "[[1.5, 2], [0, 1]]"]), "-k", draw.choice(KERNELS)]
    if command == "pool":
        return [draw.choice(["1 9 2 3; 4 5 6 8", "-"]), draw.choice(["max", "avg", "lp", "min", "median"]), "-k", "2"]
    layers = draw.choice([("-k", "3"), ("conv:8,k3,p1", "relu"), ("maxpool:2",), ("Conv2d(3, 8, 3)",)])
    return [draw.choice(SIZES), *layers]


@cache
def _options(command: str) -> list[tuple[str, list[str] | None]]:
    """Return every option of a command, with its choices where it has some, an empty list for a flag."""
    found: list[tuple[str, list[str] | None]] = []
    for parameter in build(command).commands[command].params:
        if parameter.param_type_name == "option" and "--help" not in parameter.opts:
            choices = getattr(parameter.type, "choices", None)
            found.append((parameter.opts[-1], [] if parameter.is_flag else choices and list(choices)))
    return found


def _option(command: str, words: list[str], draw: Draw) -> list[str]:
    """Return one option more than `words` have, where none is given twice."""
    # What waits for a person, a cluster, or the end of a quiz is not for here.
    taken = {"--scheduler", "--watch", "--output", *words, *(["--kernel"] if "-k" in words else [])}
    kept = [option for option in _options(command) if option[0] not in taken]
    name, choices = draw.choice(kept)
    if choices == []:
        return [name]
    return [name, str(draw.choice(choices)) if choices and draw.random() < 0.8 else draw.choice(VALUES)]


def specs(draw: Draw) -> Question:
    """Draw a chain of layers in one of the notations."""
    layers = draw.choice((SHORT, SHORT, PYTORCH, KERAS))
    words = [draw.choice(layers) for _ in range(draw.choice((1, 1, 2)))]
    words = [_damaged_text(word, draw) if _wants_damage(draw, len(words)) else word for word in words]
    size = _damaged_text(draw.choice(SIZES), draw) if draw.random() < 0.1 else draw.choice(SIZES)
    return Question((draw.choice(("shape", "params")), size, *words, *draw.choice(WINDOWS[5:])))


def prints(draw: Draw) -> Question:
    """Draw what `print(model)` shows."""
    text = draw.choice(_printed())
    text = _damaged_lines(text, draw) if _wants_damage(draw) else text
    return Question((*draw.choice((("params",), ("shape", "3x224x224"))), "-f", "-"), text.encode())


@cache
def _printed() -> list[str]:
    texts = [one["printed"] for one in printed_models()] + [one["text"] for one in printed_ages()]
    return [text for text in texts if len(text) < 20_000]


def source(draw: Draw) -> Question:
    """Draw a program that makes a network."""
    path = draw.choice(sorted((DATA / "source").glob("*.txt")))
    expected = json.loads((DATA / "source" / "expected.json").read_text())
    text = path.read_text()
    if _wants_damage(draw):
        text = _damaged_lines(text, draw) if draw.random() < 0.3 else _damaged_text(text, draw)
    size = expected[path.name].get("input", "3x32x32")
    return Question((draw.choice(("shape", "params")), size, "net.py"), files=(("net.py", text.encode()),))


def onnx(draw: Draw) -> Question:
    """Draw an ONNX model."""
    case = draw.choice(json.loads((DATA / "onnx_models.json").read_text()))
    data = base64.b64decode(case["bytes"])
    data = _damaged_bytes(data, draw, 2) if _wants_damage(draw) else data
    return Question((draw.choice(("shape", "params")), "-f", "model.onnx"), files=(("model.onnx", data),))


def keras(draw: Draw) -> Question:
    """Draw a model's configuration, as JSON or in the archive that Keras writes."""
    text = draw.choice(sorted((DATA / "keras_files").glob("[cgfs]*.json"))).read_text()
    text = _damaged_text(text, draw) if _wants_damage(draw) else text
    if draw.random() < 0.7:
        return Question(("params", "-f", "model.json"), files=(("model.json", text.encode()),))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("config.json", text)
    data = _damaged_bytes(stream.getvalue(), draw, 0) if draw.random() < 0.3 else stream.getvalue()
    return Question(("params", "-f", "model.keras"), files=(("model.keras", data),))


def cfg(draw: Draw) -> Question:
    """Draw a file of Darknet's or Caffe's."""
    name, text = draw.choice((("net.cfg", CFG), ("net.prototxt", PROTOTXT)))
    text = _damaged_text(text, draw) if _wants_damage(draw) else text
    return Question((draw.choice(("shape", "params")), "-f", name), files=((name, text.encode()),))


def weights(draw: Draw) -> Question:
    """Draw a file of weights."""
    path = draw.choice(sorted(path for path in (DATA / "weights").iterdir() if path.suffix != ".json"))
    data = path.read_bytes()
    data = _damaged_bytes(data, draw, 0) if _wants_damage(draw) else data
    return Question(("params", "-f", path.name), files=((path.name, data),))


def matrices(draw: Draw) -> Question:
    """Draw a matrix as people paste it, from a pipe or on the command line."""
    text = draw.choice(list((EVERY | DECIMALS).values()))
    text = _damaged_text(text, draw) if _wants_damage(draw) else text
    command = draw.choice((("conv", "-k", "box:2"), ("conv", "-k", "1 -1", "-s", "2"), ("pool", "max", "-k", "2")))
    if draw.random() < 0.5 and "\0" not in text and text.strip():
        return Question((command[0], " " + text, *command[1:], "--dims", "2"))
    return Question((command[0], "-", *command[1:], "--dims", "2"), text.encode())


def npy(draw: Draw) -> Question:
    """Draw an array in `.npy` or `.npz`."""
    kind = draw.choice(("<f4", "<f8", "<i4", "|u1", "<f2", ">f4", "|b1", "<u8"))
    array = np.arange(draw.choice((6, 12, 30, 60))).astype(kind)
    array = array.reshape(draw.choice(([6, -1], [3, -1], [1, 2, 3, -1], [2, 3, -1])), order=draw.choice("CF"))  # type: ignore[call-overload]
    stream = io.BytesIO()
    name = draw.choice(("x.npy", "x.npz"))
    if name == "x.npy":
        np.save(stream, array)
    else:
        np.savez_compressed(stream, a=array)
    data = _damaged_bytes(stream.getvalue(), draw, 0, 128) if _wants_damage(draw) else stream.getvalue()
    layer = draw.choice(
        (("conv", name, "-k", "[[1]]"), ("pool", name, "max", "-k", "1x2"), ("conv", name, "-k", "box:2"))
    )
    output = draw.choice(((), ("-o", "y.npy"), ("-p", "1"), ("--json",)))
    return Question((*layer, "--dims", "2", *output), files=((name, data),))


def pictures(draw: Draw) -> Question:
    """Draw a picture of Netpbm's."""
    width, height = draw.randrange(1, 9), draw.randrange(1, 9)
    magic = draw.choice(("P1", "P2", "P3", "P4", "P5", "P6"))
    planes = 3 if magic in ("P3", "P6") else 1
    head = f"{magic}\n# made\n{width} {height}\n" + ("" if magic in ("P1", "P4") else "255\n")
    cells = height * (-(-width // 8) if magic == "P4" else width * planes)
    numbers = [draw.randrange(2 if magic == "P1" else 256) for _ in range(cells)]
    body = bytes(numbers) if magic in ("P4", "P5", "P6") else " ".join(map(str, numbers)).encode()
    data = head.encode() + body
    data = _damaged_bytes(data, draw, 0, 24) if _wants_damage(draw) else data
    kernel = draw.choice(("box:1", "[[1]]", "sobel-x"))
    return Question(("conv", "x.pnm", "-k", kernel, "-p", "1"), files=(("x.pnm", data),))


KINDS: dict[str, Callable[[Draw], Question]] = {
    kind.__name__: kind
    for kind in (arguments, specs, prints, source, onnx, keras, cfg, weights, matrices, npy, pictures)
}

PIECES = (
    "",
    "0",
    "9",
    "-1",
    "999999999999",
    "1e400",
    "nan",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
    ":",
    ";",
    "?",
    "*",
    "=",
    "\0",
    "\n",
    "é",
    "，",
)


def _wants_damage(draw: Draw, among: int = 1) -> bool:
    return draw.random() < DAMAGED_SHARE / among


def _damaged_text(text: str, draw: Draw) -> str:
    """Return a text with one to three words or characters taken out, doubled, swapped or replaced."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        words = list(re.finditer(r"\w+|\W", text))
        if not words:
            return draw.choice(PIECES)
        word, other = draw.choice(words), draw.choice(words)
        start, end = word.span()
        new = draw.choice(("", word[0] * 2, other[0], draw.choice(PIECES), draw.choice(PIECES)))
        text = text[:start] + new + text[end:]
    return text


def _damaged_lines(text: str, draw: Draw) -> str:
    """Return a text with a line taken out, doubled, moved or damaged."""
    lines = text.split("\n")
    at, to = draw.randrange(len(lines)), draw.randrange(len(lines))
    kind = draw.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(to, lines[at])
    elif kind == 2:
        lines.insert(to, lines.pop(at))
    else:
        lines[at] = _damaged_text(lines[at], draw)
    return "\n".join(lines)


def _damaged_bytes(data: bytes, draw: Draw, start: int, end: int | None = None) -> bytes:
    """Return data with bytes changed from `start` to `end`, and now and then cut off."""
    changed = bytearray(data)
    last = min(len(changed), end or len(changed))
    for _ in range(draw.choice((1, 1, 4))):
        if start < last:
            changed[draw.randrange(start, last)] = draw.randrange(256)
    if draw.random() < 0.2:
        del changed[draw.randrange(len(changed)) :]
    return bytes(changed)
