"""Random questions asked in every way give what plain loops give; see `differential.py` for the thousands."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from differential import ALGORITHMS, _difference, faults, question


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(10))
def test_every_way_to_ask_gives_what_loops_give(seed: int, tmp_path: Path) -> None:
    counts: Counter[str] = Counter()
    found = [fault for index in range(20) for fault in faults(f"{seed}.{index}", tmp_path, counts)]
    assert found == []
    assert counts["npy"] == 20
    assert min(counts[name] for name in ("direct", "doubling", "im2col", "row-im2col", "text", "pipe")) > 0


def test_a_difference_is_seen() -> None:
    asked = question(random.Random(3))
    wrong = np.array(asked.answer, float)
    assert _difference(asked, wrong) == ""
    wrong.flat[0] += 1
    assert _difference(asked, wrong).startswith("1.0 from")
    assert "instead of" in _difference(asked, wrong[:0])
    assert set(ALGORITHMS) == {"conv", "pool"}
