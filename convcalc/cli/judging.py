"""Claims as the command line gives them: one with `--check`, many with `--grade`; read, judged, and reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.matrix_arguments import number_writer, read_claim, typed_claim
from convcalc.cli.wanted import Wanted

if TYPE_CHECKING:
    from convcalc.check.matrix_question import MatrixQuestion
    from convcalc.check.verdict import Verdict
    from convcalc.report.blocks import Report


def judged(question: Callable[[], MatrixQuestion], values: Any, wanted: Wanted) -> Verdict | None:
    """Judge the matrix that `--check` claims by the right `values`; None where none is claimed."""
    if wanted.homework.check is None:
        return None
    from convcalc.check.judge import judge_matrix

    claim = read_claim(wanted.homework.check, wanted.numbers)
    write = number_writer(wanted.shown.precision)
    return judge_matrix(claim, question(), values, tolerance=wanted.cell.tol, write=write)


def graded_matrices(
    command: str, question: MatrixQuestion, values: Any, wanted: Wanted, notes: tuple[str, ...]
) -> Report:
    """Judge the matrices that `--grade` names by the right `values`."""
    from convcalc.check.judge import judge_matrix, wrong_answers

    wrong = wrong_answers(question)
    write = number_writer(wanted.shown.precision)

    def judge(answer: str | Path) -> Verdict:
        read = typed_claim if isinstance(answer, str) else read_claim
        claim = read(str(answer), wanted.numbers)
        return judge_matrix(claim, question, values, tolerance=wanted.cell.tol, write=write, wrong=wrong)

    assert wanted.homework.grade is not None, "or there is nothing to grade"
    return graded(command, wanted.homework.grade, judge, notes)


def graded(command: str, source: str, judge: Callable[[str | Path], Verdict], notes: tuple[str, ...] = ()) -> Report:
    """Judge all answers that `source` names."""
    from collections import Counter

    from convcalc.check.grade import grade
    from convcalc.cli.submissions import read_submissions
    from convcalc.report.grades import grades_report

    submissions = read_submissions(source)
    counts = Counter(name for name, _ in submissions)
    twice = tuple(f"{name} is there {count} times" for name, count in counts.items() if count > 1)
    return grades_report(command, grade(submissions, judge), (*notes, *twice))


def answer_text(answer: str | Path) -> str:
    """Return the text of an answer, which may be in a file."""
    if isinstance(answer, str):
        return answer
    from convcalc.cli.submissions import read_text

    return read_text(str(answer)).strip()
