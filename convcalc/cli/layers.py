"""The layers that a command line names, as a request: LAYER arguments, a file, or window options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from convcalc.cli.options import (
    LayerArguments,
    WindowArguments,
)
from convcalc.errors import UsageError
from convcalc.model.reading import window_options
from convcalc.model.request import LayerRequest
from convcalc.notation import WindowOptions, is_size, parse_axes

OPTIONS = (
    *("kernel", "stride", "padding", "dilation", "groups"),
    *("out_channels", "output_padding", "ceil", "bias"),
)
"""The options that make or finish a layer."""


def layer_request(
    texts: Sequence[str] | None, layer: LayerArguments, window: WindowArguments, size: str | None = None
) -> LayerRequest:
    """Ask for the layers of a command line, the file of `-f` read; `size` is what stands before them.

    >>> layer = LayerArguments(kernel="7", groups=None, out_channels=None, output_padding=None, ceil=None, bias=None)
    >>> layer_request(["conv"], layer, WindowArguments(stride="2", padding=None, dilation=None)).options
    {'kernel': '7', 'stride': '2'}
    """
    options = layer_options(layer, window)
    if size is not None and texts and all(text.rpartition("=")[2].isdigit() and ":" not in text for text in texts):
        raise _numbers_alone(size, texts, options)
    assumed = () if layer.assume is None else (layer.assume,)
    file = layer.file
    if file is not None and texts:
        raise UsageError("layers come from -f or from the command line, not from both", place="-f")
    files = [text for text in texts or () if may_be_file(text)]
    if files and len(texts or ()) > 1:
        raise UsageError(
            "a file of layers cannot be combined with other layers",
            place=files[0],
            hint="give it by itself, without other layers",
        )
    file = files[0] if files else file
    if file is not None:
        from convcalc.model.files import read_file

        content = (read_file(file),)
        return LayerRequest(
            content, options, file, window.dims, layer.strict, assume=assumed, class_name=layer.class_name
        )
    if not texts and not options:
        if size is not None and not is_size(size) and "?" not in size:
            from shlex import quote

            hint = f"type: convcalc shape 3x224x224 {quote(size)}"
            raise UsageError("no size of an input given", place="INPUT", hint=hint)
        hint = "write one, as 'Conv2d(3, 64, 7)' or -k 7, or read a file with -f"
        raise UsageError("no layer given", hint=hint)
    return LayerRequest(
        tuple(texts or ()),
        options,
        rank=window.dims,
        strict=layer.strict,
        assume=assumed,
        class_name=layer.class_name,
    )


def _numbers_alone(size: str, texts: Sequence[str], options: Mapping[str, Any]) -> UsageError:
    """Return the error for numbers where layers stand, as 7 2 or k=7 s=2: options without their dash, or sizes."""
    import re
    from shlex import quote

    named = [text.rpartition("=") for text in texts]
    largest = max(map(int, re.findall(r"\d+", size)), default=0)
    if options or any(not name and int(number) >= largest for name, _, number in named):
        hint = f"a size is one argument: {'x'.join((size, *texts))}"
    else:
        places = zip(named, "kspd", strict=False)
        given = " ".join(f"-{name[:1] or letter} {number}" for (name, _, number), letter in places)
        hint = f"type: convcalc shape {quote(size)} {given}"
    return UsageError(f"{texts[0]!r} is not a layer", place="LAYER", hint=hint)


def layer_options(layer: LayerArguments, window: WindowArguments) -> dict[str, Any]:
    """Return the options that make or finish a layer, as written, by their names."""
    values = {name: getattr(window if hasattr(window, name) else layer, name) for name in OPTIONS}
    return {name: value for name, value in values.items() if value is not None}


def may_be_file(text: str) -> bool:
    """Return whether a layer is the name of a model file; few have a dot near their end, and most ask no disk."""
    if "." not in text[-12:]:
        return False
    from convcalc.model.files import is_model_file

    return is_model_file(text)


def sliding_options(window: WindowArguments) -> WindowOptions:
    """Read the texts of the options that every command with a window has.

    >>> sliding_options(WindowArguments(stride="2x3")).stride
    (2, 3)
    """
    given = {name: getattr(window, name) for name in ("stride", "padding", "dilation")}
    return window_options({name: text for name, text in given.items() if text is not None})


def axes_of(text: str | None, name: str) -> tuple[int, ...] | None:
    """Read a value for each axis where the option is given.

    >>> axes_of("3x5", "kernel"), axes_of(None, "kernel")
    ((3, 5), None)
    """
    return None if text is None else parse_axes(text, name)
