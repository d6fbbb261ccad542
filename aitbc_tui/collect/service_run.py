"""One configured unit on one host, for the operations screen and the command: its state, its jobs, its change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aitbc_tui.collect.once import Wanted, look
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.git_sync import check_git
from aitbc_tui.operations.report import frame
from aitbc_tui.operations.service import Named, change
from aitbc_tui.operations.tally import Json

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

JOBS_S = 5.0


def running_jobs(collector: Collector, host: str) -> Callable[[], Awaitable[int | None]]:
    """How many jobs run on a host's miners, by the coordinator's own list; None where that cannot be known."""

    async def ask() -> int | None:
        if not collector.topology.has_admin_key:
            return None
        snapshot = await look(collector, Wanted(miners=True), JOBS_S)
        rows = [row for row in snapshot.miners if row.host == host]
        if not rows:
            return None
        return sum(row.miner.inflight or 0 for row in rows)

    return ask


async def run_service(collector: Collector, field: Field, named: Named, action: str) -> tuple[Json, str]:
    """Do it once. The document, and `success` or `failed`; a failure stands among the issues."""
    begun = field.clock()
    outcome = "failed"
    try:
        if any(node.name == named.about for node in field.environment.nodes):
            await check_git(field, field.node(named.about))
        before, after = await change(field, named, action, running_jobs(collector, named.host))
    except AitbcError as error:
        field.tally.failed(error, named.host)
        said = f"{action} of {named.unit} on {named.host} failed"
    else:
        outcome = "success"
        said = f"{named.unit} on {named.host}: {before.active}/{before.sub}, now {after.active}/{after.sub}"
    return frame("service", named.host, {}, field.tally, field.clock() - begun, summary=said), outcome
