"""The lines of the ledger: receipts with their verdicts, what they add up to, a plot by day. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ledger.space import Space
from aitbc_tui.operations.export import Entry
from aitbc_tui.state.receipts import verdict_of
from aitbc_tui.state.signing_keys import change_lines, key_change, key_uses
from aitbc_tui.state.totals import By, Charge, Sums, over_days, plain, split, total
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, right, section, text_lines

ALL = ""
SHOWN_GROUPS = 6
PLOT_DAYS = 60


@dataclass(frozen=True, slots=True)
class LedgerView:
    """What the reader chose. `verdict` empty: all of them."""

    verdict: str = ALL
    by: By = By.MODEL
    selected: int = 0


def filters(entries: Sequence[Entry]) -> list[str]:
    """All, then each verdict that is there; the words of the contract."""
    there = {entry.stored.verdict for entry in entries}
    return [ALL, *(verdict.value for verdict in ReceiptVerdict if verdict in there)]


def chosen(entries: Sequence[Entry], view: LedgerView) -> list[Entry]:
    return [entry for entry in entries if view.verdict in (ALL, entry.stored.verdict.value)]


def build_ledger(
    entries: Sequence[Entry],
    charges: Sequence[Charge],
    space: Space | None,
    view: LedgerView,
    pinned: Collection[str],
    width: int,
) -> list[Line]:
    """Every line, the title first; the rows of receipts come last. `pinned`: the signing keys that are believed."""
    rows = chosen(entries, view)
    sums = total(charges)
    worst = Level.GOOD if sums.valid == sums.receipts else Level.BAD
    word = f"{sums.valid} of {sums.receipts} valid"
    about = view.verdict or "every verdict"
    lines = [section("Ledger", width, mark=(worst, word), text=f"{about}, {len(rows)} shown", heavy=True)]
    lines += _space(space, width)
    lines += _keys(entries, pinned, width)
    lines += _totals(charges, sums, view.by, width)
    lines += _plot(charges, view.by, width)
    lines += [section("Receipts", width, text="newest first, the verdict as it was recorded"), _header(width)]
    return [*lines, *(_row(entry, width, index == view.selected) for index, entry in enumerate(rows))]


def header_rows(
    entries: Sequence[Entry],
    charges: Sequence[Charge],
    space: Space | None,
    view: LedgerView,
    pinned: Collection[str],
    width: int,
) -> int:
    """Lines before the first receipt, without the title."""
    above = [*_space(space, width), *_keys(entries, pinned, width), *_totals(charges, total(charges), view.by, width)]
    return len(above) + len(_plot(charges, view.by, width)) + 2


def _space(space: Space | None, width: int) -> list[Line]:
    """The file on this machine; what is wrong with its size, and what to do."""
    if space is None:
        return []
    if not space.trouble:
        return text_lines(str(space.words), width, role=Role.MUTED)
    return [*text_lines(f"▲ {space.trouble}", width, role=Role.WARN), *text_lines(str(space.remedy), width)]


_SUMS = "{:>9}{:>7}  {:>16}  {:>16}  {:>16}"
_NARROW = "{:>9}{:>7}  {:>16}"


def _totals(charges: Sequence[Charge], sums: Sums, by: By, width: int) -> list[Line]:
    room = 24
    heads = ("receipts", "valid", "earned", "spent by us", "unverified")
    form = _SUMS if width >= 100 else _NARROW
    lines = [section("Totals", width, text=f"by {by.value}; AITBC, each job once; d changes")]
    lines.append(Line((Run(" " + pad(by.value, room) + form.format(*heads), Role.MUTED),)))
    groups = split(charges, by)
    shown = groups[-SHOWN_GROUPS:] if by is By.DAY else groups[:SHOWN_GROUPS]
    lines += [_sum(str(key), one, form, room) for key, one in shown]
    if len(groups) > len(shown):
        lines += text_lines(f"and {len(groups) - len(shown)} more", width, role=Role.MUTED)
    return [*lines, _sum("all", sums, form, room)]


def _sum(name: str, sums: Sums, form: str, room: int) -> Line:
    money = (plain(sums.earned), plain(sums.spent), plain(sums.unverified))
    bad = Role.BAD if sums.unverified else Role.TEXT
    text = form.format(sums.receipts, sums.valid, *money)
    head = Run(" " + pad(name, room))
    if form is _NARROW or not sums.unverified:
        return Line((head, Run(text)))
    return Line((head, Run(text[:-16]), Run(text[-16:], bad)))


def _plot(charges: Sequence[Charge], by: By, width: int) -> list[Line]:
    """What was earned a day, one column each, by what the totals are split by; no receipt on a day is a gap."""
    days, series = over_days(charges, by, min(PLOT_DAYS, width - 56))
    if len(days) < 2:
        return []
    rows = series[:SHOWN_GROUPS]
    if by is not By.DAY:
        rows = [*over_days(charges, By.DAY, len(days))[1], *rows]
    lines = [
        section("Earned a day", width, text=f"{days[0]} to {days[-1]}, one column a day, each row by its own most")
    ]
    for one in rows:
        values = tuple(None if value is None else float(value) for value in one.earned)
        most = max((value for value in one.earned if value is not None), default=Decimal(0))
        spark = fmt.spark(values, len(values), float(most) or 1.0)
        lines.append(
            Line((Run(" " + pad(str(one.key), 24) + " "), Run(spark), Run(f"  most {plain(most)}", Role.MUTED)))
        )
    return lines


def _keys(entries: Sequence[Entry], pinned: Collection[str], width: int) -> list[Line]:
    """Who signed what is in the ledger; a key that took another's place is told as SSH tells it of a host."""
    uses = key_uses(((e.stored.key_id, e.stored.first_seen, e.stored.last_seen) for e in entries), pinned)
    change = key_change(uses)
    if change is None:
        return []
    lines = [section("Keys", width, mark=(Level.BAD, "CHANGED"))]
    first, *rest = change_lines(change)
    lines += text_lines(f"■ {first}", width, role=Role.BAD)
    return [*lines, *(line for text in rest for line in text_lines(str(text), width))]


def _header(width: int) -> Line:
    text = f" {'verdict':<22}{'job':<10}{'first seen':<14}{'model':<18}{'price':>12} "
    more = f" {'miner':<12}{'times':>5}  remarks" if width >= 120 else ""
    return Line((Run(cut(text + more, width), Role.MUTED),))


def _row(entry: Entry, width: int, selected: bool) -> Line:
    stored, facts = entry.stored, entry.receipt.facts
    verdict = verdict_of(stored.verdict, stored.reason)
    when = datetime.fromtimestamp(stored.first_seen, UTC).strftime("%d %b %H:%M")
    runs = [
        Run("▌" if selected else " ", Role.ACCENT),
        Run(pad(f"{glyph(verdict.level)} {verdict.word}", 21) + " ", level_role(verdict.level)),
        Run(pad(stored.job_id[:8] or fmt.NONE, 10) + pad(when, 14)),
        Run(pad(cut(facts.model_used or facts.model_asked or fmt.UNKNOWN, 17), 18)),
        Run(right(fmt.price_text(facts.price_text, 12) if facts.price_text else fmt.UNKNOWN, 12) + " "),
    ]
    if width >= 120:
        miner = facts.provider.label if facts.provider else fmt.UNKNOWN
        said = ["CONFLICT: other content under this id"] if entry.conflict else []
        said += [remark.kind.value for remark in entry.receipt.remarks]
        runs.append(Run(f" {pad(cut(miner, 11), 12)}{stored.times:>5}  "))
        runs.append(Run(", ".join(said) or fmt.NONE, Role.BAD if entry.conflict else Role.MUTED))
    return Line(tuple(runs), selected).fit(width)
