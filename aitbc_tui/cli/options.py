"""The parser: options that every command takes, before or after the verb, and errors that name the remedy."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from aitbc_tui import __version__
from aitbc_tui.config.variables import is_on
from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

VALUE_OPTIONS = frozenset({"--config", "--env", "--timeout", "--theme", "--record"})
DEFAULT_TIMEOUT_S = 60.0
_INVALID_CHOICE = re.compile(r"(.*)invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Common:
    """The options of every command. `yes` is None without `--yes`, "" with it alone, else the name given."""

    config: str | None = None
    env: str | None = None
    read_only: bool = False
    yes: str | None = None
    timeout_s: float | None = None
    verbose: bool = False


class Parser(argparse.ArgumentParser):
    """Raises `ConfigError` where argparse would print usage and exit."""

    def error(self, message: str) -> NoReturn:
        wrong = _INVALID_CHOICE.fullmatch(message)
        if wrong is not None:
            known = [word.strip(" '") for word in wrong[3].split(",")]
            message = f'{wrong[1]}"{clean(wrong[2], 60)}" is none of {", ".join(known)}{did_you_mean(wrong[2], known)}'
        raise ConfigError(str(clean(message, 400)), remedy=f"{self.prog} --help")

    def own_options(self) -> list[str]:
        return list(self._option_string_actions)

    def commands(self) -> dict[str, Parser]:
        """The sub-commands by name."""
        return {
            name: parser
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for name, parser in action.choices.items()
        }

    def arguments(self) -> list[argparse.Action]:
        return [action for action in self._actions if not isinstance(action, argparse._SubParsersAction)]


def new_parser(prog: str, description: str, example: str) -> Parser:
    parser = Parser(prog=prog)
    dress(parser, description, example)
    return parser


def add_command(
    commands: argparse._SubParsersAction[Parser], name: str, about: str, example: str, *, common: bool = True
) -> Parser:
    """A command with its help, an example and the options every command takes."""
    parser = commands.add_parser(name, help=about)
    dress(parser, about[:1].upper() + about[1:] + ".", example)
    if common:
        add_common(parser)
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print data as JSON")


def dress(parser: argparse.ArgumentParser, description: str, example: str) -> None:
    """Description, example, and no abbreviated options: `--read` might mean another thing tomorrow."""
    title = "examples" if "\n" in example else "example"
    indented = "\n".join(f"  {line}" for line in example.split("\n"))
    parser.description = description
    parser.epilog = f"{title}:\n{indented}"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.allow_abbrev = False


def add_common(parser: argparse.ArgumentParser) -> None:
    """Without defaults, so that what stands before the verb is not undone by what follows it."""
    group = parser.add_argument_group("options of every command")
    absent = argparse.SUPPRESS
    group.add_argument("--config", metavar="FILE", default=absent, help="the configuration file")
    group.add_argument("--env", metavar="NAME", default=absent, help="which environment of the file")
    group.add_argument("--read-only", action="store_true", default=absent, help="write nothing: access observe")
    group.add_argument(
        "--yes",
        metavar="ENV",
        nargs="?",
        const="",
        default=absent,
        help="do not ask; a production environment must be named",
    )
    group.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=seconds,
        default=absent,
        help=f"for the whole command (default {DEFAULT_TIMEOUT_S:g}; none where it runs until stopped)",
    )
    group.add_argument("-v", "--verbose", action="store_true", default=absent, help="log to standard error")
    group.add_argument("--version", action="version", version=f"aitbc-tui {__version__}", help="print the version")


def seconds(text: str) -> float:
    """A positive, finite number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError(f'"{clean(text, 40)}" must be seconds, more than 0 and at most 86400')
    return value


def common_of(args: argparse.Namespace, environ: Mapping[str, str]) -> Common:
    """Flags, and the variables that stand in for flags that were not given."""
    timeout_s: float | None = getattr(args, "timeout", None)
    if timeout_s is None and environ.get("AITBC_TUI_TIMEOUT"):
        try:
            timeout_s = seconds(environ["AITBC_TUI_TIMEOUT"])
        except argparse.ArgumentTypeError as error:
            raise ConfigError(f"AITBC_TUI_TIMEOUT: {error}", remedy="unset it, or correct it") from None
    return Common(
        config=getattr(args, "config", None),
        env=getattr(args, "env", None),
        read_only=getattr(args, "read_only", False) or is_on("AITBC_TUI_READ_ONLY", environ),
        yes=getattr(args, "yes", None),
        timeout_s=timeout_s,
        verbose=getattr(args, "verbose", False) or is_on("AITBC_TUI_VERBOSE", environ),
    )


def verb_index(argv: Sequence[str]) -> int | None:
    """Where the verb stands: the first word that is neither an option nor an option's value."""
    skip = False
    for index, word in enumerate(argv):
        if skip:
            skip = False
        elif word == "--":
            return index + 1 if index + 1 < len(argv) else None
        elif word.startswith("-") and word != "-":
            skip = word in VALUE_OPTIONS
        else:
            return index
    return None


def bind_yes(argv: Sequence[str], environments: frozenset[str]) -> list[str]:
    """Write `--yes ENV` as `--yes=ENV` and a lone `--yes` as `--yes=`.

    The word after `--yes` is its value only if it names an environment: `cancel --yes ID` cancels ID.
    """
    bound: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            return [*bound, word, *words]
        if word != "--yes":
            bound.append(word)
            continue
        following = next(words, None)
        if following in environments:
            bound.append(f"--yes={following}")
        else:
            bound.append("--yes=")
            if following is not None:
                rest = bind_yes([following, *words], environments)
                return bound + rest
    return bound


def unknown_arguments(parser: Parser, verbs: Sequence[str], rest: Sequence[str]) -> ConfigError:
    """Words that nobody takes, with the option that was probably meant."""
    known = parser.own_options()
    for verb in verbs:
        parser = parser.commands().get(verb, parser)
        known += parser.own_options()
    word = rest[0].partition("=")[0]
    kind = "option" if word.startswith("-") else "argument"
    near = did_you_mean(word, sorted(set(known))) if kind == "option" else ""
    return ConfigError(f"unknown {kind} {clean(word, 60)}{near}", remedy=f"{parser.prog} --help")
