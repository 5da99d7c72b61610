"""Keras's attention of several heads: projections of queries, keys and values, their product, and one of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convcalc import layers
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.signature import Signature, bind
from convcalc.notation.call.tree import Call
from convcalc.notation.keras.read import shared_keywords
from convcalc.text import Source

NAME = "MultiHeadAttention"
TAKES = ("query", "value", "key")
"""The tensors it is called with, in their order; without keys, the values are these."""

MASKS = ("query_mask", "value_mask", "key_mask", "attention_mask")

SIGNATURE: Signature = (
    ("num_heads", "count", ...),
    ("key_dim", "count", ...),
    ("value_dim", "count?", None),
    ("dropout", "number", 0.0),
    ("use_bias", "flag", True),
    ("output_shape", "any", None),
    ("attention_axes", "any", None),
    ("sliding_window", "any", None),
    ("flash_attention", "any", None),
    ("use_gate", "flag", False),
    ("seed", "any", None),
)

Add = Callable[[layers.Layer, Sequence[int], str], int]
"""Adds a layer on tensors, under its name inside of the attention, and returns the tensor that it makes."""


def attend(source: Source, call: Call, add: Add, tensors: Sequence[int], features: int | None) -> int:
    """Add the layers of an attention and return the tensor it makes.

    `tensors` are the queries, the values and, where they are others, the keys; `features` are those of the queries,
    which come out again where the call states no others. Raises SpecError at the argument at fault.
    """
    bound = bind(source, call, SIGNATURE, 0, shared_keywords(call, SIGNATURE))
    for name in ("sliding_window", "use_gate"):
        if bound.values[name]:
            raise bound.fault(name, f"{NAME} is read without {name}")
    heads, key_size, bias = bound.whole("num_heads"), bound.whole("key_dim"), bound.flag("use_bias")
    value_size, made = bound.optional("value_dim") or key_size, _features(bound, features)
    query, value, *others = tensors

    def project(tensor: int, size: int, name: str) -> int:
        return add(layers.Linear(None, size, bias, on_channels=True), [tensor], name)

    queries = project(query, heads * key_size, "query")
    keys = project(others[0] if others else value, heads * key_size, "key")
    values = project(value, heads * value_size, "value")
    product = add(layers.Merge("attention", axis=_attended_axes(bound)), [keys, queries, values], "product")
    return project(product, made, "attention_output")


def _features(bound: BoundArguments, features: int | None) -> int:
    """Return the features that come out."""
    given = _numbers(bound, "output_shape")
    if given is not None and len(given) != 1:
        raise bound.fault("output_shape", f"{NAME} is read with one size as its output_shape")
    if given is None and features is None:
        message = f"the features of the queries of this {NAME} are not known, which are those that come out"
        raise bound.source.fault(message, bound.call.start, bound.call.end, "state the sizes of the input")
    return given[0] if given is not None else features or 0


def _attended_axes(bound: BoundArguments) -> int:
    """Return how many axes it goes over, 0 for all between the batch and the features."""
    given = _numbers(bound, "attention_axes")
    if given is not None and given != tuple(range(1, len(given) + 1)):
        raise bound.fault("attention_axes", "attention is read over all axes between the batch and the features")
    return 0 if given is None else len(given)


def _numbers(bound: BoundArguments, name: str) -> tuple[int, ...] | None:
    """Return an argument that is one whole number or several, None where it is not given."""
    value = bound.values[name]
    value = value.plain() if hasattr(value, "plain") else value
    if value is None:
        return None
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not numbers or any(type(each) is not int or each < 1 for each in numbers):
        raise bound.fault(name, f"{name} takes whole numbers of at least 1")
    return numbers
