"""Frames as one SVG picture that a browser plays: what stays is drawn once, the rest is shown in its time.

The animation is SMIL's: every part that comes and goes has the times at which it is visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from convcalc.explain.plain_text import text_lines
from convcalc.render.frames import CutPlane, channel_planes, cut
from convcalc.report.frames import Frame
from convcalc.value import Value

SECONDS = 0.8
"""How long a frame is shown."""
MOST_CELLS = 14
"""Rows and columns of a plane that are drawn."""
MOST_CHANNELS = 4
MOST_LINES = 12
"""Channels, and lines of a sum, that are drawn."""
LINE_CHARACTERS = 90
CELL, CHARACTER, LINE, GAP, MARGIN = 26, 9, 20, 36, 20
"""Pixels: the height of a cell, the width of a character, the height of a line, between planes, round everything."""
_STYLE = """
text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #1a1a1a; text-anchor: middle }
.t { font-weight: bold; text-anchor: start } .s { text-anchor: start; white-space: pre } .p { fill: #9a9a9a }
.g { fill: #ffffff; stroke: #c4c4c4 } .b { fill: #f0f0f0; stroke: #d4d4d4 }
.m { fill: #ffd54f; stroke: #d9a800 } .o { fill: #aed581; stroke: #7a9f4a }
"""


class _Placed(Value):
    """A plane of all frames of a scene, and where it is drawn; the output is among them."""

    plane: CutPlane
    left: int
    top: int
    width: int
    role: str

    @property
    def right(self) -> int:
        """The first pixel behind it."""
        return self.left + max(len(self.plane.cells[0]) * self.width, len(self.plane.caption) * CHARACTER)

    @property
    def bottom(self) -> int:
        """The first pixel below it."""
        return self.top + LINE + len(self.plane.cells) * CELL

    def box(self, row: int, column: int, style: str) -> str:
        """Return the box of a cell."""
        left, top = self.left + column * self.width, self.top + LINE + row * CELL
        return f'<rect class="{style}" x="{left}" y="{top}" width="{self.width}" height="{CELL}"/>'

    def number(self, row: int, column: int, text: str, attributes: str = "", animation: str = "") -> str:
        """Return the number in a cell."""
        middle = self.left + column * self.width + self.width // 2
        base = self.top + LINE + row * CELL + CELL * 2 // 3
        return f'<text x="{middle}" y="{base}"{attributes}>{animation}{escape(text)}</text>'


class _Drawn(Value):
    """A frame as it is drawn: its planes, each with its role, and the lines of its sum."""

    cuts: tuple[tuple[str, CutPlane], ...]
    lines: tuple[str, ...]


class _Clock(Value):
    """When a frame is shown, as a share of the time of all."""

    count: int

    def shown(self, first: int, last: int) -> tuple[str, str]:
        """Return the attributes and the animation of what is visible from frame `first` to before frame `last`."""
        if (first, last) == (0, self.count):
            return "", ""
        times, values = ["0"], ["visible" if first == 0 else "hidden"]
        for frame, value in ((first, "visible"), (last, "hidden")):
            if 0 < frame < self.count:
                times.append(f"{frame / self.count:.6g}")
                values.append(value)
        seconds = f"{self.count * SECONDS:g}s"
        animation = (
            f'<animate attributeName="visibility" values="{";".join(values)}" keyTimes="{";".join(times)}"'
            f' calcMode="discrete" dur="{seconds}" repeatCount="indefinite"/>'
        )
        return f' visibility="{values[0]}"', animation


def frames_svg(frames: Sequence[Frame], title: str) -> str:
    """Return an SVG that shows frames one after the other, over and over.

    Frames that see the same part of the same planes are one scene, whose numbers are drawn once.
    """
    clock = _Clock(len(frames))
    parts: list[str] = []
    right, bottom, first = 0, 0, 0
    for _, group in groupby(map(_drawn, frames), key=_scene_key):
        scene = list(group)
        placed = _placed(scene[0], _widest(scene))
        below = max(each.bottom for each in placed) + GAP
        attributes, animation = clock.shown(first, first + len(scene))
        parts += [f"<g{attributes}>{animation}", *_boxes(placed)]
        for index, frame in enumerate(scene, first):
            parts += _marks_and_sum(frame, placed, clock, index, below)
        # Numbers stand above the marks.
        parts += [*_numbers(placed), *_output(scene, placed, clock, first), "</g>"]
        first += len(scene)
        longest = max(len(line) for frame in scene for line in frame.lines)
        right = max(right, MARGIN + longest * CHARACTER, *(each.right for each in placed))
        bottom = max(bottom, below + max(len(frame.lines) for frame in scene) * LINE)
    width, height = right + MARGIN, bottom + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def _scene_key(frame: _Drawn) -> tuple[object, ...]:
    """Return what of a frame is drawn once: captions, parts that are shown, and the numbers of input and kernel."""
    planes = frame.cuts
    texts = tuple(cell.text for role, plane in planes if role != "output" for row in plane.cells for cell in row)
    return tuple((role, plane.caption, plane.first) for role, plane in planes), texts


def _drawn(frame: Frame) -> _Drawn:
    """Cut the planes of a frame to what is drawn of them, and write its sum."""
    channels = list(channel_planes(frame))
    found = []
    for index, planes in enumerate(channels[:MOST_CHANNELS]):
        roles = ("input", *(["kernel"] if frame.kernels else []), *(["output"] if index == 0 else []))
        found += [
            (role, cut(plane, (MOST_CELLS, MOST_CELLS), frame.write))
            for role, plane in zip(roles, planes, strict=True)
        ]
    place = ", ".join(map(str, frame.at))
    lines = list(text_lines(frame.steps, LINE_CHARACTERS))
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 2], "…", lines[-1]]
    more = len(channels) - MOST_CHANNELS
    note = f", {more} more channels not drawn" if more > 0 else ""
    return _Drawn(tuple(found), (f"step {frame.number + 1} of {frame.count}: output ({place}){note}", *lines))


def _widest(scene: Sequence[_Drawn]) -> int:
    """Return the characters of the longest number of the output in a scene, which is complete in its last frame."""
    return max(plane.width for role, plane in scene[-1].cuts if role == "output")


def _placed(frame: _Drawn, widest: int) -> list[_Placed]:
    """Place the planes: one row per channel, the output at the end of the first."""
    placed: list[_Placed] = []
    left = top = MARGIN
    height = 0
    inputs = 0
    for role, plane in frame.cuts:
        if role == "input":
            inputs += 1
            if inputs > 1:
                left, top, height = MARGIN, top + height + GAP, 0
        characters = max(plane.width, widest) if role == "output" else plane.width
        width = max(CELL, characters * CHARACTER + 10)
        placed.append(_Placed(plane, left, top, width, role))
        height = max(height, LINE + len(plane.cells) * CELL)
        left = placed[-1].right + GAP
    return placed


def _boxes(placed: Sequence[_Placed]) -> Iterator[str]:
    """Yield captions, and a box for every cell."""
    for each in placed:
        yield f'<text class="t" x="{each.left}" y="{each.top + 12}">{escape(each.plane.caption)}</text>'
        for row, cells in enumerate(each.plane.cells):
            for column, cell in enumerate(cells):
                yield each.box(row, column, "b" if cell.kind == "padding" else "g")


def _numbers(placed: Sequence[_Placed]) -> Iterator[str]:
    """Yield the numbers that stay: those of input and kernel."""
    for each in placed:
        for row, cells in enumerate(each.plane.cells if each.role != "output" else ()):
            for column, cell in enumerate(cells):
                yield each.number(row, column, cell.text, ' class="p"' if cell.kind == "padding" else "")


def _output(scene: Sequence[_Drawn], placed: Sequence[_Placed], clock: _Clock, first: int) -> Iterator[str]:
    """Yield the numbers of the output, each visible from the frame that adds it to the end of the scene."""
    (output,) = (each for each in placed if each.role == "output")
    seen: set[tuple[int, int]] = set()
    for index, frame in enumerate(scene, first):
        (plane,) = (plane for role, plane in frame.cuts if role == "output")
        attributes, animation = clock.shown(index, first + len(scene))
        for row, cells in enumerate(plane.cells):
            for column, cell in enumerate(cells):
                if cell.kind != "waiting" and (row, column) not in seen:
                    seen.add((row, column))
                    yield output.number(row, column, cell.text, attributes, animation)


def _marks_and_sum(frame: _Drawn, placed: Sequence[_Placed], clock: _Clock, index: int, below: int) -> Iterator[str]:
    """Yield what is visible for the time of one frame alone."""
    attributes, animation = clock.shown(index, index + 1)
    yield f'<g class="f"{attributes}>{animation}'
    for each, (_, plane) in zip(placed, frame.cuts, strict=True):
        for row, cells in enumerate(plane.cells):
            for column, cell in enumerate(cells):
                if cell.marked:
                    yield each.box(row, column, "o" if each.role == "output" else "m")
    for number, line in enumerate(frame.lines):
        yield f'<text class="s" x="{MARGIN}" y="{below + number * LINE}">{escape(line)}</text>'
    yield "</g>"
