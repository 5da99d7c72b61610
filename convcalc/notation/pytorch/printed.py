"""A printed model to its layers and how they are connected, with what that rests on.

`print(model)` shows modules as they were registered, not what `forward` does. A class that runs its children in order
is certain, a known block gets its graph, and any other class is taken in printed order, which is an assumption; what
speaks against it is an objection, which whoever needs more than the layers has to raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from convcalc import layers
from convcalc.errors import ConvcalcError
from convcalc.notation.branches import connect
from convcalc.notation.entries import MAX_LAYERS, Entry, Item, Part, too_many
from convcalc.notation.pytorch.blocks import SEQUENTIAL, Block, descendant, known_block, paths
from convcalc.notation.pytorch.forward_words import layers_of_word, learned_by
from convcalc.notation.pytorch.objections import LISTS, Objection, against_order, objections
from convcalc.notation.pytorch.pasted import cleaned
from convcalc.notation.pytorch.print_tree import Module, is_printed, read_tree
from convcalc.notation.pytorch.printed_layers import Read, layer_of_module, on_channels
from convcalc.notation.short.read import read_word
from convcalc.notation.split import split_items
from convcalc.text import Source

_EMPTY = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
_HIDDEN_IN_ATTENTION = "PyTorch prints neither kdim, vdim nor add_bias_kv: taken as embed_dim, embed_dim and False"
_HIDDEN_IN_AVERAGE = (
    "PyTorch prints no ceil_mode, count_include_pad or divisor_override of an AvgPool: taken as unset"
)
_SHORTCUT = re.compile(r"\+ (downsample|shortcut)\?\)")
_ELLIPSIS = re.compile(r"\.{3}|…")


def is_print(text: str) -> bool:
    """Return whether a text is a printed model, or a part of one, as people paste it.

    >>> is_print(">>> net\\nNet(\\n  （a）: ReLU()\\n)"), is_print("Linear(3, 2)")
    (True, False)
    """
    return is_printed(cleaned(text))


class Printed:
    """The entries of a print, each with its inputs, what they assume, and what speaks against it."""

    __slots__ = ("assumptions", "entries", "objections")

    def __init__(self, entries: list[Entry], assumptions: Sequence[str], objections: Sequence[ConvcalcError]) -> None:
        self.entries = entries
        self.assumptions = tuple(assumptions)
        self.objections = tuple(objections)


def read_printed(source: Source) -> Printed:
    """Read a printed model.

    Raises SpecError where brackets do not match, text is neither a module nor an argument, or a layer of PyTorch's
    has impossible arguments.

    >>> text = "Net(\\n  (fc): Sequential(\\n    (0): ReLU()\\n    (1): Scale()\\n  )\\n)"
    >>> [(entry.name, entry.layer.name) for entry in read_printed(Source(text)).entries]
    [('fc.0', 'ReLU'), ('fc.1', 'Scale')]
    """
    text = cleaned(source.text)
    reader = _Reader(source, text)
    root = read_tree(source, text)
    reader.refuse_rest(root)
    entries = reader.chained(root.children, "")
    assumptions = []
    if reader.assumed:
        if "Pool" in text or "Softmax" in text:
            reader.object(against_order(root, text, reader.way))
        assumptions.append(
            "print() shows neither forward() nor parameters outside of layers; these are taken to run what they hold"
            " once, in the order printed, and nothing else, and to hold no other or shared parameters:"
            f" {', '.join(reader.assumed)}"
        )
    return Printed(entries, [*assumptions, *reader.notes], reader.objections)


class _Reader:
    """Reads modules from the outside in; every method returns entries whose inputs count within their list."""

    def __init__(self, source: Source, text: str) -> None:
        self.source = source
        self.text = text
        self.assumed: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self.objections: list[ConvcalcError] = []
        self.doubted: set[Module] = set()  # modules whose order is judged
        self.blocks: dict[Module, Block | None] = {}
        self.layers: dict[tuple[str, bool], Read] = {}
        self.channels_last = False  # whether linear layers and layer normalizations work on the channels

    def refuse_rest(self, root: Module) -> None:
        """Refuse text that is not a module, at its place."""
        for module in root.walk():
            for start, end in module.rest:
                between = self.text[start:end]
                stray = between.strip(" \t\r\n,;").split("\n")[0]
                at = start + between.index(stray)
                raise self.unread(stray, at, "" if module is root else module.type)
            if module.children and module is not root and _ELLIPSIS.search(self.text[slice(*module.inside)]):
                match = _ELLIPSIS.search(self.text, *module.inside)
                assert match is not None
                raise self.unread("...", match.start(), module.type)

    def unread(self, stray: str, at: int, kind: str) -> ConvcalcError:
        if _ELLIPSIS.match(stray):
            message, hint = "the print is shortened here", "copy the whole of it"
        elif kind:
            message, hint = f"{stray[:40]!r} in {kind} is not understood", None
        else:
            message, hint = "a module is expected here, as (name): Type(...)", None
        return self.source.fault(message, at, at + len(stray), hint)

    def chained(self, modules: Sequence[Module], path: str) -> list[Entry]:
        """Return the entries of modules that follow each other."""
        found: list[Entry] = []
        for module in modules:
            for name in _names(self.source, module):
                found = self.joined(found, self.entries(module, name), module)
        return found

    def joined(self, before: list[Entry], after: list[Entry], module: Module) -> list[Entry]:
        """Let the second list follow the first."""
        base = len(before)
        if base + len(after) > MAX_LAYERS:
            raise too_many(self.source, module.start, module.start + len(module.type))
        if not base:
            return after
        for index, entry in enumerate(after):
            inputs = (index - 1,) if entry.inputs is None else entry.inputs
            before.append(entry.moved(inputs=tuple(place + base for place in inputs)))
        return before

    def entries(self, module: Module, name: str) -> list[Entry]:
        """Return the entries of one module, under the name `name` (empty for the outermost)."""
        found = self.inside(module)
        return [entry.under(name) for entry in found] if name else found

    def inside(self, module: Module) -> list[Entry]:
        if not module.children:
            return self.leaf(module)
        if module.class_name == "MultiheadAttention":
            return self.attention(module)
        block = self.known(module)
        if block is not None:
            return self.block(module, block)
        own = self.own_layer(module)
        if own is not None:
            for child in module.children:
                held = child.name == "parametrizations"
                own = self.joined(own, self.parametrized(own, child) if held else self.chained([child], ""), child)
            return own
        self.note_arguments(module)
        if module.class_name not in SEQUENTIAL:
            self.assume(module)
        return self.chained(module.children, "")

    def known(self, module: Module) -> Block | None:
        """Return the known block that a module is: its class, its children, and sizes that fit its shortcut."""
        if module not in self.blocks:
            block = known_block(module)
            absent = block is not None and [name for name in _SHORTCUT.findall(block.graph) if not module.child(name)]
            if block is not None and absent and not self.keeps(module, block):
                block = None
            self.blocks[module] = block
        return self.blocks[module]

    def keeps(self, module: Module, block: Block) -> bool:
        """Return whether a block keeps sizes and channels, so that what comes in can be added to what comes out."""
        return _keeps(self.chained([child for child in module.children if child.name in block.needed], ""))

    def note_arguments(self, module: Module) -> None:
        """Note what a class that is not a known layer prints of itself before its children."""
        arguments = " ".join(self.text[slice(*module.inside)].split())
        if arguments:
            self.notes[f"{arguments[:40]!r} in {module.type} is not read"] = None

    def parametrized(self, own: list[Entry], module: Module) -> list[Entry]:
        """Return what parametrizations of a layer hold: weight normalization a length for each of its vectors."""
        found: list[Entry] = []
        for each in (inner for parameter in module.children for inner in parameter.children):
            shape = layers.weight_shape(own[0].layer)
            if each.class_name == "_WeightNorm" and shape is not None:
                found.append(Entry(each.start, each.end, layers.Held(shape[0]), "parametrizations.weight.original0"))
            elif each.class_name != "_SpectralNorm":
                found += self.leaf(each)
        return found

    def leaf(self, module: Module) -> list[Entry]:
        if module.class_name in _EMPTY:
            return []
        found = self.own_layer(module)
        if found is not None:
            return found
        return [Entry(module.start, module.end, layers.Unknown(module.type))]

    def own_layer(self, module: Module) -> list[Entry] | None:
        """Return the layer that a module is by its own arguments."""
        key = (self.text[module.start : module.inside[1]], self.channels_last)
        read = self.layers.get(key)
        if read is None:
            read = layer_of_module(self.source, self.text, module)
            if self.channels_last:
                read = Read(on_channels(read.layer, module.class_name), read.note, certain=read.certain)
            self.layers[key] = read
        if read.layer is None:
            return None
        if module.class_name.startswith("AvgPool"):
            self.notes[_HIDDEN_IN_AVERAGE] = None
        if read.note and not read.certain:
            self.notes[read.note] = None
        notes = (read.note,) if read.note and read.certain else ()
        end = module.end if not module.children else module.start + len(module.type)
        return [Entry(module.start, end, read.layer, "", notes)]

    def attention(self, module: Module) -> list[Entry]:
        """Read a printed attention, which shows its output projection alone."""
        projection = module.child("out_proj")
        if projection is not None:
            layer = layer_of_module(self.source, self.text, projection).layer
            if isinstance(layer, layers.Linear) and layer.in_features is not None:
                attention = layers.Attention(layer.in_features, None, layer.bias)
                self.notes[_HIDDEN_IN_ATTENTION] = None
                return [Entry(module.start, module.end, attention)]
        return [Entry(module.start, module.end, layers.Unknown(module.type))]

    def block(self, module: Module, block: Block) -> list[Entry]:
        """Read the graph of a known block, whose words are children or what its forward does beside them."""
        outer, self.channels_last = self.channels_last, self.channels_last or block.channels_last
        graph = block.graph
        if "id?" in graph:
            graph = graph.replace("id?", "id") if self.keeps(module, block) else graph.replace(" + id?", "")
        forward = Source(graph)
        place = (module.start, module.start + len(module.type))
        self.note_arguments(module)
        entries = connect(forward, _split(graph), lambda item: self.word(forward, item, module), place=place)
        for path in block.ignored:
            entries = self.joined(entries, self.held(module, path), module)
        if block.assumed:
            self.notes[f"{module.class_name} is taken to have {block.assumed}, which print() does not show"] = None
        self.channels_last = outer
        return entries

    def word(self, forward: Source, item: Item, module: Module) -> list[Entry]:
        """Read one word of a known block's graph."""
        word = forward.text[item.start : item.end]
        found: list[Entry] = []
        for path in paths(word):
            child = descendant(module, path)
            if child is not None:
                found = self.joined(found, [entry.under(path) for entry in self.child(child)], child)
        if found or word.endswith("?") or descendant(module, word) is not None:
            return found
        own = layers_of_word(word)
        if own is None:
            layer = read_word(forward, item.start, item.end - word.endswith(":"), None)
            own = (("(in forward)", layer),)
        start, end, text = module.start, module.end, word.rstrip(":")
        return [Entry(start, end, layer, name, text=text) for name, layer in own]

    def child(self, module: Module) -> list[Entry]:
        """Read a child of a known block: a list runs in order, and some that print nothing hold parameters."""
        if module.class_name in LISTS:
            return self.chained(module.children, "")
        learned = learned_by(module.class_name, channels=self.channels_last)
        if learned is None or module.children or self.text[slice(*module.inside)].strip():
            return self.inside(module)
        return [Entry(module.start, module.end, learned)]

    def held(self, module: Module, path: str) -> list[Entry]:
        """Return what a child holds that forward does not run, for its parameters are there."""
        child = descendant(module, path)
        if child is None:
            return []
        counts = [
            layers.parameters(entry.layer)
            for entry in self.inside(child)
            if not isinstance(entry.layer, layers.Unknown)
        ]
        weights, biases = sum(count.weights for count in counts), sum(count.biases for count in counts)
        if not weights + biases:
            return []
        layer = layers.Held(weights, biases, sum(count.buffers for count in counts))
        note = f"{child.name} is held and not run, as in eval(): its parameters are counted, its MACs are not"
        return [Entry(child.start, child.end, layer, path, (note,), text=f"{child.type} (not run)")]

    def assume(self, module: Module) -> None:
        """Note that a class is taken in printed order, and what speaks against it."""
        self.assumed[module.class_name] = None
        if module not in self.doubted:  # one of several equal modules stands for all
            self.doubted.add(module)
            self.object(objections(module, self.text))

    def object(self, found: Iterable[Objection]) -> None:
        """Keep what speaks against the printed order, each at its module."""
        for message, at in found:
            self.objections.append(self.source.fault(message, at.start, at.start + len(at.type)))

    def way(self, module: Module) -> str:
        """Return how a module with children runs them, as `inside` does: in their order (`certain` or not) or not."""
        if module.class_name == "MultiheadAttention" or self.known(module) is not None:
            return "known"
        if self.own_layer(module) is not None:
            return "leaf"
        return "certain" if module.class_name in SEQUENTIAL or not module.type else "assumed"


@cache
def _split(graph: str) -> list[Part]:
    return split_items(Source(graph))


def _names(source: Source, module: Module) -> list[str]:
    """Return the name of each of the equal modules that one entry stands for."""
    if not module.names:
        raise source.fault(
            f"({module.name}) does not name {module.count} modules", module.start, module.start + len(module.type)
        )
    return module.names


def _keeps(entries: Sequence[Entry]) -> bool:
    """Return whether what goes through entries keeps its sizes and channels."""
    windows = [entry.layer for entry in entries if isinstance(entry.layer, layers.Convolution | layers.Pooling)]
    convolutions = [layer for layer in windows if isinstance(layer, layers.Convolution)]
    if not convolutions or not all(_keeps_sizes(layer) for layer in windows):
        return False
    return convolutions[0].in_channels == convolutions[-1].out_channels


def _keeps_sizes(layer: layers.Convolution | layers.Pooling) -> bool:
    if any(step > 1 for step in layer.stride):
        return False
    if isinstance(layer.padding, str):
        return layer.padding != "valid" or set(layer.kernel) == {1}
    axes = zip(layer.kernel, layer.dilation, layer.padding, strict=True)
    return all(padding.before + padding.after == (kernel - 1) * dilation for kernel, dilation, padding in axes)
