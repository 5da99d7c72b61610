"""The short notation, which needs no quotes in a shell: `conv:64,k7,s2,p3`, `maxpool:3,s2`, `fc:10`, `relu`.

    word       = kind [ ":" field { "," field } ] ;
    kind       = name [ "1d" | "2d" | "3d" ] ;
    field      = code value | key "=" value | flag | value ;
    code       = "k" | "s" | "p" | "d" | "g" | "op" | "in" | "out" | "m" ;
    key        = code | "kernel" | "stride" | "padding" | "dilation" | "groups" | "output_padding" | "norm" | ... ;
    flag       = "nobias" | "ceil" | "nocountpad" | "indices" | "noaffine" | "nostats" | "counted" | "channels"
               | "reflect" | "replicate" | "circular" | "valid" | "same" | "same-lower" | "full" | "causal" ;
    value      = item { "x" item } | word ;
    item       = number | number ":" number ;

Items separated by `x` are one per spatial axis, `before:after` are cells of padding. A value without a key takes the
next place: output channels, then kernel, stride, padding of a convolution; kernel, stride, padding of a pooling;
output and input features of `fc`. Any other layer of PyTorch or Keras has its name in lower case and its parameters:
`upsample:scale_factor=2`, `groupnorm:4,64`, `leakyrelu:0.2`, `globalaveragepooling2d`, `reshape:7x7x64`.

`split` says how words form networks, with `3*(...)` for repetition.
"""

from __future__ import annotations

from typing import Any, Literal

from convcalc.errors import ConvcalcError, SpecError, UsageError
from convcalc.layers import Layer, Normalization
from convcalc.notation.nodes import WindowOptions
from convcalc.notation.options import build
from convcalc.notation.short.vocabulary import KINDS, canonical
from convcalc.notation.sizes import PADDING_NAMES, Numbers
from convcalc.text import Source, did_you_mean

_Kind = Literal["count", "sizes", "sizes0", "padding", "flag", "number", "number0?"]

CODES = {
    "k": "kernel",
    "s": "stride",
    "p": "padding",
    "d": "dilation",
    "g": "groups",
    "op": "output_padding",
    "m": "depth_multiplier",
    "out_channels": "out",
    "in_channels": "in",
    "out_features": "out",
    "in_features": "in",
    "kernel_size": "kernel",
}
FLAGS: dict[str, tuple[str, bool]] = {
    "bias": ("bias", True),
    "nobias": ("bias", False),
    "ceil": ("ceil", True),
    "nocountpad": ("count_padding", False),
    "indices": ("indices", True),
    "noaffine": ("affine", False),
    "nostats": ("running_stats", False),
    "counted": ("buffers_are_parameters", True),
    "channels": ("on_channels", True),
}
# Fields with another name in `WindowOptions`, and fields that are not in it.
_OPTIONS = {"in": "in_channels", "out": "out_channels"}
_BESIDE_OPTIONS = ("count_padding", "depth_multiplier", "divisor", "indices", "norm", "on_channels", "padding_mode")
MODES = ("zeros", "reflect", "replicate", "circular")
_WINDOW: dict[str, _Kind] = {"kernel": "sizes", "stride": "sizes", "padding": "padding", "dilation": "sizes"}
_CONVOLUTION: dict[str, _Kind] = {"out": "count", **_WINDOW, "groups": "count", "in": "count", "bias": "flag"}
_POOLING: dict[str, _Kind] = {**_WINDOW, "ceil": "flag", "indices": "flag"}
# The fields of each kind; a value alone goes to the first of them that has none yet.
FIELDS: dict[str, dict[str, _Kind]] = {
    "conv": _CONVOLUTION,
    "convT": {**_CONVOLUTION, "output_padding": "sizes0"},
    "dw": {**_WINDOW, "in": "count", "bias": "flag", "depth_multiplier": "count"},
    "maxpool": _POOLING,
    "minpool": _POOLING,
    "avgpool": {**_POOLING, "count_padding": "flag", "divisor": "count"},
    "lppool": {**_POOLING, "norm": "number"},
    "fc": {"out": "count", "in": "count", "bias": "flag", "on_channels": "flag"},
    "bn": {
        "channels": "count",
        "affine": "flag",
        "running_stats": "flag",
        "bias": "flag",
        "buffers_are_parameters": "flag",
        "eps": "number0?",
        "momentum": "number0?",
    },
}


def read_word(source: Source, start: int, end: int, rank: int | None) -> Layer:
    """Return the layer of the short notation between two offsets.

    `rank` is the number of spatial axes where neither the name nor a value shows it, 2 if None. Raises SpecError with
    the place of the field at fault.

    >>> read_word(Source("maxpool:3,s2,ceil"), 0, 17, None).stride
    (2, 2)
    """
    text = source.text
    colon = text.find(":", start, end)
    name_end = end if colon < 0 else colon
    name = text[start:name_end]
    found = canonical(name)
    if found is None or found[0] not in FIELDS:
        from convcalc.notation.short.by_name import read_by_name

        layer = read_by_name(source, start, name_end, end, rank)
        if layer is None:
            from convcalc.notation.short.by_name import names
            from convcalc.notation.short.meant import meant

            hint = meant(name, text[name_end:end], [*KINDS, *names()])
            raise source.fault(f"there is no layer {name[:40]!r}", start, name_end, hint)
        return layer
    reader = _Fields(source, found[0])
    if colon >= 0:
        reader.take(colon + 1, end)
    try:
        return _layer(name, found, reader.values, rank)
    except SpecError:
        raise
    except UsageError as error:
        raise source.fault(error.message, start, end, error.hint) from None


def stated_places(source: Source) -> dict[str, tuple[int, int]] | None:
    """Return where a word says each of its fields, None for a layer that has no fields of the short notation.

    >>> stated_places(Source("maxpool:3,s2"))
    {'kernel': (8, 9), 'stride': (10, 12)}
    """
    name, colon, _ = source.text.partition(":")
    found = canonical(name)
    if found is None or found[0] not in FIELDS:
        return None
    reader = _Fields(source, found[0])
    if colon:
        reader.take(len(name) + 1, len(source.text))
    return reader.places


def _layer(word: str, found: tuple[str, int | None], values: dict[str, Any], rank: int | None) -> Layer:
    """Build a layer of one of the kinds with fields of their own."""
    kind, own_rank = found
    if kind == "bn":
        return Normalization(rank=own_rank, **({"channels": None} | values))
    names = {_OPTIONS.get(field, field): value for field, value in values.items() if field not in _BESIDE_OPTIONS}
    # The name states the axes: they overrule those of the rest of the network.
    layer = build(word, WindowOptions(**names), own_rank or rank)
    return layer.replace(**{field: value for field, value in values.items() if field in _BESIDE_OPTIONS})


class _Fields:
    """The fields of one word, read one by one into values by their names."""

    def __init__(self, source: Source, kind: str) -> None:
        self.source = source
        self.kind = kind
        self.known = FIELDS[kind]
        self.values: dict[str, object] = {}
        self.places: dict[str, tuple[int, int]] = {}

    def take(self, start: int, end: int) -> None:
        """Read the fields, which are separated by commas."""
        at = start
        for field in self.source.text[start:end].split(","):
            self.field(at, at + len(field))
            at += len(field) + 1

    def fault(self, message: str, start: int, end: int, hint: str | None = None) -> ConvcalcError:
        return self.source.fault(message, start, max(end, start + 1), hint)

    def field(self, start: int, end: int) -> None:
        text = self.source.text[start:end]
        if not text:
            hint = "write the fields without spaces, as conv:64,k3"
            raise self.fault(f"a field of {self.kind} is missing", start, end, hint)
        key, equals, _ = text.partition("=")
        if equals:
            self.put(self.named(key, start), start, start + len(key) + 1, end)
        elif text in FLAGS and FLAGS[text][0] in self.known:
            self.store(FLAGS[text][0], FLAGS[text][1], start, end)
        elif text in PADDING_NAMES and "padding" in self.known:
            self.store("padding", text, start, end)
        elif text in MODES and self.kind == "conv":
            self.store("padding_mode", text, start, end)
        elif text[0].isdigit():
            self.put(self.next_place(start, end), start, start, end)
        else:
            code = text.rstrip("0123456789x:×-.")
            self.put(self.named(code, start), start, start + len(code), end)

    def named(self, key: str, start: int) -> str:
        """Return the field that a key or a code names."""
        name = CODES.get(key, key)
        if name not in self.known:
            flags = [flag for flag, (field, _) in FLAGS.items() if field in self.known]
            named = [field for field, kind in self.known.items() if kind != "flag"]
            words = [*named, *flags, *(PADDING_NAMES if "padding" in self.known else ())]
            hint = did_you_mean(key, words) or f"it takes {', '.join(words)}"
            raise self.fault(f"{self.kind} has no field {key[:40]!r}", start, start + len(key), hint)
        return name

    def next_place(self, start: int, end: int) -> str:
        """Return the first field without a value that takes one."""
        for name, kind in self.known.items():
            if name not in self.values and kind not in ("flag", "number0?"):
                return name
        raise self.fault(f"{self.kind} takes no further value", start, end)

    def store(self, name: str, value: object, start: int, end: int) -> None:
        if name in self.values:
            raise self.fault(f"{name} is given twice", start, end)
        self.values[name] = value
        self.places[name] = (start, end)

    def put(self, name: str, start: int, at: int, end: int) -> None:
        self.store(name, self.value(name, at, end), start, end)

    def value(self, name: str, start: int, end: int) -> object:
        """Return the value of a field, read by its kind."""
        text = self.source.text[start:end]
        match self.known[name]:
            case "flag":
                if text.lower() in ("true", "false", "1", "0"):
                    return text.lower() in ("true", "1")
                raise self.fault(f"{name} must be true or false, got {text[:40]!r}", start, end)
            case "padding" if text in PADDING_NAMES:
                return text
            case "number0?" if text.lower() == "none" and name == "momentum":
                return None
            case "number" | "number0?" as kind:
                return self.number(name, start, end, zero=kind == "number0?")
            case kind:
                numbers = Numbers(self.source.text, start, end, self.source.fault)
                if kind == "padding":
                    return numbers.paddings()
                sizes = numbers.numbers(least=0 if kind == "sizes0" else 1, what=name)
                if kind != "count":
                    return sizes
                if len(sizes) > 1:
                    hint = f"the first value is {name}; a window has its letter: {self.kind}:64,k{text}"
                    raise self.fault(f"{name} is one number, got {text[:40]!r}", start, end, hint)
                return sizes[0]

    def number(self, name: str, start: int, end: int, *, zero: bool) -> float:
        text = self.source.text[start:end]
        try:
            value = float(text)
        except ValueError:
            raise self.fault(f"{name} must be a number, got {text[:40]!r}", start, end) from None
        if not 0 <= value < float("inf") or not (value or zero):
            least = "at least 0" if zero else "more than 0"
            raise self.fault(f"{name} must be {least}, got {text[:40]!r}", start, end)
        return value
