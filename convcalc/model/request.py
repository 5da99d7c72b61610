"""Which layers are asked for, as written, and where a `?` stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convcalc.layers import Layer
from convcalc.notation.nodes import Network
from convcalc.value import Value

OPEN_OPTIONS = ("kernel", "stride", "padding", "dilation", "output_padding")
"""The options in which a `?` may stand."""


class LayerRequest(Value):
    """The layers that are asked for: written, built already, or made and finished by window options.

    `texts` are the layers in their order, each a text of any notation or a layer of `convcalc.layers`; `file` is the
    name of the file whose text, or whose network where it holds bytes, is the only one of them. `options` are the
    window options as written, by their names (`kernel`, `stride`, `padding`, ...); `rank` is the number of spatial
    axes where the notation does not say it. With `strict`, layers that can only be read on an assumption are refused.
    `inputs` are the names of the network's inputs where it has several. `assume` names what is taken where a print
    hides it and sizes only fit so: `ceil`. `size` and `layout` are those of the input, for a program whose layers
    depend on it; `class_name` is the class of its model, where it has several.

    >>> LayerRequest((), {"kernel": "?"}).is_open, LayerRequest(("conv:8,k3 # what?",)).is_open
    (True, False)
    """

    texts: tuple[str | Layer | Network, ...]
    options: Mapping[str, Any] = {}
    file: str | None = None
    rank: int | None = None
    strict: bool = False
    inputs: tuple[str, ...] = ()
    assume: tuple[str, ...] = ()
    size: str | None = None
    layout: str | None = None
    class_name: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a `?` in the layers or their options stands for a number to be found."""
        return any(self.open_options) or any(places for _, places in self.open_texts)

    @property
    def open_options(self) -> list[str]:
        """The names of the options with a `?`, each as often as there is one."""
        return [name for name in OPEN_OPTIONS for _ in range(self.options.get(name, "").count("?"))]

    @property
    def open_texts(self) -> list[tuple[int, list[int]]]:
        """The indices of the texts with a `?`, each with the places of it."""
        texts = enumerate(self.texts)
        return [(index, placeholders(text)) for index, text in texts if isinstance(text, str) and "?" in text]


def placeholders(text: str) -> list[int]:
    """Return the places of `?` outside of quotes and of comments, and of what stands around fences.

    >>> placeholders("Conv2d(3, ?, 3, padding_mode='?')"), placeholders("```\\nconv:?\\n```\\nWhich?")
    ([10], [9])
    """
    found, quote = [], ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"#":
            quote = "\n" if character == "#" else character
        elif character == "?":
            found.append(at)
    return [at for at in found if text.count("```", 0, at) % 2] if "```" in text else found
