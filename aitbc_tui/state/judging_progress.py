"""Whether the head of one node goes on: a stalled source, a follower that stands, a lag and when it closes."""

from __future__ import annotations

from aitbc_tui.domain.figures import coarse_age, thousands
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.facts import NodeFacts
from aitbc_tui.state.judging_look import UNITS_PATIENCE_S, Judgement, Look, bad, curl_twice, warn
from aitbc_tui.state.sources import full_disk
from aitbc_tui.state.topology import PLATFORM

TOLERATED_LAG = 1
WEDGE_BLOCKS = 3
LAG_WINDOW_S = 20.0
STANDS_S = 10.0
BOTH_STAND_S = 30.0  # an idle chain; a block is at every node within a second


def stalled(look: Look) -> Judgement | None:
    """The source's head stands still although it should move; an idle chain is no stall (contract fact 10)."""
    if not look.is_source or look.still_s is None:
        return None
    unit = look.main_unit
    dead = unit is not None and not unit.running
    # an idle chain may explain a head that stands; that of a dead producer needs no such patience
    limit = STANDS_S if dead else max(5 * look.block_time, STANDS_S, look.frame.heartbeat_s)
    head = look.facts.head.value
    age = None if head is None or head.block_age_s is None else head.block_age_s
    still = max(look.still_s, age if age is not None and look.facts.makes_empty_blocks else 0.0)
    if still <= limit:
        return None
    oldest = look.facts.pool.oldest()
    waiting = oldest is not None and look.now - oldest > limit
    if not look.facts.makes_empty_blocks and not waiting and not dead:
        return None
    stopped = look.now - still
    if not look.units_known(stopped + limit):
        return None
    due = max(look.block_time, look.frame.heartbeat_s)
    said = f"no new block for {coarse_age(still)}; one was due every {due:.1f} s"
    check = curl_twice(look)
    if dead and unit is not None:
        text = f"{unit.name.removesuffix('.service')} is {unit.active}, no new block for {coarse_age(still)}"
        return bad("STALLED", text, "producer-dead", f"systemctl status {unit.name}")
    at = look.facts.units.at
    if unit is not None and unit.uptime_s is not None and at is not None and at - unit.uptime_s > stopped:
        name = unit.name.removesuffix(".service")  # the list has little room
        text = f"{name} is active and has made no block since it started, {coarse_age(still)} without one"
        return bad("STALLED", text, "not-producing", f"systemctl cat {unit.name}")
    return bad("STALLED", said, "stall", check)


def wedged(look: Look) -> Judgement | None:
    """A follower whose head stands while the source goes on: its importer threw, or no gossip reaches it."""
    source = look.chain.source
    if look.is_source or source is None or look.still_s is None:
        return None
    since, height = look.facts.changes[-1]
    ahead = look.world.nodes[source]
    moved = [h for at, h in ahead.changes if at > since]
    if len(moved) < WEDGE_BLOCKS or look.still_s < WEDGE_BLOCKS * look.block_time:
        return None
    blocks = ahead.changes[-1][1] - height
    if blocks < WEDGE_BLOCKS:
        return None
    count = tx_count(ahead, height + 1)
    stands = f"head stands at {thousands(height)} while {source} made {thousands(blocks)} more"
    disk = look.world.disks.get(look.frame.host)
    if disk is not None and full_disk(disk, look.now) is not None:
        return bad("WEDGED", f"{stands}; its disk is full", "wedge", curl_twice(look))
    if count == 0:
        return _not_refused(look, f"{stands}; block {thousands(height + 1)} is empty")
    if count is None and look.still_s < UNITS_PATIENCE_S:
        return None
    return bad("WEDGED", stands, "wedge", curl_twice(look))


def _not_refused(look: Look, stands: str) -> Judgement:
    """No importer throws at an empty block: it never came, or the process that should take it is dead."""
    runs = look.main_unit is not None and look.main_unit.running
    dead = "" if runs else ", or what imports blocks is dead"
    if look.frame.generation == PLATFORM:  # its hub pushes and it pulls: no Redis between them
        return bad("WEDGED", f"{stands}, so it was not refused: it never came{dead}", "wedge", curl_twice(look))
    text = f"{stands}, so it never came: gossip is cut{dead}"
    return bad("CUT OFF", text, "redis-down", "redis-cli pubsub numsub blocks")


def tx_count(facts: NodeFacts, height: int) -> int | None:
    """How many transactions a block has, as its head or its body said."""
    block = facts.blocks.get(height)
    return block.tx_count if block is not None and block.tx_count is not None else facts.counts.get(height)


def behind(look: Look) -> Judgement | None:
    """Blocks behind the source, or ahead of it, and in how many seconds the gap closes at the pace of now."""
    lag = look.lag()
    if lag is None or look.is_source:
        return None
    source = look.chain.source
    if lag < -TOLERATED_LAG:
        return warn("ahead", f"{-lag} blocks ahead of {source}", "height-ahead")
    if lag <= TOLERATED_LAG and not (lag and _both_stand(look)):
        return None
    eta = closes_in(look)
    text = f"{thousands(lag)} block{'s' if lag > 1 else ''} behind {source}"
    if eta is None:
        first = look.facts.changes[0][0] if look.facts.changes else look.now
        known = look.now - first >= WEDGE_BLOCKS * look.block_time  # one look tells no direction
        said = f"{text}, not closing" if known else text
        return warn("lag", said, "lag", f"curl -s {look.frame.rpc}/rpc/head")
    return Judgement(Verdict(Level.WARN, SafeText("lag"), SafeText(f"{text}, closes in {coarse_age(eta)}")))


def _both_stand(look: Look) -> bool:
    """Neither head has moved for long: what the source has by now, the other one should have (contract node 8e2)."""
    source = look.chain.source
    ahead = look.world.nodes[source].changes if source is not None else ()
    still = min(look.still_s or 0.0, look.now - ahead[-1][0] if ahead else 0.0)
    return still > BOTH_STAND_S


def closes_in(look: Look) -> float | None:
    """Seconds until a lag is gone, at the pace of the last moments; None when it does not get smaller."""
    lag, source = look.lag(), look.chain.source
    if lag is None or source is None or lag <= 0:
        return None
    gained = _gained(look.facts, look.now) - _gained(look.world.nodes[source], look.now)
    return None if gained <= 0 else lag / gained * LAG_WINDOW_S


def _gained(facts: NodeFacts, now: float) -> int:
    """Blocks of the last moments."""
    recent = [h for at, h in facts.changes if now - at <= LAG_WINDOW_S]
    before = [h for at, h in facts.changes if now - at > LAG_WINDOW_S]
    return recent[-1] - (before[-1] if before else recent[0]) if recent else 0
