"""What a print hides in single layers: the ceil_mode of average poolings, found where sizes only fit with it."""

from __future__ import annotations

import pytest
from printed_models import printed_model

from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.model.forward import traced_network
from convcalc.notation import parse_network

NET = "Sequential((0): Conv2d(1, 2, kernel_size=(1, 1)) (1): AvgPool2d(kernel_size=2, stride=2, padding=0) {})"
FULL = NET.format("(2): Flatten() (3): Linear(in_features=24, out_features=5)")


def test_the_pooling_that_makes_sizes_fit_is_named_and_taken() -> None:
    network, shape = parse_network(FULL), TensorShape((1, 5, 7), 2)
    with pytest.raises(ShapeError, match="24 features") as caught:
        traced_network(network, shape)
    assert (
        caught.value.hint
        == "fits if layer 2 (1) was made with ceil_mode=True, which PyTorch does not print: `assume` ceil"
    )
    changed, traced = traced_network(network, shape, assume=("ceil",))
    assert [str(step.output) for step in traced.steps] == ["2x5x7", "2x3x4", "24", "5"]
    assert "layer 2 (1)" in changed.assumptions[-1]


def test_nothing_is_taken_where_sizes_fit_without_it() -> None:
    network, traced = traced_network(parse_network(FULL), TensorShape((1, 6, 8), 2), assume=("ceil",))
    assert str(traced.steps[1].output) == "2x3x4"
    assert not [sentence for sentence in network.assumptions if "is taken in" in sentence]


def test_a_pooling_that_does_not_help_is_not_named() -> None:
    network = parse_network(FULL)
    with pytest.raises(ShapeError) as caught:
        traced_network(network, TensorShape((1, 9, 9), 2), assume=("ceil",))
    assert "ceil_mode" not in (caught.value.hint or "")


def test_all_poolings_of_a_network_that_only_fits_with_all() -> None:
    model = printed_model("resnet50d", "timm")
    network, shape = parse_network(model["printed"]), TensorShape((3, 225, 225), 2)
    with pytest.raises(ShapeError, match="added tensors") as caught:
        traced_network(network, shape)
    assert "were made with ceil_mode=True" in (caught.value.hint or "")
    _, traced = traced_network(network, shape, assume=("ceil",))
    assert str(traced.output) == "1000"  # as timm's own, which rounds up
