"""A layer as Keras saves it, its class with its arguments: the layers that it is, and the call that it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convcalc import layers
from convcalc.errors import ConvcalcError, SpecError
from convcalc.notation.call.syntax import read_expression
from convcalc.notation.call.tree import Call, Symbol
from convcalc.notation.entries import Entry
from convcalc.notation.keras import einsum_dense
from convcalc.notation.keras.attention import NAME, SIGNATURE
from convcalc.notation.keras.joining import MERGES
from convcalc.notation.keras.read import entries_of
from convcalc.notation.keras.signatures import KEYWORDS, SIGNATURES, TRAINING
from convcalc.text import Source, did_you_mean

_CALLS = {
    **SIGNATURES,
    NAME: ("attention", 0, SIGNATURE),
    einsum_dense.NAME: ("einsum dense", 0, einsum_dense.SIGNATURE),
}

OWN_MERGES = {"CustomScaleLayer": "Add"}
"""Layers of Keras's applications that are another one but for a factor."""

_OF_OTHER_VERSIONS = (
    *("fill_mode", "fill_value", "antialias", "renorm_clipping", "renorm_momentum", "virtual_batch_size"),
    *("implementation", "time_major"),
)
"""Arguments that Keras saves for some versions of a layer and that change no size and no count."""


class SavedLayers:
    """Reads layers of a model; its `rank` and `channels_first` say which axis is that of the channels."""

    def __init__(self, place: str, *, channels_first: bool = False, rank: int = 0) -> None:
        self.place = place
        self.channels_first = channels_first
        self.rank = rank
        self.is_own_class = False  # whether the layer that is read is of a program, not of Keras
        self.incoming: int | None = None  # how many spatial axes the layer that is read takes, where it says so

    def take_layer(self, layer: dict[str, Any]) -> None:
        """Note what Keras 3 saves beside a layer: whose class it is, and how many spatial axes it takes."""
        self.is_own_class = "module" in layer and str(layer["module"]).partition(".")[0] != "keras"
        built = layer.get("build_config")
        shape = built.get("input_shape") if isinstance(built, dict) else None
        if isinstance(shape, list) and shape and isinstance(shape[0], list):
            shape = shape[0]
        self.incoming = len(shape) - 2 if isinstance(shape, list) else None

    def own_layer(self, layer: dict[str, Any]) -> layers.Layer | None:
        """Return a layer that Keras saves but whose class has no notation of its own here, None for all others."""
        kind, config = layer["class_name"], layer["config"]
        if kind in MERGES or kind in OWN_MERGES:  # a merge of one tensor takes a constant besides
            return layers.Elementwise(kind)
        if kind == "LayerScale":
            return layers.Held(int(config["projection_dim"]))
        return None

    def entries(self, kind: str, config: dict[str, Any], name: str) -> list[Entry]:
        """Return the layers that a class with its arguments is, by the rules of Keras's notation."""
        if kind not in SIGNATURES:
            raise self.unread(kind, name)
        text = self.call_text(kind, config)
        source = Source(text, self.place)
        try:
            call = read_expression(source, 0, len(text)).value
            assert isinstance(call, Call)
            found = entries_of(source, call)
        except SpecError as error:
            raise self.fault(name, error.message, error.hint) from None
        for entry in found:
            entry.text = entry.text or text
        return found

    def call_of(self, kind: str, config: dict[str, Any]) -> tuple[Call, str]:
        """Return a layer as a call, and as it is written in Python."""
        text = self.call_text(kind, config)
        call = read_expression(Source(text, self.place), 0, len(text)).value
        assert isinstance(call, Call)
        return call, text

    def call_text(self, kind: str, config: dict[str, Any]) -> str:
        """Return a layer as it is written in Python, with the arguments that differ from Keras's defaults."""
        signature = _CALLS[kind][2]
        arguments = dict(self.arguments(kind, config, {key: default for key, _, default in signature}))
        written = [self.written(key, value, signature) for key, value in arguments.items()]
        return f"{kind}({', '.join(sorted(written, key=_is_named))})"

    def arguments(self, kind: str, config: dict[str, Any], defaults: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the arguments that differ from Keras's defaults; those of training have no effect on what is read."""
        without_effect = {key for key, _, _ in KEYWORDS} | {"batch_shape", "sparse", "ragged", "registered_name"}
        without_effect |= {"query_shape", "key_shape", "value_shape"}
        rank = _CALLS[kind][1]
        for key, given in config.items():
            value = given
            if key.endswith(TRAINING) or (key in without_effect and key not in defaults):
                continue
            if key in ("data_format", "return_state", "zero_output_for_mask"):
                continue
            if key == "axis" and self.is_of_channels(value):
                value = -1
            if isinstance(value, list) and rank and len(value) == rank and len(set(map(str, value))) == 1:
                # Pairs of sides stay as they are: one of them alone would be the sides of two axes.
                value = value if isinstance(value[0], list) else value[0]
            if (
                key in defaults
                and value == defaults[key]
                and isinstance(value, bool) == isinstance(defaults[key], bool)
            ):
                continue
            if key == "activation" and value == "linear" and defaults[key] is None:
                continue
            if key not in defaults and (value in (None, False) or key in _OF_OTHER_VERSIONS):
                continue
            yield key, value
        if kind == "GRU" and "reset_after" not in config:
            yield "reset_after", False  # saved before there was a choice
        if self.channels_first and kind in ("Reshape", "Permute", "PReLU"):
            raise SpecError(f"{kind} is read with the channels last only", place=self.place)

    def is_of_channels(self, axis: object) -> bool:
        """Return whether an axis, counted with the batch axis, is the one of the channels."""
        if isinstance(axis, list) and len(axis) == 1:
            axis = axis[0]
        rank = self.rank if self.incoming is None else self.incoming
        return axis == -1 or axis == (1 if self.channels_first else rank + 1)

    def written(self, key: str, value: Any, signature: tuple[tuple[str, str, object], ...]) -> str:
        """Return an argument as it is written in a call; the first one of a layer by its place."""
        if key in ("layer", "backward_layer") and value is not None:
            inner = self.call_text(value["class_name"], value["config"])
            return inner if key == "layer" else f"{key}={inner}"
        if isinstance(value, dict):
            value = value.get("class_name", "") if key != "activation" else self.activation(value)
            if isinstance(value, Symbol):
                return f"{key}={value.name}"
        text = _literal(value)
        return text if signature and key == signature[0][0] else f"{key}={text}"

    def activation(self, value: dict[str, Any]) -> object:
        """Return the name of an activation that is saved as a function, or the layer that it is as a call."""
        config = value.get("config")
        if isinstance(config, str):
            return config
        kind = str(value.get("class_name", ""))
        return Symbol(self.call_text(kind, config)) if kind in SIGNATURES and isinstance(config, dict) else kind

    def unread(self, kind: Any, name: str) -> ConvcalcError:
        """Return the error of a class that is not read, to be raised by the caller."""
        from convcalc.notation.keras.elsewhere import why_not_read

        package, _, word = str(kind).rpartition(">")
        why = why_not_read(word, saved=True)
        if why is None and (package or self.is_own_class):
            message = f"{word[:40]!r} is a class of a program's own, of which the file holds the name and no layers"
            why = message, "read the program that defines it: convcalc params -f net.py"
        message, hint = why or (
            f"there is no layer {word[:40]!r} in Keras's notation here",
            did_you_mean(word, SIGNATURES),
        )
        return self.fault(name, message, hint)

    def fault(self, name: str, message: str, hint: str | None = None) -> ConvcalcError:
        """Return an error of a layer, to be raised by the caller."""
        return SpecError(message, place=f"{self.place}: layer {name[:60]}", hint=hint)


def _is_named(argument: str) -> bool:
    """Return whether an argument is written with its name, behind those that are not."""
    return argument.partition("=")[0].isidentifier() and "=" in argument


def _literal(value: Any) -> str:
    """Return a value of JSON as Python writes it."""
    if isinstance(value, list):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return repr(value)
