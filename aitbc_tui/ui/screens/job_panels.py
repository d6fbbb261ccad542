"""The panels of a job's screen that are of the job itself: facts, prompt, output, receipt. Pure."""

from __future__ import annotations

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.order import describe_constraints
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import JobRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import body_lines, clock, pad, pair, section, text_lines

NOT_OURS = Run("? not ours", Role.UNKNOWN)
_RECEIPT_LEVELS = {
    ReceiptVerdict.VALID: Level.GOOD,
    ReceiptVerdict.UNSIGNED: Level.WARN,
    ReceiptVerdict.ATTESTATION_MISSING: Level.BAD,
    ReceiptVerdict.ATTESTATION_INVALID: Level.BAD,
    ReceiptVerdict.UNTRUSTED_KEY: Level.BAD,
    ReceiptVerdict.INVALID: Level.BAD,
}

_PLAN = (
    "the receipt is fetched, its bytes kept,",
    "checked against the pinned keys, and",
    "its price recomputed from units x price.",
)


def receipt_level(verdict: ReceiptVerdict) -> Level:
    """How bad a receipt's verdict is."""
    return _RECEIPT_LEVELS[verdict]


def who(identity: Identity | None, unmasked: bool) -> list[Run]:
    """A masked name and how to unmask it; unmasked, the id as it is."""
    if identity is None:
        return [Run(fmt.NONE)]
    if unmasked:
        return [Run(clean(identity.secret, 128), Role.WARN)]
    name = str(identity.label)
    if name == identity.secret:  # an id that is no key, and is shown as it is
        return [Run(name)]
    return [Run(pad(name, max(13, len(name) + 2))), Run(in_words("masked, `u` shows"), Role.MUTED)]


def _expires(snapshot: Snapshot, row: JobRow) -> Run:
    if row.job.expires_at is None:
        return NOT_OURS if not row.ours else Run("? not learnt", Role.UNKNOWN)
    text = f"{clock(row.job.expires_at)} UTC"
    if row.left_s is None:
        return Run(text)
    remaining = row.left_s - max(0.0, snapshot.now - row.seen_at)
    return Run(f"{text}, in {fmt.left(remaining)}" if remaining > 0 else f"{text}, past")


def _limits(snapshot: Snapshot, row: JobRow) -> Run:
    """The constraints, which only the submission itself knows."""
    order = next((one.order for one in snapshot.submissions if one.job_id == row.job.job_id), None)
    if order is not None:
        return Run(describe_constraints(order.constraints))
    return NOT_OURS if not row.ours else Run("? no answer of it shows them", Role.UNKNOWN)


def _model(row: JobRow) -> list[Run]:
    if row.model_asked is None:
        asked = [NOT_OURS] if not row.ours else [Run("? not learnt", Role.UNKNOWN)]
    else:
        asked = [Run(f"{row.model_asked} asked")]
    if row.model_used is None:
        return asked
    if row.model_used == row.model_asked:
        return [Run(f"{row.model_used} asked and used")]
    return [*asked, Run(f", ▲ {row.model_used} used", Role.WARN)]


def _payment(row: JobRow) -> Run:
    if row.job.payment_status is not None:
        return Run(f'"{row.job.payment_status}"')
    if row.job.owner_view or (row.ours and row.job.expires_at is not None):
        return Run("none")
    return NOT_OURS if not row.ours else Run("? not learnt", Role.UNKNOWN)


def facts(snapshot: Snapshot, row: JobRow, width: int, unmasked: bool) -> list[Line]:
    """What the coordinator and the ledger say of it."""
    job = row.job
    requested = f"{clock(job.requested_at)} UTC" if job.requested_at is not None else fmt.UNKNOWN
    error = Run("none" if row.ours else "? not ours", Role.TEXT if row.ours else Role.UNKNOWN)
    if job.error:
        error = Run(job.error, Role.WARN)
    return [
        section("Facts", width, age=fmt.age(snapshot.now - row.seen_at)),
        pair("job", job.job_id),
        pair("wire state", job.state),
        pair("requested", requested),
        pair("expires", _expires(snapshot, row)),
        pair("model", *_model(row)),
        pair("miner", *who(job.miner, unmasked)),
        pair("client", *who(job.client, unmasked)),
        pair("payment", _payment(row)),
        pair("limits", _limits(snapshot, row)),
        pair("error", error),
    ]


def prompt(row: JobRow, width: int, unfolded: bool) -> list[Line]:
    """Folded until asked for; the text comes from our own submission, or from the receipt."""
    texts = row.prompt or (row.receipt.facts.prompt if row.receipt is not None else None) or None
    length = row.prompt_length
    if length is None and row.receipt is not None and row.receipt.facts.prompt_chars:
        length = row.receipt.facts.prompt_chars
    if length is None and texts is None:
        why = "? not ours" if not row.ours else "? not kept here"
        lines = text_lines("Only its owner knows it, and its receipt when there is one.", width, role=Role.MUTED)
        return [section("Prompt", width, text=why), *lines]
    size = f"{length:,} characters" if length is not None else "of unknown length"
    if texts is None:
        note = "Its text is not kept on this machine; the receipt will hold it."
        return [section("Prompt", width, text=size), *text_lines(note, width)]
    if not unfolded:
        note = in_words("`p` shows it. It stays off this screen, out of snapshots and out of the log until you ask.")
        return [section("Prompt", width, text=f"{size}, folded"), *text_lines(note, width)]
    return [section("Prompt", width, text=in_words(f"{size}, `p` folds it")), *body_lines(texts, width)]


def output(snapshot: Snapshot, row: JobRow, width: int, unfolded: bool) -> list[Line]:
    """The result's text, or which nothing it is."""
    age = fmt.age(snapshot.now - row.seen_at)
    texts = row.output
    if texts is None and row.receipt is not None and row.receipt.facts.output:
        texts = row.receipt.facts.output
    if texts is not None:
        chars = sum(len(text) for text in texts)
        if not unfolded:
            head = section("Output", width, text=f"{chars:,} characters, folded", age=age)
            return [head, *text_lines(in_words("`p` shows it."), width)]
        return [
            section("Output", width, text=in_words(f"{chars:,} characters, `p` folds it"), age=age),
            *body_lines(texts, width),
        ]
    trouble = row.output_trouble
    if trouble is None:
        why = "? not ours: only the owner's key may read it" if not row.ours else "not asked for yet"
    elif trouble.status == 425:
        why = "none yet, the coordinator answers 425 job not ready: that answer can last for ever"
    else:
        why = f"none: {trouble.detail}"
    return [section("Output", width, text=why, age=age if trouble is not None else ""), Line()]


def receipt_panel(row: JobRow, width: int) -> list[Line]:
    """Its receipt in a few lines, or when there will be one."""
    receipt = row.receipt
    if receipt is None:
        if row.job.state in ("FAILED", "CANCELED", "EXPIRED"):
            note = f"None: a job that is {row.job.state} has none, unless a late result comes."
            return [section("Receipt", width, text="none"), *text_lines(note, width)]
        if row.job.state == "COMPLETED":
            note = "None is known. Without a signing key the coordinator writes none; v asks again."
            return [section("Receipt", width, mark=(Level.UNKNOWN, "unknown")), *text_lines(note, width)]
        lines = [Line((Run(f"   {piece}"),)) for piece in _PLAN]
        return [section("Receipt", width, text="none yet"), Line((Run(" after a result:"),)), *lines]
    facts_ = receipt.facts
    level = receipt_level(receipt.verdict)
    lines = [section("Receipt", width, mark=(level, receipt.verdict.value), text=str(facts_.receipt_id)[:8])]
    lines.append(pair("units", f"{fmt.units(facts_.units)} {facts_.unit_type}"))
    lines.append(pair("unit price", fmt.price(facts_.unit_price)))
    mark = receipt.sum_mark
    lines.append(pair("price", Run(f"{fmt.price(facts_.price)} {mark}", Role.TEXT if mark == "=" else Role.WARN)))
    lines += [Line((Run(" ▲ ", Role.WARN), Run(remark.detail))) for remark in receipt.remarks[:2]]
    return [*lines, Line((Run(in_words(" Enter opens it, `v` verifies it again"), Role.MUTED),))]
