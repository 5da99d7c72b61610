"""Backwards, against trying every value: sizes out are counted by enumerating all windows of an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import legal_starts

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Normalization,
    PixelShuffle,
    Pooling,
    Resize,
    TensorShape,
)
from convcalc.network.solve import Solved, Span, solve_input, solve_value
from convcalc.network.trace import trace
from convcalc.notation import parse_layers

LARGEST = 40


def windows_on(size: int, kernel: int, stride: int, pad: int, dilation: int, ceil: int = 0) -> int:
    """Count the windows of one axis, 0 where there are none."""
    return len(legal_starts(size, kernel, stride, pad, pad, dilation, bool(ceil))) if size > 0 else 0


def listed(solved: Solved, upto: int = LARGEST) -> set[int]:
    """List every single number that the solutions name, those without end up to a limit."""
    return {
        value
        for each in solved.solutions
        for value in range(each.spans[0].first, (upto if each.spans[0].last is None else each.spans[0].last) + 1)
        if value <= upto
    }


def found(ask: Callable[[], Solved], upto: int = LARGEST) -> set[int]:
    """List what is found; nothing where the answer is that there is none."""
    try:
        return listed(ask(), upto)
    except UsageError as error:
        said = error.message
    assert "none" in said
    return set()


fields = st.sampled_from(["kernel", "stride", "pad", "dilation"])


@settings(deadline=None, max_examples=200)
@given(
    fields,
    st.fixed_dictionaries(
        {
            "size": st.integers(1, 30),
            "kernel": st.integers(1, 6),
            "stride": st.integers(1, 5),
            "pad": st.integers(0, 3),
            "dilation": st.integers(1, 3),
        }
    ),
    st.integers(1, 16),
)
def test_a_convolutions_unknown_is_every_value_that_fits(unknown: str, axis: dict[str, int], want: int) -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        one = axis | {unknown: values[0]}
        pad = (Padding(one["pad"], one["pad"]),)
        return [Convolution(None, None, (one["kernel"],), (one["stride"],), pad, (one["dilation"],))]

    low = 0 if unknown == "pad" else 1
    expected = {value for value in range(low, LARGEST + 1) if windows_on(**(axis | {unknown: value})) == want}
    assert found(lambda: solve_value(build, (axis["size"],), (want,))) == expected


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.integers(1, 3), st.booleans()),
        min_size=1,
        max_size=3,
    ),
    st.integers(1, 8),
)
def test_every_input_size_of_a_chain_is_found(rows: list[tuple[int, int, int, int, bool]], want: int) -> None:
    """Windows of real cells alone, so that a pooling refuses none of them."""
    rows = [(k, s, min(p, (k - 1) // 2), d if p == 0 else 1, ceil) for k, s, p, d, ceil in rows]
    chain = [Pooling("max", (k,), (s,), (Padding(p, p),), (d,), ceil=ceil) for k, s, p, d, ceil in rows]

    def through(size: int) -> int:
        for kernel, stride, pad, dilation, ceil in rows:
            size = windows_on(size, kernel, stride, pad, dilation, ceil)
        return size

    expected = {size for size in range(1, 300) if through(size) == want}
    assume(max(expected, default=0) < 299)
    assert found(lambda: solve_input(chain, (None,), (want,)), 299) == expected
    smallest = solve_input(chain, (None,), None)
    assert smallest.solutions[0].spans[0].first == next(size for size in range(1, 300) if through(size))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2), st.integers(1, 30))
def test_an_output_padding_that_inverts(size: int, kernel: int, stride: int, pad: int, want: int) -> None:
    text = f"ConvTranspose1d(2, 3, {kernel}, stride={stride}, padding={pad}, output_padding=?)"

    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [node.layer for node in parse_layers(text.replace("?", str(values[0])))]

    expected = {op for op in range(max(stride, 1)) if (size - 1) * stride - 2 * pad + kernel + op == want}
    assume(size > pad)
    assert found(lambda: solve_value(build, (2, size), (want,))) == expected


def test_an_output_padding_that_is_not_smaller_than_a_step_is_no_answer() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        pads = (Padding(1, 1),)
        return [Convolution(3, 8, (3,), (2,), pads, (1,), transposed=True, output_padding=(values[0],))]

    assert listed(solve_value(build, (3, 7), (14,))) == {1}
    with pytest.raises(
        UsageError, match="none: no output padding fits; with 3: length: output_padding 3 must be smaller"
    ):
        solve_value(build, (3, 7), (16,))


def test_axes_that_need_different_values_get_them() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        one, other = values * 2 if len(values) == 1 else values
        return [Convolution(3, 8, (7, 7), (2, 2), (Padding(one, one), Padding(other, other)), (1, 1))]

    solved = solve_value(build, (3, 224, 200), (8, 112, 101))
    assert solved.solutions[0].spans == (Span(3, 3), Span(4, 4))
    assert solved.solutions[0].output == TensorShape((8, 112, 101), 2)


def test_what_a_notation_refuses_is_no_answer() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [node.layer for node in parse_layers(f"MaxPool2d({values[0]}, stride=1, padding=2)")]

    # Kernels below 4 would need windows on padding alone, and PyTorch takes a padding of half a kernel at most.
    for size in (5, 6):
        solved = solve_value(build, (3, size, size), (3, size + 4 - 3, size + 4 - 3))
        assert listed(solved) == {4}
    with pytest.raises(UsageError, match="none: no kernel fits; with 3: "):
        solve_value(build, (3, 5, 5), (3, 7, 7))


def test_features_are_filled_in_from_what_comes_before() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(3, 6, (5, 5), (1, 1), "valid", (1, 1)), Flatten(), Linear(values[0], 10)]

    solved = solve_value(build, (3, 12, 14), None)
    assert solved.what == "in features"
    assert solved.solutions[0].spans == (Span(6 * 8 * 10, 6 * 8 * 10),)


def test_channels_that_are_left_open_are_not_guessed() -> None:
    with pytest.raises(UsageError, match="any channels fit the input 9x8, which leaves them open"):
        solve_value(lambda values: [Normalization(values[0], rank=2)], (9, 8), None)


def test_channels_are_fixed_by_the_layer_behind() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(3, values[0], (3, 3), (1, 1), "valid", (1, 1)), Normalization(48)]

    assert solve_value(build, (3, 9, 8), None).solutions[0].spans == (Span(48, 48),)


def test_a_linear_layer_fixes_the_size_before_the_flatten() -> None:
    chain: list[Layer] = [
        Convolution(1, 6, (5, 5), (1, 1), "valid", (1, 1)),
        Pooling("max", (2, 2), (2, 2), "valid", (1, 1)),
        Flatten(),
        Elementwise("ReLU"),
        Linear(6 * 7 * 7, 10),
    ]
    solved = solve_input(chain, (None,), None)
    expected = [n for n in range(5, 60) if windows_on(windows_on(n, 5, 1, 0, 1), 2, 2, 0, 1) == 7]
    assert sorted(listed(solved, 100)) == expected
    with pytest.raises(ShapeError, match=r"no input size gives 8 cells a channel, .*: none, and the nearest are"):
        solve_input([*chain[:-1], Linear(6 * 8, 10)], (None,), None)


def test_sizes_that_a_pixel_unshuffle_does_not_divide_are_no_answer() -> None:
    chain: list[Layer] = [Pooling("max", (2,) * 2, (2,) * 2, "valid", (1, 1)), PixelShuffle(3, inverse=True)]
    solved = solve_input(chain, (3, None, None), (27, 4, 4))
    assert solved.solutions[0].spans == (Span(24, 25), Span(24, 25))
    assert all(
        trace(chain, TensorShape((3, a, b), 2)).output.spatial == (4, 4) for a, b in product((24, 25), repeat=2)
    )


def test_an_adaptive_pooling_takes_every_size_from_the_smallest_on() -> None:
    chain: list[Layer] = [Convolution(3, 8, (5, 3), (2, 2), "valid", (1, 1)), AdaptivePooling("avg", (6, 7))]
    assert solve_input(chain, (None,), (6, 7)).solutions[0].spans == (Span(5, None), Span(3, None))
    assert solve_input(chain, (None,), None).solutions[0].spans == (Span(5, 5), Span(3, 3))


def test_one_side_of_the_input_and_its_features() -> None:
    conv = Convolution(3, 8, (3, 3), (2, 2), "valid", (1, 1))
    assert solve_input([conv], (3, None, 50), (24, 24)).solutions[0].spans == (Span(49, 50),)
    assert solve_input([conv], (None, 9, 50), (8, 4, 24)).solutions[0].spans == (Span(3, 3),)
    assert solve_input([Linear(784, 10)], (None,), None).solutions[0].spans == (Span(784, 784),)


@pytest.mark.parametrize(
    ("want", "message"),
    [
        (
            (100,),
            "no stride gives a height of 100: none, and the nearest are 2 .which gives 111. and 3 .which gives 74",
        ),
        ((300,), "no stride gives a height of 300: none, and the nearest is 1 .which gives 222."),
    ],
)
def test_no_answer_names_the_nearest(want: tuple[int, ...], message: str) -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(None, None, (3, 3), (values[0],) * 2, "valid", (1, 1))]

    with pytest.raises(ShapeError, match=message):
        solve_value(build, (224, 224), want)


def test_channels_that_are_not_wanted_are_named() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(3, 64, (7, 7), (values[0],) * 2, "valid", (1, 1))]

    with pytest.raises(ShapeError, match="the output is 64x109x109, not 32x109x109"):
        solve_value(build, (3, 224, 224), (32, 109, 109))


def test_an_unknown_that_nothing_fixes_is_asked_about() -> None:
    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(3, 64, (7, 7), (values[0],) * 2, "valid", (1, 1))]

    with pytest.raises(UsageError, match="any stride may be meant"):
        solve_value(build, (3, 224, 224), None)


def test_sizes_of_thirty_digits_are_solved_exactly() -> None:
    size = 10**30 + 7

    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [Convolution(None, None, (values[0],), (1,), "valid", (1,)), Pooling("max", (3,), (3,), "valid", (1,))]

    want = 10**29
    span = solve_value(build, (size,), (want,)).solutions[0].spans[0]
    assert span.last is not None
    outputs = [(size - kernel + 1) // 3 for kernel in (span.first - 1, span.first, span.last, span.last + 1)]
    assert outputs == [want + 1, want, want, want - 1]


def test_a_fraction_of_a_resize_does_not_end_the_search() -> None:
    """Past 2**53 frameworks know no size for it, but the function is still the same below."""
    chain: list[Layer] = [Resize(1, factor=(1.5,)), Pooling("max", (2,), (2,), "valid", (1,))]
    assert solve_input(chain, (None,), (79,), 1).solutions[0].spans == (Span(106, 106),)
    assert [size * 3 // 2 // 2 for size in (105, 106, 107)] == [78, 79, 80]
