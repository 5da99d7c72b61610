"""Data with the channels last: against Keras's own values, and cell by cell against the same data channels first."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

from convcalc import convolve, pool
from convcalc.compute.channels_last import channels_last_notes

CASES = json.loads((Path(__file__).parent / "data" / "keras_compute.json").read_text(encoding="utf-8"))


def file_of(folder: Path, name: str, nested: Any) -> Path:
    """Write numbers as `.npy`."""
    np.save(folder / name, np.array(nested, np.float64))
    return folder / name


@pytest.mark.parametrize("case", CASES["conv"], ids=lambda case: case["layer"])
def test_convolutions_are_those_of_keras(case: dict[str, Any], here: Run, tmp_path: Path) -> None:
    x, kernel = (file_of(tmp_path, f"{name}.npy", case[name]) for name in ("input", "kernel"))
    bias = [] if case["bias"] is None else ["--bias", file_of(tmp_path, "bias.npy", case["bias"])]
    done = here("conv", x, case["layer"], "-k", kernel, *bias, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["shape"] == list(np.shape(case["output"]))
    assert answer["data"] == case["output"]
    assert not done.stderr


@pytest.mark.parametrize("case", CASES["pool"], ids=lambda case: case["layer"])
def test_poolings_are_those_of_keras(case: dict[str, Any], here: Run, tmp_path: Path) -> None:
    done = here("pool", file_of(tmp_path, "x.npy", case["input"]), case["layer"], "--json")
    answer = json.loads(done.stdout)
    assert answer["shape"] == list(np.shape(case["output"]))
    np.testing.assert_allclose(answer["data"], case["output"], rtol=1e-6)
    assert answer["layout"] == "hwc"


@pytest.mark.parametrize("case", CASES["pool"], ids=lambda case: case["layer"])
def test_python_pools_as_the_command_does(case: dict[str, Any]) -> None:
    found = pool(np.array(case["input"], np.float64), case["layer"])
    np.testing.assert_allclose(found, case["output"], rtol=1e-6)


def test_python_convolves_channels_last() -> None:
    case = next(each for each in CASES["conv"] if each["layer"] == "Conv2D(2, (3, 2))")
    x, kernel = np.array(case["input"]), np.array(case["kernel"])
    assert convolve(x, kernel, bias=case["bias"], layout="hwc").tolist() == case["output"]


def test_an_option_says_the_layout_of_any_notation(here: Run) -> None:
    image = "[[[1,9],[2,8]],[[3,7],[4,6]]]"
    assert here("pool", image, "MaxPooling2D(2)", "-q").stdout == "# shape: 1x1x2\n4 9\n"
    assert here("pool", image, "max", "-k", 2, "--layout", "hwc", "-q").stdout == "# shape: 1x1x2\n4 9\n"
    assert here("pool", image, "MaxPooling2D(2)", "--layout", "chw", "-q").stdout == "# shape: 2x1x1\n9\n\n7\n"


def test_cells_indices_and_claims_have_their_channels_last(here: Run) -> None:
    image = "[[[1,9],[2,8],[5,0]],[[3,7],[4,6],[0,1]]]"
    done = here("pool", image, "MaxPooling2D(2, strides=1)", "--indices", "--json", "--at", "0,1,1")
    answer = json.loads(done.stdout)
    assert answer["data"] == [[[4, 9], [5, 8]]]
    assert answer["indices"] == [[[4, 0], [2, 1]]]
    assert answer["explanation"][0]["title"] == "cell (0, 1, 1)"
    assert any(line.endswith("max(8, 0, 6, 1)") for line in answer["explanation"][0]["lines"])
    assert here("pool", image, "MaxPooling2D(2, strides=1)", "--check", "[[[4,9],[5,8]]]").returncode == 0
    assert here("pool", image, "MaxPooling2D(2, strides=1)", "--check", "[[[9,4],[8,5]]]").returncode == 1


def test_a_cell_of_a_convolution_is_derived_from_its_own_channels(here: Run) -> None:
    x, kernel = "[[[1,10],[2,20],[3,30]]]", "[[[[1,5],[2,6]],[[3,7],[4,8]]]]"
    done = here("conv", x, "Conv2D(2, (1, 2))", "-k", kernel, "--bias", "0 100", "--at", "0,1,1", "--json")
    answer = json.loads(done.stdout)
    # Cell (0, 1), second filter: 2·5 + 3·7 in the first channel, 20·6 + 30·8 in the second, and the bias.
    assert answer["data"][0][1] == [2 * 1 + 20 * 2 + 3 * 3 + 30 * 4, 2 * 5 + 20 * 6 + 3 * 7 + 30 * 8 + 100]
    lines = answer["explanation"][0]["lines"]
    assert [line for line in lines if line.startswith("channel")] == [
        "channel 0 = 2·5 + 3·7",
        "channel 1 = 20·6 + 30·8",
    ]
    assert [line.strip() for line in lines[-3:]] == ["out = 31 + 360", "+ 100 (bias)", "= 491"]


@pytest.mark.parametrize(
    ("shape", "noted"),
    [((5, 6, 3), True), ((2, 5, 6, 4), True), ((5, 6, 1), True), ((5, 6, 2), False), ((3, 5, 6), False)],
)
def test_an_array_that_looks_channels_last_is_noted(shape: tuple[int, ...], noted: bool) -> None:
    assert bool(channels_last_notes(shape)) is noted
    with pytest.warns(UserWarning, match="channels first") if noted else nullcontext():
        assert pool(np.zeros(shape), "max", 1).shape == shape


def test_the_note_stands_where_the_layout_was_not_said(here: Run, tmp_path: Path) -> None:
    x = file_of(tmp_path, "x.npy", np.arange(60).reshape(5, 4, 3))
    for command in (("conv", x, "-k", "1 1"), ("conv", x, "-k", "sobel-x", "-p", 1), ("pool", x, "max", "-k", 1)):
        assert "channels first" in here(*command).stderr
        assert not here(*command, "--layout", "chw").stderr
        assert "channels first" not in here(*command, "--layout", "hwc").stderr


def test_a_color_image_has_its_channels_where_the_layout_says(here: Run, tmp_path: Path) -> None:
    image = tmp_path / "p.ppm"
    image.write_text("P3 2 1 9  1 2 3  4 5 6\n")
    assert json.loads(here("pool", image, "max", "-k", 1, "--json").stdout)["data"] == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert json.loads(here("pool", image, "MaxPooling2D(1)", "--json").stdout)["data"] == [[[1, 2, 3], [4, 5, 6]]]
    assert not here("pool", image, "max", "-k", 1).stderr


def test_steps_are_the_rows_of_text_for_one_axis_of_keras(here: Run) -> None:
    assert here("pool", "1 20; 3 10; 2 40; 5 0", "MaxPooling1D(2)", "-q").stdout == "3 20\n5 40\n"


@pytest.mark.parametrize(
    ("layer", "kernel", "message"),
    [
        ("conv:5,k2", (2, 2, 2), "the layer's kernel is 5x2x2x2, the kernel given is 2x2x2"),
        ("Conv2d(2, 8, 2)", (2, 2), "the layer's kernel is 8x2x2x2, the kernel given is 2x2"),
        ("Conv2D(5, 2)", (2, 2, 3, 5), "the layer's kernel is 5x3x2x2, the kernel given is 5x3x2x2"),
    ],
)
def test_a_kernel_that_is_not_the_layers_is_refused(
    layer: str, kernel: tuple[int, ...], message: str, here: Run, tmp_path: Path
) -> None:
    x = file_of(tmp_path, "x.npy", np.zeros((2, 4, 5)) if "D" not in layer else np.zeros((4, 5, 2)))
    done = here("conv", x, layer, "-k", file_of(tmp_path, "k.npy", np.zeros(kernel)))
    assert done.returncode == 2
    assert message in done.stderr or "kernel" in done.stderr


def test_a_depthwise_kernel_meets_each_channel_by_itself(here: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x, kernel = rng.integers(-5, 5, (3, 4, 5)), rng.integers(-5, 5, (3, 2, 2))
    done = here("conv", file_of(tmp_path, "x.npy", x), "dw:k2", "-k", file_of(tmp_path, "k.npy", kernel), "--json")
    wanted = [
        [[(x[c, i : i + 2, j : j + 2] * kernel[c]).sum() for j in range(4)] for i in range(3)] for c in range(3)
    ]
    assert json.loads(done.stdout)["data"] == wanted
