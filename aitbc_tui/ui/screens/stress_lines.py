"""The lines of the stress test: what would be sent, then the bar, the figures and the jobs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aitbc_tui.domain.snapshot import Access, OfferedModel, Snapshot
from aitbc_tui.domain.stress import Phase, StressJob, StressPicture, StressPlan, StressProof
from aitbc_tui.domain.verdict import Level
from aitbc_tui.operations.stress_report import figure_rows
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.keys import in_words
from aitbc_tui.ui.paint import Line, Role, Run, glyph, level_role
from aitbc_tui.ui.screens.layout import cut, pad, pair, pairs, section, text_lines

PROMPT = "Explain in three sentences what proof of authority is."
PAYS = (0.0, 0.1, 1.0, 2.0)  # AITBC a job
COUNTS = (1, 2, 5, 10, 20, 50, 100, 200)
_PHASES = {
    Phase.SENDING: (Level.RUNNING, "sending"),
    Phase.WAITING: (Level.RUNNING, "waits for the rest"),
    Phase.DONE: (Level.GOOD, "done"),
    Phase.STOPPED: (Level.WARN, "stopped"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being planned: the models chosen, how many jobs, and which row has the cursor."""

    count: int = 10
    chosen: frozenset[str] = field(default_factory=frozenset)
    touched: bool = False
    cursor: int = 0
    pay: float = 0.0

    def models(self, snapshot: Snapshot) -> tuple[str, ...]:
        """In the order of the list; untouched, every model that a miner holds."""
        held = [str(model.name) for model in snapshot.models]
        return tuple(name for name in held if not self.touched or name in self.chosen)

    def plan(self, snapshot: Snapshot) -> StressPlan | None:
        models = self.models(snapshot)
        return StressPlan(models, self.count, PROMPT, pay=self.pay) if models else None


def _model(offer: OfferedModel, chosen: bool, selected: bool) -> Line:
    price = "no receipt yet" if offer.price_median is None else f"about {offer.price_median:.6f} AITBC a job"
    hosts = ", ".join(offer.hosts)
    mark = Run("[x] " if chosen else "[ ] ", Role.ACCENT if chosen else Role.MUTED)
    runs = (
        Run("▌" if selected else " ", Role.ACCENT),
        mark,
        Run(pad(offer.name, 26) + " "),
        Run(pad(price, 30) + hosts, Role.MUTED),
    )
    return Line(runs, selected=selected)


def _estimate(snapshot: Snapshot, plan: StressPlan | None) -> str:
    """What it will cost, from receipts so far; says so where there is no basis."""
    if plan is None:
        return "–"
    prices = {str(model.name): model.price_median for model in snapshot.models}
    known = [price for n in range(plan.count) if (price := prices.get(plan.order(n).model)) is not None]
    if len(known) < plan.count:
        return "no basis: not every model has a receipt yet"
    return f"about {sum(known):.6f} AITBC, from the median of receipts so far"


def build_draft(snapshot: Snapshot, draft: Draft, width: int) -> list[Line]:
    """Before it begins."""
    plan = draft.plan(snapshot)
    access = snapshot.environment.access
    mark = (Level.WAITS, "not begun")
    if access is Access.OBSERVE:
        mark = (Level.REFUSED, "needs access submit")
    title = "every job is real: queued, run, charged" + (" and followed to its receipt" if width >= 120 else "")
    lines = [section("Stress test", width, mark=mark, text=title, heavy=True), Line()]
    lines.append(Line((Run(" models the miners hold, taken in turn", Role.MUTED),)))
    chosen = draft.models(snapshot)
    lines += [
        _model(offer, str(offer.name) in chosen, index == draft.cursor) for index, offer in enumerate(snapshot.models)
    ]
    if not snapshot.models:
        lines += text_lines("? no Ollama of a miner has answered yet: which models there are is not known", width)
    lines += [
        Line(),
        pair("jobs", Run(f"{draft.count}", Role.STRONG), Run("   + and - change it", Role.MUTED)),
        *pairs("prompt", PROMPT, width),
        pair("lifetime", "900 s each, no constraint"),
        pair("payment", Run(_pay_words(draft.pay), Role.STRONG), Run(in_words("   `p` changes it"), Role.MUTED)),
        *pairs("cost", _estimate(snapshot, plan), width),
        *pairs("queue now", _queue(snapshot), width),
        Line(),
    ]
    if access is Access.OBSERVE:
        return [*lines, *text_lines('□ nothing can be begun: access = "submit" in the configuration arms it', width)]
    lines += text_lines(in_words("`y` begins. Nothing is sent twice; requests stay within the server's budget."), width)
    words = "At its end the payments of the last two jobs are followed from job to chain: that is the payment test."
    lines += text_lines(words, width)
    more = "another prompt, amount, constraints: aitbc-tui submit --count N --report DIR"
    return [*lines, *text_lines(more, width, role=Role.MUTED)]


def _pay_words(pay: float) -> str:
    return "none" if not pay else f"{pay:g} AITBC a job"


def _queue(snapshot: Snapshot) -> str:
    queue, live = snapshot.totals.queue, snapshot.totals.miners_live
    waiting = "?" if queue is None else f"{queue:,}"
    return f"{waiting} waiting before these, {'?' if live is None else live} miners alive"


def bar(picture: StressPicture, width: int) -> Line:
    """`━━━━━━······ 6 of 12 ended · 2 running · 3 queued · 1 failed`."""
    f = picture.figures
    room = max(10, min(40, width - 60))
    full = room * f.ended // max(1, f.planned)
    words = f" {f.ended} of {f.planned} ended · {f.running} running · {f.queued} queued · {f.failed} failed"
    runs = [Run(" "), Run("━" * full, Role.OK), Run("·" * (room - full), Role.MUTED), Run(words)]
    return Line(tuple(runs))


def build_test(snapshot: Snapshot, picture: StressPicture, width: int) -> list[Line]:
    """While it runs, and after."""
    level, word = _PHASES[picture.phase]
    if picture.phase is Phase.DONE and picture.figures.failed:
        level, word = Level.BAD, f"{picture.figures.failed} FAILED"
    models = ", ".join(picture.plan.models)
    begun = max(0.0, snapshot.utc.timestamp() - picture.begun_utc)
    lines = [section("Stress test", width, mark=(level, word), text=models, age=fmt.age(begun), heavy=True)]
    lines.append(bar(picture, width))
    if picture.note:
        lines += text_lines(str(picture.note), width, role=Role.WARN)
    lines.append(Line())
    lines += _figures(picture, width)
    lines.append(section("Failures by cause", width))
    causes = [
        Line((Run(f" {count:>4}  "), Run(cut(cause, width - 8), Role.BAD))) for cause, count in picture.figures.causes
    ]
    lines += causes or text_lines("none" if picture.figures.ended else "none yet", width, role=Role.MUTED)
    lines += _proofs(picture, width)
    if picture.saved:
        lines += pairs("report", str(picture.saved), width)
    lines += [section("Jobs", width), _header(width)]
    return [*lines, *(_job(job, width) for job in picture.jobs)]


def _proof_mark(proof: StressProof) -> tuple[Level, str]:
    """The worst of its steps: the first that is wrong, else the first that is worth a look."""
    for level in (Level.BAD, Level.WARN):
        found = next((step.verdict for step in proof.steps if step.verdict.level is level), None)
        if found is not None:
            return level, str(found.word).upper() if level is Level.BAD else str(found.word)
    return Level.GOOD, "nothing wrong"


def _proofs(picture: StressPicture, width: int) -> list[Line]:
    """The payment test: each step with what was seen."""
    lines: list[Line] = []
    for proof in picture.proofs:
        mark = _proof_mark(proof)
        lines.append(section(f"Payment of {proof.job_id[:8]}", width, mark=mark))
        for one in proof.steps:
            head = f" {glyph(one.verdict.level)} {pad(str(one.step), 18)}{pad(str(one.verdict.word), 18)}"
            seen = cut(str(one.verdict.text), max(10, width - 40))
            lines.append(Line((Run(head, level_role(one.verdict.level)), Run(seen))).fit(width))
    return lines


def _figures(picture: StressPicture, width: int) -> list[Line]:
    """Two columns of figures from 100 cells up."""
    rows = [(name, value) for name, value in figure_rows(picture.figures) if name not in ("unfinished", "failed")]
    cells = [(Run(pad(f" {name}", 23), Role.MUTED), Run(value)) for name, value in rows]
    if width < 100:
        return [Line(cell) for cell in cells]
    half = (len(cells) + 1) // 2
    lines = []
    for index in range(half):
        left = Line(cells[index]).fit(width // 2)
        other = cells[index + half] if index + half < len(cells) else ()
        lines.append(Line((*left.runs, *other)))
    return lines


_WIDE = " {:>4}  {:<9}{:<17}{:<11}{:>7}{:>7}{:>7}  {:>10}  {:<10}"
_NARROW = " {:>4}  {:<9}{:<17}{:>7}{:>7}  "


def _row(width: int, cells: Sequence[str]) -> str:
    """Below 110 cells the outcome counts more than the money."""
    if width >= 110:
        return _WIDE.format(*cells)
    number, job, model, _, wait, run, *_ = cells
    return _NARROW.format(number, job, model, wait, run)


def _header(width: int) -> Line:
    heads = ("#", "job", "model", "miner", "wait s", "run s", "tokens", "price", "receipt")
    return Line((Run(cut(_row(width, heads) + "outcome", width), Role.MUTED),))


def _job(job: StressJob, width: int) -> Line:
    level = _level(job)
    cells = (
        str(job.number + 1),
        job.job_id[:8] or fmt.NONE,
        cut(job.model, 16),
        cut(job.miner or fmt.NONE, 10),
        _one(job.wait_s),
        _one(job.run_s),
        fmt.NONE if job.tokens is None else str(job.tokens),
        cut(job.price or fmt.NONE, 10),
        cut(job.receipt or fmt.NONE, 9),
    )
    word = str(job.cause or job.state.lower())
    return Line((Run(_row(width, cells)), Run(f"{glyph(level)} {word}", level_role(level)))).fit(width)


def _one(value: float | None) -> str:
    return fmt.NONE if value is None else f"{value:,.1f}"


def _level(job: StressJob) -> Level:
    if job.cause == "completed":
        return Level.GOOD
    if job.ended:
        return Level.NONE if job.cause == "canceled" else Level.BAD
    return {"unsent": Level.WAITS, "QUEUED": Level.WAITS}.get(str(job.state), Level.RUNNING)


def hints(picture: StressPicture | None, access: Access) -> Sequence[tuple[str, str]]:
    """What the keys do now."""
    end = [(":", "command"), ("?", "help")]
    if picture is None or picture.phase.over:
        begin = [("y", "begin")] if access is not Access.OBSERVE else []
        again = [("n", "another"), ("w", "save report")] if picture is not None else []
        return [
            ("Esc", "back"),
            *(again or [*begin, ("space", "model"), ("+ -", "jobs"), ("p", "payment"), ("j/k", "row")]),
            *end,
        ]
    return [
        ("Esc", "back, it goes on"),
        ("s", "send no more"),
        ("c", "cancel what is left"),
        ("w", "save report"),
        *end,
    ]
