"""What became of the money of our own jobs: the job's own view never says (contract Q10), the payment does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.ownjobs import ENDED, OwnJobs
from aitbc_tui.domain.work import PaymentState
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.coordinator import parse_payment
from aitbc_tui.protocol.platform import parse_job_payment
from aitbc_tui.protocol.platform_requests import job_payment
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.transport.host import HttpAnswer

EVERY_S = 8.0
JOBS_PER_TURN = 4
RECENT = 20  # of our jobs in the list of everybody
WAITING = "QUEUED"
SETTLED = ("failed", "refunded")


class Payments:
    """Reads our ended jobs once, and the payments of those that have one until the money has come to rest."""

    def __init__(self, asker: Asker, host: str, url: str, own: OwnJobs) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._own = own
        self._looked: set[str] = set()
        self._at_rest: set[str] = set()
        self._held: set[str] = set()

    async def look(self) -> None:
        """One turn. An ended job is read without any effect; one that is not is left to whoever watches it."""
        for job_id in list(self._unread())[:JOBS_PER_TURN]:
            self._looked.add(job_id)
            await self._own.read(job_id)
        for job_id, payment_id in list(islice(self._open(), JOBS_PER_TURN)):
            await self._read(job_id, payment_id)

    def _unread(self) -> Iterator[str]:
        world = self._asker.hub.world
        ours = world.topology.client
        listed = world.jobs.value.jobs if world.jobs.value is not None else ()
        mine = [job for job in listed if ours and job.client is not None and job.client.label == ours]
        for job in mine[:RECENT]:
            job_id = str(job.job_id)
            if str(job.state) in ENDED and job_id not in self._looked and job_id not in world.own_jobs:
                yield job_id

    def _open(self) -> Iterator[tuple[str, str]]:
        for job_id, facts in self._asker.hub.world.job_facts.items():
            view = facts.view.value
            if view is None or not view.job.payment_id or job_id in self._at_rest:
                continue
            waits = str(view.job.state) == WAITING and self._own.listing is not None and job_id not in self._held
            if waits:
                self._held.add(job_id)  # once: its amount may be why nobody takes it (contract platform, pain 5)
            if waits or str(view.job.state) in ENDED:
                yield job_id, str(view.job.payment_id)

    async def _read(self, job_id: str, payment_id: str) -> None:
        platform = self._own.listing is not None  # 2026-08 has it under its job, with amounts as strings
        asked = job_payment(job_id) if platform else requests.payment(payment_id)

        def parse(answer: HttpAnswer, date: datetime | None) -> PaymentState:
            found = parse_job_payment(answer.body) if platform else parse_payment(answer.body)
            return PaymentState(found.status, found.amount, found.currency, found.transaction_hash)

        payment = await self._asker.ask(Source(Kind.PAYMENT, job_id), self._host, self._url, asked, parse)
        if payment is None:
            return
        paid = payment.status == "released" and payment.transaction_hash is not None
        if paid or payment.status in SETTLED:
            self._at_rest.add(job_id)
