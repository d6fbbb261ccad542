"""Where events meet the state: one world, reduced in one thread, published as the newest snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.collect.clock import Clock
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.observed import Confirmation, Trouble
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.stress import StressPicture
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.state.chain import after_comparison
from aitbc_tui.state.events import (
    Acknowledged,
    Answered,
    CollectorFell,
    Event,
    Failed,
    Kind,
    LedgerTold,
    LinkChanged,
    Quieted,
    Source,
    StressTold,
)
from aitbc_tui.state.facts import World, begin
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import Topology
from aitbc_tui.transport.values import LinkReport

if TYPE_CHECKING:
    from aitbc_tui.collect.record import Recorder


class Hub:
    """Events in, snapshots out. Only the collector's thread calls `emit` and `publish`."""

    def __init__(self, topology: Topology, clock: Clock) -> None:
        self.clock = clock
        self.world: World = begin(topology)
        self._wake: Callable[[], None] | None = None
        self._changed = True
        self._recorder: Recorder | None = None
        self._newest = self._draw(clock.monotonic(), clock.utc())

    def record(self, recorder: Recorder) -> None:
        """From now on everything that is heard goes into a file, too."""
        self._recorder = recorder
        recorder.begin(self.world.topology, self.clock.monotonic(), self.clock.utc())

    @property
    def recording(self) -> bool:
        return self._recorder is not None

    @property
    def newest(self) -> Snapshot:
        """The snapshot published last; safe to read from any thread."""
        return self._newest

    def on_change(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def emit(self, event: Event) -> None:
        if self._recorder is not None:
            self._recorder.event(event)
        self.world = reduce(self.world, event)
        if isinstance(event, Answered) and event.source.kind in (Kind.HEAD, Kind.BLOCK):
            self.world = after_comparison(self.world, event.at, event.utc)
        self._changed = True

    def answered(self, source: Source, payload: object, at: float, rtt_ms: float | None = None) -> None:
        self.emit(Answered(source, payload, at, self.clock.utc(), rtt_ms))

    def confirmed(self, source: Source, payload: object, at: float, by: Confirmation) -> None:
        """What was told before is seen to hold at `at`."""
        self.emit(Answered(source, payload, at, self.clock.utc(), confirmed=by))

    def failed(self, source: Source, trouble: Trouble) -> None:
        self.emit(Failed(source, trouble, self.clock.monotonic(), self.clock.utc()))

    def link(self, report: LinkReport) -> None:
        """What the transport says of a connection, as an event."""
        self.emit(link_event(report, self.clock.monotonic(), self.clock.utc()))

    def topology(self, topology: Topology) -> None:
        if self._recorder is not None:
            self._recorder.topology(topology)
        self.world = replace(self.world, topology=topology)
        self._changed = True

    def acknowledge(self, rule: str, abouts: tuple[str, ...]) -> None:
        """Somebody has seen these alarms of one rule."""
        for about in abouts:
            self.emit(Acknowledged(rule, about, self.clock.monotonic(), self.clock.utc()))
        self.publish()

    def snooze(self, rule: str, abouts: tuple[str, ...], seconds: float, why: str = "") -> None:
        """Hide them from row 0 for so long; 0 ends that."""
        until = self.clock.utc() + seconds
        for about in abouts:
            self.emit(Quieted(rule, about, until, clean(why, 120), self.clock.monotonic()))
        self.publish()

    def stress(self, picture: StressPicture) -> None:
        """The stress test stands so."""
        self.emit(StressTold(picture, self.clock.monotonic()))
        self.publish()

    def ledger(self, error: ConfigError | None) -> None:
        """Whether the ledger can be written; an event only when that changes."""
        words = clean(str(error), 300) if error is not None else SafeText("")
        if words != self.world.ledger_trouble:
            self.emit(LedgerTold(words, self.clock.monotonic()))

    def fell(self, words: SafeText) -> None:
        """The watching stopped, and why; empty: it goes on."""
        self.emit(CollectorFell(words, self.clock.monotonic()))
        self.publish()

    def publish(self) -> Snapshot:
        """Draw and publish the snapshot of this moment, and wake whoever paints."""
        now, utc = self.clock.monotonic(), self.clock.utc()
        if self._recorder is not None:
            self._recorder.published(now, utc)
        self._newest = self._draw(now, utc)
        self._changed = False
        if self._wake is not None:
            self._wake()
        return self._newest

    @property
    def changed(self) -> bool:
        return self._changed

    def _draw(self, now: float, utc: float) -> Snapshot:
        self.world, snapshot = picture(self.world, now, utc)
        return snapshot


def link_event(report: LinkReport, at: float, utc: float) -> LinkChanged:
    """A connection's report as an event; `at` is monotonic, `utc` this machine's clock, both in seconds."""
    return LinkChanged(
        host=report.host,
        state=report.state.value,
        step=report.step,
        since=report.since,
        error=report.error,
        next_try_at=report.next_try_at,
        reconnects=report.reconnects,
        lost=report.lost,
        rtt_ms=report.rtt_ms,
        bytes_in=report.bytes_in,
        bytes_out=report.bytes_out,
        connected_since=report.connected_since,
        fingerprint=clean(report.fingerprint, 80),
        at=at,
        utc=utc,
    )
