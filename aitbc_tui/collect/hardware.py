"""What the GPU screens ask for: processes of a card, a trivial generate, and a power limit that goes back by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError, ConfigError, GuardError
from aitbc_tui.domain.power import HOLD_S, MARGIN_S, PowerChange, PowerPhase, PowerPlan
from aitbc_tui.domain.snapshot import Access
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import GpuProcess, MinerLog
from aitbc_tui.operations import power
from aitbc_tui.operations.audit import audited
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.guard import require

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

PLAN_S = 15.0
LOG_LINES, LOG_SHOWN = 1000, 6
Told = Callable[[PowerChange], None]


def _field(collector: Collector, seconds: float) -> Field:
    clock = collector.clock
    ends = clock.monotonic() + seconds
    return Field(collector.setup.environment, collector.asker, ends, clock=clock.monotonic, utc=clock.utc)


async def processes(collector: Collector, host: str) -> Mapping[str, tuple[GpuProcess, ...]]:
    """What computes on each card of a host now, by the card's uuid; one process more on that host."""
    from aitbc_tui.protocol import nvidia

    answer = await _field(collector, PLAN_S).run(host, "", nvidia.processes_argv())
    return nvidia.parse_processes(answer.stdout)


async def probe(collector: Collector, host: str, model: str) -> SafeText:
    """One token of a trivial prompt at this host's Ollama. It may load the model: a write, and audited as one."""
    environment = collector.setup.environment
    ollama = next((one for one in collector.ollamas if one.host == host), None)
    if ollama is None:
        raise ConfigError(f"no Ollama is configured at {host}", remedy="ollama = URL at that host")
    with audited(collector.ledger, "gpus --probe", environment.name, f"{host} {clean(model, 80)}") as entry:
        require(collector.arming.access, Access.OPERATE, "gpus --probe", environment.name)
        with collector.arming.running():
            took = await ollama.generate(model)
        entry.ended(f"{took.total_s:.2f} s")
    load = "" if took.load_s is None else f", of which {took.load_s:.2f} s to load it"
    return SafeText(f"{took.model}: {took.total_s:.2f} s{load}")


async def miner_log(collector: Collector, host: str, unit: str) -> MinerLog:
    """The unit's newest lines, once: one process on that host."""
    from aitbc_tui.operations.commands import journal
    from aitbc_tui.protocol.minerlog import parse_miner_log

    answer = await _field(collector, PLAN_S).run(host, "", journal(unit, LOG_LINES, follow=False), root=True)
    lines = answer.stdout.decode("utf-8", "replace").splitlines()
    shown = tuple(clean(line, 400) for line in lines[-LOG_SHOWN:])  # what it declares may stand on a longer one
    return MinerLog(clean(unit, 80), parse_miner_log(lines), shown, len(lines))


async def power_plan(collector: Collector, host: str, index: int, watts: float) -> PowerPlan:
    """Checked against the card and the configuration; reads only."""
    return await power.plan(_field(collector, PLAN_S), host, index, watts)


class PowerBench:
    """The one change of a power limit that a dashboard may have under way."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._answer: asyncio.Future[bool] | None = None
        self._busy = False

    def answer(self, keep: bool) -> None:
        """Keep it, or put it back now."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(keep)

    async def change(self, chosen: PowerPlan, told: Told, hold_s: int = HOLD_S) -> PowerChange:
        """Guarded and audited; what fails after the limit was set is in what is returned, and goes back by itself."""
        if self._busy:
            raise GuardError("a power limit is being changed already", remedy="keep it or put it back first")
        environment, arming = self._collector.setup.environment, self._collector.arming
        self._busy = True
        try:
            with audited(self._collector.ledger, "gpus power-limit", environment.name, chosen.words) as entry:
                require(arming.access, Access.OPERATE, "gpus power-limit", environment.name)
                with arming.running():  # what was set can still be kept, and put back
                    ended = await self._whole(chosen, told, hold_s)
                entry.ended(f"{ended.phase.value} {ended.detail}".strip())
        finally:
            self._busy, self._answer = False, None
        told(ended)
        return ended

    async def _whole(self, chosen: PowerPlan, told: Told, hold_s: int) -> PowerChange:
        told(PowerChange(chosen, PowerPhase.SETTING))
        field = _field(self._collector, hold_s + 4 * PLAN_S)

        async def asked(plan: PowerPlan) -> bool:
            until = self._collector.clock.monotonic() + hold_s - MARGIN_S
            self._answer = asyncio.get_running_loop().create_future()
            told(PowerChange(plan, PowerPhase.HELD, until, plan.watts))
            try:
                async with asyncio.timeout(max(0.1, hold_s - MARGIN_S)):
                    return await self._answer
            except TimeoutError:
                return False  # silence is a no, as with a display that stayed dark

        try:
            result = await power.change(field, chosen, asked, hold_s)
        except AitbcError as error:
            words = clean(f"{error}. If it was set, {chosen.host} itself puts it back within {hold_s} s", 300)
            return PowerChange(chosen, PowerPhase.FAILED, detail=words)
        return PowerChange(chosen, PowerPhase.KEPT if result.kept else PowerPhase.BACK, now_w=result.now)
