"""Which of many arrays a claim may agree with, found at once: the arrays of one shape are compared as one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from convcalc.check.claimed_matrix import ClaimedMatrix, squeezed

RELATIVE = 1e-9
"""How far apart numbers may seem that are equal, for what becomes of them in float64."""


class Stacks:
    """Arrays by their shapes without axes of size 1, those of one shape as the rows of one array of floats."""

    def __init__(self, arrays: Sequence[Any]) -> None:
        import numpy as np

        rows: dict[tuple[int, ...], list[tuple[int, Any]]] = {}
        for place, array in enumerate(arrays):
            rows.setdefault(squeezed(array.shape), []).append((place, _floats(array)))
        self._stacks = {
            shape: (np.array([place for place, _ in found]), np.stack([row for _, row in found]))
            for shape, found in rows.items()
        }

    def near(self, claim: ClaimedMatrix, slack: float) -> list[int]:
        """Return the places of all arrays that a claim may agree with, in their order; `slack` is as in `differs`."""
        import numpy as np

        stacked = self._stacks.get(squeezed(claim.array.shape))
        if stacked is None:
            return []
        places, stack = stacked
        row = _floats(claim.array)
        with np.errstate(invalid="ignore", over="ignore"):
            margin = claim.margins.reshape(-1) + slack + RELATIVE * np.abs(row)
            far = np.abs(stack - row) > margin
        found: list[int] = places[~far.any(axis=1)].tolist()
        return found


def _floats(array: Any) -> Any:
    """Return the numbers of an array in one row of floats; those too large for one are as large as can be."""
    import numpy as np

    try:
        return array.reshape(-1).astype(np.float64)
    except OverflowError:
        most = sys.float_info.max
        return np.array([float(max(-most, min(most, number))) for number in array.reshape(-1)])
