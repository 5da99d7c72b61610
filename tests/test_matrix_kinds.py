"""What the first bytes of a file and its name say it is."""

from __future__ import annotations

import os
from pathlib import Path

from convcalc.matrix.kinds import is_image, is_netpbm, is_npy_file, is_npz_file, kind_of

NPY, ZIP = b"\x93NUMPY\x01\x00", b"PK\x03\x04rest"
IMAGES = (
    *(b"\x89PNG\r\n\x1a\nIHDR", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM6", b"II*\0", b"MM\0*", b"RIFF\1\2\3\4WEBPVP8"),
    *(head + end for head in (b"P4", b"P5", b"P6", b"P7", b"Pf", b"PF") for end in (b" ", b"\n", b"\t", b"\r")),
)
TEXTS = (
    b"",
    b"1 2",
    b"P2 3 2 9",
    b"P5",
    b"P5x",
    b"P8 3",
    b"RIFF\1\2\3\4WAVE",
    b"RIFFWEBP1234",
    b"NUMPY",
    b"pk\x03\x04",
)


def test_bytes_are_known_by_how_they_begin() -> None:
    for data in IMAGES:
        assert (kind_of(data, "a.txt"), is_image(data), is_netpbm(data)) == ("image", True, data[:1] == b"P"), data
    for data in TEXTS:
        assert (kind_of(data, "a.txt"), is_image(data), is_netpbm(data)) == (None, False, False), data
    assert (kind_of(b"1 2", "A.NPY"), kind_of(b"\xff\xfe1\0", "a.pgm")) == ("npy", None)
    assert (kind_of(NPY, "a.npz"), kind_of(ZIP, "a.txt"), kind_of(b"1 2", "A.NPZ")) == ("npy", "npz", "npz")


def test_a_pipe_is_not_opened_to_see_what_it_holds(tmp_path: Path) -> None:
    for name, data, npy, npz in (
        ("a.npy", NPY, True, False), ("b.txt", NPY, True, False), ("c.npz", ZIP, False, True),
        ("D.NPZ", ZIP, False, True), ("e.zip", ZIP, False, False), ("f.npz", NPY, True, False),
        ("g.npy", b"", False, False),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(data)
        assert (is_npy_file(str(path)), is_npz_file(str(path))) == (npy, npz), name
    os.mkfifo(tmp_path / "pipe.npz")
    assert not is_npy_file(str(tmp_path / "pipe.npz"))
    assert not is_npz_file(str(tmp_path / "pipe.npz"))
