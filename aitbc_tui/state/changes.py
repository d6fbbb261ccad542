"""What changed between two snapshots, in words: one line per change of a verdict, not of a figure. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.places import Pane
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText, literal
from aitbc_tui.domain.verdict import Level, Verdict

Subject = tuple[str, str]  # kind and name
# Lists that are long when they are first heard: what is in them then is not news, unless it is bad.
_LISTED = ("job", "receipt")
# These go to and fro between words of one level all day: only another level is news.
_RESTLESS = ("mempool", "miner", "gpu")


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one thing."""

    level: Level
    word: SafeText
    text: SafeText


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of which something else is said now; `was` is None when nothing was said of it before."""

    kind: str
    subject: str
    now: Said
    was: Said | None


def verdicts_of(snapshot: Snapshot) -> Mapping[Subject, Said]:
    """Every verdict of a snapshot, the headline first."""
    head = snapshot.headline
    found: dict[Subject, Said] = {("network", str(snapshot.environment.name)): Said(head.level, head.word, head.text)}
    if snapshot.collector_trouble:
        found[("watching", "collector")] = Said(Level.UNKNOWN, literal("stopped"), snapshot.collector_trouble)
    else:
        found[("watching", "collector")] = Said(Level.GOOD, literal("at work"), literal(""))
    for kind, name, verdict in _rows(snapshot):
        found[(kind, name)] = Said(verdict.level, verdict.word, verdict.text)
    for alarm in reversed(snapshot.alarms):  # the newest of one name counts
        found[("alarm", f"{alarm.rule} {alarm.about}".strip())] = _alarm(alarm)
    return found


def _rows(snapshot: Snapshot) -> Iterator[tuple[str, str, Verdict]]:
    for link in snapshot.links:
        yield "link", str(link.host), link.verdict
    for node in snapshot.nodes:
        yield "node", str(node.name), node.verdict
    for mempool in snapshot.mempools:
        yield "mempool", str(mempool.name), mempool.verdict
    if snapshot.coordinator:
        yield "coordinator", str(snapshot.coordinator), snapshot.coordinator_verdict
    for pane in (Pane.MINERS, Pane.JOBS, Pane.GPUS, Pane.RECEIPTS):
        yield "pane", pane.name.lower(), snapshot.panes[pane].verdict
    for miner in snapshot.miners:
        yield "miner", str(miner.miner.identity.label), miner.verdict
    for gpu in snapshot.gpus:
        yield "gpu", str(gpu.name), gpu.verdict
    for job in snapshot.jobs:
        yield "job", str(job.job.job_id), job.verdict
    for receipt in snapshot.receipts:
        facts = receipt.receipt.facts
        yield "receipt", f"{facts.receipt_id or '?'} of job {facts.job_id or '?'}", receipt.verdict


def _alarm(alarm: Alarm) -> Said:
    if alarm.open:
        return Said(alarm.level, alarm.word, alarm.evidence)
    return Said(Level.NONE, literal("closed"), alarm.evidence)


def _same(kind: str, was: Said, now: Said) -> bool:
    if was.level is not now.level:
        return False
    return was.word == now.word or kind in _RESTLESS or now.level is Level.COMING


class Changes:
    """Remembers what was said last."""

    def __init__(self) -> None:
        self._last: dict[Subject, Said] = {}
        self._heard: set[str] = set()

    def after(self, snapshot: Snapshot) -> list[Change]:
        """What is said differently now. Only words and levels count: ages inside a text are no news."""
        newest = verdicts_of(snapshot)
        kinds = {kind for kind, _ in newest}
        found = []
        for (kind, subject), now in newest.items():
            was = self._last.get((kind, subject))
            if was is not None and _same(kind, was, now):
                continue
            first_list = kind in _LISTED and kind not in self._heard
            if was is None and first_list and now.level not in (Level.BAD, Level.WARN):
                continue
            if was is None and kind == "alarm" and now.level is Level.NONE:
                continue  # closed before we came
            found.append(Change(kind, subject, now, was))
        self._heard |= kinds
        self._last = dict(newest)
        return found
