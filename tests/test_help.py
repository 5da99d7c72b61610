"""The help: options in their panels, no line too long at any width, the short one on a screen, examples that run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any, get_args

import pytest

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.help import description, help_lines, panels, term
from convcalc.cli.help_texts import PAGES
from convcalc.cli.options import Panel
from convcalc.cli.shell_words import command_lines

Run = Callable[..., Any]
TREE = build(*COMMANDS)
PARTS = {"": TREE} | TREE.commands
SCREEN = 45


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_screen(name: str, whole: bool, width: int) -> None:
    lines = list(help_lines(PARTS[name], width, whole=whole))
    assert [line for line in lines if len(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("name", PARTS)
def test_the_short_help_is_one_screen(name: str) -> None:
    assert len(list(help_lines(PARTS[name], 80, whole=False))) <= SCREEN


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_once_in_the_whole_help_and_the_short_one_is_part_of_it(name: str) -> None:
    command = PARTS[name]
    options = [each for each in command.params if each.param_type_name == "option"]
    whole, short = panels(command, whole=True), panels(command, whole=False)
    assert sorted(map(term, options)) == sorted(term(each) for part in whole.values() for each in part)
    assert list(whole) == [panel for panel in get_args(Panel) if panel in whole]
    for panel, part in short.items():
        assert part == whole[panel][: len(part)], panel
    text = "\n".join(help_lines(command, 100, whole=True))
    for each in options:
        assert re.search(rf"^  {re.escape(term(each))}(  |$)", text, re.MULTILINE), each.name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_argument_and_option_is_described_in_a_sentence(name: str) -> None:
    for each in PARTS[name].params:
        for whole in (False, True):
            text = description(each, whole=whole)
            assert text[0].isupper() or text.startswith("max"), text
            assert text.endswith("."), text
            assert text.count("(") == text.count(")"), text


def test_ranges_choices_and_defaults_are_said_in_words() -> None:
    options = {each.name: each for each in PARTS["params"].params}
    assert description(options["groups"], whole=True) == "Number of groups of channels (1 or more)."
    assert description(options["sheet"], whole=True).endswith("(1 to 200).")
    assert description(options["seed"], whole=True).endswith("(0 or more).")
    assert description(options["field"], whole=True).endswith("receptive_field, output ...")
    assert description(options["dims"], whole=True) == "Number of spatial axes."
    assert term(options["dims"]) == "--dims 1|2|3"
    assert "float16, bfloat16, float32, float64, int8 (default: float32)" in description(options["dtype"], whole=True)
    assert description(options["format"], whole=False).endswith("auto, table, plain, json, csv ...")
    assert "[x" not in "\n".join(help_lines(PARTS["conv"], 80, whole=True))


@pytest.mark.parametrize("width", [30, 60, 80])
@pytest.mark.parametrize("line", [line for page in PAGES.values() for line, _ in page.examples])
def test_a_broken_example_is_the_same_command(line: str, width: int) -> None:
    pieces = command_lines(line, width)
    words = shlex.split("\n".join(pieces).replace("\\\n", ""))
    # In a list of layers the end of a line is a blank.
    assert [" ".join(word.split()) for word in words] == shlex.split(line)
    if width >= 60:
        assert max(map(len, pieces)) <= width


@pytest.mark.parametrize(
    "line",
    [
        line
        for page in PAGES.values()
        for line, _ in page.examples
        if not re.search(r"\||--quiz|--watch|photo|\.(npy|png|onnx|py|txt|tex|safetensors)", line)
    ],
)
def test_examples_without_files_answer(line: str, here: Run) -> None:
    done = here(*shlex.split(line)[1:])
    assert done.returncode in (0, 1), done.stderr
    assert done.returncode == 0 or "--check" in line
    assert done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_a_command_too(name: str, here: Run) -> None:
    assert here("help", name).stdout == here(name, "-h").stdout == here(name, "--help").stdout
    assert here("help", name, "--help-all").stdout == here(name, "--help-all").stdout


def test_help_without_a_command_is_the_first_screen(here: Run) -> None:
    shown = here()
    assert (shown.returncode, shown.stdout) == (0, here("help").stdout)
    for telling in ("'?'", "--check", "--as", "-f ", "convcalc help"):
        assert telling in shown.stdout


def test_the_whole_help_of_all_is_that_of_each(here: Run) -> None:
    everything = here("--help-all").stdout
    for name in COMMANDS:
        assert here(name, "--help-all").stdout in everything


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("arguments", [["shape", "--layers"], ["params", "--layers"], ["conv", "--kernels"]])
def test_lists_fit_the_screen(arguments: list[str], width: int, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = here(*arguments).stdout.splitlines()
    assert len(lines) > 20
    assert max(map(len, lines)) <= width


def test_every_word_that_is_listed_is_read() -> None:
    from convcalc.notation import parse_layers
    from convcalc.notation.short.listing import listing

    parts = listing()
    for template, others in parts["Layers with fields"]:
        kind, _, fields = template.partition(":")
        text = ",".join(fields.replace("OUT", "8").replace("N", "2").split(",")[:2])
        (layer,) = parse_layers(f"{kind}:{text}")
        for name in others.removeprefix("also ").split(", ") if others else ():
            assert [node.layer for node in parse_layers(f"{name}:{text}")] == [layer.layer], name
    ((_, words),) = parts["Layers without fields"]
    for word in words.split(", "):
        assert parse_layers(word)


def test_every_kernel_that_is_listed_is_read() -> None:
    from convcalc.matrix.kernels import KERNEL_NAMES, kernel_rows, named_kernel

    assert [name for name, _ in kernel_rows()] == list(KERNEL_NAMES)
    for name, values in kernel_rows()[:12]:
        kernel = named_kernel(name)
        assert kernel is not None
        assert "; ".join(" ".join(map(str, row)) for row in kernel.tolist()) == values
