"""What a network as written holds and does, and what is said about its sums."""

from __future__ import annotations

import pytest

from convcalc.errors import ShapeError, UsageError
from convcalc.model.count import count
from convcalc.model.request import LayerRequest


def asked(*texts: str) -> LayerRequest:
    return LayerRequest(texts)


def test_counts_without_and_with_an_input() -> None:
    network = asked("Conv2d(3, 8, 3)", "Flatten()", "Linear(336, 10)")
    held = count(network).cost.total
    assert (held.params, held.macs) == (3 * 8 * 9 + 8 + 336 * 10 + 10, None)
    done = count(network, "5x3x9x8").cost.total
    assert (done.params, done.macs) == (held.params, 5 * (3 * 8 * 9 * 7 * 6 + 336 * 10))


def test_the_input_that_layers_give_is_the_input() -> None:
    text = "keras.Sequential([Input(shape=(28, 26, 1)), Conv2D(8, 3)])"
    assert count(asked(text)).cost.total.macs == 8 * 9 * 26 * 24
    assert count(asked(text), "10x9x1").cost.total.macs == 8 * 9 * 8 * 7


def test_a_hidden_flatten_is_counted_behind() -> None:
    printed = "Net(\n  (a): Conv2d(3, 4, kernel_size=3, stride=1)\n  (b): Linear(in_features=60, out_features=2)\n)"
    counted = count(asked(printed), "3x5x7")
    assert [node.name for node in counted.network.nodes] == ["a", "(in forward)", "b"]
    assert [cost.macs for cost in counted.cost.costs] == [4 * 27 * 15, 0, 120]


def test_layers_that_no_sum_holds_are_named() -> None:
    printed = "Net(\n  (a): Swoosh(3, 4)\n  (b): ReLU()\n  (c): Swish2()\n  (d): Swoosh(1)\n)"
    assert "3 layers unknown and in no sum: Swoosh, Swish2" in count(asked(printed)).notes
    notes = count(asked("Net(\n  (a): Swoosh(3, 4)\n  (b): ReLU()\n)")).notes
    assert "1 layer unknown and in no sum: Swoosh" in notes


def test_a_name_of_keras_is_that_of_weights() -> None:
    # The same name twice is one layer used again in Keras; in PyTorch a name says where a module stands.
    counted = count(asked("Dense(7, name='top')", "Dense(7, name='top')"), "7")
    assert (counted.cost.total.params, counted.cost.total.macs) == (7 * 7 + 7, 2 * 7 * 7)
    assert counted.notes == ("used again, so counted once: top",)
    printed = "  (top): Linear(in_features=7, out_features=7, bias=True)\n"
    counted = count(asked(f"Net(\n{printed}{printed})"), "7")
    assert [node.name for node in counted.network.nodes] == ["top", "top"]
    assert (counted.cost.total.params, counted.notes) == (2 * (7 * 7 + 7), counted.network.assumptions)


def test_the_number_for_a_question_mark_is_filled_in() -> None:
    layers = asked("Conv2d(3, 8, 3)", "Flatten()", "Linear(?, 10)")
    counted = count(layers, "3x9x8")
    assert counted.network.nodes[2].text == "Linear(336, 10)"
    with pytest.raises(UsageError, match="what it stands for depends on the input"):
        count(layers)


@pytest.mark.parametrize(
    ("layers", "size", "place"),
    [
        (("Conv2d(3, 4, 3)", "Conv2d(3, 8, 3)"), "3x9x9", "layer 2 (Conv2d(3, 8, 3))"),
        (("relu", "conv:8,k3"), None, "layer 2 (conv:8,k3)"),
    ],
)
def test_errors_have_the_place_of_their_layer(layers: tuple[str, ...], size: str | None, place: str) -> None:
    with pytest.raises(ShapeError, match="channels") as caught:
        count(asked(*layers), size)
    assert caught.value.place == place
