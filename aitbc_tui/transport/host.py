"""The interface of a host: HTTP, one shell, commands and streams, the same over SSH and locally."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.child import SHELL, TETHER, Capped, Child, collect, lines, monotonic
from aitbc_tui.transport.http import HttpClient
from aitbc_tui.transport.permit import Permit
from aitbc_tui.transport.shell import Shell
from aitbc_tui.transport.spec import HostSpec, Limits
from aitbc_tui.transport.streams import Reader, Writer
from aitbc_tui.transport.values import HttpAnswer, LinkReport, LinkState, Meter, ShellAnswer

if TYPE_CHECKING:
    import httpx

__all__ = ["Host", "HttpAnswer", "LinkReport", "LinkState", "ShellAnswer", "open_host"]

OnChange = Callable[[LinkReport], None]


class Host(ABC):
    """One host and the only way to it. Belongs to one event loop.

    Every call raises the typed error of `domain.errors` at once when the host is not connected; only
    `ensure` waits for a connection.
    """

    def __init__(self, spec: HostSpec, clock: Callable[[], float]) -> None:
        self.spec = spec
        self.permit: Permit | None = None  # set by whoever knows the environment; without it everything may be sent
        self._clock = clock
        self._meter = Meter()
        self._http = HttpClient(spec.name, self._dial, self._meter, self.trouble)
        self._shell = Shell(spec.name, self._spawn_shell, self._meter, clock, self.trouble)

    @abstractmethod
    def report(self) -> LinkReport:
        """The state of the connection now."""

    @abstractmethod
    def trouble(self) -> AitbcError | None:
        """Why nothing can be asked now, as a new exception; None when the host is connected."""

    @abstractmethod
    def start(self) -> None:
        """Begin to connect in the background and keep trying; does nothing when already begun."""

    @abstractmethod
    async def ensure(self, timeout_s: float) -> None:
        """Return when connected; raise the reason at once when the last try failed.

        Starts connecting if nothing did, and waits up to `timeout_s` for a try under way.
        """

    @abstractmethod
    def retry_now(self) -> None:
        """Do not wait for the next try."""

    @abstractmethod
    async def close(self) -> None:
        """End everything; leaves no task, socket or process."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout_s: float,
        max_bytes: int,
    ) -> HttpAnswer:
        """One HTTP exchange; `url` is as the host itself sees it. An answer of any status is returned."""
        self._allow(method, url)
        self._check()
        return await self._http.request(
            method,
            url,
            headers=headers,
            body=body,
            timeout_s=timeout_s,
            max_bytes=max_bytes,
            clock=self._clock,
        )

    def httpx_transport(
        self, *, deadline_s: float = 120.0, max_bytes: int = 8 * 1024 * 1024
    ) -> httpx.AsyncBaseTransport:
        """For a library that speaks httpx. Give its client `follow_redirects=False, trust_env=False`."""
        from aitbc_tui.transport.httpx_bridge import ChannelTransport  # httpx is slow to import

        inner = ChannelTransport(self._dial, self._meter, self.trouble, deadline_s=deadline_s, max_bytes=max_bytes)
        inner.permit = self._allow
        return inner

    def _allow(self, method: str, url: str) -> None:
        """By the permit of this moment: it may change while a client of ours lives."""
        if self.permit is not None:
            self.permit.http(method, url, self.spec.name)

    async def shell(self, script: str, *, timeout_s: float, max_bytes: int) -> ShellAnswer:
        """Run a script of ours in the host's one persistent `sh`. Commands that may hang need `timeout`."""
        self._check()
        return await self._shell.run(script, timeout_s=timeout_s, max_bytes=max_bytes)

    async def run(self, argv: Sequence[str], *, timeout_s: float, max_bytes: int) -> ShellAnswer:
        """Run one command, no shell in between; it does not outlive `timeout_s`, even without us."""
        if self.permit is not None:
            self.permit.command(argv, self.spec.name)
        self._check()
        name = clean(argv[0], 80)
        seconds = max(1, math.ceil(timeout_s))
        try:
            async with asyncio.timeout(timeout_s):
                child = await self._spawn(["sh", "-c", TETHER, "sh", "timeout", "-k", "1", str(seconds), *argv])
                answer = await collect(child, max_bytes, self._meter, self._clock)
        except TimeoutError as exc:
            raise self.trouble() or CommandError(
                f"{name} took longer than {timeout_s:g} s", host=self.spec.name, timed_out=True
            ) from exc
        except Capped as exc:
            raise CommandError(f"{name} printed more than {max_bytes} bytes", host=self.spec.name) from exc
        return answer

    async def stream(self, argv: Sequence[str], *, max_line: int) -> AsyncIterator[bytes]:
        """The lines of a command that runs until the iterator is closed (use `contextlib.aclosing`)."""
        if self.permit is not None:
            self.permit.command(argv, self.spec.name)
        self._check()
        name = clean(argv[0], 80)
        child = await self._spawn(["sh", "-c", TETHER, "sh", *argv])
        async with aclosing(lines(child, name, self.spec.name, max_line, self._meter)) as found:
            async for line in found:
                yield line

    async def space(self, path: str, *, timeout_s: float) -> tuple[int, int] | None:
        """Total and free bytes of the disk under a path without starting a process; None where that is not offered."""
        return None

    def _check(self) -> None:
        trouble = self.trouble()
        if trouble is not None:
            raise trouble

    async def _spawn_shell(self) -> Child:
        return await self._spawn(["sh", "-c", SHELL])

    @abstractmethod
    async def _dial(self, host: str, port: int) -> tuple[Reader, Writer]:
        """A byte stream to a port as the host sees it, or a typed error."""

    @abstractmethod
    async def _spawn(self, argv: Sequence[str]) -> Child:
        """Start a command on the host, or raise a typed error. It must end when its input does."""


def open_host(
    spec: HostSpec,
    limits: Limits | None = None,
    clock: Callable[[], float] = monotonic,
    on_change: OnChange | None = None,
    passphrases: Mapping[str, str] | None = None,
) -> Host:
    """The host of `spec`, not yet connected. Imports asyncssh only for hosts behind SSH.

    `passphrases` maps key paths to passphrases; by default the ones asked for in this process.
    """
    if spec.is_local:
        from aitbc_tui.transport.local import LocalHost

        return LocalHost(spec, clock, on_change)
    from aitbc_tui.transport.ssh import SshHost

    return SshHost(spec, limits or Limits(), clock, on_change, passphrases)


def same_again(error: AitbcError) -> AitbcError:
    """A new exception that says the same: raising one object for hours would grow its traceback."""
    made = error.__class__.__new__(error.__class__)
    made.args = error.args
    made.__dict__.update(error.__dict__)
    return made
