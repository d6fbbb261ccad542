"""Where a transaction is: on which nodes pending, in which block, vanished and why, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aitbc_tui.domain.node import Account, Transaction
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Verdict
from aitbc_tui.state.fee_advice import FeeAdvice, fee_advice
from aitbc_tui.state.tx_checks import NodeView, TxCheck, account_of, checks_of, nonce_gaps, waiting
from aitbc_tui.state.tx_query import Kind, Query
from aitbc_tui.state.tx_sightings import Place, Sighting, sighting_of
from aitbc_tui.state.tx_verdicts import verdict_of, why_it_waits


@dataclass(frozen=True, slots=True)
class TxPicture:
    """One transaction over all nodes."""

    tx_hash: SafeText
    tx: Transaction | None
    verdict: Verdict
    sightings: tuple[Sighting, ...]
    checks: tuple[TxCheck, ...] = ()
    why: tuple[SafeText, ...] = ()  # what holds it up while it is pending


@dataclass(frozen=True, slots=True)
class AddressView:
    """What the chain says of an address, and which nonces are missing among what it has waiting."""

    address: SafeText
    account: Account | None
    gaps: tuple[int, ...] = ()

    @property
    def words(self) -> SafeText:
        if self.account is None:
            return SafeText("its account could not be read")
        if self.account.exists is False:
            return SafeText("no such account on the chain; what it sends is accepted with 200 and vanishes")
        balance = "?" if self.account.balance is None else f"{self.account.balance:,}"
        said = f"balance {balance}, next nonce {'?' if self.account.nonce is None else self.account.nonce}"
        if self.account.exists is None and not self.account.balance and not self.account.nonce:
            said += "; this version answers the same for an account that does not exist"
        if self.gaps:
            said += f"; nonces missing among what waits: {', '.join(map(str, self.gaps[:10]))} (a hint)"
        return SafeText(said)


@dataclass(frozen=True, slots=True)
class Search:
    """Everything that one search brought."""

    query: Query
    pictures: tuple[TxPicture, ...]
    address: AddressView | None
    fee: FeeAdvice
    unheard: tuple[tuple[str, SafeText], ...] = ()  # node and why


def search(query: Query, views: Sequence[NodeView]) -> Search:
    """The transactions that the query names; for an address what the chain says of it besides."""
    address = address_view(query.text, views) if query.kind is Kind.ADDRESS else None
    unheard = tuple((view.name, view.trouble.detail) for view in views if view.trouble is not None)
    return Search(query, tuple(found(query, views)), address, fee_advice(views), unheard)


def address_view(address: str, views: Sequence[NodeView]) -> AddressView:
    """The account as the producer has it, and the gaps among its waiting nonces."""
    account = account_of(address, views)
    return AddressView(SafeText(address), account, nonce_gaps(address, waiting(views), account))


def found(query: Query, views: Sequence[NodeView]) -> list[TxPicture]:
    """Every transaction that the query names; for a hash always one, even where it is nowhere."""
    seen: dict[SafeText, Transaction] = {}
    for view in views:
        for tx in _all(view):
            if tx.tx_hash and query.matches(tx):
                seen.setdefault(SafeText(tx.tx_hash.lower()), tx)
    if query.kind is Kind.HASH and not seen:
        return [picture_of(SafeText(query.text), None, views)]
    return [picture_of(tx_hash, tx, views) for tx_hash, tx in seen.items()]


def _all(view: NodeView) -> Iterable[Transaction]:
    yield from view.mempool.transactions if view.mempool else ()
    for block in view.blocks:
        yield from block.transactions
    for tx, _, _ in view.older.values():
        yield tx


def picture_of(tx_hash: SafeText, tx: Transaction | None, views: Sequence[NodeView]) -> TxPicture:
    """Where it is, what that means, and which checks it fails."""
    sightings = tuple(sighting_of(tx_hash, view) for view in views)
    included = any(s.place is Place.BLOCK for s in sightings)
    checks = checks_of(tx, views) if tx is not None and not included else ()
    why = why_it_waits(sightings, checks, views)
    return TxPicture(tx_hash, tx, verdict_of(tx, sightings, checks, views), sightings, checks, why)
