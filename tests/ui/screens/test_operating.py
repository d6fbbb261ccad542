"""Operations by keys: nothing runs without plan, access, question and name; it runs once; leaving stops nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.command import CommandPalette

from aitbc_tui.domain.errors import ConnectError, GuardError, HttpError
from aitbc_tui.domain.operation import Plan, RunState, Verb, Wish
from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.options import Clock, DashboardOptions
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.confirm import ConfirmScreen
from aitbc_tui.ui.screens.dashboard import DashboardScreen
from aitbc_tui.ui.screens.environment_choice import EnvironmentChoice
from aitbc_tui.ui.screens.operations import OperationsScreen
from aitbc_tui.ui.screens.plan import PlanScreen
from aitbc_tui.ui.screens.progress import ProgressScreen
from tests.fixtures import incidents
from tests.ui.backends import StillBackend
from tests.ui.screens.promises import app_on, first_offered, text_of, until

SIZE = (80, 24)


async def begun(app: AitbcApp) -> None:
    await until(lambda: app._begun, 5.0)


def backend_on(access: Access = Access.OPERATE, production: bool = True) -> StillBackend:
    return StillBackend(incidents.lagging(access, production))


async def planned(app: AitbcApp, backend: StillBackend, plan: Plan) -> None:
    """The plan stands on the screen."""
    await begun(app)
    registry.open_plan(app, plan.wish)
    await until(lambda: bool(backend.plans), 5.0)
    backend.plans[-1].set_result(plan)
    await until(lambda: "The same from a shell" in text_of(app), 5.0)


async def test_choosing_leads_to_the_plan_of_what_was_chosen() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("o")
        assert "nothing is done from here" in text_of(app)
        await pilot.press("down", "down", "tab", "down", "enter")
        await until(lambda: bool(backend.wishes), 5.0)
        assert backend.wishes == [Wish(Verb.SYNC, "follower", sync_type="blockchain")]
        assert not backend.ran


async def test_a_unit_and_a_message_are_chosen_too() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_operations(app, "follower")
        await pilot.press(*["down"] * 10, "tab", "tab", "down", "enter")
        await until(lambda: bool(backend.wishes), 5.0)
        assert backend.wishes[-1].unit == "aitbc-blockchain-rpc" and backend.wishes[-1].action == "restart"
        await pilot.press("escape", "tab", *["up"] * 3, "enter")
        await pilot.pause()
        assert "a message is needed" in text_of(app)
        await pilot.press("tab", "tab", *"hi jkq", "enter")
        await until(lambda: len(backend.wishes) == 2, 5.0)
        assert backend.wishes[-1] == Wish(Verb.MESSAGE, "follower", message="hi jkq")
        assert "hi jkq" not in repr(backend.wishes[-1])


async def test_where_the_list_does_not_fit_the_focus_is_seen_all_the_same() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_operations(app, "follower")
        await pilot.press(*["down"] * 10)
        assert "service restart" in text_of(app), "while one is chosen the whole list is there"
        await pilot.press("tab", "tab")
        assert "► aitbc-blockchain-node" in text_of(app) and "service restart" not in text_of(app)


async def test_production_needs_the_name_typed_and_it_runs_once() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan())
        await pilot.press("enter")
        assert isinstance(app.screen, ConfirmScreen) and not backend.ran
        await pilot.press("ctrl+y")
        await pilot.pause()
        assert "type follower first" in text_of(app) and not backend.ran
        await pilot.press(*"followe", "ctrl+y")
        await pilot.pause()
        assert not backend.ran
        await pilot.press("r", "ctrl+y", "ctrl+y")
        await until(lambda: isinstance(app.screen, ProgressScreen), 5.0)
        assert len(backend.ran) == 1


async def test_enter_twice_by_mistake_cancels() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan())
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanScreen) and not backend.ran


async def test_what_can_be_undone_outside_production_needs_no_name() -> None:
    backend = backend_on(production=False)
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan(undoable=True))
        await pilot.press("enter")
        assert "It can be undone." in text_of(app) and "type follower" not in text_of(app)
        await pilot.press("tab", "enter")
        await until(lambda: isinstance(app.screen, ProgressScreen), 5.0)
        assert len(backend.ran) == 1


@pytest.mark.parametrize("access", [Access.OBSERVE, Access.SUBMIT])
async def test_below_operate_the_plan_is_all_there_is(access: Access) -> None:
    backend = backend_on(access)
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan())
        assert f"□ needs access operate, this is {access.value}" in text_of(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanScreen) and "needs access operate" in text_of(app).splitlines()[-1]
        registry.open_confirm(app, incidents.plan())
        await pilot.press(*"follower", "ctrl+y")
        await pilot.pause()
        assert not backend.ran


async def test_access_that_ran_out_is_armed_by_its_command() -> None:
    lent = incidents.lagging()
    ran_out = replace(lent, environment=replace(lent.environment, access=Access.OBSERVE, armed_until=lent.now - 1))
    backend = StillBackend(ran_out)
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan())
        assert "prod · observe ·" in text_of(app) and ": arm lends it again" in text_of(app)
        await pilot.press("colon")
        await until(lambda: isinstance(app.screen, CommandPalette), 5.0)
        await pilot.press(*"arm")
        await until(lambda: first_offered(app) == "arm", 5.0)
        await pilot.press("enter")
        await until(lambda: "arm" in backend.asked, 5.0)
        await until(lambda: "then observe again" in text_of(app), 5.0)
        backend.set(lent)
        await until(lambda: "OPERATE 9 m" in text_of(app), 5.0)


async def test_a_check_that_forbids_is_not_talked_over() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        plan = incidents.plan(offered=False)
        failed = replace(plan, steps=(replace(plan.steps[0], level=Level.BAD), *plan.steps[1:]))
        await planned(app, backend, failed)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanScreen) and "not offered: a check forbids it" in text_of(app)


async def test_a_plan_with_nothing_to_write_is_no_bad_news() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan(offered=False))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PlanScreen) and "nothing to do: no step would change anything" in text_of(app)


async def test_old_checks_run_again_before_anything_is_written() -> None:
    backend = backend_on()
    app = app_on(backend)
    old = incidents.plan(checked_at=incidents.lagging().now - 31)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, old)
        await pilot.press("enter", *"follower", "ctrl+y", "ctrl+y")
        await until(lambda: len(backend.plans) == 2, 5.0)
        assert "checks again" in text_of(app) and not backend.ran
        changed = incidents.plan(question=SafeText("Write 99 blocks to follower in prod?"))
        backend.plans[1].set_result(changed)
        await until(lambda: "Write 99 blocks" in text_of(app), 5.0)
        assert not backend.ran  # what was confirmed is not what would be done
        await pilot.press("ctrl+y")
        await until(lambda: len(backend.ran) == 1, 5.0)


async def test_checks_that_cannot_run_again_run_nothing() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan(checked_at=incidents.lagging().now - 31))
        await pilot.press("enter", *"follower", "ctrl+y")
        await until(lambda: len(backend.plans) == 2, 5.0)
        backend.plans[1].set_exception(ConnectError("no route", host="aitbc1"))
        await until(lambda: "not run: aitbc1: no route" in text_of(app), 5.0)
        assert not backend.ran


async def test_a_plan_that_fails_says_why() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        registry.open_plan(app, incidents.WISH)
        await until(lambda: bool(backend.plans), 5.0)
        backend.plans[0].set_exception(ConnectError("no route", host="aitbc1", remedy="try later"))
        await until(lambda: "NO PLAN" in text_of(app), 5.0)
        assert "aitbc1: no route" in text_of(app) and "try later" in text_of(app)
        await pilot.press("enter", "d")
        await until(lambda: len(backend.plans) == 2, 5.0)


async def test_a_dry_run_writes_nothing() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, backend, incidents.plan())
        await pilot.press("d")
        await until(lambda: len(backend.plans) == 2, 5.0)
        backend.plans[1].set_result(incidents.plan())
        await until(lambda: "nothing was written" in text_of(app), 5.0)
        assert not backend.ran


# --- under way


async def test_leaving_a_run_stops_nothing_and_coming_back_runs_nothing() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(backend.runs), 5.0)
        told, future = backend.runs[0]
        told(incidents.run())
        await until(lambda: "19 of 31, now 15,106" in text_of(app), 5.0)
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen) and not future.cancelled()
        await pilot.press("o", "p")
        await until(lambda: "19 of 31" in text_of(app), 5.0)
        assert len(backend.ran) == 1
        await pilot.press("escape", "escape")
        future.set_result(replace(incidents.run(RunState.DONE), results=(SafeText("level"),)))
        await until(lambda: "Sync blockchain: follower: done" in text_of(app), 5.0)  # said wherever one is


async def test_a_second_operation_waits_for_the_first() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(backend.runs), 5.0)
        await pilot.press("escape")
        registry.open_progress(app, incidents.plan(title=SafeText("Another: genesis")))
        await pilot.pause()
        assert "another operation is under way" in text_of(app) and len(backend.ran) == 1


async def test_stop_and_evidence() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE) as pilot:
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(backend.runs), 5.0)
        many = incidents.run()
        backend.runs[0][0](replace(many, evidence=many.evidence * 3))
        await until(lambda: "15106" in text_of(app), 5.0)
        await pilot.press("e")
        assert "all 12" in text_of(app)
        await pilot.press("s")
        assert backend.asked[-1] == "stop run" and "safe point" in text_of(app)


@pytest.mark.parametrize(
    ("error", "want"),
    [
        (GuardError("five operations are under way"), "□ refused, nothing done"),
        (HttpError("no answer in 10 s", host="aitbc1", timed_out=True), "? unknown: look it up"),
    ],
)
async def test_how_a_run_fails_is_told_apart(error: HttpError, want: str) -> None:
    if error.timed_out:
        error.maybe_sent = True
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE):
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(backend.runs), 5.0)
        backend.runs[0][1].set_exception(error)
        await until(lambda: want in text_of(app), 5.0)
        assert len(backend.ran) == 1  # never by itself again


# --- environments


def choosing(current: StillBackend, other: StillBackend | None) -> AitbcApp:
    first = current.snapshot()
    choices = (
        EnvironmentChoice("prod", Access.OPERATE, True, 4, 3, True),
        EnvironmentChoice("lab", Access.OBSERVE, False, 1, 1, False),
    )
    make = None if other is None else lambda name: other
    clock = Clock(lambda: first.now, lambda: first.utc)
    return AitbcApp(current, DashboardOptions(theme="dark", clock=clock, environments=choices, open_environment=make))


def lab() -> Snapshot:
    base = incidents.lagging(Access.OBSERVE, False)
    return replace(base, environment=replace(base.environment, name=SafeText("lab")))


async def test_going_over_to_another_environment() -> None:
    here, there = backend_on(), StillBackend(lab())
    app = choosing(here, there)
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(app)
        await pilot.press("E", "j", "enter")
        await until(lambda: "stop" in here.asked, 5.0)
        assert app.backend is there and there.started and "stop" not in there.asked
        assert isinstance(app.screen, DashboardScreen) and "lab · observe" in text_of(app)
        here.set(incidents.lagging())  # what the old one still says is not shown
        await pilot.pause()
        assert "lab · observe" in text_of(app)


async def test_the_same_environment_and_none_to_go_to() -> None:
    here = backend_on()
    app = choosing(here, None)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("E", "enter")
        assert isinstance(app.screen, DashboardScreen)
        await pilot.press("E", "j", "enter")
        assert "start with --env lab" in text_of(app) and app.backend is here


async def test_an_environment_that_cannot_be_opened_leaves_this_one() -> None:
    here = backend_on()
    app = choosing(here, None)

    def refuse(name: str) -> StillBackend:
        raise GuardError("the file is gone")

    app.options = replace(app.options, open_environment=refuse)
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(app)
        await pilot.press("E", "j", "enter")
        assert "cannot go over to lab" in text_of(app)
        assert app.backend is here and "stop" not in here.asked


async def test_a_message_of_the_operations_screen_may_hold_every_letter() -> None:
    app = app_on(backend_on())
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_operations(app)
        await pilot.press(*["down"] * 7, "tab", "tab", *"q?:jkp")
        assert isinstance(app.screen, OperationsScreen) and "[q?:jkp_" in text_of(app)


async def test_keys_of_the_configuration_are_named_one_by_one() -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_operations(app)
        await pilot.press(*["down"] * 4, "tab", "tab", *"chain_id, gossip_backend", "enter")
        await until(lambda: bool(backend.wishes), 5.0)
        assert backend.wishes[-1].keys == ("chain_id", "gossip_backend") and not backend.wishes[-1].message


async def test_what_is_under_way_is_not_cut_off_by_one_key() -> None:
    here, there = backend_on(), StillBackend(lab())
    app = choosing(here, there)
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(here.runs), 5.0)
        await pilot.press("escape", "E", "j", "enter")
        await pilot.pause()
        assert app.backend is here and "would cut it off" in text_of(app)
        await pilot.press("escape", "q")
        await pilot.pause()
        assert app.is_running and "q again leaves" in text_of(app)
        await pilot.press("q")
    assert app.return_code == 0


@pytest.mark.parametrize("fault", [None, RuntimeError("boom")])
async def test_a_fault_in_the_middle_is_unknown_and_ends_nothing(fault: Exception | None) -> None:
    backend = backend_on()
    app = app_on(backend)
    async with app.run_test(size=SIZE):
        await begun(app)
        registry.open_progress(app, incidents.plan())
        await until(lambda: bool(backend.runs), 5.0)
        future = backend.runs[0][1]
        if fault is None:
            future.cancel()
        else:
            future.set_exception(fault)
        await until(lambda: "? unknown: look it up" in text_of(app), 5.0)
        assert app.is_running and "boom" not in text_of(app)
