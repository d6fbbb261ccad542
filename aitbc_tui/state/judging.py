"""The verdict on one node, the worst thing first; what its head, its blocks and its units say is asked in turn."""

from __future__ import annotations

from aitbc_tui.domain.figures import coarse_age, thousands
from aitbc_tui.domain.observed import Freshness, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.chain import pair
from aitbc_tui.state.judging_chain import forked, hollow, other_genesis, swapped
from aitbc_tui.state.judging_look import Judgement, Look, bad, warn
from aitbc_tui.state.judging_progress import behind, stalled, wedged
from aitbc_tui.state.links import waiting_word
from aitbc_tui.state.rulebook import RULES
from aitbc_tui.state.sources import node_trouble
from aitbc_tui.state.streaks import restarts_of
from aitbc_tui.state.topology import PRODUCER_ROLE

DATABASE_S = 5.0  # two readings of the mempool


def judge(look: Look) -> Judgement:
    """One node, the worst thing first (screens 4)."""
    reached = (_not_heard, other_genesis, forked, hollow, _database, stalled)
    for check in (*reached, _crash_loop, _importer_down, wedged, _unit_down):
        found = check(look)
        if found is not None:
            return found
    return swapped(look) or behind(look) or Judgement(_sound(look))


def _not_heard(look: Look) -> Judgement | None:
    head = look.facts.head
    state, trouble = head.freshness(look.now), head.trouble
    why = trouble.detail if trouble else SafeText("")
    if trouble is not None and trouble.kind is TroubleKind.EMPTY:
        return _empty(look)
    named = node_trouble(look.world, look.frame, look.facts, look.now) if trouble is not None else None
    rule, check = (named.rule, named.check) if named is not None else ("", "")
    if named is not None and rule in ("follower-down", "producer-down"):
        return bad(RULES[rule].word, named.evidence, rule, check)
    if state is Freshness.FRESH:
        return None
    if named is not None and RULES[rule].level is Level.BAD:
        return bad(RULES[rule].word, named.evidence, rule, check)  # as bad in the row as in its alarm
    if state is Freshness.STALE:
        return Judgement(Verdict(Level.STALE, SafeText(f"stale {coarse_age(head.age(look.now))}"), why), rule, check)
    link = look.world.links.get(look.frame.host)
    if state in (Freshness.CONNECTING, Freshness.UNREACHABLE):
        return Judgement(waiting_word(link, trouble, look.now), rule, check)
    level = Level.REFUSED if state is Freshness.REFUSED else Level.WARN
    return Judgement(Verdict(level, SafeText(state.value), why), rule, check)


def _empty(look: Look) -> Judgement:
    """404 "no blocks yet": joined late, or asked for a chain that it does not have."""
    trouble = look.facts.head.trouble
    why = str(trouble.detail) if trouble is not None else ""
    source = look.chain.source
    check = f"curl -s {look.frame.rpc}/rpc/head"
    bare = look.facts.bare
    if trouble is not None and bare.trouble is None and bare.at is not None and bare.at > trouble.since:
        text = f"has no chain {look.frame.chain_id}; without naming one it answers"
        return warn("no blocks", text, "other-chain", check)
    if source is not None and not look.is_source and look.frame.role != PRODUCER_ROLE:
        text = f'answers "{why}" while {source} is at {thousands(look.heights[source])}'
        return warn("no blocks", text, "late-join", check)
    return warn("no blocks", why, "no-blocks", check)


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
    return bad("DB DOWN", text, "db-down", check)


def _crash_loop(look: Look) -> Judgement | None:
    for name in look.frame.units:
        unit = look.unit_state(name)
        if unit is None:
            continue
        seen = restarts_of(look.world.restarts, look.frame.host, name)
        looping = unit.active == "activating" and unit.sub == "auto-restart"
        if looping or (seen.rising and seen.total >= 2):
            text = f"{unit.name} is {unit.active}/{unit.sub}, restarted {unit.restarts or 0} times"
            return bad("CRASHES", text, "unit-crashloop", f"journalctl -u {unit.name} -n 50")
    return None


def _importer_down(look: Look) -> Judgement | None:
    unit = look.main_unit
    if unit is None or unit.running or look.is_source:
        return None
    head = look.facts.head.value
    stands = f", its head stands at {thousands(head.height)}" if head is not None else ""
    return bad("DOWN", f"{unit.name} is {unit.active}{stands}", "importer-dead", f"systemctl status {unit.name}")


def _unit_down(look: Look) -> Judgement | None:
    dead = next((u for u in look.units if u.found and not u.running), None)
    if dead is None:
        return None
    return warn("unit down", f"{dead.name} is not active", "unit-down", f"systemctl status {dead.name}")


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
