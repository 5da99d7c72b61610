"""A frame as lines of text that fit a terminal: the part of planes round the window, the sum, the output so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from convcalc.explain.plain_text import text_lines
from convcalc.explain.steps import WriteNumber
from convcalc.render.numbers import written
from convcalc.report.frames import Frame, OutputPlane, Plane
from convcalc.value import Value

GAP = 4
CAPS = (16, 12, 9, 7, 5, 4, 3, 2, 1)
"""Rows and columns of a plane that are shown: the first number of which all planes fit."""
WAITING = "·"
STYLES = {"marked": "\x1b[1;7m", "padding": "\x1b[2m", "waiting": "\x1b[2m", "title": "\x1b[1m", "head": "\x1b[1;36m"}
PLAIN = "\x1b[0m"

Line = list[tuple[str, str]]
"""Pieces of a line, each with its style or none."""


class CutCell(Value):
    """A cell that is shown: its text, whether it is marked, and its kind: `padding`, `waiting` or neither."""

    text: str
    marked: bool = False
    kind: str = ""


class CutPlane(Value):
    """The part of a plane that is shown: `first` is the (row, column) of its first cell in the whole of `size`."""

    title: str
    cells: tuple[tuple[CutCell, ...], ...]
    first: tuple[int, int]
    size: tuple[int, int]

    @property
    def width(self) -> int:
        """Characters of the longest number."""
        return max((len(cell.text) for row in self.cells for cell in row), default=1)

    @property
    def caption(self) -> str:
        """The title, and the rows and columns that are shown where these are not all."""
        shown = (len(self.cells), len(self.cells[0]))
        if shown == self.size:
            return self.title
        rows, columns = (f"{first}:{first + count}" for first, count in zip(self.first, shown, strict=True))
        return f"{self.title} [{rows}, {columns}]"


def cut(plane: Plane | OutputPlane, most: tuple[int, int], write: WriteNumber = written) -> CutPlane:
    """Return the part of a plane round its marked cells, of at most (rows, columns) cells.

    >>> import numpy as np
    >>> shown = cut(OutputPlane("output", np.arange(40).reshape(2, 20), 26), (9, 3))
    >>> shown.first, [[cell.text for cell in row] for row in shown.cells], shown.caption
    ((0, 4), [['4', '5', '6'], ['24', '25', '·']], 'output [0:2, 4:7]')
    """
    size = (int(plane.numbers.shape[0]), int(plane.numbers.shape[1]))
    ranges = []
    for axis in (0, 1):
        places = [mark[axis] for mark in plane.marks] or [0]
        count = min(size[axis], most[axis])
        middle = (min(places) + max(places) + 1) // 2
        first = min(max(0, middle - count // 2), size[axis] - count)
        if min(places) < first:
            # A window larger than what is shown begins at its first cell.
            first = min(places)
        ranges.append(range(first, first + count))
    cells = tuple(_cells(plane, row, ranges[1], write) for row in ranges[0])
    return CutPlane(plane.title, cells, (ranges[0].start, ranges[1].start), size)


def _cells(plane: Plane | OutputPlane, row: int, columns: range, write: WriteNumber) -> tuple[CutCell, ...]:
    """Return the cells of a row that are shown."""
    numbers = plane.numbers[row, columns.start : columns.stop].tolist()
    marked = {column for mark, column in plane.marks if mark == row}
    if isinstance(plane, OutputPlane):
        here = plane.done - row * plane.numbers.shape[1]
        return tuple(
            CutCell(write(number), column in marked, "") if column < here else CutCell(WAITING, False, "waiting")
            for column, number in zip(columns, numbers, strict=True)
        )
    (top, bottom), (left, right) = plane.real
    found = []
    for column, number in zip(columns, numbers, strict=True):
        real = top <= row < bottom and left <= column < right
        void = row >= plane.end[0] or column >= plane.end[1]
        fill = plane.fill or (WAITING if void else None)
        text = write(number) if real or fill is None else fill
        found.append(CutCell(text, column in marked, "" if real else "padding"))
    return tuple(found)


def frame_lines(frame: Frame, columns: int, rows: int | None = None) -> list[Line]:
    """Return a frame as lines of `columns` characters, of which there are at most `rows` if that is given.

    Planes stand next to each other as far as they fit: the input, the kernel, the output, then other channels.
    """
    place = ", ".join(map(str, frame.at))
    head: Line = [(f"step {frame.number + 1} of {frame.count}: output ({place})"[:columns], "head")]
    working = [[(line[:columns], "")] for line in text_lines(frame.steps, columns)]
    if rows is None:
        planes = _planes(frame, CAPS[0], columns)
        return [head, *(line for row in planes for line in row), *working]
    room = max(rows - 1 - min(len(working), max(3, rows // 3)), 0)
    shown = _fitting(frame, columns, room)
    rest = rows - 1 - len(shown)
    if len(working) > rest:
        working = [*working[: max(rest - 2, 0)], *([[("…", "padding")]] if rest > 1 else []), *working[-1:]][:rest]
    return [head, *shown, *working]


def _fitting(frame: Frame, columns: int, room: int) -> list[Line]:
    """Return as much of the planes as fits, so that the cells in the window stay in sight as long as can be.

    The other channels are given up first, then the kernel, whose numbers stand in the sum.
    """
    alone = frame.replace(inputs=frame.inputs[:1], kernels=frame.kernels[:1])
    least = min(max((_reach(plane) for plane in frame.inputs), default=1) + 1, CAPS[0])
    others = len(frame.inputs) - 1
    more: list[Line] = []
    if others > 0:
        more = [[(f"… and {others} more {'channel' if others == 1 else 'channels'}"[:columns], "padding")]]
    tried: list[tuple[Frame, int, list[Line]]] = [(frame, least, []), (alone, least, more)]
    tried += [(alone.replace(kernels=()), lowest, more) for lowest in (least, 1)]
    lines: list[Line] = []
    for candidate, lowest, note in tried:
        for cap in (cap for cap in CAPS if cap >= lowest):
            lines = [*(line for row in _planes(candidate, cap, columns) for line in row), *note]
            if len(lines) <= room:
                return lines
    return lines[:room]


def _reach(plane: Plane) -> int:
    """Return the rows or columns, whichever are more, over which the cells of a window spread."""
    spans = [[mark[axis] for mark in plane.marks] for axis in (0, 1)]
    return max((max(span) - min(span) + 1 for span in spans if span), default=1)


def _planes(frame: Frame, cap: int, columns: int) -> list[list[Line]]:
    """Return the planes in rows that are as wide as fits; each row is lines."""
    units = []
    for planes in channel_planes(frame):
        rows = list(
            _flowed([_block(_narrowed(plane, cap, columns, frame.write), columns) for plane in planes], columns)
        )
        lines = [line for row in rows for line in row]
        units.append((lines, max(sum(len(text) for text, _ in line) for line in lines)))
    return list(_flowed(units, columns))


def _narrowed(plane: Plane | OutputPlane, cap: int, columns: int, write: WriteNumber) -> CutPlane:
    """Cut a plane to `cap` rows and columns, and to what a line of `columns` characters holds."""
    shown = cut(plane, (cap, min(cap, max(1, (columns - 2) // 3))), write)
    while len(shown.cells[0]) > 1 and len(shown.cells[0]) * (shown.width + 2) > columns:
        shown = cut(plane, (cap, len(shown.cells[0]) - 1), write)
    return shown


def channel_planes(frame: Frame) -> Iterator[tuple[Plane | OutputPlane, ...]]:
    """Yield what belongs together: a plane of the input, that of the kernel it meets, with the first the output."""
    for index, plane in enumerate(frame.inputs):
        kernel = frame.kernels[index : index + 1]
        yield (plane, *kernel) if index else (plane, *kernel, frame.output)


def _block(plane: CutPlane, columns: int) -> tuple[list[Line], int]:
    """Return the lines of a plane, marked cells in brackets, and their width."""
    lines: list[Line] = []
    characters = plane.width
    for cells in plane.cells:
        line: Line = []
        for cell in cells:
            text = cell.text.rjust(characters)
            line.append((f"[{text}]", "marked") if cell.marked else (f" {text} ", cell.kind))
        lines.append(line)
    width = len(plane.cells[0]) * (characters + 2)
    caption = plane.caption if len(plane.caption) <= columns else f"{plane.caption[: columns - 1]}…"
    return [[(caption, "title")], *lines], max(width, len(caption))


def _flowed(blocks: Iterable[tuple[list[Line], int]], columns: int) -> Iterator[list[Line]]:
    """Yield rows of blocks next to each other."""
    row: list[tuple[list[Line], int]] = []
    used = 0
    for block in blocks:
        if row and used + GAP + block[1] > columns:
            yield _joined(row)
            row, used = [], 0
        used += block[1] + (GAP if row else 0)
        row.append(block)
    if row:
        yield _joined(row)


def _joined(row: Sequence[tuple[list[Line], int]]) -> list[Line]:
    height = max(len(lines) for lines, _ in row)
    joined: list[Line] = [[] for _ in range(height)]
    for index, (lines, width) in enumerate(row):
        for number, line in enumerate(joined):
            pieces = lines[number] if number < len(lines) else []
            line += pieces
            if index + 1 < len(row):
                line.append((" " * (width - sum(len(text) for text, _ in pieces) + GAP), ""))
    return joined


def painted(line: Line, *, color: bool) -> str:
    """Return a line as text, in colors or without.

    >>> painted([("[5]", "marked"), (" 6 ", "")], color=False)
    '[5] 6'
    """
    if not color:
        return "".join(text for text, _ in line).rstrip()
    return "".join(f"{STYLES[style]}{text}{PLAIN}" if style else text for text, style in line)


def frame_text(frame: Frame, columns: int) -> str:
    """Return a frame as text, for where there is no terminal."""
    return "".join(f"{painted(line, color=False)}\n" for line in frame_lines(frame, columns))
