"""What the ledger, transaction and block screens ask for: one answer each, off the rhythm of the polls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.collect.masking import load_masker
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger.space import Space, space_of
from aitbc_tui.operations.export import Entry, charges_of, entries_of, masked_json
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.spreading import Spreading
from aitbc_tui.state.totals import Charge
from aitbc_tui.state.transactions import Search, search
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.state.tx_query import query_of

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

NEWEST = 2000  # receipts of the ledger that the screen holds
EXPORTS = "exports"
DEPTH = 200


async def ledger_entries(collector: Collector) -> tuple[tuple[Entry, ...], tuple[Charge, ...], Space | None]:
    """The newest receipts of the ledger, what they are as money, and how much room all of it takes."""
    return await asyncio.to_thread(_entries, collector)


def _mask(collector: Collector) -> Masker:
    return load_masker(collector.setup.ledger.parent, collector.setup.environment.miners)


def _entries(collector: Collector) -> tuple[tuple[Entry, ...], tuple[Charge, ...], Space | None]:
    env, ledger = collector.setup.environment.name, collector.ledger
    mask, trust = _mask(collector), collector.setup.trust
    rows = ledger.receipts(env, NEWEST)
    own = {job.job_id for job in ledger.own_jobs(env, 100_000) if job.job_id is not None}
    recorded = entries_of(rows, mask)
    # Shown with their checks, by the keys that are pinned now; the verdict beside them is the recorded one.
    entries = tuple(Entry(e.stored, verify(e.stored.body, trust, mask=mask), e.conflict) for e in recorded)
    return entries, tuple(charges_of(entries, own)), space_of(collector.setup.ledger)


async def export_masked(collector: Collector) -> str:
    """The whole ledger, masked, into a private file; where it is."""
    return await asyncio.to_thread(_export, collector)


def _export(collector: Collector) -> str:
    from aitbc_tui.ledger.files import private_folder, replace_file

    env, ledger, now = collector.setup.environment.name, collector.ledger, collector.clock.utc()
    entries = entries_of(ledger.receipts(env, 10_000_000), _mask(collector))
    folder = collector.setup.ledger.parent / EXPORTS
    private_folder(folder)
    path = folder / f"receipts-{env}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}.json"
    replace_file(Path(path), masked_json(entries, ledger.own_jobs(env, 10_000_000), env, now))
    return str(path)


async def find_transactions(collector: Collector, text: str) -> Search:
    """Over every node's mempool and recent blocks; with the sender's account where it matters."""
    from aitbc_tui.collect.blocks import looked_up, scan

    plain = text.replace("…", "", 1).replace("-", "").replace("_", "")
    if not plain or len(text) > 128 or not plain.isascii() or not plain.isalnum():
        raise ConfigError("no hash, address or id", remedy="a hash or its first digits, 32 digits, or ait1...")
    query = query_of(text)
    return search(query, await looked_up(collector, await scan(collector, DEPTH), [query]))


async def recent_blocks(collector: Collector, limit: int) -> tuple[NodeView, ...]:
    """The newest `limit` blocks of every node, each with its body where it has transactions."""
    from aitbc_tui.collect.blocks import scan

    return tuple(await scan(collector, limit, mempool=False, every_block=True))


async def burst(collector: Collector, seconds: float) -> Spreading:
    """How a block spreads: every node asked again and again for so many seconds."""
    from aitbc_tui.collect.blocks import burst_of

    return await burst_of(collector, seconds)
