"""Names before numbers: labels of a print, `NAME =`, declarations of C, JavaScript and their kin."""

from __future__ import annotations

import re

from convcalc.matrix.reading.pasted.paste import Paste
from convcalc.matrix.reading.whole_types import declared_type, whole_type

_LABEL = re.compile(
    r"\s*(?P<label>[\"']?[A-Za-z_]"
    r"(?:[^\n:=;,\[\]{}|&\\<>\"'#]|\[[0-9 :]*\]|(?P<size>\([0-9]+(?:, ?[0-9]+)+\))){0,60}[\"']?)"
    r"[ \t]*:(?=[\s\[({<\w.+-]|\Z)[ \t]*"
)
_NOT_A_LABEL = re.compile(r"\s*(?:Columns?\b|Parameter containing|https?\b)", re.IGNORECASE)
_SIZE = re.compile(r"torch\.Size\(\[([0-9, ]*)\]\)[ \t]*,?[ \t]*(?=\n\s*\S)")
_PLAIN_SIZE = re.compile(
    r"(?:torch\.Size\(\[[0-9, ]*\]\)|\([0-9]+(?:, *[0-9]+)*,?\)|\[[0-9]+(?:[, ]+[0-9]+)*\]"
    r"|[0-9]+(?:[ ]?[x×*][ ]?[0-9]+)*)[ \t]*,?[ \t]*(?=\n\s*\S)"
)
_ONLY_SIZE = re.compile(r"(?:torch\.Size)?[(\[0-9, x×\])]*\s*")
_SHAPE_LINE = re.compile(
    r"\s*(?:(?:[A-Za-z_]\w*[ \t]+)?torch\.Size\(\[(?P<size>[0-9, ]*)\]\)|\((?P<plain>[0-9]+,[0-9, ]*)\))"
    r"[ \t]*\n(?=\s*(?:\[|(?:\w+\.)*(?:tensor|array)\())"
)
_OF_SIZE = re.compile(r"shape|size|dims?\b|dimensions", re.IGNORECASE)
_NAME = re.compile(
    r"\s*(?:[A-Za-z_$][\w.$]*(?:\[[^\]\n=]*\]|\{[^}\n=]*\})?|\\math(?:bf|rm|cal)\{\w+\}(?:_\w)?)\s*(?::=|=)(?!=)\s*"
)
_WORDS = (
    "export|default|static|const|constexpr|final|public|private|protected|volatile|register|unsigned|signed|let|var|val"
    "|mut|readonly|inline|extern|auto|local|my"
)
_TYPE_AFTER = (
    # TypeScript's, such as number[][], or Rust's, such as [[f32; 3]; 3]
    r"(?P<colon>\s*:\s*(?:[\w.]+(?:<[\w.<>,\[\] ]*>)?(?:\[\])*|\[+\w+(?P<sizes>(?:;\s*\d+\])+)|\[+\w+\]+))?"
)
_DECLARATION = re.compile(
    rf"\s*(?P<words>(?:(?:{_WORDS})\s+)*)"
    r"(?:(?P<type>[A-Za-z_][\w:.]*(?:<[\w:,<>\s*&]*>)?(?:\s*(?:\[[\d,\s]*\]|[*&]))*)\s+)?"
    rf"(?P<name>[A-Za-z_$][\w$]*)(?P<dims>(?:\s*\[\s*\w*\s*\])*){_TYPE_AFTER}\s*=\s*"
    r"(?:new\s+[\w.]*\s*(?:\[[\d,\s]*\])*\s*)?(?=[\[({]|[A-Za-z_.]+\()"
)
_GO = re.compile(r"\s*(?P<dims>(?:\[[\d.]*\])+)(?P<type>[a-z]\w*)\s*(?=\{)")
_JULIA = re.compile(r"\s*(?P<type>Float\d+|U?Int\d*|Bool|Any|Real|Number|Rational\{\w+\})(?=\[)")
_EXPORT = re.compile(r"\s*(?:export\s+default|return)\s+(?=[\[({])")
_OCTAL = re.compile(r"(?<![\w.])(?<![eE][-+])0+[1-7][0-7]+(?![\w.])")
_DIVISION = re.compile(r"(?<![\w.])(\d{1,30})\s*/\s*(\d{1,30})(?![\w.])")
_DIMENSION = re.compile(r"\[\s*(\w*)\s*\]")


def labels(paste: Paste) -> Paste | None:
    """Leave out a label before a print, `x variable:`, and note a size after it, `x: torch.Size([1, 1, 8, 8])`."""
    text = paste.text
    shape = _SHAPE_LINE.match(text)
    if shape is not None:
        name = "size" if shape["size"] is not None else "plain"
        return paste.stating(shape[name], *shape.span(name)).without(shape.span())
    label = _LABEL.match(text)
    if label is None or _NOT_A_LABEL.match(text) or label[0].count("(") != label[0].count(")"):
        return None
    if _OF_SIZE.search(label["label"]) and _ONLY_SIZE.fullmatch(text, label.end()):
        return None
    size = (_PLAIN_SIZE if _OF_SIZE.search(label["label"]) else _SIZE).match(text, label.end())
    if label["size"] is not None:
        paste = paste.stating(label["size"], *label.span("size"))
    if size is None:
        return paste.without(label.span())
    return paste.stating(size[0], *size.span()).without((label.start(), size.end()))


def declarations(paste: Paste) -> Paste | None:
    """Leave out a declaration such as `int k[3][3] =` or `const k =`, and note the sizes that it states."""
    text = paste.text
    for pattern in (_GO, _JULIA, _EXPORT):
        match = pattern.match(text)
        if match is not None:
            return _without_declaration(paste, match, match.groupdict().get("dims") or "")
    match = _DECLARATION.match(text)
    if match is None or not (match["words"] or match["type"] or match["dims"] or match["colon"]):
        return None
    if not (match["words"] or match["type"]) and match["dims"] and text[match.end() : match.end() + 1] != "{":
        return None  # an index, not sizes
    if match[0].count("[") != match[0].count("]"):
        return None
    if match["sizes"] is not None:
        sizes = " ".join(reversed(re.findall(r"\d+", match["sizes"])))
        paste = paste.stating(sizes, *match.span("sizes"), flat=True)
    return _without_declaration(paste, match, match["dims"])


def _without_declaration(paste: Paste, match: re.Match[str], dims: str) -> Paste:
    stated = match.groupdict()
    if "words" in stated:
        whole = declared_type(" ".join(stated[part] or "" for part in ("words", "type", "colon")))
    else:
        whole = whole_type(stated.get("type") or "")
    paste = paste.replace(whole=whole or paste.whole)
    octal = _OCTAL.search(paste.text, match.end())
    if octal is not None:
        decimal = octal[0].lstrip("0")
        hint = f"write {decimal}, or {int(octal[0], 8)} for the octal number"
        raise paste.source.fault(f"{octal[0]} is an octal number in C and its kin", *octal.span(), hint)
    if paste.text[match.end() : match.end() + 1] == "{" and (stated.get("words") or "").split() != ["local"]:
        refuse_whole_divisions(paste, match.end())
    sizes = _DIMENSION.findall(dims)
    is_open = False
    if len(sizes) > 1 and not sizes[0].isdigit():
        # C counts the rows of k[][3] itself.
        sizes, is_open = sizes[1:], True
    if sizes and all(size.isdigit() for size in sizes):
        paste = paste.stating(" ".join(sizes), *match.span("dims"), flat=True, is_open=is_open)
    return paste.without(match.span()).replace(flat=True)


def refuse_whole_divisions(paste: Paste, start: int) -> None:
    """Refuse a quotient of whole numbers that C and its kin cut off: 1/2 is 0 there, whatever the type."""
    for found in _DIVISION.finditer(paste.text, start):
        above, below = int(found[1]), int(found[2])
        if below and above % below:
            hint = f"write {above}.0/{below}, or {above // below} for what the program computes"
            raise paste.source.fault(f"{found[0]} is {above // below} in C and its kin", *found.span(), hint)


def names(paste: Paste) -> Paste | None:
    """Leave out the name of a matrix, `INPUT =` or `K :=`."""
    name = _NAME.match(paste.text)
    return None if name is None else paste.without(name.span())
