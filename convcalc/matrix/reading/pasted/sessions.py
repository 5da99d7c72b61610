"""Pieces of a console or a notebook: `>>>` and other prompts, knitr's `#>`, fences of Markdown."""

from __future__ import annotations

import re
from typing import NamedTuple

from convcalc.matrix.reading.pasted.paste import Paste, first_lines, lines_of

_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*[\w.{}+-]*[ \t]*$", re.MULTILINE)
_KNITR = re.compile(r"[ \t]*(#>|##(?!#))[ \t]?")
_LABEL = re.compile(r"[ \t]*\[[0-9]+,\][ \t]*")
_DATA = re.compile(r"[-+\s0-9.,;>\[\]]*")
_PROMPTS = (
    # the prompt, and the one of the lines that continue what is typed there
    (re.compile(r"[ \t]*>>>(?:[ \t]|$)"), re.compile(r"[ \t]*\.\.\.(?:[ \t]|$)")),
    (re.compile(r"[ \t]*In[ \t]*\[[ \t]*\d*[ \t]*\]:[ \t]?"), re.compile(r"[ \t]*\.\.\.+:(?:[ \t]|$)")),
    (re.compile(r"[ \t]*julia>(?:[ \t]|$)"), re.compile(r"(?!)")),
    (re.compile(r"[ \t]*octave(?:\.exe)?:\d+>(?:[ \t]|$)"), re.compile(r"[ \t]*>(?:[ \t]|$)")),
    (re.compile(r"[ \t]*(?:EDU)?>>(?:[ \t]|$)"), re.compile(r"(?!)")),
    (re.compile(r"[ \t]*>(?:[ \t]|$)"), re.compile(r"[ \t]*\+[ \t]")),
)
_OUT = re.compile(r"[ \t]*Out[ \t]*\[[ \t]*\d*[ \t]*\]:[ \t]?")
_NO_VALUE = re.compile(r"\s*(?:import|from|using|library|clear|close|clc|format)\b[^\n]*\s*")


class _Statement(NamedTuple):
    """What was typed after a prompt, and the lines printed below: places of prompts, of typed lines, of output."""

    prompts: list[tuple[int, int]]
    typed: list[tuple[int, int]]
    printed: list[tuple[int, int]]


def fences(paste: Paste) -> Paste | None:
    """Leave out the fences of a code block in Markdown."""
    found = [match.span() for match in _FENCE.finditer(paste.text)] if "`" in paste.text or "~" in paste.text else []
    return paste.without(*_with_line_ends(paste.text, found)) if 0 < len(found) <= 2 else None


def knitr_output(paste: Paste) -> Paste | None:
    """Take the lines after `#>` or `##`, in which knitr shows output; the others are code, and a note says so."""
    if "#" not in paste.text:
        return None
    lines = [(start, line) for start, line in lines_of(paste.text) if line.strip()]
    marks = [_KNITR.match(line) for _, line in lines]
    if not any(marks):
        return None
    signs = {mark[1] for mark in marks if mark is not None}
    code = [line for line, mark in zip(lines, marks, strict=True) if mark is None]
    again = any(
        mark is not None and mark[1] in line[mark.end() :] for (_, line), mark in zip(lines, marks, strict=True)
    )
    bare = all(
        mark is None or _LABEL.fullmatch(line, mark.end()) for (_, line), mark in zip(lines, marks, strict=True)
    )
    if bare or len(signs) > 1 or ("##" in signs and code) or again or any(_DATA.fullmatch(line) for _, line in code):
        return None
    spans = [(start, start + len(line)) for start, line in code]
    spans += [
        (start + mark.start(1), start + mark.end(1))
        for (start, _), mark in zip(lines, marks, strict=True)
        if mark is not None
    ]
    note = ("only the lines after #> were read; the others were taken for code",) if code else ()
    return paste.without(*_with_line_ends(paste.text, spans[: len(code)]), *spans[len(code) :]).replace(
        notes=paste.notes + note
    )


def prompts(paste: Paste) -> Paste | None:
    """Take what a console printed, or, if it printed nothing, the one statement that was typed.

    Errors: several results.
    """
    first = "".join(first_lines(paste.text, 1))
    for prompt, more in _PROMPTS:
        if prompt.match(first) or (_OUT.match(first) and prompt is _PROMPTS[1][0]):
            lines = [(start, line) for start, line in lines_of(paste.text) if line.strip()]
            return _result(paste, _statements(lines, prompt, more))
    return None


def _statements(lines: list[tuple[int, str]], prompt: re.Pattern[str], more: re.Pattern[str]) -> list[_Statement]:
    statements: list[_Statement] = []
    for start, text in lines:
        mark, out = prompt.match(text), _OUT.match(text)
        end = start + len(text)
        if mark is not None:
            statements.append(_Statement([(start, start + mark.end())], [(start + mark.end(), end)], []))
            continue
        if not statements:
            statements.append(_Statement([], [], []))
        last = statements[-1]
        continued = more.match(text) if not last.printed else None
        if continued is not None:
            last.prompts.append((start, start + continued.end()))
            last.typed.append((start + continued.end(), end))
        elif out is not None:
            last.prompts.append((start, start + out.end()))
            last.printed.append((start + out.end(), end))
        else:
            last.printed.append((start, end))
    return statements


def _result(paste: Paste, statements: list[_Statement]) -> Paste | None:
    """Return `paste` with only the one result of `statements`."""
    printed = [statement for statement in statements if statement.printed]
    if len(printed) > 1:
        start, end = printed[1].printed[0]
        raise paste.source.fault("a second result", start, end, "paste one result only")
    if printed:
        typed = [span for statement in statements for span in statement.prompts + statement.typed]
        return paste.without(*_with_line_ends(paste.text, typed))
    valued = []
    for statement in statements:
        text = "\n".join(paste.text[start:end] for start, end in statement.typed)
        if text.strip() and not _NO_VALUE.fullmatch(text):
            valued.append(statement)
    if len(valued) > 1:
        start, end = valued[1].typed[0]
        raise paste.source.fault("a second statement", start, end, "paste one matrix only")
    spans = [span for statement in statements for span in statement.prompts]
    spans += [span for statement in statements if statement not in valued for span in statement.typed]
    return paste.without(*spans)


def _with_line_ends(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return `spans`, those that end a line with its line end: a line that is left out is not a blank line."""
    return [(start, end + 1) if text[end : end + 1] == "\n" else (start, end) for start, end in spans]
