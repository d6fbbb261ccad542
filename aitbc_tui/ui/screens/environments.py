"""The environments of the configuration: which one this is, and going over to another."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from aitbc_tui.domain.snapshot import Access, Snapshot
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.screens.base import DetailScreen
from aitbc_tui.ui.screens.environment_choice import EnvironmentChoice
from aitbc_tui.ui.screens.layout import cut, pad, section, text_lines
from aitbc_tui.ui.screens.progress_kept import under_way


def build_environments(
    choices: Sequence[EnvironmentChoice], current: str, chosen: int, can_switch: bool, width: int
) -> list[Line]:
    """Every line, the title first."""
    title = section("Environments", width, mark=(Level.GOOD, current), text=f"{len(choices)} configured", heavy=True)
    lines = [title, Line((Run("   environment      access    what is in it", Role.MUTED),))]
    for index, one in enumerate(choices):
        what = f"{one.nodes} nodes on {one.hosts} hosts"
        what += ", a coordinator" if one.coordinator else ", no coordinator"
        what += ", production" if one.production else ""
        here = "● " if one.name == current else "  "
        runs = (
            Run("▌" if index == chosen else " ", Role.ACCENT),
            Run(here, Role.OK),
            Run(pad(one.name, 17), Role.STRONG if index == chosen else Role.TEXT),
            Run(pad(one.access.value, 10), Role.WARN if one.access is Access.OPERATE else Role.TEXT),
            Run(cut(what, width - 32), Role.MUTED),
        )
        lines.append(Line(runs, selected=index == chosen))
    if not choices:
        lines += text_lines("– this run knows of one environment only", width, role=Role.MUTED)
    lines.append(Line())
    if not can_switch:
        return [*lines, *text_lines("To watch another one, leave and start with --env NAME.", width, role=Role.MUTED)]
    words = "Enter goes over: the connections of this one are ended, then those of the other begin."
    return [*lines, *text_lines(words, width), *text_lines("Nothing of this one is changed by that.", width)]


class EnvironmentsScreen(DetailScreen):
    """Enter goes over; the one that is watched is marked."""

    BINDINGS = [
        Binding("j,down", "move(1)", show=False, priority=True),
        Binding("k,up", "move(-1)", show=False, priority=True),
        Binding("enter", "go", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._chosen: int | None = None

    @property
    def _choices(self) -> Sequence[EnvironmentChoice]:
        return self.aitbc.options.environments

    def _index(self) -> int:
        names = [one.name for one in self._choices]
        current = str(self.aitbc.current.environment.name)
        at = self._chosen if self._chosen is not None else names.index(current) if current in names else 0
        return max(0, min(len(names) - 1, at))

    def build(self, snapshot: Snapshot, width: int, height: int) -> Sequence[Line]:
        can = self.aitbc.options.open_environment is not None
        return build_environments(self._choices, str(snapshot.environment.name), self._index(), can, width)

    def hints(self, width: int) -> Sequence[tuple[str, str]]:
        keys = [("Esc", "back"), ("j/k", "environment"), ("Enter", "go over")]
        return [*keys, (":", "command"), ("?", "help"), ("q", "quit")]

    def action_move(self, step: int) -> None:
        self._chosen = max(0, min(len(self._choices) - 1, self._index() + step))
        self.on_snapshot(self.aitbc.current)

    def action_go(self) -> None:
        if not self._choices:
            return
        name = self._choices[self._index()].name
        if name == str(self.aitbc.current.environment.name):
            self.action_back()
        elif under_way(self.app):
            self.toast("an operation is under way: going over would cut it off", Level.WARN)
        elif self.aitbc.options.open_environment is None:
            self.toast(f"leave and start with --env {name}")
        else:
            self.aitbc.go_over(name)
