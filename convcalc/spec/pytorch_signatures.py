"""The layers of `torch.nn` as plain data: family, spatial axes, parameters in PyTorch's order with their defaults.

Source: the signatures of torch 2.13. The kinds of parameters are those of `signature.READERS`.
"""

from __future__ import annotations

from convcalc.spec.signature import Signature

__all__ = ["SIGNATURES"]

_FACTORY: Signature = (("device", "any", None), ("dtype", "any", None))
_INPLACE: Signature = (("inplace", "flag", False),)
_CHANNELS: Signature = (("in_channels", "count", ...), ("out_channels", "count", ...))
_WINDOW: Signature = (
    ("kernel_size", "axes", ...),
    ("stride", "axes", 1),
)
_CONVOLUTION: Signature = (
    *_WINDOW,
    ("padding", "padding", 0),
    ("dilation", "axes", 1),
    ("groups", "count", 1),
    ("bias", "flag", True),
    ("padding_mode", "word", "zeros"),
    *_FACTORY,
)
_TRANSPOSED: Signature = (
    *_WINDOW,
    ("padding", "both sides", 0),
    ("output_padding", "axes0", 0),
    ("groups", "count", 1),
    ("bias", "flag", True),
    ("dilation", "axes", 1),
    ("padding_mode", "word", "zeros"),
    *_FACTORY,
)
_MAX_POOLING: Signature = (
    ("kernel_size", "window", ...),
    ("stride", "window?", None),
    ("padding", "both sides", 0),
    ("dilation", "window", 1),
    ("return_indices", "flag", False),
    ("ceil_mode", "flag", False),
)
_AVERAGE_POOLING_1D: Signature = (
    ("kernel_size", "window", ...),
    ("stride", "window?", None),
    ("padding", "both sides", 0),
    ("ceil_mode", "flag", False),
    ("count_include_pad", "flag", True),
)
_AVERAGE_POOLING: Signature = (*_AVERAGE_POOLING_1D, ("divisor_override", "count?", None))
_LP_POOLING: Signature = (
    ("norm_type", "number", ...),
    ("kernel_size", "axes", ...),
    ("stride", "axes?", None),
    ("ceil_mode", "flag", False),
)
_ADAPTIVE_AVERAGE: Signature = (("output_size", "outputs", ...),)
_ADAPTIVE_MAX: Signature = (*_ADAPTIVE_AVERAGE, ("return_indices", "flag", False))
_BATCH_NORMALIZATION: Signature = (
    ("num_features", "count", ...),
    ("eps", "number", 1e-05),
    ("momentum", "number?", 0.1),
    ("affine", "flag", True),
    ("track_running_stats", "flag", True),
    *_FACTORY,
    ("bias", "flag", True),
)
_LINEAR: Signature = (
    ("in_features", "count", ...),
    ("out_features", "count", ...),
    ("bias", "flag", True),
    *_FACTORY,
)
_DROPOUT: Signature = (("p", "number", 0.5), *_INPLACE)
_ACTIVATIONS: dict[str, Signature] = {
    "CELU": (("alpha", "number", 1.0), *_INPLACE),
    "ELU": (("alpha", "number", 1.0), *_INPLACE),
    "GELU": (("approximate", "word", "none"),),
    "Hardshrink": (("lambd", "number", 0.5),),
    "Hardsigmoid": _INPLACE,
    "Hardswish": _INPLACE,
    "Hardtanh": (
        ("min_val", "number", -1.0),
        ("max_val", "number", 1.0),
        *_INPLACE,
        ("min_value", "number?", None),
        ("max_value", "number?", None),
    ),
    "LeakyReLU": (("negative_slope", "number", 0.01), *_INPLACE),
    "LogSigmoid": (),
    "LogSoftmax": (("dim", "any", None),),
    "Mish": _INPLACE,
    "RReLU": (("lower", "number", 0.125), ("upper", "number", 1 / 3), *_INPLACE),
    "ReLU": _INPLACE,
    "ReLU6": _INPLACE,
    "SELU": _INPLACE,
    "SiLU": _INPLACE,
    "Sigmoid": (),
    "Softmax": (("dim", "any", None),),
    "Softmax2d": (),
    "Softmin": (("dim", "any", None),),
    "Softplus": (("beta", "number", 1.0), ("threshold", "number", 20.0)),
    "Softshrink": (("lambd", "number", 0.5),),
    "Softsign": (),
    "Tanh": (),
    "Tanhshrink": (),
    "Threshold": (("threshold", "number", ...), ("value", "number", ...), *_INPLACE),
    "Identity": (),
    "AlphaDropout": _DROPOUT,
    "Dropout": _DROPOUT,
    "Dropout1d": _DROPOUT,
    "Dropout2d": _DROPOUT,
    "Dropout3d": _DROPOUT,
    "FeatureAlphaDropout": _DROPOUT,
}

SIGNATURES: dict[str, tuple[str, int, Signature]] = {
    "Conv1d": ("convolution", 1, (*_CHANNELS, *_CONVOLUTION)),
    "Conv2d": ("convolution", 2, (*_CHANNELS, *_CONVOLUTION)),
    "Conv3d": ("convolution", 3, (*_CHANNELS, *_CONVOLUTION)),
    "ConvTranspose1d": ("transposed", 1, (*_CHANNELS, *_TRANSPOSED)),
    "ConvTranspose2d": ("transposed", 2, (*_CHANNELS, *_TRANSPOSED)),
    "ConvTranspose3d": ("transposed", 3, (*_CHANNELS, *_TRANSPOSED)),
    "MaxPool1d": ("pooling", 1, _MAX_POOLING),
    "MaxPool2d": ("pooling", 2, _MAX_POOLING),
    "MaxPool3d": ("pooling", 3, _MAX_POOLING),
    "AvgPool1d": ("pooling", 1, _AVERAGE_POOLING_1D),
    "AvgPool2d": ("pooling", 2, _AVERAGE_POOLING),
    "AvgPool3d": ("pooling", 3, _AVERAGE_POOLING),
    "LPPool1d": ("pooling", 1, _LP_POOLING),
    "LPPool2d": ("pooling", 2, _LP_POOLING),
    "LPPool3d": ("pooling", 3, _LP_POOLING),
    "AdaptiveAvgPool1d": ("adaptive", 1, _ADAPTIVE_AVERAGE),
    "AdaptiveAvgPool2d": ("adaptive", 2, _ADAPTIVE_AVERAGE),
    "AdaptiveAvgPool3d": ("adaptive", 3, _ADAPTIVE_AVERAGE),
    "AdaptiveMaxPool1d": ("adaptive", 1, _ADAPTIVE_MAX),
    "AdaptiveMaxPool2d": ("adaptive", 2, _ADAPTIVE_MAX),
    "AdaptiveMaxPool3d": ("adaptive", 3, _ADAPTIVE_MAX),
    "Linear": ("linear", 0, _LINEAR),
    "BatchNorm1d": ("batch normalization", 1, _BATCH_NORMALIZATION),
    "BatchNorm2d": ("batch normalization", 2, _BATCH_NORMALIZATION),
    "BatchNorm3d": ("batch normalization", 3, _BATCH_NORMALIZATION),
    "Flatten": ("flatten", 0, (("start_dim", "integer", 1), ("end_dim", "integer", -1))),
    **{name: ("elementwise", 0, signature) for name, signature in _ACTIVATIONS.items()},
}
