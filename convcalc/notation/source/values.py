"""What names stand for while a program is followed: tensors, modules, classes, functions, and what is not known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.notation.call.tree import Call

if TYPE_CHECKING:
    from convcalc.layers import Layer as LayerRule

COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
MASKS = (*COMPARISONS, "Invert", "BitAnd", "BitOr", "BitXor", "logical_and", "logical_or", "isnan", "bool")
"""Operations that make true or false of numbers: how many cells an index of those takes is not known."""


class Tensor:
    """A tensor of the network, by the index of the entry that makes it.

    `before` is the tensor that a permutation moved the batch axis of, and the order of its axes: only parts along
    the axis that now stands first are used. `is_batch` is whether the axis of the batch is its only one. `in_order`
    is whether its numbers are known to stand one behind the other in memory; if not, `made_by` is the layer that
    makes it of other tensors, and those, where their order says that of its own. `is_constant` is whether it is made
    of parameters alone, so that it has no batch axis.
    """

    __slots__ = ("before", "in_order", "index", "is_batch", "is_constant", "made_by")

    def __init__(self, index: int) -> None:
        self.index = index
        self.in_order = index < 0
        self.made_by: tuple[LayerRule, tuple[Tensor, ...]] | None = None
        self.is_batch = False
        self.is_constant = False
        self.before: tuple[Tensor, tuple[int, ...]] | None = None


class AxisSize:
    """The size of an axis of a tensor that is not known, as that of the batch; axis None is what follows from some.

    >>> AxisSize(Tensor(0), 0).is_batch
    True
    """

    __slots__ = ("axis", "tensor")

    def __init__(self, tensor: Tensor | None = None, axis: int | None = None) -> None:
        self.tensor = tensor
        self.axis = axis

    @property
    def is_batch(self) -> bool:
        """Whether it is the number of samples, which no layer changes."""
        return self.axis == 0


class TensorSizes:
    """All the sizes of a tensor: `x.size()`, `x.shape`."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


class Parameter:
    """A tensor that a module holds: its shape, None where it is not known; `learned` is whether it is a parameter.

    `of` is the layer whose weight or bias it is. What a program fills itself, `torch.zeros(3, 4)`, is not learned;
    `numbers` are those of a row of known ones, None for others; `is_mask` is whether they are true or false.
    """

    __slots__ = ("is_mask", "learned", "name", "numbers", "of", "shape", "used", "whole")

    def __init__(self, shape: tuple[int, ...] | None, *, learned: bool = False, of: Layer | None = None) -> None:
        self.shape = shape
        self.learned = learned
        self.of = of
        self.name = ""
        self.numbers: list[float] | None = None
        self.is_mask = False
        self.used = False
        self.whole = self

    def seen_as(self, shape: tuple[int, ...]) -> Parameter:
        """Return the parameter with other axes, or a part of it; `whole` is the one that is counted."""
        view = Parameter(shape, learned=self.learned, of=self.of)
        view.whole = self.whole
        view.is_mask = self.is_mask
        return view


class Layer:
    """A layer that a program makes: its call, and its name in the model once it has one.

    `default_name` is what Keras calls it without a name; `places` are its entries of the graph. `holders` has the
    layers that its `weight` or `bias` was taken from, where it is not its own. `made_from` is what its weight is made
    from, where it is not a parameter itself: `weight_norm` or `spectral_norm`, and over which axis. `attributes` are
    those that a program sets and no layer has. `text` is how it is shown, empty for what stands at its place.
    `result` is what it made when it ran first.
    """

    __slots__ = ("attributes", "call", "default_name", "holders", "made_from", "name", "places", "result", "text")

    def __init__(self, call: Call, default_name: str = "", text: str = "") -> None:
        self.call = call
        self.text = text
        self.name = ""
        self.default_name = default_name
        self.places: list[int] = []
        self.holders: dict[str, Layer] = {}
        self.made_from: tuple[str, int | None] | None = None
        self.attributes: dict[str, Any] = {}
        self.result: Tensor | None = None

    def holder(self, kind: str) -> Layer:
        """Return the layer whose `weight` or `bias` this one has."""
        return self.holders.get(kind, self)


class Container:
    """Modules in a list or under names; only a `Sequential` runs them in their order.

    `attributes` are those that a program sets, and no modules.
    """

    __slots__ = ("attributes", "children", "kind", "name")

    def __init__(self, kind: str, children: dict[str, Any]) -> None:
        self.kind = kind
        self.children = children
        self.name = ""
        self.attributes: dict[str, Any] = {}

    def append(self, value: Any) -> None:
        """Add a module behind the others."""
        self.children[str(len(self.children))] = value


class KerasModel:
    """A model of Keras's: layers in their order, or a graph that has been run already, with its inputs and outputs.

    `inputs` are those that are known; `used` is whether another model runs it, `returns` what it returns, as a list
    or a dict if it does so. `steps` is 1 where it runs its layers on each step of a sequence, else 0. `is_merge` is
    whether it is a layer that joins tensors, `result` what that made when it ran first.
    """

    __slots__ = ("inputs", "is_merge", "layers", "name", "outputs", "result", "returns", "steps", "used")

    def __init__(
        self, layers: list[Any], outputs: list[Tensor] | None = None, inputs: list[Tensor] | None = None
    ) -> None:
        self.layers = layers
        self.outputs = outputs
        self.inputs = inputs or []
        self.returns: Any = outputs
        self.steps = 0
        self.name = ""
        self.used = False
        self.is_merge = False
        self.result: Tensor | None = None

    def tensors(self, name: str) -> Tensor | list[Tensor]:
        """Return the `output`, `outputs`, `input` or `inputs`: one tensor alone, or several in a list."""
        found = (self.outputs or []) if name.startswith("output") else self.inputs
        return found[0] if len(found) == 1 and not name.endswith("s") else found


class Method:
    """A method of a value that is not of the program."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: Any, name: str) -> None:
        self.owner = owner
        self.name = name


class Function:
    """A function of the program, and the object it is a method of, if it is one.

    `defaults` are the values of its defaults where it was defined, `decorators` the names of those that leave it as
    it is, `made` what it returned for which arguments, where it keeps that.
    """

    __slots__ = ("decorators", "defaults", "made", "node", "owner", "scope")

    def __init__(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, owner: Any = None) -> None:
        self.node = node
        self.scope = scope
        self.owner = owner
        self.defaults: dict[ast.expr, Any] = {}
        self.decorators: frozenset[str] = frozenset()
        self.made: dict[Any, Any] | None = None

    def of(self, owner: Any) -> Function:
        """Return the function as a method of an object."""
        bound = Function(self.node, self.scope, owner)
        bound.defaults, bound.decorators, bound.made = self.defaults, self.decorators, self.made
        return bound

    def marked(self, decorator: str, *, caches: bool) -> Function:
        """Return the function with one more decorator, which may keep what it returns."""
        found = self.of(self.owner)
        found.decorators |= {decorator}
        found.made = {} if caches else self.made
        return found


class Class:
    """A class of the program: its methods and attributes, its own and those of classes of the program under it.

    `order` is the class and those under it, in the order in which Python looks for an attribute.
    """

    __slots__ = ("attributes", "bases", "name", "node", "order")

    def __init__(self, node: ast.ClassDef, bases: list[Any], attributes: dict[str, Any]) -> None:
        self.node = node
        self.name = node.name
        self.bases = bases
        self.attributes = attributes
        under = [base for base in bases if isinstance(base, Class)]
        merged = under[0].order if len(under) == 1 else _merged([*(base.order for base in under), under])
        self.order: list[Class] = [self, *merged]

    def find(self, name: str) -> Any:
        """Return an attribute of the class or of one under it, None where there is none."""
        return next((each.attributes[name] for each in self.order if name in each.attributes), None)

    def has(self, name: str) -> bool:
        """Return whether the class or one under it has an attribute, which may be None."""
        return any(name in each.attributes for each in self.order)


def _merged(orders: list[list[Class]]) -> list[Class]:
    """Return classes in one order that keeps each of several (C3, as Python has it); where none does, the first."""
    found: list[Class] = []
    while orders := [rest for order in orders if (rest := [each for each in order if each not in found])]:
        later = {id(each) for order in orders for each in order[1:]}
        found.append(next((order[0] for order in orders if id(order[0]) not in later), orders[0][0]))
    return found


class Instance:
    """An object of a class of the program, and its name in the model once it has one.

    `layer` is the layer of PyTorch's that it is, where its class is one of those.
    """

    __slots__ = ("attributes", "kind", "layer", "name")

    def __init__(self, kind: Class) -> None:
        self.kind = kind
        self.layer: Layer | None = None
        self.attributes: dict[str, Any] = {}
        self.name = ""


class Partial:
    """A function with some of its arguments: `partial(nn.BatchNorm2d, eps=1e-3)`."""

    __slots__ = ("arguments", "function", "keywords")

    def __init__(self, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords


class Parent:
    """What `super()` stands for: the classes behind one in the order of an object's class."""

    __slots__ = ("instance", "kind")

    def __init__(self, instance: Instance | Class, kind: Class) -> None:
        self.instance = instance
        self.kind = kind

    def find(self, name: str) -> Any:
        """Return an attribute of the first of the classes that has one, None where none does."""
        order = (self.instance.kind if isinstance(self.instance, Instance) else self.instance).order
        behind = order[order.index(self.kind) + 1 :] if self.kind in order else []
        return next((each.attributes[name] for each in behind if name in each.attributes), None)


class Name:
    """A dotted name that the program does not define: of a framework, or a built-in one."""

    __slots__ = ("dotted",)

    def __init__(self, dotted: str) -> None:
        self.dotted = dotted

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and self.last == other.last

    def __hash__(self) -> int:
        return hash(self.last)

    @property
    def last(self) -> str:
        """The name without the modules before it."""
        return self.dotted.rpartition(".")[2]


class Unknown:
    """A value that is not followed, and why."""

    __slots__ = ("end", "error", "reason", "start")

    def __init__(self, reason: str, start: int, end: int, error: ConvcalcError | None = None) -> None:
        self.error = error
        self.reason = reason.rpartition(" is needed here: ")[2]  # not by way of other names
        self.start = start
        self.end = end


class Scope:
    """Names with their values, and the scope around.

    `elsewhere` has the scopes of names that `global` and `nonlocal` say are not its own; `own` are those that are
    its own before they have a value; `is_round` is whether it is a round of a comprehension.
    """

    __slots__ = ("elsewhere", "is_round", "names", "outer", "own")

    def __init__(self, outer: Scope | None = None, *, is_round: bool = False) -> None:
        self.names: dict[str, Any] = {}
        self.outer = outer
        self.elsewhere: dict[str, Scope] = {}
        self.own: frozenset[str] = frozenset()
        self.is_round = is_round

    def find(self, name: str) -> Any:
        """Return the value of a name; KeyError where no scope has it."""
        scope = self.holding(name)
        if scope is None:
            raise KeyError(name)
        return scope.names[name]

    def holding(self, name: str) -> Scope | None:
        """Return the innermost scope that has a name, None where the name has no value there."""
        return self._search(name)[0]

    def lacks(self, name: str) -> bool:
        """Return whether a name is that of a function around whose value is not assigned yet."""
        return self._search(name)[1]

    def _search(self, name: str) -> tuple[Scope | None, bool]:
        """Return the innermost scope that has a name, and whether one that it belongs to lacks it."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            if name in scope.own:
                return None, True
            scope = scope.elsewhere.get(name, scope.outer)
        return scope, False

    @property
    def around(self) -> Scope:
        """The scope around the rounds of a comprehension."""
        return self.outer.around if self.is_round and self.outer is not None else self

    def set(self, name: str, value: Any) -> Any:
        """Assign a value to a name, in the scope where it belongs, and return the value."""
        self.elsewhere.get(name, self).names[name] = value
        return value

    def take_from(self, names: list[str], *, top: Scope | None) -> None:
        """Leave names to the scope `top`, or to the one around that has them."""
        for name in names:
            holder = top if top is not None else self.outer and self.outer.holding(name)
            if holder is not None and holder is not self:
                self.elsewhere[name] = holder


class Returned(Exception):  # noqa: N818  # it ends a function, it is not an error
    """The value that a function returns."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Stopped(Exception):  # noqa: N818  # it ends a loop, it is not an error
    """The end of a loop, or of one round of it."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self.whole = whole
