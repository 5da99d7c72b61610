"""Python's call notation as a syntax tree, never evaluated: `Conv2d(3, 64, kernel_size=7)` to names and values.

Both PyTorch's and Keras's notations are such calls. This module knows no layers. What it reads: calls of dotted
names, numbers and `float('inf')`, strings, True, False, None, tuples, lists, dictionaries as pairs, and
whole-number arithmetic; anything else is an error with its place.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left

from convcalc.errors import ConvcalcError
from convcalc.notation.call.tree import Argument, Call, Sequence, Symbol
from convcalc.text import Source

_MAX_DEPTH = 100
# A chain of operators has no brackets: it may be as long as the longest number, and its tree not deeper than this.
_MAX_STRETCH = 5000
_MAX_TREE_DEPTH = 150
# One expression of tens of thousands of layers; more would take its time and memory before the first error.
_MAX_COMMAS = 150_000
_MAX_DIGITS = 4300
# In a text of no more characters Python's parser is done before regular expressions are compiled.
_SHORT = 2000


def read_expression(source: Source, start: int, end: int) -> Argument:
    """Read the one expression between the offsets `start` and `end` of a text.

    Raises SpecError where it is not an expression as described above, is nested more than 100 deep or holds a number
    of more than 4300 digits.

    >>> call = read_expression(Source("nn.Conv2d(3, 64, kernel_size=7)"), 0, 31).value
    >>> call.name, [argument.value for argument in call.positional], call.keywords[0][0]
    ('nn.Conv2d', [3, 64], 'kernel_size')
    """
    raw = source.text[start:end]
    text = raw.strip()
    start += len(raw) - len(raw.lstrip())
    _guard(source, text, start)
    if len(source.text) > _SHORT:
        from convcalc.notation.call.plain import plain_call

        plain = plain_call(text, start)
        if plain is not None:
            return plain
    try:
        # An odd escape or number in the text is the user's, not a warning of ours.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, mode="eval")
    except SyntaxError as error:
        raise _syntax_fault(source, text, start, error) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise source.fault(f"this cannot be read as a layer: {error}", start, start + len(text)) from None
    return _Reader(source, text, start).argument(tree.body)


def _guard(source: Source, text: str, start: int) -> None:
    """Refuse what is too long or nested too deeply before Python's parser sees it."""
    if not text:
        raise source.fault("a layer is missing", start, start)
    if len(text) > _MAX_STRETCH:
        stretches = text.split(",")
        if len(stretches) > _MAX_COMMAS:
            raise source.fault(
                f"an expression with {len(stretches) - 1} commas is too long, at most {_MAX_COMMAS} are read",
                start,
                start + 1,
                "write one layer per line",
            )
        at = start
        for stretch in stretches:
            if len(stretch) > _MAX_STRETCH:
                raise source.fault(f"{len(stretch)} characters without a comma are not a layer", at, at + 1)
            at += len(stretch) + 1
    if text.count("(") + text.count("[") + text.count("{") <= _MAX_DEPTH:
        return
    depth = 0
    for offset, character in enumerate(text):
        if character in "([{":
            depth += 1
            if depth > _MAX_DEPTH:
                raise source.fault(
                    f"brackets are nested more than {_MAX_DEPTH} deep", start + offset, start + offset + 1
                )
        elif character in ")]}":
            depth -= 1


def _syntax_fault(source: Source, text: str, start: int, error: SyntaxError) -> ConvcalcError:
    lines = text.split("\n")
    number = min(max(error.lineno or 1, 1), len(lines))
    column = min(max((error.offset or 1) - 1, 0), len(lines[number - 1]))
    at = start + sum(len(line) + 1 for line in lines[: number - 1]) + column
    return source.fault(f"this cannot be read as a layer: {error.msg}", at, at + 1)


class _Reader:
    """A reader of the syntax tree of one expression: calls and values with their offsets in the source."""

    __slots__ = ("ascii", "beside", "depth", "lines", "offsets", "source", "start")

    def __init__(self, source: Source, text: str, start: int) -> None:
        self.source = source
        self.start = start
        self.depth = 0
        self.beside: dict[int, list[int]] = {}
        self.ascii = text.isascii()
        # As Python counts them: a lone carriage return ends a line as well.
        self.lines = (
            text.replace("\r\n", "\n\n").replace("\r", "\n").split("\n") if "\r" in text else text.split("\n")
        )
        self.offsets = [start]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        if not self.ascii:
            # The syntax tree counts bytes of UTF-8, all but the first of a character beside it.
            if line not in self.beside:
                encoded = self.lines[line - 1].encode()
                self.beside[line] = [index for index, byte in enumerate(encoded) if byte & 0b1100_0000 == 0b1000_0000]
            column -= bisect_left(self.beside[line], column)
        return self.offsets[line - 1] + column

    def span(self, node: ast.expr) -> tuple[int, int]:
        last, end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        if self.ascii:
            return self.offsets[node.lineno - 1] + node.col_offset, self.offsets[last - 1] + end
        return self.offset(node.lineno, node.col_offset), self.offset(last, end)

    def argument(self, node: ast.expr) -> Argument:
        if type(node) is ast.Constant and isinstance(node.value, int | str | float):
            return Argument(node.value, self.span(node))
        return Argument(self.value(node), self.span(node))

    def value(self, node: ast.expr) -> object:
        self.depth += 1
        if self.depth > _MAX_TREE_DEPTH:
            start, end = self.span(node)
            raise self.source.fault("this is nested too deeply for a layer", start, end)
        value = self.read(node)
        self.depth -= 1
        return value

    def read(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=constant):
                if constant is None or isinstance(constant, int | float | str):
                    return constant
                raise self.refused(node)
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value="inf" | "-inf" as word)], keywords=[]):
                return float(word)
            case ast.Call():
                return self.call(node)
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return Sequence([self.argument(item) for item in items])
            case ast.Dict(keys=keys, values=values):
                pairs = [(key, value) for key, value in zip(keys, values, strict=True) if key is not None]
                if len(pairs) < len(keys):
                    raise self.refused(node)
                return Sequence([self.pair(key, value) for key, value in pairs])
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                number = self.number(operand)
                return -number if isinstance(sign, ast.USub) else number
            case ast.BinOp():
                return self.arithmetic(node)
            case ast.Name() | ast.Attribute():
                return Symbol(self.dotted(node))
            case _:
                raise self.refused(node)

    def pair(self, key: ast.expr, value: ast.expr) -> Argument:
        items = [self.argument(key), self.argument(value)]
        return Argument(Sequence(items), (items[0].start, items[1].end))

    def call(self, node: ast.Call) -> Call:
        start, end = self.span(node)
        if isinstance(node.func, ast.Call):
            raise self.source.fault(
                "layers that are applied to tensors may branch and cannot be read here",
                start,
                end,
                "write only the layers, in their order",
            )
        keywords = []
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.refused(keyword.value)
            at = self.offset(keyword.lineno, keyword.col_offset)
            keywords.append((keyword.arg, at, self.argument(keyword.value)))
        name_end = self.span(node.func)[1]
        positional = [self.argument(item) for item in node.args]
        return Call(self.dotted(node.func), positional, keywords, (start, name_end, end))

    def dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise self.refused(node)
        return ".".join([node.id, *reversed(parts)])

    def number(self, node: ast.expr) -> int | float:
        value = self.value(node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refused(node)
        return value

    def arithmetic(self, node: ast.BinOp) -> int | float:
        left, right = self.number(node.left), self.number(node.right)
        try:
            match node.op:
                case ast.Add():
                    return self.small(node, left + right)
                case ast.Sub():
                    return self.small(node, left - right)
                case ast.Mult():
                    return self.small(node, left * right)
                case ast.FloorDiv():
                    return left // right
                case ast.Mod():
                    return left % right
                case ast.Div():
                    return left / right
                case _:
                    raise self.refused(node)
        except (ZeroDivisionError, OverflowError) as error:
            start, end = self.span(node)
            raise self.source.fault(f"this has no value: {error}", start, end) from None

    def small(self, node: ast.expr, value: int | float) -> int | float:
        """Keep the rule for numbers as written: at most 4300 digits, so that any answer can be printed."""
        if isinstance(value, int) and value.bit_length() > 3.32 * _MAX_DIGITS:
            start, end = self.span(node)
            raise self.source.fault(f"this number has more than {_MAX_DIGITS} digits", start, end)
        return value

    def refused(self, node: ast.expr) -> ConvcalcError:
        start, end = self.span(node)
        return self.source.fault("expected a number, text, True, False, None or a tuple of these", start, end)
