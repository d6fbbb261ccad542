"""What the listing commands share: one look at the network, why a figure was not heard, values as text and as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit, code_of
from aitbc_tui.cli.looking import MARGIN_S, figure_error, link_error, with_collector
from aitbc_tui.cli.output import failure_line, print_table, warn
from aitbc_tui.cli.report import report
from aitbc_tui.domain.errors import AitbcError, ConfigError, HttpError
from aitbc_tui.domain.observed import Observed
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.verdict import Verdict

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.config.model import CoordinatorConfig
    from aitbc_tui.state.facts import World

UNKNOWN = "?"  # not learnt
NONE = "–"  # there is none, or this version has no such thing
_TITLES = {Pane.GPUS: "GPUs"}
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: the picture that the screens would show, and what it was drawn from."""

    snapshot: Snapshot
    world: World

    @property
    def coordinator_host(self) -> str:
        return self.world.topology.coordinator_host

    def unheard(self, figure: Observed[Any], host: str) -> AitbcError | None:
        """Why this figure of this host was not heard; None when it was."""
        if figure.at is not None:
            return None
        link = next((link for link in self.snapshot.links if link.host == host), None)
        return (
            (link_error(link) if link is not None else None)
            or figure_error(figure, host)
            or HttpError(f"no answer to {figure.source} in time", host=host, timed_out=True, remedy="--timeout SECONDS")
        )


def observe(
    ctx: Context,
    want: Callable[[Collector], Wanted],
    also: Callable[[Collector], Awaitable[object]] | None = None,
    look_s: float = 60.0,
) -> Seen:
    """Ask once for what `want` says, for at most `look_s`, then do `also` on the same connections."""
    left = ctx.remaining()

    async def work(collector: Collector) -> Seen:
        from aitbc_tui.collect.once import look

        await look(collector, want(collector), min(look_s, max(0.5, (left or 60.0) - MARGIN_S)))
        if also is not None:
            await also(collector)
        return Seen(collector.hub.publish(), collector.hub.world)

    return with_collector(ctx, work)


def need_coordinator(ctx: Context) -> CoordinatorConfig:
    """The configured coordinator, or a clear line that there is none."""
    coordinator = ctx.environment.coordinator
    if coordinator is None:
        name = ctx.environment.name
        raise ConfigError(
            f"environment {name} has no coordinator", remedy=f"add [env.{name}.coordinator] with host and url"
        )
    return coordinator


def need_key(seen: Seen, role: str) -> None:
    """Raise `ConfigError` when the credential of this role is missing or cannot be read."""
    topology = seen.world.topology
    if {"admin": topology.has_admin_key, "client": topology.has_client_key}[role]:
        return
    unreadable = next((row.verdict.text for row in topology.credentials if row.role == role and row.verdict.text), "")
    if unreadable:
        raise ConfigError(unreadable, remedy=f"{role}_file or {role}_command of the coordinator")
    raise ConfigError(
        f"needs {'an' if role == 'admin' else 'a'} {role} key, and none is configured",
        remedy=f"{role}_file in [env.{topology.environment.name}.coordinator]",
    )


def finish(ctx: Context, needed: Sequence[AitbcError | None], beside: Iterable[AitbcError | None] = ()) -> int:
    """Say what was not heard and give the exit code. `needed` has one entry per target, None where it answered.

    What is only shown beside the rows is a warning: without it there are still rows.
    """
    failures = distinct(needed)
    said = {(error.host, error.detail) for error in failures}
    for error in distinct(beside):
        if (error.host, error.detail) not in said:
            warn(ctx.err, failure_line(error).partition(": ")[2])
    answered = sum(1 for error in needed if error is None or code_of(error) is Exit.UNHEALTHY)  # a refusal answers too
    return report(failures, ctx.err, answered=answered)


def distinct(errors: Iterable[AitbcError | None]) -> list[AitbcError]:
    """Each trouble once: a host that is gone is the reason for many figures."""
    found: dict[tuple[str, str], AitbcError] = {}
    for error in errors:
        if error is not None:
            found.setdefault((error.host, error.detail), error)
    return list(found.values())


def print_pane(
    ctx: Context,
    snapshot: Snapshot,
    pane: Pane,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Iterable[int] = (),
) -> None:
    """The pane's own words, its rows as a table, and its note."""
    summary = snapshot.panes[pane]
    counts = f": {summary.counts}" if summary.counts else ""
    ctx.out.write(f"{_TITLES.get(pane, pane.name.capitalize())} {summary.verdict.word}{counts}\n")
    if rows:
        print_table(ctx.out, headers, rows, right)
    else:
        for line in summary.empty:
            ctx.out.write(f"{line}\n")
    if summary.note:
        ctx.out.write(f"{summary.note}\n")


# Values


def document(seen: Seen, failures: Iterable[AitbcError | None], **content: object) -> Json:
    """One JSON document: the content, when it was true, and what was not heard."""
    return {
        **content,
        "environment": seen.snapshot.environment.name,
        "observed_at": moment(seen.snapshot.utc),
        "failures": [
            {"host": error.host or None, "detail": error.detail, "remedy": error.remedy or None}
            for error in distinct(failures)
        ],
    }


def judged(verdict: Verdict) -> Json:
    """`state` is the word of the screens, `level` how bad it is, `why` the evidence."""
    why = None if verdict.text in ("", NONE) else verdict.text
    return {"state": verdict.word, "level": verdict.level.value, "why": why}


def source(figure: Observed[Any], now: float) -> Json:
    """Whether a figure is fresh, how old it is, and why there is none."""
    return {
        "asked": figure.source,
        "freshness": figure.freshness(now).value,
        "age_s": rounded(figure.age(now)),
        "error": figure.trouble.detail if figure.trouble else None,
    }


def moment(when: datetime | None) -> str | None:
    """UTC with its Z; what the server says without a zone is UTC (contract Q4)."""
    if when is None:
        return None
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return aware.isoformat(timespec="seconds").replace("+00:00", "Z")


def rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)


def or_null(text: str | None) -> str | None:
    return text or None


def number(value: int | float | None, digits: int = 0) -> str:
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def age(seconds: float | None) -> str:
    from aitbc_tui.domain.figures import coarse_age

    return UNKNOWN if seconds is None else str(coarse_age(seconds))


def amount(value: float | None) -> str:
    """A fee or a sum, never in exponents."""
    return UNKNOWN if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def or_none(text: str | None) -> str:
    return text or NONE


def whole_number(text: str, name: str, largest: int) -> int:
    """A count of 1 to `largest`, or a clear line."""
    if text.isascii() and text.isdigit() and 1 <= int(text[:12]) <= largest:
        return int(text)
    raise ConfigError(f"{name}: a whole number, 1 to {largest:,}", remedy=f"{name} {min(largest, 100)}")
