"""What `gpus` says beyond the cards' table: Ollama of each host, latencies, advice, earnings against power cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aitbc_tui.cli.context import Context
from aitbc_tui.cli.listing import NONE, UNKNOWN, Json, moment, rounded
from aitbc_tui.cli.output import print_table
from aitbc_tui.domain.errors import AitbcError, CommandError
from aitbc_tui.domain.snapshot import GpuRow, Snapshot

if TYPE_CHECKING:
    from aitbc_tui.collect.ollama import OllamaPoll


async def latency(ollama: OllamaPoll, model: str) -> Json:
    """One trivial generate on one host; what fails says so."""
    try:
        took = await ollama.generate(model)
    except AitbcError as error:
        return {"host": ollama.host, "model": model, "total_s": None, "load_s": None, "error": error.detail}
    return {
        "host": ollama.host,
        "model": took.model,
        "total_s": rounded(took.total_s, 3),
        "load_s": rounded(took.load_s, 3),
        "error": None,
    }


def ollamas_json(snapshot: Snapshot) -> list[Json]:
    found: list[Json] = []
    for host, seen in snapshot.ollamas.items():
        value = seen.value
        found.append(
            {
                "host": host,
                "freshness": seen.freshness(snapshot.now).value,
                "error": seen.trouble.detail if seen.trouble else None,
                "version": (value.version or None) if value else None,
                "rtt_ms": rounded(seen.rtt_ms),
                "models": [
                    {
                        "name": model.name,
                        "size": model.size,
                        "parameters": model.parameters or None,
                        "quantization": model.quantization or None,
                    }
                    for model in (value.models if value else ())
                ],
                "loaded": [
                    {"name": one.name, "size": one.size, "vram": one.vram, "expires_at": moment(one.expires_at)}
                    for one in (value.running if value else ())
                ],
            }
        )
    return found


def failed(latencies: Sequence[Json]) -> list[CommandError | None]:
    """What was asked for and not done, one entry a probe; None where it was."""
    return [
        CommandError(
            f"a trivial generate on {one['model']}: {one['error']}",
            host=str(one["host"]),
            remedy="aitbc-tui gpus lists the models of each Ollama",
        )
        if one["error"]
        else None
        for one in latencies
    ]


def advice_json(snapshot: Snapshot, kwh_price: float | None) -> list[Json]:
    from aitbc_tui.state.advice import advice

    return [
        {"kind": one.kind.value, "about": one.about, "evidence": one.evidence, "do": one.do}
        for one in advice(snapshot, kwh_price)
    ]


def costs_json(snapshot: Snapshot, kwh_price: float | None) -> list[Json]:
    from aitbc_tui.state.advice import power_costs

    return [
        {
            "gpu": cost.gpu,
            "power_w": cost.watts,
            "cost_per_hour": rounded(cost.cost_per_hour, 6),
            "earned_per_hour": rounded(cost.earned_per_hour, 6),
        }
        for cost in power_costs(snapshot, kwh_price)
    ]


def earned_words(cards: Sequence[GpuRow]) -> str:
    """What a host's cards earned in the last hour, and how much of that is known of each."""
    earned = cards[0].host_earned_per_hour
    if earned is None:
        return "what its cards earn is not known: its miners must be configured, and an hour of receipts be seen"
    if len(cards) == 1:
        return f"{earned:.6f} AITBC/h by the valid receipts of its miners"
    each = earned / len(cards)
    return f"{earned:.6f} AITBC/h together, {each:.6f} a GPU-hour; which card ran which job is told by nothing"


def print_more(ctx: Context, snapshot: Snapshot, kwh_price: float | None, latencies: Sequence[Json]) -> None:
    """Under the table."""
    from aitbc_tui.state.advice import advice, lines

    for row in snapshot.gpus:
        for line in _card_lines(row):
            ctx.out.write(f"{row.name}: {line}\n")
    _print_ollamas(ctx, snapshot)
    for one in latencies:
        said = one["error"] or f"{one['total_s']} s, of which {one['load_s']} s to load the model"
        ctx.out.write(f"{one['host']}: a trivial generate on {one['model']}: {said}\n")
    for host in dict.fromkeys(str(row.host) for row in snapshot.gpus):
        ctx.out.write(f"{host}: {earned_words([row for row in snapshot.gpus if row.host == host])}\n")
    for cost in costs_json(snapshot, kwh_price):
        earned = UNKNOWN if cost["earned_per_hour"] is None else cost["earned_per_hour"]
        ctx.out.write(f"{cost['gpu']}: earns {earned} AITBC/h, its power costs {cost['cost_per_hour']} AITBC/h\n")
    for line in lines(advice(snapshot, kwh_price)):
        ctx.out.write(f"{line}\n")


def _card_lines(row: GpuRow) -> list[str]:
    card = row.reading
    lines = []
    if card.clock_sm is not None:
        reasons = UNKNOWN if card.throttle is None else ", ".join(card.throttle) or "nothing slows it"
        limit = "" if card.power_limit is None else f", limit {card.power_limit:.0f} W"
        lines.append(f"{card.clock_sm:.0f} MHz, memory {card.clock_memory or 0:.0f} MHz{limit}; {reasons}")
    for one in card.processes or ():
        memory = UNKNOWN if one.memory is None else f"{one.memory / 2**30:.1f} GB"
        lines.append(f"process {one.pid} {one.name}, {memory}")
    return lines


def _print_ollamas(ctx: Context, snapshot: Snapshot) -> None:
    rows = []
    for host, seen in snapshot.ollamas.items():
        value = seen.value
        if value is None:
            rows.append((host, UNKNOWN, UNKNOWN, UNKNOWN, seen.trouble.detail if seen.trouble else NONE))
            continue
        models = ", ".join(f"{m.name} {m.quantization}".strip() for m in value.models) or NONE
        loaded = ", ".join(f"{m.name} {(m.vram or 0) / 2**30:.1f} GB" for m in value.running) or NONE
        until = ", ".join(f"{m.expires_at:%H:%M:%S}" for m in value.running if m.expires_at) or NONE
        rows.append((host, value.version or UNKNOWN, models, loaded, until))
    if rows:
        print_table(ctx.out, ("Ollama", "version", "models", "in memory", "until"), rows)
