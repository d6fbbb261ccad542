"""Are the miners alive? From the age of their heartbeat and from their work, never from the status word."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.figures import clock, coarse_age
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import MinerRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.domain.work import Miner, MinerList
from aitbc_tui.state.clockwork import server_age
from aitbc_tui.state.facts import World
from aitbc_tui.state.minutes import with_minute
from aitbc_tui.state.reduce_hosts import unit_name

FREE_LIMIT_S = 20.0  # contract 5: the shipped miner beats every 15 s while free
FREE_GONE_S = 45.0  # after a job it beats again within one turn of its loop: late first, then silent
BUSY_LIMIT_S = 90.0  # contract 5: a busy miner is silent for up to 60.2 s
HOUR_S = 3600.0
BEATS_KEPT = 60  # minutes
LISTED = 50  # receipts: the coordinator's list holds no more
IDLE_WHILE_S = 20.0
UNHEARD_S = 60.0  # receipts not heard for so long may be missing from an hour's sum


def miner_rows(world: World, now: float) -> tuple[MinerRow, ...]:
    """Every miner of the coordinator's list, judged by its heartbeats; the worst first."""
    seen = world.miners
    if seen.value is None or seen.at is None:
        return ()
    stale = seen.freshness(now) is not Freshness.FRESH
    rows = [_row(world, miner, seen.value, seen.at, now, stale) for miner in seen.value.miners]
    return tuple(sorted(rows, key=lambda r: (severity(r.verdict.level), r.miner.identity.label)))


def _row(world: World, miner: Miner, listed: MinerList, at: float, now: float, stale: bool) -> MinerRow:
    age = server_age(miner.last_heartbeat, listed.server_time, at, now)
    # that the list does not come says nothing about the miners: they are judged by what was heard
    judged = age if world.miners.trouble is None else server_age(miner.last_heartbeat, listed.server_time, at, at)
    limit = BUSY_LIMIT_S if miner.inflight else FREE_LIMIT_S
    host = host_of(world, str(miner.identity.label))
    last, per_hour = _work(world, miner, now)
    return MinerRow(
        miner=miner,
        verdict=Verdict(Level.STALE, SafeText("stale")) if stale else _verdict(world, miner, judged, listed, now),
        seen_at=at,
        beat_age_s=age,
        beat_limit_s=limit,
        runs=_runs(world, host, now),
        host=SafeText(host) if host else None,
        last_job=last,
        jobs_per_hour=per_hour,
        beats=world.beats.get(str(miner.identity.label), ()),
        units=_units(world, host, str(miner.identity.label)),
        units_old_s=_old(world, host, now),
    )


def _units(world: World, host: str | None, label: str) -> tuple[Unit, ...]:
    """As systemd has them; its own alone where the configuration names it as the coordinator does."""
    seen = world.units[host].value if host is not None and host in world.units else None
    here = [frame for frame in world.topology.miners if frame.host == host]
    names = {unit_name(frame.unit) for frame in [f for f in here if f.name == label] or here if frame.unit}
    return tuple(unit for unit in seen or () if unit_name(unit.name) in names)


def _old(world: World, host: str | None, now: float) -> float | None:
    """How old its units' state is, where that is past its limit."""
    seen = world.units.get(host or "")
    return seen.age(now) if seen is not None and seen.freshness(now) is Freshness.STALE else None


def with_beats(world: World, listed: MinerList, at: float) -> World:
    """The largest age that each miner's heartbeat had in this minute.

    A minute without a list, and a miner that is not in it, leave a gap; who left none but gaps is forgotten.
    """
    minute = int(at // 60)
    passed = minute - (minute - 1 if world.beats_minute is None else world.beats_minute)
    beats: dict[str, tuple[float | None, ...]] = {}
    ages = {str(m.identity.label): server_age(m.last_heartbeat, listed.server_time, at, at) for m in listed.miners}
    for label in world.beats.keys() | ages.keys():
        past, age = world.beats.get(label, ()), ages.get(label)
        if passed or not past:
            past = with_minute(past, age, None, passed, BEATS_KEPT)
        elif age is not None:
            past = (*past[:-1], age if past[-1] is None else max(past[-1], age))
        if label in ages or any(one is not None for one in past):
            beats[label] = past
    return replace(world, beats=beats, beats_minute=minute)


def host_of(world: World, label: str) -> str | None:
    """Where it runs: by its configured name, or when every configured miner is on one host. Else not known."""
    frames = world.topology.miners
    named = next((f.host for f in frames if f.name == label), None)
    hosts = {f.host for f in frames}
    return named or (hosts.pop() if len(hosts) == 1 else None)


def surely_at(world: World, label: str) -> str | None:
    """The same, and never a miner that is not configured: money and jobs of a stranger are not this host's."""
    named = next((f.host for f in world.topology.miners if f.name == label), None)
    listed = world.miners.value
    if named is not None or listed is None or len(listed.miners) > len(world.topology.miners):
        return named
    return host_of(world, label) if label in {str(m.identity.label) for m in listed.miners} else None


def _verdict(world: World, miner: Miner, age: float | None, listed: MinerList, now: float) -> Verdict:
    busy = bool(miner.inflight)
    if age is None:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("no heartbeat time in the list"))
    limit = BUSY_LIMIT_S if busy else FREE_LIMIT_S
    said = f"no heartbeat for {coarse_age(age)} (limit {limit:.0f} s{' while busy' if busy else ''})"
    if age > (BUSY_LIMIT_S if busy else FREE_GONE_S) or (not busy and _free_and_silent(world, miner, listed)):
        return Verdict(Level.BAD, SafeText("SILENT"), SafeText(said))
    if not busy and age > FREE_LIMIT_S:
        return Verdict(Level.WARN, SafeText("late"), SafeText(said))
    waits = None if busy else _waits(world, now)
    if waits is not None:
        return Verdict(Level.GOOD, SafeText("idle"), SafeText(f"free, while a job has waited {coarse_age(waits)}"))
    return Verdict(Level.GOOD, SafeText("busy" if busy else "free"))


def _free_and_silent(world: World, miner: Miner, listed: MinerList) -> bool:
    """Silent in this very answer, and free in the one before: a job that has just ended leaves an old heartbeat."""
    if miner.last_heartbeat is None or listed.server_time is None or str(miner.identity.label) not in world.free_before:
        return False
    return (listed.server_time - miner.last_heartbeat).total_seconds() > FREE_LIMIT_S


def _waits(world: World, now: float) -> float | None:
    """How long the job that waits longest was in the queue at the newest look; None below what is usual."""
    listed = world.jobs.fresh(now)
    if listed is None or listed.server_time is None:
        return None
    queued = [j.requested_at for j in listed.jobs if j.state == "QUEUED" and j.requested_at is not None]
    longest = max(((listed.server_time - at).total_seconds() for at in queued), default=0.0)
    return longest if longest > IDLE_WHILE_S else None


def queue_models(world: World) -> set[str]:
    """Models of our own jobs that wait; the admin list does not tell those of others."""
    jobs = world.jobs.value.jobs if world.jobs.value else ()
    waiting = {str(j.job_id) for j in jobs if j.state == "QUEUED"}
    return {str(own.model) for job_id, own in world.own_jobs.items() if job_id in waiting}


def _runs(world: World, host: str | None, now: float) -> tuple[int, int] | None:
    reading = world.ollamas[host].fresh(now) if host is not None and host in world.ollamas else None
    if reading is None:
        return None
    held = {str(m.name) for m in reading.models}
    wanted = queue_models(world)
    return len(wanted & held), len(wanted)


def _work(world: World, miner: Miner, now: float) -> tuple[SafeText | None, int | None]:
    """Its last receipt's job, and how many receipts of the last hour are its own; None while not all are known."""
    mine = [k for k in world.book.values() if k.item.receipt.facts.provider == miner.identity]
    if not mine:
        return None, None
    newest = max(mine, key=lambda k: k.seen_utc if k.item.issued_at is None else k.item.issued_at.timestamp())
    ages = (server_age(k.item.issued_at, k.server_time, k.seen_at, now) for k in mine)
    hourly = sum(1 for age in ages if age is not None and age < HOUR_S) if reaches_back(world, now) else None
    return SafeText(newest.item.receipt.facts.job_id[:8]), hourly


def reaches_back(world: World, now: float) -> bool:
    """Whether the receipts known cover the last hour, to its end: the coordinator lists so many and no more."""
    age = world.receipts.age(now)
    if age is None or age > UNHEARD_S or (world.receipts.trouble is not None and world.receipts.trouble.refused):
        return False
    if len(world.book) < LISTED:
        return True
    ages = (server_age(k.item.issued_at, k.server_time, k.seen_at, now) for k in world.book.values())
    return any(age is not None and age >= HOUR_S for age in ages)


def live(rows: tuple[MinerRow, ...]) -> int:
    """How many of them are alive."""
    return sum(1 for r in rows if r.verdict.level is Level.GOOD)


def summary(world: World, rows: tuple[MinerRow, ...], now: float, utc: float) -> PaneSummary:
    """The pane's title: how many live, and why it is empty where it is."""
    seen = world.miners
    if not world.topology.coordinator:
        return _nothing(Verdict(Level.NONE, SafeText("none")), "no coordinator is configured")
    if not world.topology.has_admin_key:
        return _nothing(
            Verdict(Level.REFUSED, SafeText(f"no {world.topology.credential_word}")),
            f"needs an admin {world.topology.credential_word}: admin_file in the configuration",
        )
    if seen.value is None:
        return silent_summary(seen, now, "miner list")
    if not rows:
        return PaneSummary(
            Verdict(Level.WARN, SafeText("none")),
            SafeText("no miner is registered"),
            short=SafeText("no miner is registered"),
            oldest_at=seen.at,
            empty=(SafeText("no miner is registered"),),
        )
    if seen.freshness(now) is not Freshness.FRESH:
        return _not_heard(seen, rows)
    alive, total = live(rows), len(rows)
    worst = min(rows, key=lambda r: severity(r.verdict.level))
    counts = f"{alive} of {total}" if alive == total else f"{alive} of {total} live"
    silent = [r for r in rows if r.verdict.level is Level.BAD]
    if silent:
        verdict = Verdict(Level.BAD, SafeText(f"{len(silent)} SILENT"))
        since = clock(utc - (worst.beat_age_s or 0.0))
        short = f"{alive} of {total} live, {silent[0].miner.identity.label} since {since}"
        note = f'the platform still calls {silent[0].miner.identity.label} "{silent[0].miner.status}"'
    elif worst.verdict.level is Level.GOOD:
        verdict, short, note = Verdict(Level.GOOD, SafeText("live")), counts, "avg s includes the wait in the queue"
    else:
        verdict, short, note = worst.verdict, counts, str(worst.verdict.text)
    return PaneSummary(verdict, SafeText(counts), SafeText(note), SafeText(short), seen.at)


def _not_heard(seen: Observed[MinerList], rows: tuple[MinerRow, ...]) -> PaneSummary:
    """The last list is kept and marked; how many of them live now is not known, and why not is said."""
    counts = SafeText(f"? of {len(rows)} live")
    why = seen.trouble.detail if seen.trouble is not None else SafeText("")
    return PaneSummary(Verdict(Level.STALE, SafeText("stale")), counts, why, why or counts, seen.at)


def _nothing(verdict: Verdict, why: str) -> PaneSummary:
    return PaneSummary(verdict, SafeText(""), short=SafeText(why), empty=(SafeText(why),))


_LEVELS = {
    Freshness.CONNECTING: (Level.COMING, "connecting"),
    Freshness.REFUSED: (Level.REFUSED, "refused"),
    Freshness.ABSENT: (Level.NONE, "absent"),
    Freshness.BROKEN: (Level.WARN, "broken"),
    Freshness.LIMITED: (Level.WARN, "limited"),
    Freshness.UNREACHABLE: (Level.WARN, "unreachable"),
}


def silent_summary(seen: Observed[object] | Observed[MinerList], now: float, what: str) -> PaneSummary:
    """A pane whose one source never answered: which nothing it is, and what to do."""
    level, word = _LEVELS.get(seen.freshness(now), (Level.STALE, "stale"))
    trouble = seen.trouble
    lines = (trouble.detail, trouble.remedy) if trouble else (SafeText(f"waits for the {what}"),)
    return PaneSummary(
        Verdict(level, SafeText(word)),
        short=lines[0],
        empty=tuple(text for text in lines if text),
    )
