"""Which model of a program is meant: the one that its top level makes last, not what that is made of.

The expected sizes and counts are those that PyTorch and torchvision find for the same programs.
"""

from __future__ import annotations

import pytest

from convcalc.errors import SpecError, UsageError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import parse_network

NN = "import torch.nn as nn\n"
B = f"""{NN}
class B(nn.Module):
    def __init__(self, n=8):
        super().__init__()
        self.a = nn.Conv2d(3, n, 3)
        self.b = nn.Conv2d(n, 4, 3)
    def forward(self, x):
        return self.b(self.a(x))
"""
PUBLISHED = f"{NN}from torchvision import models\nfrom torchvision.models import resnet18\n"
SEVERAL = "the program has several models ({}): the last one is meant"


@pytest.mark.parametrize(
    ("program", "output", "params", "models"),
    [
        # What is made of the modules of an earlier model.
        (B + "r = B()\nmodel = nn.Sequential(*list(r.children())[:-1])", (8, 7, 9), 224, "r, model"),
        (B + "r = B()\nmodel = nn.Sequential(r.a)", (8, 7, 9), 224, "r, model"),
        (B + "model = B()\nmodel = nn.Sequential(*list(model.children())[:-1])", (8, 7, 9), 224, ""),
        (B + "r = B()\nmodel = r.a", (8, 7, 9), 224, "r, model"),
        (B + "r = B()\nmodel = next(r.children())", (8, 7, 9), 224, "r, model"),
        (B + "net = B()\nfirst = net.a", (4, 5, 7), 516, ""),
        # A model inside another is not meant, whatever its own class.
        (B + "net = B()\nmodel = nn.Sequential(net, nn.Conv2d(4, 7, 3))", (7, 3, 5), 516 + 259, ""),
        (B + "a = B()\nb = B(5)\nb.a = nn.Conv2d(4, 5, 1)\nmodel = nn.Sequential(a, b)", (4, 3, 5), 725, ""),
        (B + "nn.Sequential(B(), nn.Conv2d(4, 2, 3))", (2, 3, 5), 516 + 74, ""),
        (B + "model = B()\nhead = nn.Conv2d(8, 2, 1)\nmodel.b = head", (2, 7, 9), 224 + 18, ""),
        (B + "model = B()\nold = model.b\nmodel.b = nn.Sequential(old)", (4, 5, 7), 516, ""),
        # A class that is never made is meant only where nothing is.
        (B + "model = nn.Sequential(nn.Conv2d(3, 9, 5))", (9, 5, 7), 684, ""),
        (B + "conv = nn.Conv2d(3, 2, 3)", (2, 7, 9), 56, "B, conv"),
        (B + "pool = nn.MaxPool2d(2)", (4, 5, 7), 516, ""),
        # What goes over the modules of a model makes none, nor does a layer without weights.
        (B + "model = B()\nsoftmax = nn.Softmax(dim=1)", (4, 5, 7), 516, ""),
        (B + "model = B()\nfor layer in model.children():\n    print(layer)", (4, 5, 7), 516, ""),
        (B + "model = B(5)\nmodel = nn.DataParallel(model)", (4, 5, 7), 324, ""),
        (B + "model = nn.Sequential(nn.Conv2d(3, 9, 5))\nmodel = B()", (4, 5, 7), 516, ""),
        # A function that takes and returns nothing is followed as the program, as far as it can be.
        (B + "def main():\n    args = parse()\n    model = B(5)\n    for _ in range(args.n): train(model)\nmain()",
         (4, 5, 7), 324, ""),
        (B + "class C(B):\n    pass\ndef main():\n    net = B(5)\nif __name__ == '__main__':\n    main()",
         (4, 5, 7), 324, ""),
        (B + "def test():\n    print(B(5))\nmodel = B()\ntest()", (4, 5, 7), 516, ""),
    ],
)  # fmt: skip
def test_the_model_made_last_is_meant(program: str, output: tuple[int, ...], params: int, models: str) -> None:
    request = LayerRequest((program,))
    assert forward(request, "3x9x11").output == output
    counted = count(request, "3x9x11")
    assert counted.cost.total.params == params
    assert counted.network.assumptions == ((SEVERAL.format(models),) if models else ())


@pytest.mark.parametrize(
    ("program", "output", "params"),
    [
        ("r = models.resnet18()\nmodel = nn.Sequential(*list(r.children())[:-1])", (512, 1, 1), 11_176_512),
        ("r = models.vgg11()\nmodel = r.features", (512, 2, 2), 9_220_480),
        ("backbone = resnet18()\nmodel = nn.Sequential(backbone, nn.Linear(1000, 5))", (5,), 11_694_517),
        ("r = resnet18()\nbody = nn.Sequential(*list(r.children())[:-1])\nhead = nn.Linear(512, 4)\n"
         "model = nn.Sequential(body, nn.Flatten(), head)", (4,), 11_178_564),
        ("r = resnet18()\nr.fc = nn.Identity()\nmodel = nn.Sequential(r, nn.Linear(512, 3))", (3,), 11_178_051),
    ],
)  # fmt: skip
def test_a_model_made_of_a_published_one_is_meant(program: str, output: tuple[int, ...], params: int) -> None:
    request = LayerRequest((PUBLISHED + program,))
    assert forward(request, "3x64x64").output == output
    assert count(request, "3x64x64").cost.total.params == params


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (PUBLISHED + "from torchvision.models.feature_extraction import create_feature_extractor\nr = resnet18()\n"
         "model = create_feature_extractor(r, {'layer2': 'f'})", "is not in this text"),
        (B + "old = B()\nmodel = B(sizes.n).eval()", "an argument of this layer is not known|sizes.n"),
        (B + "old = B()\nmodel = shrink.half(old)", "shrink.half is not known"),
        (B + "old = B()\nmodel = [each for each in old.children()][:1]", "model is a list of modules, not a model"),
        (B + "for n in sizes.all():\n    net = B(n)", "sizes.all is not known"),
    ],
)  # fmt: skip
def test_an_earlier_model_does_not_stand_for_one_that_is_not_followed(program: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        count(LayerRequest((program,)), "3x64x64")


def test_what_an_unknown_function_makes_of_a_model_is_an_assumption() -> None:
    network = parse_network(B + "model = B(5)\nmodel = pruned(model, 0.5)")
    assert network.assumptions == ("pruned is not followed: model is taken to stay as it is",)
    assert [node.text for node in network.nodes] == ["nn.Conv2d(3, n, 3)", "nn.Conv2d(n, 4, 3)"]


def test_a_model_is_named_by_its_variable() -> None:
    program = B + "small = B(5)\nmodel = nn.Sequential(nn.Conv2d(3, 9, 5))\n"
    assert len(parse_network(program, class_name="small").nodes) == 2
    assert parse_network(program, class_name="small").assumptions == ()
    with pytest.raises(SpecError, match="no model of a class 'large'") as caught:
        parse_network(program, class_name="large")
    assert caught.value.hint == "the classes of models are B; its models are small, model"


@pytest.mark.parametrize(
    ("script", "output", "params", "models"),
    [
        ("model = nn.Sequential(nn.Conv2d(3, 3, 3))\nmodel = nn.Sequential(nn.Conv2d(3, 3, 5))", (3, 5, 7), 228, ""),
        ("conv = nn.Conv2d(3, 3, 3)\nconv = nn.Conv2d(3, 3, 5)", (3, 5, 7), 228, ""),
        ("small = nn.Sequential(nn.Conv2d(3, 3, 3))\nbig = nn.Sequential(nn.Conv2d(3, 3, 5))", (3, 5, 7), 228,
         "small, big"),
        ("body = nn.Sequential(nn.Conv2d(3, 8, 3))\nhead = nn.Conv2d(8, 2, 1)\nnet = nn.Sequential(body, head)",
         (2, 7, 9), 224 + 18, ""),
        ("net=nn.Sequential(nn.Conv2d(3,8,3))", (8, 7, 9), 224, ""),
        ("net = nn.Sequential(nn.Conv2d(3, 8, 3))\nprint(net)", (8, 7, 9), 224, ""),
        ("net = nn.Sequential(nn.Conv2d(3, 8, 3))\nx = torch.randn(1, 3, 9, 11)", (8, 7, 9), 224, ""),
        # Layers under names of their own stay a row.
        ("conv1 = nn.Conv2d(3, 4, 3)\npool = nn.MaxPool2d(2)\nconv2 = nn.Conv2d(4, 5, 3)", (5, 1, 2), 112 + 185, ""),
        ("self.a = nn.Sequential(nn.Conv2d(3, 4, 3))\nself.b = nn.Sequential(nn.MaxPool2d(2))", (4, 3, 4), 112, ""),
    ],
)  # fmt: skip
def test_names_of_a_script_without_classes_count(
    script: str, output: tuple[int, ...], params: int, models: str
) -> None:
    request = LayerRequest((NN + script,))
    assert forward(request, "3x9x11").output == output
    counted = count(request, "3x9x11")
    assert counted.cost.total.params == params
    assert counted.network.assumptions == ((SEVERAL.format(models),) if models else ())
