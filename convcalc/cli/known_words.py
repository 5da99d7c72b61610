"""The words that a value may be, from the tables that read them: for completion and hints."""

from __future__ import annotations

import re
from typing import Any, get_args

POOL_KINDS = ("max", "avg", "min", "lp", "median", "rank", "dilate", "erode")


def option_words(command: str, option: Any) -> tuple[str, ...]:
    """Return the words that the value of an option of a built command may be; none where it may be anything.

    >>> from convcalc.cli.commands import build
    >>> [option_words("shape", each) for each in build("shape").commands["shape"].params if each.name == "padding"]
    [('valid', 'same', 'same-lower', 'full', 'causal')]
    """
    from convcalc.compute.boundary import BOUNDARIES
    from convcalc.compute.plan import ALGORITHMS
    from convcalc.compute.pooling.running import METHODS
    from convcalc.layers import NamedPadding
    from convcalc.matrix.kernels import KERNEL_NAMES
    from convcalc.matrix.options import FORMATS

    choices = getattr(option.type, "choices", ())
    name = option.opts[-1]
    if choices:
        return tuple(map(str, choices))
    if name == "--padding":
        return get_args(NamedPadding)
    if name == "--boundary":
        return tuple(boundary + ":" if boundary == "constant" else boundary for boundary in BOUNDARIES)
    if name == "--algorithm":
        return ALGORITHMS if command == "conv" else METHODS
    if name == "--from":
        return tuple(FORMATS)
    if (command, name) == ("conv", "--kernel"):
        # A colon stays where a value has to follow it: gaussian:N[:SIGMA], but log[:N[:SIGMA]].
        return tuple(re.split(r"(?<=:)\w|\[", kernel)[0] for kernel in KERNEL_NAMES)
    return ("1", "2", "3") if name == "--dims" else ()


def takes_file(option: Any) -> bool:
    """Return whether the value of an option may be the name of a file."""
    metavar = option.metavar or ""
    return "FILE" in metavar or "GLOB" in metavar or metavar in ("KERNEL", "DY")


def argument_words(command: str) -> tuple[str, ...]:
    """Return the words that an argument of a command may be, or begin with.

    >>> argument_words("shape")[:3]
    ('conv:', 'convT:', 'dw:')
    """
    from convcalc.notation.short.listing import bare_names
    from convcalc.notation.short.read import FIELDS

    if command == "pool":
        return POOL_KINDS
    kinds = tuple(f"{kind}:" for kind in FIELDS)
    return kinds[:3] if command == "conv" else (*kinds, "flatten", *bare_names())


def layer_classes(command: str) -> tuple[str, ...]:
    """Return the classes of PyTorch and Keras that an argument of a command may name.

    >>> layer_classes("conv")[:2], "MaxPool2d" in layer_classes("pool"), "Dense" in layer_classes("shape")
    (('Conv1d', 'Conv2d'), True, True)
    """
    from convcalc.notation.keras.signatures import SIGNATURES as KERAS
    from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH

    part = {"conv": "Conv", "pool": "Pool"}.get(command, "")
    names = dict.fromkeys((*PYTORCH, *KERAS))
    return tuple(name for name in names if part in name and not name.startswith(("Lazy", "CuDNN", "NonDynamically")))
