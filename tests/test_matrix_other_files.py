"""Files of other programs are refused by name, with the line that converts them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from convcalc.errors import DataError
from convcalc.matrix.files import matrix_of_bytes, read_matrix
from convcalc.matrix.options import ReadOptions


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "place", "message", "hint"),
    [
        (
            archive("[Content_Types].xml", "xl/workbook.xml"),
            "a.xlsx",
            "this is an .xlsx workbook",
            "read_excel('a.xlsx'",
        ),
        (
            archive("w/data.pkl", "w/data/0"),
            "w.pt",
            "this is a file of PyTorch",
            "numpy.save('w.npy', torch.load('w.pt'",
        ),
        (archive("config.json", "model.weights.h5"), "m.keras", "this is an archive of Keras", "save the array"),
        (
            b"MATLAB 5.0 MAT-file, Platform: GLNXA64",
            "a.mat",
            "this is a .mat file of MATLAB",
            "scipy.io.loadmat('a.mat')",
        ),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64", "b.mat", "MATLAB 7.3", "h5py.File('b.mat')"),
        (b"\x89HDF\r\n\x1a\n", "a.h5", "this is an HDF5 file", "h5py.File('a.h5')"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "this is an .xls workbook", "read_excel('a.xls'"),
        (b"\x80\x02c__main__\n", "a.pkl", "this is a pickle", "allow_pickle=True"),
        (b"\x80\x02ctorch._utils\n", "a.bin", "this is a file of PyTorch", "torch.load"),
        (b"\x1f\x8b\x08\x00", "a.csv.gz", "compressed with gzip", "gunzip 'a.csv.gz'"),
        (b"PAR1\x15\x04", "a.parquet", "this is a Parquet file", "read_parquet"),
        (b"%PDF-1.7\n", "standard input", "this is a PDF", "pdftotext -layout 'FILE'"),
        (b"SIMPLE  =                    T", "a.fits", "this is a FITS file", "astropy"),
    ],
)
def test_refused_by_name(data: bytes, place: str, message: str, hint: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        matrix_of_bytes(data, place, ReadOptions())
    assert caught.value.place == place
    assert hint in str(caught.value.hint)
    assert "\n" not in str(caught.value.hint)


def test_archives_of_numpy_are_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", kernel=np.array([[1, 2]]))
    assert read_matrix(str(tmp_path / "a.npz")).array.tolist() == [[1, 2]]


def test_text_that_begins_with_the_same_letters_is_text() -> None:
    for text in (b"P2 1 1 9 5", b"Matrix([[5]])", b"%%MatrixMarket matrix array integer general\n1 1\n5\n"):
        assert matrix_of_bytes(text, "m", ReadOptions()).array.ravel().tolist() == [5]
