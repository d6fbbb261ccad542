"""Every operation as a command, and the connection errors of the runbook's list, through real OpenSSH servers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.options import DevnetOptions
from tests.fixtures.chain import Fleet, fleet
from tests.fixtures.sshd import RealSshd

MakeSshd = Callable[..., RealSshd]
RPC, MINER = "aitbc-blockchain-rpc", "aitbc-host-gpu-miner"


@dataclass
class Shell:
    """The command line on one network; every call is a process of its own."""

    child: Child
    fleet: Fleet
    config: Path
    home: Path

    def __call__(self, *words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "aitbc_tui", "--config", str(self.config), *words]
        env = {**os.environ, "HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state")}
        ran = subprocess.run(command, capture_output=True, text=True, timeout=90, env=env)
        return ran.returncode, ran.stdout, ran.stderr

    def asked(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, out, err = self(*words, "--json")
        assert out.startswith("{"), err
        return code, json.loads(out)

    def write(self, **changed: str) -> None:
        """The devnet's configuration, each host behind its real sshd; `changed` are lines of the follower's host."""
        text = self.child.config_path.read_text()
        for name, host in self.fleet.environment.hosts.items():
            block = re.search(rf"(?ms)^\[env\.devnet\.hosts\.{re.escape(name)}\]\n.*?(?=^\[)", text)
            assert block is not None
            values = {
                "address": host.address,
                "port": host.port,
                "user": host.user,
                "identity": str(host.identity),
                "known_hosts": str(host.known_hosts),
                **(changed if name == "follower" else {}),
            }
            lines = block[0]
            for key, value in values.items():
                lines = re.sub(rf"(?m)^{key} = .*$", f"{key} = {json.dumps(value)}", lines)
            text = text.replace(block[0], lines)
        self.config.write_text(text)


@pytest.fixture
def shell(real_sshd: MakeSshd, tmp_path: Path) -> Iterator[Shell]:
    with start_child(DevnetOptions(seed=4716, history_jobs=4, job_every_s=600.0)) as child:
        made = fleet(child, real_sshd)
        it = Shell(child, made, tmp_path / "config.toml", tmp_path)
        it.write()
        yield it
        made.stop()


def test_every_operation(shell: Shell) -> None:
    code, found = shell.asked("status")
    assert code == 0 and found["confidence"] == 1.0, found["issues"]
    code, found = shell.asked("health")
    assert code == 0, found["issues"]
    for kind in ("blockchain", "mempool", "git"):
        code, found = shell.asked("sync", "--sync-type", kind)
        assert code == 0 and found["sync_details"][f"{kind}_synced"] is True, (kind, found["issues"])
    assert shell("sync", "--sync-type", "configuration", "--force")[0] == 0
    code, found = shell.asked("message", "--message", "over a real sshd")
    assert code == 0 and found["message_delivery"] == {"sent": 2, "delivered": 2, "failed": 0}
    assert shell("coordinate", "--action", "restart", "--unit", RPC, "--force")[0] == 0
    code, out, err = shell("service", "restart", MINER, "--force", "--now")
    assert code == 0 and "active" in out, err
    code, out, _ = shell("logs", "node", "--host", "genesis", "-n", "2")
    assert code == 0 and len(out.splitlines()) == 2
    code, out, err = shell("network")
    assert code == 0 and "FAIL" not in out, err


def test_every_error_of_the_way_there(shell: Shell, tmp_path: Path) -> None:
    def follower(*words: str) -> tuple[int, set[str], str]:
        code, found = shell.asked(*(words or ("status",)), "--target", "follower")
        return code, {issue["kind"] for issue in found["issues"]}, json.dumps(found["issues"])

    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True, timeout=20)
    shell.write(identity=str(other))
    assert follower()[:2] == (3, {"authentication"})
    shell.write(address="nowhere.invalid")
    assert follower()[:2] == (3, {"unreachable"})
    stranger = tmp_path / "strangers"
    shown = shell.fleet.servers["genesis"].known_hosts.read_text().split(" ", 1)[1]
    port = shell.fleet.servers["follower"].port
    stranger.write_text(f"[127.0.0.1]:{port} {shown}")
    shell.write(known_hosts=str(stranger))
    assert follower()[:2] == (5, {"trust"})
    shell.write()
    (shell.child.config_path.parent / "hosts" / "follower" / "data" / "sudo-denied").touch()
    code, kinds, said = follower("coordinate", "--action", "restart", "--unit", RPC, "--force")
    assert code == 1 and "permission" in kinds and "NOPASSWD: /usr/bin/systemctl restart" in said
    shell.fleet.servers["follower"].stop()
    assert follower()[:2] == (3, {"connection"})
    code, found = shell.asked("status")
    assert code == 1 and found["nodes_status"]["genesis"]["status"] == "online", "the other one answered"
