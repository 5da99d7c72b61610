"""`--grad`: gradients on the command line, in every form, piped, judged, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

CONV = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--grad", "1 2; 3 4"]
POOL = ["pool", "1 9 2 3; 4 5 6 8", "max", "-k", "2", "--grad", "10 20"]
DX, DW, DB = [[1, 2, 0], [3, 5, 2], [0, 3, 4]], [[11, 5], [8, 8]], [10]


def test_three_matrices_each_under_its_name_and_shape(here: Run) -> None:
    done = here(*CONV)
    assert done.returncode == 0
    assert done.stdout == (
        "# dX shape: 3x3\n1 2 0\n3 5 2\n0 3 4\n\n# dW shape: 2x2\n11 5\n8 8\n\n# db shape: 1\n10\n"
    )
    assert here(*CONV, "-q").stdout == done.stdout


def test_several_matrices_do_not_read_as_one_and_each_reads_alone(here: Run, tmp_path: Path) -> None:
    kernels, grad = "[[[[1,2],[3,4]]],[[[0,1],[1,0]]]]", "[[[1,2],[3,4]],[[5,6],[7,8]]]"
    text = tmp_path / "gradients.txt"
    assert here("conv", "1 0 1; 2 1 0; 0 1 1", "-k", kernels, "--grad", grad, "-o", text).returncode == 0
    done = here("pool", text, "max", "-k", "1")
    assert done.returncode == 3
    assert "these are 3 matrices: dX, dW, db" in done.stderr
    parts = text.read_text().split("\n# ")
    text.write_text("# " + parts[1])
    assert json.loads(here("pool", text, "max", "-k", "1", "--json").stdout)["shape"] == [2, 1, 2, 2]


@pytest.mark.parametrize(("of", "right"), [("x", DX), ("w", DW), ("b", DB)])
def test_one_gradient_is_a_matrix_like_any_other(here: Run, tmp_path: Path, of: str, right: Any) -> None:
    rows = right if isinstance(right[0], list) else [right]
    text = "".join(" ".join(map(str, row)) + "\n" for row in rows)
    assert here(*CONV, "--of", of).stdout == text
    assert here(*CONV, "--of", of, "-F", "csv").stdout == text.replace(" ", ",")
    assert here(*CONV, "--of", of, "-o", tmp_path / "g.npy").returncode == 0
    assert np.load(tmp_path / "g.npy").tolist() == right
    answer = json.loads(here(*CONV, "--of", of, "--json").stdout)
    entry = {"shape": list(np.shape(right)), "dtype": "int64", "data": right}
    assert answer == {"schema": 1, "command": "conv", "gradients": {of: entry}}


def test_json_and_archives_hold_all_of_them(here: Run, tmp_path: Path) -> None:
    answer = json.loads(here(*CONV, "--json").stdout)
    assert {name: entry["data"] for name, entry in answer["gradients"].items()} == {"x": DX, "w": DW, "b": DB}
    assert here(*CONV, "-o", tmp_path / "g.npz").returncode == 0
    with np.load(tmp_path / "g.npz") as archive:
        assert {name: archive[name].tolist() for name in archive} == {"x": DX, "w": DW, "b": DB}
    assert here(*CONV, "-o", tmp_path / "g.json").returncode == 0
    assert json.loads((tmp_path / "g.json").read_text()) == answer


def test_a_terminal_sees_them_side_by_side_with_what_they_came_from(here: Run) -> None:
    shown = here(*CONV, "-F", "table", "--show-input").stdout
    assert [line.split() for line in shown.splitlines() if "d" in line] == [
        ["input", "kernel", "dY"],
        ["dX", "dW", "db"],
    ]
    alone = here(*CONV, "-F", "table", "--of", "w", "--show-input").stdout
    assert alone.splitlines()[0].split() == ["input", "kernel", "dY", "dW"]


def test_latex_compiles_in_text(here: Run, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("NO TEX: install Debian's texlive-latex-base to compile gradients")
    bank, grad = "[[[[1,2],[3,4]]],[[[0,1],[1,0]]]]", "[[[1,2],[3,4]],[[5,6],[7,8]]]"
    words = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", bank, "--grad", grad, "--explain"]
    assert here(*words, "-o", tmp_path / "gradients.tex").returncode == 0
    frame = (
        "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n\\input{gradients.tex}\n\\end{document}\n"
    )
    (tmp_path / "main.tex").write_text(frame)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_markup_names_each(here: Run, form: str) -> None:
    shown = here(*CONV, "-F", form).stdout
    assert [shown.index(name) for name in ("dX", "dW", "db")] == sorted(shown.index(n) for n in ("dX", "dW", "db"))


def test_a_pooling_has_one_gradient(here: Run, tmp_path: Path) -> None:
    assert here(*POOL).stdout == "0 10 0 0\n0 0 0 20\n"
    assert json.loads(here(*POOL, "--json").stdout)["gradients"] == {
        "x": {"shape": [2, 4], "dtype": "int64", "data": [[0, 10, 0, 0], [0, 0, 0, 20]]}
    }
    assert here(*POOL, "-o", tmp_path / "dx.npz").returncode == 0
    with np.load(tmp_path / "dx.npz") as archive:
        assert list(archive) == ["x"]


def test_a_claimed_gradient_is_judged(here: Run) -> None:
    assert here(*CONV, "--of", "w", "--check", "11 5; 8 8").returncode == 0
    done = here(*CONV, "--of", "w", "--check", "11 5; 8 9", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["check"]["verdict"] == "wrong"
    assert here(*POOL, "--of", "x", "--check", "0 10 0 0; 0 0 0 20").returncode == 0


SERIES = ("--dims", "1")
CHANNELS_LAST = ("pool", "[[[1,8],[2,7]],[[3,6],[4,5]]]", "max", "-k", "2", "--layout", "hwc")


@pytest.mark.parametrize(
    ("words", "of", "right", "wrong", "where"),
    [
        # A fraction is exact, and a sum of floats is not: 0.06000000000000001.
        (["conv", "0.1 0.2 0.3", "-k", "0.7", "--grad", "0.1 0.1 0.1"], "w", "3/50", "61/1000", "(0) is 0.06"),
        (
            ["conv", "1 2", "-k", "3 4", *SERIES, "--transposed", "--grad", "1 2 3"],
            "x",
            "11 18",
            "11 17",
            "(1) is 18",
        ),
        (
            ["conv", "1 2; 3 4", "-k", "[[[1, 10], [100, 1000]]]", *SERIES, "--grad", "[[5]]"],
            *("x", "5 50; 500 5000", "5 50; 0 0", "(1, 0) is 500"),
        ),
        (
            [*CHANNELS_LAST, "--grad", "[[[10, 20]]]"],
            *("x", "[[[0,20],[0,0]],[[0,0],[10,0]]]", "[[[0,10],[0,0]],[[0,0],[20,0]]]", "(0, 0, 1) is 20"),
        ),
    ],
)
def test_gradients_of_every_kind_are_judged(
    here: Run, words: list[str], of: str, right: str, wrong: str, where: str
) -> None:
    assert here(*words, "--of", of, "--check", right).returncode == 0
    done = here(*words, "--of", of, "--check", wrong, "--explain")
    assert done.returncode == 1
    assert where in done.stdout


def test_one_bias_for_all_channels_has_one_gradient(here: Run) -> None:
    bank, grad = "[[[[1]]],[[[2]]]]", "[[[1,2],[3,4]],[[5,6],[7,9]]]"
    done = here("conv", "1 2; 3 4", "-k", bank, "--bias", "5", "--grad", grad, "--of", "b", "--explain")
    assert done.stdout.startswith("37\n")
    assert "dY(1,1,0) + dY(1,1,1)\n" in done.stdout
    assert done.stdout.endswith("= 37\n")


def test_a_layer_without_bias_has_no_gradient_of_it(here: Run) -> None:
    layer = ["conv", "1 2 3", "Conv1d(1, 1, 2, bias=False)", "-k", "[[[1,10]]]", "--grad", "1 1"]
    answer = json.loads(here(*layer, "--json").stdout)
    assert {name: entry["data"] for name, entry in answer["gradients"].items()} == {"x": [1, 11, 10], "w": [[[3, 5]]]}
    assert "there is no gradient b here" in here(*layer, "--of", "b").stderr


def test_keras_layers_have_their_channels_last(here: Run, tmp_path: Path) -> None:
    x, kernel = np.arange(24).reshape(3, 4, 2), np.arange(24).reshape(2, 2, 2, 3)
    for name, array in (("x", x), ("k", kernel), ("dy", np.ones((2, 3, 3), int))):
        np.save(tmp_path / f"{name}.npy", array)
    files = [tmp_path / "x.npy", "Conv2D(3, 2)", "-k", tmp_path / "k.npy", "--grad", tmp_path / "dy.npy"]
    answer = json.loads(here("conv", *files, "--json").stdout)
    assert answer["layout"] == "hwc"
    shapes = {name: entry["shape"] for name, entry in answer["gradients"].items()}
    assert shapes == {"x": [3, 4, 2], "w": [2, 2, 2, 3], "b": [3]}
    assert answer["gradients"]["x"]["data"][0][0] == [3, 12]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*CONV, "--check", "1"], "--check needs --of"),
        ([*CONV, "-F", "csv"], "csv holds one matrix"),
        ([*CONV, "-o", "g.npy"], "g.npy holds one matrix"),
        ([*CONV, "--heatmap"], "--heatmap needs one gradient"),
        ([*CONV, "--plan"], "--plan and --grad cannot be combined"),
        ([*CONV[:-2], "--of", "x"], "--of has no effect without --grad"),
        ([*CONV[:-1], "1 2 3"], "--grad: the output is 2x2, its gradient 3"),
        ([*CONV[:-3], "-", "--grad", "-"], "KERNEL and --grad cannot both be standard input"),
        ([*POOL, "--of", "w"], "--of: there is no gradient w here"),
        ([*POOL, "--indices"], "--indices has no effect with --grad"),
        ([*POOL, "--algorithm", "direct"], "--algorithm: the gradient of a pooling is computed in one way"),
        ([*CONV, "--algorithm", "fast"], "--algorithm: unknown algorithm 'fast'"),
        (["conv", "1 2", "-k", "1", "--grad", "1 2", "--circular", "3"], "--circular and --grad"),
        (["conv", "1 2", "-k", "1", "--grad", "1 2", "--origin", "3"], "--origin and --grad"),
    ],
)
def test_what_does_not_go_together_is_refused(here: Run, words: list[str], message: str) -> None:
    done = here(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert not done.stdout


def test_gradients_of_averages_are_floats_for_programs_and_fractions_for_the_eye(here: Run) -> None:
    command = ("pool", "1 2 4 5", "avg", "-k", 3, "-s", 1, "--grad", "1 2")
    assert here(*command).stdout == "0.3333333333333333 1 1 0.6666666666666666\n"
    assert here(*command, "-F", "table").stdout == " 1/3   1   1 2/3\n4\n"
    assert here(*command, "--exact").stdout == "1/3 1 1 2/3\n"
    box = here("conv", "1 2; 3 4", "-k", "box:1", "--grad", "1 2; 3 4", "--of", "x")
    assert box.stdout == "1 2\n3 4\n"
