"""A card's screen and its power limit's: keys, what is asked only on request, and pictures at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.power import PowerChange, PowerPhase, PowerPlan
from aitbc_tui.domain.snapshot import Access, GpuRow, Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import GpuMinute, GpuProcess
from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.screens import registry
from tests.fixtures import details
from tests.ui.screens.promises import PromisingBackend, app_on, text_of, until

SIZES = [(80, 24), (120, 40), (200, 60)]
CARD = "gpu-1:0"
PLAN = PowerPlan("gpu-1", 0, "RTX 4090", 450.0, 320.0, 200.0, 350.0, "power_limit_w of gpu-1")


def told_all(row: GpuRow) -> GpuRow:
    """A card whose driver tells everything, on a host with a price and bounds."""
    reading = replace(
        row.reading,
        utilisation=97.0,
        clock_sm=2520.0,
        clock_memory=10251.0,
        throttle=(SafeText("power cap"),),
        power=446.0,
        power_min=100.0,
        power_max=450.0,
        power_limit=450.0,
    )
    past = tuple(GpuMinute(60.0 + n % 5 * 9, (8 + n % 3) << 30, 300.0 + 6 * (n % 20), 60.0 + n % 9) for n in range(42))
    jobs = (SafeText("5e1f0a77c4b94d0e8a6d2f13b09e7c55"), SafeText("9c41e7d2a0b14cc7a5a1f0d35c2b7e10"))
    return replace(
        row,
        reading=reading,
        past=past,
        history=tuple(m.utilisation for m in past[-20:]),
        host_earned_per_hour=9.13,
        host_cards=2,
        host_jobs=jobs,
        kwh_price=0.3,
        bounds=(200.0, 350.0),
    )


def pictured(access: Access = Access.OPERATE, production: bool = False) -> Snapshot:
    base = details.bad_network()
    rows = tuple(told_all(row) if row.name == CARD else row for row in base.gpus)
    environment = replace(base.environment, access=access, production=production)
    return replace(base, gpus=rows, environment=environment)


class Bench(PromisingBackend):
    """Answers what the GPU screens ask for."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.told: Callable[[PowerChange], None] = lambda change: None
        self.ended: Future[PowerChange] = Future()
        self.refusal: ConfigError | None = None

    def gpu_processes(self, host: str) -> Future[Mapping[str, tuple[GpuProcess, ...]]]:
        self.asked.append(f"processes {host}")
        done: Future[Mapping[str, tuple[GpuProcess, ...]]] = Future()
        done.set_result({f"GPU-{CARD}": (GpuProcess(4242, SafeText("ollama"), 14 << 30),)})
        return done

    def probe(self, host: str, model: str) -> Future[SafeText]:
        self.asked.append(f"probe {host} {model}")
        done: Future[SafeText] = Future()
        done.set_result(SafeText(f"{model}: 0.31 s, of which 0.02 s to load it"))
        return done

    def power_plan(self, host: str, index: int, watts: float) -> Future[PowerPlan]:
        self.asked.append(f"plan {host} {index} {watts:g}")
        made: Future[PowerPlan] = Future()
        if self.refusal is not None:
            made.set_exception(self.refusal)
        else:
            made.set_result(replace(PLAN, watts=watts))
        return made

    def power_change(self, plan: PowerPlan, told: Callable[[PowerChange], None]) -> Future[PowerChange]:
        self.asked.append(f"change {plan.watts:g}")
        self.told = told
        return self.ended

    def power_answer(self, keep: bool) -> None:
        self.asked.append(f"answer {keep}")


async def _shows(pilot: Pilot[int], words: str) -> str:
    app = pilot.app
    assert isinstance(app, AitbcApp)
    await until(lambda: words in text_of(app), 10)
    return text_of(app)


async def test_a_card_tells_what_is_known_and_what_is_not() -> None:
    app = app_on(Bench(pictured()))
    async with app.run_test(size=(200, 60)) as pilot:
        registry.open_gpu(app, CARD)
        text = await _shows(pilot, "slowed by")
        assert "power cap" in text and "200 to 350 W by power_limit_w; 100 to 450 W by the card" in text
        assert "on which of its 2 cards nothing tells" in text and "4.565000 a GPU-hour" in text
        assert "gpu-1 (2 cards): 9.130000 earned" in text
        assert "▲ gpu-1:0: power-limited: power cap: 446 of 450 W" in text
        assert "temperature" in text and "most 68 °C" in text and "not asked: p asks" in text


async def test_what_is_asked_only_on_request() -> None:
    backend = Bench(pictured())
    app = app_on(backend)
    async with app.run_test(size=(120, 60)) as pilot:
        registry.open_gpu(app, CARD)
        await _shows(pilot, "not asked: p asks")
        await pilot.press("p")
        await _shows(pilot, "4242 ollama, 14.0 GB")
        await pilot.press("v")
        await _shows(pilot, "ctrl+y asks llama3.2")
        assert not [one for one in backend.asked if one.startswith("probe")], "asked first"
        await pilot.press("escape", "v", "ctrl+y")
        await _shows(pilot, "0.31 s, of which")
        assert backend.asked.count("probe gpu-1 llama3.2:latest") == 1


@pytest.mark.parametrize("access", [Access.OBSERVE, Access.SUBMIT])
async def test_no_token_and_no_limit_below_operate(access: Access) -> None:
    backend = Bench(pictured(access))
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        registry.open_gpu(app, CARD)
        await pilot.press("v")
        await _shows(pilot, "needs access operate")
        await pilot.press("ctrl+y", "w", "3", "2", "0", "enter")
        await _shows(pilot, "Set the power limit of gpu-1:0")
        await pilot.press("ctrl+y")
        await _shows(pilot, "setting it needs access operate")
        assert not [one for one in backend.asked if one.startswith(("probe", "change"))]


async def _to_the_question(pilot: Pilot[int], app: AitbcApp) -> None:
    registry.open_gpu(app, CARD)
    await pilot.press("w")
    await _shows(pilot, "Power limit gpu-1:0")
    await pilot.press("x", "3", "2", "0", "enter")
    await _shows(pilot, "from 450 W to 320 W")


async def test_kept_by_a_key() -> None:
    backend = Bench(pictured())
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_question(pilot, app)
        assert "plan gpu-1 0 320" in backend.asked
        await pilot.press("y")
        assert "change 320" not in backend.asked, "the key that sets it is another one"
        await pilot.press("ctrl+y")
        await _shows(pilot, "armed first")
        backend.told(PowerChange(PLAN, PowerPhase.HELD, details.NOW + 17.2, 320.0))
        text = await _shows(pilot, "goes back in 17 s unless it is kept")
        assert "Keep it?" in text
        await pilot.press("y")
        assert backend.asked[-1] == "answer True"
        backend.ended.set_result(PowerChange(PLAN, PowerPhase.KEPT, now_w=320.0))
        await _shows(pilot, "Kept. The card reports 320 W.")


async def test_leaving_and_silence_put_it_back() -> None:
    backend = Bench(pictured())
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_question(pilot, app)
        await pilot.press("ctrl+y")
        await until(lambda: "change 320" in backend.asked, 10)
        backend.told(PowerChange(PLAN, PowerPhase.HELD, details.NOW + 20, 320.0))
        await _shows(pilot, "goes back in 20 s")
        await pilot.press("escape")
        assert backend.asked[-1] == "answer False"
        backend.ended.set_result(PowerChange(PLAN, PowerPhase.BACK, now_w=450.0))
        await _shows(pilot, "put back")


async def test_enter_at_the_question_cancels_and_bounds_are_said() -> None:
    backend = Bench(pictured())
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_question(pilot, app)
        await pilot.press("enter")
        await _shows(pilot, "nothing done yet")
        backend.refusal = ConfigError("900 W is outside the bounds of card 0", remedy="choose 200 to 350 W")
        await pilot.press("enter")
        await _shows(pilot, "■ 900 W is outside the bounds of card 0. choose 200 to 350 W")
        assert not [one for one in backend.asked if one.startswith("change")]


async def test_production_wants_the_cards_name() -> None:
    backend = Bench(pictured(production=True))
    app = app_on(backend)
    async with app.run_test(size=(120, 40)) as pilot:
        await _to_the_question(pilot, app)
        await pilot.press("ctrl+y")
        await _shows(pilot, "--host gpu-1 --yes prod")
        await _shows(pilot, "type gpu-1:0 first")
        await pilot.press(*"gpu-1:0", "ctrl+y")
        await until(lambda: "change 320" in backend.asked, 10)


async def _gpu(pilot: Pilot[int], app: AitbcApp, backend: Bench) -> None:
    registry.open_gpu(app, CARD)
    await _shows(pilot, "slowed by")


async def _question(pilot: Pilot[int], app: AitbcApp, backend: Bench) -> None:
    await _to_the_question(pilot, app)


async def _held(pilot: Pilot[int], app: AitbcApp, backend: Bench) -> None:
    await _to_the_question(pilot, app)
    await pilot.press("ctrl+y")
    await until(lambda: "change 320" in backend.asked, 10)
    backend.told(PowerChange(PLAN, PowerPhase.HELD, details.NOW + 17.2, 320.0))
    await _shows(pilot, "goes back in 17 s")


async def _typing(pilot: Pilot[int], app: AitbcApp, backend: Bench) -> None:
    registry.open_power(app, CARD)
    await pilot.press("3", "2", "0")
    await _shows(pilot, "[320_")


SHOTS = {"gpu": _gpu, "power-typing": _typing, "power-question": _question, "power-held": _held}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SHOTS)
def test_picture(name: str, size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    backend = Bench(pictured(production=name == "power-question"))
    app = app_on(backend)

    async def before(pilot: Pilot[int]) -> None:
        await SHOTS[name](pilot, app, backend)

    assert snap_compare(app, terminal_size=size, run_before=before)
