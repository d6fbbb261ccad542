"""A job as a screen: followed closely while it is open, from its submission to its verified receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.binding import Binding

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Access, JobRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line
from aitbc_tui.ui.screens.base import ReadingScreen
from aitbc_tui.ui.screens.futures import Auditing, outcome, words
from aitbc_tui.ui.screens.job_lines import DetailView, build_job, unknown_job
from aitbc_tui.ui.screens.job_text import CANCELABLE
from aitbc_tui.ui.screens.registry import open_cancel, open_logs, open_miner, open_receipt, open_submit
from aitbc_tui.ui.screens.unmasking import may_unmask


class JobScreen(ReadingScreen):
    """`job_id` whole, or the first digits of one in the list."""

    BINDINGS = [
        Binding("j", "next_job(1)", show=False, priority=True),
        Binding("k", "next_job(-1)", show=False, priority=True),
        Binding("enter", "receipt", show=False),
        Binding("p", "unfold", show=False),
        Binding("u", "unmask", show=False),
        Binding("v", "verify", show=False),
        Binding("y", "copy", show=False),
        Binding("c", "cancel", show=False),
        Binding("n", "submit", show=False),
        Binding("l", "log", show=False),
        Binding("m", "miner", show=False),
    ]

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id
        self._view = DetailView()
        self._opened_at: float | None = None

    def on_mount(self) -> None:
        self._follow(self._whole_id(self.job_id))
        super().on_mount()

    def on_unmount(self) -> None:
        others = [screen for screen in self.app.screen_stack if isinstance(screen, JobScreen) and screen is not self]
        self.aitbc.backend.watch_job(others[-1].job_id if others else None)

    def _whole_id(self, wanted: str) -> str:
        found = [str(row.job.job_id) for row in self.aitbc.current.jobs if row.job.job_id.startswith(wanted)]
        return found[0] if len(found) == 1 else wanted

    def _follow(self, job_id: str) -> None:
        self.job_id = job_id
        self._opened_at = self.aitbc.current.now
        self.aitbc.backend.watch_job(job_id)

    def _row(self) -> JobRow | None:
        return self.aitbc.current.job(self.job_id)

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        row = snapshot.job(self.job_id)
        if row is None:
            asked = snapshot.now - (self._opened_at or snapshot.now)
            refused = snapshot.watched == self.job_id and snapshot.watched_trouble is not None
            return unknown_job(snapshot, self.job_id, asked, width, snapshot.watched_trouble if refused else None)
        return build_job(snapshot, row, self._view, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        row, access = self._row(), self.aitbc.current.environment.access
        cancel = row is not None and row.ours and row.job.state in CANCELABLE and access is not Access.OBSERVE
        receipt = row is not None and row.receipt is not None
        return [
            ("Esc", "back"),
            ("j/k", "next job"),
            *([("c", "cancel")] if cancel else []),
            *([("Enter", "receipt")] if receipt else []),
            *([("l", "miner log"), ("m", "miner")] if self._miner() and width >= 120 else []),
            ("p", "prompt"),
            *([("u", "unmask")] if isinstance(self.aitbc.backend, Auditing) else []),
            ("v", "verify"),
            ("y", "copy id"),
            *([("r", "refresh")] if width >= 120 else []),
            (":", "command"),
            ("?", "help"),
        ]

    def _show(self, view: DetailView) -> None:
        self._view = view
        self.on_snapshot(self.aitbc.current)

    # --- actions

    def action_next_job(self, step: int) -> None:
        ids = [str(row.job.job_id) for row in self.aitbc.current.jobs]
        if not ids:
            self.toast("no job is in the list")
            return
        here = ids.index(self.job_id) if self.job_id in ids else -step
        index = here + step
        if not 0 <= index < len(ids):
            self.toast("this is the last job of the list" if step > 0 else "this is the first job of the list")
            return
        self._follow(ids[index])
        self.body.action_first()
        self._show(DetailView())

    def action_unfold(self) -> None:
        self._show(replace(self._view, unfolded=not self._view.unfolded))

    def action_unmask(self) -> None:
        if self._view.unmasked or may_unmask(self, f"job {self.job_id}"):
            self._show(replace(self._view, unmasked=not self._view.unmasked))

    def action_copy(self) -> None:
        self.aitbc.copy(self.job_id)

    def action_receipt(self) -> None:
        row = self._row()
        if row is None or row.receipt is None:
            self.toast(in_words("no receipt of this job is known; `v` asks for it"))
            return
        open_receipt(self.aitbc, row.receipt)

    def action_verify(self) -> None:
        self.toast(f"fetching and verifying the receipt of {clean(self.job_id[:8])}")
        self.run_worker(self._verify(self.job_id), name="verify")

    async def _verify(self, job_id: str) -> None:
        app = self.aitbc
        try:
            answer = await outcome(app.backend.verify(job_id))
        except AitbcError as error:
            app.say(f"receipt of {clean(job_id[:8])}: {words(error)}", Level.WARN)
            return
        app.say(f"receipt of {clean(job_id[:8])}: {clean(answer)}", Level.GOOD if answer == "valid" else Level.WARN)

    def action_submit(self) -> None:
        open_submit(self.aitbc)

    def action_cancel(self) -> None:
        row = self._row()
        if self.aitbc.current.environment.access is Access.OBSERVE:
            self.toast(in_words("`c` cancels: needs access submit, this is observe"), Level.REFUSED)
        elif row is None or not row.ours:
            self.toast("not ours: only its owner's key can cancel it", Level.REFUSED)
        elif row.job.state not in CANCELABLE:
            self.toast(f"it is over ({row.job.state}): nothing to cancel")
        else:
            open_cancel(self.aitbc, self.job_id)

    def _miner(self) -> str:
        row = self._row()
        return "" if row is None or row.job.miner is None else str(row.job.miner.label)

    def action_miner(self) -> None:
        if self._miner():
            open_miner(self.aitbc, self._miner())
        else:
            self.toast("no miner has it yet")

    def action_log(self) -> None:
        """The log of the host that this miner is configured on."""
        hosts = [row.host for row in self.aitbc.current.miners if row.miner.identity.label == self._miner()]
        if hosts and hosts[0] is not None:
            open_logs(self.aitbc, str(hosts[0]))
        else:
            self.toast("where its miner runs is not configured: [env.NAME.miners.M] with host and unit")
