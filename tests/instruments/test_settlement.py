"""Job, payment, receipt, chain: what is said of each, and what is never invented."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.node import Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.snapshot import JobRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import EscrowSeen, PaymentState
from aitbc_tui.state.settlement import ChainLook, Paid, PaidStep, State, findings, settlement
from aitbc_tui.state.transactions import found, picture_of
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.state.tx_query import query_of
from tests.cli.conftest import Run
from tests.fixtures import details
from tests.fixtures.detail_receipts import receipt, untrusted

HASH = SafeText("0x" + "cd" * 32)


def job(state: str = "COMPLETED", payment: str | None = None, tx: str | None = None, **changes: object) -> JobRow:
    base = details.bad_network().job(details.DONE)
    assert base is not None
    held = replace(base.job, state=SafeText(state), payment_id=SafeText("p") if payment else None, owner_view=True)
    held = replace(held, payment_status=SafeText("escrowed") if payment else None)
    said = None if payment is None else PaymentState(SafeText(payment), 0.5, SafeText("AITBC"), tx and SafeText(tx))
    made = receipt() if state == "COMPLETED" else None
    return replace(base, job=held, payment=said, receipt=made, **changes)  # type: ignore[arg-type]


def steps(row: JobRow, look: ChainLook | None = None) -> dict[PaidStep, Paid]:
    return {one.step: one for one in settlement(row, look)}


@pytest.mark.parametrize(
    ("row", "state", "word", "bad"),
    [
        (job(), State.ABSENT, "none", False),
        (job(payment="failed"), State.MISSING, "failed", False),
        (job(payment="skipped"), State.MISSING, "skipped", False),
        (job(payment="escrowed"), State.MISSING, "paid, not settled", True),
        (job("EXPIRED", "escrowed"), State.MISSING, "held", True),
        (job("CANCELED", "escrowed"), State.MISSING, "held", True),
        (job("RUNNING", "escrowed"), State.WAITS, "held", False),
        (job(payment="released"), State.MISSING, "released unpaid", True),
        (job(payment="released", tx=HASH), State.DONE, "released", False),
        (job(payment="zzz"), State.UNKNOWN, "unknown", False),
    ],
)
def test_the_payment(row: JobRow, state: State, word: str, bad: bool) -> None:
    one = steps(row)[PaidStep.PAYMENT]
    assert (one.state, one.verdict.word) == (state, word)
    assert bool([text for text in findings(settlement(row)) if text.startswith(word)]) == bad


def test_the_jobs_own_word_is_not_believed() -> None:
    """It keeps saying escrowed after the money went out."""
    row = replace(job(payment="released", tx=HASH), payment=None)
    assert steps(row)[PaidStep.PAYMENT].state is State.UNKNOWN
    foreign = job()
    foreign = replace(foreign, job=replace(foreign.job, owner_view=False))
    assert "not ours" in steps(foreign)[PaidStep.PAYMENT].verdict.text


@pytest.mark.parametrize(
    ("row", "said", "state", "bad"),
    [
        (job(payment="released"), "created", State.MISSING, True),
        (job("EXPIRED", "escrowed"), "created", State.MISSING, True),
        (job("RUNNING", "escrowed"), "created", State.WAITS, False),
        (job(payment="released"), "released", State.DONE, False),
    ],
)
def test_the_escrow_of_2026_08(row: JobRow, said: str, state: State, bad: bool) -> None:
    """Recorded live: EXPIRED, and the escrow still created (platform-2026-08, captures 250 and 251)."""
    escrow = EscrowSeen(SafeText("genesis"), SafeText(said), 1.025, 0.975, None)
    one = steps(row, ChainLook(escrow=escrow))[PaidStep.ESCROW]
    assert one.state is state and (one.verdict.level is Level.BAD) == bad
    assert "1.025 held, 0.975 released, ? refunded" in one.verdict.text
    assert PaidStep.ESCROW not in steps(row, ChainLook()), "April keeps none: nothing is said of one"


def test_an_escrow_that_could_not_be_read_is_not_left_out() -> None:
    why = Trouble(TroubleKind.TIMEOUT, SafeText("genesis: no answer in 5 s"), since=1.0)
    one = steps(job(payment="released"), ChainLook(escrow=why))[PaidStep.ESCROW]
    assert (one.state, one.verdict.level) == (State.UNKNOWN, Level.UNKNOWN) and "no answer in 5 s" in one.verdict.text
    assert PaidStep.ESCROW not in steps(job(payment="released"), ChainLook())


def test_settled_not_receipted() -> None:
    row = replace(job(payment="released", tx=HASH), receipt=None)
    assert steps(row)[PaidStep.RECEIPT].verdict.word == "settled, not receipted"
    assert any(text.startswith("settled, not receipted") for text in findings(settlement(row)))
    assert steps(replace(job(), receipt=None))[PaidStep.RECEIPT].verdict.word == "none"
    assert steps(replace(job(), receipt=untrusted()))[PaidStep.RECEIPT].state is State.MISSING


def test_what_was_paid_is_compared_with_what_was_charged() -> None:
    text = steps(job(payment="released", tx=HASH))[PaidStep.RECEIPT].verdict.text
    assert "while 0.5 was paid: this version compares the two nowhere" in text


def look(*txs: Transaction, pending: tuple[Transaction, ...] = ()) -> ChainLook:
    block = Block(99, SafeText("0xb"), SafeText("0xp"), SafeText("x"), None, len(txs), txs)
    view = NodeView("genesis", True, "main", 100, MempoolReading(len(pending), False, pending), (block,), 1)
    naming = [p for text in (details.DONE,) for p in found(query_of(text), [view])]
    return ChainLook(picture_of(HASH, None, [view]), tuple(naming), (view,))


def tx(**changes: object) -> Transaction:
    return replace(Transaction(HASH, SafeText("a"), SafeText("b"), 1, 1, 0), **changes)  # type: ignore[arg-type]


def test_the_transfer_on_chain() -> None:
    row = job(payment="released", tx=HASH)
    assert steps(row)[PaidStep.TRANSFER].state is State.UNKNOWN, "the nodes were not asked"
    assert steps(row, look(tx()))[PaidStep.TRANSFER].state is State.DONE
    assert steps(row, look(pending=(tx(),)))[PaidStep.TRANSFER].state is State.WAITS
    gone = steps(row, look())[PaidStep.TRANSFER]
    assert gone.state is State.MISSING and gone.verdict.word == "NOT FOUND"
    assert steps(job())[PaidStep.TRANSFER].state is State.ABSENT


def test_a_receipt_on_chain_is_never_invented() -> None:
    absent = steps(job(), look(tx()))[PaidStep.RECORD]
    assert absent.state is State.ABSENT
    assert absent.verdict.text == "this chain records no receipts; no payload in blocks 1 to 100 of genesis names it"
    assert steps(job())[PaidStep.RECORD].verdict.text == "this chain records no receipts; payloads were not searched"
    named = look(tx(payload=SafeText(f'{{"job_id": "{details.DONE}"}}')))
    there = steps(job(), named)[PaidStep.RECORD]
    assert there.state is State.DONE and "in block 99 names it" in there.verdict.text


def test_the_command(run: Run, devnet_child: Child) -> None:
    """Without an exchange a payment fails, and the job runs all the same: both are said."""
    config = ("--config", devnet_child.config_path)
    words = ("--model", "llama3.2:latest", "--prompt", "hi", "--pay", "0.5", "--wait", "--json")
    done = run(*config, "submit", *words)
    job_id = json.loads(done.out)["jobs"][0]["job_id"]
    done = run(*config, "job", job_id, "--payment", "--json")
    said = {step["step"]: step for step in json.loads(done.out)["payment"]}
    assert set(said) == {"job", "payment", "receipt", "transfer-on-chain", "receipt-on-chain"}
    assert said["payment"]["word"] == "failed" and said["receipt"]["word"] == "valid"
    assert said["receipt-on-chain"]["state"] == "absent"
    assert "this chain records no receipts; no payload in blocks" in said["receipt-on-chain"]["evidence"]
    assert done.code == 0 and "payment" not in json.loads(run(*config, "job", job_id, "--json").out)
