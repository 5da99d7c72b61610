"""Shapes and layers as immutable values, and what follows from them: output shape, weights, parameters, MACs.

A closed set of families, each for any number of spatial axes; the functions match on the family, so a new one is a
type error until every rule knows it. This room knows no text and no arrays, and every formula of one axis comes
from `geometry`.
"""

from __future__ import annotations

from convcalc.geometry import NamedPadding
from convcalc.layers.axes import axis_maps, rank_of, takes_rank
from convcalc.layers.block_families import AttentionProduct, ConvLSTM, Held, Rearrangement, Slice, TimeDistributed
from convcalc.layers.families import (
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
    Merge,
    MergeKind,
    Normalization,
    NormalizationKind,
    Permute,
    PixelShuffle,
    Pooling,
    PoolKind,
    Recurrent,
    Reshape,
    Resize,
    Slope,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
)
from convcalc.layers.merging import bilinear_output, cropped, merge_axis_maps, merged
from convcalc.layers.output_shape import complete, output_shape
from convcalc.layers.parameters import Parameters, laid_out_weight_shape, macs, parameters, weight_shape
from convcalc.layers.tensor_shape import TensorShape, product
from convcalc.layers.windows import blocks, transposed_windows, windows

__all__ = [
    "AdaptivePooling",
    "Attention",
    "AttentionProduct",
    "AxesNormalization",
    "Bilinear",
    "Border",
    "BorderMode",
    "ConvLSTM",
    "Convolution",
    "Elementwise",
    "Embedding",
    "Flatten",
    "Fold",
    "GatedUnit",
    "Held",
    "Layer",
    "LayerNormalization",
    "Linear",
    "Merge",
    "MergeKind",
    "NamedPadding",
    "Normalization",
    "NormalizationKind",
    "Parameters",
    "Permute",
    "PixelShuffle",
    "PoolKind",
    "Pooling",
    "Rearrangement",
    "Recurrent",
    "Reshape",
    "Resize",
    "Slice",
    "Slope",
    "TensorShape",
    "TimeDistributed",
    "Unflatten",
    "Unfold",
    "Unknown",
    "Unpooling",
    "axis_maps",
    "bilinear_output",
    "blocks",
    "complete",
    "cropped",
    "laid_out_weight_shape",
    "macs",
    "merge_axis_maps",
    "merged",
    "output_shape",
    "parameters",
    "product",
    "rank_of",
    "takes_rank",
    "transposed_windows",
    "weight_shape",
    "windows",
]
