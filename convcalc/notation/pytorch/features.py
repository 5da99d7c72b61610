"""PyTorch's layers without spatial axes of their own, from their bound arguments."""

from __future__ import annotations

from typing import Literal

from convcalc import layers
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.pytorch.signatures import SIGNATURES


def linear(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a linear layer; a lazy one takes the features that come in."""
    return layers.Linear(bound.optional("in_features"), bound.whole("out_features"), bound.flag("bias"))


def bilinear(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a bilinear form."""
    features = (bound.whole("in1_features"), bound.whole("in2_features"), bound.whole("out_features"))
    return layers.Bilinear(*features, bound.flag("bias"))


def embedding(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an embedding, or a bag of them."""
    count, features = bound.whole("num_embeddings"), bound.whole("embedding_dim")
    row = bound.optional("padding_idx") or 0
    if not -count <= row < count:
        raise bound.fault("padding_idx", f"padding_idx {row} is not among the {count} rows")
    arguments = _others(bound, name, "num_embeddings", "embedding_dim", "scale_grad_by_freq", "sparse", "_freeze")
    return layers.Embedding(count, features, name == "EmbeddingBag", arguments=arguments)


def attention(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a multi-head attention; the heads divide its features."""
    features, heads = bound.whole("embed_dim"), bound.whole("num_heads")
    if features % heads:
        raise bound.fault("num_heads", f"num_heads {heads} does not divide embed_dim {features}")
    keys, values = bound.optional("kdim"), bound.optional("vdim")
    arguments = _others(bound, name, "embed_dim", "num_heads", "bias", "add_bias_kv", "kdim", "vdim")
    return layers.Attention(features, heads, bound.flag("bias"), keys, values, bound.flag("add_bias_kv"), arguments)


def recurrent(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an RNN, LSTM or GRU, or a single cell of them."""
    kind: Literal["rnn", "lstm", "gru"] = "rnn" if "RNN" in name else "lstm" if "LSTM" in name else "gru"
    hidden, projection = bound.whole("hidden_size"), bound.optional("proj_size") or 0
    if not 0 <= projection < hidden:
        raise bound.fault("proj_size", f"proj_size {projection} must be smaller than hidden_size {hidden}")
    return layers.Recurrent(
        kind=kind,
        in_features=bound.whole("input_size"),
        hidden=hidden,
        layers=bound.optional("num_layers") or 1,
        bias=bound.flag("bias"),
        bidirectional=bound.flag("bidirectional"),
        projection=projection,
        cell=name.endswith("Cell"),
        arguments=_others(bound, name, *_RECURRENT_FIELDS),
    )


_RECURRENT_FIELDS = ("input_size", "hidden_size", "num_layers", "bias", "bidirectional", "proj_size")


def normalization(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a batch or instance normalization; a lazy one takes the channels that come in."""
    affine = bound.flag("affine")
    return layers.Normalization(
        channels=bound.optional("num_features"),
        rank=bound.rank or None,
        affine=affine,
        running_stats=bound.flag("track_running_stats"),
        bias=None if bound.flag("bias") or not affine else False,
        kind="instance" if "Instance" in name else "batch",
        eps=bound.number("eps"),
        momentum=_number_or_none(bound, "momentum"),
    )


def _number_or_none(bound: BoundArguments, name: str) -> float | None:
    return None if bound.values[name] is None else bound.number(name)


def group_normalization(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a group normalization; the groups divide its channels."""
    affine, groups = bound.flag("affine"), bound.whole("num_groups")
    bias = None if bound.flag("bias") or not affine else False
    channels, eps = bound.whole("num_channels"), bound.number("eps")
    return layers.Normalization(channels, None, affine, False, bias, "group", groups, eps=eps)


def layer_normalization(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a layer normalization, or one by the root mean square."""
    affine, eps = bound.flag("elementwise_affine"), _number_or_none(bound, "eps")
    shifted = affine and bound.flag("bias")
    return layers.LayerNormalization(bound.axes("normalized_shape"), affine, shifted, name == "RMSNorm", eps)


def flatten(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a flatten."""
    return layers.Flatten(bound.whole("start_dim"), bound.whole("end_dim"))


def unflatten(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an unflatten."""
    return layers.Unflatten(bound.whole("dim"), bound.axes("unflattened_size"))


def gated(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a gated linear unit."""
    return layers.GatedUnit(bound.whole("dim"))


def slope(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a PReLU."""
    return layers.Slope(bound.whole("num_parameters"))


def elementwise(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a layer that keeps the shape, with the arguments that differ from their defaults."""
    share = bound.values.get("p") if "Dropout" in name else None
    if isinstance(share, int | float) and not 0 <= share <= 1:
        raise bound.fault("p", f"{name} drops a share between 0 and 1, got {share}")
    if name == "Hardtanh" and bound.number("min_val") >= bound.number("max_val"):
        raise bound.fault("min_val", "min_val must be smaller than max_val")
    return layers.Elementwise(name, _others(bound, name, "inplace"), 2 if name == "Softmax2d" else None)


def _others(bound: BoundArguments, name: str, *taken: str) -> tuple[tuple[str, object], ...]:
    """Return the arguments that are not `taken` and differ from their defaults."""
    defaults = {parameter: default for parameter, _, default in SIGNATURES[name][2]}
    return tuple(
        (parameter, value)
        for parameter, value in bound.values.items()
        if parameter not in taken and value != defaults[parameter] and isinstance(value, int | float | str)
    )
