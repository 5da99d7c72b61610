"""Keras's saved configurations: `to_json`, the `config.json` of a `.keras` archive, TensorFlow.js's `model.json`.

A model is a list of layers, each a class with its arguments. A `Sequential` runs them in their order; a functional
one names for each call of a layer (a node) the nodes whose outputs it takes, in `inbound_nodes`, of which there are
three dialects: Keras 3's calls with tensors among the arguments, Keras 2's lists of [layer, node, tensor, arguments],
and TensorFlow's one such entry with further tensors among its arguments.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Any

from convcalc import layers
from convcalc.errors import DataError, ShapeError, SpecError
from convcalc.layers import TensorShape
from convcalc.limits import check_values
from convcalc.notation.entries import Entry, set_channels
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.files.keras_layers import OWN_MERGES, SavedLayers
from convcalc.notation.files.keras_nodes import MODELS, Reference, calls_to, has_attention_mask, name_of, references
from convcalc.notation.files.keras_operations import BINARY, holds_numbers, is_operation, operation
from convcalc.notation.keras import einsum_dense
from convcalc.notation.keras.attention import NAME, attend
from convcalc.notation.keras.joining import MERGES, PRODUCTS, merge_layer, multiply
from convcalc.notation.keras.recurrent import KINDS as RECURRENT
from convcalc.notation.keras.recurrent import states
from convcalc.notation.keras.signatures import SIGNATURES
from convcalc.notation.source.known_sizes import KnownSizes
from convcalc.text import Source

MAX_DEPTH = 30
_FIRST_AXES = ("channels_first", "th")
Key = tuple[str, int]
"""The name of a layer and the number of one of its calls."""


def read_keras_json(text: str, place: str) -> GraphBuilder:
    """Read a configuration.

    Raises DataError for a text that is not JSON or not a model's, and SpecError for a layer that is not read.

    >>> inside = '{"class_name": "Dense", "config": {"name": "d", "units": 3}}'
    >>> text = '{"class_name": "Sequential", "config": {"layers": [' + inside + "]}}"
    >>> [(entry.name, entry.text) for entry in read_keras_json(text, "model.json").entries]
    [('d', 'Dense(3)')]
    """
    check_values(text, place)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        fault = error.msg.removesuffix(" at").removesuffix(" starting")
        raise DataError(f"not JSON: {fault}", place=f"{place}:{error.lineno}:{error.colno}".lstrip(":")) from None
    except (RecursionError, ValueError):
        raise DataError("not JSON that can be read: nested too deeply, or a number too long", place=place) from None
    try:
        return _Reader(place).model(_topology(found, place))
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        reason = str(error)[:80] or "it ends early"
        raise DataError(f"this configuration is damaged: {reason}", place=place) from error


def _topology(found: Any, place: str) -> dict[str, Any]:
    """Return the model of a configuration, which other things may stand around."""
    inside = found
    for key in ("modelTopology", "model_config"):
        if isinstance(inside, dict) and isinstance(inside.get(key), dict):
            inside = inside[key]
    if not isinstance(inside, dict) or inside.get("class_name") not in MODELS:
        kind = inside.get("class_name") or inside.get("format") if isinstance(inside, dict) else "this"
        message = "there is no model of Keras's here"
        message = f"{kind!r} is not a model that is read" if isinstance(kind, str) else message
        raise DataError(message[:120], place=place, hint="write Keras's model.to_json() to the file")
    return inside


class _Reader:
    """Reads models, each with the tensors that come into it."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.builder = GraphBuilder(Source("", place), "keras")
        self.saved = SavedLayers(place)
        self.inputs: list[tuple[int | None, ...] | None] = []
        self.names: list[str] = []
        self.sizes = KnownSizes(self.builder, None)

    def model(self, found: dict[str, Any]) -> GraphBuilder:
        """Read the whole model; the sizes of a single input are the network's."""
        stated_formats = (layer["config"].get("data_format") for layer in _inside(found))
        formats = {name for name in stated_formats if isinstance(name, str)}
        channels_first = bool(formats & set(_FIRST_AXES))
        if channels_first and len(formats) > 1:
            raise SpecError("some layers have their channels first and some last", place=self.place)
        names = (str(layer["class_name"]) for layer in _inside(found))
        rank = max((SIGNATURES[name][1] for name in names if name in SIGNATURES), default=0)
        # An axis behind all of these is that of the channels; any other is counted in what comes in.
        rank = max(rank, _most_axes(found) - 2)
        self.saved = SavedLayers(self.place, channels_first=channels_first, rank=rank)
        if channels_first:
            self.builder.layout = "chw"
        outputs = self.run(found, None, "", 0)
        if not self.builder.entries:
            raise DataError("there are no layers in this file", place=self.place)
        self.builder.keep_what_leads_to(outputs)
        self.builder.input_names = tuple(self.names)
        self.builder.stated = tuple(TensorShape(sizes, len(sizes) - 1) if sizes else None for sizes in self.inputs)
        stated = [shape for shape in self.builder.stated if shape is not None and None not in shape.sizes]
        if len(self.inputs) > 1 and self.inputs[0]:
            self.builder.rank = len(self.inputs[0]) - 1
        if 1 < len(self.inputs) == len(stated):
            self.builder.input, self.builder.others = stated[0].known_sizes, tuple(stated[1:])
        if len(self.inputs) == 1 and self.inputs[0]:
            channels, *spatial = self.inputs[0]
            if stated:
                self.builder.input = stated[0].known_sizes
            elif channels is not None and spatial:
                set_channels(self.builder.entries, channels)
        return self.builder

    def run(self, model: dict[str, Any], incoming: Sequence[int] | None, prefix: str, depth: int) -> list[int]:
        """Read a model on tensors, or on inputs of the network, and return the tensors it makes."""
        if depth > MAX_DEPTH:
            raise SpecError(f"models are nested more than {MAX_DEPTH} deep", place=self.place)
        config = model["config"]
        found = config if isinstance(config, list) else config["layers"]
        if model["class_name"] == "Sequential":
            return self.run_in_order(found, incoming, prefix, depth)
        return _Functional(self, config, prefix, depth).run(incoming)

    def run_in_order(
        self, found: Sequence[dict[str, Any]], incoming: Sequence[int] | None, prefix: str, depth: int
    ) -> list[int]:
        tensors = list(incoming) if incoming is not None else []
        for layer in found:
            if layer["class_name"] == "InputLayer":
                if not tensors:
                    tensors = [self.take_input(layer)]
                continue
            if not tensors:
                tensors = [self.take_input(layer)]
            tensors = self.call(layer, tensors, prefix, depth)
        return tensors

    def take_input(self, layer: dict[str, Any]) -> int:
        """Return one more input of the network, with the sizes that a layer states for it."""
        config = layer["config"]
        self.names.append(str(config.get("name")))
        sizes = config.get("batch_shape") or config.get("batch_input_shape")
        if isinstance(sizes, list) and len(sizes) > 1 and all(_is_size(size) for size in sizes[1:]):
            shape = tuple(sizes[1:]) if self.saved.channels_first else (sizes[-1], *sizes[1:-1])
            self.sizes.stated[-1 - len(self.inputs)] = TensorShape(shape, len(shape) - 1)
            self.inputs.append(shape)
        else:
            self.inputs.append(None)
        return -len(self.inputs)

    def call(self, layer: dict[str, Any], tensors: list[int], prefix: str, depth: int) -> list[int]:
        """Read one call of a layer, or of a model in its place."""
        kind, config = layer["class_name"], layer["config"]
        name = ".".join(part for part in (prefix, str(name_of(layer))) if part)
        self.saved.take_layer(layer)
        if kind in MODELS:
            return self.run(layer, tensors, name, depth + 1)
        if kind == "TimeDistributed" and config["layer"]["class_name"] in MODELS:
            self.builder.steps += 1
            made = self.run(config["layer"], tensors, name, depth + 1)
            self.builder.steps -= 1
            return made
        if is_operation(layer):
            return [self.operation(layer, tensors, name)]
        if kind in ("Bidirectional", *RECURRENT):
            return self.recurrent(kind, config, tensors, name)
        if kind == einsum_dense.NAME and len(tensors) == 1:
            return [self.einsum(config, tensors[0], name)]
        if kind == NAME:
            return [self.attention(layer, tensors, name)]
        if kind in (*MERGES, *PRODUCTS, *OWN_MERGES) and len(tensors) > 1:
            return [self.merge(kind, config, tensors, name)]
        if len(tensors) != 1:
            raise self.saved.fault(name, f"{kind} takes one input, not {len(tensors)}")
        own = self.saved.own_layer(layer)
        if own is not None:
            return [self.add(Entry(0, 0, own, text=f"{kind}()"), tensors, name)]
        for entry in self.saved.entries(kind, config, name):
            tensors = [self.add(entry, tensors, name)]
        return tensors

    def operation(self, layer: dict[str, Any], tensors: list[int], name: str) -> int:
        """Read a function of `keras.ops`, which Keras 3 saves as it saves a layer."""
        kind, config = layer["class_name"], layer["config"]
        if not holds_numbers(layer["inbound_nodes"]):
            if len(tensors) > 1 and (kind in MERGES or kind in BINARY):
                return self.merge(kind, config, tensors, name)
            if len(tensors) == 2 and kind == "Matmul":
                product = layers.Merge("matmul", channels_last=self.builder.layout == "hwc")
                return self.add(Entry(0, 0, product, text="matmul()"), tensors, name)
            made = operation(kind, config, self.builder.layout)
            if len(tensors) == 1 and made is None and (kind in MERGES or kind in BINARY):
                made = layers.Elementwise(kind)
            if len(tensors) == 1 and made is not None:
                return self.add(Entry(0, 0, made, text=f"{kind}()"), tensors, name)
        hint = "read the program that makes the model: convcalc params -f net.py"
        raise self.saved.fault(name, f"{kind} of keras.ops is not read with these arguments", hint)

    def add(self, entry: Entry, tensors: Sequence[int], name: str) -> int:
        """Add a layer."""
        notes, activation = entry.notes, entry.activation
        return self.builder.add(
            entry.layer, tensors, (0, 0), name=name, text=entry.text, notes=notes, activation=activation
        )

    def recurrent(self, kind: str, config: dict[str, Any], tensors: list[int], name: str) -> list[int]:
        """Read a recurrent layer, which may begin in a state of others and make its own known."""
        inner: dict[str, Any] = config["layer"] if kind == "Bidirectional" else {"class_name": kind, "config": config}
        if len(tensors) > 1:
            started = Entry(0, 0, layers.Merge("keep"), text="initial state")
            tensors = [self.add(started, tensors, name)]
        (entry,) = self.saved.entries(kind, config, name)
        made = self.add(entry, tensors, name)
        if not inner["config"].get("return_state"):
            return [made]

        def also(layer: layers.Layer, inputs: Sequence[int]) -> int:
            return self.add(Entry(0, 0, layer, text="state"), inputs, name)

        try:
            return [made, *states(entry.layer, made, also)]
        except ShapeError as error:
            raise self.saved.fault(name, error.message) from None

    def attention(self, layer: dict[str, Any], tensors: list[int], name: str) -> int:
        """Read an attention on queries, values and, where they are others, keys."""
        if not 2 <= len(tensors) <= 3 or self.builder.steps or has_attention_mask(layer["inbound_nodes"]):
            raise self.saved.fault(name, "attention is read without a mask and outside of TimeDistributed")
        call, text = self.saved.call_of(NAME, layer["config"])
        built = layer.get("build_config") or {}
        shape = (built.get("shapes_dict") or {}).get("query_shape") or layer["config"].get("query_shape")
        add = self._parts_of(name, text)
        return attend(Source(text, self.place), call, add, tensors, shape[-1] if isinstance(shape, list) else None)

    def _parts_of(self, name: str, text: str) -> Callable[[layers.Layer, Sequence[int], str], int]:
        def add(each: layers.Layer, inputs: Sequence[int], part: str) -> int:
            return self.add(Entry(0, 0, each, text=text), inputs, f"{name}.{part}")

        return add

    def einsum(self, config: dict[str, Any], tensor: int, name: str) -> int:
        """Read a product of a kernel with what comes in, by an equation."""
        call, text = self.saved.call_of(einsum_dense.NAME, config)
        add = self._parts_of(name, text)
        try:
            axes, layout = self.sizes.axes(tensor), self.builder.layout
            return einsum_dense.apply(Source(text, self.place), call, add, tensor, axes, layout)
        except SpecError as error:
            raise self.saved.fault(name, error.message, error.hint) from None

    def merge(self, kind: str, config: dict[str, Any], tensors: list[int], name: str) -> int:
        sizes = [self.sizes.axes(tensor) for tensor in tensors]

        def add(layer: layers.Layer, inputs: Sequence[int]) -> int:
            return self.add(Entry(0, 0, layer, text=f"{kind}()"), inputs, name)

        try:
            if kind in PRODUCTS:
                return multiply(kind, config, tensors, sizes, add)
            word, axis = OWN_MERGES.get(kind, "Add" if kind in BINARY else kind), config.get("axis", -1)
            made = add(merge_layer(word, axis, sizes, self.builder.layout), tensors)
        except ShapeError as error:
            raise self.saved.fault(name, error.message, error.hint) from None
        if kind not in ("Add", "Multiply", "Concatenate"):
            # What it does to the numbers has no word in other notations, which refuse this one.
            made = add(layers.Elementwise(kind), [made])
        return made


class _Functional:
    """Runs the nodes of a functional model, each as soon as what it takes is there."""

    def __init__(self, reader: _Reader, config: dict[str, Any], prefix: str, depth: int) -> None:
        self.reader = reader
        self.config = config
        self.prefix = prefix
        self.depth = depth
        self.made: dict[Key, list[int]] = {}

    def run(self, incoming: Sequence[int] | None) -> list[int]:
        """Return the tensors that the model makes of those that come in, or of inputs of the network."""
        given = list(incoming) if incoming is not None else None
        by_name = {str(name_of(layer)): layer for layer in self.config["layers"]}
        inputs = references(self.config["input_layers"])
        for position, (name, number, _) in enumerate(inputs):
            tensor = self.reader.take_input(by_name[name]) if given is None else given[position]
            self.made[name, number] = [tensor]
        waiting, outputs = calls_to(self.config["layers"], self.config["output_layers"])
        lacking = [{(name, node) for name, node, _ in taken} - self.made.keys() for _, _, taken in waiting]
        users: dict[Key, list[int]] = {}
        for place, keys in enumerate(lacking):
            for key in keys:
                users.setdefault(key, []).append(place)
        # Those in the order of the file whose turn it is, then those before them that had to wait for one of these.
        turns = [(0, place) for place, keys in enumerate(lacking) if not keys]
        while turns:
            turn, place = heappop(turns)
            made = self.call(*waiting[place])
            for user in users.pop(made, ()):
                lacking[user].discard(made)
                if not lacking[user]:
                    heappush(turns, (turn + (user < place), user))
        for (layer, _, taken), keys in zip(waiting, lacking, strict=True):
            if keys:
                missing = next(f"{name} ({number})" for name, number, _ in taken if (name, number) in keys)
                raise self.reader.saved.fault(str(name_of(layer)), f"no layer makes what it takes: {missing}"[:100])
        return [self.made[name, number][index] for name, number, index in outputs]

    def call(self, layer: dict[str, Any], number: int, taken: list[Reference]) -> Key:
        """Run a node, and return the key of what it makes."""
        tensors = [self.made[name, node][index] for name, node, index in taken]
        key = str(name_of(layer)), number
        self.made[key] = self.reader.call(layer, tensors, self.prefix, self.depth)
        return key


def _is_size(size: object) -> bool:
    return size is None or (type(size) is int and size > 0)


def _inside(model: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every layer of a model and of the models in it."""
    config = model["config"]
    for layer in config if isinstance(config, list) else config["layers"]:
        if layer["class_name"] in MODELS and depth < MAX_DEPTH:
            yield from _inside(layer, depth + 1)
            continue
        yield layer
        wrapped = layer["config"].get("layer")
        if isinstance(wrapped, dict) and depth < MAX_DEPTH:
            yield from _inside({"config": [wrapped]}, depth + 1)


def _most_axes(model: Any) -> int:
    """Return the largest number of axes, with that of the batch, that a layer states for what it takes."""
    shapes = (
        layer["config"].get("batch_shape") or layer["config"].get("batch_input_shape") for layer in _inside(model)
    )
    return max((len(shape) for shape in shapes if isinstance(shape, list)), default=0)
