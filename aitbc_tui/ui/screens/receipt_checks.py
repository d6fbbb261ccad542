"""A receipt's checks and the keys side by side: the one inside it, the pinned ones, the attesting ones. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from aitbc_tui.domain.receipt import (
    CheckName,
    ReceiptVerdict,
    VerifiedReceipt,
    short_key,
)
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, section

_CHECK_LEVELS = {True: Level.GOOD, False: Level.BAD, None: Level.NONE}


def checked(receipt: VerifiedReceipt, width: int) -> list[Line]:
    """One row a check: whether it passed, and what was compared."""
    passed = sum(1 for one in receipt.checks if one.passed)
    lines = [section("Checked", width, text=f"{len(receipt.checks)} checks, {passed} pass")]
    for one in receipt.checks:
        level = _CHECK_LEVELS[one.passed]
        if one.name is CheckName.PRICE and level is Level.BAD:
            level = Level.WARN  # a miner may declare its price
        name = one.name.upper() if level is Level.BAD else one.name.value
        role = level_role(level) if level in (Level.BAD, Level.WARN) else Role.TEXT
        detail = Run(cut(str(one.detail), width - 26), Role.MUTED if level is Level.GOOD else Role.TEXT)
        lines.append(Line((Run(f" {glyph(level)} ", level_role(level)), Run(pad(name, 23), role), detail)))
    return lines


def _passed(receipt: VerifiedReceipt, name: CheckName) -> bool:
    return any(one.name is name and one.passed for one in receipt.checks)


def _key_line(label: str, key: str, note: Run) -> Line:
    return Line((Run(f" {label:<13}", Role.MUTED), Run(pad(short_key(key), 14)), note))


def _first_seen(snapshot: Snapshot, key: str) -> str:
    """When a receipt under this key was first seen from here, by the ledger: the hour today, else the day."""
    times = [row.key_since for row in snapshot.receipts if row.receipt.signing_key_id == key]
    known = [at for at in times if at is not None]
    if not known:
        return f"first seen {fmt.UNKNOWN}"
    first = datetime.fromtimestamp(min(known), UTC)
    return f"first seen {first:%H:%M}" if first.date() == snapshot.utc.date() else f"first seen {first:%-d %b}"


def _pinned_known(snapshot: Snapshot, receipt: VerifiedReceipt) -> list[tuple[str, str]]:
    """Pinned signing keys and the day of each pin; the one that verified this receipt first."""
    pins = {str(pin.key_id): str(pin.added) for pin in snapshot.pins if pin.role == "signing"}
    if receipt.signing_key_id and _passed(receipt, CheckName.PINNED):
        pins = {str(receipt.signing_key_id): pins.get(str(receipt.signing_key_id), "")} | pins
    return list(pins.items())[:2]


def keys(snapshot: Snapshot, receipt: VerifiedReceipt, width: int) -> list[Line]:
    """Side by side, so that comparing is possible."""
    lines = [section("Keys", width)]
    if receipt.signing_key_id:
        seen = Run(_first_seen(snapshot, receipt.signing_key_id), Role.MUTED)
        lines.append(_key_line("in receipt", receipt.signing_key_id, seen))
    else:
        lines.append(Line((Run(" in receipt   ", Role.MUTED), Run("none"))))
    pinned = _pinned_known(snapshot, receipt)
    for index, (key, added) in enumerate(pinned):
        about = f"signing, {added}" if added else "signing"
        lines.append(_key_line("" if index else "pinned", key, Run(about, Role.MUTED)))
    if not pinned:
        lines.append(Line((Run(" pinned       ", Role.MUTED), Run("none; aitbc-tui trust add signing KEY", Role.WARN))))
    attested = _passed(receipt, CheckName.ATTESTATION)
    for key in receipt.attestation_key_ids[:2]:
        mark = Run("● pinned", Role.OK) if attested else Run("■ NOT PINNED", Role.BAD_STRONG)
        if receipt.verdict is ReceiptVerdict.INVALID:
            mark = Run("not believed", Role.MUTED)
        lines.append(_key_line("attested by", key, mark))
    if not receipt.attestation_key_ids:
        lines.append(Line((Run(" attested by  ", Role.MUTED), Run("nobody"))))
    if receipt.signing_key_id:
        count = sum(1 for row in snapshot.receipts if row.receipt.signing_key_id == receipt.signing_key_id)
        plural = "receipt" if count == 1 else "receipts"
        lines.append(
            Line((Run(" seen on      ", Role.MUTED), Run(f"{count} {plural} of the last {len(snapshot.receipts)}")))
        )
    return lines
