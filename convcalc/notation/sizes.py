"""Sizes and window options as text: `3x224x224`, `3,5`, `(3, 5)`, `0:1x2:3`, `same`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar, get_args

from convcalc.errors import ConvcalcError, SpecError, UsageError
from convcalc.geometry import Padding
from convcalc.layers import NamedPadding
from convcalc.text import did_you_mean, plain_signs

Size = TypeVar("Size", int, int | None)

_DIGITS = frozenset("0123456789")
_BRACKETS = {"(": ")", "[": "]"}
_BLANK_BETWEEN = re.compile(r"(?<=[0-9e?])[ \t](?=[ \t]*(?:[0-9?]|-1|None))")
"""The first blank between two sizes, of which one may be `None`, `-1` or `?`."""
_MADE = re.compile(
    r"\s*(?:\w+\s*=\s*)?(?:torch\.|np\.|numpy\.|tf\.)?(?:random\.)?"
    r"(?:Size|TensorShape|randn|rand|zeros|ones|empty|normal|uniform)(?=\()"
)
_INPUT_NAME = re.compile(r"[\w.:/-]+")
"""A name of an input, as files write them, too: `input.1`, `x:0`, `0`."""
_BEHIND = re.compile(r"(?:,\s*\w+\s*=[^=()\[\]]*)+$")
"""What makes a tensor of a size, and what stands behind the size in its brackets."""
_BATCHES = ("None", "-1", "N", "n", "B", "b", "bs", "bsz", "batch", "batch_size", "Batch", "BATCH_SIZE")
"""What stands for a size that is open; all but the first two only for the number of samples."""
_SIZE_HINT = "a size is written as 3x224x224, 3,224,224 or (3, 224, 224)"
MOST_NAMES = 5
_AXES_HINT = "write one value, or one per spatial axis: 3, 3x5, 3,5"
_PADDING_HINT = "padding is written as 3, 3x5, or before:after as 0:1x2:3"
PADDING_NAMES: tuple[NamedPadding, ...] = get_args(NamedPadding)


def parse_size(text: str) -> tuple[int | None, ...]:
    """Return the size of an input, its axes in their order, as people and frameworks write it.

    `None` and `-1` are sizes that are open; as the first of several they are the batch, as `N`, `B` and `batch` are,
    of which one sample counts, and left out. Raises SpecError with the place of the error.

    >>> parse_size("torch.Size([1, 3, 224, 224])"), parse_size("（3，２２４，224）"), parse_size("1 28 28")
    ((1, 3, 224, 224), (3, 224, 224), (1, 28, 28))
    >>> parse_size("(None, 28, None, 1)"), parse_size("[-1, 10]")
    ((28, None, 1), (10,))
    >>> parse_size("torch.randn(2, 3, 32, 30, device=device)"), parse_size("(B, 3, 32, 30)"), parse_size("Nx10")
    ((2, 3, 32, 30), (3, 32, 30), (10,))
    """
    plain = _BLANK_BETWEEN.sub(",", plain_signs(text))
    start, end = 0, len(text)
    made = _MADE.match(plain)
    if made is not None and ")" in plain:
        start = made.end() + 1
        depths = accumulate((sign == "(") - (sign == ")") for sign in plain[start - 1 :])
        end = next((start - 1 + at for at, depth in enumerate(depths) if depth == 0), plain.rindex(")"))
        behind = _BEHIND.search(plain, start, end)
        end = end if behind is None else behind.start()
    written = Numbers(plain, start, end, _faults(text, "INPUT", _SIZE_HINT))
    items = written.items()
    sizes = tuple(
        None if written.is_open(item, first=len(items) > 1 and item is items[0])
        else written.number(item, least=1, what="a size")
        for item in items
    )  # fmt: skip
    return sizes[1:] if len(sizes) > 1 and sizes[0] is None else sizes


def is_size(text: str) -> bool:
    """Return whether a text is the size of an input, or of several by their names, and not a layer.

    >>> is_size("3x224x224"), is_size("a=3x8x8 b=10"), is_size("conv:8,k3"), is_size("3*relu")
    (True, True, False, False)
    """
    try:
        named = named_sizes(text) if "=" in plain_signs(text) else {"": text}
        return bool(named) and all(parse_size(size) for size in named.values())
    except SpecError:
        return False


def named_sizes(text: str) -> dict[str, str]:
    """Return the sizes of several named inputs as written, by their names; nothing where there is just one input.

    >>> named_sizes("image=3x32x32 code=10"), named_sizes("3x32x32")
    ({'image': '3x32x32', 'code': '10'}, {})
    """
    parts = plain_signs(text).replace(" =", "=").replace("= ", "=").split()
    unnamed = [part for part in parts if "=" not in part]
    if len(unnamed) == len(parts):
        return {}
    for part in unnamed:
        message, at = f"{part[:40]} has no name, the size of another input has one", max(0, text.find(part))
        raise SpecError(message, place="INPUT", text=text, span=(at, at + len(part)))
    found: dict[str, str] = {}
    for part in parts:
        name, _, size = part.partition("=")
        if not _INPUT_NAME.fullmatch(name) or name in found:
            wrong = "is given twice" if name in found else "is not a name for an input"
            at = text.index(part)
            raise SpecError(f"{name[:40]!r} {wrong}", place="INPUT", text=text, span=(at, at + max(1, len(name))))
        found[name] = size
    return found


def input_order(
    own: Sequence[str], given: Sequence[str], *, counts_all: bool = True, sizes: Sequence[str] = ()
) -> tuple[list[int], str | None]:
    """Return at which place the size of each input of a network is given, by its name, and what that assumes.

    `own` are the names of the inputs; `given` those that sizes are given with. Names that are all others than the
    network's stand in its order; a hint names the `sizes` that each may have. Raises UsageError where one of several
    is another or, with `counts_all`, where an input has no size.

    >>> input_order(["image", "code"], ["code", "image"])
    ([1, 0], None)
    >>> input_order(["image", "code"], ["a", "b"])
    ([0, 1], "the sizes stand in the order of the network's inputs: image takes a, code takes b")
    """
    wrong = [name for name in given if name not in own]
    if wrong and len(wrong) == len(given) == len(own):
        shown = ", ".join(f"{name} takes {other}" for name, other in zip(own, given, strict=True))
        return list(range(len(own))), f"the sizes stand in the order of the network's inputs: {shown}"
    if wrong:
        raise _wrong_inputs(f"no input is called {wrong[0][:60]}", own[:MOST_NAMES], sizes)
    if counts_all and len(given) < len(own):
        raise too_few_inputs(len(own), len(given), own[:MOST_NAMES], sizes)
    return [given.index(name) if given else at for at, name in enumerate(own)], None


def too_few_inputs(count: int, given: int, shown: Sequence[str], sizes: Sequence[str] = ()) -> UsageError:
    """Return the error for a network of `count` inputs with fewer sizes; the hint has the names that are `shown`."""
    return _wrong_inputs(f"the network takes {count} input{'s' * (count > 1)}, got {max(1, given)}", shown, sizes)


def _wrong_inputs(message: str, shown: Sequence[str], sizes: Sequence[str]) -> UsageError:
    examples = sizes or ["3x32x32"] * len(shown)
    hint = f"name the size of each: {' '.join(map('='.join, zip(shown, examples, strict=False)))}"
    return UsageError(message, place="INPUT", hint=hint)


def channels_first(sizes: tuple[Size, ...], rank: int) -> tuple[Size, ...]:
    """Return channels-last sizes channels first: the last of more than `rank` sizes goes before the last `rank` ones.

    >>> channels_first((8, 224, 200, 3), 2), channels_first((224, 200), 2)
    ((8, 3, 224, 200), (224, 200))
    """
    if len(sizes) <= rank:
        return sizes
    split = len(sizes) - rank - 1
    return sizes[:split] + sizes[-1:] + sizes[split:-1]


def parse_cell(text: str, name: str) -> tuple[int, ...]:
    """Return the indices of a cell, given as the parameter `name`; they count from 0.

    Raises UsageError for anything else, such as negative indices.

    >>> parse_cell("0,2", "region"), parse_cell("[4, 0, 1]", "at"), parse_cell("(3)", "at")
    ((0, 2), (4, 0, 1), (3,))
    """
    parts = [part.strip() for part in text.strip(" ()[]").split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 1000 for part in parts):
        hint = "write row and column, counted from 0: 1,2"
        raise UsageError(f"{text[:40]!r} is not a cell", place=f"`{name}`", hint=hint)
    return tuple(map(int, parts))


def parse_axes(text: str, name: str) -> tuple[int, ...]:
    """Return the value of the window option `name`: one whole number, or one per spatial axis.

    Only `output_padding` may be 0.

    >>> parse_axes("3x5", "kernel"), parse_axes("(2, 1)", "stride")
    ((3, 5), (2, 1))
    """
    least = 0 if name == "output_padding" else 1
    return Numbers(text, 0, len(text), _faults(text, f"`{name}`", _AXES_HINT)).numbers(least=least, what=name)


def parse_padding(text: str) -> tuple[Padding, ...] | NamedPadding:
    """Return padding: numbers as `parse_axes` reads them, `before:after` per axis, or a name.

    >>> parse_padding("0:1x2:3"), parse_padding("same")
    ((Padding(before=0, after=1), Padding(before=2, after=3)), 'same')
    """
    word = text.strip()
    for name in PADDING_NAMES:
        if word == name:
            return name
    if word[:1].isalpha():
        at = text.index(word)
        hint = did_you_mean(word, list(PADDING_NAMES)) or f"the names are {', '.join(PADDING_NAMES)}"
        raise SpecError(
            f"{word[:40]!r} is not a padding", place="`padding`", text=text, span=(at, at + len(word)), hint=hint
        )
    return Numbers(text, 0, len(text), _faults(text, "`padding`", _PADDING_HINT)).paddings()


def _faults(text: str, place: str, hint: str) -> Callable[[str, int, int], ConvcalcError]:
    def fault(message: str, start: int, end: int) -> ConvcalcError:
        return SpecError(message, place=place, text=text, span=(start, end), hint=hint)

    return fault


class Numbers:
    """Whole numbers separated by `x`, `×`, `*` or commas between `start` and `end` of a text.

    `fault` returns the error for a message and a place in the text.
    """

    __slots__ = ("end", "fault", "start", "text")

    def __init__(self, text: str, start: int, end: int, fault: Callable[[str, int, int], ConvcalcError]) -> None:
        self.text = text
        self.fault = fault
        self.start, self.end = self._trim(start, end)
        if self.start < self.end and text[self.start] in _BRACKETS:
            closing = _BRACKETS[text[self.start]]
            if text[self.end - 1] != closing or self.end - self.start < 2:
                raise self.fault(f"{text[self.start]!r} is not closed", self.start, self.start + 1)
            self.start, self.end = self._trim(self.start + 1, self.end - 1)
            if self.end > self.start and text[self.end - 1] == ",":
                self.start, self.end = self._trim(self.start, self.end - 1)

    def _trim(self, start: int, end: int) -> tuple[int, int]:
        piece = self.text[start:end]
        return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())

    def items(self) -> list[tuple[int, int]]:
        """Return the span of each number, at least one."""
        if self.start >= self.end:
            raise self.fault("a number is missing", self.start, self.start)
        items = []
        first = self.start
        for at in range(self.start, self.end):
            if self.text[at] in "xX×,*":
                items.append(self._trim(first, at))
                first = at + 1
        items.append(self._trim(first, self.end))
        return items

    def is_open(self, item: tuple[int, int], *, first: bool) -> bool:
        """Return whether `None` or `-1` stands for a number at a span, or for the `first` a word for the batch."""
        return self.text[item[0] : item[1]] in (_BATCHES if first else _BATCHES[:2])

    def numbers(self, *, least: int, what: str) -> tuple[int, ...]:
        """Return the numbers, all of them at least `least`."""
        return tuple(self.number(item, least=least, what=what) for item in self.items())

    def number(self, item: tuple[int, int], *, least: int, what: str) -> int:
        """Return the number at a span."""
        start, end = item
        digits = self.text[start:end]
        if not digits:
            raise self.fault("a number is missing", start, start + 1)
        if digits[0] == "-" and len(digits) > 1 and _DIGITS.issuperset(digits[1:]):
            raise self.fault(f"{what} must be at least {least}, got {digits[:40]}", start, end)
        if not _DIGITS.issuperset(digits):
            raise self.fault(f"{digits[:40]!r} is not a whole number", start, end)
        try:
            value = int(digits)
        except ValueError:
            raise self.fault(f"a number of {len(digits)} digits is too long, at most 4300", start, end) from None
        if value < least:
            raise self.fault(f"{what} must be at least {least}, got {value}", start, end)
        return value

    def paddings(self) -> tuple[Padding, ...]:
        """Return the padding of each axis: cells on both sides, or `before:after`."""
        sides = []
        for start, end in self.items():
            colon = self.text.find(":", start, end)
            before = (start, end) if colon < 0 else self._trim(start, colon)
            after = (start, end) if colon < 0 else self._trim(colon + 1, end)
            cells = [self.number(item, least=0, what="padding") for item in (before, after)]
            sides.append(Padding(*cells))
        return tuple(sides)
