"""Row 0 (the verdict), row 1 (the figures), the last row (keys or a message)."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.observed import Freshness
from aitbc_tui.domain.snapshot import Access, NodeRow, Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role

_CHIP_LEVELS = {Level.BAD: Role.CHIP_BAD, Level.WARN: Role.CHIP_WARN}
_ACCESS_CHIPS = {Access.SUBMIT: Role.CHIP_ACCENT, Access.OPERATE: Role.CHIP_WARN}


def environment_runs(snapshot: Snapshot) -> list[Run]:
    """`prod · observe · 11:58 UTC`, always at the right end of row 0; a demo says that it is one."""
    env = snapshot.environment
    name = env.name if not env.demo or "demo" in env.name else f"demo {env.name}"
    chip = _ACCESS_CHIPS.get(env.access)
    left = armed_left(snapshot)
    word = env.access.value if left is None else f"{env.access.value.upper()} {left}"
    access = [Run(f" {word} ")] if chip is None else [Run(" "), Run(f" {word} ", chip), Run(" ")]
    return [
        Run(name, Role.STRONG),
        Run(" "),
        Run("·", Role.MUTED),
        *access,
        Run("·", Role.MUTED),
        Run(f" {fmt.clock(snapshot.utc)} UTC "),
    ]


def armed_left(snapshot: Snapshot) -> str | None:
    """Whole minutes that access operate still lasts; None where it does not run out, or has."""
    env = snapshot.environment
    if env.armed_until is None or env.access is not Access.OPERATE:
        return None
    left = env.armed_until - snapshot.now
    return f"{int(left // 60)} m" if left >= 60 else "<1 m"


def headline_runs(snapshot: Snapshot, width: int, room: int) -> list[Run]:
    """Worst thing first, as glyph and word, then what and where."""
    head = snapshot.headline
    level, word, text = head.level, str(head.word), str(head.text if width >= 120 else head.short or head.text)
    if width < 80:
        text = text.split(" · ")[0]
    if snapshot.collector_trouble:
        level, word, text = Level.UNKNOWN, "unknown", f"not watching: {snapshot.collector_trouble}"
    chip = _CHIP_LEVELS.get(level)
    if chip is not None:
        start = [Run(" "), Run(f" {glyph(level)} {word} ", chip), Run(" ")]
    else:
        role = Role.OK_STRONG if level is Level.GOOD else level_role(level)
        start = [Run(" "), Run(f"{glyph(level)} {word}", role), Run("   ")]
    left = room - sum(run.width for run in start)
    if chip is not None:
        fitted = fmt.counted_parts(text, left)
    else:
        fitted = fmt.parts(text, left, " · " if " · " in text else ", ")
    what, dot, rest = fitted.partition(" · ")
    strong = Role.STRONG if chip is not None else Role.TEXT
    return [*start, Run(what, strong), Run(dot + rest)]


def verdict_line(snapshot: Snapshot, width: int) -> Line:
    """Row 0."""
    right = environment_runs(snapshot) if width >= 80 else []
    right_width = sum(run.width for run in right)
    gap = 0 if not right else 2 if snapshot.headline.level in _CHIP_LEVELS else 1
    runs = headline_runs(snapshot, width, width - right_width - gap)
    blank = width - right_width - sum(run.width for run in runs)
    return Line((*runs, Run(" " * max(0, blank)), *right)).fit(width)


def head_text(node: NodeRow, now: float) -> tuple[str, Role]:
    """A node's height with its mark: `~` not heard, `≠` on another chain, `?` never learnt."""
    head = node.head
    if head.value is None:
        return "?", Role.MUTED
    height = fmt.thousands(head.value.height)
    if head.freshness(now) is Freshness.STALE:
        return f"~{height}", Role.STALE
    return (f"≠{height}", Role.BAD_STRONG) if node.off_chain else (height, Role.TEXT)


def heads_runs(snapshot: Snapshot) -> list[Run]:
    if all(node.head.value is None for node in snapshot.nodes):
        return [Run("heads", Role.MUTED), Run(" ?")]
    runs = [Run("heads", Role.MUTED)]
    for index, node in enumerate(snapshot.nodes):
        text, role = head_text(node, snapshot.now)
        marked = text[0] in "~≠"
        runs += [Run(" " if marked or index == 0 else "  "), Run(text, role)]
    return runs


def _figure(label: str, value: str, level: Level = Level.GOOD) -> list[Run]:
    role = {Level.BAD: Role.BAD, Level.WARN: Role.WARN}.get(level, Role.TEXT)
    return [Run(label, Role.MUTED), Run(" "), Run(value, role)]


def _figures(snapshot: Snapshot) -> list[tuple[str, list[Run]]]:
    totals = snapshot.totals

    def level(pane: Pane) -> Level:
        summary = snapshot.panes.get(pane)
        return summary.verdict.level if summary else Level.UNKNOWN

    def count(value: int | None) -> str:
        return "?" if value is None else fmt.thousands(value)

    pool = count(totals.pool) if not totals.pool_capped else f"{count(totals.pool)}+"
    return [
        ("pool", _figure("pool", pool)),
        ("queue", _figure("queue", count(totals.queue))),
        ("miners", _figure("miners", fmt.share(totals.miners_live, totals.miners), level(Pane.MINERS))),
        ("GPUs", _figure("GPUs", fmt.share(totals.gpus_used, totals.gpus), level(Pane.GPUS))),
        ("receipts", _figure("receipts", fmt.share(totals.receipts_valid, totals.receipts), level(Pane.RECEIPTS))),
        ("alarms", _figure("alarms", count(totals.alarms), level(Pane.ALARMS))),
        *_token(snapshot),
    ]


def _token(snapshot: Snapshot) -> list[tuple[str, list[Run]]]:
    """The token that runs out first, counted down; beside the heads of a small screen only in its last hour."""
    held = [row for row in snapshot.credentials if row.left and row.expires_at is not None]
    first = min(held, key=lambda row: row.expires_at or 0.0, default=None)
    if first is None:
        return []
    soon = first.verdict.level is Level.WARN
    return [(SOON if soon else "token", _figure(f"{first.role} token", str(first.left), first.verdict.level))]


SOON = "token runs out"
_ALWAYS = ("alarms", SOON)
_DROPPED_FIRST = ("token", "receipts", "GPUs", "miners", "queue", "pool", "alarms")


def figures_line(snapshot: Snapshot, width: int, screen: int) -> Line:
    """Row 1 without the link: every node's height first; figures that find no room are left out, not cut.

    `screen` is the width of the whole screen (below 120 only what is urgent stands beside the heads).
    """
    figures = [(name, runs) for name, runs in _figures(snapshot) if screen >= 120 or name in _ALWAYS]
    heads = heads_runs(snapshot)
    for name in ("", *_DROPPED_FIRST):
        figures = [(other, runs) for other, runs in figures if other != name]
        runs = [Run(" "), *heads]
        for _, figure in figures:
            runs += [Run("  "), *figure]
        if sum(run.width for run in runs) <= width - 2:  # the link comes after them
            break
    return Line(tuple(runs)).fit(width)


def link_line(snapshot: Snapshot, width: int, bytes_per_s: float, slow: bool = False) -> Line:
    """Row 1, right end: round trip and what the painting costs."""
    rtt = snapshot.totals.rtt_ms
    trip = "?" if rtt is None else f"{rtt:.0f} ms" if not slow else _coarse(rtt)
    painted = fmt.rate(bytes_per_s)
    dot = Run("·", Role.MUTED)
    if width >= 200:
        return Line(
            (
                Run("requests", Role.MUTED),
                Run(f" {snapshot.totals.requests_per_s:.1f}/s "),
                dot,
                Run(" painted", Role.MUTED),
                Run(f" {painted} "),
                dot,
                Run(" link", Role.MUTED),
                Run(f" {trip}{' · slow' if slow else ''} "),
            )
        )
    gap = "  " if rtt is None else " "
    return Line((Run("link", Role.MUTED), Run(f" {trip}{gap}"), dot, Run(" slow " if slow else f" {painted} ")))


def _coarse(rtt_ms: float) -> str:
    """On a slow link a round trip is said in steps of 50 ms: that it trembles is worth no byte."""
    return "<50 ms" if rtt_ms < 50 else f"{round(rtt_ms / 50) * 50} ms"


def hints_line(hints: Sequence[tuple[str, str]], width: int) -> Line:
    """The last row: as many hints as fit, most useful first; the last of them (`? help`, `q quit`) always stay."""
    pairs = list(hints)
    keep = next((index for index, (key, _) in enumerate(pairs) if key == ":"), max(0, len(pairs) - 1))
    while pairs and 1 + sum(len(key) + len(word) + 3 for key, word in pairs) - 2 >= width and keep > 0:
        keep -= 1
        del pairs[keep]
    runs: list[Run] = []
    for index, (key, word) in enumerate(pairs):
        runs += [Run("  " if index else " "), Run(key, Role.ACCENT_STRONG), Run(f" {word}")]
    return Line(tuple(runs)).fit(width)


def message_line(text: str, level: Level, width: int) -> Line:
    """A message in the hints' row."""
    start = [] if level is Level.NONE else [Run(f"{glyph(level)} ", level_role(level))]
    return Line((Run(" "), *start, Run(fmt.shorten(text, width - 4)))).fit(width)
