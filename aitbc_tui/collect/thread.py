"""The collector in a thread of its own: a terminal that stalls cannot stop the watching, nor the other way round.

Heavy imports happen in that thread, after the first frame.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from aitbc_tui.collect.setup import Setup, topology_of
from aitbc_tui.domain.errors import AitbcError, ConfigError
from aitbc_tui.domain.snapshot import Headline, Snapshot
from aitbc_tui.domain.text import SafeText, clean, literal
from aitbc_tui.domain.verdict import Level

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.hub import Hub

T = TypeVar("T")
STOP_S = 3.0
RESTART_S = 5.0


class CollectorThread:
    """One collector, restarted when it crashes, and the ways into its thread for `collect.backend`.

    Every method may be called from the screen's thread.
    """

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
        """Run the collector, and start it anew when something unforeseen ends it; what was seen, and lent, is kept."""
        from aitbc_tui.collect.collector import Collector

        self._task = asyncio.current_task()
        hub = arming = None
        while not self._stopping.is_set():
            collector = Collector(self._setup, hub, arming=arming)
            hub, arming = collector.hub, collector.arming
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


def _log(error: Exception) -> None:
    import logging

    logging.getLogger("aitbc_tui.collect").error("the collector crashed", exc_info=error)
