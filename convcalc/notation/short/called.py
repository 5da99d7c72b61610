"""A layer of the short notation that is written as a call, conv(64, 3), in the short notation: conv:64,k3."""

from __future__ import annotations

from convcalc.errors import SpecError
from convcalc.notation.call.tree import Argument, Call
from convcalc.notation.short.meant import meant
from convcalc.notation.short.read import CODES, FIELDS, FLAGS, read_word
from convcalc.notation.short.vocabulary import canonical
from convcalc.notation.sizes import PADDING_NAMES
from convcalc.text import Source


def meant_call(source: Source, call: Call, known: list[str]) -> str | None:
    """Return the hint for a call of a layer that is not one of the `known`: in the short notation, if it can be."""
    text = None if call.name.lower() in (name.lower() for name in known) else called(source, call)
    return meant(call.name, "", known) if text is None else f"in the short notation: {text}"


def called(source: Source, call: Call) -> str | None:
    """Return what a call means in the short notation; None where it is not a layer of it, or does not say one.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> text = Source("conv(64, (3, 5), stride=2)")
    >>> called(text, read_expression(text, 0, len(text.text)).value)
    'conv:64,k3x5,s2'
    """
    found = canonical(call.name)
    if found is None or found[0] not in FIELDS:
        return None
    places = [field for field, kind in FIELDS[found[0]].items() if kind not in ("flag", "number0?")]
    if len(call.positional) > len(places):
        return None
    fields = [_field(place, _value(source, each)) for place, each in zip(places, call.positional, strict=False)]
    if call.positional:
        fields[0] = _value(source, call.positional[0])
    fields += [_field(CODES.get(name, name), _value(source, each)) for name, _, each in call.keywords]
    text = f"{call.name}:{','.join(fields)}".rstrip(":")
    try:
        read_word(Source(text), 0, len(text), None)
    except SpecError:
        return None
    return text


def _field(name: str, value: str) -> str:
    """Return a field with its value: by its code, by a word of its own, or by its name."""
    flags = [word for word, flag in FLAGS.items() if flag == (name, value.lower() == "true")]
    if flags and value.lower() in ("true", "false"):
        return flags[0]
    if name == "padding" and value in PADDING_NAMES:
        return value
    codes = [code for code, field in CODES.items() if field == name and len(code) <= 2]
    return f"{codes[0] if codes else f'{name}='}{value}"


def _value(source: Source, argument: Argument) -> str:
    """Return an argument as the value of a field: (3, 5) is 3x5."""
    written = source.text[argument.start : argument.end].strip("()[] ")
    return "x".join(part.strip(" '\"") for part in written.split(","))
