"""Plans for the operations screen: the checks run, and what would be done stands in steps. Writes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aitbc_tui.collect.plan_chain import chain_steps
from aitbc_tui.collect.service_run import running_jobs
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.operation import Plan, PlanStep, Verb, Wish
from aitbc_tui.domain.snapshot import Access, NodeRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.config_sync import ConfigRun, check_keys, sync_config
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.message import check_text
from aitbc_tui.operations.service import find, status

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

CHECKS_S = 20.0
ALL = "all"


def step(level: Level, key: str, name: str, where: str, text: str = "", *, writes: bool = False) -> PlanStep:
    return PlanStep(level, clean(name, 60), clean(where, 40), clean(text, 200), writes, key)


@dataclass(slots=True)
class Draft:
    """A plan while it is made."""

    wish: Wish
    targets: tuple[str, ...]
    steps: list[PlanStep]
    notes: list[str]
    details: list[str]
    summary: str = ""
    question: str = ""
    button: str = ""
    source: str = ""
    offered: bool = True
    undoable: bool = False


def targets_of(collector: Collector, wish: Wish) -> tuple[str, ...]:
    """Configured names; ConfigError for a name that is none."""
    names = [node.name for node in collector.setup.environment.nodes]
    if wish.target == ALL:
        return tuple(names)
    if wish.target not in names:
        raise ConfigError(f"no node {clean(wish.target, 40)!r} is configured", remedy=f"one of {', '.join(names)}")
    return (wish.target,)


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
        offered=draft.offered and not _none_reached(draft),
        undoable=draft.undoable or wish.reads_only,
    )


def title_of(wish: Wish) -> str:
    sub = wish.sync_type or wish.action
    return f"{wish.verb.value.capitalize()} {sub}".rstrip()


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


# --- what the makers share


def rows_of(snapshot: Snapshot, names: tuple[str, ...]) -> list[NodeRow]:
    return [row for row in snapshot.nodes if row.name in names]


def reached(snapshot: Snapshot, name: str) -> tuple[Level, str]:
    """Whether SSH to a node's host stands."""
    row = next((row for row in snapshot.nodes if row.name == name), None)
    link = next((link for link in snapshot.links if row is not None and link.host == row.host), None)
    if link is None or link.verdict.level is Level.GOOD:
        return Level.GOOD, "" if link is None or link.rtt_ms is None else f"{link.rtt_ms:.0f} ms"
    return Level.BAD, f"{link.verdict.word}: {link.detail}"


def ssh_steps(collector: Collector, draft: Draft, names: tuple[str, ...]) -> None:
    """One line a node: nothing is done to a node that SSH does not reach."""
    for name in names:
        level, text = reached(collector.hub.newest, name)
        draft.steps.append(step(level, "ssh", "SSH answers", name, text))


def _none_reached(draft: Draft) -> bool:
    found = [one for one in draft.steps if one.key == "ssh"]
    return bool(found) and all(one.level is Level.BAD for one in found)


# --- one maker a verb


async def _status(collector: Collector, field: Field, draft: Draft) -> None:
    ssh_steps(collector, draft, draft.targets)
    health = draft.wish.verb is Verb.HEALTH
    for name in draft.targets:
        text = "heads, mempool, peers, units" + (", git, resources, last 20 blocks" if health else "")
        draft.steps.append(step(Level.WAITS, "look", "ask it anew", name, text))
    draft.summary = "Reads only; each figure is asked anew, with its age."
    draft.button = "Run"


async def _sync(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    if source is None:
        raise ConfigError("no node is configured")
    draft.source = f"from {source.name}"
    kinds = ("blockchain", "mempool", "configuration", "git") if draft.wish.sync_type == ALL else ()
    for kind in kinds or (draft.wish.sync_type,):
        await _SYNCS[kind](collector, field, draft)
    if kinds:
        draft.question, draft.button = "Run all four kinds of sync on", "Sync all"
        draft.summary = "Blockchain, mempool, configuration, git, in this order; what a check forbids is left out."
        draft.offered = True
    draft.notes.append("it does not restart anything; at most 60 s, and it can be stopped")


def _followers(draft: Draft, source: str) -> tuple[str, ...]:
    followers = tuple(name for name in draft.targets if name != source)
    if not followers:
        draft.offered = False
        draft.summary = f"{source} is where it is taken from: there is nothing to bring to it."
        draft.steps.append(step(Level.BAD, "none", "a target that takes", source, "choose a follower, or all"))
    return followers


async def _blockchain(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    total = 0
    for name in _followers(draft, source.name):
        found = await chain_steps(collector.hub.newest, field, source, field.node(name))
        draft.steps += found.steps
        total += found.missing
        draft.offered = draft.offered and not found.forbidden
        if found.missing and found.first is not None:
            heights = f"heights {found.first:,} to {found.first + found.missing - 1:,}"
            draft.details.append(f"POST /rpc/importBlock, {found.missing:,} times, {heights}, source {source.name}.")
    if not draft.offered:
        draft.summary = draft.summary or "A check forbids it: nothing is written."
        return
    draft.offered = draft.offered and total > 0
    blocks = f"{total:,} missing block{'s' if total != 1 else ''}"
    draft.summary = f"Copies {blocks}; a backup of the data comes first." if total else "No block is missing."
    draft.question, draft.button = f"Write {total:,} blocks to", f"Import {total:,} blocks"
    draft.notes += [
        "about 60 to 80 blocks a second",
        "imported blocks hold no transaction rows and no accounts; hollow ones stay hollow",
        "importBlock cannot be undone, and cannot repair a fork",
    ]


async def _mempool(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    pools = {str(row.name): row.mempool.value for row in collector.hub.newest.nodes}
    followers = _followers(draft, source.name)
    ssh_steps(collector, draft, (source.name, *followers))
    for name in followers:
        here, there = pools.get(source.name), pools.get(name)
        text = f"{'?' if here is None else here.count} wait there, {'?' if there is None else there.count} here"
        draft.steps += [
            step(Level.WAITS, "compare", "compare both mempools", name, text),
            step(Level.WAITS, "search", "search each in every block", name, "none that is in a block is sent"),
            step(Level.WARN, "send", "send what it lacks", name, "writes: POST /rpc/transaction", writes=True),
        ]
    draft.summary = f"Sends what waits at {source.name} and is lacking; never to {source.name}."
    draft.question, draft.button = "Send lacking transactions to", "Send"
    draft.notes += [
        "transactions that wait at a follower only are listed, never sent on by this",
        f"{source.name} checks neither nonce nor signature: that is why",
    ]


async def _configuration(collector: Collector, field: Field, draft: Draft) -> None:
    source = field.producer
    assert source is not None
    check_keys(draft.wish.keys)
    followers = _followers(draft, source.name)
    ssh_steps(collector, draft, (source.name, *followers))
    for name in followers:
        run = ConfigRun(name)
        await sync_config(field, source, field.node(name), run, (), write=False)
        text = "the agreed keys are the same" if not run.differing else f"differ: {', '.join(run.differing)}"
        draft.steps.append(step(Level.WARN if run.differing else Level.GOOD, "compare", "agreed keys", name, text))
        for key in draft.wish.keys:
            differs = key in run.differing
            text = "writes: backup, change, read back" if differs else "is the same: nothing to copy"
            level = Level.WARN if differs else Level.NONE
            draft.steps.append(step(level, f"copy {key}", f"copy {key}", name, text, writes=differs))
    keys = ", ".join(draft.wish.keys)
    draft.summary = f"Copies {keys} from {source.name}." if keys else "Only compares: no key to copy was named."
    draft.question, draft.button = f"Copy {keys or 'nothing'} to", "Copy"
    draft.notes += [
        "units go on with their old values until somebody restarts them",
        "proposer_id, enable_block_production, p2p keys and secrets are never copied",
    ]


async def _git(collector: Collector, field: Field, draft: Draft) -> None:
    ssh_steps(collector, draft, draft.targets)
    for row in rows_of(collector.hub.newest, draft.targets):
        git = row.git.value
        text = "? not read yet" if git is None else git.words
        clean_tree = git is None or (not git.changed and not git.ahead)
        level = Level.UNKNOWN if git is None else Level.GOOD if clean_tree else Level.BAD
        draft.steps.append(step(level, "checkout", "checkout clean, nothing of its own", str(row.name), text))
        draft.steps += [
            step(Level.WARN, "fetch", "fetch", str(row.name), "writes: git fetch", writes=True),
            step(Level.WARN, "forward", "fast-forward only", str(row.name), "writes: merge --ff-only", writes=True),
        ]
    draft.source = ""
    draft.summary = "Moves checkouts forward to their upstream; a divergence is a conflict, and stays."
    draft.question, draft.button = "Fetch and fast-forward", "Fast-forward"
    draft.notes.append("running services go on with their old code until they are restarted")


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
    link = next((link for link in collector.hub.newest.links if link.host == host), None)
    up = link is None or link.verdict.level is Level.GOOD
    draft.steps.append(step(Level.GOOD if up else Level.BAD, "ssh", "SSH answers", host, "" if up else "not reached"))
    if up:
        now = await status(field, named)
        draft.offered = now.found
        said = f"{now.active}, {now.sub}" if now.found else "not found on this host"
        draft.steps.append(step(Level.GOOD if now.found else Level.BAD, "unit", "state now", host, said))
    if named.miner and wish.action != "start":
        jobs = await running_jobs(collector, host)() if up else None
        said = "? not known: no admin key, or no answer" if jobs is None else f"{jobs} run there now"
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


Maker = Callable[["Collector", Field, Draft], Awaitable[None]]
_MAKERS: Mapping[Verb, Maker] = {
    Verb.STATUS: _status,
    Verb.HEALTH: _status,
    Verb.SYNC: _sync,
    Verb.MESSAGE: _message,
    Verb.COORDINATE: _coordinate,
    Verb.SERVICE: _service,
    Verb.NETWORK: _network,
}
_SYNCS: Mapping[str, Maker] = {
    "blockchain": _blockchain,
    "mempool": _mempool,
    "configuration": _configuration,
    "git": _git,
}
