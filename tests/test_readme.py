"""README and manual hold what is true: every `$` line in them is run, and its output is what stands below it.

    python tests/test_readme.py

writes the output anew.
"""

from __future__ import annotations

import base64
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pictures
import pytest

README = Path(__file__).parents[1] / "README.md"
MANUAL = README.parent / "convcalc" / "manual"
PAGES = [README, *sorted(MANUAL.glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[str]:
    """Return the bodies of the console blocks."""
    return [match.group(1) for match in BLOCK.finditer(text)]


def answered(block: str) -> str:
    """Run the commands of a block one after another and put the output of each under it."""
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{output(line[2:])}" for line in lines)


def output(command: str) -> str:
    """Run a command line as `in_bash` does; return what it prints."""
    done = in_bash(command)
    assert "a defect in convcalc" not in done.stdout, command
    return done.stdout


def in_bash(command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command line in bash as a user would, `convcalc` being the one of this Python."""
    alias = f'convcalc() {{ {shlex.quote(sys.executable)} -m convcalc "$@"; }}\nset -e -o pipefail\n'
    return subprocess.run(
        ["bash", "-c", alias + command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=folder,
    )


def recipes() -> list[str]:
    """Return the command lines under the heading Recipes."""
    section = README.read_text().partition("\n## Recipes\n")[2].partition("\n## ")[0]
    return [line for block in re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S) for line in block.splitlines()]


def make_files(folder: Path) -> None:
    """Write the files that the recipes name."""
    models = json.loads((README.parent / "tests" / "data" / "onnx_models.json").read_text())
    model = next(model["bytes"] for model in models if model["nodes"] == ["Conv"])
    (folder / "model.onnx").write_bytes(base64.b64decode(model))
    (folder / "scans").mkdir()
    for name in ("scans/a.npy", "scans/b.npy", "huge.npy"):
        np.save(folder / name, np.arange(90.0, dtype=np.float32).reshape(9, 10))
    (folder / "sizes.txt").write_text("224\n225x300\n")
    (folder / "prices.csv").write_text("day,price\n" + "".join(f"{day},{day * day}\n" for day in range(1, 9)))
    (folder / "answers.csv").write_text("ada,8x8\nbob,7\n")


@pytest.mark.parametrize("command", recipes())
def test_every_recipe_works(command: str, tmp_path: Path) -> None:
    make_files(tmp_path)
    done = in_bash(command, tmp_path)
    assert done.returncode == 0, done.stdout
    for name in re.findall(r"(?:-o|--key) ([\w.]+)", command):
        assert (tmp_path / name).stat().st_size > 0


def test_there_are_recipes() -> None:
    assert sum("convcalc" in line for line in recipes()) >= 10


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page.read_text())])
def test_every_command_answers_what_the_page_says(block: str) -> None:
    assert answered(block) == block


def test_the_readme_opens_with_two_commands_and_ci_runs_the_second() -> None:
    commands = re.findall(r"^```sh\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert commands[0].startswith("python3 -m venv .venv && ")
    assert commands[1].rstrip().endswith("-m pytest")
    assert "README.md" in (README.parent / ".ci" / "run").read_text()


def test_the_readme_is_short_and_names_every_page_of_the_manual() -> None:
    text = README.read_text()
    assert len(text.splitlines()) < 500
    assert set(re.findall(r"\(convcalc/manual/(\w+)\.md\)", text)) == {page.stem for page in PAGES[1:]}


@pytest.mark.parametrize("name", pictures.COMMANDS)
def test_the_pictures_are_current(name: str, tmp_path: Path) -> None:
    pictures.draw(name, tmp_path)
    assert (tmp_path / name).read_bytes() == (pictures.FOLDER / name).read_bytes(), "python tests/pictures.py"
    assert f"(.pictures/{name})" in README.read_text()


def renewed(text: str) -> str:
    """Return a page with the output of its commands as it is now."""
    return BLOCK.sub(lambda match: f"```console\n{answered(match.group(1))}```", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text()))
