"""What `doctor` asks of hosts, nodes, coordinator, Ollamas and cards: only reads, one after the other per server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from aitbc_tui.config.fromhost import UNITS
from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.protocol import requests, systemd
from aitbc_tui.protocol.ask import Ask
from aitbc_tui.protocol.capability import Probe
from aitbc_tui.protocol.times import parse_http_date

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

CONNECT_S, UNITS_S = 12.0, 10.0
NO_JOB = "0" * 32  # an id that no job has: 404 proves the key, 401 refuses it


@dataclass(slots=True)
class Found:
    """Answers by what was asked; an error where none came. `skews`: server's clock minus ours, seconds."""

    nodes: dict[str, dict[str, Probe | AitbcError]] = field(default_factory=dict)
    coordinator: dict[str, Probe | AitbcError] = field(default_factory=dict)
    skews: dict[str, float] = field(default_factory=dict)
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by host: names known to us that are there


Keep = Callable[[Probe | AitbcError], object]


async def probe_all(collector: Collector, found: Found, timeout_s: float | None) -> None:
    """Ask everybody at once, each server one question after the other; what is late is missing from `found`."""
    try:
        async with asyncio.timeout(timeout_s):
            await asyncio.gather(*(_connect(collector, name) for name in collector.hosts))
            await _everything(collector, found)
    except TimeoutError:
        return


async def _everything(collector: Collector, found: Found) -> None:
    work: list[Awaitable[None]] = [
        _hosts(collector),
        *(_known_units(collector, name, found) for name in collector.hosts),
    ]
    work += [_node(collector, poll.frame.host, poll.frame.rpc, str(poll.frame.name), found) for poll in collector.nodes]
    topology = collector.topology
    if topology.coordinator:
        work.append(_coordinator(collector, topology.coordinator_host, found))
    await asyncio.gather(*work)


async def _connect(collector: Collector, name: str) -> None:
    with suppress(AitbcError):  # stands in the report of its link
        await collector.hosts[name].ensure(CONNECT_S)
    collector.hub.link(collector.hosts[name].report())


async def _hosts(collector: Collector) -> None:
    """Figures and units of every host."""
    await asyncio.gather(*(poll.figures() for poll in collector.host_polls))
    await asyncio.gather(*(poll.units() for poll in collector.host_polls))


async def _known_units(collector: Collector, host: str, found: Found) -> None:
    """Which of the names that the recorded versions use are there: they differ, and the configuration may be wrong."""
    with suppress(AitbcError):  # why a host does not answer is said by its own checks
        answer = await collector.hosts[host].run(
            systemd.show_argv(UNITS), timeout_s=UNITS_S, max_bytes=systemd.MAX_BYTES
        )
        units = systemd.parse_show(answer.stdout, None)
        found.units[host] = tuple(str(unit.name).removesuffix(".service") for unit in units if unit.found)


async def _node(collector: Collector, host: str, url: str, name: str, found: Found) -> None:
    frame = collector.topology.node(name)
    answers = found.nodes.setdefault(name, {})
    for what, ask in (
        ("head", requests.head(str(frame.chain_id) if frame else "")),
        ("health", requests.node_health()),
        ("sync_config", requests.sync_config()),
    ):
        answers[what] = await _ask(collector, host, url, ask, name, found)
        if isinstance(answers[what], AitbcError):
            return


async def _coordinator(collector: Collector, host: str, found: Found) -> None:
    url, answers = str(collector.setup.environment.coordinator.url), found.coordinator  # type: ignore[union-attr]
    asks: list[tuple[str, Ask]] = [
        ("v1_health", requests.coordinator_health()),
        ("root_health", requests.root_health()),
        ("auth", requests.auth_probe()),
    ]
    if collector.topology.has_client_key:
        asks.append(("client", requests.job(NO_JOB)))
    if collector.topology.has_admin_key:
        asks.append(("admin", requests.admin_miners()))
    for what, ask in asks:
        answers[what] = await _ask(collector, host, url, ask, "coordinator", found)
        if isinstance(answers[what], AitbcError) and ask.credential is None:
            return


async def _ask(collector: Collector, host: str, url: str, ask: Ask, name: str, found: Found) -> Probe | AitbcError:
    """The answer, whatever its status: capability detection wants the refusals too."""
    try:
        answer = await collector.asker.exchange(host, url, ask)
    except AitbcError as error:
        return error
    date = parse_http_date(answer.headers.get("date"))
    if date is not None:
        found.skews.setdefault(name, skew(date, collector.clock.utc(), answer.elapsed_ms))
    return Probe(answer.status, answer.body, answer.headers)


def skew(date: datetime, utc: float, elapsed_ms: float) -> float:
    """The server's clock minus ours at the middle of the exchange; a Date header is cut to whole seconds."""
    return date.timestamp() + 0.5 - (utc - elapsed_ms / 2000.0)
