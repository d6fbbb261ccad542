"""A few operations through real OpenSSH servers: a wedged follower brought level, units, and real git repositories."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.once import Wanted, look
from aitbc_tui.config.model import EnvironmentConfig
from aitbc_tui.devnet.child import start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.operations.coordinate import Order, coordinate
from aitbc_tui.operations.field import Field
from aitbc_tui.operations.git_sync import GitRun, sync_git
from aitbc_tui.operations.sync import sync
from aitbc_tui.operations.sync_run import SyncOrder
from aitbc_tui.operations.tally import ConflictError
from tests.fixtures.chain import Fleet, fleet
from tests.fixtures.sshd import RealSshd

MakeSshd = Callable[..., RealSshd]
FACTS = Wanted(heads=True, mempool_limit=100, host_facts=True)


@pytest.fixture
def wedged(real_sshd: MakeSshd) -> Iterator[Fleet]:
    with start_child(DevnetOptions(seed=4714, faults=("wedge=120",))) as child:
        made = fleet(child, real_sshd)
        yield made
        made.stop()


def field(collector: Collector, environment: EnvironmentConfig, seconds: float = 40.0) -> Field:
    return Field(environment, collector.asker, time.monotonic() + seconds)


async def test_a_wedged_follower_is_brought_level_and_a_unit_restarted(wedged: Fleet, tmp_path: Path) -> None:
    async with Collector(wedged.setup(tmp_path / "ledger.sqlite3")) as collector:
        before: Snapshot = await look(collector, FACTS, 20)
        done = await sync(field(collector, wedged.environment), before, SyncOrder("blockchain", ("follower",)))
        assert done.outcome == "success" and "blocks to follower" in done.done[0]
        it = field(collector, wedged.environment)
        order = Order("restart", "aitbc-blockchain-node", ("genesis",))
        run = await coordinate(it, await look(collector, FACTS, 20), order)
        assert run.outcome == "success", it.tally.issues


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


async def test_real_repositories(real_sshd: MakeSshd, tmp_path: Path) -> None:
    """Fast-forward, then a dirty tree, then a divergence; each as the real git has it."""
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git(origin, "init", "-q")
    commit(origin, "one")
    git(tmp_path, "clone", "-q", str(origin), str(clone))
    newest = commit(origin, "two")
    with start_child(DevnetOptions(seed=4715)) as child:
        made = fleet(child, real_sshd)
        plain = real_sshd("SetEnv PATH=/usr/bin:/bin")
        made.servers["follower"].stop()
        made.servers["follower"] = plain
        hosts = {
            **made.environment.hosts,
            "follower": replace(
                made.environment.hosts["follower"],
                port=plain.port,
                identity=plain.user_key,
                known_hosts=plain.known_hosts,
                sudo=False,
            ),
        }
        nodes = tuple(replace(n, repo=str(clone)) for n in made.environment.nodes)
        environment = replace(made.environment, hosts=hosts, nodes=nodes)
        try:
            async with Collector(made.setup(tmp_path / "l.sqlite3", environment=environment)) as collector:
                await look(collector, FACTS, 20)
                it, node = field(collector, environment), nodes[1]
                run = GitRun("follower")
                await sync_git(it, node, run)
                assert run.synced and run.after == newest == git(clone, "rev-parse", "HEAD")
                (clone / "junk").write_text("x")
                with pytest.raises(ConflictError, match="not clean"):
                    await sync_git(it, node, GitRun("follower"))
                (clone / "junk").unlink()
                ours = commit(clone, "mine")
                theirs = commit(origin, "three")
                with pytest.raises(ConflictError, match=f"diverged.*{ours}.*{theirs}"):
                    await sync_git(it, node, GitRun("follower"))
                assert git(clone, "rev-parse", "HEAD") == ours
        finally:
            made.stop()
