"""Whether an argument is the name of a file or the matrix itself."""

from __future__ import annotations

import os
import re

_FILE_NAME = re.compile(r"[^\n;\[\]]*\.(?!T\Z)[A-Za-z][A-Za-z0-9]{0,7}(?::[\w./-]+)?")
_NAME = re.compile(r"(?=.*[A-Za-z]{2})(?!.*(?:inf|nan))[\w./\\~+-]+", re.IGNORECASE)
_NUMBERS = re.compile(r"[\s\[({]*[-+\u2212]?(?:\.?[0-9]|(?:inf|nan)\b)", re.IGNORECASE)
_ONLY_NUMBERS = re.compile(r"(?=[^0-9]*[0-9])[-+0-9.e/,;\[\]\s]+", re.IGNORECASE)
_MARKED = re.compile(r"\s*(?:\||#\s*shape:|P[123]\s|\\begin|\{\s*\"|\$|(?:\w+\.)?(?:tensor|array|matrix)\s*\()")
_ENDING = re.compile(r"\.(?!T\Z)[A-Za-z][A-Za-z0-9]{0,7}\Z")
_PASTED = re.compile(
    r"[\[{]\s*[-+.(\[{]*\s*[-+.]?[0-9]|\S[^\n]*\n\s*\S|\s*\\[a-z]*frac|[\uff10-\uff19\u23a1\u239b\u250c]|=\s*[-+.]?[0-9]"
    r"|:\s*[-+.]?[0-9]+[ ,;]\s*[-+.]?[0-9]|tensor\(|\bc\(\s*[-+.]?[0-9]|<<\s*[-+.]?[0-9]|\bMatx[1-6]"
    r"|\b(?:ones|zeros|eye|identity|full|fill|a?range|linspace|seq|rep|rand[a-z]*|magic|fspecial|diag)\(|\bmatrix\("
)

_FIRST = 4096
"""Characters among which a matrix shows what it is; runs of brackets take a search of all of them long."""


def is_inline(argument: str) -> bool:
    """Return whether `argument`, which is not the name of a file that exists, is meant as a matrix.

    >>> is_inline("1 0; 2 1"), is_inline("1/2"), is_inline("image.png"), is_inline("kernels/box3")
    (True, True, False, False)
    >>> is_inline("tf.constant([[1., 2.]])"), is_inline("K = [1 2]"), is_inline("scans[1].npy")
    (True, True, False)
    """
    if _ONLY_NUMBERS.fullmatch(argument):
        return True
    if _FILE_NAME.fullmatch(argument) or _NAME.fullmatch(argument):
        return False
    if _NUMBERS.match(argument) or _MARKED.match(argument):
        return True
    return not _ENDING.search(argument) and bool(_PASTED.search(argument, 0, _FIRST))


def may_be_numbers(name: str) -> bool:
    """Return whether the name of a file could be a matrix as well, such as `5`."""
    return bool(_ONLY_NUMBERS.fullmatch(name)) and os.sep not in name
