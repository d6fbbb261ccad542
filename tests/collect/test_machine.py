"""The collector in any weather: answers of every kind, drops, delays, pauses and clock jumps, in any order."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.coordinator import CoordinatorPoll
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.masking import load_masker
from aitbc_tui.collect.nodes import NodePoll
from aitbc_tui.collect.ownjobs import OwnJobs
from aitbc_tui.collect.receipts import ReceiptPages, Verifier
from aitbc_tui.config.secrets import Secret
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.protocol.capability import AuthMode
from aitbc_tui.receipts.trust import store_of
from aitbc_tui.state.chain import after_comparison
from aitbc_tui.state.events import Answered, Event, Kind
from aitbc_tui.state.facts import begin
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import HostFrame, NodeFrame, Topology
from tests.collect.weather import GOOD, WORSE, Server, Weather
from tests.fixtures.simulated import LoopClock, TravellingLoop
from tests.state.story import frame

GENESIS, FOLLOWER, COORDINATOR = "http://genesis", "http://follower", "http://coordinator"
NODES = ("genesis", "follower")
moods = st.sampled_from((GOOD, GOOD, *WORSE))


class JumpClock(LoopClock):
    """The loop's time, and a wall clock that somebody sets."""

    def __init__(self, loop: TravellingLoop) -> None:
        self._loop = loop
        self.jumped = 0.0

    def monotonic(self) -> float:
        return self._loop.time()

    def utc(self) -> float:
        return max(0.0, min(1.795e9 + self._loop.time() + self.jumped, 4e9))


class Notebook:
    """What the hub was told, in order, to be told again to the pure functions."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def begin(self, topology: Topology, now: float, utc: float) -> None:
        self.told.append(("topology", topology))
        self.told.append(("picture", (now, utc)))

    def event(self, event: Event) -> None:
        self.told.append(("event", event))

    def topology(self, topology: Topology) -> None:
        self.told.append(("topology", topology))

    def published(self, now: float, utc: float) -> None:
        self.told.append(("picture", (now, utc)))


def topology() -> Topology:
    made = frame(NODES)
    nodes = tuple(
        NodeFrame(n.name, n.role, n.host, url, n.chain_id)
        for n, url in zip(made.nodes, (GENESIS, FOLLOWER), strict=True)
    )
    hosts = tuple(HostFrame(h.name, h.way) for h in made.hosts)
    return Topology(**{f: getattr(made, f) for f in made.__slots__} | {"nodes": nodes, "hosts": hosts})


class AnyWeather(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = TravellingLoop()
        self.loop.set_exception_handler(lambda _, context: self.broken.append(str(context.get("exception"))))
        self.clock = JumpClock(self.loop)
        self.broken: list[str] = []
        self.servers = {n: Server(n) for n in (*NODES, "coordinator")}
        self.hosts = {
            "genesis": Weather("genesis", self.clock, self._at("genesis", "coordinator"), self.broken),
            "follower": Weather("follower", self.clock, self._at("follower"), self.broken),
        }
        self.hub = Hub(topology(), self.clock)
        self.notes = Notebook()
        self.hub.record(self.notes)  # type: ignore[arg-type]
        self.seen: list[Snapshot] = []
        self.hub.on_change(lambda: self.seen.append(self.hub.newest))
        self.had: set[str] = set()
        self.loop.run_until_complete(self._open())

    def _at(self, *names: str) -> dict[str, Server]:
        urls = {"genesis": GENESIS, "follower": FOLLOWER, "coordinator": COORDINATOR}
        return {urls[name]: self.servers[name] for name in names}

    async def _open(self) -> None:
        secrets = {"admin": Secret("admin-key"), "client": Secret("client-key")}
        asker = Asker(self.hub, self.hosts, secrets)  # type: ignore[arg-type]
        self.folder = tempfile.TemporaryDirectory()
        mask = load_masker(Path(self.folder.name))
        verifier = Verifier(store_of((), (), None), mask)
        self.pages = ReceiptPages(asker, "genesis", COORDINATOR, mask, verifier)
        own = OwnJobs(asker, "genesis", COORDINATOR, mask, verifier, self.pages)
        self.nodes = [NodePoll(asker, node, 2.0) for node in self.hub.world.topology.nodes]
        self.coordinator = CoordinatorPoll(
            asker, "genesis", COORDINATOR, mask, own, self.pages, queue_s=2.0, miners_s=5.0, receipts_s=5.0
        )
        asker.keys.mode, asker.keys.detect = AuthMode.UNKNOWN, self.coordinator.detector.ready
        self.asker = asker
        rhythms = [*(node.rhythm for node in self.nodes), self.coordinator.rhythm]
        self.tasks = [asyncio.ensure_future(rhythm.run()) for rhythm in rhythms]
        self._report()

    def _report(self) -> None:
        for host in self.hosts.values():
            self.hub.link(host.report())

    def _publish(self) -> None:
        self._judge(self.hub.publish())

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            for server in self.servers.values():
                server.height += server.moves
            self.loop.run_until_complete(asyncio.sleep(1.0))
            self._report()
            self._publish()

    @rule(seconds=st.floats(1.0, 1e5))
    def the_machine_sleeps(self, seconds: float) -> None:
        self.loop.now += seconds
        self._publish()

    @rule(seconds=st.floats(-1e6, 1e6))
    def somebody_sets_the_clock(self, seconds: float) -> None:
        self.clock.jumped += seconds
        self._publish()

    @rule(name=st.sampled_from((*NODES, "coordinator")), mood=moods, after=st.integers(1, 90))
    def a_server_changes(self, name: str, mood: str, after: int) -> None:
        self.servers[name].mood, self.servers[name].after_s = mood, after

    @rule(name=st.sampled_from((*NODES, "coordinator")), limit=st.integers(5, 120))
    def a_server_names_its_limit(self, name: str, limit: int) -> None:
        if self.servers[name].limit is None:  # one limit for good: what it was before is not asked for again
            self.servers[name].limit = limit

    @rule(name=st.sampled_from(NODES), what=st.sampled_from(("stands", "moves", "forks", "joins", "back")))
    def a_chain_changes(self, name: str, what: str) -> None:
        server = self.servers[name]
        server.moves = what != "stands"
        server.chain = {"forks": "fork", "joins": "main"}.get(what, server.chain)
        server.height = 10 if what == "back" else server.height

    @rule(name=st.sampled_from(NODES))
    def a_way_is_lost_or_found(self, name: str) -> None:
        host = self.hosts[name]
        host.up = not host.up
        host.lost += not host.up
        self._report()

    @rule()
    def somebody_refreshes(self) -> None:
        for poll in (*self.nodes, self.coordinator):
            poll.rhythm.refresh()

    @rule(heights=st.lists(st.integers(0, 120), max_size=4))
    def a_screen_asks_out_of_turn(self, heights: list[int]) -> None:
        async def ask() -> None:
            turns = [poll.head() for poll in self.nodes] + [self.coordinator.jobs(), self.coordinator.miners()]
            turns += [poll.block(height) for poll in self.nodes for height in heights]
            await asyncio.gather(*turns, self.pages.all())

        self.loop.run_until_complete(ask())
        self._publish()

    @rule()
    def somebody_acknowledges(self) -> None:
        opened = [alarm for alarm in self.hub.newest.alarms if alarm.open]
        if opened:
            self.hub.acknowledge(opened[0].rule, (str(opened[0].about),))

    def _judge(self, snapshot: Snapshot) -> None:
        now = snapshot.now
        for row in snapshot.nodes:
            server = self.servers[str(row.name)]
            if row.head.freshness(now) is Freshness.FRESH:
                assert now - server.good_at["/rpc/head"] <= row.head.limit_s, "fresh is what a good answer said lately"
            else:
                assert row.verdict.level is not Level.GOOD and row.lag is None
            assert row.name not in self.had or row.head.value is not None, "the last figure stays"
            if row.head.value is not None:
                self.had.add(str(row.name))
        if snapshot.headline.word == "sound":
            assert not [alarm for alarm in snapshot.alarms if alarm.open]
            heard = [self.servers["coordinator"].good_at[f"/v1/admin/{what}"] for what in ("jobs", "miners")]
            assert all(now - at <= 17.0 for at in heard)

    @invariant()
    def the_rules_of_the_house_are_kept(self) -> None:
        assert self.broken == []

    @invariant()
    def nothing_ever_ends_the_watching(self) -> None:
        assert [task for task in self.tasks if task.done()] == []

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*self.tasks, return_exceptions=True))
        self.loop.close()
        self.folder.cleanup()
        self._alarms_are_the_pure_function_of_what_was_heard()
        assert self.broken == []

    def _alarms_are_the_pure_function_of_what_was_heard(self) -> None:
        _, (first) = self.notes.told[0]
        world, alarms = begin(first), []
        for what, told in self.notes.told:
            if what == "event":
                world = reduce(world, told)
                if isinstance(told, Answered) and told.source.kind in (Kind.HEAD, Kind.BLOCK):
                    world = after_comparison(world, told.at, told.utc)
            elif what == "topology":
                world = replace(world, topology=told)
            else:
                world, snapshot = picture(world, *told)
                alarms.append(snapshot.alarms)
        assert [snapshot.alarms for snapshot in self.seen] == alarms[1:]


AnyWeather.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to make an hour of weather shorter takes hours
    suppress_health_check=list(HealthCheck),
)
test_any_weather = AnyWeather.TestCase
