"""Keras's activations and layers that keep the shape, by the names that PyTorch gives them."""

from __future__ import annotations

from convcalc.layers import Elementwise, GatedUnit, Layer
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.tree import Sequence
from convcalc.notation.keras.signatures import SIGNATURES

# On the channels, which are the last axis in Keras and axis 1 in PyTorch.
_SOFTMAX = Elementwise("Softmax", (("dim", 1),))

ACTIVATIONS: dict[str, Layer] = {
    "celu": Elementwise("CELU"),
    "elu": Elementwise("ELU"),
    "exponential": Elementwise("exponential"),
    "gelu": Elementwise("GELU"),
    "glu": GatedUnit(1),
    "hard_shrink": Elementwise("Hardshrink"),
    "hard_sigmoid": Elementwise("Hardsigmoid"),
    "hard_silu": Elementwise("Hardswish"),
    "hard_swish": Elementwise("Hardswish"),
    "hard_tanh": Elementwise("Hardtanh"),
    "leaky_relu": Elementwise("LeakyReLU", (("negative_slope", 0.2),)),
    "linear": Elementwise("Identity"),
    "log_sigmoid": Elementwise("LogSigmoid"),
    "log_softmax": Elementwise("LogSoftmax", (("dim", 1),)),
    "mish": Elementwise("Mish"),
    "relu": Elementwise("ReLU"),
    "relu6": Elementwise("ReLU6"),
    "selu": Elementwise("SELU"),
    "sigmoid": Elementwise("Sigmoid"),
    "silu": Elementwise("SiLU"),
    "soft_shrink": Elementwise("Softshrink"),
    "softmax": _SOFTMAX,
    "softplus": Elementwise("Softplus"),
    "softsign": Elementwise("Softsign"),
    "sparse_plus": Elementwise("sparse_plus"),
    "sparsemax": Elementwise("sparsemax"),
    "squareplus": Elementwise("squareplus"),
    "swish": Elementwise("SiLU"),
    "tanh": Elementwise("Tanh"),
    "tanh_shrink": Elementwise("Tanhshrink"),
}

_DROPOUTS = {
    "Dropout": "Dropout",
    "AlphaDropout": "AlphaDropout",
    "SpatialDropout1D": "Dropout1d",
    "SpatialDropout2D": "Dropout2d",
    "SpatialDropout3D": "Dropout3d",
}


def elementwise(bound: BoundArguments, name: str) -> list[Layer]:
    """Build a layer that keeps the shape, with the arguments that differ from PyTorch's defaults."""
    if name in _DROPOUTS:
        rate, shape = bound.number("rate"), bound.values["noise_shape"]
        arguments = (() if rate == 0.5 else (("p", rate),)) + (
            () if shape is None else (("noise_shape", _plain(shape)),)
        )
        return [Elementwise(_DROPOUTS[name], arguments, int(name[-2]) if name.startswith("Spatial") else None)]
    match name:
        case "Softmax":
            return [_SOFTMAX if bound.axes("axis") == (-1,) else _with_arguments(bound, name)]
        case "LeakyReLU":
            slope = bound.number("negative_slope" if bound.values["alpha"] is None else "alpha")
            return [Elementwise("LeakyReLU", () if slope == 0.01 else (("negative_slope", slope),))]
        case "ELU":
            alpha = bound.number("alpha")
            return [Elementwise("ELU", () if alpha == 1 else (("alpha", alpha),))]
        case "Rescaling":
            for key in ("scale", "offset"):
                if isinstance(bound.values[key], str):
                    raise bound.fault(key, f"{key} must be a number or numbers, got {bound.values[key]!r}"[:100])
            return [_with_arguments(bound, name)]
        case "ReLU":
            return [_rectifier(bound)]
        case _:
            return [_with_arguments(bound, name)]


def _with_arguments(bound: BoundArguments, name: str) -> Elementwise:
    """Build a layer with the arguments that are given."""
    own = (parameter for parameter, _, _ in SIGNATURES[name][2] if parameter != "seed")
    return Elementwise(name, tuple((key, _plain(bound.values[key])) for key in own if key in bound.given))


def _plain(value: object) -> object:
    return value.plain() if isinstance(value, Sequence) else value


def _rectifier(bound: BoundArguments) -> Layer:
    """Read Keras's ReLU, which is PyTorch's ReLU, ReLU6 or LeakyReLU for some arguments."""
    limit, slope, threshold = (bound.values[key] for key in ("max_value", "negative_slope", "threshold"))
    if not threshold and not slope and limit in (None, 6):
        return Elementwise("ReLU" if limit is None else "ReLU6")
    if not threshold and limit is None:
        return Elementwise("LeakyReLU", () if slope == 0.01 else (("negative_slope", slope),))
    pairs = (("max_value", limit), ("negative_slope", slope), ("threshold", threshold))
    return Elementwise("ReLU", tuple((key, value) for key, value in pairs if value))
