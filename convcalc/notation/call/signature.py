"""Arguments bound to parameters by a signature: their order, their kinds and their defaults.

A signature is plain data: a tuple of (name, kind, default), the default `...` where the argument is required. This
module knows no layers and no notation.
"""

from __future__ import annotations

from functools import cache

from convcalc.notation.call.arguments import READERS, BoundArguments
from convcalc.notation.call.syntax import Call
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
    parameters = (*signature, *keywords) if keywords else signature
    known = [parameter[0] for parameter in parameters]
    for name, at, argument in call.keywords:
        if name not in known:
            hint = did_you_mean(name, known) or (f"it takes {', '.join(known)}" if known else None)
            raise source.fault(f"{call.short_name} has no parameter {name!r}", at, at + len(name), hint)
        if name in bound.given:
            raise source.fault(f"{name} is given twice", at, argument.end)
        bound.given[name] = argument
    bound.values = dict(_defaults(parameters, rank))
    for name, kind, default in parameters:
        given = bound.given.get(name)
        if given is not None:
            bound.values[name] = READERS[kind](bound, name, given.value)
        elif default is ...:
            raise source.fault(f"{call.short_name} needs {name}", call.start, call.name_end)
    return bound


@cache
def _defaults(parameters: Signature, rank: int) -> dict[str, object]:
    """Return the default of each parameter as it is read for `rank` axes, `...` for one that is required."""
    bound = BoundArguments(Source(""), Call("", [], [], (0, 0, 0)), rank)
    return {
        name: default if default is ... else READERS[kind](bound, name, default) for name, kind, default in parameters
    }
