"""`gpus`: every card of every configured GPU host."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.gpudetails import advice_json, costs_json, failed, ollamas_json, print_more
from aitbc_tui.cli.gpudetails import latency as _latency
from aitbc_tui.cli.listing import UNKNOWN, Json, Seen, document, finish, judged, number, observe, or_none, print_pane
from aitbc_tui.cli.options import Parser, add_json
from aitbc_tui.cli.output import print_json
from aitbc_tui.domain.errors import ConfigError
from aitbc_tui.domain.snapshot import Access, GpuRow, Pane, Snapshot
from aitbc_tui.domain.text import clean

if TYPE_CHECKING:
    from aitbc_tui.collect.collector import Collector
    from aitbc_tui.collect.once import Wanted

RECEIPTS = 50


def add(parser: Parser, verb: str) -> None:
    from aitbc_tui.cli import powerlimit

    parser.add_argument("--processes", action="store_true", help="also what computes on each card")
    parser.add_argument("--probe", metavar="MODEL", help="one token of this model on each host's Ollama: its latency")
    parser.add_argument(
        "--kwh-price",
        metavar="AITBC",
        type=_price,
        help="what a kWh costs in AITBC, else kwh_price of the host: earnings against power cost",
    )
    add_json(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=False)
    powerlimit.add(actions)


def _price(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1e9:
        raise argparse.ArgumentTypeError(f'"{clean(text, 40)}" is no price')
    return value


def run(ctx: Context, args: argparse.Namespace) -> int:
    if args.action == "power-limit":
        from aitbc_tui.cli import powerlimit

        return powerlimit.run(ctx, args)
    if args.probe is not None:
        ctx.require(Access.OPERATE, "gpus --probe")
    hosts = [host.name for host in ctx.environment.hosts.values() if host.gpu]
    if not hosts:
        raise ConfigError(
            f"environment {ctx.environment.name} has no GPU host",
            remedy=f"gpu = true in [env.{ctx.environment.name}.hosts.NAME]",
        )
    if args.probe is not None and not any(host.ollama for host in ctx.environment.hosts.values()):
        raise ConfigError("no host has an Ollama to probe", remedy=f"ollama in [env.{ctx.environment.name}.hosts.NAME]")
    seen, latencies = _look(ctx, args)
    snapshot, world = seen.snapshot, seen.world
    errors = [*(seen.unheard(world.gpus[name], name) for name in hosts), *failed(latencies)]
    queue = []
    if world.topology.has_admin_key:
        queue.append(seen.unheard(world.jobs, seen.coordinator_host))
    if args.json:
        print_json(ctx.out, document(seen, [*errors, *queue], **_content(snapshot, args, latencies)))
    elif snapshot.gpus:
        headers = ("state", "gpu", "util%", "W", "°C", "mem GB", "card", "miner", "source", "why")
        print_pane(ctx, snapshot, Pane.GPUS, headers, [_cells(row) for row in snapshot.gpus], right=(2, 3, 4, 5))
        print_more(ctx, snapshot, args.kwh_price, latencies)
    return finish(ctx, errors, queue)


def _look(ctx: Context, args: argparse.Namespace) -> tuple[Seen, list[Json]]:
    """One look at every card, and with `--probe` what each Ollama took to answer."""
    from aitbc_tui.collect.once import Wanted

    latencies: list[Json] = []

    def wanted(collector: Collector) -> Wanted:
        for watch in collector.gpus:
            if args.processes:
                watch.with_processes()
        # The queue tells idle from ready, receipts what was earned, Ollama which models there are.
        return Wanted(gpus=True, jobs=True, miners=True, receipts=RECEIPTS, ollama=True)

    async def probe(collector: Collector) -> None:
        for ollama in collector.ollamas if args.probe is not None else ():
            latencies.append(await _latency(ollama, args.probe))

    return observe(ctx, wanted, probe), latencies


def _content(snapshot: Snapshot, args: argparse.Namespace, latencies: list[Json]) -> Json:
    content: Json = {
        "gpus": [_json(row) for row in snapshot.gpus],
        "ollamas": ollamas_json(snapshot),
        "advice": advice_json(snapshot, args.kwh_price),
    }
    if args.probe is not None:
        content["probes"] = latencies
    costs = costs_json(snapshot, args.kwh_price)
    if costs:
        content["power_costs"] = costs
    return content


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
        row.miner or (UNKNOWN if row.host_miners else or_none(None)),
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
        "clock_sm_mhz": card.clock_sm,
        "clock_memory_mhz": card.clock_memory,
        "throttle": None if card.throttle is None else list(card.throttle),
        "power_bounds_w": [card.power_min, card.power_max],
        "processes": None
        if card.processes is None
        else [{"pid": one.pid, "name": one.name, "memory": one.memory} for one in card.processes],
        "earned_per_hour": row.earned_per_hour,
        "host_earned_per_hour": row.host_earned_per_hour,
        "host_jobs": list(row.host_jobs),
        "configured_bounds_w": None if row.bounds is None else list(row.bounds),
        "job": row.job,
        "miner": row.miner,
        "source": row.source,
    }
