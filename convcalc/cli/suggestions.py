"""What a word that is not convcalc's may mean, found in the rows of `other_words` and in the commands themselves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from convcalc.cli.other_words import COMMANDS, DATA_ENDINGS, OPTIONS, VALUES


def option_hint(trees: Mapping[str, Any], tree: Any, command: str, word: str, arguments: Sequence[str]) -> str:
    """Return the hint for an option that a built command does not have: what may be meant, with its value.

    `trees` are all built commands, `tree` is that one.

    >>> from convcalc.cli.commands import build
    >>> trees = build("shape").commands
    >>> option_hint(trees, trees["shape"], "shape", "--mode", ["--mode", "full"])
    'did you mean -p full?'
    """
    value = _value(word, arguments)
    meant = _meant(tree, command, word, value) or _of_others(trees, word)
    meant = meant or (_of_others(trees, word, value) if is_row(word) else None) or _by_letters(tree, word, value)
    if meant is None:
        return _of_others(trees, word, value) or f"see {f'convcalc {command}'.strip()} --help-all"
    return f"did you mean {meant}?" if meant.startswith("-") else meant


def _meant(tree: Any, command: str, word: str, value: str) -> str | None:
    """Return what a word means for a command: what the rows say, or a value of one of its options."""
    found = _by_row(tree, command, word, value)
    return _by_value(tree, command, word.lower().lstrip("-")) if found is None and not value else found


def is_row(word: str) -> bool:
    """Return whether an option of another program is known.

    >>> is_row("--ksize"), is_row("--zzz")
    (True, False)
    """
    return any(word in words.split() for words in OPTIONS)


def _by_row(tree: Any, command: str, word: str, value: str) -> str | None:
    """Return what the rows say that a word means: the first target that fits the command and the value."""
    name = word if len(word) == 2 else word.lower().replace("_", "-")
    for words, targets in OPTIONS.items():
        if name in words.split():
            for target in targets:
                commands, bar, text = target.rpartition("|")
                if (not bar or command in commands.split("+")) and (found := _filled(tree, text, value)):
                    return found.replace("{command}", command)
    return None


def _filled(tree: Any, target: str, value: str) -> str | None:
    """Return a target with the value in it; None where the command lacks its options, or they do not take that."""
    names = {name: each for each in tree.params for name in (*each.opts, *each.secondary_opts)}
    if not target.startswith("-"):
        return target
    if not all(name in names for name in re.findall(r"(?<!\S)\(?(--?[a-z][a-z-]*)", target)):
        return None
    option = names[target.split()[0]]
    if "{}" not in target or option.is_flag:
        return target.replace("{}", "").strip()
    choices = _words(option)
    if value and not value.strip("'").replace("x", "").replace(",", "").replace(":", "").isdigit():
        if (choices and value not in choices) or type(option.type).__name__.startswith("Int"):
            return None
    elif value and option.metavar in ("FILE", "'GLOB'|-"):
        return None
    return target.replace(":{}", f":{value or 'N'}").replace("{}", value).replace("  ", " ").strip()


def _words(option: Any) -> tuple[str, ...]:
    """Return the words that the value of an option is one of, none where it may be another."""
    from convcalc.cli.known_words import option_words

    return option_words("", option) if option.opts[-1] == "--padding" else tuple(getattr(option.type, "choices", ()))


def _by_letters(tree: Any, word: str, value: str) -> str | None:
    """Return the option that is spelled almost as a word, or begins with it; -K is -k."""
    from convcalc.text import close_names

    names = {name: each for each in tree.params for name in (*each.opts, *each.secondary_opts)}
    if len(word) == 2:
        close = [word.lower()] if word.lower() in names else []
    else:
        name = word.lower().replace("_", "-")
        close = [each for each in names if len(name) > 4 and each.startswith(name)]
        close = close if len(close) == 1 else close_names(name, names, cutoff=0.8)
    return None if not close else close[0] if names[close[0]].is_flag else f"{close[0]} {value}".strip()


def _of_others(trees: Mapping[str, Any], word: str, value: str | None = None) -> str | None:
    """Return which commands have an option, or with the `value` behind it have what it means."""
    having: dict[str, list[str]] = {}
    for name, tree in trees.items():
        is_option = any(word in (*each.opts, *each.secondary_opts) for each in tree.params)
        found = word if is_option else None if value is None else _meant(tree, name, word, value)
        if found is not None and found.startswith("-"):
            having.setdefault(found, []).append(name)
    for found, names in having.items():
        listed = ", ".join(names[:-1]) + " and " * (len(names) > 1) + names[-1]
        return f"convcalc {listed} {'has' if len(names) == 1 else 'have'} {found}"
    return None


def _value(word: str, arguments: Sequence[str]) -> str:
    """Return what stands behind an option on the command line, in quotes where it needs them."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
        found = following if argument == word and not following.startswith("-") else ""
        if argument.startswith(f"{word}="):
            found = argument.partition("=")[2]
        if found:
            return VALUES.get(found.lower(), shlex.quote(found))
    return ""


def _by_value(tree: Any, command: str, word: str) -> str | None:
    """Return the option whose value a word may be: --latex is -F latex, --same is -p same."""
    from convcalc.cli.known_words import option_words

    for each in sorted(tree.params, key=lambda each: "-F" not in each.opts):
        if each.param_type_name == "option" and len(word) > 1 and word in option_words(command, each):
            return f"{each.opts[0]} {word}"
    return None


def meant_command(tree: Any, arguments: Sequence[str]) -> str | None:
    """Return the hint with the line to type where the first word is not a command, None where nothing is close.

    >>> from convcalc.cli.commands import build
    >>> tree = build("shape", "params", "conv", "pool")
    >>> meant_command(tree, ["224", "-k", "7"]), meant_command(tree, ["flops", "model.onnx"])
    ('type: convcalc shape 224 -k 7', 'type: convcalc params model.onnx')
    """
    from convcalc.notation import is_bare, is_size
    from convcalc.text import close_names

    word, rest = arguments[0], arguments[1:]
    if word == "convcalc" and rest:
        return f"type: {shlex.join(arguments)}"
    name = next((target for words, target in COMMANDS.items() if word.lower() in words.split()), None)
    if is_bare(word) and rest and is_size(rest[0]):
        name, rest = "shape", [rest[0], word, *rest[1:]]
    if name is None and (close := close_names(word, tree.commands)):
        name = close[0]
    if name is None:
        name, rest = _command_of_argument(word, rest), arguments
    return f"type: {shlex.join(['convcalc', *name.split(), *rest])}" if name else None


def _command_of_argument(word: str, rest: Sequence[str]) -> str | None:
    """Return the command whose first argument a word may be: a size, a layer, a file of a model or of numbers."""
    from convcalc.cli.known_words import POOL_KINDS
    from convcalc.errors import UsageError
    from convcalc.model.files import MODEL_ENDINGS
    from convcalc.notation import is_size, parse_layers

    if is_size(word):
        return "shape"
    if word.lower().endswith(DATA_ENDINGS) or ";" in word:
        return "pool" if rest and rest[0] in POOL_KINDS else "conv"
    if word.lower().endswith(MODEL_ENDINGS):
        return "params"
    try:
        parse_layers(word)
    except UsageError:
        return None
    return "params"
