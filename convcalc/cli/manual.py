"""The pages of the manual: one topic each, written in Markdown and printed in the width of the terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from convcalc.cli.output import wants_color, write_out
from convcalc.cli.terminal import is_terminal, terminal_width
from convcalc.errors import UsageError
from convcalc.text import close_names

FOLDER = Path(__file__).parents[1] / "manual"
WIDEST = 100
"""Characters in a line of a terminal at most: longer ones are hard to read."""


def topics() -> dict[str, str]:
    """Return the topics and their titles.

    >>> topics()["pooling"]
    'Pooling'
    """
    pages = sorted(FOLDER.glob("*.md"))
    return {page.stem: _text(page).partition("\n")[0].lstrip("# ") for page in pages}


def _text(page: Path) -> str:
    from convcalc.matrix.sources import file_bytes

    return file_bytes(str(page)).decode()


def topics_about(word: str) -> list[str]:
    """Return the topics whose pages have a word, up to three, first those that have it most often.

    >>> topics_about("receptive-field")[0], topics_about("zzz")
    ('sizes', [])
    """
    wanted = word.lower().replace("-", " ").replace("_", " ").strip()
    texts = {topic: _text(FOLDER / f"{topic}.md").lower() for topic in topics()}
    counts = {topic: text.count(wanted) for topic, text in texts.items() if len(wanted) > 2 and wanted in text}
    return sorted(counts, key=lambda topic: -counts[topic])[:3]


def print_page(topic: str) -> None:
    """Print the page of a topic. Raises UsageError for a topic that there is not."""
    known = topics()
    if topic not in known:
        close = close_names(topic, known, cutoff=0.8) or topics_about(topic)
        hint = f"see convcalc help {' or '.join(close)}" if close else f"topics are {', '.join(known)}"
        raise UsageError(f"there is no command or topic {topic!r}", place="help", hint=hint)
    text = _text(FOLDER / f"{topic}.md")
    from convcalc.cli.manual_page import page_lines

    bold = is_terminal(sys.stdout) and wants_color("auto", dict(os.environ), terminal=True)
    write_out("".join(f"{line}\n" for line in page_lines(text, min(terminal_width(), WIDEST), bold=bold)))
