"""The submit form as a screen: keys edit a value, every change is checked and kept; nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.binding import Binding

from aitbc_tui.domain.order import OrderField, errors_of, make_order
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.registry import open_job
from aitbc_tui.ui.screens.submit_drafts import draft, keep
from aitbc_tui.ui.screens.submit_editor import PromptEditor
from aitbc_tui.ui.screens.submit_form import build_form, check
from aitbc_tui.ui.screens.submit_send import PreviewScreen, accepted_words
from aitbc_tui.ui.screens.submit_state import FOLDED, NUMERIC, FormState

_NUMBER_KEYS = frozenset("0123456789.,-")


class SubmitScreen(DetailScreen):
    """Typing, Tab, the list of models; ctrl+g leads to the preview."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("ctrl+g", "preview", show=False, priority=True),
        Binding("ctrl+e", "editor", show=False, priority=True),
        Binding("ctrl+x", "fold", show=False, priority=True),
        Binding("x", "fold", show=False),
        Binding("f1", "app.help", show=False),
        Binding("tab", "move(1)", show=False, priority=True),
        Binding("shift+tab", "move(-1)", show=False, priority=True),
    ]

    @property
    def state(self) -> FormState:
        return draft(self.app)

    def change(self, state: FormState) -> None:
        """Keep the new state and paint what differs."""
        keep(self.app, state)
        self.on_snapshot(self.aitbc.current)

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        view = build_form(snapshot, self.state, width)
        # The whole form where it fits; else the focused row decides what is seen.
        self.call_after_refresh(self.body.reveal, max(0, view.focus_row - 1))
        return view.lines

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        errors = len(errors_of(check(self.aitbc.current, self.state)))
        preview = f"preview: {errors} to correct" if errors else "preview"
        hints = [("Tab", "next"), ("ctrl+g", preview), ("Esc", "leave, keep text")]
        if self.state.focus is OrderField.MODEL:
            hints.insert(1, ("down", "models"))
        typing = self.state.focus is not None and self.state.focus not in NUMERIC
        return [*hints, ("F1" if typing else "?", "help")]

    # --- keys

    def on_key(self, event: events.Key) -> None:
        if self._list_key(event.key) or self._edit_key(event.key) or self._character(event):
            event.stop()
            event.prevent_default()

    def _character(self, event: events.Key) -> bool:
        """A printable key is text where text is meant, and a number where only numbers are."""
        character = event.character
        if character is None or not event.is_printable or self.state.focus is None:
            return False
        if self.state.focus in NUMERIC and character not in _NUMBER_KEYS:
            if character != "q":
                return False
            self.toast(in_words("`q` would quit and lose what is typed here: Esc leaves and keeps it, ctrl+c quits"))
            return True
        self.change(replace(self.state.typed(character), listing=None))
        return True

    def _edit_key(self, key: str) -> bool:
        state = self.state
        at, end = state.cursor, len(state.text)
        if key == "enter":
            if state.focus is None:
                self.action_fold()
            else:
                self.action_move(1)
            return True
        if key in ("down", "up"):
            if key == "down" and state.focus is OrderField.MODEL:
                self.change(replace(state, listing=0))
            else:
                self.action_move(1 if key == "down" else -1)
            return True
        changes = {
            "left": lambda: state.cursor_at(at - 1),
            "right": lambda: state.cursor_at(at + 1),
            "home": lambda: state.cursor_at(0),
            "ctrl+a": lambda: state.cursor_at(0),
            "end": lambda: state.cursor_at(end),
            "backspace": lambda: state.erased(at - 1, at),
            "delete": lambda: state.erased(at, at + 1),
            "ctrl+u": lambda: state.erased(0, at),
            "ctrl+k": lambda: state.erased(at, end),
            "ctrl+w": lambda: state.erased(state.word_left(), at),
        }
        if key not in changes:
            return False
        self.change(changes[key]())
        return True

    def _list_key(self, key: str) -> bool:
        """While the list of models is open, the arrows, Enter and Esc belong to it."""
        state, models = self.state, self.aitbc.current.models
        if state.listing is None:
            return False
        if key in ("down", "up"):
            step = 1 if key == "down" else -1
            self.change(replace(state, listing=max(0, min(state.listing + step, len(models) - 1))))
        elif key in ("enter", "tab") and state.listing < len(models):
            name = str(models[state.listing].name)
            self.change(state.with_text(OrderField.MODEL, name).at(OrderField.PROMPT))
        elif key in ("escape", "enter"):
            self.change(replace(state, listing=None))
        else:
            return False
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Text from the clipboard: all of it into a prompt, its first line elsewhere."""
        event.stop()
        if self.state.focus is None:
            return
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        if self.state.focus is not OrderField.PROMPT:
            text = text.partition("\n")[0]
        changed = self.state.typed(text)
        self.change(changed.cursor_at(changed.cursor))

    # --- actions

    def action_move(self, by: int) -> None:
        if self.state.listing is not None:
            self.change(replace(self.state, listing=None))
        self.change(self.state.moved(by))

    def action_fold(self) -> None:
        unfolded = not self.state.unfolded
        state = self.state.folded(unfolded)
        self.change(state.at(FOLDED[0]) if unfolded and state.focus is None else state)

    def action_editor(self) -> None:
        def done(text: str | None) -> None:
            if text is not None:
                self.change(self.state.with_text(OrderField.PROMPT, text).at(OrderField.PROMPT))

        self.app.push_screen(PromptEditor(self.state.fields.prompt), done)

    def action_preview(self) -> None:
        problems = errors_of(check(self.aitbc.current, self.state))
        if problems:
            first = problems[0]
            state = self.state if first.field not in FOLDED else self.state.folded(True)
            self.change(state.at(first.field))
            self.toast(f"{len(problems)} to correct: {first.field.value}: {first.text}", Level.BAD)
            return
        self.app.push_screen(PreviewScreen(self.state, make_order(self.state.fields), self._accepted))

    def _accepted(self, ids: tuple[str, ...]) -> None:
        """One job opens and is followed; of several the ids are said, and the dashboard shows them."""
        app = self.aitbc
        app.pop_screen()
        if len(ids) == 1:
            open_job(app, ids[0])
        else:
            app.home(Pane.JOBS)
            app.say(accepted_words(ids), Level.GOOD)

    def action_back(self) -> None:
        if self.state.listing is not None:
            self.change(replace(self.state, listing=None))
            return
        super().action_back()
