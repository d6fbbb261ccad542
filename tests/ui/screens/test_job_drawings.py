"""Jobs, receipts, the form and connections against the drawings, cell by cell; where they differ it is said why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aitbc_tui.domain.observed import Trouble, TroubleKind
from aitbc_tui.domain.order import OrderField, OrderFields, make_order
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import Access, JobRow, Snapshot
from aitbc_tui.domain.text import literal
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.screens.cancel_lines import Asked, build_cancel
from aitbc_tui.ui.screens.connections_lines import Terminal, build_connections
from aitbc_tui.ui.screens.connections_servers import budget
from aitbc_tui.ui.screens.help_lines import build_help
from aitbc_tui.ui.screens.job_lines import DetailView, build_job, unknown_job
from aitbc_tui.ui.screens.receipt_lines import build_receipt
from aitbc_tui.ui.screens.submit_form import build_form
from aitbc_tui.ui.screens.submit_preview import Phase, Progress, build_preview
from aitbc_tui.ui.screens.submit_state import FormState
from aitbc_tui.ui.theme import look
from tests.fixtures import details
from tests.ui.pictures import drawn, same

PROMPT = "Explain quantum computing in three\nsentences, for an engine"
FOLDED, OPEN = DetailView(), DetailView(unfolded=True)


def test_the_stuck_job_is_as_drawn() -> None:
    snapshot = details.bad_network()
    lines = build_job(snapshot, details.stuck_row(), FOLDED, 120)
    differ = {
        2: (5, 120),  # reading logs and restarting units are not in this version: no key is promised
        20: (24, 51),  # SILENT since its last heartbeat; the log that the drawing reads is not read
        21: (0, 75),  # heartbeat and the platform's word instead of unit and log
        22: (0, 75),
        23: (0, 75),
        24: (0, 75),
        25: (0, 75),
    }
    same(lines, drawn("job-120x40", 3, 29), 120, differ)
    # One row less of the miner: what follows it stands one row higher.
    same(lines[26:], drawn("job-120x40", 30, 37), 120)


def test_the_untrusted_receipt_is_as_drawn() -> None:
    snapshot = details.trust_network()
    lines = build_receipt(snapshot, details.untrusted(), FOLDED, 120)
    differ = {
        2: (5, 120),  # pinning is a command of its own, not a key of this screen
        5: (88, 120),  # the last 3 characters of the key are hzc: the drawing has two of them exchanged
        6: (88, 120),  # no date of the pin: the picture does not hold the trust store
        7: (75, 120),
        8: (75, 120),
        9: (75, 120),
        24: (75, 120),  # the chain is not asked: its text is shorter
        25: (75, 120),
        26: (75, 120),
    }
    same(lines, drawn("receipt-120x40", 3, 33), 120, differ)
    assert '▲ "released"' in lines[30].plain and "1 receipt. Two valid" in lines[31].plain


def form_state(**changed: str) -> FormState:
    fields = replace(OrderFields(model="llama3.2:latest", prompt=PROMPT), **changed)
    return FormState(fields, focus=OrderField.TTL, cursor=0)


def test_the_form_is_as_drawn() -> None:
    view = build_form(details.sound_network(), form_state(ttl="30"), 80)
    same(view.lines, drawn("submit-80x24", 2, 23), 80)
    assert len(view.lines) <= 21  # it fits without scrolling


def test_the_preview_is_as_drawn() -> None:
    state = form_state()
    lines = build_preview(details.sound_network(), state, make_order(state.fields), Progress(), 80)
    want = [row.replace("58 characters", "59 characters") for row in drawn("preview-80x24", 2, 23)]
    same(lines, want, 80)


def test_the_connections_are_as_drawn() -> None:
    lines = build_connections(details.bad_network(), 1, Terminal(900.0), 120)
    differ = {0: (14, 33)}  # this picture has other hosts
    same(lines[:5], drawn("connections-120x30", 3, 8), 120, differ)
    text = "\n".join(line.fit(120).plain for line in lines)
    for row in drawn("connections-120x30", 21, 24):
        assert row in text  # the credentials


def test_the_connections_say_what_each_endpoint_proved_and_what_is_left_of_a_budget() -> None:
    """As drawn for the coordinator's budget and its broken endpoint; the words of each way are the server's own."""
    snapshot = details.bad_network()
    lines = [line.fit(120).plain for line in build_connections(snapshot, 0, Terminal(900.0), 120)]
    text = "\n".join(lines)
    assert " ● answers    coordinator HTTP 18000 through genesis" in text
    assert next(line for line in lines if "HTTP 18000 through" in line).rstrip().endswith("52 of 100")
    assert " ▲ broken     coordinator GET /v1/admin/stats: 500" in text
    assert " – absent     coordinator GET /v1/health: Not Found" in text
    assert " □ needs key  coordinator GET /v1/jobs: Authentication required" in text
    detail = text[text.index("─ genesis ●") :]
    assert "chain reads: 96 of our 100 a minute; it allows 200 to all" in detail
    assert "GET /v1/admin/jobs (admin)" in detail and "broken        GET /v1/admin/stats" in detail
    paused = replace(snapshot, capabilities=(replace(snapshot.capabilities[0], pauses_s=42.0),))
    lines = [line.fit(120).plain for line in build_connections(paused, 0, Terminal(), 120)]
    assert "waits 40 s" in lines[2] and "it asked for a pause, 40 s left" in "\n".join(lines)
    untold = replace(paused.capabilities[0], limit=None, ours=None)
    lines = [
        line.fit(120).plain for line in build_connections(replace(paused, capabilities=(untold,)), 0, Terminal(), 120)
    ]
    assert "waits 40 s" in lines[2] and "of how many is not told; it asked for a pause, 40 s left" in "\n".join(lines)


def test_no_limit_is_said_only_of_a_server_that_was_asked() -> None:
    server = next(one for one in details.bad_network().capabilities if one.endpoints)
    free = replace(server, limit=None, ours=None, pauses_s=None)
    assert (budget([free]), budget([replace(free, endpoints=())]), budget([])) == ("no limit", "?", "–")


def fits(lines: Sequence[Line], width: int) -> str:
    """The text of lines that need no cutting."""
    for line in lines:
        assert line.width <= width, line.plain
    return "\n".join(line.plain for line in lines)


ROWS: dict[str, JobRow] = {
    "stuck": details.stuck_row(),
    "done": details.done_row(),
    "foreign": details.foreign_row(),
    "queued": details.queued_row(),
}
RECEIPTS: dict[str, VerifiedReceipt] = {
    "valid": details.receipt(),
    "untrusted": details.untrusted(),
    "unsigned": details.unsigned(),
    "invalid": details.invalid(),
    "failed-inside": details.failed_inside(),
    "mismatch": details.mismatch(),
}


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("view", [FOLDED, OPEN])
def test_jobs_fit_every_width(width: int, name: str, view: DetailView) -> None:
    text = fits(build_job(details.bad_network(), ROWS[name], view, width), width)
    assert ROWS[name].job.job_id in text and "client-secret" not in text and "miner-secret" not in text


@pytest.mark.parametrize("width", [80, 100, 120, 160, 200])
@pytest.mark.parametrize("name", RECEIPTS)
@pytest.mark.parametrize("view", [FOLDED, OPEN])
def test_receipts_fit_every_width(width: int, name: str, view: DetailView) -> None:
    one = RECEIPTS[name]
    text = fits(build_receipt(details.trust_network(one), one, view, width), width)
    assert one.verdict.value in text and "98475c28" not in text


@pytest.mark.parametrize("width", [80, 120, 200])
def test_other_screens_fit_every_width(width: int) -> None:
    snapshot = details.bad_network(Access.SUBMIT)
    fits(build_help(width), width)
    fits(build_connections(snapshot, 1, Terminal(), width), width)
    fits(unknown_job(snapshot, "f" * 32, 60.0, width), width)
    for asked in Asked:
        fits(build_cancel(snapshot, details.STUCK, asked, "why " * 40, width), width)
    state = replace(form_state(gpu="RTX 4090", pay="2.5", model="x" * 150), unfolded=True)
    fits(build_form(snapshot, state, width).lines, width)
    for phase in Phase:
        fits(build_preview(snapshot, state, make_order(state.fields), Progress(phase), width), width)


def line_with(lines: Sequence[Line], text: str) -> Line:
    return next(line for line in lines if text in line.plain)


def test_a_foreign_job_says_which_nothing_it_is() -> None:
    text = fits(build_job(details.bad_network(), details.foreign_row(), FOLDED, 80), 80)
    assert text.count("? not ours") >= 7
    assert "only the owner's key may read it" in text


def unknown_text(snapshot: Snapshot, asked_s: float, trouble: Trouble | None = None) -> str:
    return fits(unknown_job(snapshot, "f" * 32, asked_s, 80, trouble), 80)


def test_an_unknown_id_is_asked_for_before_it_is_denied() -> None:
    snapshot = details.bad_network()
    assert "no answer yet" in unknown_text(snapshot, 1.0)
    not_found = Trouble(TroubleKind.EMPTY, literal("job not found"), status=404)
    assert "404 job not found" in unknown_text(snapshot, 1.0, not_found)
    assert "404" not in unknown_text(snapshot, 10.0), "nobody asked for it by its id"
    refused = Trouble(TroubleKind.REFUSED, literal("401 invalid api key"), status=401)
    assert "? not learnt: 401" in unknown_text(snapshot, 10.0, refused)
    silent = replace(snapshot, coordinator_verdict=details.verdict(Level.STALE, "stale", "no answer in 10 s"))
    assert "404" not in unknown_text(silent, 10.0) and "? not learnt" in unknown_text(silent, 10.0)


def test_a_failed_result_inside_a_valid_receipt_is_loud() -> None:
    one = details.failed_inside()
    lines = build_receipt(details.trust_network(one), one, FOLDED, 120)
    assert "● valid" in lines[0].plain
    loud = line_with(lines, "FAILED INSIDE")
    assert any(run.role is Role.BAD_STRONG for run in loud.runs)
    assert any(run.role is Role.BAD_STRONG for run in line_with(lines, "result.status").runs)


def test_a_price_that_is_no_product_is_a_warning_not_a_forgery() -> None:
    one = details.mismatch()
    lines = build_receipt(details.trust_network(one), one, FOLDED, 120)
    price = line_with(lines, "≠ units × unit_price")
    assert any(run.role is Role.WARN for run in price.runs)
    assert not any(run.role is Role.BAD_STRONG for line in lines for run in line.runs)


def test_an_unsigned_receipt_has_no_list_of_signed_fields() -> None:
    one = details.unsigned()
    text = fits(build_receipt(details.trust_network(one), one, FOLDED, 120), 120)
    assert "Signed ·" not in text and "no signature stands for this list" in text


def test_unmasked_ids_are_shown_only_when_asked_for() -> None:
    snapshot = details.bad_network()
    view = DetailView(unmasked=True)
    assert "miner-secret-one" in fits(build_job(snapshot, details.stuck_row(), view, 120), 120)
    one = details.untrusted()
    assert "98475c28-8e2c" in fits(build_receipt(details.trust_network(one), one, view, 80), 80)


def test_an_estimate_without_receipts_has_no_basis() -> None:
    view = build_form(details.sound_network(), form_state(model="deepseek-r1:14b"), 80)
    assert "no basis" in fits(view.lines, 80)


def test_what_a_payment_would_do_is_not_guessed() -> None:
    snapshot = details.sound_network()
    unseen = replace(snapshot, jobs=tuple(row for row in snapshot.jobs if row.job.payment_status is None))
    assert "is not known: no job with" in fits(build_form(unseen, form_state(), 120).lines, 120)


@pytest.mark.parametrize("name", RECEIPTS)
def test_ascii_mode_keeps_every_cell(name: str) -> None:
    snapshot = details.trust_network(RECEIPTS[name])
    lines = build_receipt(snapshot, RECEIPTS[name], OPEN, 120)
    lines += build_job(details.bad_network(), details.stuck_row(), OPEN, 120)
    lines += build_help(120)
    for line in lines:
        shown = "".join(look("dark", True).text(run.text) for run in line.runs)
        assert shown.isascii(), line.plain
        assert len(shown) - line.width == shown.count(" != "), line.plain
