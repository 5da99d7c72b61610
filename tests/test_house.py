"""The map in `convcalc/__init__.py` holds: who imports what, no circles, nothing too long to be seen whole."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import convcalc

PACKAGE = Path(convcalc.__file__).parent
EVERYWHERE = {"errors", "limits", "text", "value"}
ON_TERMINALS = {"table.py", "fitted_table.py", "columns.py", "shortened.py", "grid.py", "working_text.py"}
"""The modules of `render` that set lines for a terminal, with rich."""
STANDARD = sys.stdlib_module_names | {"annotationlib"}
"""The standard library; what is new in it is imported where it is there."""
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
    """Return the files of each room."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in ("__init__", "__main__"):
            found.setdefault(parts[0], []).append(path)
    return found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> list[tuple[str, str]]:
    """List each module or name that a file imports, and when: at its `top`, in a `call`, or for `types` alone."""

    def walk(node: ast.AST, when: str) -> Iterator[tuple[str, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, when) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                yield from ((f"{child.module}.{alias.name}", when) for alias in child.names)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                yield from walk(child, "types")
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from walk(child, "call")
            else:
                yield from walk(child, when)

    return list(walk(tree_of(path), "top"))


def modules() -> dict[str, Path]:
    """Return every module of the package by its name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("convcalc", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def loads() -> dict[str, set[str]]:
    """Return the modules that each module loads sooner or later.

    A name that is no module is one of its package's `__init__`; from outside of a package, that is run before any
    module in it.
    """
    files = modules()
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        targets = {
            name if name in files else name.rpartition(".")[0] for name, when in imports(path) if when != "types"
        }
        for target in tuple(targets):
            parts = target.split(".")
            packages = (".".join(parts[:count]) for count in range(2, len(parts)))
            targets |= {package for package in packages if not f"{module}.".startswith(f"{package}.")}
        graph[module] = (targets & files.keys()) - {module}
    return graph


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
            elif first not in STANDARD:
                assert room == "cli" or first in allowed or lazy_numpy(room, first), f"{path.name} imports {name}"


def lazy_numpy(room: str, name: str) -> bool:
    """Return whether a room may look at arrays it is handed: NumPy inside a function, checked below to be lazy."""
    return name == "numpy" and room in ("check", "render", "report")


@pytest.mark.parametrize("room", sorted(rooms()))
def test_heavy_modules_are_imported_at_the_top_only_where_the_table_says(room: str) -> None:
    for path in rooms()[room]:
        for name, when in imports(path):
            first = name.split(".")[0]
            if when == "top" and first in HEAVY:
                assert first in table()[room], f"{path.name} imports {name} at its top"
                assert room != "render" or path.name in ON_TERMINALS, f"{path.name} imports {name} at its top"
            if when == "top" and name.startswith(("convcalc.matrix", "convcalc.compute", "convcalc.render.table")):
                # The rooms full of numbers import each other freely; everybody else waits until they are needed.
                assert room in ("matrix", "compute"), f"{path.name} imports {name} at its top"


def test_nothing_imports_cli() -> None:
    for room, paths in rooms().items():
        for path in paths:
            assert room == "cli" or not any(name.startswith("convcalc.cli") for name, _ in imports(path)), path.name


def in_circles(graph: dict[str, set[str]]) -> dict[str, list[str]]:
    """Take away what loads nothing that is left, until only circles and what leads into them are left."""
    left = dict(graph)
    while free := {module for module, targets in left.items() if not targets & left.keys()}:
        left = {module: targets for module, targets in left.items() if module not in free}
    return {module: sorted(targets & left.keys()) for module, targets in left.items()}


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = loads()
    assert sum(map(len, graph.values())) > 3 * len(graph), "there are more arrows than that"
    assert in_circles(graph) == {}
    assert in_circles({"a": {"b"}, "b": {"a", "d"}, "c": {"a"}, "d": set()}) == {"a": ["b"], "b": ["a"], "c": ["a"]}


def test_no_function_is_longer_than_50_lines() -> None:
    lengths = {}
    for module, path in modules().items():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                docstring = node.body[0] if ast.get_docstring(node) else None
                shown = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
                lengths[f"{module}.{node.name}"] = (node.end_lineno or 0) - node.lineno + 1 - shown
    assert {name: length for name, length in lengths.items() if length > 50} == {}


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in modules().items()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_messages_below_cli_name_no_option_of_the_command_line() -> None:
    for room, paths in rooms().items():
        for path in paths if room != "cli" else []:
            tree = tree_of(path)
            docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                    option = re.search(r"(?<![\w-])--[a-z]|^-[a-z]$", node.value)
                    assert option is None, f"{path}:{node.lineno}: write the parameter in backquotes, as `dtype`"
