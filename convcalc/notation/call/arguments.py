"""The arguments of a call by parameter, read as the kinds of signatures: counts, axes, padding, flags, words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from convcalc.errors import ConvcalcError
from convcalc.geometry import Padding
from convcalc.notation.call.tree import Argument, Call, Sequence, Symbol
from convcalc.text import Source

T = TypeVar("T")


class BoundArguments:
    """The arguments of one call: those given, with their places, and all values, defaults included.

    `rank` is the number of spatial axes of the layer, to which a single value is repeated. The methods that return a
    value assert the kind that the signature states.
    """

    __slots__ = ("call", "given", "rank", "source", "values")

    def __init__(self, source: Source, call: Call, rank: int) -> None:
        self.source = source
        self.call = call
        self.rank = rank
        self.values: dict[str, object] = {}
        self.given: dict[str, Argument] = {}

    def fault(self, name: str, message: str, hint: str | None = None) -> ConvcalcError:
        """Return the error at the argument `name`, or at the whole call where it was not given."""
        at = self.given.get(name)
        start, end = (at.start, at.end) if at else (self.call.start, self.call.end)
        return self.source.fault(message, start, end, hint)

    def take(self, name: str, kind: type[T]) -> T:
        """Return a value of the class `kind`, such as `str`, or `tuple` for one value per axis."""
        value = self.values[name]
        assert isinstance(value, kind)
        return value

    def whole(self, name: str) -> int:
        """Return a whole number."""
        return self.take(name, int)

    def optional(self, name: str) -> int | None:
        """Return a whole number or None; None too where the signature has no such parameter."""
        return None if self.values.get(name) is None else self.take(name, int)

    def axes(self, name: str) -> tuple[int, ...]:
        """Return whole numbers, one per spatial axis, or as many as were written."""
        return self.take(name, tuple)

    def number(self, name: str) -> float:
        """Return a whole or decimal number."""
        value = self.values[name]
        assert isinstance(value, int | float)
        return value

    def flag(self, name: str) -> bool:
        """Return True or False; False where the signature has no such parameter."""
        return self.values.get(name) is True


def _whole(bound: BoundArguments, name: str, value: object, least: int | None) -> int:
    """Return a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise bound.fault(name, f"{name} must be a whole number, got {_shown(value)}")
    if least is not None and value < least:
        raise bound.fault(name, f"{name} must be at least {least}, got {value}")
    return value


def _shown(value: object) -> str:
    """Return a value as it was written, shortened."""
    if isinstance(value, Sequence):
        return _shorten(repr(value.plain()))
    if isinstance(value, Call):
        return f"{value.name}(...)"
    return _shorten(repr(value))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _axes(bound: BoundArguments, name: str, value: object, least: int) -> tuple[int, ...]:
    if not isinstance(value, Sequence):
        return (_whole(bound, name, value, least),) * bound.rank
    if len(value.items) != bound.rank:
        counts = "1 number" if bound.rank == 1 else f"1 number or {bound.rank}"
        raise bound.fault(name, f"{name} of {bound.call.short_name} takes {counts}, got {_shown(value)}")
    return tuple(_whole(bound, name, item.value, least) for item in value.items)


def _window_axes(bound: BoundArguments, name: str, value: object) -> tuple[int, ...]:
    # The sliding poolings take a tuple of one number for every axis.
    if isinstance(value, Sequence) and len(value.items) == 1:
        value = value.items[0].value
    return _axes(bound, name, value, 1)


@lru_cache(64)
def _even(cells: int) -> Padding:
    return Padding(cells, cells)


def _both_sides(bound: BoundArguments, name: str, value: object) -> tuple[Padding, ...]:
    if isinstance(value, Sequence) and len(value.items) == 1:
        value = value.items[0].value
    return tuple(map(_even, _axes(bound, name, value, 0)))


def _padding(bound: BoundArguments, name: str, value: object) -> object:
    word = value.name if isinstance(value, Symbol) else value
    if not isinstance(word, str):
        return tuple(map(_even, _axes(bound, name, value, 0)))
    if word not in ("same", "valid"):
        raise bound.fault(name, f"padding must be a number, 'same' or 'valid', got {_shown(word)}")
    return word


def _outputs(bound: BoundArguments, name: str, value: object) -> tuple[int | None, ...]:
    items = [item.value for item in value.items] if isinstance(value, Sequence) else [value] * bound.rank
    if value is None:
        raise bound.fault(name, f"{name} must be a number, or one for each axis, got None")
    if len(items) != bound.rank:
        raise bound.fault(name, f"{name} of {bound.call.short_name} takes {bound.rank} sizes, got {_shown(value)}")
    return tuple(None if item is None else _whole(bound, name, item, 1) for item in items)


def _items(bound: BoundArguments, name: str, value: object) -> list[object]:
    """Return the items of a list, a tuple or `torch.Size([...])`, or the single value."""
    if isinstance(value, Call) and value.short_name == "Size" and len(value.positional) == 1:
        value = value.positional[0].value
    items = [item.value for item in value.items] if isinstance(value, Sequence) else [value]
    if not items:
        raise bound.fault(name, f"{name} is empty")
    return items


def _sizes(bound: BoundArguments, name: str, value: object) -> tuple[int, ...]:
    return tuple(_whole(bound, name, item, 1) for item in _items(bound, name, value))


def _split(bound: BoundArguments, name: str, value: object) -> tuple[int, ...]:
    sizes = tuple(_whole(bound, name, item, -1) for item in _items(bound, name, value))
    if 0 in sizes or sizes.count(-1) > 1:
        raise bound.fault(name, f"{name} takes sizes of at least 1, one of which may be -1, got {_shown(value)}")
    return sizes


def _factors(bound: BoundArguments, name: str, value: object) -> tuple[int | float, ...]:
    factors = tuple(_number(bound, name, item) for item in _items(bound, name, value))
    for factor in factors:
        if not 0 < factor < float("inf"):
            raise bound.fault(name, f"{name} must be more than 0, got {_shown(factor)}")
    return factors


def _borders(bound: BoundArguments, name: str, value: object) -> tuple[tuple[int, int], ...]:
    """Return cells before and after each axis, written with the last axis first, as in PyTorch."""
    if not isinstance(value, Sequence):
        cells = _whole(bound, name, value, None)
        return ((cells, cells),) * bound.rank
    if len(value.items) != 2 * bound.rank:
        raise bound.fault(
            name, f"{name} of {bound.call.short_name} takes 1 number or {2 * bound.rank}, got {_shown(value)}"
        )
    sides = [_whole(bound, name, item.value, None) for item in value.items]
    return tuple(zip(sides[-2::-2], sides[::-2], strict=True))


def _sides(bound: BoundArguments, name: str, value: object) -> tuple[tuple[int, int], ...]:
    """Return cells before and after each axis, written with the first axis first, as in Keras."""
    if not isinstance(value, Sequence):
        cells = _whole(bound, name, value, 0)
        return ((cells, cells),) * bound.rank
    items = [item.value for item in value.items]
    if bound.rank == 1 and len(items) == 2 and not isinstance(items[0], Sequence):
        items = [value]
    if len(items) != bound.rank:
        raise bound.fault(name, f"{name} of {bound.call.short_name} takes {bound.rank} pairs, got {_shown(value)}")
    sides = []
    for item in items:
        pair = [side.value for side in item.items] if isinstance(item, Sequence) else [item, item]
        if len(pair) != 2:
            raise bound.fault(name, f"{name} takes a number before and after each axis, got {_shown(item)}")
        sides.append((_whole(bound, name, pair[0], 0), _whole(bound, name, pair[1], 0)))
    return tuple(sides)


def _axis(bound: BoundArguments, name: str, value: object) -> tuple[int, ...]:
    return tuple(_whole(bound, name, item, None) for item in _items(bound, name, value))


def _flag(bound: BoundArguments, name: str, value: object) -> bool:
    if isinstance(value, bool) or (value is None and name in ("bias", "use_bias")):
        return bool(value)
    raise bound.fault(name, f"{name} must be True or False, got {_shown(value)}")


def _number(bound: BoundArguments, name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bound.fault(name, f"{name} must be a number, got {_shown(value)}")
    return value


def _share(bound: BoundArguments, name: str, value: object) -> int | float:
    """Return a part of a whole, such as the rate of a dropout."""
    share = _number(bound, name, value)
    if not 0 <= share <= 1:
        raise bound.fault(name, f"{name} must be from 0 to 1, got {_shown(value)}")
    return share


def _positive(bound: BoundArguments, name: str, value: object) -> int | float:
    number = _number(bound, name, value)
    if number < 0:
        raise bound.fault(name, f"{name} must be at least 0, got {_shown(value)}")
    return number


def _factor(bound: BoundArguments, name: str, value: object, least: int = -1) -> object:
    """Return how far samples are changed at random: a number, or the least and the most."""
    items = [item.value for item in value.items] if isinstance(value, Sequence) else [value]
    if len(items) > 2 or not all(least <= _number(bound, name, item) <= 1 for item in items):
        raise bound.fault(name, f"{name} takes one number or two, from {least} to 1, got {_shown(value)}")
    return value


def _word(bound: BoundArguments, name: str, value: object) -> str:
    word = value.name if isinstance(value, Symbol) else value
    if not isinstance(word, str):
        raise bound.fault(name, f"{name} must be a word, got {_shown(value)}")
    return word


Reader = Callable[[BoundArguments, str, object], object]


def _or_none(reader: Reader) -> Reader:
    return lambda bound, name, value: None if value is None else reader(bound, name, value)


READERS: dict[str, Reader] = {
    "count": lambda bound, name, value: _whole(bound, name, value, 1),
    "count?": _or_none(lambda bound, name, value: _whole(bound, name, value, 1)),
    "integer": lambda bound, name, value: _whole(bound, name, value, None),
    "integer?": _or_none(lambda bound, name, value: _whole(bound, name, value, None)),
    "axes": lambda bound, name, value: _axes(bound, name, value, 1),
    "axes?": _or_none(lambda bound, name, value: _axes(bound, name, value, 1)),
    "axes0": lambda bound, name, value: _axes(bound, name, value, 0),
    "axes0?": _or_none(lambda bound, name, value: _axes(bound, name, value, 0)),
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
    "sides": _sides,
    "axis": _axis,
    "axis?": _or_none(_axis),
    "flag": _flag,
    "number": _number,
    "number?": _or_none(_number),
    "share": _share,
    "from 0": _positive,
    "from 0?": _or_none(_positive),
    "factor": _factor,
    "factor?": _or_none(_factor),
    "factor from 0": lambda bound, name, value: _factor(bound, name, value, 0),
    "word": _word,
    "any": lambda _bound, _name, value: value,
}
