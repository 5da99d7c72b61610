"""Darknet's `.cfg`: sections to layers.

A file is a list of sections: a line `[name]`, then lines `key=value`; `#` and `;` begin comments. The first, `[net]`,
states the input; every other is a layer that takes what the one before it gives, unless it names others by `from` or
`layers`: their numbers, counted from 0 behind `[net]`, or backwards where negative.
"""

from __future__ import annotations

from collections.abc import Callable

from convcalc import layers
from convcalc.geometry import Padding
from convcalc.layers import Layer
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.text import Source, did_you_mean

ACTIVATIONS: dict[str, Layer | None] = {
    "linear": None,
    "leaky": layers.Elementwise("LeakyReLU", (("negative_slope", 0.1),)),
    "logistic": layers.Elementwise("Sigmoid"),
    **{name.lower(): layers.Elementwise(name) for name in ("ReLU", "ReLU6", "ELU", "SELU", "Tanh", "Mish", "GELU")},
    "swish": layers.Elementwise("SiLU"),
    "hardtan": layers.Elementwise("Hardtanh"),
}
"""What each activation is; Darknet's leaky one has a slope of 0.1."""

NORMALIZATION = layers.Normalization(None, eps=1e-6, momentum=0.01)
"""Darknet's normalization: its statistics keep 0.99 of what they were."""

_PLAIN = ("name", "stopbackward", "dontload", "dontloadscales", "dontsave", "onlyforward", "trt", "learning_rate",
          "burnin_update", "train_only_bn", "numload", "unfrozen")  # fmt: skip
_CONVOLUTION = ("filters", "size", "stride", "stride_x", "stride_y", "pad", "padding", "groups", "batch_normalize",
                "activation", "flipped", "binary", "xnor", "bin_output", "dot")  # fmt: skip
_POOLING = ("size", "stride", "stride_x", "stride_y", "padding")
_CROP = ("crop_height", "crop_width", "flip", "angle", "saturation", "exposure", "shift", "noadjust")
_HEAD = ("mask", "anchors", "classes", "num", "jitter", "ignore_thresh", "truth_thresh", "random", "bias_match",
         "coords", "softmax", "rescore", "object_scale", "noobject_scale", "class_scale", "coord_scale", "absolute",
         "thresh", "scale_x_y", "iou_thresh", "cls_normalizer", "iou_normalizer", "obj_normalizer", "iou_loss",
         "nms_kind", "beta_nms", "max_delta", "counters_per_class", "label_smooth_eps", "objectness_smooth", "max",
         "map", "tree", "background", "resize", "side", "sqrt", "focal_loss", "new_coords")  # fmt: skip


class Section:
    """A section: its name and number, its place, and its options with theirs."""

    __slots__ = ("index", "name", "options", "span")

    def __init__(self, name: str, span: tuple[int, int], index: int) -> None:
        self.name = name
        self.span = span
        self.index = index
        self.options: dict[str, tuple[str, int]] = {}


def read_darknet(source: Source) -> GraphBuilder:
    """Read a network of Darknet's; the input's size is that of `[net]`.

    Raises SpecError with its place for a line that is neither a section nor an option, a section that is not known,
    and an option that would change sizes but is not.

    >>> text = "[net]\\nwidth=8\\nheight=6\\nchannels=3\\n[convolutional]\\nfilters=4\\nsize=3\\nactivation=linear"
    >>> reading = read_darknet(Source(text))
    >>> reading.input, [entry.text for entry in reading.entries]
    ((3, 6, 8), ['conv:4,k3'])
    """
    net, *sections = _sections(source)
    reader = _Reader(source, net)
    for section in sections:
        reader.read(section)
    return reader.builder


def _sections(source: Source) -> list[Section]:
    """Return the sections of a text, `[net]` first."""
    found: list[Section] = []
    at = 0
    for line in source.text.split("\n"):
        written = line.split("#")[0].split(";")[0].strip()
        start = at + line.index(written)
        end, at = start + len(written), at + len(line) + 1
        if not written:
            continue
        if written[0] == "[" and written[-1] == "]":
            name = written[1:-1].strip()
            if not found and name not in ("net", "network"):
                raise source.fault("the first section is not [net]", start, end)
            found.append(Section(name, (start, end), len(found) - 1))
            continue
        key, equals, value = (part.strip() for part in written.partition("="))
        if not equals or not found:
            raise source.fault(f"{written[:40]!r} is not a section or an option", start, end)
        if key in found[-1].options:
            raise source.fault(f"{key} is given twice in [{found[-1].name}]", start, end)
        found[-1].options[key] = (value, start)
    if len(found) < 2:
        raise source.fault("there are no layers in this text", 0, 0)
    return found


class _Reader:
    """Reads sections in their order; `made` has for each the tensor it gives, `channels` how many channels."""

    def __init__(self, source: Source, net: Section) -> None:
        self.source = source
        self.builder = GraphBuilder(source, "darknet")
        self.section = net
        self.made: list[int] = []
        self.channels: list[int] = []
        self.features = False  # whether what comes in has been flattened
        sizes = [self.number(name, 0) for name in ("channels", "height", "width")]
        self.builder.input = (sizes[0], *sizes[1:]) if all(sizes) else None
        self.input_channels = sizes[0]

    def read(self, section: Section) -> None:
        """Read one section."""
        self.section = section
        rule = _RULES.get(section.name)
        if rule is None:
            kind = (
                "a recurrent section, which is not read"
                if section.name in _RECURRENT
                else "not a section that is read"
            )
            message = f"[{section.name[:40]}] is {kind}"
            raise self.builder.fault(message, section.span, did_you_mean(section.name, _RULES))
        known, read = rule
        for key, (_, at) in section.options.items():
            if key not in known and key not in _PLAIN:
                message = f"{key[:40]!r} is not an option of [{section.name}] that is read"
                raise self.builder.fault(message, (at, at + len(key)), did_you_mean(key, known))
        channels = read(self)
        self.made.append(self.tensor)
        self.channels.append(channels)

    @property
    def tensor(self) -> int:
        """The tensor made last."""
        return len(self.builder.entries) - 1

    @property
    def before(self) -> int:
        """The tensor that the section takes."""
        return self.made[-1] if self.made else -1

    @property
    def incoming(self) -> int:
        """The channels that the section takes."""
        return self.channels[-1] if self.channels else self.input_channels

    def add(self, layer: Layer, inputs: tuple[int, ...], kind: str = "", notes: tuple[str, ...] = ()) -> int:
        """Add a layer of the section; what follows its first has a name of its own under the section's number."""
        name = f"{self.section.index}.{kind}" if kind else str(self.section.index)
        text = "bn" if layer is NORMALIZATION else ""
        return self.builder.add(layer, inputs, self.section.span, name=name, text=text, notes=notes)

    def number(self, key: str, default: int, least: int = 0) -> int:
        """Return an option that is a whole number."""
        value, at = self.section.options.get(key, (str(default), 0))
        text = value.strip()
        if not text.isdecimal() or len(text) > 9 or int(text) < least:
            message = f"{key} is not a whole number of at least {least}: {text[:40]!r}"
            raise self.source.fault(message, at, at + len(key))
        return int(text)

    def layers_named(self, key: str) -> list[int]:
        """Return the indices of the sections that an option names."""
        value, at = self.section.options.get(key, ("", self.section.span[0]))
        found = []
        for word in value.split(","):
            text = word.strip()
            if not text.removeprefix("-").isdecimal() or len(text) > 9:
                raise self.source.fault(f"{key} needs the numbers of layers, not {text[:40]!r}", at, at + len(key))
            index = int(text) + (self.section.index if int(text) < 0 else 0)
            if not 0 <= index < self.section.index:
                message = f"{key}={text} is not a layer before this one, which has number {self.section.index}"
                raise self.source.fault(message, at, at + len(key))
            found.append(index)
        return found

    def activation(self, default: str) -> None:
        """Add the activation of a section, if it has one."""
        value, at = self.section.options.get("activation", (default, self.section.span[0]))
        if value not in ACTIVATIONS:
            hint = did_you_mean(value, ACTIVATIONS)
            raise self.source.fault(f"activation {value[:40]!r} is not known", at, at + len("activation"), hint)
        layer = ACTIVATIONS[value]
        if layer is not None:
            self.add(layer, (self.tensor,), value)

    def normalized(self) -> None:
        """Add the normalization of a section, if it has one, and its activation."""
        if self.number("batch_normalize", 0):
            self.add(NORMALIZATION, (self.tensor,), "batch_normalize")
        self.activation("logistic")

    def strides(self, default: int) -> tuple[int, int]:
        stride = self.number("stride", default, 1)
        return self.number("stride_y", stride, 1), self.number("stride_x", stride, 1)

    def convolution(self, transposed: bool = False) -> int:
        size, filters = self.number("size", 1, 1), self.number("filters", 1, 1)
        padding = size // 2 if self.number("pad", 0) else self.number("padding", 0)
        layer = layers.Convolution(
            None,
            filters,
            (size, size),
            self.strides(1),
            (Padding(padding, padding),) * 2,
            (1, 1),
            groups=self.number("groups", 1, 1),
            bias=not self.number("batch_normalize", 0),
            transposed=transposed,
        )
        self.add(layer, (self.before,))
        self.normalized()
        return filters

    def deconvolution(self) -> int:
        return self.convolution(transposed=True)

    def local(self) -> int:
        """Add a convolution that has weights and biases of its own for each cell that comes out."""
        size, filters, pad = self.number("size", 1, 1), self.number("filters", 1, 1), self.number("pad", 0)
        if pad and size != 3:
            hint = "its size counts 1 cell in all, its window 1 on each side: at a size of 3 they agree"
            raise self.builder.fault(f"pad of [local] is read for size=3, not for {size}", self.section.span, hint)
        cells = (Padding(1, 1) if pad else Padding(),) * 2
        stride, taken = (self.number("stride", 1, 1),) * 2, self.incoming * size * size
        shared = self.add(
            layers.Convolution(None, filters, (size, size), stride, cells, (1, 1), bias=False), (self.before,)
        )
        # The weights of one cell are among those of all cells, which the layer behind it counts.
        self.builder.held_before[shared] = (taken * filters, 0, 0)
        own = layers.Held(None, each="number", times=taken, shifts=1)
        name, text = f"{self.section.index}.local", f"{taken} weights and 1 bias for each number"
        self.builder.add(own, (shared,), self.section.span, name=name, text=text)
        self.activation("logistic")
        return filters

    def crop(self) -> int:
        """Cut the input round its centre, as Darknet does outside of training."""
        sizes = self.builder.input
        if self.made or sizes is None:
            raise self.builder.fault(
                "[crop] is read as the first section behind a [net] of known size", self.section.span
            )
        wanted = (self.number("crop_height", 1, 1), self.number("crop_width", 1, 1))
        cut = [before - after for before, after in zip(sizes[1:], wanted, strict=True)]
        if min(cut) < 0:
            raise self.builder.fault(f"a crop to {wanted} does not fit into {sizes[1:]}", self.section.span)
        amounts = tuple((-(cells // 2), cells // 2 - cells) for cells in cut)
        self.add(layers.Border(amounts), (self.before,))
        return self.incoming

    def flattened(self) -> int:
        """Return what the section takes without spatial axes."""
        if self.features:
            return self.before
        self.features = True
        return self.add(layers.Flatten(), (self.before,), "flatten")

    def connected(self) -> int:
        outputs = self.number("output", 1, 1)
        self.add(layers.Linear(None, outputs, bias=not self.number("batch_normalize", 0)), (self.flattened(),))
        self.normalized()
        return outputs

    def pooling(self, kind: layers.PoolKind = "max") -> int:
        strides = self.strides(1)
        size = self.number("size", strides[0], 1)
        padding = self.number("padding", size - 1)
        sides = Padding(padding // 2, padding - padding // 2)
        self.add(layers.Pooling(kind, (size, size), strides, (sides, sides), (1, 1)), (self.before,))
        return self.incoming

    def local_average(self) -> int:
        return self.pooling("avg")

    def global_average(self) -> int:
        self.add(layers.AdaptivePooling("avg", (1, 1)), (self.before,))
        return self.incoming

    def shortcut(self) -> int:
        channels, others = self.incoming, self.layers_named("from")
        uneven = sorted({self.channels[other] for other in others} - {channels})
        notes = () if not uneven else (
            f"layer {self.section.index}, shortcut: {uneven[0]} channels are added to the first of {channels}, as"
            " Darknet does where sizes differ",
        )  # fmt: skip
        merge = layers.Merge("keep" if uneven else "add")
        self.add(merge, (self.before, *(self.made[other] for other in others)), notes=notes)
        self.activation("linear")
        return channels

    def multiply(self) -> int:
        (other,) = self.layers_named("from")[:1] or (0,)
        self.add(layers.Merge("multiply"), (self.before, self.made[other]))
        self.activation("linear")
        return max(self.incoming, self.channels[other])

    def route(self) -> int:
        taken = self.layers_named("layers")
        groups, channels = self.number("groups", 1, 1), sum(self.channels[index] for index in taken)
        tensors = [self.made[index] for index in taken]
        if groups > 1:
            group = self.number("group_id", 0)
            if group >= groups:
                raise self.builder.fault(f"group_id={group} is not among {groups} groups", self.section.span)
            tensors = [
                self.add(layers.Slice(1, group, groups), (tensor,), f"group.{position}")
                for position, tensor in enumerate(tensors)
            ]
        if len(tensors) > 1:
            self.add(layers.Merge("concatenate"), tuple(tensors))
        elif groups == 1:
            self.add(layers.Elementwise("Identity"), tuple(tensors))
        return channels // groups

    def upsample(self) -> int:
        stride = self.number("stride", 2, 1)
        self.add(layers.Resize(2, factor=(float(stride),)), (self.before,))
        return self.incoming

    def reorg(self) -> int:
        stride, reverse = self.number("stride", 1, 1), bool(self.number("reverse", 0))
        self.add(layers.PixelShuffle(stride, inverse=not reverse), (self.before,))
        return self.incoming // stride**2 if reverse else self.incoming * stride**2

    def normalization(self) -> int:
        self.add(NORMALIZATION, (self.before,))
        return self.incoming

    def activated(self) -> int:
        self.add(layers.Elementwise("Identity"), (self.before,))
        self.activation("linear")
        return self.incoming

    def unchanged(self, notes: tuple[str, ...] = ()) -> int:
        """Add a section that leaves sizes alone: a head that reads boxes, a dropout, a cost."""
        layer = layers.Elementwise("Dropout" if self.section.name == "dropout" else self.section.name)
        name = str(self.section.index)
        self.builder.add(layer, (self.before,), self.section.span, name=name, text=self.section.name, notes=notes)
        return self.incoming

    def boxes(self) -> int:
        """Add a head that reads boxes: for each of its anchors coordinates, whether it is one, and its classes."""
        mask, _ = self.section.options.get("mask", ("", 0))
        anchors = len(mask.split(",")) if mask and self.section.name == "yolo" else self.number("num", 1)
        classes, coordinates = self.number("classes", 20), self.number("coords", 4)
        wanted = anchors * (classes + coordinates + 1)
        if self.incoming not in (0, wanted):
            numbers = f"{anchors}·({classes} + {coordinates} + 1) = {wanted}"
            note = f"Darknet refuses it: [{self.section.name}] takes {numbers} channels and gets {self.incoming}"
            return self.unchanged((note,))
        return self.unchanged()

    def softmax(self) -> int:
        before = self.before if self.number("spatial", 0) else self.flattened()
        self.add(layers.Elementwise("Softmax"), (before,))
        return self.incoming


_RECURRENT = ("rnn", "crnn", "lstm", "gru", "conv_lstm", "history", "vrnn")
_RULES: dict[str, tuple[tuple[str, ...], Callable[[_Reader], int]]] = {
    "convolutional": (_CONVOLUTION, _Reader.convolution),
    "conv": (_CONVOLUTION, _Reader.convolution),
    "deconvolutional": (_CONVOLUTION, _Reader.deconvolution),
    "deconv": (_CONVOLUTION, _Reader.deconvolution),
    "local": (("filters", "size", "stride", "pad", "activation"), _Reader.local),
    "crop": (_CROP, _Reader.crop),
    "connected": (("output", "activation", "batch_normalize"), _Reader.connected),
    "conn": (("output", "activation", "batch_normalize"), _Reader.connected),
    "maxpool": (_POOLING, _Reader.pooling),
    "max": (_POOLING, _Reader.pooling),
    "local_avgpool": (_POOLING, _Reader.local_average),
    "avgpool": ((), _Reader.global_average),
    "avg": ((), _Reader.global_average),
    "shortcut": (("from", "activation"), _Reader.shortcut),
    "scale_channels": (("from", "activation"), _Reader.multiply),
    "sam": (("from", "activation"), _Reader.multiply),
    "route": (("layers", "groups", "group_id"), _Reader.route),
    "upsample": (("stride",), _Reader.upsample),
    "reorg": (("stride", "reverse"), _Reader.reorg),
    "batchnorm": ((), _Reader.normalization),
    "activation": (("activation",), _Reader.activated),
    "dropout": (("probability",), _Reader.unchanged),
    "softmax": (("groups", "temperature", "tree", "spatial", "noloss"), _Reader.softmax),
    "soft": (("groups", "temperature", "tree", "spatial", "noloss"), _Reader.softmax),
    "cost": (("type", "scale", "ratio", "noobj", "thresh"), _Reader.unchanged),
    **dict.fromkeys(("yolo", "region"), (_HEAD, _Reader.boxes)),
    **dict.fromkeys(("detection", "gaussian_yolo"), (_HEAD, _Reader.unchanged)),
}
"""For each section the options that it may have, and how it is read; a reader returns its channels."""
