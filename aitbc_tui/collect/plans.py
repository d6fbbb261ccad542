"""Plans for the operations screen: the checks run, and what would be done stands in steps. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aitbc_tui.collect.plan_draft import (
    Draft,
    Maker,
    host_reached,
    none_reached,
    rows_of,
    ssh_steps,
    step,
    targets_of,
    title_of,
)
from aitbc_tui.collect.plan_sync import sync_plan
from aitbc_tui.collect.service_run import running_jobs
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.operation import Plan, Verb, Wish
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.message import check_text
from aitbc_tui.operations.service import find, status

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

CHECKS_S = 20.0


async def make_plan(collector: Collector, wish: Wish) -> Plan:
    """Run the checks and say what would be done."""
    by_host = wish.verb in (Verb.SERVICE, Verb.NETWORK)
    draft = Draft(wish, () if by_host else targets_of(collector, wish), [], [], [])
    field = Field(
        collector.setup.environment,
        collector.asker,
        collector.clock.monotonic() + CHECKS_S,
        clock=collector.clock.monotonic,
        utc=collector.clock.utc,
    )
    await _MAKERS[wish.verb](collector, field, draft)
    wish = draft.wish  # names as they are configured
    environment = collector.setup.environment
    where = f"{wish.target} in {environment.name}"
    return Plan(
        wish=wish,
        title=clean(f"{title_of(wish)}: {wish.target}", 80),
        source=clean(draft.source, 60),
        summary=clean(draft.summary, 300),
        steps=tuple(draft.steps),
        notes=tuple(clean(note, 300) for note in draft.notes),
        command=clean(shell_twin(wish, collector.setup.program, _named(environment)), 1000),
        question=clean(f"{draft.question} {where}?" if draft.question else "", 200),
        details=tuple(clean(detail, 300) for detail in draft.details),
        checked=clean(
            ", ".join(dict.fromkeys(one.name for one in draft.steps if one.level is Level.GOOD)) or "nothing", 200
        ),
        checked_at=collector.clock.monotonic(),
        button=clean(draft.button or "Run", 40),
        need=Access.OBSERVE if wish.reads_only else Access.OPERATE,
        offered=draft.offered and not none_reached(draft),
        undoable=draft.undoable or wish.reads_only,
    )


def _named(environment: EnvironmentConfig) -> str:
    """In production what is forced must name where, too."""
    return environment.name if environment.production else ""


def shell_twin(wish: Wish, program: str = "aitbc-tui", production: str = "") -> str:
    """The same from a shell, on the same network; a message is left to whoever types it."""
    if production and (wish.action or wish.keys):
        program = f"{program} --yes {production}"
    if wish.verb is Verb.NETWORK:
        return f"{program} network --timeout {wish.timeout_s}"
    if wish.verb is Verb.SERVICE:
        words = [program, "service", wish.action, wish.unit, "--host", wish.target, "--force"]
        return " ".join([*words, "--timeout", str(wish.timeout_s)])
    words = [program, wish.verb.value, "--target", wish.target]
    if wish.sync_type:
        words += ["--sync-type", wish.sync_type]
    for key in wish.keys:
        words += ["--key", key]
    if wish.action:
        words += ["--action", wish.action, *(["--unit", wish.unit] if wish.unit else []), "--force"]
    elif wish.keys:
        words.append("--force")
    if wish.verb is Verb.MESSAGE:
        words += ["--message", "TEXT"]
    return " ".join([*words, "--timeout", str(wish.timeout_s)])


# --- one maker a verb


async def _status(collector: Collector, field: Field, draft: Draft) -> None:
    ssh_steps(collector, draft, draft.targets)
    health = draft.wish.verb is Verb.HEALTH
    for name in draft.targets:
        text = "heads, mempool, peers, units" + (", git, resources, last 20 blocks" if health else "")
        draft.steps.append(step(Level.WAITS, "look", "ask it anew", name, text))
    draft.summary = "Reads only; each figure is asked anew, with its age."
    draft.button = "Run"


async def _message(collector: Collector, field: Field, draft: Draft) -> None:
    check_text(draft.wish.message)
    ssh_steps(collector, draft, draft.targets)
    for name in draft.targets:
        text = f"writes: {len(draft.wish.message):,} characters"
        draft.steps.append(step(Level.WARN, "post", "post to its own board", name, text, writes=True))
        draft.steps.append(step(Level.WAITS, "read", "read it back", name, "only then it is delivered"))
    draft.summary = "Posts to each node's own board: the P2P layer of this version carries no messages."
    draft.question, draft.button = "Post a message to", "Post"
    draft.notes.append("it lies in the memory of one process: no other node gets it, a restart loses it")


def _bare(unit: str) -> str:
    return unit.removesuffix(".service")


async def _coordinate(collector: Collector, field: Field, draft: Draft) -> None:
    wish, snapshot = draft.wish, collector.hub.newest
    for name in draft.targets:
        units = {_bare(unit): unit for unit in field.node(name).units}
        configured = units.get(_bare(wish.unit))
        if configured is None:
            raise ConfigError(f"no unit {wish.unit!r} is configured for {name}", remedy=f"one of {', '.join(units)}")
        wish = draft.wish = replace(wish, unit=configured)
    ssh_steps(collector, draft, draft.targets)
    for row in rows_of(snapshot, draft.targets):
        name = str(row.name)
        unit = next((u for u in row.units.value or () if _bare(str(u.name)) == _bare(wish.unit)), None)
        text = "? not read yet" if unit is None else f"{unit.active}, {unit.sub}"
        draft.steps.append(step(Level.GOOD if unit is not None else Level.UNKNOWN, "unit", "state now", name, text))
        text = f"writes: systemctl {wish.action}"
        draft.steps.append(step(Level.WARN, "act", f"{wish.action} {wish.unit}", name, text, writes=True))
        waits = "until it is inactive" if wish.action == "stop" else "until its head advances"
        draft.steps.append(step(Level.WAITS, "wait", "wait", name, waits))
    draft.summary = "One node at a time; the next only when the one before is healthy again."
    draft.question = f"{wish.action.capitalize()} {wish.unit} on"
    draft.button = wish.action.capitalize()
    draft.undoable = wish.action in ("start", "stop")
    draft.details.append(f"systemctl {wish.action} {wish.unit}, on {', '.join(draft.targets)}.")
    draft.notes += [
        "units that nobody named keep the state they have",
        "it stops at the first node that does not come back, and says which were left",
    ]


async def _service(collector: Collector, field: Field, draft: Draft) -> None:
    """One unit: what it is now, what runs on it, what would be done to it."""
    wish = draft.wish
    named = find(field.environment, wish.unit, wish.target)
    wish = draft.wish = replace(wish, unit=named.unit)
    host = named.host
    level, text = host_reached(collector.hub.newest, host)
    up = level is Level.GOOD
    draft.steps.append(step(level, "ssh", "SSH answers", host, text))
    if up:
        now = await status(field, named)
        draft.offered = now.found
        said = f"{now.active}, {now.sub}" if now.found else "not found on this host"
        draft.steps.append(step(Level.GOOD if now.found else Level.BAD, "unit", "state now", host, said))
    if named.miner and wish.action != "start":
        jobs = await running_jobs(collector, named)() if up else None
        said = "? not known: no admin key, or no answer"
        if jobs is not None:
            said = f"{jobs.words(named)} now"
            if not jobs.surely:
                draft.notes.append(f"which of them is {named.about} the coordinator does not tell: all have to be free")
        draft.steps.append(step(Level.WAITS, "wait", "wait until no job runs", host, said))
        draft.notes.append("the platform cannot be told to give a miner no other job: the stop follows at once")
    text = f"writes: systemctl {wish.action}"
    draft.steps.append(step(Level.WARN, "act", f"{wish.action} {named.unit}", host, text, writes=True))
    draft.summary = f"{named.unit} belongs to {named.about}; no other unit is touched."
    draft.question, draft.button = f"{wish.action.capitalize()} {named.unit} on", wish.action.capitalize()
    draft.details.append(f"systemctl {wish.action} {named.unit}, on {host}.")
    draft.undoable = wish.action in ("start", "stop")


async def _network(collector: Collector, field: Field, draft: Draft) -> None:
    """Nothing of it depends on what stands: it is asked which of it does."""
    for host in field.environment.hosts:
        text = "name, TCP, host key, login, SSH, large answers, and what is behind it"
        draft.steps.append(step(Level.WAITS, "probe", "probe it", host, text))
    draft.summary = "Reads only: 20 small questions and one large one of each node; P2P links from both sides."


_MAKERS: Mapping[Verb, Maker] = {
    Verb.STATUS: _status,
    Verb.HEALTH: _status,
    Verb.SYNC: sync_plan,
    Verb.MESSAGE: _message,
    Verb.COORDINATE: _coordinate,
    Verb.SERVICE: _service,
    Verb.NETWORK: _network,
}
