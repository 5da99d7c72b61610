"""Small models as people write and paste them, for `make_forum_prints.py`: a class of its own for every block.

`made(CLASS, FORWARD, **children)` is a module of the class with these children; FORWARD takes it and what comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Forward = Callable[..., Any]


def made(kind: str, forward: Forward, /, **children: nn.Module) -> nn.Module:
    """Return a module of a new class, which runs `forward` on itself and its inputs."""
    module: nn.Module = type(kind, (nn.Module,), {"forward": forward})()
    for name, child in children.items():
        module.add_module(name, child)
    return module


def run(*modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(*modules)


def conv(i: int, o: int, k: int = 3, s: int = 1, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(i, o, k, s, options.pop("padding", k // 2), **options)


def pooled(x: Tensor) -> Tensor:
    return x.mean((2, 3))


# Residual networks.


def basic_block(i: int, o: int, s: int = 1, kind: str = "BasicBlock", beside: str = "shortcut") -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = m.bn2(m.conv2(torch.relu(m.bn1(m.conv1(x)))))
        return torch.relu(y + getattr(m, beside)(x))

    away = run(conv(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s > 1 or i != o else run()
    main = {"conv1": conv(i, o, 3, s, bias=False), "bn1": nn.BatchNorm2d(o)}
    return made(kind, forward, **main, conv2=conv(o, o, bias=False), bn2=nn.BatchNorm2d(o), **{beside: away})


def cifar_resnet(kind: str = "BasicBlock", beside: str = "shortcut") -> nn.Module:
    """Return the ResNet-18 for CIFAR-10 that is pasted most, with blocks of the class `kind`."""

    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.layer4(m.layer3(m.layer2(m.layer1(torch.relu(m.bn1(m.conv1(x)))))))
        return m.linear(nn.functional.avg_pool2d(x, 4).flatten(1))

    widths = (64, 64, 128, 256, 512)
    layers = {
        f"layer{n}": run(
            basic_block(widths[n - 1], widths[n], 1 + (n > 1), kind, beside),
            basic_block(widths[n], widths[n], 1, kind, beside),
        )
        for n in (1, 2, 3, 4)
    }
    return made(
        "ResNet", forward, conv1=conv(3, 64, bias=False), bn1=nn.BatchNorm2d(64), **layers, linear=nn.Linear(512, 10)
    )


def wide_block(i: int, o: int, s: int) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = m.dropout(m.conv1(torch.relu(m.bn1(x))))
        return m.conv2(torch.relu(m.bn2(y))) + m.shortcut(x)

    return made(
        "wide_basic",
        forward,
        bn1=nn.BatchNorm2d(i),
        conv1=conv(i, o),
        dropout=nn.Dropout(0.3),
        bn2=nn.BatchNorm2d(o),
        conv2=conv(o, o, 3, s),
        shortcut=run(conv(i, o, 1, s)) if s > 1 or i != o else run(),
    )


def dense_bottleneck(i: int, growth: int) -> nn.Module:
    """Return a layer of a DenseNet under a name of ResNet's."""

    def forward(m: Any, x: Tensor) -> Tensor:
        y = m.conv2(torch.relu(m.bn2(m.conv1(torch.relu(m.bn1(x))))))
        return torch.cat([y, x], 1)

    return made(
        "Bottleneck",
        forward,
        bn1=nn.BatchNorm2d(i),
        conv1=conv(i, 4 * growth, 1, bias=False),
        bn2=nn.BatchNorm2d(4 * growth),
        conv2=conv(4 * growth, growth, bias=False),
    )


def plain_basic_block(i: int, o: int) -> nn.Module:
    """Return two convolutions under ResNet's name, without a shortcut."""
    return made(
        "BasicBlock",
        lambda m, x: m.relu(m.bn2(m.conv2(m.relu(m.bn1(m.conv1(x)))))),
        conv1=conv(i, o),
        bn1=nn.BatchNorm2d(o),
        relu=nn.ReLU(),
        conv2=conv(o, o),
        bn2=nn.BatchNorm2d(o),
    )


def residual(channels: int) -> nn.Module:
    inner = run(conv(channels, channels, padding=1), nn.ReLU(), conv(channels, channels))
    return made("ResidualBlock", lambda m, x: x + m.block(x), block=inner)


# Gates and attention.


def gate(kind: str, channels: int, *, sigmoid: bool = True) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        weights = m.fc(m.avg_pool(x).flatten(1))
        return x * (weights if sigmoid else weights.sigmoid())[..., None, None]

    last = (nn.Sigmoid(),) if sigmoid else ()
    fc = run(nn.Linear(channels, channels // 4), nn.ReLU(), nn.Linear(channels // 4, channels), *last)
    return made(kind, forward, avg_pool=nn.AdaptiveAvgPool2d(1), fc=fc)


def channel_attention(channels: int) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        return x * (m.mlp(m.avg(x)) + m.mlp(m.max(x))).sigmoid()

    mlp = run(conv(channels, 4, 1), nn.ReLU(), conv(4, channels, 1))
    return made("Weigh", forward, avg=nn.AdaptiveAvgPool2d(1), max=nn.AdaptiveMaxPool2d(1), mlp=mlp)


def coordinate_attention(channels: int) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        rows, columns = m.pool_h(x), m.pool_w(x).transpose(2, 3)
        a, b = m.act(m.bn1(m.conv1(torch.cat([rows, columns], 2)))).split(x.shape[2:], 2)
        return x * m.conv_h(a).sigmoid() * m.conv_w(b.transpose(2, 3)).sigmoid()

    return made(
        "CoordAtt",
        forward,
        pool_h=nn.AdaptiveAvgPool2d((None, 1)),
        pool_w=nn.AdaptiveAvgPool2d((1, None)),
        conv1=conv(channels, 8, 1),
        bn1=nn.BatchNorm2d(8),
        act=nn.Hardswish(),
        conv_h=conv(8, channels, 1),
        conv_w=conv(8, channels, 1),
    )


def map_attention(names: str, channels: int, inner: int) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        q, k, v = (getattr(m, name)(x).flatten(2) for name in names.split())
        return x + (v @ m.softmax(q.transpose(1, 2) @ k)).view(x.shape)

    maps = {name: conv(channels, channels if n == 2 else inner, 1) for n, name in enumerate(names.split())}
    return made("Attend", forward, **maps, softmax=nn.Softmax(dim=-1))


def heads(width: int, names: str) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        q, k, v = (getattr(m, name)(x) for name in names.split())
        return m.out((q @ k.transpose(1, 2)).softmax(-1) @ v)

    return made(
        "Attend", forward, **{name: nn.Linear(width, width) for name in names.split()}, out=nn.Linear(width, width)
    )


def token_block(width: int) -> nn.Module:
    def attend(m: Any, x: Tensor) -> Tensor:
        q, k, v = m.qkv(x).chunk(3, -1)
        return m.proj((q @ k.transpose(1, 2)).softmax(-1) @ v)

    def forward(m: Any, x: Tensor) -> Tensor:
        x = x + m.attn(m.ln1(x))
        return x + m.mlp(m.ln2(x))

    return made(
        "Block",
        forward,
        ln1=nn.LayerNorm(width),
        attn=made("SelfAttention", attend, qkv=nn.Linear(width, 3 * width), proj=nn.Linear(width, width)),
        ln2=nn.LayerNorm(width),
        mlp=run(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)),
    )


def own_vit() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        return m.head(m.norm(m.blocks(m.patch(x).flatten(2).transpose(1, 2))).mean(1))

    blocks = run(token_block(48), token_block(48))
    return made(
        "ViT", forward, patch=nn.Conv2d(3, 48, 8, 8), blocks=blocks, norm=nn.LayerNorm(48), head=nn.Linear(48, 5)
    )


# Networks whose forward uses modules again, in another order, or side by side.


def pool_again(*, pool_first: bool = False) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        return m.conv3(m.pool(torch.relu(m.conv2(m.pool(torch.relu(m.conv1(x)))))))

    pool, first = {"pool": nn.MaxPool2d(2)}, {"conv1": conv(3, 8)}
    order = pool | first if pool_first else first | pool
    return made("Net", forward, **order, conv2=conv(8, 16), conv3=conv(16, 4, 1))


def cifar_tutorial() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.pool(torch.relu(m.conv2(m.pool(torch.relu(m.conv1(x))))))
        return m.fc3(torch.relu(m.fc2(torch.relu(m.fc1(x.flatten(1))))))

    return made(
        "Net",
        forward,
        conv1=nn.Conv2d(3, 6, 5),
        pool=nn.MaxPool2d(2, 2),
        conv2=nn.Conv2d(6, 16, 5),
        fc1=nn.Linear(400, 120),
        fc2=nn.Linear(120, 84),
        fc3=nn.Linear(84, 10),
    )


def inception(kind: str, i: int, o: int, *, added: bool) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        found = [m.b1(x), m.b2(x), m.b3(x)]
        return sum(found[1:], found[0]) if added else torch.cat(found, 1)

    return made(kind, forward, b1=conv(i, o, 1), b2=conv(i, o, 3), b3=conv(i, o, 5))


def temporal_block(i: int, o: int, dilation: int) -> nn.Module:
    """Return the block of a TCN, which registers its convolutions twice."""

    def forward(m: Any, x: Tensor) -> Tensor:
        cut = -2 * dilation
        y = m.conv2(m.relu1(m.conv1(x)[..., :cut]))[..., :cut]
        return torch.relu(y + (x if m.downsample is None else m.downsample(x)))

    def temporal(i: int, o: int) -> nn.Conv1d:
        return nn.Conv1d(i, o, 3, padding=2 * dilation, dilation=dilation)

    first, relu, second = temporal(i, o), nn.ReLU(), temporal(o, o)
    block = made("TemporalBlock", forward, conv1=first, relu1=relu, conv2=second, net=run(first, relu, second))
    block.downsample = nn.Conv1d(i, o, 1) if i != o else None
    return block


def loop() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.inp(x)
        for _ in range(3):
            x = torch.relu(m.hidden(x))
        return m.out(x)

    return made("Net", forward, inp=nn.Linear(4, 8), hidden=nn.Linear(8, 8), out=nn.Linear(8, 2))


def dueling() -> nn.Module:
    return made(
        "DuelingDQN",
        lambda m, x: m.value(m.features(x)) + m.advantage(m.features(x)),
        features=run(nn.Linear(8, 128), nn.ReLU()),
        advantage=run(nn.Linear(128, 4)),
        value=run(nn.Linear(128, 1)),
    )


def variational() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        h = torch.relu(m.fc1(x))
        return m.fc4(torch.relu(m.fc3(m.fc21(h) + m.fc22(h))))

    sizes = {"fc1": (784, 400), "fc21": (400, 20), "fc22": (400, 20), "fc3": (20, 400), "fc4": (400, 784)}
    return made("VAE", forward, **{name: nn.Linear(*pair) for name, pair in sizes.items()})


def fusion() -> nn.Module:
    return made(
        "TwoStream",
        lambda m, x: m.head(torch.cat([pooled(m.near(x)), pooled(m.far(x))], 1)),
        near=run(conv(3, 8), nn.ReLU()),
        far=run(conv(3, 8, 5), nn.ReLU()),
        head=nn.Linear(16, 4),
    )


# Recurrent networks.


def recurrent(kind: str, rnn: nn.Module, fc: nn.Module, take: str) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = m.rnn(x)[0]
        return m.fc(y[:, -1] if take == "last" else y.mean(1) if take == "mean" else y)

    return made(kind, forward, rnn=rnn, fc=fc)


def tagger() -> nn.Module:
    return made(
        "LSTMTagger",
        lambda m, x: m.hidden2tag(m.lstm(m.word_embeddings(x))[0]),
        word_embeddings=nn.Embedding(1000, 32),
        lstm=nn.LSTM(32, 64, batch_first=True),
        hidden2tag=nn.Linear(64, 9),
    )


def conv_lstm(length: int) -> nn.Module:
    return made(
        "CNNLSTM",
        lambda m, x: m.fc(m.lstm(torch.relu(m.conv(x)).transpose(1, 2))[0][:, -1]),
        conv=nn.Conv1d(6, 32, 5, padding=2),
        lstm=nn.LSTM(32, length, batch_first=True),
        fc=nn.Linear(length, 5),
    )


def crnn() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        y = m.cnn(x).squeeze(2).transpose(1, 2)
        return m.embedding(m.rnn(y)[0])

    cnn = run(conv(1, 16), nn.ReLU(), nn.MaxPool2d(2), conv(16, 32), nn.ReLU(), nn.AdaptiveAvgPool2d((1, None)))
    rnn = nn.LSTM(32, 24, bidirectional=True, batch_first=True)
    return made("CRNN", forward, cnn=cnn, rnn=rnn, embedding=nn.Linear(48, 37))


def transformer_classifier() -> nn.Module:
    return made(
        "Classifier",
        lambda m, x: m.fc(m.encoder(m.embedding(x)).mean(1)),
        embedding=nn.Embedding(500, 64),
        encoder=nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 128, batch_first=True), 2),
        fc=nn.Linear(64, 2),
    )


# U-Nets.


def double_conv(i: int, o: int, inner: int | None = None) -> nn.Module:
    def part(i: int, o: int) -> tuple[nn.Module, ...]:
        return conv(i, o, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)

    middle = inner or o
    return made("DoubleConv", lambda m, x: m.double_conv(x), double_conv=run(*part(i, middle), *part(middle, o)))


def up(i: int, o: int, *, bilinear: bool) -> nn.Module:
    def forward(m: Any, x: Tensor, skip: Tensor) -> Tensor:
        x = m.up(x)
        high, wide = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
        x = nn.functional.pad(x, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
        return m.conv(torch.cat([skip, x], 1))

    if bilinear:
        upsample = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        return made("Up", forward, up=upsample, conv=double_conv(i, o, i // 2))
    return made("Up", forward, up=nn.ConvTranspose2d(i, i // 2, 2, 2), conv=double_conv(i, o))


def u_net(*, bilinear: bool) -> nn.Module:
    """Return the U-Net that is pasted most: DoubleConv, Down, Up, OutConv (milesial/Pytorch-UNet)."""

    def forward(m: Any, x: Tensor) -> Tensor:
        a = m.inc(x)
        b = m.down1(a)
        c = m.down2(b)
        d = m.down3(c)
        return m.outc(m.up4(m.up3(m.up2(m.up1(m.down4(d), d), c), b), a))

    def down(i: int, o: int) -> nn.Module:
        return made("Down", lambda m, x: m.maxpool_conv(x), maxpool_conv=run(nn.MaxPool2d(2), double_conv(i, o)))

    half = 2 if bilinear else 1
    return made(
        "UNet",
        forward,
        inc=double_conv(3, 64),
        down1=down(64, 128),
        down2=down(128, 256),
        down3=down(256, 512),
        down4=down(512, 1024 // half),
        up1=up(1024, 512 // half, bilinear=bilinear),
        up2=up(512, 256 // half, bilinear=bilinear),
        up3=up(256, 128 // half, bilinear=bilinear),
        up4=up(128, 64, bilinear=bilinear),
        outc=made("OutConv", lambda m, x: m.conv(x), conv=nn.Conv2d(64, 2, 1)),
    )


def added_u_net() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        a = m.enc1(x)
        return m.out(m.dec1(m.dec2(m.enc2(a)) + a))

    return made(
        "LinkNet",
        forward,
        enc1=conv(3, 16, 3, 2),
        enc2=conv(16, 32, 3, 2),
        dec2=nn.ConvTranspose2d(32, 16, 2, 2),
        dec1=nn.ConvTranspose2d(16, 8, 2, 2),
        out=conv(8, 1, 1),
    )


def listed_u_net() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        skips = []
        for down in m.downs:
            skips.append(down(x))
            x = m.pool(skips[-1])
        x = m.bottleneck(x)
        for index in (0, 1):
            x = m.ups[2 * index + 1](torch.cat([skips[1 - index], m.ups[2 * index](x)], 1))
        return m.final_conv(x)

    downs = nn.ModuleList([double_conv(3, 16), double_conv(16, 32)])
    ups = nn.ModuleList(
        [nn.ConvTranspose2d(64, 32, 2, 2), double_conv(64, 32), nn.ConvTranspose2d(32, 16, 2, 2), double_conv(32, 16)]
    )
    ends = {"bottleneck": double_conv(32, 64), "final_conv": nn.Conv2d(16, 1, 1)}
    return made("UNET", forward, ups=ups, downs=downs, pool=nn.MaxPool2d(2), **ends)


# Detectors, generators and others.


def yolo_conv(i: int, o: int, k: int = 1, s: int = 1) -> nn.Module:
    return made(
        "Conv",
        lambda m, x: m.act(m.bn(m.conv(x))),
        conv=conv(i, o, k, s, bias=False),
        bn=nn.BatchNorm2d(o),
        act=nn.SiLU(),
    )


def yolo_c3(width: int) -> nn.Module:
    half = width // 2
    inner = made(
        "Bottleneck", lambda m, x: x + m.cv2(m.cv1(x)), cv1=yolo_conv(half, half), cv2=yolo_conv(half, half, 3)
    )
    return made(
        "C3",
        lambda m, x: m.cv3(torch.cat([m.m(m.cv1(x)), m.cv2(x)], 1)),
        cv1=yolo_conv(width, half),
        cv2=yolo_conv(width, half),
        cv3=yolo_conv(width, width),
        m=run(inner),
    )


def yolo_sppf(width: int) -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        found = [m.cv1(x)]
        for _ in range(3):
            found.append(m.m(found[-1]))
        return m.cv2(torch.cat(found, 1))

    half = width // 2
    return made("SPPF", forward, cv1=yolo_conv(width, half), cv2=yolo_conv(2 * width, width), m=nn.MaxPool2d(5, 1, 2))


def two_heads() -> nn.Module:
    def forward(m: Any, x: Tensor) -> tuple[Tensor, Tensor]:
        x = m.backbone(x)
        return m.cls_head(x), m.reg_head(x)

    return made(
        "Detector",
        forward,
        backbone=run(conv(3, 16, 3, 2), nn.ReLU()),
        cls_head=conv(16, 3, 1),
        reg_head=conv(16, 4, 1),
    )


def generator() -> nn.Module:
    def up(i: int, o: int, *last: nn.Module) -> list[nn.Module]:
        return [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), *(last or (nn.BatchNorm2d(o), nn.ReLU(True)))]

    first = [nn.ConvTranspose2d(100, 64, 4, 1, 0, bias=False), nn.BatchNorm2d(64), nn.ReLU(True)]
    return made("Generator", lambda m, x: m.main(x), main=run(*first, *up(64, 32), *up(32, 3, nn.Tanh())))


def reshaped_generator() -> nn.Module:
    blocks = run(nn.BatchNorm2d(16), nn.Upsample(scale_factor=2), conv(16, 8), nn.ReLU(), conv(8, 1), nn.Tanh())
    return made(
        "Generator",
        lambda m, x: m.conv_blocks(m.l1(x).view(-1, 16, 8, 8)),
        l1=run(nn.Linear(100, 1024)),
        conv_blocks=blocks,
    )


def super_resolution() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.prelu(m.conv1(x))
        return m.conv3(m.up(x + m.conv2(m.blocks(x))))

    return made(
        "SRResNet",
        forward,
        conv1=conv(3, 16, 9),
        prelu=nn.PReLU(),
        blocks=run(residual(16), residual(16)),
        conv2=conv(16, 16),
        up=run(conv(16, 64), nn.PixelShuffle(2), nn.PReLU()),
        conv3=conv(16, 3, 9),
    )


def point_net() -> nn.Module:
    def forward(m: Any, x: Tensor) -> Tensor:
        x = m.bn2(m.conv2(torch.relu(m.bn1(m.conv1(x)))))
        return m.fc(x.amax(2))

    convs = {"conv1": nn.Conv1d(3, 64, 1), "conv2": nn.Conv1d(64, 128, 1)}
    return made("PointNet", forward, **convs, bn1=nn.BatchNorm1d(64), bn2=nn.BatchNorm1d(128), fc=nn.Linear(128, 9))


def chain(kind: str, *modules: nn.Module) -> nn.Module:
    """Return a class that runs its children in their order, under names of its own."""

    def forward(m: Any, x: Tensor) -> Tensor:
        for child in m.children():
            x = child(x)
        return x

    return made(kind, forward, **{f"step{index}": module for index, module in enumerate(modules)})


def segmentation_model(**options: Any) -> nn.Module:
    import segmentation_models_pytorch

    model: nn.Module = segmentation_models_pytorch.Unet("resnet34", encoder_weights=None, classes=3, **options)
    return model


# Name, what makes it, and the sizes that come in without the batch.
MODELS: list[tuple[str, Callable[[], nn.Module], tuple[int, ...]]] = [
    ("resnet of cifar", cifar_resnet, (3, 32, 32)),
    ("resnet of cifar, own blocks", lambda: cifar_resnet("Unit", "skip"), (3, 32, 32)),
    ("wide resnet", lambda: run(conv(3, 16), wide_block(16, 32, 1), wide_block(32, 32, 2)), (3, 32, 24)),
    ("densenet of cifar", lambda: run(conv(3, 24), dense_bottleneck(24, 12), dense_bottleneck(36, 12)), (3, 32, 24)),
    ("plain block named as resnet's", lambda: run(plain_basic_block(3, 8), plain_basic_block(8, 16)), (3, 32, 24)),
    ("residual block", lambda: run(conv(3, 16), residual(16), conv(16, 4)), (3, 32, 24)),
    ("gate, SELayer", lambda: run(conv(3, 16), gate("SELayer", 16), conv(16, 8)), (3, 32, 24)),
    ("gate, own name", lambda: run(conv(3, 16), gate("Recalibrate", 16), conv(16, 8)), (3, 32, 24)),
    ("gate, sigmoid in forward", lambda: run(conv(3, 16), gate("Own", 16, sigmoid=False), conv(16, 8)), (3, 32, 24)),
    ("gate, before a pool", lambda: run(gate("Own", 16, sigmoid=False), nn.AdaptiveAvgPool2d(1)), (16, 32, 24)),
    ("channel attention", lambda: run(conv(3, 16), channel_attention(16), conv(16, 8)), (3, 32, 24)),
    ("coordinate attention", lambda: run(conv(3, 8), coordinate_attention(8), conv(8, 8)), (3, 32, 24)),
    ("attention on maps", lambda: run(conv(3, 64), map_attention("f g h", 64, 8)), (3, 16, 12)),
    ("attention on maps, same widths", lambda: run(conv(3, 8), map_attention("f g h", 8, 8)), (3, 16, 12)),
    ("attention on maps, query", lambda: run(map_attention("query_conv key_conv value_conv", 8, 8)), (8, 16, 12)),
    ("attention, W_q", lambda: heads(32, "W_q W_k W_v"), (16, 32)),
    ("attention, qkv", lambda: chain("Net", token_block(32), nn.LayerNorm(32)), (16, 32)),
    ("own vision transformer", own_vit, (3, 64, 32)),
    ("pool run again", pool_again, (3, 32, 24)),
    ("pool registered first", lambda: pool_again(pool_first=True), (3, 32, 24)),
    ("tutorial of cifar", cifar_tutorial, (3, 32, 32)),
    ("branches added", lambda: run(inception("Multi", 3, 8, added=True), conv(8, 4)), (3, 32, 24)),
    ("branches added, same widths", lambda: run(conv(3, 8), inception("Multi", 8, 8, added=True)), (3, 32, 24)),
    ("branches joined", lambda: run(conv(3, 8), inception("Multi", 8, 8, added=False), conv(24, 4)), (3, 32, 24)),
    ("temporal block", lambda: run(temporal_block(4, 8, 1), temporal_block(8, 8, 2)), (4, 40)),
    ("temporal block, same widths", lambda: run(temporal_block(8, 8, 1), temporal_block(8, 8, 2)), (8, 40)),
    ("loop", loop, (4,)),
    ("dueling heads", dueling, (8,)),
    ("variational autoencoder", variational, (784,)),
    ("two streams", fusion, (3, 32, 24)),
    ("tagger", tagger, (20,)),
    (
        "lstm, last step",
        lambda: recurrent("Net", nn.LSTM(8, 16, 2, batch_first=True), nn.Linear(16, 3), "last"),
        (50, 8),
    ),
    ("gru, mean", lambda: recurrent("Net", nn.GRU(8, 16, batch_first=True), nn.Linear(16, 3), "mean"), (50, 8)),
    ("gru, all steps", lambda: recurrent("Net", nn.GRU(8, 16, batch_first=True), nn.Linear(16, 3), "all"), (50, 8)),
    ("convolution and lstm", lambda: conv_lstm(48), (6, 24)),
    ("convolution and lstm, square", lambda: conv_lstm(48), (6, 32)),
    ("text recognition", crnn, (1, 16, 64)),
    ("transformer classifier", transformer_classifier, (20,)),
    ("u-net, bilinear", lambda: u_net(bilinear=True), (3, 96, 64)),
    ("u-net, transposed", lambda: u_net(bilinear=False), (3, 96, 64)),
    ("u-net, odd sizes", lambda: u_net(bilinear=False), (3, 97, 65)),
    ("u-net, added", added_u_net, (3, 64, 48)),
    ("u-net, lists", listed_u_net, (3, 64, 48)),
    ("u-net, smp", segmentation_model, (3, 128, 96)),
    ("u-net, smp, scse", lambda: segmentation_model(decoder_attention_type="scse"), (3, 128, 96)),
    ("yolo, c3", lambda: run(yolo_conv(3, 16, 3, 2), yolo_c3(16)), (3, 64, 48)),
    ("yolo, sppf", lambda: run(yolo_conv(3, 16, 3, 2), yolo_sppf(16)), (3, 64, 48)),
    ("two heads", two_heads, (3, 64, 48)),
    ("generator", generator, (100, 1, 1)),
    ("generator, reshaped", reshaped_generator, (100,)),
    ("super-resolution", super_resolution, (3, 32, 24)),
    ("point net", point_net, (3, 100)),
    (
        "own chain",
        lambda: chain("Net", conv(3, 8), nn.ReLU(), nn.MaxPool2d(2), conv(8, 4), nn.Flatten()),
        (3, 32, 24),
    ),
    ("autoencoder", lambda: chain("AE", nn.Linear(784, 12), nn.ReLU(), nn.Linear(12, 784)), (784,)),
]
