"""Write small files of weights with PyTorch and safetensors, and `expected.json`, what PyTorch says is in them.

Run it where both are installed: `python tests/data/make_weights.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent / "weights"


class Small(nn.Module):
    """Layers with biases and without, statistics, tied weights, a parameter of its own, and two kinds of buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, (3, 5), bias=False)
        self.bn = nn.BatchNorm2d(4)
        self.head = nn.Sequential(nn.Linear(4, 7), nn.Linear(7, 4, bias=False))
        self.tied = nn.Linear(7, 4, bias=False)
        self.tied.weight = self.head[1].weight
        self.scale = nn.Parameter(torch.zeros(2, 1, dtype=torch.float16))
        self.register_buffer("window", torch.zeros(6))
        self.register_buffer("places", torch.arange(5))


def main() -> None:
    """Write every file."""
    torch.manual_seed(0)
    model = Small()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    sum(p.float().sum() for p in model.parameters()).backward()
    optimizer.step()
    torch.save(model.state_dict(), HERE / "state.pt")
    torch.save(model.state_dict(), HERE / "old.pth", _use_new_zipfile_serialization=False)
    checkpoint: dict[str, Any] = {"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, HERE / "checkpoint.pt")
    sys.modules["small"] = sys.modules["__main__"]
    Small.__module__ = "small"
    torch.save(model, HERE / "whole.pt")
    untied = {name: tensor.clone() for name, tensor in model.state_dict().items() if name != "tied.weight"}
    save_file(untied, HERE / "state.safetensors", metadata={"format": "pt"})
    expected = {
        "tensors": {name: [list(t.shape), str(t.dtype)] for name, t in model.state_dict().items()},
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "buffers": sum(buffer.numel() for name, buffer in model.named_buffers() if "num_batches" not in name),
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
