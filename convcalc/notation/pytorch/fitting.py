"""What to write instead where a layer takes another number of channels or features than comes in."""

from __future__ import annotations

from convcalc import layers


def fitting_argument(layer: layers.Layer, number: int | None) -> str | None:
    """Return the argument with which a layer of PyTorch's takes a `number` of channels or features, None if none.

    >>> fitting_argument(layers.Linear(1050, 10), 1568)
    'in_features=1568 takes it'
    """
    match layer:
        case layers.Linear():
            name = "in_features"
        case layers.Convolution():
            name = "in_channels"
        case layers.Recurrent():
            name = "input_size"
        case layers.Attention():
            name = "embed_dim"
        case layers.Normalization():
            name = "num_channels" if layer.groups > 1 else "num_features"
        case _:
            return None
    return None if number is None else f"{name}={number} takes it"
