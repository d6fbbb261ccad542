"""The run of an app that is under way or ended last: leaving its screen loses nothing. At most one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.operation import Plan, Run, RunState
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
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


async def _follow(app: AitbcApp, plan: Plan) -> None:
    """Wait for the end, whichever screen is in front."""
    try:
        run = await outcome(app.backend.run(plan, lambda run: app.from_thread(lambda: _told(app, run))))
    except AitbcError as error:
        before = _runs[app]
        sure = certainly_not_done(error)
        state = RunState.REFUSED if sure else RunState.UNKNOWN
        after = "" if sure else " Look it up before anything else: it is not sent again."
        run = Run(plan, state, SafeText(f"{words(error)}.{after}"), before.steps, before.evidence)
    _told(app, run)
    good = run.state is RunState.DONE
    app.say(f"{plan.title}: {run.state.value}", Level.GOOD if good else Level.WARN)
