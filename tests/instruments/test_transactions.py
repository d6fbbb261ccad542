"""Where a transaction is and why it is nowhere: verdicts from what nodes say, then the command on a devnet."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import httpx
import pytest

from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.node import Account, Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.spreading import Seen, spreading
from aitbc_tui.state.transactions import (
    CheckKind,
    Kind,
    NodeView,
    Place,
    Query,
    TxPicture,
    checks_of,
    fee_advice,
    found,
    nonce_gaps,
    query_of,
)
from tests.cli.conftest import Run

HASH = "0x" + "ab" * 32
TX = Transaction(SafeText(HASH), SafeText("ait1rich"), SafeText("ait1to"), 100, 10, 4, SafeText("main"))
RICH = Account(SafeText("ait1rich"), 1000, 4, True)
NOBODY = Account(SafeText("ait1nobody"), 0, 0, False)


def block(height: int, *txs: Transaction, chain: str = "a", parent: str = "0xp") -> Block:
    when = datetime.fromtimestamp(1_795_000_000 + 2 * height, UTC)
    made = SafeText("ait1prop") if parent else SafeText("")
    return Block(height, SafeText(f"0x{chain}{height}"), SafeText(parent), made, when, len(txs), txs)


def pool(*txs: Transaction, capped: bool = False) -> MempoolReading:
    return MempoolReading(len(txs), capped, txs)


def node(name: str = "genesis", **changes: object) -> NodeView:
    made = NodeView(name, name == "genesis", "main", 100, pool(), (block(100), block(99)), 51)
    return replace(made, **changes)  # type: ignore[arg-type]


def one(*views: NodeView) -> TxPicture:
    (picture,) = found(query_of(HASH), views)
    return picture


def test_what_is_asked_for_is_told_by_its_form() -> None:
    assert query_of("AB" * 32) == Query(Kind.HASH, HASH) == query_of(HASH.upper().replace("0X", "0x"))
    assert query_of("cd" * 16).kind is Kind.ID and query_of("ait1rich").kind is Kind.ADDRESS


def test_in_a_block_on_every_node() -> None:
    views = [node(blocks=(block(100), block(99, TX))), node("follower", blocks=(block(99, TX),))]
    picture = one(*views)
    assert picture.verdict.word == "included" and picture.verdict.level is Level.GOOD and not picture.checks
    assert [(s.place, s.height) for s in picture.sightings] == [(Place.BLOCK, 99)] * 2
    assert picture.sightings[0].at == 1_795_000_000 + 198


def test_a_node_that_has_not_got_there_and_one_that_stores_hollow_blocks() -> None:
    late = one(node(blocks=(block(99, TX),)), node("follower", head=98, blocks=(block(98),)))
    assert late.verdict.level is Level.GOOD and "follower has not reached that height" in late.verdict.text
    hollow = one(node(blocks=(block(99, TX),)), node("follower", blocks=(block(99, parent=""),)))
    assert hollow.verdict.level is Level.WARN and "hollow or another chain" in hollow.verdict.text


def test_in_two_different_blocks() -> None:
    picture = one(node(blocks=(block(99, TX),)), node("follower", blocks=(block(99, TX, chain="b"),)))
    assert picture.verdict.word == "TWO CHAINS" and picture.verdict.level is Level.BAD


def test_pending_with_its_rank_by_fee() -> None:
    first = replace(TX, tx_hash=SafeText("0x1"), fee=50)
    picture = one(node(mempool=pool(first, TX), accounts={"ait1rich": RICH}))
    assert picture.verdict.word == "pending" and picture.sightings[0].rank == (2, 2)
    assert {c.kind: c.passed for c in picture.checks} == {
        CheckKind.SENDER: True,
        CheckKind.BALANCE: True,
        CheckKind.NONCE: True,
        CheckKind.CHAIN: True,
        CheckKind.SIGNATURE: False,
    }


def test_pending_and_about_to_vanish() -> None:
    picture = one(node(mempool=pool(TX), accounts={"ait1rich": replace(RICH, balance=109)}))
    assert picture.verdict.word == "will vanish"
    assert "the sender has 109, amount and fee are 110" in picture.verdict.text


@pytest.mark.parametrize(
    ("account", "says"),
    [
        (replace(NOBODY, address=SafeText("ait1rich")), "is unknown to the chain"),
        (replace(RICH, balance=5), "the sender has 5"),
        (RICH, "cannot be told from the sender's account now"),
    ],
)
def test_vanished_with_the_likely_reason(account: Account, says: str) -> None:
    """Accepted with 200, gone from the producer, and only a follower still keeps it."""
    picture = one(node(accounts={"ait1rich": account}), node("follower", mempool=pool(TX)))
    assert picture.verdict.word == "VANISHED" and says in picture.verdict.text
    assert [s.place for s in picture.sightings] == [Place.NOWHERE, Place.KEPT]


def test_nothing_is_said_to_have_vanished_that_could_not_be_seen() -> None:
    down = Trouble(TroubleKind.CONNECT, SafeText("refused"))
    gone = node(mempool=None, head=None, blocks=(), searched_from=None, trouble=down)
    assert one(gone, node("follower", mempool=pool(TX))).verdict.word == "unknown"
    assert one(gone, replace(gone, name="follower")).verdict.text == "no node was heard"
    assert one(node(mempool=pool(capped=True)), node("follower", mempool=pool(TX))).verdict.word == "unknown"
    assert one(node()).verdict.word == "NOT FOUND"


def test_search_by_address_and_by_id() -> None:
    other = replace(TX, tx_hash=SafeText("0x2"), sender=SafeText("x"), recipient=SafeText("ait1rich"))
    job = replace(
        TX, tx_hash=SafeText("0x3"), sender=SafeText("y"), payload=SafeText('{"job_id": "' + "Cd" * 16 + '"}')
    )
    views = [node(mempool=pool(TX), blocks=(block(99, other, job),))]
    assert {p.tx_hash for p in found(query_of("ait1rich"), views)} == {HASH, "0x2"}
    assert [p.tx_hash for p in found(query_of("cd" * 16), views)] == ["0x3"]
    assert found(query_of("ef" * 16), views) == []


def _check(kind: CheckKind, tx: Transaction, account: Account | None) -> bool | None:
    accounts: Mapping[str, Account] = {tx.sender: account} if account else {}
    return next(c.passed for c in checks_of(tx, [node(accounts=accounts)]) if c.kind is kind)


def test_each_check_by_itself() -> None:
    assert _check(CheckKind.BALANCE, TX, replace(RICH, balance=110)) is True
    assert _check(CheckKind.BALANCE, TX, replace(RICH, balance=109)) is False
    assert _check(CheckKind.NONCE, replace(TX, nonce=3), RICH) is False
    assert _check(CheckKind.NONCE, replace(TX, nonce=6), RICH) is False
    assert _check(CheckKind.CHAIN, replace(TX, chain_id=SafeText("other")), RICH) is False
    assert _check(CheckKind.SIGNATURE, replace(TX, signed=True), RICH) is None, "no key to check it with"
    assert _check(CheckKind.SENDER, TX, None) is None and _check(CheckKind.BALANCE, TX, None) is None
    decides = {c.kind for c in checks_of(replace(TX, nonce=9), [node(accounts={"ait1rich": RICH})]) if c.decides}
    assert not decides, "a nonce gap keeps nothing out of a block"


def test_nonce_gaps() -> None:
    waiting = [replace(TX, nonce=n) for n in (4, 7)] + [replace(TX, sender=SafeText("x"), nonce=5)]
    assert nonce_gaps("ait1rich", waiting, RICH) == (5, 6)
    assert nonce_gaps("ait1rich", [replace(TX, nonce=7)], replace(RICH, nonce=6)) == (6,)
    assert nonce_gaps("ait1none", waiting, None) == ()


def test_the_suggested_fee_has_a_basis() -> None:
    waiting = [replace(TX, tx_hash=SafeText(f"0x{n}"), fee=n) for n in (40, 30, 20, 10)]
    assert fee_advice([node(mempool=pool(*waiting))]).fee == 40
    advice = fee_advice([node(blocks=(block(99, *waiting),))])
    assert advice.fee == 30 and "median of 4" in advice.basis
    assert fee_advice([node()]).fee is None


def test_propagation_is_never_finer_than_the_polls() -> None:
    seen = [
        Seen("genesis", 10, 0.0, 0.1),
        Seen("follower", 10, 0.0, 0.1),
        Seen("genesis", 11, 0.5, 0.6),
        Seen("follower", 10, 0.5, 0.6),
        Seen("follower", 11, 1.0, 1.1),
    ]
    result = spreading(seen, 2.0)
    (first,), (later,) = result.of("genesis"), result.of("follower")
    assert (first.low, first.high) == (0.0, 0.6) and result.heights == 1
    assert later.low == 0.0 and later.high == pytest.approx(1.1)
    seen.append(Seen("genesis", 12, 3.0, 3.1))
    assert spreading(seen, 4.0).heights == 1, "a block that one node never showed measures nothing"
    assert "nothing to measure" in spreading([], 5.0).lines()[0]


# --- the commands on a devnet


def _rpc(child: Child, name: str) -> str:
    return next(n.rpc for n in load(Flags(config=str(child.config_path)), {}).environment.nodes if n.name == name)


def _send(child: Child, **changes: object) -> str:
    body = {"from": "ait1nobody", "to": "ait1x", "amount": 1, "fee": 10, "nonce": 0, "payload": {}, **changes}
    answer = httpx.post(f"{_rpc(child, 'genesis')}/rpc/transaction", json=body, timeout=10)
    assert answer.status_code == 200
    return str(answer.json()["transaction_hash"])


def _until(run: Run, child: Child, tx: str, states: tuple[str, ...]) -> dict[str, object]:
    """The command again and again until the transaction has got there, at most 20 s."""
    ends = time.monotonic() + 20
    while True:
        done = run("--config", child.config_path, "tx", tx, "--json", "--depth", 30)
        (result,) = json.loads(done.out)["results"][0]["transactions"]
        if result["state"] in states or time.monotonic() > ends:
            return {**result, "code": done.code}


def test_vanished_on_a_devnet(run: Run, devnet_child: Child) -> None:
    """The node says 200 and drops it at the next block; nobody else says so."""
    gone = _until(run, devnet_child, _send(devnet_child, nonce=77), ("VANISHED",))
    assert gone["state"] == "VANISHED" and gone["code"] == 1
    assert "ait1nobody is unknown to the chain" in str(gone["why"])


def test_included_and_found_by_address_and_job(run: Run, devnet_child: Child) -> None:
    sender = _producer(devnet_child)
    job = "5e1f0a77c4b94d0e8a6d2f13b09e7c55"
    sent = _send(devnet_child, **{"from": sender, "payload": {"job_id": job}, "nonce": 4242})
    there = _until(run, devnet_child, sent, ("included",))
    assert there["state"] == "included" and there["code"] == 0
    for query in (job, sent.removeprefix("0x")):
        done = run("--config", devnet_child.config_path, "tx", query, "--json", "--depth", 30)
        assert [t["hash"] for t in json.loads(done.out)["results"][0]["transactions"]] == [sent]
    done = run("--config", devnet_child.config_path, "tx", sender, "--depth", 30)
    assert done.code in (0, 1) and sent in done.out and "next nonce" in done.out


def _producer(child: Child) -> str:
    head = httpx.get(f"{_rpc(child, 'genesis')}/rpc/head", timeout=10).json()["height"]
    return str(httpx.get(f"{_rpc(child, 'genesis')}/rpc/blocks/{head}", timeout=10).json()["proposer"])


def test_many_at_once_from_standard_input(run: Run, devnet_child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = [f"{n:064x}" for n in range(300)]
    monkeypatch.setattr(sys, "stdin", StringIO("\n".join([*hashes, "", hashes[0]])))
    begun = time.monotonic()
    done = run("--config", devnet_child.config_path, "tx", "-", "--json", "--depth", 10)
    results = json.loads(done.out)["results"]
    assert len(results) == 300 and done.code == 1 and time.monotonic() - begun < 15
    assert {r["transactions"][0]["state"] for r in results} == {"NOT FOUND"}


@pytest.mark.parametrize("words", [["a b"], ["\x1b[2J"], ["../etc"], ["x" * 200]])
def test_what_cannot_be_asked_for(run: Run, devnet_child: Child, words: list[str]) -> None:
    done = run("--config", devnet_child.config_path, "tx", *words)
    assert done.code == 2 and "\x1b" not in done.err


def test_blocks_side_by_side(run: Run, devnet_child: Child) -> None:
    done = run("--config", devnet_child.config_path, "blocks", "--limit", 5, "--json", "--burst", 5)
    document = json.loads(done.out)
    assert done.code == 0 and document["different_at"] == [] and len(document["nodes"]) == 2
    for entry in document["nodes"]:
        heights = [b["height"] for b in entry["blocks"]]
        assert heights == list(range(entry["head"], entry["head"] - 5, -1))
        hashes = {b["height"]: b["hash"] for b in entry["blocks"]}
        assert all(hashes.get(b["height"] - 1, b["parent_hash"]) == b["parent_hash"] for b in entry["blocks"])
    assert document["propagation"]["new_blocks"] >= 1 and 0 < document["propagation"]["resolution_ms"] < 2000
    done = run("--config", devnet_child.config_path, "blocks", "--node", "genesis", "--limit", 3, "--transactions")
    assert done.code == 0 and "follower" not in done.out
    assert run("--config", devnet_child.config_path, "blocks", "--node", "nope").code == 2
