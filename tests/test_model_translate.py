"""A forward pass in another notation."""

from __future__ import annotations

import pytest

from convcalc.errors import UsageError
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.model.translate import ALIGN_NOTE, FLATTEN_NOTE, NONLINEARITY_NOTE, Translation, translation


def translated(texts: tuple[str, ...], size: str, notation: str) -> Translation:
    return translation(forward(LayerRequest(texts), size), notation)


@pytest.mark.parametrize(
    ("texts", "size", "notation", "lines"),
    [
        (("conv:8,k3", "relu"), "3x9x8", "pytorch", ["nn.Conv2d(3, 8, kernel_size=3)", "nn.ReLU()"]),
        # Channels that the text leaves open stay open where the notation needs none.
        (("conv:8,k3", "relu"), "3x9x8", "keras", ["Conv2D(8, 3)", "ReLU()"]),
        (("Conv2d(3, 8, 3)",), "3x9x8", "short", ["conv:8,k3,in3"]),
        (
            ("Conv2D(8, 3, strides=2, padding='same', activation='relu')",), "9x8x3", "pytorch",
            ["nn.ZeroPad2d((0, 1, 1, 1))", "nn.Conv2d(3, 8, kernel_size=3, stride=2)", "nn.ReLU()"],
        ),
    ],
)  # fmt: skip
def test_lines(texts: tuple[str, ...], size: str, notation: str, lines: list[str]) -> None:
    found = translated(texts, size, notation)
    assert (list(found.lines), found.notation, found.notes) == (lines, notation, ())


def test_a_hidden_flatten_is_written_out() -> None:
    printed = "Net(\n  (a): Conv2d(3, 4, kernel_size=3, stride=1)\n  (b): Linear(in_features=60, out_features=2)\n)"
    assert translated((printed,), "3x5x7", "short").lines[1] == "flatten"


@pytest.mark.parametrize(
    ("texts", "size", "notation", "notes"),
    [
        (("Conv2d(3, 8, 3)", "Flatten()"), "3x9x8", "keras", (FLATTEN_NOTE,)),
        (("Conv2D(8, 3)", "Flatten()"), "9x8x3", "pytorch", (FLATTEN_NOTE,)),
        (("Conv2d(3, 8, 3)", "Flatten()"), "3x9x8", "pytorch", ()),
        (("conv:8,k3", "flatten"), "3x9x8", "keras", ()),
        # Nothing is in another order where there is nothing to flatten.
        (("Conv2D(8, 3)", "GlobalAveragePooling2D()", "Flatten()"), "9x8x3", "pytorch", ()),
    ],
)
def test_a_flatten_between_frameworks_is_remarked_upon(
    texts: tuple[str, ...], size: str, notation: str, notes: tuple[str, ...]
) -> None:
    assert translated(texts, size, notation).notes == notes


@pytest.mark.parametrize(
    ("layer", "size", "notes"),
    [
        ("Upsample(scale_factor=2.0, mode='bilinear')", "3x4x5", (ALIGN_NOTE,)),
        ("Upsample(scale_factor=2.0, mode='nearest')", "3x4x5", ()),
        ("UpsamplingBilinear2d(scale_factor=2.0, mode='bilinear')", "3x4x5", ()),
        ("RNN(5, 4)", "3x5", (NONLINEARITY_NOTE,)),
        ("LSTM(5, 4)", "3x5", ()),
    ],
)
def test_what_a_print_hides_is_remarked_upon(layer: str, size: str, notes: tuple[str, ...]) -> None:
    assert translated((f"Sequential(\n  (0): {layer}\n)",), size, "short").notes == notes
    assert translated((f"nn.{layer}".replace(", mode='bilinear')", ")"),), size, "short").notes == ()


def test_what_cannot_be_said_has_the_place_of_its_layer() -> None:
    with pytest.raises(UsageError, match="Keras") as caught:
        translated(("relu", "lppool:2"), "8x9x10", "keras")
    assert (caught.value.place, caught.value.layer) == ("layer 2 (lppool:2)", 1)


BRANCHES = "conv:4,k3 =a conv:8,k3 cat:a,crop (conv:12,k3,p1 relu + id) gap fc:3"


def test_branches_are_a_class_with_its_forward_in_pytorch() -> None:
    lines = translated((BRANCHES,), "4x16x14", "pytorch").lines
    assert "        b = torch.cat([b, center_crop(a, b)], dim=1)" in lines
    assert "        a = a + b" in lines
    assert "self.conv3 = nn.Conv2d(12, 12, kernel_size=3, padding=1)" in lines[14]


def test_branches_are_the_functional_form_in_keras() -> None:
    lines = translated((BRANCHES,), "4x16x14", "keras").lines
    assert "x = keras.Input(shape=(16, 14, 4))" in lines
    assert "b = layers.Concatenate()([b, layers.Cropping2D(((1, 1), (1, 1)))(a)])" in lines
    assert lines[-1] == "model = keras.Model(x, a)"


CROPPED = """
input: "x" input_shape { dim: 1 dim: 3 dim: 9 dim: 8 }
layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "cut" type: "Crop" bottom: "x" bottom: "c" top: "y" }
"""


def test_a_tensor_takes_the_sizes_of_another_in_pytorch_alone() -> None:
    lines = translated((CROPPED,), "3x9x8", "pytorch").lines
    assert lines[-2].strip() == "a = nn.functional.interpolate(x, size=a.shape[2:])"
    with pytest.raises(UsageError, match="Keras has no layer that gives a tensor the sizes of another"):
        translated((CROPPED,), "3x9x8", "keras")


def test_a_sum_of_other_channels_has_no_words_in_pytorch() -> None:
    text = "[net]\nchannels=3\n[convolutional]\nfilters=4\n[convolutional]\nfilters=2\n[shortcut]\nfrom=-2"
    with pytest.raises(UsageError, match="cannot express what the other inputs of this layer change in the first"):
        translated((text,), "3x9x8", "pytorch")


def test_branches_stay_branches_in_the_short_notation() -> None:
    (line,) = translated((BRANCHES,), "4x16x14", "short").lines
    assert line == "conv:4,k3 =a conv:8,k3 cat:a,crop (conv:12,k3,p1 relu + id) adaptiveavgpool2d:1 flatten fc:3"


TWO_INPUTS = ("conv:8,k3,p1 =y from:b conv:8,k3,p1 add:y",)


@pytest.mark.parametrize("texts", [TWO_INPUTS, ("conv:3,k3,p1 cat:b",), ("add:b",)])
def test_several_inputs_keep_their_names(texts: tuple[str, ...]) -> None:
    size = "a=3x16x14 b=3x16x14"
    before = forward(LayerRequest(texts), size)
    (line,) = translation(before, "short").lines
    after = forward(LayerRequest((line,)), size)
    assert (after.output, len(after.trace.steps)) == (before.output, len(before.trace.steps))
    inputs = sorted(place for step in after.trace.steps for place in step.inputs if place < 0)
    assert inputs == sorted(place for step in before.trace.steps for place in step.inputs if place < 0)
    assert "    def forward(self, a, b):" in translation(before, "pytorch").lines
    keras = translation(before, "keras").lines
    assert "b = keras.Input(shape=(16, 14, 3))" in keras
    assert keras[-1].startswith("model = keras.Model([a, b], ")


def test_inputs_without_names_get_names() -> None:
    passed = forward(LayerRequest(("relu", "add:b", "tanh")), "a=3x7x8 b=3x7x8")
    for names, line in (((), "(relu + from:x2) tanh"), (("a", "b"), "(relu + from:b) tanh")):
        assert translation(passed.replace(inputs=names), "short").lines == (line,)
