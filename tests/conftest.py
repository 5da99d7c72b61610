"""What tests share: running the real command."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def convcalc() -> Run:
    """Run `convcalc` as a process of its own, its output piped; `stdin` is what it reads."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "convcalc", *map(str, arguments)],
            capture_output=True,
            input=b"" if data is None else data,
            check=False,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()
        )

    return run
