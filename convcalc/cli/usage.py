"""What Typer says about a wrong command line, said as convcalc says it: naming the option, with what may be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from convcalc.cli.messages import QUOTE_PATTERN
from convcalc.cli.other_words import FALSE, TRUE
from convcalc.errors import UsageError
from convcalc.text import did_you_mean

Build = Callable[[], Mapping[str, Any]]
"""What builds all commands."""
QUOTE_ARGUMENT = "an argument with blanks needs quotes: '1 0; 2 1', 'Conv2d(3, 64, 7)'"


def usage_error(error: Any, arguments: Sequence[str], build: Build) -> UsageError:
    """Return an error of Typer's about the command line `arguments` as one of convcalc's."""
    context: Any = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "convcalc"
    command = path.removeprefix("convcalc").strip()
    option: Any = getattr(error, "param", None)
    name: Any = getattr(error, "option_name", None)
    if option is not None and option.param_type_name == "option":
        return _wrong_value(error.message, option, arguments)
    if hasattr(error, "possibilities"):
        from convcalc.cli.suggestions import option_hint

        hint = option_hint(build(), context.command, command, name, arguments)
        return UsageError(f"no such option: {name}", place=command or None, hint=hint)
    if name is not None:
        return _value_or_none(error.message, name, arguments)
    message = error.format_message()
    if "No such command" in message:
        from convcalc.cli.suggestions import meant_command

        hint = meant_command(context.command, arguments) or "see convcalc --help"
        return UsageError(f"no such command: {arguments[0]!r}", hint=hint)
    hint = f"see {path} --help"
    if "extra argument" in message:
        message = f"unexpected argument: {message.partition(' (')[2].rstrip('.').removesuffix(')')}"
        hint = QUOTE_PATTERN if context.params.get("inputs") is not None else QUOTE_ARGUMENT
        numbers = message.partition(": ")[2].split()
        if command == "pool" and all(number.isdigit() for number in numbers) and len(numbers) < 3:
            letters = zip("sp" if "-k" in arguments or "--kernel" in arguments else "ksp", numbers, strict=False)
            hint = f"an option has its letter: {' '.join(f'-{letter} {number}' for letter, number in letters)}"
    return UsageError(message[:1].lower() + message[1:].rstrip("."), place=command or None, hint=hint)


def misspelled(arguments: Sequence[str], build: Build) -> UsageError | None:
    """Return the error for an option with the wrong dash, with `=`, or with true or false, in a line that went wrong.

    -kernel is read as -k ernel, -k=7 as -k with the value =7, and –k, as word processors have it, as an argument.
    """
    from convcalc.cli.suggestions import is_row, option_hint

    trees = build()
    tree = trees.get(arguments[0])
    if tree is None:
        return None
    known = {name: each for each in tree.params for name in (*each.opts, *each.secondary_opts)}
    for argument, following in pairwise(arguments[1:]):
        words = (*TRUE, *FALSE) if argument in known and known[argument].is_flag else ("true", "false")
        if following.lower() in words and argument in known:
            return _said_as_value(argument, known[argument], following)
    for argument in arguments[1:]:
        if re.match(r"[–—−][–—−-]?[a-zA-Z]", argument):
            name = argument.lstrip("–—−-")
            hint = f"type {'-' if len(name.partition('=')[0]) == 1 else '--'}{name}"
            return UsageError(f"{argument} begins with a dash that is not a hyphen", place=arguments[0], hint=hint)
        if re.match(r"-\w=.", argument) and argument[:2] in known:
            return UsageError(f"{argument} has a =", place=arguments[0], hint=f"write {argument[:2]} {argument[3:]}")
        name = argument.partition("=")[0]
        if re.fullmatch(r"-[a-z][a-z-]{2,}", name) and (f"-{name}" in known or is_row(f"-{name}")):
            message = f"{name} has one dash, a long option has two"
            longer = [f"-{each}" if each == argument else each for each in arguments]
            hint = (
                f"write -{name}"
                if f"-{name}" in known
                else option_hint(trees, tree, arguments[0], f"-{name}", longer)
            )
            return UsageError(message, place=arguments[0], hint=hint)
    return None


def _said_as_value(name: str, option: Any, value: str) -> UsageError:
    """Return the error for true or false behind an option, which says that by being there."""
    if option.is_flag:
        same = value.lower() in TRUE
        others = option.secondary_opts if name in option.opts else option.opts
        hint = f"write {name} alone" if same else f"write {others[0]}" if others else f"leave {name} out"
        return UsageError("takes no value", place=name, hint=hint)
    from convcalc.cli.suggestions import value_name

    hint = f"leave {name} out" if value.lower() in FALSE else f"write {name} {value_name(option)}"
    return UsageError(f"{value} is not a value of it", place=name, hint=hint)


def refuse_missing_values(tree: Any, arguments: Sequence[str]) -> None:
    """Refuse an option of a built command that would take the next option for its value, as -p does in -p -s 2."""
    if tree is None:
        return
    named = {name: each for each in tree.params for name in (*each.opts, *each.secondary_opts)}
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for word, following in pairwise(arguments[1:end]):
        option = named.get(word)
        takes_value = option is not None and option.param_type_name == "option" and not option.is_flag
        if takes_value and (following.partition("=")[0] in named or re.fullmatch(r"-[a-z]\d+", following)):
            from convcalc.cli.suggestions import value_name

            hint = f"{following} is an option, not a value: write {word} {value_name(option)} {following}"
            raise UsageError("needs a value", place=word, hint=hint)


def _wrong_value(message: str, option: Any, arguments: Sequence[str]) -> UsageError:
    """Return the error for a value that an option does not take."""
    value = re.match(r"(?s)('.*?'|\".*?\"|[^ ]+) is not ", message)
    found = value[1] if value else "the value"
    choices = tuple(map(str, getattr(option.type, "choices", ())))
    hint = None
    if choices:
        from convcalc.cli.suggestions import own_value

        own = own_value(option, found.strip("'"))
        expected = f"is not one of {', '.join(choices)}"
        hint = f"did you mean {own}?" if own in choices else did_you_mean(found.strip("'"), choices)
        hint = hint or f"see convcalc {arguments[0]} --help"
    elif "range" in message and "valid" not in message:
        least, most = option.type.min, option.type.max
        expected = f"is out of range, expected {least:g} {'or more' if most is None else f'to {most:g}'}"
    else:
        expected = f"is not a {'whole ' if type(option.type).__name__.startswith('Int') else ''}number"
    return UsageError(f"{found} {expected}", place=_spelling(option.opts, arguments), hint=hint)


def _value_or_none(message: str, option: str, arguments: Sequence[str]) -> UsageError:
    """Return the error for an option without its value, or with one that it does not take."""
    if "does not take a value" in message:
        return UsageError("takes no value", place=option, hint=f"write {option} alone")
    command = arguments[0]
    return UsageError("needs a value", place=option, hint=f"see convcalc {command} --help")


def _spelling(spellings: Sequence[str], arguments: Sequence[str]) -> str:
    """Return the spelling of an option that the command line has."""
    for argument in arguments:
        for spelling in spellings:
            if argument == spelling or argument.startswith(f"{spelling}="):
                return spelling
    return spellings[0]
