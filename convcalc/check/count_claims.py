"""Claims about what `params` answers: the number of parameters, or several counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from convcalc.check.claims import read_counts
from convcalc.check.count_question import CountQuestion, count_question
from convcalc.check.judge import judge_count
from convcalc.check.numbers import WrittenNumber
from convcalc.check.search import WrongAnswers
from convcalc.check.verdict import Verdict
from convcalc.network.cost import NetworkCost
from convcalc.network.graph import Graph
from convcalc.network.memory import Memory

_IN_WEIGHTS = re.compile(r"[^=:]*weights?\W*", re.IGNORECASE)


def count_judge(
    cost: NetworkCost, graph: Graph, *, names: Sequence[str] = (), number_bytes: int = 4, taken: Memory | None = None
) -> Callable[[str], Verdict]:
    """Return what judges texts that claim counts of a network; wrong answers are computed once for all of them.

    Many call every parameter a weight: `112 weights` is right of the weights without the biases, and of both.

    >>> from convcalc.layers import Linear
    >>> from convcalc.network.cost import network_cost
    >>> from convcalc.network.graph import chain
    >>> judge = count_judge(network_cost([Linear(3, 2)]), chain([Linear(3, 2)]))
    >>> judge("8").message, judge("6 weights").message, judge("params=8, biases=3").message
    ('the layers have 8 parameters', 'the layers have 6 weights', 'the layers have 2 biases, not 3')
    """
    questions: dict[str, CountQuestion] = {}
    wrong: dict[str, WrongAnswers] = {}

    def asked(name: str) -> CountQuestion:
        if name not in questions:
            questions[name] = count_question(cost, graph, name, names=names, number_bytes=number_bytes, taken=taken)
        return questions[name]

    def judge(text: str) -> Verdict:
        claims: Mapping[str, WrittenNumber] = read_counts(text)
        if "params" in claims and _IN_WEIGHTS.fullmatch(text):
            weights = asked("weights").right
            if weights is not None and claims["params"].agrees(weights):
                claims = {"weights": claims["params"]}
        return judge_count([(claim, asked(name)) for name, claim in claims.items()], wrong=wrong)

    return judge
