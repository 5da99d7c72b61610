"""Keras 1's calls in the words of today: `Convolution2D(32, 5, 5, border_mode="same")` is `Conv2D(32, (5, 5), ...)`.

They are known by their signature: rows and columns of a kernel as numbers of their own, or parameters that were
renamed since.
"""

from __future__ import annotations

import re

from convcalc.notation.call.tree import Argument, Call, Sequence

NOTE = "{} is read as Keras 1 wrote it"
THIRD_NUMBER = "in {}({}, {}, {}) the third number is the strides; in Keras 1 it was the columns of the kernel"

_RENAMED = {
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "subsample_length": "strides",
    "filter_length": "kernel_size", "bias": "use_bias", "output_dim": "units", "p": "rate",
    "pool_length": "pool_size", "stride": "strides", "atrous_rate": "dilation_rate",
}  # fmt: skip
_KERNEL = ("nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3")
_OF_TRAINING = ("init", "weights", "W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "mode",
                "beta_init", "gamma_init", "depthwise_init", "pointwise_init")  # fmt: skip
_WINDOW = re.compile(r"(?:Separable|Atrous)?(Convolution|Conv)([123])D")
_POOL = re.compile(r"(?:Max|Average)Pooling[123]D")


def today(call: Call) -> tuple[Call, str | None]:
    """Return a call in the words of today, and a note where it was in those of Keras 1.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> from convcalc.text import Source
    >>> text = "Convolution2D(32, 5, 3, subsample=(2, 2))"
    >>> found, note = today(read_expression(Source(text), 0, len(text)).value)
    >>> [argument.value for argument in found.positional], [name for name, _, _ in found.keywords], note
    ([32], ['strides', 'kernel_size'], 'Convolution2D is read as Keras 1 wrote it')
    """
    name = call.short_name
    match = _WINDOW.fullmatch(name)
    rank = int(match[2]) if match else 0
    given = {keyword for keyword, _, _ in call.keywords}
    numbers = [argument for argument in call.positional if type(argument.value) is int]
    rows = rank > 1 and len(numbers) >= rank + 1
    if match is not None and rows and match[1] == "Conv" and not given & {*_RENAMED, *_KERNEL, "dim_ordering"}:
        first, second, third = (argument.value for argument in numbers[:3])
        return call, THIRD_NUMBER.format(name, first, second, third)
    known = _known(name, match is not None)
    if not rows and not given & known:
        return call, None
    return _rewritten(call, rank, rows), NOTE.format(name)


def _known(name: str, is_window: bool) -> set[str]:
    """Return the parameters of a layer that show that Keras 1 is meant."""
    shared = {"border_mode", "dim_ordering", *_OF_TRAINING} - {"weights", "mode"}
    if is_window:
        return {
            "nb_filter",
            "subsample",
            "subsample_length",
            "filter_length",
            "atrous_rate",
            "bias",
            *_KERNEL,
            *shared,
        }
    if _POOL.fullmatch(name):
        return {"pool_length", "stride", *shared}
    return {"Dense": {"output_dim", "bias", *shared}, "Dropout": {"p"}, "BatchNormalization": {"mode"}}.get(
        name, set()
    )


def _rewritten(call: Call, rank: int, rows: bool) -> Call:
    positional, keywords = list(call.positional), []
    kernel: list[Argument] = []
    if rows:
        kernel, positional = positional[1 : rank + 1], [positional[0], *positional[rank + 1 :]]
    for name, at, argument in call.keywords:
        if name in _KERNEL:
            kernel.append(argument)
        elif name == "dim_ordering":
            order = {"tf": "channels_last", "th": "channels_first"}.get(str(argument.value), argument.value)
            keywords.append(("data_format", at, Argument(order, (argument.start, argument.end))))
        elif name not in _OF_TRAINING:
            keywords.append((_RENAMED.get(name, name), at, argument))
    if kernel:
        start, end = kernel[0].start, kernel[-1].end
        keywords.append(("kernel_size", start, Argument(Sequence(kernel), (start, end))))
    return Call(call.name, positional, keywords, (call.start, call.name_end, call.end))
