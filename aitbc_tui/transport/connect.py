"""Opening one verified SSH connection, hop by hop, with typed errors for every way it can fail."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import asyncssh

from aitbc_tui.domain.errors import AitbcError, ConfigError, HostKeyError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.failures import explain, no_answer
from aitbc_tui.transport.hostkeys import KeyJudge, OfferedKey, offered_keys
from aitbc_tui.transport.identities import Identities, load_identities
from aitbc_tui.transport.keys import PASSPHRASES
from aitbc_tui.transport.knownhosts import look_up
from aitbc_tui.transport.proxy import ProxyProcess
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.sshconfig import Resolved, resolve

OnStep = Callable[[int], None]
_MAX_HOPS = 8


@dataclass(slots=True)
class Link:
    """An open connection. `lost` is done, with the reason, when it ends however that happens."""

    conn: asyncssh.SSHClientConnection
    lost: asyncio.Future[Exception | None]
    fingerprint: str
    under: list[Link] = field(default_factory=list)
    proxy: ProxyProcess | None = None

    async def close(self) -> None:
        self.conn.close()
        try:
            async with asyncio.timeout(2):
                await self.conn.wait_closed()
        except TimeoutError:
            self.conn.abort()  # the peer does not take our goodbye
        await _close_under(self.under, self.proxy)


class _Watch(asyncssh.SSHClient):
    """asyncssh's callbacks for one connection: progress, the host key, the end."""

    def __init__(
        self, judge: KeyJudge, step: OnStep, opened: Callable[[], None], lost: asyncio.Future[Exception | None]
    ) -> None:
        self._judge = judge
        self._step = step
        self._opened = opened
        self._lost = lost

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._step(2)
        self._opened()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(exc)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._judge.accepts(key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._judge.accepts_authority(key)

    def begin_auth(self, username: str) -> None:
        self._step(3)

    def auth_completed(self) -> None:
        self._step(4)


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
        await _close_under(under, None)


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
            link = await _log_in(resolved, limits, step, judge, identities, under, proxy)
        except BaseException:
            await _close_under(under, proxy)
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
        await _close_under(opened, None)
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
        link = await _log_in(resolved, limits, _no_step, KeyJudge(resolved, known), identities, [hop], None)
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


async def _log_in(
    resolved: Resolved,
    limits: Limits,
    step: OnStep,
    judge: KeyJudge,
    identities: Identities,
    under: list[Link],
    proxy: ProxyProcess | None,
) -> Link:
    loop = asyncio.get_running_loop()
    lost: asyncio.Future[Exception | None] = loop.create_future()
    tcp_open = False
    try:
        async with asyncio.timeout(limits.connect_s) as deadline:

            def opened() -> None:
                nonlocal tcp_open
                tcp_open = True
                deadline.reschedule(loop.time() + limits.login_s)

            conn = await asyncssh.connect(
                resolved.spec.address,
                resolved.spec.port if resolved.spec.port is not None else (),
                username=resolved.user,
                config=list(resolved.config_files),
                tunnel=under[-1].conn if under else None,
                sock=proxy.take_socket() if proxy is not None else None,
                proxy_command=None,
                client_factory=lambda: _Watch(judge, step, opened, lost),
                known_hosts=lambda host, addr, port: ([], [], judge.revoked_for_certificates()),
                server_host_key_algs=() if resolved.own_host_key_algs else judge.algorithms(),
                x509_trusted_certs=None,
                x509_trusted_cert_paths=[],
                client_keys=identities.offered,
                client_certs=[],
                agent_path=None,
                agent_identities=None,
                pkcs11_provider=None,
                gss_host=None,
                gss_kex=False,
                gss_auth=False,
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                agent_forwarding=False,
                x11_forwarding=False,
                send_env=None,
                command=None,
                request_pty=False,
                connect_timeout=None,
                login_timeout=limits.login_s + 5,  # ours comes first and says more
                keepalive_interval=limits.keepalive_s,
                keepalive_count_max=limits.keepalive_max,
                encoding=None,
            )
    except TimeoutError as exc:
        if tcp_open:
            detail = f"{resolved.where} took the connection, but no login within {limits.login_s:g} s"
        else:
            detail = f"no answer from {resolved.hostname}:{resolved.port} within {limits.connect_s:g} s"
        raise no_answer(resolved, detail) from exc
    except (OSError, asyncssh.Error, ValueError) as exc:
        raise explain(exc, resolved, judge, identities, proxy) from exc
    return Link(conn, lost, judge.fingerprint, under, proxy)


async def _settle(link: Link, limits: Limits) -> None:
    """Open one session: sshd sets TCP_NODELAY only then, and without it every request costs 44 ms."""
    with suppress(TimeoutError, asyncssh.Error):
        # A host that allows no session can still forward; whoever wants a session is told then.
        async with asyncio.timeout(limits.login_s):
            await link.conn.run("true", encoding=None)


async def _close_under(under: list[Link], proxy: ProxyProcess | None) -> None:
    for hop in reversed(under):
        await hop.close()
    if proxy is not None:
        await proxy.close()


def _no_step(number: int) -> None:
    """A jump host's progress is not shown."""
