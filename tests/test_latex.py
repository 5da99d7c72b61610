"""LaTeX compiles where it is read in, with the packages that it names, and stays inside the margins."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PLANE = "; ".join(" ".join(str((7 * row + 5 * column) % 23 - 9) for column in range(40)) for row in range(40))
DECIMALS = "; ".join(" ".join(str((row + column) / 7) for column in range(9)) for row in range(9))
VOLUME = "# shape: 3x4x5\n" + "\n\n".join(
    "\n".join(" ".join(str((plane + row * column) % 10) for column in range(5)) for row in range(4))
    for plane in range(3)
)

QUESTIONS: dict[str, list[str]] = {
    "shape": ["shape", "3x224x224", "conv:64,k7,s2,p3", "maxpool:3,s2,ceil", "(conv:64,k3,p1 + id)"],
    "shape, named padding": ["shape", "3x33x35", "conv:64,k3,s2,d2,same", "convT:32,k4x3,s2,p1x0,op1x0"],
    "shape, long names": ["shape", "3x224x224", "Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3))"],
    "params": ["params", "conv:64,k7 bn relu flatten fc:1000", "--input", "3x32x32"],
    "cells": ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--bias", "1/3"],
    "all cells": ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1/3 -1/9; 0 1", "--flip", "-p", "1", "--at", "all"],
    "long window": ["conv", PLANE, "-k", "box:31"],
    "long decimals": ["conv", PLANE, "-k", "gaussian:31:5", "--at", "2,3"],
    "decimals": ["conv", DECIMALS, "-k", "gaussian:5", "-p", "2"],
    "channels": ["conv", VOLUME, "-k", VOLUME, "-p", "1", "--dims", "2"],
    "volume": ["conv", VOLUME, "-k", VOLUME, "--dims", "3", "-p", "1", "--at", "1,1,1"],
    "transposed": ["conv", "1 2; 3 4", "-k", "1 2 3; 4 5 6; 7 8 9", "--transposed", "-s", "2", "-p", "1"],
    "average": [
        "pool",
        PLANE,
        "avg",
        "-k",
        "5",
        "-s",
        "5",
        "-p",
        "2",
        "--no-count-pad",
        "--at",
        "0,0",
        "--at",
        "3,4",
    ],
    "maximum": ["pool", "1 5 3; 4 2 6", "max", "-k", "2", "-s", "2", "-p", "1", "--ceil"],
    "large maximum": ["pool", PLANE, "max", "-k", "20", "-p", "3"],
    "norm": ["pool", DECIMALS, "lp", "-k", "4", "--norm", "3", "--at", "1,1"],
    "adaptive": ["pool", "1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6", "avg", "--adaptive", "2x3"],
    "wide": ["conv", "1e-300 123456789.123456 7/3; 1 2 3", "-k", "1"],
}


def document(files: list[Path], packages: set[str]) -> str:
    """Return a paper that reads in the files, with the packages that they say they need."""
    used = "".join(f"\\usepackage{{{package}}}\n" for package in sorted(packages))
    text = "\n\n".join(f"Some text before. \\input{{{path.stem}}} Some text behind." for path in files)
    return f"\\documentclass{{article}}\n{used}\\begin{{document}}\n{text}\n\\end{{document}}\n"


def packages_of(text: str) -> set[str]:
    """Return the packages that a file names in its first line."""
    named = re.match(r"% needs \\usepackage\{(.*)\}\n", text)
    return set(named[1].split(",")) if named else set()


def compiled(folder: Path, source: str) -> str:
    """Compile a document, and return its log with the lines put together that TeX broke."""
    (folder / "paper.tex").write_text(source)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    log = (folder / "paper.log").read_text(errors="replace")
    assert done.returncode == 0, log[-3000:]
    return log


@pytest.fixture
def tex() -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("NOT TESTED: there is no pdflatex here; Debian has it in texlive-latex-base")


@pytest.mark.usefixtures("tex")
@pytest.mark.parametrize("options", [r"", r"12pt", "11pt"])
def test_every_answer_compiles_and_stays_inside_the_margins(options: str, tmp_path: Path, here: Run) -> None:
    files, packages = [], set()
    for name, question in QUESTIONS.items():
        path = tmp_path / f"{re.sub('[^a-z]', '', name)}.tex"
        done = here(*question, "--explain", "-o", path)
        assert done.returncode == 0, done.stderr
        files.append(path)
        packages |= packages_of(path.read_text())
    source = document(files, packages)
    if options:
        source = source.replace(r"\documentclass{", rf"\documentclass[{options}]{{")
    log = compiled(tmp_path, source)
    overfull = re.findall(r"Overfull \\hbox.*\n.*", log)
    assert not overfull, "\n".join(overfull)


@pytest.mark.usefixtures("tex")
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_file_needs_no_package_but_those_it_names(question: list[str], tmp_path: Path, here: Run) -> None:
    path = tmp_path / "answer.tex"
    assert here(*question, "--explain", "-o", path).returncode == 0
    compiled(tmp_path, document([path], packages_of(path.read_text())))


@pytest.mark.usefixtures("tex")
def test_the_test_sees_what_is_too_wide(tmp_path: Path) -> None:
    (tmp_path / "wide.tex").write_text(r"\[" + "+".join("123456" for _ in range(20)) + r"\]")
    assert "Overfull \\hbox" in compiled(tmp_path, document([tmp_path / "wide.tex"], set()))
