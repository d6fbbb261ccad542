"""The pins that were added by command: a JSON file of the operator's own, beside the configuration."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.text import clean
from aitbc_tui.ledger.files import locked, private_folder, read_private, replace_file
from aitbc_tui.receipts.trust import KeyRole, Pin, TrustStore, parse_key

VERSION = 1


class _PinRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    role: KeyRole
    added: date | None = None
    note: str = ""


class _TrustDocument(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    pins: tuple[_PinRow, ...] = ()


def load_pins(path: Path) -> tuple[Pin, ...]:
    """The pins in the file; none when there is no file. A damaged file is an error, never an empty store."""
    content = read_private(path)
    if content is None:
        return ()
    try:
        document = _TrustDocument.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _damaged(path, f"{where}: {first['msg']}" if where else first["msg"]) from None
    if document.version != VERSION:
        raise ConfigError(f"{path} has version {document.version}, this program knows {VERSION}", remedy="upgrade it")
    try:
        pins = tuple(Pin(parse_key(row.key), row.role, row.added, clean(row.note, 80)) for row in document.pins)
        return TrustStore(pins).pins  # refuses a key in both roles
    except ConfigError as error:
        raise _damaged(path, error.detail) from None


def _damaged(path: Path, why: str) -> ConfigError:
    return ConfigError(f"trust file {path} is damaged: {clean(why, 160)}", remedy="correct it, or restore a copy")


def add_pin(path: Path, pin: Pin) -> bool:
    """Pin a key; False when it was pinned for that role already. A key pinned for the other role is refused."""
    private_folder(path.parent)
    with locked(path):
        pins = load_pins(path)
        if any((known.key, known.role) == (pin.key, pin.role) for known in pins):
            return False
        _save(path, TrustStore(pins).merged([pin]).pins)
    return True


def remove_pin(path: Path, key: bytes, role: KeyRole | None = None) -> Pin:
    """Take a pin out and say which it was."""
    if not path.exists():
        raise _not_pinned(path)
    with locked(path):
        pins = load_pins(path)
        removed = [pin for pin in pins if pin.key == key and role in (None, pin.role)]
        if not removed:
            raise _not_pinned(path)
        _save(path, tuple(pin for pin in pins if pin not in removed))
    return removed[0]


def _not_pinned(path: Path) -> ConfigError:
    return ConfigError(
        f"that key is not pinned in {path}", remedy="`trust list` shows every pin and where it comes from"
    )


def _save(path: Path, pins: tuple[Pin, ...]) -> None:
    rows = [_PinRow(key=pin.key_id, role=pin.role, added=pin.added, note=pin.note) for pin in pins]
    document = _TrustDocument(version=VERSION, pins=tuple(rows)).model_dump(mode="json")
    replace_file(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8"))
