"""What works on a card: its miner and job, what it earns against its power, and the Ollama beside it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aitbc_tui.domain.snapshot import GpuRow, Snapshot
from aitbc_tui.domain.work import GpuProcess
from aitbc_tui.state.advice import power_costs
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role
from aitbc_tui.ui.panes.gpus import works
from aitbc_tui.ui.screens.layout import clock, pairs, section, text_lines
from aitbc_tui.ui.screens.observed_words import why_not

LABEL = 14


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the host beyond the polls. `model`: the one that waits for a yes before it is asked."""

    processes: tuple[GpuProcess, ...] | None = None
    latency: str = ""
    model: str = ""


NOTHING = Asked()


def _miner(row: GpuRow) -> str:
    if row.miner:
        return str(row.miner)
    if not row.host_miners:
        return "– none is configured for this host"
    return f"? {' or '.join(map(str, row.host_miners))}: nothing tells which of them uses this card"


def _no_job(row: GpuRow) -> str:
    return "? it computes, and nothing tells for which job" if works(row) else "– none: it does not compute"


def _job_words(row: GpuRow) -> str:
    """Which job runs on it: known where a host has one card, else only which run on the host."""
    if row.job:
        return fmt.job_id(row.job, 32)
    if not row.host_jobs:
        return _no_job(row)
    listed = ", ".join(fmt.job_id(job) for job in row.host_jobs[:6])
    if row.host_cards == 1:
        return f"{len(row.host_jobs)} run on this host: {listed}"
    return f"? {listed}: on {row.host}, on which of its {row.host_cards} cards nothing tells"


def _earned_words(row: GpuRow) -> str:
    if row.earned_per_hour is not None:
        return f"{row.earned_per_hour:.6f}, valid receipts of the last 60 minutes"
    if row.host_earned_per_hour is None:
        return "? needs miners configured for this host and receipts of a whole hour"
    each = row.host_earned_per_hour / max(1, row.host_cards)
    together = f"{row.host_earned_per_hour:.6f} by the {row.host_cards} cards of {row.host}"
    return f"? of this card; {together}, {each:.6f} a GPU-hour"


def _cost_words(snapshot: Snapshot, row: GpuRow) -> str:
    if row.kwh_price is None:
        return f"– no price is configured: kwh_price in the table of {row.host}"
    costs = power_costs(replace(snapshot, gpus=tuple(one for one in snapshot.gpus if one.host == row.host)))
    said = []
    for cost in costs:
        if str(cost.gpu) != str(row.name) and row.host_earned_per_hour is None:
            continue
        earned = "?" if cost.earned_per_hour is None else f"{cost.earned_per_hour:.6f}"
        said.append(f"{cost.gpu}: {earned} earned, {cost.cost_per_hour:.6f} for {cost.watts:.0f} W an hour")
    return "; ".join(said) or "? the card does not tell what it draws"


def work(snapshot: Snapshot, row: GpuRow, width: int, asked: Asked) -> list[Line]:
    """The panel of it; with the question before a probe, which counts as a write."""
    rows = [
        ("host", str(row.host)),
        ("miner", _miner(row)),
        ("job", _job_words(row)),
        ("AITBC/h", _earned_words(row)),
        ("power cost", _cost_words(snapshot, row)),
    ]
    lines = [section("Work", width)]
    lines += [line for label, text in rows for line in pairs(label, text, width, at=LABEL)]
    ollama = snapshot.ollamas.get(str(row.host))
    if ollama is not None and ollama.value is not None:
        value = ollama.value
        names = (f"{m.name} {m.quantization} {fmt.gigabytes(m.size)} GB".replace("  ", " ") for m in value.models)
        lines += pairs("Ollama", f"version {value.version or '? not told'}", width, at=LABEL)
        lines += pairs("models", ", ".join(names) or "none", width, at=LABEL)
        held = (f"{m.name} {fmt.gigabytes(m.vram)} GB VRAM until {clock(m.expires_at)}" for m in value.running)
        lines += pairs("in memory", ", ".join(held) or ", ".join(value.loaded) or "no model", width, at=LABEL)
        lines += pairs("latency", asked.latency or in_words("? not asked: `v` asks for one token"), width, at=LABEL)
    elif ollama is not None:
        lines += pairs("Ollama", why_not(ollama, snapshot.now), width, at=LABEL)
    if asked.model:
        press = in_words("`ctrl+y`")
        words = f"{press} asks {asked.model} for one token. It counts as a write: it may load the model. Esc leaves it."
        lines += text_lines(words, width, role=Role.WARN)
    return lines


def model_to_ask(snapshot: Snapshot, host: str) -> str | None:
    """The one in memory, else the smallest: the least that can be disturbed."""
    ollama = snapshot.ollamas.get(host)
    if ollama is None or ollama.value is None or not ollama.value.models:
        return None
    if ollama.value.loaded:
        return str(ollama.value.loaded[0])
    return str(min(ollama.value.models, key=lambda m: m.size or 1 << 60).name)
