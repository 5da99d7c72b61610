"""A text of layers to its single items in one pass: words and calls parted by white space, groups repeated.

    text  = { item | group | comment } ;
    group = [ count "*" ] "(" text ")" ;
    item  = [ count "*" ] ( word | call ) | name "=" call ;

A call may run over several lines, a comment runs from `#` to the end of its line, and commas after an item and
semicolons are passed over. What an item means is not known here.
"""

from __future__ import annotations

import re

from convcalc.notation.entries import MAX_LAYERS, Item, too_many
from convcalc.text import Source

_MAX_DEPTH = 100
_TOKEN = re.compile(r"""[\s;]+|[(\[{]|[)\]}]|\#[^\n]*|'[^'\n]*'|"[^"\n]*"|['"]|[^\s;()\[\]{}#'"]+""")


def split_items(source: Source) -> list[Item]:
    """Split a text into its items, repetitions written out.

    Raises SpecError at a bracket without its partner, at more than 100 nested brackets and 100 000 items.

    >>> text = "conv:8,k3  # first\\n2*(relu Linear(3, 2))"
    >>> [text[item.start : item.end] for item in split_items(Source(text))]
    ['conv:8,k3', 'relu', 'Linear(3, 2)', 'relu', 'Linear(3, 2)']
    """
    splitter = _Splitter(source)
    for token in _TOKEN.finditer(source.text):
        splitter.take(token[0][0], token.start(), token.end())
    return splitter.finish()


class _Splitter:
    """The state of one pass: the groups that are open, and the item that is being read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.items: list[Item] = []
        self.groups: list[tuple[int, int, list[Item]]] = []  # count, start, and the items before the group
        self.brackets: list[int] = []  # the brackets open inside the item
        self.start = -1  # of the item, -1 between items
        self.is_call = False
        self.count = (1, -1)  # the count of a repetition and where it stands
        self.name = ""

    def take(self, first: str, start: int, end: int) -> None:
        """Take the token from `start` to `end` that begins with the character `first`."""
        if first in "([{":
            self.open(first, start)
        elif first in ")]}":
            self.close(start)
        elif first == "#" or first == ";" or first.isspace():
            if not self.brackets:
                self.end_item(start)
        elif self.start < 0:
            self.start = start

    def open(self, bracket: str, at: int) -> None:
        """Open a group, or a bracket inside an item."""
        if len(self.brackets) + len(self.groups) >= _MAX_DEPTH:
            raise self.source.fault(f"brackets are nested more than {_MAX_DEPTH} deep", at, at + 1)
        if not self.brackets and bracket == "(" and (self.start < 0 or self.take_count(at)):
            count, start = self.count
            self.groups.append((count, start if start >= 0 else at, self.items))
            self.items, self.start, self.count = [], -1, (1, -1)
            return
        if self.start < 0:
            self.start = at
        self.is_call = True
        self.brackets.append(at)

    def take_count(self, end: int) -> bool:
        """Read `3*` or `3 *` before a group as its count."""
        text = self.source.text[self.start : end].rstrip()
        if not (text.endswith("*") and text[:-1].rstrip().isdecimal()):
            return False
        self.count = self.number(text[:-1].rstrip(), self.start)
        return True

    def number(self, digits: str, start: int) -> tuple[int, int]:
        if len(digits) > 6 or not 1 <= int(digits) <= MAX_LAYERS:
            raise self.source.fault(
                f"a repetition counts from 1 to {MAX_LAYERS}, got {digits[:20]}", start, start + len(digits)
            )
        return int(digits), start

    def close(self, at: int) -> None:
        """Close a bracket inside the item, or a group."""
        if self.brackets:
            self.brackets.pop()
            return
        self.end_item(at)
        if not self.groups or self.source.text[at] != ")":
            raise self.source.fault("this bracket closes nothing", at, at + 1)
        count, start, before = self.groups.pop()
        if len(before) + count * len(self.items) > MAX_LAYERS:
            raise too_many(self.source, start, at + 1)
        before += self.items * count
        self.items = before

    def end_item(self, end: int) -> None:
        """Put the item that ends here among the rest, if one is being read."""
        if self.start < 0:
            return
        written = self.source.text[self.start : end]
        digits, star, rest = written.partition("*")
        count = 1
        if digits.rstrip().isdecimal():
            if not rest.strip(","):
                if not rest and self.source.text[end : end + 80].lstrip().startswith("(" if star else "*"):
                    return  # a count parted from its group by spaces: the item goes on
                raise self.source.fault(f"{written[:40]!r} is no layer", self.start, end)
            count, _ = self.number(digits, self.start)
            self.start += len(digits) + 1
        self.put(end, count)
        self.start, self.is_call = -1, False

    def put(self, end: int, count: int) -> None:
        """Add an item, or take `name =` before one."""
        text = self.source.text
        while end > self.start and text[end - 1] == ",":
            end -= 1
        if text[self.start : end] == "=" and self.items and not self.items[-1].is_call:
            named = self.items.pop()
            self.name = text[named.start : named.end].rpartition(".")[2]
        elif end > self.start:
            if len(self.items) + count > MAX_LAYERS:
                raise too_many(self.source, self.start, end)
            self.items += [Item(self.start, end, self.is_call, self.name)] * count
            self.name = ""

    def finish(self) -> list[Item]:
        """Give all items at the end of the text."""
        if self.brackets:
            raise self.source.fault("this bracket is not closed", self.brackets[0], self.brackets[0] + 1)
        self.end_item(len(self.source.text))
        if self.groups:
            start = self.groups[-1][1]
            raise self.source.fault("the bracket of this group is not closed", start, start + 1)
        return self.items
