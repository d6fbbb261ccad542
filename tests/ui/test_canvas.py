"""The canvas repaints the cells that differ, nothing else, and takes text for text."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Region

from aitbc_tui.ui.paint import Line, Role, Run
from aitbc_tui.ui.theme import look
from aitbc_tui.ui.widgets.canvas import Canvas, ScrollCanvas, changed_cells


def row(text: str, role: Role = Role.TEXT) -> Line:
    return Line((Run(text, role),))


def test_changed_cells_span_the_first_to_the_last_difference() -> None:
    assert changed_cells(row("abc def"), row("abc def"), 10) is None
    assert changed_cells(row("abc def"), row("abX dXf"), 10) == (2, 6)
    assert changed_cells(row("abc"), row("abc", Role.BAD), 10) == (0, 3)
    assert changed_cells(row("abc"), Line((Run("abc"),), selected=True), 10) == (0, 10)
    assert changed_cells(row("日本"), row("日木"), 10) == (2, 4)


def test_the_same_cells_in_other_runs_are_no_change() -> None:
    assert changed_cells(Line((Run("ab"), Run("cd"))), row("abcd"), 10) is None


class CanvasApp(App[None]):
    CSS = "Canvas { width: 30; height: 4; }"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self.canvas = canvas

    def compose(self) -> ComposeResult:
        yield self.canvas


async def test_unchanged_lines_ask_for_no_repaint() -> None:
    canvas = Canvas()
    app = CanvasApp(canvas)
    async with app.run_test(size=(40, 6)) as pilot:
        canvas.show([row("one"), row("two"), row("three")])
        await pilot.pause()
        before = canvas.repaints
        asked: list[tuple[Region, ...]] = []
        original = canvas.refresh
        canvas.refresh = lambda *regions, **kw: (asked.append(regions), original(*regions, **kw))[1]  # type: ignore[method-assign]
        canvas.show([row("one"), row("two"), row("three")])
        assert canvas.repaints == before and not asked
        canvas.show([row("one"), row("twX"), row("three")])
        assert asked == [(Region(2, 1, 1, 1),)]
        canvas.show([row("one")])
        assert asked[1] == (Region(0, 1, 3, 1), Region(0, 2, 5, 1))


async def test_markup_and_brackets_are_text() -> None:
    canvas = Canvas()
    app = CanvasApp(canvas)
    async with app.run_test(size=(40, 6)) as pilot:
        canvas.show([row("[@click=app.bell]x[/nope] [b]y")])
        await pilot.pause()
        assert canvas.render_line(0).text == "[@click=app.bell]x[/nope] [b]y"
        assert not canvas.render_line(0).link_ids - {""}


async def test_a_line_is_cut_and_padded_to_the_width() -> None:
    canvas = Canvas()
    app = CanvasApp(canvas)
    async with app.run_test(size=(40, 6)) as pilot:
        canvas.show([row("x" * 50), row("日" * 20)])
        await pilot.pause()
        assert [canvas.render_line(y).cell_length for y in range(3)] == [30, 30, 30]


async def test_scrolling_shows_the_window_and_stops_at_the_ends() -> None:
    canvas = ScrollCanvas()
    app = CanvasApp(canvas)
    async with app.run_test(size=(40, 6)) as pilot:
        canvas.show([row(str(number)) for number in range(20)])
        canvas.focus()
        await pilot.pause()
        await pilot.press("j", "j")
        assert canvas.render_line(0).text.strip() == "2"
        await pilot.press("G")
        assert canvas.render_line(3).text.strip() == "19"
        await pilot.press("j")
        assert canvas.top == 16
        await pilot.press("g", "k")
        assert canvas.top == 0
        canvas.reveal(9)
        assert canvas.render_line(3).text.strip() == "9"


def test_ascii_keeps_the_cells_and_spells_the_sentence() -> None:
    paint = look("dark", ascii_only=True)
    assert paint.text("● busy · 3×… ≠15,298 –") == "+ busy . 3x. !15,298 -"
    assert paint.text("ab… ≠ cd…") == "ab. != cd."
    assert paint.text("  0.28 ≠     1 m") == "  0.28 !     1 m"
    assert paint.text("日本") == "????"
