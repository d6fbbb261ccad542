"""How an operation ended, in the words of its screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Run, RunState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.tally import Json

ISSUES = 40
_STATES = {"success": RunState.DONE, "partial": RunState.PARTIAL, "failed": RunState.FAILED}


@dataclass(frozen=True, slots=True)
class Done:
    """The document of an operation, its outcome in the seed's words, and whether somebody stopped it."""

    document: Json
    outcome: str
    lines: tuple[SafeText, ...] = ()
    stopped: bool = False


def result_lines(document: Json) -> tuple[SafeText, ...]:
    """What it is now, by node, then what kinds of sync brought, then how sure."""
    nodes, details, delivery = document["nodes_status"], document["sync_details"], document["message_delivery"]
    assert isinstance(nodes, dict) and isinstance(details, dict) and isinstance(delivery, dict)
    lines = []
    for name, node in nodes.items():
        height = "?" if node["block_height"] is None else f"{node['block_height']:,}"
        peers = "?" if node["p2p_connections"] is None else node["p2p_connections"]
        up = node["service_uptime"] or "?"
        lines.append(f"{name}: {node['status']}, height {height}, peers {peers}, up {up}")
    touched = [
        f"{kind.removesuffix('_synced')} {'synced' if well else 'not synced'}"
        for kind, well in details.items()
        if well is not None
    ]
    if touched:
        lines.append(", ".join(touched))
    if delivery["sent"] is not None:
        lines.append(f"sent {delivery['sent']}, read back {delivery['delivered']}, failed {delivery['failed']}")
    lines.append(f"confidence {document['confidence']}, {document['execution_time']} s")
    return tuple(clean(line, 300) for line in lines)


def _issues(document: Json) -> tuple[SafeText, ...]:
    rows = document["issues"]
    assert isinstance(rows, list)
    out = []
    for row in rows[:ISSUES]:
        where = f"{row['node']}: " if row["node"] else ""
        remedy = f" ({row['remedy']})" if row["remedy"] else ""
        out.append(clean(f"{row['kind']}: {where}{row['detail']}{remedy}", 600))
    return tuple(out)


def state_of(done: Done, errors: Sequence[AitbcError], reads_only: bool) -> RunState:
    """A write without a sure answer makes the whole unknown: it is looked up, never sent again."""
    if reads_only:
        return RunState.DONE
    if any(error.maybe_sent for error in errors):
        return RunState.UNKNOWN
    if done.stopped and done.outcome != "success":
        return RunState.STOPPED
    return _STATES[done.outcome]


def ended(run: Run, done: Done, errors: Sequence[AitbcError]) -> Run:
    """The run when its work is over: no step runs any more."""
    state = state_of(done, errors, run.plan.wish.reads_only)
    level = Level.GOOD if state is RunState.DONE else Level.UNKNOWN if state is RunState.UNKNOWN else Level.WARN
    steps = tuple(replace(one, level=level) if one.level is Level.RUNNING else one for one in run.steps)
    sentence = clean(str(done.document["summary"]), 400)
    if state is RunState.UNKNOWN:
        sentence = clean(f"{sentence}. No sure answer: look it up, it is not sent again", 400)
    return replace(
        run,
        state=state,
        sentence=sentence,
        steps=steps,
        results=done.lines,
        issues=_issues(done.document),
        if_stopped=(),
    )
