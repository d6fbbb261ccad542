"""What is offered at login: key files, then the agent's keys, in an order that respects MaxAuthTries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncssh

from aitbc_tui.domain.errors import AuthError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.keys import KeyFile, key_files
from aitbc_tui.transport.sshconfig import Resolved


@dataclass(frozen=True, slots=True)
class Identities:
    """The keys to offer, and what to say when none of them is accepted."""

    offered: list[asyncssh.SSHKeyPair]
    names: tuple[str, ...]
    locked: tuple[str, ...]  # encrypted, no passphrase, not in the agent
    unusable: tuple[str, ...]

    @property
    def tried(self) -> str:
        return ", ".join(self.names) or "no key"

    def remedy(self, resolved: Resolved) -> str:
        if self.locked:
            return f"{self.locked[0]} is encrypted and no passphrase was given: ssh-add {self.locked[0]}"
        if self.unusable:
            return f"{self.unusable[0]}"
        if "failures" in self.tried or len(self.names) > 5:
            return "name one key with identity, or set IdentitiesOnly yes: the server limits the number of tries"
        return (
            f"add the key to ~/.ssh/authorized_keys of {clean(resolved.user, 40)} there, or name another with identity"
        )


@asynccontextmanager
async def load_identities(resolved: Resolved, passphrases: Mapping[str, str]) -> AsyncIterator[Identities]:
    """Load the keys for one login; the agent stays connected until the login is over."""
    agent = await _agent(resolved.agent_path)
    try:
        held = await _agent_keys(agent)
        found = await asyncio.to_thread(_gather, resolved, passphrases, held)
        if not found.offered:
            raise _nothing_to_offer(resolved, found)
        yield found
    finally:
        if agent is not None:
            agent.close()
            await agent.wait_closed()


async def _agent(path: str) -> asyncssh.SSHAgentClient | None:
    if not path:
        return None
    try:
        async with asyncio.timeout(3):
            return await asyncssh.connect_agent(path)
    except (OSError, TimeoutError):
        return None  # a stale SSH_AUTH_SOCK is no reason to fail: key files may do


async def _agent_keys(agent: asyncssh.SSHAgentClient | None) -> dict[bytes, asyncssh.SSHKeyPair]:
    if agent is None:
        return {}
    try:
        async with asyncio.timeout(3):
            return {key.public_data: key for key in await agent.get_keys()}
    except (OSError, ValueError, TimeoutError):
        return {}  # likewise


def _gather(resolved: Resolved, passphrases: Mapping[str, str], held: dict[bytes, asyncssh.SSHKeyPair]) -> Identities:
    offered: list[asyncssh.SSHKeyPair] = []
    names: list[str] = []
    locked: list[str] = []
    unusable: list[str] = []
    rest = dict(held)
    files = key_files(resolved.identity_files)
    if not resolved.identity_files and not resolved.identities_only:
        # As ssh does: the agent's keys come before files that only have a default name.
        offered, names, rest = list(rest.values()), [f"agent key {_name(key)}" for key in rest.values()], {}
    for key in files:
        from_agent = rest.pop(key.public, None) if key.public is not None else None
        if from_agent is not None:
            offered.append(from_agent)
            names.append(f"{key.path} (agent)")
        elif key.encrypted and key.path not in passphrases:
            if key.public not in held:
                locked.append(key.path)
        else:
            try:
                offered += _load(key, resolved, passphrases)
                names.append(key.path)
            except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError, ValueError) as exc:
                unusable.append(_unusable(key, passphrases, exc))
    if not resolved.identities_only:
        offered += rest.values()
        names += [f"agent key {_name(key)}" for key in rest.values()]
    return Identities(offered, tuple(names), tuple(locked), tuple(unusable))


def _load(key: KeyFile, resolved: Resolved, passphrases: Mapping[str, str]) -> list[asyncssh.SSHKeyPair]:
    return list(
        asyncssh.load_keypairs(
            [key.path],
            passphrases.get(key.path) if key.encrypted else None,
            list(resolved.certificate_files),
        )
    )


def _name(key: asyncssh.SSHKeyPair) -> str:
    return clean(key.get_comment_bytes() or b"without a name", 60)


def _unusable(key: KeyFile, passphrases: Mapping[str, str], exc: Exception) -> str:
    if key.encrypted and key.path in passphrases:
        return f"the passphrase given does not open {key.path}"
    return f"the key {key.path} cannot be used: {clean(str(exc), 120)}"


def _nothing_to_offer(resolved: Resolved, found: Identities) -> AuthError:
    name = resolved.spec.name
    if found.locked:
        return AuthError(
            f"the key {found.locked[0]} is encrypted and no passphrase was given",
            host=name,
            remedy=f"ssh-add {found.locked[0]}",
        )
    if found.unusable:
        return AuthError(found.unusable[0], host=name, remedy="name another key with identity, or use ssh-agent")
    where = ", ".join(resolved.identity_files) or "~/.ssh/id_*"
    agent = "the agent holds none" if resolved.agent_path else "no agent is running"
    return AuthError(
        f"no private key to offer: none at {where}, and {agent}",
        host=name,
        remedy="make a key with ssh-keygen, or name one with identity",
    )
