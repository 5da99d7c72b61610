"""Prints of every age and as people paste them: the numbers of their model, or a reason why there are none."""

from __future__ import annotations

from typing import Any

import pytest
from printed_models import printed_ages

from convcalc.errors import SpecError
from convcalc.layers import parameters
from convcalc.model.forward import traced_network
from convcalc.network.cost import trace_cost
from convcalc.network.trace import interpret
from convcalc.notation import parse_network

PRINTS = printed_ages()
READ = [text for text in PRINTS if "params" in text]
REFUSED = [text for text in PRINTS if "refused" in text]


@pytest.mark.parametrize("text", READ, ids=[text["name"] for text in READ])
def test_a_print_is_read(text: dict[str, Any]) -> None:
    network = parse_network(text["text"])
    assert sum(parameters(node.layer).total for node in network.nodes) == text["params"]
    if "input" in text:
        network, traced = traced_network(network, interpret(tuple(text["input"]), network.layers))
        assert list(traced.output.sizes) == text["output"]
        assert trace_cost(traced).total.macs == text["macs"]


@pytest.mark.parametrize("text", REFUSED, ids=[text["name"] for text in REFUSED])
def test_a_print_without_its_numbers_is_refused(text: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"shortened|not closed|prints no arguments|without its arguments|summary"):
        parse_network(text["text"])
