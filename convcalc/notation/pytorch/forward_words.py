"""Words for what a known block does in its `forward` and no module prints: tokens, slices, parameters of its own."""

from __future__ import annotations

from math import gcd

from convcalc import layers

_PLAIN: dict[str, tuple[layers.Layer, ...]] = {
    "tokens": (layers.Flatten(2), layers.Permute((2, 1))),
    "transposed": (layers.Permute((2, 1)),),
    "mean_tokens": (layers.Permute((2, 1)), layers.AdaptivePooling("avg", (1,), drop_axes=True)),
    "pixels_to_length": (layers.Flatten(), layers.Unflatten(1, (1, -1))),
    "length_to_pixels": (layers.Flatten(), layers.Unflatten(1, (-1, 1, 1))),
    "first": (layers.Slice(1, 0),),
    "shuffle": (layers.Elementwise("ChannelShuffle"),),
    "attention": (layers.AttentionProduct(),),
    "patches:2": (layers.PixelShuffle(2, inverse=True, last_two=True),),
}
# Children of known blocks that print nothing of themselves and hold as many parameters for each feature.
_LEARNED = {"Affine": 2, "GlobalResponseNorm": 2, "LayerScale": 1, "LayerScale2d": 1, "Scale": 1}
_SHORT = frozenset({"id", "id?", "gap", "flatten"})


def is_forward_word(word: str) -> bool:
    """Return whether a word of a graph is not the name of a child.

    >>> is_forward_word("tokens"), is_forward_word("relu:"), is_forward_word("relu")
    (True, True, False)
    """
    return word in _PLAIN or word in _SHORT or ":" in word or word.startswith("=")


def layers_of_word(word: str) -> tuple[tuple[str, layers.Layer], ...] | None:
    """Return the layers of a word, each with its name, None for a word of the short notation.

    `own:NAME=169/32` are 169/32 parameters for each channel, `per_feature:NAME` is one for each number on the last
    axis, `position:NAME` one for each number that comes in, and `token:NAME` a learned vector put before the others.
    `part:2/4` is the second quarter of the channels, `constant:2x15x15` a tensor that takes nothing in, and
    `attention:7x7` the product of attention in windows of 7x7.

    >>> layers_of_word("own:scale")[0][1].times, layers_of_word("token:cls")[0][0], layers_of_word("relu")
    (1, 'cls', None)
    """
    if word in _PLAIN:
        return tuple(("(in forward)", layer) for layer in _PLAIN[word])
    kind, _, rest = word.partition(":")
    name, _, ratio = rest.partition("=")
    match kind:
        case "own":
            times, _, share = ratio.partition("/")
            return ((name, _per_channel(int(times or 1), int(share or 1))),)
        case "per_feature":
            return ((name, layers.Held(each="feature")),)
        case "token":
            return ((name, layers.Held(each="feature", vectors=1)),)
        case "position":
            return ((name, layers.Held(each="number")),)
        case "part":
            part, _, parts = rest.partition("/")
            return (("(in forward)", layers.Slice(1, int(part) - 1, int(parts))),)
        case "constant":
            return (("(in forward)", layers.Held(0, sizes=_sizes(rest))),)
        case "attention":
            return (("(in forward)", layers.AttentionProduct(_sizes(rest))),)
        case _:
            return None


def learned_by(name: str, *, channels: bool) -> layers.Held | None:
    """Return what a module holds that prints nothing of itself, for each channel or each number on the last axis.

    >>> learned_by("Affine", channels=False).times
    2
    """
    if name not in _LEARNED:
        return None
    return layers.Held(each="channel" if channels or name.endswith("2d") else "feature", times=_LEARNED[name])


def _per_channel(times: int, share: int) -> layers.Held:
    common = gcd(times, share)
    return layers.Held(times=times // common, share=share // common)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))
