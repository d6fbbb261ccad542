"""`service`: one configured unit on one host; a miner is stopped when its running job has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.config.words import did_you_mean
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.node import Unit
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.tally import ServiceError
from aitbc_tui.operations.units import RESERVE_S, act, settled, show

BUSY_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Named:
    """A unit of the configuration. `about` is the node, miner or coordinator it belongs to."""

    host: str
    unit: str
    about: str
    miner: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """Jobs that have to end first. `surely`: no other miner's are among them."""

    jobs: int
    surely: bool

    def words(self, named: Named) -> str:
        """`1 job of miner-0`, or `2 jobs of every miner of gpu-1`."""
        return f"{of_things(self.jobs, 'job')} of {named.about if self.surely else f'every miner of {named.host}'}"


Busy = Callable[[], Awaitable[Running | None]]  # None: cannot be known


def named_units(environment: EnvironmentConfig) -> Iterator[Named]:
    """Every unit that the configuration names, on its host."""
    for node in environment.nodes:
        for unit in node.units:
            yield Named(node.host, unit, node.name)
    coordinator = environment.coordinator
    if coordinator is not None and coordinator.unit:
        yield Named(coordinator.host, coordinator.unit, "coordinator")
    for miner in environment.miners.values():
        if miner.unit:
            yield Named(miner.host, miner.unit, miner.name, miner=True)


def miners_of(environment: EnvironmentConfig, named: Named) -> tuple[str, ...]:
    """Names of the miners that this unit is."""
    bare = named.unit.removesuffix(".service")
    here = (m for m in environment.miners.values() if m.host == named.host)
    return tuple(m.name for m in here if (m.unit or "").removesuffix(".service") == bare)


def find(environment: EnvironmentConfig, unit: str, host: str | None) -> Named:
    """The one that is meant; ConfigError with what there is when none or several are."""
    known = list(named_units(environment))
    if host is not None and host not in environment.hosts:
        hosts = list(environment.hosts)
        raise ConfigError(f'no host "{host}"{did_you_mean(host, hosts)}', remedy=f"one of {', '.join(hosts)}")
    bare = unit.removesuffix(".service")
    found = [n for n in known if n.unit.removesuffix(".service") == bare and host in (None, n.host)]
    if not found:
        names = sorted({n.unit for n in known if host in (None, n.host)})
        where = f" on {host}" if host else ""
        raise ConfigError(
            f'no unit "{unit}" is configured{where}{did_you_mean(unit, names)}',
            remedy=f"one of {', '.join(names)}" if names else "units of a node, unit of a miner or the coordinator",
        )
    if len({n.host for n in found}) > 1:
        raise ConfigError(f"{unit} is on several hosts", remedy=f"--host {' or '.join(sorted(n.host for n in found))}")
    return found[0]


async def status(field: Field, named: Named) -> Unit:
    """The unit as systemd shows it now."""
    return (await show(field, named.host, named.about, [named.unit]))[named.unit]


async def change(field: Field, named: Named, action: str, busy: Busy | None = None) -> tuple[Unit, Unit]:
    """Before and after; a failure carries the unit's last log lines."""
    before = await status(field, named)
    if not before.found:
        raise ServiceError(f"{named.unit} is not found on {named.host}", host=named.host, remedy="aitbc-tui doctor")
    if named.miner and action in ("stop", "restart") and before.running and busy is not None:
        await _finished(field, named, busy)
    await act(field, named.host, named.about, action, named.unit)
    return before, await settled(field, named.host, named.about, action, named.unit)


async def _finished(field: Field, named: Named, busy: Busy) -> None:
    """Let the running job end. The platform cannot be told to give the miner no other: the stop follows at once."""
    while True:
        running = await busy()
        if running is None:
            field.tally.issue(
                "partial",
                named.about,
                "whether it runs a job cannot be known: no admin key, or the coordinator does not answer",
                "",
            )
            return
        if running.jobs == 0:
            return
        said = running.words(named)
        field.told("wait", named.about, f"{said} left to run")
        if field.ends_at - field.clock() < RESERVE_S + BUSY_LOOK_S + 1.0:
            raise ServiceError(
                f"{said} not done yet: {named.unit} was not touched",
                host=named.host,
                remedy="--timeout up to 120, or --now to stop it in the middle",
                timed_out=True,
            )
        await asyncio.sleep(BUSY_LOOK_S)
