"""The pages of the manual: every topic is printed in the width of the terminal, or of 80 columns in a pipe."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from typing import Any

import pytest

from convcalc.cli import manual
from convcalc.cli.manual import FOLDER, topics
from convcalc.cli.manual_page import page_lines

Run = Callable[..., Any]


@pytest.mark.parametrize(("given", "width"), [(None, 80), ("60", 60), ("300", 100)])
def test_a_page_has_the_width_of_columns_in_a_pipe(
    given: str | None, width: int, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if given is not None:
        monkeypatch.setenv("COLUMNS", given)
    done = here("help", "sizes")
    assert (done.returncode, done.stderr) == (0, "")
    text = (FOLDER / "sizes.md").read_text(encoding="utf-8")
    assert done.stdout.splitlines() == list(page_lines(text, width, bold=False))
    assert max(map(len, done.stdout.splitlines())) <= width


def page(topic: str, width: int, monkeypatch: Any, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setattr(manual, "is_terminal", lambda stream: stream is sys.stdout)
    monkeypatch.setattr(manual, "terminal_width", lambda: width)
    monkeypatch.setenv("NO_COLOR", "1")
    manual.print_page(topic)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("topic", topics())
def test_a_terminal_gets_it_typeset(
    topic: str, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    lines = page(topic, width, monkeypatch, capsys)
    assert " ".join(lines).startswith(topics()[topic])
    assert not any("```" in line for line in lines)
    # What no blank divides is not cut: a text in quotes whose lines count, a long word.
    wide = [line for line in lines if len(line) > width]
    assert all(re.fullmatch(r" *('[^']*[;\\][^']*'( \\)?|[`(]?\S+)", line) for line in wide), wide
    source = re.sub(r"\[(\w+)\]\(", r"\1 (", (FOLDER / f"{topic}.md").read_text(encoding="utf-8"))
    whole = {word.strip("'") for word in source.split()}
    # Only the line that carets point into is cut.
    shown = {word.strip("'") for line in lines if "…" not in line and "^" not in line for word in line.split()}
    assert {word for word in shown - whole if word.strip("─\\")} == set()


@pytest.mark.parametrize("width", [40, 60, 80])
def test_command_lines_of_a_page_may_be_pasted(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    for topic in topics():
        source = (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
        written = re.findall(r"^\$ (.*)", source, re.M)
        text = "\n".join(page(topic, width, monkeypatch, capsys))
        shown = re.findall(r"^  \$ ((?:'[^']*'|\\\n|[^'\n\\])*)", text, re.M)
        words = [[" ".join(word.split()) for word in shlex.split(line.replace("\\\n", " "))] for line in shown]
        assert words == [[" ".join(word.split()) for word in shlex.split(line)] for line in written]


def test_code_in_bold_takes_no_column_for_its_backquotes() -> None:
    text = "| a | b |\n| --- | --- |\n| `x` y | z |\n| 1234 | 5 |\n\nUse `pool a` now, and\n`b`.\n"
    plain = list(page_lines(text, 14, bold=False))
    bold = [re.sub(r"\x1b\[[01]m", "", line) for line in page_lines(text, 14, bold=True)]
    assert bold == ["a     b", "─" * 7, "x y   z", "1234  5", "", "Use pool a", "now, and b."]
    assert plain[2] == "`x` y  z"
    assert list(page_lines(text, 14, bold=True))[-1] == "now, and \x1b[1mb\x1b[0m."


def test_the_help_names_every_topic_and_a_near_one_is_suggested(here: Run) -> None:
    text = " ".join(here("help").stdout.partition("Topics:")[2].split())
    assert text.startswith(", ".join(topics()))
    done = here("help", "matrix")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no command or topic 'matrix'\nhint: see convcalc help matrices" in done.stderr
    assert "topics are backwards, convolution" in here("help", "qqqqqqq").stderr
