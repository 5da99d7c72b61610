"""Runs PyTorch's LPPool layers on numbers of both signs, with gradients, and writes `pytorch_norms.json`.

Run it as `python tests/data/make_pytorch_norms.py` where `pip install torch==2.14.0` has been done.
"""

from __future__ import annotations

import platform
from typing import Any

import torch
from case_file import plain_numbers, write_case_file

NOTES = [
    "in float64; gradient is that of the input for an output gradient of ones",
    "a sum below zero has no root: nan; under ceil_mode a cut window is scaled up to the whole kernel",
]
NUMBERS = [[3, -1, 2, -5, 4], [-2, 7, -3, 1, 6], [5, -4, 8, 9, -7], [1, 2, -6, 3, -8]]
LAYERS = [
    "LPPool1d(3, 2)",
    "LPPool1d(2, 3, stride=2, ceil_mode=True)",
    "LPPool1d(1, 2, ceil_mode=True)",
    "LPPool2d(1, 2)",
    "LPPool2d(2, (2, 3), ceil_mode=True)",
    "LPPool2d(3, (3, 2), stride=(1, 2), ceil_mode=True)",
    "LPPool2d(4, 2, stride=(2, 1))",
    "LPPool2d(1.5, 2)",
]


def main() -> None:
    """Write the file."""
    made_by = {"torch": torch.__version__, "python": platform.python_version()}
    write_case_file("pytorch_norms.json", made_by, NOTES, cases=[_case(text) for text in LAYERS])


def _case(text: str) -> dict[str, Any]:
    layer = eval(f"torch.nn.{text}", {"torch": torch})  # the table above is all that comes here
    x = torch.tensor([NUMBERS], dtype=torch.float64, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    listed = {"output": y, "gradient": x.grad}
    return {"layer": text, "input": [NUMBERS], **{name: plain_numbers(t.tolist()) for name, t in listed.items()}}


if __name__ == "__main__":
    main()
