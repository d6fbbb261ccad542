"""What this program itself remembers, was told and does, as events: a recording then holds it like all else. Pure."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.state.events import Acknowledged, CollectorFell, LedgerTold, Quieted, Remembered, StressTold
from aitbc_tui.state.facts import World
from aitbc_tui.state.rulebook import RULES

Own = Remembered | Acknowledged | Quieted | StressTold | CollectorFell | LedgerTold


def own(world: World, event: Own) -> World:
    """The world after `event`."""
    match event:
        case Remembered(past=past, findings=findings, acked=acked, at=at):
            alarms = world.alarms.restored(findings, acked, at)
            return replace(world, alarms=alarms, journal=world.journal.told(past, findings))
        case Acknowledged(rule=rule, about=about, at=at, utc=utc):
            return replace(world, alarms=world.alarms.acknowledged(rule, about, at, utc, RULES))
        case Quieted(rule=rule, about=about, until_utc=until, why=why):
            return replace(world, alarms=world.alarms.snoozed(rule, about, until, why))
        case StressTold(picture=picture):
            return replace(world, stress=picture)
        case CollectorFell(words=words):
            return replace(world, collector_trouble=words)
        case LedgerTold(words=words):
            return replace(world, ledger_trouble=words)
