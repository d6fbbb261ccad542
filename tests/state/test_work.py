"""Verdicts on miners, jobs, mempools and alarms over time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aitbc_tui.domain.alarm import Alarm
from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.identity import Role
from aitbc_tui.domain.observed import TroubleKind
from aitbc_tui.domain.receipt import ReceiptFacts, ReceiptVerdict, VerifiedReceipt
from aitbc_tui.domain.snapshot import Pane, Step, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import GpuReading, Job, JobOrder, MinerList
from aitbc_tui.state.alarms import gist
from aitbc_tui.state.events import Kind, OwnJobKnown, Submitted, Watching
from aitbc_tui.state.facts import JobResult, OwnerView, ReceiptItem, ReceiptPage
from aitbc_tui.state.pool import PoolMemory
from aitbc_tui.state.reduce import reduce
from aitbc_tui.state.rulebook import RULES
from aitbc_tui.state.topology import HostFrame, MinerFrame
from tests.state.story import Story, frame, identity, utc

GPU_HOSTS = tuple(HostFrame(SafeText(n), SafeText("ssh"), gpu=True) for n in ("genesis", "follower"))
CARD = GpuReading(0, SafeText("GPU-1"), SafeText("RTX"), 95.0, 2 << 30, 8 << 30, 70.0, 300.0, 450.0)


def receipt(
    job_id: str, verdict: ReceiptVerdict = ReceiptVerdict.VALID, key: str = "k", **facts: object
) -> VerifiedReceipt:
    said = ReceiptFacts(
        receipt_id=SafeText(f"r{job_id[:8]}"), job_id=SafeText(job_id), price=0.25, price_text=SafeText("0.25"), **facts
    )
    return VerifiedReceipt(said, verdict, SafeText("because"), (), (), (), 10, job_id, SafeText(key), (), b"")


@pytest.mark.parametrize(
    ("age", "inflight", "word", "level"),
    [
        (3, 0, "free", Level.GOOD),
        (19, 0, "free", Level.GOOD),
        (25, 0, "SILENT", Level.BAD),
        (50, 0, "SILENT", Level.BAD),
        (60.2, 1, "busy", Level.GOOD),
        (89, 1, "busy", Level.GOOD),
        (91, 1, "SILENT", Level.BAD),
    ],
)
def test_a_miner_lives_by_its_heartbeat(age: float, inflight: int, word: str, level: Level) -> None:
    """The status word says "active" in every case: it is never believed."""
    story = Story()
    story.well()
    story.miners(story.miner("3f9a", beat_age=age, inflight=inflight))
    row = story.picture().miners[0]
    assert (row.verdict.word, row.verdict.level) == (word, level)


def test_a_result_of_nobody_who_was_assigned_is_no_plain_done() -> None:
    """Cancelled while it ran, completed by its late result: the wire says COMPLETED and nothing else of it."""
    story = Story()
    story.well()
    story.jobs(story.job("aaaa", "COMPLETED"), story.job("bbbb", "COMPLETED", miner="3f9a"))
    late, plain = (next(r for r in story.picture().jobs if r.job.job_id == name * 8) for name in ("aaaa", "bbbb"))
    assert late.verdict.level is Level.WARN and "no miner is assigned" in late.verdict.text
    assert plain.verdict.level is Level.GOOD


def test_a_job_that_has_just_ended_leaves_an_old_heartbeat() -> None:
    """A miner at work sends none for up to a minute; free again, it beats within its next turn."""
    story = Story()
    story.well()
    story.miners(story.miner("3f9a", beat_age=38, inflight=1))
    story.wait(5)
    story.miners(story.miner("3f9a", beat_age=43, inflight=0))
    assert story.picture().miners[0].verdict.word == "late"
    story.wait(5)
    story.miners(story.miner("3f9a", beat_age=48, inflight=0))
    assert story.picture().miners[0].verdict.word == "SILENT"


def test_the_beat_goes_on_aging_between_polls() -> None:
    story = Story()
    story.well()
    story.miners(story.miner("3f9a", beat_age=10))
    story.wait(6)
    row = story.picture().miners[0]
    assert row.beat_age_s == pytest.approx(16)


def test_a_clock_that_is_off_does_not_enter_the_age() -> None:
    """The coordinator's clock an hour ahead: both stamps are its own."""
    story = Story()
    story.well()
    ahead = story.utc + 3600
    miner = story.miner("3f9a")
    beat = replace(miner, last_heartbeat=utc(ahead - 4))
    story.tell(Kind.MINERS, "coordinator", MinerList((beat,), utc(ahead)))
    assert story.picture().miners[0].beat_age_s == pytest.approx(4)


def test_a_job_with_a_silent_miner_is_stuck() -> None:
    story = Story()
    story.well()
    story.jobs(story.job("5e1f0a77", "RUNNING", 300, "3f9a"))
    story.miners(story.miner("3f9a", beat_age=300, inflight=1))
    seen = story.picture()
    assert seen.jobs[0].verdict.word == "STUCK"
    alarm = next(a for a in seen.alarms if a.open)
    assert (alarm.rule, alarm.evidence.split("; ")[1]) == ("miner-gone", "5e1f0a77 stuck on it")
    assert len([a for a in seen.alarms if a.open]) == 1, "one cause, one alarm"
    assert seen.panes[Pane.JOBS].verdict.word == "1 STUCK"


def test_completed_and_failed_inside_is_failed() -> None:
    story = Story()
    story.well()
    job = story.job("0be6a85d", "COMPLETED", 100, "3f9a")
    story.jobs(job)
    item = ReceiptItem(receipt(str(job.job_id), result_status=SafeText("failed")), utc(story.utc - 50))
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((item,), 0, utc(story.utc)))
    story.picture()
    story.wait(13)  # long enough for a lost Ollama to be found, which would be the cause
    story.jobs(job)
    seen = story.picture()
    assert seen.jobs[0].verdict.word == "FAILED"
    assert seen.jobs[0].verdict.text == "billed 0.250000 as COMPLETED"
    assert [a.word for a in seen.alarms if a.open] == ["BILLED"]
    jobs = seen.panes[Pane.JOBS]
    assert (jobs.verdict.level, jobs.verdict.word) == (Level.BAD, "1 FAILED")
    assert jobs.counts == "0 queued, 0 running, 0 done and 1 failed inside in 1 h"


def test_a_finding_stays_when_its_sign_is_gone() -> None:
    story = Story()
    story.well()
    bad = ReceiptItem(receipt("ab" * 16, ReceiptVerdict.UNTRUSTED_KEY), utc(story.utc))
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((bad,), 0, utc(story.utc)))
    assert [a.word for a in story.picture().alarms if a.open] == ["TRUST"]
    story.world = replace(story.world, book={})
    story.go_on(60)
    assert [a.word for a in story.picture().alarms if a.open] == ["TRUST"]


def strange(story: Story, *jobs: tuple[str, str]) -> list[Alarm]:
    """The TRUST alarms after these (job, key) came in."""
    items = tuple(
        ReceiptItem(receipt(job * 8, ReceiptVerdict.UNTRUSTED_KEY, key), utc(story.utc - 1)) for job, key in jobs
    )
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage(items, 0, utc(story.utc)))
    return [a for a in story.picture().alarms if a.open and a.word == "TRUST"]


def test_a_key_that_nobody_pinned_is_one_finding_however_many_receipts_it_signed() -> None:
    story = Story()
    story.well()
    ours, other = "0EqyMnQrAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhzc", "9ZqyMnQrAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhzd"
    (one,) = strange(story, ("aaaa", ours))
    assert (one.about, one.evidence) == ("0EqyMnQ…hzc", "aaaaaaaa verifies, but under a key nobody pinned")
    story.wait(60)
    (more,) = strange(story, ("aaaa", ours), ("bbbb", ours))
    assert more.evidence.startswith("2 receipts, key nobody pinned; newest bbbbbbbb, seen ")
    assert (more.about, more.since, more.last_true) == (one.about, one.since, story.utc)
    assert more.check == "aitbc-tui receipts --job " + "bbbb" * 8
    memory = story.world.alarms.acknowledged("receipt-attacker-key", one.about, story.now, story.utc, RULES)
    story.world = replace(story.world, alarms=memory)
    story.wait(60)
    assert strange(story, ("cccc", ours)) == [], "the key was judged: its next receipt is no news"
    story.go_on(8)
    line = story.picture().headline
    assert (line.word, "receipts valid" in line.text) == ("sound", False), "an acknowledged receipt is not valid"
    assert "3 of 3 receipts not valid, as acknowledged" in line.text
    (new,) = strange(story, ("dddd", other))
    assert new.about == "9ZqyMnQ…hzd", "another key is"


def test_the_next_receipt_under_a_strange_key_paints_row_0_no_more() -> None:
    story = Story()
    story.well()
    ours, other = "0EqyMnQrAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhzc", "9ZqyMnQrAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAhzd"
    strange(story, ("aaaa", ours))
    first, begun = story.picture().headline, clock(story.utc)
    assert first.text == "0EqyMnQ…hzc signs receipts, and nobody pinned it"
    story.wait(70)
    (alarm,) = strange(story, ("aaaa", ours), ("bbbb", ours), ("cccc", ours))
    assert alarm.evidence.endswith(f"seen {begun} to {clock(story.utc)}") and begun != clock(story.utc)
    assert story.picture().headline == first and "newest cccccccc" in alarm.evidence, "the news stands in its alarm"
    story.wait(10)
    strange(story, ("dddd", other))
    assert story.picture().headline.text == "2 keys, pinned by nobody, sign receipts"


def test_two_receipts_that_name_one_job_are_a_sign() -> None:
    story = Story()
    story.well()
    first = receipt("aaaa" * 8)
    again = replace(first, facts=replace(first.facts, receipt_id=SafeText("another")), canonical_sha256="other")
    for items in ((first,), (first, again)):
        page = ReceiptPage(tuple(ReceiptItem(one, utc(story.utc)) for one in items), 0, utc(story.utc))
        story.tell(Kind.RECEIPTS, "coordinator", page)
        seen = [alarm for alarm in story.picture().alarms if alarm.open and alarm.rule == "receipt-duplicate"]
        assert {alarm.about for alarm in seen} == ({"aaaaaaaa"} if len(items) > 1 else set())


def test_a_quiet_key_stays_quiet_when_it_signs_another_receipt() -> None:
    assert gist("2 receipts, newest 82d4f913, seen 12:01 to 12:04") == gist(
        "3 receipts, newest abcdefab, seen 1:1 to 1:2"
    )


def test_a_flood_of_bills_is_one_thing_in_the_headline_and_hides_nothing_else() -> None:
    story = Story()
    story.well()
    jobs = [story.job(f"0be6a85{index}", "COMPLETED", 100, "3f9a") for index in range(7)]
    items = tuple(
        ReceiptItem(receipt(str(job.job_id), result_status=SafeText("failed")), utc(story.utc - 50)) for job in jobs
    )
    bad = ReceiptItem(receipt("bad0" * 8, ReceiptVerdict.INVALID), utc(story.utc - 50))
    for _ in range(2):
        story.jobs(*jobs)
        story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((*items, bad), 0, utc(story.utc)))
        story.picture()
        story.wait(13)
    seen = story.picture()
    assert len([a for a in seen.alarms if a.open and a.word == "BILLED"]) == 7, "each is a finding of its own"
    assert seen.headline.word == "TRUST" or "7 jobs, newest 0be6a85" in seen.headline.text
    assert "BILLED 7 jobs" in f"{seen.headline.word} {seen.headline.text}"
    assert "more" not in seen.headline.text and "bad0bad0" in seen.headline.text
    for alarm in seen.alarms:
        if alarm.open and alarm.word == "BILLED":
            memory = story.world.alarms.acknowledged(alarm.rule, str(alarm.about), story.now, story.utc, RULES)
            story.world = replace(story.world, alarms=memory)
    assert [a.word for a in story.picture().alarms if a.open] == ["TRUST"]


def test_fees_that_are_all_the_same_are_no_range() -> None:
    def note(*hashes: str) -> str:
        story = Story()
        story.well()
        story.pool("genesis", hashes)
        return str(story.picture().panes[Pane.MEMPOOL].note)

    assert (note("0xa").split(" ·")[0], note("0xa", "0xb").split(" ·")[0]) == ("fee 10", "fee 10 to 11")


def test_a_queued_job_that_waits_says_why() -> None:
    story = Story()
    story.well()
    story.jobs(story.job("f01d8e5a", "QUEUED", 40))
    assert story.picture().jobs[0].verdict.text == "a miner is free, and does not take it"
    story.miners(story.miner("3f9a", beat_age=4, inflight=1))
    busy = story.picture().jobs[0].verdict
    assert (busy.level, busy.text) == (Level.WAITS, "every miner is busy")
    story.miners(story.miner("3f9a", beat_age=100))
    assert story.picture().jobs[0].verdict.text == "no miner is alive"


def test_a_state_never_seen_before_is_shown_and_not_guessed() -> None:
    story = Story()
    story.well()
    story.jobs(story.job("f01d8e5a", "PAUSED", 40))
    row = story.picture().jobs[0]
    assert (row.verdict.level, row.verdict.word) == (Level.UNKNOWN, "paused")


def test_an_overdue_job_is_called_overdue_although_listed_as_running() -> None:
    story = Story()
    story.well()
    job = story.job("f01d8e5a", "RUNNING", 1000, "3f9a")
    story.jobs(job)
    own = OwnJobKnown(job.job_id, SafeText("m"), story.utc - 1000, story.utc - 100, 5, story.now)
    story.world = reduce(story.world, own)
    assert story.picture().jobs[0].verdict.word == "overdue"


def test_the_trace_names_the_missing_step() -> None:
    story = Story()
    story.well()
    job = story.job("5e1f0a77", "RUNNING", 300, "3f9a")
    story.world = reduce(story.world, Watching(str(job.job_id), story.now))
    story.jobs(job)
    story.miners(story.miner("3f9a", beat_age=300, inflight=1))
    steps = {s.step: s for s in story.picture().jobs[0].steps}
    assert list(steps) == list(Step)
    assert steps[Step.ACQUIRED].verdict.level is Level.GOOD
    assert steps[Step.PROCESSING].verdict.word == "PROCESSING"
    assert steps[Step.PROCESSING].evidence.startswith("MISSING")
    assert steps[Step.RESULT].verdict.level is Level.WAITS
    assert steps[Step.ON_CHAIN].evidence == "this chain does not record receipts"


def test_the_trace_says_what_the_cards_did_meanwhile() -> None:
    story = Story(replace(frame(), miners=(MinerFrame(SafeText("miner·3f9a"), "genesis", ""),), hosts=GPU_HOSTS))
    story.well()
    job = story.job("5e1f0a77", "RUNNING", 3, "3f9a")
    story.world = reduce(story.world, Watching(str(job.job_id), story.now))
    for used in (12.0, 97.0, 40.0):
        story.jobs(job)
        story.tell(Kind.GPUS, "genesis", (replace(CARD, utilisation=used),))
        story.wait(2)
    story.jobs(story.job("5e1f0a77", "COMPLETED", 9, "3f9a"))
    story.tell(Kind.GPUS, "genesis", (replace(CARD, utilisation=99.0),))
    steps = {s.step: s for s in story.picture().jobs[0].steps}
    said = "its host's cards at up to 97 % meanwhile (3 readings)"
    assert steps[Step.PROCESSING].evidence.endswith(said), "and not what they did after it"


def test_the_life_of_our_own_job() -> None:
    story = Story()
    story.well()
    queued = story.job("9c41e7d2", "QUEUED", 0)
    story.world = reduce(story.world, Watching(str(queued.job_id), story.now))
    own = OwnJobKnown(queued.job_id, SafeText("llama"), story.utc, story.utc + 900, 9, story.now)
    story.world = reduce(story.world, own)
    story.tell(Kind.JOB, queued.job_id, OwnerView(queued, utc(story.utc)))
    story.wait(3)
    running = story.job("9c41e7d2", "RUNNING", 3, "3f9a")
    story.tell(Kind.JOB, queued.job_id, OwnerView(running, utc(story.utc)))
    assert story.picture().job(str(queued.job_id)).verdict.word == "running"  # type: ignore[union-attr]
    story.tell(Kind.RECEIPT, queued.job_id, receipt(str(queued.job_id), execution_time=4.5, duration_ms=8000.0))
    early = story.picture().job(str(queued.job_id))
    assert early is not None and early.verdict.text == "over: its receipt came already", "the list is older than that"
    story.wait(5)
    done = story.job("9c41e7d2", "COMPLETED", 8, "3f9a")
    story.tell(Kind.JOB, queued.job_id, OwnerView(done, utc(story.utc)))
    result = JobResult(SafeText("completed"), SafeText("llama"), (SafeText("42"),), None, 7, 4.5)
    story.tell(Kind.RESULT, queued.job_id, result)
    story.tell(Kind.RECEIPT, queued.job_id, receipt(str(queued.job_id), execution_time=4.5, duration_ms=8000.0))
    row = story.picture().job(str(queued.job_id))
    assert row is not None
    assert (row.verdict.word, row.model_used, row.wait_s) == ("done", "llama", 3)
    assert [s.verdict.level for s in row.steps[:-1]] == [Level.GOOD] * 7
    assert row.steps[2].at_text.endswith("-" + row.steps[2].at_text[-2:])


def test_a_followers_mempool_is_not_counted_and_no_alarm() -> None:
    story = Story()
    story.go_on(4)
    story.pool("follower", [f"0x{i}" for i in range(90)])
    story.wait(1)
    seen = story.picture()
    assert seen.totals.pool == 0
    assert seen.mempools[1].verdict.word == "keeps"


def test_a_capped_mempool_is_a_lower_bound() -> None:
    story = Story()
    story.go_on(4)
    story.pool("genesis", [f"0x{i}" for i in range(100)], capped=True)
    seen = story.picture()
    assert (seen.totals.pool, seen.totals.pool_capped) == (100, True)
    assert seen.panes[Pane.MEMPOOL].counts == "100+ pending"


def test_the_mempools_memory() -> None:
    story = Story()
    memory = PoolMemory()

    def look(hashes: str, at: float) -> PoolMemory:
        story.pool("genesis", list(hashes))
        reading = story.world.nodes["genesis"].mempool.value
        assert reading is not None
        return memory.after(reading, at)

    memory = look("ab", 0)
    memory = look("bc", 10)
    assert memory.seen == {"b": 0, "c": 10}
    assert memory.rates(30) == (None, None), "no rate before a minute was watched"
    memory = look("c", 20)
    assert memory.rates(65) == (1.0, 2.0)
    assert memory.oldest() == 10


def test_an_alarm_must_hold_and_then_be_gone_for_a_while() -> None:
    story = Story()
    height = story.go_on(20)
    story.wait(2)
    story.head("genesis", height + 5)
    story.head("follower", height)
    assert not [a for a in story.picture().alarms if a.open], "one look is no lag"
    story.head("follower", height + 5)
    assert not story.picture().alarms


def test_the_hours_money_is_a_lower_bound_until_the_list_reaches_back_an_hour() -> None:
    """The coordinator lists 50 receipts and no more: on a busy network that is minutes."""

    def listed(count: int, apart: float) -> ReceiptPage:
        items = tuple(
            ReceiptItem(receipt(f"{n:08x}{n:024x}", provider=identity(Role.MINER, "3f9a")), utc(story.utc - n * apart))
            for n in range(count)  # newest first
        )
        return ReceiptPage(items, 0, utc(story.utc))

    for count, apart, said in ((50, 5.0, "12.50+ AITBC/h"), (49, 5.0, "12.25 AITBC/h"), (50, 100.0, "9.00 AITBC/h")):
        topology = frame()
        story = Story(replace(topology, hosts=tuple(replace(h, gpu=True) for h in topology.hosts)))
        story.well()
        story.tell(Kind.GPUS, "genesis", (CARD,))
        story.tell(Kind.RECEIPTS, "coordinator", listed(count, apart))
        story.miners(story.miner("3f9a"))
        seen = story.picture()
        assert seen.panes[Pane.GPUS].counts.startswith(said), seen.panes[Pane.GPUS].counts
        hourly = seen.miners[0].jobs_per_hour
        assert hourly == (None if "+" in said else 49 if count == 49 else 36), "what is not all of them is no rate"


def test_a_job_that_no_miner_can_take_says_which_constraint_it_is() -> None:
    story = Story()
    story.well()
    job = story.job("f01d8e5a", "QUEUED", 12)
    story.jobs(job)
    asked = ("gpu=RTX 4090", "region=localhost")
    own = OwnJobKnown(job.job_id, SafeText("m"), story.utc - 12, None, 5, story.now, asked)
    story.world = reduce(story.world, own)
    verdict = story.picture().jobs[0].verdict
    assert (verdict.level, verdict.text) == (Level.WARN, "no miner meets gpu=RTX 4090: waits for ever")


def test_a_result_that_comes_after_the_end_is_told() -> None:
    story = Story()
    story.well()
    story.jobs(story.job("f01d8e5a", "CANCELED", 30))
    story.wait(4)
    story.jobs(story.job("f01d8e5a", "COMPLETED", 34, "3f9a"))
    seen = story.picture()
    assert seen.jobs[0].verdict.text == "its result came after it was CANCELED"
    assert [a.rule for a in seen.alarms if a.open] == ["late-result"]


def test_a_job_under_way_is_not_judged_by_a_list_that_is_old() -> None:
    story = Story()
    story.well()
    story.jobs(story.job("f01d8e5a", "RUNNING", 5, "3f9a"))
    story.miners(story.miner("3f9a", inflight=1))
    story.wait(90)
    seen = story.picture()
    assert (seen.jobs[0].verdict.level, seen.jobs[0].verdict.text) == (Level.STALE, "was RUNNING 1 m ago")
    assert not [a for a in seen.alarms if a.open and a.rule.startswith("job")]


def test_a_miner_that_let_its_job_go_is_told_from_one_that_works_long() -> None:
    story = Story()
    story.well()
    for _ in range(40):
        story.wait(2)
        taken = story.job("f01d8e5a", "RUNNING", 80, "3f9a")
        story.jobs(taken)
        story.miners(story.miner("3f9a", beat_age=85, inflight=1))
    assert story.picture().jobs[0].verdict.word == "running", "no heartbeat since: it may work, or be gone"
    story.miners(story.miner("3f9a", beat_age=3, inflight=1))
    assert story.picture().jobs[0].verdict.word == "STUCK", "a heartbeat since it took the job"


def test_billed_for_waiting_is_said() -> None:
    story = Story()
    story.well()
    job = story.job("0be6a85d", "COMPLETED", 100, "3f9a")
    story.jobs(job)
    item = ReceiptItem(receipt(str(job.job_id), duration_ms=25495.0, execution_time=4.07), utc(story.utc - 50))
    story.tell(Kind.RECEIPTS, "coordinator", ReceiptPage((item,), 0, utc(story.utc)))
    assert story.picture().jobs[0].verdict.text == "billed 25.5 s, ran 4.1 s"


def test_a_submission_without_a_sure_answer_is_never_forgotten() -> None:
    story = Story()
    story.well()
    lost = Submission(7, JobOrder("llama", "p"), SubmissionState.UNKNOWN, story.utc, None, SafeText("timed out"))
    story.world = reduce(story.world, Submitted(lost, story.now, story.utc))
    found = [a for a in story.picture().alarms if a.open]
    assert [a.rule for a in found] == ["submission-unknown"]
    assert "no sure answer: timed out" in found[0].evidence


def test_every_alarm_word_fits_its_column() -> None:
    """A glyph, a blank and seven cells (screens 3): a word that is cut is no word."""
    assert {rule.name: rule.word for rule in RULES.values() if len(rule.word) > 7} == {}


def test_the_moment_of_acquisition_is_claimed_no_finer_than_it_was_seen() -> None:
    story = Story()
    story.well()
    job = story.job("9c41e7d2", "RUNNING", 10, "3f9a")
    story.world = reduce(story.world, Watching(str(job.job_id), story.now))
    story.jobs(job)
    step = next(s for s in story.picture().jobs[0].steps if s.step is Step.ACQUIRED)
    assert step.evidence.startswith("taken by then: first seen RUNNING")


def test_the_producers_flow_counts_what_was_mined_between_two_looks() -> None:
    """A transaction that a block takes within two seconds is seldom seen waiting: the blocks tell, or a `+` does."""
    story = Story()
    for step in range(40):  # 80 s: a block every two seconds with one transaction, the mempool always found empty
        story.wait(2)
        for node in ("genesis", "follower"):
            if node == "follower" or step % 5:  # each fifth head of genesis is missed, the follower's tells
                story.head(node, 100 + step, txs=1)
            story.pool(node, ())
    genesis = story.picture().mempools[0]
    assert (genesis.in_per_min, genesis.out_per_min, genesis.rates_capped) == (31.0, 31.0, False)
    story.wait(2)
    story.head("genesis", 145, txs=1)  # five blocks that nobody counted
    story.pool("genesis", ())
    seen = story.picture()
    assert seen.mempools[0].rates_capped and seen.mempools[0].out_per_min == 31.0
    assert "31+ in and 31+ out a minute" in seen.panes[Pane.MEMPOOL].short


def test_words_of_a_lost_source_name_it_once() -> None:
    story = Story()
    story.go_on(20)
    for _ in range(12):
        story.wait(2)
        story.fail(Kind.HEAD, "follower", words="follower: nothing listens on 127.0.0.1:8006 at follower")
        story.fail(Kind.MEMPOOL, "follower", words="follower: nothing listens on 127.0.0.1:8006 at follower")
        story.units("follower", "failed")
        story.head("genesis", 120)
        seen = story.picture()
    alarm = next(one for one in seen.alarms if one.open)
    assert (alarm.about, alarm.evidence.startswith("nothing listens")) == ("follower", True)
    assert "follower follower" not in seen.headline.text
    assert seen.panes[Pane.MEMPOOL].note.count("follower: ") <= 1


def test_a_forgotten_job_stays_stuck_also_while_its_miner_has_nothing_else() -> None:
    """The miner took another job since; that this one is done by now makes the older one no less forgotten."""
    story = Story()
    story.well()
    story.miners(story.miner("3f9a"))
    begun, asked = story.now, {"5e1f0a77": 30.0, "9c41e7d2": -4.0}  # seconds before that moment

    def look(**states: str) -> str:
        jobs = [story.job(name, state, asked[name] + story.now - begun, "3f9a") for name, state in states.items()]
        story.jobs(*jobs)
        story.miners(story.miner("3f9a"))
        found = {str(row.job.job_id)[:8]: str(row.verdict.word) for row in story.picture().jobs}
        return found["5e1f0a77"]

    forgotten, other = "5e1f0a77", "9c41e7d2"
    look(**{forgotten: "RUNNING"})
    story.wait(6)
    assert look(**{forgotten: "RUNNING", other: "RUNNING"}) == "running", "not at once"
    words = []
    for _ in range(10):
        story.wait(4)
        words.append(look(**{forgotten: "RUNNING", other: "COMPLETED"}))
    assert words[-6:] == ["STUCK"] * 6
    assert [a.rule for a in story.picture().alarms if a.open] == ["job-stuck"]


def test_the_job_before_is_no_sign_that_this_one_is_forgotten() -> None:
    story = Story()
    story.well()
    begun = story.now

    def job(name: str, state: str, before: float) -> Job:
        return story.job(name, state, before + story.now - begun, "3f9a")

    story.jobs(job("5e1f0a77", "RUNNING", 3))
    for _ in range(12):
        story.wait(4)  # one that was asked for before, and is only listed now
        story.jobs(job("5e1f0a77", "RUNNING", 3), job("9c41e7d2", "COMPLETED", 30))
        story.miners(story.miner("3f9a", inflight=1))
        assert {str(row.verdict.word) for row in story.picture().jobs} == {"running", "done"}


def test_what_a_refused_credential_fed_is_stale_at_once() -> None:
    """Nobody tells any more whether it has ended: not even for the seconds that one late answer is waited for."""
    story = Story()
    story.well()
    job, other = story.job("a", "RUNNING"), story.job("b", "RUNNING")
    story.jobs(job, other)
    story.tell(Kind.JOB, str(other.job_id), OwnerView(other, None))
    story.wait(1)
    story.fail(Kind.JOBS, "coordinator", TroubleKind.TIMEOUT)
    assert {row.verdict.word for row in story.picture().jobs} == {"running"}
    for kind in (Kind.JOBS, Kind.MINERS):
        story.fail(kind, "coordinator", TroubleKind.REFUSED, status=401)
    seen = story.picture()
    words = {str(row.job.job_id): str(row.verdict.word) for row in seen.jobs}
    assert words == {str(job.job_id): "stale", str(other.job_id): "running"}, "its owner's view still comes"
    assert seen.panes[Pane.JOBS].verdict.word == seen.panes[Pane.MINERS].verdict.word == "stale"
    story.fail(Kind.JOB, str(other.job_id), TroubleKind.REFUSED)
    assert story.picture().job(str(other.job_id)).verdict.word == "running", "we did not send it: nobody refused"
    story.fail(Kind.JOB, str(other.job_id), TroubleKind.REFUSED, status=401)
    assert story.picture().job(str(other.job_id)).verdict.word == "stale"
    story.jobs(job, other)
    assert {row.verdict.word for row in story.picture().jobs} == {"running"}


def test_a_list_that_does_not_come_makes_no_miner_late() -> None:
    """Nothing was heard of the miners, good or bad; how old their last beat is goes on being shown."""
    story = Story()
    story.well()
    story.miners(story.miner("3f9a", 12.0))
    story.fail(Kind.MINERS, "coordinator", TroubleKind.TIMEOUT)
    story.wait(12)
    (row,) = story.picture().miners
    before = row.beat_age_s
    assert row.verdict.word == "free" and before is not None
    story.wait(11)
    seen = story.picture()
    assert seen.miners[0].verdict.word == "stale" and (seen.miners[0].beat_age_s or 0.0) >= before + 11
    assert (seen.totals.miners_live, seen.totals.miners) == (None, None)
    assert seen.panes[Pane.MINERS].counts == "? of 1 live"
