"""The words of the short notation: kinds of layers with their other spellings, as plain data."""

from __future__ import annotations

from convcalc.layers import PoolKind

POOL_KINDS: dict[str, PoolKind] = {"maxpool": "max", "avgpool": "avg", "lppool": "lp", "minpool": "min"}

# Every spelling, in lower case, of the kinds with a shape rule or parameters of their own.
KINDS = {
    "conv": "conv",
    "convolution": "conv",
    "convt": "convT",
    "convtranspose": "convT",
    "deconv": "convT",
    "dw": "dw",
    "depthwise": "dw",
    "maxpool": "maxpool",
    "maxpooling": "maxpool",
    "max": "maxpool",
    "avgpool": "avgpool",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "avg": "avgpool",
    "average": "avgpool",
    "mean": "avgpool",
    "lppool": "lppool",
    "lp": "lppool",
    "minpool": "minpool",
    "min": "minpool",
    "fc": "fc",
    "linear": "fc",
    "dense": "fc",
    "flatten": "flatten",
    "bn": "bn",
    "batchnorm": "bn",
    "batchnormalization": "bn",
}

# Layers that leave the shape alone: their spelling in lower case, and the name PyTorch gives them.
ELEMENTWISE = {
    name.lower(): name
    for name in (
        "CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
        "LogSoftmax", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin",
        "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "AlphaDropout", "Dropout", "Dropout1d",
        "Dropout2d", "Dropout3d", "FeatureAlphaDropout", "Identity",
    )
} | {"swish": "SiLU"}  # fmt: skip


def canonical(word: str) -> tuple[str, int | None] | None:
    """Return the kind that a word names and the spatial axes it states, None where it names none.

    >>> canonical("MaxPool2d"), canonical("relu"), canonical("dense"), canonical("pizza")
    (('maxpool', 2), ('ReLU', None), ('fc', None), None)
    """
    folded = word.lower()
    if folded in ELEMENTWISE:
        return ELEMENTWISE[folded], None
    if folded in KINDS:
        return KINDS[folded], None
    if folded[-2:] in ("1d", "2d", "3d") and folded[:-2] in KINDS:
        return KINDS[folded[:-2]], int(folded[-2])
    return None
