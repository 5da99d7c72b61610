"""Immutable values: what `dataclass(frozen=True)` gives, without its cost at start-up.

Making one frozen dataclass takes 1 to 2 ms because its methods are compiled from source; a program that answers in
50 ms cannot afford fifteen of them. Here the methods are written once and read the field names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Generic, Self, TypeVar, dataclass_transform

T = TypeVar("T")


def _getter(fields: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """Return what reads all fields as a tuple."""
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda value: tuple([getattr(value, field) for field in fields])


def _annotated(namespace: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that a class body annotates, in their order."""
    if sys.version_info >= (3, 14) and "__annotations__" not in namespace:
        # From there on annotations are evaluated when they are asked for, unless the module postpones them itself.
        from annotationlib import Format, call_annotate_function, get_annotate_from_class_namespace

        annotate = get_annotate_from_class_namespace(namespace)
        return () if annotate is None else tuple(call_annotate_function(annotate, Format.STRING))
    return tuple(namespace.get("__annotations__", {}))


class cached_property(Generic[T]):  # noqa: N801 used as a decorator, like `property`
    """A property of a value that is computed once, when it is first asked for.

    >>> class Square(Value):
    ...     side: int
    ...     @cached_property
    ...     def area(self) -> int:
    ...         print("computing")
    ...         return self.side**2
    >>> square = Square(3)
    >>> square.area + square.area
    computing
    18
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute, self.slot = compute, f"_{compute.__name__}"
        self.__doc__ = compute.__doc__

    def __get__(self, value: Any, owner: type) -> T:
        """Return what was computed before, or compute it."""
        try:
            result: T = getattr(value, self.slot)
        except AttributeError:
            result = self.compute(value)
            object.__setattr__(value, self.slot, result)
        return result


class _ValueMeta(type):
    """Turns the annotations of a class into slots, with more of them for what is cached.

    Defaults, and what sets and reads all fields at once, are kept aside for the methods of `Value`.
    """

    __match_args__: tuple[str, ...]
    _defaults: dict[str, Any]
    _last: tuple[Any, ...]  # the defaults alone
    _setters: tuple[Callable[[object, object], None], ...]
    _values: Callable[[object], tuple[Any, ...]]

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _ValueMeta:
        fields = _annotated(namespace)
        defaults = {field: namespace.pop(field) for field in fields if field in namespace}
        slots = [attribute.slot for attribute in namespace.values() if isinstance(attribute, cached_property)]
        namespace["__slots__"] = (*fields, *slots)
        namespace["__match_args__"] = fields
        namespace["_defaults"] = defaults
        made = super().__new__(mcls, name, bases, namespace)
        # A slot's own setter spares the look-up of its name, and one getter for all fields a loop.
        made._setters = tuple(vars(made)[field].__set__ for field in fields)
        made._last = tuple(defaults.values())
        made._values = staticmethod(_getter(fields))
        return made


@dataclass_transform(frozen_default=True)
class Value(metaclass=_ValueMeta):
    """A base for small immutable records: equal when of one class with equal fields, and hashable.

    A class derived from it lists its fields as annotations, defaults after them; there is one level only (values
    are not derived from values). `check` may be overridden to refuse impossible fields.

    >>> class Point(Value):
    ...     row: int
    ...     column: int = 0
    >>> Point(2)
    Point(row=2, column=0)
    >>> Point(2) == Point(2, 0), Point(2).replace(column=5)
    (True, Point(row=2, column=5))
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        setters = type(self)._setters
        if kwargs or len(args) != len(setters):
            args = self._complete(args, kwargs)
        for setter, value in zip(setters, args):  # noqa: B905 as many by now, and `strict` takes a third of the time
            setter(self, value)
        self.check()

    def _complete(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Put what was given, by place or by name, and the defaults in the order of the fields."""
        name, fields, defaults = type(self).__name__, type(self).__match_args__, type(self)._defaults
        if len(args) > len(fields):
            raise TypeError(f"{name} takes {len(fields)} fields, got {len(args)}")
        if not kwargs and len(fields) - len(args) <= len(defaults):
            return args + type(self)._last[len(args) - len(fields) :]
        values = defaults | dict(zip(fields, args, strict=False)) | kwargs
        if len(values) > len(fields):
            raise TypeError(f"{name} has no {', '.join(key for key in values if key not in fields)}")
        try:
            return tuple([values[field] for field in fields])
        except KeyError:
            missing = ", ".join(field for field in fields if field not in values)
            raise TypeError(f"{name} needs {missing}") from None

    def check(self) -> None:
        """Refuse fields that cannot be; nothing to refuse here."""

    def replace(self, **changes: Any) -> Self:
        """Return the same value with some fields changed."""
        values = self._as_dict() | changes
        if len(values) > len(type(self).__match_args__):
            self._complete((), values)  # says which of them there is not
        return type(self)(*values.values())

    def _as_dict(self) -> dict[str, Any]:
        return dict(zip(type(self).__match_args__, self._as_tuple(), strict=True))

    def _as_tuple(self) -> tuple[Any, ...]:
        return type(self)._values(self)

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._as_tuple() == other._as_tuple()

    def __hash__(self) -> int:
        return hash((type(self), self._as_tuple()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{field}={value!r}" for field, value in self._as_dict().items())
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        return type(self), self._as_tuple()
