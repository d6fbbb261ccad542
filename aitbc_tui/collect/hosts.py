"""Polling one host: figures, sockets and settings by shell built-ins, units and disk less often, git rarely."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from aitbc_tui.collect.asker import Asker
from aitbc_tui.collect.pace import Rhythm
from aitbc_tui.domain.errors import CommandError, ConfigError, ParseError
from aitbc_tui.domain.node import DiskReading, GitState, HostFigures, NodeSettings, Peers, Unit
from aitbc_tui.domain.observed import Confirmation
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.protocol import disk, git, hostprobe, nodesettings, systemd, unitmemory
from aitbc_tui.protocol.capability import Generation
from aitbc_tui.state.attention import nears_limit, suspicious
from aitbc_tui.state.events import Kind, Source
from aitbc_tui.state.topology import NodeFrame
from aitbc_tui.transport.host import ShellAnswer

SCRIPT_S = 8.0
MAX_BYTES = 512 * 1024
GIT_S = 3600.0  # and when somebody asks for it
DISK_S = 900.0
SPACE_S = 10.0  # where it can be read without a process
NEARLY_FULL = 0.15
SETTINGS_S = 15.0
CLOSER_S = 5.0  # how often the units are read while something is wrong there
SAME_PROCESSES = SafeText("the same processes in their cgroups")


class HostPoll:
    """One host's rhythm. An hour of watching a sound host starts at most 70 processes there, those of sshd for our
    connection included (`tests.benchmarks.processes` counts them): `systemctl show` 50 times (and at once when a
    unit's cgroup has other processes), `df` four times, `git status` once. Where something is wrong, and where a disk
    is nearly full, they come closer together.
    """

    def __init__(
        self,
        asker: Asker,
        host: str,
        nodes: Sequence[NodeFrame],
        units: Sequence[str],
        p2p_ports: Sequence[int],
        interval_s: float,
        units_s: float,
    ) -> None:
        self._asker = asker
        self.host = host
        self._nodes = tuple(nodes)
        self._units = tuple(units)
        self._ports = tuple(sorted(set(p2p_ports)))
        self._cpu: hostprobe.CpuTimes | None = None
        self._units_s = units_s
        self._units_at: float | None = None
        self._disk_at: float | None = None
        self._spares = False  # the newest look at the disk cost no process
        self._groups: Mapping[str, hostprobe.First] = {}
        self._told: tuple[tuple[Unit, ...], float] | None = None  # by `systemctl show`, and when
        self._confirms = False  # the newest probe showed that it holds
        self.rhythm = Rhythm(asker.hub.clock)
        self.rhythm.every(interval_s, self.figures)
        if self._units:
            self.rhythm.every(min(units_s, CLOSER_S), self._units_when_due)
        if self._nodes:
            self.rhythm.every(CLOSER_S, self._disk_when_due)
            self.rhythm.every(SETTINGS_S, self.settings)
            self.rhythm.every(GIT_S, self.git)

    async def _shell(self, script: str) -> ShellAnswer:
        """No `timeout` around a command, which would be a second process: our deadline ends the shell and all in it."""
        return await self._asker.host(self.host).shell(script, timeout_s=SCRIPT_S, max_bytes=MAX_BYTES)

    async def figures(self) -> None:
        """Load, memory, uptime and P2P sockets in one script."""
        if self._asker.coming(self.host):
            return
        ports = self._ports if self._nodes else ()
        answers: list[ShellAnswer] = []

        async def read() -> tuple[HostFigures, float, float | None]:
            answer = await self._shell(hostprobe.probe_script(ports, self._units))
            answers.append(answer)
            figures, self._cpu = hostprobe.parse_host_figures(answer.stdout, self._cpu)
            return figures, answer.received_at, answer.elapsed_ms

        if await self._asker.report(Source(Kind.FIGURES, self.host), read) is None:
            return
        groups = hostprobe.parse_cgroups(answers[0].stdout)
        restarted, self._groups = bool(self._groups) and groups != self._groups, groups
        if restarted:
            await self.units()
        else:
            self._confirm(answers[0])
        for node in self._nodes:
            if await self._leases(node, answers[0]):
                continue
            await self._asker.report(Source(Kind.PEERS, str(node.name)), partial(self._peers, node, answers[0]))

    def _confirm(self, answer: ShellAnswer) -> None:
        """The units of the last `systemctl show` are as old as this probe, if it sees the very same processes."""
        held = None if self._told is None else hostprobe.still(self._told[0], answer.stdout)
        self._confirms = held is not None
        if held is None or self._told is None:
            return
        since = self._told[1]
        older = tuple(_grown(unit, answer.received_at - since) for unit in held)
        by = Confirmation(since, SAME_PROCESSES)
        self._asker.hub.confirmed(Source(Kind.UNITS, self.host), older, answer.received_at, by)

    async def _leases(self, node: NodeFrame, answer: ShellAnswer) -> bool:
        """Whether nothing listens on the P2P port because this version's hub knows its followers by leases."""
        peers = hostprobe.parse_peers(answer.stdout, node.p2p_port, ())
        if peers.listening or peers.addresses:
            return False
        return await self._asker.generation(str(node.name)) is Generation.AUGUST

    async def _peers(self, node: NodeFrame, answer: ShellAnswer) -> tuple[Peers, float, float | None]:
        others = [port for port in self._ports if port != node.p2p_port]
        peers = hostprobe.parse_peers(answer.stdout, node.p2p_port, others)
        return peers, answer.received_at, answer.elapsed_ms

    async def _units_when_due(self) -> None:
        hub = self._asker.hub
        now = hub.clock.monotonic()
        due = self._units_at is None or now - self._units_at >= self._units_s - 0.1
        near_limit = not self._confirms and nears_limit(hub.world, self.host)
        if due or near_limit or suspicious(hub.world, self.host, now):
            await self.units()

    async def units(self) -> None:
        if not self._units or self._asker.coming(self.host):
            return
        self._units_at = self._asker.hub.clock.monotonic()

        self._told = None

        async def read() -> tuple[tuple[Unit, ...], float, float | None]:
            answer = await self._shell(systemd.show_script(self._units))
            _refuse_failure(answer, "systemctl", self.host)
            units = await self._with_memory(systemd.parse_show(answer.stdout, systemd.uptime_in(answer.stdout)))
            self._told = units, answer.received_at
            return units, answer.received_at, answer.elapsed_ms

        await self._asker.report(Source(Kind.UNITS, self.host), read)

    async def _with_memory(self, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
        """Where a unit has a limit: how much of its memory is cache, which the kernel takes back first."""
        if not any(unit.memory_limit for unit in units):
            return units
        try:
            answer = await self._shell(unitmemory.memory_script([str(unit.name) for unit in units]))
            return unitmemory.with_memory(units, unitmemory.parse_memory(answer.stdout))
        except (ConfigError, ParseError):
            return units  # then the cache stays unknown, and whoever shows it says so

    async def _disk_when_due(self) -> None:
        if self._disk_at is None or self._asker.hub.clock.monotonic() - self._disk_at >= self._disk_every() - 0.1:
            await self.disk()

    def _disk_every(self) -> float:
        """Seconds between two looks: where each is a process there, seldom, unless something is wrong."""
        if self._spares:
            return SPACE_S
        world = self._asker.hub.world
        if suspicious(world, self.host, self._asker.hub.clock.monotonic()):
            return CLOSER_S
        known = world.disks[self.host].value if self.host in world.disks else None
        return SETTINGS_S if known is not None and known.free < NEARLY_FULL * known.total else DISK_S

    async def disk(self) -> None:
        """The disk that holds the database of this host's nodes."""
        if self._asker.coming(self.host):
            return
        self._disk_at = self._asker.hub.clock.monotonic()
        path = next((node.data for node in self._nodes if node.data), "/")

        async def read() -> tuple[DiskReading, float, float | None]:
            space = await self._asker.host(self.host).space(path, timeout_s=SCRIPT_S)
            self._spares = space is not None
            if space is not None:
                return DiskReading(*space, clean(path, 120)), self._asker.hub.clock.monotonic(), None
            answer = await self._shell(shlex.join(disk.df_argv(path)))
            _refuse_failure(answer, "df", self.host)
            return disk.parse_df(answer.stdout), answer.received_at, answer.elapsed_ms

        await self._asker.report(Source(Kind.DISK, self.host), read)

    async def settings(self) -> None:
        """What each node was told, as far as it must agree with the others; by built-ins, no process."""
        for node in () if self._asker.coming(self.host) else self._nodes:
            if node.env_files:
                await self._asker.report(Source(Kind.SETTINGS, str(node.name)), partial(self._settings, node))

    async def _settings(self, node: NodeFrame) -> tuple[NodeSettings, float, float | None]:
        answer = await self._shell(nodesettings.settings_script(node.env_files))
        return nodesettings.parse_settings(answer.stdout), answer.received_at, answer.elapsed_ms

    async def git(self) -> None:
        for node in () if self._asker.coming(self.host) else self._nodes:
            await self._asker.report(Source(Kind.GIT, str(node.name)), partial(self._git, node))

    async def _git(self, node: NodeFrame) -> tuple[GitState, float, float | None]:
        answer = await self._shell(git.status_script(node.repo, named=node.repo_named))
        if not node.repo_named and answer.exit_status == git.NO_TREE:
            raise ConfigError(
                f"no git tree at {node.repo}", host=self.host, remedy="repo = of this node, if it has one"
            )
        _refuse_failure(answer, "git", self.host)
        return git.parse_status(answer.stdout), answer.received_at, answer.elapsed_ms


def _grown(unit: Unit, seconds: float) -> Unit:
    return unit if unit.uptime_s is None else replace(unit, uptime_s=unit.uptime_s + seconds)


def _refuse_failure(answer: ShellAnswer, name: str, host: str) -> None:
    if answer.exit_status == 0:
        return
    said = clean(answer.stderr.strip().split(b"\n")[0], 160) or f"exit status {answer.exit_status}"
    remedy = f"is {name} installed on {host}?" if answer.exit_status == 127 else ""
    raise CommandError(
        f"{name}: {said}",
        exit_status=answer.exit_status,
        host=host,
        remedy=remedy,
        timed_out=answer.exit_status in (124, 137),
    )
