"""Under a single pane: what is known of the selected row, and what to do about it. Only what the snapshot holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from aitbc_tui.domain.observed import Freshness, Observed
from aitbc_tui.domain.snapshot import GpuRow, JobRow, MinerRow, NodeRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Verdict
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.panes.alarms import alarm_row, fold_of
from aitbc_tui.ui.panes.miners import beat_age
from aitbc_tui.ui.panes.receipts import receipt_key
from aitbc_tui.ui.panes.title import title_line

T = TypeVar("T")
Facts = list[tuple[str, str]]


def detail_lines(snapshot: Snapshot, pane: Pane, key: str, width: int) -> list[Line]:
    """Title, facts, and the keys that help; empty when the thing is gone."""
    found = _DETAILS[pane](snapshot, key)
    if found is None:
        return []
    name, verdict, since, facts, todo = found
    counts = f"since {fmt.clock_at(since, with_seconds=True)}" if since is not None else ""
    lines = [title_line("", name, verdict, counts, width, focused=False)]
    for label, value in facts:
        first, *rest = fmt.wrap(value, width - 13)
        lines.append(Line((Run(f" {label:<10} ", Role.MUTED), Run(first))))
        lines += [Line((Run(" " * 12), Run(piece))) for piece in rest]
    if todo:
        lines += [Line(), Line((Run(" What to do", Role.STRONG),))]
        lines += [Line((Run(f" {text}"),)) for text in todo]
    return lines


Detail = tuple[str, Verdict, float | None, Facts, list[str]]


def _why(observed: Observed[T], now: float) -> str:
    """Which nothing it is, in words."""
    freshness = observed.freshness(now)
    trouble = observed.trouble
    reason = f": {trouble.detail}" if trouble is not None else ""
    words = {
        Freshness.CONNECTING: "… not heard yet",
        Freshness.STALE: f"~ last heard {fmt.age(observed.age(now))} ago",
        Freshness.UNREACHABLE: "unreachable",
        Freshness.REFUSED: "□ refused",
        Freshness.ABSENT: "– not in this version",
        Freshness.BROKEN: "▲ broken",
        Freshness.LIMITED: "▲ asked too often",
    }
    return words.get(freshness, "heard") + reason


def _old(observed: Observed[T], now: float) -> str:
    """The mark of what is past its limit."""
    return "~" if observed.freshness(now) is Freshness.STALE else ""


def _node(snapshot: Snapshot, key: str) -> Detail | None:
    node: NodeRow | None = next((row for row in snapshot.nodes if row.name == key), None)
    if node is None:
        return None
    now = snapshot.now
    facts: Facts = [("verdict", node.verdict.text)] if node.verdict.text else []
    head = node.head.value
    if head is None:
        facts.append(("head", _why(node.head, now)))
    else:
        stale = node.head.freshness(now) is Freshness.STALE
        mark = "~" if stale else ""
        facts.append(("head", f"{mark}{fmt.thousands(head.height)} {fmt.short_hash(head.hash)}"))
        if stale or node.head.trouble is not None:
            facts.append(("heard", _why(node.head, now)))
    facts.append(("host", f"{node.host}, {node.role}, chain {node.chain_id}"))
    old = _old(node.units, now)
    for unit in node.units.value or ():
        up = "" if unit.uptime_s is None else f", {fmt.uptime(unit.uptime_s)}"
        restarts = "" if unit.restarts is None else f", restarts {unit.restarts}"
        said = f"{unit.active}{up}{restarts}" if unit.found else "not found"
        facts.append(("unit", f"{old}{unit.name} {said}"))
    if node.units.value is None:
        facts.append(("units", _why(node.units, now)))
    if node.peers.value is not None:
        there = f"{node.peers.value.count} ({', '.join(node.peers.value.addresses) or 'none'})"
        facts.append(("peers", f"{_old(node.peers, now)}{there}"))
    if node.git.value is not None:
        facts.append(("git", f"{_old(node.git, now)}{node.git.value.branch} {node.git.value.words}"))
    return node.name, node.verdict, node.verdict.since, facts, []


def _mempool(snapshot: Snapshot, key: str) -> Detail | None:
    row = next((row for row in snapshot.mempools if row.name == key), None)
    if row is None:
        return None
    facts: Facts = [("verdict", row.verdict.text)] if row.verdict.text else []
    reading = row.reading.value
    if reading is None or row.reading.trouble is not None:
        facts.append(("answers", _why(row.reading, snapshot.now)))
    if reading is not None:
        capped = ", a lower bound: as many as were asked for" if reading.capped else ""
        facts.append(("pending", f"{fmt.thousands(reading.count)}{capped}"))
        for transaction in reading.transactions[:6]:
            fee = "?" if transaction.fee is None else f"{transaction.fee:g}"
            amount = "?" if transaction.amount is None else f"{transaction.amount:g}"
            ends = f"{fmt.shorten(transaction.sender, 14)} to {fmt.shorten(transaction.recipient, 14)}"
            facts.append(("tx", f"{fmt.short_hash(transaction.tx_hash)} {ends}, {amount}, fee {fee}"))
    if not row.drains:
        facts.append(("drains", "never, by design: a follower keeps what is gossiped to it"))
    return row.name, row.verdict, row.verdict.since, facts, []


def _miner_job(snapshot: Snapshot, label: str) -> JobRow | None:
    running = (job for job in snapshot.jobs if job.job.miner is not None and job.job.miner.label == label)
    return next((job for job in running if job.job.state == "RUNNING"), None)


def _beat(row: MinerRow, snapshot: Snapshot) -> str:
    age = beat_age(row, snapshot.now)
    heartbeat = row.miner.last_heartbeat
    limits = "limit 20 s when free, 90 s when busy"
    if heartbeat is None:
        return f"never; {limits}"
    return f"{heartbeat:%H:%M:%S}, {fmt.age(age)} ago; {limits}"


def _miner(snapshot: Snapshot, key: str) -> Detail | None:
    row = next((row for row in snapshot.miners if row.miner.identity.label == key), None)
    if row is None:
        return None
    miner, now = row.miner, snapshot.now
    inflight = "?" if miner.inflight is None else str(miner.inflight)
    facts: Facts = [
        ("heartbeat", _beat(row, snapshot)),
        ("platform", f'says "{miner.status}", inflight {inflight}: it never ages a miner'),
    ]
    todo = []
    job = _miner_job(snapshot, key)
    if job is not None:
        acquired = next((step for step in job.steps if step.step.value == "acquired" and step.at), None)
        since = "" if acquired is None else f" since {acquired.at_text}"
        left = None if job.left_s is None else job.left_s - (now - job.seen_at)
        expires = "" if left is None else f", {fmt.left(left)} until it expires"
        facts.append(("job", f"{fmt.job_id(job.job.job_id)} running{since}{expires}"))
        todo.append("Enter the job and its missing step")
    if row.host is not None:
        facts.append(("host", str(row.host)))
    for gpu in snapshot.gpus:
        if gpu.miner == key:
            facts.append(("GPU", _gpu_words(snapshot, gpu.name)))
    ollama = snapshot.ollamas.get(row.host or "")
    heard = ollama is not None and ollama.trouble is None and ollama.freshness(now) is Freshness.FRESH
    if ollama is not None and ollama.value is not None and heard:
        names = [str(model.name) for model in ollama.value.models]
        rtt = "" if ollama.rtt_ms is None else f" in {ollama.rtt_ms:.0f} ms"
        facts.append(("Ollama", f"11434 answers{rtt}; {len(names)} models: {', '.join(names)}"))
    elif ollama is not None:
        facts.append(("Ollama", _why(ollama, now)))
    if miner.average_duration_ms is not None:
        average = fmt.decimal(miner.average_duration_ms / 1000, 1)
        facts.append(("avg", f"{average} s, and that includes the wait in the queue"))
    return key, row.verdict, row.verdict.since, facts, todo


def _gpu_words(snapshot: Snapshot, name: str) -> str:
    row = next(row for row in snapshot.gpus if row.name == name)
    reading = row.reading
    util = "?" if reading.utilisation is None else f"{reading.utilisation:.0f}"
    power = "?" if reading.power is None else f"{reading.power:.0f}"
    warm = "?" if reading.temperature is None else f"{reading.temperature:.0f}"
    memory = f"{fmt.gigabytes(reading.memory_used)} of {fmt.gigabytes(reading.memory_total)} GB held"
    return f"{row.name} util {util} %, {memory}, {power} W, {warm} °C"


def _job(snapshot: Snapshot, key: str) -> Detail | None:
    row = snapshot.job(key)
    if row is None:
        return None
    facts: Facts = [("verdict", row.verdict.text)] if row.verdict.text else []
    facts += [(step.step.value, f"{step.at_text} {step.verdict.word} {step.evidence}") for step in row.steps]
    if not row.steps:
        facts.append(("wire state", str(row.job.state)))
    if row.job.error:
        facts.append(("error", str(row.job.error)))
    return fmt.job_id(key), row.verdict, row.verdict.since, facts, ["Enter the job with its timeline"]


def _gpu(snapshot: Snapshot, key: str) -> Detail | None:
    row = next((row for row in snapshot.gpus if row.name == key), None)
    if row is None:
        return None
    reading = row.reading
    facts: Facts = [("verdict", row.verdict.text)] if row.verdict.text else []
    facts += [
        ("card", f"{reading.name}, driver {reading.driver or '?'}, {fmt.shorten(reading.uuid, 24)}"),
        ("now", _gpu_words(snapshot, key)),
        ("serves", _served(row)),
        ("read by", f"{row.source}, {fmt.age(snapshot.now - row.observed_at)} ago"),
    ]
    return key, row.verdict, row.verdict.since, facts, []


def _served(row: GpuRow) -> str:
    """Its miner and job; where several could use it, that nothing tells which."""
    if row.miner is None and row.host_miners:
        return f"? {' or '.join(map(str, row.host_miners))}"
    return f"{row.miner or 'no miner'}, job {fmt.job_id(row.job) if row.job else 'none'}"


def _receipt(snapshot: Snapshot, key: str) -> Detail | None:
    row = next((row for row in snapshot.receipts if receipt_key(row) == key), None)
    if row is None:
        return None
    receipt = row.receipt
    facts: Facts = [("reason", str(receipt.reason))]
    for check in receipt.checks:
        state = "–" if check.passed is None else "pass" if check.passed else "NO"
        facts.append((check.name.value.split(" ")[0], f"{state}: {check.detail}"))
    facts += [("content", f"{remark.kind.value}: {remark.detail}") for remark in receipt.remarks]
    return fmt.job_id(receipt.facts.job_id), row.verdict, None, facts, ["Enter the receipt, field by field"]


def _alarm(snapshot: Snapshot, key: str) -> Detail | None:
    fold = fold_of(snapshot, key)
    if fold is None:
        return None
    alarm, row = fold.newest, alarm_row(fold, snapshot.utc.timestamp())
    facts: Facts = [("evidence", str(row.cells["evidence"])), ("do", str(row.cells["do"]))]
    if alarm.check:
        facts.append(("check", str(alarm.check)))
    facts.append(("rule", f"{alarm.rule}, a {alarm.kind.value}"))
    return str(fold.about), row.verdict, fold.since, facts, []


_DETAILS: Mapping[Pane, Callable[[Snapshot, str], Detail | None]] = {
    Pane.NODES: _node,
    Pane.MEMPOOL: _mempool,
    Pane.MINERS: _miner,
    Pane.JOBS: _job,
    Pane.GPUS: _gpu,
    Pane.RECEIPTS: _receipt,
    Pane.ALARMS: _alarm,
}
