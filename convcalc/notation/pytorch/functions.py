"""PyTorch's functions that are a module run once: `F.max_pool2d(x, 2)` is `MaxPool2d(2)` on x."""

from __future__ import annotations

from convcalc.notation.call.tree import Call, Symbol

MODULES_OF = {
    "relu": "ReLU", "relu_": "ReLU", "relu6": "ReLU6", "leaky_relu": "LeakyReLU", "elu": "ELU", "gelu": "GELU",
    "silu": "SiLU", "sigmoid": "Sigmoid", "sigmoid_": "Sigmoid", "tanh": "Tanh", "selu": "SELU", "celu": "CELU",
    "mish": "Mish", "softplus": "Softplus", "hardswish": "Hardswish", "hardsigmoid": "Hardsigmoid",
    "hardtanh": "Hardtanh", "logsigmoid": "LogSigmoid", "softsign": "Softsign", "softmax": "Softmax",
    "log_softmax": "LogSoftmax", "dropout": "Dropout", "dropout2d": "Dropout2d", "dropout1d": "Dropout1d",
    "alpha_dropout": "AlphaDropout", "glu": "GLU", "interpolate": "Upsample", "upsample": "Upsample",
    "pixel_shuffle": "PixelShuffle", "pixel_unshuffle": "PixelUnshuffle", "local_response_norm": "LocalResponseNorm",
    "unfold": "Unfold", "fold": "Fold", **{f"max_unpool{rank}d": f"MaxUnpool{rank}d" for rank in (1, 2, 3)},
    **{f"{kind}_pool{rank}d": f"{word}Pool{rank}d" for kind, word in (("max", "Max"), ("avg", "Avg"), ("lp", "LP"))
       for rank in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{rank}d": f"Adaptive{word}Pool{rank}d" for kind, word in (("max", "Max"), ("avg", "Avg"))
       for rank in (1, 2, 3)},
}  # fmt: skip
"""Functions of `torch` and `torch.nn.functional`, and their modules."""

_PREFIXES = ("F", "functional", "nn.functional", "torch.nn.functional", "torch")
_ONLY_OF_FUNCTIONS = ("input", "training")


def module_call(call: Call) -> Call | None:
    """Return the call of the module that a function is, its tensor left out; None for any other call.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> from convcalc.text import Source
    >>> text = "F.max_pool2d(x, 2)"
    >>> found = module_call(read_expression(Source(text), 0, len(text)).value)
    >>> found.name, [argument.value for argument in found.positional]
    ('MaxPool2d', [2])
    """
    modules, _, word = call.name.rpartition(".")
    if modules not in _PREFIXES or word not in MODULES_OF:
        return None
    positional = call.positional[1:] if _is_tensor(call) else call.positional
    keywords = [keyword for keyword in call.keywords if keyword[0] not in _ONLY_OF_FUNCTIONS]
    return Call(MODULES_OF[word], positional, keywords, (call.start, call.name_end, call.end))


def _is_tensor(call: Call) -> bool:
    """Return whether the first argument stands for a tensor."""
    return bool(call.positional) and isinstance(call.positional[0].value, Symbol | Call)
