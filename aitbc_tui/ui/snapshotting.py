"""The current screen as a picture, without a terminal: the real application, run headless, exported as SVG."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from aitbc_tui.domain.errors import CommandError
from aitbc_tui.domain.snapshot import ReceiptRow, Snapshot
from aitbc_tui.domain.text import clean
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.backend import Backend
from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.screens import registry

SCREENS = ("dashboard", "submit", "job", "receipt", "connections", "help")
STEP_S = 0.1
SETTLE_S = 0.7  # the screen paints at most twice a second
PATIENCE_S = 5.0  # beyond the time asked for, for the job or receipt that is to be shown
FOLLOWED_S = 3.0  # a job that is opened is asked for its result and receipt


@dataclass(frozen=True, slots=True)
class Shot:
    """What to show. `job_id` chooses the job or receipt; without it the one that needs a look most."""

    screen: str = "dashboard"
    width: int = 120
    height: int = 40
    observe_s: float = 3.0
    job_id: str = ""


def take_picture(backend: Backend, shot: Shot, options: DashboardOptions | None = None) -> str:
    """Watch for `observe_s`, open the screen, and give it as SVG. The backend is stopped on the way out."""
    return asyncio.run(picture(backend, shot, options))


async def picture(backend: Backend, shot: Shot, options: DashboardOptions | None = None) -> str:
    app = AitbcApp(backend, options or DashboardOptions(theme="dark"))
    try:
        async with app.run_test(size=(shot.width, shot.height), tooltips=False, notifications=False) as pilot:
            until = time.monotonic() + shot.observe_s
            latest = until + PATIENCE_S
            while (now := time.monotonic()) < until or (now < latest and not _seen(app.current, shot)):
                await pilot.pause(STEP_S)
            _open(app, shot)
            await pilot.pause(FOLLOWED_S if shot.screen == "job" else SETTLE_S)
            return app.export_screenshot(title=f"aitbc-tui: {shot.screen}")
    finally:
        backend.stop()


def _seen(snapshot: Snapshot, shot: Shot) -> bool:
    """Whether there is something to show."""
    if shot.screen == "job":
        return bool(snapshot.jobs)
    return bool(snapshot.receipts) if shot.screen == "receipt" else True


def _open(app: AitbcApp, shot: Shot) -> None:
    """Put the screen in front; the dashboard is."""
    match shot.screen:
        case "submit":
            registry.open_submit(app)
        case "job":
            registry.open_job(app, _job(app.current, shot.job_id))
        case "receipt":
            registry.open_receipt(app, _receipt(app.current, shot.job_id).receipt)
        case "connections":
            registry.open_connections(app)
        case "help":
            registry.open_help(app)


def _job(snapshot: Snapshot, wanted: str) -> str:
    """Jobs come worst first."""
    if wanted or snapshot.jobs:
        return wanted or str(snapshot.jobs[0].job.job_id)
    raise CommandError("no job was seen that could be shown", remedy="--observe SECONDS, or --job ID")


def _receipt(snapshot: Snapshot, wanted: str) -> ReceiptRow:
    """The one of the wanted job; else the newest that is not valid, else the newest."""
    rows = [row for row in snapshot.receipts if not wanted or row.receipt.facts.job_id == wanted]
    if not rows:
        of = f" of {clean(wanted, 40)}" if wanted else ""
        raise CommandError(f"no receipt{of} was seen that could be shown", remedy="--observe SECONDS")
    return next((row for row in rows if not row.receipt.valid), rows[0])
