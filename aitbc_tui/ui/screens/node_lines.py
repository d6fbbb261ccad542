"""The lines of a node's screen (screens 2.10): sentence, do, blocks side by side, then its machine. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.figures import within
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import NodeRow, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens import node_panels as panels
from aitbc_tui.ui.screens.alarm_evidence import and_words
from aitbc_tui.ui.screens.layout import GAP, beside, do_lines, section, text_lines
from aitbc_tui.ui.screens.log_text import log_line
from aitbc_tui.ui.screens.node_blocks import Window, block_lines
from aitbc_tui.ui.screens.node_host import host
from aitbc_tui.ui.screens.node_settings import settings

_DO = {
    "FORK": "it cannot reorganise by itself: stop it, copy the chain database from {source}, start it. "
    "No sync here does that",
    "HOLLOW": "copy the chain database from {source}: no sync repairs blocks that lack their content",
    "STALLED": "`l` its log, then `o` restart of its unit; leave when heads advance",
    "WEDGED": "`o` sync blockchain from {source}: gossip never fills the gap",
    "DOWN": "`l` its log, then `o` start of its unit",
    "lag": "wait while it closes; if it does not, `o` sync blockchain",
    "ahead": "compare the proposers below: somebody else makes blocks for it",
    "unit down": "`l` its log, then `o` start of the unit",
    "no blocks": "check chain_id; a node that joined late needs a copy of the database",
}


def headline(snapshot: Snapshot, node: NodeRow) -> str:
    """The title's text: the worst thing in few words."""
    fork = snapshot.chain.fork
    if fork is not None and node.name in fork.nodes:
        if fork.last_common is None:
            return f"off the chain by {fmt.thousands(fork.height)}, last common not found yet"
        return f"left the chain at {fmt.thousands(fork.height)}, last common {fmt.thousands(fork.last_common)}"
    if node.head.value is None:
        return f"{node.role}, its head is not known"
    return f"{node.role} at {fmt.thousands(node.head.value.height)}"


def sentence(snapshot: Snapshot, node: NodeRow) -> str:
    """What it is, since when, and what that does not mean."""
    fork, source = snapshot.chain.fork, snapshot.chain.source
    if fork is not None and node.name in fork.nodes:
        others = and_words([str(r.name) for r in snapshot.nodes if r.name not in fork.nodes])
        text = f"From {fmt.thousands(fork.height)} on it has other blocks than {others}."
        if node.head.freshness(snapshot.now) is Freshness.FRESH and node.lag is not None and _moves(snapshot, node):
            apart = f"{-node.lag:+d} is not a lag" if node.lag else "an equal height is no agreement"
            text += f" It still makes blocks: {apart}, it is apart."
        return text
    said = str(node.verdict.text)
    if said:
        return said[0].upper() + said[1:] + ("" if said.endswith(".") else ".")
    if node.name == source:
        return "The other nodes are compared with this one."
    if node.lag is None:
        return f"It cannot be compared with {source or 'any other node'} now."
    at = snapshot.chain.display_height
    where = "" if at is None else f" at {fmt.thousands(at)}"
    text = f"Same hash as {source}{where}, {node.lag} blocks behind it."
    bound = snapshot.chain.propagation_s.get(str(node.name))
    return text if bound is None else f"{text} A new block is here {within(bound)} after {source} has it."


def _moves(snapshot: Snapshot, node: NodeRow) -> bool:
    changed = node.head_changed_at
    return changed is not None and snapshot.now - changed < 30.0


def to_do(snapshot: Snapshot, node: NodeRow) -> list[str]:
    word = "FORK" if node.off_chain else str(node.verdict.word)
    if word in _DO:
        return [in_words(_DO[word]).replace("{source}", snapshot.chain.source or "the producer")]
    if node.head.freshness(snapshot.now) is not Freshness.FRESH:
        return [in_words("`r` asks now"), in_words("`l` its log"), in_words("`:`connections what was tried")]
    return [in_words("`l` its log"), in_words("`o` operations on it")]


def _head(snapshot: Snapshot, node: NodeRow, width: int) -> list[Line]:
    age = node.head.age(snapshot.now)
    stale = node.head.freshness(snapshot.now) is Freshness.STALE
    shown = "never" if age is None else f"{'~' if stale else ''}{fmt.age(age)}"
    mark = (node.verdict.level, str(node.verdict.word))
    title = section(
        f"Node {node.name}", width, mark=mark, text=headline(snapshot, node), age=shown, heavy=True, stale=stale
    )
    return [title, *text_lines(sentence(snapshot, node), width), *do_lines(to_do(snapshot, node), width)]


def _log(node: NodeRow, log: Sequence[SafeText], trouble: str, width: int, rows: int = 3) -> list[Line]:
    unit = next((str(u.name).removesuffix(".service") for u in node.units.value or ()), "no unit is known")
    text = f"{unit}, last {min(rows, len(log))} of {len(log)}, cleaned" if log else unit
    lines = [section("Log", width, text=text, age="<5 s" if log else "")]
    if trouble:
        return [*lines, *text_lines(f"▲ {trouble}", width, role=Role.WARN)]
    if not log:
        return [*lines, Line((Run(" … nothing read yet", Role.UNKNOWN),))]
    return [*lines, *(log_line(text, width) for text in log[-rows:])]


def build_node(
    snapshot: Snapshot,
    node: NodeRow,
    window: Window | None,
    log: Sequence[SafeText],
    trouble: str,
    width: int,
) -> list[Line]:
    """Every line, the title first; below 120 columns the panels stand under one another."""
    head = _head(snapshot, node, width)
    blocks = block_lines(snapshot, node, window, width)
    if width < 120:
        parts = [
            blocks,
            panels.units(snapshot, node, width),
            host(snapshot, node, width),
            settings(snapshot, node, width),
            panels.answers(snapshot, node, width),
            _log(node, log, trouble, width, 5),
        ]
        return [*head, *(line for part in parts for line in (Line(), *part))]
    left = (width - GAP) // 2
    other = width - GAP - left
    upper = beside(panels.units(snapshot, node, left), left, host(snapshot, node, other), other)
    lower = beside(settings(snapshot, node, left), left, panels.answers(snapshot, node, other), other)
    return [*head, Line(), *blocks, Line(), *upper, Line(), *lower, Line(), *_log(node, log, trouble, width)]


def unknown_node(name: str, width: int) -> list[Line]:
    title = section(f"Node {name}", width, mark=(Level.NONE, "no such node"), heavy=True)
    return [title, *text_lines(f"– no node of this name is configured: {name}", width)]
