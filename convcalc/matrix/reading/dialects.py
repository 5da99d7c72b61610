"""The dialect of a text, and its reader.

Each reader overwrites what is not a number with spaces, character for character, and hands the rest to `lines` or
`brackets`, so that an error is reported where the user wrote it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convcalc.errors import DataError, UsageError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.brackets import bracketed_layout, layout_between_brackets
from convcalc.matrix.reading.comments import stated_shape, without_comments
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import Marks, layout_of_lines, with_decimal_points, without_first_row
from convcalc.text import Source, size_text

if TYPE_CHECKING:
    from collections.abc import Callable

_TYPESET_SPACES = re.compile(r"[^\S\n\t ]|[\u200b\ufeff]")
_MINUSES = str.maketrans("\u2212\u2013\ufe63\uff0d", "----")
_DOUBTFUL_SPACE = re.compile(r"(?<=[0-9])[\u00a0\u202f\u2009](?=[0-9])")
_ZERO_WIDTH_IN_NUMBER = re.compile(r"(?<=[0-9.eE+-])[\u200b\ufeff](?=[0-9.eE])")
_ASSIGNMENT = re.compile(r"\s*[A-Za-z_][\w.]*[ \t]*=(?!=)")
_JSON_OBJECT = re.compile(r"\s*\{\s*[\"}]")
_PYTORCH = re.compile(r"\s*(?:Parameter containing:|(?:\w+\.)*(?:tensor|Tensor)\s*\()")
_NUMPY = re.compile(r"\s*(?:\w+\.)*(?:as)?(?:array|matrix)\s*\(")
_BRACKETS = re.compile(r"\s*(?:\[|\(\s*\(|\{\s*\{)")


def layout_of(source: Source, options: ReadOptions) -> Layout:
    """Return the layout of the text in `source`, in the dialect that `options` name or the text shows."""
    return layout_of_text(source, clean(source), options)


def layout_of_text(source: Source, written: str, options: ReadOptions) -> Layout:
    """Return what `layout_of` does for `written`, which is the text in `source` with spaces for some of it."""
    text = without_comments(written) if "#" in written else written
    dialect = options.named_format or dialect_of(text)
    if dialect in ("npy", "npz", "image"):
        raise DataError(f"this is text, not {dialect}", place=source.place, hint="leave out `format`")
    if dialect == "json":
        text = written
    elif _ASSIGNMENT.match(text):
        text = _ASSIGNMENT.sub(_blanked, text, count=1)
    if options.gray or options.scale is not None:
        raise UsageError(
            "only an image can be converted to grayscale or scaled", place="`gray`" if options.gray else "`scale`"
        )
    if dialect in _BRACKETED and (options.header or options.index):
        name = "header" if options.header else "index"
        raise UsageError(f"nested brackets have no {_LABELS[name]}", place=f"`{name}`")
    reader = _READERS.get(dialect, _lines)
    return reader(source, text, options)


def dialect_of(text: str) -> str:
    """Return the dialect that a text without comments shows.

    >>> dialect_of("tensor([1., 2.])"), dialect_of("1 | 2"), dialect_of("1 2")
    ('pytorch', 'markdown', 'plain')
    """
    if _JSON_OBJECT.match(text):
        return "json"
    if "\\\\" in text or "&" in text or "\\begin" in text:
        return "latex"
    assigned = _ASSIGNMENT.match(text)
    start = assigned.end() if assigned else 0
    for dialect, pattern in (("pytorch", _PYTORCH), ("numpy", _NUMPY), ("brackets", _BRACKETS)):
        if pattern.match(text, start):
            return dialect
    return "markdown" if "|" in text else "plain"


def clean(source: Source) -> str:
    """Return the text, as long as before, with ASCII's minus signs and spaces for those of typesetters."""
    text = source.text
    if not text.isascii():
        doubtful = _DOUBTFUL_SPACE.search(text)
        if doubtful is not None:
            raise source.fault(
                "a narrow or non-breaking space between two digits: one number or two?",
                *doubtful.span(),
                "remove it, or use an ordinary space",
            )
        text = text.translate(_MINUSES)
        invisible = _ZERO_WIDTH_IN_NUMBER.search(text)
        if invisible is not None:
            raise source.fault("an invisible space inside a number", *invisible.span(), "remove it")
    return _TYPESET_SPACES.sub(" ", text)


def _stated_shape(source: Source) -> tuple[int, ...] | None:
    shape = stated_shape(source.text)
    if shape is not None and 0 in shape:
        raise DataError(f"the shape {size_text(shape)} has no elements", place=source.place)
    return shape


def _blanked(match: re.Match[str]) -> str:
    """Return spaces in place of a match, its line ends kept."""
    text = match[0]
    return " " * len(text) if "\n" not in text else "".join("\n" if c == "\n" else " " for c in text)


def _lines(source: Source, text: str, options: ReadOptions) -> Layout:
    marks = Marks(header=options.header, index=options.index, decimal=options.decimal)
    return layout_of_lines(source, text, marks, _stated_shape(source))


def _csv(source: Source, text: str, options: ReadOptions) -> Layout:
    cells = without_first_row(text) if options.header else text
    separator = ";" if ";" in cells else "\t" if "\t" in cells and "," not in cells else ","
    marks = Marks(separator=separator, header=options.header, index=options.index, decimal=options.decimal)
    return layout_of_lines(source, text, marks, _stated_shape(source))


def _tsv(source: Source, text: str, options: ReadOptions) -> Layout:
    marks = Marks(separator="\t", header=options.header, index=options.index, decimal=options.decimal)
    return layout_of_lines(source, text, marks, _stated_shape(source))


def _markdown(source: Source, text: str, options: ReadOptions) -> Layout:
    from convcalc.matrix.reading.markup import markdown_layout

    return markdown_layout(source, text, options)


def _latex(source: Source, text: str, options: ReadOptions) -> Layout:
    from convcalc.matrix.reading.markup import latex_layout

    return latex_layout(source, text, options)


def _json(source: Source, text: str, options: ReadOptions) -> Layout:
    from convcalc.matrix.reading.json_lists import json_layout

    return json_layout(source, text)


def _printed(source: Source, text: str, options: ReadOptions) -> Layout:
    from convcalc.matrix.reading.printed import printed_layout

    return printed_layout(source, text)


def _brackets(source: Source, text: str, options: ReadOptions) -> Layout:
    """Return the layout of what begins with a bracket: MATLAB's rows, a NumPy print, or lists."""
    if '"' in text:
        return _json(source, text, options)
    if options.decimal == ",":
        text = with_decimal_points(source, text)
    layout = layout_between_brackets(source, text)
    if layout is None:
        if "np." in text or "numpy." in text or "," not in text:
            return _printed(source, text, options)
        layout = bracketed_layout(source, text)
    return layout


def _matlab(source: Source, text: str, options: ReadOptions) -> Layout:
    text = re.sub(r"%[^\n]*|\.\.\.[^\n]*\n", lambda match: " " * len(match[0]), text)
    if "[" not in text:
        return _lines(source, text, options)
    layout = layout_between_brackets(source, text, rows=True)
    return layout if layout is not None else bracketed_layout(source, text)


_LABELS = {"header": "header row", "index": "column of labels"}
_BRACKETED = ("json", "numpy", "pytorch", "matlab", "brackets")
_READERS: dict[str, Callable[[Source, str, ReadOptions], Layout]] = {
    "csv": _csv,
    "tsv": _tsv,
    "markdown": _markdown,
    "latex": _latex,
    "json": _json,
    "numpy": _printed,
    "pytorch": _printed,
    "brackets": _brackets,
    "matlab": _matlab,
}
