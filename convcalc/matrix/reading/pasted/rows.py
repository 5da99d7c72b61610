"""Rows in brackets that no bracket holds together: one a line, YAML's lists; and ImageMagick's `3x3: 0,1,0 ...`."""

from __future__ import annotations

import re
from itertools import pairwise

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.brackets import bracketed_layout
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import layout_of_rows
from convcalc.matrix.reading.pasted.paste import UNSIGNED, Paste

_GROUP = re.compile(r"[\[({][^\[\](){}\n]*(?:\n[^\[\](){}\n]*)*[\])}]")
_BETWEEN = re.compile(r"\s*,\s*|[ \t]*\n\s*")
_YAML = re.compile(r"[ \t]*((?:-[ \t]+)+)\S[^\n]*")
_MINUS_BEFORE_BLANK = re.compile(r"[\u2212\u2013\ufe63\uff0d]\s")
_YAML_ROW = re.compile(r"(?:-[ \t]+)+(?=\[)")
_SIGNED = rf"[-+]?{UNSIGNED}"
_KERNEL = re.compile(
    rf"\s*(?P<width>[0-9]+)(?:x(?P<height>[0-9]+))?[ \t]*:\s*(?P<numbers>{_SIGNED}(?:[\s,]+{_SIGNED})*)[\s,]*"
)

LIST_NOTE = "each '-' before a blank is the mark of a list, not a minus sign"
ONE_ROW = "one row over several lines, as a program has it; for a matrix, put brackets around each row"


def bracketed_rows_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read one bracketed row a line, `[1, 2]`, rows with commas between them, or one row in `{}` or `()`."""
    text = paste.text
    start, end = len(text) - len(text.lstrip()), len(text.rstrip().rstrip(","))
    if text[start : start + 1] not in tuple("[({") or options.header or options.index:
        return None
    groups, ends = 0, []
    at = start
    while at < end:
        group = _GROUP.match(text, at, end)
        if group is None:
            return None
        if not group[0][1:-1].strip():
            return None
        groups += 1
        between = _BETWEEN.match(text, group.end(), end)
        if between is None:
            if group.end() != end:
                return None
            break
        ends.append("," if "," in between[0] else between[0].count("\n"))
        at = between.end()
    if len(set(ends)) > 1 or (groups == 1 and text[start] == "[" and not _is_one_row(paste, start, end)):
        return None
    layout = bracketed_layout(paste.source, text[:end].ljust(len(text)), outer=groups > 1)
    counts = [len(line.split()) for line in layout.text.split("\n") if line.strip()]
    looks_like_rows = groups == 1 and not paste.stated and len(counts) > 1 and len(set(counts)) == 1
    return layout.replace(notes=(ONE_ROW,)) if looks_like_rows else layout


def _is_one_row(paste: Paste, start: int, end: int) -> bool:
    """Return whether lines in one pair of brackets, each of which ends with a comma, are one row as in a program.

    Errors: nothing shows that a program wrote it, and MATLAB has a row a line there.
    """
    lines = [line.rstrip() for line in paste.text[start + 1 : end - 1].split("\n") if line.strip()]
    if len(lines) < 2 or ";" in paste.text[start:end] or not all(line.endswith(",") for line in lines[:-1]):
        return False
    if not paste.flat:
        raise paste.source.fault(
            "this can be read both ways: as one row, in Python and JavaScript, or as a row a line, in MATLAB",
            paste.text.index(lines[1]),
            paste.text.index(lines[1]) + len(lines[1]),
            "put brackets around each row, or leave out the commas at the ends of lines; for one row, one line",
        )
    return True


def yaml_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a list of YAML: `- [1, 2]` a line, `- - 1` and `  - 2`, the first `-` in a line of its own, or `- 1`."""
    if not paste.text.lstrip().startswith("-") or _MINUS_BEFORE_BLANK.search(paste.source.text):
        return None
    lines = _with_first_items(paste.text.split("\n"))
    items = [(number, _YAML.fullmatch(line.rstrip())) for number, line in enumerate(lines) if line.strip()]
    if not items or any(item is None for _, item in items):
        return None
    dashes = [(number, item[1].count("-"), item.start(1)) for number, item in items if item is not None]
    if all(_YAML_ROW.match(lines[number].lstrip()) for number, _, _ in dashes):
        return bracketed_rows_layout(paste.replace(text="\n".join(map(_without_dashes, lines))), options)
    depth, indent = dashes[0][1], dashes[0][2]
    if depth > 2 or any(at != indent + 2 * (depth - count) for _, count, at in dashes):
        return None
    begins = {number for number, count, _ in dashes if count == depth > 1}
    _refuse_minus_signs(paste, lines, [number for number, _, _ in dashes])
    text = ""
    for number, line in enumerate(lines):
        text += ("\n" if number in begins else " ") * (number > 0) + _without_dashes(line)
    return layout_of_rows(paste.source, text).replace(notes=(LIST_NOTE,))


def _refuse_minus_signs(paste: Paste, lines: list[str], items: list[int]) -> None:
    """Refuse a list of one item, and an item of several numbers, whose `-` may as well be a minus sign."""
    for number in items:
        if len(items) == 1 or len(_without_dashes(lines[number]).split()) > 1:
            start = sum(len(line) + 1 for line in lines[:number])
            raise paste.source.fault(
                "this can be read both ways: as an item of a list after '-', or as numbers of which one is negative",
                start,
                start + len(lines[number].rstrip()),
                "write a minus sign right before its number, and items of several numbers in brackets: - [1, 2]",
            )


def _with_first_items(lines: list[str]) -> list[str]:
    """Put a `-` that stands alone before the item below it, so that every place stays that of the source.

    >>> _with_first_items(["-", "  - 1", "  - 2"])
    [' ', '- - 1', '  - 2']
    """
    moved = list(lines)
    for number, (line, below) in enumerate(pairwise(lines)):
        at = line.find("-")
        if line.strip() == "-" and below.lstrip().startswith("- ") and not below[: at + 1].strip():
            moved[number] = " " * len(line)
            moved[number + 1] = f"{below[:at]}-{below[at + 1 :]}"
    return moved


def imagemagick_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a kernel of ImageMagick, `3x3: 0,1,0 1,-4,1 0,1,0`: its width, height (or none) and numbers."""
    match = _KERNEL.fullmatch(paste.text)
    if match is None or (match["width"] == "1" and match["height"] is None):  # a range such as 1:3
        return None
    width, height = int(match["width"]), int(match["height"] or match["width"])
    text = " " * match.start("numbers") + re.sub(r"[,\n]", " ", paste.text[match.start("numbers") :])
    count = len(text.split())
    if count != width * height:
        raise paste.source.fault(
            f"a kernel of {width}x{height} has {width * height} numbers, but {count} follow", *match.span("width")
        )
    return Layout(paste.source, text, (height, width))


def _without_dashes(line: str) -> str:
    match = re.match(r"[ \t]*(?:-[ \t]+)+", line)
    return line if match is None else " " * match.end() + line[match.end() :]
