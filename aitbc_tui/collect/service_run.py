"""One configured unit on one host, for the operations screen and the command: its state, its jobs, its change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aitbc_tui.collect.once import Wanted, look
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import MinerRow
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.git_sync import check_git
from aitbc_tui.operations.report import frame
from aitbc_tui.operations.service import Busy, Named, Running, change, miners_of
from aitbc_tui.operations.tally import Json

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

JOBS_S = 5.0
AGAIN_S = 0.2


def running_jobs(collector: Collector, named: Named) -> Busy:
    """How many jobs have to end before this unit may stop, by the coordinator's own list.

    Those of the miner whose unit it is, where the configuration calls it as the coordinator does; else those of every
    miner of the host, for it may be any of them. None where that cannot be known.
    """
    mine = miners_of(collector.setup.environment, named)

    async def ask() -> Running | None:
        if not collector.topology.has_admin_key:
            return None
        listed = await _listed(collector)
        by_name = {str(row.miner.identity.label): row for row in listed}
        if mine and by_name.keys() >= set(mine):
            return Running(_jobs(by_name[name] for name in mine), True)
        rows = [row for row in listed if row.host == named.host]
        return Running(_jobs(rows), len(rows) == 1) if rows else None

    return ask


async def _listed(collector: Collector) -> tuple[MinerRow, ...]:
    """The miners by an answer that is younger than the question; none where there was no such answer."""
    begun = collector.clock.monotonic()
    while collector.clock.monotonic() - begun < JOBS_S:
        snapshot, seen = await look(collector, Wanted(miners=True), JOBS_S), collector.hub.world.miners
        if seen.trouble is not None:
            break
        if seen.at is not None and seen.at >= begun:
            return snapshot.miners
        await collector.clock.sleep(AGAIN_S)  # it was being asked already
    return ()


def _jobs(rows: Iterable[MinerRow]) -> int:
    return sum(row.miner.inflight or 0 for row in rows)


async def run_service(collector: Collector, field: Field, named: Named, action: str) -> tuple[Json, str]:
    """Do it once. The document, and `success` or `failed`; a failure stands among the issues."""
    begun = field.clock()
    outcome = "failed"
    try:
        if any(node.name == named.about for node in field.environment.nodes):
            await check_git(field, field.node(named.about))
        before, after = await change(field, named, action, running_jobs(collector, named))
    except AitbcError as error:
        field.tally.failed(error, named.host)
        said = f"{action} of {named.unit} on {named.host} failed"
    else:
        outcome = "success"
        said = f"{named.unit} on {named.host}: {before.active}/{before.sub}, now {after.active}/{after.sub}"
    return frame("service", named.host, {}, field.tally, field.clock() - begun, summary=said), outcome
