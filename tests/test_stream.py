"""Rows through a pipe: as soon as they can, flat in memory, and what the whole matrix would have given."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from select import select
from typing import Any

import numpy as np
import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.compute.boundary import extend
from convcalc.compute.layer import Filter, apply_pooling
from convcalc.compute.quotients import Quotients
from convcalc.compute.streaming.plane import (
    convolved_rows,
    extended_rows,
    pooled_rows,
    row_convolution,
    row_windows,
    steady_choice,
)
from convcalc.compute.threads import Options
from convcalc.errors import DataError, ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers import Convolution, Pooling
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.row_stream import IncomingRows, begins_rows

COMMAND = [sys.executable, "-m", "convcalc"]
SIZES = st.tuples(st.integers(2, 40), st.integers(7, 17))
PIECES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def cut(plane: Any, pieces: list[int]) -> Iterator[Any]:
    """Cut a plane into blocks of these numbers of rows, again and again."""
    row = turn = 0
    while row < len(plane):
        count = pieces[turn % len(pieces)]
        yield plane[row : row + count]
        row, turn = row + count, turn + 1


def refuses_height(layer: Pooling, height: int, width: int) -> bool:
    """Return whether some window of a plane of this height lies in the padding alone."""
    try:
        apply_pooling(layer, np.ones((height, width)))
    except ShapeError as error:
        return "no real cell" in error.message
    return False


def joined(blocks: Iterator[Any]) -> Any:
    return np.concatenate([rows.values if isinstance(rows, Quotients) else rows for rows in blocks])


@st.composite
def windows_of(draw: st.DrawFn, kernels: int) -> dict[str, Any]:
    """Draw a window of two axes whose sides and axes differ."""
    kernel = (draw(st.integers(1, kernels)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 4)), draw(st.integers(1, 3)))
    dilation = (draw(st.integers(1, 3)), draw(st.integers(1, 2)))
    sides = [[draw(st.integers(0, k // 2)) for _ in range(2)] for k in kernel]
    padding = tuple(Padding(before, after) for before, after in sides)
    return {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


@settings(max_examples=120)
@given(
    size=SIZES,
    window=windows_of(5),
    pieces=PIECES,
    boundary=st.sampled_from(["zeros", "reflect", "symmetric", "replicate", "constant"]),
    dtype=st.sampled_from(["float64", "int64"]),
    flip=st.booleans(),
)
def test_a_plane_in_pieces_has_the_bits_of_the_whole(
    size: tuple[int, int], window: dict[str, Any], pieces: list[int], boundary: str, dtype: str, flip: bool
) -> None:
    random = np.random.default_rng(size[0] * 100 + size[1])
    x = (random.standard_normal(size) * 100).astype(dtype)
    kernel = (random.standard_normal(window["kernel"]) * 9).astype(dtype)
    constant = 7 if boundary == "constant" else None
    filters = Filter(Convolution(None, None, **window), kernel, np.array([3], dtype), boundary, constant, flip)

    def at_once() -> Any:
        ready = filters.on(x)
        return ready.compute(Options(algorithm=steady_choice(ready), threads=2))

    def in_pieces() -> Any:
        operation = row_convolution(filters, size[1])
        assert operation is not None
        return joined(convolved_rows(cut(x, pieces), operation, Options(threads=1)))

    try:
        expected = at_once()
    except ShapeError:
        with pytest.raises(ShapeError, match=r"smaller than the|at most the"):
            in_pieces()
        return
    result = in_pieces()
    assert result.dtype == expected.dtype
    assert result.tobytes() == expected.tobytes()


@settings(max_examples=120)
@given(
    size=SIZES,
    window=windows_of(6),
    pieces=PIECES,
    kind=st.sampled_from(["max", "min", "avg", "lp"]),
    dtype=st.sampled_from(["float64", "int64"]),
    ceil=st.booleans(),
    count_padding=st.booleans(),
)
def test_a_pooled_plane_in_pieces_has_the_numbers_of_the_whole(
    size: tuple[int, int],
    window: dict[str, Any],
    pieces: list[int],
    kind: str,
    dtype: str,
    ceil: bool,
    count_padding: bool,
) -> None:
    x = (np.random.default_rng(size[0] * 100 + size[1]).standard_normal(size) * 100).astype(dtype)
    x = np.abs(x) if kind == "lp" else x
    layer = Pooling(kind, ceil=ceil, count_padding=count_padding, **window)  # type: ignore[arg-type] # drawn

    windows = row_windows(layer, size[1])
    if windows is None:
        assert any(refuses_height(layer, height, size[1]) for height in range(60, 60 + layer.stride[0]))
        return
    try:
        expected = apply_pooling(layer, x)[0]
    except ShapeError:
        with pytest.raises(ShapeError, match=r"smaller than the|no real cell"):
            joined(pooled_rows(cut(x, pieces), layer, windows, Options(threads=1)))
        return
    result = joined(pooled_rows(cut(x, pieces), layer, windows, Options(threads=1)))
    if dtype == "float64":
        assert result.tobytes() == expected.tobytes()
    else:
        assert result.tolist() == expected.tolist()


def test_what_depends_on_the_height_is_not_streamed() -> None:
    strided = Convolution(None, None, (3, 3), (2, 2), "same", (1, 1))
    assert row_windows(strided, 9) is None
    assert row_windows(strided.replace(stride=(1, 1)), 9) is not None
    wide = Pooling("max", (2, 2), (2, 2), (Padding(0, 3), Padding()), (1, 1))
    assert row_windows(wide, 9) is None
    assert row_windows(Convolution(None, None, (3,), (2,), "same", (1,)), 9) == (Window(3, 2, Padding(1, 1)),)


@given(size=SIZES, pieces=PIECES, above=st.integers(0, 4), below=st.integers(0, 4))
def test_the_border_of_rows_that_come_one_by_one(
    size: tuple[int, int], pieces: list[int], above: int, below: int
) -> None:
    x = np.arange(size[0] * size[1]).reshape(size)
    windows = [Window(9, padding=Padding(above, below)), Window(3, padding=Padding(2, 1))]
    for boundary in ("reflect", "symmetric", "replicate", "constant"):
        try:
            expected = extend(x, windows, boundary, 5)[0]
        except ShapeError:
            with pytest.raises(ShapeError, match=r"height: (reflect|circular|symmetric) padding"):
                joined(extended_rows(cut(x, pieces), windows, boundary, 5))
            continue
        assert np.array_equal(joined(extended_rows(cut(x, pieces), windows, boundary, 5)), expected)


def incoming(text: bytes, size: int, **options: Any) -> IncomingRows:
    """Return the rows of a text of which `size` bytes come at a time, the first ones at once."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)] + [b""]
    left = iter(pieces[1:])
    return IncomingRows(pieces[0], lambda _size: next(left), "pipe", ReadOptions(**options))


@pytest.mark.parametrize("size", [4, 7, 1000])
def test_kinds_of_numbers_follow_one_another(size: int) -> None:
    text = b"1 2\n3 -4\n5.5 1e3\n6 7\n"
    rows = [row for block in incoming(text, size) for row in block.tolist()]
    assert rows == [[1, 2], [3, -4], [5.5, 1000], [6, 7]]


def test_numbers_beyond_the_quick_way() -> None:
    text = f"1,2\n1/3,{10**30}\n-7,8\n".encode()
    rows = [row for block in incoming(text, 6) for row in block.tolist()]
    assert rows == [[1, 2], [Fraction(1, 3), 10**30], [-7, 8]]
    exact = [row for block in incoming(b"0.1 2\n0.2 3\n", 6, exact=True) for row in block.tolist()]
    assert exact == [[Fraction(1, 10), 2], [Fraction(1, 5), 3]]
    narrow = list(incoming(b"0.1 2\n0.2 3\n", 6, dtype="float32"))
    assert {block.dtype for block in narrow} == {np.dtype(np.float32)}


def test_headers_and_comments_are_no_rows() -> None:
    text = b"# made by hand\na,b\n1,2\n3,4\n# between\n5,6\n\n\n"
    rows = [row for block in incoming(text, 30, header=True) for row in block.tolist()]
    assert rows == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("later", "place", "message"),
    [
        (b"7 x\n", "pipe:3:3", "'x' is not a number"),
        (b"7\n", "pipe:3", "has 1 number|of 1 number"),
        (b"7 8 9\n", "pipe:3", "has 3 numbers|of 3 numbers"),
        (b"\n7 8\n", "pipe:4", "after a blank line"),
        (b"\n" * 9 + b"7 8\n", "pipe:11", "after a blank line"),
        (b"7 \xff\n", "pipe:3", "not a number|not UTF-8"),
    ],
)
def test_a_later_row_that_is_none_is_an_error_with_its_place(later: bytes, place: str, message: str) -> None:
    rows = iter(incoming(b"1 2\n3 4\n" + later + b"5 6\n", 8))
    assert next(rows).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match=message) as found:
        list(rows)
    assert found.value.place is not None
    assert found.value.place.startswith(place)


@pytest.mark.parametrize(
    ("head", "begins"),
    [
        (b"1 2\n3 4\n", True),
        (b"# note\n1 2\n3 4\n", True),
        (b"nan,inf\n1/2,3\n", True),
        (b"1 2\n", None),
        (b"", None),
        (b"# no end", None),
        (b"# shape: 2x2\n1 2\n3 4\n", False),
        (b"1 2\n\n3 4\n", False),
        (b"[[1, 2],\n[3, 4]]\n", False),
        (b"\x93NUMPY\x01\x00", False),
        (b"1 2; 3 4\n5 6\n", False),
        (b"# name: A\n# type: matrix\n1 2\n3 4\n", False),
    ],
)
def test_what_begins_like_rows(head: bytes, begins: bool | None) -> None:
    assert begins_rows(head, ReadOptions()) is begins


@pytest.mark.parametrize(
    ("head", "begins"),
    [(b"a,b\n1,2\n3,4\n", True), (b"a,b\n0,1,2\n1,3,4\n", False), (b",a\n0,1\n1,3\n", False), (b"a,b\n", None)],
)
def test_labels_under_a_header_are_not_read_row_by_row(head: bytes, begins: bool | None) -> None:
    assert begins_rows(head, ReadOptions(header=True)) is begins


@pytest.mark.parametrize(
    ("text", "size", "rows"),
    [
        (b"1 2\n3 4\n1.5 2 # by hand\n2.5 3\n", 8, [[1, 2], [3, 4], [1.5, 2], [2.5, 3]]),
        (b"1 2\n3 4\n# between\n5 6", 8, [[1, 2], [3, 4], [5, 6]]),
        (b"1 2\n3 4\n\n\n \n", 8, [[1, 2], [3, 4]]),
    ],
)
def test_rows_between_comments_and_before_blank_lines(text: bytes, size: int, rows: list[list[float]]) -> None:
    assert [row for block in incoming(text, size) for row in block.tolist()] == rows


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def read_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    return process.stdout.readline().removesuffix(b"\n")


def write(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.flush()


@pytest.mark.parametrize(
    ("arguments", "answers"),
    [
        (["conv", "-", "-k", "1 0; 0 1"], [[b"4 6"], [b"10 12"]]),
        (["pool", "-", "max", "-k", "2", "-s", "1"], [[b"4 5"], [b"7 8"]]),
        (["conv", "-", "-k", "1 1", "--dims", "1"], [[b"1 3", b"7 9"], [b"13 15"]]),
    ],
)
def test_rows_leave_as_soon_as_their_input_has_come(arguments: list[str], answers: list[list[bytes]]) -> None:
    with start(*arguments) as process:
        write(process, b"0 1 2\n3 4 5\n")
        assert [read_line(process) for _ in answers[0]] == answers[0]
        write(process, b"6 7 8\n")
        assert [read_line(process) for _ in answers[1]] == answers[1]
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")


def test_a_trickle_without_silences_is_streamed_too() -> None:
    with start("conv", "-", "-k", "1 0; 0 1") as process:
        assert process.stdout is not None
        for _ in range(1000):
            write(process, b"1 2\n3 4\n")
            if select([process.stdout], [], [], 0.03)[0]:
                break
        assert read_line(process) == b"5"
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert set(out.split()) <= {b"5"}


@pytest.mark.parametrize("tail", [["conv", "-", "-k", "1 0; 0 1"], ["pool", "-", "avg", "-k", "2"]])
def test_endless_input_with_a_reader_that_leaves(tail: list[str]) -> None:
    command = shlex.join([*COMMAND, *tail])
    script = f"yes '1 2 3' | {command} | head -3; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=60)
    *lines, code = done.stdout.decode().splitlines()
    assert lines == ["3 5" if tail[0] == "conv" else "1.5"] * 3
    assert code == "141"
    assert done.stderr == b""


def test_small_bad_input_prints_nothing() -> None:
    command = [*COMMAND, "conv", "-", "-k", "1 0; 0 1"]
    done = subprocess.run(command, input=b"1 2\n3 4\n5\n", capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"standard input:3:1" in done.stderr


def test_a_late_bad_row_is_an_error_after_the_rows_before_it() -> None:
    with start("conv", "-", "-k", "1 0; 0 1") as process:
        write(process, b"0 1 2\n3 4 5\n")
        assert read_line(process) == b"4 6"
        out, err = process.communicate(b"6 7\n", timeout=60)
    assert (process.returncode, out) == (3, b"")
    assert b"standard input:3" in err


PEAK = (
    "import sys, resource; from convcalc.cli import main; code = main(); "
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
)


def test_memory_stays_flat_however_long_the_input() -> None:
    peaks = []
    for rows in (100_000, 1_000_000):
        command = shlex.join([sys.executable, "-c", PEAK, "conv", "-", "-k", "gaussian:3"])
        script = f"yes '1 2 3 4.5 5' | head -{rows} | {command} >/dev/null"
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=100)
        peaks.append(int(done.stderr))
    # In KiB; all rows as numbers would take forty more MiB.
    assert peaks[1] < peaks[0] + 10_000


def test_pipe_and_file_give_the_same_text(tmp_path: Path) -> None:
    rows = np.random.default_rng(11).standard_normal((900, 150))
    text = "".join(" ".join(map(repr, row)) + "\n" for row in rows.tolist()).encode()
    assert len(text) > 1 << 20
    path, target = tmp_path / "x.txt", tmp_path / "y.csv"
    path.write_bytes(text)
    options = ["-k", "gaussian:5", "-s", "2x1", "-p", "1:2x0", "--boundary", "reflect"]
    whole = subprocess.run([*COMMAND, "conv", str(path), *options], capture_output=True, check=True).stdout
    piped = subprocess.run([*COMMAND, "conv", "-", *options], input=text, capture_output=True, check=True).stdout
    assert piped == whole
    subprocess.run([*COMMAND, "conv", "-", *options, "-o", str(target)], input=text, check=True)
    assert target.read_bytes() == whole.replace(b" ", b",")
    named = f"{shlex.join([*COMMAND, 'conv'])} <(cat {shlex.quote(str(path))}) {shlex.join(options)}"
    assert subprocess.run(["bash", "-c", named], capture_output=True, check=True).stdout == whole


def test_a_text_file_larger_than_memory_is_streamed_too(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"0 1 2\n3 4 5\n" * 100_000 + b"6 7\n")
    for memory, lines in (("1M", True), ("1G", False)):
        command = [*COMMAND, "conv", str(path), "-k", "1 0; 0 1", "--memory", memory]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 3
        assert bool(done.stdout.startswith(b"4 6\n4 6\n")) is lines
        assert bool(done.stdout) is lines
        assert b"x.txt:200001" in done.stderr
    with path.open("rb") as stdin:
        command = [*COMMAND, "pool", "-", "max", "-k", "2", "--memory", "1M"]
        assert subprocess.run(command, stdin=stdin, capture_output=True, check=False).stdout.startswith(b"4\n4\n")


def test_an_error_or_an_interrupt_leaves_no_file(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    with start("conv", "-", "-k", "1 0; 0 1", "-o", target) as process:
        write(process, b"1 2\n3 4\n" * 150_000)
        process.communicate(b"x\n", timeout=60)
    assert (process.returncode, list(tmp_path.iterdir())) == (3, [])
    with start("conv", "-", "-k", "1 0; 0 1", "-o", target) as process:
        write(process, b"1 2\n3 4\n" * 300_000)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stdin is not None
        process.stdin.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [3, 300_000])
def test_notes_about_kernel_and_bias_are_printed_however_long_the_input(rows: int) -> None:
    kernel, bias = "tensor([[1.1234, 0.], [0., 1.]])", "tensor([1.])"
    command = [*COMMAND, "conv", "-", "-k", kernel, "--bias", bias]
    done = subprocess.run(command, input=b"1 2 3\n" * rows, capture_output=True, check=True)
    assert done.stdout.startswith(b"4.1234 6.2468")
    notes = done.stderr.decode().splitlines()
    assert len(notes) == 1
    assert "four digits" in notes[0]


@pytest.mark.parametrize(
    "words",
    [
        "pool|max|-k|2",
        "pool|avg|-k|3x2|-s|1|-p|1x0",
        "pool|AvgPool2d((1, 2), ceil_mode=True)",
        "pool|LPPool2d(2, 3, ceil_mode=True)",
        "pool|MaxPool1d(2)",
        "pool|median|-k|3",
        "pool|max|-k|2|--indices",
        "pool|max|--adaptive|2",
        "pool|max|-k|1|--dims|3",
        "pool|max|-k|2|--dims|1|--layout|hwc",
        "conv|-k|1 2; 3 4|-p|1",
        "conv|-k|1 2; 3 4|-s|2|--bias|0.5",
        "conv|-k|1/2 1/3|--dims|1",
        "conv|-k|1 2; 3 4|-p|1|--boundary|circular",
        "conv|-k|1 2; 3 4|--transposed",
        "conv|-k|sobel",
        "conv|-k|1 1|--dims|1|--layout|hwc",
        "conv|-k|[[[1, 2]]]|--precision|3",
        "conv|-k|1e308",
    ],
)
def test_rows_that_come_slowly_have_the_answer_of_the_file(
    words: str, here: Run, trickle: Run, tmp_path: Path
) -> None:
    rows = [f"{number} {2 * number - 7} {number % 3} 5\n" for number in range(7)]
    (tmp_path / "x.txt").write_text("".join(rows))
    command, *options = words.split("|")
    pieces = [row.encode() for row in (rows[0], "".join(rows[1:4]), "".join(rows[4:6]), rows[6])]
    piped, read = trickle(pieces, command, "-", *options), here(command, tmp_path / "x.txt", *options)
    assert (piped.returncode, piped.stdout) == (read.returncode, read.stdout)
    assert read.returncode == 0 or not read.stdout
    assert sorted(piped.stderr.splitlines()) == sorted(read.stderr.splitlines())
