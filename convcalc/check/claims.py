"""Claimed sizes and counts read from text, in every form in which people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from math import prod

from convcalc.check.count_question import COUNTED
from convcalc.check.numbers import WrittenNumber, half_unit, without_tex, written_number
from convcalc.errors import DataError
from convcalc.text import did_you_mean, plain_signs, printable

_OPENING = re.compile(r"(?:[A-Za-z.]*size|tensorshape|shape)?\s*[\[({]*", re.IGNORECASE)
_BETWEEN = re.compile(r" ?([x×\u0445*,;]) ?| (by) | ", re.IGNORECASE)  # a Cyrillic x looks like a Latin one
_PRODUCTS = {"x", "×", "\u0445", "*", "by"}
_ZEROS_BEHIND_COMMA = re.compile(r"\d+,0+")
_AXIS = r"(?:height|width|depth|channels?|batch|[hwdcbn])\s*[=:]\s*\d+"
_AXES = re.compile(rf"\b{_AXIS}(?:(?:\s*[,;]\s*|\s+){_AXIS})+(?![\w.])", re.IGNORECASE)
_ORDER_OF_AXES = "dhw"
_MAPS = re.compile(r"\b(\d+)\s*@\s*(\d+)\s*[x×]\s*(\d+)\b")
"""Channels before the size of each, as in drawings of networks: 6@28x28."""
_BATCH = ("b", "n", "batch")
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

_SUM = re.compile(r"((?:\d{1,3}(?:,\d{3})+|\d{1,30})(?:\s*[+*x×]\s*(?:\d{1,3}(?:,\d{3})+|\d{1,30}))+)\s*(?:=(.+))?")
"""A sum of products, and what stands behind its equals sign."""
_AND = re.compile(r"\s*(?:\+|\band\b|[,;](?=\s))\s*")

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
_ALIASES |= dict.fromkeys(("total_params", "total_parameters", "total"), "params")
_ALIASES |= {"weight": "weights", "bias": "biases", "buffer": "buffers"}
_ALIASES |= dict.fromkeys(("muladd", "muladds", "multiadd", "multiadds"), "macs")

SIZED = ("output", "receptive_field")
"""What of a network can be claimed as one number per axis."""
_SIZE_ALIASES = dict.fromkeys(("size", "shape", "output_size", "output_shape"), "output") | dict.fromkeys(
    ("rf", "field", "receptive_field_size"), "receptive_field"
)


def read_sizes(text: str, layout: str = "chw") -> dict[str, tuple[WrittenNumber | None, ...]]:
    """Read what is claimed of a network: the size that comes out, or sizes after what they are of.

    Sizes of named axes are put in the order of the `layout`, whatever order they are named in. Raises
    DataError for what is not a size.

    >>> {name: list(map(str, size)) for name, size in read_sizes("output=8x15x15, rf=11x7").items()}
    {'output': ['8', '15', '15'], 'receptive_field': ['11', '7']}
    """
    named = _MAPS.sub(r"C=\1, H=\2, W=\3", without_tex(text).strip().removesuffix("."))
    claims = _keyed(_AXES.sub(partial(_of_axes, layout=layout), named), SIZED, _SIZE_ALIASES, "size")
    return {name or SIZED[0]: read_size(claim.rstrip(",; ")) for name, claim in claims.items()}


def _of_axes(named: re.Match[str], layout: str) -> str:
    """Return the size whose axes are named, in their order: W=6, H=8 is 8x6; others as they are."""
    axes = [(name.lower()[0], size) for name, size in re.findall(r"([A-Za-z]+)\s*[=:]\s*(\d+)", named[0])]
    letters = "".join(letter for letter, _ in axes).replace("b", "n")
    spatial = sorted(
        ((letter, size) for letter, size in axes if letter in _ORDER_OF_AXES),
        key=lambda axis: _ORDER_OF_AXES.index(axis[0]),
    )
    if len(set(letters)) < len(letters):
        return named[0]
    channels = [axis for axis in axes if axis[0] == "c"]
    batch = [axis for axis in axes if axis[0] in _BATCH]
    placed = [*channels, *spatial] if layout == "chw" else [*spatial, *channels]
    return "x".join(size for _, size in (*batch, *placed))


def read_size(text: str) -> tuple[WrittenNumber | None, ...]:
    """Read a claimed size, as people and frameworks write it; its numbers need not be ones that a size can have.

    `?` and `None` are sizes left open. Raises DataError for what is not a size, and where the number of cells that
    stands behind one is not that of its cells.

    >>> [str(number) for number in read_size("torch.Size([1, 64, 13.5, 13.5])")]
    ['1', '64', '13.5', '13.5']
    >>> [str(number) for number in read_size("8² = 64")]
    ['8', '8']
    """
    cleaned = _PIXELS.sub("", plain_signs(without_tex(text)).strip().replace("\u2212", "-"))
    if _ZEROS_BEHIND_COMMA.fullmatch(cleaned):
        whole, zeros = cleaned.split(",")
        message = f"{_shown(text)} can be read both ways: as {whole}x{zeros}, or as the number {whole}.{zeros}"
        raise DataError(message, place="`check`", hint=f"write {whole}, or {whole}x{zeros}")
    cleaned = _POWER.sub(lambda found: "x".join([found[1]] * _exponent(found)), cleaned)
    if counted := _PRODUCT.fullmatch(cleaned):
        size = read_size(counted[1])
        known = [number.value for number in size if number is not None]
        if len(known) < len(size) or prod(known) != int(counted[2]):
            raise DataError(f"{_shown(text)} is not a size: the product is another", place="`check`")
        return size
    inside = " ".join(_OPENING.sub("", cleaned, count=1).rstrip("])}").split())
    # A comma after the last number stands for nothing, as in Python's tuples; two marks in a row are a slip: 10**9.
    inside = inside.removesuffix(",").rstrip()
    parts, marks = _BETWEEN.split(inside)[::3], [mark[0] for mark in _BETWEEN.finditer(inside)]
    _refuse_mixed(text, inside, marks)
    if len(parts) > 1 and parts[0].lower() in _BATCH:
        parts[0] = "?"
    numbers = [written_number(part) for part in parts]
    unread = {part for part, number in zip(parts, numbers, strict=True) if number is None}
    if _DATE.fullmatch(cleaned):
        message = f"{_shown(text)} is not a size but a date, which a spreadsheet made of it"
        raise DataError(message, place="`check`", hint="type it as text, or as 3x5")
    if not parts or unread - {"?", "None"}:
        raise DataError(f"{_shown(text)} is not a size", place="`check`", hint="write it as 64x112x112, or as 112")
    return tuple(numbers)


def _refuse_mixed(text: str, inside: str, marks: Sequence[str]) -> None:
    """Refuse a size with several kinds of marks, but for channels beside a size: `7x7 8x8` is two."""
    kinds = {mark.strip().lower() for mark in marks}
    products, others = kinds & _PRODUCTS, kinds - _PRODUCTS
    tight = re.sub(" ?([x×\u0445*]) ?| (by) ", r"\1\2", inside, flags=re.IGNORECASE)
    groups = tight.split(min(others) or " ") if others else []
    several = sum(any(mark in group.lower() for mark in products) for group in groups) > 1
    if len(others) > 1 or len(products) > 1 or several:
        hint = "write it as 64x112x112, or as 112"
        raise DataError(f"{_shown(text)} is not one size", place="`check`", hint=hint)


def bare_power(text: str) -> WrittenNumber | None:
    """Return the number that a text is that is read as a square or a cube, 2^3, and may be meant as a number.

    >>> str(bare_power("2^3")), bare_power("8x8")
    ('8', None)
    """
    found = _POWER.fullmatch(plain_signs(without_tex(text)).strip())
    number = None if found is None else written_number(found[1])
    if found is None or number is None:
        return None
    return WrittenNumber(number.value ** _exponent(found))


def _exponent(power: re.Match[str]) -> int:
    return 3 if power[2] == "3" or power[3] == "³" else 2


def read_counts(text: str, asked: str = "params") -> dict[str, WrittenNumber]:
    """Read claimed counts: one number, of what is `asked` or what its unit says, or several after what they count.

    Raises DataError for what is not a count, and for a unit in which something else is counted.

    >>> {name: str(number) for name, number in read_counts("macs=118,013,952, params=9.5k").items()}
    {'macs': '118013952', 'params': '9500'}
    >>> list(read_counts("118M")), list(read_counts("118 MMACs")), list(read_counts("896 bytes"))
    (['params'], ['macs'], ['param_bytes'])
    """
    text = _worked_out(without_tex(text))
    if counts := _of_units(text):
        return counts
    for name, claim in _keyed(text, COUNTED, _ALIASES, "count").items():
        number, unit = _number_and_unit(claim, in_bytes=(name or asked) in _OF_UNIT["bytes"])
        fitting = _OF_UNIT[unit]
        if name and name not in fitting:
            raise DataError(f"{name} are claimed in {unit}: {_shown(claim.strip())}", place="`check`")
        counts[name or (asked if asked in fitting else fitting[0])] = number
    return counts


def _worked_out(text: str) -> str:
    """Return what is claimed behind a sum of products, or what such a sum is; any other text as it is.

    Raises DataError where the sum is another.

    >>> _worked_out("27*4 + 4 = 112"), _worked_out("108+4"), _worked_out("112")
    ('112', '112', '112')
    """
    found = _SUM.fullmatch(text.strip())
    if found is None:
        return text
    terms = found[1].replace(",", "").split("+")
    total = sum(prod(map(int, re.split("[*x×]", term))) for term in terms)
    if found[2] is None:
        return str(total)
    if not read_count(found[2]).agrees(total):
        raise DataError(f"{_shown(text)} is not a count: the sum is {total}", place="`check`")
    return found[2].strip()


def _of_units(text: str) -> dict[str, WrittenNumber]:
    """Return counts that stand with their units, 108 weights + 4 biases (= 112); none where it is not so."""
    parts, _, total = text.partition("=")
    counts: dict[str, WrittenNumber] = {}
    for part in _AND.split(parts.strip()):
        number = _COUNT.fullmatch(part)
        scaled = _power(number[2]) if number is not None and number[2] else None
        if scaled is None or scaled[1] not in COUNTED or scaled[1] in counts:
            return {}
        counts[scaled[1]] = read_count(part)
    if len(counts) < 2:
        return {}
    return counts | ({"params": read_count(total)} if total else {})


def _keyed(text: str, known: Sequence[str], aliases: Mapping[str, str], what: str) -> dict[str, str]:
    """Return the claims in a text, each under what it is of: one of the `known`, or nothing where it does not say."""
    keys = list(_KEY.finditer(text))
    before = text[: keys[0].start()].strip() if keys else text
    if not keys or (before and what != "size" and text[keys[0].start()] not in ",;"):
        return {"": text}
    ends = [*(key.start() for key in keys[1:]), len(text)]
    found = {"": before} if before else {}
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
