"""The columns of a table in the width of a terminal: which are shown, how wide each is, and their heading."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from rich.cells import cell_len

from convcalc.render.shortened import BOUNDARY, ShortNames, shortened
from convcalc.report.blocks import Column, LayerText
from convcalc.text import printable
from convcalc.value import Value, cached_property

GAP = 2
"""Blanks between columns."""
LEAST_NAME = 14
"""The width to which names may be shortened."""
MOST_OF_LINE = 0.6
"""How much of a line the first column may take before columns of detail are left out for it."""


class FirstColumn(Value):
    """The first column of the rows of a network: the names of layers where they have some, and what they are."""

    names: tuple[str, ...]
    written: tuple[str, ...]
    words: tuple[str, ...]

    @cached_property
    def labels(self) -> list[str]:
        """Return the names alone, with the class of what has a number, or no name of its own in a module."""
        modules = {name[: found.start()] for name in self.names for found in re.finditer(r"[./]", name)}
        pairs = zip(self.names, self.words, strict=True)
        return [
            f"{name}: {BOUNDARY.split(words)[0]}" if name in modules or name.isdigit() else name or words
            for name, words in pairs
        ]

    @property
    def has_names(self) -> bool:
        """Whether a column of names stands before what the layers are."""
        return any(self.names)

    @property
    def width(self) -> int:
        """The width that this column takes if nothing is shortened."""
        if not self.has_names:
            return max(map(cell_len, self.written))
        return max(map(cell_len, self.names)) + GAP + max(map(cell_len, self.words))

    @property
    def least(self) -> int:
        """The width that this column needs, in which different names are seen to differ."""
        if not self.has_names:
            return min(self.width, max(LEAST_NAME, self.least_words))
        labels = max(map(cell_len, self.labels))
        return min(labels, max(LEAST_NAME, self.short_labels.least))

    @cached_property
    def short_labels(self) -> ShortNames:
        """Return the short forms of the labels."""
        return ShortNames(self.labels)

    @cached_property
    def short_names(self) -> ShortNames:
        """Return the short forms of the names."""
        return ShortNames(self.names)

    @property
    def least_words(self) -> int:
        """The width that the first word of every layer needs, with a sign that there are more."""
        return max(min(cell_len(words), cell_len(BOUNDARY.split(words)[0]) + 1) for words in self.words)

    @property
    def wanted(self) -> int:
        """The width at which nothing is left out that says what a layer is."""
        return self.width if self.has_names else min(self.width, max(map(cell_len, self.words)))

    def fitted(self, width: int) -> tuple[list[list[str]], list[str]]:
        """Return one or two columns of texts that fit into `width`, and their headings.

        >>> column = first_column([LayerText("Conv2d(3, 8, 3)", "layer1.0.conv")])
        >>> column.fitted(40)
        ([['layer1.0.conv'], ['Conv2d(3, 8, 3)']], ['Name', 'Layer'])
        >>> column.fitted(26)[0], column.fitted(9)[0]
        ([['layer1.0.conv'], ['Conv2d(3…']], [['…0.conv']])
        """
        if not self.has_names:
            whole = max(map(cell_len, self.written)) <= width
            return [[shortened(text, width) for text in (self.written if whole else self.words)]], ["Layer"]
        names, words = max(map(cell_len, self.names)), max(map(cell_len, self.words))
        if names + GAP + words > width:
            least = min(names, max(LEAST_NAME + GAP, self.short_names.least))
            words = min(words, max(width - GAP - least, 0))
            if words < self.least_words:
                return [self.short_labels.fitted(self.labels, width)], ["Layer"]
            names = min(names, width - GAP - words)
        shown = self.short_names.fitted(self.names, names)
        return [shown, [shortened(text, words) for text in self.words]], ["Name", "Layer"]


def first_column(cells: Sequence[LayerText]) -> FirstColumn:
    """Return the first column of the rows that begin with `cells`."""
    written = [printable(" ".join(cell.text.split())) for cell in cells]
    words = [printable(" ".join(", ".join(cell.words).split())) for cell in cells]
    return FirstColumn(tuple(printable(cell.name) for cell in cells), tuple(written), tuple(words))


def chosen(
    columns: Sequence[Column], taken: Callable[[list[int]], int], first: tuple[int, int], width: int
) -> list[int] | None:
    """Return the columns behind the first that fit beside it in `width`, None where too few do.

    `taken` returns the width that columns take, `first` are the width that the first column wants and the least that
    it takes. Columns of a `detail` of 2 and more are left out for what it wants, those of 1 for the least that it
    takes, and those of 0 never.

    >>> columns = [Column("", ""), Column("Output", "output"), Column("FLOPs", "flops", detail=3)]
    >>> [chosen(columns, lambda shown: 10 * len(shown), (20, 10), width) for width in (40, 30, 15)]
    [[1, 2], [1], None]
    """
    wanted, least = min(first[0], max(first[1], int(width * MOST_OF_LINE))), first[1]
    shown = list(range(1, len(columns)))
    while True:
        detail = max((columns[index].detail for index in shown), default=0)
        if width - taken(shown) >= (wanted if detail > 1 else least):
            return shown
        if not detail:
            return None
        shown.remove(max(shown, key=lambda index: columns[index].detail))


def heading(column: Column) -> tuple[str, str]:
    """Return the heading of a column as an upper and a lower line: two words over numbers are split.

    >>> heading(Column("Output", "")), heading(Column("Effective stride", "", numeric=True))
    (('', 'Output'), ('Effective', 'stride'))
    """
    if not column.numeric or column.title.count(" ") != 1:
        return "", column.title
    upper, _, lower = column.title.partition(" ")
    return upper, lower


def column_widths(titles: Sequence[tuple[str, str]], cells: Sequence[int]) -> list[int]:
    """Return the widths of columns whose cells are as wide as `cells`; headings side by side share an upper line.

    >>> column_widths([("", "Output"), ("Effective", "stride"), ("Effective", "padding")], [9, 2, 2])
    [9, 6, 7]
    >>> column_widths([("", "Output"), ("Effective", "stride")], [9, 2])
    [9, 9]
    """
    widths = [max(size, len(lower)) for size, (_, lower) in zip(cells, titles, strict=True)]
    for upper, places in groupby(range(len(titles)), key=lambda at: titles[at][0]):
        group = list(places)
        widths[group[-1]] += max(0, len(upper) - sum(widths[at] for at in group) - GAP * (len(group) - 1))
    return widths
