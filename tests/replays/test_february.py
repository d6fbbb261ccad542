"""The coordinator of February as recorded: what its lists hide, and the verdicts that the notes describe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.events import OwnJobKnown, Watching
from tests.fixtures.recorded import Server, Watch, date_of, pinned, watching
from tests.fixtures.replay import parsed
from tests.fixtures.simulated import simulate

C = "coordinator-2026-02"
JOBS, MINERS, RECEIPTS = "GET /v1/admin/jobs", "GET /v1/admin/miners", "GET /v1/explorer/receipts"
KEYS = {"client": "client-dev-key-1", "admin": "admin-dev-key-1"}
CLIENT = KEYS["client"]


def coordinator(**lists: str) -> Server:
    answers = {
        "GET /v1/health": f"{C}/001-health",
        JOBS: f"{C}/{lists.get('jobs', '007-admin-jobs-empty')}",
        MINERS: f"{C}/{lists.get('miners', '112-admin-miners-two')}",
        RECEIPTS: f"{C}/{lists.get('receipts', '012-explorer-receipts-empty')}",
    }
    return Server(answers, f"{C}/005-root-404", bare={MINERS: f"{C}/013-auth-missing"})


def watch(
    folder: Path, server: Server, moment: str, check: Callable[[Watch], Awaitable[None]], access: Access = Access.SUBMIT
) -> None:
    async def run() -> None:
        at, trust = f"{C}/{moment}", pinned("2026-02")
        async with watching(folder, {}, server, KEYS, trust, "", at, access) as live:
            await check(live)

    simulate(run)


def receipts(*found: dict[str, Any]) -> dict[str, Any]:
    """A page of the explorer with these recorded receipts."""
    keys = ("receipt_id", "job_id", "provider", "client")
    return {
        "jobId": "all",
        "items": [
            dict(zip(("receiptId", "jobId", "miner", "coordinator"), (one[k] for k in keys), strict=True))
            | {"issuedAt": "2026-11-22T03:52:33.000000", "status": one["status"], "payload": one}
            for one in found
        ],
    }


def listed(*views: dict[str, Any]) -> dict[str, Any]:
    """The admin's list with the jobs of these recorded views."""
    five = ("job_id", "state", "assigned_miner_id", "requested_at")
    return {"items": [{k: view[k] for k in five} | {"client_id": CLIENT} for view in views]}


def test_miners_live_by_their_beats_and_not_by_their_status(tmp_path: Path) -> None:
    """[112] [327]-[330]: "active" counts as offline in the platform's own statistics, which are never asked for."""
    server = coordinator(miners="112-admin-miners-two")

    async def check(live: Watch) -> None:
        assert await live.go_on(8) == set()
        assert (live.snapshot.totals.miners_live, live.snapshot.totals.miners) == (2, 2)
        assert not {what for what in server.asked if "stats" in what or "transactions" in what}

    watch(tmp_path, server, "112-admin-miners-two", check)


def test_failures_are_booked_as_completed_and_billed(tmp_path: Path) -> None:
    """[101]-[104]: out of memory, and a job type it does not know; both COMPLETED with a priced receipt."""
    failed = [parsed(f"{C}/{name}")["receipt"] for name in ("102-ollama-500-result", "104-unsupported-type-result")]
    server = coordinator(jobs="086-admin-jobs-running")
    server.documents[JOBS] = listed(*(parsed(f"{C}/{n}") for n in ("101-ollama-500-view", "103-unsupported-type-view")))
    server.documents[RECEIPTS] = receipts(*failed)

    async def check(live: Watch) -> None:
        await live.until("job-fails-completed", 40)
        billed = {str(a.about): str(a.evidence) for a in live.snapshot.alarms if a.rule == "job-fails-completed"}
        assert set(billed) == {"8fcf64eb", "68659549"}
        for one in failed:
            assert billed[one["job_id"][:8]] == f"COMPLETED, result.status failed, price {one['price']:.6f}"
        assert {r.receipt.verdict for r in live.snapshot.receipts} == {ReceiptVerdict.VALID}
        assert [job.verdict.word for job in live.snapshot.jobs] == ["FAILED", "FAILED"]

    watch(tmp_path, server, "101-ollama-500-view", check)


def test_another_model_than_asked_for(tmp_path: Path) -> None:
    """[100]: asked `no-such-model:1b`, ran llama3.2; nothing on the wire flags it."""
    server = coordinator()
    receipt = parsed(f"{C}/100-unknown-model-result")["receipt"]
    server.documents[JOBS] = {"items": [{"job_id": receipt["job_id"], "state": "COMPLETED", "client_id": CLIENT,
        "assigned_miner_id": receipt["provider"], "requested_at": "2026-11-22T03:51:59.137067"}]}  # fmt: skip
    server.documents[RECEIPTS] = receipts(receipt)

    async def check(live: Watch) -> None:
        alarm = await live.until("model-substituted", 30)
        assert alarm.evidence == "asked no-such-model:1b, ran llama3.2:latest"

    watch(tmp_path, server, "100-unknown-model-result", check)


def test_two_receipts_for_one_job(tmp_path: Path) -> None:
    """[153]-[156]: a second result is accepted, and a second receipt made."""
    server = coordinator()
    server.documents[RECEIPTS] = receipts(*parsed(f"{C}/155-dup-receipts")["items"])

    async def check(live: Watch) -> None:
        alarm = await live.until("receipt-duplicate", 30)
        assert alarm.about == "2714241f" and len(live.snapshot.receipts) == 2

    watch(tmp_path, server, "155-dup-receipts", check)


def test_a_late_result_after_a_cancel(tmp_path: Path) -> None:
    """[134]-[137]: CANCELED, then COMPLETED with a receipt, the error cleared and no miner assigned."""
    late = parsed(f"{C}/137-view-after-late-result")
    canceled = late | {"state": "CANCELED", "error": "canceled by client"}
    server = coordinator()
    server.documents[JOBS] = listed(canceled)
    path = f"GET /v1/jobs/{late['job_id']}"
    server.documents[path] = canceled

    async def check(live: Watch) -> None:
        assert await live.go_on(8) == set()
        server.documents[JOBS] = listed(late)
        server.documents[path] = late
        receipt = parsed(f"{C}/136-late-result-after-cancel")["receipt"]
        server.documents[RECEIPTS] = receipts(receipt)
        alarm = await live.until("late-result", 30)
        assert alarm.about == late["job_id"][:8]

    watch(tmp_path, server, "137-view-after-late-result", check)


def test_an_expired_job_is_listed_as_running_for_ever(tmp_path: Path) -> None:
    """[147]-[149]: nothing reaps it. Whoever may write reads it, which settles it; whoever may not, says so."""
    view = parsed(f"{C}/148-stuck-get-expired")
    job, path = view["job_id"], f"GET /v1/jobs/{view['job_id']}"
    server = coordinator(jobs="147-stuck-admin-jobs", miners="149-stuck-admin-miners")

    async def check(live: Watch) -> None:
        expires = date_of(f"{C}/147-stuck-admin-jobs").timestamp()
        known = OwnJobKnown(SafeText(job), SafeText("m"), expires - 3, expires, 5, live.collector.clock.monotonic())
        live.collector.coordinator.own.known([known])  # type: ignore[union-attr]
        live.collector.hub.emit(Watching(job, live.collector.clock.monotonic()))
        alarm = await live.until("job-overdue", 30)
        before = server.asked.count(path)
        await live.go_on(30)
        assert alarm.about == job[:8] and server.asked.count(path) == before, "reading it would expire it"

    watch(tmp_path, server, "147-stuck-admin-jobs", check, Access.OBSERVE)


def test_a_miner_that_was_killed_at_work(tmp_path: Path) -> None:
    """[353] [354]: status active, inflight 1, the job RUNNING; only the beat ages. A second one is silent for long."""
    view = parsed(f"{C}/353-killed-miner-job")
    server = coordinator(miners="354-killed-miner-miners")
    server.documents[JOBS] = listed(view)
    server.answers[f"GET /v1/jobs/{view['job_id']}"] = f"{C}/353-killed-miner-job"

    async def check(live: Watch) -> None:
        def silent() -> dict[str, str]:
            return {str(a.about): str(a.evidence) for a in live.snapshot.alarms if a.open and a.rule == "miner-gone"}

        await live.until("miner-gone", 20)
        assert len(silent()) == 1, "the other one is busy: it may be silent for a minute"
        await live.go_on(60)
        assert len(silent()) == 1
        await live.go_on(45)
        held = [words for words in silent().values() if "4c292d0d stuck on it" in words]
        assert len(silent()) == 2 and len(held) == 1
        assert next(job.verdict.word for job in live.snapshot.jobs) == "STUCK"
        assert {str(m.miner.status) for m in live.snapshot.miners} == {"active", "ONLINE"}, "what it says of itself"

    watch(tmp_path, server, "354-killed-miner-miners", check, Access.OBSERVE)


def test_a_cancelled_job_whose_money_stays_in_escrow(tmp_path: Path) -> None:
    """[291] [292]: cancelling does not refund."""
    view = parsed(f"{C}/291-pay-cancel")
    server = coordinator()
    server.documents[JOBS] = listed(view)
    server.documents[f"GET /v1/jobs/{view['job_id']}"] = view
    server.answers[f"GET /v1/payments/{view['payment_id']}"] = f"{C}/292-pay-cancel-payment"

    async def check(live: Watch) -> None:
        alarm = await live.until("escrow-stuck", 60)
        assert alarm.about == "8f899806"
        assert alarm.evidence == "7.000000 AITBC still escrowed, and the job is CANCELED"

    watch(tmp_path, server, "291-pay-cancel", check)


def test_a_released_payment_that_the_job_still_calls_escrowed(tmp_path: Path) -> None:
    """[279] [280]: the job's own word is stale; the payment's is taken."""
    view = parsed(f"{C}/279-pay-escrow-job-after")
    server = coordinator()
    server.documents[JOBS] = listed(view)
    server.answers[f"GET /v1/jobs/{view['job_id']}"] = f"{C}/279-pay-escrow-job-after"
    server.answers[f"GET /v1/payments/{view['payment_id']}"] = f"{C}/280-pay-escrow-after"
    payment = parsed(f"{C}/280-pay-escrow-after")

    async def check(live: Watch) -> None:
        await live.go_on(40)
        row = live.snapshot.job(view["job_id"])
        assert row is not None and row.payment is not None and row.payment.status == payment["status"] == "released"
        assert "escrow-stuck" not in live.alarms()
        assert ("paid-unsettled" in live.alarms()) == (payment["transaction_hash"] is None)

    watch(tmp_path, server, "280-pay-escrow-after", check)


def test_a_wrong_key_is_told_and_tried_no_further(tmp_path: Path) -> None:
    """[014]: 401 `invalid api key`; what needs no key goes on."""
    server = coordinator(receipts="094-lifecycle-explorer-receipts")
    server.answers[JOBS] = server.answers[MINERS] = f"{C}/014-auth-wrong"

    async def check(live: Watch) -> None:
        await live.go_on(30)
        assert live.snapshot.receipts, "needs no key"
        row = next(s for s in live.snapshot.capabilities if s.name == "coordinator")
        words = {str(e.endpoint): str(e.verdict.word) for e in row.endpoints}
        assert words["GET /v1/admin/jobs"] == "needs-credential" and words["GET /v1/explorer/receipts"] == "yes"
        assert live.snapshot.headline.word != "sound"

    watch(tmp_path, server, "094-lifecycle-explorer-receipts", check)


def test_a_receipt_under_a_key_that_is_not_pinned(tmp_path: Path) -> None:
    """[094], with nothing pinned: it verifies, and that proves nothing."""
    server = coordinator(receipts="094-lifecycle-explorer-receipts")

    async def run() -> None:
        at = f"{C}/094-lifecycle-explorer-receipts"
        async with watching(tmp_path, {}, server, KEYS, None, "", at) as live:
            alarm = await live.until("receipt-attacker-key", 30)
            count = len(parsed(at)["items"])
            assert len(live.snapshot.receipts) == count
            trust = [a for a in live.snapshot.alarms if a.open and a.word == "TRUST"]
            assert trust == [alarm] and (count == 1 or alarm.evidence.startswith(f"{count} receipts, "))

    simulate(run)
