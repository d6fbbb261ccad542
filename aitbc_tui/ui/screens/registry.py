"""The screens by name, imported when they are opened: the first frame needs none of them.

Where each lives: `screens.job.JobScreen(job_id)`, `screens.receipt.ReceiptScreen(receipt)`,
`screens.submit.SubmitScreen()`, `screens.cancel.CancelScreen(job_id)`, `screens.help.HelpScreen()`,
`screens.connections.ConnectionsScreen()`; the commands of the palette are `palette.Commands`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
