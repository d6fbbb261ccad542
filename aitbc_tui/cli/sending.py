"""Sending jobs for `submit`: the last checks, each job once, every id told as soon as it is on disk, then following."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.cli.following import Followed, follow, trouble_of
from aitbc_tui.cli.listing import Seen, need_key
from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.order import OrderFields, Problem, check_order
from aitbc_tui.domain.snapshot import OfferedModel, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import JobOrder

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted

RECEIPTS = 50
LEAST_S = 0.5  # with less time left nothing more is sent
Left = Callable[[], float | None]
Say = Callable[[str], object]


class Sending:
    """One order on its way: what it may cost, what was sent, what became of it."""

    def __init__(self, fields: OrderFields, order: JobOrder, left: Left, say: Say) -> None:
        self._fields = fields
        self._order = order
        self._left = left
        self._say = say
        self.warnings: list[Problem] = []
        self.estimate = ""
        self.offer: OfferedModel | None = None
        self.sent: list[Submission] = []
        self.unsent = 0
        self.followed: dict[str, Followed] = {}
        self._host = ""
        self._stopped: AitbcError | None = None

    def wanted(self) -> Wanted:
        """What is looked at before: who holds the model, what such jobs cost, and whether there is such a region."""
        from aitbc_tui.collect.once import Wanted

        return Wanted(receipts=RECEIPTS, miners=bool(self._fields.region.strip()), ollama=True)

    async def prepare(self, collector: Collector) -> None:
        """Everything that can stop it or should be known, before anything is sent."""
        assert collector.coordinator is not None
        await collector.coordinator.health()
        seen = Seen(collector.hub.publish(), collector.hub.world)
        self._host = seen.coordinator_host
        error = seen.unheard(seen.world.coordinator, self._host)
        if error is not None:
            raise error
        need_key(seen, "client")
        snapshot = seen.snapshot
        regions = [str(row.miner.region) for row in snapshot.miners if row.miner.region]
        self.warnings = check_order(self._fields, snapshot.models, regions=regions)
        from aitbc_tui.domain.estimate import cost, priced  # the form's own words

        self.offer = priced(snapshot, self._order.model)
        number = f" ({self.offer.receipts} receipts)" if self.offer and self.offer.receipts else ""
        self.estimate = cost(snapshot, self._fields, self._order.count) + number

    async def send(self, collector: Collector) -> None:
        """One after the other, each once; stops at the first that was not surely accepted."""
        one = replace(self._order, count=1)
        for number in range(self._order.count):
            self.unsent = self._order.count - number
            left = self._left()
            if left is not None and left < LEAST_S:
                words = f"{self.unsent} of {self._order.count} jobs were not sent in the time given"
                self._stopped = CommandError(words, host=self._host, remedy="--timeout SECONDS", timed_out=True)
                return
            try:
                await self._send_one(collector, one, left)
            except AitbcError as error:  # nothing of this one has left
                self._stopped = error
                return
            self.unsent -= 1
            if self.sent[-1].state is not SubmissionState.ACCEPTED:
                return

    async def _send_one(self, collector: Collector, one: JobOrder, left: float | None) -> None:
        before = len(self.sent)
        try:
            async with asyncio.timeout(left):
                await collector.must_write().submit(one, self._told)
        except TimeoutError:
            if len(self.sent) == before:
                words = SafeText("no answer within the time given: look it up, it is not sent again")
                self.sent.append(Submission(0, one, SubmissionState.UNKNOWN, 0.0, None, words))

    def _told(self, done: Submission) -> None:
        """Called as soon as the outcome is on disk."""
        self.sent.append(done)
        if done.job_id is not None:
            self._say(f"{done.job_id} submitted")

    async def follow(self, collector: Collector) -> None:
        """Every accepted job to its end, or until the time is over."""
        ids = [str(done.job_id) for done in self.sent if done.job_id is not None]
        if ids:
            await follow(collector, ids, self.followed, self._left(), self._say)

    def failures(self) -> list[AitbcError]:
        """What decides the exit code."""
        found = [error for done in self.sent if (error := self._not_accepted(done)) is not None]
        found += [error for one in self.followed.values() if (error := trouble_of(one, self._host)) is not None]
        return found if self._stopped is None else [*found, self._stopped]

    def _not_accepted(self, done: Submission) -> AitbcError | None:
        detail = str(done.detail).removeprefix(f"{self._host}: ")
        if done.state is SubmissionState.UNKNOWN:
            words = f"unknown whether it was submitted: {detail}"
            remedy = "aitbc-tui jobs, before sending it again by hand"
            return CommandError(words, host=self._host, remedy=remedy, timed_out=True)
        if done.state is SubmissionState.REFUSED:
            return CommandError(f"not submitted: {detail}", host=self._host)
        return None
