"""Killed at any moment of two hundred writes: nothing acknowledged is lost, nothing is half there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

from aitbc_tui.ledger import Ledger, SubmitState
from aitbc_tui.receipts.offline import verify_files
from tests.receipts import signing

WRITER = """
import sys
from pathlib import Path
from aitbc_tui.ledger import Intent, Ledger
from aitbc_tui.receipts.verify import verify
from tests.receipts import signing
from tests.receipts.vectors import MASK

with Ledger.open(Path(sys.argv[1])) as ledger:
    for n in range(10_000):
        job = f"{sys.argv[2]}x{n}".ljust(32, "0")
        body = signing.signed(signing.plain(receipt_id=job, job_id=job))
        receipt = verify(body, signing.trust(), mask=MASK)
        number = ledger.intend("lab", Intent.of(model="m", prompt="p"))
        ledger.accepted(number, job)
        ledger.seen_receipt("lab", receipt)
        print(job, flush=True)
"""
WRITES = 200
ROOT = Path(__file__).parent.parent.parent


def test_two_hundred_writes_and_kill_9(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "ledger.sqlite3", list[str]()
    chance, rounds = random.Random(9), 0
    while len(acknowledged) < WRITES:
        rounds += 1
        assert rounds < 40
        command = [sys.executable, "-c", WRITER, str(path), str(rounds)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert child.stdout is not None
            acknowledged += [child.stdout.readline().strip() for _ in range(chance.randint(5, 60))]
        finally:
            child.kill()
            rest, _ = child.communicate(timeout=20)
        acknowledged += rest.split("\n")[:-1]
    assert rounds > 2 and "" not in acknowledged
    with Ledger.open(path) as ledger:
        jobs, receipts = ledger.own_jobs("lab", 100_000), ledger.receipts("lab", 100_000)
    assert set(acknowledged) <= {job.job_id for job in jobs if job.state is SubmitState.ACCEPTED}
    assert set(acknowledged) <= {receipt.receipt_id for receipt in receipts}
    rows = verify_files([(receipt.receipt_id, receipt.body) for receipt in receipts], signing.trust())
    assert {row.verdict and row.verdict.value for row in rows} == {"valid"}, "every kept body is whole"
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
