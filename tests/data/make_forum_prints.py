"""Prints and counts the models of `forum_models.py` and writes `forum_prints.json.xz`.

Run it as `python tests/data/make_forum_prints.py` where `pip install torch==2.14.1 torchvision==0.29.1
segmentation_models_pytorch==0.6.0` has been done.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import torch
from forum_models import MODELS
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

NOTES = [
    "input and outputs leave out the batch, which is 1; params counts every parameter once",
    "macs are those of all matrix products and convolutions that ran, and of recurrent layers gates x steps",
]


def main() -> None:
    """Write the file."""
    torch.backends.mha.set_fastpath_enabled(False)  # which is one operation that no counter looks into
    models = []
    for name, make, size in MODELS:
        model = make().eval()
        takes_words = any(isinstance(module, nn.Embedding) for module in model.modules())
        x = torch.zeros(1, *size, dtype=torch.long if takes_words else torch.float32)
        models.append({"name": name, "input": list(size)} | counted(model, x))
    text = json.dumps({"made_by": {"torch": torch.__version__}, "notes": NOTES, "models": models}, indent=0)
    path = Path(__file__).parent / "forum_prints.json.xz"
    path.write_bytes(lzma.compress(text.encode() + b"\n", preset=9 | lzma.PRESET_EXTREME))


def counted(model: nn.Module, x: Tensor) -> dict[str, Any]:
    """Run a model, and count what it holds and does."""
    counter = FlopCounterMode(display=False)
    inside, recurrent, before = [0], [0], [0]
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            # The counter looks into some of these and not into others.
            module.register_forward_pre_hook(lambda *_: before.__setitem__(0, counter.get_total_flops()))
            module.register_forward_hook(lambda module, inputs, _: add_steps(module, inputs[0], recurrent))
            module.register_forward_hook(
                lambda *_: inside.__setitem__(0, inside[0] + counter.get_total_flops() - before[0])
            )
    with counter, sdpa_kernel([SDPBackend.MATH]), torch.no_grad():
        answer = model(x)
    outputs = answer if isinstance(answer, tuple) else (answer,)
    return {
        "printed": str(model),
        "params": sum(parameter.numel() for parameter in model.parameters()),
        "macs": (counter.get_total_flops() - inside[0]) // 2 + recurrent[0],
        "outputs": [list(output.shape[1:]) for output in outputs],
    }


def add_steps(module: nn.RNNBase, x: Tensor, total: list[int]) -> None:
    """Add the MACs of a recurrent layer: each of its weights once for each step."""
    steps = x.numel() // x.shape[-1]
    total[0] += steps * sum(weight.numel() for name, weight in module.named_parameters() if "weight" in name)


if __name__ == "__main__":
    main()
