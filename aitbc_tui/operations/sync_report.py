"""A sync in words: what it would do, and the object that says what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.report import frame, look_into, online_of
from aitbc_tui.operations.sync_run import SyncOrder, SyncRun
from aitbc_tui.operations.tally import Json


def sync_document(
    field: Field, after: Snapshot, order: SyncOrder, word: str, run: SyncRun, took_s: float, verify: bool
) -> Json:
    """The output object; `last_sync` of a node that was compared is the moment of that comparison."""
    nodes = look_into(field.tally, after, order.targets)
    for name, at in run.agreed.items():
        if name in nodes:
            nodes[name]["last_sync"] = int(at)
    online = online_of(nodes)
    validation = "success" if run.outcome == "success" and online == len(nodes) else run.outcome
    if validation == "success" and online < len(nodes):
        validation = "partial"
    return frame(
        "sync",
        word,
        nodes,
        field.tally,
        took_s,
        summary=_summary(order, run),
        validation=validation if verify else None,
        sync_result=run.outcome,
        synced=run.synced(),
        advice=[] if field.tally.issues else ["nodes are level"],
    )


def _summary(order: SyncOrder, run: SyncRun) -> str:
    done = f": {', '.join(run.done)}" if run.done else ""
    missing = [kind for kind, well in run.synced().items() if well is False]
    left = f"; not synced: {', '.join(missing)}" if missing else ""
    return f"sync {order.sync_type} {run.outcome}{done}{left}"


def plan(field: Field, order: SyncOrder) -> Sequence[str]:
    """What would be done, for `--dry-run`: in order, nothing of it sent."""
    source = field.producer.name if field.producer else "?"
    followers = ", ".join(n for n in order.targets if n != source) or "no follower"
    steps = {
        "blockchain": [
            f"compare block 0 and the common height of {followers} with {source}; stop at a fork",
            f"back up chain.db of {followers} (VACUUM INTO beside it, integrity check, three kept)",
            f"import the missing blocks of {source} in order, compare each returned hash",
        ],
        "mempool": [f"send {followers} what waits at {source}, stands in no block, and is lacking; never to {source}"],
        "configuration": [
            f"show what differs between {source} and {followers}",
            *(f"copy {key} to {followers}: backup, write, read back, roll back on failure" for key in order.keys),
        ],
        "git": ["git fetch, then git merge --ff-only, nothing else: " + ", ".join(order.targets)],
    }
    return [step for kind in order.types for step in steps[kind]]
