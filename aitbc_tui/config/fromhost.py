"""A configuration out of what was found on hosts; what was not found says so. Pure; nothing secret is read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

UNITS = (
    "aitbc-blockchain-node",
    "aitbc-blockchain-rpc",
    "aitbc-blockchain-p2p",
    "aitbc-blockchain-sync",
    "aitbc-coordinator-api",
    "aitbc-host-gpu-miner",
    "aitbc-gpu-miner",
    "ollama",
)
NODE_UNITS = UNITS[:4]
COORDINATOR_UNIT = "aitbc-coordinator-api"
MINER_UNITS = ("aitbc-host-gpu-miner", "aitbc-gpu-miner")
ENV_FILES = ("/etc/aitbc/.env", "/etc/aitbc/blockchain.env", "/etc/aitbc/node.env", "/opt/aitbc/.env")
REPOS = ("/opt/aitbc",)
DATA = "/var/lib/aitbc/data"
RPC_PORTS = (8006, 8202, 8080)
COORDINATOR_PORTS = (18000, 8000, 8203)
OLLAMA_PORT, P2P_PORT = 11434, 7070
# Only these keys of an environment file are looked at: the others may be secret.
_KEYS = "chain_id|rpc_bind_port|p2p_bind_port|enable_block_production|role"
SCRIPT = f"""
for f in {" ".join(ENV_FILES)}; do
  [ -r "$f" ] || continue
  echo "env $f"
  while IFS='=' read -r k v; do
    case $k in {_KEYS}|CHAIN_ID|RPC_BIND_PORT|P2P_BIND_PORT|ENABLE_BLOCK_PRODUCTION) echo "set $k=$v" ;; esac
  done <"$f"
done
for d in {" ".join(REPOS)}; do [ -d "$d/.git" ] && echo "repo $d"; done
for d in {DATA}/*; do [ -d "$d" ] && echo "data $d"; done
for f in /proc/net/tcp /proc/net/tcp6; do
  [ -r "$f" ] || continue
  while read -r _ l _ s _; do [ "$s" = 0A ] && echo "listen ${{l##*:}}"; done <"$f"
done
nvidia-smi -L >/dev/null 2>&1 && echo "gpu yes"
true
"""
_WORD = re.compile(r"[\w.@:/-]{1,200}")


@dataclass(frozen=True, slots=True)
class FoundHost:
    """One host: how it is reached, which units it has, and what the script said."""

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    identity: str | None = None
    known_hosts: str | None = None
    units: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    env_files: tuple[str, ...] = ()
    repo: str = ""
    data: str = ""
    listens: frozenset[int] = frozenset()
    gpu: bool = False

    def setting(self, key: str) -> str:
        return dict(self.settings).get(key, "")

    @property
    def is_node(self) -> bool:
        return any(unit in NODE_UNITS for unit in self.units)

    @property
    def produces(self) -> bool:
        return self.setting("enable_block_production").lower() in ("true", "1", "yes")

    def first(self, ports: Sequence[int], key: str = "") -> int | None:
        """The port that its environment names, else the first usual one that is listened on."""
        named = self.setting(key)
        if named.isdigit() and 0 < int(named) < 65536:
            return int(named)
        return next((port for port in ports if port in self.listens), None)


def parse(base: FoundHost, output: str, units: Sequence[str]) -> FoundHost:
    """What the script printed; lines that are none of its own are passed over."""
    settings: dict[str, str] = {}
    lists: dict[str, list[str]] = {"env": [], "repo": [], "data": []}
    listens, gpu = set[int](), False
    for line in output.splitlines()[:5000]:
        word, _, rest = line.partition(" ")
        if word == "set":
            key, _, value = rest.partition("=")
            value = value.strip().strip("\"'")
            if _WORD.fullmatch(value):
                settings[key.lower()] = value
        elif word == "listen" and re.fullmatch(r"[0-9A-F]{4}", rest):
            listens.add(int(rest, 16))
        elif word == "gpu":
            gpu = True
        elif _WORD.fullmatch(rest):
            lists.get(word, []).append(rest)
    return FoundHost(
        base.name,
        base.address,
        base.port,
        base.user,
        base.identity,
        base.known_hosts,
        tuple(units),
        tuple(sorted(settings.items())),
        tuple(lists["env"]),
        next(iter(lists["repo"]), ""),
        next(iter(lists["data"]), ""),
        frozenset(listens),
        gpu,
    )


def render(env: str, hosts: Sequence[FoundHost]) -> str:
    """The file. What was not found is left out with a comment that says so."""
    lines = [
        "# Written by `aitbc-tui config init --from-host` from what was found; compare it before you trust it.",
        "# `aitbc-tui config validate` checks this file, `aitbc-tui doctor` what it names.",
        "",
        f"default_env = {_text(env)}",
        "",
        f"[env.{_key(env)}]",
        'access = "observe"',
        "",
    ]
    for host in hosts:
        lines += _host(env, host)
    nodes = [host for host in hosts if host.is_node]
    for host in nodes:
        lines += _node(env, host, nodes)
    lines += _coordinator(env, hosts)
    for host in hosts:
        unit = next((unit for unit in MINER_UNITS if unit in host.units), None)
        if unit is not None:
            lines += [
                f"[env.{_key(env)}.miners.{_key(host.name)}]",
                f"host = {_text(host.name)}",
                f"unit = {_text(unit)}",
                "",
            ]
    lines += ["# Receipt keys come from whoever runs the coordinator: aitbc-tui trust add signing KEY", ""]
    return "\n".join(lines)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=True)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _host(env: str, host: FoundHost) -> list[str]:
    lines = [f"[env.{_key(env)}.hosts.{_key(host.name)}]", f"address = {_text(host.address)}"]
    for key, value in (("user", host.user), ("identity", host.identity), ("known_hosts", host.known_hosts)):
        if value:
            lines.append(f"{key} = {_text(value)}")
    if host.port is not None:
        lines.append(f"port = {host.port}")
    if host.gpu:
        lines.append("gpu = true  # nvidia-smi lists a card")
    if OLLAMA_PORT in host.listens or "ollama" in host.units:
        lines.append(f'ollama = "http://127.0.0.1:{OLLAMA_PORT}"')
    return [*lines, ""]


def _node(env: str, host: FoundHost, nodes: Sequence[FoundHost]) -> list[str]:
    """Who produces is the genesis; upstream's documents swap the names, so the role is not taken from them."""
    makers = [node for node in nodes if node.produces]
    role = "genesis" if host in makers[:1] else "follower" if makers else "node"
    port = host.first(RPC_PORTS, "rpc_bind_port")
    lines = [f"[[env.{_key(env)}.nodes]]", f"name = {_text(host.name)}", f"role = {_text(role)}"]
    if not makers:
        lines[-1] += "  # no environment file says who produces: set genesis and follower"
    lines.append(f"host = {_text(host.name)}")
    note = "" if port else "  # no usual port is listened on: correct it"
    lines.append(f'rpc = "http://127.0.0.1:{port or RPC_PORTS[0]}"{note}')
    if host.setting("chain_id"):
        lines.append(f"chain_id = {_text(host.setting('chain_id'))}")
    lines.append(f"units = {json.dumps([unit for unit in host.units if unit in NODE_UNITS])}")
    lines.append(f"p2p_port = {host.first((P2P_PORT,), 'p2p_bind_port') or P2P_PORT}")
    if host.repo:
        lines.append(f"repo = {_text(host.repo)}")
    if host.data:
        lines.append(f"data = {_text(host.data)}")
    if host.env_files:
        lines.append(f"env_files = {json.dumps(list(host.env_files))}")
    return [*lines, ""]


def _coordinator(env: str, hosts: Sequence[FoundHost]) -> list[str]:
    found = next((host for host in hosts if COORDINATOR_UNIT in host.units), None)
    if found is None:
        return ["# No host has aitbc-coordinator-api: a network without a coordinator is watched all the same.", ""]
    port = found.first(COORDINATOR_PORTS)
    note = "" if port else "  # no usual port is listened on: correct it"
    return [
        f"[env.{_key(env)}.coordinator]",
        f"host = {_text(found.name)}",
        f'url = "http://127.0.0.1:{port or COORDINATOR_PORTS[0]}"{note}',
        f"unit = {_text(COORDINATOR_UNIT)}",
        "# Never the key itself: a file of mode 0600 that holds it, or a command that prints it.",
        '#client_file = "client.key"',
        '#admin_file = "admin.key"',
        "",
    ]
