"""What was typed into the submit form of an app, kept while the program runs: leaving the form loses nothing."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from textual.app import App

from aitbc_tui.ui.screens.submit_state import FormState

_drafts: WeakKeyDictionary[App[object], FormState] = WeakKeyDictionary()


def draft(app: App[object]) -> FormState:
    """The form as it was left, else an empty one."""
    return _drafts.get(app) or FormState()


def keep(app: App[object], state: FormState) -> None:
    _drafts[app] = state
