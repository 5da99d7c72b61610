"""A pasted text to a layout: its wrapping is taken away layer by layer, then its own reader is found.

Every part says what it recognizes, and declines all else; nothing that is not understood is skipped. Where nothing
is recognized, the error of the plain reader stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.errors import ConvcalcError, DataError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.comments import without_comments
from convcalc.matrix.reading.dialects import clean, layout_of_text
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.numbers import array_of
from convcalc.matrix.reading.pasted import (
    drawn,
    fillings,
    generated,
    names,
    r_prints,
    refused,
    rows,
    sessions,
    slices,
    spelling,
    tables,
    wrapping,
)
from convcalc.matrix.reading.pasted.paste import Paste
from convcalc.text import Source

if TYPE_CHECKING:
    from collections.abc import Callable

WRAPPING: tuple[Callable[[Paste], Paste | None], ...] = (
    spelling.keyboard_signs,
    sessions.fences,
    sessions.knitr_output,
    sessions.prompts,
    spelling.comments_of_languages,
    fillings.r_calls,
    fillings.reshape_calls,
    fillings.streams,
    wrapping.transposes,
    wrapping.closing_marks,
    wrapping.footers,
    wrapping.angle_brackets,
    names.declarations,
    names.labels,
    names.names,
    wrapping.calls,
    wrapping.inner_calls,
    wrapping.reshaped,
    wrapping.methods,
    spelling.factors,
    spelling.continuations,
    spelling.numbers,
)
"""What stands around numbers or spells them in another way; each is tried until none finds anything more."""

DIALECTS: tuple[Callable[[Paste, ReadOptions], Layout | None], ...] = (
    tables.wiki_layout,
    r_prints.r_layout,
    slices.slices_layout,
    rows.bracketed_rows_layout,
    rows.yaml_layout,
    rows.imagemagick_layout,
    tables.separator_line_layout,
    drawn.drawn_layout,
    tables.labelled_layout,
    generated.generated_layout,
)
"""Texts with a structure of their own, in the order in which they are tried."""

_MOST_LAYERS = 40


def pasted_layout(source: Source, options: ReadOptions, error: ConvcalcError) -> Layout:
    """Return the layout of the pasted text in `source`, which the plain reader refused with `error`.

    Errors: `error` where nothing in the text is recognized; else what is wrong with the part that is left.
    """
    written = clean(source)
    original = Paste(source, written)
    refused.refuse(original, error)
    paste = unwrapped(original)
    text = without_comments(paste.text) if "#" in paste.text else paste.text
    refused.refuse(paste, error)
    if paste != original:
        try:
            layout = layout_of_text(source, paste.text, options)
            array_of(layout, exact=options.exact)
        except DataError as inner:
            error = inner
        else:
            return paste.layout(layout)
    inside = paste.replace(text=text)
    for dialect in DIALECTS:
        read = dialect(inside, options)
        if read is not None:
            return paste.layout(read)
    refused.refuse_calls(original, error)
    raise error


def unwrapped(paste: Paste) -> Paste:
    """Return `paste` without all that stands around its numbers."""
    for _ in range(_MOST_LAYERS):
        for layer in WRAPPING:
            inner = layer(paste)
            if inner is not None and inner != paste:
                paste = inner
                break
        else:
            break
    return paste
