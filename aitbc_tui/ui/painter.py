"""An app that sends the terminal only the cells that changed, whatever the widgets ask to be painted again.

Textual paints a changed cell from the left edge of its widget on, and a whole row of styles for one digit; over a slow
line that is the largest cost there is. `App._display` is not public: the version of Textual is bounded for it, and
a test names all that is taken of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.color import ColorSystem
from rich.console import RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen
from textual.strip import Strip

from aitbc_tui.ui.frame import Frame

RETRY_S = 0.1
SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class FrugalApp(App[int]):
    """Keeps what the terminal shows, and writes differences."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._frame = Frame()
        self._owes = False

    def begin_frames(self) -> None:
        """The terminal is about to be taken and may show anything: the next frame paints every cell."""
        self._frame.forget(0, 0)

    def action_redraw(self) -> None:
        """Another program has written on the terminal: paint every cell again."""
        self._frame.forget(0, 0)
        self.screen.refresh(layout=True)

    def _handle_exception(self, error: Exception) -> None:
        """End, and let whoever ran the app have the error: the toolkit would print every local variable."""
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()

    @property
    def crashed(self) -> Exception | None:
        """What ended the app, if it did not end by itself."""
        return self._exception

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        driver = self._driver
        ours = isinstance(renderable, LayoutUpdate | ChopsUpdate) and driver is not None and not self._batch_count
        if not ours or not self._running or self._closed or self.is_headless or driver is None or driver.is_inline:
            super()._display(screen, renderable)
            return
        assert isinstance(renderable, LayoutUpdate | ChopsUpdate)
        try:
            self._put(renderable)
            self._write()
        except Exception as error:  # as the app does with its own frames: say so and end, do not hang
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _write(self) -> None:
        """Send what differs, unless the terminal still reads earlier frames: a full queue would stop everything."""
        driver = self._driver
        if driver is None or not self._running or self._closed:
            return
        if getattr(driver, "behind", False):
            if not self._owes:
                self._owes = True
                self.set_timer(RETRY_S, self._write_owed)
            return
        written = self._frame.paint()
        if not written:
            return
        if self.focused is not None:  # an input method shows its candidates at the cursor
            x, y = self.screen.outer_size.clamp_offset(self.cursor_position)
            written += f"\x1b[{y + 1};{x + 1}H"
        driver.write(f"{SYNC_START}{written}{SYNC_END}" if self._sync_available else written)
        driver.flush()

    def _write_owed(self) -> None:
        self._owes = False
        self._write()

    def _put(self, update: LayoutUpdate | ChopsUpdate) -> None:
        frame, (width, height) = self._frame, self.size
        if (frame.width, frame.height) != (width, height):
            if isinstance(update, ChopsUpdate):  # nothing to compare with: ask for a whole frame instead
                self.call_later(self.screen.refresh)
                return
            frame.forget(width, height)
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips, update.region.y):
                frame.put(y, update.region.x, self._parts(strips))
        else:
            for y, first, end in update.spans:
                chops = zip(update.chop_ends[y], update.chops[y].items(), strict=False)
                for chop_end, (x, strip) in chops:
                    if strip is not None and x <= end and chop_end > first:
                        frame.put(y, x, self._parts([strip]), min(chop_end, end))

    def _parts(self, strips: Iterable[Strip]) -> Iterator[tuple[str, str]]:
        """Texts with the SGR codes of this terminal's depth of colour. Links of a style are left out."""
        system = self.console._color_system or ColorSystem.TRUECOLOR
        for strip in strips:
            for text, style, _ in strip._segments:
                yield text, "" if style is None else Strip.render_ansi(style, system)
