"""Tables at every width of a terminal: no line too long, no word or number cut, nothing lost that was asked for."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import pytest
from rich.cells import cell_len

from convcalc.model.forward import graph_of
from convcalc.network.cost import network_cost
from convcalc.notation import parse_network
from convcalc.render import render
from convcalc.render.shortened import ShortNames
from convcalc.report.blocks import Column, MatrixText, Report, Table
from convcalc.report.params import params_report
from convcalc.report.shape import shape_report

WIDEST = 400
WIDTHS = [*range(30, 84, 5), *range(84, 200, 19), WIDEST]


class Case(NamedTuple):
    text: str
    sizes: tuple[int, ...]
    depth: int | None = None


def unit(name: str, inputs: int, outputs: int, spaces: str = "") -> str:
    lines = f"""({name}): Sequential(
  (0): Conv2d({inputs}, {outputs}, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
  (1): BatchNorm2d({outputs}, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
  (2): LeakyReLU(negative_slope=0.1)
)"""
    return "\n".join(spaces + line for line in lines.splitlines())


NESTED = "\n".join(
    [
        "Sequential(",
        unit("stem", 3, 48, "  "),
        *(
            f"  (stage{number}): Sequential(\n    (down_sampling): Sequential(\n"
            + unit("double_convolution", inputs, 2 * inputs, "      ")
            + "\n    )\n    (0): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n  )"
            for number, inputs in ((1, 48), (2, 96), (3, 192))
        ),
        "  (head): ConvTranspose2d(384, 1024, kernel_size=(2, 2), stride=(2, 2))",
        ")",
    ]
)
CASES = {
    "chain": Case("2*(conv:64,k3,p1 relu) maxpool:3,s2 conv:128,k5x3,s2,p2x1,g4 gap flatten fc:1000", (3, 223, 190)),
    "branches": Case(
        "2*(conv:64,k3,p1 relu) =a maxpool:2 2*(conv:128,k3,p1 relu) convT:64,k2,s2 cat:a (id * gap conv:8,k1 relu"
        " conv:128,k1 hsigmoid) conv:2,k1",
        (3, 572, 380),
    ),
    "nested": Case(NESTED, (3, 416, 352)),
    "folded": Case(NESTED, (3, 416, 352), 1),
    "volume": Case("conv3d:16,k3x5x5,s1x2x2 maxpool3d:2 upsample:2 conv3d:9,k1", (3, 19, 112, 96)),
    "flat": Case("fc:4096 relu fc:4096 relu fc:1000", (25088,)),
}


@cache
def report(name: str, command: str) -> Report:
    case = CASES[name]
    network = parse_network(case.text)
    counted = network_cost(graph_of(network), case.sizes)
    assert counted.trace is not None
    if command == "shape":
        return shape_report(counted.trace, network.nodes, depth=case.depth)
    return params_report(counted, network.nodes, 4, depth=case.depth)


@cache
def table(name: str, command: str, width: int) -> list[str]:
    return shown(report(name, command), width)


def shown(made: Report, width: int) -> list[str]:
    text = render(made, "table", width=width)
    assert isinstance(text, str)
    return text.splitlines()


def parts(text: str) -> set[str]:
    """Return what may stand in a table: words, and names and words up to a place where they may be divided."""
    found = set(text.split())
    for word in list(found):
        for start in (0, *(each.end() for each in re.finditer(r"[./_]", word))):
            for end in (*(each.start() for each in re.finditer(r"[./_,:(]", word)), len(word)):
                found |= {word[start:end]}
    return found


def scaled(number: str) -> str:
    """Return a number to three digits, by way of Python's own rounding."""
    exponent = (len(number) - 1) // 3
    digits = f"{float(f'{int(number):.3g}') / 1000**exponent:.3g}"
    whole = digits.partition(".")[0]
    return f"{float(digits):.{3 - len(whole)}f} {'kMGT'[exponent - 1]}"


@pytest.mark.parametrize("command", ["shape", "params"])
@pytest.mark.parametrize("name", CASES)
def test_at_every_width_words_and_numbers_are_whole_and_no_line_is_too_long(name: str, command: str) -> None:
    whole = parts("\n".join(table(name, command, WIDEST)))
    for width in WIDTHS:
        lines = table(name, command, width)
        assert max(map(cell_len, lines)) <= width, width
        rows = [line for line in lines if not line.startswith(("not shown:", "─")) and "more column" not in line]
        # Numbers to three digits are checked below.
        words = {word for line in rows for word in re.split(r"[\s…]+", re.sub(r"\b\d[\d.]* [kMGT]B?\b", "", line))}
        units = {"k", "M", "G", "T", "Layer:", "Output:", "Params:", "MACs:", "Receptive", "field", "Name", "Layer"}
        assert {word for word in words - whole - units if word.rstrip(":") not in whole} <= {""}, width


@pytest.mark.parametrize("command", ["shape", "params"])
@pytest.mark.parametrize("name", CASES)
def test_at_every_width_what_was_asked_for_is_there(name: str, command: str) -> None:
    made = report(name, command)
    total = made.data.get("total", {})
    grouped = {key: f"{total[key]:,}".replace(",", " ") for key in ("params", "macs") if total}
    for width in WIDTHS:
        lines = table(name, command, width)
        text = "\n".join(lines)
        assert all(title in text for title in (["Params", "MACs"] if total else ["Output"])), width
        if total:
            joined = " ".join(lines)
            for key, digits in grouped.items():
                assert digits in joined, (width, key)
                large = total["macs"] >= 10**6 or total["params"] >= 10**6
                assert not large or scaled(str(total[key])) in joined, (width, key)


@pytest.mark.parametrize("command", ["shape", "params"])
@pytest.mark.parametrize("name", ["nested", "folded"])
def test_at_every_width_different_names_look_different(name: str, command: str) -> None:
    made = report(name, command)
    names = [layer["name"] for layer in made.data["layers"]]
    for width in WIDTHS:
        lines = table(name, command, width)
        first = next(at for at, line in enumerate(lines) if line.startswith("─")) + 1
        cells = [re.split(r" {2,}", line)[0] for line in lines[first : first + len(names)]]
        for cell in cells:
            head, cut, tail = cell.partition(":")[0].partition("…")
            long = [each for each in names if len(each) > len(f"{head}.{tail}")]
            meant = [each for each in long if each.startswith(head) and each.endswith(tail)] if cut else [head]
            assert len(meant) == 1, (width, cell)


def test_a_short_name_is_short_for_one_name_only() -> None:
    names = ["a.b.c", "a.d.c", "e.b.c", "e.d.c", "stem", "a.b.long_part_of_it", "/layer1/layer1.0/Conv"]
    assert ShortNames(names[-1:]).least == len("…Conv")
    short = ShortNames(names)
    for width in range(3, 20):
        for name, form in zip(names, short.fitted(names, width), strict=True):
            assert cell_len(form) <= width
            head, cut, tail = form.partition("…")
            assert name.startswith(head)
            assert name.endswith(tail)
            alike = [each for each in names if each.startswith(head) and each.endswith(tail)]
            assert width < short.least or not cut or alike == [name]


def test_texts_in_columns_are_folded_at_words_and_a_column_is_as_wide_as_its_heading() -> None:
    columns = (Column("Framework", "framework"), Column("Setting", "setting"), Column("N", "n", numeric=True))
    folded = Table(columns, (("JAX", "padding=[(3, 3), (3, 3)], and more", "7"),))
    lines = {width: shown(Report("shape", {}, "", (folded,)), width) for width in (60, 34)}
    assert lines[60][0] == "Framework  Setting                             N"
    assert lines[34][2:] == ["JAX        padding=[(3, 3), (3,  7", "           3)], and more"]


def test_columns_of_text_share_the_room_that_is_left() -> None:
    columns = (Column("Program", "program"), Column("Options", "options"), Column("Gives", "gives"))
    row = ("ndimage", "--flip -p 1:2 --boundary symmetric", "14 5 -9 7 6 11 9")
    lines = shown(Report("conv", {}, "", (Table(columns, (row,)),)), 48)
    assert lines[2:] == ["ndimage  --flip -p 1:2          14 5 -9 7 6 11 9", "         --boundary symmetric"]


def test_rows_of_a_matrix_are_whole_on_one_line_or_on_a_line_each() -> None:
    columns = (Column("Program", "program"), Column("Call", "call", detail=1), Column("Gives", "gives"))
    cells: list[str | MatrixText] = [
        MatrixText("1.5 -20 7; 4 10.25 6"),
        "takes kernels of one axis",
        MatrixText("1 2 3 4 5"),
    ]
    rows = tuple((f"p{index}", "call(x, k, 'full')", cell) for index, cell in enumerate(cells))
    made = Report("conv", {}, "", (Table(columns, rows),))
    for width in WIDTHS[1:]:
        text = [line.rstrip() for line in shown(made, width)]
        on_one = [line for line in text if line.endswith(" 1.5 -20 7; 4 10.25 6")]
        on_two = [line for line in text if line.endswith((" 1.5 -20    7", " 4    10.25 6"))]
        assert (len(on_one), len(on_two)) in ((1, 0), (0, 2)), text
        assert sum(line.endswith(" 1 2 3 4 5") for line in text) == 1
