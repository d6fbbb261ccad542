"""From the settings to the frame of the state: what is watched, through which host, under which names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aitbc_tui.config.model import EnvironmentConfig, HostConfig, NodeConfig, SecretSource
from aitbc_tui.config.sshline import ssh_line
from aitbc_tui.domain.snapshot import CredentialRow, Environment, PinRow
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.state.topology import HostFrame, MinerFrame, NodeFrame, Topology
from aitbc_tui.transport.spec import HostSpec

if TYPE_CHECKING:
    from aitbc_tui.collect.record import Recorder

ROLES = ("client", "admin", "miner")
UNITS_PER_HOST = 40


@dataclass(frozen=True, slots=True)
class Setup:
    """One run: the environment, the trust store that counts, and where the ledger and the mask's salt live."""

    environment: EnvironmentConfig
    trust: TrustStore
    ledger: Path
    demo: bool = False
    ssh_config: str | None = None
    program: str = "aitbc-tui"  # with the options that lead it to this environment
    lent: bool = False  # a dashboard in production: operate runs out
    record: Recorder | None = None  # where everything that is heard goes, too, scrubbed; its maker closes it

    def secret_source(self, role: str) -> SecretSource | None:
        coordinator = self.environment.coordinator
        return None if coordinator is None else getattr(coordinator, role)


def host_spec(host: HostConfig, ssh_config: str | None = None) -> HostSpec:
    """How the transport reaches this host; `ssh_config` is a file to read in place of the user's own."""
    return HostSpec(
        name=host.name,
        address=host.address,
        port=host.port,
        user=host.user,
        identity=str(host.identity) if host.identity else None,
        known_hosts=str(host.known_hosts) if host.known_hosts else None,
        ssh_config=ssh_config,
    )


def _way(host: HostConfig) -> SafeText:
    if host.is_local:
        return SafeText("local")
    user = f"{host.user}@" if host.user else ""
    port = f":{host.port}" if host.port else ""
    return clean(f"ssh {user}{host.address}{port}", 60)


def topology_of(setup: Setup) -> Topology:
    """The frame before anything was heard or any secret read."""
    env = setup.environment
    interval, coordinator = env.interval_s, env.coordinator
    return Topology(
        environment=_environment_of(setup),
        hosts=tuple(_host_frame(host) for host in env.hosts.values()),
        nodes=tuple(_node_frame(node) for node in env.nodes),
        miners=tuple(MinerFrame(clean(m.name, 24), m.host, m.unit or "") for m in env.miners.values()),
        coordinator=clean(coordinator.url if coordinator else "", 80),
        coordinator_host=coordinator.host if coordinator else "",
        has_client_key=coordinator is not None and coordinator.client is not None,
        has_admin_key=coordinator is not None and coordinator.admin is not None,
        credentials=_credentials_of(setup),
        pins=tuple(PinRow(p.role.value, clean(p.key_id, 60), clean(str(p.added or ""), 20)) for p in setup.trust.pins),
        head_interval_s=interval,
        queue_interval_s=interval,
        miners_interval_s=max(5.0, interval),
        receipts_interval_s=max(5.0, interval),
        host_interval_s=max(10.0, interval),
    )


def _environment_of(setup: Setup) -> Environment:
    env = setup.environment
    return Environment(
        clean(env.name, 20),
        env.access,
        production=env.production,
        demo=setup.demo,
        interval_s=env.interval_s,
        program=clean(setup.program, 500),
    )


def _credentials_of(setup: Setup) -> tuple[CredentialRow, ...]:
    return tuple(
        CredentialRow(role, clean(str(source.origin), 60), Verdict(Level.COMING, SafeText("not tried yet")))
        for role in ROLES
        if (source := setup.secret_source(role)) is not None
    )


def _host_frame(host: HostConfig) -> HostFrame:
    return HostFrame(
        clean(host.name, 20),
        _way(host),
        gpu=host.gpu,
        ollama=host.ollama or "",
        local=host.is_local,
        shell=ssh_line(host),
        sudo=host.sudo,
        kwh_price=host.kwh_price,
        power_limit_w=host.power_limit_w,
    )


def _node_frame(node: NodeConfig) -> NodeFrame:
    return NodeFrame(
        name=clean(node.name, 20),
        role=node.role.value,
        host=node.host,
        rpc=node.rpc,
        chain_id=clean(node.chain_id or "", 40),
        units=node.units,
        p2p_port=node.p2p_port,
        data=node.data or "",
        env_files=node.env_files,
        repo=node.repo,
        repo_named=node.repo_named,
    )


def units_of(setup: Setup, host: str) -> tuple[str, ...]:
    """The units to ask this host for, at most `UNITS_PER_HOST`."""
    return configured_units(setup.environment, host)


def configured_units(env: EnvironmentConfig, host: str) -> tuple[str, ...]:
    """Every unit that the configuration places on this host, each once."""
    names = [unit for node in env.nodes if node.host == host for unit in node.units]
    if env.coordinator is not None and env.coordinator.host == host and env.coordinator.unit:
        names.append(env.coordinator.unit)
    names += [m.unit for m in env.miners.values() if m.host == host and m.unit]
    return tuple(dict.fromkeys(names))[:UNITS_PER_HOST]
