"""What a word that is not convcalc's may mean, found in the rows of `other_words` and in the commands themselves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import dropwhile
from typing import Any

import typer

from convcalc.cli.other_words import (
    ABOUT,
    ALONE,
    COMMANDS,
    DATA_ENDINGS,
    EXAMPLES,
    FALSE,
    FUNCTIONS,
    OPTIONS,
    TRUE,
    VALUES,
)


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
                    return found
    return None


def _filled(tree: Any, target: str, value: str) -> str | None:
    """Return a target with the value in it; None where the command lacks its options, or they do not take that."""
    names = {name: each for each in tree.params for name in (*each.opts, *each.secondary_opts)}
    target = target.replace("{size}", _size(value, "--layout" in names))
    if not target.startswith("-"):
        return target
    if not all(name in names for name in re.findall(r"(?<!\S)\(?(--?[a-z][a-z-]*)", target)):
        return None
    option = names[target.split()[0]]
    if option.is_flag:
        return _flag(option, target.replace("{}", "").strip(), value)
    if "{}" not in target:
        return target
    value = own_value(option, value)
    if value and not _takes(option, value):
        return None
    return target.replace("{}", value or ("N" if ":{}" in target else value_name(option)))


def value_name(option: Any) -> str:
    """Return what the value of an option is called in the help."""
    from convcalc.cli.help import term

    return term(option).rpartition(" ")[2]


def _takes(option: Any, value: str) -> bool:
    """Return whether an option takes a value: a number in its range, a word of those it knows, a file's name."""
    bare = value.strip("'")
    try:
        option.type(bare, option, None)
    except typer.BadParameter:
        return False
    if bare.replace("x", "").replace(",", "").replace(":", "").isdigit():
        return option.metavar not in ("FILE", "'GLOB'|-")
    words = _words(option)
    return (bare in words if words else bare.lower() not in (*TRUE, *FALSE)) or bare.partition(":")[0] + ":" in words


def _flag(option: Any, spelling: str, value: str) -> str:
    """Return the spelling of a flag that says what a flag and true or false say elsewhere."""
    if value.lower() not in FALSE:
        return spelling
    others = option.secondary_opts if spelling in option.opts else option.opts
    return others[0] if others else f"leave it out: {spelling} is off unless it is given"


def _size(value: str, layout: bool) -> str:
    """Return a size as INPUT takes it; where it has its channels last, with the option that says so."""
    from convcalc.notation import is_size

    if not is_size(value):
        return "3x224x224"
    sizes = [int(size) for size in re.findall(r"\d+", value)]
    last = len(sizes) in (3, 4) and sizes[-1] <= 4 < min(sizes[-3:-1])
    return f"{value}{' --layout hwc' if last and layout else ''}"


def own_value(option: Any, value: str) -> str:
    """Return what a value of another program is called here, where the option takes that; else the value itself.

    >>> from convcalc.cli.commands import build
    >>> (option,) = [each for each in build("conv").commands["conv"].params if each.name == "like"]
    >>> own_value(option, "cv2"), own_value(option, "numpy")
    ('opencv', 'numpy')
    """
    name = value.lower()
    if option.opts[-1] == "--boundary":
        from convcalc.compute.boundary import OTHER_NAMES

        return OTHER_NAMES.get(name.replace("_", "-"), value)
    return VALUES[name] if VALUES.get(name) in _words(option) else value


def _words(option: Any) -> tuple[str, ...]:
    """Return the words that the value of an option is one of, none where it may be another."""
    from convcalc.cli.known_words import option_words

    if option.opts[-1] in ("--padding", "--boundary"):
        return option_words("", option)
    return tuple(getattr(option.type, "choices", ()))


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
    return (
        None
        if not close
        else close[0]
        if names[close[0]].is_flag
        else f"{close[0]} {value or value_name(names[close[0]])}"
    )


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
            return shlex.quote(found)
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
    >>> meant_command(tree, ["224", "-k", "7"]), meant_command(tree, ["explain", "conv", "x.npy", "-k", "edge"])
    ('type: convcalc shape 224 -k 7', 'type: convcalc conv x.npy -k edge --explain')
    """
    from convcalc.text import close_names

    word, rest = arguments[0].lower(), list(arguments[1:])
    if word == "convcalc" and rest:
        return f"type: {shlex.join(arguments)}"
    about = _row_of(word, ABOUT)
    if about is not None:
        return about
    target = _row_of(word, COMMANDS) or _of_bare_layer(word, rest)
    if target is None and (close := close_names(word, tree.commands)):
        target = close[0]
    if target is None:
        name = _command_of_argument(arguments[0], rest)
        return name and f"type: {shlex.join(['convcalc', name, *arguments])}"
    return f"type: {shlex.join(['convcalc', *_line(target.split(), rest)])}"


def _row_of(word: str, rows: Mapping[str, str]) -> str | None:
    return next((target for words, target in rows.items() if word in words.split()), None)


def _of_bare_layer(word: str, rest: Sequence[str]) -> str | None:
    """Return what a layer's name in place of a command means: a size through it, or numbers."""
    from convcalc.notation import is_bare, is_size
    from convcalc.notation.short.vocabulary import POOL_KINDS, canonical

    found = canonical(word) if is_bare(word) else None
    if found is None or not rest:
        return None
    if is_size(rest[0]):
        return f"shape {word}"
    return f"pool {POOL_KINDS[found[0]]}" if found[0] in POOL_KINDS else None


def _line(target: list[str], rest: list[str]) -> list[str]:
    """Return the words of a command line: the command, INPUT, the kind or layer, the rest, options of the target."""
    command, *more = target
    if command in ALONE or set(more) & set(ALONE):
        return target
    if rest and rest[0] in EXAMPLES:
        command = rest.pop(0)
    kind, options = ([], more) if more[:1] and more[0][0] == "-" else (more, [])
    if options[-1:] and options[-1].isdigit() and rest and rest[0].isdigit():
        options = [*options[:-1], rest.pop(0)]
    if options and options[0] in ("--quiz", "--sheet"):
        return [command, *options, *dropwhile(lambda word: word[:1] != "-", rest)]
    if not rest:
        rest = [each for each in EXAMPLES[command] if not kind or each != "max"]
    if command == "pool" and kind and not {"-k", "--kernel", "--adaptive", "--global"} & set(rest):
        rest = [rest[0], "-k", *(rest[1:] or ["2"])]
    return [command, rest[0], *kind, *rest[1:], *options]


def example_of(command: str) -> str:
    """Return a command line that a command answers.

    >>> example_of("shape")
    'convcalc shape 224 -k 7'
    """
    return shlex.join(["convcalc", command, *EXAMPLES[command]])


def meant_function(text: str) -> str | None:
    """Return the hint for a call of another program's function where an input stands, None for any other text.

    >>> meant_function("scipy.signal.convolve2d([[1, 2]], [[3]], 'same')")
    "type: convcalc conv '[[1, 2]]' -k '[[3]]' -p same --like scipy"
    """
    from convcalc.errors import SpecError
    from convcalc.notation.call.syntax import read_expression
    from convcalc.notation.call.tree import Call
    from convcalc.text import Source

    name = text.partition("(")[0].strip()
    program = next((FUNCTIONS[each] for each in FUNCTIONS if name == each or name.endswith(f".{each}")), None)
    if program is None:
        return None
    source = Source(text)
    try:
        call = read_expression(source, 0, len(text)).value
    except SpecError:
        return None
    if not isinstance(call, Call) or len(call.positional) < 2:
        return None
    x, kernel, *modes = (text[each.start : each.end] for each in call.positional)
    modes += [text[each.start : each.end] for word, _, each in call.keywords if word == "mode"]
    padding = ["-p", modes[0].strip("'\"")] if modes else []
    return f"type: {shlex.join(['convcalc', 'conv', x, '-k', kernel, *padding, '--like', program])}"


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
