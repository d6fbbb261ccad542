"""The ledger, the blocks browser and the search for transactions: keys, and pictures at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from aitbc_tui.domain.errors import ConnectError
from aitbc_tui.domain.node import Account, Block, MempoolReading, Transaction
from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.text import SafeText
from aitbc_tui.ledger.rows import StoredReceipt
from aitbc_tui.ledger.space import Space
from aitbc_tui.operations.export import Entry, charges_of
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.spreading import Seen, Spreading, spreading
from aitbc_tui.state.totals import Charge
from aitbc_tui.state.transactions import Search, search
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.state.tx_query import query_of
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from tests.fixtures import details
from tests.receipts.vectors import MASK, body, trust
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until

SIZES = [(80, 24), (120, 40), (200, 60)]
FILES = (
    "2026-02/valid-plain.json",
    "2026-02/valid-price-override.json",
    "2026-02/tampered-price.json",
    "2026-02/valid-real-miner-lifecycle.json",
    "2026-02/tampered-signature-removed.json",
    "2026-02/valid-key-order.json",
)
DAY = 86_400.0
FIRST = datetime(2026, 11, 18, 9, 30, tzinfo=UTC).timestamp()


def entries() -> tuple[Entry, ...]:
    made = []
    for number, file in enumerate(FILES):
        receipt = verify(body(file), trust("2026-02"), mask=MASK)
        facts = receipt.facts
        seen = FIRST + number * DAY * 0.8
        stored = StoredReceipt(
            "lab",
            str(facts.receipt_id),
            str(facts.job_id),
            receipt.verdict,
            receipt.reason,
            "k",
            (),
            seen,
            seen + 60,
            number + 1,
            receipt.body,
        )
        made.append(Entry(stored, receipt, conflict=number == 2))
    return tuple(reversed(made))


def tx(number: int, **changes: object) -> Transaction:
    made = Transaction(
        SafeText(f"0x{number:064x}"),
        SafeText("ait10tlyqdczq6ycvcrdz5xdg4jmn2jgg6y7wncd32kvkuzqgqc5385sthrv8l"),
        SafeText("ait1mch8hek4lyucypsfpla53mtpcrjfw6uhsx3gthm8mdvs0l4clj5s4842d8"),
        100 * number,
        10,
        number,
        SafeText("ait-mainnet"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def block(height: int, chain: str = "a", *txs: Transaction, hollow: bool = False) -> Block:
    when = datetime.fromtimestamp(FIRST + 2 * height, UTC)
    digest = SafeText(f"0x{chain * 8}{height:056x}")
    proposer = SafeText("" if hollow else "ait1proposer")
    parent = SafeText("" if hollow else f"0x{chain * 8}{height - 1:056x}")
    return Block(height, digest, parent, proposer, when, len(txs), txs)


def views(*, forked: bool = False, lost: bool = False) -> tuple[NodeView, ...]:
    mine = tuple(block(h, "a", *((tx(h), tx(h + 1000)) if h % 3 == 0 else ())) for h in range(120, 100, -1))
    theirs = tuple(block(h, "b" if forked and h > 110 else "a") for h in range(119, 100, -1))
    genesis = NodeView("genesis", True, "ait-mainnet", 120, MempoolReading(0, False, ()), mine, 101)
    follower = NodeView("follower", False, "ait-mainnet", 119, MempoolReading(1, False, (tx(7),)), theirs, 101)
    if lost:
        down = Trouble(TroubleKind.CONNECT, SafeText("connection refused"))
        follower = NodeView("follower", False, "ait-mainnet", trouble=down)
    nobody = Account(tx(1).sender, 0, 0, False)
    return (replace(genesis, accounts={str(tx(1).sender): nobody}), follower)


class Instruments(PromisingBackend):
    def __init__(self) -> None:
        super().__init__(details.sound_network())
        self.views = views()
        self.error: ConnectError | None = None
        self.forged = False
        self.space = Space(Path("/home/op/.local/state/aitbc-tui/ledger.sqlite3"), 1_234_567, 34 * 10**9, 10**11)

    def _done(self, value: object) -> Future[object]:
        done: Future[object] = Future()
        if self.error is not None:
            done.set_exception(self.error)
        else:
            done.set_result(value)
        return done

    def ledger_entries(self) -> Future[tuple[tuple[Entry, ...], tuple[Charge, ...], Space | None]]:
        rows = entries()
        if self.forged:
            rows = (replace(rows[0], stored=replace(rows[0].stored, key_id="other")), *rows[1:])
        charges = tuple(charges_of(rows, {rows[-1].stored.job_id}))
        return self._done((rows, charges, self.space))  # type: ignore[return-value]

    def export_masked(self) -> Future[str]:
        self.asked.append("export")
        return self._done("/home/op/exports/receipts.json")  # type: ignore[return-value]

    def recent_blocks(self, limit: int) -> Future[tuple[NodeView, ...]]:
        self.asked.append(f"blocks {limit}")
        return self._done(self.views)  # type: ignore[return-value]

    def burst(self, seconds: float) -> Future[Spreading]:
        self.asked.append(f"burst {seconds:.0f}")
        seen = [Seen(n, h, h + d, h + d + 0.01) for n, d in (("genesis", 0.0), ("follower", 0.04)) for h in (1, 2, 3)]
        return self._done(spreading(seen, seconds))  # type: ignore[return-value]

    def find_transactions(self, text: str) -> Future[Search]:
        self.asked.append(f"find {text}")
        return self._done(search(query_of(text), self.views))  # type: ignore[return-value]


async def _shows(pilot: Pilot[int], words: str) -> str:
    """The screen's text as soon as these words stand on it."""
    app = pilot.app
    assert isinstance(app, AitbcApp)
    await until(lambda: words in text_of(app), 10)
    return text_of(app)


async def test_the_ledger() -> None:
    backend = Instruments()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_ledger(app)
        text = await _shows(pilot, "Ledger ■ 4 of 6 valid")
        assert "every verdict, 6 shown" in text and "CONFLICT" in text
        assert "1.2 MB on disk, 34 GB free there" in text
        assert "miner-dev-key" not in text and "client-dev-key" not in text
        await pilot.press("f")
        await _shows(pilot, "valid, 4 shown")
        await pilot.press("f")
        await _shows(pilot, "1 shown")
        await pilot.press("d")
        await _shows(pilot, "by miner")
        assert "Earned a day" in text_of(app) and "2026-11-18 to 2026-11-22" in text_of(app)
        assert "HAS CHANGED" not in text_of(app)
        await pilot.press("w")
        await _shows(pilot, "masked, in /home/op/exports/receipts.json")
        await pilot.press("j", "enter")
        await _shows(pilot, "Checked")


async def test_a_ledger_without_room_says_what_to_do() -> None:
    backend = Instruments()
    backend.space = replace(backend.space, free=120_000_000)
    app = app_on(backend)
    async with app.run_test(size=(80, 24)) as pilot:
        registry.open_ledger(app)
        text = await _shows(pilot, "▲ its disk has 120 MB left")
        assert "aitbc-tui receipts export --exact -o FILE" in text


async def test_propagation_is_measured_when_asked_for() -> None:
    backend = Instruments()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_blocks(app)
        assert "Propagation" not in await _shows(pilot, "Block 120")
        await pilot.press("b")
        text = await _shows(pilot, "2 new blocks in 10 s")
        assert backend.asked.count("burst 10") == 1 and "follower: 0 to 1050 ms after the first node" in text


async def test_a_changed_key_stands_over_the_ledger() -> None:
    backend = Instruments()
    backend.forged = True
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_ledger(app)
        text = await _shows(pilot, "THE KEY THAT SIGNS RECEIPTS HAS CHANGED")
        assert "until now another key: k" in text and "now, on 1 receipt: other" in text
        await pilot.press("j", "j")
        assert "▌" in text_of(app)


async def test_the_blocks() -> None:
    backend = Instruments()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_blocks(app)
        await _shows(pilot, "Block 120 · as genesis holds it")
        assert "Blocks ● agree" in text_of(app) and "blocks 20" in backend.asked
        await pilot.press("j")
        await _shows(pilot, "Block 119")
        await pilot.press("m")
        await until(lambda: "blocks 50" in backend.asked, 10)
        backend.views = views(forked=True)
        await pilot.press("r")
        await _shows(pilot, "DIFFER from 111")
        backend.error = ConnectError("no route", host="genesis")
        await pilot.press("r")
        await until(lambda: backend.asked.count("blocks 50") == 3, 10)
        await _shows(pilot, "DIFFER from 111")  # what was read stays


async def test_the_search() -> None:
    backend = Instruments()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_tx(app)
        await _shows(pilot, "type a hash")
        await pilot.press(*f"{7:064x}", "enter")
        text = await _shows(pilot, "■ VANISHED")
        assert f"find {7:064x}" in backend.asked
        assert "is unknown to the chain" in text and "sender     FAILS" in text
        await pilot.press("slash", *("backspace",) * 64, *f"{120:064x}", "enter")
        await _shows(pilot, "● included")
        await pilot.press("slash", *("backspace",) * 64, *str(tx(1).sender), "enter")
        text = await _shows(pilot, "no such account on the chain")
        assert "transactions in what was searched" in text and "to offer: " in text
        await pilot.press("escape")
        await until(lambda: app.screen is app.dashboard, 10)


def _tx(number: int) -> Callable[[AitbcApp], None]:
    return lambda app: registry.open_tx(app, f"{number:064x}")


SHOTS: dict[str, tuple[Callable[[AitbcApp], None], bool]] = {
    "ledger": (registry.open_ledger, False),
    "ledger-key-changed": (registry.open_ledger, False),
    "blocks": (registry.open_blocks, False),
    "blocks-forked": (registry.open_blocks, True),
    "tx-vanished": (_tx(7), False),
    "tx-included": (_tx(120), False),
    "tx-address": (lambda app: registry.open_tx(app, str(tx(1).sender)), False),
}


READY = {
    "ledger": "newest first",
    "ledger-key-changed": "HAS CHANGED",
    "blocks": "Blocks ● agree",
    "blocks-forked": "DIFFER from",
    "tx-vanished": "VANISHED",
    "tx-included": "● included",
    "tx-address": "no such account",
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOTS)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    show, forked = SHOTS[name]
    backend = Instruments()
    backend.views = views(forked=forked)
    backend.forged = name == "ledger-key-changed"
    app = app_on(backend)

    async def before(pilot: Pilot[int]) -> None:
        show(app)
        await _shows(pilot, READY[name])

    assert snap_compare(app, terminal_size=size, run_before=before)
