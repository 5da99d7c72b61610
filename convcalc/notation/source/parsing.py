"""Whether a text is a program, and its syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
from textwrap import dedent

from convcalc.text import Source

_SIGNS = re.compile(
    r"^[ \t]*(?:\w+ *= *(?:\w+\.)*[A-Z]\w*\("
    r"|class \w|def \w|import \w|from \w+[\w.]* import|\w+ *= *(?:[\d\[{'\"]|lambda )"
    r"|(?:if|for|while|with) [^\n]*:$|try:$|\w+ *: *(?:int|float|str|bool|list|dict|tuple)\b|[\w*]+, *[\w*, ]+ = )"
    r"|\.add\(|\)\(|\b(?:torchvision|timm|models|hub)\.\w",
    re.MULTILINE,
)
_DEFINES = re.compile(r"^[ \t]*(?:class|def) \w+[^\n]*:", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[ \t]*\w*[ \t]*$")
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.:?|In ?\[\d*\]:)(?: |$)")
_OF_NOTEBOOKS = re.compile(r"[!%]{1,2}[a-z]")
_AROUND = re.compile(r"^[ \t]*(?:```|~~~|>>> |In ?\[\d*\]:|[!%]{1,2}[a-z])|\A\s*\n?[ \t]+\S", re.MULTILINE)
MOST_CHARACTERS = 300_000
"""A longer program is not followed: its syntax tree takes some 250 bytes a character."""


def without_surroundings(text: str) -> str:
    """Return the lines of a program in a text as people paste it, all others empty.

    Fences, what stands around them, prompts, what was printed behind them, and commands of notebooks are taken away,
    and the indentation that all lines have.

    >>> without_surroundings("It fails:\\n```python\\n>>> x = 5\\n>>> for i in x:\\n...     y\\n7\\n```").split("\\n")
    ['', '', 'x = 5', 'for i in x:', '    y', '', '']
    """
    if _AROUND.search(text) is None:
        return text
    lines = text.split("\n")
    fences = [index for index, line in enumerate(lines) if _FENCE.match(line)]
    if fences:
        inside = {at for start, end in zip(fences[::2], [*fences[1::2], len(lines)], strict=False)
                  for at in range(start + 1, end)}  # fmt: skip
        lines = [line if index in inside else "" for index, line in enumerate(lines)]
    if any(line.lstrip().startswith((">>> ", "In [")) for line in lines):
        found = (_PROMPT.match(line) for line in lines)
        lines = ["" if match is None else line[match.end() :] for line, match in zip(lines, found, strict=True)]
    return dedent("\n".join("" if _OF_NOTEBOOKS.match(line) else line for line in lines))


def parsed(source: Source) -> ast.Module | None:
    """Return the syntax tree of a text that is a program and not only a list of layers, None for any other text.

    Raises SpecError at what is not valid in a program that defines classes or functions.

    >>> parsed(Source("conv1 = nn.Conv2d(3, 8, 3)")) is None
    True
    >>> parsed(Source("width = 8\\nnn.Conv2d(3, width, 3)")) is None
    False
    """
    if _SIGNS.search(source.text) is None:
        return None
    defines = _DEFINES.search(source.text) is not None
    if len(source.text) > MOST_CHARACTERS:
        if defines:
            message = (
                f"a program of {len(source.text):,} characters is too long, at most {MOST_CHARACTERS:,} are read"
            )
            raise source.fault(message, 0, 0)
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
    except SyntaxError as error:
        if defines and error.lineno is not None and not _is_print(source.text):
            at = _place(source.text, error)
            # The advice that follows a long number is for those who run the program.
            raise source.fault(f"this is not valid Python: {error.msg.split('; use ')[0]}", at, at + 1) from None
        return None
    except (ValueError, RecursionError, MemoryError):
        if defines:
            raise source.fault("this program is nested too deeply to be read", 0, 0) from None
        return None
    several = sum(_states_its_input(node) for node in tree.body) > 1
    return tree if several or any(map(_is_program, tree.body)) or _goes_by_names(tree) else None


def is_of_library(text: str) -> bool:
    """Return whether a text begins with the name of a library of models.

    >>> is_of_library("torchvision.models.resnet18()"), is_of_library("nn.Conv2d(3, 8, 3)")
    (True, False)
    """
    return text.startswith(("torchvision.", "torchvision ", "timm.", "models.", "torch.hub."))


def _is_print(text: str) -> bool:
    from convcalc.notation.pytorch.printed import is_print

    return is_print(text)


def _place(text: str, error: SyntaxError) -> int:
    """Return the offset of a fault of syntax."""
    lines = text.split("\n")
    line = min(max(1, error.lineno or 1), len(lines))
    start = sum(len(each) + 1 for each in lines[: line - 1])
    return min(start + min(max(0, (error.offset or 1) - 1), len(lines[line - 1])), max(0, len(text) - 1))


def _is_program(node: ast.stmt) -> bool:
    """Return whether a statement is more than a layer, with a name or without one."""
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.For() | ast.While() | ast.If() | ast.With() | ast.Try():
            return True
        case ast.Assign(value=ast.Constant() | ast.List(elts=[]) | ast.Tuple() | ast.BinOp() | ast.Dict()):
            return True
        case ast.Assign(value=ast.IfExp() | ast.Lambda() | ast.Compare() | ast.BoolOp() | ast.UnaryOp()):
            return True
        case ast.Assign(value=ast.List(elts=[ast.Constant() | ast.List() | ast.Tuple() | ast.Dict(), *_])):
            return True
        case ast.Assign(targets=[ast.Tuple() | ast.List()]):
            return True
        case ast.AnnAssign(annotation=ast.Name(id=kind), value=value) if value is not None:
            return kind in ("int", "float", "str", "bool", "list", "dict", "tuple")
        case ast.ImportFrom(names=[ast.alias(asname=str() as name), *_], module=str() as module) if (
            module == "torch.nn"
        ):
            return name not in ("F", "nn")
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(attr="add" | "add_module" | "append" | "extend", value=ast.Name()))
        ):
            return True
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner))]):
            return owner != "self"
        case ast.Assign(value=ast.Call(func=called)) | ast.Expr(value=ast.Call(func=called)) if is_of_library(
            ast.unparse(called)
        ):
            return True
        case ast.ImportFrom() | ast.Import():
            return is_of_library(ast.unparse(node).partition(" ")[2] + ".")
        case ast.Assign(value=ast.Call(func=ast.Attribute(attr="Input" | "Model") | ast.Name(id="Input" | "Model"))):
            return True
        case ast.Assign(
            value=ast.Call(
                func=ast.Attribute(attr="Sequential") | ast.Name(id="Sequential"), args=[ast.List(elts=elts)]
            )
        ):
            return any(isinstance(each, ast.Name) for each in elts)
        case ast.Assign(value=ast.Call(func=ast.Call())) | ast.Expr(value=ast.Call(func=ast.Call())):
            return True
        case _:
            return False


def _goes_by_names(tree: ast.Module) -> bool:
    """Return whether statements are more than layers in a row.

    They are where a name is given twice or used again, where several models have names, and as only Python has it;
    not where all that they do is print a model that was made elsewhere.
    """
    shown = [node for node in tree.body if not isinstance(node, ast.Assign) or not _is_made_elsewhere(node.value)]
    if all(isinstance(node, ast.Expr) for node in shown):
        return False
    names: set[str] = set()
    models = 0
    for node in tree.body:
        if any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node)):
            return True
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=ast.Call(func=called)):
                word = ast.unparse(called)
                # As no layer in a row is written.
                has_no_blanks = called.col_offset == (target.end_col_offset or 0) + 1
                if (has_no_blanks and len(tree.body) > 1) or (
                    word.startswith("torch.") and not word.startswith("torch.nn.")
                ):
                    return True
                names.add(name)
                models += word.endswith("nn.Sequential")
    return models > 1


def _is_made_elsewhere(value: ast.expr) -> bool:
    """Return whether a value is an object of a class that has no layers in its arguments: `Net()`, `Net(10)`."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    from convcalc.notation.keras.signatures import SIGNATURES as KERAS
    from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH

    inside = any(isinstance(each, ast.Call) for argument in value.args for each in ast.walk(argument))
    return not inside and value.func.id not in (*PYTORCH, *KERAS, "Sequential", "Input", "Model")


def _states_its_input(node: ast.stmt) -> bool:
    """Return whether a statement names a Keras model of which a layer says what comes in: of two, each is whole."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Attribute(attr="Sequential") | ast.Name(id="Sequential"))):
            words = {each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute)
                     else each.arg if isinstance(each, ast.keyword) else None for each in ast.walk(node)}  # fmt: skip
            return not words.isdisjoint(("Input", "InputLayer", "input_shape", "input_dim", "batch_input_shape"))
        case _:
            return False
