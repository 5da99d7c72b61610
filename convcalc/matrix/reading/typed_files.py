"""Text files that state the type of what they hold: Octave's `save -text`, and Matrix Market.

Each type is read as it is meant, or refused by its name. References: Octave's `libinterp/octave-value/ov-*.cc`
(`save_ascii`); Boisvert, Pozo, Remington: The Matrix Market Exchange Formats (NISTIR 5935).
"""

from __future__ import annotations

import re
from math import floor, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import UsageError
from convcalc.matrix import Matrix
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.numbers import array_of
from convcalc.text import Source, size_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANES_NOTE = "the file's last axis is the first one here: each slice of rows and columns is one plane"

_LARGEST = 1 << 27
_BANNER = re.compile(r"\s*%%MatrixMarket[ \t]+(?P<words>[^\n]*)\n", re.IGNORECASE)
_OCTAVE_VARIABLE = re.compile(
    r"^#[ \t]*name:[ \t]*(?P<name>[^\n]*?)[ \t]*\n#[ \t]*type:[ \t]*(?P<type>[^\n]*?)[ \t]*$", re.M
)
_OCTAVE_FIELD = re.compile(r"[ \t]*#[ \t]*(?P<key>[\w ,]+?)(?::[ \t]*(?P<value>[^\n]*?))?[ \t]*\n")
_REAL = re.compile(r"(?:(?P<kind>float|bool|u?int(?:8|16|32|64)) )?(?P<form>matrix|scalar)|bool")
_STORED = ("sparse matrix", "sparse bool matrix", "diagonal matrix", "permutation matrix")
_RANGES = ("range", "double_range")


def typed_matrix(source: Source, options: ReadOptions) -> Matrix | None:
    """Return the matrix in a file of Octave or of Matrix Market, None for all other text.

    Errors: several variables, a type that is not a matrix of real numbers, numbers that are missing.

    >>> from convcalc.errors import DataError
    >>> text = "%%MatrixMarket matrix coordinate integer general\\n2 3 1\\n2 3 7\\n"
    >>> typed_matrix(Source(text, "a.mtx", error=DataError), ReadOptions()).array.tolist()
    [[0, 0, 0], [0, 0, 7]]
    """
    banner = _BANNER.match(source.text)
    variables = [] if banner is not None else list(_OCTAVE_VARIABLE.finditer(source.text))
    if banner is None and (not variables or source.text[: variables[0].start()].lstrip()[:1] not in ("", "#")):
        return None
    if options.header or options.index:
        name = "header" if options.header else "index"
        raise UsageError("a file that states its type has no labels", place=f"`{name}`")
    if banner is not None:
        return Matrix(_Market(source, banner, options).array(), (), source.place)
    first = variables[0]
    if len(variables) > 1 and _is_matrix(first["type"]):
        names = ", ".join(variable["name"] for variable in variables[:8])
        raise source.fault(
            f"this file holds {len(variables)} variables: {names}",
            *variables[1].span("name"),
            f"keep one: save -text FILE {first['name']}",
        )
    return _Octave(source, first, options).matrix()


def _is_matrix(kind: str) -> bool:
    return _REAL.fullmatch(kind) is not None or kind in _STORED or kind in _RANGES


class _Octave:
    """One variable of Octave's: its name, type and fields, and the numbers below."""

    def __init__(self, source: Source, variable: re.Match[str], options: ReadOptions) -> None:
        self.source, self.options = source, options
        self.type, self.type_span = variable["type"], variable.span("type")
        self.fields: dict[str, str] = {}
        self.at = variable.end() + 1
        while (field := _OCTAVE_FIELD.match(source.text, self.at)) is not None:
            self.fields[field["key"]] = field["value"] or ""
            self.at = field.end()

    def matrix(self) -> Matrix:
        """Return what the variable holds."""
        real = _REAL.fullmatch(self.type)
        notes: tuple[str, ...] = ()
        if self.type in _RANGES:
            array = self._range()
        elif self.type in _STORED:
            array = self._stored()
        elif real is None:
            hint = (
                "take one part of them: real(A), imag(A)"
                if "complex" in self.type
                else "save a matrix of real numbers"
            )
            raise self.source.fault(f"a {self.type} is not a matrix of real numbers", *self.type_span, hint)
        elif "ndims" in self.fields:
            array, notes = self._planes()
        elif real["form"] == "matrix":
            array = self._filled((self._size("rows"), self._size("columns")))
        else:
            array = self._filled((1,))
        if array.ndim == 2 and array.shape[0] == 1:
            array = array[0]
        single = self.type.startswith("float") and array.dtype == np.float64
        return Matrix(array.astype(np.float32) if single else array, notes, self.source.place, typed=single)

    def _filled(self, shape: tuple[int, ...], at: int | None = None) -> NDArray[Any]:
        """Return the numbers from offset `at` on in `shape`; errors: more or fewer of them."""
        return _numbers(self.source, self.at if at is None else at, shape, self.options)

    def _size(self, key: str) -> int:
        value = self.fields.get(key, "")
        if not value.isdigit():
            raise self.source.fault(f"the field {key} is missing", *self.type_span)
        return int(value[:18])

    def _planes(self) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Return an array whose sizes stand in the first line, and whose first axis varies quickest."""
        line = self.source.text[self.at :].split("\n", 1)[0]
        sizes = tuple(int(size[:18]) for size in line.split() if size.isdigit())
        if len(sizes) != self._size("ndims"):
            raise self.source.fault("the sizes of the axes are missing", self.at, self.at + max(len(line), 1))
        numbers = self._filled(sizes[::-1], self.at + len(line))
        return np.swapaxes(numbers, -1, -2), (PLANES_NOTE,) if len(sizes) > 2 else ()

    def _range(self) -> NDArray[Any]:
        base, limit, increment = self._filled((3,)).tolist()
        if increment == 0:
            raise self.source.fault("the increment of this range is 0", *self.type_span)
        count = max(0, floor((limit - base) / increment * (1 + 2**-52)) + 1)
        _refuse_size(self.source, (count,), self.type_span)
        return np.array([base + index * increment for index in range(count)])

    def _stored(self) -> NDArray[Any]:
        """Return a matrix of which only some cells are written."""
        if self.type == "permutation matrix":
            size = self._size("size")
            shape, ones = (size, size), self._filled((size,)).astype(np.int64)
            columns = self.fields.get("orient", "c") == "c"
            cells = np.column_stack([ones, np.arange(1, size + 1)] if columns else [np.arange(1, size + 1), ones])
            return _scattered(self.source, shape, cells, np.ones(size, dtype=np.int64), self.type_span)
        shape = self._size("rows"), self._size("columns")
        _refuse_size(self.source, shape, self.type_span)
        if self.type == "diagonal matrix":
            length = min(shape)
            values = self._filled((length,))
            places = np.arange(1, length + 1)
            return _scattered(self.source, shape, np.column_stack([places, places]), values, self.type_span)
        numbers = self._filled((self._size("nnz"), 3)) if self._size("nnz") else np.zeros((0, 3), dtype=np.int64)
        return _scattered(self.source, shape, numbers[:, :2], numbers[:, 2], self.type_span)


class _Market:
    """A file of Matrix Market: the words of its banner, its sizes, its entries."""

    def __init__(self, source: Source, banner: re.Match[str], options: ReadOptions) -> None:
        self.source, self.options, self.span = source, options, banner.span("words")
        words = banner["words"].lower().split()
        expected = (
            ("matrix",),
            ("coordinate", "array"),
            ("real", "double", "integer", "pattern"),
            ("general", "symmetric", "skew-symmetric"),
        )
        for number, known in enumerate(expected):
            word = words[number] if number < len(words) else "nothing"
            if word not in known:
                what = (
                    "complex numbers are not supported"
                    if word in ("complex", "hermitian")
                    else f"{word} is not known"
                )
                raise source.fault(f"{what} here, only {', '.join(known)}", *self.span)
        self.form, self.field, self.symmetry = str(words[1]), str(words[2]), str(words[3])
        self.text = re.sub(r"%[^\n]*", lambda match: " " * len(match[0]), source.text)

    def array(self) -> NDArray[Any]:
        """Return the whole matrix, zeros and mirrored cells too."""
        line = re.compile(r"\s*([^\n]*)").match(self.text, self.span[1])
        assert line is not None
        sizes = line[1].split()
        if len(sizes) != (3 if self.form == "coordinate" else 2) or not all(size.isdigit() for size in sizes):
            raise self.source.fault("expected the number of rows and columns here", *line.span(1))
        rows, columns, *entries = (int(size[:18]) for size in sizes)
        shape = rows, columns
        _refuse_size(self.source, shape, line.span(1))
        if self.symmetry != "general" and rows != columns:
            raise self.source.fault(f"a {self.symmetry} matrix is square, not {size_text(shape)}", *line.span(1))
        if self.form == "array":
            cells, values = self._dense(shape, line.end())
        else:
            width = 2 if self.field == "pattern" else 3
            count = entries[0]
            body = _numbers(self.source, line.end(), (count, width), self.options, self.text) if count else None
            cells = np.zeros((0, 2), dtype=np.int64) if body is None else body[:, :2]
            values = np.ones(count, dtype=np.int64) if body is None or width == 2 else body[:, 2]
        return self._mirrored(_scattered(self.source, shape, cells, values, line.span(1)))

    def _dense(self, shape: tuple[int, int], at: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the cells of an array, column after column, of a symmetric one from the diagonal on; and values."""
        if self.field == "pattern":
            raise self.source.fault("an array has no pattern", *self.span)
        first = {"general": None, "symmetric": 0, "skew-symmetric": 1}[self.symmetry]
        cells = np.array(
            [
                (row + 1, column + 1)
                for column in range(shape[1])
                for row in range(0 if first is None else column + first, shape[0])
            ],
            dtype=np.int64,
        ).reshape(-1, 2)
        return cells, _numbers(self.source, at, (len(cells),), self.options, self.text)

    def _mirrored(self, array: NDArray[Any]) -> NDArray[Any]:
        if self.symmetry == "general":
            return array
        lower = np.tril(array, -1)
        if (np.triu(array, 1) != 0).any():
            raise self.source.fault(f"a {self.symmetry} matrix has cells below its diagonal only", *self.span)
        mirrored: NDArray[Any] = array + (lower.T if self.symmetry == "symmetric" else -lower.T)
        return mirrored


def _numbers(
    source: Source, at: int, shape: tuple[int, ...], options: ReadOptions, text: str | None = None
) -> NDArray[Any]:
    """Return the numbers of `text` (of the source, if not given) from offset `at` on in `shape`."""
    if prod(shape) == 0:
        raise source.fault("this matrix is empty", max(at - 1, 0), max(at, 1))
    body = " " * at + (source.text if text is None else text)[at:]
    count = len(body.split())
    if count != prod(shape):
        last = len(source.text.rstrip())
        raise source.fault(
            f"{prod(shape)} numbers ({size_text(shape)}) should follow, but there are {count}",
            max(last - 1, 0),
            max(last, 1),
            "the file is truncated" if count < prod(shape) else None,
        )
    return array_of(Layout(source, body, shape), exact=options.exact)


def _scattered(
    source: Source, shape: tuple[int, int], cells: NDArray[Any], values: NDArray[Any], span: tuple[int, int]
) -> NDArray[Any]:
    """Return zeros with `values` in `cells` (row and column from 1); errors: a cell outside, or given twice."""
    places = np.array(cells, dtype=np.float64)
    inside = (places >= 1).all() and (places <= np.array(shape)).all() and (places == np.floor(places)).all()
    if not inside:
        raise source.fault(f"a cell is outside of {size_text(shape)}", *span)
    flat = (places[:, 0].astype(np.int64) - 1) * shape[1] + places[:, 1].astype(np.int64) - 1
    if len(np.unique(flat)) != len(flat):
        raise source.fault("a cell has two values", *span)
    array = np.zeros(prod(shape), dtype=values.dtype)
    array[flat] = values
    return array.reshape(shape)


def _refuse_size(source: Source, shape: tuple[int, ...], span: tuple[int, int]) -> None:
    if prod(shape) == 0:
        raise source.fault("this matrix is empty", *span)
    if prod(shape) > _LARGEST:
        raise source.fault(f"{size_text(shape)} is more than {_LARGEST} elements, zeros included", *span)
