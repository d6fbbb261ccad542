"""Pins in a file: private, whole, never lost by a damaged or foreign file, one role a key."""

from __future__ import annotations

import json
import stat
import threading
from datetime import date
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean
from aitbc_tui.ledger.trustfile import add_pin, load_pins, remove_pin
from aitbc_tui.receipts.trust import KeyRole, Pin, encode_key

ONE = Pin(b"\x01" * 32, KeyRole.SIGNING, date(2026, 11, 19), clean("from the coordinator's owner, by telephone"))
TWO = Pin(b"\x02" * 32, KeyRole.ATTESTATION, date(2026, 11, 20))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "trust.json"


def test_nothing_is_pinned_and_nothing_made_by_looking(path: Path) -> None:
    assert load_pins(path) == ()
    with pytest.raises(ConfigError, match="not pinned"):
        remove_pin(path, ONE.key)
    assert not path.parent.exists()


def test_pins_come_back_as_they_went(path: Path) -> None:
    assert add_pin(path, ONE) and add_pin(path, TWO)
    assert load_pins(path) == (ONE, TWO)
    assert not add_pin(path, Pin(ONE.key, ONE.role))
    assert load_pins(path) == (ONE, TWO)
    assert remove_pin(path, ONE.key) == ONE
    assert load_pins(path) == (TWO,)


def test_only_the_owner_reads_it(path: Path) -> None:
    add_pin(path, ONE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".trust.json.lock", "trust.json"]


def test_a_key_in_the_other_role_is_refused(path: Path) -> None:
    add_pin(path, ONE)
    with pytest.raises(ConfigError, match="for signing and for attestation"):
        add_pin(path, Pin(ONE.key, KeyRole.ATTESTATION))
    with pytest.raises(ConfigError, match="not pinned"):
        remove_pin(path, ONE.key, KeyRole.ATTESTATION)
    assert load_pins(path) == (ONE,)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"pins":[]}',
        '{"version":1,"pins":[{"key":"x","role":"signing"}]}',
        '{"version":1,"pins":[{"key":"' + "0" * 64 + '","role":"signer"}]}',
        '{"version":1,"pin":[]}',
        '{"version":2,"pins":[]}',
    ],
)
def test_a_damaged_file_is_an_error_and_is_kept(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content)
    path.chmod(0o600)
    for action in (lambda: load_pins(path), lambda: add_pin(path, ONE), lambda: remove_pin(path, ONE.key)):
        with pytest.raises(ConfigError, match="trust.json"):
            action()
    assert path.read_text() == content


def test_a_file_that_others_can_write_is_refused(path: Path) -> None:
    add_pin(path, ONE)
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="written by others"):
        load_pins(path)


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    path.parent.mkdir()
    path.symlink_to(real)
    add_pin(path, ONE)
    assert path.is_symlink() and json.loads(real.read_text())["pins"][0]["key"] == ONE.key_id


def test_a_folder_that_cannot_be_written_is_said(path: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(ConfigError, match="not a folder"):
        add_pin(path, ONE)


def test_pins_added_at_once_are_all_kept(path: Path) -> None:
    pins = [Pin(bytes([n]) * 32, KeyRole.SIGNING) for n in range(1, 13)]
    threads = [threading.Thread(target=add_pin, args=(path, pin)) for pin in pins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {pin.key_id for pin in load_pins(path)} == {encode_key(pin.key) for pin in pins}
