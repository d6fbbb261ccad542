"""Writes what a dashboard needs to look at this devnet: configuration, known_hosts, keys, pinned receipt keys."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from aitbc_tui.devnet.keys import Keys
from aitbc_tui.devnet.options import CHAIN_ID, ENV_NAME

NODE_UNITS = ("aitbc-blockchain-node", "aitbc-blockchain-rpc", "aitbc-blockchain-p2p")


@dataclass(frozen=True, slots=True)
class HostEntry:
    name: str
    port: int
    ollama: str = ""


@dataclass(frozen=True, slots=True)
class NodeEntry:
    name: str
    role: str
    rpc: str
    p2p_port: int
    env_file: Path
    data: Path
    units: tuple[str, ...] = NODE_UNITS


@dataclass(frozen=True, slots=True)
class MinerEntry:
    name: str
    host: str
    unit: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that was started, by its addresses."""

    user: str
    hosts: tuple[HostEntry, ...]
    nodes: tuple[NodeEntry, ...]
    miners: tuple[MinerEntry, ...]
    coordinator_host: str
    coordinator_url: str


def _table(name: str, values: Mapping[str, object], *, array: bool = False) -> str:
    head = f"[[{name}]]" if array else f"[{name}]"
    # JSON strings, lists, numbers and booleans are TOML's, too
    body = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return f"{head}\n{body}\n"


def _tables(folder: Path, layout: Layout, keys: Keys) -> Iterable[str]:
    yield f'default_env = "{ENV_NAME}"\n\n'
    yield _table(f"env.{ENV_NAME}", {"access": "operate", "production": False})
    for host in layout.hosts:
        values: dict[str, object] = {
            "address": "127.0.0.1",
            "port": host.port,
            "user": layout.user,
            "identity": str(folder / "id_ed25519"),
            "known_hosts": str(folder / "known_hosts"),
            "sudo": True,
        }
        if host.ollama:
            values |= {"gpu": True, "ollama": host.ollama}
        yield _table(f"env.{ENV_NAME}.hosts.{host.name}", values)
    for node in layout.nodes:
        entry: dict[str, object] = {
            "name": node.name,
            "role": node.role,
            "host": node.name,
            "rpc": node.rpc,
            "chain_id": CHAIN_ID,
            "units": list(node.units),
            "p2p_port": node.p2p_port,
            "repo": "/opt/aitbc",
            "data": str(node.data),
            "env_files": [str(node.env_file)],
        }
        yield _table(f"env.{ENV_NAME}.nodes", entry, array=True)
    coordinator = {
        "host": layout.coordinator_host,
        "url": layout.coordinator_url,
        "unit": "aitbc-coordinator-api",
        **{f"{role}_file": str(folder / "keys" / role) for role in ("client", "admin", "miner")},
    }
    yield _table(f"env.{ENV_NAME}.coordinator", coordinator)
    for miner in layout.miners:
        yield _table(f"env.{ENV_NAME}.miners.{miner.name}", {"host": miner.host, "unit": miner.unit})
    trust = {
        "signing": [keys.receipts.signing.key_id],
        "attestation": [keys.receipts.attestation.key_id],
        "attestation_policy": "required",
    }
    yield _table("trust", trust)


def write_private(path: Path, data: bytes) -> None:
    """A file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def write_config(folder: Path, layout: Layout, keys: Keys, secrets: Mapping[str, str]) -> Path:
    """Write all of it; returns the configuration file."""
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    for role, secret in secrets.items():
        write_private(folder / "keys" / role, f"{secret}\n".encode())
    write_private(folder / "id_ed25519", keys.user.export_private_key("openssh"))
    (folder / "id_ed25519.pub").write_bytes(keys.user.export_public_key())
    lines = [known_hosts_line(host.port, keys.host(host.name)) for host in layout.hosts]
    (folder / "known_hosts").write_text("".join(lines), encoding="ascii")
    config = folder / "config.toml"
    write_private(config, "".join(_tables(folder, layout, keys)).encode())
    return config


def known_hosts_line(port: int, key: asyncssh.SSHKey) -> str:
    return f"[127.0.0.1]:{port} {key.export_public_key().decode('ascii').strip()}\n"
