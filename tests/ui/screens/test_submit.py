"""The submit form by keys alone: typing, checking, leaving, preview, sending once."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from aitbc_tui.domain.errors import ConnectError, GuardError
from aitbc_tui.domain.order import OrderField, OrderFields
from aitbc_tui.domain.snapshot import Access, SubmissionState
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.job import JobScreen
from aitbc_tui.ui.screens.submit import SubmitScreen
from aitbc_tui.ui.screens.submit_drafts import draft, keep
from aitbc_tui.ui.screens.submit_editor import PromptEditor
from aitbc_tui.ui.screens.submit_send import PreviewScreen
from aitbc_tui.ui.screens.submit_state import FormState
from tests.fixtures import details
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until

SIZE = (80, 24)
FILLED = OrderFields(model="llama3.2:latest", prompt="Explain [bold]this[/bold]\x1b[31m, please")


def backend(access: Access = Access.SUBMIT) -> PromisingBackend:
    return PromisingBackend(details.sound_network(access))


async def open_form(app: AitbcApp, pilot: Pilot[int], fields: OrderFields | None = None) -> SubmitScreen:
    if fields is not None:
        keep(app, FormState(fields=fields))
    registry.open_submit(app)
    await pilot.pause()
    assert isinstance(app.screen, SubmitScreen)
    return app.screen


async def test_typing_fills_fields_and_checks_them_at_once() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot)
        assert "2 to correct" in text_of(app)  # model and prompt
        await pilot.press(*"mistral", "colon", *"latest")
        assert form.state.fields.model == "mistral:latest"
        assert "1 to correct" in text_of(app) and "2 miners have it" in text_of(app)
        await pilot.press("tab", *"Why?", "tab", "backspace", "backspace", "backspace", *"30")
        assert form.state.fields.prompt == "Why?"
        assert form.state.fields.ttl == "30"
        assert "at least 60" in text_of(app)
        await pilot.press("0")
        assert "1 to correct" not in text_of(app) and "complete" in text_of(app)


async def test_editing_keys_work_inside_the_text() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot)
        await pilot.press(*"abd", "left", "c", "home", "X", "end", "backspace", "ctrl+a", "delete")
        assert form.state.fields.model == "abc"
        await pilot.press("end", "space", *"def", "ctrl+w")
        assert form.state.fields.model == "abc "
        await pilot.press("ctrl+u")
        assert form.state.fields.model == ""


async def test_a_model_nobody_has_is_a_warning_and_may_be_sent() -> None:
    app = app_on(backend())
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(app, pilot, OrderFields(model="llama3", prompt="hi"))
        assert "the miner will silently substitute" in text_of(app)
        assert "mean llama3.2:latest?" in text_of(app)
        await pilot.press("ctrl+g")
        assert isinstance(app.screen, PreviewScreen)


async def test_the_list_offers_what_miners_hold() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot)
        await pilot.press("down", "down")
        assert "deepseek-r1:14b" in text_of(app) and "mistral:latest" in text_of(app)
        await pilot.press("enter")
        assert form.state.fields.model == "llama3.2:latest"
        assert form.state.focus is OrderField.PROMPT
        await pilot.press("shift+tab", "down", "escape")
        assert form.state.listing is None and isinstance(app.screen, SubmitScreen)


async def test_leaving_keeps_the_text() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot)
        await pilot.press(*"mistral", "tab", *"keep me", "escape")
        assert not isinstance(app.screen, SubmitScreen)
        await open_form(app, pilot)
        assert "keep me" in text_of(app)


async def test_q_in_a_number_field_does_not_lose_the_text() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("tab", "tab", "q")
        assert app.is_running and "q would quit" in text_of(app)


async def test_constraints_fold_and_warn() -> None:
    app = app_on(backend())
    async with app.run_test(size=(120, 40)) as pilot:
        form = await open_form(app, pilot, FILLED)
        await pilot.press("tab", "tab", "x", "tab", "tab", "tab", "tab", "tab")
        assert form.state.unfolded and form.state.focus is OrderField.GPU
        await pilot.press(*"4090x")
        assert form.state.fields.gpu == "4090x"  # in a text field x is a letter
        assert "the job waits until it expires" in text_of(app)
        assert "0 of 3 miners could run it" in text_of(app)
        await pilot.press("ctrl+x")
        assert not form.state.unfolded and form.state.fields.gpu == "4090x"


async def test_the_editor_gives_every_line_back() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+e")
        assert isinstance(app.screen, PromptEditor)
        assert "\x1b" not in text_of(app) and "[bold]" in text_of(app)
        assert "sent byte for byte" in text_of(app) and "back to the form" in text_of(app)
        await pilot.press("enter", *"second", "escape")
        await pilot.pause()
        assert app.screen is form
        assert form.state.fields.prompt == FILLED.prompt + "\nsecond"
        assert "+1 line" in text_of(app)


async def test_pasted_lines_go_into_the_prompt_whole() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot)
        form.post_message(events.Paste("one\r\ntwo"))
        await pilot.pause()
        assert form.state.fields.model == "one"
        await pilot.press("tab")
        form.post_message(events.Paste("one\r\ntwo"))
        await pilot.pause()
        assert form.state.fields.prompt == "one\ntwo"
        await pilot.press("exclamation_mark")
        assert form.state.fields.prompt.count("!") == 1


async def test_a_very_long_prompt_stays_quick_to_edit() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot, OrderFields(model="m", prompt="x" * 300_000))
        await pilot.press("tab")
        begun = time.process_time()
        await pilot.press(*"abc", "left", "home", "end")
        assert time.process_time() - begun < 5.0
        assert form.state.fields.prompt == "x" * 300_000 + "abc"


async def test_markup_and_escapes_in_a_prompt_are_literal_and_sent_as_typed() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(app, pilot, FILLED)
        assert "[bold]this[/bold]␛[31m" in text_of(app) and "\x1b" not in text_of(app)
        await pilot.press("ctrl+g")
        assert "[bold]this[/bold]" in text_of(app) and "\x1b" not in text_of(app)
        await pilot.press("y")
        await until(lambda: bool(own.orders))
        assert own.orders[0].prompt == FILLED.prompt


async def test_errors_keep_the_preview_shut_and_name_the_field() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot, replace(FILLED, pay="-1"))
        await pilot.press("ctrl+g")
        assert app.screen is form and form.state.focus is OrderField.PAY
        assert "1 to correct: pay: 0 or more" in text_of(app)


@pytest.mark.parametrize("key", ["enter", "escape", "e"])
async def test_the_preview_is_left_without_sending(key: str) -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        form = await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", key)
        await pilot.pause()
        assert app.screen is form and own.orders == []
        assert draft(app).fields == FILLED


async def test_y_sends_once_even_when_pressed_twice_and_the_job_opens() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", "y", "y", "enter", "y")
        await until(lambda: bool(own.submissions))
        await pilot.pause()
        assert len(own.orders) == 1
        own.submissions[0].set_result(details.submission(own.orders[0]))
        await until(lambda: isinstance(app.screen, JobScreen))
        assert isinstance(app.screen, JobScreen) and app.screen.job_id == details.STUCK
        assert [type(screen).__name__ for screen in app.screen_stack] == ["DashboardScreen", "JobScreen"]
        await until(lambda: f"watch {details.STUCK}" in own.asked)
        assert len(own.orders) == 1


async def test_the_buttons_stay_in_sight_however_much_stands_above_them() -> None:
    app = app_on(backend())
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, replace(FILLED, count="3", pay="2.5", gpu="a very long name of a card " * 4))
        await pilot.press("ctrl+g")
        assert "► Cancel" in text_of(app) and "Enter, Esc" in text_of(app)


async def test_tab_reaches_the_send_button() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", "tab")
        assert "► Send" in text_of(app)
        await pilot.press("enter")
        await until(lambda: len(own.orders) == 1)


async def test_observe_ends_at_the_preview_and_says_how_to_arm() -> None:
    own = backend(Access.OBSERVE)
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g")
        assert "needs access submit" in text_of(app) and 'access = "submit" in [env.prod]' in text_of(app)
        await pilot.press("y", "tab", "y")
        await pilot.pause()
        assert own.orders == [] and "this is observe" in text_of(app)


async def test_a_refusal_stays_with_its_reason() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", "y")
        await until(lambda: bool(own.submissions))
        own.submissions[0].set_exception(GuardError("access is observe", host="prod", remedy="set access"))
        await until(lambda: "REFUSED" in text_of(app))
        assert "access is observe" in text_of(app)
        await pilot.press("y")
        assert len(own.orders) == 1
        await pilot.press("e")
        assert isinstance(app.screen, SubmitScreen) and draft(app).fields == FILLED


@pytest.mark.parametrize("raised", [True, False])
async def test_no_answer_is_unknown_and_never_sent_again(raised: bool) -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", "y")
        await until(lambda: bool(own.submissions))
        if raised:
            error = ConnectError("no answer in 10 s", timed_out=True)
            error.maybe_sent = True
            own.submissions[0].set_exception(error)
        else:
            own.submissions[0].set_result(details.submission(own.orders[0], SubmissionState.UNKNOWN))
        await until(lambda: "? unknown" in text_of(app))
        assert "no answer in 10 s" in text_of(app)
        await pilot.press("y", "enter")
        await pilot.pause()
        assert len(own.orders) == 1


async def test_several_jobs_go_one_after_another_and_their_ids_are_said() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(app, pilot, replace(FILLED, count="2"))
        await pilot.press("ctrl+g")
        assert "2 times" in text_of(app)
        await pilot.press("y")
        await until(lambda: len(own.submissions) == 1)
        await pilot.pause()
        assert len(own.orders) == 1 and own.orders[0].count == 1
        own.submissions[0].set_result(details.submission(own.orders[0], job_id="a" * 32))
        await until(lambda: len(own.submissions) == 2)
        own.submissions[1].set_result(details.submission(own.orders[1], job_id="b" * 32))
        await until(lambda: len(app.screen_stack) == 1)
        await pilot.pause()
        assert "2 jobs accepted: aaaaaaaa bbbbbbbb" in text_of(app)


async def test_a_stop_in_the_middle_sends_no_more() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_form(app, pilot, replace(FILLED, count="3"))
        await pilot.press("ctrl+g", "y")
        await until(lambda: len(own.submissions) == 1)
        own.submissions[0].set_result(details.submission(own.orders[0], job_id="a" * 32))
        await until(lambda: len(own.submissions) == 2)
        own.submissions[1].set_result(details.submission(own.orders[1], SubmissionState.UNKNOWN))
        await until(lambda: "accepted so far: aaaaaaaa" in text_of(app))
        await pilot.pause()
        assert len(own.orders) == 2


async def test_leaving_while_it_is_sent_does_not_take_it_back() -> None:
    own = backend()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await open_form(app, pilot, FILLED)
        await pilot.press("ctrl+g", "y")
        await until(lambda: bool(own.submissions))
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert not own.submissions[0].cancelled()
        own.submissions[0].set_result(details.submission(own.orders[0]))
        await until(lambda: "job accepted: 5e1f0a77" in text_of(app))
        assert len(app.screen_stack) == 1
