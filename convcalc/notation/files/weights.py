"""The tensors of a file of weights, put together by the modules that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from convcalc.errors import DataError, UsageError
from convcalc.layers import Held
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.text import Source, size_text
from convcalc.value import Value

BUFFERS = ("running_mean", "running_var")
COUNTER = "num_batches_tracked"
_GUESSED = (
    "a file of weights does not say what is trained; running_mean, running_var and whole numbers are taken for"
    " buffers, all else for trained"
)
_NO_LAYERS = "a file of weights holds tensors, not layers: how they are connected it does not say"


class Tensor(Value):
    """A tensor of a file: its full name, shape and type; `storage` is equal for tensors that are one.

    `buffer` is whether the module that holds it does not train it, None where only its name can tell.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    storage: object = None
    buffer: bool | None = None

    @property
    def is_buffer(self) -> bool:
        """Whether it is not trained: statistics, and whole numbers.

        >>> Tensor("bn.running_mean", (8,), "float32").is_buffer, Tensor("fc.weight", (8, 3), "float32").is_buffer
        (True, False)
        """
        if self.buffer is not None:
            return self.buffer
        return self.name.rpartition(".")[2] in BUFFERS or not self.dtype.startswith(("float", "bfloat", "complex"))


class TensorPlace(Value):
    """The place of a tensor's numbers: its shape, its type, and the offset of its first byte in a file.

    `file` is another file than the model's where that keeps them apart. `numbers` are the whole numbers themselves
    where they do not stand byte by byte.
    """

    shape: tuple[int, ...]
    dtype: str
    offset: int = 0
    file: str | None = None
    numbers: tuple[int, ...] | None = None


def held_by_modules(tensors: Iterable[Tensor], place: str, notation: str, notes: Sequence[str] = ()) -> GraphBuilder:
    """Return the modules that hold `tensors`, each with what it holds; a tensor that stands twice counts once.

    Nothing can be sent through them: that is their objection. Raises DataError where there is no tensor.

    >>> held = [Tensor("fc.weight", (2, 3), "float32"), Tensor("fc.bias", (2,), "float32")]
    >>> [(entry.name, entry.text, entry.layer.weights) for entry in held_by_modules(held, "a.pt", "").entries]
    [('fc', 'weight 2x3, bias 2', 6)]
    """
    builder = GraphBuilder(Source("", place), notation)
    builder.objections = (UsageError(_NO_LAYERS, place=place, hint="params without an input counts them"),)
    tensors = list(tensors)
    if any(tensor.buffer is None for tensor in tensors):
        builder.assumptions = (_GUESSED,)
    modules: dict[str, list[Tensor]] = {}
    seen: dict[object, str] = {}
    remarks = list(notes)
    counters = 0
    for tensor in tensors:
        module, _, own = tensor.name.rpartition(".")
        if own == COUNTER:
            counters += 1
            continue
        first = tensor.name if tensor.storage is None else seen.setdefault(tensor.storage, tensor.name)
        if first != tensor.name:
            remarks.append(f"{tensor.name} is {first}, counted once")
            continue
        modules.setdefault(module, []).append(tensor)
    if not modules:
        raise DataError("there are no tensors in this file", place=place)
    if counters:
        counted = "1 counter" if counters == 1 else f"{counters} counters"
        remarks.append(f"not counted: {counted} of batches ({COUNTER})")
    for name, held in modules.items():
        weights, biases, buffers = (
            sum(prod(each.shape) for each in held if _kind(each) == kind) for kind in ("weight", "bias", "buffer")
        )
        layer = Held(weights, biases, buffers)
        text = ", ".join(map(_tensor_text, held))
        builder.add(layer, (len(builder.entries) - 1,), (0, 0), name=name, text=text, notes=tuple(remarks))
        remarks = []
    return builder


def _kind(tensor: Tensor) -> str:
    if tensor.is_buffer:
        return "buffer"
    return "bias" if "bias" in tensor.name.rpartition(".")[2] else "weight"


def _tensor_text(tensor: Tensor) -> str:
    dtype = "" if tensor.dtype == "float32" else f" {tensor.dtype}"
    return f"{tensor.name.rpartition('.')[2]} {size_text(tensor.shape)}{dtype}"
