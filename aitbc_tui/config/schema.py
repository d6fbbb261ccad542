"""Every key of the configuration, in one table: what is checked, documented and printed as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aitbc_tui.config import rules
from aitbc_tui.config.rules import Rule
from aitbc_tui.config.variables import CREDENTIALS


class Shape(StrEnum):
    """How a table holds its children."""

    ONE = "one"  # [coordinator]
    NAMED = "named"  # [hosts.H]
    LIST = "list"  # [[nodes]]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: what it may hold, and what it is for."""

    name: str
    rule: Rule
    doc: str
    default: object = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """A table inside a table, alone, in a list, or by names."""

    name: str
    table: Table
    shape: Shape
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """What may stand in a table of the configuration."""

    doc: str
    keys: tuple[Key, ...] = ()
    children: tuple[Child, ...] = field(default=())

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)

    def child(self, name: str) -> Child | None:
        return next((child for child in self.children if child.name == name), None)

    def names(self) -> tuple[str, ...]:
        return tuple(key.name for key in self.keys) + tuple(child.name for child in self.children)


HOST = Table(
    "A machine that is reached over SSH, or this one.",
    (
        Key("address", rules.ADDRESS, 'a name for ssh_config; "local" = no SSH', required=True),
        Key("port", rules.PORT, "SSH port, else what ssh_config says"),
        Key("user", rules.USER, "login name, else what ssh_config says"),
        Key("identity", rules.TEXT, "private key file, else the agent and what ssh_config says"),
        Key("known_hosts", rules.TEXT, "known_hosts file, else what ssh_config says"),
        Key("sudo", rules.FLAG, "use sudo -n for units and logs", False),
        Key("gpu", rules.FLAG, "watch its GPUs with nvidia-smi", False),
        Key("ollama", rules.URL, "its Ollama, a URL as that host sees it"),
        Key("power_limit_w", rules.WATTS, "[LEAST, MOST] watts its cards may be limited to from here; else their own"),
        Key("kwh_price", rules.PRICE, "what a kWh costs there, in AITBC: earnings are shown against it"),
    ),
)
NODE = Table(
    "A blockchain node.",
    (
        Key("name", rules.NAME, "what it is called on every screen", required=True),
        Key("role", rules.choice("genesis", "follower", "node"), "its part in the network", "node"),
        Key("host", rules.NAME, "which of the hosts it runs on", required=True),
        Key("rpc", rules.URL, "its RPC, a URL as that host sees it", required=True),
        Key("chain_id", rules.CHAIN_ID, "else what the node says it supports"),
        Key("units", rules.list_of(rules.UNIT), "its systemd units", []),
        Key("p2p_port", rules.PORT, "the port its peers connect to", 7070),
        Key("repo", rules.REMOTE_PATH, "its checkout of the platform", "/opt/aitbc"),
        Key("data", rules.REMOTE_PATH, "the folder of its chain.db"),
        Key("env_files", rules.list_of(rules.REMOTE_PATH), "its environment files", []),
    ),
)
COORDINATOR = Table(
    "The coordinator, and where its three disjoint credentials are kept (never the secret itself).",
    (
        Key("host", rules.NAME, "which of the hosts it runs on", required=True),
        Key("url", rules.URL, "a URL as that host sees it", required=True),
        Key("unit", rules.UNIT, "its systemd unit"),
        *(
            Key(f"{role}_{kind}", rules.SECRET_PLACE, f"the {role} key: {what}")
            for role in CREDENTIALS
            for kind, what in (
                ("file", "a file of mode 0600 that holds it"),
                ("command", "a command that prints it"),
            )
        ),
    ),
)
MINER = Table(
    "A GPU miner.",
    (
        Key("host", rules.NAME, "which of the hosts it runs on", required=True),
        Key("unit", rules.UNIT, "its systemd unit"),
    ),
)
TRUST = Table(
    "Receipt keys that are believed; nothing else is ever called valid.",
    (
        Key("signing", rules.list_of(rules.PUBLIC_KEY), "keys that sign receipts", []),
        Key("attestation", rules.list_of(rules.PUBLIC_KEY), "keys that attest receipts", []),
        Key(
            "attestation_policy",
            rules.choice("required", "optional"),
            "whether a receipt needs an attestation; else required once an attestation key is known",
        ),
    ),
)
ENVIRONMENT = Table(
    "One network.",
    (
        Key("access", rules.choice("observe", "submit", "operate"), "what may be done from here", "observe"),
        Key("production", rules.FLAG, "writing needs its name (--yes NAME)", False),
        Key("interval_s", rules.INTERVAL, "seconds between two looks at heads and queue", 2.0),
    ),
    (
        Child("hosts", HOST, Shape.NAMED, required=True),
        Child("nodes", NODE, Shape.LIST),
        Child("coordinator", COORDINATOR, Shape.ONE),
        Child("miners", MINER, Shape.NAMED),
    ),
)
ROOT = Table(
    "Configuration of aitbc-tui.",
    (Key("default_env", rules.NAME, "the environment that is meant without --env"),),
    (Child("env", ENVIRONMENT, Shape.NAMED, required=True), Child("trust", TRUST, Shape.ONE)),
)

# What people write when they mean to put the secret itself into the file.
SECRET_WORDS = frozenset(
    {"key", "api_key", "apikey", "secret", "token", "password", "passphrase", "passwd", "private_key", "jwt"}
    | {f"{role}{tail}" for role in CREDENTIALS for tail in ("", "_key", "_api_key", "_secret", "_token")}
)


def json_schema() -> Mapping[str, object]:
    """The whole configuration as JSON Schema 2020-12; editors understand it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aitbc-tui configuration",
        **_object(ROOT),
    }


def _object(table: Table) -> dict[str, object]:
    properties: dict[str, object] = {}
    for key in table.keys:
        default = {} if key.default is None else {"default": key.default}
        properties[key.name] = {**key.rule.schema, "description": key.doc, **default}
    for child in table.children:
        properties[child.name] = _child(child)
    required = [key.name for key in table.keys if key.required]
    required += [child.name for child in table.children if child.required]
    return {
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _child(child: Child) -> dict[str, object]:
    inner = _object(child.table)
    if child.shape is Shape.NAMED:
        return {
            "type": "object",
            "propertyNames": dict(rules.NAME.schema),
            "additionalProperties": inner,
            "minProperties": int(child.required),
        }
    return {"type": "array", "items": inner} if child.shape is Shape.LIST else inner
