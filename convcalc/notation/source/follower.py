"""Statements of a program followed one by one, and calls sent to where they are understood."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.errors import ConvcalcError
from convcalc.layers import TensorShape
from convcalc.notation.call.tree import Call
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.source import (
    assignment,
    builtin,
    containers,
    copying,
    definitions,
    emission,
    imports,
    items,
    iterators,
    keras_functions,
    keras_models,
    keras_own_layers,
    layer_classes,
    module_runs,
    modules,
    open_sizes,
    patterns,
    published_models,
    records,
    reparametrization,
    tensors,
)
from convcalc.notation.source.expressions import YIELDED, evaluate
from convcalc.notation.source.iterators import Once
from convcalc.notation.source.known_sizes import KnownSizes
from convcalc.notation.source.limits import MOST_STEPS, is_heavy
from convcalc.notation.source.running import Running
from convcalc.notation.source.values import (
    AxisSize,
    Class,
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Method,
    Name,
    Parameter,
    Partial,
    Returned,
    Scope,
    Stopped,
    Tensor,
    TensorSizes,
    Unknown,
)
from convcalc.text import Source

if TYPE_CHECKING:
    from convcalc.notation import Begin

MOST_CALLS = 60
CALLED = (
    *(builtin.function, records.function, copying.function, keras_models.function, published_models.function),
    *(keras_functions.function, emission.function, reparametrization.function, tensors.function),
)
"""Functions that each understand some names that no program defines, in the order in which they are asked."""


class Follower:
    """Follows a program on tensors of a graph that grows as layers run."""

    def __init__(
        self, source: Source, notation: str, begin: Begin | None = None, whole: list[TensorShape] | None = None
    ) -> None:
        self.source = source
        self.notation = notation
        self.builder = GraphBuilder(source, notation)
        self.sizes = KnownSizes(self.builder, begin, whole)
        self.moves_batch = False  # whether a fault is that the batch axis is moved, whose size is not known
        self.running = Running(self.builder)
        self.is_running = notation == "keras"
        self.top = Scope()
        self.top.names["__name__"] = "__main__"
        self.steps = 0
        self.depth = 0
        self.lost_change: ConvcalcError | None = None  # of a module, which is not followed
        self.own_names: dict[ast.AST, frozenset[str]] = {}  # of functions, by where they are defined
        self.models: list[Any] = []
        self.instances: list[Instance] = []
        self.modules_at: dict[int, Layer | KerasModel] = {}  # which one made a tensor
        self.made_layers: dict[str, int] = {}  # how many layers of Keras's have a name before its number
        self.computed = 0  # how many numbers of weights are constants, or made of others, and not parameters
        self.tied: list[Layer] = []  # those that take a weight from another, and the others
        self._starts = [0]
        for line in source.text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._encoded = not source.text.isascii()

    # Places

    def offset(self, line: int, column: int) -> int:
        """Return the offset in the text of a line and a column in bytes, as syntax trees count."""
        start = self._starts[line - 1]
        if self._encoded:
            text = self.source.text[start : self._starts[line] - 1]
            column = len(text.encode()[:column].decode(errors="ignore"))
        return start + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node stands in the text."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]  # all nodes that are followed
        return start, self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def fault(self, node: ast.AST, message: str, hint: str | None = None) -> ConvcalcError:
        """Return the error at a node, to be raised by the caller."""
        return self.source.fault(message, *self.span(node), hint=hint)

    # Statements

    def run(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow statements in their order."""
        for statement in body:
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """Follow one statement."""
        self.step(node)
        match node:
            case ast.Assign():
                value = evaluate(self, node.value, scope)
                for target in node.targets:
                    self.assign(target, value, scope)
            case ast.AnnAssign() if node.value is not None:
                self.assign(node.target, evaluate(self, node.value, scope), scope)
            case ast.AugAssign():
                assignment.changed(self, node, scope)
            case ast.Expr():
                if not self.is_of_unknown(node.value, scope):
                    evaluate(self, node.value, scope)
            case ast.Return():
                raise Returned(None if node.value is None else evaluate(self, node.value, scope))
            case ast.If():
                self.run(self.taken(node, scope), scope)
            case ast.Raise():
                raise self.fault(node, "the program stops here with an error of its own")
            case ast.Match():
                self.run(patterns.taken(self, node, scope), scope)
            case ast.For():
                self.loop(node, scope)
            case ast.While():
                self.repeat(node, scope)
            case ast.FunctionDef():
                scope.set(node.name, definitions.function_of(self, node, scope, scope))
            case ast.ClassDef():
                scope.set(node.name, definitions.class_of(self, node, scope))
            case ast.With():
                self.run(node.body, scope)
            case ast.Try():
                self.tried(node, scope)
            case ast.Import() | ast.ImportFrom():
                imports.take(node, scope)
            case ast.Global() | ast.Nonlocal():
                scope.take_from(node.names, top=self.top if isinstance(node, ast.Global) else None)
            case ast.Pass() | ast.Assert() | ast.AnnAssign():
                pass
            case ast.Delete():
                assignment.delete(self, node, scope)
            case ast.Break() | ast.Continue():
                raise Stopped(whole=isinstance(node, ast.Break))
            case _:
                raise self.fault(node, f"{type(node).__name__.lower()} is not followed")

    def is_of_unknown(self, node: ast.expr, scope: Scope) -> bool:
        """Return whether a statement calls a method of what is not known, as of a logger: it changes no layer."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                holder = scope.holding(name)
                return holder is not None and isinstance(holder.names[name], Unknown)
        return False

    def step(self, node: ast.AST) -> None:
        """Count one more step; the number of steps that are followed is limited."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise self.fault(node, f"more than {MOST_STEPS:,} steps are not followed")

    def taken(self, node: ast.If, scope: Scope) -> list[ast.stmt]:
        """Return the branch of a condition that is taken; one that only refuses what is not known is not."""
        refuses = all(isinstance(each, ast.Raise | ast.Assert | ast.Pass) for each in node.body)
        try:
            return node.body if self.truth(node.test, evaluate(self, node.test, scope)) else node.orelse
        except ConvcalcError:
            if not refuses:
                raise
            return node.orelse

    def tried(self, node: ast.Try, scope: Scope) -> None:
        """Follow what is tried, and what is done at the end however that ends."""
        try:
            self.run(imports.tried(node), scope)
        except (Returned, Stopped):
            self.run(node.finalbody, scope)
            raise
        self.run(node.finalbody, scope)

    def loop(self, node: ast.For, scope: Scope) -> None:
        """Follow a loop over what is known."""
        if modules.sets_values_only(node, scope):
            return
        many = evaluate(self, node.iter, scope)
        for item in iterators.one_by_one(self, node.iter, many):
            self.assign(node.target, item, scope)
            if self.breaks(node.body, scope):
                return
        self.run(node.orelse, scope)

    def repeat(self, node: ast.While, scope: Scope) -> None:
        """Follow a loop as long as its condition is known to hold."""
        while self.truth(node.test, evaluate(self, node.test, scope)):
            self.step(node)
            if self.breaks(node.body, scope):
                return
        self.run(node.orelse, scope)

    def breaks(self, body: list[ast.stmt], scope: Scope) -> bool:
        """Follow the body of a loop once, and return whether it breaks the loop off."""
        try:
            self.run(body, scope)
        except Stopped as stopped:
            return stopped.whole
        return False

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Assign a value to a name, an attribute, an item, or to several of them one by one."""
        assignment.assign(self, target, value, scope)

    # Values

    def truth(self, node: ast.AST, value: Any) -> bool:
        """Return whether a value counts as true."""
        if isinstance(value, AxisSize | TensorSizes):
            raise self.fault(node, open_sizes.OPEN_SIZE, open_sizes.GIVE_SIZE)
        if isinstance(value, Tensor | Parameter | Unknown):
            raise self.fault(node, "this depends on a tensor, which is not known while a program is read")
        if isinstance(value, Instance):
            return records.truth(self, node, value)
        if isinstance(value, Container):
            return bool(value.children)
        return isinstance(value, Name | Once) or bool(value)

    def items(self, node: ast.AST, value: Any) -> list[Any]:
        """Return the items of a list, of a range, of modules."""
        return items.items(self, node, value)

    def anonymous(self, node: ast.Lambda, scope: Scope) -> Function:
        """Return a function without a name."""
        return definitions.with_defaults(self, Function(node, scope), scope)

    def subscript(self, node: ast.Subscript, value: Any, scope: Scope) -> Any:
        """Return an item, a slice, or a part of a tensor."""
        return items.item(self, node, value, scope)

    def key(self, node: ast.expr, scope: Scope) -> Any:
        """Return the index or slice between brackets, or a key of a dictionary."""
        if isinstance(node, ast.Slice):
            ends = (node.lower, node.upper, node.step)
            return items.slice_of(self, node, *(each and evaluate(self, each, scope) for each in ends))
        found = evaluate(self, node, scope)
        if isinstance(found, tuple) and is_heavy(found):
            raise self.fault(node, "this is too long to be followed")
        return found

    # Calls

    def call(self, node: ast.AST, function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Return what a call makes: of a function, a class, a layer, a method, or of a framework."""
        self.depth += 1
        self.steps += 3  # a call takes as long as some statements
        self.step(node)
        if self.depth > MOST_CALLS:
            raise self.fault(node, f"calls in calls are followed up to {MOST_CALLS} deep")
        try:
            match function:
                case Function():
                    return self.apply(node, function, arguments, keywords)
                case Class():
                    return self.made(node, function, arguments, keywords)
                case Partial():
                    given = [*function.arguments, *arguments]
                    return self.call(node, function.function, given, function.keywords | keywords)
                case Instance():
                    return self.forward(node, function, arguments, keywords)
                case Layer() | Container():
                    return module_runs.run(self, node, function, arguments, keywords)
                case KerasModel():
                    return keras_models.run(self, node, function, arguments)
                case Method(owner=Tensor() as tensor):
                    return self.tensor_method(node, tensor, function.name, arguments, keywords)
                case Method() if isinstance(node, ast.Call):
                    return builtin.method(self, node, function, arguments, keywords)
                case Name() if isinstance(node, ast.Call):
                    return self.of_framework(node, function, arguments, keywords)
        finally:
            self.depth -= 1
        raise self.fault(node, "what is called here is not known")

    def apply(self, node: ast.AST, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Call a function of the program."""
        if function.made is not None:
            return definitions.once(self, node, function, arguments, keywords)
        scope = definitions.inner_scope(self, function)
        given = ([function.owner] if function.owner is not None else []) + arguments
        definitions.bind(self, node, function, given, keywords, scope)
        if isinstance(function.node, ast.Lambda):
            return evaluate(self, function.node.body, scope)
        is_generator = definitions.is_generator(function)
        if is_generator:
            scope.names[YIELDED] = []
        try:
            self.run(function.node.body, scope)
        except Returned as returned:
            return Once(scope.names[YIELDED]) if is_generator else returned.value
        return Once(scope.names[YIELDED]) if is_generator else None

    def made(self, node: ast.AST, kind: Class, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Make an object of a class of the program."""
        if records.is_enumeration(kind):
            return records.member(self, node, kind, arguments)
        definitions.refuse_own_making(self, node, kind)
        instance = Instance(kind)
        start = kind.find("__init__")
        if isinstance(start, Function):
            self.apply(node, start.of(instance), arguments, keywords)
            containers.note_base_not_made(self, start.node, instance)
        elif containers.kind_of(kind):
            containers.add_modules(self, node, instance, arguments)
        elif not (
            layer_classes.make(self, node, instance, arguments, keywords) or keras_models.takes_own(self, kind)
        ):
            records.fill(self, node, instance, arguments, keywords)
        self.instances.append(instance)
        return instance

    def forward(self, node: ast.AST, instance: Instance, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Run a module of the program on tensors."""
        method = next(filter(None, map(instance.kind.find, ("__call__", "forward", "call"))), None)
        with self.running.module(instance.name):
            if method is None and containers.kind_of(instance.kind) == "Sequential":
                return containers.run_in_order(self, node, instance, arguments)
            if method is None and instance.layer is not None:
                return layer_classes.run(self, node, instance, arguments, keywords)
            if not isinstance(method, Function):
                raise self.fault(node, f"{instance.kind.name} has no forward")
            return keras_own_layers.run(self, node, method.of(instance), arguments, keywords)

    def of_framework(self, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Call a name that the program does not define."""
        for known in CALLED:
            value = known(self, node, name, arguments, keywords)
            if value is not NotImplemented:
                return value
        if "." in name.dotted:
            emission.refuse_unknown(self, node, arguments)
        raise self.fault(node, f"{name.dotted[:60]} is not known", emission.close_name(self, name))

    def tensor_method(
        self, node: ast.AST, tensor: Tensor, name: str, arguments: list[Any], keywords: dict[str, Any]
    ) -> Any:
        """Call a method of a tensor."""
        return tensors.method(self, node, tensor, name, arguments, keywords)

    def arithmetic(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        """Join tensors by a sign."""
        return tensors.arithmetic(self, node, left, right)

    def held(self, node: ast.AST, parameter: Parameter) -> Tensor:
        """Return a parameter, or what a program fills, as a tensor."""
        return tensors.held(self, node, parameter)

    def elementwise(self, node: ast.AST, tensor: Tensor, name: str) -> Tensor:
        """Run a layer that leaves sizes alone."""
        return emission.elementwise(self, node, tensor, name)

    def comparable(self, node: ast.AST, value: Any) -> Any:
        """Return what stands in a comparison as numbers."""
        return records.comparable(self, node, open_sizes.comparable(self, node, value))

    def layer_of(self, module: Layer) -> layers.Layer:
        """Return the layer that a call is."""
        return emission.entries_of(self, module)[0].layer

    def call_of(self, node: ast.Call, name: str, arguments: Sequence[Any], keywords: dict[str, Any]) -> Call:
        """Return a call with values for its arguments, at the place of the node."""
        return emission.call_of(self, node, name, arguments, keywords)
