"""The painter of differences: what an emulator shows is what was put, for the bytes of what changed."""

from __future__ import annotations

import re

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st

from aitbc_tui.ui.frame import Frame, Pen, change, pen_of

PENS = ["", "1;38;2;9;8;7;48;2;1;2;3", "38;2;9;8;7;48;2;1;2;3", "7", "1", "38;5;20;48;5;1", "31;44", "97;1;7"]
# One cell each in every emulator; wide and combining ones are in a test of their own.
TEXT = st.text(st.sampled_from("ab ─●▌ é1"), max_size=12)
PUTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 19), TEXT, st.sampled_from(PENS)), max_size=6)


def emulator() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(20, 5)
    return screen, pyte.Stream(screen)


def colours(screen: pyte.Screen) -> list[list[tuple[str, str, str, bool, bool]]]:
    """Of a blank only what can be seen."""
    rows = []
    for y in range(5):
        cells = []
        for x in range(20):
            char = screen.buffer[y][x]
            seen = char.data != " " or char.reverse
            cells.append((char.data, char.fg if seen else "", char.bg, seen and char.bold, char.reverse))
        rows.append(cells)
    return rows


@settings(max_examples=150, deadline=None)
@given(st.lists(PUTS, min_size=1, max_size=5))
def test_differences_add_up_to_the_whole(frames: list[list[tuple[int, int, str, str]]]) -> None:
    screen, stream = emulator()
    frame = Frame()
    frame.forget(20, 5)
    blank = [(" " * 20, "")]
    for y in range(5):
        frame.put(y, 0, blank)
    everything: list[tuple[int, int, str, str]] = []
    for puts in frames:
        for y, x, text, sgr in puts:
            frame.put(y, x, [(text, sgr)])
        everything += puts
        stream.feed(frame.paint())
        whole_screen, whole_stream = emulator()
        whole = Frame()
        whole.forget(20, 5)
        for y in range(5):
            whole.put(y, 0, blank)
        for y, x, text, sgr in everything:
            whole.put(y, x, [(text, sgr)])
        whole_stream.feed(whole.paint())
        assert screen.display == whole_screen.display
        assert colours(screen) == colours(whole_screen)


def test_what_is_the_same_costs_nothing() -> None:
    frame = Frame()
    frame.forget(20, 5)
    frame.put(1, 0, [("heads 15,117", "38;2;1;2;3"), ("        ", "")])
    assert frame.paint()
    frame.put(1, 0, [("heads 15,117", "38;2;1;2;3"), ("        ", "1;38;2;9;9;9")])  # bold blanks look the same
    assert frame.paint() == ""


def test_a_digit_costs_a_move_and_itself() -> None:
    frame = Frame()
    frame.forget(20, 5)
    frame.put(1, 0, [("heads 15,117        ", "38;2;1;2;3")])
    frame.paint()
    frame.put(1, 0, [("heads 15,118        ", "38;2;1;2;3")])
    assert frame.paint() == "\x1b[2;12H8"


def test_after_a_character_of_doubtful_width_the_cursor_is_placed_anew() -> None:
    frame = Frame()
    frame.forget(20, 5)
    frame.put(0, 0, [("日本 x", "")])
    painted = frame.paint()
    assert painted.startswith("\x1b[1H")
    assert "日\x1b[1;3H本\x1b[1;5H x" in painted


def test_a_combining_mark_stays_with_its_letter() -> None:
    screen, stream = emulator()
    frame = Frame()
    frame.forget(20, 5)
    frame.put(0, 0, [("e\u0301x", "")])
    stream.feed(frame.paint())
    assert screen.display[0].startswith("éx") or screen.display[0].startswith("e\u0301x")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_no_control_byte_of_a_text_gets_past(text: str) -> None:
    frame = Frame()
    frame.forget(20, 5)
    frame.put(0, 0, [(text, "31")])
    own = re.sub(r"\x1b\[[0-9;]*[HCm]", "", frame.paint())
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", own)


def test_the_shortest_way_from_pen_to_pen() -> None:
    red = pen_of("38;2;200;0;0;48;2;1;1;1")
    bold_red = pen_of("1;38;2;200;0;0;48;2;1;1;1")
    assert change(red, bold_red) == "\x1b[1m"
    assert change(bold_red, red) == "\x1b[22m"
    assert change(red, Pen()) == "\x1b[0m"
    assert change(None, red) == "\x1b[0;38;2;200;0;0;48;2;1;1;1m"
    assert change(pen_of("2;31"), pen_of("1;31")) == "\x1b[22;1m"
