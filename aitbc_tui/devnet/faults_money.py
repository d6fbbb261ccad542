"""Faults of receipts and payments: signatures, times, and money that is held or was never moved.

An exchange and a wallet were emulated where the coordinator was recorded; here, too, they only answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.devnet.fault import Fault, Switch
from aitbc_tui.devnet.receipts import Signing

if TYPE_CHECKING:
    from aitbc_tui.devnet.jobs import Job
    from aitbc_tui.devnet.network import Devnet

VIENNA_S = 3600
AMOUNT = 7.0


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
    """One job of the operator's, paid and then cancelled: a cancel refunds nothing."""
    job = _paid(devnet)
    devnet.store.cancel(devnet.keys.client, job.job_id)


async def _refunded(devnet: Devnet, _: str | None) -> None:
    devnet.store.exchange = False
    for payment in devnet.store.payments.values():
        if payment.status == "escrowed":
            payment.settle("refunded", devnet.clock.now(), "0xmanualrefund")


async def _unsettled(devnet: Devnet, _: str | None) -> None:
    """One job of the operator's, paid and completed, whose release has no transaction."""
    devnet.store.settles = False
    _paid(devnet)


async def _settled(devnet: Devnet, _: str | None) -> None:
    devnet.store.exchange, devnet.store.settles = False, True
    for payment in devnet.store.payments.values():
        if payment.status == "released" and payment.transaction_hash is None:
            payment.transaction_hash = "0xlatersettlement"


def _paid(devnet: Devnet) -> Job:
    devnet.store.exchange = True
    return devnet.store.submit(devnet.keys.client, devnet.clients.payload(), amount=AMOUNT)


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
    ),
    Fault(
        "poison-receipt",
        "one receipt cannot be printed: every page of receipts with it is a 500",
        "nothing: it is found by halving, left out, and counted in the pane",
        _poison,
        _no_poison,
        tolerated=True,
    ),
    Fault(
        "escrow-stuck",
        "a paid job of the operator's is cancelled, and the escrow is not refunded",
        "money held for a job that is over",
        _escrow_stuck,
        _refunded,
    ),
    Fault(
        "paid-unsettled",
        "a paid job of the operator's completes, and its payment is released without a transaction",
        "released on paper, and no transaction says so",
        _unsettled,
        _settled,
    ),
)
