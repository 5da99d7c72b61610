"""Arguments bound to parameters by a signature: their order, their kinds and their defaults.

A signature is plain data: a tuple of (name, kind, default), the default `...` where the argument is required. This
module knows no layers and no notation.
"""

from __future__ import annotations

from convcalc.notation.call.arguments import READERS, BoundArguments
from convcalc.notation.call.tree import Call
from convcalc.text import Source, did_you_mean

Signature = tuple[tuple[str, str, object], ...]
# Layers by name: family, number of spatial axes, parameters.
Signatures = dict[str, tuple[str, int, Signature]]


def bind(source: Source, call: Call, signature: Signature, rank: int, keywords: Signature = ()) -> BoundArguments:
    """Bind the arguments of `call` to the parameters of `signature`, as Python would, and check their kinds.

    The parameters in `keywords` are keyword-only. Raises SpecError at an argument that is unknown, missing, given
    twice, or of the wrong kind.
    """
    bound = BoundArguments(source, call, rank)
    for index, argument in enumerate(call.positional):
        if index == len(signature):
            message = f"{call.short_name} takes at most {len(signature)} arguments, got {len(call.positional)}"
            raise source.fault(message, argument.start, argument.end)
        bound.given[signature[index][0]] = argument
    known = _known(signature, keywords, rank)
    for name, at, argument in call.keywords:
        if name not in known.kinds:
            hint = did_you_mean(name, list(known.kinds)) or (
                f"it takes {', '.join(known.kinds)}" if known.kinds else None
            )
            raise source.fault(f"{call.short_name} has no parameter {name!r}", at, at + len(name), hint)
        if name in bound.given:
            raise source.fault(f"{name} is given twice", at, argument.end)
        bound.given[name] = argument
    for name in known.required:
        if name not in bound.given:
            hint = f"it takes {', '.join(known.required)}" if len(known.required) > 1 else None
            raise source.fault(f"{call.short_name} needs {name}", call.start, call.name_end, hint)
    bound.values = values = known.defaults.copy()
    for name, argument in bound.given.items():
        values[name] = READERS[known.kinds[name]](bound, name, argument.value)
    return bound


class _Known:
    """What is known of the parameters of a signature: their kinds, which are required, and the defaults as read."""

    __slots__ = ("defaults", "kinds", "parts", "required")

    def __init__(self, signature: Signature, keywords: Signature, rank: int) -> None:
        self.parts = (signature, keywords)  # kept, so that their identity stays theirs
        bound = BoundArguments(Source(""), Call("", [], [], (0, 0, 0)), rank)
        parameters = (*signature, *keywords)
        self.kinds = {name: kind for name, kind, _ in parameters}
        self.required = [name for name, _, default in parameters if default is ...]
        self.defaults = {
            name: default if default is ... else READERS[kind](bound, name, default)
            for name, kind, default in parameters
        }


_KNOWN: dict[tuple[int, int, int], _Known] = {}


def _known(signature: Signature, keywords: Signature, rank: int) -> _Known:
    """Return what is known of a signature, by its identity: to hash all of it takes as long as to bind to it."""
    key = (id(signature), id(keywords), rank)
    found = _KNOWN.get(key)
    if found is None:
        found = _KNOWN[key] = _Known(signature, keywords, rank)
    return found
