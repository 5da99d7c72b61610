"""An error as it is printed: one line with its place, the text with a caret under the fault, a hint.

The rooms below name a parameter in backquotes, as Python knows it; here it becomes the option of the command line.
"""

from __future__ import annotations

import os
import re
import sys

from convcalc.cli.terminal import is_terminal, terminal_width
from convcalc.errors import ConvcalcError, DataError
from convcalc.text import columns, printable, shortened, singular, wrapped

QUOTE_PATTERN = "put a pattern of names into quotes, or the shell puts the names of the files in its place"
"""The hint where several values are given for --inputs."""
WIDEST, CARET_MARGIN = 100, 4
"""Characters of a faulty line that are shown around the caret, and columns beside them."""
LONGEST_WORD, LONGEST_LINE = 120, 300
"""Characters of a word in a message, and of a message with its place; what is longer loses its middle."""

_SAME = """
    adaptive algorithm assume at bias boundary ceil check circular column decimal dilation dims divisor dtype
    exact field flip frameworks grad gray groups header index layout like max_elements norm normalize out_channels
    output_padding padding precision rank region rotate scale strict stride transposed want
"""
OPTIONS = {name: f"--{name.replace('_', '-')}" for name in _SAME.split()} | {
    "class_name": "--class",
    "count_padding": "--count-pad",
    "format": "--from",
    "kernel": "-k",
    "size": "--input",
    "tolerance": "--tol",
}
"""The option for each parameter that messages name."""


class _Form:
    """How this process writes its errors: as text, or as JSON."""

    json = False


def use_json(wanted: bool) -> None:
    """Write errors and notes from here on as JSON, one object a line, or as text."""
    _Form.json = wanted


def uses_json() -> bool:
    """Return whether errors and notes are written as JSON."""
    return _Form.json


def print_error(error: ConvcalcError) -> int:
    """Print an error to standard error and return its exit code."""
    print_diagnostics(json_error(error) if _Form.json else format_error(error, _line_width()))
    return error.exit_code


def error_of(error: Exception) -> ConvcalcError | None:
    """Return an exception as an error to print; None where the output is at fault, or a traceback is wanted."""
    if isinstance(error, ConvcalcError):
        return error
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and "failed to map segment" in str(error)):
        return DataError("there is not enough memory for this")
    if isinstance(error, ValueError) and "integer string conversion" in str(error):
        return DataError("a number here has more than 4300 digits, more than is printed")
    if isinstance(error, OSError) or os.environ.get("CONVCALC_TRACEBACK"):
        return None
    hint = "please report it with the command line; CONVCALC_TRACEBACK=1 shows where"
    return ConvcalcError(f"a defect in convcalc: {type(error).__name__}: {error}", hint=hint)


def print_notes(*notes: str) -> None:
    """Print notes to standard error, each of them once."""
    for note in map(with_options, dict.fromkeys(notes)):
        lines = [_json({"note": note})] if _Form.json else _lines(f"convcalc: note: {note}", _line_width())
        print_diagnostics("\n".join(lines))


def _line_width() -> int | None:
    """Return the characters in a line of standard error where it is a terminal; elsewhere lines have no end."""
    return terminal_width(sys.stderr) if is_terminal(sys.stderr) else None


def _lines(text: str, width: int | None) -> list[str]:
    return [text] if width is None else wrapped(text, width)


def print_diagnostics(text: str) -> None:
    """Print to standard error; where that cannot be written, the answer and its exit code are right all the same."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        # What is still in the buffer would be tried again at the exit, and change the exit code then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def json_error(error: ConvcalcError) -> str:
    """Return an error as one JSON object.

    >>> from convcalc.errors import UsageError
    >>> json_error(UsageError("no such option", place="shape"))
    '{"code": 2, "place": "shape", "message": "no such option", "hint": null}'
    """
    texts = {"place": error.place, "message": error.message, "hint": error.hint}
    return _json({"code": error.exit_code} | {name: text and with_options(text) for name, text in texts.items()})


def _json(value: dict[str, object]) -> str:
    import json

    return json.dumps(value)


def format_error(error: ConvcalcError, width: int | None = None) -> str:
    """Return an error as it is printed, in lines of `width` columns where it goes to a terminal.

    >>> from convcalc.errors import UsageError
    >>> print(format_error(UsageError("no such option", place="shape", text="k=3,q=4", span=(4, 5), hint="try s")))
    convcalc: shape: no such option
      k=3,q=4
          ^
    hint: try s
    """
    place = f"{with_options(error.place)}: " if error.place else ""
    lines = _lines(shortened(f"convcalc: {place}{with_options(error.message)}", LONGEST_LINE), width)
    if error.text is not None and error.span is not None:
        # The blank is what keeps a negative number from being an option.
        cut = error.text[:2] == " -"
        start, end = (place - cut for place in error.span)
        lines += with_caret(error.text[cut:], start, end, WIDEST if width is None else width - CARET_MARGIN)
    if error.hint:
        lines += _lines(f"hint: {with_options(error.hint)}", width)
    return "\n".join(lines)


def with_options(text: str) -> str:
    """Return `text` in printable characters and options in place of parameters in backquotes, long words shortened.

    >>> with_options("read it with `exact`, or as `format=csv`"), with_options("`bias=False`")
    ('read it with --exact, or as --from csv', '--no-bias')
    """

    def option(match: re.Match[str]) -> str:
        name, equals, value = match[1].partition("=")
        if value in ("True", "False"):
            return OPTIONS[name] if value == "True" else OPTIONS[name].replace("--", "--no-")
        return f"{OPTIONS[name]} {value}" if equals else OPTIONS[name]

    named = re.sub(rf"`((?:{'|'.join(OPTIONS)})(?:=[^`]*)?)`", option, printable(singular(text)))
    return re.sub(rf"\S{{{LONGEST_WORD + 1},}}", lambda word: shortened(word[0], LONGEST_WORD), named)


def with_caret(text: str, start: int, end: int, width: int, count: int = WIDEST) -> list[str]:
    """Return up to `count` characters of a line around a span, in `width` columns, and the line of carets under it.

    >>> print(*with_caret("conv:64,k7,s2,p3 maxpool:3,q2", 27, 28, 16), sep="\\n")
      …,p3 maxpool:3,q2
                     ^
    """
    first = max(0, min(start - count // 2, len(text) - count))
    shown = printable(text[first : first + count])
    before, marked = printable(text[first:start]), printable(text[start : min(end, first + count)])
    over = columns(shown) - width
    if over > 0 and count > 1:
        return with_caret(text, start, end, width, max(1, min(count, len(text)) - over))
    head = "…" if first else ""
    tail = "…" if first + count < len(text) else ""
    return [f"  {head}{shown}{tail}", "  " + " " * columns(head + before) + "^" * max(1, columns(marked))]
