"""What the cards of a miner's host did while it had a job: the most that was seen, noted with every reading. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from aitbc_tui.domain.work import GpuReading, GpuUse
from aitbc_tui.state.facts import World
from aitbc_tui.state.miners import surely_at

KEPT = 200


def noted_use(world: World, host: str, cards: tuple[GpuReading, ...]) -> World:
    """The world after a reading: it counts for every job that the newest list shows as running on that host."""
    listed = world.jobs.value.jobs if world.jobs.value is not None else ()
    running = [
        str(job.job_id)
        for job in listed
        if job.state == "RUNNING" and job.miner is not None and surely_at(world, str(job.miner.label)) == host
    ]
    used = [card.utilisation for card in cards if card.utilisation is not None]
    if not running or not used:
        return world
    during: dict[str, GpuUse] = dict(world.gpu_during)
    for job_id in running:
        old = during.pop(job_id, GpuUse(0.0, 0))
        during[job_id] = GpuUse(max(old.most, *used), old.readings + 1)
    kept: Mapping[str, GpuUse] = dict(list(during.items())[-KEPT:])
    return replace(world, gpu_during=kept)
