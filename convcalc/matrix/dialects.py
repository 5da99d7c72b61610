"""Which dialect a text is written in, and its way to a layout."""

from __future__ import annotations

import re

from convcalc.errors import DataError
from convcalc.matrix.brackets import bracketed_layout, layout_between_brackets
from convcalc.matrix.layout import Layout, Source
from convcalc.matrix.lines import Marks, layout_of_lines
from convcalc.matrix.options import ReadOptions

__all__ = ["layout_of"]

_COMMENT = re.compile(r"#[^\n]*")
_SHAPE = re.compile(r"\s*#[ \t]*shape:[ \t]*([0-9]{1,18}(?:x[0-9]{1,18})*)[ \t]*(?=\n|\Z)")
_SPACES = re.compile(r"[^\S\n\t ]|[\u200b\ufeff]")
_MINUSES = str.maketrans("\u2212\u2013\ufe63\uff0d", "----")
_THOUSANDS = re.compile(r"(?<=[0-9])[\u00a0\u202f\u2009](?=[0-9])")


def layout_of(source: Source, options: ReadOptions) -> Layout:
    """Return the layout of the text in `source`, in the dialect that `options` names or the text shows."""
    text = _clean(source)
    shape = _stated_shape(source)
    if "#" in text:
        text = _COMMENT.sub(lambda match: " " * len(match[0]), text)
    dialect = options.named_format or _dialect(text)
    if dialect in ("json", "numpy", "pytorch", "matlab"):
        return _brackets(source, text, dialect)
    marks = Marks(header=options.header, decimal=options.decimal)
    if dialect == "csv":
        marks = marks.replace(separator=";" if ";" in text else "\t" if "\t" in text and "," not in text else ",")
    elif dialect == "tsv":
        marks = marks.replace(separator="\t")
    elif dialect == "markdown":
        marks = marks.replace(separator="|")
    return layout_of_lines(source, text, marks, shape)


def _dialect(text: str) -> str:
    if "[" in text or "((" in text or "{{" in text:
        return "numpy"
    return "markdown" if "|" in text else "plain"


def _brackets(source: Source, text: str, dialect: str) -> Layout:
    if dialect == "matlab" or text.count("[") == 1:
        layout = layout_between_brackets(source, text)
        if layout is not None:
            return layout
    return bracketed_layout(source, text)


def _clean(source: Source) -> str:
    """Return the text, as long as before, with ASCII minus signs and blanks for those of typesetters."""
    text = source.text
    if text.isascii():
        return _SPACES.sub(" ", text)
    thousands = _THOUSANDS.search(text)
    if thousands is not None:
        raise source.fault(
            thousands.span(),
            "a narrow or unbreakable blank between two digits: one number or two?",
            "take it out, or put an ordinary blank there",
        )
    return _SPACES.sub(" ", text.translate(_MINUSES))


def _stated_shape(source: Source) -> tuple[int, ...] | None:
    match = _SHAPE.match(source.text)
    if match is None:
        return None
    shape = tuple(int(size) for size in match[1].split("x"))
    if 0 in shape:
        raise DataError(f"a shape with nothing in it: {match[1]}", place=source.place)
    return shape
