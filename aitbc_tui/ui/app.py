"""The dashboard's application: paints the newest snapshot, keeps the pace, ends cleanly. Imports textual only."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import Provider
from textual.screen import Screen
from textual.widgets import Input, TextArea

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.snapshot import Pane, Snapshot
from aitbc_tui.domain.text import SafeText, clean
from aitbc_tui.domain.verdict import Level
from aitbc_tui.ui import theme
from aitbc_tui.ui.backend import Backend
from aitbc_tui.ui.driver import CountingDriver
from aitbc_tui.ui.inorder import InOrder, Typed
from aitbc_tui.ui.keys import TYPING, Keys, in_words, use
from aitbc_tui.ui.options import DashboardOptions
from aitbc_tui.ui.pace import Pace
from aitbc_tui.ui.painter import FrugalApp
from aitbc_tui.ui.screens import registry
from aitbc_tui.ui.screens.alarms_looks import looks
from aitbc_tui.ui.screens.base import StatusScreen
from aitbc_tui.ui.screens.dashboard import DashboardScreen
from aitbc_tui.ui.signals import handle_signals
from aitbc_tui.ui.styling import sheets

BEGIN_S = 0.5  # at the latest so long after the start
SETTLED_S = 8.0  # every module is imported and every connection was tried
SILENT_S = 20.0  # a collector that says nothing for so long is said to be silent


def _palette() -> type[Provider]:
    from aitbc_tui.ui.palette import Commands

    return Commands


class AitbcApp(FrugalApp):
    """One window on one network."""

    TITLE = "aitbc-tui"
    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave(0)", show=False, id="quit"),
        Binding("ctrl+c", "leave(130)", show=False, priority=True, id="interrupt"),
        Binding("colon", "command_palette", show=False, id="command"),
        Binding("question_mark", "help", show=False, id="help"),
        Binding("ctrl+z", "suspend_process", show=False, id="suspend"),
        Binding("r", "refresh", show=False, id="refresh"),
        Binding("ctrl+l", "redraw", show=False, id="redraw"),
    ]

    def __init__(self, backend: Backend, options: DashboardOptions | None = None) -> None:
        self.options = options or DashboardOptions()
        use(self.options.keys)
        look_name = theme.choose(self.options.theme, slow_link=self.options.slow_link)
        super().__init__(driver_class=CountingDriver, css_path=list(sheets()), ansi_color=theme.is_ansi(look_name))
        self.backend = backend
        self.look = theme.look(look_name, self.options.ascii, self.options.palette)
        self.pace = Pace(slow_link=self.options.slow_link)
        self.painted = 0.0  # bytes a second, over the last tick
        self.dashboard = DashboardScreen()
        self._newest = backend.snapshot()
        self._written_before = 0
        self._paint_due = False
        self._begun = False
        self._warned = False  # that leaving cuts an operation off
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._typed = InOrder(self, self._answer)
        for known in theme.textual_themes(self.options.palette):
            self.register_theme(known)
        self.theme = f"aitbc-{look_name}"

    def begin_frames(self) -> None:
        self.options.take_over()
        super().begin_frames()

    async def on_event(self, event: events.Event) -> None:
        """What is typed waits for what was typed before it; ctrl+c never waits."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded and not _interrupts(event):
            await self._typed.take(event)
        else:
            await super().on_event(event)

    async def _answer(self, event: Typed) -> None:
        """The reader's own keys become the ones the screens know; in a field, keys are text."""
        if isinstance(event, events.Key):
            key = self.keys_here.translate(event.key)
            if key is None:
                return
            if key != event.key:
                event = events.Key(key, key if len(key) == 1 else None)
        await super().on_event(event)

    @property
    def keys_here(self) -> Keys:
        """The reader's own keys as far as they hold on the screen in front."""
        screen, keys = self.screen, self.options.keys
        typing = isinstance(screen.focused, Input | TextArea) or type(screen).__name__ in TYPING
        return keys.beside_text() if typing else keys

    # --- what the screens read

    @property
    def current(self) -> Snapshot:
        """The newest snapshot at this moment: its ages go on even when nothing new arrives."""
        clock, newest = self.options.clock, self._newest
        now = max(newest.now, clock.monotonic())
        trouble = newest.collector_trouble
        if self._begun and not trouble and now - newest.now > SILENT_S:
            trouble = SafeText(f"the collector has said nothing for {int(now - newest.now) // 5 * 5} s")
        return replace(newest, now=now, utc=clock.utc(), collector_trouble=trouble)

    @property
    def slow(self) -> bool:
        return self.pace.slow(self._newest.totals.rtt_ms)

    # --- life

    def get_default_screen(self) -> Screen[None]:
        return self.dashboard

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def on_mount(self) -> None:
        self._own_loop = asyncio.get_running_loop()
        self._own_context = contextvars.copy_context()
        handle_signals(self)
        self.call_after_refresh(self._begin)
        # A screen opened before the first refresh drops that call: the backend must start all the same.
        self.set_timer(BEGIN_S, self._begin)
        if not self.is_headless:
            self.set_timer(SETTLED_S, self._settle)

    def _settle(self) -> None:
        """What the start made stays to the end: to look through it for garbage again is 50 ms without keys."""
        gc.freeze()

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer to the disc printed at start: where it takes two cells, columns would shift."""
        if event.y == 0 and event.x == 2 and not self.look.ascii:
            self.set_look(ascii_only=True)

    def _begin(self) -> None:
        """The first frame is painted: now the backend may import and connect. Once."""
        if self._begun:
            return
        self.backend.on_change(lambda: self.from_thread(self._wanted))
        self.backend.start()
        self._begun = True
        self.set_interval(self.options.tick_s, self._tick)

    def from_thread(self, call: Callable[[], None]) -> None:
        """Call this in the screen's loop; safe from any thread, and after the end."""
        if self._own_loop is not None and not self._own_loop.is_closed():
            self._own_loop.call_soon_threadsafe(call, context=self._own_context)  # the collector's has no app

    def _wanted(self) -> None:
        """Something newer stands ready; however often that is said, one frame follows."""
        if self._paint_due or not self.is_running:
            return
        self._paint_due = True
        self.set_timer(max(0.001, self.pace.wait(time.monotonic(), self._newest.totals.rtt_ms)), self._paint)

    def _paint(self) -> None:
        self._paint_due = False
        driver = self._driver
        if isinstance(driver, CountingDriver) and driver.behind:
            self.pace.skip(time.monotonic())
            self._wanted()
            return
        self.pace.painted_at = time.monotonic()
        self._newest = self.backend.snapshot()
        self.paint_now()

    def paint_now(self) -> None:
        """Show the newest snapshot on the screen that is in front."""
        if self.screen_stack and isinstance(self.screen, StatusScreen) and self.screen.is_mounted:
            self.screen.on_snapshot(self.current)
        if looks(self).news(self._newest):
            self.bell()

    def _tick(self) -> None:
        driver = self._driver
        if isinstance(driver, CountingDriver):
            self.painted = (driver.written - self._written_before) / self.options.tick_s
            self._written_before = driver.written
        self._wanted()

    # --- what screens and commands ask for

    def back(self) -> None:
        """Esc: one screen back; the dashboard stays."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def home(self, pane: Pane | None = None) -> None:
        """Back to the dashboard, with this pane in focus."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if pane is not None:
            self.dashboard.open_pane(pane)

    def go_over(self, name: str) -> None:
        """Watch another environment: its connections begin, then those of this one end."""
        make = self.options.open_environment
        if make is None:
            return
        try:
            backend = make(name)
        except AitbcError as error:
            self.say(f"cannot go over to {name}: {clean(str(error), 200)}", Level.WARN)
            return
        before, self.backend = self.backend, backend
        self._newest = backend.snapshot()
        self.home()
        self.dashboard.forget()
        backend.on_change(lambda: self.from_thread(self._wanted))
        backend.start()
        self.paint_now()
        threading.Thread(target=before.stop, name="ending", daemon=True).start()  # it may take seconds

    def say(self, text: str, level: Level = Level.NONE) -> None:
        """A message on the screen in front."""
        if isinstance(self.screen, StatusScreen):
            self.screen.toast(text, level)

    def copy(self, text: str) -> None:
        """OSC 52, only when asked for by a key."""
        self.copy_to_clipboard(text)
        self.say(f"copied {text}; if nothing arrives, your terminal forbids it")

    def set_look(self, name: str | None = None, ascii_only: bool | None = None) -> None:
        name = name or self.look.name
        ascii_only = self.look.ascii if ascii_only is None else ascii_only
        self.look = theme.look(name, ascii_only, self.options.palette)
        self.ansi_color = theme.is_ansi(name)
        self.theme = f"aitbc-{name}"
        self.refresh_css(animate=False)
        self.screen.refresh(layout=True)
        for widget in self.screen.walk_children():
            widget.refresh()

    def action_leave(self, code: int) -> None:
        from aitbc_tui.ui.screens.progress_kept import under_way

        if code == 0 and under_way(self) and not self._warned:
            self._warned = True
            self.say(in_words("an operation is under way, and leaving cuts it off: `q` again leaves"), Level.WARN)
            return
        self.exit(code)

    def action_help(self) -> None:
        registry.open_help(self)

    def action_refresh(self) -> None:
        self.backend.refresh()
        self.say("asked every source that may be asked now")


def _interrupts(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.key == "ctrl+c"
