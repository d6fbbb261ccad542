"""What one key says about another: names that must exist, and pairs that exclude each other.

Runs only on a file whose shape is right, so values may be taken at their word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aitbc_tui.config.check import Finding
from aitbc_tui.config.lines import KeyPath
from aitbc_tui.config.model import LOCAL, Role
from aitbc_tui.config.rules import shown
from aitbc_tui.config.variables import CREDENTIALS
from aitbc_tui.config.words import did_you_mean, one_of
from aitbc_tui.receipts.trust import parse_key


def check_references(raw: Mapping[str, Any]) -> list[Finding]:
    """Dangling and doubled names, and keys that contradict each other."""
    found: list[Finding] = []
    names = raw["env"]
    default = raw.get("default_env")
    if default is not None and default not in names:
        known = did_you_mean(default, names) or f"; there is {one_of(names)}"
        found.append(Finding(("default_env",), f"{shown(default)} is no environment of this file{known}"))
    for name, environment in names.items():
        found.extend(_environment(environment, ("env", name)))
    trust = raw.get("trust", {})
    signing = set(map(parse_key, trust.get("signing", [])))
    for index, key in enumerate(trust.get("attestation", [])):
        if parse_key(key) in signing:
            found.append(Finding(("trust", "attestation", index), "is also a signing key; roles never share a key"))
    return found


def _environment(raw: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
    hosts = raw["hosts"]
    nodes = raw.get("nodes", [])
    coordinator = raw.get("coordinator")
    for name, host in hosts.items():
        yield from _host(host, (*path, "hosts", name))
    for index, node in enumerate(nodes):
        yield from _known_host(node, hosts, (*path, "nodes", index))
    yield from _doubled(nodes, (*path, "nodes"))
    if coordinator is not None:
        yield from _known_host(coordinator, hosts, (*path, "coordinator"))
        yield from _credentials(coordinator, (*path, "coordinator"))
    for name, miner in raw.get("miners", {}).items():
        yield from _known_host(miner, hosts, (*path, "miners", name))
    if not nodes and coordinator is None:
        yield Finding(path, "has neither a node nor a coordinator; there is nothing to watch")


def _known_host(raw: Mapping[str, Any], hosts: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
    host = raw["host"]
    if host not in hosts:
        known = did_you_mean(host, hosts) or f"; there is {one_of(hosts)}"
        yield Finding((*path, "host"), f"{shown(host)} is no host of this environment{known}")


def _host(raw: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
    if raw["address"] != LOCAL:
        return
    for key in ("port", "user", "identity", "known_hosts"):
        if key in raw:
            yield Finding((*path, key), f'is for SSH, and address = "{LOCAL}" uses none')


def _doubled(nodes: list[Mapping[str, Any]], path: KeyPath) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    genesis: str | None = None
    for index, node in enumerate(nodes):
        name = node["name"]
        if name in seen:
            yield Finding((*path, index, "name"), f"{shown(name)} is already the name of nodes[{seen[name]}]")
        seen.setdefault(name, index)
        if node.get("role") == Role.GENESIS:
            if genesis is not None:
                yield Finding((*path, index, "role"), f"only one node can be genesis, and {shown(genesis)} is")
            genesis = genesis or name


def _credentials(raw: Mapping[str, Any], path: KeyPath) -> Iterator[Finding]:
    for role in CREDENTIALS:
        if f"{role}_file" in raw and f"{role}_command" in raw:
            yield Finding((*path, f"{role}_command"), f"{role}_file says the same; keep one of the two")
