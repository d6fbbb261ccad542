"""A receipt as a screen: what was checked, what is signed, what is only claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.futures import Auditing, outcome, words
from aitbc_tui.ui.screens.job_lines import DetailView
from aitbc_tui.ui.screens.receipt_lines import build_receipt
from aitbc_tui.ui.screens.registry import open_job
from aitbc_tui.ui.screens.unmasking import may_unmask


class ReceiptScreen(ReadingScreen):
    """Shows the newest verdict on this receipt: verifying again may change it."""

    BINDINGS = [
        Binding("j", "job", show=False, priority=True),
        Binding("p", "unfold", show=False),
        Binding("u", "unmask", show=False),
        Binding("v", "verify", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, receipt: VerifiedReceipt) -> None:
        super().__init__()
        self._receipt = receipt
        self._view = DetailView()

    def _newest(self, snapshot: Snapshot) -> VerifiedReceipt:
        wanted, body = self._receipt.facts.receipt_id, self._receipt.body
        for row in snapshot.receipts:
            same = row.receipt.facts.receipt_id == wanted and row.receipt.facts.job_id == self._receipt.facts.job_id
            if same and row.receipt.body == body:
                return row.receipt
        return self._receipt

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        return build_receipt(snapshot, self._newest(snapshot), self._view, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        return [
            ("Esc", "back"),
            ("v", "verify again"),
            ("p", "prompt, output"),
            *([("u", "unmask")] if isinstance(self.aitbc.backend, Auditing) else []),
            ("y", "copy"),
            ("j", "job"),
            (":", "command"),
            ("?", "help"),
        ]

    def _show(self, view: DetailView) -> None:
        self._view = view
        self.on_snapshot(self.aitbc.current)

    def action_unfold(self) -> None:
        self._show(replace(self._view, unfolded=not self._view.unfolded))

    def action_unmask(self) -> None:
        if self._view.unmasked or may_unmask(self, f"receipt {self._receipt.facts.receipt_id}"):
            self._show(replace(self._view, unmasked=not self._view.unmasked))

    def action_copy(self) -> None:
        self.aitbc.copy(str(self._receipt.facts.receipt_id))

    def action_job(self) -> None:
        job_id = self._receipt.facts.job_id
        if not job_id:
            self.toast("this receipt names no job")
            return
        open_job(self.aitbc, job_id)

    def action_verify(self) -> None:
        job_id = self._receipt.facts.job_id
        if not job_id:
            self.toast("this receipt names no job: it cannot be fetched again")
            return
        self.toast("fetching and verifying it again")
        self.run_worker(self._verify(job_id), name="verify")

    async def _verify(self, job_id: str) -> None:
        app = self.aitbc
        try:
            answer = await outcome(app.backend.verify(job_id))
        except AitbcError as error:
            app.say(f"not verified again: {words(error)}", Level.WARN)
            return
        app.say(f"verified again: {clean(answer)}", Level.GOOD if answer == "valid" else Level.WARN)
