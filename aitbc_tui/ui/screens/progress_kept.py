"""The run of an app that is under way or ended last: leaving its screen loses nothing. At most one runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Plan, Run, RunState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.panes.builders import report
from aitbc_tui.ui.screens.futures import certainly_not_done, outcome, words

if TYPE_CHECKING:
    from aitbc_tui.ui.app import AitbcApp

_runs: WeakKeyDictionary[object, Run] = WeakKeyDictionary()


def last_run(app: object) -> Run | None:
    return _runs.get(app)


def begin(app: AitbcApp, plan: Plan) -> Run:
    """Run a plan once; a plan that ran, or runs, is only shown again."""
    known = last_run(app)
    if known is not None and (known.plan is plan or not known.over):
        return known
    run = Run(plan, RunState.RUNNING, SafeText("begins; nothing is known of it yet"), plan.steps)
    _runs[app] = run
    app.run_worker(_follow(app, plan), name="operation")
    return run


def _told(app: AitbcApp, run: Run) -> None:
    _runs[app] = run
    app.paint_now()


def _cut_off(app: AitbcApp, state: RunState, why: str) -> Run:
    """What is known of a run that brought no result: its steps and evidence so far."""
    before = _runs[app]
    after = "" if state is RunState.REFUSED else " Look it up before anything else: it is not sent again."
    return Run(before.plan, state, clean(f"{why}{after}", 500), before.steps, before.evidence)


def under_way(app: object) -> bool:
    """Whether something that writes is being done now: leaving would cut it off."""
    run = _runs.get(app)
    return run is not None and not run.over and not run.plan.wish.reads_only


async def _follow(app: AitbcApp, plan: Plan) -> None:
    """Wait for the end, whichever screen is in front."""
    future = app.backend.run(plan, lambda run: app.from_thread(lambda: _told(app, run)))
    try:
        run = await outcome(future)
    except AitbcError as error:
        sure = certainly_not_done(error)
        run = _cut_off(app, RunState.REFUSED if sure else RunState.UNKNOWN, f"{words(error)}.")
    except asyncio.CancelledError:
        if not future.cancelled():
            raise  # the program ends
        run = _cut_off(app, RunState.UNKNOWN, "The collector was ended in the middle of it.")
    except Exception as fault:  # a fault of this program must not end the dashboard
        report("operation", fault)
        run = _cut_off(app, RunState.UNKNOWN, f"It failed inside this program ({type(fault).__name__}).")
    _told(app, run)
    good = run.state is RunState.DONE
    app.say(f"{plan.title}: {run.state.value}", Level.GOOD if good else Level.WARN)
