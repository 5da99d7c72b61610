"""The worked examples of `data/seeds.json`, answered by the real command, from text, `.npy` and standard input."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles import text_of

SEEDS = json.loads((Path(__file__).parent / "data" / "seeds.json").read_text())
Run = Callable[..., Any]


def seeds(command: str) -> list[Any]:
    chosen = [seed for seed in SEEDS if seed["command"] == command]
    return [pytest.param(seed, id=seed["name"]) for seed in chosen]


def test_there_are_26_and_each_is_of_a_kind_tested_here() -> None:
    assert len(SEEDS) == 26
    assert {seed["command"] for seed in SEEDS} == {"conv", "params", "pool", "shape"}


def array_of(text: str) -> np.ndarray[Any, Any]:
    """Read what the command printed, without convcalc's own reader."""
    lines = text.splitlines()
    shape = None
    if lines[0].startswith("# shape: "):
        shape = tuple(int(size) for size in lines[0].removeprefix("# shape: ").split("x"))
    rows = [[value(token) for token in line.split()] for line in lines if line and not line.startswith("#")]
    array = np.array(rows)
    return array if shape is None else array.reshape(shape)


def value(token: str) -> float:
    numerator, _, denominator = token.partition("/")
    return float(numerator) / float(denominator or 1)


def window_options(seed: dict[str, Any]) -> list[str]:
    options = []
    for name in ("kernel", "stride", "padding"):
        if name in seed:
            options += [f"--{name}", str(seed[name])]
    return options


def sources(seed: dict[str, Any], name: str, folder: Path) -> dict[str, tuple[str, str | bytes | None]]:
    """Return each way to hand an input over: the argument, and what stands on standard input."""
    array = np.array(seed[name])
    text, binary = folder / f"{name}.txt", folder / f"{name}.npy"
    text.write_text(text_of(seed[name]))
    np.save(binary, array)
    return {
        "text file": (str(text), None),
        "npy file": (str(binary), None),
        "piped text": ("-", text.read_text()),
        "piped npy": ("-", binary.read_bytes()),
    }


@pytest.mark.parametrize("seed", seeds("conv"))
def test_conv(seed: dict[str, Any], here: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "kernel.npy", np.array(seed["weight"]))
    (tmp_path / "kernel.txt").write_text(text_of(seed["weight"]))
    options = [*window_options(seed), *(["--flip"] if seed.get("flip") else [])]
    expected = np.array(seed["expect"])
    for way, (argument, stdin) in sources(seed, "input", tmp_path).items():
        kernel = tmp_path / ("kernel.npy" if "npy" in way else "kernel.txt")
        done = here("conv", argument, "-k", kernel, *options, stdin=stdin)
        assert done.returncode == 0, done.stderr
        found = array_of(done.stdout)
        if expected.ndim == 1:
            found = found.reshape(-1)
        assert found.shape == expected.shape, way
        if expected.dtype.kind == "i":
            np.testing.assert_array_equal(found, expected, way)
        else:
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12, err_msg=way)


@pytest.mark.parametrize("seed", seeds("pool"))
def test_pool(seed: dict[str, Any], here: Run, tmp_path: Path) -> None:
    options = window_options(seed)
    options += ["--ceil"] if seed.get("ceil_mode") else []
    options += ["--no-count-pad"] if seed.get("count_include_pad") is False else []
    for argument, stdin in sources(seed, "input", tmp_path).values():
        done = here("pool", argument, seed["op"], *options, stdin=stdin)
        assert done.returncode == 0, done.stderr
        found = array_of(done.stdout)
        np.testing.assert_array_equal(found.reshape(np.shape(seed["expect"])), seed["expect"])
    if "indices" in seed:
        done = here("pool", tmp_path / "input.txt", seed["op"], *options, "--indices", "--json")
        answer = json.loads(done.stdout)
        assert answer["indices"] == seed["indices"]
        assert answer["data"] == seed["expect"]


@pytest.mark.parametrize("seed", seeds("shape"))
def test_shape(seed: dict[str, Any], here: Run) -> None:
    size = "x".join(map(str, seed["input_shape"]))
    if "layer" not in seed:
        for padding, expected in seed["expect"].items():
            done = here("shape", size, *window_options(seed), "-p", padding, "--json")
            assert json.loads(done.stdout)["output"] == expected
        return
    done = here("shape", size, seed["layer"], "--json")
    assert json.loads(done.stdout)["output"] == seed["expect"]
    assert here("shape", size, seed["layer"], "-q").stdout == "x".join(map(str, seed["expect"])) + "\n"
    if "params" in seed:
        assert here("params", seed["layer"], "-q").stdout == f"{seed['params']}\n"
    if "weight_shape" in seed:
        answer = json.loads(here("params", seed["layer"], "--json").stdout)
        assert answer["layers"][0]["weight_shape"] == seed["weight_shape"]


@pytest.mark.parametrize("seed", seeds("params"))
def test_params(seed: dict[str, Any], here: Run) -> None:
    layers = seed.get("layers") or [seed["layer"]]
    answer = json.loads(here("params", *layers, "--json").stdout)
    expected = seed["expect"]
    if isinstance(expected["total"], list):
        assert [layer["params"] for layer in answer["layers"]] == expected["total"]
        assert answer["total"]["params"] == sum(expected["total"])
    else:
        assert answer["total"]["params"] == expected["total"]
        for name in ("weight_shape", "weights", "biases"):
            assert answer["layers"][0][name] == expected[name]
    if "shapes" in seed:
        size = "x".join(map(str, seed["input_shape"]))
        steps = json.loads(here("shape", size, *layers, "--json").stdout)["layers"]
        assert [step["output"] for step in steps] == seed["shapes"]


def test_a_slip_in_a_seed_is_called_wrong(here: Run) -> None:
    """One source says 1 for the first cell of its example in running text; the sum is 2."""
    command = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--check", "1 0; 3 2"]
    done = here(*command, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["check"]["verdict"] == "wrong"
    assert here(*command[:-1], "2 0; 3 2").returncode == 0


def test_the_two_layer_chain_is_one_shell_pipe(tmp_path: Path) -> None:
    first, second = SEEDS[0], SEEDS[1]
    for name, array in (("x", first["input"]), ("first", first["weight"]), ("second", second["weight"])):
        (tmp_path / f"{name}.txt").write_text(text_of(array))
    command = f"{shlex.quote(sys.executable)} -m convcalc conv"
    folder = shlex.quote(str(tmp_path))
    pipe = f"{command} {folder}/x.txt -k {folder}/first.txt -s 2 | {command} - -k {folder}/second.txt -s 2"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=True)
    np.testing.assert_array_equal(array_of(done.stdout), second["expect"])
