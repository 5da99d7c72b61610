"""From a report to standard output or a file: which form, how wide, in colour or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from convcalc.cli.messages import print_notes
from convcalc.cli.options import (
    OutputOptions,
)
from convcalc.cli.terminal import is_terminal, terminal_width
from convcalc.errors import UsageError
from convcalc.report.blocks import Grid, Report, answer_grid
from convcalc.value import Value

LARGE = 1 << 16
"""Cells from which a matrix is written piece by piece."""
_DRAWINGS = ("mermaid", "dot")  # these have no barer form
SVG_WIDTH = 120
"""Characters in a line of a picture."""
TEXT_ENDINGS = {".txt": "plain", ".tsv": "plain", ".csv": "csv", ".json": "json", ".md": "markdown", ".tex": "latex"}


class Answer(Value):
    """What a command hands to `main`: its report and how it is to be shown, of which `field` may be wanted alone."""

    report: Report
    output: OutputOptions
    field: str | None = None

    @property
    def form(self) -> str | None:
        """The form in which the answer goes out, `bare` for the answer alone; None for a file of numbers alone."""
        output = self.output
        if output.output is not None and self.field is None:
            return _form_of_file(output.output)
        form = "json" if output.json else output.format
        if self.field is not None or (output.quiet and not output.json and form not in _DRAWINGS):
            return "bare"
        if form == "auto":
            return "table" if is_terminal(sys.stdout) else "plain"
        return form

    @property
    def bare(self) -> str | bytes:
        """The bare answer, or the field that is wanted of it."""
        from convcalc.render.plain import render_answer, render_field

        if self.field is None:
            return render_answer(self.report)
        from convcalc.report.fields import field_of

        return render_field(field_of(self.report, self.field))


def show(answer: Answer) -> int:
    """Print or write an answer, and return its exit code."""
    report, output = answer.report, answer.output
    # A person who has them under the table needs no second look at them.
    below = report.data.get("assumptions", ()) if answer.form == "table" and _shows_both() else ()
    print_notes(*(note for note in report.notes if note not in below))
    if answer.form in ("plain", "csv"):
        from convcalc.report.blocks import side_notes

        print_notes(*side_notes(report))
    if answer.field is not None:
        write_out(answer.bare)
    elif output.output is not None:
        with noting_changes(output.output):
            _write(report, output.output)
    else:
        for part in _parts(answer):
            write_out(part)
    if output.is_written and "check" in report.data:
        print_notes(f"{report.data['check']['verdict']}: {report.data['check']['message']}")
    return report.exit_code


def _shows_both() -> bool:
    """Return whether standard output and standard error are seen in one terminal."""
    return is_terminal(sys.stdout) and is_terminal(sys.stderr)


def write_file(path: str, chunks: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file, which appears whole or not at all, and print what the one that it replaces has lost."""
    from convcalc.matrix.writing.atomic import write_bytes

    with noting_changes(path):
        write_bytes(path, chunks)


@contextmanager
def noting_changes(path: str) -> Iterator[None]:
    """Print what the file at `path` has lost once it has been replaced in the block."""
    from convcalc.matrix.writing.atomic import what_changes

    notes = what_changes(path)
    yield
    print_notes(*notes)


def _parts(answer: Answer) -> Iterable[str | bytes | memoryview]:
    """Return what is to be printed, a large matrix in pieces."""
    if answer.output.prints_npy:
        return _npy(answer.report)
    form = answer.form
    pieces = _large_matrix(answer.report, "plain" if form == "bare" else form)
    return (_rendered(answer),) if pieces is None else pieces


def _npy(report: Report) -> Iterable[bytes | memoryview]:
    grid = answer_grid(report)
    if grid is None:
        raise UsageError(f"cannot write {_what(report)} as npy: that is for matrices", place="-F")
    from convcalc.matrix.npy import npy_chunks

    return npy_chunks(grid.array)


def _what(report: Report) -> str:
    return f"the plan of {report.command}" if "plan" in report.data else report.command


def _large_matrix(report: Report, form: str | None) -> Iterable[str | bytes] | None:
    """Return the text of a large matrix piece by piece; None for a small one, and beside others in plain text."""
    separator = {"plain": " ", "csv": ","}.get(form or "")
    grid = answer_grid(report)
    if grid is None or grid.array.size < LARGE:
        return None
    if form in ("json", "markdown", "latex"):
        from convcalc.render import render_parts

        return render_parts(report, form)
    if separator is None or report.blocks != (grid,) or grid.labels:
        return None
    return _rows(grid, separator)


def _rows(grid: Grid, separator: str) -> Iterable[bytes]:
    """Yield the rows of a matrix as text, some at a time."""
    from convcalc.matrix.writing.formats import plain_chunks

    return plain_chunks(grid.for_rounding, grid.precision, separator, quotients=grid.exact is not None)


def _rendered(answer: Answer) -> str | bytes:
    from convcalc.render import render

    form = answer.form
    if form is None or form == "bare":
        return answer.bare
    color = wants_color(answer.output.color, dict(os.environ), is_terminal(sys.stdout))
    return render(answer.report, form, width=terminal_width() if form == "table" else 80, color=color)


def wants_color(when: str, environment: dict[str, str], terminal: bool) -> bool:
    """Decide about colour: `--color` first, then FORCE_COLOR and CLICOLOR_FORCE, then NO_COLOR, then the terminal.

    FORCE_COLOR=0 means off. Sources: no-color.org, force-color.org, bixense.com/clicolors.

    >>> wants_color("auto", {"NO_COLOR": "1"}, True), wants_color("auto", {"FORCE_COLOR": "0"}, True)
    (False, False)
    >>> wants_color("auto", {"CLICOLOR_FORCE": "1"}, False), wants_color("never", {"FORCE_COLOR": "1"}, True)
    (True, False)
    """
    if when != "auto":
        return when == "always"
    forced = environment.get("FORCE_COLOR", "")
    if forced:
        return forced not in ("0", "false")
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and environment.get("TERM") != "dumb" and environment.get("CLICOLOR") != "0"


def write_out(text: str | bytes | memoryview) -> None:
    """Write to standard output and see that it goes out at once."""
    rest = memoryview(_encoded(text) if isinstance(text, str) else text)
    while rest:
        # Unbuffered (python -u) a write may take less than all, and only the next one meets the fault.
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.flush()


def _encoded(text: str) -> bytes:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        from convcalc.cli.ascii_signs import encoded_with_other_signs

        return encoded_with_other_signs(text, encoding)


def _form_of_file(path: str) -> str | None:
    """Return the form of a text that the ending of a file says, None where it says another."""
    return next((form for ending, form in TEXT_ENDINGS.items() if path.lower().endswith(ending)), None)


def _write(report: Report, path: str) -> None:
    """Write a report to a file, in the form its ending says."""
    from convcalc.matrix.writing.atomic import write_bytes
    from convcalc.matrix.writing.files import OUTPUT_ENDINGS, write_matrix
    from convcalc.render import render

    name = path.lower()
    grid = answer_grid(report)
    form = _form_of_file(path)
    if name.endswith(".npz") and "gradients" in report.data:
        from convcalc.matrix.npy import npz_bytes

        write_bytes(path, npz_bytes(**{key: each["data"] for key, each in report.data["gradients"].items()}))
    elif name.endswith(".svg"):
        from convcalc.render.table import render_svg

        write_bytes(path, render_svg(report, SVG_WIDTH).encode())
    elif grid is not None and name.endswith(".tsv"):
        write_bytes(path, _rows(grid, "\t"))
    elif form is not None:
        pieces = _large_matrix(report, form)
        parts = (render(report, form),) if pieces is None else pieces
        write_bytes(path, (part.encode() if isinstance(part, str) else part for part in parts))
    elif grid is not None and name.endswith(OUTPUT_ENDINGS):
        pictured = grid.picture is not None and name.endswith(".png")
        array = grid.picture if pictured else grid.array
        write_matrix(array, path)
        if name.endswith(".png"):
            print_notes(*_shades_notes(array, path))
    else:
        endings = " ".join(sorted({*TEXT_ENDINGS, ".svg", *(OUTPUT_ENDINGS if grid is not None else ())}))
        reason = "that is for matrices" if name.endswith(OUTPUT_ENDINGS) else "its ending does not say how"
        message = f"cannot write {_what(report)} to {path}: {reason}"
        raise UsageError(message, place="-o", hint=f"known are {endings}")


def _shades_notes(array: Any, path: str) -> tuple[str, ...]:
    """Return a note on how a picture shows numbers, where its pixels are not they."""
    from convcalc.matrix.image import shades_of
    from convcalc.render.numbers import brief

    shades = shades_of(array)
    if (shades.low, shades.high, shades.pixels) == (0, 255, 1):
        return ()
    black, white = brief(shades.low), brief(shades.high)
    scale = f"black is {black}, white is {white}" if black != white else f"gray is {black}"
    return (
        f"{path}: {scale}" + (f", {shades.pixels}x{shades.pixels} pixels per number" if shades.pixels > 1 else ""),
    )
