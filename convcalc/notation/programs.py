"""A graph of layers as a program: a PyTorch class with its `forward`, or Keras's functional form."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from convcalc.errors import UsageError
from convcalc.layers import Merge
from convcalc.text import letters
from convcalc.value import Value

_SHORTER = {"batchnorm": "bn", "linear": "fc", "conv": "conv", "convtranspose": "up", "maxpool": "pool"}
_KERAS_MERGES = {"add": "Add", "multiply": "Multiply", "concatenate": "Concatenate"}
_CENTER_CROP = """\
def center_crop(x, like):
    starts = [(have - want) // 2 for have, want in zip(x.shape[2:], like.shape[2:])]
    return x[(..., *(slice(start, start + want) for start, want in zip(starts, like.shape[2:])))]


"""


class Statement(Value):
    """One layer of a program: its calls in their notation (none for a merge), its name, and its inputs.

    `inputs` are indices of earlier statements, -1, -2, ... for the inputs of the network. `crops` are what a cropping
    merge cuts off each of its inputs but the first, (before, after) per spatial axis.
    """

    calls: tuple[str, ...]
    inputs: tuple[int, ...]
    merge: Merge | None = None
    name: str = ""
    crops: tuple[tuple[tuple[int, int], ...], ...] = ()


def pytorch_class(statements: Sequence[Statement], inputs: Sequence[str] = ("x",)) -> list[str]:
    """Return a PyTorch module whose `forward` runs the statements; sinks are returned in their order.

    >>> relu, add = Statement(("nn.ReLU()",), (-1,)), Statement((), (0, -1), Merge("add"))
    >>> print("\\n".join(pytorch_class([relu, add])))
    import torch
    from torch import nn
    <BLANKLINE>
    <BLANKLINE>
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu1 = nn.ReLU()
    <BLANKLINE>
        def forward(self, x):
            a = self.relu1(x)
            a = a + x
            return a
    """
    attributes = _attributes(statements)
    variables = _variables(statements, inputs)
    lines = ["import torch", "from torch import nn", "", ""]
    if any(statement.crops for statement in statements):
        lines += _CENTER_CROP.split("\n")[:-1]
    lines += ["class Network(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    written: set[str] = set()
    for statement, attribute in zip(statements, attributes, strict=True):
        if statement.merge is None and attribute not in written:
            written.add(attribute)
            calls = statement.calls
            value = calls[0] if len(calls) == 1 else f"nn.Sequential({', '.join(calls)})"
            lines.append(f"        self.{attribute} = {value}")
    lines += ["", f"    def forward(self, {', '.join(inputs)}):"]
    for statement, attribute, variable in zip(statements, attributes, variables, strict=True):
        taken = [_variable(place, variables, inputs) for place in statement.inputs]
        value = f"self.{attribute}({taken[0]})" if statement.merge is None else _torch_merge(statement.merge, taken)
        lines.append(f"        {variable} = {value}")
    returned = ", ".join(variables[sink] for sink in _sinks(statements))
    return [*lines, f"        return {returned}"]


def keras_functional(
    statements: Sequence[Statement], shapes: Sequence[str], inputs: Sequence[str] = ("x",)
) -> list[str]:
    """Return Keras's functional form; `shapes` are those of the inputs, channels last, as `(28, 28, 1)`.

    >>> relu, add = Statement(("ReLU()",), (-1,)), Statement((), (0, -1), Merge("add"))
    >>> print("\\n".join(keras_functional([relu, add], ["(8,)"])))
    import keras
    from keras import layers
    <BLANKLINE>
    x = keras.Input(shape=(8,))
    a = layers.ReLU()(x)
    a = layers.Add()([a, x])
    model = keras.Model(x, a)
    """
    variables = _variables(statements, inputs)
    lines = ["import keras", "from keras import layers", ""]
    lines += [f"{name} = keras.Input(shape={shape})" for name, shape in zip(inputs, shapes, strict=True)]
    for statement, variable in zip(statements, variables, strict=True):
        taken = [_variable(place, variables, inputs) for place in statement.inputs]
        for call in statement.calls:
            lines.append(f"{variable} = layers.{call}({taken[0]})")
            taken = [variable]
        if statement.merge is not None:
            cropped = [_keras_crop(name, crop) for name, crop in zip(taken[1:], statement.crops, strict=False)]
            merged = ", ".join([taken[0], *(cropped or taken[1:])])
            if statement.merge.kind not in _KERAS_MERGES:
                raise UsageError("Keras has no layer that gives a tensor the sizes of another")
            kind = _KERAS_MERGES[statement.merge.kind]
            lines.append(f"{variable} = layers.{kind}()([{merged}])")
    sinks = [variables[sink] for sink in _sinks(statements)]
    outputs = sinks[0] if len(sinks) == 1 else f"[{', '.join(sinks)}]"
    given = inputs[0] if len(inputs) == 1 else f"[{', '.join(inputs)}]"
    return [*lines, f"model = keras.Model({given}, {outputs})"]


def _torch_merge(merge: Merge, taken: list[str]) -> str:
    first, *others = taken
    if merge.kind == "keep":
        raise UsageError("PyTorch's notation cannot express what the other inputs of this layer change in the first")
    if merge.kind == "resize":
        return f"nn.functional.interpolate({first}, size={others[0]}.shape[2:])"
    if merge.crop:
        others = [f"center_crop({other}, {first})" for other in others]
    if merge.kind == "concatenate":
        return f"torch.cat([{', '.join([first, *others])}], dim={merge.axis})"
    return (" + " if merge.kind == "add" else " * ").join([first, *others])


def _keras_crop(name: str, crop: tuple[tuple[int, int], ...]) -> str:
    amounts = repr(crop[0] if len(crop) == 1 else crop)
    return f"layers.Cropping{len(crop)}D({amounts})({name})"


def _sinks(statements: Sequence[Statement]) -> list[int]:
    used = {place for statement in statements for place in statement.inputs}
    return [index for index in range(len(statements)) if index not in used]


def _variable(place: int, variables: Sequence[str], inputs: Sequence[str]) -> str:
    return variables[place] if place >= 0 else inputs[-1 - place]


def _variables(statements: Sequence[Statement], inputs: Sequence[str]) -> list[str]:
    """Return the name of each statement's result; a name is reused once its tensor is not needed any more."""
    last_use = list(range(len(statements)))
    for index, statement in enumerate(statements):
        for place in statement.inputs:
            if place >= 0:
                last_use[place] = index
    for sink in _sinks(statements):
        last_use[sink] = len(statements)
    free: list[str] = []
    made = 0
    ends: dict[int, list[str]] = {}
    names: list[str] = []
    for index in range(len(statements)):
        free += ends.pop(index, [])
        if free:
            name = free.pop()
        else:
            while (name := _variable_name(made)) in inputs:
                made += 1
            made += 1
        names.append(name)
        ends.setdefault(last_use[index], []).append(name)
    return names


def _variable_name(number: int) -> str:
    """Yield names of letters, without Python's keywords."""
    name = letters(number)
    return f"{name}_" if keyword.iskeyword(name) else name


def _attributes(statements: Sequence[Statement]) -> list[str]:
    """Return the attribute of every layer: its own name in the model, or its kind and a number."""
    counts: dict[str, int] = {}
    found: list[str] = []
    for statement in statements:
        own = statement.name.replace(".", "_")
        if statement.merge is None and own.isidentifier() and not keyword.iskeyword(own):
            found.append(own)
            continue
        call = statement.calls[0] if statement.calls else ""
        kind = call.partition("(")[0].removeprefix("nn.").lower().rstrip("d").rstrip("123")
        kind = _SHORTER.get(kind, kind)
        counts[kind] = counts.get(kind, 0) + 1
        found.append(f"{kind}{counts[kind]}")
    return found
