"""A layer the way papers write it, `3x3 conv, 64, /2`, in the short notation: a hint, as its padding is not said."""

from __future__ import annotations

import re

_KINDS = (
    (r"max[- ]?pool(?:ing)?", "maxpool"),
    (r"(?:av(?:g|erage)|mean)[- ]?pool(?:ing)?", "avgpool"),
    (r"(?:fc|dense|linear|fully[- ]connected)", "fc"),
    (r"conv(?:olution(?:al)?)?", "conv"),
)
_FIELDS = (
    ("k", r"(\d+)\s*x\s*(\d+)"),
    ("s", r"(?:/\s*|strides?\s*(?:of|=)?\s*|\bs\s*=?\s*)(\d+)"),
    ("p", r"(?:pad(?:ding)?\s*(?:of|=)?\s*|\bp\s*=?\s*)(\d+)"),
    ("", r"\b(\d+)\b"),
)
_FILLERS = r"\b(?:layers?|filters?|channels?|kernels?|maps?|units?|2d|with|of|and)\b|[\s,;@-]"


def paper_hint(line: str) -> str | None:
    """Return the hint for a layer the way papers write it; None for another text.

    >>> paper_hint("3x3 conv, 64, /2")
    'in the short notation: conv:64,k3,s2,p1 (papers leave out the padding)'
    """
    found = in_short(line)
    return found and f"in the short notation: {found}{' (papers leave out the padding)' * (',p' in found)}"


def in_short(line: str) -> str | None:
    """Return a layer of a paper in the short notation, with the padding that keeps the size; None for another text.

    >>> in_short("3x3 conv, 64, /2"), in_short("7 × 7, 64, stride 2"), in_short("fc 1000"), in_short("conv:8,k3")
    ('conv:64,k3,s2,p1', 'conv:64,k7,s2,p3', 'fc:1000', None)
    """
    rest = line[:80].lower().replace("×", "x")
    if ":" in rest or not re.fullmatch(r"[^=]*((s|p|strides?|pad(ding)?) ?=[^=]*)*", rest):
        return None
    if re.search(r"\d\s*x\s*\d", rest):
        rest = re.sub(r"[()]", " ", rest)
    kind = ""
    for pattern, name in _KINDS:
        shorter = re.sub(rf"\b{pattern}\b", " ", rest, count=1)
        if not kind and shorter != rest:
            kind, rest = name, shorter
    found: dict[str, str] = {}
    for code, pattern in _FIELDS:
        match = re.search(pattern, rest)
        if match is not None:
            found[code] = "x".join(dict.fromkeys(match.groups()))
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    if re.sub(_FILLERS, "", rest) or not found or not (kind or {"k", ""} <= set(found)):
        return None
    if kind == "fc":
        return f"fc:{found['']}" if set(found) == {""} else None
    if "k" not in found or (kind.endswith("pool") and "" in found):
        return None
    sides = [int(size) for size in found["k"].split("x")]
    if not kind.endswith("pool") and "p" not in found and all(side % 2 for side in sides):
        found["p"] = "x".join(str(side // 2) for side in sides)
    fields = [found.get("", ""), *(f"{code}{found[code]}" for code in "ksp" if code in found and found[code] != "0")]
    if kind.endswith("pool"):
        fields = [found["k"], *fields[2:]]
    return f"{kind or 'conv'}:{','.join(field for field in fields if field)}"
