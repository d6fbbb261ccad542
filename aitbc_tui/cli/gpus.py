"""`gpus`: every card of every configured GPU host."""

from __future__ import annotations

import argparse

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import UNKNOWN, Json, document, finish, judged, number, observe, or_none, print_pane
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import GpuRow, Pane


def add(parser: Parser, verb: str) -> None:
    add_json(parser)


def run(ctx: Context, args: argparse.Namespace) -> int:
    hosts = [host.name for host in ctx.environment.hosts.values() if host.gpu]
    if not hosts:
        raise ConfigError(
            f"environment {ctx.environment.name} has no GPU host",
            remedy=f"gpu = true in [env.{ctx.environment.name}.hosts.NAME]",
        )
    from aitbc_tui.collect.once import Wanted

    seen = observe(ctx, lambda _: Wanted(gpus=True, jobs=True))  # the queue tells idle from ready
    snapshot, world = seen.snapshot, seen.world
    errors = [seen.unheard(world.gpus[name], name) for name in hosts]
    queue = []
    if world.topology.has_admin_key:
        queue.append(seen.unheard(world.jobs, seen.coordinator_host))
    if args.json:
        print_json(ctx.out, document(seen, [*errors, *queue], gpus=[_json(row) for row in snapshot.gpus]))
    elif snapshot.gpus:
        headers = ("state", "gpu", "util%", "W", "°C", "mem GB", "card", "miner", "source", "why")
        print_pane(ctx, snapshot, Pane.GPUS, headers, [_cells(row) for row in snapshot.gpus], right=(2, 3, 4, 5))
    return finish(ctx, errors, queue)


def _gigabytes(size: int | None) -> str:
    return UNKNOWN if size is None else f"{size / 2**30:.1f}"


def _cells(row: GpuRow) -> tuple[str, ...]:
    card = row.reading
    return (
        row.verdict.word,
        row.name,
        number(card.utilisation),
        number(card.power),
        number(card.temperature),
        f"{_gigabytes(card.memory_used)}/{_gigabytes(card.memory_total)}",
        card.name or UNKNOWN,
        or_none(row.miner),
        row.source,
        or_none(row.verdict.text),
    )


def _json(row: GpuRow) -> Json:
    card = row.reading
    return {
        "gpu": row.name,
        "host": row.host,
        **judged(row.verdict),
        "index": card.index,
        "uuid": card.uuid,
        "card": card.name,
        "driver": card.driver or None,
        "lost": card.lost,
        "utilisation_percent": card.utilisation,
        "power_w": card.power,
        "power_limit_w": card.power_limit,
        "temperature_c": card.temperature,
        "memory_used": card.memory_used,
        "memory_total": card.memory_total,
        "miner": row.miner,
        "source": row.source,
    }
