"""The commands, and how one is found and run.

Typer has the last word on a command line, and is imported only where one is not plain: for help, for errors.
"""

# No postponed annotations here: see options.py.

import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Annotated, Any

from convcalc import __version__
from convcalc.cli.options import Command, Group, option
from convcalc.cli.plain_line import read_plain_line, refuse_repeated

COMMANDS = {
    "shape": "Sizes through one layer or a whole chain.",
    "params": "Weights, biases, MACs, FLOPs, memory.",
    "conv": "A real convolution of real numbers.",
    "pool": "A real pooling of real numbers.",
}


class RootOptions(Group):
    """What stands before a command."""

    version: Annotated[bool, option("Help", 1, "-V --version", "Print the version.", is_eager=True)] = False


class PageRequested(Exception):  # noqa: N818 not an error
    """A page about a built command is wanted instead of an answer; an option is named after it."""

    def __init__(self, command: Any, page: str) -> None:
        super().__init__(page)
        self.command, self.page = command, page


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
    plain = None
    if arguments[0] in COMMANDS:
        command = _command(arguments[0])
        refuse_repeated(command.parameters, arguments[1:])
        plain = read_plain_line(command.parameters, arguments[1:])
    answer = _run_by_typer(arguments) if plain is None else command(**plain)
    if isinstance(answer, int):
        sys.stdout.flush()
        return answer
    from convcalc.cli.output import show

    return show(answer)


def _run_by_typer(arguments: list[str]) -> Any:
    """Return the answer of a command line that Typer reads, or the exit code after help and version."""
    import typer

    tree = build(*([arguments[0]] if arguments[0] in COMMANDS else COMMANDS))
    if any(following[:1] == "-" == word[:1] for word, following in pairwise(arguments[1:])):
        from convcalc.cli.usage import refuse_missing_values

        refuse_missing_values(tree.commands.get(arguments[0]), arguments)
    try:
        return tree(args=arguments, prog_name="convcalc", standalone_mode=False)
    except PageRequested as request:
        if request.page == "version":
            print(f"convcalc {__version__}")
        else:
            from convcalc.cli.help import print_help

            print_help(request.command, request.page)
        return 0
    except typer.TyperException as error:
        from convcalc.cli.usage import usage_error

        raise usage_error(error, arguments, all_commands) from error
    except SystemExit:
        # Typer leaves so, and only so, where the reader of its help has left.
        raise BrokenPipeError from None


def all_commands() -> Mapping[str, Any]:
    """Build every command, and return them by their names."""
    commands: Mapping[str, Any] = build(*COMMANDS).commands
    return commands


@cache
def build(*names: str) -> Any:
    """Build the command tree with the commands `names`; a process that answers many command lines builds it once.

    >>> sorted(build("shape", "pool").commands)
    ['pool', 'shape']
    """
    import typer

    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(add_help_option=False)(_for_typer("root", Command(_root)))
    for name in names:
        app.command(name, short_help=COMMANDS[name], add_help_option=False)(_for_typer(name, _command(name)))
    return typer.main.get_command(app)


def _root(*, root: RootOptions) -> None:
    pass


def _command(name: str) -> Command:
    """Return a command by its name."""
    command: Command = getattr(import_module(f"convcalc.cli.{name}"), name)
    return command


def _for_typer(name: str, command: Command) -> Callable[..., Any]:
    """Return a command as a function of the parameters that Typer reads the command line by."""
    import inspect

    import typer

    def request_page(context: typer.Context, parameter: typer.CallbackParam, asked: bool) -> bool:
        if asked:
            raise PageRequested(context.command, parameter.name or "help")
        return asked

    def parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
        (declared,) = hint.__metadata__
        settings = declared.settings | ({"callback": request_page} if "is_eager" in declared.settings else {})
        made = typer.Option(*declared.spellings, **settings) if declared.spellings else typer.Argument(**settings)
        kind = Annotated[hint.__origin__, made]
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)

    def run(**values: Any) -> Any:
        return command(**values)

    parameters = [parameter(each, *declared) for each, declared in command.parameters.items()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # for Typer
    run.__name__, run.__doc__ = name, command.function.__doc__
    return run
