"""A size through a network as written: hidden flattens, doubts, layouts, the places of errors."""

from __future__ import annotations

import pytest

from convcalc.errors import ConvcalcError, ShapeError, SpecError, UsageError
from convcalc.layers import Flatten
from convcalc.model.forward import forward, placed
from convcalc.model.reading import read
from convcalc.model.request import LayerRequest

PRINTED = """Net(
  (features): Sequential(
    (0): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))
    (1): Dropout(p=0.1, inplace=False)
  )
  (head): Sequential(
    (drop): Dropout(p=0.5, inplace=False)
    (act): ReLU()
    (fc): Linear(in_features=60, out_features=7, bias=True)
    (out): Linear(in_features=7, out_features=2, bias=True)
  )
)"""


def asked(*texts: str, file: str | None = None, rank: int | None = None) -> LayerRequest:
    return LayerRequest(texts, file=file, rank=rank)


def test_a_hidden_flatten_stands_before_what_its_module_begins_with() -> None:
    passed = forward(asked(PRINTED), "3x5x7")
    named = [
        (node.name, str(step.output)) for node, step in zip(passed.network.nodes, passed.trace.steps, strict=True)
    ]
    assert named == [
        ("features.0", "4x3x5"), ("features.1", "4x3x5"), ("(in forward)", "60"), ("head.drop", "60"),
        ("head.act", "60"), ("head.fc", "7"), ("head.out", "2"),
    ]  # fmt: skip
    assert passed.network.layers[2] == Flatten()
    assert (passed.output, passed.network.notes) == ((2,), passed.network.assumptions)


def test_only_a_printed_network_hides_a_flatten() -> None:
    with pytest.raises(ShapeError, match="takes 60 features") as caught:
        forward(asked("Conv2d(3, 4, 3)", "Linear(60, 7)"), "3x5x7")
    assert (caught.value.place, caught.value.text, caught.value.span) == (
        "layer 2 (Linear(60, 7))", "Linear(60, 7)", (0, 13),
    )  # fmt: skip
    # Of another size, no flatten makes a printed one fit.
    with pytest.raises(ShapeError, match="takes 60 features") as caught:
        forward(asked(PRINTED), "3x6x7")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("print() shows modules in their order")


@pytest.mark.parametrize(
    ("texts", "size", "layout", "output"),
    [
        (("Conv2D(8, 3)",), "28x26x3", None, (26, 24, 8)),
        (("Conv2D(8, 3)",), "5x28x26x3", None, (5, 26, 24, 8)),
        (("Conv2D(8, 3)",), "3x28x26", "chw", (8, 26, 24)),
        (("conv:8,k3",), "28x26x3", "hwc", (26, 24, 8)),
        (("Conv1D(8, 3)",), "20x3", None, (18, 8)),
        (("Conv2D(8, 3)", "Flatten()", "Dense(10)"), "28x26x3", None, (10,)),
        (("conv:8,k3",), "28", None, (8, 26, 26)),
        (("keras.Sequential([Input(shape=(28, 26, 1)), Conv2D(8, 3)])",), None, None, (26, 24, 8)),
    ],
)
def test_sizes_are_read_and_given_in_the_layout(
    texts: tuple[str, ...], size: str | None, layout: str | None, output: tuple[int, ...]
) -> None:
    assert forward(asked(*texts), size, layout).output == output


def test_a_linear_layer_that_leaves_axes_alone_is_doubted_once() -> None:
    notes = forward(asked("2*(conv:4,k3 fc:10)"), "3x8x9").network.notes
    assert notes == tuple(
        f"fc:10 joins only the {last} numbers of the last axis; a flatten before it joins all" for last in (7, 8)
    )
    assert forward(asked("conv:4,k3 gap fc:10"), "3x8x9").network.notes == ()


def test_errors_have_the_place_of_their_layer() -> None:
    with pytest.raises(ShapeError, match="takes 3 channels") as caught:
        forward(asked("conv:4,k3\n  Conv2d(3, 8, 3)  # here", file="net.txt"), "3x9x9")
    error = caught.value
    assert (error.place, error.text, error.span) == (
        "net.txt:2:3: layer 2 (Conv2d(3, 8, 3))", "  Conv2d(3, 8, 3)  # here", (2, 17),
    )  # fmt: skip
    long = f"Conv2d(3, 8, 3, bias={'not ' * 30}True)"
    network = read(asked("Conv2d(3, 8, 3)")).nodes[0].replace(text=long, name="a.b")
    with pytest.raises(ConvcalcError, match="wrong") as other, placed(read(asked("relu")).replace(nodes=(network,))):
        raise ConvcalcError("wrong", layer=0)
    assert other.value.place == f"a.b: {long[:59]}…"


def test_an_error_that_has_its_place_keeps_it() -> None:
    for error in (ConvcalcError("wrong", place="here", layer=0), ConvcalcError("wrong")):
        place = error.place
        with pytest.raises(ConvcalcError, match="wrong"), placed(read(asked("relu"))):
            raise error
        assert error.place == place


def test_an_input_has_to_be_given_and_to_be_a_size() -> None:
    with pytest.raises(UsageError, match="no size of an input given"):
        forward(asked("conv:8,k3"))
    with pytest.raises(SpecError, match="not a whole number"):
        forward(asked("conv:8,k3"), "3xa")
    with pytest.raises(ShapeError, match="has 2 sizes, the first layer works on 3 spatial axes"):
        forward(asked("maxpool:2", rank=3), "3x9")


@pytest.mark.parametrize(
    ("size", "layers", "doubted"),
    [
        ("32x32x3", ("conv:8,k3",), True),
        ("63x63x16", ("conv:32,k7,s2",), True),
        ("1x28x28x1", ("maxpool:1",), True),
        ("64x64x48", ("conv:8,k3",), False),
        ("3x32x32", ("conv:8,k3",), False),
        ("32x32x3", ("Conv2D(8, 3)",), False),
        ("32x32", ("conv:8,k3",), False),
    ],
)
def test_a_size_that_seems_to_have_its_channels_last_is_remarked_upon(
    size: str, layers: tuple[str, ...], doubted: bool
) -> None:
    notes = forward(asked(*layers), size).network.notes
    assert any("`layout` hwc" in note for note in notes) == doubted
    said = forward(asked(*layers), size, layout="chw").network.notes
    assert not any("`layout`" in note for note in said)


def test_a_size_with_its_channels_last_that_does_not_fit_says_how_to_write_it() -> None:
    with pytest.raises(ShapeError, match="smaller than the kernel 11") as caught:
        forward(asked("conv:96,k11,s4"), "227x227x3")
    assert caught.value.hint == "227x227x3 is read with its channels first; if they are last, say so: `layout` hwc"
