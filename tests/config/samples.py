"""A small valid configuration, and a way to break it at one place."""

from __future__ import annotations

from pathlib import Path

from aitbc_tui.config.load import Flags, load
from aitbc_tui.config.model import Settings

VALID = """\
default_env = "prod"
[env.prod]
access = "submit"
[env.prod.hosts.genesis]
address = "aitbc"
port = 2222
identity = "keys/id"
[env.prod.hosts.here]
address = "local"
gpu = true
ollama = "http://127.0.0.1:11434/"
[[env.prod.nodes]]
name = "genesis"
role = "genesis"
host = "genesis"
rpc = "http://127.0.0.1:8006"
units = ["aitbc-blockchain-node", "aitbc-blockchain-rpc.service"]
[[env.prod.nodes]]
name = "follower"
host = "here"
rpc = "http://[::1]:8007/"
[env.prod.coordinator]
host = "genesis"
url = "http://127.0.0.1:18000"
client_file = "client.key"
admin_command = "pass show aitbc/admin"
[env.prod.miners.one]
host = "here"
[env.test]
[env.test.hosts.only]
address = "10.1.2.3"
[[env.test.nodes]]
name = "alone"
host = "only"
rpc = "https://node.example/base"
[trust]
signing = ["u9CYEA2i30cVKmpZe11PWw8PHJ1CQnk1nTEaRZ0VDjQ"]
"""


def write(folder: Path, text: str = VALID) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str = VALID, **environ: str) -> Settings:
    return load(Flags(config=str(write(folder, text))), environ)


def broken(old: str, new: str) -> tuple[str, int]:
    """The sample with `old` replaced (it stands there exactly once), and the line of the change."""
    assert VALID.count(old) == 1, old
    return VALID.replace(old, new), VALID[: VALID.index(old)].count("\n") + 1
