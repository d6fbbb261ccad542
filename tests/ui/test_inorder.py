"""A burst of keys, as a slow line delivers it: each goes where it would have gone, had it been typed slowly."""

from __future__ import annotations

import asyncio

import pytest
from textual import events

from aitbc_tui.domain.snapshot import Access
from aitbc_tui.ui import inorder
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.inorder import Typed
from aitbc_tui.ui.screens.help import HelpScreen
from aitbc_tui.ui.screens.submit import SubmitScreen
from aitbc_tui.ui.screens.submit_send import PreviewScreen
from tests.fixtures import details
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until


def burst(app: AitbcApp, *keys: str) -> None:
    """All of them before the app had time for one."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def app_to_write() -> AitbcApp:
    return app_on(PromisingBackend(details.sound_network(Access.SUBMIT)))


async def test_a_form_is_opened_filled_and_previewed_in_one_burst() -> None:
    app = app_to_write()
    async with app.run_test(size=(120, 40)):
        burst(app, "n", *"mistral", "tab", *"Why", "ctrl+g")
        await until(lambda: isinstance(app.screen, PreviewScreen) and "nothing sent yet" in text_of(app))
        form = app.screen_stack[-2]
        assert isinstance(form, SubmitScreen)
        assert (form.state.fields.model, form.state.fields.prompt) == ("mistral", "Why")


async def test_what_is_pasted_keeps_its_place_between_keys() -> None:
    app = app_to_write()
    async with app.run_test(size=(120, 40)):
        burst(app, "n", *"mistral", "tab")
        app.post_message(events.Paste("pasted "))
        burst(app, *"end", "tab", "backspace")
        form = await _form(app)
        await until(lambda: form.state.fields.ttl == "90")
        assert (form.state.fields.model, form.state.fields.prompt) == ("mistral", "pasted end")


async def test_screens_open_and_close_in_the_order_of_the_keys() -> None:
    app = app_to_write()
    async with app.run_test(size=(120, 40)):
        burst(app, "question_mark", "escape", "n", *"mi", "escape", "4", "n", *"st")
        await until(lambda: len(app.screen_stack) == 2 and app._typed.idle)
        form = await _form(app)
        assert form.state.fields.model == "mist", "what was typed before Esc is kept, and goes on"


async def test_a_key_that_takes_too_long_does_not_hold_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inorder, "PATIENCE_S", 0.05)
    app = app_to_write()
    async with app.run_test(size=(120, 40)):
        released = asyncio.Event()
        app.screen.call_later(released.wait)
        burst(app, "z", "question_mark")
        try:
            await until(lambda: not app._typed.idle)
            await until(lambda: app._typed.idle, 5.0)  # both keys were handed on while the screen hung
        finally:
            released.set()
        await until(lambda: isinstance(app.screen, HelpScreen))


async def test_a_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inorder, "MOST", 3)
    rung: list[int] = []
    app = app_to_write()
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    async with app.run_test(size=(120, 40)):
        form = await _opened(app)
        burst(app, *"abcdef")
        await until(lambda: app._typed.idle and rung)
        assert form.state.fields.model == "abcd" and rung == [1, 1]  # one at once, three that waited


async def test_a_fault_of_an_answer_ends_the_app_and_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    app, answered = app_to_write(), 0

    async def broken(event: Typed) -> None:
        nonlocal answered
        answered += 1
        if answered == 2:  # the first is answered in the app's own loop
            raise RuntimeError("told")

    monkeypatch.setattr(app._typed, "_answer", broken)
    with pytest.raises(RuntimeError, match="told"):
        async with app.run_test(size=(120, 40)):
            burst(app, "z", "z")
            await until(lambda: app.crashed is not None, 5.0)


async def _opened(app: AitbcApp) -> SubmitScreen:
    burst(app, "n")
    return await _form(app)


async def _form(app: AitbcApp) -> SubmitScreen:
    await until(lambda: isinstance(app.screen, SubmitScreen))
    await until(lambda: app._typed.idle)
    form = app.screen
    assert isinstance(form, SubmitScreen)
    return form
