"""The collector in a thread of its own: a terminal that stalls cannot stop the watching, nor the other way round.

Implements `ui.backend.Backend`. Heavy imports happen in that thread, after the first frame.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from aitbc_tui.collect.setup import Setup, topology_of
from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.domain.journal import LogTarget, Told
from aitbc_tui.domain.operation import Plan, Run, Wish
from aitbc_tui.domain.power import PowerChange, PowerPlan
from aitbc_tui.domain.snapshot import Headline, Snapshot, Submission
from aitbc_tui.domain.stress import StressPlan
from aitbc_tui.domain.text import SafeText, clean, literal
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import GpuProcess, JobOrder, MinerLog

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.hub import Hub
    from aitbc_tui.collect.runs import Runs
    from aitbc_tui.operations.export import Entry
    from aitbc_tui.state.spreading import Spreading
    from aitbc_tui.state.totals import Charge
    from aitbc_tui.state.transactions import Search
    from aitbc_tui.state.tx_checks import NodeView

T = TypeVar("T")
STOP_S = 3.0
RESTART_S = 5.0
BLOCKS_AT_ONCE = 24


class CollectorThread:
    """One collector, restarted when it crashes; every method may be called from the screen's thread."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._topology = topology_of(setup)
        self._wake: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._collector: Collector | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()
        self._trouble = ""
        self._runs: tuple[Collector, Runs] | None = None
        self._first = self._first_picture()

    def _first_picture(self) -> Snapshot:
        import time

        from aitbc_tui.state.facts import begin
        from aitbc_tui.state.picture import picture

        return picture(begin(self._topology), time.monotonic(), time.time())[1]

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name="collector", daemon=True)
            self._thread.start()

    def snapshot(self) -> Snapshot:
        collector = self._collector
        newest = self._first if collector is None else collector.hub.newest
        if not self._trouble:
            return newest
        words = _stopped(self._trouble)
        headline = Headline(Level.UNKNOWN, literal("unknown"), words, words)
        return replace(newest, headline=headline, collector_trouble=words)

    def on_change(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        if self._collector is not None:
            self._collector.hub.on_change(wake)

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

    def ledger_entries(self) -> Future[tuple[tuple[Entry, ...], tuple[Charge, ...]]]:
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

    def stop(self) -> None:
        self._stopping.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        if self._thread is not None:
            self._thread.join(STOP_S)

    def _soon(self, act: Callable[[Collector], object]) -> None:
        loop, collector = self._loop, self._collector
        if loop is not None and collector is not None and not loop.is_closed():
            loop.call_soon_threadsafe(act, collector)

    def _begin(self, work: Callable[[Collector], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        """Something that goes on until it is ended by calling what is returned; nothing before the first connection."""
        loop, collector = self._loop, self._collector
        if loop is None or collector is None or loop.is_closed():
            return lambda: None
        future = asyncio.run_coroutine_threadsafe(work(collector), loop)
        return lambda: None if future.done() else _cancel(future)

    def _write(self, work: Callable[[Collector], Coroutine[Any, Any, T]]) -> Future[T]:
        loop, collector = self._loop, self._collector
        if loop is None or collector is None or loop.is_closed():
            failed: Future[T] = Future()
            failed.set_exception(ConfigError("not connected yet", remedy="wait for the first answer"))
            return failed
        return asyncio.run_coroutine_threadsafe(work(collector), loop)

    def _main(self) -> None:
        for name in ("aitbc_tui.collect.collector",):
            importlib.import_module(name)
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            with suppress(asyncio.CancelledError):  # stop() asked for it
                runner.run(self._collect())

    async def _collect(self) -> None:
        """Run the collector, and start it anew when something unforeseen ends it; what was seen is kept."""
        from aitbc_tui.collect.collector import Collector

        self._task = asyncio.current_task()
        hub = None
        while not self._stopping.is_set():
            collector = Collector(self._setup, hub)
            hub = collector.hub
            if self._wake is not None:
                hub.on_change(self._wake)
            try:
                async with collector:
                    self._collector = collector
                    if hub.world.collector_trouble:
                        hub.fell(literal(""))
                    await collector.run()
            except asyncio.CancelledError:
                raise
            except AitbcError as error:
                self._said(hub, str(error))
            except Exception as error:
                self._said(hub, f"{type(error).__name__}; see the log")
                _log(error)
            await asyncio.sleep(RESTART_S)
            self._trouble = ""

    def _said(self, hub: Hub, words: str) -> None:
        self._trouble = words
        hub.fell(_stopped(words))
        if self._wake is not None:
            self._wake()


def _stopped(why: str) -> SafeText:
    return clean(f"the collector stopped and is started again: {why}", 200)


def _cancel(future: Future[None]) -> None:
    future.cancel()


def _instruments() -> ModuleType:
    """Imported by the first screen that needs it, in the collector's thread."""
    return importlib.import_module("aitbc_tui.collect.instruments")


def _hardware() -> ModuleType:
    return importlib.import_module("aitbc_tui.collect.hardware")


def _log(error: Exception) -> None:
    import logging

    logging.getLogger("aitbc_tui.collect").error("the collector crashed", exc_info=error)
