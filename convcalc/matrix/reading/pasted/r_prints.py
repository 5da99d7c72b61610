"""What R prints: matrices under `[,1]`, beside `[1,]`, arrays under `, , 1`, and vectors after `[1]`."""

from __future__ import annotations

import re

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.pasted.blocks import Blocks
from convcalc.matrix.reading.pasted.paste import SLICES_NOTE, Paste, first_lines, lines_of

_VECTOR = re.compile(r"[ \t]*\[([0-9]+)\][ \t]*([^\s,\[\]][^\n\[\]]*)")
_HEAD = re.compile(r"[ \t]*(?:\[,[0-9]+\][ \t]*)+")
_COLUMN = re.compile(r"\[,([0-9]+)\]")
_ROW = re.compile(r"[ \t]*\[([0-9]+),\][ \t]*([^\s\[\]][^\n\[\]]*)")
_FIRST_ROW = re.compile(r"[ \t]*\[1,\]")
_NAMES = re.compile(r"[ \t]*[A-Za-z.][\w.]*(?:[ \t]+[A-Za-z.][\w.]*)*")
_NAMED_ROW = re.compile(r"[ \t]*[A-Za-z.][\w.]*[ \t]+([-+0-9.][^\n\[\]A-Za-df-z]*)")
_SLICE = re.compile(r"[ \t]*, , ([0-9]+(?:, [0-9]+)*)[ \t]*")


def r_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a vector, matrix or array as R prints it; its labels have to count rows and columns without a gap."""
    lines = first_lines(paste.text, 2)
    first = lines[0].rstrip() if lines else ""
    if _VECTOR.fullmatch(first):
        return _vector(paste)
    named = len(lines) > 1 and _NAMES.fullmatch(first) and _FIRST_ROW.match(lines[1])
    return _matrix(paste) if named or _HEAD.fullmatch(first) or _SLICE.fullmatch(first) else None


def _vector(paste: Paste) -> Layout:
    blocks, count = Blocks(paste), 0
    kept = ""
    for start, line in lines_of(paste.text):
        match = _VECTOR.fullmatch(line.rstrip())
        if line.strip() and (match is None or int(match[1]) != count + 1):
            raise blocks.fault(f"expected [{count + 1}] here, as R prints it", start, line)
        if match is not None:
            count += len(match[2].split())
            line = " " * match.start(2) + line[match.start(2) :]
        kept += line + " "
    return Layout(paste.source, kept[: len(paste.text)], (count,))


def _matrix(paste: Paste) -> Layout:
    """Return the layout of matrices under `, , 1` and so on, or of one; long rows are continued in blocks below."""
    blocks = Blocks(paste)
    for start, line in lines_of(paste.text):
        head, row, part = (pattern.fullmatch(line.rstrip()) for pattern in (_HEAD, _ROW, _SLICE))
        named = _NAMED_ROW.fullmatch(line.rstrip()) if blocks.parts else None
        if named is not None:
            blocks.row(start, line, named.start(1))
            continue
        if row is not None:
            if int(row[1]) != blocks.row_number + 1:
                raise blocks.fault(f"expected [{blocks.row_number + 1},] here, as R prints it", start, line)
            blocks.row(start, line, row.start(2))
            continue
        if part is not None:
            blocks.new_slice(tuple(map(int, reversed(part[1].split(", ")))))
        elif head is not None:
            found, first = [int(number) for number in _COLUMN.findall(line)], blocks.columns + 1
            if found != list(range(first, first + len(found))):
                raise blocks.fault(f"expected [,{first}] here, as R prints it", start, line)
            blocks.new_block(len(found))
        elif _NAMES.fullmatch(line.rstrip()):
            blocks.new_block(None)
        elif line.strip():
            raise blocks.fault("this line is not part of the matrix that R prints", start, line)
        blocks.skip(line)
    layout = blocks.layout()
    return layout.replace(notes=(SLICES_NOTE,)) if blocks.indices else layout
