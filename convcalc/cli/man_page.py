"""The man page in roff, written from the command tree and the pages of the help."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from convcalc import __version__
from convcalc.cli.help import description, panels, term
from convcalc.cli.help_texts import EXIT_CODES, PAGES, VARIABLES
from convcalc.cli.manual import topics

DATE = "2026-11-26"
"""The day of this version."""
LINE = 78
"""Characters in a line of the source, which checkers want to be short."""
WIDEST_TERM = 30
"""Characters of a term that its description stands beside."""
EXAMPLE_WIDTH = 72
"""Characters in a line of an example: a page indents it, in a terminal of 80."""


def man_page(tree: Any) -> str:
    """Return the man page of the built command tree with all its commands.

    >>> from convcalc.cli.commands import COMMANDS, build
    >>> man_page(build(*COMMANDS)).splitlines()[1]
    '.TH CONVCALC 1 2026-11-26 "convcalc 0.1.0" "User Commands"'
    """
    return "\n".join(["." + r"\" Written by python -m convcalc.cli.completion", *_lines(tree)]) + "\n"


def _lines(tree: Any) -> Iterator[str]:
    yield from (f'.TH CONVCALC 1 {DATE} "convcalc {__version__}" "User Commands"', ".nh", ".ad l")
    yield from (".SH NAME", r"convcalc \- a convolution calculator: sizes, parameters, and real results")
    yield ".SH SYNOPSIS"
    for index, command in enumerate(tree.commands.values()):
        yield from ([".br"] if index else [])
        arguments = [each.metavar for each in command.params if each.param_type_name == "argument"]
        yield f".B convcalc {command.name}"
        yield _line(f"[OPTIONS] {' '.join(arguments)}")
    yield ".SH DESCRIPTION"
    yield from _paragraphs((PAGES[""].about, *PAGES[""].more))
    yield ".PP"
    yield from _examples(PAGES[""].examples)
    yield ".PP"
    yield from _text(f"convcalc help TOPIC prints a page on {', '.join(topics())}.")
    for name, command in tree.commands.items():
        yield from _command(name, command)
    yield from (".SH NOTATION", "Layers in the short notation, and what stands between them:")
    yield from _notation()
    yield from (".SH KERNELS", "Kernels that conv knows by name:")
    yield from _kernels()
    yield from (".SH EXIT STATUS", *_terms(EXIT_CODES, aligned=True))
    yield from (".SH ENVIRONMENT", *_terms(VARIABLES, aligned=True))


def _command(name: str, command: Any) -> Iterator[str]:
    """Yield the section of a command: what it is, its arguments, its options in their panels, examples."""
    page = PAGES[name]
    yield f".SH CONVCALC {name.upper()}"
    yield from _paragraphs((page.about, *page.more))
    yield from _terms(_described(each for each in command.params if each.param_type_name == "argument"))
    for panel, options in panels(command, whole=True).items():
        yield f".SS {panel}"
        yield from _terms(_described(options))
    yield ".SS Examples"
    yield from _examples(page.examples)


def _described(parameters: Iterable[Any]) -> list[tuple[str, str]]:
    return [(term(each), description(each, whole=True)) for each in parameters]


def _notation() -> Iterator[str]:
    from convcalc.notation.short.listing import listing

    for title, pairs in listing().items():
        yield f".SS {title}"
        if pairs[0][0]:
            yield from _terms(pairs, aligned=True)
        else:
            yield from (line for _, text in pairs for line in _text(text))


def _kernels() -> Iterator[str]:
    from convcalc.matrix.kernels import kernel_rows

    yield from _terms(kernel_rows(), aligned=True)


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for index, text in enumerate(texts):
        yield from ([".PP"] if index else [])
        yield from _text(text)


def _terms(pairs: Iterable[tuple[str, str]], *, aligned: bool = False) -> Iterator[str]:
    """Yield terms and their descriptions, beside each other where they are to be `aligned`."""
    pairs = list(pairs)
    indent = f" {min(max(len(name) for name, _ in pairs) + 2, WIDEST_TERM)}" if aligned else ""
    for name, text in pairs:
        yield from (f".TP{indent}", f".B {_line(name)}", *(_text(text) if text else [r"\&"]))


def _examples(examples: Iterable[tuple[str, str]]) -> Iterator[str]:
    from convcalc.cli.shell_words import command_lines

    yield from (".nf", ".RS 4")
    for line, _ in examples:
        yield from (_line(piece) for piece in command_lines(line, EXAMPLE_WIDTH))
    yield from (".RE", ".fi")


_SIGNS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)


def _text(text: str) -> list[str]:
    """Return a text as short lines for roff."""
    lines = textwrap.wrap(_escaped(text), LINE, break_long_words=False, break_on_hyphens=False)
    return [_guarded(line) for line in lines]


def _line(text: str) -> str:
    """Return a text as one line for roff."""
    return _guarded(_escaped(text))


def _escaped(text: str) -> str:
    """Return a text with its signs as they are."""
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text.translate(_SIGNS))


def _guarded(line: str) -> str:
    """Return a line that does not begin as a request does."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
