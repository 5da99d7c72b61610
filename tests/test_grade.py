"""Many answers judged at once: tables and folders, one row for each, and a tally."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest
from conftest import Run

from convcalc.check.answer_table import table_answers
from convcalc.check.grade import Graded, tally
from convcalc.check.verdict import Slip, Verdict

CONV = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 2; 0 3"]
RIGHT, FLIPPED, SLIPPED = "4 2; 7 4", "8 2; 7 6", "4 2; 7 9"


def class_of(*answers: tuple[str, str]) -> str:
    """Write a table of names and answers, without a header."""
    text = io.StringIO()
    csv.writer(text).writerows(answers)
    return text.getvalue()


def test_a_class_of_thirty_is_graded_in_one_command(here: Run, tmp_path: Path) -> None:
    assert here(*CONV, "-q").stdout == RIGHT.replace("; ", "\n") + "\n"
    assert here(*CONV, "--flip", "-q").stdout == FLIPPED.replace("; ", "\n") + "\n"
    kinds = [RIGHT] * 14 + [FLIPPED] * 9 + [SLIPPED] * 3 + ["0 0; 1 8"] * 2 + ["no idea", ""]
    names = [f"student {number}" for number in range(len(kinds))]
    random.Random(4).shuffle(kinds)
    path = tmp_path / "class.csv"
    path.write_text("name,answer\n" + class_of(*zip(names, kinds, strict=True)))
    done = here(*CONV, "--grade", path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    graded = json.loads(done.stdout)
    assert (graded["answers"], graded["right"]) == (30, 14)
    assert [(each["name"], each["count"]) for each in graded["tally"]] == [
        ("right", 14),
        ("kernel-flipped", 9),
        ("cell-slip", 3),
        ("unexplained", 2),
        ("unreadable", 2),
    ]
    assert [row["name"] for row in graded["grades"]] == names
    words = {RIGHT: "right", "no idea": "unreadable", "": "unreadable"}
    assert [row["verdict"] for row in graded["grades"]] == [words.get(kind, "wrong") for kind in kinds]
    scores = {RIGHT: 1, SLIPPED: 0.75, FLIPPED: 0.5}
    for test, kind in zip(graded["tests"], kinds, strict=True):
        assert (test["score"], test["max_score"]) == (scores.get(kind, 0), 1)
        assert ("kernel-flipped" in test["output"]) is (kind == FLIPPED)
    shown = here(*CONV, "--grade", path)
    assert len(shown.stdout.splitlines()) == 31
    assert [line.removeprefix("convcalc: note: ") for line in shown.stderr.splitlines()[-5:]] == [
        "14 of 30: right",
        "9 of 30: the kernel was flipped: that is a mathematician's convolution; here cross-correlation is asked"
        " (kernel-flipped)",
        "3 of 30: only one or two cells are wrong: a slip in working them out, not in the method (cell-slip)",
        "2 of 30: wrong, and no known mistake gives that answer",
        "2 of 30: the answer cannot be read",
    ]
    assert here(*CONV, "--grade", path, "-q").stdout == "14/30\n"
    rows = list(csv.DictReader(io.StringIO(here(*CONV, "--grade", path, "-F", "csv").stdout)))
    assert [row["verdict"] for row in rows] == [row["verdict"] for row in graded["grades"]]
    assert "student 29" in here(*CONV, "--grade", path, "-F", "table").stdout


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Ada,112\nBob,113\n", [("Ada", "112"), ("Bob", "113")]),
        ("name,answer\nAda,112\n", [("Ada", "112")]),
        ("Name;Answer\nAda;1 2\n", [("Ada", "1 2")]),
        ("Ada\t64,112,112\n", [("Ada", "64,112,112")]),
        ("Ada,64,112,112\n", [("Ada", "64,112,112")]),
        ("id,email,answer,points\n7,a@b.c,112,3\n8,d@e.f,113\n", [("7", "112"), ("8", "113")]),
        ('Ada,"1 0\n2 1"\n\n"Bob, B.",1 0; 2 1\n', [("Ada", "1 0\n2 1"), ("Bob, B.", "1 0; 2 1")]),
        ("Ada\n", [("Ada", "")]),
        ("", []),
        ("\ufeffname,answer\nAda,112\n,\nBob,\n", [("Ada", "112"), ("Bob", "")]),
        ("sep=;\nName;Points;Result\nAda;3;1,5\nAda;2;7\n", [("Ada", "1,5"), ("Ada", "7")]),
        (
            "ada,8x8,late\nbob: 8x8\nkim,8,8,\nlee : 8, 8\n",
            [("ada", "8x8"), ("bob", "8x8"), ("kim", "8,8"), ("lee", "8, 8")],
        ),
        (
            "Ada Lovelace 8x8\nstudent 3 8x8\nBob,no idea,late",
            [("Ada Lovelace", "8x8"), ("student 3 8x8", ""), ("Bob", "no idea,late")],
        ),
        ("Ada,8x8,5\nBob,64 × 7 × 7,3,4.5\nEve,8,8,5", [("Ada", "8x8"), ("Bob", "64 × 7 × 7"), ("Eve", "8,8,5")]),
        ("Ada;64,112,112\nBob;8\u00a0x\u00a08", [("Ada", "64,112,112"), ("Bob", "8 x 8")]),
        ("2026-01-02 10:00,Lovelace,Ada,a1@b.c,9,472,ok", [("Lovelace, Ada", "9,472")]),
        (
            "timestamp,name,email,answer,points\n2026-01-01 10:00,Ada,a@b.c,64,112,112,3\n",
            [("Ada", "64,112,112")],
        ),
        (
            "Timestamp,Your name,E-mail address,What size comes out?\n1/2/2026 10:00:01,Ada,a1@b.c,8x8\n",
            [("Ada", "8x8")],
        ),
        (
            "Nachname;Vorname;E-Mail-Adresse;Status;Bewertung/10,00;Antwort 1\nLovelace;Ada;a@b.c;x;2;8 x 8",
            [("Lovelace, Ada", "8 x 8")],
        ),
        ("ID,Group,Size\n17,2,8x8\n", [("17", "8x8")]),
        ("Ada: 2; 3\nBob: 1,5; 2 0\n", [("Ada", "2; 3"), ("Bob", "1,5; 2 0")]),
        ('Name;Answer\nAda;2 0; 3 2\nBob; "2; 3"\n', [("Ada", "2 0; 3 2"), ("Bob", "2; 3")]),
        ("Ada;2 0; 3 2;late\n", [("Ada", "2 0; 3 2")]),
        ("name: answer\nAda: 2; 3\nBob: 1, 5\n", [("Ada", "2; 3"), ("Bob", "1, 5")]),
    ],
)
def test_tables_are_read_as_people_write_them(text: str, answers: list[tuple[str, str]]) -> None:
    assert table_answers(text) == answers


def test_a_table_with_two_columns_of_answers_is_refused(here: Run) -> None:
    done = here("shape", "12", "-k", "5", "--grade", "-", stdin="Name,Response 1,Response 2\nAda,8x8,7\n")
    assert (done.returncode, done.stdout) == (3, "")
    assert "the columns 'Response 1' and 'Response 2' may both hold the answers" in done.stderr


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,Q1,Q2\nA,8,7\n", "the columns 'Q1' and 'Q2' may both hold the answers"),
        (",Q1,Question 2,q3\nA,8,7,8\n", "the columns 'Q1', 'Question 2' and 'q3' may all hold the answers"),
        ('name,answer\nA,"8\nB,8\nC,9\n', "line 2: a quote is opened and not closed"),
        ('\n\nname,answer\nA,8\nB,"8\nC,"8"\nD,9\n', "line 5: a quote is opened and not closed"),
        ('A,8\nB,"8', "line 2: a quote is opened and not closed"),
    ],
)
def test_a_table_that_would_be_graded_wrongly_is_refused(table: str, message: str, here: Run) -> None:
    done = here("shape", "12", "-k", "5", "--grade", "-", stdin=table)
    assert (done.returncode, done.stdout) == (3, "")
    assert message in done.stderr


def test_one_numbered_question_is_the_answer() -> None:
    assert table_answers("name,Q1,points\nA,8x8,7\n") == [("A", "8x8")]
    assert table_answers('A,"8" x 8\nB,"1 0\n2 1"\n') == [("A", "8 x 8"), ("B", "1 0\n2 1")]


def test_a_grade_says_what_a_check_says(here: Run) -> None:
    claims = ["8x8", "7", "1000", "8 by 8", "8px × 8px", "4", ""]
    table = "".join(f"Ada,{claim}\n" for claim in claims)
    done = here("shape", "12", "-k", "5", "--grade", "-", "--json", stdin=table)
    assert "note: Ada is there 7 times" in done.stderr
    *rows, empty = json.loads(done.stdout)["grades"]
    for row, claim in zip(rows, claims, strict=False):
        check = json.loads(here("shape", "12", "-k", "5", "--check", claim, "--json").stdout)["check"]
        assert row == {"name": "Ada", **check}
    assert (empty["verdict"], empty["mistakes"], empty["message"]) == ("unreadable", [], "the answer is empty")


def test_a_separator_inside_an_answer_stays_as_it_is_written(here: Run) -> None:
    for table in ("Ada: 4 2; 7 4\n", "name;answer\nAda;4 2; 7 4\n", "name: answer\nAda: 4 2; 7 4\n"):
        (row,) = json.loads(here(*CONV, "--grade", "-", "--json", stdin=table).stdout)["grades"]
        assert (row["name"], row["verdict"]) == ("Ada", "right")


def test_a_row_that_sums_up_a_table_is_passed_over_with_a_note(here: Run) -> None:
    table = "Last name,First name,Response 1\nLovelace,Ada,8x8\nOverall average,,5.5\n"
    done = here("shape", "12", "-k", "5", "--grade", "-", "--json", stdin=table)
    assert [row["name"] for row in json.loads(done.stdout)["grades"]] == ["Lovelace, Ada"]
    assert "note: the row Overall average is a summary" in done.stderr


ONE_CELL = ["pool", "1 2; 3 4", "avg", "-k2"]


@pytest.mark.parametrize("answer", ["2,5", "2 1/2", "2½", "= 2.5", "2.5.", "2,50;"])
def test_an_answer_of_one_cell_is_the_number_it_can_only_be(answer: str, here: Run, tmp_path: Path) -> None:
    assert here(*ONE_CELL, "--check", answer).returncode == 0
    (tmp_path / "claim.txt").write_text(answer)
    assert here(*ONE_CELL, "--check", tmp_path / "claim.txt").returncode == 0
    table = f"name;answer\nAda;{answer.rstrip(';')}\n"
    (row,) = json.loads(here(*ONE_CELL, "--grade", "-", "--json", stdin=table).stdout)["grades"]
    assert row["verdict"] == "right"


def test_a_wrong_number_of_one_cell_is_named_and_an_ambiguous_one_refused(here: Run) -> None:
    assert "(0, 0) is 5/2, not 2.4" in here(*ONE_CELL, "--check", "2,4").stdout
    assert here(*ONE_CELL, "--check", "2½", "--decimal", ",").returncode == 0
    done = here(*ONE_CELL, "--check", "2,500")
    assert (done.returncode, done.stdout) == (3, "")
    assert "2,500 can be read both ways: as 2.500, or as 2500" in done.stderr
    two = here("pool", "1 2 5", "max", "-k2", "-s2", "--check", "2,5")
    assert (two.returncode, "stride-ignored" in two.stdout) == (1, True)


def test_a_folder_has_a_file_of_each(here: Run, tmp_path: Path) -> None:
    (tmp_path / "ada.txt").write_text("4 2\n7 4\n")
    np.save(tmp_path / "bob.npy", np.array([[8, 2], [7, 6]]))
    (tmp_path / "eve.csv").write_text("4,2\n7,x\n")
    (tmp_path / "eve.txt").write_text("4 2; 7 9")
    (tmp_path / ".hidden").write_text("1")
    (tmp_path / "kim.txt").symlink_to("nowhere.txt")
    os.mkfifo(tmp_path / "lee")
    (tmp_path / "max").mkdir()
    rows = json.loads(here(*CONV, "--grade", tmp_path, "--json").stdout)["grades"]
    assert [(row["name"], row["verdict"], row["mistake"]) for row in rows] == [
        ("ada", "right", None),
        ("bob", "wrong", "kernel-flipped"),
        ("eve.csv", "unreadable", None),
        ("eve.txt", "wrong", "cell-slip"),
        ("kim", "unreadable", None),
        ("lee", "unreadable", None),
        ("max", "unreadable", None),
    ]
    reasons = ["a link to nowhere.txt, which does not exist", "not a file", "a folder, not a file"]
    assert [row["message"] for row in rows[-3:]] == reasons


def test_sizes_and_counts_are_graded_too(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("Ada,112\nBob,64x112x112\nEve,111\nKim,64,112,112\nLee,wide\n")
    done = here("shape", "3x224x224", "conv:64,k7,s2,p3", "--grade", path)
    assert [line.split("\t")[1:4] for line in done.stdout.splitlines()[1:6]] == [
        ["1", "right", "-"],
        ["1", "right", "-"],
        ["0", "wrong", "off-by-one"],
        ["1", "right", "-"],
        ["0", "unreadable", "-"],
    ]
    path.write_text("Ada,9,472\nBob,9408\nEve,params=9472 weights=9408\nKim,9.5k\nLee,weights=9000 params=9472\n")
    done = here("params", "Conv2d(3, 64, 7)", "--grade", path)
    assert [line.split("\t")[1:4] for line in done.stdout.splitlines()[1:6]] == [
        ["1", "right", "-"],
        ["0", "wrong", "bias-forgotten"],
        ["1", "right", "-"],
        ["1", "right", "-"],
        ["0.5", "wrong", "-"],
    ]


def test_gradients_and_pools_are_graded_too(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("Ada,2.33 4 6\nBob,7/3 4 6\nEve,3 4 7\nKim,2.3 4 6\n")
    rows = json.loads(here("pool", "1 3 3 4 5 6 7", "avg", "-k3", "-s2", "--grade", path, "--json").stdout)["grades"]
    assert [row["verdict"] for row in rows] == ["right", "right", "wrong", "right"]
    path.write_text("Ada,10\nBob,11\n")
    grad = [*CONV, "--grad", "1 2; 3 4", "--grade", path]
    assert here(*grad, "--of", "b", "--json").returncode == 0
    assert "--grade needs --of beside --grad" in here(*grad).stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--check", "1"], 2, "--check has no effect with --grade"),
        (["--explain"], 2, "--explain has no effect with --grade"),
        (["--show-answer"], 2, "--show-answer has no effect with --grade"),
    ],
)
def test_a_grade_is_one_question(words: list[str], code: int, message: str, here: Run, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("Ada,112\n")
    for command in (
        CONV,
        ["shape", "9", "-k", "3"],
        ["params", "fc:10", "--input", "7"],
        ["pool", "1 2", "max", "-k2"],
    ):
        done = here(*command, "--grade", path, *words)
        assert (done.returncode, message in done.stderr) == (code, True), done.stderr


def test_what_cannot_be_graded_is_an_error(here: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert here(*CONV, "--grade", empty).returncode == 3
    assert here(*CONV, "--grade", tmp_path / "none.csv").returncode == 4
    blank = tmp_path / "blank.csv"
    blank.write_text("name,answer\n")
    assert "there are no answers" in here(*CONV, "--grade", blank).stderr


def test_two_slips_count_for_both_mistakes() -> None:
    both = (Slip("sign", "a sign was lost"), Slip("order", "in another order"))
    wrong = Verdict(right=False, message="", explanations=(both,))
    rows = [Graded("Ada", wrong), Graded("Bob", Verdict(right=False, message="", explanations=(both[:1],)))]
    assert [(each.name, each.count) for each in tally(rows)] == [("sign", 2), ("order", 1)]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("answer,name\n8x8,A\n7,B\n", [("A", "8x8"), ("B", "7")]),
        ('answer,name\n9,472,A\n"1 0; 2 1",B\n', [("A", "9,472"), ("B", "1 0; 2 1")]),
        ("id,name,answer\n17,A,8x8\n18,B,7\n", [("A", "8x8"), ("B", "7")]),
        ("id,answer\n17,8x8\n", [("17", "8x8")]),
        ("name,result,answer\nA,5,8x8\n", [("A", "8x8")]),
        ("name,answer 1,answer\nA,5,8x8\n", [("A", "8x8")]),
        ("Name,Size,Note\nA,8x8,late\nB,,absent\n", [("A", "8x8"), ("B", "")]),
    ],
)
def test_the_header_says_where_names_and_answers_are(table: str, rows: list[tuple[str, str]]) -> None:
    assert table_answers(table) == rows


def test_names_and_answers_are_told_apart() -> None:
    for table, rows in (
        ("name,answer\u202f\nAda,8\u202fx\u202f8\n", [("Ada", "8 x 8")]),
        ('"Lovelace, Ada";8x8\nBob;7\n', [("Lovelace, Ada", "8x8"), ("Bob", "7")]),
        ('Ada, "8\n8"\nBob,7\n', [("Ada", "8\n8"), ("Bob", "7")]),
        ("sep=;\nAda;8,8\n", [("Ada", "8,8")]),
        # A line with a colon is a header where it names both columns.
        ("name: 8x8\nBob: 7\n", [("name", "8x8"), ("Bob", "7")]),
        ("team: answer\nBob: 7\n", [("team", "answer"), ("Bob", "7")]),
        ("name: grade\nBob: 7\n", [("name", "grade"), ("Bob", "7")]),
        ("Ada 2: 8x8\nBob=7\nEve 3:8x8\n", [("Ada 2", "8x8"), ("Bob", "7"), ("Eve", "3:8x8")]),
        ("10:30,8x8\na@b.c,8x8\na@b.c,10:30,8x8\n", [("10:30", "8x8"), ("a@b.c", "8x8"), ("a@b.c", "8x8")]),
        # First names stand behind last ones, and alone where there are no others.
        ("First name,answer\nAda,8x8\n", [("Ada", "8x8")]),
        ("answer,First name\n8x8,Ada\n", [("Ada", "8x8")]),
        ("First name,Surname,answer\nAda,Lovelace,8x8\n", [("Lovelace, Ada", "8x8")]),
        ("name,first name,answer\nAda L,Ada,8x8\n", [("Ada L", "8x8")]),
        ("answer,surname,first name\n8,8,L,A\n", [("L, A", "8,8")]),
        ("Surname,answer,first name\nL,8,8,A\n", [("L, A", "8,8")]),
        ("user,last name,answer\nx,L,8\n", [("L", "8")]),
        # Without a head that says so, the answers are where answers can be.
        ("class,Q1\nAda,8\n", [("Ada", "8")]),
        ("q1\n8x8\n", [("q1", ""), ("8x8", "")]),
        ("id,8x8\n17,7\n", [("id", "8x8"), ("17", "7")]),
        ("name,12 points\nAda,8x8\n", [("name", "12 points"), ("Ada", "8x8")]),
        ("name,time taken,score,what\nAda,3,4,none\n", [("Ada", "none")]),
        ("name,score\nAda,8\n", [("Ada", "8")]),
        ("name,score,what,why\nAda,4,none\n", [("Ada", "")]),
        ("name,a,b\nAda,none\nBob,x,8\n", [("Ada", ""), ("Bob", "8")]),
        ("your answer (1),name\n8,Ada\n", [("Ada", "8")]),
        ("answer: ,Name *\n8,Ada\n", [("Ada", "8")]),
        # Words before the first number belong to the name, those behind the last are remarks.
        ("Ada,late,8x8,ok,7\nBob,8x8,5,7x7,9\n", [("Ada, late", "8x8"), ("Bob", "8x8,5,7x7")]),
        ("Ada,,8,,\nAda Bob\n8x8\nAda 3 4\n", [("Ada", "8"), ("Ada Bob", ""), ("8x8", ""), ("Ada 3 4", "")]),
        ("Ada,no idea,;\n", [("Ada", "no idea,;")]),
        ("name: answer,points\nBob: 7,3\n", [("name", "answer,points"), ("Bob", "7,3")]),
        ("answer,name\n8x8\n", [("", "8x8")]),
        ("answer\n9,472\n", [("9", "9,472")]),
        ("class,Q1,size\nAda,8,7\n", [("class", "Q1"), ("Ada", "8,7")]),
        ("name,answer 1,size\nAda,8x8,7\n", [("Ada", "8x8")]),
        ("name,what,why,who\nAda,,,none\n", [("Ada", "none")]),
        ("name,what,score\nAda,none,4\n", [("Ada", "none")]),
        ("name\nAda,8,7\nBob\n", [("Ada", "8,7"), ("Bob", "")]),
        ("id,name\n17,Ada,8x8\n", [("Ada", "8x8")]),
        ("Room 3,8x8\n", [("Room 3", "8x8")]),
    ):
        assert table_answers(table) == rows, table


@pytest.mark.parametrize("answer", ["1e400", "-1e400", "1.5e999x8"])
def test_a_number_that_no_float_holds_is_wrong(here: Run, answer: str) -> None:
    done = here("shape", "12", "-k", "5", "--check", answer)
    assert done.returncode == 1
    assert "the size is 8x8, not " in done.stdout


def test_an_empty_answer_cannot_be_read(here: Run) -> None:
    done = here("conv", "1 2; 3 4", "-k", "1", "--check", "")
    assert (done.returncode, done.stderr.splitlines()[0]) == (3, "convcalc: --check: the answer is empty")


def test_more_different_answers_than_any_class_gives_are_refused(here: Run, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,answer\n" + "".join(f"s{n},{n}\n" for n in range(10_001)))
    done = here("params", "3x8x8", "conv:8,k3", "--grade", tmp_path / "t.csv")
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{tmp_path / 't.csv'}: there are 10001 different answers, at most 10000 are judged at once" in done.stderr
