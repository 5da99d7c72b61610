"""Other signs for those that the encoding of standard output does not have, such as ASCII's."""

from __future__ import annotations

_SIGNS = {
    **dict.fromkeys("─━╌", "-"),
    **dict.fromkeys("│┃", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼┏┓┗┛┡┩╇", "+"),
    **dict(zip("░▒▓█▀▄", ".:*#'_", strict=True)),
    **dict(zip("·×−…←→≈", "*x-.<>~", strict=True)),
    "≤": "<=",
    "≥": ">=",
    "√": "sqrt",
    "∞": "inf",
    "²": "^2",
}
"""As wide as the sign itself where it stands in tables."""


def encoded_with_other_signs(text: str, encoding: str) -> bytes:
    """Return `text` in an encoding that does not have all of its characters; what has no other sign becomes `?`.

    >>> encoded_with_other_signs("2·3 ≥ 5, é", "ascii"), encoded_with_other_signs("2·3 ≥ 5, é", "latin-1")
    (b'2*3 >= 5, ?', b'2\\xb73 >= 5, \\xe9')
    """
    return b"".join(_encoded(character, encoding) for character in text)


def _encoded(character: str, encoding: str) -> bytes:
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        return _SIGNS.get(character, "?").encode(encoding, "replace")
