"""The stress test: sent once each, within the budget, followed to the verdict; what it adds up to."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.errors import ConfigError, GuardError, HttpError
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.snapshot import JobRow, Submission, SubmissionState
from aitbc_tui.domain.stress import Phase, ProofStep, Spread, StressPicture, StressPlan
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import Job, JobOrder
from aitbc_tui.operations.stress import REFUSALS, StressRun
from aitbc_tui.operations.stress_figures import spread
from aitbc_tui.operations.stress_report import as_json, as_markdown
from aitbc_tui.receipts.verify import verify
from tests.cli.conftest import Run
from tests.fixtures.waiting import until
from tests.receipts import signing
from tests.receipts.vectors import MASK

PROMPT = "SECRET PROMPT OF A CUSTOMER"


class Network:
    """Takes jobs and runs one after the other, each for 3 s, on a clock that jumps where it is waited on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.orders: list[JobOrder] = []
        self.taken: dict[str, float] = {}
        self.cancelled: list[str] = []
        self.looks = 0
        self.pause_until = 0.0
        self.answers: dict[int, Submission | Exception] = {}
        self.failed_inside: set[int] = set()
        self.stuck: set[int] = set()
        self.unsigned: set[int] = set()
        self.proved: list[str] = []

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> float:
        return 1_795_000_000.0 + self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0.001)

    def pause_s(self) -> float:
        return max(0.0, self.pause_until - self.now)

    def interval_s(self) -> float:
        return 2.0

    async def submit(self, order: JobOrder) -> Submission:
        number = len(self.orders)
        self.orders.append(order)
        self.now += 0.05
        await asyncio.sleep(0.001)
        answer = self.answers.get(number)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        job_id = f"{number:032x}"
        self.taken[job_id] = self.now
        return Submission(number, order, SubmissionState.ACCEPTED, self.utc(), SafeText(job_id), SafeText("accepted"))

    async def look(self, job_ids: Sequence[str]) -> Collection[str]:
        self.looks += 1
        return list(job_ids)

    def row(self, job_id: str) -> JobRow | None:
        number = int(job_id, 16)
        start = max(self.taken[job_id], min(self.taken.values()) + 3.0 * number)
        state = (
            "QUEUED" if self.now < start else "RUNNING" if self.now < start + 3 or number in self.stuck else "COMPLETED"
        )
        if job_id in self.cancelled:
            state = "CANCELED"
        job = Job(SafeText(job_id), SafeText(state), None, miner=Identity(Role.MINER, SafeText("miner·1"), "x"))
        made = self._receipt(number, start - self.taken[job_id]) if state == "COMPLETED" else None
        return JobRow(
            job=job,
            verdict=Verdict(Level.GOOD, SafeText("x")),
            seen_at=self.now,
            ours=True,
            age_s=None,
            left_s=None,
            model_asked=None,
            run_s=3.0 if made else None,
            receipt=made,
        )

    def _receipt(self, number: int, waited: float):  # type: ignore[no-untyped-def]
        plain = signing.plain(receipt_id=f"r{number}", job_id=f"{number:032x}")
        result = plain["metadata"]["result"]
        result |= {"execution_time": 3.0, "tokens_processed": 30}
        if number in self.failed_inside:
            result |= {"status": "failed", "error": "ollama timed out"}
        plain["metadata"]["metrics"] = {"duration_ms": (waited + 3.0) * 1000}
        body = signing.signed(plain) if number not in self.unsigned else json.dumps(plain).encode()
        return verify(body, signing.trust(), mask=MASK)

    async def prove(self, job_id: str) -> Sequence[ProofStep]:
        self.proved.append(job_id)
        bad = Verdict(Level.BAD, SafeText("paid, not settled"), SafeText("the payment says escrowed after COMPLETED"))
        good = Verdict(Level.GOOD, SafeText("completed"), SafeText("result completed | x"))
        return (
            ProofStep(SafeText("job"), SafeText("done"), good),
            ProofStep(SafeText("payment"), SafeText("missing"), bad),
        )

    async def cancel(self, job_id: str) -> str:
        if int(job_id, 16) == 7:
            raise HttpError("job not cancelable", status=409)
        self.cancelled.append(job_id)
        return "CANCELED"


def plan(count: int = 6, *models: str) -> StressPlan:
    return StressPlan(models or ("llama3.2:latest",), count, PROMPT)


async def test_a_sound_network() -> None:
    network, pictures = Network(), list[StressPicture]()
    done = await asyncio.wait_for(StressRun(plan(6, "a", "b"), network, pictures.append).run(), 20)
    f = done.figures
    assert done.phase is Phase.DONE and (f.completed, f.failed, f.receipts_valid) == (6, 0, 6)
    assert [order.model for order in network.orders] == ["a", "b"] * 3
    assert all(order.count == 1 and order.prompt == PROMPT for order in network.orders)
    assert f.cost == Decimal("0.150") and f.tokens_per_s == pytest.approx(10.0)
    assert f.run == Spread(3.0, 3.0, 6) and f.wait is not None and f.wait.p95 == pytest.approx(14.75, abs=0.3)
    assert f.per_minute == pytest.approx(6 * 60 / 18, rel=0.15)
    assert pictures[0].phase is Phase.SENDING and pictures[-1] == done
    assert network.looks <= 12, "a look every two seconds, not one a job"


async def test_failures_are_told_by_cause() -> None:
    network = Network()
    network.failed_inside, network.unsigned = {1, 2}, {3}
    done = await StressRun(plan(5), network).run()
    assert done.figures.completed == 2 and done.figures.failed == 3
    assert dict(done.figures.causes) == {"failed inside, billed: ollama timed out": 2, "receipt unsigned": 1}
    assert done.figures.unverified == Decimal("0.025") and done.figures.cost == Decimal("0.1")


async def test_the_budget_is_waited_for() -> None:
    network = Network()
    network.pause_until = network.now + 30
    notes: list[str] = []
    await StressRun(plan(1), network, lambda picture: notes.append(str(picture.note))).run()
    assert min(network.taken.values()) >= 130 and "the server's budget: next request in 30 s" in notes


@pytest.mark.parametrize(("state", "sent"), [(SubmissionState.REFUSED, REFUSALS), (SubmissionState.UNKNOWN, 1)])
async def test_no_more_is_sent_where_it_goes_wrong(state: SubmissionState, sent: int) -> None:
    """An order without a sure answer is never sent again, and nothing is piled on it."""
    network = Network()
    for number in range(9):
        network.answers[number] = Submission(0, plan().order(0), state, 0.0, None, SafeText("503"))
    done = await StressRun(plan(9), network).run()
    assert len(network.orders) == sent and done.phase is Phase.STOPPED
    assert done.figures.failed == sent and not any(job.job_id for job in done.jobs)


async def test_why_no_more_was_sent_is_still_said_when_the_payments_were_followed() -> None:
    network = Network()
    network.answers[1] = GuardError("needs access submit, and prod has observe")
    picture = await StressRun(plan(4), network, lambda picture: None).run()
    assert len(network.proved) == 1 and "prod has observe" in picture.note


async def test_the_guard_ends_it_at_once() -> None:
    network = Network()
    network.answers[0] = GuardError("submit needs access submit")
    done = await StressRun(plan(3), network).run()
    assert len(network.orders) == 1 and done.jobs[0].cause == "not sent: submit needs access submit"


async def test_stop_then_leave() -> None:
    network = Network()
    network.stuck = set(range(9))

    def third(picture: StressPicture) -> None:
        if picture.figures.accepted == 3:
            run.stop()
            network.stuck.add(99)  # only once: a second stop would leave

    run = StressRun(plan(9), network, lambda picture: third(picture) if 99 not in network.stuck else None)
    task = asyncio.ensure_future(run.run())
    await until(lambda: 99 in network.stuck and network.looks > 3, 20)
    assert not task.done(), "what was sent is still followed"
    run.stop()
    done = await asyncio.wait_for(task, 5)
    assert done.phase is Phase.STOPPED and len(network.orders) == 3 and not network.cancelled


async def test_cancel_what_is_left() -> None:
    network = Network()
    network.stuck = set(range(2, 9))
    run = StressRun(plan(9), network)
    task = asyncio.ensure_future(run.run())
    await until(lambda: network.now >= 115, 5)
    assert await run.cancel_left() == (6, 7), "one of seven is not cancelable"
    run.leave()
    done = await asyncio.wait_for(task, 5)
    assert len(network.cancelled) == 6 and len(set(network.cancelled)) == 6
    assert done.figures.completed == 2 and dict(done.figures.causes) == {"canceled": 6}
    assert done.figures.per_minute is not None and done.figures.per_minute < 30, "the cancelled are no throughput"


async def test_the_payments_of_a_few_are_followed_to_the_chain() -> None:
    network = Network()
    network.failed_inside = {1}
    done = await asyncio.wait_for(StressRun(plan(4), network).run(), 20)
    assert len(network.proved) == 2 and [str(proof.job_id) for proof in done.proofs] == network.proved
    assert network.proved == [str(job.job_id) for job in done.jobs[-2:]]
    assert [step.verdict.word for step in done.proofs[0].wrong] == ["paid, not settled"]
    document, text = json.loads(json.dumps(as_json(done, "lab"))), as_markdown(done, "lab")
    assert document["payments"][0]["steps"][1] == {
        "step": "payment",
        "state": "missing",
        "verdict": "paid, not settled",
        "evidence": "the payment says escrowed after COMPLETED",
    }
    assert f"## Payment of {network.proved[0]}" in text and "result completed \\| x" in text
    run = StressRun(plan(3), network)
    run.leave()
    assert not (await asyncio.wait_for(run.run(), 20)).proofs, "who leaves does not wait for it"


def test_what_is_no_test() -> None:
    for bad in (StressPlan((), 1, "x"), plan(0), plan(1001)):
        with pytest.raises(ConfigError):
            StressRun(bad, Network())


def test_percentiles_are_measured_values() -> None:
    assert spread([]) is None and spread([5.0]) == Spread(5.0, 5.0, 1)
    assert spread([float(n) for n in range(1, 101)]) == Spread(50.0, 95.0, 100)


async def test_reports_hold_no_prompt_and_no_markup() -> None:
    network = Network()
    network.failed_inside = {0}
    done = await StressRun(plan(2, "evil|[x](javascript:1)<b>", "\x1b[2Jy"), network).run()
    text, document = as_markdown(done, "lab"), json.dumps(as_json(done, "lab"))
    assert PROMPT not in text + document and PROMPT not in repr(done) and "\x1b" not in text
    assert "evil\\|\\[x\\](javascript:1)\\<b\\>" in text
    rows = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert len(rows) == 1 and rows[0].replace("\\|", "").count("|") == 12


# --- the command on a devnet


def _words(child: Child, folder: Path, count: int, *more: str) -> list[str]:
    return [
        "--config",
        str(child.config_path),
        "submit",
        "--model",
        "llama3.2:latest",
        "--prompt",
        PROMPT,
        "--count",
        str(count),
        "--report",
        str(folder),
        *more,
    ]


def test_a_stress_test_on_the_devnet(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    done = run(*_words(devnet_child, tmp_path / "r", 3, "--json"))
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["figures"]["completed"] == 3 and document["figures"]["receipts_valid"] == 3
    assert float(document["figures"]["cost"]) > 0
    steps = {step["step"]: step["state"] for step in document["payments"][0]["steps"]}
    assert len(document["payments"]) == 2 and steps["job"] == "done" and steps["receipt"] == "done"
    assert steps["payment"] == "absent" and steps["receipt on chain"] == "absent", "this chain records no receipts"
    files = sorted((tmp_path / "r").iterdir())
    assert [file.suffix for file in files] == [".json", ".md"]
    assert all(PROMPT not in file.read_text() for file in files)
    assert {**json.loads(files[0].read_text()), "files": document["files"]} == document


def test_the_report_needs_a_place_before_anything_is_sent(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(*_words(devnet_child, tmp_path / "file", 2))
    assert done.code == 2 and "QUEUED" not in done.err
    assert run("--read-only", *_words(devnet_child, tmp_path / "r", 2)).code == 6
    assert run(*_words(devnet_child, tmp_path / "r", 1001)).code == 2


def test_ctrl_c_leaves_a_report_and_cancels_what_is_left(devnet_child: Child, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "r"
    words = _words(devnet_child, folder, 12, "--cancel-left")
    child = subprocess.Popen([sys.executable, "-m", "aitbc_tui", *words], stderr=subprocess.PIPE, text=True)
    try:
        assert child.stderr is not None
        ends = time.monotonic() + 30
        while "12/12" not in child.stderr.readline():
            assert time.monotonic() < ends
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=40)
    finally:
        child.kill()
        child.wait(10)
    assert child.returncode == 130 and "jobs that were left are cancelled" in said
    document = json.loads(next(folder.glob("*.json")).read_text())
    assert document["phase"] in ("stopped", "done")
    assert "canceled" in {job["outcome"] for job in document["jobs"]}
