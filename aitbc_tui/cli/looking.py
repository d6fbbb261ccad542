"""One look at the network for a command: the collector's own connections and parsers, the dashboard's own verdicts."""

from __future__ import annotations

import shlex
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from aitbc_tui.cli.context import Context, DeadlineError
from aitbc_tui.cli.output import PROGRAM, warn
from aitbc_tui.config import paths
from aitbc_tui.domain.errors import (
    AitbcError,
    AuthError,
    CommandError,
    ConnectError,
    HostKeyError,
    HostKeyProblem,
    HttpError,
    ParseError,
)
from aitbc_tui.domain.observed import Observed, TroubleKind
from aitbc_tui.domain.snapshot import LinkRow, NodeRow, Snapshot

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted
    from aitbc_tui.collect.setup import Setup
    from aitbc_tui.config.model import Settings

T = TypeVar("T")
MARGIN_S = 1.0  # kept of the command's time for closing and printing


def program_for(settings: Settings, env: str) -> str:
    """This program with the options that lead it to that environment from any shell."""
    words = [PROGRAM]
    if settings.path != paths.config_file():
        words += ["--config", str(settings.path)]
    only = next(iter(settings.env)) if len(settings.env) == 1 else None
    if env != (settings.default_env or only):
        words += ["--env", env]
    return shlex.join(words)


def setup_of(ctx: Context) -> Setup:
    """What the collector needs, from the settings and every pin that counts."""
    from aitbc_tui.cli.passphrases import ask_passphrases
    from aitbc_tui.cli.stores import read_stores
    from aitbc_tui.collect.setup import Setup

    ask_passphrases(ctx, ctx.environment)
    program = program_for(ctx.settings, ctx.environment.name)
    return Setup(ctx.environment, read_stores(ctx).all, paths.ledger_file(), program=program)


def with_collector(ctx: Context, work: Callable[[Collector], Awaitable[T]]) -> T:
    """Run `work` on an open collector, inside the command's deadline; every connection ends with it."""
    from aitbc_tui.collect.collector import Collector

    setup = setup_of(ctx)
    done: list[T] = []

    async def inside() -> None:
        async with Collector(setup) as collector:
            done.append(await work(collector))
            if collector.hub.world.ledger_trouble:
                warn(ctx.err, f"{collector.hub.world.ledger_trouble}; nothing of this is kept")

    try:
        ctx.run(inside)
    except DeadlineError:
        if not done:  # else only the closing of connections was late
            raise
    return done[0]


def look_once(ctx: Context, wanted: Wanted) -> tuple[Snapshot, float]:
    """The snapshot after one look, and how many seconds that took."""
    from aitbc_tui.collect.once import look

    begun = time.monotonic()
    left = ctx.remaining()

    async def work(collector: Collector) -> Snapshot:
        return await look(collector, wanted, max(0.5, (left if left is not None else 60.0) - MARGIN_S))

    snapshot = with_collector(ctx, work)
    return snapshot, time.monotonic() - begun


def node_errors(rows: tuple[NodeRow, ...], links: tuple[LinkRow, ...]) -> list[AitbcError]:
    """Why nodes were not heard, typed, for the exit code and the last line."""
    by_host = {str(link.host): link for link in links}
    found: list[AitbcError] = []
    for row in rows:
        link = by_host.get(row.host)
        error = link_error(link) if link is not None else None
        if error is None:
            error = figure_error(row.head, row.host)
        if error is not None:
            found.append(error)
    return found


def link_error(link: LinkRow) -> AitbcError | None:
    """The trouble of a connection as the error it came from."""
    if not link.detail:
        return None
    host = str(link.host)
    if link.host_key_problem:
        word = str(link.verdict.word).removeprefix("key ")
        problem = HostKeyProblem(word) if word in tuple(HostKeyProblem) else HostKeyProblem.UNKNOWN
        return HostKeyError(link.detail, problem=problem, host=host, remedy=link.remedy)
    if link.verdict.word == "login refused":
        return AuthError(link.detail, host=host, remedy=link.remedy)
    return ConnectError(link.detail, host=host, remedy=link.remedy)


def figure_error(figure: Observed[T], host: str) -> AitbcError | None:
    """Why a figure was never heard, typed."""
    trouble = figure.trouble
    if figure.at is not None or trouble is None:
        return None
    # The line names the host by itself.
    detail = trouble.detail.removeprefix(f"{host}: ").replace(f"broken: {host}: ", "broken: ", 1)
    kinds: dict[TroubleKind, type[AitbcError]] = {
        TroubleKind.CONNECT: ConnectError,
        TroubleKind.TUNNEL: ConnectError,
        TroubleKind.AUTH: AuthError,
        TroubleKind.COMMAND: CommandError,
    }
    if trouble.status is None and trouble.kind is TroubleKind.BROKEN:
        return ParseError(detail, host=host, remedy=trouble.remedy)
    if trouble.kind in kinds:
        return kinds[trouble.kind](detail, host=host, remedy=trouble.remedy)
    timed_out = trouble.kind is TroubleKind.TIMEOUT
    return HttpError(detail, status=trouble.status, host=host, remedy=trouble.remedy, timed_out=timed_out)
