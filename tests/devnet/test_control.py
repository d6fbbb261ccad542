"""The stand-ins that change something: units through sudo, a checkout by fetch and fast-forward, a real backup."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from aitbc_tui.devnet.clock import SimulatedClock
from aitbc_tui.devnet.host_files import HEAD_COMMIT, standins_dir
from aitbc_tui.devnet.network import Devnet
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.devnet.repo import OLDER_COMMIT, behind_by, diverged, write_repo

NODE = "aitbc-blockchain-node"


@pytest.fixture
async def running() -> AsyncIterator[Devnet]:
    async with Devnet.start(DevnetOptions(seed=9, clock=SimulatedClock())) as devnet:
        yield devnet


async def call(devnet: Devnet, host: str, command: str) -> tuple[int, str]:
    """Beside the devnet's loop, which has to serve it."""
    process = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        command,
        env={"PATH": f"{standins_dir(devnet.dir, host)}:{os.environ['PATH']}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(15):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_units_are_really_stopped_and_started(running: Devnet) -> None:
    genesis = running.node("genesis")
    code, said = await call(running, "genesis", f"systemctl stop {NODE}")
    assert (code, genesis.running) == (1, True) and "authentication required" in said
    assert await call(running, "genesis", f"sudo -n systemctl stop {NODE}") == (0, "")
    assert not genesis.running
    assert await call(running, "genesis", f"systemctl is-active {NODE}") == (3, "inactive\n")
    assert await call(running, "genesis", f"sudo -n systemctl restart {NODE}.service") == (0, "")
    assert genesis.running
    assert await call(running, "gpu-1", "sudo -n systemctl stop aitbc-host-gpu-miner-1 ollama") == (0, "")
    assert [miner.alive for miner in running.miners] == [True, False] and not running.ollamas[0].up
    assert await call(running, "follower", "sudo -n systemctl stop aitbc-blockchain-rpc aitbc-blockchain-p2p") == (
        0,
        "",
    )
    p2p = running.machine("follower").p2p
    assert p2p is not None and not p2p.listening
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", running.ports["follower"])
    assert (await call(running, "follower", "sudo -n systemctl start aitbc-blockchain-rpc"))[0] == 0
    _, writer = await asyncio.open_connection("127.0.0.1", running.ports["follower"])
    writer.close()


async def test_what_systemctl_refuses(running: Devnet) -> None:
    running.machine("genesis").files.broken.add(NODE)
    code, said = await call(running, "genesis", f"sudo -n systemctl restart {NODE}")
    assert code == 1 and "control process exited" in said and not running.node("genesis").running
    assert "auto-restart" in (await call(running, "genesis", f"systemctl show {NODE} -p SubState"))[1]
    code, said = await call(running, "genesis", "sudo -n systemctl start nosuch")
    assert code == 1 and "not found" in said
    running.machine("genesis").files.put("sudo-denied", "")
    assert await call(running, "genesis", f"sudo -n systemctl start {NODE}") == (1, "sudo: a password is required\n")


async def test_a_checkout_moves_by_fetch_and_fast_forward(running: Devnet) -> None:
    git = "git -C /opt/aitbc"
    write_repo(running.machine("follower").files, behind_by(2))
    assert "+0 -0" in (await call(running, "follower", f"{git} status --porcelain=v2 --branch"))[1]
    assert (await call(running, "follower", f"{git} fetch --quiet origin"))[0] == 0
    assert "+0 -2" in (await call(running, "follower", f"{git} status --porcelain=v2 --branch"))[1]
    heads = f"{OLDER_COMMIT}\n{HEAD_COMMIT}\n"
    assert await call(running, "follower", f"{git} rev-parse HEAD @{{upstream}}") == (0, heads)
    assert (await call(running, "follower", f"{git} merge --ff-only @{{upstream}}"))[0] == 0
    assert await call(running, "follower", f"{git} rev-parse HEAD") == (0, f"{HEAD_COMMIT}\n")
    write_repo(running.machine("genesis").files, diverged())
    await call(running, "genesis", f"{git} fetch origin")
    assert "+723 -728" in (await call(running, "genesis", f"{git} status --porcelain=v2 --branch"))[1]
    assert await call(running, "genesis", f"{git} merge --ff-only @{{upstream}}") == (
        128,
        "fatal: Not possible to fast-forward, aborting.\n",
    )


async def test_the_data_folder_holds_a_database_that_can_be_backed_up(running: Devnet) -> None:
    folder = Path(running.machine("genesis").files.home) / "var" / "ait-mainnet"
    copy = folder / "copy.db"
    assert await call(running, "genesis", f"sqlite3 -readonly {folder}/chain.db \"VACUUM INTO '{copy}'\"") == (0, "")
    assert await call(running, "genesis", f"sqlite3 -readonly {copy} 'PRAGMA integrity_check'") == (0, "ok\n")
    with closing(sqlite3.connect(copy)) as database:
        rows = database.execute("select height, hash from block order by height").fetchall()
    state = running.node("genesis").state
    assert [row[0] for row in rows] == list(range(61)) and rows[5][1] == state.blocks["ait-mainnet", 5].hash
    code, said = await call(running, "genesis", "sqlite3 -readonly /nosuch/chain.db 'PRAGMA integrity_check'")
    assert code == 1 and "unable to open" in said
