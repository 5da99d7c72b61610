"""The memory of a network, compared with a plain simulation that keeps and frees tensors one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import UsageError
from convcalc.layers import Elementwise, Linear, TensorShape
from convcalc.network.cost import network_cost, trace_cost
from convcalc.network.memory import memory
from convcalc.network.trace import Step, Trace, trace

Run = Callable[..., Any]
Drawn = tuple[list[int], list[tuple[int, tuple[int, ...]]]]
"""Sizes of the inputs of a network, then of what each layer makes, with where it takes its input from."""


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    sizes = st.integers(1, 60)
    inputs = draw(st.lists(sizes, min_size=1, max_size=3))
    layers: list[tuple[int, tuple[int, ...]]] = []
    for index in range(draw(st.integers(1, 12))):
        places = st.integers(-len(inputs), index - 1)
        layers.append((draw(sizes), tuple(draw(st.lists(places, min_size=1, max_size=3)))))
    return inputs, layers


def trace_of(drawn: Drawn) -> Trace:
    inputs, layers = drawn
    shapes = {-1 - at: TensorShape((size,), 0) for at, size in enumerate(inputs)}
    shapes |= {at: TensorShape((size,), 0) for at, (size, _) in enumerate(layers)}
    steps = [
        Step(Elementwise("ReLU"), shapes[places[0]], shapes[at], None, (), places)
        for at, (_, places) in enumerate(layers)
    ]
    first, *others = (shapes[-1 - at] for at in range(len(inputs)))
    return Trace(first, tuple(steps), tuple(others))


def simulated_peak(drawn: Drawn) -> int:
    """Run the layers; a tensor is freed when no reader is left that still has to run; one without readers stays."""
    inputs, layers = drawn
    readers = dict.fromkeys(range(-len(inputs), len(layers)), 0)
    for _, places in layers:
        for name in set(places):
            readers[name] += 1
    room = {-1 - at: size for at, size in enumerate(inputs) if readers[-1 - at]}
    highest = sum(room.values())
    for name, (size, places) in enumerate(layers):
        room[name] = size
        highest = max(highest, sum(room.values()))
        for read in set(places):
            readers[read] -= 1
            if readers[read] == 0:
                del room[read]
    return highest


@given(graphs(), st.integers(1, 5), st.sampled_from([2, 4]))
def test_the_peak_is_that_of_a_simulation(drawn: Drawn, batch: int, number_bytes: int) -> None:
    traced = trace_of(drawn)
    taken = memory(trace_cost(traced), batch, number_bytes)
    assert taken.peak == simulated_peak(drawn)
    assert taken.peak_bytes == batch * simulated_peak(drawn) * number_bytes
    assert taken.kept == sum(drawn[0]) + sum(size for size, _ in drawn[1])
    assert sum(traced.shape_at(place).elements or 0 for place in taken.live) == taken.peak
    assert taken.at in taken.live


@pytest.mark.parametrize(
    ("layers", "peak"),
    [
        # By hand: 3x8x10 is 240 numbers, 4x8x10 is 320, 5x8x10 is 400.
        ("conv:4,k1 relu", 320 + 320),
        ("conv:4,k1 conv:5,k1", 320 + 400),
        ("(conv:3,k1 conv:4,k1 conv:3,k1 + id)", 240 + 240 + 320),
        ("(conv:3,k1 + id)", 3 * 240),
        ("conv:4,k1 =a conv:5,k1 conv:5,k1 cat:a", 320 + 400 + 720),
    ],
)
def test_skips_are_live_until_they_are_taken(layers: str, peak: int, here: Run) -> None:
    done = here("params", layers, "--input", "3x8x10", "--json")
    assert json.loads(done.stdout)["total"]["peak_bytes"] == 4 * peak


@pytest.mark.parametrize(
    ("optimizer", "states"), [(None, 0), ("sgd", 0), ("momentum", 1), ("rmsprop", 1), ("adam", 2), ("adamw", 2)]
)
def test_training_holds_parameters_gradients_states_buffers_and_activations(
    optimizer: str | None, states: int, here: Run
) -> None:
    options = [] if optimizer is None else ["--optimizer", optimizer]
    arguments = ["params", "conv:4,k3,nobias bn relu", "--input", "3x8x10", "--dtype", "float16", "--batch", "7"]
    data = json.loads(here(*arguments, *options, "--json").stdout)
    params, buffers, activations = 108 + 8, 8, 3 * 8 * 10 + 3 * 4 * 6 * 8
    assert data["total"]["training_bytes"] == 2 * (params * (2 + states) + buffers + 7 * activations)
    assert data["total"]["peak_bytes"] == 2 * 7 * (240 + 192)
    assert data["batch"] == 7
    # What stands there for one input stays as it was.
    assert data["total"]["activation_bytes"] == 2 * 3 * 192


@pytest.mark.parametrize(("count", "at", "live", "peak"), [(0, -1, (-1,), 5), (3, 0, (-1, 0), 10)])
def test_the_peak_is_where_it_is_first_reached(count: int, at: int, live: tuple[int, ...], peak: int) -> None:
    taken = memory(trace_cost(trace([Elementwise("ReLU")] * count, TensorShape((5,), 0))))
    assert (taken.at, taken.live, taken.peak) == (at, live, peak)


def test_weights_that_are_used_again_are_held_once() -> None:
    traced = trace([Linear(6, 6), Linear(6, 6)], TensorShape((6,), 0))
    assert memory(trace_cost(traced, ["one", "one"])).training_bytes == 4 * (2 * 42 + 18)


def test_an_open_size_leaves_the_memory_open() -> None:
    traced = trace([Elementwise("ReLU")], TensorShape((3, None, 5), 2))
    taken = memory(trace_cost(traced))
    assert (taken.peak_bytes, taken.training_bytes) == (None, None)


def test_without_an_input_there_is_no_memory(here: Run) -> None:
    with pytest.raises(UsageError, match="memory depends on the size of the input"):
        memory(network_cost([Linear(3, 2)]))
    assert "peak_bytes" not in json.loads(here("params", "Linear(3, 2)", "--json").stdout)["total"]
    for options, name in [(["--batch", "3"], "--batch"), (["--optimizer", "adam"], "--optimizer")]:
        done = here("params", "Linear(3, 2)", *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"convcalc: {name}: no size of an input given\nhint: add --input 3x224x224\n"


def test_the_formula_is_part_of_the_explanation(here: Run) -> None:
    done = here("params", "(conv:3,k1 + id)", "--input", "3x8x10", "--batch", "2", "--optimizer", "adam", "--explain")
    assert "#   the most numbers are live in layer 2\n#   live = 3·8·10 + 3·8·10 + 3·8·10 = 720\n" in done.stdout
    assert f" = 12·4 + 0 + 2·720 = {12 * 4 + 2 * 720}\n" in done.stdout
    assert f"training = numbers·bytes = {12 * 4 + 2 * 720}·4 = {(12 * 4 + 2 * 720) * 4}\n" in done.stdout
