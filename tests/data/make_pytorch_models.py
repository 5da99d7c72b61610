"""Prints and counts PyTorch models and writes `pytorch_models.json`: their text, parameters, MACs, shapes.

Run it as `python tests/data/make_pytorch_models.py` where `pip install torch==2.13.0` has been done.
"""

from __future__ import annotations

import math
import platform
from typing import Any

import torch
from case_file import write_case_file
from pytorch_models import MODELS, Model
from torch import Tensor, nn

NOTES = [
    "printed is print(model); params, buffers and macs are sums over the whole model, for the batch in input",
    "modules lists, in the order of named_modules, those without children or with parameters of their own",
    "macs counts convolutions and linear layers, the bias not counted; what attention does inside is not counted",
    "buffers leave out BatchNorm's num_batches_tracked",
    "chain says whether the printed modules, one after the other, are what forward does, but for what remark names",
]


def main() -> None:
    """Write the file."""
    made_by = {"torch": torch.__version__, "python": platform.python_version()}
    write_case_file("pytorch_models.json", made_by, NOTES, models=[run_model(model) for model in MODELS])


def run_model(model: Model) -> dict[str, Any]:
    """Build one model, run it on the meta device, where shapes cost nothing, and count."""
    with torch.device("meta"):
        network = model.make().eval()
        seen: dict[str, list[list[int]]] = {}
        macs: dict[str, int] = {}
        for name, module in network.named_modules():
            module.register_forward_hook(recorder(name, seen, macs))
        # The fast path of a transformer's layers goes past the hooks.
        torch.backends.mha.set_fastpath_enabled(False)
        output = network(torch.empty(model.input))
    modules = [
        module_record(name, module, seen.get(name, []), macs.get(name, 0))
        for name, module in network.named_modules()
        if not list(module.children()) or list(module.parameters(recurse=False))
    ]
    return {
        "name": model.name,
        "chain": model.chain,
        "remark": model.remark,
        "input": model.input,
        "output": list(output.shape),
        "params": sum(parameter.numel() for parameter in network.parameters()),
        "buffers": sum(module["buffers"] for module in modules),
        "macs": sum(macs.values()),
        "printed": str(network),
        "modules": modules,
    }


def recorder(name: str, seen: dict[str, list[list[int]]], macs: dict[str, int]) -> Any:
    """Make a hook that records a module's output shape and counts its multiplications."""

    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor):
            seen.setdefault(name, []).append(list(output.shape))
            macs[name] = macs.get(name, 0) + macs_of(module, inputs[0], output)

    return hook


def macs_of(module: nn.Module, x: Tensor, output: Tensor) -> int:
    """Count the multiply-accumulates of a convolution or a linear layer; none for anything else."""
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return output.numel() * module.in_channels // module.groups * math.prod(module.kernel_size)
    if isinstance(module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        return x.numel() * module.out_channels // module.groups * math.prod(module.kernel_size)
    if isinstance(module, nn.Linear):
        return output.numel() * module.in_features
    return 0


def module_record(name: str, module: nn.Module, outputs: list[list[int]], macs: int) -> dict[str, Any]:
    """Record what one module holds of its own, and its output where forward called it."""
    own = {key: parameter.numel() for key, parameter in module.named_parameters(recurse=False)}
    biases = sum(count for key, count in own.items() if key.endswith("bias"))
    weight = getattr(module, "weight", None)
    return {
        "name": name,
        "type": type(module).__name__,
        "weight_shape": None if weight is None else list(weight.shape),
        "weights": sum(own.values()) - biases,
        "biases": biases,
        "buffers": sum(
            buffer.numel() for key, buffer in module.named_buffers(recurse=False) if key != "num_batches_tracked"
        ),
        "output": outputs[-1] if outputs else None,
        "macs": macs,
    }


if __name__ == "__main__":
    main()
