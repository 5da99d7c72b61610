"""Attention in Keras's programs: parameters as Keras counts them, the multiply-accumulates of its products."""

from __future__ import annotations

import pytest

from convcalc.errors import ShapeError, SpecError, UsageError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.model.translate import translation


def program(run: str, inputs: str = "q = keras.Input((50, 64))\nv = keras.Input((30, 48))") -> LayerRequest:
    text = f"import keras\nfrom keras import layers\n{inputs}\nx = {run}\nm = keras.Model([q, v], x)\n"
    return LayerRequest((text,), file="net.py")


@pytest.mark.parametrize(
    ("run", "params", "positions", "output"),
    [
        ("layers.MultiHeadAttention(4, 20)(q, v)", 18224, (50, 30), (64, 50)),
        ("layers.MultiHeadAttention(4, 20)(value=v, query=q)", 18224, (50, 30), (64, 50)),
        ("layers.MultiHeadAttention(4, 20)(q, v, v, return_attention_scores=True)[0]", 18224, (50, 30), (64, 50)),
        ("layers.MultiHeadAttention(4, 20)(v, q)", 18208, (30, 50), (48, 30)),
    ],
)
def test_counts_are_those_of_keras(
    run: str, params: int, positions: tuple[int, int], output: tuple[int, int]
) -> None:
    queries, keys = positions
    asked, read = (64, 48) if queries == 50 else (48, 64)
    counted = count(program(run))
    assert counted.cost.trace is not None
    assert counted.cost.trace.output.sizes == output
    assert counted.cost.total.params == params
    products = queries * asked * 80 + 2 * keys * read * 80 + 2 * queries * keys * 80 + queries * 80 * asked
    assert counted.cost.total.macs == products


def test_values_may_be_narrower_and_biases_left_out() -> None:
    run = "layers.MultiHeadAttention(2, 24, value_dim=10, use_bias=False, output_shape=36)(q, q)"
    counted = count(program(run, "q = v = keras.Input((50, 64))"))
    assert counted.cost.total.params == 8144
    assert counted.cost.total.macs == 50 * (2 * 64 * 48 + 64 * 20 + 20 * 36) + 50 * 50 * (48 + 20)


def test_two_layers_hold_their_own_weights_and_one_that_runs_twice_holds_them_once() -> None:
    inputs = "q = v = keras.Input((50, 64))\nl = layers.MultiHeadAttention(4, 8)"
    assert count(program("l(l(q, q), q)", inputs)).cost.total.params == 8352
    assert count(program("layers.MultiHeadAttention(4, 8)(l(q, q), q)", inputs)).cost.total.params == 2 * 8352


@pytest.mark.parametrize("layer", ["Dense(64)", "Dense(64, name='d')", "SeparableConv1D(64, 3, padding='same')"])
def test_a_layer_that_runs_twice_counts_once(layer: str) -> None:
    once = count(program("l(q)", f"q = v = keras.Input((50, 64))\nl = layers.{layer}")).cost.total
    twice = count(program("l(l(q))", f"q = v = keras.Input((50, 64))\nl = layers.{layer}")).cost.total
    assert twice.params == once.params
    assert twice.macs == 2 * (once.macs or 0)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("layers.MultiHeadAttention(4, 20)(q)", "takes a query and a value"),
        ("layers.MultiHeadAttention(4, 20, attention_axes=(2,))(q, v)", "over all axes between the batch"),
        ("layers.MultiHeadAttention(4, 20, use_gate=True)(q, v)", "read without use_gate"),
        ("layers.MultiHeadAttention(4, 20, output_shape=(3, 2))(q, v)", "one size as its output_shape"),
    ],
)
def test_what_is_not_read_is_refused(run: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        forward(program(run))


def test_tensors_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="as many keys as values: keys are 80x50, values 80x30"):
        forward(program("layers.MultiHeadAttention(4, 20)(q, v, q)"))
    with pytest.raises(ShapeError, match="attention goes over axes of positions"):
        forward(program("layers.MultiHeadAttention(4, 20)(q, q)", "q = v = keras.Input((64,))"))


def test_a_product_of_tensors_is_not_translated() -> None:
    with pytest.raises(UsageError, match="a product of tensors"):
        translation(forward(program("layers.MultiHeadAttention(4, 20)(q, v)")), "pytorch")


def test_a_concatenation_keeps_its_axis_or_is_not_translated() -> None:
    text = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    text += "        self.c = nn.Conv2d(3, 3, 3, padding=1)\n"
    text += "    def forward(self, x):\n        return torch.cat([self.c(x), x], dim=2)\n"
    passed = forward(LayerRequest((text,), file="net.py"), "3x8x9")
    assert passed.output == (3, 16, 9)
    lines = "\n".join(translation(passed, "pytorch").lines)
    assert "torch.cat([a, x], dim=2)" in lines
    assert forward(LayerRequest((lines + "\n",), file="net.py"), "3x8x9").output == (3, 16, 9)
    for notation in ("keras", "short"):
        with pytest.raises(UsageError, match="another axis than the channels"):
            translation(passed, notation)


def test_several_inputs_have_the_sizes_that_the_program_states() -> None:
    inputs = "q = keras.Input((9, 7, 3))\nv = keras.Input((10,))"
    made = "layers.concatenate([layers.Flatten()(layers.Conv2D(8, 3)(q)), layers.Dense(5)(v)])"
    assert forward(program(made, inputs)).output == (8 * 7 * 5 + 5,)
    assert forward(program(made, inputs), "a=5x4x3 b=2").output == (8 * 3 * 2 + 5,)
    with pytest.raises(UsageError, match="takes 2 inputs, got 1"):
        forward(program(made, inputs.replace("(10,)", "(None,)")))
