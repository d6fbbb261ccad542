"""For any sequence of answers, failures, pauses and clock jumps: no old figure is fresh, and no alarm is made up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aitbc_tui.domain.errors import ConnectError, HostKeyError, HostKeyProblem
from aitbc_tui.domain.node import (
    Block,
    DiskReading,
    Head,
    HostFigures,
    MempoolReading,
    NodeHealth,
    NodeSettings,
    Peers,
    Transaction,
    Unit,
)
from aitbc_tui.domain.observed import Freshness, Observed, Trouble, TroubleKind
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import CoordinatorHealth, JobList, MinerList, PaymentState
from aitbc_tui.state.block_questions import questions
from aitbc_tui.state.chain import after_comparison
from aitbc_tui.state.events import Answered, Event, Failed, Kind, LinkChanged, Source
from aitbc_tui.state.facts import OwnerView, ReceiptPage, World, begin
from aitbc_tui.state.picture import picture
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.rulebook import RULES
from tests.state.story import Story, frame

NODES = ("genesis", "follower", "follower-2")
TOPOLOGY = frame(NODES)
SAYS = Story(TOPOLOGY)  # makes jobs and miners
Step = tuple[float, float, Callable[[float, float], Event]]


def text(value: str) -> SafeText:
    return SafeText(value)


def when(utc: float) -> datetime:
    return datetime.fromtimestamp(max(0.0, min(utc, 4e9)), UTC)


def answered(kind: Kind, subject: str, payload: object) -> Callable[[float, float], Event]:
    return lambda now, utc: Answered(Source(kind, subject), payload, now, utc, 5.0)


def failed(kind: Kind, subject: str, trouble: TroubleKind, status: int | None) -> Callable[[float, float], Event]:
    return lambda now, utc: Failed(
        Source(kind, subject), Trouble(trouble, text("why"), status=status, since=now), now, utc
    )


nodes = st.sampled_from(NODES)
heights = st.integers(0, 60)
hashes = st.sampled_from([text(f"0x{c * 64}") for c in "abc"])
hexes = st.sampled_from([text(f"0x{n:064x}") for n in range(6)])
ages = st.one_of(st.none(), st.floats(-1e4, 1e6))
epochs = st.floats(1.79e9, 1.80e9)


@st.composite
def heads(draw: st.DrawFn) -> Callable[[float, float], Event]:
    moment = when(draw(epochs))
    head = Head(draw(heights), draw(hashes), moment, draw(st.one_of(st.none(), st.integers(0, 3))), draw(ages))
    return answered(draw(st.sampled_from([Kind.HEAD, Kind.BARE])), draw(nodes), head)


@st.composite
def blocks(draw: st.DrawFn) -> Callable[[float, float], Event]:
    txs = tuple(Transaction(h, text("a"), text("b"), 1, 2, 0) for h in draw(st.lists(hexes, max_size=3, unique=True)))
    proposer = draw(st.sampled_from([text(""), text("ait1q"), text("follower-id")]))
    block = Block(draw(heights), draw(hashes), draw(hashes), proposer, when(draw(epochs)), len(txs), txs)
    return answered(Kind.BLOCK, draw(nodes), block)


@st.composite
def pools(draw: st.DrawFn) -> Callable[[float, float], Event]:
    txs = tuple(Transaction(h, text("a"), text("b"), 1, 2, 0) for h in draw(st.lists(hexes, max_size=5, unique=True)))
    return answered(Kind.MEMPOOL, draw(nodes), MempoolReading(len(txs), draw(st.booleans()), txs))


@st.composite
def hosts(draw: st.DrawFn) -> Callable[[float, float], Event]:
    name = draw(nodes)
    active = draw(st.sampled_from(["active", "failed", "activating"]))
    sub = "auto-restart" if active == "activating" else "running"
    restarts = draw(st.one_of(st.none(), st.integers(0, 9)))
    unit = Unit(
        text("aitbc-blockchain-node.service"), text("loaded"), text(active), text(sub), text(""), restarts, 1,
        draw(st.one_of(st.none(), st.floats(0, 1e6))),
    )  # fmt: skip
    payloads: list[tuple[Kind, object]] = [
        (Kind.UNITS, (unit,)),
        (Kind.FIGURES, HostFigures(1.0, draw(epochs), 0.1, 2, None, 100, 50)),
        (Kind.DISK, DiskReading(draw(st.integers(0, 100)), draw(st.integers(0, 100)), text("/"))),
        (Kind.PEERS, Peers(tuple(draw(st.lists(hexes, max_size=2))), draw(st.sampled_from([True, False, None])))),
        (Kind.HEALTH, NodeHealth(text("ok"), (text("c"),), text(draw(st.sampled_from(["ait1q", "follower-id"]))))),
        (Kind.SETTINGS, NodeSettings({"chain_id": draw(st.sampled_from(["c", "d"]))})),
    ]
    kind, payload = draw(st.sampled_from(payloads))
    return answered(kind, name, payload)


@st.composite
def work(draw: st.DrawFn) -> Callable[[float, float], Event]:
    server = when(draw(epochs))
    states = st.sampled_from(["QUEUED", "RUNNING", "COMPLETED", "CANCELED", "EXPIRED", "ODD"])
    jobs = tuple(
        SAYS.job(f"{n:08x}", draw(states), draw(st.floats(-100, 1e5)), draw(st.sampled_from([None, "m1", "m2"])))
        for n in draw(st.lists(st.integers(0, 4), max_size=4, unique=True))
    )
    miners = tuple(
        SAYS.miner(n, draw(st.floats(-50, 1e4)), draw(st.integers(0, 1)))
        for n in draw(st.lists(st.sampled_from(["m1", "m2"]), max_size=2, unique=True))
    )
    choices: list[tuple[Kind, str, object]] = [
        (Kind.JOBS, "coordinator", JobList(jobs, False, server)),
        (Kind.MINERS, "coordinator", MinerList(miners, server)),
        (Kind.RECEIPTS, "coordinator", ReceiptPage((), draw(st.integers(0, 2)), server)),
        (Kind.COORDINATOR, "coordinator", CoordinatorHealth(text("ok"), text("dev"))),
    ]
    for job in jobs[:1]:
        choices.append((Kind.JOB, str(job.job_id), OwnerView(job, server)))
        paid = PaymentState(draw(st.sampled_from([text("escrowed"), text("released")])), 1.0, text("AITBC"), None)
        choices.append((Kind.PAYMENT, str(job.job_id), paid))
    return answered(*draw(st.sampled_from(choices)))


@st.composite
def failures(draw: st.DrawFn) -> Callable[[float, float], Event]:
    kind = draw(st.sampled_from(list(Kind)))
    status = draw(st.sampled_from([None, 401, 404, 429, 500]))
    return failed(kind, draw(st.sampled_from([*NODES, "coordinator", "ab" * 16])), draw(st.sampled_from(list(TroubleKind))), status)  # noqa: E501  # fmt: skip


@st.composite
def links(draw: st.DrawFn) -> Callable[[float, float], Event]:
    host, state, lost = draw(nodes), draw(st.sampled_from(["up", "connecting", "waiting"])), draw(st.integers(0, 9))
    error = draw(
        st.sampled_from(
            [None, ConnectError("lost"), ConnectError("late", timed_out=True),
             HostKeyError("other key", problem=HostKeyProblem.CHANGED)]
        )
    )  # fmt: skip

    def event(now: float, utc: float) -> Event:
        return LinkChanged(host, state, 3, now, error, now + 5, lost, lost, 4.0, 1, 1, None, text("x"), now, utc)

    return event


# how long nothing came before this (a pause may be hours), and how far the wall clock jumped meanwhile
steps = st.tuples(
    st.one_of(st.floats(0, 5), st.floats(0, 40), st.floats(0, 1e5)),
    st.one_of(st.just(0.0), st.floats(-1e5, 1e5)),
    st.one_of(heads(), blocks(), pools(), hosts(), work(), failures(), links()),
)
histories = st.lists(steps, max_size=40)
many = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def live(
    history: list[Step], looks: bool = True, before: Story | None = None
) -> tuple[World, list[Snapshot], float, float]:
    """The world after a history, with a picture after each step. `before`: what was told until then."""
    world, now, utc = (begin(TOPOLOGY), 1000.0, 1.795e9) if before is None else (before.world, before.now, before.utc)
    seen: list[Snapshot] = []
    for pause, jump, make in history:
        now, utc = now + pause, max(0.0, min(utc + pause + jump, 4e9))
        event = make(now, utc)
        world = reduce(world, event)
        if isinstance(event, Answered) and event.source.kind in (Kind.HEAD, Kind.BLOCK):
            world = after_comparison(world, now, utc)
        assert len(questions(world, now)) < 100
        if looks:
            world, snapshot = picture(world, now, utc)
            seen.append(snapshot)
    return world, seen, now, utc


def figures(snapshot: Snapshot) -> list[Observed[object]]:
    return [f for row in snapshot.nodes for f in (row.head, row.health, row.mempool, row.units, row.figures, row.peers)]  # type: ignore[misc]  # fmt: skip


@many
@given(histories)
def test_nothing_older_than_its_limit_is_fresh_and_nothing_is_wiped(history: list[Step]) -> None:
    known: dict[tuple[str, str], bool] = {}
    for snapshot in live(history)[1]:
        for figure in figures(snapshot):
            fresh = figure.freshness(snapshot.now) is Freshness.FRESH
            assert not fresh or (figure.at is not None and snapshot.now - figure.at <= figure.limit_s)
            assert fresh or figure.fresh(snapshot.now) is None
        for row in snapshot.nodes:
            had = known.get((row.name, "head"), False)
            assert not had or row.head.value is not None, "the last figure is kept, whatever happens"
            known[(row.name, "head")] = row.head.value is not None
            if row.verdict.level is Level.GOOD:
                assert row.head.freshness(snapshot.now) is Freshness.FRESH


def sound() -> Story:
    story = Story(TOPOLOGY)
    story.go_on(20)
    return story


SOUND = sound()


@many
@given(histories)
@example([(1.0, 0.0, answered(Kind.COORDINATOR, "coordinator", CoordinatorHealth(text("ok"), text("dev"))))])
def test_sound_is_never_said_of_what_is_not_heard(history: list[Step]) -> None:
    """Of a network that is sound until then: one out of nothing would never become it."""
    assert SOUND.picture().headline.word == "sound"
    for snapshot in live(history, before=SOUND)[1]:
        if snapshot.headline.word == "sound":
            assert all(
                row.head.freshness(snapshot.now) in (Freshness.FRESH, Freshness.ABSENT) for row in snapshot.nodes
            )
            assert not [alarm for alarm in snapshot.alarms if alarm.open]


@many
@given(histories)
def test_alarms_are_a_function_of_the_history(history: list[Step]) -> None:
    """The same history told twice leads to the same alarms; and none of them outlives its sign, but findings."""
    one, two = live(history), live(history)
    assert [s.alarms for s in one[1]] == [s.alarms for s in two[1]]
    assert [s.events for s in one[1]] == [s.events for s in two[1]]
    world, _, now, utc = one
    gone = world
    for later in (1.0, 400.0, 800.0):  # nothing is heard any more: no condition about a figure can stay
        gone, snapshot = picture(gone, now + 1e5 + later, utc + 1e5 + later)
    stuck = [a for a in snapshot.alarms if a.open and a.kind.value == "condition" and a.rule not in OUTLIVE]
    assert stuck == []
    assert {alarm.rule for alarm in snapshot.alarms} <= set(RULES)


# what the newest attempt said stays what is known until the next one
OUTLIVE = {
    "ssh-drop", "ssh-freeze", "reconnect-storm", "rpc-down", "rpc-hang", "rpc-500", "rate-limit", "wrong-service",
    "refused", "coordinator-500", "coordinator-down", "coordinator-slow", "db-down", "late-join", "no-blocks",
    "other-chain", "follower-down", "producer-down", "login", "host-key", "escrow-stuck", "paid-unsettled",
    "garbage-json", "ollama-down",
}  # fmt: skip


@many
@given(histories)
def test_a_wall_clock_that_jumps_changes_no_age_and_no_condition_of_movement(history: list[Step]) -> None:
    calm = [(pause, 0.0, make) for pause, _, make in history]
    for jumped, still in zip(live(history)[1], live(calm)[1], strict=True):
        for one, other in zip(figures(jumped), figures(still), strict=True):
            assert one.age(jumped.now) == other.age(still.now)
        movement = {"wedge", "stall", "lag", "hollow", "redis-down"}
        assert [a.rule for a in jumped.alarms if a.open and a.rule in movement] == [
            a.rule for a in still.alarms if a.open and a.rule in movement
        ]
