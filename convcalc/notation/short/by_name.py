"""Layers that the short notation knows by their name in PyTorch or Keras, in lower case."""

from __future__ import annotations

from math import isnan

from convcalc.layers import AdaptivePooling, Layer, PoolKind
from convcalc.notation.call.tree import Argument, Call, Sequence, Symbol
from convcalc.notation.keras.signatures import SIGNATURES as KERAS
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.text import Source

# A global pooling here keeps its axes, each of size 1; Keras's own drop them.
GLOBAL: dict[str, PoolKind] = {"gap": "avg", "gmp": "max"}
ALIASES = {"hsigmoid": "hardsigmoid", "hswish": "hardswish", "swish": "silu"}
FACTOR_FIRST = "Upsample"
_WORDS: dict[str, object] = {"true": True, "false": False, "none": None}


def names() -> list[str]:
    """Return every name, in lower case."""
    return [*GLOBAL, *ALIASES, *(name.lower() for name in (*PYTORCH, *KERAS))]


def read_by_name(source: Source, start: int, name_end: int, end: int, rank: int | None) -> Layer | None:
    """Return the layer of that name, None where there is none.

    A name with its axes left out (`upsampling`, `zeropad`) takes `rank` of them, 2 if None. PyTorch's layer comes
    first; `keras.prelu` is Keras's.

    >>> read_by_name(Source("leakyrelu:0.2"), 0, 9, 13, None)
    Elementwise(name='LeakyReLU', arguments=(('negative_slope', 0.2),), rank=None, steps=False)
    """
    word = source.text[start:name_end].lower()
    tables = (PYTORCH, KERAS)
    if word.startswith("keras."):
        word, tables = word.removeprefix("keras."), (KERAS, KERAS)
    if word in GLOBAL and name_end == end:
        return AdaptivePooling(GLOBAL[word], (1,) * (rank or 2))
    word = ALIASES.get(word, word)
    candidates = [word, f"{word}{rank or 2}d"]
    for table in tables:
        for name in table:
            if name.lower() in candidates:
                return _read(source, name, table is KERAS, (start, name_end, end))
    return None


def _read(source: Source, name: str, of_keras: bool, place: tuple[int, int, int]) -> Layer | None:
    positional: list[Argument] = []
    keywords: list[tuple[str, int, Argument]] = []
    at = place[1] + 1
    for field in source.text[at : place[2]].split(",") if place[2] > place[1] else []:
        key, equals, _ = field.partition("=")
        start = at + len(key) + 1 if equals else at
        argument = Argument(_value(source, start, at + len(field)), (start, at + len(field)))
        if equals:
            keywords.append((key, at, argument))
        else:
            positional.append(argument)
        at += len(field) + 1
    if name == FACTOR_FIRST and positional:
        # One number is how many times, as for Keras's UpSampling; PyTorch's first is the output size.
        keywords.insert(0, ("scale_factor", positional[0].start, positional.pop(0)))
    if name == "Reshape" and positional and not isinstance(positional[0].value, Sequence):
        size = positional[0]
        positional[0] = Argument(Sequence([size]), (size.start, size.end))  # one size: there are no tuples here
    call = Call(name, positional, keywords, place)
    if not of_keras:
        from convcalc.notation.pytorch.read import layer_of

        return layer_of(source, call)
    from convcalc.notation.keras.read import entries_of

    (entry,) = entries_of(source, call)
    return entry.layer


def _value(source: Source, start: int, end: int) -> object:
    """Return one value: a number, numbers or pairs of them separated by `x`, or a word."""
    text = source.text[start:end]
    if not text:
        raise source.fault("a value is missing", start, start + 1)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if "x" not in text and ":" not in text:
        return _number(text)
    items: list[Argument] = []
    at = start
    for part in text.split("x"):
        items.append(_pair(source, at, at + len(part)))
        at += len(part) + 1
    if any(isinstance(item.value, Symbol) for item in items):
        return Symbol(text)
    return Sequence(items)


def _pair(source: Source, start: int, end: int) -> Argument:
    text = source.text[start:end]
    before, colon, after = text.partition(":")
    if not colon:
        return Argument(_WORDS.get(text, _number(text)), (start, end))
    sides = [Argument(_number(side), (start, end)) for side in (before, after)]
    return Argument(Sequence(sides), (start, end))


def _number(text: str) -> object:
    """Return a number, else a word."""
    try:
        return int(text)
    except ValueError:
        pass  # not a whole number: a decimal, or a word
    try:
        value = float(text)
    except ValueError:
        return Symbol(text)
    return Symbol(text) if isnan(value) else value
