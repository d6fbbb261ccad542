"""Logs in to one host over TCP, a tunnel or a proxy: asyncssh's options, host key and deadlines in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncssh

from aitbc_tui.transport.failures import explain, no_answer
from aitbc_tui.transport.hostkeys import KeyJudge
from aitbc_tui.transport.identities import Identities
from aitbc_tui.transport.proxy import ProxyProcess
from aitbc_tui.transport.spec import Limits
from aitbc_tui.transport.sshconfig import Resolved

OnStep = Callable[[int], None]
# Those of asyncssh in another order: a packet is one call of AES-GCM, three of ChaCha20-Poly1305, and many are small.
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)


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
        await close_under(self.under, self.proxy)


class _Watch(asyncssh.SSHClient):
    """asyncssh's callbacks for one connection: progress, the host key, the end. Once TCP stands, login has its time."""

    def __init__(self, judge: KeyJudge, step: OnStep, limits: Limits) -> None:
        self._judge = judge
        self._step = step
        self._login_s = limits.login_s
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.deadline: asyncio.Timeout | None = None
        self.tcp_open = False

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._step(2)
        self.tcp_open = True
        if self.deadline is not None:
            self.deadline.reschedule(asyncio.get_running_loop().time() + self._login_s)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(exc)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._judge.accepts(key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._judge.accepts_authority(key)

    def begin_auth(self, username: str) -> None:
        self._step(3)

    def auth_completed(self) -> None:
        self._step(4)


async def log_in(
    resolved: Resolved,
    limits: Limits,
    step: OnStep,
    judge: KeyJudge,
    identities: Identities,
    under: list[Link],
    proxy: ProxyProcess | None,
) -> Link:
    """One login, through the last of `under` or `proxy` where there is one.

    Raises `ConnectError`, `HostKeyError` or `AuthError`, whichever phase failed.
    """
    watch = _Watch(judge, step, limits)
    try:
        async with asyncio.timeout(limits.connect_s) as watch.deadline:
            conn = await _open(resolved, limits, watch, judge, identities, under, proxy)
    except TimeoutError as exc:
        raise no_answer(resolved, _late(resolved, limits, watch)) from exc
    except (OSError, asyncssh.Error, ValueError) as exc:
        raise explain(exc, resolved, judge, identities, proxy) from exc
    return Link(conn, watch.lost, judge.fingerprint, under, proxy)


async def _open(
    resolved: Resolved,
    limits: Limits,
    watch: _Watch,
    judge: KeyJudge,
    identities: Identities,
    under: list[Link],
    proxy: ProxyProcess | None,
) -> asyncssh.SSHClientConnection:
    """With the keys that were resolved beforehand; what asyncssh would look up or offer by itself is off."""
    return await asyncssh.connect(
        resolved.spec.address,
        resolved.spec.port if resolved.spec.port is not None else (),
        username=resolved.user,
        config=list(resolved.config_files),
        tunnel=under[-1].conn if under else None,
        sock=proxy.take_socket() if proxy is not None else None,
        proxy_command=None,
        client_factory=lambda: watch,
        known_hosts=lambda host, addr, port: ([], [], judge.revoked_for_certificates()),
        server_host_key_algs=() if resolved.own_host_key_algs else judge.algorithms(),
        encryption_algs=() if resolved.own_ciphers else CIPHERS,
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


def _late(resolved: Resolved, limits: Limits, watch: _Watch) -> str:
    if watch.tcp_open:
        return f"{resolved.where} took the connection, but no login within {limits.login_s:g} s"
    return f"no answer from {resolved.hostname}:{resolved.port} within {limits.connect_s:g} s"


async def close_under(under: list[Link], proxy: ProxyProcess | None) -> None:
    """End what a connection went through: its jump hosts, the nearest last, and its proxy command."""
    for hop in reversed(under):
        await hop.close()
    if proxy is not None:
        await proxy.close()
