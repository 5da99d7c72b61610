"""Matrices by name: files, pipes and the command line itself; files that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convcalc.errors import DataError, FileError
from convcalc.matrix.files import read_matrix
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.writing import atomic
from convcalc.matrix.writing.atomic import output_file, what_changes, write_bytes
from convcalc.matrix.writing.files import OUTPUT_ENDINGS, write_matrix
from convcalc.model.files import read_file

NUMBERS = np.array([[[1.5, -0.0, 3e-7], [4.0, np.inf, np.nan]], [[0.1, 7.0, 8.0], [9.0, 1e300, 11.0]]])


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("1 0 1; 2 1 0", [[1, 0, 1], [2, 1, 0]]),
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ("-1 2", [-1, 2]),
        ("\u22121 2", [-1, 2]),
        (".5", [0.5]),
        ("1.e2", [100.0]),
        ("1 2.e5", [1.0, 2e5]),
        ("1/2", [Fraction(1, 2)]),
        ("inf 1.5", [np.inf, 1.5]),
        ("tensor([[1.]])", [[1.0]]),
        ("np.array([1, 2])", [1, 2]),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", [[1, 2], [3, 4]]),
        ("| 1 | 2 |", [1, 2]),
        ("# shape: 1x2\n1 2", [[1, 2]]),
    ],
)
def test_the_matrix_itself(source: str, values: list[Any]) -> None:
    matrix = read_matrix(source)
    assert matrix.array.tolist() == values
    assert matrix.origin == "the command line"


@pytest.mark.parametrize(
    "source",
    ["kernel.txt", "data", "my kernel.txt", "./a/b", "1.5.txt", "a.npz:weight", "ls -l", "2/kernel", "3kernel"],
)
def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="no such file") as caught:
        read_matrix(source)
    assert caught.value.place == source


def test_a_link_to_nothing_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to("nowhere\x1b.txt")
    with pytest.raises(FileError, match=r"^a link to nowhere\\x1b\.txt, which does not exist$"):
        read_matrix(str(tmp_path / "a.txt"))


def test_did_you_mean(tmp_path: Path) -> None:
    (tmp_path / "kernel.txt").write_text("1 2")
    with pytest.raises(FileError, match="no such file") as caught:
        read_matrix(str(tmp_path / "kernle.txt"))
    assert caught.value.hint == f"did you mean {tmp_path / 'kernel.txt'}?"
    with pytest.raises(FileError, match="no such file") as caught:
        read_file(str(tmp_path / "nowhere" / "x.txt"))
    assert caught.value.hint == f"there is no folder {tmp_path / 'nowhere'}"
    with pytest.raises(FileError, match="no such file") as caught:  # a name too long for any folder
        read_matrix("[" * 300)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("a matrix written here")


def test_places_in_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "[red]x[red].txt"
    path.write_text("1 2\n3 x\n")
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        read_matrix(str(path))
    assert caught.value.place == f"{path}:2:3"
    standard_input(monkeypatch, b"1 2\n3\n")
    with pytest.raises(DataError, match="row 2 has 1 number") as caught:
        read_matrix("-")
    assert caught.value.place == "standard input:2:1"
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        read_matrix("1 x")
    assert caught.value.place == "the command line:1:3"
    for empty in ("", " "):
        with pytest.raises(DataError, match="the matrix is empty"):
            read_matrix(empty)


def test_a_file_named_like_numbers_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("5").write_text("7 8")
    matrix = read_matrix("5")
    assert matrix.array.tolist() == [7, 8]
    assert "a file" in matrix.notes[0]
    assert read_matrix("./5").notes == ()


def test_folders_and_closed_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a folder, not a file"):
        read_matrix(str(tmp_path))
    with pytest.raises(FileError, match="a folder, not a file"):
        write_bytes(str(tmp_path), b"x")
    with pytest.raises(FileError, match="cannot be written") as caught:
        write_bytes(str(tmp_path / "no" / "x.txt"), b"x")
    assert caught.value.hint == f"there is no folder {tmp_path / 'no'}"


def test_standard_input_of_every_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(6.0).reshape(2, 3)
    for write, data in ((np.save, io.BytesIO()), (np.savez, io.BytesIO())):
        write(data, array)
        standard_input(monkeypatch, data.getvalue())
        np.testing.assert_array_equal(read_matrix("-").array, array)
    standard_input(monkeypatch, "1\t2\r\n3\t4".encode("utf-16"))
    assert read_matrix("-").array.tolist() == [[1, 2], [3, 4]]
    standard_input(monkeypatch, b"conv:64,k7\r\n")
    assert read_file("-") == "conv:64,k7 \n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("kind", ["text", "npy"])
def test_named_pipes(tmp_path: Path, kind: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    array = np.arange(300_000.0).reshape(500, 600)
    stream = io.BytesIO()
    np.save(stream, array)
    data = stream.getvalue() if kind == "npy" else b"\n".join(b" ".join(b"%r" % v for v in r) for r in array.tolist())
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    np.testing.assert_array_equal(read_matrix(str(pipe)).array, array)
    writer.join()


def test_process_substitution() -> None:
    program = (
        "import sys; from convcalc.matrix.files import read_matrix; print(read_matrix(sys.argv[1]).array.tolist())"
    )
    command = f'{sys.executable} -c "{program}" <(printf "1 2\\n3 4\\n")'
    try:
        run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("no bash here")
    assert run.stdout == "[[1, 2], [3, 4]]\n"


def test_text_of_a_layer_file(tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes("conv:64 # größer\nrelu\n".encode(encoding))
        assert read_file(str(path)) == "conv:64 # größer\nrelu\n"
    path.write_bytes(b"conv\n\xff")
    with pytest.raises(DataError, match="0xff is not UTF-8") as caught:
        read_file(str(path))
    assert caught.value.place == f"{path}:2:1"


@pytest.mark.parametrize("ending", [ending for ending in OUTPUT_ENDINGS if ending != ".png"])
def test_every_ending_reads_back(tmp_path: Path, ending: str) -> None:
    for array in (NUMBERS, NUMBERS[0], np.arange(6).reshape(2, 3), np.arange(4)):
        path = tmp_path / f"out{ending}"
        write_matrix(array, str(path))
        read = read_matrix(str(path)).array
        assert read.dtype == array.dtype
        assert read.shape == array.shape
        assert read.tobytes() == array.tobytes()
    assert [file.name for file in tmp_path.iterdir()] == [f"out{ending}"]


def test_json_keeps_the_dtype(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for dtype in (np.float16, np.float32):
        array = NUMBERS[0].astype(dtype)
        write_matrix(array, str(path))
        read = read_matrix(str(path)).array
        assert read.dtype == dtype
        assert read.tobytes() == array.tobytes()


def test_unknown_endings(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"ending '\.xyz'") as caught:
        write_matrix(NUMBERS, str(tmp_path / "a.xyz"))
    assert ".npy" in str(caught.value.hint)
    with pytest.raises(FileError, match="has no ending"):
        write_matrix(NUMBERS, str(tmp_path / "a"))


def test_precision(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_matrix(np.array([[1 / 3, 2.0]]), str(path), precision=2)
    assert path.read_text() == "0.33,2.00\n"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_bytes(str(path), broken())
    assert path.read_text() == "before"
    with pytest.raises(DataError, match="beyond 64 bits"):
        write_matrix(np.array([2**70], dtype=object), str(tmp_path / "b.npy"))
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_the_old_file_stays_until_the_new_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with output_file(str(path)) as stream:
        stream.write(b"after")
        stream.flush()
        assert path.read_text() == "before"
    assert path.read_text() == "after"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    before = os.umask(0o027)
    try:
        write_bytes(str(path), b"x")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write_bytes(str(path), b"y")
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_an_unfinished_file_is_as_private_as_the_one_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    path.chmod(0o600)
    with output_file(str(path)):
        (unfinished,) = tmp_path.glob(".a.txt.*.part")
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
    path.chmod(0o644)
    with output_file(str(path)):
        (unfinished,) = tmp_path.glob(".a.txt.*.part")
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_file_is_on_the_disk_and_closed_before_it_replaces_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    synchronize, replace = os.fsync, Path.replace

    def noted_synchronize(descriptor: int) -> None:
        steps.append("fsync")
        synchronize(descriptor)

    def noted_replace(self: Path, target: Path) -> Path:
        steps.append("replace" if stream.closed else "replace while open")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_synchronize)
    monkeypatch.setattr(Path, "replace", noted_replace)
    # Nothing is lost where there was no file; the second one replaces the first.
    for expected in (["replace"], ["replace", "fsync", "replace"]):
        with output_file(str(tmp_path / "a.txt")) as stream:
            stream.write(b"x" * 100_000)
        assert steps == expected


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_an_error_that_the_system_finds_late_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    path = tmp_path / "a.txt"
    path.write_text("before")
    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(FileError, match=f"cannot be written: {os.strerror(error)}"):
        write_bytes(str(path), b"after")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_that_cannot_synchronize_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_descriptor: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    (tmp_path / "a.txt").write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", failing)
    write_bytes(str(tmp_path / "a.txt"), b"after")
    assert (tmp_path / "a.txt").read_bytes() == b"after"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files to others")
def test_root_keeps_the_owner_of_a_file_that_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    write_bytes(str(path), b"after")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o640)
    assert path.read_bytes() == b"after"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize(("old", "new"), [(0o660, 0o600), (0o664, 0o644), (0o6755, 0o755), (0o604, 0o604)])
def test_another_group_gets_no_more_than_others(
    old: int, new: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    path = tmp_path / "a.txt"
    path.write_text("before")
    path.chmod(old)
    status = list(path.stat())
    of_others = os.stat_result([*status[:4], status[4] + 1, status[5] + 1, *status[6:]])
    monkeypatch.setattr(os, "fchown", refused)
    monkeypatch.setattr(atomic, "_status", lambda _path: of_others)
    write_bytes(str(path), b"after")
    assert stat.S_IMODE(path.stat().st_mode) == new


def access_list(group: int) -> bytes:
    """Return an access list by which user 1234 reads and writes, and the group and others as told and not at all."""
    nobody = 0xFFFFFFFF
    entries = ((1, 6, nobody), (2, 6, 1234), (4, group, nobody), (0x10, 6, nobody), (0x20, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no access lists here")
def test_a_replaced_file_keeps_its_access_list_and_attributes(tmp_path: Path) -> None:
    listed, plain = tmp_path / "a.txt", tmp_path / "b.txt"
    for path in (listed, plain):
        path.write_text("before")
        path.chmod(0o660)
    try:
        os.setxattr(listed, "system.posix_acl_access", access_list(0))
        os.setxattr(listed, "user.origin", b"scan 7")
        os.setxattr(tmp_path, "system.posix_acl_default", access_list(4))
    except OSError as error:
        pytest.skip(f"this file system has no access lists: {error}")
    for path in (listed, plain):
        write_bytes(str(path), b"after")
        assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"after", 0o660)
    assert os.getxattr(listed, "system.posix_acl_access") == access_list(0)
    assert os.getxattr(listed, "user.origin") == b"scan 7"
    # The list that its folder has for new files would let user 1234 in.
    assert os.listxattr(plain) == []


@pytest.mark.skipif(sys.platform != "linux", reason="how long names and paths may be")
def test_the_longest_names_and_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_bytes(str(tmp_path / ("層" * 85)), b"named")
    assert (tmp_path / ("層" * 85)).read_bytes() == b"named"
    for _ in range(21):
        monkeypatch.chdir(tmp_path)
        (Path("d" * 200)).mkdir()
        tmp_path = Path("d" * 200)
    monkeypatch.chdir(tmp_path)
    for content in (b"new", b"replaced"):
        write_bytes("a.txt", content)
        assert Path("a.txt").read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="hard links and owners")
def test_what_a_replaced_file_loses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    assert what_changes(str(path)) == ()
    path.write_text("before")
    assert what_changes(str(path)) == ()
    (tmp_path / "b.txt").hardlink_to(path)
    (one,) = what_changes(str(path))
    assert one == f"{path} had another name (hard links), where the old content stays"
    (tmp_path / "c.txt").hardlink_to(path)
    assert "2 other names" in what_changes(str(path))[0]
    write_bytes(str(path), b"after")
    assert (tmp_path / "b.txt").read_text() == "before"
    assert what_changes(str(path)) == ()
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert what_changes(str(path)) == (f"{path} belonged to another user and now belongs to you",)


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_symbolic_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("before")
    link.symlink_to("target.txt")
    write_bytes(str(link), b"after")
    assert link.is_symlink()
    assert target.read_text() == "after"
    dangling = tmp_path / "dangling.txt"
    dangling.symlink_to("made.txt")
    write_bytes(str(dangling), b"new")
    assert (tmp_path / "made.txt").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_standard_output_are_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_bytes(str(pipe), b"through")
    reader.join()
    assert got == ["through"]
    program = "from convcalc.matrix.writing.atomic import write_bytes; write_bytes('/dev/stdout', b'straight')"
    out = tmp_path / "out.txt"
    out.write_text("kept,")
    with out.open("a") as stream:
        subprocess.run([sys.executable, "-c", program], stdout=stream, check=True)
    assert out.read_text() == "kept,straight"


def test_a_matrix_can_be_written_over_its_own_input(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    array: NDArray[np.float64] = np.arange(300_000.0).reshape(500, 600)
    np.save(path, array)
    write_matrix(read_matrix(str(path)).array * 2, str(path))
    np.testing.assert_array_equal(read_matrix(str(path)).array, array * 2)


def test_formats_said_and_not_so(tmp_path: Path) -> None:
    path = tmp_path / "table.txt"
    path.write_text("a;b\n1,5;2\n")
    options = ReadOptions(format="csv", header=True, decimal=",")
    assert read_matrix(str(path), options=options).array.tolist() == [1.5, 2.0]
    with pytest.raises(DataError, match=r"not an \.npy file"):
        read_matrix(str(path), options=ReadOptions(format="npy"))
