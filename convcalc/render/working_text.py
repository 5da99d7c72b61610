"""The working of an answer for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from convcalc.explain.plain_text import group_lines
from convcalc.explain.steps import grouped
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
    for group in grouped(derivation.steps):
        has_matrices = bool(group[2])
        for line in group_lines(group, width - INDENT):
            text = Text(" " * INDENT + printable(line), no_wrap=True, overflow="fold")
            if has_matrices:
                text.highlight_regex(r"\[[^\]]*\]", "bold reverse")
            yield text
