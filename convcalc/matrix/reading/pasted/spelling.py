"""Other spellings of numbers and of the marks between them: full-width signs, `1.0f`, `1D-3`, factors, `...`."""

from __future__ import annotations

import re

from convcalc.matrix.reading.markup import start_of_rows
from convcalc.matrix.reading.pasted.paste import UNSIGNED, Paste, start_of_end
from convcalc.matrix.reading.pasted.slices import ROUNDED_NOTE
from convcalc.text import plain_signs

_OTHER_SIGNS = str.maketrans("＋／＊｜、【】〔〕％⁄∕", "+/*|,[][]%//")
_COMMENT = re.compile(r"(?:^|(?<=[\s;,{}\[\]]))//[^\n]*|/\*.*?\*/", re.DOTALL)
_MATLAB_COMMENT = re.compile(r"^[ \t]*%[^\n]*|(?<=;)[ \t]*%[^\n]*|(?<=\])[ \t]*%(?=[ \t]*\S)[^\n]*", re.MULTILINE)
_CONTINUED = re.compile(r"(?<=[^\s.])[ \t]*\.\.\.(?:[ \t][^\n0-9\[\],;]*)?\n")
_RATIO = rf"{UNSIGNED}(?:\s*/\s*{UNSIGNED})?"
_FACTOR = re.compile(
    rf"\s*(?P<factor>\(\s*[-+]?{_RATIO}\s*\)|[-+]?{_RATIO})[ \t]*"
    r"(?:(?P<times>\*[ \t]*(?=\n)|(?:\.?\*|[×·⋅∙]|\\cdot|\\times)[ \t]*(?=[\[({]|\\begin|\\left|[A-Za-z_.]+\())"
    r"|(?=\[|\\begin|\\left))"
)
_LATEX_FACTOR = re.compile(
    r"(?P<factor>[-+]?\s*\\[dt]?frac\s*(?:\{\s*(?P<above>[0-9.]+)\s*\}|(?P<digit>[0-9]))\s*"
    r"(?:\{\s*(?P<below>[0-9.]+)\s*\}|(?P<digit_below>[0-9])))\s*(?:\\cdot|\\times|\*)?\s*(?=\\begin|\\left|\[)"
)
_AFTER = re.compile(
    rf"(?<=[\])}}])(?<!\.tolist\(\))\s*(?P<sign>\.?[*/×])\s*(?P<factor>\(\s*[-+]?{_RATIO}\s*\)|[-+]?{_RATIO})\s*[;,]?\s*\Z"
)
_ONE_NUMBER = re.compile(r"[^\[]*[\[\s]+[-+.\w]+\s*\]")
_OTHERWISE_SPELT = re.compile(r"[a-df-zA-DF-Z/]")
_RATIONAL_OF_JULIA = re.compile(r"(?<![\w./])([0-9]+)//([0-9]+)(?![\w./])")
_SPELLINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?<![\w.])((?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?)[fFlL](?![\w.+-])"),
        r"\1",
    ),
    (re.compile(r"(?<![\w.])([0-9]+)(?:[uU][lL]{0,2}|[lL]{1,2}[uU]?)(?![\w.+-])"), r"\1"),
    (re.compile(r"(?<![\w.])((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[dD]([-+]?[0-9]+)(?![\w.])"), r"\1e\2"),
    (re.compile(r"\b(?:np|numpy|math|torch|tf|jnp)\.(nan|inf)\b(?!\s*\()", re.IGNORECASE), r"\1"),
    (re.compile(r"\bfloat\(\s*(['\"])(-?(?:nan|inf))\1\s*\)"), r"\2"),
    (re.compile(r"\bInteger\(\s*(-?[0-9]+)\s*\)"), r"\1"),
    (re.compile(r"\b(?:Fraction|Rational)\(\s*(-?[0-9]+)\s*,\s*([0-9]+)\s*\)"), r"\1/\2"),
    (_RATIONAL_OF_JULIA, r"\1/\2"),
    (re.compile(rf"(?<![\w./])({UNSIGNED})(?:[ \t]+/[ \t]*|/[ \t]+)({UNSIGNED})(?![\w./])"), r"\1/\2"),
)


def keyboard_signs(paste: Paste) -> Paste | None:
    """Take the full-width digits, brackets and punctuation of Chinese and Japanese pages for those of a keyboard."""
    if paste.text.isascii():
        return None
    return paste.replace(text=plain_signs(paste.text.translate(_OTHER_SIGNS)))


def comments_of_languages(paste: Paste) -> Paste | None:
    """Leave out the comments of C and JavaScript, `//` and `/* */`, and of MATLAB, `%`, among brackets."""
    text = paste.text
    if not any(mark in text for mark in ("{", "[", "<<")):
        return None
    if "//" in text or "*/" in text:
        text = _COMMENT.sub(_blanks, text)
    if "%" in text:
        text = _MATLAB_COMMENT.sub(_blanks, text)
    return paste.replace(text=text)


def continuations(paste: Paste) -> Paste | None:
    """Join lines that MATLAB continues with `...`; what NumPy left out is no continuation."""
    text = paste.text
    if not -1 < text.find("[") < text.find("...") or not (";" in text or "=" in paste.source.text):
        return None
    return paste.replace(text=_CONTINUED.sub(lambda match: " " * len(match[0]), text))


def factors(paste: Paste) -> Paste | None:
    r"""Note a factor before the numbers, `1/16 * [...]`, `\\frac{1}{16}\\begin{bmatrix}`, or after: `[...]/16`."""
    text = paste.text
    start = start_of_rows(text) if "\\" in text else 0
    latex = _LATEX_FACTOR.match(text, start)
    if latex is not None:
        above, below = latex["above"] or latex["digit"], latex["below"] or latex["digit_below"]
        sign = "-" if latex["factor"].startswith("-") else ""
        return paste.times(f"{sign}{above}/{below}", latex.start(), latex.end())
    before = _FACTOR.match(text, start)
    if before is not None and (before["times"] or "/" in before["factor"] or "\\" in text):
        printed = text[before.end() : before.end() + 1] == "\n"
        paste = paste.replace(notes=(*paste.notes, ROUNDED_NOTE)) if printed else paste
        _refuse_repeated(paste, before["times"] or "", before["factor"], before.start("factor"))
        return paste.times(before["factor"].strip("() \t"), before.start("factor"), before.end())
    after = _AFTER.search(text, start_of_end(text))
    if after is None:
        return None
    factor = after["factor"].strip("() \t")
    if after["sign"].endswith("/"):
        if "/" in factor:
            return None
        factor = f"-1/{factor[1:]}" if factor.startswith("-") else f"1/{factor.lstrip('+')}"
    _refuse_repeated(paste, after["sign"], factor, after.start("factor"))
    return paste.times(factor, after.start(), after.end())


def _refuse_repeated(paste: Paste, sign: str, factor: str, start: int) -> None:
    """Refuse a list of Python's times a whole number: there it is repeated, elsewhere its numbers are multiplied."""
    text = paste.source.text
    is_list = "[" in text and not any(mark in text for mark in ";({\\") and ("," in text or _ONE_NUMBER.match(text))
    if is_list and sign.strip() == "*" and factor.lstrip("+-").isdecimal():
        raise paste.source.fault(
            "Python repeats a list here, and does not multiply its numbers",
            start,
            start + len(factor),
            "write np.array([1, 2]) * 2 to multiply, or all the numbers to repeat",
        )


def numbers(paste: Paste) -> Paste | None:
    """Write `1.0f`, `3L`, `1D-3`, `1 / 16`, `Fraction(1, 16)` and `np.inf` as the plain reader has them."""
    text = paste.text
    if _OTHERWISE_SPELT.search(text) is None:
        return None
    floor = _RATIONAL_OF_JULIA.search(text)
    if floor is not None and int(floor[1][:30]) % (int(floor[2][:30]) or 1) and _may_be_python(paste.source.text):
        raise paste.source.fault(
            f"{floor[0]} can be read both ways: as Julia's fraction, or as a floor division of Python's",
            *floor.span(),
            f"write {floor[1]}/{floor[2]}, or {int(floor[1][:30]) // int(floor[2][:30])}",
        )
    for pattern, plain in _SPELLINGS:
        text = pattern.sub(lambda match, plain=plain: match.expand(plain).ljust(len(match[0])), text)  # type: ignore[misc]
    return paste.replace(text=text)


def _may_be_python(text: str) -> bool:
    """Return whether a text with `1//2` may be Python's: Julia's rows have blanks or semicolons between the numbers.

    >>> _may_be_python("[1//2, 1]"), _may_be_python("[1//2 1; 3 4]"), _may_be_python("Rational{Int64}[1//2, 1]")
    (True, False, False)
    """
    return "Rational" not in text and ("," in text or not re.search(r"\d[ \t]+\d|;|\d\n", text))


def _blanks(match: re.Match[str]) -> str:
    """Return spaces for what was matched, its line ends kept."""
    return "".join("\n" if character == "\n" else " " for character in match[0])
