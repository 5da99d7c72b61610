"""Objects that only hold values: data classes, name spaces, the options of a command line at their defaults."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.values import Class, Instance, Name

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_NAMESPACES = ("SimpleNamespace", "EasyDict", "Namespace", "AttrDict")
_PARSERS = ("ArgumentParser",)
DEFAULTS = "the options of the command line are taken at their defaults"


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a name space or a parser of options; NotImplemented for another name."""
    if name.last in _NAMESPACES:
        record = _record(name.last)
        given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], dict) else {}
        record.attributes |= {**{str(key): value for key, value in given.items()}, **keywords}
        return record
    return _record(name.last) if name.last in _PARSERS else NotImplemented


def _record(name: str) -> Instance:
    return Instance(Class(ast.ClassDef(name, [], [], [], []), [], {}))


def parser_method(
    follower: Follower, node: ast.Call, owner: Instance, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method of a parser of options; NotImplemented for what is not one."""
    if owner.kind.name not in _PARSERS:
        return NotImplemented
    if name == "add_argument":
        written = [each for each in arguments if isinstance(each, str)]
        if not written:
            raise follower.fault(node, "the name of this option is not known")
        long = [each for each in written if each.startswith("--")] or written
        word = keywords.get("dest") or long[0].lstrip("-").replace("-", "_")
        absent = {"store_true": False, "store_false": True}.get(str(keywords.get("action")))
        owner.attributes[word] = keywords.get("default", absent)
        return None
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return owner
    if name == "set_defaults":
        owner.attributes |= keywords
        return None
    if name in ("parse_args", "parse_known_args"):
        if DEFAULTS not in follower.builder.assumptions:
            follower.builder.assumptions += (DEFAULTS,)
        return owner if name == "parse_args" else (owner, [])
    return NotImplemented


def fields(kind: Class) -> list[str]:
    """Return the fields of a data class, those of the classes under it first."""
    found = [name for base in kind.bases if isinstance(base, Class) for name in fields(base)]
    for statement in kind.node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found.append(statement.target.id)
    return list(dict.fromkeys(found))


def fill(
    follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any], keywords: dict[str, Any]
) -> None:
    """Give the fields of a data class their values."""
    kind = instance.kind
    names = fields(kind)
    if len(arguments) > len(names):
        raise follower.fault(node, f"{kind.name} takes {len(names)} arguments, got {len(arguments)}")
    given = dict(zip(names, arguments, strict=False)) | keywords
    for name in given:
        if name not in names:
            raise follower.fault(node, f"{kind.name} has no parameter {name!r}")
    for name in names:
        if name not in given and not kind.has(name):
            raise follower.fault(node, f"{kind.name} needs {name}, which has no default")
    instance.attributes |= given
