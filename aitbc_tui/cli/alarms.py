"""`alarms`: watches the network for a while and prints what is wrong, since when, how that is known, and what to do."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.exits import Exit
from aitbc_tui.cli.listing import Json, moment
from aitbc_tui.cli.looking import with_collector
from aitbc_tui.cli.options import Parser, add_json, seconds
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.alarm import Alarm, AlarmKind
from aitbc_tui.domain.figures import clock
from aitbc_tui.domain.snapshot import Snapshot
from aitbc_tui.domain.verdict import Level

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector

DEFAULT_S = 15.0
LOOK_S = 0.5
HEARD = (Level.GOOD, Level.STALE)


def add(parser: Parser, verb: str) -> None:
    parser.add_argument(
        "--observe",
        metavar="SECONDS",
        type=seconds,
        default=DEFAULT_S,
        help=f"how long to watch before printing (default {DEFAULT_S:g}); movement needs three block times",
    )
    parser.add_argument("--follow", action="store_true", help="go on, and print again whenever something changes")
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    return with_collector(ctx, lambda collector: _watch(ctx, collector, args))


async def _watch(ctx: Context, collector: Collector, args: argparse.Namespace) -> int:
    begun = collector.clock.monotonic()
    running = asyncio.ensure_future(collector.run())
    try:
        await _sleep_beside(running, args.observe)
        snapshot = collector.hub.publish()
        _print(ctx, snapshot, collector.clock.monotonic() - begun, args)
        while args.follow:
            said = _signature(snapshot)
            while _signature(snapshot) == said:
                await _sleep_beside(running, LOOK_S)
                snapshot = collector.hub.newest
            _print(ctx, snapshot, collector.clock.monotonic() - begun, args)
        return _exit(ctx, snapshot)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _sleep_beside(running: asyncio.Future[None], pause_s: float) -> None:
    """Wait, unless the collector ends: then its error is ours."""
    done, _ = await asyncio.wait({running}, timeout=pause_s)
    if done:
        running.result()


def _open(snapshot: Snapshot) -> list[Alarm]:
    return [alarm for alarm in snapshot.alarms if alarm.open]


def _signature(snapshot: Snapshot) -> list[tuple[str, str, float]]:
    """What must change for a new line: which alarms there are, not the ages in their evidence."""
    return [(alarm.rule, str(alarm.about), alarm.since) for alarm in _open(snapshot)]


def alarm_json(alarm: Alarm) -> Json:
    """A finding also says when it was last true: it may be open long after that."""
    said: Json = {
        "name": alarm.rule,
        "kind": alarm.kind.value,
        "severity": alarm.level.value,
        "subject": alarm.about,
        "since": moment(datetime.fromtimestamp(alarm.since, UTC)),
        "evidence": alarm.evidence,
        "remedy": alarm.remedy,
        "check": alarm.check,
    }
    if alarm.kind is AlarmKind.FINDING and alarm.last_true is not None:
        said["last_true"] = moment(datetime.fromtimestamp(alarm.last_true, UTC))
    return said


def document(snapshot: Snapshot, observed_s: float) -> Json:
    return {"alarms": [alarm_json(alarm) for alarm in _open(snapshot)], "observed_s": round(observed_s, 1)}


def _print(ctx: Context, snapshot: Snapshot, observed_s: float, args: argparse.Namespace) -> None:
    if args.json:
        print_json(ctx.out, document(snapshot, observed_s), line=args.follow)
        return
    opened = _open(snapshot)
    ctx.out.write(f"{snapshot.utc:%H:%M:%S} UTC {snapshot.headline.word}: {snapshot.headline.text}\n")
    if opened:
        for alarm in opened:
            _print_one(ctx, alarm)
    else:
        ctx.out.write(f"no open alarm, {snapshot.rules_watched} rules watched for {observed_s:.0f} s\n")
    ctx.out.flush()


def _print_one(ctx: Context, alarm: Alarm) -> None:
    """Its head on one line, then what is longer each on its own: evidence and checks do not stand in columns."""
    since = clock(alarm.since, seconds=True)
    last = "" if alarm.kind is AlarmKind.CONDITION else f", last true {clock(alarm.last_true, seconds=True)}"
    ctx.out.write(f"\n{alarm.word}  {alarm.about}  since {since} UTC{last}  ({alarm.rule}, a {alarm.kind.value})\n")
    for name, text in (("evidence", alarm.evidence), ("do", alarm.remedy), ("check", alarm.check)):
        if text:
            ctx.out.write(f"  {name:<10}{text}\n")


def unheard(snapshot: Snapshot) -> list[str]:
    """Sources that never answered: of them nothing is known, and their silence is no peace."""
    names = [f"RPC of {row.name}" for row in snapshot.nodes if row.head.at is None]
    if snapshot.coordinator and snapshot.coordinator_verdict.level not in HEARD and snapshot.totals.receipts is None:
        names.append("the coordinator")
    return names


def _exit(ctx: Context, snapshot: Snapshot) -> int:
    silent = unheard(snapshot)
    if silent:
        ctx.err.write(f"aitbc-tui: no answer from {', '.join(silent)}; try: aitbc-tui doctor\n")
        return Exit.CONNECT
    return Exit.UNHEALTHY if _open(snapshot) else Exit.OK
