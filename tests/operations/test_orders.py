"""A job is written down before it is sent, sent once, and its outcome is never guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aitbc_tui.domain.errors import AitbcError, ConnectError, GuardError, HttpError
from aitbc_tui.domain.snapshot import Access, SubmissionState
from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.work import Job, JobOrder
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import SubmitState
from aitbc_tui.operations.orders import Desk, cancel, submit

ORDER = JobOrder("llama3.2:latest", "a secret prompt")
JOB = Job(SafeText("ab" * 16), SafeText("QUEUED"), datetime(2026, 11, 22, tzinfo=UTC))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite3") as book:
        yield book


def desk(ledger: Ledger, access: Access = Access.SUBMIT, key: bool = True) -> Desk:
    return Desk("test", access, ledger, key, "client·b071")


def whole(folder: Path) -> bytes:
    """All that stands in the files of a ledger, also what no query shows."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def sender(answer: Job | AitbcError, before: Callable[[], None] = lambda: None) -> Callable[[JobOrder], Awaitable[Job]]:
    async def send(order: JobOrder) -> Job:
        sender.calls += 1  # type: ignore[attr-defined]
        before()
        if isinstance(answer, AitbcError):
            raise answer
        return answer

    sender.calls = 0  # type: ignore[attr-defined]
    return send


async def test_the_intent_is_on_disk_before_and_the_id_before_it_is_shown(ledger: Ledger) -> None:
    seen: list[SubmitState] = []
    done = await submit(
        desk(ledger), ORDER, sender(JOB, lambda: seen.append(ledger.own_jobs("test")[0].state)), lambda: 5.0
    )
    assert seen == [SubmitState.INTENT]
    assert (done.state, done.job_id) == (SubmissionState.ACCEPTED, JOB.job_id)
    assert ledger.own_jobs("test")[0].job_id == JOB.job_id


@pytest.mark.parametrize(
    ("error", "sent", "state"),
    [
        (HttpError("422: ttl_seconds", status=422), True, SubmissionState.REFUSED),
        (HttpError("Internal Server Error", status=500), True, SubmissionState.UNKNOWN),
        (HttpError("no complete answer", timed_out=True), True, SubmissionState.UNKNOWN),
        (ConnectError("SSH lost in the middle"), True, SubmissionState.UNKNOWN),
        (ConnectError("nothing listens"), False, SubmissionState.REFUSED),
    ],
)
async def test_what_may_have_committed_is_unknown(
    ledger: Ledger, error: AitbcError, sent: bool, state: SubmissionState
) -> None:
    error.maybe_sent = sent
    done = await submit(desk(ledger), ORDER, sender(error), lambda: 5.0)
    assert done.state is state
    assert sender.calls == 1, "never sent again by itself"  # type: ignore[attr-defined]
    assert ledger.own_jobs("test")[0].state.value == state.value


async def test_an_interrupted_submission_is_unknown_in_the_ledger(ledger: Ledger) -> None:
    begun = asyncio.Event()

    async def never(order: JobOrder) -> Job:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.ensure_future(submit(desk(ledger), ORDER, never, lambda: 5.0))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ledger.own_jobs("test")[0].state is SubmitState.UNKNOWN


@pytest.mark.parametrize(("access", "key"), [(Access.OBSERVE, True), (Access.SUBMIT, False)])
async def test_the_guard_refuses_and_writes_it_down(ledger: Ledger, access: Access, key: bool) -> None:
    send = sender(JOB)
    with pytest.raises(GuardError):
        await submit(desk(ledger, access, key), ORDER, send, lambda: 5.0)
    assert sender.calls == 0  # type: ignore[attr-defined]
    assert any("refused" in entry.detail for entry in ledger.audit())


async def test_no_prompt_and_no_key_in_the_audit(ledger: Ledger) -> None:
    await submit(desk(ledger), ORDER, sender(JOB), lambda: 5.0)
    text = repr(ledger.audit()) + repr(ledger.own_jobs("test"))
    assert "secret prompt" not in text
    assert len(ledger.audit()) == 2


@pytest.mark.parametrize("status", [422, 500])
async def test_a_prompt_that_the_server_repeats_is_shown_and_not_kept(
    ledger: Ledger, tmp_path: Path, status: int
) -> None:
    """The words of an error are the server's own; a whole prompt, or the beginning of a long one, may stand in them."""
    long = JobOrder("llama3.2:latest", "the patient of room 7 is named in here" + " and so on" * 1000)
    for order in (ORDER, long):
        error = HttpError(f'POST /v1/jobs answered {status} "not allowed: {order.prompt}"', status=status)
        done = await submit(desk(ledger), order, sender(error), lambda: 5.0)
        assert order.prompt[:12] in done.detail, "who typed it sees what was said"
    plain = HttpError(f'POST /v1/jobs answered {status} "the model is not known"', status=status)
    await submit(desk(ledger), ORDER, sender(plain), lambda: 5.0)
    kept = whole(tmp_path)
    assert b"secret prompt" not in kept and b"patient" not in kept
    assert "the model is not known" in ledger.audit()[0].detail, "what holds no prompt is kept as it was said"


async def test_cancelling_a_job_that_is_not_ours_says_so(ledger: Ledger) -> None:
    async def send(job_id: str) -> Job:
        raise HttpError("job not found", status=404, host="genesis")

    with pytest.raises(HttpError, match="another client's"):
        await cancel(desk(ledger), "ab" * 16, send)
