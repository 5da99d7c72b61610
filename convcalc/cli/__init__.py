"""The command line: `main`, the only place that prints an error or exits; one file per command.

Nothing is imported here that takes time, so that signals are taken care of as early as can be.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from errno import EBADF

from convcalc.cli.interrupts import Interrupted, ignore_signals, raise_on_signals

TYPE_CHECKING = False  # typing's own would be loaded before signals are taken care of
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

__all__ = ["main", "run_process"]

_DASHES = ("-", "–", "—", "−")


def run_process() -> NoReturn:
    """Run the command line of this process and end the process with its exit code.

    Everything has been written by then. Taking modules and objects down one by one, as Python does at its exit, takes
    4 to 8 ms, with NumPy 15 to 25: as long as all that is ours. Here the operating system does it at once.
    """
    exit_code = main()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        # A server or a quota may refuse only now what it has taken.
        os.close(sys.stdout.fileno())
    except OSError as error:
        exit_code = max(exit_code, _print_output_error(error))
    os._exit(exit_code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return its exit code."""
    # One thread of BLAS for each of convcalc's own threads; NumPy reads this when it loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if argv is not None:
        return _answered(argv)
    # Python looks for cycles each time there are 700 more objects: of a network of 10,000 layers again and again.
    gc.set_threshold(200_000)
    raise_on_signals(main.__code__)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from convcalc.cli.closed_streams import open_closed_streams

        open_closed_streams()
    _wait_for_streams()
    try:
        return _answered(sys.argv[1:])
    except Interrupted as interrupted:
        # What is still in the buffer would be written at the exit, and a reader that has stopped would stop that.
        _drop_output()
        return interrupted.exit_code
    finally:
        ignore_signals()


def _wait_for_streams() -> None:
    """Wait where a standard stream has nothing yet, or no room, even if the caller has set it not to block.

    Python takes a pause in such an input for its end, and the answer would be that for the half which has come.
    """
    if os.name != "posix":
        return
    for number in range(3):
        try:
            os.set_blocking(number, True)
        except OSError:
            # What is wrong with it shows when it is used.
            continue


def _answered(argv: Sequence[str]) -> int:
    """Run a command line; whatever goes wrong is printed and becomes an exit code."""
    from convcalc.cli.messages import error_of, print_error, use_json

    use_json("--json-errors" in argv)
    try:
        return _run([_as_matrix(argument) for argument in argv] or ["--help"])
    except BrokenPipeError:
        _drop_output()
        return 141
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        # Where a file's name is known, it is a FileError by now; what is left is the output.
        _drop_output()
        return _print_output_error(error)
    except Exception as error:
        found = error_of(error)
        if found is None:
            raise
        if any(argument[:1] in _DASHES and argument[1:] for argument in argv):
            from convcalc.cli.commands import all_commands
            from convcalc.cli.usage import misspelled

            found = misspelled(argv, all_commands) or found
        return print_error(found)


def _print_output_error(error: OSError) -> int:
    from convcalc.cli.messages import print_error
    from convcalc.errors import FileError

    if error.errno == EBADF:
        return print_error(FileError("standard output is closed"))
    return print_error(FileError(f"cannot write to {error.filename or 'standard output'}: {error.strerror}"))


def _run(arguments: list[str]) -> int:
    from convcalc.cli.commands import run

    return run(arguments)


def _as_matrix(argument: str) -> str:
    """Put a blank before an argument that starts like a negative number or is an arrow, and so not an option.

    >>> _as_matrix("-1 0; 2 1"), _as_matrix("-k"), _as_matrix("-"), _as_matrix("->")
    (' -1 0; 2 1', '-k', '-', ' ->')
    """
    rest = argument[1:]
    starts = rest[:1].isdigit() or rest[:1] == "." or rest[:3] in ("inf", "nan") or rest in (">", "->")
    return " " + argument if argument[:1] == "-" and starts else argument


def _drop_output() -> None:
    """Let what is still buffered go nowhere: the reader has left, and Python would complain at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
