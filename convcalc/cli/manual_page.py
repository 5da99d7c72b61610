"""A page of the manual typeset for a terminal: words, command lines and numbers stay whole at every width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, zip_longest

from convcalc.cli.messages import with_caret
from convcalc.cli.shell_words import command_lines
from convcalc.text import columns, wrapped

BOLD, NORMAL = "\x1b[1m", "\x1b[0m"
MARK = "\u0300"
"""Stands for a backquote where code is in bold: a combining character takes no column."""
GAP, INDENT = 2, 2
CARET = re.compile(r" *\^+")
RULE = re.compile(r" *─{3,}")
CELLS = re.compile(r"(?<=\S) {2,}(?=\S)")
"""What stands between the cells of a row."""
COMMENT = re.compile(r"(?:# *)?(?:\d+\. +)?")
"""What the lines of a paragraph that is printed begin with: a sign of comment, the number of an exercise."""


def page_lines(text: str, width: int, *, bold: bool) -> Iterator[str]:
    """Yield the lines of a page of Markdown, `width` columns wide; headings and code are `bold` or marked as written.

    >>> print(*page_lines("# Pools\\n\\nA pool `max` of\\ncells.\\n", 16, bold=False), sep="\\n")
    Pools
    <BLANKLINE>
    A pool `max` of
    cells.
    """
    for kind, lines in groupby(text.splitlines(), key=_Kind()):
        block = list(lines)
        if kind == "code":
            yield from (" " * INDENT + line for line in _code(block, width - INDENT))
            continue
        if bold:
            block = [line.replace("`", MARK) for line in block]
        if kind == "heading":
            heads = (line for each in block for line in wrapped(each.lstrip("# "), width))
            yield from (f"{BOLD}{line}{NORMAL}" if bold else line for line in heads)
        elif kind == "table":
            yield from _styled(_table(block, width))
        elif kind == "blank":
            yield ""
        elif kind == "text":
            linked = re.sub(r"\[([^]]+)\]\(([^)]+)\)", r"\1 (\2)", " ".join(block))
            yield from _styled(wrapped(linked, width))


class _Kind:
    """What a line of Markdown belongs to, line after line."""

    def __init__(self) -> None:
        self.fenced = False

    def __call__(self, line: str) -> str:
        if line.startswith("```"):
            self.fenced = not self.fenced
            return "```"
        if self.fenced:
            return "code"
        return "heading" if line[:1] == "#" else "table" if line[:1] == "|" else "text" if line.strip() else "blank"


def _styled(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines with what stands between marks in bold, also where it goes on in the next line."""
    inside = False
    for line in lines:
        parts = line.split(MARK)
        shown = (f"{BOLD}{part}{NORMAL}" if part and inside ^ (at % 2 > 0) else part for at, part in enumerate(parts))
        yield "".join(shown)
        inside ^= len(parts) % 2 == 0


def _code(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield command lines and what they print, both in `width` columns."""
    for aligned, group in groupby(lines, key=lambda line: "\t" in line):
        if aligned:
            yield from _tabbed([line.split("\t") for line in group], width)
            continue
        block = list(group)
        for line, below in zip_longest(block, block[1:], fillvalue=""):
            if line.startswith("$ "):
                yield from command_lines(line, width)
            elif CARET.fullmatch(below):
                start = len(below) - len(below.lstrip())
                yield from with_caret(line.strip(), start - INDENT, len(below) - INDENT, width - INDENT - 2)
            elif CARET.fullmatch(line):
                continue  # it came with the line above it
            elif columns(line) > width and RULE.match(line):
                yield line[:width]
            else:
                yield from _printed(line, width)


def _printed(line: str, width: int) -> Iterator[str]:
    """Yield a printed line in lines that begin below its text; a row of a table that is too wide goes on below it."""
    found = COMMENT.match(line)
    at = found.end() if found else 0
    if columns(line) > width and CELLS.search(line, at):
        yield from _tabbed([CELLS.split(line[at:].strip())], width)
        return
    head = line[:at]
    for piece in wrapped(line[at:], width - at):
        yield head + piece
        head = head if head[:1] == "#" else " " * at


def _tabbed(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield rows of cells below each other, where they fit; else each row in lines of its own."""
    cells = [max(map(columns, column)) for column in zip_longest(*rows, fillvalue="")]
    fits = sum(cells) + GAP * (len(cells) - 1) <= width
    for row in rows:
        if fits:
            yield _joined(row, cells)
        else:
            for at, line in enumerate(wrapped((" " * GAP).join(row), width - INDENT)):
                yield " " * INDENT * (at > 0) + line


def _table(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield a table of Markdown, its cells wrapped; the last column takes what the others leave."""
    header, _, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines)
    cells = [max(map(columns, column)) for column in zip(header, *rows, strict=True)]
    room = width - GAP * (len(cells) - 1)
    if sum(cells) > room:
        words = [max(map(columns, " ".join(column).split())) for column in zip(header, *rows, strict=True)]
        cells = [min(size, max(word, room // 2 // (len(cells) - 1))) for size, word in zip(cells, words, strict=True)]
        cells[-1] = room - sum(cells[:-1])
    for row in (header, None, *rows):
        if row is None:
            yield "─" * (sum(cells) + GAP * (len(cells) - 1))
            continue
        folded = (wrapped(cell, size) for cell, size in zip(row, cells, strict=True))
        yield from (_joined(parts, cells) for parts in zip_longest(*folded, fillvalue=""))


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (size - columns(cell)) for cell, size in zip(cells, widths, strict=False))
    return (" " * GAP).join(padded).rstrip()
