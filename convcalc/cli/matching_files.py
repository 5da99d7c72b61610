"""The files that a pattern of names matches, as `glob` has it, with an end to what is looked at."""

from __future__ import annotations

# A Path for each of the names would take most of the time.
# ruff: noqa: PTH112, PTH116, PTH118
import os
from collections.abc import Iterator, Sequence
from fnmatch import filter as matching
from glob import has_magic

from convcalc.errors import FileError

MOST_NAMES = 100_000
"""Names in folders that are looked at for one pattern."""
_Found = Iterator[tuple[str, bool]]
"""Paths, each with whether it is a folder."""


def matching_files(pattern: str) -> list[str]:
    """Return the files that match, sorted; `**` is folders at any depth, and no sign stands for a leading dot.

    Below `**` a link to a folder is followed, unless it leads back to a folder that it is in itself. Errors:
    FileError where more than `MOST_NAMES` names are in the folders that may hold them.
    """
    names, folder = [], pattern
    while has_magic(folder) and os.path.split(folder)[0] != folder:
        folder, name = os.path.split(folder)
        names.append(name)
    if not names:
        return [pattern] if os.path.lexists(pattern) else []
    folders, search = [folder], _Search(pattern)
    for name in reversed(names[1:]):
        folders = [path for path, is_folder in search.named(folders, name) if is_folder]
    return sorted({path for path, is_folder in search.named(folders, names[0]) if not is_folder})


class _Search:
    """What was looked at for one pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.count = pattern, 0

    def named(self, folders: Sequence[str], name: str) -> _Found:
        """Yield what is called `name` in folders; for `**` these folders and all below."""
        for folder in folders:
            if name == "**":
                yield from self._below(folder)
            elif has_magic(name):
                entries = {entry.name: entry for entry in self._entries(folder, hidden=name.startswith("."))}
                yield from (
                    (os.path.join(folder, found), _is_folder(entries[found])) for found in matching(entries, name)
                )
            elif name and os.path.lexists(path := os.path.join(folder, name)):
                yield path, os.path.isdir(path)

    def _below(self, start: str) -> _Found:
        waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [(start, frozenset())]
        while waiting:
            folder, above = waiting.pop()
            try:
                status = os.stat(folder or os.curdir)
            except OSError:
                continue
            if (status.st_dev, status.st_ino) in above:
                continue
            yield folder, True
            above |= {(status.st_dev, status.st_ino)}
            for entry in self._entries(folder):
                path = os.path.join(folder, entry.name)
                if _is_folder(entry):
                    waiting.append((path, above))
                else:
                    yield path, False

    def _entries(self, folder: str, *, hidden: bool = False) -> Iterator[os.DirEntry[str]]:
        """Yield what is in a folder that can be read, of what begins with a dot all or nothing."""
        try:
            with os.scandir(folder or os.curdir) as entries:
                for entry in entries:
                    self.count += 1
                    if self.count > MOST_NAMES:
                        self._refuse()
                    if hidden or not entry.name.startswith("."):
                        yield entry
        except OSError:
            return

    def _refuse(self) -> None:
        raise FileError(
            f"{self.pattern!r} leads through more than {MOST_NAMES} names of files",
            place="--inputs",
            hint="name a folder further down, or list the files: find scans -name '*.npy' | convcalc conv --inputs -",
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
