"""Input sizes behind layers that divide, flatten and fold axes, against arithmetic on plain numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from itertools import product

import pytest

from convcalc.errors import ShapeError
from convcalc.layers import Layer
from convcalc.network.solve import Solved, solve_input
from convcalc.network.solve.inputs import MOST_LISTED
from convcalc.notation import parse_layers

Sizes = tuple[int, ...]
SIDE = 14
MOST_ASKED = 18


@pytest.fixture(autouse=True)
def _few_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no rule leads to the sizes, try those up to 12 by 12, and squares up to 144."""
    monkeypatch.setattr("convcalc.network.solve.inputs.MOST_TRIED", 144)


def only_if(passes: bool, *sizes: int) -> Sizes | None:
    return sizes if passes and min(sizes) >= 1 else None


def folded(sizes: Sizes, count: int) -> Sizes | None:
    return only_if(sizes[0] % count == 0, count, sizes[0] // count)


Rule = Callable[..., Sizes | None]
AXES: dict[str, Rule] = {
    "Conv2d(4, 4, (1, 2), stride=(5, 1))": lambda c, h, w: only_if(True, c, (h - 1) // 5 + 1, w - 1),
    "MaxPool2d((2, 3), stride=(2, 1))": lambda c, h, w: only_if(True, c, (h - 2) // 2 + 1, w - 2),
    "PixelUnshuffle(2)": lambda c, h, w: only_if(h % 2 == w % 2 == 0, 4 * c, h // 2, w // 2),
    "PixelUnshuffle(3)": lambda c, h, w: only_if(h % 3 == w % 3 == 0, 9 * c, h // 3, w // 3),
    "GLU(3)": lambda c, h, w: only_if(w % 2 == 0, c, h, w // 2),
    "Upsample(scale_factor=3)": lambda c, h, w: (c, 3 * h, 3 * w),
    "ReflectionPad2d((1, 2, 0, 3))": lambda c, h, w: only_if(h > 3 and w > 2, c, h + 3, w + 3),
    "ZeroPad2d((0, 1, -4, 0))": lambda c, h, w: only_if(True, c, h - 4, w + 1),
    "AdaptiveAvgPool2d((2, 3))": lambda c, h, w: (c, 2, 3),
    "Identity()": lambda *sizes: sizes,
}
MIXED: dict[str, Rule] = {
    "": lambda *sizes: sizes,
    "Flatten() ReLU()": lambda c, h, w: (c * h * w,),
    "Flatten(2)": lambda c, h, w: (c, h * w),
    "Flatten() Linear(144, 7)": lambda c, h, w: only_if(c * h * w == 144, 7),
    "Flatten(2) ReLU() Linear(12, 7)": lambda c, h, w: only_if(h * w == 12, c, 7),
    "Flatten(2) MaxPool1d(2) Linear(10, 20)": lambda c, h, w: only_if(h * w // 2 == 10, c, 20),
    "Flatten() Unflatten(1, (8, -1)) AdaptiveAvgPool1d(3)": lambda c, h, w: folded((c * h * w,), 8) and (8, 3),
    "Flatten() Unflatten(1, (16, -1))": lambda c, h, w: folded((c * h * w,), 16),
    "Flatten(2) AdaptiveAvgPool1d(5)": lambda c, h, w: (c, 5),
    "Flatten() fc:9": lambda c, h, w: (9,),
    "gap": lambda c, h, w: (c, 1, 1),
    "gap flatten": lambda c, h, w: (c,),
}  # fmt: skip
CHAINS = list(product(AXES, AXES, MIXED))


def sent(chain: Sequence[str], sizes: Sizes) -> Sizes | None:
    """Send the sizes of an image through the rules of a chain, None where it does not pass."""
    found: Sizes | None = sizes
    for text, rule in zip(chain, (AXES[chain[0]], AXES[chain[1]], MIXED[chain[2]]), strict=True):
        if found is None or (text.startswith("Conv2d") and found[0] != 4):
            return None
        found = rule(*found)
    return found


def layers_of(chain: Sequence[str]) -> list[Layer]:
    return [node.layer for node in parse_layers(" ".join(("Conv2d(4, 4, 1)", *chain)))]


def named(solved: Solved, sizes: Sizes) -> bool:
    """Return whether a solution names the sizes; one span is that of both axes."""
    for each in solved.solutions:
        runs = list(zip(each.spans, each.steps_of_spans, strict=True))
        if len(runs) == 1 and len(set(sizes)) > 1:
            continue
        if all(
            size >= span.first and (span.last is None or size <= span.last) and (size - span.first) % step == 0
            for size, (span, step) in zip(sizes, runs * (len(sizes) // len(runs)), strict=True)
        ):
            return True
    return False


def sides_of(searched: str) -> list[int]:
    """Return how far each axis was tried, and squares: far enough for all where nothing says so."""
    return [int(number) for number in re.findall(r"\d+", searched)] or [10**9] * 3


def compare(chain: Sequence[str], want: Sizes, square: bool, samples: Sequence[Sizes]) -> None:
    """Compare the sizes that are found with what the rules take, which hold of small sizes and of large ones."""
    fitting = {sizes for sizes in samples if sent(chain, (4, *sizes)) == want}
    try:
        solved = solve_input(layers_of(chain), (None,) if square else (4, None, None), want, 2)
    except ShapeError as error:
        said = error.message
        assert f"more than {MOST_LISTED}" in said or not [each for each in fitting if max(each) <= SIDE - 2], said
        return
    *ends, both = sides_of(solved.searched)
    for sizes in samples:
        covered = (not square and all(map(int.__le__, sizes, ends))) or (len(set(sizes)) == 1 and sizes[0] <= both)
        found = named(solved, sizes)
        assert found == (sizes in fitting) or (not found and not covered), (sizes, solved)


@pytest.mark.parametrize("square", [True, False])
def test_every_size_that_is_said_to_be_covered_is_found(square: bool) -> None:
    draw = random.Random(7)
    corners = [(60 * count, 36 * count) for count in (9, 10**6)]
    samples: list[Sizes] = [(size, size) for size in (*range(1, 160), *range(10**6, 10**6 + 70))]
    if not square:
        samples += product(range(1, SIDE), repeat=2)
        samples += ((high + h, wide + w) for high, wide in corners for h, w in product(range(9), repeat=2))
    for chain in draw.sample(CHAINS, MOST_ASKED):
        outputs = sorted({output for sizes in samples if (output := sent(chain, (4, *sizes)))})
        for want in draw.sample(outputs, min(2, len(outputs))):
            compare(chain, want, square, samples)


@pytest.mark.parametrize("square", [True, False])
def test_the_smallest_size_is_the_smallest(square: bool) -> None:
    box = list(product(range(1, SIDE), repeat=2))
    asked = [each for each in box if not square or each[0] == each[1]]
    for chain in random.Random(5).sample(CHAINS, MOST_ASKED):
        passing = {sizes for sizes in box if sent(chain, (4, *sizes))}
        try:
            solved = solve_input(layers_of(chain), (None,) if square else (4, None, None), None, 2)
        except ShapeError:
            solved = None
        if solved is None:
            assert not [each for each in asked if each in passing and max(each) <= SIDE - 2], chain
            continue
        first = tuple(span.first for span in solved.solutions[0].spans)
        assert sent(chain, (4, *first * (3 - len(first)))), (chain, first)
        if solved.least:
            assert not passing or max(first) == min(map(max, passing)), (chain, first)
        else:
            assert [each for each in asked if named(solved, each)] == [each for each in asked if each in passing]
