"""How a function of a program, a loop or a round of it is left: by what it returns, `break`, `continue`."""

from __future__ import annotations

from typing import Any


class Returned(Exception):  # noqa: N818  # it ends a function, it is not an error
    """The value that a function returns."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Stopped(Exception):  # noqa: N818  # it ends a loop, it is not an error
    """The end of a loop, or of one round of it."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self.whole = whole
