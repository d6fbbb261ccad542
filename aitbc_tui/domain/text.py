"""Remote text, cleaned once where it enters: the only kind of text a pane accepts."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u2028\u2029\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACK = re.compile(f"({_MARK}{{3}}){_MARK}+")  # more marks on one letter only paint over the rows beside it


class SafeText(str):
    """Text without control, bidi, zero-width or lone-surrogate characters. Made by `clean` or `literal`."""

    __slots__ = ()


def _replace(match: re.Match[str]) -> str:
    char = match[0]
    return chr(0x2400 + ord(char)) if char < " " else "\ufffd"


def clean(raw: str | bytes, limit: int = 256) -> SafeText:
    """Make one line of remote text safe to show; longer than `limit` characters is cut with an ellipsis.

    Control characters become their visible pictures (U+2400...), every other unsafe character U+FFFD;
    of more than three marks on one letter the rest is dropped.
    """
    if isinstance(raw, bytes):
        raw = raw[: 4 * limit].decode("utf-8", "replace")
    text = _UNSAFE.sub(_replace, raw[: 4 * limit])
    if not text.isascii():
        text = _STACK.sub(r"\1", text)
    if len(raw) <= limit and len(text) <= limit:
        return SafeText(text)
    return SafeText(text[: limit - 1] + "…")


def clean_lines(raw: str | bytes, limit: int = 4096, lines: int = 200) -> tuple[SafeText, ...]:
    """Clean multi-line remote text (a prompt, a log): split first, then clean each of at most `lines` lines."""
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    parts = re.split("\r\n|\r|\n", raw)
    return tuple(clean(part.replace("\t", "    "), limit) for part in parts[:lines])


def literal(text: str) -> SafeText:
    """Mark text of our own making as safe; for constants and formatted numbers only, never for remote text."""
    return SafeText(text)
