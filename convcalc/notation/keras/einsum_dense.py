"""Keras's `EinsumDense`: a kernel that is multiplied with what comes in by an equation, and a bias on some axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.notation.call.signature import Signature, bind
from convcalc.notation.call.tree import Call
from convcalc.notation.keras.joining import Axes
from convcalc.notation.keras.read import activation_of, shared_keywords
from convcalc.text import Source

NAME = "EinsumDense"

SIGNATURE: Signature = (
    ("equation", "any", ...),
    ("output_shape", "any", ...),
    ("activation", "any", None),
    ("bias_axes", "any", None),
    ("gptq_unpacked_column_size", "any", None),
)

Add = Callable[[layers.Layer, Sequence[int], str], int]
"""Adds a layer on tensors, under its name inside of this one, and returns the tensor that it makes."""


def apply(source: Source, call: Call, add: Add, tensor: int, axes: Axes, layout: str) -> int:
    """Add the layers of a call on a tensor of `axes` and return the tensor that it makes.

    Raises SpecError at the call for an equation that is not read, and where a size of the kernel is not known.
    """
    bound = bind(source, call, SIGNATURE, 0, shared_keywords(call, SIGNATURE))
    given = {key: value.plain() if hasattr(value, "plain") else value for key, value in bound.values.items()}
    try:
        equation, kernel, bias = _read(given["equation"], given["output_shape"], given["bias_axes"], axes)
    except ShapeError as error:
        raise source.fault(error.message, call.start, call.end, error.hint) from None
    last = layout == "hwc"
    sizes = (*kernel[-1:], *kernel[:-1]) if last else kernel
    held = add(layers.Held(prod(kernel), sizes=sizes), [-1], "kernel")
    made = add(layers.Merge("einsum", equation=equation, channels_last=last), [tensor, held], "product")
    if bias:
        made = add(layers.Held(0, bias), [made], "bias")
    activation = activation_of(bound)
    return made if activation is None else add(activation, [made], "activation")


def _read(equation: object, output_shape: object, bias_axes: object, axes: Axes) -> tuple[str, tuple[int, ...], int]:
    """Return the equation, the sizes of the kernel, and how many biases there are.

    >>> _read("abc,cd->abd", (None, 64), "d", (None, 7, 12))
    ('abc,cd->abd', (12, 64), 64)
    """
    taken, _, made = equation.replace(" ", "").partition("->") if isinstance(equation, str) else ("", "", "")
    left, _, right = taken.partition(",")
    if not (left.isalpha() and right.isalpha() and made.isalpha()) or left[0] != made[0] or left[0] in right:
        raise ShapeError(
            f"EinsumDense is read for an equation as 'abc,cd->abd', its batch first, got {equation!r}"[:120]
        )
    if axes is None or len(axes) != len(left):
        raise ShapeError(
            f"EinsumDense takes a tensor of {len(left)} axes with its batch", hint="state the input's sizes"
        )
    given = output_shape if isinstance(output_shape, list | tuple) else (output_shape,)
    if len(given) != len(made) - 1:
        raise ShapeError(f"output_shape has {len(given)} sizes, the equation makes {len(made) - 1} besides the batch")
    sizes = dict(zip(made[1:], given, strict=True))
    sizes = {label: size for label, size in sizes.items() if size is not None} | {
        label: size for label, size in zip(left, axes, strict=True) if size is not None
    }
    bias = bias_axes if isinstance(bias_axes, str) else ""
    needed = {label: sizes.get(label) for label in (*right, *bias)}
    if not all(type(size) is int and size > 0 for size in needed.values()):
        raise ShapeError("a size of the kernel of this EinsumDense is not known", hint="state the input's sizes")
    for label, size in zip(made[1:], given, strict=True):
        if size is not None and sizes[label] != size:
            raise ShapeError(f"output_shape has {size} where the equation makes {sizes[label]}")
    kernel = tuple(sizes[label] for label in right)
    biases = prod(sizes[label] for label in bias) if bias else 0
    return f"{left},{right}->{made}", kernel, biases
