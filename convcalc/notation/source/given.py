"""What the statements of a program give to names: modules in the order in which they were made, and parts of some."""

from __future__ import annotations

import ast
import re
from typing import Any

from convcalc.errors import ConvcalcError
from convcalc.notation.source import layer_classes
from convcalc.notation.source.containers import kind_of
from convcalc.notation.source.follower import Follower
from convcalc.notation.source.values import Class, Container, Instance, Layer, Name

_OF_MODELS = ("torchvision.models.", "models.", "timm.", "torch.hub.load", "segmentation_models_pytorch.", "smp.")
_BESIDE_MODELS = ("transforms", "weight", "Weights", "Loss", "losses", "metrics", "utils", "list_models")
_CHANGES = ("add_module", "register_module", "append", "extend", "insert", "pop", "update")
_WRAPPERS = (
    "DataParallel",
    "DistributedDataParallel",
    "DDP",
    "compile",
    "script",
    "prepare",
    "convert_sync_batchnorm",
)
_OF_A_WHOLE_MODEL = re.compile(r"(?:^|_)(?:model|net|network)\d*$", re.IGNORECASE)
"""How the name of a model ends."""
_PARTS = ("getattr", "next", ".get_submodule")


class Given:
    """What the statements of a program give to names, in the order in which they last did.

    `taken` are the names of parts of a module that was made before, `model = net.features`; `missing` are those of
    models that are not followed, with why. `loose` are modules that get no name.
    """

    __slots__ = ("loose", "missing", "names", "taken")

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.taken: set[str] = set()
        self.missing: dict[str, ConvcalcError] = {}
        self.loose: list[Any] = []

    def add(self, name: str, *, is_part: bool = False, missing: ConvcalcError | None = None) -> None:
        """Note that a statement gives a value to a name."""
        self.names.pop(name, None)
        self.names[name] = None
        self.taken.discard(name)
        self.missing.pop(name, None)
        if is_part:
            self.taken.add(name)
        if missing is not None:
            self.missing[name] = missing

    def change(self, name: str) -> None:
        """Note that a statement changes the model of a name: it is made anew."""
        if name in self.names:
            self.names[name] = self.names.pop(name)

    def take(self, node: ast.stmt) -> None:
        """Note what a statement gives to names, and what it changes."""
        for name, is_part in _given_names(node):
            self.add(name, is_part=is_part)
        for target in node.targets if isinstance(node, ast.Assign) else []:
            self.change(_root(target))


def makes_model(follower: Follower, node: ast.AST, name: str) -> bool:
    """Return whether a statement, or one in it, gives a name to a model.

    It does where a class of the program, a container or a library of models makes it, and by what models are called.
    """
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        inner = () if isinstance(node, ast.ClassDef | ast.FunctionDef) else ast.iter_child_nodes(node)
        return any(makes_model(follower, each, name) for each in inner)
    call = node.value
    if name not in names_set(node) or not isinstance(call, ast.Call):
        return False
    return is_called_model(name) or _is_of_model(follower, call)


def is_called_model(name: str) -> bool:
    """Return whether a name is one that models have.

    >>> [name for name in ("model", "my_net", "net2", "models", "network_size") if is_called_model(name)]
    ['model', 'my_net', 'net2']
    """
    return _OF_A_WHOLE_MODEL.search(name) is not None


def _is_of_model(follower: Follower, call: ast.Call) -> bool:
    """Return whether a call makes a model, by what is called."""
    while isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        call = call.func.value  # Net(3).to(device)
    first, _, rest = ast.unparse(call.func).partition(".")
    value = follower.top.names.get(first)
    if isinstance(value, Class):
        return not rest and runs(value)
    dotted = ".".join(filter(None, (value.dotted if isinstance(value, Name) else first, rest)))
    return dotted.endswith("nn.Sequential") or (
        dotted.startswith(_OF_MODELS) and not any(word in dotted for word in _BESIDE_MODELS)
    )


def is_module(value: Any) -> bool:
    """Return whether a value is a module that runs on tensors."""
    if isinstance(value, Instance):
        return runs(value.kind) or kind_of(value.kind) == "Sequential"
    return isinstance(value, Layer) or (isinstance(value, Container) and value.kind == "Sequential")


def runs(kind: Class) -> bool:
    """Return whether objects of a class run on tensors."""
    runs_itself = kind.find("forward") is not None or (kind.find("call") is not None and bool(kind.bases))
    return runs_itself or layer_classes.base_of(kind) is not None


def _given_names(node: ast.stmt) -> list[tuple[str, bool]]:
    """Return the names that a statement assigns, not by a loop over others, and whether each is a part of a value."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        value = node.value
        is_part = isinstance(value, ast.Attribute | ast.Subscript) or (
            isinstance(value, ast.Call) and ast.unparse(value.func).endswith(_PARTS)
        )
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [name for target in targets for name in names_set(target)]
        return [(name, is_part) for name in names]
    inner = [getattr(node, field, []) for field in ("body", "orelse", "handlers", "finalbody")]
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return []
    return [each for body in inner for statement in body for each in _given_names(statement)]


def _root(node: ast.AST) -> str:
    """Return the name at the beginning of an attribute or item, empty for anything else."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changed(node: ast.expr) -> str:
    """Return the name of what a call changes, `net.add_module(...)` or `setattr(net, ...)`, empty for none."""
    match node:
        case ast.Call(func=ast.Attribute(attr=attr) as called) if attr in _CHANGES:
            return _root(called)
        case ast.Call(func=ast.Name(id="setattr"), args=[first, *_]):
            return _root(first)
    return ""


def wraps(follower: Follower, node: ast.stmt, name: str) -> bool:
    """Return whether a statement that is not followed gives a name to what a call makes of its own module, or loads.

    The module is taken to stay as it is: that is noted but for calls that are known to leave it so.
    """
    match node:
        case ast.Assign(value=ast.Call(func=called, args=args) as call) if not _is_of_model(follower, call):
            text = ast.unparse(called)
            own = any(isinstance(each, ast.Name) and each.id == name for each in args)
            if is_module(follower.top.names.get(name)) and (own or text == "torch.load"):
                if text.rpartition(".")[2] not in _WRAPPERS:
                    note = f"{text[:60]} is not followed: {name} is taken to stay as it is"
                    follower.builder.assumptions += (note,)
                return True
    return False


def names_set(node: ast.AST) -> list[str]:
    """Return the names that a statement or a part of one sets."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
