"""Reports that look backwards: the input region of a cell, and the values that give a wanted output."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.geometry import axis_name
from convcalc.report.assembly import report_of
from convcalc.report.blocks import Block, Cell, Column, Commentary, Lines, Report, Table, assumption_lines

if TYPE_CHECKING:
    from convcalc.network.region import AxisCells, Region
    from convcalc.network.solve import Solution, Solved, Span
    from convcalc.notation import Node

REGION_COLUMNS = (
    Column("Axis", "axis"),
    Column("Cells", "cells", numeric=True),
    Column("Count", "count", numeric=True),
    Column("With padding", "unclipped", numeric=True),
)
"""What an output cell sees of each axis of the input."""


def with_region(report: Report, cell: Sequence[int], region: Region, nodes: Sequence[Node]) -> Report:
    """Return a report on the sizes through `nodes` with the rectangle of input that one output cell sees.

    >>> from convcalc.network.region import AxisCells, Region
    >>> seen = Region((AxisCells(((0, 3),), -1, 3),))
    >>> with_region(Report("shape", {}, "", ()), (0,), seen, ()).answer
    '0..3'
    """
    place = f"({', '.join(map(str, cell))})"
    title = f"cell {place} of the output sees these cells of the input"
    blocks: tuple[Block, ...] = ()
    if region.axes is None or region.hulls is None:
        layer = region.layer or 0
        title = f"cell {place}: undefined, since layer {layer + 1} ({nodes[layer].text}) does not keep cells in place"
        answer = "undefined"
    elif not region.hulls:
        title, answer = (
            f"cell {place} of the output sees no cell of the input: it is made of padding alone",
            "nothing",
        )
    else:
        seen = enumerate(zip(region.hulls, region.axes, strict=True))
        rows = tuple(_axis_row(axis_name(axis, len(region.axes)), *each) for axis, each in seen)
        blocks = (Table(REGION_COLUMNS, rows),)
        answer = "x".join(span_text(*hull) for hull in region.hulls)
    data = report.data | {
        "cell": list(cell),
        "region": None if region.hulls is None else [list(hull) for hull in region.hulls],
        "region_unclipped": None if region.axes is None else [[axis.low, axis.high] for axis in region.axes],
    }
    if region.varies:
        title += " (size or distance varies from cell to cell)"
    report = report.replace(data=data, blocks=(*report.blocks, Lines((title,)), *blocks))
    # A verdict stays the answer where one was asked for.
    return report if "check" in data else report.replace(answer=answer)


def _axis_row(name: str, hull: tuple[int, int], seen: AxisCells) -> tuple[Cell, ...]:
    return (name, span_text(*hull), hull[1] - hull[0] + 1, span_text(seen.low, seen.high))


def span_text(first: int, last: int | None) -> str:
    """Return a span of whole numbers as text; with `last` None it has no end.

    >>> span_text(13, 14), span_text(7, 7), span_text(63, None)
    ('13..14', '7', '63..')
    """
    if last is None:
        return f"{first}.."
    return str(first) if first == last else f"{first}..{last}"


def stepped_text(span: Span, step: int) -> str:
    """Return the numbers of a span that are `step` apart as text.

    >>> from convcalc.network.solve import Span
    >>> stepped_text(Span(188, None), 16), stepped_text(Span(32, None), 32), stepped_text(Span(32, 96), 32)
    ('16·n + 12, n >= 11', 'multiples of 32 from 32', '32..96 by 32')
    """
    if span.last is not None:
        same = span.first == span.last
        return str(span.first) if same else f"{span_text(span.first, span.last)} by {step}"
    from convcalc.network.valid_sizes import Progression

    return str(Progression(span.first, step))


def solve_report(solved: Solved, layout: str = "chw", assumptions: tuple[str, ...] = ()) -> Report:
    """Report the values found for an unknown, one row for each span of them, and what that assumes.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.solve import Solution, Solved, Span
    >>> found = Solved("padding", (Solution((Span(3, 4),), TensorShape((7, 7), 2)),))
    >>> solve_report(found).answer, solve_report(found).data["solutions"]
    ('3', [{'first': [3], 'last': [4], 'step': [1], 'output': [7, 7]}])
    """
    column = solved.what.replace(" ", "_")
    columns = (Column(solved.what.capitalize(), column), Column("Output", "output", numeric=True))
    rows = tuple((text, first.output.laid_out(layout)) for text, first in _rows(solved.solutions))
    data: dict[str, Any] = {
        "unknown": solved.what,
        "solutions": [_entry(each, layout) for each in solved.solutions],
        "assumptions": list(assumptions),
    }
    if solved.searched:
        data["tried"] = solved.searched
    if solved.least:
        data["smallest"] = True
    answer = _joined([str(span.first) for span in solved.solutions[0].spans])
    note = Lines((_remark(solved),), role="note")
    comment = Commentary(notes=assumptions, assumptions=assumptions)
    return report_of("shape", data, answer, (Table(columns, rows), note, *assumption_lines(comment)), comment)


def _entry(solution: Solution, layout: str) -> dict[str, Any]:
    return {
        "first": [span.first for span in solution.spans],
        "last": [span.last for span in solution.spans],
        "step": list(solution.steps_of_spans),
        "output": list(solution.output.laid_out(layout)),
    }


def _rows(solutions: Sequence[Solution]) -> list[tuple[str, Solution]]:
    """Return the text of each solution with the solution; endless ones that stand side by side are one."""
    from convcalc.network.valid_sizes import Progression, side_by_side

    endless = all(span.last is None for each in solutions for span in each.spans)
    if not endless or any(step == 1 for each in solutions for step in each.steps_of_spans):
        return [(_spans_text(each), each) for each in solutions]
    runs = [
        tuple(Progression(span.first, step) for span, step in zip(each.spans, each.steps_of_spans, strict=True))
        for each in solutions
    ]
    alike = {axes[0]: each for axes, each in zip(runs, solutions, strict=True) if len(set(axes)) == 1}
    if len(alike) == len(solutions):
        return [(text, alike[first]) for text, first in side_by_side(list(alike))]
    axes = [list(dict.fromkeys(axis)) for axis in zip(*runs, strict=True)]
    if prod(map(len, axes)) == len(set(runs)):
        # Every axis takes any of its own.
        return [(_joined([" or ".join(text for text, _ in side_by_side(axis)) for axis in axes]), solutions[0])]
    return [(_spans_text(each), each) for each in solutions]


def _spans_text(solution: Solution) -> str:
    texts = [
        span_text(span.first, span.last) if step == 1 else stepped_text(span, step)
        for span, step in zip(solution.spans, solution.steps_of_spans, strict=True)
    ]
    return _joined(texts)


def _joined(texts: Sequence[str]) -> str:
    """Join the texts of the axes, equal ones written once."""
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def _remark(solved: Solved) -> str:
    if solved.least:
        return "the smallest that passes"
    if solved.searched:
        return f"tried: {solved.searched}; others may fit as well"
    counted = [span for each in solved.solutions for span in each.spans]
    if any(step > 1 for each in solved.solutions for step in each.steps_of_spans):
        return "the output is that of the smallest"
    if any(span.last is None for span in counted):
        return "everything from there on fits"
    if len(solved.solutions) == 1 and all(span.first == span.last for span in counted):
        return "no other number fits"
    if all(len(each.spans) == 1 for each in solved.solutions):
        count = sum((span.last or 0) - span.first + 1 for span in counted)
        return f"{count} values fit, the smallest first"
    if all(span.first == span.last for span in counted):
        return f"{len(solved.solutions)} sizes fit, the squarest first"
    return "each axis may take any of these on its own"
