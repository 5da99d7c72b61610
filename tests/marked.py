"""The place that an error names, as the reader of its message sees it."""

from __future__ import annotations

from convcalc.errors import ConvcalcError


def marked(error: ConvcalcError) -> str:
    """Return the part of an error's text that is marked by a caret."""
    assert error.text is not None
    assert error.span is not None
    return error.text[slice(*error.span)]
