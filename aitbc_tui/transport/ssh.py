"""A host behind SSH: one connection, kept up in the background, and channels on it."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
from collections.abc import Callable, Mapping, Sequence

import asyncssh

from aitbc_tui.domain.errors import AitbcError, AuthError, ConfigError, ConnectError, HostKeyError, TunnelError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.child import PATIENCE_S, Child
from aitbc_tui.transport.connect import connect
from aitbc_tui.transport.host import Host, OnChange, same_again
from aitbc_tui.transport.login import Link
from aitbc_tui.transport.session import SshChild, open_session
from aitbc_tui.transport.space import Space
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.streams import Reader, Writer
from aitbc_tui.transport.tasks import Tasks
from aitbc_tui.transport.values import STEPS, LinkReport, LinkState

_log = logging.getLogger(__name__)

_WINDOW = 512 * 1024  # what one channel may send ahead of our reading it
_STABLE_S = 10.0  # a connection that lives shorter does not reset the backoff


class SshHost(Host):
    """Keeps one SSH connection. While it is down every call raises why, at once."""

    def __init__(
        self,
        spec: HostSpec,
        limits: Limits,
        clock: Callable[[], float],
        on_change: OnChange | None,
        passphrases: Mapping[str, str] | None,
    ) -> None:
        super().__init__(spec, clock)
        self._limits = limits
        self._on_change = on_change
        self._passphrases = passphrases
        self._tasks = Tasks()
        self._slots = asyncio.Semaphore(limits.max_sessions)
        self._space = Space(self._slots)
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._link: Link | None = None
        self._state = LinkState.IDLE
        self._step = 0
        self._since = clock()
        self._error: AitbcError | None = None
        self._next_try_at: float | None = None
        self._connected_since: float | None = None
        self._ups = 0
        self._lost = 0
        self._fingerprint = ""

    def report(self) -> LinkReport:
        return LinkReport(
            host=self.spec.name,
            state=self._state,
            step=self._step,
            since=self._since,
            error=self._error,
            next_try_at=self._next_try_at,
            reconnects=max(0, self._ups - 1),
            lost=self._lost,
            rtt_ms=self._meter.rtt_ms,
            fingerprint=self._fingerprint,
            bytes_in=self._meter.bytes_in,
            bytes_out=self._meter.bytes_out,
            connected_since=self._connected_since,
        )

    def trouble(self) -> AitbcError | None:
        if self._state is LinkState.UP and self._link is not None:
            return self._loss(self._link.lost.result()) if self._link.lost.done() else None
        if self._state is LinkState.CLOSED:
            return ConnectError("closed", host=self.spec.name)
        if self._error is not None:
            return same_again(self._error)
        reached = STEPS[self._step]
        detail = f"connecting: {self._step} of 5, {reached}" if reached else "not connected yet"
        return ConnectError(detail, host=self.spec.name)

    def start(self) -> None:
        if self._keeper is None and self._state is not LinkState.CLOSED:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def ensure(self, timeout_s: float) -> None:
        self.start()
        try:
            async with asyncio.timeout(timeout_s):
                while self._state in (LinkState.IDLE, LinkState.CONNECTING):
                    await self._settled.wait()
        except TimeoutError as exc:
            raise ConnectError(
                f"not connected within {timeout_s:g} s: step {self._step} of 5, {STEPS[self._step] or 'nothing yet'}",
                host=self.spec.name,
                timed_out=True,
            ) from exc
        self._check()

    def retry_now(self) -> None:
        self.start()
        self._wake.set()

    async def close(self) -> None:
        if self._state is LinkState.CLOSED:
            return
        self._become(LinkState.CLOSED, 0, None)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._space.forget()
        self._shell.drop()
        await self._tasks.settle(PATIENCE_S)  # lets commands that are being ended be ended
        link, self._link = self._link, None
        await self._http.aclose()
        if link is not None:
            await link.close()
        await self._tasks.close()

    async def _keep(self) -> None:
        """Connect, wait for the loss, pause, again; one try at a time, for ever."""
        failures = 0
        while True:
            self._wake.clear()
            self._next_try_at = None
            self._become(LinkState.CONNECTING, 0, self._error)
            try:
                link = await connect(self.spec, self._limits, self._reached, self._passphrases)
            except AitbcError as exc:
                failures += 1
                error = exc
            except Exception as exc:
                _log.exception("connecting to %s failed in an unforeseen way", self.spec.name)
                failures += 1
                error = ConnectError(f"unforeseen: {type(exc).__name__}: {clean(str(exc), 120)}", host=self.spec.name)
            else:
                came_up = self._up(link)
                reason = await asyncio.shield(link.lost)
                error = self._loss(reason)
                failures = 1 if self._clock() - came_up >= _STABLE_S else failures + 1
                await self._down(link)
            await self._pause(error, failures)

    def _reached(self, step: int) -> None:
        if step != self._step and self._state is LinkState.CONNECTING and step < 5:
            self._step = step
            self._tell()

    def _up(self, link: Link) -> float:
        self._link = link
        self._fingerprint = link.fingerprint
        self._ups += 1
        self._meter.forget()
        self._connected_since = self._clock()
        self._become(LinkState.UP, 5, None)
        return self._connected_since

    async def _down(self, link: Link) -> None:
        self._lost += 1
        self._connected_since = None
        self._link = None
        self._space.forget()
        self._shell.drop()
        await self._http.aclose()
        await link.close()

    async def _pause(self, error: AitbcError, failures: int) -> None:
        refused = isinstance(error, HostKeyError | AuthError | ConfigError)
        limits = self._limits
        longest = limits.backoff_max_s if refused else limits.backoff_first_s * 2 ** min(failures - 1, 30)
        delay = min(limits.backoff_max_s, longest) * random.uniform(0.5, 1.0)
        self._next_try_at = self._clock() + delay
        self._become(LinkState.REFUSED if refused else LinkState.WAITING, self._step, error)
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return  # the pause is over

    def _loss(self, reason: Exception | None) -> ConnectError:
        said = clean(getattr(reason, "reason", "") or str(reason or ""), 120)
        if "keepalive" in said:
            count, seconds = self._limits.keepalive_max + 1, self._limits.keepalive_s
            return ConnectError(
                f"connection lost: no answer to {count} keepalives in {count * seconds:g} s",
                host=self.spec.name,
                timed_out=True,
            )
        return ConnectError(f"connection lost{': ' if said else ''}{said}", host=self.spec.name)

    def _become(self, state: LinkState, step: int, error: AitbcError | None) -> None:
        if state is not self._state:
            self._since = self._clock()
        self._state, self._step, self._error = state, step, error
        if state is LinkState.CONNECTING:
            self._settled.clear()
        else:
            self._settled.set()
        self._tell()

    def _tell(self) -> None:
        if self._on_change is not None:
            self._on_change(self.report())

    def _conn(self) -> asyncssh.SSHClientConnection:
        self._check()
        assert self._link is not None
        return self._link.conn

    async def space(self, path: str, *, timeout_s: float) -> tuple[int, int] | None:
        conn = self._conn()
        found = await self._space.of(conn, path, timeout_s)
        self._check()  # a connection that was lost meanwhile is the reason to tell
        return found

    async def _dial(self, host: str, port: int) -> tuple[Reader, Writer]:
        conn = self._conn()
        try:
            return await self._tasks.whole(
                conn.open_connection(host, port, encoding=None, window=_WINDOW), lambda pair: pair[1].close()
            )
        except asyncssh.ChannelOpenError as exc:
            raise self._refused(exc, host, port) from exc
        except (OSError, asyncssh.Error) as exc:
            raise self.trouble() or TunnelError(
                f"no channel to {host}:{port}: {clean(str(exc), 120)}", host=self.spec.name
            ) from exc

    def _refused(self, exc: asyncssh.ChannelOpenError, host: str, port: int) -> AitbcError:
        name, said = self.spec.name, clean(exc.reason, 120)
        if exc.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
            return TunnelError(
                f"sshd on {name} does not allow forwarding to {host}:{port}",
                host=name,
                remedy="see AllowTcpForwarding and PermitOpen in its sshd_config, and options in authorized_keys",
            )
        if exc.code == asyncssh.OPEN_CONNECT_FAILED:
            if "refused" in said.lower() or f"[Errno {errno.ECONNREFUSED}]" in said:
                return ConnectError(f"nothing listens on {host}:{port} at {name}", host=name)
            return ConnectError(f"{name} cannot reach {host}:{port}: {said}", host=name)
        return TunnelError(f"no channel to {host}:{port}: {said}", host=name)

    async def _spawn(self, argv: Sequence[str]) -> Child:
        try:
            return await self._session(argv)
        except TunnelError:
            if not self._space.give_way():
                raise
        return await self._session(argv)

    async def _session(self, argv: Sequence[str]) -> Child:
        child: SshChild = await open_session(
            self._conn(), argv, host=self.spec.name, slots=self._slots, tasks=self._tasks, gone=self.trouble
        )
        return child
