"""Printed models: nested modules by their brackets, names, repeats, unknown modules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked import marked

from convcalc.errors import SpecError
from convcalc.layers import Attention, Elementwise, Flatten, Layer, Linear, Merge, Unknown, parameters, weight_shape
from convcalc.notation import parse_layers, parse_network

DATA = json.loads((Path(__file__).parent / "data" / "pytorch_models.json").read_text())
MODELS: list[dict[str, Any]] = DATA["cases"] if "cases" in DATA else DATA["models"]


def merged_attention(modules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the output projection to its attention, which is one layer here."""
    result: list[dict[str, Any]] = []
    for module in modules:
        if module["name"].endswith(".out_proj"):
            result[-1] = {key: result[-1][key] + module[key] for key in ("weights", "biases", "buffers")} | {
                "name": result[-1]["name"],
                "type": result[-1]["type"],
                "weight_shape": None,
            }
        else:
            result.append(module)
    return result


@pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])
def test_every_module_is_read_with_its_name_and_parameters(model: dict[str, Any]) -> None:
    nodes = parse_network(model["printed"]).nodes
    modules = merged_attention(model["modules"])
    # A known block runs its modules in the order of its forward, some more than once, and merges its branches.
    by_name = {node.name: node for node in nodes if not isinstance(node.layer, Merge)}
    assert set(by_name) - {"(in forward)"} == {module["name"] for module in modules}
    total = 0
    for module in modules:
        node = by_name[module["name"]]
        if isinstance(node.layer, Unknown):
            assert node.layer.name == module["type"]
            total += module["weights"] + module["biases"]
            continue
        counted = parameters(node.layer)
        assert (counted.weights, counted.biases, counted.buffers) == (
            module["weights"],
            module["biases"],
            module["buffers"],
        )
        shape = weight_shape(node.layer)
        assert (None if shape is None else list(shape)) == module["weight_shape"]
        total += counted.total
    assert total == model["params"]


@pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])
def test_indentation_makes_no_difference(model: dict[str, Any]) -> None:
    flat = re.sub(r"\s+", " ", model["printed"])
    deep = re.sub(r"\n *", "\n\t\t\t\t\t", model["printed"])
    expected = [(node.name, node.layer) for node in parse_layers(model["printed"])]
    for text in (flat, deep, model["printed"].replace("\n", "\r\n"), f"\n# a model\n{model['printed']}\n"):
        assert [(node.name, node.layer) for node in parse_layers(text)] == expected


def test_place_of_each_module() -> None:
    text = "Net(\n  (body): Sequential(\n    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n  )\n)\n"
    (node,) = parse_layers(text, place="net.txt")
    assert node.place == "net.txt:3"
    assert node.source == "    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))"
    assert node.source[slice(*node.span)] == "Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))"
    assert node.name == "body.0"
    assert parse_network(text).printed


def test_part_of_a_printed_model() -> None:
    nodes = parse_layers("  (0): Linear(in_features=3, out_features=4, bias=True)\n  (1): ReLU(inplace=True)\n")
    assert [(node.name, node.text) for node in nodes] == [
        ("0", "Linear(in_features=3, out_features=4, bias=True)"),
        ("1", "ReLU(inplace=True)"),
    ]


def test_equal_modules_are_written_out() -> None:
    text = "Net((layers): ModuleList((2-4): 3 x Block((fc): Linear(5, 5) (act): GELU(approximate='none'))))"
    nodes = parse_layers(text)
    assert [node.name for node in nodes] == [f"layers.{n}.{part}" for n in (2, 3, 4) for part in ("fc", "act")]


def test_unknown_modules_are_said_to_be_unknown() -> None:
    text = "Net(\n  (a): Scale(5, mode=odd (really))\n  (b): Outer(\n    size=3\n    (c): Inner()\n  )\n)"
    assert [(node.name, node.layer) for node in parse_layers(text)] == [
        ("a", Unknown("Scale")),
        ("b.c", Unknown("Inner")),
    ]


@pytest.mark.parametrize(
    ("module", "layer"),
    [
        ("MultiheadAttention()", Unknown("MultiheadAttention")),
        ("CausalConv2d(x=3)", Unknown("CausalConv2d")),
        ("LayerNorm2d((3, 4), eps=1e-06, elementwise_affine=True)", Unknown("LayerNorm2d")),
        ("SelectAdaptivePool2d(pool_type=catavgmax, flatten=Identity())", Unknown("SelectAdaptivePool2d")),
        ("SelectAdaptivePool2d(pool_type=, flatten=Flatten(start_dim=1, end_dim=-1))", Flatten()),
        ("SelectAdaptivePool2d(pool_type=, flatten=Identity())", Elementwise("Identity")),
    ],
)
def test_arguments_that_a_module_may_have_or_not(module: str, layer: Layer) -> None:
    (node, _) = parse_layers(f"Net(\n  (a): {module}\n  (b): ReLU()\n)")
    assert node.layer == layer


def test_parametrizations_hold_what_they_are_known_to_hold() -> None:
    head = "Net(\n  (c): ParametrizedConv2d(\n    3, 8, kernel_size=(3, 3), stride=(1, 1)\n    (parametrizations): "
    text = head + "ModuleDict(\n      (weight): ParametrizationList(\n        (0): {}()\n      )\n    )\n  )\n)"
    assert [parameters(node.layer).total for node in parse_layers(text.format("_SpectralNorm"))] == [224]
    assert [node.layer for node in parse_layers(text.format("Odd"))][1:] == [Unknown("Odd")]


def test_own_module_with_a_name_of_pytorch() -> None:
    nodes = parse_layers("Net(\n  (norm): LayerNorm()\n  (drop): DropPath(drop_prob=0.1)\n)")
    assert [node.layer for node in nodes] == [Unknown("LayerNorm"), Elementwise("DropPath")]


def test_modules_of_well_known_packages() -> None:
    text = """GPT2(
      (c_attn): Conv1D(nf=2304, nx=768)
      (norm): LlamaRMSNorm((4096,), eps=1e-05)
      (act): NewGELUActivation()
      (stage): LayerNorm2d((96,), eps=1e-06, elementwise_affine=True)
      (drop): StochasticDepth(p=0.0, mode=row)
      (bare): T5RMSNorm()
      (own): MyRMSNorm(dim=4)
    )"""
    layers = [node.layer for node in parse_layers(text)]
    assert layers[-2:] == [Unknown("T5RMSNorm"), Unknown("MyRMSNorm")]
    assert [parameters(layer).total for layer in layers[:-2]] == [768 * 2304 + 2304, 4096, 0, 192, 0]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("ZeroPad2d(padding=(1, 1, 2, 2), value=0.0)", "ZeroPad2d((1, 1, 2, 2))"),
        ("Upsample(scale_factor=2.0, mode=nearest)", "Upsample(scale_factor=2.0, mode='nearest')"),
        ("GELU()", "GELU(approximate='none')"),
        ("LayerNorm((768,), eps=1e-12, elementwise_affine=True)", "LayerNorm((768,), eps=1e-12)"),
        (
            "BatchNorm2d(8, eps=1e-05, momentum=None, affine=True, track_running_stats=True)",
            "BatchNorm2d(8, momentum=None)",
        ),
        ("Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=same)", "Conv2d(3, 8, 3, padding='same')"),
        ("Softmax(dim=None)", "Softmax()"),
    ],
)
def test_what_older_versions_print(older: str, newer: str) -> None:
    first, second = parse_layers(f"Net(\n  (a): {older}\n  (b): {newer}\n)")
    assert first.layer == second.layer


def test_printed_attention_says_what_it_does_not_show() -> None:
    text = (
        "Net(\n  (attn): MultiheadAttention(\n    (out_proj): NonDynamicallyQuantizableLinear("
        "in_features=6, out_features=6, bias=True)\n  )\n)"
    )
    (node,) = parse_layers(text)
    assert node.layer == Attention(6, None)
    assert node.name == "attn"
    assert "kdim" in parse_network(text).assumptions[-1]


def test_printed_average_says_what_it_does_not_show() -> None:
    network = parse_network("Sequential((p): AvgPool2d(kernel_size=2, stride=2, padding=0) (f): Flatten())")
    assert ["ceil_mode" in sentence for sentence in network.assumptions] == [True]


def test_deep_modules() -> None:
    depth = 300
    text = "Net(" + "".join(f"(m{n}): Block(" for n in range(depth)) + "(fc): Linear(2, 3)" + ")" * (depth + 1)
    (node,) = parse_layers(text)
    assert node.layer == Linear(2, 3)
    assert node.name.count(".") == depth


REFUSALS = [
    ("Net(\n  (a): Conv2d(3, 8, kernel=3)\n)", "no parameter 'kernel'", "kernel"),
    (
        "Net(\n  (a): Conv2d(4, 9, kernel_size=3, groups=4)\n)",
        "does not divide",
        "Conv2d(4, 9, kernel_size=3, groups=4)",
    ),
    ("Net(\n  (a): ReLU()\n", "bracket of Net is not closed", "Net"),
    ("Net(\n  (a): ReLU()\n))", "closes nothing", ")"),
    ("Net(\n  (a): ReLU()\n) and more", "a module is expected here", "and more"),
    ("Net(\n  (0-4): 3 x Linear(2, 2)\n)", "does not name 3 modules", "Linear"),
    ("Net(\n  (0-999999): 1000000 x Linear(2, 2)\n)", "more than 100000 layers", "Linear"),
    ("Net((a): Block(" * 400, "nested more than", "Block("),
    ("Net(\n  (b): Block(\n    (a): ReLU()\n    ...\n  )\n)", "the print is shortened here", "..."),
    ("Net(\n  (b): Block(\n    (a): ReLU()\n  )\n  what\n)", "'what' in Net is not understood", "what"),
]


@pytest.mark.parametrize(("text", "message", "fault"), REFUSALS, ids=[message for _, message, _ in REFUSALS])
def test_refusal_points_at_the_fault(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_layers(text)
    assert fault in marked(caught.value)


@pytest.mark.no_cover
def test_repeats_inside_repeats_stay_within_the_limit() -> None:
    text = "Net((0-999): 1000 x A((0-999): 1000 x B((0-999): 1000 x Linear(2, 2))))"
    with pytest.raises(SpecError, match="more than 100000 layers"):
        parse_layers(text)


Tree = str | list[tuple[str, Any]]
LEAVES = st.sampled_from(
    [
        "Linear(in_features=3, out_features=4, bias=True)",
        "ReLU(inplace=True)",
        "Scale()",
        "LayerNorm((3, 4), eps=1e-05)",
    ]
)
NAMES = st.text("abcxyz_0123456789", min_size=1, max_size=4)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(st.tuples(NAMES, inner), min_size=1, max_size=4, unique_by=lambda part: part[0])
)


def shown(tree: Tree, depth: int) -> str:
    """Print a tree as PyTorch prints a module: a child a line, two spaces deeper."""
    if isinstance(tree, str):
        return tree
    pad = "  " * (depth + 1)
    children = "".join(f"{pad}({name}): {shown(child, depth + 1)}\n" for name, child in tree)
    return f"Block(\n{children}{'  ' * depth})"


def leaves(tree: Tree, name: str) -> list[tuple[str, str]]:
    if isinstance(tree, str):
        return [(name, tree)]
    return [leaf for part, child in tree for leaf in leaves(child, f"{name}.{part}" if name else part)]


@pytest.mark.no_cover
@given(st.lists(st.tuples(NAMES, TREES), min_size=1, max_size=4))
def test_any_nesting_gives_its_leaves_by_name(tree: list[tuple[str, Any]]) -> None:
    nodes = parse_layers(shown(tree, 0))
    assert [(node.name, node.text) for node in nodes] == leaves(tree, "")


GATE = "(pool): AdaptiveAvgPool2d(1) (a): Conv2d(8, 2, kernel_size=1) (b): Conv2d(2, 8, kernel_size=1) (s): Sigmoid()"
TO_ONE = "(p): AdaptiveAvgPool2d(output_size=(1, 1))"
SQUEEZE = f"Attend({TO_ONE} (down): Conv2d(8, 2, kernel_size=1) (up): Conv2d(2, 8, kernel_size=1))"
BLOCK = "BasicBlock((conv1): Conv2d(8, 8, 3, padding=1) (bn1): BatchNorm2d(8) (relu): ReLU() "
BLOCK += "(conv2): Conv2d(8, 8, 3, padding=1) (bn2): BatchNorm2d(8))"
THREE = "(f): Linear(8, 2) (g): Linear(8, 2) (h): Linear(8, 8)"
CONVS = [f"(conv{index}): Conv2d(8, 8, kernel_size=(3, 3))" for index in (1, 2, 3)]
OBJECTED = [
    (f"Net((a): Attend({GATE}) (b): Conv2d(8, 4, kernel_size=(1, 1)))", r"\(pool\) pools to 1x1 and \(s\)"),
    (f"Sequential((a): Attend({GATE}))", r"\(pool\).*\(s\).* Attend"),
    (f"Net({TO_ONE} (c): Conv2d(8, 4, kernel_size=(3, 3)))", r"\(c\) behind it looks like a gate or takes a map"),
    (f"Sequential((a): {SQUEEZE} (b): Conv2d(8, 4, kernel_size=(3, 3)))", r"\(b\) .* Sequential"),
    (f"Net((a): Sequential({TO_ONE}) (b): Conv2d(8, 4, kernel_size=(3, 3)))", r"\(b\) .* Net"),
    (f"Sequential((a): {SQUEEZE} (b): {BLOCK})", r"\(b\) behind it"),
    ("Attend((avg): AdaptiveAvgPool2d(1) (max): AdaptiveMaxPool2d(1) (fc): Linear(8, 8))", r"\(max\) behind it"),
    ("Net((a): ReLU() (shortcut): Conv2d(8, 4, kernel_size=(1, 1)))", r"\(shortcut\) in Net"),
    ("Net((query): Linear(4, 4) (key): Linear(4, 4))", "Net looks like an attention"),
    (f"Net({CONVS[0]} (r): ReLU() {CONVS[1]} (net): Sequential((0): {CONVS[0][9:]} (1): ReLU()))", r"\(net\) in Net"),
    ("Net((p): AdaptiveAvgPool2d(output_size=(None, 1)) (q): AdaptiveAvgPool2d(output_size=(1, None)))", r"\(q\)"),
    (f"Sequential((a): {SQUEEZE} (b): Conv2d(8, 4, kernel_size=(1, 1)))", r"\(b\) .* Sequential"),
    ("Net((a): AdaptiveAvgPool2d(output_size=2) (b): AdaptiveAvgPool2d(output_size=3))", r"\(a\) pools and \(b\)"),
    ("Net((w_q): Linear(4, 4) (w_k): Linear(4, 4) (out): Linear(4, 4))", "Net looks like an attention"),
    (f"Net({THREE} (softmax): Softmax(dim=-1))", "Net looks like an attention"),
    ("Net((a): Linear(4, 4) (s): Softmax(dim=-1) (b): Linear(4, 4))", r"\(s\) is a softmax and \(b\) behind it"),
    ("Net((a): ModuleList((0): ReLU()) (b): ModuleList((0): ReLU()))", "lists of Net stand side by side"),
    (f"Net({CONVS[0]} (pool): MaxPool2d(kernel_size=2, stride=2) {CONVS[1]})", r"\(pool\) in Net may be run more"),
    (f"Net({CONVS[0]} {CONVS[1]} (up): Upsample(scale_factor=2.0) {CONVS[2]})", r"\(up\) in Net may be run more"),
]


@pytest.mark.parametrize(("text", "message"), OBJECTED, ids=[message for _, message in OBJECTED])
def test_what_speaks_against_the_printed_order(text: str, message: str) -> None:
    network = parse_network(text)
    with pytest.raises(SpecError, match=message):
        raise network.objections[0]


@pytest.mark.parametrize(
    "text",
    [
        "Net((a): Conv2d(8, 4, kernel_size=(3, 3)) (p): AdaptiveAvgPool2d(output_size=1) (fc): Linear(4, 2))",
        "Net((p): AdaptiveAvgPool2d(output_size=1) (fc): Linear(4, 1) (act): Sigmoid())",
        "Net((se): Identity() (shortcut): Sequential() (a): ReLU())",
        f"Net((a): Sequential((0): {TO_ONE} (1): ConvTranspose2d(8, 4, kernel_size=(4, 4))) (b): Own((c): ReLU()))",
        f"Net((a): {SQUEEZE} (b): Linear(8, 3))",
        f"Net({TO_ONE} (a): Conv2d(8, 16, kernel_size=(1, 1)) (b): Conv2d(16, 4, kernel_size=(1, 1)))",
        f"Net({TO_ONE} (a): Linear(8, 8) (r): ReLU() (b): Linear(8, 4))",
        "Net((a): Linear(4, 4) (s): Softmax(dim=-1))",
        "Sequential((a): Linear(4, 4) (s): Softmax(dim=-1) (b): Linear(4, 4))",
        f"Net({CONVS[0]} (pool1): MaxPool2d(kernel_size=2, stride=2) {CONVS[1]})",
        f"Net({CONVS[0]} (pool): MaxPool2d(kernel_size=2, stride=2) {CONVS[1]} (fc): Linear(128, 3))",
        f"Net({CONVS[0]} (pool): MaxPool2d(kernel_size=3, stride=1) {CONVS[1]})",
    ],
)
def test_nothing_speaks_against_a_usual_order(text: str) -> None:
    assert parse_network(text).objections == ()


@pytest.mark.parametrize(("second", "fits"), [("8, 8", True), ("8, 9", False), ("8, 8, stride=(2, 2)", False)])
def test_a_block_has_its_shortcut_only_where_sizes_fit(second: str, fits: bool) -> None:
    text = BLOCK.replace("(conv2): Conv2d(8, 8,", f"(conv2): Conv2d({second}, kernel_size=").replace("= 3,", "=3,")
    network = parse_network(text)
    assert any(isinstance(layer, Merge) for layer in network.layers) == fits
    assert bool(network.assumptions) != fits


NET = ["Net(", "  (a): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))", "  (b): ReLU()", ")"]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f">>> {line}" for line in NET),
        "\n".join([f">>> {NET[0]}", *(f"... {line}" for line in NET[1:])]),
        "\n".join([">>> print(net)", *NET, ">>> exit()"]),
        "\n".join(NET) + "```",
        "```" + "\n".join(NET) + "\n```",
        "```text\n" + "\n".join(NET) + " ```\n",
    ],
)
def test_prompts_and_fences_may_stand_on_the_lines_of_a_print(text: str) -> None:
    assert [node.text for node in parse_layers(text)] == [NET[1].strip()[5:], "ReLU()"]
