"""The lines of the events screen: every change of a verdict with its time and evidence, the newest first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from aitbc_tui.domain.alarm import Happening
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, section, wrap

STATE, WAS = 13, 12


def shown_events(snapshot: Snapshot, wanted: str) -> list[Happening]:
    """Those that contain the text of the filter."""
    text = wanted.casefold()
    return [
        event
        for event in snapshot.events
        if not text or any(text in part.casefold() for part in (event.word, event.about, event.evidence, event.rule))
    ]


def _day(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{fmt.date(moment)} {moment:%H:%M:%S}"


def _about(width: int) -> int:
    return 20 if width >= 120 else 16


def _named(about: str) -> str:
    """As the other screens call it: a job by the beginning of its id."""
    return fmt.job_id(about) if len(about) == 32 and not set(about) - set("0123456789abcdef") else about or fmt.NONE


def _evidence(event: Happening) -> str:
    """An alarm's own words are told from what changed about the thing itself: the two often come together."""
    said = str(event.evidence) or fmt.NONE
    if not event.rule:
        return said
    return f"alarm {event.was}: {said}" if event.level is Level.NONE and event.was else f"alarm: {said}"


def _row(event: Happening, today: str, width: int, selected: bool) -> Line:
    at = _day(event.at)
    shown = at.rpartition(" ")[2] if at.startswith(today) else at
    loud = event.level in (Level.BAD, Level.WARN)
    was = f"{event.was}" if event.was else fmt.NONE
    gone = pad(was, WAS) if width >= 100 else ""
    head = f" {pad(shown, 15)} "
    room = max(10, width - 1 - len(head) - STATE - _about(width) - len(gone) - 2)
    runs = [
        Run("▌" if selected else " ", Role.ACCENT),
        Run(head[1:], Role.MUTED),
        Run(f"{glyph(event.level)} {pad(str(event.word), STATE - 2)}", level_role(event.level)),
        Run(f" {pad(_named(str(event.about)), _about(width))} ", Role.TEXT if loud else Role.MUTED),
    ]
    if gone:
        runs.append(Run(gone, Role.MUTED))
    runs.append(Run(cut(_evidence(event), room), Role.TEXT if loud else Role.MUTED))
    return Line(tuple(runs), selected)


def build_events(
    snapshot: Snapshot, events: Sequence[Happening], selected: int, wanted: str, since: float | None, width: int
) -> list[Line]:
    """Every line, the title first; `since` is when somebody last looked at the alarms."""
    new = sum(1 for event in snapshot.events if since is not None and event.at > since)
    bad = sum(1 for event in snapshot.events if event.level is Level.BAD)
    mark = (Level.BAD, f"{bad} bad") if bad else (Level.GOOD, "none bad") if snapshot.events else (Level.NONE, "none")
    text = f"{len(snapshot.events)} kept, newest first"
    if new:
        text += f", {new} since your last look at the alarms"
    if wanted:
        text += f" · /{wanted} {len(events)} of {len(snapshot.events)}"
    header = f" {pad('at (UTC)', 15)} {pad('is now', STATE)} {pad('about', _about(width))} "
    header += (pad("was", WAS) if width >= 100 else "") + "evidence"
    lines = [section("Events", width, mark=mark, text=text, heavy=True), Line((Run(header, Role.MUTED),))]
    today = _day(snapshot.utc.timestamp()).rpartition(" ")[0]
    lines += [_row(event, today, width, index == selected) for index, event in enumerate(events)]
    if not events:
        words = "no change of a verdict was seen yet" if not wanted else f"no event contains {wanted!r}"
        lines.append(Line((Run(f" {words}", Role.MUTED),)))
    return lines


def evidence_under(event: Happening, width: int) -> list[Line]:
    """The whole evidence of the selected event, where its row had to cut it."""
    pieces = wrap(str(event.evidence), width - 4)
    return [Line((Run("   "), Run(piece))) for piece in pieces]
