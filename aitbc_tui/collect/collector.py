"""The collector: every connection and every rhythm of one environment, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from aitbc_tui.collect.arming import Arming
from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.clock import Clock, RealClock
from aitbc_tui.collect.coordinator import CoordinatorPoll
from aitbc_tui.collect.credential_sources import read_credentials, sources_of
from aitbc_tui.collect.credentials import Credentials
from aitbc_tui.collect.diary import DiaryKeeper
from aitbc_tui.collect.gpus import GpuWatch
from aitbc_tui.collect.hardware import PowerBench
from aitbc_tui.collect.hosts import HostPoll
from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.keeping import open_ledger
from aitbc_tui.collect.nodes import NodePoll
from aitbc_tui.collect.nvml import NvmlWatch
from aitbc_tui.collect.ollama import EVERY_S, OllamaPoll
from aitbc_tui.collect.opening import client_label, open_coordinator
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.collect.setup import Setup, host_spec, topology_of, units_of
from aitbc_tui.collect.stress import Bench
from aitbc_tui.collect.writes import Writer, no_coordinator
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.operations.commands import reads_only
from aitbc_tui.operations.orders import who
from aitbc_tui.protocol.capability import AuthMode
from aitbc_tui.state.topology import Topology
from aitbc_tui.transport.host import Host, LinkReport, LinkState, open_host
from aitbc_tui.transport.permit import Permit

PUBLISH_S = 1.0  # at most one snapshot a second, as the screen paints
CLOSE_S = 1.5  # for every host together
QUIET_S = 2.0  # ages go on when nothing is heard


class Collector:
    """Use as an async context manager; `run` collects until cancelled. Nothing connects before `open`."""

    def __init__(
        self, setup: Setup, hub: Hub | None = None, clock: Clock | None = None, arming: Arming | None = None
    ) -> None:
        self.setup = setup
        self.clock = clock or RealClock()
        self.hub = hub or Hub(topology_of(setup), self.clock)
        if setup.record is not None and not self.hub.recording:
            self.hub.record(setup.record)
        self.hosts: dict[str, Host] = {}
        self.nodes: list[NodePoll] = []
        self.host_polls: list[HostPoll] = []
        self.gpus: list[GpuWatch | NvmlWatch] = []
        self.ollamas: list[OllamaPoll] = []
        self.coordinator: CoordinatorPoll | None = None
        self.writer: Writer | None = None
        self._through: dict[str, list[Rhythm]] = {}
        self._up: dict[str, bool] = {}
        self._stack = AsyncExitStack()
        self.bench = Bench(self)
        self.arming = arming or Arming(setup.environment.access, setup.lent, self.clock)
        self.power = PowerBench(self)

    @property
    def topology(self) -> Topology:
        return self.hub.world.topology

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Read credentials, open the ledger, prepare every host; connect to none yet."""
        setup = self.setup
        secrets, rows = await read_credentials(setup, self.topology.credentials)
        has_client, has_admin = "client" in secrets, "admin" in secrets
        self.hub.topology(replace(self.topology, credentials=rows, has_client_key=has_client, has_admin_key=has_admin))
        mask, self._ledger, lost = await asyncio.to_thread(open_ledger, setup, self.clock.utc)
        self._stack.callback(self._ledger.close)
        self.hub.ledger(lost)
        self.diary = DiaryKeeper(self.hub, self._ledger)
        await self.diary.restore()
        self._open_hosts()
        self.asker = Asker(self.hub, self.hosts, secrets)
        self.asker.keys = Credentials(secrets, self.clock.utc, sources_of(setup))
        self.asker.keys.changed = self.note_servers
        self._watch_nodes()
        self._watch_hosts()
        if (config := setup.environment.coordinator) is not None:
            access = self.arming.access
            opened = await open_coordinator(config, self.asker, setup, mask, self._ledger, access)
            self.coordinator, self.writer = opened
            self.coordinator.detector.on_found = partial(self._found, self.coordinator, mask)
            self._through.setdefault(config.host, []).append(self.coordinator.rhythm)
        self.note_access()

    def _open_hosts(self) -> None:
        env = self.setup.environment
        for config in env.hosts.values():
            spec = host_spec(config, self.setup.ssh_config)
            host = open_host(spec, clock=self.clock.monotonic, on_change=self._link)
            host.permit = Permit(self.arming.access, env.name, reads_only)
            self.hosts[config.name] = host
            self.hub.link(host.report())

    def _watch_nodes(self) -> None:
        t = self.topology
        self.nodes = [NodePoll(self.asker, frame, t.head_interval_s) for frame in t.nodes]
        for poll in self.nodes:
            self._through.setdefault(poll.frame.host, []).append(poll.rhythm)

    def _watch_hosts(self) -> None:
        """What the machines themselves say: their figures and units, their cards, their Ollama."""
        t, asker = self.topology, self.asker
        ports = [n.p2p_port for n in t.nodes]
        for frame in t.hosts:
            name = str(frame.name)
            mine = [n for n in t.nodes if n.host == name]
            units = units_of(self.setup, name)
            figures = HostPoll(asker, name, mine, units, ports, t.host_interval_s, t.units_interval_s)
            self.host_polls.append(figures)
            through = self._through.setdefault(name, [])
            through.append(figures.rhythm)
            if frame.gpu:
                self.gpus.append(NvmlWatch(asker, name) if frame.local else GpuWatch(asker, name))
            if frame.ollama:
                ollama, rhythm = OllamaPoll(asker, name, frame.ollama), Rhythm(self.clock)
                rhythm.every(EVERY_S, ollama.look)
                self.ollamas.append(ollama)
                through.append(rhythm)

    def _found(self, coordinator: CoordinatorPoll, mask: Masker) -> None:
        """It is known what the coordinator is: keys or tokens, and as whom our client credential is known."""
        mode = coordinator.detector.mode
        self.asker.keys.mode = mode
        coordinator.found()
        word = "token" if mode is AuthMode.TOKENS else "key"
        label = client_label(self.asker, mask)
        self.hub.topology(replace(self.topology, client=label, credential_word=word))
        self.note_servers()

    def note_servers(self) -> None:
        """Credentials and servers as they stand now; a token's countdown goes on while nothing is heard."""
        rows = self.asker.keys.rows(self.topology.credentials)
        servers = tuple(detector.row() for detector in self.asker.detectors)
        if (rows, servers) != (self.topology.credentials, self.topology.capabilities):
            self.hub.topology(replace(self.topology, credentials=rows, capabilities=servers))

    def note_access(self) -> None:
        """The level that counts now, told to whatever sends something and to the screens."""
        access, until, env = self.arming.access, self.arming.until, self.topology.environment
        if (access, until) == (env.access, env.armed_until):
            return
        for host in self.hosts.values():
            host.permit = Permit(access, str(env.name), reads_only)
        if self.writer is not None:
            self.writer.allow(access)
        self.hub.topology(replace(self.topology, environment=replace(env, access=access, armed_until=until)))

    def arm(self) -> None:
        """Lend operate for ten minutes more; written down like everything that an operator does."""
        self.arming.arm()
        self.audit("access operate", "armed for ten minutes")
        self.note_access()
        self.hub.publish()

    async def run(self) -> None:
        """Collect until cancelled."""
        for host in self.hosts.values():
            host.start()
        async with asyncio.TaskGroup() as group:
            for rhythm in self._every_rhythm():
                group.create_task(rhythm.run())
            for watch in self.gpus:
                group.create_task(watch.run())
            group.create_task(self._publish())

    def _link(self, report: LinkReport) -> None:
        """A connection changed; once it is up, everything that goes through it is due at once."""
        self.hub.link(report)
        up = report.state in (LinkState.UP, LinkState.LOCAL)
        was, self._up[report.host] = self._up.get(report.host, False), up
        if up and not was:
            for detector in self.asker.detectors:
                if detector.host == report.host:
                    detector.forget()
            for rhythm in self._through.get(report.host, ()):
                rhythm.refresh()

    def may_read(self, job_id: str) -> bool:
        """Whether reading this job singly changes nothing that this access level may not change."""
        return self.coordinator is None or self.coordinator.own.may_read(job_id)

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    async def ask_blocks(self, heights: Sequence[int]) -> None:
        """Ask every node for these blocks, one after the other of each; what a node has said already is not asked."""

        async def ask(poll: NodePoll) -> None:
            for height in heights:
                facts = self.hub.world.nodes[str(poll.frame.name)]
                head = facts.head.value
                if head is not None and height <= head.height and height not in facts.blocks:
                    await poll.block(height)

        await asyncio.gather(*(ask(poll) for poll in self.nodes))
        self.hub.publish()

    def audit(self, action: str, subject: str) -> None:
        """Write down what somebody did on a screen; safe from any thread, on disk when it returns."""
        number = self._ledger.audit_before(who(), action, self.setup.environment.name, subject)
        self._ledger.audit_after(number, "done")

    def must_write(self) -> Writer:
        if self.writer is None:
            raise no_coordinator()
        return self.writer

    async def verify(self, job_id: str) -> str:
        """Fetch and verify a job's receipt again; the verdict's word."""
        if self.coordinator is None:
            raise no_coordinator()
        self.coordinator.own.forget_settled(job_id)
        if job_id in self.hub.world.own_jobs:
            await self.coordinator.own.read(job_id)
        else:
            await self.coordinator.pages.all(5, job_id)
        self.hub.publish()
        row = self.hub.newest.job(job_id)
        found = row.receipt if row is not None else None
        if found is None:
            found = next((r.receipt for r in self.hub.newest.receipts if r.receipt.facts.job_id == job_id), None)
        return found.verdict.value if found is not None else "no receipt"

    def refresh(self) -> None:
        """Everything that may be asked is due now; lost connections are tried at once."""
        for host in self.hosts.values():
            host.retry_now()
        for rhythm in self._every_rhythm():
            rhythm.refresh()

    def _every_rhythm(self) -> list[Rhythm]:
        return [rhythm for rhythms in self._through.values() for rhythm in rhythms]

    async def _publish(self) -> None:
        last = noted = 0.0
        while True:
            now = self.clock.monotonic()
            self.note_access()
            if now - noted >= QUIET_S:  # a token runs out whether or not anything else is heard
                self.note_servers()
                noted = now
            if self.hub.changed or now - last >= QUIET_S:
                for host in self.hosts.values():
                    self.hub.link(host.report())
                self.hub.publish()
                await self.diary.save()
                last = now
            await self.clock.sleep(PUBLISH_S)

    async def close(self) -> None:
        """End every connection, all at once; a host that does not let go holds nobody up."""
        await self.bench.close()
        closing = [asyncio.ensure_future(host.close()) for host in self.hosts.values()]
        if closing:
            _, late = await asyncio.wait(closing, timeout=CLOSE_S)
            for task in late:
                task.cancel()
        await self._stack.aclose()
