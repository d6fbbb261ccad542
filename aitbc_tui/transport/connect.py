"""Opening one verified SSH connection, hop by hop, with typed errors for every way it can fail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import asyncssh

from aitbc_tui.domain.errors import AitbcError, ConfigError, HostKeyError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.failures import explain, no_answer
from aitbc_tui.transport.hostkeys import KeyJudge, OfferedKey, offered_keys
from aitbc_tui.transport.identities import load_identities
from aitbc_tui.transport.keys import PASSPHRASES
from aitbc_tui.transport.knownhosts import look_up
from aitbc_tui.transport.login import Link, OnStep, close_under, log_in
from aitbc_tui.transport.proxy import ProxyProcess
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.sshconfig import Resolved, resolve

_MAX_HOPS = 8


async def connect(spec: HostSpec, limits: Limits, step: OnStep, passphrases: Mapping[str, str] | None = None) -> Link:
    """Connect and log in to `spec`, through its jump hosts, or raise what went wrong."""
    try:
        return await _connect(spec, limits, step, PASSPHRASES if passphrases is None else passphrases, 0)
    except AitbcError as exc:
        exc.host = exc.host or spec.name
        raise


async def scan(spec: HostSpec, limits: Limits | None = None) -> list[OfferedKey]:
    """The host keys on the way to `spec`, for `trust scan`: of its jump hosts, then its own.

    A jump host whose key is not pinned yet ends the list: nothing goes through a host that is not verified.
    """
    limits = limits or Limits()
    resolved = await asyncio.to_thread(resolve, spec)
    found: list[OfferedKey] = []
    under: list[Link] = []
    try:
        for number, hop in enumerate(resolved.jumps):
            if number == 0:
                found += await scan(hop, limits)
            else:
                found += await _scan_one(await asyncio.to_thread(resolve, hop), under[-1].conn, limits)
            try:
                under.append(await _open_hop(resolved, hop, under, limits, PASSPHRASES, 0))
            except HostKeyError:
                return found  # the caller sees its keys and what is wrong with them
        return found + await _scan_one(resolved, under[-1].conn if under else None, limits)
    finally:
        await close_under(under, None)


async def _scan_one(
    resolved: Resolved, tunnel: asyncssh.SSHClientConnection | None, limits: Limits
) -> list[OfferedKey]:
    known = await asyncio.to_thread(look_up, resolved.known_hosts, resolved.key_name)
    try:
        return await offered_keys(resolved, known, tunnel, limits.connect_s)
    except TimeoutError as exc:
        raise no_answer(resolved, f"no answer from {resolved.where} within {limits.connect_s:g} s") from exc
    except (OSError, asyncssh.Error) as exc:
        raise explain(exc, resolved, None, None) from exc


async def _connect(spec: HostSpec, limits: Limits, step: OnStep, passphrases: Mapping[str, str], depth: int) -> Link:
    if depth > _MAX_HOPS:
        raise ConfigError("ProxyJump: more hops than can be meant, or a loop", host=spec.name)
    resolved = await asyncio.to_thread(resolve, spec)
    known = await asyncio.to_thread(look_up, resolved.known_hosts, resolved.key_name)
    under: list[Link] = []
    proxy: ProxyProcess | None = None
    async with load_identities(resolved, passphrases) as identities:
        try:
            under = await _open_hops(resolved, limits, passphrases, depth)
            if not under and resolved.proxy_command:
                proxy = await ProxyProcess.start(resolved.proxy_command, spec.name)
            if not under and proxy is None and not resolved.canonicalize:
                await _find_name(resolved, limits)
            step(1)
            judge = KeyJudge(resolved, known)
            link = await log_in(resolved, limits, step, judge, identities, under, proxy)
        except BaseException:
            await close_under(under, proxy)
            raise
    await _settle(link, limits)
    step(5)
    return link


async def _open_hops(resolved: Resolved, limits: Limits, passphrases: Mapping[str, str], depth: int) -> list[Link]:
    """The jump hosts, each through the one before. Their own steps are not the host's steps."""
    opened: list[Link] = []
    try:
        for hop in resolved.jumps:
            opened.append(await _open_hop(resolved, hop, opened, limits, passphrases, depth))
    except BaseException:
        await close_under(opened, None)
        raise
    return opened


async def _open_hop(
    resolved: Resolved,
    hop: HostSpec,
    opened: list[Link],
    limits: Limits,
    passphrases: Mapping[str, str],
    depth: int,
) -> Link:
    hop = await asyncio.to_thread(_with_key, hop, resolved)
    try:
        if opened:
            return await _through(opened[-1], hop, limits, passphrases)
        return await _connect(hop, limits, _no_step, passphrases, depth + 1)
    except AitbcError as exc:
        exc.detail = f"jump host {clean(hop.address, 80)}: {exc.detail}"
        exc.args = (exc.detail,)
        raise


async def _through(hop: Link, spec: HostSpec, limits: Limits, passphrases: Mapping[str, str]) -> Link:
    resolved = await asyncio.to_thread(resolve, spec)
    known = await asyncio.to_thread(look_up, resolved.known_hosts, resolved.key_name)
    async with load_identities(resolved, passphrases) as identities:
        link = await log_in(resolved, limits, _no_step, KeyJudge(resolved, known), identities, [hop], None)
    link.under = []  # closed by the list they are in
    return link


def _with_key(hop: HostSpec, resolved: Resolved) -> HostSpec:
    """A key named for the host is offered to its jump hosts too, where ssh_config names none for them."""
    if resolved.spec.identity is None or resolve(hop).identity_files:
        return hop
    return replace(hop, identity=resolved.spec.identity)


async def _find_name(resolved: Resolved, limits: Limits) -> None:
    try:
        async with asyncio.timeout(limits.connect_s):
            await asyncio.get_running_loop().getaddrinfo(resolved.hostname, resolved.port, type=socket.SOCK_STREAM)
    except TimeoutError as exc:
        raise no_answer(
            resolved, f"the name {clean(resolved.hostname, 80)} was not found within {limits.connect_s:g} s"
        ) from exc
    except OSError as exc:
        raise explain(exc, resolved, None, None) from exc


async def _settle(link: Link, limits: Limits) -> None:
    """Open one session: sshd sets TCP_NODELAY only then, and without it every request costs 44 ms."""
    with suppress(TimeoutError, asyncssh.Error):
        # A host that allows no session can still forward; whoever wants a session is told then.
        async with asyncio.timeout(limits.login_s):
            await link.conn.run("true", encoding=None)


def _no_step(number: int) -> None:
    """A jump host's progress is not shown."""
