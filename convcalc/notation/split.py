"""A text of layers to its items in one pass: words, calls, and groups of them with their branches.

    text    = { part | comment } ;
    part    = item | group ;
    group   = [ count "*" ] "(" branch { sign branch } ")" ;
    branch  = { part } ;
    sign    = " + " | " | " | " * " ;                  one kind per group, between spaces
    item    = [ count "*" ] ( word | call ) | name "=" call ;

In a group with a sign every branch starts from the input of the group: `+` adds their results, `|` joins them over
the channels, `*` multiplies them. A group without a sign is a sequence. A whole number before `*` repeats what
follows, with or without spaces. A call may run over several lines, line ends are spaces, and so are semicolons,
arrows (`→`, or `->` by itself) and commas after an item; a comment runs from `#` to the end of its line. What an item
means is not known here.
"""

from __future__ import annotations

import re

from convcalc.notation.entries import MAX_LAYERS, Group, Item, Part, most_layers, too_many
from convcalc.text import Source

_MAX_DEPTH = 100
_TOKEN = re.compile(r"""[\s;→]+|[(\[{]|[)\]}]|\#[^\n]*|'[^'\n]*'|"[^"\n]*"|['"]|[^\s;→()\[\]{}#'"]+""")
# Between the brackets of an item only brackets count, and what hides them.
_INSIDE_ITEM = re.compile(r"""[()\[\]{}]|\#[^\n]*|'[^'\n]*'|"[^"\n]*\"""")
_GLUED = re.compile(r"[|+*](?=[A-Za-z]|\Z)")
_GLUED_TO_CALL = re.compile(r"(?<=\))[|+*](?=[A-Za-z]|\Z)")
_SIGNS = ("+", "|", "*")
_ARROWS = ("->", "-->", "=>")


def split_items(source: Source) -> list[Part]:
    """Split a text into its items and groups, repetitions written out.

    Raises SpecError at an unmatched bracket, at more than 100 nested brackets or 100 000 items, and at two kinds of
    sign in one group.

    >>> text = "conv:8,k3  # first\\n2*(relu Linear(3, 2))"
    >>> [text[item.start : item.end] for item in split_items(Source(text))]
    ['conv:8,k3', 'relu', 'Linear(3, 2)', 'relu', 'Linear(3, 2)']
    >>> [group] = split_items(Source("(conv:8,k3 relu + id)"))
    >>> group.sign, [len(branch) for branch in group.branches]
    ('+', [2, 1])
    """
    splitter, at = _Splitter(source), 0
    while token := (_INSIDE_ITEM if splitter.brackets else _TOKEN).search(source.text, at):
        at = token.end()
        splitter.take(token[0], token.start(), at)
    return splitter.finish()


class _Open:
    """A group whose bracket is open: the parts before it and the branches that are complete."""

    __slots__ = ("before", "branches", "count", "sign", "sign_at", "size", "start")

    def __init__(self, count: int, start: int, before: list[Part], size: int) -> None:
        self.count = count
        self.start = start
        self.before = before
        self.size = size
        self.branches: list[list[Part]] = []
        self.sign, self.sign_at = "", -1


class _Splitter:
    """The state of one pass: the groups that are open, and the item that is being read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.most = most_layers.get()
        self.parts: list[Part] = []  # of the branch that is being read
        self.size = 0  # items of this branch and of those before it in its group, repetitions written out
        self.groups: list[_Open] = []
        self.brackets: list[int] = []  # the brackets open inside the item
        self.start = -1  # of the item, -1 between items
        self.is_call = False
        self.count = (1, -1)  # the count of a repetition and where it stands
        self.name = ""

    def take(self, token: str, start: int, end: int) -> None:
        """Take the token from `start` to `end`."""
        first = token[0]
        if first in "([{":
            self.open(first, start)
        elif first in ")]}":
            self.close(start)
        elif first in "#;→" or first.isspace():
            if not self.brackets:
                self.end_item(start)
        elif self.start < 0:
            if token in _SIGNS:
                self.branch(token, start)
            elif token not in _ARROWS:
                self.start = start

    def branch(self, sign: str, at: int) -> None:
        """End a branch at a sign."""
        if not self.groups:
            raise self.source.fault(
                f"{sign} is outside of a group", at, at + 1, hint="write (A + B), (A | B) or (A * B)"
            )
        group = self.groups[-1]
        if group.sign not in ("", sign):
            raise self.source.fault(
                f"{group.sign} and {sign} in one group", at, at + 1, hint="put one of them into a group of its own"
            )
        self.end_branch(group, at)
        group.sign, group.sign_at = sign, at

    def end_branch(self, group: _Open, at: int) -> None:
        if not self.parts:
            raise self.source.fault("a branch is empty", at, at + 1, hint="id is the branch that changes nothing")
        group.branches.append(self.parts)
        self.parts = []

    def open(self, bracket: str, at: int) -> None:
        """Open a group, or a bracket inside an item."""
        if len(self.brackets) + len(self.groups) >= _MAX_DEPTH:
            raise self.source.fault(f"brackets are nested more than {_MAX_DEPTH} deep", at, at + 1)
        if not self.brackets and bracket == "(" and (self.start < 0 or self.take_count(at)):
            count, start = self.count
            self.groups.append(_Open(count, start if start >= 0 else at, self.parts, self.size))
            self.parts, self.size, self.start, self.count = [], 0, -1, (1, -1)
            return
        if self.start < 0:
            self.start = at
        self.is_call = True
        self.brackets.append(at)

    def take_count(self, end: int) -> bool:
        """Read `3*` or `3 *` before a group as its count; return whether there is one."""
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
            raise self.source.fault("this bracket has no opening bracket", at, at + 1)
        group = self.groups.pop()
        if group.sign:
            self.end_branch(group, group.sign_at)
            closed: list[Part] = [Group(group.sign, group.branches, group.sign_at, at + 1)]
        else:
            closed = self.parts
        self.size = group.size + group.count * (self.size + len(group.branches[:1]))
        if self.size > self.most:
            raise too_many(self.source, group.start, at + 1)
        self.parts = group.before
        self.parts += closed * group.count

    def end_item(self, end: int) -> None:
        """Add the item that ends here, if one is being read."""
        if self.start < 0:
            return
        written = self.source.text[self.start : end]
        digits, star, rest = written.partition("*")
        count = 1
        if digits.rstrip().isdecimal():
            if not rest.strip(","):
                follows = self.source.text[end : end + 80].lstrip()
                if not rest and (follows[:1].isalpha() or follows[:1] == "(" if star else follows[:1] == "*"):
                    return  # a count, with spaces before what it repeats: the item goes on
                from convcalc.notation.short.meant import meant

                hint = meant(digits.strip(), "", [])
                raise self.source.fault(f"{written[:40]!r} is not a layer", self.start, end, hint)
            count, _ = self.number(digits.rstrip(), self.start)
            self.start += len(written) - len(rest.lstrip())
        self.put(end, count)
        self.start, self.is_call = -1, False

    def put(self, end: int, count: int) -> None:
        """Add an item, or take `name =` before one."""
        text = self.source.text
        while end > self.start and text[end - 1] == ",":
            end -= 1
        last = self.parts[-1] if self.parts else None
        if text[self.start : end] == "=" and isinstance(last, Item) and not last.is_call:
            self.parts.pop()
            self.size -= 1
            self.name = text[last.start : last.end].rpartition(".")[2]
        elif end > self.start:
            self.refuse_glued_sign(end)
            self.size += count
            if self.size > self.most:
                raise too_many(self.source, self.start, end)
            self.parts += [Item(self.start, end, self.is_call, self.name)] * count
            self.name = ""

    def refuse_glued_sign(self, end: int) -> None:
        """Refuse a sign that stands right beside a layer, at its place."""
        glued = (_GLUED_TO_CALL if self.is_call else _GLUED).search(self.source.text, self.start, end)
        if glued is not None:
            sign, at = glued[0], glued.start()
            hint = f"a sign of a group stands alone between blanks: (A {sign} B)"
            raise self.source.fault(f"{sign} is not separated from the layers beside it", at, at + 1, hint)

    def finish(self) -> list[Part]:
        """Return all parts at the end of the text."""
        if self.brackets:
            raise self.source.fault("this bracket is not closed", self.brackets[0], self.brackets[0] + 1)
        self.end_item(len(self.source.text))
        if self.groups:
            start = self.groups[-1].start
            raise self.source.fault("the bracket of this group is not closed", start, start + 1)
        return self.parts
