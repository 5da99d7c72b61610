"""Prints that hold no matrix that could be read, by name, each with what to paste instead."""

from __future__ import annotations

import re

from convcalc.errors import ConvcalcError
from convcalc.matrix.reading.pasted.paste import UNSIGNED, Paste

_COMPLEX = re.compile(
    rf"(?<![\w.])(?:[-+]?{UNSIGNED}[ ]?[-+][ ]?{UNSIGNED}\*?[ijI]|[-+]?{UNSIGNED}\*?[ij](?![\w]))"
    r"|\bcomplex(?:64|128)?\b"
)
_ESRI = re.compile(r"\s*ncols\s+[0-9]+\s*\n\s*nrows\s+[0-9]+(?:\s*\n[ \t]*[a-z_]+[ \t]+\S+)*", re.IGNORECASE)
_SPARSE_LINES = re.compile(r"\s*(?:\([0-9]+,[ ]*[0-9]+\)[ \t]+[-+0-9.]\S*[ \t]*(?:\n\s*|\Z))+")
_SPARSE_WORD = re.compile(r"\bsparse\w*|\bSparse\w*|\b[dln]g[CRT]Matrix\b")
_HTML = re.compile(r"\s*<(?:!DOCTYPE|html|table|div|style|math)\b", re.IGNORECASE)
_MADE = re.compile(
    r"(?<![\w.])(?:(?:np|numpy|torch|tf|jnp)\.)?(?:random\.)?(?P<call>ones|zeros|eye|identity|full|fill|arange"
    r"|linspace|range|seq|rep|rand\w*|normal|uniform|magic|fspecial|getGaussianKernel|getStructuringElement|diag|repmat|kron)\([^\n]*"
    r"|(?:(?<=[\[(;,=\s])|\A)[-+]?[0-9]+:[-+]?[0-9]+(?::[-+]?[0-9]+)?(?=[\s,;)\]]|\Z)"
)
_SPARSE_HINTS = (
    ("torch", "print it as A.to_dense()"),
    ("tensor", "print it as A.to_dense()"),
    ("SparseMatrixCSC", "print it as Matrix(A)"),
    ("gCMatrix", "print it as as.matrix(A)"),
    ("Compressed Column", "print it as full(A)"),
)


def refuse(paste: Paste, error: ConvcalcError) -> None:
    """Refuse, instead of `error`, a print that is known and cannot be read."""
    text, source = paste.text, paste.source
    esri = _ESRI.match(text)
    if esri is not None:
        lines = esri[0].strip().count("\n") + 1
        raise source.fault(
            "this is an ESRI grid: a header (ncols, nrows ...) before the numbers",
            len(text) - len(text.lstrip()),
            esri.end(),
            f"leave the header out: tail -n +{lines + 1} FILE; cells of NODATA_value are numbers then",
        ) from error
    words = any(part in text for part in ("parse", "Matrix"))
    sparse = _SPARSE_LINES.fullmatch(text) or (_SPARSE_WORD.search(text) if words else None)
    if sparse is not None:
        hints = [hint for mark, hint in _SPARSE_HINTS if mark in text]
        at = sparse.start() + len(sparse[0]) - len(sparse[0].lstrip())
        hint = hints[0] if hints else "print it as A.toarray(), in MATLAB as full(A)"
        raise source.fault(
            "this is a print of a sparse matrix, without its zeros",
            at,
            at + len(sparse[0].split("\n")[0].strip()),
            hint,
        ) from error
    # A pattern that tries every number waits for a text that holds what it ends in.
    number = _COMPLEX.search(text) if any(mark in text for mark in ("i", "j", "I", "complex")) else None
    if number is not None:
        raise source.fault(
            f"{number[0].strip()[:40]}: complex numbers are not supported",
            *number.span(),
            "take one part of them: A.real or A.imag, abs(A)",
        ) from error
    html = _HTML.match(text)
    if html is not None:
        raise source.fault(
            "this is HTML", html.end() - 1, html.end(), "save the table as CSV: pandas.read_html(FILE)[0].to_csv(OUT)"
        ) from error


def refuse_calls(paste: Paste, error: ConvcalcError) -> None:
    """Refuse, instead of `error`, what would be numbers only once it has run: `ones(3)`, `1:6`."""
    found = re.search(r"[\[(]|=\s*[-+0-9]+:", paste.source.text) and ("(" in paste.text or ":" in paste.text)
    made = _MADE.search(paste.text) if found else None
    if made is not None:
        what = f"{made[0].strip()[:40]} is a call" if made["call"] else f"{made[0]} is a range"
        hint = "paste what the program prints for it; kernels have names, such as box:3"
        raise paste.source.fault(f"{what}, and none is run here", *made.span(), hint) from error
