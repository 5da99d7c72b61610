"""The matrices a command line names: input, kernel, bias, a claimed answer; and cells of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.matrix_options import ColumnOptions, NumberOptions
from convcalc.cli.messages import QUOTE_PATTERN
from convcalc.errors import DataError, FileError, UsageError
from convcalc.notation.cells import parse_cells
from convcalc.text import printable

if TYPE_CHECKING:
    from convcalc.check.claimed_matrix import ClaimedMatrix
    from convcalc.cli.options import OutputOptions
    from convcalc.matrix import Matrix
    from convcalc.matrix.options import ReadOptions


def refuse_two_readers(**sources: str | None) -> None:
    """Refuse a command line that reads standard input for more than one thing.

    >>> refuse_two_readers(INPUT="-", kernel="sobel-x")
    """
    readers = [name for name, source in sources.items() if source == "-"]
    if len(readers) > 1:
        raise UsageError(f"{' and '.join(readers)} cannot both be standard input", hint="put one of them into a file")


def input_and_layer(
    command: str,
    first: str | None,
    second: str | None,
    inputs: str | None,
    output: OutputOptions,
    *,
    needs_layer: bool = False,
) -> tuple[str | None, str | None]:
    """Return INPUT and LAYER as the arguments give them; `--inputs` stands for INPUT, which is None then.

    Errors: UsageError for one that is missing, and for an output that only many inputs fill in.

    >>> from convcalc.cli.options import OutputOptions
    >>> input_and_layer("conv", "x.npy", None, None, OutputOptions())
    ('x.npy', None)
    >>> input_and_layer("pool", "max", None, "*.npy", OutputOptions())
    (None, 'max')
    """
    if inputs is None and output.output is not None and ("{stem}" in output.output or "{parent}" in output.output):
        hint = "give the inputs with --inputs, as in --inputs 'scans/*.npy', or write a name without braces"
        raise UsageError(f"{output.output} has a part that is only filled in with --inputs", place="-o", hint=hint)
    source, layer = (first, second) if inputs is None else (None, first)
    if inputs is not None and (second is not None or (layer is not None and Path(layer).is_file())):
        raise UsageError(
            f"{second or layer} is not a LAYER, and --inputs takes one value", place=command, hint=QUOTE_PATTERN
        )
    if source is None and inputs is None:
        from convcalc.cli.suggestions import example_of

        hint = f"write a matrix, a file or - for standard input, as in {example_of(command)}"
        raise UsageError("no INPUT given", place=command, hint=hint)
    if needs_layer and (layer is None or layer.isdigit()):
        message = "no LAYER given" if layer is None else f"{layer!r} is not a kind of pooling"
        hint = f"write max, avg, min or lp, as in: max -k {layer or 2}"
        raise UsageError(message, place=command, hint=hint)
    return source, layer


def wants_column(options: ColumnOptions) -> bool:
    """Return whether a column of a table is asked for; errors: `--center` without one."""
    if options.center and options.column is None:
        raise UsageError("--center has no effect without --column", hint="add --column NAME")
    return options.column is not None


def read_array(source: str, numbers: NumberOptions) -> Matrix:
    """Read a matrix as the options say, in the kind of numbers they ask for."""
    return _read(source, reading(numbers))


def _read(source: str, options: ReadOptions) -> Matrix:
    from convcalc.matrix.files import read_matrix
    from convcalc.matrix.sources import exists

    if exists(source):
        from convcalc.cli.mapped_files import guard_mapped_file

        guard_mapped_file(source)
    return read_matrix(source, options=options)


def reading(numbers: NumberOptions) -> ReadOptions:
    """Return how a matrix is to be read."""
    from convcalc.matrix.options import ReadOptions

    return ReadOptions(
        format=numbers.form,
        header=numbers.header,
        index=numbers.index,
        decimal=numbers.decimal,
        gray=numbers.gray,
        scale=None if numbers.scale is None else _range(numbers.scale),
        exact=numbers.exact,
        dtype=numbers.dtype,
    )


def _range(text: str) -> tuple[float, float]:
    """Read a range.

    >>> _range("0..1"), _range("-1..1")
    ((0.0, 1.0), (-1.0, 1.0))
    """
    low, _, high = text.partition("..")
    try:
        return float(low), float(high)
    except ValueError:
        raise UsageError(f"{text!r} is not a valid range", place="--scale", hint="write it as 0..1") from None


def read_kernel(source: str, numbers: NumberOptions, *, normalize: bool = False, rotate: int = 0) -> Matrix:
    """Read a kernel: one that has a name, or any matrix; turned and divided by its sum as it is asked for."""
    from convcalc.matrix import Matrix
    from convcalc.matrix.kernels import changed, named_kernel

    array = named_kernel(source)
    matrix = read_beside(source, numbers) if array is None else Matrix(array, origin=source, named=True)
    if not (normalize or rotate):
        return matrix
    # Fractions that were not written out are treated as those of a named kernel.
    named = matrix.named or (normalize and all(isinstance(value, int) for value in matrix.array.ravel().tolist()))
    return matrix.replace(array=changed(matrix.array, normalize=normalize, rotate=rotate), named=named)


def read_beside(source: str, numbers: NumberOptions) -> Matrix:
    """Read a matrix that goes with the input, such as a bias: `--from`, `--header`, `--index`, `--gray` and `--scale`
    are not about it, and its format shows in its content.
    """
    if ":" in source:
        from convcalc.model.tensors import read_tensor

        tensor = read_tensor(source)
        if tensor is not None:
            from convcalc.matrix.dtypes import as_asked

            return as_asked(tensor, _reading_beside(numbers))
    return _read(source, _reading_beside(numbers))


def read_claim(source: str, numbers: NumberOptions) -> ClaimedMatrix:
    """Read a claimed matrix with the digits that its numbers are written with."""
    from convcalc.check.claimed_matrix import claimed_matrix
    from convcalc.matrix.files import matrix_of_bytes
    from convcalc.matrix.intake import input_bytes, source_bytes
    from convcalc.matrix.sources import STANDARD_INPUT, exists

    options = _reading_beside(numbers)
    if not source.strip():
        raise DataError("the answer is empty", place="--check")
    if source == "-":
        data, place = input_bytes(options), STANDARD_INPUT
    elif exists(source) and not source.lower().endswith((".npy", ".npz")):
        data, place = source_bytes(source, options), source
    else:
        try:
            array = _read(source, options).array
        except FileError as error:
            if _names_file(source):
                raise
            message = f"{printable(source[:40])!r} is neither a matrix nor a file"
            raise DataError(message, place="--check", hint="a matrix looks like '1 0; 2 1'") from error
        return claimed_matrix(array, None if exists(source) else _with_points(source, numbers))
    text = _with_points(data.decode("utf-8", "replace"), numbers)
    return claimed_matrix(matrix_of_bytes(data, place, options).array, text)


def _with_points(text: str, numbers: NumberOptions) -> str:
    """Return a text with points for its decimal commas, if it has such."""
    return text.replace(",", ".") if numbers.decimal == "," else text


def _names_file(source: str) -> bool:
    """Return whether a text is meant as the name of a file.

    >>> _names_file("answer.txt"), _names_file("x.npz:y"), _names_file("no idea"), _names_file("homework/ada")
    (True, True, False, True)
    >>> _names_file("[" * 5000)
    False
    """
    from convcalc.matrix.sources import exists

    if "/" in source or Path(source.partition(":")[0]).suffix:
        return True
    # What is too long for a name is an error where it is asked for as one.
    return exists(source) and Path(source).is_dir()


def typed_claim(text: str, numbers: NumberOptions) -> ClaimedMatrix:
    """Read a claimed matrix that is written in a text, which is never the name of a file."""
    from convcalc.check.claimed_matrix import claimed_matrix
    from convcalc.matrix.text import parse_matrix

    if not text.strip():
        raise DataError("the answer is empty")
    return claimed_matrix(
        parse_matrix(text, place="the answer", options=_reading_beside(numbers)).array, _with_points(text, numbers)
    )


def typed_as(matrix: Matrix, x: Matrix) -> Matrix:
    """Cast decimals from text, or of a named kernel, to the float type that the input itself has.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> typed_as(Matrix(np.array([0.5])), Matrix(np.zeros(3, np.float32), typed=True)).array.dtype
    dtype('float32')
    """
    if matrix.typed or not x.typed or x.array.dtype.kind != "f" or matrix.array.dtype.kind != "f":
        return matrix
    return matrix.replace(array=matrix.array.astype(x.array.dtype))


def _reading_beside(numbers: NumberOptions) -> ReadOptions:
    return reading(numbers).replace(format=None, header=False, index=False, gray=False, scale=None)


def laid_out(x: Matrix, rank: int, layout: str, asked: str | None) -> tuple[Any, tuple[str, ...]]:
    """Return the array of an input in a layout, and a note where its channels seem to be elsewhere, or are missing.

    An image has its channels where the layout says; `asked` is the layout that was asked for, `rank` the number of
    spatial axes.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> laid_out(Matrix(np.zeros((3, 5, 7)), image=True), 2, "hwc", None)[0].shape
    (5, 7, 3)
    """
    from convcalc.compute.channels_last import channels_last, channels_last_notes

    if layout == "hwc":
        without = asked is not None and x.array.ndim <= rank and not x.image
        notes = ("`layout` hwc has no effect: the input has no channels",) if without else ()
        return channels_last(x.array, 2) if x.image else x.array, notes
    return x.array, () if asked or x.image else channels_last_notes(x.array.shape)


LYING_DOWN = "a column of numbers is a series here: it was read lying down"


def is_column(x: Matrix) -> bool:
    """Return whether a matrix is a column of numbers that may be a series, as most programs write one in a text.

    The shape of an array that NumPy saved is what somebody chose.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> is_column(Matrix(np.array([[1], [2], [3]]))), is_column(Matrix(np.array([[1, 2, 3]])))
    (True, False)
    """
    return x.array.ndim == 2 and x.array.shape[1] == 1 < x.array.shape[0] and not x.typed


SUMMABLE = ("box", "gaussian")
"""Kernels by name whose rows add up to the kernel of the same name for one axis."""


def is_summable(kernel: Matrix) -> bool:
    """Return whether a kernel is one by name that there is for one axis, too."""
    return kernel.named and kernel.origin.partition(":")[0].strip().lower() in SUMMABLE


def along_one_axis(kernel: Matrix) -> Matrix:
    """Return a row or column of numbers as a kernel for one axis, and a box or Gaussian of that size; others as is.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> along_one_axis(Matrix(np.array([[1], [2]]))).array
    array([1, 2])
    """
    if kernel.array.ndim != 2:
        return kernel
    if 1 in kernel.array.shape:
        return kernel.replace(array=kernel.array.reshape(-1))
    return kernel.replace(array=kernel.array.sum(axis=0)) if is_summable(kernel) else kernel


MOST_SHOWN = 16
"""Cells of an answer up to which all are explained unasked."""


def chosen_cells(texts: Sequence[str] | None, shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Read every `--at`; without one all cells of a small output are chosen, the first one of a larger.

    >>> chosen_cells(["1,2", "0,0,:2"], (4, 5, 5)), chosen_cells(None, (1, 2)), chosen_cells(None, (30, 30))
    ([(0, 1, 2), (0, 0, 0), (0, 0, 1)], [(0, 0), (0, 1)], [(0, 0)])
    """
    if texts is None and prod(shape) > MOST_SHOWN:
        return [(0,) * len(shape)]
    texts = ["all"] if texts is None else texts
    return list(dict.fromkeys(cell for text in texts for cell in parse_cells(text, shape)))


def number_writer(precision: int | None) -> Callable[[Any], str]:
    """Return what writes a number of a message: fractions as such, unless they are rounded with all the rest.

    >>> number_writer(2)(2 / 3), number_writer(None)(7)
    ('0.67', '7')
    """
    from convcalc.matrix.writing.digits import number_text, whole_text

    def write(number: Any) -> str:
        if precision is None and getattr(number, "denominator", 1) != 1:
            return f"{whole_text(number.numerator)}/{whole_text(number.denominator)}"
        return number_text(number, precision)

    return write


def boundary_of(text: str | None, numbers: NumberOptions) -> tuple[str | None, Any]:
    """Read `--boundary`: its name, and the value of `constant:V`; None for what is not given.

    >>> import numpy as np
    >>> boundary_of("constant:7", NumberOptions()), boundary_of("reflect", NumberOptions())
    (('constant', np.int64(7)), ('reflect', None))
    """
    name, colon, value = (text or "").partition(":")
    if name != "constant":
        return text, None
    if not colon:
        raise UsageError("constant needs its value", place="--boundary", hint="write constant:V, as constant:0.5")
    from convcalc.matrix.text import parse_matrix

    array = parse_matrix(value, place="--boundary", options=_reading_beside(numbers)).array
    if array.size != 1:
        raise UsageError(f"{value!r} is not one number", place="--boundary")
    return name, array.reshape(-1)[0]
