"""Calls of nothing but numbers, True, False, None, tuples and such calls, read without Python's parser.

Most layers are no more than that, and Python's parser, whose tree is read a second time, takes three times as long.

    call     = name "(" [ argument { "," argument } [ "," ] ] ")" ;
    argument = [ name "=" ] ( number | "True" | "False" | "None" | tuple | call ) ;
    tuple    = "(" whole "," whole { "," whole } ")" ;
"""

from __future__ import annotations

import re
from functools import cache
from keyword import iskeyword

from convcalc.notation.call.tree import Argument, Call, Sequence

_WHOLE = r"(?:0|[1-9][0-9]{0,17})"
_OPENING = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\(\s*", re.ASCII)
_ARGUMENT = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?(?:"
    rf"(?P<whole>{_WHOLE}(?![\w.]))"
    r"|(?P<word>(?:True|False|None)(?![\w.(]))"
    rf"|(?P<tuple>\({_WHOLE}(?:, ?{_WHOLE})+\))"
    r"|(?P<number>[0-9]{1,17}(?:\.[0-9]{1,17}(?:e-?[0-9]{1,2})?|e-?[0-9]{1,2})(?![\w.]))"
    r"|(?P<call>[A-Za-z_][\w.]*(?=\()))",
    re.ASCII,
)
_NEXT = re.compile(r"\s*(?:,\s*)?")
_DIGITS = re.compile("[0-9]+")
_WORDS = {"True": True, "False": False, "None": None}


def plain_call(text: str, start: int) -> Argument | None:
    """Read a text that stands at the offset `start` as one call, None where it is more than the grammar above.

    >>> call = plain_call("nn.Conv2d(3, 64, kernel_size=(7, 5))", 0).value
    >>> call.name, call.positional[1].value, call.keywords[0][2].value.plain()
    ('nn.Conv2d', 64, (7, 5))
    >>> plain_call("Conv2d(3, 8 * 8, 3)", 0) is None
    True
    """
    opening = _OPENING.match(text)
    read = None if opening is None else _arguments(text, opening, start)
    return None if read is None or read.end - start != len(text) else Argument(read, (start, read.end))


def _arguments(text: str, opening: re.Match[str], shift: int) -> Call | None:
    """Return the call that `opening` begins, whose places are offsets in the text and `shift`."""
    if not _is_name(opening[1]):
        return None
    positional: list[Argument] = []
    keywords: dict[str, tuple[str, int, Argument]] = {}
    at, separated = opening.end(), True
    while not text.startswith(")", at):
        match = _ARGUMENT.match(text, at)
        argument = None if match is None or not separated else _argument(text, match, shift)
        if match is None or argument is None:
            return None
        name = match[1]
        if name is None and not keywords:
            positional.append(argument)
        elif name is None or name in keywords or not _is_name(name):
            return None
        else:
            keywords[name] = (name, shift + match.start(), argument)
        behind = argument.end - shift
        following = _NEXT.match(text, behind)
        assert following is not None  # it matches what is empty
        at, separated = following.end(), "," in following[0]
    start, name_end = opening.span(1)
    return Call(opening[1], positional, list(keywords.values()), (shift + start, shift + name_end, shift + at + 1))


def _argument(text: str, match: re.Match[str], shift: int) -> Argument | None:
    kind = match.lastgroup or ""
    start, end = match.span(kind)
    value: object
    if kind == "whole":
        value = int(text[start:end])
    elif kind == "tuple":
        digits = _DIGITS.finditer(text, start, end)
        value = Sequence([Argument(int(each[0]), (shift + each.start(), shift + each.end())) for each in digits])
    elif kind == "word":
        value = _WORDS[text[start:end]]
    elif kind == "number":
        value = float(text[start:end])
    else:
        opening = _OPENING.match(text, start)
        call = None if opening is None else _arguments(text, opening, shift)
        return None if call is None else Argument(call, (call.start, call.end))
    return Argument(value, (shift + start, shift + end))


@cache
def _is_name(name: str) -> bool:
    return not any(iskeyword(part) for part in name.split("."))
