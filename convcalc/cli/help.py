"""The help of a command as text: examples, arguments, and the options in their panels, the most used first.

It is read off the built command tree and the pages of `help_texts`; nothing of it is loaded until help is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from convcalc.cli.help_texts import EXIT_CODES, PAGES, VARIABLES
from convcalc.cli.manual import topics
from convcalc.cli.options import Panel
from convcalc.cli.output import wants_color, write_out
from convcalc.cli.shell_words import command_lines
from convcalc.cli.terminal import is_terminal, terminal_width
from convcalc.text import wrapped

WIDEST = 100
"""Characters in a line at most: longer ones are hard to read."""
NARROWEST = 40
FEW_CHOICES = 3
"""Choices that stand in place of a metavar."""
MANY_CHOICES = 5
"""Choices that the short help has room for."""


def print_help(command: Any, page: str) -> None:
    """Print a page of the help of a built command, as wide as the terminal."""
    width = min(max(terminal_width(), NARROWEST), WIDEST)
    lines: Iterable[str]
    if page == "layers_page":
        from convcalc.notation.short.listing import listing

        lines = _listed(listing(), width)
    elif page == "kernels_page":
        from convcalc.matrix.kernels import kernel_rows

        lines = rows(kernel_rows(), width)
    else:
        lines = _all_pages(command, width) if page == "help_all" else help_lines(command, width, whole=False)
    if is_terminal(sys.stdout) and wants_color("auto", dict(os.environ), terminal=True):
        lines = (f"\x1b[1m{line}\x1b[0m" if is_heading(line) else line for line in lines)
    write_out("".join(f"{line}\n" for line in lines))


def _all_pages(command: Any, width: int) -> Iterator[str]:
    """Yield the whole help of a command, and of those below it."""
    yield from help_lines(command, width, whole=True)
    for each in getattr(command, "commands", {}).values():
        yield from ("", "")
        yield from help_lines(each, width, whole=True)


def _listed(parts: dict[str, list[tuple[str, str]]], width: int) -> Iterator[str]:
    """Yield parts of a list under their titles."""
    for index, (title, pairs) in enumerate(parts.items()):
        yield from ([""] if index else [])
        yield f"{title}:"
        if pairs[0][0]:
            yield from rows(pairs, width)
        else:
            yield from (f"  {line}" for _, text in pairs for line in wrapped(text, width - 2))


def is_heading(line: str) -> bool:
    """Return whether a line of a help is the title of a part."""
    return line.endswith(":") and line[:1].isalpha()


def help_lines(command: Any, width: int, *, whole: bool) -> Iterator[str]:
    """Yield the lines of the help of a built command, none longer than `width` if its words allow that."""
    name = command.name or ""
    page = PAGES[name]
    yield from _usage(name, command, width)
    yield from ("", "Examples:")
    yield from _examples(page.examples if whole else page.examples[: page.shown], width)
    for paragraph in (page.about, *(page.more if whole else ())):
        yield ""
        yield from wrapped(paragraph, width)
    if not name:
        yield from ("", "Commands:")
        yield from rows([*_short_helps(command), ("help", "A command or a topic: convcalc help conv.")], width)
        yield from ("", "Topics:")
        yield from (f"  {line}" for line in wrapped(", ".join(topics()), width - 2))
        if whole:
            for title, facts in (("Exit codes", EXIT_CODES), ("Environment", VARIABLES)):
                yield from ("", f"{title}:")
                yield from rows(facts, width)
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    parts = ({"Arguments": arguments} if arguments else {}) | panels(command, whole=whole)
    texts = {title: [(term(each), description(each, whole=whole)) for each in part] for title, part in parts.items()}
    column = column_of([name for pairs in texts.values() for name, _ in pairs], width)
    for index, (title, pairs) in enumerate(texts.items()):
        if whole or not index:
            yield ""
        yield f"{title}:"
        yield from rows(pairs, width, column)


def panels(command: Any, *, whole: bool) -> dict[str, list[Any]]:
    """Return the options of a built command by their panel, the more used first; not `whole`: the most used alone.

    Of those that are used as much, the ones with a letter come first.

    >>> from convcalc.cli.commands import build
    >>> [name for name in panels(build("shape").commands["shape"], whole=False)]
    ['Window', 'Layer', 'Explain and check', 'Output', 'Help']
    """
    found: dict[str, list[Any]] = {panel: [] for panel in get_args(Panel)}
    for each in command.params:
        if each.param_type_name == "option" and (whole or each.rich_help_panel[0] == "1"):
            found[each.rich_help_panel[1:]].append(each)
    return {panel: sorted(options, key=_by_use) for panel, options in found.items() if options}


def _by_use(option: Any) -> tuple[str, bool]:
    return option.rich_help_panel[0], len(option.opts) == 1


def term(option: Any) -> str:
    """Return the spellings of an option and what its value is called; the name of an argument without brackets.

    >>> from convcalc.cli.commands import build
    >>> [term(option) for option in panels(build("shape").commands["shape"], whole=True)["Window"]][:2]
    ['-k, --kernel N', '-s, --stride N']
    """
    if option.param_type_name == "argument":
        return str(option.metavar).replace("[", "").replace("]", "")
    spellings = ", ".join(option.opts)
    if option.is_flag:
        return " / ".join((spellings, *option.secondary_opts))
    choices = tuple(getattr(option.type, "choices", ()))
    few = "|".join(map(str, choices)) if len(choices) <= FEW_CHOICES else ""
    return f"{spellings} {option.metavar or few or 'NAME'}"


def description(option: Any, *, whole: bool) -> str:
    """Return what an option is for, with its choices, its range and its default where the text does not say them.

    Not `whole`: the text up to a semicolon, and the first of many choices.

    >>> from convcalc.cli.commands import build
    >>> (option,) = [each for each in build("params").commands["params"].params if each.name == "batch"]
    >>> description(option, whole=True)
    'Samples in memory at once (1 or more; default: 1).'
    """
    text = option.help if whole else option.help.partition(";")[0]
    text = text if text.endswith("...") else text.removesuffix(".")
    choices = tuple(map(str, getattr(option.type, "choices", ())))
    if choices and (option.metavar or len(choices) > FEW_CHOICES):
        rest = " ..." if not whole and len(choices) > MANY_CHOICES else ""
        text = f"{text}: {', '.join(choices if not rest else choices[:MANY_CHOICES])}{rest}"
    notes = [_range(option)] if _range(option) else []
    if whole and option.param_type_name == "option" and not option.is_flag and option.default is not None:
        notes.append(f"default: {option.default}")
    text += f" ({'; '.join(notes)})" if notes else ""
    return text if text.endswith("...") else f"{text}."


def _range(option: Any) -> str:
    """Return the range of a number, as people say it."""
    least, most = getattr(option.type, "min", None), getattr(option.type, "max", None)
    if least is None or str(least) in (option.metavar or ""):
        return ""
    return f"{least:g} or more" if most is None else f"{least:g} to {most:g}"


def _usage(name: str, command: Any, width: int) -> Iterator[str]:
    arguments = [each.metavar for each in command.params if each.param_type_name == "argument"]
    rest = " ".join(arguments) if name else "COMMAND [ARGS]..."
    yield from wrapped(f"Usage: {f'convcalc {name}'.strip()} [OPTIONS] {rest}", width)


def _short_helps(tree: Any) -> list[tuple[str, str]]:
    return [(name, command.short_help) for name, command in tree.commands.items()]


def rows(pairs: Sequence[tuple[str, str]], width: int, column: int | None = None) -> Iterator[str]:
    """Yield lines of two columns: terms and their descriptions, which begin at `column`; a long term stands alone.

    >>> print("\\n".join(rows([("-k N", "Size of the window."), ("--output-padding N", "Cells added.")], 40)))
      -k N  Size of the window.
      --output-padding N
            Cells added.
    """
    column = column or column_of([name for name, _ in pairs], width)
    for name, text in pairs:
        lines = wrapped(text, width - column)
        if len(name) + 4 > column:
            yield f"  {name}"
        else:
            yield f"  {name:{column - 2}}{lines.pop(0)}"
        yield from (" " * column + line for line in lines)


def column_of(names: Iterable[str], width: int) -> int:
    """Return where descriptions begin: after the longest term that leaves them room."""
    fitting = [len(name) for name in names if len(name) + 4 <= width * 2 // 5]
    return max(fitting, default=4) + 4


def _examples(examples: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Yield command lines with a word on each, beside it where there is room, else below."""
    column = max((len(line) + 4 for line, word in examples if word and len(line) + len(word) + 4 <= width), default=0)
    for line, word in examples:
        if word and len(line) + 4 <= column and column + len(word) <= width:
            yield f"  {line:{column - 2}}{word}"
        else:
            yield from (f"  {piece}" for piece in command_lines(line, width - 2))
            if word:
                yield f"      {word}"
