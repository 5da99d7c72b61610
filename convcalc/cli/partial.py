"""The table up to a layer that does not fit, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from convcalc.cli.messages import print_diagnostics, uses_json
from convcalc.cli.network_options import ErrorOptions
from convcalc.cli.options import OutputOptions
from convcalc.cli.terminal import is_terminal
from convcalc.errors import ShapeError, UsageError


@contextmanager
def partial_table(errors: ErrorOptions, output: OutputOptions, layout: str | None = None) -> Iterator[None]:
    """Print how far the sizes came before an error about a layer goes on, with `--partial` or on a terminal.

    A terminal does not get it where a bare answer or JSON is wanted.
    """
    if errors.partial and uses_json():
        raise UsageError("--partial has no effect with --json-errors", hint="leave out one of them")
    try:
        yield
    except ShapeError as error:
        terminal = is_terminal(sys.stderr) and not uses_json()
        if errors.partial or (terminal and not output.quiet and not output.json):
            _print_table(error, output, layout, terminal)
        raise


def _print_table(error: ShapeError, output: OutputOptions, layout: str | None, terminal: bool) -> None:
    from convcalc.model.forward import reached

    passed = reached(error, layout)
    if passed is None:
        return
    from convcalc.cli.output import wants_color
    from convcalc.cli.terminal import terminal_width
    from convcalc.render import render
    from convcalc.report.shape import shape_report

    report = shape_report(passed.trace, passed.network.nodes, passed.layout)
    form = "table" if terminal else "plain"
    color = wants_color(output.color, dict(os.environ), terminal)
    text = render(report, form, width=terminal_width(sys.stderr), color=color)
    print_diagnostics(str(text).rstrip("\n"))
