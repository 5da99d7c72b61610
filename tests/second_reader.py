"""A plain second reader of pasted matrices, which shares no code with the package: numbers in order, and their rows.

It knows nothing of dialects: it throws away what cannot be data (names, sizes, types, prompts), takes the numbers
that are left, and breaks them into rows at line ends and brackets. Where that can be done in several ways (labels
beside the rows, blocks of columns, a factor) it gives every one of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Rows = list[list[float]]

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
NOT_DATA = [
    r"sep=[;,|\t]",
    r"^\s*(?:```|~~~)[^\n]*$",
    r"^\s*(?:>>>|\.\.\.|>>|octave:\d+>|In \[\d*\]:|Out\[\d*\]:|julia>|#>|##|>)(?=\s|$)",
    r"\"?\b(?:shape|size|dtype|place|stop_gradient|requires_grad|device|layout)\"?\s*[=:]\s*(?:\([^()]*\)|\[[^\[\]]*\]|[\w.]+(?:\([^()]*\))?)",
    r"torch\.Size\(\[[\d, ]*\]\)",
    r"\[(?:torch\.)?[\w.]*Tensor of size [\dx ]+(?: ?\(GPU \d+\))?\]",
    r"\[ *\w+\{[\d,]+\} *\]",
    r"\"[^\"]*\": \[[\d, ]*\],",
    r"<NDArray [\dx]+ @\w+\(\d+\)>",
    r"\.\s*reshape\([^()]*\)",
    r"^\s*\d+(?:[x×]\d+)+\s+\w+(?:\{[^{}]*\}:?| matrix)",
    r"^\s*\d+(?:x\d+)?\s*:",
    r"^\s*Columns?\s+\d+(?:\s+(?:through|and|to)\s+\d+)?:?\s*$",
    r"Matrix\(\s*\d+\s*,\s*\d+\s*,",
    r"\b(?:Mat_<\w+>|Matrix\w+)\s*\w*\s*\(\s*\d+\s*,\s*\d+\s*\)|\bMatx\w+|\bMatrix\d[\dx]*[a-z]+",
    r",\s*dimnames\s*=\s*list\((?:[^()]|\([^()]*\))*\)",
    r"\bdim\s*=\s*c\([^()]*\)|(?<=\))(?:\s*,\s*(?:\w+\s*=\s*)?\w+)+\s*(?=\))",
    r"(?<=\])\s*,\s*\[?\s*\d+(?:[\s,]+\d+)+\s*\]?(?=\s*\))",
    r"(?<=[\])}])\s*(?:\.?'|\.\w+(?:\(\))?|\^\{?\\?\w+\}?)",
    r"(?<=[\w\]])\[\s*\d*\s*\](?=[\[\s=])|\[\d+\](?=\[|int|\w)",
    r"\[,\d+\]|\[\d+,\](?=\s)|^\s*\[\d+\](?=\s)",
    r"\w+\[\d+,\d+\]$",
    r":\s*\[\[\w+;\s*\d+\];\s*\d+\]",
    r"//[^\n]*|/\*.*?\*/|(?<=[;\]\s])%[^\n]*$",
    r"\{\|[^\n]*|^\s*\|[-}+][^\n]*|^\s*![^\n]*",
    r"'[^'\n]*'",
    r"\bnumpy=|\bvalue=",
    r"\bint\S*\)",
    r"(?<!\\)\\(?= )|\\[a-z]+(?:\{[a-z]+\})*",
]

WIDTHS = [
    # where a shape is stated beside numbers in one row: how long its rows are
    r"shape\W*[\[(][^\[\]()\n]*?(\d+)\s*[\])]",
    r"\w\W*(?:\[\s*\w*\s*\])+\[(\d+)\s*\]",
    r"Matrix\(\s*\d+\s*,\s*(\d+)",
    r"^\s*(\d+)x\d+\s*:",
    r"Mat\w*[1-9]x?([1-9])[a-z]",
    r"Mat\w*(?:<\w+>)?\s*\w*\s*\(\s*\d+\s*,\s*(\d+)",
    r"matrix\(.*nc\w*\s*=\s*(\d+)",
    r"matrix\([^()]*\([^()]*\)\s*,\s*\d+\s*,\s*(\d+)",
]
HEIGHTS = [
    # where numbers may fill columns first: how long these are
    r"matrix\(.*nr\w*\s*=\s*(\d+)",
    r"matrix\([^()]*\([^()]*\)\s*,\s*(\d+)",
    r"array\(.*c\(\s*(\d+)[^()]*\)\s*\)",
    r"reshape\([^\]]*\]\s*,\s*\[?\s*(\d+)",
]
TURNED = r"[\])}]\s*(?:\.?'|ᵀ|\.m?T\b|\.t\(|\.transpose|\^)|\bt\(|transpose\(|cbind\("


def readings(text: str) -> Iterator[Rows]:
    """Yield every way in which the numbers of `text` may stand in rows, turned where a mark says so."""
    turned = re.search(TURNED, text) is not None
    for rows in _unturned(text):
        yield rows
        filled = [row for row in rows if row]
        if turned and filled and all(len(row) == len(filled[0]) for row in filled):
            yield [list(column) for column in zip(*filled, strict=True)]


def _unturned(text: str) -> Iterator[Rows]:
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").replace("、", ",")
    yield from _readings(plain)
    if "..." in plain:
        yield from _readings(re.sub(r"\.\.\.[^\n]*\n", " ", plain))
    # What follows # may be a comment.
    yield from _readings(re.sub(r"#[^\n]*", "", plain))
    # The first cell of a row may be a name, whatever it holds.
    for first in (r"^[ \t]*\|[^|\n]*|^[^,|\n]*,|^[ \t]*\S+", r"^[^\t\n]*\t", r"^[^&\n]*&|\\\\[^&\n]*&"):
        yield from _readings(re.sub(first, "", plain, flags=re.MULTILINE))
    # What stands before a colon may be a label.
    yield from _readings(re.sub(r"^[^\n\[]*:", "", plain, flags=re.MULTILINE))
    code = re.findall(r"^\s*#>.*$", plain, re.MULTILINE)
    if code:
        yield from _readings("\n".join(code))
    # Of a session the last thing printed counts.
    parts = re.split(
        r"^\s*(?:>>>|>>|octave:\d+>|In \[\d*\]:|>)(?:\s[^\n]*)?$(?:\n\.\.\.[^\n]*)*", plain, flags=re.MULTILINE
    )
    for part in parts:
        if len(parts) > 1:
            yield from _readings(part)
    yield from _readings(re.sub(r"\(\d+(?:, ?\d+)+\)", "", plain))
    # A tuple below a print is its shape; one above it too.
    for cut in (re.sub(r"\n\([\d, ]+\)\s*\Z", "\n", plain), re.sub(r"\A[^\n]*\n", "", plain)):
        if cut != plain:
            yield from _readings(cut)


def _readings(text: str) -> Iterator[Rows]:
    width, height = (
        next((int(found[1]) for found in (re.search(pattern, text, re.DOTALL) for pattern in patterns) if found), 0)
        for patterns in (WIDTHS, HEIGHTS)
    )
    for pattern in NOT_DATA:
        text = re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.MULTILINE | re.DOTALL)
    scaled = re.search(rf"({NUMBER}(?:/{NUMBER})?)\s*\*", text)
    factor, divisor = 1.0, re.search(rf"[\])]\s*/\s*({NUMBER})[fF]?\s*[;,]?\s*\Z", text)
    if scaled:
        factor, text = _value(scaled[1]), text[: scaled.start()] + text[scaled.end() :]
    if divisor:
        factor, text = factor / _value(divisor[1]), text[: divisor.start() + 1]
    # Rows that stand on several lines each: of YAML, of MediaWiki (its marks are blank lines now), of LaTeX.
    for marks in (r"^\s*- - ", r"^\s*$", r"\\\\"):
        parts = re.split(marks, text, flags=re.MULTILINE)
        for first in (0, 1):
            rows = [[number for row in _rows(re.sub(r"(?<=\s)- ", "  ", part)) for number in row] for part in parts]
            yield [row[first:] for row in rows if row]
    lines = [_rows(line) for line in re.split(r"\n", text)]
    flat = [row for line in lines for row in line]
    numbers = [number * factor for row in flat for number in row]
    if width:
        yield [numbers[at : at + width] for at in range(0, len(numbers), width)]
    if height:
        yield [numbers[at::height] for at in range(height)]
        yield [
            numbers[at : at + len(numbers) // height] for at in range(0, len(numbers), len(numbers) // height or 1)
        ]
    yield [[number * factor for number in row] for row in flat if row]
    # Brackets over several lines: rows are what stands between brackets, whatever the lines.
    yield [[number * factor for number in row] for row in _rows(text.replace("\n", " ")) if row]
    # Names beside the rows, and above them: the first number of each line, and all of the first line.
    whole = [[number for row in line for number in row] for line in lines]
    filled = [row for row in whole if row]
    yield [row[1:] for row in filled]
    yield [row[1:] for row in filled[1:]]
    yield filled[1:]
    # A cell a line, with rows between marks.
    yield from _blocks(whole, factor)


def _blocks(lines: Rows, factor: float) -> Iterator[Rows]:
    """Yield blocks of lines with blank ones between, set beside each other, with and without names."""
    blocks: list[Rows] = [[]]
    for line in lines:
        if line:
            blocks[-1].append([number * factor for number in line])
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if block]
    for named in (False, True):
        for head in (0, 1):
            cut = [[row[named:] for row in block[head:]] for block in blocks]
            if cut and all(len(block) == len(cut[0]) for block in cut):
                yield [[number for block in cut for number in block[row]] for row in range(len(cut[0]))]


def _rows(text: str) -> Rows:
    """Return the numbers between brackets and semicolons; a word with a digit in it that is none is not a number."""
    rows = []
    for part in re.split(r"[\[\](){};&]|\\\\", text):
        words = re.split(r"[\s,|=#<⎡⎢⎣⎤⎥⎦⎛⎜⎝⎞⎟⎠│┃┌┐└┘\"]+", re.sub(r"\s*/\s*", "/", part))
        row = [_value(word) for word in words if word and _is_number(word)]
        rows.append(row)
    return rows


def _is_number(word: str) -> bool:
    return (
        re.fullmatch(rf"{NUMBER}(?:[fF]|[uU]?[lL]{{0,2}})(?:/{NUMBER}[fF]?)?|[-+]?(?:nan|inf)", word, re.IGNORECASE)
        is not None
    )


def _value(word: str) -> float:
    above, _, below = re.sub(r"[lLuU]|(?<![iI][nN])[fF]", "", word).replace("D", "e").replace("d", "e").partition("/")
    return float(above) / (float(below or 1) or float("nan"))
