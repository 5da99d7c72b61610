"""Many inputs in one process (`--inputs`): each goes the way of a single one; a bad one does not stop the rest."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convcalc.cli.answer import Request, answer
from convcalc.cli.mapped_files import forget_mapped_files
from convcalc.cli.messages import error_of, print_error, print_notes
from convcalc.cli.options import (
    OutputOptions,
)
from convcalc.cli.output import Answer, show, write_out
from convcalc.cli.pipe import read_input
from convcalc.cli.progress import meter
from convcalc.cli.terminal import is_terminal
from convcalc.cli.wanted import Wanted
from convcalc.errors import ConvcalcError, FileError, ShapeError, UsageError
from convcalc.report.blocks import answer_grid
from convcalc.text import printable

if TYPE_CHECKING:
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows
    from convcalc.report.blocks import Report

PLACE = "--inputs"
FITS_OR_NOT = ("`at`", "`column`", "--plan", "--algorithm")
"""Options that may fit one input and not another."""
_FIELD = re.compile(r"\{(\w*)\}")


Begin = Callable[[bool], None]
Tell = Callable[..., None]
AnswerOne = Callable[[str, Wanted, Begin, Tell], Answer | int]
"""Answers for one input, as it is wanted.

It calls the first function once the input has been read, with whether it prints the answer itself, and the second
with the notes on an answer that is not returned.
"""


def answer_each(pattern: str, request: Request, wanted: Wanted, memory: int) -> int:
    """Answer for every matrix that `pattern` names, and return the highest exit code; errors as `run_each`."""

    def answer_one(source: str, wanted: Wanted, begin: Begin, tell: Tell) -> Answer | int:
        from convcalc.matrix import Matrix

        x = read_named(source, wanted, memory)
        begin(not isinstance(x, Matrix))
        return answer(request, x, wanted, tell)

    return run_each(pattern, wanted, answer_one)


def run_each(pattern: str, wanted: Wanted, answer_one: AnswerOne) -> int:
    """Answer for every input that `pattern` names, and return the highest exit code.

    Errors: UsageError for what is wrong whatever the inputs hold, FileError where there are none.
    """
    homework = {"--check": wanted.homework.check, "--grade": wanted.homework.grade, "--watch": wanted.shown.watch}
    for name, given in homework.items():
        if given:
            raise UsageError(f"{PLACE} and {name} cannot be combined", hint="take one input at a time")
    if wanted.output.prints_npy:
        raise UsageError("npy holds one answer", place="-F", hint="write one file per input: -o 'out/{stem}.npy'")
    sources = sources_of(pattern)
    targets = targets_of(sources, wanted.output.output)
    batch = _Batch(answer_one, wanted, len(sources))
    if wanted.output.output is None and is_terminal(sys.stdout):
        # The answers themselves show how far it is, and a bar would be in their way.
        highest = batch.run(sources, targets, None)
    else:
        with meter(len(sources), "inputs") as progress:
            highest = batch.run(sources, targets, progress)
    batch.print_notes()
    return highest


def sources_of(pattern: str) -> list[str]:
    """List the inputs: the files that match a glob, sorted, or the names that standard input lists."""
    if pattern == "-":
        return _listed()
    if not pattern:
        raise UsageError("the pattern is empty", place=PLACE, hint="as in 'scans/*.npy'")
    from convcalc.cli.matching_files import matching_files
    from convcalc.matrix.sources import exists

    if exists(pattern):
        if Path(pattern).is_dir():
            hint = f"quote a pattern of its files: {PLACE} '{Path(pattern) / '*'}'"
            raise UsageError(f"{pattern} is a folder", place=PLACE, hint=hint)
        # A name such as a[1].npy is a pattern, too, but of another file.
        return [pattern]
    found = matching_files(pattern)
    if not found:
        raise FileError(f"no file matches {pattern!r}", place=PLACE, hint="** matches folders at any depth")
    return found


def _listed() -> list[str]:
    """Read names from standard input: one per line, or ending in zero bytes as `find -print0` writes them."""
    from convcalc.matrix.sources import LONGEST_TEXT, STANDARD_INPUT, check_length, standard_input

    data = standard_input(LONGEST_TEXT + 1)
    check_length(data, STANDARD_INPUT)
    names = data.split(b"\0") if b"\0" in data else data.splitlines()
    found = [os.fsdecode(name) for name in names if name]
    if not found:
        raise FileError("no names to read inputs from", place=STANDARD_INPUT, hint="write one name per line")
    return found


def targets_of(sources: Sequence[str], pattern: str | None) -> list[str | None]:
    """Return the file that the answer for each source goes to, None for standard output.

    Errors: UsageError where two answers would go to one file, or one to an input.

    >>> targets_of(["a/x.npy", "a/y.npy"], "{parent}/out/{stem}.txt")
    ['a/out/x.txt', 'a/out/y.txt']
    """
    if pattern is None:
        return [None] * len(sources)
    fields = _FIELD.findall(pattern)
    unknown = [field for field in fields if field not in ("stem", "parent")]
    if unknown or "stem" not in fields:
        message = f"{{{unknown[0]}}} is not known" if unknown else f"{pattern} would hold the answer for every input"
        hint = "{stem} is the name of an input without its ending, {parent} its folder: 'out/{stem}.npy'"
        raise UsageError(message, place="-o", hint=hint)
    inputs = {os.path.realpath(source): source for source in sources}
    taken: dict[str, str] = {}
    targets: list[str | None] = []
    for source in sources:
        target = _filled(pattern, source)
        place = os.path.realpath(target)
        if place in inputs:
            raise UsageError(f"{target} would overwrite the input {inputs[place]}", place="-o")
        if place in taken:
            message = f"the answers for {taken[place]} and {source} would both go to {target}"
            raise UsageError(
                message, place="-o", hint="{parent} is the folder of an input: '{parent}/{stem}.out.npy'"
            )
        taken[place] = source
        targets.append(target)
    return targets


def _filled(pattern: str, source: str) -> str:
    """Fill in the fields of a pattern; the stem of an array in an archive, `a.npz:x`, has its name, too: `a_x`.

    >>> _filled("out/{stem}.npy", "scans/a.npz:x"), _filled("{parent}/{stem}.txt", "b/c:1.npy")
    ('out/a_x.npy', 'b/c:1.txt')
    """
    archive, colon, member = source.rpartition(":")
    path = Path(archive if colon and archive.lower().endswith(".npz") else source)
    stem = path.stem if str(path) == source else f"{path.stem}_{member.replace('/', '_')}"
    parts = {"stem": stem, "parent": str(path.parent)}
    return _FIELD.sub(lambda field: parts[field[1]], pattern)


class _Batch:
    """Inputs one after the other, with the errors and notes that they bring."""

    def __init__(self, answer_one: AnswerOne, wanted: Wanted, count: int) -> None:
        self.answer_one, self.wanted, self.count = answer_one, wanted, count
        self.pages = _Pages(wanted.output)
        self.notes: dict[str, list[str]] = {}
        self.seen: set[tuple[str, str | None]] = set()
        self.failed = 0

    def run(
        self, sources: Sequence[str], targets: Sequence[str | None], progress: Callable[[int], None] | None
    ) -> int:
        """Answer for every source, and return the highest exit code."""
        highest = 0
        for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
            try:
                code = self._answer(source, target)
            except Exception as error:
                forget_mapped_files()
                found = error_of(error)
                if found is None or (index == 0 and _is_about_command(found)):
                    raise
                self._report(found, source)
                code = found.exit_code
            highest = max(highest, code)
            if progress is not None:
                progress(1)
        return highest

    def _answer(self, source: str, target: str | None) -> int:
        if source == "-":
            raise UsageError("standard input is the list of names already", place=PLACE)
        wanted = self.wanted.replace(output=OutputOptions(**{**vars(self.wanted.output), "output": target}))

        def begin(prints: bool) -> None:
            if target is not None:
                _make_folder(Path(target).parent)
            elif prints:
                self.pages.begin(source)

        found = self.answer_one(source, wanted, begin, lambda *notes: self._keep(source, notes))
        if isinstance(found, int):
            return found
        self._keep(source, found.report.notes)
        report = found.report.replace(notes=())
        if target is not None:
            return show(Answer(report, wanted.output))
        return self.pages.show(source, report)

    def _keep(self, source: str, notes: Sequence[str]) -> None:
        for note in dict.fromkeys(notes):
            self.notes.setdefault(note, []).append(source)

    def _report(self, error: ConvcalcError, source: str) -> None:
        """Print an error under the name of its input; one that has been printed before, in one line."""
        self.failed += 1
        if not (error.place or "").startswith(source):
            error.place = f"{source}: {error.place}" if error.place else source
        if (error.message, error.hint) in self.seen:
            error.text = error.hint = None
        self.seen.add((error.message, error.hint))
        print_error(error)
        self.pages.skip()

    def print_notes(self) -> None:
        """Print each note once, with the inputs that it is about unless it is about all of them."""
        for note, sources in self.notes.items():
            more = f" and {len(sources) - 1} more inputs" if len(sources) > 2 else ""
            names = sources[0] + (more or "".join(f" and {source}" for source in sources[1:]))
            print_notes(note if len(sources) == self.count else f"{names}: {note}")
        if self.failed:
            print_notes(f"{self.failed} of {self.count} inputs have no answer")


def check_there(source: str) -> None:
    """Refuse the name of a file that does not exist."""
    from convcalc.matrix.sources import exists, not_there

    archive, colon, _ = source.rpartition(":")
    if not exists(source) and not (colon and archive.lower().endswith(".npz") and exists(archive)):
        raise not_there(source)


def read_named(source: str, wanted: Wanted, memory: int) -> Matrix | IncomingRows:
    """Read the file called `source`; a name is not taken for a matrix, even if it is a number."""
    check_there(source)
    return read_input(source, wanted, memory)


def _is_about_command(error: ConvcalcError) -> bool:
    """Return whether an error says that the command line is wrong, not an input."""
    return isinstance(error, UsageError) and not isinstance(error, ShapeError) and error.place not in FITS_OR_NOT


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot be made: {error.strerror or error}", place=str(folder)) from error


class _Pages:
    """Answers on standard output, each under a line with the name of its input, or bare with `-q`.

    A blank line separates them unless both are a single row. In JSON every answer is an object on a line of its own.
    """

    def __init__(self, output: OutputOptions) -> None:
        self.output = output
        self.json = output.json or (output.format == "json" and not output.quiet)
        self.after_rows: bool | None = None

    def begin(self, source: str, *, one_row: bool = False) -> None:
        """Write what comes before the answer for `source`."""
        if self.json:
            return
        blank = "" if self.after_rows is None or (one_row and not self.after_rows) else "\n"
        mark = "%" if self.output.format == "latex" else "#"
        write_out(blank + ("" if self.output.quiet else f"{mark} {printable(source)}\n"))
        self.after_rows = not one_row

    def show(self, source: str, report: Report) -> int:
        """Print an answer."""
        if self.json:
            schema, command, *rest = report.data.items()
            report = report.replace(data=dict((schema, command, ("input", source), *rest)))
        self.begin(source, one_row=self._is_row(report))
        return show(Answer(report, self.output))

    def skip(self) -> None:
        """Leave a bare answer out: its line stays empty."""
        if self.output.quiet and not self.json:
            write_out("\n")

    def _is_row(self, report: Report) -> bool:
        grid = answer_grid(report)
        if grid is None or report.blocks != (grid,) or is_terminal(sys.stdout):
            return False
        shape = grid.array.shape
        return len(shape) < 2 or (len(shape) == 2 and shape[0] == 1)
