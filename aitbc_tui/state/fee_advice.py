"""The fee to offer now, and what that figure rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.tx_checks import NodeView


@dataclass(frozen=True, slots=True)
class FeeAdvice:
    """A suggested fee and what it rests on; None: nothing to say it from."""

    fee: int | float | None
    basis: SafeText


def fee_advice(views: Sequence[NodeView]) -> FeeAdvice:
    """Enough to stand before most of what waits, else what the last blocks took."""
    producer = next((view for view in views if view.drains and view.mempool is not None), None)
    waiting = (
        sorted(tx.fee for tx in producer.mempool.transactions if tx.fee is not None)
        if producer and producer.mempool
        else []
    )
    if waiting:
        at = waiting[min(len(waiting) - 1, (len(waiting) * 3) // 4)]
        return FeeAdvice(
            at,
            SafeText(f"three quarters of {len(waiting)} pending at {producer.name if producer else '?'} offer no more"),
        )
    taken = sorted(tx.fee for view in views for block in view.blocks for tx in block.transactions if tx.fee is not None)
    if taken:
        return FeeAdvice(
            taken[len(taken) // 2], SafeText(f"nothing waits; the median of {len(taken)} in the last blocks")
        )
    return FeeAdvice(None, SafeText("nothing waits and no block searched holds a transaction"))
