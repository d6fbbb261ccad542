"""The verdict on one receipt: is it what the coordinator signed, under keys that the operator pinned?"""

from __future__ import annotations

from dataclasses import dataclass

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.receipt import (
    CheckName,
    Mask,
    ReceiptCheck,
    ReceiptFacts,
    ReceiptVerdict,
    VerifiedReceipt,
    short_hash,
    short_key,
)
from aitbc_tui.domain.text import SafeText, clean, literal
from aitbc_tui.receipts.canonical import ATTESTATIONS, CLAIM_KEYS, SIGNATURE, Canonical, canonical, meant_as_receipt
from aitbc_tui.receipts.content import NOTHING_KNOWN, Context, price_matches, remarks_of, sum_text
from aitbc_tui.receipts.facts import claim_text, facts_of, nulls_for_numbers
from aitbc_tui.receipts.jsontext import JsonValue, RefusedJson, decode, members, parse
from aitbc_tui.receipts.signature import ALG, Seal, examine
from aitbc_tui.receipts.trust import AttestationPolicy, KeyRole, TrustStore

MAX_ATTESTATIONS = 32  # each costs a curve operation; the real coordinator puts in one

_VALID = "The signature verifies under a key pinned for signing, and so does every attestation under its own."
_VALID_ALONE = "The signature verifies under a key pinned for signing; there is no attestation, and none is required."
_STRANGER = "The bytes verify, but under a key that nobody has pinned for signing; its holder could have written this."
_WRONG_ROLE = "The bytes verify, but under a key that is pinned for attestation only: it may not sign receipts."
_MISSING = "The signature is good, but there is no attestation although one is required."
_UNSIGNED = "There is no signature: anybody could have written this."
_NAN_HINT = " Nulls stand where numbers are expected: a genuine one with a NaN inside would look like this too."


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: ReceiptVerdict
    reason: str


def verify(
    body: bytes,
    trust: TrustStore,
    policy: AttestationPolicy | None = None,
    *,
    mask: Mask,
    context: Context = NOTHING_KNOWN,
) -> VerifiedReceipt:
    """Verify one receipt given as the exact bytes it came in. `policy` None takes that of the trust store.

    Raises ParseError when the bytes are no receipt. JSON that two readers could read in two ways is a receipt
    that cannot be trusted: `invalid`.
    """
    text = decode(body)
    try:
        receipt, signed = _read(text)
    except RefusedJson as refused:
        if not text.lstrip().startswith("{") or not meant_as_receipt(dict(members(text))):
            raise
        return _refused(body, refused.detail)
    policy = trust.policy if policy is None else policy
    facts = facts_of(receipt, text, mask)
    seal = examine(receipt[SIGNATURE], signed.message) if receipt.get(SIGNATURE) is not None else None
    attested = _attestations(receipt, signed.message)
    finding = _judge(seal, attested, trust, policy)
    if finding.verdict is ReceiptVerdict.INVALID and nulls_for_numbers(receipt):
        finding = _Finding(finding.verdict, finding.reason + _NAN_HINT)
    size, digest = len(signed.message), signed.sha256
    return VerifiedReceipt(
        facts=facts,
        verdict=finding.verdict,
        reason=clean(finding.reason),
        checks=(
            ReceiptCheck(CheckName.CANONICAL, True, SafeText(f"{size:,} bytes, SHA-256 {short_hash(digest)}")),
            *_seal_checks(seal, trust),
            _attestation_check(attested, trust, policy),
            ReceiptCheck(CheckName.PRICE, price_matches(facts), sum_text(facts)),
        ),
        unsigned_claims=_claims(receipt),
        remarks=remarks_of(facts, context),
        canonical_bytes_len=size,
        canonical_sha256=digest,
        signing_key_id=seal.key_id if seal else literal(""),
        attestation_key_ids=tuple(one.key_id for one in attested),
        body=body,
    )


def _read(text: str) -> tuple[dict[str, JsonValue], Canonical]:
    """The receipt and the bytes of it that a signature covers; ParseError where it is none."""
    receipt = parse(text)
    if not isinstance(receipt, dict) or not meant_as_receipt(receipt):
        raise ParseError("no receipt: neither receipt_id, nor job_id and signature")
    return receipt, canonical(receipt)


def _claims(receipt: dict[str, JsonValue]) -> tuple[tuple[str, SafeText], ...]:
    """What was added after signing."""
    claims = sorted(CLAIM_KEYS & receipt.keys())
    return tuple((key, claim_text(receipt[key])) for key in claims if receipt[key] is not None)


def _attestations(receipt: dict[str, JsonValue], message: bytes) -> tuple[Seal, ...]:
    """Every attestation there is; whatever else stands there counts as one that does not verify."""
    found = receipt.get(ATTESTATIONS)
    if found is None:
        return ()
    entries: list[JsonValue] = found if isinstance(found, list) else [found]
    if len(entries) > MAX_ATTESTATIONS:
        entries = [None]  # one that is not an object stands for them all
    return tuple(examine(entry, message) for entry in entries)


def _judge(seal: Seal | None, attested: tuple[Seal, ...], trust: TrustStore, policy: AttestationPolicy) -> _Finding:
    if seal is None:
        return _Finding(ReceiptVerdict.UNSIGNED, _UNSIGNED)
    if not seal.verifies or seal.key is None:
        return _Finding(ReceiptVerdict.INVALID, f"The signature {seal.problem}.")
    role = trust.role_of(seal.key)
    if role is not KeyRole.SIGNING:
        wrong = role is KeyRole.ATTESTATION
        return _Finding(ReceiptVerdict.UNTRUSTED_KEY, _WRONG_ROLE if wrong else _STRANGER)
    if not attested:
        if policy is AttestationPolicy.REQUIRED:
            return _Finding(ReceiptVerdict.ATTESTATION_MISSING, _MISSING)
        return _Finding(ReceiptVerdict.VALID, _VALID_ALONE)
    bad = [(number, why) for number, one in enumerate(attested, 1) if (why := _attestation_fault(one, trust))]
    if bad:
        number, why = bad[0]
        return _Finding(
            ReceiptVerdict.ATTESTATION_INVALID,
            f"The signature is good, but attestation {number} of {len(attested)} {why}.",
        )
    return _Finding(ReceiptVerdict.VALID, _VALID)


def _attestation_fault(one: Seal, trust: TrustStore) -> str:
    """Why an attestation does not count, or nothing."""
    if not one.verifies or one.key is None:
        return one.problem
    role = trust.role_of(one.key)
    if role is KeyRole.ATTESTATION:
        return ""
    if role is KeyRole.SIGNING:
        return "is made with a key that is pinned for signing only"
    return f"is made with {short_key(one.key_id)}, which nobody has pinned for attestation"


def _seal_checks(seal: Seal | None, trust: TrustStore) -> tuple[ReceiptCheck, ...]:
    if seal is None:
        nothing = literal("there is no signature")
        return (
            ReceiptCheck(CheckName.ALG, None, nothing),
            ReceiptCheck(CheckName.SIGNATURE, False, nothing),
            ReceiptCheck(CheckName.PINNED, None, nothing),
        )
    alg = f"{ALG}, exactly" if seal.alg_ok else f'"{seal.alg_text}", not exactly {ALG}'
    signature = "verifies under the key inside the receipt" if seal.verifies else seal.problem
    return (
        ReceiptCheck(CheckName.ALG, seal.alg_ok, SafeText(alg)),
        ReceiptCheck(CheckName.SIGNATURE, seal.verifies, SafeText(signature)),
        _pinned_check(seal, trust),
    )


def _pinned_check(seal: Seal, trust: TrustStore) -> ReceiptCheck:
    pin = trust.pin_of(seal.key) if seal.key else None
    if pin is None:
        shown = short_key(seal.key_id) if seal.key_id else "a key that cannot be read"
        return ReceiptCheck(CheckName.PINNED, False, SafeText(f"no: {shown} is not in the trust store"))
    if pin.role is not KeyRole.SIGNING:
        return ReceiptCheck(CheckName.PINNED, False, SafeText(f"no: {pin.short} is pinned for attestation only"))
    since = f", {pin.added.day} {pin.added:%b}" if pin.added else ""
    return ReceiptCheck(CheckName.PINNED, True, SafeText(f"{pin.short}{since}"))


def _attestation_check(attested: tuple[Seal, ...], trust: TrustStore, policy: AttestationPolicy) -> ReceiptCheck:
    if not attested:
        required = policy is AttestationPolicy.REQUIRED
        detail = literal("none, although one is required" if required else "none, and none is required")
        return ReceiptCheck(CheckName.ATTESTATION, False if required else None, detail)
    faults = [fault for one in attested if (fault := _attestation_fault(one, trust))]
    if faults:
        return ReceiptCheck(
            CheckName.ATTESTATION, False, clean(f"{len(attested)} present, {len(faults)} bad: one {faults[0]}", 120)
        )
    verb = "verifies under the pinned key" if len(attested) == 1 else "all verify under pinned keys"
    return ReceiptCheck(CheckName.ATTESTATION, True, SafeText(f"{len(attested)} present, {verb}"))


def _refused(body: bytes, why: str) -> VerifiedReceipt:
    """A receipt that is ambiguous or unbounded JSON. No facts: which ones would depend on the reader."""
    nothing = literal("not made: there is no one reading of these bytes")
    rest = tuple(ReceiptCheck(name, None, nothing) for name in CheckName if name is not CheckName.CANONICAL)
    return VerifiedReceipt(
        facts=ReceiptFacts(),
        verdict=ReceiptVerdict.INVALID,
        reason=clean(f"There is no one reading of these bytes: {why}."),
        checks=(ReceiptCheck(CheckName.CANONICAL, False, clean(why, 80)), *rest),
        unsigned_claims=(),
        remarks=remarks_of(ReceiptFacts()),
        canonical_bytes_len=0,
        canonical_sha256="",
        signing_key_id=literal(""),
        attestation_key_ids=(),
        body=body,
    )
