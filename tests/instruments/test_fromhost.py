"""`config init --from-host`: what is found on hosts, what is left open, and that the file is a good one."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.config.fromhost import NODE_UNITS, SCRIPT, FoundHost, parse, render
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child
from tests.cli.conftest import Run

SAID = """env /etc/aitbc/.env
set chain_id="ait-mainnet"
set rpc_bind_port=8106
set p2p_bind_port=7071
set enable_block_production=true
set proposer_key=SECRET
set role=$(reboot)
repo /opt/aitbc
data /var/lib/aitbc/data/ait-mainnet
listen 1F46
listen 4650
listen 2CAA
gpu yes
nonsense
listen ZZZZ
"""
BASE = FoundHost("genesis", "aitbc")


def test_what_the_script_says() -> None:
    found = parse(BASE, SAID, NODE_UNITS)
    assert (found.setting("chain_id"), found.produces, found.gpu) == ("ait-mainnet", True, True)
    assert found.listens == {8006, 18000, 11434} and found.first((8006,), "rpc_bind_port") == 8106
    assert found.setting("role") == "" and "SECRET" not in render("prod", [replace(found, settings=found.settings)])
    assert "proposer_key" not in SCRIPT and "private" not in SCRIPT, "only named keys are read"


def test_the_file_is_valid_and_says_who_produces(tmp_path: Path) -> None:
    maker = parse(BASE, SAID, (*NODE_UNITS, "aitbc-coordinator-api"))
    other = parse(FoundHost("follower", "aitbc1", 2222, "ops"), SAID.replace("=true", "=false"), NODE_UNITS)
    gpu = parse(FoundHost("gpu-1", "gpu"), "gpu yes\nlisten 2CAA\n", ("aitbc-host-gpu-miner", "ollama"))
    file = tmp_path / "config.toml"
    file.write_text(render("lab", [maker, other, gpu]))
    env = load(Flags(config=str(file)), {}).environment
    assert [(node.name, node.role.value, node.rpc) for node in env.nodes] == [
        ("genesis", "genesis", "http://127.0.0.1:8106"),
        ("follower", "follower", "http://127.0.0.1:8106"),
    ]
    assert env.coordinator is not None and env.coordinator.url == "http://127.0.0.1:18000"
    assert env.hosts["follower"].port == 2222 and env.hosts["gpu-1"].ollama == "http://127.0.0.1:11434"
    assert env.access.value == "observe" and list(env.miners) == ["gpu-1"]


def test_names_that_toml_would_trip_over() -> None:
    odd = replace(parse(BASE, SAID, NODE_UNITS), name='a"b', address="x\ny")
    document = tomllib.loads(render('my "env"', [odd]))
    assert document["env"]['my "env"']["hosts"]['a"b']["address"] == "x\ny"


def test_on_a_devnet(run: Run, devnet_child: Child, tmp_path: Path) -> None:
    env = load(Flags(config=str(devnet_child.config_path)), {}).environment
    folder = devnet_child.config_path.parent
    hosts = [f"--from-host={h.name}={h.user}@127.0.0.1:{h.port}" for h in env.hosts.values()]
    keys = ("--identity", folder / "id_ed25519", "--known-hosts", folder / "known_hosts")
    file = tmp_path / "new" / "config.toml"
    done = run("--config", file, "config", "init", *hosts, *keys)
    assert done.code == 0, done.err
    assert run("--config", file, "config", "validate").code == 0
    written = load(Flags(config=str(file)), {}).environment
    assert set(written.hosts) == set(env.hosts) and {n.name for n in written.nodes} == {n.name for n in env.nodes}
    assert [host.name for host in written.hosts.values() if host.gpu] == ["gpu-1"]
    assert written.coordinator is not None and written.coordinator.host == "genesis"
    assert run("--config", file, "config", "init", *hosts, *keys).code == 2, "never over a file without --force"


@pytest.mark.parametrize(("words", "code"), [(["--from-host", "a b"], 2), (["--from-host", "x@127.0.0.1:1"], 3)])
def test_refusals_write_nothing(run: Run, tmp_path: Path, words: list[str], code: int) -> None:
    file = tmp_path / "config.toml"
    assert run("--config", file, "config", "init", *words).code == code and not file.exists()
