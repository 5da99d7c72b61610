"""For notebooks and programs: `convcalc.convolve`, `pool`, their gradients, `indices`, `shape`, `params`, `parse`,
`exercises`, and `check_convolve`, `check_pool`, `check_shape`, `check_params`, which judge a claimed answer.

The same layers, rules and engine as on the command line, for arrays that are there already. Errors are those of
`convcalc.errors`, all of them `ConvcalcError`s with a message, and a `hint` where there is one.
"""

from __future__ import annotations

from convcalc.api.arrays import convolve, gradients, indices, pool, pool_gradient
from convcalc.api.claims import check_convolve, check_params, check_pool, check_shape
from convcalc.api.networks import params, parse, shape
from convcalc.api.questions import exercises

__all__ = [
    "check_convolve",
    "check_params",
    "check_pool",
    "check_shape",
    "convolve",
    "exercises",
    "gradients",
    "indices",
    "params",
    "parse",
    "pool",
    "pool_gradient",
    "shape",
]
