"""Whether an argument is the name of a file or the matrix itself."""

from __future__ import annotations

import os
import re

_FILE_NAME = re.compile(r"[^\n;\[\]]*\.[A-Za-z][A-Za-z0-9]{0,7}(?::[\w./-]+)?")
_NAME = re.compile(r"(?=.*[A-Za-z]{2})(?!.*(?:inf|nan))[\w./\\~+-]+", re.IGNORECASE)
_NUMBERS = re.compile(r"[\s\[({]*[-+\u2212]?(?:\.?[0-9]|(?:inf|nan)\b)", re.IGNORECASE)
_ONLY_NUMBERS = re.compile(r"[-+0-9.e/,;\[\]\s]*[0-9][-+0-9.e/,;\[\]\s]*", re.IGNORECASE)
_MARKED = re.compile(r"\s*(?:\||#\s*shape:|P[123]\s|\\begin|\{\s*\"|\$|(?:\w+\.)?(?:tensor|array|matrix)\s*\()")


def is_inline(argument: str) -> bool:
    """Return whether `argument`, which is not the name of a file that exists, is meant as a matrix.

    >>> is_inline("1 0; 2 1"), is_inline("1/2"), is_inline("image.png"), is_inline("kernels/box3")
    (True, True, False, False)
    """
    if _ONLY_NUMBERS.fullmatch(argument):
        return True
    if _FILE_NAME.fullmatch(argument) or _NAME.fullmatch(argument):
        return False
    return bool(_NUMBERS.match(argument) or _MARKED.match(argument))


def may_be_numbers(name: str) -> bool:
    """Return whether the name of a file could be a matrix as well, such as `5`."""
    return bool(_ONLY_NUMBERS.fullmatch(name)) and os.sep not in name
