"""A ledger that cannot be opened or written takes nothing away from the watching, and nothing that was seen is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from aitbc_tui.collect.hub import Hub
from aitbc_tui.collect.keeping import open_ledger
from aitbc_tui.collect.receipts import Verifier
from aitbc_tui.collect.record_codec import decode, encode
from aitbc_tui.devnet.child import Child
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.identity import Masker, Role
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import Intent, LedgerError
from aitbc_tui.receipts.trust import TrustStore
from aitbc_tui.state.events import LedgerTold
from tests.collect.test_thread import setup_of
from tests.fixtures.handclock import HandClock
from tests.state.story import frame


async def test_receipts_that_were_not_taken_are_offered_again() -> None:
    taken: list[str] = []
    full = [True]

    def keep(receipts: list[VerifiedReceipt]) -> Mapping[str, float]:
        if full[0]:
            raise LedgerError("database or disk is full")
        taken.extend(str(receipt.facts.receipt_id) for receipt in receipts)
        return {}

    told: list[str] = []
    verifier = Verifier(TrustStore(), Masker(b"s" * 16), keep, lambda error: told.append(str(error or "")))
    verifier(b'{"receipt_id": "one"}')
    await verifier.save()
    verifier(b'{"receipt_id": "two"}')
    await verifier.save()
    assert taken == [] and told == ["database or disk is full"] * 2
    full[0] = False
    await verifier.save()
    await verifier.save()
    assert taken == ["one", "two"] and told[2:] == [""]


def test_names_of_this_run_where_no_salt_can_be_kept(devnet_child: Child, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the ledger's folder should be")
    setup = setup_of(devnet_child, tmp_path / "blocked" / "ledger.sqlite3")
    mask, ledger, lost = open_ledger(setup, lambda: 0.0)
    with ledger:
        assert isinstance(lost, ConfigError) and ledger.receipts("devnet", 9) == ()
        assert str(mask(Role.MINER, "a secret id").label).startswith("miner·")


def test_a_ledger_of_a_newer_program_is_told_as_that(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.sqlite3"):
        pass
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as database:
        database.execute("INSERT INTO migration VALUES (99, 'later', 0)")
        database.commit()
    hub = Hub(frame(), HandClock())
    with Ledger.lost(tmp_path / "ledger.sqlite3") as lost, pytest.raises(LedgerError) as caught:
        lost.intend("devnet", Intent.of(model="m", prompt="p"))
    hub.ledger(caught.value)
    (alarm,) = [alarm for alarm in hub.publish().alarms if alarm.rule == "ledger"]
    assert "has version 99" in alarm.evidence and "upgrade this one" in alarm.evidence
    told = LedgerTold(hub.world.ledger_trouble, 1.0)
    assert decode(encode(told)) == told, "a recording holds it"


def test_a_salt_that_is_unusable_alone_is_refused(devnet_child: Child, tmp_path: Path) -> None:
    setup = setup_of(devnet_child, tmp_path / "ledger.sqlite3")
    (tmp_path / "mask.salt").write_bytes(b"half")
    with pytest.raises(ConfigError, match=r"mask\.salt: shorter"):
        open_ledger(setup, lambda: 0.0)
