"""The text of PyTorch's `print(model)` as a tree of modules, by its brackets alone: indentation does not matter.

    model  = { entry } ;
    entry  = [ "(" name ")" ":" ] [ count "x" ] type [ blank ] "(" body ")" ;
    body   = the module's own arguments, then { entry }, then what else the module prints of itself ;

`(0-5): 6 x Block(` stands for six equal modules. A type may have dots (`lora.Linear4bit`). What the text means is not
known here, but nothing of it is lost: `rest` holds what stands behind the first child of a module and is not a child.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from convcalc.errors import ConvcalcError
from convcalc.text import Source

MAX_DEPTH = 500
_NUMBER = re.compile(r"\d+")
_ENTRY = r"\(([^()\n]+)\):[ \t]*(?:(\d{1,9}) x )?([A-Za-z_][\w.]*)[ \t]*\("
_FIRST_ENTRY = re.compile(r"\A\s*(?:[\w.]+[ \t]?\(\s*)?" + _ENTRY + r"|^[ \t]*" + _ENTRY, re.MULTILINE)
# What follows the opening bracket of a module that has only plain arguments, to its closing one.
_ARGUMENTS = re.compile(r"[^()'\"\n]*(?:\([^()'\"\n]*\)(?!:)[^()'\"\n]*)*\)")
# A quote behind a backslash opens nothing: each of many that are not closed would be followed to the end of the line.
_TOKEN = re.compile(_ENTRY + r"|[()]|(?<!\\)(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")")


class Module:
    """One module of a print: its name in its parent, its type, its arguments as printed, and its children.

    `start` and `end` are the offsets from its type to behind its closing bracket, `inside` those of its arguments,
    whose first number is `first_number`.
    """

    __slots__ = ("children", "count", "end", "first_number", "inside", "name", "rest", "start", "type")

    def __init__(self, name: str, kind: str, count: int, start: int, inside: int) -> None:
        self.name = name
        self.type = kind
        self.count = count
        self.start = start
        self.end = -1
        self.inside = (inside, inside)
        self.first_number = ""
        self.rest: list[tuple[int, int]] = []
        self.children: list[Module] = []

    @property
    def class_name(self) -> str:
        """The type without the packages before it."""
        return self.type.rpartition(".")[2]

    @property
    def names(self) -> list[str]:
        """The names of the equal modules that one entry stands for; none where they are not as many."""
        if self.count == 1:
            return [self.name]
        first, _, last = self.name.partition("-")
        if not (first.isdecimal() and last.isdecimal() and int(last) - int(first) + 1 == self.count):
            return []
        return [str(number) for number in range(int(first), int(last) + 1)]

    def child(self, name: str) -> Module | None:
        """Return the child of a name, None where there is none."""
        return next((child for child in self.children if child.name == name or name in child.names), None)

    def walk(self) -> Iterator[Module]:
        """Yield the module and all below it, in the order of the print."""
        yield self
        for child in self.children:
            yield from child.walk()


def is_printed(text: str) -> bool:
    """Return whether a text is a printed model, or a part of one.

    >>> is_printed("Net(\\n  (fc): Linear(in_features=3, out_features=2)\\n)"), is_printed("Linear(3, 2)")
    (True, False)
    """
    return _FIRST_ENTRY.search(text) is not None


def read_tree(source: Source, text: str) -> Module:
    """Read a print into a module without a name, whose children are the modules of the outermost level.

    `text` is that of `source` with every character in its place, but for what is to be passed over. Raises SpecError
    where brackets do not match, at the bracket.

    >>> text = "Net(\\n  (a): Conv2d(\\n    3, 8, kernel_size=1\\n    (norm): BatchNorm2d(8)\\n  )\\n)"
    >>> (net,) = read_tree(Source(text), text).children
    >>> [conv] = net.children
    >>> conv.type, text[slice(*conv.inside)].strip(), [child.type for child in conv.children]
    ('Conv2d', '3, 8, kernel_size=1', ['BatchNorm2d'])
    """
    return _TreeReader(source, text).read()


class _TreeReader:
    """One pass over the brackets of a print; modules that are open are on a stack."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        self.root = Module("", "", 1, 0, 0)
        self.stack = [self.root]
        self.plain: list[int] = []  # brackets that open no module; each remembers how many modules were open
        self.read_to = 0  # the text before is accounted for

    def read(self) -> Module:
        """Read all of the text."""
        at = 0
        while token := _TOKEN.search(self.text, at):
            at = token.end()
            if token[3] is not None:
                self.open(Module(token[1], token[3], int(token[2] or 1), token.start(3), at), token.start())
                arguments = _ARGUMENTS.match(self.text, at)
                if arguments is not None:
                    at = arguments.end()
                    self.close(at - 1)
            elif token[0] == "(":
                self.bracket(token.start())
            elif token[0] == ")":
                self.close(token.start())
            if len(self.stack) + len(self.plain) > MAX_DEPTH:
                raise self.fault(f"modules are nested more than {MAX_DEPTH} deep", token.start(), token.end())
        if len(self.stack) > 1:
            module = self.stack[-1]
            raise self.fault(
                f"the bracket of {module.type} is not closed", module.start, module.start + len(module.type)
            )
        self.account(len(self.text))
        self.root.end = len(self.text)
        return self.root

    def fault(self, message: str, start: int, end: int) -> ConvcalcError:
        return self.source.fault(message, start, end)

    def open(self, module: Module, start: int) -> None:
        self.account(start)
        self.stack[-1].children.append(module)
        self.stack.append(module)
        self.read_to = module.inside[0]

    def bracket(self, at: int) -> None:
        """Open a bracket that is not that of an entry: a module of the outermost level, or one of arguments."""
        if len(self.stack) > 1:
            self.plain.append(len(self.stack))
            return
        end = at
        while end > self.read_to and self.text[end - 1] in " \t":
            end -= 1
        start = end
        while start > self.read_to and (self.text[start - 1].isalnum() or self.text[start - 1] in "_."):
            start -= 1
        if start == end:
            raise self.fault("the name of a module is missing before this bracket", at, at + 1)
        self.open(Module("", self.text[start:end], 1, start, at + 1), start)

    def close(self, at: int) -> None:
        if self.plain and self.plain[-1] == len(self.stack):
            self.plain.pop()
            return
        if len(self.stack) == 1:
            raise self.fault("this bracket closes nothing", at, at + 1)
        self.account(at)
        module = self.stack.pop()
        module.end = at + 1
        self.read_to = at + 1

    def account(self, end: int) -> None:
        """Add the text up to `end` to the module that is open: its arguments, or the rest."""
        module = self.stack[-1]
        if module is not self.root and not module.children:
            module.inside = (module.inside[0], end)
            first = _NUMBER.search(self.text, *module.inside)
            module.first_number = first[0] if first else ""
        elif self.text[self.read_to : end].strip(" \t\r\n,;"):
            module.rest.append((self.read_to, end))
