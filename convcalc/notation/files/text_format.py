"""Protocol buffers in their text form: messages of fields, each field with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convcalc.errors import ConvcalcError
from convcalc.text import Source

MAX_DEPTH = 64
_TOKEN = re.compile(
    r"""(?P<blank>[\s,;]+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<number>[-+]?\.?\d[\w.]*(?:(?<=[eE])[-+]\d+)?)
    |(?P<sign>[{}<>:\[\]])""",
    re.VERBOSE,
)
_CLOSES = {"{": "}", "<": ">"}


class Field:
    """One value of a field with its place: a number, text, a word of an enumeration, or a message."""

    __slots__ = ("end", "name", "start", "value")

    def __init__(self, name: str, value: str | Message, start: int, end: int) -> None:
        self.name = name
        self.value = value
        self.start = start
        self.end = end


class Message:
    """The fields of a message in their order; a field may stand several times."""

    __slots__ = ("fields",)

    def __init__(self, fields: list[Field]) -> None:
        self.fields = fields

    def all(self, name: str) -> list[Field]:
        """Return every value of a field."""
        return [field for field in self.fields if field.name == name]

    def inside(self, name: str) -> list[Message]:
        """Return every message in a field."""
        return [field.value for field in self.all(name) if isinstance(field.value, Message)]


def read_message(source: Source) -> Message:
    """Read a whole text as the fields of one message; values are kept as written, texts without their quotes.

    Raises SpecError with its place where the text is not in the form.

    >>> message = read_message(Source('layer { name: "a" pad: [1, 2] } # end'))
    >>> [(field.name, field.value) for field in message.fields[0].value.fields]
    [('name', 'a'), ('pad', '1'), ('pad', '2')]
    """
    return Message(_Reader(source).fields("", 0))


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = self._tokens()
        self.kind, self.text, self.start, self.end = "", "", 0, 0
        self.advance()

    def _tokens(self) -> Iterator[tuple[str, str, int, int]]:
        at, text = 0, self.source.text
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.source.fault(f"{text[at : at + 20].split()[0]!r} is not understood", at, at + 1)
            at = match.end()
            if match.lastgroup != "blank":
                yield match.lastgroup or "", match[0], match.start(), at
        yield "end", "", len(text), len(text)

    def advance(self) -> None:
        self.kind, self.text, self.start, self.end = next(self.tokens)

    def fault(self, message: str) -> ConvcalcError:
        found = repr(self.text[:40]) if self.text else "the end"
        return self.source.fault(f"{message}, not {found}", self.start, self.end)

    def fields(self, closing: str, depth: int) -> list[Field]:
        """Read fields up to a closing bracket, or up to the end."""
        found: list[Field] = []
        while self.text != closing:
            if self.kind != "word":
                raise self.fault(f"a field or {closing} is expected here" if closing else "a field is expected here")
            found += self.field(depth)
        return found

    def field(self, depth: int) -> Iterator[Field]:
        name, start = self.text, self.start
        self.advance()
        colon = self.text == ":"
        if colon:
            self.advance()
        if self.text in _CLOSES and self.kind == "sign":
            yield self.message(name, start, depth)
        elif not colon:
            raise self.fault(f"{name[:40]} needs a colon and a value, or a message in braces")
        elif self.text == "[":
            self.advance()
            while self.text != "]":
                yield self.message(name, start, depth) if self.text in _CLOSES else self.scalar(name)
            self.advance()
        else:
            yield self.scalar(name)

    def message(self, name: str, start: int, depth: int) -> Field:
        if depth >= MAX_DEPTH:
            raise self.source.fault(f"messages are nested more than {MAX_DEPTH} deep", self.start, self.end)
        closing = _CLOSES[self.text]
        self.advance()
        fields = self.fields(closing, depth + 1)
        end = self.end
        self.advance()
        return Field(name, Message(fields), start, end)

    def scalar(self, name: str) -> Field:
        if self.kind not in ("text", "word", "number"):
            raise self.fault(f"{name[:40]} needs a value")
        value = self.text[1:-1] if self.kind == "text" else self.text
        field = Field(name, value, self.start, self.end)
        self.advance()
        return field
