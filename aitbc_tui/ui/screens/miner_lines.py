"""The lines of a miner's screen: heartbeat against the platform's word, its job, machine, past jobs. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.node import Unit
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import JobRow, MinerRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import MinerLog
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.panes.miners import beat_age
from aitbc_tui.ui.screens.gpu_lines import card_words
from aitbc_tui.ui.screens.layout import GAP, beside, clock, cut, do_lines, pairs, section, text_lines
from aitbc_tui.ui.screens.miner_jobs import job_lines, jobs_of
from aitbc_tui.ui.screens.observed_words import why_not

LABEL = 13
BEAT_TOP_S = 45.0  # of the plot: a free miner is silent from here on


@dataclass(frozen=True, slots=True)
class Logs:
    """The journals of the miner units of its host, as far as they were read."""

    read: tuple[MinerLog, ...] = ()
    trouble: str = ""


NO_LOGS = Logs()


def miner_row(snapshot: Snapshot, label: str) -> MinerRow | None:
    return next((row for row in snapshot.miners if row.miner.identity.label == label), None)


def _running(row: JobRow) -> bool:
    return row.job.state == "RUNNING"


def _sentence(snapshot: Snapshot, row: MinerRow) -> str:
    if row.verdict.text:
        said = str(row.verdict.text)
        return said[0].upper() + said[1:] + ("" if said.endswith(".") else ".")
    running = [job for job in jobs_of(snapshot, str(row.miner.identity.label)) if _running(job)]
    if running:
        return f"It works on {fmt.job_id(running[0].job.job_id)}."
    if row.miner.inflight:
        return f"It has {row.miner.inflight} in hand; the list of jobs does not show which yet."
    return "It is free: it polls for work every few seconds."


def _do(row: MinerRow, works: bool) -> list[str]:
    if row.verdict.level is Level.BAD:
        restart = in_words("`o` restart of its unit (access operate)")
        return [in_words("`l` its log"), restart, "a job it held stays with it until it expires"]
    if row.verdict.level is Level.WARN:
        return ["watch it: it may come back", in_words("`l` its log")]
    return [in_words("`l` its log"), *(["Enter the job it has"] if works else [])]


def _facts(snapshot: Snapshot, row: MinerRow, width: int, unmasked: bool, logs: Logs) -> list[Line]:
    miner, now = row.miner, snapshot.now
    age = beat_age(row, now)
    limit = f"limit {row.beat_limit_s:.0f} s"
    heard = "never" if miner.last_heartbeat is None else f"{clock(miner.last_heartbeat)}, {fmt.age(age)} ago; {limit}"
    inflight = "?" if miner.inflight is None else str(miner.inflight)
    average = miner.average_duration_ms
    rows: list[tuple[str, str]] = [
        ("id", _who(miner.identity, unmasked)),
        ("heartbeat", heard),
        ("platform", f'says "{miner.status}", inflight {inflight}: it never ages a miner'),
        ("load", f"{fmt.share(miner.inflight, miner.concurrency)} jobs at once"),
        ("done", _count(miner.jobs_completed) + f", failed {_count(miner.jobs_failed)}"),
        ("avg", "?" if average is None else f"{average / 1000:.1f} s, and that includes the wait in the queue"),
        ("jobs/h", "? not learnt" if row.jobs_per_hour is None else str(row.jobs_per_hour)),
        ("runs", _runs(row)),
        ("region", str(miner.region or fmt.NONE)),
        ("declared", declared_words(logs)),
        ("receipt", str(miner.last_receipt_id or fmt.NONE)),
    ]
    seen = fmt.age(now - row.seen_at)
    lines = [section("Miner", width, age=seen)]
    return [*lines, *(line for label, text in rows for line in pairs(label, text, width, at=LABEL))]


def _runs(row: MinerRow) -> str:
    if row.runs is None:
        return "? not learnt"
    held, wanted = row.runs
    return f"{held} of {wanted} models in the queue" if wanted else f"{fmt.NONE} no model known in the queue"


def _who(identity: Identity, unmasked: bool) -> str:
    if unmasked or identity.label == identity.secret:
        return str(clean(identity.secret, 128))
    return f"{identity.label}   {in_words('masked, `u` shows')}"


def _count(value: int | None) -> str:
    return "?" if value is None else fmt.thousands(value)


def _machine(snapshot: Snapshot, row: MinerRow, width: int, logs: Logs) -> list[Line]:
    host = str(row.host or "")
    if not host:
        text = "? not known: [env.NAME.miners.M] with host and unit says where it runs"
        return [section("Its machine", width, mark=(Level.UNKNOWN, "unknown")), *text_lines(text, width)]
    lines = [section(f"Its machine {host}", width)]
    link = next((link for link in snapshot.links if link.host == host), None)
    if link is not None:
        said = f"{glyph(link.verdict.level)} {link.verdict.word}"
        lines += pairs("ssh", said + (f", {link.rtt_ms:.0f} ms" if link.rtt_ms is not None else ""), width, at=LABEL)
    old = "" if row.units_old_s is None else f"~ last heard {fmt.age(row.units_old_s)} ago: "
    for unit in row.units:
        lines += pairs("service", old + unit_words(unit), width, at=LABEL)
    if not row.units:
        lines += pairs("service", "– no unit of a miner is configured here, or none was heard", width, at=LABEL)
    cards = [gpu for gpu in snapshot.gpus if gpu.miner == row.miner.identity.label]
    for gpu in cards or [gpu for gpu in snapshot.gpus if gpu.host == host]:
        lines += pairs(f"GPU {gpu.reading.index}", card_words(gpu), width, at=LABEL)
    ollama = snapshot.ollamas.get(host)
    if ollama is None:
        lines += pairs("Ollama", "– none is configured on this host", width, at=LABEL)
    elif ollama.value is None:
        lines += pairs("Ollama", why_not(ollama, snapshot.now), width, at=LABEL)
    else:
        names = ", ".join(str(model.name) for model in ollama.value.models) or "none"
        rtt = "" if ollama.rtt_ms is None else f"{ollama.rtt_ms:.0f} ms, "
        if ollama.trouble is not None or ollama.freshness(snapshot.now) is not Freshness.FRESH:
            rtt = f"~ {fmt.age(ollama.age(snapshot.now))} ago, not heard since: "
        lines += pairs("Ollama", f"{rtt}holds {names}", width, at=LABEL)
        lines += pairs("loaded", ", ".join(ollama.value.loaded) or "no model in memory", width, at=LABEL)
        lines += pairs("queue needs", _needs(snapshot, {str(m.name) for m in ollama.value.models}), width, at=LABEL)
    told = {str(name) for one in logs.read for name in one.said.models}
    if told:
        lines += pairs("by its log", _needs(snapshot, told), width, at=LABEL)
    return lines


def unit_words(unit: Unit) -> str:
    """`aitbc-host-gpu-miner ● active (running), up 2h 51m, restarts 0`."""
    level = Level.GOOD if unit.active == "active" else Level.BAD
    up = "" if unit.uptime_s is None else f", up {fmt.uptime(unit.uptime_s)}"
    restarts = "?" if unit.restarts is None else str(unit.restarts)
    return f"{glyph(level)} {unit.name} {unit.active} ({unit.sub}){up}, restarts {restarts}"


def declared_words(logs: Logs) -> str:
    """What it can do is returned by no API; its own log says it at its start, where that is still in it."""
    told = [one for one in logs.read if one.said.gpu or one.said.models]
    if not told:
        why = "" if not logs.read else f", nor do {sum(one.read for one in logs.read):,} lines of its log"
        return f"? no API returns what it declared{why}"
    parts = []
    for one in told:
        memory = "" if one.said.memory_mb is None else f", {one.said.memory_mb:,} MB"
        who = f"{one.unit}: " if len(logs.read) > 1 else ""
        parts.append(f"{who}{one.said.gpu or '? card'}{memory}; {', '.join(one.said.models) or '? models'}")
    which = " (which of these units is its own is not told)" if len(logs.read) > 1 else ""
    return f"by its log: {' · '.join(parts)}{which}"


def _beats(row: MinerRow, width: int) -> list[Line]:
    """How old its heartbeat got, minute by minute; a gap: it was not listed."""
    lines = [section("Heartbeats", width, text=f"how old each got, {of_things(len(row.beats), 'minute')}")]
    known = [value for value in row.beats if value is not None]
    if not known:
        return [*lines, Line((Run(" ? the list of miners was not heard yet", Role.UNKNOWN),))]
    spark = fmt.spark(row.beats, len(row.beats), max(BEAT_TOP_S, max(known)))
    late = sum(1 for value in known if value > row.beat_limit_s)
    figures = f"  least {min(known):.0f} s, most {max(known):.0f} s, over its limit in {of_things(late, 'minute')}"
    return [*lines, Line((Run(" "), Run(spark, Role.MUTED), Run(figures)))]


def _log(logs: Logs, width: int) -> list[Line]:
    """The end of its units' journals as they were read when the screen opened."""
    lines: list[Line] = []
    for one in logs.read:
        lines += [
            section(
                f"Log of {one.unit}", width, text=in_words("its end, read once; `r` reads it again, `l` follows it")
            )
        ]
        lines += [Line((Run(" " + cut(line, width - 2), Role.MUTED),)) for line in one.tail] or text_lines(
            "– empty", width
        )
    if logs.trouble:
        lines += text_lines(f"▲ {logs.trouble}", width, role=Role.WARN)
    return lines


def _needs(snapshot: Snapshot, held: set[str]) -> str:
    """Models of queued jobs, and which of them this machine lacks."""
    wanted = {str(row.model_asked) for row in snapshot.jobs if row.job.state == "QUEUED" and row.model_asked}
    if not wanted:
        return "no model: nothing whose model is known waits"
    lacking = sorted(wanted - held)
    return f"{', '.join(sorted(wanted))}; " + (f"lacks {', '.join(lacking)}" if lacking else "holds all of them")


def build_miner(
    snapshot: Snapshot, row: MinerRow, chosen: int, unmasked: bool, width: int, logs: Logs = NO_LOGS
) -> list[Line]:
    """Every line, the title first."""
    label = str(row.miner.identity.label)
    mark = (row.verdict.level, str(row.verdict.word))
    since = "" if row.verdict.since is None else f"since {fmt.clock_at(row.verdict.since, with_seconds=True)}"
    title = section(f"Miner {label}", width, mark=mark, text=since, age=fmt.age(snapshot.now - row.seen_at), heavy=True)
    works = any(_running(job) for job in jobs_of(snapshot, label))
    head = [title, *text_lines(_sentence(snapshot, row), width), *do_lines(_do(row, works), width), Line()]
    if width < 120:
        facts = [*_facts(snapshot, row, width, unmasked, logs), Line(), *_machine(snapshot, row, width, logs)]
    else:
        left = (width - GAP) // 2
        other = width - GAP - left
        facts = beside(_facts(snapshot, row, left, unmasked, logs), left, _machine(snapshot, row, other, logs), other)
    past = [Line(), *_beats(row, width), Line(), *job_lines(snapshot, label, chosen, width)]
    return [*head, *facts, *past, Line(), *_log(logs, width)]


def unknown_miner(label: str, width: int) -> list[Line]:
    title = section(f"Miner {label}", width, mark=(Level.NONE, "not listed"), heavy=True)
    return [title, *text_lines(f"– the coordinator no longer lists {label}, or it was never heard", width)]
