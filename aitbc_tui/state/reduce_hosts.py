"""What hosts say, sorted into the world: units, figures, disks, cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from aitbc_tui.domain.node import DiskReading, HostFigures, Unit
from aitbc_tui.domain.observed import Observed, Trouble
from aitbc_tui.domain.work import GpuMinute, GpuReading
from aitbc_tui.state.events import Answered, LinkChanged
from aitbc_tui.state.facts import World
from aitbc_tui.state.minutes import with_minute
from aitbc_tui.state.skew import noted
from aitbc_tui.state.streaks import Losses, restarts_of

T = TypeVar("T")
NO_READING = GpuMinute(None, None, None, None)
MINUTES_KEPT = 60


def link_changed(world: World, event: LinkChanged) -> World:
    """A connection's newest state, and how often it was lost lately."""
    before = world.losses.get(event.host)
    losses = (before or Losses(event.lost)).seen(event.lost, event.at)
    world = replace(world, links={**world.links, event.host: event})
    return world if losses == before else replace(world, losses={**world.losses, event.host: losses})


def unit_name(name: str) -> str:
    """systemd answers with the suffix, whether it was asked with it or not."""
    return name.removesuffix(".service")


def host_units(world: World, host: str, units: tuple[Unit, ...], e: Answered) -> World:
    """The units that systemd told, given to the nodes of that host."""
    if host not in world.units:
        return world
    by_name = {unit_name(u.name): u for u in units}
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            mine = tuple(by_name[unit_name(u)] for u in frame.units if unit_name(u) in by_name)
            nodes[frame.name] = replace(facts, units=_told(facts.units, mine, e))
    restarts = dict(world.restarts)
    for unit in units if e.confirmed is None else ():  # whether a counter rises is told by two answers, not by one
        if unit.restarts is not None:
            key = (host, unit_name(unit.name))
            restarts[key] = restarts_of(restarts, *key).seen(unit.restarts, e.at)
    seen = _told(world.units[host], units, e)
    return replace(world, units={**world.units, host: seen}, nodes=nodes, restarts=restarts)


def _told(seen: Observed[T], value: T, e: Answered) -> Observed[T]:
    return seen.got(value, e.at, e.rtt_ms) if e.confirmed is None else seen.held(value, e.at, e.confirmed)


def host_figures(world: World, host: str, figures: HostFigures, e: Answered) -> World:
    """The machine's figures, given to the nodes of that host; the disk is that of its own last reading."""
    if host not in world.figures:
        return world
    seen = world.disks.get(host)
    disk = seen.fresh(e.at) if seen is not None and seen.trouble is None else None
    if seen is not None and disk is not None:
        figures = replace(figures, disk_total=disk.total, disk_free=disk.free, disk_at=seen.at)
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            nodes[frame.name] = replace(facts, figures=facts.figures.got(figures, e.at, e.rtt_ms))
    return replace(
        world,
        figures={**world.figures, host: world.figures[host].got(figures, e.at, e.rtt_ms)},
        nodes=nodes,
        clocks=noted(world.clocks, host, figures.epoch_s, e.utc, e.at, http=False),
    )


def host_disk(world: World, host: str, disk: DiskReading, e: Answered) -> World:
    """The room on the disk that holds the node's data."""
    if host not in world.disks:
        return world
    return replace(world, disks={**world.disks, host: world.disks[host].got(disk, e.at, e.rtt_ms)})


def gpu_cards(world: World, host: str, cards: tuple[GpuReading, ...], e: Answered) -> World:
    """A new history column once a minute, with that minute's first reading; a minute without one is a gap."""
    if host not in world.gpus:
        return world
    history = dict(world.gpu_history)
    minute = int(e.at // 60)
    before = world.gpu_minute.get(host, minute - 1)
    if before != minute:
        for card in cards:
            name = f"{host}:{card.index}"
            past = history.get(name, ())
            history[name] = with_minute(past, _minute(card), NO_READING, minute - before, MINUTES_KEPT)
    return replace(
        world,
        gpus={**world.gpus, host: world.gpus[host].got(cards, e.at, e.rtt_ms)},
        gpu_history=history,
        gpu_minute={**world.gpu_minute, host: minute},
    )


def _minute(card: GpuReading) -> GpuMinute:
    return GpuMinute(card.utilisation, card.memory_used, card.power, card.temperature)


def failed(items: Mapping[str, Observed[T]], key: str, why: Trouble) -> Mapping[str, Observed[T]]:
    """The items with this one failed; unchanged where it is not among them."""
    return {**items, key: items[key].failed(why)} if key in items else items


def host_failed(world: World, host: str, field: str, why: Trouble) -> World:
    """One field of every node of that host failed."""
    nodes = dict(world.nodes)
    for frame in world.topology.nodes:
        if frame.host == host:
            facts = nodes[frame.name]
            nodes[frame.name] = replace(facts, **{field: getattr(facts, field).failed(why)})
    return replace(world, nodes=nodes)
