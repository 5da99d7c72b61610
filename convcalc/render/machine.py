"""JSON from a report's data, CSV from its tables: for programs, with every digit unless a precision is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from convcalc.render.escapes import csv_text
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Grid, Matrices, Report, Table, answer_grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from json import JSONEncoder


def render_json(report: Report) -> bytes:
    """Render the data as one JSON object on one line, arrays as nested lists with the answer's precision.

    >>> render_json(Report("shape", {"schema": 1, "output": [2, 2]}, "2x2", ()))
    b'{"schema": 1, "output": [2, 2]}\\n'
    """
    return b"".join(json_parts(report))


def json_parts(report: Report) -> Iterator[bytes]:
    """Yield the text of `render_json` piece by piece, an array some rows at a time."""
    grid = answer_grid(report)
    if isinstance(report.answer, Matrices):
        grid = report.answer.grids[0]
    yield from _json_parts(report.data, grid)
    yield b"\n"


def _json_parts(value: Any, grid: Grid | None) -> Iterator[bytes]:
    if hasattr(value, "dtype"):
        from convcalc.matrix.writing.formats import json_chunks

        if grid is None:
            yield from json_chunks(value)
        else:
            numbers = grid.for_rounding if value is grid.array else value
            yield from json_chunks(numbers, grid.precision, quotients=grid.exact is not None)
        return
    try:
        # A byte of a name that is not UTF-8 is half a surrogate in Python: JSON writes it as \udcff, as Python does.
        yield _encoder().encode(value).encode("utf-8", "backslashreplace")
    except _ArrayInside:
        keyed = isinstance(value, dict)
        yield b"{" if keyed else b"["
        for number, each in enumerate(value):
            yield b", " if number else b""
            if keyed:
                yield from _json_parts(each, grid)
                yield b": "
            yield from _json_parts(value[each] if keyed else each, grid)
        yield b"}" if keyed else b"]"


class _ArrayInside(Exception):  # noqa: N818 not an error
    """What is to be written holds arrays, which Python's own encoder does not know."""


@cache
def _encoder() -> JSONEncoder:
    import json

    def refuse(value: Any) -> None:
        raise _ArrayInside if hasattr(value, "dtype") else TypeError(f"{type(value)} is not JSON")

    return json.JSONEncoder(ensure_ascii=False, default=refuse)


def _verdict_rows(check: dict[str, Any]) -> list[list[str]]:
    """Return a verdict as rows under a header: all mistakes in one cell, the wrong cells below.

    >>> check = {"verdict": "right", "mistake": None, "mistakes": [], "score": 1.0, "message": "the size is 3x3"}
    >>> _verdict_rows(check | {"cells": []})
    [['verdict', 'mistake', 'mistakes', 'score', 'message'], ['right', '', '', '1.0', 'the size is 3x3']]
    """
    names = ";".join(dict.fromkeys(slip["name"] for slip in check["mistakes"]))
    rows = [
        ["verdict", "mistake", "mistakes", "score", "message"],
        [check["verdict"], check["mistake"] or "", names, str(check["score"]), check["message"]],
    ]
    if check["cells"]:
        rows.append(["at", "claimed", "right"])
        rows += [
            [" ".join(map(str, each["at"])), str(each["claimed"]), str(each["right"])] for each in check["cells"]
        ]
    return rows


def render_csv(report: Report) -> str | bytes:
    """Render the tables or matrices as comma-separated values, after a verdict if there is one.

    >>> from convcalc.report.blocks import Column
    >>> table = Table((Column("Layer", "layer"), Column("Params", "params")), (("Linear(3, 2)", 8),))
    >>> render_csv(Report("params", {}, "8", (table,)))
    'layer,params\\r\\n"Linear(3, 2)",8\\r\\n'
    """
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text)
    if "check" in report.data:
        writer.writerows(map(csv_text, row) for row in _verdict_rows(report.data["check"]))
    grid = answer_grid(report)
    if grid is not None:
        from convcalc.matrix.writing.formats import format_csv

        line = f"# {grid.label_line}\n" if grid.labels else ""
        numbers = format_csv(grid.for_rounding, grid.precision, quotients=grid.exact is not None)
        return (text.getvalue() + line).encode() + numbers
    for block in report.blocks:
        if isinstance(block, Table):
            writer.writerow(column.name for column in block.columns)
            totals = () if block.totals is None else (block.totals,)
            writer.writerows([csv_text(cell_text(cell)) for cell in row] for row in (*block.rows, *totals))
    return text.getvalue()
