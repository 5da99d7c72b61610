"""Input sizes through branches, against trying every size: each that fits is named, and none that does not."""

from __future__ import annotations

from itertools import product

import pytest

from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.model.forward import graph_of
from convcalc.network.graph import Graph
from convcalc.network.solve import Solved, Span
from convcalc.network.solve.branches import solve_graph
from convcalc.network.trace import trace
from convcalc.notation import parse_network

SIDE = 26

UNET = "conv:2,k3 (maxpool:2 upsample:scale_factor=2 | id)"
UNEVEN = "(maxpool:2x3 | conv:1,k1,s2x3)"
ODD = "(maxpool:2x1,s3x2 | conv:1,k1,s3x2)"


def sizes_of(square: bool) -> list[tuple[int, ...]]:
    return [sizes for sizes in product(range(1, SIDE), repeat=2) if not square or sizes[0] == sizes[1]]


def outputs_of(graph: Graph, sides: list[tuple[int, ...]]) -> dict[tuple[int, ...], TensorShape]:
    """Return what every size that passes gives."""
    found = {}
    for sizes in sides:
        try:
            found[sizes] = trace(graph, TensorShape((1, *sizes), 2)).output
        except ShapeError:
            continue
    return found


def named(solved: Solved, sizes: tuple[int, ...]) -> bool:
    """Return whether a solution names the sizes."""
    return any(
        all(
            size >= span.first and (span.last is None or size <= span.last) and (size - span.first) % step == 0
            for size, span, step in zip(sizes, each.spans, each.steps_of_spans, strict=True)
        )
        for each in solved.solutions
    )


@pytest.mark.parametrize("text", [UNET, UNEVEN, ODD, f"{UNEVEN} {UNET}"])
@pytest.mark.parametrize("square", [True, False])
def test_every_size_that_passes_is_found(text: str, square: bool) -> None:
    graph = graph_of(parse_network(text))
    sides = sizes_of(square)
    possible = outputs_of(graph, sides)
    everything = solve_graph(graph, (1, None, None), None, 2, square=square)
    for sizes in sides:
        assert named(everything, sizes[:1] if square else sizes) == (sizes in possible), sizes
    for want in sorted({output.known_spatial for output in possible.values()})[:12]:
        found = solve_graph(graph, (1, None, None), want, 2, square=square)
        for sizes in sides:
            fits = sizes in possible and possible[sizes].spatial == want
            assert named(found, sizes[:1] if square else sizes) == fits, (sizes, want)


@pytest.mark.parametrize("square", [True, False])
def test_a_search_behind_a_flatten_says_what_it_tried(square: bool) -> None:
    graph = graph_of(parse_network(f"{UNET} flatten"))
    sides = sizes_of(square)
    possible = outputs_of(graph, sides)
    for want in sorted({output.known_sizes for output in possible.values()})[3:7]:
        found = solve_graph(graph, (1, None, None), want, 2, square=square)
        assert found.searched == ("input sizes up to 1026" if square else "input sizes up to 46x46")
        for sizes in sides:
            fits = sizes in possible and possible[sizes].sizes == want
            assert named(found, sizes[:1] if square else sizes) == fits, (sizes, want)
    least = solve_graph(graph, (1, None, None), None, 2, square=square)
    assert least.least
    assert named(least, min(possible)[:1] if square else min(possible, key=max))
    with pytest.raises(ShapeError, match=r"none of the input sizes up to [0-9x]+ gives 7"):
        solve_graph(graph, (1, None, None), (7,), 2, square=square)


def test_sizes_that_no_square_has() -> None:
    graph = graph_of(parse_network(UNEVEN))
    with pytest.raises(ShapeError, match=r"no input size gives a width of 3: none, and the nearest are 6 .* and 12"):
        solve_graph(graph, (1, None, None), (3, 3), 2, square=True)
    with pytest.raises(ShapeError, match="none: no input size gives 3x4"):
        solve_graph(graph, (1, None, None), (3, 4), 2, square=True)
    even_and_odd = "(maxpool:2x1 | conv:1,k1,s2x1) (conv:1,k1,s1x2 | conv:1,k1x2,s1x2,p0x1)"
    with pytest.raises(ShapeError, match=r"none: one axis takes multiples of 2 from 2, another 2·n \+ 1, n >= 0"):
        solve_graph(graph_of(parse_network(even_and_odd)), (1, None, None), None, 2, square=True)


def test_an_end_is_found_however_large_and_none_where_there_is_none() -> None:
    for text, want, spans in (
        ("(maxpool1d:2 upsample:scale_factor=2 | id)", 2**41 + 2, [Span(2**41 + 2, 2**41 + 2)]),
        ("(maxpool1d:2 upsample:scale_factor=2 | id) conv1d:1,k1,s8", 2**38, [Span(2**41 - 6, 2**41)]),
        ("(maxpool1d:2 upsample:scale_factor=2 | id) adaptiveavgpool1d:5", 5, [Span(2, None)]),
    ):
        found = solve_graph(graph_of(parse_network(text)), (3, None), (want,), 1, square=False).solutions
        assert [each.spans[0] for each in found] == spans, text
