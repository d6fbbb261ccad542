"""The network as a stress test sees it: the collector's own writer, its readings, and the server's budget."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import ConfigError, HttpError
from aitbc_tui.domain.snapshot import JobRow, Submission
from aitbc_tui.domain.stress import ProofStep, StressPicture, StressPlan
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ledger.files import private_folder, replace_file
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.state.settlement import Paid, settlement

if TYPE_CHECKING:
    from aitbc_tui.collect.budget import Meter
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.coordinator import CoordinatorPoll
    from aitbc_tui.operations.stress import StressRun

LOOK_S = 2.0
PROOF_DEPTH = 60  # blocks that a payment's transaction is looked for in
READS = 12  # jobs read singly in one look
READS_LIMITED = 3  # where the server limits requests
REPORTS = "reports"  # beside the ledger
CLOSE_S = 2.0
LIVE = ("QUEUED", "RUNNING")
_SUBMIT = requests.submit_job(JobOrder("", ""))  # only to find the budget it is taken from


class CollectorField:
    """Implements `operations.stress.Field` on an open collector."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._turn = 0

    def monotonic(self) -> float:
        return self._collector.clock.monotonic()

    def utc(self) -> float:
        return self._collector.clock.utc()

    async def sleep(self, seconds: float) -> None:
        await self._collector.clock.sleep(seconds)

    def _meter(self) -> Meter:
        coordinator = self._collector.setup.environment.coordinator
        assert coordinator is not None
        return self._collector.asker.meter(coordinator.host, coordinator.url)

    def _pause(self, ask: Ask) -> float:
        """Seconds until the server may be asked this; 0: now."""
        try:
            self._meter().of(ask).check(self.monotonic(), "")
        except HttpError as error:
            return error.retry_after_s or 1.0
        return 0.0

    def pause_s(self) -> float:
        return self._pause(_SUBMIT)

    def interval_s(self) -> float:
        return self._meter().queue_interval(LOOK_S)

    async def submit(self, order: JobOrder) -> Submission:
        return await self._collector.must_write().submit(order)

    async def look(self, job_ids: Sequence[str]) -> Collection[str]:
        """One list for all where there is an admin key; singly only what it does not answer, in turn."""
        poll = self._collector.coordinator
        assert poll is not None
        wanted = list(job_ids)
        if self._collector.topology.has_admin_key:
            await poll.jobs()
            wanted = self._not_told(wanted)
        most = READS_LIMITED if self._meter().limits_requests else READS
        start = self._turn % len(wanted) if wanted else 0
        chosen = (wanted[start:] + wanted[:start])[:most]
        self._turn = start + len(chosen)
        read = [job_id for job_id in chosen if await self._read(poll, job_id)]
        self._collector.hub.publish()
        return read

    def _not_told(self, job_ids: Sequence[str]) -> list[str]:
        """Jobs that the list does not show as still queued or running."""
        listed = self._collector.hub.world.jobs.value
        alive = {str(job.job_id) for job in listed.jobs if job.state in LIVE} if listed else set()
        return [job_id for job_id in job_ids if job_id not in alive]

    async def _read(self, poll: CoordinatorPoll, job_id: str) -> bool:
        if self._pause(requests.job(job_id)) > 0:
            return False
        await poll.own.read(job_id)
        return True

    def row(self, job_id: str) -> JobRow | None:
        return self._collector.hub.newest.job(job_id)

    async def cancel(self, job_id: str) -> str:
        return await self._collector.must_write().cancel(job_id)

    async def prove(self, job_id: str) -> Sequence[ProofStep]:
        from aitbc_tui.collect.blocks_paid import look_at_chain

        row = self.row(job_id)
        if row is None:
            return ()
        return tuple(_step(one) for one in settlement(row, await look_at_chain(self._collector, row, PROOF_DEPTH)))


def _step(one: Paid) -> ProofStep:
    return ProofStep(SafeText(one.step.value), SafeText(one.state.value), one.verdict)


class Bench:
    """The one stress test of a dashboard: begun, stopped, cancelled and saved by keys; seen through the snapshot."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._run: StressRun | None = None
        self._task: asyncio.Task[object] | None = None

    def begin(self, plan: StressPlan) -> None:
        """Start one; raises `ConfigError` while another is under way."""
        from aitbc_tui.operations.stress import StressRun

        if self._task is not None and not self._task.done():
            raise ConfigError("a stress test is under way already", remedy="s stops it")
        self._collector.must_write()
        self._run = StressRun(plan, CollectorField(self._collector), self._told)
        self._task = asyncio.create_task(self._whole(self._run))

    async def _whole(self, run: StressRun) -> None:
        """To the end, and its report beside it."""
        await run.run()
        await self.save()

    def stop(self) -> None:
        if self._run is not None:
            self._run.stop()

    async def cancel_left(self) -> str:
        if self._run is None:
            return "no stress test was begun"
        done, left = await self._run.cancel_left()
        return f"{done} of {left} cancelled"

    async def save(self) -> str:
        """Write the report as it stands now; where."""
        from aitbc_tui.operations.stress_report import as_markdown, json_bytes, name_of

        if self._run is None:
            return "no stress test was begun"
        picture, env = self._run.picture(), self._collector.setup.environment.name
        folder = self._collector.setup.ledger.parent / REPORTS
        base = folder / name_of(picture)
        await asyncio.to_thread(_write, folder, f"{base}.md", as_markdown(picture, env).encode())
        await asyncio.to_thread(_write, folder, f"{base}.json", json_bytes(picture, env))
        self._told(replace(picture, saved=clean(f"{base}.md", 200)))
        return f"{base}.md"

    def _told(self, picture: StressPicture) -> None:
        self._collector.hub.stress(picture)

    async def close(self) -> None:
        """The dashboard goes: what was sent lives on, and the report says so."""
        task = self._task
        if task is None or task.done():
            return
        assert self._run is not None
        self._run.leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await task


def _write(folder: Path, name: str, content: bytes) -> None:
    private_folder(folder)
    replace_file(Path(name), content)
