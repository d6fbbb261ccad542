"""The lines of the blocks browser: nodes side by side, height by height; what is in the selected block. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.figures import short_hash
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.tx_checks import NodeView
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.alarm_evidence import short_proposer
from aitbc_tui.ui.screens.layout import clock, cut, pad, pairs, right, section, text_lines

COLUMN = 18


def heights(views: Sequence[NodeView]) -> list[int]:
    return sorted({block.height for view in views for block in view.blocks}, reverse=True)


def at(view: NodeView, height: int) -> Block | None:
    return next((block for block in view.blocks if block.height == height), None)


def differs(views: Sequence[NodeView], height: int) -> bool:
    return len({block.hash for view in views if (block := at(view, height)) is not None}) > 1


def build_blocks(
    views: Sequence[NodeView], selected: int, width: int, spreading: Sequence[SafeText] = ()
) -> list[Line]:
    """Every line, the title first; `spreading` are the words of a burst that was asked for."""
    rows = heights(views)
    wrong = [height for height in rows if differs(views, height)]
    hollow = [view.name for view in views if any(block.hollow for block in view.blocks)]
    mark = (Level.GOOD, "agree")
    if wrong:
        mark = (Level.BAD, f"DIFFER from {min(wrong):,}")
    elif hollow:
        mark = (Level.BAD, "HOLLOW")
    text = f"{len(rows)} heights of {len(views)} nodes"
    lines = [section("Blocks", width, mark=mark, text=text, heavy=True), _header(views, width)]
    lines += [_row(views, height, width, index == selected) for index, height in enumerate(rows)]
    for view in views:
        if view.trouble is not None:
            lines += text_lines(f"▲ {view.name}: {view.trouble.detail}", width, role=Role.WARN)
    if spreading:
        lines += [Line(), section("Propagation", width)]
        lines += [line for said in spreading for line in text_lines(str(said), width)]
    if rows:
        lines += _inside(views, rows[min(selected, len(rows) - 1)], width)
    return lines


def _header(views: Sequence[NodeView], width: int) -> Line:
    names = "".join(pad(cut(view.name, COLUMN - 1), COLUMN) for view in views)
    return Line((Run(cut(f" {'height':>9}  {'time':<9}{'tx':>4}  {names}proposer", width), Role.MUTED),))


def _row(views: Sequence[NodeView], height: int, width: int, selected: bool) -> Line:
    known = next(block for view in views if (block := at(view, height)) is not None)
    proposer = next((b.proposer for v in views if (b := at(v, height)) is not None and b.proposer), fmt.NONE)
    count = fmt.UNKNOWN if known.tx_count is None else str(known.tx_count)
    wrong = differs(views, height)
    runs = [
        Run("▌" if selected else " ", Role.ACCENT),
        Run(right(f"{height:,}", 9) + "  " + pad(clock(known.timestamp), 9) + right(count, 4) + "  "),
    ]
    for view in views:
        block = at(view, height)
        text = fmt.NONE if block is None else short_hash(block.hash)
        bad = wrong or (block is not None and block.hollow)
        mark = " H" if block is not None and block.hollow else ""
        runs.append(Run(pad(f"{text}{mark}", COLUMN), Role.BAD if bad and block is not None else Role.TEXT))
    room = width - sum(run.width for run in runs)
    runs.append(Run(_named(str(proposer), room), Role.MUTED))
    return Line(tuple(runs), selected).fit(width)


def _named(proposer: str, room: int) -> str:
    """The whole name where it fits, else both its ends: keys of one kind begin alike."""
    return proposer if len(proposer) <= room else cut(short_proposer(proposer), max(1, room))


def _inside(views: Sequence[NodeView], height: int, width: int) -> list[Line]:
    """The selected block, from the first node that holds its transactions."""
    holder = next((v for v in views if (b := at(v, height)) is not None and b.transactions), None)
    holder = holder or next(view for view in views if at(view, height) is not None)
    block = at(holder, height)
    assert block is not None
    lines = [Line(), section(f"Block {height:,}", width, text=f"as {holder.name} holds it")]
    for label, text in (
        ("hash", str(block.hash)),
        ("parent", str(block.parent_hash) or "none: hollow"),
        ("proposer", str(block.proposer) or "none: hollow"),
    ):
        lines += pairs(label, text, width)
    if not block.transactions:
        return [*lines, *text_lines("no transaction is in it", width, role=Role.MUTED)]
    for tx in block.transactions:
        money = "?" if tx.amount is None else f"{tx.amount:,}"
        fee = "?" if tx.fee is None else f"{tx.fee:,}"
        money = f"{money} + fee {fee}  nonce {tx.nonce}"
        text = f"{short_hash(tx.tx_hash) or fmt.UNKNOWN}  {money}  {tx.sender[:16]}… to {tx.recipient[:16]}…"
        lines.append(Line((Run(" " + cut(text, width - 1)),)))
    return lines
