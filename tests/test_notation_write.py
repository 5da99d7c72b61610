"""Layers written in each notation: what is written reads back the same, or the notation is said to lack it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AxesNormalization,
    Bilinear,
    Border,
    BorderMode,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
    LayerNormalization,
    Linear,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    PoolKind,
    Recurrent,
    Reshape,
    Resize,
    Slope,
    TensorShape,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
    complete,
    output_shape,
    parameters,
    windows,
)
from convcalc.notation import parse_network
from convcalc.notation.keras.write import to_keras
from convcalc.notation.pytorch.write import to_pytorch
from convcalc.notation.short.write import to_short
from convcalc.notation.translate import translate

SMALL = st.integers(1, 5)
FLAG = st.booleans()
RANK = st.integers(1, 3)


POOLS: list[PoolKind] = ["max", "avg", "lp", "min"]
MODES: list[BorderMode] = ["constant", "constant", "reflect", "replicate", "circular"]


def axes(rank: int, least: int = 1, most: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(least, most), min_size=rank, max_size=rank).map(tuple)


def sides(rank: int) -> st.SearchStrategy[tuple[Padding, ...]]:
    both = axes(rank, 0, 3).map(lambda cells: tuple(Padding(size, size) for size in cells))
    one = st.lists(st.builds(Padding, st.integers(0, 3), st.integers(0, 3)), min_size=rank, max_size=rank).map(tuple)
    return both | one


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    rank, groups = draw(RANK), draw(st.integers(1, 3))
    named = st.sampled_from(["valid", "same", "same-lower", "full", "causal"])
    padding: Any = draw(sides(rank) | named)
    shared: dict[str, Any] = {
        "kernel": draw(axes(rank)),
        "stride": draw(axes(rank)),
        "dilation": draw(axes(rank, 1, 3)),
    }
    channels = draw(st.none() | SMALL.map(lambda size: size * groups)), draw(SMALL) * groups
    match draw(st.sampled_from(["plain", "depthwise", "transposed"])):
        case "plain":
            mode = draw(st.sampled_from(["zeros", "zeros", "reflect", "circular"]))
            return Convolution(
                *channels, **shared, padding=padding, groups=groups, bias=draw(FLAG), padding_mode=mode
            )
        case "depthwise":
            multiplier = draw(st.integers(1, 3))
            return Convolution(None, None, **shared, padding=padding, bias=draw(FLAG), depth_multiplier=multiplier)
        case _:
            steps = zip(shared["stride"], shared["dilation"], strict=True)
            smaller = st.tuples(*(st.integers(0, max(step) - 1) for step in steps))
            extra = draw(st.none() | smaller)
            named = st.sampled_from(["valid", "same"])
            padding = draw(sides(rank) | named)
            return Convolution(
                *channels, **shared, padding=padding, groups=groups, transposed=True, output_padding=extra
            )


@st.composite
def poolings(draw: st.DrawFn) -> Pooling:
    rank = draw(RANK)
    kind: PoolKind = draw(st.sampled_from(POOLS))
    averaged = kind == "avg"
    return Pooling(
        kind=kind,
        kernel=draw(axes(rank)),
        stride=draw(axes(rank)),
        padding=draw(sides(rank) | st.sampled_from(["valid", "same", "same-lower"])),
        dilation=draw(axes(rank, 1, 2)),
        ceil=draw(FLAG),
        count_padding=not averaged or draw(FLAG),
        divisor=draw(st.none() | SMALL) if averaged else None,
        norm=draw(st.sampled_from([2.0, 1.0, 1.5, 0.1])) if kind == "lp" else 2.0,
        indices=kind == "max" and draw(FLAG),
    )


@st.composite
def windowed(draw: st.DrawFn) -> Layer:
    rank = draw(RANK)
    both = axes(rank, 0, 2).map(lambda cells: tuple(Padding(size, size) for size in cells))
    window = (draw(axes(rank)), draw(axes(rank)), draw(both))
    match draw(st.sampled_from(["unpool", "unfold", "fold", "adaptive", "border", "resize", "upsample"])):
        case "unpool":
            return Unpooling(*window)
        case "unfold":
            return Unfold(*window, draw(axes(rank)))
        case "fold":
            return Fold(draw(axes(rank)), *window, draw(axes(rank)))
        case "adaptive":
            outputs = draw(
                st.lists(st.none() | SMALL, min_size=rank, max_size=rank).map(tuple) | st.just((1,) * rank)
            )
            kind: PoolKind = draw(st.sampled_from(POOLS[:2]))
            return AdaptivePooling(kind, outputs, set(outputs) == {1} and draw(FLAG), kind == "max" and draw(FLAG))
        case "border":
            pairs = st.lists(st.tuples(st.integers(-2, 3), st.integers(-2, 3)), min_size=rank, max_size=rank).map(
                tuple
            )
            mode = draw(st.sampled_from(MODES))
            return Border(
                draw(pairs), mode, draw(st.sampled_from([0.0, 3.5, -math.inf])) if mode == "constant" else 0.0
            )
        case "resize":
            if draw(FLAG):
                return Resize(None, size=(draw(SMALL),))
            if draw(FLAG):
                return Resize(2, size=(draw(SMALL), draw(SMALL)), mode=draw(st.sampled_from(["cubic", "bicubic"])))
            interpolation = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
            return Resize(rank, size=(draw(SMALL),), mode=interpolation, align_corners=draw(FLAG))
        case _:
            return Resize(rank, factor=draw(axes(rank)))


@st.composite
def featured(draw: st.DrawFn) -> Layer:
    size, channels = draw(SMALL), draw(st.none() | SMALL)
    flags = [draw(FLAG) for _ in range(3)]
    eps, momentum = draw(st.sampled_from([1e-5, 0.001, 0.25])), draw(st.sampled_from([0.1, 0.01, 0.3, None]))
    makers: list[Callable[[], Layer]] = [
        lambda: Linear(channels, size, flags[0], flags[1]),
        lambda: Normalization(
            channels, draw(st.none() | RANK), flags[0], flags[1], draw(st.none() | FLAG), eps=eps, momentum=momentum
        ),
        lambda: Normalization(channels, draw(RANK), flags[0], flags[1], kind="instance", eps=eps, momentum=momentum),
        lambda: Normalization(6, None, flags[0], False, kind="group", groups=3, eps=eps),
        lambda: Normalization(None, None, flags[0], False, kind="layer", eps=eps),
        lambda: LayerNormalization(draw(axes(2)), flags[0], flags[0] and flags[1], eps=eps),
        lambda: LayerNormalization((size,), flags[0], False, rms=True, eps=draw(st.sampled_from([None, 1e-5, 0.1]))),
        lambda: AxesNormalization((2,), None, flags[0], flags[1], flags[2], flags[2], eps),
        lambda: draw(st.sampled_from([Flatten(), Flatten(0, 2), Flatten(2)])),
        lambda: Unflatten(1, (size, -1, 3)),
        lambda: Reshape((size, -1, 3)),
        lambda: Permute((2, 1, 3)),
        lambda: GatedUnit(draw(st.sampled_from([-1, 1, 2]))),
        lambda: Slope(channels, (1, 2) if channels is None and flags[0] else ()),
        lambda: PixelShuffle(size, flags[0]),
        lambda: Embedding(9, size, flags[0], not flags[0] and flags[1]),
        lambda: Embedding(9, size, arguments=(("padding_idx", 1), ("max_norm", 0.5))),
        lambda: Bilinear(size, 3, 4, flags[0]),
        lambda: Attention(12, draw(st.sampled_from([None, 3])), flags[0], channels, None, flags[1]),
        lambda: Recurrent(draw(st.sampled_from(["rnn", "lstm", "gru"])), size, 9, 2, flags[0], flags[1]),
        lambda: Recurrent("lstm", size, 9, projection=size, arguments=(("dropout", 0.25),)),
        lambda: Recurrent("gru", size, 9, bias=flags[0], cell=True),
        lambda: Unknown("Block"),
        lambda: Elementwise(draw(st.sampled_from(["ReLU", "SiLU", "GELU", "Identity", "ReLU6", "Tanh", "DropPath"]))),
        lambda: Elementwise("Dropout", draw(st.sampled_from([(), (("p", 0.25),)]))),
        lambda: Elementwise("LeakyReLU", draw(st.sampled_from([(), (("negative_slope", 0.2),)]))),
        lambda: Elementwise("Softmax", (("dim", 1),)),
        lambda: Elementwise("GaussianNoise", (("stddev", 0.1),)),
    ]
    return draw(st.sampled_from(makers))()


LAYERS = convolutions() | poolings() | windowed() | featured()
NONE = Padding()


def in_pytorch(layer: Layer) -> Layer:
    """Leave out what PyTorch has one word for, where here are two."""
    match layer:
        case Convolution(transposed=True, output_padding=None, padding=tuple()):
            return layer.replace(output_padding=(0,) * len(layer.kernel))
        case Pooling(padding="valid"):
            return layer.replace(padding=(NONE,) * len(layer.kernel))
        case Linear():
            return layer.replace(on_channels=False)
        case Normalization():
            shift = None if layer.has_bias == layer.affine else layer.bias
            return layer.replace(bias=shift, buffers_are_parameters=False)
        case Resize(rank=1, mode="nearest", factor=tuple() as factor):
            return Resize(None, factor=factor)
        case _:
            return layer


def in_keras(layer: Layer) -> Layer:
    """Leave out what Keras takes from the layer before, and what it does not tell apart."""
    match layer:
        case Convolution() | Pooling():
            padding = "valid" if layer.padding == (NONE,) * len(layer.kernel) else layer.padding
            if isinstance(layer, Pooling):
                return layer.replace(padding=padding, count_padding=layer.kind != "avg")
            extra = layer.output_padding
            if layer.transposed and extra is None and not isinstance(layer.padding, str):
                extra = (0,) * len(layer.kernel)
            return layer.replace(padding=padding, in_channels=None, output_padding=extra)
        case Linear():
            return layer.replace(in_features=None, on_channels=True)
        case Normalization():
            shift = None if layer.has_bias == layer.affine else layer.bias
            batch = layer.kind == "batch"
            momentum = layer.momentum if layer.running_stats else 0.1
            return layer.replace(
                channels=None, rank=None, bias=shift, buffers_are_parameters=batch, momentum=momentum
            )
        case Resize(rank=2, size=(one,)):
            return layer.replace(size=(one, one))
        case _:
            return layer


def in_short(layer: Layer) -> Layer:
    return layer.replace(bias=None) if isinstance(layer, Normalization) and layer.bias == layer.affine else layer


def text_of(write: Callable[[Layer], str], layer: Layer) -> str | None:
    try:
        return write(layer)
    except UsageError as error:
        return None if "cannot express" in error.message else error.message


@settings(max_examples=200)
@given(LAYERS)
def test_what_is_written_reads_back_as_the_same_layer(layer: Layer) -> None:
    for write, notation, seen in (
        (to_pytorch, "pytorch", in_pytorch),
        (to_keras, "keras", in_keras),
        (to_short, None, in_short),
    ):
        text = text_of(write, layer)
        if text is not None:
            (node,) = parse_network(text, notation=notation).nodes
            assert seen(node.layer) == seen(layer), text


DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize(
    ("file", "notation", "write"), [("pytorch", "pytorch", to_pytorch), ("keras", "keras", to_keras)]
)
def test_every_recorded_layer_can_be_said(file: str, notation: str, write: Callable[[Layer], str]) -> None:
    cases = json.loads((DATA / f"{file}_layers.json").read_text())["cases"]
    # A RepeatVector is written as the two layers that do the same, which take any sample.
    texts = [case["layer"] for case in cases if not case["layer"].startswith(("MultiHead", "Repeat"))]
    for text in texts:
        for node in parse_network(text, notation=notation).nodes:
            (again,) = parse_network(write(node.layer), notation=notation).nodes
            assert again.layer == node.layer
            (short,) = parse_network(to_short(node.layer)).nodes
            # A dropout of whole channels has a number of axes in Keras; the short notation has PyTorch's, for any.
            open_rank = isinstance(node.layer, Elementwise) and node.layer.name.startswith("Dropout")
            assert short.layer == (node.layer.replace(rank=None) if open_rank else node.layer)


@pytest.mark.parametrize(
    ("text", "notation", "lines"),
    [
        ("Conv2d(3, 8, 7, stride=2, padding=3)", "keras",
         ["ZeroPadding2D(((3, 3), (3, 3)))", "Conv2D(8, 7, strides=2)"]),
        ("Conv2D(8, 7, strides=2, padding='same')", "pytorch",
         ["nn.ZeroPad2d((2, 3, 3, 3))", "nn.Conv2d(3, 8, kernel_size=7, stride=2)"]),
        ("Conv2D(8, 3, padding='same', activation='relu')", "pytorch",
         ["nn.Conv2d(3, 8, kernel_size=3, padding='same')", "nn.ReLU()"]),
        ("Conv2D(8, 3, activation='relu')", "keras", ["Conv2D(8, 3, activation='relu')"]),
        ("Conv2D(8, 3, activation='relu')", "short", ["conv:8,k3,valid,in3", "relu"]),
        ("Dense(8)", "pytorch", ["nn.Conv2d(3, 8, kernel_size=1)"]),
        ("GlobalAveragePooling2D()", "pytorch", ["nn.AdaptiveAvgPool2d(1)", "nn.Flatten()"]),
        ("DepthwiseConv2D(3, depth_multiplier=2)", "pytorch",
         ["nn.Conv2d(3, 6, kernel_size=3, padding='valid', groups=3)"]),
        ("ConvTranspose2d(3, 8, 4, stride=2, padding=1)", "keras",
         ["Conv2DTranspose(8, 4, strides=2, output_padding=0)", "Cropping2D(((1, 1), (1, 1)))"]),
        ("Conv2DTranspose(8, 3, strides=2, padding='same')", "pytorch",
         ["nn.ConvTranspose2d(3, 8, kernel_size=3, stride=2)", "nn.ZeroPad2d((0, -1, 0, -1))"]),
        ("AvgPool2d(3, 2, 1)", "keras", ["ZeroPadding2D(((1, 1), (1, 1)))", "AveragePooling2D(3, strides=2)"]),
        ("MaxPooling2D(3, strides=2, padding='same')", "pytorch",
         ["nn.ConstantPad2d((0, 1, 1, 1), float('-inf'))", "nn.MaxPool2d(3, stride=2)"]),
        ("BatchNormalization()", "pytorch", ["nn.BatchNorm2d(3, eps=0.001, momentum=0.01)"]),
        ("BatchNorm2d(3)", "keras", ["BatchNormalization(momentum=0.9, epsilon=1e-05)"]),
        ("Flatten()", "keras", ["Flatten()"]),
    ],
)  # fmt: skip
def test_translation(text: str, notation: str, lines: list[str]) -> None:
    """Whatever the lines, they give the same shape and hold as many parameters."""
    shape = TensorShape((3, 15, 22), 2)
    (node,) = parse_network(text, notation="keras" if "D(" in text else None).nodes
    layer = complete(node.layer, shape)
    assert list(translate(layer, notation, shape, node.activation)) == lines
    through, count = shape, 0
    for part in parse_network("\n".join(lines), notation=notation if notation != "short" else None).nodes:
        completed = complete(part.layer, through)
        through = output_shape(completed, through)
        count += parameters(completed).total
    assert (through, count) == (output_shape(layer, shape), parameters(layer).total)


TRANSLATIONS = json.loads((DATA / "translations.json").read_text())["cases"]


@pytest.mark.parametrize("case", TRANSLATIONS, ids=[f"{case['layer']} on {case['input']}" for case in TRANSLATIONS])
def test_a_translation_gives_the_same_numbers(case: dict[str, Any]) -> None:
    """The lines recorded are those whose results PyTorch and Keras have found to be the same."""
    for target in ("pytorch", "keras", "short"):
        shape = TensorShape(tuple(case["input"]), len(case["input"]) - 2)
        lines: list[str] = []
        refused = None
        try:
            for node in parse_network(case["layer"], notation=case["from"]).nodes:
                layer = complete(node.layer, shape)
                lines += translate(layer if target == "pytorch" else node.layer, target, shape, node.activation)
                shape = output_shape(layer, shape)
        except UsageError as error:
            refused = error.message
        assert (None if refused else lines, refused) == (case[target], case.get(f"{target}_refused"))


@pytest.mark.parametrize(
    ("text", "notation", "message"),
    [
        ("minpool:3", "pytorch", "PyTorch's notation cannot express a minimum pooling"),
        ("maxpool:3,s2,p1", "keras", "Keras's notation cannot express padding in numbers"),
        ("maxpool:2,ceil", "keras", "cannot express a pooling that rounds up"),
        ("lppool:2", "keras", "cannot express an lp pooling"),
        ("maxpool:3,s2,same,ceil", "pytorch", "cannot express padding of 0 before and 1 after"),
        ("Linear(22, 4)", "keras", "cannot express a linear layer on the last spatial axis"),
        ("conv:k3", "keras", "cannot express one kernel for every channel"),
        ("Conv2d(3, 6, 3, padding=1, padding_mode='reflect')", "keras", "cannot express padding_mode 'reflect'"),
        ("Reshape((-1, 2))", "pytorch", "cannot express Reshape on axes with the channels last"),
        ("AvgPool2d(3, 2, 1, ceil_mode=True)", "keras", "cannot express a pooling that rounds up"),
        ("avgpool:3,same", "keras", "cannot express an average that counts its padding"),
        ("avgpool:3,divisor=2", "keras", "cannot express a divisor"),
        ("maxpool:3,d2", "keras", "cannot express a dilated pooling"),
        ("maxpool:3,indices", "keras", "cannot express the indices"),
        ("conv:8,k3,s2,d2", "keras", "cannot express a stride together with a dilation"),
        ("convT:6,k3,g3", "keras", "cannot express groups of a transposed convolution"),
        ("convT:6,k3,d2,op1", "keras", "cannot express output_padding 1 that is not smaller than the stride"),
        (
            "AdaptiveAvgPool2d((1, None))",
            "keras",
            "cannot express an adaptive pooling that keeps the size of an axis",
        ),
        ("ZeroPad2d((1, -1, 0, 0))", "keras", "adds on one side and cuts on another"),
        ("ReflectionPad2d(1)", "keras", "cannot express a border of mode 'reflect'"),
        ("Upsample(scale_factor=2.5)", "keras", "cannot express an upsampling by a fraction"),
        ("Upsample(scale_factor=2, mode='area')", "keras", "cannot express interpolation 'area'"),
        ("Hardtanh(0, 2)", "keras", "cannot express the layer Hardtanh with these arguments"),
        ("Flatten(2)", "keras", "cannot express Flatten as it stands here"),
        ("maxpool:3,p2", "pytorch", "padding 2, more than half of its kernel 3"),
        ("lppool:2,p1", "pytorch", "cannot express padding of LPPool2d"),
        ("LayerNormalization()", "pytorch", "cannot express a normalization over the channels of each cell"),
        ("BatchNorm2d(3, momentum=None)", "keras", "the plain mean over batches, momentum=None"),
        ("Upsample(scale_factor=2, mode='bilinear', align_corners=True)", "keras", "that aligns the corners"),
        ("UpsamplingBilinear2d(scale_factor=2)", "keras", "an upsampling that aligns the corners"),
        ("Upsample(size=(5, 5))", "keras", "cannot express interpolation 'nearest' to a size, only 'nearest-exact'"),
        ("keras.upsampling2d:2,interpolation=bicubic", "pytorch", "bicubic interpolation, whose weights depend"),
        ("keras.prelu", "pytorch", "cannot express 1056 slopes, other than one for each of the 3 channels"),
        ("Softmax(dim=-1)", "keras", "cannot express the layer Softmax with these arguments"),
        ("BatchNormalization(scale=False)", "pytorch", "cannot express a normalization that shifts without scaling"),
        ("Activation('sparsemax')", "pytorch", "cannot express the layer sparsemax"),
        ("convT:6,k3,s2,p0:1", "pytorch", "cannot express padding of 0 before and 1 after"),
        ("Net(\n  (a): Thing()\n)", "pytorch", "cannot express the unknown module Thing"),
        ("Net(\n  (a): Thing()\n)", "keras", "cannot express the unknown module Thing"),
        (
            'input: "x" layer { name: "t" type: "Threshold" bottom: "x" top: "y" }',
            "pytorch",
            "cannot express Threshold without its threshold",
        ),
    ],
)
def test_what_a_notation_lacks_is_said(text: str, notation: str, message: str) -> None:
    shape = TensorShape((3, 16, 22), 2)
    (node,) = parse_network(text).nodes
    layer = complete(node.layer, shape)
    with pytest.raises(UsageError, match=message):
        translate(layer, notation, shape)


def before(layer: Layer, shape: TensorShape) -> list[int]:
    """Return the cells put before each axis by a layer that slides a window or puts a border."""
    if isinstance(layer, Border):
        return [amounts[0] for amounts in layer.amounts]
    if isinstance(layer, Convolution | Pooling) and not (isinstance(layer, Convolution) and layer.transposed):
        return [window.padding.before for window in windows(layer, shape.known_spatial)]
    return [0] * shape.rank


@settings(max_examples=200)
@given(
    convolutions() | poolings(),
    st.lists(st.integers(4, 14), min_size=3, max_size=3),
    st.sampled_from(["pytorch", "keras"]),
)
def test_a_translated_window_stands_where_it_stood(
    layer: Convolution | Pooling, sizes: list[int], notation: str
) -> None:
    """The lines give the same shape, hold as many parameters and start as far before the input."""
    rank = len(layer.kernel)
    channels = layer.in_channels if isinstance(layer, Convolution) else None
    shape = TensorShape((6 if channels is None else channels, *sizes[:rank]), rank)
    try:
        completed = complete(layer, shape)
        output, lines = output_shape(completed, shape), translate(completed, notation, shape)
        held = parameters(completed).total
    except UsageError:
        return
    through, count, moved = shape, 0, [0] * rank
    for node in parse_network("\n".join(lines), notation=notation).nodes:
        part = complete(node.layer, through)
        moved = [cells + more for cells, more in zip(moved, before(part, through), strict=True)]
        through, count = output_shape(part, through), count + parameters(part).total
    assert (through, count) == (output, held), lines
    if not (isinstance(layer, Convolution) and layer.transposed):
        assert moved == before(completed, shape), lines
