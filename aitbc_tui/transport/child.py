"""A running command, wherever it runs: its three streams, its end, and how to be rid of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final, Protocol

from aitbc_tui.domain.errors import CommandError
from aitbc_tui.domain.text import clean
from aitbc_tui.transport.streams import Reader, Writer
from aitbc_tui.transport.tasks import both
from aitbc_tui.transport.values import Meter, ShellAnswer

CHUNK: Final = 32 * 1024
PATIENCE_S: Final = 4.0  # `timeout -k 1` and the tether take up to 3 s to end what ignores TERM
_STDERR_TAIL: Final = 4096

# How a command ends when our end of its standard input closes, be it that we want to be rid of it or that the
# connection broke. Signals through SSH are not enough: sshd refuses them where it has not changed the user, that
# is for root. `-$$` is the group of our own session, and no group at all where we lead none.
TETHER: Final = (
    'exec 3<&0; "$@" </dev/null 3<&- & c=$!; '
    '{ while read -r l; do :; done <&3; kill "$c"; sleep 2; kill -s KILL -- "-$$"; } >/dev/null 2>&1 & w=$!; '
    'exec 3<&-; wait "$c"; s=$?; kill "$w"; kill -s KILL -- "-$c" 2>/dev/null; exit "$s"'
)
# Built-ins hand the lines on: every command here would be one process more on the host, for each connection.
SHELL: Final = '{ while IFS= read -r l; do printf "%s\\n" "$l"; done; kill -s KILL -- "-$$"; } | sh'
# The first that the `sh` of that line is told, whose parent leads the session: when it ends, so does the rest.
SHELL_BEGIN: Final = "trap 'kill -s KILL -- \"-$PPID\"' EXIT"


class Child(Protocol):
    """A command with pipes. `wait` gives its exit status, negative for a signal."""

    @property
    def stdin(self) -> Writer: ...
    @property
    def stdout(self) -> Reader: ...
    @property
    def stderr(self) -> Reader: ...
    @property
    def ended(self) -> bool: ...
    async def wait(self) -> int: ...
    def abandon(self) -> None:
        """End it in the background by closing its input; may be called at any time, also twice."""


class Capped(Exception):
    """More output than allowed; becomes a CommandError where the command's name is known."""


async def read_all(reader: Reader, max_bytes: int, meter: Meter) -> bytes:
    """Read to the end of the stream; more than `max_bytes` raises Capped."""
    found = bytearray()
    while chunk := await reader.read(CHUNK):
        meter.bytes_in += len(chunk)
        found += chunk
        if len(found) > max_bytes:
            raise Capped
    return bytes(found)


async def discard(reader: Reader) -> None:
    """Read to the end for nothing: a full channel would keep the command from ending."""
    while await reader.read(CHUNK):
        continue


async def collect(child: Child, max_bytes: int, meter: Meter, clock: Callable[[], float]) -> ShellAnswer:
    """Everything a short command prints, and its exit status. Whatever interrupts this ends the command."""
    started = clock()
    try:
        out, err = await both(read_all(child.stdout, max_bytes, meter), read_all(child.stderr, max_bytes, meter))
        status = await child.wait()
    except BaseException:
        child.abandon()
        raise
    now = clock()
    return ShellAnswer(status, out, err, now, (now - started) * 1000)


async def lines(child: Child, name: str, host: str, max_line: int, meter: Meter) -> AsyncGenerator[bytes, None]:
    """The lines of a long-lived command without their ends; what exceeds `max_line` in one is dropped."""
    tail = bytearray()
    keeper = asyncio.ensure_future(_keep_tail(child.stderr, tail, meter))
    try:
        pending = bytearray()
        while chunk := await child.stdout.read(CHUNK):
            meter.bytes_in += len(chunk)
            for number, piece in enumerate(chunk.split(b"\n")):
                if number > 0:
                    yield bytes(pending).removesuffix(b"\r")
                    pending.clear()
                pending += piece[: max_line - len(pending)]
        if pending:
            yield bytes(pending)
        status = await child.wait()
        if status != 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(keeper), 0.5)
            said = clean(bytes(tail).strip(), 200)
            raise CommandError(
                f"{name} ended with status {status}" + (f": {said}" if said else ""), exit_status=status, host=host
            )
    finally:
        keeper.cancel()
        try:
            await asyncio.gather(keeper, return_exceptions=True)
        finally:
            child.abandon()  # only now: two readers of one channel are not allowed


async def _keep_tail(reader: Reader, tail: bytearray, meter: Meter) -> None:
    while chunk := await reader.read(CHUNK):
        meter.bytes_in += len(chunk)
        tail += chunk
        del tail[:-_STDERR_TAIL]


def monotonic() -> float:
    """The default clock, in one place so that tests can see what it is."""
    return time.monotonic()
