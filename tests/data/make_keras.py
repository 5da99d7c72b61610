"""Runs Keras's layers and models and writes `keras_layers.json`: sizes, parameters, and what is refused.

Run it as `python tests/data/make_keras.py` where `pip install tensorflow-cpu==2.21.0 keras==3.15.1` has been done.
"""

from __future__ import annotations

import logging
import platform
import re
import warnings
from typing import Any

import keras
import tensorflow
from case_file import steady, write_case_file
from keras_cases import ERRORS, LAYERS, MODELS

NOTES = [
    "shapes are channels last and have the batch in front; output is that of really calling the layer, only for a"
    " dilated transposed convolution what Keras says without calling it",
    "params counts all weights as count_params does, the moving averages of BatchNormalization among them;"
    " trainable leaves those out",
    "weight_shape is that of the layer's first weight, weight_shapes has all of them by name",
    "models are lines of Sequential; outputs and params_each go by layer, a line that only gives the input left out",
]


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    cases = [run_case(text, shape) for text, shapes in LAYERS for shape in shapes]
    errors = [{"layer": text, "input": shape, "error": refusal(text, shape)} for text, shape in ERRORS]
    models = [run_model(name, lines) for name, lines in MODELS]
    check_mobilenet(models)
    made_by = {
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
    }
    write_case_file("keras_layers.json", made_by, NOTES, cases=cases, errors=errors, models=models)


def build_layer(text: str) -> Any:
    """Make the layer that a line of Keras writes."""
    names = vars(keras.layers) | {"keras": keras, "layers": keras.layers}
    return eval(text, names)  # the lines are those of keras_cases


def run_case(text: str, shape: list[int]) -> dict[str, Any]:
    """Build one layer, call it on an input of `shape` and say what it did."""
    layer = build_layer(text)
    dtype = "int32" if isinstance(layer, keras.layers.Embedding) else "float32"
    try:
        x = keras.ops.zeros(shape, dtype=dtype)
        if "Transpose" in text and "dilation_rate" in text:
            # TensorFlow computes this on no processor; Keras still says its size.
            x = keras.KerasTensor(shape, dtype=dtype)
        output = layer(x, x) if isinstance(layer, keras.layers.MultiHeadAttention) else layer(x)
    except Exception as error:
        raise SystemExit(f"{text} on {shape}: {error}") from error
    return {"layer": text, "input": shape, "output": list(output.shape)} | counts_of(layer)


def counts_of(layer: Any) -> dict[str, Any]:
    """Count the weights of a built layer."""
    shapes = {weight.path.split("/", 1)[-1]: list(weight.shape) for weight in layer.weights}
    return {
        "weight_shape": next(iter(shapes.values()), None),
        "weight_shapes": shapes,
        "params": layer.count_params(),
        "trainable": sum(size_of(weight) for weight in layer.trainable_weights),
    }


def size_of(weight: Any) -> int:
    """Count the numbers in one weight."""
    size = 1
    for length in weight.shape:
        size *= length
    return size


def refusal(text: str, shape: list[int]) -> str:
    """Return the first line of Keras's error about a layer or its input that is not empty."""
    try:
        build_layer(text)(keras.ops.zeros(shape))
    except Exception as error:  # Keras and TensorFlow have their own classes for it
        lines = re.sub(r"\x1b\[\d+m", "", str(error)).splitlines()
        return steady(next(line for line in lines if line and not line.startswith("Exception encountered")))
    raise SystemExit(f"Keras takes {text} on {shape}")


def run_model(name: str, lines: list[str]) -> dict[str, Any]:
    """Build a Sequential from its lines and record every layer of it."""
    model = keras.Sequential([build_layer(line) for line in lines])
    outputs = [list(layer.output.shape) for layer in model.layers]
    return {
        "name": name,
        "lines": lines,
        "input": list(model.input_shape),
        "output": list(model.output_shape),
        "outputs": outputs,
        "params_each": [layer.count_params() for layer in model.layers],
        "params": model.count_params(),
        "trainable": sum(size_of(weight) for weight in model.trainable_weights),
    }


def check_mobilenet(models: list[dict[str, Any]]) -> None:
    """Make sure that the lines of MobileNet make the model that Keras itself ships."""
    ours = next(model for model in models if model["name"] == "MobileNet v1")
    theirs = keras.applications.MobileNet(weights=None)
    shapes = [list(layer.output.shape) for layer in theirs.layers[1:]]
    if (ours["params"], ours["outputs"]) != (theirs.count_params(), shapes):
        raise SystemExit("the lines of MobileNet v1 are not Keras's MobileNet")


if __name__ == "__main__":
    main()
