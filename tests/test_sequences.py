"""Sequences: the index of every value of a convolution, and circular convolution, against sums written out."""

from __future__ import annotations

import cmath
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import convcalc as api
from convcalc.errors import ShapeError, UsageError

Run = Callable[..., Any]
Sequence_ = dict[int, Any]
"""A sequence of finite length: its values by their indices."""

IN_PROCESS = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
VALUES = st.lists(st.integers(-9, 9), min_size=1, max_size=6)


def at(origin: int, values: list[Any]) -> Sequence_:
    return {origin + index: value for index, value in enumerate(values)}


def convolved(x: Sequence_, h: Sequence_) -> Sequence_:
    """Return y[n] = sum of x[k]·h[n-k] for every n at which there is a product."""
    y: Sequence_ = {}
    for k, left in x.items():
        for m, right in h.items():
            y[k + m] = y.get(k + m, 0) + left * right
    return y


def correlated(x: Sequence_, h: Sequence_) -> Sequence_:
    """Return r[n] = sum of x[n+k]·h[k]."""
    return convolved(x, {-k: value for k, value in h.items()})


def circular(x: list[Any], h: list[Any], length: int, origins: tuple[int, int] = (0, 0)) -> list[Any]:
    """Return one period of the convolution of both sequences repeated with a period."""
    y = [0] * length
    for n, value in convolved(at(origins[0], x), at(origins[1], h)).items():
        y[n % length] += value
    return y


def answered(here: Run, x: list[Any], h: list[Any], *options: object) -> Any:
    done = here("conv", " ".join(map(str, x)), "-k", " ".join(map(str, h)), "--dims", "1", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def indexed(answer: Any) -> Sequence_:
    return {answer["origin"] + answer["step"] * index: value for index, value in enumerate(answer["data"])}


@IN_PROCESS
@given(VALUES, VALUES, st.integers(-5, 5), st.integers(-5, 5))
def test_the_full_convolution_of_two_sequences(here: Run, x: list[int], h: list[int], x0: int, h0: int) -> None:
    full = answered(here, x, h, "--flip", "-p", "full", f"--origin={x0},{h0}")
    assert indexed(full) == convolved(at(x0, x), at(h0, h))
    lags = answered(here, x, h, "-p", "full", f"--origin={x0},{h0}")
    assert indexed(lags) == correlated(at(x0, x), at(h0, h))


@IN_PROCESS
@given(
    VALUES,
    VALUES,
    st.integers(-4, 4),
    st.integers(-4, 4),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_any_window_shows_values_of_the_whole_sequence(
    here: Run,
    x: list[int],
    h: list[int],
    x0: int,
    h0: int,
    flip: bool,
    stride: int,
    dilation: int,
    before: int,
    after: int,
) -> None:
    extent = dilation * (len(h) - 1) + 1
    if len(x) + before + after < extent:
        before = extent
    spread = {dilation * n: value for n, value in at(h0, h).items()}
    whole = (convolved if flip else correlated)(at(x0, x), spread)
    options = ["-s", stride, "-d", dilation, "-p", f"{before}:{after}", f"--origin={x0},{h0}"]
    answer = answered(here, x, h, *options, *(["--flip"] if flip else []))
    shown = indexed(answer)
    assert answer["step"] == stride
    assert shown == {n: whole.get(n, 0) for n in shown}
    first = min(shown)
    assert (first - stride not in whole) or before < extent


@IN_PROCESS
@given(
    VALUES,
    VALUES,
    st.tuples(st.integers(-4, 4), st.integers(-4, 4)),
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 3),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
def test_a_transposed_convolution_is_one_with_the_input_spread_out(
    here: Run,
    x: list[int],
    h: list[int],
    origins: tuple[int, int],
    flip: bool,
    stride: int,
    dilation: int,
    sides: tuple[int, int],
) -> None:
    x0, h0 = origins
    before, after = sides
    if (len(x) - 1) * stride + dilation * (len(h) - 1) + 1 <= before + after:
        before = after = 0
    spread_x = {stride * n: value for n, value in at(x0, x).items()}
    spread_h = {dilation * n: value for n, value in at(h0, h).items()}
    whole = convolved(spread_x, {-n: value for n, value in spread_h.items()} if flip else spread_h)
    options = ["--transposed", "-s", stride, "-d", dilation, "-p", f"{before}:{after}", f"--origin={x0},{h0}"]
    shown = indexed(answered(here, x, h, *options, *(["--flip"] if flip else [])))
    every = range(min(whole) + before, max(whole) + 1 - after)
    assert shown == {n: whole.get(n, 0) for n in every}
    found = api.indices(
        x,
        h,
        origins,
        transposed=True,
        stride=stride,
        dilation=dilation,
        padding=[(before, after)],
        flip=flip,
        dims=1,
    )
    assert found == every


def test_a_layer_that_is_transposed_has_indices_too(here: Run) -> None:
    done = here(
        "conv", "1 2 3", "ConvTranspose1d(1, 1, 2, stride=2, output_padding=1)", "-k", "1 10", "--origin", "-1"
    )
    assert (done.stdout, done.stderr) == ("# n = -2..4\n1 10 2 20 3 30 0\n", "")
    turned = here("conv", "1 2 3", "-k", "1 10", "--transposed", "--flip", "--origin", "0")
    assert turned.stdout == "# n = -1..2\n10 21 32 3\n"
    assert "note: the kernel is turned, so that y[n] = sum of x[k]·h[s·k-n]" in turned.stderr


@IN_PROCESS
@given(VALUES, VALUES, st.integers(-5, 5), st.integers(-5, 5), st.booleans())
def test_indices_for_programs(here: Run, x: list[int], h: list[int], x0: int, h0: int, flip: bool) -> None:
    values = api.convolve(x, h, padding="full", flip=flip, stride=2)
    n = api.indices(x, h, (x0, h0), padding="full", flip=flip, stride=2)
    whole = (convolved if flip else correlated)(at(x0, x), at(h0, h))
    assert dict(zip(n, values.tolist(), strict=True)) == {index: whole[index] for index in sorted(whole)[::2]}


def test_indices_are_of_one_axis() -> None:
    with pytest.raises(ShapeError, match="2 spatial axes, sequences have one"):
        api.indices([[1, 2], [3, 4]], [[1, 2], [3, 4]])
    with pytest.raises(UsageError, match="the last axis holds channels"):
        api.indices([[1, 2], [3, 4]], [[1], [1]], layout="hwc", dims=1)
    with pytest.raises(UsageError, match="`origin` must be one index or two"):
        api.indices([1, 2], [1], (1, 2, 3))  # type: ignore[arg-type]


@IN_PROCESS
@given(VALUES, VALUES, st.integers(1, 9), st.integers(-4, 4), st.integers(-4, 4))
def test_circular_convolution_is_a_sum_over_one_period(
    here: Run, x: list[int], h: list[int], length: int, x0: int, h0: int
) -> None:
    assert answered(here, x, h, "--circular", length)["data"] == circular(x, h, length)
    shifted = answered(here, x, h, "--circular", length, f"--origin={x0},{h0}")
    assert (shifted["data"], shifted["origin"]) == (circular(x, h, length, (x0, h0)), 0)
    assert api.convolve(x, h, circular=length).tolist() == circular(x, h, length)


@given(st.lists(st.integers(-9, 9), min_size=5, max_size=5), st.lists(st.integers(-9, 9), min_size=3, max_size=5))
def test_circular_convolution_is_the_product_of_the_transforms(x: list[int], h: list[int]) -> None:
    """Of length 5, so that nothing is folded."""

    def transform(values: list[Any], sign: int) -> list[complex]:
        turns = [[cmath.exp(sign * 2j * cmath.pi * k * n / 5) for n in range(len(values))] for k in range(5)]
        return [sum(value * turn for value, turn in zip(values, row, strict=True)) for row in turns]

    product = [left * right for left, right in zip(transform(x, -1), transform(h, -1), strict=True)]
    expected = [value.real / 5 for value in transform(product, 1)]
    assert api.convolve(x, h, circular=5).tolist() == pytest.approx(expected, abs=1e-9)


def test_a_period_that_holds_everything_gives_the_linear_convolution() -> None:
    x, h = [1, 2, 3, 4], [1, -1, 2]
    assert api.convolve(x, h, circular=6).tolist() == list(convolved(at(0, x), at(0, h)).values())
    assert api.convolve(x, h, circular=8).tolist() == [*convolved(at(0, x), at(0, h)).values(), 0, 0]


def test_folding_is_exact_and_noted(here: Run) -> None:
    large = 2**62
    done = here("conv", f"{large} {large} {large} 1/3 0", "-k", "1 0", "--circular", "2")
    assert done.stdout.split() == [str(2 * large), f"{3 * large + 1}/3"]
    assert done.stderr == "convcalc: note: the input has 5 values, more than 2: it is folded (time aliasing)\n"
    assert api.convolve([2**62] * 6, [1], circular=2).tolist() == [3 * 2**62] * 2
    assert api.convolve(np.array([200] * 4, np.uint8), [1], circular=1).tolist() == [800]
    assert api.convolve(np.array([Fraction(1, 3)] * 3), [1], circular=1).tolist() == [1]
    halves = api.convolve(np.array([0.5] * 4, np.float32), np.ones(1, np.float32), circular=2)
    assert halves.dtype == np.float32
    assert halves.tolist() == [1.0, 1.0]


def test_rows_are_sequences_each_by_itself(here: Run) -> None:
    x, h = [[1, 2, 3, 4, 5], [0, -1, 7, 2, 2]], [1, 3]
    done = here("conv", "; ".join(" ".join(map(str, row)) for row in x), "-k", "1 3", "--circular", "4", "--json")
    assert json.loads(done.stdout)["data"] == [circular(row, h, 4) for row in x]


@pytest.mark.parametrize("x", ["1;2;3;4", "1 2 3 4"])
@pytest.mark.parametrize("h", ["1; 2", "1 2", "[[1, 2]]"])
def test_columns_are_sequences_too(x: str, h: str, here: Run) -> None:
    done = here("conv", x, "-k", h, "--circular", "6")
    assert done.stdout.split() == list(map(str, circular([1, 2, 3, 4], [1, 2], 6)))
    assert ("read lying down" in done.stderr) == (";" in x)
    done = here("conv", x, "-k", h, "--flip", "-p", "full", "--origin", "-1")
    assert done.stdout == "# n = -1..3\n1 4 7 10 8\n"
    box = here("conv", x, "-k", "box:2", "--circular", "4")
    assert box.stdout == "2.5 1.5 2.5 3.5\n"


def test_indices_stand_beside_the_values_in_every_form(here: Run, tmp_path: Path) -> None:
    command = ["conv", "1 2 3 4", "-k", "1 1 10", "--flip", "-p", "full", "--origin", "-2"]
    assert here(*command).stdout == "# n = -2..3\n1 3 15 27 34 40\n"
    assert here(*command, "-q").stdout == "1 3 15 27 34 40\n"
    assert here(*command, "-F", "csv").stdout == "# n = -2..3\n1,3,15,27,34,40\n"
    assert here(*command, "-s", "2").stdout == "# n = -2..2 step 2\n1 15 34\n"
    table = here(*command, "-F", "table").stdout.splitlines()
    assert table == [" -2 -1  0  1  2  3", "  1  3 15 27 34 40", "6, n = -2..3"]
    assert here(*command, "-F", "markdown").stdout.startswith("n = -2..3\n\n|")
    latex = here(*command, "-F", "latex").stdout
    assert "\\textbf{n = -2..3}\\par\n\\[\n\\begin{bmatrix}" in latex
    for ending in ("txt", "csv"):
        assert here(*command, "-o", tmp_path / f"y.{ending}").returncode == 0
        assert (tmp_path / f"y.{ending}").read_text().startswith("# n = -2..3\n")
    long = here("conv", "1 " * 70_000, "-k", "1 1", "--flip", "--origin", "5").stdout
    assert long.startswith("# n = 6..70004\n2 2 ")
    assert here("conv", "1 2.5 3", "-k", "1", "--flip", "--origin", "100", "-F", "table").stdout.splitlines()[:2] == [
        " 100   101   102",
        "   1     2.5   3",
    ]


def test_the_working_of_a_value_says_its_index(here: Run) -> None:
    done = here("conv", "1 2 3 4", "-k", "1 -1", "--flip", "-p", "full", "--origin", "-2", "--explain", "--at", "1")
    assert "# cell (1), n = -1\n" in done.stdout


def test_a_cross_correlation_says_that_n_counts_lags(here: Run) -> None:
    done = here("conv", "1 2 3", "-k", "1 1", "--origin", "0")
    assert done.stdout == "# n = 0..1\n3 5\n"
    assert "note: the kernel is not turned, so n counts the lags of a cross-correlation" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--origin", "x"], "--origin: 'x' is not one whole number or two"),
        (["--origin", "1,2,3"], "--origin: '1,2,3' is not one whole number"),
        (["--origin", "0", "-o", "y.npy"], "--origin has no effect with -o y.npy"),
        (["--circular", "4", "-p", "1"], "-p and --circular: one period has no border"),
        (["--circular", "4", "-s", "2"], "-s and --circular"),
        (["--circular", "4", "--boundary", "reflect"], "--boundary and --circular"),
        (["--circular", "0"], "--circular: 0 is out of range"),
        (["Conv1d(1, 1, 2)", "--circular", "4"], "LAYER and --circular"),
        (["--circular", "4", "--scheduler", "tcp://x:1"], "a cluster computes from one .npy file"),
        (["--circular", "4", "-k", "1 2; 3 4"], "--circular: the kernel has 2 spatial axes"),
        (["--origin", "4", "-k", "1 2; 3 4"], "--origin: the kernel has 2 spatial axes"),
    ],
)
def test_what_sequences_have_no_room_for_is_refused(options: list[str], message: str, here: Run) -> None:
    words, extra = (options[:1], options[1:]) if options[0].startswith("Conv") else ([], options)
    x = "1 2 3; 4 5 6" if "1 2; 3 4" in options else "1 2 3"
    kernel = () if "-k" in extra else ("-k", "1 2")
    done = here("conv", x, *words, *kernel, *extra)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_python_refuses_what_the_command_refuses() -> None:
    with pytest.raises(UsageError, match="at least 1 value, not 0"):
        api.convolve([1, 2], [1], circular=0)
    with pytest.raises(UsageError, match="one spatial axis"):
        api.convolve([[1, 2], [3, 4]], [[1, 2], [3, 4]], circular=3)
    with pytest.raises(UsageError, match="no other option"):
        api.convolve([1, 2], [1], circular=3, padding=1)
