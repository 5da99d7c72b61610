"""Completion scripts and the man page, written from the command tree: `python -m convcalc.cli.completion [FOLDER]`.

The scripts are plain text that the shell reads once; no Python runs at a TAB.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.help import description
from convcalc.cli.known_words import argument_words, layer_classes, option_words, takes_file
from convcalc.cli.man_page import man_page
from convcalc.cli.manual import topics
from convcalc.value import Value


class Flag(Value):
    """An option of a command: its spellings, what it is for, and the words its value may be; `files` names one, too.

    `words` is None for a flag without a value.
    """

    spellings: tuple[str, ...]
    help: str
    words: tuple[str, ...] | None
    files: bool = False


def main(arguments: Sequence[str]) -> int:
    """Write every script into a folder, `completions` if none is given."""
    folder = Path(arguments[0] if arguments else "completions")
    folder.mkdir(exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


def scripts() -> dict[str, str]:
    """Return the text of each script, and of the man page, by its file name.

    >>> sorted(scripts())
    ['_convcalc', 'convcalc.1', 'convcalc.bash', 'convcalc.fish', 'convcalc.ps1']
    """
    tree = build(*COMMANDS)
    flags = {name: command_flags(name, tree.commands[name]) for name in COMMANDS}
    flags[""] = command_flags("", tree)
    return {
        "convcalc.1": man_page(tree),
        "convcalc.bash": _bash(flags),
        "_convcalc": _zsh(flags),
        "convcalc.fish": _fish(flags),
        "convcalc.ps1": _powershell(flags),
    }


def command_flags(name: str, command: Any) -> list[Flag]:
    """List the options of a built command.

    >>> [flag.spellings for flag in command_flags("", build("shape"))]
    [('-V', '--version'), ('-h', '--help'), ('--help-all',), ('--json-errors',)]
    """
    return [
        Flag(
            (*option.opts, *option.secondary_opts),
            description(option, whole=False).rstrip("."),
            None if option.is_flag else option_words(name, option),
            takes_file(option),
        )
        for option in command.params
        if option.param_type_name == "option"
    ]


def _bash(flags: dict[str, list[Flag]]) -> str:
    cases = []
    for name in ("", *COMMANDS):
        words = " ".join(spelling for flag in flags[name] for spelling in flag.spellings)
        valued = [
            f"                {'|'.join(flag.spellings)}) words='{' '.join(flag.words)}'; value={_kind(flag)} ;;"
            for flag in flags[name]
            if flag.words is not None
        ]
        plain = " ".join((*COMMANDS, "help") if not name else argument_words(name))
        cases.append(
            "\n".join(
                [
                    f"        {name or _QUOTED_NOTHING})",
                    f"            options='{words}'; plain='{plain}'",
                    f"            classes='{' '.join(layer_classes(name) if name else ())}'",
                    '            case "$previous" in',
                    *valued,
                    "            esac ;;",
                ]
            )
        )
    text = _BASH.replace("@CASES@", "\n".join(cases)).replace("@COMMANDS@", "|".join((*COMMANDS, "help")))
    return text.replace("@TOPICS@", " ".join((*COMMANDS, *topics())))


def _kind(flag: Flag) -> str:
    return "file" if flag.files else "word"


_QUOTED_NOTHING = "''"
_BASH = """# bash completion for convcalc, written by python -m convcalc.cli.completion
# Use: source this file, or put it into ~/.local/share/bash-completion/completions/convcalc

_convcalc() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command='' options='' plain='' classes='' words='' value='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$word" in @COMMANDS@) command="$word"; break ;; esac
    done
    # bash takes --option=value for three words.
    [[ $current == = ]] && current='' && previous="${COMP_WORDS[COMP_CWORD-1]}"
    [[ $previous == = ]] && previous="${COMP_WORDS[COMP_CWORD-2]}"
    current="${current#[\\'\\"]}"
    COMPREPLY=()
    case "$command" in
@CASES@
        help)
            plain='@TOPICS@' ;;
    esac
    if [[ -z $value && $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
        return 0
    fi
    # Classes of PyTorch and Keras begin with a capital, and would be too many beside the rest.
    [[ -z $value && $current == [A-Z]* ]] && plain="$classes"
    [[ -z $value ]] && words="$plain"
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    if [[ $value == file || ( -z $value && -n $command && $command != help ) ]]; then
        (( ${#COMPREPLY[@]} )) || compopt -o filenames  # it would quote the colon of a layer
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    fi
    [[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace
    return 0
}

complete -F _convcalc convcalc
"""


def _zsh(flags: dict[str, list[Flag]]) -> str:
    bodies = []
    for name in COMMANDS:
        lines = [f"        {name})", "            _arguments -s -S \\"]
        for flag in flags[name]:
            lines += [f"                {spec} \\" for spec in _zsh_specs(flag)]
        lines.append(f"                '*:argument: _convcalc_argument {name}' ;;")
        bodies.append("\n".join(lines))
    names = COMMANDS | {"help": "The help of a command, or a page on a topic."}
    commands = "\n".join(f"        '{name}:{help_text}'" for name, help_text in names.items())
    bodies.append(f"        help) _arguments '1:page:({' '.join((*COMMANDS, *topics()))})' ;;")
    plain = "\n".join(
        f"    {name})\n        plain=({' '.join(argument_words(name))})\n"
        f"        classes=({' '.join(layer_classes(name))}) ;;"
        for name in COMMANDS
    )
    root = " ".join(spec for flag in flags[""] for spec in _zsh_specs(flag))
    text = _ZSH.replace("@BODIES@", "\n".join(bodies)).replace("@COMMANDS@", commands).replace("@ROOT@", root)
    return text.replace("@PLAIN@", plain)


def _zsh_specs(flag: Flag) -> list[str]:
    help_text = flag.help.replace("'", "'\\''")
    for character in "[]:":
        help_text = help_text.replace(character, "\\" + character)
    action = "" if flag.words is None else f":value:{_zsh_action(flag.words, files=flag.files)}"
    return [f"'{spelling}[{help_text}]{action}'" for spelling in flag.spellings]


def _zsh_action(words: Sequence[str], *, files: bool) -> str:
    """Return what zsh completes a value with: words, files, both or nothing."""
    listed = " ".join(word.replace(":", "\\:") for word in words)
    if files and words:
        return f" _convcalc_files_or {listed}"
    if any(word.endswith(":") for word in words):
        return f" _convcalc_words {listed}"
    return "_files" if files else f"({listed})" if words else " "


_ZSH = """#compdef convcalc
# zsh completion for convcalc, written by python -m convcalc.cli.completion
# Use: put this file into a folder of $fpath

# A word that ends with a colon goes on: no blank behind it.
_convcalc_words() {
    local -a open closed
    local word
    for word in "$@"; do
        [[ $word == *: ]] && open+=("$word") || closed+=("$word")
    done
    local found=1
    compadd -S '' -a open && found=0
    compadd -a closed && found=0
    return found
}

_convcalc_files_or() {
    local found=1
    _convcalc_words "$@" && found=0
    _files && found=0
    return found
}

# Classes of PyTorch and Keras begin with a capital, and would be too many beside the rest.
_convcalc_argument() {
    local -a plain classes
    case $1 in
@PLAIN@
    esac
    [[ $PREFIX == [A-Z]* ]] && plain=($classes)
    _convcalc_files_or $plain
}

_convcalc() {
    local curcontext="$curcontext" state line
    typeset -A opt_args
    local -a commands
    commands=(
@COMMANDS@
    )
    _arguments -C @ROOT@ '1:command:->command' '*::argument:->argument'
    case $state in
    command)
        _describe 'command' commands ;;
    argument)
        case $words[1] in
@BODIES@
        esac ;;
    esac
}

if [[ $funcstack[1] == _convcalc ]]; then
    _convcalc "$@"
else
    compdef _convcalc convcalc
fi
"""


def _fish(flags: dict[str, list[Flag]]) -> str:
    lines = [
        "# fish completion for convcalc, written by python -m convcalc.cli.completion",
        "# Use: put this file into ~/.config/fish/completions",
        "",
    ]
    names = " ".join((*COMMANDS, "help"))
    nothing_yet = f"'not __fish_seen_subcommand_from {names}'"
    lines += [
        f"complete -c convcalc -f -n {nothing_yet} -a {name} -d {_quoted(text)}" for name, text in COMMANDS.items()
    ]
    lines += [
        f"complete -c convcalc -f -n {nothing_yet} -a help -d 'The help of a command, or a page on a topic.'",
        f"complete -c convcalc -f -n '__fish_seen_subcommand_from help' -a '{' '.join((*COMMANDS, *topics()))}'",
    ]
    for name in ("", *COMMANDS):
        condition = f"'__fish_seen_subcommand_from {name}'" if name else nothing_yet
        for flag in flags[name]:
            spellings = " ".join(
                f"-l {spelling[2:]}" if spelling.startswith("--") else f"-s {spelling[1:]}"
                for spelling in flag.spellings
            )
            value = ""
            if flag.words is not None:
                value = " -r -F" if flag.files else " -x"
                value += f" -a {_quoted(' '.join(flag.words))}" if flag.words else ""
            lines.append(f"complete -c convcalc -n {condition} {spellings}{value} -d {_quoted(flag.help)}")
        if argument_words(name):
            lines.append(f"complete -c convcalc -n {condition} -a {_quoted(' '.join(argument_words(name)))}")
        if name:
            capital = (
                f"'__fish_seen_subcommand_from {name}; and string match -qr \"^\\W?[A-Z]\" -- (commandline -ct)'"
            )
            lines.append(f"complete -c convcalc -n {capital} -a {_quoted(' '.join(layer_classes(name)))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(flags: dict[str, list[Flag]]) -> str:
    entries = []
    for name in ("", *COMMANDS):
        options = [spelling for flag in flags[name] for spelling in flag.spellings]
        # -f and -F would be one key of a table; a value without words is left to PowerShell, which offers files.
        values = [
            f"{' '.join(flag.spellings)}={' '.join(flag.words)}" for flag in flags[name] if flag.words is not None
        ]
        plain = argument_words(name) if name else (*COMMANDS, "help")
        entries.append(_entry(name, options, plain, layer_classes(name) if name else (), values))
    entries.append(_entry("help", (), (*COMMANDS, *topics()), (), ()))
    return _POWERSHELL.replace("@ENTRIES@", "\n".join(entries))


def _entry(
    name: str, options: Sequence[str], plain: Sequence[str], classes: Sequence[str], values: Sequence[str]
) -> str:
    lists = {"Options": options, "Plain": plain, "Classes": classes, "Values": values}
    return f"    {_single(name)} = @{{ {'; '.join(f'{field} = {_list(words)}' for field, words in lists.items())} }}"


def _list(words: Sequence[str]) -> str:
    return f"@({', '.join(map(_single, words))})"


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_POWERSHELL = """# PowerShell completion for convcalc, written by python -m convcalc.cli.completion
# Use: add ". path/to/convcalc.ps1" to $PROFILE

$convcalcWords = @{
@ENTRIES@
}

Register-ArgumentCompleter -Native -CommandName convcalc -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $given = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
    $before = if ($wordToComplete -and $given.Count) { @($given | Select-Object -SkipLast 1) } else { $given }
    $command = @($before | Where-Object { $_ -and $convcalcWords.ContainsKey($_) }) + '' | Select-Object -First 1
    $known = $convcalcWords[$command]
    $previous = $before | Select-Object -Last 1
    $valued = $known.Values | Where-Object { (($_ -split '=', 2)[0] -split ' ') -ccontains $previous }
    # Classes of PyTorch and Keras begin with a capital, and would be too many beside the rest.
    $words = if ($valued) { ($valued -split '=', 2)[1] -split ' ' }
        elseif ($wordToComplete -like '-*') { $known.Options }
        elseif ($wordToComplete -cmatch '^[A-Z]') { $known.Classes }
        else { $known.Plain }
    $words | Where-Object { $_ -and $_ -like "$wordToComplete*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
