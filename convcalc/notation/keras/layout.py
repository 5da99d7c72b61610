"""Whether a text of Keras's has its channels first: one layout for all its layers, or an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from convcalc import layers

if TYPE_CHECKING:
    from convcalc.notation.entries import Entry
    from convcalc.text import Source

_EVERYWHERE = re.compile(r"""set_image_(?:data_format|dim_ordering)\(\s*['"](?:channels_first|th)['"]""")
_SOMEWHERE = re.compile(r"""(?<![=!]=)(?<![=!]=\s)['"]channels_first['"](?!\s*[=!]=)|dim_ordering\s*=\s*['"]th['"]""")
_WINDOWS = (layers.AdaptivePooling, layers.Border, layers.Convolution, layers.Pooling, layers.Resize)
_ANY_LAYOUT = (layers.Elementwise, layers.Flatten, layers.Merge)
_HINT = "write data_format='channels_first' in every layer that has one"


def has_channels_first(text: str) -> bool:
    """Return whether a text says of a layer, or of all, that its channels come first; asking for it does not.

    >>> has_channels_first("Conv2D(8, 3, data_format='channels_first')"), has_channels_first("Conv2D(8, 3)")
    (True, False)
    >>> has_channels_first("if K.image_data_format() == 'channels_first':")
    False
    """
    return bool(_SOMEWHERE.search(text) or _EVERYWHERE.search(text))


def settle_channels_first(source: Source, entries: Sequence[Entry]) -> None:
    """Hold every layer of a text that has its channels first to that layout.

    A normalization of axis 1 is one of the channels there. Raises SpecError for a layer with its channels last, and
    for one that works along the last axis while that is one of space.
    """
    everywhere = _EVERYWHERE.search(source.text) is not None
    spatial = True
    for entry in entries:
        layer = entry.layer
        if isinstance(layer, _WINDOWS):
            if not (entry.channels_first or (entry.channels_first is None and everywhere)):
                raise source.fault(
                    "some layers have their channels first, this one last", entry.start, entry.end, _HINT
                )
        elif isinstance(layer, layers.AxesNormalization) and layer.running_stats and layer.axes == (1,):
            entry.layer = _of_channels(layer)
        elif spatial and not isinstance(layer, _ANY_LAYOUT):
            message = "this layer works along the last axis, which is one of space where channels are first"
            raise source.fault(message, entry.start, entry.end, "axis=1 is that of the channels")
        spatial = spatial and not isinstance(layer, layers.Flatten) and not getattr(layer, "drop_axes", False)


def _of_channels(layer: layers.AxesNormalization) -> layers.Normalization:
    bias = None if layer.affine == layer.bias else layer.bias
    return layers.Normalization(None, None, layer.affine, True, bias, "batch", 1, True, layer.eps, layer.momentum)
