"""Groups, branches and named tensors to one list of layers, each with the indices of those it takes its input from.

word = "id"                                   the empty branch: what comes in goes out
     | "=" name | "as:" name                  keep the current tensor under a name; a name given again is the latest
     | "from:" name                           go back to a kept tensor
     | ( "cat:" | "add:" | "mul:" ) names     take kept tensors in, the current one first
     | "like:" name                           resize to the spatial sizes of a kept tensor
     | "with:" names                          take kept tensors in that leave the sizes alone (a bias of attention)
names = name { "," name } [ ",crop" ]         `crop` cuts the kept ones round their centre to the current size
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convcalc.errors import ConvcalcError
from convcalc.layers import Merge, MergeKind
from convcalc.notation.entries import MAX_LAYERS, Entry, Group, Item, Part, too_many
from convcalc.text import Source, did_you_mean

SIGNS: dict[str, MergeKind] = {"+": "add", "|": "concatenate", "*": "multiply"}
TAKING: dict[str, MergeKind] = {
    "add": "add",
    "cat": "concatenate",
    "mul": "multiply",
    "like": "resize",
    "with": "keep",
}
_KEEPING = ("as", "from", *TAKING)
_WORDS = {kind: word for word, kind in TAKING.items()}
INPUT = -1


def connect(
    source: Source,
    parts: Sequence[Part],
    read: Callable[[Item], list[Entry]],
    inputs: Sequence[str] = (),
    place: tuple[int, int] | None = None,
) -> list[Entry]:
    """Return the entries of `parts` in an order in which each stands after its inputs.

    `read` returns the layers of one item, whose own `inputs` count within that item. `inputs` are the names of the
    network's inputs, which are -1, -2, ... Merges stand at `place`, if given, else where they are written. Raises
    SpecError for a name that is not kept, at its place.
    """
    connector = _Connector(source, read, inputs, place)
    connector.sequence(parts)
    return connector.entries


class _Connector:
    """The entries so far, the index of the current tensor, and the names of those that are kept."""

    def __init__(
        self,
        source: Source,
        read: Callable[[Item], list[Entry]],
        inputs: Sequence[str],
        place: tuple[int, int] | None,
    ) -> None:
        self.place = place
        self.source = source
        self.read = read
        self.entries: list[Entry] = []
        self.current = INPUT
        self.kept = {name: INPUT - index for index, name in enumerate(inputs)}

    def sequence(self, parts: Sequence[Part]) -> None:
        """Send the current tensor through parts, one after the other."""
        for part in parts:
            if isinstance(part, Group):
                self.group(part)
            elif part.is_call or not self.wiring(part):
                self.item(part)

    def item(self, item: Item) -> None:
        base = len(self.entries)
        for index, entry in enumerate(self.read(item)):
            inputs = (index - 1,) if entry.inputs is None else entry.inputs
            self.put(entry.moved(inputs=tuple(self.current_at(base, place) for place in inputs)))
        if len(self.entries) > base:
            self.current = len(self.entries) - 1

    def current_at(self, base: int, place: int) -> int:
        """Return the index of an item's own `place`, counted from `base`; -1 is what comes into the item."""
        return self.current if place == INPUT else base + place

    def group(self, group: Group) -> None:
        start, ends = self.current, []
        for branch in group.branches:
            self.current = start
            self.sequence(branch)
            ends.append(self.current)
        self.merge(Merge(SIGNS[group.sign]), group.sign_at, group.sign_at + 1, tuple(ends))

    def merge(self, layer: Merge, start: int, end: int, inputs: tuple[int, ...]) -> None:
        start, end = self.place or (start, end)
        self.put(Entry(start, end, layer, inputs=inputs, text=_WORDS[layer.kind]))
        self.current = len(self.entries) - 1

    def put(self, entry: Entry) -> None:
        self.entries.append(entry)
        if len(self.entries) > MAX_LAYERS:
            raise too_many(self.source, entry.start, entry.end)

    def wiring(self, item: Item) -> bool:
        """Apply a word that connects tensors; return whether the item is one."""
        word = self.source.text[item.start : item.end]
        if word == "id":
            return True
        key, separator, rest = word.partition("=" if word[0] == "=" else ":")
        if word[0] == "=":
            key = "as"
        if key not in _KEEPING or not separator:
            return False
        at = item.start + len(word) - len(rest)
        if key == "as":
            self.kept[self.name(rest, at)] = self.current
        elif key == "from":
            self.current = self.tensor(rest, at)
        else:
            self.take(TAKING[key], rest, at, item)
        return True

    def take(self, kind: MergeKind, names: str, at: int, item: Item) -> None:
        inputs, crop = [self.current], False
        for name in names.split(","):
            if name == "crop" and "crop" not in self.kept and len(inputs) > 1:
                crop = True
            else:
                inputs.append(self.tensor(name, at))
            at += len(name) + 1
        self.merge(Merge(kind, crop), item.start, item.end, tuple(inputs))

    def name(self, name: str, at: int) -> str:
        if not name.replace("-", "_").replace(".", "_").isidentifier():
            raise self.fault(
                f"{name[:40]!r} is not a name for a tensor", name, at, "letters, digits and _, as =skip1"
            )
        return name

    def tensor(self, name: str, at: int) -> int:
        """Return the index of the tensor that is kept under a name."""
        if name not in self.kept:
            self.name(name, at)
            hint = did_you_mean(name, self.kept) or f"keep it first: write ={name} behind the layer that gives it"
            raise self.fault(f"no tensor is kept under the name {name[:40]!r}", name, at, hint)
        return self.kept[name]

    def fault(self, message: str, name: str, at: int, hint: str) -> ConvcalcError:
        return self.source.fault(message, at, at + max(1, len(name)), hint)
