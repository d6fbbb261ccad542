"""What commands print: JSON documents, aligned tables, and the lines about failures; only cleaned text."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

from aitbc_tui.domain.errors import AitbcError
from aitbc_tui.domain.text import clean

PROGRAM = "aitbc-tui"


def print_json(out: TextIO, document: object, *, line: bool = False) -> None:
    """One document; `line` puts it on one line, for `--follow` and lists of objects.

    ASCII only, so that no terminal, locale or escape sequence inside a value can do harm.
    """
    out.write(json.dumps(document, indent=None if line else 2, allow_nan=False) + "\n")
    out.flush()


def width(text: str) -> int:
    """Terminal cells that `text` takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Lines of a plain table, two blanks between columns; columns named in `right` are flush right."""
    cells = [list(headers), *([str(clean(cell, 400)) for cell in row] for row in rows)]
    widths = [max(width(row[index]) for row in cells) for index in range(len(headers))]
    flush_right = set(right)
    lines = []
    for row in cells:
        parts = []
        for index, cell in enumerate(row):
            padding = " " * (widths[index] - width(cell))
            parts.append(padding + cell if index in flush_right else cell + padding)
        lines.append("  ".join(parts).rstrip())
    return lines


def print_table(out: TextIO, headers: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> None:
    out.write("\n".join(table(headers, rows, right)) + "\n")


def failure_line(error: AitbcError) -> str:
    """`aitbc-tui: HOST: what happened; try: what to do`, on one line."""
    host = f"{clean(error.host, 100)}: " if error.host else ""
    remedy = f"; try: {clean(error.remedy, 300)}" if error.remedy else ""
    return f"{PROGRAM}: {host}{clean(error.detail, 1000)}{remedy}"


def advised(error: AitbcError) -> AitbcError:
    """The same, and where to look when it names a host and no remedy: a command's last line says what to try."""
    if error.host and not error.remedy:
        error.remedy = f"{PROGRAM} doctor"
    return error


def warn(err: TextIO, message: str) -> None:
    err.write(f"{PROGRAM}: warning: {clean(message, 500)}\n")
