"""Faults of receipts and payments: signatures, times, and money that is held or was never moved.

An exchange and a wallet were emulated where the coordinator was recorded; here, too, they only answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.august.store import AugustStore
from aitbc_tui.devnet.fault import Fault, Switch
from aitbc_tui.devnet.options import APRILS, AUGUST
from aitbc_tui.devnet.receipts import Signing

if TYPE_CHECKING:
    from aitbc_tui.devnet.jobs import Job
    from aitbc_tui.devnet.network import Devnet

VIENNA_S = 3600
AMOUNT = 7.0
HIGH_AMOUNT = 15.0
EXPIRES_S = 6


def _signing(how: Signing) -> Switch:
    async def switch(devnet: Devnet, _: str | None) -> None:
        devnet.store.signing = how

    return switch


_GOOD = _signing(Signing.GOOD)


async def _vienna(devnet: Devnet, _: str | None) -> None:
    devnet.store.zone_s = VIENNA_S


async def _utc(devnet: Devnet, _: str | None) -> None:
    devnet.store.zone_s = 0


async def _poison(devnet: Devnet, _: str | None) -> None:
    newest = devnet.store.receipts[-1][2]
    devnet.store.poison.add(str(newest["receipt_id"]))


async def _no_poison(devnet: Devnet, _: str | None) -> None:
    devnet.store.poison.clear()


async def _escrow_stuck(devnet: Devnet, _: str | None) -> None:
    """One paid job of the operator's that ends without a result: a cancel refunds nothing, an expiry neither.

    In 2026-08 it is one of high value, which no miner is offered: it waits until its time is over (pain 3).
    """
    if not isinstance(devnet.store, AugustStore):
        devnet.store.cancel(devnet.made.client, _paid(devnet, AMOUNT).job_id)
        return
    job = _paid(devnet, HIGH_AMOUNT, ttl_s=EXPIRES_S)

    async def looked_at() -> None:
        await devnet.clock.sleep(EXPIRES_S + 1)
        devnet.store.expire(job)

    devnet.spawn(looked_at())


async def _refunded(devnet: Devnet, _: str | None) -> None:
    devnet.store.exchange = False
    for payment in devnet.store.payments.values():
        if payment.status == "escrowed":
            payment.settle("refunded", devnet.clock.now(), "0xmanualrefund")


async def _too_dear(devnet: Devnet, _: str | None) -> None:
    """One paid job of the operator's that nobody is offered; no answer says why."""
    devnet.dear = _paid(devnet, HIGH_AMOUNT)


async def _given_up(devnet: Devnet, _: str | None) -> None:
    """The owner cancels it, and the operator of the coordinator gives the money back."""
    if devnet.dear is not None:
        devnet.store.cancel(devnet.made.client, devnet.dear.job_id)
    await _refunded(devnet, None)


async def _unsettled(devnet: Devnet, _: str | None) -> None:
    """One job of the operator's, paid and completed, whose release has no transaction."""
    devnet.store.settles = False
    _paid(devnet, AMOUNT)


async def _settled(devnet: Devnet, _: str | None) -> None:
    devnet.store.exchange, devnet.store.settles = False, True
    for payment in devnet.store.payments.values():
        if payment.status == "released" and payment.transaction_hash is None:
            payment.transaction_hash = "0xlatersettlement"


def _paid(devnet: Devnet, amount: float, ttl_s: int = 900) -> Job:
    store, client = devnet.store, devnet.made.client
    if isinstance(store, AugustStore):
        job = store.submit(client, devnet.clients.payload(), ttl_seconds=ttl_s)
        store.pay_escrow(job, amount, "AITBC", store.net.wallet.address, store.net.treasury.address)
        return job
    store.exchange = True
    return store.submit(client, devnet.clients.payload(), ttl_seconds=ttl_s, amount=amount)


FAULTS = (
    Fault(
        "receipt-unsigned",
        "new receipts carry no signature",
        "nothing proves this receipt",
        _signing(Signing.UNSIGNED),
        _GOOD,
    ),
    Fault(
        "receipt-bad",
        "the price of new receipts is changed after signing",
        "the signature does not fit the content",
        _signing(Signing.BAD),
        _GOOD,
    ),
    Fault(
        "receipt-attacker-key",
        "new receipts are signed with a key that nobody pinned",
        "verifies, but under a key nobody pinned",
        _signing(Signing.ATTACKER),
        _GOOD,
    ),
    Fault(
        "tz-vienna",
        "the coordinator's time zone is Vienna: times in receipts are off by its UTC offset",
        "nothing: times are taken from where they are right",
        _vienna,
        _utc,
        tolerated=True,
        only=APRILS,
    ),
    Fault(
        "poison-receipt",
        "one receipt cannot be printed: every page of receipts with it is a 500",
        "nothing: it is found by halving, left out, and counted in the pane",
        _poison,
        _no_poison,
        tolerated=True,
        only=APRILS,
    ),
    Fault(
        "escrow-stuck",
        "a paid job of the operator's is cancelled (in 2026-08: runs out of its time), the escrow is not refunded",
        "money held for a job that is over",
        _escrow_stuck,
        _refunded,
    ),
    Fault(
        "job-waits",
        "a paid job of the operator's is worth so much that no miner gets it; it stays QUEUED, and nothing says why",
        "queued, with what is wanted for its amount and no shipped miner shows",
        _too_dear,
        _given_up,
        only=(AUGUST,),
    ),
    Fault(
        "paid-unsettled",
        "a paid job of the operator's completes, and its payment is released without a transaction",
        "released on paper, and no transaction says so",
        _unsettled,
        _settled,
    ),
)
