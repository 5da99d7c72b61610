"""What a model of Keras's and its layers answer to once it is built: `output`, `input_shape`, `get_layer`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import keras_models
from convcalc.notation.source.values import KerasModel, Layer, Tensor, TensorSizes
from convcalc.text import did_you_mean

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_ENDS = ("input", "inputs", "output", "outputs")
ATTRIBUTES = (*_ENDS, "input_shape", "output_shape", "layers", "name")


def attribute(follower: Follower, node: ast.AST, value: Layer | KerasModel, name: str) -> Any:
    """Return one of the `ATTRIBUTES` of a model, or of a layer that has run; NotImplemented for another."""
    if isinstance(value, Layer) and name in value.attributes:
        return value.attributes[name]
    if isinstance(value, Layer) or value.is_merge:
        if name == "name":
            return keras_models.name_of(value)
        if not name.startswith("output"):
            return NotImplemented
        if value.result is None:
            raise follower.fault(node, f"the {name} of a layer that has not run is not known")
        return TensorSizes(value.result) if name == "output_shape" else value.result
    if name == "name":
        return value.name or NotImplemented
    if name == "layers" and not value.layers and value.outputs is not None:
        return [value.inputs[0], *_in_a_row(follower, node, value)]
    if name != "layers" or value.inputs or keras_models.first_sizes(value) is not None:
        _build(follower, node, value)
    if name == "layers":
        return list(value.layers)
    if name in _ENDS:
        return value.tensors(name)
    end = value.tensors(name.removesuffix("_shape"))
    if not isinstance(end, Tensor):
        raise follower.fault(node, f"the {name} of a model of several {name.removesuffix('_shape')}s is not followed")
    return TensorSizes(end)


def layer_called(follower: Follower, node: ast.AST, model: KerasModel, name: Any, index: Any) -> Any:
    """Return the layer of a model that has a name or, in a model without branches, an index."""
    if type(index) is int:
        found = attribute(follower, node, model, "layers")
        if not -len(found) <= index < len(found):
            raise follower.fault(node, f"this model has {len(found)} layers")
        return found[index]
    if model.layers:
        attribute(follower, node, model, "layers")
    modules = {keras_models.name_of(each): each for each in model.layers or _modules(follower, model)[0]}
    if not isinstance(name, str) or name not in modules:
        hint = did_you_mean(name, modules) if isinstance(name, str) else None
        raise follower.fault(node, f"no layer of this model is called {str(name)[:60]!r}", hint)
    return modules[name]


def _build(follower: Follower, node: ast.AST, model: KerasModel) -> None:
    """Run a model of layers in their order on its own input, as Keras does where it knows that."""
    if model.outputs is not None:
        return
    if not model.inputs:
        sizes = keras_models.first_sizes(model)
        if sizes is None:
            hint = "let it begin with Input(shape=...)"
            raise follower.fault(node, "this model does not know its input before it runs", hint)
        model.inputs = [keras_models.take_input(follower, node, sizes)]
    used = model.used
    value = keras_models.run(follower, node, model, [model.inputs[0]])
    model.used = used
    model.outputs, model.returns = [value], value


def _modules(follower: Follower, model: KerasModel) -> tuple[list[Any], set[int]]:
    """Return the layers that lead to the outputs of a model in the order they ran, and the entries that do."""
    needed = {
        index for index in follower.builder.leading_to([each.index for each in model.outputs or ()]) if index >= 0
    }
    return [follower.modules_at[index] for index in sorted(needed) if index in follower.modules_at], needed


def _in_a_row(follower: Follower, node: ast.AST, model: KerasModel) -> list[Any]:
    """Return the layers of a model without branches; only there their order is sure."""
    modules, needed = _modules(follower, model)
    entries = follower.builder.entries
    places = {place for module in modules for place in (module.places if isinstance(module, Layer) else ())}
    in_a_row = all(len(entries[index].inputs or ()) == 1 for index in needed) and len(model.inputs) == 1
    if not in_a_row or needed - places:
        hint = "get_layer('its name') takes one of them"
        raise follower.fault(node, "the order of the layers of a model that branches is not followed", hint)
    return modules
