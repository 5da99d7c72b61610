"""Claims about what `shape` answers: the size that comes out, the receptive field, or both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from convcalc.check.claims import bare_power, read_sizes
from convcalc.check.field_question import field_question
from convcalc.check.judge import judge_field, judge_size, wrong_answers
from convcalc.check.numbers import WrittenNumber
from convcalc.check.size_question import size_question
from convcalc.check.verdict import Verdict
from convcalc.errors import DataError
from convcalc.network.graph import Graph
from convcalc.network.trace import Trace

Claim = Sequence[WrittenNumber | None]
"""A number per axis, None where it is left open."""


def shape_judge(graph: Graph, trace: Trace, layout: str = "chw") -> Callable[[str], Verdict]:
    """Return what judges texts that claim something of a network; wrong answers are computed once for all of them.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.graph import chain
    >>> from convcalc.network.trace import trace
    >>> from convcalc.notation import parse_layers
    >>> graph = chain([node.layer for node in parse_layers("conv:8,k5 conv:8,k5")])
    >>> judge = shape_judge(graph, trace(graph, TensorShape((3, 20, 20), 2)))
    >>> judge("12").message, judge("rf=9").message, judge("output=8x12x12, rf=10").message
    ('the size is 8x12x12', 'the receptive field is 9', 'the receptive field is 9, not 10')
    """
    judges: dict[str, Callable[[Claim], Verdict]] = {}

    def judge(text: str) -> Verdict:
        claims = read_sizes(text, layout)
        for name in claims:
            if name in judges:
                continue
            if name == "receptive_field":
                field = field_question(trace)
                judges[name] = partial(judge_field, question=field, wrong=wrong_answers(field))
            else:
                size = size_question(graph, trace.input, *trace.others, layout=layout)
                judges[name] = partial(judge_size, question=size, wrong=wrong_answers(size))
        verdict = _together([judges[name](claim) for name, claim in claims.items()])
        power = None if verdict.right else bare_power(text)
        if power is not None and all(judges[name]([power]).right for name in claims):
            message = f"{text.strip()} can be read both ways: as a size, or as the number {power}"
            raise DataError(message, place="`check`", hint=f"write {power}, or the size as 8x8")
        return verdict

    return judge


def _together(verdicts: list[Verdict]) -> Verdict:
    """Return one verdict on several claims: what is wrong of them, or that all are right."""
    counted = [verdict for verdict in verdicts if not verdict.right] or verdicts
    return Verdict(
        right=counted[0].right,
        message="; ".join(verdict.message for verdict in counted),
        explanations=tuple(slips for verdict in counted for slips in verdict.explanations),
        cells=tuple(cell for verdict in counted for cell in verdict.cells),
        score=(sum(verdict.score[0] for verdict in verdicts), sum(verdict.score[1] for verdict in verdicts)),
        searched=all(verdict.searched for verdict in counted),
    )
