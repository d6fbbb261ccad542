"""A host without SSH: the machine this program runs on, behind the same interface."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress

from aitbc_tui.domain.errors import AitbcError, CommandError, ConnectError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.child import PATIENCE_S, Child, discard
from aitbc_tui.transport.host import Host, OnChange
from aitbc_tui.transport.spec import HostSpec
from aitbc_tui.transport.streams import Reader, Writer
from aitbc_tui.transport.tasks import Tasks, both
from aitbc_tui.transport.values import LinkReport, LinkState


class LocalChild:
    """A process group of our own."""

    def __init__(self, process: Process, tasks: Tasks) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._tasks = tasks
        self._leaving = False
        self.stdout: Reader = process.stdout
        self.stderr: Reader = process.stderr

    @property
    def stdin(self) -> Writer:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def ended(self) -> bool:
        return self._process.returncode is not None

    async def wait(self) -> int:
        return await self._process.wait()

    def abandon(self) -> None:
        if not self._leaving:
            self._leaving = True
            self.stdin.close()
            self._tasks.spawn(self._reap())

    async def _reap(self) -> None:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await both(discard(self.stdout), discard(self.stderr))
                    await self._process.wait()
        finally:
            # Also after a clean end: what the command left behind in its group goes with it.
            self._signal(signal.SIGKILL)
        await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


class LocalHost(Host):
    """Plain loopback sockets and local processes."""

    def __init__(self, spec: HostSpec, clock: Callable[[], float], on_change: OnChange | None) -> None:
        super().__init__(spec, clock)
        self._tasks = Tasks()
        self._on_change = on_change
        self._state = LinkState.IDLE
        self._since = clock()

    def report(self) -> LinkReport:
        return LinkReport(
            host=self.spec.name,
            state=self._state,
            step=5 if self._state is LinkState.LOCAL else 0,
            since=self._since,
            error=None,
            next_try_at=None,
            reconnects=0,
            lost=0,
            rtt_ms=self._meter.rtt_ms,
            fingerprint="",
            bytes_in=self._meter.bytes_in,
            bytes_out=self._meter.bytes_out,
            connected_since=self._since if self._state is LinkState.LOCAL else None,
        )

    def trouble(self) -> AitbcError | None:
        if self._state is LinkState.CLOSED:
            return ConnectError("closed", host=self.spec.name)
        return None

    def start(self) -> None:
        if self._state is LinkState.IDLE:
            self._become(LinkState.LOCAL)

    async def ensure(self, timeout_s: float) -> None:
        self._check()
        self.start()

    def retry_now(self) -> None:
        self.start()

    async def close(self) -> None:
        if self._state is LinkState.CLOSED:
            return
        self._become(LinkState.CLOSED)
        self._shell.drop()
        await self._http.aclose()
        await self._tasks.settle(PATIENCE_S)
        await self._tasks.close()

    def _become(self, state: LinkState) -> None:
        self._state = state
        self._since = self._clock()
        if self._on_change is not None:
            self._on_change(self.report())

    async def space(self, path: str, *, timeout_s: float) -> tuple[int, int] | None:
        self._check()
        try:
            async with asyncio.timeout(timeout_s):
                found = await asyncio.to_thread(os.statvfs, path)
        except (OSError, TimeoutError):
            return None
        return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize

    async def _dial(self, host: str, port: int) -> tuple[Reader, Writer]:
        self._check()
        try:
            return await asyncio.open_connection(host, port)
        except ConnectionRefusedError as exc:
            raise ConnectError(f"nothing listens on {host}:{port}", host=self.spec.name) from exc
        except OSError as exc:
            refused = "Connect call failed" in str(exc)
            detail = f"nothing listens on {host}:{port}" if refused else f"{host}:{port}: {clean(str(exc), 120)}"
            raise ConnectError(detail, host=self.spec.name) from exc

    async def _spawn(self, argv: Sequence[str]) -> Child:
        self._check()
        try:
            process = await self._tasks.whole(
                asyncio.create_subprocess_exec(
                    *argv,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=PIPE,
                    start_new_session=True,
                ),
                lambda made: LocalChild(made, self._tasks).abandon(),
            )
        except OSError as exc:
            raise CommandError(f"cannot start {clean(argv[0], 80)}: {exc.strerror}", host=self.spec.name) from exc
        return LocalChild(process, self._tasks)
