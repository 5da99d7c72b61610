"""Mutation testing: change one operator, constant or branch of a function at a time; a test must fail.

    python -m tests.mutants --modules 'convcalc/layers/*.py' --sample 25 --seed 1

The tests of a module are its doctests, the files named after it or its rooms, those that import it, and `--tests`,
but not those that run `convcalc` as a process of its own. They run once under coverage; then, for each mutant, those
that pass its line, the fastest first, in a process forked from this one in which the code of the function is
exchanged. What is computed when a module is imported is not changed. A mutant that no test notices is printed as
survived; pasted into tests/data/equivalent_mutants.txt with the reason why no answer changes, it is not tried again.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import fnmatch
import functools
import gc
import importlib
import os
import pickle
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import coverage
import hypothesis
import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[1]
EQUIVALENT = ROOT / "tests" / "data" / "equivalent_mutants.txt"
LONGEST_SECONDS = 3
"""Seconds of computing beyond four times what the tests take, after which a mutant is held to have no end, which a
test would notice."""
LONGEST_WAIT = 600
TESTED_SECONDS = 4.0
"""What the tests of one mutant take in sum, unless the fastest takes more."""
SLOWEST_SECONDS = 2.0
"""Seconds of computing after which a test is left out, as is one that waits for a tenth of `LONGEST_WAIT`."""
MOST_BYTES = 6 << 30

PAIRS: tuple[tuple[type[ast.AST], type[ast.AST]], ...] = (
    *((ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv), (ast.BitAnd, ast.BitOr), (ast.And, ast.Or), (ast.Eq, ast.NotEq)),
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Is, ast.IsNot), (ast.In, ast.NotIn)),
)
OTHER_OPERATOR = {
    **{one: other for pair in PAIRS for one, other in (pair, pair[::-1])},
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any", "floor": "ceil", "ceil": "floor"}
NOT_RUN = {"annotation", "returns", "decorator_list", "bases", "defaults", "kw_defaults"}
"""Fields of a node that are not run, or run by an import alone."""


class Mutation(NamedTuple):
    """One change: its line, the first line of its statement, and the code before and after."""

    line: int
    statement: int
    before: str
    after: str


class Survivor(NamedTuple):
    """A mutant as it is printed and explained: its module, the line of code, and the code before and after."""

    module: str
    line: str
    before: str
    after: str


def equivalent() -> dict[Survivor, str]:
    """Return the mutants that change no answer, each with the reason."""
    pattern = re.compile(r"(\S+): (.+)\n    - (.+)\n    \+ (.+)\n    = (.+(?:\n {6}.+)*)")
    return {Survivor(*found[:4]): found[4] for found in pattern.findall(EQUIVALENT.read_text())}


def replacements(node: ast.AST, parent: ast.AST, field: str) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node; an expression that is tested may be always or never true."""
    match node:
        case ast.Constant(bool(value)) if not (isinstance(parent, ast.keyword) and parent.arg == "strict"):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)) if not isinstance(value, bool):
            yield ast.Constant(value - 1 if isinstance(parent, ast.UnaryOp) else value + 1)
        case ast.Name(str(name)) if name in OTHER_NAME:
            yield ast.Name(OTHER_NAME[name], ast.Load())
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            yield operand
    if other := OTHER_OPERATOR.get(type(node)):
        yield other()
    if field in ("ifs", "guard") or (field == "test" and isinstance(parent, ast.If | ast.IfExp)):
        assert isinstance(node, ast.expr)
        # What is tested is still evaluated, for the names that it gives.
        yield ast.BoolOp(ast.Or(), [node, ast.Constant(value=True)])
        yield ast.BoolOp(ast.And(), [node, ast.Constant(value=False)])


def mutations(tree: ast.AST) -> Iterator[Mutation]:
    """Change a tree in place, in one place at a time; the change is taken back when the next is asked for."""

    def walk(parent: ast.AST, expression: ast.AST, statement: int) -> Iterator[Mutation]:
        for field, value in ast.iter_fields(parent):
            if field in NOT_RUN:
                continue
            for index, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST):
                    continue
                line, shown = getattr(node, "lineno", getattr(parent, "lineno", 0)), expression
                before = first_line(shown)
                for other in replacements(node, parent, field):
                    put(parent, field, index, ast.copy_location(other, node if hasattr(node, "lineno") else parent))
                    yield Mutation(line, statement, before, first_line(shown))
                    put(parent, field, index, node)
                inner = node if isinstance(node, ast.stmt | ast.expr | ast.match_case) else expression
                inner = expression if isinstance(node, ast.Constant | ast.Name) else inner
                yield from walk(node, inner, node.lineno if isinstance(node, ast.stmt) else statement)

    for function in outermost_functions(tree):
        yield from walk(function, function, 0)


def outermost_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the functions of a module and of its classes, but not those within functions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from outermost_functions(child)


def first_line(node: ast.AST) -> str:
    """Return the code of a node up to its first line break."""
    return ast.unparse(node).partition("\n")[0]


def put(parent: ast.AST, field: str, index: int, node: ast.AST) -> None:
    """Put a node in its place: a field of its parent, or one item of a field that is a list."""
    if isinstance(value := getattr(parent, field), list):
        value[index] = node
    else:
        setattr(parent, field, node)


@functools.cache
def functions(path: Path) -> list[FunctionType]:
    """Return every function of a module, wherever it is held."""
    held = (function for function in gc.get_objects() if isinstance(function, FunctionType))
    return [function for function in held if function.__code__.co_filename == str(path)]


def exchange(path: Path, tree: ast.Module) -> None:
    """Exchange the code of every function of a module for that of a tree."""
    found: dict[tuple[str, int], CodeType] = {}

    def collect(code: CodeType) -> None:
        found[code.co_qualname, code.co_firstlineno] = code
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                collect(inner)

    collect(compile(ast.fix_missing_locations(tree), str(path), "exec", dont_inherit=True))
    for function in functions(path):
        code = found.get((function.__qualname__, function.__code__.co_firstlineno))
        if code is not None and code.co_freevars == function.__code__.co_freevars:
            function.__code__ = code


def files_with_tests(path: Path) -> set[Path]:
    """Return the module itself, for its doctests, the tests named after it or its rooms, and those that import it."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    package, _, stem = name.rpartition(".")
    words = [*name.split(".")[1:], f"*_{stem}"]
    found = {path}
    for file in (ROOT / "tests").glob("test_*.py"):
        text = file.read_text()
        named = any(fnmatch.fnmatch(file.stem, f"test_{word}*") for word in words)
        if named or f"{name} import" in text or f"{package} import {stem}" in text:
            found.add(file)
    return found


def forked(work: Callable[[], Any], seconds: int) -> Any:
    """Return what a function returns in a process of its own, without output; None where that does not end well."""
    with tempfile.NamedTemporaryFile() as answer:
        if not (child := os.fork()):
            resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            signal.alarm(LONGEST_WAIT * (1 + seconds // LONGEST_WAIT))
            with contextlib.suppress(BaseException):
                Path(answer.name).write_bytes(pickle.dumps(work()))
            os._exit(0)
        os.waitpid(child, 0)
        data = Path(answer.name).read_bytes()
    return pickle.loads(data) if data else None


HUSHED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Hypothesis is imported before pytest could watch it."""

Lines = dict[int, list[str]]
"""The tests that pass each line of a module."""


class Mutants:
    """A plugin of pytest: instead of the tests, run mutants of some modules."""

    def __init__(self, paths: list[Path], asked: argparse.Namespace) -> None:
        self.paths = paths
        self.asked = asked
        self.items: dict[str, pytest.Item] = {}
        self.lines: dict[Path, Lines] = {}
        self.seconds: dict[str, float] = {}
        self.counts: dict[Path, Counter[str]] = {}
        self.equivalent = equivalent()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests once, then those of each mutant."""
        alone = (item for item in session.items if "convcalc" not in getattr(item, "fixturenames", ()))
        self.items = {item.nodeid: item for item in alone}
        self.lines, self.seconds, used = forked(self.covered, 3600) or pytest.exit("the tests do not run")
        for module in used:
            importlib.import_module(module)
        gc.unfreeze()  # what is frozen is not among the objects that are looked through
        for path in self.paths:
            if not functions(path) and any(mutations(ast.parse(path.read_text()))):
                pytest.exit(f"no function of {path} is loaded")
        gc.freeze()
        print(f"{len(self.seconds)} of {len(self.items)} tests, {sum(self.seconds.values()):.0f} s")
        print(
            *(f"left out, as it fails or takes too long: {name}" for name in self.items.keys() - self.seconds),
            sep="\n",
            flush=True,
        )
        self.counts = {path: self.tested(path) for path in self.paths}
        return True

    def covered(self) -> tuple[dict[Path, Lines], dict[str, float], list[str]]:
        """Run all tests; return which pass each line, the seconds of each that succeeds, and the modules loaded."""
        timers = ((signal.ITIMER_PROF, SLOWEST_SECONDS), (signal.ITIMER_REAL, LONGEST_WAIT / 10))
        for number in (signal.SIGPROF, signal.SIGALRM):
            signal.signal(number, too_slow)
        counter = coverage.Coverage(data_file=None, include=[str(path) for path in self.paths], config_file=False)
        seconds = {}
        with counter.collect():
            for name, item in self.items.items():
                counter.switch_context(name)
                start = time.process_time()
                for timer, most in timers:
                    signal.setitimer(timer, most)
                with contextlib.suppress(pytest.fail.Exception):
                    if succeeds(item):
                        seconds[name] = time.process_time() - start
                for timer, _ in timers:
                    signal.setitimer(timer, 0)
        data = counter.get_data()
        used = [name for name in sys.modules if name.partition(".")[0] in ("convcalc", "numpy", "rich", "PIL")]
        return {path: data.contexts_by_lineno(str(path)) for path in self.paths}, seconds, used

    def tests_for(self, mutation: Mutation, lines: Lines) -> list[str]:
        """Return the tests that pass a mutant, the fastest first."""
        tests = set(lines.get(mutation.line) or lines.get(mutation.statement) or ()) & self.seconds.keys()
        total = 0.0
        found: list[str] = []
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            total += self.seconds[test]
            if not found or total < TESTED_SECONDS:
                found.append(test)
        return found

    def tested(self, path: Path) -> Counter[str]:
        """Test a sample of the mutants of a module, print what survives, and count."""
        source = path.read_text()
        tree = ast.parse(source)
        first, last = map(int, self.asked.lines.split("-")) if self.asked.lines else (1, 10**9)
        name = str(path.relative_to(ROOT))
        lines = source.splitlines()

        def described(mutation: Mutation) -> Survivor:
            return Survivor(name, lines[mutation.line - 1].strip(), mutation.before, mutation.after)

        made = {number: (each.line, described(each)) for number, each in enumerate(mutations(tree))}
        for row in self.equivalent.keys() - {row for _, row in made.values()}:
            if row.module == name:
                print(f"{name}: explained, but not a mutant any more: {row.line}")
        numbers = [number for number, (line, _) in made.items() if first <= line <= last]
        drawn = random.Random(self.asked.seed).sample(numbers, min(self.asked.sample, len(numbers)))
        sample = {number for number in drawn if made[number][1] not in self.equivalent}
        counts = Counter(mutants=len(made), explained=len(drawn) - len(sample), tested=len(sample))
        for number, mutation in enumerate(mutations(tree)):
            if number not in sample:
                continue
            tests = self.tests_for(mutation, self.lines[path])
            seconds = sum(self.seconds[test] for test in tests)

            def survives(tests: list[str] = tests) -> bool:
                exchange(path, tree)
                return all(succeeds(self.items[test]) for test in tests)

            survived = forked(survives, LONGEST_SECONDS + int(4 * seconds)) is True
            counts["survived" if survived else "killed"] += 1
            if survived:
                row = described(mutation)
                print(f"line {mutation.line}, passed by {len(tests)} tests")
                print(f"{name}: {row.line}\n    - {row.before}\n    + {row.after}", flush=True)
        print(f"{name}: {counts['killed']} of {counts['tested']} killed", flush=True)
        return counts


def too_slow(*_: object) -> None:
    """Fail a test that takes too long."""
    pytest.fail("takes too long")


def succeeds(item: pytest.Item) -> bool:
    """Run one test."""
    return all(report.passed for report in runtestprotocol(item, nextitem=None, log=False))


def main() -> int:
    """Test the mutants of the modules, print the survivors and a table, and return 1 if there are survivors."""
    parser = argparse.ArgumentParser(description="Change one thing at a time; a test must fail.")
    parser.add_argument("--modules", nargs="+", default=["convcalc/geometry.py"], help="patterns of paths")
    parser.add_argument("--tests", nargs="+", default=[], help="patterns of more tests, as test_cli_*.py")
    parser.add_argument("--only", action="store_true", help="no tests but those, and the doctests of the modules")
    parser.add_argument("--sample", type=int, default=25, help="mutants per module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", help="only mutants of the lines FIRST-LAST")
    asked = parser.parse_args()
    paths = sorted({path for pattern in asked.modules for path in ROOT.glob(pattern) if path.stat().st_size > 500})
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # what fails is neither shrunk nor remembered
    hypothesis.settings.register_profile("mutants", phases=phases, database=None, derandomize=True, deadline=None)
    hypothesis.settings.load_profile("mutants")
    mutants = Mutants(paths, asked)
    more = {file for pattern in asked.tests for file in (ROOT / "tests").glob(pattern)}
    files = sorted(map(str, more.union(paths, *(() if asked.only else map(files_with_tests, paths)))))
    words = ["-o", "addopts=", "--doctest-modules", "-n", "0", "-p", "no:cacheprovider", "-q", "-s"]
    pytest.main([*words, f"--rootdir={ROOT}", *HUSHED, *files], plugins=[mutants])
    columns = ("mutants", "explained", "tested", "killed", "survived")
    print("\n| module |", " | ".join(columns), "|\n| --- |", " | ".join("---:" for _ in columns), "|")
    total = sum(mutants.counts.values(), Counter[str]())
    for name, counts in [*((path.relative_to(ROOT), each) for path, each in mutants.counts.items()), ("all", total)]:
        print(f"| `{name}` |", " | ".join(str(counts[key]) for key in columns), "|")
    return any(counts["survived"] for counts in mutants.counts.values())


if __name__ == "__main__":
    sys.exit(main())
