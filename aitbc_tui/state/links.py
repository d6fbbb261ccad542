"""Connections: how far each host's SSH got, and the words for it."""

from __future__ import annotations

from aitbc_tui.domain.errors import AuthError, HostKeyError, HostKeyProblem
from aitbc_tui.domain.figures import coarse_age
from aitbc_tui.domain.observed import Trouble
from aitbc_tui.domain.snapshot import LinkRow
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.state.events import LinkChanged
from aitbc_tui.state.facts import World
from aitbc_tui.state.rulebook import RULES

STEPS = 5
UP_WORDS = ("up", "local")


def waiting_word(link: LinkChanged | None, trouble: Trouble | None, now: float) -> Verdict:
    """The state word of something that was never heard: which step it hangs at, or why it cannot go on."""
    if link is None:
        return Verdict(Level.COMING, SafeText("connecting"))
    if isinstance(link.error, HostKeyError):
        if link.error.problem is HostKeyProblem.UNKNOWN:  # it waits for a decision
            return Verdict(Level.UNKNOWN, SafeText("host key"), clean(link.error.detail))
        return Verdict(Level.BAD, SafeText(RULES["ssh-hostkey-changed"].word), clean(link.error.detail))
    if isinstance(link.error, AuthError):
        return Verdict(Level.REFUSED, SafeText("login refused"), clean(link.error.detail))
    if link.state in UP_WORDS:
        if trouble is not None:
            return Verdict(Level.WARN, SafeText("unreachable"), trouble.detail)
        return Verdict(Level.COMING, SafeText(f"{STEPS - 1} of {STEPS}"))
    if link.error is not None:
        return Verdict(
            Level.WARN, SafeText("unreachable"), clean(f"{link.error.detail}{next_try(link.next_try_at, now)}")
        )
    return Verdict(Level.COMING, SafeText(f"{link.step} of {STEPS}"))


def next_try(next_try_at: float | None, now: float) -> str:
    """`, next try in 8 s`; nothing when it is about to be made."""
    left = 0 if next_try_at is None else int(next_try_at - now)
    return f", next try in {left} s" if left > 0 else ""


def link_rows(world: World, now: float) -> tuple[LinkRow, ...]:
    """Every host's connection, in the order of the configuration."""
    return tuple(_row(world, frame.name, frame.way, world.links.get(frame.name), now) for frame in world.topology.hosts)


def _row(world: World, name: SafeText, way: SafeText, link: LinkChanged | None, now: float) -> LinkRow:
    if link is None:
        verdict = Verdict(Level.COMING, SafeText("connecting"))
        return LinkRow(name, way, verdict, 0, now, None, 0, None, 0, 0, None)
    return LinkRow(
        host=name,
        way=way,
        verdict=_verdict(link, now),
        step=link.step,
        since=link.since,
        next_try_at=link.next_try_at,
        reconnects=link.reconnects,
        rtt_ms=link.rtt_ms,
        bytes_in=link.bytes_in,
        bytes_out=link.bytes_out,
        connected_since=link.connected_since,
        detail=clean(link.error.detail) if link.error else SafeText(""),
        remedy=clean(link.error.remedy) if link.error else SafeText(""),
        fingerprint=link.fingerprint,
        host_key_problem=isinstance(link.error, HostKeyError),
        heard_at=heard_at(world, str(name)),
    )


def heard_at(world: World, host: str) -> float | None:
    """When anything that is asked through this host's connection answered last."""
    seen = [found.get(host) for found in (world.figures, world.units, world.disks, world.gpus, world.ollamas)]
    times = [figure.at for figure in seen if figure is not None]
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = world.nodes[str(frame.name)]
            times += [facts.head.at, facts.mempool.at, facts.health.at, facts.settings.at, facts.git.at]
    if world.topology.coordinator and world.topology.coordinator_host == host:
        times += [world.coordinator.at, world.jobs.at, world.miners.at, world.receipts.at]
    return max((at for at in times if at is not None), default=None)


def _verdict(link: LinkChanged, now: float) -> Verdict:
    if link.state in UP_WORDS:
        return Verdict(Level.GOOD, SafeText(link.state))
    if isinstance(link.error, HostKeyError):
        level = Level.BAD if link.error.problem.value != "unknown" else Level.UNKNOWN
        return Verdict(level, SafeText(f"key {link.error.problem.value}"), clean(link.error.detail))
    if isinstance(link.error, AuthError):
        return Verdict(Level.REFUSED, SafeText("login refused"), clean(link.error.detail))
    if link.next_try_at is not None:
        wait = max(0, int(link.next_try_at - now))
        return Verdict(Level.STALE, SafeText(f"retry {coarse_age(wait, 1.0) if wait >= 60 else f'{wait} s'}"))
    return Verdict(Level.COMING, SafeText(f"{link.step} of {STEPS}"))
