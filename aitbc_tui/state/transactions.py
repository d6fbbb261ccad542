"""Where a transaction is: on which nodes pending, in which block, vanished and why, and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.node import Account, Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_ID = re.compile(r"[0-9a-fA-F]{32}")


class Kind(StrEnum):
    """What was asked for, told by its form."""

    HASH = "hash"
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
            case Kind.ADDRESS:
                return self.text in (tx.sender, tx.recipient)
            case Kind.ID:
                return self.text in tx.payload.lower()


def query_of(text: str) -> Query:
    """64 hex digits are a hash, 32 are an id of the coordinator, all else is an address."""
    if _HASH.fullmatch(text):
        return Query(Kind.HASH, "0x" + text.lower().removeprefix("0x"))
    if _ID.fullmatch(text):
        return Query(Kind.ID, text.lower())
    return Query(Kind.ADDRESS, text)


@dataclass(frozen=True, slots=True)
class NodeView:
    """What one node said: its mempool (fee descending), the blocks that were searched, what it did not say."""

    name: str
    drains: bool  # a producer's mempool drains, a follower's keeps everything by design
    chain_id: str = ""
    head: int | None = None
    mempool: MempoolReading | None = None
    blocks: tuple[Block, ...] = ()
    searched_from: int | None = None  # the lowest height searched; None: no block could be
    trouble: Trouble | None = None
    accounts: Mapping[str, Account] | None = None


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
    at: float | None = None  # the block's own time, UTC seconds
    rank: tuple[int, int] | None = None
    note: SafeText = SafeText("")


class CheckKind(StrEnum):
    SENDER = "sender"
    BALANCE = "balance"
    NONCE = "nonce"
    CHAIN = "chain"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class TxCheck:
    """One check that no node makes. `passed` None: cannot be checked. `decides`: failing it keeps it out of a block."""

    kind: CheckKind
    passed: bool | None
    detail: SafeText
    decides: bool = False


@dataclass(frozen=True, slots=True)
class TxPicture:
    """One transaction over all nodes."""

    tx_hash: SafeText
    tx: Transaction | None
    verdict: Verdict
    sightings: tuple[Sighting, ...]
    checks: tuple[TxCheck, ...] = ()


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


def picture_of(tx_hash: SafeText, tx: Transaction | None, views: Sequence[NodeView]) -> TxPicture:
    """Where it is, what that means, and which checks it fails."""
    sightings = tuple(_sighting(tx_hash, view) for view in views)
    included = any(s.place is Place.BLOCK for s in sightings)
    checks = checks_of(tx, views) if tx is not None and not included else ()
    return TxPicture(tx_hash, tx, _verdict(tx, sightings, checks, views), sightings, checks)


def _sighting(tx_hash: SafeText, view: NodeView) -> Sighting:
    for block in view.blocks:
        if any(tx.tx_hash.lower() == tx_hash for tx in block.transactions):
            at = block.timestamp.timestamp() if block.timestamp else None
            note = SafeText("a hollow block: stored without parent or proposer") if block.hollow else SafeText("")
            return Sighting(view.name, Place.BLOCK, block.height, block.hash, at, note=note)
    if view.mempool is None and view.searched_from is None:
        return Sighting(view.name, Place.UNKNOWN, note=view.trouble.detail if view.trouble else SafeText("not heard"))
    pending = view.mempool.transactions if view.mempool else ()
    for index, tx in enumerate(pending):
        if tx.tx_hash.lower() == tx_hash:
            place = Place.MEMPOOL if view.drains else Place.KEPT
            return Sighting(view.name, place, rank=(index + 1, len(pending)))
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
    if tx is not None:  # a follower still keeps it
        why = failed[0].detail if failed else SafeText("the reason cannot be told from the sender's account now")
        words = f"neither pending at the producer nor in a block searched; {why}"
        return Verdict(Level.BAD, SafeText("VANISHED"), SafeText(words))
    words = "no node holds it: never sent, older than the blocks searched, or accepted with 200 and dropped unsaid"
    return Verdict(Level.BAD, SafeText("NOT FOUND"), SafeText(words))


def _included(blocks: Sequence[Sighting], heard: Sequence[Sighting], views: Sequence[NodeView]) -> Verdict:
    heights = sorted({(s.height or 0, s.block_hash) for s in blocks})
    if len({height for height, _ in heights}) > 1 or len({h for _, h in heights}) > 1:
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


def checks_of(tx: Transaction, views: Sequence[NodeView]) -> tuple[TxCheck, ...]:
    """What the node does not check on submission, checked by the producer's own account of the sender."""
    account, chains = _account(tx, views), {view.chain_id for view in views if view.chain_id}
    return (_sender(tx, account), _balance(tx, account), _nonce(tx, account), _chain(tx, chains), _signature(tx))


def _account(tx: Transaction, views: Sequence[NodeView]) -> Account | None:
    ordered = sorted(views, key=lambda view: not view.drains)  # the producer knows best
    known = (view.accounts.get(tx.sender) for view in ordered if view.accounts)
    return next((account for account in known if account is not None), None)


def _sender(tx: Transaction, account: Account | None) -> TxCheck:
    if account is None or account.exists is None:
        return TxCheck(CheckKind.SENDER, None, SafeText("the sender's account could not be read"))
    if not account.exists:
        words = f"the sender {tx.sender[:20]} is unknown to the chain"
        return TxCheck(CheckKind.SENDER, False, SafeText(words), decides=True)
    return TxCheck(CheckKind.SENDER, True, SafeText("the sender's account exists"))


def _balance(tx: Transaction, account: Account | None) -> TxCheck:
    if account is None or not account.exists or account.balance is None or tx.amount is None:
        return TxCheck(CheckKind.BALANCE, None, SafeText("no balance to compare with"))
    cost = tx.amount + (tx.fee or 0)
    if account.balance < cost:
        words = f"the sender has {account.balance:,}, amount and fee are {cost:,}"
        return TxCheck(CheckKind.BALANCE, False, SafeText(words), decides=True)
    return TxCheck(CheckKind.BALANCE, True, SafeText(f"{account.balance:,} covers {cost:,}"))


def _nonce(tx: Transaction, account: Account | None) -> TxCheck:
    if account is None or account.nonce is None or tx.nonce is None:
        return TxCheck(CheckKind.NONCE, None, SafeText("no nonce to compare with"))
    if tx.nonce == account.nonce:
        return TxCheck(CheckKind.NONCE, True, SafeText(f"nonce {tx.nonce} is the sender's next"))
    gap = "used already" if tx.nonce < account.nonce else f"{tx.nonce - account.nonce} missing before it"
    words = f"nonce {tx.nonce}, the sender's next is {account.nonce}: {gap}; a hint only, no node checks it"
    return TxCheck(CheckKind.NONCE, False, SafeText(words))


def _chain(tx: Transaction, chains: set[str]) -> TxCheck:
    if not tx.chain_id or not chains:
        return TxCheck(CheckKind.CHAIN, None, SafeText("no chain id to compare"))
    if tx.chain_id in chains:
        return TxCheck(CheckKind.CHAIN, True, SafeText(f"chain {tx.chain_id}"))
    words = f"meant for chain {tx.chain_id}, this is {', '.join(sorted(chains))}; the node takes it all the same"
    return TxCheck(CheckKind.CHAIN, False, SafeText(words))


def _signature(tx: Transaction) -> TxCheck:
    if tx.signed:
        words = "a signature is there; no key is published to check it with, and no node checks it"
        return TxCheck(CheckKind.SIGNATURE, None, SafeText(words))
    return TxCheck(CheckKind.SIGNATURE, False, SafeText("not signed: anybody could have sent it; no node checks it"))


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


def nonce_gaps(sender: str, txs: Iterable[Transaction], account: Account | None) -> tuple[int, ...]:
    """Nonces of this sender that are missing among what waits; a hint, since April checks none."""
    nonces = sorted({tx.nonce for tx in txs if tx.sender == sender and tx.nonce is not None})
    if not nonces:
        return ()
    start = account.nonce if account is not None and account.nonce is not None else nonces[0]
    return tuple(n for n in range(start, nonces[-1]) if n not in nonces)[:100]
