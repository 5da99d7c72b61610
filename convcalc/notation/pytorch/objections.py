"""What speaks against running the modules of a class in the order in which they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from convcalc.notation.pytorch.print_tree import Module

LISTS = ("ModuleList", "ModuleDict")
_EMPTY = ("Identity", "Sequential", *LISTS, "ParameterList", "ParameterDict")
_BESIDE = re.compile(
    r"short_?cut|down_?sample|skip|residual|gate|(?:^|_)se(?:_|$)|squeeze|excit|lateral|aux", re.IGNORECASE
)
_GATE = re.compile(r"SE(?![a-z])|.*(?:Squeeze.*Excit|ChannelAttention|SpatialAttention|CBAM|GateLayer|EcaModule|ECA)")
_ATTENTION = re.compile(r"^(?:to_)?(?:q|k|v|query|key|value|qkv|[qkv]_proj)$", re.IGNORECASE)
_TO_ONE = re.compile(r"Adaptive(?:Avg|Max)Pool[123]d\((?:output_size=)?[(\[]?1(?:, 1)*,?[)\]]?\)")
_SIGMOIDS = ("Sigmoid", "Hardsigmoid")
_CHANNELS = re.compile(r"\((?:in_features=)?(\d+), (?:out_features=)?(\d+)")
_ON_MAPS = re.compile(r"(?:ConvTranspose|Conv|MaxPool|AvgPool|Adaptive\w+Pool|Upsample|PixelShuffle)\w*\(")
_POINTWISE = re.compile(r"kernel_size=(?:1|\(1(?:, 1)*,?\))(?:,|\))")

Objection = tuple[str, Module]
"""What speaks against the printed order, and the module that it is about."""


def objections(module: Module) -> Iterator[Objection]:
    """Return what the names of a class and its children say against running them in their order.

    >>> from convcalc.notation.pytorch.print_tree import read_tree
    >>> from convcalc.text import Source
    >>> text = "Net((a): ReLU() (shortcut): Conv2d(3, 8, kernel_size=1))"
    >>> [message for message, _ in objections(read_tree(Source(text), text).children[0])]
    ['(shortcut) in Net looks like a branch beside others, whose way print() does not show']
    """
    kind = module.type or "the model"
    if _GATE.match(module.class_name):
        yield f"{kind} looks like a gate on what comes in, which print() does not show", module
    for child in module.children:
        if child.class_name in _EMPTY and not child.children:
            continue
        if _BESIDE.search(child.name) or child.class_name in ("SqueezeExcitation", "SEModule"):
            yield (
                f"({child.name}) in {kind} looks like a branch beside others, whose way print() does not show",
                child,
            )
    if len([child for child in module.children if _ATTENTION.match(child.name)]) > 1:
        yield f"{kind} looks like an attention, whose way print() does not show", module
    lists = [child for child in module.children if child.class_name in LISTS and child.children]
    if len(lists) > 1:
        yield f"the lists of {kind} stand side by side: print() does not show how they are run", lists[1]


def maps_again(root: Module, text: str, way: Callable[[Module], str]) -> Iterator[Objection]:
    """Return where what is pooled to 1x1 meets a map again in an order that is only assumed.

    There it is a gate on a map, or one branch of several, which `print` does not show. `text` is the print; `way`
    says how a module with children runs them: `certain` in their order, `assumed` so, or `known` in another.

    >>> from convcalc.notation.pytorch.print_tree import read_tree
    >>> from convcalc.text import Source
    >>> text = "Net((a): AdaptiveAvgPool2d(1) (b): Conv2d(3, 8, kernel_size=(3, 3)))"
    >>> root = read_tree(Source(text), text)
    >>> [module.name for _, module in maps_again(root, text, lambda module: "assumed")]
    ['b']
    """
    return _Walk(text, way).through(root, root)


class _Pooled:
    """A pooling to 1x1, the features of the layers behind it, and whether what follows it is certain."""

    __slots__ = ("certain", "channels", "module")

    def __init__(self, module: Module, certain: bool) -> None:
        self.module = module
        self.certain = certain
        self.channels: list[tuple[str, str]] = []


class _Walk:
    """A walk over the modules in their order, with the pooling to 1x1 that the current one stands behind."""

    def __init__(self, text: str, way: Callable[[Module], str]) -> None:
        self.text = text
        self.way = way
        self.pooled: _Pooled | None = None

    def through(self, module: Module, parent: Module) -> Iterator[Objection]:
        way = self.way(module) if module.children else "leaf"
        if way == "leaf":
            yield from self.leaf(module, parent)
            return
        if way == "known" and self.pooled is not None:
            yield from self.block(module, parent, self.pooled)
        for child in module.children:
            if way == "known":
                self.pooled = None
            self.doubt(way)
            yield from self.through(child, module)
        self.doubt(way)
        if way == "known":
            self.pooled = None

    def doubt(self, way: str) -> None:
        if self.pooled is not None and way != "certain":
            self.pooled.certain = False

    def leaf(self, module: Module, parent: Module) -> Iterator[Objection]:
        shown = self.text[module.start : module.end]
        if self.pooled is None:
            if _TO_ONE.match(shown):
                self.pooled = _Pooled(module, self.way(parent) == "certain")
        elif not self.pooled.certain and _objects(module, shown, self.pooled):
            yield self.objection(module, parent, self.pooled)

    def block(self, module: Module, parent: Module, pooled: _Pooled) -> Iterator[Objection]:
        """Look at a known block, which takes a map where one of its layers does."""
        shown = (self.text[each.start : each.end] for each in module.walk() if not each.children)
        if not (pooled.certain and self.way(parent) == "certain") and any(_takes_map(each) for each in shown):
            yield self.objection(module, parent, pooled)

    def objection(self, module: Module, parent: Module, pooled: _Pooled) -> Objection:
        self.pooled = None
        what = f"({pooled.module.name}) pools to 1x1 and ({module.name}) behind it"
        kind = parent.type or "the model"
        return f"{what} looks like a gate or takes a map: print() does not show what {kind} does with them", module


def _objects(module: Module, shown: str, pooled: _Pooled) -> bool:
    """Return whether a layer speaks against its standing behind what is pooled to 1x1."""
    if match := _CHANNELS.search(shown):
        pooled.channels.append((match[1], match[2]))
    if module.class_name in _SIGMOIDS and pooled.channels:
        return pooled.channels[0][0] == pooled.channels[-1][1]
    return _takes_map(shown)


def _takes_map(shown: str) -> bool:
    return _ON_MAPS.match(shown) is not None and _POINTWISE.search(shown) is None
