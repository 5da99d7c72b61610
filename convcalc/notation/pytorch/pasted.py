"""What people copy along with a printed model: prompts, fences, log headers, typographic signs, blanked in place."""

from __future__ import annotations

import re
from functools import lru_cache

from convcalc.text import plain_signs

_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_MODULE = r"[A-Za-z_][\w.]*[ \t]*\([ \t]*$"  # a line that opens a module

# What is blanked, in this order.
_PATTERNS = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # A fence, which may stand on a line of the print.
        r"^[ \t]*(?:```|~~~)(?:\w*[ \t]*$)?|(?:```|~~~)[ \t]*$",
        # The date and time of a log, up to what is logged.
        r"^\[?\d{2,4}[-/]\d\d(?:[-/]\d\d)?[ T]\d\d:\d\d:\d\d[^()\n]*?(?:[\]:]|[ \t]-)+[ \t]+"
        r"(?=[A-Za-z_][\w.]*[ \t]?\(|[()]|[A-Za-z ]*:?[ \t]*$)",
        r"^\[?(?:INFO|DEBUG)\b\]?[ \t]*[-:]*[ \t]*(?:\w+:)?[ \t]*",
        # What was typed at a prompt, with its further lines; a prompt alone before a module.
        rf"^[ \t]*(?:>>>|In[ \t]*\[\d*\][ \t]*:)(?![ \t]*[()])(?![^\n]*{_MODULE})"
        r"[^\n]*(?:\n[ \t]*\.\.\.(?![ \t]*[()])[^\n]*)*",
        r"^[ \t]*(?:>>>|\.\.\.(?=[ \t]*[()])|(?:In|Out)[ \t]*\[\d*\][ \t]*:)",
        r"^[ \t]*(?:>[ \t]?)+",  # quoted in a mail
        r"^[ \t]*(?:print[ \t]*\([^()\n]*\)|[\w.]+[ \t]*(?:\.eval|\.cuda|\.train)\(\))[ \t]*;?[ \t]*$",
        rf"^[ \t]*[A-Za-z_][\w.]*[ \t]*=[ \t]*(?={_MODULE})",
        rf"^[ \t]*[A-Za-z][\w ]*:[ \t]+(?={_MODULE})|^[ \t]*[A-Za-z][\w ]*:[ \t]*$",  # a heading
        r"(?:<|&lt;)bound method [\w.]+ of (?=[A-Za-z_][\w.]*[ \t]?\()",
        r"(?<=\))[ \t]*(?:>|&gt;)[ \t]*$",
        r"^[ \t]*#[^\n]*",
        r"^def forward\([\s\S]*\Z",
        r"^[ \t]*init_cfg[ \t]*=[ \t]*[\[{][^\n]*$",
        # What ptflops puts before the arguments.
        r"(?<![\d.])[\d.]+(?: [kKMGT]?)?(?: ?Params)?, [\d.]+% Params, [\d.]+ [kKMGT]?(?:Macs?|MACs|FLOPs), "
        r"[\d.]+% (?:MACs|FLOPs),",
    )
]
_LINE = r"[ \t]*(?:\([\w.-]+\): [\w.]+\([^\n#%&>`\x1b\x80-\U0010ffff]*|\))?"
# A print of ASCII signs with nothing around it or in it, which need not be searched for each of these.
_PRINT_ALONE = re.compile(rf"(?:[A-Za-z_]\w*\(\n)?(?:{_LINE}\n)*{_LINE}", re.ASCII)
_ALL_COMMENTS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*)?\Z")


@lru_cache(maxsize=1)  # a text is looked at, then read
def cleaned(text: str) -> str:
    """Return a pasted print without what is not of the model, every other character in its place.

    >>> cleaned(">>> print(net)\\nNet（\\n  (a): ReLU()\\n)").split("\\n")
    ['              ', 'Net(', '  (a): ReLU()', ')']
    """
    if _PRINT_ALONE.fullmatch(text):
        return text
    text = _COLOURS.sub(_blank, plain_signs(text))
    if _ALL_COMMENTS.match(text):
        text = re.sub(r"^[ \t]*#", _blank, text, flags=re.MULTILINE)
    for pattern in _PATTERNS:
        text = pattern.sub(_blank, text)
    return text


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])
