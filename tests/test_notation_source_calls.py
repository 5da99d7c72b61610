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


DECORATORS = """
import functools

def doubled(function):
    @functools.wraps(function)
    def wrapper(*given, **named):
        return nn.Sequential(function(*given, **named), nn.Conv2d(4, 8, 3))
    return wrapper

def pooled(size):
    return lambda function: lambda self, x: F.max_pool2d(function(self, x), size)

def widened(kind):
    kind.width = 9
    return kind

KINDS = {}

def register(name):
    def keep(kind):
        KINDS[name] = kind
        return kind
    return keep

class Cut:
    def __init__(self, function):
        self.function = function
    def __call__(self, x):
        return self.function(x)[:, :2]

@doubled
def made(width=4):
    return nn.Conv2d(3, width, 3)

@Cut
def act(x):
    return F.relu(x)

@functools.lru_cache
def kept(kernel):
    return nn.Conv2d(3, 3, kernel, padding=1)

@register("a")
@widened
class A(nn.Module):
    width = 4
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, self.width, 3)

    @pooled(2)
    @torch.no_grad()
    def forward(self, x):
        return self.c(x)

class B(A):
    width = 5
"""
WIDTHS = """
W, K = 4, 7
def made(w=W):
    return nn.Conv2d(3, w, 3)
makers = []
for i in range(3):
    makers.append(lambda k=i: nn.Conv2d(3, 4, 2 * k + 1))

class A(nn.Module):
    K = 5
    def __init__(self, k=K):
        super().__init__()
        self.c = nn.Conv2d(3, 4, k)
    def forward(self, x):
        return self.c(x)
    def __call__(self, x):
        return F.max_pool2d(super().__call__(x), 2)

class B(nn.Module):
    def __init__(self):
        super().__init__()
        self.width = 6
        self.c = nn.Conv2d(3, self.width, 3)
    @property
    def width(self):
        return self._width
    @width.setter
    def width(self, value):
        self._width = value + 2
    def __setattr__(self, name, value):
        super().__setattr__(name, nn.Sequential(value, nn.MaxPool2d(3)) if name == "d" else value)
    def forward(self, x):
        return self.d(self.c(x))
W, K = 7, 1
"""


@pytest.mark.parametrize(
    ("before", "made", "run", "outputs", "params"),
    [
        (DECORATORS, "self.c = made()", "return self.c(x)", [[8, 5, 3]], 408),
        (DECORATORS, "self.c = nn.Conv2d(3, 4, 3)", "return act(self.c(x))", [[2, 7, 5]], 112),
        (DECORATORS, "self.c = kept(3); self.d = kept(3)", "return self.d(self.c(x))", [[3, 9, 7]], 84),
        (DECORATORS, "self.c = KINDS['a'](); self.d = B()", "return self.c(x), self.d(x)",
         [[9, 3, 2], [5, 3, 2]], 392),
        (WIDTHS, "self.c = made()", "return self.c(x)", [[4, 7, 5]], 112),
        (WIDTHS, "self.c = makers[0](); self.d = makers[2]()", "return self.c(x), self.d(x)",
         [[4, 9, 7], [4, 5, 3]], 320),
        (WIDTHS, "self.c = A()", "return self.c(x)", [[4, 2, 1]], 304),
    ],
)  # fmt: skip
def test_definitions_are_followed_as_python_has_them(
    before: str, made: str, run: str, outputs: list[list[int | None]], params: int
) -> None:
    assert answer(program(made, run, before), "3x9x7") == (outputs, params)


@pytest.mark.parametrize(
    ("before", "made", "message"),
    [
        ("k = 3\ndef f():\n    c = nn.Conv2d(3, 4, k)\n    k = 5\n    return c", "self.c = f()",
         "k has no value here"),
        ("k = 3\ndef f():\n    k = 1\n    del k\n    return nn.Conv2d(3, 4, k)", "self.c = f()", "k has no value"),
        ("@twice\ndef f():\n    return nn.Conv2d(3, 4, 3)", "self.c = f()",
         "f is needed here: the decorator twice is not known"),
        ("F.relu = lambda x: x[:, :2]", "self.c = nn.Conv2d(3, 4, 3)", "a change of F.relu is not followed"),
        ("setattr(nn, 'ReLU', nn.PReLU)", "self.c = nn.ReLU()", "a change of nn.ReLU is not followed"),
        ("k = 3\nexec('k = 5')", "self.c = nn.Conv2d(3, 4, k)", "a change of names by exec() is not followed"),
        ("k = 3\nglobals()['k'] = 5", "self.c = nn.Conv2d(3, 4, k)", "a change of names by globals() is not"),
        ("class A(nn.Module):\n    def __new__(cls):\n        return nn.Conv2d(3, 4, 3)", "self.c = A()",
         "A has a __new__ of its own"),
        ("class A(nn.Module):\n    @property\n    def w(self):\n        return 3\n"
         "    def __init__(self):\n        self.w = 5", "self.c = A()", "w is a property of A that cannot be set"),
    ],
)  # fmt: skip
def test_what_changes_a_name_unseen_is_refused(before: str, made: str, message: str) -> None:
    assert refusal(program(made, "return self.c(x)", before), "3x9x7").startswith(message)


def test_a_setter_of_a_class_is_followed() -> None:
    text = program("self.c = B(); self.c.d = nn.Conv2d(8, 2, 3)", "return self.c(x)", WIDTHS)
    assert answer(text, "3x9x11") == ([[2, 1, 2]], 224 + 146)


@pytest.mark.parametrize(
    ("before", "width", "expected"),
    [
        # What stands before, an expression, and its value in Python.
        ("x = y = [1]\nx += [2]", "len(y)", 2),
        ("x = [1, 2, 3]\nx[1:] = [7]", "len(x)", 2),
        ("makers = [lambda: i for i in range(1, 4)]", "makers[0]()", 3),
        ("many = iter([3, 4])\nnext(many)", "next(many)", 4),
        ("many = iter([3, 4, 5])\nfor one in many: break\nrest = list(many)", "len(rest)", 2),
        ("many = (i for i in [1, 2, 3])\none, two = list(many), list(many)", "len(two) + 1", 1),
        ("many = zip([1, 2], [3, 4])\none, two = list(many), list(many)", "len(two) + 1", 1),
        ("def made():\n    yield 1\n    yield 4\nmany = made()\nnext(many)", "next(many)", 4),
        ("x = {v % 2 for v in range(5)}", "len(x)", 2),
        ("x = set([1, 2])", "5 if x == set([2, 1]) else 3", 5),
        ("s = f'{\"a\"!r}'", "len(s)", 3),
        ("class A:\n    def __len__(self): return 0", "5 if A() else 2", 2),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    a: int = 3", "5 if A() == A() else 2", 5),
        ("from collections import namedtuple\nP = namedtuple('P', 'a b')", "5 if P(1, 2) == (1, 2) else 3", 5),
        ("from enum import IntEnum\nclass E(IntEnum):\n    A = 3", "5 if E.A == 3 else 2", 5),
        ("from enum import Enum\nclass E(Enum):\n    A = 3", "5 if E.A == 3 else 2", 2),
        ("def f():\n    try:\n        return 3\n    finally:\n        return 5", "f()", 5),
    ],
)
def test_values_are_those_of_python(before: str, width: str, expected: int) -> None:
    text = program(f"self.c = nn.Conv2d(3, {width}, 3)", "return self.c(x)", before)
    assert answer(text, "3x9x7") == ([[expected, 7, 5]], 28 * expected)


@pytest.mark.parametrize(
    ("before", "width", "message"),
    [
        ("x = set([3, 1])", "list(x)[0]", "the order of what is in a set is not known"),
        ("class A:\n    def __eq__(self, other): return True", "5 if A() == 3 else 2", "A is compared by a method"),
        ("class A:\n    a: int = 3", "A(a=5).a", "A takes no arguments"),
        ("from collections import OrderedDict\nd = OrderedDict(a=3, b=4)\nd.move_to_end('a')", "list(d.values())[0]",
         "d is needed here: move_to_end is not known"),
    ],
)  # fmt: skip
def test_values_that_are_not_followed_are_refused(before: str, width: str, message: str) -> None:
    text = program(f"self.c = nn.Conv2d(3, {width}, 3)", "return self.c(x)", before)
    assert refusal(text, "3x9x7").startswith(message)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("return x.narrow(1, 5, 7)", "7 cells from 5 on are out of range for an axis of size 8"),
        ("return x.narrow(1, -3, 4)", "4 cells from -3 on are out of range for an axis of size 8"),
        ("return torch.index_select(x, 1, torch.tensor([0, 9, 0]))", "index 9 is out of range for an axis of size 8"),
        ("return torch.index_select(x, 1, torch.tensor([0, -1]))", "index -1 is out of range for an axis of size 8"),
        ("return x[:, [0, 9, 0]]", "index 9 is out of range for an axis of size 8"),
        ("return x[:, :, [0, -8]]", "index -8 is out of range for an axis of size 7"),
        ("return x[:, torch.arange(9)]", "index 8 is out of range for an axis of size 8"),
    ],
)
def test_an_index_out_of_range_is_refused(run: str, message: str) -> None:
    assert refusal(program("self.c = nn.Conv2d(3, 8, 3)", f"x = self.c(x); {run}"), "3x9x7") == message


def test_an_index_in_range_is_taken() -> None:
    run = "x = self.c(x); return x.narrow(1, -3, 2), x[:, [0, -8, 7]], torch.index_select(x, 2, torch.tensor([6, 0]))"
    made = answer(program("self.c = nn.Conv2d(3, 8, 3)", run), "3x9x7")
    assert made == ([[2, 7, 5], [3, 7, 5], [8, 2, 5]], 224)


@pytest.mark.parametrize(
    "before",
    [
        "width = 8 if 1 < 2 else 5",
        "width: int = 8",
        "sizes = {'width': 8}; width = sizes['width']",
        "sizes = [[3, 8], [8, 4]]; width = sizes[0][1]",
        "try:\n    width = 8\nexcept ImportError:\n    width = 5",
        "if True:\n    width = 8",
        "with torch.no_grad():\n    width = 8",
        "twice = lambda i: 2 * i\nwidth = twice(4)",
        "_, *rest = [3, 8]\nwidth = rest[0]",
        "width, rest = divmod(35, 4)",
        "from torch.nn import Conv2d as C\nwidth = C(3, 8, 3).out_channels",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'\nwidth = 8",
        "width = 8\nif torch.cuda.device_count() > 1:\n    width = 9",
    ],
)
def test_statements_before_layers_make_a_program(before: str) -> None:
    text = f"{before}\nmodel = nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU()).to('cpu')\n"
    assert answer(text, "3x9x7") == ([[8, 7, 5]], 224)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("return self.c(x) if self.m else x", "this depends on a tensor"),
        ("return self.c(x)[:, :1 + bool(self.m)]", "this depends on a tensor"),
        ("return self.c(x)[:, :1 + len(self.state_dict())]", "the parameters of a module are not followed"),
        ("total = 1; for p in self.parameters(): total += p.numel() > 4; return self.c(x)[:, :total]",
         "the parameters of a module are not followed"),
    ],
)  # fmt: skip
def test_what_depends_on_numbers_of_weights_is_refused(run: str, message: str) -> None:
    run = run.replace("(): total", "():\n            total")
    text = program("self.c = nn.Conv2d(3, 8, 3); self.m = torch.zeros(1)", run)
    assert refusal(text, "3x9x7").startswith(message)
