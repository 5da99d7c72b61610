"""A table as the lines of a terminal: one line for each layer, and no number cut short."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from rich.console import Console
from rich.text import Text

from convcalc.render.columns import GAP, FirstColumn, chosen, column_widths, first_column, heading
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Cell, Column, LayerText, Sizes, Table
from convcalc.report.counts import grouped, scaled
from convcalc.value import Value

FIELD_NAMES = ("receptive", "effective")
"""How the names of columns about receptive fields begin."""
LEAST_TEXT = 12
"""The width to which a column of text may be folded."""
SAME, CHANGED = "dim", "bold"
"""Styles that stand out, or do not, on dark terminals and on light ones."""


class Part(Value):
    """A column as it is printed: two lines of heading, and cells, the last of which is the total if there is one."""

    heading: tuple[str, str]
    cells: tuple[Text, ...]
    width: int
    numeric: bool = True


class Fitted(Value):
    """A table in a width: its columns, how many are left out, and the room beside the first one as it wants to be."""

    parts: tuple[Part, ...]
    left_out: int
    room: int


def table_lines(block: Table, width: int, console: Console) -> Iterator[Text]:
    """Yield the lines of a table `width` characters wide; columns of detail are left out where they do not fit.

    Where not even the others fit, there is one line for each cell.
    """
    fitted, exact = _fitted(block, _rows(block), width), True
    if block.totals is not None and (fitted is None or fitted.room < 0):
        # A total that is too long is shortened before what layers are is.
        shorter = _fitted(block, _rows(block, scale=True), width)
        exact = shorter is None or (fitted is not None and shorter.room == fitted.room)
        fitted = fitted if exact else shorter
    if fitted is None:
        yield from _stacked(block.columns, _rows(block))
        return
    yield from _lines(fitted.parts, len(block.rows), console)
    if fitted.left_out:
        yield Text("more columns: -F plain", style=SAME)
    if not exact:
        yield Text(f"exact total: {', '.join(_exact_totals(block, fitted))}", style=SAME)


def _rows(block: Table, *, scale: bool = False) -> list[list[Text]]:
    """Return the cells of all rows, the totals last; they are shortened if `scale` says so."""
    rows = [[_text(column, cell) for column, cell in zip(block.columns, row, strict=True)] for row in block.rows]
    if block.totals is not None:
        rows.append([_text(*pair, scale=scale) for pair in zip(block.columns, block.totals, strict=True)])
    return rows


def _text(column: Column, cell: Cell, *, scale: bool = False) -> Text:
    """Return a cell for the eye: thousands grouped, sizes that are equal on every axis written once."""
    if isinstance(cell, int):
        return Text(scaled(cell) if scale else grouped(cell), style="" if cell else SAME)
    if isinstance(cell, Sizes) and cell.sizes:
        text = Text()
        for size, changed in zip(cell.sizes, cell.changed, strict=True):
            text.append("x" if text else "", SAME)
            text.append("?" if size is None else str(size), CHANGED if changed else SAME)
        return text
    if isinstance(cell, tuple) and column.name.startswith(FIELD_NAMES) and len(set(cell)) == 1:
        cell = cell[:1]
    if isinstance(cell, LayerText):
        words = ", ".join(cell.words)
        return Text(cell_text(f"{cell.name}: {words}" if cell.name else words))
    missing = cell is None or cell == 0 or (isinstance(cell, tuple) and not any(cell))
    return Text(cell_text(cell), style=SAME if missing else "")


def _exact_totals(block: Table, fitted: Fitted) -> Iterator[str]:
    shown = [part.heading for part in fitted.parts]
    for column, cell in zip(block.columns, block.totals or (), strict=True):
        if heading(column) in shown and isinstance(cell, int) and scaled(cell) != grouped(cell):
            yield f"{grouped(cell)} {column.title}"


def _network_column(block: Table) -> FirstColumn | None:
    """Return the column of the layers of a network, None for another table."""
    layers = [row[0] for row in block.rows if isinstance(row[0], LayerText)]
    if not layers or len(layers) < len(block.rows):
        return None
    named = any(layer.name for layer in layers)
    total = LayerText("", "total") if named else LayerText("total")
    return first_column([*layers, *([total] if block.totals else [])])


def _fitted(block: Table, rows: Sequence[Sequence[Text]], width: int) -> Fitted | None:
    """Return the columns that fit into `width`, None where too few do."""
    columns = block.columns
    first = _network_column(block)
    cells = [max((row[at].cell_len for row in rows), default=0) for at in range(len(columns))]
    folded = [size if column.numeric else min(size, LEAST_TEXT) for column, size in zip(columns, cells, strict=True)]

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
    for place, at in enumerate(shown):
        # Texts that were folded take what is left.
        more = 0 if columns[at].numeric else min(cells[at] - widths[place], room)
        widths[place], room = widths[place] + max(0, more), room - max(0, more)
    others = [
        Part(heading(columns[at]), tuple(row[at] for row in rows), size, columns[at].numeric)
        for at, size in zip(shown, widths, strict=True)
    ]
    return Fitted((*starts, *others), len(columns) - 1 - len(shown), width - taken(shown) - area[0])


def _lines(parts: Sequence[Part], count: int, console: Console) -> Iterator[Text]:
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
        folded = [_folded(part, part.cells[index], console) for part in parts]
        for cells in zip_longest(*folded, fillvalue=Text()):
            yield _joined(parts, cells)


def _folded(part: Part, cell: Text, console: Console) -> list[Text]:
    return [cell] if part.numeric or cell.cell_len <= part.width else list(cell.wrap(console, part.width))


def _joined(parts: Sequence[Part], cells: Sequence[Text]) -> Text:
    """Return one line of all columns."""
    line = Text(no_wrap=True, overflow="ignore")
    for part, cell in zip(parts, cells, strict=True):
        blanks = " " * (part.width - cell.cell_len)
        line.append(" " * GAP if line else "")
        line.append(blanks if part.numeric else "").append_text(cell).append("" if part.numeric else blanks)
    return line


def _stacked(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Iterator[Text]:
    """Yield a table as one line per cell, for terminals too narrow for a table."""
    for row in rows:
        for column, text in zip(columns, row, strict=True):
            yield Text(f"{column.title}: ", style=SAME).append_text(text)
        yield Text()
