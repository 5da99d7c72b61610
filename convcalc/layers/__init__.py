"""Shapes and layers as immutable values, and what follows from them: output shape, weights, parameters, MACs.

A closed set of families, each for any number of spatial axes; the functions match on the family, so a new one is a
type error until every rule knows it. This room knows no text and no arrays, and every formula of one axis comes
from `geometry`.
"""

from __future__ import annotations

from convcalc.layers.counts import Parameters, macs, parameters, weight_shape
from convcalc.layers.families import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    NamedPadding,
    Normalization,
    Pooling,
    PoolKind,
    rank_of,
)
from convcalc.layers.shape import TensorShape
from convcalc.layers.sizes import complete, output_shape
from convcalc.layers.sliding import transposed_windows, windows

__all__ = [
    "AdaptivePooling",
    "Convolution",
    "Elementwise",
    "Flatten",
    "Layer",
    "Linear",
    "NamedPadding",
    "Normalization",
    "Parameters",
    "PoolKind",
    "Pooling",
    "TensorShape",
    "complete",
    "macs",
    "output_shape",
    "parameters",
    "rank_of",
    "transposed_windows",
    "weight_shape",
    "windows",
]
