"""Exercises on the command line: a sheet and its key written, or a quiz."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from convcalc.cli.options import ExerciseOptions, Group, OutputOptions
from convcalc.cli.output import write_file, write_out
from convcalc.cli.terminal import is_terminal, terminal_width
from convcalc.errors import UsageError

DEFAULT_DIFFICULTY = 2
SEEDS = 1_000_000
"""Seeds from which a fresh one is taken."""
PAGE_WIDTH = 80
"""Characters in a line of text that is not for a terminal."""
WIDEST_LINE = 100

SHEET_ENDINGS = {".md": "markdown", ".tex": "latex", ".json": "json", ".gift": "gift", ".txt": "text"}
KEY_ENDINGS = {ending: SHEET_ENDINGS[ending] for ending in (".md", ".tex", ".txt")}
SHEET_FORMATS = {"table": "text", "plain": "text"} | {name: name for name in ("markdown", "latex", "json", "gift")}


def wants_exercises(asked: ExerciseOptions, output: OutputOptions) -> bool:
    """Return whether exercises are wanted; refuse options that have no effect without them."""
    if asked.quiz or asked.sheet is not None:
        return True
    for name in ("key", "difficulty", "seed"):
        if getattr(asked, name) is not None:
            needed = "--sheet" if name == "key" else "--quiz or --sheet"
            raise UsageError(f"--{name} has no effect without {needed}")
    if output.format == "gift":
        raise UsageError("gift is the form of exercises for Moodle", place="-F", hint="add --sheet 10")
    return False


def answer_exercises(command: str, given: Mapping[str, object]) -> int:
    """Write a sheet and its key, or hold a quiz, and return the exit code.

    `given` are all the arguments and groups of options of the command by their names: `exercises`, `output`, and
    those that have to be left out. Errors: UsageError for what has no effect here.
    """
    asked, output = given["exercises"], given["output"]
    assert isinstance(asked, ExerciseOptions)
    assert isinstance(output, OutputOptions)
    _refuse(asked, output, [value for value in given.values() if value not in (asked, output)])
    difficulty = DEFAULT_DIFFICULTY if asked.difficulty is None else asked.difficulty
    seed = _fresh_seed() if asked.seed is None else asked.seed
    terminal = is_terminal(sys.stdout) and output.output is None
    width = min(terminal_width(), WIDEST_LINE) if terminal else PAGE_WIDTH
    if asked.sheet is None:
        from convcalc.cli.quiz import hold_quiz

        return hold_quiz(command, seed, difficulty, width, output.color)
    form = _sheet_form(output)
    key_form = None if asked.key is None else _key_form(asked.key, form, output)
    from convcalc.exercise.sheet import sheet
    from convcalc.render.sheet import render_key, render_sheet

    made = sheet(command, asked.sheet, seed, difficulty)
    text = render_sheet(made, form, width)
    key = "" if key_form is None else render_key(made, key_form, width if asked.key == "-" else PAGE_WIDTH)
    # Files first: what is printed cannot be taken back where one cannot be written.
    if asked.key not in (None, "-"):
        write_file(asked.key, key.encode())
    if output.output is None:
        write_out(text)
    else:
        write_file(output.output, text if isinstance(text, bytes) else text.encode())
    if asked.key == "-":
        write_out("\n" * (output.output is None) + key)
    return 0


def _refuse(asked: ExerciseOptions, output: OutputOptions, others: list[object]) -> None:
    """Refuse what has no effect on exercises."""
    name = "--quiz" if asked.quiz else "--sheet"
    if asked.quiz and asked.sheet is not None:
        raise UsageError("--quiz and --sheet cannot be combined", hint="give one of them")
    if any(value for value in others if not isinstance(value, Group)):
        hint = "exercises are made from --difficulty and --seed alone"
        raise UsageError(f"INPUT and LAYER have no effect with {name}", hint=hint)
    effective = {"--color"} if asked.quiz else {"--format", "--json", "--output"}
    groups = [*(value for value in others if isinstance(value, Group)), output]
    options = [option for group in groups for option in given_options(group) if option not in effective]
    if asked.quiz and asked.key is not None:
        options.append("--key")
    if options:
        raise UsageError(f"{options[0]} has no effect with {name}")
    if asked.key is not None and output.output is not None and _is_same(asked.key, output.output):
        raise UsageError(f"the sheet and its key would both go to {asked.key}", place="--key")


def _is_same(path: str, other: str) -> bool:
    from pathlib import Path

    return Path(path).resolve() == Path(other).resolve()


def given_options(group: Group) -> Iterator[str]:
    """Yield the names of the options of a group that have another value than their default.

    >>> list(given_options(ExerciseOptions(quiz=True, sheet=None, key=None, difficulty=3, seed=None)))
    ['--quiz', '--difficulty']
    """
    kind = type(group)
    for name, annotation in kind.__annotations__.items():
        if getattr(group, name) != getattr(kind, name):
            (option,) = annotation.__metadata__
            yield next(each for each in option.spellings if each.startswith("--")).partition("/")[0]


def _fresh_seed() -> int:
    from random import SystemRandom

    return SystemRandom().randrange(SEEDS)


def _sheet_form(output: OutputOptions) -> str:
    """Return the form of a sheet: what -F says, else what the ending of -o says, else what suits standard output."""
    form = "json" if output.json else output.format
    if form == "auto" and output.output is not None:
        return _form_of(output.output, SHEET_ENDINGS, "-o")
    if form == "auto":
        return "text" if is_terminal(sys.stdout) else "markdown"
    if form not in SHEET_FORMATS:
        hint = f"one of {', '.join(SHEET_FORMATS)}"
        raise UsageError(f"a sheet cannot be written as {form}", place="-F", hint=hint)
    chosen = SHEET_FORMATS[form]
    # Moodle reads GIFT from .txt, and any form is text.
    if SHEET_ENDINGS.get(_ending(output.output or ""), chosen) not in (chosen, "text"):
        raise UsageError(f"{chosen} contradicts the ending of {output.output}", place="-F")
    return chosen


def _key_form(path: str, sheet_form: str, output: OutputOptions) -> str:
    """Return the form of a key: what its ending says; on standard output that of text, behind its sheet or alone."""
    if path != "-":
        return _form_of(path, KEY_ENDINGS, "--key")
    if output.output is not None:
        return "text" if is_terminal(sys.stdout) else "markdown"
    if sheet_form not in ("text", "markdown"):
        message = f"the sheet as {sheet_form} and its key would both go to standard output"
        raise UsageError(message, place="--key", hint="write one of them to a file, as --key key.tex")
    return sheet_form


def _form_of(path: str, endings: dict[str, str], option: str) -> str:
    form = endings.get(_ending(path))
    if form is None:
        what = "a key" if option == "--key" else "a sheet"
        raise UsageError(f"cannot write {what} to {path}", place=option, hint=f"known are {' '.join(endings)}")
    return form


def _ending(path: str) -> str:
    from pathlib import Path

    return Path(path).suffix.lower()
