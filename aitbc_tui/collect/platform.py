"""What is asked of a 2026-08 platform only: the token owner's own list of jobs, and the followers of a hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aitbc_tui.collect.asker import Asker
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.node import Peers
from aitbc_tui.domain.work import Job
from aitbc_tui.protocol import platform_requests
from aitbc_tui.protocol.platform import Subscriber, parse_own_jobs, parse_subscribers
from aitbc_tui.protocol.times import parse_http_date
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.state.facts import OwnerView
from aitbc_tui.state.topology import NodeFrame


class OwnList:
    """One request instead of one for each job: every job on the list counts as a view of it."""

    def __init__(self, asker: Asker, host: str, url: str, mask: Masker) -> None:
        self._asker = asker
        self._host = host
        self._url = url
        self._mask = mask

    async def read(self, waiting: Callable[[], list[str]]) -> tuple[Job, ...]:
        """The newest own jobs. When they do not come, every job that is `waiting` to be seen says why."""
        hub, ask = self._asker.hub, platform_requests.own_jobs()
        try:
            answer = await self._asker.send(self._host, self._url, ask)
            date: datetime | None = parse_http_date(answer.headers.get("date"))
            jobs = parse_own_jobs(answer.body, self._mask)
        except AitbcError as error:
            trouble = self._asker.trouble(error, ask)
            for job_id in waiting():
                hub.failed(Source(Kind.JOB, job_id), trouble)
            return ()
        for job in jobs:
            view = OwnerView(job, date)
            hub.answered(Source(Kind.JOB, str(job.job_id)), view, answer.received_at, answer.elapsed_ms)
        return jobs


async def read_subscribers(asker: Asker, frame: NodeFrame) -> None:
    """Who follows this hub. A lease outlives its follower, so the names are leases, not proof of life."""
    await asker.ask(
        Source(Kind.PEERS, str(frame.name)),
        frame.host,
        frame.rpc,
        platform_requests.subscribers(),
        lambda a, date: _leases(parse_subscribers(a.body), date),
    )


def _leases(rows: Sequence[Subscriber], date: datetime | None) -> Peers:
    """How long each lease still runs, by the hub's own clock: its `Date` header."""
    ends = (None if date is None or row.expires_at is None else row.expires_at - date.timestamp() for row in rows)
    return Peers(tuple(row.node_id for row in rows), None, tuple(ends))
