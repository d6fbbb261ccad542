"""Changing a card's power limit as a display's resolution is changed: it goes back by itself unless it is kept.

The timer runs on the GPU host, armed before the limit is touched: a lost link, or our own end, rolls back too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aitbc_tui.domain.errors import CommandError, ConfigError
from aitbc_tui.domain.work import GpuReading
from aitbc_tui.operations.commands import ROLLBACK
from aitbc_tui.operations.field import Field, first_line
from aitbc_tui.protocol import nvidia

HOLD_S = 30  # so long the new limit waits to be kept
LEAST_HOLD_S, MOST_HOLD_S = 10, 600
SETTLES_S = 5.0
_FOLDER = re.compile(r"/tmp/aitbc-tui-power\.\w{8}")
_POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """One change, checked against the card's own bounds."""

    host: str
    index: int
    name: str
    before: float
    watts: float
    least: float
    most: float

    @property
    def words(self) -> str:
        return f"power limit of {self.host}:{self.index} ({self.name}) from {self.before:g} W to {self.watts:g} W"


@dataclass(frozen=True, slots=True)
class PowerResult:
    """How it ended: kept, or put back, and the limit that the card reports now."""

    plan: PowerPlan
    kept: bool
    now: float | None


Asked = Callable[[PowerPlan], Awaitable[bool]]


async def read_card(field: Field, host: str, index: int) -> GpuReading:
    """The card as nvidia-smi sees it now."""
    answer = await field.run(host, "", nvidia.query_argv(details=True))
    cards = {card.index: card for card in nvidia.parse_gpus(answer.stdout)}
    if index not in cards:
        known = ", ".join(str(number) for number in sorted(cards)) or "none"
        raise ConfigError(f"{host} has no card {index}", remedy=f"cards there: {known}")
    if cards[index].lost:
        raise CommandError(f"card {index} is lost from the bus", host=host, remedy="aitbc-tui gpus")
    return cards[index]


async def plan(field: Field, host: str, index: int, watts: float) -> PowerPlan:
    """Refuse what the card does not allow before anything is armed. Reads only."""
    card = await read_card(field, host, index)
    if card.power_limit is None or card.power_min is None or card.power_max is None:
        raise CommandError(f"card {index} does not tell its power limits: it cannot be put back safely", host=host)
    if not card.power_min <= watts <= card.power_max:
        bounds = f"{card.power_min:g} to {card.power_max:g} W"
        raise ConfigError(f"{watts:g} W is outside the bounds of card {index}: {bounds}", remedy=f"choose {bounds}")
    return PowerPlan(host, index, str(card.name), card.power_limit, watts, card.power_min, card.power_max)


async def change(field: Field, chosen: PowerPlan, keep: Asked, hold_s: int = HOLD_S) -> PowerResult:
    """Arm the way back, set the limit, see that it holds, then ask; without a yes it is put back at once."""
    folder = await _arm(field, chosen, hold_s)
    try:
        await _set(field, chosen, chosen.watts)
        await _settled(field, chosen, chosen.watts)
        if await keep(chosen):
            await field.run(chosen.host, "", ("touch", f"{folder}/keep"))
            return PowerResult(chosen, True, await _now(field, chosen))
    except BaseException:
        await _put_back(field, chosen)
        raise
    await _put_back(field, chosen)
    await _settled(field, chosen, chosen.before)
    return PowerResult(chosen, False, await _now(field, chosen))


async def _arm(field: Field, chosen: PowerPlan, hold_s: int) -> str:
    sudo = "sudo -n" if field.environment.hosts[chosen.host].sudo else "none"
    words = ("sh", "-c", ROLLBACK, "aitbc-tui", str(hold_s), f"{chosen.before:g}", str(chosen.index), sudo)
    answer = await field.run(chosen.host, "", words)
    folder = str(first_line(answer.stdout))
    if not _FOLDER.fullmatch(folder):
        raise CommandError("the timer that puts the limit back did not start: nothing was changed", host=chosen.host)
    return folder


async def _set(field: Field, chosen: PowerPlan, watts: float) -> None:
    await field.run(chosen.host, "", ("nvidia-smi", "-i", str(chosen.index), "-pl", f"{watts:g}"), root=True)


async def _settled(field: Field, chosen: PowerPlan, watts: float) -> None:
    """Read back: exit status 0 alone proves nothing."""
    ends = field.clock() + SETTLES_S
    while True:
        now = await _now(field, chosen)
        if now is not None and abs(now - watts) < 1.0:
            return
        if field.clock() >= ends:
            said = "nothing" if now is None else f"{now:g} W"
            raise CommandError(f"the card reports {said}, not {watts:g} W: put back", host=chosen.host)
        await asyncio.sleep(_POLL_S)


async def _now(field: Field, chosen: PowerPlan) -> float | None:
    return (await read_card(field, chosen.host, chosen.index)).power_limit


async def _put_back(field: Field, chosen: PowerPlan) -> None:
    """At once where that is possible; else the timer on the host does it."""
    await asyncio.shield(_set(field, chosen, chosen.before))
