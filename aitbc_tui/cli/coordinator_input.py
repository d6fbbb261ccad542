"""What the five Node Coordinator operations are asked for: flags, or the seed's input object, checked first."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.options import Parser
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import ConfigError

ALL = "all"
ROLES = ("genesis", "follower")
SYNC_TYPES = ("blockchain", "mempool", "configuration", "git", "all")
ACTIONS = ("restart", "start", "stop")
MAX_TIMEOUT_S = 120.0
MAX_SYNC_S = 60.0
_KEYS = ("operation", "target_node", "message", "sync_type", "timeout", "force", "verify", "action", "unit")
_WORDS = ("target_node", "message", "sync_type", "action", "unit")


@dataclass(frozen=True, slots=True)
class Request:
    """One operation as it was asked for; every name in it exists."""

    operation: str
    word: str
    targets: tuple[str, ...]
    verify: bool = True
    force: bool = False
    dry_run: bool = False
    json: bool = False
    sync_type: str = ""
    message: str = field(default="", repr=False)
    action: str = ""
    unit: str = ""
    keys: tuple[str, ...] = ()
    transactions: tuple[str, ...] = ()


def add(parser: Parser, *, writes: bool = False) -> None:
    """The options that all five take."""
    absent = argparse.SUPPRESS
    parser.add_argument("--target", metavar="NODE", default=absent, help="all, genesis, follower or a configured name")
    parser.add_argument("--input", metavar="FILE", default=absent, help="the operation as a JSON object; - reads it")
    parser.add_argument("--no-verify", action="store_true", default=False, help="leave validation_status null")
    parser.add_argument("--json", action="store_true", default=False, help="the seed's output object and evidence")
    parser.add_argument(
        "--schema", action="store_true", default=False, help="print the JSON Schema of input and output"
    )
    if writes:
        parser.add_argument("--force", action="store_true", default=False, help="do what needs an explicit word")
        parser.add_argument("--dry-run", action="store_true", default=False, help="print the plan, write nothing")


def read(ctx: Context, args: argparse.Namespace, operation: str) -> Request:
    """The request; ConfigError (exit 2) for anything that is not in the configuration or not allowed."""
    given = read_input(args.input, operation) if hasattr(args, "input") else {}
    limit_timeout(ctx, args, given, operation)
    word = str(getattr(args, "target", None) or given.get("target_node") or ALL)
    request = Request(
        operation=operation,
        word=word,
        targets=resolve(ctx.environment, word),
        verify=not args.no_verify and given.get("verify") is not False,
        force=bool(getattr(args, "force", False) or given.get("force")),
        dry_run=bool(getattr(args, "dry_run", False)),
        json=args.json,
        sync_type=_chosen(args, given, "sync_type", SYNC_TYPES if operation == "sync" else ()),
        message=str(getattr(args, "message", None) or given.get("message") or ""),
        action=_chosen(args, given, "action", ACTIONS if operation == "coordinate" else ()),
        unit=str(getattr(args, "unit", None) or given.get("unit") or ""),
        keys=tuple(getattr(args, "key", ()) or ()),
        transactions=tuple(getattr(args, "tx", ()) or ()),
    )
    return request


def _chosen(args: argparse.Namespace, given: dict[str, object], name: str, known: tuple[str, ...]) -> str:
    """One word out of a list. `sync_type` is required as a flag; in an input object it has the seed's default."""
    value = getattr(args, name, None) or given.get(name)
    if not known:
        return ""
    option = f"--{name.replace('_', '-')}"
    if value is None:
        if name == "sync_type" and hasattr(args, "input"):
            return "blockchain"
        raise ConfigError(f"{option} is missing", remedy=f"one of {', '.join(known)}")
    if value not in known:
        raise ConfigError(f"{option} {value!r} is none of {', '.join(known)}", remedy=_near(str(value), known))
    return str(value)


def read_input(where: str, operation: str) -> dict[str, object]:
    """The seed's input object: known keys, right types, the operation of the verb."""
    try:
        text = sys.stdin.read(65536) if where == "-" else Path(where).read_text(encoding="utf-8")
        given = json.loads(text)
    except OSError as error:
        raise ConfigError(f"--input {where}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"--input {where}: not a JSON object ({error})") from None
    if not isinstance(given, dict):
        raise ConfigError(f"--input {where}: not a JSON object")
    for key, value in given.items():
        if key not in _KEYS:
            raise ConfigError(f"--input {where}: unknown key {key!r}", remedy=_near(str(key), _KEYS))
        if key in _WORDS and value is not None and not isinstance(value, str):
            raise ConfigError(f"--input {where}: {key} must be text")
        if key in ("force", "verify") and not isinstance(value, bool):
            raise ConfigError(f"--input {where}: {key} must be true or false")
    named = given.get("operation", operation)
    if named != operation:
        raise ConfigError(f"--input {where}: its operation is {named!r}, but the command is {operation}")
    return given


def limit_timeout(ctx: Context, args: argparse.Namespace, given: dict[str, object], operation: str) -> None:
    """At most 120 s, 60 s for sync, whether given as an option or in the object; the option wins."""
    most = MAX_SYNC_S if operation == "sync" else MAX_TIMEOUT_S
    asked = given.get("timeout")
    if asked is not None and (not isinstance(asked, int | float) or isinstance(asked, bool) or not asked > 0):
        raise ConfigError("timeout: a number of seconds above 0")
    for value in (asked, ctx.timeout_s):
        if isinstance(value, int | float) and value > most:
            raise ConfigError(f"timeout {value:g}: at most {most:g} s for {operation}")
    if isinstance(asked, int | float) and not hasattr(args, "timeout"):
        ctx.limit(float(asked))


def resolve(environment: EnvironmentConfig, word: str) -> tuple[str, ...]:
    """Configured names; `genesis` and `follower` are roles as well."""
    names = [node.name for node in environment.nodes]
    if not names:
        raise ConfigError(f"environment {environment.name} has no node", remedy="add [[env.NAME.nodes]]")
    if word == ALL:
        return tuple(names)
    if word in names:
        return (word,)
    by_role = tuple(node.name for node in environment.nodes if node.role.value == word)
    if word in ROLES and by_role:
        return by_role
    known = tuple(dict.fromkeys((*names, ALL, *(node.role.value for node in environment.nodes))))
    hint = _near(word, known) or f"one of {', '.join(known)}"
    raise ConfigError(f'no node "{word}" in environment {environment.name}', remedy=hint)


def _near(word: str, known: tuple[str, ...]) -> str:
    found = difflib.get_close_matches(word, known, 1)
    return f'did you mean "{found[0]}"?' if found else ""
