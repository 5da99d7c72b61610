"""What tests of the engine call in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.compute.computation import DEFAULTS
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.nchw import to_nchw
from convcalc.compute.number_types import Array
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.geometry import Window


def correlate(x: Any, kernel: Any, windows: Sequence[Window], *, options: Options = DEFAULTS, **fields: Any) -> Array:
    """Convolve arrays of any axes; `fields` are those of `PlainConvolution`."""
    return to_nchw(x, PlainConvolution(kernel, tuple(windows), **fields)).compute(options)


def correlate_transposed(x: Any, kernel: Any, windows: Sequence[Window], **fields: Any) -> Array:
    """Convolve arrays of any axes by the transposed convolution; `fields` are those of `TransposedConvolution`."""
    return to_nchw(x, TransposedConvolution(kernel, tuple(windows), **fields)).compute()
