"""`receipts export` and `totals`: masked as a rule, exact only when confirmed, and what an auditor can check."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from aitbc_tui.config import paths
from aitbc_tui.domain.identity import Masker
from aitbc_tui.ledger import Intent, Ledger
from aitbc_tui.operations.export import entries_of, exact_parts, masked_csv
from aitbc_tui.receipts.offline import verify_files
from aitbc_tui.receipts.verify import verify
from tests.cli.conftest import Run
from tests.receipts import signing
from tests.receipts.vectors import MASK, body, edited, keys, trust

SECRETS = ("client-dev-key-1", "miner-dev-key-1", "miner-dev-key-2", "Explain quantum")
VALID = (
    "2026-02/valid-plain.json",
    "2026-02/valid-key-order.json",
    "2026-02/valid-price-override.json",
    "2026-02/valid-real-miner-lifecycle.json",
)
BAD = ("2026-02/tampered-price.json", "2026-02/tampered-signature-removed.json")


@pytest.fixture
def filled(home: Path) -> Iterator[Path]:
    """A configuration, and a ledger with receipts of the recorded platform."""
    config = home / "config.toml"
    config.write_text(
        'default_env = "lab"\n[env.lab]\naccess = "observe"\n[env.lab.hosts.h]\naddress = "local"\n'
        '[env.lab.coordinator]\nhost = "h"\nurl = "http://127.0.0.1:9"\n'
    )
    with Ledger.open(paths.ledger_file()) as ledger:
        receipts = [verify(body(file), trust("2026-02"), mask=MASK) for file in (*VALID, *BAD)]
        ledger.seen_receipts("lab", receipts)
        number = ledger.intend("lab", Intent.of(model="llama3.2:latest", prompt="SECRET PROMPT", client="client·1"))
        ledger.accepted(number, str(receipts[0].facts.job_id))
    yield config


def _keys() -> list[str]:
    return [f"--key={role}:{keys()['2026-02'][role]['key_id']}" for role in ("signing", "attestation")]


def test_masked_json_keeps_verdict_and_hash_and_no_secret(run: Run, filled: Path) -> None:
    done = run("--config", filled, "receipts", "export")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["verifiable"] is False and document["exact"] is False
    recorded = {(entry["canonical_sha256"], entry["verdict"]) for entry in document["entries"]}
    for file in (*VALID, *BAD):
        receipt = verify(body(file), trust("2026-02"), mask=MASK)
        assert (receipt.canonical_sha256, receipt.verdict.value) in recorded
    assert not [secret for secret in (*SECRETS, "SECRET PROMPT") if secret in done.out]
    assert all(entry["miner"].startswith("miner·") for entry in document["entries"])
    assert [job["model"] for job in document["submitted"]] == ["llama3.2:latest"]


def test_a_masked_export_is_said_to_be_none_that_can_be_verified(run: Run, filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "masked.json"
    done = run("--config", filled, "receipts", "export", "-o", file)
    assert done.code == 0 and not done.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    done = run("receipts", "verify", file, *_keys(), "--json")
    assert done.code == 2 and "masked export of 6 receipts" in done.last
    assert json.loads(done.out)["verdict"] is None


def test_exact_is_not_written_unasked(run: Run, filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "exact.json"
    done = run("--config", filled, "receipts", "export", "--exact", "-o", file)
    assert done.code == 6 and not file.exists()
    done = run("--config", filled, "receipts", "export", "--exact", "--format", "csv", "-o", file)
    assert done.code == 2 and not file.exists()
    with Ledger.open(paths.ledger_file()) as ledger:
        assert [str(entry.detail) for entry in ledger.audit()][0] == "refused: not confirmed"


def test_exact_verifies_and_is_audited(run: Run, filled: Path, tmp_path: Path) -> None:
    done = run("--config", filled, "--yes", "receipts", "export", "--exact")
    assert done.code == 0, done.err
    file = Path(done.out.strip())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    content = file.read_bytes()
    assert all(body(name).strip() in content for name in (*VALID, *BAD)), "byte for byte"
    done = run("receipts", "verify", file, *_keys(), "--json")
    verdicts = sorted(json.loads(line)["verdict"] for line in done.out.splitlines())
    assert verdicts == ["invalid", "unsigned", "valid", "valid", "valid", "valid"] and done.code == 5
    with Ledger.open(paths.ledger_file()) as ledger:
        after, before = ledger.audit(2)
    assert str(before.what) == "export --exact" and str(after.detail) == "written: 1 files"


def test_production_is_confirmed_by_name(run: Run, filled: Path) -> None:
    filled.write_text(filled.read_text().replace('"observe"', '"observe"\nproduction = true'))
    assert run("--config", filled, "receipts", "export", "--exact", "--yes").code == 6
    assert run("--config", filled, "receipts", "export", "--exact", "--force").code == 6
    assert run("--config", filled, "--yes", "lab", "receipts", "export", "--exact").code == 0


def test_csv_cells_are_no_formulas(run: Run, filled: Path) -> None:
    done = run("--config", filled, "receipts", "export", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert done.code == 0 and len(rows) == 6 and {row["verifiable"] for row in rows} == {"no: masked"}
    evil = signing.plain(price=-3.5, job_id="=HYPERLINK(1)", status="@SUM(A1)")
    receipt = verify(signing.signed(evil), signing.trust(), mask=MASK)
    with Ledger.open(paths.ledger_file()) as ledger:
        ledger.seen_receipt("evil", receipt)
        text = masked_csv(entries_of(ledger.receipts("evil"), MASK)).decode()
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["job_id"] == "'=HYPERLINK(1)" and row["status"] == "'@SUM(A1)" and row["price"] == "-3.5"


def test_since(run: Run, filled: Path) -> None:
    old = "UPDATE receipts SET first_seen = 1000000000 WHERE verdict = 'valid'"
    with sqlite3.connect(paths.ledger_file()) as database:
        database.execute(old)
    database.close()
    for since, count in (("1h", 2), ("2001-01-01", 6), ("2001-09-09T01:46:41Z", 2), ("1000000000", 6), ("7d", 2)):
        done = run("--config", filled, "receipts", "export", "--since", since)
        assert len(json.loads(done.out)["entries"]) == count, since
    assert run("--config", filled, "receipts", "export", "--since", "yesterday-ish").code == 2


def test_conflicts_are_marked(filled: Path) -> None:
    """Another signed content under a known id, and both rows say so; the others do not."""
    with Ledger.open(paths.ledger_file()) as ledger:
        ledger.seen_receipt("lab", verify(edited(VALID[0], units=99.5), trust("2026-02"), mask=MASK))
        entries = entries_of(ledger.receipts("lab"), MASK)
    victim = verify(body(VALID[0]), trust("2026-02"), mask=MASK).facts.receipt_id
    assert {entry.stored.receipt_id for entry in entries if entry.conflict} >= {victim}
    assert not all(entry.conflict for entry in entries)


def test_large_ledgers_are_cut_where_verify_can_read_them(tmp_path: Path) -> None:
    mask = Masker(b"0123456789abcdef")
    with Ledger.open(tmp_path / "l.sqlite3") as ledger:
        for number in range(9):
            metadata = {"job_payload": {"prompt": "x" * 1_000_000}, "result": {"status": "completed"}}
            made = signing.signed(
                signing.plain(receipt_id=f"{number:032x}", job_id=f"{number:032x}", metadata=metadata)
            )
            ledger.seen_receipt("lab", verify(made, signing.trust(), mask=mask))
        parts = list(exact_parts(entries_of(ledger.receipts("lab"), mask), "lab", 0.0))
    assert len(parts) == 2
    rows = verify_files([(str(n), part) for n, part in enumerate(parts)], signing.trust())
    assert len(rows) == 9 and {row.verdict and row.verdict.value for row in rows} == {"valid"}


def test_a_body_that_is_no_strict_json_does_not_spoil_the_rest(tmp_path: Path) -> None:
    mask = Masker(b"0123456789abcdef")
    twice = b'{"receipt_id":"a","receipt_id":"b","job_id":"c","signature":{}}'
    good = signing.signed(signing.plain())
    with Ledger.open(tmp_path / "l.sqlite3") as ledger:
        for one in (twice, good):
            ledger.seen_receipt("lab", verify(one, signing.trust(), mask=mask))
        (part,) = exact_parts(entries_of(ledger.receipts("lab"), mask), "lab", 0.0)
    json.loads(part)
    assert [row.verdict and row.verdict.value for row in verify_files([("x", part)], signing.trust())] == ["valid"]


def test_totals(run: Run, filled: Path) -> None:
    done = run("--config", filled, "receipts", "totals", "--by", "miner", "--json")
    document = json.loads(done.out)
    assert done.code == 0 and document["total"]["valid"] == 4 and document["total"]["receipts"] == 6
    first = verify(body(VALID[0]), trust("2026-02"), mask=MASK)
    assert document["total"]["spent"].rstrip("0") == str(first.facts.price_text)
    assert float(document["total"]["unverified"]) > 0
    assert document["rows"] and all(row["miner"].startswith("miner·") for row in document["rows"])
    done = run("--config", filled, "receipts", "totals")
    assert done.code == 0 and done.out.splitlines()[-2].startswith("all ")
    assert "no receipt in the ledger" in run("--config", filled, "receipts", "totals", "--since", "2099-01-01").out


def test_totals_over_days_by_masked_client(run: Run, filled: Path) -> None:
    done = run("--config", filled, "receipts", "totals", "--by", "client", "--over-days", "--json")
    document = json.loads(done.out)
    assert done.code == 0 and len(document["days"]) == 1
    assert {one["client"] for one in document["series"]} == {row["client"] for row in document["rows"]}
    earned = sum(float(one["earned"][0]) for one in document["series"])
    assert earned == pytest.approx(float(document["total"]["earned"]))
    done = run("--config", filled, "receipts", "totals", "--by", "client", "--over-days")
    assert "earned a day, " in done.out and " 9  most " in done.out
    assert not [secret for secret in SECRETS if secret in done.out]


def test_a_changed_key_is_told_as_ssh_tells_it(run: Run, filled: Path) -> None:
    quiet = run("--config", filled, "receipts", "totals")
    assert "HAS CHANGED" not in quiet.err, "one key signed all of them"
    with Ledger.open(paths.ledger_file()) as ledger:
        forged = body("2026-02/tampered-attestation-swapped-in-as-signature.json")
        ledger.seen_receipts("lab", [verify(forged, trust("2026-02"), mask=MASK)])
    done = run("--config", filled, "receipts", "totals")
    assert done.code == 0 and "THE KEY THAT SIGNS RECEIPTS HAS CHANGED" in done.err
    assert keys()["2026-02"]["signing"]["key_id"] in done.err and "aitbc-tui trust add signing " in done.err
