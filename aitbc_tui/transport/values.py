"""What a host gives back: the state of its connection, HTTP answers and command answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aitbc_tui.domain.errors import AitbcError


class LinkState(StrEnum):
    """The state of the way to one host."""

    IDLE = "idle"
    CONNECTING = "connecting"
    UP = "up"
    WAITING = "waiting"  # for the next try
    REFUSED = "refused"  # host key, login or configuration: needs a human; still tried, slowly
    LOCAL = "local"
    CLOSED = "closed"


STEPS: Final = ("", "name found", "TCP open", "host key accepted", "key accepted", "ready")


@dataclass(frozen=True, slots=True)
class LinkReport:
    """Everything there is to tell about a connection. All times are seconds of the host's monotonic clock.

    `rtt_ms` is the shortest of the last sixteen answers, so an upper bound of the round trip. `bytes_in` and
    `bytes_out` count what the channels carried, without SSH's own overhead.
    """

    host: str
    state: LinkState
    step: int  # index into STEPS
    since: float
    error: AitbcError | None
    next_try_at: float | None
    reconnects: int
    lost: int
    rtt_ms: float | None
    fingerprint: str
    bytes_in: int
    bytes_out: int
    connected_since: float | None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete HTTP answer of any status. Header names are lower-case; the body is as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class ShellAnswer:
    """What a command printed and how it ended. A negative status is the signal that ended it."""

    exit_status: int
    stdout: bytes
    stderr: bytes
    received_at: float
    elapsed_ms: float


class Meter:
    """Counts bytes and keeps the newest round trips of one host."""

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0
        self._trips: list[float] = []

    def trip(self, elapsed_ms: float) -> None:
        self._trips = [*self._trips[-15:], elapsed_ms]

    def forget(self) -> None:
        """A new connection may take another way: old round trips say nothing about it."""
        self._trips = []

    @property
    def rtt_ms(self) -> float | None:
        return min(self._trips, default=None)
