"""The working of a gradient: each product is of numbers at the places it names, and all add up to the gradient."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from conftest import Run

import convcalc
from convcalc.compute.gradient import backward_pass
from convcalc.compute.gradient_terms import convolution_terms
from convcalc.compute.layer import Filter, apply_pooling
from convcalc.compute.pooling.gradient import PoolingBackwardPass
from convcalc.compute.pooling.gradient_terms import pooling_shares
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Convolution, Pooling

RANDOM = np.random.default_rng(8)


def whole(*shape: int) -> Any:
    return RANDOM.integers(-9, 10, shape)


def plain(*kernel: int, **fields: Any) -> Convolution:
    """Make a convolution without padding, stride and dilation but those given."""
    ones = (1,) * len(kernel)
    return Convolution(None, None, kernel, **{"stride": ones, "padding": "valid", "dilation": ones} | fields)


PADDED = (Padding(2, 1), Padding(0, 2))
CASES: list[tuple[Convolution, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    (plain(2, 3), (5, 6), (2, 3), {}),
    (plain(2, 3, padding=PADDED, stride=(2, 1), dilation=(1, 2)), (2, 5, 6), (3, 2, 2, 3), {"bias": whole(3)}),
    (plain(2, 3, padding=PADDED, padding_mode="reflect"), (4, 5), (2, 3), {"flip": True}),
    (plain(2, 3, padding=PADDED, stride=(1, 2)), (4, 5), (2, 3), {"boundary": "constant", "constant": 7}),
    (plain(2, 3, padding=PADDED, padding_mode="circular"), (3, 4, 5), (3, 2, 3), {"bias": whole(1)}),
    (plain(2, 3, groups=2), (2, 4, 4, 5), (6, 2, 2, 3), {}),
    (plain(2, 3), (2, 3, 4, 5), (2, 3), {"bias": whole(3)}),
    (plain(2, 3), (4, 5, 3), (2, 3, 3, 4), {"layout": "hwc", "flip": True}),
    (plain(3, transposed=True, stride=(2,), padding=(Padding(1, 0),)), (2, 4), (2, 3, 3), {"bias": whole(3)}),
    (plain(2, 3, transposed=True, groups=2, dilation=(2, 1)), (4, 3, 2), (4, 2, 2, 3), {"flip": True}),
    (plain(2, 3, transposed=True, stride=(1, 3), output_padding=(0, 2)), (3, 2), (4, 2, 3), {}),
]


@pytest.mark.parametrize(("layer", "x", "kernel", "fields"), CASES)
def test_the_products_of_every_cell_add_up(
    layer: Convolution, x: tuple[int, ...], kernel: tuple[int, ...], fields: dict[str, Any]
) -> None:
    numbers, filters = whole(*x), Filter(layer, whole(*kernel), **fields)
    dy = whole(*filters.on(numbers).compute().shape)
    backward = backward_pass(filters, numbers, dy)
    others = {"x": filters.kernel, "w": numbers}
    for name in ("x", "w", "b"):
        gradient = backward.of(name)
        for at in np.ndindex(gradient.shape):
            terms = list(convolution_terms(backward, name, at))
            assert sum(term.dy * (1 if name == "b" else term.factor) for term in terms) == gradient[at]
            assert all(dy[term.dy_at] == term.dy for term in terms)
            placed = [term for term in terms if term.factor_at is not None]
            assert all(others[name][term.factor_at] == term.factor for term in placed)
            padding = [term.factor for term in terms if term.factor_at is None and name != "b"]
            assert set(padding) <= {fields.get("constant", 0)}
            assert not padding or name == "w"


POOLS: list[tuple[Pooling | AdaptivePooling, tuple[int, ...], str]] = [
    (Pooling("max", (2, 3), (1, 2), (Padding(1, 0), Padding(0, 1)), (1, 1)), (2, 4, 6), "chw"),
    (Pooling("min", (2, 2), (1, 1), "valid", (2, 1)), (5, 6), "chw"),
    (Pooling("max", (2, 2), (2, 1), "valid", (1, 1)), (4, 5, 3), "hwc"),
    (AdaptivePooling("max", (2, 3)), (5, 4), "chw"),
    (AdaptivePooling("max", (1, 1), drop_axes=True), (4, 5, 3), "hwc"),
]


@pytest.mark.parametrize(("layer", "x", "layout"), POOLS, ids=lambda value: str(value)[:20])
def test_what_the_windows_give_to_every_cell_adds_up(
    layer: Pooling | AdaptivePooling, x: tuple[int, ...], layout: str
) -> None:
    numbers = whole(*x)
    y, _ = apply_pooling(layer, numbers, layout=layout)
    dy = whole(*y.shape)
    backward = PoolingBackwardPass(layer, numbers, dy, layout)
    gradient = backward.of("x")
    for at in np.ndindex(gradient.shape):
        shares = list(pooling_shares(backward, at))
        assert sum(share.dy for share in shares if share.chosen == at) == gradient[at]
        assert all(numbers[share.chosen] == share.y == y[share.dy_at] for share in shares if share.chosen is not None)


@pytest.mark.parametrize(
    "layer",
    [
        Pooling("avg", (2, 3), (1, 2), (Padding(1, 0), Padding(0, 1)), (1, 1), ceil=True),
        Pooling("avg", (3, 2), (2, 1), (Padding(1, 1), Padding(1, 1)), (1, 1), count_padding=False),
        Pooling("avg", (2, 2), (1, 2), "valid", (2, 1), divisor=3),
        AdaptivePooling("avg", (3, 2)),
    ],
    ids=lambda layer: str(layer)[:30],
)
def test_the_shares_of_an_average_add_up(layer: Pooling | AdaptivePooling) -> None:
    numbers = RANDOM.standard_normal((2, 4, 6))
    dy = RANDOM.standard_normal(apply_pooling(layer, numbers)[0].shape)
    backward = PoolingBackwardPass(layer, numbers, dy)
    gradient = backward.of("x")
    for at in np.ndindex(gradient.shape):
        given = sum(share.dy / share.divisor for share in pooling_shares(backward, at))
        assert given == pytest.approx(gradient[at])


def value_of(formula: str) -> float:
    """Calculate what stands behind an equal sign in a working."""
    result = eval(formula.replace("·", "*").replace("^", "**").replace("−", "-"), {"__builtins__": {}})
    assert isinstance(result, int | float)
    return result


NORMS = [
    ["lp", "-k", "2", "--norm", "3", "-s", "1"],
    ["lp", "-k", "3", "--norm", "1.5", "-s", "2", "--ceil"],
    ["lp", "-k", "2", "--norm", "1"],
    ["LPPool1d(4, 2, stride=2, ceil_mode=True)"],
    ["LPPool1d(1, 2, stride=1)"],
    ["lp", "--adaptive", "3"],
    ["avg", "-k", "3", "-s", "1", "-p", "1"],
]


@pytest.mark.parametrize("words", NORMS, ids=lambda words: " ".join(words))
def test_the_numbers_of_a_working_give_what_it_says(here: Run, words: list[str]) -> None:
    start = ["pool", "-3 4 -2 1 0 5 -6", *words, "--dims", "1"]
    outputs = json.loads(here(*start, "--json").stdout)["shape"][0]
    grad = " ".join(str(7 - 2 * index) for index in range(outputs))
    gradient = json.loads(here(*start, "--grad", grad, "--json").stdout)["gradients"]["x"]["data"]
    for at, right in enumerate(gradient):
        lines = here(*start, "--grad", grad, "--at", at).stdout.split("# dX")[1].splitlines()
        formulas = [line.rpartition("= ")[2] for line in lines if "=" in line and not line.startswith("#   dX")]
        assert len(formulas) in (1, 2) or float(right) == 0
        assert all(value_of(formula) == pytest.approx(float(right)) for formula in formulas)


CONV = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 2; 3 4", "--grad", "1 2; 3 4"]


def test_a_cell_is_written_out_in_symbols_and_in_numbers(here: Run) -> None:
    assert here(*CONV, "--of", "x", "--at", "1,1").stdout.splitlines()[3:] == [
        "# dX(1,1)",
        "#   dX(1,1) = dY(0,0)·W(1,1) + dY(0,1)·W(1,0)",
        "#           + dY(1,0)·W(0,1) + dY(1,1)·W(0,0)",
        "#           = 1·4 + 2·3",
        "#           + 3·2 + 4·1",
        "#           = 20",
    ]


def test_each_gradient_is_explained_by_its_first_cell(here: Run) -> None:
    shown = here(*CONV, "--explain").stdout
    assert [line for line in shown.splitlines() if line.startswith("# d") and "shape" not in line] == [
        "# dX(0,0)",
        "# dW(0,0)",
        "# db(0)",
    ]


def test_a_number_of_the_padding_has_no_place(here: Run) -> None:
    shown = here("conv", "1 2 3", "-k", "1 10", "-p", "1:0", "--grad", "5 6 7", "--of", "w", "--explain").stdout
    assert "#   dW(0) = dY(0)·0 + dY(1)·X(0) + dY(2)·X(1)" in shown


def test_long_sums_are_cut(here: Run) -> None:
    done = here("conv", " ".join(["1"] * 400), "-k", "1", "--grad", " ".join(["2"] * 400), "--of", "w", "--explain")
    assert done.stdout.splitlines()[0] == "800"
    assert "the other products, made in the same way" in done.stdout
    assert done.stdout.count("dY(") == 144


def test_a_maximum_names_the_cell_it_chose(here: Run) -> None:
    shown = here("pool", "1 9 2 3", "max", "-k", "2", "-s", "1", "--grad", "10 20 30", "--at", "2").stdout
    assert shown.splitlines() == [
        "0 30 0 30",
        "# dX(2)",
        "#   Y(1) = 9 is the largest of its window: X(1)",
        "#   Y(2) = 3 is the largest of its window: X(3)",
        "#   dX(2) = 0",
    ]


def test_a_cell_that_no_window_holds(here: Run) -> None:
    assert "no window holds this cell" in here("pool", "1 2 3", "avg", "-k", "2", "--grad", "4", "--at", "2").stdout
    assert (
        "no window holds this cell"
        in here("conv", "1 2 3", "-k", "1 1", "-s", "2", "--grad", "4", "--of", "x", "--at", "2").stdout
    )


def test_a_norm_is_explained_by_its_derivative(here: Run) -> None:
    shown = here("pool", "3 4", "lp", "-k", "2", "--grad", "10", "--explain").stdout
    assert "#   dX(0) = dY(0)·(X(0) / Y(0))^1" in shown
    assert convcalc.pool_gradient([3, 4], [10], "lp", 2).tolist() == [6, 8]


def test_the_cell_must_be_one_of_the_gradient(here: Run) -> None:
    done = here(*CONV, "--of", "w", "--at", "2,0")
    assert done.returncode == 2
    assert "2x2" in done.stderr
