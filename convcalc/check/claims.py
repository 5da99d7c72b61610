"""Claimed sizes and counts read from text, in every form in which people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod

from convcalc.check.count_question import COUNTED
from convcalc.check.numbers import WrittenNumber, half_unit, written_number
from convcalc.errors import DataError
from convcalc.text import did_you_mean, plain_signs, printable

_OPENING = re.compile(r"(?:[A-Za-z.]*size|tensorshape|shape)?\s*[\[({]*", re.IGNORECASE)
_BETWEEN = re.compile(r" ?[x×\u0445*,;] ?| by | ", re.IGNORECASE)  # a Cyrillic x looks like a Latin one
_PIXELS = re.compile(r"(?<=\d)\s*(?:px|pixels?)\b", re.IGNORECASE)
_POWER = re.compile(r"(?<![\d.])(\d[\d.]*)\s*(?:(?:\^|\*\*)\s*([23])\b|([²³]))")
"""A square or a cube: 8^2, 8**3, 8²."""
_PRODUCT = re.compile(r"([^=]+)=\s*(\d{1,99})")
"""A size with the number of its cells: 8 x 8 = 64."""
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez)[a-z]*"
_DATE = re.compile(rf"\d{{1,2}}[-. ]+{_MONTH}(?:[-. ]+\d{{2,4}})?|{_MONTH}[-. ]+\d{{1,4}}", re.IGNORECASE)
_KEY = re.compile(r"(?:^|[,;]|(?<!\s)\s)\s*([A-Za-z][A-Za-z_ ]{0,40}?)\s*[=:]\s*")
_COUNT = re.compile(r"([-+]?[\d.,'_\s]*\d\.?(?:e[-+]?\d+)?)\s*([A-Za-z]*(?: [A-Za-z-]+)?)", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:([,'_\s])\d{3})(?:\1\d{3})*(?:\.\d*)?")

_POWERS = {"": 0, "k": 3, "m": 6, "g": 9, "b": 9, "t": 12}
_UNITS = re.compile(
    r"(k|m|g|b|t)?(?:(i)?(b|bytes?)|(macs?|flops?|mul(?:ti)?-?adds?|params?|parameters?|weights?|bias(?:es)?|buffers?))?",
    re.IGNORECASE,
)
_OF_UNIT = {
    "": COUNTED,
    "bytes": tuple(name for name in COUNTED if name.endswith("_bytes")),
    "macs": ("macs",),
    "flops": ("flops",),
    "params": ("params", "weights", "biases", "buffers"),
    "weights": ("params", "weights"),
    "biases": ("biases",),
    "buffers": ("buffers",),
}
"""What is counted in each unit; the first is meant where a claim does not say what it is of."""
_WORDS = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_ALIASES = {"parameters": "params", "parameter": "params", "param": "params", "mac": "macs", "flop": "flops"}
_ALIASES |= {"weight": "weights", "bias": "biases", "buffer": "buffers"}
_ALIASES |= dict.fromkeys(("muladd", "muladds", "multiadd", "multiadds"), "macs")

SIZED = ("output", "receptive_field")
"""What of a network can be claimed as one number per axis."""
_SIZE_ALIASES = dict.fromkeys(("size", "shape", "output_size", "output_shape"), "output") | dict.fromkeys(
    ("rf", "field", "receptive_field_size"), "receptive_field"
)


def read_sizes(text: str) -> dict[str, tuple[WrittenNumber | None, ...]]:
    """Read what is claimed of a network: the size that comes out, or sizes after what they are of.

    Raises DataError for what is not a size.

    >>> {name: list(map(str, size)) for name, size in read_sizes("output=8x15x15, rf=11x7").items()}
    {'output': ['8', '15', '15'], 'receptive_field': ['11', '7']}
    """
    return {
        name or SIZED[0]: read_size(claim.rstrip(",; "))
        for name, claim in _keyed(text, SIZED, _SIZE_ALIASES, "size").items()
    }


def read_size(text: str) -> tuple[WrittenNumber | None, ...]:
    """Read a claimed size, as people and frameworks write it; its numbers need not be ones that a size can have.

    `?` and `None` are sizes left open. Raises DataError for what is not a size, and where the number of cells that
    stands behind one is not that of its cells.

    >>> [str(number) for number in read_size("torch.Size([1, 64, 13.5, 13.5])")]
    ['1', '64', '13.5', '13.5']
    >>> [str(number) for number in read_size("8² = 64")]
    ['8', '8']
    """
    cleaned = _PIXELS.sub("", plain_signs(text).strip().replace("\u2212", "-"))
    cleaned = _POWER.sub(
        lambda found: "x".join([found[1]] * (3 if found[2] == "3" or found[3] == "³" else 2)), cleaned
    )
    if counted := _PRODUCT.fullmatch(cleaned):
        size = read_size(counted[1])
        known = [number.value for number in size if number is not None]
        if len(known) < len(size) or prod(known) != int(counted[2]):
            raise DataError(f"{_shown(text)} is not a size: the product is another", place="`check`")
        return size
    inside = " ".join(_OPENING.sub("", cleaned, count=1).rstrip("])}").split())
    parts = _BETWEEN.split(inside)
    # A mark before the first number or after the last one stands for nothing; two in a row are a slip: 10**9.
    parts = [part for place, part in enumerate(parts) if part or 0 < place < len(parts) - 1]
    numbers = [written_number(part) for part in parts]
    unread = {part for part, number in zip(parts, numbers, strict=True) if number is None}
    if _DATE.fullmatch(cleaned):
        message = f"{_shown(text)} is not a size but a date, which a spreadsheet made of it"
        raise DataError(message, place="`check`", hint="type it as text, or as 3x5")
    if not parts or unread - {"?", "None"}:
        raise DataError(f"{_shown(text)} is not a size", place="`check`", hint="write it as 64x112x112, or as 112")
    return tuple(numbers)


def read_counts(text: str, asked: str = "params") -> dict[str, WrittenNumber]:
    """Read claimed counts: one number, of what is `asked` or what its unit says, or several after what they count.

    Raises DataError for what is not a count, and for a unit in which something else is counted.

    >>> {name: str(number) for name, number in read_counts("macs=118,013,952, params=9.5k").items()}
    {'macs': '118013952', 'params': '9500'}
    >>> list(read_counts("118M")), list(read_counts("118 MMACs")), list(read_counts("896 bytes"))
    (['params'], ['macs'], ['param_bytes'])
    """
    counts = {}
    for name, claim in _keyed(text, COUNTED, _ALIASES, "count").items():
        number, unit = _number_and_unit(claim, in_bytes=(name or asked) in _OF_UNIT["bytes"])
        fitting = _OF_UNIT[unit]
        if name and name not in fitting:
            raise DataError(f"{name} are claimed in {unit}: {_shown(claim.strip())}", place="`check`")
        counts[name or (asked if asked in fitting else fitting[0])] = number
    return counts


def _keyed(text: str, known: Sequence[str], aliases: Mapping[str, str], what: str) -> dict[str, str]:
    """Return the claims in a text, each under what it is of: one of the `known`, or nothing where it does not say."""
    keys = list(_KEY.finditer(text))
    if not keys or text[: keys[0].start()].strip():
        return {"": text}
    ends = [*(key.start() for key in keys[1:]), len(text)]
    found: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=True):
        name = "_".join(key[1].lower().split())
        name = aliases.get(name, name)
        if name not in known:
            hint = did_you_mean(name, known) or f"one of {', '.join(known)}"
            raise DataError(f"{_shown(key[1])} is not a {what}", place="`check`", hint=hint)
        if name in found:
            raise DataError(f"{name} is claimed twice", place="`check`")
        found[name] = text[key.end() : end]
    return found


def read_count(text: str) -> WrittenNumber:
    """Read a count: whole, its thousands grouped or not, or rounded with its unit (`9.5k`, `1.2M`, `15.5 GMACs`).

    Raises DataError for what is not a count.

    >>> read_count("9,472").value, read_count("9.5k").agrees(9472), read_count("9.4k").agrees(9472)
    (Fraction(9472, 1), True, False)
    """
    return _number_and_unit(text)[0]


def _number_and_unit(text: str, *, in_bytes: bool = False) -> tuple[WrittenNumber, str]:
    """Return a count, and which of `_OF_UNIT` it is counted in; a B alone is a byte `in_bytes`, else a billion."""
    cleaned = plain_signs(text).strip().rstrip(",;").replace("\u2212", "-")
    match = _COUNT.fullmatch(cleaned)
    is_b = match is not None and match[2].lower() == "b"
    scaled = _power("bytes" if is_b and in_bytes else match[2]) if match else None
    number = _grouped_number(match[1]) if match else None
    if match is None or number is None or scaled is None:
        raise DataError(f"{_shown(text)} is not a count", place="`check`", hint="write it as 9472, 9,472 or 9.5k")
    if is_b and not in_bytes and not number.margin and match.end(1) < match.start(2):
        message = f"{_shown(text)} can be read both ways: as bytes, or as billions"
        raise DataError(message, place="`check`", hint=f"write {match[1]} bytes, or {match[1]}G")
    power, unit = scaled
    if power == 1:
        return number, unit
    return WrittenNumber(number.value * power, half_unit(_decimals(number)) * power, "digits"), unit


def _decimals(number: WrittenNumber) -> int:
    return int(number.digits.split()[0]) if number.digits[:1].isdigit() else 0


def _power(unit: str) -> tuple[int, str] | None:
    """Return what a unit multiplies by, 1000 for k, 1024 for KiB, and its place in `_OF_UNIT`; None if not known."""
    first, _, rest = unit.lower().partition(" ")
    in_words = _WORDS.get(first)
    match = _UNITS.fullmatch(first + rest if in_words is None else rest)
    if match is None or (match[1] and in_words is not None) or (rest and in_words is None and first not in _POWERS):
        return None
    power = in_words or _POWERS[(match[1] or "").lower()]
    word = (match[4] or "").lower().replace("-", "")
    kind = "bytes" if match[3] else _ALIASES.get(word, word)
    return int(1024 ** (power // 3)) if match[2] else int(10**power), kind


def _grouped_number(text: str) -> WrittenNumber | None:
    """Read a number whose thousands may be grouped by commas, blanks, apostrophes or underscores."""
    cleaned = text.strip().replace("\u00a0", " ").replace("\u202f", " ")
    grouped = _GROUPED.fullmatch(cleaned)
    return written_number(cleaned.replace(grouped[1], "") if grouped else cleaned)


def _shown(text: str) -> str:
    return repr(printable(text[:40]))
