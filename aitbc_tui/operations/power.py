"""Changing a card's power limit as a display's resolution is changed: it goes back by itself unless it is kept.

The timer runs on the GPU host, armed before the limit is touched: a lost link, or our own end, rolls back too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

from aitbc_tui.domain.errors import CommandError, ConfigError
from aitbc_tui.domain.power import HOLD_S, PowerPlan, PowerResult
from aitbc_tui.domain.work import GpuReading
from aitbc_tui.operations.commands import ROLLBACK
from aitbc_tui.operations.field import Field, first_line
from aitbc_tui.protocol import nvidia

LEAST_HOLD_S, MOST_HOLD_S = 10, 600
SETTLES_S = 5.0
_FOLDER = re.compile(r"/tmp/aitbc-tui-power\.\w{8}")
_POLL_S = 0.3


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
    configured = field.environment.hosts[host].power_limit_w
    least, most, by = bounds_of(card.power_min, card.power_max, configured, host)
    if not least <= watts <= most:
        bounds = f"{least:g} to {most:g} W by {by}"
        raise ConfigError(f"{watts:g} W is outside the bounds of card {index}: {bounds}", remedy=f"choose {bounds}")
    return PowerPlan(host, index, str(card.name), card.power_limit, watts, least, most, by)


def bounds_of(least: float, most: float, configured: tuple[float, float] | None, host: str) -> tuple[float, float, str]:
    """What the card allows, narrowed by the configuration; and whose bounds that are."""
    if configured is None:
        return least, most, "the card"
    low, high = max(least, configured[0]), min(most, configured[1])
    if low > high:
        mine, its = f"{configured[0]:g} to {configured[1]:g} W", f"{least:g} to {most:g} W"
        words = f"no limit can be set: power_limit_w of {host} is {mine}, the card allows {its}"
        raise ConfigError(words, remedy="correct power_limit_w in the configuration")
    return low, high, f"power_limit_w of {host}"


async def change(field: Field, chosen: PowerPlan, keep: Asked, hold_s: int = HOLD_S) -> PowerResult:
    """Arm the way back, set the limit, see that it holds, then ask; without a yes it is put back at once."""
    folder = await _arm(field, chosen, hold_s)
    try:
        await _set(field, chosen, chosen.watts)
        await _settled(field, chosen, chosen.watts)
        if await keep(chosen):
            await field.run(chosen.host, "", ("touch", f"{folder}/keep"))
            now = await _now(field, chosen)
            if now is None:
                raise CommandError("the card does not tell its limit any more: put back", host=chosen.host)
            return PowerResult(chosen, abs(now - chosen.watts) < 1.0, now)  # a yes that came too late keeps nothing
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
