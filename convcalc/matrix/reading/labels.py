"""Names beside and above numbers: the header row and the column of row labels of a table.

A column is one of row labels where the header has no name for it (an empty corner, or one name fewer than there are
columns), where its cells are quoted and no others are (but for commas in them), or where it holds words.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convcalc.text import Source

NUMBER = re.compile(
    r"[-+]?(?:(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eEdD][-+]?[0-9]+)?(?:/[0-9.]+)?|(?:inf(?:inity)?|nan|na|n/a|null))",
    re.IGNORECASE,
)
"""A cell of a table that is, or stands for, a number."""

_NO_NAME = re.compile(r"\s*|\{\}|Unnamed: 0|(?:\.\.\.|X)1")
_WORD = re.compile(r"[^\W\d_]|[0-9]{1,4}[-/:.][0-9]{1,2}[-/:.][0-9]{1,4}|[0-9]{1,2}:[0-9]{2}")
_MARKS = re.compile(r"[\[\]{}|=;<>&\\]")
_COUNTS = re.compile(r"index|idx|id|row|no\.?|nr\.?|#|n|i", re.IGNORECASE)


class Cell(NamedTuple):
    """A cell of a table: where it begins and ends in its line, and what it holds without its quotes."""

    start: int
    end: int
    text: str
    quoted: bool = False


def cells_of(line: str, separator: str | None) -> list[Cell]:
    """Return the cells of a row, None for blanks as separator; the outer bars of Markdown are not cells.

    >>> [cell.text for cell in cells_of('"a, b",1, 2', ",")], [cell.text for cell in cells_of("| a | 1 |", "|")]
    (['a, b', '1', '2'], ['a', '1'])
    """
    if separator is None:
        found = list(re.finditer(r'"[^"\n]*"|\S+', line))
    elif '"' not in line and separator != "|":
        # Most tables are long, and hold no quotes.
        parts = line.split(separator)
        ends = accumulate(len(part) + 1 for part in parts)
        return [Cell(end - 1 - len(part), end - 1, part.strip()) for part, end in zip(parts, ends, strict=True)]
    else:
        found = list(re.finditer(rf'(?:\s*"[^"\n]*"\s*)(?=[{separator}]|\Z)|[^{separator}]*', line))
        found = _without_empty_ends(found)
    cells = []
    for match in found:
        text = match[0].strip()
        quoted = len(text) >= 2 and text[0] == text[-1] == '"'
        cells.append(Cell(*match.span(), text[1:-1].strip() if quoted else text, quoted))
    if separator == "|" and cells:
        first = 1 if not cells[0].text and not cells[0].quoted and line.lstrip().startswith("|") else 0
        last = len(cells) - 1 if line.rstrip().endswith("|") else len(cells)
        cells = cells[first:last]
    return cells


def _without_empty_ends(found: list[re.Match[str]]) -> list[re.Match[str]]:
    """Return the matches without the empty one that a pattern finds after each cell before its separator."""
    kept: list[re.Match[str]] = []
    for match in found:
        if kept and match.start() == kept[-1].end():
            continue
        kept.append(match)
    return kept


def label_note(head: Sequence[Cell] | None, rows: Sequence[Sequence[Cell]]) -> str | None:
    """Return why the first column holds row labels, as a note that it was left out; None where it does not.

    `head` are the cells of the header row, None where there is none.

    >>> label_note(cells_of(",a,b", ","), [cells_of("0,1,2", ",")])
    'the first column has no name and was left out as row labels'
    """
    if not rows or any(len(row) < 2 or _is_several(row[0]) for row in rows):
        return None
    if all(is_word(row[0]) for row in rows):
        return "the first column holds words and was left out as row labels"
    if all(row[0].quoted and "," not in row[0].text and not any(cell.quoted for cell in row[1:]) for row in rows):
        return "the first column is quoted and was left out as row labels"
    if head is None:
        return None
    widths = {len(row) for row in rows}
    if stands_over_all_but_first(head, rows):
        return "the first column has no name above it and was left out as row labels"
    if widths == {len(head) + 1} and head[0].text:
        return "the header has one name fewer than there are columns, so the first column was left out as row labels"
    if widths == {len(head)} and _NO_NAME.fullmatch(head[0].text) and any(cell.text for cell in head[1:]):
        return "the first column has no name and was left out as row labels"
    return None


def stands_over_all_but_first(head: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether words of a header end where the columns of a print do, and none stands over the first column.

    Names that hold blanks make more words than there are columns.

    >>> head, row = cells_of("   first name  b", None), cells_of("0           1  2", None)
    >>> stands_over_all_but_first(head, [row])
    True
    """
    ends = {name.end for name in head}
    return len(head) > 1 and all(
        len(row) > 2 and head[0].start > row[0].end and all(cell.end in ends for cell in row[1:]) for row in rows
    )


def may_be_names(head: Sequence[Cell]) -> bool:
    """Return whether cells after an empty corner are names, and not numbers beside an empty cell.

    Names are quoted or empty, not all of them are numbers, or they count from 0 or 1, as pandas names columns.

    >>> [may_be_names(cells_of(head, ",")[1:]) for head in (",a,2", ",0,1,2", ',"5","7"', ",2,3")]
    [True, True, True, False]
    """
    texts = [cell.text for cell in head]
    filled = [text for text in texts if text]
    counts = (list(map(str, range(first, first + len(texts)))) for first in (0, 1))
    is_named = all(cell.quoted for cell in head) or not filled or not all(map(NUMBER.fullmatch, filled))
    return is_named or texts in counts


def count_note(head: Sequence[Cell], rows: Sequence[Sequence[Cell]]) -> str | None:
    """Return a note on a first column that has been read, but only counts the rows under a name such as `id`."""
    if len(head) < 2 or len(rows) < 2 or not _COUNTS.fullmatch(head[0].text):
        return None
    labels = [row[0].text for row in rows if row]
    if not any(labels == [str(number + first) for number in range(len(rows))] for first in (0, 1)):
        return None
    return f"the first column, {head[0].text}, counts the rows and was read as numbers; `index` leaves it out"


def _is_several(cell: Cell) -> bool:
    """Return whether a cell holds several numbers, and so is not a label."""
    return len(cell.text.split()) > 1 and not cell.quoted and not is_word(cell)


def is_word(cell: Cell) -> bool:
    """Return whether a cell holds a name: words without the marks of other dialects, most of them not numbers.

    >>> [is_word(cell) for cell in cells_of("row 1,1.5,1 2 x", ",")]
    [True, False, False]
    """
    parts = cell.text.split()
    numbers = sum(not _WORD.search(part) or NUMBER.fullmatch(part) is not None for part in parts)
    return bool(parts) and numbers * 2 <= len(parts) and (cell.quoted or not _MARKS.search(cell.text))


def without_labels(
    source: Source, text: str, separator: str | None, *, header: bool, index: bool
) -> tuple[str, tuple[str, ...]]:
    """Return `text`, as long as that of `source`, with spaces for its header and row labels, and notes on the latter.

    `header` says that the first row is a header; `index` that the first column is labels, which else is found out.
    Errors: a header of other columns.

    >>> from convcalc.text import Source
    >>> without_labels(Source("a b\\n0 1 2"), "a b\\n0 1 2", None, header=True, index=False)[0]
    '      1 2'
    """
    lines = text.split("\n")
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    head = cells_of(lines[numbers[0]], separator) if header and numbers else None
    if header and numbers:
        first, *numbers = numbers
        lines[first] = " " * len(lines[first])
    rows = [cells_of(lines[number], separator) for number in numbers]
    if head is not None:
        _refuse_other_columns(source, text, head, rows, separator)
    note = None if index else label_note(head, rows) if header else None
    notes: tuple[str, ...] = ()
    if index or note is not None:
        for number, row in zip(numbers, rows, strict=True):
            lines[number] = without_first_cell(lines[number], row)
        notes = () if note is None else (note,)
    elif head is not None:
        counted = count_note(head, rows)
        notes = () if counted is None else (counted,)
    # The line ends up to the header go as well: a blank line separates slices.
    start = sum(len(line) + 1 for line in lines[: numbers[0]]) if numbers else 0
    joined = "\n".join(lines)
    return " " * start + joined[start:], notes


def _refuse_other_columns(
    source: Source, text: str, head: Sequence[Cell], rows: Sequence[Sequence[Cell]], separator: str | None
) -> None:
    """Refuse a header with other than one name per column, or one fewer; between blanks, names may hold some."""
    width = min(map(len, rows), default=len(head))
    separator_at_end = separator is not None and bool(head) and not head[-1].text
    most = width + separator_at_end
    if (width - 1 <= len(head) and (len(head) <= most or separator is None)) or "\\multicolumn" in text:
        return
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    raise source.fault(
        f"the header has {len(head)} name{'s' * (len(head) != 1)}, but there are {width} columns",
        start,
        len(text.rstrip()) if end < 0 else end,
        "name every column, or take the header out and leave out `header`",
    )


def without_first_cell(line: str, row: Sequence[Cell]) -> str:
    """Return `line` with spaces for its first cell, and for the separator after it."""
    end = row[1].start if len(row) > 1 else row[0].end if row else 0
    start = row[0].start if row else 0
    return line[:start] + " " * (end - start) + line[end:]


def may_have_labels(data: bytes) -> bool:
    """Return whether the header row that `data` begin with may leave out, or be, the name of row labels.

    What is doubtful is for `without_labels` to find out.

    >>> may_have_labels(b"a,b\\n1,2\\n"), may_have_labels(b",a,b\\n0,1,2\\n")
    (False, True)
    """
    head, _, rest = data.lstrip().partition(b"\n") if data[:1] not in b",;\t" else data.partition(b"\n")
    row = rest.lstrip(b"\r\n").partition(b"\n")[0].decode("latin-1")
    separator = next((mark for mark in ",;\t" if mark in row), None)
    names, cells = cells_of(head.decode("latin-1"), separator), cells_of(row, separator)
    if len(names) != len(cells) or not names:
        return True
    return bool(_NO_NAME.fullmatch(names[0].text) or _COUNTS.fullmatch(names[0].text))
