"""The command that shows a check of `network` without this program, as it can be typed where this program runs."""

from __future__ import annotations

import ipaddress
import shlex

from aitbc_tui.config.model import EnvironmentConfig, HostConfig
from aitbc_tui.config.sshline import ssh_line
from aitbc_tui.operations import large
from aitbc_tui.operations.checks import Check


def by_hand(check: Check, environment: EnvironmentConfig) -> str:
    """Empty for a check that no command shows."""
    host = environment.hosts[check.host]
    node = next((n for n in environment.nodes if n.name == check.node), None)
    url = environment.coordinator.url if environment.coordinator is not None else ""
    commands = {
        **_reached(host),
        "login": at(host, "true"),
        "ssh": at(host, "true"),
        "large ssh": f"{at(host, f'head -c {large.SSH_BYTES} /dev/zero')} | wc -c",
        "coordinator": at(host, f"curl -sS -m 5 {url}/v1/health {url}/health"),
        "ollama": at(host, f"curl -sS -m 5 {host.ollama}/api/version"),
    }
    if node is not None:
        blocks = f"curl -sS -m 5 '{node.rpc}/rpc/blocks-range?start=0&end=99'"
        sockets = f"ss -Htan '( sport = :{node.p2p_port} or dport = :{node.p2p_port} )'"
        commands |= {
            "rpc": at(host, f"curl -sS -m 5 {node.rpc}/health"),
            "latency": at(host, f"curl -sS -o /dev/null -w '%{{time_total}}' {node.rpc}/health"),
            "large answer": f"{at(host, blocks)} | wc -c",
            "p2p port": at(host, sockets),
        }
    return commands.get(check.name, "")


def _reached(host: HostConfig) -> dict[str, str]:
    """The first three steps. What an address stands for in ssh_config, and on which port, is asked of `ssh -G`."""
    if host.is_local:
        return {}
    if _is_ip(host.address):
        name, port = host.address, str(host.port or 22)
    else:
        asked = f"ssh -G {f'-p {host.port} ' if host.port else ''}{shlex.quote(host.address)}"
        name, port = (f"$({asked} | awk '$1 == \"{key}\" {{print $2}}')" for key in ("hostname", "port"))
    return {
        "name": f"getent hosts {name}",
        "tcp": f"nc -zv {name} {port}",
        "host key": f"ssh-keyscan -p {port} {name} | ssh-keygen -lf -",
    }


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def at(host: HostConfig, command: str) -> str:
    """A command of that host's shell; quoted once more where another shell hands it over."""
    way = ssh_line(host)
    return f"{way} {shlex.quote(command)}" if way else command
