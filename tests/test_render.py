"""Reports in every form: what is shown, what is kept whole, and that user text is only ever shown."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len

from convcalc.check.verdict import Verdict, WrongCell
from convcalc.layers import TensorShape
from convcalc.matrix.text import parse_matrix
from convcalc.network.cost import network_cost
from convcalc.network.trace import trace
from convcalc.notation import parse_layers
from convcalc.render import FORMATS, render
from convcalc.render.numbers import figures_of, written
from convcalc.render.plain import cell_text, render_answer
from convcalc.report.blocks import Column, Commentary, Grid, Heat, Lines, Report, Table
from convcalc.report.matrix import Display, matrix_report
from convcalc.report.params import params_report
from convcalc.report.shape import shape_report

COLUMNS = (
    Column("Layer", "layer"),
    Column("Output", "output", numeric=True),
    Column("Params", "params", numeric=True),
)
HOSTILE = '[red]x[/red] \x1b[31m|*_$%&#\\{}~^`<b>, "q"\n\ttail 層'
ROWS: tuple[Any, ...] = ((HOSTILE, (64, 112, 56), 9472), ("fc", (None, None), None))
TABLE = Table(COLUMNS, ROWS, ("total", (None, 3), 12345678))
LINES = Lines(("out = 1", "    = [bold]1[/bold]"), "height")
REPORT = Report("params", {"schema": 1}, "12345678", (TABLE, LINES, Lines(("wrong: no",), role="wrong")))
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def text_of(report: Report, form: str, **options: Any) -> str:
    text = render(report, form, **options)
    return text.decode() if isinstance(text, bytes) else text


def test_plain_is_a_header_and_rows_apart_by_tabs() -> None:
    first, *rows = text_of(REPORT, "plain").splitlines()
    assert first.split("\t") == ["layer", "output", "params"]
    assert rows[0].split("\t")[1:] == ["64x112x56", "9472"]
    assert rows[1:3] == ["fc\tundefined\t-", "total\tundefinedx3\t12345678"]
    assert rows[3:] == ["# height", "#   out = 1", "#       = [bold]1[/bold]", "# wrong: no"]


def test_csv_reads_back_to_the_cells_and_leaves_the_rest_out() -> None:
    rows = list(csv.reader(io.StringIO(text_of(REPORT, "csv"))))
    assert rows[0] == ["layer", "output", "params"]
    assert [row[1:] for row in rows[1:]] == [["64x112x56", "9472"], ["undefined", "-"], ["undefinedx3", "12345678"]]
    assert rows[1][0] == " ".join(HOSTILE.split()).replace("\x1b", "\\x1b")


@pytest.mark.parametrize("width", [10, 20, 32, 40, 80, 200])
def test_a_table_keeps_to_the_width_and_cuts_no_number_short(width: int) -> None:
    text = text_of(REPORT, "table", width=width)
    unfolded = re.sub(r"\s", "", text)
    assert "[bold]1[/bold]" in unfolded
    if width >= 40:
        assert "12 345 678" in text
        assert "64x112x56" in text
    if width >= 80:
        assert "[red]x[/red]" in text
    if width < 40:
        # One line a cell, folded at most where the terminal ends.
        assert "Params:12345678" in unfolded
        assert "Output:64x112x56" in unfolded
        assert "Layer:[red]x[/red]" in unfolded
    for line in text.splitlines():
        assert line == line.rstrip()
        assert cell_len(line) <= width


def test_control_characters_steer_no_terminal() -> None:
    for form in FORMATS:
        assert "\x1b" not in text_of(REPORT, form)
    assert "\\x1b[31m" in text_of(REPORT, "plain")
    assert "\\x1b[31m" in text_of(REPORT, "table", width=200)


def test_colors_are_there_only_when_asked_for() -> None:
    report = Report("shape", {}, "", (LINES, Lines(("right: yes",), role="right"), Lines(("no",), role="wrong")))
    plain, colored = text_of(report, "table"), text_of(report, "table", color=True)
    assert not ANSI.search(plain)
    assert ANSI.search(colored)
    assert ANSI.sub("", colored) == plain
    assert "\x1b[1;32mright: yes" in colored


def test_markdown_rows_have_as_many_cells_as_the_header() -> None:
    lines = text_of(REPORT, "markdown").splitlines()
    assert lines[0] == "| Layer | Output | Params |"
    assert lines[1] == "| --- | ---: | ---: |"
    for line in lines[2:5]:
        assert len(re.findall(r"(?<!\\)\|", line)) == 4
    assert "\\[red\\]x\\[/red\\]" in lines[2]
    assert "```\nout = 1\n    = [bold]1[/bold]\n```" in text_of(REPORT, "markdown")


def test_latex_escapes_what_latex_reads() -> None:
    text = text_of(REPORT, "latex")
    assert "\\begin{tabular}{lrr}" in text
    row = next(line for line in text.splitlines() if "9472" in line)
    assert r"\textasciitilde{}\textasciicircum{}" in row
    assert r"\$\%\&\#\textbackslash{}\{\}" in row
    assert len(re.findall(r"(?<!\\)&", row)) == 2
    assert "\\textbf{height}\\par\n{\\raggedright out = 1\\par}\n" in text


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_every_report_ends_its_last_line(form: str) -> None:
    nodes = parse_layers("Linear(3, 2)")
    chain = [nodes[0].layer]
    cells = (WrongCell((0, 1), 7, 1), WrongCell((1, 2), 8, 5))
    claim = np.array([[0, 7, 2], [3, 4, 8]])
    verdict = Verdict(right=False, message="2 of 6 cells differ", cells=cells, score=(4, 6), claim=claim)
    reports = [
        REPORT,
        shape_report(trace(chain, TensorShape((3,), 0)), nodes),
        params_report(network_cost(chain, (3,)), nodes, number_bytes=4),
        matrix_report("conv", np.arange(6).reshape(2, 3), comment=Commentary(verdict=verdict)),
        matrix_report("pool", np.arange(6.0).reshape(1, 2, 3), indices=np.arange(6).reshape(1, 2, 3)),
        matrix_report("conv", np.array([[Fraction(1, 3), 2]], dtype=object)),
        matrix_report("pool", np.array(7.5)),
    ]
    for report in reports:
        for color in (False, True):
            text = text_of(report, form, color=color)
            assert text.endswith("\n")
            assert "\x1b" not in ANSI.sub("", text) or report is REPORT


def test_a_matrix_in_every_form() -> None:
    report = matrix_report("conv", np.array([[1.5, -2.0], [0.1, 1e300]]))
    assert text_of(report, "plain") == "1.5 -2.0\n0.1 1e+300\n"
    assert text_of(report, "csv") == "1.5,-2.0\n0.1,1e+300\n"
    assert json.loads(text_of(report, "json"))["data"] == [[1.5, -2.0], [0.1, 1e300]]
    latex = text_of(report, "latex")
    assert latex.startswith("% needs \\usepackage{amsmath}\n\\[\n\\begin{bmatrix}\n1.5 & -2.0 \\\\\n")
    assert parse_matrix(latex, place="m").array.tolist() == report.data["data"].tolist()
    assert render_answer(report) == b"1.5 -2.0\n0.1 1e+300\n"


def test_only_the_answer_itself_is_read_by_the_next_command() -> None:
    report = matrix_report("pool", np.array([[[3, 4]]]), indices=np.array([[[1, 0]]]))
    answer, *rest = text_of(report, "plain").partition("# indices:")
    assert answer == "# shape: 1x1x2\n3 4\n"
    assert all(line.startswith("#") for line in "".join(rest).splitlines())


def test_differing_cells_are_marked_in_color() -> None:
    report = Report("conv", {}, "", (Grid(np.array([[[1, 2], [3, 4]]]), marks=((0, 1, 0),)),))
    marked = re.findall(r"\x1b\[1;7;31m *(\d+) *\x1b\[0m", text_of(report, "table", color=True))
    assert marked == ["3"]


def test_a_terminal_aligns_on_the_decimal_point() -> None:
    text = text_of(matrix_report("conv", np.array([[1.5, 10.0], [-200.25, 1 / 3]])), "table")
    assert text.splitlines()[:2] == ["    1.5    10", " -200.25    0.3333"] or aligned(text.splitlines()[:2])


def aligned(lines: list[str]) -> bool:
    """Return whether the numbers of each column have their units in one place."""
    columns = [[(found.start(), found[0]) for found in re.finditer(r"\S+", line)] for line in lines]
    units = [[start + len(text.partition(".")[0]) for start, text in line] for line in columns]
    return all(len(set(places)) == 1 for places in zip(*units, strict=True))


@pytest.mark.parametrize("shape", [(300, 400), (1, 500), (500, 1), (500,), (9, 30, 40), (2, 3, 2, 2, 3, 4)])
def test_a_large_matrix_is_shown_as_head_and_tail(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    text = text_of(matrix_report("conv", array), "table", width=60)
    lines = text.splitlines()
    assert len(lines) < 260
    assert all(len(line) <= 60 for line in lines)
    assert "x".join(map(str, shape)) in text
    assert len(text_of(matrix_report("conv", array), "plain").split()) >= array.size


def test_numbers_that_no_float_holds_are_described_too() -> None:
    array = np.array([[10**400, Fraction(1, 3)] * 200] * 30, dtype=object)
    assert ", from 0.333333 to 1e+400, mean 5e+399" in text_of(matrix_report("conv", array), "table", width=1000)
    whole = np.arange(60_000).reshape(200, 300)
    assert ", from 0 to 59999, mean 29999.5" in text_of(matrix_report("conv", whole), "table", width=60)
    digits = text_of(matrix_report("conv", np.array([[10**6000]], dtype=object)), "table", width=10_000)
    assert "1" + "0" * 6000 in digits


@pytest.mark.parametrize(
    ("array", "caption"),
    [
        (np.arange(1, 401).reshape(20, 20), ", from 1 to 400, mean 200.5"),
        (np.arange(400).reshape(20, 20) * 10**11, ", from 0 to 39900000000000, mean 19950000000000"),
        (np.full((30, 30), 1e308), ", from 1e+308 to 1e+308, mean 1e+308"),
        (np.full((30, 30), 5e-324), ", from 4.94066e-324 to 4.94066e-324, mean 4.94066e-324"),
        (np.full((30, 30), 65504, np.float16), ", from 65504 to 65504, mean 65504"),
        (np.full((30, 30), Fraction(1, 10**400), dtype=object), ", from 1e-400 to 1e-400, mean 1e-400"),
    ],
)
def test_the_caption_of_a_large_matrix(array: Any, caption: str) -> None:
    assert caption in text_of(matrix_report("conv", array), "table", width=72)


def test_a_heat_map_says_what_its_shades_are() -> None:
    """Its numbers are averages of blocks where a matrix is large, so the extremes are in matrices of few cells."""
    for array, caption in (
        (np.array([[-1e-7, 400]]), "dark -1e-07, light 400"),
        (np.array([[10**400, 3 * 10**400]], dtype=object), "dark 1e+400, light 3e+400"),
        (np.array([[Fraction(1, 10**400), Fraction(1, 2)]], dtype=object), "dark 0, light 0.5"),
        (np.array([[0, 0]], dtype=object), "dark 0, light 0"),
        (np.array([[np.nan, np.inf]]), "dark 0, light 0"),
    ):
        report = matrix_report("conv", array, display=Display(heatmap=True))
        assert f"heat map: {caption}\n" in text_of(report, "table")
    assert "light 1.5e+308" in text_of(matrix_report("conv", np.full((40, 400), 1.5e308)), "table")


def test_a_large_matrix_is_described_as_a_whole() -> None:
    array = np.ones((300, 400))
    array[150, 200], array[10, 10] = -7.25, np.nan
    text = text_of(matrix_report("conv", array), "table", width=60)
    assert "300x400, from -7.25 to 1, mean 0.999931" in text
    assert "…" in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (np.float64(2 / 3), "0.6667"),
        (np.float64(-2.5), "-2.5"),
        (np.float64(3), "3"),
        (np.int64(3), "3"),
        (Fraction(7, 3), "7/3"),
        (10**40, str(10**40)),
        (float("nan"), "nan"),
        (np.float32("-inf"), "-inf"),
    ],
)
def test_numbers_are_rounded_for_reading(number: Any, text: str) -> None:
    assert written(number) == text


FLOATS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 10) | st.just(0.0)


@given(
    st.lists(FLOATS, min_size=1, max_size=12),
    st.sampled_from([np.float64, np.float32, np.float16]),
    st.none() | st.integers(0, 12),
)
def test_a_shown_number_is_near_and_never_reads_as_zero(
    numbers: list[float], kind: Any, precision: int | None
) -> None:
    with np.errstate(over="ignore"):
        array = np.array([numbers]).astype(kind)
    figures = figures_of(array, 1000, precision)
    ((_, row),) = figures.rows(array)
    decimals = 4 if precision is None else precision
    for number, (_, text) in zip(array[0].tolist(), row, strict=True):
        if not math.isfinite(number):
            assert text.strip() == str(number)
            continue
        assert (float(text) == 0) == (number == 0), text
        mantissa, _, exponent = text.strip().partition("e")
        places = len(mantissa.partition(".")[2]) if exponent else decimals
        unit = Fraction(10) ** (int(exponent or 0) - places)
        assert abs(Fraction(text.strip()) - Fraction(number)) <= unit / 2
        assert precision is None or len(mantissa.partition(".")[2]) == precision
    assert len({len(text) for _, text in row}) == 1


@given(st.lists(st.integers(-(10**40), 10**40) | st.fractions(), min_size=1, max_size=8))
def test_whole_numbers_and_fractions_are_shown_whole(numbers: list[Any]) -> None:
    array = np.array([numbers], dtype=object)
    ((_, row),) = figures_of(array, 1000).rows(array)
    assert [Fraction(text.strip()) for _, text in row] == numbers


def test_a_number_too_small_for_its_column_is_shown_with_an_exponent() -> None:
    text = text_of(matrix_report("conv", np.array([[1e-5, 1.0], [-0.25, -3e-17]])), "table")
    assert text.splitlines()[:2] == ["  1e-05   1", "  -0.25 -3e-17"]


@pytest.mark.parametrize("form", FORMATS)
def test_precision_holds_in_every_form(form: str) -> None:
    x = Grid(np.array([0.98765]), title="input")
    report = matrix_report("conv", np.array([[1e-5, 2 / 3, -12.0]]), display=Display((x,), precision=3))
    shown = text_of(report, form)
    tiny = "1.000 \\cdot 10^{-5}" if form == "latex" else "1.000e-05"
    for text in (tiny, "0.667", "-12.000", *(("0.988",) if form in ("table", "plain") else ())):
        assert text in shown, form
    assert "98765" not in shown
    assert "666" not in shown
    assert render_answer(report) == b"1.000e-05 0.667 -12.000\n"


def test_a_small_share_is_not_none() -> None:
    nodes = parse_layers("Linear(2, 1)\nLinear(3000, 7000)")
    report = params_report(network_cost([node.layer for node in nodes]), nodes, number_bytes=4)
    for form, share in {"table": "<0.1%", "plain": "1e-05%"}.items():
        assert re.findall(r"\S+%", text_of(report, form, width=200)) == [share, "100.0%", "100.0%"]


def test_very_small_and_very_large_decimals_are_written_with_exponents() -> None:
    for array in (np.array([[1e-7, 2e-9]]), np.array([[1e12, 1.0]])):
        figures = figures_of(array, 80)
        texts = [text.strip() for _, row in figures.rows(array) for _, text in row]
        assert texts == [f"{number:.4e}" for number in array[0]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ((3, 5), "3x5"),
        ((3, None), "3xundefined"),
        ((None, None), "undefined"),
        ((), "-"),
        (None, "-"),
        (0, "0"),
        ("a\tb\nc", "a b c"),
    ],
)
def test_cells_of_a_table(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(1)", "-x"]
NOT_FORMULAS = ["-1", "+2.5e-7", "-1/3", "-inf", "-", "-1x0", "1=2", "conv:k3", ""]


@pytest.mark.parametrize("text", FORMULAS + NOT_FORMULAS)
def test_no_cell_of_a_csv_is_run_by_a_spreadsheet(text: str) -> None:
    table = Table((Column("Layer", "layer"), Column("Params", "params")), ((text, 8),), (text, 8))
    _, *rows = csv.reader(io.StringIO(text_of(Report("params", {}, "8", (table,)), "csv")))
    shown = f"'{text}" if text in FORMULAS else text
    assert rows == [[shown, "8"], [shown, "8"]]


@pytest.mark.parametrize("text", ["$x$", "~~a~~", "a|b", "`c`", "&lt;", "<b>", "[a](b)", "*a* _b_", "# a"])
def test_nothing_in_a_cell_is_markdown(text: str) -> None:
    table = Table((Column("Layer", "layer"),), ((text,),))
    line = str(text_of(Report("params", {}, "8", (table,)), "markdown")).splitlines()[2]
    assert line.startswith("| ")
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line[2:-2]) == text
    assert not re.search(r"(?<!\\)[$~|`&<>*_#\[\]]", line[2:-2])


def test_a_heat_map_is_for_the_eye_alone(here: Run) -> None:
    command = ("conv", "1 2 3; 4 5 6; 7 8 9", "-k", "1 1", "--dims", "1")
    for form in ("latex", "markdown", "plain"):
        assert here(*command, "--heatmap", "-F", form).stdout == here(*command, "-F", form).stdout
    colored = here(*command, "--heatmap", "-F", "table", "--color", "always").stdout.splitlines()
    # Two rows to a line: the upper one in the foreground, the lower one behind it, and nothing behind the last.
    assert [line.count("▀") for line in colored[:3]] == [2, 2, 0]
    assert [line.count("48;2;") for line in colored[:3]] == [2, 0, 0]
    assert "heat map: dark 3, light 17" in colored[2]


def test_lines_to_be_copied_are_never_folded(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    command = ("shape", "3x9x9", "conv:8,k3,p1", "--as", "pytorch")
    line = "nn.Conv2d(3, 8, kernel_size=3, padding=1)"
    assert here(*command, "-F", "table").stdout == f"{line}\n"
    assert here(*command, "-F", "latex").stdout == f"\\begin{{verbatim}}\n{line}\n\\end{{verbatim}}\n"


def test_what_a_framework_cannot_say(here: Run) -> None:
    rows = here("shape", "3x9x8", "maxpool:3,s2,p1,ceil", "--frameworks").stdout.splitlines()
    assert "TensorFlow/Keras\t-\t-\t-\tcannot say it" in rows
    alike = here("shape", "3x9x9", "conv:8,k3", "--frameworks", "-F", "markdown").stdout
    assert alike.count("| 7x7 | - |") == 4
    assert len(alike.splitlines()) == 6


def test_matrices_too_wide_for_one_line_stand_below_each_other(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    row = " ".join(str(10**6 + n) for n in range(3))
    shown = here("conv", row, "-k", "1", "--show-input", "-F", "table").stdout.splitlines()
    assert [line.strip() for line in shown] == ["input", row, "3", "", "kernel", "1", "1", "", "output", row, "3", ""]


def test_a_result_of_nothing_but_nan_has_no_range(here: Run) -> None:
    assert here("conv", "1.5 nan; nan 1", "-k", "nan", "-F", "table").stdout.splitlines()[-1] == "2x2"


def test_notes_in_markdown_are_paragraphs_of_their_own() -> None:
    notes = Lines(("fvcore: as *torchvision*", "thop: 2 x"), role="note")
    blocks = (Lines(("no mistake gives this",), role="finding"), notes, Lines(("a", "b"), "cells", "finding"))
    html = MarkdownIt().render(text_of(Report("params", {}, "", blocks), "markdown"))
    assert re.findall(r"<(?:p|li)>.*", html) == [
        "<p>no mistake gives this</p>",
        "<p>fvcore: as *torchvision*</p>",
        "<p>thop: 2 x</p>",
        "<p>cells</p>",
        "<li>a</li>",
        "<li>b</li>",
    ]


def test_a_number_longer_than_a_line_has_six_digits_and_a_heat_map_is_drawn_once() -> None:
    numbers = np.array([[10**70 // 3, 7, -5]], dtype=object)
    lines = text_of(Report("conv", {}, "", (Grid(numbers),)), "table", width=60).splitlines()
    assert lines[0].split() == ["3.33333e+69", "7", "-5"]
    assert "…" not in lines[0]
    large = np.arange(40.0 * 50).reshape(40, 50)
    maps = [
        text_of(Report("conv", {}, "", blocks), "table", width=60).count("heat map:")
        for blocks in ((Grid(large),), (Heat(large), Grid(large)))
    ]
    assert maps == [1, 1]
