"""Texts made short enough for a column, cut between words only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

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


class ShortNames:
    """The names of layers, each with the short forms of it that are not short for another one, too.

    Whole parts of a name are left out: those before its end or, where others have that end, too, in its middle.

    >>> names = ["stage1.0.down.conv", "stage1.1.down.conv", "stem.conv"]
    >>> ShortNames(names).fitted(names, 16)
    ['…0.down.conv', '…1.down.conv', 'stem.conv']
    >>> ShortNames([*names, "stage2.1.down.conv"]).fitted(names, 16)
    ['…0.down.conv', 'stage1.1…conv', 'stem.conv']
    """

    def __init__(self, names: Iterable[str]) -> None:
        forms = {name: list(_forms(name)) for name in names}
        counts = Counter(form for each in forms.values() for form in each)
        self.forms = {name: [form for form in each if counts[form] == 1] for name, each in forms.items()}

    @property
    def least(self) -> int:
        """The width in which each name has a form of its own."""
        return max((min(map(cell_len, (name, *forms))) for name, forms in self.forms.items()), default=0)

    def fitted(self, names: Iterable[str], width: int) -> list[str]:
        """Return names in at most `width` cells each, in the longest form of their own that fits, if one does."""
        return [self._fitted(name, width) for name in names]

    def _fitted(self, name: str, width: int) -> str:
        forms = (form for form in (name, *self.forms[name], *_forms(name)) if cell_len(form) <= width)
        # Of a part that is too long by itself, its end tells more than its beginning.
        return next(forms, ELISION + name[len(name) - width + 1 :])


def _forms(name: str) -> Iterator[str]:
    """Yield the short forms of a name: its ends, the longest first, then beginnings with an end."""
    cuts = [found.start() for found in PART.finditer(name)]
    yield from (ELISION + name[cut:] for cut in cuts)
    for index, cut in enumerate(cuts):
        # The names of ONNX begin with a slash.
        if head := name[:cut].rstrip("./_"):
            yield from (f"{head}{ELISION}{name[end:]}" for end in cuts[index + 1 :])
