"""Mistakes that show in the claimed cells themselves, not by answering another question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convcalc.value import Value

MOST_SLIPPED = 2
"""Cells that may have slipped while all others are right."""


class Resemblance(Value):
    """A mistake seen in the cells: `fits` takes the claim, the answer, both of one shape, and where they differ."""

    name: str
    sentence: str
    fits: Callable[[Any, Any, Any], bool]


def _other_order(claim: Any, answer: Any, _: Any) -> bool:
    return bool(sorted(claim.ravel().tolist()) == sorted(answer.ravel().tolist()))


def _other_sign(claim: Any, answer: Any, differs: Any) -> bool:
    return bool((claim[differs] == -answer[differs]).all())


def _few_slipped(claim: Any, _: Any, differs: Any) -> bool:
    slipped = int(differs.sum())
    return slipped <= MOST_SLIPPED and 2 * slipped <= claim.size


RESEMBLANCES = (
    Resemblance("order", "the numbers are right, but stand in another order", _other_order),
    Resemblance("sign", "a sign was lost: the numbers are right but for it", _other_sign),
)
"""Mistakes in the cells that are tried when no single mistake in the question explains a claim."""

CELL_SLIP = Resemblance(
    "cell-slip", "only one or two cells are wrong: a slip in adding up, not in the method", _few_slipped
)
"""What is left when nothing else explains a claim; the last to be tried."""
