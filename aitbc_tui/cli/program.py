"""One run of the program: finds the verb, imports its module, runs it, turns every ending into an exit code."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from aitbc_tui.cli import aliases, exits
from aitbc_tui.cli.context import Context
from aitbc_tui.cli.families import FAMILIES, Family, family
from aitbc_tui.cli.options import (
    DEFAULT_TIMEOUT_S,
    Parser,
    add_command,
    add_common,
    bind_yes,
    common_of,
    new_parser,
    unknown_arguments,
    verb_index,
)
from aitbc_tui.cli.output import PROGRAM
from aitbc_tui.cli.signals import ending_on_signals
from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean

_DASHBOARD = Family(
    "", "aitbc_tui.cli.dashboard", "the dashboard", "aitbc-tui --env prod\naitbc-tui demo", endless=True, screen=True
)
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
_ABOUT = "Watch and run an AITBC network from an SSH session. Without a command: the dashboard."


def run(words: list[str]) -> int:
    """Run one command; never raises."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError):  # it flushes; a full disk is said when there is something to write
                stream.reconfigure(errors="backslashreplace")
    verb = "dashboard"
    try:
        with ending_on_signals():
            words, item = _find(words)
            verb = item.verb or verb
            code = _run(words, item)
    except BaseException as error:
        code = _ending(error, verb)
    return _written(code, verb)


def build_parser(wanted: Callable[[Family], bool]) -> Parser:
    """The whole parser; arguments of a verb's own only for the families that are `wanted`."""
    parser = new_parser(PROGRAM, _ABOUT, _DASHBOARD.example)
    _module(_DASHBOARD).add(parser, "")
    add_common(parser)
    commands = parser.add_subparsers(dest="verb", metavar="COMMAND", title="commands")
    for item in FAMILIES:
        is_wanted = wanted(item)
        sub = add_command(commands, item.verb, item.help, item.example, common=is_wanted)
        if is_wanted:
            _module(item).add(sub, item.verb)
    return parser


class _Module:
    """What a family's module has; see `families`."""

    add: Callable[[argparse.ArgumentParser, str], None]
    run: Callable[[Context, argparse.Namespace], int]


def _module(item: Family) -> _Module:
    return cast(_Module, importlib.import_module(item.module))


def _find(words: list[str]) -> tuple[list[str], Family]:
    """The words with aliases and `--yes` made plain, and the family they are for."""
    if "--yes" in words:
        from aitbc_tui.cli.environments import names

        words = bind_yes(words, names(words, os.environ))
    at = verb_index(words)
    if at is None:
        return words, _DASHBOARD
    words = aliases.rewrite(words, at)
    verb = words[at]
    found = family(verb)
    if found is None:
        known = [item.verb for item in FAMILIES]
        what = "no command"
        if words[at - 1 : at] == ["--yes="]:  # `--yes prdo submit`: the name was mistyped
            from aitbc_tui.cli.environments import names

            known, what = [*names(words, os.environ), *known], "no environment and no command"
        raise ConfigError(f'{what} "{clean(verb, 60)}"{did_you_mean(verb, known)}', remedy=f"{PROGRAM} --help")
    return words, found


def _run(words: list[str], item: Family) -> int:
    parser = build_parser(lambda other: other is item)
    args, rest = parser.parse_known_args(words)
    if rest:
        raise unknown_arguments(parser, [item.verb, getattr(args, "action", None) or ""], rest)
    if not item.screen and getattr(args, "record", None) is not None:
        raise ConfigError(f"--record records the dashboard, not {item.verb}", remedy=f"{PROGRAM} --record FILE")
    args.verb = item.verb
    common = common_of(args, os.environ)
    if common.verbose and not item.screen:
        from aitbc_tui.cli.logs import log_to_stderr

        log_to_stderr()
    timeout_s = common.timeout_s if common.timeout_s is not None or item.endless else DEFAULT_TIMEOUT_S
    return int(_module(item).run(Context(common, timeout_s=timeout_s), args))


def _ending(error: BaseException, verb: str) -> int:
    """Say what happened, last of all on standard error, and give the exit code."""
    failures = exits.flatten(error)
    if failures is not None:
        from aitbc_tui.cli.report import report

        return report(failures)
    if _holds(error, KeyboardInterrupt):
        sys.stderr.write(f"\n{PROGRAM}: interrupted\n")
        return exits.Exit.INTERRUPTED
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else exits.Exit.OK
    if _holds(error, BrokenPipeError):
        return exits.Exit.UNHEALTHY  # whoever read our output has gone, and knows
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:
        return _unwritable(error, verb)
    from aitbc_tui.cli.crash import where, write_report

    path = write_report(error, verb)
    kept = f"a report without secrets is in {path}" if path else "no report could be written"
    sys.stderr.write(f"{PROGRAM}: unforeseen failure, {where(error)}; {kept}; please send it to the authors\n")
    return exits.Exit.UNHEALTHY


def _unwritable(error: OSError, verb: str) -> int:
    """A full disk behind `> FILE`: no fault of the program. Files of our own say by themselves which one it is."""
    sent = f"; try: {PROGRAM} jobs --mine lists what was sent" if verb == "submit" else ""
    sys.stderr.write(f"{PROGRAM}: the output cannot be written: {error.strerror}{sent}\n")
    return exits.Exit.UNHEALTHY


def _written(code: int, verb: str) -> int:
    """The exit code once the output is out; what cannot be written is dropped, or the way out would fail as well."""
    try:
        sys.stdout.flush()
        return code
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError) or code != exits.Exit.OK:
            return code or exits.Exit.UNHEALTHY
        return _unwritable(error, verb)


def _holds(error: BaseException, kind: type[BaseException]) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_holds(inner, kind) for inner in error.exceptions)
    return isinstance(error, kind)
