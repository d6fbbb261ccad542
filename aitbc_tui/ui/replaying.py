"""The dashboard over a recording: the same screens, and keys for seek and speed."""

from __future__ import annotations

from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType

from aitbc_tui.ui.app import AitbcApp
from aitbc_tui.ui.backend import Backend
from aitbc_tui.ui.options import Clock, DashboardOptions


class Player(Backend, Protocol):
    """A backend that plays."""

    @property
    def position(self) -> float: ...

    @property
    def seconds(self) -> float: ...

    @property
    def speed(self) -> float: ...

    def seek(self, at: float) -> None: ...

    def at_speed(self, speed: float) -> None: ...


class ReplayApp(AitbcApp):
    """`[` and `]` seek by 10 s, `{` and `}` by a minute, `<` and `>` change the speed, 0 stands still."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "seek(-10)", show=False, priority=True),
        Binding("right_square_bracket", "seek(10)", show=False, priority=True),
        Binding("left_curly_bracket", "seek(-60)", show=False, priority=True),
        Binding("right_curly_bracket", "seek(60)", show=False, priority=True),
        Binding("less_than_sign", "pace(-1)", show=False, priority=True),
        Binding("greater_than_sign", "pace(1)", show=False, priority=True),
    ]

    def __init__(self, player: Player, options: DashboardOptions, speeds: tuple[float, ...]) -> None:
        super().__init__(player, options)
        self.player = player
        self._speeds = speeds

    def on_mount(self) -> None:
        super().on_mount()
        self.call_after_refresh(
            self._say, self.options.keys.words("`[` `]` seek 10 s, `{` `}` a minute, `<` `>` speed")
        )

    def action_seek(self, seconds: int) -> None:
        self.player.seek(self.player.position + seconds)
        self._say()

    def action_pace(self, step: int) -> None:
        nearest = min(range(len(self._speeds)), key=lambda index: abs(self._speeds[index] - self.player.speed))
        index = max(0, min(len(self._speeds) - 1, nearest + step))
        self.player.at_speed(self._speeds[index])
        self._say()

    def _say(self, more: str = "") -> None:
        at, whole, speed = self.player.position, self.player.seconds, self.player.speed
        pace = "stands still" if not speed else f"speed {speed:g}"
        self.say(f"replay at {_minutes(at)} of {_minutes(whole)}, {pace}{f'; {more}' if more else ''}")


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run_replay(player: Player, options: DashboardOptions, speeds: tuple[float, ...]) -> int:
    """Show it until it is left; the exit code."""
    app = ReplayApp(player, options, speeds)
    try:
        code = app.run(mouse=options.mouse)
    finally:
        player.stop()
    if app.crashed is not None:
        raise app.crashed
    return code if code is not None else app.return_code or 0


__all__ = ["Clock", "Player", "ReplayApp", "run_replay"]
