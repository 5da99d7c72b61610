"""Values written into a text as an f-string writes them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.limits import LONGEST, is_heavy

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

FORMAT = re.compile(r"[<>^]?0?\d{0,3},?(\.\d{1,2})?[dfgs]?")
_PLAIN = (bool, list, tuple, dict, range)


def formatted(follower: Follower, node: ast.FormattedValue, value: Any, form: str = "") -> str:
    """Return a value as an f-string writes it."""
    if is_heavy(value):
        raise follower.fault(node, "this text is too long to be followed")
    if node.conversion == ord("r") and isinstance(value, str):
        value = repr(value)
    if not isinstance(value, int | float | str | None):
        return shortened(follower, node, str(value)) if isinstance(value, _PLAIN) else type(value).__name__
    if not FORMAT.fullmatch(form):
        raise follower.fault(node, "this format is not followed")
    try:
        return format(value, form)
    except (TypeError, ValueError) as error:
        raise follower.fault(node, f"this has no value: {error}"[:120]) from None


def shortened(follower: Follower, node: ast.AST, text: str) -> str:
    """Return a text that is not too long to be followed."""
    if len(text) > LONGEST:
        raise follower.fault(node, "this text is too long to be followed")
    return text
