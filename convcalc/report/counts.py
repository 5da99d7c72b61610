"""Large counts for reading: in groups of three digits, or to three digits with a prefix of the SI."""

from __future__ import annotations

PREFIXES = "kMGTPE"
LARGE = 1_000_000
"""The least count that is also shown to three digits."""


def grouped(count: int | None) -> str:
    """Return a count with a blank between groups of three digits, `?` for one that is not known.

    >>> grouped(1814073344), grouped(None)
    ('1 814 073 344', '?')
    """
    return "?" if count is None else f"{count:,}".replace(",", " ")


def scaled(count: int | None) -> str:
    """Return a count to three digits with a prefix of the SI, one below a thousand as it is.

    >>> scaled(15_470_314_496), scaled(999_600), scaled(9408), scaled(999), scaled(None)
    ('15.5 G', '1.00 M', '9.41 k', '999', '?')
    >>> scaled(10**20), scaled(10**400)
    ('100 E', '10^400')
    """
    if count is None or abs(count) < 1000:
        return grouped(count)
    if abs(count) >= 10**21:
        return f"10^{len(str(abs(count))) - 1}"
    value, power = float(count), -1
    # What would round to a thousand is one of the next prefix.
    while abs(value) >= 999.5 and power + 1 < len(PREFIXES):
        value, power = value / 1000, power + 1
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {PREFIXES[power]}"
