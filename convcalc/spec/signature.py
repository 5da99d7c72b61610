"""Arguments to parameters: what a call gives, in the order, with the defaults and of the kinds its signature says.

A signature is plain data: a tuple of (name, kind, default), the default `...` where the argument is required. This
module knows no layers and no notation.
"""

from __future__ import annotations

from collections.abc import Callable

from convcalc.errors import SpecError
from convcalc.geometry import Padding
from convcalc.spec.calls import Argument, Call, Sequence, Symbol
from convcalc.spec.source import Source, suggestion

__all__ = ["Bound", "Signature", "bind", "whole"]

Signature = tuple[tuple[str, str, object], ...]


class Bound:
    """The arguments of one call by the name of their parameter; readers turn them into the kind wanted."""

    __slots__ = ("call", "given", "rank", "source", "values")

    def __init__(self, source: Source, call: Call, rank: int) -> None:
        self.source = source
        self.call = call
        self.rank = rank
        self.values: dict[str, object] = {}
        self.given: dict[str, Argument] = {}

    def fault(self, name: str, message: str, hint: str | None = None) -> SpecError:
        """Make an error at the argument `name`, or at the whole call where it was not given."""
        at = self.given.get(name)
        start, end = (at.start, at.end) if at else (self.call.start, self.call.end)
        return self.source.fault(message, start, end, hint)

    def whole(self, name: str) -> int:
        """Give a value that is a whole number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def optional(self, name: str) -> int | None:
        """Give a value that is a whole number, or None; None too where the signature has no such parameter."""
        return None if self.values.get(name) is None else self.whole(name)

    def number(self, name: str) -> float:
        """Give a value that is a number."""
        value = self.values[name]
        assert isinstance(value, int | float)
        return value

    def flag(self, name: str) -> bool:
        """Give a value that is True or False; False where the signature has no such parameter."""
        return self.values.get(name) is True

    def word(self, name: str) -> str:
        """Give a value that is a word."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def axes(self, name: str) -> tuple[int, ...]:
        """Give whole numbers, one a spatial axis, or as many as were written."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def sides(self, name: str) -> tuple[Padding, ...]:
        """Give padding in numbers, one for each spatial axis."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def borders(self, name: str) -> tuple[tuple[int, int], ...]:
        """Give cells before and after, one pair for each spatial axis."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value


def bind(source: Source, call: Call, signature: Signature, rank: int) -> Bound:
    """Bind the arguments of `call` to the parameters of `signature`, as Python would, and check their kinds.

    Raises SpecError at an argument that is unknown, missing, given twice, or of the wrong kind.
    """
    bound = Bound(source, call, rank)
    for index, argument in enumerate(call.positional):
        if index == len(signature):
            message = f"{call.short_name} takes at most {len(signature)} arguments, got {len(call.positional)}"
            raise source.fault(message, argument.start, argument.end)
        bound.given[signature[index][0]] = argument
    for name, at, argument in call.keywords:
        if all(name != parameter[0] for parameter in signature):
            known = [parameter[0] for parameter in signature]
            hint = suggestion(name, known) or (f"it takes {', '.join(known)}" if known else None)
            raise source.fault(f"{call.short_name} has no parameter {name!r}", at, at + len(name), hint)
        if name in bound.given:
            raise source.fault(f"{name} is given twice", at, argument.end)
        bound.given[name] = argument
    for name, kind, default in signature:
        given = bound.given.get(name)
        if given is not None:
            bound.values[name] = READERS[kind](bound, name, given.value)
        elif default is ...:
            raise source.fault(f"{call.short_name} needs {name}", call.start, call.name_end)
        else:
            bound.values[name] = READERS[kind](bound, name, default)
    return bound


def whole(bound: Bound, name: str, value: object, least: int | None) -> int:
    """Read a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise bound.fault(name, f"{name} must be a whole number, got {shown(value)}")
    if least is not None and value < least:
        raise bound.fault(name, f"{name} must be at least {least}, got {value}")
    return value


def shown(value: object) -> str:
    """Show a value as it was written, shortened."""
    if isinstance(value, Sequence):
        return _shorten(repr(value.plain()))
    if isinstance(value, Call):
        return f"{value.name}(...)"
    return _shorten(repr(value))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _axes(bound: Bound, name: str, value: object, least: int) -> tuple[int, ...]:
    if not isinstance(value, Sequence):
        return (whole(bound, name, value, least),) * bound.rank
    if len(value.items) != bound.rank:
        counts = "1 number" if bound.rank == 1 else f"1 number or {bound.rank}"
        raise bound.fault(name, f"{name} of {bound.call.short_name} takes {counts}, got {shown(value)}")
    return tuple(whole(bound, name, item.value, least) for item in value.items)


def _window_axes(bound: Bound, name: str, value: object) -> tuple[int, ...]:
    # The sliding poolings take a tuple of one number for every axis.
    if isinstance(value, Sequence) and len(value.items) == 1:
        value = value.items[0].value
    return _axes(bound, name, value, 1)


def _both_sides(bound: Bound, name: str, value: object) -> tuple[Padding, ...]:
    if isinstance(value, Sequence) and len(value.items) == 1:
        value = value.items[0].value
    return tuple(Padding(cells, cells) for cells in _axes(bound, name, value, 0))


def _padding(bound: Bound, name: str, value: object) -> object:
    word = value.name if isinstance(value, Symbol) else value
    if not isinstance(word, str):
        return tuple(Padding(cells, cells) for cells in _axes(bound, name, value, 0))
    if word not in ("same", "valid"):
        raise bound.fault(name, f"padding must be a number, 'same' or 'valid', got {shown(word)}")
    return word


def _outputs(bound: Bound, name: str, value: object) -> tuple[int | None, ...]:
    items = [item.value for item in value.items] if isinstance(value, Sequence) else [value] * bound.rank
    if len(items) != bound.rank:
        raise bound.fault(name, f"{name} of {bound.call.short_name} takes {bound.rank} sizes, got {shown(value)}")
    return tuple(None if item is None else whole(bound, name, item, 1) for item in items)


def _items(bound: Bound, name: str, value: object) -> list[object]:
    """Give the items of a list or a tuple, or of `torch.Size([...])`, or the one value."""
    if isinstance(value, Call) and value.short_name == "Size" and len(value.positional) == 1:
        value = value.positional[0].value
    items = [item.value for item in value.items] if isinstance(value, Sequence) else [value]
    if not items:
        raise bound.fault(name, f"{name} is empty")
    return items


def _sizes(bound: Bound, name: str, value: object) -> tuple[int, ...]:
    return tuple(whole(bound, name, item, 1) for item in _items(bound, name, value))


def _split(bound: Bound, name: str, value: object) -> tuple[int, ...]:
    sizes = tuple(whole(bound, name, item, -1) for item in _items(bound, name, value))
    if 0 in sizes or sizes.count(-1) > 1:
        raise bound.fault(name, f"{name} takes sizes of at least 1, one of which may be -1, got {shown(value)}")
    return sizes


def _factors(bound: Bound, name: str, value: object) -> tuple[int | float, ...]:
    factors = tuple(_number(bound, name, item) for item in _items(bound, name, value))
    for factor in factors:
        if not 0 < factor < float("inf"):
            raise bound.fault(name, f"{name} must be more than 0, got {shown(factor)}")
    return factors


def _borders(bound: Bound, name: str, value: object) -> tuple[tuple[int, int], ...]:
    """Read cells before and after each axis, the last axis first, as PyTorch writes them."""
    if not isinstance(value, Sequence):
        cells = whole(bound, name, value, None)
        return ((cells, cells),) * bound.rank
    if len(value.items) != 2 * bound.rank:
        raise bound.fault(
            name, f"{name} of {bound.call.short_name} takes 1 number or {2 * bound.rank}, got {shown(value)}"
        )
    sides = [whole(bound, name, item.value, None) for item in value.items]
    return tuple(zip(sides[-2::-2], sides[::-2], strict=True))


def _flag(bound: Bound, name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise bound.fault(name, f"{name} must be True or False, got {shown(value)}")


def _number(bound: Bound, name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bound.fault(name, f"{name} must be a number, got {shown(value)}")
    return value


def _word(bound: Bound, name: str, value: object) -> str:
    word = value.name if isinstance(value, Symbol) else value
    if not isinstance(word, str):
        raise bound.fault(name, f"{name} must be a word, got {shown(value)}")
    return word


def _or_none(reader: Callable[[Bound, str, object], object]) -> Callable[[Bound, str, object], object]:
    return lambda bound, name, value: None if value is None else reader(bound, name, value)


READERS: dict[str, Callable[[Bound, str, object], object]] = {
    "count": lambda bound, name, value: whole(bound, name, value, 1),
    "count?": _or_none(lambda bound, name, value: whole(bound, name, value, 1)),
    "integer": lambda bound, name, value: whole(bound, name, value, None),
    "integer?": _or_none(lambda bound, name, value: whole(bound, name, value, None)),
    "axes": lambda bound, name, value: _axes(bound, name, value, 1),
    "axes?": _or_none(lambda bound, name, value: _axes(bound, name, value, 1)),
    "axes0": lambda bound, name, value: _axes(bound, name, value, 0),
    "window": _window_axes,
    "window?": _or_none(_window_axes),
    "both sides": _both_sides,
    "padding": _padding,
    "outputs": _outputs,
    "sizes": _sizes,
    "sizes?": _or_none(_sizes),
    "split": _split,
    "factors?": _or_none(_factors),
    "borders": _borders,
    "flag": _flag,
    "number": _number,
    "number?": _or_none(_number),
    "word": _word,
    "any": lambda _bound, _name, value: value,
}
