"""The lines of the log screen: a title that says which journal and how current, then its newest lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aitbc_tui.domain.text import SafeText
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import format as fmt
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.layout import section, text_lines
from aitbc_tui.ui.screens.log_text import log_line


@dataclass(frozen=True, slots=True)
class LogView:
    """What the reader chose. `held`: lines that had come when it was stopped; None follows."""

    held: int | None = None
    search: str = ""
    only: bool = False  # show only lines that contain it


def matching(lines: Sequence[SafeText], view: LogView) -> list[SafeText]:
    """The lines to show."""
    if not view.search or not view.only:
        return list(lines)
    wanted = view.search.casefold()
    return [line for line in lines if wanted in line.casefold()]


def found(lines: Sequence[SafeText], search: str) -> list[int]:
    """The rows that contain what is searched for."""
    wanted = search.casefold()
    return [index for index, line in enumerate(lines) if wanted in line.casefold()] if wanted else []


def log_title(unit: str, host: str, kept: int, total: int, view: LogView, trouble: str, hits: int, width: int) -> Line:
    """`━ Log aitbc-blockchain-node ► follows · genesis, 213 lines ━`."""
    if trouble:
        mark = (Level.WARN, "broken off")
    elif view.held is not None:
        new = total - view.held
        mark = (Level.STALE, f"held, {fmt.thousands(new)} new" if new else "held")
    else:
        mark = (Level.RUNNING, "follows")
    text = f"{host}, {fmt.thousands(kept)} lines"
    came = total if view.held is None else view.held  # what came since it is held was not let go: it waits
    if came > kept:
        text += f", {fmt.thousands(came - kept)} older ones let go"
    if view.search:
        text += f' · "{view.search}" in {fmt.thousands(hits)}'
    return section(f"Log {unit}", width, mark=mark, text=text, heavy=True)


def build_log(
    unit: str,
    host: str,
    lines: Sequence[SafeText],
    total: int,
    view: LogView,
    trouble: str,
    remedy: str,
    width: int,
) -> list[Line]:
    """Every line, the title first; whatever ended the reading stands last."""
    shown = matching(lines, view)
    hits = len(found(lines, view.search))
    out = [log_title(unit, host, len(lines), total, view, trouble, hits, width)]
    out += [log_line(text, width, view.search) for text in shown]
    if not shown and not trouble:
        words = "… nothing read yet" if not lines else f"no line contains {view.search!r}"
        out.append(Line((Run(f" {words}", Role.UNKNOWN),)))
    if trouble:
        out += text_lines(f"▲ {trouble}", width, role=Role.WARN)
        out += text_lines(remedy, width, indent=3, role=Role.MUTED) if remedy else []
    return out
