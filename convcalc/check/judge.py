"""Claims judged: right to the digits given, or wrong, in which parts, and by which mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import isfinite
from typing import Any

from convcalc.check.claimed_matrix import CELLS_AT_ONCE, ClaimedMatrix, in_parts, squeezed
from convcalc.check.count_question import CountQuestion
from convcalc.check.field_question import FieldQuestion
from convcalc.check.matrix_question import MatrixQuestion
from convcalc.check.mistakes.cells import CELL_SLIP, RESEMBLANCES, Resemblance
from convcalc.check.mistakes.counts import COUNT_MISTAKES
from convcalc.check.mistakes.fields import FIELD_MISTAKES
from convcalc.check.mistakes.sizes import SIZE_MISTAKES
from convcalc.check.numbers import WrittenNumber
from convcalc.check.search import Made, Near, WrongAnswers, explanations
from convcalc.check.size_question import SizeQuestion
from convcalc.check.verdict import Slip, Verdict, WrongCell
from convcalc.errors import UsageError
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.layers import TensorShape
from convcalc.text import shortened, size_text

Explanations = tuple[tuple[Slip, ...], ...]

MOST_SIZED = 200_000
"""Layers whose size may be computed in search of what explains a claim."""
MOST_COUNTED = 40_000
"""Layers whose parameters and operations may be counted for that."""

MOST_QUOTED = 60
"""Characters of a claimed size or count that a verdict repeats."""

MOST_STACKED = 10_000
"""Cells of an answer up to which all wrong answers are compared at once."""

MOST_CELLS = 1000
"""Wrong cells that a verdict lists; it counts all of them."""


def wrong_answers(question: SizeQuestion | FieldQuestion | CountQuestion | MatrixQuestion) -> WrongAnswers:
    """Return what the known mistakes answer to a question."""
    if isinstance(question, SizeQuestion):
        return WrongAnswers(question, SIZE_MISTAKES, MOST_SIZED)
    if isinstance(question, FieldQuestion):
        return WrongAnswers(question, FIELD_MISTAKES, MOST_SIZED)
    if isinstance(question, CountQuestion):
        return WrongAnswers(question, COUNT_MISTAKES, MOST_COUNTED)
    from convcalc.check.mistakes.values import VALUE_MISTAKES

    return WrongAnswers(question, VALUE_MISTAKES)


def judge_size(
    claim: Sequence[WrittenNumber | None], question: SizeQuestion, wrong: WrongAnswers | None = None
) -> Verdict:
    """Judge a claimed size; one that leaves out batch or channels is judged by what it says.

    One number stands for a square or a cube, as in an input size. An open size is None.

    >>> from convcalc.check.claims import read_size
    >>> from convcalc.check.size_question import size_question
    >>> from convcalc.notation import parse_layers
    >>> question = size_question([parse_layers("conv:8,k5")[0].layer], TensorShape((12, 12), 2))
    >>> verdict = judge_size(read_size("7"), question)
    >>> verdict.message, verdict.mistake
    ('the size is 8x8, not 7', 'off-by-one')
    """
    if question.ends > 1:
        raise UsageError(f"the network has {question.ends} outputs, only one can be judged", place="`check`")
    wrong = wrong or wrong_answers(question)
    answer = question.right
    whole = answer.laid_out(question.layout)
    claim = _of_a_sample(claim, answer)
    given, parts = _aligned(claim, answer, question.layout)
    pairs = list(zip(given, parts, strict=True)) if len(given) == len(parts) else []
    cells = tuple(
        WrongCell((axis,), _plain(number), right)
        for axis, (number, right) in enumerate(pairs)
        if not _agrees(number, right)
    )
    if pairs and not cells:
        return Verdict(right=True, message=f"the size is {size_text(whole)}", score=(len(parts), len(parts)))

    def fits(other: TensorShape) -> bool:
        mine, theirs = _aligned(claim, other, question.layout)
        return len(mine) == len(theirs) and all(map(_agrees, mine, theirs))

    def near(wrong: WrongAnswers, count: int) -> Iterable[Made]:
        key = tuple(None if number is None else number.value for number in claim)
        return wrong.keyed(count, partial(_size_keys, layout=question.layout)).get(key, ())

    found, searched = _explained(wrong, fits, near=near)
    score = (len(parts) - len(cells) if pairs else 0, len(parts))
    return Verdict(
        False, f"the size is {size_text(parts)}, not {_claimed(claim)}", found, cells, score, searched=searched
    )


def _of_a_sample(claim: Sequence[WrittenNumber | None], answer: TensorShape) -> Sequence[WrittenNumber | None]:
    """Return a claim without the batch that frameworks print, of one sample or an open number: (None, 8, 15, 15)."""
    is_batched = len(claim) == len(answer.sizes) + 1 and not answer.batch
    return claim[1:] if is_batched and (claim[0] is None or claim[0].value in (1, -1)) else claim


def _aligned(
    claim: Sequence[WrittenNumber | None], answer: TensorShape, layout: str
) -> tuple[Sequence[WrittenNumber | None], tuple[Any, ...]]:
    """Return the numbers of a claim, and those of the answer that they speak of."""
    if len(claim) == 1 and answer.rank > 1:
        claim = tuple(claim) * answer.rank
    whole = answer.laid_out(layout)
    if len(claim) == answer.rank:
        return claim, answer.spatial or whole
    if answer.rank < len(claim) <= len(whole):
        return claim, whole[len(whole) - len(claim) :]
    return claim, whole


def _size_keys(answer: TensorShape, layout: str) -> set[tuple[Any, ...]]:
    """Return all claims that a size may be written as, and some that it may not."""
    whole, spatial = answer.laid_out(layout), answer.spatial
    keys = {whole[start:] for start in range(len(whole))} | {spatial}
    return keys | ({spatial[:1]} if len(set(spatial)) == 1 else set())


def judge_field(
    claim: Sequence[WrittenNumber | None], question: FieldQuestion, wrong: WrongAnswers | None = None
) -> Verdict:
    """Judge a claimed receptive field; one number stands for the same along every axis.

    >>> from convcalc.check.claims import read_size
    >>> from convcalc.check.field_question import field_question
    >>> from convcalc.network.trace import trace
    >>> from convcalc.notation import parse_layers
    >>> layers = [node.layer for node in parse_layers("conv:8,k7,s2 maxpool:3,s2")]
    >>> verdict = judge_field(read_size("9"), field_question(trace(layers, TensorShape((3, 64, 48), 2))))
    >>> verdict.message, verdict.mistake
    ('the receptive field is 11, not 9', 'strides-forgotten')
    """
    right = question.right
    given = tuple(claim) * len(right) if len(claim) == 1 else tuple(claim)
    pairs = list(zip(given, right, strict=True)) if len(given) == len(right) else []
    cells = tuple(
        WrongCell(("receptive_field", axis), _plain(number), size)
        for axis, (number, size) in enumerate(pairs)
        if not _agrees(number, size)
    )
    sentence = f"the receptive field is {size_text(right[:1] if len(claim) == 1 and len(set(right)) == 1 else right)}"
    if pairs and not cells:
        return Verdict(right=True, message=sentence, score=(len(right), len(right)))

    def fits(other: tuple[int, ...]) -> bool:
        return len(given) == len(other) and all(map(_agrees, given, other))

    found, searched = _explained(wrong or wrong_answers(question), fits)
    score = (len(right) - len(cells) if pairs else 0, len(right))
    return Verdict(False, f"{sentence}, not {_claimed(claim)}", found, cells, score, searched=searched)


def _agrees(number: WrittenNumber | None, right: Any) -> bool:
    # A size is a whole number: 13.5 is not a rougher 13.
    return number is not None and bool(number.value == right)


def _claimed(claim: Sequence[WrittenNumber | None]) -> str:
    return shortened("x".join("?" if number is None else str(number) for number in claim), MOST_QUOTED)


def _plain(number: WrittenNumber | None) -> Any:
    if number is None:
        return None
    is_whole = number.value.denominator == 1 or abs(number.value) > EXACT_IN_FLOAT64
    return int(number.value) if is_whole else float(number.value)


def judge_count(
    claims: Sequence[tuple[WrittenNumber, CountQuestion]], wrong: dict[str, WrongAnswers] | None = None
) -> Verdict:
    """Judge claimed counts of a network, each with what it is a count of; `wrong` keeps wrong answers.

    >>> from convcalc.check.claims import read_counts
    >>> from convcalc.check.count_question import count_question
    >>> from convcalc.layers import Convolution
    >>> from convcalc.network.cost import network_cost
    >>> from convcalc.network.graph import chain
    >>> cost = network_cost([Convolution(3, 64, (7, 7), (1, 1), "valid", (1, 1))])
    >>> asked = count_question(cost, chain(cost.layers), "params")
    >>> verdict = judge_count([(read_counts("9408")["params"], asked)])
    >>> verdict.message, verdict.mistake
    ('the layers have 9472 parameters, not 9408', 'bias-forgotten')
    """
    cells: list[WrongCell] = []
    found: list[tuple[Slip, ...]] = []
    sentences, right_ones = [], []
    searched, others = True, {} if wrong is None else wrong
    for claim, question in claims:
        answer = question.right
        if answer is None:
            raise UsageError(f"{question.counted} depends on a size that is open", place="`check`")
        sentence = f"the layers have {answer} {COUNT_NAMES[question.counted]}"
        if claim.agrees(answer):
            rough = claim.value != answer
            right_ones.append(sentence + (f", right to the {claim.digits} given" if rough else ""))
            continue
        sentences.append(f"{sentence}, not {_claimed([claim])}")
        cells.append(WrongCell((question.counted,), _plain(claim), answer))
        if question.counted not in others:
            others[question.counted] = wrong_answers(question)
        exact = None if claim.margin else partial(_counts_of, claim=claim)
        explained, all_tried = _explained(others[question.counted], _count_fits(claim), near=exact)
        # A rough number fits many slips by chance: those of single layers, and two together.
        found += [slips for slips in explained if not claim.margin or (len(slips) == 1 and not slips[0].layers)]
        searched = searched and all_tried
    if not cells:
        return Verdict(right=True, message="; ".join(right_ones), score=(len(claims), len(claims)))
    score = (len(claims) - len(cells), len(claims))
    return Verdict(False, "; ".join(sentences), tuple(found), tuple(cells), score, searched=searched)


def _counts_of(wrong: WrongAnswers, count: int, claim: WrittenNumber) -> Iterable[Made]:
    return wrong.keyed(count, lambda answer: (answer,)).get(claim.value, ())


def _count_fits(claim: WrittenNumber) -> Callable[[Any], bool]:
    return lambda other: other is not None and claim.agrees(other)


COUNT_NAMES = {
    "params": "parameters",
    "param_bytes": "bytes of parameters",
    "macs": "multiply-accumulates",
    "flops": "floating-point operations",
    "activation_bytes": "bytes of activations",
    "peak_bytes": "bytes of tensors at the peak of inference",
    "training_bytes": "bytes of tensors in training",
} | {name: name for name in ("weights", "biases", "buffers")}


def judge_matrix(
    claim: ClaimedMatrix,
    question: MatrixQuestion,
    answer: Any = None,
    *,
    tolerance: float | None = None,
    write: Callable[[Any], str] = str,
    wrong: WrongAnswers | None = None,
) -> Verdict:
    """Judge a claimed matrix cell by cell, to the digits it is written with or to a tolerance; NaN is equal to NaN.

    `answer` is the right one where it is computed already, and `write` writes its numbers. First axes of size 1 do
    not count. Raises UsageError for a tolerance that is not a finite number.
    """
    if tolerance is not None and not isfinite(tolerance):
        message = f"tolerance must not be {'NaN' if tolerance != tolerance else 'infinite'}"
        raise UsageError(message, place="`tolerance`", hint="give a number of at least 0")
    answer = question.answer() if answer is None else answer
    exact = question.is_exact
    placed = claim.in_shape(answer.shape)
    cells: tuple[WrongCell, ...] = ()
    resembles = _resembling(None, answer, None)
    if placed is None:
        count = answer.size
        message = f"the answer's shape is {size_text(answer.shape)}, not {size_text(claim.array.shape)}"
    else:
        differs = placed.differs(answer, tolerance, is_exact=exact)
        if tolerance is None and differs.any():
            # How far off the answer may be matters, and is worked out, only where not all is as computed.
            differs = placed.differs(answer, None, question.rounding_errors(answer), is_exact=exact)
        count = int(differs.sum())
        if not count:
            return _all_agree(placed, answer, tolerance, question)
        cells, resembles = _wrong_cells(placed, answer, differs), _resembling(placed, answer, differs)
        message = _differing(cells[0], count, answer.size, write)
    wrong = wrong or wrong_answers(question)

    def fits(other: Any) -> bool:
        mine = claim.in_shape(other.shape)
        # An average that was taken for a maximum is rounded, though the maximum is not.
        return mine is not None and mine.agrees(other, tolerance, question.rounding_error(other), is_exact=exact)

    def near(wrong: WrongAnswers, count: int) -> Iterator[Made]:
        if answer.size > MOST_STACKED:
            return wrong.of(count)
        made = wrong.kept(count)
        margin = question.rounding_error(answer) if tolerance is None else tolerance
        return (made[place] for place in wrong.stacks(count).near(claim, margin))

    found, searched = _explained(wrong, fits, resembles, near)
    if placed is None and not found:
        message += _shape_remark(wrong, claim, answer, question)
    array = None if placed is None else placed.array
    return Verdict(False, message, found, cells, (answer.size - count, answer.size), array, searched)


def _shape_remark(wrong: WrongAnswers, claim: ClaimedMatrix, answer: Any, question: MatrixQuestion) -> str:
    """Return what would give an answer of the shape claimed, whatever its numbers."""
    if claim.array.size == answer.size and claim.agrees(answer, None, question.rounding_errors(answer)):
        return "; its numbers are right"
    shape = squeezed(claim.array.shape)
    fitting = (slips[0].general for slips, answer in wrong.of(1) if squeezed(answer.shape) == shape)
    sentence = next(fitting, "").partition(":")[0].partition(";")[0]
    return f"; its shape fits if {sentence}" if sentence else ""


def _all_agree(claim: ClaimedMatrix, answer: Any, tolerance: float | None, question: MatrixQuestion) -> Verdict:
    message = "the cell agrees" if answer.size == 1 else f"all {answer.size} cells agree"
    if tolerance is None and claim.digits:
        exactly = claim.replace(written=0 * claim.margins)
        if exactly.agrees(answer, None, question.rounding_errors(answer)):
            return Verdict(right=True, message=message, score=(answer.size, answer.size), claim=claim.array)
        message += f", right to the {claim.digits} given"
    return Verdict(right=True, message=message, score=(answer.size, answer.size), claim=claim.array)


def _wrong_cells(claim: ClaimedMatrix, answer: Any, differs: Any) -> tuple[WrongCell, ...]:
    import numpy as np

    numbers: list[int] = []
    for cells, part in enumerate(in_parts(differs)):
        numbers += (np.flatnonzero(part[0])[: MOST_CELLS - len(numbers)] + cells * CELLS_AT_ONCE).tolist()
    places = [tuple(int(index) for index in np.unravel_index(number, differs.shape)) for number in numbers]
    return tuple(WrongCell(place, claim.array[place], answer[place]) for place in places)


def _differing(first: WrongCell, count: int, size: int, write: Callable[[Any], str]) -> str:
    where = f"({', '.join(map(str, first.at))}) is {write(first.right)}, not {write(first.claimed)}"
    verb = "differs" if count == 1 else "differ"
    return f"{count} of {size} {'cell' if size == 1 else 'cells'} {verb}: {where}"


def _explained(
    wrong: WrongAnswers,
    agrees: Callable[[Any], bool],
    resembles: Callable[[Sequence[Resemblance]], Explanations] = lambda _: (),
    near: Near | None = None,
) -> tuple[Explanations, bool]:
    """Return what explains a claim, the simplest first, and whether all that is known was tried.

    That is one slip or, where none does, what shows in the cells, two slips together, or a cell that slipped.
    `resembles` returns those that show in the cells.
    """
    found = explanations(wrong, agrees, 1, near) or resembles(RESEMBLANCES)
    found = found or explanations(wrong, agrees, 2, near) or resembles((CELL_SLIP,))
    return found, wrong.complete or bool(found)


def _resembling(
    claim: ClaimedMatrix | None, answer: Any, differs: Any
) -> Callable[[Sequence[Resemblance]], Explanations]:
    def found(known: Sequence[Resemblance]) -> Explanations:
        if claim is None:
            return ()
        fitting = (each for each in known if each.fits(claim, answer, differs))
        return tuple((Slip(each.name, each.sentence),) for each in fitting)

    return found
