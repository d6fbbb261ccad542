"""What a receipt says, field by field: all that the signature covers, and beside it what speaks against it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.cells import cell_len

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.receipt import (
    ReceiptVerdict,
    Remark,
    RemarkKind,
    VerifiedReceipt,
)
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.job_lines import DetailView
from aitbc_tui.ui.screens.job_panels import who
from aitbc_tui.ui.screens.layout import section


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


def signed(receipt: VerifiedReceipt, view: DetailView, width: int) -> list[Line]:
    """Every field that the signature covers, as far as the verdict goes."""
    facts = receipt.facts
    believed = receipt.verdict not in (ReceiptVerdict.UNSIGNED, ReceiptVerdict.INVALID)
    title = ("Signed", "every field of this list") if believed else ("Claimed", "no signature stands for this list")
    zone = _remark(receipt, RemarkKind.TIME_ZONE_OFF) or _remark(receipt, RemarkKind.TIMES_ODD)
    started = Run("▲ see below", Role.WARN) if zone is not None else Run("completed - units", Role.MUTED)
    return [
        section(title[0], width, text=title[1]),
        Line((Run(" field         value                              remark", Role.MUTED),)),
        _field("receipt_id", str(facts.receipt_id) or fmt.UNKNOWN),
        _field("job_id", str(facts.job_id) or fmt.UNKNOWN),
        *_parties(receipt, view),
        *_status(receipt),
        _field("units", f"{_six(facts.units)} {facts.unit_type}"),
        _field("unit_price", f"{_six(facts.unit_price)} AITBC"),
        _field("price", f"{_six(facts.price)} AITBC", _sum_note(receipt)),
        _field("started_at", _when(facts.started_at), started),
        _field("completed_at", _when(facts.completed_at)),
        _field("model", *_model(receipt)),
        *_texts_folded(receipt, view),
    ]


def _parties(receipt: VerifiedReceipt, view: DetailView) -> list[Line]:
    """The miner that did it and the client that pays: masked where the id is a key."""
    facts, note = receipt.facts, Run(in_words("masked, `u` shows"), Role.MUTED)
    masked = facts.provider is not None and facts.provider.secret != facts.provider.label and not view.unmasked
    return [
        _field("provider", _party(facts.provider, view) or fmt.UNKNOWN, note if masked else None),
        _field("client", _party(facts.client, view) or fmt.UNKNOWN, None if view.unmasked else note),
    ]


def _party(identity: Identity | None, view: DetailView) -> str:
    if identity is None:
        return ""
    return who(identity, True)[0].text if view.unmasked else str(identity.label)


def _status(receipt: VerifiedReceipt) -> list[Line]:
    facts, muted = receipt.facts, Role.MUTED
    failed = receipt.has(RemarkKind.FAILED_INSIDE)
    inside = Run("■ FAILED, and priced", Role.BAD_STRONG) if failed else Run("in metadata.result", muted)
    return [
        _field("status", str(facts.status) or fmt.UNKNOWN, Run("says nothing", muted)),
        _field("result.status", str(facts.result_status) or fmt.UNKNOWN, inside),
    ]


def _sum_note(receipt: VerifiedReceipt) -> Run:
    """Whether the price is what its units cost."""
    if receipt.has(RemarkKind.NOT_COMPARABLE):
        return Run("? cannot be recomputed", Role.UNKNOWN)
    if receipt.has(RemarkKind.PRICE_MISMATCH):
        return Run("≠ units × unit_price", Role.WARN)
    return Run("= units × unit_price", Role.MUTED)


def _texts_folded(receipt: VerifiedReceipt, view: DetailView) -> list[Line]:
    facts, key = receipt.facts, Run(in_words("`p` folds it" if view.unfolded else "`p` shows it"), Role.MUTED)
    return [
        _field("prompt", _folded(facts.prompt_chars, view.unfolded), key if facts.prompt_chars else None),
        _field("output", _folded(facts.output_chars, view.unfolded), key if facts.output_chars else None),
    ]


def _six(value: float | None) -> str:
    return fmt.UNKNOWN if value is None else f"{value:,.6f}"
