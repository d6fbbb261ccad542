"""`health`: status, and every check with pass, warn or fail and why."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.checks import Check, Grade, of_gpus, of_snapshot
from aitbc_tui.operations.consensus import deeper
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.report import answered, frame, look_into, target_rows
from aitbc_tui.operations.tally import Json


async def health(field: Field, snapshot: Snapshot, targets: tuple[str, ...], whole_network: bool) -> list[Check]:
    """Every check: those that the look answers, and those that take more questions. Raises for no node's failure."""
    rows = target_rows(snapshot, targets)
    checks = list(of_snapshot(snapshot, rows))
    up = {str(link.host) for link in snapshot.links if link.verdict.level is Level.GOOD}
    checks += await deeper(field, [n for n in field.environment.nodes if n.name in targets and n.host in up])
    if whole_network:
        checks += of_gpus(snapshot)
    return checks


def health_document(
    field: Field, snapshot: Snapshot, targets: tuple[str, ...], word: str, checks: Sequence[Check], took_s: float
) -> Json:
    """The output object; each check stands in evidence, each that does not pass among the issues."""
    tally = field.tally
    nodes = look_into(tally, snapshot, targets)
    for check in checks:
        answer = {"verdict": check.grade.value, "why": check.why}
        tally.note(check.host, check.node, "check", check.name, answer)
        if check.grade is Grade.FAIL or (check.grade is Grade.WARN and check.kind != "validation"):
            tally.issue(check.kind, check.node or check.host, f"{check.name}: {check.why}", check.remedy)
    failed = [check for check in checks if check.grade is Grade.FAIL]
    warned = [check for check in checks if check.grade is Grade.WARN]
    rows = target_rows(snapshot, targets)
    heard = answered(snapshot, rows)
    return frame(
        "health",
        word,
        nodes,
        tally,
        took_s,
        summary=_summary(len(checks), failed, warned),
        validation="failed" if rows and not heard else "partial" if failed else "success",
        advice=() if failed or warned else ("every check passed",),
    )


def _summary(total: int, failed: Sequence[Check], warned: Sequence[Check]) -> str:
    if not failed and not warned:
        return f"healthy: {total} checks passed"
    first = (*failed, *warned)[0]
    counts = ", ".join(
        part for part in (f"{len(failed)} failed" * bool(failed), f"{len(warned)} warn" * bool(warned)) if part
    )
    return f"{counts} of {total} checks; first: {first.node or first.host} {first.name}: {first.why}"
