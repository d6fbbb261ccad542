"""A job's miner: what it does now, seen from the coordinator, the card and Ollama, and its last jobs. Pure."""

from __future__ import annotations

from statistics import median

from aitbc_tui.domain.snapshot import GpuRow, JobRow, MinerRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import Job
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_panels import receipt_level
from aitbc_tui.ui.screens.job_text import miner_of
from aitbc_tui.ui.screens.layout import clock, cut, pad, pair, right, section, text_lines

EARLIER = 5
VALUE_AT = 16  # in the miner's panel


def _fact(label: str, value: str, role: Role = Role.TEXT) -> Line:
    return pair(label, Run(value, role), at=VALUE_AT)


def _beat(snapshot: Snapshot, miner: MinerRow) -> str:
    kind = "while busy" if miner.miner.inflight else "when free"
    limit = f"limit {miner.beat_limit_s:.0f} s {kind}"
    if miner.beat_age_s is None:
        return f"never heard; {limit}"
    age = fmt.age(miner.beat_age_s + max(0.0, snapshot.now - miner.seen_at))
    return f"{clock(miner.miner.last_heartbeat)}, {age} ago; {limit}"


def _gpu(card: GpuRow) -> str:
    reading = card.reading

    def shown(value: float | None, unit: str) -> str:
        return f"{fmt.UNKNOWN if value is None else f'{value:.0f}'} {unit}"

    memory = f"{fmt.gigabytes(reading.memory_used)}/{fmt.gigabytes(reading.memory_total)} GB"
    return (
        f"{shown(reading.utilisation, '%')}  {shown(reading.power, 'W')}  {shown(reading.temperature, '°C')}  {memory}"
    )


def _ollama(snapshot: Snapshot, miner: MinerRow, room: int) -> Line | None:
    seen = snapshot.ollamas.get(str(miner.host)) if miner.host is not None else None
    if seen is None:
        return None
    if seen.value is None:
        why = seen.trouble.detail if seen.trouble is not None else "not heard yet"
        return _fact("Ollama", f"? {why}", Role.UNKNOWN)
    trip = f"{seen.rtt_ms:.0f} ms, " if seen.rtt_ms is not None else ""
    loaded = seen.value.loaded
    count = "1 model" if len(loaded) == 1 else f"{len(loaded)} models"
    stale = "~" if seen.fresh(snapshot.now) is None else ""
    text = f"{stale}{trip}{count} in memory"
    words = cut(f"{pad(text, 28)}{', '.join(loaded)}".rstrip(), room)
    return _fact("Ollama", words, Role.STALE if stale else Role.TEXT)


def miner_panel(snapshot: Snapshot, row: JobRow, width: int) -> list[Line]:
    """What its miner does, seen from the coordinator, the card and the Ollama."""
    name = "What the miner does"
    if row.job.miner is None:
        return [section(name, width, text="none has it"), *text_lines("A shipped miner polls every 3 s.", width)]
    miner = miner_of(snapshot, row)
    if miner is None:
        note = f"{row.job.miner.label} is not in the miner list; that list needs an admin key."
        return [section(name, width, mark=(Level.UNKNOWN, "unknown")), *text_lines(note, width)]
    since = (
        f"since {clock(miner.verdict.since)}" if miner.verdict.since is not None else str(miner.miner.identity.label)
    )
    mark = (miner.verdict.level, str(miner.verdict.word))
    lines = [section(name, width, mark=mark, text=since, age=fmt.age(snapshot.now - miner.seen_at))]
    room = width - VALUE_AT - 1
    lines.append(_fact("heartbeat", cut(_beat(snapshot, miner), room)))
    inflight = fmt.UNKNOWN if miner.miner.inflight is None else str(miner.miner.inflight)
    lines.append(_fact("platform", f'says "{miner.miner.status}", inflight {inflight}: it never ages a miner'))
    for card in snapshot.gpus:
        if card.miner is not None and card.miner == miner.miner.identity.label:
            stale = snapshot.now - card.observed_at > card.limit_s
            lines.append(
                _fact(f"GPU {card.name}", ("~" if stale else "") + _gpu(card), Role.STALE if stale else Role.TEXT)
            )
    ollama = _ollama(snapshot, miner, room)
    if ollama is not None:
        lines.append(ollama)
    return lines


def _before(one: Job, other: Job) -> bool:
    """Whether it was asked for before the other; where that is not told, nothing stands against it."""
    if one.requested_at is None or other.requested_at is None:
        return one.job_id != other.job_id
    return one.requested_at < other.requested_at


def earlier(snapshot: Snapshot, row: JobRow, width: int) -> list[Line]:
    """The last finished jobs of the same miner."""
    if row.job.miner is None:
        return []
    others = [
        one
        for one in snapshot.jobs
        if one.job.miner == row.job.miner and one.job.state == "COMPLETED" and _before(one.job, row.job)
    ][:EARLIER]
    if not others:
        return [section("Earlier on this miner", width, text="no finished job of it in the list")]
    valid = sum(1 for one in others if one.receipt is not None and one.receipt.valid)
    runs = [one.run_s for one in others if one.run_s is not None]
    middle = f", median {median(runs):.1f} s" if runs else ""
    text = f"last {len(others)} jobs: {len(others)} done, {valid} valid{middle}"
    head = " job       at         run s  tokens  result     receipt              price"
    lines = [section("Earlier on this miner", width, text=text), Line((Run(head, Role.MUTED),))]
    for one in others:
        tokens = one.receipt.facts.tokens if one.receipt is not None else None
        price = fmt.price(one.receipt.facts.price) if one.receipt is not None else fmt.NONE
        level = receipt_level(one.receipt.verdict) if one.receipt is not None else Level.NONE
        word = f"{glyph(level)} {one.receipt.verdict.value}" if one.receipt is not None else fmt.NONE
        said = one.result_status or fmt.UNKNOWN
        before = (
            f" {one.job.job_id[:8]:<8}  {clock(one.job.requested_at):<8}  {right(fmt.units(one.run_s), 6)}"
            f"  {right(fmt.UNKNOWN if tokens is None else str(tokens), 6)}  {pad(said, 9)}  "
        )
        quiet = level in (Level.GOOD, Level.NONE)
        verdict = Run(pad(word, 15), Role.MUTED if quiet else level_role(level))
        lines.append(Line((Run(before, Role.MUTED), verdict, Run(right(price, 11), Role.MUTED))))
    return lines
