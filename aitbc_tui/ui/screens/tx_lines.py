"""The lines of a search for transactions: where each is, what that means, which checks it fails. Pure."""

from __future__ import annotations

from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.transactions import Search, TxPicture
from aitbc_tui.state.tx_sightings import Place, Sighting
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import clock, cut, pad, pairs, section, text_lines

_PLACES = {
    Place.BLOCK: Level.GOOD,
    Place.MEMPOOL: Level.WAITS,
    Place.KEPT: Level.NONE,
    Place.NOWHERE: Level.NONE,
    Place.UNKNOWN: Level.UNKNOWN,
}
_PASSED = {True: (Level.GOOD, "ok"), False: (Level.BAD, "FAILS"), None: (Level.UNKNOWN, "unknown")}


def build_search(typed: str, brought: Search | None, trouble: str, width: int) -> list[Line]:
    """The title, then each transaction. None: nothing was asked yet."""
    title = section(
        "Transactions", width, text="type a hash, an address, a job or receipt id; Enter searches", heavy=True
    )
    if trouble:
        return [title, *text_lines(f"▲ {trouble}", width, role=Role.WARN)]
    if brought is None:
        hint = "every node's mempool and its last 200 blocks are searched" if not typed else "… asking every node"
        return [title, *text_lines(hint, width, role=Role.MUTED)]
    fee = brought.fee
    said = f"{fmt.UNKNOWN if fee.fee is None else f'{fee.fee:g}'} to offer: {fee.basis}"
    lines = [title, *_address(brought, width), *pairs("fee", said, width), Line()]
    for name, why in brought.unheard:
        lines += text_lines(f"▲ {name}: {why}", width, role=Role.WARN)
    if not brought.pictures:
        lines += text_lines("no transaction in the mempools and blocks searched names it", width)
        more = "this chain does not record receipts by itself; only a payload could name one"
        lines += text_lines(more, width, role=Role.MUTED)
    for picture in brought.pictures:
        lines += [*_one(picture, width), Line()]
    return lines[:-1] if brought.pictures else lines


def _address(brought: Search, width: int) -> list[Line]:
    """What the chain says of the address that was searched for."""
    view = brought.address
    if view is None:
        return []
    waits = sum(1 for picture in brought.pictures if picture.verdict.word == "pending")
    told = f"{len(brought.pictures)} transactions in what was searched, {waits} pending"
    return [*pairs("address", str(view.address), width), *pairs("account", str(view.words), width),
            *pairs("seen", told, width)]  # fmt: skip


def _one(picture: TxPicture, width: int) -> list[Line]:
    level, word = picture.verdict.level, str(picture.verdict.word)
    lines = [section(f"{picture.tx_hash[:10]}…{picture.tx_hash[-6:]}", width, mark=(level, word))]
    lines += text_lines(str(picture.verdict.text), width)
    tx = picture.tx
    if tx is not None:
        amount = fmt.UNKNOWN if tx.amount is None else f"{tx.amount:,}"
        fee = fmt.UNKNOWN if tx.fee is None else f"{tx.fee:,}"
        lines += pairs("from", str(tx.sender), width)
        lines += pairs("to", str(tx.recipient), width)
        lines += pairs("amount", f"{amount}, fee {fee}, nonce {tx.nonce}", width)
        if tx.payload:
            lines += pairs("payload", cut(tx.payload, 300), width)
    lines += [sighting_of(sighting, width) for sighting in picture.sightings]
    for check in picture.checks:
        mark, said = _PASSED[check.passed]
        head = f" {glyph(mark)} {pad(check.kind.value, 11)}{pad(said, 9)}"
        lines.append(Line((Run(head, level_role(mark)), Run(cut(check.detail, width - len(head) - 1)))))
    for reason in picture.why:
        lines += pairs("waits for", str(reason), width)
    return lines


def sighting_of(sighting: Sighting, width: int) -> Line:
    level = _PLACES[sighting.place]
    where = ""
    if sighting.height is not None:
        where = f"block {sighting.height:,} at {clock(sighting.at)}"
    elif sighting.rank is not None:
        since = "" if sighting.at is None else f", known since {clock(sighting.at)}"
        where = f"{sighting.rank[0]} of {sighting.rank[1]} by fee{since}"
    head = f" {glyph(level)} {pad(sighting.node, 12)}{pad(sighting.place.value, 10)}"
    text = "; ".join(part for part in (where, str(sighting.note)) if part)
    return Line((Run(head, level_role(level)), Run(cut(text, max(10, width - 26))))).fit(width)
