"""Following our own jobs to their verified receipts: the ledger knows them, the 2026-02 coordinator lists none."""

from __future__ import annotations

from datetime import datetime

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.overdue import would_expire
from aitbc_tui.collect.platform import OwnList
from aitbc_tui.collect.receipts import ReceiptPages, Verifier
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.coordinator import parse_job_view
from aitbc_tui.protocol.receiptdoc import parse_receipt, parse_result
from aitbc_tui.state.events import Kind, OwnJobKnown, Source
from aitbc_tui.state.facts import JobResult, OwnerView, World
from aitbc_tui.transport.host import HttpAnswer

PER_TURN = 6
RECENT = 30  # own jobs of the ledger that are looked at again
ENDED = ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")
AGAIN_S = 60.0  # no state is final: an ended job is read again this rarely while it is open on a screen


class OwnJobs:
    """Reads our jobs with our client key until each has ended and its receipt was seen."""

    def __init__(
        self, asker: Asker, host: str, url: str, mask: Masker, verifier: Verifier, pages: ReceiptPages
    ) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._mask = mask
        self._verifier = verifier
        self._pages = pages
        self._settled: set[str] = set()
        self._no_receipt: dict[str, int] = {}
        self._tried: set[str] = set()
        self.listing: OwnList | None = None  # where the coordinator lists the jobs of one client

    def known(self, jobs: list[OwnJobKnown]) -> None:
        """Jobs of the ledger, newest first."""
        for job in jobs[:RECENT]:
            self._asker.hub.emit(job)

    def forget_settled(self, job_id: str) -> None:
        """Read this job anew, whatever was concluded of it."""
        self._settled.discard(job_id)
        self._tried.discard(job_id)
        self._no_receipt.pop(job_id, None)

    async def follow(self) -> None:
        """One turn: the watched job first, then our newest that are not settled."""
        world = self._asker.hub.world
        if world.watched is not None and world.watched not in world.own_jobs:
            await self._foreign(world.watched)
        if not self._asker.has("client"):
            return
        if self.listing is not None:
            await self._from_list(self.listing)
            return
        for job_id in self._wanted(world)[:PER_TURN]:
            await self.read(job_id)

    async def _from_list(self, listing: OwnList) -> None:
        """States come with the list; results and receipts are fetched for the jobs that the ledger knows."""
        listed = await listing.read(lambda: self._wanted(self._asker.hub.world)[:PER_TURN])
        states = {str(job.job_id): str(job.state) for job in listed}
        turns = 0
        for job_id in self._wanted(self._asker.hub.world) if listed else ():
            state = states.get(job_id)
            if state is None or job_id == self._asker.hub.world.watched:
                await self.read(job_id)
            elif state == "COMPLETED":
                await self._result(job_id)
                await self._receipt(job_id)
            elif state in ENDED:
                self._settled.add(job_id)
                continue
            else:
                continue
            turns += 1
            if turns >= PER_TURN:
                return

    def _wanted(self, world: World) -> list[str]:
        mine = sorted(world.own_jobs, key=lambda j: -world.own_jobs[j].submitted_utc)
        mine = [j for j in mine if j not in self._settled]
        if world.watched in mine:
            mine.remove(world.watched)
            mine.insert(0, world.watched)
        return [j for j in mine if self.may_read(j)]

    def may_read(self, job_id: str) -> bool:
        """Reading an overdue job writes EXPIRED (contract Q3): at `observe` it is not read singly."""
        return not would_expire(self._asker.hub.world, job_id, self._asker.hub.clock.utc())

    async def read(self, job_id: str) -> None:
        """The owner's view; after COMPLETED the result, then the receipt."""

        def parse(answer: HttpAnswer, date: datetime | None) -> OwnerView:
            return OwnerView(parse_job_view(answer.body, self._mask), date)

        view = await self._asker.ask(Source(Kind.JOB, job_id), self._host, self._url, requests.job(job_id), parse)
        if view is None:
            return
        state = str(view.job.state)
        if state == "COMPLETED":
            await self._result(job_id)
            await self._receipt(job_id)
        elif state in ENDED:
            self._settled.add(job_id)

    async def _result(self, job_id: str) -> None:
        facts = self._asker.hub.world.job_facts.get(job_id)
        if facts is not None and facts.result.value is not None:
            return

        def parse(answer: HttpAnswer, date: datetime | None) -> JobResult:
            result = parse_result(answer.body)
            return JobResult(
                status=result.status,
                model=result.model,
                output=result.output or (),
                error=result.error,
                tokens=result.tokens,
                run_s=result.execution_time_s,
            )

        await self._asker.ask(Source(Kind.RESULT, job_id), self._host, self._url, requests.result(job_id), parse)

    async def _receipt(self, job_id: str) -> None:
        def parse(answer: HttpAnswer, date: datetime | None) -> VerifiedReceipt:
            return self._verifier(parse_receipt(answer.body), job_id)

        receipt = await self._asker.ask(
            Source(Kind.RECEIPT, job_id), self._host, self._url, requests.receipt(job_id), parse
        )
        if receipt is not None:
            await self._verifier.save()
            self._settled.add(job_id)
            return
        tries = self._no_receipt[job_id] = self._no_receipt.get(job_id, 0) + 1
        if tries >= 5:  # COMPLETED and no receipt: a coordinator without a signing key
            self._settled.add(job_id)

    async def _foreign(self, job_id: str) -> None:
        """A job that the ledger does not know: ours from another machine, or another client's.

        The owner's view is asked for once (not at `observe`: it may write EXPIRED); else only its receipt is to
        be had, from the public list.
        """
        observes = self._asker.hub.world.topology.environment.access is Access.OBSERVE
        if job_id not in self._tried and self._asker.has("client") and not observes:
            self._tried.add(job_id)
            await self.read(job_id)
        if any(str(k.item.receipt.facts.job_id) == job_id for k in self._asker.hub.world.book.values()):
            return
        job = next((j for j in (self._asker.hub.world.jobs.value or _NOTHING).jobs if j.job_id == job_id), None)
        if job is not None and str(job.state) == "COMPLETED":
            await self._pages.all(5, job_id)


class _Nothing:
    jobs: tuple[()] = ()


_NOTHING = _Nothing()
