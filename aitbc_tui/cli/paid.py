"""`job ID --payment`: job, payment, receipt, chain; each step with what it was seen by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import Json
from aitbc_tui.cli.output import print_table
from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.snapshot import JobRow

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.state.settlement import ChainLook


class Settlement:
    """The look at the nodes, made on the connections of the command itself."""

    def __init__(self, job_id: str, wanted: bool) -> None:
        self._job_id = job_id
        self.wanted = wanted
        self._look: ChainLook | None = None

    async def look(self, collector: Collector) -> None:
        if not self.wanted:
            return
        from aitbc_tui.collect.blocks_paid import look_at_chain

        if collector.coordinator is not None and collector.topology.has_client_key:
            await collector.coordinator.payments.look()
        row = collector.hub.publish().job(self._job_id)
        if row is not None:
            self._look = await look_at_chain(collector, row)

    def json(self, row: JobRow) -> list[Json]:
        from aitbc_tui.state.settlement import settlement

        return [
            {
                "step": one.step.value.replace(" ", "-"),
                "state": one.state.value,
                "word": one.verdict.word,
                "evidence": one.verdict.text,
            }
            for one in settlement(row, self._look)
        ]

    def print(self, ctx: Context, row: JobRow) -> None:
        from aitbc_tui.state.settlement import settlement

        steps = settlement(row, self._look)
        print_table(
            ctx.out,
            ("payment", "state", "", "seen by"),
            [(s.step.value, s.state.value, s.verdict.word, s.verdict.text) for s in steps],
        )

    def failures(self, row: JobRow) -> list[AitbcError]:
        from aitbc_tui.state.settlement import findings, settlement

        if not self.wanted:
            return []
        return [
            CommandError(str(said), remedy=f"aitbc-tui job {self._job_id}")
            for said in findings(settlement(row, self._look))
        ]
