"""Looks for a job's payment and receipt on the nodes: the payment's transaction, and payloads that name the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.collect.blocks import DEPTH, escrow_of, looked_up, scan
from aitbc_tui.domain.snapshot import JobRow
from aitbc_tui.state.settlement import ChainLook
from aitbc_tui.state.transactions import found
from aitbc_tui.state.tx_query import Kind, Query, query_of

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


async def look_at_chain(collector: Collector, row: JobRow, depth: int = DEPTH) -> ChainLook:
    """One scan of every node answers both."""
    views = await scan(collector, depth)
    naming = list(found(Query(Kind.ID, str(row.job.job_id).lower()), views))
    if row.receipt is not None and row.receipt.facts.receipt_id:
        naming += found(Query(Kind.ID, str(row.receipt.facts.receipt_id).lower()), views)
    transfer = None
    if row.payment is not None and row.payment.transaction_hash:
        query = query_of(str(row.payment.transaction_hash))
        if query.kind is Kind.HASH:
            transfer = next(iter(found(query, await looked_up(collector, views, [query]))), None)
    escrow = await escrow_of(collector, views, str(row.job.job_id))
    return ChainLook(transfer, tuple(naming), tuple(views), escrow)
