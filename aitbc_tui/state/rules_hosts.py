"""Signs from the hosts themselves: disks, settings that differ, P2P links, clocks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from aitbc_tui.domain.figures import coarse_age
from aitbc_tui.domain.snapshot import NodeRow
from aitbc_tui.state.alarms import Sign
from aitbc_tui.state.by_hand import at_host
from aitbc_tui.state.facts import World
from aitbc_tui.state.rules import sign
from aitbc_tui.state.skew import offsets, wrong
from aitbc_tui.state.sources import full_disk
from aitbc_tui.state.topology import PRODUCER_ROLE

MEMORY_SHARE = 0.9  # of a unit's MemoryMax: the kernel kills in it what goes beyond
PRODUCES = "enable_block_production"
PRODUCES_CHAINS = "block_production_chains"  # 2026-08: which chains, on the hub only
TRUE_WORDS = ("true", "1", "yes", "on")
GIB = 1024**3


def host_signs(world: World, rows: tuple[NodeRow, ...], now: float) -> Iterator[Sign]:
    """What is wrong with the machines: disks, memory, settings, peers, clocks."""
    yield from _disks(world, now)
    yield from _memory(world, now)
    yield from _drift(world, now)
    yield from _p2p(world, rows, now)
    yield from _clocks(world, now)


def _disks(world: World, now: float) -> Iterator[Sign]:
    for host, seen in world.disks.items():
        disk = full_disk(seen, now)
        if disk is not None:
            used = 100 - disk.free * 100 // disk.total
            text = f"{disk.mount} is {used} % full, {disk.free / GIB:.1f} GB left"
            yield sign("disk-full", host, text, f"df -h {disk.mount}", host)


def _memory(world: World, now: float) -> Iterator[Sign]:
    """Each unit for itself: its limit is its own, however much the host has."""
    for host, seen in world.units.items():
        for unit in seen.fresh(now) or ():
            if (unit.memory_share or 0.0) >= MEMORY_SHARE:
                name = str(unit.name).removesuffix(".service")
                check = f"systemctl show {name} -p MemoryCurrent,MemoryMax"
                yield sign("unit-memory", host, f"{name} {unit.memory_words}", check, host)


def _drift(world: World, now: float) -> Iterator[Sign]:
    """Each key against what most nodes say; with two nodes, against the producer."""
    known = {name: facts.settings.fresh(now) for name, facts in world.nodes.items()}
    settings = {name: found.values for name, found in known.items() if found is not None}
    producer = world.topology.producer
    if len(settings) < 2 or producer is None:
        return
    for key in sorted({key for values in settings.values() for key in values} - {PRODUCES, PRODUCES_CHAINS}):
        said = {name: values.get(key, "not set") for name, values in settings.items()}
        if len(set(said.values())) == 1:
            continue
        usual = said.get(str(producer.name)) or Counter(said.values()).most_common(1)[0][0]
        has = str(producer.name) if str(producer.name) in said else next(n for n, v in said.items() if v == usual)
        for name, value in said.items():
            if value != usual:
                yield _drifted(world, name, key, f"{key} is {value}, {has} has {usual}")
    makers = [name for name, values in settings.items() if values.get(PRODUCES, "").lower() in TRUE_WORDS]
    for name in makers:
        frame = world.topology.node(name)
        if len(makers) > 1 and frame is not None and frame.role != PRODUCER_ROLE:
            yield _drifted(world, name, PRODUCES, f"{PRODUCES} is true here and at {makers[0]}")
    for name, values in settings.items():
        frame, chains = world.topology.node(name), values.get(PRODUCES_CHAINS, "")
        if chains and frame is not None and frame.role != PRODUCER_ROLE:
            yield _drifted(world, name, PRODUCES_CHAINS, f"{PRODUCES_CHAINS} is {chains} here, and it is no hub")


def _drifted(world: World, name: str, key: str, text: str) -> Sign:
    frame = world.topology.node(name)
    files = " ".join(frame.env_files) if frame is not None else ""
    return sign("config-drift", name, text, f'grep -iH "^{key}=" {files}', frame.host if frame is not None else "")


def _p2p(world: World, rows: Iterable[NodeRow], now: float) -> Iterator[Sign]:
    """No link at all where there should be one, while the process that would hold it runs."""
    heard = [row for row in rows if row.head.fresh(now) is not None]
    if len(heard) < 2:
        return
    for row in heard:
        peers = row.peers.fresh(now)
        if peers is None or peers.count > 0:
            continue
        frame = world.topology.node(row.name)
        port = frame.p2p_port if frame is not None else 7070
        listens = {True: " (it listens)", False: " (and it does not listen)", None: ""}[peers.listening]
        text = f"no established P2P connection{listens}, {len(heard)} nodes answer"
        check = f'ss -Htn state established "( sport = :{port} or dport = :{port} )"'
        yield sign("p2p-partition", row.name, text, check, row.host)


def _clocks(world: World, now: float) -> Iterator[Sign]:
    found = offsets(world.clocks, now)
    for host, seconds in wrong(found).items():
        side = "ahead" if seconds > 0 else "behind"
        amount = f"{abs(seconds):.0f} s" if abs(seconds) < 600 else coarse_age(abs(seconds))
        if host:
            check = at_host(world.topology, host, "date -u")
            yield sign("clock-skew", host, f"its clock is {amount} {side} of ours", check, host)
        else:
            yield sign("clock-skew", "this machine", f"our clock is {amount} {side} of every host's", "date -u")
