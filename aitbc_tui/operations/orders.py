"""Sending jobs: written down before, sent once, never again by itself; the id on disk before anybody sees it."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aitbc_tui.domain.errors import AitbcError, GuardError, HttpError
from aitbc_tui.domain.snapshot import Access, Submission, SubmissionState
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.work import Job, JobOrder
from aitbc_tui.ledger.book import Ledger
from aitbc_tui.ledger.rows import Constraint, Intent
from aitbc_tui.operations.guard import require
from aitbc_tui.protocol.trouble import ROUTE_ABSENT

_ECHO = 12  # so many characters in a row that also stand in the prompt come from it
SendOrder = Callable[[JobOrder], Awaitable[Job]]
SendCancel = Callable[[str], Awaitable[Job]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing needs: who, under which access, into which ledger. `client` is the masked label of our key."""

    environment: str
    access: Access
    ledger: Ledger
    has_client_key: bool
    client: str = ""


def who() -> str:
    """The name of whoever runs this program, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def _limits(order: JobOrder) -> dict[str, Constraint]:
    c = order.constraints
    values: dict[str, Constraint | None] = {
        "gpu": c.gpu,
        "cuda": c.cuda,
        "min_vram_gb": c.min_vram_gb,
        "models": ",".join(c.models) or None,
        "region": c.region,
        "max_price": c.max_price,
    }
    return {name: value for name, value in values.items() if value is not None}


def _guarded(desk: Desk, action: str, need: Access, where: str, detail: str) -> int:
    """Refuse or go ahead; either way it stands in the audit. Returns the audit entry of the announcement."""
    entry = desk.ledger.audit_before(who(), action, where, detail)
    try:
        require(desk.access, need, action, desk.environment)
        if not desk.has_client_key:
            raise GuardError(
                f"{action} needs a client key of its own: the admin key cannot",
                remedy=f"client_file in [env.{desk.environment}.coordinator]",
            )
    except GuardError as error:
        desk.ledger.audit_after(entry, f"refused: {error.detail}")
        raise
    return entry


async def submit(desk: Desk, order: JobOrder, send: SendOrder, now: Callable[[], float]) -> Submission:
    """Send one job once. Raises only what happened before sending; afterwards the outcome is in the submission.

    No answer, or one that may have committed (contract Q7), is `unknown`: it is to be looked up, not sent again.
    """
    detail = f"model {order.model}, prompt of {len(order.prompt)} characters, ttl {order.ttl_s} s, pay {order.pay:g}"
    entry = await asyncio.to_thread(_guarded, desk, "submit", Access.SUBMIT, desk.environment, detail)
    intent = Intent.of(
        model=order.model,
        prompt=order.prompt,
        job_type=order.job_type,
        ttl_s=order.ttl_s,
        payment=f"{order.pay:g}" if order.pay else None,
        constraints=_limits(order),
        client=desk.client,
    )
    ledger_id = await asyncio.to_thread(desk.ledger.intend, desk.environment, intent)
    try:
        job = await send(order)
    except AitbcError as error:
        return await asyncio.to_thread(_not_accepted, desk, entry, ledger_id, order, error, now())
    except asyncio.CancelledError:
        desk.ledger.unknown(ledger_id, "interrupted while waiting for the answer")
        desk.ledger.audit_after(entry, "unknown: interrupted")
        raise
    expires = job.expires_at.timestamp() if job.expires_at else None
    await asyncio.to_thread(desk.ledger.accepted, ledger_id, str(job.job_id), expires)
    await asyncio.to_thread(desk.ledger.audit_after, entry, f"accepted as {job.job_id}")
    return Submission(ledger_id, order, SubmissionState.ACCEPTED, now(), job.job_id, SafeText("accepted"))


def _not_accepted(desk: Desk, entry: int, ledger_id: int, order: JobOrder, error: AitbcError, at: float) -> Submission:
    said = clean(error.detail, 200)
    kept = _without_prompt(said, order.prompt)
    if _surely_refused(error):
        desk.ledger.refused(ledger_id, kept)
        desk.ledger.audit_after(entry, f"refused: {kept}")
        return Submission(ledger_id, order, SubmissionState.REFUSED, at, None, clean(str(error), 240))
    desk.ledger.unknown(ledger_id, kept)
    desk.ledger.audit_after(entry, f"unknown: {kept}")
    words = f"no sure answer ({said}): look it up, it is not sent again"
    return Submission(ledger_id, order, SubmissionState.UNKNOWN, at, None, clean(words, 240))


def _without_prompt(said: str, prompt: str) -> str:
    """A server may repeat the prompt it complains about: who typed it may read that, the ledger keeps none of it."""
    parts = (said[at : at + _ECHO] for at in range(len(said) - _ECHO + 1))
    return "the server's words hold part of the prompt: not kept" if any(part in prompt for part in parts) else said


def _surely_refused(error: AitbcError) -> bool:
    """Answered with a refusal, or the request never began to leave. Everything else may have committed."""
    if isinstance(error, HttpError) and error.status is not None:
        return error.status < 500
    return not error.maybe_sent


async def cancel(desk: Desk, job_id: str, send: SendCancel) -> SafeText:
    """Cancel one of our jobs with our own key; returns the state that the coordinator then reports."""
    entry = await asyncio.to_thread(_guarded, desk, "cancel", Access.SUBMIT, desk.environment, f"job {job_id}")
    try:
        job = await send(job_id)
    except AitbcError as error:
        await asyncio.to_thread(desk.ledger.audit_after, entry, f"failed: {clean(error.detail, 200)}")
        if isinstance(error, HttpError) and error.status == 404 and not _no_such_route(error):
            raise HttpError(
                "no such job under our client key: unknown, or another client's",
                status=404,
                host=error.host,
                remedy="a job is cancelled with the key of the client that submitted it",
            ) from None
        raise
    await asyncio.to_thread(desk.ledger.audit_after, entry, f"state {job.state}")
    return job.state


def _no_such_route(error: HttpError) -> bool:
    """A 404 that is not about the job: another service, or another version, answers there."""
    return bool(error.body_detail) and error.body_detail in ROUTE_ABSENT
