"""Calls that fill a matrix with a list of numbers: R's and MATLAB's column after column, OpenCV's row after row."""

from __future__ import annotations

import re

from convcalc.matrix.reading.pasted.generated import RANGE, numbers_made
from convcalc.matrix.reading.pasted.names import refuse_whole_divisions
from convcalc.matrix.reading.pasted.paste import UNSIGNED, Paste, start_of_end
from convcalc.matrix.reading.whole_types import declared_type

_ASSIGNED = re.compile(r"\s*[A-Za-z.][\w.]*\s*<-\s*(?=(?:c|matrix|array|rbind|cbind|t)\()")
_END = r"\s*\)\s*;?\s*\Z"
_MADE = rf"{RANGE}|(?:seq|rep)\([^()\n]*\)"
_NUMBERS = rf"(?:c\((?P<numbers>[^():]*)\)|(?P<made>{_MADE}|[-+]?{UNSIGNED}(?:/{UNSIGNED})?(?=\s*[,)])))"
_DIMNAMES = r"(?P<names>,\s*dimnames\s*=\s*list\((?:[^()]|c\([^()]*\))*\)\s*)?"
_VECTOR = re.compile(r"\s*c(?P<list>\([^():]*\))\s*;?\s*\Z")
_MATRIX = re.compile(rf"\s*matrix\(\s*(?:data\s*=\s*)?{_NUMBERS}(?P<fields>[^()]*){_DIMNAMES}{_END}")
_ARRAY = re.compile(
    rf"\s*array\(\s*(?:data\s*=\s*)?{_NUMBERS}\s*,\s*(?:dim\s*=\s*)?c\((?P<sizes>\s*[0-9]+(?:\s*,\s*[0-9]+)*\s*)\){_END}"
)
_BOUND = re.compile(rf"\s*(?P<call>[rc]bind)\(\s*c\([^()]*\)(?:\s*,\s*c\([^()]*\))*{_END}")
_EACH_VECTOR = re.compile(r"\bc(?=\()")
_FIELD = re.compile(r"\s*(?:(?P<name>[a-z]+)\s*=\s*)?(?P<value>[0-9]+L?|TRUE|FALSE|T|F)\s*")
_FIELDS = ("nrow", "ncol", "byrow")
_RESHAPE = re.compile(
    rf"\s*reshape\(\s*(?:\[(?P<numbers>[^\[\]]*)\]|(?P<made>{RANGE}))\s*,\s*"
    r"(?P<sizes>[0-9]+(?:\s*,\s*[0-9]+)+|\[\s*[0-9]+(?:[\s,]+[0-9]+)+\s*\])" + _END
)
_NAME = r"[A-Za-z_]\w*"
_CPP_TYPE = r"(?:\w+::)*"
_STREAM = re.compile(
    rf"\s*(?:(?:const\s+)?{_CPP_TYPE}Mat(?:_<\w+>)?\s+{_NAME}\s*=\s*)?(?P<open>\(\s*)?(?:"
    rf"{_CPP_TYPE}Mat_<(?P<type>\w+)>(?:\s+(?P<matrix>{_NAME}))?\s*\(\s*(?P<sizes>[0-9]+\s*,\s*[0-9]+)\s*\)"
    rf"|{_CPP_TYPE}Matrix(?:(?P<square>[2-4])|(?P<sides>[2-4]x[2-4])|X)(?P<letter>[a-z]+)\s+(?P<eigen>{_NAME})"
    r"(?:\s*\(\s*(?P<eigen_sizes>[0-9]+\s*,\s*[0-9]+)\s*\))?"
    r")(?:\s*;\s*(?P<again>[A-Za-z_]\w*))?\s*<<\s*"
)
_EIGEN_TYPES = {"i": "int"}
_MATX = re.compile(
    rf"\s*(?:(?:const\s+)?{_CPP_TYPE}\w+\s+{_NAME}\s*=\s*)?{_CPP_TYPE}Matx(?P<sizes>[1-6][1-6])[a-z](?:\s+{_NAME})?\s*(?=[({{])"
)


def r_calls(paste: Paste) -> Paste | None:
    """Take the numbers out of R's `c(1, 2)`, `matrix(c(1, 2), nrow = 2, byrow = TRUE)`, `array`, `rbind`, `cbind`.

    R fills a matrix column after column, unless `byrow` says otherwise.
    """
    text = paste.text
    assigned = _ASSIGNED.match(text)
    if assigned is not None:
        return paste.without(assigned.span())
    vector = _VECTOR.match(text)
    if vector is not None:
        return paste.without((vector.start(), vector.start("list")), (vector.end("list"), len(text)))
    bound = _BOUND.match(text)
    if bound is not None:
        opened = bound.end("call")
        spans = [match.span() for match in _EACH_VECTOR.finditer(text, opened)]
        kept = paste.without((0, opened), *spans)
        return kept if bound["call"] == "rbind" else kept.turned("t()")
    array = _ARRAY.match(text)
    if array is not None:
        return _filled(paste, array).replace(recycled=True)
    matrix = _MATRIX.match(text)
    return None if matrix is None else _r_matrix(paste, matrix)


def _r_matrix(paste: Paste, call: re.Match[str]) -> Paste | None:
    """Return the numbers of `matrix(c(...), nrow, ncol, byrow)`, its fields by name or by place."""
    given: dict[str, str] = {}
    before, *parts = call["fields"].split(",")
    if before.strip():
        return None
    for part in parts:
        field = _FIELD.fullmatch(part)
        free = [name for name in _FIELDS if name not in given]
        named = [name for name in free if field is not None and name.startswith(field["name"] or "")]
        if field is None or not named or (field["name"] and len(named) > 1):
            return None
        given[named[0]] = field["value"]
    name, count = _numbers(call)
    rows, columns = (
        int(given[name].rstrip("L")) if given.get(name, "")[:1].isdigit() else None for name in _FIELDS[:2]
    )
    if rows is None:
        rows = -(-count // columns) if columns else count
    if columns is None:
        columns = -(-count // rows) if rows else 0
    span = call.span("fields") if call["fields"].strip() else call.span(name)
    kept = paste.without((0, call.start(name)), (call.end(name), len(paste.text)))
    by_row = given.get("byrow", "F").startswith("T")
    if call["names"] is not None:
        kept = kept.replace(notes=(*kept.notes, "the names of rows and columns were left out"))
    return (
        kept.on_one_line().stating(f"{rows} {columns}", *span, flat=True).replace(by_column=not by_row, recycled=True)
    )


def _numbers(call: re.Match[str]) -> tuple[str, int]:
    """Return which part of a call has its numbers, and how many they are."""
    if call["made"] is None:
        return "numbers", len(call["numbers"].split(","))
    made = numbers_made(call["made"])
    return "made", 1 if made is None else made.size


def reshape_calls(paste: Paste) -> Paste | None:
    """Take the numbers out of MATLAB's `reshape([1 2 3 4], 2, 2)`, which fills a matrix column after column."""
    call = _RESHAPE.match(paste.text)
    return None if call is None or ";" in (call["numbers"] or "") else _filled(paste, call)


def _filled(paste: Paste, call: re.Match[str]) -> Paste:
    """Return the numbers of a call that fills an array of its `sizes` column after column."""
    name, _ = _numbers(call)
    kept = paste.without((0, call.start(name)), (call.end(name), len(paste.text)))
    return kept.on_one_line().stating(call["sizes"], *call.span("sizes"), flat=True).replace(by_column=True)


def streams(paste: Paste) -> Paste | None:
    """Take the numbers out of OpenCV's `(Mat_<int>(2, 2) << 1, 2, 3, 4)`, `Matx22f(1, 2, 3, 4)`, and Eigen's `<<`."""
    text = paste.text
    matx = _MATX.match(text)
    if matx is not None:
        stated = paste.stating(" ".join(matx["sizes"]), *matx.span("sizes"), flat=True)
        return stated.without(matx.span()).on_one_line()
    stream = _STREAM.match(text)
    if stream is None or stream["again"] != (stream["matrix"] or stream["eigen"]):
        return None
    name = next((name for name in ("sizes", "eigen_sizes", "sides", "square") if stream[name] is not None), None)
    if name is None:
        return None
    # Eigen says the type by a letter: Matrix2i.
    paste = paste.replace(whole=declared_type(stream["type"] or _EIGEN_TYPES.get(stream["letter"], "")))
    refuse_whole_divisions(paste, stream.end())
    sizes = f"{stream[name]} {stream[name]}" if name == "square" else stream[name]
    start = stream.end("open") if stream["open"] else 0
    kept = (
        paste.stating(sizes, *stream.span(name), flat=True)
        .without((0, stream.start()), (start, stream.end()))
        .on_one_line()
    )
    if stream["open"]:
        return kept.without((0, stream.start("open")))
    semicolon = re.compile(r"\s*;?\s*\Z").search(kept.text, start_of_end(kept.text))
    return kept if semicolon is None else kept.without(semicolon.span())
