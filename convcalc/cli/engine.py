"""The engine as the command line sets it: which algorithm, how many threads, how much memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convcalc.cli.matrix_options import EngineOptions
from convcalc.errors import UsageError
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.compute.computation import Computation
    from convcalc.compute.threads import Options, Progress

LEAST_MEMORY = 1 << 20
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgt]?)(i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def memory_size(text: str) -> int:
    """Read a size in bytes; K, M, G and T are powers of 1024, but kB, MB, GB and TB of 1000.

    >>> memory_size("512M"), memory_size("2GiB"), memory_size("1.5 GB")
    (536870912, 2147483648, 1500000000)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or len(text) > 40:
        raise UsageError(
            f"{text[:40]!r} is not a valid memory size", place="--memory", hint="write it as 512M or 2GiB"
        )
    number, prefix, unit = match[1], match[2].lower(), (match[3] or "").lower()
    base = 1000 if prefix and unit == "b" else 1024
    size = int(float(number) * base ** _POWERS[prefix])
    if size < LEAST_MEMORY:
        raise UsageError(f"{text.strip()} is too little memory to work in", place="--memory", hint="at least 1MiB")
    return size


class Engine(Value):
    """How something is computed: by which algorithm (None: the best), on how many threads, in how many bytes."""

    algorithm: str | None
    threads: int | None
    memory: int

    def options(self, progress: Progress | None = None) -> Options:
        """Return the options of a computation on the threads that are asked for."""
        from convcalc.compute.threads import Options

        return Options(algorithm=self.algorithm, threads=self.threads, progress=progress)

    def row_options(self) -> Options:
        """Return the options for rows that come a few at a time, which are not worth several threads."""
        return self.options().replace(threads=self.threads or 1)

    def thread_share(self, planned: Computation) -> int:
        """Return the number of threads that are asked for and whose tiles fit into memory together."""
        from convcalc.compute.memory import threads_within
        from convcalc.compute.threads import thread_count

        return threads_within(self.memory, planned.steps, self.threads or thread_count())


def engine_of(options: EngineOptions) -> Engine:
    """Read the options of the engine.

    >>> engine_of(EngineOptions(algorithm=None, threads=2, memory="1MiB")).memory
    1048576
    """
    return Engine(options.algorithm, options.threads, memory_size(options.memory))
