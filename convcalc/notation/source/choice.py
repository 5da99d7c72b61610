"""Which model of a program is meant, and what follows where that is not said."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from convcalc.errors import ConvcalcError, SpecError
from convcalc.notation.source.emission import inside
from convcalc.notation.source.follower import Follower
from convcalc.notation.source.given import Given, is_module, runs
from convcalc.notation.source.tying import numbers_of
from convcalc.notation.source.values import (
    Class,
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Tensor,
    Unknown,
)

MOST_NAMES = 5
_OF_A_MODEL = re.compile("model|net|backbone|encoder|decoder|extractor|feature|trunk|head|body|stem", re.IGNORECASE)
"""What a name has in it that a part of a model is given as a model of its own: a `target_layer` is only looked at."""


def chosen_model(follower: Follower, given: Given, class_name: str | None = None) -> Any:
    """Return the model that is meant: the one called `class_name`, or where none is named the one made last.

    Where none is made, it is one of the class that no other uses, or loose layers in a row. Raises SpecError where
    the program has no such class, and where it makes no model.
    """
    if class_name is not None:
        return _named(follower, class_name)
    values = list(follower.top.names.values())
    held = {id(each) for instance in follower.instances for each in inside(instance)}
    free_models = [model for model in follower.models if not model.used and id(model) not in held]
    if free_models:
        return _last(follower, free_models)
    classes = [value for value in values if isinstance(value, Class) and runs(value)]
    used = {
        node.id
        for value in classes
        for node in ast.walk(value.node)
        if isinstance(node, ast.Name) and node.id != value.name
    }
    free = [value for value in classes if value.name not in used]
    made = _made_last(follower, given, used)
    if made and not all(isinstance(value, Layer) for value in made):
        return _last(follower, made)
    if classes:
        if weighted := [layer for layer in made if _learns(follower, layer)]:
            return _last(follower, [*free, *weighted])
        made = [value for value in values if isinstance(value, Container) and _holds_instance(value)]
        made = made or [value for value in values if isinstance(value, Instance) and runs(value.kind)]
        if made:
            return _last(follower, _outermost(made, set()))
        return _made(follower, _last(follower, free or classes), [value.name for value in free])
    if follower.models:
        return follower.models[-1]
    loose = given.loose or made
    if loose:
        return loose[0] if len(loose) == 1 else _in_a_row(loose)
    for value in reversed(values):
        if isinstance(value, Unknown) and value.error is not None:
            break
        if isinstance(value, Tensor) and value.index >= 0:
            return KerasModel([], [value])
    raise _without_model(follower, values)


def _made_last(follower: Follower, given: Given, used: set[str]) -> list[Any]:
    """Return the models that have names, the last one last; where none has, those that stand without one.

    A module that another one holds is none of them, unless it was taken out of that one under a name as models have;
    neither is a layer without weights, nor an object of a class that another class uses (`used`), where there are
    others.
    """
    named = {name: follower.top.names[name] for name in given.names if name in follower.top.names}
    modules = {id(value): value for name, value in reversed(named.items()) if is_module(value)}
    values = list(modules.values())[::-1]
    parts = {id(named[name]) for name in given.taken if name in named and _OF_A_MODEL.search(name)}
    outermost = _outermost(values, parts)
    places = {name: place for place, name in enumerate(named)}
    last = max((places[name] for name, value in named.items() if is_module(value)), default=-1)
    for name, error in given.missing.items():
        if places.get(name, -1) > last:
            raise error
    if not outermost:
        return _outermost([value for value in given.loose if isinstance(value, Instance | Container)], set())
    if all(isinstance(value, Layer) for value in outermost):
        return outermost
    whole = [
        value
        for value in outermost
        if not (isinstance(value, Instance) and value.kind.name in used)
        and (not isinstance(value, Layer) or id(value) in parts or _learns(follower, value))
    ]
    return whole or outermost


def _learns(follower: Follower, layer: Layer) -> bool:
    """Return whether a layer has numbers of its own, or may have."""
    try:
        numbers = numbers_of(follower, layer)
    except (ConvcalcError, ValueError):
        return True
    return bool(numbers.weights or numbers.biases or numbers.buffers)


def _without_model(follower: Follower, values: list[Any]) -> ConvcalcError:
    """Return the error for a program without a model, at what stands for one, to be raised by the caller."""
    for value in reversed(values):
        if isinstance(value, Unknown) and value.error is not None:
            return value.error
    for value in reversed(values):
        if isinstance(value, Class) and value.bases:
            at = follower.span(value.node)[0]
            method = "call" if follower.notation == "keras" else "forward"
            message = f"{value.name} has no {method}, which says how its layers run"
            return follower.source.fault(message, at, at + len(f"class {value.name}"))
    message = "this program makes no model that is known"
    return follower.source.fault(message, 0, 0, "paste the class of the model, too")


def _named(follower: Follower, class_name: str) -> Any:
    """Return the model of a name, the object of a class that was made last, or one that is made now."""
    values = follower.top.names.values()
    kind = follower.top.names.get(class_name)
    if is_module(kind) or isinstance(kind, KerasModel):
        return kind
    if not isinstance(kind, Class) or not runs(kind):
        classes = [value.name for value in values if isinstance(value, Class) and runs(value)]
        hint = f"the classes of models are {_shown(classes)}" if classes else "it has no class of a model"
        message = f"`class_name`: the program has no model of a class {class_name[:60]!r}"
        if models := [name for name, value in follower.top.names.items() if is_module(value)]:
            hint += f"; its models are {_shown(models)}"
        raise SpecError(message, place=follower.source.place or None, hint=hint)
    made = [value for value in values if isinstance(value, Instance) and value.kind is kind]
    return made[-1] if made else _made(follower, kind)


def _last(follower: Follower, models: list[Any]) -> Any:
    """Return the model that is made last, which is an assumption where there are several."""
    if len(models) > 1:
        found = {id(value): name for name, value in follower.top.names.items()}
        names = [found[id(model)] for model in models if id(model) in found]
        shown = f" ({_shown(names)})" if names else ""
        note = f"the program has several models{shown}: the last one is meant"
        follower.builder.assumptions += (note,)
    return models[-1]


def _shown(names: list[str]) -> str:
    """Return the first few of several names."""
    return ", ".join(names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], "..."])


def _in_a_row(modules: list[Any]) -> Container:
    return Container("Sequential", {str(index): module for index, module in enumerate(modules)})


def _outermost(values: list[Any], parts: set[int]) -> list[Any]:
    """Return the modules that no other of them holds; one of the `parts` is none only of what stands behind it."""
    before: set[int] = set()
    behind: set[int] = set()

    def walk(value: Any, held: set[int]) -> None:
        for each in inside(value):
            if id(each) not in held:
                held.add(id(each))
                walk(each, held)

    for value in values:
        walk(value, before)
    found = []
    for value in reversed(values):
        if id(value) not in (behind if id(value) in parts else before):
            found.append(value)
        walk(value, behind)
    return found[::-1]


def _holds_instance(value: Any) -> bool:
    """Return whether a container holds an object of a class of the program."""
    return any(isinstance(each, Instance) or _holds_instance(each) for each in inside(value))


def _made(follower: Follower, kind: Class, others: Sequence[str] = ()) -> Any:
    """Return an object of a class, made without arguments or by the one function of the program that makes one.

    `others` are the names of the classes of whole models.
    """
    start = kind.find("__init__")
    spec = start.node.args if isinstance(start, Function) else None
    if spec is None or len(spec.args) - 1 <= len(spec.defaults):
        return follower.made(kind.node, kind, [], {})
    makers = [
        value for value in follower.top.names.values() if isinstance(value, Function) and _makes(value, kind.name)
    ]
    if len(makers) == 1:
        return follower.apply(makers[0].node, makers[0], [], {})
    made = [each for each in follower.instances if each.kind is kind]
    if made:
        return made[-1]
    for value in follower.top.names.values():
        if (
            isinstance(value, Unknown)
            and value.error
            and f"{kind.name}(" in follower.source.text[value.start : value.end]
        ):
            raise value.error
    names = ", ".join(f"{value.node.name}()" for value in makers if isinstance(value.node, ast.FunctionDef))
    needed = ", ".join(each.arg for each in spec.args[1 : len(spec.args) - len(spec.defaults)])
    first = names.partition(",")[0] or f"{kind.name}(...)"
    message = f"{kind.name} needs {needed}" + (f", which {names} give" if names else "")
    at = follower.span(kind.node)[0]
    hint = f"add a line: model = {first}"
    if other := [name for name in others if name != kind.name]:
        hint += f"; or take another model by its class: `class_name={other[-1]}`"
    raise follower.source.fault(message, at, at + len(f"class {kind.name}"), hint)


def _makes(value: Function, name: str) -> bool:
    """Return whether a function without parameters that have to be given returns an object of a class."""
    spec = value.node.args
    if len(spec.args) > len(spec.defaults) or not isinstance(value.node, ast.FunctionDef):
        return False
    return any(
        isinstance(each, ast.Return)
        and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(each))
        for each in ast.walk(value.node)
    )
