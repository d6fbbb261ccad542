"""SSH host keys for the `trust` commands: what is pinned, what hosts offer, and pinning one that was compared."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.output import print_json, print_table
from aitbc_tui.cli.report import report
from aitbc_tui.collect.setup import host_spec
from aitbc_tui.config.model import HostConfig
from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.domain.errors import (
    AitbcError,
    ConfigError,
    GuardError,
    HostKeyError,
    HostKeyProblem,
    TrustError,
)
from aitbc_tui.domain.text import clean
from aitbc_tui.ledger.files import private_folder
from aitbc_tui.transport.connect import scan as scan_host
from aitbc_tui.transport.hostkeys import OfferedKey
from aitbc_tui.transport.knownhosts import fingerprint as fingerprint_of
from aitbc_tui.transport.knownhosts import look_up
from aitbc_tui.transport.sshconfig import resolve


def pinned_hosts(ctx: Context) -> list[dict[str, str | None]]:
    """What known_hosts files say about every configured SSH host, read without asking anybody."""
    rows: list[dict[str, str | None]] = []
    for host in _ssh_hosts(ctx).values():
        resolved = resolve(host_spec(host))
        keys = look_up(resolved.known_hosts, resolved.key_name).exact
        rows += [
            {
                "host": host.name,
                "type": f"{key.key_type} {key.marker}".strip(),
                "fingerprint": fingerprint_of(key.blob),
                "pinned_in": key.where,
            }
            for key in keys
        ]
        if not keys:
            rows.append({"host": host.name, "type": None, "fingerprint": None, "pinned_in": None})
    return rows


def scan(ctx: Context, names: Sequence[str], as_json: bool) -> int:
    """Print what hosts offer; an unknown key is what one scans for, a changed or revoked one is exit 5."""
    hosts = [_host(ctx, name) for name in names] or list(_ssh_hosts(ctx).values())
    answers = ctx.run(lambda: _scan_all(hosts))
    failures = [answer for answer in answers if isinstance(answer, AitbcError)]
    offered = [(host, key) for host, answer in zip(hosts, answers, strict=True) for key in _keys(answer)]
    if as_json:
        found = [
            {
                "host": host.name,
                "type": key.key_type,
                "fingerprint": key.fingerprint,
                "state": _state(key),
                "pinned_at": key.pinned_at or None,
                "known_hosts_line": key.line,
            }
            for host, key in offered
        ]
        print_json(ctx.out, {"keys": found, "failures": [str(failure) for failure in failures]})
    elif offered:
        print_table(
            ctx.out,
            ("host", "type", "fingerprint", "state", "pinned at"),
            [(host.name, key.key_type, key.fingerprint, _state(key), key.pinned_at or "–") for host, key in offered],
        )
    new = [host.name for host, key in offered if key.problem is HostKeyProblem.UNKNOWN]
    if new and not as_json:
        ctx.err.write(f"nothing is pinned by this; compared one? aitbc-tui trust add host {new[0]} SHA256:…\n")
    bad = [_refusal(host, key) for host, key in offered if key.problem not in (None, HostKeyProblem.UNKNOWN)]
    return report([*failures, *bad], ctx.err, answered=len(answers) - len(failures))


def pin_host(ctx: Context, name: str, fingerprint: str | None) -> int:
    """Append one offered key to the known_hosts file, if it is the one that was told or just compared."""
    host = _host(ctx, name)
    keys = _keys(ctx.run(lambda: _scan_all([host]))[0], raising=True)
    chosen = _choose(ctx, host, keys, fingerprint)
    if chosen.problem is None:
        ctx.out.write(f"{chosen.key_type} {chosen.fingerprint} is pinned already at {chosen.pinned_at}\n")
        return Exit.OK
    if chosen.problem is not HostKeyProblem.UNKNOWN:
        raise _refusal(host, chosen)
    file = Path(resolve(host_spec(host)).user_known_hosts[0])
    _append(file, chosen.line)
    ctx.out.write(f"{chosen.key_type} {chosen.fingerprint} of {host.name} is now pinned in {file}\n")
    return Exit.OK


def _choose(ctx: Context, host: HostConfig, keys: Sequence[OfferedKey], fingerprint: str | None) -> OfferedKey:
    if not keys:
        raise HostKeyError("shows no key of a kind that is known here", problem=HostKeyProblem.UNKNOWN, host=host.name)
    if fingerprint is not None:
        for key in keys:
            if key.fingerprint == fingerprint.strip().rstrip("="):
                return key
        shown = ", ".join(f"{key.key_type} {key.fingerprint}" for key in keys)
        raise TrustError(
            f"does not have the key {clean(fingerprint, 80)}; it shows {shown}; nothing was pinned",
            host=host.name,
            remedy="compare again with whoever runs the host",
        )
    # Keys of jump hosts come first: the one in question is the first that is not as pinned.
    key = next((key for key in keys if key.problem is not None), keys[-1])
    if key.problem is not HostKeyProblem.UNKNOWN:
        return key
    if not ctx.interactive:
        raise GuardError(
            "no key is pinned without its fingerprint where nobody can compare it",
            host=host.name,
            remedy=f"aitbc-tui trust add host {host.name} SHA256:… as whoever runs the host told you",
        )
    ctx.err.write(f"{host.name} shows {key.key_type} {key.fingerprint}\nIs that what its operator told you? Type yes: ")
    ctx.err.flush()
    if sys.stdin.readline().strip() != "yes":
        raise GuardError("the key was not confirmed; nothing was pinned", host=host.name, remedy="compare it first")
    return key


def _append(file: Path, line: str) -> None:
    private_folder(file.parent)
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(handle, "ab+") as opened:
            size = opened.seek(0, os.SEEK_END)
            if size:
                opened.seek(size - 1)
            gap = b"\n" if size and opened.read(1) != b"\n" else b""
            opened.write(gap + line.encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", remedy="check its owner and mode") from None


def _ssh_hosts(ctx: Context) -> dict[str, HostConfig]:
    return {name: host for name, host in ctx.environment.hosts.items() if not host.is_local}


def _host(ctx: Context, name: str) -> HostConfig:
    known = ctx.environment.hosts
    if name not in known:
        near = did_you_mean(name, known) or f"; there is {one_of(known)}"
        raise ConfigError(
            f'no host "{clean(name, 60)}" in environment {ctx.environment.name}{near}', remedy="aitbc-tui config show"
        )
    if known[name].is_local:
        raise ConfigError(f'host "{name}" is local: no SSH, no host key', remedy="name a host that is reached over SSH")
    return known[name]


async def _scan_all(hosts: Sequence[HostConfig]) -> list[list[OfferedKey] | BaseException]:
    return await asyncio.gather(*(scan_host(host_spec(host)) for host in hosts), return_exceptions=True)


def _keys(answer: list[OfferedKey] | BaseException, *, raising: bool = False) -> list[OfferedKey]:
    if isinstance(answer, AitbcError) and not raising:
        return []
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _state(key: OfferedKey) -> str:
    return "pinned" if key.problem is None else key.problem.value


def _refusal(host: HostConfig, key: OfferedKey) -> HostKeyError:
    assert key.problem is not None
    word = key.problem.value.upper()
    return HostKeyError(
        f"{word} host key {key.key_type} {key.fingerprint}: see {key.pinned_at}",
        problem=key.problem,
        fingerprint=key.fingerprint,
        host=host.name,
        remedy="somebody may be in between; ask whoever runs the host, then edit that line by hand",
    )
