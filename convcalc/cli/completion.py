"""Completion scripts for shells, written from the command tree: `python -m convcalc.cli.completion [FOLDER]`.

The scripts are plain text that the shell reads once; no Python runs at a TAB.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.known_words import argument_words, option_words
from convcalc.value import Value


class Flag(Value):
    """An option of a command: its spellings, what it is for, and the words its value may be.

    `words` is None for a flag without a value and empty for a value that may be anything, a file among others.
    """

    spellings: tuple[str, ...]
    help: str
    words: tuple[str, ...] | None


def main(arguments: Sequence[str]) -> int:
    """Write every script into a folder, `completions` if none is given."""
    folder = Path(arguments[0] if arguments else "completions")
    folder.mkdir(exist_ok=True)
    for name, text in scripts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


def scripts() -> dict[str, str]:
    """Return the text of each script by its file name.

    >>> sorted(scripts())
    ['_convcalc', 'convcalc.bash', 'convcalc.fish', 'convcalc.ps1']
    """
    tree = build(list(COMMANDS))
    flags = {name: command_flags(name, tree.commands[name]) for name in COMMANDS}
    flags[""] = command_flags("", tree)
    return {
        "convcalc.bash": _bash(flags),
        "_convcalc": _zsh(flags),
        "convcalc.fish": _fish(flags),
        "convcalc.ps1": _powershell(flags),
    }


def command_flags(name: str, command: Any) -> list[Flag]:
    """List the options of a built command.

    >>> [flag.spellings for flag in command_flags("", build(["shape"]))]
    [('-V', '--version'), ('-h', '--help'), ('--help-all',), ('--json-errors',)]
    """
    flags = []
    for parameter in command.params:
        if parameter.param_type_name != "option":
            continue
        words: tuple[str, ...] | None = None
        if not parameter.is_flag:
            words = option_words(name, parameter)
        flags.append(Flag((*parameter.opts, *parameter.secondary_opts), parameter.help or "", words))
    return flags


def _bash(flags: dict[str, list[Flag]]) -> str:
    cases = []
    for name in ("", *COMMANDS):
        words = " ".join(spelling for flag in flags[name] for spelling in flag.spellings)
        valued = [
            f"                {'|'.join(flag.spellings)}) words='{' '.join(flag.words)}'; value=1 ;;"
            for flag in flags[name]
            if flag.words is not None
        ]
        plain = " ".join(COMMANDS if not name else argument_words(name))
        cases.append(
            "\n".join(
                [
                    f"        {name or _QUOTED_NOTHING})",
                    f"            options='{words}'; plain='{plain}'",
                    '            case "$previous" in',
                    *valued,
                    "            esac ;;",
                ]
            )
        )
    return _BASH.replace("@CASES@", "\n".join(cases)).replace("@COMMANDS@", "|".join(COMMANDS))


_QUOTED_NOTHING = "''"
_BASH = """# bash completion for convcalc, written by python -m convcalc.cli.completion
# Use: source this file, or put it into ~/.local/share/bash-completion/completions/convcalc

_convcalc() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local command='' options='' plain='' words='' value='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case "$word" in @COMMANDS@) command="$word"; break ;; esac
    done
    COMPREPLY=()
    case "$command" in
@CASES@
    esac
    if [[ -n $value ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    else
        COMPREPLY=($(compgen -W "$plain" -- "$current"))
    fi
    [[ $COMPREPLY == *: ]] && compopt -o nospace
    return 0
}

complete -o default -F _convcalc convcalc
"""


def _zsh(flags: dict[str, list[Flag]]) -> str:
    bodies = []
    for name in COMMANDS:
        lines = [f"        {name})", "            _arguments -s -S \\"]
        for flag in flags[name]:
            lines += [f"                {spec} \\" for spec in _zsh_specs(flag)]
        kinds = " ".join(argument_words(name))
        lines.append(f'                \'*:argument: _alternative "files:file:_files" "words:word:({kinds})"\' ;;')
        bodies.append("\n".join(lines))
    commands = "\n".join(f"        '{name}:{help_text}'" for name, help_text in COMMANDS.items())
    root = " ".join(spec for flag in flags[""] for spec in _zsh_specs(flag))
    return _ZSH.replace("@BODIES@", "\n".join(bodies)).replace("@COMMANDS@", commands).replace("@ROOT@", root)


def _zsh_specs(flag: Flag) -> list[str]:
    help_text = flag.help.replace("'", "'\\''")
    for character in "[]:":
        help_text = help_text.replace(character, "\\" + character)
    action = ""
    if flag.words is not None:
        words = " ".join(word.replace(":", "\\:") for word in flag.words)
        action = f":value:({words})" if flag.words else ":value:_files"
    return [f"'{spelling}[{help_text}]{action}'" for spelling in flag.spellings]


_ZSH = """#compdef convcalc
# zsh completion for convcalc, written by python -m convcalc.cli.completion
# Use: put this file into a folder of $fpath

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
    names = " ".join(COMMANDS)
    nothing_yet = f"'not __fish_seen_subcommand_from {names}'"
    lines += [
        f"complete -c convcalc -f -n {nothing_yet} -a {name} -d {_quoted(text)}" for name, text in COMMANDS.items()
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
                value = f" -x -a {_quoted(' '.join(flag.words))}" if flag.words else " -r"
            lines.append(f"complete -c convcalc -n {condition} {spellings}{value} -d {_quoted(flag.help)}")
        if argument_words(name):
            lines.append(f"complete -c convcalc -n {condition} -a {_quoted(' '.join(argument_words(name)))}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _powershell(flags: dict[str, list[Flag]]) -> str:
    entries = []
    for name in ("", *COMMANDS):
        options = ", ".join(_single(spelling) for flag in flags[name] for spelling in flag.spellings)
        values = "; ".join(
            f"{_single(spelling)} = @({', '.join(map(_single, flag.words))})"
            for flag in flags[name]
            if flag.words
            for spelling in flag.spellings
        )
        plain = ", ".join(map(_single, COMMANDS if not name else argument_words(name)))
        entries.append(
            f"    {_single(name)} = @{{ Options = @({options}); Plain = @({plain}); Values = @{{ {values} }} }}"
        )
    return _POWERSHELL.replace("@ENTRIES@", "\n".join(entries))


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
    $words = if ($previous -and $known.Values.ContainsKey($previous)) { $known.Values[$previous] }
        elseif ($wordToComplete -like '-*') { $known.Options } else { $known.Plain }
    $words | Where-Object { $_ -like "$wordToComplete*" } |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
