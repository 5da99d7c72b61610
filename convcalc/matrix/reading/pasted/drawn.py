"""Matrices and tables drawn with characters: brackets in pieces, `⎡1 2⎤`, bars, and boxes."""

from __future__ import annotations

import re

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.dialects import layout_of_text
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import layout_of_rows
from convcalc.matrix.reading.pasted.paste import Paste

_LEFT, _RIGHT = "⎡⎢⎣⎛⎜⎝⎧⎨⎩⎪┌│└╭╰[|", "⎤⎥⎦⎞⎟⎠⎫⎬⎭⎪┐│┘╮╯]|"
_CORNERS = set("⎡⎢⎣⎛⎜⎝⎤⎥⎦⎞⎟⎠⎧⎨⎩⎫⎬⎭⎪┌╭")
_PIECE_LINE = re.compile(
    rf"(?P<name>[ \t]*(?:[A-Za-z_]\w*[ \t]*=[ \t]*)?)[{re.escape(_LEFT)}](?P<inside>[^{re.escape(_LEFT + _RIGHT)}]*)"
    rf"[{re.escape(_RIGHT)}][ \t]*[,;.]?[ \t]*"
)
_NOTHING = re.compile(r"[ \t]*\[[ \t]+\][ \t]*")
_POLARS_TYPES = re.compile(r"^[ \t]*\|(?:[ \t]*(?:---|[iuf][0-9]+)[ \t]*\|)+[ \t]*\n", re.MULTILINE)
_BOX = str.maketrans(
    dict.fromkeys("┌┬┐├┼┤└┴┘╞╪╡╔╦╗╠╬╣╚╩╝┏┳┓┡╇┩┣╋┫┗┻┛╭╮╰╯╒╤╕╘╧╛╟╫╢", "+")
    | dict.fromkeys("─━═╌┈╍", "-")
    | dict.fromkeys("│┃║┆┊", "|")
)


def drawn_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a matrix between drawn brackets, between bars at both ends of its lines, or a table in a drawn box."""
    text = paste.text
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines:
        return None
    if not text.isascii() and any(mark in text for mark in "┬┼┴┆╪╬╦╩┳╇┻"):
        boxed = _POLARS_TYPES.sub(lambda match: " " * len(match[0]), text.translate(_BOX))
        return layout_of_text(paste.source, boxed, options) if boxed != text and options.format is None else None
    drawn = not text.isascii() and not _CORNERS.isdisjoint(text)
    bars = all(line.strip()[0] == line.strip()[-1] == "|" for line in lines)
    bars = bars or (all(line.strip()[0] == "[" for line in lines) and any(map(_NOTHING.fullmatch, lines)))
    if not (drawn or bars) or options.header or options.index:
        return None
    matches = [_PIECE_LINE.fullmatch(line) for line in lines]
    named = [match for match in matches if match is not None and match["name"].strip()]
    if None in matches or len(named) > 1:
        return None
    return layout_of_rows(paste.source, _inside(text))


def _inside(text: str) -> str:
    """Return `text` with spaces for all but what stands between the marks, and for lines without numbers."""
    kept = ""
    for line in text.split("\n"):
        match = _PIECE_LINE.fullmatch(line)
        inside = "" if match is None else match["inside"]
        start = 0 if match is None else match.start("inside")
        kept += (" " * start + inside).ljust(len(line)) + ("\n" if inside.strip(" \t-─") else " ")
    return kept[: len(text)]
