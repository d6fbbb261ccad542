"""What is wrong with a source that does not answer as it should, by name: the node's RPC, or the coordinator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aitbc_tui.domain.figures import coarse_age
from aitbc_tui.domain.node import DiskReading
from aitbc_tui.domain.observed import Freshness, Observed, Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.facts import NodeFacts, World
from aitbc_tui.state.topology import PRODUCER_ROLE, NodeFrame

SLOW_MS = 2000.0
PATIENCE_S = 20.0
FULL_SHARE = 0.05
UP_WORDS = ("up", "local")


@dataclass(frozen=True, slots=True)
class Named:
    """A trouble by the name of its alarm."""

    rule: str
    evidence: SafeText
    check: str = ""


def full_disk(seen: Observed[DiskReading], now: float) -> DiskReading | None:
    """The disk, when it has no room left to speak of."""
    disk = seen.fresh(now)
    return disk if disk is not None and disk.total > 0 and disk.free < FULL_SHARE * disk.total else None


def link_up(world: World, host: str) -> bool:
    """Whether the connection to this host stands."""
    link = world.links.get(host)
    return link is not None and link.state in UP_WORDS


def by_kind(trouble: Trouble) -> str:
    """The alarm that this kind of answer leads to, whoever gave it; empty where that depends on who."""
    if trouble.kind is TroubleKind.LIMITED:
        return "rate-limit"
    if trouble.kind is not TroubleKind.BROKEN:
        return ""
    if trouble.what == "too-large":
        return "huge-json"
    if trouble.what == "error-in-200":
        return "error-in-200"
    if trouble.what == "other-service":
        return "wrong-service"
    return "garbage-json" if trouble.status is None else ""


def node_trouble(world: World, frame: NodeFrame, facts: NodeFacts, now: float) -> Named | None:
    """Why a node's RPC brings nothing, when the way to its host is not to blame."""
    trouble = facts.head.trouble
    if trouble is None or not link_up(world, frame.host):
        return None
    check = f"curl -sS -m 5 {frame.rpc}/rpc/head"
    rule = by_kind(trouble)
    if rule:
        return Named(rule, trouble.detail, check)
    units = facts.units.fresh(now) or ()
    dead = next((u for u in units if u.found and not u.running), None)
    read_since = facts.units.at is not None and facts.units.at > trouble.since
    if trouble.kind is TroubleKind.CONNECT:
        if dead is not None:
            down = "producer-down" if frame.role == PRODUCER_ROLE else "follower-down"
            said = f"{trouble.detail}, and {dead.name} is {dead.active}"
            return Named(down, SafeText(said), f"systemctl status {dead.name}")
        waited = now - trouble.since > PATIENCE_S
        return Named("rpc-down", trouble.detail, check) if read_since or waited or not frame.units else None
    if trouble.kind is TroubleKind.TIMEOUT:
        others = [world.figures.get(frame.host), world.units.get(frame.host), world.disks.get(frame.host)]
        alive = any(seen is not None and seen.at is not None and seen.at > trouble.since for seen in others)
        return Named("rpc-hang", trouble.detail, check) if alive else None
    if trouble.kind is TroubleKind.BROKEN:
        return Named("rpc-500", trouble.detail, check)
    if trouble.kind is TroubleKind.ABSENT:
        return Named("wrong-service", trouble.detail, check)
    if trouble.kind is TroubleKind.REFUSED:
        return Named("refused", trouble.detail, check)
    return None


def coordinator_trouble(world: World, now: float) -> Named | None:
    """What is wrong with the coordinator as a whole; one cause, however many lists it spoils."""
    topology = world.topology
    if not topology.coordinator or not link_up(world, topology.coordinator_host):
        return None
    health = "/health" if topology.of_platform("coordinator") else "/v1/health"
    check = f"curl -sS -m 10 {topology.coordinator}{health}"
    lists = _lists(world)
    troubles = {name: seen.trouble for name, seen in lists.items() if seen.trouble is not None}
    named = next((t for t in troubles.values() if by_kind(t)), None)
    if named is not None:
        return Named(by_kind(named), named.detail, check)
    flaky = world.answers.failing_between(now)
    if flaky is not None:
        failed, total = flaky
        said = f"{failed} of the last {total} answers were 500, between good ones"
        return Named("dies-after-500", SafeText(said), check)
    if troubles and len(troubles) == len(lists):
        return _all_fail(world, troubles, check)
    slow = max((seen.rtt_ms or 0.0 for seen in lists.values() if seen.trouble is None), default=0.0)
    if slow > SLOW_MS:
        return Named("coordinator-slow", SafeText(f"takes {slow / 1000:.1f} s to answer"), check)
    return None


def _lists(world: World) -> Mapping[str, Observed[object]]:
    """What is asked of it again and again, as far as there is a key for it."""
    found: dict[str, Observed[object]] = {"receipts": world.receipts}  # type: ignore[dict-item]
    if world.topology.has_admin_key:
        found |= {"queue": world.jobs, "miners": world.miners}  # type: ignore[dict-item]
    return found


def _all_fail(world: World, troubles: Mapping[str, Trouble], check: str) -> Named | None:
    kinds = {trouble.kind for trouble in troubles.values()}
    first = min(trouble.since for trouble in troubles.values())
    detail = next(iter(troubles.values())).detail
    if kinds == {TroubleKind.ABSENT}:
        return Named("wrong-service", SafeText(f"no coordinator there: {detail}"), check)
    if kinds == {TroubleKind.BROKEN}:
        health = world.coordinator
        if health.trouble is None and health.at is not None and health.at > first:
            return Named("db-down", SafeText(f"health says ok, every list says {detail}"), check)
        broken = health.trouble is not None and health.trouble.kind is TroubleKind.BROKEN
        return Named("coordinator-500", detail, check) if broken else None
    if kinds <= {TroubleKind.CONNECT}:
        return Named("coordinator-down", detail, check)
    if kinds <= {TroubleKind.TIMEOUT, TroubleKind.CONNECT}:
        return Named("coordinator-slow", detail, check)
    if kinds == {TroubleKind.REFUSED} and world.topology.has_admin_key:
        return Named("refused", detail, check)
    return None


def ollama_trouble(world: World, host: str, now: float) -> Named | None:
    """The alarm of a host's Ollama that does not answer; None where it does, or where SSH is the cause."""
    seen = world.ollamas[host]
    trouble = seen.trouble
    if trouble is None or not link_up(world, host) or trouble.kind is TroubleKind.ABSENT:
        return None
    age = seen.age(now)
    heard = "" if age is None or seen.freshness(now) is Freshness.CONNECTING else f", last heard {coarse_age(age)} ago"
    said = trouble.detail.removeprefix(f"{host}: ")
    said = said if said.startswith("Ollama") else f"Ollama: {said}"
    url = next((frame.ollama for frame in world.topology.hosts if frame.name == host), "")
    return Named("ollama-down", SafeText(f"{said}{heard}"), f"curl -sS -m 5 {url}/api/tags")
