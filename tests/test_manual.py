"""The pages of the manual: every topic is printed, as it stands in a pipe and typeset on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from convcalc.cli import manual
from convcalc.cli.manual import FOLDER, topics

Run = Callable[..., Any]


@pytest.mark.parametrize("topic", topics())
def test_a_page_is_printed_as_it_stands_in_a_pipe(topic: str, here: Run) -> None:
    done = here("help", topic)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (FOLDER / f"{topic}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", topics())
def test_a_terminal_gets_it_typeset(topic: str, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(manual, "is_terminal", lambda stream: stream is sys.stdout)
    monkeypatch.setattr(manual, "terminal_width", lambda: 60)
    manual.print_page(topic)
    text = capsys.readouterr().out
    assert "```" not in text
    assert topics()[topic].split()[0] in text
    assert max(map(len, text.splitlines())) <= 60


def test_the_help_names_every_topic_and_a_near_one_is_suggested(here: Run) -> None:
    text = " ".join(here("help").stdout.partition("Topics:")[2].split())
    assert text.startswith(", ".join(topics()))
    done = here("help", "matrix")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no command or topic 'matrix'\nhint: did you mean matrices?" in done.stderr
    assert "topics are backwards, convolution" in here("help", "qqqqqqq").stderr
