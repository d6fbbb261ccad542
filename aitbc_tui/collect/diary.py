"""Keeps what the state notices in the ledger: happenings, findings, acknowledgements; and brings it back."""

from __future__ import annotations

import asyncio
import hashlib

from aitbc_tui.collect.hub import Hub
from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import LedgerError
from aitbc_tui.state.events import Remembered
from aitbc_tui.state.topology import Topology

TRUE_AGAIN_S = 60.0  # how finely "last true" is kept
Known = dict[tuple[str, str], tuple[str, float]]


def network_key(topology: Topology) -> str:
    """This network: its name and the addresses behind it, so that another one of the same name starts afresh."""
    places = [f"{host.name}={host.way}" for host in topology.hosts]
    places += [f"{node.name}={node.rpc}" for node in topology.nodes] + [str(topology.coordinator)]
    digest = hashlib.sha256("\n".join(places).encode("utf-8", "replace")).hexdigest()
    return f"{topology.environment.name}·{digest[:12]}"


class DiaryKeeper:
    """One collector's pen. What cannot be written is said, and tried again with the next."""

    def __init__(self, hub: Hub, ledger: Ledger) -> None:
        self._hub = hub
        self._diary = ledger.diary(network_key(hub.world.topology))
        self._written = 0
        self._known: Known = {}
        self._acked: set[tuple[str, str]] = set()

    async def restore(self) -> None:
        """What an earlier run saw, and what it left open."""
        hub, now, utc = self._hub, self._hub.clock.monotonic(), self._hub.clock.utc()

        if hub.world.journal.count:
            self._written = hub.world.journal.count  # the same process, restarted after a failure
            return
        past, findings, acked = await asyncio.to_thread(
            lambda: (self._diary.happenings(), self._diary.open_findings(), self._diary.acknowledged(utc))
        )
        try:
            await asyncio.to_thread(self._diary.prune, utc)
        except LedgerError as error:
            hub.ledger(error)
        self._known = {(a.rule, str(a.about)): (str(a.evidence), a.last_true or a.since) for a in findings}
        self._acked = set(acked)
        hub.emit(Remembered(tuple(past), tuple(findings), tuple(acked), now))

    async def save(self) -> None:
        """What is new since the last call."""
        journal = self._hub.world.journal
        fresh = journal.happenings[: min(journal.count - self._written, len(journal.happenings))]
        findings = [a for a in self._hub.newest.alarms if a.open and a.kind is AlarmKind.FINDING and self._news(a)]
        acked = set(self._hub.world.alarms.acked) - self._acked
        if not fresh and not findings and not acked:
            return
        try:
            await asyncio.to_thread(self._diary.write, tuple(reversed(fresh)), findings, acked)
        except LedgerError as error:
            self._hub.ledger(error)
            return
        self._hub.ledger(None)
        self._written = journal.count
        self._acked |= acked
        self._known |= {(a.rule, str(a.about)): (str(a.evidence), a.last_true or a.since) for a in findings}

    def _news(self, alarm: Alarm) -> bool:
        known = self._known.get((alarm.rule, str(alarm.about)))
        if known is None:
            return True
        evidence, last_true = known
        return evidence != alarm.evidence or (alarm.last_true or 0.0) - last_true > TRUE_AGAIN_S
