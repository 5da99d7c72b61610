"""Reports: columns add up, JSON has just the promised keys, and the table and the JSON agree."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.check.verdict import Slip, Verdict, WrongCell
from convcalc.explain import Derivation, equations
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Flatten, Layer, Linear, Normalization, Pooling, TensorShape
from convcalc.network.cost import network_cost, trace_cost
from convcalc.network.memory import memory
from convcalc.network.trace import trace
from convcalc.notation import Node, parse_layers
from convcalc.render import render
from convcalc.report.blocks import Commentary, Grid, LayerText, Lines, Report, Sizes, Table, Working, number_kind
from convcalc.report.matrix import matrix_report
from convcalc.report.params import params_report
from convcalc.report.shape import shape_report

FIELDS = ("receptive_field", "effective_stride", "effective_padding")
CONV = Convolution(None, 6, (3, 2), (2, 1), (Padding(1, 0), Padding(1, 1)), (1, 2))
CHAIN: list[Layer] = [CONV, Normalization(None), Pooling("max", (2, 3), (2, 3), "valid", (1, 1)), Flatten()]
CHAIN += [Linear(None, 10, bias=False)]
TEXTS = ["conv", "bn", "maxpool", "flatten", "fc:10"]
SIZES = (4, 3, 11, 14)
WRONG = Verdict(
    right=False,
    message="1 of 4 cells differs",
    explanations=((Slip("kernel-flipped", "the kernel was flipped"),),),
    cells=(WrongCell((0, 1), 3, 2),),
    score=(3, 4),
)


def nodes_of(layers: list[Layer], name: str = "") -> list[Node]:
    return [Node(layer, text, text, (0, len(text)), name=name) for layer, text in zip(layers, TEXTS, strict=False)]


def shaped(comment: Commentary | None = None) -> Report:
    return shape_report(trace(CHAIN, TensorShape(SIZES, 2)), nodes_of(CHAIN), comment=comment)


def counted(sizes: tuple[int, ...] | None, number_bytes: int = 4, comment: Commentary | None = None) -> Report:
    bare: list[Layer] = [CONV.replace(in_channels=3), Normalization(None)]
    layers = CHAIN if sizes else bare
    return params_report(network_cost(layers, sizes), nodes_of(layers), number_bytes, comment)


def table_of(report: Report) -> Table:
    (table,) = (block for block in report.blocks if isinstance(block, Table))
    return table


def machine(report: Report) -> Any:
    """Read the JSON form as a strict reader would: no NaN or Infinity literals."""

    def refuse(word: str) -> None:
        raise AssertionError(f"the JSON holds the literal {word}")

    return json.loads(render(report, "json"), parse_constant=refuse)


def test_the_keys_of_shape() -> None:
    data = machine(shaped())
    assert list(data) == ["schema", "command", "input", "output", "layers", "assumptions"]
    assert (data["schema"], data["command"]) == (1, "shape")
    assert (data["input"], data["output"]) == ([4, 3, 11, 14], [4, 10])
    for layer, text in zip(data["layers"], TEXTS, strict=True):
        keys = ["layer", "name", "inputs", "input", "output", *FIELDS]
        assert list(layer) == keys
        assert layer["layer"] == text
    assert data["layers"][0]["receptive_field"] == [3, 3]
    assert data["layers"][2]["receptive_field"] == [5, 5]
    assert data["layers"][2]["effective_stride"] == [4, 3]
    assert data["layers"][2]["effective_padding"] == [1, 1]
    assert data["layers"][4]["receptive_field"] == []


def test_the_keys_of_params() -> None:
    data = machine(counted(None))
    assert list(data) == ["schema", "command", "layers", "total", "assumptions"]
    counts = ["weights", "biases", "buffers", "params", "share", "param_bytes"]
    assert [list(layer) for layer in data["layers"]] == [["layer", "name", "inputs", "weight_shape", *counts]] * 2
    assert list(data["total"]) == counts
    with_input = machine(counted(SIZES))
    more = ["macs", "flops", "activation_bytes"]
    for layer in with_input["layers"]:
        assert list(layer) == ["layer", "name", "inputs", "weight_shape", *counts, *more, "output"]
    assert list(with_input["total"]) == [*counts, *more]
    assert with_input["input"] == list(SIZES)
    assert "biases not counted" in with_input["convention"]


@pytest.mark.parametrize("sizes", [None, SIZES])
def test_columns_add_up_to_the_total(sizes: tuple[int, ...] | None) -> None:
    report = counted(sizes)
    table, data = table_of(report), machine(report)
    assert table.totals is not None
    names = [column.name for column in table.columns]
    for at, name in enumerate(names):
        if name in ("layer", "weight_shape", "output"):
            continue
        column: list[Any] = [row[at] for row in table.rows]
        assert table.totals[at] == data["total"][name] == pytest.approx(sum(column), rel=1e-12), name
        assert column == [layer[name] for layer in data["layers"]]
    for layer in data["layers"]:
        assert layer["params"] == layer["weights"] + layer["biases"]
        assert layer.get("flops") == (None if sizes is None else 2 * layer["macs"])


def test_the_total_of_params() -> None:
    # 6 filters of 3·3·2 weights; a scale and a shift for each of 6 channels; 10 sums of the 6·2·4 cells left.
    report = counted(SIZES, number_bytes=2)
    weights = 6 * 3 * 6 + 6 + 10 * 48
    total = machine(report)["total"]
    assert (total["weights"], total["biases"], total["buffers"]) == (weights, 12, 12)
    assert total["macs"] == 4 * (6 * 5 * 14 * 18 + 10 * 48)
    cells = 4 * (2 * 6 * 5 * 14 + 2 * 6 * 2 * 4 + 10)
    assert total["activation_bytes"] == 2 * cells
    assert report.answer == str(weights + 12)


def test_the_name_of_a_layer_stands_before_it_and_in_its_entry() -> None:
    nodes = nodes_of(CHAIN, "net.0")
    for report in (
        shape_report(trace(CHAIN, TensorShape(SIZES, 2)), nodes),
        params_report(network_cost(CHAIN, SIZES), nodes, number_bytes=4),
    ):
        assert [str(row[0]) for row in table_of(report).rows] == [f"net.0: {text}" for text in TEXTS]
        assert [(layer["layer"], layer["name"]) for layer in report.data["layers"]] == [(t, "net.0") for t in TEXTS]


def test_the_table_and_the_json_have_the_same_sizes() -> None:
    report = shaped()
    rows = zip(table_of(report).rows, report.data["layers"], strict=True)
    for row, layer in rows:
        for column, cell in zip(table_of(report).columns, row, strict=True):
            shown = str(cell) if isinstance(cell, LayerText) else cell.sizes if isinstance(cell, Sizes) else cell
            assert (list(shown) if isinstance(shown, tuple) else shown) == layer[column.name]
    assert report.answer == "4x10"
    assert report.exit_code == 0


@given(st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=5))
def test_whole_numbers_of_any_size_stay_whole(numbers: list[int]) -> None:
    report = matrix_report("conv", np.array([numbers], dtype=object))
    assert machine(report)["data"] == [numbers]
    assert machine(report)["dtype"] == "integer"


def test_the_keys_of_a_matrix() -> None:
    array = np.array([[1.5, float("nan")], [float("inf"), float("-inf")]])
    data = machine(matrix_report("conv", array))
    assert list(data) == ["schema", "command", "shape", "dtype", "data"]
    assert (data["shape"], data["dtype"]) == ([2, 2], "float64")
    assert data["data"] == [[1.5, "nan"], ["inf", "-inf"]]
    pooled = matrix_report("pool", np.arange(6).reshape(1, 2, 3), indices=np.arange(6, 12).reshape(1, 2, 3))
    assert list(machine(pooled)) == ["schema", "command", "shape", "dtype", "data", "indices"]
    assert machine(pooled)["indices"] == [[[6, 7, 8], [9, 10, 11]]]
    assert [block.title for block in pooled.blocks if isinstance(block, Grid)] == ["", "indices"]


@pytest.mark.parametrize("make", [shaped, lambda comment: counted(SIZES, comment=comment)])
def test_a_verdict_is_in_the_json_the_blocks_and_the_answer(make: Any) -> None:
    report = make(Commentary(verdict=WRONG))
    assert machine(report)["check"] == {
        "verdict": "wrong",
        "mistake": "kernel-flipped",
        "mistakes": [{"name": "kernel-flipped", "sentence": "the kernel was flipped"}],
        "score": 0.75,
        "cells": [{"at": [0, 1], "claimed": 3, "right": 2}],
        "message": "1 of 4 cells differs",
    }
    assert report.blocks[0] == Lines(("wrong: 1 of 4 cells differs",), role="wrong")
    assert (report.answer, report.exit_code) == ("wrong", 1)
    right = make(Commentary(verdict=Verdict(right=True, message="it is")))
    assert (right.answer, right.exit_code, machine(right)["check"]["verdict"]) == ("right", 0, "right")
    assert machine(right)["check"]["mistake"] is None


def test_wrong_cells_are_marked_in_the_claim() -> None:
    claim = np.array([[1, 3], [3, 4]])
    comment = Commentary(verdict=WRONG.replace(claim=claim))
    marked = matrix_report("conv", np.array([[1, 2], [3, 4]]), comment=comment).blocks[1]
    assert isinstance(marked, Grid)
    assert (marked.array.tolist(), marked.marks) == (claim.tolist(), ((0, 1),))


def test_explanations_follow_the_answer() -> None:
    derivation = Derivation("height", equations("out", "1", "1"))
    report = shaped(Commentary((derivation,)))
    assert report.blocks[1:] == (Working(derivation),)
    assert machine(report)["explanation"] == [{"title": "height", "lines": ["out = 1", "    = 1"]}]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.zeros(2, np.float32), "float32"),
        (np.array([1, 2]), "int64"),
        (np.array([2**70, 1], dtype=object), "integer"),
        (np.array([1, 2]).astype(bool), "bool"),
    ],
)
def test_kinds_of_numbers(array: Any, kind: str) -> None:
    assert number_kind(array) == kind


def test_fractions_are_a_kind_and_strings_in_json() -> None:
    from fractions import Fraction

    array = np.array([[Fraction(7, 3), Fraction(2)]], dtype=object)
    assert number_kind(array) == "fraction"
    assert machine(matrix_report("pool", array))["data"] == [["7/3", 2]]


def test_counts_that_depend_on_an_open_size_are_none() -> None:
    nodes = parse_layers("conv:8,k3 relu")
    cost = trace_cost(trace([node.layer for node in nodes], TensorShape((3, None, 9), 2)))
    report = params_report(cost, nodes, 4, memory=memory(cost))
    names = ("macs", "flops", "activation_bytes")
    assert [report.data["total"][name] for name in (*names, "peak_bytes", "training_bytes")] == [None] * 5
    assert [report.data["layers"][0][name] for name in names] == [None] * 3
    assert report.data["total"]["params"] == 224
    rows = [line.split("\t") for line in str(render(report, "plain")).splitlines() if "\t" in line]
    assert [rows[1][rows[0].index(name)] for name in names] == ["-"] * 3
