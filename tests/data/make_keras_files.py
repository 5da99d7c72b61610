"""Write small models of Keras's as it saves them, and what it says of each: `python tests/data/make_keras_files.py`.

Needs Keras 3 with any backend.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import layers

FOLDER = Path(__file__).parent / "keras_files"


def chain() -> Any:
    """Layers in their order, most kinds of them once."""
    return keras.Sequential(
        [
            keras.Input((21, 17, 3)),
            layers.Rescaling(1 / 255),
            layers.RandomFlip(),
            layers.Conv2D(6, (3, 5), strides=(2, 1), padding="same", activation="relu", use_bias=False),
            layers.BatchNormalization(momentum=0.9, scale=False),
            layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=2),
            layers.SeparableConv2D(10, 3, padding="same"),
            layers.LeakyReLU(),
            layers.MaxPooling2D(2),
            layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            layers.UpSampling2D((1, 2)),
            layers.ZeroPadding2D(((1, 0), (2, 1))),
            layers.Cropping2D(1),
            layers.AveragePooling2D((2, 3), strides=1),
            layers.PReLU(shared_axes=[1, 2]),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(7, activation="softmax"),
        ]
    )


def graph() -> Any:
    """Branches, a layer used twice, a model inside, arithmetic with constants."""
    inner = keras.Sequential([layers.Conv2D(8, 1, activation="gelu"), layers.LayerNormalization()], name="inner")
    shared = layers.Conv2D(8, 3, padding="same", name="shared")
    given = keras.Input((16, 12, 8))
    one, two = shared(given), shared(layers.Activation("tanh")(given))
    joined = layers.Concatenate()([one, two, inner(given)])
    gate = layers.Dense(24, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(joined))
    gated = layers.Multiply()([joined, gate])
    mixed = layers.Average()([layers.Conv2D(8, 1)(gated), inner(one)]) + 3.0
    return keras.Model(given, [layers.GlobalMaxPooling2D()(mixed), layers.MaxPooling2D(3, strides=2)(gated)])


def sequence() -> Any:
    """Layers over one axis."""
    return keras.Sequential(
        [
            keras.Input((30, 5)),
            layers.Conv1D(8, 4, padding="causal", dilation_rate=2),
            layers.BatchNormalization(),
            layers.MaxPooling1D(3, strides=2, padding="same"),
            layers.Dense(3),
            layers.GlobalAveragePooling1D(),
        ]
    )


def first() -> Any:
    """Channels first."""
    return keras.Sequential(
        [
            keras.Input((3, 18, 14)),
            layers.Conv2D(4, 3, data_format="channels_first", activation="relu"),
            layers.BatchNormalization(axis=1),
            layers.MaxPooling2D(2, data_format="channels_first"),
            layers.Flatten(data_format="channels_first"),
            layers.Dense(5),
        ]
    )


def recurrent() -> Any:
    """Recurrent layers of every kind, one behind the other."""
    return keras.Sequential(
        [
            keras.Input((12, 5)),
            layers.Masking(),
            layers.LSTM(7, return_sequences=True, dropout=0.1),
            layers.Bidirectional(layers.GRU(4, return_sequences=True, reset_after=False), merge_mode="sum"),
            layers.GRU(6, return_sequences=True, activation="relu"),
            layers.TimeDistributed(layers.Dense(9, activation="tanh")),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True, use_bias=False)),
            layers.SimpleRNN(8),
            layers.RepeatVector(4),
            layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True), merge_mode="ave"),
            layers.LSTM(5, go_backwards=True),
            layers.Dense(2),
        ]
    )


def film() -> Any:
    """Layers, a model and a recurrent layer at each step; convolutional LSTMs."""
    inner = keras.Input((14, 11, 3))
    one = layers.Conv2D(6, 3, padding="same", activation="relu")(inner)
    two = layers.SeparableConv2D(6, (3, 5), padding="same")(inner)
    joined = layers.Concatenate()([layers.Add()([one, two]), layers.BatchNormalization()(one)])
    eye = keras.Model(inner, layers.GlobalAveragePooling2D()(joined))
    given = keras.Input((5, 14, 11, 3))
    seen = layers.LSTM(4)(layers.TimeDistributed(eye)(given))
    pooled = layers.TimeDistributed(layers.MaxPooling2D(2))(given)
    remembered = layers.ConvLSTM2D(4, (3, 2), padding="same", return_sequences=True)(pooled)
    remembered = layers.ConvLSTM2D(2, 3, strides=(2, 1), use_bias=False)(remembered)
    rows = layers.TimeDistributed(layers.GRU(3))(layers.TimeDistributed(layers.Reshape((22, 21)))(given))
    return keras.Model(given, [seen, remembered, layers.TimeDistributed(layers.Flatten())(pooled), rows])


def translation() -> Any:
    """Sequence to sequence: the states of one recurrent layer begin another."""
    words, written = keras.Input((9,)), keras.Input((6,))
    _, state, cell = layers.LSTM(8, return_state=True)(layers.Embedding(50, 7)(words))
    sequence = layers.LSTM(8, return_sequences=True)(layers.Embedding(40, 7)(written), initial_state=[state, cell])
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True, return_state=True))(sequence)
    return keras.Model([words, written], [layers.Dense(40)(both[0]), layers.Concatenate()(both[1:])])


def attention() -> Any:
    """Attention to others, by their places and by their names, and one to itself that runs twice."""
    asked, read, found = keras.Input((11, 6)), keras.Input((7, 5)), keras.Input((7, 9))
    own = layers.MultiHeadAttention(3, 4, value_dim=2)
    made = own(own(asked, asked), asked)
    made = layers.MultiHeadAttention(2, 5, use_bias=False, output_shape=8)(made, read)
    made = layers.MultiHeadAttention(2, 3)(query=made, key=found, value=read)
    return keras.Model([asked, read, found], made)


MODELS: tuple[Callable[[], Any], ...] = (chain, graph, sequence, first, recurrent, film, translation, attention)


def main() -> None:
    """Write a JSON file for each model, one archive, and the expected numbers."""
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for make in MODELS:
        keras.utils.clear_session()
        model = make()
        name = make.__name__
        (FOLDER / f"{name}.json").write_text(model.to_json())
        outputs = model.output_shape if isinstance(model.output_shape, list) else [model.output_shape]
        expected[name] = {"params": model.count_params(), "outputs": [list(shape[1:]) for shape in outputs]}
    keras.utils.clear_session()
    sequence().save(FOLDER / "sequence.keras")
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
