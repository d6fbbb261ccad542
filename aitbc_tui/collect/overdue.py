"""Reading an overdue job singly writes EXPIRED into it (contract Q3): at access `observe` that is never sent."""

from __future__ import annotations

import re

from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.state.facts import World

_SINGLE = re.compile(r"/v1/jobs/([0-9A-Za-z_%-]+)")


def would_expire(world: World, job_id: str, utc: float) -> bool:
    """Whether reading this job at this access changes it: by our own record, or by what a list said of it."""
    if world.topology.environment.access is not Access.OBSERVE:
        return False
    own = world.own_jobs.get(job_id)
    if own is not None and own.expires_utc is not None:
        return utc > own.expires_utc
    listed = world.jobs.value.jobs if world.jobs.value is not None else ()
    return any(j.job_id == job_id and j.expires_at is not None and utc > j.expires_at.timestamp() for j in listed)


def refuse_overdue(world: World, ask: Ask, host: str, utc: float) -> None:
    """Raise `GuardError` for the one GET that writes."""
    match = _SINGLE.fullmatch(ask.path) if ask.method == "GET" else None
    if match is not None and would_expire(world, match[1], utc):
        raise GuardError(
            "the job is overdue: reading it alone would turn it into EXPIRED, and access is observe",
            host=host,
            remedy="it is shown as overdue; access submit may read it",
        )
