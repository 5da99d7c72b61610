"""The closed set of layer families as immutable values, without rules; one with `steps` takes sequences alone."""

from __future__ import annotations

from typing import Literal

from convcalc.errors import ShapeError
from convcalc.geometry import NamedPadding, Padding
from convcalc.layers.block_families import AttentionProduct, ConvLSTM, Held, Rearrangement, Slice, TimeDistributed
from convcalc.value import Value

PoolKind = Literal["max", "avg", "lp", "min"]
NormalizationKind = Literal["batch", "instance", "group", "layer", "rms"]
MergeKind = Literal["add", "multiply", "concatenate", "resize", "keep", "matmul", "einsum", "attention", "weights"]
BorderMode = Literal["constant", "reflect", "replicate", "circular"]


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
        """Refuse channels that groups do not divide."""
        for name, channels in (("in", self.in_channels), ("out", self.out_channels)):
            if channels is not None and channels < 1:
                raise ShapeError(f"{name}_channels must be at least 1, got {channels}")
            if channels is not None and self.groups >= 1 and channels % self.groups:
                raise ShapeError(f"groups {self.groups} does not divide {name}_channels {channels}")
        if self.groups < 1:
            raise ShapeError(f"groups must be at least 1, got {self.groups}")


class Pooling(Value):
    """A pooling with a sliding window: the largest, smallest, mean or p-norm of its cells.

    `count_padding` and `divisor` are those of an average, `norm` is the p of an Lp pooling. A `signed` one adds up
    the powers of the numbers themselves instead of their absolute values, and scales a cut window up to the whole
    kernel, as PyTorch does.
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
    signed: bool = False


class AdaptivePooling(Value):
    """A pooling to a wanted output size; None keeps the size of that axis. Global pooling wants 1 everywhere.

    `drop_axes` takes the spatial axes away, as Keras's global pooling does.
    """

    kind: PoolKind
    outputs: tuple[int | None, ...]
    drop_axes: bool = False
    indices: bool = False


class Unpooling(Value):
    """The partial inverse of a max pooling: each number goes back to where its maximum stood."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...]


class Unfold(Value):
    """Every window of the input as a column: channels·prod(kernel) rows, one column a window."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...]
    dilation: tuple[int, ...]


class Fold(Value):
    """The columns of an `Unfold` put back, overlaps summed, into an output of `outputs` sizes."""

    outputs: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...]
    dilation: tuple[int, ...]


class Border(Value):
    """Cells put around each axis, (before, after); a negative number cuts cells off."""

    amounts: tuple[tuple[int, int], ...]
    mode: BorderMode = "constant"
    value: float = 0.0


class Resize(Value):
    """Interpolation to `size`, or to floor(i·factor); one value stands for every axis, `rank` None takes any.

    `mode` is PyTorch's; Keras's bicubic, whose weights depend on its backend, is `cubic` here. With `align_corners`
    the corner cells keep their values; `recompute_factor` interpolates with output / input instead of `factor`.
    """

    rank: int | None = None
    size: tuple[int, ...] | None = None
    factor: tuple[float, ...] | None = None
    mode: str = "nearest"
    align_corners: bool = False
    recompute_factor: bool = False


class PixelShuffle(Value):
    """Channels to pixels: C·r² channels become blocks of r x r pixels; `inverse` is the way back.

    It works on two spatial axes or, with `last_two`, on the last two of any number.
    """

    factor: int
    inverse: bool = False
    last_two: bool = False


class Linear(Value):
    """A fully connected layer; `in_features` None takes what comes in.

    It works on the last axis as written; `on_channels` says that this is the axis of the channels (Keras's Dense).
    """

    in_features: int | None
    out_features: int
    bias: bool = True
    on_channels: bool = False
    steps: bool = False

    def check(self) -> None:
        """Refuse fewer than one feature."""
        for name, features in (("in", self.in_features), ("out", self.out_features)):
            if features is not None and features < 1:
                raise ShapeError(f"{name}_features must be at least 1, got {features}")


class Bilinear(Value):
    """A bilinear form of two inputs."""

    in1_features: int
    in2_features: int
    out_features: int
    bias: bool = True


class Attention(Value):
    """Multi-head attention with its four projections; keys and values may have features and positions of their own.

    `arguments` are PyTorch's others that differ from its defaults: they change numbers, but no shape and no count.
    """

    features: int
    heads: int | None
    bias: bool = True
    key_features: int | None = None
    value_features: int | None = None
    key_value_bias: bool = False
    arguments: tuple[tuple[str, object], ...] = ()
    key_positions: int | None = None


class Recurrent(Value):
    """A recurrent layer of one of three kinds of cells; `cell` is a single step, without layers and directions.

    It takes features on the last axis or, `on_channels`, on the channels, along one axis of steps (Keras). Each gate
    has `biases` shifts. Without `sequences` the last step alone comes out; two directions are `merged` by that word.
    `arguments` are the framework's others that differ from its defaults: they change numbers, but no shape or count.
    """

    kind: Literal["rnn", "lstm", "gru"]
    in_features: int | None
    hidden: int
    layers: int = 1
    bias: bool = True
    bidirectional: bool = False
    projection: int = 0
    cell: bool = False
    arguments: tuple[tuple[str, object], ...] = ()
    on_channels: bool = False
    biases: int = 2
    sequences: bool = True
    merged: str = "concat"


class Embedding(Value):
    """A table of `count` vectors of `features` numbers; a `bag` sums or averages those of one row.

    `as_channels` makes the features channels, the positions an axis (Keras); `arguments` are the others given.
    """

    count: int
    features: int
    bag: bool = False
    as_channels: bool = False
    arguments: tuple[tuple[str, object], ...] = ()


class Normalization(Value):
    """Normalization of each of `channels` (None: those that come in) over `rank` spatial axes (None: any number).

    `affine` learns a scale for each channel, `bias` a shift (None: where there is a scale). Running statistics are
    buffers, which Keras counts as parameters: `buffers_are_parameters`. `eps` is added to the variance; `momentum` is
    the weight of a new batch in the running statistics (Keras's is that of the old ones), None for their plain mean.
    """

    channels: int | None
    rank: int | None = None
    affine: bool = True
    running_stats: bool = True
    bias: bool | None = None
    kind: NormalizationKind = "batch"
    groups: int = 1
    buffers_are_parameters: bool = False
    eps: float = 1e-5
    momentum: float | None = 0.1
    steps: bool = False

    @property
    def has_bias(self) -> bool:
        """Whether a shift is learned for each channel."""
        return self.affine if self.bias is None else self.bias

    def check(self) -> None:
        """Refuse channels that the groups do not divide."""
        if self.channels is not None and self.channels % self.groups:
            raise ShapeError(f"num_groups {self.groups} does not divide num_channels {self.channels}")


class LayerNormalization(Value):
    """Normalization over the last axes, of these `sizes`; `rms` by the root mean square; `eps` None is the type's."""

    sizes: tuple[int, ...]
    affine: bool = True
    bias: bool = True
    rms: bool = False
    eps: float | None = 1e-5


class AxesNormalization(Value):
    """Normalization with a scale and a shift for each position along some `axes` (Keras's `axis`).

    Axes are counted with the batch axis and channels last; `sizes` are theirs, None until something comes in.
    """

    axes: tuple[int, ...]
    sizes: tuple[int, ...] | None = None
    affine: bool = True
    bias: bool = True
    running_stats: bool = False
    buffers_are_parameters: bool = False
    eps: float = 1e-5
    momentum: float | None = 0.1


class Flatten(Value):
    """Merge the axes `start` to `end` (counted with the batch axis, as PyTorch does) into one."""

    start: int = 1
    end: int = -1


class Unflatten(Value):
    """Split the axis `axis` (counted with the batch axis) into `sizes`, one of which may be -1."""

    axis: int
    sizes: tuple[int, ...]


class Reshape(Value):
    """Reshape the numbers of each sample to `sizes`, channels last, as Keras does; one may be -1.

    `rank` is the number of spatial axes it takes, None for any.
    """

    sizes: tuple[int, ...]
    rank: int | None = None


class Permute(Value):
    """Put the axes of each sample, channels last and counted from 1, in another order, as Keras does."""

    axes: tuple[int, ...]


class GatedUnit(Value):
    """Halve one axis (counted with the batch axis): one half multiplied by the sigmoid of the other (GLU)."""

    axis: int = -1


class Slope(Value):
    """A ReLU with learned slopes for negative numbers: `count` of them (PyTorch's PReLU).

    With `count` None each number of a sample has one, except along the axes in `shared`, counted as in `Permute`.
    """

    count: int | None
    shared: tuple[int, ...] = ()


class Elementwise(Value):
    """A layer that leaves the shape alone and has no parameters: an activation, dropout, identity.

    `name` is PyTorch's; `arguments` are those that differ from PyTorch's defaults. `rank` is the number of spatial
    axes it takes, None for any.
    """

    name: str
    arguments: tuple[tuple[str, object], ...] = ()
    rank: int | None = None
    steps: bool = False


class Merge(Value):
    """Several tensors to one: added, multiplied (sizes of 1 are stretched), or concatenated over the channels.

    `crop` cuts all but the first round their centre to the spatial sizes of the first. Two kinds take of the others
    no values that place theirs: `resize` gives the first the spatial sizes of the second, and `keep` leaves it its
    sizes, whatever the others do in it (the bias of an attention). With `stretch`, tensors are broadcast as NumPy
    does it, with `axis` concatenated over that one, counted with the batch axis; `matmul` multiplies the matrices on
    the last two axes (with `stretch` also a vector), `einsum` what an `equation` says; `channels_last` is Keras's
    order. `attention` takes keys, queries and values to the values weighted for each query, over `axis` spatial axes,
    or all (0); `weights` takes queries and keys to a weight for each pair, in each of `axis` heads or on average (0).
    """

    kind: MergeKind
    crop: bool = False
    stretch: bool = False
    axis: int = 1
    equation: str = ""
    channels_last: bool = False


class Unknown(Value):
    """A module of a printed model that is not a known layer: it has no shape rule, and its parameters are unknown."""

    name: str


Layer = (
    Convolution
    | Pooling
    | AdaptivePooling
    | Unpooling
    | Unfold
    | Fold
    | Border
    | Resize
    | PixelShuffle
    | Linear
    | Bilinear
    | Attention
    | Recurrent
    | Embedding
    | Normalization
    | LayerNormalization
    | AxesNormalization
    | Flatten
    | Unflatten
    | Reshape
    | Permute
    | GatedUnit
    | Slope
    | Elementwise
    | Merge
    | Slice
    | AttentionProduct
    | Held
    | Rearrangement
    | TimeDistributed
    | ConvLSTM
    | Unknown
)
