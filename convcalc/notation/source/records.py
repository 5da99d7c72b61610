"""Objects that only hold values: data classes, name spaces, the options of a command line at their defaults."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.values import Class, Function, Instance, Name, Partial

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_NAMESPACES = ("SimpleNamespace", "Namespace")
_NESTED = ("EasyDict", "edict", "AttrDict", "DotDict", "DotMap", "Munch", "Box", "ConfigDict", "OmegaConf.create")
_PARSERS = ("ArgumentParser",)
DEFAULTS = "the options of the command line are taken at their defaults"


class Field:
    """A field of a data class with more than a default: what makes its value, and whether an argument may give it."""

    __slots__ = ("default", "factory", "is_argument")

    def __init__(self, default: Any, factory: Any, *, is_argument: bool) -> None:
        self.default = default
        self.factory = factory
        self.is_argument = is_argument


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a record or a parser of options, or another of a record; NotImplemented for another name."""
    word = name.last
    if word in _NAMESPACES or word in _NESTED or name.dotted in _NESTED:
        given = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], dict) else {}
        values = {str(key): value for key, value in given.items()} | keywords
        return _record(word, values if word in _NAMESPACES else {key: _nested(each) for key, each in values.items()})
    if word in _PARSERS:
        return _record(word, {})
    if word == "namedtuple" and len(arguments) > 1:
        names = arguments[1].replace(",", " ").split() if isinstance(arguments[1], str) else list(arguments[1])
        written: list[ast.stmt] = [ast.AnnAssign(ast.Name(each), ast.Name("Any"), None, 1) for each in names]
        behind = zip(names[::-1], list(keywords.get("defaults") or ())[::-1], strict=False)
        return Class(ast.ClassDef(str(arguments[0]), [], [], written, []), [Name("NamedTuple")], dict(behind))
    if word == "defaultdict" and len(arguments) == 1:
        kind = getattr(arguments[0], "dotted", "")
        return defaultdict({"list": list, "dict": dict, "int": int, "float": float, "str": str}.get(kind))
    if word == "partial" and arguments:
        return Partial(arguments[0], arguments[1:], keywords)
    if name.dotted in ("field", "dataclasses.field"):
        is_argument = keywords.get("init", True) is not False
        return Field(keywords.get("default", ...), keywords.get("default_factory"), is_argument=is_argument)
    if arguments and isinstance(arguments[0], Instance):
        record = arguments[0]
        if name.dotted in ("replace", "dataclasses.replace"):
            changed = Instance(record.kind)
            kept = {each: record.attributes[each] for each in _arguments(record.kind) if each in record.attributes}
            fill(follower, node, changed, [], kept | keywords)
            return changed
        if name.dotted in ("asdict", "dataclasses.asdict", "vars"):
            return _as_dictionary(record) if word == "asdict" else record.attributes
    return NotImplemented


def _record(name: str, values: dict[str, Any]) -> Instance:
    record = Instance(Class(ast.ClassDef(name, [], [], [], []), [], {}))
    record.attributes = values
    return record


def is_record(value: Instance) -> bool:
    """Return whether an object holds values by their names alone, as a name space does."""
    return value.kind.name in (*_NAMESPACES, *_NESTED, "create")


def _nested(value: Any) -> Any:
    """Return a value with records for the dictionaries in it."""
    if isinstance(value, dict):
        return _record("AttrDict", {str(key): _nested(each) for key, each in value.items()})
    return [_nested(each) for each in value] if isinstance(value, list) else value


def _as_dictionary(value: Any) -> Any:
    """Return a value with dictionaries for the records in it."""
    if isinstance(value, Instance):
        return {key: _as_dictionary(each) for key, each in value.attributes.items()}
    return [_as_dictionary(each) for each in value] if isinstance(value, list) else value


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
    found: list[str] = []
    for each in reversed(kind.order):
        for statement in each.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if "ClassVar" not in ast.unparse(statement.annotation):
                found.append(statement.target.id)
    return list(dict.fromkeys(found))


def _arguments(kind: Class) -> list[str]:
    """Return the fields of a data class that an argument may give."""
    found = ((name, kind.find(name)) for name in fields(kind))
    return [name for name, each in found if not isinstance(each, Field) or each.is_argument]


def fill(
    follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any], keywords: dict[str, Any]
) -> None:
    """Set the fields of a data class."""
    kind = instance.kind
    if (arguments or keywords) and not kind.bases and not kind.node.decorator_list:
        raise follower.fault(node, f"{kind.name} takes no arguments")
    defaults = {name: kind.find(name) for name in fields(kind) if kind.has(name)}
    made = {name: each for name, each in defaults.items() if isinstance(each, Field)}
    names = _arguments(kind)
    if len(arguments) > len(names):
        raise follower.fault(node, f"{kind.name} takes {len(names)} arguments, got {len(arguments)}")
    given = dict(zip(names, arguments, strict=False)) | keywords
    for name in given:
        if name not in names:
            raise follower.fault(node, f"{kind.name} has no parameter {name!r}")
    for name, each in made.items():
        if name not in given and each.factory is not None:
            given[name] = follower.call(node, each.factory, [], {})
        elif name not in given and each.default is not ...:
            given[name] = each.default
    for name in names:
        if name not in given and (name in made or name not in defaults):
            raise follower.fault(node, f"{kind.name} needs {name}, which has no default")
    instance.attributes |= given
    after = kind.find("__post_init__")
    if isinstance(after, Function):
        follower.apply(node, after.of(instance), [], {})


def is_tuple(kind: Class) -> bool:
    """Return whether a class is a tuple whose items have names."""
    return any(isinstance(base, Name) and base.last == "NamedTuple" for base in kind.bases)


def values_of(instance: Instance) -> list[Any]:
    """Return the items of a tuple whose items have names."""
    return [instance.attributes.get(name, instance.kind.find(name)) for name in fields(instance.kind)]


def is_enumeration(kind: Class) -> bool:
    """Return whether a class names values."""
    return any(isinstance(base, Name) and base.last in ("Enum", "IntEnum", "StrEnum") for base in kind.bases)


def name_members(kind: Class) -> None:
    """Make objects of the values of a class that names them."""
    for name, value in kind.attributes.items() if is_enumeration(kind) else ():
        if not isinstance(value, Function):
            member = kind.attributes[name] = Instance(kind)
            member.attributes = {"name": name, "value": value}


def member(follower: Follower, node: ast.AST, kind: Class, arguments: list[Any]) -> Any:
    """Return the object of a class that names values by its value."""
    for each in kind.attributes.values():
        if isinstance(each, Instance) and [each.attributes["value"]] == arguments:
            return each
    raise follower.fault(node, f"{kind.name} has no such value")


def truth(follower: Follower, node: ast.AST, instance: Instance) -> bool:
    """Return whether an object counts as true, by its own method if it has one."""
    method = next(filter(None, map(instance.kind.find, ("__bool__", "__len__"))), None)
    return not isinstance(method, Function) or bool(follower.call(node, method.of(instance), [], {}))


def comparable(follower: Follower, node: ast.AST, value: Any) -> Any:
    """Return what an object is compared as: the value of a member that is one, too, or the fields of a record."""
    if not isinstance(value, Instance):
        return value
    if value.kind.has("__eq__"):
        raise follower.fault(node, f"{value.kind.name} is compared by a method of its own, which is not followed")
    if is_enumeration(value.kind):
        bases = {base.last for base in value.kind.bases if isinstance(base, Name)}
        return value if bases.isdisjoint(("IntEnum", "StrEnum", "int", "str")) else value.attributes["value"]
    if is_tuple(value.kind):
        return tuple(values_of(value))
    if _is_data(value.kind):
        if any(isinstance(each, ast.keyword) and each.arg in ("eq", "compare") for each in ast.walk(value.kind.node)):
            raise follower.fault(node, f"{value.kind.name} says how it is compared, which is not followed")
        return (value.kind, *(comparable(follower, node, each) for each in values_of(value)))
    return value


def _is_data(kind: Class) -> bool:
    """Return whether a class is a data class."""
    words = (each.func if isinstance(each, ast.Call) else each for each in kind.node.decorator_list)
    return any(getattr(each, "id", getattr(each, "attr", "")) == "dataclass" for each in words)
