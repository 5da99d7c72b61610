"""Completions: the scripts are current, shells accept them, and bash completes with them."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.completion import command_flags, main, scripts

FOLDER = Path(__file__).parent.parent / "completions"
NAMES = sorted(scripts())


@pytest.mark.parametrize("name", NAMES)
def test_the_scripts_are_current(name: str) -> None:
    message = "write them anew: python -m convcalc.cli.completion"
    assert (FOLDER / name).read_text(encoding="utf-8") == scripts()[name], message


def test_there_are_no_other_scripts() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == NAMES


def test_the_module_writes_them(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == scripts()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_every_script(name: str, command: str) -> None:
    text = scripts()[name]
    for flag in command_flags(command, build([command]).commands[command]):
        for spelling in flag.spellings:
            bare = spelling.lstrip("-")
            assert (f"-l {bare}" in text or f"-s {bare}" in text) if name.endswith("fish") else spelling in text


def completed(line: str) -> list[str]:
    """Ask bash what the last word of a command line may become."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed: its completion is NOT tested")
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"""
        source '{FOLDER / "convcalc.bash"}'
        COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}
        compopt() {{ :; }}
        _convcalc
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("convcalc sh", ["shape"]),
        ("convcalc p", ["params", "pool"]),
        ("convcalc ", list(COMMANDS)),
        ("convcalc --ver", ["--version"]),
        ("convcalc shape 224 --ker", ["--kernel"]),
        ("convcalc shape 224 -p sa", ["same", "same-lower"]),
        ("convcalc shape 224 --padding ca", ["causal"]),
        ("convcalc conv x.npy -k sob", ["sobel-x", "sobel-y", "sobel"]),
        ("convcalc conv x.npy -k sobel-x --boundary re", ["reflect", "replicate"]),
        ("convcalc pool x.npy m", ["max", "min", "median"]),
        ("convcalc params --color a", ["auto", "always"]),
        ("convcalc conv x.npy -k k.npy -o ", []),
        ("convcalc shape 224 --explode", []),
    ],
)
def test_bash_completes(line: str, words: list[str]) -> None:
    assert completed(line) == words


def test_bash_completes_every_option_of_every_command() -> None:
    for command in COMMANDS:
        flags = command_flags(command, build([command]).commands[command])
        expected = {spelling for flag in flags for spelling in flag.spellings}
        assert set(completed(f"convcalc {command} -")) == expected


@pytest.mark.parametrize(
    ("shell", "arguments", "name"),
    [
        ("bash", ["-n"], "convcalc.bash"),
        ("zsh", ["-n"], "_convcalc"),
        ("fish", ["--no-execute"], "convcalc.fish"),
    ],
)
def test_shells_accept_their_script(shell: str, arguments: list[str], name: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed: its completion is NOT checked")
    done = subprocess.run([program, *arguments, str(FOLDER / name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_fish_completes(tmp_path: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed: its completion is NOT tested")
    script = f"source '{FOLDER / 'convcalc.fish'}'; complete -C 'convcalc sh'; complete -C 'convcalc shape 224 --ker'"
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [fish, "--no-config", "-c", script], capture_output=True, text=True, check=True, env=environment, cwd=tmp_path
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["shape", "--kernel"]


def test_zsh_defines_the_completion(tmp_path: Path) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed: its completion is NOT tested")
    script = (
        f"autoload -Uz compinit; compinit -u -d '{tmp_path / 'dump'}'; source '{FOLDER / '_convcalc'}'; "
        'print -r -- "$_comps[convcalc]"; whence -w _convcalc'
    )
    done = subprocess.run([zsh, "-f", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["_convcalc", "_convcalc: function"]


STARTS = {
    "bash": (["--norc", "--noprofile", "-i"], "source '{folder}/convcalc.bash'; PS1='% '; printf 'REA''DY\\n'"),
    "zsh": (
        ["-f", "-i"],
        "autoload -Uz compinit; compinit -u -d \"$HOME/dump\"; source '{folder}/_convcalc'; "
        "PS1='% '; printf 'REA''DY\\n'",
    ),
    "fish": (["--no-config", "-i"], "source '{folder}/convcalc.fish'; printf 'REA''DY\\n'"),
}
"""How each shell is started, and the line that loads the script and then prints READY."""


def screen_after_tab(shell: str, line: str, wanted: str, home: Path) -> str:
    """Type a line and TAB into a shell on a terminal; return what it shows once `wanted` is there, or after 30 s."""
    import pty

    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed: its completion is NOT tested")
    arguments, setup = STARTS[shell]
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "xterm"}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.execve(program, [shell, *arguments], environment)

    def read_until(text: str) -> str:
        shown, end = b"", time.monotonic() + 30
        while text.encode() not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:  # the shell has gone
                    break
            if b"\x1b[c" in shown[-200:] or b"\x1b[0c" in shown[-200:]:
                os.write(terminal, b"\x1b[?62c")  # fish asks what terminal this is, and waits for an answer
        return shown.decode(errors="replace")

    try:
        os.write(terminal, setup.format(folder=FOLDER).encode() + b"\n")
        assert "READY" in read_until("READY\r\n")
        os.write(terminal, line.encode() + b"\t\t")
        return read_until(wanted)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals here: completion is NOT tested in one")
@pytest.mark.parametrize("shell", sorted(STARTS))
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("convcalc shape 224 --ker", "--kernel"),
        ("convcalc pool x.npy -F mark", "markdown"),
        ("convcalc pool x.npy ", "lp"),
    ],
)
def test_a_shell_on_a_terminal_completes(shell: str, line: str, wanted: str, tmp_path: Path) -> None:
    shown = screen_after_tab(shell, line, wanted, tmp_path)
    assert wanted in shown
    assert "bad option" not in shown
