"""Runs PyTorch's layers and writes `pytorch_layers.json`: sizes, parameters, printed text, and what is refused.

Run it as `python tests/data/make_pytorch.py` where `pip install torch==2.13.0` has been done.
"""

from __future__ import annotations

import math
import platform
from typing import Any

import torch
from case_file import steady, write_case_file
from pytorch_cases import ERRORS, LAYERS
from torch import nn

NOTES = [
    "input and output are the shapes handed to and given by forward; weight_shape is that of the parameter `weight`",
    "biases are parameters called `bias`, `..._bias`, `bias_ih...` or `bias_hh...`, weights all others; the shifts"
    " that attention puts in the row of keys and values (bias_k, bias_v) count as weights",
    "of a recurrent layer output is the sequence, of a cell the new state",
    "PyTorch does not print AvgPool's ceil_mode, count_include_pad and divisor_override",
    "buffers leave out BatchNorm's num_batches_tracked, a counter that takes no part in the arithmetic",
    "printed is taken before forward runs, so a lazy module still shows itself as lazy",
    "output is null where forward wants more than one tensor of that shape: only the parameters count there",
]


def main() -> None:
    """Write the file."""
    torch.manual_seed(0)
    cases = [run_case(issue, text, shape) for issue, text, shapes in LAYERS for shape in shapes]
    errors = [
        {"issue": issue, "layer": text, "input": shape, "error": refusal(text, shape)}
        for issue, text, shape in ERRORS
    ]
    made_by = {"torch": torch.__version__, "python": platform.python_version()}
    write_case_file("pytorch_layers.json", made_by, NOTES, cases=cases, errors=errors)


def build_layer(text: str) -> nn.Module:
    """Make the module that a line of PyTorch writes."""
    names = vars(nn) | {"nn": nn, "torch": torch}
    module: nn.Module = eval(text, names)  # the lines are those of pytorch_cases
    return module


def run_case(issue: int, text: str, shape: list[int]) -> dict[str, Any]:
    """Build one layer, run it on an input of `shape` and say what it did."""
    module = build_layer(text)
    printed = repr(module)
    module.eval()
    try:
        output = forward(module, shape)
    except Exception as error:
        raise SystemExit(f"{text} on {shape}: {error}") from error
    weight = getattr(module, "weight", None)
    parameters = {name: parameter.numel() for name, parameter in module.named_parameters()}
    biases = sum(count for name, count in parameters.items() if is_bias(name))
    return {
        "issue": issue,
        "layer": text,
        "input": shape,
        "output": output,
        "weight_shape": None if weight is None else list(weight.shape),
        "weights": sum(parameters.values()) - biases,
        "biases": biases,
        "buffers": sum(b.numel() for name, b in module.named_buffers() if name != "num_batches_tracked"),
        "params": sum(parameters.values()),
        "printed": printed,
    }


def is_bias(name: str) -> bool:
    """Return whether a parameter is a shift, by its name: `bias`, `in_proj_bias`, `bias_ih_l0`, not `bias_k`."""
    return name.endswith("bias") or name.startswith(("bias_ih", "bias_hh"))


def forward(module: nn.Module, shape: list[int]) -> list[int] | None:
    """Return the shape of the module's answer to an input of `shape`."""
    with torch.no_grad():
        if isinstance(module, nn.Bilinear | nn.MultiheadAttention):
            return None
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            return list(module(torch.zeros(shape, dtype=torch.int64)).shape)
        x = torch.rand(shape)
        if isinstance(module, nn.MaxUnpool1d | nn.MaxUnpool2d | nn.MaxUnpool3d):
            places = torch.arange(math.prod(shape)).reshape(shape) % math.prod(shape[2:])
            return list(module(x, places).shape)
        output = module(x)
        # A recurrent layer gives its last state too.
        return list((output[0] if isinstance(output, tuple) else output).shape)


def refusal(text: str, shape: list[int]) -> str:
    """Return the first line of PyTorch's error about a layer or its input."""
    try:
        with torch.no_grad():
            build_layer(text)(torch.rand(shape))
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        return steady(str(error).splitlines()[0])
    raise SystemExit(f"PyTorch takes {text} on {shape}")


if __name__ == "__main__":
    main()
