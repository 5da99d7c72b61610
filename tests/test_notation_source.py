"""Source code: models as people write them, numbers from PyTorch and Keras; what is not followed is an error."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

import pytest

import convcalc
from convcalc.errors import SpecError, UsageError
from convcalc.layers import Layer, TensorShape
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import parse_network
from convcalc.notation.source.running import without_times
from convcalc.report.params import params_report
from convcalc.report.shape import shape_report

FOLDER = Path(__file__).parent / "data" / "source"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())


def requested(text: str) -> LayerRequest:
    return LayerRequest((text,), file="net.py")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_numbers_are_those_of_the_framework(name: str) -> None:
    case, text = EXPECTED[name], (FOLDER / name).read_text()
    size = case.get("input")
    passed = forward(requested(text), size)
    made = [list(passed.trace.steps[index].output.laid_out(passed.layout)) for index in passed.trace.outputs]
    assert made == case["outputs"]
    counted = count(requested(text), size)
    assert counted.cost.total.params == case["params"]
    if "macs" in case:
        assert counted.cost.total.macs == case["macs"]


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("name", [name for name in sorted(EXPECTED) if "modules" in EXPECTED[name]])
def test_a_folded_module_is_all_that_runs_in_its_forward(name: str, depth: int) -> None:
    case, request = EXPECTED[name], requested((FOLDER / name).read_text())
    passed, counted = forward(request, case["input"]), count(request, case["input"])
    nodes = counted.network.nodes
    whole = shape_report(passed.trace, nodes).data["layers"]
    sizes = shape_report(passed.trace, nodes, depth=depth).data["layers"]
    counts = params_report(counted.cost, nodes, 4, depth=depth).data["layers"]
    assert sum(row["macs"] for row in counts) == case["macs"]
    paths = {path: path.count(".") + 1 for path in (without_times(node.module) for node in nodes) if path}
    called = {path for path in case["modules"] if path.count(".") + 1 == depth and any(
        each == path or each.startswith(f"{path}.") for each in paths)}  # fmt: skip
    assert called <= {row["name"] for row in sizes}
    for module in called:
        params, macs, outputs = case["modules"][module]
        assert [row["output"] for row in sizes if row["name"] == module] == outputs
        rows = [row for row in counts if row["name"] == module]
        assert (sum(row["params"] for row in rows), sum(row["macs"] for row in rows)) == (params, macs)
    ends = accumulate(int(row["layer"].split()[0]) if row["layer"].endswith(" layers") else 1 for row in sizes)
    assert [row["receptive_field"] for row in sizes] == [whole[end - 1]["receptive_field"] for end in ends]


def test_the_field_of_a_folded_block_reaches_behind_its_sum() -> None:
    text = (
        "class Block(nn.Module):\n    def __init__(self, stride):\n        super().__init__()\n"
        "        self.a = nn.Conv2d(2, 2, 3, stride, 1)\n        self.b = nn.Conv2d(2, 2, 3, 1, 1)\n"
        "        self.short = nn.Conv2d(2, 2, 1, stride)\n    def forward(self, x):\n"
        "        y = self.b(torch.relu(self.a(x)))\n        y += self.short(x)\n        return F.relu(y)\n"
        "net = nn.Sequential(nn.Conv2d(2, 2, 5, 2, 2), nn.Sequential(Block(1), Block(2)), nn.AvgPool2d(2))\n"
    )
    passed = forward(requested(text), "2x40x36")
    rows = shape_report(passed.trace, passed.network.nodes, depth=1).data["layers"]
    # 5 + 2 * (2 + 2 + 2) + 4 * 2 cells in steps of 4, 2 + 2 * 3 + 4 of them before the first, then one cell more.
    assert [(row["layer"], row["receptive_field"][0], row["effective_padding"][0]) for row in rows] == [
        ("nn.Conv2d(2, 2, 5, 2, 2)", 5, 2),
        ("12 layers", 25, 12),
        ("nn.AvgPool2d(2)", 29, 12),
    ]
    assert [row["name"] for row in rows] == ["0", "1", "2"]


HEAD = "class Net(nn.Module):\n    def __init__(self, n=4):\n        super().__init__()\n"


def net(made: str, run: str) -> str:
    """Return a program with one class: lines of its `__init__` and its `forward`, separated by semicolons."""
    lines = [f"        {line.strip()}" for line in made.split(";")]
    return f"{HEAD}{chr(10).join(lines)}\n    def forward(self, x):\n        " + run.replace("; ", "\n        ")


@pytest.mark.parametrize(
    ("made", "run", "size", "output"),
    [
        ("self.c = nn.Conv2d(3, n, 3)", "return self.c(x)", "3x8x9", "4x6x7"),
        ("self.c = nn.Conv2d(3, 2 * n + 1, 3)", "return F.max_pool2d(self.c(x), 2)", "3x8x9", "9x3x3"),
        ("self.a = nn.Conv2d(3, 3, 3, padding=1)", "return x + self.a(x)", "3x8x9", "3x8x9"),
        ("self.a = nn.Conv2d(3, 5, 1)", "return torch.cat([x, self.a(x)], 1)", "3x8x9", "8x8x9"),
        ("self.a = nn.Conv2d(3, 5, 1)", "y = self.a(x); y = y.mean([2, 3]); return y", "3x8x9", "5"),
        ("self.f = nn.Linear(24, 2)", "return self.f(x.view(x.size(0), -1))", "3x2x4", "2"),
        ("self.f = nn.Linear(24, 2)", "b, c, h, w = x.shape; return self.f(x.reshape(b, -1))", "3x2x4", "2"),
        ("self.l = nn.ModuleList([nn.Conv2d(3, 3, 3) for _ in range(3)])",
         "for layer in self.l:;     x = torch.relu(layer(x)); return x", "3x9x8", "3x3x2"),
        ("self.l = nn.Sequential(*[nn.Conv2d(3, 3, 3) for i in range(n)])", "return self.l(x)", "3x19x18", "3x11x10"),
        ("self.d = nn.ModuleDict({'a': nn.Conv2d(3, 2, 1), 'b': nn.Conv2d(3, 6, 1)})", "return self.d['b'](x)",
         "3x4x5", "6x4x5"),
        ("self.c = nn.Conv2d(3, 8, 1)", "a, b = self.c(x).chunk(2, dim=1); return a * torch.sigmoid(b)",
         "3x4x5", "4x4x5"),
        ("self.c = nn.Conv2d(3, 8, 1)", "return self.c(x).permute(0, 2, 3, 1)", "3x4x5", "4x5x8"),
        ("self.c = nn.Conv2d(3, 8, 1)", "return self.c(x).flatten(2).transpose(1, 2)", "3x4x5", "20x8"),
        ("self.c = nn.Conv2d(3, 8, 1)", "x = F.interpolate(x, scale_factor=2); return self.c(x)", "3x4x5", "8x8x10"),
        ("self.c = nn.Conv2d(3, 8, 3)", "x = F.pad(x, (1, 2, 3, 4)); return self.c(x)", "3x4x5", "8x9x6"),
        ("self.p = nn.Parameter(torch.zeros(1, 3, 1, 1))", "return x * self.p", "3x4x5", "3x4x5"),
        ("self.c = nn.Conv2d(3, 8, 1)", "if self.training:;     x = F.dropout(x); return self.c(x)[:, :4]",
         "3x4x5", "4x4x5"),
        ("self.c = nn.Conv2d(3, 8, 1)", "x = self.c(x) if x is not None else x; return x / 2", "3x4x5", "8x4x5"),
    ],
)  # fmt: skip
def test_what_programs_do_with_tensors(made: str, run: str, size: str, output: str) -> None:
    assert str(forward(requested(net(made, run)), size).trace.output) == output


def test_a_module_that_runs_twice_counts_once() -> None:
    text = net("self.c = nn.Conv2d(3, 3, 3, padding=1)", "return self.c(self.c(x))")
    assert count(requested(text)).cost.total.params == 3 * 3 * 9 + 3


def test_a_module_that_never_runs_is_noted() -> None:
    text = net("self.c = nn.Conv2d(3, 3, 3); self.d = nn.Linear(3, 2)", "return self.c(x)")
    counted = count(requested(text), "3x9x8")
    assert (counted.cost.total.params, counted.cost.total.macs) == (3 * 27 + 3 + 3 * 2 + 2, 3 * 27 * 7 * 6)
    (note,) = counted.notes
    assert (
        note
        == "made but not run for what forward returns: d; the parameters count, as in PyTorch, and there are no MACs"
    )


def test_every_layer_has_its_name_and_its_line() -> None:
    text = net("self.c = nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU())", "return self.c(x) * 2")
    nodes = parse_network(text, place="n.py").nodes
    assert [(node.name, node.text, node.place) for node in nodes] == [
        ("c.0", "nn.Conv2d(3, 3, 3)", "n.py:4"),
        ("c.1", "nn.ReLU()", "n.py:4"),
        ("", "self.c(x) * 2", "n.py:6"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (net("self.c = nn.Conv2d(3, 3, k)", "return self.c(x)"), "kernel_size must be a whole number, got k"),
        (net("self.c = nn.Conv2d(3, 3, 3)", "return self.d(x)"), "Net has no d"),
        (net("self.c = nn.Conv2d(3, 3, 3)", "return mystery(self.c(x))"), "mystery of a tensor is not known"),
        (net("self.c = nn.Conv2d(3, 3, 3)", "if x.mean() > 0:;     x = x; return self.c(x)"), "on a tensor"),
        (net("self.c = nn.Conv2d(3, 3, 3)", "while True:;     x = self.c(x); return x"), "more than 50,000 steps"),
        (net("self.l = nn.ModuleList([nn.ReLU()])", "return self.l(x)"), "a ModuleList does not run its modules"),
        (net("self.c = nn.Conv2d(3, 3, 3)", "if x.size(2) > 9:;     x = self.c(x); return x"), "size of the input"),
        (HEAD.replace("n=4", "n") + "        self.c = nn.ReLU()\n    def forward(self, x): return x", "Net needs n"),
        ("import os\nx = 3\n", "this program makes no model"),
        (net("self.n = [0] * 10**9", "return x"), "this list is too long to be followed"),
        (net("self.n = 9 ** 9 ** 9", "return x"), "this number is too large to be followed"),
        (net("self.n = [i for i in range(10**9)]", "return x"), "this is too long to be followed"),
        ("def f(x):\n    return f(x)\nclass Net(nn.Module):\n    def forward(self, x):\n        return f(x)",
         "followed up to"),
    ],
)  # fmt: skip
def test_what_is_not_followed_is_an_error_at_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(text, place="net.py")
    assert caught.value.place is not None
    assert caught.value.place.startswith("net.py:")


def test_samples_are_not_mixed_in_silence() -> None:
    text = net("self.f = nn.Linear(12, 2)", "return self.f(x.view(-1, 12))")
    with pytest.raises(UsageError, match="this makes 2 samples of one"):
        forward(requested(text), "3x2x4")


def test_a_program_is_never_run(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    lines = [f"open({str(victim)!r}, 'w').write('x')", f"__import__('os').system('touch {victim}')"]
    text = "\n".join([*lines, net("self.c = nn.Conv2d(3, 3, 3)", "return self.c(x)")])
    assert len(parse_network(text).nodes) == 1
    for call in (f"open({str(victim)!r}, 'w')", f'exec("open({str(victim)!r}, 1)")'):
        with suppress(SpecError):
            parse_network(net(f"self.c = {call}", "return self.c(x)"))
    assert not victim.exists()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_mutated_programs_end_in_an_answer_or_an_error(name: str) -> None:
    text, random_numbers = (FOLDER / name).read_text(), random.Random(2)
    pieces = ["", "0", "9999", "(", ")", "x", "self", "\n", "None", "*", "[", "'", "lambda: 0"]
    for _ in range(40):
        start = random_numbers.randrange(len(text))
        changed = text[:start] + random_numbers.choice(pieces) + text[start + random_numbers.choice([0, 1, 5]) :]
        with suppress(UsageError):
            count(requested(changed), EXPECTED[name].get("input"))


def test_python_takes_a_path_for_the_layers_of_a_file() -> None:
    path = FOLDER / "skips.txt"
    assert convcalc.shape("3x24x20", path) == (5, 24, 20)
    assert convcalc.params(path, size="3x24x20").total.params == EXPECTED["skips.txt"]["params"]
    with pytest.warns(
        UserWarning, match="counted once: again.narrow"
    ):  # and not what holds nothing, as `first...act`
        assert convcalc.params(FOLDER / "reused.txt").total.params == EXPECTED["reused.txt"]["params"]
    with pytest.raises(UsageError, match="a file of layers cannot be combined"):
        convcalc.shape("3x24x20", path, "relu")


SHUFFLE = (
    "b, c, h, w = x.size(); x = x.view(b, 2, c // 2, h, w)",
    "x = torch.transpose(x, 1, 2).contiguous(); return x.view(b, -1, h, w)",
)


@pytest.mark.parametrize(
    ("made", "run", "output"),
    [
        ("self.c = nn.Conv2d(3, 6, 3)", f"x = self.c(x); {'; '.join(SHUFFLE)}", "6x5x3"),
        ("self.c = nn.ConvTranspose2d(3, 3, 2, 2)",
         "y = F.max_pool2d(x, 2); y = self.c(y); d = x.size()[2] - y.shape[2]; e = x.shape[-1] - y.size(3);"
         "return F.pad(y, [e // 2, e - e // 2, d // 2, d - d // 2])", "3x7x5"),
        ("self.c = nn.Conv2d(3, 4, 2)", "return F.interpolate(self.c(x), size=x.shape[2:])", "4x7x5"),
        ("self.c = nn.Conv2d(3, 4, 2)", "y = self.c(x); return F.avg_pool2d(y, y.size()[2:]).flatten(1)", "4"),
        ("self.c = nn.Conv2d(3, 4, 2)", "y = self.c(x); return x[:, :, :y.shape[2], :y.size(3)]", "3x6x4"),
        ("self.c = nn.Conv2d(3, 12, 1)",
         "b, c, h, w = x.shape; q, k, v = self.c(x).reshape(b, 3, 4, h * w).permute(1, 0, 3, 2); return q", "35x4"),
    ],
)  # fmt: skip
def test_what_depends_on_sizes(made: str, run: str, output: str) -> None:
    text = net(made, run)
    assert "x".join(map(str, forward(requested(text), "3x7x5").output)) == output


def test_sizes_that_are_not_given_matter_only_where_they_are_needed() -> None:
    text = net("self.c = nn.Conv2d(3, 4, 2)", "return F.interpolate(self.c(x), size=x.shape[2:])")
    assert count(requested(text)).cost.total.params == 3 * 4 * 4 + 4
    with pytest.raises(SpecError, match="depends on a size of the input that is open") as caught:
        forward(requested(text), "(None, 3, None, 5)")
    assert caught.value.place == "net.py:6:16"


def test_a_network_read_for_one_size_takes_no_other() -> None:
    text = net("self.c = nn.Conv2d(3, 4, 2)", "return F.interpolate(self.c(x), size=x.shape[2:])")
    network = forward(requested(text), "3x7x5").network
    assert (network.input, network.fixed) == ((3, 7, 5), True)


def test_a_size_that_a_sample_finds_is_known_without_an_input() -> None:
    made = "self.c = nn.Conv2d(3, 4, 2); y = self.c(torch.zeros(1, 3, 7, 5)).view(1, -1)"
    text = net(f"{made}; self.f = nn.Linear(y.size(1), 2)", "return self.f(torch.flatten(self.c(x), 1))")
    assert count(requested(text)).cost.total.params == 3 * 4 * 4 + 4 + 4 * 6 * 4 * 2 + 2


@pytest.mark.parametrize(
    ("made", "run", "params"),
    [
        ("self.w = nn.Parameter(torch.randn(4, 3, 2, 2) * 0.1)", "return F.conv2d(x, self.w, padding=1)", 48),
        ("self.w = torch.ones(4, 3, 2, 2)", "return F.conv2d(x, self.w, torch.zeros(4))", 0),
        ("self.w = nn.Parameter(torch.ones(3, 4, 2, 2))", "return F.conv_transpose2d(x, weight=self.w)", 48),
        ("self.c = nn.Conv2d(3, 4, 2, bias=False)", "return F.conv2d(x, self.c.weight) + self.c(x)", 48),
        ("self.w = nn.Parameter(torch.ones(4, 3, 2, 2))", "return F.conv2d(x, self.w) + F.conv2d(x, self.w)", 48),
        ("self.w = nn.Parameter(torch.ones(4, 5))", "w = self.w; return F.linear(x, w[:2]) + F.linear(x, w[2:])", 20),
        ("self.w = nn.Parameter(torch.ones(9, 5))", "return (x @ self.w.t()[:, :2]) @ self.w.mT[0, :2]", 45),
        ("self.w = nn.Parameter(torch.ones(2, 5))", "return F.linear(x, self.w.new_ones(5, 2))", None),
    ],
)  # fmt: skip
def test_weights_that_are_arguments_count_once_where_they_are_learned(
    made: str, run: str, params: int | None
) -> None:
    if params is None:
        with pytest.raises(SpecError, match="new_ones of a parameter is not followed"):
            parse_network(net(made, run))
    else:
        assert count(requested(net(made, run)), "3x7x5").cost.total.params == params


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nclass Net(nn.Module):\n"
         "    def forward(self, x):\n        return x.view(f(50))", "more than 50,000 steps"),
        (net("s = [1]; s = [[s, s] for i in range(2)] * 9; s = [s] * 9; s = [s] * 9; s = [s] * 99; s = str(s)",
             "return x"), "too long to be followed"),
        (net("s = 'a' * 90000; s = s.replace('a', s)", "return x"), "too long to be followed"),
        (net("s = '{:999999999}'.format(1)", "return x"), "too long to be followed"),
        (net("s = '%*d' % (999999999, 1)", "return x"), "this format is not followed"),
        (net("s = f'{1:999999999}'", "return x"), "this format is not followed"),
        (net("s = 1 << 10**10", "return x"), "too large to be followed"),
        (net("s = " + "-" * 20000 + "1", "return x"), "nested too deeply"),
        (net("s = " + "+".join("1" * 3000), "return x"), "nested too deeply"),
        (net("s = " + "9" * 5000, "return x"), "not valid Python"),
        (net("self.c = nn.Conv2d(3, 3, 3", "return x"), "not valid Python: '\\(' was never closed"),
        ("class Net(nn.Module):\n    pass\n" + "x = 1\n" * 60000, "too long, at most 300,000 are read"),
    ],
)  # fmt: skip
def test_hostile_programs_end_at_once(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(text, place="net.py")
    assert (caught.value.place or "").startswith("net.py:")


@pytest.mark.parametrize(
    "value",
    [
        "os.environ.get('N') == '1'",
        "None is os.environ.get('N')",
        "os.environ.get('N') in ('1', '2')",
        "isinstance(os.environ.get('N'), str)",
        "{'1': 4}.get(os.environ.get('N'), False)",
        "sys.argv[1] == 'x'",
        "sys.platform == 'linux'",
        "torch.__version__ == '1'",
        "C() == C()",
    ],
)
def test_what_is_not_known_is_not_compared(value: str) -> None:
    head = (
        "import os, sys, torch\nfrom dataclasses import dataclass\n@dataclass(eq=False)\nclass C:\n    w: int = 4\n"
    )
    with pytest.raises(SpecError, match=r"not known|which is not followed"):
        parse_network(head + net(f"self.c = nn.Conv2d(3, [4 if {value} else 8][0], 1)", "return self.c(x)"))


def test_a_long_program_asks_for_the_axes_of_its_input_by_few_layers() -> None:
    # It asks behind every line: by all the layers so far, 5,000 lines had no end.
    asked: list[int] = []

    def begin(layers: Sequence[Layer], layout: str) -> list[TensorShape]:
        asked.append(len(layers))
        return [TensorShape((3, 8, 9), 2)]

    run = "y = x; " + "y = self.a(y + x); " * 60 + "return y"
    network = parse_network(net("self.a = nn.ReLU()", run), begin=begin)
    assert len(network.nodes) == 120
    assert len(asked) > 60
    assert sum(count > 2 for count in asked) <= 1  # once by all, at the end


def test_each_of_several_inputs_needs_a_size() -> None:
    text = net("self.c = nn.Conv2d(3, 4, 2)", "return self.c(x) + self.c(y)").replace("self, x)", "self, x, y)")
    with pytest.raises(UsageError, match="the network takes 2 inputs, got 1"):
        forward(requested(text), "3x7x5")
    assert forward(requested(text), "a=3x7x5 b=3x7x5").output == (4, 6, 4)


@pytest.mark.parametrize(
    ("made", "run", "size", "output", "params"),
    [
        ("self.g = nn.Parameter(0.1 * torch.ones(3))", "return self.g[:, None, None] * x", "3x7x5", "3x7x5", 3),
        ("self.g = nn.Parameter(torch.ones(3))", "return x * self.g.view(1, -1, 1, 1)", "3x7x5", "3x7x5", 3),
        ("self.g = nn.Parameter(torch.ones(5, 4))", "return x @ self.g", "7x5", "7x4", 20),
        ("self.g = nn.Parameter(torch.ones(4, 5))", "return torch.matmul(x, self.g.t())", "7x5", "7x4", 20),
        ("self.c = nn.Conv2d(3, 4, 2)", "y = self.c(x); return torch.stack([y, y], 1).sum(1)", "3x7x5", "4x6x4", 52),
        ("self.c = nn.Conv2d(3, 4, 2)", "return self.c(x)[:, 1, None, ..., ::2]", "3x7x5", "1x6x2", 52),
        ("self.c = nn.ModuleDict({f'k{k}': nn.Conv2d(3, k, k) for k in (1, 3)})",
         "return self.c.k1(x) + self.c['k1'](x)", "3x7x5", "1x7x5", 4 + 84),
    ],
)  # fmt: skip
def test_axes_of_parameters_and_new_axes(made: str, run: str, size: str, output: str, params: int) -> None:
    text = net(made, run)
    assert "x".join(map(str, forward(requested(text), size).output)) == output
    assert count(requested(text), size).cost.total.params == params


def test_what_runs_for_nothing_that_is_returned_counts_as_what_never_runs() -> None:
    text = net(
        "self.c = nn.Conv2d(3, 3, 3); self.d = nn.Linear(3, 2)", "y = self.d(x.mean((2, 3))); return self.c(x)"
    )
    counted = count(requested(text), "3x9x8")
    assert (counted.cost.total.params, counted.cost.total.macs) == (3 * 27 + 3 + 3 * 2 + 2, 3 * 27 * 7 * 6)


def test_a_wrong_name_gets_a_hint() -> None:
    with pytest.raises(SpecError, match=r"nn\.Conv2D is not known") as caught:
        parse_network(net("self.c = nn.Conv2D(3, 3, 3)", "return self.c(x)"))
    assert "Conv2d" in (caught.value.hint or "")


def test_the_first_argument_of_a_method_may_have_any_name() -> None:
    text = net("self.c = nn.Conv2d(3, 4, 3)", "return self.c(x)").replace("self", "s")
    assert count(requested(text)).cost.total.params == 4 * 27 + 4


RECORD = "@dataclass\nclass D:\n    a: int\n    b: int = 2\n"
USE = "return self.c(x)"


@pytest.mark.parametrize(
    ("made", "run", "message"),
    [
        # What is written.
        ("a, b = [1, 2, 3]", USE, "3 values for 2 names"),
        ("s = [1]; s[3] = 2", USE, "this item cannot be set: list assignment index out of range"),
        ("(1, 2)[0] = 3", USE, "this item is not followed"),
        ("self.c.groups = 2", USE, "a change of groups is not followed"),
        ("self.c.weight = nn.Parameter(torch.zeros(4, 3, 2, 2))", USE, "a change of weight is not followed"),
        ("self.c.weight.data = torch.zeros(2, 3, 3, 3)", USE, "other sizes in data are not followed"),
        ("self.d = nn.Conv2d(4, 3, 3); self.d.weight = self.c.weight.transpose(0, 1)", USE, "a view of a parameter"),
        ("self.d = nn.Conv2d(9, 4, 1); self.d.weight = self.c.weight.view(4, 27, 1, 1)", USE, "a view of a"),
        ("self.c.weight.data.t_()", USE, "t_ of a parameter is not followed"),
        ("", "return F.conv2d(x, self.c.weight[:2], self.c.bias)", "the bias of conv2d has the sizes 4, not 2"),
        ("", "return F.linear(x, self.c.bias)", "the weight of Linear has 2 axes, not 1"),
        ("", "return x.t()", "matrix, this tensor has 4 axes"),
        ("", "return F.avg_pool3d(x, (2, 9, 2), ceil_mode=True)", "kernel 2x9x2 is larger than the input 3x7x5"),
        ("n.m = 2", USE, "this attribute is not followed"),
        ("[a, *b, c] = [1]", USE, "1 values for 3 names"),
        # Statements.
        ("raise ValueError('no')", USE, "the program stops here with an error of its own"),
        ("async def f(): return 3", USE, "asyncfunctiondef is not followed"),
        ("", "if x:;     x = x; return x", "this depends on a tensor, which is not known"),
        ("", "if x.shape[2:]:;     x = self.c(x); return x[1]", "no cell of axis 0 of 1x4x5x3 is"),
        ("s = [i for i in 3]", USE, "what this goes over is not known"),
        ("s = 3(n)", USE, "what is called here is not known"),
        # Functions and their arguments.
        ("f = lambda a, b: a; f(1)", USE, "the function needs b, which has no default"),
        ("f = lambda a: a; f(1, 2)", USE, "the function takes 1 arguments, got 2"),
        ("f = lambda a: a; f(1, a=2)", USE, "the function gets a twice"),
        ("f = lambda a: a; f(1, b=2)", USE, "the function has no parameter 'b'"),
        ("f = lambda a: a; f(**n)", USE, "these arguments are not known"),
        ("D(1, 2, 3)", USE, "D takes 2 arguments, got 3"),
        ("D(1, c=3)", USE, "D has no parameter 'c'"),
        ("D(b=3)", USE, "D needs a, which has no default"),
        ("D(1)()", USE, "D has no forward"),
        ("D(1).mystery(n)", USE, "D has no mystery"),
        ("argparse.ArgumentParser().add_argument(3)", USE, "the name of this option is not known"),
        ("super().mystery()", USE, "mystery of the framework's class is not followed"),
        ("isinstance(n)", USE, "this use of isinstance is not followed"),
        ("getattr(self, 'mystery')", USE, "this use of getattr is not followed"),
        # Numbers, texts and lists.
        ("s = pow(10, 10**7)", USE, "this number is too large to be followed"),
        ("s = 2**60 * 2**60", USE, "this number is too large to be followed"),
        ("s = int('x')", USE, "this has no value: invalid literal for int"),
        ("s = [1].pop(5)", USE, "this has no value: pop index out of range"),
        ("s = [1][5]", USE, "there is no such item: list index out of range"),
        ("s = nn.ReLU().names[0]", USE, "'names' of this is not followed"),
        ("s = 1 / 0", USE, "this has no value: division by zero"),
        ("s = 1 < 'a'", USE, "this has no value: '<' not supported"),
        ("s = 1 @ 2", USE, "this arithmetic is not followed"),
        ("s = -'a'", USE, "this sign is not followed"),
        ("s = f'{n:s}'", USE, "this has no value: Unknown format code"),
        ("s = 'a'.encode()", USE, "encode is not known"),
        ("s = n.mystery", USE, "mystery of this is not known"),
        ("s = [1] * 60000; s = s + s", USE, "this list is too long to be followed"),
        ("s = 'a' * 60000; s = f'{s}{s}'", USE, "this text is too long to be followed"),
        ("s = 'a'.zfill(2000)", USE, "this is too long to be followed"),
        ("s = ('a' * 2000).join(['b'] * 90)", USE, "this is too long to be followed"),
        # Modules.
        ("self.l = nn.Sequential(3)", USE, "what stands at place 1 of Sequential is not a module"),
        ("self.l = nn.ModuleList().sort()", USE, "sort of ModuleList is not followed"),
        ("self.l = nn.Sequential()", "return self.l(x, x)", "a Sequential runs on one tensor, not on 2"),
        ("", "return self.c(x, x)", "Conv2d runs on one tensor, not on 2"),
        ("self.d = nn.Conv2d(3, nn.L1Loss(), 1)", USE, "an argument is not known: a loss is not followed"),
        ("self.l = nn.L1Loss()", "return self.l(x)", "l is needed here: a loss is not followed"),
        ("self.d = nn.Conv2d(3, self.c.weight, 1)", USE, "an argument of this layer is not known"),
        ("self.l = models.vit_b_16()", USE, "models.vit_b_16 is not in this text: its layers are not known"),
        ("self.p = nn.Parameter('a')", USE, "the shape of this parameter is not known"),
        ("self.r = nn.GRU(5, 4)", "y, s = self.r(x[:, 0]); return int(s)", "this depends on a tensor"),
        ("self.m = nn.MultiheadAttention(3, 1)", "x = self.c(x); return self.m(x, x, x)", "3 axes, this one has 4"),
        # Tensors.
        ("", "return x << x", "this sign between tensors is not followed"),
        ("", "return x[:, x[0, :, 0, 0] > 0]", "how many cells this mask takes is not known"),
        ("self.m = torch.ones(3) > 2", "return x[:, self.m]", "how many cells this mask takes is not known"),
        ("self.m = torch.ones(3).bool()", "return x[:, self.m]", "how many cells this mask takes is not known"),
        ("self.m = torch.tensor([True, False, True])", "return x[:, self.m]", "how many cells this mask takes"),
        ("", "return x + 'a'", "what is joined here is not a tensor"),
        ("", "return torch.cat([x, 3])", "what is concatenated here is not known"),
        ("", "return x.view('a')", "size 1 of this view is not known"),
        ("", "return x.view_as(3)", "the sizes of this view are not known"),
        ("", "return x.expand_as(3)", "what this expands to is not known"),
        ("", "return x.flatten('a')", "these axes are not known"),
        ("", "return x.transpose(1)", "a transpose swaps two axes, got 1"),
        ("", "return x.permute('a')", "these axes are not known"),
        ("", "return x.chunk(-1)[0]", "how many parts this chunk makes is not known"),
        ("", "return x.unbind(0)[0]", "how many parts this unbind makes is not known"),
        ("", "return F.pad(x, 'a')", "what this pads with is not known"),
        ("", "return x[:, 'a']", "this index of a tensor is not followed"),
        ("", "return x[:, 'a':]", "where this is cut is not known"),
        ("", "a, b = x; return a", "1 values for 2 names"),
        ("", "return F.conv2d(x, nn.Parameter(torch.ones(3, 2, 1)))", "the weight of Conv2d has 4 axes, not 3"),
        # Their sizes.
        ("", "return x.view(x.shape['a'])", "this index is not followed"),
        ("self.k = [1, 2][::0]", "return self.c(x)", "the step of a slice must not be 0"),
        ("", "return x.view(x.size(9))", "a tensor of 4 axes does not have axis 9"),
        # Parameters.
        ("self.p = nn.Parameter(torch.ones(3))", "return x * self.p[0, 0]", "a parameter of 1 axes does not have 2"),
        ("self.p = nn.Parameter(torch.ones(3))", "return x * self.p['a']", "this part of a parameter is not"),
        ("self.p = nn.Parameter(torch.ones(3))", "return x * self.p[:0]", "this part of a parameter is not followed"),
        *((f"self.p = nn.Parameter(torch.ones({sizes}))", f"return x * self.p.{move}", "of a parameter is not")
          for sizes, move in (("6", "view(4)"), ("6", "view(-2)"), ("6", "unsqueeze(5)"), ("6, 1, 1", "t()"),
                              ("6, 1", "transpose(0)"), ("6, 1", "permute(0, 2)"), ("6", "expand(2, 6)"),
                              ("6", "repeat(2, 2)"))),
        ("self.p = nn.Parameter(torch.full(3.5, 1))", "return x * self.p[0]", "of this parameter is not known"),
        *((f"self.k = {many}", "return self.c(x)", "not followed one by one")
          for many in ("sum(p.numel() for p in self.c.parameters())", "len(list(self.c.parameters()))",
                       "max([p.numel() for p in self.c.parameters()], default=0)")),
        *((f"self.k = {held}", "return self.c(x)", "under a second name is not followed")
          for held in ("self.c.bias", "nn.ParameterList([self.c.weight])")),
    ],
)  # fmt: skip
def test_uses_that_are_not_followed(made: str, run: str, message: str) -> None:
    text = RECORD + net(f"self.c = nn.Conv2d(3, n, 3); {made or 'pass'}", run)
    with pytest.raises(UsageError, match=message) as caught:
        count(requested(text), "3x7x5")
    assert (caught.value.place or "").startswith("net.py:")


KERAS_NET = """class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.c = layers.Conv2D(4, 3)
        self.d = layers.Dense(5)
    def call(self, x):
        x = self.c(x)
        x = tf.concat([x, x * 2], axis=-1)
        return self.d(x) if x.shape[-1] == 8 else x
"""


@pytest.mark.parametrize(
    ("text", "size", "output", "params"),
    [
        ("keras.backend.set_image_data_format('channels_first')\nmodel = keras.Sequential()\n"
         "model.add(Conv2D(4, 3, input_shape=(3, 9, 8)))\nmodel.add(Flatten())\nmodel.add(Dense(5))",
         None, (5,), 4 * 27 + 4 + (4 * 7 * 6 + 1) * 5),
        ("model = Sequential()\nmodel.add(Dense(4, input_dim=9))\nmodel.summary()", None, (4,), 40),
        ("model.add(Dense(4, batch_input_shape=(None, 9)))\nmodel.fit(3)", None, (4,), 40),
        ("x = Input(batch_shape=(None, 9))\na = Dense(4)(x)\nmodel = Model(x, Average()([a, Dense(4)(x)]))", None,
         (4,), 80),
        ("n = 3\nx = Input((9,))\nz = Input((9,))\nmodel = Model([x, z], Dense(3)(Add()([x, z])))", "a=9 b=9",
         (3,), 30),
        ("n = 9\nx = Input((n,))\ny = Dense(4)(x)", None, (4,), 40),
        ("n = 4\nmodel = keras.Sequential([keras.Input((9,)), Dense(n)])", None, (4,), 40),
        ("n = 4\nmodel = keras.Sequential(Sequential([Dense(n)]))", "9", (4,), 40),
        (KERAS_NET, "9x8x3", (7, 6, 5), 4 * 27 + 4 + 8 * 5 + 5),
        # Pieces of programs.
        ("model = nn.Sequential(nn.Conv2d(3, 4, 3))\nreturn model\nwidth = 3", "3x9x8", (4, 7, 6), 112),
        ("n = 4\nconv1 = nn.Conv2d(3, n, 3)\nconv2 = nn.Conv2d(n, 2, 1)", "3x9x8", (2, 7, 6), 112 + 10),
        ("n = 3\nlayers = nn.Sequential()\nlayers.append(nn.Conv2d(3, 4, 3))", "3x9x8", (4, 7, 6), 112),
        (net("self.c = nn.Conv2d(3, n, 3)", "return {'a': self.c(x), 'b': None}"), "3x9x8", (4, 7, 6), 112),
        (net("self.c = nn.Conv2d(3, n, 3)", USE).replace("n=4", "n") + "\ndef make(n):\n    return Net(n)\n"
         "net = [make(6)]", "3x9x8", (6, 7, 6), 6 * 27 + 6),
    ],
)  # fmt: skip
def test_models_of_keras_and_pieces_of_programs(
    text: str, size: str | None, output: tuple[int, ...], params: int
) -> None:
    assert forward(requested(text), size).output == output
    assert count(requested(text), size).cost.total.params == params


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n = 3\nx = Input((9, 8, n))\ny = Conv2D(4, 3)(x)\nz = mystery(y)", "mystery of a tensor is not known"),
        ("n = 4\nmodel = Sequential()\nmodel.add(n)", "what is added here is not a layer"),
        ("n = 4\nmodel = Sequential()\nmodel.pop()\nmodel.add(Dense(n))", "pop of a model is not followed"),
        (net("pass", "return 3"), "forward returns no tensor"),
        (net("pass", "return x"), "no layers run in this program"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_left_out(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        count(requested(text), "9")


def test_of_several_models_the_last_is_meant_and_that_is_said() -> None:
    text = net("self.f = nn.Linear(3, 2)", "return self.f(x)")
    both = f"{text}\n{text.replace('Net', 'Other').replace('3, 2', '3, 5')}"
    for made in (
        "",
        "\nNet(), Other()",
        "\na = Net()\nb = Other()",
        "\na = nn.Sequential(Net())\nb = nn.Sequential(Other())",
    ):
        network = parse_network(both + made)
        assert network.layers[0] == parse_network("Linear(3, 5)").layers[0]
        names = "a, b" if "a =" in made else "Net, Other"
        assert network.assumptions == (f"the program has several models ({names}): the last one is meant",)


def test_sizes_go_to_the_inputs_of_their_names_and_outputs_come_as_returned() -> None:
    text = net("self.a = nn.Conv2d(3, 5, 3); self.b = nn.Conv2d(3, 6, 3)", "return self.a(x), self.b(y)")
    text = text.replace("forward(self, x)", "forward(self, x, y)")
    for size in ("x=3x9x8 y=3x19x17", "y=3x19x17 x=3x9x8"):
        passed = forward(requested(text), size)
        assert [passed.trace.steps[index].output.sizes for index in passed.trace.outputs] == [(5, 7, 6), (6, 17, 15)]
    for size in ("x=3x9x8 z=3x19x17", "x=3x9x8", "3x9x8"):
        with pytest.raises(UsageError, match=r"no input is called z|takes 2 inputs, got 1") as caught:
            forward(requested(text), size)
        assert caught.value.hint == "name the size of each: x=3x32x32 y=3x32x32"
    passed = forward(requested(text), "a=3x9x8 b=3x19x17")
    assert passed.network.assumptions == (
        "the sizes stand in the order of the network's inputs: x takes a, y takes b",
    )
    assert [passed.trace.steps[index].output.sizes for index in passed.trace.outputs] == [(5, 7, 6), (6, 17, 15)]
    text = net("self.a = nn.Conv2d(3, 4, 3); self.b = nn.Conv2d(4, 5, 3)", "x = self.a(x); return x, self.b(x)")
    passed = forward(requested(text), "3x9x8")
    assert [passed.trace.steps[index].output.sizes for index in passed.trace.outputs] == [(4, 7, 6), (5, 5, 4)]


def test_layers_in_a_plain_list_are_counted_with_a_remark() -> None:
    made = "self.a = [nn.Conv2d(3, 4, 3)]; self.b = {'c': nn.Conv2d(4, 4, 3)}"
    made += "; self.d = nn.Conv2d(4, 2, 1); self.e = [self.d]"
    text = net(made, "return self.d(self.b['c'](self.a[0](x)))")
    counted = count(requested(text), "3x9x8")
    assert counted.cost.total.params == 112 + 148 + 10
    assert [note.partition(":")[0] for note in counted.notes] == ["a, b"]
    assert "in a plain list or dict, which PyTorch leaves out" in counted.notes[0]
    assert not forward(requested(text), "3x9x8").network.notes


@pytest.mark.parametrize(
    ("layer", "run", "output", "params"),
    [
        # Checked by running them in PyTorch 2.14 on 1x7x8.
        ("nn.LSTM(8, 5, 2, batch_first=True)", "o, (h, c) = self.r(x); return h[-1]", (5,), 540),
        ("nn.LSTM(8, 5, batch_first=True)", "o, (h, c) = self.r(x); return c.squeeze(0)", (5,), 300),
        ("nn.LSTM(8, 5, batch_first=True, proj_size=3)", "_, (h, _) = self.r(x); return h[0]", (3,), 275),
        ("nn.GRU(8, 5, 2, batch_first=True, bidirectional=True)",
         "o, h = self.r(x); return torch.cat((h[-2, :, :], h[-1, :, :]), dim=1)", (10,), 960),
        ("nn.RNN(8, 5, batch_first=True)", "o, h = self.r(x); return h[0]", (5,), 75),
        ("nn.LSTM(8, 5, batch_first=True)", "o, (h, c) = self.r(x); return o[:, -1]", (5,), 300),
    ],
)  # fmt: skip
def test_states_of_recurrent_layers(layer: str, run: str, output: tuple[int, ...], params: int) -> None:
    text = net(f"self.r = {layer}", run)
    assert forward(requested(text), "7x8").output == output
    assert count(requested(text), "7x8").cost.total.params == params


def test_a_layer_that_is_deleted_does_not_count() -> None:
    made = "self.a = nn.Conv2d(3, 4, 3); self.b = nn.Conv2d(3, 4, 3); del self.b; c = 5; del c"
    counted = count(requested(net(made, "return self.a(x)")), "3x9x8")
    assert (counted.cost.total.params, counted.notes) == (112, ())
    with pytest.raises(SpecError, match="taking a part away is not followed"):
        count(requested(net("a = (1, 2); del a[0]", "return x")), "3")


def test_a_module_that_does_not_make_its_base_is_an_assumption() -> None:
    text = net("self.a = nn.Conv2d(3, 4, 3)", "return self.a(x)")
    without = text.replace("        super().__init__()\n", "")
    assert not parse_network(text).assumptions
    assert parse_network(text.replace("super()", "super(Net, self)")).assumptions == ()
    assert parse_network(without).assumptions == (
        "Net is meant to begin its __init__ with super().__init__(), or it cannot hold layers",
    )


@pytest.mark.parametrize(
    ("run", "outputs"),
    [
        # torch.chunk makes parts of ceil(5 / 4), ceil(5 / 3) and ceil(5 / 2) cells, as many as it takes.
        ("return x[:, :len(x.chunk(4, 1))]", [(3, 8, 6)]),
        ("a, b = x.chunk(3, 1)[:2]; return a, b, x.chunk(3, 1)[-1]", [(2, 8, 6), (2, 8, 6), (1, 8, 6)]),
        ("a, b = x.chunk(2, dim=1); return b", [(2, 8, 6)]),
    ],
)
def test_parts_of_a_tensor_that_do_not_divide_it(run: str, outputs: list[tuple[int, ...]]) -> None:
    passed = forward(requested(net("self.a = nn.Identity()", run)), "5x8x6")
    assert [passed.trace.steps[index].output.sizes for index in passed.trace.outputs] == outputs


def test_the_class_that_is_named_is_meant() -> None:
    text = net("self.f = nn.Linear(3, width)", "return self.f(x)").replace("(self, n=4)", "(self, width=2)")
    both = f"{text}\n{text.replace('class Net', 'class Other').replace('=2', '')}\n"
    wide = parse_network("Linear(3, 7)").layers
    assert parse_network(both, class_name="Net").layers == parse_network("Linear(3, 2)").layers
    assert parse_network(both + "made = Net(7)", class_name="Net").layers == wide
    # A class that another one holds, and one that a function makes.
    assert parse_network(both + "made = nn.Sequential(Net(), Other(7))", class_name="Other").layers == wide
    assert parse_network(both + "def wide():\n    return Other(7)\n", class_name="Other").layers == wide
    with pytest.raises(SpecError, match="Other needs width"):
        parse_network(both, class_name="Other")
    with pytest.raises(SpecError, match="`class_name`: the program has no model of a class 'Third'") as caught:
        parse_network(both, class_name="Third")
    assert caught.value.hint == "the classes of models are Net, Other"
    with pytest.raises(UsageError, match="only a program has classes"):
        parse_network("conv:8,k3\nrelu", class_name="Net")


def test_einstein_sums_are_products_whose_macs_are_those_of_pytorch() -> None:
    text = net(
        "self.q = nn.Linear(8, 8)",
        "a = torch.einsum('bid,bjd->bij', self.q(x), x).softmax(-1); "
        "return torch.einsum('b i j, b j d -> b i d', [a, x])",
    )
    counted = count(requested(text), "5x8")
    assert counted.cost.total.macs == 5 * 8 * 8 + 2 * 5 * 5 * 8
    assert str(forward(requested(text), "5x8").trace.output) == "5x8"


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("return torch.einsum('bid,bjd,bkd->bij', x, x, x)", "einsum is followed for one tensor or two"),
        ("return torch.einsum('bid,bdj->bij', x, x)", "bid,bdj->bij: d is 8 and 5"),
        ("return torch.einsum('bid,bjd->bij', x, y)", "y is not defined"),
    ],
)
def test_einstein_sums_that_are_not_followed_are_refused(run: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        forward(requested(net("self.q = nn.Linear(8, 8)", run)), "5x8")


CODE = """\
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        return self.c(x)
net = Net()
"""
LINES = CODE.split("\n")


@pytest.mark.parametrize(
    "pasted",
    [
        f"What is the shape?\n\n```python\n{CODE}```\nIs it 30?\n",
        f"~~~\n{CODE}",
        "\n".join(f">>> {line}" if line[:1] not in ("", " ") else f"... {line}".rstrip() for line in LINES)
        + "\n>>> net(x).shape\ntorch.Size([1, 8, 30, 30])\n",
        "In [1]: import torch.nn as nn\n\nIn [2]: class Net(nn.Module):\n"
        + "\n".join(f"   ...: {line}" for line in LINES[2:8]) + "\n\nIn [10]: Net()\nOut[10]: Net(...)\n",
        f"!pip install torch\n%matplotlib inline\n{CODE}",
        "\n".join(f"    {line}" for line in LINES),
    ],
)  # fmt: skip
def test_a_program_is_read_out_of_what_stands_around_it(pasted: str) -> None:
    (node,) = parse_network(pasted).nodes
    assert (node.name, node.text) == ("c", "nn.Conv2d(3, 8, 3)")
    assert not LayerRequest((pasted,)).is_open


def test_what_is_said_of_a_fault_in_a_fence_is_at_its_line() -> None:
    with pytest.raises(SpecError, match="not valid Python") as caught:
        parse_network(f"See:\n```\n{CODE}net = = 3\n```", place="ask.md")
    assert caught.value.place == "ask.md:12:7"


PARTS = """\
import torch.nn as nn
class Part(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.c = nn.Conv2d(n, 8, 3)
    def forward(self, x): return self.c(x)
class First(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Part(3)
    def forward(self, x): return self.first(x)
class Last(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.last = Part(n)
    def forward(x): return self.last(x)
"""


def test_models_are_whole_ones_not_their_parts() -> None:
    network = parse_network(f"{PARTS}a = First()\npart = Part(5)\nb = First()\n")
    assert [node.name for node in network.nodes] == ["first.c"]
    assert network.assumptions == ("the program has several models (a, b): the last one is meant",)
    with pytest.raises(SpecError, match="Last needs n") as caught:
        parse_network(PARTS)
    assert str(caught.value.hint).endswith(
        "model = Last(...); or take another model by its class: `class_name=First`"
    )


def test_a_forward_without_self_is_an_error_there() -> None:
    message = "the first parameter of forward is the module itself, which is left out here"
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(f"{PARTS}b = Last(3)\n", place="net.py")
    assert (caught.value.place, caught.value.hint) == ("net.py:16:5", "write def forward(self, x)")


def test_spectral_norm_holds_two_vectors_that_are_not_trained() -> None:
    made = "self.c = nn.utils.spectral_norm(nn.Conv2d(3, 8, (3, 5)))"
    total = count(requested(net(made, USE)), "3x9x8").cost.total
    assert (total.params, total.parameters.buffers) == (8 * 45 + 8, 8 + 45)


def test_models_that_each_say_what_comes_in_are_not_one_chain() -> None:
    for first, second in (
        ("Input((9,)), Dense(4)", "Input((5,)), Dense(7)"),
        ("Dense(4, input_shape=(9,))", "Dense(7, input_shape=(5,))"),
    ):
        network = parse_network(f"m = Sequential([{first}])\nk = keras.Sequential([{second}])")
        assert (len(network.layers), network.input) == (1, (5,))
        assert network.assumptions == ("the program has several models (m, k): the last one is meant",)


@pytest.mark.parametrize(
    ("returned", "sizes"),
    [("y, h, c", ["9x5", "1x5", "1x5"]), ("y, y", ["9x5", "9x5"]), ("x, y, x", ["9x7", "9x5", "9x7"])],
)
def test_a_tensor_that_is_returned_twice_is_two_outputs(returned: str, sizes: list[str]) -> None:
    text = net("self.l = nn.LSTM(7, 5, batch_first=True)", f"y, (h, c) = self.l(x); return {returned}")
    trace = forward(requested(text), "9x7").trace
    assert [str(trace.steps[index].output) for index in trace.outputs] == sizes


def test_an_output_that_is_not_followed_is_not_left_out() -> None:
    layer = "self.l = nn.LSTM(7, 5, proj_size=3, batch_first=True)"
    with pytest.raises(SpecError, match="the cells of a LSTM with projections are not followed"):
        forward(requested(net(layer, "y, (h, c) = self.l(x); return h, c")), "9x7")


def test_a_batch_of_sequences_is_read_as_one() -> None:
    # PyTorch: a recurrent layer takes one sequence or a batch of them, so 2x10x64 is two sequences.
    text = net("self.q = nn.LSTM(64, 32, batch_first=True)", "o, h = self.q(x); return o.reshape(o.size(0), -1)")
    assert forward(requested(text), "2x10x64").output == (2, 320)
    assert forward(requested(text), "10x64").output == (320,)
