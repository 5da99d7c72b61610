"""The data of the cost model: how fast one core does the operations that algorithms are made of.

Measured with NumPy and OpenBLAS on a current x86 server core. Only the ratios matter to a choice.
"""

from __future__ import annotations

from convcalc.value import Value


class Rates(Value):
    """Bytes, cells and floating-point operations per second of one core, and seconds per call.

    >>> RATES.product("float64", 64, 576) < RATES.product("float32", 64, 576)
    True
    """

    gather: float = 24e9  # bytes per second copied in runs of a row
    stream: float = 80e9  # bytes per second that an addition reads and writes in cache
    float32: float = 105e9  # operations per second of a matrix product
    float64: float = 52e9
    int64: float = 1.5e9  # NumPy's own loops: BLAS has no integers
    object: float = 1e7
    transform: float = 3.9e8  # cells per second of a two-dimensional FFT in float64, one way
    call: float = 3e-6  # seconds of one NumPy call on a tile
    small: float = 5e-8  # seconds per small product of a batch, or per run of a sum

    def peak(self, dtype: str) -> float:
        """Return the operations per second of a large product."""
        rate: float = getattr(self, dtype, self.int64)
        return rate

    def product(self, dtype: str, height: int, depth: int) -> float:
        """Return the operations per second of (height, depth) times (depth, many): thin products are slower."""
        peak = self.peak(dtype)
        if dtype in ("int64", "object"):
            return peak
        return peak * min(1.0, height / 4) * depth / (depth + 12)

    def batched(self, dtype: str, depth: int) -> float:
        """Return the operations per second of a batch of products of few rows, each with a whole row of cells."""
        return self.peak(dtype) * depth / (depth + 8)

    def passes(self, cells: float, itemsize: int) -> float:
        """Return the seconds of a multiply-and-add pass over cells in cache: two NumPy calls, the second in place."""
        return 4 * cells * itemsize / self.stream


RATES = Rates()
