"""A table as the lines of a terminal: one line for each layer, and no number cut short."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import groupby, zip_longest

from rich.cells import cell_len
from rich.text import Text

from convcalc.render.columns import GAP, FirstColumn, chosen, column_widths, first_column, heading
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Cell, Column, LayerText, MatrixText, Sizes, Table
from convcalc.report.counts import grouped, scaled
from convcalc.text import wrapped
from convcalc.value import Value

FIELD_NAMES = ("receptive", "effective")
"""How the names of columns about receptive fields begin."""
LEAST_SHARE = 0.001
LEAST_TEXT = 12
"""The least share that is written, and the width to which a column of text may be folded."""
SAME, CHANGED = "dim", "bold"
"""Styles that stand out, or do not, on dark terminals and on light ones."""


class Part(Value):
    """A column as it is printed: two lines of heading, and cells, the last of which is the total if there is one."""

    heading: tuple[str, str]
    cells: tuple[Text, ...]
    width: int
    numeric: bool = True


class Fitted(Value):
    """A table in a width: its columns, those left out, and the room beside the first one as it wants to be."""

    parts: tuple[Part, ...]
    left_out: tuple[Column, ...]
    room: int


def table_lines(block: Table, width: int) -> Iterator[Text]:
    """Yield the lines of a table `width` characters wide; columns of detail are left out where they do not fit.

    A total that is too long is shortened before what layers are is, and stands below in full; other counts are where
    the columns without detail do not fit either. Where that is not enough, there is one line for each cell.
    """
    block = _with_rearrangements_in_one(_without_empty_fields(block))
    first = _network_column(block)
    exact = fitted = _fitted(block, first, _rows(block), width)
    if block.totals is not None:
        for shortened_from in (len(block.rows), 0):
            if fitted is None or (fitted.room < 0 and shortened_from):
                shorter = _fitted(block, first, _rows(block, shortened_from), width)
                fitted = shorter if fitted is None or (shorter and shorter.room > fitted.room) else fitted
    if fitted is None:
        left_out = yield from _stacked(block)
    else:
        yield from _lines(fitted.parts, len(block.rows))
        left_out = fitted.left_out
    notes = (_left_out_line(left_out, width), block.sums_line(rounded=fitted is exact))
    yield from (Text(line, style=SAME) for note in notes if note for line in wrapped(note, width))


def _without_empty_fields(block: Table) -> Table:
    """Leave out the columns about receptive fields that are undefined, or that no layer has."""
    shown = [
        index
        for index, column in enumerate(block.columns)
        if not column.name.startswith(FIELD_NAMES) or any(_has_size(row[index]) for row in block.rows)
    ]
    rows = tuple(tuple(row[index] for index in shown) for row in block.rows)
    return block.replace(columns=tuple(block.columns[index] for index in shown), rows=rows)


def _with_rearrangements_in_one(block: Table) -> Table:
    """Merge the rows of what one expression of a program rearranges in several steps: the last has what comes out."""
    rows: list[tuple[Cell, ...]] = []
    for row in block.rows:
        before = rows[-1] if rows else None
        if before is not None and _goes_on(before, row):
            # It is an input that changes, and the counts are all 0.
            rows[-1] = tuple(
                cell.replace(before=was.before) if isinstance(cell, Sizes) and isinstance(was, Sizes) else cell
                for cell, was in zip(row, before, strict=True)
            )
        else:
            rows.append(row)
    return block.replace(rows=tuple(rows))


def _goes_on(before: Sequence[Cell], row: Sequence[Cell]) -> bool:
    """Return whether a row is a further step of what the row before it rearranges."""
    first, last = before[0], row[0]
    if not (isinstance(first, LayerText) and isinstance(last, LayerText) and last.rearranges and first.rearranges):
        return False
    sizes = [(was, now) for was, now in zip(before, row, strict=True) if isinstance(was, Sizes)]
    chained = all(isinstance(now, Sizes) and now.before == was.sizes for was, now in sizes[-1:])
    return chained and (first.name, first.words) == (last.name, last.words)


def _has_size(cell: Cell) -> bool:
    return isinstance(cell, tuple) and any(size is not None for size in cell)


def _left_out_line(columns: Sequence[Column], width: int) -> str:
    """Return which columns are left out, or how many where that takes more than a line."""
    if not columns:
        return ""
    line = f"not shown: {', '.join(column.title for column in columns)} (-F plain)"
    many = "columns" if len(columns) > 1 else "column"
    return line if len(line) <= width else f"{len(columns)} more {many}: -F plain"


def _rows(block: Table, shortened_from: int | None = None) -> list[list[Text]]:
    """Return the cells of all rows, the totals last; counts are shortened from a row on."""
    rows = [*block.rows, *([] if block.totals is None else [block.totals])]
    least = len(rows) if shortened_from is None else shortened_from
    return [
        [_text(column, cell, scale=index >= least) for column, cell in zip(block.columns, row, strict=True)]
        for index, row in enumerate(rows)
    ]


def _text(column: Column, cell: Cell, *, scale: bool = False) -> Text:
    """Return a cell for the eye: thousands grouped, sizes that are equal on every axis written once."""
    if isinstance(cell, int):
        return Text(scaled(cell) if scale else grouped(cell), style="" if cell else SAME)
    if isinstance(cell, float):
        # Shares are compared: all have one decimal.
        share = f"<{LEAST_SHARE:.1%}" if 0 < cell < LEAST_SHARE else f"{cell:.1%}"
        return Text(share, style="" if cell else SAME)
    if isinstance(cell, Sizes) and cell.sizes:
        text = Text()
        for size, changed in zip(cell.sizes, cell.changed, strict=True):
            text.append("x" if text else "", SAME)
            text.append("?" if size is None else str(size), CHANGED if changed else SAME)
        return text
    if isinstance(cell, tuple) and column.name.startswith(FIELD_NAMES):
        # What is undefined is told below the table, once.
        sizes = cell[:1] if len(set(cell)) == 1 else cell
        cell = "x".join("-" if size is None else str(size) for size in sizes) or None
    if isinstance(cell, LayerText):
        words = ", ".join(cell.words)
        return Text(cell_text(f"{cell.name}: {words}" if cell.name else words))
    missing = cell in (None, "-", "0") or (isinstance(cell, tuple) and not any(cell))
    return Text(cell_text(cell), style=SAME if missing else "")


def _network_column(block: Table) -> FirstColumn | None:
    """Return the column of the layers of a network, None for another table."""
    layers = [row[0] for row in block.rows if isinstance(row[0], LayerText)]
    if not layers or len(layers) < len(block.rows):
        return None
    named = any(layer.name for layer in layers)
    total = LayerText("", "total") if named else LayerText("total")
    return first_column([*layers, *([total] if block.totals else [])])


def _fitted(block: Table, first: FirstColumn | None, rows: Sequence[Sequence[Text]], width: int) -> Fitted | None:
    """Return the columns that fit into `width`, None where too few do."""
    columns, given = block.columns, [*block.rows, *([] if block.totals is None else [block.totals])]
    cells = [
        max(len(heading(column)[1]), *(row[at].cell_len for row in rows), 0) for at, column in enumerate(columns)
    ]
    folded = [
        size
        if column.numeric
        else min(
            size, max(LEAST_TEXT, *(_least(row[at], text[at]) for row, text in zip(given, rows, strict=True)), 0)
        )
        for at, (column, size) in enumerate(zip(columns, cells, strict=True))
    ]

    def widths_of(shown: Sequence[int]) -> list[int]:
        return column_widths([heading(columns[at]) for at in shown], [folded[at] for at in shown])

    def taken(shown: Sequence[int]) -> int:
        return sum(widths_of(shown)) + GAP * len(shown)

    area = (cells[0], folded[0]) if first is None else (first.wanted, first.least)
    shown = chosen(columns, taken, area, width)
    if shown is None:
        return None
    room = width - taken(shown)
    widths = widths_of(shown)
    if first is None:
        starts = [Part(heading(columns[0]), tuple(row[0] for row in rows), min(cells[0], room), columns[0].numeric)]
    else:
        texts, titles = first.fitted(room)
        starts = [
            Part(("", title), tuple(map(Text, column)), max(map(len, [title, *column])), numeric=False)
            for title, column in zip(titles, texts, strict=True)
        ]
    room -= sum(part.width for part in starts) + GAP * (len(starts) - 1)
    lines = [_one_line(block, at) for at in shown]
    _spread(widths, [cells[at] for at in shown], lines, room)
    others = [
        Part(heading(columns[at]), _cells_of(given, rows, at, in_rows=size < line), size, columns[at].numeric)
        for at, size, line in zip(shown, widths, lines, strict=True)
    ]
    left_out = tuple(column for at, column in enumerate(columns) if at and at not in shown)
    return Fitted((*starts, *others), left_out, width - taken(shown) - area[0])


def _spread(widths: list[int], wanted: Sequence[int], lines: Sequence[int], room: int) -> None:
    """Widen columns that were folded by the room that is left: for matrices on one line each, then the narrowest."""
    for at, line in enumerate(lines):
        if 0 < line - widths[at] <= room:
            room -= line - widths[at]
            widths[at] = line
    while room > 0 and (folds := [at for at, size in enumerate(widths) if size < wanted[at]]):
        widths[min(folds, key=lambda at: (lines[at] > 0, widths[at]))] += 1
        room -= 1


def _cells_of(
    given: Sequence[Sequence[Cell]], rows: Sequence[Sequence[Text]], at: int, *, in_rows: bool
) -> tuple[Text, ...]:
    """Return the cells of a column, its matrices on one line each or (`in_rows`) with a line for each row."""
    return tuple(
        Text("\n".join(cell.rows)) if in_rows and isinstance(cell := row[at], MatrixText) else text[at]
        for row, text in zip(given, rows, strict=True)
    )


def _one_line(block: Table, at: int) -> int:
    """Return the width that a column needs for each of its matrices to be on one line, 0 where it has none."""
    return max((len(cell.text) for row in block.rows if isinstance(cell := row[at], MatrixText)), default=0)


def _least(cell: Cell, text: Text) -> int:
    """Return the width to which a cell may be folded: that of its longest word, of a matrix that of its rows."""
    words = cell.rows if isinstance(cell, MatrixText) else text.plain.split()
    return max(map(cell_len, words), default=0)


def _lines(parts: Sequence[Part], count: int) -> Iterator[Text]:
    """Yield the lines of a table of `count` rows, and of its totals."""
    upper = Text()
    for title, group in groupby(parts, key=lambda part: part.heading[0]):
        members = list(group)
        size = sum(part.width for part in members) + GAP * (len(members) - 1)
        upper.append((" " * GAP if upper else "") + title.rjust(size), "bold")
    if upper.plain.strip():
        yield upper
    yield _joined(parts, [Text(part.heading[1], style="bold") for part in parts])
    rule = Text("─" * (sum(part.width for part in parts) + GAP * (len(parts) - 1)), style=SAME)
    yield rule
    for index in range(len(parts[0].cells)):
        if index == count:
            yield rule
        folded = [_folded(part, part.cells[index]) for part in parts]
        for cells in zip_longest(*folded, fillvalue=Text()):
            yield _joined(parts, cells)


def _folded(part: Part, cell: Text) -> list[Text]:
    if "\n" in cell.plain:
        return [Text(line, style=cell.style) for line in cell.plain.split("\n")]
    if part.numeric or cell.cell_len <= part.width:
        return [cell]
    return [Text(line, style=cell.style) for line in wrapped(cell.plain, part.width)]


def _joined(parts: Sequence[Part], cells: Sequence[Text]) -> Text:
    """Return one line of all columns."""
    line = Text(no_wrap=True, overflow="ignore")
    for part, cell in zip(parts, cells, strict=True):
        blanks = " " * (part.width - cell.cell_len)
        line.append(" " * GAP if line else "")
        line.append(blanks if part.numeric else "").append_text(cell).append("" if part.numeric else blanks)
    return line


def _stacked(block: Table) -> Generator[Text, None, tuple[Column, ...]]:
    """Yield a table as one line per cell, for terminals too narrow for a table; return the columns left out."""
    for row in _rows(block):
        for column, text in zip(block.columns, row, strict=True):
            if not column.detail:
                yield Text(f"{column.title}: ", style=SAME).append_text(text)
        yield Text()
    return tuple(column for column in block.columns if column.detail)
