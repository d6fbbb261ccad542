"""The screens by name, imported when they are opened: the first frame needs none of them.

Where each lives: `screens.job.JobScreen(job_id)`, `screens.receipt.ReceiptScreen(receipt)`,
`screens.submit.SubmitScreen()`, `screens.cancel.CancelScreen(job_id)`, `screens.help.HelpScreen()`,
`screens.connections.ConnectionsScreen()`; the commands of the palette are `palette.Commands`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aitbc_tui.domain.fold import Fold
    from aitbc_tui.domain.operation import Plan, Wish
    from aitbc_tui.domain.receipt import VerifiedReceipt
    from aitbc_tui.ui.app import AitbcApp


def open_job(app: AitbcApp, job_id: str) -> None:
    from aitbc_tui.ui.screens.job import JobScreen

    app.push_screen(JobScreen(job_id))


def open_receipt(app: AitbcApp, receipt: VerifiedReceipt) -> None:
    from aitbc_tui.ui.screens.receipt import ReceiptScreen

    app.push_screen(ReceiptScreen(receipt))


def open_submit(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.submit import SubmitScreen

    app.push_screen(SubmitScreen())


def open_cancel(app: AitbcApp, job_id: str) -> None:
    from aitbc_tui.ui.screens.cancel import CancelScreen

    app.push_screen(CancelScreen(job_id))


def open_help(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.help import HelpScreen

    app.push_screen(HelpScreen())


def open_connections(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.connections import ConnectionsScreen

    app.push_screen(ConnectionsScreen())


def open_alarms(app: AitbcApp, selected: str | None = None) -> None:
    from aitbc_tui.ui.screens.alarms import AlarmsScreen

    app.push_screen(AlarmsScreen(selected))


def open_quiet(app: AitbcApp, fold: Fold) -> None:
    from aitbc_tui.ui.screens.alarms_quiet import QuietScreen

    app.push_screen(QuietScreen(fold))


def open_events(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.events import EventsScreen

    app.push_screen(EventsScreen())


def open_node(app: AitbcApp, name: str) -> None:
    from aitbc_tui.ui.screens.node import NodeScreen

    app.push_screen(NodeScreen(name))


def open_miner(app: AitbcApp, label: str) -> None:
    from aitbc_tui.ui.screens.miner import MinerScreen

    app.push_screen(MinerScreen(label))


def open_gpu(app: AitbcApp, name: str) -> None:
    from aitbc_tui.ui.screens.gpu import GpuScreen

    app.push_screen(GpuScreen(name))


def open_logs(app: AitbcApp, about: str = "") -> None:
    """The log of the unit of this node, miner or host; without a name, the first that is configured."""
    from aitbc_tui.ui.screens.logs import LogsScreen

    app.push_screen(LogsScreen(about))


def open_operations(app: AitbcApp, target: str = "") -> None:
    from aitbc_tui.ui.screens.operations import OperationsScreen

    app.push_screen(OperationsScreen(target))


def open_plan(app: AitbcApp, wish: Wish) -> None:
    from aitbc_tui.ui.screens.plan import PlanScreen

    app.push_screen(PlanScreen(wish))


def open_confirm(app: AitbcApp, plan: Plan) -> None:
    from aitbc_tui.ui.screens.confirm import ConfirmScreen

    app.push_screen(ConfirmScreen(plan))


def open_progress(app: AitbcApp, plan: Plan) -> None:
    from aitbc_tui.ui.screens.progress import ProgressScreen

    app.push_screen(ProgressScreen(plan))


def open_environments(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.environments import EnvironmentsScreen

    app.push_screen(EnvironmentsScreen())


def open_stress(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.stress import StressScreen

    app.push_screen(StressScreen())


def open_ledger(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.receipts_list import ReceiptsListScreen

    app.push_screen(ReceiptsListScreen())


def open_blocks(app: AitbcApp) -> None:
    from aitbc_tui.ui.screens.blocks import BlocksScreen

    app.push_screen(BlocksScreen())


def open_tx(app: AitbcApp, text: str = "") -> None:
    from aitbc_tui.ui.screens.tx import TxScreen

    app.push_screen(TxScreen(text))


def open_power(app: AitbcApp, card: str) -> None:
    from aitbc_tui.ui.screens.power import PowerScreen

    app.push_screen(PowerScreen(card))
