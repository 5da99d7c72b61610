"""Which sizes pass through branches, in closed form, against trying every size with the real layers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from test_graph import UNET

from convcalc.errors import ShapeError, UsageError
from convcalc.layers import GatedUnit, Layer, Merge, PixelShuffle, Resize, TensorShape
from convcalc.model.forward import forward, graph_of
from convcalc.model.placeholder import solve
from convcalc.model.request import LayerRequest
from convcalc.network.graph import Graph
from convcalc.network.solve.branches import solve_graph
from convcalc.network.trace import trace
from convcalc.network.valid_sizes import (
    AxisSizes,
    GraphAxis,
    Progression,
    fitting_sizes,
    side_by_side,
    sizes_of,
    valid_sizes,
)
from convcalc.notation import parse_network

HALVED = (
    "conv1d:4,k3,p1 =a maxpool1d:2 conv1d:4,k3,p1 =b maxpool1d:2 conv1d:4,k3,p1 "
    "convT1d:4,k2,s2 cat:b convT1d:4,k2,s2 cat:a"
)
ONE_AXIS = [
    HALVED,
    "(conv1d:4,k3,p1 + id)",
    "conv1d:4,k3,s2 (maxpool1d:3,s2,p1 | conv1d:4,k3,s2,p1)",
    "conv1d:4,k3,s2 (maxpool1d:2,s2 | conv1d:4,k3,s2,p1)",
    "(maxpool1d:3,s3 | conv1d:4,k2,s3)",
    "conv1d:4,k5 =a conv1d:4,k4 cat:a,crop",
    "conv1d:4,k3 =a conv1d:4,k3,s3 convT1d:4,k3,s3 cat:a,crop",
    "(adaptiveavgpool1d:7 + maxpool1d:2)",
    "conv1d:4,k3,s2,same (id + conv1d:4,k7,d3,same) =a conv1d:4,k4,s3 convT1d:4,k5,s3 add:a",
]


def graph(text: str) -> Graph:
    return graph_of(parse_network(text))


def tried(text: str, most: int) -> list[int]:
    """Try every size with the whole network."""
    found = []
    for size in range(1, most):
        try:
            trace(graph(text), TensorShape((4, size), 1))
        except ShapeError:
            continue
        found.append(size)
    return found


@pytest.mark.parametrize("text", ONE_AXIS)
def test_the_closed_form_is_what_trying_every_size_gives(text: str) -> None:
    expected = tried(text, 150)
    axis = GraphAxis(graph(text), TensorShape((4, 1), 1), 0)
    if not expected:
        with pytest.raises(ShapeError, match="never meet"):
            valid_sizes(axis)
        return
    found = valid_sizes(axis)
    runs = found.progressions
    named = [
        size
        for size in range(1, 150)
        if any(size >= run.first and (size - run.first) % run.step == 0 for run in runs)
    ]
    assert sorted({*named, *(size for size in found.others if size < 150)}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (UNET, "16·n + 12, n >= 11"),
        (HALVED.replace("1d", ""), "multiples of 4 from 4"),
        ("(conv:4,k3,p1 + id)", "every size from 1"),
        ("(adaptiveavgpool2d:7 + maxpool:2)", "14 or 15"),
    ],
)
def test_the_form_is_written_as_people_write_it(text: str, expected: str) -> None:
    assert str(valid_sizes(GraphAxis(graph(text), TensorShape((1, 1, 1), 2), 1))) == expected


def test_sizes_are_read_off_and_written_side_by_side() -> None:
    runs = [Progression(*each) for each in ((7, 4), (25, 32), (26, 32), (40, 64), (41, 64))]
    texts = ["4·n + 3, n >= 1", "32·n + 25..26, n >= 0", "64·n + 40..41, n >= 0"]
    assert [text for text, _ in side_by_side(runs)] == texts
    assert str(AxisSizes((Progression(4, 4), Progression(5, 4))).meet(AxisSizes((Progression(4, 2),)))) == (
        "multiples of 4 from 4"
    )
    assert str(sizes_of([False] * 5 + [True] * 10, 3, 1)) == "every size from 8"
    wide = graph("(conv1d:1,k30001 + conv1d:1,k30001)")
    assert str(valid_sizes(GraphAxis(wide, TensorShape((1, 1), 1), 0))) == "every size from 30001"


def test_every_size_that_passes_is_found_for_a_question_mark() -> None:
    found = solve(LayerRequest((UNET,)), "?").solved.solutions
    assert [(each.spans[0].first, each.spans[0].last, each.steps) for each in found] == [(188, None, (16,))]


@pytest.mark.parametrize(("size", "want", "first"), [("?", "388", [572]), ("1x?x?", "2x388x404", [572, 588])])
def test_the_size_that_gives_an_output_is_found(size: str, want: str, first: list[int]) -> None:
    (found,) = solve(LayerRequest((UNET,)), size, want).solved.solutions
    assert [span.first for span in found.spans] == first
    assert [span.last for span in found.spans] == first


@pytest.mark.parametrize(
    "text", ["(conv1d:4,k3,s2 + maxpool1d:3,s2) flatten fc:2,in20", "(conv1d:4,k1 + id) flatten fc:2,in36"]
)
def test_a_question_mark_before_a_flatten_is_what_trying_gives(text: str) -> None:
    expected = tried(text, 60)
    assert expected
    found = solve(LayerRequest((text,)), "4x?").solved.solutions
    assert [span.first for each in found for span in each.spans] == expected[:1]


def test_an_output_that_no_size_gives_has_neighbours() -> None:
    with pytest.raises(ShapeError, match=r"a height of 389: none, and the nearest are 572 .* and 588"):
        solve(LayerRequest((UNET,)), "1x?x?", "389")


def test_a_skip_that_does_not_meet_says_which_sizes_fit() -> None:
    with pytest.raises(UsageError) as caught:
        forward(LayerRequest((UNET,)), "1x572x573")
    assert caught.value.hint == (
        "input sizes that fit: 16·n + 12, n >= 11; nearest to 573: 572 (crop 1) or 588 (pad 15)"
    )


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (PixelShuffle(2, inverse=True), PixelShuffle(2)),
        (PixelShuffle(3, inverse=True), PixelShuffle(3)),
        (GatedUnit(2), Resize(factor=(2, 1))),
    ],
)
def test_what_is_undone_fits_where_it_divides(there: Layer, back: Layer) -> None:
    meeting = Graph((there, back, Merge("add")), ((-1,), (0,), (1, -1)))
    fitting = []
    for size in range(1, 25):
        with suppress(ShapeError):
            trace(meeting, TensorShape((4, size, 6), 2))
            fitting.append(size)
    step = fitting[0]
    assert fitting == list(range(step, 25, step))
    words = fitting_sizes(meeting, TensorShape((4, 5 * step + 1, 6), 2))
    assert words is not None
    assert f"multiples of {step} from {step}" in words
    assert f"nearest to {5 * step + 1}: {5 * step} (crop 1) or {6 * step} (pad {step - 1})" in words
    assert fitting_sizes(meeting, TensorShape((4, 5 * step, 6), 2)) is None


@pytest.mark.parametrize("text", ONE_AXIS)
def test_every_size_that_gives_an_output_is_found_and_no_other(text: str) -> None:
    outputs = {
        size: trace(graph(text), TensorShape((4, size), 1)).output.known_spatial[0] for size in tried(text, 80)
    }
    for want in range(1, max(outputs.values(), default=0)):
        expected = {size for size, output in outputs.items() if output == want}
        if not expected:
            with pytest.raises(ShapeError, match=f"no input size gives {want}: none"):
                solve_graph(graph(text), (4, None), (want,), 1, square=False)
            continue
        found = set()
        for each in solve_graph(graph(text), (4, None), (want,), 1, square=False).solutions:
            (span,), (step,) = each.spans, each.steps_of_spans
            found |= set(range(span.first, 80 if span.last is None else span.last + 1, step))
        assert {size for size in found if size < 80} == expected, want
