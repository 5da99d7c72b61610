"""Command lines broken into lines that a shell takes as they are."""

from __future__ import annotations

from convcalc.text import wrapped


def command_lines(line: str, width: int) -> list[str]:
    r"""Break a command line for a shell at blanks outside of quotes, so that it may be pasted as it is.

    >>> command_lines("convcalc shape 224 'Conv2d(3, 8, 3)'", 24)
    ['convcalc shape 224 \\', "    'Conv2d(3, 8, 3)'"]
    """
    lines = [""]
    for word in _shell_words(line):
        if len(word) > width - 6 and word[0] == "'" and not set(word) & set(";\\"):
            # In a list of layers the end of a line is a blank; in a matrix it ends a row.
            first, *more = wrapped(word, width - 6)
            lines[-1] += " \\"
            lines += [f"    {first}", *(f"     {piece}" for piece in more)]
            continue
        longer = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if len(longer) > width - 2 * (word is not _shell_words(line)[-1]) and lines[-1].strip():
            lines[-1] += " \\"
            longer = f"    {word}"
            lines.append("")
        lines[-1] = longer
    return lines


def _shell_words(line: str) -> list[str]:
    """Return the words of a command line, each in its quotes."""
    words, quoted = [""], False
    for character in line:
        quoted ^= character == "'"
        if character == " " and not quoted:
            words.append("")
        else:
            words[-1] += character
    return words
