"""The devnet as a process: ready in time, told of faults, ended cleanly, and never left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.errors import ConfigError, ConnectError

READY_S = 5.0


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def settings(child: Child) -> dict[str, object]:
    found: dict[str, object] = tomllib.loads(child.config_path.read_text())["env"]["devnet"]
    return found


def _get(child: Child, path: str) -> httpx.Response:
    coordinator = tomllib.loads(child.config_path.read_text())["env"]["devnet"]["coordinator"]
    key = Path(coordinator["admin_file"]).read_text().strip()
    return httpx.get(coordinator["url"] + path, headers={"X-Api-Key": key}, trust_env=False, verify=False)


def test_ready_in_time_and_gone_without_a_trace() -> None:
    child = start_child(DevnetOptions(seed=1))
    spent = psutil.Process(child.pid).cpu_times()
    folder = child.config_path.parent
    try:
        assert spent.user + spent.system < READY_S, "its own seconds: what else this machine does is not its fault"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for name in ("config.toml", "id_ed25519", "keys/client", "keys/admin", "keys/miner"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
        assert _get(child, "/v1/admin/jobs").status_code == 200
    finally:
        code = child.stop()
    assert code == 0
    assert not folder.exists()


def test_the_configuration_is_one_that_the_program_reads(devnet_child: Child) -> None:
    command = [sys.executable, "-m", "aitbc_tui", "--config", str(devnet_child.config_path), "config", "validate"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr


def test_faults_are_switched_by_lines(devnet_child: Child) -> None:
    devnet_child.fault("+stats-500")
    devnet_child.fault("+nosuch")
    devnet_child.fault("hello")
    assert wait_for(lambda: devnet_child.errors().count("\n") >= 2)
    first, second = devnet_child.errors().splitlines()[:2]
    assert "no fault named 'nosuch'" in first
    assert "+FAULT[=VALUE] or -FAULT" in second
    assert _get(devnet_child, "/v1/admin/stats").status_code == 500
    devnet_child.fault("+coordinator-500")
    assert wait_for(lambda: _get(devnet_child, "/v1/health").status_code == 500)
    devnet_child.fault("-coordinator-500")
    assert wait_for(lambda: _get(devnet_child, "/v1/health").status_code == 200)
    devnet_child.fault("-stats-500")
    assert devnet_child.alive


def test_the_end_of_input_changes_nothing() -> None:
    with start_child(DevnetOptions(seed=1)) as child:
        assert child.process.stdin is not None
        child.process.stdin.close()
        time.sleep(1)
        assert child.alive
        assert _get(child, "/v1/health").status_code == 200


def test_a_directory_of_ones_own_stays(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    for _ in range(2):  # and may be used again
        with start_child(DevnetOptions(dir=folder, seed=1)) as child:
            assert child.config_path == folder / "config.toml"
        assert child.config_path.exists()


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")
    with pytest.raises(ConfigError, match="not empty"):
        start_child(DevnetOptions(dir=tmp_path))
    assert (tmp_path / "config.toml").read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with start_child(DevnetOptions(seed=1)) as child:
        child.process.send_signal(number)
        assert child.process.wait(20) == 0
        assert child.errors() == ""
        assert not child.config_path.parent.exists()


def test_it_dies_with_a_parent_that_was_killed() -> None:
    program = (
        "import sys, time\n"
        "from aitbc_tui.devnet.child import start_child\n"
        "child = start_child()\n"
        "print(child.pid, child.config_path.parent, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert psutil.pid_exists(int(pid))
        parent.kill()
        parent.wait(5)
        assert wait_for(lambda: _gone(int(pid)), 20)
        assert wait_for(lambda: not Path(folder).exists(), 20)
    finally:
        parent.kill()
        parent.wait(5)
        parent.stdout.close() if parent.stdout else None


def test_it_dies_with_its_parent_even_when_closing_hangs() -> None:
    """Closing in good order is tried, and given so many seconds: a process that nobody owns must not stay."""
    child = (
        "import asyncio, os, time\n"
        "from aitbc_tui.devnet import lifeline\n"
        "lifeline.GRACE_S = 0.5\n"
        "async def run():\n"
        "    line = lifeline.Lifeline(os.getppid(), lambda: time.sleep(60))\n"
        "    print(os.getpid(), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(run())\n"
    )
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)\n"
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pid = 0
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait(5)
        assert wait_for(lambda: _gone(pid), 30)
    finally:
        parent.kill()
        parent.wait(5)
        if pid and not _gone(pid):
            os.kill(pid, signal.SIGKILL)
        parent.stdout.close() if parent.stdout else None


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_outlives_the_thread_that_started_it() -> None:
    import threading

    made: list[Child] = []
    thread = threading.Thread(target=lambda: made.append(start_child(DevnetOptions(seed=1))))
    thread.start()
    thread.join(20)
    with made[0] as child:
        time.sleep(1.2)
        assert child.alive


def test_no_shell_is_left_when_it_is_killed() -> None:
    with start_child(DevnetOptions(seed=1)) as child:
        folder = child.config_path.parent
        hosts = tomllib.loads(child.config_path.read_text())["env"]["devnet"]["hosts"]
        command = ["ssh", "-F", "none", "-p", str(hosts["genesis"]["port"]), "-i", hosts["genesis"]["identity"]]
        command += ["-o", f"UserKnownHostsFile={hosts['genesis']['known_hosts']}", "ops@127.0.0.1", "echo up; exec sh"]
        try:
            shell = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        except FileNotFoundError:
            pytest.skip("no ssh client on this machine")
        try:
            assert shell.stdout is not None and shell.stdout.readline() == b"up\n"
            children = psutil.Process(child.pid).children(recursive=True)
            assert [process.name() for process in children] == ["sh"]
            os.kill(child.pid, signal.SIGKILL)
            assert wait_for(lambda: all(_gone(process.pid) for process in children))
        finally:
            shell.kill()
            shell.communicate(timeout=5)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_a_start_that_fails_says_why() -> None:
    options = DevnetOptions(faults=("wedge=x",))
    with pytest.raises(ConfigError, match="a whole number is needed"):
        start_child(options)
    with pytest.raises(ConfigError, match="no fault named"):
        start_child(DevnetOptions(faults=("nothing",)))
    with pytest.raises(ConnectError) as caught:
        start_child(DevnetOptions(seed=1), timeout=0.01)
    assert caught.value.timed_out


def test_list_faults_prints_the_table() -> None:
    command = [sys.executable, "-m", "aitbc_tui.devnet", "--list-faults"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert "receipt-attacker-key" in done.stdout and "tolerated: " in done.stdout
