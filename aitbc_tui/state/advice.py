"""What could earn more, with its evidence: idle cards, caps, heat, models in each other's way or nowhere. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from aitbc_tui.domain.receipt import VerifiedReceipt
from aitbc_tui.domain.snapshot import GpuRow, Snapshot
from aitbc_tui.domain.text import SafeText

BUSY, IDLE = 80.0, 5.0  # percent
HOT_C = 84.0
NEAR = 0.97  # of the power limit
RECENT = 10  # receipts of one miner that are looked at
SWITCHES = 5  # among them, and its models do not fit together


class Kind(StrEnum):
    """What the advice is about."""

    IDLE = "idle while jobs wait"
    POWER = "power-limited"
    HEAT = "thermal throttling"
    THRASHING = "model thrashing"
    MISSING = "model that no host has"
    LOSS = "earns less than its power costs"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing, about one card, host, miner or model."""

    kind: Kind
    about: SafeText
    evidence: SafeText
    do: SafeText


@dataclass(frozen=True, slots=True)
class PowerCost:
    """What a card's power costs an hour at what it draws now; earnings beside it, in AITBC. None: not learnt."""

    gpu: SafeText
    watts: float
    cost_per_hour: float
    earned_per_hour: float | None


def power_costs(snapshot: Snapshot, kwh_price: float | None = None) -> list[PowerCost]:
    """What each card's power costs, by `kwh_price` (AITBC) or what is configured for its host: no platform knows it.

    Where cards of a host earn together, together they are set against what they earn.
    """
    found = []
    for host in dict.fromkeys(str(row.host) for row in snapshot.gpus):
        cards = [row for row in snapshot.gpus if row.host == host]
        price = kwh_price if kwh_price is not None else cards[0].kwh_price
        if price is None:
            continue
        if len(cards) > 1 and cards[0].host_earned_per_hour is not None:
            drawn = [row.reading.power for row in cards]
            watts = sum(one for one in drawn if one is not None)
            if None not in drawn:
                words = SafeText(f"{host} ({len(cards)} cards)")
                found.append(PowerCost(words, watts, watts / 1000.0 * price, cards[0].host_earned_per_hour))
            continue
        for row in cards:
            if row.reading.power is not None:
                cost = row.reading.power / 1000.0 * price
                found.append(PowerCost(row.name, row.reading.power, cost, row.earned_per_hour))
    return found


def advice(snapshot: Snapshot, kwh_price: float | None = None) -> list[Advice]:
    """Everything that is worth saying now; stale figures say nothing."""
    fresh = [row for row in snapshot.gpus if snapshot.now - row.observed_at <= row.limit_s and not row.reading.lost]
    found = [one for row in fresh for one in (_idle(snapshot, row), _power(row), _heat(row)) if one is not None]
    found += _thrashing(snapshot)
    found += _missing(snapshot)
    return found + _losses(snapshot, kwh_price)


def _idle(snapshot: Snapshot, row: GpuRow) -> Advice | None:
    queue, use = snapshot.totals.queue, row.reading.utilisation
    if not queue or use is None or use >= IDLE or row.miner is None:
        return None
    evidence = f"{use:.0f} % used, {queue} jobs wait, its miner is {row.miner}"
    return Advice(
        Kind.IDLE, row.name, SafeText(evidence), SafeText("aitbc-tui miners: is its miner alive, free, able?")
    )


def _power(row: GpuRow) -> Advice | None:
    card = row.reading
    if card.utilisation is None or card.utilisation < BUSY:
        return None
    reasons = card.throttle or ()
    near = card.power is not None and card.power_limit and card.power >= NEAR * card.power_limit
    if "power cap" not in reasons and "power brake" not in reasons and not (card.throttle is None and near):
        return None
    said = ", ".join(reasons) or "draws all it may"
    watts = f"{card.power:.0f} of {card.power_limit:.0f} W" if card.power is not None and card.power_limit else "? W"
    most, who = card.power_max, "the card allows"
    if row.bounds is not None and most is not None and row.bounds[1] < most:
        most, who = row.bounds[1], "power_limit_w allows"
    room = "" if most is None or card.power_limit is None else f"; {who} {most:.0f} W"
    raised = most is not None and card.power_limit is not None and most > card.power_limit + 1
    do = f"aitbc-tui gpus power-limit {card.index} WATTS --host {row.host}" if raised else "it runs at its own limit"
    return Advice(Kind.POWER, row.name, SafeText(f"{said}: {watts}{room}"), SafeText(do))


def _heat(row: GpuRow) -> Advice | None:
    card = row.reading
    thermal = [reason for reason in card.throttle or () if "thermal" in reason or "hardware slowdown" in reason]
    hot = card.temperature is not None and card.temperature >= HOT_C
    if not thermal and not (card.throttle is None and hot):
        return None
    heat = "? °C" if card.temperature is None else f"{card.temperature:.0f} °C"
    said = ", ".join(thermal) or "hot"
    return Advice(
        Kind.HEAT, row.name, SafeText(f"{said} at {heat}"), SafeText("air, dust, fans; or a lower power limit")
    )


def _thrashing(snapshot: Snapshot) -> list[Advice]:
    """A miner whose jobs alternate between models that its host's memory cannot hold together."""
    found = []
    for miner in {str(row.miner) for row in snapshot.gpus if row.miner is not None}:
        cards = [row for row in snapshot.gpus if row.miner == miner]
        models = _models_of(snapshot, miner)
        switches = sum(1 for one, other in zip(models, models[1:], strict=False) if one != other)
        sizes = _sizes(snapshot, str(cards[0].host), set(models))
        memory = max((row.reading.memory_total or 0 for row in cards), default=0)
        if switches < SWITCHES or sizes is None or not memory or sizes <= memory:
            continue
        space = f"{sizes / 2**30:.1f} of {memory / 2**30:.1f} GB"
        words = f"{switches} changes of model in {len(models)} jobs; together they need {space}"
        do = "one model a miner, or smaller ones: each change loads it anew"
        found.append(Advice(Kind.THRASHING, SafeText(miner), SafeText(words), SafeText(do)))
    return found


def _models_of(snapshot: Snapshot, miner: str) -> list[str]:
    """The models of its newest receipts, in order."""
    mine: list[VerifiedReceipt] = [
        row.receipt
        for row in snapshot.receipts
        if row.receipt.facts.provider is not None and row.receipt.facts.provider.label == miner
    ]
    used = [str(receipt.facts.model_used) for receipt in mine[:RECENT] if receipt.facts.model_used]
    return used


def _sizes(snapshot: Snapshot, host: str, models: set[str]) -> int | None:
    """Together, in bytes; None where the host's Ollama does not tell."""
    ollama = snapshot.ollamas.get(host)
    if ollama is None or ollama.value is None:
        return None
    known = {str(model.name): model.size for model in ollama.value.models}
    sizes = [known.get(name) for name in models]
    return None if None in sizes or not sizes else sum(size for size in sizes if size is not None)


def _missing(snapshot: Snapshot) -> list[Advice]:
    """Only our own jobs tell their model before they have run."""
    heard = [ollama.value for ollama in snapshot.ollamas.values() if ollama.value is not None]
    if not heard or len(heard) < len(snapshot.ollamas):
        return []  # a host that was not heard may have it
    held = {str(model.name) for reading in heard for model in reading.models}
    wanted: dict[str, int] = {}
    for row in snapshot.jobs:
        if row.job.state == "QUEUED" and row.model_asked and row.model_asked not in held:
            wanted[str(row.model_asked)] = wanted.get(str(row.model_asked), 0) + 1
    return [
        Advice(
            Kind.MISSING,
            SafeText(model),
            SafeText(f"{count} of our jobs wait for it, and no Ollama of {len(heard)} holds it"),
            SafeText(f"ollama pull {model} on a GPU host; else another model runs them and is paid"),
        )
        for model, count in sorted(wanted.items())
    ]


def _losses(snapshot: Snapshot, kwh_price: float | None) -> list[Advice]:
    found = []
    for cost in power_costs(snapshot, kwh_price):
        if cost.earned_per_hour is None or cost.earned_per_hour >= cost.cost_per_hour:
            continue
        words = f"{cost.earned_per_hour:.6f} AITBC/h earned, {cost.cost_per_hour:.6f} for {cost.watts:.0f} W"
        found.append(Advice(Kind.LOSS, cost.gpu, SafeText(words), SafeText("a lower power limit, or other work")))
    return found


def lines(items: Sequence[Advice]) -> list[str]:
    """Each in one line: what it is about, the evidence, what to do."""
    return [f"{one.about}: {one.kind.value}: {one.evidence}. {one.do}" for one in items]
