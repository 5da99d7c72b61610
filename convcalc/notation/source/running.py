"""Which module of a program is running: every layer and operation belongs to the one whose forward it runs in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convcalc.notation.files.graph_builder import GraphBuilder

_TIMES = re.compile(r"#\d+")


class Running:
    """The modules that are running, each inside the one before, as the path that a graph's next layer gets.

    A module that another one holds and this one runs, too, stands under the one that runs it. Behind the name of a
    module that the same module runs again stands how many times that is, as `encoder#2`.
    """

    def __init__(self, builder: GraphBuilder) -> None:
        self.builder = builder
        self._times: dict[str, int] = {}

    @property
    def name(self) -> str:
        """The name in the model of the module that is running, empty for the model itself."""
        return without_times(self.builder.module)

    def clear(self) -> None:
        """Forget how many times modules ran, for a graph that begins anew."""
        self._times.clear()

    @contextmanager
    def module(self, name: str) -> Iterator[None]:
        """Run a module by its name in the model; one without a name is part of that which runs it."""
        before = self.builder.module
        if name:
            self.builder.module = self._entered(name)
        try:
            yield
        finally:
            self.builder.module = before

    def _entered(self, name: str) -> str:
        outer = f"{self.name}." if self.name else ""
        own = name[len(outer) :] if name.startswith(outer) else name.rpartition(".")[2]
        path = f"{self.builder.module}.{own}" if self.builder.module else own
        self._times[path] = times = self._times.get(path, 0) + 1
        return path if times == 1 else f"{path}#{times}"


def without_times(path: str) -> str:
    """Return a path of modules without how many times they ran.

    >>> without_times("encoder#2.conv")
    'encoder.conv'
    """
    return _TIMES.sub("", path)
