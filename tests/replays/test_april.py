"""The two April nodes as recorded: each condition that a note describes, and the verdict it leads to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aitbc_tui.domain.snapshot import Pane
from tests.fixtures.recorded import Chain, Server, Watch, watching
from tests.fixtures.simulated import simulate

N, B = "node-2026-04", "node-2026-04b"
ABSENT, NO_BLOCK, ZERO = f"{N}/035-head-noprefix", f"{N}/039-block-404-future", "010-genesis-block-0"
EMPTY_POOL = f"{N}/014-genesis-mempool"
PATHS = {"head": "GET /rpc/head", "mempool": "GET /rpc/mempool", "health": "GET /health"}


def _node(health: str, chain: Chain | None, captures: dict[str, str]) -> Server:
    answers = {"GET /health": f"{N}/{health}", "GET /rpc/sync/config": ABSENT, "GET /rpc/mempool": EMPTY_POOL}
    answers |= {PATHS[name]: f"{N}/{capture}" for name, capture in captures.items()}
    return Server(answers, NO_BLOCK, chain=chain)


def _chain(recorded: tuple[str, ...], every_s: float | None, **more: object) -> Chain:
    names = tuple(f"{N}/{name}" for name in (*recorded, ZERO))
    return Chain(names, every_s, **more)  # type: ignore[arg-type]


def genesis(*recorded: str, every_s: float | None = 2.0, ahead: int = 0, **captures: str) -> Server:
    return _node("007-genesis-health", _chain(recorded, every_s, ahead=ahead), captures)


def follower(*recorded: str, every_s: float | None = None, **captures: str) -> Server:
    return _node("019-follower-health", _chain(recorded, every_s) if recorded else None, captures)


def watch(folder: Path, nodes: dict[str, Server], check: Callable[[Watch], Awaitable[None]]) -> None:
    async def run() -> None:
        async with watching(folder, nodes) as live:
            await check(live)

    simulate(run)


def words(live: Watch) -> list[str]:
    return [str(row.verdict.word) for row in live.snapshot.nodes]


def test_both_in_step(tmp_path: Path) -> None:
    """[008] [009] [019] [020]: the same head."""

    async def check(live: Watch) -> None:
        assert await live.go_on(60) == set()
        assert words(live) == ["produces", "agrees"]
        assert (live.snapshot.chain.agreeing, live.snapshot.headline.word) == (2, "sound")

    nodes = {"genesis": genesis("009-genesis-head-chain"), "follower": follower("020-follower-head", every_s=2.0)}
    watch(tmp_path, nodes, check)


def test_a_follower_wedged_by_the_first_transaction(tmp_path: Path) -> None:
    """[125] [129] [130] [131] [133]: the head frozen at 48, block 49 carries one, /health says ok."""

    async def check(live: Watch) -> None:
        alarm = await live.until("wedge")
        assert alarm.about == "follower" and "head stands at 48 while genesis made" in alarm.evidence
        assert set(live.alarms()) == {"wedge"}
        assert words(live)[1] == live.snapshot.headline.word == "WEDGED"
        health = live.snapshot.nodes[1].health.value
        assert health is not None and health.status == "ok"

    head, tx = "130-genesis-head-while-follower-wedged", "125-genesis-block-49-with-tx"
    stuck = {"health": "133-follower-health-wedged", "mempool": "132-follower-mempool-stuck"}
    frozen = "129-follower-head-wedged"
    watch(tmp_path, {"genesis": genesis(head, tx, frozen), "follower": follower(frozen, **stuck)}, check)


def test_a_follower_wedged_by_a_payload(tmp_path: Path) -> None:
    """[157] [159] [160]: repaired once, wedged again at 202 before a block with a transaction (203)."""

    async def check(live: Watch) -> None:
        alarm = await live.until("wedge")
        assert "head stands at 202" in alarm.evidence
        assert set(live.alarms()) == {"wedge"}

    frozen, known = "159-follower-head-after-2nd", ("203-fork-genesis-range", "157-genesis-block-dict-tx")
    nodes = {"genesis": genesis("160-genesis-head-after-2nd", *known, frozen), "follower": follower(frozen, *known)}
    watch(tmp_path, nodes, check)


@pytest.mark.parametrize(
    ("heads", "block"),
    [
        (
            ("136-follower-head-after-fastbulk", "136-follower-head-after-fastbulk"),
            "137-follower-block-49-after-fastbulk",
        ),
        (("216-chainsync-genesis-head", "217-chainsync-follower-head"), "211-follower-block-via-chain_sync"),
    ],
)
def test_blocks_without_their_content(heads: tuple[str, str], block: str, tmp_path: Path) -> None:
    """[136] [137] [138] the bulk script, [211] [216] [217] the sync unit: the height is right, and nothing is in it."""

    async def check(live: Watch) -> None:
        alarm = await live.until("hollow")
        assert alarm.about == "follower" and "has no proposer or no parent" in alarm.evidence
        assert set(live.alarms()) == {"hollow"} and words(live)[1] == "HOLLOW"
        assert live.snapshot.nodes[1].lag in (0, 1), "the height says nothing"

    made = _chain((heads[1], block), 2.0, hollow_from=1)
    nodes = {"genesis": genesis(heads[0], ahead=1), "follower": _node("019-follower-health", made, {})}
    watch(tmp_path, nodes, check)


def test_a_fork_by_a_second_producer(tmp_path: Path) -> None:
    """[199]-[204]: a follower that proposes, heads 311 and 257. Last common block 202."""

    async def check(live: Watch) -> None:
        alarm = await live.until("fork")
        assert alarm.about == "follower" and await live.go_on(40) == {"fork"}
        fork = live.snapshot.chain.fork
        assert fork is not None and (fork.height, fork.last_common) == (203, 202)
        assert fork.hashes["genesis"].startswith("0xcf188a7e") and fork.hashes["genesis"] != fork.hashes["follower"]
        assert live.alarms()["fork"].evidence == "other hash at 203, last common 202"
        assert live.snapshot.panes[Pane.NODES].verdict.word == live.snapshot.headline.word == "FORK"

    own = _chain(
        ("200-fork-follower-head", "204-fork-follower-range", "202-fork-follower-block-204"), 2.0,
        split=203, own="rogue", proposer="rogue-proposer",
    )  # fmt: skip
    known = ("199-fork-genesis-head", "203-fork-genesis-range", "201-fork-genesis-block-204")
    watch(tmp_path, {"genesis": genesis(*known), "follower": _node("019-follower-health", own, {})}, check)


@pytest.mark.parametrize(
    ("heads", "at"),
    [
        (("199-fork-genesis-head", "205-follower-late-join-head-404"), 311),
        (("221-memgossip-genesis-head", "222-memgossip-follower-head"), 564),
    ],
)
def test_a_follower_that_came_late(heads: tuple[str, str], at: int, tmp_path: Path) -> None:
    """[205] every gossiped block is refused; [221] [222] gossip in memory. 404 "no blocks yet", for ever."""

    async def check(live: Watch) -> None:
        alarm = await live.until("late-join")
        assert alarm.evidence.startswith('answers "no blocks yet" while genesis is at ')
        assert int(alarm.evidence.rsplit(" ", 1)[1]) >= at
        assert set(live.alarms()) == {"late-join"} and words(live)[1] == "no blocks"
        assert live.snapshot.nodes[1].head.value is None, "no blocks is no zero"

    nodes = {"genesis": genesis(heads[0]), "follower": follower(head=heads[1])}
    watch(tmp_path, nodes, check)


def test_gossip_that_is_cut(tmp_path: Path) -> None:
    """[207] [208] [209]: Redis stopped; the producer goes on and is at 376, the follower stands at 372, health ok."""

    async def check(live: Watch) -> None:
        alarm = await live.until("redis-down")
        assert "head stands at 372" in alarm.evidence and "block 373 is empty, so it never came" in alarm.evidence
        assert set(live.alarms()) == {"redis-down"} and words(live)[1] == "CUT OFF"

    frozen = "208-redis-down-follower-head"
    before = genesis(frozen, "207-redis-down-genesis-head", health="209-redis-down-genesis-health")
    watch(tmp_path, {"genesis": before, "follower": follower(frozen)}, check)


def test_a_dead_producer_behind_a_healthy_rpc(tmp_path: Path) -> None:
    """[180] [181]: the head frozen at 264, health ok. That it makes empty blocks was seen before."""

    async def check(live: Watch) -> None:
        alarm = await live.until("stall")
        assert alarm.about == "genesis" and alarm.evidence.startswith("no new block for ")
        assert await live.go_on(20) == {"stall"}, "the follower stands with it, and is not to blame"
        assert words(live)[0] == "STALLED"

    head = "180-proposer-process-dead-head"
    dead = genesis(head, every_s=None, health="181-proposer-process-dead-health")
    watch(tmp_path, {"genesis": dead, "follower": follower(head)}, check)


def test_a_node_that_was_not_told_its_chain(tmp_path: Path) -> None:
    """[193] [196] [197]: 404 without naming the chain although blocks are there."""

    async def check(live: Watch) -> None:
        alarm = await live.until("chain-id-unset")
        assert alarm.evidence == "/rpc/head says no blocks yet; with chain_id it is at 1"
        # its one block was imported by hand hours ago, so it stands, too
        assert set(live.alarms()) == {"chain-id-unset", "stall"}

    class Asked(Server):
        """As recorded: the two questions differ by their query alone."""

        def target(self, target: str) -> str:
            return target if target.startswith("/rpc/head") else super().target(target)

    answers = {
        "GET /health": f"{N}/193-misconf-chainid-unset-health",
        "GET /rpc/head": f"{N}/196-misconf-head-after-import",
        "GET /rpc/head?chain_id=ait-mainnet": f"{N}/197-misconf-head-explicit",
        "GET /rpc/sync/config": ABSENT,
        "GET /rpc/mempool": EMPTY_POOL,
    }

    async def run() -> None:
        moment = f"{N}/196-misconf-head-after-import"
        async with watching(tmp_path, {"third": Asked(answers, NO_BLOCK)}, moment=moment) as live:
            await check(live)

    simulate(run)


def test_a_mempool_beyond_what_one_answer_counts(tmp_path: Path) -> None:
    """[182] [183] [187]: 1,500 pending are answered as 100; a follower's never drain and are no alarm."""

    async def check(live: Watch) -> None:
        alarm = await live.until("mempool-flood")
        assert alarm.about == "genesis"
        assert set(live.alarms()) == {"mempool-flood"}
        producer, other = live.snapshot.mempools
        assert producer.reading.value is not None and producer.reading.value.capped
        assert live.snapshot.totals.pool_capped and other.verdict.word == "keeps"

    head = "009-genesis-head-chain"
    full = genesis(head, mempool="182-mempool-1500-default-limit")
    kept = follower(head, every_s=2.0, mempool="182-mempool-1500-default-limit")
    watch(tmp_path, {"genesis": full, "follower": kept}, check)


def test_a_limit_is_said_and_the_pause_is_kept(tmp_path: Path) -> None:
    """[198]: 429 with Retry-After: 60."""

    async def check(live: Watch) -> None:
        await live.go_on(10)
        server = live.nodes["genesis"]
        server.answers["GET /rpc/head"] = f"{N}/198-rate-limited-429"
        alarm = await live.until("rate-limit")
        assert alarm.about in ("genesis", "follower")
        asked = len(server.asked)
        await live.go_on(40)
        assert len(server.asked) == asked, "not one request before the minute is over"
        assert set(live.alarms()) == {"rate-limit"}

    nodes = {"genesis": genesis("009-genesis-head-chain"), "follower": follower("020-follower-head", every_s=2.0)}
    watch(tmp_path, nodes, check)


def test_an_rpc_that_is_gone(tmp_path: Path) -> None:
    """[000]: the connection is refused."""

    async def check(live: Watch) -> None:
        await live.go_on(10)
        await live.nodes["follower"].__aexit__()
        alarm = await live.until("rpc-down")
        assert alarm.about == "follower"
        assert live.snapshot.nodes[1].head.value is not None, "the last figures stay"

    nodes = {"genesis": genesis("009-genesis-head-chain"), "follower": follower("020-follower-head", every_s=2.0)}
    watch(tmp_path, nodes, check)


def test_an_idle_chain_of_the_other_lineage_is_no_stall(tmp_path: Path) -> None:
    """[b:000] [b:001]: no empty blocks are made, the head is as old as the chain; nothing waits."""

    async def check(live: Watch) -> None:
        assert await live.go_on(180) == set()
        assert words(live) == ["idle", "agrees"] and live.snapshot.headline.word == "sound"

    idle = (f"{B}/000-genesis-head-idle", f"{B}/001-genesis-block0")
    nodes = {name: _node(health, Chain(idle), {}) for name, health in HEALTHS.items()}
    watch(tmp_path, nodes, check)


def test_a_follower_of_the_other_lineage_wedged_by_the_second_transaction(tmp_path: Path) -> None:
    """[b:011] [b:012]: heads 2 and 1, and nothing moves: one block behind is no lag in a moving chain, here it is."""

    async def check(live: Watch) -> None:
        alarm = await live.until("lag", 120)
        assert alarm.about == "follower" and "1 block behind genesis" in alarm.evidence
        assert set(live.alarms()) == {"lag"}

    first, second = f"{B}/012-follower-head-2", f"{B}/011-genesis-head-2"
    zero = (f"{B}/001-genesis-block0", f"{B}/005-follower-block1")
    nodes = {
        "genesis": _node("007-genesis-health", Chain((second, first, *zero)), {}),
        "follower": _node("019-follower-health", Chain((first, *zero)), {}),
    }
    watch(tmp_path, nodes, check)


HEALTHS = {"genesis": "007-genesis-health", "follower": "019-follower-health"}
