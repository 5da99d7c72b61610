"""`--each`: many questions, one per line, each answered in one line as soon as it has come."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from convcalc.cli.layers import layer_options, layer_request
from convcalc.cli.messages import error_of, print_error, print_notes
from convcalc.cli.network_options import SummaryOptions
from convcalc.cli.options import LayerArguments, OutputOptions, WindowArguments
from convcalc.cli.output import write_out
from convcalc.errors import DataError, FileError, UsageError
from convcalc.model.reading import read, window_options
from convcalc.model.request import LayerRequest
from convcalc.notation import Network
from convcalc.report.blocks import Report

STANDARD_INPUT = "standard input"
CHUNK = 1 << 16
"""Bytes that are read at once, where they have come."""
LONGEST_LINE = 1 << 20
MOST_NETWORKS = 1000
"""Networks that are kept as read."""
OPENING, CLOSING = "([{", ")]}"

Answered = tuple[str, Sequence[str]]
"""The answer to a question in one line, and what to note about it."""


def answer_each(source: str, answer: Callable[[list[str]], Answered]) -> int:
    """Print the answer to every line of a file, `-` for standard input; return the highest exit code.

    `answer` takes the words of a line. A line that is wrong, blank or a comment has an empty line for an answer.
    """
    place = STANDARD_INPUT if source == "-" else source
    highest, number, noted = 0, 0, set[str]()
    for lines in _chunks(source):
        answers: list[str] = []
        for line in lines:
            number += 1
            try:
                text, notes = _answered(line, answer)
            except Exception as error:
                found = error_of(error)
                if found is None:
                    raise
                write_out("".join(answers))
                answers = []
                text, notes = "", ()
                found.place = f"{place}:{number}" + (f": {found.place}" if found.place else "")
                highest = max(highest, print_error(found))
            for note in notes:
                if note not in noted:
                    print_notes(f"{place}:{number}: {note}")
                    noted.add(note)
            answers.append(text + "\n")
        write_out("".join(answers))
    return highest


def _answered(line: bytes, answer: Callable[[list[str]], Answered]) -> Answered:
    try:
        text = line.decode().strip()
    except UnicodeDecodeError:
        raise DataError("the line is not UTF-8 text") from None
    return answer(words(text)) if text and text[0] != "#" else ("", ())


def _chunks(source: str) -> Iterator[list[bytes]]:
    """Yield the lines of a file or of standard input as they come."""
    if source == "-":
        if sys.stdin is None:
            raise FileError("standard input is closed", place=STANDARD_INPUT)
        stream: Any = sys.stdin.buffer
        yield from _lines_of(stream.read1, STANDARD_INPUT)
        return
    from convcalc.matrix import sources

    if not sources.exists(source):
        from convcalc.notation import is_size

        otherwise = (
            f"--each takes a file with a question on each line; one size stands alone: convcalc shape {source} -k 7"
        )
        raise sources.not_there(source, otherwise if is_size(source) else None)
    with sources.opened(source) as stream:
        yield from _lines_of(stream.read, source)


def _lines_of(take: Callable[[int], bytes], place: str) -> Iterator[list[bytes]]:
    rest, first = b"", True
    try:
        while chunk := take(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise DataError(f"a line of more than {LONGEST_LINE >> 20} MiB", place=place)
            if first and lines:
                lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
                first = False
            yield lines
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=place) from error
    if rest:
        yield [rest.removeprefix(b"\xef\xbb\xbf") if first else rest]


_SIMPLE = re.compile(r"[^'\"()\[\]{}]*")


def words(line: str) -> list[str]:
    """Return the words of a line, between blanks that are neither in brackets nor in quotes.

    >>> words("3x9x9 conv:8,k3"), words("(3, 9, 9) Conv2D(8, 3, padding='same') 'ReLU()'")
    (['3x9x9', 'conv:8,k3'], ['(3, 9, 9)', "Conv2D(8, 3, padding='same')", 'ReLU()'])
    """
    if _SIMPLE.fullmatch(line):
        return line.split()
    found, start, depth, quote = [], 0, 0, ""
    for at, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in OPENING:
            depth += 1
        elif character in CLOSING:
            depth -= 1
        elif character.isspace() and depth <= 0:
            found.append(line[start:at])
            start = at + 1
    if quote:
        raise UsageError(f"a quote {quote} is not closed", text=line, span=(len(line), len(line)))
    found.append(line[start:])
    return [word[1:-1] if word[0] == word[-1] and word[0] in "'\"" else word for word in found if word]


class Layers:
    """The layers of each line: its own, or those of the command line; what many lines share is read once."""

    def __init__(self, texts: Sequence[str], layer: LayerArguments, window: WindowArguments) -> None:
        self.layer, self.window = layer, window
        options = layer_options(layer, window)
        window_options(options)  # what is wrong for every line is said once
        self.finished = bool(texts) or layer.file is not None
        self.shared = layer_request(texts, layer, window) if self.finished or options else None
        self.networks: dict[tuple[object, ...], Network] = {}

    def request(self, texts: Sequence[str]) -> LayerRequest:
        """Return the request of a line with the layers `texts`."""
        if not texts:
            return self.shared or layer_request(texts, self.layer, self.window)
        if self.finished:
            raise UsageError("layers come from the line or from the command line, not from both")
        return layer_request(texts, self.layer, self.window)

    def network(self, request: LayerRequest) -> Network:
        """Return the network of a request, read or kept."""
        key = (request.texts, request.inputs, request.file)
        if key not in self.networks:
            if len(self.networks) >= MOST_NETWORKS:
                self.networks.clear()
            self.networks[key] = read(request)
        return self.networks[key]


def one_line(report: Report, output: OutputOptions, summary: SummaryOptions) -> str:
    """Return the answer of a report in one line: bare, one field of it, or all of it as JSON."""
    if output.json or output.format == "json":
        from convcalc.render.machine import render_json

        return render_json(report).decode().rstrip("\n")
    if summary.field is None:
        return str(report.answer).replace("\n", " ")
    from convcalc.render.plain import render_field
    from convcalc.report.fields import field_of

    return render_field(field_of(report, summary.field)).rstrip("\n").replace("\n", " ")


def refuse_beside_each(source: str, layer: LayerArguments, output: OutputOptions, given: Iterable[str]) -> None:
    """Refuse what has no place beside many short answers: options `given`, other forms, two readers."""
    form = [] if output.format in ("auto", "plain", "json") else [f"-F {output.format}"]
    for name in (*given, *form, *(["-o"] if output.output is not None else [])):
        message = f"--each gives one bare answer per line, which leaves no room for {name}"
        raise UsageError(message, hint="ask that question alone")
    if source == "-" and layer.file == "-":
        raise UsageError("--each and -f both read standard input", hint="give one of them as a file")
