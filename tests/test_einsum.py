"""Einstein sums have the shapes that NumPy gives them, for equations and sizes drawn at random."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.layers.einsum import einstein_sum, summed_sizes, terms


class Drawn(NamedTuple):
    """An equation, and the sizes of what it takes."""

    equation: str
    sizes: list[tuple[int, ...]]


@st.composite
def equations(draw: st.DrawFn) -> Drawn:
    of_label = {label: draw(st.integers(1, 4)) for label in "aBij"}
    front = draw(st.lists(st.integers(2, 3), max_size=2))
    written, sizes = [], []
    for _ in range(draw(st.integers(1, 3))):
        labels = draw(st.lists(st.sampled_from("aBij"), max_size=3))
        place = draw(st.integers(0, len(labels)))
        # What the ellipsis stands for may be shorter, or of axes of 1, where another is not.
        some = front[draw(st.integers(0, len(front))) :]
        some = [size if draw(st.booleans()) else 1 for size in some]
        dots = draw(st.booleans()) if labels else True
        written.append("".join([*labels[:place], *["..."] * dots, *labels[place:]]))
        before, after = ([of_label[label] for label in part] for part in (labels[:place], labels[place:]))
        sizes.append((*before, *(some if dots else []), *after))
    equation = ",".join(written)
    if draw(st.booleans()):
        found = sorted(set(equation) - set(".,"))
        kept = draw(st.permutations(found))[: draw(st.integers(0, len(found)))]
        equation += " -> " + ("..." if "..." in equation else "") + "".join(kept)
    return Drawn(equation, sizes)


def ranked(sizes: tuple[int, ...]) -> TensorShape:
    return TensorShape(sizes, max(0, len(sizes) - 2))


@given(equations())
def test_the_shape_is_that_of_numpy(drawn: Drawn) -> None:
    sizes = [each or (1,) for each in drawn.sizes]
    if sizes != drawn.sizes:
        return  # a single number is not a tensor here
    expected = np.einsum(drawn.equation, *map(np.zeros, sizes)).shape
    found = einstein_sum(drawn.equation, [ranked(each) for each in sizes])
    assert (found.sizes, found.rank if len(expected) > 1 else 0) == (expected or (1,), ranked(expected or (1,)).rank)


@pytest.mark.parametrize(
    ("equation", "sizes", "expected"),
    [
        ("bij,bjk->bik", [(5, 7), (7, 3)], (5, 3)),
        ("bi,i->b", [(5,), (5,)], (1,)),
        ("bij->bji", [(5, 7)], (7, 5)),
        ("bi->bi", [(7,)], (7,)),
    ],
)
def test_a_sample_has_no_batch_axis(equation: str, sizes: list[tuple[int, ...]], expected: tuple[int, ...]) -> None:
    """Those inputs that lack an axis come without the batch, and so does what goes out."""
    shapes = [TensorShape(each, len(each) - 1) for each in sizes]
    found = einstein_sum(equation, shapes)
    assert found == TensorShape(expected, len(expected) - 1)


@pytest.mark.parametrize(
    ("equation", "sizes", "expected"),
    [
        ("bij,bjk->bik", [(2, None, 7), (None, 7, 3)], (2, None, 3)),
        ("bij,bjk->bik", [(None, 5, 7), (2, 7, 3)], (2, 5, 3)),
        ("bij,bjk->bj", [(2, 5, None), (2, 7, 3)], (2, 7)),
        ("...i,...i->...", [(1, None, 5), (4, 3, 5)], (4, 3)),
    ],
)
def test_open_sizes_are_those_of_other_inputs(
    equation: str, sizes: list[tuple[int | None, ...]], expected: tuple[int | None, ...]
) -> None:
    shapes = [TensorShape(each, len(each) - 2) for each in sizes]
    assert einstein_sum(equation, shapes) == TensorShape(expected, max(0, len(expected) - 2))


@pytest.mark.parametrize(
    ("equation", "sizes", "message"),
    [
        ("bij,bjk->bik", [(2, 5, 7), (2, 6, 3)], "bij,bjk->bik: j is 7 and 6"),
        ("bij,bjk->bik", [(2, 5, 7), (2, 1, 3)], "bij,bjk->bik: j is 7 and 1"),
        ("...i,...i->...", [(4, 5), (3, 5)], r"\.\.\.1 is 4 and 3"),
        ("...i,ij->...j", [(3,), (2, 2, 3, 4)], "gives 2 labels to the 4 axes of 2x2x3x4"),
        ("bij->bi", [(2, 5, 7, 3)], "gives 3 labels to the 4 axes of 2x5x7x3"),
        ("bijk->bi", [(2, 5)], "gives 4 labels to the 2 axes of 2x5"),
        ("bij,bjk->bik", [(2, 5, 7)], "has 2 inputs, got 1"),
        ("bij->bk", [(2, 5, 7)], "is not an equation of an Einstein sum"),
        ("b1j->bj", [(2, 5, 7)], "is not an equation of an Einstein sum"),
        ("b1j->b", [(2, 5, 7)], "is not an equation of an Einstein sum"),
    ],
)
def test_what_is_not_a_sum_of_these(equation: str, sizes: list[tuple[int, ...]], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        einstein_sum(equation, [ranked(each) for each in sizes])


def test_the_labels_of_inputs_and_output() -> None:
    assert terms("ib,b...j", [2, 4]) == ([("i", "b"), ("b", "...2", "...1", "j")], ("...2", "...1", "i", "j"))
    assert terms("ba", [2])[1] == ("a", "b")
    assert terms("ij...,jk->ik", [4, 2])[1] == ("i", "k")


@pytest.mark.parametrize(
    ("equation", "sizes", "summed"),
    [
        ("btd,hde->bhte", (2, 9, 16), [16]),
        ("bij,bkj->bk", (2, 5, 7), [5, 7]),
        ("bij,bjk->bik", (5, 7), [7]),
        ("bij,bjk", (2, 5, 7), [2, 7]),
        ("bij->bi", (2, 5, 7), [0]),
    ],
)
def test_the_axes_that_are_summed(equation: str, sizes: tuple[int, ...], summed: list[int]) -> None:
    assert summed_sizes(equation, TensorShape(sizes, 1)) == summed
