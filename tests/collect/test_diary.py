"""What the state notices reaches the ledger, and comes back with the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aitbc_tui.collect.diary import DiaryKeeper, network_key
from aitbc_tui.collect.hub import Hub
from aitbc_tui.domain.errors import HostKeyError, HostKeyProblem
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.state.events import LinkChanged
from tests.fixtures.handclock import HandClock
from tests.state.story import frame


def other_key(clock: HandClock) -> LinkChanged:
    error = HostKeyError("CHANGED host key", problem=HostKeyProblem.CHANGED, host="follower")
    at, utc = clock.monotonic(), clock.utc()
    return LinkChanged("follower", "refused", 3, at, error, at + 60, 0, 0, None, 0, 0, None, SafeText("x"), at, utc)


def found(hub: Hub) -> list[tuple[str, str]]:
    return [(alarm.rule, str(alarm.about)) for alarm in hub.newest.alarms if alarm.open]


async def test_a_finding_survives_a_restart_until_it_is_acknowledged(tmp_path: Path) -> None:
    clock = HandClock()
    finding = ("ssh-hostkey-changed", "follower")
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        hub = Hub(frame(), clock)
        keeper = DiaryKeeper(hub, ledger)
        await keeper.restore()
        hub.emit(other_key(clock))
        hub.publish()
        await keeper.save()
        assert found(hub) == [finding]
        begun = clock.utc()

        clock.now += 3600
        again = Hub(frame(), clock)
        keeper = DiaryKeeper(again, ledger)
        await keeper.restore()
        again.publish()
        assert found(again) == [finding], "nobody has acknowledged it"
        (alarm,) = again.newest.alarms
        assert (alarm.since, alarm.last_true) == (begun, begun)
        assert [(h.rule, str(h.about)) for h in again.newest.events if h.rule] == [finding], "told once"
        again.acknowledge(finding[0], (finding[1],))
        await keeper.save()
        assert found(again) == []

        third = Hub(frame(), clock)
        keeper = DiaryKeeper(third, ledger)
        await keeper.restore()
        third.emit(other_key(clock))
        third.publish()
        assert found(third) == [], "it was acknowledged, and is no news although it is true still"


async def test_another_network_of_the_same_name_starts_afresh(tmp_path: Path) -> None:
    clock = HandClock()
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        hub = Hub(frame(), clock)
        keeper = DiaryKeeper(hub, ledger)
        hub.emit(other_key(clock))
        hub.publish()
        await keeper.save()
        topology = replace(frame(), coordinator=SafeText("http://elsewhere"))
        assert network_key(topology) != network_key(frame())
        other = Hub(topology, clock)
        await DiaryKeeper(other, ledger).restore()
        assert other.publish().alarms == ()


async def test_a_ledger_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    clock = HandClock()
    ledger = Ledger.open(tmp_path / "ledger.db")
    hub = Hub(frame(), clock)
    keeper = DiaryKeeper(hub, ledger)
    await keeper.restore()
    ledger.close()
    hub.emit(other_key(clock))
    hub.publish()
    await keeper.save()
    assert ("ledger", "here") in [(a.rule, a.about) for a in hub.publish().alarms if a.open], "and said"
    with Ledger.open(tmp_path / "ledger.db") as again:
        keeper._diary = again.diary(network_key(frame()))
        await keeper.save()
        assert [a.rule for a in keeper._diary.open_findings()] == ["ssh-hostkey-changed"], "it is tried again"
    assert hub.world.ledger_trouble == "", "and over when it could be written"
