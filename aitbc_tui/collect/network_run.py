"""`network` for the operations screen: every host by every check, each that fails with the command by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.collect.once import Wanted, look
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.operations.byhand import by_hand
from aitbc_tui.operations.checks import Check, Grade
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.network import mesh, probe
from aitbc_tui.operations.report import frame
from aitbc_tui.operations.tally import Json

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector


async def run_network(collector: Collector, field: Field) -> tuple[Json, list[Check]]:
    """The document, in which what is not well stands among the issues, and every check."""
    begun = field.clock()
    wanted = Wanted(heads=True, host_facts=True, miners=True, ollama=True)
    snapshot = await look(collector, wanted, field.left(20.0))
    checks = await probe(field, snapshot)
    verdict, why, _ = mesh(snapshot, field.environment)
    for check in checks:
        if check.grade in (Grade.FAIL, Grade.WARN):
            command = by_hand(check, field.environment)
            remedy = f"by hand: {command}" if command else check.remedy
            field.tally.issue(check.kind, check.node or check.host, f"{check.name}: {check.why}", remedy)
    bad = sum(check.grade is Grade.FAIL for check in checks)
    said = f"{len(checks)} checks, {bad} failed; P2P {verdict}: {why}"
    return frame("network", "all", {}, field.tally, field.clock() - begun, summary=said), checks


def host_line(host: str, checks: list[Check]) -> SafeText:
    """`genesis: name ok · tcp ok · … · latency p50 3 ms, p95 5 ms, 0 of 20 unanswered`."""
    parts = [f"{c.name} {c.why if c.name == 'latency' else c.grade.mark}" for c in checks if c.host == host]
    return clean(f"{host}: {' · '.join(parts)}", 300)
