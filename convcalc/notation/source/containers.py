"""Modules in lists and under names: their methods, and classes of the program that are such a container."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.values import Class, Container, Instance, KerasModel, Layer, Name, Parameter

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

KINDS = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")


def kind_of(kind: Class) -> str:
    """Return which container of a framework's a class of the program is, empty for none."""
    names = (base.last for each in kind.order for base in each.bases if isinstance(base, Name))
    return next((name for name in names if name in KINDS), "")


def modules_of(instance: Instance) -> dict[str, Any]:
    """Return the modules of an object by their names, in the order they were added."""
    kinds = Layer | Container | Instance | KerasModel
    return {name: each for name, each in instance.attributes.items() if isinstance(each, kinds)}


def as_container(instance: Instance) -> Container:
    """Return the modules of an object whose class is a container as one."""
    return Container(kind_of(instance.kind), modules_of(instance))


def note_base_not_made(follower: Follower, start: ast.AST, instance: Instance) -> None:
    """Note layers in a module whose `__init__` does not run that of its base: the frameworks refuse them."""
    if not instance.kind.bases or all(isinstance(base, Class) for base in instance.kind.bases):
        return
    runs_base = any(isinstance(each, ast.Attribute) and each.attr == "__init__" for each in ast.walk(start))
    if not runs_base and any(
        isinstance(value, Layer | Container | Instance) for value in instance.attributes.values()
    ):
        note = (
            f"{instance.kind.name} is meant to begin its __init__ with super().__init__(), or it cannot hold layers"
        )
        if note not in follower.builder.assumptions:
            follower.builder.assumptions += (note,)


def add_modules(follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any]) -> None:
    """Add modules to an object whose class is a container, as its parent does."""
    instance.attributes |= children(follower, node, kind_of(instance.kind), arguments)


def run_in_order(follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any]) -> Any:
    """Run the modules of an object whose class is a `Sequential`."""
    return follower.call(node, as_container(instance), arguments, {})


def children(follower: Follower, node: ast.AST, word: str, arguments: list[Any]) -> dict[str, Any]:
    """Return the modules of a container by their names."""
    if len(arguments) == 1 and isinstance(arguments[0], dict):
        return {str(name): child for name, child in arguments[0].items()}
    if len(arguments) == 1 and isinstance(arguments[0], Container) and word.endswith("Dict"):
        return dict(arguments[0].children)
    if len(arguments) == 1 and isinstance(arguments[0], list | tuple | Container) and word != "Sequential":
        arguments = follower.items(node, arguments[0])
    found: dict[str, Any] = {}
    for index, child in enumerate(arguments):
        if isinstance(child, tuple | list) and len(child) == 2 and isinstance(child[0], str):
            found[child[0]] = child[1]
        elif isinstance(child, Layer | Container | Instance | KerasModel | Parameter):
            found[str(index)] = child
        else:
            raise follower.fault(node, f"what stands at place {index + 1} of {word} is not a module")
    return found


def method_of_instance(follower: Follower, node: ast.Call, owner: Instance, name: str, arguments: list[Any]) -> Any:
    """Call a method of an object whose class is a container."""
    container = as_container(owner)
    before = list(container.children)
    value = method(follower, node, container, name, arguments)
    for each in before:
        del owner.attributes[each]
    owner.attributes |= container.children
    return owner if value is container else value


def method(follower: Follower, node: ast.Call, owner: Container, name: str, arguments: list[Any]) -> Any:
    """Call a method of a container."""
    held = owner.children
    match name, arguments:
        case "append", [child]:
            owner.append(child)
            return owner
        case "extend", [many]:
            for each in follower.items(node, many):
                owner.append(each)
            return owner
        case "insert", [int() as place, child]:
            renumber(owner, [*list(held.values())[:place], child, *list(held.values())[place:]])
            return None
        case "pop", [int() | str() as key]:
            return taken(follower, node, owner, key)
        case "clear", []:
            held.clear()
            return None
        case "update", [many]:
            held |= children(follower, node, owner.kind, [many])
            return None
        case "add_module" | "register_module", [word, child]:
            held[str(word)] = child
            return None
        case "get", [key, *default]:
            return held.get(key, *default)
        case (("children" | "values"), []):
            return list(held.values())
        case (("items" | "named_children"), []):
            return list(held.items())
        case "keys", []:
            return list(held)
    raise follower.fault(node, f"{name} of {owner.kind} is not followed")


def joined(follower: Follower, node: ast.AST, left: Container, right: Any) -> Container:
    """Return a container of the modules of two, or of one and a list."""
    added = list(right.children.values()) if isinstance(right, Container) else follower.items(node, right)
    both = [*left.children.values(), *added]
    # A list of one module is not that module, whose own modules a `ModuleList` would take.
    return Container(left.kind, children(follower, node, left.kind, both if left.kind == "Sequential" else [both]))


def key_of(follower: Follower, node: ast.AST, owner: Container, key: Any) -> str:
    """Return the name of the module at a place, or under a name; SpecError where there is none."""
    names = list(owner.children)
    if type(key) is int and not owner.kind.endswith("Dict") and -len(names) <= key < len(names):
        return names[key]
    if key not in names:
        raise follower.fault(node, f"a {owner.kind} of {len(names)} has no item {key!r}"[:100])
    return str(key)


def taken(follower: Follower, node: ast.AST, owner: Container, key: Any) -> Any:
    """Take a module, or a slice of them, away, and return it; in a list those behind it move up."""
    if isinstance(key, slice):
        gone: Any = list(owner.children)[key]
        found = [owner.children.pop(name) for name in gone]
    else:
        found = owner.children.pop(key_of(follower, node, owner, key))
    if all(name.isdigit() for name in owner.children):
        renumber(owner, list(owner.children.values()))
    return found


def renumber(owner: Container, modules: list[Any]) -> None:
    """Put modules into a container in their order, each under its number."""
    owner.children.clear()
    owner.children |= {str(index): each for index, each in enumerate(modules)}
