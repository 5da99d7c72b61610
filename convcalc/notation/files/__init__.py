"""Files that hold a network: each format's reader, and how a text shows which one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.text import Source

if TYPE_CHECKING:
    from convcalc.notation.files.graph_builder import GraphBuilder


def read_model_text(source: Source) -> GraphBuilder | None:
    """Return the network of a text in the format of a model file, None for a text that is not in one.

    >>> read_model_text(Source("[net]\\nchannels=3\\n[maxpool]\\nsize=2")).notation
    'darknet'
    >>> read_model_text(Source("conv:8,k3")) is None
    True
    """
    text = source.text
    if "[net]" in text or "[network]" in text:
        from convcalc.notation.files.darknet import read_darknet

        return read_darknet(source)
    if "{" in text and ("layer" in text or "input_dim" in text) and _is_prototxt(text):
        from convcalc.notation.files.caffe import read_caffe

        return read_caffe(source)
    return None


def _is_prototxt(text: str) -> bool:
    """Return whether the first word of a text is a field of Caffe's network."""
    lines = (line.split("#")[0].replace(":", " ").replace("{", " ").split() for line in text.split("\n"))
    first = next((words[0] for words in lines if words), "")
    return first in ("name", "input", "input_dim", "input_shape", "layer", "layers", "state", "force_backward")
