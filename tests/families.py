"""Layers of every family, for an input of four channels and two axes, each with every kind of rule it may have."""

from __future__ import annotations

from typing import Any

from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AttentionProduct,
    AxesNormalization,
    Bilinear,
    Border,
    ConvLSTM,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Held,
    Layer,
    LayerNormalization,
    Linear,
    Merge,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Reshape,
    Resize,
    Slice,
    Slope,
    TimeDistributed,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
)


def conv(kernel: int = 3, stride: int = 1, before: int = 0, after: int = 0, dilation: int = 1, **rest: Any) -> Layer:
    """Make a convolution whose two axes differ."""
    window = ((kernel,) * 2, (stride, 1), (Padding(before, after), Padding(after, before)), (dilation, 1))
    return Convolution(None, 4, *window, **rest)


def pool(kernel: int, stride: int, before: int = 0, after: int = 0, ceil: bool = False) -> Layer:
    """Make a max pooling."""
    return Pooling("max", (kernel,) * 2, (stride,) * 2, (Padding(before, after),) * 2, (1, 1), ceil=ceil)


TWO_AXES: list[Layer] = [
    conv(), conv(3, 2, 1, 0), conv(2, 3, 0, 1, 2), conv(3, 1, 2, 2, padding_mode="reflect"),
    conv(3, 2, 1, 1, padding_mode="circular"), conv(4, 1, 3, 2, padding_mode="replicate"),
    Convolution(None, 4, (3, 2), (2, 1), "same", (1, 2)), Convolution(None, 4, (3, 2), (1, 1), "causal", (1, 2)),
    conv(3, 1, 1, 1, transposed=True), conv(4, 2, 1, 1, transposed=True), conv(1, 3, transposed=True),
    conv(3, 2, 1, 0, 2, transposed=True, output_padding=(1, 0)), conv(2, 1, 3, 2, transposed=True),
    pool(2, 2), pool(3, 2, 1, 1, ceil=True), pool(3, 1, 1, 1), pool(2, 3, 0, 2),
    AdaptivePooling("avg", (1, 1)), AdaptivePooling("avg", (3, None)), AdaptivePooling("avg", (4, 9)),
    AdaptivePooling("avg", (1, 1), drop_axes=True),
    Unpooling((2, 2), (2, 2), (Padding(),) * 2), Unpooling((3, 2), (1, 3), (Padding(1, 1), Padding())),
    Unfold((2, 2), (1, 1), (Padding(),) * 2, (1, 1)),
    Border(((1, 2), (-1, -2))), Border(((2, 1), (3, 0)), "reflect"), Border(((2, 1), (0, 3)), "circular"),
    Resize(factor=(1,)), Resize(factor=(2,)), Resize(factor=(3,)), Resize(factor=(2,), mode="bilinear"),
    Resize(factor=(1.5,)), Resize(size=(6, 14)),
    PixelShuffle(2), PixelShuffle(2, inverse=True), PixelShuffle(1),
    Linear(None, 5), Linear(7, 5), Linear(None, 5, on_channels=True),
    Attention(7, 1), Recurrent("gru", 7, 5), Embedding(9, 4), Bilinear(2, 3, 4), Unknown("Block"),
    Normalization(4), LayerNormalization((6, 7)), LayerNormalization((7,)), AxesNormalization((1,)),
    Flatten(), Flatten(2), Unflatten(1, (2, 2)), Unflatten(2, (2, 3)),
    Reshape((6, 7, 4)), Reshape((7, 6, 4)), Reshape((168,)),
    Merge("add"), Permute((2, 1, 3)), Permute((1, 2, 3)), Permute((3, 1, 2)),
    Slice(1, 0, 2), Slice(2, 1, 2), Held(), Held(each="number"), Held(0, sizes=(2, 3, 3)),
    AttentionProduct(), AttentionProduct((2, 7)), ConvLSTM(Convolution(None, 8, (3,), (1,), "same", (1,))),
    TimeDistributed(Convolution(None, 5, (3,), (2,), (Padding(1, 0),), (1,))), TimeDistributed(Flatten()),
    GatedUnit(1), GatedUnit(2), GatedUnit(-1), Slope(4), Slope(None, (1, 2)), Elementwise("ReLU"),
]  # fmt: skip

# Puts back what the `Unfold` above takes apart, of 6 by 7 cells.
FOLD = Fold((6, 7), (2, 2), (1, 1), (Padding(),) * 2, (1, 1))
