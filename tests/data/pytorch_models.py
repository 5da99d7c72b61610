"""The models that `make_pytorch_models.py` prints and counts; the well-known ones in the layout of torchvision."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Model(NamedTuple):
    """A model to print: how to make it, the shape it usually takes, and whether its text is a plain chain."""

    name: str
    make: Callable[[], nn.Module]
    input: list[int]
    chain: bool
    remark: str = ""


def lenet5() -> nn.Module:
    """Make LeNet-5 for 32x32 digits."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2, 2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2, 2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


class AlexNet(nn.Module):
    """AlexNet as torchvision lays it out, the flatten hidden in forward."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, kernel_size=11, stride=4, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, kernel_size=5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, kernel_size=3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, kernel_size=3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, kernel_size=3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(3, stride=2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(inplace=True),
            nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 1000),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return 1000 scores per image."""
        answer: Tensor = self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
        return answer


def alexnet_as_published() -> nn.Module:
    """Make AlexNet for 227x227 with the two groups of the paper."""
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.LocalResponseNorm(5, k=2.0), nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), nn.LocalResponseNorm(5, k=2.0), nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 1000),
    )  # fmt: skip


class VGG(nn.Module):
    """VGG as torchvision lays it out, the flatten hidden in forward."""

    def __init__(self, plan: list[int], *, batch_norm: bool = False) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for width in plan:
            if not width:
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            layers.append(nn.Conv2d(channels, width, kernel_size=3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU(inplace=True))
            channels = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(True), nn.Dropout(p=0.5),
            nn.Linear(4096, 4096), nn.ReLU(True), nn.Dropout(p=0.5), nn.Linear(4096, 1000),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Return 1000 scores per image."""
        answer: Tensor = self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
        return answer


def vgg11_bn() -> nn.Module:
    """Make VGG11 with batch normalization; a 0 in the plan is a pooling."""
    return VGG([64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0], batch_norm=True)


def vgg16() -> nn.Module:
    """Make VGG16; a 0 in the plan is a pooling."""
    return VGG([64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0])


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or channels != width:
            shortcut = nn.Conv2d(channels, width, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """Add the shortcut to the two convolutions."""
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        answer: Tensor = self.relu(out + (x if self.downsample is None else self.downsample(x)))
        return answer


class ResNet(nn.Module):
    """ResNet-18 as torchvision lays it out."""

    def __init__(self, widths: list[int], classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        channels = widths[0]
        for number, width in enumerate(widths, 1):
            first = BasicBlock(channels, width, 1 if number == 1 else 2)
            self.add_module(f"layer{number}", nn.Sequential(first, BasicBlock(width, width, 1)))
            channels = width
        self.stages = len(widths)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of an image."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for number in range(1, self.stages + 1):
            x = self.get_submodule(f"layer{number}")(x)
        answer: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return answer


def transformer() -> nn.Module:
    """Make a small transformer encoder."""
    layer = nn.TransformerEncoderLayer(d_model=24, nhead=4, dim_feedforward=56, batch_first=True)
    return nn.TransformerEncoder(layer, num_layers=2, norm=nn.LayerNorm(24))


def text_classifier() -> nn.Module:
    """Make an embedding, a one-axis convolution and a classifier, in a Sequential of named modules."""
    return nn.Sequential(
        OrderedDict(
            [
                ("conv", nn.Conv1d(12, 20, kernel_size=5, stride=2, padding=2)),
                ("norm", nn.BatchNorm1d(20)),
                ("act", nn.LeakyReLU(0.1)),
                ("pool", nn.AdaptiveMaxPool1d(6)),
                ("flat", nn.Flatten()),
                ("head", nn.Linear(120, 7)),
            ]
        )
    )


def nested() -> nn.Module:
    """Make Sequentials three deep."""
    return nn.Sequential(
        nn.Sequential(
            nn.Sequential(nn.Conv2d(3, 8, 3, padding="same"), nn.BatchNorm2d(8, affine=False), nn.PReLU(8)),
            nn.MaxPool2d(2, ceil_mode=True),
        ),
        OrderedSequential({"down": nn.Conv2d(8, 12, (3, 2), stride=(2, 1)), "act": nn.GELU()}),
        nn.Sequential(nn.AdaptiveAvgPool2d((2, 3)), nn.Flatten(), nn.Sequential(nn.Linear(72, 5, bias=False))),
    )


class OrderedSequential(nn.Sequential):
    """A Sequential under another name, made from named modules."""

    def __init__(self, modules: dict[str, nn.Module]) -> None:
        super().__init__(OrderedDict(modules))


class Branches(nn.Module):
    """A ModuleList of convolutions side by side, joined by channels, and a ModuleDict of heads."""

    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList([nn.Conv2d(3, 4 + k, k, padding=k // 2) for k in (1, 3, 5)])
        self.heads = nn.ModuleDict({"wide": nn.Linear(21, 9), "narrow": nn.Linear(21, 2)})

    def forward(self, x: Tensor) -> Tensor:
        """Join the branches, average them, and ask the narrow head."""
        joined = torch.cat([branch(x) for branch in self.branches], dim=1)
        answer: Tensor = self.heads["narrow"](joined.mean(dim=(2, 3)))
        return answer


class RepeatedList(nn.Module):
    """A ModuleList of equal layers, which PyTorch prints once with their range."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(10, 10) for _ in range(7)])
        self.out = nn.Linear(10, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Go through the list, then out."""
        for layer in self.layers:
            x = layer(x)
        answer: Tensor = self.out(x)
        return answer


class Scale(nn.Module):
    """A layer of one's own, whose parameters do not show in its text."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Scale each channel."""
        return x * self.factor


def with_own_module() -> nn.Module:
    """Make a chain with a module that no library knows."""
    return nn.Sequential(nn.Conv2d(3, 5, 3), Scale(5), nn.ReLU(), nn.Conv2d(5, 2, 1))


def upsampler() -> nn.Module:
    """Make a chain that goes down and up again."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.InstanceNorm2d(16, affine=True), nn.SiLU(),
        nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.GroupNorm(4, 24), nn.SiLU(),
        nn.ConvTranspose2d(24, 16, 4, stride=2, padding=1), nn.SiLU(),
        nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), nn.Conv2d(16, 4, 3), nn.PixelShuffle(2),
    )  # fmt: skip


def depthwise_separable() -> nn.Module:
    """Make the opening of a MobileNet, with a volume of groups."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU6(inplace=True),
        nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False), nn.BatchNorm2d(32), nn.ReLU6(inplace=True),
        nn.Conv2d(32, 64, 1, bias=False), nn.BatchNorm2d(64), nn.Hardswish(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10),
    )  # fmt: skip


def volumes() -> nn.Module:
    """Make a chain over three axes."""
    return nn.Sequential(
        nn.Conv3d(1, 8, (3, 5, 5), stride=(1, 2, 2), padding=(1, 2, 2)), nn.BatchNorm3d(8), nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)), nn.Conv3d(8, 12, 3, dilation=(1, 2, 2)), nn.ELU(), nn.AvgPool3d(2),
        nn.Flatten(), nn.LazyLinear(4),
    )  # fmt: skip


MODELS = [
    Model("LeNet-5", lenet5, [1, 1, 32, 32], chain=True),
    Model("AlexNet", AlexNet, [1, 3, 224, 224], chain=True, remark="a flatten is hidden after avgpool"),
    Model("AlexNet as published", alexnet_as_published, [1, 3, 227, 227], chain=True),
    Model("VGG11 with batch normalization", vgg11_bn, [1, 3, 224, 224], True, "a flatten is hidden after avgpool"),
    Model("VGG16", vgg16, [1, 3, 224, 224], chain=True, remark="a flatten is hidden after avgpool"),
    Model("ResNet-18", lambda: ResNet([64, 128, 256, 512], 1000), [1, 3, 224, 224], False, "residual branches"),
    Model("a small ResNet", lambda: ResNet([8, 12], 5), [2, 3, 64, 50], chain=False, remark="residual branches"),
    Model("transformer encoder", transformer, [2, 9, 24], chain=False, remark="attention and residual branches"),
    Model("named modules", text_classifier, [3, 12, 41], chain=True),
    Model("nested", nested, [2, 3, 15, 22], chain=True),
    Model("branches", Branches, [2, 3, 9, 7], chain=False, remark="branches side by side"),
    Model("repeated list", RepeatedList, [4, 10], True, "PyTorch prints seven equal layers as (0-6): 7 x Linear"),
    Model("own module", with_own_module, [1, 3, 8, 6], False, "Scale's 5 parameters do not show in the text"),
    Model("down and up", upsampler, [2, 1, 28, 36], chain=True),
    Model("depthwise separable", depthwise_separable, [2, 3, 32, 28], chain=True),
    Model("volumes", volumes, [2, 1, 8, 30, 34], chain=True, remark="printed after its lazy layer met an input"),
]
