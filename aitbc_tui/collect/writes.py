"""The two writes of the coordinator, through the guard and the ledger; what they bring becomes events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.ownjobs import OwnJobs
from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.snapshot import Access, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import Job, JobOrder
from aitbc_tui.ledger.rows import OwnJob, SubmitState
from aitbc_tui.operations.orders import Desk, cancel, submit
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.coordinator import parse_job_view
from aitbc_tui.state.events import OwnJobKnown, Submitted

UNSURE_KEPT_S = 7 * 86400.0  # after that its job has long expired


class Writer:
    """Sends orders and cancellations to one coordinator. At most one write is under way at a time."""

    def __init__(self, asker: Asker, host: str, url: str, mask: Masker, desk: Desk, own: OwnJobs) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._mask = mask
        self._desk = desk
        self._own = own
        self._lock = asyncio.Lock()

    def allow(self, access: Access) -> None:
        """The access level changed."""
        self._desk = replace(self._desk, access=access)

    async def submit(self, order: JobOrder, told: Callable[[Submission], object] | None = None) -> Submission:
        """Send one job; its id is in the ledger before `told` hears it, and in the state before this returns."""
        hub = self._asker.hub
        async with self._lock:
            done = await submit(self._desk, order, self._send_order, hub.clock.utc)
        if told is not None:
            told(done)
        now, utc = hub.clock.monotonic(), hub.clock.utc()
        hub.emit(Submitted(done, now, utc))
        if done.state is SubmissionState.ACCEPTED and done.job_id is not None:
            model = SafeText(order.model)
            asked = constraint_words(asdict(order.constraints))
            expires = done.at + order.ttl_s
            hub.emit(OwnJobKnown(done.job_id, model, done.at, expires, len(order.prompt), now, asked))
            await self._own.read(str(done.job_id))
        hub.publish()
        return done

    def ledger_rows(self) -> tuple[OwnJob, ...]:
        """Our submissions as the ledger has them, newest first."""
        return self._desk.ledger.own_jobs(self._desk.environment)

    async def cancel(self, job_id: str) -> str:
        """Cancel one of our jobs; the state that the coordinator then reports."""
        async with self._lock:
            state = await cancel(self._desk, job_id, self._send_cancel)
        self._own.forget_settled(job_id)
        if job_id in self._asker.hub.world.own_jobs:
            await self._own.read(job_id)
        self._asker.hub.publish()
        return str(state)

    async def _send_order(self, order: JobOrder) -> Job:
        return await self._write(requests.submit_job(order))

    async def _send_cancel(self, job_id: str) -> Job:
        return await self._write(requests.cancel_job(job_id))

    async def _write(self, ask: Ask) -> Job:
        answer = await self._asker.send(self._host, self._url, ask)
        try:
            return parse_job_view(answer.body, self._mask)
        except AitbcError as error:
            error.maybe_sent = True  # it was answered with success: done, and not understood
            raise


def no_coordinator() -> ConfigError:
    """The error for a write where there is nothing to write to."""
    return ConfigError("no coordinator is configured", remedy="add [env.NAME.coordinator] with host and url")


def constraint_words(wanted: Mapping[str, object]) -> tuple[str, ...]:
    """`gpu=RTX 4090`; what was not asked for is left out."""
    return tuple(
        f"{name}={clean(', '.join(value) if isinstance(value, tuple | list) else str(value), 60)}"
        for name, value in wanted.items()
        if value not in (None, "", (), [])
    )


def known_jobs(rows: Sequence[OwnJob], at: float) -> list[OwnJobKnown]:
    """Jobs of the ledger that have an id, as events."""
    return [
        OwnJobKnown(
            job_id=SafeText(row.job_id),
            model=SafeText(row.intent.model),
            submitted_utc=row.updated_at,
            expires_utc=row.expires_at,
            prompt_length=row.intent.prompt_chars,
            at=at,
            constraints=constraint_words(row.intent.constraints),
        )
        for row in rows
        if row.state is SubmitState.ACCEPTED and row.job_id is not None
    ]


def unsure(rows: Sequence[OwnJob], at: float, utc: float) -> list[Submitted]:
    """Submissions that left and of which no answer is on disk: sent by a process that died, or never answered."""
    return [
        Submitted(
            Submission(
                ledger_id=row.id,
                order=JobOrder(row.intent.model, "", ttl_s=row.intent.ttl_s or 0),
                state=SubmissionState.UNKNOWN,
                at=row.intent_at,
                detail=row.detail or SafeText("the program ended before the answer came"),
            ),
            at,
            utc,
        )
        for row in rows
        if row.state in (SubmitState.INTENT, SubmitState.UNKNOWN) and utc - row.intent_at < UNSURE_KEPT_S
    ]
