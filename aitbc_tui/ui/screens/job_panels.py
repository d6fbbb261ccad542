"""The panels of a job's screen under its timeline: facts, prompt, output, miner, receipt, earlier jobs. Pure."""

from __future__ import annotations

from statistics import median

from aitbc_tui.domain.identity import Identity
from aitbc_tui.domain.order import describe_constraints
from aitbc_tui.domain.receipt import ReceiptVerdict
from aitbc_tui.domain.snapshot import GpuRow, JobRow, MinerRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import Job
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.job_text import miner_of
from aitbc_tui.ui.screens.layout import body_lines, clock, cut, pad, pair, right, section, text_lines

EARLIER = 5
VALUE_AT = 16  # in the miner's panel
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


def _fact(label: str, value: str, role: Role = Role.TEXT) -> Line:
    return pair(label, Run(value, role), at=VALUE_AT)


def _beat(snapshot: Snapshot, miner: MinerRow) -> str:
    kind = "while busy" if miner.miner.inflight else "when free"
    limit = f"limit {miner.beat_limit_s:.0f} s {kind}"
    if miner.beat_age_s is None:
        return f"never heard; {limit}"
    age = fmt.age(miner.beat_age_s + max(0.0, snapshot.now - miner.seen_at))
    return f"{clock(miner.miner.last_heartbeat)}, {age} ago; {limit}"


def _gpu(card: GpuRow) -> str:
    reading = card.reading

    def shown(value: float | None, unit: str) -> str:
        return f"{fmt.UNKNOWN if value is None else f'{value:.0f}'} {unit}"

    memory = f"{fmt.gigabytes(reading.memory_used)}/{fmt.gigabytes(reading.memory_total)} GB"
    return (
        f"{shown(reading.utilisation, '%')}  {shown(reading.power, 'W')}  {shown(reading.temperature, '°C')}  {memory}"
    )


def _ollama(snapshot: Snapshot, miner: MinerRow, room: int) -> Line | None:
    seen = snapshot.ollamas.get(str(miner.host)) if miner.host is not None else None
    if seen is None:
        return None
    if seen.value is None:
        why = seen.trouble.detail if seen.trouble is not None else "not heard yet"
        return _fact("Ollama", f"? {why}", Role.UNKNOWN)
    trip = f"{seen.rtt_ms:.0f} ms, " if seen.rtt_ms is not None else ""
    loaded = seen.value.loaded
    count = "1 model" if len(loaded) == 1 else f"{len(loaded)} models"
    stale = "~" if seen.fresh(snapshot.now) is None else ""
    text = f"{stale}{trip}{count} in memory"
    words = cut(f"{pad(text, 28)}{', '.join(loaded)}".rstrip(), room)
    return _fact("Ollama", words, Role.STALE if stale else Role.TEXT)


def miner_panel(snapshot: Snapshot, row: JobRow, width: int) -> list[Line]:
    """What its miner does, seen from the coordinator, the card and the Ollama."""
    name = "What the miner does"
    if row.job.miner is None:
        return [section(name, width, text="none has it"), *text_lines("A shipped miner polls every 3 s.", width)]
    miner = miner_of(snapshot, row)
    if miner is None:
        note = f"{row.job.miner.label} is not in the miner list; that list needs an admin key."
        return [section(name, width, mark=(Level.UNKNOWN, "unknown")), *text_lines(note, width)]
    since = (
        f"since {clock(miner.verdict.since)}" if miner.verdict.since is not None else str(miner.miner.identity.label)
    )
    mark = (miner.verdict.level, str(miner.verdict.word))
    lines = [section(name, width, mark=mark, text=since, age=fmt.age(snapshot.now - miner.seen_at))]
    room = width - VALUE_AT - 1
    lines.append(_fact("heartbeat", cut(_beat(snapshot, miner), room)))
    inflight = fmt.UNKNOWN if miner.miner.inflight is None else str(miner.miner.inflight)
    lines.append(_fact("platform", f'says "{miner.miner.status}", inflight {inflight}: it never ages a miner'))
    for card in snapshot.gpus:
        if card.miner is not None and card.miner == miner.miner.identity.label:
            stale = snapshot.now - card.observed_at > card.limit_s
            lines.append(
                _fact(f"GPU {card.name}", ("~" if stale else "") + _gpu(card), Role.STALE if stale else Role.TEXT)
            )
    ollama = _ollama(snapshot, miner, room)
    if ollama is not None:
        lines.append(ollama)
    return lines


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


def _before(one: Job, other: Job) -> bool:
    """Whether it was asked for before the other; where that is not told, nothing stands against it."""
    if one.requested_at is None or other.requested_at is None:
        return one.job_id != other.job_id
    return one.requested_at < other.requested_at


def earlier(snapshot: Snapshot, row: JobRow, width: int) -> list[Line]:
    """The last finished jobs of the same miner."""
    if row.job.miner is None:
        return []
    others = [
        one
        for one in snapshot.jobs
        if one.job.miner == row.job.miner and one.job.state == "COMPLETED" and _before(one.job, row.job)
    ][:EARLIER]
    if not others:
        return [section("Earlier on this miner", width, text="no finished job of it in the list")]
    valid = sum(1 for one in others if one.receipt is not None and one.receipt.valid)
    runs = [one.run_s for one in others if one.run_s is not None]
    middle = f", median {median(runs):.1f} s" if runs else ""
    text = f"last {len(others)} jobs: {len(others)} done, {valid} valid{middle}"
    head = " job       at         run s  tokens  result     receipt              price"
    lines = [section("Earlier on this miner", width, text=text), Line((Run(head, Role.MUTED),))]
    for one in others:
        tokens = one.receipt.facts.tokens if one.receipt is not None else None
        price = fmt.price(one.receipt.facts.price) if one.receipt is not None else fmt.NONE
        level = receipt_level(one.receipt.verdict) if one.receipt is not None else Level.NONE
        word = f"{glyph(level)} {one.receipt.verdict.value}" if one.receipt is not None else fmt.NONE
        said = one.result_status or fmt.UNKNOWN
        before = (
            f" {one.job.job_id[:8]:<8}  {clock(one.job.requested_at):<8}  {right(fmt.units(one.run_s), 6)}"
            f"  {right(fmt.UNKNOWN if tokens is None else str(tokens), 6)}  {pad(said, 9)}  "
        )
        quiet = level in (Level.GOOD, Level.NONE)
        verdict = Run(pad(word, 15), Role.MUTED if quiet else level_role(level))
        lines.append(Line((Run(before, Role.MUTED), verdict, Run(right(price, 11), Role.MUTED))))
    return lines
