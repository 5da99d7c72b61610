"""PyTorch's `.pt` and `.pth`: the pickle walked as data, never loaded; nothing that it names is imported or called.

A file is a zip archive with `data.pkl` in it (since PyTorch 1.6) or pickles one after another (before). A tensor is a
call of `torch._utils._rebuild_tensor_v2` with a storage, an offset and a shape.
"""

from __future__ import annotations

import io
import pickletools
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from convcalc.errors import DataError, archive_errors, damaged_archive
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.files.weights import Tensor, held_by_modules

LONGEST_PICKLE = 1 << 25
MAX_DEPTH = 200
_DTYPES = {
    "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16", "DoubleStorage": "float64",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
_MODULE_PARTS = ("_parameters", "_buffers", "_modules")


class Made:
    """What a pickle would make by a call: the name of what it calls, its arguments, and what is put into it."""

    __slots__ = ("arguments", "items", "name", "state")

    def __init__(self, name: str, arguments: Any) -> None:
        self.name = name
        self.arguments = arguments
        self.items: dict[Any, Any] = {}
        self.state: Any = None


class Name(str):
    """The name of a class or function that a pickle refers to."""

    __slots__ = ()


def is_pickle(head: bytes) -> bool:
    """Return whether the first bytes of a file begin a pickle of protocol 2 or later.

    >>> is_pickle(b"\\x80\\x02}."), is_pickle(b"PK")
    (True, False)
    """
    return len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5


def read_pickled(stream: BinaryIO, place: str) -> GraphBuilder:
    """Read the tensors of old pickles, or of an archive that does not begin as one; errors as `read_archive`."""
    return _held(lambda: _root(stream, place), place)


def read_archive(archive: zipfile.ZipFile, place: str) -> GraphBuilder:
    """Read the tensors of an archive; DataError for a file that is damaged, or too large."""
    return _held(lambda: _root_in(archive, place), place)


def _held(root: Callable[[], Any], place: str) -> GraphBuilder:
    """Return the tensors of what a pickle would make, which `root` returns."""
    try:
        found, notes = _tensors(root())
    except (ValueError, LookupError, TypeError, AttributeError, EOFError, RecursionError, OverflowError) as error:
        raise DataError("the pickle in this file is damaged", place=place) from error
    except archive_errors() as error:
        raise damaged_archive(error, place) from error
    return held_by_modules(found, place, "pytorch weights", notes)


def _root(stream: BinaryIO, place: str) -> Any:
    """Return what the pickle of a file would make."""
    if not zipfile.is_zipfile(stream):
        stream.seek(0)
        *_, root = (walked(_Limited(stream)) for _ in range(4))  # magic number, protocol, system, object
        return root
    with zipfile.ZipFile(stream) as archive:
        return _root_in(archive, place)


def _root_in(archive: zipfile.ZipFile, place: str) -> Any:
    """Return what the pickle in an archive would make."""
    name = next((name for name in archive.namelist() if name.endswith("data.pkl")), None)
    if name is None:
        raise DataError("there is no data.pkl in this archive", place=place)
    if archive.getinfo(name).file_size > LONGEST_PICKLE:
        raise DataError("the pickle of this archive is too large to be names and shapes", place=place)
    return walked(io.BytesIO(archive.read(name)))


class _Limited:
    """A stream of which at most `LONGEST_PICKLE` bytes are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.left = LONGEST_PICKLE

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; EOFError where that is too many."""
        if not 0 <= size <= self.left:
            raise EOFError
        self.left -= size
        return self.stream.read(size)

    def readline(self) -> bytes:
        """Read a line, which in a pickle is a short name."""
        return self.stream.readline(1 << 16)


def walked(stream: Any) -> Any:
    """Return what one pickle would make, with `Made` for every call; errors of Python for one that is damaged.

    >>> import pickle
    >>> walked(io.BytesIO(pickle.dumps({"a": (1, [2.5, None])}, protocol=2)))
    {'a': (1, [2.5, None])}
    """
    machine = _Machine()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an escape in a name that is damaged
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
    (root,) = machine.stack
    return root


class _Machine:
    """The stack and memory of a pickle's instructions."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memory: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction as far as it makes data."""
        stack = self.stack
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_SET"):
            stack.append({"EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}.get(name, list)())
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memory[int(argument)] = stack[-1]
        elif name == "MEMOIZE":
            self.memory[len(self.memory)] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self.memory[int(argument)])
        elif name == "MARK":
            self.marks.append(stack)
            self.stack = []
        elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
            count = int(name[-1])
            stack[-count:] = [tuple(stack[-count:])]
        elif name in ("TUPLE", "LIST", "DICT", "FROZENSET"):
            items = self.marked()
            pairs = zip(items[::2], items[1::2], strict=True) if name == "DICT" else ()
            self.stack.append(dict(pairs) if name == "DICT" else items if name == "LIST" else tuple(items))
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            words = [stack.pop(), stack.pop()][::-1] if argument is None else argument.split(" ")
            stack.append(Name(".".join(map(str, words))))
        elif name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX"):
            arguments = stack.pop()
            if name == "NEWOBJ_EX":
                arguments = stack.pop()
            stack.append(Made(str(stack.pop()), arguments))
        elif name in ("BINPERSID", "PERSID"):
            stack.append(Made("storage", stack.pop() if argument is None else argument))
        elif name in ("SETITEM", "SETITEMS", "APPEND", "APPENDS", "ADDITEMS", "BUILD"):
            self.fill(name)
        elif name in ("POP", "POP_MARK"):
            if name == "POP_MARK" or not stack:
                self.marked()
            else:
                stack.pop()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in ("OBJ", "INST"):
            items = self.marked()
            made = argument.replace(" ", ".") if name == "INST" else items.pop(0)
            self.stack.append(Made(str(made), tuple(items)))
        elif name not in ("PROTO", "FRAME", "STOP"):
            stack.append(argument)  # a number or a text

    def marked(self) -> list[Any]:
        """Return what stands behind the last mark, and take both away."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def fill(self, name: str) -> None:
        """Put values into the object before them."""
        if name.endswith("S"):
            items = self.marked()
        elif name == "SETITEM":
            value, key = self.stack.pop(), self.stack.pop()
            items = [key, value]
        else:
            items = [self.stack.pop()]
        target = self.stack[-1]
        if name == "BUILD":
            if isinstance(target, Made):
                target.state = items[0]
        elif name.startswith("SET"):
            into = target.items if isinstance(target, Made) else target
            into.update(zip(items[::2], items[1::2], strict=True))
        elif isinstance(target, list):
            target.extend(items)


_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


def _tensors(root: Any) -> tuple[list[Tensor], list[str]]:
    """Return the tensors of what a file holds, and notes on what is left out."""
    contents = _contents(root)
    left_out: list[str] = []
    if contents is None or _is_module(root):
        return list(_walk(root, "", 0)), []
    sets = {}
    for key, value in contents.items():
        inside = [] if _is_optimizer(value) else list(_walk(value, str(key), 0))
        if inside:
            sets[str(key)] = inside
        else:
            left_out.append(str(key))
    if len(sets) == 1 and _made_tensor(next(iter(contents.values())), "") is None:
        (name,) = sets
        sets[name] = [each.replace(name=each.name.removeprefix(f"{name}.")) for each in sets[name]]
    notes = [f"left out, for want of tensors of a model: {', '.join(left_out)[:200]}"] if left_out else []
    return [tensor for inside in sets.values() for tensor in inside], notes


def _contents(value: Any) -> dict[Any, Any] | None:
    """Return the items of a dictionary, ordered or not."""
    if isinstance(value, Made) and value.name.endswith("OrderedDict"):
        return value.items
    return value if isinstance(value, dict) else None


def _is_module(value: Any) -> bool:
    return isinstance(value, Made) and isinstance(value.state, dict) and "_modules" in value.state


def _is_optimizer(value: Any) -> bool:
    contents = _contents(value)
    return contents is not None and {"state", "param_groups"} <= contents.keys()


def _walk(value: Any, name: str, depth: int, buffer: bool | None = None) -> Iterator[Tensor]:
    """Yield the tensors in a value with their names, those of a module under its own parts."""
    if depth > MAX_DEPTH:
        raise RecursionError
    tensor = _made_tensor(value, name, buffer)
    if tensor is not None:
        yield tensor
        return
    if _is_module(value):
        for part, is_buffer in zip(_MODULE_PARTS, (False, True, None), strict=True):
            yield from _walk(value.state.get(part), name, depth + 1, is_buffer)
        return
    for key, inside in (_contents(value) or {}).items():
        yield from _walk(inside, f"{name}.{key}" if name else str(key), depth + 1, buffer)


def _made_tensor(value: Any, name: str, buffer: bool | None = None) -> Tensor | None:
    """Return the tensor that a call makes, None for anything else."""
    if not isinstance(value, Made):
        return None
    if value.name in ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"):
        return _made_tensor(value.arguments[0], name, buffer)
    if not value.name.startswith("torch._utils._rebuild_tensor"):
        return None
    storage, offset, shape = value.arguments[:3]
    _, kind, key, *_ = storage.arguments
    dtype = _DTYPES.get(str(kind).rpartition(".")[2], "")
    if value.name.endswith("_v3"):
        dtype = str(value.arguments[6]).removeprefix("torch.")
    if not all(type(size) is int and size >= 0 for size in shape) or not dtype:
        raise ValueError
    return Tensor(name, tuple(shape), dtype, (key, offset, tuple(shape)), buffer)
