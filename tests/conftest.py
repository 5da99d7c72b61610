"""What tests share: running the real command, as a process or, for many cases, within this one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from convcalc import cli

# A job in the background of a shell is started deaf to Ctrl-C, and so would be every process that a test interrupts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.fixture
def here(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run `convcalc` within this process, without a standard input; what it gives is that of `convcalc`."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        capfdbinary.readouterr()
        words = [str(argument) for argument in arguments]
        code = cli.main(words)
        captured = capfdbinary.readouterr()
        return subprocess.CompletedProcess(words, code, captured.out.decode(), captured.err.decode())

    return run
