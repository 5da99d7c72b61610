"""Calls and prints around an array: `tf.constant(...)`, `<tf.Tensor ...>`, `[torch.FloatTensor of size 2x2]`."""

from __future__ import annotations

import re

from convcalc.matrix.reading.pasted.paste import FIRST_AXIS, UNSIGNED, Paste, start_of_end
from convcalc.matrix.reading.printed import FIELD_NAMES, FLOATS, PYTORCH_NOTE, end_of_array, numpy_notes
from convcalc.matrix.reading.whole_types import whole_type

_NOT_A_LIST = r"(?<!\.tolist\(\))"
"""Behind `.tolist()` stands a list of Python's, which has neither a transpose nor methods of arrays."""
_CLOSING = re.compile(r"(?<=[\])}])\s*(?:[;,]+|\.)\s*\Z")
_FOOTERS = (
    re.compile(
        r"\[(?:\w+\.)*\w*Tensor of size (?P<size>[0-9]+(?:[x, ]+[0-9]+)*|\([0-9, ]+\))(?:[ \t]*\(GPU \d+\))?\]\s*\Z"
    ),
    re.compile(r"\[ *(?:Variable\[)?\w+Type\]?\{(?P<size>[0-9,]*)\} *\]\s*\Z"),
    re.compile(r"<NDArray (?P<size>[0-9x]+) @\w+\(\d+\)>\s*\Z"),
    re.compile(r"(?<=[\])])[ \t]*\n\s*(?:torch\.Size\(\[(?P<size>[0-9, ]*)\]\))\s*\Z"),
    re.compile(r"(?<=\]\])[ \t]*\n\s*\((?P<size>[0-9]+,(?: *[0-9]+,?)*)\)\s*\Z"),
)
_FIELD = r"(?:'[^'\n]*'|\"[^\"\n]*\"|<[^<>\n]*>|\([^()\n]*\)|\[[^\[\]\n]*\]|[\w.:-]+(?:\([^()\n]*\))?)"
_ANGLE = re.compile(
    rf"\s*<(?:\w+\.)*(?:Tensor|Variable|KerasVariable|EagerTensor)[ :]*(?:'[^'\n]*')?"
    rf"(?P<fields>(?:[\s,]*(?:{FIELD_NAMES})={_FIELD})*?)[\s,]*(?:numpy|value)=\s*"
)
_ANGLE_END = re.compile(r">\s*\Z")
_STATED = re.compile(r"\b(shape|dtype)\s*=\s*(\([^()]*\)|\[[^\[\]]*\]|[^\s,)\]]+)")
_TYPE = re.compile(r"(?:dtype\s*=\s*|,\s*(?!\w+\s*=))(?:(?:\w+\.)*dtype\(\s*)?['\"]?(?:\w+\.|[<>=|])*(\w+)")
_CONSTRUCTORS = (
    r"constant|[Vv]ariable|[a-z]*[Tt]ensor|[A-Z]\w*Tensor|to_tensor|as_tensor|convert_to_tensor|from_numpy|(?:as)?array"
    r"|Array|DeviceArray|ArrayImpl|ndarray|NDArray|matrix|mat|Matrix|\w*DenseMatrix|ImmutableMatrix|Parameter|list|tuple"
)
_CALL = re.compile(
    rf"\s*(?:[A-Za-z_]\w*\.)*(?P<name>{_CONSTRUCTORS})\s*\((?P<before>(?:\s*(?:{FIELD_NAMES})\s*=\s*{_FIELD}\s*,)*"
    r"(?:\s*(?P<rows>[0-9]+)\s*,\s*(?P<columns>[0-9]+)\s*,)?)\s*(?:(?:data|value|object|initial_value)\s*=\s*)?"
)
_TAIL = re.compile(
    rf"(?P<after>(?:\s*,\s*(?:(?:{FIELD_NAMES})\s*=\s*{_FIELD}|[A-Za-z_][\w.]*|'[^'\n]*'|\"[^\"\n]*\"))*)\s*(?:,\s*)?\)\s*\Z"
)
_INNER = re.compile(
    rf"(?:(?<![\w.])(?:[A-Za-z_]\w*\.)+|(?<![\w.]))(?:array|tensor)\(\s*(\[[^()\[\]]*\]|[-+]?{UNSIGNED})\s*(?:,\s*dtype=[\w.]+\s*)?\)"
)
_RESHAPED = re.compile(
    # A transpose is no longer in the order of the numbers.
    rf"(?<=[\])])(?<!\.t\(\))(?<!\.transpose\(\)){_NOT_A_LIST}\s*\.\s*(?:reshape|view)\("
    r"\s*(?P<size>[(\[]?[-0-9,\s]+[)\]]?)\s*\)\s*\Z"
)
_METHOD = re.compile(
    rf"(?<=[\])T]){_NOT_A_LIST}\s*(?:\.\s*(?:(?P<kept>numpy|tolist|copy|clone|cpu|cuda|detach|contiguous|requires_grad_)\(\s*\)"
    r"|(?P<decimal>float|double|half)\(\s*\)"
    r"|(?:astype|to|type)\(\s*(?:dtype\s*=\s*)?['\"]?(?:\w+\.)*(?P<dtype>\w+)['\"]?\s*\)"
    r"|(?P<axis>unsqueeze\(\s*(?:dim\s*=\s*)?0\s*\)))|\[\s*(?P<axes>(?:None|np\.newaxis)(?:\s*,\s*(?:None|np\.newaxis|:|\.\.\.))*)\s*\])\s*\Z"
)
_PYTORCH_TYPES = {"half": "float16", "float": "float32", "double": "float64"}
_TURNED = re.compile(
    rf"(?<=[\])}}]){_NOT_A_LIST}\s*"
    r"(?P<mark>\.?'|ᵀ|\.(?:m?T|mH|H)(?!\w)|\.(?:t|transpose)\(\)|\^(?:T(?!\w)|\{\s*(?:\\\w+\s*)?T?\s*\}|\\top))"
    r"(?=\s*(?:[*/][^\n\[\]]*)?[;,.]?\s*\Z)\s*[;,.]?(?=\s*\Z|\s*[*/])"
)
_TURNING = re.compile(r"\s*(?:(?:\w+\.)*transpose|t)\s*\((?=\s*(?:[\[(]|[A-Za-z_.]+\())(?=.*\)\s*;?\s*\Z)", re.DOTALL)
_CLOSED = re.compile(r"\)\s*;?\s*\Z")


def closing_marks(paste: Paste) -> Paste | None:
    """Leave out the `;`, `,` or `.` after the last bracket."""
    match = _CLOSING.search(paste.text, start_of_end(paste.text))
    return None if match is None else paste.without(match.span())


def footers(paste: Paste) -> Paste | None:
    """Leave out the size that a print ends with, `[torch.FloatTensor of size 2x2]`, and hold the numbers to it."""
    if paste.text.rstrip()[-1:] not in (")", "]", ">"):
        return None
    start = start_of_end(paste.text)
    for footer in _FOOTERS:
        match = footer.search(paste.text, start)
        if match is not None:
            span = match.start(), match.end()
            return paste.stating(match["size"], *match.span("size")).without(span)
    return None


def angle_brackets(paste: Paste) -> Paste | None:
    """Take the numbers out of TensorFlow's `<tf.Tensor: shape=(2, 2), dtype=float32, numpy=...>`."""
    head, tail = _ANGLE.match(paste.text), _ANGLE_END.search(paste.text, start_of_end(paste.text))
    if head is None or tail is None:
        return None
    return _with_fields(paste, head.start("fields"), head["fields"]).without(head.span(), tail.span())


def calls(paste: Paste) -> Paste | None:
    """Take the array out of a call that makes one of it, such as `tf.constant([1, 2], shape=(1, 2))`."""
    text = paste.text
    head = _CALL.match(text)
    if head is None:
        return None
    end = end_of_array(text, head.end())
    tail = _TAIL.match(text, end)
    if tail is None:
        return None
    if head["rows"] is not None:
        paste = paste.stating(f"{head['rows']} {head['columns']}", head.start("rows"), head.end("columns"), flat=True)
    paste = _with_fields(paste, head.start("before"), head["before"], flat=True)
    paste = _with_fields(paste, tail.start("after"), tail["after"], flat=True)
    if head["name"].endswith("Tensor"):
        paste = paste.replace(whole=whole_type(head["name"].removesuffix("Tensor")) or paste.whole)
    inside = text[head.end() : end]
    if head["name"] in ("tensor", "array", "Array") and "." in inside:
        rounded = (PYTORCH_NOTE,) if head["name"] == "tensor" else numpy_notes(inside)
        paste = paste.replace(notes=(*paste.notes, *rounded))
    return paste.without((0, head.end()), (end, len(text)))


def inner_calls(paste: Paste) -> Paste | None:
    """Take the rows out of a list of arrays, `[array([1, 2]), array([3, 4])]`, or of prints of one row each."""
    if paste.text.count("array(") + paste.text.count("tensor(") < 2:
        return None
    found = list(_INNER.finditer(paste.text))
    if len(found) < 2:
        return None
    spans = [span for match in found for span in ((match.start(), match.start(1)), (match.end(1), match.end()))]
    return paste.without(*spans)


def reshaped(paste: Paste) -> Paste | None:
    """Note the shape of `.reshape(2, 2)` or `.view(2, 2)` after an array."""
    match = _RESHAPED.search(paste.text, start_of_end(paste.text))
    if match is None:
        return None
    return paste.stating(match["size"], *match.span("size"), flat=True).without(match.span())


def methods(paste: Paste) -> Paste | None:
    """Leave out `.astype(np.float32)`, `.float()` and the like after an array, and note first axes of one element.

    Whole types, which would cut decimals off, are not understood, nor are axes of one elsewhere.
    """
    method = _METHOD.search(paste.text, start_of_end(paste.text))
    if method is None:
        return None
    kept = paste.without(method.span())
    if method["axis"] is not None or method["axes"] is not None:
        axes = (method["axes"] or "None").replace("np.newaxis", "None").replace(" ", "").split(",")
        count = axes.count("None")
        if "None" in axes[count:]:
            return None
        # A shape that is stated outside holds the numbers in any case.
        return kept if paste.stated is not None else kept.replace(turns=(*paste.turns, *[FIRST_AXIS] * count))
    if method["decimal"] is not None:
        return kept.replace(dtype=paste.dtype or _PYTORCH_TYPES[method["decimal"]])
    name = method["dtype"]
    if name in FLOATS:
        return kept.replace(dtype=paste.dtype or FLOATS[name])
    return kept if name in (None, "cuda", "cpu", "device") else None


def transposes(paste: Paste) -> Paste | None:
    """Note a transpose: a mark after an array, `'`, `.T`, `^T`, or a call around it, `t(...)`, `transpose(...)`."""
    mark = _TURNED.search(paste.text, start_of_end(paste.text))
    if mark is not None:
        return paste.turned(mark["mark"], mark.span())
    call, end = _TURNING.match(paste.text), _CLOSED.search(paste.text, start_of_end(paste.text))
    if call is None or end is None:
        return None
    python = "." in call[0]
    return paste.turned(".T" if python else "t()", call.span(), end.span())


def _with_fields(paste: Paste, start: int, fields: str, *, flat: bool = False) -> Paste:
    """Return `paste` with the shape and the dtype that `fields` state."""
    for match in _STATED.finditer(fields):
        if match[1] == "shape":
            paste = paste.stating(match[2], start + match.start(2), start + match.end(2), flat=flat)
    for word in _TYPE.findall(fields):
        paste = paste.replace(dtype=FLOATS.get(word, paste.dtype), whole=whole_type(word) or paste.whole)
    return paste
