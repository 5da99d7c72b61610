"""Published models that programs ask for by name: `torchvision.models.resnet18(weights=None)`.

Each family is a program of its own in `published`, with the names of modules that torchvision gives them. It is
followed as the rest of the program is; whatever is in it stands at the place of the call.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.notation.call.tree import Call, Sequence
from convcalc.notation.source.values import Name, Scope

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_FOLDER = Path(__file__).with_name("published")
_RESNETS = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d"),
    *("resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"),
)
FAMILIES: dict[str, str] = {
    **dict.fromkeys(_RESNETS, "resnet"),
    **dict.fromkeys([f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")], "vgg"),
    **dict.fromkeys([f"densenet{depth}" for depth in (121, 161, 169, 201)], "densenet"),
    **dict.fromkeys(("squeezenet1_0", "squeezenet1_1"), "squeezenet"),
    "alexnet": "alexnet",
    "mobilenet_v2": "mobilenet",
}
"""The functions of torchvision's that make models, and the family of each."""
VERSION = "0.29"
_PLACES = ("torchvision.", "models.")
_LIBRARIES = (
    *_PLACES,
    "timm.",
    "torch.hub.",
    "applications.",
    "transformers.",
    "segmentation_models_pytorch.",
    "smp.",
)


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Make a published model; NotImplemented for a function that makes none, SpecError for one that is not known."""
    word, given = name.last, arguments
    if name.dotted in ("torch.hub.load", "torchvision.models.get_model", "models.get_model"):
        names = [each for each in arguments if isinstance(each, str)]
        word = names[-1] if names else ""
        given = arguments[arguments.index(word) + 1 :] if names else []
    elif not name.dotted.startswith(_PLACES):
        word = ""
    if word in FAMILIES and not any(isinstance(each, str) and "vision" not in each for each in arguments[:-1]):
        note = f"{word} is taken to be that of torchvision {VERSION}"
        if note not in follower.builder.assumptions:
            follower.builder.assumptions += (note,)
        return follower.call(node, _family(follower, node, FAMILIES[word]).find(word), given, keywords)
    if name.dotted.startswith(_LIBRARIES):
        hint = (
            "export it by torch.onnx.export(model, x, 'model.onnx') and read that, or paste what print(model) shows"
        )
        raise follower.fault(node, f"{name.dotted[:60]} is not in this text: its layers are not known", hint)
    return NotImplemented


def _family(follower: Follower, node: ast.AST, family: str) -> Scope:
    """Return the names of the program of a family, every part of it at the place of a node."""
    tree = ast.parse((_FOLDER / f"{family}.txt").read_text(encoding="utf-8"))
    for each in ast.walk(tree):
        ast.copy_location(each, node)
        vars(each)["is_published"] = True
    scope = Scope()
    follower.run(tree.body, scope)
    return scope


def text_of(node: ast.AST) -> str:
    """Return how a part of a published model is shown, empty for a part of the program itself."""
    return ast.unparse(node) if getattr(node, "is_published", False) else ""


def call_text(node: ast.AST, call: Call) -> str:
    """Return how a layer of a published model is shown, with its numbers; empty for one of the program itself."""
    if not text_of(node):
        return ""
    given = [*(each.value for each in call.positional), *(each.value for _, _, each in call.keywords)]
    words = [*([""] * len(call.positional)), *(f"{name}=" for name, _, _ in call.keywords)]
    values = (each.plain() if isinstance(each, Sequence) else each for each in given)
    return f"{call.name}({', '.join(f'{word}{value}' for word, value in zip(words, values, strict=True))})"
