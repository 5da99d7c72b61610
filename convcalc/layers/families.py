"""The closed set of layer families as immutable values; this module knows no rules."""

from __future__ import annotations

from typing import Literal, assert_never

from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.value import Value

__all__ = [
    "AdaptivePooling",
    "Convolution",
    "Elementwise",
    "Flatten",
    "Layer",
    "Linear",
    "NamedPadding",
    "Normalization",
    "PoolKind",
    "Pooling",
    "rank_of",
]

NamedPadding = Literal["valid", "same", "same-lower", "full", "causal"]
PoolKind = Literal["max", "avg", "lp", "min"]


class Convolution(Value):
    """A convolution, plain or transposed, over as many axes as `kernel` has sizes.

    `in_channels` None takes the channels of what comes in; `out_channels` None slides one kernel over every channel
    by itself, so the channels stay. `depth_multiplier` makes a depthwise convolution whose groups and channels
    follow from what comes in. Named `padding` becomes numbers in `windows`; in a transposed convolution a name means
    Keras's rule and numbers PyTorch's.
    """

    in_channels: int | None
    out_channels: int | None
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...] | NamedPadding
    dilation: tuple[int, ...]
    groups: int = 1
    bias: bool = True
    transposed: bool = False
    output_padding: tuple[int, ...] | None = None
    depth_multiplier: int | None = None
    padding_mode: str = "zeros"

    def check(self) -> None:
        """Refuse channels that groups do not divide and an output padding that is not smaller than a step."""
        for name, channels in (("in", self.in_channels), ("out", self.out_channels)):
            if channels is not None and channels < 1:
                raise ShapeError(f"{name}_channels must be at least 1, got {channels}")
            if channels is not None and self.groups >= 1 and channels % self.groups:
                raise ShapeError(f"groups {self.groups} does not divide {name}_channels {channels}")
        if self.groups < 1:
            raise ShapeError(f"groups must be at least 1, got {self.groups}")


class Pooling(Value):
    """A pooling with a sliding window: the largest, smallest, mean or p-norm of its cells.

    `count_padding` and `divisor` are those of an average, `norm` is the p of an Lp pooling.
    """

    kind: PoolKind
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...] | NamedPadding
    dilation: tuple[int, ...]
    ceil: bool = False
    count_padding: bool = True
    divisor: int | None = None
    norm: float = 2.0
    indices: bool = False


class AdaptivePooling(Value):
    """A pooling to a wanted output size; None keeps the size of that axis. Global pooling wants 1 everywhere.

    `drop_axes` takes the spatial axes away, as Keras's global pooling does.
    """

    kind: PoolKind
    outputs: tuple[int | None, ...]
    drop_axes: bool = False
    indices: bool = False


class Linear(Value):
    """A fully connected layer on the last axis; `in_features` None takes what comes in."""

    in_features: int | None
    out_features: int
    bias: bool = True

    def check(self) -> None:
        """Refuse fewer than one feature."""
        for name, features in (("in", self.in_features), ("out", self.out_features)):
            if features is not None and features < 1:
                raise ShapeError(f"{name}_features must be at least 1, got {features}")


class Normalization(Value):
    """Batch normalization of `channels` (None: those that come in) over `rank` spatial axes (None: any number)."""

    channels: int | None
    rank: int | None = None
    affine: bool = True
    running_stats: bool = True


class Flatten(Value):
    """Merge the axes `start` to `end` (counted with the batch axis, as PyTorch does) into one."""

    start: int = 1
    end: int = -1


class Elementwise(Value):
    """A layer that leaves the shape alone and has no parameters: an activation, dropout, identity."""

    name: str


Layer = Convolution | Pooling | AdaptivePooling | Linear | Normalization | Flatten | Elementwise


def rank_of(layer: Layer) -> int | None:
    """Give the number of spatial axes `layer` works on, None where it takes any.

    >>> rank_of(Elementwise("ReLU")) is None
    True
    """
    match layer:
        case Convolution() | Pooling():
            return len(layer.kernel)
        case AdaptivePooling():
            return len(layer.outputs)
        case Normalization():
            return layer.rank
        case Linear() | Flatten() | Elementwise():
            return None
        case _:
            assert_never(layer)
