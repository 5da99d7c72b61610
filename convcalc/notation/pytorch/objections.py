"""What speaks against running the modules of a class in the order in which they are printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from convcalc.notation.pytorch.print_tree import Module

LISTS = ("ModuleList", "ModuleDict")
_CONTAINERS = ("Sequential", *LISTS)
_EMPTY = ("Identity", *_CONTAINERS, "ParameterList", "ParameterDict")
_BESIDE = re.compile(
    r"short_?cut|down_?sample|skip|residual|gate|(?:^|_)se(?:_|$)|squeeze|excit|lateral|aux", re.IGNORECASE
)
_GATE = re.compile(r"SE(?![a-z])|.*(?:Squeeze.*Excit|ChannelAttention|SpatialAttention|CBAM|GateLayer|EcaModule|ECA)")
_ATTENTION = re.compile(
    r"(?:to_?|w_?|fc_?|conv_?|lin(?:ear)?_?|proj_?)?(?:q|k|v|qkv|kv|query|key|value|queries|keys|values)"
    r"(?:_?(?:proj|conv|lin|linear|fc|layer|net|weight|transform|embed\w*|projection))?|theta|phi",
    re.IGNORECASE,
)
_ADAPTIVE = re.compile(r"Adaptive(?:Avg|Max)Pool[123]d\(")
_TO_ONE = re.compile(r"Adaptive(?:Avg|Max)Pool[123]d\((?:output_size=)?[(\[]?(?:None, )*1(?:, (?:1|None))*,?[)\]]?\)")
_SIGMOIDS = ("Sigmoid", "Hardsigmoid")
_CHANNELS = re.compile(r"\((?:in_features=)?(\d+), (?:out_features=)?(\d+)")
_ON_MAPS = re.compile(r"(?:ConvTranspose|Conv|MaxPool|AvgPool|Adaptive\w+Pool|Upsample|PixelShuffle)\w*\(")
_WEIGHTED = re.compile(r"(?:ConvTranspose|Conv|Linear|LSTM|GRU|RNN)\w*\(")
_CONVOLUTION = re.compile(r"(?:ConvTranspose|Conv)[123]d\(")
_RESIZING = re.compile(r"(?:MaxPool|AvgPool)[123]d\((?!.*stride=\(?1\b)|(?:Upsample|Upsampling\w+)\(")
_UNNUMBERED = re.compile(r"(?:max|avg|average|mean|down)?_?(?:pool|pooling)|mp|up|upsample|upsampling", re.IGNORECASE)
_POINTWISE = re.compile(r"kernel_size=(?:1|\(1(?:, 1)*,?\))(?:,|\))")

Objection = tuple[str, Module]
"""What speaks against the printed order, and the module that it is about."""


def objections(module: Module, text: str) -> Iterator[Objection]:
    """Yield what a class and its children say against running them in their order; `text` is the print.

    >>> from convcalc.notation.pytorch.print_tree import read_tree
    >>> from convcalc.text import Source
    >>> text = "Net((a): ReLU() (shortcut): Conv2d(3, 8, kernel_size=1))"
    >>> [message for message, _ in objections(read_tree(Source(text), text).children[0], text)]
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
    if len([child for child in module.children if _ATTENTION.fullmatch(child.name)]) > 1 or _side_by_side(
        module, text
    ):
        yield f"{kind} looks like an attention, whose way print() does not show", module
    lists = [child for child in module.children if child.class_name in LISTS and child.children]
    if len(lists) > 1:
        yield f"the lists of {kind} stand side by side: print() does not show how they are run", lists[1]
    twice = _registered_twice(module, text)
    if twice is not None:
        yield f"({twice.name}) in {kind} looks like the modules before it, registered once more", twice
    again = _used_again(module, text)
    if again is not None:
        yield f"({again.name}) in {kind} may be run more than once, which print() does not show", again


def _side_by_side(module: Module, text: str) -> bool:
    """Return whether a class has a softmax and three maps of the same features, as attention has."""
    if not any(child.class_name == "Softmax" for child in module.children):
        return False
    features = [_CHANNELS.search(text, child.start, child.end) for child in module.children if not child.children]
    taken = [match[1] for match in features if match is not None]
    return len(taken) > 2 and len(set(taken)) == 1


def _registered_twice(module: Module, text: str) -> Module | None:
    """Return the container of a class whose modules all stand beside it, too, in their order."""
    for child in module.children:
        if child.class_name in _CONTAINERS and len(child.children) > 1:
            beside = iter(_shown(sibling, text) for sibling in module.children if sibling is not child)
            if all(_shown(inner, text) in beside for inner in child.children):
                return child
    return None


def _shown(module: Module, text: str) -> str:
    return " ".join(text[module.start : module.end].split())


def _used_again(module: Module, text: str) -> Module | None:
    """Return the one pooling or upsampling of a class that its name does not number, beside several convolutions.

    Where a linear layer takes the features of a whole map, sizes show how often it is run.
    """
    resizing = [child for child in module.children if _RESIZING.match(text, child.start)]
    convolutions = [child for child in module.children if _CONVOLUTION.match(text, child.start)]
    if len(resizing) != 1 or len(convolutions) < 2 or not _UNNUMBERED.fullmatch(resizing[0].name):
        return None
    last = _CHANNELS.search(text, convolutions[-1].start)
    for leaf in module.walk():
        if leaf.start > convolutions[-1].start and leaf.class_name == "Linear":
            features = _CHANNELS.search(text, leaf.start)
            if last is not None and features is not None and int(features[1]) > int(last[2]):
                return None
    return resizing[0]


def against_order(root: Module, text: str, way: Callable[[Module], str]) -> Iterator[Objection]:
    """Return what layers say against their standing behind others in an order that is only assumed.

    What is pooled to 1x1 and meets a map again is a gate on it, or one branch of several; behind a softmax stands
    what it weighs. `text` is the print; `way` says how a module with children runs them: `certain` in their order,
    `assumed` so, or `known` in another.

    >>> from convcalc.notation.pytorch.print_tree import read_tree
    >>> from convcalc.text import Source
    >>> text = "Net((a): AdaptiveAvgPool2d(1) (b): Conv2d(3, 8, kernel_size=(3, 3)))"
    >>> root = read_tree(Source(text), text)
    >>> [module.name for _, module in against_order(root, text, lambda module: "assumed")]
    ['b']
    """
    return _Walk(text, way).through(root, root)


class _Behind:
    """A layer that others stand behind, the features of those, and whether their order is certain."""

    __slots__ = ("certain", "channels", "module", "to_one")

    def __init__(self, module: Module, certain: bool, *, to_one: bool = False) -> None:
        self.module = module
        self.certain = certain
        self.to_one = to_one
        self.channels: list[tuple[str, str]] = []


class _Walk:
    """A walk over the modules in their order, with the pooling to 1x1 and the softmax that came last."""

    def __init__(self, text: str, way: Callable[[Module], str]) -> None:
        self.text = text
        self.way = way
        self.pooled: _Behind | None = None
        self.softmax: _Behind | None = None

    def through(self, module: Module, parent: Module) -> Iterator[Objection]:
        way = self.way(module) if module.children else "leaf"
        if way == "leaf":
            yield from self.leaf(module, parent)
            return
        if way == "known":
            yield from self.block(module, parent)
        for child in module.children:
            self.passed(way)
            yield from self.through(child, module)
        self.passed(way)

    def passed(self, way: str) -> None:
        """Pass from one child to the next, or into or out of a module, that runs its children in the way `way`."""
        if way == "known":
            self.pooled = self.softmax = None
        for behind in (self.pooled, self.softmax):
            if behind is not None and way != "certain":
                behind.certain = False

    def leaf(self, module: Module, parent: Module) -> Iterator[Objection]:
        shown = self.text[module.start : module.end]
        if self.softmax is not None and not self.softmax.certain and _WEIGHTED.match(shown):
            yield self.objection(self.softmax, "looks like attention", module, parent)
            self.softmax = None
        elif module.class_name in ("Softmax", "Softmax2d"):
            self.softmax = _Behind(module, self.way(parent) == "certain")
        pooled = self.pooled
        if pooled is not None and _objects(module, shown, pooled) and not pooled.certain:
            yield self.objection(pooled, "looks like a gate or takes a map", module, parent)
            self.pooled = None
        elif _ADAPTIVE.match(shown):
            certain = self.way(parent) == "certain"
            self.pooled = _Behind(module, certain, to_one=_TO_ONE.match(shown) is not None)

    def block(self, module: Module, parent: Module) -> Iterator[Objection]:
        """Look at a known block, which takes a map where one of its layers does."""
        if self.pooled is None or not self.pooled.to_one or (self.pooled.certain and self.way(parent) == "certain"):
            return
        shown = (self.text[each.start : each.end] for each in module.walk() if not each.children)
        if any(_takes_map(each) for each in shown):
            yield self.objection(self.pooled, "takes a map", module, parent)

    def objection(self, behind: _Behind, looks: str, module: Module, parent: Module) -> Objection:
        pools = "is a softmax" if behind is self.softmax else "pools to 1x1" if behind.to_one else "pools"
        what = f"({behind.module.name}) {pools} and ({module.name}) behind it {looks}"
        return f"{what}: print() does not show what {parent.type or 'the model'} does with them", module


def _objects(module: Module, shown: str, pooled: _Behind) -> bool:
    """Return whether a layer speaks against its standing behind what is pooled."""
    if not pooled.to_one:
        return _ADAPTIVE.match(shown) is not None
    again = bool(pooled.channels) and pooled.channels[0][0] == pooled.channels[-1][1]
    if again and (module.class_name in _SIGMOIDS or _CONVOLUTION.match(shown)):
        return True  # there are as many channels again as were pooled, which weigh them
    if match := _CHANNELS.search(shown):
        pooled.channels.append((match[1], match[2]))
    return _takes_map(shown)


def _takes_map(shown: str) -> bool:
    return _ON_MAPS.match(shown) is not None and _POINTWISE.search(shown) is None
