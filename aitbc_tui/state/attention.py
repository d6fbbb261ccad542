"""Which hosts deserve a closer look: something there is not as it should be, and their units would tell why. Pure."""

from __future__ import annotations

from aitbc_tui.domain.node import Unit
from aitbc_tui.state.chain import BLOCK_TIME_S, fresh_heights, source_of
from aitbc_tui.state.facts import World

STILL_BLOCKS = 3.0
NEAR_LIMIT = 0.8  # of a unit's own memory limit


def suspicious(world: World, host: str, now: float) -> bool:
    """Whether a node there is silent or stands, a unit is down or restarts, or a job hangs there."""
    if any(unit.found and not unit.running for unit in _units(world, host)):
        return True
    if any(key[0] == host and seen.rising for key, seen in world.restarts.items()):
        return True
    heights = fresh_heights(world, now)
    source = source_of(world, now)
    for frame in world.topology.nodes:
        if frame.host != host:
            continue
        facts = world.nodes[frame.name]
        if facts.head.trouble is not None:
            return True
        still = now - facts.changes[-1][0] if facts.changes else 0.0
        behind = source is not None and frame.name in heights and heights[source] - heights[frame.name] >= 2
        oldest = facts.pool.oldest()
        waits = oldest is not None and now - oldest > STILL_BLOCKS * BLOCK_TIME_S and source == frame.name
        if behind or (still > STILL_BLOCKS * BLOCK_TIME_S and (facts.makes_empty_blocks or waits)):
            return True
        peers = facts.peers.fresh(now)
        if peers is not None and peers.count == 0 and len(heights) > 1:
            return True
    return any(frame.host == host for frame in world.topology.miners) and _work_hangs(world)


def nears_limit(world: World, host: str) -> bool:
    """Whether a unit there comes close to its own memory limit."""
    return any((unit.memory_share or 0.0) > NEAR_LIMIT for unit in _units(world, host))


def _units(world: World, host: str) -> tuple[Unit, ...]:
    return (world.units[host].value if host in world.units else None) or ()


def _work_hangs(world: World) -> bool:
    """A miner that runs one job at a time has two."""
    listed = world.jobs.value.jobs if world.jobs.value is not None else ()
    running = [str(job.miner.label) for job in listed if job.state == "RUNNING" and job.miner is not None]
    return len(running) != len(set(running))
