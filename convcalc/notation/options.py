"""Layers from window options: a bare name finished by them, or what they change in a layer."""

from __future__ import annotations

from convcalc import layers
from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.notation.nodes import Node, WindowOptions
from convcalc.notation.short.vocabulary import ELEMENTWISE, KINDS, POOL_KINDS, canonical
from convcalc.text import did_you_mean

_WINDOW = ("kernel", "stride", "padding", "dilation")
_PER_AXIS = (*_WINDOW, "output_padding")
# Which options a kind of layer takes; a depthwise convolution's channels are those that come in.
_TAKES = {
    "conv": (*_WINDOW, "groups", "out_channels", "in_channels", "bias", "padding_mode"),
    "convT": (*_WINDOW, "groups", "out_channels", "in_channels", "output_padding", "bias"),
    "dw": (*_WINDOW, "in_channels", "bias", "padding_mode"),
    "maxpool": (*_WINDOW, "ceil"),
    "minpool": (*_WINDOW, "ceil"),
    "avgpool": (*_WINDOW, "ceil", "count_padding", "divisor"),
    "lppool": (*_WINDOW, "ceil", "norm"),
    "fc": ("out_channels", "in_channels", "bias"),
    "bn": ("in_channels",),
}

# What no option of the command line is for, and the `boundary` of numbers alone.
_UNNAMED = ("in_channels", "padding_mode")


def is_bare(text: str) -> bool:
    """Return whether `text` is the bare name of a kind of layer, to be completed by options.

    >>> is_bare("maxpool"), is_bare("ReLU"), is_bare("maxpool:2"), is_bare("nonsense")
    (True, True, False, False)
    """
    return canonical(text.strip()) is not None


def build_layer(kind: str, options: WindowOptions, rank: int | None = None) -> Node:
    """Return a bare kind of layer (`conv`, `maxpool`, `relu`) completed by window options.

    The spatial axes are `rank`, else as many as the options have values, else 2. Raises UsageError where an option
    is missing, does not belong to the kind, or has another number of values than the rest.

    >>> build_layer("conv", WindowOptions(kernel=(7,), stride=(2,), padding=(Padding(3, 3),))).text
    'conv:k7,s2,p3'
    """
    from convcalc.notation.short.write import to_short

    layer = build(kind, options, rank)
    text = to_short(layer)
    return Node(layer, text, text, (0, len(text)))


def build(kind: str, options: WindowOptions, rank: int | None) -> layers.Layer:
    """Build the layer of `build_layer` alone."""
    found = canonical(kind)
    if found is None:
        hint = did_you_mean(kind, [*KINDS, *ELEMENTWISE])
        raise UsageError(f"there is no layer {kind[:40]!r}", text=kind, span=(0, len(kind)), hint=hint)
    name, kind_rank = found
    agreed = _agreed(kind, kind_rank, rank)
    _refuse_others(options, _TAKES.get(name, ()), kind)
    axes = _rank(options, agreed)
    match name:
        case "conv" | "convT" | "dw":
            return _convolution(name, options, axes)
        case "maxpool" | "minpool" | "avgpool" | "lppool":
            return _pooling(name, options, axes)
        case "fc":
            if options.out_channels is None:
                raise UsageError(
                    "a linear layer needs its output features", hint="write fc:10, or give `out_channels`"
                )
            return layers.Linear(options.in_channels, options.out_channels, options.bias is not False)
        case "bn":
            return layers.Normalization(options.in_channels, kind_rank)
        case _:
            return layers.Flatten() if name == "flatten" else layers.Elementwise(name)


def adaptive_pooling(
    kind: str, outputs: tuple[int, ...], rank: int | None = None, options: WindowOptions | None = None
) -> layers.AdaptivePooling:
    """Build the pooling `kind` (`max`, `avgpool`) to an output size: one number for all axes, or one for each.

    Raises UsageError where `kind` is not a kind of pooling, the numbers of axes differ, or any of the `options` is
    given: the output size decides every window.

    >>> adaptive_pooling("max", (7,))
    AdaptivePooling(kind='max', outputs=(7, 7), drop_axes=False, indices=False)
    """
    found = canonical(kind.strip())
    if found is None or found[0] not in POOL_KINDS:
        raise UsageError(f"{kind[:40]!r} is not a kind of pooling", place="LAYER", hint="write max, avg, min or lp")
    if options is not None:
        what = f"an adaptive {POOL_KINDS[found[0]]} pooling"
        _refuse_others(options, (), what, "the output size decides every window")
    axes = _agreed(kind, found[1], rank) or (len(outputs) if len(outputs) > 1 else 2)
    if len(outputs) not in (1, axes):
        raise UsageError(f"the output size has {len(outputs)} values for {axes} spatial axes", place="`adaptive`")
    return layers.AdaptivePooling(POOL_KINDS[found[0]], _axes(outputs, axes, (1,)))


def _agreed(what: str, own: int | None, rank: int | None) -> int | None:
    """Return the number of spatial axes that a name states, or that is asked for; both must agree."""
    check_rank(what, own, rank)
    return own or rank


def check_rank(what: str, own: int | None, rank: int | None) -> None:
    """Refuse to work on `rank` spatial axes with what has a number of its own; None is any number."""
    if own is not None and rank is not None and rank != own:
        axes = "1 spatial axis" if own == 1 else f"{own} spatial axes"
        raise UsageError(f"{what} works on {axes}, not on {rank}")


def _convolution(name: str, options: WindowOptions, rank: int) -> layers.Convolution:
    return layers.Convolution(
        in_channels=options.in_channels,
        out_channels=options.out_channels,
        kernel=_required_kernel(name, options, rank),
        stride=_axes(options.stride, rank, (1,)),
        padding=_padding(options.padding, rank),
        dilation=_axes(options.dilation, rank, (1,)),
        groups=1 if options.groups is None else options.groups,
        bias=options.bias is not False,
        transposed=name == "convT",
        output_padding=None if options.output_padding is None else _axes(options.output_padding, rank, (0,)),
        depth_multiplier=1 if name == "dw" else None,
    )


def _pooling(name: str, options: WindowOptions, rank: int) -> layers.Pooling:
    kernel = _required_kernel(name, options, rank)
    return layers.Pooling(
        kind=POOL_KINDS[name],
        kernel=kernel,
        stride=kernel if options.stride is None else _axes(options.stride, rank, (1,)),
        padding=_padding(options.padding, rank),
        dilation=_axes(options.dilation, rank, (1,)),
        ceil=options.ceil is True,
        count_padding=options.count_padding is not False,
        divisor=options.divisor,
        norm=2.0 if options.norm is None else float(options.norm),
    )


def _required_kernel(name: str, options: WindowOptions, rank: int) -> tuple[int, ...]:
    if options.kernel is None:
        raise UsageError(f"{name} needs a kernel", hint=f"give `kernel=3`, or write {name}:k3")
    return _axes(options.kernel, rank, (1,))


def _rank(options: WindowOptions, rank: int | None) -> int:
    """Return the number of spatial axes that all options agree on."""
    counted = [
        (name, len(values))
        for name in _PER_AXIS
        if isinstance(values := getattr(options, name), tuple) and len(values) > 1
    ]
    for name, count in counted:
        if rank is not None and count != rank:
            axes = "1 spatial axis" if rank == 1 else f"{rank} spatial axes"
            raise UsageError(
                f"`{name}` has {count} values for {axes}", hint="give one value, or one per spatial axis"
            )
    for name, count in counted[1:]:
        first, first_count = counted[0]
        if count != first_count:
            raise UsageError(
                f"`{first}` has {first_count} values, `{name}` {count}",
                hint="give one value, or one per spatial axis",
            )
    if rank is not None:
        return rank
    return counted[0][1] if counted else 2


def _axes(values: tuple[int, ...] | None, rank: int, default: tuple[int, ...]) -> tuple[int, ...]:
    chosen = default if values is None else values
    return chosen * rank if len(chosen) == 1 else chosen


def _padding(
    padding: tuple[Padding, ...] | layers.NamedPadding | None, rank: int
) -> tuple[Padding, ...] | layers.NamedPadding:
    if padding is None:
        return (Padding(),) * rank
    if isinstance(padding, str):
        return padding
    return padding * rank if len(padding) == 1 else padding


def _refuse_others(options: WindowOptions, takes: tuple[str, ...], what: str, hint: str | None = None) -> None:
    for name in options.given():
        if name not in takes:
            known = ", ".join(f"`{field}`" for field in takes if field not in _UNNAMED)
            otherwise = f"it takes {known}" if known else "it takes no window options"
            if name == "output_padding":
                otherwise = "only a transposed convolution takes it: the layer convT, or conv with `transposed`"
            given = f"{name}=False" if getattr(options, name) is False else name
            raise UsageError(f"`{given}` does not belong to {what}", hint=hint or otherwise)


def changes_of(layer: layers.Layer, options: WindowOptions, what: str) -> dict[str, object]:
    """Return the values that options have for the fields of a layer.

    Raises UsageError where an option does not belong to the layer `what` or does not fit its spatial axes.

    >>> changes_of(layers.Linear(3, 4), WindowOptions(out_channels=5), "fc:4")
    {'out_features': 5}
    """
    takes: tuple[str, ...]
    match layer:
        case layers.Convolution():
            takes = _TAKES["dw" if layer.depth_multiplier else "convT" if layer.transposed else "conv"]
        case layers.Pooling():
            takes = _TAKES[f"{layer.kind}pool"]
        case layers.Linear():
            takes = _TAKES["fc"]
        case _:
            takes = ()
    _refuse_others(options, takes, what)
    rank = _rank(options, layers.rank_of(layer) or 0)
    changes: dict[str, object] = {}
    for name in options.given():
        value = getattr(options, name)
        if name == "padding":
            value = _padding(options.padding, rank)
        elif name in _PER_AXIS:
            value = _axes(value, rank, (1,))
        elif isinstance(layer, layers.Linear):
            name = name.replace("channels", "features")
        changes[name] = value
    return changes
