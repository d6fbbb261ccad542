"""The lines of the question before a job is cancelled: which, what follows, two buttons. Pure."""

from __future__ import annotations

from enum import Enum

from aitbc_tui.domain.snapshot import Access, JobRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import clock, pair, section, text_lines

VALUE_AT = 14


class Asked(Enum):
    """How far the cancelling is."""

    READY = "ready"
    SENDING = "sending"
    REFUSED = "refused"
    UNKNOWN = "unknown"


_TITLES = {
    Asked.READY: ((Level.WARN, "waits for you"), "nothing sent yet"),
    Asked.SENDING: ((Level.RUNNING, "sending"), "asked once"),
    Asked.REFUSED: ((Level.BAD, "REFUSED"), "the job was not cancelled"),
    Asked.UNKNOWN: ((Level.UNKNOWN, "unknown"), "asked, and not answered: look it up"),
}


def _facts(row: JobRow) -> list[Line]:
    job = row.job
    miner = str(job.miner.label) if job.miner is not None else "no miner yet"
    follows = "the miner is not told; a late result would still count"
    if job.state == "QUEUED":
        follows = "no miner will be offered it"
    return [
        pair("job", job.job_id, at=VALUE_AT),
        pair("state", f"{job.state} on {miner}, requested {clock(job.requested_at)} UTC", at=VALUE_AT),
        pair("model", str(row.model_asked or "? not learnt"), at=VALUE_AT),
        pair("then", follows, at=VALUE_AT),
        pair("payment", "a cancel does not give a payment back", at=VALUE_AT),
    ]


def _buttons(send_focused: bool) -> list[Line]:
    """Two buttons and their keys; the focused one is a chip."""
    chip, plain = Role.CHIP_ACCENT, Role.TEXT
    if send_focused:
        keep, send = Run("   Keep it ", plain), Run(" ► Cancel the job ", chip)
        keys = f"{'Esc':<17}y, Enter"
    else:
        keep, send = Run(" ► Keep it ", chip), Run("   Cancel the job ", plain)
        keys = f"{'Enter, Esc':<17}y"
    return [Line((Run(" " * 16), keep, Run(" " * 5), send)), Line((Run(" " * 18 + keys, Role.MUTED),))]


def build_cancel(
    snapshot: Snapshot, job_id: str, asked: Asked, detail: str, width: int, *, send_focused: bool = False
) -> list[Line]:
    """Every line, the title first; the target is named before anything is asked."""
    row = snapshot.job(job_id)
    where = f"coordinator {clean(str(snapshot.environment.name), 40)}"
    mark, text = _TITLES[asked]
    lines = [section(f"Cancel job {clean(job_id[:8])}", width, mark=mark, text=text, heavy=True), Line()]
    question = f"Cancel {clean(job_id[:8])} at {where}? It is written to the audit log before and after."
    lines += [*text_lines(question, width, role=Role.STRONG), Line()]
    lines += _facts(row) if row is not None else text_lines(f"? nothing is known here of {clean(job_id, 64)}", width)
    lines.append(Line())
    if asked is Asked.READY and snapshot.environment.access is Access.OBSERVE:
        return [*lines, *text_lines("□ needs access submit, this is observe. Esc goes back.", width, role=Role.UNKNOWN)]
    if asked is Asked.READY:
        return [*lines, *_buttons(send_focused)]
    if asked is Asked.SENDING:
        return [*lines, *text_lines("POST /v1/jobs/(id)/cancel, once, never again by itself. Esc leaves.", width)]
    role = Role.BAD if asked is Asked.REFUSED else Role.UNKNOWN
    after = in_words("Esc goes back; `r` looks its state up.") if asked is Asked.UNKNOWN else "Esc goes back."
    return [
        *lines,
        *text_lines(clean(detail, 400) or "no reason was given", width, role=role),
        *text_lines(after, width),
    ]
