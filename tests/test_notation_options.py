"""Layers finished or changed by window options, and the text they then bear."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Convolution, Elementwise, Flatten, Linear, Normalization, Pooling
from convcalc.notation import (
    WindowOptions,
    adaptive_pooling,
    build_layer,
    is_bare,
    parse_axes,
    parse_layers,
    parse_padding,
)
from convcalc.notation.stated import apply_options


def options(**texts: Any) -> WindowOptions:
    """Make options from texts as a command line gives them."""
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name == "padding":
            values[name] = parse_padding(text)
        elif name in ("kernel", "stride", "dilation", "output_padding"):
            values[name] = parse_axes(text, name)
        else:
            values[name] = text
    return WindowOptions(**values)


@pytest.mark.parametrize(
    ("kind", "given", "rank", "text"),
    [
        ("conv", {"kernel": "7", "stride": "2", "padding": "3"}, None, "conv:k7,s2,p3"),
        ("conv", {"kernel": "3x5", "padding": "0:1x2:3", "dilation": "1,2"}, None, "conv:k3x5,p0:1x2:3,d1x2"),
        ("conv", {"kernel": "3", "padding": "same", "out_channels": 8, "bias": False}, None, "conv:8,k3,same,nobias"),
        ("conv", {"kernel": "3", "groups": 2, "in_channels": 4, "out_channels": 6}, 1, "conv1d:6,k3,g2,in4"),
        ("Conv3d", {"kernel": "3"}, None, "conv3d:k3"),
        ("conv", {"kernel": "3x3x3"}, None, "conv3d:k3"),
        ("convT", {"kernel": "4", "stride": "2", "output_padding": "1"}, None, "convT:k4,s2,op1"),
        ("dw", {"kernel": "3", "padding": "1"}, None, "dw:k3,p1"),
        ("maxpool", {"kernel": "3", "stride": "2", "ceil": True}, None, "maxpool:3,s2,ceil"),
        ("avg", {"kernel": "2"}, 1, "avgpool1d:2"),
        ("fc", {"out_channels": 10}, None, "fc:10"),
        ("bn", {}, None, "bn"),
        ("relu", {}, None, "relu"),
        ("flatten", {}, None, "flatten"),
    ],
)
def test_bare_name_finished(kind: str, given: dict[str, Any], rank: int | None, text: str) -> None:
    node = build_layer(kind, options(**given), rank)
    assert node.text == text
    assert parse_layers(text)[0].layer == node.layer
    assert (node.source, node.span, node.place) == (text, (0, len(text)), "")


def test_what_the_kinds_are() -> None:
    assert isinstance(build_layer("conv2d", options(kernel="3")).layer, Convolution)
    assert isinstance(build_layer("MaxPool2d", options(kernel="3")).layer, Pooling)
    assert build_layer("dense", options(out_channels=4)).layer == Linear(None, 4)
    assert build_layer("BatchNorm", options(in_channels=4)).layer == Normalization(4)
    assert build_layer("ReLU", options()).layer == Elementwise("ReLU")
    assert build_layer("flatten", options()).layer == Flatten()
    assert [is_bare(text) for text in ("conv", " relu ", "conv:3", "Conv2d(3, 4, 5)", "pizza")] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("kind", "given", "rank", "message"),
    [
        ("conv", {}, None, "conv needs a kernel"),
        ("maxpool", {"stride": "2"}, None, "maxpool needs a kernel"),
        ("fc", {}, None, "a linear layer needs its output features"),
        ("conv", {"kernel": "3x5", "stride": "1x2x3"}, None, "`kernel` has 2 values, `stride` 3"),
        ("conv", {"kernel": "3", "output_padding": "1"}, None, "`output_padding` does not belong to conv"),
        ("conv", {"kernel": "3", "padding": "1x2"}, 1, "`padding` has 2 values for 1 spatial axis"),
        ("maxpool1d", {"kernel": "3x5"}, None, "`kernel` has 2 values for 1 spatial axis"),
        ("maxpool1d", {"kernel": "3"}, 2, "maxpool1d works on 1 spatial axis, not on 2"),
        ("maxpool", {"kernel": "3", "groups": 2}, None, "`groups` does not belong to maxpool"),
        ("relu", {"kernel": "3"}, None, "`kernel` does not belong to relu"),
        ("conv", {"kernel": "3", "groups": 4, "out_channels": 6}, None, "groups 4 does not divide out_channels 6"),
        ("covn", {"kernel": "3"}, None, "there is no layer 'covn'"),
    ],
)
def test_options_that_do_not_fit(kind: str, given: dict[str, Any], rank: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_layer(kind, options(**given), rank)


@pytest.mark.parametrize(
    ("text", "given", "changed"),
    [
        ("Conv2d(3, 64, 7)", {"stride": "2", "padding": "3"}, "Conv2d(3, 64, 7, stride=2, padding=3)"),
        ("Conv2d(3, 64, (3, 5))", {"groups": 1, "bias": False}, "Conv2d(3, 64, (3, 5), bias=False)"),
        ("Conv2d(3, 64, 7)", {"kernel": "7x7", "out_channels": 64, "dilation": "2"}, "Conv2d(3, 64, 7, dilation=2)"),
        ("conv:k7", {"out_channels": 8, "in_channels": 4}, "conv:8,k7,in4"),
        ("conv1d:8,k3", {"padding": "1:2"}, "conv1d:8,k3,p1:2"),
        ("ConvTranspose2d(3, 4, 3, 2)", {"output_padding": "1"}, "ConvTranspose2d(3, 4, 3, 2, output_padding=1)"),
        ("AvgPool2d(3)", {"stride": "2", "ceil": True}, "AvgPool2d(3, 2, ceil_mode=True)"),
        ("AvgPool2d(3, stride=None)", {"stride": "2"}, "AvgPool2d(3, 2)"),
        ("MaxPooling2D()", {"kernel": "4"}, "MaxPooling2D(4)"),
        ("MaxPooling2D(strides=2)", {"kernel": "4"}, "MaxPooling2D(4, strides=2)"),
        ("Linear(3, 4)", {"bias": False}, "Linear(3, 4, bias=False)"),
        ("Conv2D(64, 7, padding='same')", {"stride": "2", "padding": "same"}, "Conv2D(64, 7, 2, padding='same')"),
        ("ReLU()", {}, "ReLU()"),
    ],
)
def test_what_a_complete_layer_leaves_open_is_filled(text: str, given: dict[str, Any], changed: str) -> None:
    (node,) = parse_layers(text)
    result = apply_options(node, options(**given))
    assert result.layer == parse_layers(changed)[0].layer
    assert parse_layers(result.text)[0].layer == result.layer


@pytest.mark.parametrize(
    ("text", "given", "place", "said", "at"),
    [
        ("Conv2d(3, 4, 5)", {"kernel": "7"}, "`kernel=7`", "kernel_size 5", (13, 14)),
        ("nn.Conv2d(3, 4, 5, stride=1)", {"stride": "1x2"}, "`stride=1x2`", "stride 1", (26, 27)),
        ("Conv2d(3, 4, 5)", {"out_channels": 8}, "`out_channels=8`", "out_channels 4", (10, 11)),
        ("Conv2d(3, 4, 5, padding=(1, 2))", {"padding": "0:1"}, "`padding=0:1`", "padding (1, 2)", (24, 30)),
        ("Conv2d(3, 4, 5, padding=1)", {"padding": "same"}, "`padding=same`", "padding 1", (24, 25)),
        ("Conv2d(4, 4, 5, groups=1)", {"groups": 2}, "`groups=2`", "groups 1", (23, 24)),
        ("Conv2d(3, 4, 5, bias=True)", {"bias": False}, "`bias=False`", "bias True", (21, 25)),
        ("Conv2D(4, 5, strides=2)", {"stride": "3"}, "`stride=3`", "strides 2", (21, 22)),
        ("Conv2D(4, 5, dilation_rate=1)", {"dilation": "2"}, "`dilation=2`", "dilation_rate 1", (27, 28)),
        ("Conv2D(4, 5, use_bias=False)", {"bias": True}, "`bias=True`", "use_bias False", (22, 27)),
        ("Dense(10)", {"out_channels": 4}, "`out_channels=4`", "units 10", (6, 8)),
        ("MaxPooling2D(2)", {"kernel": "3"}, "`kernel=3`", "pool_size 2", (13, 14)),
        ("MaxPool2d(2, ceil_mode=False)", {"ceil": True}, "`ceil=True`", "ceil_mode False", (23, 28)),
        ("AvgPool2d(2, count_include_pad=True)", {"count_padding": False}, "`count_padding=False`",
         "count_include_pad True", (31, 35)),
        ("LPPool2d(3, 2)", {"norm": 2.0}, "`norm=2.0`", "norm_type 3", (9, 10)),
        ("maxpool:2", {"kernel": "3"}, "`kernel=3`", "kernel 2", (8, 9)),
        ("conv:8,k3,s1", {"stride": "2"}, "`stride=2`", "s1", (10, 12)),
        ("conv:8,k3,nobias", {"bias": True}, "`bias=True`", "nobias", (10, 16)),
        ("conv:8,k3,valid", {"padding": "1"}, "`padding=1`", "valid", (10, 15)),
        ("conv:8,k3,reflect", {"padding_mode": "zeros"}, "`boundary=zeros`", "reflect", (10, 17)),
        ("fc:out=10", {"out_channels": 4}, "`out_channels=4`", "out=10", (3, 9)),
    ],
)  # fmt: skip
def test_what_a_layer_says_itself_is_not_said_otherwise_by_an_option(
    text: str, given: dict[str, Any], place: str, said: str, at: tuple[int, int]
) -> None:
    (node,) = parse_layers(text)
    with pytest.raises(UsageError, match=re.escape(f"the layer says {said} itself")) as caught:
        apply_options(node, options(**given))
    assert (caught.value.place, caught.value.text, caught.value.span) == (place, text, at)


def test_a_layer_of_a_file_says_all_itself() -> None:
    (node,) = parse_layers("conv:8,k3")
    node = node.replace(text="Conv (onnx)")
    assert apply_options(node, options(stride="1")).layer == node.layer
    with pytest.raises(UsageError, match="the layer says stride 1 itself"):
        apply_options(node, options(stride="2"))


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        ("MaxPool2d(3)", {"groups": 2}, r"`groups` does not belong to MaxPool2d\(3\)"),
        ("Conv2d(3, 64, 7)", {"ceil": True}, "`ceil` does not belong to Conv2d"),
        ("Conv2d(3, 64, 7)", {"kernel": "3x3x3"}, "`kernel` has 3 values for 2 spatial axes"),
        ("conv:64,k7,in3", {"groups": 3}, "groups 3 does not divide out_channels 64"),
        ("Flatten()", {"stride": "2"}, "`stride` does not belong to Flatten"),
        ("Linear(3, 4)", {"kernel": "2"}, "`kernel` does not belong to Linear"),
    ],
)
def test_layer_that_does_not_take_an_option(text: str, given: dict[str, Any], message: str) -> None:
    (node,) = parse_layers(text)
    with pytest.raises(UsageError, match=message):
        apply_options(node, options(**given))


def test_adaptive_pooling() -> None:
    assert adaptive_pooling("avgpool", (7,)) == AdaptivePooling("avg", (7, 7))
    assert adaptive_pooling("max", (7, 5)) == AdaptivePooling("max", (7, 5))
    assert adaptive_pooling("max", (7,), 1) == AdaptivePooling("max", (7,))
    with pytest.raises(UsageError, match="not a kind of pooling"):
        adaptive_pooling("conv", (7,))
    with pytest.raises(UsageError, match="has 2 values for 3 spatial axes"):
        adaptive_pooling("max", (7, 5), 3)


AXES = st.integers(1, 6)


@given(AXES, st.lists(AXES, min_size=3, max_size=3), st.integers(1, 3))
def test_one_value_is_one_for_every_axis(one: int, each: list[int], rank: int) -> None:
    short = build_layer("conv", WindowOptions(kernel=(one,), stride=tuple(each[:rank])), rank).layer
    full = build_layer("conv", WindowOptions(kernel=(one,) * rank, stride=tuple(each[:rank])), None).layer
    assert isinstance(short, Convolution)
    if rank > 1:
        assert short == full
    assert short.padding == (Padding(),) * rank
