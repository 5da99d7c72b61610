"""The command line: one file a command, and `main`, the only place that prints an error or exits.

Only the command at hand is built, so that a start does not pay for the options of the others.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import typer

from convcalc import __version__
from convcalc.cli.messages import complain, misuse
from convcalc.errors import ConvcalcError, DataError, FileError

__all__ = ["COMMANDS", "build", "main"]

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return its exit code."""
    # One thread of BLAS for each of convcalc's own threads; NumPy reads this when it loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if argv is None:
        # As an exception, so that files half written are taken away.
        signal.signal(signal.SIGTERM, _terminated)
    arguments = [_as_matrix(argument) for argument in (sys.argv[1:] if argv is None else argv)]
    try:
        return _run(arguments or ["--help"])
    except ConvcalcError as error:
        return complain(error)
    except BrokenPipeError:
        _drop_output()
        return 141
    except KeyboardInterrupt:
        return 130
    except _Terminated:
        return 143
    except typer.TyperException as error:
        return complain(misuse(error))
    except OSError as error:
        # Where a file's name is known, it is a FileError by now; what is left is the output.
        _drop_output()
        return complain(FileError(f"cannot write to {error.filename or 'standard output'}: {error.strerror}"))
    except MemoryError:
        return complain(DataError("there is not enough memory for this"))
    except Exception as error:
        if isinstance(error, ValueError) and "integer string conversion" in str(error):
            return complain(DataError("a number here has more than 4300 digits, more than is printed"))
        if os.environ.get("CONVCALC_TRACEBACK"):
            raise
        hint = "please report it with the command line; CONVCALC_TRACEBACK=1 shows where"
        return complain(ConvcalcError(f"a defect in convcalc: {type(error).__name__}: {error}", hint=hint))


class _Terminated(BaseException):
    """The system asked this process to end."""


def _terminated(number: int, frame: object) -> NoReturn:
    raise _Terminated


def _run(arguments: list[str]) -> int:
    names = [arguments[0]] if arguments[0] in COMMANDS else list(COMMANDS)
    try:
        answer = build(names)(args=arguments, prog_name="convcalc", standalone_mode=False)
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


def _as_matrix(argument: str) -> str:
    """Put a blank before an argument that starts like a negative number, so that it is not taken for an option.

    >>> _as_matrix("-1 0; 2 1"), _as_matrix("-k"), _as_matrix("-")
    (' -1 0; 2 1', '-k', '-')
    """
    rest = argument[1:]
    starts = rest[:1].isdigit() or rest[:1] == "." or rest[:3] in ("inf", "nan")
    return " " + argument if argument[:1] == "-" and starts else argument


def _drop_output() -> None:
    """Let what is still buffered go nowhere: the reader has left, and Python would complain at its exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
