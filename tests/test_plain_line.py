"""A plain command line is read as Typer reads it, and what is not plain is left to Typer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

import pytest
import typer

from convcalc.cli.commands import COMMANDS, PageRequested, build
from convcalc.cli.options import Command
from convcalc.cli.plain_line import read_plain_line, refuse_repeated
from convcalc.errors import UsageError

TREE = build(*COMMANDS)
LEFT_TO_TYPER = "what Typer does not read as a plain line"
ODD = (
    "",
    "-",
    "--",
    "-1",
    " -1 0",
    "x",
    "max",
    "1e3",
    "0",
    "007",
    "٣",
    "9" * 19,
    "1_0",
    "=",
    "a=b",
    "-k",
    "--json",
    "é",
)
"""Words that may stand anywhere."""


def command_of(name: str) -> Command:
    found = getattr(import_module(f"convcalc.cli.{name}"), name)
    assert isinstance(found, Command)
    return found


def by_typer(monkeypatch: pytest.MonkeyPatch, name: str, words: list[str]) -> Any:
    """Return the values that Typer hands to a command."""
    with monkeypatch.context() as patch:
        patch.setattr(Command, "__call__", lambda _, **values: values)
        try:
            return TREE.commands[name](args=words, prog_name=name, standalone_mode=False)
        except (typer.TyperException, PageRequested):
            return LEFT_TO_TYPER


def settable(command: Command) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each spelling of an option with values that it takes, none for a flag; not those of help."""
    for hint, _ in command.parameters.values():
        (declared,), kinds = hint.__metadata__, (hint.__origin__, *get_args(hint.__origin__))
        choices = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), None)
        values = () if bool in kinds else choices or (("3", "2") if int in kinds else ("2.5", "7:valid"))
        if "is_eager" not in declared.settings and float not in kinds:
            for spellings in declared.spellings:
                yield from ((spelling, values) for spelling in spellings.split("/"))


@pytest.mark.no_cover
@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_read_without_typer_and_as_by_typer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    command, count = command_of(name), 0
    for spelling, values in settable(command):
        for value in values or ("",):
            alone = [spelling, value] if value else [spelling]
            joined = [f"{spelling}={value}" if spelling[:2] == "--" else spelling + value] if value else [spelling]
            for words in (alone, joined, ["a", *alone, "-", *alone, "-q"]):
                read = read_plain_line(command.parameters, words)
                assert repr(read) == repr(by_typer(monkeypatch, name, words)), words
                count += 1
    assert count > 100


@pytest.mark.no_cover
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_read_without_typer_is_what_typer_reads(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    command, draw = command_of(name), random.Random(name)
    options = [*settable(command), ("--help", ()), ("--tol", ("0.5", "nan")), ("--bals", ("2",)), ("-z", ())]
    without = 0
    for _ in range(300):
        words = []
        for _ in range(draw.randint(0, 5)):
            spelling, values = draw.choice(options)
            value = draw.choice([*values, *values, draw.choice(ODD)]) if values or not draw.randrange(8) else None
            words += draw.choice([
                [spelling] if value is None else [spelling, value],
                [f"{spelling}{'=' * (spelling[:2] == '--')}{value or ''}"],
                [draw.choice(ODD)] if not draw.randrange(2) else [draw.choice(("224", "conv:8,k3"))],
            ])  # fmt: skip
        read = read_plain_line(command.parameters, words)
        if read is not None:
            without += 1
            assert repr(read) == repr(by_typer(monkeypatch, name, words)), words
    assert without > 60


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["9", "-k"],
        ["9", "-k", ""],
        ["9", "-k", "-s", "2"],
        ["9", "--kernel="],
        ["9", "--", "-k"],
        ["9", "-qk", "3"],
        ["9", "--dims", "4"],
        ["9", "--dims", "two"],
        ["9", "--json=yes"],
        ["9", "-F", "JSON"],
        ["9", "--kern", "3"],
    ],
)
def test_what_is_wrong_or_rare_is_left_to_typer(words: list[str]) -> None:
    assert read_plain_line(command_of("shape").parameters, words) is None
    assert read_plain_line(command_of("shape").parameters, ["9", "-k", "3"]) is not None


def test_more_arguments_than_a_command_has_are_left_to_typer() -> None:
    assert read_plain_line(command_of("conv").parameters, ["a", "b", "-k", "1"]) is not None
    assert read_plain_line(command_of("conv").parameters, ["a", "b", "c", "-k", "1"]) is None


@pytest.mark.parametrize(
    "words",
    [["-k", "3", "-k", "5"], ["-k3", "--kernel=5"], ["--bias", "--no-bias"], ["--kernel", "-1", "-q", "-k", "3"]],
    ids=" ".join,
)
def test_an_option_is_given_once(words: list[str]) -> None:
    with pytest.raises(UsageError, match="is given twice"):
        refuse_repeated(import_module("convcalc.cli.shape").shape.parameters, ["9", *words])


@pytest.mark.parametrize(
    "words", [["-q", "-q"], ["-k", "-s", "-s", "2"], ["-f", "-", "--", "-k", "-k"]], ids=" ".join
)
def test_what_is_not_given_twice(words: list[str]) -> None:
    refuse_repeated(import_module("convcalc.cli.shape").shape.parameters, ["9", *words])
