"""Running a plan for the operations screen: guarded, audited, one at a time, its steps and evidence told as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aitbc_tui.collect.plan_draft import targets_of, title_of
from aitbc_tui.collect.run_progress import Progress, Told, Watched, commands, heard, tell
from aitbc_tui.collect.run_words import ended
from aitbc_tui.collect.run_work import WORK
from aitbc_tui.config.paths import state_dir
from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.operation import Plan, Run, Verb
from aitbc_tui.operations.audit import audited
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.guard import require
from aitbc_tui.operations.slots import slot

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

STOP_RESERVE_S = 3.0  # what is left to an operation that was told to stop: its last comparison


class Runs:
    """The one operation of this dashboard that may be under way."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._field: Field | None = None
        self._progress: Progress | None = None

    def stop(self) -> None:
        """At the next safe point: no new block, no new node is begun."""
        field_, progress = self._field, self._progress
        if field_ is not None and progress is not None:
            progress.stopping = True
            field_.ends_at = min(field_.ends_at, field_.clock() + STOP_RESERVE_S)

    async def run(self, plan: Plan, told: Told) -> Run:
        """Once. Raises only what happened before anything was sent; afterwards the outcome is in the run."""
        if self._field is not None:
            raise GuardError("an operation is under way on this dashboard", remedy="wait for its end, or stop it")
        collector, wish = self._collector, plan.wish
        setup = collector.setup
        names = {(node.host, node.rpc): node.name for node in setup.environment.nodes}
        progress = self._progress = Progress(plan, list(plan.steps))
        field_ = self._field = Field(
            setup.environment,
            Watched(collector, progress, names),
            collector.clock.monotonic() + wish.timeout_s,
            told=lambda key, node, text: heard(progress, key, node, text),
            clock=collector.clock.monotonic,
            utc=collector.clock.utc,
        )
        folder = setup.ledger.parent if setup.demo else state_dir()
        teller = asyncio.ensure_future(tell(progress, told))
        try:
            with self._written(plan) as entry:
                async with slot(folder, setup.environment.name):
                    done = await WORK[wish.verb](collector, field_, progress, wish)
                entry.append(str(done.document["summary"]))
        finally:
            self._field = self._progress = None
            teller.cancel()
        progress.evidence.extend(commands(done.document))
        return ended(progress.run(), done, field_.tally.errors)

    @contextmanager
    def _written(self, plan: Plan) -> Iterator[list[str]]:
        """Refuse or go ahead; both stand in the audit. What only reads is not written down."""
        said: list[str] = []
        wish, setup = plan.wish, self._collector.setup
        if wish.reads_only:
            yield said
            return
        one = wish.verb is Verb.SERVICE
        detail = f"{wish.unit}, host {wish.target}" if one else f"nodes {', '.join(targets_of(self._collector, wish))}"
        with audited(self._collector.ledger, title_of(wish).lower(), setup.environment.name, detail) as entry:
            require(self._collector.arming.access, plan.need, title_of(wish).lower(), setup.environment.name)
            if not plan.offered:
                raise GuardError("a check forbids it", remedy="see the plan")
            with self._collector.arming.running():
                yield said
            entry.ended(said[0] if said else "ended")
