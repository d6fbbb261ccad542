"""The lines of the alarms screen (screens 2.14): the list, then the selected alarm with evidence and remedy. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.fold import Fold, alarm_key, folded
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.panes import alarms as pane
from aitbc_tui.ui.panes.table import Row, header_line, row_line, shown_columns, window
from aitbc_tui.ui.panes.title import pane_age, title_line
from aitbc_tui.ui.screens.alarm_evidence import also, certainty, evidence_lines, names_of
from aitbc_tui.ui.screens.alarm_words import closes, words_for
from aitbc_tui.ui.screens.layout import cut, pad, section, text_lines, wrap

LABEL = 13
FEWEST_ROWS = 5
NEWEST_SHOWN = 5  # of a fold, in its evidence


@dataclass(frozen=True, slots=True)
class AlarmsView:
    """What the reader chose. `looked_at`: UTC seconds of the look before this one; `unfolded`: keys of folds."""

    selected: str | None = None
    unfolded: frozenset[str] = frozenset()
    filter: str = ""
    history: bool = True
    bell: bool = False
    looked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the list: its key and its alarms; under a fold that is unfolded, each of them again."""

    key: str
    fold: Fold


def shown_alarms(snapshot: Snapshot, view: AlarmsView) -> list[Alarm]:
    """What the list holds: filtered, with or without those that closed."""
    utc = snapshot.utc.timestamp()
    rows = [alarm for alarm in snapshot.alarms if view.history or alarm.open]
    return [alarm for alarm in rows if not view.filter or pane.alarm_row(Fold((alarm,)), utc).matches(view.filter)]


def entries(snapshot: Snapshot, view: AlarmsView) -> list[Entry]:
    """The rows of the list."""
    found: list[Entry] = []
    for fold in folded(shown_alarms(snapshot, view)):
        found.append(Entry(fold.key, fold))
        if fold.several and fold.key in view.unfolded:
            found += [Entry(alarm_key(alarm), Fold((alarm,))) for alarm in fold.alarms]
    return found


def selected_entry(rows: Sequence[Entry], view: AlarmsView) -> Entry | None:
    """The chosen row; where it is folded away, the fold; where nothing is left of it, the first."""
    for row in rows:
        if row.key == view.selected:
            return row
    within = (row for row in rows if any(alarm_key(alarm) == view.selected for alarm in row.fold.alarms))
    return next(within, rows[0] if rows else None)


def _title(snapshot: Snapshot, view: AlarmsView, shown: int, width: int) -> Line:
    opened = [alarm for alarm in snapshot.alarms if alarm.open]
    closed = len(snapshot.alarms) - len(opened)
    bad = sum(1 for alarm in opened if alarm.level is Level.BAD)
    summary = snapshot.panes[Pane.ALARMS]
    counts = f"{bad} bad, {len(opened) - bad} warn, {closed} closed in 24 h, {snapshot.rules_watched} rules watched"
    verdict = summary.verdict
    if opened:
        verdict = Verdict(Level.BAD if bad else Level.WARN, SafeText(f"{len(opened)} open"))
    marks = f"/{view.filter} {shown} of {len(snapshot.alarms)}" if view.filter else ""
    age = pane_age(summary, Pane.ALARMS, snapshot.now)
    return title_line("7", "Alarms", verdict, counts, width, focused=True, age=age, marks=marks)


def _list(snapshot: Snapshot, view: AlarmsView, width: int, height: int) -> list[Line]:
    utc, listed = snapshot.utc.timestamp(), entries(snapshot, view)
    chosen = selected_entry(listed, view)
    columns = shown_columns(pane.content(snapshot, width).columns, width)
    rows = [_row(entry, view, utc) for entry in listed]
    chosen_key = None if chosen is None else chosen.key
    room = max(FEWEST_ROWS, height // 3)
    shown = window(rows, chosen_key, room)
    lines = [header_line(columns, width, {})]
    lines += [row_line(row, columns, width, selected=row.key == chosen_key) for row in shown]
    if len(rows) > len(shown):
        lines.append(Line((Run(f" {len(shown)} of {len(rows)}: {in_words('`j/k`')} bring the others", Role.MUTED),)))
    if not rows:
        empty = snapshot.panes[Pane.ALARMS].empty or (SafeText("no alarm in the list"),)
        lines += [Line((Run(f" {text}", Role.MUTED),)) for text in empty]
    return lines


def _row(entry: Entry, view: AlarmsView, utc: float) -> Row:
    """A quiet alarm steps back, and says so in its own row."""
    row, alarm = replace(pane.alarm_row(entry.fold, utc), key=entry.key), entry.fold.newest
    if alarm.quiet(utc):
        cells = {**row.cells, "do": f"quiet until {fmt.clock_at(alarm.quiet_until)}"}
        return Row(row.key, row.verdict, cells, role=Role.MUTED, name=row.name, newest=row.newest)
    if entry.key in view.unfolded and entry.fold.several:
        return replace(row, cells={**row.cells, "do": "Enter: fold them again"})
    return row


def labelled(label: str, text: str, width: int, role: Role = Role.TEXT) -> list[Line]:
    """A muted label and a text that goes on under its first word."""
    first, *rest = wrap(text, width - LABEL - 2)
    lines = [Line((Run(f" {label:<{LABEL - 1}}", Role.MUTED), Run(first, role)))]
    return [*lines, *(Line((Run(" " * LABEL), Run(piece, role))) for piece in rest)]


def _about(snapshot: Snapshot, fold: Fold, width: int) -> list[Line]:
    """The selected alarm: what it means, what it does not, what was seen, how sure. Of several, of the newest."""
    utc, alarm = snapshot.utc.timestamp(), fold.newest
    words, names = words_for(alarm), names_of(snapshot, alarm)
    state = "open" if alarm.open else "closed"
    since = f"since {fmt.clock_at(fold.since, with_seconds=True)}"
    end = utc if alarm.closed is None else alarm.closed
    text = f"{state} · {since}, {'for' if alarm.open else 'it lasted'} {fmt.age(max(0.0, end - fold.since), bound=0)}"
    if alarm.seen > 1 and not fold.several:
        text += f", {alarm.seen} times"
    word = alarm.word if alarm.open else alarm.rule.upper()
    level = alarm.level if alarm.open else Level.NONE
    lines = [section(f"{word} {fold.about}", width, mark=(level, state), text=text.partition(" · ")[2])]
    lines += labelled("means", words.means.format_map(names), width)
    if words.not_meant:
        lines += labelled("not meant", words.not_meant.format_map(names), width)
    seen = _newest(fold, width) if fold.several else evidence_lines(snapshot, alarm, width, LABEL)
    lines += [Line(), *seen, Line()]
    return lines


def _grounds(snapshot: Snapshot, alarm: Alarm, width: int) -> list[Line]:
    """What else there is, the check by hand, and how sure it is."""
    more = [
        *also(snapshot, alarm),
        *([f"{in_words('check by hand (`Y` copies it)')}: {alarm.check}"] if alarm.check else []),
    ]
    lines = labelled("also", " · ".join(more), width) if more else []
    return [*lines, *labelled("sure", certainty(snapshot, alarm), width)]


def _newest(fold: Fold, width: int) -> list[Line]:
    """The evidence of the newest of them, a line each, and how many there are beside."""
    lines: list[Line] = []
    for alarm in fold.alarms[:NEWEST_SHOWN]:
        text = f"{fmt.clock_at(alarm.since, with_seconds=True)}  {pad(str(alarm.about), 11)}  {alarm.evidence}"
        label = " " + pad("" if lines else "evidence", LABEL - 1)
        lines.append(Line((Run(label, Role.MUTED), Run(cut(text, width - LABEL - 1)))))
    rest = len(fold.alarms) - NEWEST_SHOWN
    if rest > 0:
        lines.append(Line((Run(" " * LABEL), Run(f"and {rest} before: {in_words('`Enter`')} lists each of them"))))
    return lines


def _steps(snapshot: Snapshot, alarm: Alarm, width: int) -> list[Line]:
    if not alarm.open:
        words = f"– nothing now: it closed at {fmt.clock_at(alarm.closed, with_seconds=True)}, {alarm.remedy}"
        return [section("What to do", width), *text_lines(words, width, role=Role.MUTED)]
    names = names_of(snapshot, alarm)
    texts = [*words_for(alarm).do, closes(alarm)]
    lines = [section("What to do", width)]
    for number, text in enumerate(texts, 1):
        first, *rest = wrap(text.format_map(names), width - 5)
        lines.append(Line((Run(f" {number} ", Role.ACCENT), Run(first))))
        lines += [Line((Run("   "), Run(piece))) for piece in rest]
    return lines


def _quiet(snapshot: Snapshot, width: int) -> list[Line]:
    utc = snapshot.utc.timestamp()
    quiet = [alarm for alarm in snapshot.alarms if alarm.quiet(utc)]
    lines = [section("Quiet", width, text="hides an alarm from the top line for a time, never from this list")]
    how = "quiet for 15 m, 1 h or 8 h, with a reason. It comes back earlier if its evidence changes or gets worse."
    for index, text in enumerate(wrap(how, width - 4)):
        lines.append(Line((Run(" a " if not index else "   ", Role.ACCENT_STRONG), Run(text))))
    if not quiet:
        return [*lines, Line((Run(" quiet now: none", Role.MUTED),))]
    for fold in folded(quiet):
        alarm = fold.newest
        why = f": {alarm.quiet_why}" if alarm.quiet_why else ""
        text = f"quiet now: {fold.word} {fold.about} until {fmt.clock_at(alarm.quiet_until)}{why}"
        lines += text_lines(text, width, role=Role.MUTED)
    return lines


def _marks(snapshot: Snapshot, view: AlarmsView, width: int) -> list[Line]:
    new = [a for a in snapshot.alarms if view.looked_at is not None and a.open and a.since > view.looked_at]
    since = "this is your first look" if view.looked_at is None else f"new since your last look: {len(new)}"
    bell = "on" if view.bell else "off"
    text = f"bell once per new bad alarm: {bell}, {in_words('`b`')} changes it · {since}"
    return [section("Bell and marks", width), *text_lines(text, width)]


def build_alarms(snapshot: Snapshot, view: AlarmsView, width: int, height: int) -> list[Line]:
    """Every line, the title first."""
    chosen = selected_entry(entries(snapshot, view), view)
    shown = len(shown_alarms(snapshot, view))
    lines = [_title(snapshot, view, shown, width), *_list(snapshot, view, width, height), Line()]
    if chosen is not None:
        about, grounds = _about(snapshot, chosen.fold, width), _grounds(snapshot, chosen.fold.newest, width)
        steps = _steps(snapshot, chosen.fold.newest, width)
        # On a small screen what to do comes first: the check by hand alone may fill it.
        rest = [*grounds, Line(), *steps] if width >= 120 else [*steps, Line(), *grounds]
        lines += [*about, *rest, Line()]
    return [*lines, *_quiet(snapshot, width), Line(), *_marks(snapshot, view, width)]
