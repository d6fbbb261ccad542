"""On which line of a TOML file each key stands: `tomllib` does not say, and an error without a line is half an error.

Only for text that `tomllib` has already accepted, so the scanner may assume valid TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!"")|""(?!"))*"{3,5}'
    r"|'''(?:[^']|'(?!'')|''(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]*")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Line (from 1) of every key, table header and array element of a valid TOML document."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """The line of `path`, else of the nearest table around it."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Scanner:
    """Walks the text once; no recursion but for nested arrays and inline tables."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # arrays of tables, and how many elements each has

    def document(self) -> None:
        prefix: KeyPath = ()
        while self._skip(_BLANK) < len(self.text):
            if self.text.startswith("[", self.at):
                prefix = self._header()
            else:
                self._pair(prefix)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return self.at

    def _mark(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, self.at) + 1)

    def _header(self) -> KeyPath:
        is_array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if is_array else 1
        parts = self._key()
        path: KeyPath = ()
        for index, part in enumerate(parts):
            path += (part,)
            if is_array and index == len(parts) - 1:
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path += (self._tables[path] - 1,)
        end, self.at = self.at, start
        self._mark(path)
        self.at = end + (2 if is_array else 1)
        return path

    def _key(self) -> list[str]:
        """A dotted key; leaves the position at what follows it."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            quoted = _STRING.match(self.text, self.at)
            if quoted is not None:
                self.at = quoted.end()
                parts.append(next(iter(tomllib.loads(f"{quoted[0]} = 0"))))
            else:
                start = self.at
                self._skip(_BARE_KEY)
                parts.append(self.text[start : self.at])
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _pair(self, prefix: KeyPath) -> None:
        start = self.at
        parts = self._key()
        end, self.at = self.at, start
        for depth in range(1, len(parts) + 1):
            self._mark(prefix + tuple(parts[:depth]))
        self.at = end + 1  # past "="
        self._skip(_SPACE)
        self._value(prefix + tuple(parts))

    def _value(self, path: KeyPath) -> None:
        opening = self.text[self.at : self.at + 1]
        if opening in ('"', "'"):
            self._skip(_STRING)
        elif opening == "[":
            self.at += 1
            index = 0
            while self._skip(_BLANK) < len(self.text) and self.text[self.at] != "]":
                if self.text[self.at] == ",":
                    self.at += 1
                    continue
                self._mark((*path, index))
                self._value((*path, index))
                index += 1
            self.at += 1
        elif opening == "{":
            self.at += 1
            while self._skip(_BLANK) < len(self.text) and self.text[self.at] != "}":
                if self.text[self.at] == ",":
                    self.at += 1
                    continue
                self._pair(path)
            self.at += 1
        else:
            self._skip(_PLAIN)
