"""Prints and counts the models of torchvision and timm and writes `printed_models.json.xz`.

Run it as `python tests/data/make_printed_models.py` where `pip install torch==2.14.1 torchvision==0.29.1
timm==1.0.31` has been done. Nothing is downloaded; the models are built and run on the meta device, where weights
need no memory.
"""

from __future__ import annotations

import gc
import json
import lzma
import math
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import timm
import torch
import torchvision
from printed_model_cases import TIMM, TORCHVISION_VARIANTS
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models as classification
from torchvision.models import segmentation, video

NOTES = [
    "printed is print(model); input and outputs are for a batch of one, which they leave out, in eval mode",
    "params counts every parameter once; params_run leaves out those that forward does not use, not_run names their"
    " modules, run or dead: in eval mode the auxiliary heads of GoogLeNet and Inception v3 are not run",
    "hidden counts the parameters of modules other than convolutions, linear layers, normalizations, and embeddings,"
    " by class and name: print shows a module's arguments only where its class says so, and mostly none for these",
    "buffers leaves out num_batches_tracked; statistics are the running means and variances among them",
    "macs = convolution + linear + attention, biases not counted: convolutions, linear maps (those inside"
    " MultiheadAttention, too), and all other matrix products, which are nearly all attention's",
    "outputs of segmentation are out, then aux where there is one",
]
SHOWN = (
    nn.modules.conv._ConvNd,
    nn.modules.batchnorm._NormBase,
    nn.Linear,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
    nn.Embedding,
    nn.PReLU,
)
VIDEO_FRAMES = 16  # what torchvision's published counts are for


def main() -> None:
    """Write the file."""
    records = [*torchvision_records(), *timm_records()]
    made_by = {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "timm": timm.__version__,
        "python": platform.python_version(),
    }
    text = json.dumps({"made_by": made_by, "notes": NOTES, "models": records}, ensure_ascii=False, indent=0)
    path = Path(__file__).parent / "printed_models.json.xz"
    path.write_bytes(lzma.compress(text.encode() + b"\n", preset=9 | lzma.PRESET_EXTREME))


def torchvision_records() -> Iterator[dict[str, Any]]:
    """Run all classification, segmentation, and video models, then the variants."""
    names = [name for module in (classification, segmentation, video) for name in classification.list_models(module)]
    for name, arguments in [*((name, {}) for name in names), *TORCHVISION_VARIANTS]:
        backbone = {"weights_backbone": None} if name in classification.list_models(segmentation) else {}
        model = build(lambda: classification.get_model(name, weights=None, **backbone, **arguments))  # noqa: B023 called at once
        shape, published = torchvision_input(name)
        record = {"library": "torchvision", "name": name, "arguments": arguments} | run_model(model, shape)
        # The published counts include the auxiliary head of segmentation.
        if "aux_loss" in arguments or not (arguments or name.startswith(("fcn", "deeplab"))):
            check_published(record, published)
        yield record


def torchvision_input(name: str) -> tuple[list[int], Any]:
    """Return the input shape that the weights of a model expect, and what torchvision publishes of them.

    Of several weights take the first that fit the model as made without arguments, not fine-tuned at a larger size.
    """
    weights = next(one for one in classification.get_model_weights(name) if "SWAG_E2E" not in one.name)
    transforms = weights.transforms()
    if name in classification.list_models(segmentation):
        return [3, 520, 520], weights.meta
    size = list(transforms.crop_size)
    if name in classification.list_models(video):
        return [3, VIDEO_FRAMES, *size], weights.meta
    return [3, *size * 2], weights.meta


def check_published(record: dict[str, Any], published: dict[str, Any]) -> None:
    """Compare the counts with the parameters and the giga-MACs (to three decimals) that torchvision publishes."""
    if published["num_params"] not in (record["params"], record["params_run"]):
        raise SystemExit(f"{record['name']}: {record['params']} parameters, published {published['num_params']}")
    if abs(record["macs"] / 1e9 - published["_ops"]) > 0.001:
        raise SystemExit(f"{record['name']}: {record['macs']} MACs, published {published['_ops']} G")


def timm_records() -> Iterator[dict[str, Any]]:
    """Run timm's models, each with the input of its own configuration."""
    for name in TIMM:
        model = build(lambda: timm.create_model(name, pretrained=False))  # noqa: B023 called at once
        shape = list(model.default_cfg["input_size"])
        yield {"library": "timm", "name": name, "arguments": {}} | run_model(model, shape)


def build(make: Callable[[], nn.Module]) -> nn.Module:
    """Make a model on the meta device, by way of the processor where it looks at numbers while it is made."""
    gc.collect()
    try:
        with torch.device("meta"):
            return make().eval()
    except (NotImplementedError, RuntimeError):
        return make().to("meta").eval()


def run_model(model: nn.Module, shape: list[int]) -> dict[str, Any]:
    """Run a model once, forward for its MACs and outputs, backward to see which parameters take part."""
    print(type(model).__name__, shape, flush=True)
    hooked: Counter[str] = Counter()
    for module in model.modules():
        module.register_forward_hook(lambda module, inputs, output: count_module(hooked, module, inputs, output))
    counter = FlopCounterMode(display=False)
    torch.backends.mha.set_fastpath_enabled(False)  # which is one operation that no counter looks into
    with counter, counted_linear() as linear, sdpa_kernel([SDPBackend.MATH]):
        answer = model(torch.empty(1, *shape, device="meta"))
    outputs = list(answer.values()) if isinstance(answer, dict) else [answer]
    torch.stack([output.sum() for output in outputs]).sum().backward()
    macs = counter.get_total_flops() // 2
    flops = counter.get_flop_counts()["Global"]
    convolution = sum(count for operation, count in flops.items() if "convolution" in str(operation)) // 2
    if convolution != hooked["convolution"] or linear["all"] < hooked["linear"]:
        raise SystemExit(f"counted {convolution} and {linear['all']}, the modules have {dict(hooked)}")
    return {
        "input": shape,
        "outputs": [list(output.shape[1:]) for output in outputs],
        **parameter_counts(model),
        "buffers": sum(buffer.numel() for name, buffer in model.named_buffers() if "num_batches" not in name),
        "statistics": sum(buffer.numel() for name, buffer in model.named_buffers() if "running_" in name),
        "macs": macs,
        "convolution": convolution,
        "linear": linear["all"],
        "attention": macs - convolution - linear["all"],
        "printed": str(model),
    }


def parameter_counts(model: nn.Module) -> dict[str, Any]:
    """Count parameters: all, those that took part in the last backward pass, and those that print does not show."""
    unused = {name for name, parameter in model.named_parameters() if parameter.grad is None}
    hidden: Counter[str] = Counter()
    seen: set[Tensor] = set()
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter not in seen and not isinstance(module, SHOWN):
                hidden[f"{type(module).__name__}.{name}"] += parameter.numel()
            seen.add(parameter)
    total = sum(parameter.numel() for parameter in model.parameters())
    return {
        "params": total,
        "params_run": total - sum(model.get_parameter(name).numel() for name in unused),
        "not_run": roots(model, unused),
        "hidden": dict(hidden),
    }


def roots(model: nn.Module, unused: set[str]) -> list[str]:
    """Name the outermost modules, and the parameters outside of them, that hold nothing but unused parameters."""
    found: list[str] = []
    for prefix, module in model.named_modules():
        names = {f"{prefix}.{name}" for name, _ in module.named_parameters()}
        if names and names <= unused and not any(prefix.startswith(f"{root}.") for root in found):
            found.append(prefix)
    return found + sorted(name for name in unused if not any(name.startswith(f"{root}.") for root in found))


@contextmanager
def counted_linear() -> Iterator[Counter[str]]:
    """Count the MACs of every linear map, those that attention makes without a module, too."""
    original, count = nn.functional.linear, Counter[str]()

    def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        count["all"] += x.numel() * weight.shape[0]
        return original(x, weight, bias)

    nn.functional.linear = linear
    try:
        yield count
    finally:
        nn.functional.linear = original


def count_module(hooked: Counter[str], module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
    """Count the MACs of a convolution or linear layer from its own arguments, as a check of the other count."""
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        hooked["convolution"] += output.numel() * module.in_channels // module.groups * math.prod(module.kernel_size)
    elif isinstance(module, nn.Linear):
        hooked["linear"] += output.numel() * module.in_features


if __name__ == "__main__":
    main()
