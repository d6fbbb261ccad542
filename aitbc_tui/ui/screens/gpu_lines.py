"""The lines of a card's screen: what it does, what it earns, whose it is, its past minutes. Pure."""

from __future__ import annotations

from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.snapshot import GpuRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.panes.gpus import works
from aitbc_tui.ui.screens.layout import do_lines, pairs, section, text_lines
from aitbc_tui.ui.screens.node_panels import why_not

LABEL = 14


def gpu_row(snapshot: Snapshot, name: str) -> GpuRow | None:
    return next((row for row in snapshot.gpus if row.name == name), None)


def _number(value: float | None, unit: str, digits: int = 0) -> str:
    return f"? {unit}" if value is None else f"{value:,.{digits}f} {unit}"


def card_words(row: GpuRow) -> str:
    """One line: load, memory, power, temperature."""
    card = row.reading
    memory = f"{fmt.gigabytes(card.memory_used)}/{fmt.gigabytes(card.memory_total)} GB"
    return f"{_number(card.utilisation, '%')}  {_number(card.power, 'W')}  {_number(card.temperature, '°C')}  {memory}"


def _sentence(row: GpuRow) -> str:
    if row.reading.lost:
        return "The driver no longer sees this card: it fell off the bus."
    if row.verdict.text:
        said = str(row.verdict.text)
        return said[0].upper() + said[1:] + ("" if said.endswith(".") else ".")
    return {
        "works": "It computes now.",
        "ready": "It does not compute now; a model is loaded.",
        "spare": "No miner is configured for it.",
    }.get(str(row.verdict.word), f"It is {row.verdict.word}.")


def _figures(snapshot: Snapshot, row: GpuRow, width: int) -> list[Line]:
    card = row.reading
    power = _number(card.power, "W")
    if card.power is not None and card.power_limit:
        power += f" of {card.power_limit:.0f} W limit"
    memory = f"{fmt.gigabytes(card.memory_used)} of {fmt.gigabytes(card.memory_total)} GB"
    rows = [
        ("card", f"{card.name}, index {card.index}"),
        ("uuid", str(card.uuid)),
        ("driver", str(card.driver) or "? not said"),
        ("utilisation", _number(card.utilisation, "%")),
        ("memory", memory),
        ("temperature", _number(card.temperature, "°C")),
        ("power", power),
        *_details(row),
        ("read by", f"{row.source}, {fmt.age(snapshot.now - row.observed_at)} ago"),
    ]
    age = fmt.age(snapshot.now - row.observed_at, bound=15)
    stale = snapshot.now - row.observed_at > row.limit_s
    lines = [section("Figures", width, age=f"~{age}" if stale else age, stale=stale)]
    return [*lines, *(line for label, text in rows for line in pairs(label, text, width, at=LABEL))]


def _details(row: GpuRow) -> list[tuple[str, str]]:
    """What newer drivers tell besides; nothing where this one does not."""
    card = row.reading
    rows = []
    if card.clock_sm is not None:
        rows.append(("clocks", f"{card.clock_sm:,.0f} MHz, memory {_number(card.clock_memory, 'MHz')}"))
    if card.throttle is not None:
        rows.append(("slowed by", ", ".join(card.throttle) or "nothing"))
    if card.power_min is not None and card.power_max is not None:
        rows.append(("limits", f"{card.power_min:.0f} to {card.power_max:.0f} W may be set"))
    rows += [("process", f"{one.pid} {one.name}, {fmt.gigabytes(one.memory)} GB") for one in card.processes or ()]
    return rows


def _miner(row: GpuRow) -> str:
    if row.miner:
        return str(row.miner)
    if not row.host_miners:
        return "– none is configured for this host"
    return f"? {' or '.join(map(str, row.host_miners))}: nothing tells which of them uses this card"


def _no_job(row: GpuRow) -> str:
    return "? it computes, and nothing tells for which job" if works(row) else "– none: it does not compute"


def _work(snapshot: Snapshot, row: GpuRow, width: int) -> list[Line]:
    earned = "? not learnt" if row.earned_per_hour is None else f"{row.earned_per_hour:.6f}"
    rows = [
        ("host", str(row.host)),
        ("miner", _miner(row)),
        ("job", fmt.job_id(row.job, 32) if row.job else _no_job(row)),
        ("AITBC/h", f"{earned}, valid receipts of the last 60 minutes"),
    ]
    lines = [section("Work", width)]
    lines += [line for label, text in rows for line in pairs(label, text, width, at=LABEL)]
    ollama = snapshot.ollamas.get(str(row.host))
    if ollama is not None and ollama.value is not None:
        lines += pairs("models", ", ".join(str(m.name) for m in ollama.value.models) or "none", width, at=LABEL)
        lines += pairs("in memory", ", ".join(ollama.value.loaded) or "no model", width, at=LABEL)
    elif ollama is not None:
        lines += pairs("Ollama", why_not(ollama, snapshot.now), width, at=LABEL)
    return lines


def _history(row: GpuRow, width: int) -> list[Line]:
    known = [value for value in row.history if value is not None]
    text = f"utilisation, one column a minute, {of_things(len(row.history), 'minute')}"
    lines = [section("Past", width, text=text)]
    if not known:
        return [*lines, Line((Run(" ? the first minute is not over yet", Role.UNKNOWN),))]
    lines.append(Line((Run(" " + fmt.spark(row.history, len(row.history), 100.0), Role.MUTED),)))
    mean = sum(known) / len(known)
    return [*lines, *text_lines(f"least {min(known):.0f} %, mean {mean:.0f} %, most {max(known):.0f} %", width)]


def build_gpu(snapshot: Snapshot, row: GpuRow, width: int) -> list[Line]:
    """Every line, the title first."""
    mark = (row.verdict.level, str(row.verdict.word))
    title = section(f"GPU {row.name}", width, mark=mark, text=str(row.reading.name), heavy=True)
    todo = ["m its miner"] if row.miner else []
    todo += ["Enter the job it runs"] if row.job else []
    lines = [title, *text_lines(_sentence(row), width), *do_lines(todo, width), Line()]
    lines += [*_figures(snapshot, row, width), Line(), *_work(snapshot, row, width), Line(), *_history(row, width)]
    others = [other for other in snapshot.gpus if other.host == row.host and other.name != row.name]
    if others:
        lines += [Line(), section(f"Beside it on {row.host}", width)]
        for other in others:
            lines += pairs(
                str(other.name),
                f"{glyph(other.verdict.level)} {other.verdict.word}  {card_words(other)}",
                width,
                at=LABEL,
            )
    return lines


def unknown_gpu(name: str, width: int) -> list[Line]:
    title = section(f"GPU {name}", width, mark=(Level.NONE, "not listed"), heavy=True)
    return [title, *text_lines(f"– no card of this name is listed: {name}", width)]
