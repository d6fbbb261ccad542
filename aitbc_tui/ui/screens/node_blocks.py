"""Blocks of every node side by side: equal hashes are muted, different ones written out (screens 2.10). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aitbc_tui.domain.node import Block
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.alarm_evidence import short_proposer
from aitbc_tui.ui.screens.layout import clock, cut, pad, section

COUNT = 12
ABOVE = 5  # rows over the first different block
HASH, OTHER = 15, 16
FIXED = 101  # gutter, height, the source's three columns and this node's four
ALONE = 43  # the same of the source on its own screen, where only the proposer and the others come after it


@dataclass(frozen=True, slots=True)
class Window:
    """The heights shown: `top` is the newest; `selected` one of them."""

    top: int
    selected: int
    fork: int | None = None

    @property
    def heights(self) -> range:
        return range(self.top, max(-1, self.top - COUNT), -1)


def first_window(snapshot: Snapshot, name: str) -> Window | None:
    """Around the fork this node is part of, else the newest blocks that all nodes have; None: no head is known."""
    fork = snapshot.chain.fork
    if fork is not None and (name in fork.nodes or name == snapshot.chain.source):
        return Window(max(COUNT - 1, fork.height + ABOVE), fork.height, fork.height)
    heads = [row.head.value.height for row in snapshot.nodes if row.head.value is not None]
    return Window(min(heads), min(heads)) if heads else None


def moved(window: Window, blocks: int, highest: int) -> Window:
    """Older (negative) or newer blocks; never above the highest head, never below block 0."""
    top = max(min(COUNT - 1, highest), min(highest, window.top + blocks))
    selected = max(top - COUNT + 1, min(top, window.selected + blocks))
    return Window(top, max(0, selected), window.fork)


def missing(snapshot: Snapshot, window: Window) -> list[int]:
    """Heights of the window that some node must have and has not been asked for."""
    wanted = []
    for height in window.heights:
        for row in snapshot.nodes:
            head = row.head.fresh(snapshot.now)
            if head is not None and height <= head.height and height not in snapshot.blocks.get(str(row.name), {}):
                wanted.append(height)
                break
    return wanted


def _stale(row: NodeRow, now: float) -> bool:
    return row.head.freshness(now) is Freshness.STALE


def _digits(row: NodeRow, block: Block | None, height: int) -> str:
    if block is not None:
        return fmt.short_hash(str(block.hash))
    head = row.head.value
    return fmt.NONE if head is not None and height > head.height else fmt.UNKNOWN


def _made(block: Block | None) -> str:
    """`  12:01:44    2`: when its maker says it was made, and its transactions."""
    if block is None:
        return f"  {fmt.NONE:<8}{fmt.NONE:>5}"
    count = fmt.UNKNOWN if block.tx_count is None else fmt.number(block.tx_count, 5)
    return f"  {clock(block.timestamp):<8}{count:>5}"


class Side:
    """The table at one moment, for one node at one width."""

    def __init__(self, snapshot: Snapshot, node: NodeRow, width: int) -> None:
        self.snapshot, self.node, self.width = snapshot, node, width
        source = snapshot.chain.source
        rows = {str(row.name): row for row in snapshot.nodes}
        self.source = rows.get(source or "", node)
        self.own = node.name != self.source.name
        rest = [row for row in snapshot.nodes if row.name not in (self.source.name, node.name)]
        self.rest = sorted(rest, key=lambda row: not row.off_chain)  # who is apart is seen first
        before = FIXED if self.own else ALONE + 14
        self.others = self.rest[: max(0, (width - before) // (OTHER + 2))]
        used = (78 if self.own else ALONE + 3) + (OTHER + 2) * len(self.others)
        self.proposer = max(0, min(24, width - used))

    def block(self, row: NodeRow, height: int) -> Block | None:
        return self.snapshot.blocks.get(str(row.name), {}).get(height)

    def header(self) -> Line:
        text = "     height  " + pad(str(self.source.name), HASH) + "  made       tx"
        if self.own:
            text += "".join("  " + pad(str(row.name), OTHER) for row in self.others)
            text += "  " + pad(str(self.node.name), HASH) + "  made       tx"
            text += "  proposer" if self.proposer >= 8 else ""
        else:
            text += (
                "  " + pad("proposer", self.proposer) + "".join("  " + pad(str(row.name), OTHER) for row in self.others)
            )
        return Line((Run(cut(text, self.width), Role.MUTED),))

    def level(self, height: int) -> Level:
        """Equal, different, or not known, of this node (where it is the source: of any other, in sight or not)."""
        base = self.block(self.source, height)
        compared = [self.node] if self.own else [row for row in self.rest if not _stale(row, self.snapshot.now)]
        blocks = [self.block(row, height) for row in compared]
        if base is None or all(block is None for block in blocks):
            return Level.UNKNOWN
        same = all(block is None or block.hash == base.hash for block in blocks)
        return Level.GOOD if same else Level.BAD

    def row(self, height: int, selected: bool) -> Line:
        level = self.level(height)
        base = self.block(self.source, height)
        loud = Role.TEXT if level is not Level.GOOD else Role.MUTED
        runs = [
            Run("▌" if selected else " ", Role.ACCENT),
            Run(glyph(level), level_role(level)),
            Run(f" {fmt.thousands(height):>8}  {self._cell(self.source, height, HASH)}{_made(base)}", loud),
        ]
        others = [Run("  " + self._compared(row, base, height, OTHER), self._role(row, loud)) for row in self.others]
        if not self.own:
            runs += [Run("  " + pad(self._proposer(base), self.proposer), loud), *others]
            return Line(tuple(runs), selected)
        mine = self.block(self.node, height)
        proof = Role.BAD if level is Level.BAD else loud
        runs += [*others, Run("  " + self._compared(self.node, base, height, HASH), proof), Run(_made(mine), loud)]
        if self.proposer >= 8:
            runs.append(Run("  " + cut(self._proposer(mine), self.proposer), loud))
        return Line(tuple(runs), selected)

    def _role(self, row: NodeRow, otherwise: Role) -> Role:
        return Role.STALE if _stale(row, self.snapshot.now) else otherwise

    def _cell(self, row: NodeRow, height: int, width: int) -> str:
        mark = "~" if _stale(row, self.snapshot.now) else ""
        return pad(mark + _digits(row, self.block(row, height), height), width)

    def _compared(self, row: NodeRow, base: Block | None, height: int, width: int) -> str:
        """Equal hashes are not written out, but for what a stale node said."""
        block = self.block(row, height)
        if block is not None and base is not None and block.hash == base.hash and not _stale(row, self.snapshot.now):
            return pad(f"= {self.source.name}", width)
        return self._cell(row, height, width)

    def _proposer(self, block: Block | None) -> str:
        if block is None:
            return fmt.UNKNOWN
        if block.hollow and not block.proposer:
            return "– hollow"
        return short_proposer(str(block.proposer)) or fmt.NONE


def block_lines(snapshot: Snapshot, node: NodeRow, window: Window | None, width: int) -> list[Line]:
    """Title, header and rows, newest first."""
    if window is None:
        title = section("Blocks side by side", width, mark=(Level.COMING, "no head is known yet"))
        return [title]
    side = Side(snapshot, node, width)
    heights: Sequence[int] = window.heights
    around = window.fork is not None and window.fork in heights
    text = f"the {len(heights)} around the fork, newest first" if around else f"{len(heights)} blocks, newest first"
    lines = [section("Blocks side by side", width, text=text, age="<5 s"), side.header()]
    return [*lines, *(side.row(height, height == window.selected) for height in heights)]
