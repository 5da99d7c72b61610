"""Completions and the man page: current, accepted by shells and checkers, completing in real shells, in the wheel."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.completion import command_flags, main, scripts
from convcalc.cli.known_words import argument_words, layer_classes

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
    for flag in command_flags(command, build(command).commands[command]):
        for spelling in flag.spellings:
            bare = spelling.lstrip("-")
            spelling = spelling.replace("-", r"\-") if name == "convcalc.1" else spelling
            assert (f"-l {bare}" in text or f"-s {bare}" in text) if name.endswith("fish") else spelling in text


@pytest.mark.parametrize("command", COMMANDS)
def test_powershell_has_the_classes_and_the_words_of_values(command: str) -> None:
    (entry,) = re.findall(rf"^    '{command}' = @\{{ (.*) \}}$", scripts()["convcalc.ps1"], re.M)
    found = dict(re.findall(r"(\w+) = @\((.*?)\)(?:; |$)", entry))
    lists = {field: re.findall(r"'((?:[^']|'')*)'", words) for field, words in found.items()}
    assert lists["Classes"] == list(layer_classes(command))
    assert lists["Plain"] == list(argument_words(command))
    values = {
        spelling: words for line in lists["Values"] for spelling in line.split("=")[0].split() for words in [line]
    }
    flags = command_flags(command, build(command).commands[command])
    valued = {spelling: flag.words for flag in flags if flag.words is not None for spelling in flag.spellings}
    assert {spelling: tuple(line.partition("=")[2].split()) for spelling, line in values.items()} == valued


def completed(line: str, folder: Path) -> list[str]:
    """Ask bash what the last word of a command line may become, in a folder."""
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
    done = subprocess.run([bash, "--norc", "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("convcalc sh", ["shape"]),
        ("convcalc p", ["params", "pool"]),
        ("convcalc ", [*COMMANDS, "help"]),
        ("convcalc help pa", ["params"]),
        ("convcalc help gr", ["gradients"]),
        ("convcalc --ver", ["--version"]),
        ("convcalc shape 224 --ker", ["--kernel"]),
        ("convcalc shape 224 -p sa", ["same", "same-lower"]),
        ("convcalc shape 224 --padding ca", ["causal"]),
        ("convcalc conv x.npy -k sob", ["sobel-x", "sobel-y", "sobel"]),
        ("convcalc conv x.npy -k gau", ["gaussian:"]),
        ("convcalc conv x.npy -k l", ["laplacian", "laplacian8", "log"]),
        ("convcalc conv x.npy Conv2d", ["Conv2d"]),
        ("convcalc shape 3x9x9 MaxPool2", ["MaxPool2d", "MaxPool2D"]),
        ("convcalc conv x.npy -k sobel-x --boundary re", ["reflect", "replicate"]),
        ("convcalc pool x.npy m", ["max", "min", "median", "model.onnx"]),
        ("convcalc params --color a", ["auto", "always"]),
        ("convcalc conv x.npy -k k.npy -o ", ["network.txt", "model.onnx"]),
        ("convcalc shape 224 -f net", ["network.txt"]),
        ("convcalc shape --each ", ["network.txt", "model.onnx"]),
        ("convcalc conv x.npy --bias mo", ["model.onnx"]),
        ("convcalc shape 224 max", ["maxpool:"]),
        ("convcalc params mo", ["model.onnx"]),
        ("convcalc shape 3x9x9 hard", ["hardshrink", "hardsigmoid", "hardswish", "hardtanh"]),
        ("convcalc shape 224 -s ", []),
        ("convcalc shape 224 --field ", []),
        ("convcalc pool x.npy --from im", ["image"]),
        ("convcalc shape 224 --format = mark", ["markdown"]),
        ("convcalc shape 224 --explode", []),
    ],
)
def test_bash_completes(line: str, words: list[str], tmp_path: Path) -> None:
    for name in ("network.txt", "model.onnx"):
        (tmp_path / name).touch()
    assert sorted(completed(line, tmp_path)) == sorted(words)


def test_bash_completes_every_option_of_every_command(tmp_path: Path) -> None:
    for command in COMMANDS:
        flags = command_flags(command, build(command).commands[command])
        expected = {spelling for flag in flags for spelling in flag.spellings}
        assert set(completed(f"convcalc {command} -", tmp_path)) == expected


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


def screen_after_tab(shell: str, line: str, wanted: str, home: Path, keys: str = "\t\t") -> str:
    """Type a line and `keys` into a shell on a terminal; return what it shows with `wanted`, or after 30 s."""
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
        os.write(terminal, f"{line}{keys}".encode())
        return read_until(wanted)
    finally:
        os.close(terminal)
        os.kill(child, signal.SIGKILL)  # a shell may wait for an answer of the terminal for ever
        os.waitpid(child, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals here: completion is NOT tested in one")
@pytest.mark.parametrize("shell", sorted(STARTS))
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("convcalc shape 224 --ker", "--kernel"),
        ("convcalc pool x.npy -F mark", "markdown"),
        ("convcalc pool x.npy ", "lp"),
        ("convcalc shape 224 --fie", "--field"),
        ("convcalc shape 224 --json-", "--json-errors"),
        ("convcalc shape 224 -f net", "network.txt"),
        ("convcalc conv x.npy --boundary rep", "replicate"),
        ("convcalc conv x.npy -k embo", "emboss"),
        ("convcalc help ex", "exercises"),
        ("convcalc shape 224 avgp", "avgpool:"),
        ("convcalc shape 224 Con", "ConvTranspose2d"),
        ("convcalc shape 3x9x9 'Adaptive", "AdaptiveAvgPool2d"),
    ],
)
def test_a_shell_on_a_terminal_completes(shell: str, line: str, wanted: str, tmp_path: Path) -> None:
    (tmp_path / "network.txt").touch()
    shown = screen_after_tab(shell, line, wanted, tmp_path)
    assert wanted in shown
    assert "bad option" not in shown


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals here: completion is NOT tested in one")
@pytest.mark.parametrize("shell", sorted(STARTS))
@pytest.mark.parametrize(
    ("line", "wanted"),
    [("convcalc conv x.npy -k gau", "gaussian:7"), ("convcalc shape 224 avgp", "avgpool:7")],
)
def test_a_word_that_goes_on_has_no_blank_behind_it(shell: str, line: str, wanted: str, tmp_path: Path) -> None:
    assert wanted in screen_after_tab(shell, line, wanted, tmp_path, "\t7")


@pytest.mark.parametrize(
    "command", [["mandoc", "-Tlint"], ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]]
)
def test_checkers_find_nothing_in_the_man_page(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: the man page is NOT checked")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"}
    done = subprocess.run([*command, str(FOLDER / "convcalc.1")], capture_output=True, check=False, env=environment)
    found = done.stderr if command[0] == "man" else done.stdout + done.stderr
    assert (done.returncode, found.decode()) == (0, "")


def test_the_man_page_reads_as_the_help_does() -> None:
    if shutil.which("man") is None:
        pytest.skip("man is not installed: what the page looks like is NOT tested")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""}
    command = ["man", "-l", "-P", "cat", str(FOLDER / "convcalc.1")]
    text = subprocess.run(command, capture_output=True, check=True, env=environment).stdout.decode()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    for line in ("       -k, --kernel N", "           convcalc shape 224 -k 7 -s 2 -p '?' --want 112", "EXIT STATUS"):
        assert line in lines
    assert any(line.split() == ["sobel-x", *["-1", "0", "1;", "-2", "0", "2;", "-1", "0", "1"]] for line in lines)


SHARED = {
    "convcalc.1": "share/man/man1/convcalc.1",
    "convcalc.bash": "share/bash-completion/completions/convcalc",
    "_convcalc": "share/zsh/site-functions/_convcalc",
    "convcalc.fish": "share/fish/vendor_completions.d/convcalc.fish",
}
"""Where an installation puts each file, below its prefix."""


def test_the_wheel_brings_them(tmp_path: Path) -> None:
    pytest.importorskip("hatchling.build", reason="hatchling is not installed: the wheel is NOT built")
    script = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        names = {name.partition(".data/data/")[2]: name for name in wheel.namelist() if ".data/" in name}
        assert set(names) == set(SHARED.values())
        for source, target in SHARED.items():
            assert wheel.read(names[target]) == (FOLDER / source).read_bytes()
        assert "convcalc/py.typed" in wheel.namelist()
