"""The map in `convcalc/__init__.py` holds: who imports what, and what a start-up does not load."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import convcalc

PACKAGE = Path(convcalc.__file__).parent
EVERYWHERE = {"errors", "text", "value"}
HEAVY = {"numpy", "rich", "orjson", "PIL", "dask", "distributed"}


def table() -> dict[str, set[str]]:
    """Read the table of rooms in the package's docstring: room -> what it may import; a row may go on below."""
    rows: dict[str, set[str]] = {}
    room = ""
    for line in (convcalc.__doc__ or "").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and (cells[0].startswith("`") or (rows and not cells[0])):
            room = cells[0].strip("`") or room
            rows.setdefault(room, set()).update({name.strip() for name in cells[2].split(",")} - {""})
    return rows


def rooms() -> dict[str, list[Path]]:
    """Give the files of each room."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in ("__init__", "__main__"):
            found.setdefault(parts[0], []).append(path)
    return found


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Give each module a file imports, and whether it does so at its top; type-checking imports count as not."""
    tree = ast.parse(path.read_text())

    def walk(node: ast.AST, top: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                names = [child.module or ""]
                if child.module == "convcalc":
                    names = [f"convcalc.{alias.name}" for alias in child.names]
                yield from ((name, top) for name in names)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from walk(child, top=False)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, top and not inside)

    yield from walk(tree, top=True)


def test_every_room_stands_in_the_table() -> None:
    assert set(rooms()) == set(table())


@pytest.mark.parametrize("room", sorted(rooms()))
def test_a_room_imports_only_what_its_row_names(room: str) -> None:
    allowed = table()[room] | EVERYWHERE | {room}
    for path in rooms()[room]:
        for name, _ in imports(path):
            first, *rest = name.split(".")
            if first == "convcalc":
                target = rest[0] if rest else "version"
                fine = room == "cli" or target in allowed or target == "__version__"
                assert fine, f"{path.name} imports {name}: not in the row of {room}"
            elif first not in sys.stdlib_module_names:
                assert room == "cli" or first in allowed or lazy_numpy(room, first), f"{path.name} imports {name}"


def lazy_numpy(room: str, name: str) -> bool:
    """Tell whether a room may look at arrays it is handed: NumPy inside a function, checked below to be lazy."""
    return name == "numpy" and room in ("check", "render", "report")


@pytest.mark.parametrize("room", sorted(rooms()))
def test_heavy_modules_are_imported_at_the_top_only_where_the_table_says(room: str) -> None:
    for path in rooms()[room]:
        for name, top in imports(path):
            first = name.split(".")[0]
            if top and first in HEAVY:
                assert first in table()[room], f"{path.name} imports {name} at its top"
                assert room != "render" or path.name in ("table.py", "grid.py"), (
                    f"{path.name} imports {name} at its top"
                )
            if top and name.startswith(("convcalc.matrix", "convcalc.compute", "convcalc.render.table")):
                # The rooms full of numbers import each other freely; everybody else waits until they are needed.
                assert room in ("matrix", "compute"), f"{path.name} imports {name} at its top"


def test_nobody_imports_cli() -> None:
    for room, paths in rooms().items():
        for path in paths:
            assert room == "cli" or not any(name.startswith("convcalc.cli") for name, _ in imports(path)), path.name
