"""Blocks whose `forward` is known: a class, the children it must have, and its graph in the branch language.

    row       = class [ "[" condition "]" ] " : " graph [ " ;; " children ] [ " !! " assumption ] ;
    condition = child "empty" | child "is" class | child "as" child ;

In a graph the name of a child stands for the child (`a.b` for a child's child, `0-3` for several that follow each
other), `name?` for one that may be absent; `id?` is a shortcut that is there only where the other branches keep sizes
and channels. Any other word is what `forward_words` knows or a layer of the short notation, with a colon (`relu:`)
where a child could have that name. Before all, `channels_last` says that linear layers and layer normalizations work
on the channels. Behind `;;` stand the children that forward does not run; behind `!!` what no print shows.

A row fits a module that has all the children it needs and none that it does not name. A condition asks for a child
without children of its own, for its class, or for one that works on as many numbers as another (`norm as reduction`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from convcalc.notation.pytorch import timm_blocks, torchvision_blocks
from convcalc.notation.pytorch.forward_words import is_forward_word
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.notation.pytorch.print_tree import Module

_ROW = re.compile(
    r"(?P<name>\w+)(?: \[(?P<condition>[^\]]+)\])? : (?P<last>channels_last )?(?P<graph>.*?)"
    r"(?: ;; (?P<ignored>.*?))?(?: !! (?P<assumed>.*))?"
)
_RANGE = re.compile(r"(.*?)(\d+)-(\d+)")


# Classes that run their children in the order in which they are printed.
SEQUENTIAL = torchvision_blocks.SEQUENTIAL | timm_blocks.SEQUENTIAL


class Block(Value):
    """One known block: its graph, the children it needs, all that it names, and those that forward does not run.

    Children are paths in the module, `opened` those of which only children are named. `assumed` is the end of a
    sentence, empty where nothing is assumed.
    """

    graph: str
    needed: frozenset[str]
    named: frozenset[str]
    opened: frozenset[str]
    ignored: tuple[str, ...] = ()
    condition: str = ""
    assumed: str = ""
    channels_last: bool = False


def paths(word: str) -> list[str]:
    """Return the paths of the children that one word of a graph stands for.

    >>> paths("backbone.3-5"), paths("conv1"), paths("downsample?")
    (['backbone.3', 'backbone.4', 'backbone.5'], ['conv1'], ['downsample'])
    """
    match = _RANGE.fullmatch(word)
    if match is None:
        return [word.removesuffix("?")]
    return [f"{match[1]}{number}" for number in range(int(match[2]), int(match[3]) + 1)]


@cache
def _blocks() -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for row in (torchvision_blocks.ROWS + timm_blocks.ROWS.lstrip()).strip().split("\n"):
        match = _ROW.fullmatch(row)
        assert match is not None, row
        graph, ignored = match["graph"], tuple((match["ignored"] or "").split())
        words = {word.strip("()") for word in graph.split()} - {"", "+", "|", "*"}
        children = {word for word in words if not is_forward_word(word)}
        needed = frozenset(path for word in children if not word.endswith("?") for path in paths(word))
        named = frozenset([*(path for word in words for path in paths(word)), *ignored])
        opened = frozenset(path[:at] for path in named for at, sign in enumerate(path) if sign == ".")
        block = Block(
            graph,
            needed,
            named,
            opened,
            ignored,
            match["condition"] or "",
            match["assumed"] or "",
            bool(match["last"]),
        )
        found.setdefault(match["name"], []).append(block)
    return found


def known_block(module: Module) -> Block | None:
    """Return the block that a printed module is, None where its class or its children are not known."""
    for block in _blocks().get(module.class_name, ()):
        if _fits(block, module):
            return block
    return None


def descendant(module: Module, path: str) -> Module | None:
    """Return the child at a path, None where there is none."""
    found: Module | None = module
    for name in path.split("."):
        found = None if found is None else found.child(name)
    return found


def _fits(block: Block, module: Module) -> bool:
    if not all(descendant(module, path) for path in block.needed):
        return False
    if not set(_reached(module, block.opened, "")) <= block.named:
        return False
    return not block.condition or _holds(block.condition, module)


def _reached(module: Module, opened: frozenset[str], path: str) -> Iterator[str]:
    """Yield the paths of all children, and instead of those that a row opens the paths of theirs."""
    for child in module.children:
        if path + child.name in opened:
            yield from _reached(child, opened, f"{path}{child.name}.")
        else:
            yield from (path + name for name in child.names)


_CONDITIONS: dict[str, Callable[[Module, Module | None, str], bool]] = {
    "empty": lambda child, _, __: not child.children,
    "is": lambda child, _, name: child.class_name == name,
    "as": lambda child, other, _: other is not None and child.first_number == other.first_number,
}


def _holds(condition: str, module: Module) -> bool:
    path, word, *rest = condition.split()
    child, wanted = descendant(module, path), " ".join(rest)
    other = descendant(module, wanted) if word == "as" else None
    return child is not None and _CONDITIONS[word](child, other, wanted)
