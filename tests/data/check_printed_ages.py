"""Verifies the numbers of `printed_ages.toml` by making its models with PyTorch.

Run it as `python tests/data/check_printed_ages.py` where `pip install torch==2.14.1` has been done.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def main() -> None:
    """Compare every model with what is written about it."""
    data = tomllib.loads((Path(__file__).parent / "printed_ages.toml").read_text(encoding="utf-8"))
    for name, model in data["models"].items():
        found = measured(model)
        written = {key: model[key] for key in found}
        if found != written or ("input" in model) != ("output" in found):
            raise SystemExit(f"{name}: PyTorch has {found}, written is {written}")
    print(f"{len(data['models'])} models are right")


def measured(model: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a model and, where it has an input, its output and MACs."""
    network = eval(model["make"], {"nn": nn}).eval()  # the expressions are those of the file beside this one
    found: dict[str, Any] = {"params": sum(parameter.numel() for parameter in network.parameters())}
    if "input" in model:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            output = network(torch.zeros(1, *model["input"]))
        found |= {"output": list(output.shape[1:]), "macs": counter.get_total_flops() // 2}
    return found


if __name__ == "__main__":
    main()
