"""Questions for gradients, answered by asking plain loops what each number alone adds to the output."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from oracles import convolve_loops, flatten, nested_from, pool_loops, transposed_loops

from convcalc.check.gradient_question import filter_gradient_question, pooling_gradient_question
from convcalc.compute.layer import Filter
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Pooling

X = np.array([[[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8]], [[9, 7, 9, 3], [2, 3, 8, 4], [6, 2, 6, 4]]])
PLAIN: dict[str, Any] = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
SPREAD = PLAIN | {"output_padding": (1, 0)}


def looped(x: Any, w: Any, *, transposed: bool) -> np.ndarray[Any, Any]:
    x, w = x.tolist(), w.tolist()
    return np.array(transposed_loops(x, w, **SPREAD) if transposed else convolve_loops(x, w, **PLAIN))


def units(array: Any) -> list[Any]:
    """Return for each number an array of zeros with a one in its place."""
    return list(np.eye(array.size, dtype=int).reshape(array.size, *array.shape))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_gradients_of_a_convolution(layout: str, transposed: bool) -> None:
    w = np.arange(-7, 17).reshape(2, 2, 2, 3) if transposed else np.arange(-9, 15).reshape(4, 1, 2, 3)
    layer = Convolution(
        None, None, (2, 3), (2, 1), (Padding(1, 0), Padding(0, 2)), (1, 2), groups=2, transposed=transposed,
        output_padding=(1, 0) if transposed else None,
    )  # fmt: skip
    y = looped(X, w, transposed=transposed)
    dy = np.arange(y.size).reshape(y.shape) % 7 - 2
    wanted = {
        "x": np.array([(dy * looped(unit, w, transposed=transposed)).sum() for unit in units(X)]).reshape(X.shape),
        "w": np.array([(dy * looped(X, unit, transposed=transposed)).sum() for unit in units(w)]).reshape(w.shape),
        "b": dy.sum((1, 2)),
    }
    x, kernel, upstream = X, w, dy
    if layout == "hwc":
        x, upstream, wanted["x"] = (np.moveaxis(each, 0, -1) for each in (X, dy, wanted["x"]))
        kernel, wanted["w"] = (each.transpose(2, 3, 1, 0) for each in (w, wanted["w"]))
    filters = Filter(layer, kernel, np.arange(4), layout=layout)
    for of, gradient in wanted.items():
        answer = filter_gradient_question(x, filters, upstream, of).answer()
        assert answer.tolist() == gradient.tolist(), of


@pytest.mark.parametrize("layout", ["chw", "hwc"])
def test_gradients_of_a_pooling(layout: str) -> None:
    layer = Pooling("avg", (2, 3), (1, 2), (Padding(1, 0), Padding(0, 1)), (1, 1))

    def pooled(x: Any) -> Any:
        whole = [[[Fraction(int(number)) for number in row] for row in plane] for plane in x]
        return flatten(pool_loops(whole, "avg", (2, 3), stride=(1, 2), padding=((1, 0), (0, 1))))

    dy = np.arange(len(pooled(X))).reshape(2, 3, -1) - 4
    sums = [sum(a * b for a, b in zip(dy.ravel().tolist(), pooled(unit), strict=True)) for unit in units(X)]
    wanted = np.array(nested_from(sums, X.shape), object)
    if layout == "chw":
        assert pooling_gradient_question(X, layer, dy).answer().tolist() == wanted.tolist()
    else:
        x, upstream = np.moveaxis(X, 0, -1), np.moveaxis(dy, 0, -1)
        answer = pooling_gradient_question(x, layer, upstream, "hwc").answer()
        assert answer.tolist() == np.moveaxis(wanted, 0, -1).tolist()


def test_a_gradient_by_a_border_of_copies() -> None:
    w = np.arange(-3, 3).reshape(1, 1, 2, 3)
    layer = Convolution(None, None, (2, 3), (1, 1), (Padding(1, 0), Padding(0, 2)), (1, 1))

    def bordered(x: Any) -> np.ndarray[Any, Any]:
        return np.array(convolve_loops(x.tolist(), w.tolist(), padding=((1, 0), (0, 2)), boundary="replicate"))

    x = X[:1]
    dy = np.arange(bordered(x).size).reshape(bordered(x).shape) - 3
    expected = [(dy * bordered(unit)).sum() for unit in units(x)]
    answer = filter_gradient_question(x, Filter(layer, w, boundary="replicate"), dy, "x").answer()
    assert answer.ravel().tolist() == expected
