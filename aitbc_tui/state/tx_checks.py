"""What no node of April checks of a transaction, checked here: sender, balance, nonce, chain, signature. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.domain.address import digits, is_account, same_address
from aitbc_tui.domain.node import Account, Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.topology import PLATFORM


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
    generation: str = ""  # found by probing; empty or "unknown" where that brought nothing
    head_age_s: float | None = None  # by the node's own clock
    signers: Mapping[str, SafeText] = field(default_factory=dict)  # hash -> who signed, "" nobody that can be told
    first_seen: Mapping[str, float] = field(default_factory=dict)  # hash -> since when we know it pending, UTC seconds
    older: Mapping[str, tuple[Transaction, int, float | None]] = field(default_factory=dict)  # below what was searched

    @property
    def signs(self) -> bool:
        """Whether this version takes only what its sender signed (contract platform-2026-08 §2.4).

        It also forwards nothing from a follower. A version that was not found out is not said to do either.
        """
        return self.generation == PLATFORM


class CheckKind(StrEnum):
    """What a transaction is checked for."""

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


def checks_of(tx: Transaction, views: Sequence[NodeView]) -> tuple[TxCheck, ...]:
    """By the producer's own account of the sender, where that could be read."""
    account, chains = account_of(str(tx.sender), views), {view.chain_id for view in views if view.chain_id}
    signs = any(view.signs for view in views)
    return (
        _sender(tx, account),
        _balance(tx, account),
        _nonce(tx, account, waiting(views)),
        _chain(tx, chains),
        _signature(tx, views, signs),
    )


def waiting(views: Sequence[NodeView]) -> list[Transaction]:
    """What waits where it will be taken from."""
    return [tx for view in views if view.drains and view.mempool for tx in view.mempool.transactions]


def account_of(address: str, views: Sequence[NodeView]) -> Account | None:
    """As the producer has it, else the first node that said."""
    ordered = sorted(views, key=lambda view: not view.drains)
    for view in ordered:
        for name, account in (view.accounts or {}).items():
            if is_account(name, address):
                return account
    return None


def _sender(tx: Transaction, account: Account | None) -> TxCheck:
    if account is None:
        return TxCheck(CheckKind.SENDER, None, SafeText("the sender's account could not be read"))
    if account.exists is None:
        words = "this version does not say whether an account exists: an unknown one has balance 0 and nonce 0"
        return TxCheck(CheckKind.SENDER, True if account.balance or account.nonce else None, SafeText(words))
    if not account.exists:
        words = f"the sender {tx.sender[:20]} is unknown to the chain"
        return TxCheck(CheckKind.SENDER, False, SafeText(words), decides=True)
    return TxCheck(CheckKind.SENDER, True, SafeText("the sender's account exists"))


def _balance(tx: Transaction, account: Account | None) -> TxCheck:
    if account is None or account.exists is False or account.balance is None or tx.amount is None:
        return TxCheck(CheckKind.BALANCE, None, SafeText("no balance to compare with"))
    cost = tx.amount + (tx.fee or 0)
    if account.balance < cost:
        words = f"the sender has {account.balance:,}, amount and fee are {cost:,}"
        return TxCheck(CheckKind.BALANCE, False, SafeText(words), decides=True)
    return TxCheck(CheckKind.BALANCE, True, SafeText(f"{account.balance:,} covers {cost:,}"))


def _nonce(tx: Transaction, account: Account | None, pending: Iterable[Transaction]) -> TxCheck:
    if account is None or account.nonce is None or tx.nonce is None:
        return TxCheck(CheckKind.NONCE, None, SafeText("no nonce to compare with"))
    if tx.nonce == account.nonce:
        return TxCheck(CheckKind.NONCE, True, SafeText(f"nonce {tx.nonce} is the sender's next"))
    if tx.nonce < account.nonce:
        words = f"nonce {tx.nonce}, the sender's next is {account.nonce}: used already; a hint, not seen to be checked"
        return TxCheck(CheckKind.NONCE, False, SafeText(words))
    there = {other.nonce for other in pending if is_account(str(other.sender), str(tx.sender))}
    missing = [number for number in range(account.nonce, min(tx.nonce, account.nonce + 100)) if number not in there]
    if not missing:
        words = f"nonce {tx.nonce}: {tx.nonce - account.nonce} before it wait, too, none is missing"
        return TxCheck(CheckKind.NONCE, True, SafeText(words))
    words = f"nonce {tx.nonce}, the sender's next is {account.nonce}: {len(missing)} missing before it"
    return TxCheck(CheckKind.NONCE, False, SafeText(f"{words}; a hint, not seen to be checked"))


def _chain(tx: Transaction, chains: set[str]) -> TxCheck:
    if not tx.chain_id or not chains:
        return TxCheck(CheckKind.CHAIN, None, SafeText("no chain id to compare"))
    if tx.chain_id in chains:
        return TxCheck(CheckKind.CHAIN, True, SafeText(f"chain {tx.chain_id}"))
    words = f"meant for chain {tx.chain_id}, this is {', '.join(sorted(chains))}; the node takes it all the same"
    return TxCheck(CheckKind.CHAIN, False, SafeText(words))


def _signature(tx: Transaction, views: Sequence[NodeView], signs: bool) -> TxCheck:
    found = next((view.signers[tx.tx_hash] for view in views if tx.tx_hash in view.signers), None)
    if found is not None and digits(str(tx.sender)):
        if same_address(str(found), str(tx.sender)):
            return TxCheck(CheckKind.SIGNATURE, True, SafeText("the sender's own key signed it"))
        who = f"signed by {found}, not by its sender" if found else "nobody's key makes this signature"
        return TxCheck(CheckKind.SIGNATURE, False, SafeText(who))
    if tx.signed:
        words = "a signature is there; nothing that is published says whose it is, and no node of April checks it"
        return TxCheck(CheckKind.SIGNATURE, None, SafeText(words))
    more = "this version refuses such a one" if signs else "anybody could have sent it; no node of April checks it"
    return TxCheck(CheckKind.SIGNATURE, False, SafeText(f"not signed: {more}"))


def nonce_gaps(sender: str, txs: Iterable[Transaction], account: Account | None) -> tuple[int, ...]:
    """Nonces of this sender that are missing among what waits; a hint, since April checks none."""
    nonces = sorted({tx.nonce for tx in txs if is_account(str(tx.sender), sender) and tx.nonce is not None})
    if not nonces:
        return ()
    start = account.nonce if account is not None and account.nonce is not None else nonces[0]
    there = set(nonces)
    return tuple(n for n in range(start, min(nonces[-1], start + 10_000)) if n not in there)[:100]
