"""Networks of Darknet and Caffe: sizes by the rules of their programs, costs by the same network in short words."""

from __future__ import annotations

import base64
import json
import random
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run

from convcalc.errors import ShapeError, SpecError, UsageError
from convcalc.layers import Elementwise, TensorShape
from convcalc.model.count import count
from convcalc.model.forward import forward, traced_network
from convcalc.model.request import LayerRequest
from convcalc.network.cost import trace_cost
from convcalc.notation import Network, parse_network
from convcalc.notation.files import read_model_text
from convcalc.notation.files.text_format import Message, read_message
from convcalc.text import Source

DARKNET = """
[net]
# an input of three unequal sizes
batch=1
width=40
height=24
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=2
stride=2

[convolutional]
filters=16
size=5
stride=2
padding=1
activation=relu

[convolutional]
filters=16
groups=4
size=3
pad=1
activation=linear

[shortcut]
from=-2
activation=linear

[reorg]
stride=1

[upsample]
stride=3

[route]
layers=-1

[maxpool]
size=3
stride=1

[route]
layers=-1,-2

[convolutional]
filters=6
activation=mish

[yolo]
mask = 0,1
anchors = 10,14, 23,27

[route]
layers = 4
groups=2
group_id=1

[avgpool]

[connected]
output=10
activation=linear

[softmax]
groups=1
"""

CAFFE = """
# a network with branches, an in-place layer and both spellings of a size
name: "Small"
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 2 dim: 3 dim: 23 dim: 31 } } }
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 decay_mult: 1 }
  convolution_param { num_output: 8 kernel_h: 3 kernel_w: 5 stride: 2 pad_h: 1 pad_w: 2
                      weight_filler { type: "xavier" } }
}
layer { name: "bn1" type: "BatchNorm" bottom: "conv1" top: "conv1" }
layer { name: "scale1" type: "Scale" bottom: "conv1" top: "conv1" scale_param { bias_term: true } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "left" type: "Convolution" bottom: "pool1" top: "left"
        convolution_param { num_output: 6 kernel_size: 1 bias_term: false } }
layer { name: "right" type: "Convolution" bottom: "pool1" top: "right"
        convolution_param { num_output: 6 kernel_size: 3 pad: 1 group: 2 } }
layer { name: "sum" type: "Eltwise" bottom: "left" bottom: "right" top: "sum" eltwise_param { operation: SUM } }
layer { name: "cat" type: "Concat" bottom: "sum" bottom: "pool1" top: "cat" }
layer { name: "drop" type: "Dropout" bottom: "cat" top: "cat" include { phase: TRAIN } }
layer { name: "up" type: "Deconvolution" bottom: "cat" top: "up"
        convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 } }
layer { name: "prelu" type: "PReLU" bottom: "up" top: "up" }
layer { name: "fc" type: "InnerProduct" bottom: "up" top: "fc" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""

DARKNET_IN_WORDS = """
conv:8,k3,p1,nobias bn leakyrelu maxpool:2,s2,p0:1x0:1
conv:16,k5,s2,p1 relu (conv:16,k3,p1,g4 + id) =four
upsample:scale_factor=3 (maxpool:3,s1,p1:1x1:1 | id) conv:6,k1 mish
"""

CAFFE_IN_WORDS = """
conv:8,k3x5,s2,p1x2 bn relu maxpool:3,s2,ceil =pool
(conv:6,k1,nobias + conv:6,k3,p1,g2) cat:pool convT:4,k4,s2,p1 PReLU(4) flatten fc:10 softmax
"""


def costs(network: Network, *sizes: int) -> tuple[int, int, int]:
    trace = traced_network(network, TensorShape(sizes, 2))[1]
    total = trace_cost(trace).total
    assert total.macs is not None
    return total.params, total.parameters.buffers, total.macs


def output_of(network: Network, *sizes: int) -> list[str]:
    traced = traced_network(network, TensorShape(sizes, 2))[1]
    return [str(traced.steps[index].output) for index in traced.outputs]


def test_darknet_reads_every_section_with_its_sizes() -> None:
    network = parse_network(DARKNET, place="net.cfg")
    assert network.input == (3, 24, 40)
    # 24 -> 12 -> (12 + 2 - 5) // 2 + 1 = 5 -> 15; 40 -> 20 -> (20 + 2 - 5) // 2 + 1 = 9 -> 27
    assert output_of(network, 3, 24, 40) == ["6x15x27", "10"]
    line = DARKNET.split("\n").index("[softmax]") + 1
    assert network.nodes[-1].place == f"net.cfg:{line}"


def test_darknet_counts_as_the_same_network_in_words() -> None:
    head = costs(parse_network("flatten fc:10"), 8, 1, 1)  # half of the 16 channels of layer 4, averaged
    body = costs(parse_network(DARKNET_IN_WORDS), 3, 24, 40)
    assert costs(parse_network(DARKNET), 3, 24, 40) == tuple(a + b for a, b in zip(body, head, strict=True))


@pytest.mark.parametrize("size", range(1, 8))
@pytest.mark.parametrize("stride", range(1, 4))
@pytest.mark.parametrize("padding", [None, 0, 1, 3])
def test_darknet_pools_by_its_own_formula(size: int, stride: int, padding: int | None) -> None:
    options = "" if padding is None else f"padding={padding}\n"
    text = f"[net]\nchannels=2\nwidth=13\nheight=17\n[maxpool]\nsize={size}\nstride={stride}\n{options}"
    total = size - 1 if padding is None else padding
    wanted = [(cells + total - size) // stride + 1 for cells in (17, 13)]
    network = parse_network(text)
    before = total // 2
    for cells, number in zip((17, 13), wanted, strict=True):
        windows = [range(index * stride - before, index * stride - before + size) for index in range(number)]
        if any(not set(window) & set(range(cells)) for window in windows):
            with pytest.raises(ShapeError, match="window"):
                output_of(network, 2, 17, 13)
            return
    assert output_of(network, 2, 17, 13) == [f"2x{wanted[0]}x{wanted[1]}"]


def test_darknet_adds_a_shortcut_of_other_channels_with_a_note() -> None:
    convolution = "[conv]\nactivation=linear\nfilters="
    text = f"[net]\nchannels=4\nwidth=8\nheight=8\n{convolution}4\n{convolution}9\n"
    network = parse_network(text + "[shortcut]\nfrom=-2\nactivation=linear\n")
    assert output_of(network, 4, 8, 8) == ["9x8x8"]
    assert network.notes == (
        "layer 2, shortcut: 4 channels are added to the first of 9, as Darknet does where sizes differ",
    )


def test_caffe_reads_every_layer_with_its_sizes() -> None:
    network = parse_network(CAFFE, place="net.prototxt")
    assert network.input == (3, 23, 31)
    # 23 -> 12 and 31 -> 16, then rounded up: ceil((12 - 3) / 2) + 1 = 6, ceil((16 - 3) / 2) + 1 = 8
    steps = traced_network(network, TensorShape((3, 23, 31), 2))[1].steps
    sizes = {node.name: str(step.output) for node, step in zip(network.nodes, steps, strict=True)}
    assert sizes["pool1"] == "8x6x8"
    assert sizes["cat"] == "14x6x8"
    assert sizes["up"] == "4x12x16"
    assert sizes["prob"] == "10"
    assert "drop" not in sizes


def test_caffe_counts_as_the_same_network_in_words() -> None:
    counted = costs(parse_network(CAFFE), 3, 23, 31)
    assert counted == costs(parse_network(CAFFE_IN_WORDS), 3, 23, 31)


def test_caffe_reads_the_first_version_of_the_format() -> None:
    text = """
    input: "data" input_dim: 1 input_dim: 3 input_dim: 9 input_dim: 7
    layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" convolution_param { num_output: 5 kernel_size: 3 } }
    layers { name: "p" type: POOLING bottom: "c" top: "p" pooling_param { pool: AVE global_pooling: true } }
    layers { name: "a" type: ACCURACY bottom: "p" bottom: "label" top: "a" }
    """
    assert output_of(parse_network(text), 3, 9, 7) == ["5x1x1"]


def test_caffe_takes_the_blob_of_a_data_layer_for_the_input() -> None:
    text = """
    layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } }
    layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST } }
    layer { name: "f" type: "InnerProduct" bottom: "data" top: "f" inner_product_param { num_output: 4 } }
    layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "label" top: "loss" }
    """
    assert output_of(parse_network(text), 2, 3, 5) == ["4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[net]\nwidth=8\n[whirl]\nfilters=3", r"\[whirl\] is not a section"),
        ("[net]\nwidth=8\n[lstm]\noutput=3", r"\[lstm\] is a recurrent section, which is not read"),
        ("[net]\nchannels=2\n[local]\nsize=5\npad=1", r"pad of \[local\] is read for size=3, not for 5"),
        ("[net]\nchannels=2\n[maxpool]\n[crop]\ncrop_height=5", r"\[crop\] is read as the first section"),
        ("[net]\nwidth=8\n[convolutional]\nfilters=4\ndilation=2", "'dilation' is not an option"),
        ("[net]\nwidth=8\n[convolutional]\nfilters=four", "filters is not a whole number of at least 1: 'four'"),
        ("[net]\nwidth=8\n[convolutional]\nfilters=4\nactivation=loggy", "activation 'loggy' is not known"),
        ("[net]\nwidth=8\n[shortcut]\nfrom=-3", "from=-3 is not a layer before this one, which has number 0"),
        ("[net]\nwidth=8\n[maxpool]\nsize=2\nsize=3", "size is given twice"),
        ("[net]\nwidth=8\n[maxpool]\nsize", "'size' is not a section or an option"),
        ("[net]\nwidth=8\n", "there are no layers"),
        ("[maxpool]\nsize=2\n[net]\nwidth=8", r"the first section is not \[net\]"),
        (
            "[net]\nchannels=2\nheight=4\nwidth=8\n[crop]\ncrop_height=5\ncrop_width=8",
            r"a crop to \(5, 8\) does not fit",
        ),
        ('name: "n" state { phase: TEST } # layer', "there are no layers in this text"),
        ("input: 'x' state { }\nlayer: 3", "a layer is a message in braces"),
        ('input: "x" layer { name: "a" type: "LSTM" bottom: "x" top: "a" }', "there is no layer of type 'LSTM'"),
        ('input: "x"\nlayer { name: "a" type: "ReLU" bottom: "y" top: "a" }', "no layer before makes the blob 'y'"),
        ('input: "x"\nlayer { name: "a" type: "Pooling" bottom: "x" top: "a" }', "has no kernel_size"),
        ('input: "x"\nlayer { name: "a" type: "Concat" bottom: "x" concat_param { axis: 2 } }', "another axis"),
        ('input: "x"\nlayer { name: "a" \n type: "ReLU" bottom: "x" ', "a field or } is expected here, not the end"),
        ('input: "x"\nlayer { name "a" }', "name needs a colon and a value"),
        ("input: 'x'\n" + "layer {" * 70, "nested more than 64 deep"),
    ],
)
def test_what_is_not_read_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(text, place="file")
    assert caught.value.place is not None
    assert caught.value.place.startswith("file:")


def caffe(*layers: str) -> str:
    """Return a network of Caffe's: layers as their type, what they take and make, and their parameters."""
    written = []
    for index, layer in enumerate(layers):
        kind, bottoms, tops, parameters = (part.strip() for part in layer.split("|"))
        blobs = [f'{word}: "{blob}"' for word, many in (("bottom", bottoms), ("top", tops)) for blob in many.split()]
        written.append(f'layer {{ name: "l{index}" type: "{kind}" {" ".join(blobs)} {parameters} }}')
    return "\n".join(['input: "x" input_shape { dim: 1 dim: 6 dim: 9 dim: 8 }', *written])


CONV = "Convolution | x | c | convolution_param { num_output: 4 kernel_size: 3 %s }"


@pytest.mark.parametrize(
    ("layers", "outputs", "params"),
    [
        ([CONV % "kernel_h: 3 kernel_w: 2 stride: 2"], ["4x4x4"], 4 * 6 * 6 + 4),
        ([CONV % "", "Flatten | c | f |"], ["168"], 220),
        ([CONV % "", "Slice | c | a b |", "Eltwise | a b | e | eltwise_param { operation: PROD }"], ["2x7x6"], 220),
        ([CONV % "", "Slice | c | a b | slice_param { axis: 1 }"], ["2x7x6", "2x7x6"], 220),
        ([CONV % "", "Crop | x c | y |"], ["6x7x6"], 220),
        ([CONV % "", "Scale | c c | y |"], ["4x7x6"], 220),
        (["PReLU | x | y | prelu_param { channel_shared: true }"], ["6x9x8"], 1),
        (
            ["Pooling | x | y | pooling_param { kernel_size: 2 kernel_size: 3 stride: 2 round_mode: FLOOR }"],
            ["6x4x3"],
            0,
        ),
    ],
)
def test_layers_of_caffe(layers: list[str], outputs: list[str], params: int) -> None:
    network = parse_network(caffe(*layers))
    assert network.input == (6, 9, 8)
    assert output_of(network, 6, 9, 8) == outputs
    assert costs(network, 6, 9, 8)[0] == params


def test_arguments_of_caffe_that_differ_from_those_of_pytorch() -> None:
    network = parse_network(
        caffe(
            "ReLU | x | x | relu_param { negative_slope: 0.1 }",
            "LRN | x | x | lrn_param { local_size: 3 alpha: 0.0001 }",
            "Dropout | x | x |",
        )
    )
    assert [*network.layers] == [
        Elementwise("LeakyReLU", (("negative_slope", 0.1),)),
        Elementwise("LocalResponseNorm", (("size", 3),)),
        Elementwise("Dropout"),
    ]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (CONV % "axis: 2", "axis of Convolution 'l0' is not the one of the channels"),
        (CONV % "kernel_size { }", "kernel_size is a message, not a whole number of at least 0"),
        (CONV % "kernel_size: 3 kernel_size: 3", "kernel_size of Convolution 'l0' is not one number or two"),
        (CONV.replace("| c |", "| |") % "", "Convolution 'l0' makes 1 blobs, it names 0"),
        ("Convolution | x | c | convolution_param: 3", "Convolution 'l0' has no num_output"),
        ("Pooling | x | y | pooling_param { pool: MIN kernel_size: 2 }", "pool of 'l0' is 'MIN'"),
        ("Pooling | x | y | pooling_param { kernel_size: 2 stride: 3 }", "a stride above the kernel, Caffe may keep"),
        ("Eltwise | x x | y | eltwise_param { operation: DIV }", "operation of 'l0' is 'DIV'"),
        ("Scale | x | y | scale_param { axis: 2 }", "'l0' scales along another axis than the channels"),
        ("Slice | x | y | slice_param { axis: 2 }", "'l0' cuts another axis than the channels"),
        ("Crop | x x | y | crop_param { axis: 1 }", "'l0' crops other axes than the spatial ones"),
        ("ReLU | x | y | relu_param { negative_slope: low }", "negative_slope of ReLU 'l0' is 'low', not a number"),
    ],
)
def test_uses_of_caffe_that_are_not_read(layer: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(caffe(layer), place="file")
    assert caught.value.place is not None
    assert caught.value.place.startswith("file:2:")


@pytest.mark.parametrize(
    ("sections", "output", "params"),
    [
        ("[deconvolutional]\nfilters=4\nsize=3\nstride=2", (4, 19, 17), 4 * 27 + 4),
        ("[local_avgpool]\nsize=2\nstride=2", (3, 5, 4), 0),
        ("[convolutional]\nfilters=3\npad=1\nsize=3\n[avgpool]\n[scale_channels]\nfrom=-2", (3, 9, 8), 3 * 27 + 3),
        ("[batchnorm]\n[activation]\nactivation=leaky", (3, 9, 8), 6),
    ],
)
def test_sections_of_darknet(sections: str, output: tuple[int, ...], params: int) -> None:
    request = LayerRequest((f"[net]\nchannels=3\nheight=9\nwidth=8\n{sections}",), file="net.cfg")
    assert forward(request).output == output
    assert count(request).cost.total.params == params


def test_a_comment_alone_is_not_a_network() -> None:
    assert read_model_text(Source("# layer {\n")) is None


def test_text_format_keeps_every_value_of_a_field() -> None:
    message = read_message(Source("a: 1 a: [2, 3], b < c: 'x y' > d { }; e: -1.5e-3 # f: 1"))
    assert [field.value for field in message.all("a")] == ["1", "2", "3"]
    (b,) = message.all("b")
    assert isinstance(b.value, Message)
    assert [field.value for field in b.value.fields] == ["x y"]
    assert [field.value for field in message.all("e")] == ["-1.5e-3"]
    assert message.all("f") == []


@pytest.mark.parametrize("text", [DARKNET, CAFFE], ids=["darknet", "caffe"])
def test_mutated_files_end_in_an_answer_or_an_error(text: str) -> None:
    random_numbers = random.Random(7)
    answered = 0
    for _ in range(150):
        changed = mutated(text, random_numbers)
        with suppress(UsageError):
            traced_network(parse_network(changed, place="file"), TensorShape((3, 24, 40), 2))
            answered += 1
    assert answered > 10


def mutated(text: str, random_numbers: random.Random) -> str:
    """Return a text with a piece of it cut out, doubled or replaced by signs."""
    start = random_numbers.randrange(len(text))
    end = start + random_numbers.choice([1, 1, 2, 5, 30])
    piece = random_numbers.choice(["", text[start:end] * 2, "9", "-", "}", "[", '"', "\x00", "é", "999999999999"])
    return text[:start] + piece + text[end:]


def test_a_local_layer_of_darknet_has_weights_for_each_cell_and_a_crop_keeps_the_centre() -> None:
    head = "[net]\nchannels=2\nheight=11\nwidth=9\n[crop]\ncrop_height=10\ncrop_width=7\n"
    for pad, height, width in ((0, 4, 3), (1, 5, 4)):
        text = f"{head}[local]\nfilters=3\nsize=3\nstride=2\npad={pad}\nactivation=linear"
        request = LayerRequest((text,), file="net.cfg")
        assert forward(request).output == (3, height, width)
        total = count(request).cost.total
        cells = 3 * height * width
        assert (total.parameters.weights, total.parameters.biases) == (cells * 2 * 3 * 3, cells)
        assert total.macs == cells * 2 * 3 * 3


@pytest.mark.parametrize("kind", ["net.cfg", "net.prototxt", "net.onnx", "net.json", "net.keras", "net.py"])
def test_a_file_has_its_sizes_in_one_order_in_both_commands(
    kind: str, here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Path(__file__).parent / "data"
    content: dict[str, bytes] = {
        "net.cfg": DARKNET.encode(),
        "net.prototxt": CAFFE.encode(),
        "net.onnx": base64.b64decode(json.loads((data / "onnx_exports.json").read_text())[0]["bytes"]),
        "net.json": (data / "keras_files" / "chain.json").read_bytes(),
        "net.keras": (data / "keras_files" / "sequence.keras").read_bytes(),
        "net.py": b"import keras\nm = keras.Sequential([keras.Input((9, 8, 3)), keras.layers.Conv2D(5, 2)])\n",
    }
    monkeypatch.chdir(tmp_path)
    Path(kind).write_bytes(content[kind])
    sizes = []
    for command in ("shape", "params"):
        done = here(command, "-f", kind, "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        sizes.append([(layer["name"], layer["output"]) for layer in found["layers"]])
    assert sizes[0] == sizes[1]
    assert len(sizes[0]) > 0


HEAD = "[net]\nchannels=6\nheight=10\nwidth=12\n[convolutional]\nfilters=4\nsize=3\nactivation=linear\n"
BLOB = 'input: "data"\ninput_dim: 1\ninput_dim: 6\ninput_dim: 10\ninput_dim: 12\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEAD}[route]\nlayers=-1\ngroups=2\ngroup_id=2\n", "group_id=2 is not among 2 groups"),
        (
            BLOB + 'layer { name: "s" type: "Softmax" bottom: "data" bottom: "data" top: "s" }',
            "takes one blob, not 2",
        ),
        (BLOB + 'layer { name: "e" type: "Eltwise" bottom: "data" top: "e" }', "takes several blobs, not one"),
        (
            BLOB + 'layer { name: "c" type: "Convolution" bottom: "data" top: "c" '
            "convolution_param { num_output: 4 num_output: 5 kernel_size: 3 } }",
            "num_output is given a second time",
        ),
        (
            BLOB + 'layer { name: "c" type: "Convolution" bottom: "data" bottom: "data" top: "c" '
            "convolution_param { num_output: 4 kernel_size: 3 } }",
            "makes 2 blobs, it names 1",
        ),
    ],
)
def test_what_darknet_and_caffe_refuse_is_refused(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read_model_text(Source(text))


def test_a_head_with_other_channels_than_its_boxes_need_has_a_note() -> None:
    sloppy = parse_network(f"{HEAD}[region]\nclasses=3\nnum=2\n")
    assert sloppy.notes == ("Darknet refuses it: [region] takes 2·(3 + 4 + 1) = 16 channels and gets 4",)
    assert parse_network(f"{HEAD.replace('=4', '=16')}[yolo]\nmask=1,2\nclasses=3\nnum=9\n").notes == ()
