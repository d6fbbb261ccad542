"""Following a unit's journal for a screen: over the host's own connection, cleaned, in batches, until it is closed."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.journal import LogChunk, LogTarget, Told
from aitbc_tui.domain.text import SafeText, clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

MAX_LINE = 8192
SHOWN = 2000
CONNECT_S = 12.0
BATCH_S = 0.2
BATCH = 1000  # lines told at once; of a flood the newest


def targets(environment: EnvironmentConfig) -> tuple[LogTarget, ...]:
    """Every unit that the configuration names, on its host."""
    found = [LogTarget(node.host, unit, node.name) for node in environment.nodes for unit in node.units]
    coordinator = environment.coordinator
    if coordinator is not None and coordinator.unit:
        found.append(LogTarget(coordinator.host, coordinator.unit, "coordinator"))
    found += [LogTarget(m.host, m.unit, m.name) for m in environment.miners.values() if m.unit]
    return tuple(dict.fromkeys(found))


class _Batch:
    """Collects lines for a moment, so that a burst is one message; a flood loses its oldest lines and says so."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._lines: list[SafeText] = []
        self._dropped = 0
        self._due: asyncio.TimerHandle | None = None

    def add(self, line: bytes) -> None:
        self._lines.append(clean(line.replace(b"\t", b"    "), SHOWN))
        if len(self._lines) > BATCH:
            del self._lines[0]
            self._dropped += 1
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(BATCH_S, self.flush)

    def flush(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        lines, self._lines = self._lines, []
        if self._dropped:
            lines.insert(0, SafeText(f"… {self._dropped:,} lines came faster than they could be shown"))
            self._dropped = 0
        if lines:
            self._told(LogChunk(tuple(lines)))


async def follow(collector: Collector, target: LogTarget, told: Told) -> None:
    """Until cancelled, or until something ends it, which is told."""
    from aitbc_tui.operations.commands import journal

    batch = _Batch(told)
    try:
        host = collector.hosts[target.host]
        plain = journal(target.unit, target.lines, target.follow)
        sudo = collector.setup.environment.hosts[target.host].sudo
        await host.ensure(CONNECT_S)
        stream = host.stream(("sudo", "-n", *plain) if sudo else plain, max_line=MAX_LINE)
        async with aclosing(stream) as lines:  # type: ignore[type-var]
            async for line in lines:
                batch.add(line)
    except AitbcError as error:
        batch.flush()
        told(LogChunk(trouble=clean(str(error), 300), remedy=clean(error.remedy, 200)))
        return
    batch.flush()
    told(LogChunk(trouble=SafeText("the journal ended: nothing more comes"), remedy=SafeText("r reads it again")))
