"""A report in the form that was asked for; a renderer is imported only when it is used."""

from __future__ import annotations

from collections.abc import Iterator

from convcalc.report.blocks import Report

__all__ = ["DRAWINGS", "FORMATS", "render", "render_parts"]

FORMATS = ("table", "plain", "json", "csv", "markdown", "latex")
DRAWINGS = ("mermaid", "dot")


def render(report: Report, form: str, *, width: int = 80, color: bool = False) -> str | bytes:
    """Render `report` as one of `FORMATS` or, with a network, `DRAWINGS`; `width` and `color` are those of a table.

    >>> from convcalc.report.blocks import Lines
    >>> render(Report("shape", {}, "2x2", (Lines(("right",), role="right"),)), "plain")
    '# right\\n'
    """
    if form == "plain":
        from convcalc.render import plain

        return plain.render(report)
    if form == "table":
        from convcalc.render import table

        return table.render(report, width, color)
    if form in ("json", "csv"):
        from convcalc.render import machine

        return machine.render_json(report) if form == "json" else machine.render_csv(report)
    if form in DRAWINGS:
        from convcalc.render import drawing

        return drawing.render_mermaid(report) if form == "mermaid" else drawing.render_dot(report)
    if form == "latex":
        from convcalc.render import latex

        return latex.render(report)
    from convcalc.render import markdown

    return markdown.render(report)


def render_parts(report: Report, form: str) -> Iterator[str | bytes]:
    """Yield the text of `render` piece by piece, in a form that has matrices of any number: JSON, Markdown or LaTeX.

    >>> [*render_parts(Report("shape", {"output": [2]}, "2", ()), "json")]
    [b'{"output": [2]}', b'\\n']
    """
    if form == "json":
        from convcalc.render.machine import json_parts

        return json_parts(report)
    if form == "latex":
        from convcalc.render import latex

        return latex.parts(report)
    from convcalc.render import markdown

    return markdown.parts(report)
