"""`status`: the Node Coordinator's first operation, in the seed's own output object."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit, for_targets
from aitbc_tui.cli.looking import look_once, node_errors
from aitbc_tui.cli.options import Parser
from aitbc_tui.cli.output import failure_line, print_json, print_table
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import Snapshot

ALL = "all"
ROLES = ("genesis", "follower")
MAX_TIMEOUT_S = 120.0
_INPUT_KEYS = ("operation", "target_node", "message", "sync_type", "timeout", "force", "verify", "action", "unit")


def add(parser: Parser, verb: str) -> None:
    absent = argparse.SUPPRESS
    parser.add_argument("--target", metavar="NODE", default=absent, help="all, genesis, follower or a configured name")
    parser.add_argument("--input", metavar="FILE", default=absent, help="the operation as a JSON object; - reads it")
    parser.add_argument("--no-verify", action="store_true", default=False, help="leave validation_status null")
    parser.add_argument("--json", action="store_true", default=False, help="the seed's output object and evidence")


def run(ctx: Context, args: argparse.Namespace) -> int:
    given = read_input(args.input) if hasattr(args, "input") else {}
    word = str(getattr(args, "target", None) or given.get("target_node") or ALL)
    verify = not args.no_verify and given.get("verify") is not False
    limit_timeout(ctx, given)
    targets = resolve(ctx.environment, word)
    from aitbc_tui.collect.once import EXACT_MEMPOOL, Wanted

    # All nodes are asked for their heads: agreement needs the source too. The rest only of the targets.
    wanted = Wanted(heads=True, mempool_limit=EXACT_MEMPOOL, host_facts=True, nodes=_asked(ctx.environment, targets))
    snapshot, took = look_once(ctx, wanted)
    from aitbc_tui.operations.report import status_document

    document = status_document(snapshot, targets, word, took, verify)
    if args.json:
        print_json(ctx.out, document)
    else:
        _print(ctx, document)
    return _exit(ctx, snapshot, targets, document)


def read_input(where: str) -> dict[str, object]:
    """The seed's input object, its operation checked."""
    try:
        text = sys.stdin.read(65536) if where == "-" else Path(where).read_text(encoding="utf-8")
        given = json.loads(text)
    except OSError as error:
        raise ConfigError(f"--input {where}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"--input {where}: not a JSON object ({error})") from None
    if not isinstance(given, dict):
        raise ConfigError(f"--input {where}: not a JSON object")
    for key in given:
        if key not in _INPUT_KEYS:
            near = difflib.get_close_matches(str(key), _INPUT_KEYS, 1)
            raise ConfigError(f"--input {where}: unknown key {key!r}", remedy=f"{near[0]}?" if near else "")
    operation = given.get("operation", "status")
    if operation != "status":
        raise ConfigError(f"--input {where}: its operation is {operation!r}, but the command is status")
    return given


def limit_timeout(ctx: Context, given: dict[str, object]) -> None:
    """At most 120 s, whether given as an option or in the object."""
    asked = given.get("timeout")
    if asked is not None and (not isinstance(asked, int | float) or isinstance(asked, bool) or asked <= 0):
        raise ConfigError("timeout: a number of seconds above 0")
    for value in (asked, ctx.timeout_s):
        if isinstance(value, int | float) and value > MAX_TIMEOUT_S:
            raise ConfigError(f"timeout {value:g}: at most {MAX_TIMEOUT_S:g} s for status")


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
    known = [*names, ALL, *ROLES]
    near = difflib.get_close_matches(word, known, 1)
    hint = f'did you mean "{near[0]}"?' if near else f"one of {', '.join(dict.fromkeys(known))}"
    raise ConfigError(f'no node "{word}" in environment {environment.name}', remedy=hint)


def _asked(environment: EnvironmentConfig, targets: tuple[str, ...]) -> tuple[str, ...]:
    source = next((n.name for n in environment.nodes if n.role.value == "genesis"), environment.nodes[0].name)
    return tuple(dict.fromkeys((*targets, source)))


def _exit(ctx: Context, snapshot: Snapshot, targets: tuple[str, ...], document: dict[str, object]) -> int:
    rows = tuple(row for row in snapshot.nodes if row.name in targets)
    errors = node_errors(rows, snapshot.links)
    if errors:
        ctx.err.write(failure_line(errors[0]) + "\n")
        return for_targets(sum(1 for row in rows if row.head.at is not None), errors)
    nodes = document["nodes_status"]
    assert isinstance(nodes, dict)
    if all(node["status"] == "online" for node in nodes.values()):
        return Exit.OK
    ctx.err.write(f"aitbc-tui: {document['summary']}\n")
    return Exit.UNHEALTHY


def _print(ctx: Context, document: dict[str, object]) -> None:
    nodes = document["nodes_status"]
    assert isinstance(nodes, dict)
    heads = ("node", "status", "height", "mempool", "peers", "uptime", "last agreed")

    def cell(value: object) -> str:
        return "?" if value is None else f"{value:,}" if isinstance(value, int) else str(value)

    rows = [
        (
            name,
            str(node["status"]),
            cell(node["block_height"]),
            cell(node["mempool_size"]),
            cell(node["p2p_connections"]),
            cell(node["service_uptime"]),
            "?" if node["last_sync"] is None else str(node["last_sync"]),
        )
        for name, node in nodes.items()
    ]
    ctx.out.write(f"{document['summary']}\n")
    print_table(ctx.out, heads, rows, right=(2, 3, 4))
    issues = document["issues"]
    assert isinstance(issues, list)
    for issue in issues:
        ctx.out.write(f"! {issue['kind']:<15} {issue['node']}: {issue['detail']}\n")
    ctx.out.write(f"confidence {document['confidence']}, {document['execution_time']} s\n")
