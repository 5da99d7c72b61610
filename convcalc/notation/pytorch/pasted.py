"""What people copy along with a printed model: prompts, fences, log headers, typographic signs, blanked in place."""

from __future__ import annotations

import re

from convcalc.text import plain_signs

_LINE_STARTS = re.compile(
    r"^[ \t]*(?:(?:>>>|\.\.\.)(?=[ \t]|$)|(?:In|Out)[ \t]*\[\d*\][ \t]*:|```\w*|~~~\w*"
    r"|\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d\S*\]?(?:[ \t]*[-:][ \t]*\S+)*?[ \t]*[-:]?[ \t]*"
    r"(?:\[?\b(?:INFO|DEBUG|WARNING)\b\]?)?[ \t]*[-:]*[ \t]*(?=[\w(])"
    r"|\[?\b(?:INFO|DEBUG)\b\]?[ \t]*[-:]*[ \t]*(?:\w+:)?[ \t]*)",
    re.MULTILINE,
)
_COMMANDS = re.compile(
    r"^[ \t]*(?:print[ \t]*\([^()\n]*\)|[\w.]+[ \t]*(?:\.eval|\.cuda|\.train)\(\))[ \t]*;?[ \t]*$", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"^[ \t]*[A-Za-z_][\w.]*[ \t]*=[ \t]*(?=[A-Za-z_][\w.]*[ \t]?\([ \t]*$)", re.MULTILINE)
_BOUND_METHOD = re.compile(r"<bound method [\w.]+ of (?=[A-Za-z_][\w.]*[ \t]?\()")
_COMMENT = re.compile(r"^[ \t]*#[^\n]*", re.MULTILINE)
_CODE = re.compile(r"^def forward\(.*\Z", re.MULTILINE | re.DOTALL)
_INIT_CFG = re.compile(r"^[ \t]*init_cfg[ \t]*=[ \t]*[\[{][^\n]*$", re.MULTILINE)
_COUNTED = re.compile(
    r"[\d.]+ [kMGT]?(?: Params)?, [\d.]+% Params, [\d.]+ [kMGT]?(?:Mac|MACs|FLOPs), [\d.]+% (?:MACs|FLOPs),"
)
_PATTERNS = (_LINE_STARTS, _COMMANDS, _ASSIGNMENT, _BOUND_METHOD, _COMMENT, _CODE, _INIT_CFG, _COUNTED)
_DANGLING = re.compile(r"(?<=\))[ \t]*>[ \t]*$", re.MULTILINE)


def cleaned(text: str) -> str:
    """Return a pasted print without what is not of the model, every other character in its place.

    >>> cleaned(">>> print(net)\\nNet（\\n  (a): ReLU()\\n)").split("\\n")
    ['              ', 'Net(', '  (a): ReLU()', ')']
    """
    text = plain_signs(text)
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return _DANGLING.sub(lambda match: " " * len(match[0]), text)
