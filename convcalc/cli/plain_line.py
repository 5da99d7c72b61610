"""A command line read from the declarations of its options alone, where nothing in it is unusual.

Typer, which is made from the same declarations, would find the same values, but importing it takes as long as most
answers. To it is left what asks for help, what is wrong, and what is rare: flags in one word, decimals, empty values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from convcalc.errors import UsageError

LONGEST_NUMBER = 18
"""Digits of a number that is read here."""


def read_plain_line(parameters: Mapping[str, tuple[Any, Any]], words: Iterable[str]) -> dict[str, Any] | None:
    """Return the value of each parameter that the `words` after a command say, None where Typer has to read them.

    `parameters` maps names to annotations and defaults, as `Command` has them.

    >>> from convcalc.cli.shape import shape
    >>> read_plain_line({"size": shape.parameters["size"], "stride": shape.parameters["stride"]}, ["9", "-s", "2"])
    {'size': '9', 'stride': '2'}
    >>> read_plain_line(shape.parameters, ["9", "--strid", "2"]) is None
    True
    """
    values = {name: default for name, (_, default) in parameters.items()}
    spelled = _spelled(parameters)
    plain, rest = [], iter(words)
    for word in rest:
        if word[:1] != "-" or word == "-":
            plain.append(word)
            continue
        spelling, _, text = word.partition("=") if word[:2] == "--" else (word[:2], "", word[2:])
        name, on = spelled.get(spelling, ("", False))
        kind, settings = _kind_and_settings(parameters[name][0]) if name else (None, {})
        if kind is bool and word == spelling and "is_eager" not in settings:
            values[name] = on
            continue
        value = _value(kind, text if word != spelling else next(rest, ""), settings)
        if value is None:
            return None
        values[name] = [*(values[name] or ()), value] if get_origin(kind) is list else value
    return _with_arguments(values, parameters, plain)


def refuse_repeated(parameters: Mapping[str, tuple[Any, Any]], words: Iterable[str]) -> None:
    """Refuse an option that is given twice, unless it may be, or a flag that is turned on and off again.

    >>> from convcalc.cli.shape import shape
    >>> refuse_repeated(shape.parameters, ["9", "-k", "3", "--kernel", "5"])
    Traceback (most recent call last):
    convcalc.errors.UsageError: --kernel is given twice
    """
    spelled, seen, rest = _spelled(parameters), dict[str, str | bool](), iter(words)
    for word in rest:
        if word == "--":
            return
        if word[:1] != "-":
            continue
        spelling, equals, text = word.partition("=") if word[:2] == "--" else (word[:2], "", word[2:])
        name, on = spelled.get(spelling, ("", False))
        if not name:
            continue
        kind, _ = _kind_and_settings(parameters[name][0])
        value: str | bool = on if kind is bool else text if equals or text else next(rest, "")
        if name in seen and get_origin(kind) is not list and (kind is not bool or value != seen[name]):
            raise UsageError(f"{spelling} is given twice", hint="give it once" if kind is not bool else "on or off")
        seen[name] = value


def _spelled(parameters: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[str, bool]]:
    """Return the names of options by how they are spelled, each with whether that turns it on."""
    return {
        spelling: (name, spelling == on)
        for name, (hint, _) in parameters.items()
        for spellings in hint.__metadata__[0].spellings
        for on, _, off in (spellings.partition("/"),)
        for spelling in (on, off)
    }


def _kind_and_settings(hint: Any) -> tuple[Any, dict[str, Any]]:
    """Return the type of a value, where there is one, that an annotation says, and the settings of Typer in it."""
    kinds = get_args(hint.__origin__)
    kind = kinds[0] if NoneType in kinds else hint.__origin__
    return kind, hint.__metadata__[0].settings


def _value(kind: Any, text: str, settings: Mapping[str, Any]) -> str | int | None:
    """Return what is written in `text` for a value of `kind`, None where it may be something else."""
    if not text or (text[0] == "-" and text != "-"):
        return None
    if kind in (str, list[str]) or (get_origin(kind) is Literal and text in get_args(kind)):
        return text
    if kind is not int or not (text.isascii() and text.isdigit()) or len(text) > LONGEST_NUMBER:
        return None
    number = int(text)
    return number if settings.get("min", 0) <= number <= settings.get("max", number) else None


def _with_arguments(
    values: dict[str, Any], parameters: Mapping[str, tuple[Any, Any]], plain: list[str]
) -> dict[str, Any] | None:
    """Return `values` with the words that belong to no option, None where there are too many."""
    for name, (hint, _) in parameters.items():
        if plain and not hint.__metadata__[0].spellings:
            takes_all = get_origin(_kind_and_settings(hint)[0]) is list
            values[name] = plain if takes_all else plain[0]
            plain = [] if takes_all else plain[1:]
    return None if plain else values
