"""The keys beside `data` in a JSON object: what they say of the matrix is honoured and checked, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.errors import DataError
from convcalc.limits import MAX_AXES
from convcalc.matrix.reading.whole_types import whole_type
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.matrix.reading.layout import WholeType

_SHAPES = ("shape", "size", "dims", "dim", "dimensions")
_ROWS = ("rows", "row", "nrow", "nrows", "numrows", "height", "h")
_COLUMNS = ("columns", "cols", "column", "col", "ncol", "ncols", "ncolumns", "numcols", "width", "w")
_ORDERS = ("order", "storage", "storageorder", "memoryorder", "majorder", "major")
_BY_ROWS = ("c", "r", "row", "rows", "rowmajor", "byrow", "byrows")
_BY_COLUMNS = ("f", "fortran", "col", "column", "cols", "columns", "colmajor", "columnmajor", "bycolumn", "bycolumns")
_SAYS_COLUMNS = ("fortranorder", "columnmajor", "colmajor")
_TYPES = ("dtype", "type", "datatype")
_FLOATS: dict[str, str] = {name: name for name in ("float16", "float32", "float64")} | {
    **dict.fromkeys(("half", "f2"), "float16"),
    **dict.fromkeys(("single", "f4"), "float32"),
    **dict.fromkeys(("double", "f8"), "float64"),
}
_AS_WRITTEN = ("integer", "fraction", "object", "float", "number", "real", "numeric", "bfloat16", "f", "d")
"""Types of numbers that are read as they are written."""

_NEUTRAL: dict[str, object] = {
    **dict.fromkeys(("scale", "scalefactor", "factor", "multiplier", "gain", "divisor", "denominator"), 1),
    **dict.fromkeys(("offset", "addoffset", "zeropoint", "exponent"), 0),
    **dict.fromkeys(("transpose", "transposed", "sparse"), False),
    **dict.fromkeys(("indptr", "nnz", "strides"), None),
}
"""What would change the numbers or their places, and the value with which it does not."""

_NAMES = frozenset(
    (
        *("title", "name", "id", "uuid", "comment", "comments", "description", "label", "labels"),
        *("author", "source", "date", "created", "time", "timestamp", "version", "url", "license"),
        *("unit", "units", "note", "notes", "kind", "class", "category", "tags", "tag"),
        *("filename", "file", "path", "schema", "$schema", "command", "index", "indices", "check"),
        *("gradients", "meta", "metadata", "attributes", "method", "status", "message", "success", "error"),
        *("mathjs", "lang"),
    )
)
"""Keys that do not affect the numbers."""

_PLAIN = frozenset(("schema", "command", "shape", "dtype", "type", "indices"))
_SIGNS = re.compile(r"[\s_.-]+")
_SPELLING = re.compile(r"^(?:np|numpy|torch|tf|jnp)\.|^[<>=|]|array$|tensor$|clamped(?=array$)")


class Stated(Value):
    """What the keys say: the shape, whether a flat list goes down the columns, the type, and what is to be noted."""

    shape: tuple[int, ...]
    by_columns: bool = False
    dtype: str | None = None
    whole: WholeType | None = None
    notes: tuple[str, ...] = ()


def stated(fields: Mapping[str, Any], shape: tuple[int, ...], place: str) -> Stated:
    """Return what an object says of data that are written in `shape`; a flat list is spread out as it says.

    Raises DataError for what does not agree with the data, and for what would change their numbers.

    >>> stated({"rows": 2, "cols": 3, "order": "F"}, (6,), "m").shape, stated({"shape": [6]}, (6,), "m").notes
    ((2, 3), ())
    """
    if fields.get("schema", 1) != 1:
        raise DataError(f"schema {fields['schema']} is not known, only schema 1", place=place)
    given = _by_name(fields, place)
    dtype, whole = _type(given, place)
    for key, (name, value) in given.items():
        if key in _NEUTRAL and value is not None and value != _NEUTRAL[key]:
            hint = "give the numbers as they are meant, in nested lists"
            raise DataError(f"the key {name} changes the data, and is not applied", place=place, hint=hint)
    by_columns = _by_columns(given, place)
    spread, told = _spread(given, shape, place)
    if by_columns and len(shape) > 1:
        message = "the data are nested lists, and the order of the object goes by columns: are the lists columns?"
        raise DataError(message, place=place, hint="give the nested list of the rows by itself")
    notes: tuple[str, ...] = ()
    if told and by_columns is None:
        notes = (f"data is a flat list, read row by row to fill {told}",)
    is_own = "schema" in fields and "command" in fields
    unused = [name for key, (name, _) in given.items() if key not in _KNOWN]
    if unused and not is_own:
        notes += (f"beside data, {', '.join(unused[:8])} {'was' if len(unused) == 1 else 'were'} not used",)
    return Stated(spread, bool(by_columns), dtype, whole, notes)


def is_plain(fields: Mapping[str, Any], text: bytes) -> bool:
    """Return whether an object has only the keys that convcalc writes, each of them once.

    >>> is_plain({"shape": [1]}, b'{"shape": [1], "data": [2]}'), is_plain({"rows": 1}, b'{"rows": 1, "data": [2]}')
    (True, False)
    """
    return _PLAIN.issuperset(fields) and all(text.count(b'"%b"' % key.encode()) == 1 for key in [*fields, "data"])


def _by_name(fields: Mapping[str, Any], place: str) -> dict[str, tuple[str, Any]]:
    """Return the fields by their names without case and signs, each with the name as it is written."""
    given: dict[str, tuple[str, Any]] = {}
    for name, value in fields.items():
        key = _SIGNS.sub("", name.lower())
        if key in given and key in _KNOWN and key not in _NAMES:
            raise DataError(f"the keys {given[key][0]} and {name} say the same", place=place, hint="keep one of them")
        given[key] = name, value
    return given


def _type(given: Mapping[str, tuple[str, Any]], place: str) -> tuple[str | None, WholeType | None]:
    """Return the float dtype that is stated, or the whole type; neither for numbers that are as they are written."""
    for key in _TYPES:
        name, value = given.get(key, (key, None))
        if not isinstance(value, str):
            continue
        plain = value.strip().lower()
        for _ in range(3):
            plain = _SPELLING.sub("", plain)
        whole = whole_type(plain)
        if plain in _FLOATS or whole is not None:
            return _FLOATS.get(plain), whole
        if key != "type" and plain not in _AS_WRITTEN:
            raise DataError(f"the key {name} is {value[:40]}, which is not a known type of numbers", place=place)
    return None, None


def _by_columns(given: Mapping[str, tuple[str, Any]], place: str) -> bool | None:
    """Return whether a flat list is said to go down the columns, None where nothing is said."""
    found: bool | None = None
    for key, (name, value) in given.items():
        said: bool | None = None
        if key in _ORDERS and isinstance(value, str):
            plain = _SIGNS.sub("", value.lower()).removesuffix("order").removesuffix("contiguous")
            if plain not in (*_BY_ROWS, *_BY_COLUMNS):
                hint = 'write "order": "C" for row by row, or "F" for column by column'
                raise DataError(f"the key {name} is {value[:40]}, which is not a known order", place=place, hint=hint)
            said = plain in _BY_COLUMNS
        elif key in (*_SAYS_COLUMNS, "rowmajor") and isinstance(value, bool):
            said = value == (key in _SAYS_COLUMNS)
        if said is not None and found is not None and said != found:
            raise DataError(f"the key {name} speaks against another on the order of the data", place=place)
        found = found if said is None else said
    return found


def _spread(
    given: Mapping[str, tuple[str, Any]], shape: tuple[int, ...], place: str
) -> tuple[tuple[int, ...], str | None]:
    """Return the shape that the data have for all that is said of it, and what said so other than `shape`."""
    told = None
    for key in _SHAPES:
        name, value = given.get(key, (key, None))
        if value is None:
            continue
        if isinstance(value, int) and key != "shape":
            # The number of numbers, or of axes.
            if value not in ((len(shape),) if key == "dim" else (prod(shape),)):
                raise _disagreement(name, value, shape, place)
            continue
        before, shape = shape, _of_sizes(name, value, shape, place)
        told = name if key != "shape" and shape != before else told
    rows, columns = _count(given, _ROWS, shape[:1], place), _count(given, _COLUMNS, shape[-1:], place)
    if rows is None and columns is None:
        return shape, told
    name = " and ".join(each[0] for each in (rows, columns) if each is not None)
    if len(shape) == 1:
        height = rows[1] if rows is not None else shape[0] // max(columns[1], 1) if columns is not None else 0
        width = columns[1] if columns is not None else shape[0] // max(height, 1)
        if height * width != shape[0]:
            said = f"{height}x{width}" if rows and columns else (rows or columns or ("", 0))[1]
            raise DataError(f"{name}: {said}, but the data are {_numbers(shape[0])}", place=place)
        return (height, width), name
    planes = {shape[-2:], shape[:2]} if len(shape) > 2 else {shape}
    if not any(
        (rows is None or rows[1] == plane[0]) and (columns is None or columns[1] == plane[1]) for plane in planes
    ):
        said = "x".join(str(each[1]) for each in (rows, columns) if each is not None)
        raise DataError(f"{name}: {said}, but the data have shape {list(shape)}", place=place)
    return shape, told


def _of_sizes(name: str, value: Any, shape: tuple[int, ...], place: str) -> tuple[int, ...]:
    """Return the shape that a key states, which may spread out a flat list."""
    if value == list(shape):
        return shape
    if len(shape) == 1 and isinstance(value, list) and all(type(size) is int and size > 0 for size in value):
        if prod(value) == shape[0] and 0 < len(value) <= MAX_AXES:
            return tuple(value)
        raise DataError(f"the key {name} is {value}, but the data are {_numbers(shape[0])}", place=place)
    raise _disagreement(name, value, shape, place)


def _count(
    given: Mapping[str, tuple[str, Any]], names: Sequence[str], labelled: tuple[int, ...], place: str
) -> tuple[str, int] | None:
    """Return how many rows or columns there are said to be, None where nothing is; a list of labels has as many."""
    found: tuple[str, int] | None = None
    for key in names:
        name, value = given.get(key, (key, None))
        if value is None:
            continue
        if isinstance(value, list):
            if (len(value),) != labelled:
                message = f"the key {name} has {len(value)} items, but there are {labelled[0]} in data"
                raise DataError(message, place=place)
            continue
        if type(value) is not int or value < 1:
            raise DataError(f"the key {name} is {value!r}, not a number of rows or columns", place=place)
        if found is not None and found[1] != value:
            raise DataError(f"the keys {found[0]} and {name} do not agree", place=place)
        found = found or (name, value)
    return found


def _numbers(count: int) -> str:
    return f"{count} number{'s' * (count != 1)}"


def _disagreement(name: str, value: object, shape: tuple[int, ...], place: str) -> DataError:
    return DataError(f"the key {name} is {value}, but the data have shape {list(shape)}", place=place)


_KNOWN = _NAMES.union(_SHAPES, _ROWS, _COLUMNS, _ORDERS, _SAYS_COLUMNS, ("rowmajor",), _TYPES, _NEUTRAL)
