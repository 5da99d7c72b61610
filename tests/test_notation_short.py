"""The short notation: every spelling of a layer, and faults in their place."""

from __future__ import annotations

import pytest
from marked import marked

from convcalc.errors import SpecError
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Elementwise, Layer, Linear, Normalization, Pooling
from convcalc.notation import parse_layers, parse_network


def only(text: str, rank: int | None = None) -> Layer:
    (node,) = parse_layers(text, rank=rank)
    return node.layer


# Each line: spellings that mean one layer, the last of them in PyTorch's notation (with the channels left open).
SAME = [
    ["conv:64,k7,s2,p3", "conv:64,k7x7,s2x2,p3x3", "conv:out=64,k=7,s=2,p=3", "conv2d:64,7,2,3",
     "convolution:kernel=7,stride=2,padding=3:3x3:3,out_channels=64", "LazyConv2d(64, 7, stride=2, padding=3)"],
    ["conv:64,k3x5,s2x1,p4x2,d3x1,g4,nobias",
     "LazyConv2d(64, (3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1), groups=4, bias=False)"],
    ["conv:64,k3,in3", "conv:in=3,out=64,kernel_size=3", "conv:64,3,in=3", "Conv2d(3, 64, 3)"],
    ["conv1d:8,k5", "conv:8,k5 [rank 1]", "LazyConv1d(8, 5)"],
    ["conv3d:8,k3", "conv:8,k3x3x3", "conv:8,k3 [rank 3]", "LazyConv3d(8, 3)"],
    ["conv:8,k3,same", "conv:8,k3,p=same", "conv:8,k3,padding=same", "LazyConv2d(8, 3, padding='same')"],
    ["conv:8,k3,p1,circular", "LazyConv2d(8, 3, padding=1, padding_mode='circular')"],
    ["convT:32,k4,s2,p1,op1", "convt:32,4,2,1,output_padding=1", "deconv:32,k4,s2,p1,op1x1",
     "LazyConvTranspose2d(32, 4, 2, 1, output_padding=1)"],
    ["maxpool:3,s2,p1,ceil", "maxpool2d:k3,s2,p1,ceil", "max:3,2,1,ceil", "maxpool:k=3,s=2,p=1,ceil=true",
     "MaxPool2d(3, 2, 1, ceil_mode=True)"],
    ["avgpool:2", "avg:2x2,s2", "averagepooling:2", "AvgPool2d(2)"],
    ["avgpool:3,s2,p1,nocountpad,divisor=7", "AvgPool2d(3, 2, 1, count_include_pad=False, divisor_override=7)"],
    ["lppool:3,norm=1.5", "LPPool2d(1.5, 3)"],
    ["fc:10", "linear:10", "dense:10", "LazyLinear(10)"],
    ["fc:10,in784,nobias", "Linear(784, 10, bias=False)"],
    ["flatten", "Flatten()"],
    ["flatten:0,1", "flatten:end_dim=1,start_dim=0", "Flatten(0, 1)"],
    ["relu", "ReLU", "RELU", "nn.ReLU()"],
    ["leakyrelu:0.2", "leakyrelu:negative_slope=0.2", "LeakyReLU(0.2)"],
    ["dropout:0.3", "dropout:p=0.3", "Dropout(0.3)"],
    ["silu", "swish", "SiLU()"],
    ["groupnorm:4,64", "GroupNorm(4, 64)"],
    ["layernorm:10x5", "layernorm:normalized_shape=10x5", "LayerNorm((10, 5))"],
    ["upsample:scale_factor=2.5,mode=bilinear", "Upsample(scale_factor=2.5, mode='bilinear')"],
    ["zeropad2d:1x2x0x3", "zeropad:1x2x0x3", "ZeroPad2d((1, 2, 0, 3))"],
    ["pixelshuffle:3", "PixelShuffle(3)"],
    ["adaptiveavgpool2d:7xnone", "AdaptiveAvgPool2d((7, None))"],
    ["lstm:10,20,num_layers=2,bidirectional=true", "LSTM(10, 20, num_layers=2, bidirectional=True)"],
    ["keras.prelu:shared_axes=1x2", "layers.PReLU(shared_axes=[1, 2])"],
    ["gap", "adaptiveavgpool2d:1", "AdaptiveAvgPool2d(1)"],
    ["globalaveragepooling2d", "GlobalAveragePooling2D()"],
    ["hswish", "hardswish"],
    ["zeropadding2d:0:1x2:3", "ZeroPadding2D(((0, 1), (2, 3)))"],
    ["reshape:7x-1x64", "Reshape((7, -1, 64))"],
    ["bn:64,noaffine,nostats", "bn:channels=64,affine=false,running_stats=false"],
]  # fmt: skip


@pytest.mark.parametrize("spellings", SAME, ids=[spellings[0] for spellings in SAME])
def test_spellings_of_one_layer(spellings: list[str]) -> None:
    layers = []
    for spelling in spellings:
        text, _, rank = spelling.partition(" [rank ")
        layers.append(only(text, int(rank[0]) if rank else None))
    assert layers == [layers[0]] * len(layers)


def test_fields_say_what_they_name() -> None:
    one = (Padding(1, 1),) * 2
    none = (Padding(),) * 2
    assert only("dw:k3,p1,m2") == Convolution(None, None, (3, 3), (1, 1), one, (1, 1), depth_multiplier=2)
    assert only("fc:10,channels") == Linear(None, 10, on_channels=True)
    assert only("bn") == Normalization(None)
    assert only("bn2d:8,counted") == Normalization(8, 2, buffers_are_parameters=True)
    assert only("maxpool:2,indices") == Pooling("max", (2, 2), (2, 2), none, (1, 1), indices=True)
    assert only("dropout") == Elementwise("Dropout")


def test_short_words_have_no_layout_of_keras() -> None:
    network = parse_network("conv:8,k3 relu")
    assert (network.layout, network.notation, network.input) == ("chw", "short", None)


FAULTS = [
    ("conv:64,k3,z2", "conv has no field 'z'", "z"),
    ("conv:64,k3,strid=2", "conv has no field 'strid'", "strid"),
    ("conv:64,k3,sam", "conv has no field 'sam'", "sam"),
    ("conv:64,k3,ceil", "conv has no field 'ceil'", "ceil"),
    ("conv:64,k0", "kernel must be at least 1, got 0", "0"),
    ("conv:64,k-3", "kernel must be at least 1, got -3", "-3"),
    ("conv:64,k3.5", "'3.5' is not a whole number", "3.5"),
    ("conv:64,k", "a number is missing", ""),
    ("conv:64,k3,,s2", "a field of conv is missing", ","),
    ("conv:64,k3,k5", "kernel is given twice", "k5"),
    ("conv:64x3,k3", "out is one number, got '64x3'", "64x3"),
    ("conv:64,k3,s1x2x3,p1x1", "`stride` has 3 values, `padding` 2", "conv:64,k3,s1x2x3,p1x1"),
    ("conv1d:64,k3x3", "`kernel` has 2 values for 1 spatial axis", "conv1d:64,k3x3"),
    ("conv:64", "conv needs a kernel", "conv:64"),
    ("conv:6,k3,g4", "groups 4 does not divide out_channels 6", "conv:6,k3,g4"),
    ("conv:8,k3,bias=maybe", "bias must be true or false", "maybe"),
    ("lppool:3,norm=0", "norm must be more than 0", "0"),
    ("lppool:3,norm=x", "norm must be a number", "x"),
    ("fc", "needs its output features", "fc"),
    ("fc:10,20,30", "fc takes no further value", "30"),
    ("cnv:64,k3", "there is no layer 'cnv'", "cnv"),
    ("flatten:1,2,3", "at most 2 arguments, got 3", "3"),
    ("leakyrelu:slope=2", "no parameter 'slope'", "slope"),
    ("leakyrelu:", "a value is missing", ""),
    ("784", "'784' is not a layer", "784"),
    ("3*relu,conv:8", "there is no layer", "relu,conv"),
]


@pytest.mark.parametrize(("text", "message", "fault"), FAULTS, ids=[text for text, _, _ in FAULTS])
def test_fault_is_pointed_at(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_layers(text)
    assert caught.value.text == text
    assert marked(caught.value).startswith(fault)
    assert len(marked(caught.value)) <= max(1, len(fault))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cnov:64,k3", "did you mean conv?"),
        ("conv:64,k3,strid=2", "did you mean stride?"),
        ("conv:64,k3,nobas", "did you mean nobias?"),
        ("maxpol:2", "did you mean maxpool?"),
        ("lekyrelu", "did you mean leakyrelu?"),
        ("conv: 64, k3", "write the fields without spaces, as conv:64,k3"),
    ],
)
def test_hint(text: str, hint: str) -> None:
    with pytest.raises(SpecError, match=r"no (layer|field)|is missing") as caught:
        parse_layers(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("conv(64,3)", "conv:64,k3"),
        ("conv(64, 3, stride=2, padding='same')", "conv:64,k3,s2,same"),
        ("Conv(64, kernel_size=(3, 5), bias=False)", "Conv:64,k3x5,nobias"),
        ("maxpool(3, 2)", "maxpool:3,s2"),
        ("avgpool(kernel_size=2, ceil=True)", "avgpool:k2,ceil"),
        ("fc(10)", "fc:10"),
        ("bn()", "bn"),
        ("conv2d(3, 64, 7)", "Conv2d"),
        ("conv(64, 3, pizza=2)", "Conv3d"),
    ],
)
def test_a_call_of_a_short_name_is_told_the_short_notation(written: str, meant: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_layers(written)
    assert "in PyTorch or Keras" in caught.value.message
    short = meant[0].islower() or ":" in meant
    assert caught.value.hint == (f"in the short notation: {meant}" if short else f"did you mean {meant}?")
