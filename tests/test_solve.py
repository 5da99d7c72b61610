"""Backwards, against trying every value: sizes out are counted by enumerating all windows of an axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from families import FOLD, TWO_AXES
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import legal_starts

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    GatedUnit,
    Layer,
    Linear,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Resize,
    Slope,
    TensorShape,
)
from convcalc.network.solve import Solved, Span, solve_input, solve_value
from convcalc.network.solve.answers import keep_valid, merge_runs, try_values
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


@pytest.mark.no_cover
@settings(max_examples=200)
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


@pytest.mark.no_cover
@settings(max_examples=200)
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


@pytest.mark.no_cover
@settings(max_examples=60)
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
    with pytest.raises(UsageError, match=r"no kernel gives a height of 7: none, and the nearest is 4 .which gives 6"):
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


def test_the_number_of_samples_is_not_searched_for() -> None:
    with pytest.raises(UsageError, match="is the number of samples, which no layer depends on"):
        solve_input([Convolution(3, 8, (3, 3), (1, 1), "valid", (1, 1))], (None, 3, 9, 8), None, 2)


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
    with pytest.raises(ShapeError, match=r"no input size gives 8 cells per channel, .*: none, and the nearest are"):
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


def test_the_one_size_that_a_layer_on_an_axis_takes_is_found_however_large() -> None:
    chain: list[Layer] = [Convolution(3, 8, (3,), (1,), "valid", (1,)), Linear(5000, 10)]
    assert solve_input(chain, (3, None), (8, 10), 1).solutions[0].spans == (Span(5002, 5002),)
    assert solve_input(chain, (3, None), None, 1).solutions[0].spans == (Span(5002, 5002),)


Chain = list[Layer]
SIDE = 12


def outputs_of(chain: Chain, every: Iterable[tuple[int, ...]]) -> dict[tuple[int, ...], TensorShape]:
    """Send four channels of every size through the real layers."""
    found = {}
    for sizes in every:
        with suppress(ShapeError):
            found[sizes] = trace(chain, TensorShape((4, *sizes), len(sizes))).output
    return found


def pairs(chain: Chain, want: tuple[int, ...] | None, rank: int, upto: int) -> set[tuple[int, ...]]:
    """List every combination of sizes that the solutions name up to a limit, nothing where there is no answer."""
    try:
        solved = solve_input(chain, (4, *[None] * rank), want, rank)
    except ShapeError:
        return set()
    every = [each.spans * rank if len(each.spans) == 1 else each.spans for each in solved.solutions]
    listed = [[range(span.first, min(upto, span.last or upto) + 1) for span in spans] for spans in every]
    return {sizes for spans in listed for sizes in product(*spans)}


def compare_with_all(chain: Chain, rank: int, upto: int) -> None:
    """Compare what is found with what trying all sizes finds, for outputs of several kinds."""
    possible = outputs_of(chain, product(range(1, upto + 1), repeat=rank))
    wants = list(dict.fromkeys(output.known_sizes for output in possible.values()))
    for want in [*wants[:: max(1, len(wants) // 3)], *wants[-1:], (3, 997), (4, 997, 13), (997,)]:
        expected = {sizes for sizes, output in possible.items() if output.sizes == want}
        assert pairs(chain, want, rank, upto) == expected, want
    smallest = pairs(chain, None, rank, 200)
    assert bool(smallest) >= bool(possible)
    assert {sizes for sizes in smallest if max(sizes) <= upto} <= possible.keys()


@pytest.mark.no_cover
@pytest.mark.parametrize("layer", TWO_AXES, ids=str)
def test_every_input_size_is_found_for_every_family(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Where no rule leads to the sizes, those up to SIDE are tried and some more, not a thousand for each question.
    monkeypatch.setattr("convcalc.network.solve.inputs.MOST_TRIED", (SIDE + 1) ** 2)
    compare_with_all([layer], 2, SIDE)
    compare_with_all([Pooling("max", (2, 3), (2, 1), "valid", (1, 1)), layer], 2, SIDE)
    compare_with_all([layer, Convolution(None, 3, (2, 3), (1, 2), (Padding(1, 1), Padding()), (1, 1))], 2, SIDE)


@pytest.mark.parametrize(
    "layer",
    [FOLD, Attention(7, 1), Recurrent("lstm", 7, 5), Linear(7, 5), Embedding(9, 4), Flatten(), Permute((2, 1)),
     GatedUnit(2), Pooling("avg", (2,), (3,), (Padding(0, 2),), (1,)), Resize(1, factor=(1.5,))],
    ids=str,
)  # fmt: skip
def test_every_input_length_is_found(layer: Layer) -> None:
    compare_with_all([layer], 1, LARGEST)
    compare_with_all([layer, Elementwise("ReLU")], 1, LARGEST)


@pytest.mark.parametrize("layer", TWO_AXES, ids=str)
def test_one_unknown_for_all_axes_finds_every_square(layer: Layer) -> None:
    chain: Chain = [Normalization(4, 2), layer]
    squares = outputs_of(chain, ((size, size) for size in range(1, SIDE + 1)))
    for want in {output.known_sizes for output in squares.values()}:
        spans = [each.spans * (3 - len(each.spans)) for each in solve_input(chain, (None,), want).solutions]
        for sizes in squares:
            named = any(
                all(part.meet(Span(size, size)) for part, size in zip(each, sizes, strict=True)) for each in spans
            )
            assert named == (squares[sizes].sizes == want), (sizes, want)


LAYERS = [
    "Conv1d(4, 4, {k}, stride={s}, padding={p}, dilation={d})",
    "ConvTranspose1d(4, 4, {k}, stride={s}, padding={p}, output_padding={o}, dilation={d})",
    "MaxPool1d({k}, stride={s}, padding={p}, dilation={d}, ceil_mode=True)",
    "AvgPool1d({k}, padding={p})",
    "MaxUnpool1d({k}, stride={s}, padding={p})",
    "Conv1D(4, {k}, strides={s}, dilation_rate={d}, padding='causal')",
    "2*(conv:4,k{k},s{s},p{p})",
    "conv:4,k{k},p{p} relu avgpool:{s}",
]


@pytest.mark.no_cover
@settings(max_examples=60)
@given(st.sampled_from(LAYERS), st.data(), st.integers(1, 25), st.integers(1, 12))
def test_every_value_of_every_window_is_found(text: str, data: st.DataObject, size: int, want: int) -> None:
    numbers = {"k": st.integers(1, 5), "s": st.integers(1, 4), "p": st.integers(0, 2)}
    drawn = data.draw(st.fixed_dictionaries(numbers | {"d": st.integers(1, 3), "o": st.integers(0, 1)}))
    rank = 2 if "conv:" in text else 1
    sizes, wanted = (4, *[size] * rank), (want,) * rank
    unknown = data.draw(st.sampled_from([name for name in drawn if f"{{{name}}}" in text]))

    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        return [node.layer for node in parse_layers(text.format(**drawn | {unknown: values[0]}))]

    expected = set()
    for value in range(LARGEST + 1):
        with suppress(UsageError):
            expected |= (
                {value} if trace(build((value,)), TensorShape(sizes, rank)).output.spatial == wanted else set()
            )
    try:
        build((1,))
    except UsageError:
        assume(expected)
    values: set[int] = set()
    with suppress(UsageError):
        values = listed(solve_value(build, sizes, wanted, rank))
    assert values == expected


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


@pytest.mark.parametrize("turn", [1, 2, 63, 64, 65, 100, 1023, 1024, 1025, 10**6, 10**30])
@pytest.mark.parametrize("first", [1, 5])
def test_a_long_span_is_valid_from_or_up_to_one_value(turn: int, first: int) -> None:
    turn += first
    up_to = [Span(first, turn)] if first <= turn else []
    assert keep_valid(Span(first, 2 * turn), lambda value: value <= turn) == up_to
    assert keep_valid(Span(first, 2 * turn), lambda value: value >= turn) == [Span(turn, 2 * turn)]
    assert keep_valid(Span(first, turn), lambda _: True) == [Span(first, turn)]
    assert keep_valid(Span(first, turn), lambda _: False) == []


def test_an_endless_span_is_valid_from_or_up_to_one_value() -> None:
    far = 10**15
    assert keep_valid(Span(1, None), lambda value: value >= far) == [Span(far, None)]
    assert keep_valid(Span(1, None), lambda value: value <= far) == [Span(1, far)]
    assert keep_valid(Span(1, None), lambda _: True) == [Span(1, None)]


@pytest.mark.parametrize("modulus", [2, 3, 7])
def test_values_with_gaps_are_listed(modulus: int) -> None:
    found = keep_valid(Span(1, 900), lambda value: value % modulus == 1)
    assert [value for span in found for value in range(span.first, (span.last or 0) + 1)] == [
        value for value in range(1, 901) if value % modulus == 1
    ]


@given(st.sets(st.integers(0, 30)))
def test_runs_hold_the_numbers_and_do_not_touch(numbers: set[int]) -> None:
    runs = merge_runs(sorted(numbers))
    held = [set(range(run.first, (run.last or 0) + 1)) for run in runs]
    assert set().union(*held) == numbers
    assert sum(map(len, held)) == len(numbers)
    assert len(runs) == sum(number - 1 not in numbers for number in numbers)


@given(st.lists(st.tuples(st.integers(1, 9), st.none() | st.integers(0, 9)), min_size=2, max_size=2))
def test_spans_meet_in_what_both_hold(ends: list[tuple[int, int | None]]) -> None:
    one, other = (Span(first, None if more is None else first + more) for first, more in ends)
    met = one.meet(other)
    held = set.intersection(
        *(set(range(each.first, 30 if each.last is None else each.last + 1)) for each in (one, other))
    )
    assert held == (set() if met is None else set(range(met.first, 30 if met.last is None else met.last + 1)))
    assert met is None or (met.last is None) == (one.last is None and other.last is None)


@pytest.mark.parametrize("top", [1000, 4999, 5000])
def test_a_long_span_may_begin_with_a_few_values_that_are_not_valid(top: int) -> None:
    whole = Span(1, 5000)
    assert keep_valid(whole, lambda value: 10 <= value <= top) == [Span(10, top)]
    assert keep_valid(whole, lambda value: value == 3 or 20 <= value <= top) == [Span(3, 3), Span(20, top)]
    assert keep_valid(whole, lambda value: 900 <= value <= 5000) == [Span(900, 5000)]
    # What is valid far away and alone is not found, as is said.
    assert keep_valid(whole, lambda value: value == 5000) == []


def test_values_side_by_side_are_one_span_where_they_give_one_output() -> None:
    def halved(values: tuple[int, ...]) -> TensorShape:
        if values[0] == 5:
            raise UsageError("five is refused")
        return TensorShape((values[0] // 4,), 0)

    found = try_values("size", range(4, 10), halved, "nothing").solutions
    assert [(each.spans, each.output.sizes) for each in found] == [
        ((Span(n, n),), (n // 4,)) for n in (4, 6, 7, 8, 9)
    ]
    (one, other) = try_values("size", (4, 5, 6, 7), halved, "nothing").solutions
    assert [one.spans, other.spans] == [(Span(4, 4),), (Span(6, 7),)]
    with pytest.raises(ShapeError, match="nothing"):
        try_values("size", [5], halved, "nothing")


@pytest.mark.parametrize("cells", [1, 7, 9, 12, 16])
def test_every_size_before_a_flatten_is_what_trying_gives(cells: int) -> None:
    conv = Convolution(3, 4, (3, 2), (2, 1), "valid", (1, 1))
    trials = {(high, wide): len(legal_starts(high, 3, 2, 0, 0, 1)) * len(legal_starts(wide, 2, 1, 0, 0, 1))
              for high in range(3, 36) for wide in range(2, 20)}  # fmt: skip
    expected = {sizes for sizes, made in trials.items() if made == cells}
    chains: list[tuple[list[Layer], tuple[int, ...] | None]] = [
        ([conv, Flatten(), Linear(4 * cells, 2)], None),
        ([conv, Flatten(), Linear(4 * cells, 2)], (2,)),
        ([conv, Flatten()], (4 * cells,)),
    ]
    for layers, want in chains:
        solved = solve_input(layers, (3, None, None), want)
        found = [
            pair
            for each in solved.solutions
            for pair in product(*(range(span.first, (span.last or 0) + 1) for span in each.spans))
        ]
        # The least size that passes at all is enough where no output is wanted.
        assert solved.least is (want is None and cells == 1)
        assert sorted(found) == ([(3, 2)] if solved.least else sorted(expected))
        squares = {high for high, wide in expected if high == wide}
        if squares and not solved.least:
            ((span,),) = (each.spans for each in solve_input(layers, (None,), want).solutions)
            assert set(range(span.first, (span.last or 0) + 1)) == squares


def test_the_least_size_is_said_to_be_that() -> None:
    conv = Convolution(3, 4, (3, 2), (2, 1), "valid", (1, 1))
    assert solve_input([conv], (3, None, None), None).least
    assert not solve_input([conv], (3, None, None), (3, 3)).least
    assert solve_input([Linear(None, 4)], (5, None), None).least
    with pytest.raises(ShapeError):
        solve_input([conv, Flatten(), Linear(4 * 7 + 1, 2)], (3, None, None), None)


@pytest.mark.parametrize(
    ("text", "sizes", "want", "values", "searched"),
    [
        ("conv:8,k3", (None, 9, 8), (8, 7, 6), [(1, None)], ""),
        ("relu fc:10", (None,), (10,), [(1, None)], ""),
        ("Linear(784, 10)", (None,), (10,), [(784, 784)], ""),
        ("ReLU() Conv2d(300, 8, 3)", (None, 9, 8), (8, 7, 6), [(300, 300)], ""),
        ("relu", (None, 9, 8), (500, 9, 8), [(500, 500)], "1 to 255, 500"),
        ("relu", (None, 9, 8), (9, 8), [(each, each) for each in range(1, 256)], "1 to 255"),
        ("PixelShuffle(2)", (None, 9, 8), (100, 18, 16), [(400, 400)], "1 to 255, 400"),
        ("GroupNorm(4, 12)", (None, 9, 8), (12, 9, 8), [(12, 12)], ""),
        ("PixelShuffle(2)", (None, 9, 8), (100, 18, 17), None, "1 to 255, 425"),
    ],
)
def test_the_channels_of_the_input_are_all_that_fit_or_what_was_tried_is_said(
    text: str, sizes: tuple[int | None, ...], want: tuple[int, ...], values: list[Any] | None, searched: str
) -> None:
    layers = [node.layer for node in parse_layers(text)]
    if values is None:
        with pytest.raises(ShapeError, match=rf"none: no number of channels among those tried \({searched}\) fits"):
            solve_input(layers, sizes, want, len(sizes) - 1)
        return
    solved = solve_input(layers, sizes, want, len(sizes) - 1)
    assert [(each.spans[0].first, each.spans[0].last) for each in solved.solutions] == values
    assert solved.searched == searched


@pytest.mark.parametrize(
    ("layers", "want", "span"),
    [
        # Each layer makes ceil(n/2) of n.
        ("70*(conv:8,k3,s2,p1)", (7,), Span(6 * 2**70 + 1, 7 * 2**70)),
        ("200*(conv:8,k3,s2,p1)", (7,), Span(6 * 2**200 + 1, 7 * 2**200)),
        ("200*(conv:8,k3,s2,p1)", (1,), Span(1, 2**200)),
        ("70*(conv:8,k3,s2,p1) flatten", (8,), Span(1, 2**70)),
        ("70*(conv:8,k3,s2,p1) flatten fc:10,in=8", (10,), Span(1, 2**70)),
        ("70*(conv:8,k3,s2,p1) flatten fc:10", (10,), Span(1, None)),
    ],
)
def test_many_strides_make_little_of_very_large_inputs(layers: str, want: tuple[int, ...], span: Span) -> None:
    solved = solve_input([node.layer for node in parse_layers(layers)], (None,), want)
    assert {each for solution in solved.solutions for each in solution.spans} == {span}


@pytest.mark.parametrize("want", [1, 7])
def test_a_search_says_where_it_ends(want: int) -> None:
    layers = [node.layer for node in parse_layers("1100*(conv:8,k3,s2,p1)")]
    with pytest.raises(ShapeError, match=r"the search ends at 2\^1024, beyond which the output still changes"):
        solve_input(layers, (None,), (want,))


def test_channels_and_sizes_are_not_searched_for_at_once() -> None:
    conv = Convolution(None, 2, (3,), (1,), "valid", (1,))
    for sizes, want, rank in (((None, None), None, 1), ((None, None, 9), (7,), 1)):
        with pytest.raises(UsageError, match="channels and sizes cannot both be open"):
            solve_input([conv], sizes, want, rank)
    assert solve_input([Linear(7, 2)], (None,), None).what == "features"
    assert solve_input([conv.replace(in_channels=7)], (None, 9), None, 1).what == "channels"


def test_what_stands_in_several_layers_is_a_number() -> None:
    def build(values: tuple[int, ...]) -> list[Layer]:
        (kernel,) = values
        pool = Pooling("max", (kernel,), (1,), "valid", (1,))
        return [pool, Convolution(None, 2, (kernel,), (1,), "valid", (1,))]

    solved = solve_value(build, (3, 9), (5,))
    assert (solved.what, solved.solutions[0].spans, solved.searched) == ("number", (Span(3, 3),), "0 to 255")
    with pytest.raises(ShapeError, match=r"none: no number among those tried \(0 to 255\) gives 6"):
        solve_value(build, (3, 9), (6,))


def test_no_padding_is_an_answer_and_so_is_one_slope_for_all_channels() -> None:
    def padded(values: tuple[int, ...]) -> list[Layer]:
        return [Convolution(None, 2, (3,), (1,), (Padding(values[0], values[0]),), (1,))]

    assert [each.spans for each in solve_value(padded, (3, 9), (7,)).solutions] == [(Span(0, 0),)]
    slopes = solve_value(lambda values: [Slope(values[0])], (8, 5), None, 1).solutions
    assert [each.spans[0].first for each in slopes][:2] == [1, 8]


@pytest.mark.parametrize("power", [23, 24])
def test_a_number_is_looked_for_that_a_notation_takes(power: int) -> None:
    def build(values: tuple[int, ...]) -> list[Layer]:
        if values[0] < 2**power:
            raise UsageError("too small")
        return [Linear(None, values[0])]

    with pytest.raises(UsageError, match="too small" if power == 24 else "none: no"):
        solve_value(build, (3,), (5,))
