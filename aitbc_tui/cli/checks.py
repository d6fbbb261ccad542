"""One check of `doctor`, and those that ask nobody: configuration, pins, private keys, known host keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.stores import read_stores
from aitbc_tui.collect.setup import host_spec
from aitbc_tui.config.model import HostConfig
from aitbc_tui.domain.errors import AitbcError, AuthError, CommandError
from aitbc_tui.domain.text import clean


class State(StrEnum):
    """`WARN` is worth knowing and fails nothing; `FAIL` decides the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what is wrong with it, and what to do."""

    area: str
    subject: str
    state: State
    detail: str
    remedy: str = ""
    error: AitbcError | None = None


def ok(area: str, subject: str, detail: str) -> Check:
    return Check(area, subject, State.OK, detail)


def warned(area: str, subject: str, detail: str, remedy: str = "") -> Check:
    return Check(area, subject, State.WARN, detail, remedy)


def skipped(area: str, subject: str, detail: str) -> Check:
    return Check(area, subject, State.SKIPPED, detail)


def failed(area: str, subject: str, error: AitbcError) -> Check:
    """The typed error decides the exit code, and is the line about it."""
    return Check(area, subject, State.FAIL, error.detail, error.remedy, error)


def local_checks(ctx: Context) -> list[Check]:
    """Everything that can be said without asking any host."""
    found = [*_configuration(ctx), *_pins(ctx), *_ledger()]
    for host in ctx.environment.hosts.values():
        found += [*_ssh_keys(host)] if not host.is_local else []
    return found


def _configuration(ctx: Context) -> Iterator[Check]:
    from aitbc_tui.config.files import check_files

    settings = ctx.settings
    yield ok("configuration", settings.chosen, f"{settings.path}, access {settings.environment.access.value}")
    for problem in check_files(settings):
        if problem.key.startswith(f"env.{settings.chosen}."):
            error = CommandError(f"{problem.where}: {problem.message}", remedy="aitbc-tui config validate")
            yield failed("configuration", problem.key, error)


def _pins(ctx: Context) -> Iterator[Check]:
    from aitbc_tui.receipts.trust import KeyRole

    store = read_stores(ctx).all
    if store.knows(KeyRole.SIGNING):
        yield ok("receipt keys", "signing", f"{len(store.pins)} pinned, attestation {store.policy.value}")
    elif ctx.environment.coordinator is not None:
        yield warned(
            "receipt keys",
            "signing",
            "none is pinned: no receipt can be called valid",
            "aitbc-tui trust add signing KEY, as the operator of the coordinator told you",
        )


def _ledger() -> Iterator[Check]:
    """It has no size cap: what grows is said before it is in the way."""
    from aitbc_tui.config.paths import ledger_file
    from aitbc_tui.ledger.space import space_of

    space = space_of(ledger_file())
    if space is None:
        return
    name = clean(str(space.path), 200)
    if space.trouble:
        yield warned("ledger", name, space.trouble, space.remedy)
    else:
        yield ok("ledger", name, space.words)


def _ssh_keys(host: HostConfig) -> Iterator[Check]:
    """What would be shown to this host, and what it must show."""
    from aitbc_tui.transport.keys import PASSPHRASES, agent_keys, key_files
    from aitbc_tui.transport.knownhosts import look_up
    from aitbc_tui.transport.sshconfig import resolve

    try:
        resolved = resolve(host_spec(host))
        files = key_files(resolved.identity_files)
    except AitbcError as error:
        yield failed("keys", host.name, error)
        return
    held = agent_keys(resolved.agent_path)
    for key in files:
        name = clean(key.path, 200)
        if not key.encrypted:
            yield ok("keys", host.name, f"{name}, readable, not encrypted")
        elif key.public in held or key.path in PASSPHRASES:
            yield ok("keys", host.name, f"{name}, encrypted, and open")
        else:
            yield warned(
                "keys", host.name, f"{name} is encrypted, and the agent does not hold it", f"ssh-add {name}, or type it"
            )
    if not files and held:
        yield ok("keys", host.name, f"no key file; the agent holds {len(held)}")
    elif not files:
        where = ", ".join(clean(path, 100) for path in resolved.identity_files) or "~/.ssh"
        none = AuthError(f"no private key: nothing in {where}, and no agent", host=host.name, remedy="identity = FILE")
        yield failed("keys", host.name, none)
    known = look_up(resolved.known_hosts, resolved.key_name)
    if known.keys or known.has_authority():
        lines = known.keys or known.exact
        yield ok("host keys", host.name, f"{len(lines)} pinned, {clean(lines[0].where, 200)}")
    else:
        # Whether that matters the connection says: it is refused, or there is nobody to show a key.
        yield warned(
            "host keys",
            host.name,
            f"no key of {clean(resolved.key_name, 100)} is known",
            f"aitbc-tui trust scan {host.name}, compare, then aitbc-tui trust add host {host.name} SHA256:…",
        )
