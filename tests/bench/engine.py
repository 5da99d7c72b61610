"""How fast the engine is beside its peers: ratios of medians, every tool in a process of its own, interleaved.

    python tests/bench/engine.py [CASE]...

Prints a Markdown table: our milliseconds, then our time divided by each peer's (below 1 is faster), then the wanted
ratio to the fastest peer of its kind. Peers that are not installed are left out (extra `bench`). Each tool has a
process of its own that sleeps while another is measured. The threads of some go on spinning after their work (one
core of ONNX Runtime's for 50 ms), which would be taken for the time of the next tool, so that all rest in between.
The first call after a rest is not measured: it finds caches full of what others left, and threads asleep.
Settings that pin OpenBLAS to an older kind of processor are lifted, nothing pins the other tools, and one that makes
Python compile a checkout anew at every start, which no installed program has to.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

TOOLS = ("convcalc", "torch", "onnxruntime", "scipy", "opencv")
ROUNDS = 15
# A tool that has worked so long on one case is not asked again.
SECONDS = 1.0
# Seconds of rest before each measurement, twice what the longest spinning takes.
REST = 0.1
PINS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")


class Case(NamedTuple):
    """One operation on float32: x is (batch, channels, height, width)."""

    kind: str
    x: tuple[int, int, int, int]
    outputs: int
    kernel: int
    stride: int
    padding: int
    groups: int
    target: str


CASES = {
    "64->64 3x3, 224x224": Case("conv", (1, 64, 224, 224), 64, 3, 1, 1, 1, "1.0"),
    "256->256 3x3, 56x56": Case("conv", (1, 256, 56, 56), 256, 3, 1, 1, 1, "1.0"),
    "512->512 3x3, 14x14": Case("conv", (1, 512, 14, 14), 512, 3, 1, 1, 1, "1.0"),
    "16->33 3x3, 8x50x100": Case("conv", (8, 16, 50, 100), 33, 3, 1, 0, 1, "1.0"),
    "64->64 1x1, 224x224": Case("conv", (1, 64, 224, 224), 64, 1, 1, 0, 1, "1.0"),
    "3->64 7x7 stride 2, 224x224": Case("conv", (1, 3, 224, 224), 64, 7, 2, 3, 1, "1.0"),
    "depthwise 256 3x3, 112x112": Case("conv", (1, 256, 112, 112), 256, 3, 1, 1, 256, "1.5"),
    "max pool 3x3 stride 2, 64x224x224": Case("max", (1, 64, 224, 224), 64, 3, 2, 1, 1, "1.5"),
    "average pool 3x3 stride 2, 64x224x224": Case("avg", (1, 64, 224, 224), 64, 3, 2, 1, 1, "-"),
    **{
        f"plane 2048x2048, {k}x{k}": Case("conv", (1, 1, 2048, 2048), 1, k, 1, k // 2, 1, target)
        for k, target in {
            3: "2.5 OpenCV, 0.3 others",
            7: "1.5 OpenCV, 0.5 others",
            15: "1.0 OpenCV, 0.5 others",
            31: "1.0 OpenCV, 0.5 others",
            63: "1.0 OpenCV, 0.5 others",
        }.items()
    },
}


def main(names: list[str]) -> None:
    """Measure and print the tables."""
    servers = {tool: Server(tool) for tool in TOOLS if _installed(tool)}
    peers = [tool for tool in servers if tool != "convcalc"]
    chosen = [name for name in CASES if not names or any(wanted in name for wanted in names)]
    if chosen:
        print(f"| case | convcalc, ms | {' | '.join(peers)} | wanted |")
        print(f"| --- | ---: | {'---: | ' * len(peers)}--- |")
    for name in chosen:
        case = CASES[name]
        times = _measure(servers, case)
        ours = times["convcalc"]
        ratios = (f"{ours / times[peer]:.2f}" if peer in times else "" for peer in peers)
        print(f"| {name} | {ours:.1f} | {' | '.join(ratios)} | {case.target} |", flush=True)
    for server in servers.values():
        server.close()
    if not names or "size" in names:
        _growth()


def _measure(servers: dict[str, Server], case: Case) -> dict[str, float]:
    """Return the median milliseconds of every tool that can do a case, after comparing their answers."""
    able, answers = {}, {}
    for tool, server in servers.items():
        answer = server.ask({"prepare": case})
        if answer is not None:
            able[tool], answers[tool] = server, answer
    ours = answers.pop("convcalc")
    for tool, answer in answers.items():
        worst = max(abs(a - b) for a, b in zip(ours, answer, strict=True))
        assert worst < 1e-3 * max(map(abs, ours)), f"{tool} says something else: {answer[:3]} and not {ours[:3]}"
    times: dict[str, list[float]] = {tool: [] for tool in able}
    for _ in range(ROUNDS):
        for tool, server in able.items():
            if sum(times[tool]) < SECONDS:
                time.sleep(REST)
                times[tool].append(server.ask({"run": True}))
    return {tool: statistics.median(found) * 1e3 for tool, found in times.items()}


def _installed(tool: str) -> bool:
    command = [sys.executable, "-c", f"import {'cv2' if tool == 'opencv' else tool}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _environment(tool: str) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in PINS}
    return environment | ({"OPENBLAS_NUM_THREADS": "1"} if tool == "convcalc" else {})


class Server:
    """A process that prepares and runs cases with one tool when it is asked."""

    def __init__(self, tool: str) -> None:
        command = [sys.executable, __file__, "--serve", tool]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(command, env=_environment(tool), **pipes)

    def ask(self, question: dict[str, Any]) -> Any:
        """Send a question and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve(tool: str) -> None:
    """Answer questions on standard input until it ends."""
    import numpy as np

    action: Callable[[], Any] | None = None
    for line in sys.stdin:
        question = json.loads(line)
        answer: Any = None
        if "prepare" in question:
            case = Case(*question["prepare"])
            generator = np.random.default_rng(1)
            x = generator.standard_normal(case.x).astype(np.float32)
            shape = (case.outputs, case.x[1] // case.groups, case.kernel, case.kernel)
            weight = generator.standard_normal(shape).astype(np.float32)
            action = PREPARE[tool](case, x, weight)
            if action is not None:
                action()
                result = np.asarray(action()).reshape(-1)
                answer = [float(value) for value in result[:: max(1, result.size // 50)]]
        elif action is not None:
            action()
            start = time.perf_counter()
            action()
            answer = time.perf_counter() - start
        print(json.dumps(answer), flush=True)


def _convcalc(case: Case, x: Any, weight: Any) -> Callable[[], Any]:
    from convcalc.compute.convolution import PlainConvolution
    from convcalc.compute.nchw import to_nchw
    from convcalc.compute.pooling.pool import pool
    from convcalc.geometry import Padding, Window

    windows = (Window(case.kernel, case.stride, Padding(case.padding, case.padding)),) * 2
    if case.kind == "conv":
        return lambda: to_nchw(x, PlainConvolution(weight, windows, groups=case.groups)).compute()
    return lambda: pool(x, windows, case.kind)


def _torch(case: Case, x: Any, weight: Any) -> Callable[[], Any]:
    import torch
    from torch.nn import functional

    torch.set_grad_enabled(False)
    tensor, filters = torch.from_numpy(x), torch.from_numpy(weight)
    if case.kind == "conv":
        return lambda: functional.conv2d(tensor, filters, None, case.stride, case.padding, 1, case.groups)
    function = functional.max_pool2d if case.kind == "max" else functional.avg_pool2d
    return lambda: function(tensor, case.kernel, case.stride, case.padding)


def _onnxruntime(case: Case, x: Any, weight: Any) -> Callable[[], Any]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    attributes: dict[str, Any] = {"kernel_shape": [case.kernel] * 2, "strides": [case.stride] * 2}
    attributes["pads"] = [case.padding] * 4
    if case.kind == "conv":
        node = helper.make_node("Conv", ["x", "w"], ["y"], group=case.groups, **attributes)
    elif case.kind == "max":
        node = helper.make_node("MaxPool", ["x"], ["y"], **attributes)
    else:
        node = helper.make_node("AveragePool", ["x"], ["y"], count_include_pad=1, **attributes)
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(case.x))
    wanted = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "c", "h", "w"])
    constants = [numpy_helper.from_array(weight, "w")] if case.kind == "conv" else []
    graph = helper.make_graph([node], "bench", [given], [wanted], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})[0]


def _scipy(case: Case, x: Any, weight: Any) -> Callable[[], Any] | None:
    from scipy import ndimage

    if case.kind != "conv" or case.x[1] > 1:
        return None
    plane, kernel = x[0, 0], weight[0, 0]
    return lambda: ndimage.correlate(plane, kernel, mode="constant")


def _opencv(case: Case, x: Any, weight: Any) -> Callable[[], Any] | None:
    import cv2

    if case.kind != "conv" or case.x[1] > 1:
        return None
    plane, kernel = x[0, 0], weight[0, 0]
    return lambda: cv2.filter2D(plane, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)


PREPARE: dict[str, Callable[[Case, Any, Any], Callable[[], Any] | None]] = {
    "convcalc": _convcalc,
    "torch": _torch,
    "onnxruntime": _onnxruntime,
    "scipy": _scipy,
    "opencv": _opencv,
}


def _growth() -> None:
    """Print the cost of an output cell at 64 Mpixel relative to its cost at 4 Mpixel (at most 1.2 is wanted)."""
    print("\n| kernel | cost of a cell at 64 Mpixel / at 4 Mpixel |\n| --- | ---: |")
    for size in (3, 7, 15):
        servers = {side: Server("convcalc") for side in (2048, 8192)}
        times: dict[int, list[float]] = {side: [] for side in servers}
        for side, server in servers.items():
            server.ask({"prepare": Case("conv", (1, 1, side, side), 1, size, 1, size // 2, 1, "")})
        for _ in range(7):
            for side, server in servers.items():
                times[side].append(server.ask({"run": True}) / side**2)
        for server in servers.values():
            server.close()
        small, large = map(statistics.median, times.values())
        print(f"| {size}x{size} | {large / small:.2f} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2])
    else:
        main(sys.argv[1:])
