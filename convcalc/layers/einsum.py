"""Einstein sums: every axis has a label, and those that do not come out are summed."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import ShapeError
from convcalc.layers.tensor_shape import TensorShape

Term = tuple[str, ...]


def terms(equation: str, axes: Sequence[int]) -> tuple[list[Term], Term]:
    """Return the labels of each input, one per axis, and of the output; without `->` all that stand once.

    An ellipsis stands for the axes that are left over: `...1` is the last of them. Raises ShapeError for what is not
    an equation of as many inputs, and for labels of an output that no input has.

    >>> terms("bij,bjk->bik", [3, 3])
    ([('b', 'i', 'j'), ('b', 'j', 'k')], ('b', 'i', 'k'))
    >>> terms("...ij->...", [4])
    ([('...2', '...1', 'i', 'j')], ('...2', '...1'))
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    written = left.split(",")
    if not arrow:
        once = sorted(label for label in set(left) - set(",.") if left.count(label) == 1)
        right = "..." * ("..." in left) + "".join(once)
    if len(written) != len(axes):
        raise ShapeError(f"{equation[:60]!r} has {len(written)} inputs, got {len(axes)}")
    spans = [count - len(term.replace("...", "")) for term, count in zip(written, axes, strict=True)]
    inputs = [_labels(term, span) for term, span in zip(written, spans, strict=True)]
    output = _labels(
        right, max((span for term, span in zip(written, spans, strict=True) if "..." in term), default=0)
    )
    known = {label for term in inputs for label in term}
    if not all(label[:3] == "..." or label.isalpha() for label in known) or not known.issuperset(output):
        raise ShapeError(f"{equation[:60]!r} is not an equation of an Einstein sum")
    return inputs, output


def _labels(term: str, span: int) -> Term:
    before, dots, after = term.partition("...")
    return (*before, *(f"...{place}" for place in range(span, 0, -1) if dots), *after)


def einstein_sum(equation: str, shapes: Sequence[TensorShape]) -> TensorShape:
    """Return the shape of an Einstein sum; where an input comes without its batch axis, so does the output.

    Raises ShapeError where one label has two sizes, and where an input has more or fewer axes than labels.

    >>> print(einstein_sum("btd,hde->bhte", [TensorShape((2, 9, 16), 1), TensorShape((4, 16, 8), 1)]))
    2x4x9x8
    """
    sizes: dict[str, int | None] = {}
    single = False
    inputs, output = terms(equation, [len(shape.sizes) for shape in shapes])
    for term, shape in zip(inputs, shapes, strict=True):
        given = shape.sizes
        if len(term) == len(given) + 1 and not shape.batch:
            given, single = (1, *given), True
        if len(term) != len(given):
            raise ShapeError(f"{equation} gives {len(term)} labels to the {len(given)} axes of {shape}")
        for label, size in zip(term, given, strict=True):
            known = sizes.get(label)
            if size is not None and known not in (None, size) and not (label[0] == "." and 1 in (size, known)):
                raise ShapeError(f"{equation}: {label} is {known} and {size}")
            if label not in sizes or known is None or known == 1:
                sizes[label] = size
    found = [sizes[label] for label in output]
    if single and found[:1] == [1] and len(found) > 1:
        return TensorShape(tuple(found[1:]), max(0, len(found) - 2))
    if len(found) == 1 and any(shape.batch for shape in shapes):
        return TensorShape(tuple(found), 1)  # its one axis is neither a batch nor channels
    return TensorShape(tuple(found) or (1,), max(0, len(found) - 2))


def summed_sizes(equation: str, first: TensorShape) -> list[int | None]:
    """Return the sizes of the axes of the first input that are summed.

    >>> summed_sizes("btd,hde->bhte", TensorShape((2, 9, 16), 1))
    [16]
    """
    inputs, output = terms(equation, [len(first.sizes)] * (equation.count(",") + 1))
    if len(inputs) == 1:
        return [0]
    sizes = first.sizes if len(inputs[0]) == len(first.sizes) else (1, *first.sizes)
    return [size for label, size in zip(inputs[0], sizes, strict=True) if label not in output]
