"""Models of Keras's made of parts of others: what Keras 3.15 counts and puts out for the same programs."""

from __future__ import annotations

import pytest

from convcalc import params, shape
from convcalc.errors import SpecError, UsageError

ROW = """
i = keras.Input((32, 30, 3))
x = layers.Conv2D(8, 3, name="first")(i)
x = layers.ReLU()(x)
x = layers.Conv2D(4, 3)(x)
x = layers.Flatten()(x)
base = keras.Model(i, layers.Dense(5)(x))
"""
BRANCHES = """
i = keras.Input((32, 30, 3))
x = layers.Conv2D(8, 3, name="first")(i)
x = layers.Add(name="sum")([x, layers.Conv2D(8, 3, padding="same")(x)])
base = keras.Model(i, layers.Dense(5)(layers.Flatten()(x)))
"""
SEQUENTIAL = """
base = keras.Sequential([keras.Input((32, 30, 3)), layers.Conv2D(8, 3, name="first"), layers.MaxPooling2D(),
                         layers.Flatten(), layers.Dense(100)])
"""
OLD = "base = keras.Sequential([layers.Conv2D(8, 3, input_shape=(32, 30, 3)), layers.Flatten()])\n"


@pytest.mark.filterwarnings("ignore:the program has several models")
@pytest.mark.parametrize(
    ("base", "use", "output", "count"),
    [
        (ROW, "model = keras.Model(base.inputs, layers.Dense(10)(base.layers[-2].output))", (10,), 29646),
        (ROW, "model = keras.Model(base.input, base.get_layer('first').output)", (30, 28, 8), 224),
        (ROW, "model = keras.Model(base.input, base.get_layer('conv2d').output)", (28, 26, 4), 516),
        (ROW, "model = keras.Model(base.input, base.get_layer(index=2).output)", (30, 28, 8), 224),
        (
            ROW,
            "x = keras.Input(base.input_shape[1:])\nn = base.output_shape[-1]\n"
            "model = keras.Model(x, layers.Dense(n)(base(x)))",
            (5,),
            15111,
        ),
        (BRANCHES, "model = keras.Model(base.input, base.get_layer('sum').output)", (30, 28, 8), 808),
        (BRANCHES, "model = keras.Model(base.input, base.get_layer('conv2d').output)", (30, 28, 8), 808),
        (SEQUENTIAL, "model = keras.Model(base.inputs, layers.Dense(7)(base.layers[-2].output))", (7,), 11991),
        (
            SEQUENTIAL,
            "for layer in base.layers[:-1]:\n    layer.trainable = False\n"
            "model = keras.Sequential([keras.Input(base.input_shape[1:])])\n"
            "for layer in base.layers[:-1]:\n    model.add(layer)\nmodel.add(layers.Dense(6))",
            (6,),
            10310,
        ),
        (SEQUENTIAL, "base.pop()\nmodel = keras.Model(base.inputs, layers.Dense(7)(base.outputs[0]))", (7,), 11991),
        (SEQUENTIAL, "base.layers\nbase.add(layers.Dense(3))\nmodel = base", (3,), 168627),
        (OLD, "model = keras.Model(base.inputs, layers.Dense(3)(base.outputs[0]))", (3,), 20387),
    ],
)
def test_parts_of_a_model_are_taken_as_keras_has_them(
    base: str, use: str, output: tuple[int, ...], count: int
) -> None:
    text = f"import keras\nfrom keras import layers\n{base}{use}\n"
    assert shape(None, text) == output
    assert params(text).total.params == count


@pytest.mark.parametrize(
    ("base", "use", "message"),
    [
        (BRANCHES, "base.layers[-2].output", "the order of the layers of a model that branches is not followed"),
        (ROW, "base.get_layer('furst').output", "no layer of this model is called 'furst'"),
        (ROW, "base.get_layer(index=9).output", "this model has 6 layers"),
        (ROW, "layers.Dense(3).output", "the output of a layer that has not run is not known"),
        ("base = keras.Sequential([layers.Dense(3)])\n", "base.output", "this model does not know its input"),
    ],
)
def test_a_part_that_is_not_known_is_refused_at_its_place(base: str, use: str, message: str) -> None:
    text = f"import keras\nfrom keras import layers\n{base}model = keras.Model(base.input, {use})\n"
    with pytest.raises(SpecError, match=message):
        shape("32x30x3", text)


@pytest.mark.parametrize(
    ("base", "use", "message"),
    [
        (ROW, "x = keras.Input((32, 31, 3))\nmodel = keras.Model(x, base(x))", "takes 32x30x3, not 32x31x3"),
        (SEQUENTIAL, "model = keras.Sequential([keras.Input((64, 30, 3)), base])", "takes 32x30x3, not 64x30x3"),
        (OLD, "x = keras.Input((32, 30, 4))\nmodel = keras.Model(x, base(x))", "takes 32x30x3, not 32x30x4"),
        (
            OLD,
            "model = keras.Sequential([keras.Input((5, 32, 33, 3)), layers.TimeDistributed(base)])",
            "takes 32x30x3, not 32x33x3",
        ),
    ],
)
@pytest.mark.parametrize("size", [None, "32x30x3"])
def test_a_model_in_another_takes_its_own_sizes(base: str, use: str, message: str, size: str | None) -> None:
    with pytest.raises(SpecError, match=message):
        shape(size, f"import keras\nfrom keras import layers\n{base}{use}\n")


INPUTS = """
import keras
from keras import layers
a, b = keras.Input((10,), name="a"), keras.Input((20,), name="b")
x = layers.Dense(a.shape[-1] * 2)(b)
model = keras.Model([b, a], layers.Concatenate()([x, a]))
"""


@pytest.mark.parametrize("size", [None, "20", "b=20 a=10", "a=10 b=20", "a=10", "b=20"])
def test_inputs_stand_in_the_order_of_the_model(size: str | None) -> None:
    assert shape(size, INPUTS) == (30,)


@pytest.mark.parametrize("size", [None, "20", "b=20 a=10"])
def test_inputs_without_names_stand_in_the_order_of_the_model(size: str | None) -> None:
    assert shape(size, INPUTS.replace(', name="a"', "").replace(', name="b"', "")) == (30,)


def test_the_sizes_that_an_error_shows_are_those_of_the_model() -> None:
    with pytest.raises(UsageError, match="no input is called c") as error:
        shape("c=10", INPUTS)
    assert error.value.hint == "name the size of each: b=20 a=10"
    with pytest.raises(UsageError, match="the network takes 2 inputs, got 1") as error:
        shape("8x9x3", INPUTS.replace("(20,)", "(None, None, 3)"))
    assert error.value.hint == "name the size of each: b=32x32x3 a=10"


CLASS = """
import keras
from keras import layers
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        i, j = keras.Input((32, 30, 3)), keras.Input((10,))
        self.base = keras.Model([i, j], [layers.Conv2D(8, 3)(i), layers.Dense(5)(j)])
        self.pool, self.tail = layers.GlobalAveragePooling2D(), layers.Dense(2)
    def call(self, x, y):
        a, b = self.base([x, y])
        again, _ = self.base([x, y])
        return self.tail(layers.Concatenate()([self.pool(a + again), b]))
"""


@pytest.mark.filterwarnings("ignore:used again")
def test_a_class_runs_a_graph_that_it_makes_for_itself() -> None:
    assert shape("x=32x30x3 y=10", CLASS) == (2,)
    assert params(CLASS, size="x=32x30x3 y=10").total.params == 307
    with pytest.raises(SpecError, match="this model takes 32x30x3, not 40x30x3"):
        shape("x=40x30x3 y=10", CLASS)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("model = keras.Sequential([*base.layers[:2], layers.Dense(3)])", "that branches is not followed"),
        ("base = keras.Sequential([layers.ReLU()])\nbase.pop()\nbase.layers\nmodel = base", "no layers run"),
    ],
)
def test_a_model_that_is_not_followed_leaves_no_other_in_its_place(use: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        shape("32x30x3", f"import keras\nfrom keras import layers\n{BRANCHES}{use}\n")


@pytest.mark.filterwarnings("ignore:the program has several models")
def test_an_input_layer_gives_the_input() -> None:
    text = f"import keras\nfrom keras import layers\n{ROW}x = layers.Flatten()(base.get_layer(index=0).output)\n"
    assert params(f"{text}model = keras.Model(base.input, layers.Dense(10)(x))\n").total.params == 28810
