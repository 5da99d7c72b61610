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
    "reused.txt": ("net", "2x65x33"),
}
"""For each program of PyTorch's what makes its model (None: its last expression), and the size of an input."""

KERAS = ("functional.txt", "added.txt")


def tensors(output: Any) -> list[Any]:
    """Return the tensors in what a module returns."""
    if isinstance(output, torch.Tensor):
        return [output]
    return [each for one in output for each in tensors(one)] if isinstance(output, tuple | list) else []


def run(model: Any, size: list[int]) -> tuple[int, list[list[int]], dict[str, Any]]:
    """Return the multiply-accumulates as PyTorch itself counts them, the sizes that come out, and both by module.

    A module is a list: its parameters, its multiply-accumulates, and the sizes of the first tensor that each call of
    it returns.
    """
    modules: dict[str, Any] = {
        name: [sum(each.numel() for each in module.parameters()), 0, []]
        for name, module in model.named_modules()
        if name
    }

    def returned(name: str) -> Any:
        return lambda module, inputs, output: modules[name][2].append(list(tensors(output)[0].shape[1:]))

    hooks = [module.register_forward_hook(returned(name)) for name, module in model.named_modules() if name]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = model.eval()(torch.zeros(1, *size))
    for hook in hooks:
        hook.remove()
    for path, flops in counter.get_flop_counts().items():
        name = path.partition(".")[2]
        if name in modules:
            modules[name][1] = sum(flops.values()) // 2
    ran = {name: module for name, module in modules.items() if module[2]}
    return counter.get_total_flops() // 2, [list(each.shape[1:]) for each in tensors(output)], ran


def of_torch(name: str) -> dict[str, Any]:
    """Return what PyTorch counts for a program."""
    text, (made, size) = (FOLDER / name).read_text(), TORCH[name]
    if made is None:
        head, _, tail = text.rpartition("nn.Sequential(")
        text, made = f"{head}model = nn.Sequential({tail}", "model"
    names: dict[str, Any] = {}
    exec(compile(text, name, "exec"), names)
    model = eval(made, names)
    macs, outputs, modules = run(model, [int(each) for each in size.split("x")])
    found = {"input": size, "outputs": outputs, "params": sum(each.numel() for each in model.parameters())}
    return found if name == "encoder.txt" else {**found, "macs": macs, "modules": modules}


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
    rows = (f"{json.dumps(name)}: {json.dumps(found)}" for name, found in expected.items())
    (FOLDER / "expected.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
