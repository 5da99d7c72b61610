"""What NumPy and PyTorch print: `array([[1, 2]], dtype=float32)`, `[[1 2]\n [3 4]]`, `tensor([[1.5]], grad_fn=…)`.

Both round the numbers they print unless told otherwise, and the text does not show it; a note says so.
"""

from __future__ import annotations

import re

from convcalc.matrix.reading.brackets import bracketed_layout
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.whole_types import whole_type
from convcalc.text import Source

_HEAD = re.compile(r"\s*(?:Parameter containing:\s*)?(?:\w+\.)*(?P<name>tensor|Tensor|(?:as)?array|matrix)\s*\(")
FIELD_NAMES = (
    "dtype|shape|device|requires_grad|grad_fn|is_leaf|size|names|copy|order|name|trainable|layout|weak_type"
    "|place|stop_gradient|id|backward_fn|path|subok|pin_memory|validate_shape|verify_shape|caching_device"
)
"""What may stand beside the numbers in a print or a call, and does not change them (`shape` is held to)."""

_TAIL = re.compile(
    rf"(?P<fields>(?:\s*,\s*(?:{FIELD_NAMES})\s*=\s*(?:<[^<>\n]*>|'[^'\n]*'|\"[^\"\n]*\"|\([^()\n]*\)|[\w.]+|torch\.Size\([^()\n]*\)))*)"
    r"\s*(?:,\s*)?\)[\s;]*"
)
_DTYPE = re.compile(r"\bdtype\s*=\s*['\"]?(?:\w+\.)*[<>=|]?(\w+)")
_SCALAR = re.compile(
    r"(?P<head>\b(?:np|numpy)\.(?:u?int\d*|float\d*|longlong|intc)\(\s*)(?P<number>[^()\s]+)(?P<tail>\s*\))"
)
FLOATS = {"float16": "float16", "half": "float16", "f2": "float16", "float32": "float32", "f4": "float32"}
FLOATS |= {"float64": "float64", "double": "float64", "f8": "float64", "float": "float64"}
_MARK = re.compile(r"[\[\]]")
_EIGHT_DIGITS = re.compile(r"\.[0-9]{8}(?![0-9])")
_MORE_DIGITS = re.compile(r"\.[0-9]{9}")

PYTORCH_NOTE = (
    "PyTorch prints only four digits after the decimal point, and this text has no more; "
    "torch.set_printoptions(precision=17) prints all"
)
NUMPY_NOTE = (
    "NumPy prints only eight digits after the decimal point, and this text has no more; "
    "np.set_printoptions(precision=17) prints all"
)


def printed_layout(source: Source, text: str) -> Layout:
    """Return the layout of a printed array or tensor; `text` is as long as `source.text`.

    A dtype float16, float32 or float64 that the text states is kept, and numbers are held to a whole one. Errors: as
    `bracketed_layout`, and anything else around the array.
    """
    text = _SCALAR.sub(lambda m: f"{' ' * len(m['head'])}{m['number']}{' ' * len(m['tail'])}", text)
    head = _HEAD.match(text)
    if head is None:
        layout = bracketed_layout(source, text)
        return layout.replace(notes=numpy_notes(layout.text))
    inside, fields = _between_parentheses(source, text, head.end())
    layout = bracketed_layout(source, inside)
    stated = _DTYPE.search(fields)
    name = stated[1] if stated else ""
    if name.startswith("complex"):
        offset = text.rindex(name)
        raise source.fault("complex numbers are not supported", offset, offset + len(name))
    layout = layout.replace(dtype=FLOATS.get(name), whole=whole_type(name))
    if head["name"].lower() == "tensor":
        return layout.replace(notes=(PYTORCH_NOTE,) if "." in layout.text else ())
    return layout.replace(notes=numpy_notes(layout.text))


def _between_parentheses(source: Source, text: str, start: int) -> tuple[str, str]:
    """Return `text` with all but the array overwritten with spaces, and the `key=value` fields after the array."""
    end = end_of_array(text, start)
    tail = _TAIL.match(text, end)
    if tail is None or tail.end() != len(text):
        at = tail.end() if tail is not None else end
        rest = text[at:]
        at += len(rest) - len(rest.lstrip())
        if at >= len(text):
            raise source.fault("this parenthesis is not closed", start - 1, start)
        raise source.fault("this is not part of the array", at, at + len(text[at:].split()[0]))
    return " " * start + text[start:end] + " " * (len(text) - end), tail["fields"]


def end_of_array(text: str, start: int) -> int:
    """Return the offset after the bracket that closes the first one, or after the bare number."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        if depth == 0 and text[start : mark.start()].strip():
            break
        depth += 1 if mark[0] == "[" else -1
        if depth == 0:
            return mark.end()
    if depth > 0:
        return len(text)
    number = re.compile(r"\s*[^\s,()\[\]]*").match(text, start)
    return number.end() if number is not None else start


def numpy_notes(text: str) -> tuple[str, ...]:
    """Return the note for a text whose decimals end at eight digits after the point."""
    return (NUMPY_NOTE,) if _EIGHT_DIGITS.search(text) and not _MORE_DIGITS.search(text) else ()
