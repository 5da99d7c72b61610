"""Files of other programs: what each is called, and the line that converts it to one that can be read."""

from __future__ import annotations

from pathlib import Path

from convcalc.errors import DataError
from convcalc.matrix.sources import STANDARD_INPUT

_PYTHON = 'python -c "import {imports}; {call}"'
_SHEET = _PYTHON.format(
    imports="pandas", call="pandas.read_excel('{file}', header=None).to_csv('{stem}.csv', header=False, index=False)"
)
_TORCH = _PYTHON.format(
    imports="numpy, torch", call="numpy.save('{stem}.npy', torch.load('{file}', map_location='cpu').numpy())"
)
_MAT = _PYTHON.format(imports="numpy, scipy.io", call="numpy.save('{stem}.npy', scipy.io.loadmat('{file}')['A'])")
_HDF = _PYTHON.format(imports="h5py, numpy", call="numpy.save('{stem}.npy', h5py.File('{file}')['A'][()])")
_PICKLE = _PYTHON.format(imports="numpy", call="numpy.save('{stem}.npy', numpy.load('{file}', allow_pickle=True))")
_TABLE = _PYTHON.format(imports="pandas", call="pandas.read_parquet('{file}').to_csv('{stem}.csv', index=False)")
_FITS = _PYTHON.format(
    imports="astropy.io.fits, numpy", call="numpy.save('{stem}.npy', astropy.io.fits.getdata('{file}'))"
)
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    # what the bytes begin with, what that is, and the line that converts it
    (b"MATLAB 7.3 MAT-file", "a .mat file of MATLAB 7.3", _HDF),
    (b"MATLAB 5.0 MAT-file", "a .mat file of MATLAB", _MAT),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", _HDF),
    (b"\xd0\xcf\x11\xe0", "an .xls workbook", _SHEET),
    (b"PAR1", "a Parquet file", _TABLE),
    (b"SIMPLE  =", "a FITS file", _FITS),
    (b"\x1f\x8b", "compressed with gzip", "gunzip '{file}'"),
    (b"BZh", "compressed with bzip2", "bunzip2 '{file}'"),
    (b"\xfd7zXZ\0", "compressed with xz", "unxz '{file}'"),
    (b"%PDF-", "a PDF", "pdftotext -layout '{file}' '{stem}.txt'"),
)
_NAMES_BYTES = 1 << 16
_ARCHIVES: tuple[tuple[bytes, str, str], ...] = (
    # what is in the archive, the same for the rest
    (b"xl/workbook", "an .xlsx workbook", _SHEET),
    (b"spreadsheet", "an .ods workbook", _SHEET),
    (b"data.pkl", "a file of PyTorch", _TORCH),
    (b"config.json", "an archive of Keras", ""),
)


def refuse(data: bytes, place: str) -> None:
    """Refuse a file of another program, known by its first bytes or by what its archive holds.

    >>> try: refuse(b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a.mat")
    ... except DataError as error: print(error)
    this is a .mat file of MATLAB
    """
    found = next(((what, line) for magic, what, line in _OTHERS if data.startswith(magic)), None)
    if found is None and data.startswith(b"PK\x03\x04"):
        names = data[:_NAMES_BYTES] + data[-_NAMES_BYTES:]
        found = next(((what, line) for name, what, line in _ARCHIVES if name in names), None)
    if found is None and data[:1] == b"\x80" and data[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        torch = b"torch" in data[:4096] or place.lower().endswith((".pt", ".pth"))
        found = ("a file of PyTorch", _TORCH) if torch else ("a pickle", _PICKLE)
    if found is None:
        return
    what, line = found
    file = "FILE" if place == STANDARD_INPUT else place
    hint = line.format(file=file, stem=Path(file).stem) if line else "save the array itself, as .npy"
    raise DataError(f"this is {what}", place=place, hint=hint)
