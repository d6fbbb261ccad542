"""The stand-in commands print what the real ones were recorded to print, and note that they were started."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.host_files import standins_dir
from aitbc_tui.devnet.machines import UP_S
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from tests.devnet.shapes import DATA

HOST = DATA / "host-2026-04"
UNITS = "aitbc-blockchain-node.service aitbc-blockchain-rpc.service aitbc-blockchain-p2p.service"
UNITS += " aitbc-blockchain-sync.service"
GPU_FIELDS = (
    "index,uuid,name,driver_version,utilization.gpu,utilization.memory,memory.used,memory.total,temperature.gpu,"
    "power.draw,power.limit,fan.speed,clocks.sm,pstate"
)


@pytest.fixture
async def running() -> AsyncIterator[Devnet]:
    async with Devnet.start(DevnetOptions(seed=9, clock=SimulatedClock())) as devnet:
        yield devnet


def call(devnet: Devnet, host: str, command: str) -> tuple[int, str]:
    path = f"{standins_dir(devnet.dir, host)}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", command], env={"PATH": path}, capture_output=True, text=True, timeout=10)
    return done.returncode, done.stdout + done.stderr


def recorded(file: str, command: str) -> str:
    """What the recording says after `$ command`."""
    text = (HOST / file).read_text(encoding="utf-8")
    after = text.split(f"$ {command}\n", 1)[1]
    return re.split(r"^\[rc=|^\$ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def keys(text: str) -> list[list[str]]:
    return [[line.split("=")[0] for line in block.splitlines()] for block in text.strip("\n").split("\n\n")]


async def test_systemctl_show_has_the_recorded_properties_in_the_recorded_order(running: Devnet) -> None:
    line = next(
        line for line in (HOST / "07-systemctl-healthy.txt").read_text().splitlines() if "systemctl show" in line
    )
    command = line.removeprefix("$ ")
    code, printed = call(running, "genesis", command)
    wanted = recorded("07-systemctl-healthy.txt", command)
    assert code == 0
    assert keys(printed) == keys(wanted)
    blocks = [dict(row.split("=", 1) for row in block.splitlines()) for block in printed.strip().split("\n\n")]
    assert [block["Id"] for block in blocks] == UNITS.split()
    assert [block["ActiveState"] for block in blocks] == ["active", "active", "active", "inactive"]
    assert blocks[3]["MemoryCurrent"] == "[not set]" and blocks[3]["ActiveEnterTimestampMonotonic"] == "0"


async def test_systemctl_of_an_unknown_unit(running: Devnet) -> None:
    command = "systemctl show aitbc-nosuch.service -p Id,LoadState,ActiveState,SubState"
    assert call(running, "genesis", command) == (0, recorded("07-systemctl-healthy.txt", command))
    assert call(running, "genesis", "systemctl is-active aitbc-nosuch") == (3, "inactive\n")
    assert call(running, "genesis", "systemctl status aitbc-nosuch")[0] == 4


async def test_systemctl_small_forms(running: Devnet) -> None:
    assert call(running, "genesis", "systemctl show --value -p ActiveState aitbc-blockchain-node") == (0, "active\n")
    assert call(running, "genesis", "systemctl is-active aitbc-blockchain-node aitbc-blockchain-sync") == (
        0,
        "active\ninactive\n",
    )
    _, unix = call(running, "genesis", "systemctl show --timestamp=unix aitbc-blockchain-node -p ActiveEnterTimestamp")
    assert re.fullmatch(r"ActiveEnterTimestamp=@\d+\n", unix)
    code, said = call(running, "genesis", "systemctl restart aitbc-blockchain-node")
    assert code == 1 and "authentication" in said


async def test_uptime_follows_from_the_machines_own_clock(running: Devnet) -> None:
    _, printed = call(
        running, "genesis", "systemctl show aitbc-blockchain-node -p ActiveEnterTimestampMonotonic; cat /proc/uptime"
    )
    entered, uptime = printed.splitlines()
    seconds = float(uptime.split()[0]) - int(entered.split("=")[1]) / 1e6
    started = UP_S if float(uptime.split()[0]) > UP_S + 60 else 0.0  # a machine is no younger than its units
    assert started <= seconds < float(uptime.split()[0]) + 1.0 and (not started or seconds < UP_S + 60), printed


async def test_ss_prints_the_recorded_columns(running: Devnet) -> None:
    port = running.ports["p2p-genesis"]
    filters = f"'( sport = :{port} or dport = :{port} )'"
    code, printed = call(running, "genesis", f"ss -Htn state established {filters}")
    assert code == 0
    assert re.fullmatch(rf"0      0      127\.0\.0\.1:{port} 127\.0\.0\.1:\d+ \n", printed)
    assert (
        call(running, "genesis", f"ss -Hltn 'sport = :{port}'")[1]
        == f"LISTEN 0      100    127.0.0.1:{port} 0.0.0.0:*\n"
    )
    assert call(running, "genesis", "ss -Htn state established '( sport = :1 or dport = :1 )'") == (0, "")
    await running.fault_on("follower-down")
    for _ in range(100):  # each end notices it by itself
        await asyncio.sleep(0.05)
        await running._tick()
        if (left := call(running, "genesis", f"ss -Htn state established {filters}")) == (0, ""):
            break
    assert left == (0, "")


async def test_git_is_the_recorded_checkout(running: Devnet) -> None:
    status = recorded("02-git.txt", "git status --porcelain=v2 --branch").replace(
        "6bfd78743d52bab18b1ab0a3bee19c5271570791", "084dcdef3171f06c32145baf9e914be4a83ca2bd"
    )
    assert call(running, "genesis", "git -C /opt/aitbc status --porcelain=v2 --branch") == (0, status)
    assert call(running, "genesis", "git -C /opt/aitbc ls-remote origin refs/heads/main") == (
        0,
        recorded("02-git.txt", "git ls-remote origin refs/heads/main"),
    )
    assert call(running, "gpu-1", "git -C /opt/aitbc status")[0] == 128


async def test_sqlite3_answers_the_recorded_queries(running: Devnet) -> None:
    db = "/var/lib/aitbc/data/ait-mainnet/chain.db"
    query = (
        "select chain_id,height,hash,proposer,timestamp,tx_count from block where chain_id='ait-mainnet'"
        " order by height desc limit 1"
    )
    command = f'sqlite3 -readonly -json {db} "{query}"'
    _, head = call(running, "genesis", command)
    wanted = (HOST / "09-sqlite.txt").read_text().splitlines()[1]
    pattern = r'"(\w+)":'
    assert re.findall(pattern, head) == re.findall(pattern, wanted)
    assert " " in re.findall(r'"timestamp":"([^"]+)"', head)[0]
    assert call(running, "genesis", f'sqlite3 -readonly -json {db} "select count(*) n from receipt"') == (
        0,
        '[{"n":0}]\n',
    )
    tx = next(tx for block in running.net.genesis.state.blocks.values() for tx in block.transactions)
    found = call(
        running, "genesis", f"sqlite3 -json {db} \"select * from 'transaction' where tx_hash='{tx['tx_hash']}'\""
    )
    assert found[0] == 0 and str(tx["tx_hash"]) in found[1]
    mempool = "/var/lib/aitbc/data/ait-mainnet/mempool.db"
    code, count = call(
        running, "follower", f"sqlite3 -json {mempool} \"select count(*) n from mempool where chain_id='x'\""
    )
    assert (code, count) == (0, f'[{{"n":{len(running.net.followers[0].state.mempool)}}}]\n')
    assert call(running, "genesis", "sqlite3 -json /nosuch.db 'select 1'")[0] == 1


async def test_nvidia_smi_prints_csv_that_follows_the_work(running: Devnet) -> None:
    query = f"nvidia-smi --query-gpu={GPU_FIELDS} --format=csv,noheader,nounits"
    code, printed = call(running, "gpu-1", query)
    rows = [row.split(", ") for row in printed.splitlines()]
    assert code == 0
    assert [len(row) for row in rows] == [len(GPU_FIELDS.split(","))] * 2
    assert [row[0] for row in rows] == ["0", "1"]
    idle = float(rows[0][9])
    clock = running.clock
    assert isinstance(clock, SimulatedClock)
    busy = 0.0
    for _ in range(20):
        await clock.advance(1)
        _, printed = call(running, "gpu-1", query)
        busy = max(busy, *(float(row.split(", ")[9]) for row in printed.splitlines()))
    assert busy > idle * 5
    _, with_units = call(running, "gpu-1", "nvidia-smi --query-gpu=index,memory.total --format=csv")
    assert with_units.splitlines() == ["index, memory.total [MiB]", "0, 24564 MiB", "1, 24564 MiB"]
    code, said = call(running, "gpu-1", "nvidia-smi --query-gpu=index,nonsense --format=csv,noheader")
    assert code == 2 and "nonsense" in said
    assert call(running, "genesis", query)[0] == 127


async def test_nvidia_smi_loops(running: Devnet) -> None:
    (running.machine("gpu-1").files.data / "pace").unlink()  # on a simulated clock that is what paces the loop
    command = "timeout 9 nvidia-smi --query-gpu=index --format=csv,noheader,nounits --loop=1 | head -n 6"
    started = time.monotonic()
    assert call(running, "gpu-1", command)[1] == "0\n1\n" * 3
    assert time.monotonic() - started >= 2, "a second between the rounds"
    assert call(running, "gpu-1", command.replace("--loop=1", "-l 1").replace("6", "4"))[1] == "0\n1\n" * 2


async def test_a_lost_gpu(running: Devnet) -> None:
    await running.fault_on("gpu-lost")
    await running._tick()
    code, printed = call(running, "gpu-1", "nvidia-smi --query-gpu=index --format=csv,noheader,nounits")
    assert code == 15
    assert printed.startswith("0\nUnable to determine the device handle for GPU 1: GPU is lost.")


async def test_journalctl_reads_what_the_node_wrote(running: Devnet) -> None:
    clock = running.clock
    assert isinstance(clock, SimulatedClock)
    await clock.advance(4)
    code, printed = call(running, "genesis", "journalctl -u aitbc-blockchain-node -n 4 -o cat --no-pager")
    assert code == 0
    lines = printed.splitlines()
    assert len(lines) == 4 and all(line.startswith('{"timestamp": "2026-11-22T12:00:0') for line in lines)
    assert "reason=Block already exists" in lines[-1]
    _, short = call(running, "genesis", "journalctl -u aitbc-blockchain-node.service -n 1")
    assert re.match(r"2026-11-22T\S+ genesis python\[\d+\]: \{", short)
    assert call(running, "genesis", "journalctl -u nosuch -n 3") == (0, "-- No entries --\n")


async def test_timeout_ends_a_command(running: Devnet) -> None:
    assert call(running, "genesis", "timeout -k 1 0.3 sleep 60")[0] == 124
    assert call(running, "genesis", "echo in | timeout 5 cat") == (0, "in\n")


def test_the_small_timeout_where_the_machine_has_none(tmp_path: Path) -> None:
    """With a PATH that holds no other timeout, the stand-in does it itself."""
    source = Path(__file__).parents[2] / "aitbc_tui" / "devnet" / "standins" / "timeout"
    folder = tmp_path / "bin"
    folder.mkdir()
    target = folder / "timeout"
    target.write_bytes(source.read_bytes())
    target.chmod(0o755)
    for tool in ("sleep", "cat", "sh", "rm"):
        real = next(Path(d) / tool for d in ("/usr/bin", "/bin") if (Path(d) / tool).exists())
        (folder / tool).symlink_to(real)
    environment = {"PATH": str(folder)}

    def small(command: str) -> tuple[int, str]:
        done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, timeout=10)
        return done.returncode, done.stdout

    assert small("timeout 0.3 sleep 60")[0] == 124
    assert small("echo in | timeout 5 cat") == (0, "in\n")
    assert small("timeout 5 sh -c 'exit 3'")[0] == 3


async def test_every_start_is_counted(running: Devnet) -> None:
    files = running.machine("genesis").files
    before = len(files.calls())
    call(running, "genesis", "systemctl is-active a; git -C /opt/aitbc rev-parse HEAD; timeout 1 ss -Htn")
    assert files.calls()[before:] == [
        "systemctl is-active a",
        "git -C /opt/aitbc rev-parse HEAD",
        "timeout 1 ss -Htn",
        "ss -Htn",
    ]
