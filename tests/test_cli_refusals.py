"""What commands refuse: every message with the option that it is about, and its exit code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Run

import convcalc
from convcalc.errors import ShapeError, UsageError

SQUARE = "1 2 3; 4 5 6; 7 8 9"
MEDIAN = f"pool|{SQUARE}|median|-k|3"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with an array, a table and a file without a word."""
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.arange(12.0).reshape(3, 4))
    Path("empty").touch()
    Path("t.csv").write_text("t,v\na,1\nb,2\nc,4\nd,8\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("conv|--inputs|x.npy|-k|1|-o|empty/{stem}.npy", 4, "x.npy: empty: cannot be made: File exists"),
        ("pool|t.csv|avg|--adaptive|3|--column|v", 2, "--column: an adaptive pooling gives no value for each row"),
        ("pool|t.csv|max|-k|2|--dims|2|--column|v", 2, "--column: a column has one axis, and no channels"),
        ("conv|1 2|-k|1|--like|numpy|--frameworks", 2, "--frameworks and --like cannot be combined"),
        ("conv|1 2|-k|1|--like|numpy|--circular|3", 2, "--like and --origin or --circular cannot be combined"),
        (f"{MEDIAN}|--algorithm|direct", 2, "--algorithm: a median is computed in one way"),
        (f"{MEDIAN}|--plan", 2, "--plan: a median is computed in one way"),
        (f"{MEDIAN}|--watch", 2, "a median is not shown step by step"),
        (f"{MEDIAN}|--grad|1", 2, "--grad: a median has no gradients here"),
        ("conv|x.npy|-k|1|--scale|a..b", 2, "--scale: 'a..b' is not a valid range"),
        ("conv|1 2|-k|1|--json|-F|csv", 2, "--json and -F csv cannot be combined\nhint: ask for one form"),
        (
            "pool|1 2; 3 4|max|-k|2|--no-count-pad",
            2,
            "--no-count-pad does not belong to max\nhint: it takes -k, --stride, --padding, --dilation, --ceil",
        ),
        (
            "conv|1 2; 3 4|-k|1|--output-padding|1",
            2,
            "--output-padding does not belong to conv\n"
            "hint: only a transposed convolution takes it: the layer convT, or conv with --transposed",
        ),
        (
            "conv|1 2; 3 4|--header|-k|1",
            3,
            "the command line: there are no numbers below the header, which is the first line",
        ),
        ("conv|1 2|-k|1|--plan|-o|y.npy", 2, "-o: cannot write the plan of conv to y.npy: that is for matrices"),
        ("conv|1 2|-k|1|--boundary|constant", 2, "--boundary: constant needs its value"),
        ("conv|1 2|-k|1|--boundary|constant:1 2", 2, "--boundary: '1 2' is not one number"),
        ("shape|28|Conv2d(3,4,3)|-k|7", 2, "-k 7: the layer says kernel_size 3 itself"),
        ("shape|28|Conv2d(3,4,3)|-k|?|--want|9", 2, "-k ?: the layer says kernel_size 3 itself"),
        ("shape|28|maxpool:2|-k|3", 2, "-k 3: the layer says kernel 2 itself"),
        ("params|Conv2d(3,4,3)|--out-channels|8", 2, "--out-channels 8: the layer says out_channels 4 itself"),
        ("params|Conv2d(3,4,3,bias=True)|--no-bias", 2, "--no-bias: the layer says bias True itself"),
        ("pool|1 2; 3 4|MaxPool2d(2)|-k|1", 2, "-k 1: the layer says kernel_size 2 itself"),
        ("pool|1 2; 3 4|avgpool:2,nocountpad|--count-pad", 2, "--count-pad: the layer says nocountpad itself"),
        ("conv|1 2|conv1d:1,k2,s1|-k|1 1|-s|2", 2, "--stride 2: the layer says s1 itself"),
        ("conv|1 2|conv1d:1,k2,nobias|-k|1 1|--bias|5", 2, "--bias: the layer says nobias itself"),
        (
            "conv|1 2|conv1d:1,k2,p1,reflect|-k|1 1|--boundary|circular",
            *(2, "--boundary circular: the layer says reflect itself"),
        ),
        (
            "conv|[[1,2],[3,4]]|Conv1D(1,2)|-k|[[[1],[1]],[[1],[1]]]|--origin|1",
            *(2, "--origin: the last axis holds channels, not a sequence"),
        ),
    ],
)
def test_refused(words: str, code: int, message: str, here: Run, folder: Path) -> None:
    done = here(*words.split("|"))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"convcalc: {message}\n")


@pytest.mark.parametrize(
    ("stdin", "code", "message"),
    [
        ("", 4, "standard input: no names to read inputs from"),
        ("-\n", 2, "--inputs: standard input is the list of names already"),
        ("x.npy\n\nnone.npy\n", 4, "none.npy: no such file"),
    ],
)
def test_a_list_of_names_is_read_from_a_pipe(stdin: str, code: int, message: str, here: Run, folder: Path) -> None:
    done = here("conv", "--inputs", "-", "-k", "1", "-q", stdin=stdin)
    assert done.returncode == code
    assert f"convcalc: {message}\n" in done.stderr


def test_programs_refuse_what_commands_refuse(folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no kernel 'nosuch'"):
        convcalc.convolve([[1, 2], [3, 4]], "nosuch")
    with pytest.raises(ShapeError, match="a single number without an axis"):
        convcalc.convolve(np.array(3), [1])
    with pytest.raises(UsageError, match=r"padding \(1, 2, 3\) of one axis"):
        convcalc.convolve([[1, 2], [3, 4]], [[1]], padding=((1, 2, 3), 1))  # type: ignore[arg-type] # three sides
    with pytest.raises(UsageError, match="a file of layers cannot be combined with other layers"):
        convcalc.shape("3x9x9", Path("empty"), "conv:3,k1")


@pytest.mark.parametrize(
    ("words", "note"),
    [
        (
            "pool|1 2; 3 4|avg|-k|2|--divisor|3|--no-count-pad",
            "the sums are divided by 3, whether padding is counted or not",
        ),
        ("pool|1 2; 3 4|avg|-k|2|--layout|hwc", "--layout hwc has no effect: the input has no channels"),
        ("conv|1 2; 3 4|-k|1 1; 1 1|--layout|hwc", "--layout hwc has no effect: the input has no channels"),
        ("pool|[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]|avg|-k|2|--layout|hwc", None),
        ("pool|1 2; 3 4|avg|-k|2|--divisor|3", None),
    ],
)
def test_what_has_no_effect_is_noted(words: str, note: str | None, here: Run) -> None:
    done = here(*words.split("|"))
    assert (done.returncode, done.stderr) == (0, f"convcalc: note: {note}\n" if note else "")


def test_a_filter_shows_its_input(here: Run) -> None:
    assert (
        here(*MEDIAN.split("|"), "--show-input").stdout
        == "2 3 3\n4 5 6\n7 7 8\n# input:\n# 1 2 3\n# 4 5 6\n# 7 8 9\n"
    )


def test_answers_of_parameters_in_a_folder_are_graded(here: Run, folder: Path) -> None:
    Path("answers").mkdir()
    Path("answers/ada.txt").write_text("224\n")
    Path("answers/bob.txt").write_text("216")
    done = here("params", "conv:8,k3,in3", "--grade", "answers")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:4] for row in rows] == [
        ["name", "score", "verdict", "mistake"],
        ["ada", "1", "right", "-"],
        ["bob", "0", "wrong", "bias-forgotten"],
    ]


def test_an_answer_longer_than_any_is_no_answer(here: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.check.answer_table.LONGEST_ANSWER", 100)
    Path("answers.csv").write_text(f"name,answer\nAda,{'1' * 200}\n")
    done = here("shape", "9", "-k", "3", "--grade", "answers.csv")
    assert (done.returncode, done.stdout) == (3, "")
    assert "the table cannot be read: field larger than field limit (100)" in done.stderr
