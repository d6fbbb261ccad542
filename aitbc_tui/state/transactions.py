"""Where a transaction is: on which nodes pending, in which block, vanished and why, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from aitbc_tui.domain.address import is_account
from aitbc_tui.domain.node import Account, Transaction
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.tx_checks import NodeView, TxCheck, account_of, checks_of, nonce_gaps, waiting

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_BEGINNING = re.compile(r"(0x)?[0-9a-fA-F]{6,31}(…[0-9a-fA-F]{1,16})?")
_ID = re.compile(r"[0-9a-fA-F]{32}")
STANDS_S = 75.0  # an idle chain of 2026-08 makes a block a minute, April one every few seconds


class Kind(StrEnum):
    """What was asked for, told by its form."""

    HASH = "hash"
    BEGINNING = "beginning of a hash"
    ID = "job or receipt id"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Query:
    """One thing to search for. A hash is kept with its `0x` and in lower case."""

    kind: Kind
    text: str

    def matches(self, tx: Transaction) -> bool:
        match self.kind:
            case Kind.HASH:
                return tx.tx_hash.lower() == self.text
            case Kind.BEGINNING:
                first, _, last = self.text.partition("…")
                return tx.tx_hash.lower().startswith(first) and tx.tx_hash.lower().endswith(last)
            case Kind.ADDRESS:
                return any(is_account(str(one), self.text) for one in (tx.sender, tx.recipient))
            case Kind.ID:
                return self.text in tx.payload.lower()


def query_of(text: str) -> Query:
    """64 hex digits are a hash, 32 are an id of the coordinator; fewer, as screens print them, begin a hash."""
    if _HASH.fullmatch(text):
        return Query(Kind.HASH, "0x" + text.lower().removeprefix("0x"))
    if _ID.fullmatch(text):
        return Query(Kind.ID, text.lower())
    if _BEGINNING.fullmatch(text):
        return Query(Kind.BEGINNING, "0x" + text.lower().removeprefix("0x"))
    return Query(Kind.ADDRESS, text)


class Place(StrEnum):
    BLOCK = "in block"
    MEMPOOL = "pending"
    KEPT = "kept"  # a follower's mempool keeps what a block has taken long ago
    NOWHERE = "not here"
    UNKNOWN = "not heard"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One node's answer on one transaction. `rank` is its place by fee among so many pending."""

    node: str
    place: Place
    height: int | None = None
    block_hash: SafeText = SafeText("")
    at: float | None = None  # the block's own time; of a pending one, since when it is known here; UTC seconds
    rank: tuple[int, int] | None = None
    note: SafeText = SafeText("")


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
    sightings = tuple(_sighting(tx_hash, view) for view in views)
    included = any(s.place is Place.BLOCK for s in sightings)
    checks = checks_of(tx, views) if tx is not None and not included else ()
    why = _why(sightings, checks, views)
    return TxPicture(tx_hash, tx, _verdict(tx, sightings, checks, views), sightings, checks, why)


def _why(sightings: Sequence[Sighting], checks: Sequence[TxCheck], views: Sequence[NodeView]) -> tuple[SafeText, ...]:
    """Why it still waits: what it fails, who pays more, and whether anybody makes blocks at all."""
    pending = next((s for s in sightings if s.place is Place.MEMPOOL and s.rank), None)
    if pending is None or pending.rank is None or any(s.place is Place.BLOCK for s in sightings):
        return ()
    said = [f"{check.kind.value}: {check.detail}" for check in checks if check.passed is False]
    place, _ = pending.rank
    producer = next(view for view in views if view.name == pending.node)
    taken = [block.tx_count for block in producer.blocks if block.tx_count]
    if place > 1:
        paid = f"{place - 1:,} before it by fee"
        blocks = "" if not taken else f"; a block took {median(taken):g} (median of {len(taken)} with transactions)"
        said.append(paid + blocks)
    if producer.head_age_s is not None and producer.head_age_s > STANDS_S:
        said.append(f"the newest block of {producer.name} is {producer.head_age_s:.0f} s old: nobody makes blocks")
    return tuple(SafeText(text) for text in said) or (SafeText("nothing that is seen: it is due in the next block"),)


def _sighting(tx_hash: SafeText, view: NodeView) -> Sighting:
    for block in view.blocks:
        if any(tx.tx_hash.lower() == tx_hash for tx in block.transactions):
            at = block.timestamp.timestamp() if block.timestamp else None
            note = SafeText("a hollow block: stored without parent or proposer") if block.hollow else SafeText("")
            return Sighting(view.name, Place.BLOCK, block.height, block.hash, at, note=note)
    if tx_hash in view.older:
        _, height, moment = view.older[tx_hash]
        return Sighting(view.name, Place.BLOCK, height, at=moment, note=SafeText("by the node's own index"))
    if view.mempool is None and view.searched_from is None:
        return Sighting(view.name, Place.UNKNOWN, note=view.trouble.detail if view.trouble else SafeText("not heard"))
    pending = view.mempool.transactions if view.mempool else ()
    for index, tx in enumerate(pending):
        if tx.tx_hash.lower() == tx_hash:
            place = Place.MEMPOOL if view.drains else Place.KEPT
            at = view.first_seen.get(str(tx_hash))
            return Sighting(view.name, place, at=at, rank=(index + 1, len(pending)))
    return Sighting(view.name, Place.NOWHERE, note=_searched(view))


def _searched(view: NodeView) -> SafeText:
    parts = []
    if view.searched_from is not None and view.head is not None:
        parts.append(f"searched blocks {view.searched_from:,} to {view.head:,}")
    else:
        parts.append("no block could be searched")
    if view.mempool is None:
        parts.append("mempool not read")
    elif view.mempool.capped:
        parts.append(f"the first {len(view.mempool.transactions):,} of its mempool")
    else:
        parts.append(f"{len(view.mempool.transactions):,} pending")
    return SafeText(", ".join(parts))


def _verdict(
    tx: Transaction | None, sightings: Sequence[Sighting], checks: Sequence[TxCheck], views: Sequence[NodeView]
) -> Verdict:
    heard = [s for s in sightings if s.place is not Place.UNKNOWN]
    if not heard:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("no node was heard"))
    blocks = [s for s in sightings if s.place is Place.BLOCK]
    if blocks:
        return _included(blocks, heard, views)
    failed = [check for check in checks if check.passed is False and check.decides]
    pending = [s for s in sightings if s.place is Place.MEMPOOL]
    if pending:
        if failed:
            return Verdict(Level.WARN, SafeText("will vanish"), SafeText(f"pending, and {failed[0].detail}"))
        place, of = pending[0].rank or (0, 0)
        return Verdict(Level.WAITS, SafeText("pending"), SafeText(f"{place} of {of} by fee at {pending[0].node}"))
    producers = [view for view in views if view.drains]
    producer_heard = any(view.mempool is not None and not view.mempool.capped for view in producers)
    if not producer_heard:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("no whole mempool of a producer was read"))
    kept = [s.node for s in sightings if s.place is Place.KEPT]
    if tx is not None and kept and any(view.signs for view in views):
        words = f"only {', '.join(kept)} holds it, and this version forwards nothing: send it to the producer"
        return Verdict(Level.BAD, SafeText("STUCK"), SafeText(words))
    if tx is not None:  # a follower still keeps it
        why = failed[0].detail if failed else SafeText("the reason cannot be told from the sender's account now")
        words = f"neither pending at the producer nor in a block searched; {why}"
        return Verdict(Level.BAD, SafeText("VANISHED"), SafeText(words))
    words = "no node holds it: never sent, older than the blocks searched, or accepted with 200 and dropped unsaid"
    return Verdict(Level.BAD, SafeText("NOT FOUND"), SafeText(words))


def _included(blocks: Sequence[Sighting], heard: Sequence[Sighting], views: Sequence[NodeView]) -> Verdict:
    heights = sorted({(s.height or 0, s.block_hash) for s in blocks})
    if len({height for height, _ in heights}) > 1 or len({h for _, h in heights if h}) > 1:
        where = ", ".join(f"{s.node} {s.height:,}" for s in blocks)
        return Verdict(Level.BAD, SafeText("TWO CHAINS"), SafeText(f"in different blocks: {where}"))
    height = blocks[0].height or 0
    words = f"block {height:,} on {len(blocks)} of {len(heard)} nodes heard"
    heads = {view.name: view.head for view in views}
    missing = [s for s in heard if s.place is not Place.BLOCK]
    behind = [s.node for s in missing if (heads.get(s.node) or 0) < height]
    hollow = [s.node for s in missing if s.node not in behind]
    if behind:
        words += f"; {', '.join(behind)} has not reached that height"
    if hollow:
        words += f"; {', '.join(hollow)} is past that height and has it not: hollow or another chain"
        return Verdict(Level.WARN, SafeText("included"), SafeText(words))
    return Verdict(Level.GOOD, SafeText("included"), SafeText(words))


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
