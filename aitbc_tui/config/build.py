"""Checked data into the frozen values of `model`; paths made absolute, nothing judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aitbc_tui.config.model import (
    CoordinatorConfig,
    EnvironmentConfig,
    HostConfig,
    MinerConfig,
    NodeConfig,
    Origin,
    Role,
    SecretSource,
    TrustConfig,
)
from aitbc_tui.config.paths import expand
from aitbc_tui.domain.places import Access
from aitbc_tui.receipts.trust import AttestationPolicy

OriginOf = Callable[[str], Origin]


def environment(name: str, raw: Mapping[str, Any], base: Path, origin: OriginOf) -> EnvironmentConfig:
    """One `[env.NAME]`; `base` is what relative paths are relative to."""
    plain = {key: raw[key] for key in ("production",) if key in raw}
    coordinator = raw.get("coordinator")
    return EnvironmentConfig(
        name=name,
        access=Access(raw.get("access", Access.OBSERVE.value)),
        interval_s=float(raw.get("interval_s", 2.0)),
        hosts={key: _host(key, item, base) for key, item in raw["hosts"].items()},
        nodes=tuple(_node(item) for item in raw.get("nodes", [])),
        coordinator=None if coordinator is None else _coordinator(name, coordinator, base, origin),
        miners={key: MinerConfig(key, **item) for key, item in raw.get("miners", {}).items()},
        **plain,
    )


def trust(raw: Mapping[str, Any]) -> TrustConfig:
    """The `[trust]` table, checked before."""
    policy = raw.get("attestation_policy")
    return TrustConfig(
        signing=tuple(raw.get("signing", [])),
        attestation=tuple(raw.get("attestation", [])),
        attestation_policy=None if policy is None else AttestationPolicy(policy),
    )


def _host(name: str, raw: Mapping[str, Any], base: Path) -> HostConfig:
    changed: dict[str, Any] = {key: expand(raw[key], base) for key in ("identity", "known_hosts") if key in raw}
    if "ollama" in raw:
        changed["ollama"] = raw["ollama"].rstrip("/")
    if "power_limit_w" in raw:
        least, most = raw["power_limit_w"]
        changed["power_limit_w"] = (float(least), float(most))
    if "kwh_price" in raw:
        changed["kwh_price"] = float(raw["kwh_price"])
    return HostConfig(**{**raw, **changed, "name": name})


def _node(raw: Mapping[str, Any]) -> NodeConfig:
    lists = {key: tuple(raw[key]) for key in ("units", "env_files") if key in raw}
    changed: dict[str, Any] = {"rpc": raw["rpc"].rstrip("/"), "role": Role(raw.get("role", Role.NODE.value))}
    changed["repo_named"] = "repo" in raw
    return NodeConfig(**{**raw, **lists, **changed})


def _coordinator(env: str, raw: Mapping[str, Any], base: Path, origin: OriginOf) -> CoordinatorConfig:
    def source(role: str) -> SecretSource | None:
        for kind in ("file", "command"):
            key = f"env.{env}.coordinator.{role}_{kind}"
            value = raw.get(f"{role}_{kind}")
            if value is None:
                continue
            if kind == "file":
                return SecretSource(key, origin(key), base, file=expand(value, base))
            return SecretSource(key, origin(key), base, command=value)
        return None

    return CoordinatorConfig(
        host=raw["host"],
        url=raw["url"].rstrip("/"),
        unit=raw.get("unit"),
        client=source("client"),
        admin=source("admin"),
        miner=source("miner"),
    )
