"""From an alarm or an event to the screen of the thing it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.receipt import VerifiedReceipt, about_key
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.ui.screens import registry

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp


def go_to(app: AitbcApp, alarm: Alarm) -> bool:
    """Open what the alarm is about; False when there is no screen for it."""
    if alarm.rule == "tx-vanished" and alarm.check:
        registry.open_tx(app, str(alarm.check).rpartition(" ")[2])  # the whole hash; `about` is its beginning
        return True
    return go_about(app, str(alarm.about), receipts_first=alarm.rule.startswith("receipt"))


def go_about(app: AitbcApp, about: str, *, receipts_first: bool = False) -> bool:
    """A node, a miner, a card, a job or its receipt, a connection: whatever has this name."""
    snapshot = app.current
    if receipts_first and _receipt(app, snapshot, about):
        return True
    if any(row.name == about for row in snapshot.nodes):
        registry.open_node(app, about)
    elif any(row.miner.identity.label == about for row in snapshot.miners):
        registry.open_miner(app, about)
    elif any(row.name == about for row in snapshot.gpus):
        registry.open_gpu(app, about)
    elif job := next((row for row in snapshot.jobs if about and row.job.job_id.startswith(about)), None):
        registry.open_job(app, str(job.job.job_id))
    elif _way(snapshot, about):
        registry.open_connections(app)
    elif about.startswith("mempool "):
        app.home(Pane.MEMPOOL)
    else:
        return _receipt(app, snapshot, about)
    return True


def _receipt(app: AitbcApp, snapshot: Snapshot, about: str) -> bool:
    """The newest receipt of this job, or under this key."""

    def is_it(receipt: VerifiedReceipt) -> bool:
        return receipt.facts.job_id.startswith(about) or about_key(receipt.signing_key_id) == about

    found = next((row.receipt for row in snapshot.receipts if about and is_it(row.receipt)), None)
    if found is None:
        return False
    registry.open_receipt(app, found)
    return True


def _way(snapshot: Snapshot, about: str) -> bool:
    """What the screen of connections tells about: hosts, the coordinator, credentials."""
    ways = {str(link.host) for link in snapshot.links} | {f"link {link.host}" for link in snapshot.links}
    ways |= {str(row.role) for row in snapshot.credentials}
    return about in ways or (bool(snapshot.coordinator) and about in ("coordinator", str(snapshot.coordinator)))
