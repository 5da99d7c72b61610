"""A matrix as text in the formats that programs read: plain, CSV, TSV, JSON."""

from __future__ import annotations

import math
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from convcalc.matrix.writing.digits import fraction_text, row_blocks
from convcalc.text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_NOT_JSON = re.compile(rb"-?(?:nan|inf)|-?[0-9]+/[0-9]+")


def format_plain(array: NDArray[Any], precision: int | None = None, *, quotients: bool = False) -> bytes:
    r"""Return the matrix as text: one row per line, one space between numbers, "\n" at the end.

    An array without axes is one number, one axis one line; more than two axes are 2-D slices separated by blank lines
    below a first line `# shape: 2x4x4`. Every digit is written, unless `precision` is the number of digits after the
    point. Of `quotients` of whole numbers, the whole ones are written as such. Errors: DataError for a dtype that is
    not of real numbers.

    >>> import numpy as np
    >>> format_plain(np.array([[[1, 2]], [[3, 4]]]))
    b'# shape: 2x1x2\n1 2\n\n3 4\n'
    """
    return b"".join(plain_chunks(array, precision, quotients=quotients))


def format_csv(
    array: NDArray[Any], precision: int | None = None, separator: str = ",", *, quotients: bool = False
) -> bytes:
    r"""Return the matrix as `format_plain` does, cells separated by commas, or by `separator` such as a tab.

    >>> import numpy as np
    >>> format_csv(np.array([[1, 2], [3, 4]]))
    b'1,2\n3,4\n'
    """
    return b"".join(plain_chunks(array, precision, separator, quotients=quotients))


def plain_chunks(
    array: NDArray[Any], precision: int | None = None, separator: str = " ", *, quotients: bool = False
) -> Iterator[bytes]:
    """Yield the text of `format_plain` piece by piece, a few thousand numbers at a time."""
    rows = _rows(array)
    if array.ndim <= 2:
        yield from row_blocks(rows, separator, precision, quotients=quotients)
        return
    yield f"# shape: {size_text(array.shape)}\n".encode()
    height, done = array.shape[-2], 0
    for text in row_blocks(rows, separator, precision, quotients=quotients):
        # The first row of each slice but the first has a blank line before it.
        starts = range(height - done % height, text.count(b"\n") + 1, height)
        done += text.count(b"\n")
        if not starts:
            yield text
            continue
        lines = text.split(b"\n")
        for start in starts:
            if done - (len(lines) - 1 - start) < len(rows):
                lines[start] = b"\n" + lines[start]
        yield b"\n".join(lines)


def json_data(array: NDArray[Any], precision: int | None = None) -> bytes:
    """Return nested lists as JSON text, with the shortest digits of the array's own dtype.

    "nan", "inf" and "-inf" are strings, and so are fractions ("7/3"); whole numbers have any size.

    With `precision`, decimals and fractions are rounded as `format_plain` rounds them, and all are numbers.

    >>> import numpy as np
    >>> json_data(np.array([[0.1, np.nan]], dtype=np.float32))
    b'[[0.1,"nan"]]'
    """
    return b"".join(json_chunks(array, precision))


def json_chunks(array: NDArray[Any], precision: int | None = None, *, quotients: bool = False) -> Iterator[bytes]:
    """Yield the text of `json_data` piece by piece; `quotients` are those of `format_plain`.

    >>> import numpy as np
    >>> b"".join(json_chunks(np.array([[[1.5, 2]], [[3, 4]]]), quotients=True))
    b'[[[1.5,2]],[[3,4]]]'
    """
    rows, depth, done = _rows(array), array.ndim, 0
    # How many rows there are in a plane, in a stack of planes, and so on.
    periods = [math.prod(array.shape[axis:-1]) for axis in range(1, depth - 1)]

    def between(row: int) -> bytes:
        ended = 1 + sum(row % period == 0 for period in periods)
        return b"]" * ended + b"," + b"[" * ended

    yield b"[" * depth
    for text in _json_rows(rows, precision, quotients):
        *lines, rest = text.split(b"\n")
        ends = [between(row) for row in range(done + 1, done + len(lines) + 1)] if periods else [b"],["] * len(lines)
        done += len(lines)
        if lines and done == len(rows):
            ends[-1] = b"]" * depth
        yield b"".join(chain.from_iterable(zip(lines, ends, strict=True))) + rest


def format_json(array: NDArray[Any]) -> bytes:
    r"""Return the JSON object of a file: schema, shape, dtype and data; it reads back to the same bits and dtype.

    >>> import numpy as np
    >>> format_json(np.array([1, 2]))
    b'{"schema":1,"shape":[2],"dtype":"int64","data":[1,2]}\n'
    """
    shape = ",".join(map(str, array.shape))
    return f'{{"schema":1,"shape":[{shape}],"dtype":"{array.dtype}","data":'.encode() + json_data(array) + b"}\n"


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(-1, array.shape[-1] if array.ndim else 1)


def _json_rows(rows: NDArray[Any], precision: int | None, quotients: bool) -> Iterator[bytes]:
    """Yield rows of JSON numbers some at a time, as `row_blocks` does."""
    if rows.dtype == object and precision is None:
        yield from (",".join(map(_object_json, row)).encode() + b"\n" for row in rows.tolist())
        return
    for text in row_blocks(rows, ",", precision, quotients=quotients):
        yield _NOT_JSON.sub(rb'"\g<0>"', text) if b"n" in text else text


def _object_json(value: Any) -> str:
    if isinstance(value, float) or value.denominator == 1:
        text = fraction_text(value) if not isinstance(value, float) else repr(value)
        return f'"{text}"' if "n" in text else text
    return f'"{fraction_text(value.numerator)}/{fraction_text(value.denominator)}"'
