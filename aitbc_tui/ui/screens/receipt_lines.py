"""The lines of a receipt's screen (screens 2.7): verdict, six checks, keys, signed beside only claimed. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.cells import cell_len

from aitbc_tui.domain.receipt import (
    CheckName,
    ReceiptVerdict,
    Remark,
    RemarkKind,
    VerifiedReceipt,
    short_key,
)
from aitbc_tui.domain.snapshot import ReceiptRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_lines import DetailView, split
from aitbc_tui.ui.screens.job_panels import receipt_level, who
from aitbc_tui.ui.screens.layout import beside, body_lines, cut, do_lines, pad, section, text_lines
from aitbc_tui.ui.screens.receipt_money import money

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
_CHECK_LEVELS = {True: Level.GOOD, False: Level.BAD, None: Level.NONE}


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


def _checked(receipt: VerifiedReceipt, width: int) -> list[Line]:
    passed = sum(1 for one in receipt.checks if one.passed)
    lines = [section("Checked", width, text=f"{len(receipt.checks)} checks, {passed} pass")]
    for one in receipt.checks:
        level = _CHECK_LEVELS[one.passed]
        if one.name is CheckName.PRICE and level is Level.BAD:
            level = Level.WARN  # a miner may declare its price
        name = one.name.upper() if level is Level.BAD else one.name.value
        role = level_role(level) if level in (Level.BAD, Level.WARN) else Role.TEXT
        detail = Run(cut(str(one.detail), width - 26), Role.MUTED if level is Level.GOOD else Role.TEXT)
        lines.append(Line((Run(f" {glyph(level)} ", level_role(level)), Run(pad(name, 23), role), detail)))
    return lines


def _passed(receipt: VerifiedReceipt, name: CheckName) -> bool:
    return any(one.name is name and one.passed for one in receipt.checks)


def _key_line(label: str, key: str, note: Run) -> Line:
    return Line((Run(f" {label:<13}", Role.MUTED), Run(pad(short_key(key), 14)), note))


def _first_seen(snapshot: Snapshot, key: str) -> str:
    """When a receipt under this key was first seen from here, by the ledger: the hour today, else the day."""
    times = [row.key_since for row in snapshot.receipts if row.receipt.signing_key_id == key]
    known = [at for at in times if at is not None]
    if not known:
        return f"first seen {fmt.UNKNOWN}"
    first = datetime.fromtimestamp(min(known), UTC)
    return f"first seen {first:%H:%M}" if first.date() == snapshot.utc.date() else f"first seen {first:%-d %b}"


def _pinned_known(snapshot: Snapshot, receipt: VerifiedReceipt) -> list[tuple[str, str]]:
    """Pinned signing keys and the day of each pin; the one that verified this receipt first."""
    pins = {str(pin.key_id): str(pin.added) for pin in snapshot.pins if pin.role == "signing"}
    if receipt.signing_key_id and _passed(receipt, CheckName.PINNED):
        pins = {str(receipt.signing_key_id): pins.get(str(receipt.signing_key_id), "")} | pins
    return list(pins.items())[:2]


def _keys(snapshot: Snapshot, receipt: VerifiedReceipt, width: int) -> list[Line]:
    """Side by side, so that comparing is possible."""
    lines = [section("Keys", width)]
    if receipt.signing_key_id:
        seen = Run(_first_seen(snapshot, receipt.signing_key_id), Role.MUTED)
        lines.append(_key_line("in receipt", receipt.signing_key_id, seen))
    else:
        lines.append(Line((Run(" in receipt   ", Role.MUTED), Run("none"))))
    pinned = _pinned_known(snapshot, receipt)
    for index, (key, added) in enumerate(pinned):
        about = f"signing, {added}" if added else "signing"
        lines.append(_key_line("" if index else "pinned", key, Run(about, Role.MUTED)))
    if not pinned:
        lines.append(Line((Run(" pinned       ", Role.MUTED), Run("none; aitbc-tui trust add signing KEY", Role.WARN))))
    attested = _passed(receipt, CheckName.ATTESTATION)
    for key in receipt.attestation_key_ids[:2]:
        mark = Run("● pinned", Role.OK) if attested else Run("■ NOT PINNED", Role.BAD_STRONG)
        if receipt.verdict is ReceiptVerdict.INVALID:
            mark = Run("not believed", Role.MUTED)
        lines.append(_key_line("attested by", key, mark))
    if not receipt.attestation_key_ids:
        lines.append(Line((Run(" attested by  ", Role.MUTED), Run("nobody"))))
    if receipt.signing_key_id:
        count = sum(1 for row in snapshot.receipts if row.receipt.signing_key_id == receipt.signing_key_id)
        plural = "receipt" if count == 1 else "receipts"
        lines.append(
            Line((Run(" seen on      ", Role.MUTED), Run(f"{count} {plural} of the last {len(snapshot.receipts)}")))
        )
    return lines


def _field(name: str, value: str, remark: Run | None = None) -> Line:
    runs = [Run(f" {name:<14}", Role.MUTED), Run(value)]
    if remark is not None:
        gap = max(2, 35 - cell_len(value))
        runs += [Run(" " * gap), remark]
    return Line(tuple(runs))


def _when(unix: int | None) -> str:
    if unix is None:
        return fmt.UNKNOWN
    if not 0 <= unix < 2**36:
        return f"{unix}  no date"
    moment = datetime.fromtimestamp(unix, UTC)
    return f"{unix}  {fmt.date(moment)} {moment:%H:%M:%S} UTC"


def _folded(length: int, shown: bool) -> str:
    return f"{length:,} characters, {'below' if shown else 'folded'}" if length else "none"


def _remark(receipt: VerifiedReceipt, kind: RemarkKind) -> Remark | None:
    return next((one for one in receipt.remarks if one.kind is kind), None)


def _model(receipt: VerifiedReceipt) -> tuple[str, Run]:
    facts = receipt.facts
    used = str(facts.model_used or facts.model_asked or fmt.UNKNOWN)
    if receipt.has(RemarkKind.MODEL_SUBSTITUTED):
        return used, Run(f"▲ asked {facts.model_asked}", Role.WARN)
    if not facts.model_used:
        return used, Run("asked; which was used it does not say", Role.MUTED)
    return used, Run("asked and used: same", Role.MUTED)


def _signed(receipt: VerifiedReceipt, view: DetailView, width: int) -> list[Line]:
    """Every field that the signature covers, as far as the verdict goes."""
    facts = receipt.facts
    believed = receipt.verdict not in (ReceiptVerdict.UNSIGNED, ReceiptVerdict.INVALID)
    title = ("Signed", "every field of this list") if believed else ("Claimed", "no signature stands for this list")
    muted, key = Role.MUTED, Run(in_words("`p` folds it" if view.unfolded else "`p` shows it"), Role.MUTED)
    failed = receipt.has(RemarkKind.FAILED_INSIDE)
    off = receipt.has(RemarkKind.PRICE_MISMATCH)
    units_off = receipt.has(RemarkKind.NOT_COMPARABLE)
    sum_note = Run("≠ units × unit_price", Role.WARN) if off else Run("= units × unit_price", muted)
    if units_off:
        sum_note = Run("? cannot be recomputed", Role.UNKNOWN)
    model, model_note = _model(receipt)
    zone = _remark(receipt, RemarkKind.TIME_ZONE_OFF) or _remark(receipt, RemarkKind.TIMES_ODD)
    started = Run("▲ see below", Role.WARN) if zone is not None else Run("completed - units", muted)
    client = "" if facts.client is None else str(facts.client.label)
    client_note = None if view.unmasked else Run(in_words("masked, `u` shows"), muted)
    if view.unmasked and facts.client is not None:
        client = who(facts.client, True)[0].text
    provider = "" if facts.provider is None else str(facts.provider.label)
    if view.unmasked and facts.provider is not None:
        provider = who(facts.provider, True)[0].text
    masked = facts.provider is not None and facts.provider.secret != facts.provider.label and not view.unmasked
    lines = [
        section(title[0], width, text=title[1]),
        Line((Run(" field         value                              remark", Role.MUTED),)),
        _field("receipt_id", str(facts.receipt_id) or fmt.UNKNOWN),
        _field("job_id", str(facts.job_id) or fmt.UNKNOWN),
        _field("provider", provider or fmt.UNKNOWN, Run(in_words("masked, `u` shows"), muted) if masked else None),
        _field("client", client or fmt.UNKNOWN, client_note),
        _field("status", str(facts.status) or fmt.UNKNOWN, Run("says nothing", muted)),
        _field(
            "result.status",
            str(facts.result_status) or fmt.UNKNOWN,
            Run("■ FAILED, and priced", Role.BAD_STRONG) if failed else Run("in metadata.result", muted),
        ),
        _field("units", f"{_six(facts.units)} {facts.unit_type}"),
        _field("unit_price", f"{_six(facts.unit_price)} AITBC"),
        _field("price", f"{_six(facts.price)} AITBC", sum_note),
        _field("started_at", _when(facts.started_at), started),
        _field("completed_at", _when(facts.completed_at)),
        _field("model", model, model_note),
        _field("prompt", _folded(facts.prompt_chars, view.unfolded), key if facts.prompt_chars else None),
        _field("output", _folded(facts.output_chars, view.unfolded), key if facts.output_chars else None),
    ]
    return lines


def _six(value: float | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:,.6f}"


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
    return receipt_level(receipt.verdict), receipt.verdict.value


def build_receipt(snapshot: Snapshot, receipt: VerifiedReceipt, view: DetailView, width: int) -> list[Line]:
    """Every line, the title first; below 120 columns the panels stand under one another."""
    row = _row(snapshot, receipt)
    age = fmt.age(snapshot.now - row.seen_at, BOUND_S) if row is not None else ""
    facts = receipt.facts
    job = f"job {facts.job_id[:8]}" if facts.job_id else "names no job"
    if receipt.has(RemarkKind.FAILED_INSIDE):
        job += ", FAILED inside"
    head = [
        section(
            f"Receipt {facts.receipt_id[:8] or '?'}", width, mark=title_level(receipt), text=job, age=age, heavy=True
        )
    ]
    head += text_lines(_sentence(receipt), width)
    if receipt.verdict in (
        ReceiptVerdict.INVALID,
        ReceiptVerdict.ATTESTATION_INVALID,
        ReceiptVerdict.ATTESTATION_MISSING,
    ):
        head += text_lines(str(receipt.reason), width, role=Role.BAD)
    head += do_lines([_to_do(receipt)], width)
    remarks = _remarks(receipt, width)
    texts = _texts(receipt, width) if view.unfolded else []
    last = money(snapshot, receipt, row, width, age)
    if width < 120:
        parts = [
            _checked(receipt, width),
            remarks,
            _keys(snapshot, receipt, width),
            _signed(receipt, view, width),
            texts,
            _claimed(receipt, width),
            _uncovered(width),
            _on_chain(width),
            last,
        ]
        return [*head, *(line for part in parts if part for line in (Line(), *part))]
    left, other = split(width, RIGHT)
    upper = beside(_checked(receipt, left), left, _keys(snapshot, receipt, other), other)
    claims = [*_claimed(receipt, other), Line(), *_uncovered(other), Line(), *_on_chain(other)]
    lower = beside(_signed(receipt, view, left), left, claims, other)
    lines = [*head, Line(), *upper]
    if remarks:
        lines += [*remarks]
    lines += [Line(), *lower, Line()]
    return [*lines, *([*texts, Line()] if texts else []), *last]


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
