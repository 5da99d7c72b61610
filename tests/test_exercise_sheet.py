"""Sheets and keys in every form: Markdown, LaTeX that TeX takes, JSON, and GIFT as an independent reader reads it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

from convcalc.exercise.exercise import Exercise, WrongAnswer
from convcalc.exercise.gift import gift
from convcalc.exercise.make import DIFFICULTIES, MAKERS
from convcalc.exercise.sheet import answer_data, key_entries, sheet, sheet_data, solution
from convcalc.exercise.spelling import answer_text, planes
from convcalc.explain import MarkedMatrix, Sentence
from convcalc.explain.plain_text import text_lines
from convcalc.layers import TensorShape
from convcalc.render.sheet import render_key, render_sheet

LEVELS = [(command, difficulty) for command in MAKERS for difficulty in DIFFICULTIES]


ARTICLE = "\\documentclass{article}\n\\usepackage{amsmath,color,graphicx}\n\\begin{document}"


def parsed_gift(text: str) -> list[tuple[str, str, bool, list[tuple[str, int, str]]]]:
    """Read GIFT as its documentation says: name, text, whether it is numerical, (answer, percent, feedback)s.

    Comments and categories are skipped. An unescaped sign where none may stand is an error.
    """
    questions = []
    lines = [line for line in text.split("\n") if not line.startswith(("//", "$CATEGORY"))]
    for block in re.split(r"\n\s*\n", "\n".join(lines).strip()):
        # Every escaped sign becomes one character that GIFT does not know, so that what is left means something.
        held = re.sub(r"\\([\\~=#{}:])", lambda match: chr(0xE000 + ord(match[1])), block)
        match = re.fullmatch(r"::([^:{}]+)::(?:\[html\])?([^{}]*)\{(#?)([^{}]*)\}", held, re.DOTALL)
        assert match is not None, block
        assert not set("~=#{}") & set(match[2]), match[2]
        answers = []
        for entry in match[4].strip().removeprefix("=").split("\n\t="):
            body, _, feedback = entry.partition("#")
            percent = re.match(r"%(-?\d+)%", body)
            body = body[percent.end() :] if percent else body
            assert not set("~=#{}") & set(body + feedback), entry
            answers.append((_released(body), int(percent[1]) if percent else 100, _released(feedback)))
        questions.append((_released(match[1]), _released(match[2]), bool(match[3]), answers))
    return questions


def _released(held: str) -> str:
    return "".join(chr(ord(sign) - 0xE000) if 0xE000 <= ord(sign) < 0xE100 else sign for sign in held)


@pytest.mark.parametrize(("command", "difficulty"), LEVELS)
def test_moodle_reads_the_right_answer_and_the_feedback_of_mistakes(command: str, difficulty: int) -> None:
    made = sheet(command, 3, 8, difficulty)
    questions = parsed_gift(gift(made))
    assert [name for name, *_ in questions] == [f"{command} 8.{difficulty}.0{number}" for number in (1, 2, 3)]
    for exercise, (_, text, numerical, answers) in zip(made.exercises, questions, strict=True):
        asked = exercise.statement[0].text.replace("`", "")  # type: ignore[union-attr] # a sentence comes first
        assert asked in text.replace("&lt;", "<")
        for step in exercise.statement:
            lines = "\\n".join(text_lines([step])).replace("<", "&lt;").replace(">", "&gt;")
            tag = "p" if isinstance(step, Sentence) else "pre"
            assert f"<{tag}>{lines}</{tag}>" in text
        right = [answer.removesuffix(":0") for answer, percent, _ in answers if percent == 100]
        axes = right[0].count("x") + 1
        by_channels = "Write rows with ; between them and channels with | between them, as 1 2; 3 4 | 5 6; 7 8."
        kinds = {
            "Answer with a number.": numerical,
            f"Write the size with an x between its numbers, as {'x'.join('5' * axes)}.": axes > 1,
            by_channels: "|" in right[0],
        }
        by_rows = "Write the matrix row by row with ; between the rows, as 1 2; 3 4; fractions as 7/3."
        (how,) = [sentence for sentence, fits in kinds.items() if fits] or [by_rows]
        assert text.endswith(f"<p>{how}</p>")
        assert right[0] == answer_text(exercise.answer)
        assert numerical == right[0].isdigit()
        assert all(re.fullmatch(r"-?\d+(\.\d+)?:0", answer) for answer, *_ in answers) or not numerical
        spelled = [answer for answer, *_ in answers]
        assert len(set(spelled)) == len(spelled)
        feedback = {answer.removesuffix(":0"): sentence for answer, percent, sentence in answers if percent == 0}
        for wrong in exercise.mistakes:
            if not numerical or wrong.text.isdigit():
                assert wrong.sentence in feedback[wrong.text]
        assert right[0] not in feedback


def test_a_size_of_several_axes_is_not_a_wrong_answer_where_a_number_is_asked_for() -> None:
    made = sheet("shape", 1, seed=39, difficulty=5)
    (exercise,) = made.exercises
    sizes = {wrong.name: wrong.text for wrong in exercise.mistakes}
    assert (answer_text(exercise.answer), sizes["flatten-forgotten"]) == ("512", "8x8x8")
    [(*_, answers)] = parsed_gift(gift(made))
    assert not any("flatten was forgotten" in sentence for *_, sentence in answers)


def test_a_short_answer_takes_the_usual_spellings() -> None:
    (exercise,) = sheet("shape", 1, seed=1, difficulty=2).exercises
    [(_, text, _, answers)] = parsed_gift(gift(sheet("shape", 1, seed=1, difficulty=2)))
    assert answer_text(exercise.answer) == "34x19"
    right = [answer for answer, percent, _ in answers if percent == 100]
    assert right == ["34x19", "34 x 19", "34×19", "34,19", "34, 19", "(34, 19)", "(34,19)", "[34, 19]"]
    assert text.endswith("<p>Write the size with an x between its numbers, as 5x5.</p>")


def test_a_sheet_in_markdown() -> None:
    text = render_sheet(sheet("pool", 2, seed=4, difficulty=1), "markdown")
    assert isinstance(text, str)
    assert text.startswith(
        "# Poolings by hand\n\n2 exercises, difficulty 1, seed 4\n\n**1.** This input goes through "
    )
    assert text.count("\n**2.** ") == 1
    assert text.count("```math\n\\overset{\\text{input}}{\\begin{bmatrix}") == 2
    assert "Answer" not in text


def test_a_key_in_text_fits_its_width() -> None:
    text = render_key(sheet("shape", 2, seed=4, difficulty=5), "text", 60)
    assert text.startswith("Key: Sizes of convolutions and poolings\n")
    assert max(map(len, text.splitlines())) <= 60
    assert text.count("    Answer\n") == text.count("    Wrong answers\n") == 2


@pytest.mark.parametrize(
    ("command", "difficulty"), [("shape", 5), ("params", 5), ("conv", 3), ("conv", 5), ("pool", 4)]
)
def test_tex_takes_sheets_and_keys_and_nothing_sticks_out(tmp_path: Path, command: str, difficulty: int) -> None:
    compiler = shutil.which("pdflatex")
    if compiler is None:
        pytest.skip("pdflatex is not installed (Debian: texlive-latex-base): sheets in LaTeX are NOT compiled")
    made = sheet(command, 6, seed=9, difficulty=difficulty)
    texts = {"sheet": render_sheet(made, "latex"), "key": render_key(made, "latex")}
    texts["exam"] = f"{ARTICLE}\nBefore.\n\\input{{sheet}}\nAfter.\n\\end{{document}}\n"
    for name, text in texts.items():
        path = tmp_path / f"{name}.tex"
        assert isinstance(text, str)
        path.write_text(text)
        line = [compiler, "-interaction=nonstopmode", "-halt-on-error", "-draftmode", path.name]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=False, timeout=60)
        log = path.with_suffix(".log").read_text(errors="replace")
        assert done.returncode == 0, log[-2000:]
        assert not re.search(r"^Overfull .hbox.*$", log, re.MULTILINE), log


def bytes_of(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def test_the_command_writes_a_sheet_and_its_key(here: Run, tmp_path: Path) -> None:
    made = sheet("conv", 2, seed=6, difficulty=2)
    line = ("conv", "--sheet", 2, "--seed", 6)
    assert here(*line).stdout == render_sheet(made, "markdown")
    assert here(*line, "-F", "table").stdout == here(*line, "-F", "plain").stdout == render_sheet(made, "text")
    assert here(*line, "-F", "latex").stdout == render_sheet(made, "latex")
    assert here(*line, "-F", "gift").stdout == gift(made)
    assert json.loads(here(*line, "--json").stdout)["exercises"][1]["number"] == 2
    for ending, form in ((".md", "markdown"), (".tex", "latex"), (".txt", "text")):
        target, key = tmp_path / f"sheet{ending}", tmp_path / f"key{ending}"
        done = here(*line, "-o", target, "--key", key)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert target.read_text() == render_sheet(made, form)
        assert key.read_text() == render_key(made, form)
    assert here(*line, "-o", tmp_path / "sheet.tex", "--key", "-").stdout == render_key(made, "markdown")
    both = here(*line, "-F", "plain", "--key", "-").stdout
    assert both.encode() == b"\n".join((bytes_of(render_sheet(made, "text")), bytes_of(render_key(made, "text"))))
    assert here(*line, "-o", tmp_path / "moodle.txt", "-F", "gift").returncode == 0
    assert (tmp_path / "moodle.txt").read_text() == gift(made)


def test_a_fresh_seed_is_said_and_makes_the_same_sheet_again(here: Run) -> None:
    first = json.loads(here("params", "--sheet", 3, "--json").stdout)
    again = json.loads(here("params", "--sheet", 3, "--seed", first["seed"], "--json").stdout)
    assert first == again
    assert f"seed {first['seed']}" in here("params", "--sheet", 3, "--seed", first["seed"]).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conv", "1 2", "--sheet", "2"], "INPUT and LAYER have no effect with --sheet"),
        (["params", "conv:8,k3", "--quiz"], "INPUT and LAYER have no effect with --quiz"),
        (["conv", "--quiz", "-k", "1 2"], "--kernel has no effect with --quiz"),
        (["pool", "--quiz", "--no-ceil"], "--ceil has no effect with --quiz"),
        (["pool", "--sheet", "2", "-q"], "--quiet has no effect with --sheet"),
        (["pool", "--sheet", "2", "--color", "always"], "--color has no effect with --sheet"),
        (["shape", "--quiz", "-o", "a.md"], "--output has no effect with --quiz"),
        (["shape", "--quiz", "--json"], "--json has no effect with --quiz"),
        (["shape", "--quiz", "--key", "a.md"], "--key has no effect with --quiz"),
        (["shape", "--quiz", "--sheet", "3"], "--quiz and --sheet cannot be combined"),
        (["shape", "9", "-k", "3", "--seed", "0"], "--seed has no effect without --quiz or --sheet"),
        (["params", "fc:3,in2", "--key", "a.md"], "--key has no effect without --sheet"),
        (["conv", "1 2", "-k", "1", "--difficulty", "1"], "--difficulty has no effect without --quiz or --sheet"),
        (["shape", "9", "-k", "3", "-F", "gift"], "-F: gift is the form of exercises for Moodle"),
        (["shape", "--sheet", "2", "-F", "csv"], "-F: a sheet cannot be written as csv"),
        (
            ["shape", "--sheet", "2", "-F", "latex", "-o", "a.md"],
            "-F: latex contradicts the ending of a.md",
        ),
        (["shape", "--sheet", "2", "-o", "a.png"], "-o: cannot write a sheet to a.png"),
        (
            ["shape", "--sheet", "2", "-F", "latex", "--key", "-"],
            "--key: the sheet as latex and its key would both go to standard output",
        ),
        (["shape", "--sheet", "2", "--key", "a.gift"], "--key: cannot write a key to a.gift"),
        (
            ["shape", "--sheet", "2", "-o", "a.md", "--key", "./a.md"],
            "--key: the sheet and its key would both go to",
        ),
    ],
)
def test_what_has_no_effect_is_refused(here: Run, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"convcalc: {message}")
    assert not list(tmp_path.iterdir())


def test_no_sheet_is_printed_where_its_key_cannot_be_written(here: Run, tmp_path: Path) -> None:
    (tmp_path / "key.md").mkdir()
    done = here("shape", "--sheet", "2", "--key", tmp_path / "key.md")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"convcalc: {tmp_path}/key.md: this is a folder, not a file")


@pytest.mark.parametrize("command", MAKERS)
def test_every_other_option_is_refused(here: Run, command: str) -> None:
    from convcalc.cli.commands import build

    effective = {"quiz", "sheet", "key", "difficulty", "seed", "format", "json", "output", "json_errors"}
    for parameter in build(command).commands[command].params:
        if parameter.param_type_name != "option" or parameter.name in effective or parameter.is_eager:
            continue
        value = [getattr(parameter.type, "choices", None) or ["2"]][0][-1]
        flag = parameter.secondary_opts[-1:] if parameter.secondary_opts else parameter.opts[-1:]
        done = here(command, "--sheet", "1", *flag, *([] if parameter.is_flag else [value]))
        assert done.returncode == 2, (command, flag)
        assert f"{parameter.opts[-1]} has no effect with --sheet" in done.stderr, done.stderr


def test_where_a_sheet_comes_from() -> None:
    made = sheet("shape", 2, seed=7, difficulty=3)
    assert (made.title, made.origin) == ("Sizes of convolutions and poolings", "2 exercises, difficulty 3, seed 7")
    assert made.replace(exercises=made.exercises[:1]).origin == "1 exercise, difficulty 3, seed 7"


def test_a_key_lists_each_mistake_and_each_wrong_answer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    (exercise,) = sheet("params", 1, seed=1, difficulty=1).exercises
    wrong = [
        WrongAnswer(name, f"{name} {answer}.", answer) for name, answer in (("a", 5), ("a", 6), ("b", 5), ("c", 7))
    ]
    monkeypatch.setattr(Exercise, "mistakes", tuple(wrong), raising=False)
    last = key_entries(exercise)[-1]
    assert (last.title, last.lines) == ("Wrong answers", ("5: a 5.", "7: c 7."))
    monkeypatch.setattr(Exercise, "mistakes", (), raising=False)
    assert key_entries(exercise) == solution(exercise)


@pytest.mark.parametrize(
    ("array", "captions"), [(np.ones((2, 3)), [""]), (np.ones((2, 1, 3)), ["channel 0", "channel 1"])]
)
def test_a_solution_begins_with_the_planes_of_the_answer(
    array: Any, captions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (exercise,) = sheet("params", 1, seed=1, difficulty=1).exercises
    monkeypatch.setattr(Exercise, "answer", array, raising=False)
    first = solution(exercise)[0].steps
    assert [(step.rows, step.caption) for step in first if isinstance(step, MarkedMatrix)] == [
        (tuple(map(tuple, rows)), caption) for rows, caption in zip(planes(array), captions, strict=True)
    ]


def test_answers_for_machines() -> None:
    assert answer_data(TensorShape((3, Fraction(13, 2), None), 2)) == [3, "13/2", None]  # type: ignore[arg-type]
    assert answer_data(np.array([[Fraction(1, 3), Fraction(4, 2)], [2.5, 7]], object)) == [["1/3", 2], [2.5, 7]]
    assert isinstance(answer_data(Fraction(4, 2)), int)
    data = sheet_data(sheet("pool", 2, seed=4, difficulty=1))
    assert (data["schema"], [each["number"] for each in data["exercises"]]) == (1, [1, 2])
