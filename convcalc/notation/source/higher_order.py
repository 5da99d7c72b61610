"""Functions that call functions of the program: `map`, `filter`, `reduce`, `eval`, `checkpoint`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.iterators import Once
from convcalc.notation.source.limits import LONGEST
from convcalc.notation.source.values import Container, Unknown

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def function(follower: Follower, node: ast.Call, word: str, arguments: list[Any]) -> Any:
    """Return what a function makes that calls another one."""
    match word, arguments:
        case "map", [called, *many]:
            rounds = zip(*(follower.items(node, each) for each in many), strict=False)
            return Once([follower.call(node, called, list(each), {}) for each in rounds])
        case "filter", [called, many]:
            items = follower.items(node, many)
            kept = items if called is None else [follower.call(node, called, [each], {}) for each in items]
            return Once([each for each, keep in zip(items, kept, strict=True) if follower.truth(node, keep)])
        case "reduce", [called, many, *first]:
            items = [*first, *follower.items(node, many)]
            if items:
                value = items[0]
                for each in items[1:]:
                    value = follower.call(node, called, [value, each], {})
                return value
        case "next", [Once() as many, *rest]:
            if not many and not rest:
                raise follower.fault(node, "this iterator is at its end")
            return many.pop(0) if many else rest[0]
        case "next", [many, *_]:
            items = follower.items(node, many)
            return items[0] if items else Unknown("this is not known", *follower.span(node))
        case "eval", [str() as text]:
            return _written(follower, node, text)
        case "checkpoint", [called, *given]:
            return follower.call(node, called, given, {})
        case "checkpoint_sequential", [called, _, value]:
            modules = {str(at): each for at, each in enumerate(follower.items(node, called))}
            return follower.call(node, Container("Sequential", modules), [value], {})
    raise follower.fault(node, f"this use of {word} is not followed")


def _written(follower: Follower, node: ast.Call, text: str) -> Any:
    """Return the value of an expression in a text, which is followed as any other of the program."""
    from convcalc.notation.source.expressions import evaluate

    try:
        tree = ast.parse(text[:LONGEST], mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise follower.fault(node, "this is not a valid expression") from None
    for each in ast.walk(tree):
        ast.copy_location(each, node)
    return evaluate(follower, tree.body, follower.top)
