"""Row 0: the worst thing first, and `sound` only when everything a verdict needs was heard."""

from __future__ import annotations

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import coarse_age, thousands
from aitbc_tui.domain.fold import Fold, folded
from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Chain, Headline, NodeRow
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.state.facts import World

_RANK = (
    ("FORK", "GENESIS", "HOLLOW", "STALLED", "WEDGED", "CUT OFF", "BACK"),
    ("STUCK", "SILENT", "FLAPS", "DOWN", "DB DOWN", "BROKEN", "CRASHES", "HANGS", "DISK", "LOST"),
    ("HOSTKEY", "TRUST", "BILLED", "ESCROW", "UNPAID", "TX GONE"),
)


def _rank(alarm: Alarm) -> tuple[int, int, float]:
    word = str(alarm.word)
    for place, words in enumerate(_RANK):
        if word in words:
            return place, words.index(word), -alarm.since
    return len(_RANK), 0, -alarm.since


def ranked(alarms: tuple[Alarm, ...], utc: float) -> list[Alarm]:
    """Open alarms in the order of the headline; what is true now comes before what may be over."""
    return sorted((a for a in alarms if a.open), key=lambda alarm: (alarm.past(utc), _rank(alarm)))


def headline(
    world: World, nodes: tuple[NodeRow, ...], chain: Chain, alarms: tuple[Alarm, ...], now: float, utc: float
) -> Headline:
    """The verdict on the whole network in one word and a sentence: the worst open alarm, else what works."""
    opened = ranked(alarms, utc)
    loud = [a for a in opened if not a.quiet(utc)]
    if loud:
        return _worst(loud, chain, utc)
    silent = _silent(world, nodes, now)
    never = [name for name, age in silent if age is None]
    total = len(_needed(world, nodes, now))
    if never:
        answered = total - len(never)
        text = f"{answered} of {total} answer yet" + (", nothing is known" if answered == 0 else "")
        return Headline(Level.COMING, SafeText("connecting"), SafeText(text), SafeText(text))
    if silent:
        name, age = silent[0]
        text = f"{name} not heard for {coarse_age(age)}, the rest is sound"
        return Headline(Level.UNKNOWN, SafeText("unknown"), SafeText(text), SafeText(text))
    if opened:  # never "sound" while something is wrong, however quiet it was made
        text = f"{len(opened)} quiet: {', '.join(f'{a.word} {a.about}' for a in folded(opened)[:3])}"
        return Headline(Level.WARN, SafeText("quiet"), SafeText(text), SafeText(text))
    return Headline(Level.GOOD, SafeText("sound"), SafeText(_all_well(world)), SafeText("no open alarm"))


def _worst(opened: list[Alarm], chain: Chain, utc: float) -> Headline:
    """The worst in words, then two by name, then how many alarms more."""
    rows = folded(opened)
    first = rows[0]
    what = f"{first.about}{',' if first.several else ''} {_says(first, chain, utc)}"
    parts = [what, *(f"{row.word} {row.about}" for row in rows[1:3]), *_more(rows[3:])]
    short = " · ".join([what, *_more(rows[1:])])
    return Headline(first.level, first.word, SafeText(" · ".join(parts)), SafeText(short))


def _more(rows: list[Fold]) -> list[str]:
    alarms = sum(len(row.alarms) for row in rows)
    return [f"{thousands(alarms)} more"] if alarms else []


def _says(row: Fold, chain: Chain, utc: float) -> str:
    if row.rule == "fork" and chain.fork is not None:
        exact = chain.fork.last_common is not None
        return f"{'split off' if exact else 'other hash'} at {thousands(chain.fork.height)}"
    if row.rule == "receipt-attacker-key":  # it signs on: what is news of it stands in its alarm, and is painted there
        return "pinned by nobody, sign receipts" if row.several else "signs receipts, and nobody pinned it"
    return row.said(utc)


def _needed(world: World, nodes: tuple[NodeRow, ...], now: float) -> list[tuple[str, Freshness, float | None]]:
    """Every source a verdict needs: its name, what may be said of it, and the age of its last answer."""
    found = [(str(row.name), row.head.freshness(now), row.head.age(now)) for row in nodes]
    topology = world.topology
    if topology.coordinator:
        if topology.has_admin_key:
            found.append(("the queue", world.jobs.freshness(now), world.jobs.age(now)))
            found.append(("the miner list", world.miners.freshness(now), world.miners.age(now)))
        found.append(("receipts", world.receipts.freshness(now), world.receipts.age(now)))
    return found + [(f"GPUs of {name}", seen.freshness(now), seen.age(now)) for name, seen in world.gpus.items()]


def _silent(world: World, nodes: tuple[NodeRow, ...], now: float) -> list[tuple[str, float | None]]:
    """Sources that were never heard, or not lately, or that refuse us now; those never heard first."""
    fine = (Freshness.FRESH, Freshness.ABSENT)
    silent = [(name, age) for name, freshness, age in _needed(world, nodes, now) if freshness not in fine]
    return sorted(silent, key=lambda item: (item[1] is not None, -(item[1] or 0.0)))


def _all_well(world: World) -> str:
    nodes, topology = world.topology.nodes, world.topology
    parts = []
    if nodes:
        parts.append("chain moves, nodes agree" if len(nodes) > 1 else "chain moves")
        parts.append("mempool drains")
    if topology.coordinator and topology.has_admin_key:
        parts += ["miners live", "jobs flow"]
    if topology.coordinator and world.book:
        bad = sum(1 for kept in world.book.values() if not kept.item.receipt.valid)
        parts.append(f"{bad} of {len(world.book)} receipts not valid, as acknowledged" if bad else "receipts valid")
    return ", ".join(parts)
