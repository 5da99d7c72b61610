"""Calls of layers in a functional model of Keras's as it is saved: what each takes, and which lead to the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Reference = tuple[str, int, int]
"""The name of a layer, the number of one of its calls, and that of one of the tensors which this makes."""
Call = tuple[dict[str, Any], int, list[Reference]]
"""A layer, the number of one of its calls, and the tensors that this takes."""
MODELS = ("Sequential", "Functional", "Model")
_MASKS = ("mask", "query_mask", "value_mask", "key_mask")
"""Arguments that say which steps count; they change no size, and Keras 3 saves them where it hands them on."""


def name_of(layer: dict[str, Any]) -> Any:
    """Return the name of a layer."""
    return layer.get("name") or layer["config"]["name"]


def calls_to(found: Sequence[dict[str, Any]], outputs: Any) -> tuple[list[Call], list[Reference]]:
    """Return the calls that lead to outputs, in the order they are saved, and the outputs.

    Where a model is a layer, being made counts as its first call: for all that refers to it in Keras 2, for outputs
    alone in Keras 3, whose calls are dicts.
    """
    calls = {
        (str(name_of(layer)), number): (layer, number, list(taken(node)))
        for layer in found
        if layer["class_name"] != "InputLayer"
        for number, node in enumerate(layer["inbound_nodes"])
    }
    made = references(outputs)
    numbers: dict[str, int] = {}
    for name, number, _ in (*made, *(each for _, _, tensors in calls.values() for each in tensors)):
        numbers[name] = max(number, numbers.get(name, 0))
    is_model = {str(name_of(layer)): layer for layer in found if layer["class_name"] in MODELS}
    old = {name for name, layer in is_model.items() if _counts_itself(layer["inbound_nodes"], numbers.get(name, 0))}
    graphs = {name for name, layer in is_model.items() if layer["class_name"] != "Sequential"}
    made = [(name, max(0, number - (name in old or name in graphs)), index) for name, number, index in made]
    calls = {
        key: (layer, number, [(name, at - (name in old), index) for name, at, index in tensors])
        for key, (layer, number, tensors) in calls.items()
    }
    needed, waiting = set(), [(name, number) for name, number, _ in made]
    while waiting:
        key = waiting.pop()
        if key not in needed:
            needed.add(key)
            waiting += [(name, number) for name, number, _ in calls[key][2]] if key in calls else []
    return [call for key, call in calls.items() if key in needed], made


def _counts_itself(nodes: Sequence[Any], last: int) -> bool:
    """Return whether the calls of a model are numbered from 1, as Keras 2 has them."""
    return bool(nodes) and isinstance(nodes[0], list) and last >= len(nodes)


def references(found: Any) -> list[Reference]:
    """Return [layer, node, tensor] entries: of a list, of one alone, or of a dict in the order of its names."""
    if isinstance(found, dict):
        found = [each for _, value in sorted(found.items()) for each in references(value)]
    if found and isinstance(found[0], str):
        found = [found]
    return [(str(name), int(node), int(tensor)) for name, node, tensor in found]


def taken(node: Any) -> Iterator[Reference]:
    """Yield the tensors that a node takes, whatever its dialect, but for masks.

    >>> list(taken([["a", 0, 0, {}], ["b", 0, 0]]))
    [('a', 0, 0), ('b', 0, 0)]
    >>> list(taken(["a", 0, 0, {"y": ["b", 1, 0], "mask": ["c", 0, 0]}]))
    [('a', 0, 0), ('b', 1, 0)]
    >>> list(taken({"args": [[{"class_name": "__keras_tensor__", "config": {"keras_history": ["c", 0, 0]}}]]}))
    [('c', 0, 0)]
    """
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            name, number, tensor = node["config"]["keras_history"]
            yield str(name), int(number), int(tensor)
            return
        # Values stand before keys in a call without names.
        for key, value in sorted(node.items(), key=lambda each: (each[0] == "key", each[0] != "query")):
            if isinstance(value, list | dict) and key not in _MASKS:
                yield from taken(value)
    elif isinstance(node, list):
        if len(node) >= 3 and isinstance(node[0], str) and type(node[1]) is int and type(node[2]) is int:
            yield node[0], node[1], node[2]
            yield from taken(node[3:])
            return
        for value in node:
            if isinstance(value, list | dict):
                yield from taken(value)


def has_attention_mask(node: Any) -> bool:
    """Return whether a call takes a tensor that says which steps attend to which."""
    if isinstance(node, dict):
        return isinstance(node.get("attention_mask"), list | dict) or has_attention_mask([*node.values()])
    return isinstance(node, list) and any(map(has_attention_mask, node))
