"""The lines of a card's screen: what it does, what it earns, whose it is, its past minutes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aitbc_tui.domain.figures import of_things
from aitbc_tui.domain.snapshot import GpuRow, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.domain.work import GpuMinute
from aitbc_tui.state.advice import Kind, advice
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph
from aitbc_tui.ui.screens.gpu_work import LABEL, NOTHING, Asked, work
from aitbc_tui.ui.screens.layout import GAP, beside, do_lines, pair, pairs, section, text_lines


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


def _figures(snapshot: Snapshot, row: GpuRow, width: int, asked: Asked) -> list[Line]:
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
        *_details(row, asked),
        ("read by", f"{row.source}, {fmt.age(snapshot.now - row.observed_at)} ago"),
    ]
    age = fmt.age(snapshot.now - row.observed_at, bound=15)
    stale = snapshot.now - row.observed_at > row.limit_s
    lines = [section("Figures", width, age=f"~{age}" if stale else age, stale=stale)]
    return [*lines, *(line for label, text in rows for line in pairs(label, text, width, at=LABEL))]


def _details(row: GpuRow, asked: Asked) -> list[tuple[str, str]]:
    """What newer drivers tell besides; what computes on it only where that was asked."""
    card = row.reading
    rows = []
    if card.clock_sm is not None:
        rows.append(("clocks", f"{card.clock_sm:,.0f} MHz, memory {_number(card.clock_memory, 'MHz')}"))
    if card.throttle is not None:
        rows.append(("slowed by", ", ".join(card.throttle) or "nothing"))
    rows.append(("limits", bounds_words(row)))
    known = asked.processes if asked.processes is not None else card.processes
    if known is None:
        return [*rows, ("processes", in_words("? not asked: `p` asks the host once"))]
    names = (f"{one.pid} {one.name}, {fmt.gigabytes(one.memory)} GB" for one in known)
    return [*rows, ("processes", "; ".join(names) or "none computes on it")]


def bounds_words(row: GpuRow) -> str:
    """Within what its limit may be set from here: by the card, by the configuration."""
    card = row.reading
    if card.power_min is None or card.power_max is None:
        return "? the card does not tell its bounds: its limit cannot be changed safely"
    own = f"{card.power_min:.0f} to {card.power_max:.0f} W by the card"
    if row.bounds is None:
        return f"{own}; no narrower ones are configured (power_limit_w)"
    return f"{row.bounds[0]:g} to {row.bounds[1]:g} W by power_limit_w; {own}"


def _advice(snapshot: Snapshot, row: GpuRow, width: int) -> list[Line]:
    """What could earn more here, with its evidence."""
    about = {str(row.name), str(row.host), str(row.miner), f"{row.host} ({row.host_cards} cards)"}
    mine = [one for one in advice(snapshot) if str(one.about) in about or one.kind is Kind.MISSING]
    lines = [section("Advice", width, text="idle, capped, hot, thrashing, model missing, at a loss")]
    if not mine:
        return [*lines, *text_lines("nothing that its figures show", width, role=Role.MUTED)]
    for one in mine:
        lines += text_lines(f"▲ {one.about}: {one.kind.value}: {one.evidence}", width, role=Role.WARN)
        lines += text_lines(str(one.do), width, indent=3)
    return lines


def _history(row: GpuRow, width: int) -> list[Line]:
    past = row.past or tuple(GpuMinute(value, None, None, None) for value in row.history)
    lines = [section("Past", width, text=f"one column a minute, {of_things(len(past), 'minute')}")]
    total = row.reading.memory_total
    plots: tuple[tuple[str, str, list[float | None], float | None], ...] = (
        ("utilisation", "%", [m.utilisation for m in past], 100.0),
        ("power", "W", [m.power for m in past], row.reading.power_limit),
        ("temperature", "°C", [m.temperature for m in past], 100.0),
        ("memory", "GB", [_gib(m.memory_used) for m in past], _gib(total)),
    )
    for name, unit, values, most in plots:
        lines += _plot(name, unit, values, most, width)
    return lines if len(lines) > 1 else [*lines, Line((Run(" ? the first minute is not over yet", Role.UNKNOWN),))]


def _gib(size: int | None) -> float | None:
    return None if size is None else size / 2**30


def _plot(name: str, unit: str, values: Sequence[float | None], most: float | None, width: int) -> list[Line]:
    known = [value for value in values if value is not None]
    if not known:
        return []
    room = max(10, min(60, width - 60))
    spark = fmt.spark(tuple(values), min(room, len(values)), most or max(known) or 1.0)
    figures = f"least {min(known):.0f}, mean {sum(known) / len(known):.0f}, most {max(known):.0f} {unit}"
    return [pair(name, Run(spark, Role.MUTED), Run(f"  {figures}"), at=LABEL)]


def build_gpu(snapshot: Snapshot, row: GpuRow, width: int, asked: Asked = NOTHING) -> list[Line]:
    """Every line, the title first."""
    mark = (row.verdict.level, str(row.verdict.word))
    title = section(f"GPU {row.name}", width, mark=mark, text=str(row.reading.name), heavy=True)
    todo = [in_words("`w` its power limit"), in_words("`v` latency of a generate"), in_words("`p` what computes on it")]
    todo += [in_words("`m` its miner")] if row.miner else []
    todo += ["Enter the job it runs"] if row.job else []
    lines = [title, *text_lines(_sentence(row), width), *do_lines(todo, width), Line()]
    if width < 120:
        lines += [*_figures(snapshot, row, width, asked), Line(), *work(snapshot, row, width, asked)]
    else:
        left = (width - GAP) // 2
        rest = width - GAP - left
        lines += beside(_figures(snapshot, row, left, asked), left, work(snapshot, row, rest, asked), rest)
    lines += [Line(), *_advice(snapshot, row, width), Line(), *_history(row, width)]
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
