"""Run the programs of `source_cases.py` with PyTorch and write what comes out of each."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import torch
from case_file import write_case_file
from source_cases import CASES, program
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def measured(before: str, made: str, run: str, size: str) -> dict[str, Any]:
    """Return a program and its input, and the sizes, parameters and multiply-accumulates that PyTorch has for it."""
    text = program(before, made, run)
    sys.modules["program"] = module = ModuleType("program")
    exec(compile(text, "program", "exec"), module.__dict__)
    model = module.Net().eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        output = model(torch.zeros(1, *map(int, size.split("x"))))
    is_recurrent = any(isinstance(each, torch.nn.RNNBase) for each in model.modules())  # it is not counted there
    return {
        "program": text,
        "input": size,
        "output": list(output.shape[1:]),
        "params": sum(each.numel() for each in model.parameters()),
        "macs": None if is_recurrent else counter.get_total_flops() // 2,
    }


if __name__ == "__main__":
    torch.backends.mha.set_fastpath_enabled(False)  # its products are not counted
    write_case_file(
        "source_cases.json",
        {"torch": torch.__version__},
        ["Sizes without the batch axis."],
        cases=[measured(*case) for case in CASES],
    )
