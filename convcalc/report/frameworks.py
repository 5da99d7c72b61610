"""The report of one layer in several frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Block, Cell, Column, Lines, Report, Table

if TYPE_CHECKING:
    from convcalc.geometry import Padding
    from convcalc.layers import TensorShape
    from convcalc.network.frameworks import Reading

COLUMNS = (
    Column("Framework", "framework"),
    Column("Setting", "setting", detail=1),
    Column("Padding", "padding", numeric=True),
    Column("Output", "output", numeric=True),
    Column("Differs", "differs"),
)


def frameworks_report(readings: Sequence[Reading], text: str, shape: TensorShape, layout: str = "chw") -> Report:
    """Report how frameworks read a layer, one row for each, and below the rows what would make them agree.

    >>> from convcalc.network.frameworks import readings
    >>> from convcalc.geometry import Padding
    >>> from convcalc.layers import Convolution, TensorShape
    >>> shape = TensorShape((3, 224), 1)
    >>> conv = Convolution(3, 64, (7,), (2,), (Padding(3, 3),), (1,))
    >>> frameworks_report(readings(conv, shape), "conv:64,k7,s2,p3", shape).answer
    'differ'
    """
    agree = all(each.agrees for each in readings)
    data: dict[str, Any] = {
        "layer": text,
        "input": list(shape.laid_out(layout)),
        "agree": agree,
        "frameworks": [_entry(each) for each in readings],
    }
    blocks: list[Block] = [Table(COLUMNS, tuple(_row(each, readings) for each in readings))]
    notes = tuple(f"{each.framework}: {each.note}" for each in readings if each.note)
    if notes:
        blocks.append(Lines(notes, role="note"))
    return report_of("shape", data, "agree" if agree else "differ", blocks)


def _row(reading: Reading, readings: Sequence[Reading]) -> tuple[Cell, ...]:
    padding = _padding_text(reading.paddings)
    return (reading.framework, reading.setting or None, padding, reading.outputs, _difference(reading, readings))


def _padding_text(paddings: Sequence[Padding] | None) -> str | None:
    """Return the cells before and after each axis as text.

    >>> from convcalc.geometry import Padding
    >>> _padding_text((Padding(2, 3), Padding(1, 1)))
    '2:3x1:1'
    """
    return None if paddings is None else "x".join(f"{side.before}:{side.after}" for side in paddings)


def _difference(reading: Reading, readings: Sequence[Reading]) -> str | None:
    """Return in a word how a reading differs from the layer as written."""
    if reading.agrees:
        return None
    if reading.outputs is None:
        return "cannot say it"
    sizes = {each.outputs for each in readings if each.agrees}
    return "values" if not sizes or reading.outputs in sizes else "size"


def _entry(reading: Reading) -> dict[str, Any]:
    """Return what the JSON form says of one framework."""
    paddings = reading.paddings
    return {
        "framework": reading.framework,
        "setting": reading.setting or None,
        "padding": None if paddings is None else [[side.before, side.after] for side in paddings],
        "output": None if reading.outputs is None else list(reading.outputs),
        "agrees": reading.agrees,
        "note": reading.note or None,
    }
