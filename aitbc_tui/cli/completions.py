"""`completions bash|zsh|fish`: scripts made from the parser itself, so they cannot lag behind it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import PROGRAM

_BASH = """\
# bash completion of {program}; made by: {program} completions bash
_{name}() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" path="" index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path ${{COMP_WORDS[index]}}" in
{commands}
        esac
    done
    local words=""
    case "$path" in
{words}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    [[ ${{#COMPREPLY[@]}} -eq 0 && $word != -* ]] && COMPREPLY=($(compgen -f -- "$word"))
    return 0
}}
complete -o filenames -F _{name} {program}
"""


def add(parser: Parser, verb: str) -> None:
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that will read the script")


def run(ctx: Context, args: argparse.Namespace) -> int:
    from aitbc_tui.cli.program import build_parser

    tree = list(_tree(build_parser(lambda family: True), ""))
    ctx.out.write({"bash": bash, "zsh": zsh, "fish": fish}[args.shell](tree))
    return Exit.OK


Entry = tuple[str, Parser]


def _tree(parser: Parser, path: str) -> Iterator[Entry]:
    """Every parser with the words that lead to it: "", " receipts", " receipts verify"."""
    yield path, parser
    for name, sub in parser.commands().items():
        yield from _tree(sub, f"{path} {name}")


def _words(parser: Parser) -> list[str]:
    """What may stand next: commands, choices of positional arguments, options."""
    words = list(parser.commands())
    for action in parser.arguments():
        if action.help == argparse.SUPPRESS:
            continue
        words += action.option_strings or list(map(str, action.choices or ()))
    return words


def bash(tree: list[Entry]) -> str:
    return _BASH.format(program=PROGRAM, name=PROGRAM.replace("-", "_"), **_cases(tree))


def zsh(tree: list[Entry]) -> str:
    """The bash function under zsh's own emulation of bash completion."""
    return (
        f"#compdef {PROGRAM}\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
        + bash(tree)
    )


def _cases(tree: list[Entry]) -> dict[str, str]:
    commands = [f'            "{path}") path="{path}" ;;' for path, _ in tree if path]
    words = [f'        "{path}") words="{" ".join(_words(parser))}" ;;' for path, parser in tree]
    return {"commands": "\n".join(commands), "words": "\n".join(words)}


def fish(tree: list[Entry]) -> str:
    lines = [f"# fish completion of {PROGRAM}; made by: {PROGRAM} completions fish", f"complete -c {PROGRAM} -e"]
    for path, parser in tree:
        here = _fish_condition(path, parser)
        for name, sub in parser.commands().items():
            about = _quoted(sub.description or name)
            lines.append(f"complete -c {PROGRAM} -n '{here}' -f -a {name} -d {about}")
        for action in parser.arguments():
            lines += _fish_argument(action, here)
    return "\n".join(lines) + "\n"


def _fish_argument(action: argparse.Action, here: str) -> Iterator[str]:
    about = _quoted(action.help or "")
    long = [option[2:] for option in action.option_strings if option.startswith("--")]
    short = [option[1:] for option in action.option_strings if not option.startswith("--")]
    names = " ".join([*(f"-l {name}" for name in long), *(f"-s {name}" for name in short)])
    choices = " ".join(map(str, action.choices or ()))
    if names:
        value = f" -x -a {_quoted(choices)}" if choices else " -r" if action.nargs != 0 else ""
        yield f"complete -c {PROGRAM} -n '{here}' {names}{value} -d {about}"
    elif choices:
        yield f"complete -c {PROGRAM} -n '{here}' -f -a {_quoted(choices)} -d {about}"


def _fish_condition(path: str, parser: Parser) -> str:
    """All words of the path were typed, and none of the commands that lead further."""
    seen = [f"__fish_seen_subcommand_from {word}" for word in path.split()]
    further = list(parser.commands())
    if further:
        seen.append(f"not __fish_seen_subcommand_from {' '.join(further)}")
    return "; and ".join(seen) or "true"


def _quoted(text: str) -> str:
    plain = text.replace("%%", "%").replace("\\", "\\\\").replace("'", "\\'")
    return f"'{plain}'"
