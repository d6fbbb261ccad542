"""What the terminal shows, cell by cell: a new frame costs the bytes of the cells that differ, and no control byte
that came with a text can get past it. Pure: segments in, one string out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from rich.cells import get_character_cell_size

# Characters that every terminal draws one cell wide (or asked for at the start). After any other the place of the
# cursor is not taken for granted: what follows is placed absolutely.
_SURE = frozenset("●▲■►○…□–─━▌·×≠▼▁▂▃▄▅▆▇°€“”‘’—→←↑↓")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"}
_SHOWS_ON_BLANKS = frozenset("479")  # underline, reverse and strike are seen where there is no text
_GAP = 4  # writing so few unchanged cells again costs no more than moving over them


@dataclass(frozen=True, slots=True)
class Pen:
    """How the terminal paints from now on: SGR codes of attributes, colour and background ("" is the default)."""

    attributes: frozenset[str] = frozenset()
    colour: str = ""
    background: str = ""

    def blank(self) -> Pen:
        """The same for a cell without text: its colour cannot be seen."""
        return Pen(
            self.attributes & _SHOWS_ON_BLANKS, "" if "7" not in self.attributes else self.colour, self.background
        )

    def shows_blank(self, wanted: Pen) -> bool:
        """Whether a blank painted with this pen looks as with `wanted`."""
        return self == wanted or (not self.attributes & _SHOWS_ON_BLANKS and self.blank() == wanted)


Cell: TypeAlias = tuple[str, Pen]
UNKNOWN: Cell = ("\0", Pen())  # whatever stands there, it has to be painted


@lru_cache(1024)
def pen_of(sgr: str) -> Pen:
    """The pen of SGR codes that begin at a reset one: `1;38;2;9;9;9;48;5;0`."""
    attributes, colour, background = set(), "", ""
    codes = iter(sgr.split(";"))
    for code in codes:
        if not code or code == "0":
            continue
        number = int(code)
        if number in (38, 48):
            kind = next(codes)
            rest = [next(codes) for _ in range(3 if kind == "2" else 1)]
            code = ";".join([code, kind, *rest])
        if 30 <= number <= 38 or 90 <= number <= 97:
            colour = code
        elif 40 <= number <= 48 or 100 <= number <= 107:
            background = code
        elif number < 30:
            attributes.add(code)
    return Pen(frozenset(attributes), colour, background)


@lru_cache(4096)
def change(before: Pen | None, after: Pen) -> str:
    """The shortest sequence from one pen to another; None is a pen nobody knows."""
    if before == after:
        return ""
    whole = ["0", *sorted(after.attributes), *filter(None, (after.colour, after.background))]
    if before is None:
        return f"\x1b[{';'.join(whole)}m"
    steps = sorted({_OFF.get(code, "0") for code in before.attributes - after.attributes})
    kept = after.attributes if "22" in steps else after.attributes - before.attributes
    steps += sorted(kept)
    if before.colour != after.colour:
        steps.append(after.colour or "39")
    if before.background != after.background:
        steps.append(after.background or "49")
    best = min((steps, whole), key=lambda codes: len(";".join(codes))) if "0" not in steps else whole
    return f"\x1b[{';'.join(best)}m"


def cells(text: str, pen: Pen) -> list[Cell]:
    """One entry per cell; the second cell of a wide character is empty."""
    blank = pen.blank()
    if text.isascii() and text.isprintable():
        return [(char, blank if char == " " else pen) for char in text]
    out: list[Cell] = []
    for char in _CONTROL.sub(_REPLACEMENT, text):
        width = get_character_cell_size(char)
        if width == 0:
            if out:
                out[-1] = (out[-1][0] + char, out[-1][1])
            continue
        out.append((char, blank if char == " " else pen))
        if width == 2:
            out.append(("", pen))
    return out


class Frame:
    """The cells a terminal shows, and those it is to show next."""

    def __init__(self) -> None:
        self.width = self.height = 0
        self._shown: list[list[Cell]] = []
        self._next: list[list[Cell]] = []
        self._dirty: set[int] = set()
        self._pen: Pen | None = None

    def forget(self, width: int, height: int) -> None:
        """Nothing is known of what the terminal shows: every cell has to be painted."""
        self.width, self.height = width, height
        self._shown = [[UNKNOWN] * width for _ in range(height)]
        self._next = [[UNKNOWN] * width for _ in range(height)]
        self._dirty.clear()
        self._pen = None

    def put(self, y: int, x: int, parts: Iterable[tuple[str, str]], end: int | None = None) -> None:
        """From cell `x` of row `y` on, and before cell `end`, stand these (text, SGR codes)."""
        if not 0 <= y < self.height:
            return
        row, end = self._next[y], min(self.width, self.width if end is None else end)
        for text, sgr in parts:
            for cell in cells(text, pen_of(sgr)):
                if x >= end:
                    break
                row[x] = cell
                x += 1
        self._dirty.add(y)

    def paint(self) -> str:
        """What makes the terminal show it; empty when it does already."""
        out: list[str] = []
        for y in sorted(self._dirty):
            if self._next[y] != self._shown[y]:
                self._paint_row(y, out)
                self._shown[y] = list(self._next[y])
        self._dirty.clear()
        return "".join(out)

    def _paint_row(self, y: int, out: list[str]) -> None:
        old, new = self._shown[y], self._next[y]
        at: int | None = None  # where the cursor is in this row; None: elsewhere
        for first, last in self._spans(old, new):
            if at is None:
                out.append(f"\x1b[{y + 1}H" if first == 0 else f"\x1b[{y + 1};{first + 1}H")
            elif at != first:
                out.append("\x1b[C" if first - at == 1 else f"\x1b[{first - at}C")
            at = self._paint_span(new, first, last, y, out)

    def _paint_span(self, row: list[Cell], first: int, last: int, y: int, out: list[str]) -> int:
        x, sure = first, True
        while x < last:
            text, pen = row[x]
            if text == "" or text == "\0":  # half of a wide character, or nothing was ever put here
                x += 1
                continue
            if not sure:
                out.append(f"\x1b[{y + 1};{x + 1}H")
            if not (text == " " and self._pen is not None and self._pen.shows_blank(pen)):
                out.append(change(self._pen, pen))
                self._pen = pen
            out.append(text)
            sure = text.isascii() or text in _SURE or "\u00a1" <= text <= "\u024f"
            x += 1
        if not sure and x < self.width:
            out.append(f"\x1b[{y + 1};{x + 1}H")
        return x

    @staticmethod
    def _spans(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
        """Stretches to paint: changed cells, joined over short gaps, whole characters only."""
        spans: list[tuple[int, int]] = []
        for x, (before, after) in enumerate(zip(old, new, strict=True)):
            if before == after:
                continue
            first = x
            while first > 0 and new[first][0] == "":
                first -= 1
            if spans and first - spans[-1][1] <= _GAP and _cheap(new[spans[-1][1] - 1 : first + 1]):
                spans[-1] = (spans[-1][0], x + 1)
            else:
                spans.append((first, x + 1))
        return spans


def _cheap(gap: list[Cell]) -> bool:
    """Whether the cells between two changes can be written without another colour."""
    pens = {pen for text, pen in gap if text != " "}
    return len(pens) <= 1 and all(text != "" for text, _ in gap) and len({pen.background for _, pen in gap}) == 1
