"""Frames of a sliding window: what they hold against plain loops, as text at any size, and as a moving picture."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import Run

from convcalc.cli.watch import MOST_PICTURE, MOST_TEXT
from convcalc.compute.layer import Filter, apply_pooling
from convcalc.compute.seen import ConvolutionView, PoolingView
from convcalc.explain.convolution_cell import derive_convolution
from convcalc.explain.steps import Equation
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Convolution, Pooling
from convcalc.render.frames import cut, frame_lines, painted
from convcalc.render.frames_svg import SECONDS, frames_svg
from convcalc.report.frames import Frames, OutputPlane

RANDOM = np.random.default_rng(3)
SVG = "{http://www.w3.org/2000/svg}"


def whole(*shape: int) -> Any:
    return RANDOM.integers(-9, 10, shape)


def plain(*kernel: int, **fields: Any) -> Convolution:
    """Make a convolution without padding, stride and dilation but those given."""
    ones = (1,) * len(kernel)
    return Convolution(None, None, kernel, **{"stride": ones, "padding": "valid", "dilation": ones} | fields)


def convolved(layer: Convolution, x: Any, kernel: Any, **fields: Any) -> Frames:
    """Return the frames of a convolution, channels first."""
    filters = Filter(layer, kernel, **fields)
    job = filters.on(x)
    y = job.compute()
    view = ConvolutionView(filters.operation(x.shape), job)

    def derive(at: tuple[int, ...]) -> Any:
        return derive_convolution(job, at, y[at], str, turned=False, opening=False)

    return Frames("conv", y, lambda at: at, view.at, derive)


PADDED = (Padding(2, 1), Padding(0, 2))
CASES: list[tuple[Convolution, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    (plain(2, 3), (5, 6), (2, 3), {}),
    (plain(3), (8,), (2, 3), {"bias": whole(2)}),
    (plain(2, 3, padding=PADDED, stride=(2, 1), dilation=(1, 2)), (2, 5, 6), (3, 2, 2, 3), {"bias": whole(3)}),
    (plain(2, 3, padding=PADDED, padding_mode="reflect"), (4, 5), (2, 3), {"flip": True}),
    (plain(2, 3, padding=PADDED, stride=(1, 2)), (4, 5), (2, 3), {"boundary": "constant", "constant": 7}),
    (plain(2, 3, groups=2), (2, 4, 4, 5), (6, 2, 2, 3), {}),
    (plain(2, 3), (3, 4, 5), (2, 3), {"bias": whole(3)}),
    (plain(2, 2, 3, padding=(Padding(1, 0), Padding(0, 1), Padding(1, 1))), (2, 3, 3, 4), (2, 2, 2, 2, 3), {}),
    (
        plain(2, 3, transposed=True, stride=(2, 1), padding=(Padding(1, 0), Padding(0, 1))),
        (2, 3, 2),
        (2, 3, 2, 3),
        {},
    ),
]


@pytest.mark.parametrize(("layer", "x", "kernel", "fields"), CASES)
def test_the_marked_cells_times_the_kernel_are_the_output(
    layer: Convolution, x: tuple[int, ...], kernel: tuple[int, ...], fields: dict[str, Any]
) -> None:
    frames = convolved(layer, whole(*x), whole(*kernel), **fields)
    bias = fields.get("bias")
    channel_axis = -1 - len(layer.kernel)
    for number, at in enumerate(np.ndindex(frames.output.shape)):
        frame = frames.frame(number)
        total = 0 if bias is None else bias[at[channel_axis]]
        for plane, weights in zip(frame.inputs, frame.kernels, strict=True):
            elements = weights.marks or tuple(np.ndindex(weights.numbers.shape))
            numbers = [plane.numbers[mark] for mark in plane.marks]
            total += sum(n * weights.numbers[e] for n, e in zip(numbers, elements, strict=True))
        assert frame.at == at
        assert total == frames.output[at]


def test_planes_are_padded_and_the_window_slides() -> None:
    x = whole(4, 5)
    frames = convolved(plain(2, 3, padding=PADDED, stride=(2, 1), dilation=(1, 2)), x, whole(2, 3))
    starts = list(product((0, 2, 4), (0, 1, 2)))
    assert frames.count == len(starts)
    for number, (top, left) in enumerate(starts):
        (plane,) = frames.frame(number).inputs
        assert np.array_equal(plane.numbers, np.pad(x, ((2, 1), (0, 2))))
        assert plane.real == ((2, 6), (0, 5))
        assert plane.marks == tuple(product((top, top + 1), (left, left + 2, left + 4)))


def test_a_turned_kernel_is_shown_as_it_is_used() -> None:
    (kernel,) = convolved(plain(2), np.arange(4), np.array([1, 10]), flip=True).frame(0).kernels
    assert (kernel.title, kernel.numbers.tolist()) == ("kernel, turned", [[10, 1]])


def test_the_output_fills_in_plane_by_plane() -> None:
    frames = convolved(plain(2, 2), whole(4, 4), whole(3, 2, 2))
    last = frames.frame(20)
    assert (last.at, last.output.done, last.output.marks) == ((2, 0, 2), 3, ((0, 2),))
    assert np.array_equal(last.output.numbers, frames.output[2])
    assert last.output.title == "output (2)"
    assert last.steps[-1] == Equation("", "=", str(frames.output[2, 0, 2]))


POOLS: list[tuple[Pooling | AdaptivePooling, tuple[int, ...], str]] = [
    (Pooling("max", (2, 3), (1, 2), (Padding(1, 0), Padding(1, 1)), (1, 1), ceil=True), (2, 4, 6), "chw"),
    (Pooling("max", (2, 2), (2, 2), "valid", (1, 2), ceil=True), (5, 5, 3), "hwc"),
    (Pooling("max", (3,), (2,), "valid", (1,)), (7,), "chw"),
    (Pooling("max", (2, 2, 2), (1, 2, 1), "valid", (1, 1, 1)), (3, 4, 3), "chw"),
    (AdaptivePooling("max", (3, 2)), (2, 5, 5), "chw"),
    (AdaptivePooling("max", (1, 1), drop_axes=True), (4, 5, 3), "hwc"),
]


@pytest.mark.parametrize(("layer", "x", "layout"), POOLS)
def test_the_largest_of_the_marked_cells_is_the_output(
    layer: Pooling | AdaptivePooling, x: tuple[int, ...], layout: str
) -> None:
    numbers = whole(*x)
    y, _ = apply_pooling(layer, numbers, layout=layout)
    view = PoolingView(layer, numbers, layout)
    for at in np.ndindex(y.shape):
        real = []
        for plane in view.at(at).inputs:
            (top, bottom), (left, right) = plane.real
            real += [plane.numbers[r, c] for r, c in plane.marks if top <= r < bottom and left <= c < right]
            assert all(r < plane.numbers.shape[0] and c < plane.numbers.shape[1] for r, c in plane.marks)
        assert max(real[-len(real) :]) >= y[at]
        if len(view.at(at).inputs) == 1:
            assert max(real) == y[at]


def test_what_padding_shows() -> None:
    padding = (Padding(1, 0),)
    fills = {
        ("max", True): "-∞",
        ("min", True): "∞",
        ("lp", True): "·",
        ("avg", False): "·",
        ("avg", True): None,
    }
    for (kind, counted), fill in fills.items():
        layer: Any = Pooling(kind, (2,), (2,), padding, (1,), ceil=True, count_padding=counted)  # type: ignore[arg-type]
        plane = PoolingView(layer, np.array([3, 1, 4, 1])).at((2,)).inputs[0]
        assert (plane.fill, plane.numbers.tolist(), plane.end) == (fill, [[0, 3, 1, 4, 1, 0]], (1, 5))
        texts = [cell.text for cell in cut(plane, (9, 9)).cells[0]]
        # A window that reaches past the padding counts nothing there.
        assert texts == [fill or "0", "3", "1", "4", "1", fill or "·"]


def test_a_large_plane_is_cut_round_the_window() -> None:
    frames = convolved(plain(3, 3, padding=(Padding(1, 1),) * 2), np.arange(3000).reshape(50, 60), whole(3, 3))
    frame = frames.frame(20 * 60 + 30)
    shown = cut(frame.inputs[0], (7, 9))
    assert shown.caption == "input [18:25, 27:36]"
    assert [cell.marked for cell in shown.cells[2]] == [column in (3, 4, 5) for column in range(9)]
    assert shown.cells[3][4].text == str(20 * 60 + 30)
    assert cut(frames.frame(0).inputs[0], (2, 2)).first == (0, 0)


@pytest.mark.parametrize(
    ("columns", "rows"), [(140, 40), (80, 24), (60, 20), (40, 12), (20, 8), (10, 5), (3, 2), (1, 1)]
)
def test_a_frame_fits_whatever_the_terminal(columns: int, rows: int) -> None:
    several = convolved(plain(3, 3), whole(5, 30, 30) * 1000, whole(2, 5, 3, 3))
    alone = convolved(plain(2), whole(9), whole(2))
    for frames in (several, alone):
        for number in (0, frames.count // 2, frames.count - 1):
            lines = [painted(line, color=False) for line in frame_lines(frames.frame(number), columns, rows)]
            assert len(lines) <= rows
            assert max(map(len, lines)) <= max(columns, 1)
            if rows >= 8:
                # The result is always there.
                assert lines[-1].strip().startswith("=")


def test_the_window_stays_in_sight_of_a_small_terminal() -> None:
    frames = convolved(plain(2, 2), np.arange(400).reshape(20, 20), whole(2, 2))
    lines = [painted(line, color=False) for line in frame_lines(frames.frame(150), 40, 12)]
    row, column = 150 // 19, 150 % 19
    marked = [f"[{20 * r + c:>3}]" for r in (row, row + 1) for c in (column, column + 1)]
    assert all(text in "\n".join(lines) for text in marked)


def test_frames_as_text(here: Run) -> None:
    done = here("conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--watch")
    assert done.returncode == 0
    frames = done.stdout.split("\n\n")
    assert len(frames) == 4
    assert frames[1].splitlines() == [
        "step 2 of 4: output (0, 1)",
        "input        kernel    output",
        " 1 [0][1]     1  0      2 [0]",
        " 2 [1][0]     0  1      ·  ·",
        " 0  1  1",
        "out = 0·1 + 1·0",
        "    + 1·0 + 0·1",
        "    = 0",
    ]


def test_of_many_frames_only_the_first_are_text_and_it_says_so(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_TEXT == 1000
    monkeypatch.setattr("convcalc.cli.watch.MOST_TEXT", 30)
    np.save(tmp_path / "x.npy", whole(40, 40))
    done = here("pool", tmp_path / "x.npy", "max", "-k", "1", "--watch", "-o", tmp_path / "steps.txt")
    assert "only the first 30 of 1600 steps are shown" in done.stderr
    assert (tmp_path / "steps.txt").read_text().count("step ") == 30


def test_channels_last_are_shown_plane_by_plane(here: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(18).reshape(3, 3, 2))
    shown = here("pool", tmp_path / "x.npy", "MaxPooling2D(2, strides=1)", "--watch").stdout.split("\n\n")
    assert shown[5].splitlines()[:4] == [
        "step 6 of 8: output (0, 1, 1)",
        "input, channel 1    output (1)",
        "  1 [ 3][ 5]          9 [11]",
        "  7 [ 9][11]          ·   ·",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--watch", "--explain"], "--watch and --explain cannot be combined"),
        (["--watch", "--plan"], "--plan and --watch cannot be combined"),
        (["--watch", "--grad", "1"], "--watch and --grad cannot be combined"),
        (["--watch", "--json"], "--watch has no form json"),
        (["--watch", "-F", "latex"], "--watch has no form latex"),
        (["--watch", "-q"], "--watch has no form quiet"),
        (["--watch", "-o", "steps.md"], "--watch has no effect with -o steps.md"),
        (["--watch", "-o", "steps.npy"], "--watch has no effect with -o steps.npy"),
    ],
)
def test_what_frames_have_no_place_for_is_refused(here: Run, words: list[str], message: str) -> None:
    done = here("conv", "1 2; 3 4", "-k", "1", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_many_inputs_are_not_watched(here: Run) -> None:
    done = here("conv", "--inputs", "*.npy", "-k", "1", "--watch")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--inputs and --watch" in done.stderr


def shown_at(root: ElementTree.Element, seconds: float) -> list[str]:
    """List the texts of an SVG that are visible at a time, as its animations say."""

    def walk(element: ElementTree.Element, visible: bool) -> Iterator[str]:
        animation = element.find(f"{SVG}animate")
        if "visibility" in element.attrib:
            visible = element.attrib["visibility"] == "visible"
        if animation is not None:
            times = [float(time) for time in animation.attrib["keyTimes"].split(";")]
            share = seconds / float(animation.attrib["dur"].rstrip("s"))
            values = animation.attrib["values"].split(";")
            visible = [value for time, value in zip(times, values, strict=True) if time <= share][-1] == "visible"
        if element.tag == f"{SVG}text" and visible:
            yield "".join(element.itertext())
        for child in element:
            yield from walk(child, visible)

    return list(walk(root, visible=True))


def test_the_picture_shows_each_frame_in_its_time() -> None:
    x, kernel = whole(3, 4), whole(2, 2, 2)
    frames = convolved(plain(2, 2), x, kernel)
    shown = [frames.frame(number) for number in range(frames.count)]
    root = ElementTree.fromstring(frames_svg(shown, "x < y & z"))
    assert root.find(f"{SVG}title") is not None
    for number, frame in enumerate(shown):
        texts = shown_at(root, (number + 0.5) * SECONDS)
        (head,) = (text for text in texts if text.startswith("step"))
        assert head == f"step {number + 1} of 12: output ({', '.join(map(str, frame.at))})"
        # Plane, kernel and output so far, then the sum.
        filled = [str(each) for each in frame.output.numbers.reshape(-1)[: frame.output.done]]
        numbers = [text for text in texts if text.lstrip("-").isdigit()]
        still = [str(each) for each in (*x.reshape(-1), *kernel[frame.at[0]].reshape(-1))]
        assert sorted(numbers) == sorted([*still, *filled])
        assert f"    = {frame.output.numbers.reshape(-1)[frame.output.done - 1]}" in texts


def test_a_picture_of_many_steps_shows_the_first(here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_PICTURE == 120
    monkeypatch.setattr("convcalc.cli.watch.MOST_PICTURE", 20)
    np.save(tmp_path / "x.npy", whole(30, 30))
    done = here("pool", tmp_path / "x.npy", "avg", "-k", "2", "--watch", "-o", tmp_path / "steps.svg")
    assert "only the first 20 of 225 steps are shown" in done.stderr
    root = ElementTree.fromstring((tmp_path / "steps.svg").read_text())
    assert sum(element.attrib.get("class") == "f" for element in root.iter(f"{SVG}g")) == 20


PAGE = """<!doctype html><meta charset="utf-8"><body>{svg}<pre id="seen"></pre><script>
const svg = document.querySelector("svg"), seen = [];
svg.pauseAnimations();
(async () => {{
  for (const time of {times}) {{
    svg.setCurrentTime(time);
    await new Promise(drawn => setTimeout(drawn, 50));
    seen.push([...svg.querySelectorAll("text")].filter(
      text => getComputedStyle(text).visibility === "visible").map(text => text.textContent));
  }}
  document.getElementById("seen").textContent = JSON.stringify(seen);
}})();
</script></body>"""


def test_a_browser_plays_the_picture(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("NO BROWSER: install Debian's chromium to play the picture")
    frames = convolved(plain(2, 2, padding=(Padding(1, 0), Padding(0, 1))), whole(3, 3), whole(2, 2))
    svg = frames_svg([frames.frame(number) for number in range(frames.count)], "conv")
    times = [(number + 0.5) * SECONDS for number in range(frames.count)]
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(svg=svg, times=times), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run(
        [*command, "--virtual-time-budget=20000", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    seen = done.stdout.partition('<pre id="seen">')[2].partition("</pre>")[0]
    assert seen, done.stderr
    root = ElementTree.fromstring(svg)
    assert [sorted(texts) for texts in json.loads(seen)] == [sorted(shown_at(root, time)) for time in times]


def test_an_output_without_two_axes_is_one_row() -> None:
    frames = convolved(plain(2), np.arange(4), np.array([1, 10]))
    plane = frames.frame(1).output
    assert isinstance(plane, OutputPlane)
    assert (plane.numbers.tolist(), plane.marks, plane.title) == ([[10, 21, 32]], ((0, 1),), "output")


def test_a_precision_holds_in_planes_and_sums(here: Run) -> None:
    shown = here("pool", "1 2.125 3; 4 5 6.5", "avg", "-k", "2", "-s", "1", "--watch", "--precision", "1").stdout
    assert shown.splitlines()[:6] == [
        "step 1 of 2: output (0, 0)",
        "input              output",
        "[1.0][2.1] 3.0     [3.0]   ·",
        "[4.0][5.0] 6.5",
        "the divisor is 4, the number of cells in the window",
        "out ≈ (1.0 + 2.1 + 4.0 + 5.0) / 4",
    ]
