"""`--inputs`: many inputs in one process, each answered as a single one is."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from glob import glob
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from oracles import convolve_loops
from test_progress import Clock, run_on_terminal

from convcalc.cli.matching_files import matching_files
from convcalc.cli.progress import Meter
from convcalc.errors import FileError

Run = Callable[..., Any]
KERNEL = [[1, -2], [3, 4]]
KERNEL_TEXT = "1 -2; 3 4"


def matrix(seed: int, rows: int, columns: int) -> list[list[int]]:
    return [[(seed + 3 * row + 5 * column * column) % 11 - 4 for column in range(columns)] for row in range(rows)]


def expected(x: list[list[int]]) -> Any:
    return convolve_loops([x], [[KERNEL]])[0]


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[int]]]:
    """Write matrices of unequal sizes and kinds into `scans`, and work in the folder above it."""
    monkeypatch.chdir(tmp_path)
    Path("scans/deep").mkdir(parents=True)
    found = {"b.npy": matrix(1, 3, 5), "a.npy": matrix(2, 4, 3), "deep/a.npy": matrix(3, 2, 6)}
    for name, numbers in found.items():
        np.save(Path("scans") / name, numbers)
    found["c.txt"] = matrix(4, 5, 4)
    Path("scans/c.txt").write_text("\n".join(" ".join(map(str, row)) for row in found["c.txt"]))
    return found


def listed(monkeypatch: pytest.MonkeyPatch, names: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(names)))


def test_every_input_has_its_own_file(here: Run, scans: dict[str, Any]) -> None:
    done = here("conv", "--inputs", "scans/*.*", "-k", KERNEL_TEXT, "-o", "new/out/{stem}.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in Path("new/out").iterdir()) == ["a.npy", "b.npy", "c.npy"]
    for name in ("a.npy", "b.npy", "c.txt"):
        found = np.load(f"new/out/{Path(name).stem}.npy")
        assert found.tolist() == expected(scans[name])


@pytest.mark.parametrize("pattern", ["**/*", "*/[a-c].*", "d/**/**/x", "d/**/l/*", "**/.h*", "./*/x", "d?/**", "*/*"])
def test_a_pattern_matches_what_it_does_elsewhere(
    pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("d/e/x", "d/x", "d/a.b", "d2/b.c", ".h/x", "d/e/.hidden", "e/y", "d/[a].b"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    Path("d/e/l").symlink_to(tmp_path / "e")
    Path("d/e/lost").symlink_to("nowhere")
    files = {name for name in glob(pattern, recursive=True) if not Path(name).is_dir()}  # noqa: PTH207
    assert matching_files(pattern) == sorted(files) != []


def test_links_that_go_in_circles_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a/b").mkdir(parents=True)
    Path("c").mkdir()
    Path("a/b/x").touch()
    for name, target in {"a/b/up": "a", "a/self": "a/b", "c/there": "a", "a/back": "c", "c/here": "c"}.items():
        Path(name).symlink_to(tmp_path / target)
    assert matching_files("a/**/x") == ["a/b/x", "a/self/x"]
    assert matching_files("**/x") == ["a/b/x", "a/self/x", "c/there/b/x", "c/there/self/x"]


def test_a_pattern_that_leads_through_too_many_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        (tmp_path / f"{number}").touch()
    assert len(matching_files(f"{tmp_path}/1*")) == 3
    monkeypatch.setattr("convcalc.cli.matching_files.MOST_NAMES", 11)
    with pytest.raises(FileError, match=r"leads through more than 11 names of files"):
        matching_files(f"{tmp_path}/1*")


def test_two_stars_match_folders_and_parent_keeps_them_apart(here: Run, scans: dict[str, Any]) -> None:
    both = here("conv", "--inputs", "scans/**/a.npy", "-k", KERNEL_TEXT, "-o", "out/{stem}.npy")
    assert (both.returncode, both.stdout) == (2, "")
    assert "scans/a.npy and scans/deep/a.npy would both go to out/a.npy" in both.stderr
    assert not Path("out").exists()
    done = here("conv", "--inputs", "scans/**/a.npy", "-k", KERNEL_TEXT, "-o", "{parent}/{stem}-x.txt")
    assert done.returncode == 0, done.stderr
    assert Path("scans/deep/a-x.txt").read_text().split() == [
        str(number) for row in expected(scans["deep/a.npy"]) for number in row
    ]
    assert Path("scans/a-x.txt").exists()


def test_answers_without_a_file_stand_under_the_names_of_their_inputs(here: Run, scans: dict[str, Any]) -> None:
    done = here("conv", "--inputs", "scans/*.npy", "-k", KERNEL_TEXT)
    blocks = done.stdout.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["# scans/a.npy", "# scans/b.npy"]
    rows = [[int(word) for word in line.split()] for line in blocks[1].splitlines()[1:]]
    assert rows == expected(scans["b.npy"])
    bare = here("conv", "--inputs", "scans/*.npy", "-k", KERNEL_TEXT, "-q").stdout
    assert bare == "".join(line + "\n" for line in done.stdout.splitlines() if not line.startswith("#"))
    latex = here("conv", "--inputs", "scans/*.npy", "-k", KERNEL_TEXT, "-F", "latex").stdout
    assert latex.startswith("% scans/a.npy\n")
    assert latex.count("\\begin{bmatrix}") == 2


def test_json_is_an_object_a_line_with_the_name_of_its_input(here: Run, scans: dict[str, Any]) -> None:
    done = here("conv", "--inputs", "scans/**/*.npy", "-k", KERNEL_TEXT, "--json")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["input"] for answer in answers] == ["scans/a.npy", "scans/b.npy", "scans/deep/a.npy"]
    names = ("a.npy", "b.npy", "deep/a.npy")
    assert [answer["data"] for answer in answers] == [expected(scans[name]) for name in names]
    assert list(answers[0])[:3] == ["schema", "command", "input"]


def test_pool_gives_a_line_for_every_input(here: Run, scans: dict[str, Any]) -> None:
    done = here("pool", "--inputs", "scans/*.npy", "max", "--global", "-q")
    assert done.stdout == "".join(f"{max(map(max, scans[name]))}\n" for name in ("a.npy", "b.npy"))
    Path("scans/bad.npy").write_bytes(b"\x93NUMPY")
    done = here("pool", "--inputs", "scans/*.npy", "max", "--global", "-q")
    largest = [str(max(map(max, scans[name]))) for name in ("a.npy", "b.npy")]
    assert (done.returncode, done.stdout.split("\n")) == (3, [*largest, "", ""])


@pytest.mark.parametrize(
    "names", [b"scans/b.npy\nscans/c.txt\n", b"scans/b.npy\r\n\r\nscans/c.txt", b"scans/b.npy\0scans/c.txt\0"]
)
def test_standard_input_lists_names(
    names: bytes, here: Run, scans: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed(monkeypatch, names)
    done = here("conv", "--inputs", "-", "-k", KERNEL_TEXT, "-o", "{stem}.json")
    assert done.returncode == 0, done.stderr
    for name in ("b.npy", "c.txt"):
        assert json.loads(Path(f"{Path(name).stem}.json").read_text())["data"] == expected(scans[name])


def test_a_bad_input_is_reported_and_the_rest_go_on(
    here: Run, scans: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("scans/ragged.txt").write_text("1 2\n3\n")
    np.save("scans/thin.npy", np.ones((9, 1)))
    listed(monkeypatch, b"scans/ragged.txt\nnone.npy\nscans/thin.npy\n12\nscans/b.npy\n")
    done = here("conv", "--inputs", "-", "-k", KERNEL_TEXT, "-o", "out/{stem}.npy")
    assert done.returncode == 4
    assert [path.name for path in Path("out").iterdir()] == ["b.npy"]
    assert np.load("out/b.npy").tolist() == expected(scans["b.npy"])
    lines = done.stderr.splitlines()
    assert lines[0].startswith("convcalc: scans/ragged.txt:2:1: row 2 has 1 number")
    assert "convcalc: none.npy: no such file" in lines
    assert "convcalc: scans/thin.npy: width: the input 1 is smaller than the kernel 2" in lines
    assert "convcalc: 12: no such file" in lines
    assert lines[-1] == "convcalc: note: 4 of 5 inputs have no answer"


def test_the_same_error_has_its_hint_once(here: Run, scans: dict[str, Any]) -> None:
    done = here("conv", "--inputs", "scans/*.npy", "-k", KERNEL_TEXT, "--at", "7,7")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("convcalc: scans/") == 2
    np.save("scans/one.npy", np.ones((3, 3)))
    np.save("scans/two.npy", np.ones((3, 3)))
    done = here("conv", "--inputs", "scans/[ot]*.npy", "-k", KERNEL_TEXT, "--at", "7,7")
    assert done.stderr.count("hint: ") == 1
    assert "convcalc: scans/two.npy: --at: index 7 is out of range for an axis of size 2\n" in done.stderr


def test_a_wrong_command_line_is_one_error(here: Run, scans: dict[str, Any]) -> None:
    for wrong in (["--boundary", "mirrored"], ["Conv3x(2)"], ["-o", "out/{stem}.xyz"]):
        done = here("conv", "--inputs", "scans/*.npy", *wrong, "-k", KERNEL_TEXT)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("convcalc: ") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["conv", "--inputs", "none/*.npy", "-k", "1"], 4, "--inputs: no file matches 'none/*.npy'"),
        (["conv", "--inputs", "scans", "-k", "1"], 2, "--inputs: scans is a folder"),
        (["conv", "--inputs", "", "-k", "1"], 2, "--inputs: the pattern is empty"),
        (
            ["conv", "--inputs", "scans/*", "-k", "1", "-o", "one.npy"],
            2,
            "-o: one.npy would hold the answer for every",
        ),
        (["conv", "--inputs", "scans/*", "-k", "1", "-o", "{stem}{no}.npy"], 2, "-o: {no} is not known"),
        (["conv", "--inputs", "scans/*.npy", "-k", "1", "-o", "scans/../scans/{stem}.npy"], 2, "overwrite the input"),
        (["conv", "--inputs", "-", "-k", "-"], 2, "KERNEL and --inputs cannot both be standard input"),
        (["conv", "--inputs", "scans/*.npy", "-k", "1", "--check", "1"], 2, "--inputs and --check"),
        (["conv", "--inputs", "scans/*.npy", "-k", "1", "--grade", "scans"], 2, "--inputs and --grade"),
        (["conv", "--inputs", "scans/*.npy", "-k", "1", "--frameworks"], 2, "--inputs and --frameworks"),
        (["conv", "--inputs", "scans/*.npy", "-k", "1", "--watch"], 2, "--inputs and --watch"),
        (["conv", "--inputs", "scans/a.npy", "scans/b.npy", "-k", "1"], 2, "scans/b.npy is not a LAYER"),
        (["conv", "--inputs", "scans/a.npy", "x", "y", "z", "-k", "1"], 2, "quotes, or the shell"),
        (["pool", "--inputs", "scans/*.npy", "-k", "2"], 2, "pool: no LAYER given"),
        (["pool", "--inputs", "scans/*.npy", "max", "avg", "-k", "2"], 2, "avg is not a LAYER"),
        (
            ["conv", "1 2", "-k", "1", "-o", "{stem}.npy"],
            2,
            "{stem}.npy has a part that is only filled in with --inputs",
        ),
        (
            ["pool", "1 2", "max", "-k", "1", "-o", "{parent}/a.txt"],
            2,
            "has a part that is only filled in with --inputs",
        ),
        (["conv", "-k", "1"], 2, "conv: no INPUT given"),
        (["pool", "1 2", "-k", "1"], 2, "pool: no LAYER given"),
    ],
)
def test_what_is_refused_before_anything_is_computed(
    arguments: list[str], code: int, message: str, here: Run, scans: dict[str, Any]
) -> None:
    before = sorted(Path.cwd().rglob("*"))
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert sorted(Path.cwd().rglob("*")) == before


def test_a_name_that_is_a_pattern_of_another_file_is_itself(here: Run, scans: dict[str, Any]) -> None:
    np.save("scans/a[1].npy", [[5]])
    np.save("scans/a1.npy", [[6]])
    assert here("conv", "--inputs", "scans/a[1].npy", "-k", "2", "-q").stdout == "10\n"


def test_arrays_of_one_archive_have_a_file_each(here: Run, scans: dict[str, Any]) -> None:
    np.savez("scans/two.npz", x=[[1, 2]], y=[[3, 4]])
    done = here(
        "conv", "--inputs", "-", "-k", "[[2]]", "-o", "out/{stem}.npy", stdin="scans/two.npz:x\nscans/two.npz:y\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [np.load(f"out/two_{name}.npy").tolist() for name in "xy"] == [[[2, 4]], [[6, 8]]]


def test_columns_of_many_tables(here: Run, scans: dict[str, Any]) -> None:
    Path("p.csv").write_text("day,price\nMo,1\nTu,2\n")
    Path("q.csv").write_text("price,day\n5,Mo\n7,Tu\n")
    Path("n.csv").write_text("cost\n5\n")
    done = here("conv", "--inputs", "?.csv", "--column", "price", "-k", "1 1")
    assert done.returncode == 2
    assert (
        done.stdout
        == "# p.csv\nday,price,price_conv\nMo,1,\nTu,2,3\n\n# q.csv\nprice,day,price_conv\n5,Mo,\n7,Tu,12\n"
    )
    assert done.stderr.splitlines()[0] == "convcalc: n.csv: --column: there is no column 'price'"
    assert "note: p.csv and q.csv: price_conv is empty in the first 1 of 2 rows" in done.stderr
    done = here(
        "pool", "--inputs", "[pq].csv", "max", "--column", "price", "-k", "2", "-s", "1", "-o", "out/{stem}.csv"
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert Path("out/q.csv").read_text() == "price,day,price_max\n5,Mo,\n7,Tu,7\n"
    answers = here("conv", "--inputs", "[pq].csv", "--column", "price", "-k", "1 1", "--json").stdout.splitlines()
    assert [json.loads(line)["data"] for line in answers] == [[3], [12]]


def test_notes_are_printed_once_and_say_which_inputs_they_are_about(here: Run, scans: dict[str, Any]) -> None:
    for name in ("p", "q", "r"):
        Path(f"{name}.txt").write_text("tensor([[1.0000, 0.5000], [0.2500, 0.1250]])")
    Path("s.txt").write_text("1 2; 3 4")
    done = here("conv", "--inputs", "?.txt", "-k", "1", "-o", "out/{stem}.npy")
    assert done.returncode == 0
    assert done.stderr.startswith("convcalc: note: p.txt and 2 more inputs: PyTorch prints only four digits")
    assert done.stderr.count("note") == 1
    done = here("conv", "--inputs", "[p-r].txt", "-k", "1", "-o", "out/{stem}.npy")
    assert done.stderr.startswith("convcalc: note: PyTorch prints only four digits")


def test_large_inputs_are_mapped_and_streamed(here: Run, scans: dict[str, Any]) -> None:
    x = np.arange(1500 * 800, dtype=np.float32).reshape(1500, 800) % 17
    np.save("large.npy", x)
    Path("long.txt").write_text("\n".join("1 2 3" for _ in range(200_000)))
    done = here("conv", "--inputs", "l*", "-k", "1 10", "-o", "out/{stem}.npy", "--memory", "1MiB")
    assert done.returncode == 0, done.stderr
    assert np.array_equal(np.load("out/large.npy"), x[:, :-1] + 10 * x[:, 1:])
    assert np.array_equal(np.load("out/long.npy"), np.tile([21, 32], (200_000, 1)))
    done = here("conv", "--inputs", "long*", "-k", "1 10", "--memory", "1MiB")
    assert done.stdout == "# long.txt\n" + "21 32\n" * 200_000


def test_rows_of_one_input_are_a_part_of_its_step() -> None:
    clock = Clock()
    counted = Meter(4, clock, "inputs")
    clock.now = 10.0
    counted(1)
    part = counted.part(200)
    part(50)
    assert counted.bar is not None
    task = counted.bar.tasks[0]
    assert (task.completed, task.fields["count"]) == (1.25, "1")
    part(500)
    assert task.completed == 2
    counted(1)
    assert (task.completed, task.fields["rate"]) == (2, "0.2")
    counted.close()


def test_a_terminal_counts_inputs_and_shows_errors_above_the_bar(tmp_path: Path) -> None:
    for name in ("a", "b", "d"):
        np.save(tmp_path / f"{name}.npy", np.ones((3, 4)))
    (tmp_path / "c.npy").write_bytes(b"1 2")
    command = ["conv", "--inputs", f"{tmp_path}/*.npy", "-k", "1 1", "-o", f"{tmp_path}/{{stem}}.txt"]
    code, out, drawn = run_on_terminal(command, b"")
    assert (code, out) == (3, b"")
    assert b"of 4 inputs" in drawn
    assert b"inputs/s" in drawn
    # A long path is broken into lines, at blanks where there are some.
    assert b"c.npy:thisisnotan.npyfile" in b"".join(drawn.split())
    assert sorted(path.name for path in tmp_path.glob("*.txt")) == ["a.txt", "b.txt", "d.txt"]


def test_an_interrupt_keeps_the_files_that_are_finished(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((10, 12), int))
    with (tmp_path / "b.txt").open("w") as rows:
        rows.writelines(" ".join(str(10**30 + row * column) for column in range(80)) + "\n" for row in range(1500))
    kernel = ";".join(["1 " * 11] * 9)
    command = [sys.executable, "-m", "convcalc", "conv", "--inputs", "*.*", "-k", kernel, "-p", "same"]
    process = subprocess.Popen(
        [*command, "--boundary", "circular", "-o", "out/{stem}.txt"], cwd=tmp_path, stderr=subprocess.PIPE
    )
    finished, deadline = tmp_path / "out" / "a.txt", time.monotonic() + 60
    while not finished.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, b"")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.txt"]
