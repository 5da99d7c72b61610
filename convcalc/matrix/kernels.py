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
| kirsch           | 5 5 5; -3 0 -3; -3 -3 -3, and turned by 45 degrees seven times: a bank of 8                     |
| robinson         | 1 2 1; 0 0 0; -1 -2 -1, and turned by 45 degrees seven times: a bank of 8                       |
| sobel            | sobel-x and sobel-y, whose results (x, y) become sqrt(x² + y²); prewitt and scharr likewise     |
| box:N            | NxN, every value is the fraction 1/N²                                                           |
| gaussian:N[:S]   | NxN, exp(-(x² + y²)/2S²) divided by its sum; OpenCV's tables or rule for S when left out        |
| log[:N[:S]]      | NxN Laplacian of Gaussian, 5 and 0.5 when left out                                              |
| dog:N:S[:T]      | NxN Gaussian of S less the one of T, 1.6 S when left out                                        |
| unsharp[:A]      | MATLAB's unsharp mask, A from 0 to 1, 0.2 when left out                                         |
| disk:R           | the mean over a disk of radius R                                                                |
| motion:N[:A]     | the mean over a line of N cells, A degrees counterclockwise from the right                      |

x and y run from -(N-1)/2 to (N-1)/2. Eight directions are those the kernel is largest in, from the north
counterclockwise: N, NW, W, SW, S, SE, E, NE. The formulas and their sources are in `kernel_formulas`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import UsageError
from convcalc.matrix import kernel_formulas as formulas
from convcalc.text import close_names

if TYPE_CHECKING:
    from collections.abc import Callable

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
_COMPASS = {
    "kirsch": ((5, 5, 5), (-3, 0, -3), (-3, -3, -3)),
    "robinson": ((1, 2, 1), (0, 0, 0), (-1, -2, -1)),
}
MAGNITUDES = ("sobel", "prewitt", "scharr")
"""Names of two kernels, along x and y, whose results are combined to sqrt(x² + y²)."""
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "box": ("N",),
    "gaussian": ("N", "[SIGMA]"),
    "log": ("[N]", "[SIGMA]"),
    "dog": ("N", "SIGMA", "[SIGMA]"),
    "unsharp": ("[ALPHA]",),
    "disk": ("RADIUS",),
    "motion": ("LENGTH", "[ANGLE]"),
}
"""What stands behind the colons of a name, in brackets what may be left out."""
_FORMULAS: dict[str, Callable[..., NDArray[Any]]] = {
    "box": formulas.box,
    "gaussian": formulas.gaussian,
    "log": formulas.laplacian_of_gaussian,
    "dog": formulas.difference_of_gaussians,
    "unsharp": formulas.unsharp,
    "disk": formulas.disk,
    "motion": formulas.motion,
}
_RANGES = {
    "N": (1, 4095, "a whole number from 1 to 4095"),
    "SIGMA": (1e-6, 1e6, "a number above 0"),
    "ALPHA": (0, 1, "a number from 0 to 1"),
    "RADIUS": (0.1, 500, "a number from 0.1 to 500"),
    "LENGTH": (1, 4095, "a number from 1 to 4095"),
    "ANGLE": (-360, 360, "a number from -360 to 360"),
}


def _usage(name: str) -> str:
    """Return how the name of a kernel with parameters is written: gaussian:N[:SIGMA].

    >>> _usage("log")
    'log[:N[:SIGMA]]'
    """
    parts = _PARAMETERS[name]
    written = "".join(f"[:{part.strip('[]')}" if part.startswith("[") else f":{part}" for part in parts)
    return name + written + "]" * written.count("[")


KERNEL_NAMES = (*_FIXED, *_COMPASS, *MAGNITUDES, *map(_usage, _PARAMETERS))
"""Every name that `named_kernel` knows, for help texts and completion."""


def kernel_rows() -> list[tuple[str, str]]:
    """Return every name with the values of the kernel, or with what its parameters may be.

    >>> kernel_rows()[4]
    ('sobel-x', '-1 0 1; -2 0 2; -1 0 1')
    """
    fixed = [(name, _written(rows)) for name, rows in _FIXED.items()]
    turned = [(name, f"{_written(rows)}, and turned by 45 degrees seven times") for name, rows in _COMPASS.items()]
    both = [(name, f"the magnitude of {name}-x and {name}-y: sqrt(x² + y²)") for name in MAGNITUDES]
    ranges = [
        (
            _usage(name),
            "; ".join(dict.fromkeys(f"{part.strip('[]')} {_RANGES[part.strip('[]')][2]}" for part in parts)),
        )
        for name, parts in _PARAMETERS.items()
    ]
    return [*fixed, *turned, *both, *ranges]


def _written(rows: tuple[tuple[int, ...], ...]) -> str:
    return "; ".join(" ".join(map(str, row)) for row in rows)


def named_kernel(text: str) -> NDArray[Any] | None:
    """Return the kernel that `text` names, None when it cannot be the name of a kernel.

    Errors: UsageError for a known name with wrong arguments, and for a name close to a known one.

    >>> named_kernel("sobel-x").tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    >>> named_kernel("kirsch").shape
    (8, 3, 3)
    """
    name, *arguments = text.strip().lower().replace("_", "-").split(":")
    if name in _FIXED or name in _COMPASS or name in MAGNITUDES:
        if arguments:
            raise UsageError(f"the kernel {name} takes no size, got {text!r}", place="`kernel`", hint=f"write {name}")
        return _whole(name)
    if name in _PARAMETERS:
        return _FORMULAS[name](*_arguments(name, arguments, text))
    _refuse_near_miss(text)
    return None


def is_magnitude(text: str) -> bool:
    """Return whether a name is that of two kernels whose results are combined to a magnitude.

    >>> is_magnitude("Sobel"), is_magnitude("sobel-x")
    (True, False)
    """
    return text.strip().lower() in MAGNITUDES


def changed(kernel: NDArray[Any], *, normalize: bool = False, rotate: int = 0) -> NDArray[Any]:
    """Return a kernel turned by `rotate` degrees counterclockwise and, to `normalize` it, divided by its sum.

    Only square kernels of odd size turn by 45 degrees. Whole numbers are divided into Fractions. Raises UsageError
    for a kernel that cannot be turned so, or whose values sum to 0.

    >>> changed(np.array([[1, 2, 3]]), rotate=90).tolist()
    [[3], [2], [1]]
    """
    if rotate:
        kernel = _turned(kernel, rotate)
    return _normalized(kernel) if normalize else kernel


def _turned(kernel: NDArray[Any], degrees: int) -> NDArray[Any]:
    if degrees % 45:
        raise UsageError(f"a kernel turns by multiples of 45 degrees, not {degrees}", place="`rotate`")
    if kernel.ndim < 2:
        raise UsageError("a kernel of one axis does not turn", place="`rotate`", hint="write it as a matrix")
    if degrees % 90 == 0:
        return np.rot90(kernel, degrees // 90, axes=(-2, -1))
    height, width = kernel.shape[-2:]
    if height != width or height % 2 == 0:
        message = f"a kernel of {height}x{width} does not turn by {degrees} degrees"
        raise UsageError(message, place="`rotate`", hint="a square one of odd size does; any turns by 90")
    return formulas.turned(kernel, degrees // 45)


def _normalized(kernel: NDArray[Any]) -> NDArray[Any]:
    total = kernel.sum() if kernel.dtype.kind == "f" else sum(map(_exact, kernel.ravel().tolist()))
    if total == 0 or (kernel.dtype.kind == "f" and abs(total) <= 1e-12 * np.abs(kernel).sum()):
        raise UsageError("the kernel's values sum to 0", place="`normalize`", hint="it has no mean to keep")
    if kernel.dtype.kind == "f":
        return np.asarray(kernel / total)
    quotients = np.empty(kernel.size, object)
    quotients[:] = [_exact(value) / total for value in kernel.ravel().tolist()]
    return quotients.reshape(kernel.shape)


def _exact(value: Any) -> Any:
    from fractions import Fraction

    return value if isinstance(value, float) else Fraction(value)


def _whole(name: str) -> NDArray[np.int64]:
    if name in _COMPASS:
        return formulas.compass(_COMPASS[name])
    if name in MAGNITUDES:
        return np.array([_FIXED["-".join((name, axis))] for axis in "xy"], dtype=np.int64)
    return np.array(_FIXED[name], dtype=np.int64)


def _arguments(name: str, given: list[str], text: str) -> list[float]:
    """Read the numbers behind a kernel's name, as its parameters ask for them."""
    parameters = _PARAMETERS[name]
    needed = sum(1 for parameter in parameters if not parameter.startswith("["))
    if not needed <= len(given) <= len(parameters):
        raise UsageError(f"{text!r} has the wrong number of values", place="`kernel`", hint=f"write {_usage(name)}")
    names = (parameter.strip("[]") for parameter in parameters)
    return [_argument(parameter, value, text) for parameter, value in zip(names, given, strict=False)]


def _argument(parameter: str, value: str, text: str) -> float:
    low, high, wanted = _RANGES[parameter]
    number: float
    if parameter == "N":
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= 5 else -1
    else:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
    if not low <= number <= high or "_" in value:
        what = "the size" if parameter == "N" else parameter.lower()
        raise UsageError(f"in {text!r} {what} must be {wanted}, got {value!r}", place="`kernel`")
    return number


_MEANT = {
    "blur smooth gauss": "gaussian",
    "mean average avg uniform ones filter": "box",
    "gx sobel-h sobelh": "sobel-x",
    "gy sobel-v sobelv": "sobel-y",
    "canny gradient": "sobel",
    "delta unit dirac": "identity",
    "outline edges": "edge",
}
"""Words for kernels that have another name here."""


def _refuse_near_miss(text: str) -> None:
    """Raise UsageError for what is neither a name nor a file, but almost a name: gaus, gaussian(5), blur."""
    from convcalc.matrix.sources import exists

    found = re.fullmatch(r"([a-z][a-z0-9-]*)(?:[:,(][\d:,.x ]*\)?)?", text.strip().lower().replace("_", "-"))
    if found is None or found[1] in ("inf", "infinity", "nan") or exists(text):
        return
    name = found[1]
    known = (*_FIXED, *_COMPASS, *MAGNITUDES, *_PARAMETERS)
    bare = re.sub(r"\d[\dx]*$", "", name)
    near = [kernel for words, kernel in _MEANT.items() if bare in words.split()]
    near = near or ([kernel for kernel in known if kernel.startswith(name)] if len(name) > 2 else [])
    near = near or close_names(name, known, count=2, cutoff=0.75)
    if near:
        size = re.search(r"\d+", text)
        names = (_example(kernel, size[0] if size else "5") for kernel in near)
        raise UsageError(f"there is no kernel {text!r}", place="`kernel`", hint=f"did you mean {' or '.join(names)}?")


def _example(name: str, size: str) -> str:
    """Return the name of a kernel as it may be written, with a size where it needs nothing else."""
    if name not in _PARAMETERS:
        return name
    required = [part for part in _PARAMETERS[name] if not part.startswith("[")]
    return f"{name}:{size}" if required == ["N"] else _usage(name)
