"""Mutants are what they are said to be, and stand in for the code of a module where it is held."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest
from mutants import exchange, mutations

SOURCE = '''
LIMIT = 3

def clipped(size: int, low: int = 0) -> int:
    """Clip."""
    if size < -1:
        return max(low, size) + LIMIT
    return size
'''

CHANGES = [
    ("if size < -1:", "if size < -1 or True:"),
    ("if size < -1:", "if size < -1 and False:"),
    ("size < -1", "size <= -1"),
    ("size < -1", "size < 1"),
    ("-1", "-0"),
    ("max(low, size)", "min(low, size)"),
    ("max(low, size) + LIMIT", "max(low, size) - LIMIT"),
]


def test_one_place_is_changed_at_a_time_and_restored() -> None:
    tree = ast.parse(SOURCE)
    made = [(each.before, each.after, ast.unparse(tree)) for each in mutations(tree)]
    assert [change[:2] for change in made] == CHANGES
    assert len({whole for *_, whole in made}) == len(CHANGES)
    assert ast.dump(tree) == ast.dump(ast.parse(SOURCE))


@pytest.mark.parametrize(("number", "answer"), [(1, -5), (2, 5), (5, -2), (6, -1)])
def test_a_function_runs_the_code_of_the_mutant(number: int, answer: int, tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    clipped = runpy.run_path(str(path))["clipped"]
    held = [clipped, clipped(-5, 2)]
    tree = ast.parse(SOURCE)
    for place, _ in enumerate(mutations(tree)):
        if place == number:
            exchange(path, tree)
    assert held == [clipped, 5]
    assert held[0](-5, 2) == answer
