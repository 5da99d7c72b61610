"""Check that PyTorch and Keras refuse every program of `wrong_program_cases`; print those that they run.

Run it where both are installed: `python tests/data/make_wrong_programs.py`.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
from wrong_program_cases import KERAS, PYTORCH, keras_program, pytorch_program


def runs_in_pytorch(made: str, run: str, size: str) -> bool:
    """Return whether PyTorch runs a program on two samples of a size."""
    names: dict[str, Any] = {}
    kind = torch.long if "Embedding" in made else torch.float
    try:
        exec(pytorch_program(made, run), names)
        names["model"].eval()(torch.zeros(2, *map(int, size.split("x")), dtype=kind))
    except Exception:  # whatever it raises, it refuses
        return False
    return True


def runs_in_keras(lines: str) -> bool:
    """Return whether Keras builds the model of a program, and runs one that is a class."""
    names: dict[str, Any] = {}
    try:
        exec(keras_program(lines), names)
        if not names["model"].built:
            names["model"](torch.zeros(2, 32, 32, 3))
    except Exception:  # whatever it raises, it refuses
        return False
    return True


def main() -> None:
    """Print the names of the programs that are not refused."""
    for word in ("tensorflow", "tensorflow.keras"):
        sys.modules.setdefault(word, ModuleType(word))
    sys.modules["tensorflow.keras"] = keras
    vars(sys.modules["tensorflow"])["keras"] = keras
    sys.modules["tensorflow.keras.models"], sys.modules["tensorflow.keras.layers"] = keras.models, keras.layers
    torches = [name for name, (made, run, size, *_) in PYTORCH.items() if runs_in_pytorch(made, run, size)]
    print(
        len(PYTORCH), len(KERAS), [*torches, *(name for name, (lines, *_) in KERAS.items() if runs_in_keras(lines))]
    )


if __name__ == "__main__":
    main()
