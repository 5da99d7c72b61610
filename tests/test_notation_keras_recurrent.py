"""Keras's layers along a sequence, written in every way, beside what Keras 3.15 says of them and plain counting."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from convcalc.errors import SpecError
from convcalc.layers import Recurrent, TensorShape, macs, output_shape
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import parse_network
from convcalc.notation.keras.write import to_keras

Run = Callable[..., Any]

# Input, layers, what comes out and `count_params()`, all as Keras 3.15 has them.
CASES = [
    ("10x16", "LSTM(32)", (32,), 6272),
    ("10x16", "LSTM(32, return_sequences=True, use_bias=False)", (10, 32), 6144),
    ("10x16", "layers.GRU(7, activation='relu')", (7,), 525),
    ("10x16", "GRU(7, reset_after=False)", (7,), 504),
    ("10x16", "SimpleRNN(7, 'relu', return_sequences=True)", (10, 7), 168),
    ("10x16", "Bidirectional(LSTM(3))", (6,), 480),
    ("10x16", "Bidirectional(GRU(3, return_sequences=True), merge_mode='ave')", (10, 3), 378),
    ("10x16", "TimeDistributed(Dense(5))", (10, 5), 85),
    ("4x9x11x3", "TimeDistributed(Conv2D(5, (3, 2), strides=2))", (4, 4, 5, 5), 95),
    ("4x9x11x3", "TimeDistributed(MaxPooling2D((2, 3)))", (4, 4, 3, 3), 0),
    ("4x9x11x3", "TimeDistributed(Flatten())", (4, 297), 0),
    ("4x9x3", "TimeDistributed(LSTM(5))", (4, 5), 180),
    ("4x9x11x3", "ConvLSTM2D(5, (3, 2), strides=(2, 1), padding='same')", (5, 11, 5), 980),
    ("4x9x3", "ConvLSTM1D(2, 3, return_sequences=True)", (4, 7, 2), 128),
]


@pytest.mark.parametrize(("size", "layer", "sizes", "params"), CASES, ids=[layer for _, layer, _, _ in CASES])
def test_sizes_and_counts_are_those_of_keras(size: str, layer: str, sizes: tuple[int, ...], params: int) -> None:
    request = LayerRequest((f"Input({tuple(map(int, size.split('x')))})", layer))
    assert forward(request).output == sizes
    assert count(request).cost.total.params == params
    assert forward(LayerRequest((layer,)), size).output == sizes


@pytest.mark.parametrize("layer", [layer for _, layer, _, _ in CASES if "ConvLSTM" not in layer])
def test_what_is_written_reads_as_the_same_layer(layer: str) -> None:
    (node,) = parse_network(layer, notation="keras").nodes
    written = to_keras(node.layer)
    assert parse_network(written, notation="keras").nodes[0].layer == node.layer


def steps_counted(steps: int, features: int, hidden: int, gates: int) -> int:
    """Run the products of a recurrent cell one by one."""
    found = 0
    for _ in range(steps):
        for _ in range(gates):
            for _ in range(hidden):
                found += sum(1 for _ in range(features)) + sum(1 for _ in range(hidden))
    return found


@pytest.mark.parametrize(("kind", "gates"), [("SimpleRNN", 1), ("GRU", 3), ("LSTM", 4)])
def test_products_are_counted_for_every_step(kind: str, gates: int) -> None:
    one = count(LayerRequest((f"{kind}(5)",)), "6x3").cost.total
    assert one.macs == steps_counted(6, 3, 5, gates)
    both = count(LayerRequest((f"Bidirectional({kind}(5))",)), "6x3").cost.total
    assert both.macs == 2 * one.macs


def test_products_of_a_convolutional_lstm_are_those_of_its_two_convolutions() -> None:
    total = count(LayerRequest(("ConvLSTM2D(5, (3, 2), strides=(2, 1))",)), "4x9x11x3").cost.total
    cells, gates = 4 * 10, 4 * 5
    assert total.macs == 4 * cells * gates * (3 * 2 * 3 + 3 * 2 * 5)


def test_products_at_each_step_are_those_of_as_many_samples() -> None:
    each = count(LayerRequest(("Conv2D(5, (3, 2), strides=2)",)), "9x11x3").cost.total
    steps = count(LayerRequest(("TimeDistributed(Conv2D(5, (3, 2), strides=2))",)), "4x9x11x3").cost.total
    assert (steps.macs, steps.params) == (4 * (each.macs or 0), each.params)


def test_a_batch_and_open_steps_go_through() -> None:
    layer = Recurrent("lstm", 3, 5, on_channels=True, biases=1)
    assert output_shape(layer, TensorShape((2, 3, None), 1)) == TensorShape((2, 5, None), 1)
    assert macs(layer, TensorShape((2, 3, 6), 1), TensorShape((2, 5, 6), 1)) == 2 * steps_counted(6, 3, 5, 4)
    assert macs(layer, TensorShape((3, None), 1), TensorShape((5, None), 1)) is None


def test_names_of_both_are_read_as_the_one_whose_arguments_they_have() -> None:
    assert parse_network("Embedding(50, 8), LSTM(4), Dropout(0.2)").notation == "keras"
    assert parse_network("Embedding(50, 8), LSTM(8, 4), Dropout(0.2)").notation == "pytorch"


def test_the_last_size_of_an_input_is_its_features() -> None:
    request = LayerRequest(("Input((10, 16))", "Dense(5)"))
    assert (forward(request).output, count(request).cost.total.params) == ((10, 5), 85)
    stacked = LayerRequest(("Dense(5)", "LSTM(3)"))
    assert (forward(stacked, "10x16").output, count(stacked, "10x16").cost.total.params) == ((3,), 85 + 108)


REFUSED = [
    ("Bidirectional(Dense(3))", "around one recurrent layer"),
    ("Bidirectional(LSTM(3), merge_mode='max')", "merge_mode must be one of 'concat', 'sum', 'mul', 'ave'"),
    ("Bidirectional(3)", "Bidirectional takes a layer"),
    ("layers.LSTM(3, return_state=True)", "makes several outputs"),
    ("TimeDistributed(Sequential([Dense(3)]))", "there is no layer 'Sequential'"),
]


@pytest.mark.parametrize(("layer", "message"), REFUSED, ids=[layer for layer, _ in REFUSED])
def test_what_is_not_read_is_refused(layer: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_network(layer)


def test_the_command_counts_and_explains(here: Run) -> None:
    done = here("params", "10x16", "LSTM(32)", "--explain")
    assert (
        "weights = directions · gates · hidden · (inputs of its layers + layers · fed back) = 1·4·32·(16 + 1·32)"
        in done.stdout
    )
    assert "biases = 1 · gates · hidden · directions · layers = 1·4·32·1·1 = 128" in done.stdout
    data = json.loads(here("params", "10x16", "LSTM(32)", "--json").stdout)
    assert (data["total"]["params"], data["total"]["macs"]) == (6272, 61440)


def test_programs_wrap_layers_too() -> None:
    text = """from tensorflow.keras import layers, models
model = models.Sequential()
model.add(layers.TimeDistributed(layers.Conv2D(8, (3, 3), activation='relu'), input_shape=(5, 20, 17, 3)))
model.add(layers.TimeDistributed(layers.Flatten()))
model.add(layers.Bidirectional(layers.LSTM(32, return_sequences=True)))
model.add(layers.GRU(4))
"""
    request = LayerRequest((text,), file="net.py")
    assert forward(request).output == (4,)
    flat = 8 * 18 * 15
    assert count(request).cost.total.params == 8 * 28 + 2 * 4 * 32 * (flat + 33) + 3 * 4 * (64 + 4 + 2)
