"""A program to the network of its model: what the program is, which model is meant, and what it assumes."""

from __future__ import annotations

import ast
import re
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.layers import Embedding, Held, Rearrangement
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.keras.layout import has_channels_first, settle_channels_first
from convcalc.notation.sizes import input_order
from convcalc.notation.source import keras_models
from convcalc.notation.source.batch import attempt, note_other_reading, refuse_moved, settled_with_batch, with_batch
from convcalc.notation.source.choice import chosen_model
from convcalc.notation.source.emission import forget_runs, inside, name_modules
from convcalc.notation.source.follower import Follower
from convcalc.notation.source.given import Given
from convcalc.notation.source.known_sizes import with_axes
from convcalc.notation.source.limits import MOST_STEPS
from convcalc.notation.source.top_statements import follow_statement
from convcalc.notation.source.tying import count_once, numbers_of
from convcalc.notation.source.values import (
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Name,
    Parameter,
    Tensor,
    Unknown,
)
from convcalc.text import Source, fold

if TYPE_CHECKING:
    from convcalc.notation import Begin

_KERAS = re.compile(
    r"\bkeras\b|\btensorflow\b|\.add\(|\bInput\(|\bConv\dD\(|\bConvolution\dD\(|\bDense\(|Pooling\dD\("
)
_TORCH = re.compile(r"\btorch\b|(?<![.\w])nn\.")
LONGEST_NOTE = 300


def read_program(
    source: Source,
    tree: ast.Module,
    begin: Begin | None = None,
    inputs: tuple[str, ...] = (),
    class_name: str | None = None,
) -> GraphBuilder:
    """Follow a program and return the network of its model.

    `begin` returns the shapes of the inputs from the first layers, where they are known; `inputs` are the names of
    several, in the order in which they are numbered (-1, -2, ...), as `forward` has them; `class_name` is the class
    of the model that is meant, where the program has several. Raises SpecError at the place of what is needed but not
    followed, and where no model is made.

    >>> text = "class Net(nn.Module):\\n    def __init__(self):\\n        super().__init__()\\n"
    >>> text += "        self.fc = nn.Linear(3, 2)\\n    def forward(self, x):\\n        return self.fc(x) + 1"
    >>> from convcalc.notation.source.parsing import parsed
    >>> source = Source(text)
    >>> [entry.name for entry in read_program(source, parsed(source)).entries]
    ['fc', '']
    """
    keras = bool(_KERAS.search(source.text) and not _TORCH.search(source.text))
    follower = Follower(source, "keras" if keras else "pytorch", begin)
    follower.sizes.asked_names = inputs
    if keras and has_channels_first(source.text):
        follower.builder.layout = "chw"

    def follow(one: Follower) -> GraphBuilder:
        return _followed(one, tree, inputs, class_name)

    builder = attempt(follower, follow)
    if not keras and (decided := follower.sizes.other_reading()) is not None:
        follower = Follower(source, follower.notation, begin)
        follower.sizes.decided = decided
        builder = attempt(follower, follow)
    if isinstance(builder, ConvcalcError):
        if keras or not follower.is_running or follower.steps > MOST_STEPS:
            raise builder
        again = with_batch(follower, follow)
        if isinstance(again, ConvcalcError):
            raise again from builder
        if again is None:
            raise builder
        return again
    if keras and builder.layout == "chw":
        settle_channels_first(source, builder.entries)
    if begin is not None and not keras:
        builder.settle = lambda _: settled_with_batch(follower, follow)
        note_other_reading(follower, follow, builder)
    return builder


def _followed(follower: Follower, tree: ast.Module, inputs: tuple[str, ...], class_name: str | None) -> GraphBuilder:
    """Follow the statements of a program, and run the model that is meant."""
    given = Given()
    try:
        for node in tree.body:
            follow_statement(follower, node, given)
        builder = _run(follower, chosen_model(follower, given, class_name), inputs)
        _fix_input(follower)
    except RecursionError:
        raise follower.source.fault("this program is nested too deeply to be followed", 0, 0) from None
    builder.shares_names = True
    if not builder.entries:
        raise follower.source.fault("no layers run in this program", 0, 0)
    return builder


def _fix_input(follower: Follower) -> None:
    """State the input of a graph that fits no other, and how its axes are meant where no layer says so."""
    builder, sizes = follower.builder, follower.sizes
    if sizes.whole is not None:
        first, *others = sizes.whole
        builder.input, builder.rank, builder.others = first.known_sizes, first.rank, tuple(others)
        builder.fixed = True
        return
    layers = [entry.layer for entry in builder.entries]
    shapes = sizes.begun(layers)
    if not shapes:
        return
    shape = shapes[0]
    if builder.layout == "chw" and (sizes.asked or follower.notation == "pytorch" or any(map(_counts_axes, layers))):
        placed = with_axes(shape, layers)
        if placed != shape:
            builder.rank = placed.rank  # positions of one sample, whose axes the program counts
    if builder.stated and builder.stated[0] is not None:
        builder.rank = builder.stated[0].rank
    if sizes.depends and None not in shape.sizes and len(builder.stated) < 2:
        builder.input = shape.known_sizes[len(shape.batch) :]
        builder.fixed = True


def _counts_axes(layer: object) -> bool:
    """Return whether a layer counts the axes of one sample."""
    return isinstance(layer, Embedding | Rearrangement) or getattr(layer, "kind", "") == "einsum"


def _run(follower: Follower, model: Any, names: tuple[str, ...]) -> GraphBuilder:
    """Run the model on its inputs."""
    builder = follower.builder
    if isinstance(model, KerasModel) and model.outputs is not None:
        outputs = [tensor.index for tensor in model.outputs]
        builder.keep_what_leads_to(outputs)
        keras_models.take_inputs(follower, model)
        return builder
    forget_runs(follower, model, set())
    others = builder.inputs  # of models of Keras's in this one, which it may run again
    if not isinstance(model, KerasModel) and not others:
        builder.entries.clear()
    builder.objections = ()
    follower.sizes.clear()
    follower.sizes.first_input = -1 - others
    follower.running.clear()
    follower.is_running = True
    name_modules(model if not isinstance(model, KerasModel) else Container("Sequential", {}), "", set())
    place = ast.copy_location(ast.Pass(), ast.parse("pass").body[0])
    if isinstance(model, KerasModel):
        keras_models.take_size(follower, model)
        value = keras_models.run(follower, place, model, [Tensor(-1 - others)])
    elif isinstance(model, Instance):
        method = model.kind.find("forward") or model.kind.find("call")
        spec = method.node.args if isinstance(method, Function) else None
        builder.inputs = 1 if spec is None else max(1, len(spec.args) - 1 - len(spec.defaults))
        taken = [each.arg for each in spec.args[1:]] if spec is not None else []
        places = _places(follower, taken[: builder.inputs] or ["x"], names)
        value = follower.forward(model.kind.node, model, [Tensor(place - others) for place in places], {})
    else:
        value = follower.call(place, model, [Tensor(-1 - others)], {})
    returned = _tensors(follower, model.kind.node if isinstance(model, Instance) else place, value)
    outputs = [each.index for each in returned]
    if not outputs:
        raise _without_output(follower, model, value)
    if isinstance(model, Instance):
        refuse_moved(follower, model.kind.node, returned)
    if any(-others <= index < 0 for index in builder.leading_to(outputs)):
        raise follower.source.fault("this model takes an input of another one", 0, 0)
    builder.number_inputs(others)
    builder.keep_what_leads_to([index + others if index < 0 else index for index in outputs])
    follower.sizes.forget()
    follower.sizes.first_input = -1
    if isinstance(model, Instance | Container):
        _count_unused(follower, model)
        count_once(follower)
        plain = dict.fromkeys(_not_registered(model)) if builder.notation == "pytorch" else {}
        if plain:
            note = f"{', '.join(plain)[:100]}: layers in a plain list or dict, which PyTorch leaves out of its count"
            builder.count_notes += (f"{note} (nn.ModuleList, nn.ModuleDict); they are counted here",)
    return builder


def _places(follower: Follower, taken: list[str], names: tuple[str, ...]) -> list[int]:
    """Return the number of the input that each parameter of a forward takes, by the names of the sizes."""
    asked = bool(names) or (follower.sizes.begin is not None and len(taken) > 1)
    places, assumption = input_order(taken, names, counts_all=asked)
    if assumption is not None:
        follower.builder.assumptions += (assumption,)
    return [-1 - place for place in places]


def _without_output(follower: Follower, model: Any, value: Any) -> ConvcalcError:
    """Return the error for a model that returns no tensor, at its forward, to be raised by the caller."""
    method = model.kind.find("forward") or model.kind.find("call") if isinstance(model, Instance) else None
    if not isinstance(method, Function):
        return follower.source.fault("the model returns no tensor that is known", 0, 0)
    returns = [each for each in ast.walk(method.node) if isinstance(each, ast.Return) and each.value is not None]
    title = getattr(method.node, "name", "forward")
    if value is None and not returns:
        start = follower.span(method.node)[0]
        hint = "end it with return and what the network makes"
        return follower.source.fault(f"{title} returns nothing", start, start + len(f"def {title}"), hint)
    at = returns[-1] if returns else method.node
    if isinstance(value, Name):
        return follower.fault(at, f"{value.dotted[:60]} is not defined")
    return follower.fault(at, f"{title} returns no tensor")


def _tensors(follower: Follower, node: ast.AST, value: Any) -> list[Tensor]:
    """Return the tensors in what a model returns, with those that it holds; what is not followed is refused."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Parameter) and value.shape is not None and 0 not in value.shape:
        return [follower.held(node, value)]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [tensor for each in value for tensor in _tensors(follower, node, each)]
    if isinstance(value, Unknown):
        raise value.error or follower.source.fault(value.reason, value.start, value.end)
    return []


def _count_unused(follower: Follower, model: Instance | Container) -> None:
    """Count what the model makes and never runs, as PyTorch does, behind its last layer, and note it."""
    found: list[Layer | Parameter] = []
    builder = follower.builder
    ran: set[str] = set()
    for entry in builder.entries:
        name = entry.name
        while name:
            ran.add(name)
            name = name.rpartition(".")[0]
    _find_unused(model, found, ran, set())
    counted = 0
    for value in found if builder.entries else ():
        held = _held(follower, value)
        if held is not None:
            start, end = (value.call.start, value.call.end) if isinstance(value, Layer) else (0, 0)
            text = f"{fold(follower.source.text[start:end]) or 'parameter'}, never run"
            builder.add(held, [len(builder.entries) - 1], (start, end), name=value.name, text=text)
            counted += 1
    if counted:
        shown = ", ".join(value.name for value in found)
        note = f"made but not run for what forward returns: {shown}; "
        note += "the parameters count, as in PyTorch, and there are no MACs"
        first = builder.entries[0]
        first.notes = (*first.notes, note if len(note) <= LONGEST_NOTE else f"{note[: LONGEST_NOTE - 1]}…")


def _not_registered(model: Instance | Container) -> list[str]:
    """Return the attributes that hold modules in a plain list or dict, where PyTorch does not find them."""
    registered: dict[int, Any] = {}
    waiting: list[Any] = [model]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Layer | Container | Instance) and id(value) not in registered:
            registered[id(value)] = value
            held = value.attributes if isinstance(value, Instance) else getattr(value, "children", {})
            waiting += held.values()
    return [
        name
        for instance in registered.values()
        if isinstance(instance, Instance)
        for name, held in instance.attributes.items()
        if isinstance(held, list | tuple | dict)
        for each in (held.values() if isinstance(held, dict) else held)
        if isinstance(each, Layer | Container | Instance) and id(each) not in registered
    ]


def _find_unused(value: Any, found: list[Layer | Parameter], ran: set[str], seen: set[int]) -> None:
    """Find layers and parameters that have a name in the model and never run, or for nothing that is returned."""
    if id(value) in seen:
        return
    seen.add(id(value))
    counts = isinstance(value, Layer) or (isinstance(value, Parameter) and value.learned and not value.used)
    if counts and value.name and value.name not in ran:
        found.append(value)
    for each in inside(value):
        _find_unused(each, found, ran, seen)


def _held(follower: Follower, value: Layer | Parameter) -> Held | None:
    """Return what a layer or a parameter holds, None where that is nothing or not known."""
    if isinstance(value, Parameter):
        return None if value.shape is None else Held(prod(value.shape))
    try:
        numbers = numbers_of(follower, value)
    except (ConvcalcError, ValueError):
        return None
    held = Held(numbers.weights, numbers.biases, numbers.buffers)
    return held if held != Held(0) else None
