"""Polling the coordinator: queue, miners, receipts and our own jobs, one request after the other."""

from __future__ import annotations

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.detect import CoordinatorDetector
from aitbc_tui.collect.ownjobs import OwnJobs
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.collect.payments import EVERY_S, Payments
from aitbc_tui.collect.platform import OwnList
from aitbc_tui.collect.receipts import ReceiptPages
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.work import CoordinatorHealth
from aitbc_tui.protocol import requests
from aitbc_tui.protocol.capability import Generation
from aitbc_tui.protocol.coordinator import parse_coordinator_health, parse_jobs, parse_miners
from aitbc_tui.state.events import Kind, Source

HEALTH_S = 30.0
TROUBLED_S = 5.0
SLOW_MS = 1000.0  # the server is one thread: when it is slow, ask less (contract 9)
BACK_OFF = 3.0
NAME = "coordinator"


class CoordinatorPoll:
    """The coordinator's rhythm; what needs a key that is not there is not asked."""

    def __init__(
        self,
        asker: Asker,
        host: str,
        url: str,
        mask: Masker,
        own: OwnJobs,
        pages: ReceiptPages,
        *,
        queue_s: float,
        miners_s: float,
        receipts_s: float,
    ) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._mask = mask
        self.own = own
        self.pages = pages
        self._queue_s = queue_s
        self._slow = False
        self.detector = CoordinatorDetector(asker, NAME, host, url)
        asker.watch(self.detector)
        self.rhythm = Rhythm(asker.hub.clock)
        self.rhythm.every(HEALTH_S, self.health)
        self.rhythm.every(TROUBLED_S, self._health_in_trouble)
        self.payments = Payments(asker, host, url, own)
        if asker.has("client"):
            self.rhythm.every(lambda: self._eased(EVERY_S), self.payments.look)
        if asker.has("admin"):
            self.rhythm.every(lambda: self._eased(self._queue_interval()), self.jobs)
            self.rhythm.every(lambda: self._eased(miners_s), self.miners)
        self.rhythm.every(lambda: self._eased(receipts_s), pages.newest)
        self.rhythm.every(lambda: self._eased(self._queue_interval()), own.follow)

    def _queue_interval(self) -> float:
        return self._asker.meter(self._host, self._url).queue_interval(self._queue_s)

    def _eased(self, interval: float) -> float:
        return interval * BACK_OFF if self._slow else interval

    async def _health_in_trouble(self) -> None:
        """Whether the process itself answers tells a lost database from a broken coordinator."""
        world = self._asker.hub.world
        troubled = [seen.trouble for seen in (world.jobs, world.miners, world.receipts, world.coordinator)]
        if any(trouble is not None for trouble in troubled):
            await self.health()

    async def health(self) -> None:
        if self._asker.coming(self._host):
            return

        async def read() -> tuple[CoordinatorHealth, float, float | None]:
            await self.detector.ready()
            ask = requests.root_health() if self.platform else requests.coordinator_health()
            answer = await self.detector.answer(ask)
            return parse_coordinator_health(answer.body), answer.received_at, answer.elapsed_ms

        await self._asker.report(Source(Kind.COORDINATOR, NAME), read)

    @property
    def platform(self) -> bool:
        """Whether this is the 2026-08 platform."""
        return self.detector.generation is Generation.AUGUST

    def found(self) -> None:
        """The detector knows what answers."""
        listing = OwnList(self._asker, self._host, self._url, self._mask)
        self.own.listing = listing if self.platform else None

    async def jobs(self) -> None:
        await self._asker.ask(
            Source(Kind.JOBS, NAME),
            self._host,
            self._url,
            requests.admin_jobs(),
            lambda a, date: parse_jobs(a.body, self._mask, date),
        )
        rtt = self._asker.hub.world.jobs.rtt_ms
        self._slow = rtt is not None and rtt > SLOW_MS

    async def miners(self) -> None:
        await self._asker.ask(
            Source(Kind.MINERS, NAME),
            self._host,
            self._url,
            requests.admin_miners(),
            lambda a, date: parse_miners(a.body, self._mask, date),
        )
