"""One persistent `sh` per host: a script costs a round trip, not a login shell and a process."""

from __future__ import annotations

import asyncio
import re
import secrets
import shlex
from collections.abc import Awaitable, Callable
from typing import Final

from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.transport.child import CHUNK, SHELL_BEGIN, Capped, Child
from aitbc_tui.transport.streams import Reader
from aitbc_tui.transport.tasks import both
from aitbc_tui.transport.values import Meter, ShellAnswer

_GREETING_CAP: Final = 256 * 1024  # what a login shell's start-up files may print


class _Ended(Exception):
    """The shell's output ended before the marker."""


class Shell:
    """Runs scripts one after the other in one `sh`; starts it when needed, and anew when it died.

    Scripts share the shell's variables and directory. Nothing but the marker of this very call, which is
    random, ends an answer; so leftovers of a background process cannot be taken for one.
    """

    def __init__(
        self,
        host: str,
        spawn: Callable[[], Awaitable[Child]],
        meter: Meter,
        clock: Callable[[], float],
        gone: Callable[[], AitbcError | None],
    ) -> None:
        self._host = host
        self._spawn = spawn
        self._meter = meter
        self._clock = clock
        self._gone = gone
        self._turn = asyncio.Lock()
        self._child: Child | None = None
        self.starts = 0

    async def run(self, script: str, *, timeout_s: float, max_bytes: int) -> ShellAnswer:
        try:
            async with asyncio.timeout(timeout_s), self._turn:
                return await self._run(script, max_bytes)
        except TimeoutError as exc:
            raise self._gone() or CommandError(
                f"the shell did not answer within {timeout_s:g} s", host=self._host, timed_out=True
            ) from exc

    def drop(self) -> None:
        """Forget the shell, for its connection is gone or it is out of step."""
        child, self._child = self._child, None
        if child is not None:
            child.abandon()

    async def _run(self, script: str, max_bytes: int) -> ShellAnswer:
        try:
            child = self._child
            if child is None or child.ended:
                self.drop()
                child = self._child = await self._spawn()
                self.starts += 1
                await self._exchange(child, SHELL_BEGIN, _GREETING_CAP)
            started = self._clock()
            status, out, err = await self._exchange(child, script, max_bytes)
        except Capped:
            self.drop()
            raise CommandError(f"the shell printed more than {max_bytes} bytes", host=self._host) from None
        except (_Ended, BrokenPipeError, ConnectionResetError):
            self.drop()
            raise self._gone() or CommandError("the shell ended in the middle of a script", host=self._host) from None
        except BaseException:
            self.drop()
            raise
        now = self._clock()
        elapsed_ms = (now - started) * 1000
        self._meter.trip(elapsed_ms)
        return ShellAnswer(status, out, err, now, elapsed_ms)

    async def _exchange(self, child: Child, script: str, max_bytes: int) -> tuple[int, bytes, bytes]:
        mark = secrets.token_hex(12)
        # `command eval` keeps a syntax error from ending the shell; /dev/null keeps commands off its input.
        request = (
            f"command eval {shlex.quote(script)} </dev/null\n"
            f"printf '\\n{mark} %d\\n' \"$?\"; printf '\\n{mark}\\n' >&2\n"
        ).encode("utf-8", "surrogateescape")
        child.stdin.write(request)
        self._meter.bytes_out += len(request)
        await child.stdin.drain()
        (out, code), (err, _) = await both(
            self._until(child.stdout, re.compile(rb"\n" + mark.encode() + rb" (\d{1,3})\n"), max_bytes),
            self._until(child.stderr, re.compile(rb"\n" + mark.encode() + rb"()\n"), max_bytes),
        )
        return int(code), out, err

    async def _until(self, reader: Reader, marker: re.Pattern[bytes], max_bytes: int) -> tuple[bytes, bytes]:
        found = bytearray()
        while True:
            chunk = await reader.read(CHUNK)
            if not chunk:
                raise _Ended
            self._meter.bytes_in += len(chunk)
            seen_from = max(0, len(found) - 64)
            found += chunk
            if hit := marker.search(found, seen_from):
                if hit.start() > max_bytes:
                    raise Capped
                return bytes(found[: hit.start()]), hit[1]
            if len(found) > max_bytes + 64:
                raise Capped
