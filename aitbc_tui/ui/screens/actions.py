"""What Enter, copy, verify, submit and cancel do with the selected thing of the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.fold import Fold
from aitbc_tui.domain.receipt import about_key
from aitbc_tui.domain.snapshot import Access, JobRow, Pane, ReceiptRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.panes.alarms import fold_of
from aitbc_tui.ui.panes.receipts import receipt_key
from aitbc_tui.ui.screens import registry

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp
    from aitbc_tui.ui.screens.base import StatusScreen
    from aitbc_tui.ui.screens.dashboard import DashboardScreen


def _receipt(snapshot: Snapshot, key: str | None) -> ReceiptRow | None:
    return next((row for row in snapshot.receipts if receipt_key(row) == key), None)


def _job_of(screen: DashboardScreen) -> str | None:
    """The job that the selected row is about."""
    snapshot, key = screen.shown(screen.aitbc.current), screen.selected()
    if key is None:
        return None
    match screen.focus_pane:
        case Pane.JOBS:
            return key
        case Pane.RECEIPTS:
            row = _receipt(snapshot, key)
            return row.receipt.facts.job_id if row else None
        case Pane.MINERS:
            running = (row for row in snapshot.jobs if _runs_on(row, key))
            return next((row.job.job_id for row in running), None)
        case Pane.GPUS:
            return next((row.job for row in snapshot.gpus if row.name == key), None)
        case Pane.ALARMS:
            return job_about(snapshot, _alarm_about(snapshot, key))
        case _:
            return None


def job_about(snapshot: Snapshot, about: str) -> str | None:
    """The job that an alarm is about; of a key the newest that is signed with it."""
    if not about:
        return None
    jobs = (str(row.job.job_id) for row in snapshot.jobs if row.job.job_id.startswith(about))
    signed = (row.receipt for row in snapshot.receipts if about_key(row.receipt.signing_key_id) == about)
    return next(jobs, None) or next((str(receipt.facts.job_id) for receipt in signed), None)


def _runs_on(row: JobRow, miner: str) -> bool:
    return row.job.state == "RUNNING" and row.job.miner is not None and row.job.miner.label == miner


def _alarm_about(snapshot: Snapshot, key: str) -> str:
    """The thing that an alarm's row is about; of several the newest."""
    fold = fold_of(snapshot, key)
    return "" if fold is None else str(fold.newest.about)


def open_selected(screen: DashboardScreen) -> None:
    """Every thing with a screen of its own opens it; else the pane is zoomed."""
    app, key = screen.aitbc, screen.selected()
    snapshot = screen.shown(app.current)
    row = _receipt(snapshot, key) if screen.focus_pane is Pane.RECEIPTS else None
    if row is not None:
        registry.open_receipt(app, row.receipt)
    elif key is not None and screen.focus_pane in _OPENERS:
        _OPENERS[screen.focus_pane](app, key)
    elif not screen.zoomed:
        screen.action_zoom()


_OPENERS: Mapping[Pane, Callable[[AitbcApp, str], None]] = {
    Pane.NODES: registry.open_node,
    Pane.MINERS: registry.open_miner,
    Pane.JOBS: registry.open_job,
    Pane.GPUS: registry.open_gpu,
    Pane.ALARMS: registry.open_alarms,
}


def _name_of_selected(screen: DashboardScreen) -> str:
    """The node, host or miner that the selected row is about; empty: none."""
    snapshot, key = screen.shown(screen.aitbc.current), screen.selected() or ""
    if screen.focus_pane in (Pane.NODES, Pane.MEMPOOL):
        return key
    if screen.focus_pane is Pane.MINERS:
        hosts = (str(row.host or key) for row in snapshot.miners if row.miner.identity.label == key)
        return next(hosts, key)
    if screen.focus_pane is Pane.GPUS:
        return key.partition(":")[0]
    if screen.focus_pane is Pane.ALARMS:
        return _alarm_about(snapshot, key)
    return ""


def logs_of_selected(screen: DashboardScreen) -> None:
    registry.open_logs(screen.aitbc, _name_of_selected(screen))


def operate_on_selected(screen: DashboardScreen) -> None:
    registry.open_operations(screen.aitbc, _name_of_selected(screen))


def acknowledge_selected(screen: DashboardScreen) -> None:
    """The question for how long, and why; it stands between the key and its effect."""
    if screen.focus_pane is not Pane.ALARMS:
        registry.open_alarms(screen.aitbc)
        return
    fold = fold_of(screen.aitbc.current, screen.selected())
    if fold is None or not fold.newest.open:
        screen.toast(in_words("`a` acknowledges an open alarm: select one"))
    else:
        registry.open_quiet(screen.aitbc, fold)


def copy_selected(screen: DashboardScreen) -> None:
    """Copy the whole id of the selected thing; a masked miner stays masked."""
    snapshot, key = screen.shown(screen.aitbc.current), screen.selected()
    if key is None:
        screen.toast("nothing is selected")
        return
    text = key
    if screen.focus_pane is Pane.NODES:
        node = next(row for row in snapshot.nodes if row.name == key)
        text = str(node.hash_at_common or (node.head.value.hash if node.head.value else key))
    elif screen.focus_pane is Pane.ALARMS and (fold := fold_of(snapshot, key)) is not None:
        text = f"{fold.word} {fold.about}: {fold.evidence}"
    elif screen.focus_pane is Pane.RECEIPTS:
        text = _job_of(screen) or key
    screen.aitbc.copy(text)


def copy_check(screen: StatusScreen, fold: Fold | None) -> None:
    """The command by which an alarm is checked by hand, alone: to be pasted into a shell."""
    if fold is None or not fold.newest.check:
        screen.toast("no command checks this" if fold is not None else in_words("`Y` copies an alarm's check"))
    else:
        screen.aitbc.copy(str(fold.newest.check))


def verify_selected(screen: DashboardScreen) -> None:
    """Fetch and verify the receipt of the selected job again."""
    verify_job(screen, _job_of(screen))


def verify_job(screen: StatusScreen, job_id: str | None) -> None:
    if job_id is None:
        screen.toast(in_words("`v` verifies the receipt of a job: select one in Jobs or Receipts"))
        return
    screen.toast(f"verifying the receipt of {fmt.job_id(job_id)}")
    future = screen.aitbc.backend.verify(job_id)
    future.add_done_callback(lambda done: _report(screen, f"receipt of {fmt.job_id(job_id)}", done))


def _report(screen: StatusScreen, what: str, done: Future[str]) -> None:
    """Called in the backend's thread."""
    if done.cancelled():
        return
    trouble = done.exception()
    if trouble is None:
        word = clean(done.result())
        text, level = f"{what}: {word}", Level.GOOD if word == "valid" else Level.WARN
    elif isinstance(trouble, AitbcError):
        text, level = f"{what}: {clean(str(trouble))}", Level.WARN
    else:
        text, level = f"{what}: failed inside this program ({type(trouble).__name__})", Level.BAD
    screen.aitbc.from_thread(lambda: screen.toast(text, level))


def submit(screen: DashboardScreen) -> None:
    """The form opens in every access level: with `observe` it ends at the preview and says how to arm."""
    registry.open_submit(screen.aitbc)


def stress(screen: DashboardScreen) -> None:
    """The stress test: planned in every access level, begun only where jobs may be submitted."""
    registry.open_stress(screen.aitbc)


def cancel_selected(screen: DashboardScreen) -> None:
    cancel_job(screen, _job_of(screen) if screen.focus_pane in (Pane.JOBS, Pane.ALARMS) else None)


def cancel_job(screen: StatusScreen, job_id: str | None) -> None:
    """The question whether to; why not, where it cannot be."""
    access = screen.aitbc.current.environment.access
    if access is Access.OBSERVE:
        screen.toast(in_words("`c` cancels: needs access submit, this is observe"), Level.REFUSED)
        return
    row = screen.aitbc.current.job(job_id) if job_id is not None else None
    if row is None:
        screen.toast(in_words("`c` cancels a job: select one in Jobs"))
    elif row.job.state not in ("QUEUED", "RUNNING"):
        screen.toast(f"{fmt.job_id(row.job.job_id)} is over ({row.job.state}): nothing to cancel")
    elif not row.ours:
        screen.toast(f"{fmt.job_id(row.job.job_id)} is not ours: only its owner's key can cancel it", Level.REFUSED)
    else:
        registry.open_cancel(screen.aitbc, row.job.job_id)
