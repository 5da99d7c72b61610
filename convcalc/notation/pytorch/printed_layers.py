"""One printed module to the layer it is: PyTorch's own in prints of every age, and kin by another name."""

from __future__ import annotations

import re

from convcalc import layers
from convcalc.errors import ConvcalcError, SpecError
from convcalc.notation.call.plain import plain_call
from convcalc.notation.call.syntax import read_expression
from convcalc.notation.call.tree import Call
from convcalc.notation.pytorch.print_tree import Module
from convcalc.notation.pytorch.printed_modules import KEEPING, is_foreign, layer_of_foreign
from convcalc.notation.pytorch.read import layer_of
from convcalc.notation.pytorch.signatures import SIGNATURES
from convcalc.text import Source

# Types with the arguments of a layer of PyTorch's, whose names do not hold its name.
_LIKE = {
    "_BatchNormXd": "BatchNorm2d",
    "BatchNorm": "BatchNorm2d",
    "FrozenBatchNorm2d": "BatchNorm2d",
    "Conv3DSimple": "Conv3d",
    "Conv3DNoTemporal": "Conv3d",
    "Linear4bit": "Linear",
    "Linear8bitLt": "Linear",
}
_PADDED_SAME = ("Conv2dSame", "MaxPool2dSame", "AvgPool2dSame", "StdConv2dSame", "ScaledStdConv2dSame")
# Types of torchvision, timm and PyTorch that have the shapes and parameters of the layer whose name theirs holds.
_KIN = (
    "BatchNormAct2d", "FrozenBatchNormAct2d", "GroupNormAct", "GroupNorm1", "LayerNormAct2d", "StdConv2d",
    "NonDynamicallyQuantizableLinear", "_LinearWithBias", "QuantizedConv2d", "QuantizedLinear",
)  # fmt: skip
_HOLDING = re.compile(
    r"(ConvTranspose|Conv|BatchNorm|InstanceNorm)(?:ReLU)?([123]d)|Linear(?![a-z])|GroupNorm|LayerNorm"
)
_SELECTED = re.compile(r"\s*pool_type='?(\w*)'?, flatten=(?:(Flatten|True)|Identity|False)")
_ARROW = re.compile(r"\s*(\d+) -> (\d+)\s*\Z")
_OLD_FLAG = re.compile(r"(\A\s*|,\s*)inplace\s*\Z")
_OLD_PADDING = re.compile(r"\s*\d+(?:, \d+)+\s*\Z")
_BARE = re.compile(r"Conv(?:Transpose)?[123]d|Linear")
_OLD_NAMES = (("MaxPool", "size"), ("AvgPool", "size"))


class Read:
    """The layer that a module is, and a remark on it: an assumption, unless it is `certain`."""

    __slots__ = ("certain", "layer", "note")

    def __init__(self, layer: layers.Layer | None, note: str = "", *, certain: bool = False) -> None:
        self.layer = layer
        self.note = note
        self.certain = certain


def layer_of_module(source: Source, text: str, module: Module) -> Read:
    """Return the layer that a module is by its type and its own arguments, None where it is not one.

    `text` is the print with every character of `source` in its place. A type that prints the arguments of a layer of
    PyTorch's counts as that layer, with a note. Raises SpecError where PyTorch's own layer has impossible arguments.

    >>> from convcalc.notation.pytorch.print_tree import read_tree
    >>> text = "(a): Conv2dSame(3, 8, kernel_size=(3, 3), stride=(2, 2))"
    >>> read = layer_of_module(Source(text), text, read_tree(Source(text), text).children[0])
    >>> read.layer.padding, read.note
    ('same', 'Conv2dSame is taken for a Conv2d with padding as TensorFlow has it')
    """
    name = module.class_name
    if name in KEEPING:
        return Read(layers.Elementwise(name))
    if name in SIGNATURES or is_foreign(name):
        return Read(_own_layer(source, text, module, name))
    if name == "SelectAdaptivePool2d":
        return Read(_selected_pooling(text[slice(*module.inside)]))
    if name == "RecursiveScriptModule":
        raise _without_arguments(source, module, "TorchScript prints no arguments of its modules")
    known = _LIKE.get(name) or _held_name(name)
    if known is None or not text[slice(*module.inside)].strip():
        return Read(None)
    try:
        layer = _called(source, text, module, known, lenient=True)
    except SpecError:
        return Read(None)
    if name in _PADDED_SAME and isinstance(layer, layers.Convolution | layers.Pooling):
        note = f"{name} is taken for a {known} with padding as TensorFlow has it"
        return Read(layer.replace(padding="same"), note, certain=True)
    return Read(layer, f"{name} is taken for a {known}", certain=name in _LIKE or name in _KIN)


def _selected_pooling(arguments: str) -> layers.Layer | None:
    """Return timm's pooling to 1x1, which flattens by itself or leaves the axes to what follows."""
    match = _SELECTED.match(arguments)
    if match is None or match[1] not in ("", "avg", "max"):
        return None
    if not match[1]:
        return layers.Flatten() if match[2] else layers.Elementwise("Identity")
    return layers.AdaptivePooling("avg" if match[1] == "avg" else "max", (1, 1), drop_axes=match[2] is not None)


def on_channels(layer: layers.Layer | None, name: str) -> layers.Layer | None:
    """Return the layer that a module of the class `name` is where the channels stand last, written channels first.

    >>> on_channels(layers.Linear(3, 8), "Linear")
    Linear(in_features=3, out_features=8, bias=True, on_channels=True, steps=False)
    """
    match layer:
        case layers.Linear():
            return layer.replace(on_channels=True)
        case layers.LayerNormalization(sizes=(channels,), rms=False):
            bias = layer.affine and layer.bias
            return layers.Normalization(channels, None, layer.affine, running_stats=False, bias=bias, kind="layer")
        case None if name == "Permute":
            return layers.Elementwise("Identity")
        case _:
            return layer


def _held_name(name: str) -> str | None:
    """Return the layer of PyTorch's whose name a type's name holds."""
    match = _HOLDING.search(name)
    if match is None:
        return "BatchNorm2d" if "BatchNorm" in name else None
    held = f"{match[1]}{match[2]}" if match[1] else match[0]
    return held if held in SIGNATURES else None


def _own_layer(source: Source, text: str, module: Module, name: str) -> layers.Layer | None:
    try:
        return _called(source, text, module, name)
    except SpecError:
        # A user's module may have the name of one of PyTorch's: then it prints no arguments. A name known from
        # elsewhere promises none.
        if name not in SIGNATURES or module.children:
            return None
        if text[slice(*module.inside)].strip():
            raise
        if _BARE.fullmatch(name):
            raise _without_arguments(source, module, f"{name} is printed without its arguments") from None
        return None


def _without_arguments(source: Source, module: Module, message: str) -> ConvcalcError:
    return source.fault(message, module.start, module.start + len(module.type))


def _called(source: Source, text: str, module: Module, name: str, *, lenient: bool = False) -> layers.Layer:
    """Read a module's own arguments as those of `name`; `lenient` passes over parameters that it does not have."""
    start, end = module.inside
    call_text = f"{name}({_modern(text[start:end], name)})"
    try:
        return _read_call(Source(call_text), 0, call_text, lenient)
    except SpecError:
        if lenient:
            raise
        # Again where the arguments stand, for the place of the error.
        first = start - len(name) - 1
        placed = Source(" " * first + call_text + text[end + 1 :], source.place)
        return _read_call(placed, first, call_text, lenient)


def _read_call(source: Source, first: int, text: str, lenient: bool) -> layers.Layer:
    call = (plain_call(text, first) or read_expression(source, first, first + len(text))).value
    assert isinstance(call, Call)
    if lenient:
        known = {parameter[0] for parameter in SIGNATURES[call.name][2]}
        call.keywords = [keyword for keyword in call.keywords if keyword[0] in known]
    return layer_of(source, call) if call.name in SIGNATURES else layer_of_foreign(source, call)


def _modern(inside: str, name: str) -> str:
    """Return the arguments of an old print as PyTorch prints them today."""
    if name == "Linear" and (match := _ARROW.match(inside)):
        return f"in_features={match[1]}, out_features={match[2]}"
    if _OLD_FLAG.search(inside):
        return _OLD_FLAG.sub(r"\1inplace=True", inside)
    if _OLD_PADDING.match(inside) and "Pad" in name:
        return f"({inside})"
    for prefix, old in _OLD_NAMES:
        if name.startswith(prefix) and re.match(rf"\s*{old}\s*=", inside):
            return re.sub(rf"\b{old}\s*=", "kernel_size=", inside, count=1)
    return inside.strip().rstrip(",")
