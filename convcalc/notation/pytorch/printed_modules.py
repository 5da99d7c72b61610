"""Modules that are not PyTorch's own and yet common in printed models: torchvision's, timm's, transformers'."""

from __future__ import annotations

from convcalc import layers
from convcalc.notation.call.signature import Signature, bind
from convcalc.notation.call.tree import Call
from convcalc.text import Source

# These hold no parameters and keep the shape, whatever their arguments.
KEEPING = frozenset(
    {
        "ClippedGELUActivation",
        "DropPath",
        "FastGELUActivation",
        "GELUActivation",
        "GELUTanh",
        "MishActivation",
        "NewGELUActivation",
        "PytorchGELUTanh",
        "QuickGELUActivation",
        "ReLUSquaredActivation",
        "SiLUActivation",
        "StochasticDepth",
        "RadixSoftmax",
    }
)

_SHAPE: Signature = (
    ("normalized_shape", "sizes", ...),
    ("eps", "number?", None),
    ("elementwise_affine", "flag", True),
    ("bias", "flag", True),
)
# The linear layer of GPT-2, whose weight is stored the other way round.
_TRANSPOSED_LINEAR: Signature = (("nf", "count", ...), ("nx", "count", ...))


def is_foreign(name: str) -> bool:
    """Return whether a module with arguments is one of those known here.

    >>> is_foreign("LlamaRMSNorm"), is_foreign("Block")
    (True, False)
    """
    return name in ("Conv1D", "LayerNorm2d") or name.endswith("RMSNorm")


def layer_of_foreign(source: Source, call: Call) -> layers.Layer:
    """Return the layer that a module of `is_foreign` is.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> text = Source("Conv1D(nf=2304, nx=768)")
    >>> layer_of_foreign(text, read_expression(text, 0, 23).value)
    Linear(in_features=768, out_features=2304, bias=True, on_channels=False, steps=False)
    """
    if call.name == "Conv1D":
        bound = bind(source, call, _TRANSPOSED_LINEAR, 0)
        return layers.Linear(bound.whole("nx"), bound.whole("nf"))
    bound = bind(source, call, _SHAPE, 0)
    sizes, affine = bound.axes("normalized_shape"), bound.flag("elementwise_affine")
    eps = None if bound.values["eps"] is None else bound.number("eps")
    if call.name == "LayerNorm2d" and len(sizes) == 1:
        return layers.Normalization(
            sizes[0], None, affine, running_stats=False, kind="layer", eps=1e-6 if eps is None else eps
        )
    if call.name == "LayerNorm2d":
        raise bound.fault("normalized_shape", "LayerNorm2d normalizes over the channels, one number")
    return layers.LayerNormalization(sizes, affine, bias=False, rms=True, eps=eps)
