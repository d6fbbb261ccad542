"""The job, receipt, cancel, connections and help screens, and the palette, by keys alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.command import CommandPalette

from aitbc_tui.domain.errors import HttpError, TunnelError
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.cancel import CancelScreen
from aitbc_tui.ui.screens.connections import ConnectionsScreen
from aitbc_tui.ui.screens.help import HelpScreen
from aitbc_tui.ui.screens.job import JobScreen
from aitbc_tui.ui.screens.receipt import ReceiptScreen
from aitbc_tui.ui.screens.submit import SubmitScreen
from tests.fixtures import details
from tests.ui.screens.promises import AuditingBackend, PromisingBackend, app_on, first_offered, text_of, until

SIZE = (120, 40)


def bad(access: Access = Access.OBSERVE) -> PromisingBackend:
    return PromisingBackend(details.bad_network(access))


async def test_a_job_is_followed_while_it_is_open() -> None:
    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK[:8])  # the first digits are enough when they are one job's
        await pilot.pause()
        assert f"watch {details.STUCK}" in own.asked
        assert "miner·3f9a took the job at 11:59:13 and is not heard since 11:59:10" in text_of(app)
        await pilot.press("j")
        assert own.asked[-1] == f"watch {details.FOREIGN}" and "? not ours" in text_of(app)
        await pilot.press("k", "k")
        assert "first job of the list" in text_of(app)
        await pilot.press("escape")
        await until(lambda: own.asked[-1] == "watch None")


async def test_a_job_under_another_job_is_followed_again_when_it_returns() -> None:
    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        registry.open_job(app, details.DONE)
        await pilot.pause()
        await pilot.press("escape")
        await until(lambda: own.asked[-1] == f"watch {details.STUCK}")


async def test_prompt_and_output_are_folded_until_asked_for_and_never_markup() -> None:
    app = app_on(bad())
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        assert "quantum" not in text_of(app)
        await pilot.press("p")
        assert "Explain [bold]quantum computing[/bold] in three" in text_of(app)
        await pilot.press("j", "k")
        assert "quantum" not in text_of(app)  # folded again on another job and back


async def test_unmasking_is_audited_or_refused_and_forgotten() -> None:
    own = AuditingBackend(details.bad_network())
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        assert "secret" not in text_of(app)
        await pilot.press("u")
        assert "miner-secret-one" in text_of(app)
        assert f"audit unmask job {details.STUCK}" in own.asked
        await pilot.press("escape")
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        assert "secret" not in text_of(app)
    app = app_on(bad())
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        await pilot.press("u")
        assert "secret" not in text_of(app) and "keeps no audit log" in text_of(app)


async def test_copying_takes_the_whole_id() -> None:
    app = app_on(bad())
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard == details.STUCK


@pytest.mark.parametrize(
    ("hours", "said"), [(0, "first seen 11:57 "), (30, "first seen 21 Nov"), (None, "first seen ? ")]
)
async def test_first_seen_is_what_the_ledger_says_and_not_when_the_oldest_receipt_listed_was_made(
    hours: float | None, said: str
) -> None:
    network = details.bad_network(Access.OBSERVE)
    made = network.receipts[0].issued_at
    assert made is not None
    since = None if hours is None else made.timestamp() - 3600 * hours
    rows = tuple(replace(row, key_since=since) for row in network.receipts)
    app = app_on(PromisingBackend(replace(network, receipts=rows)))
    async with app.run_test(size=SIZE) as pilot:
        registry.open_receipt(app, rows[0].receipt)
        await pilot.pause()
        assert said in text_of(app)


async def test_enter_opens_the_receipt_and_j_goes_back_to_the_job() -> None:
    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.DONE)
        await pilot.pause()
        await pilot.press("enter")
        assert isinstance(app.screen, ReceiptScreen)
        assert "14.208 s × 0.020000 = 0.284160, same as signed" in text_of(app)
        await pilot.press("v")
        await until(lambda: bool(own.verifications))
        own.verifications[0].set_result("valid")
        await until(lambda: "verified again: valid" in text_of(app))
        await pilot.press("j")
        await pilot.pause()
        assert isinstance(app.screen, JobScreen) and app.screen.job_id == details.DONE


async def test_a_verdict_that_changes_is_shown() -> None:
    snapshot = details.trust_network()
    own = PromisingBackend(snapshot)
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: own.started)
        registry.open_receipt(app, details.untrusted())
        await pilot.pause()
        assert "■ untrusted-key" in text_of(app)
        now_valid = details.receipt_row(details.receipt(claims=details.CLAIMS))
        own.set(replace(snapshot, receipts=(now_valid, *snapshot.receipts[1:])))
        await until(lambda: "● valid" in text_of(app))


async def test_verifying_that_fails_says_why() -> None:
    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        await pilot.press("v")
        await until(lambda: bool(own.verifications))
        own.verifications[0].set_exception(HttpError("404", status=404, body_detail="receipt not available", host="c"))
        await until(lambda: "receipt not available" in text_of(app))


async def test_cancel_needs_access_and_is_asked_for_once() -> None:
    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        assert "c cancel" not in text_of(app).splitlines()[-1]
        await pilot.press("c")
        assert "needs access submit, this is observe" in text_of(app)
    own = bad(Access.SUBMIT)
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_job(app, details.STUCK)
        await pilot.pause()
        await pilot.press("c")
        assert isinstance(app.screen, CancelScreen) and details.STUCK in text_of(app)
        await pilot.press("enter")
        assert isinstance(app.screen, JobScreen)
        await pilot.press("c", "c", "y", "y", "enter")
        await until(lambda: bool(own.cancellations))
        await pilot.pause()
        assert own.asked.count(f"cancel {details.STUCK}") == 1
        own.cancellations[0].set_result("CANCELED")
        await until(lambda: "5e1f0a77 is now CANCELED" in text_of(app))


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (HttpError("409", status=409, body_detail="job not cancelable"), "REFUSED"),
        (HttpError("no answer", timed_out=True), "unknown"),
        (TunnelError("connection lost"), "unknown"),
    ],
)
async def test_a_cancel_that_fails_says_whether_it_may_have_happened(error: HttpError, word: str) -> None:
    error.maybe_sent = True
    own = bad(Access.SUBMIT)
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_cancel(app, details.STUCK)
        await pilot.pause()
        await pilot.press("y")
        await until(lambda: bool(own.cancellations))
        own.cancellations[0].set_exception(error)
        await until(lambda: word in text_of(app))
        assert (error.body_detail if isinstance(error, HttpError) and error.body_detail else error.detail) in text_of(
            app
        )
        await pilot.press("y")
        await pilot.pause()
        assert len(own.cancellations) == 1


async def test_connections_select_a_host_and_explain_it() -> None:
    app = app_on(bad())
    async with app.run_test(size=(120, 30)) as pilot:
        registry.open_connections(app)
        await pilot.pause()
        assert isinstance(app.screen, ConnectionsScreen) and "─ genesis ● up" in text_of(app)
        await pilot.press("j")
        assert "no answer to 3 keepalives" in text_of(app)
        await pilot.press("down", "down", "down")
        assert "unknown SSH host key" in text_of(app) and "SHA256:pV3xQ9kE" in text_of(app)


async def test_help_opens_and_closes_with_the_same_key() -> None:
    app = app_on(bad())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("G")
        assert "four digits of a keyed hash" in text_of(app)
        await pilot.press("question_mark")
        await pilot.pause()
        assert len(app.screen_stack) == 1


async def _choose(app: AitbcApp, typed: str, arrived: Callable[[], bool]) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("colon")
        await until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*typed)
        await until(lambda: typed[:8] in first_offered(app))
        await pilot.press("enter")
        await until(arrived)


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("5e1f0a77", JobScreen),
        ("connections", ConnectionsScreen),
        ("submit", SubmitScreen),
        ("0123456789abcdef0123456789abcdef", JobScreen),
    ],
)
async def test_the_palette_opens_what_is_typed(typed: str, screen: type) -> None:
    app = app_on(bad())
    await _choose(app, typed, lambda: isinstance(app.screen, screen))


def hostile() -> Snapshot:
    snapshot = details.bad_network()
    row = details.stuck_row()
    named = replace(row, job=replace(row.job, job_id=details.text("abcd[/nope][@click=app.quit]x")))
    return replace(snapshot, jobs=(named, *snapshot.jobs))


async def test_no_label_of_the_palette_is_markup() -> None:
    app = app_on(PromisingBackend(hostile()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("colon")
        await until(lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"abcd")
        await until(lambda: "[/nope][@click=app.quit]" in text_of(app))


async def test_a_still_picture_paints_nothing() -> None:
    from aitbc_tui.ui.widgets.canvas import Canvas

    own = bad()
    app = app_on(own)
    async with app.run_test(size=SIZE) as pilot:
        for opened in (
            lambda: registry.open_job(app, details.STUCK),
            lambda: registry.open_receipt(app, details.untrusted()),
            lambda: registry.open_submit(app),
            lambda: registry.open_connections(app),
        ):
            opened()
            await pilot.pause()
            canvases = list(app.screen.query(Canvas))
            before = [canvas.repaints for canvas in canvases]
            app.paint_now()
            app.paint_now()
            await pilot.pause()
            assert [canvas.repaints for canvas in canvases] == before
