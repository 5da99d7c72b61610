"""Lp pooling of numbers of both signs: the norm of ONNX, and the sum of powers of PyTorch in its notation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run
from oracles import pool_loops

import convcalc
from convcalc.compute.pooling.norm import CUT, norm_notes
from convcalc.compute.pooling.pool import pool
from convcalc.geometry import Padding, Window
from convcalc.layers import Pooling

CASES = json.loads((Path(__file__).parent / "data" / "pytorch_norms.json").read_text(encoding="utf-8"))["cases"]


def numbers(nested: Any) -> Any:
    """Return nested lists as an array; words for what JSON has no numbers for."""
    return np.array(nested, object).astype(float)


@pytest.mark.filterwarnings("ignore:PyTorch's LPPool")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["layer"])
def test_the_notation_of_pytorch_computes_as_pytorch(case: dict[str, Any], here: Run) -> None:
    x = np.array(case["input"], float)
    np.testing.assert_allclose(convcalc.pool(x, case["layer"]), numbers(case["output"]), rtol=1e-12)
    [layer] = convcalc.parse(case["layer"])
    np.testing.assert_allclose(convcalc.pool(x, layer), numbers(case["output"]), rtol=1e-12)
    done = here("pool", json.dumps(case["input"]), case["layer"], "--json")
    np.testing.assert_allclose(numbers(json.loads(done.stdout)["data"]), numbers(case["output"]), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:PyTorch's LPPool")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["layer"])
def test_so_do_its_gradients(case: dict[str, Any]) -> None:
    x, dy = np.array(case["input"], float), np.ones_like(numbers(case["output"]))
    found, wanted = convcalc.pool_gradient(x, dy, case["layer"]), numbers(case["gradient"])
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize("norm", [1, 2, 3, 1.5])
def test_a_norm_is_of_absolute_values(norm: float) -> None:
    x = [[3, -1, 2, -5, 4], [-2, 7, -3, 1, 6], [5, -4, 8, 9, -7]]
    windows = [Window(2, 2, Padding(1, 0), ceil=True), Window(3, 1)]
    wanted = pool_loops(x, "lp", (2, 3), stride=(2, 1), padding=((1, 0), (0, 0)), ceil=True, norm=norm)
    np.testing.assert_allclose(pool(np.array(x), windows, "lp", norm=norm), np.array(wanted, float), rtol=1e-14)
    assert pool(np.array([[-(2**62), 2**62]]), [Window(1), Window(2)], "lp", norm=1).tolist() == [[2**63]]


def test_gradients_of_a_norm_have_the_sign_of_the_numbers() -> None:
    found = convcalc.pool_gradient([-3.0, 4.0, 0.0, -2.0], [5.0, 7.0], "lp", 2)
    assert found.tolist() == [-3, 4, 0, -7]
    with pytest.warns(UserWarning, match="absolute values"):
        assert convcalc.pool([-3, 4], "lp", 2, norm=1).tolist() == [7]
    assert convcalc.pool_gradient([-3, 4], [5], "lp", 2, norm=1).tolist() == [-5, 5]


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (("1 -2 3 -4", "lp", "-k", 2, "--norm", 3), "absolute values, as in ONNX"),
        (("1 2 3 4", "lp", "-k", 2, "--norm", 3), None),
        (("1 -2 3 -4", "lp", "-k", 2), None),
        (("1 -2 3 -4", "LPPool1d(3, 2)"), "without absolute values"),
        (("1 2 3 4", "LPPool1d(3, 2)"), None),
        (("1 2 3", "LPPool1d(2, 2, ceil_mode=True)"), "scales a window"),
        (("1 2 3 4", "LPPool1d(2, 2, ceil_mode=True)"), None),
    ],
)
def test_a_note_stands_where_programs_differ(arguments: tuple[object, ...], note: str | None, here: Run) -> None:
    said = here("pool", *arguments).stderr
    assert (note in said) if note else not said


def test_the_working_is_that_of_the_norm(here: Run) -> None:
    assert "out = 3 + |-4|\n" in here("pool", "3 -4", "lp", "-k", 2, "--norm", 1, "--explain").stdout
    assert "(3^3 + (-4)^3)^(1/3)" in here("pool", "3 -4", "LPPool1d(3, 2)", "--explain").stdout
    cut = here("pool", "1 2 3", "LPPool1d(2, 2, ceil_mode=True)", "--explain", "--at", 1)
    assert "#   sum = 3^2\n" in cut.stdout
    assert "#   out = (9·2 / 1)^(1/2)\n" in cut.stdout


def test_what_may_differ_is_noted_before_the_input_has_come() -> None:
    layer = Pooling("lp", (2,), (2,), "valid", (1,), norm=2.0, signed=True, ceil=True)
    assert norm_notes(layer, None) == (CUT,)
    assert norm_notes(layer.replace(ceil=False), None) == ()
    assert norm_notes(layer, np.arange(5), [Window(2, 2, ceil=True)]) == (CUT,)
    assert norm_notes(layer, np.arange(4), [Window(2, 2, ceil=True)]) == ()
