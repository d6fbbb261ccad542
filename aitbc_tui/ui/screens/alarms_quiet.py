"""The question before alarms are kept quiet or findings acknowledged: how many, for how long, and why."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding

from aitbc_tui.domain.alarm import AlarmKind
from aitbc_tui.domain.fold import Fold
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.layout import pair, section, text_lines
from aitbc_tui.ui.screens.typing_field import field_run, typed

TIMES: tuple[tuple[str, float], ...] = (("15 m", 900.0), ("1 h", 3600.0), ("8 h", 8 * 3600.0))
ACKNOWLEDGE = "acknowledge: it was seen, close it"
AGAIN = "no longer quiet"
CLOSES = "It is closed, and stays in the list among what closed. Nothing on the network is changed by that."


def acknowledge_words(fold: Fold) -> str:
    """What acknowledging closes; of several how many, for that is what the reader confirms."""
    return f"acknowledge all {fold.about}: they were seen, close them" if fold.several else ACKNOWLEDGE


def choices(fold: Fold, utc: float) -> tuple[str, ...]:
    """A finding can be closed; any alarm can be quiet for a time, or no longer."""
    first = (acknowledge_words(fold),) if fold.newest.kind is AlarmKind.FINDING else ()
    last = (AGAIN,) if fold.newest.quiet(utc) else ()
    return (*first, *(f"quiet for {words}" for words, _ in TIMES), *last)


def build_quiet(fold: Fold, chosen: int, why: str, utc: float, width: int) -> list[Line]:
    """Every line, the title first."""
    title = section(f"Quiet: {fold.word} {fold.about}", width, mark=(Level.WARN, "waits for you"), heavy=True)
    lines = [title, Line(), *text_lines(str(fold.evidence), width), Line()]
    for index, text in enumerate(choices(fold, utc)):
        mark = Run(f" {glyph(Level.RUNNING)} ", Role.ACCENT) if index == chosen else Run("   ")
        lines.append(Line((mark, Run(text, Role.STRONG if index == chosen else Role.TEXT)), selected=index == chosen))
    lines += [Line(), pair("reason", field_run(why, min(50, width - 14)), at=9)]
    closes = choices(fold, utc)[chosen] == acknowledge_words(fold)
    does = CLOSES if closes else "It is hidden from the top line only: it stays in the list, and in the log."
    lines += [Line(), *text_lines(does, width)]
    if fold.several:
        lines += text_lines(f"This is about the {fold.about} of this moment: what comes later is said anew.", width)
    again = "It comes anew if it is seen anew." if closes else "It comes back earlier if its evidence gets worse."
    return [*lines, *text_lines(again, width)]


class QuietScreen(DetailScreen):
    """Up and down choose, typing gives the reason, Enter does it, to the alarms that were there when it opened."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("up,shift+tab", "choose(-1)", show=False, priority=True),
        Binding("down,tab", "choose(1)", show=False, priority=True),
        Binding("enter", "press", show=False, priority=True),
    ]

    def __init__(self, fold: Fold) -> None:
        super().__init__()
        self._fold = fold
        self._chosen = 0
        self._why = ""

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_quiet(self._fold, self._chosen, self._why, snapshot.utc.timestamp(), width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        return [("up/down", "choose"), ("Enter", "do it"), ("Esc", "leave it as it is"), ("F1", "help")]

    def on_key(self, event: events.Key) -> None:
        value = typed(self._why, event)
        if value is not None:
            event.stop()
            event.prevent_default()
            self._why = value
            self.on_snapshot(self.aitbc.current)

    def action_choose(self, step: int) -> None:
        count = len(choices(self._fold, self.aitbc.current.utc.timestamp()))
        self._chosen = max(0, min(count - 1, self._chosen + step))
        self.on_snapshot(self.aitbc.current)

    def action_press(self) -> None:
        fold, app = self._fold, self.aitbc
        abouts = tuple(str(alarm.about) for alarm in fold.alarms)
        what = choices(fold, app.current.utc.timestamp())[self._chosen]
        if what == acknowledge_words(fold):
            app.backend.acknowledge(fold.rule, abouts)
            self._done(f"acknowledged: {fold.word} {fold.about}")
        elif what == AGAIN:
            app.backend.snooze(fold.rule, abouts, 0.0)
            self._done(f"{fold.word} {fold.about} is no longer quiet")
        elif not self._why.strip():
            self.toast("quiet needs a reason: type why", Level.WARN)
        else:
            seconds = next(seconds for words, seconds in TIMES if what.endswith(words))
            app.backend.snooze(fold.rule, abouts, seconds, str(clean(self._why.strip(), 120)))
            self._done(f"{fold.word} {fold.about} is {what}")

    def _done(self, text: str) -> None:
        app = self.aitbc
        app.back()
        app.say(text)
