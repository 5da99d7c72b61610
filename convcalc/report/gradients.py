"""The report of a backward pass: one gradient as a matrix, several as matrices with their names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Beside, Block, Commentary, Grid, Matrices, Report, number_kind
from convcalc.report.matrix import Display, matrix_report

TITLES = {"x": "dX", "w": "dW", "b": "db"}


def gradient_report(
    command: str,
    gradients: Mapping[str, Any],
    display: Display | None = None,
    comment: Commentary | None = None,
    exact: Mapping[str, Any] | None = None,
) -> Report:
    """Report gradients by their names `x`, `w`, `b`, and those that are quotients as the `exact` ones for the eye.

    >>> import numpy as np
    >>> gradient_report("conv", {"x": np.array([[1, 2]]), "b": np.array([3])}).data["gradients"]["b"]["shape"]
    [1]
    """
    display = display or Display()
    makers = {name: partial(_itself, array) for name, array in (exact or {}).items()}
    entries = {
        name: {"shape": list(array.shape), "dtype": number_kind(array), "data": array}
        for name, array in gradients.items()
    }
    if len(gradients) == 1:
        ((name, array),) = gradients.items()
        titled = display.replace(title=TITLES[name], exact=makers.get(name))
        report = matrix_report(command, array, display=titled, comment=comment)
        head = {name: report.data[name] for name in ("schema", "command")}
        rest = {name: value for name, value in report.data.items() if name not in ("shape", "dtype", "data")}
        return report.replace(data={**head, "gradients": entries, **rest})
    data: dict[str, Any] = {"gradients": entries}
    if display.layout != "chw":
        data["layout"] = display.layout
    answer = Matrices(
        tuple(
            Grid(array, title=TITLES[name], precision=display.precision, exact=makers.get(name))
            for name, array in gradients.items()
        )
    )
    blocks: list[Block] = [Beside(display.beside)] if display.beside else []
    return report_of(command, data, answer, [*blocks, answer], comment)


def _itself(array: Any) -> Any:
    return array
