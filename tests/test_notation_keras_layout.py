"""Keras's layers with their channels first: sizes and parameters are those that Keras 3.15 gives."""

from __future__ import annotations

import pytest
from marked import marked

from convcalc.errors import ShapeError, SpecError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest

FIRST = "data_format='channels_first'"
FUNCTIONAL = f"""from keras import layers, Model
inputs = layers.Input(shape=(3, 20, 28))
x = layers.Conv2D(6, 3, strides=2, padding="same", {FIRST})(inputs)
x = layers.BatchNormalization(axis=1)(x)
x = layers.Activation("relu")(x)
y = layers.MaxPooling2D(2, {FIRST})(x)
y = layers.UpSampling2D(2, {FIRST})(y)
z = layers.Concatenate(axis=1)([x, y])
z = layers.DepthwiseConv2D(3, {FIRST})(z)
z = layers.GlobalAveragePooling2D({FIRST})(z)
model = Model(inputs, layers.Dense(7)(z))
"""
SEQUENTIAL = f"""from keras import layers, models
m = models.Sequential()
m.add(layers.Conv2D(8, 3, {FIRST}, input_shape=(3, 32, 32)))
m.add(layers.MaxPooling2D(2, {FIRST}))
m.add(layers.Flatten())
m.add(layers.Dense(10))
"""
KERAS_1 = """from keras.models import Sequential
from keras.layers import Convolution2D, MaxPooling2D, Flatten, Dense
model = Sequential()
model.add(Convolution2D(8, 3, 5, dim_ordering='th', input_shape=(3, 20, 28)))
model.add(MaxPooling2D(pool_size=(2, 2), dim_ordering='th'))
model.add(Flatten())
model.add(Dense(10))
"""
EVERYWHERE = """from keras import backend as K
from keras.layers import *
K.set_image_data_format('channels_first')
m = Sequential()
m.add(Conv2D(8, 3, input_shape=(3, 20, 28)))
m.add(MaxPooling2D(2))
m.add(Flatten())
m.add(Dense(4))
"""
LAYERS = f"keras.Sequential([Input(shape=(3, 20, 28)), Conv2D(8, 3, {FIRST}), MaxPooling2D(2, {FIRST}), Flatten()])"


@pytest.mark.parametrize(
    ("text", "sizes", "parameters"),
    [
        (
            FUNCTIONAL,
            ["6x10x14", "6x10x14", "6x10x14", "6x5x7", "6x10x14", "12x10x14", "12x8x12", "12", "7"],
            403,
        ),
        (SEQUENTIAL, ["8x30x30", "8x15x15", "1800", "10"], 18_234),
        # 8 kernels of 3x3x5, one bias each; 8x9x12 cells.
        (KERAS_1, ["8x18x24", "8x9x12", "864", "10"], 8 * 46 + 864 * 10 + 10),
        (EVERYWHERE, ["8x18x26", "8x9x13", "936", "4"], 8 * 28 + 936 * 4 + 4),
        (LAYERS, ["8x18x26", "8x9x13", "936"], 8 * 28),
    ],
    ids=["functional", "sequential", "Keras 1", "everywhere", "layers"],
)
def test_channels_stand_first(text: str, sizes: list[str], parameters: int) -> None:
    request = LayerRequest((text,))
    passed = forward(request, None)
    assert [str(step.output) for step in passed.trace.steps] == sizes
    assert passed.layout == "chw"
    counted = count(request).cost.total.parameters
    assert counted.total + counted.buffers == parameters


@pytest.mark.parametrize(
    ("layers", "message", "faulty"),
    [
        (f"Conv2D(8, 3, {FIRST}) MaxPooling2D(2)", "channels first, this one last", "MaxPooling2D(2)"),
        (
            f"Conv2D(8, 3, {FIRST}) MaxPooling2D(2, data_format='channels_last')",
            "channels first, this one last",
            "MaxPooling2D(2, data_format='channels_last')",
        ),
        (f"Conv2D(8, 3, {FIRST}) Dense(4)", "one of space where channels are first", "Dense(4)"),
        (
            f"Conv2D(8, 3, {FIRST}) BatchNormalization()",
            "one of space where channels are first",
            "BatchNormalization()",
        ),
        ("Conv2D(8, 3, data_format='first')", "it is channels_last or channels_first", "'first'"),
    ],
)
def test_a_layer_of_the_other_layout_is_refused(layers: str, message: str, faulty: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        forward(LayerRequest((layers,)), "3x20x28")
    assert marked(caught.value) == faulty


@pytest.mark.parametrize(
    ("text", "size", "said"),
    [
        ("Conv2D(64, 3)", "3x32x32",
         "3x32x32 is read with its channels last; if they are first, say so: `layout` chw"),
        ("Conv2D(64, 3)", "32x32x3", None),
        ("Conv2D(64, 3)", "24x48x40", None),
        ("Sequential([Input((3, 32, 32)), Conv2D(8, 2)])", None,
         "3x32x32 is read with its channels last; if they are first, say so: data_format='channels_first'"),
    ],
)  # fmt: skip
def test_a_size_that_looks_channels_first_gets_a_note(text: str, size: str | None, said: str | None) -> None:
    assert forward(LayerRequest((text,)), size).network.notes == (() if said is None else (said,))


def test_a_size_that_looks_channels_first_and_does_not_fit_gets_the_hint() -> None:
    with pytest.raises(ShapeError, match="smaller than the kernel") as raised:
        forward(LayerRequest(("Conv2D(32, 3)",)), "1x28x28")
    assert raised.value.hint == "1x28x28 is read with its channels last; if they are first, say so: `layout` chw"
    assert forward(LayerRequest(("Conv2D(32, 3)",)), "1x28x28", "chw").trace.output.sizes == (32, 26, 26)
