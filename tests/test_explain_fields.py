"""Receptive fields derived: the printed numbers against fields found by enumerating what each cell sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from working import evaluated

from convcalc.explain.network_sizes import network_sizes
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Merge, TensorShape
from convcalc.network.graph import Graph
from convcalc.network.trace import Trace, trace

Run = Callable[..., Any]
Axis = tuple[int, int, int, int]
"""Kernel, stride, padding before, dilation."""


def convolution(axis: Axis) -> Convolution:
    kernel, stride, before, dilation = axis
    return Convolution(2, 2, (kernel,), (stride,), (Padding(before, before),), (dilation,))


def seen_by(layers: list[Axis], cell: int) -> set[int]:
    """Return the cells of an endless axis that a cell of the output sees, layer by layer from the last."""
    cells = {cell}
    for kernel, stride, before, dilation in reversed(layers):
        cells = {each * stride - before + t * dilation for each in cells for t in range(kernel)}
    return cells


def worked(traced: Trace, index: int) -> dict[str, int]:
    """Return r, j and start as the working of a layer says them, every line of it worked out."""
    names = [f"layer{number}" for number in range(len(traced.steps))]
    title = f"{index + 1}. layer{index}, receptive field"
    (derived,) = [each for each in network_sizes(traced, names) if each.title == title]
    values = {}
    for line in derived.lines:
        found = re.match(r"(r|j|start) = (.*)", line)
        if found:
            parts = found[2].split(" = ")
            assert len({evaluated(part) for part in parts[-2:]}) == 1, line
            values[found[1]] = int(parts[-1])
    return values


AXES = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3))


@settings(max_examples=60)
@given(st.lists(AXES, min_size=2, max_size=4))
def test_the_field_of_a_chain_is_what_its_cells_see(layers: list[Axis]) -> None:
    traced = trace([convolution(axis) for axis in layers], TensorShape((2, 900), 1))
    for index in range(len(layers)):
        first, second = seen_by(layers[: index + 1], 0), seen_by(layers[: index + 1], 1)
        expected = {
            "r": max(first) - min(first) + 1,
            "j": min(second) - min(first),
            "start": min(first),
        }
        assert worked(traced, index) == expected


@settings(max_examples=40)
@given(AXES, st.integers(1, 2))
def test_the_field_behind_a_shortcut_is_the_hull_of_its_paths(before: Axis, half: int) -> None:
    first, long = (before[0], 1, before[2], before[3]), (2 * half + 1, 1, half, 1)
    graph = Graph((convolution(first), convolution(long), Merge("add")), ((-1,), (0,), (1, 0)))
    traced = trace(graph, TensorShape((2, 300), 1))
    seen = seen_by([first], 0) | seen_by([first, long], 0)
    assert worked(traced, 2) == {"r": max(seen) - min(seen) + 1, "j": 1, "start": min(seen)}


def test_the_letters_are_explained_once_and_layers_are_numbered(here: Run) -> None:
    done = here("shape", "3x33x33", "conv:8,k3,s2,d2", "relu", "(conv:8,k3,p1 + id)", "--explain")
    lines = [line.removeprefix("#").strip() for line in done.stdout.splitlines() if line.startswith("#")]
    assert [line for line in lines if re.match(r"\d+\. ", line)] == [
        "1. conv:8,k3,s2,d2, channels",
        "1. conv:8,k3,s2,d2, height and width",
        "1. conv:8,k3,s2,d2, receptive field",
        "2. relu, shape",
        "3. conv:8,k3,p1, channels",
        "3. conv:8,k3,p1, height and width",
        "3. conv:8,k3,p1, receptive field",
        "4. add, shape",
        "4. add, receptive field",
    ]
    assert sum("jump" in line for line in lines) == 1
    assert "r = r_in + (k_eff - 1)·j_in = 1 + (5 - 1)·1 = 5" in lines
    at = lines.index("4. add, receptive field")
    assert lines[at + 1 :] == [
        "the first cell sees, path by path, the cells -2 to 6 and 0 to 4 of the input",
        "start = min(-2, 0) = -2",
        "r = max(7, 5) - (-2) = 9",
        "j = 2",
    ]
    assert lines[at - 1] == ""


@pytest.mark.parametrize(
    ("size", "sentence"),
    [("9x9", "1 row and 1 column at the end are in no window"), ("9x10", "1 row at the end is in no window")],
)
def test_rows_and_columns_that_are_left_over_are_said(size: str, sentence: str, here: Run) -> None:
    assert f"#   {sentence}\n" in here("shape", size, "maxpool:2", "--explain").stdout


def test_column_heads_say_effective_where_they_are(here: Run) -> None:
    table = here("shape", "3x33x33", "conv:8,k3,s2", "-F", "markdown").stdout
    assert "| Receptive field | Effective stride | Effective padding |" in table
