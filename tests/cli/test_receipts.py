"""`receipts verify`: verdicts of the recorded vectors, exit codes, and what is said about files that are none."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

DATA = Path(__file__).parent.parent / "contract/data/receipts"
EXPECTED: dict[str, Any] = json.loads((DATA / "EXPECTED.json").read_text())
KEYS: dict[str, Any] = json.loads((DATA / "public-keys.json").read_text())


def keys(generation: str) -> list[str]:
    found = KEYS[generation]
    return [f"--key={role}:{found[role]['key_id']}" for role in ("signing", "attestation")]


@pytest.mark.parametrize("vector", EXPECTED["vectors"], ids=lambda vector: vector["file"])
def test_every_vector(run: Run, vector: dict[str, Any]) -> None:
    name = vector["file"]
    done = run("receipts", "verify", DATA / name, *keys(name.split("/")[0]), "--json")
    row = json.loads(done.out)
    assert set(row) == {"file", "verdict", "reason", "unsigned_claims", "canonical_sha256"}
    assert row["verdict"] == vector["verdict"]
    assert row["canonical_sha256"] == vector["canonical_sha256"]
    assert row["unsigned_claims"] == vector["unsigned_claims"]
    assert done.code == (0 if row["verdict"] == "valid" else 5)
    assert (done.err == "") == (done.code == 0)


def test_attestation_optional(run: Run) -> None:
    name = "2026-02/valid-plain.json"
    signing = keys("2026-02")[0]
    assert run("receipts", "verify", DATA / name, signing, "--attestation", "required").code == 5
    done = run("receipts", "verify", DATA / name, *keys("2026-02"), "--attestation", "optional")
    assert done.code == 0 and done.out.split("\n")[1].startswith("valid ")


def test_several_files_one_object_a_line_and_the_worst_counts(run: Run, tmp_path: Path) -> None:
    none = tmp_path / "none.txt"
    none.write_text("hello")
    good, bad = DATA / "2026-02/valid-plain.json", DATA / "2026-02/tampered-price.json"
    done = run("receipts", "verify", "--json", *keys("2026-02"), good, none, bad, tmp_path / "missing")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row["verdict"] for row in rows] == ["valid", None, "invalid", None]
    assert done.code == 5 and "tampered-price.json: invalid" in done.last
    done = run("receipts", "verify", *keys("2026-02"), good, none)
    assert done.code == 2 and "none.txt" in done.last
    done = run("receipts", "verify", *keys("2026-02"), good, tmp_path / "missing")
    assert done.code == 2 and "No such file" in done.last and "valid" in done.out


def test_without_any_pinned_key_nothing_is_valid(run: Run) -> None:
    done = run("receipts", "verify", DATA / "2026-02/valid-plain.json", "--json")
    assert done.code == 5 and json.loads(done.out)["verdict"] == "untrusted-key"
    assert "trust add signing KEY" in done.last


def test_the_trust_store_is_used_without_keys(run: Run) -> None:
    for key in keys("2026-02"):
        role, _, text = key.removeprefix("--key=").partition(":")
        assert run("trust", "add", role, text).code == 0
    assert run("receipts", "verify", DATA / "2026-02/valid-plain.json").code == 0


def test_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (DATA / "2026-02/valid-plain.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert run("receipts", "verify", "-", *keys("2026-02")).code == 0


@pytest.mark.parametrize(
    ("key", "says"),
    [("signing", "ROLE:KEY"), ("sign:" + "0" * 64, "signing and attestation"), ("signing:zz", "64 hex digits")],
)
def test_bad_keys(run: Run, key: str, says: str) -> None:
    done = run("receipts", "verify", "x", "--key", key)
    assert done.code == 2 and says in done.last and not done.out


def test_names_of_files_are_cleaned(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J.json"
    path.write_bytes((DATA / "2026-02/tampered-price.json").read_bytes())
    done = run("receipts", "verify", path, *keys("2026-02"))
    assert done.code == 5 and "\x1b" not in done.out + done.err
