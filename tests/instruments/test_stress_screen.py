"""The stress test as a screen: planned, begun once and only where it may be, watched, stopped, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.stress import Phase, ProofStep, StressJob, StressPicture, StressPlan, StressProof
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.operations.stress_figures import figures
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from tests.fixtures import details
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until

SIZES = [(80, 24), (120, 40), (200, 60)]


class StressBackend(PromisingBackend):
    def __init__(self, snapshot: Snapshot, error: Exception | None = None) -> None:
        super().__init__(snapshot)
        self.plans: list[StressPlan] = []
        self._error = error

    def stress_begin(self, plan: StressPlan) -> Future[None]:
        self.plans.append(plan)
        done: Future[None] = Future()
        if self._error is not None:
            done.set_exception(self._error)
        else:
            done.set_result(None)
            self.set(replace(self.snapshot(), stress=picture(plan, Phase.SENDING, 1)))
        return done

    def stress_stop(self) -> None:
        self.asked.append("stop")

    def stress_cancel(self) -> Future[str]:
        self.asked.append("cancel left")
        done: Future[str] = Future()
        done.set_result("3 of 4 cancelled")
        return done

    def stress_save(self) -> Future[str]:
        self.asked.append("save")
        done: Future[str] = Future()
        done.set_result("/home/op/reports/aitbc-stress-1.md")
        return done


def picture(plan: StressPlan, phase: Phase, ended: int) -> StressPicture:
    """So many jobs have ended, the second of them badly; one runs, one waits, the rest are unsent."""
    jobs = []
    for number in range(plan.count):
        job = StressJob(number, SafeText(plan.order(number).model))
        if number < ended + 2:
            state = "COMPLETED" if number < ended else "RUNNING" if number == ended else "QUEUED"
            job = replace(job, job_id=SafeText(f"{number + 1:x}" * 32)[:32], state=SafeText(state), sent_at=10.0)
            job = replace(job, job_id=SafeText(job.job_id))
        if number < ended:
            cause = "completed" if number != 1 else "failed inside, billed: ollama timed out"
            job = replace(
                job,
                cause=SafeText(cause),
                ended_at=20.0 + number,
                wait_s=1.5 * number,
                run_s=2.25,
                tokens=20 + number,
                price=SafeText("0.0625"),
                receipt=SafeText("valid"),
                miner=SafeText("miner·3f9a"),
            )
        jobs.append(job)
    proofs = (StressProof(0, jobs[0].job_id, PROOF),) if phase.over else ()
    return StressPicture(plan, phase, 1_795_348_000.0, tuple(jobs), figures(jobs, 24.0), proofs=proofs)


def _proof(step: str, level: Level, word: str, seen: str) -> ProofStep:
    return ProofStep(SafeText(step), SafeText("done"), Verdict(level, SafeText(word), SafeText(seen)))


PROOF = (
    _proof("job", Level.GOOD, "completed", "result completed"),
    _proof("payment", Level.BAD, "paid, not settled", "the payment says escrowed after COMPLETED: held, not paid out"),
    _proof("receipt", Level.GOOD, "valid", "1.250 s × 0.02 = 0.025"),
    _proof("transfer on chain", Level.NONE, "none", "no transaction stands behind it"),
    _proof("receipt on chain", Level.NONE, "absent", "this chain records no receipts"),
)


def network(access: Access = Access.SUBMIT) -> Snapshot:
    return details.sound_network(access)


def running(ended: int = 5, phase: Phase = Phase.WAITING, count: int = 10) -> Snapshot:
    snapshot = network()
    plan = StressPlan(("llama3.2:latest", "mistral:latest"), count, "SECRET PROMPT")
    begun = snapshot.utc.timestamp() - 40
    return replace(snapshot, stress=replace(picture(plan, phase, ended), begun_utc=begun))


async def test_planned_and_begun_once() -> None:
    backend = StressBackend(network())
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        first = [str(model.name) for model in network().models][0]
        assert "Stress test ○ not begun" in text_of(app) and "[x] " + first in text_of(app)
        await pilot.press("p", "p")
        assert "1 AITBC a job" in text_of(app) and "that is the payment test" in text_of(app)
        await pilot.press("space", "plus")
        await pilot.pause()
        assert "[ ] " + first in text_of(app)
        await pilot.press("y", "y")
        await pilot.pause()
        assert len(backend.plans) == 1
        assert backend.plans[0].count == 20 and first not in backend.plans[0].models and not backend.orders
        await until(lambda: "1 of 20 ended" in text_of(app), 10)


async def test_observe_begins_nothing() -> None:
    backend = StressBackend(network(Access.OBSERVE))
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t", "y")
        await pilot.pause()
        assert not backend.plans and "needs access submit, this is observe" in text_of(app)


async def test_refused_by_the_backend() -> None:
    backend = StressBackend(network(), ConfigError("a stress test is under way already"))
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t", "y")
        await until(lambda: "not begun: a stress test is under way already" in text_of(app), 10)


async def test_stop_cancel_and_save() -> None:
    backend = StressBackend(running())
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        text = text_of(app)
        assert "5 of 10 ended · 1 running · 1 queued · 1 failed" in text and "SECRET" not in text
        assert "failed inside, billed" in text
        await pilot.press("s")
        await pilot.press("c")
        await pilot.press("w")
        await pilot.pause()
        assert [word for word in backend.asked if word in ("stop", "cancel left", "save")] == [
            "stop",
            "cancel left",
            "save",
        ]
        await pilot.press("y")
        await pilot.pause()
        assert not backend.plans, "y begins nothing while one is under way"
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.dashboard


async def test_another_after_the_end() -> None:
    backend = StressBackend(running(10, Phase.DONE))
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("t")
        await pilot.pause()
        assert "■ 1 FAILED" in text_of(app)
        await pilot.press("s", "c")
        await pilot.pause()
        assert "stop" not in backend.asked and "cancel left" not in backend.asked
        await pilot.press("n")
        await pilot.pause()
        assert "not begun" in text_of(app)


SHOTS: dict[str, Callable[[], Snapshot]] = {
    "plan": network,
    "plan-observe": lambda: network(Access.OBSERVE),
    "running": running,
    "done": lambda: running(10, Phase.DONE),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOTS)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    app: AitbcApp = app_on(StressBackend(SHOTS[name]()))

    async def before(pilot: Pilot[int]) -> None:
        registry.open_stress(app)
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
