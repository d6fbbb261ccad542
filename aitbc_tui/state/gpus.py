"""The verdict on each card: does it work, wait ready, idle while work waits, or is it gone?"""

from __future__ import annotations

from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import GpuRow, PaneSummary
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict, severity
from aitbc_tui.domain.work import GpuReading
from aitbc_tui.state.clockwork import server_age
from aitbc_tui.state.facts import World
from aitbc_tui.state.miners import HOUR_S, reaches_back, silent_summary, surely_at

PANE_MINUTES = 20  # of utilisation, in the pane
WORKS_FROM = 5.0  # per cent
MODEL_BYTES = 512 * 1024 * 1024  # more than this held: a model is loaded


def gpu_rows(world: World, waiting: int, now: float) -> tuple[GpuRow, ...]:
    """Every card that was seen, judged; `waiting` is how many jobs wait, which tells idle from ready."""
    rows = []
    for host, seen in sorted(world.gpus.items()):
        if seen.value is None or seen.at is None:
            continue
        local = any(h.name == host and h.local for h in world.topology.hosts)
        served = [m for m in world.topology.miners if m.host == host]
        frame = next((h for h in world.topology.hosts if h.name == host), None)
        alone = len(seen.value) == 1
        jobs, earned = _jobs_at(world, host), earned_at(world, host, now)
        for card in seen.value:
            name = SafeText(f"{host}:{card.index}")
            past = world.gpu_history.get(str(name), ())
            stale = seen.freshness(now) is not Freshness.FRESH
            verdict = Verdict(Level.STALE, SafeText("stale")) if stale else _verdict(card, bool(served), waiting)
            rows.append(
                GpuRow(
                    name=name,
                    host=SafeText(host),
                    verdict=verdict,
                    reading=card,
                    observed_at=seen.at,
                    limit_s=seen.limit_s,
                    source="NVML" if local else "nvidia-smi",
                    miner=SafeText(served[0].name) if len(served) == 1 else None,
                    host_miners=tuple(SafeText(m.name) for m in served),
                    earned_per_hour=earned if alone else None,
                    job=jobs[0] if alone and len(jobs) == 1 else None,
                    history=tuple(minute.utilisation for minute in past[-PANE_MINUTES:]),
                    past=past,
                    host_earned_per_hour=earned,
                    host_cards=len(seen.value),
                    host_jobs=jobs,
                    kwh_price=None if frame is None else frame.kwh_price,
                    bounds=None if frame is None else frame.power_limit_w,
                )
            )
    return tuple(rows)


def _jobs_at(world: World, host: str) -> tuple[SafeText, ...]:
    """Jobs that run on this host now, by the coordinator's list."""
    listed = world.jobs.value.jobs if world.jobs.value is not None else ()
    running = (job for job in listed if job.state == "RUNNING" and job.miner is not None)
    return tuple(job.job_id for job in running if job.miner and surely_at(world, str(job.miner.label)) == host)


def earned_at(world: World, host: str, now: float) -> float | None:
    """What the valid receipts of the last hour of this host's miners come to; None where that is not known whole.

    No card is named by any receipt: only a host whose miners are configured can be told from another.
    """
    if not reaches_back(world, now):
        return None
    if not any(frame.host == host for frame in world.topology.miners):
        return None
    total = 0.0
    for kept in world.book.values():
        facts, age = kept.item.receipt.facts, server_age(kept.item.issued_at, kept.server_time, kept.seen_at, now)
        if not kept.item.receipt.valid or age is None or age >= HOUR_S:
            continue
        if facts.provider is None:
            return None
        where = surely_at(world, str(facts.provider.label))
        if where is None:
            return None  # of a miner whose machine is not known: it may be this one
        total += (facts.price or 0.0) if where == host else 0.0
    return total


def _verdict(card: GpuReading, served: bool, waiting: int) -> Verdict:
    if card.lost:
        return Verdict(Level.BAD, SafeText("LOST"), SafeText("the driver cannot reach this card: lost from the bus"))
    if card.utilisation is None:
        return Verdict(Level.UNKNOWN, SafeText("unknown"), SafeText("the card does not say how busy it is"))
    if card.utilisation >= WORKS_FROM:
        return Verdict(Level.GOOD, SafeText("works"))
    if not served:
        return Verdict(Level.WAITS, SafeText("spare"), SafeText("no miner is configured for its host"))
    if (card.memory_used or 0) >= MODEL_BYTES:
        return Verdict(Level.GOOD, SafeText("ready"))
    return Verdict(Level.WAITS, SafeText("idle" if waiting else "ready"))


def used(rows: tuple[GpuRow, ...]) -> int | None:
    """None while one of them is not heard: it may be at work."""
    if any(r.verdict.level is Level.STALE for r in rows):
        return None
    return sum(1 for r in rows if r.verdict.word in ("works", "ready"))


def summary(world: World, rows: tuple[GpuRow, ...], per_hour: tuple[float, bool] | None, now: float) -> PaneSummary:
    """`per_hour`: what the valid receipts of the last hour come to, and whether they are all of them."""
    if not world.gpus:
        lines = (SafeText("no GPU host is configured"), SafeText("set gpu = true at a host of the configuration"))
        return PaneSummary(Verdict(Level.NONE, SafeText("none")), lines[0], short=lines[0], empty=lines)
    if not rows:
        return silent_summary(next(iter(world.gpus.values())), now, "GPU figures")  # type: ignore[arg-type]
    worst = min(rows, key=lambda r: severity(r.verdict.level))
    busy, total = used(rows), len(rows)
    money = "" if per_hour is None else f"{per_hour[0]:.2f}{'' if per_hour[1] else '+'} AITBC/h, "
    counts = f"{money}{'?' if busy is None else busy} of {total} used"
    note = ""
    if worst.verdict.level in (Level.BAD, Level.WARN, Level.STALE):
        verdict, note = worst.verdict, f"{worst.name}: {worst.verdict.text}" if worst.verdict.text else ""
    elif per_hour is not None and per_hour[0] > 0:
        verdict = Verdict(Level.GOOD, SafeText("earning"))
    else:
        verdict = Verdict(Level.GOOD, SafeText("works" if any(r.verdict.word == "works" for r in rows) else "ready"))
    spare = next((r for r in rows if r.verdict.word == "spare"), None)
    if not note and spare is not None:
        note = f"{spare.name}: {spare.verdict.text}"
    silent = [name for name, seen in world.gpus.items() if seen.value is None]
    if silent:
        note = f"{silent[0]} is not heard"
    return PaneSummary(
        verdict, SafeText(counts), SafeText(note), SafeText(counts), min(r.observed_at for r in rows), 15.0
    )
