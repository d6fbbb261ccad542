"""The verdict on one node, the worst thing first, and the name of the alarm that it leads to."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.figures import coarse_age, short_hash, thousands
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness, TroubleKind
from aitbc_tui.domain.snapshot import Chain
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.by_hand import at_host
from aitbc_tui.state.chain import BLOCK_TIME_S, pair
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.links import waiting_word
from aitbc_tui.state.rulebook import RULES
from aitbc_tui.state.sources import full_disk, node_trouble
from aitbc_tui.state.streaks import restarts_of
from aitbc_tui.state.topology import PLATFORM, PRODUCER_ROLE, NodeFrame

TOLERATED_LAG = 1
WEDGE_BLOCKS = 3
UNITS_RECENT_S = 7.0  # while something is wrong they are read every five seconds
UNITS_PATIENCE_S = 15.0  # how long a verdict waits for the units to be read that would tell why
LAG_WINDOW_S = 20.0
STANDS_S = 10.0
DATABASE_S = 5.0  # two readings of the mempool
BOTH_STAND_S = 30.0  # an idle chain; a block is at every node within a second


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of a node, the alarm it leads to, and how to check that by hand."""

    verdict: Verdict
    rule: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What every check of one node needs."""

    world: World
    frame: NodeFrame
    facts: NodeFacts
    chain: Chain
    now: float
    utc: float
    heights: dict[str, int]

    @property
    def block_time(self) -> float:
        return self.chain.block_interval_s or BLOCK_TIME_S

    @property
    def is_source(self) -> bool:
        return self.chain.source == self.frame.name

    @property
    def still_s(self) -> float | None:
        """For how long this node's head has not moved under our eyes."""
        return self.now - self.facts.changes[-1][0] if self.facts.changes else None

    @property
    def units(self) -> tuple[Unit, ...]:
        return self.facts.units.fresh(self.now) or ()

    def unit_state(self, unit: str) -> Unit | None:
        name = unit.removesuffix(".service")
        return next((u for u in self.units if u.name.removesuffix(".service") == name and u.found), None)

    @property
    def main_unit(self) -> Unit | None:
        """The one that makes or imports blocks."""
        return self.unit_state(self.frame.units[0]) if self.frame.units else None

    def units_known(self, due_since: float) -> bool:
        """Whether the units were read just now, or will not be in good time after `due_since`."""
        at = self.facts.units.at
        if not self.frame.units or (at is not None and self.now - at < UNITS_RECENT_S):
            return True
        return self.now - due_since > UNITS_PATIENCE_S

    def lag(self) -> int | None:
        source = self.chain.source
        if source is None or self.frame.name not in self.heights:
            return None
        return self.heights[source] - self.heights[self.frame.name]


def judge(look: Look) -> Judgement:
    """One node, the worst thing first (screens 4)."""
    reached = (_not_heard, _genesis, _forked, _hollow, _database, _stalled)
    for check in (*reached, _crash_loop, _importer_down, _stands, _unit_down):
        found = check(look)
        if found is not None:
            return found
    return _swapped(look) or _behind(look) or Judgement(_sound(look))


def _bad(word: str, text: str, rule: str, check: str = "") -> Judgement:
    return Judgement(Verdict(Level.BAD, SafeText(word), SafeText(text)), rule, check)


def _warn(word: str, text: str, rule: str, check: str = "") -> Judgement:
    return Judgement(Verdict(Level.WARN, SafeText(word), SafeText(text)), rule, check)


def _not_heard(look: Look) -> Judgement | None:
    head = look.facts.head
    state, trouble = head.freshness(look.now), head.trouble
    why = trouble.detail if trouble else SafeText("")
    if trouble is not None and trouble.kind is TroubleKind.EMPTY:
        return _empty(look)
    named = node_trouble(look.world, look.frame, look.facts, look.now) if trouble is not None else None
    rule, check = (named.rule, named.check) if named is not None else ("", "")
    if named is not None and rule in ("follower-down", "producer-down"):
        return _bad(RULES[rule].word, named.evidence, rule, check)
    if state is Freshness.FRESH:
        return None
    if state is Freshness.STALE:
        return Judgement(Verdict(Level.STALE, SafeText(f"stale {coarse_age(head.age(look.now))}"), why), rule, check)
    link = look.world.links.get(look.frame.host)
    if state in (Freshness.CONNECTING, Freshness.UNREACHABLE):
        if named is not None and RULES[rule].level is Level.BAD:
            return _bad(RULES[rule].word, named.evidence, rule, check)
        return Judgement(waiting_word(link, trouble, look.now), rule, check)
    level = Level.REFUSED if state is Freshness.REFUSED else Level.WARN
    return Judgement(Verdict(level, SafeText(state.value), why), rule, check)


def _twice(look: Look) -> str:
    """A head looked at twice, some blocks apart."""
    ask = f"curl -s {look.frame.rpc}/rpc/head"
    return f"{ask}; sleep {3 * look.block_time:.0f}; {ask}"


def _both(look: Look, path: str) -> str:
    """The same question to this node and to the one that it is compared with."""
    topology = look.world.topology
    source = topology.node(look.chain.source or "")
    frames = (look.frame,) if source is None else (look.frame, source)
    return "; ".join(at_host(topology, frame.host, f"curl -s {frame.rpc}{path}") for frame in frames)


def _empty(look: Look) -> Judgement:
    """404 "no blocks yet": joined late, or asked for a chain that it does not have."""
    trouble = look.facts.head.trouble
    why = str(trouble.detail) if trouble is not None else ""
    source = look.chain.source
    check = f"curl -s {look.frame.rpc}/rpc/head"
    bare = look.facts.bare
    if trouble is not None and bare.trouble is None and bare.at is not None and bare.at > trouble.since:
        text = f"has no chain {look.frame.chain_id}; without naming one it answers"
        return _warn("no blocks", text, "other-chain", check)
    if source is not None and not look.is_source and look.frame.role != PRODUCER_ROLE:
        text = f'answers "{why}" while {source} is at {thousands(look.heights[source])}'
        return _warn("no blocks", text, "late-join", check)
    return _warn("no blocks", why, "no-blocks", check)


def _genesis(look: Look) -> Judgement | None:
    source = look.chain.source
    if source is None or look.is_source:
        return None
    theirs, ours = look.world.nodes[source].hashes.get(0), look.facts.hashes.get(0)
    if theirs is None or ours is None or theirs == ours:
        return None
    text = f"block 0 is {short_hash(ours)}, that of {source} {short_hash(theirs)}"
    return _bad("GENESIS", text, "genesis-mismatch", f"curl -s {look.frame.rpc}/rpc/blocks/0")


def _forked(look: Look) -> Judgement | None:
    fork = look.chain.fork
    if fork is None or look.frame.name not in fork.nodes:
        return None
    common = thousands(fork.last_common) if fork.last_common is not None else "not found yet"
    check = _both(look, f"/rpc/blocks/{fork.height}")
    return _bad("FORK", f"other hash at {thousands(fork.height)}, last common {common}", "fork", check)


def _hollow(look: Look) -> Judgement | None:
    newest = max((b for h, b in look.facts.blocks.items() if h > 0), key=lambda b: b.height, default=None)
    if newest is None or not newest.hollow:
        return None
    check = f"curl -s {look.frame.rpc}/rpc/blocks/{newest.height}"
    return _bad("HOLLOW", f"block {thousands(newest.height)} has no proposer or no parent", "hollow", check)


def _database(look: Look) -> Judgement | None:
    """The head is read from a file, what waits from a database of its own: one may fail alone (contract pain 13)."""
    trouble, head = look.facts.mempool.trouble, look.facts.head.fresh(look.now)
    if trouble is None or trouble.kind is not TroubleKind.BROKEN or head is None:
        return None
    if trouble.status is None or trouble.status < 500 or look.now - trouble.since < DATABASE_S:
        return None
    still = f", no block for {coarse_age(look.still_s)}" if look.is_source and (look.still_s or 0.0) > 60.0 else ""
    text = f"its head is read, its mempool answers {trouble.status}{still}"
    check = f"curl -s '{look.frame.rpc}/rpc/mempool?chain_id={look.frame.chain_id}'"
    return _bad("DB DOWN", text, "db-down", check)


def _stalled(look: Look) -> Judgement | None:
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
    check = _twice(look)
    if dead and unit is not None:
        text = f"no new block for {coarse_age(still)}, and {unit.name} is {unit.active}"
        return _bad("STALLED", text, "producer-dead", f"systemctl status {unit.name}")
    at = look.facts.units.at
    if unit is not None and unit.uptime_s is not None and at is not None and at - unit.uptime_s > stopped:
        text = f"{unit.name} is active and has made no block since it started, {coarse_age(still)} without one"
        return _bad("STALLED", text, "not-producing", f"systemctl cat {unit.name}")
    return _bad("STALLED", said, "stall", check)


def _crash_loop(look: Look) -> Judgement | None:
    for name in look.frame.units:
        unit = look.unit_state(name)
        if unit is None:
            continue
        seen = restarts_of(look.world.restarts, look.frame.host, name)
        looping = unit.active == "activating" and unit.sub == "auto-restart"
        if looping or (seen.rising and seen.total >= 2):
            text = f"{unit.name} is {unit.active}/{unit.sub}, restarted {unit.restarts or 0} times"
            return _bad("CRASHES", text, "unit-crashloop", f"journalctl -u {unit.name} -n 50")
    return None


def _importer_down(look: Look) -> Judgement | None:
    unit = look.main_unit
    if unit is None or unit.running or look.is_source:
        return None
    head = look.facts.head.value
    stands = f", its head stands at {thousands(head.height)}" if head is not None else ""
    return _bad("DOWN", f"{unit.name} is {unit.active}{stands}", "importer-dead", f"systemctl status {unit.name}")


def _stands(look: Look) -> Judgement | None:
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
        return _bad("WEDGED", f"{stands}; its disk is full", "wedge", _twice(look))
    if count == 0:
        return _not_refused(look, f"{stands}; block {thousands(height + 1)} is empty")
    if count is None and look.still_s < UNITS_PATIENCE_S:
        return None
    return _bad("WEDGED", stands, "wedge", _twice(look))


def _not_refused(look: Look, stands: str) -> Judgement:
    """No importer throws at an empty block: it never came, or the process that should take it is dead."""
    runs = look.main_unit is not None and look.main_unit.running
    dead = "" if runs else ", or what imports blocks is dead"
    if look.frame.generation == PLATFORM:  # its hub pushes and it pulls: no Redis between them
        return _bad("WEDGED", f"{stands}, so it was not refused: it never came{dead}", "wedge", _twice(look))
    text = f"{stands}, so it never came: gossip is cut{dead}"
    return _bad("CUT OFF", text, "redis-down", "redis-cli pubsub numsub blocks")


def tx_count(facts: NodeFacts, height: int) -> int | None:
    """How many transactions a block has, as its head or its body said."""
    block = facts.blocks.get(height)
    return block.tx_count if block is not None and block.tx_count is not None else facts.counts.get(height)


def _unit_down(look: Look) -> Judgement | None:
    dead = next((u for u in look.units if u.found and not u.running), None)
    if dead is None:
        return None
    return _warn("unit down", f"{dead.name} is not active", "unit-down", f"systemctl status {dead.name}")


def _swapped(look: Look) -> Judgement | None:
    proposer = look.chain.proposer
    producer = look.world.topology.producer
    if proposer is None or producer is None or producer.role != PRODUCER_ROLE or proposer != look.frame.name:
        return None
    if proposer == producer.name:
        return None
    text = f"proposes the blocks, and {producer.name} is configured to"
    return _warn("proposes", text, "role-swapped", f"curl -s {look.frame.rpc}/health")


def _behind(look: Look) -> Judgement | None:
    lag = look.lag()
    if lag is None or look.is_source:
        return None
    source = look.chain.source
    if lag < -TOLERATED_LAG:
        return _warn("ahead", f"{-lag} blocks ahead of {source}", "height-ahead")
    if lag <= TOLERATED_LAG and not (lag and _both_stand(look)):
        return None
    eta = closes_in(look)
    text = f"{thousands(lag)} block{'s' if lag > 1 else ''} behind {source}"
    if eta is None:
        first = look.facts.changes[0][0] if look.facts.changes else look.now
        known = look.now - first >= WEDGE_BLOCKS * look.block_time  # one look tells no direction
        said = f"{text}, not closing" if known else text
        return _warn("lag", said, "lag", f"curl -s {look.frame.rpc}/rpc/head")
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


def _sound(look: Look) -> Verdict:
    proposes = look.chain.proposer == look.frame.name if look.chain.proposer else look.frame.role == PRODUCER_ROLE
    if look.frame.role == PRODUCER_ROLE and proposes:
        quiet = look.still_s is not None and look.still_s > 5 * look.block_time
        return Verdict(Level.GOOD, SafeText("idle" if quiet else "produces"))
    if look.is_source:
        alone = len(look.world.topology.nodes) > 1
        if look.frame.role == PRODUCER_ROLE:
            return Verdict(Level.GOOD, SafeText("moves"))
        word, level = ("unknown", Level.UNKNOWN) if alone else ("moves", Level.GOOD)
        return Verdict(level, SafeText(word), SafeText("the producer is not heard: nothing to compare with"))
    source = look.chain.source
    found = pair(look.world.nodes[source], look.facts) if source else None
    if found is None or found.equal is None:
        return Verdict(Level.COMING, SafeText("comparing"), SafeText("no common height was compared yet"))
    return Verdict(Level.GOOD, SafeText("agrees"))
