"""The levels and colors of a heat map."""

from __future__ import annotations

from typing import Any

SHADES = " ░▒▓█"
# Dark blue over green to yellow, evenly brighter, so that it reads in gray and for the color-blind.
_ANCHORS = ((13, 8, 60), (59, 40, 130), (38, 100, 142), (30, 155, 138), (95, 201, 98), (253, 231, 37))


def levels(array: Any, rows: int, columns: int) -> tuple[list[list[float]], Any, Any]:
    """Return the first plane of `array` as at most rows x columns levels from 0 to 1, and its range.

    Larger planes are averaged over blocks. What is not finite is as dark as the lowest number.

    >>> import numpy as np
    >>> levels(np.array([[0, 5], [10, 10]]), 8, 8)
    ([[0.0, 0.5], [1.0, 1.0]], 0.0, 10.0)
    """
    import numpy as np

    plane, unit = _scaled(array.reshape(-1, *array.shape[-2:])[0] if array.ndim > 1 else array.reshape(1, -1))
    for axis, most in enumerate((rows, columns)):
        plane = _averaged(plane, axis, most)
    finite = np.isfinite(plane)
    low, high = (float(plane[finite].min()), float(plane[finite].max())) if finite.any() else (0.0, 0.0)
    span = high - low if high > low else 1.0
    scaled = np.where(finite, (np.where(finite, plane, low) - low) / span, 0.0)
    return scaled.tolist(), _times(low, unit), _times(high, unit)


def _scaled(plane: Any) -> tuple[Any, Any]:
    """Return a plane as float64 in units of its largest number, which no float needs to hold, and that unit."""
    import numpy as np

    finite = plane if plane.dtype.kind == "O" else plane[np.isfinite(plane)]
    low, high = (finite.min(), finite.max()) if finite.size else (0, 0)
    if plane.dtype.kind != "O":
        scale = max(abs(float(low)), abs(float(high))) or 1.0
        return plane.astype(np.float64, copy=False) / scale, scale
    unit = max(abs(low), abs(high)) or 1
    return np.array([[float(number / unit) for number in row] for row in plane.tolist()]), unit


def _times(level: float, unit: Any) -> Any:
    """Return a number of a scaled plane as it was, as a fraction where a float may not hold it."""
    if isinstance(unit, float):
        return level * unit
    from fractions import Fraction

    return Fraction(level) * unit


def _averaged(plane: Any, axis: int, most: int) -> Any:
    import numpy as np

    size = plane.shape[axis]
    if size <= most:
        return plane
    edges = np.arange(most + 1) * size // most
    shape = [-1 if each == axis else 1 for each in range(2)]
    return np.add.reduceat(plane, edges[:-1], axis=axis) / np.diff(edges).reshape(shape)


def color_of(level: float) -> str:
    """Return the color of a level from 0 to 1.

    >>> color_of(0.0), color_of(1.0)
    ('#0d083c', '#fde725')
    """
    place = min(max(level, 0.0), 1.0) * (len(_ANCHORS) - 1)
    index = min(int(place), len(_ANCHORS) - 2)
    part = place - index
    mixed = (round(low + (high - low) * part) for low, high in zip(_ANCHORS[index], _ANCHORS[index + 1], strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
