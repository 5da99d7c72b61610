"""The report of a computed matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Beside, Block, Commentary, Grid, Heat, Report, number_kind
from convcalc.value import Value


class Display(Value):
    """How a matrix is shown: next to the matrices it was computed from, as a heat map too, rounded to a precision.

    `picture` is the matrix with the planes that pictures show as its last two axes, where it has others there;
    `labels` are the indices of the columns of a sequence; `title` names it where it stands beside others, and
    `exact` makes its exact numbers where it has quotients as floats.
    """

    beside: tuple[Grid, ...] = ()
    heatmap: bool = False
    precision: int | None = None
    layout: str = "chw"
    picture: Any = None
    title: str = "output"
    labels: range | None = None
    exact: Callable[[], Any] | None = None


def matrix_report(
    command: str,
    array: Any,
    indices: Any = None,
    display: Display | None = None,
    comment: Commentary | None = None,
) -> Report:
    """Report a computed matrix, with the `indices` of the cells that a pooling chose if they were asked for.

    >>> import numpy as np
    >>> matrix_report("conv", np.array([[1, 2]])).data["shape"]
    [1, 2]
    """
    display, comment = display or Display(), comment or Commentary()
    answer = Grid(
        array, precision=display.precision, picture=display.picture, labels=display.labels, exact=display.exact
    )
    data: dict[str, Any] = {"shape": list(array.shape), "dtype": number_kind(array), "data": array}
    if display.layout != "chw":
        data["layout"] = display.layout
    if display.labels is not None:
        data |= {"origin": display.labels.start, "step": display.labels.step}
    shown = array if display.picture is None else display.picture
    blocks: list[Block] = [Heat(shown)] if display.heatmap else []
    beside = tuple(grid.replace(precision=display.precision) for grid in display.beside)
    blocks.append(Beside((*beside, answer), display.title) if beside else answer)
    if indices is not None:
        data["indices"] = indices
        blocks.append(Grid(indices, title="indices"))
    return report_of(command, data, answer, blocks, comment)
