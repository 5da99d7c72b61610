"""`--column`: one column of a table in, the table and one more column out, every other byte as it was."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest

Run = Callable[..., Any]
PRICES = (
    'date,price,"note, free"\n'
    '2024-01-02,10,"a, b"\n'
    "2024-01-03,12.5,\n"
    '2024-01-04,11,"say ""hi"""\n'
    '2024-01-05,13,"two\nlines"\n'
    "2024-01-08,14,00123\n"
)
QUOTING: tuple[Literal[0, 1], ...] = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
NUMBERS = [10, 12.5, 11, 13, 14]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.csv"
    path.write_text(PRICES)
    return path


def records(text: str, separator: str = ",") -> list[list[str]]:
    """Read a table with another reader."""
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def rolling(values: list[Any], width: int, first: int, count: Callable[[list[Any]], Any]) -> list[Any]:
    """Return a value for every row, None where the window that begins `first` rows before it is not full."""
    found: list[Any] = []
    for row in range(len(values)):
        start = row - first
        found.append(count(values[start : start + width]) if 0 <= start <= len(values) - width else None)
    return found


def mean(values: list[Any]) -> float:
    return float(sum(map(Fraction, values)) / len(values))


def numbers(cells: list[str]) -> list[float | None]:
    return [float(Fraction(cell)) if cell else None for cell in cells]


def test_a_moving_average_stands_in_the_last_row_of_its_window(here: Run, prices: Path) -> None:
    done = here("conv", prices, "--column", "price", "-k", "box:3")
    assert done.returncode == 0
    assert done.stderr == "convcalc: note: price_conv is empty in the first 2 of 5 rows, whose windows are not full\n"
    before, after = records(PRICES), records(done.stdout)
    assert [row[:-1] for row in after] == before
    assert after[0][-1] == "price_conv"
    found = numbers([row[-1] for row in after[1:]])
    assert found == [None, None, *(pytest.approx(value) for value in rolling(NUMBERS, 3, 2, mean)[2:])]


def test_every_other_byte_stays_as_it_was(here: Run, prices: Path) -> None:
    done = here("conv", prices, "--column", "price", "-k", "2.0")
    assert "is empty" not in done.stderr
    added = iter([",price_conv", ",20.0", ",25.0", ",22.0", None, ",26.0", ",28.0"])
    expected = [line + (next(added) or "") for line in PRICES.splitlines()]
    assert done.stdout.splitlines() == expected


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("center", [False, True])
def test_windows_stand_where_pandas_puts_them(width: int, center: bool, here: Run, tmp_path: Path) -> None:
    """The last row of a window, or (width - 1) // 2 rows before it."""
    values = [3, 1, 4, 1, 5, 9, 2]
    path = tmp_path / "x.csv"
    path.write_text("x\n" + "".join(f"{value}\n" for value in values))
    first = width - 1 - ((width - 1) // 2 if center else 0)
    options = ["--center"] if center and width > 1 else []
    for command, name, count in (
        (["pool", path, "avg", "-k", width, "-s", 1], "x_avg", mean),
        (["pool", path, "max", "-k", width, "-s", 1], "x_max", max),
        (["conv", path, "-k", " ".join(["1"] * width)], "x_conv", sum),
    ):
        done = here(*command, "--column", "x", *options)
        assert done.returncode == 0, done.stderr
        rows = records(done.stdout)
        assert rows[0] == ["x", name]
        assert numbers([row[1] for row in rows[1:]]) == rolling(values, width, first, count)


def test_a_median_of_every_window(here: Run, prices: Path) -> None:
    edges = [10, *NUMBERS, 14]
    done = here("pool", prices, "median", "-k", "3", "--column", "price")
    assert records(done.stdout)[0][-1] == "price_median"
    found = numbers([row[-1] for row in records(done.stdout)[1:]])
    assert found == [sorted(edges[row : row + 3])[1] for row in range(5)]
    done = here("pool", prices, "median", "-k", "3", "-p", "valid", "--column", "price")
    found = numbers([row[-1] for row in records(done.stdout)[1:]])
    assert found == rolling(NUMBERS, 3, 2, lambda cells: sorted(cells)[1])
    done = here("pool", prices, "dilate", "-k", "3", "--column", "price")
    found = numbers([row[-1] for row in records(done.stdout)[1:]])
    assert found == [max(edges[row : row + 3]) for row in range(5)]


def test_same_and_causal_fill_every_row(here: Run, prices: Path) -> None:
    same = here("conv", prices, "--column", "price", "-k", "1 10 100", "-p", "same", "--boundary", "replicate")
    padded = [10, *NUMBERS, 14]
    expected = [padded[row] + 10 * padded[row + 1] + 100 * padded[row + 2] for row in range(5)]
    assert numbers([row[-1] for row in records(same.stdout)[1:]]) == expected
    assert same.stderr == ""
    causal = here("conv", prices, "--column", "price", "-k", "1 10", "-p", "causal")
    padded = [0, *NUMBERS]
    expected = [padded[row] + 10 * padded[row + 1] for row in range(5)]
    assert numbers([row[-1] for row in records(causal.stdout)[1:]]) == expected


@pytest.mark.parametrize(
    ("text", "column", "options", "answer"),
    [
        ("1,6\n2,7\n4,8\n", "2", [], "1,6,\n2,7,13\n4,8,15\n"),
        ("2019,2020\n1,6\n2,7\n", "2020", ["--header"], "2019,2020,2020_conv\n1,6,\n2,7,13\n"),
        ("2019,2020\n1,6\n2,7\n", "2", [], "2019,2020,\n1,6,2026\n2,7,13\n"),
        ("a\tb\n1\t6\n2\t7\n", "b", [], "a\tb\tb_conv\n1\t6\t\n2\t7\t13\n"),
        ("a;b\r\n1,5;6\r\n2;7\r\n", "a", ["--decimal", ","], "a;b;a_conv\r\n1,5;6;\r\n2;7;3,5\r\n"),
        ("a b\nx 6\ny 7\n", "b", [], "a b b_conv\nx 6 nan\ny 7 13\n"),
        ("b\n6\n7", "b", [], "b,b_conv\n6,\n7,13\n"),
        ('"b","b_conv"\n"6",x\n" 7",y\n\n', "b", [], '"b","b_conv",b_conv_2\n"6",x,\n" 7",y,13\n'),
        ('"say ""b"", c",d\n1,2\n3,4\n', 'say "b", c', [], '"say ""b"", c",d,"say ""b"", c_conv"\n1,2,\n3,4,4\n'),
        (
            "sep=;\n\n# exported, daily\na;b\n1;2\n4;2\n",
            "a",
            [],
            "sep=;\n\n# exported, daily\na;b;a_conv\n1;2;\n4;2;5\n",
        ),
        ("#a\tb\n1\t2\n4\t2\n", "#a", [], "#a\tb\t#a_conv\n1\t2\t\n4\t2\t5\n"),
        ('"a\n;",b\n1,2\n4,2\n', "b", [], '"a\n;",b,b_conv\n1,2,\n4,2,4\n'),
        ("# x\n1,2\n4,2\n", "1", [], "# x\n1,2,\n4,2,5\n"),
        ("a,b\n1/3,x\n2/3,y\n", "a", [], "a,b,a_conv\n1/3,x,\n2/3,y,1\n"),
        ("a,b\n,x\n2,y\n5,z\n,z\n", "a", [], "a,b,a_conv\n,x,\n2,y,\n5,z,7\n,z,\n"),
        ("2,a\n1,x\n5,y\n", "2", [], "2,a,2_conv\n1,x,\n5,y,6\n"),
        ("id,,c\n1,2,x\n3,4,y\n", "2", [], "id,,c,column2_conv\n1,2,x,\n3,4,y,6\n"),
    ],
)
def test_tables_as_they_come(
    text: str, column: str, options: list[str], answer: str, here: Run, tmp_path: Path, monkeypatch: Any
) -> None:
    path = tmp_path / "table.txt"
    path.write_bytes(text.encode())
    command = ["--column", column, "-k", "1 1", *options]
    done = here("conv", path, *command)
    assert (done.returncode, done.stdout) == (0, answer)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), fileno=lambda: -1))
    assert here("conv", "-", *command).stdout == answer
    assert here("conv", path, *command, "-o", tmp_path / "out.csv").returncode == 0
    assert (tmp_path / "out.csv").read_bytes().decode() == answer


def test_a_heading_is_escaped_in_every_form_for_the_eye(here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a_|\x1b[2J,b\n1,2\n3,4\n")
    shown = {
        form: here("conv", tmp_path / "x.csv", "--column", 1, "-k", "1 1", "-F", form).stdout
        for form in ("table", "markdown", "latex")
    }
    assert r"a_|\x1b[2J_conv" in shown["table"]
    assert r"| a\_\|\\x1b\[2J | b | a\_\|\\x1b\[2J\_conv |" in shown["markdown"]
    assert r"a\_\textbar{}\textbackslash{}x1b[2J & b &" in shown["latex"]
    assert "\x1b" not in "".join(shown.values())


def test_other_forms_hold_the_same(here: Run, prices: Path, tmp_path: Path) -> None:
    command = ["conv", prices, "--column", "price", "-k", "1 1"]
    answer = json.loads(here(*command, "--json").stdout)
    assert (answer["column"], answer["result"], answer["first_row"]) == ("price", "price_conv", 1)
    assert answer["data"] == [22.5, 23.5, 24, 27]
    assert here(*command, "-q").stdout.split() == ["22.5", "23.5", "24.0", "27.0"]
    assert "| 2024-01-03 | 12.5 |  | 22.5 |" in here(*command, "-F", "markdown").stdout
    table = here(*command, "-F", "table").stdout
    assert "price_conv" in table
    assert 'say "hi"' in table
    assert here(*command, "-o", tmp_path / "y.json").returncode == 0
    assert json.loads((tmp_path / "y.json").read_text())["first_row"] == 1
    long = tmp_path / "long.csv"
    long.write_text("x\n" + "".join(f"{row}\n" for row in range(100)))
    shown = here("conv", long, "--column", "x", "-k", "1", "-F", "table").stdout
    assert "…" in shown
    assert shown.count("\n") < 30


def test_whole_numbers_and_averages_are_exact(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"x\n{2**70}\n{2**70 + 1}\n1\n")
    done = here("conv", path, "--column", "x", "-k", "1 -1")
    assert done.stdout == f"x,x_conv\n{2**70},\n{2**70 + 1},-1\n1,{2**70}\n"


STRIDED = "n,v\na,1\nb,2\nc,4\nd,8\ne,16\nf,32\ng,64\n"


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize(
    ("options", "cells", "first"),
    [
        (["-s", "2"], ["", "", "7", "", "28", "", "112"], 3),
        (["-s", "3"], ["", "", "7", "", "", "56", ""], 3),
        (["-s", "2", "--center"], ["", "7", "", "28", "", "112", ""], 2),
        (["-s", "2", "-p", "causal"], ["1", "", "7", "", "28", "", "112"], 1),
        (["-s", "3", "-p", "1"], ["3", "", "", "28", "", "", "96"], 1),
    ],
)
def test_windows_that_step_leave_rows_empty(
    options: list[str],
    cells: list[str],
    first: int,
    piped: bool,
    here: Run,
    tmp_path: Path,
) -> None:
    (tmp_path / "v.csv").write_text(STRIDED)
    command = ["conv", "-" if piped else str(tmp_path / "v.csv"), "-k", "1 1 1", "--column", "v", *options]
    done = here(*command, stdin=STRIDED if piped else None)
    assert [line.rpartition(",")[2] for line in done.stdout.splitlines()] == ["v_conv", *cells]
    assert f"v_conv has a value every {options[1]} rows, the first in row {first}; -s 1 gives" in done.stderr


def test_a_pooling_steps_by_its_window(here: Run, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(STRIDED)
    done = here("pool", tmp_path / "v.csv", "max", "-k", "3", "--column", "v", "--json")
    answer = json.loads(done.stdout)
    assert (answer["data"], answer["first_row"], answer["step"]) == ([4, 32], 2, 3)
    done = here("pool", tmp_path / "v.csv", "max", "-k", "3", "--ceil", "--column", "v")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the last window ends below the last row\nhint: leave out --ceil" in done.stderr


def test_a_column_is_explained_and_checked_by_itself(here: Run, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(STRIDED)
    column = ["conv", tmp_path / "v.csv", "-k", "1 1 1", "-s", "2", "--column", "v"]
    done = here(*column, "--explain", "--at", "1")
    assert done.stdout.startswith("7 28 112\n# cell (1)\n")
    assert "out = 4·1 + 8·1 + 16·1" in done.stdout
    assert "note: cell 0 stands in row 3 of the table, the next ones every 2 rows" in done.stderr
    assert here(*column, "--check", "7 28 112").returncode == 0
    wrong = here(*column, "--check", "7 28 111")
    assert (wrong.returncode, "(2) is 112, not 111" in wrong.stdout) == (1, True)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--column", "prize"], 2, "--column: there is no column 'prize'\nhint: did you mean price?"),
        (["--column", "zzz"], 2, "hint: the columns are date, price, note, free"),
        (["--column", "4"], 2, "there is no column 4: the table has 3"),
        (["--column", "0"], 2, "there is no column 0"),
        (["--column", "date", "--from", "csv"], 3, "prices.csv:2:1: '2024-01-02' is not a number"),
        (["--column", "date"], 3, "prices.csv:2:1: '2024-01-02' is not a number"),
        (["--column", "note, free"], 3, "prices.csv:2:16: 'a, b' is not one number"),
        (["--column", "price", "-p", "full"], 2, "--column: with padding 1:1 5 rows give 6"),
        (["--column", "price", "--transposed"], 2, "--column: a transposed convolution"),
        (["--column", "price", "-o", "y.npy"], 2, "--column: .npy holds no other columns"),
        (["--column", "price", "-o", "y.tsv"], 2, "-o: the table is not separated by tabs"),
        (["--column", "price", "--heatmap"], 2, "--heatmap has no effect with --column"),
        (["--column", "price", "--show-input"], 2, "--show-input has no effect with --column"),
        (["--column", "price", "--like", "numpy"], 2, "--like has no effect with --column"),
        (["--column", "price", "--frameworks"], 2, "--frameworks has no effect with --column"),
        (["--column", "price", "--origin", "1"], 2, "--origin has no effect with --column"),
        (["--column", "price", "-p", "same", "--center"], 2, "--center has no effect: every row has a result"),
        (["--center"], 2, "--center has no effect without --column"),
        (["--column", "price", "-k", "sobel-x"], 2, "-k: sobel-x has 2 axes, a column has one"),
        (["--column", "price", "--from", "json"], 2, "--from: a column has its name in a table, not in json"),
    ],
)
def test_what_is_refused(
    options: list[str], code: int, message: str, here: Run, prices: Path, tmp_path: Path
) -> None:
    options = [str(tmp_path / option) if option.startswith("y.") else option for option in options]
    kernel = () if "-k" in options else ("-k", "1 1")
    done = here("conv", prices, *kernel, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr.replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "3:1: this row has 1 cell, but the first has 2"),
        ("a,b\n1,2\n\n3,4\n", "3:1: this row has 1 cell, but the first has 2"),
        ("a,b\n1,2\n,3\n4,5\n", "3:1: an empty cell"),
        ("a,b\n1,2\nx,3\n", "3:1: 'x' is not a number"),
        ('a,b\n1,2\n"1,234",3\n', "3:2: 1,234 contains a comma"),
        ('a,b\n1,2\n2,"open\n', "3:3: this quote is not closed"),
        ('a,b\n1,2\n2,"x"y\n', "3:6: there is text after the closing quote"),
        ("a,b\n", "there are no rows under the names"),
        ("", "there are no rows here"),
    ],
)
def test_bad_tables_are_refused_at_their_place(text: str, message: str, here: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    done = here("conv", path, "--column", "a", "-k", "1")
    assert (done.returncode, done.stdout) == (3, "")
    assert message in done.stderr


def test_files_that_are_not_tables_are_refused(here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY")
    done = here("conv", tmp_path / "x.npy", "--column", "a", "-k", "1")
    assert done.returncode == 3
    assert "a column has its name in a table of text, this is npy" in done.stderr
    done = here("conv", "1 2; 3 4", "--column", "1", "-k", "1")
    assert done.returncode == 4
    assert "--column takes a file" in done.stderr


def test_two_columns_of_one_name_need_a_number(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,a\n1,2\n")
    done = here("conv", path, "--column", "a", "-k", "1")
    assert done.returncode == 2
    assert "columns 1 and 2 are called 'a'" in done.stderr
    assert here("conv", path, "--column", "2", "-k", "3").stdout == "a,a,a_conv\n1,2,6\n"


def test_random_tables_read_as_another_reader_does(here: Run, tmp_path: Path) -> None:
    """Quoted or not, with separators, quotes and line ends in cells of words."""
    rng = random.Random(5)
    path = tmp_path / "x.csv"
    for _ in range(60):
        width, separator = rng.randint(2, 5), rng.choice(",;\t|")
        index = rng.randrange(width)
        words = ["", "x", "a b", "1", "-", *(f"p{mark}q" for mark in f'"{separator}\n')]
        rows = [[rng.choice(words) for _ in range(width)] for _ in range(rng.randint(2, 6))]
        for row in rows:
            row[index] = str(rng.randint(-9, 9))
        names = [f"n{number}" for number in range(width)]
        text = io.StringIO()
        writer = csv.writer(
            text, delimiter=separator, quoting=rng.choice(QUOTING), lineterminator=rng.choice(["\n", "\r\n"])
        )
        writer.writerows([names, *rows])
        path.write_bytes(text.getvalue().encode())
        done = here("conv", path, "--column", names[index], "-k", "1 -1")
        assert done.returncode == 0, (text.getvalue(), done.stderr)
        found = records(done.stdout, separator)
        assert [row[:-1] for row in found] == [names, *rows]
        values = [int(row[index]) for row in rows]
        differences = [left - right for left, right in pairwise(values)]
        assert numbers([row[-1] for row in found[1:]]) == [None, *differences]


@pytest.mark.parametrize("seed", range(12))
def test_rows_that_arrive_in_pieces_are_answered_as_at_once(
    seed: int, here: Run, trickle: Run, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    words = ["", "x", '"two\nlines"', '"a,b"', '"""q"""', "é"]
    rows = [f"{rng.choice(words)},{rng.randint(-9, 9)},{rng.choice(words)}\n" for _ in range(rng.randint(4, 30))]
    rows[: rng.randrange(3)] = ["x,,y\n"] * rng.randrange(3)
    text = (rng.choice(["", "\n", "# of today\n\n"]) + "v,price,w\n" + "".join(rows)).encode()
    cuts = sorted(rng.sample(range(1, len(text)), min(len(text) - 1, rng.randint(1, 6))))
    pieces = [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]
    (tmp_path / "x.csv").write_bytes(text)
    for command in (
        ["-k", "1 -2 10"],
        ["-k", "1 -2 10 5", "--center"],
        ["-k", "3", "-q"],
        ["-k", "1 2", "-p", "causal"],
        ["-k", "1 " * 40],
    ):
        whole = here("conv", tmp_path / "x.csv", "--column", "price", *command)
        came = trickle(pieces, "conv", "-", "--column", "price", *command)
        assert (came.returncode, came.stderr) == (whole.returncode, whole.stderr)
        if whole.returncode == 0:
            assert came.stdout == whole.stdout
    pooled = ["avg", "-k", "3", "-s", "1", "--column", "2"]
    assert trickle(pieces, "pool", "-", *pooled).stdout == here("pool", tmp_path / "x.csv", *pooled).stdout


def test_rows_leave_before_the_pipe_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "convcalc", "conv", "-", "--column", "x", "-k", "1 1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"x,y\n1,a\n2,b\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(3)] == [b"x,y,x_conv\n", b"1,a,\n", b"2,b,3\n"]
        process.stdin.write(b"5,c\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"5,c,7\n"
        process.stdin.write(b"6\n")
        out, error = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, b"")
    assert error.startswith(b"convcalc: standard input:5:1: this row has 1 cell, but the first has 2")


def test_other_encodings_are_read_whole(trickle: Run) -> None:
    text = "a,b\r\n1,é\r\n2,y\r\n".encode("utf-16")
    done = trickle([text[:7], text[7:9], text[9:]], "conv", "-", "--column", "a", "-k", "1 1")
    assert done.stdout == "a,b,a_conv\r\n1,é,\r\n2,y,3\r\n"


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([b"x,y\n1,a\n", b",b\n", b"3,c\n"], "standard input:3: an empty cell between numbers"),
        ([b"x,y\n1,a\n", b'2,"b\n"\n,c\n', b"3,c\n"], "standard input:5: an empty cell between numbers"),
        ([b"x,y\n1,a\n", b"\n", b"3,c\n"], "standard input:3:1: this row has 1 cell"),
        ([b"x,y\n,a\n", b",b\n"], "there are no numbers in the column"),
        ([b"x,y\n1,a\n", b"z,b\n"], "standard input:3:1: 'z' is not a number"),
        ([b"x,y\n1,a\n", b"2,\xff\n"], "standard input, from line 3 on:1:3: byte 0xff is not UTF-8 text"),
    ],
)
def test_what_is_wrong_in_later_rows_is_said_at_its_place(pieces: list[bytes], message: str, trickle: Run) -> None:
    done = trickle(pieces, "conv", "-", "--column", "x", "-k", "1")
    assert done.returncode == 3
    assert message in done.stderr
