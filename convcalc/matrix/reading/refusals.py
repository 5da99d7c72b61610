"""Why a piece of text is no number, and what to write instead."""

from __future__ import annotations

import re

_REASONS: tuple[tuple[str, str, str | None], ...] = (
    (
        r"\.\.\.,?|….*|\.\.\..*|\\[cdv]?dots.*",
        "numbers are left out here: {token}",
        "print the whole matrix, in NumPy with np.set_printoptions(threshold=sys.maxsize), "
        'in PyTorch with torch.set_printoptions(profile="full")',
    ),
    (r"[+-]?[0-9]+(_[0-9]+)+", "{token} is no number as people write it", "leave out the _"),
    (r"[+-]?[0-9]*,[0-9]+(e[+-]?[0-9]+)?", "{token} has a comma", "use `decimal=,` for decimal commas"),
    (r"[+-]?[0-9.]+,[0-9,.]*", "{token} mixes decimal marks", "write numbers without marks between thousands"),
    (r"[+-]?[0-9.]*[0-9.][ij]|.*[0-9][ij]$", "{token} is a complex number", "real numbers only"),
    (r"[+-]?0[xX][0-9a-fA-F]+", "{token} is a hexadecimal number", "write it in decimal"),
    (r"[+-]?[0-9.]+%", "{token} is a percentage", "write 0.5 for 50%"),
    (r"(?i)true|false", "{token} is a truth value, not a number", "write 1 for true and 0 for false"),
    (r"(?i)null|none|na|n/a|missing", "{token}: a number is missing here", "write nan, or the number"),
    (r"[+-]?[0-9.]*/.*|.*/[+-]?[0-9.]*", "{token} is no fraction of two whole numbers", "write 1/9"),
    (r"[0-9]+(x[0-9]+)+", "{token} is a size, not a matrix", "give the numbers, or a file with them"),
)


def refusal_of(token: str) -> tuple[str, str | None]:
    """Return the message and hint for `token`, which is no number.

    >>> refusal_of("1_0")
    ('1_0 is no number as people write it', 'leave out the _')
    """
    for pattern, message, hint in _REASONS:
        if re.fullmatch(pattern, token):
            return message.format(token=token), hint
    return f"{token!r} is not a number", None
