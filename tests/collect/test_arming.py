"""Operate that is lent to a dashboard: it runs out, below the screens too, and never in the middle of an operation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from aitbc_tui.collect import hardware
from aitbc_tui.collect.arming import LENT_S, Arming
from aitbc_tui.collect.clock import RealClock
from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.errors import GuardError
from aitbc_tui.domain.power import PowerPlan
from aitbc_tui.domain.snapshot import Access


@dataclass
class Still(RealClock):
    """A monotonic clock that the test moves."""

    at: float = 1000.0

    def monotonic(self) -> float:
        return self.at


def test_it_runs_out_and_is_lent_again() -> None:
    clock = Still()
    arming = Arming(Access.OPERATE, True, clock)
    clock.at += LENT_S - 1
    assert arming.access is Access.OPERATE
    clock.at += 1
    assert arming.access is Access.OBSERVE
    arming.arm()
    assert arming.access is Access.OPERATE and arming.until == clock.at + LENT_S


def test_what_runs_is_not_cut_off() -> None:
    clock = Still()
    arming = Arming(Access.OPERATE, True, clock)
    with arming.running():
        clock.at += LENT_S + 60
        assert arming.access is Access.OPERATE
    assert arming.access is Access.OBSERVE


@pytest.mark.parametrize(
    ("configured", "lent"), [(Access.OPERATE, False), (Access.SUBMIT, True), (Access.OBSERVE, True)]
)
def test_only_operate_is_lent_and_only_to_a_dashboard_in_production(configured: Access, lent: bool) -> None:
    clock = Still()
    arming = Arming(configured, lent, clock)
    clock.at += 10 * LENT_S
    assert arming.access is configured and arming.until is None
    with pytest.raises(GuardError):
        arming.arm()
    assert arming.access is configured


async def test_the_wire_refuses_what_the_level_no_longer_allows(tmp_path: Path) -> None:
    async with Devnet.start(DevnetOptions(seed=4711, history_jobs=2)) as devnet:
        await runs_out(devnet, tmp_path)


async def runs_out(devnet: Devnet, tmp_path: Path) -> None:
    settings = load(Flags(config=str(devnet.config_path)), {})
    environment = replace(settings.environment, production=True)
    setup = Setup(environment, settings.trust.store(), tmp_path / "l.sqlite3", demo=True, ssh_config="", lent=True)
    async with Collector(setup) as collector:
        host, rpc = collector.hosts["follower"], environment.nodes[1].rpc
        await host.ensure(10.0)
        stop = ("sudo", "-n", "systemctl", "stop", "aitbc-blockchain-p2p")
        assert collector.topology.environment.armed_until == collector.arming.until
        collector.arming.until = collector.clock.monotonic() - 1
        collector.note_access()
        assert collector.topology.environment.access is Access.OBSERVE
        with pytest.raises(GuardError, match="has observe"):
            await host.run(stop, timeout_s=5, max_bytes=1000)
        with pytest.raises(GuardError, match="has observe"):
            await host.request("POST", f"{rpc}/rpc/importBlock", headers={}, body=b"{}", timeout_s=5, max_bytes=1000)
        with pytest.raises(GuardError, match="has observe"):
            await collector.must_write().cancel("0" * 32)
        ollama = collector.ollamas[0]
        with pytest.raises(GuardError, match="has observe"):
            await ollama.generate("llama3.2:latest")
        with pytest.raises(GuardError, match="has observe"):
            await hardware.probe(collector, ollama.host, "llama3.2:latest")
        with pytest.raises(GuardError, match="has observe"):
            await collector.power.change(PowerPlan(ollama.host, 0, "card", 300, 250, 100, 450), lambda change: None)
        collector.arm()
        assert (await host.run(stop, timeout_s=15, max_bytes=1000)).exit_status == 0
        assert [entry.what for entry in collector.ledger.audit()][0] == "access operate"
