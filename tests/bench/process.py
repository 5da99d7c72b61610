"""Whole processes, `.npy` to `.npy`, against a minimal script of every peer: what a person at a terminal waits for.

    python tests/bench/process.py [CASE]...

Prints a Markdown table: our milliseconds from start to end, then our time divided by each peer's (below 1 is
faster), both medians of interleaved turns. The scripts import what they need, load the file, compute, and save. ONNX
Runtime has its model made before, weights inside. Every answer is compared with ours. Peers that are not installed
are left out (extra `bench`).
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TURNS = 9
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
MODULES = {"torch": "torch", "onnxruntime": "onnxruntime", "scipy": "scipy", "opencv": "cv2"}


class Case(NamedTuple):
    """One operation on float32 of shape `x`: a plane, or (batch, channels, height, width)."""

    kind: str
    x: tuple[int, ...]
    out: int = 1
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    groups: int = 1


CASES = {
    **{f"plane 4096x4096, {k}x{k}": Case("conv", (4096, 4096), kernel=k, padding=k // 2) for k in (3, 7, 15)},
    "64 to 64 channels 3x3, 224x224": Case("conv", (1, 64, 224, 224), 64),
    "256 to 256 channels 3x3, 56x56": Case("conv", (1, 256, 56, 56), 256),
    "3 to 64 channels 7x7 stride 2, 224x224": Case("conv", (1, 3, 224, 224), 64, 7, 2, 3),
    "depthwise 3x3, 256x112x112": Case("conv", (1, 256, 112, 112), 256, groups=256),
    "64 to 64 channels 3x3, 56x56, batch 16": Case("conv", (16, 64, 56, 56), 64),
    "max pooling 3x3 stride 2, 64x224x224": Case("max", (1, 64, 224, 224), stride=2),
    "average pooling 3x3 stride 2, 64x224x224": Case("avg", (1, 64, 224, 224), stride=2),
}


def main(names: list[str]) -> None:
    """Measure and print the table."""
    peers = [peer for peer, module in MODULES.items() if importlib.util.find_spec(module) is not None]
    print(f"| whole process, .npy to .npy | convcalc, ms | {' | '.join(peers)} |")
    print(f"| --- | ---: | {'---: | ' * len(peers)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, case in CASES.items():
            if not names or any(wanted in name for wanted in names):
                times = _measured(_commands(case, peers, Path(folder)), Path(folder))
                ours = times["convcalc"]
                ratios = (f"{_ratio(ours, times[peer]):.2f}" if peer in times else "" for peer in peers)
                print(f"| {name} | {statistics.median(ours):.0f} | {' | '.join(ratios)} |", flush=True)


def _ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median of the ratios turn by turn, so that what slows down a turn slows down both."""
    return statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))


def _commands(case: Case, peers: list[str], folder: Path) -> dict[str, list[str]]:
    """Write what a case needs to files, and return the command of every tool that can do it."""
    x, weight, model = (folder / name for name in ("x.npy", "weight.npy", "model.onnx"))
    channels = () if len(case.x) == 2 else (case.out, case.x[1] // case.groups)
    shape = (*channels, case.kernel, case.kernel)
    np.save(x, np.random.default_rng(1).standard_normal(case.x).astype(np.float32))
    np.save(weight, np.random.default_rng(2).standard_normal(shape).astype(np.float32))
    window = ["-s", str(case.stride), "-p", str(case.padding)]
    if case.kind == "conv":
        ours = ["conv", str(x), "-k", str(weight), *window, "-g", str(case.groups)]
    else:
        ours = ["pool", str(x), case.kind, "-k", str(case.kernel), *window]
    commands = {"convcalc": ["-m", "convcalc", *ours, "-o", str(folder / "convcalc.npy")]}
    scripts = {
        "torch": _torch(case),
        "onnxruntime": _onnxruntime(case),
        "scipy": _scipy(case),
        "opencv": _opencv(case),
    }
    for peer in peers:
        script = scripts[peer]
        if script is not None:
            commands[peer] = ["-c", script, str(x), str(weight), str(folder / f"{peer}.npy"), str(model)]
    if "onnxruntime" in commands:
        _write_model(case, np.load(weight), model)
    return commands


def _torch(case: Case) -> str:
    planes = "[None, None]" if len(case.x) == 2 else ""
    load = f"import numpy, sys, torch; load = lambda p: torch.from_numpy(numpy.load(p)){planes}\n"
    if case.kind == "conv":
        work = f"conv2d(load(sys.argv[1]), load(sys.argv[2]), None, {case.stride}, {case.padding}, 1, {case.groups})"
    else:
        work = f"{case.kind}_pool2d(load(sys.argv[1]), {case.kernel}, {case.stride}, {case.padding})"
    return f"{load}numpy.save(sys.argv[3], torch.nn.functional.{work}.numpy())"


def _onnxruntime(case: Case) -> str | None:
    planes = "[None, None]" if len(case.x) == 2 else ""
    return (
        "import numpy, onnxruntime, sys; session = onnxruntime.InferenceSession(sys.argv[4])\n"
        f"numpy.save(sys.argv[3], session.run(None, {{'x': numpy.load(sys.argv[1]){planes}}})[0])"
    )


def _scipy(case: Case) -> str | None:
    if len(case.x) > 2:
        return None
    return (
        "import numpy, sys; from scipy.signal import correlate; x, k = map(numpy.load, sys.argv[1:3])\n"
        "numpy.save(sys.argv[3], correlate(x, k, 'same'))"
    )


def _opencv(case: Case) -> str | None:
    if len(case.x) > 2:
        return None
    return (
        "import cv2, numpy, sys; x, k = map(numpy.load, sys.argv[1:3])\n"
        "numpy.save(sys.argv[3], cv2.filter2D(x, cv2.CV_32F, k, borderType=cv2.BORDER_CONSTANT))"
    )


SCRIPTS: dict[str, Callable[[Case], str | None]] = {
    "torch": _torch,
    "onnxruntime": _onnxruntime,
    "scipy": _scipy,
    "opencv": _opencv,
}


def _write_model(case: Case, weight: Any, path: Path) -> None:
    """Write an ONNX model of one node, its weights inside."""
    from onnx import TensorProto, helper, numpy_helper, save

    attributes: dict[str, Any] = {"kernel_shape": [case.kernel] * 2, "strides": [case.stride] * 2}
    attributes["pads"] = [case.padding] * 4
    x = (1, 1, *case.x) if len(case.x) == 2 else case.x
    constants = []
    if case.kind == "conv":
        node = helper.make_node("Conv", ["x", "w"], ["y"], group=case.groups, **attributes)
        constants = [numpy_helper.from_array(weight.reshape(-1, x[1] // case.groups, *weight.shape[-2:]), "w")]
    elif case.kind == "max":
        node = helper.make_node("MaxPool", ["x"], ["y"], **attributes)
    else:
        node = helper.make_node("AveragePool", ["x"], ["y"], count_include_pad=1, **attributes)
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(x))
    wanted = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "c", "h", "w"])
    graph = helper.make_graph([node], "bench", [given], [wanted], constants)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def _measured(commands: Mapping[str, list[str]], folder: Path) -> dict[str, list[float]]:
    """Return each tool's milliseconds turn by turn, after comparing its answer with ours."""
    times: dict[str, list[float]] = {tool: [] for tool in commands}
    environment = {name: value for name, value in os.environ.items() if name not in PINS}
    for turn in range(TURNS + 1):
        for tool, command in commands.items():
            out = folder / f"{tool}.npy"
            out.unlink(missing_ok=True)
            start = time.perf_counter()
            subprocess.run([sys.executable, *command], check=True, env=environment, stdout=subprocess.DEVNULL)
            taken = time.perf_counter() - start
            if turn:  # the first turn fills the file cache
                times[tool].append(taken * 1e3)
    ours = np.load(folder / "convcalc.npy")
    for tool in commands:
        answer = np.load(folder / f"{tool}.npy").reshape(ours.shape)
        worst = float(np.abs(answer - ours).max())
        assert worst < 1e-3 * float(np.abs(ours).max()), f"{tool} differs by {worst}"
    return times


if __name__ == "__main__":
    main(sys.argv[1:])
