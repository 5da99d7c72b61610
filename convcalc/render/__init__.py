"""A report in the form that was asked for; a renderer is imported only when it is used."""

from __future__ import annotations

from convcalc.report.blocks import Report

__all__ = ["FORMATS", "render"]

FORMATS = ("table", "plain", "json", "csv", "markdown", "latex")


def render(report: Report, form: str, *, width: int = 80, color: bool = False) -> str | bytes:
    """Render `report` as one of `FORMATS`; `width` and `color` are those of a table.

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
    from convcalc.render import markup

    return markup.render(report, form)
