"""Many receipts at once: files given on the command line, or one answer of the coordinator."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from aitbc_tui.domain.errors import ParseError
from aitbc_tui.domain.identity import Masker
from aitbc_tui.domain.receipt import Mask, ReceiptVerdict, Remark, VerifiedReceipt
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.receipts.content import with_duplicates
from aitbc_tui.receipts.envelope import Found, find_receipts
from aitbc_tui.receipts.trust import AttestationPolicy, TrustStore
from aitbc_tui.receipts.verify import verify


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """The verdict on one receipt of one file; `verdict` is None where the file holds no receipt."""

    file: str
    where: SafeText
    verdict: ReceiptVerdict | None
    reason: SafeText
    unsigned_claims: tuple[str, ...] = ()
    canonical_sha256: str | None = None
    remarks: tuple[Remark, ...] = ()

    def row(self) -> dict[str, str | list[str] | None]:
        """What `receipts verify --json` prints, key by key."""
        return {
            "file": self.file,
            "verdict": None if self.verdict is None else self.verdict.value,
            "reason": str(self.reason),
            "unsigned_claims": list(self.unsigned_claims),
            "canonical_sha256": self.canonical_sha256 or None,
        }


def verify_document(
    document: bytes, trust: TrustStore, policy: AttestationPolicy | None = None, *, mask: Mask
) -> tuple[VerifiedReceipt, ...]:
    """Every receipt of one document, duplicates of one job marked. ParseError when it cannot hold any."""
    return with_duplicates([_verify(found, trust, policy, mask) for found in find_receipts(document)])


def verify_files(
    files: Iterable[tuple[str, bytes]], trust: TrustStore, policy: AttestationPolicy | None = None
) -> list[FileVerdict]:
    """One row for each receipt of each file, in order, and one for a file that holds none."""
    mask = Masker(secrets.token_bytes(16))  # rows show no ids
    rows: list[FileVerdict] = []
    checked: list[tuple[int, VerifiedReceipt]] = []
    for file, content in files:
        try:
            receipts = [(found, _verify(found, trust, policy, mask)) for found in find_receipts(content)]
        except ParseError as error:
            rows.append(FileVerdict(file, SafeText(""), None, clean(error.detail)))
            continue
        if not receipts:
            rows.append(FileVerdict(file, SafeText(""), None, SafeText("no receipt: an envelope with none in it")))
        for found, receipt in receipts:
            checked.append((len(rows), receipt))
            rows.append(_row(file, clean(found.where), receipt))
    marked = with_duplicates([receipt for _, receipt in checked])
    for (index, _), receipt in zip(checked, marked, strict=True):
        rows[index] = _row(rows[index].file, rows[index].where, receipt)
    return rows


def _verify(found: Found, trust: TrustStore, policy: AttestationPolicy | None, mask: Mask) -> VerifiedReceipt:
    return verify(found.body, trust, policy, mask=mask, context=found.context)


def _row(file: str, where: SafeText, receipt: VerifiedReceipt) -> FileVerdict:
    return FileVerdict(
        file=file,
        where=where,
        verdict=receipt.verdict,
        reason=receipt.reason,
        unsigned_claims=tuple(name for name, _ in receipt.unsigned_claims),
        canonical_sha256=receipt.canonical_sha256,
        remarks=receipt.remarks,
    )
