"""The lines of the preview before a submission (screens 2.9): what is sent where as whom, and two buttons. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from rich.cells import cell_len

from aitbc_tui.domain import estimate as known
from aitbc_tui.domain.order import describe_constraints
from aitbc_tui.domain.snapshot import Access, Snapshot, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import JobOrder
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import cut, pair, pairs, section, text_lines, wrap
from aitbc_tui.ui.screens.submit_state import FormState, first_line

VALUE_AT = 14
NOTE_AT = 34
BEGIN = 33  # cells of the prompt that are quoted


class Phase(Enum):
    """How far the sending is."""

    READY = "ready"
    SENDING = "sending"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """What became of the confirmed order: `done` answered copies of `order.count`, and why it stopped."""

    phase: Phase = Phase.READY
    done: tuple[Submission, ...] = ()
    detail: SafeText = SafeText("")
    remedy: SafeText = SafeText("")


def _row(label: str, value: str, width: int, note: str = "") -> list[Line]:
    """A label, its value, and a note beside it in one column; the value or the note may go on below."""
    if not note:
        return pairs(label, value, width, at=VALUE_AT)
    at = max(NOTE_AT, VALUE_AT + cell_len(value) + 2)
    first, *rest = wrap(note, max(20, width - at - 1))
    gap = " " * (at - VALUE_AT - cell_len(value))
    lines = [pair(label, Run(value), Run(gap + first, Role.MUTED), at=VALUE_AT)]
    return [*lines, *(Line((Run(" " * at), Run(piece, Role.MUTED))) for piece in rest)]


def _as_whom(snapshot: Snapshot) -> str:
    """The masked name of our client, when one of our jobs has shown it, and where its key comes from."""
    ours = next((row.job.client for row in snapshot.jobs if row.ours and row.job.client is not None), None)
    key = next((row for row in snapshot.credentials if row.role == "client"), None)
    origin = f"client key {key.origin}" if key is not None and key.origin else "client key of the configuration"
    return f"{ours.label} ({origin})" if ours is not None else origin


def quoted_begin(prompt: str) -> str:
    """How the prompt begins, safe to show; an ellipsis says that there is more."""
    begin = str(clean(first_line(prompt), 10_000))
    if begin != prompt and cell_len(begin) < BEGIN:
        begin += "…"
    return cut(begin, BEGIN)


def _number(value: float) -> str:
    return f"{value:,.8f}".rstrip("0").rstrip(".")


def order_lines(snapshot: Snapshot, state: FormState, order: JobOrder, width: int) -> list[Line]:
    """What would be sent, row by row."""
    where = clean(str(snapshot.environment.name), 40)
    until = (snapshot.utc + timedelta(seconds=order.ttl_s)).strftime("%H:%M")
    length = len(order.prompt)
    unit = "character" if length == 1 else "characters"
    times = "once" if order.count == 1 else f"{order.count} times"
    pay = "none" if order.pay == 0 else f"{_number(order.pay)} AITBC"
    note = "" if order.pay == 0 else known.payment_note(snapshot, order.pay)
    rows = (
        ("send", f"POST /v1/jobs at coordinator {where}, {times}, never again by itself", ""),
        ("as", _as_whom(snapshot), ""),
        ("model", str(clean(order.model, 40)), known.who_has(snapshot, order.model)),
        ("prompt", f'{length:,} {unit}, begins "{quoted_begin(order.prompt)}"', ""),
        ("ttl", f"{order.ttl_s:,} s", f"expires {until} UTC if nobody runs it"),
        ("pay", pay, note),
        ("constraints", str(describe_constraints(order.constraints)), ""),
        ("count", str(order.count), ""),
        ("cost", known.cost(snapshot, state.fields, order.count), ""),
    )
    return [line for label, value, beside in rows for line in _row(label, value, width, beside)]


def _after(order: JobOrder, width: int) -> list[Line]:
    opens = (
        "The job opens and is followed to its verified receipt."
        if order.count == 1
        else f"The {order.count} jobs are sent one after another; their ids stand in pane 4."
    )
    text = (
        f"{opens} If the coordinator does not answer, the state is ? unknown: "
        "it is looked up, never sent a second time."
    )
    return [section("After that", width), *text_lines(text, width)]


def _buttons(send_focused: bool) -> list[Line]:
    """Two buttons and their keys; the focused one is a chip."""
    chip, plain = Role.CHIP_ACCENT, Role.TEXT
    if send_focused:
        cancel, send = Run("   Cancel ", plain), Run(" ► Send ", chip)
        keys = f"{'Esc':<17}y, Enter"
    else:
        cancel, send = Run(" ► Cancel ", chip), Run("   Send ", plain)
        keys = f"{'Enter, Esc':<20}y"
    return [Line((Run(" " * 16), cancel, Run(" " * 5), send)), Line((Run(" " * 17 + keys, Role.MUTED),))]


def _to_arm(snapshot: Snapshot, width: int) -> list[Line]:
    """With access observe the screen ends here, and says what would have to change."""
    env = snapshot.environment
    name = clean(str(env.name), 40)
    lines = [
        section("Not sent", width, mark=(Level.REFUSED, "needs access submit"), text=f"this is {env.access.value}"),
    ]
    how = f'Set access = "submit" in [env.{name}] of the configuration, and start without --read-only.'
    return [*lines, *text_lines(how, width), *text_lines("What you typed stays here until you quit.", width)]


def _outcome(progress: Progress, order: JobOrder, width: int) -> list[Line]:
    """While it is sent, and when that did not end with an accepted job."""
    ids = ", ".join(str(one.job_id)[:8] for one in progress.done if one.job_id)
    so_far = [Line((Run(f" accepted so far: {ids}", Role.MUTED),))] if ids else []
    if progress.phase is Phase.SENDING:
        word = "sending" if order.count == 1 else f"sending {len(progress.done) + 1} of {order.count}"
        lines = text_lines("Asked once. Its id is on disk before it is shown. Esc leaves; the answer is kept.", width)
        return [section("Sending", width, mark=(Level.RUNNING, word)), *lines, *so_far]
    if progress.phase is Phase.REFUSED:
        lines = [section("Refused", width, mark=(Level.BAD, "REFUSED"), text="nothing was accepted, your text is kept")]
        if ids:
            lines[0] = section("Refused", width, mark=(Level.BAD, "REFUSED"), text="the rest was not sent")
        lines += text_lines(progress.detail, width)
        lines += text_lines(progress.remedy, width, role=Role.MUTED) if progress.remedy else []
        return [
            *lines,
            *so_far,
            *text_lines(in_words("`e` edits it; Esc leaves and keeps the text."), width, role=Role.MUTED),
        ]
    lines = [section("Unknown", width, mark=(Level.UNKNOWN, "unknown"), text="look it up, it is not sent again")]
    lines += text_lines(progress.detail or "The coordinator did not answer; it may have accepted the job.", width)
    look = "aitbc-tui jobs shows whether it arrived. It is in the ledger of this machine as unknown."
    return [*lines, *text_lines(look, width, role=Role.MUTED), *so_far]


def build_preview(
    snapshot: Snapshot,
    state: FormState,
    order: JobOrder,
    progress: Progress,
    width: int,
    *,
    send_focused: bool = False,
) -> list[Line]:
    """Every line of the preview, the title first."""
    words = {
        Phase.READY: ((Level.GOOD, "complete"), "nothing sent yet"),
        Phase.SENDING: ((Level.RUNNING, "sending"), "asked once"),
        Phase.REFUSED: ((Level.BAD, "REFUSED"), "your text is kept"),
        Phase.UNKNOWN: ((Level.UNKNOWN, "unknown"), "sent, and not answered"),
    }
    mark, text = words[progress.phase]
    lines = [section("Submit inference: preview", width, mark=mark, text=text, heavy=True), Line()]
    lines += [*order_lines(snapshot, state, order, width), Line()]
    if progress.phase is not Phase.READY:
        return [*lines, *_outcome(progress, order, width)]
    if snapshot.environment.access is Access.OBSERVE:
        return [*lines, *_to_arm(snapshot, width)]
    return [*lines, *_after(order, width), Line(), *_buttons(send_focused)]


def settled(submission: Submission) -> Phase | None:
    """What an answer means for the sending; None: accepted."""
    if submission.state is SubmissionState.ACCEPTED:
        return None
    return Phase.REFUSED if submission.state is SubmissionState.REFUSED else Phase.UNKNOWN
