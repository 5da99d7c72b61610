"""How often a part is repeated, against trying every number; a search says what it has not covered."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.errors import ShapeError, UsageError
from convcalc.model.forward import graph_of
from convcalc.model.placeholder import solve
from convcalc.model.request import LayerRequest
from convcalc.network.solve import Solved, Span
from convcalc.network.trace import interpret, trace
from convcalc.notation import parse_network

TRIED = 24
PARTS = (
    "conv:3,k3", "conv:3,k3,p1", "conv:3,k2,p1", "conv:3,k3,s2,p1", "maxpool:2", "maxpool:3,s2,ceil", "convT:3,k2,s2",
    "upsample:2", "relu", "(conv:3,k3,p1 + id)", "(conv:3,k1 + conv:3,k1)", "(conv:3,k3 | conv:2,k3) conv:3,k1",
    "gap", "conv:4,k5,p1 relu conv:3,k1", "zeropad2d:1", "avgpool:2 upsample:2",
)  # fmt: skip
ENDS = ("", "relu", "maxpool:2", "flatten fc:7", "conv:5,k3")


def texts_of(begin: str, count: int | str, part: str, end: str) -> str:
    return " ".join(word for word in (begin, f"{count}*({part})", end) if word)


def tried(begin: str, part: str, end: str, sizes: tuple[int, ...], want: tuple[int, ...]) -> set[int]:
    """Try every number up to `TRIED`."""
    fitting = set()
    for count in range(1, TRIED + 1):
        graph = graph_of(parse_network(texts_of(begin, count, part, end)))
        try:
            output = trace(graph, interpret(sizes, graph.layers)).output
        except ShapeError:
            continue
        if want in (output.sizes, output.spatial):
            fitting.add(count)
    return fitting


def listed(solved: Solved) -> set[int]:
    """List the numbers up to `TRIED` that an answer holds."""
    found = set()
    for solution in solved.solutions:
        (span,), (step,) = solution.spans, solution.steps_of_spans
        found |= set(range(span.first, min(TRIED, TRIED if span.last is None else span.last) + 1, step))
    return found


@settings(max_examples=30)
@given(data=st.data())
def test_a_repetition_is_found_as_by_trying_every_number(data: Any) -> None:
    begin, part, end = (data.draw(st.sampled_from(each)) for each in (("", "conv:3,k3", "relu"), PARTS, ENDS))
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    # An output that some number gives, or one beside it.
    count = data.draw(st.integers(1, 6))
    graph = graph_of(parse_network(texts_of(begin, count, part, end)))
    try:
        output = trace(graph, interpret((3, height, width), graph.layers)).output.sizes
    except ShapeError:
        output = (3, height, width)
    want = tuple(size + data.draw(st.sampled_from((0, 0, 0, 1))) for size in output if size is not None)
    expected = tried(begin, part, end, (3, height, width), want)
    request = LayerRequest((texts_of(begin, "?", part, end),))
    try:
        solved = solve(request, f"3x{height}x{width}", "x".join(map(str, want))).solved
    except ShapeError:
        assert expected == set()
        return
    assert listed(solved) == expected
    # A part that makes its input larger, whose output is of one size all the same, has no last number.
    assert solved.searched == "" or (solved.searched.startswith("1 to ") and end == "flatten fc:7")


@pytest.mark.parametrize(
    ("size", "layers", "want", "values"),
    [
        ("3x2000x2000", "?*(conv:3,k3)", "1000", [[500, 500, 1]]),
        ("3x2000x2000", "?*(conv:3,k3)", "500", [[750, 750, 1]]),
        ("3x8x8", "?*(conv:3,k3,p1)", "8x8", [[1, None, 1]]),
        ("3x8x8", "1000*(?*(relu))", "8x8", [[1, None, 1]]),
        ("5x8x3", "?*(Permute((2, 1, 3)))", "8x5x3", [[1, None, 2]]),
        ("3x9x9", "conv:4,k1 ?*(conv:4,k3) relu", "4x5x5", [[2, 2, 1]]),
    ],
)
def test_a_search_for_a_repetition_is_whole(
    size: str, layers: str, want: str, values: list[list[int | None]], here: Run
) -> None:
    done = here("shape", size, layers, "--want", want, "--json")
    solutions = json.loads(done.stdout)["solutions"]
    assert [[one["first"][0], one["last"] and one["last"][0], one["step"][0]] for one in solutions] == values


def test_a_repetition_without_an_end_says_how_far_it_was_followed() -> None:
    # A shuffle of pixels may make a size smaller, so that nothing follows from how the sizes grow.
    request = LayerRequest(("?*(zeropad2d:2 pixelunshuffle:1)",))
    with pytest.raises(ShapeError, match=r"among those tried \(1 to 10000\) gives 3x7x8"):
        solve(request, "3x8x8", "3x7x8")


def test_sizes_that_double_are_followed_as_far_as_numbers_are_sought() -> None:
    with pytest.raises(ShapeError, match=r"among those tried \(1 to 125\) gives 8x7"):
        solve(LayerRequest(("?*(upsample:2 pixelunshuffle:1)",)), "3x8x8", "8x7")


def test_a_part_of_many_layers_is_followed_less_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.network.solve.repeats.MOST_TRACED", 100)
    request = LayerRequest(("?*(10*(zeropad2d:2 pixelunshuffle:1))",))
    with pytest.raises(ShapeError, match=r"among those tried \(1 to 5\) gives 3x7x8"):
        solve(request, "3x8x8", "3x7x8")


def test_several_numbers_and_no_wanted_output_are_refused() -> None:
    with pytest.raises(UsageError, match="more than one number fits"):
        solve(LayerRequest(("?*(1000*(conv:3,k3,p2))",)), "3x8x8")
    with pytest.raises(UsageError, match="more than one number fits"):
        solve(LayerRequest(("?*(relu)",)), "3x8x8")


def test_a_number_in_a_branch_is_tried_with_the_other_branch() -> None:
    solved = solve(LayerRequest(("(conv:3,k?,p1 + id)",)), "3x32x32", "32").solved
    assert [solution.spans[0].first for solution in solved.solutions] == [3]
    assert solved.searched == "0 to 255"
    with pytest.raises(ShapeError, match=r"none: no kernel among those tried \(0 to 255\) gives 30"):
        solve(LayerRequest(("(conv:3,k?,p1 + id)",)), "3x32x32", "30")


def test_numbers_of_one_output_are_one_span() -> None:
    for part, span in (("conv:3,k3", Span(1, 4)), ("maxpool:2,ceil", Span(1, None))):
        solved = solve(LayerRequest((f"?*({part}) gap",)), "3x9x9", "3x1x1").solved
        assert [each.spans for each in solved.solutions] == [(span,)]
