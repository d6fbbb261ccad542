"""What was seen behind an alarm: blocks for a fork, else the sentence itself; what else is odd; how sure. Pure."""

from __future__ import annotations

from aitbc_tui.domain.alarm import STILL_S, Alarm, AlarmKind
from aitbc_tui.domain.node import Block
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Fork, NodeRow, Snapshot
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import clock, cut, pad, wrap

_NUMBERS = {2: "both", 3: "all three"}


class _Names(dict[str, str]):
    """Names for the sentences; one that is not known is said so."""

    def __missing__(self, key: str) -> str:
        return f"the {key}"


def node_row(snapshot: Snapshot, name: str) -> NodeRow | None:
    return next((row for row in snapshot.nodes if row.name == name), None)


def and_words(names: list[str]) -> str:
    """`genesis, follower and follower-2`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def names_of(snapshot: Snapshot, alarm: Alarm) -> dict[str, str]:
    """What the words of a rule may name. Values are cleaned text; none is ever parsed again."""
    names = _Names(about=str(alarm.about))
    fork = snapshot.chain.fork
    off = fork.nodes if fork is not None else ()
    others = [str(row.name) for row in snapshot.nodes if row.name != alarm.about and row.name not in off]
    names["others"] = and_words(others) if others else "the others"
    names["since"] = fmt.clock_at(alarm.since, with_seconds=True)
    names["maker"] = ""
    if snapshot.chain.source is not None:
        names["source"] = snapshot.chain.source
    if fork is not None:
        names["maker"] = _maker(snapshot, fork, str(alarm.about))
    return names


def _maker(snapshot: Snapshot, fork: Fork, about: str) -> str:
    """Who made the first different block, and whether any node says that this is its proposer."""
    block = snapshot.blocks.get(about, {}).get(fork.height)
    if block is None or not block.proposer:
        return ""
    known = [row.health.value.proposer_id for row in snapshot.nodes if row.health.value is not None]
    configured = "is a proposer of" if block.proposer in known else "is configured nowhere"
    names = [str(r.name) for r in snapshot.nodes if r.health.value and r.health.value.proposer_id == block.proposer]
    return f'"{short_proposer(str(block.proposer))}" {configured}{" " + and_words(names) if names else ""}.'


def short_proposer(proposer: str) -> str:
    """An address keeps its ends; a name is a name."""
    return f"{proposer[:5]}…{proposer[-4:]}" if proposer.startswith("ait1") and len(proposer) > 14 else proposer


def _stale(row: NodeRow, now: float) -> bool:
    return row.head.freshness(now) is Freshness.STALE


def _block_line(height: int, name: str, digits: str, block: Block | None, label: bool, at: int) -> Line:
    made = "" if block is None else f"made {clock(block.timestamp)}"
    proposer = "" if block is None or not block.proposer else f"proposer {short_proposer(block.proposer)}"
    text = f"{fmt.thousands(height):<8}{pad(name, 12)}{pad(digits, 15)}  {made:<15}{proposer}"
    return Line((Run(" " + pad("evidence" if label else "", at - 1), Role.MUTED), Run(text)))


def _fork_lines(snapshot: Snapshot, fork: Fork, at: int) -> list[Line]:
    lines: list[Line] = []
    for row in snapshot.nodes:
        name = str(row.name)
        if name not in fork.hashes:
            continue
        block = snapshot.blocks.get(name, {}).get(fork.height)
        digits = fmt.short_hash(str(fork.hashes[name]))
        line = _block_line(fork.height, name, digits, block, not lines, at)
        if name in fork.nodes:
            line = Line((line.runs[0], Run(line.runs[1].text, Role.BAD)))
        lines.append(line)
    if fork.last_common is None:
        return [*lines, Line((Run(" " * at), Run("the last common block is not found yet: it is being asked for")))]
    holders = [name for name, blocks in snapshot.blocks.items() if fork.last_common in blocks]
    found = snapshot.blocks[holders[0]][fork.last_common] if holders else None
    who = _NUMBERS.get(len(holders), f"{len(holders)} nodes") if found is not None else "–"
    digits = fmt.short_hash(str(found.hash)) if found is not None else "? not asked"
    text = f"{fmt.thousands(fork.last_common):<8}{pad(who, 12)}{pad(digits, 15)}  last common"
    return [*lines, Line((Run(" " * at), Run(text)))]


def evidence_lines(snapshot: Snapshot, alarm: Alarm, width: int, at: int) -> list[Line]:
    """The figures that the verdict rests on."""
    fork = snapshot.chain.fork
    if alarm.rule == "fork" and fork is not None and str(alarm.about) in fork.nodes:
        return [line.fit(width) if line.width > width else line for line in _fork_lines(snapshot, fork, at)]
    pieces = wrap(str(alarm.evidence) or "none was kept", width - at - 2)
    return [
        Line((Run(" " + pad("evidence" if not index else "", at - 1), Role.MUTED), Run(piece)))
        for index, piece in enumerate(pieces)
    ]


def also(snapshot: Snapshot, alarm: Alarm) -> list[str]:
    """Other open alarms about the same thing."""
    same = [a for a in snapshot.alarms if a.open and a.about == alarm.about and a.rule != alarm.rule]
    return [f"{a.word}: {cut(str(a.evidence), 70)}" for a in same[:3]]


def certainty(snapshot: Snapshot, alarm: Alarm) -> str:
    """How sure it is, and what it does not rest on."""
    fork, now = snapshot.chain.fork, snapshot.now
    if alarm.rule == "fork" and fork is not None:
        return _fork_certainty(snapshot, fork, now)
    kind = "an observation that holds now" if alarm.kind is AlarmKind.CONDITION else _last_true(snapshot, alarm)
    if not alarm.open:
        kind = "an observation that no longer holds"
    row = node_row(snapshot, str(alarm.about))
    if row is not None and _stale(row, now):
        return f"{kind}; {row.name} has not been heard for {fmt.age(row.head.age(now))} since"
    return f"{kind} (rule {alarm.rule}, a {alarm.kind.value})"


def _last_true(snapshot: Snapshot, alarm: Alarm) -> str:
    """A finding stays when its sign is gone: whether it is, and since when."""
    if alarm.last_true is None:
        return "something that was seen once"
    if snapshot.utc.timestamp() - alarm.last_true < STILL_S:
        return "something that was seen, and is so still"
    return f"something that was seen, and was last so at {fmt.clock_at(alarm.last_true, with_seconds=True)}"


def _fork_certainty(snapshot: Snapshot, fork: Fork, now: float) -> str:
    agree = [name for name in fork.hashes if name not in fork.nodes]
    stale = [row for row in snapshot.nodes if row.name in fork.hashes and _stale(row, now)]
    text = f"{len(agree)} of {len(fork.hashes)} nodes agree"
    for row in stale:
        heard = fmt.age(row.head.age(now))
        text += f"; {row.name} has not been heard for {heard}, its hash at {fmt.thousands(fork.height)}"
        text += " is from before that"
    return text
