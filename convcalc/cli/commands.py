"""The commands, and how one is found and run.

Only the command at hand is built, so that a start does not pay for the options of the others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer

from convcalc import __version__
from convcalc.cli.messages import usage_error
from convcalc.errors import FileError

COMMANDS = {
    "shape": "Sizes through one layer or a whole chain.",
    "params": "Weights, biases, MACs, FLOPs, memory.",
    "conv": "A real convolution of real numbers.",
    "pool": "A real pooling of real numbers.",
}

HELP = """Examples:

\b
  convcalc shape 3x224x224 'Conv2d(3, 64, 7, stride=2, padding=3)'
  convcalc shape 224 -k 7 -s 2 -p 3 --explain
  convcalc params 'Conv2d(3, 64, 7)' --input 3x224x224
  convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1'
  convcalc conv photo.npy -k sobel-x -o edges.npy
  convcalc pool matrix.txt max -k 2

A calculator for convolutions: sizes, parameters, and real results."""


def run(arguments: list[str]) -> int:
    """Run a command line, print its answer and return the exit code.

    Errors: UsageError for a command line that Typer refuses, BrokenPipeError where the reader has left, and those
    of the command.
    """
    names = [arguments[0]] if arguments[0] in COMMANDS else list(COMMANDS)
    try:
        answer = build(names)(args=arguments, prog_name="convcalc", standalone_mode=False)
    except typer.TyperException as error:
        raise usage_error(error) from error
    except SystemExit:
        # Typer leaves so, and only so, where the reader of its help has left.
        raise BrokenPipeError from None
    if isinstance(answer, int):
        # Typer gives the code of an early exit: 0 after help and version, 130 after an interrupt.
        if sys.stdout is None:
            raise FileError("standard output is closed")
        sys.stdout.flush()
        return answer
    from convcalc.cli.output import show

    return show(answer)


def build(names: Sequence[str]) -> Any:
    """Build the command tree with the commands `names`.

    >>> sorted(build(["shape", "pool"]).commands)
    ['pool', 'shape']
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
    app.callback(help=HELP, context_settings=settings)(_root)
    for name in names:
        command = import_module(f"convcalc.cli.{name}")
        app.command(name, help=command.HELP, short_help=COMMANDS[name])(getattr(command, name))
    return typer.main.get_command(app)


def _root(
    version: bool = typer.Option(
        False, "-V", "--version", help="Print the version.", is_eager=True, callback=lambda asked: _version(asked)
    ),
) -> None:
    pass


def _version(asked: bool) -> None:
    if asked:
        print(f"convcalc {__version__}")
        raise typer.Exit
