"""What layers of PyTorch are called with: the names of their arguments, and the sizes that some are asked for."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.geometry import Window
from convcalc.layers import Convolution
from convcalc.notation.source.emission import emit
from convcalc.notation.source.open_sizes import all_sizes, has_open, of_open_size, settled
from convcalc.notation.source.values import Layer, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convcalc.notation.source.follower import Follower

_SOURCE = ("src_key_padding_mask", "is_causal")
_TARGET = ("tgt", "memory", "tgt_mask", "memory_mask", "tgt_key_padding_mask", "memory_key_padding_mask",
           "tgt_is_causal", "memory_is_causal")  # fmt: skip
TAKES: dict[str, tuple[str, ...]] = {
    "Bilinear": ("input1", "input2"),
    "EmbeddingBag": ("input", "offsets", "per_sample_weights"),
    "MultiheadAttention": ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask",
                           "average_attn_weights", "is_causal"),
    "TransformerEncoderLayer": ("src", "src_mask", *_SOURCE),
    "TransformerEncoder": ("src", "mask", *_SOURCE),
    "TransformerDecoderLayer": _TARGET,
    "TransformerDecoder": _TARGET,
    "Transformer": ("src", "tgt", "src_mask", "tgt_mask", "memory_mask", "src_key_padding_mask",
                    "tgt_key_padding_mask", "memory_key_padding_mask", "src_is_causal", "tgt_is_causal",
                    "memory_is_causal"),
    "RMSNorm": ("x",),
    **dict.fromkeys(("RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"), ("input", "hx")),
    **{f"MaxUnpool{rank}d": ("input", "indices", "output_size") for rank in (1, 2, 3)},
    **{f"{lazy}ConvTranspose{rank}d": ("input", "output_size") for lazy in ("", "Lazy") for rank in (1, 2, 3)},
}  # fmt: skip
"""What the layers take that take more than an `input`, in its order."""


def named(
    follower: Follower, node: ast.AST, kind: str, arguments: Sequence[Any], keywords: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a call of a layer by their names; SpecError at one that it does not take."""
    takes = TAKES.get(kind, ("input",))
    if len(arguments) > len(takes):
        tensors = sum(isinstance(each, Tensor) for each in arguments)
        if len(takes) == 1 and tensors > 1:
            raise follower.fault(node, f"{kind} runs on one tensor, not on {tensors}")
        raise follower.fault(node, f"{kind} is called with at most {len(takes)} arguments, got {len(arguments)}")
    given = dict(zip(takes, arguments, strict=False))
    for name, value in keywords.items():
        if name not in takes:
            raise follower.fault(node, f"{kind} is not called with {name!r}"[:80], f"it takes {', '.join(takes)}")
        if name in given:
            raise follower.fault(node, f"{kind} gets {name} twice")
        given[name] = value
    return given


def asked_sizes(follower: Follower, node: ast.AST, kind: str, wanted: Any, axes: int, rank: int) -> list[Any]:
    """Return the sizes along the axes of a window that an `output_size` asks for, which may have all axes."""
    if not isinstance(wanted, list | tuple) or len(wanted) not in (rank, axes):
        raise follower.fault(node, f"the output_size of {kind} has {rank} sizes, or one for each of {axes} axes")
    return list(wanted)[-rank:]


def transposed(follower: Follower, node: ast.AST, module: Layer, tensor: Tensor, wanted: Any) -> Tensor:
    """Run a transposed convolution that is asked for the size of its output: its output padding follows from that."""
    layer, kind = follower.layer_of(module), module.call.short_name
    sizes, wanted = all_sizes(follower, tensor), settled(follower, wanted)
    if not isinstance(layer, Convolution) or isinstance(layer.padding, str):
        raise follower.fault(node, f"the output_size of {kind} is not followed")
    rank = len(layer.kernel)
    if sizes is None or (has_open(wanted) and not isinstance(wanted, list | tuple)):
        return of_open_size(follower, node, emit(follower, node, module, tensor))
    asked, given = asked_sizes(follower, node, kind, wanted, len(sizes), rank), sizes[-rank:]
    if has_open([asked, given]):
        return of_open_size(follower, node, emit(follower, node, module, tensor))
    windows = map(Window, layer.kernel, layer.stride, layer.padding, layer.dilation)
    least = [window.transposed_output(size) for window, size in zip(windows, given, strict=True)]
    more = [size - own if type(size) is int else -1 for size, own in zip(asked, least, strict=True)]
    for axis, (size, own, extra, stride) in enumerate(zip(asked, least, more, layer.stride, strict=True)):
        if not 0 <= extra < stride:
            message = f"the output_size {size} is not possible on axis {axis - rank}"
            raise follower.fault(node, message, f"sizes from {own} to {own + stride - 1} are")
    place = 5 - module.call.short_name.startswith("Lazy")  # behind channels, kernel size, stride and padding
    before = module.call
    module.call = before.with_argument(place, "output_padding", more)
    try:
        return emit(follower, node, module, tensor)
    finally:
        module.call = before
