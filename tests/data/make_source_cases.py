"""Run the programs of `source_cases.py` with PyTorch and einops and write what comes out of each."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import torch
from case_file import write_case_file
from source_cases import BATCHES, CASES, program
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

UNCOUNTED = (torch.nn.RNNBase, torch.nn.RNNCellBase, torch.nn.Bilinear)


def tensors(value: Any) -> list[torch.Tensor]:
    """Return the tensors in what a model returns."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [tensor for each in value or () for tensor in tensors(each)]


def measured(before: str, made: str, run: str, size: str, batch: tuple[int, ...] = (1,)) -> dict[str, Any]:
    """Return a program and its input, and the sizes, parameters and multiply-accumulates that PyTorch has for it."""
    text = program(before, made, run)
    sys.modules["program"] = module = ModuleType("program")
    exec(compile(text, "program", "exec"), module.__dict__)
    model = module.Net().eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        output = model(torch.zeros(*batch, *map(int, size.split("x"))))
    uncounted = any(
        isinstance(each, torch.nn.RNNBase | torch.nn.RNNCellBase | torch.nn.Bilinear) for each in model.modules()
    )
    return {
        "program": text,
        "input": size,
        "outputs": [list(each.shape) for each in tensors(output)],
        "params": sum(each.numel() for each in model.parameters()),
        "macs": None if uncounted else counter.get_total_flops() // 2,
    }


if __name__ == "__main__":
    torch.backends.mha.set_fastpath_enabled(False)  # its products are not counted
    write_case_file(
        "source_cases.json",
        {"torch": torch.__version__},
        ["Sizes of outputs with their batch axis: a batch of 1, or in `batches` that of the input."],
        cases=[measured(*case) for case in CASES],
        batches=[measured(*case, batch=()) for case in BATCHES],
    )
