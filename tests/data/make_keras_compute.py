"""Runs Keras's convolutions and poolings on small numbers and writes `keras_compute.json`.

Run it as `KERAS_BACKEND=torch python tests/data/make_keras_compute.py` where `pip install keras==3.15.0 torch` has
been done.
"""

from __future__ import annotations

import platform
import random
from math import prod
from typing import Any

import keras
import numpy as np
from case_file import plain_numbers, write_case_file

NOTES = [
    "input and output are (batch, spatial..., channels); the kernel is as Keras holds it",
    "all numbers are whole, so that float32 is exact, except for averages",
    "no average is padded on one side only: Keras on PyTorch repeats the edge there, on TensorFlow it does not",
]
CONVOLUTIONS = [
    ((2, 7, 3), "Conv1D(4, 3, strides=2)"),
    ((1, 8, 2), "Conv1D(3, 2, dilation_rate=2, padding='causal')"),
    ((1, 5, 7, 3), "Conv2D(2, (3, 2))"),
    ((2, 6, 5, 1), "Conv2D(4, (2, 3), strides=(2, 1), padding='same')"),
    ((1, 6, 7, 4), "Conv2D(6, 3, groups=2, padding='same')"),
    ((1, 8, 7, 2), "Conv2D(3, (2, 3), dilation_rate=(3, 2), use_bias=False)"),
    ((1, 4, 5, 3, 2), "Conv3D(3, (2, 3, 1))"),
    ((1, 3, 4, 2), "Conv2DTranspose(3, (2, 3), strides=2)"),
    ((1, 4, 3, 3), "Conv2DTranspose(2, 3, strides=2, padding='same')"),
    ((1, 5, 2), "Conv1DTranspose(3, 4, strides=3)"),
    ((1, 5, 6, 3), "DepthwiseConv2D((2, 3), depth_multiplier=2)"),
    ((2, 6, 3), "DepthwiseConv1D(3, padding='same')"),
]
POOLINGS = [
    ((2, 7, 3), "MaxPooling1D(2)"),
    ((1, 7, 5, 3), "MaxPooling2D((3, 2), strides=2, padding='same')"),
    ((2, 6, 5, 3), "AveragePooling2D(2)"),
    ((1, 5, 7, 2), "AveragePooling2D((3, 1), strides=1, padding='same')"),
    ((1, 4, 5, 6, 2), "MaxPooling3D(2)"),
    ((2, 5, 4, 3), "GlobalAveragePooling2D()"),
    ((2, 5, 4, 3), "GlobalMaxPooling2D(keepdims=True)"),
    ((1, 6, 3), "GlobalMaxPooling1D()"),
]


def main() -> None:
    """Write the file."""
    numbers = random.Random(21)
    conv = [_convolution(numbers, shape, text) for shape, text in CONVOLUTIONS]
    pool = [_pooling(numbers, shape, text) for shape, text in POOLINGS]
    made_by = {"keras": keras.__version__, "backend": keras.config.backend(), "python": platform.python_version()}
    write_case_file("keras_compute.json", made_by, NOTES, conv=conv, pool=pool)


def _draw(numbers: random.Random, shape: tuple[int, ...]) -> np.ndarray:
    return np.array([numbers.randint(-9, 9) for _ in range(prod(shape))], np.float32).reshape(shape)


def _layer(text: str) -> Any:
    return eval(f"keras.layers.{text}", {"keras": keras})  # the table above is all that comes here


def _convolution(numbers: random.Random, shape: tuple[int, ...], text: str) -> dict[str, Any]:
    layer, x = _layer(text), _draw(numbers, shape)
    layer.build(shape)
    weights = [_draw(numbers, weight.shape) for weight in layer.get_weights()]
    layer.set_weights(weights)
    bias = plain_numbers(weights[1].tolist()) if len(weights) > 1 else None
    return {
        "layer": text,
        "input": plain_numbers(x.tolist()),
        "kernel": plain_numbers(weights[0].tolist()),
        "bias": bias,
        "output": plain_numbers(np.asarray(layer(x).detach()).tolist()),
    }


def _pooling(numbers: random.Random, shape: tuple[int, ...], text: str) -> dict[str, Any]:
    x = _draw(numbers, shape)
    return {
        "layer": text,
        "input": plain_numbers(x.tolist()),
        "output": plain_numbers(np.asarray(_layer(text)(x).detach(), np.float64).tolist()),
    }


if __name__ == "__main__":
    main()
