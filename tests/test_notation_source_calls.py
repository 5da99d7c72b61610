"""Programs followed as Python runs them: what is called with what, when it is evaluated, and which name is meant.

The sizes and parameters were made by PyTorch 2.14.
"""

from __future__ import annotations

import re

import pytest

from convcalc.errors import UsageError
from convcalc.model.count import count
from convcalc.model.request import LayerRequest

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def program(made: str, run: str, before: str = "") -> str:
    """Return a program with a class `Net`; statements of its methods are separated by semicolons."""
    made, run = (text.replace("; ", "\n        ") for text in (made, run))
    return f"""{before}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {made}

    def forward(self, x):
        {run}
"""


def answer(text: str, size: str) -> tuple[list[list[int | None]], int]:
    """Return the sizes of the outputs of a program without their batch axis, and its parameters."""
    counted = count(LayerRequest((HEAD + text,), file="net.py"), size)
    traced = counted.cost.trace
    assert traced is not None
    return [list(traced.steps[index].output.sizes) for index in traced.outputs], counted.cost.total.params


def refusal(text: str, size: str) -> str:
    """Return the message of the error that a program ends with."""
    with pytest.raises(UsageError) as raised:
        answer(text, size)
    return raised.value.message


UP = "self.c = nn.Conv2d(4, 4, 3, 2, 1); self.up = nn.ConvTranspose2d(4, 3, 3, 2, 1)"
POOL = "self.p = nn.MaxPool2d(2, return_indices=True); self.u = nn.MaxUnpool2d(2)"


@pytest.mark.parametrize(
    ("made", "run", "size", "output"),
    [
        (UP, "return self.up(self.c(x), output_size=x.size())", "4x10x10", [3, 10, 10]),
        (UP, "return self.up(self.c(x), output_size=[10, 9])", "4x10x10", [3, 10, 9]),
        (UP, "return self.up(self.c(x), x.shape[-2:])", "4x9x10", [3, 9, 10]),
        (UP, "return self.up(self.up(self.c(x), [10, 10])[:, [0, 1, 2, 0]])", "4x10x10", [3, 19, 19]),
        (POOL, "y, i = self.p(x); return self.u(y, i, x.size())", "4x11x10", [4, 11, 10]),
        (POOL, "y, i = self.p(x); return self.u(y, i, output_size=[11, 10])", "4x11x10", [4, 11, 10]),
        ("self.c = nn.Conv2d(4, 3, 3)", "return self.c(input=x)", "4x9x7", [3, 7, 5]),
        ("self.c = nn.Sequential(nn.Conv2d(4, 3, 3))", "return self.c(**{'input': x})", "4x9x7", [3, 7, 5]),
        ("self.b = nn.Bilinear(8, 8, 3)", "return self.b(x, input2=x)", "8", [3]),
    ],
)
def test_what_a_layer_is_called_with_counts(made: str, run: str, size: str, output: list[int | None]) -> None:
    assert answer(program(made, run), size)[0] == [output]


@pytest.mark.parametrize(
    ("made", "run", "size", "message"),
    [
        (UP, "return self.up(self.c(x), output_size=[11, 10])", "4x10x10", "the output_size 11 is not possible on"),
        (UP, "return self.up(self.c(x), output_size=[10, 8])", "4x10x10", "the output_size 8 is not possible on"),
        (UP, "return self.up(self.c(x), output_size=[10])", "4x10x10", "the output_size of ConvTranspose2d has 2"),
        (UP, "return self.up(self.c(x), size=[10, 10])", "4x10x10", "ConvTranspose2d is not called with 'size'"),
        (UP, "return self.c(x, 10)", "4x10x10", "Conv2d is called with at most 1 arguments, got 2"),
        (POOL, "y, i = self.p(x); return self.u(y, i, [12, 10])", "4x11x10", "the output may differ"),
        (POOL, "y, i = self.p(x); return self.u(y, i, [11])", "4x11x10", "the output_size of MaxUnpool2d has 2"),
        ("self.l = nn.GRU(5, 8)", "return self.l(x, h=x)[0]", "6x5", "GRU is not called with 'h'"),
        ("self.l = nn.GRUCell(8, 4)", "return self.l(x, x)", "8", "GRUCell has states of 4 features, this one has 8"),
        ("self.l = nn.LSTM(5, 8)", "return self.l(x, x)[0]", "6x5", "LSTM begins in a pair of states"),
        ("self.a = nn.MultiheadAttention(8, 2)", "return self.a(x, x, x, need_weight=False)", "6x8",
         "MultiheadAttention is not called with 'need_weight'"),
        ("self.a = nn.TransformerEncoderLayer(8, 2)", "return self.a(x, mask=x)", "6x8",
         "TransformerEncoderLayer is not called with 'mask'"),
    ],
)  # fmt: skip
def test_what_a_layer_does_not_take_is_refused(made: str, run: str, size: str, message: str) -> None:
    assert re.match(re.escape(message), refusal(program(made, run), size))
