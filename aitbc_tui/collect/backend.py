"""What the screens ask of the collector, handed over to its thread. Implements `ui.backend.Backend`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from types import ModuleType
from typing import TYPE_CHECKING

from aitbc_tui.collect.setup import Setup
from aitbc_tui.collect.thread import CollectorThread
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.journal import LogTarget, Told
from aitbc_tui.domain.operation import Plan, Run, Wish
from aitbc_tui.domain.power import PowerChange, PowerPlan
from aitbc_tui.domain.snapshot import Submission
from aitbc_tui.domain.stress import StressPlan
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import GpuProcess, JobOrder, MinerLog

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.runs import Runs
    from aitbc_tui.ledger.space import Space
    from aitbc_tui.operations.export import Entry
    from aitbc_tui.state.spreading import Spreading
    from aitbc_tui.state.totals import Charge
    from aitbc_tui.state.transactions import Search
    from aitbc_tui.state.tx_checks import NodeView

BLOCKS_AT_ONCE = 24


class CollectorBackend(CollectorThread):
    """The live network behind the screens; what is asked before the first connection is a `ConfigError`."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._runs: tuple[Collector, Runs] | None = None

    def refresh(self) -> None:
        self._soon(lambda c: c.refresh())

    def watch_job(self, job_id: str | None) -> None:
        from aitbc_tui.state.events import Watching

        def watch(collector: Collector) -> None:
            collector.hub.emit(Watching(job_id, collector.clock.monotonic()))
            if job_id is not None and collector.coordinator is not None:
                collector.coordinator.own.forget_settled(job_id)
                collector.coordinator.rhythm.refresh()
            collector.hub.publish()

        self._soon(watch)

    def submit(self, order: JobOrder) -> Future[Submission]:
        return self._write(lambda c: c.must_write().submit(order))

    def cancel(self, job_id: str) -> Future[str]:
        return self._write(lambda c: c.must_write().cancel(job_id))

    def verify(self, job_id: str) -> Future[str]:
        return self._write(lambda c: c.verify(job_id))

    def audit(self, action: str, subject: str) -> None:
        collector = self._collector
        if collector is None:
            raise ConfigError("not connected yet", remedy="wait for the first answer")
        collector.audit(action, subject)

    def stress_begin(self, plan: StressPlan) -> Future[None]:
        """Begin the one stress test; it is seen through the snapshot."""

        async def begin(collector: Collector) -> None:
            collector.bench.begin(plan)

        return self._write(begin)

    def stress_stop(self) -> None:
        self._soon(lambda c: c.bench.stop())

    def stress_cancel(self) -> Future[str]:
        return self._write(lambda c: c.bench.cancel_left())

    def ledger_entries(self) -> Future[tuple[tuple[Entry, ...], tuple[Charge, ...], Space | None]]:
        return self._write(lambda c: _instruments().ledger_entries(c))

    def export_masked(self) -> Future[str]:
        return self._write(lambda c: _instruments().export_masked(c))

    def find_transactions(self, text: str) -> Future[Search]:
        return self._write(lambda c: _instruments().find_transactions(c, text))

    def recent_blocks(self, limit: int) -> Future[tuple[NodeView, ...]]:
        return self._write(lambda c: _instruments().recent_blocks(c, limit))

    def burst(self, seconds: float) -> Future[Spreading]:
        return self._write(lambda c: _instruments().burst(c, seconds))

    def gpu_processes(self, host: str) -> Future[Mapping[str, tuple[GpuProcess, ...]]]:
        return self._write(lambda c: _hardware().processes(c, host))

    def miner_log(self, host: str, unit: str) -> Future[MinerLog]:
        return self._write(lambda c: _hardware().miner_log(c, host, unit))

    def probe(self, host: str, model: str) -> Future[SafeText]:
        return self._write(lambda c: _hardware().probe(c, host, model))

    def power_plan(self, host: str, index: int, watts: float) -> Future[PowerPlan]:
        return self._write(lambda c: _hardware().power_plan(c, host, index, watts))

    def power_change(self, plan: PowerPlan, told: Callable[[PowerChange], None]) -> Future[PowerChange]:
        return self._write(lambda c: c.power.change(plan, told))

    def power_answer(self, keep: bool) -> None:
        self._soon(lambda c: c.power.answer(keep))

    def stress_save(self) -> Future[str]:
        return self._write(lambda c: c.bench.save())

    def acknowledge(self, rule: str, abouts: tuple[str, ...]) -> None:
        self._soon(lambda c: c.hub.acknowledge(rule, abouts))

    def snooze(self, rule: str, abouts: tuple[str, ...], seconds: float, why: str = "") -> None:
        self._soon(lambda c: c.hub.snooze(rule, abouts, seconds, why))

    def ask_blocks(self, heights: Sequence[int]) -> None:
        wanted = tuple(heights)[:BLOCKS_AT_ONCE]
        self._begin(lambda c: c.ask_blocks(wanted))

    def log_targets(self) -> Sequence[LogTarget]:
        from aitbc_tui.collect.journal import targets

        return targets(self._setup.environment)

    def follow_log(self, target: LogTarget, told: Told) -> Callable[[], None]:
        async def read(collector: Collector) -> None:
            from aitbc_tui.collect.journal import follow

            await follow(collector, target, told)

        return self._begin(read)

    def plan(self, wish: Wish) -> Future[Plan]:
        async def make(collector: Collector) -> Plan:
            from aitbc_tui.collect.plans import make_plan

            return await make_plan(collector, wish)

        return self._write(make)

    def run(self, plan: Plan, told: Callable[[Run], None]) -> Future[Run]:
        async def work(collector: Collector) -> Run:
            from aitbc_tui.collect.runs import Runs

            if self._runs is None or self._runs[0] is not collector:
                self._runs = (collector, Runs(collector))
            return await self._runs[1].run(plan, told)

        return self._write(work)

    def arm(self) -> Future[None]:
        async def work(collector: Collector) -> None:
            collector.arm()

        return self._write(work)

    def stop_run(self) -> None:
        self._soon(lambda c: self._runs[1].stop() if self._runs is not None else None)


def _instruments() -> ModuleType:
    """Imported by the first screen that needs it, in the collector's thread."""
    return importlib.import_module("aitbc_tui.collect.instruments")


def _hardware() -> ModuleType:
    return importlib.import_module("aitbc_tui.collect.hardware")
