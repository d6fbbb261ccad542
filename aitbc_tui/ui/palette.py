"""The commands behind `:` and ctrl+p. Ids typed there open jobs and receipts; no label is ever parsed as markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Pane
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import theme
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.futures import outcome, words

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp

_PANES = {
    Pane.NODES: "nodes",
    Pane.MEMPOOL: "mempool",
    Pane.MINERS: "miners",
    Pane.JOBS: "jobs",
    Pane.GPUS: "gpus",
    Pane.RECEIPTS: "receipts",
    Pane.ALARMS: "alarms",
}


async def _armed(app: AitbcApp) -> None:
    try:
        await outcome(app.backend.arm())
    except AitbcError as error:
        app.say(f"not armed: {words(error)}", Level.REFUSED)
    else:
        app.say("access operate for 10 m, then observe again", Level.WARN)


_ID = re.compile(r"[0-9a-f]{4,32}")
_MOST = 12  # jobs, and receipts, whose id begins so: that many are offered at once
EXACT, LIKE = 1.7, 1.5  # what is typed in full comes before whatever resembles it, and after an id


class Command(NamedTuple):
    """A line of the palette. `about` is our own text: it is shown as markup is, so it holds no brackets."""

    name: str
    about: str
    run: Callable[[], None]


def _about(found: int) -> str:
    return "open it" if found <= _MOST else f"open it; {found - _MOST:,} more begin so: type on"


def _label(text: str) -> Text:
    """Literal text: the palette parses only strings."""
    return Text(text, end="")


class Commands(Provider):
    """What can be done from every screen."""

    @property
    def aitbc(self) -> AitbcApp:
        return cast("AitbcApp", self.app)

    def _commands(self) -> Iterator[Command]:
        app = self.aitbc
        for pane, name in _PANES.items():
            yield Command(name, f"open pane {pane.value}", partial(app.home, pane))
        yield Command("overview", "all panes", app.home)
        yield Command("submit", "a form for a job; nothing is sent from it", partial(registry.open_submit, app))
        yield Command("ledger", "every receipt seen from here, totals, export", partial(registry.open_ledger, app))
        yield Command("blocks", "recent blocks, nodes side by side", partial(registry.open_blocks, app))
        yield Command("transaction", "search every node by hash, address or id", partial(registry.open_tx, app))
        yield Command(
            "stress test", "many jobs to their verified receipts, and a report", partial(registry.open_stress, app)
        )
        yield Command("connections", "hosts, host keys, credentials, bytes", partial(registry.open_connections, app))
        yield Command("alarm details", "what each means, what to do, quiet", partial(registry.open_alarms, app))
        yield Command("events", "what happened, newest first", partial(registry.open_events, app))
        yield Command("operations", "status, health, sync, message, coordinate", partial(registry.open_operations, app))
        yield Command("logs", "the journal of a unit, followed", partial(registry.open_logs, app))
        if app.current.environment.armed_until is not None:
            yield Command("arm", "access operate for ten minutes from now; audited", self._arm)
        yield Command("environments", "which network; go over to another", partial(registry.open_environments, app))
        for row in app.current.nodes:
            yield Command(f"node {row.name}", "blocks side by side", partial(registry.open_node, app, str(row.name)))
        yield Command("refresh", "ask every source now, retry lost links", app.action_refresh)
        yield Command("freeze", "rows stand still, ages and alarms go on", self._freeze)
        yield Command("ascii", "glyphs in ASCII, or back", lambda: app.set_look(ascii_only=not app.look.ascii))
        own = app.options.palette
        for name in (*theme.LOOKS, *([own.name] if own is not None else [])):
            yield Command(f"theme {name}", "colours of this terminal", partial(app.set_look, name))
        yield Command("help", "keys, words, figures", partial(registry.open_help, app))
        yield Command("quit", "leave; the network goes on", partial(app.action_leave, 0))

    def _arm(self) -> None:
        """Lent again; the chip in row 0 counts down."""
        app = self.aitbc
        app.run_worker(_armed(app), name="arm")

    def _freeze(self) -> None:
        """Freezing is the dashboard's: it is shown where it happens."""
        self.aitbc.home()
        self.aitbc.dashboard.action_freeze()

    def _by_id(self, typed: str) -> Iterator[Command]:
        """Jobs and receipts whose id begins so; a whole id may also be one that is in no list."""
        app = self.aitbc
        snapshot = app.current
        jobs = [row for row in snapshot.jobs if row.job.job_id.startswith(typed)]
        about = _about(len(jobs))
        for row in jobs[:_MOST]:
            job_id = str(row.job.job_id)
            yield Command(f"job {job_id}", about, partial(registry.open_job, app, job_id))
            if row.receipt is not None:
                yield Command(f"receipt of {job_id}", about, partial(registry.open_receipt, app, row.receipt))
        known = {id(row.receipt) for row in jobs}
        others = [
            one.receipt
            for one in snapshot.receipts
            if id(one.receipt) not in known
            and (one.receipt.facts.receipt_id.startswith(typed) or one.receipt.facts.job_id.startswith(typed))
        ]
        about = _about(len(others))
        for receipt in others[:_MOST]:
            name = f"receipt {receipt.facts.receipt_id[:8]} of {receipt.facts.job_id[:8]}"
            yield Command(name, about, partial(registry.open_receipt, app, receipt))
        if len(typed) == 32 and not jobs:
            about = "in no list here: ask the coordinator for it"
            yield Command(f"job {typed}", about, partial(registry.open_job, app, typed))

    async def discover(self) -> Hits:
        for name, about, run in self._commands():
            yield DiscoveryHit(_label(name), run, text=name, help=about)

    async def search(self, query: str) -> Hits:
        typed = query.strip()
        words = typed.lower().split()
        if words and _ID.fullmatch(words[-1]):
            for name, about, run in self._by_id(words[-1]):
                if len(words) == 1 or name.startswith(words[0]):
                    yield Hit(2.0, _label(name), run, text=name, help=about)
        matcher = self.matcher(typed)
        for name, about, run in self._commands():
            score = EXACT if name == typed.lower() else min(matcher.match(name), LIKE)
            if score > 0:
                yield Hit(score, _label(name), run, text=name, help=about)
