"""Numbers that a call or a range stands for: `np.arange(9)`, `torch.ones(3, 3)`, `eye(3)`, R's and MATLAB's `1:9`.

Nothing is run: of a few calls it is known which numbers they make, and their arguments are numbers that are written.
"""

from __future__ import annotations

import ast
import re
from math import ceil, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.layout import Layout, WholeType
from convcalc.matrix.reading.pasted.paste import Paste, check_count
from convcalc.matrix.reading.printed import FLOATS
from convcalc.matrix.reading.whole_types import whole_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RANGE = r"[-+]?[0-9]{1,15}:(?:[-+]?[0-9]{1,15}:)?[-+]?[0-9]{1,15}"
"""`first:last` or `first:step:last`, to be put into patterns."""

_RANGE = re.compile(rf"\s*{RANGE}\s*")
_ITEM = rf"(?:{RANGE}|[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++))"
_ROWS = re.compile(rf"\s*\[\s*+{_ITEM}(?:(?:\s*+[,;]\s*+|\s++){_ITEM})*+[\s;]*\]\s*")
_CALL = re.compile(
    r"\s*(?:(?P<library>np|numpy|cp|jnp|tf|torch)\.)?(?P<name>[a-z_]+)(?P<arguments>\([^\n]{0,200}\))\s*"
)
_DOUBTFUL = re.compile(r"\s*(ones|zeros)\(\s*([0-9]+)\s*\)\s*")
_LARGEST = 10**15


def generated_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a call whose numbers follow from its arguments, a range, or rows with ranges among them."""
    text = paste.text.rstrip()
    span = len(text) - len(text.lstrip()), len(text)
    read = _rows(paste, span) if ":" in text and _ROWS.fullmatch(text) else _made(text)
    if read is None:
        doubtful = _DOUBTFUL.fullmatch(text)
        if doubtful is not None:
            call, size = doubtful.groups()
            hint = f"write {call}({size}, {size}) or np.{call}({size})"
            raise paste.source.fault(f"this is {size}x{size} in MATLAB, and {size} in NumPy", *span, hint)
        _refuse_method(paste, span)
        return None
    numbers, whole = read
    if numbers.size == 0:
        raise paste.source.fault("an array of no elements", *span)
    dtype = numbers.dtype.name if numbers.dtype in (np.float16, np.float32) else None
    made = numbers.ravel().astype(np.float64 if numbers.dtype.kind == "f" else np.int64)
    return Layout(paste.source, "", numbers.shape, dtype=dtype, made_at=span, whole=whole, made=made)


def numbers_made(text: str) -> NDArray[Any] | None:
    """Return the numbers that a call or a range makes; None for what is not known to make just these.

    Errors: more of them than may be held in memory.

    >>> numbers_made("np.arange(2, 11, 4)").tolist(), numbers_made("torch.ones(2, 3, dtype=torch.long)").tolist()
    ([2, 6, 10], [[1, 1, 1], [1, 1, 1]])
    >>> numbers_made("1:2:7").tolist(), numbers_made("np.random.rand(3)")
    ([1, 3, 5, 7], None)
    """
    made = _made(text)
    return None if made is None else made[0]


def _made(text: str) -> tuple[NDArray[Any], WholeType | None] | None:
    """Return what `numbers_made` does, with the whole type that the call asks for."""
    if _RANGE.fullmatch(text):
        first, *step, last = map(int, text.split(":"))
        made = _range(None, [first, last + (-1 if step and step[0] < 0 else 1), *step])
        return None if made is None else (made, None)
    call = _CALL.fullmatch(text)
    maker = None if call is None else _MAKERS.get(call["name"])
    parsed = None if call is None or maker is None else _parsed(call)
    # What follows in parentheses may be the arguments of a method behind the call, `np.ones((4, 4)).sum(1)`.
    arguments = _arguments(parsed) if parsed is not None and isinstance(parsed.func, ast.Name) else None
    if call is None or maker is None or arguments is None:
        return None
    numbers, dtype = arguments
    made = maker(call["library"], numbers)
    if made is None or dtype is None:
        return None if made is None else (made, None)
    if isinstance(dtype, str):
        with np.errstate(over="ignore"):  # it becomes infinite, as in the program
            return made.astype(dtype), None
    # How a program cuts decimals off depends on where it does so.
    return None if (made % 1).any() else (made.astype(np.int64), dtype)


def _parsed(call: re.Match[str]) -> ast.Call | None:
    """Return the syntax of a call, its function named f; None for what is not a call."""
    try:
        body = ast.parse(f"f{call['arguments']}", mode="eval").body
    except (SyntaxError, ValueError, MemoryError):
        return None
    return body if isinstance(body, ast.Call) else None


def _refuse_method(paste: Paste, span: tuple[int, int]) -> None:
    """Refuse the method that is called last on an array that is made: those that are known were taken away before."""
    call = _CALL.fullmatch(paste.text, *span)
    parsed = _parsed(call) if call is not None and call["name"] in _MAKERS else None
    if call is None or parsed is None or not isinstance(parsed.func, ast.Attribute):
        return
    before = f"f{call['arguments']}".encode()[: parsed.func.value.end_col_offset].decode()
    hint = "paste what the program prints for it"
    raise paste.source.fault(
        f"the method {parsed.func.attr} is not run here", call.start("arguments") + len(before) - 1, span[1], hint
    )


def _arguments(call: ast.Call) -> tuple[list[Any], str | WholeType | None] | None:
    """Return the numbers and lists among the arguments, and the type that is asked for; None for anything else."""
    try:
        numbers = [_number(argument) for argument in call.args if not _names_type(argument)]
        numbers += [_number(word.value) for word in call.keywords if word.arg in _NUMBERS]
    except (ValueError, ZeroDivisionError):
        return None
    dtypes = [word.value for word in call.keywords if word.arg == "dtype"]
    dtypes += [argument for argument in call.args if _names_type(argument)]
    if len(dtypes) > 1 or any(word.arg not in _KEYWORDS for word in call.keywords):
        return None
    if not dtypes:
        return numbers, None
    name = ast.unparse(dtypes[0]).strip("'\"").rpartition(".")[2]
    known = FLOATS.get(name) or whole_type(name)
    return None if known is None else (numbers, known)


def _names_type(node: ast.expr) -> bool:
    """Return whether an argument is a name, such as `np.float32` or `'int64'`: only types are given so."""
    return isinstance(node, ast.Name | ast.Attribute) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _number(node: ast.expr) -> Any:
    """Return the number that is written, a quotient of two, or a list; errors: ValueError for anything else."""
    if isinstance(node, ast.Tuple | ast.List):
        return [_number(element) for element in node.elts]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _number(node.left) / _number(node.right)
    value = ast.literal_eval(node)
    if type(value) not in (int, float) or not abs(value) < _LARGEST:
        raise ValueError(value)
    return value


def _full(library: str | None, given: list[Any]) -> NDArray[Any] | None:
    """Return an array of one number: its sizes, `(2, 3)` or `2, 3`, then the number.

    `ones(3)` without the name of a library is 3x3 in MATLAB and 3 in NumPy, and None here.
    """
    *sizes, value = given
    if len(sizes) == 1 and isinstance(sizes[0], list):
        sizes = sizes[0]
    elif library != "torch" and len(sizes) != (1 if library else 2):
        return None
    if not all(isinstance(size, int) and size >= 0 for size in sizes) or isinstance(value, list):
        return None
    check_count(prod(sizes))
    return np.full(sizes, value)


def _eye(library: str | None, given: list[Any]) -> NDArray[Any] | None:
    if len(given) not in (1, 2) or not all(isinstance(size, int) and size >= 0 for size in given):
        return None
    check_count(given[0] * given[-1])
    return np.eye(*given)


def _range(library: str | None, given: list[Any]) -> NDArray[Any] | None:
    """Return the numbers from a start, 0 by default, up to a stop that is not among them."""
    if len(given) not in (1, 2, 3) or any(isinstance(number, list) for number in given):
        return None
    start, stop, step = given if len(given) == 3 else (*([0, *given][-2:]), 1)
    if step == 0:
        return None
    check_count(max(0, ceil((stop - start) / step)))
    return np.arange(start, stop, step)


def _linspace(library: str | None, given: list[Any]) -> NDArray[Any] | None:
    if len(given) != 3 or any(isinstance(number, list) for number in given) or not isinstance(given[2], int):
        return None
    check_count(given[2])
    return np.linspace(*given) if given[2] > 0 else None


def _seq(library: str | None, given: list[Any]) -> NDArray[Any] | None:
    """Return R's numbers from the first to the last, which is among them if it is met up to rounding."""
    if len(given) not in (2, 3) or any(isinstance(number, list) for number in given):
        return None
    first, last, step = (*given, 1)[:3]
    if step == 0 or (last - first) / step < 0:
        return None
    count = int((last - first) / step + 1e-10) + 1
    check_count(count)
    made: NDArray[Any] = first + np.arange(count) * step
    return made


_KEYWORDS = ("dtype", "device", "requires_grad", "by", "times")
_NUMBERS = ("by", "times")
_MAKERS: dict[str, Callable[[str | None, list[Any]], NDArray[Any] | None]] = {
    "ones": lambda library, given: _full(library, [*given, 1.0]),
    "zeros": lambda library, given: _full(library, [*given, 0.0]),
    "full": _full,
    "fill": _full,
    "eye": _eye,
    "identity": _eye,
    "arange": _range,
    "range": _range,
    "linspace": _linspace,
    "seq": _seq,
    "rep": lambda library, given: _full("torch", given[::-1]) if len(given) == 2 else None,
}


def _rows(paste: Paste, span: tuple[int, int]) -> tuple[NDArray[Any], None]:
    """Return the numbers of `[1:3; 4 5 6]`, which states no type; errors: rows of different lengths."""
    rows = [
        [number for item in row.replace(",", " ").split() for number in _item(item)]
        for row in paste.text[span[0] + 1 : span[1] - 1].replace("\n", ";").split(";")
        if row.strip()
    ]
    if len({len(row) for row in rows}) > 1:
        raise paste.source.fault(f"rows of {' and '.join(str(len(row)) for row in rows[:2])} numbers", *span)
    return np.array(rows if len(rows) > 1 else rows[0]), None


def _item(text: str) -> Sequence[int | float]:
    made = numbers_made(text)
    if made is not None:
        return list(made.tolist())
    return [float(text) if "." in text else int(text)]
