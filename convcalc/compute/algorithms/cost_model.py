"""How fast a core does what the algorithms are made of: the plain data of the cost model.

Measured with NumPy and OpenBLAS on a current x86 server core; only their ratios matter to a choice.
"""

from __future__ import annotations

from convcalc.value import Value


class Rates(Value):
    """Bytes, cells and floating-point operations a second of one core, and the seconds of one call.

    >>> RATES.product("float64", 64, 576) < RATES.product("float32", 64, 576)
    True
    """

    gather: float = 24e9  # bytes a second copied in runs of a row
    stream: float = 80e9  # bytes a second that an addition reads and writes in cache
    float32: float = 105e9  # operations a second of a matrix product
    float64: float = 52e9
    int64: float = 1.5e9  # NumPy's own loops: BLAS knows no integers
    object: float = 1e7
    transform: float = 3.9e8  # cells a second of a float64 Fourier transform in two axes, one way
    call: float = 3e-6  # seconds of one NumPy call on a tile
    small: float = 5e-8  # seconds of one of the small products in a batch, or of one run of a sum

    def peak(self, dtype: str) -> float:
        """Operations a second of a large product."""
        rate: float = getattr(self, dtype, self.int64)
        return rate

    def product(self, dtype: str, height: int, depth: int) -> float:
        """Operations a second of (height, depth) times (depth, many): thin products do not fill the units."""
        peak = self.peak(dtype)
        if dtype in ("int64", "object"):
            return peak
        return peak * min(1.0, height / 4) * depth / (depth + 12)

    def batched(self, dtype: str, depth: int) -> float:
        """Operations a second of a batch of products of few rows, each of them with a whole row of cells."""
        return self.peak(dtype) * depth / (depth + 8)

    def passes(self, cells: float, itemsize: int) -> float:
        """Seconds of one multiply-and-add pass over cells in cache: two calls; sums stay where they are read."""
        return 4 * cells * itemsize / self.stream


RATES = Rates()
