"""`match` statements of a program: which of its cases is taken."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.builtin import is_a
from convcalc.notation.source.expressions import evaluate
from convcalc.notation.source.values import Instance, Scope

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def taken(follower: Follower, node: ast.Match, scope: Scope) -> list[ast.stmt]:
    """Return the statements of the first case that fits, and set the names in it; none where no case does."""
    value = evaluate(follower, node.subject, scope)
    for case in node.cases:
        names: dict[str, Any] = {}
        if _fits(follower, case.pattern, value, names, scope):
            scope.names |= names
            if case.guard is None or follower.truth(case.guard, evaluate(follower, case.guard, scope)):
                return case.body
    return []


def _fits(follower: Follower, pattern: ast.pattern, value: Any, names: dict[str, Any], scope: Scope) -> bool:
    """Return whether a value is of a pattern, and add the names that the pattern gives to its parts."""
    follower.step(pattern)
    match pattern:
        case ast.MatchSingleton():
            return value is pattern.value
        case ast.MatchValue():
            return bool(follower.comparable(pattern, value) == evaluate(follower, pattern.value, scope))
        case ast.MatchAs():
            if pattern.pattern is not None and not _fits(follower, pattern.pattern, value, names, scope):
                return False
            if pattern.name is not None:
                names[pattern.name] = value
            return True
        case ast.MatchOr():
            return any(_fits(follower, each, value, names, scope) for each in pattern.patterns)
        case ast.MatchSequence():
            return isinstance(value, list | tuple) and _sequence_fits(follower, pattern, list(value), names, scope)
        case ast.MatchMapping():
            keys = [evaluate(follower, key, scope) for key in pattern.keys]
            if not isinstance(value, dict) or any(key not in value for key in keys):
                return False
            if pattern.rest is not None:
                names[pattern.rest] = {key: each for key, each in value.items() if key not in keys}
            pairs = zip(keys, pattern.patterns, strict=True)
            return all(_fits(follower, each, value[key], names, scope) for key, each in pairs)
        case ast.MatchClass():
            return _is_of_class(follower, pattern, value, names, scope)
        case _:
            raise follower.fault(pattern, "this pattern is not followed")


def _sequence_fits(
    follower: Follower, pattern: ast.MatchSequence, values: list[Any], names: dict[str, Any], scope: Scope
) -> bool:
    stars = [index for index, each in enumerate(pattern.patterns) if isinstance(each, ast.MatchStar)]
    if not stars:
        return len(values) == len(pattern.patterns) and all(
            _fits(follower, each, value, names, scope) for each, value in zip(pattern.patterns, values, strict=True)
        )
    star, behind = stars[0], len(pattern.patterns) - stars[0] - 1
    if len(values) < star + behind:
        return False
    starred = pattern.patterns[star]
    if isinstance(starred, ast.MatchStar) and starred.name is not None:
        names[starred.name] = values[star : len(values) - behind]
    rest = [*values[:star], *values[len(values) - behind :]]
    patterns = [*pattern.patterns[:star], *pattern.patterns[star + 1 :]]
    return all(_fits(follower, each, value, names, scope) for each, value in zip(patterns, rest, strict=True))


def _is_of_class(
    follower: Follower, pattern: ast.MatchClass, value: Any, names: dict[str, Any], scope: Scope
) -> bool:
    """Return whether a value is of a class, its attributes as the pattern has them."""
    kind = evaluate(follower, pattern.cls, scope)
    if not is_a(value, kind):
        return False
    if len(pattern.patterns) == 1 and isinstance(value, int | float | str | list | tuple | dict):
        return _fits(follower, pattern.patterns[0], value, names, scope)
    if pattern.patterns or (pattern.kwd_attrs and not isinstance(value, Instance)):
        raise follower.fault(pattern, "this pattern is not followed")
    pairs = zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
    return all(
        word in value.attributes and _fits(follower, each, value.attributes[word], names, scope)
        for word, each in pairs
    )
