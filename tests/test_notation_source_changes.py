"""Changes to a PyTorch model after it is made: followed, or refused at their place; training code changes nothing."""

from __future__ import annotations

import pytest

from convcalc.errors import UsageError
from convcalc.model.count import count
from convcalc.model.request import LayerRequest

NET = """from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 3)
        self.b = nn.Conv2d(8, 4, 3)
    def forward(self, x):
        return self.b(self.a(x))
net = Net()
"""


def counted(text: str) -> tuple[tuple[int | None, ...], int]:
    """Return the sizes of the output and the number of parameters."""
    cost = count(LayerRequest((text,), file="net.py"), "3x12x14").cost
    assert cost.trace is not None
    return cost.trace.output.sizes, cost.total.params


@pytest.mark.parametrize(
    ("change", "place", "what"),
    [
        ("net.a.kernel_size = (5, 5)", "10:1", "a change of kernel_size"),
        ("setattr(net.a, 'groups', 2)", "10:1", "a change of groups"),
        ("object.__setattr__(net.a, 'groups', 2)", "10:1", "a change of groups"),
        ("for m in net.modules():\n    if isinstance(m, nn.Conv2d): m.groups = 2", "11:34", "a change of groups"),
        ("def f(m):\n    if isinstance(m, nn.Conv2d): m.groups = 2\nnet.apply(f)", "11:34", "a change of groups"),
        ("def f(m):\n    m.groups = 2\nfor m in net.children():\n    f(m)", "11:5", "a change of groups"),
        ("def f(m):\n    for x in loader: pass\n    m.a.groups = 2\nf(net)", "13:1", "this changes the model"),
        ("for x in loader:\n    net.a.stride = (2, 2)", "11:5", "this changes the model"),
        ("for x in loader:\n    for m in net.modules(): m.stride = (2, 2)", "11:29", "this changes the model"),
        ("net.a.weight = nn.Parameter(torch.zeros(8, 3, 5, 5))", "10:1", "this changes the model"),
        ("for c in net.modules():\n    c.bias = nn.Parameter(torch.zeros(7))", "11:5", "this changes the model"),
        ("net.set_submodule('b', nn.Conv2d(8, 16, 3))", "10:1", "this changes the model"),
        ("net._modules['b'] = nn.Conv2d(8, 16, 3)", "10:1", "this changes the model"),
        ("vars(net.a)['stride'] = (2, 2)", "10:1", "this changes the model"),
        ("net.a.__dict__.update(stride=(2, 2))", "10:1", "this changes the model"),
        ("net.a.register_parameter('bias', None)", "10:1", "this changes the model"),
        ("net.forward = lambda x: net.a(x)", "10:1", "a change of forward"),
        ("def forward(self, x):\n    return self.a(x)\nNet.forward = forward", "12:1", "a change of forward"),
        ("net.a.register_forward_hook(lambda m, i, o: o[:, :, ::2])", "10:1", "this changes the model"),
        ("net.b.register_forward_pre_hook(lambda m, i: i[0][:, :, ::2])", "10:1", "this changes the model"),
    ],
)
def test_a_change_that_is_not_followed_is_refused_at_its_place(change: str, place: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as raised:
        counted(NET + change)
    assert f"{raised.value.place}: ".startswith(f"net.py:{place}: ")


@pytest.mark.parametrize(
    ("change", "sizes"),
    [
        ("net.a.stride = (2, 1)", (4, 3, 10)),
        ("net.a.padding = (1, 1)", (4, 10, 12)),
        ("net.a.dilation = (2, 1)", (4, 6, 10)),
        ("net.b.stride = 2", (4, 4, 5)),
        ("for m in net.modules():\n    if isinstance(m, nn.Conv2d): m.padding = (1, 1)", (4, 12, 14)),
        ("def f(m):\n    if isinstance(m, nn.Conv2d): m.stride = (2, 2)\nnet.apply(f)", (4, 2, 2)),
        ("net.a = nn.Conv2d(3, 8, 3, 2, 1)\nnet.a.stride = (3, 1)\nnet.a.padding = 0", (4, 2, 10)),
    ],
)
def test_another_stride_padding_or_dilation_of_a_convolution_is_followed(change: str, sizes: tuple[int, ...]) -> None:
    assert counted(NET + change) == (sizes, 516)  # as PyTorch 2.14 has them


def test_another_padding_of_a_circular_convolution_is_refused() -> None:
    text = NET.replace("8, 3)\n", "8, 3, padding_mode='circular')\n") + "net.a.padding = (1, 1)"
    with pytest.raises(UsageError, match="a change of padding is not followed"):
        counted(text)


def test_a_change_inside_of_a_published_model_is_refused() -> None:
    text = "model = torchvision.models.resnet18()\nmodel.layer4[0].conv1.groups = 2"
    with pytest.raises(UsageError, match="a change of groups is not followed"):
        counted(text)


@pytest.mark.parametrize(
    "code",
    [
        "optimizer = optim.Adam(net.parameters())\nfor epoch in range(2):\n    for x, y in loader:\n"
        "        out = net(x)\n        loss = criterion(out, y)\n        loss.backward()\n        net.seen = y",
        "net.load_state_dict(torch.load('x'))",
        "nn.init.xavier_uniform_(net.a.weight)\nnet.a.weight.data.fill_(0)",
        "for p in net.parameters(): p.requires_grad = False",
        "def f(m):\n    name = m.__class__.__name__\n    if name.find('Conv') != -1:\n"
        "        nn.init.normal_(m.weight, 0, .02)\n        m.bias.data.fill_(0)\nnet.apply(f)",
        "for m in net.modules():\n    if isinstance(m, nn.Conv2d): m.weight = nn.init.kaiming_normal_(m.weight)",
        "kept = {}\ndef hook(m, i, o):\n    kept['a'] = o.detach()\nnet.a.register_forward_hook(hook)",
        "def train(model, loader):\n    model.train()\n    for x in loader:\n"
        "        model.hidden = x\ntrain(net, data)",
        "net.a.weight = nn.Parameter(torch.zeros(8, 3, 3, 3))",
        "net.a.inplace = True\nnet.training = False\nnet.a.eps = 1\nnet.a.note = 'first'\nnet.note = 3",
        "with torch.no_grad():\n    for x in loader:\n        net.a.weight[0] = 3",
    ],
)
def test_training_and_initialization_change_no_size(code: str) -> None:
    assert counted(NET + code) == ((4, 8, 10), 516)


def test_a_default_is_made_once_for_all_calls() -> None:
    text = """class Net(nn.Module):
    def __init__(self, layers=[]):
        super().__init__()
        layers.append(nn.Conv2d(3, 3, 3))
        self.layers = nn.Sequential(*layers)
    def forward(self, x):
        return self.layers(x)
first = Net()
net = Net()
"""
    assert counted(text) == ((3, 8, 10), 168)
