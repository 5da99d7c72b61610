"""Make the published models of `published_models.py` with torchvision and write what each holds and does.

`layers` is a checksum of a line for each layer with parameters in the order in which they run: its name, its
parameters and the sizes of what it makes.
"""

from __future__ import annotations

import zlib
from typing import Any

import torch
import torchvision
from case_file import write_case_file
from torch.utils.flop_counter import FlopCounterMode

from convcalc.notation.source.published_models import FAMILIES

SIZE = (3, 224, 256)


def measured(name: str) -> dict[str, Any]:
    """Return what a model of torchvision's holds and does, which no numbers are made for."""
    lines: list[str] = []
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(weights=None).eval()
        for path, module in model.named_modules():
            if next(module.parameters(recurse=False), None) is not None:

                def note(module: torch.nn.Module, _: object, made: torch.Tensor, path: str = path) -> None:
                    count = sum(each.numel() for each in module.parameters())
                    lines.append(f"{path} {count} {'x'.join(map(str, made.shape[1:]))}")

                module.register_forward_hook(note)
        with FlopCounterMode(display=False) as counter:
            output = model(torch.zeros(1, *SIZE))
    buffers = {path: each.numel() for path, each in model.named_buffers() if "num_batches" not in path}
    return {
        "name": name,
        "children": [path for path, _ in model.named_children()],
        "params": sum(each.numel() for each in model.parameters()),
        "buffers": sum(buffers.values()),
        "macs": counter.get_total_flops() // 2,
        "output": list(output.shape[1:]),
        "layers": zlib.crc32("\n".join(lines).encode()),
    }


if __name__ == "__main__":
    write_case_file(
        "torchvision.json",
        {"torch": torch.__version__, "torchvision": torchvision.__version__},
        [f"Input {'x'.join(map(str, SIZE))}; sizes without the batch axis."],
        models=[measured(name) for name in FAMILIES],
    )
