"""Options of the commands on networks, `shape` and `params`: how much is shown of an answer, and beside an error."""

# No postponed annotations here: see options.py.

from collections.abc import Mapping
from typing import Annotated

from convcalc.cli.options import Group, OutputOptions, option
from convcalc.errors import UsageError

WITHOUT_LAYERS = ("--want", "--frameworks", "--as", "--grade", "--conventions")
"""What is answered without a row for each layer."""


class SummaryOptions(Group):
    """How much of a network's answer is shown."""

    field: Annotated[
        str | None,
        option("Output", 2, "--field KEY", "Print this one alone: macs, params, receptive_field, output ..."),
    ] = None
    depth: Annotated[
        int | None,
        option("Output", 2, "--depth N", "Show modules to this depth of names only, with their sums.", min=1),
    ] = None

    def refuse_two(self, output: OutputOptions, others: Mapping[str, object]) -> None:
        """Refuse what `--field` and `--depth` leave out: other forms, and the `others` that were given."""
        given = {"-o": output.output, output.form_option or "-F": output.form_option, **others}
        for name in (name for name, value in given.items() if value and self.field is not None):
            message = f"--field prints one bare answer, which leaves no room for {name}"
            raise UsageError(message, hint=f"leave out {name}, or --field")
        unfolded = [name for name in WITHOUT_LAYERS if others.get(name)]
        if unfolded and self.depth is not None:
            raise UsageError(f"--depth has no effect with {unfolded[0]}", hint="leave out one of them")


class EachOptions(Group):
    """Many questions at once."""

    each: Annotated[
        str | None,
        option(
            "Input",
            2,
            "--each FILE|-",
            "Answer every line, INPUT [LAYER]..., in one line; an empty one where it is wrong.",
        ),
    ] = None


class ErrorOptions(Group):
    """What is shown beside an error."""

    partial: Annotated[
        bool,
        option(
            "Output",
            3,
            "--partial",
            "If a layer does not fit, show the table up to it on standard error; a terminal always does.",
        ),
    ] = False
