"""Where a transaction is and why it is nowhere: verdicts from what nodes say, then the command on a devnet."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import httpx
import pytest

from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child, start_child
from aitbc_tui.devnet.options import DevnetOptions
from aitbc_tui.domain.node import Account, Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.protocol.node import parse_mempool
from aitbc_tui.protocol.platform_signer import tx_signer
from aitbc_tui.state.fee_advice import fee_advice
from aitbc_tui.state.spreading import Seen, spreading
from aitbc_tui.state.transactions import AddressView, TxPicture, found, search
from aitbc_tui.state.tx_checks import CheckKind, NodeView, TxCheck, checks_of, nonce_gaps
from aitbc_tui.state.tx_query import Kind, Query, query_of
from aitbc_tui.state.tx_sightings import Place
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


@pytest.mark.parametrize("typed", [HASH[:10], HASH[2:10], f"{HASH[2:10]}…{HASH[-6:]}", HASH[2:10].upper()])
def test_what_a_screen_shows_of_a_hash_finds_it(typed: str) -> None:
    query = query_of(typed)
    assert query.kind is Kind.BEGINNING and query.matches(TX)
    assert not query_of("0123456789").matches(TX) and not query_of(f"{HASH[2:10]}…ffffff").matches(TX)


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


# --- 2026-08: signed by the sender, an account that does not say whether it exists, no forwarding

CAPTURE = {
    "amount": 7200,
    "chain_id": "ait-head-test",
    "fee": 36,
    "from": "0x5CbDd86a2FA8Dc4bDdd8a8f69dBa48572EeC07FB",
    "nonce": 0,
    "payload": {"amount": 7200, "to": "ait119e7e376e7c213b7e7e7e46cc70a5dd086daff2a"},
    "signature": "0x153a6b6b2b9a08e0d9f71f25424043fcd33985456a0cf72dd24a2a7071d66731"
    "570473ce941ee0f6a3be118f2e1a7318e700c721a9f9fdc112d6dbc1b1f7839301",
    "to": "ait119e7e376e7c213b7e7e7e46cc70a5dd086daff2a",
    "type": "TRANSFER",
    "value": 7200,
}  # contract/captures/platform-2026-08/206


def _august(item: Mapping[str, object], balance: int = 10_000, nonce: int = 0) -> tuple[Transaction, NodeView]:
    """What waits at a producer of 2026-08, with its sender's account under the address's other spelling."""
    reading = parse_mempool(json.dumps({"transactions": [item], "count": 1}).encode(), 100)
    tx = reading.transactions[0]
    assert tx.proof is not None
    spelled = "ait1" + str(tx.sender)[2:].lower()
    accounts = {spelled: Account(SafeText(spelled), balance, nonce, None)}
    signers = {str(tx.tx_hash): tx_signer(*tx.proof)}
    return tx, node(mempool=reading, accounts=accounts, generation="2026-08", signers=signers)


def _checked(item: Mapping[str, object], **account: int) -> dict[CheckKind, TxCheck]:
    tx, view = _august(item, **account)
    return {check.kind: check for check in checks_of(tx, [view])}


def test_the_recorded_signature_is_the_senders() -> None:
    checks = _checked(CAPTURE)
    assert checks[CheckKind.SIGNATURE].passed is True and "own key" in checks[CheckKind.SIGNATURE].detail
    assert checks[CheckKind.BALANCE].passed is True and checks[CheckKind.NONCE].passed is True
    for changed in ({"amount": 7201}, {"fee": 1}, {"nonce": 4}, {"to": "ait1x"}):
        assert _checked({**CAPTURE, **changed})[CheckKind.SIGNATURE].passed is False, changed
    assert _checked({**CAPTURE, "value": 9})[CheckKind.SIGNATURE].passed is True, "the node itself adds it"
    swapped = _checked({**CAPTURE, "from": "0x" + "ab" * 20})[CheckKind.SIGNATURE]
    assert swapped.passed is False and "not by its sender" in swapped.detail


def test_an_account_that_does_not_say_whether_it_exists_is_not_called_unknown() -> None:
    checks = _checked(CAPTURE, balance=0)
    assert checks[CheckKind.SENDER].passed is None and "does not say" in checks[CheckKind.SENDER].detail
    assert checks[CheckKind.BALANCE].passed is False
    view = AddressView(SafeText("ait1x"), Account(SafeText("ait1x"), 5, 2, None), (3,))
    assert "balance 5, next nonce 2" in view.words and "missing among what waits: 3" in view.words
    assert "no such account" not in AddressView(SafeText("x"), Account(SafeText("x"), 0, 0, None)).words
    assert "no such account" in AddressView(SafeText("x"), Account(SafeText("x"), 0, 0, False)).words


def test_a_nonce_behind_others_that_wait_is_no_gap() -> None:
    ahead = replace(TX, tx_hash=SafeText("0x9"), nonce=5)
    view = node(mempool=pool(replace(TX, nonce=4), ahead), accounts={"ait1rich": RICH})
    (nonce,) = [c for c in checks_of(ahead, [view]) if c.kind is CheckKind.NONCE]
    assert nonce.passed is True and "none is missing" in nonce.detail
    alone = node(mempool=pool(ahead), accounts={"ait1rich": RICH})
    (nonce,) = [c for c in checks_of(ahead, [alone]) if c.kind is CheckKind.NONCE]
    assert nonce.passed is False and "1 missing before it" in nonce.detail


def test_an_address_is_found_under_each_of_its_spellings() -> None:
    tx, view = _august(CAPTURE)
    for spelled in (str(tx.sender), str(tx.sender).lower(), "ait1" + str(tx.sender)[2:].lower()):
        brought = search(query_of(spelled), [view])
        assert [p.tx_hash for p in brought.pictures] == [tx.tx_hash], spelled
        assert brought.address is not None and "balance 10,000" in brought.address.words


def test_what_only_a_follower_of_2026_08_holds_is_stuck_there() -> None:
    tx, view = _august(CAPTURE)
    follower = replace(view, name="follower", drains=False)
    producer = node(mempool=pool(), generation="2026-08")
    (picture,) = found(query_of(str(tx.tx_hash)), [producer, follower])
    assert picture.verdict.word == "STUCK" and "forwards nothing" in picture.verdict.text
    april = [replace(one, generation="2026-04") for one in (producer, follower)]
    (picture,) = found(query_of(str(tx.tx_hash)), april)
    assert picture.verdict.word == "VANISHED"
    untold = [replace(one, generation="unknown") for one in (producer, follower)]
    (picture,) = found(query_of(str(tx.tx_hash)), untold)
    assert picture.verdict.word == "VANISHED", "what the version does is not claimed of one that was not found out"


def test_why_it_waits() -> None:
    others = [replace(TX, tx_hash=SafeText(f"0x{n}"), fee=50, sender=SafeText("x")) for n in (7, 8)]
    view = node(mempool=pool(*others, TX), accounts={"ait1rich": RICH}, blocks=(block(99, TX, TX),), head_age_s=90.0)
    view = replace(view, blocks=(replace(view.blocks[0], transactions=(), tx_count=2),), first_seen={str(HASH): 7.0})
    (picture,) = found(query_of(str(HASH)), [view])
    why = " | ".join(picture.why)
    assert "2 before it by fee; a block took 2" in why and "90 s old: nobody makes blocks" in why
    assert picture.sightings[0].at == 7.0
    (calm,) = found(query_of(str(HASH)), [node(mempool=pool(replace(TX, signed=True)), accounts={"ait1rich": RICH})])
    assert calm.why == (SafeText("nothing that is seen: it is due in the next block"),)


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
    done = run("--config", devnet_child.config_path, "tx", "-", "--json", "--depth", 10)
    results = json.loads(done.out)["results"]
    assert len(results) == 300 and done.code == 1
    assert {r["transactions"][0]["state"] for r in results} == {"NOT FOUND"}


@pytest.fixture(scope="module")
def august() -> Iterator[Child]:
    with start_child(DevnetOptions(seed=8, generation="2026-08")) as child:
        yield child


def _listed(run: Run, child: Child, limit: int) -> list[dict[str, object]]:
    """Transactions of genesis's newest blocks."""
    done = run("--config", child.config_path, "blocks", "--node", "genesis", "--limit", limit, "--json")
    return [tx for block in json.loads(done.out)["nodes"][0]["blocks"] for tx in block["transactions"]]


def test_tx_on_2026_08(run: Run, august: Child) -> None:
    """An old one by the node's own index, an address by either spelling, and what waits with its real signature."""
    config = ("--config", august.config_path)
    oldest = _listed(run, august, 40)[-1]
    done = run(*config, "tx", oldest["hash"], "--depth", 1, "--json")
    (found_,) = json.loads(done.out)["results"][0]["transactions"]
    assert done.code == 0 and found_["state"] == "included" and "own index" in found_["nodes"][0]["note"]
    sender = str(oldest["from"])
    for spelled in (sender, "ait1" + sender[2:].lower()):
        document = json.loads(run(*config, "tx", spelled, "--depth", 20, "--json").out)
        assert document["accounts"][0]["balance"] > 0 and document["results"][0]["transactions"], spelled
    assert "no such account" not in run(*config, "tx", sender, "--depth", 5).out
    assert run(*config, "tx", "f" * 64, "--depth", 5).code == 1


def test_what_waits_on_2026_08_is_checked(run: Run, august: Child) -> None:
    """Sent to the follower, where it waits for ever: so the moment of looking does not matter."""
    body = dict(CAPTURE)
    del body["value"]
    httpx.post(f"{_rpc(august, 'follower')}/rpc/transaction", json=body, timeout=10)
    done = run("--config", august.config_path, "tx", CAPTURE["from"], "--depth", 5, "--json")
    (stuck,) = json.loads(done.out)["results"][0]["transactions"]
    assert stuck["state"] == "STUCK" and done.code == 1
    checks = {check["check"]: check["passed"] for check in stuck["checks"]}
    assert checks["signature"] is True and checks["balance"] is False and checks["chain"] is False


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
