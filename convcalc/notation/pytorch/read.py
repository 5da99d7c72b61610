"""PyTorch's call notation to layers, with PyTorch's parameter order, defaults and strictness.

Read as typed or as PyTorch prints it, with or without `nn.` and `torch.nn.`:

    Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3), bias=False)
    nn.MaxPool2d(2)
    (0): ReLU(inplace=True)
"""

from __future__ import annotations

from collections.abc import Callable

from convcalc.errors import ShapeError
from convcalc.layers import Layer
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.signature import bind
from convcalc.notation.call.tree import Call
from convcalc.notation.pytorch import features as features
from convcalc.notation.pytorch import windows as windows
from convcalc.notation.pytorch.signatures import SIGNATURES
from convcalc.text import Source

MODULES = ("", "nn", "torch.nn")


def layer_of(source: Source, call: Call) -> Layer:
    """Return the layer that a call describes.

    Raises SpecError at the name or the argument at fault.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> text = Source("nn.MaxPool2d(3, stride=2)")
    >>> layer_of(text, read_expression(text, 0, len(text.text)).value).stride
    (2, 2)
    """
    modules, _, name = call.name.rpartition(".")
    entry = SIGNATURES.get(name)
    if entry is None or modules not in MODULES:
        start = call.name_end - len(name) if entry is None else call.start
        from convcalc.notation.short.meant import meant

        hint = meant(call.name, "", list(SIGNATURES))
        raise source.fault(f"there is no layer {call.name[:40]!r} in PyTorch's notation", start, call.name_end, hint)
    family, rank, signature = entry
    if family == "identity":
        return features.elementwise(BoundArguments(source, call, 0), name)
    bound = bind(source, _without_open_channels(name, call), signature, rank)
    try:
        return _BUILDERS[family](bound, name)
    except ShapeError as error:
        raise source.fault(error.message, call.start, call.end, error.hint) from None


def _without_open_channels(name: str, call: Call) -> Call:
    """Return the call without the 0 that PyTorch prints for input channels that a layer does not know yet."""
    if not name.startswith("Lazy"):
        return call
    given = {keyword[0] for keyword in call.keywords}
    place = (call.start, call.name_end, call.end)
    if "in_features" in given:
        known = [keyword for keyword in call.keywords if keyword[0] != "in_features"]
        return Call(call.name, call.positional, known, place)
    if given & {"kernel_size", "eps"} and call.positional and call.positional[0].value == 0:
        return Call(call.name, call.positional[1:], call.keywords, place)
    return call


_BUILDERS: dict[str, Callable[[BoundArguments, str], Layer]] = {
    "convolution": windows.convolution,
    "transposed": windows.transposed,
    "pooling": windows.pooling,
    "adaptive": windows.adaptive,
    "unpooling": windows.unpooling,
    "unfold": windows.unfold,
    "fold": windows.fold,
    "border": windows.border,
    "resize": windows.resize,
    "shuffle": windows.shuffle,
    "linear": features.linear,
    "bilinear": features.bilinear,
    "embedding": features.embedding,
    "attention": features.attention,
    "recurrent": features.recurrent,
    "normalization": features.normalization,
    "group normalization": features.group_normalization,
    "layer normalization": features.layer_normalization,
    "flatten": features.flatten,
    "unflatten": features.unflatten,
    "gated": features.gated,
    "slope": features.slope,
    "elementwise": features.elementwise,
}
