"""Drawings of networks: what they hold, and that the real programs read them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from convcalc.cli import main
from convcalc.errors import UsageError
from convcalc.render import render
from convcalc.report.blocks import Report

BRANCHES = "conv:4,k3 =a conv:5,k3,p1 cat:a (id * gap conv:9,k1 sigmoid) gap fc:3"
AWKWARD = "nn.Conv2d(3, 8, 3, padding_mode='zeros') =a relu cat:a"


def drawn(capsys: pytest.CaptureFixture[str], form: str, *arguments: str) -> str:
    assert main([*arguments, "-F", form]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("arguments", [("shape", "3x12x9", BRANCHES), ("params", "--input", "3x12x9", BRANCHES)])
def test_every_layer_and_arrow_is_drawn(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    mermaid, dot = drawn(capsys, "mermaid", *arguments), drawn(capsys, "dot", *arguments)
    for text, arrow in ((mermaid, " -->"), (dot, " -> ")):
        assert text.count(arrow) == 9 + 3 + 1  # an arrow for each input of each layer, and the output
    assert "input0 -->|3x12x9| layer0" in mermaid
    assert 'layer0 -> layer2 [label="4x10x7"];' in dot
    assert 'output0 [label="output 3", shape=oval];' in dot


def test_inputs_have_their_names_and_a_quiet_drawing_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    text = drawn(capsys, "dot", "shape", "image=3x8x9 mask=5x8x9", "relu cat:mask", "-q")
    assert 'input0 [label="image 3x8x9", shape=oval];' in text
    assert 'input1 [label="mask 5x8x9", shape=oval];' in text


def test_several_outputs_are_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    text = drawn(capsys, "mermaid", "shape", "3x12x9", "conv:4,k3 =a conv:5,k3 from:a conv:6,k5")
    assert 'output0(["output 5x8x5"])' in text
    assert 'output1(["output 6x6x3"])' in text


def test_a_matrix_has_no_network_to_draw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conv", "1 2; 3 4", "-k", "1", "-F", "dot"]) == 2
    assert "conv has no network to draw here" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no network to draw"):
        render(Report("pool", {}, "", ()), "mermaid")


@pytest.mark.parametrize("text", [BRANCHES, AWKWARD])
def test_graphviz_reads_the_drawing(capsys: pytest.CaptureFixture[str], text: str) -> None:
    program = shutil.which("dot")
    if program is None:
        pytest.skip("SKIPPED: Graphviz is not installed (Debian: graphviz); its drawing is not checked")
    done = subprocess.run(
        [program, "-Tplain"], input=drawn(capsys, "dot", "shape", "3x12x9", text), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\nnode ") == main_layers(capsys, text) + 2


def node_modules() -> Path:
    """Return the directory of node modules with Mermaid and a document for it, or skip."""
    npm = shutil.which("npm")
    found = os.environ.get("NODE_PATH", "").split(os.pathsep)
    if npm is not None and shutil.which("node") is not None:
        found.append(subprocess.run([npm, "root", "-g"], capture_output=True, text=True).stdout.strip())
        for path in map(Path, filter(None, found)):
            if (path / "mermaid").is_dir() and (path / "jsdom").is_dir():
                return path
    pytest.skip("SKIPPED: npm install -g mermaid jsdom has not been done; the drawing of Mermaid is not checked")


def parsed_by_mermaid(text: str) -> subprocess.CompletedProcess[str]:
    command = ["node", str(Path(__file__).parent / "data" / "parse_mermaid.mjs"), str(node_modules())]
    return subprocess.run(command, input=text, capture_output=True, text=True)


def test_mermaid_reads_the_drawing(capsys: pytest.CaptureFixture[str]) -> None:
    drawings = [drawn(capsys, "mermaid", "shape", "3x12x9", text) for text in (BRANCHES, AWKWARD)]
    drawings.append(drawn(capsys, "mermaid", "shape", "a=3x8x9 b=5x8x9", "relu cat:b"))
    for drawing in drawings:
        done = parsed_by_mermaid(drawing)
        assert (done.returncode, done.stdout.strip()) == (0, "flowchart-v2"), done.stderr
    assert parsed_by_mermaid(drawings[0].replace("-->", "--", 1)).returncode == 1


def main_layers(capsys: pytest.CaptureFixture[str], text: str) -> int:
    """Count the layers of a network by the rows of its table."""
    assert main(["shape", "3x12x9", text]) == 0
    return len(capsys.readouterr().out.splitlines()) - 1
