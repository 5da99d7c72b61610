"""Texts made short enough for a column, cut between words only."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

ELISION = "…"
BOUNDARY = re.compile(r",\s*|\s+|(?<=\w)(?=[(:])")
PART = re.compile(r"(?<=[./_])(?=[^./_])")


def shortened(text: str, width: int) -> str:
    """Return a text of at most `width` cells of a terminal, whole words of it from its beginning.

    >>> shortened("Conv2d 64->128, 3x3, p1", 20), shortened("Conv2d 64->128, 3x3", 14), shortened("conv:64,k3,p1", 9)
    ('Conv2d 64->128, 3x3…', 'Conv2d…', 'conv:64…')
    """
    if cell_len(text) <= width:
        return text
    fitting = [found.start() for found in BOUNDARY.finditer(text) if cell_len(text[: found.start()]) < width]
    return text[: fitting[-1]] + ELISION if fitting else set_cell_size(text, max(0, width - 1)) + ELISION


def shortened_name(name: str, width: int) -> str:
    """Return the name of a layer in at most `width` cells, whole parts of it up to its end.

    >>> shortened_name("encoder.layer_0.self_attention", 20), shortened_name("layer1.0.conv1", 9)
    ('…0.self_attention', '…0.conv1')
    """
    if cell_len(name) <= width:
        return name
    ends = (name[found.start() :] for found in PART.finditer(name))
    end = next((end for end in ends if cell_len(end) < width), None)
    # Of a part that is too long by itself, its end tells more than its beginning.
    return ELISION + (name[len(name) - width + 1 :] if end is None else end)
