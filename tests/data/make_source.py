"""Run the programs in `source` with PyTorch and Keras and write what they count.

Run it where both are installed: `python tests/data/make_source.py`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
from torch.utils.flop_counter import FlopCounterMode

FOLDER = Path(__file__).parent / "source"
TORCH = {
    "classifier.txt": ("model", "3x32x28"),
    "residual.txt": ("small()", "3x18x22"),
    "skips.txt": ("net", "3x24x20"),
    "generator.txt": (None, "20x1x1"),
    "encoder.txt": ("Encoder()", "3x12x16"),
    "shuffled.txt": ("net", "3x44x36"),
    "resized.txt": ("Net()", "3x21x18"),
    "attention.txt": ("model", "3x16x20"),
}
"""For each program of PyTorch's what makes its model (None: its last expression), and the size of an input."""

KERAS = ("functional.txt", "added.txt")


def count_macs(model: Any, size: list[int]) -> tuple[int, list[list[int]]]:
    """Return the multiply-accumulates as PyTorch itself counts them, and the sizes that come out."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = model.eval()(torch.zeros(1, *size))
    outputs = output if isinstance(output, tuple) else (output,)
    return counter.get_total_flops() // 2, [list(each.shape[1:]) for each in outputs]


def of_torch(name: str) -> dict[str, Any]:
    """Return what PyTorch counts for a program."""
    text, (made, size) = (FOLDER / name).read_text(), TORCH[name]
    if made is None:
        head, _, tail = text.rpartition("nn.Sequential(")
        text, made = f"{head}model = nn.Sequential({tail}", "model"
    names: dict[str, Any] = {}
    exec(compile(text, name, "exec"), names)
    model = eval(made, names)
    macs, outputs = count_macs(model, [int(each) for each in size.split("x")])
    found = {"input": size, "outputs": outputs, "params": sum(each.numel() for each in model.parameters())}
    return found if name == "encoder.txt" else {**found, "macs": macs}


def of_keras(name: str) -> dict[str, Any]:
    """Return what Keras counts for a program; `fit` and the data that it needs are left out."""
    for word in ("tensorflow", "tensorflow.keras"):
        sys.modules.setdefault(word, ModuleType(word))
    sys.modules["tensorflow.keras.models"], sys.modules["tensorflow.keras.layers"] = keras.models, keras.layers
    lines = [line for line in (FOLDER / name).read_text().split("\n") if ".fit(" not in line]
    names: dict[str, Any] = {}
    exec(compile("\n".join(lines), name, "exec"), names)
    model = names["model"]
    return {"outputs": [list(model.output_shape[1:])], "params": model.count_params()}


def main() -> None:
    """Write the expected numbers of every program."""
    expected = {name: of_torch(name) for name in TORCH} | {name: of_keras(name) for name in KERAS}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
