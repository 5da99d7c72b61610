"""Kernels by name, with their exact values.

All are meant for cross-correlation, which deep-learning frameworks call convolution: the kernel is applied as it is
written here. So `sobel-x` is positive where the input grows to the right, `sobel-y` where it grows downwards. Whole
numbers are int64, fractions are exact (`fractions.Fraction`), the rest float64.

| name             | kernel                                                                                         |
| ---------------- | ---------------------------------------------------------------------------------------------- |
| identity         | 0 0 0; 0 1 0; 0 0 0                                                                            |
| sharpen          | 0 -1 0; -1 5 -1; 0 -1 0                                                                        |
| edge             | -1 -1 -1; -1 8 -1; -1 -1 -1                                                                    |
| emboss           | -2 -1 0; -1 1 1; 0 1 2                                                                         |
| sobel-x          | -1 0 1; -2 0 2; -1 0 1                                 (sobel-y: transposed)                   |
| prewitt-x        | -1 0 1; -1 0 1; -1 0 1                                 (prewitt-y: transposed)                 |
| scharr-x         | -3 0 3; -10 0 10; -3 0 3                               (scharr-y: transposed)                  |
| laplacian        | 0 1 0; 1 -4 1; 0 1 0                                                                           |
| laplacian8       | 1 1 1; 1 -8 1; 1 1 1                                                                           |
| box:N            | NxN, every value is the fraction 1/N²                                                           |
| gaussian:N[:S]   | NxN, exp(-(x² + y²)/2S²) divided by its sum; S is 0.3((N-1)/2 - 1) + 0.8 when left out         |
| log:N:S          | NxN Laplacian of Gaussian, see `laplacian_of_gaussian`                                         |

x and y run from -(N-1)/2 to (N-1)/2. The rule for S is the one of OpenCV's getGaussianKernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import UsageError
from convcalc.text import close_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIXED: dict[str, tuple[tuple[int, ...], ...]] = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "edge": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    "sobel-x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "sobel-y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "prewitt-x": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
    "prewitt-y": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "scharr-x": ((-3, 0, 3), (-10, 0, 10), (-3, 0, 3)),
    "scharr-y": ((-3, -10, -3), (0, 0, 0), (3, 10, 3)),
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "laplacian8": ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
}
_SIZED = {"box": "box:N", "gaussian": "gaussian:N or gaussian:N:SIGMA", "log": "log:N:SIGMA"}
_LARGEST = 4095

KERNEL_NAMES = (*_FIXED, "box:N", "gaussian:N", "gaussian:N:SIGMA", "log:N:SIGMA")
"""Every name that `named_kernel` knows, for help texts and completion."""


def named_kernel(text: str) -> NDArray[Any] | None:
    """Return the kernel that `text` names, None when it cannot be the name of a kernel.

    Errors: UsageError for a known name with wrong arguments, and for a name close to a known one.

    >>> named_kernel("sobel-x").tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    """
    name, *arguments = text.strip().lower().replace("_", "-").split(":")
    if name in _FIXED:
        if arguments:
            raise UsageError(f"the kernel {name} takes no size, got {text!r}", place="`kernel`", hint=f"write {name}")
        return np.array(_FIXED[name], dtype=np.int64)
    if name in _SIZED:
        return _sized(name, arguments, text)
    if _is_word(name):
        _refuse_near_miss(name, text)
    return None


def box(size: int) -> NDArray[Any]:
    """Return a `size` x `size` kernel of the fraction 1/size², dtype object: the mean, exact for whole numbers."""
    from fractions import Fraction

    return np.full((size, size), Fraction(1, size * size), dtype=object)


def gaussian(size: int, sigma: float | None = None) -> NDArray[np.float64]:
    """Return the `size` x `size` Gaussian with standard deviation `sigma` in cells; its values sum to 1.

    g(x, y) = exp(-(x² + y²) / 2·sigma²) / sum; without `sigma` it is 0.3((size-1)/2 - 1) + 0.8 (OpenCV's rule).

    >>> gaussian(3).round(4).tolist()
    [[0.0571, 0.1248, 0.0571], [0.1248, 0.2725, 0.1248], [0.0571, 0.1248, 0.0571]]
    """
    sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 if sigma is None else sigma
    position = np.arange(size) - (size - 1) / 2
    line = np.exp(-(position**2) / (2 * sigma**2))
    line /= line.sum()
    return np.outer(line, line)


def laplacian_of_gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    """Return the `size` x `size` Laplacian of a Gaussian, negative in the middle; its values sum to 0.

    h(x, y) = (x² + y² - 2·sigma²)/sigma⁴ · g(x, y) with g the normalized Gaussian; then the mean of h is
    subtracted, so that a constant input gives 0 (as MATLAB's fspecial("log") does).
    """
    position = np.arange(size) - (size - 1) / 2
    square = position[:, None] ** 2 + position[None, :] ** 2
    kernel: NDArray[np.float64] = (square - 2 * sigma**2) / sigma**4 * gaussian(size, sigma)
    kernel -= kernel.mean()
    return kernel


def _sized(name: str, arguments: list[str], text: str) -> NDArray[Any]:
    wanted = {"box": (1,), "gaussian": (1, 2), "log": (2,)}[name]
    if len(arguments) not in wanted:
        raise UsageError(f"{text!r} has the wrong number of values", place="`kernel`", hint=f"write {_SIZED[name]}")
    size = _size(arguments[0], text)
    if name == "box":
        return box(size)
    sigma = _sigma(arguments[1], text) if len(arguments) == 2 else None
    if name == "log":
        assert sigma is not None
        return laplacian_of_gaussian(size, sigma)
    return gaussian(size, sigma)


def _size(argument: str, text: str) -> int:
    if not (argument.isascii() and argument.isdigit() and len(argument) <= 5 and 1 <= int(argument) <= _LARGEST):
        raise UsageError(
            f"in {text!r} the size must be a whole number from 1 to {_LARGEST}, got {argument!r}", place="`kernel`"
        )
    return int(argument)


def _sigma(argument: str, text: str) -> float:
    try:
        sigma = float(argument)
    except ValueError:
        sigma = float("nan")
    if not 1e-6 <= sigma <= 1e6 or "_" in argument:
        raise UsageError(f"in {text!r} sigma must be a number above 0, got {argument!r}", place="`kernel`")
    return sigma


def _is_word(name: str) -> bool:
    return bool(name) and name.isascii() and name[0].isalpha() and all(c.isalnum() or c == "-" for c in name)


def _refuse_near_miss(name: str, text: str) -> None:
    if name in ("inf", "infinity", "nan"):
        return
    known = (*_FIXED, *_SIZED)
    near = [kernel for kernel in known if kernel.startswith(name + "-")] if len(name) > 2 else []
    near = near or close_names(name, known, count=2, cutoff=0.75)
    if near:
        raise UsageError(
            f"there is no kernel {text!r}",
            place="`kernel`",
            hint=f"did you mean {' or '.join(_SIZED.get(kernel, kernel) for kernel in near)}?",
        )
