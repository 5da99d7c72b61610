"""A layer as a call to be written: its name in a notation and the arguments that differ from the defaults."""

from __future__ import annotations

from convcalc.errors import UsageError


class Infinite:
    """An infinite number, which Python writes as `float('-inf')`."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"float('{self.value}')"

    def __str__(self) -> str:
        return str(self.value)


class LayerCall:
    """A name, the positional arguments, and the keyword arguments."""

    __slots__ = ("keywords", "name", "positional")

    def __init__(self, name: str, *positional: object, **keywords: object) -> None:
        self.name = name
        self.positional = positional
        self.keywords = keywords

    def without(self, **defaults: object) -> LayerCall:
        """Return the call without the keyword arguments that have these values.

        >>> LayerCall("Flatten", start_dim=1, end_dim=2).without(start_dim=1, end_dim=-1).text()
        'Flatten(end_dim=2)'
        """
        kept = {key: value for key, value in self.keywords.items() if key not in defaults or value != defaults[key]}
        return LayerCall(self.name, *self.positional, **kept)

    def text(self, module: str = "") -> str:
        """Return the call as Python writes it, after the name of a module."""
        arguments = [*map(repr, self.positional), *(f"{key}={value!r}" for key, value in self.keywords.items())]
        return f"{module}{self.name}({', '.join(arguments)})"

    def word(self) -> str:
        """Return the call as a word of the short notation.

        >>> LayerCall("Upsample", scale_factor=(2, 3)).word()
        'upsample:scale_factor=2x3'
        """
        fields = [*map(_short, self.positional), *(f"{key}={_short(value)}" for key, value in self.keywords.items())]
        return f"{self.name.lower()}:{','.join(fields)}" if fields else self.name.lower()


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return "x".join(":".join(map(str, item)) if isinstance(item, tuple) else _short(item) for item in value)
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def axes(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """Return equal numbers as one.

    >>> axes((3, 3)), axes((3, 5))
    (3, (3, 5))
    """
    return values[0] if len(set(values)) == 1 else values


def refusal(what: str, notation: str, hint: str | None = None) -> UsageError:
    """Return the error for what a notation cannot express.

    >>> refusal("minpool", "PyTorch").message
    "PyTorch's notation cannot express minpool"
    """
    whose = "the short notation" if notation == "short" else f"{notation}'s notation"
    return UsageError(f"{whose} cannot express {what}", hint=hint)
