"""What the short notation knows, read off the tables that read it: kinds with their fields, words, names."""

from __future__ import annotations

from collections.abc import Iterable

from convcalc.notation.branches import SIGNS, TAKING
from convcalc.notation.keras.signatures import SIGNATURES as KERAS
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.short.by_name import ALIASES, GLOBAL
from convcalc.notation.short.read import CODES, FIELDS, FLAGS, MODES
from convcalc.notation.short.vocabulary import ELEMENTWISE, KINDS
from convcalc.notation.sizes import PADDING_NAMES

Rows = list[tuple[str, str]]


def listing() -> dict[str, Rows]:
    """Return the parts of the notation by their titles, each a list of what is written and what it means.

    A row of names alone has nothing as its first half.

    >>> listing()["Layers with fields"][0]
    ('conv:OUT,kN,sN,pN,dN,gN,inN,nobias', 'also convolution')
    """
    return {
        "Layers with fields": [(_template(kind), _other_spellings(kind)) for kind in FIELDS],
        "Fields": _fields(),
        "Layers without fields": [("", ", ".join(bare_names()))],
        "By the name in PyTorch, with its parameters": [("", _names(PYTORCH))],
        "By the name in Keras, with its parameters": [("", _names(KERAS, besides=PYTORCH))],
        "Between layers": _between(),
    }


def _template(kind: str) -> str:
    """Return how a layer of a kind is written with all its fields, the first of them without its code."""
    short = {field: code for code, field in CODES.items() if len(code) <= 2}
    known = FIELDS[kind]
    valued = [field for field, value in known.items() if value != "flag"]
    flags = [flag for flag, (field, _) in FLAGS.items() if field in known and flag != "bias"]
    fields = ["OUT" if valued[0] == "out" else "N", *(_code(field, short) for field in valued[1:])]
    return f"{kind}:{','.join([*fields, *flags])}"


def _code(field: str, short: dict[str, str]) -> str:
    code = short.get(field, field)
    return f"{code}N" if len(code) <= 2 else f"{field}=N"


def _other_spellings(kind: str) -> str:
    others = [word for word, known in KINDS.items() if known == kind and word != kind.lower()]
    return f"also {', '.join(others)}" if others else ""


def _fields() -> Rows:
    """Return the codes of fields, and the words that are a field by themselves."""
    codes = [(f"{code}N", field.replace("_", " ")) for code, field in CODES.items() if len(code) <= 2]
    flags = [(flag, f"{field}={'true' if value else 'false'}") for flag, (field, value) in FLAGS.items()]
    named = [(" ".join(PADDING_NAMES), "padding by its name"), (" ".join(MODES), "what the padding of conv holds")]
    values = [("N", "one number, or one per spatial axis: 3x5"), ("pA:B", "padding before:after, or p0:1x2:3")]
    return [*values, *codes, *flags, *named, ("key=value", "any field by its name: out=64, kernel=3")]


def bare_names() -> list[str]:
    """Return the layers that are written by their name alone."""
    return sorted({*GLOBAL, *ALIASES, *ELEMENTWISE})


def _names(names: Iterable[str], besides: Iterable[str] = ()) -> str:
    """Return names in lower case; those that differ in their axes alone stand once, as conv1d/2d/3d."""
    ranks: dict[str, list[str]] = {}
    known = {*KINDS, *ELEMENTWISE, *(name.lower() for name in besides)}
    for name in sorted({name.lower() for name in names} - known):
        rank = name[-2:] if name[-2:] in ("1d", "2d", "3d") else ""
        ranks.setdefault(name.removesuffix(rank), []).append(rank)
    return ", ".join(f"{stem}{'/'.join(found)}" for stem, found in ranks.items() if stem not in KINDS)


def _between() -> Rows:
    """Return how layers form networks."""
    return [
        ("3*(conv:8,k3 relu)", "repeated"),
        *((f"(A {sign} B)", f"two branches: {kind}") for sign, kind in SIGNS.items()),
        ("id", "the empty branch"),
        ("=a or as:a", "keep the current tensor under the name a"),
        ("from:a", "go back to it"),
        *((f"{word}:a", f"take it in: {kind}") for word, kind in TAKING.items()),
    ]
