"""The layers of `torch.nn` as plain data: family, spatial axes, parameters in PyTorch's order with their defaults.

Source: the signatures of torch 2.13. The kinds of parameters are those of `signature.READERS`.
"""

from __future__ import annotations

from convcalc.notation.call.signature import Signature, Signatures

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
_LAZY_NORMALIZATION: Signature = _BATCH_NORMALIZATION[1:]
_INSTANCE_NORMALIZATION: Signature = (
    ("num_features", "count", ...),
    ("eps", "number", 1e-05),
    ("momentum", "number?", 0.1),
    ("affine", "flag", False),
    ("track_running_stats", "flag", False),
    *_FACTORY,
    ("bias", "flag", True),
)
_LAZY_INSTANCE_NORMALIZATION: Signature = (
    *_INSTANCE_NORMALIZATION[1:3],
    ("affine", "flag", True),
    ("track_running_stats", "flag", True),
    *_INSTANCE_NORMALIZATION[5:],
)
_GROUP_NORMALIZATION: Signature = (
    ("num_groups", "count", ...),
    ("num_channels", "count", ...),
    ("eps", "number", 1e-05),
    ("affine", "flag", True),
    *_FACTORY,
    ("bias", "flag", True),
)
_LAYER_NORMALIZATION: Signature = (
    ("normalized_shape", "sizes", ...),
    ("eps", "number?", 1e-05),
    ("elementwise_affine", "flag", True),
    ("bias", "flag", True),
    *_FACTORY,
)
_RMS_NORMALIZATION: Signature = (
    _LAYER_NORMALIZATION[0],
    ("eps", "number?", None),
    _LAYER_NORMALIZATION[2],
    *_FACTORY,
)
_LINEAR: Signature = (
    ("in_features", "count", ...),
    ("out_features", "count", ...),
    ("bias", "flag", True),
    *_FACTORY,
)
_BILINEAR: Signature = (("in1_features", "count", ...), ("in2_features", "count", ...), *_LINEAR[1:])
_EMBEDDING: Signature = (
    ("num_embeddings", "count", ...),
    ("embedding_dim", "count", ...),
    ("padding_idx", "integer?", None),
    ("max_norm", "number?", None),
    ("norm_type", "number", 2.0),
    ("scale_grad_by_freq", "flag", False),
    ("sparse", "flag", False),
    ("_weight", "any", None),
    ("_freeze", "flag", False),
    *_FACTORY,
)
_EMBEDDING_BAG: Signature = (
    *_EMBEDDING[:2],
    *_EMBEDDING[3:6],
    ("mode", "word", "mean"),
    ("sparse", "flag", False),
    ("_weight", "any", None),
    ("include_last_offset", "flag", False),
    ("padding_idx", "integer?", None),
    *_FACTORY,
)
_ATTENTION: Signature = (
    ("embed_dim", "count", ...),
    ("num_heads", "count", ...),
    ("dropout", "share", 0.0),
    ("bias", "flag", True),
    ("add_bias_kv", "flag", False),
    ("add_zero_attn", "flag", False),
    ("kdim", "count?", None),
    ("vdim", "count?", None),
    ("batch_first", "flag", False),
    *_FACTORY,
)
_RECURRENT_START: Signature = (
    ("input_size", "count", ...),
    ("hidden_size", "count", ...),
    ("num_layers", "count", 1),
)
_RECURRENT_END: Signature = (
    ("bias", "flag", True),
    ("batch_first", "flag", False),
    ("dropout", "share", 0.0),
    ("bidirectional", "flag", False),
)
_GRU: Signature = (*_RECURRENT_START, *_RECURRENT_END, *_FACTORY)
_LSTM: Signature = (*_RECURRENT_START, *_RECURRENT_END, ("proj_size", "integer", 0), *_FACTORY)
_RNN: Signature = (*_RECURRENT_START, ("nonlinearity", "word", "tanh"), *_RECURRENT_END, *_FACTORY)
_CELL: Signature = (*_RECURRENT_START[:2], ("bias", "flag", True), *_FACTORY)
_RNN_CELL: Signature = (*_CELL[:3], ("nonlinearity", "word", "tanh"), *_FACTORY)
_UNFOLD: Signature = (
    ("kernel_size", "axes", ...),
    ("dilation", "axes", 1),
    ("padding", "both sides", 0),
    ("stride", "axes", 1),
)
_UNPOOLING: Signature = (("kernel_size", "axes", ...), ("stride", "axes?", None), ("padding", "both sides", 0))
_UPSAMPLE_SIZE: Signature = (("size", "sizes?", None), ("scale_factor", "factors?", None))
_UPSAMPLE: Signature = (
    *_UPSAMPLE_SIZE,
    ("mode", "word", "nearest"),
    ("align_corners", "any", None),
    ("recompute_scale_factor", "any", None),
)
# A print states their mode as well.
_UPSAMPLE_2D: Signature = (*_UPSAMPLE_SIZE, ("mode", "word", ""))
_BORDER: Signature = (("padding", "borders", ...),)
_CONSTANT_BORDER: Signature = (*_BORDER, ("value", "number", ...))
# Before 2.1 a printed ZeroPad2d showed its value, too.
_ZERO_BORDER: Signature = (*_BORDER, ("value", "number", 0.0))
_RESPONSE: Signature = (
    ("size", "count", ...),
    ("alpha", "number", 0.0001),
    ("beta", "number", 0.75),
    ("k", "number", 1.0),
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
    "LogSoftmax": (("dim", "integer?", None),),
    "Mish": _INPLACE,
    "RReLU": (("lower", "number", 0.125), ("upper", "number", 1 / 3), *_INPLACE),
    "ReLU": _INPLACE,
    "ReLU6": _INPLACE,
    "SELU": _INPLACE,
    "SiLU": _INPLACE,
    "Sigmoid": (),
    "Softmax": (("dim", "integer?", None),),
    "Softmax2d": (),
    "Softmin": (("dim", "integer?", None),),
    "Softplus": (("beta", "number", 1.0), ("threshold", "number", 20.0)),
    "Softshrink": (("lambd", "number", 0.5),),
    "Softsign": (),
    "Tanh": (),
    "Tanhshrink": (),
    "Threshold": (("threshold", "number", ...), ("value", "number", ...), *_INPLACE),
    "ChannelShuffle": (("groups", "count", ...),),
    "CrossMapLRN2d": _RESPONSE,
    "LocalResponseNorm": _RESPONSE,
    "AlphaDropout": _DROPOUT,
    "Dropout": _DROPOUT,
    "Dropout1d": _DROPOUT,
    "Dropout2d": _DROPOUT,
    "Dropout3d": _DROPOUT,
    "FeatureAlphaDropout": _DROPOUT,
}

SIGNATURES: Signatures = {
    "Conv1d": ("convolution", 1, (*_CHANNELS, *_CONVOLUTION)),
    "Conv2d": ("convolution", 2, (*_CHANNELS, *_CONVOLUTION)),
    "Conv3d": ("convolution", 3, (*_CHANNELS, *_CONVOLUTION)),
    "ConvTranspose1d": ("transposed", 1, (*_CHANNELS, *_TRANSPOSED)),
    "ConvTranspose2d": ("transposed", 2, (*_CHANNELS, *_TRANSPOSED)),
    "ConvTranspose3d": ("transposed", 3, (*_CHANNELS, *_TRANSPOSED)),
    "LazyConv1d": ("convolution", 1, (*_CHANNELS[1:], *_CONVOLUTION)),
    "LazyConv2d": ("convolution", 2, (*_CHANNELS[1:], *_CONVOLUTION)),
    "LazyConv3d": ("convolution", 3, (*_CHANNELS[1:], *_CONVOLUTION)),
    "LazyConvTranspose1d": ("transposed", 1, (*_CHANNELS[1:], *_TRANSPOSED)),
    "LazyConvTranspose2d": ("transposed", 2, (*_CHANNELS[1:], *_TRANSPOSED)),
    "LazyConvTranspose3d": ("transposed", 3, (*_CHANNELS[1:], *_TRANSPOSED)),
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
    "MaxUnpool1d": ("unpooling", 1, _UNPOOLING),
    "MaxUnpool2d": ("unpooling", 2, _UNPOOLING),
    "MaxUnpool3d": ("unpooling", 3, _UNPOOLING),
    "Unfold": ("unfold", 2, _UNFOLD),
    "Fold": ("fold", 2, (("output_size", "axes", ...), *_UNFOLD)),
    "ZeroPad1d": ("border", 1, _ZERO_BORDER),
    "ZeroPad2d": ("border", 2, _ZERO_BORDER),
    "ZeroPad3d": ("border", 3, _ZERO_BORDER),
    "ReflectionPad1d": ("border", 1, _BORDER),
    "ReflectionPad2d": ("border", 2, _BORDER),
    "ReflectionPad3d": ("border", 3, _BORDER),
    "ReplicationPad1d": ("border", 1, _BORDER),
    "ReplicationPad2d": ("border", 2, _BORDER),
    "ReplicationPad3d": ("border", 3, _BORDER),
    "CircularPad1d": ("border", 1, _BORDER),
    "CircularPad2d": ("border", 2, _BORDER),
    "CircularPad3d": ("border", 3, _BORDER),
    "ConstantPad1d": ("border", 1, _CONSTANT_BORDER),
    "ConstantPad2d": ("border", 2, _CONSTANT_BORDER),
    "ConstantPad3d": ("border", 3, _CONSTANT_BORDER),
    "Upsample": ("resize", 0, _UPSAMPLE),
    "UpsamplingNearest2d": ("resize", 2, _UPSAMPLE_2D),
    "UpsamplingBilinear2d": ("resize", 2, _UPSAMPLE_2D),
    "PixelShuffle": ("shuffle", 2, (("upscale_factor", "count", ...),)),
    "PixelUnshuffle": ("shuffle", 2, (("downscale_factor", "count", ...),)),
    "Linear": ("linear", 0, _LINEAR),
    "LazyLinear": ("linear", 0, _LINEAR[1:]),
    "NonDynamicallyQuantizableLinear": ("linear", 0, _LINEAR),
    "Bilinear": ("bilinear", 0, _BILINEAR),
    "Embedding": ("embedding", 0, _EMBEDDING),
    "EmbeddingBag": ("embedding", 0, _EMBEDDING_BAG),
    "MultiheadAttention": ("attention", 0, _ATTENTION),
    "RNN": ("recurrent", 0, _RNN),
    "LSTM": ("recurrent", 0, _LSTM),
    "GRU": ("recurrent", 0, _GRU),
    "RNNCell": ("recurrent", 0, _RNN_CELL),
    "LSTMCell": ("recurrent", 0, _CELL),
    "GRUCell": ("recurrent", 0, _CELL),
    "BatchNorm1d": ("normalization", 1, _BATCH_NORMALIZATION),
    "BatchNorm2d": ("normalization", 2, _BATCH_NORMALIZATION),
    "BatchNorm3d": ("normalization", 3, _BATCH_NORMALIZATION),
    "SyncBatchNorm": (
        "normalization",
        0,
        (*_BATCH_NORMALIZATION[:5], ("process_group", "any", None), *_BATCH_NORMALIZATION[5:]),
    ),
    "LazyBatchNorm1d": ("normalization", 1, _LAZY_NORMALIZATION),
    "LazyBatchNorm2d": ("normalization", 2, _LAZY_NORMALIZATION),
    "LazyBatchNorm3d": ("normalization", 3, _LAZY_NORMALIZATION),
    "InstanceNorm1d": ("normalization", 1, _INSTANCE_NORMALIZATION),
    "InstanceNorm2d": ("normalization", 2, _INSTANCE_NORMALIZATION),
    "InstanceNorm3d": ("normalization", 3, _INSTANCE_NORMALIZATION),
    "LazyInstanceNorm1d": ("normalization", 1, _LAZY_INSTANCE_NORMALIZATION),
    "LazyInstanceNorm2d": ("normalization", 2, _LAZY_INSTANCE_NORMALIZATION),
    "LazyInstanceNorm3d": ("normalization", 3, _LAZY_INSTANCE_NORMALIZATION),
    "GroupNorm": ("group normalization", 0, _GROUP_NORMALIZATION),
    "LayerNorm": ("layer normalization", 0, _LAYER_NORMALIZATION),
    "RMSNorm": ("layer normalization", 0, _RMS_NORMALIZATION),
    "Flatten": ("flatten", 0, (("start_dim", "integer", 1), ("end_dim", "integer", -1))),
    "Unflatten": ("unflatten", 0, (("dim", "integer", ...), ("unflattened_size", "split", ...))),
    "GLU": ("gated", 0, (("dim", "integer", -1),)),
    "PReLU": ("slope", 0, (("num_parameters", "count", 1), ("init", "number", 0.25), *_FACTORY)),
    "Identity": ("identity", 0, ()),
    **{name: ("elementwise", 0, signature) for name, signature in _ACTIVATIONS.items()},
}
