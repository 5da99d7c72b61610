"""Counts layers and models with fvcore, ptflops and thop, and writes `conventions.json`.

Run it as `python tests/data/make_conventions.py` where `pip install torch==2.14.1 torchvision==0.29.1
fvcore==0.1.5.post20221221 ptflops==0.7.5 thop==0.1.1.post2209072238 setuptools` has been done. Nothing is downloaded.
"""

from __future__ import annotations

import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import setuptools  # type: ignore[import-untyped] # noqa: F401 brings distutils, which thop imports
import torch
from convention_cases import LAYERS, MODELS
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info
from thop import profile
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

PROGRAMS = ("torch", "torchvision", "fvcore", "ptflops", "thop")


def main() -> None:
    """Write the file."""
    layers = []
    for shape, text in LAYERS:
        # A module of its own around it: fvcore and thop count what a model holds, not the model.
        counted = counts(lambda text=text: nn.Sequential(eval(f"nn.{text}")), shape)
        layers.append({"input": shape, "layer": text} | counted)
    named = [
        {"model": name, "input": (3, 224, 224)} | counts(lambda name=name: models.get_model(name), (3, 224, 224))
        for name in MODELS
    ]
    made_by = {name: version(name) for name in PROGRAMS}
    lines = [json.dumps(record) for record in (*layers, *named)]
    text = json.dumps({"made_by": made_by})[:-1] + ',\n"counts": [\n' + ",\n".join(lines) + "\n]}\n"
    (Path(__file__).parent / "conventions.json").write_text(text)


def counts(build: Any, shape: tuple[int, ...]) -> dict[str, int]:
    """Count a model, built anew for each program, with an input of one sample."""
    one = torch.zeros(1, *shape)
    with FlopCounterMode(display=False) as counter:
        build().eval()(one)
    analysis = FlopCountAnalysis(build().eval(), one)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    by_ptflops, _ = get_model_complexity_info(
        build().eval(), shape, as_strings=False, print_per_layer_stat=False, ost=io.StringIO()
    )
    by_thop, _ = profile(build().eval(), (one,), verbose=False)
    return {
        "torchvision": counter.get_total_flops() // 2,
        "fvcore": int(analysis.total()),
        "ptflops": int(by_ptflops),
        "thop": int(by_thop),
    }


if __name__ == "__main__":
    main()
