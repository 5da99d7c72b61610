"""The text of PyTorch's `print(model)`: nested modules by their brackets alone, indentation does not matter.

    model  = { entry } ;
    entry  = [ "(" name ")" ":" ] [ count "x" ] type "(" body ")" ;
    body   = what the module says of itself, then { entry } ;

`(0-5): 6 x Block(` stands for six equal modules. A module with modules in it is transparent: its layers are those
inside, under its name. A module without any that is no layer of PyTorch's becomes `Unknown`.
"""

from __future__ import annotations

import re

from convcalc.errors import SpecError
from convcalc.layers import Attention, Elementwise, Layer, Linear, Unknown
from convcalc.notation.call.syntax import Call, read_expression
from convcalc.notation.entries import MAX_LAYERS, Entry, too_many
from convcalc.notation.pytorch.printed_modules import KEEPING, is_foreign, layer_of_foreign
from convcalc.notation.pytorch.read import layer_of
from convcalc.notation.pytorch.signatures import SIGNATURES
from convcalc.text import Source

_MAX_DEPTH = 500
_ENTRY = r"\(([^()\n]+)\):[ \t]*(?:(\d{1,9}) x )?(\w+)\("
_FIRST_ENTRY = re.compile(r"\A\s*(?:[\w.]+\(\s*)?" + _ENTRY + r"|^[ \t]*" + _ENTRY, re.MULTILINE)
_TOKEN = re.compile(_ENTRY + r"|[()]")
_HIDDEN_IN_ATTENTION = "PyTorch prints neither kdim, vdim nor add_bias_kv: taken as embed_dim, embed_dim and False"
_HIDDEN_IN_AVERAGE = (
    "PyTorch prints no ceil_mode, count_include_pad or divisor_override of an AvgPool: taken as unset"
)


def is_printed(text: str) -> bool:
    """Tell whether a text is a printed model, or a part of one.

    >>> is_printed("Net(\\n  (fc): Linear(in_features=3, out_features=2)\\n)"), is_printed("Linear(3, 2)")
    (True, False)
    """
    return _FIRST_ENTRY.search(text) is not None


class _Module:
    """A module whose bracket is open: where it stands, and the layers found in it so far."""

    __slots__ = ("count", "entries", "name", "parts", "start", "type")

    def __init__(self, name: str, kind: str, count: int, start: int) -> None:
        self.name = name
        self.type = kind
        self.count = count
        self.start = start
        self.parts = 0
        self.entries: list[Entry] = []


def read_printed(source: Source) -> list[Entry]:
    """Read the layers of a printed model in their order, named by the way to them.

    Raises SpecError where brackets do not match or a layer of PyTorch's has impossible arguments.

    >>> text = "Net(\\n  (fc): Sequential(\\n    (0): ReLU()\\n    (1): Scale()\\n  )\\n)"
    >>> [(entry.name, entry.layer) for entry in read_printed(Source(text))]
    [('fc.0', Elementwise(name='ReLU', arguments=())), ('fc.1', Unknown(name='Scale'))]
    """
    text = _without_comments(source.text)
    cache: dict[str, Layer] = {}
    root = _Module("", "", 1, 0)
    stack = [root]
    plain: list[int] = []  # brackets that open no module; each remembers how many modules were open
    read_to = 0
    for token in _TOKEN.finditer(text):
        if token[3] is not None:
            if len(stack) == 1:
                _refuse_text(source, text, read_to, token.start())
            stack[-1].parts += 1
            stack.append(_Module(token[1], token[3], int(token[2] or 1), token.start(3)))
        elif token[0] == "(":
            if len(stack) == 1:
                start = _word_before(text, token.start(), read_to)
                _refuse_text(source, text, read_to, start)
                if start == token.start():
                    raise source.fault("the name of a module is missing before this bracket", start, start + 1)
                root.parts += 1
                stack.append(_Module("", text[start : token.start()], 1, start))
            else:
                plain.append(len(stack))
        elif plain and plain[-1] == len(stack):
            plain.pop()
        elif len(stack) == 1:
            raise source.fault("this bracket closes nothing", token.start(), token.end())
        else:
            module = stack.pop()
            stack[-1].entries += _closed(source, module, token.end(), cache)
            if len(stack[-1].entries) > MAX_LAYERS:
                raise too_many(source, module.start, token.end())
            read_to = token.end()
        if len(stack) + len(plain) > _MAX_DEPTH:
            raise source.fault(f"modules are nested more than {_MAX_DEPTH} deep", token.start(), token.end())
    if len(stack) > 1:
        raise source.fault(
            f"the bracket of {stack[-1].type} is not closed", stack[-1].start, stack[-1].start + len(stack[-1].type)
        )
    _refuse_text(source, text, read_to, len(text))
    return root.entries


def _without_comments(text: str) -> str:
    """Blank out the lines that are comments, every other character staying in its place."""
    if "#" not in text:
        return text
    lines = text.split("\n")
    return "\n".join(" " * len(line) if line.lstrip().startswith("#") else line for line in lines)


def _word_before(text: str, end: int, least: int) -> int:
    """Find where the dotted name before the bracket at `end` starts."""
    start = end
    while start > least and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    return start


def _refuse_text(source: Source, text: str, start: int, end: int) -> None:
    """Refuse anything but white space between the modules of the outermost level."""
    between = text[start:end]
    stray = between.strip().strip(",;")
    if stray:
        at = start + between.index(stray)
        raise source.fault("a module is expected here, as (name): Type(...)", at, at + len(stray.split("\n")[0]))


def _closed(source: Source, module: _Module, end: int, cache: dict[str, Layer]) -> list[Entry]:
    """Give the layers of a module whose bracket has just been closed."""
    if module.type == "MultiheadAttention" and module.parts:
        entries = [_attention(source, module, end)]
    elif module.parts:
        entries = module.entries
    else:
        text = source.text[module.start : end]
        layer = cache.get(text)
        if layer is None:
            layer = cache[text] = _leaf(source, module, end)
        notes = (_HIDDEN_IN_AVERAGE,) if module.type.startswith("AvgPool") else ()
        entries = [Entry(module.start, end, layer, "", notes)]
    if len(entries) * module.count > MAX_LAYERS:
        raise too_many(source, module.start, end)
    if not module.name:
        return entries
    return [entry.under(name) for name in _names(source, module) for entry in entries]


def _names(source: Source, module: _Module) -> list[str]:
    """Give the name of each of the equal modules that one entry stands for."""
    if module.count == 1:
        return [module.name]
    first, _, last = module.name.partition("-")
    if not (first.isdecimal() and last.isdecimal() and int(last) - int(first) + 1 == module.count):
        raise source.fault(
            f"({module.name}) does not name {module.count} modules", module.start, module.start + len(module.type)
        )
    return [str(number) for number in range(int(first), int(last) + 1)]


def _leaf(source: Source, module: _Module, end: int) -> Layer:
    """Give the layer of a module without modules in it."""
    name = module.type
    if name in KEEPING:
        return Elementwise(name)
    if name not in SIGNATURES and not is_foreign(name):
        return Unknown(name)
    try:
        call = read_expression(source, module.start, end).value
        assert isinstance(call, Call)
        return layer_of(source, call) if name in SIGNATURES else layer_of_foreign(source, call)
    except SpecError:
        # Somebody's own module may bear the name of one of PyTorch's; it says nothing of itself then. And a name
        # known from elsewhere promises no arguments.
        if name not in SIGNATURES or source.text[module.start : end].replace(" ", "").endswith("()"):
            return Unknown(name)
        raise


def _attention(source: Source, module: _Module, end: int) -> Entry:
    """Read a printed attention, which shows its output projection alone."""
    for entry in module.entries:
        if entry.name == "out_proj" and isinstance(entry.layer, Linear) and entry.layer.in_features is not None:
            layer = Attention(entry.layer.in_features, None, entry.layer.bias)
            return Entry(module.start, end, layer, "", (_HIDDEN_IN_ATTENTION,))
    return Entry(module.start, end, Unknown(module.type))
