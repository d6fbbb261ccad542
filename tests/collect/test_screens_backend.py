"""What the operations, log and node screens ask of the collector, on a living devnet: plans, runs, journals, blocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aitbc_tui.collect.arming import Arming
from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.journal import follow, targets
from aitbc_tui.collect.plans import make_plan
from aitbc_tui.collect.runs import Runs
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.errors import ConfigError, GuardError
from aitbc_tui.domain.journal import LogChunk, LogTarget
from aitbc_tui.domain.operation import Run, RunState, Verb, Wish
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger.book import Ledger
from tests.fixtures.chain import running, until
from tests.fixtures.waiting import until as happened

SYNC = Wish(Verb.SYNC, "follower", sync_type="blockchain")


def heard(snapshot: Snapshot) -> bool:
    return all(row.head.value is not None and row.units.value for row in snapshot.nodes)


@pytest.fixture
async def wedged(tmp_path: Path) -> AsyncIterator[Collector]:
    """A collector on a devnet whose follower is 30 blocks behind for ever."""
    with start_child(DevnetOptions(seed=31, faults=("wedge=30",))) as child:
        settings = load(Flags(config=str(child.config_path)), {})
        setup = Setup(settings.environment, settings.trust.store(), tmp_path / "l.sqlite3", demo=True)
        async with Collector(setup) as collector:
            with running(collector):
                await until(collector, heard, 30.0)
                yield collector


async def test_a_wedged_follower_is_planned_run_and_level(wedged: Collector) -> None:
    plan = await make_plan(wedged, SYNC)
    assert plan.offered and plan.need is Access.OPERATE and not plan.undoable
    assert [step.level for step in plan.steps[:3]] == [Level.GOOD] * 3
    assert "Import" in plan.button and "importBlock" in plan.details[0]
    head = wedged.hub.newest.nodes[1].head.value
    assert head is not None
    before = head.height

    told: list[Run] = []
    ended = await Runs(wedged).run(plan, told.append)
    assert ended.state is RunState.DONE, ended
    assert not any(step.level is Level.RUNNING for step in ended.steps)
    imports = [one for one in ended.evidence if "importBlock" in one.asked]
    assert imports and imports[0].asked.endswith(f" {before + 1}") and imports[0].host == "follower"
    assert any("hollow" in issue or "accounts" in issue for issue in ended.issues)
    with Ledger.open(wedged.setup.ledger) as ledger:
        entries = [(entry.phase, entry.what, entry.detail) for entry in ledger.audit()]
    assert [phase for phase, _, _ in entries] == ["after", "before"]
    assert entries[1][1] == "sync blockchain" and "success" in entries[0][2]


async def test_observe_plans_and_runs_nothing(wedged: Collector) -> None:
    wedged.arming = Arming(Access.OBSERVE, False, wedged.clock)
    plan = await make_plan(wedged, SYNC)
    assert plan.offered
    with pytest.raises(GuardError, match="needs access operate"):
        await Runs(wedged).run(plan, lambda run: None)
    with Ledger.open(wedged.setup.ledger) as ledger:
        assert [entry.detail[:7] for entry in ledger.audit() if entry.phase == "after"] == ["refused"]


async def test_other_plans_say_what_they_would_write(wedged: Collector) -> None:
    wishes = {
        Wish(Verb.STATUS, "all"): 0,
        Wish(Verb.SYNC, "follower", sync_type="mempool"): 1,
        Wish(Verb.SYNC, "follower", sync_type="configuration", keys=("mempool_max_size",)): None,
        Wish(Verb.SYNC, "all", sync_type="git"): 4,
        Wish(Verb.MESSAGE, "all", message="hello"): 2,
        Wish(Verb.COORDINATE, "all", action="restart", unit="aitbc-blockchain-rpc.service"): 2,
    }
    for wish, writes in wishes.items():
        plan = await make_plan(wedged, wish)
        assert plan.steps and plan.summary and str(plan.command).startswith(f"aitbc-tui {wish.verb.value} --target")
        assert writes is None or sum(step.writes for step in plan.steps) == writes, wish
        assert "hello" not in repr(plan)
    with pytest.raises(ConfigError, match="no unit"):
        await make_plan(wedged, Wish(Verb.COORDINATE, "all", action="stop", unit="sshd"))
    with pytest.raises(ConfigError, match="no node"):
        await make_plan(wedged, Wish(Verb.STATUS, "nowhere"))
    source = await make_plan(wedged, Wish(Verb.SYNC, "genesis", sync_type="blockchain"))
    assert not source.offered


def acting(runs: Runs) -> bool:
    """The first node is being worked on: sooner than it is told."""
    steps = runs._progress.steps if runs._progress is not None else []
    return any(step.key == "act" and step.level is Level.RUNNING for step in steps)


async def test_stopping_leaves_the_nodes_that_were_not_begun(wedged: Collector) -> None:
    plan = await make_plan(wedged, Wish(Verb.COORDINATE, "all", action="stop", unit="aitbc-blockchain-p2p"))
    runs, told = Runs(wedged), list[Run]()
    task = asyncio.ensure_future(runs.run(plan, told.append))
    await happened(lambda: acting(runs), 15.0)
    with pytest.raises(GuardError, match="under way"):
        await runs.run(plan, told.append)
    runs.stop()
    ended = await task
    assert ended.state is RunState.STOPPED, ended
    levels = {str(step.where): step.level for step in ended.steps if step.key == "act"}
    assert levels == {"genesis": Level.GOOD, "follower": Level.WARN}
    assert any("follower left as it is" in issue for issue in ended.issues)


async def test_what_only_reads_runs_without_an_audit(wedged: Collector) -> None:
    plan = await make_plan(wedged, Wish(Verb.STATUS, "all"))
    ended = await Runs(wedged).run(plan, lambda run: None)
    assert ended.state is RunState.DONE and any("follower" in line for line in ended.results)
    with Ledger.open(wedged.setup.ledger) as ledger:
        assert ledger.audit() == ()


async def test_blocks_are_asked_of_everybody_once(wedged: Collector) -> None:
    await wedged.ask_blocks((5, 4, 3))
    blocks = wedged.hub.newest.blocks
    assert all({3, 4, 5} <= set(blocks[name]) for name in ("genesis", "follower"))
    asked = sum(count for _, count in wedged.hub.world.asked)
    await wedged.ask_blocks((5, 4, 3))
    assert sum(count for _, count in wedged.hub.world.asked) - asked <= 2  # the polls go on


async def test_a_journal_is_followed_until_it_is_closed(wedged: Collector) -> None:
    known = targets(wedged.setup.environment)
    node = next(target for target in known if target.about == "genesis")
    first = wedged.hub.newest.nodes[0].head.value
    assert first is not None
    await until(wedged, lambda s: s.nodes[0].head.value is not None and s.nodes[0].head.value.height > first.height)
    chunks: list[LogChunk] = []  # a block was made: there is something to read
    task = asyncio.ensure_future(follow(wedged, node, chunks.append))
    await happened(lambda: sum(len(chunk.lines) for chunk in chunks) >= 2, 15.0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not any(chunk.trouble for chunk in chunks), chunks
    lost: list[LogChunk] = []
    await follow(wedged, LogTarget(node.host, "not a unit; rm -rf", "x"), lost.append)
    assert "no unit name" in lost[0].trouble
