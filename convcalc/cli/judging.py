"""Claims as the command line gives them: one with `--check`, many with `--grade`; read, judged, and reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.matrix_arguments import number_writer, read_claim, typed_claim
from convcalc.cli.wanted import Wanted
from convcalc.errors import DataError, FileError

if TYPE_CHECKING:
    from convcalc.check.claimed_matrix import ClaimedMatrix
    from convcalc.check.matrix_question import MatrixQuestion
    from convcalc.check.verdict import Verdict
    from convcalc.cli.matrix_options import NumberOptions
    from convcalc.report.blocks import Report


def judged(question: Callable[[], MatrixQuestion], values: Any, wanted: Wanted) -> Verdict | None:
    """Judge the matrix that `--check` claims by the right `values`; None where none is claimed."""
    if wanted.homework.check is None:
        return None
    from convcalc.check.judge import judge_matrix

    write = number_writer(wanted.shown.precision)
    asked = question()

    def judge(claim: ClaimedMatrix) -> Verdict:
        return judge_matrix(claim, asked, values, tolerance=wanted.cell.tol, write=write)

    return _as_read(wanted.homework.check, read_claim, wanted.numbers, judge, values)


def graded_matrices(
    command: str, question: MatrixQuestion, values: Any, wanted: Wanted, notes: tuple[str, ...]
) -> Report:
    """Judge the matrices that `--grade` names by the right `values`."""
    from convcalc.check.judge import judge_matrix, wrong_answers

    wrong = wrong_answers(question)
    write = number_writer(wanted.shown.precision)

    def judge(answer: str | Path) -> Verdict:
        read = typed_claim if isinstance(answer, str) else read_claim
        return _as_read(str(answer), read, wanted.numbers, judge_claim, values)

    def judge_claim(claim: ClaimedMatrix) -> Verdict:
        return judge_matrix(claim, question, values, tolerance=wanted.cell.tol, write=write, wrong=wrong)

    assert wanted.homework.grade is not None, "or there is nothing to grade"
    return graded(command, wanted.homework.grade, judge, notes)


def _as_read(
    source: str,
    read: Callable[[str, NumberOptions], ClaimedMatrix],
    numbers: NumberOptions,
    judge: Callable[[ClaimedMatrix], Verdict],
    values: Any,
) -> Verdict:
    """Judge a claim as the matrix it is, or, where the answer is one cell, as the number that a text can only be."""
    from convcalc.check.numbers import single_number

    text = _short_text(source) if read is read_claim else source
    found = single_number(text) if values.size == 1 else ()
    if not found or (numbers.decimal == "," and "," in text):
        return judge(read(source, numbers))
    try:
        verdict = judge(read(source, numbers))
    except (DataError, FileError):
        verdict = None
    if verdict is not None and (verdict.right or verdict.explanations) and len(found) > 1:
        return verdict
    if len(found) > 1:
        raise DataError(
            f"{text.strip()} can be read both ways: as {found[0]}, or as {found[1]}",
            place="--check",
            hint="write it with a point, or without a comma",
        )
    number = judge(typed_claim(found[0].replace(".", numbers.decimal), numbers))
    return verdict if verdict is not None and not number.right and verdict.explanations else number


def _short_text(source: str) -> str:
    """Return the text of a claim: of a file, where it names a short one, else what is typed."""
    from convcalc.check.numbers import LONGEST
    from convcalc.matrix.sources import exists, file_bytes

    path = Path(source)
    if not exists(source) or not path.is_file() or path.stat().st_size > LONGEST:
        return source
    return file_bytes(source).decode("utf-8", "replace")


def graded(command: str, source: str, judge: Callable[[str | Path], Verdict], notes: tuple[str, ...] = ()) -> Report:
    """Judge all answers that `source` names."""
    from collections import Counter

    from convcalc.check.answer_table import SUMMARIES
    from convcalc.check.grade import grade
    from convcalc.cli.submissions import check_file, read_submissions
    from convcalc.report.grades import grades_report

    def judge_readable(answer: str | Path) -> Verdict:
        if isinstance(answer, Path):
            check_file(answer)
        return judge(answer)

    submissions, summaries = [], []
    for name, answer in read_submissions(source):
        if isinstance(answer, str) and name.casefold() in SUMMARIES:
            summaries.append(f"the row {name} is a summary, not an answer: it is passed over")
        else:
            submissions.append((name, answer))
    counts = Counter(name for name, _ in submissions)
    twice = tuple(f"{name} is there {count} times" for name, count in counts.items() if count > 1)
    return grades_report(command, grade(submissions, judge_readable, source), (*notes, *twice, *summaries))


def answer_text(answer: str | Path) -> str:
    """Return the text of an answer, which may be in a file."""
    if isinstance(answer, str):
        return answer
    from convcalc.cli.submissions import read_text

    return read_text(str(answer)).strip()
