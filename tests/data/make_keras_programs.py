"""Run the programs of `keras_program_cases.py` with Keras 3: sizes, parameters, and each as Keras saves it."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import keras
from keras_program_cases import OWN_LAYERS, PROGRAMS, REFUSED

FILE = Path(__file__).parent / "keras_programs.json.xz"


def sizes(shape: Any) -> list[list[int | None]]:
    """Return the sizes of outputs without the batch axis, those of a dict in the order of its names."""
    if isinstance(shape, dict):
        return [each for _, value in sorted(shape.items()) for each in sizes(value)]
    return [list(shape[1:])] if isinstance(shape, tuple) else [each for value in shape for each in sizes(value)]


def measured(text: str) -> dict[str, Any]:
    """Return what Keras says of the model of a program."""
    keras.utils.clear_session()
    names: dict[str, Any] = {}
    exec(text, names)
    model = names["model"]
    found = {"program": text, "json": model.to_json(), "params": model.count_params()}
    return found | {"outputs": sizes(model.output_shape), "inputs": [list(each.shape[1:]) for each in model.inputs]}


def main() -> None:
    """Write the file; what is said to be refused has to be refused."""
    for call, shape in REFUSED:
        try:
            eval(call, vars(keras.layers))(keras.Input(shape))
        except Exception:  # Keras has several classes for it
            continue
        raise SystemExit(f"Keras takes {call} on {shape}")
    cases = {name: measured(text) for name, text in (PROGRAMS | OWN_LAYERS).items()}
    for name in OWN_LAYERS:
        del cases[name]["json"]
    FILE.write_bytes(
        lzma.compress(json.dumps({"keras": keras.__version__, "cases": cases, "refused": REFUSED}).encode())
    )


if __name__ == "__main__":
    main()
