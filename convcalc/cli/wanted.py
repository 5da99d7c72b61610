"""What is wanted of a matrix, as all the options say together: made once, and refused where they contradict."""

from __future__ import annotations

import sys
from pathlib import Path

from convcalc.cli.matrix_options import (
    CellOptions,
    EngineOptions,
    GradientOptions,
    NumberOptions,
    ShowOptions,
)
from convcalc.cli.options import (
    HomeworkOptions,
    OutputOptions,
)
from convcalc.cli.terminal import is_terminal
from convcalc.errors import UsageError
from convcalc.value import Value

SEPARATORS = {".txt": " ", ".csv": ",", ".tsv": "\t"}
"""The files that rows can be written into one by one, and what stands between their cells."""

WATCH_ENDINGS = (".svg", ".txt")
"""The files that hold frames."""

BARE_ENDINGS = (".npy", ".npz", ".png")
"""The files that hold a matrix and nothing about it."""


class Wanted(Value):
    """How numbers are read, whether the result is planned, explained, checked or only written, and where it goes."""

    numbers: NumberOptions
    homework: HomeworkOptions
    cell: CellOptions
    shown: ShowOptions
    engine: EngineOptions
    output: OutputOptions
    gradient: GradientOptions = GradientOptions()

    def check(self) -> None:
        """Refuse two questions at once, and options without effect."""
        self.homework.refuse_two(self.output)
        if self.plan and self.looks:
            raise UsageError(f"--plan and {self.looks[0]} cannot be combined", hint="ask one at a time")
        self._check_bare()
        judged = self.homework.check is not None or self.homework.grade is not None
        if self.cell.tol is not None and not judged:
            raise UsageError("--tol has no effect without --check", hint="add --check ANSWER")
        shows_answer = self.homework.shows_answer(written=self.output.is_written)
        if self.shown.heatmap and self.homework.check is not None and not shows_answer:
            raise UsageError("--heatmap would show the answer, which --check hides", hint="add --show-answer")
        self._check_gradient()
        if self.shown.watch:
            self._check_watch()

    def _check_bare(self) -> None:
        """Refuse looks at a matrix where it is written alone, and bytes on a terminal."""
        output = self.output
        unseen = [name for name in self.looks if name != "--check"]
        added = [name for name in unseen if name not in ("--grade", "--watch")]
        if added and output.quiet:
            message = f"{added[0]} has no effect with -q, which prints the bare answer"
            raise UsageError(message, hint="leave out one of them")
        if unseen and (output.prints_npy or (output.output or "").lower().endswith(BARE_ENDINGS)):
            where = "-F npy" if output.prints_npy else f"-o {output.output}"
            raise UsageError(f"{unseen[0]} has no effect with {where}", hint="write to .txt, .md or .json")
        if output.prints_npy and is_terminal(sys.stdout):
            hint = "send it into a pipe, or write to a file with -o y.npy"
            raise UsageError("-F npy writes bytes, which are not for a terminal", place="-F", hint=hint)

    def _check_watch(self) -> None:
        """Refuse what frames have no place for."""
        output = self.output
        others = [name for name in self.looks if name != "--watch"]
        others += ["--grad"] if self.gradient.grad is not None else []
        if others:
            raise UsageError(f"--watch and {others[0]} cannot be combined", hint="ask one at a time")
        if output.output is not None and not output.output.lower().endswith(WATCH_ENDINGS):
            hint = f"write to {' or '.join(WATCH_ENDINGS)}"
            raise UsageError(f"--watch has no effect with -o {output.output}", hint=hint)
        form = "json" if output.json else "quiet" if output.quiet else output.format
        if form not in ("auto", "table", "plain"):
            raise UsageError(f"--watch has no form {form}", hint="leave the form out, or write to .svg")

    def _check_gradient(self) -> None:
        """Refuse what contradicts the backward pass, or has no effect without it."""
        gradient = self.gradient
        if gradient.grad is None:
            if gradient.of is not None:
                raise UsageError("--of has no effect without --grad", hint="add --grad DY")
            return
        if self.plan:
            raise UsageError("--plan and --grad cannot be combined", hint="ask one at a time")
        if (self.homework.check or self.homework.grade) is not None and gradient.of is None:
            hint = "say whose gradient the answer is: --of x, --of w or --of b"
            name = "--grade" if self.homework.check is None else "--check"
            raise UsageError(f"{name} needs --of beside --grad", hint=hint)

    @property
    def looks(self) -> tuple[str, ...]:
        """The options given that look at the matrix besides writing it."""
        given = {
            "--explain": self.homework.explain,
            "--check": self.homework.check is not None,
            "--grade": self.homework.grade is not None,
            "--at": self.cell.at is not None,
            "--heatmap": self.shown.heatmap,
            "--show-input": self.shown.show_input,
            "--watch": self.shown.watch,
        }
        return tuple(name for name, is_given in given.items() if is_given)

    @property
    def plan(self) -> bool:
        """Whether the plan is wanted instead of the result."""
        return self.engine.plan

    @property
    def bare(self) -> bool:
        """Whether the matrix alone is wanted."""
        return not self.looks

    @property
    def streams(self) -> bool:
        """Whether the rows of the result can leave one by one: the bare matrix as text."""
        forward = self.gradient.grad is None
        return self.bare and forward and not self.plan and self.separator is not None

    @property
    def separator(self) -> str | None:
        """What stands between the cells of a row of the bare matrix as text, None if it is wanted in another form."""
        output = self.output
        if output.output is not None:
            return SEPARATORS.get(Path(output.output).suffix.lower())
        if output.json:
            return None
        if output.quiet or output.format == "plain" or (output.format == "auto" and not is_terminal(sys.stdout)):
            return " "
        return "," if output.format == "csv" else None
