"""A text of any notation to layers: the notation of each call, containers opened, items read one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from convcalc.errors import ConvcalcError, SpecError
from convcalc.layers import Elementwise
from convcalc.notation.call.signature import Signatures
from convcalc.notation.call.syntax import read_expression
from convcalc.notation.call.tree import Call, Sequence
from convcalc.notation.entries import MAX_LAYERS, Entry, Item, Part, set_channels, too_many
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.text import Source, did_you_mean, fold

if TYPE_CHECKING:
    from convcalc.notation.pytorch.printed import Printed

_LISTS = ("Sequential", "ModuleList", "OrderedDict", "ModuleDict")
_INPUTS = ("Input", "InputLayer")
_TRANSFORMER = "Transformer"
_INPUT_SIZES = ("shape", "input_shape", "batch_shape", "batch_input_shape", "input_dim")
_INPUT_KEYWORDS = (
    *_INPUT_SIZES[:4],
    *("batch_size", "dtype", "sparse", "ragged", "name", "tensor", "input_tensor", "optional"),
)


# The names that PyTorch and Keras share; most texts are sorted out by the others.
_IN_BOTH = frozenset(
    {
        *("AlphaDropout", "Dropout", "ELU", "Embedding", "Flatten", "GRU", "Identity", "LSTM", "LeakyReLU", "PReLU"),
        *("ReLU", "Softmax"),
    }
)


def _keras() -> Signatures:
    """Return the table of Keras's layers, which is not loaded for a text that needs only PyTorch's."""
    from convcalc.notation.keras.signatures import SIGNATURES

    return SIGNATURES


class Reading:
    """What was read: the layers, the input size written with them (channels first), the notation and its layout."""

    __slots__ = ("entries", "input", "layout", "notation", "printed")

    def __init__(
        self,
        entries: list[Entry],
        size: tuple[int, ...] | None,
        notation: str,
        printed: Printed | None = None,
        layout: str | None = None,
    ) -> None:
        self.entries = entries
        self.input = size
        self.notation = notation
        self.printed = printed
        self.layout = layout or ("hwc" if notation == "keras" else "chw")


def read_network(
    source: Source, rank: int | None, notation: str | None = None, inputs: tuple[str, ...] = ()
) -> Reading:
    """Read a text of layers in any notation.

    `rank` is the number of spatial axes where the short notation does not show it; `notation` is that of calls whose
    names PyTorch and Keras share, where nothing else shows it; `inputs` are the names of the network's inputs. Raises
    SpecError with its place.

    >>> reading = read_network(Source("nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())"), None)
    >>> [entry.name for entry in reading.entries], reading.notation
    (['0', '1'], 'pytorch')
    """
    if "):" in source.text:
        from convcalc.notation.pytorch.printed import is_print, read_printed

        if is_print(source.text):
            printed = read_printed(source)
            return Reading(printed.entries, None, "pytorch", printed)
    if "Param #" in source.text:
        at = source.text.index("Param #")
        message = "a summary shows no kernels, strides or paddings: its layers cannot be told from it"
        raise source.fault(message, at, at + len("Param #"), hint="print(model) shows them in PyTorch")
    if "import " in source.text:
        source = Source(_without_imports(source.text), source.place)
    reader = _Reader(source, rank, notation)
    single = _single_item(source.text)
    if single is None:
        from convcalc.notation.split import split_items

        parts = split_items(source)
    else:
        parts = [single]
    common = reader.notation([call for item in _items(parts) if item.is_call for _, call in reader.calls(item)])
    entries = _connected(source, parts, lambda item: reader.read_item(item, common), inputs)
    if not entries and any(source.text[item.start : item.end] == "id" for item in _items(parts)):
        first = next(_items(parts))
        entries = [Entry(first.start, first.end, Elementwise("Identity"))]
    if not entries:
        raise source.fault("there are no layers in this text", 0, 0)
    if reader.channels is not None:
        set_channels(entries, reader.channels)
    if common == "either" and reader.only_keras and len(parts) > 1:
        return read_network(source, rank, "keras", inputs)  # names of both, of which one has Keras's arguments
    if common == "either":
        common = "keras" if reader.only_keras else "pytorch"
    if common == "keras" and reader.has_channels_first():
        from convcalc.notation.keras.layout import settle_channels_first

        settle_channels_first(source, entries)
        return Reading(entries, reader.input, common, layout="chw")
    return Reading(entries, reader.input, common)


def _items(parts: list[Part]) -> Iterator[Item]:
    """Yield the items of parts in the order of the text, those of a repetition each time."""
    for part in parts:
        if isinstance(part, Item):
            yield part
        else:
            for branch in part.branches:
                yield from _items(branch)


def _connected(
    source: Source, parts: list[Part], read: Callable[[Item], list[Entry]], inputs: tuple[str, ...]
) -> list[Entry]:
    """Return the entries of all parts; a single item needs no names and no branches."""
    if len(parts) == 1 and isinstance(parts[0], Item) and parts[0].is_call:
        entries = read(parts[0])
        if len(entries) > MAX_LAYERS:
            raise too_many(source, parts[0].start, parts[0].end)
        return entries
    from convcalc.notation.branches import connect

    return connect(source, parts, read, inputs)


def _without_imports(text: str) -> str:
    """Return `text` with blank lines for imports; every other character keeps its offset."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        words = line.split()
        if words[:1] == ["import"] or (words[:1] == ["from"] and "import" in words[2:3]):
            lines[number] = " " * len(line)
    return "\n".join(lines)


def _single_item(text: str) -> Item | None:
    """Return the item of a text that is one short call or word, None where this is not obvious.

    Most command lines are, and splitting needs a regular expression, which takes time to compile.
    """
    bracket = text.find("(")
    if len(text) > 200 or any(mark in text for mark in "#'\"\n;*+|{}→"):
        return None
    if bracket < 0:
        word = text.strip()
        return Item(text.index(word), text.index(word) + len(word), False) if _is_word(word) else None
    inside = text.rstrip().removesuffix(")")
    if text[bracket - 1 : bracket].isspace() and text.lstrip()[:1].islower():
        return None  # a word and a group
    if not text[:bracket].strip().replace(".", "_").isidentifier() or len(inside) == len(text.rstrip()):
        return None
    depth = 0
    for character in inside[bracket:]:
        depth += (character in "([") - (character in ")]")
        if depth < 1:
            return None
    return Item(0, len(text), True) if depth == 1 else None


def _is_word(word: str) -> bool:
    return len(word.split()) == 1 and word[0].isalpha() and not any(bracket in word for bracket in "[])")


_ONLY_IN_PYTORCH = frozenset({"in_channels", "out_channels", "padding_mode", "ceil_mode", "count_include_pad"})


def _pytorch_spelling(call: Call) -> Call | None:
    """Return a call by PyTorch's name where it has Keras's, as `Conv2D`, but parameters of PyTorch's alone."""
    modules, _, name = call.name.rpartition(".")
    torch_name = f"{name[:-1]}d"
    if modules or torch_name not in PYTORCH or not any(word in _ONLY_IN_PYTORCH for word, _, _ in call.keywords):
        return None
    return Call(torch_name, call.positional, call.keywords, (call.start, call.name_end, call.end))


class _Reader:
    """A reader of the items of one text that reads equal items once."""

    def __init__(self, source: Source, rank: int | None, default: str | None) -> None:
        self.source = source
        self.rank = rank
        self.default = default
        self.input: tuple[int, ...] | None = None
        self.channels: int | None = None
        self.only_keras = False  # whether a layer of a shared name was one that only Keras has
        self.read: dict[str, list[tuple[str, Call]]] = {}
        self.layers: dict[str, list[Entry]] = {}

    def calls(self, item: Item) -> list[tuple[str, Call]]:
        """Return the calls in an item, those of a container one by one, each with its name."""
        text = self.source.text[item.start : item.end]
        found = self.read.get(text)
        if found is None:
            argument = read_expression(self.source, item.start, item.end)
            value = argument.value
            if isinstance(value, Sequence) and value.items:
                value = Call("Sequential", [argument], [], (argument.start, argument.start, argument.end))
            if not isinstance(value, Call):
                raise self.not_a_layer(item.start, item.end)
            found = self.read[text] = list(self.opened(value, ""))
        if item.name:
            found = [(f"{item.name}.{name}" if name else item.name, call) for name, call in found]
        return found

    def not_a_layer(self, start: int, end: int) -> ConvcalcError:
        text = fold(self.source.text[start:end])
        from convcalc.notation.short.meant import meant

        return self.source.fault(f"{text[:40]!r} is not a layer", start, end, meant(text, "", []))

    def opened(self, call: Call, name: str) -> list[tuple[str, Call]]:
        """Return the layers in a container, or the call itself, with their names."""
        kind = call.short_name
        if kind == "add" and len(call.positional) == 1 and isinstance(call.positional[0].value, Call):
            return self.opened(call.positional[0].value, name)
        if kind not in _LISTS:
            return [(name, call)]
        found: list[tuple[str, Call]] = []
        children = call.positional
        numbered = not (len(children) == 1 and isinstance(children[0].value, Sequence) and kind == "Sequential")
        if len(children) == 1 and isinstance(children[0].value, Sequence):
            children = children[0].value.items
        for index, child in enumerate(children):
            own, value = str(index) if numbered else "", child.value
            if isinstance(value, Sequence) and len(value.items) == 2 and isinstance(value.items[0].value, str):
                own, value = value.items[0].value, value.items[1].value
            if isinstance(value, Call) and value.short_name == "OrderedDict":
                own = ""
            if not isinstance(value, Call):
                raise self.not_a_layer(child.start, child.end)
            found += self.opened(value, ".".join(part for part in (name, own) if part))
        return found

    def notation(self, calls: list[Call]) -> str:
        """Return the notation of the names that two notations share."""
        if not calls:
            return "short"
        found = {self.own_notation(call) for call in calls}
        return "keras" if "keras" in found else "pytorch" if "pytorch" in found else self.default or "either"

    def own_notation(self, call: Call) -> str | None:
        """Return the notation that a call by itself must be in, None where it may be in both."""
        modules, _, name = call.name.rpartition(".")
        if modules.rpartition(".")[2] in ("layers", "keras") or name in _INPUTS:
            return "keras"
        if name.endswith("D") and _pytorch_spelling(call) is not None:
            return "pytorch"
        if modules or (name in PYTORCH and name not in _IN_BOTH) or name.startswith(_TRANSFORMER):
            return "pytorch"
        return None if name in _IN_BOTH or name not in _keras() else "keras"

    def read_item(self, item: Item, common: str) -> list[Entry]:
        """Read the layers of one item."""
        if not item.is_call:
            return [self.word(item)]
        return [entry for name, call in self.calls(item) for entry in self.entries(call, name, common)]

    def word(self, item: Item) -> Entry:
        """Read an item of the short notation."""
        from convcalc.notation.short.read import read_word

        text = self.source.text[item.start : item.end]
        found = self.layers.get(text)
        if found is None:
            layer = read_word(self.source, item.start, item.end, self.rank)
            found = self.layers[text] = [Entry(item.start, item.end, layer)]
        return Entry(item.start, item.end, found[0].layer, item.name)

    def entries(self, call: Call, name: str, notation: str) -> list[Entry]:
        """Return the layers of one call."""
        if call.short_name in _INPUTS:
            self.take_input(call)
            return []
        text = self.source.text[call.start : call.end]
        found = self.layers.get(text)
        if found is None:
            found = self.layers[text] = self.built(call, notation)
        shift, whole = call.start - found[0].start, len(found) == 1
        if (self.own_notation(call) or notation) == "keras":
            name = ""  # a layer's name is in its call; a variable holds one after the other, or all of them
        entries = []
        for part in found:
            # A single layer has the name it was given; one of several keeps its own name under that.
            own = name or part.name if whole else ".".join(step for step in (name, part.name) if step)
            entries.append(part.moved(name=own, shift=shift))
        return entries

    def built(self, call: Call, notation: str) -> list[Entry]:
        """Read one call in its notation."""
        own = self.own_notation(call) or notation
        if own == "keras":
            return self.built_by_keras(call)
        if call.short_name.startswith(_TRANSFORMER):
            from convcalc.notation.pytorch.transformers import TRANSFORMERS, entries_of

            if call.short_name in TRANSFORMERS:
                return entries_of(self.source, call)
        spelled = _pytorch_spelling(call) if call.name.endswith("D") else None
        if spelled is not None:
            from convcalc.notation.pytorch.read import layer_of

            note = f"{call.name} has PyTorch's parameters: it is read as PyTorch's {spelled.name}"
            return [Entry(call.start, call.end, layer_of(self.source, spelled), notes=(note,))]
        if "." not in call.name and call.name not in PYTORCH:
            from convcalc.notation.short.called import meant_call

            hint = meant_call(self.source, call, [*PYTORCH, *_keras()])
            message = f"there is no layer {call.name[:40]!r} in PyTorch or Keras"
            raise self.source.fault(message, call.start, call.name_end, hint)
        from convcalc.notation.pytorch.read import layer_of

        if "." in call.name:
            from convcalc.notation.pytorch.functions import module_call

            call = module_call(call) or call
        try:
            return [Entry(call.start, call.end, layer_of(self.source, call))]
        except SpecError as error:
            # Nothing around it shows which of the two notations this is.
            if own != "either" or call.name not in _IN_BOTH:
                from convcalc.notation.short.meant import beside_keras

                error.hint = beside_keras(call, error.hint, _keras())
                raise
            found = self.tried_by_keras(call)
            if found is None:
                raise
            return found

    def tried_by_keras(self, call: Call) -> list[Entry] | None:
        try:
            found = self.built_by_keras(call)
        except SpecError:
            return None
        self.only_keras = True
        return found

    def built_by_keras(self, call: Call) -> list[Entry]:
        from convcalc.notation.keras.read import entries_of

        self.take_input(call)
        found = entries_of(self.source, call)
        if any(entry.states for entry in found):
            message = "return_state=True makes several outputs, which are read in programs alone"
            raise self.source.fault(message, call.start, call.end)
        return found

    def take_input(self, call: Call) -> None:
        """Keep the size of the input where a call names it: `Input(shape=...)`, `input_shape=...`."""
        given = {name: argument for name, _, argument in call.keywords}
        for name, at, _ in call.keywords if call.short_name in _INPUTS else []:
            if name not in _INPUT_KEYWORDS:
                hint = did_you_mean(name, list(_INPUT_KEYWORDS))
                raise self.source.fault(f"{call.short_name} has no parameter {name!r}", at, at + len(name), hint)
        if call.short_name in _INPUTS and call.positional:
            given.setdefault("shape", call.positional[0])
        for name in _INPUT_SIZES:
            argument = given.get(name)
            if argument is None or (name == "input_dim" and call.short_name == "Embedding"):
                continue
            value = argument.value
            sizes = value.plain() if isinstance(value, Sequence) else (value,)
            for size in sizes:
                if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 1):
                    message = f"{name} takes sizes of at least 1, or None where a size is open"
                    raise self.source.fault(message, argument.start, argument.end)
            self.keep_input(sizes[1:] if name.startswith("batch") else sizes)
            return

    def has_channels_first(self) -> bool:
        """Return whether the text says that Keras's layers have their channels first."""
        from convcalc.notation.keras.layout import has_channels_first

        return has_channels_first(self.source.text)

    def keep_input(self, sizes: tuple[object, ...]) -> None:
        known = [size for size in sizes if isinstance(size, int)]
        if len(known) == len(sizes) and known:
            self.input = tuple(known) if self.has_channels_first() else (known[-1], *known[:-1])
        elif sizes and isinstance(channels := sizes[0 if self.has_channels_first() else -1], int):
            self.channels = channels
