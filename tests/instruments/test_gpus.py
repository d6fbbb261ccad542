"""Cards and Ollama: what is read, what is advised, and a power limit that goes back by itself."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from aitbc_tui.cli.service import Connected
from aitbc_tui.collect.arming import Arming
from aitbc_tui.collect.collector import Collector
from aitbc_tui.collect.hardware import power_plan, probe, processes
from aitbc_tui.collect.nvml import parse_line
from aitbc_tui.collect.setup import Setup
from aitbc_tui.config.load import Flags, load
from aitbc_tui.devnet.child import Child
from aitbc_tui.devnet.host_files import standins_dir
from aitbc_tui.domain.errors import AitbcError, CommandError, ConfigError, GuardError, ParseError
from aitbc_tui.domain.identity import Identity, Role
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.power import PowerChange, PowerPhase, PowerPlan
from aitbc_tui.domain.snapshot import Access, GpuRow, Snapshot, Totals
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level, Verdict
from aitbc_tui.domain.work import GpuReading, Miner, MinerList, OllamaModel, OllamaReading
from aitbc_tui.operations import power
from aitbc_tui.operations.commands import ROLLBACK, reads_only
from aitbc_tui.operations.field import Field
from aitbc_tui.protocol import nvidia
from aitbc_tui.receipts.verify import verify
from aitbc_tui.state.advice import Kind, advice, power_costs
from aitbc_tui.state.events import Answered, Source
from aitbc_tui.state.events import Kind as Figure
from aitbc_tui.state.facts import ReceiptItem, ReceiptPage, World, begin
from aitbc_tui.state.gpus import gpu_rows
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.topology import HostFrame, MinerFrame
from tests.cli.conftest import Run
from tests.fixtures import details
from tests.fixtures.detail_receipts import receipt
from tests.fixtures.sshd import RealSshd
from tests.fixtures.waiting import until
from tests.receipts import signing
from tests.receipts.vectors import MASK
from tests.state.story import frame, utc

# --- what nvidia-smi prints

BASIC = b"0, GPU-1, RTX, 98, 1024, 24564, 71, 300.50, 450.00, 550.54\n"
WHOLE = BASIC.rstrip() + b", 2520, 10251, 0x0000000000000024, 100.00, 450.00\n"


def test_details_of_a_card() -> None:
    (card,) = nvidia.parse_gpus(WHOLE)
    assert (card.clock_sm, card.clock_memory, card.power_min, card.power_max) == (2520, 10251, 100, 450)
    assert card.throttle == ("power cap", "software thermal")
    (basic,) = nvidia.parse_gpus(BASIC)
    assert basic.throttle is None and basic.clock_sm is None and basic.utilisation == 98
    assert nvidia.reasons_of("0x0000000000000001") == (), "idle clocks are no throttling"
    assert nvidia.reasons_of("[N/A]") is None
    assert nvidia.not_known(b'Field "clocks_throttle_reasons.active" is not a valid field to query.\n')
    assert reads_only(nvidia.query_argv(5, details=True)) and reads_only(nvidia.processes_argv())


def test_processes_by_card() -> None:
    found = nvidia.parse_processes(b"GPU-1, 4242, /usr/bin/ollama, 2048\nGPU-1, 7, python, [N/A]\n")
    assert [(p.pid, p.name, p.memory) for p in found["GPU-1"]] == [(4242, "ollama", 2048 << 20), (7, "python", None)]
    assert nvidia.parse_processes(b"") == {}
    with pytest.raises(ParseError):
        nvidia.parse_processes(b"NVIDIA-SMI has failed\n")


# --- advice


def card(**changes: object) -> GpuRow:
    reading = GpuReading(0, SafeText("GPU-1"), SafeText("RTX"), 95.0, 2 << 30, 8 << 30, 70.0, 300.0, 450.0)
    row = GpuRow(
        SafeText("gpu-1:0"),
        SafeText("gpu-1"),
        Verdict(Level.GOOD, SafeText("works")),
        replace(reading, **{"throttle": (), **changes}),  # type: ignore[arg-type]
        details.NOW - 1,
        15.0,
        "nvidia-smi",
        miner=SafeText("miner·3f9a"),
    )
    return row


def seen(*rows: GpuRow, **changes: object) -> Snapshot:
    base = replace(details.sound_network(), gpus=rows, jobs=(), ollamas={}, receipts=(), totals=Totals(queue=0))
    return replace(base, **changes)  # type: ignore[arg-type]


def kinds(snapshot: Snapshot, price: float | None = None) -> list[Kind]:
    return [one.kind for one in advice(snapshot, price)]


def test_nothing_is_advised_where_all_is_well() -> None:
    assert kinds(seen(card())) == []


def test_idle_only_while_jobs_wait() -> None:
    idle = card(utilisation=1.0)
    assert kinds(seen(idle)) == [] and kinds(seen(idle, totals=Totals(queue=3))) == [Kind.IDLE]
    assert kinds(seen(replace(idle, miner=None), totals=Totals(queue=3))) == [], "no miner serves it"


def test_power_and_heat_by_what_the_driver_says() -> None:
    capped = card(throttle=(SafeText("power cap"),), power_max=450.0, power_limit=300.0, power=299.0)
    (one,) = advice(seen(capped))
    assert (
        one.kind is Kind.POWER and "299 of 300 W; the card allows 450 W" in one.evidence and "power-limit 0" in one.do
    )
    assert kinds(seen(card(throttle=(SafeText("power cap"),), utilisation=10.0))) == [], "only under load"
    assert kinds(seen(card(throttle=None, power=449.0))) == [Kind.POWER], "an old driver: by the figures"
    assert kinds(seen(card(power=449.0))) == [], "the driver says that nothing slows it"
    assert kinds(seen(card(throttle=(SafeText("hardware thermal"),)))) == [Kind.HEAT]
    assert kinds(seen(card(throttle=None, temperature=88.0))) == [Kind.HEAT]


def test_stale_and_lost_cards_are_not_advised_on() -> None:
    hot = card(throttle=(SafeText("hardware thermal"),))
    assert kinds(seen(replace(hot, observed_at=details.NOW - 60))) == []
    assert kinds(seen(card(throttle=(SafeText("hardware thermal"),), lost=True))) == []


def _ollama(*models: tuple[str, int]) -> dict[str, Observed[OllamaReading]]:
    reading = OllamaReading(tuple(OllamaModel(SafeText(n), s, SafeText(""), SafeText("")) for n, s in models))
    return {"gpu-1": Observed("x", 95.0).got(reading, details.NOW)}


def test_models_that_push_each_other_out() -> None:
    base = details.trust_network().receipts[0]
    miner = Identity(Role.MINER, SafeText("miner·3f9a"), "x")
    listed = []
    for number in range(10):
        made = receipt()
        facts = replace(made.facts, provider=miner, model_used=SafeText("ab"[number % 2]))
        listed.append(replace(base, receipt=replace(made, facts=facts)))
    rows = tuple(listed)
    big, small = _ollama(("a", 6 << 30), ("b", 5 << 30)), _ollama(("a", 1 << 30), ("b", 1 << 30))
    (one,) = advice(seen(card(), receipts=rows, ollamas=big))
    assert one.kind is Kind.THRASHING and "9 changes of model in 10 jobs" in one.evidence
    assert kinds(seen(card(), receipts=rows, ollamas=small)) == [], "both fit"
    assert kinds(seen(card(), receipts=rows[:4], ollamas=big)) == []


def test_a_model_that_no_host_has() -> None:
    queued = next(row for row in details.sound_network().jobs if row.job.state == "QUEUED")
    wants = replace(queued, model_asked=SafeText("huge:405b"))
    (one,) = advice(seen(jobs=(wants, wants), ollamas=_ollama(("a", 1))))
    assert one.kind is Kind.MISSING and one.evidence.startswith("2 of our jobs") and "ollama pull huge:405b" in one.do
    unheard = {**_ollama(("a", 1)), "gpu-2": Observed("x", 95.0)}
    assert kinds(seen(jobs=(wants,), ollamas=unheard)) == [], "a host that was not heard may have it"


def test_the_price_of_the_configuration_counts_and_cards_that_earn_together_are_set_against_that() -> None:
    row = replace(card(), earned_per_hour=0.1, kwh_price=2.0)
    assert kinds(seen(row)) == [Kind.LOSS] and power_costs(seen(row), 0.1)[0].cost_per_hour == pytest.approx(0.03)
    pair = [replace(row, name=SafeText(f"gpu-1:{n}"), earned_per_hour=None, host_earned_per_hour=1.3) for n in (0, 1)]
    (cost,) = power_costs(seen(*pair))
    assert cost.gpu == "gpu-1 (2 cards)" and (cost.watts, cost.cost_per_hour) == (600.0, pytest.approx(1.2))
    assert kinds(seen(*pair)) == []


def test_the_advised_limit_is_the_configured_one() -> None:
    row = card(throttle=(SafeText("power cap"),), power=299.0, power_limit=300.0, power_max=450.0)
    (advised,) = advice(seen(replace(row, bounds=(200.0, 350.0))))
    assert "power_limit_w allows 350 W" in advised.evidence
    (advised,) = advice(seen(replace(row, bounds=(200.0, 300.0))))
    assert advised.do == "it runs at its own limit"


def test_earnings_against_power_cost() -> None:
    row = replace(card(), earned_per_hour=0.1)
    (cost,) = power_costs(seen(row), 2.0)
    assert cost.cost_per_hour == pytest.approx(0.6) and kinds(seen(row), 2.0) == [Kind.LOSS]
    assert kinds(seen(row), 0.1) == [] and kinds(seen(row)) == [], "without a price nothing is said"
    assert kinds(seen(replace(row, earned_per_hour=None)), 2.0) == []


# --- NVML, against a library of our own making

STUB = r"""
#include <string.h>
typedef struct { unsigned gpu, memory; } util_t;
typedef struct { unsigned long long total, free, used; } mem_t;
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } proc_t;
static int cards[2] = {0, 1};
int nvmlInit_v2(void) { return 0; }
int nvmlInitWithFlags(unsigned f) { return 0; }
const char *nvmlErrorString(int r) { return r == 15 ? "GPU is lost" : "Unknown Error"; }
int nvmlSystemGetDriverVersion(char *v, unsigned n) { strncpy(v, "555.1", n); return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **d) { if (i == 1) return 15; *d = &cards[i]; return 0; }
int nvmlDeviceGetMemoryInfo(void *d, mem_t *m) {
    m->total = 25769803776ULL; m->free = 0; m->used = 1073741824ULL; return 0;
}
int nvmlDeviceGetUtilizationRates(void *d, util_t *u) { u->gpu = 77; u->memory = 5; return 0; }
int nvmlDeviceGetPowerUsage(void *d, unsigned *p) { *p = 123456; return 0; }
int nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *p) { *p = 300000; return 0; }
int nvmlDeviceGetPowerManagementLimitConstraints(void *d, unsigned *a, unsigned *b) {
    *a = 100000; *b = 450000; return 0;
}
int nvmlDeviceGetUUID(void *d, char *v, unsigned n) { strncpy(v, "GPU-stub", n); return 0; }
int nvmlDeviceGetName(void *d, char *v, unsigned n) { strncpy(v, "Stub\x1b[2J 4090", n); return 0; }
int nvmlDeviceGetTemperature(void *d, int s, unsigned *t) { *t = 61; return 0; }
int nvmlDeviceGetClockInfo(void *d, int k, unsigned *c) { *c = k == 1 ? 2520 : 10251; return 0; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *r) { *r = 0x44; return 0; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *n, proc_t *p) {
    if (*n < 1 || !p) { *n = 1; return 7; }
    *n = 1; p[0].pid = 1; p[0].used = 536870912ULL; p[0].gi = p[0].ci = 0xffffffff; return 0;
}
"""


@pytest.fixture
def nvml(tmp_path: Path) -> Path:
    """A folder with a libnvidia-ml.so.1 that has one sound card and one that fell off the bus."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: the NVML stub cannot be built")
    source = tmp_path / "stub.c"
    source.write_text(STUB)
    library = tmp_path / "libnvidia-ml.so.1"
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", library, source], check=True, timeout=60)
    return tmp_path


def test_nvml_by_a_stub_library(nvml: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aitbc_tui.collect.nvml_child", "--once"],
        env={"LD_LIBRARY_PATH": str(nvml), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    sound, lost = parse_line(done.stdout, "here")
    assert (sound.utilisation, sound.memory_used, sound.temperature) == (77, 1 << 30, 61)
    assert (sound.power, sound.power_limit, sound.power_min, sound.power_max) == (123.456, 300, 100, 450)
    assert (sound.clock_sm, sound.clock_memory, sound.driver) == (2520, 10251, "555.1")
    assert sound.throttle == ("power cap", "hardware thermal") and "\x1b" not in sound.name
    assert sound.processes is not None and [(p.pid, p.memory) for p in sound.processes] == [(1, 512 << 20)]
    assert lost.lost and lost.index == 1 and lost.utilisation is None


# --- the power limit


@asynccontextmanager
async def on(child: Child, ledger: Path) -> AsyncIterator[tuple[Collector, Field]]:
    loaded = load(Flags(config=str(child.config_path)), {})
    async with Collector(Setup(loaded.environment, loaded.trust.store(), ledger)) as collector:
        yield collector, Field(loaded.environment, Connected(collector), time.monotonic() + 40)  # type: ignore[arg-type]


async def yes(plan: PowerPlan) -> bool:
    return True


async def no(plan: PowerPlan) -> bool:
    return False


async def test_kept_only_by_a_yes(devnet_child: Child, tmp_path: Path) -> None:
    async with on(devnet_child, tmp_path / "l") as (_, field):
        chosen = await power.plan(field, "gpu-1", 0, 320)
        assert (chosen.before, chosen.least, chosen.most) == (450, 100, 450)
        refused = await power.change(field, chosen, no, 20)
        assert not refused.kept and refused.now == 450
        kept = await power.change(field, chosen, yes, 4)
        assert kept.kept and kept.now == 320
        await until(lambda: not RealSshd.commands("aitbc-tui 4 /tmp/aitbc-tui-power."), 20)
        assert (await power.read_card(field, "gpu-1", 0)).power_limit == 320, "the timer has run out, and left it alone"
        assert (await power.change(field, await power.plan(field, "gpu-1", 0, 450), yes, 20)).now == 450


async def test_a_card_that_tells_no_limit_any_more_is_put_back_and_not_called_kept(
    devnet_child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return None

    async def yes_and_then_silence(plan: PowerPlan) -> bool:
        monkeypatch.setattr(power, "_now", nothing)
        return True

    async with on(devnet_child, tmp_path / "l") as (_, field):
        chosen = await power.plan(field, "gpu-1", 0, 320)
        with pytest.raises(CommandError, match="does not tell its limit"):
            await power.change(field, chosen, yes_and_then_silence, 5)
        monkeypatch.undo()
        await power._settled(field, chosen, 450)


async def test_the_configuration_narrows_what_may_be_set(devnet_child: Child, tmp_path: Path) -> None:
    async with on(devnet_child, tmp_path / "l") as (_, field):
        hosts = dict(field.environment.hosts)
        field.environment = replace(
            field.environment, hosts={**hosts, "gpu-1": replace(hosts["gpu-1"], power_limit_w=(250.0, 900.0))}
        )
        chosen = await power.plan(field, "gpu-1", 0, 300)
        assert (chosen.least, chosen.most) == (250, 450) and "power_limit_w of gpu-1" in chosen.bounds
        with pytest.raises(ConfigError, match="250 to 450 W by power_limit_w"):
            await power.plan(field, "gpu-1", 0, 249)
    with pytest.raises(ConfigError, match="no limit can be set"):
        power.bounds_of(100, 450, (500, 600), "gpu-1")
    assert power.bounds_of(100, 450, None, "gpu-1") == (100, 450, "the card")


async def test_a_screens_change_is_guarded_audited_and_kept_only_by_an_answer(
    devnet_child: Child, tmp_path: Path
) -> None:
    async with on(devnet_child, tmp_path / "ledger.sqlite3") as (collector, _):
        await collector.hosts["gpu-1"].ensure(10)
        chosen = await power_plan(collector, "gpu-1", 0, 330)
        told: list[PowerChange] = []
        silent = await collector.power.change(chosen, told.append, 5)
        assert [one.phase for one in told] == [PowerPhase.SETTING, PowerPhase.HELD, PowerPhase.BACK]
        assert silent.now_w == 450, "silence is a no"

        def keep(change: PowerChange) -> None:
            if change.phase is PowerPhase.HELD:
                collector.power.answer(True)

        kept = await collector.power.change(chosen, keep, 6)
        assert kept.phase is PowerPhase.KEPT and kept.now_w == 330
        with pytest.raises(ConfigError):
            await power_plan(collector, "gpu-1", 0, 5)
        armed, collector.arming = collector.arming, Arming(Access.SUBMIT, False, collector.clock)
        with pytest.raises(GuardError, match="needs access operate"):
            await collector.power.change(chosen, told.append, 5)
        collector.arming = armed
        back = await power_plan(collector, "gpu-1", 0, 450)
        assert (await collector.power.change(back, keep, 6)).now_w == 450
        said = " | ".join(str(row.detail) for row in collector.ledger.audit(20) if row.what == "gpus power-limit")
    assert "put back" in said and "kept" in said and "refused" in said and "to 330 W" in said


async def test_what_computes_and_how_long_a_token_takes(devnet_child: Child, tmp_path: Path) -> None:
    async with on(devnet_child, tmp_path / "ledger.sqlite3") as (collector, _):
        await collector.hosts["gpu-1"].ensure(10)
        assert isinstance(await processes(collector, "gpu-1"), dict)
        assert "mistral:latest: " in await probe(collector, "gpu-1", "mistral:latest")
        collector.arming = Arming(Access.OBSERVE, False, collector.clock)
        with pytest.raises(GuardError):
            await probe(collector, "gpu-1", "mistral:latest")
        with pytest.raises(ConfigError, match="no Ollama"):
            await probe(collector, "genesis", "mistral:latest")


# --- what a card earns: only where nothing else on its host can have earned it


def _world(cards: int, miners: int = 1, strangers: int = 0) -> World:
    """One GPU host with so many cards, so many configured miners, and a receipt of each miner that is listed."""
    frames = tuple(MinerFrame(SafeText(f"m{n}"), "gpu-1", "") for n in range(miners))
    topology = replace(frame(), hosts=(HostFrame(SafeText("gpu-1"), SafeText("ssh"), gpu=True),), miners=frames)
    world = begin(topology)
    read = tuple(replace(card().reading, index=n, uuid=SafeText(f"GPU-{n}")) for n in range(cards))
    made = utc(1000.0)
    masked = [MASK(Role.MINER, f"key-{n}") for n in range(miners + strangers)]
    listed = tuple(Miner(one, SafeText("ONLINE"), 0, 1, None, made, None, None, None, None) for one in masked)
    items = []
    for n in range(len(masked)):
        plain = signing.plain(receipt_id=f"{n:032x}", job_id=f"{n:032x}", provider=f"key-{n}", price=0.5)
        items.append(ReceiptItem(verify(signing.signed(plain), signing.trust(), mask=MASK), made))
    for source, payload in (
        (Source(Figure.GPUS, "gpu-1"), read),
        (Source(Figure.MINERS, "coordinator"), MinerList(listed, made)),
        (Source(Figure.RECEIPTS, "coordinator"), ReceiptPage(tuple(items), 0, made)),
    ):
        world = reduce(world, Answered(source, payload, 1000.0, made.timestamp(), 1.0))
    return world


def _earned(world: World) -> list[tuple[float | None, float | None]]:
    return [(row.earned_per_hour, row.host_earned_per_hour) for row in gpu_rows(world, 0, 1001.0)]


def test_a_lone_card_earned_what_its_hosts_miners_earned() -> None:
    assert _earned(_world(1)) == [(0.5, 0.5)] and _earned(_world(1, 2)) == [(1.0, 1.0)]


def test_of_several_cards_only_what_they_earned_together_is_known() -> None:
    assert _earned(_world(2, 2)) == [(None, 1.0), (None, 1.0)]


def test_a_miner_that_is_not_configured_may_be_anywhere() -> None:
    assert _earned(_world(1, 1, 1)) == [(None, None)]
    assert _earned(_world(1, 0, 1)) == [(None, None)]


async def test_a_lost_link_rolls_back_too(devnet_child: Child, tmp_path: Path) -> None:
    """The timer is the host's: nobody needs to come back for it."""

    async with on(devnet_child, tmp_path / "l") as (collector, field):

        async def gone(plan: PowerPlan) -> bool:
            assert (await power.read_card(field, "gpu-1", 1)).power_limit == 200
            await collector.hosts["gpu-1"].close()
            raise ConnectionResetError

        with pytest.raises((ConnectionResetError, AitbcError)):
            await power.change(field, await power.plan(field, "gpu-1", 1, 200), gone, 5)
    async with on(devnet_child, tmp_path / "l") as (_, field):
        ends = time.monotonic() + 30
        while (limit := (await power.read_card(field, "gpu-1", 1)).power_limit) != 450:
            assert time.monotonic() < ends, f"still {limit} W"
            await asyncio.sleep(0.2)


async def test_what_the_card_does_not_allow_arms_nothing(devnet_child: Child, tmp_path: Path) -> None:
    calls = standins_dir(devnet_child.config_path.parent, "gpu-1").parent / "calls.log"
    async with on(devnet_child, tmp_path / "l") as (_, field):
        before = calls.read_text().count(" -pl ")
        for watts in (99.0, 451.0):
            with pytest.raises(ConfigError, match="100 to 450 W"):
                await power.plan(field, "gpu-1", 0, watts)
        with pytest.raises(ConfigError, match="has no card 7"):
            await power.plan(field, "gpu-1", 7, 300)
    assert calls.read_text().count(" -pl ") == before


def test_the_script_writes_only_where_it_says() -> None:
    assert not reads_only(("sh", "-c", ROLLBACK, "aitbc-tui", "30", "450", "0", "none"))
    assert not reads_only(("sudo", "-n", "nvidia-smi", "-i", "0", "-pl", "300"))
    assert not reads_only(("touch", "/tmp/aitbc-tui-power.abcdefgh/keep"))
    assert not reads_only(("touch", "/etc/passwd")) and not reads_only(("sh", "-c", "id"))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("0", "300", "--host", "gpu-1"), 6, "not confirmed"),
        (("0", "300", "--host", "nope"), 2, "no host"),
        (("0", "30", "--host", "gpu-1", "--force"), 2, "outside the bounds"),
        (("x", "300", "--host", "gpu-1", "--force"), 2, "no index"),
        (("0", "much", "--host", "gpu-1", "--force"), 2, "no power limit"),
    ],
)
def test_refusals(run: Run, devnet_child: Child, words: tuple[str, ...], code: int, says: str) -> None:
    done = run("--config", devnet_child.config_path, "gpus", "power-limit", *words)
    assert done.code == code and says in done.last


def test_the_commands(run: Run, devnet_child: Child) -> None:
    config = ("--config", devnet_child.config_path)
    assert run(*config, "--read-only", "gpus", "power-limit", "0", "300", "--host", "gpu-1", "--force").code == 6
    done = run(*config, "gpus", "power-limit", "gpu-1:0", "300", "--host", "gpu-1", "--dry-run", "--json")
    assert done.code == 0 and json.loads(done.out)["kept"] is None
    done = run(*config, "gpus", "--json", "--processes", "--probe", "llama3.2:latest", "--kwh-price", "0.5")
    document = json.loads(done.out)
    (cost,) = document["power_costs"]  # two cards of one host, that earn together
    assert done.code == 0 and cost["gpu"] == "gpu-1 (2 cards)"
    assert all(gpu["clock_sm_mhz"] and gpu["processes"] is not None for gpu in document["gpus"])
    (ollama,) = document["ollamas"]
    assert ollama["version"] and {m["quantization"] for m in ollama["models"]} == {"Q4_K_M"}
    assert all(one["vram"] and one["expires_at"] for one in ollama["loaded"])
    (probe,) = document["probes"]
    assert probe["error"] is None and probe["total_s"] > 0
    done = run(*config, "gpus", "--probe", "nosuch")
    assert done.code == 1 and "gpu-1: a trivial generate on nosuch" in done.last and "try: aitbc-tui gpus" in done.last
    assert run(*config, "--read-only", "gpus", "--probe", "llama3.2:latest").code == 6
