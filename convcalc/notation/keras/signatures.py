"""The layers of `keras.layers` as plain data: family, spatial axes, parameters in Keras's order with their defaults.

Source: the signatures of Keras 3. Parameters of training alone (initializers, regularizers, constraints) are taken by
name and not looked at.
"""

from __future__ import annotations

from convcalc.notation.call.signature import Signature, Signatures
from convcalc.notation.keras.recurrent import SIGNATURES as RECURRENT

# What every layer takes by name.
KEYWORDS: Signature = (
    ("name", "any", None),
    ("dtype", "any", None),
    ("trainable", "any", None),
    ("autocast", "any", None),
    ("input_shape", "any", None),
    ("batch_input_shape", "any", None),
    ("batch_size", "any", None),
    ("input_dim", "any", None),
    ("input_length", "any", None),
    ("activity_regularizer", "any", None),
)
# Endings of the names of parameters that matter in training only.
TRAINING = ("_initializer", "_regularizer", "_constraint")
INTERPOLATIONS = (*("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"),)

_FORMAT: Signature = (("data_format", "any", None),)
_END: Signature = (("activation", "any", None), ("use_bias", "flag", True))
_CONVOLUTION: Signature = (
    ("filters", "count", ...),
    ("kernel_size", "axes", ...),
    ("strides", "axes", 1),
    ("padding", "word", "valid"),
    *_FORMAT,
    ("dilation_rate", "axes", 1),
    ("groups", "count", 1),
    *_END,
)
_TRANSPOSED: Signature = (
    *_CONVOLUTION[:4],
    ("output_padding", "axes0?", None),
    *_FORMAT,
    ("dilation_rate", "axes", 1),
    *_END,
)
_TRANSPOSED_3D: Signature = (
    *_CONVOLUTION[:4],
    *_FORMAT,
    ("output_padding", "axes0?", None),
    ("dilation_rate", "axes", 1),
    *_END,
)
_DEPTHWISE: Signature = (
    *_CONVOLUTION[1:4],
    ("depth_multiplier", "count", 1),
    *_FORMAT,
    ("dilation_rate", "axes", 1),
    *_END,
)
_SEPARABLE: Signature = (
    *_CONVOLUTION[:4],
    *_FORMAT,
    ("dilation_rate", "axes", 1),
    ("depth_multiplier", "count", 1),
    *_END,
)
_MAX_POOLING: Signature = (
    ("pool_size", "axes", 2),
    ("strides", "axes?", None),
    ("padding", "word", "valid"),
    *_FORMAT,
)
_AVERAGE_POOLING: Signature = (("pool_size", "axes", ...), *_MAX_POOLING[1:])
_GLOBAL: Signature = (*_FORMAT, ("keepdims", "flag", False))
_ADAPTIVE: Signature = (("output_size", "outputs", ...), *_FORMAT)
_BATCH_NORMALIZATION: Signature = (
    ("axis", "axis", -1),
    ("momentum", "number", 0.99),
    ("epsilon", "number", 0.001),
    ("center", "flag", True),
    ("scale", "flag", True),
    ("renorm", "flag", False),
    ("synchronized", "any", False),
    ("fused", "any", None),
)
_LAYER_NORMALIZATION: Signature = (
    ("axis", "axis", -1),
    ("epsilon", "number", 0.001),
    ("center", "flag", True),
    ("scale", "flag", True),
)
_RATE: Signature = (("rate", "share", ...), ("noise_shape", "any", None), ("seed", "any", None))
_RANDOM: Signature = tuple(
    (name, "any", None)
    for name in (
        "fill_mode",
        "interpolation",
        "seed",
        "fill_value",
        "data_format",
        "value_range",
        "bounding_box_format",
    )
)
_ELEMENTWISE: dict[str, Signature] = {
    "ReLU": (("max_value", "from 0?", None), ("negative_slope", "from 0", 0.0), ("threshold", "from 0", 0.0)),
    "LeakyReLU": (("negative_slope", "from 0", 0.3), ("alpha", "from 0?", None)),
    "ELU": (("alpha", "number", 1.0),),
    "Softmax": (("axis", "axis", -1),),
    "Dropout": _RATE,
    "AlphaDropout": _RATE,
    "SpatialDropout1D": _RATE,
    "SpatialDropout2D": _RATE,
    "SpatialDropout3D": _RATE,
    "GaussianDropout": _RATE,
    "GaussianNoise": (("stddev", "share", ...), ("seed", "any", None)),
    "UnitNormalization": (("axis", "axis", -1),),
    "Rescaling": (("scale", "any", ...), ("offset", "any", 0.0)),
    "RandomFlip": (("mode", "any", "horizontal_and_vertical"), *_RANDOM),
    "RandomRotation": (("factor", "factor", ...), *_RANDOM),
    "RandomZoom": (("height_factor", "factor", ...), ("width_factor", "factor?", None), *_RANDOM),
    "RandomTranslation": (("height_factor", "factor", ...), ("width_factor", "factor", ...), *_RANDOM),
    "RandomContrast": (("factor", "factor from 0", ...), *_RANDOM),
    "RandomBrightness": (("factor", "factor", ...), *_RANDOM),
    "ActivityRegularization": (("l1", "number", 0.0), ("l2", "number", 0.0)),
    "Masking": (("mask_value", "number", 0.0),),
    "Identity": (),
}

SIGNATURES: Signatures = {
    **RECURRENT,
    **{name: ("elementwise", 0, signature) for name, signature in _ELEMENTWISE.items()},
    "Activation": ("activation", 0, (("activation", "any", ...),)),
    "Dense": ("dense", 0, (("units", "count", ...), *_END)),
    "Flatten": ("flatten", 0, _FORMAT),
    "Reshape": ("reshape", 0, (("target_shape", "split", ...),)),
    "Permute": ("permute", 0, (("dims", "sizes", ...),)),
    "RepeatVector": ("repeat", 0, (("n", "count", ...),)),
    "PReLU": ("slope", 0, (("alpha_initializer", "any", None), ("shared_axes", "axis?", None))),
    "Embedding": (
        "embedding",
        0,
        (("input_dim", "count", ...), ("output_dim", "count", ...), ("mask_zero", "flag", False)),
    ),
    "BatchNormalization": ("batch normalization", 0, _BATCH_NORMALIZATION),
    "LayerNormalization": ("layer normalization", 0, _LAYER_NORMALIZATION),
    "GroupNormalization": ("group normalization", 0, (("groups", "integer", 32), *_LAYER_NORMALIZATION)),
    "RMSNormalization": ("root mean square", 0, (("axis", "axis", -1), ("epsilon", "number", 1e-06))),
    "UpSampling1D": ("upsampling", 1, (("size", "axes", 2),)),
    "UpSampling2D": ("upsampling", 2, (("size", "axes", 2), *_FORMAT, ("interpolation", "word", "nearest"))),
    "UpSampling3D": ("upsampling", 3, (("size", "axes", 2), *_FORMAT)),
    "Resizing": (
        "resizing",
        2,
        (
            *(("height", "count", ...), ("width", "count", ...), ("interpolation", "word", "bilinear")),
            *((f"{word}_to_aspect_ratio", "any", None) for word in ("crop", "pad")),
            *(("fill_mode", "any", None), ("fill_value", "any", None)),
            *(("antialias", "any", None), *_FORMAT),
        ),
    ),
    "CenterCrop": ("crop", 2, (("height", "count", ...), ("width", "count", ...), *_FORMAT)),
    "RandomCrop": ("crop", 2, (("height", "count", ...), ("width", "count", ...), ("seed", "any", None), *_FORMAT)),
    "Normalization": (
        "feature normalization",
        0,
        (("axis", "any", -1), ("mean", "any", None), ("variance", "any", None), ("invert", "any", False)),
    ),
}

for _rank in (1, 2, 3):
    _shared = {
        "MaxPooling": ("pooling", _MAX_POOLING),
        "MaxPool": ("pooling", _MAX_POOLING),
        "AveragePooling": ("pooling", _AVERAGE_POOLING),
        "AvgPool": ("pooling", _AVERAGE_POOLING),
        "GlobalMaxPooling": ("global", _GLOBAL),
        "GlobalMaxPool": ("global", _GLOBAL),
        "GlobalAveragePooling": ("global", _GLOBAL),
        "GlobalAvgPool": ("global", _GLOBAL),
        "AdaptiveMaxPooling": ("adaptive", _ADAPTIVE),
        "AdaptiveAveragePooling": ("adaptive", _ADAPTIVE),
        "Conv": ("convolution", _CONVOLUTION),
        "Convolution": ("convolution", _CONVOLUTION),
        "ZeroPadding": ("padding", (("padding", "sides", 1), *_FORMAT)),
        "Cropping": ("cropping", (("cropping", "sides", 0 if _rank == 2 else 1), *_FORMAT)),
    }
    if _rank < 3:
        _shared["DepthwiseConv"] = ("depthwise", _DEPTHWISE)
        _shared["SeparableConv"] = ("separable", _SEPARABLE)
        _shared["SeparableConvolution"] = ("separable", _SEPARABLE)
    for _name, (_family, _signature) in _shared.items():
        SIGNATURES[f"{_name}{_rank}D"] = (_family, _rank, _signature)
    for _name in (f"Conv{_rank}DTranspose", f"Convolution{_rank}DTranspose"):
        SIGNATURES[_name] = ("transposed", _rank, _TRANSPOSED_3D if _rank == 3 else _TRANSPOSED)


def complement(momentum: float) -> float:
    """Return one framework's momentum of running statistics as the other's, 1 - momentum of the digits as written.

    >>> complement(0.99), complement(0.1)
    (0.01, 0.9)
    """
    from decimal import Decimal

    return float(1 - Decimal(repr(momentum)))
