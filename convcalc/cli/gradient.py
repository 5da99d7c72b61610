"""The backward pass of `conv` and `pool`: gradients computed, explained, judged and reported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import Job
from convcalc.cli.judging import graded_matrices, judged
from convcalc.cli.matrix_arguments import chosen_cells, number_writer, read_beside, typed_as
from convcalc.cli.wanted import Wanted
from convcalc.errors import UsageError
from convcalc.layers import Pooling
from convcalc.report.blocks import Commentary, Grid
from convcalc.report.gradients import TITLES, gradient_report
from convcalc.report.matrix import Display

if TYPE_CHECKING:
    from convcalc.check.matrix_question import MatrixQuestion
    from convcalc.check.verdict import Verdict
    from convcalc.compute.gradient import BackwardPass
    from convcalc.compute.pooling.gradient import PoolingBackwardPass
    from convcalc.explain import Derivation
    from convcalc.matrix import Matrix
    from convcalc.report.blocks import Report

    Backward = BackwardPass | PoolingBackwardPass

ONE_MATRIX = (".npy", ".csv", ".tsv", ".png")
"""Endings of files that hold one matrix."""


def backward_report(job: Job, x: Matrix, wanted: Wanted, notes: tuple[str, ...]) -> Report:
    """Compute and report the gradients that are wanted, for the gradient of the output that the options name."""
    from convcalc.compute.overflow import overflow_notes

    grad = wanted.gradient.grad
    assert grad is not None, "or there is nothing to be done"
    dy = typed_as(read_beside(grad, wanted.numbers), x)
    backward = job.backward(dy.array)
    names = _wanted_names(backward, wanted)
    engine = job.engine.options()
    gradients = {name: backward.of(name, engine) for name in names}
    exact = {name: gradients[name] for name in names if name in backward.quotients and not wanted.numbers.exact}
    told = gradients[names[0]]
    if exact:
        from convcalc.compute.quotients import nearest

        gradients |= {name: nearest(array) for name, array in exact.items()}
    shown = wanted.shown
    operands = (*job.operands, ("dY", dy.array))
    beside = tuple(Grid(array, title=title) for title, array in operands) if shown.show_input else ()
    picture = backward.picture(names[0], gradients[names[0]])
    display = Display(beside, shown.heatmap, shown.precision, job.layout, picture)

    def question() -> MatrixQuestion:
        return job.gradient_question(dy.array, names[0])

    if wanted.homework.grade is not None:
        return graded_matrices(job.command, question(), told, wanted, notes)
    verdict = judged(question, told, wanted)
    derivations = _derived(backward, gradients | exact, wanted, verdict)
    shows_answer = wanted.homework.shows_answer(written=wanted.output.is_written)
    overflow = [note for gradient in gradients.values() for note in overflow_notes(gradient, (*job.summed, dy.array))]
    notes = tuple(dict.fromkeys((*notes, *dy.notes, *overflow)))
    write = number_writer(shown.precision)
    comment = Commentary(derivations, verdict, notes, shows_answer=shows_answer, write=write)
    return gradient_report(job.command, gradients, display, comment, exact)


def _derived(
    backward: Backward, gradients: Mapping[str, Any], wanted: Wanted, verdict: Verdict | None
) -> tuple[Derivation, ...]:
    """Derive the cell that is asked for, the first that is claimed wrong, or the first of each gradient."""
    if not wanted.homework.explain and wanted.cell.at is None:
        return ()
    if wanted.cell.at is None and verdict is not None and verdict.cells:
        ((name, gradient),) = gradients.items()
        at = tuple(int(index) for index in verdict.cells[0].at)
        return (_derivation(backward, name, at, gradient, wanted),)
    derivations = []
    for name, gradient in gradients.items():
        # Of three gradients at once the first cell of each is enough, unless cells are asked for.
        all_of_it = wanted.cell.at is not None or len(gradients) == 1
        cells = chosen_cells(wanted.cell.at, gradient.shape) if all_of_it else [(0,) * gradient.ndim]
        derivations += [_derivation(backward, name, at, gradient, wanted) for at in cells]
    return tuple(derivations)


def _derivation(backward: Backward, name: str, at: tuple[int, ...], gradient: Any, wanted: Wanted) -> Derivation:
    """Derive one cell of a gradient."""
    from convcalc.compute.gradient import BackwardPass
    from convcalc.explain import convolution_gradient_cell, pooling_gradient_cell

    write, answer = number_writer(wanted.shown.precision), gradient[at]
    if isinstance(backward, BackwardPass):
        from convcalc.compute.gradient_terms import convolution_terms

        return convolution_gradient_cell(name, at, convolution_terms(backward, name, at), answer, write)
    from convcalc.compute.pooling.gradient_terms import pooling_shares

    layer = backward.layer
    norm = layer.norm if isinstance(layer, Pooling) else 2.0
    kind = "signed lp" if isinstance(layer, Pooling) and layer.signed else layer.kind
    shares = pooling_shares(backward, at)
    return pooling_gradient_cell(kind, at, backward.x[at], shares, norm, answer, write)


def _wanted_names(backward: Backward, wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the gradients that are wanted; refuse several where there is room for one."""
    of, output = wanted.gradient.of, wanted.output
    if of is not None:
        if of not in backward.names:
            known = ", ".join(backward.names)
            raise UsageError(f"there is no gradient {of} here", place="--of", hint=f"the gradients are {known}")
        return (of,)
    if len(backward.names) > 1:
        titles = ", ".join(TITLES[name] for name in backward.names)
        hint = f"there are {titles}: name one with --of"
        if Path(output.output or "").suffix.lower() in ONE_MATRIX:
            raise UsageError(
                f"{output.output} holds one matrix", place="-o", hint=f"{hint}, or write to .npz, .txt or .json"
            )
        if output.output is None and output.format in ("csv", "npy") and not output.json:
            raise UsageError(f"{output.format} holds one matrix", place="-F", hint=f"{hint}, or use plain or json")
        looks = {"--heatmap": wanted.shown.heatmap, "--at": wanted.cell.at is not None}
        for name in (name for name, given in looks.items() if given):
            raise UsageError(f"{name} needs one gradient", hint=hint)
    return backward.names
