"""Claimed answers judged: whether they are right, and which mistake gives exactly them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcalc.api.arguments import ConvolutionOptions, PoolingOptions, as_array, as_kernel, filter_of, pooling_of
from convcalc.api.networks import requested, size_text

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from numpy.typing import ArrayLike

    from convcalc.api.arguments import PerAxis
    from convcalc.check.claimed_matrix import ClaimedMatrix
    from convcalc.check.verdict import Verdict
    from convcalc.layers import Layer


def check_shape(
    claim: str | PerAxis, size: str | PerAxis | None, *layers: str | Layer | Path, dims: int | None = None
) -> Verdict:
    """Judge a claimed size of what `shape(size, *layers)` gives, or a receptive field ("rf=11", "output=7x7, rf=11").

    The verdict has `right`, a `message`, the `mistake` that explains a wrong claim by its name (None where none is
    known), `explanations` with a sentence each, the wrong `cells`, and the `score`. Raises what `shape` raises, and
    DataError for a claim that is not a size.

    >>> import convcalc
    >>> verdict = convcalc.check_shape("7", 12, "conv:8,k5")
    >>> verdict.right, verdict.mistake
    (False, 'off-by-one')
    >>> convcalc.check_shape("rf=9", "3x64x64", "conv:8,k7,s2", "maxpool:3,s2").mistake
    'strides-forgotten'
    """
    from convcalc.check.shape_claims import shape_judge
    from convcalc.model.forward import forward, graph_of

    passed = forward(requested(layers, dims), size_text(size))
    judge = shape_judge(graph_of(passed.network), passed.trace, passed.layout)
    return judge(claim if isinstance(claim, str) else size_text(claim) or "")


def check_params(
    claim: str | int, *layers: str | Layer | Path, size: str | PerAxis | None = None, dims: int | None = None
) -> Verdict:
    """Judge claimed counts of `params(*layers, size=size)`: a number of parameters, or "macs=..., flops=...".

    The verdict is as for `check_shape`. Raises what `params` raises, and DataError for a claim that is not a count.

    >>> import convcalc
    >>> convcalc.check_params(9408, "Conv2d(3, 64, 7)").mistake
    'bias-forgotten'
    """
    from convcalc.check.count_claims import count_judge
    from convcalc.model.count import count, weight_names
    from convcalc.model.forward import graph_of
    from convcalc.network.memory import memory

    counted = count(requested(layers, dims), size_text(size))
    counted.check_complete()
    graph, names = graph_of(counted.network), weight_names(counted.network)
    taken = None if counted.cost.trace is None else memory(counted.cost)
    return count_judge(counted.cost, graph, names=names, taken=taken)(str(claim))


def check_convolve(
    claim: ArrayLike | str,
    x: ArrayLike,
    kernel: ArrayLike | str,
    *,
    tolerance: float | None = None,
    **options: Unpack[ConvolutionOptions],
) -> Verdict:
    """Judge a claimed result of `convolve(x, kernel, **options)`: an array, or a matrix as text.

    A claim is right to the digits that it is written with, or to a `tolerance`. The verdict is as for `check_shape`.

    >>> import convcalc
    >>> convcalc.check_convolve("2 2", [1, 0, 2], [1, 2]).mistake
    'kernel-flipped'
    """
    from convcalc.check.judge import judge_matrix
    from convcalc.check.matrix_question import filter_question

    array = as_array(x)
    filters, _ = filter_of(array, as_kernel(kernel), options)
    return judge_matrix(_claimed(claim), filter_question(array, filters), tolerance=tolerance)


def check_pool(
    claim: ArrayLike | str,
    x: ArrayLike,
    layer: str | Layer = "max",
    kernel: PerAxis | None = None,
    *,
    tolerance: float | None = None,
    **options: Unpack[PoolingOptions],
) -> Verdict:
    """Judge a claimed result of `pool(x, layer, kernel, **options)`, as `check_convolve` does.

    >>> import convcalc
    >>> convcalc.check_pool("2.33 4 6", [1, 3, 3, 4, 5, 6, 7], "avg", 3, stride=2).message
    'all 3 cells agree, right to the 2 decimals given'
    """
    from convcalc.check.judge import judge_matrix
    from convcalc.check.matrix_question import pooling_question

    array = as_array(x)
    written = pooling_of(array, layer, kernel, options)
    question = pooling_question(array, written.layer, written.layout)
    return judge_matrix(_claimed(claim), question, tolerance=tolerance)


def _claimed(claim: Any) -> ClaimedMatrix:
    """Return a claim with the digits that its numbers are written with, where it is text."""
    from convcalc.check.claimed_matrix import claimed_matrix

    if not isinstance(claim, str):
        from convcalc.compute.number_types import kind_of

        array = as_array(claim)
        kind_of(array)  # refuses numbers that no answer has, as complex ones
        return claimed_matrix(array)
    from convcalc.matrix.text import parse_matrix

    return claimed_matrix(parse_matrix(claim, place="the claim").array, claim)
