"""Caffe's `.prototxt`: layers that take blobs by name (`bottom`) and make others (`top`).

Poolings round up, as Caffe's do unless `round_mode` says FLOOR; an inner product flattens what it takes; a layer
whose top has the name of its bottom works in place. Layers of training alone (`include { phase: TRAIN }`) and those
that measure are left out.
"""

from __future__ import annotations

from collections.abc import Callable

from convcalc import layers
from convcalc.errors import ConvcalcError
from convcalc.geometry import Padding
from convcalc.layers import Layer
from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.files.text_format import Field, Message, read_message
from convcalc.text import Source, did_you_mean

ELEMENTWISE = {
    "ReLU": "ReLU", "ReLU6": "ReLU6", "Sigmoid": "Sigmoid", "TanH": "Tanh", "ELU": "ELU", "Swish": "SiLU",
    "Dropout": "Dropout", "LRN": "LocalResponseNorm", "Softmax": "Softmax", "SoftmaxWithLoss": "Softmax",
    "BNLL": "Softplus", "Split": "Identity", "ShuffleChannel": "ChannelShuffle",
    **{name: name for name in ("AbsVal", "Exp", "Log", "Power", "MVN", "Threshold", "Normalize")},
}  # fmt: skip
"""Layers that leave sizes alone, and what each is in PyTorch; those that it lacks keep their own name."""

_V1 = {
    "CONVOLUTION": "Convolution", "DECONVOLUTION": "Deconvolution", "POOLING": "Pooling", "RELU": "ReLU",
    "INNER_PRODUCT": "InnerProduct", "LRN": "LRN", "DROPOUT": "Dropout", "SOFTMAX": "Softmax", "CONCAT": "Concat",
    "ELTWISE": "Eltwise", "FLATTEN": "Flatten", "SIGMOID": "Sigmoid", "TANH": "TanH", "SPLIT": "Split",
    "SLICE": "Slice", "POWER": "Power", "EXP": "Exp", "ABSVAL": "AbsVal", "BNLL": "BNLL", "MVN": "MVN",
    "THRESHOLD": "Threshold", "SOFTMAX_LOSS": "SoftmaxWithLoss",
}  # fmt: skip
"""The names of types in the first version of the format."""

_PARAMETERS = {
    "Convolution": "convolution_param", "Deconvolution": "convolution_param",
    "DepthwiseConvolution": "convolution_param", "Pooling": "pooling_param", "InnerProduct": "inner_product_param",
    "Concat": "concat_param", "Eltwise": "eltwise_param", "Scale": "scale_param", "Slice": "slice_param",
    "Flatten": "flatten_param", "PReLU": "prelu_param", "Crop": "crop_param", "BatchNorm": "batch_norm_param",
    "LRN": "lrn_param", "Dropout": "dropout_param", "ReLU": "relu_param", "ELU": "elu_param",
}  # fmt: skip

_ARGUMENTS = {
    "LRN": (("alpha", "alpha", "1", 1e-4), ("beta", "beta", "0.75", 0.75), ("k", "k", "1", 1.0)),
    "Dropout": (("dropout_ratio", "p", "0.5", 0.5),),
    "ReLU": (("negative_slope", "negative_slope", "0", 0.0),),
    "ELU": (("alpha", "alpha", "1", 1.0),),
}
"""Caffe's parameters with PyTorch's names for them, Caffe's defaults and PyTorch's."""

_DATA = ("Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DATA", "IMAGE_DATA", "HDF5_DATA")
"""Layers that read samples: the first blob they make is the input, others are labels."""

_MEASURES = ("Accuracy", "ACCURACY", "Silence", "SILENCE", "HDF5Output", "HDF5_OUTPUT")
"""Layers that compute nothing that goes on."""

_WINDOW = ("kernel_size", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "pad", "pad_h", "pad_w")

_WITHOUT_EFFECT = (
    "weight_filler",
    "bias_filler",
    "filler",
    "engine",
    "force_nd_im2col",
    "in_place",
    "stable_prod_grad",
)


def read_caffe(source: Source) -> GraphBuilder:
    """Read a network of Caffe's; the size of the input is that of its `Input` layer or `input_dim`.

    Raises SpecError with its place for a type of layer that is not known, a blob that no layer makes, and a
    parameter that is not read.

    >>> size = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 6'
    >>> parameters = "convolution_param { num_output: 4 kernel_size: 3 }"
    >>> layer = 'layer { name: "c" type: "Convolution" bottom: "data" top: "c" ' + parameters + "}"
    >>> reading = read_caffe(Source(f"{size} {layer}"))
    >>> reading.input, [(entry.name, entry.text) for entry in reading.entries]
    ((3, 8, 6), [('c', 'conv:4,k3')])
    """
    reader = _Reader(source)
    message = read_message(source)
    reader.read_inputs(message)
    for field in message.fields:
        if field.name in ("layer", "layers"):
            reader.read(field)
    if not reader.builder.entries:
        raise source.fault("there are no layers in this text", 0, 0)
    return reader.builder


class _Reader:
    """Reads layers in their order; `blobs` has for each name the tensor that has it now."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.builder = GraphBuilder(source, "caffe")
        self.blobs: dict[str, int] = {}
        self.field = Field("", Message([]), 0, 0)
        self.parameters = Message([])
        self.name = ""
        self.type = ""
        self.tops = 0
        self.labels: set[str] = set()

    # What the text says of a layer

    def read_inputs(self, message: Message) -> None:
        """Take the inputs that a network names outside of its layers."""
        for field in message.all("input"):
            self.blobs[str(field.value)] = -1 - len(self.blobs)
        shapes = [[self.whole(field) for field in shape.all("dim")] for shape in message.inside("input_shape")]
        sizes = [self.whole(field) for field in message.all("input_dim")] or (shapes[0] if shapes else [])
        if sizes:
            self.builder.input = tuple(sizes[1:4])

    def read(self, field: Field) -> None:
        """Read one layer and what its tops are called."""
        message = field.value
        if not isinstance(message, Message):
            raise self.source.fault("a layer is a message in braces", field.start, field.end)
        self.field = field
        self.name = self.word(message, "name")
        written = self.word(message, "type")
        self.type = _V1.get(written, written)
        tops = [str(each.value) for each in message.all("top")]
        if self.type in _DATA:
            self.blobs.setdefault(tops[0] if tops else "data", -1)
            self.labels |= set(tops[1:])
            return
        if self.type in _MEASURES or self.is_of_training(message):
            return
        if self.type == "Input":
            self.read_input(message, tops)
            return
        self.tops = len(tops)
        bottoms = [self.bottom(each) for each in message.all("bottom") if each.value not in self.labels]
        self.parameters = self.parameters_of(message)
        rule = _RULES.get(self.type)
        if rule is None and self.type not in ELEMENTWISE:
            known = [*_RULES, *ELEMENTWISE, *_V1]
            raise self.fault(f"there is no layer of type {written[:40]!r} that is read", did_you_mean(written, known))
        if not bottoms:
            raise self.fault(f"{self.type} {self.name!r} takes no blob: bottom is missing")
        made = rule(self, bottoms) if rule else [self.elementwise(bottoms)]
        if not tops or (len(made) > 1 and len(made) != len(tops)):
            raise self.fault(f"{self.type} {self.name!r} makes {len(made)} blobs, it names {len(tops)}")
        for top, tensor in zip(tops, made * (len(tops) if len(made) == 1 else 1), strict=True):
            self.blobs[top] = tensor

    def is_of_training(self, message: Message) -> bool:
        """Return whether a layer runs in training alone."""
        return any(phase.value == "TRAIN" for rule in message.inside("include") for phase in rule.all("phase"))

    def parameters_of(self, message: Message) -> Message:
        """Return the message with the parameters of the layer's type."""
        found = message.inside(_PARAMETERS.get(self.type, ""))
        return found[0] if found else Message([])

    def read_input(self, message: Message, tops: list[str]) -> None:
        shapes = [
            tuple(self.whole(size) for size in shape.all("dim"))
            for parameters in message.inside("input_param")
            for shape in parameters.inside("shape")
        ]
        for index, top in enumerate(tops):
            self.blobs[top] = -1 - len([place for place in self.blobs.values() if place < 0])
            if shapes and self.builder.input is None:
                self.builder.input = shapes[min(index, len(shapes) - 1)][1:]

    def bottom(self, field: Field) -> int:
        """Return the tensor that has a name now."""
        name = str(field.value)
        if name not in self.blobs:
            hint = did_you_mean(name, self.blobs)
            raise self.source.fault(f"no layer before makes the blob {name[:40]!r}", field.start, field.end, hint)
        return self.blobs[name]

    def fault(self, message: str, hint: str | None = None) -> ConvcalcError:
        return self.source.fault(message, self.field.start, self.field.start + len(self.field.name), hint)

    def word(self, message: Message, name: str) -> str:
        found = message.all(name)
        return str(found[-1].value) if found and not isinstance(found[-1].value, Message) else ""

    def whole(self, field: Field, least: int = 0) -> int:
        value = field.value
        if isinstance(value, Message) or not value.isdecimal() or len(value) > 9 or int(value) < least:
            text = "a message" if isinstance(value, Message) else repr(value[:40])
            raise self.source.fault(
                f"{field.name} is {text}, not a whole number of at least {least}", field.start, field.end
            )
        return int(value)

    def number(self, name: str, default: int | None, least: int = 0) -> int:
        """Return a parameter of the layer that is one whole number."""
        found = self.parameters.all(name)
        if len(found) > 1:
            raise self.source.fault(f"{name} is given a second time", found[1].start, found[1].end)
        if found:
            return self.whole(found[0], least)
        if default is None:
            raise self.fault(f"{self.type} {self.name!r} has no {name}")
        return default

    def decimal(self, name: str, default: str) -> float:
        """Return a parameter of the layer that is a decimal."""
        text = self.word(self.parameters, name) or default
        try:
            return float(text)
        except ValueError:
            raise self.fault(f"{name} of {self.type} {self.name!r} is {text[:40]!r}, not a number") from None

    def flag(self, name: str, default: bool) -> bool:
        text = self.word(self.parameters, name)
        return text in ("true", "1") if text else default

    def pair(self, name: str, default: int | None, by_axis: str = "") -> tuple[int, int]:
        """Return a parameter for height and width: one number, two, or `name_h` and `name_w`."""
        height, width = (self.parameters.all(f"{by_axis or name}_{axis}") for axis in "hw")
        if height and width:
            return self.whole(height[-1]), self.whole(width[-1])
        found = [self.whole(field) for field in self.parameters.all(name)]
        if not found:
            only = self.number(name, default)
            return only, only
        if len(found) > 2 or height or width:
            raise self.fault(f"{name} of {self.type} {self.name!r} is not one number or two")
        return found[0], found[-1]

    def add(self, layer: Layer, inputs: list[int], suffix: str = "", notes: tuple[str, ...] = ()) -> int:
        name = f"{self.name}.{suffix}" if suffix else self.name
        span = (self.field.start, self.field.start + len(self.field.name))
        return self.builder.add(layer, inputs, span, name=name, notes=notes)

    def refuse_other(self, *known: str) -> None:
        """Refuse a parameter of the layer that is neither read nor without effect on sizes and counts."""
        for field in self.parameters.fields:
            if field.name not in known and field.name not in _WITHOUT_EFFECT:
                message = f"{field.name} of {self.type} {self.name!r} is not read"
                raise self.source.fault(message, field.start, field.end, did_you_mean(field.name, known))

    # Layers of each type; every method returns the tensors it makes

    def convolution(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("num_output", "bias_term", "group", "axis", "dilation", *_WINDOW)
        if self.number("axis", 1) != 1:
            raise self.fault(f"axis of {self.type} {self.name!r} is not the one of the channels")
        layer = layers.Convolution(
            None,
            self.number("num_output", None, 1),
            self.pair("kernel_size", None, "kernel"),
            self.pair("stride", 1),
            _both_sides(self.pair("pad", 0)),
            self.pair("dilation", 1),
            groups=self.number("group", 1, 1),
            bias=self.flag("bias_term", True),
            transposed=self.type == "Deconvolution",
        )
        return [self.add(layer, [bottom]) for bottom in bottoms]

    def pooling(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("pool", "global_pooling", "round_mode", "ceil_mode", *_WINDOW)
        kinds: dict[str, layers.PoolKind] = {"MAX": "max", "0": "max", "AVE": "avg", "1": "avg"}
        word = self.word(self.parameters, "pool") or "MAX"
        if word not in kinds:
            raise self.fault(f"pool of {self.name!r} is {word[:40]!r}", did_you_mean(word, kinds))
        if self.flag("global_pooling", False):
            return [self.add(layers.AdaptivePooling(kinds[word], (1, 1)), bottoms)]
        kernel, stride, padding = (
            self.pair("kernel_size", None, "kernel"),
            self.pair("stride", 1),
            self.pair("pad", 0),
        )
        ceil = self.word(self.parameters, "round_mode") not in ("FLOOR", "1") and self.flag("ceil_mode", True)
        if ceil and not any(padding) and any(step > size for step, size in zip(stride, kernel, strict=True)):
            raise self.fault(
                f"{self.name!r}: with a stride above the kernel, Caffe may keep a window without any cell",
                "round_mode: FLOOR says that it is dropped",
            )
        layer = layers.Pooling(kinds[word], kernel, stride, _both_sides(padding), (1, 1), ceil)
        return [self.add(layer, bottoms)]

    def inner_product(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("num_output", "bias_term", "axis", "transpose")
        flattened = self.add(layers.Flatten(self.number("axis", 1, 1)), bottoms, "flatten")
        layer = layers.Linear(None, self.number("num_output", None, 1), bias=self.flag("bias_term", True))
        return [self.add(layer, [flattened])]

    def elementwise(self, bottoms: list[int]) -> int:
        if len(bottoms) > 1:
            raise self.fault(f"{self.type} {self.name!r} takes one blob, not {len(bottoms)}")
        layer = self.elementwise_layer()
        span = (self.field.start, self.field.start + len(self.field.name))
        return self.builder.add(layer, bottoms[:1], span, name=self.name, text=self.type)

    def elementwise_layer(self) -> Layer:
        """Return a layer that leaves sizes alone, with the arguments that differ from PyTorch's defaults."""
        name, arguments = ELEMENTWISE[self.type], _ARGUMENTS.get(self.type, ())
        given = [(theirs, self.decimal(ours, own), other) for ours, theirs, own, other in arguments]
        found: list[tuple[str, object]] = [(theirs, value) for theirs, value, default in given if value != default]
        if self.type == "ReLU" and found:
            name = "LeakyReLU"
        if self.type == "LRN":
            found.insert(0, ("size", self.number("local_size", 5, 1)))
        return layers.Elementwise(name, tuple(found))

    def concatenation(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("axis", "concat_dim")
        if self.number("axis", 1) != 1 or self.number("concat_dim", 1) != 1:
            raise self.fault(f"{self.name!r} concatenates over another axis than the channels")
        return bottoms if len(bottoms) == 1 else [self.add(layers.Merge("concatenate"), bottoms)]

    def eltwise(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("operation", "coeff")
        kinds: dict[str, layers.MergeKind] = {"SUM": "add", "1": "add", "PROD": "multiply", "0": "multiply"}
        word = self.word(self.parameters, "operation") or "SUM"
        if word not in kinds:
            raise self.fault(f"operation of {self.name!r} is {word[:40]!r}", did_you_mean(word, kinds))
        if len(bottoms) < 2:
            raise self.fault(f"{self.type} {self.name!r} takes several blobs, not one")
        return [self.add(layers.Merge(kinds[word]), bottoms)]

    def batch_normalization(self, bottoms: list[int]) -> list[int]:
        note = "Caffe's BatchNorm also keeps the number that its statistics are divided by, which is not counted"
        self.refuse_other("use_global_stats", "moving_average_fraction", "eps")
        layer = layers.Normalization(None, affine=False, eps=self.decimal("eps", "1e-5"))
        return [self.add(layer, bottoms, notes=(note,))]

    def scale(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("bias_term", "axis", "num_axes")
        if len(bottoms) > 1:
            return [self.add(layers.Merge("multiply"), bottoms)]
        if self.number("axis", 1) != 1 or self.number("num_axes", 1) != 1:
            raise self.fault(f"{self.name!r} scales along another axis than the channels")
        bias = self.flag("bias_term", False)
        return [self.add(layers.Normalization(None, running_stats=False, bias=bias), bottoms)]

    def slope(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("channel_shared")
        shared = self.flag("channel_shared", False)
        return [self.add(layers.Slope(1) if shared else layers.Slope(None, (1, 2)), bottoms)]

    def flatten(self, bottoms: list[int]) -> list[int]:
        self.refuse_other("axis")
        return [self.add(layers.Flatten(self.number("axis", 1)), bottoms)]

    def slice(self, bottoms: list[int]) -> list[int]:
        """Cut the channels into equal parts; unequal ones (`slice_point`) are not read."""
        self.refuse_other("axis", "slice_dim")
        if self.number("axis", 1) != 1 or self.number("slice_dim", 1) != 1:
            raise self.fault(f"{self.name!r} cuts another axis than the channels")
        count = self.tops
        return [self.add(layers.Slice(1, index, count), bottoms, str(index)) for index in range(count)]

    def crop(self, bottoms: list[int]) -> list[int]:
        """Cut the first blob to the spatial sizes of the second; where the cut begins does not change sizes."""
        self.refuse_other("axis", "offset")
        if self.number("axis", 2) != 2 or len(bottoms) != 2:
            raise self.fault(f"{self.name!r} crops other axes than the spatial ones")
        return [self.add(layers.Merge("resize"), bottoms)]


def _both_sides(sizes: tuple[int, int]) -> tuple[Padding, Padding]:
    height, width = sizes
    return Padding(height, height), Padding(width, width)


_RULES: dict[str, Callable[[_Reader, list[int]], list[int]]] = {
    "Convolution": _Reader.convolution,
    "Deconvolution": _Reader.convolution,
    "DepthwiseConvolution": _Reader.convolution,
    "Pooling": _Reader.pooling,
    "InnerProduct": _Reader.inner_product,
    "Concat": _Reader.concatenation,
    "Eltwise": _Reader.eltwise,
    "BatchNorm": _Reader.batch_normalization,
    "Scale": _Reader.scale,
    "PReLU": _Reader.slope,
    "Flatten": _Reader.flatten,
    "Slice": _Reader.slice,
    "Crop": _Reader.crop,
}
