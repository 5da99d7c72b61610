"""The commands, and how one is found and run.

Only the command at hand is built, so that a start does not pay for the options of the others.
"""

# No postponed annotations here: see options.py.

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

import typer

from convcalc import __version__
from convcalc.cli.options import Group, HelpRequested, grouped, option

COMMANDS = {
    "shape": "Sizes through one layer or a whole chain.",
    "params": "Weights, biases, MACs, FLOPs, memory.",
    "conv": "A real convolution of real numbers.",
    "pool": "A real pooling of real numbers.",
}


def _print_version(asked: bool) -> None:
    if asked:
        print(f"convcalc {__version__}")
        raise typer.Exit


class RootOptions(Group):
    """What stands before a command."""

    version: Annotated[
        bool, option("Help", 1, "-V --version", "Print the version.", is_eager=True, callback=_print_version)
    ] = False


def run(arguments: list[str]) -> int:
    """Run a command line, print its answer and return the exit code.

    Errors: UsageError for a command line that Typer refuses, BrokenPipeError where the reader has left, and those
    of the command.
    """
    if arguments[1:] == ["help"]:
        # `conv help` lacks all that conv needs, so that no file of that name is meant.
        arguments = ["help", arguments[0]]
    if arguments[0] == "help":
        arguments = [*arguments[1:], "--help"]
        if arguments[0] not in (*COMMANDS, "--help"):
            from convcalc.cli.manual import print_page

            print_page(arguments[0])
            return 0
    names = [arguments[0]] if arguments[0] in COMMANDS else list(COMMANDS)
    tree = build(names)
    if any(following[:1] == "-" == word[:1] for word, following in pairwise(arguments[1:])):
        from convcalc.cli.usage import refuse_missing_values

        refuse_missing_values(tree.commands.get(arguments[0]), arguments)
    try:
        answer = tree(args=arguments, prog_name="convcalc", standalone_mode=False)
    except HelpRequested as request:
        from convcalc.cli.help import print_help

        print_help(request.command, request.page)
        answer = 0
    except typer.TyperException as error:
        from convcalc.cli.usage import usage_error

        raise usage_error(error, arguments, all_commands) from error
    except SystemExit:
        # Typer leaves so, and only so, where the reader of its help has left.
        raise BrokenPipeError from None
    if isinstance(answer, int):
        # Typer gives the code of an early exit: 0 after help and version, 130 after an interrupt.
        sys.stdout.flush()
        return answer
    from convcalc.cli.output import show

    return show(answer)


def all_commands() -> Mapping[str, Any]:
    """Build every command, and return them by their names."""
    commands: Mapping[str, Any] = build(list(COMMANDS)).commands
    return commands


def build(names: Sequence[str]) -> Any:
    """Build the command tree with the commands `names`.

    >>> sorted(build(["shape", "pool"]).commands)
    ['pool', 'shape']
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(add_help_option=False)(_root)
    for name in names:
        command = import_module(f"convcalc.cli.{name}")
        app.command(name, short_help=COMMANDS[name], add_help_option=False)(getattr(command, name))
    return typer.main.get_command(app)


@grouped
def _root(*, root: RootOptions) -> None:
    pass
