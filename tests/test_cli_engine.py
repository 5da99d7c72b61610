"""`--plan`, `--algorithm`, `--memory`, `--threads`: how it is computed, and that the answer stays the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Run

from convcalc.cli import main
from convcalc.cli.engine import memory_size
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.memory import threads_within, tile_bytes
from convcalc.compute.plan import ALGORITHMS
from convcalc.compute.pooling.running import METHODS
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window


@pytest.fixture
def plane(tmp_path: Path) -> Path:
    path = tmp_path / "plane.npy"
    np.save(path, np.random.default_rng(1).standard_normal((90, 131)))
    return path


def answer(capfdbinary: pytest.CaptureFixture[bytes], *arguments: object) -> bytes:
    assert main(list(map(str, arguments))) == 0
    return capfdbinary.readouterr().out


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("threads", [1, 3])
def test_every_algorithm_that_the_plan_lists_gives_the_answer(
    capfdbinary: pytest.CaptureFixture[bytes], plane: Path, name: str, threads: int
) -> None:
    command = ("conv", plane, "-k", "gaussian:5", "-s", "2x1", "-p", "1:0x2")
    plan = json.loads(answer(capfdbinary, *command, "--plan", "--json"))
    if name in {entry["algorithm"] for entry in plan["refused"]}:
        assert main([*map(str, command), "--algorithm", name]) == 2
        return
    expected = json.loads(answer(capfdbinary, *command, "--json"))
    forced = json.loads(answer(capfdbinary, *command, "--json", "--algorithm", name, "--threads", threads))
    assert forced["shape"] == expected["shape"] == plan["shape"]
    assert forced["dtype"] == plan["dtype"] == "float64"
    np.testing.assert_allclose(forced["data"], expected["data"], rtol=0, atol=1e-13)


def test_the_plan_names_every_candidate_with_its_cost(capfdbinary: pytest.CaptureFixture[bytes], plane: Path) -> None:
    found = json.loads(answer(capfdbinary, "conv", plane, "-k", "box:3", "--plan", "--json", "--threads", 2))
    assert (found["schema"], found["command"], found["shape"]) == (1, "conv", [88, 129])
    named = [entry["algorithm"] for entry in found["candidates"] + found["refused"]]
    assert sorted(named) == sorted(ALGORITHMS)
    seconds = [entry["seconds"] for entry in found["candidates"]]
    assert seconds == sorted(seconds)
    assert found["plan"]["algorithm"] == found["candidates"][0]["algorithm"]
    assert found["plan"]["threads"] == 2
    forced = json.loads(
        answer(capfdbinary, "conv", plane, "-k", "box:3", "--plan", "--json", "--algorithm", "direct")
    )
    assert (forced["plan"]["algorithm"], forced["plan"]["reason"]) == ("direct", "requested")


def test_the_plan_as_text_says_why(capfdbinary: pytest.CaptureFixture[bytes], plane: Path) -> None:
    lines = answer(capfdbinary, "conv", plane, "-k", "box:3", "--plan").decode().splitlines()
    assert lines[0] == "algorithm\tmilliseconds\tchoice"
    assert lines[1].endswith("\tchosen: lowest estimated time")
    assert b"ms on one core" in answer(capfdbinary, "conv", plane, "-k", "box:3", "--plan", "-F", "table")
    assert answer(capfdbinary, "conv", plane, "-k", "box:3", "--plan", "-q").decode().strip() in ALGORITHMS


def test_the_plan_for_decimals_in_text_says_why_it_is_not_the_cheapest(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "x.txt"
    path.write_text("1.5 2 3 4\n" * 9)
    found = json.loads(answer(capfdbinary, "conv", path, "-k", "box:3", "--plan", "--json"))
    assert (found["plan"]["algorithm"], found["plan"]["reason"][:23]) == ("direct", "text has the same bits ")
    whole = json.loads(answer(capfdbinary, "conv", "1 2; 3 4", "-k", "1 2; 3 4", "--plan", "--json"))
    assert whole["plan"]["reason"] == "lowest estimated time"


def test_what_cannot_be_done_is_listed_with_its_reason(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    found = json.loads(answer(capfdbinary, "conv", "1/3 2; 3 4", "-k", f"{10**30} 1; 2 3", "--plan", "--json"))
    assert found["dtype"] == "fraction"
    assert any("Python integers" in entry["reason"] for entry in found["refused"])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("kind", ["max", "min", "avg"])
def test_both_ways_of_pooling_give_the_answer(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(2).integers(-99, 99, (3, 40, 31)).astype(np.int16))
    command = ("pool", path, kind, "-k", "7x4", "-s", "2x3", "-p", "3:1x0:2", "--ceil")
    expected = answer(capfdbinary, *command)
    assert answer(capfdbinary, *command, "--algorithm", name, "--threads", 2) == expected
    plan = json.loads(answer(capfdbinary, *command, "--plan", "--json", "--algorithm", name))
    assert plan["plan"]["algorithm"] == name
    assert plan["shape"] == json.loads(answer(capfdbinary, *command, "--json"))["shape"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--algorithm", "fast"], b"--algorithm: unknown algorithm 'fast'"),
        (["--algorithm", ""], b"--algorithm: unknown algorithm ''"),
        (["--grade", ""], b"'': no such file"),
        (["--memory", "3 apples"], b"'3 apples' is not a valid memory size"),
        (["--memory", "12"], b"12 is too little memory"),
        (["--threads", "0"], b"--threads"),
    ],
)
@pytest.mark.parametrize("command", [["conv", "1 2; 3 4", "-k", "1 2"], ["pool", "1 2; 3 4", "max", "-k", "2"]])
def test_what_makes_no_sense_is_an_error(
    capfdbinary: pytest.CaptureFixture[bytes], command: list[str], arguments: list[str], message: bytes
) -> None:
    assert main([*command, *arguments]) == (4 if "--grade" in arguments else 2)
    out, err = capfdbinary.readouterr()
    assert out == b""
    assert message in err


def test_sizes_of_memory() -> None:
    sizes = [memory_size(text) for text in ("1048576", "1M", "1MiB", "2MB", "0.5G", "1 T")]
    assert sizes == [1 << 20, 1 << 20, 1 << 20, 2_000_000, 1 << 29, 1 << 40]
    with pytest.raises(UsageError, match="not a valid memory size"):
        memory_size("-5M")


def test_less_memory_means_fewer_threads_and_the_same_bits(convcalc: Run, tmp_path: Path) -> None:
    x = np.random.default_rng(3).standard_normal((1, 16, 60, 70)).astype(np.float32)
    weight = np.random.default_rng(4).standard_normal((24, 16, 3, 3)).astype(np.float32)
    steps = PlainConvolution(weight, (Window(3, 1, Padding(1, 0)),) * 2).computation(x).steps
    needed = tile_bytes(steps[0])
    assert threads_within(needed * 2, steps, 8) == 2
    assert threads_within(1, steps, 8) == 1
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "w.npy", weight)
    outputs = []
    for memory in ("1M", "1G"):
        target = tmp_path / f"{memory}.npy"
        done = convcalc(
            "conv", tmp_path / "x.npy", "-k", tmp_path / "w.npy", "--memory", memory, "--threads", 4, "-o", target
        )
        assert done.returncode == 0, done.stderr
        outputs.append(target.read_bytes())
    assert outputs[0] == outputs[1]
