"""How a matrix is to be read."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.text import did_you_mean
from convcalc.value import Value

FORMATS = (
    "plain",
    "csv",
    "tsv",
    "json",
    "numpy",
    "pytorch",
    "matlab",
    "markdown",
    "latex",
    "pnm",
    "npy",
    "npz",
    "image",
)
_OTHER_NAMES = {
    "text": "plain",
    "txt": "plain",
    "torch": "pytorch",
    "octave": "matlab",
    "md": "markdown",
    "tex": "latex",
    "pgm": "pnm",
    "ppm": "pnm",
    "pbm": "pnm",
    "png": "image",
    "jpg": "image",
    "jpeg": "image",
}
_DTYPES = (
    *("float16", "float32", "float64"),
    *("int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64"),
)


class ReadOptions(Value):
    """How to read a matrix, where its content does not show it.

    `format` is one of `FORMATS`; `header` drops the first row of a table, `index` its first column; `decimal` is "."
    or ","; `gray` converts an image to grayscale and `scale` maps its range (0..255 for 8 bits) to two given
    numbers; `exact` makes decimals `fractions.Fraction`s; `dtype` is the type of the result.

    >>> ReadOptions(format="octave").named_format
    'matlab'
    """

    format: str | None = None
    header: bool = False
    index: bool = False
    decimal: str = "."
    gray: bool = False
    scale: tuple[float, float] | None = None
    exact: bool = False
    dtype: str | None = None

    def check(self) -> None:
        """Refuse a format, decimal mark or dtype that does not exist."""
        if self.decimal not in (".", ","):
            raise UsageError(f"the decimal mark is . or , not {self.decimal!r}", place="`decimal`")
        if self.format is not None and self.format.lower() not in (*FORMATS, *_OTHER_NAMES):
            raise _unknown(self.format, FORMATS, "format", "`format`")
        if self.dtype is not None and self.dtype not in _DTYPES:
            raise _unknown(self.dtype, _DTYPES, "dtype", "`dtype`")
        if self.exact and self.dtype is not None:
            raise UsageError("exact numbers have no dtype", place="`dtype`", hint="leave out `dtype` or `exact`")

    @property
    def named_format(self) -> str | None:
        """The name of the format in `FORMATS`, None where the content shows it."""
        if self.format is None:
            return None
        name = self.format.lower()
        return _OTHER_NAMES.get(name, name)


def _unknown(name: str, known: tuple[str, ...], what: str, place: str) -> UsageError:
    hint = did_you_mean(name, known) or f"the names are {', '.join(known)}"
    return UsageError(f"no such {what}: {name!r}", place=place, hint=hint)
