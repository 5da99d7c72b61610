"""The working of an answer for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from convcalc.explain.plain_text import group_lines
from convcalc.explain.steps import MarkedMatrix
from convcalc.text import printable

if TYPE_CHECKING:
    from convcalc.explain import Derivation

INDENT = 2


def working_lines(derivation: Derivation, width: int) -> Iterator[Text]:
    """Yield the lines of a derivation, `width` characters wide, the marked cells of its matrices lit up.

    >>> from convcalc.explain import Derivation, equations
    >>> [line.plain for line in working_lines(Derivation("height", equations("out", "1 + 1", "2")), 60)]
    ['height', '  out = 1 + 1', '      = 2']
    """
    yield Text(printable(derivation.title), style="bold")
    for kind, group in groupby(derivation.steps, type):
        for line in group_lines(kind, list(group), width - INDENT):
            text = Text(" " * INDENT + printable(line), no_wrap=True, overflow="fold")
            if kind is MarkedMatrix:
                text.highlight_regex(r"\[[^\]]*\]", "bold reverse")
            yield text
