"""The stress test: sends jobs one after the other within the server's budget and follows each to its receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Protocol

from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.domain.snapshot import JobRow, Submission, SubmissionState
from aitbc_tui.domain.stress import MOST_JOBS, Phase, ProofStep, StressJob, StressPicture, StressPlan, StressProof
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.operations.stress_figures import advanced, figures

PROVED = 2  # jobs whose payment is followed to the chain: each costs a look at every node
REFUSALS = 3  # as many in a row, and no more is sent
RECEIPT_TRIES = 5  # a coordinator without a signing key never makes one


class Field(Protocol):
    """What the test needs of the network."""

    def monotonic(self) -> float: ...

    def utc(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...

    def pause_s(self) -> float:
        """Seconds to wait before one more job may be sent; 0: now."""

    def interval_s(self) -> float:
        """How often the jobs under way are looked at."""

    async def submit(self, order: JobOrder) -> Submission: ...

    async def look(self, job_ids: Sequence[str]) -> Collection[str]:
        """Learn the newest of these jobs, as far as the budget goes; those that were read with their receipts."""

    def row(self, job_id: str) -> JobRow | None: ...

    async def cancel(self, job_id: str) -> str: ...

    async def prove(self, job_id: str) -> Sequence[ProofStep]:
        """Follow one job's payment to the chain; nothing where that cannot be asked."""


class StressRun:
    """One test. `run` returns when every job has ended or `stop` was called; `picture` is true at any moment."""

    def __init__(
        self, plan: StressPlan, field: Field, told: Callable[[StressPicture], object] = lambda p: None
    ) -> None:
        if not plan.models or not 1 <= plan.count <= MOST_JOBS:
            raise ConfigError(f"a stress test has a model and 1 to {MOST_JOBS} jobs")
        self._plan = plan
        self._field = field
        self._told = told
        self._jobs = [StressJob(n, SafeText(clean(plan.order(n).model, 80))) for n in range(plan.count)]
        self._tries: dict[str, int] = {}
        self._next = 0
        self._refused = 0
        self._sending = True
        self._leaving = asyncio.Event()
        self._note = SafeText("")
        self._phase = Phase.SENDING
        self._begun, self._begun_utc = field.monotonic(), field.utc()
        self._ended_utc: float | None = None
        self._elapsed = 0.0
        self._proofs: list[StressProof] = []

    def picture(self) -> StressPicture:
        elapsed = self._elapsed if self._phase.over else self._field.monotonic() - self._begun
        return StressPicture(
            plan=self._plan,
            phase=self._phase,
            begun_utc=self._begun_utc,
            jobs=tuple(self._jobs),
            figures=figures(self._jobs, elapsed),
            note=self._note,
            ended_utc=self._ended_utc,
            proofs=tuple(self._proofs),
        )

    def stop(self) -> None:
        """Send no more. Called again: do not wait for what is under way either; it lives on."""
        if not self._sending:
            self._leaving.set()
        self._stop_sending("stopped: no more is sent")

    def leave(self) -> None:
        """End now; what was sent lives on."""
        self._stop_sending("stopped")
        self._leaving.set()

    async def run(self) -> StressPicture:
        try:
            await self._run()
            await self._prove()
        finally:
            self._end()
        return self.picture()

    async def cancel_left(self) -> tuple[int, int]:
        """Cancel what is under way, each once; how many were cancelled, and of how many."""
        left = [job for job in self._jobs if job.under_way]
        done = 0
        self._stop_sending("cancelling what is left")
        for job in left:
            try:
                state = await self._field.cancel(str(job.job_id))
            except AitbcError as error:
                self._note = clean(f"{job.job_id[:8]} not cancelled: {error.detail}", 160)
                continue
            done += state == "CANCELED"
            self._set(replace(job, state=clean(state, 20), cause=SafeText("canceled"), ended_at=self._field.utc()))
        self._note = clean(f"{done} of {len(left)} cancelled", 80)
        self._tell()
        return done, len(left)

    # --- inside

    async def _run(self) -> None:
        field, look_at = self._field, self._field.monotonic()
        while not self._leaving.is_set():
            if self._sending and self._next < len(self._jobs):
                pause = field.pause_s()
                if pause <= 0:
                    await self._send()
                    self._note = SafeText("") if self._sending else self._note
                else:
                    self._note = SafeText(f"the server's budget: next request in {pause:.0f} s")
            elif self._phase is Phase.SENDING:
                self._phase = Phase.WAITING
            if field.monotonic() >= look_at:
                await self._look()
                look_at = field.monotonic() + field.interval_s()
            self._tell()
            if not self._pending():
                return
            if not self._sending or self._next >= len(self._jobs) or field.pause_s() > 0:
                await self._rest(max(0.05, look_at - field.monotonic()))

    async def _prove(self) -> None:
        """The payment test: a few of what completed, from the payment to the chain. It reads only."""
        ended = [job for job in self._jobs if job.state == "COMPLETED" and job.job_id]
        stopped = SafeText("") if self._sending else self._note  # why no more was sent is not to be lost
        for job in ended[-PROVED:]:
            if self._leaving.is_set():
                return
            self._note = clean(f"following the payment of {job.job_id[:8]} to the chain", 80)
            self._tell()
            try:
                steps = await self._field.prove(str(job.job_id))
            except AitbcError as error:
                why = f"payment of {job.job_id[:8]} not followed: {error.detail}"
                self._note = clean(f"{stopped}; {why}" if stopped else why, 300)
                return
            if steps:
                self._proofs.append(StressProof(job.number, job.job_id, tuple(steps)))
        self._note = stopped

    def _pending(self) -> bool:
        unsent = self._sending and self._next < len(self._jobs)
        return unsent or any(job.under_way for job in self._jobs)

    async def _rest(self, seconds: float) -> None:
        """Until the next look, or until somebody wants to leave."""
        sleeper = asyncio.ensure_future(self._field.sleep(seconds))
        leaver = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({sleeper, leaver}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            leaver.cancel()

    async def _send(self) -> None:
        """One job, once. What is not surely accepted is not sent again."""
        number = self._next
        self._next += 1
        job = replace(self._jobs[number], sent_at=self._field.utc(), state=SafeText("sending"))
        self._set(job)
        try:
            done = await self._field.submit(self._plan.order(number))
        except AitbcError as error:  # before anything was sent: the guard, the ledger
            self._set(replace(job, state=SafeText("unsent"), cause=clean(f"not sent: {error.detail}", 80)))
            self._stop_sending(error.detail)
            return
        except asyncio.CancelledError:
            self._set(
                replace(job, state=SafeText("unknown"), cause=SafeText("unknown: interrupted"), ended_at=job.sent_at)
            )
            raise
        if done.state is SubmissionState.ACCEPTED and done.job_id is not None:
            self._refused = 0
            self._set(replace(job, job_id=done.job_id, state=SafeText("QUEUED")))
            return
        refused = done.state is SubmissionState.REFUSED
        word = "not submitted" if refused else "unknown, to be looked up"
        self._set(replace(job, state=SafeText(done.state.value), cause=clean(f"{word}: {done.detail}", 80)))
        self._refused += 1
        if not refused or self._refused >= REFUSALS:
            self._stop_sending(f"no more is sent: {word}: {done.detail}")

    async def _look(self) -> None:
        under_way = [str(job.job_id) for job in self._jobs if job.under_way]
        read: Collection[str] = ()
        if under_way:
            read = await self._field.look(under_way)
        for job in self._jobs:
            row = self._field.row(str(job.job_id)) if job.under_way else None
            if row is None:
                continue
            if row.job.state == "COMPLETED" and row.receipt is None and job.job_id in read:
                self._tries[str(job.job_id)] = self._tries.get(str(job.job_id), 0) + 1
            none = self._tries.get(str(job.job_id), 0) >= RECEIPT_TRIES
            self._set(advanced(job, row, self._field.utc(), no_receipt=none))

    def _set(self, job: StressJob) -> None:
        self._jobs[job.number] = job

    def _stop_sending(self, why: str) -> None:
        self._sending = False
        self._note = clean(why, 160)
        if self._phase is Phase.SENDING:
            self._phase = Phase.WAITING

    def _end(self) -> None:
        whole = all(job.ended for job in self._jobs)
        self._elapsed = self._field.monotonic() - self._begun
        self._ended_utc = self._field.utc()
        self._phase = Phase.DONE if whole else Phase.STOPPED
        self._tell()

    def _tell(self) -> None:
        self._told(self.picture())
