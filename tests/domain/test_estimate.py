"""What is told of a job's cost before it is sent rests on the receipts seen, and says no more than they do."""

from __future__ import annotations

from dataclasses import replace

from aitbc_tui.domain.estimate import cost, estimate, spread, who_has
from aitbc_tui.domain.identity import Role
from aitbc_tui.domain.order import OrderFields
from aitbc_tui.domain.receipt import ReceiptFacts, ReceiptVerdict, VerifiedReceipt
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.state.events import Kind
from aitbc_tui.state.facts import ReceiptItem, ReceiptPage
from tests.state.story import Story, identity, utc

MODEL = SafeText("llama3.2:latest")
ORDER = OrderFields(model=str(MODEL))


def seen_receipts(*prices: float) -> Snapshot:
    """A network whose Ollama was never heard, after these valid receipts of one model."""
    story = Story()
    story.well()
    items = []
    for number, price in enumerate(prices):
        job = f"{number:032x}"
        facts = ReceiptFacts(
            receipt_id=SafeText(f"r{number}"),
            job_id=SafeText(job),
            price=price,
            price_text=SafeText(str(price)),
            model_used=MODEL,
            provider=identity(Role.MINER, "3f9a"),
        )
        valid = VerifiedReceipt(facts, ReceiptVerdict.VALID, SafeText("–"), (), (), (), 10, job, SafeText("k"), (), b"")
        items.append(ReceiptItem(valid, utc(story.utc - number)))
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage(tuple(items), 0, utc(story.utc)))
    return story.picture()


def test_what_a_model_cost_stays_known_while_no_ollama_answers() -> None:
    snapshot = seen_receipts(0.1, 0.3)
    assert cost(snapshot, ORDER, 1).startswith("about 0.20 AITBC")
    assert who_has(snapshot, str(MODEL)) == "? not known who has it", "having cost something is not being held"


def test_few_receipts_are_no_share_of_all_jobs() -> None:
    few, many = seen_receipts(0.1, 0.2, 0.3), seen_receipts(*(n / 100 for n in range(10, 51)))
    assert cost(few, ORDER, 1) == "about 0.20 AITBC, 0.10 to 0.30 so far"
    assert spread(few, ORDER).startswith("each 0.10 to 0.30 so far;")
    assert cost(many, ORDER, 1) == "about 0.30 AITBC, 0.12 to 0.48 in 9 of 10 such jobs"


def test_a_model_without_a_receipt_has_no_basis() -> None:
    assert cost(seen_receipts(), ORDER, 1) == "no basis: no receipt of this model seen yet"
    assert spread(seen_receipts(0.1), ORDER) == "", "one price is no spread"
    assert estimate(seen_receipts(), replace(ORDER, model=""), 1) == "none yet: choose a model"
