"""Imports of a program: nothing is imported, names of frameworks stand for what they are there."""

from __future__ import annotations

import ast
import sys

from convcalc.notation.source.builtin import PYTHON
from convcalc.notation.source.values import Name, Scope

_KNOWN = {"numpy": "np", "math": "math", "torch.nn": "nn", "torch.nn.functional": "F"}
_FRAMEWORKS = ("numpy", "keras", "tensorflow", "tf_keras", "einops", "timm", "mmcv", "fvcore", "typing_extensions")
_FAILS = ("ImportError", "ModuleNotFoundError", "Exception")


def take(node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
    """Take in the names that an import sets, where they are not those by which frameworks are known.

    What comes from a package that is not known keeps its name there: a `Conv2d` of it is not that of PyTorch.
    """
    for alias in node.names:
        name = alias.asname or alias.name
        package = f"{'.' * node.level}{node.module or ''}" if isinstance(node, ast.ImportFrom) else ""
        dotted = f"{package}.{alias.name}" if package else alias.name
        known = _KNOWN.get(dotted) or (dotted if dotted in PYTHON else None)
        if known is None and package and not is_known(package):
            known = dotted
        elif known is None and package == "torch.nn.utils.parametrizations":
            known = f"parametrizations.{alias.name}"
        elif known is None and package.startswith("torchvision"):
            known = dotted
        elif known is None and alias.asname:
            known = alias.name if package else dotted
        if known is not None and known != name and name != "*":
            scope.names[name] = Name(known)


def is_known(package: str) -> bool:
    """Return whether a package is a framework's, or Python's own.

    >>> is_known("torch.nn"), is_known("collections"), is_known("models.common")
    (True, True, False)
    """
    first = package.partition(".")[0]
    return first.startswith("torch") or first in _FRAMEWORKS or first in sys.stdlib_module_names


def tried(node: ast.Try) -> list[ast.stmt]:
    """Return the statements that run of those that are tried: a package that is not known is not installed."""
    for index, each in enumerate(node.body):
        if isinstance(each, ast.Import | ast.ImportFrom) and not _is_installed(each):
            for handler in node.handlers:
                caught = [] if handler.type is None else list(ast.walk(handler.type))
                if not caught or any(isinstance(part, ast.Name) and part.id in _FAILS for part in caught):
                    return [*node.body[:index], *handler.body]
    return [*node.body, *node.orelse]


def _is_installed(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or is_known(node.module or "")
    return all(is_known(alias.name) for alias in node.names)
