"""The lines of a receipt's screen (screens 2.7): verdict, six checks, keys, signed beside only claimed. Pure."""

from __future__ import annotations

from aitbc_tui.domain.receipt import (
    ReceiptVerdict,
    RemarkKind,
    VerifiedReceipt,
)
from aitbc_tui.domain.snapshot import ReceiptRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_lines import DetailView, split
from aitbc_tui.ui.screens.job_panels import receipt_level
from aitbc_tui.ui.screens.layout import beside, body_lines, cut, do_lines, section, text_lines
from aitbc_tui.ui.screens.receipt_checks import checked, keys
from aitbc_tui.ui.screens.receipt_money import money
from aitbc_tui.ui.screens.receipt_signed import signed

RIGHT = 46  # width of the right panels at 120 columns
BOUND_S = 15.0  # as fresh as the receipts' poll allows
_SENTENCES = {
    ReceiptVerdict.VALID: (
        "The signature verifies under a key pinned for signing. That proves who wrote it, not that it is true."
    ),
    ReceiptVerdict.ATTESTATION_MISSING: (
        "The signature verifies under a pinned key, but an attestation is required and there is none."
    ),
    ReceiptVerdict.ATTESTATION_INVALID: (
        "The signature verifies under a pinned key, but an attestation does not verify under a pinned one."
    ),
    ReceiptVerdict.UNTRUSTED_KEY: (
        "The bytes verify, but under a key that nobody has pinned for signing. "
        "Whoever holds that key could have written this."
    ),
    ReceiptVerdict.UNSIGNED: "Nobody signed it: every figure below is only claimed, by whoever wrote it.",
    ReceiptVerdict.INVALID: "The signature does not verify: this is not what was signed. Believe none of its figures.",
}
_TO_DO = {
    ReceiptVerdict.VALID: "nothing; `v` fetches and verifies it again",
    ReceiptVerdict.ATTESTATION_MISSING: "ask whoever runs the coordinator why it does not attest; "
    "`v` verifies it again",
    ReceiptVerdict.ATTESTATION_INVALID: "compare the attesting key with one you got by another way",
    ReceiptVerdict.UNTRUSTED_KEY: "compare the key with one you got by another way; aitbc-tui trust add pins it",
    ReceiptVerdict.UNSIGNED: "ask whoever runs the coordinator for a signing key; `v` verifies it again",
    ReceiptVerdict.INVALID: "`v` fetches it again; if it stays so, keep the file and ask whoever runs the coordinator",
}
_EXPLAINED = (ReceiptVerdict.INVALID, ReceiptVerdict.ATTESTATION_INVALID, ReceiptVerdict.ATTESTATION_MISSING)


def _sentence(receipt: VerifiedReceipt) -> str:
    """What the verdict means, and when it is good what the content says all the same."""
    if receipt.valid and receipt.has(RemarkKind.FAILED_INSIDE):
        price = fmt.price(receipt.facts.price)
        return f"The signature verifies, and what it signs is a failure that was billed: {price} AITBC."
    return _SENTENCES[receipt.verdict]


def _to_do(receipt: VerifiedReceipt) -> str:
    if receipt.valid and receipt.has(RemarkKind.FAILED_INSIDE):
        return "take it up with whoever runs the miner; the signature is your proof"
    if receipt.valid and receipt.remarks:
        return in_words("read what it says, under the checks; `v` fetches and verifies it again")
    return in_words(_TO_DO[receipt.verdict])


def _claimed(receipt: VerifiedReceipt, width: int) -> list[Line]:
    claims = receipt.unsigned_claims
    count = "1 field" if len(claims) == 1 else f"{len(claims)} fields"
    if not claims:
        head = section("Only claimed", width, text="nothing")
        return [head, *text_lines("No field was added after signing.", width, role=Role.MUTED)]
    lines = [section("Only claimed", width, mark=(Level.WARN, "unsigned"), text=count)]
    lines.append(Line((Run(" field         value", Role.MUTED),)))
    for name, value in claims[:4]:
        lines.append(Line((Run(f" {cut(name, 13):<14}", Role.MUTED), Run(cut(str(value), width - 16), Role.WARN))))
    if len(claims) > 4:
        lines.append(Line((Run(f" and {len(claims) - 4} more", Role.MUTED),)))
    note = 'Added after signing. Anybody on the way could have written them: "verified" proves nothing here.'
    return [*lines, *text_lines(note, width - 2)]


def _uncovered(width: int) -> list[Line]:
    text = "fields that are null, the order of keys, white space, and attestations taken away"
    return [section("Not covered by any signature", width), *text_lines(text, width)]


def _on_chain(width: int) -> list[Line]:
    head = section("On chain", width, mark=(Level.NONE, "not asked"))
    return [head, *text_lines("this chain does not promise to record receipts", width)]


def _remarks(receipt: VerifiedReceipt, width: int) -> list[Line]:
    """What the content says beside the verdict; none of it is a forgery."""
    lines: list[Line] = []
    for one in receipt.remarks:
        bad = one.kind in (RemarkKind.FAILED_INSIDE, RemarkKind.OTHER_JOB)
        level = Level.BAD if bad else Level.WARN
        word = one.kind.value.replace("-", " ")
        runs = (Run(f" {glyph(level)} {word.upper() if bad else word}", level_role(level)), Run(f"  {one.detail}"))
        lines.append(Line(runs).fit(width))
    return lines


def title_level(receipt: VerifiedReceipt) -> tuple[Level, str]:
    """The mark of its title: how bad, and the verdict's word."""
    return receipt_level(receipt.verdict), receipt.verdict.value


def build_receipt(snapshot: Snapshot, receipt: VerifiedReceipt, view: DetailView, width: int) -> list[Line]:
    """Every line, the title first; below 120 columns the panels stand under one another."""
    row = _row(snapshot, receipt)
    age = fmt.age(snapshot.now - row.seen_at, BOUND_S) if row is not None else ""
    head = _head(receipt, width, age)
    remarks = _remarks(receipt, width)
    texts = _texts(receipt, width) if view.unfolded else []
    last = money(snapshot, receipt, row, width, age)
    if width < 120:
        parts = [
            checked(receipt, width),
            remarks,
            keys(snapshot, receipt, width),
            signed(receipt, view, width),
            texts,
            _claimed(receipt, width),
            _uncovered(width),
            _on_chain(width),
            last,
        ]
        return [*head, *(line for part in parts if part for line in (Line(), *part))]
    left, other = split(width, RIGHT)
    upper = beside(checked(receipt, left), left, keys(snapshot, receipt, other), other)
    claims = [*_claimed(receipt, other), Line(), *_uncovered(other), Line(), *_on_chain(other)]
    lower = beside(signed(receipt, view, left), left, claims, other)
    lines = [*head, Line(), *upper, *remarks, Line(), *lower, Line()]
    return [*lines, *([*texts, Line()] if texts else []), *last]


def _head(receipt: VerifiedReceipt, width: int, age: str) -> list[Line]:
    """The title, what the verdict means, why it is bad where it is, and what to do."""
    facts = receipt.facts
    job = f"job {facts.job_id[:8]}" if facts.job_id else "names no job"
    if receipt.has(RemarkKind.FAILED_INSIDE):
        job += ", FAILED inside"
    title = f"Receipt {facts.receipt_id[:8] or '?'}"
    lines = [section(title, width, mark=title_level(receipt), text=job, age=age, heavy=True)]
    lines += text_lines(_sentence(receipt), width)
    if receipt.verdict in _EXPLAINED:
        lines += text_lines(str(receipt.reason), width, role=Role.BAD)
    return [*lines, *do_lines([_to_do(receipt)], width)]


def _texts(receipt: VerifiedReceipt, width: int) -> list[Line]:
    facts = receipt.facts
    return [
        section("Prompt", width, text=in_words("as signed, cleaned to be shown; `p` folds it")),
        *body_lines(facts.prompt or ("none",), width),
        section("Output", width),
        *body_lines(facts.output or ("none",), width),
    ]


def _row(snapshot: Snapshot, receipt: VerifiedReceipt) -> ReceiptRow | None:
    wanted = receipt.facts.receipt_id
    return next((row for row in snapshot.receipts if row.receipt.facts.receipt_id == wanted), None)
