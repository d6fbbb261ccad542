"""Opens the coordinator of an environment: what polls it, checks its receipts, knows our jobs and writes to it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.coordinator import CoordinatorPoll
from aitbc_tui.collect.ownjobs import OwnJobs
from aitbc_tui.collect.receipts import Keep, KeysSince, ReceiptPages, Verifier
from aitbc_tui.collect.setup import Setup
from aitbc_tui.collect.writes import Writer, known_jobs, unsure
from aitbc_tui.config.model import CoordinatorConfig
from aitbc_tui.domain.identity import Masker, Role
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.orders import Desk
from aitbc_tui.protocol.capability import AuthMode


async def open_coordinator(
    config: CoordinatorConfig, asker: Asker, setup: Setup, mask: Masker, ledger: Ledger, access: Access
) -> tuple[CoordinatorPoll, Writer]:
    """Its poll and what writes to it; our jobs of earlier runs are told to the state. Nothing is sent yet."""
    host, url, hub = config.host, config.url, asker.hub
    verifier = Verifier(setup.trust, mask, _kept_in(ledger, setup.environment.name), hub.ledger)
    pages = ReceiptPages(asker, host, url, mask, verifier)
    own = OwnJobs(asker, host, url, mask, verifier, pages)
    await _tell_own_jobs(asker, own, ledger, setup.environment.name)
    client = client_label(asker, mask)
    hub.topology(replace(hub.world.topology, client=client))
    desk = Desk(setup.environment.name, access, ledger, asker.keys.has("client"), str(client))
    t = hub.world.topology
    poll = CoordinatorPoll(
        asker,
        host,
        url,
        mask,
        own,
        pages,
        queue_s=t.queue_interval_s,
        miners_s=t.miners_interval_s,
        receipts_s=t.receipts_interval_s,
    )
    asker.keys.mode, asker.keys.detect = AuthMode.UNKNOWN, poll.detector.ready
    return poll, Writer(asker, host, url, mask, desk, own)


def client_label(asker: Asker, mask: Masker) -> SafeText:
    """As whom the coordinator knows our client credential, masked; empty where there is none or it does not say."""
    client = asker.keys.identity("client")
    return mask(Role.CLIENT, client).label if client else SafeText("")


async def _tell_own_jobs(asker: Asker, own: OwnJobs, ledger: Ledger, environment: str) -> None:
    clock = asker.hub.clock
    rows = await asyncio.to_thread(ledger.own_jobs, environment)
    own.known(known_jobs(rows, clock.monotonic()))
    for event in unsure(rows, clock.monotonic(), clock.utc()):
        asker.hub.emit(event)


def _kept_in(ledger: Ledger, environment: str) -> Keep:
    """Receipts are kept in the ledger, which knows since when each signing key has been seen."""

    def keep(receipts: list[VerifiedReceipt]) -> KeysSince:
        keys = [seen.key for seen in ledger.seen_receipts(environment, receipts)]
        return {key.key_id: key.first_seen for key in keys if key is not None}

    return keep
